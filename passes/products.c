/* Products of matrices in loops with state run along rows.
 *
 *     for t: set(i, j -> [i, j]: sum(k: a[i, k]*b[k, j]))       for t: set(j', i' -> [i', j']: ...)
 *     for t: sum(i, j, k -> [j, k]: a[i, k]*b[i, j])   for t: sum(k', j' -> [j', k']: sum(i: ...))
 *
 * Outermost of such a nest, so that it gets the lanes, is the index that runs along the rows of the
 * array that is made: factors and results lie side by side or are the same in all lanes, or rows of
 * one factor are copied once, and nothing is copied back. The index that is summed over is
 * innermost: each element is summed in a variable. The indices are the nest's own, as nests that
 * share loops share their order. Where an element is more than one sum, or is asked for by others,
 * each sum has an array of its own.
 *
 * in       a graph whose sums have found their places (merge.c, gather.c, maps.c)
 * where    all loops around carry state, and a product with these loops around sums over rows of
 *          what changes with them. Else each row of the state may go its own way, as in a batch:
 *          then rows are the better lanes, and what is computed of them shares their loop
 * untouched nests with conditions, with bounds that depend on each other, whose sums take more than
 *          a few cheap operations; hints
 * differs  what is added to other values is added as one sum, and sums that shared loops no longer
 *          take turns: `--strict` leaves it out
 * cost     linear, but for what moves */
#include "passes/passes.h"
#include "passes/point.h"
#include "passes/updates.h"

#include "ir/nest.h"

typedef const struct adc_node *node_t;

enum { MOST_NODES = 16, MOST_SUMS = 4 }; /* of an element */

struct product {
    node_t row, column, summed; /* indices; elements are [row, column] */
    node_t nest;                /* rank 2 */
    node_t sum;                 /* in its element; NULL: the nest itself sums */
    bool apart;                 /* the sum has an array of its own */
};

struct products {
    const struct adc_function *function;
    struct updates updates;
    uint8_t *joined; /* by id: an operand of JOIN or PUT */
    ADC_VEC(struct product) list;
    ADC_VEC(const struct adc_indices *) mixed; /* scopes of products that sum over rows */
    const struct product **product;            /* by id of what is replaced */
    struct adc_arena *scratch;
};

/* The nodes that an element is made of: those that change with its indices, down to reads. */
struct element {
    node_t node[MOST_NODES];
    unsigned count;
};

static bool has(node_t node, node_t index)
{
    return adc_indices_has(node->free, index);
}

static bool changes(node_t node, const struct product *p)
{
    return has(node, p->row) || has(node, p->column) || has(node, p->summed);
}

static bool is_cheap(node_t node)
{
    if (node->rank) return false;
    if (node->op == ADC_OP_READ || node->op == ADC_OP_INDEX || node->op == ADC_OP_IF) return true;
    return node->op >= ADC_OP_FIRST_ELEMENTWISE &&
           !(adc_op_info((enum adc_op)node->op)->properties & ADC_COSTLY);
}

/* Of `root` and all below that changes, down to `stop`, which may be NULL; false: too many, or not
 * cheap. */
static bool find_element(node_t root, node_t stop, const struct product *p, struct element *e)
{
    e->count = 0;
    e->node[e->count++] = root;
    for (unsigned at = 0; at < e->count; at++) {
        node_t node = e->node[at];
        if (node == stop) continue;
        if (!is_cheap(node)) return false;
        for (unsigned i = node->op == ADC_OP_READ; i < node->count && node->op != ADC_OP_INDEX;
             i++) {
            node_t in = node->in[i];
            if (!changes(in, p) && in != stop) continue;
            if (node->op == ADC_OP_READ && in->op != ADC_OP_INDEX) return false;
            if (adc_among(in, e->node, e->count)) continue;
            if (e->count == MOST_NODES) return false;
            e->node[e->count++] = in;
        }
    }
    return true;
}

/* What is summed: of one factor a row asks, of another one a column. */
static bool is_product(node_t value, const struct product *p)
{
    struct element e;
    bool of_row = false, of_column = false;
    if (!find_element(value, NULL, p, &e)) return false;
    for (unsigned i = 0; i < e.count; i++) {
        if (e.node[i]->op != ADC_OP_READ || !has(e.node[i], p->summed)) continue;
        bool row = has(e.node[i], p->row), column = has(e.node[i], p->column);
        if (row && column) return false;
        of_row |= row;
        of_column |= column;
    }
    return of_row && of_column;
}

/* Nobody else asks for the sum, nor for what is made of it. */
static bool is_alone(const struct products *s, const struct element *e, node_t sum)
{
    for (unsigned i = 0; i < e->count; i++) {
        node_t node = e->node[i];
        bool above = node == sum || (node->op != ADC_OP_READ && node->op != ADC_OP_INDEX);
        if (above && s->updates.uses[node->id] != 1) return false;
    }
    return true;
}

