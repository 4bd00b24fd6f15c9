/* Inner loops of loops in lanes of which several passes are made at a time (ir/loop.h).
 *
 * jam      the body holds copies of the statements; passes that are left are made one by one
 * grouped  what each pass of a group collects for its element is added up together, as many as
 *          there are lanes, in the order of a single one, and stored as one vector, or as the
 *          halves of one if statements make pairs */
#include "backend/emit_llvm_lanes.h"
#include "ir/nest.h"

/* One by one, from `low` on. */
static void put_single(struct ll_lanes *l, const struct loop_statement *loop, LLVMValueRef low,
                       LLVMValueRef high)
{
    struct ll_module *m = l->m;
    struct ll_passes rest = {.low = low, .limit = high, .step = ll_i64(m, 1)};
    ll_open_passes(m, &rest);
    m->places[loop->node->id].value = rest.number;
    ll_put_lane_block(m, &loop->then);
    ll_close_passes(m, &rest);
}

/* The node without the few passes that are added to it. */
static const struct adc_node *without_passes(const struct adc_node *node, int64_t *passes)
{
    *passes = 0;
    while (node->op == ADC_OP_IADD && node->in[1]->op == ADC_OP_CONST) {
        int64_t more = node->in[1]->value.integer;
        if (more < 0 || more > LOOP_JAMMED) break;
        *passes += more;
        node = node->in[0];
    }
    return node;
}

/* As many passes as a loop in the body of a jam has at least: it ends at most as far behind the
 * jam's index as there are passes jammed, so that nothing overflows. 0: not known. */
static int64_t certain_passes(const struct ll_lanes *l, const struct loop_statement *loop,
                              bool *all)
{
    const struct adc_node *low = loop->node->in[0], *high = loop->node->in[1], *jam = l->jammed;
    int64_t from, to;
    *all = false;
    if (!jam || loop->value || loop_copies(ll_program(l), loop)) return 0;
    if (without_passes(high, &to) != jam || to > LOOP_JAMMED) return 0;
    *all = without_passes(low, &from) == jam;
    if (*all) return to > from ? to - from : 0;
    if (low->op != ADC_OP_CONST || jam->in[0]->op != ADC_OP_CONST) return 0;
    return low->value.integer == jam->in[0]->value.integer ? to : 0;
}

bool ll_put_certain(struct ll_lanes *l, const struct loop_statement *loop)
{
    struct ll_module *m = l->m;
    struct ll_place *index = &m->places[loop->node->id];
    bool all;
    int64_t passes = certain_passes(l, loop, &all);
    if (passes <= 0) return false;
    LLVMValueRef low = ll_low(m, loop->node), high = ll_high(m, loop->node);
    if (all && passes == 1) {
        index->value = low;
        ll_put_lane_block(m, &loop->then);
        return true;
    }
    LLVMBasicBlockRef from[2] = {ll_here(m)}, body = ll_block(m), end = ll_block(m);
    ll_jump(m, body);
    ll_go_on(m, body);
    LLVMValueRef number = LLVMBuildPhi(m->at, m->types.i64, "");
    index->value = number;
    ll_put_lane_block(m, &loop->then);
    ll_put_span(m, loop);
    LLVMValueRef values[] = {low, ll_next(m, number, ll_i64(m, 1))};
    from[1] = ll_here(m);
    LLVMAddIncoming(number, values, from, 2);
    ll_fork(m, ll_compare(m, LLVMIntSLT, values[1], high), body, end);
    ll_go_on(m, end);
    return true;
}

void ll_put_jammed(struct ll_lanes *l, const struct loop_statement *loop)
{
    struct ll_module *m = l->m;
    const struct adc_node *jammed = l->jammed;
    LLVMValueRef high = ll_use(m, loop->node->in[1]);
    struct ll_passes passes = {.low = ll_use(m, loop->node->in[0]), .limit = high};
    passes.step = ll_i64(m, LOOP_JAMMED);
    ll_put_span(m, loop);
    ll_open_passes(m, &passes);
    m->places[loop->node->id].value = passes.number;
    l->jammed = loop->node;
    ll_put_lane_block(m, &loop->jam->body);
    l->jammed = jammed;
    ll_close_passes(m, &passes);
    bool left = l->left;
    l->left = true;
    put_single(l, loop, passes.number, high);
    l->left = left;
}

/* ---------------------------------------------------------------------------------- groups */

enum { MOST_COPIES = 32 }; /* of statements in a group that is no loop */

struct group {
    struct ll_lanes *l;
    const struct loop_block *block;
    unsigned parts, passes;
    LLVMValueRef *sums; /* by statement, of the last of its parts: variables, one vector a pass */
};

static bool is_collected(const struct group *g, size_t i)
{
    return loop_is_collected(ll_program(g->l), g->block->data[i]);
}

/* One pass of the group. What is a pair is one vector from then on: half as many wait for the end
 * of the group, which with what all passes share is as much as there are registers. */
