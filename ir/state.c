/* Builders and parts of loops. */
#include "ir/state.h"

const struct adc_node *adc_loop_index(struct adc_graph *graph, const struct adc_node *low,
                                      const struct adc_node *high, const struct adc_indices *around)
{
    struct adc_node like = {.op = ADC_OP_INDEX, .type = ADC_INT, .count = 2};
    const struct adc_node *inputs[ADC_MAX_INPUTS];
    inputs[0] = low;
    inputs[1] = high;
    like.number = ADC_FRESH_NAMES | graph->fresh_count;
    around = adc_indices_minus(graph, around, low->free);
    around = adc_indices_minus(graph, around, high->free);
    for (uint32_t i = 0; around && i < around->count; i++) {
        ADC_INVARIANT(like.count < ADC_MAX_INPUTS, graph);
        inputs[like.count++] = around->index[i];
    }
    return adc_structural(graph, &like, inputs);
}

static const struct adc_node *new_state(struct adc_graph *graph, struct adc_node *like,
                                        const struct adc_node *const *inputs, bool history)
{
    like->op = ADC_OP_STATE;
    like->number = graph->state_count | (history ? ADC_STATE_HISTORY : 0);
    return adc_structural(graph, like, inputs); /* counts on */
}

const struct adc_node *adc_state_array(struct adc_graph *graph, const struct adc_node *index,
                                       enum adc_type type, const struct adc_node *const *shape,
                                       unsigned rank, bool history)
{
    struct adc_node like = {.type = (uint8_t)type, .rank = (uint8_t)rank};
    const struct adc_node *inputs[1 + ADC_MAX_RANK] = {index};
    ADC_INVARIANT(index->op == ADC_OP_INDEX && rank <= ADC_MAX_RANK, graph);
    for (unsigned i = 0; i < rank; i++) inputs[1 + i] = shape[i];
    like.count = (uint16_t)(1 + rank);
    return new_state(graph, &like, inputs, history);
}

const struct adc_node *adc_state(struct adc_graph *graph, const struct adc_node *index,
                                 const struct adc_node *like, bool history)
{
    const struct adc_node *shape[ADC_MAX_RANK];
    for (unsigned i = 0; i < like->rank; i++) shape[i] = adc_shape(like, i);
    return adc_state_array(graph, index, (enum adc_type)like->type, shape, like->rank, history);
}

bool adc_alike(const struct adc_node *a, const struct adc_node *b)
{
    if (a->type != b->type || a->rank != b->rank) return false;
    for (unsigned i = 0; i < a->rank; i++)
        if (adc_shape(a, i) != adc_shape(b, i)) return false;
    return true;
}

static bool is_zeros(const struct adc_node *node)
{
    if (node->op != ADC_OP_NEST) return false;
    const struct adc_node *value = node->in[0], *guard = node->in[1];
    bool none = adc_is_const(guard) && !guard->value.boolean;
    return none ||
           (adc_is_const(value) && (value->value.bits == 0 || adc_is_real_value(value, 0.0)));
}

bool adc_goes_on_as_history(const struct adc_node *array)
{
    for (;;) switch (array->op) {
        case ADC_OP_PUT:
        case ADC_OP_JOIN:
        case ADC_OP_MARK: array = array->in[0]; break;
        case ADC_OP_FINAL: /* of a loop inside of the history's, or nobody's any more */
            if (!adc_is_history(array)) return false;
            array = adc_final_carried(array).init;
            break;
        default: return adc_is_history(array);
        }
}

/* An array that the node is, element for element; NULL: it is computed. */
static const struct adc_node *copied_array(const struct adc_node *node)
{
    if (node->op != ADC_OP_NEST || !adc_is_true(node->in[1])) return NULL;
    struct adc_nest nest = adc_nest_parts(node);
    if (nest.value->op != ADC_OP_READ || nest.reduce != ADC_REDUCE_SET) return NULL;
    if (nest.index_count != nest.rank || nest.value->in[0]->rank != nest.rank) return NULL;
    for (unsigned i = 0; i < nest.rank; i++)
        if (nest.target[i] != nest.index[i] || nest.value->in[1 + i] != nest.index[i]) return NULL;
    return nest.value->in[0];
}

