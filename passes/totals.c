/* Totals that a loop carries are sums over what it recorded, which lanes can make.
 *
 *     for t { total += log(v); v = ... }        for t { h[t] = v; v = ... }
 *     h[t] = v for the derivative               total + sum(t: log(h[t]))
 *
 * in       a function with its derivatives: these record values of passes
 * out      FINALs of such totals are sums of their own. Nobody asks for the component any more,
 *          which passes/loops.c drops
 * totals   reals that a pass adds to, or takes from, and does nothing else with; in a loop that no
 *          other holds, over its whole range
 * terms    of operators of what is recorded in each pass, read or the same in all passes; with a
 *          costly one that nothing else asks for, so that it leaves the loop
 * law      the same terms, added in another order: not with `--strict`
 * cost     linear, times the depth of terms */
#include "passes/passes.h"
#include "passes/walk.h"

#include "ir/nest.h"
#include "ir/state.h"

typedef const struct adc_node *node_t;

enum { MOST_TERMS = 8 };

struct total {
    node_t loop, state, init;
    node_t terms[MOST_TERMS]; /* the last one first */
    bool minus[MOST_TERMS];
    unsigned count;
};

struct totals {
    const struct adc_graph *from;
    struct adc_graph *to;
    uint8_t *live;
    uint32_t *users; /* by id: LOOPs, which list their components, apart */
    node_t *record; /* by id: the STATE of the history, of the loop at hand, that holds the value */
    node_t recorded; /* the loop */
    node_t *map, *again;
    struct walk walk;
};

static void find_users(struct totals *t, const struct adc_function *function)
{
    for (size_t i = 0; i < function->results.count; i++)
        for (unsigned k = 0; k < function->results.data[i].count; k++)
            t->users[function->results.data[i].nodes[k]->id]++;
    for (size_t id = 0; id < t->from->nodes.count; id++) {
        node_t node = t->from->nodes.data[id];
        if (!t->live[id]) continue;
        for (unsigned i = 0; i < node->count; i++)
            if (node->op != ADC_OP_LOOP) t->users[node->in[i]->id]++;
    }
}

/* ---------------------------------------------------------------------------------- records */

/* Each pass puts the value to the element of its number. */
static bool is_record(node_t loop, const struct adc_carried *one)
{
    node_t element = adc_carried_element(one);
    return element && element->rank == 1 && adc_nest_parts(element).target[0] == loop->in[0];
}

static void set_records(struct totals *t, node_t loop, bool known)
{
    for (unsigned i = 0; i < adc_loop_parts(loop).count; i++) {
        struct adc_carried one = adc_loop_carried(loop, i);
        if (!is_record(loop, &one)) continue;
        node_t value = adc_nest_parts(one.next->in[1]).value;
        t->record[value->id] = known ? one.state : NULL;
    }
}

static void find_records(struct totals *t, node_t loop)
{
    if (t->recorded == loop) return;
    if (t->recorded) set_records(t, t->recorded, false);
    set_records(t, loop, true);
    t->recorded = loop;
}

/* ------------------------------------------------------------------------------------ terms */

/* It is made of operators up to what is recorded; *costly: of one that nothing else asks for. */
static bool can_leave(struct totals *t, node_t term, node_t index, bool *costly)
{
    bool possible = true;
    node_t node;
    walk_add(&t->walk, term);
    while ((node = walk_next(&t->walk))) {
        if (!adc_indices_has(node->free, index) || node == index || t->record[node->id]) continue;
        bool read = node->op == ADC_OP_READ && !node->in[0]->free;
        possible &= read || node->op >= ADC_OP_FIRST_ELEMENTWISE || node->op == ADC_OP_IF;
        possible &= !node->rank;
        if (!possible) break;
        if (node->op >= ADC_OP_FIRST_ELEMENTWISE && t->users[node->id] == 1)
            *costly |= (adc_op_info((enum adc_op)node->op)->properties & ADC_COSTLY) != 0;
        for (unsigned i = 0; i < node->count; i++) walk_add(&t->walk, node->in[i]);
    }
    walk_end(&t->walk);
    return possible;
}

/* next = state + term - term ... */
static bool find_terms(struct totals *t, struct total *total, node_t next)
{
    for (total->count = 0; next != total->state; total->count++) {
        bool minus = next->op == ADC_OP_SUB;
        if (total->count == MOST_TERMS || (next->op != ADC_OP_ADD && !minus)) return false;
        if (next != total->state && t->users[next->id] > (total->count ? 1 : 0)) return false;
        bool second = !minus && next->in[1] == total->state;
        total->minus[total->count] = minus;
        total->terms[total->count] = next->in[second ? 0 : 1];
        next = next->in[second ? 1 : 0];
    }
    return total->count && t->users[total->state->id] == 1;
}