/* Sums that are operands in the element; not in an arm, if each is to be computed by itself. */
static unsigned find_sums(node_t root, const struct product *p, bool apart, node_t *sums)
{
    node_t stack[MOST_NODES] = {root};
    unsigned count = 1, found = 0;
    for (unsigned at = 0; at < count; at++) {
        node_t node = stack[at];
        if (node->op == ADC_OP_NEST && found == MOST_SUMS) return 0;
        if (node->op == ADC_OP_NEST) sums[found++] = node;
        bool inside = node->op >= ADC_OP_FIRST_ELEMENTWISE || (node->op == ADC_OP_IF && !apart);
        for (unsigned i = 0; inside && i < node->count; i++) {
            if (!has(node->in[i], p->row) && !has(node->in[i], p->column)) continue;
            if (adc_among(node->in[i], stack, count)) continue;
            if (count == MOST_NODES) return 0;
            stack[count++] = node->in[i];
        }
    }
    return found;
}

static bool is_plain(const struct products *s, node_t index, const struct product *p)
{
    struct adc_hint hint = adc_graph_hint(s->function->graph, index);
    if (index->op != ADC_OP_INDEX || hint.tile || hint.copies || hint.lanes) return false;
    for (unsigned i = 0; i < index->count; i++)
        if (changes(index->in[i], p)) return false;
    return true;
}

static bool are_plain(const struct products *s, const struct product *p)
{
    return is_plain(s, p->row, p) && is_plain(s, p->column, p) && is_plain(s, p->summed, p);
}

/* What is summed there, or NULL. */
static node_t summed_value(const struct products *s, struct product *p)
{
    struct adc_nest sum = adc_nest_parts(p->sum);
    if (sum.rank || sum.reduce != ADC_REDUCE_SUM || sum.index_count != 1) return NULL;
    p->summed = sum.index[0];
    if (!adc_type_is_real((enum adc_type)p->sum->type) || !adc_is_true(sum.guard)) return NULL;
    return is_product(sum.value, p) && are_plain(s, p) ? sum.value : NULL;
}

/* It sums over rows of what changes with the loops around. */
static void note_mixed(struct products *s, const struct product *p, node_t value)
{
    struct element e;
    const struct adc_indices *scope = s->updates.scope[p->nest->id];
    if (!find_element(value, NULL, p, &e)) return;
    for (unsigned i = 0; i < e.count; i++) {
        node_t read = e.node[i];
        if (read->op != ADC_OP_READ || read->in[0]->rank < 2 || !read->in[0]->free) continue;
        if (read->in[1] != p->summed) continue;
        for (size_t j = 0; j < s->mixed.count; j++)
            if (s->mixed.data[j] == scope) return;
        ADC_PUSH(s->scratch, s->mixed, scope);
        return;
    }
}

/* What it is added to is read in the loops around, not behind them alone. */
static bool is_used(const struct products *s, const struct product *p)
{
    node_t base = s->updates.replaced[p->nest->id];
    return p->sum || !base || (base->op == ADC_OP_STATE && s->updates.first_read[base->id]);
}

static void add_product(struct products *s, const struct product *p, node_t value)
{
    ADC_PUSH(s->scratch, s->list, *p);
    if (is_used(s, p)) note_mixed(s, p, value);
}

static bool is_whole(const struct adc_nest *nest)
{
    return point_runs_over(nest->target[0], nest->shape[0]) &&
           point_runs_over(nest->target[1], nest->shape[1]);
}

/* Its element is one sum, and little else. Or sums of it have arrays of their own. */
static void look_at_map(struct products *s, const struct adc_nest *nest, struct product *p)
{
    node_t sums[MOST_SUMS], value;
    struct element e;
    p->summed = p->row; /* not known yet */
    if (find_sums(nest->value, p, false, sums) == 1) {
        p->sum = sums[0];
        value = summed_value(s, p);
        if (value && find_element(nest->value, p->sum, p, &e) && is_alone(s, &e, p->sum)) {
            add_product(s, p, value);
            return;
        }
    }
    p->summed = p->row;
    p->apart = true;
    unsigned count = is_whole(nest) ? find_sums(nest->value, p, true, sums) : 0;
    for (unsigned i = 0; i < count; i++) {
        p->sum = sums[i];
        value = summed_value(s, p);
        if (value) add_product(s, p, value);
    }
}

/* It sums over an index that its elements have not. */
static void look_at_sum(struct products *s, const struct adc_nest *nest, struct product *p)
{
    for (unsigned i = 0; i < nest->index_count; i++)
        if (!adc_among(nest->index[i], nest->target, nest->rank)) p->summed = nest->index[i];
    if (is_product(nest->value, p) && are_plain(s, p)) add_product(s, p, nest->value);
}

static bool carries_state(const struct products *s, node_t node)
{
    const struct adc_indices *scope = s->updates.scope[node->id];
    for (uint32_t i = 0; scope && i < scope->count; i++)
        if (!s->updates.is_time[scope->index[i]->id]) return false;
    return scope && scope->count;
}

