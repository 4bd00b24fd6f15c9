/* A loop in lanes: its statements, each for all passes of a tile; what emit_c_lanes.c prints, in
 * the same order.
 *
 * Full tiles and the rest are written apart, since memory under masks is slow, and since of several
 * vectors the rest has as many as have a pass, one at a time; but once where a tile is one, inner
 * loops see nothing but tiles and the target has masks for arithmetic. Where a tile has several
 * vectors, a run is written once for each. */
#include "backend/emit_llvm_lanes.h"
#include "ir/nest.h"
#include "ir/state.h"

static void put_block(struct ll_lanes *l, const struct loop_block *block)
{
    ll_put_lane_block(l->m, block);
}

static unsigned vectors_of(const struct ll_lanes *l)
{
    return l->loop->lanes->vectors;
}

/* ----------------------------------------------------------------------- loops over vectors */

/* Makes number k that at hand; false behind the last one. */
static bool at_vector(struct ll_lanes *l, unsigned k)
{
    bool holds = k < vectors_of(l);
    l->vector = holds && vectors_of(l) > 1 ? ll_i64(l->m, k) : NULL;
    return holds;
}

/* -------------------------------------------------------------------------------------- runs */

void ll_open_collector(struct ll_lanes *l, const struct loop_statement *statement)
{
    struct ll_module *m = l->m;
    LLVMTypeRef type = ll_vector_type(m, ll_real(m));
    struct ll_collector collector = {statement, ll_variable(m, type)};
    ll_store_vector(m, LLVMConstNull(type), collector.variable);
    ADC_PUSH(m->arena, l->collectors, collector);
}

static void add_sum(struct ll_lanes *l, const struct loop_statement *statement, LLVMValueRef sum)
{
    struct ll_module *m = l->m;
    LLVMValueRef address = ll_element(m, statement->node, adc_nest_parts(statement->node).target);
    ll_store(m, ll_real(m), LLVMBuildFAdd(m->at, ll_load(m, ll_real(m), address), sum, ""),
             address);
}

LLVMValueRef ll_lane_kept(struct ll_module *m, const struct adc_node *nest)
{
    LLVMValueRef place = ll_linear(m, nest, adc_nest_parts(nest).target, 0);
    return ll_offset(m, ll_vector_type(m, ll_real(m)), ll_array(m, nest), place);
}

/* What is collected, to the vector of the nest's element. */
static void keep_sum(struct ll_lanes *l, const struct adc_node *nest, LLVMValueRef sum)
{
    struct ll_module *m = l->m;
    LLVMTypeRef type = ll_vector_type(m, ll_real(m));
    LLVMValueRef to = ll_lane_kept(m, nest);
    ll_store_vector(m, LLVMBuildFAdd(m->at, ll_load_vector(m, type, to), sum, ""), to);
}

/* Where its sum waits, or else to the element. */
static void keep_or_add(struct ll_lanes *l, const struct loop_statement *statement,
                        LLVMValueRef sum)
{
    struct ll_module *m = l->m;
    LLVMBasicBlockRef waits = ll_block(m), adds = ll_block(m), end = ll_block(m);
    ll_fork(m, l->keeps, waits, adds);
    ll_go_on(m, waits);
    keep_sum(l, statement->waiting->node, sum);
    ll_jump(m, end);
    ll_go_on(m, adds);
    add_sum(l, statement, ll_lane_sum(m, sum));
    ll_jump(m, end);
    ll_go_on(m, end);
}

/* All that is not added up together with others. */
static void keep_collectors(struct ll_lanes *l)
{
    LLVMTypeRef type = ll_vector_type(l->m, ll_real(l->m));
    size_t left = 0;
    for (size_t i = 0; i < l->collectors.count; i++) {
        const struct ll_collector *collector = &l->collectors.data[i];
        const struct loop_statement *statement = collector->statement;
        bool kept = loop_is_kept(ll_program(l), statement->node);
        bool may = l->keeps && statement->waiting;
        if (!kept && !may) {
            l->collectors.data[left++] = *collector;
            continue;
        }
        LLVMValueRef sum = ll_load_vector(l->m, type, collector->variable);
        if (kept) keep_sum(l, statement->node, sum);
        else keep_or_add(l, statement, sum);
    }
    l->collectors.count = left;
}

