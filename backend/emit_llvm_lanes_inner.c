/* Inner loops of loops in lanes of which several passes are made at a time (ir/loop.h).
 *
 * jam      the body holds copies of the statements; passes that are left are made one by one
 * grouped  as many passes as lanes: what each collects for its element is added up together, in the
 *          order of a single one, and stored as one vector */
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

void ll_put_jammed(struct ll_lanes *l, const struct loop_statement *loop)
{
    struct ll_module *m = l->m;
    LLVMValueRef high = ll_use(m, loop->node->in[1]);
    struct ll_passes passes = {.low = ll_use(m, loop->node->in[0]), .limit = high};
    passes.step = ll_i64(m, LOOP_JAMMED);
    ll_put_span(m, loop);
    ll_open_passes(m, &passes);
    m->places[loop->node->id].value = passes.number;
    ll_put_lane_block(m, &loop->jam->body);
    ll_close_passes(m, &passes);
    bool left = l->left;
    l->left = true;
    put_single(l, loop, passes.number, high);
    l->left = left;
}

/* ---------------------------------------------------------------------------------- groups */

struct group {
    struct ll_lanes *l;
    const struct loop_block *block;
    LLVMValueRef
        *sums; /* by statement, of those that are collected: variables, one vector a pass */
};

static bool is_collected(const struct group *g, size_t i)
{
    return loop_is_collected(ll_program(g->l), g->block->data[i]);
}

/* One pass of the group. */
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
    for (size_t i = 0, k = 0; i < g->block->count; i++) {
        if (!is_collected(g, i)) continue;
        LLVMValueRef sum = ll_load_vector(m, type, l->collectors.data[k++].variable);
        ll_store_vector(m, sum, ll_offset(m, type, g->sums[i], number));
    }
    l->collectors.count = 0;
}

/* += the sums of the group, of which the index is that of the first. */
static void put_sums(struct group *g)
{
    struct ll_module *m = g->l->m;
    LLVMTypeRef type = ll_vector_type(m, ll_real(m));
    LLVMValueRef values[LL_MOST_LANES];
    for (size_t i = 0; i < g->block->count; i++) {
        const struct adc_node *nest = g->block->data[i]->node;
        if (!is_collected(g, i)) continue;
        for (unsigned k = 0; k < m->lanes; k++)
            values[k] = ll_load_vector(m, type, ll_offset(m, type, g->sums[i], ll_i64(m, k)));
        LLVMValueRef sums = ll_lane_sums(m, values);
        LLVMValueRef to = ll_element(m, nest, adc_nest_parts(nest).target);
        LLVMValueRef before = ll_load_next(m, ll_real(m), to, NULL);
        ll_store_next(m, LLVMBuildFAdd(m->at, before, sums, ""), to, NULL);
    }
}

static void open_sums(struct group *g)
{
    struct ll_module *m = g->l->m;
    LLVMTypeRef type = LLVMArrayType(ll_vector_type(m, ll_real(m)), m->lanes);
    g->sums = ADC_NEW_ARRAY(m->arena, LLVMValueRef, g->block->count);
    for (size_t i = 0; i < g->block->count; i++)
        if (is_collected(g, i)) g->sums[i] = ll_variable(m, type);
}

/* A single statement, where it is not one of the few passes that a jam leaves: then its sums stay
 * in registers. */
static bool is_short(const struct group *g)
{
    return g->block->count == 1 && !g->l->rolled && !g->l->left;
}

/* All passes of the group, from `first` on. */
static void put_passes(struct group *g, struct ll_place *index, LLVMValueRef first)
{
    struct ll_module *m = g->l->m;
    for (unsigned k = 0; k < m->lanes && is_short(g); k++) {
        index->value = LLVMBuildAdd(m->at, first, ll_i64(m, k), "");
        put_pass(g, ll_i64(m, k));
    }
    if (is_short(g)) return;
    struct ll_passes each = {
        .low = ll_i64(m, 0), .limit = ll_i64(m, m->lanes), .step = ll_i64(m, 1)};
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
    struct ll_passes groups = {.low = ll_use(m, loop->node->in[0]), .limit = high};
    groups.step = ll_i64(m, m->lanes);
    ll_put_span(m, loop);
    open_sums(&g);
    ll_open_passes(m, &groups);
    put_passes(&g, index, groups.number);
    index->value = groups.number;
    put_sums(&g);
    ll_close_passes(m, &groups);
    put_single(l, loop, groups.number, high);
}