/* Zeros, or where other readers keep the history that goes on its copy, perhaps with elements put.
 */
static bool begins_history(const struct adc_node *node)
{
    for (;;) {
        const struct adc_node *copied = copied_array(node);
        if (copied) node = copied;
        else if (node->op == ADC_OP_PUT) node = node->in[0];
        else return node->rank && (adc_is_history(node) || is_zeros(node));
    }
}

static const char *carried_problem(const struct adc_loop *loop, unsigned i)
{
    const struct adc_carried *one = &loop->carried[i];
    const struct adc_node *state = one->state;
    if (state->op != ADC_OP_STATE || state->in[0] != loop->index)
        return "a component is no state of the loop's index";
    if (!adc_alike(state, one->init) || !adc_alike(state, one->next))
        return "a component's init or next is not alike";
    if (adc_indices_has(one->init->free, loop->index)) return "an init depends on the index";
    if (adc_is_history(state) && !begins_history(one->init))
        return "a history does not start as zeros";
    for (unsigned j = 0; j < i; j++)
        if (!((loop->carried[j].state->number ^ state->number) & ~ADC_STATE_HISTORY))
            return "two components have one number";
    return NULL;
}

const char *adc_loop_problem(const struct adc_loop *loop)
{
    const struct adc_node *guard = loop->guard;
    if (loop->index->op != ADC_OP_INDEX) return "a loop without index";
    if (guard && (guard->type != ADC_BOOL || guard->rank)) return "a guard is no bool";
    if (loop->count > ADC_MAX_CARRIED) return "too many components";
    for (unsigned i = 0; i < loop->count; i++) {
        const char *problem = carried_problem(loop, i);
        if (problem) return problem;
    }
    return NULL;
}

const struct adc_node *adc_loop(struct adc_graph *graph, const struct adc_loop *loop)
{
    const struct adc_node *inputs[ADC_MAX_INPUTS];
    unsigned count = 2;
    ADC_INVARIANT(!adc_loop_problem(loop), graph);
    inputs[0] = loop->index;
    inputs[1] = loop->guard ? loop->guard : adc_bool(graph, true);
    for (unsigned i = 0; i < loop->count; i++) {
        const struct adc_carried *one = &loop->carried[i];
        inputs[count++] = one->state;
        inputs[count++] = one->init;
        inputs[count++] = one->next;
    }
    struct adc_node like = {.op = ADC_OP_LOOP, .type = ADC_INT, .count = (uint16_t)count};
    like.number = (uint32_t)loop->down | loop->checkpoint << 1;
    return adc_structural(graph, &like, inputs);
}

/* The indices that a loop depends on. */
static const struct adc_indices *free_of(struct adc_graph *graph, const struct adc_loop *loop)
{
    const struct adc_indices *free = loop->index->free;
    if (loop->guard) free = adc_indices_union(graph, free, loop->guard->free);
    for (unsigned i = 0; i < loop->count; i++) {
        free = adc_indices_union(graph, free, loop->carried[i].init->free);
        free = adc_indices_union(graph, free, loop->carried[i].next->free);
    }
    return free;
}

