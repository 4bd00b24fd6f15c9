/* Builders and parts of array nodes; sets of indices. */
#include "ir/nest.h"

#include "ir/state.h"

#include <string.h>

const char *adc_reduce_name(enum adc_reduce reduce)
{
    static const char *const names[ADC_REDUCE_COUNT] = {"set", "sum", "prod", "max",
                                                        "min", "all", "any"};
    return names[reduce];
}

enum adc_op adc_reduce_op(enum adc_reduce reduce, enum adc_type type)
{
    bool real = adc_type_is_real(type);
    switch (reduce) {
    case ADC_REDUCE_SUM: return real ? ADC_OP_ADD : ADC_OP_IADD;
    case ADC_REDUCE_PROD: return real ? ADC_OP_MUL : ADC_OP_IMUL;
    case ADC_REDUCE_MAX: return real ? ADC_OP_MAX : ADC_OP_IMAX;
    case ADC_REDUCE_MIN: return real ? ADC_OP_MIN : ADC_OP_IMIN;
    case ADC_REDUCE_ALL: return ADC_OP_AND;
    case ADC_REDUCE_ANY: return ADC_OP_OR;
    case ADC_REDUCE_SET:
    case ADC_REDUCE_COUNT: break;
    }
    return ADC_OP_COUNT;
}

/* -------------------------------------------------------------------- builders */

const struct adc_node *adc_index(struct adc_graph *graph, uint32_t name, const struct adc_node *low,
                                 const struct adc_node *high)
{
    struct adc_node like = {.op = ADC_OP_INDEX, .type = ADC_INT, .count = 2, .number = name};
    const struct adc_node *inputs[] = {low, high};
    ADC_INVARIANT(low->type == ADC_INT && high->type == ADC_INT, graph);
    return adc_structural(graph, &like, inputs);
}

const struct adc_node *adc_index_like(struct adc_graph *graph, const struct adc_node *like,
                                      uint32_t name, const struct adc_node *const *ends)
{
    const struct adc_node *made = adc_index(graph, name, ends[0], ends[1]);
    adc_graph_set_hint(graph, made, adc_graph_hint(graph, like));
    return made;
}

const struct adc_node *adc_fresh_index(struct adc_graph *graph, const struct adc_node *like)
{
    struct adc_node fresh = {.op = ADC_OP_INDEX, .type = ADC_INT, .count = like->count};
    fresh.number = ADC_FRESH_NAMES | graph->fresh_count;
    const struct adc_node *made = adc_structural(graph, &fresh, like->in);
    adc_graph_set_hint(graph, made, adc_graph_hint(graph, like));
    return made;
}

const struct adc_node *adc_array_param(struct adc_graph *graph, enum adc_type type, uint32_t number,
                                       const struct adc_node *const *shape, unsigned rank)
{
    struct adc_node like = {.op = ADC_OP_PARAM, .type = (uint8_t)type, .number = number};
    ADC_INVARIANT(rank > 0 && rank <= ADC_MAX_RANK, graph);
    like.count = like.rank = (uint8_t)rank;
    return adc_structural(graph, &like, shape);
}

const struct adc_node *adc_read(struct adc_graph *graph, const struct adc_node *array,
                                const struct adc_node *const *element)
{
    const struct adc_node *inputs[1 + ADC_MAX_RANK] = {array};
    ADC_INVARIANT(array->rank > 0, graph);
    for (unsigned i = 0; i < array->rank; i++) {
        ADC_INVARIANT(element[i]->type == ADC_INT && !element[i]->rank, graph);
        inputs[1 + i] = element[i];
    }
    struct adc_node like = {.op = ADC_OP_READ, .type = array->type};
    like.count = (uint16_t)(1 + array->rank);
    return adc_structural(graph, &like, inputs);
}

const struct adc_node *adc_read_unique(struct adc_graph *graph, const struct adc_node *read)
{
    struct adc_node like = {.op = ADC_OP_READ, .type = read->type, .count = read->count};
    ADC_INVARIANT(read->op == ADC_OP_READ, graph);
    like.number = ADC_READ_UNIQUE;
    return adc_structural(graph, &like, read->in);
}

