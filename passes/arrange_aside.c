/* Rows that are put aside before an update, so that it can be made in place.
 *
 * An update that reads other elements of its array than it writes needs a copy of the array, in
 * each pass. Where what it reads is a row (coordinates that stand still while the update runs,
 * whole axes elsewhere), a copy of the row will do:
 *
 *     A = join(A, add(i, j -> [p, j]: x[i, j]*A[b, i]))      b, p of the loop around
 *         r = set(k -> [k]: A[b, k]);  A = join(A, add(i, j -> [p, j]: x[i, j]*r[i]))
 *
 * It costs no more than reading the row once; the adjoint of a recurrence that reads an earlier
 * element by an array of indices is such an update. */
#include "passes/arrange.h"

typedef const struct adc_node *node_t;

/* Whether coordinate `axis` of the READ runs along the whole axis. */
static bool is_along(node_t read, unsigned axis)
{
    node_t at = read->in[1 + axis], zero;
    if (at->op != ADC_OP_INDEX || at->in[1] != adc_shape(read->in[0], axis)) return false;
    for (unsigned i = 0; i < axis; i++)
        if (read->in[1 + i] == at) return false;
    zero = at->in[0];
    return adc_is_const(zero) && zero->value.integer == 0;
}

/* Whether the READ is of an element of a row that an update in `scope` can have put aside. */
static bool is_of_row(node_t read, const struct adc_indices *scope)
{
    bool fixed = false;
    for (unsigned i = 0; i < read->in[0]->rank; i++) {
        bool still = updates_within(read->in[1 + i]->free, scope);
        if (!still && !is_along(read, i)) return false;
        fixed = fixed || still;
    }
    return fixed;
}

/* What is asked of a version and the nests that an update writes into it. */
struct asked {
    struct arrange *arrange;
    node_t array;
    const struct adc_indices *scope;
    uint8_t *reached; /* by id */
};

/* Marks what the nest computes from point to point, not what is there before it. */
static void reach(struct asked *a, node_t nest)
{
    a->reached[nest->id] = 1;
    for (size_t id = (size_t)nest->id + 1; id-- > 0;) {
        node_t node = a->arrange->from->graph->nodes.data[id];
        if (!a->reached[id]) continue;
        if (node != nest && updates_within(a->arrange->updates.scope[id], a->scope)) continue;
        for (unsigned i = 0; i < node->count; i++) a->reached[node->in[i]->id] = 1;
    }
}

/* The next READ by an update's nests, point by point, from the one with number `at` on. */
static node_t next_read(const struct asked *a, uint32_t at)
{
    const struct updates *updates = &a->arrange->updates;
    for (; at; at = updates->next_read[at - 1]) {
        node_t read = a->arrange->from->graph->nodes.data[at - 1];
        if (a->reached[at - 1] && !updates_within(read->free, a->scope)) return read;
    }
    return NULL;
}

/* Whether the update needs a copy of the array although its nests read but rows of it. */
static bool reads_rows(const struct asked *a, const struct node_list *nests)
{
    const struct updates *updates = &a->arrange->updates;
    bool other = nests->count > 1;
    node_t read = next_read(a, updates->first_read[a->array->id]);
    if (!read) return false;
    for (; read; read = next_read(a, updates->next_read[read->id])) {
        if (!is_of_row(read, a->scope)) return false;
        other = other || !updates_own_element(read, nests->data[0]);
    }
    return other;
}

/* Marks the READs of rows by an update of `array`. */
static void look(struct arrange *arrange, node_t update, node_t array,
                 const struct node_list *nests)
{
    const struct updates *updates = &arrange->updates;
    struct asked a = {arrange, array, updates->loops[update->id], NULL};
    if (!updates->first_read[array->id] || !updates_is_mutable(array)) return;
    a.reached = ADC_NEW_ARRAY(arrange->scratch, uint8_t, arrange->from->graph->nodes.count);
    for (size_t i = 0; i < nests->count; i++) reach(&a, nests->data[i]);
    if (!reads_rows(&a, nests)) return;
    node_t read = next_read(&a, updates->first_read[array->id]);
    for (; read; read = next_read(&a, updates->next_read[read->id]))
        arrange->aside.scope[read->id] = a.scope;
    arrange->aside.found = true;
}