/* As many as lanes at a time, and of what is left one by one if it is less than half of that. */
static void close_collectors(struct ll_lanes *l)
{
    struct ll_module *m = l->m;
    LLVMTypeRef type = ll_vector_type(m, ll_real(m));
    keep_collectors(l);
    for (size_t i = 0; i < l->collectors.count;) {
        size_t left = l->collectors.count - i, lanes = left < m->lanes ? left : m->lanes;
        bool together = left > 1 && left >= m->lanes / 2;
        LLVMValueRef values[LL_MOST_LANES], sums = NULL;
        for (size_t k = 0; k < m->lanes; k++)
            values[k] = k < lanes ? ll_load_vector(m, type, l->collectors.data[i + k].variable)
                                  : LLVMConstNull(type);
        if (together) sums = ll_lane_sums(m, values, m->lanes);
        for (size_t k = 0; k < lanes; k++) {
            LLVMValueRef place = ll_status(m, (int64_t)k);
            add_sum(l, l->collectors.data[i++].statement,
                    together ? LLVMBuildExtractElement(m->at, sums, place, "")
                             : ll_lane_sum(m, values[k]));
        }
    }
    l->collectors.count = 0;
}

/* Where a tile is one vector: what is added to several elements that all lanes share is made into
 * sums together. */
static void put_one_vector(struct ll_lanes *l, const struct loop_block *block, size_t first,
                           size_t last)
{
    unsigned count = 0;
    for (size_t i = first; i < last && !l->grouped; i++)
        count += loop_is_added_up(ll_program(l), block->data[i]);
    for (size_t i = first; i < last && count > 1; i++)
        if (loop_is_added_up(ll_program(l), block->data[i])) ll_open_collector(l, block->data[i]);
    for (size_t i = first; i < last; i++) {
        const struct loop_statement *statement = block->data[i];
        ll_open_rows(l, statement);
        if (loop_is_shared(ll_program(l), l->loop->lanes, statement))
            ll_put_statement(l->m, statement);
        else ll_put_lane_statement(l, statement);
        ll_close_rows(l, statement);
    }
    if (!l->grouped) close_collectors(l);
}

/* Statements [first, last) of a block. */
void ll_put_run(struct ll_lanes *l, const struct loop_block *block, size_t first, size_t last)
{
    bool any = false;
    if (vectors_of(l) == 1) {
        put_one_vector(l, block, first, last);
        return;
    }
    for (size_t i = first; i < last; i++) {
        const struct loop_statement *statement = block->data[i];
        if (loop_is_shared(ll_program(l), l->loop->lanes, statement)) {
            ll_put_statement(l->m, statement);
            continue;
        }
        any = true;
        if (statement->kind == LOOP_LET || statement->kind == LOOP_VAR)
            ll_open_lane_array(l, statement->node);
        if (loop_is_collected(ll_program(l), statement) && !l->grouped)
            ll_open_collector(l, statement);
    }
    if (!any) return;
    for (unsigned k = 0; at_vector(l, k); k++)
        for (size_t i = first; i < last; i++)
            if (!loop_is_shared(ll_program(l), l->loop->lanes, block->data[i]))
                ll_put_lane_statement(l, block->data[i]);
    if (!l->grouped) close_collectors(l);
}

/* ----------------------------------------------------------------------- what holds statements */

static void put_fill(struct ll_lanes *l, const struct loop_statement *statement)
{
    struct ll_module *m = l->m;
    const struct adc_node *array = statement->node;
    LLVMValueRef bytes = ll_i64(m, (int64_t)(vectors_of(l) * m->doubles * 8));
    bytes = LLVMBuildMul(m->at, ll_length(m, array), bytes, "");
    bytes = LLVMBuildTruncOrBitCast(m->at, bytes, m->types.size, "");
    bytes = LLVMBuildZExtOrBitCast(m->at, bytes, m->types.i64, "");
    ll_put_span(m, statement);
    LLVMBuildMemSet(m->at, ll_array(m, array), LLVMConstNull(m->types.i8), bytes, m->doubles * 8);
}

