/* What a loop adds to elements that are the same in all its passes, it adds to variables.
 *
 *     for p { a[f, 4] += e(p) }     var s; for p { s += e(p) }; if low < high { a[f, 4] += s }
 *     for n { if c(n) { b[1] += e(n) } }    ...; if 1 < K { b[1] += s }
 *
 * in       a scheduled program, before pass_lanes: a variable is a vector in lanes, where an
 *          element is a sum over the lanes, a load, an addition and a store for each of them, and
 *          each addition waits for the store of the one before
 * out      the same sums in another order: `--strict` leaves the pass out. The element is met once,
 *          behind the loop, if it is there
 * which    sums of loops without state, and of loops in them, into arrays that the loop does
 *          nothing else with than add to. An element at places that are numbers is there where the
 *          array is long enough. Others are there if a pass met them, so conditions on the way to
 *          the sum, with the ranges of loops, must be those of all passes. Outermost loops first
 * cost     statements times the depth of loops */
#include "passes/loop_maker.h"
#include "passes/passes.h"
#include "passes/uses.h"

#include "ir/nest.h"

typedef const struct adc_node *node_t;

enum { MOST_SUMS = 32 }; /* of a loop: more are many registers' worth */

/* What must hold for an element to be there; NULL: nothing. Conditions are made when it is used. */
struct guard {
    node_t low, high; /* low < high; without `high`, `low` is a condition */
    const struct guard *outer;
};

static const struct guard unknown; /* conditions that are not the same in all passes */

struct held {
    node_t nest, sum;
    const struct guard *guard;
};

struct hold {
    struct loop_maker maker;
    struct uses others; /* arrays that the loop does more with */
    size_t known;       /* entries of `inside` */
    uint32_t *inside;   /* by node id: the last loop that declares or sets it; as others.now */
    bool calls, state;  /* parts, which are not looked into; loops with state */
    node_t index;       /* of the loop */
    struct held list[MOST_SUMS];
    unsigned count;
};

/* ------------------------------------------------------------------------------------ uses */

/* Its node is another one from here on. */
static bool is_set(enum loop_kind kind)
{
    return kind == LOOP_LET || kind == LOOP_VAR || kind == LOOP_SET || kind == LOOP_FOR ||
           kind == LOOP_REDUCE;
}

static void look_at(struct hold *h, const struct loop_block *block)
{
    for (size_t i = 0; i < block->count; i++) {
        const struct loop_statement *statement = block->data[i];
        enum loop_kind kind = statement->kind;
        node_t node = statement->node;
        bool stored = kind == LOOP_REDUCE && node->rank && node->number != ADC_REDUCE_SUM;
        uses_statement(&h->others, statement);
        if (stored || kind == LOOP_FILL) uses_array(&h->others, node);
        if (is_set(kind) && node->id < h->known) h->inside[node->id] = h->others.now;
        h->calls |= kind == LOOP_CALL;
        h->state |= kind == LOOP_CARRY || (kind == LOOP_FOR && statement->value);
        look_at(h, &statement->then);
        look_at(h, &statement->otherwise);
    }
}

/* Nothing in it changes in the loop. */
static bool stays(const struct hold *h, node_t node)
{
    unsigned place = h->maker.program->place[node->id];
    if (adc_is_const(node) || node->op == ADC_OP_PARAM) return true;
    if (node->id < h->known && h->inside[node->id] == h->others.now) return false;
    if (node->op == ADC_OP_INDEX || place == LOOP_LOCAL) return true;
    if (place != LOOP_INLINE || node->op == ADC_OP_READ || node->op == ADC_OP_FINAL) return false;
    for (unsigned i = 0; i < node->count; i++)
        if (!stays(h, node->in[i])) return false;
    return true;
}

/* ----------------------------------------------------------------------------------- guards */

static const struct guard *guarded(struct hold *h, const struct guard *outer, node_t low,
                                   node_t high)
{
    if (outer == &unknown || !stays(h, low) || (high && !stays(h, high))) return &unknown;
    if (high && adc_is_const(low) && adc_is_const(high) && low->value.integer < high->value.integer)
        return outer;
    struct guard *made = ADC_NEW(h->maker.arena, struct guard);
    *made = (struct guard){low, high, outer};
    return made;
}

/* That the element is inside of the array; unknown unless all places are numbers. */
static const struct guard *in_array(struct hold *h, node_t nest)
{
    struct adc_nest parts = adc_nest_parts(nest);
    const struct guard *guard = NULL;
    for (unsigned i = 0; i < nest->rank; i++) {
        node_t length = adc_shape(nest, i), place = parts.target[i];
        bool told = length->op == ADC_OP_PARAM || adc_is_const(length);
        if (!told || !adc_is_const(place) || place->value.integer < 0) return &unknown;
        guard = guarded(h, guard, place, length);
    }
    return guard;
}

/* ---------------------------------------------------------------------------------- changes */