const struct adc_node *adc_unique_element(const struct adc_node *node)
{
    if (node->op == ADC_OP_I32_TO_INT) node = node->in[0];
    return node->op == ADC_OP_READ && node->number == ADC_READ_UNIQUE ? node : NULL;
}

/* Where an element of another number is, in steps that keep numbers apart; NULL: nowhere. */
static const struct adc_node *one_step(const struct adc_node *node, const struct adc_node *index)
{
    if (node->op == ADC_OP_MARK || node->op == ADC_OP_STOP || node->op == ADC_OP_I32_TO_INT)
        return node->in[0];
    bool sum = node->op == ADC_OP_IADD || node->op == ADC_OP_ISUB;
    if (!sum && node->op != ADC_OP_IMUL) return NULL;
    const struct adc_node *moving = node->in[adc_indices_has(node->in[0]->free, index) ? 0 : 1];
    const struct adc_node *other = node->in[moving == node->in[0] ? 1 : 0];
    if (adc_indices_has(other->free, index)) return NULL;
    return sum || (adc_is_const(other) && other->value.integer) ? moving : NULL;
}

bool adc_is_coordinate(const struct adc_node *node, const struct adc_node *index)
{
    while (node && node != index) {
        if (!adc_indices_has(node->free, index)) return false;
        if (node->op != ADC_OP_READ) {
            node = one_step(node, index);
            continue;
        }
        unsigned axis = 1;
        while (axis < node->count && !adc_indices_has(node->in[axis]->free, index)) axis++;
        bool same = axis < node->count && !adc_indices_has(node->in[0]->free, index);
        node = same && node->number == ADC_READ_UNIQUE ? node->in[axis] : NULL;
    }
    return node != NULL;
}

/* The axis of `places` that tells index i from others; `count`: there is none. */
static unsigned axis_of(const struct adc_node *const *places, unsigned count,
                        const struct adc_nest *nest, unsigned i)
{
    for (unsigned a = 0; a < count; a++) {
        bool alone = adc_is_coordinate(places[a], nest->index[i]);
        for (unsigned j = 0; j < nest->index_count; j++)
            alone &= j == i || !adc_indices_has(places[a]->free, nest->index[j]);
        if (alone) return a;
    }
    return count;
}

bool adc_has_own_elements(const struct adc_nest *nest)
{
    for (unsigned i = 0; i < nest->index_count; i++) {
        bool found = axis_of(nest->target, nest->rank, nest, i) < nest->rank;
        for (unsigned a = 0; a < nest->rank && !found; a++) {
            const struct adc_node *read = adc_unique_element(nest->target[a]);
            if (!read || read->in[0]->free) continue;
            found = axis_of(read->in + 1, read->count - 1U, nest, i) < read->count - 1U;
        }
        if (!found) return false;
    }
    return true;
}

unsigned adc_first_axis(const struct adc_node *array, const struct adc_node *const *element,
                        unsigned axis)
{
    while (axis + 1 < array->rank && adc_is_int_value(element[axis], 0)) axis++;
    return axis;
}

bool adc_same_shape(const struct adc_node *a, const struct adc_node *b)
{
    bool same = a->rank == b->rank;
    for (unsigned i = 0; same && i < a->rank; i++) same = adc_shape(a, i) == adc_shape(b, i);
    return same;
}

const struct adc_node *adc_nest(struct adc_graph *graph, const struct adc_nest *nest)
{
    const struct adc_node *inputs[ADC_MAX_INPUTS];
    unsigned count = 0;
    ADC_INVARIANT(nest->rank <= ADC_MAX_RANK &&
                      nest->index_count + 2 * nest->rank + 2 <= ADC_MAX_NEST,
                  graph);
    ADC_INVARIANT(!nest->rank || nest->reduce <= ADC_REDUCE_SUM, graph);
    inputs[count++] = nest->value;
    inputs[count++] = nest->guard ? nest->guard : adc_bool(graph, true);
    for (unsigned i = 0; i < nest->rank; i++) inputs[count++] = nest->target[i];
    for (unsigned i = 0; i < nest->rank; i++) inputs[count++] = nest->shape[i];
    for (unsigned i = 0; i < nest->index_count; i++) inputs[count++] = nest->index[i];
    struct adc_node like = {.op = ADC_OP_NEST, .type = nest->value->type, .count = (uint16_t)count};
    like.rank = (uint8_t)nest->rank;
    like.number = nest->reduce;
    like.value.bits = nest->unread;
    return adc_structural(graph, &like, inputs);
}

