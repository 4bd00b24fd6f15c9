/* Statements of a part: what emit_c_statement.c prints, in the same order. */
#include "backend/emit_llvm_internal.h"
#include "ir/state.h"

#include <string.h>

static enum adc_type type_of(const struct adc_node *node)
{
    return (enum adc_type)node->type;
}

/* -------------------------------------------------------------------------- simple statements */

static void put_var(struct ll_module *m, const struct loop_statement *statement)
{
    const struct adc_node *node = statement->node;
    LLVMValueRef value = statement->value ? ll_use(m, statement->value)
                                          : ll_constant(m, type_of(node), c_first_value(node));
    if (m->product->program->place[node->id] == LOOP_LOCAL)
        m->places[node->id] = (struct ll_place){ll_variable(m, ll_type(m, type_of(node))), true};
    ll_assign(m, node, value);
}

/* One value for all lanes, or no lanes. */
static bool is_shared(const struct ll_module *m, const struct adc_node *node)
{
    return !m->lane || m->product->program->value[node->id] != LOOP_VARYING;
}

/* All at once: what becomes another STATE is read before that changes. */
void ll_put_carry(struct ll_module *m, const struct adc_node *loop)
{
    unsigned count = adc_loop_parts(loop).count;
    LLVMValueRef *values = ADC_NEW_ARRAY(m->arena, LLVMValueRef, count);
    for (unsigned i = 0; i < count; i++) {
        struct adc_carried carried = adc_loop_carried(loop, i);
        if (!carried.state->rank && carried.next != carried.state && is_shared(m, carried.state))
            values[i] = ll_use(m, carried.next);
    }
    for (unsigned i = 0; i < count; i++)
        if (values[i]) ll_assign(m, adc_loop_carried(loop, i).state, values[i]);
}

static void put_set(struct ll_module *m, const struct loop_statement *statement)
{
    bool own = statement->value == statement->node;
    ll_assign(m, statement->node,
              own ? ll_definition(m, statement->node) : ll_use(m, statement->value));
}

static void put_check(struct ll_module *m, const struct loop_statement *statement)
{
    const struct adc_check *check = &m->product->function->checks.data[statement->index];
    LLVMBasicBlockRef failed = ll_block(m), good = ll_block(m);
    ll_fork(m, ll_use(m, statement->node), good, failed);
    ll_go_on(m, failed);
    LLVMBuildRet(m->at, ll_status(m, check->status));
    ll_go_on(m, good);
}

static void put_fill(struct ll_module *m, const struct adc_node *array)
{
    LLVMTypeRef type = ll_memory_type(m, type_of(array));
    LLVMValueRef start = ll_array(m, array), length = ll_length(m, array);
    LLVMValueRef end = ll_offset(m, type, start, length);
    LLVMValueRef from = LLVMBuildPtrToInt(m->at, start, m->types.size, "");
    LLVMValueRef to = LLVMBuildPtrToInt(m->at, end, m->types.size, "");
    LLVMBuildMemSet(m->at, start, LLVMConstNull(m->types.i8), LLVMBuildSub(m->at, to, from, ""), 1);
}

static LLVMValueRef taken_in(struct ll_module *m, const struct adc_node *nest, LLVMValueRef before,
                             const struct adc_node *value)
{
    enum adc_op op = adc_reduce_op((enum adc_reduce)nest->number, type_of(nest));
    LLVMValueRef arguments[] = {before, ll_use(m, value)};
    return ll_operator(m, op, value->type == ADC_F32, arguments);
}

static void put_reduce(struct ll_module *m, const struct loop_statement *statement)
{
    const struct adc_node *node = statement->node, *value = statement->value;
    if (!node->rank) {
        ll_assign(m, node, taken_in(m, node, ll_use(m, node), value));
        return;
    }
    LLVMValueRef address = ll_element(m, node, adc_nest_parts(node).target);
    LLVMValueRef after = node->number == ADC_REDUCE_SET
                             ? ll_use(m, value)
                             : taken_in(m, node, ll_load(m, type_of(node), address), value);
    ll_store(m, type_of(node), after, address);
}

/* ------------------------------------------------------------------------------------ outputs */

static void put_store(struct ll_module *m, const struct loop_statement *statement)
{
    const struct adc_result *result = &m->product->function->results.data[statement->index];
    bool adjoint = result->role == ADC_ROLE_GRAD || result->role == ADC_ROLE_BAR;
    LLVMTypeRef type = ll_memory_type(m, result->type);
    LLVMValueRef address =
        ll_offset(m, type, ll_output(m, statement->index), ll_i64(m, statement->element));
    LLVMValueRef value = ll_use(m, statement->value);
    if (adjoint && m->unit->unit->accumulate) {
        LLVMValueRef before = ll_load(m, result->type, address);
        value = LLVMBuildFAdd(m->at, before, value, "");
    }
    ll_store(m, result->type, value, address);
}