const struct adc_node *adc_loop_around(struct adc_graph *graph, struct adc_loop *loop,
                                       struct adc_carried *carried, const struct adc_indices *but,
                                       struct adc_arena *scratch)
{
    const struct adc_node *from = loop->index;
    const struct adc_indices *more = adc_indices_minus(graph, free_of(graph, loop), from->free);
    more = adc_indices_minus(graph, more, but);
    if (!more) return adc_loop(graph, loop);
    for (unsigned i = 2; i < from->count; i++)
        more = adc_indices_union(graph, more, from->in[i]->free);
    const struct adc_node *to = adc_loop_index(graph, from->in[0], from->in[1], more);
    adc_graph_set_hint(graph, to, adc_graph_hint(graph, from));
    loop->index = to;
    if (loop->guard) loop->guard = adc_rename(graph, loop->guard, from, to, scratch);
    for (unsigned i = 0; i < loop->count; i++) {
        carried[i].state = adc_rename(graph, carried[i].state, from, to, scratch);
        carried[i].next = adc_rename(graph, carried[i].next, from, to, scratch);
    }
    return adc_loop(graph, loop);
}

const struct adc_node *adc_final(struct adc_graph *graph, const struct adc_node *loop,
                                 const struct adc_node *state)
{
    struct adc_node like = {.op = ADC_OP_FINAL, .type = state->type, .count = 1};
    ADC_INVARIANT(adc_loop_find(loop, state->number) >= 0, graph);
    like.rank = state->rank;
    like.number = state->number;
    return adc_structural(graph, &like, &loop);
}

const struct adc_node *adc_put(struct adc_graph *graph, const struct adc_node *array,
                               const struct adc_node *nest)
{
    struct adc_node like = {.op = ADC_OP_PUT, .type = array->type, .count = 2, .rank = array->rank};
    const struct adc_node *inputs[] = {array, nest};
    ADC_INVARIANT(array->rank && adc_alike(array, nest), graph);
    ADC_INVARIANT(nest->op == ADC_OP_NEST && nest->number == ADC_REDUCE_SET, graph);
    return adc_structural(graph, &like, inputs);
}

const struct adc_node *adc_put_element(struct adc_graph *graph, const struct adc_node *array,
                                       const struct adc_node *const *element,
                                       const struct adc_node *value, const struct adc_node *guard)
{
    const struct adc_node *shape[ADC_MAX_RANK];
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET, .value = value, .guard = guard};
    for (unsigned i = 0; i < array->rank; i++) shape[i] = adc_shape(array, i);
    nest.rank = array->rank;
    nest.target = element;
    nest.shape = shape;
    return adc_put(graph, array, adc_nest(graph, &nest));
}

struct adc_loop adc_loop_parts(const struct adc_node *node)
{
    struct adc_loop loop = {.index = node->in[0], .guard = node->in[1]};
    loop.down = node->number & 1;
    loop.checkpoint = node->number >> 1;
    loop.count = (node->count - 2u) / 3;
    return loop;
}

struct adc_carried adc_loop_carried(const struct adc_node *node, unsigned i)
{
    const struct adc_node *const *at = node->in + 2 + 3 * (size_t)i;
    return (struct adc_carried){at[0], at[1], at[2]};
}

const struct adc_node *adc_carried_element(const struct adc_carried *one)
{
    if (!adc_is_history(one->state) || one->next->op != ADC_OP_PUT) return NULL;
    if (one->next->in[0] != one->state) return NULL;
    struct adc_nest nest = adc_nest_parts(one->next->in[1]);
    return nest.index_count || !adc_is_true(nest.guard) ? NULL : one->next->in[1];
}

int adc_loop_find(const struct adc_node *loop, uint32_t number)
{
    for (unsigned i = 2; i < loop->count; i += 3)
        if (loop->in[i]->number == number) return (int)(i - 2) / 3;
    return -1;
}

struct adc_carried adc_final_carried(const struct adc_node *final)
{
    int at = adc_loop_find(final->in[0], final->number);
    return adc_loop_carried(final->in[0], (unsigned)at);
}

const struct adc_node *adc_final_again(struct adc_graph *graph, const struct adc_node *final,
                                       const struct adc_node *loop)
{
    int at = adc_loop_find(final->in[0], final->number);
    return adc_final(graph, loop, adc_loop_carried(loop, (unsigned)at).state);
}