/* The mask of an arm, and in *some whether any lane has it. */
static struct ll_mask put_mask(struct ll_lanes *l, const struct adc_node *condition, bool positive,
                               LLVMValueRef *some)
{
    struct ll_module *m = l->m;
    LLVMTypeRef type = ll_vector_type(m, ADC_BOOL);
    struct ll_mask mask = {.array = vectors_of(l) > 1};
    LLVMValueRef found = mask.array ? ll_variable(m, m->types.i1) : NULL;
    if (mask.array) {
        mask.value = ll_variable(m, LLVMArrayType(type, vectors_of(l)));
        LLVMBuildStore(m->at, LLVMConstNull(m->types.i1), found);
    }
    for (unsigned k = 0; at_vector(l, k); k++) {
        LLVMValueRef lanes = ll_lane_use(l, condition), before = ll_lane_mask(l);
        if (!positive) lanes = LLVMBuildNot(m->at, lanes, "");
        if (before) lanes = LLVMBuildAnd(m->at, before, lanes, "");
        if (!mask.array) {
            mask.value = lanes;
            *some = ll_any(m, lanes);
            continue;
        }
        ll_store_vector(m, lanes, ll_at_vector(l, type, mask.value));
        LLVMValueRef already = LLVMBuildLoad2(m->at, m->types.i1, found, "");
        LLVMBuildStore(m->at, LLVMBuildOr(m->at, already, ll_any(m, lanes), ""), found);
    }
    if (mask.array) *some = LLVMBuildLoad2(m->at, m->types.i1, found, "");
    return mask;
}

static void put_arm(struct ll_lanes *l, const struct loop_statement *branch,
                    const struct loop_block *arm, bool positive)
{
    struct ll_module *m = l->m;
    struct ll_mask before = l->mask;
    bool masked = l->masked;
    LLVMValueRef some = NULL;
    if (!arm->count) return;
    l->mask = put_mask(l, branch->node, positive, &some);
    l->masked = true;
    LLVMBasicBlockRef body = ll_block(m), end = ll_block(m);
    ll_fork(m, some, body, end);
    ll_go_on(m, body);
    put_block(l, arm);
    ll_jump(m, end);
    ll_go_on(m, end);
    l->mask = before;
    l->masked = masked;
}

static void put_branch(struct ll_lanes *l, const struct loop_statement *branch)
{
    ll_put_span(l->m, branch);
    if (ll_program(l)->value[branch->node->id] == LOOP_UNIFORM) {
        ll_put_statement(l->m, branch);
        return;
    }
    put_arm(l, branch, &branch->then, true);
    put_arm(l, branch, &branch->otherwise, false);
}

static bool is_carried(struct ll_lanes *l, struct adc_carried carried)
{
    return !carried.state->rank && ll_varies(l, carried.state) && carried.next != carried.state;
}

static void put_carried_vectors(struct ll_lanes *l, const struct adc_node *loop)
{
    unsigned count = adc_loop_parts(loop).count;
    LLVMValueRef *next = ADC_NEW_ARRAY(l->m->arena, LLVMValueRef, count);
    for (unsigned i = 0; i < count; i++)
        if (is_carried(l, adc_loop_carried(loop, i)))
            next[i] = ll_lane_use(l, adc_loop_carried(loop, i).next);
    for (unsigned i = 0; i < count; i++)
        if (next[i])
            ll_store_vector(l->m, next[i], ll_lane_variable(l, adc_loop_carried(loop, i).state));
}

/* Vectors first, since they may be made of numbers that change then. */
static void put_carry(struct ll_lanes *l, const struct loop_statement *statement)
{
    const struct adc_node *loop = statement->node;
    unsigned count = adc_loop_parts(loop).count;
    bool any = false;
    for (unsigned i = 0; i < count; i++) any |= is_carried(l, adc_loop_carried(loop, i));
    ll_put_span(l->m, statement);
    if (any) {
        for (unsigned k = 0; at_vector(l, k); k++) put_carried_vectors(l, loop);
    }
    ll_put_carry(l->m, loop);
}

static void put_for(struct ll_lanes *l, const struct loop_statement *loop)
{
    if (loop->jam) ll_put_jammed(l, loop);
    else if (loop->grouped) ll_put_grouped(l, loop);
    else if (!ll_put_certain(l, loop)) ll_put_for(l->m, loop);
}

/* Whole rows are of statements that stand in for nothing. */
static void put_waiting(struct ll_lanes *l, const struct loop_statement *loop)
{
    struct ll_module *m = l->m;
    const struct loop_rows *rows = l->rows;
    LLVMBasicBlockRef waits = ll_block(m), adds = ll_block(m), end = ll_block(m);
    ll_put_span(m, loop);
    ll_fork(m, l->keeps, waits, adds);
    ll_go_on(m, waits);
    l->rows = NULL;
    put_for(l, loop->waiting);
    l->rows = rows;
    ll_jump(m, end);
    ll_go_on(m, adds);
    put_for(l, loop);
    ll_jump(m, end);
    ll_go_on(m, end);
}