static void look_at_join(struct arrange *arrange, node_t join)
{
    struct node_list leaves = {0}, nests = {0};
    updates_leaves(&arrange->updates, join, &leaves);
    for (size_t i = 0; i < leaves.count; i++)
        if (leaves.data[i]->op == ADC_OP_NEST) ADC_PUSH(arrange->scratch, nests, leaves.data[i]);
    for (size_t i = 0; i < leaves.count; i++)
        if (leaves.data[i]->op == ADC_OP_STATE) look(arrange, join, leaves.data[i], &nests);
}

/* The row that holds what the READ of the old graph asks for. */
static node_t row_of(struct arrange *arrange, node_t read, const node_t *in)
{
    struct adc_graph *graph = arrange->to->graph;
    const struct adc_indices *scope = arrange->aside.scope[read->id];
    node_t at[ADC_MAX_RANK], index[ADC_MAX_RANK], shape[ADC_MAX_RANK];
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET, .target = index, .shape = shape};
    for (unsigned i = 0; i < read->in[0]->rank; i++) {
        at[i] = in[1 + i];
        if (updates_within(read->in[1 + i]->free, scope)) continue;
        shape[nest.rank] = adc_shape(in[0], i);
        at[i] = index[nest.rank++] = arrange_fresh(arrange, in[1 + i], 0);
    }
    nest.index = index;
    nest.index_count = nest.rank;
    nest.value = adc_read(graph, in[0], at);
    return adc_nest(graph, &nest);
}

/* Whether two READs are of the same row. */
static bool same_row(const struct arrange *arrange, node_t a, node_t b)
{
    const struct adc_indices *scope = arrange->aside.scope[a->id];
    if (a->in[0] != b->in[0] || scope != arrange->aside.scope[b->id]) return false;
    for (unsigned i = 1; i < a->count; i++) {
        bool still = updates_within(a->in[i]->free, scope);
        if (still != updates_within(b->in[i]->free, scope)) return false;
        if (still && a->in[i] != b->in[i]) return false;
    }
    return true;
}

static node_t made_row(struct arrange *arrange, node_t read, const node_t *in)
{
    struct aside *aside = &arrange->aside;
    for (size_t i = 0; i < aside->reads.count; i++)
        if (same_row(arrange, aside->reads.data[i], read)) return aside->rows.data[i];
    node_t row = row_of(arrange, read, in);
    ADC_PUSH(arrange->scratch, aside->reads, read);
    ADC_PUSH(arrange->scratch, aside->rows, row);
    return row;
}

static node_t make(struct arrange *arrange, node_t node, const node_t *in)
{
    const struct adc_indices *scope = arrange->aside.scope[node->id];
    node_t at[ADC_MAX_RANK];
    unsigned rank = 0;
    if (!scope) return arrange_copy(arrange, node, in);
    for (unsigned i = 1; i < node->count; i++)
        if (!updates_within(node->in[i]->free, scope)) at[rank++] = in[i];
    return adc_read(arrange->to->graph, made_row(arrange, node, in), at);
}

const struct adc_function *arrange_aside(struct arrange *arrange, const struct adc_function *from)
{
    const struct adc_graph *graph = from->graph;
    arrange_look(arrange, from);
    arrange->aside = (struct aside){0};
    arrange->aside.scope =
        ADC_NEW_ARRAY(arrange->scratch, const struct adc_indices *, graph->nodes.count);
    for (size_t id = 0; id < graph->nodes.count; id++) {
        node_t node = graph->nodes.data[id];
        struct node_list nests = {0};
        if (!arrange->updates.live[id]) continue;
        if (node->op == ADC_OP_JOIN && !updates_is_part(&arrange->updates, node))
            look_at_join(arrange, node);
        if (node->op != ADC_OP_PUT || node->in[1]->op != ADC_OP_NEST) continue;
        ADC_PUSH(arrange->scratch, nests, node->in[1]);
        look(arrange, node, node->in[0], &nests);
    }
    return arrange->aside.found ? arrange_rebuild(arrange, from, make) : from;
}
