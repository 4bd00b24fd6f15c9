/* What is compared with a minimum or maximum that it may be, and is computed a second time.
 *
 *     max(i: v)    has the derivative of those v that equal it (nest_rules.c)
 *
 * Lanes have functions of their own, which may differ in the last place from those of scalar code,
 * and add in another order or with fewer roundings; chunks of threads add in another order. A v
 * that is computed again in another way than the one that became the extreme does not equal it, and
 * the derivative is silently 0. What costs much is stored and read again (arrange_keep.c), but not
 * for what has become a point of its own (i == 0), under other names of indices, or without a known
 * length.
 *
 * in       a program before pass_lanes
 * out      program->plain, which lanes and threads keep to: what stands in one of both values and
 *          not in the other. What both have is computed once, and what is exact may be computed in
 *          any way, so the two are the same number
 * passes   what a loop records of its passes is the value itself: the search ends there
 * cost     nodes times comparisons with extremes */
#include "passes/passes.h"

#include "ir/nest.h"
#include "ir/state.h"

struct reduction {
    const struct adc_node *nest, *value;
};

struct alike {
    struct adc_arena *scratch;
    struct loop_program *program;
    bool has_loops;
    ADC_VEC(struct reduction) extremes; /* what statements take into scalar MAX and MIN */
    ADC_VEC(const struct adc_node *) stack, values, computed;
    /* by id: the walk that was here last; of the values that became the extreme, and of others */
    uint32_t *stamp, *known;
    uint32_t walk;
};

/* One rounding at most, or a choice: the same bits wherever it is computed. */
static bool is_exact(const struct adc_node *node)
{
    if (!adc_type_is_real((enum adc_type)node->type)) return true;
    switch (node->op) {
    case ADC_OP_NEST: return node->number != ADC_REDUCE_SUM && node->number != ADC_REDUCE_PROD;
    case ADC_OP_ADD:
    case ADC_OP_SUB:
    case ADC_OP_MUL:
    case ADC_OP_DIV:
    case ADC_OP_NEG:
    case ADC_OP_ABS:
    case ADC_OP_SIGN:
    case ADC_OP_SQRT:
    case ADC_OP_SELECT:
    case ADC_OP_MIN:
    case ADC_OP_MAX:
    case ADC_OP_CLAMP:
    case ADC_OP_RELU:
    case ADC_OP_COPYSIGN:
    case ADC_OP_FLOOR:
    case ADC_OP_CEIL:
    case ADC_OP_ROUND:
    case ADC_OP_TRUNC:
    case ADC_OP_INT_TO_F64:
    case ADC_OP_INT_TO_F32:
    case ADC_OP_F32_TO_F64:
    case ADC_OP_F64_TO_F32: return true;
    case ADC_OP_FINAL: return false; /* of a loop with all that is in it */
    }
    return node->op < ADC_OP_FIRST_ELEMENTWISE;
}

static bool is_extreme(const struct adc_node *node)
{
    return node->op == ADC_OP_NEST && !node->rank && adc_type_is_real((enum adc_type)node->type) &&
           (node->number == ADC_REDUCE_MAX || node->number == ADC_REDUCE_MIN);
}

/* Recurses over blocks, which are nested to a bounded depth. */
static void find_reductions(struct alike *a, const struct loop_block *block)
{
    for (size_t i = 0; i < block->count; i++) {
        const struct loop_statement *statement = block->data[i];
        a->has_loops |= statement->kind == LOOP_FOR;
        struct reduction reduction = {statement->node, statement->value};
        if (statement->kind == LOOP_REDUCE && is_extreme(statement->node))
            ADC_PUSH(a->scratch, a->extremes, reduction);
        find_reductions(a, &statement->then);
        find_reductions(a, &statement->otherwise);
    }
}

static void go_to(struct alike *a, uint32_t *stamp, const struct adc_node *node)
{
    if (stamp[node->id] == a->walk) return;
    stamp[node->id] = a->walk;
    ADC_PUSH(a->scratch, a->stack, node);
}