const struct adc_node *adc_join(struct adc_graph *graph, const struct adc_node *a,
                                const struct adc_node *b)
{
    struct adc_node like = {.op = ADC_OP_JOIN, .type = a->type, .count = 2, .rank = a->rank};
    const struct adc_node *inputs[] = {a, b};
    ADC_INVARIANT(a->rank && a->rank == b->rank && a->type == b->type, graph);
    return adc_structural(graph, &like, inputs);
}

void adc_fresh_indices(struct adc_graph *graph, const struct adc_node *array,
                       const struct adc_node **index)
{
    for (unsigned i = 0; i < array->rank; i++)
        index[i] =
            adc_fresh_index(graph, adc_index(graph, 0, adc_int(graph, 0), adc_shape(array, i)));
}

const struct adc_node *adc_zero_like(struct adc_graph *graph, const struct adc_node *node)
{
    const struct adc_node *target[ADC_MAX_RANK], *shape[ADC_MAX_RANK];
    struct adc_nest nest = {.reduce = ADC_REDUCE_SUM, .rank = node->rank, .target = target};
    nest.value = adc_const(graph, node->type, (union adc_value){.bits = 0});
    if (!node->rank) return nest.value;
    for (unsigned i = 0; i < node->rank; i++) {
        target[i] = adc_int(graph, 0);
        shape[i] = adc_shape(node, i);
    }
    nest.shape = shape;
    nest.guard = adc_bool(graph, false); /* no points at all */
    return adc_nest(graph, &nest);
}

const struct adc_node *adc_unit(struct adc_graph *graph, const struct adc_node *like,
                                const struct adc_node *const *at)
{
    const struct adc_node *one = adc_real(graph, (enum adc_type)like->type, 1.0);
    const struct adc_node *shape[ADC_MAX_RANK];
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET, .value = one, .rank = like->rank};
    for (unsigned i = 0; i < like->rank; i++) shape[i] = adc_shape(like, i);
    nest.target = at;
    nest.shape = shape;
    return like->rank ? adc_nest(graph, &nest) : one;
}

struct adc_nest adc_nest_parts(const struct adc_node *node)
{
    struct adc_nest nest = {.reduce = (enum adc_reduce)node->number, .rank = node->rank};
    nest.value = node->in[0];
    nest.guard = node->in[1];
    nest.target = node->in + 2;
    nest.shape = node->in + 2 + node->rank;
    nest.index = node->in + 2 + 2 * node->rank;
    nest.index_count = node->count - 2u - 2u * node->rank;
    nest.unread = node->value.bits != 0;
    return nest;
}

const struct adc_node *adc_shape(const struct adc_node *array, unsigned axis)
{
    for (;;) switch (array->op) {
        case ADC_OP_PARAM: return array->in[axis];
        case ADC_OP_NEST: return array->in[2 + array->rank + axis];
        case ADC_OP_STATE: return array->in[1 + axis];
        case ADC_OP_FINAL: array = adc_final_state(array); break;
        case ADC_OP_GRAD:
        case ADC_OP_VJP: array = array->in[1]; break;
        default: array = array->in[0]; break; /* MARK, STOP, JOIN, PUT, JVP: as their first input */
        }
}

/* ------------------------------------------------------------------------- sets */

static const struct adc_indices *set_of(struct adc_graph *graph,
                                        const struct adc_node *const *index, uint32_t count)
{
    uint32_t hash = 0;
    if (!count) return NULL;
    for (uint32_t i = 0; i < count; i++) hash = adc_hash(&index[i]->id, sizeof index[i]->id, hash);
    struct adc_indices **bucket = &graph->index_sets[hash % ADC_INDEX_BUCKETS];
    for (const struct adc_indices *set = *bucket; set; set = set->next)
        if (set->count == count && !memcmp(set->index, index, count * sizeof *index)) return set;
    struct adc_indices *set = adc_arena_alloc(graph->arena, sizeof *set + count * sizeof *index);
    set->count = count;
    set->hash = hash;
    memcpy(set->index, index, count * sizeof *index);
    set->next = *bucket;
    *bucket = set;
    return set;
}