void ll_put_lane_block(struct ll_module *m, const struct loop_block *block)
{
    struct ll_lanes *l = m->lane;
    for (size_t i = 0; i < block->count;) {
        const struct loop_statement *statement = block->data[i];
        size_t last = i;
        while (last < block->count && loop_is_simple(block->data[last])) last++;
        if (last > i) {
            ll_put_run(l, block, i, last);
            i = last;
            continue;
        }
        switch (statement->kind) {
        case LOOP_FOR:
            if (l->keeps && statement->waiting) put_waiting(l, statement);
            else put_for(l, statement);
            break;
        case LOOP_BRANCH: put_branch(l, statement); break;
        case LOOP_FILL: put_fill(l, statement); break;
        case LOOP_CARRY: put_carry(l, statement); break;
        case LOOP_LET:
        case LOOP_VAR:
        case LOOP_SET:
        case LOOP_REDUCE: break; /* a run */
        case LOOP_CHECK:
        case LOOP_STORE:
        case LOOP_CALL: ADC_INVARIANT(false, m->product->function->graph);
        }
        i++;
    }
}

/* -------------------------------------------------------------------------------- the loop */

/* Variables for the loop's sums, as they begin. */
static LLVMValueRef *open_sums(struct ll_lanes *l)
{
    struct ll_module *m = l->m;
    const struct loop_lanes *lanes = l->loop->lanes;
    LLVMValueRef *sums = ADC_NEW_ARRAY(m->arena, LLVMValueRef, lanes->sums.count);
    for (size_t i = 0; i < lanes->sums.count; i++) {
        LLVMTypeRef type = ll_vector_type(m, (enum adc_type)lanes->sums.data[i]->type);
        sums[i] = ll_variable(m, LLVMArrayType(type, lanes->vectors));
        for (unsigned k = 0; k < lanes->vectors; k++)
            ll_store_vector(m, ll_lane_first(l, lanes->sums.data[i]),
                            ll_offset(m, type, sums[i], ll_i64(m, k)));
    }
    return sums;
}

/* Vectors of the tile in their order, then the lanes in theirs; sums in halves. */
static void close_sum(struct ll_lanes *l, size_t index)
{
    struct ll_module *m = l->m;
    const struct adc_node *nest = l->loop->lanes->sums.data[index];
    enum adc_type type = (enum adc_type)nest->type;
    enum adc_op op = adc_reduce_op((enum adc_reduce)nest->number, type);
    LLVMTypeRef vector = ll_vector_type(m, type);
    LLVMValueRef total = NULL, sum = ll_use(m, nest);
    for (unsigned k = 0; k < vectors_of(l); k++) {
        LLVMValueRef value =
            ll_load_vector(m, vector, ll_offset(m, vector, l->sums[index], ll_i64(m, k)));
        if (op == ADC_OP_ADD) {
            total = total ? LLVMBuildFAdd(m->at, total, value, "") : value;
            continue;
        }
        for (unsigned i = 0; i < m->lanes; i++) {
            LLVMValueRef one = LLVMBuildExtractElement(m->at, value, ll_status(m, i), "");
            LLVMValueRef arguments[] = {sum, one};
            sum = ll_operator(m, op, m->single, arguments);
        }
    }
    if (op == ADC_OP_ADD) sum = LLVMBuildFAdd(m->at, sum, ll_lane_sum(m, total), "");
    ll_assign(m, nest, sum);
}

/* No rows where what they lie behind on the axis is not in the array. */
static LLVMValueRef rows_there(struct ll_lanes *l, const struct loop_copy *copy, unsigned axis,
                               LLVMValueRef rows)
{
    struct ll_module *m = l->m;
    if (loop_is_there(ll_program(l), copy, axis)) return rows;
    LLVMValueRef place = ll_use(m, copy->element[axis]), none = ll_i64(m, 0);
    LLVMValueRef length = ll_use(m, loop_length(ll_program(l), copy->array, axis));
    LLVMValueRef there = ll_compare(m, LLVMIntSGE, place, none);
    there = LLVMBuildAnd(m->at, there, ll_compare(m, LLVMIntSLT, place, length), "");
    return LLVMBuildSelect(m->at, there, rows, none, "");
}