static bool is_same(const struct hold *h, node_t a, node_t b)
{
    struct adc_nest one = adc_nest_parts(a), other = adc_nest_parts(b);
    const uint32_t *buffer = h->maker.program->buffer;
    if (buffer[a->id] != buffer[b->id] || a->rank != b->rank) return false;
    for (unsigned i = 0; i < a->rank; i++)
        if (one.target[i] != other.target[i]) return false;
    return true;
}

/* The variable for what a statement adds to, of an array that the loop only adds to; or NULL. */
static node_t sum_for(struct hold *h, node_t nest, const struct guard *guard)
{
    struct adc_nest parts = adc_nest_parts(nest);
    const struct guard *there = in_array(h, nest);
    bool same = there != &unknown;
    if (!same) there = guard;
    for (unsigned i = 0; i < nest->rank; i++)
        if (there == &unknown || !stays(h, parts.target[i])) return NULL;
    for (unsigned i = 0; i < h->count; i++)
        if (is_same(h, h->list[i].nest, nest) && (same || h->list[i].guard == there))
            return h->list[i].sum;
    if (h->count == MOST_SUMS) return NULL;
    node_t sum = loop_maker_sum(&h->maker, (enum adc_type)nest->type, h->index);
    h->list[h->count++] = (struct held){nest, sum, there};
    return sum;
}

static bool can_be_held(const struct hold *h, const struct loop_statement *statement)
{
    node_t nest = statement->node;
    return statement->kind == LOOP_REDUCE && nest->rank && nest->number == ADC_REDUCE_SUM &&
           adc_type_is_real((enum adc_type)nest->type) &&
           h->others.number[h->maker.program->buffer[nest->id]] != h->others.now;
}

static void replace(struct hold *h, struct loop_block *block, const struct guard *guard)
{
    for (size_t i = 0; i < block->count; i++) {
        struct loop_statement *statement = block->data[i];
        const struct guard *then = guard;
        if (can_be_held(h, statement)) {
            node_t sum = sum_for(h, statement->node, guard);
            if (sum) statement->node = sum;
        }
        if (statement->kind == LOOP_FOR)
            then = guarded(h, guard, statement->node->in[0], statement->node->in[1]);
        if (statement->kind == LOOP_BRANCH) then = guarded(h, guard, statement->node, NULL);
        replace(h, &statement->then, then);
        replace(h, &statement->otherwise, &unknown);
    }
}

/* The variables' sums go to the elements, those of one guard together. */
static void add_to_elements(struct hold *h, struct loop_block *to)
{
    for (unsigned i = 0; i < h->count;) {
        const struct guard *guard = h->list[i].guard;
        struct loop_block block = {0};
        do {
            struct held *held = &h->list[i];
            loop_maker_add(&h->maker, &block, LOOP_REDUCE, held->nest, held->sum);
        } while (++i < h->count && h->list[i].guard == guard);
        for (; guard; guard = guard->outer) {
            struct loop_block arm = block;
            node_t condition = guard->low;
            if (guard->high)
                condition = loop_maker_computed2(&h->maker, ADC_OP_ILT, condition, guard->high);
            block = (struct loop_block){0};
            loop_maker_add(&h->maker, &block, LOOP_BRANCH, condition, NULL)->then = arm;
        }
        for (size_t k = 0; k < block.count; k++) ADC_PUSH(h->maker.arena, *to, block.data[k]);
    }
}

static void change(struct hold *h, struct loop_statement *loop, struct loop_block *made)
{
    h->others.now++;
    h->calls = h->state = false;
    h->count = 0;
    h->index = loop->node;
    h->inside[loop->node->id] = h->others.now;
    look_at(h, &loop->then);
    if (!h->calls && !loop->value)
        replace(h, &loop->then,
                h->state ? &unknown : guarded(h, NULL, loop->node->in[0], loop->node->in[1]));
    for (unsigned i = 0; i < h->count; i++)
        loop_maker_add(&h->maker, made, LOOP_VAR, h->list[i].sum, NULL);
    ADC_PUSH(h->maker.arena, *made, loop);
    add_to_elements(h, made);
}

static void hold_block(struct hold *h, struct loop_block *block)
{
    struct loop_block made = {0};
    for (size_t i = 0; i < block->count; i++) {
        struct loop_statement *statement = block->data[i];
        if (statement->kind == LOOP_FOR) change(h, statement, &made);
        else ADC_PUSH(h->maker.arena, made, statement);
        hold_block(h, &statement->then);
        hold_block(h, &statement->otherwise);
    }
    *block = made;
}

void pass_hold(struct adc_arena *arena, struct loop_program *program)
{
    struct hold h = {.maker = {.arena = arena, .program = program}};
    h.maker.known = h.known = program->function->graph->nodes.count;
    h.others.program = program;
    h.others.number = ADC_NEW_ARRAY(arena, uint32_t, program->buffers.count);
    h.inside = ADC_NEW_ARRAY(arena, uint32_t, h.known);
    for (size_t i = 0; i < program->parts.count; i++) hold_block(&h, &program->parts.data[i].body);
}