const struct adc_indices *adc_indices_of(struct adc_graph *graph, const struct adc_node *index)
{
    return set_of(graph, &index, 1);
}

bool adc_indices_has(const struct adc_indices *set, const struct adc_node *index)
{
    for (uint32_t i = 0; set && i < set->count; i++)
        if (set->index[i] == index) return true;
    return false;
}

const struct adc_indices *adc_indices_union(struct adc_graph *graph, const struct adc_indices *a,
                                            const struct adc_indices *b)
{
    const struct adc_node *merged[ADC_MAX_INPUTS];
    uint32_t count = 0, i = 0, j = 0;
    if (!a || !b || a == b) return a ? a : b;
    while (i < a->count || j < b->count) {
        ADC_INVARIANT(count < ADC_MAX_INPUTS, graph);
        if (j == b->count || (i < a->count && a->index[i]->id < b->index[j]->id))
            merged[count++] = a->index[i++];
        else if (i == a->count || b->index[j]->id < a->index[i]->id)
            merged[count++] = b->index[j++];
        else {
            merged[count++] = a->index[i++];
            j++;
        }
    }
    return set_of(graph, merged, count);
}

const struct adc_indices *adc_indices_minus(struct adc_graph *graph, const struct adc_indices *a,
                                            const struct adc_indices *b)
{
    const struct adc_node *kept[ADC_MAX_INPUTS];
    uint32_t count = 0;
    if (!a || !b) return a;
    for (uint32_t i = 0; i < a->count; i++)
        if (!adc_indices_has(b, a->index[i])) kept[count++] = a->index[i];
    return set_of(graph, kept, count);
}

const struct adc_indices *adc_free_indices(struct adc_graph *graph, const struct adc_node *node)
{
    const struct adc_indices *free = NULL;
    for (unsigned i = 0; i < node->count; i++)
        free = adc_indices_union(graph, free, node->in[i]->free);
    if (node->op == ADC_OP_INDEX) return adc_indices_union(graph, free, set_of(graph, &node, 1));
    if (node->op == ADC_OP_LOOP)
        return adc_indices_minus(graph, free, set_of(graph, &node->in[0], 1));
    if (node->op != ADC_OP_NEST || !free) return free;
    struct adc_nest nest = adc_nest_parts(node);
    for (unsigned i = 0; i < nest.index_count; i++)
        free = adc_indices_minus(graph, free, set_of(graph, &nest.index[i], 1));
    return free;
}

/* ------------------------------------------------------------------------ rename */

const struct adc_node *adc_rename(struct adc_graph *graph, const struct adc_node *root,
                                  const struct adc_node *from, const struct adc_node *to,
                                  struct adc_arena *scratch)
{
    if (!adc_indices_has(root->free, from)) return root;
    uint32_t low = from->id, count = root->id - low + 1;
    uint8_t *needed = ADC_NEW_ARRAY(scratch, uint8_t, count);
    const struct adc_node **map = ADC_NEW_ARRAY(scratch, const struct adc_node *, count);
    needed[root->id - low] = 1;
    for (uint32_t id = root->id + 1; id-- > low;) {
        const struct adc_node *node = graph->nodes.data[id];
        if (!needed[id - low]) continue;
        for (unsigned i = 0; i < node->count; i++)
            if (adc_indices_has(node->in[i]->free, from)) needed[node->in[i]->id - low] = 1;
    }
    for (uint32_t id = low; id <= root->id; id++) {
        const struct adc_node *node = graph->nodes.data[id], *in[ADC_MAX_INPUTS];
        if (!needed[id - low]) continue;
        for (unsigned i = 0; i < node->count; i++) {
            bool renamed = adc_indices_has(node->in[i]->free, from);
            in[i] = renamed ? map[node->in[i]->id - low] : node->in[i];
        }
        map[id - low] = node == from ? to : adc_structural(graph, node, in);
    }
    return map[root->id - low];
}