static void look_at_nest(struct products *s, node_t node)
{
    if (node->op != ADC_OP_NEST || node->rank != 2) return;
    if (!adc_type_is_real((enum adc_type)node->type) || !carries_state(s, node)) return;
    struct adc_nest nest = adc_nest_parts(node);
    struct product p = {.row = nest.target[0], .column = nest.target[1], .nest = node};
    if (!adc_is_true(nest.guard) || p.row == p.column) return;
    for (unsigned i = 0; i < 2; i++)
        if (!adc_among(nest.target[i], nest.index, nest.index_count)) return;
    if (nest.reduce == ADC_REDUCE_SET && nest.index_count == 2) look_at_map(s, &nest, &p);
    if (nest.reduce == ADC_REDUCE_SUM && nest.index_count == 3) look_at_sum(s, &nest, &p);
}

static bool is_mixed(const struct products *s, node_t nest)
{
    for (size_t i = 0; i < s->mixed.count; i++)
        if (s->mixed.data[i] == s->updates.scope[nest->id]) return true;
    return false;
}

static bool find_products(struct products *s)
{
    const struct adc_graph *graph = s->function->graph;
    bool any = false;
    for (size_t id = 0; id < graph->nodes.count; id++) {
        node_t node = graph->nodes.data[id];
        if (!s->updates.live[id] || (node->op != ADC_OP_JOIN && node->op != ADC_OP_PUT)) continue;
        for (unsigned i = 0; i < 2; i++) s->joined[node->in[i]->id] = 1;
    }
    for (size_t id = 0; id < graph->nodes.count; id++)
        if (s->updates.live[id]) look_at_nest(s, graph->nodes.data[id]);
    for (size_t i = 0; i < s->list.count; i++) {
        const struct product *p = &s->list.data[i];
        const struct product **place = &s->product[p->apart ? p->sum->id : p->nest->id];
        if (*place || !is_mixed(s, p->nest)) continue;
        *place = p;
        any = true;
    }
    return any;
}

/* Sums over the third index, of a nest that sums by itself. */
static node_t inner_sum(struct adc_graph *graph, node_t value, node_t summed)
{
    struct adc_nest sum = {.reduce = ADC_REDUCE_SUM, .value = value};
    sum.index = &summed;
    sum.index_count = 1;
    return adc_nest(graph, &sum);
}

/* The nest of the graph that comes in, by `map`, along rows; or that of a sum of its element, which
 * is read where it is asked for. */
static node_t along_rows(const struct products *s, struct adc_graph *graph, const struct product *p,
                         const node_t *map, node_t sum)
{
    struct adc_nest old = adc_nest_parts(p->nest), nest = {.reduce = old.reduce, .rank = 2};
    node_t row = map[p->row->id], column = map[p->column->id];
    node_t index[2] = {adc_fresh_index(graph, column)}, shape[2];
    node_t value = p->apart ? sum : map[old.value->id];
    index[1] = adc_fresh_index(graph, row);
    for (unsigned i = 0; i < 2; i++) shape[i] = map[old.shape[i]->id];
    if (!p->sum) value = inner_sum(graph, value, map[p->summed->id]);
    if (!p->sum && is_whole(&old) && !s->joined[p->nest->id]) nest.reduce = ADC_REDUCE_SET;
    value = adc_rename(graph, value, column, index[0], s->scratch);
    nest.value = adc_rename(graph, value, row, index[1], s->scratch);
    nest.target = (node_t[2]){index[1], index[0]};
    nest.shape = shape;
    nest.index = index;
    nest.index_count = 2;
    nest.unread = old.unread && !p->apart;
    node_t made = adc_nest(graph, &nest);
    return p->apart ? adc_read(graph, made, (node_t[2]){row, column}) : made;
}

struct adc_function *pass_products(struct adc_arena *arena, struct adc_function *function,
                                   struct adc_arena *scratch)
{
    const struct adc_graph *from = function->graph;
    struct products s = {.function = function, .scratch = scratch};
    size_t count = from->nodes.count;
    updates_find(&s.updates, function, scratch);
    s.joined = ADC_NEW_ARRAY(scratch, uint8_t, count);
    s.product = ADC_NEW_ARRAY(scratch, const struct product *, count);
    if (!find_products(&s)) return function;
    struct adc_function *to = pass_new_like(arena, function);
    node_t *map = ADC_NEW_ARRAY(scratch, node_t, count);
    for (size_t id = 0; id < count; id++) {
        node_t node = from->nodes.data[id], in[ADC_MAX_INPUTS];
        const struct product *p = s.product[id];
        if (!s.updates.live[id]) continue;
        for (unsigned i = 0; i < node->count; i++) in[i] = map[node->in[i]->id];
        if (!p || p->apart) map[id] = adc_copy(to->graph, from, node, in);
        if (!p) continue;
        to->graph->span = from->spans.data[id];
        map[id] = along_rows(&s, to->graph, p, map, map[id]);
        adc_graph_take_notes(to->graph, map[id], from, node);
    }
    pass_map_roots(to, function, map);
    return to;
}