/* What may be the value of an array's element, of a choice, or of what a loop carries. */
static void go_to_sources(struct alike *a, const struct adc_node *node)
{
    unsigned first = node->op == ADC_OP_IF, count = 0;
    if (node->op == ADC_OP_FINAL) {
        go_to(a, a->stamp, adc_final_carried(node).init);
        go_to(a, a->stamp, adc_final_carried(node).next);
        return;
    }
    if (node->op == ADC_OP_PUT || node->op == ADC_OP_JOIN) count = 2;
    if (node->op == ADC_OP_IF) count = 3;
    if (node->op == ADC_OP_READ || node->op == ADC_OP_MARK || node->op == ADC_OP_STOP ||
        (node->op == ADC_OP_NEST && node->rank))
        count = 1;
    for (unsigned i = first; i < count; i++) go_to(a, a->stamp, node->in[i]);
}

/* The values of which `side` of a comparison may be the extreme. */
static void find_values(struct alike *a, const struct adc_node *side)
{
    a->walk++;
    a->values.count = 0;
    go_to(a, a->stamp, side);
    while (a->stack.count) {
        const struct adc_node *node = a->stack.data[--a->stack.count];
        if (is_extreme(node)) {
            ADC_PUSH(a->scratch, a->values, node->in[0]);
            for (size_t i = 0; i < a->extremes.count; i++)
                if (a->extremes.data[i].nest == node)
                    ADC_PUSH(a->scratch, a->values, a->extremes.data[i].value);
        } else if ((node->op == ADC_OP_MAX || node->op == ADC_OP_MIN) && node != side) {
            ADC_PUSH(a->scratch, a->values, node); /* of few elements, stored */
        } else {
            go_to_sources(a, node);
        }
    }
}

/* Collects what is computed on the way to what is on the stack and is not exact. */
static void walk_values(struct alike *a, uint32_t *stamp)
{
    a->computed.count = 0;
    while (a->stack.count) {
        const struct adc_node *node = a->stack.data[--a->stack.count];
        if (node->op == ADC_OP_STATE || adc_is_history(node)) continue;
        if (!is_exact(node)) ADC_PUSH(a->scratch, a->computed, node);
        for (unsigned i = 0; i < node->count; i++) go_to(a, stamp, node->in[i]);
    }
}

/* Marks what is collected and not known by `stamp`; whether there is such. */
static bool mark(struct alike *a, const uint32_t *stamp)
{
    bool any = false;
    for (size_t i = 0; i < a->computed.count; i++) {
        const struct adc_node *node = a->computed.data[i];
        if (stamp[node->id] == a->walk) continue;
        a->program->plain[node->id] = 1;
        any = true;
    }
    return any;
}

/* `other` is compared with the extreme of the values. */
static void compare(struct alike *a, const struct adc_node *other)
{
    a->walk++;
    for (size_t i = 0; i < a->values.count; i++) go_to(a, a->known, a->values.data[i]);
    walk_values(a, a->known);
    go_to(a, a->stamp, other);
    walk_values(a, a->stamp);
    if (!mark(a, a->known)) return;
    a->walk++; /* again, the other way round */
    go_to(a, a->known, other);
    walk_values(a, a->known);
    for (size_t i = 0; i < a->values.count; i++) go_to(a, a->stamp, a->values.data[i]);
    walk_values(a, a->stamp);
    mark(a, a->known);
}

void pass_alike(struct adc_arena *arena, struct loop_program *program, struct adc_arena *scratch)
{
    const struct adc_graph *graph = program->function->graph;
    struct alike a = {.scratch = scratch, .program = program};
    for (size_t i = 0; i < program->parts.count; i++)
        find_reductions(&a, &program->parts.data[i].body);
    if (!a.has_loops) return;
    program->plain_count = graph->nodes.count;
    program->plain = ADC_NEW_ARRAY(arena, uint8_t, program->plain_count);
    a.stamp = ADC_NEW_ARRAY(scratch, uint32_t, program->plain_count);
    a.known = ADC_NEW_ARRAY(scratch, uint32_t, program->plain_count);
    for (size_t id = 0; id < program->plain_count; id++) {
        const struct adc_node *node = graph->nodes.data[id];
        if (node->op != ADC_OP_EQ || program->place[id] == LOOP_UNUSED) continue;
        for (unsigned i = 0; i < 2; i++) {
            find_values(&a, node->in[i]);
            if (a.values.count) compare(&a, node->in[1 - i]);
        }
    }
}