static bool find_total(struct totals *t, node_t final, struct total *total)
{
    if (final->op != ADC_OP_FINAL || final->rank || !adc_type_is_real((enum adc_type) final->type))
        return false;
    node_t loop = final->in[0];
    struct adc_loop parts = adc_loop_parts(loop);
    struct adc_carried one = adc_final_carried(final);
    bool costly = false;
    if (loop->free || !adc_is_true(parts.guard)) return false;
    *total = (struct total){.loop = loop, .state = one.state, .init = one.init};
    if (!find_terms(t, total, one.next)) return false;
    find_records(t, loop);
    for (unsigned i = 0; i < total->count; i++)
        if (!can_leave(t, total->terms[i], parts.index, &costly)) return false;
    return costly;
}

/* ------------------------------------------------------------------------------------- sums */

/* The value in terms of the index of the sum. */
static node_t said_again(struct totals *t, node_t node, node_t loop, node_t index)
{
    node_t in[ADC_MAX_INPUTS], state = t->record[node->id];
    if (!adc_indices_has(node->free, loop->in[0])) return t->map[node->id];
    if (node == loop->in[0]) return index;
    if (state) {
        node_t all = adc_final(t->to, t->map[loop->id], t->map[state->id]);
        return adc_read(t->to, all, &index);
    }
    for (unsigned i = 0; i < node->count; i++) in[i] = t->again[node->in[i]->id];
    return adc_copy(t->to, t->from, node, in);
}

static node_t term_again(struct totals *t, node_t term, node_t loop, node_t index)
{
    struct walk *walk = &t->walk;
    node_t node;
    walk_add(walk, term);
    while ((node = walk_next(walk))) {
        bool ends = !adc_indices_has(node->free, loop->in[0]) || t->record[node->id];
        for (unsigned i = 0; !ends && node != loop->in[0] && i < node->count; i++)
            walk_add(walk, node->in[i]);
    }
    for (size_t i = walk->order.count; i-- > 0;) {
        node = walk->order.data[i];
        t->again[node->id] = said_again(t, node, loop, index);
    }
    walk_end(walk);
    return t->again[term->id];
}

static node_t sum_of(struct totals *t, const struct total *total)
{
    struct adc_graph *to = t->to;
    node_t index = adc_fresh_index(to, t->map[total->loop->in[0]->id]), value = NULL;
    for (unsigned i = total->count; i-- > 0;) {
        node_t term = term_again(t, total->terms[i], total->loop, index);
        bool minus = total->minus[i];
        if (value) value = adc_apply2(to, minus ? ADC_OP_SUB : ADC_OP_ADD, value, term);
        else value = minus ? adc_apply1(to, ADC_OP_NEG, term) : term;
    }
    struct adc_nest nest = {.reduce = ADC_REDUCE_SUM, .value = value};
    nest.index = &index;
    nest.index_count = 1;
    node_t sum = adc_nest(to, &nest), before = t->map[total->init->id];
    bool none = adc_is_const(before) && adc_real_number(before) == 0;
    return none ? sum : adc_apply2(to, ADC_OP_ADD, before, sum);
}

static void init(struct totals *t, const struct adc_function *function, struct adc_arena *scratch)
{
    size_t count = function->graph->nodes.count;
    t->from = function->graph;
    t->live = ADC_NEW_ARRAY(scratch, uint8_t, count);
    t->users = ADC_NEW_ARRAY(scratch, uint32_t, count);
    t->record = ADC_NEW_ARRAY(scratch, node_t, count);
    t->map = ADC_NEW_ARRAY(scratch, node_t, count);
    t->again = ADC_NEW_ARRAY(scratch, node_t, count);
    adc_function_live(function, t->live);
    find_users(t, function);
    walk_init(&t->walk, function->graph, scratch);
}

static bool has_totals(struct totals *t)
{
    struct total total;
    for (size_t id = 0; id < t->from->nodes.count; id++)
        if (t->live[id] && find_total(t, t->from->nodes.data[id], &total)) return true;
    return false;
}

struct adc_function *pass_totals(struct adc_arena *arena, struct adc_function *function,
                                 struct adc_arena *scratch)
{
    struct totals t = {.to = NULL};
    struct total total;
    init(&t, function, scratch);
    if (!has_totals(&t)) return function;
    struct adc_function *to = pass_new_like(arena, function);
    t.to = to->graph;
    for (size_t id = 0; id < t.from->nodes.count; id++) {
        node_t node = t.from->nodes.data[id], in[ADC_MAX_INPUTS];
        if (!t.live[id]) continue;
        to->graph->span = t.from->spans.data[id];
        for (unsigned i = 0; i < node->count; i++) in[i] = t.map[node->in[i]->id];
        bool found = find_total(&t, node, &total);
        t.map[id] = found ? sum_of(&t, &total) : adc_copy(to->graph, t.from, node, in);
        if (node->op != ADC_OP_PARAM && node->op != ADC_OP_CONST && !found)
            adc_graph_take_notes(to->graph, t.map[id], t.from, node);
    }
    pass_map_roots(to, function, t.map);
    return to;
}