static void put_copy(struct ll_lanes *l, const struct loop_copy *copy, LLVMValueRef left, bool back)
{
    struct ll_module *m = l->m;
    LLVMValueRef length = ll_i64(m, 1), start = ll_use(m, copy->element[0]);
    for (unsigned axis = 0; axis < copy->axis; axis++) {
        LLVMValueRef count = ll_use(m, loop_length(ll_program(l), copy->array, axis + 1));
        left = rows_there(l, copy, axis, left);
        start = LLVMBuildMul(m->at, start, count, "");
        start = LLVMBuildAdd(m->at, start, ll_use(m, copy->element[axis + 1]), "");
    }
    for (unsigned axis = copy->axis + 1; axis < copy->array->rank; axis++)
        length = LLVMBuildMul(m->at, length,
                              ll_use(m, loop_length(ll_program(l), copy->array, axis)), "");
    start = LLVMBuildMul(m->at, start, length, "");
    LLVMValueRef rows = ll_offset(m, ll_type(m, ll_real(m)), ll_array(m, copy->array), start);
    LLVMValueRef arguments[5] = {ll_buffer(m, copy->buffer), rows, length, left};
    ll_copy_rows(m, vectors_of(l), back, arguments);
}

/* A tile: its rows, its statements, its rows again; `left` passes, of which it takes what it can.
 */
static void put_tile(struct ll_lanes *l, LLVMValueRef left)
{
    const struct loop_lanes *lanes = l->loop->lanes;
    for (size_t i = 0; i < lanes->copies.count; i++)
        put_copy(l, &lanes->copies.data[i], left, false);
    put_block(l, &l->loop->then);
    for (size_t i = 0; i < lanes->copies.count; i++)
        if (lanes->copies.data[i].back) put_copy(l, &lanes->copies.data[i], left, true);
}

void ll_open_passes(struct ll_module *m, struct ll_passes *p)
{
    LLVMValueRef left = LLVMBuildSub(m->at, p->limit, p->low, "");
    p->before = ll_here(m);
    p->body = ll_block(m);
    p->end = ll_block(m);
    ll_fork(m, ll_compare(m, LLVMIntSGE, left, p->step), p->body, p->end);
    ll_go_on(m, p->body);
    p->number = LLVMBuildPhi(m->at, m->types.i64, "");
}

void ll_close_passes(struct ll_module *m, struct ll_passes *p)
{
    LLVMValueRef next =
        p->tiles ? LLVMBuildNSWAdd(m->at, p->number, p->step, "") : ll_next(m, p->number, p->step);
    LLVMValueRef left = LLVMBuildSub(m->at, p->limit, next, "");
    LLVMValueRef values[] = {p->low, next};
    LLVMBasicBlockRef from[] = {p->before, ll_here(m)};
    LLVMAddIncoming(p->number, values, from, 2);
    ll_fork(m, ll_compare(m, LLVMIntSGE, left, p->step), p->body, p->end);
    ll_go_on(m, p->end);
    p->number = ll_join(m, p->low, p->before, next, from[1]);
}

static LLVMValueRef tile_size(const struct ll_lanes *l)
{
    return ll_i64(l->m, (int64_t)(vectors_of(l) * l->m->lanes));
}

/* Tiles enough, and not too many sums. */
static LLVMValueRef may_keep(struct ll_lanes *l, LLVMValueRef low, LLVMValueRef high)
{
    struct ll_module *m = l->m;
    const struct loop_lanes *lanes = l->loop->lanes;
    LLVMValueRef left = LLVMBuildSub(m->at, high, low, "");
    LLVMValueRef least = LLVMBuildMul(m->at, tile_size(l), ll_i64(m, lanes->kept_tiles), "");
    LLVMValueRef all = ll_compare(m, LLVMIntSGE, left, least);
    for (size_t i = 0; i < lanes->kept.count; i++) {
        LLVMValueRef count = ll_length(m, lanes->kept.data[i].array);
        LLVMValueRef few = ll_compare(m, LLVMIntSLE, count, ll_i64(m, lanes->kept_elements));
        all = LLVMBuildAnd(m->at, all, few, "");
    }
    return all;
}

/* If sums wait: vectors are cleared before the tiles, or added up behind them, in the order of
 * elements. */