static void put_pass(struct group *g, LLVMValueRef number)
{
    struct ll_lanes *l = g->l;
    struct ll_module *m = l->m;
    LLVMTypeRef type = ll_vector_type(m, ll_real(m));
    l->grouped = true;
    for (size_t i = 0; i < g->block->count; i++)
        if (is_collected(g, i)) ll_open_collector(l, g->block->data[i]);
    ll_put_run(l, g->block, 0, g->block->count);
    l->grouped = false;
    LLVMValueRef values[2];
    unsigned part = 0;
    for (size_t i = 0, k = 0; i < g->block->count; i++) {
        if (!is_collected(g, i)) continue;
        values[part++] = ll_load_vector(m, type, l->collectors.data[k++].variable);
        if (part < g->parts) continue;
        if (g->parts == 2) ll_fold_lanes(m, values, m->lanes / 2, 1);
        ll_store_vector(m, values[0], ll_offset(m, type, g->sums[i], number));
        part = 0;
    }
    l->collectors.count = 0;
}

/* `count` elements += lanes of the sums, from `first` on. */
static void add_part(struct group *g, const struct adc_node *nest, LLVMValueRef sums,
                     unsigned first, unsigned count)
{
    struct ll_module *m = g->l->m;
    LLVMValueRef lanes[LL_MOST_LANES], to = ll_element(m, nest, adc_nest_parts(nest).target);
    LLVMTypeRef type = LLVMVectorType(ll_type(m, ll_real(m)), count);
    for (unsigned k = 0; k < count; k++) lanes[k] = ll_status(m, first + k);
    LLVMValueRef part =
        LLVMBuildShuffleVector(m->at, sums, sums, LLVMConstVector(lanes, count), "");
    LLVMValueRef before = LLVMBuildLoad2(m->at, type, to, "");
    LLVMSetAlignment(before, m->single ? 4 : 8);
    LLVMValueRef store = LLVMBuildStore(m->at, LLVMBuildFAdd(m->at, before, part, ""), to);
    LLVMSetAlignment(store, m->single ? 4 : 8);
}

/* += the sums of the group, of which the index is that of the first. */
static void put_sums(struct group *g)
{
    struct ll_module *m = g->l->m;
    LLVMTypeRef type = ll_vector_type(m, ll_real(m));
    const struct adc_node *nests[2];
    LLVMValueRef values[LL_MOST_LANES];
    unsigned part = 0;
    for (size_t i = 0; i < g->block->count; i++) {
        if (!is_collected(g, i)) continue;
        nests[part++] = g->block->data[i]->node;
        if (part < g->parts) continue;
        for (unsigned k = 0; k < g->passes; k++)
            values[k] = ll_load_vector(m, type, ll_offset(m, type, g->sums[i], ll_i64(m, k)));
        LLVMValueRef sums = ll_lane_sums(m, values, g->passes);
        for (part = 0; part < g->parts; part++)
            add_part(g, nests[part], sums, part * g->passes, g->passes);
        part = 0;
    }
}

static void open_sums(struct group *g)
{
    struct ll_module *m = g->l->m;
    LLVMTypeRef type = LLVMArrayType(ll_vector_type(m, ll_real(m)), g->passes);
    unsigned part = 0;
    g->sums = ADC_NEW_ARRAY(m->arena, LLVMValueRef, g->block->count);
    for (size_t i = 0; i < g->block->count; i++)
        if (is_collected(g, i) && ++part == g->parts) {
            g->sums[i] = ll_variable(m, type);
            part = 0;
        }
}

/* Few statements, where they are not those of the few passes that a jam leaves: then their sums
 * stay in registers. */
static bool is_short(const struct group *g)
{
    return g->block->count * g->passes <= MOST_COPIES && !g->l->left;
}

/* All passes of the group, from `first` on. */
static void put_passes(struct group *g, struct ll_place *index, LLVMValueRef first)
{
    struct ll_module *m = g->l->m;
    for (unsigned k = 0; k < g->passes && is_short(g); k++) {
        index->value = LLVMBuildAdd(m->at, first, ll_i64(m, k), "");
        put_pass(g, ll_i64(m, k));
    }
    if (is_short(g)) return;
    struct ll_passes each = {
        .low = ll_i64(m, 0), .limit = ll_i64(m, g->passes), .step = ll_i64(m, 1)};
    ll_open_passes(m, &each);
    index->value = LLVMBuildAdd(m->at, first, each.number, "");
    put_pass(g, each.number);
    ll_close_passes(m, &each);
}

void ll_put_grouped(struct ll_lanes *l, const struct loop_statement *loop)
{
    struct ll_module *m = l->m;
    struct ll_place *index = &m->places[loop->node->id];
    struct group g = {.l = l, .block = &loop->then};
    LLVMValueRef high = ll_use(m, loop->node->in[1]);
    g.parts = loop_group_parts(ll_program(l), loop);
    g.passes = m->lanes / g.parts;
    struct ll_passes groups = {.low = ll_use(m, loop->node->in[0]), .limit = high};
    groups.step = ll_i64(m, g.passes);
    ll_put_span(m, loop);
    open_sums(&g);
    ll_open_passes(m, &groups);
    put_passes(&g, index, groups.number);
    index->value = groups.number;
    put_sums(&g);
    ll_close_passes(m, &groups);
    put_single(l, loop, groups.number, high);
}