/* A check says where it stands, a call nothing. */
static struct adc_span span_of(const struct ll_module *m, const struct loop_statement *statement)
{
    const struct adc_function *f = m->product->function;
    if (statement->kind == LOOP_CALL) return (struct adc_span){0, 0, 0};
    if (statement->kind == LOOP_CHECK) return f->checks.data[statement->index].span;
    const struct adc_node *node =
        statement->kind == LOOP_STORE ? statement->value : statement->node;
    return f->graph->spans.data[node->id];
}

void ll_put_span(struct ll_module *m, const struct loop_statement *statement)
{
    ll_debug_at(m, span_of(m, statement));
}

/* Stores [first, last) of one result, if that is wanted. */
static void put_stores(struct ll_module *m, const struct loop_block *block, size_t first,
                       size_t last)
{
    LLVMBasicBlockRef wanted = ll_block(m), end = ll_block(m);
    ll_fork(m, ll_is_null(m, ll_output(m, block->data[first]->index)), end, wanted);
    ll_go_on(m, wanted);
    for (size_t i = first; i < last; i++) {
        ll_debug_at(m, span_of(m, block->data[i]));
        put_store(m, block->data[i]);
    }
    ll_jump(m, end);
    ll_go_on(m, end);
}

/* ------------------------------------------------------------------------------------- control */

static void put_block(struct ll_module *m, const struct loop_block *block);

static void put_branch(struct ll_module *m, const struct loop_statement *statement)
{
    if (!statement->then.count && !statement->otherwise.count) return;
    LLVMBasicBlockRef then = ll_block(m), otherwise = ll_block(m), end = ll_block(m);
    ll_fork(m, ll_use(m, statement->node), then, otherwise);
    ll_go_on(m, then);
    put_block(m, &statement->then);
    ll_jump(m, end);
    ll_go_on(m, otherwise);
    put_block(m, &statement->otherwise);
    ll_jump(m, end);
    ll_go_on(m, end);
}

/* Asks LLVM for the copies of passes that the program asks for; the jump to the next pass has just
 * been written. */
static void note_copies(struct ll_module *m, const struct loop_statement *loop)
{
    static const char option[] = "llvm.loop.unroll.count";
    unsigned copies = loop_copies(m->product->program, loop);
    LLVMContextRef context = m->context;
    if (!copies) return;
    LLVMValueRef count = LLVMConstInt(LLVMInt32TypeInContext(context), copies, false);
    LLVMMetadataRef asked[] = {LLVMMDStringInContext2(context, option, sizeof option - 1),
                               LLVMValueAsMetadata(count)};
    LLVMMetadataRef self = LLVMTemporaryMDNode(context, NULL, 0);
    LLVMMetadataRef parts[] = {self, LLVMMDNodeInContext2(context, asked, 2)};
    LLVMMetadataRef loops = LLVMMDNodeInContext2(context, parts, 2);
    LLVMMetadataReplaceAllUsesWith(self, loops); /* what names a loop names itself first */
    LLVMSetMetadata(LLVMGetBasicBlockTerminator(ll_here(m)),
                    LLVMGetMDKindIDInContext(context, "llvm.loop", strlen("llvm.loop")),
                    LLVMMetadataAsValue(context, loops));
}

/* Of a loop that is to be copied, LLVM sees how the index goes on. */
static LLVMValueRef next_of(struct ll_module *m, const struct loop_statement *loop,
                            LLVMValueRef index, bool down)
{
    LLVMValueRef step = ll_i64(m, down ? -1 : 1);
    if (!loop_copies(m->product->program, loop)) return ll_next(m, index, step);
    return LLVMBuildNSWAdd(m->at, index, step, "");
}

/* The test stands at the end of each pass and once before the first. `near`, `far`: the ends in the
 * direction of the loop, of which `near` is a value of the index. */
static void put_plain_loop(struct ll_module *m, const struct loop_statement *statement,
                           LLVMValueRef low, LLVMValueRef high, bool down)
{
    LLVMValueRef one = ll_i64(m, 1), next;
    LLVMBasicBlockRef before = ll_block(m), body = ll_block(m), end = ll_block(m);
    ll_fork(m, ll_compare(m, LLVMIntSLT, low, high), before, end);
    ll_go_on(m, before);
    LLVMValueRef first = down ? LLVMBuildSub(m->at, high, one, "") : low;
    ll_jump(m, body);
    ll_go_on(m, body);
    LLVMValueRef index = LLVMBuildPhi(m->at, m->types.i64, "");
    m->places[statement->node->id].value = index;
    put_block(m, &statement->then);
    ll_put_span(m, statement);
    LLVMValueRef more = down ? ll_compare(m, LLVMIntSGT, index, low) : NULL;
    next = next_of(m, statement, index, down);
    if (!down) more = ll_compare(m, LLVMIntSLT, next, high);
    LLVMValueRef values[] = {first, next};
    LLVMBasicBlockRef from[] = {before, ll_here(m)};
    LLVMAddIncoming(index, values, from, 2);
    ll_fork(m, more, body, end);
    note_copies(m, statement);
    ll_go_on(m, end);
}