static void put_kept(struct ll_lanes *l, bool behind)
{
    struct ll_module *m = l->m;
    LLVMTypeRef type = ll_vector_type(m, ll_real(m)), one = ll_type(m, ll_real(m));
    LLVMBasicBlockRef body = ll_block(m), end = ll_block(m);
    ll_fork(m, l->keeps, body, end);
    ll_go_on(m, body);
    for (size_t i = 0; i < l->loop->lanes->kept.count; i++) {
        const struct loop_keep *keep = &l->loop->lanes->kept.data[i];
        LLVMValueRef count = ll_length(m, keep->array), none = ll_i64(m, 0);
        struct ll_counter each = ll_open_counter(m, none, count, ll_i64(m, 1));
        LLVMValueRef at = ll_offset(m, type, ll_array(m, keep->vectors), each.k);
        if (!behind) {
            ll_store_vector(m, LLVMConstNull(type), at);
        } else {
            LLVMValueRef to = ll_offset(m, one, ll_array(m, keep->array), each.k);
            LLVMValueRef sum = ll_lane_sum(m, ll_load_vector(m, type, at));
            sum = LLVMBuildFAdd(m->at, ll_load(m, ll_real(m), to), sum, "");
            ll_store(m, ll_real(m), sum, to);
        }
        ll_close_counter(m, &each);
    }
    ll_jump(m, end);
    ll_go_on(m, end);
}

/* Where vectors end that may lack passes: behind the last pass, but for less than a vector. */
static LLVMValueRef behind_last(struct ll_module *m, LLVMValueRef high)
{
    return LLVMBuildAdd(m->at, high, ll_i64(m, (int64_t)m->lanes - 1), "");
}

/* Tiles that are full, or all of a loop that is whole; the number of the pass behind them. */
static LLVMValueRef put_full(struct ll_lanes *l, LLVMValueRef low, LLVMValueRef high, bool whole)
{
    struct ll_module *m = l->m;
    struct ll_passes passes = {.low = low, .limit = high, .tiles = true};
    if (whole) passes.limit = behind_last(m, high);
    LLVMMetadataRef outer = ll_debug_open_block(m, l->loop->node);
    ll_put_span(m, l->loop);
    passes.step = tile_size(l);
    ll_open_passes(m, &passes);
    m->places[l->loop->node->id].value = passes.number;
    l->mask = (struct ll_mask){NULL, false};
    l->rest = NULL;
    ll_find_rows(l);
    put_tile(l, LLVMBuildSub(m->at, high, passes.number, ""));
    l->rows = NULL;
    ll_put_span(m, l->loop);
    ll_close_passes(m, &passes);
    ll_debug_close_block(m, outer);
    return passes.number;
}

/* The same, with sums that may wait behind them. */
static LLVMValueRef put_keeping(struct ll_lanes *l, LLVMValueRef low, LLVMValueRef high)
{
    struct ll_module *m = l->m;
    if (!l->loop->lanes->kept.count) return put_full(l, low, high, false);
    ll_put_span(m, l->loop);
    l->keeps = may_keep(l, low, high);
    put_kept(l, false);
    LLVMValueRef next = put_full(l, low, high, false);
    put_kept(l, true);
    l->keeps = NULL;
    return next;
}

/* Vectors that may be full or not, the first pass of them `low`. */
static void put_masked(struct ll_lanes *l, LLVMValueRef low, LLVMValueRef high)
{
    struct ll_module *m = l->m;
    struct ll_passes passes = {.low = low, .limit = behind_last(m, high), .tiles = true};
    passes.step = ll_i64(m, (int64_t)m->lanes);
    ll_open_passes(m, &passes);
    LLVMValueRef left = LLVMBuildSub(m->at, high, passes.number, "");
    m->places[l->loop->node->id].value = passes.number;
    l->rest = ll_first_lanes(m, left);
    l->mask = (struct ll_mask){l->rest, false};
    put_tile(l, left);
    ll_put_span(m, l->loop);
    ll_close_passes(m, &passes);
}

/* One vector, if there is a pass left. */
static void put_last(struct ll_lanes *l, LLVMValueRef pass, LLVMValueRef high)
{
    struct ll_module *m = l->m;
    LLVMBasicBlockRef body = ll_block(m), end = ll_block(m);
    ll_fork(m, ll_compare(m, LLVMIntSLT, pass, high), body, end);
    ll_go_on(m, body);
    LLVMValueRef left = LLVMBuildSub(m->at, high, pass, "");
    m->places[l->loop->node->id].value = pass;
    l->rest = ll_first_lanes(m, left);
    l->mask = (struct ll_mask){l->rest, false};
    put_tile(l, left);
    ll_jump(m, end);
    ll_go_on(m, end);
}

/* What is left, `pass` being the first of it: vector by vector. */
static void put_rest(struct ll_lanes *l, LLVMValueRef pass, LLVMValueRef high)
{
    struct ll_module *m = l->m;
    const struct loop_statement *loop = l->loop;
    struct loop_lanes vector = *loop->lanes;
    struct loop_statement single = *loop;
    LLVMMetadataRef outer = ll_debug_open_block(m, loop->node);
    ll_put_span(m, loop);
    vector.vectors = 1;
    single.lanes = &vector;
    l->loop = &single;
    l->arrays = loop_lane_arrays(ll_program(l), &single, m->arena);
    if (loop->lanes->vectors > 1) put_masked(l, pass, high);
    else put_last(l, pass, high);
    l->loop = loop;
    ll_debug_close_block(m, outer);
}

/* Pairs of ints that are loaded whole are so without a mask alone. */
static bool has_rows(struct ll_lanes *l)
{
    ll_find_rows(l);
    bool some = l->rows && l->rows->rows.count;
    l->rows = NULL;
    return some;
}

/* Masks cost nothing, or the loop is not worth its code twice. */
static bool is_written_once(struct ll_lanes *l)
{
    const struct loop_statement *loop = l->loop;
    if (l->m->doubles != 8 || loop->lanes->vectors > 1) return false;
    if (loop->lanes->real == ADC_INT) return !has_rows(l);
    return loop_keeps_to_tiles(l->m->product->program, loop);
}

static void put_tiles(struct ll_module *m, const struct loop_statement *loop, LLVMValueRef low,
                      LLVMValueRef high)
{
    struct ll_lanes lanes = {.m = m, .loop = loop, .places = m->lane_places}, *l = &lanes;
    l->arrays = loop_lane_arrays(m->product->program, loop, m->arena);
    l->calls = loop->lanes->vectors > 1;
    m->lane = l;
    l->sums = open_sums(l);
    if (loop_is_whole(m->product->program, loop)) put_full(l, low, high, true);
    else if (is_written_once(l)) put_masked(l, low, high);
    else put_rest(l, put_keeping(l, low, high), high);
    ll_put_span(m, loop);
    m->lane = NULL;
    for (size_t i = 0; i < loop->lanes->sums.count; i++) close_sum(l, i);
}

/* For fewer passes than lanes the loop is as it is without; ints are the same by both. */
static void put_loop(struct ll_module *m, const struct loop_statement *loop)
{
    LLVMValueRef low = ll_low(m, loop->node), high = ll_high(m, loop->node);
    if (!loop_may_be_short(loop) || (loop->lanes->real == ADC_INT && m->doubles == 8)) {
        put_tiles(m, loop, low, high);
        return;
    }
    LLVMBasicBlockRef many = ll_block(m), few = ll_block(m), end = ll_block(m);
    unsigned least = loop->lanes->half && m->doubles == 8 ? m->lanes / 2 : m->lanes;
    ll_fork(m, ll_compare(m, LLVMIntSGE, high, ll_i64(m, least)), many, few);
    ll_go_on(m, many);
    put_tiles(m, loop, low, high);
    ll_jump(m, end);
    ll_go_on(m, few);
    LLVMMetadataRef outer = ll_debug_open_block(m, loop->node);
    ll_put_span(m, loop);
    ll_put_for(m, loop);
    ll_jump(m, end);
    ll_go_on(m, end);
    ll_debug_close_block(m, outer);
    ll_put_span(m, loop);
}

/* LLVM finds out too late that vectors will be kept on the stack, and then puts them across lines
 * of the cache. */
void ll_align_stack(struct ll_module *m, LLVMValueRef function)
{
    if (m->doubles > 2)
        ll_attribute(m, function, LLVMAttributeFunctionIndex, "alignstack", m->doubles * 8);
}

void ll_put_lanes(struct ll_module *m, const struct loop_statement *loop)
{
    ll_choose_width(m, loop->lanes->real == ADC_F32);
    ll_align_stack(m, m->function);
    put_loop(m, loop);
    ll_choose_width(m, false);
}