/* With a condition that is asked before each pass, behind that on the index. */
static void put_guarded_loop(struct ll_module *m, const struct loop_statement *statement,
                             LLVMValueRef low, LLVMValueRef high, bool down)
{
    LLVMValueRef one = ll_i64(m, 1);
    LLVMBasicBlockRef before = ll_here(m), head = ll_block(m), ask = ll_block(m),
                      body = ll_block(m), end = ll_block(m);
    ll_jump(m, head);
    ll_go_on(m, head);
    LLVMValueRef counter = LLVMBuildPhi(m->at, m->types.i64, "");
    ll_fork(m,
            down ? ll_compare(m, LLVMIntSGT, counter, low)
                 : ll_compare(m, LLVMIntSLT, counter, high),
            ask, end);
    ll_go_on(m, ask);
    LLVMValueRef index = down ? LLVMBuildSub(m->at, counter, one, "") : counter;
    m->places[statement->node->id].value = index;
    ll_fork(m, ll_use(m, statement->value->in[1]), body, end);
    ll_go_on(m, body);
    put_block(m, &statement->then);
    ll_put_span(m, statement);
    LLVMValueRef next = down ? index : next_of(m, statement, index, false);
    LLVMValueRef values[] = {down ? high : low, next};
    LLVMBasicBlockRef from[] = {before, ll_here(m)};
    LLVMAddIncoming(counter, values, from, 2);
    ll_jump(m, head);
    note_copies(m, statement);
    ll_go_on(m, end);
}

void ll_put_for(struct ll_module *m, const struct loop_statement *statement)
{
    const struct adc_node *index = statement->node, *loop = statement->value;
    LLVMValueRef low = ll_low(m, index), high = ll_high(m, index);
    bool down = loop && adc_loop_parts(loop).down;
    if (loop && !adc_is_true(loop->in[1])) put_guarded_loop(m, statement, low, high, down);
    else put_plain_loop(m, statement, low, high, down);
}

static void leave_with(struct ll_module *m, LLVMValueRef status)
{
    LLVMBasicBlockRef failed = ll_block(m), good = ll_block(m);
    ll_fork(m, ll_compare(m, LLVMIntEQ, status, ll_status(m, 0)), good, failed);
    ll_go_on(m, failed);
    LLVMBuildRet(m->at, status);
    ll_go_on(m, good);
}

static void put_call(struct ll_module *m, uint32_t part)
{
    const struct loop_team *team = c_team(m->product, part);
    if (team) {
        ll_hand_over(m, &team->values);
        ll_hand_over(m, &team->sums);
    }
    LLVMValueRef status = team ? ll_call_team(m, part) : ll_call_part(m, part);
    if (m->product->parts[part].checks) leave_with(m, status);
    if (team) ll_take_back(m, &team->sums);
}

void ll_put_statement(struct ll_module *m, const struct loop_statement *statement)
{
    ll_put_span(m, statement);
    switch (statement->kind) {
    case LOOP_LET:
        m->places[statement->node->id].variable = false;
        ll_assign(m, statement->node, ll_definition(m, statement->node));
        break;
    case LOOP_VAR: put_var(m, statement); break;
    case LOOP_SET: put_set(m, statement); break;
    case LOOP_CHECK: put_check(m, statement); break;
    case LOOP_FILL: put_fill(m, statement->node); break;
    case LOOP_REDUCE: put_reduce(m, statement); break;
    case LOOP_FOR:
        if (statement->lanes && m->lanes) ll_put_lanes(m, statement);
        else ll_put_for(m, statement);
        break;
    case LOOP_CARRY: ll_put_carry(m, statement->node); break;
    case LOOP_BRANCH: put_branch(m, statement); break;
    case LOOP_CALL: put_call(m, statement->index); break;
    case LOOP_STORE: break; /* put_block takes them in runs */
    }
}

static void put_block(struct ll_module *m, const struct loop_block *block)
{
    if (m->lane) {
        ll_put_lane_block(m, block);
        return;
    }
    for (size_t i = 0; i < block->count;) {
        const struct loop_statement *statement = block->data[i];
        size_t end = i + 1;
        if (statement->kind != LOOP_STORE) {
            ll_put_statement(m, statement);
        } else {
            while (end < block->count && block->data[end]->kind == LOOP_STORE &&
                   block->data[end]->index == statement->index)
                end++;
            put_stores(m, block, i, end);
        }
        i = end;
    }
}

void ll_put_body(struct ll_module *m, uint32_t part)
{
    const struct loop_team *team = c_team(m->product, part);
    if (team) ll_put_team_values(m, team);
    m->chunk_index = team ? team->loop->node : NULL;
    put_block(m, &m->product->program->parts.data[part].body);
    m->chunk_index = NULL;
    if (team) ll_hand_over(m, &team->sums);
}
