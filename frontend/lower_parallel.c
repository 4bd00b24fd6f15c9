/* `@parallel for`: what each pass does to a value from before the loop without looking at one, for
 * all passes at once.
 *
 *     s += e              s + sum(i: e)
 *     x[a] += e           x and, to each element, the sum of what passes add to it
 *     x[a] = e            all elements put at once: that no other pass meets them is asserted
 *
 * under conditions, too. What looks at values that the loop changes stays with the loop. */
#include "frontend/lower.h"

typedef const struct adc_node *node_t;

/* A component of the loop; `index` is that of the loop, `point` that of the sums. */
struct parallel {
    struct lower *l;
    node_t index, point, state, init;
};

/* The node sees no STATE of the loop. */
static bool is_independent(const struct parallel *p, node_t root)
{
    uint32_t low = p->index->id;
    if (!adc_indices_has(root->free, p->index)) return true;
    uint8_t *needed = ADC_NEW_ARRAY(p->l->arena, uint8_t, root->id - low + 1);
    needed[root->id - low] = 1;
    for (uint32_t id = root->id + 1; id-- > low;) {
        node_t node = p->l->graph->nodes.data[id];
        if (!needed[id - low]) continue;
        if (node->op == ADC_OP_STATE && node->in[0] == p->index) return false;
        for (unsigned i = 0; i < node->count; i++)
            if (node->in[i]->id >= low) needed[node->in[i]->id - low] = 1;
    }
    return true;
}

static node_t at_point(const struct parallel *p, node_t node)
{
    return node ? adc_rename(p->l->graph, node, p->index, p->point, p->l->arena) : NULL;
}

static node_t and_also(const struct parallel *p, node_t guard, node_t condition)
{
    return guard ? lower_and(p->l, guard, condition) : condition;
}

/* What is added to `before` under *guard, or NULL. */
static node_t increment(const struct parallel *p, node_t next, node_t before, node_t *guard)
{
    struct adc_graph *graph = p->l->graph;
    while (next->op == ADC_OP_IF && (next->in[1] == before || next->in[2] == before)) {
        node_t condition = next->in[0];
        if (!is_independent(p, condition)) return NULL;
        bool then = next->in[2] == before;
        *guard = and_also(p, *guard, then ? condition : adc_apply1(graph, ADC_OP_NOT, condition));
        next = next->in[then ? 1 : 2];
    }
    node_t value = NULL;
    if (next->op == ADC_OP_ADD || next->op == ADC_OP_IADD)
        value = next->in[0] == before ? next->in[1] : next->in[1] == before ? next->in[0] : NULL;
    if (next->op == ADC_OP_SUB && next->in[0] == before)
        value = adc_apply1(graph, ADC_OP_NEG, next->in[1]);
    return value && is_independent(p, value) ? value : NULL;
}

static node_t scalar_after(const struct parallel *p, node_t next)
{
    struct adc_graph *graph = p->l->graph;
    node_t guard = NULL, value = increment(p, next, p->state, &guard);
    struct adc_nest sum = {.reduce = ADC_REDUCE_SUM, .index_count = 1, .index = &p->point};
    if (!value) return NULL;
    sum.value = at_point(p, value);
    sum.guard = at_point(p, guard);
    enum adc_op op = adc_reduce_op(ADC_REDUCE_SUM, (enum adc_type)value->type);
    return adc_apply2(graph, op, p->init, adc_nest(graph, &sum));
}

/* One PUT of a pass, without indices of its own; `before` is the array that it changes. */
struct update {
    struct adc_nest nest;
    node_t value; /* that is put, or added */
    bool added;
};

static bool is_element(node_t read, node_t array, const struct adc_nest *nest)
{
    if (read->op != ADC_OP_READ || read->in[0] != array) return false;
    for (unsigned i = 0; i < nest->rank; i++)
        if (read->in[i + 1] != nest->target[i]) return false;
    return true;
}

static bool look_at(const struct parallel *p, node_t put, struct update *update)
{
    node_t before = put->in[0], value;
    update->nest = adc_nest_parts(put->in[1]);
    value = update->nest.value;
    update->added = false;
    if (update->nest.index_count) return false;
    for (unsigned i = 0; i < update->nest.rank; i++)
        if (!is_independent(p, update->nest.target[i])) return false;
    if (update->nest.guard && !is_independent(p, update->nest.guard)) return false;
    if (value->op == ADC_OP_ADD && adc_type_is_real((enum adc_type)value->type)) {
        unsigned own = is_element(value->in[0], before, &update->nest) ? 0 : 1;
        update->added = is_element(value->in[own], before, &update->nest);
        if (update->added) value = value->in[1 - own];
    }
    update->value = value;
    return is_independent(p, value);
}

/* Array and, element by element, what is added. */
static node_t with_sums(const struct parallel *p, node_t array, node_t sums)
{
    struct adc_graph *graph = p->l->graph;
    node_t index[ADC_MAX_RANK], shape[ADC_MAX_RANK];
    adc_fresh_indices(graph, array, index);
    for (unsigned i = 0; i < array->rank; i++) shape[i] = adc_shape(array, i);
    struct adc_nest map = {.reduce = ADC_REDUCE_SET, .rank = array->rank, .target = index};
    map.shape = shape;
    map.index = index;
    map.index_count = array->rank;
    map.value =
        adc_apply2(graph, ADC_OP_ADD, adc_read(graph, array, index), adc_read(graph, sums, index));
    return adc_nest(graph, &map);
}

static node_t updated(const struct parallel *p, node_t array, const struct update *update)
{
    struct adc_graph *graph = p->l->graph;
    node_t target[ADC_MAX_RANK];
    struct adc_nest nest = update->nest;
    for (unsigned i = 0; i < nest.rank; i++) target[i] = at_point(p, nest.target[i]);
    nest.target = target;
    nest.guard = at_point(p, nest.guard);
    nest.value = at_point(p, update->value);
    nest.index = &p->point;
    nest.index_count = 1;
    nest.reduce = update->added ? ADC_REDUCE_SUM : ADC_REDUCE_SET;
    node_t made = adc_nest(graph, &nest);
    return update->added ? with_sums(p, array, made) : adc_put(graph, array, made);
}

/* Elements that are set are set by PUTs alone: sums would be added in another order. */
static node_t array_after(const struct parallel *p, node_t next)
{
    ADC_VEC(struct update) updates = {0};
    bool added = true, set = true;
    for (; next->op == ADC_OP_PUT; next = next->in[0]) {
        struct update update;
        if (!look_at(p, next, &update)) return NULL;
        added &= update.added;
        set &= !update.added;
        ADC_PUSH(p->l->arena, updates, update);
    }
    if (next != p->state || (!added && !set)) return NULL;
    node_t array = p->init;
    for (size_t i = updates.count; i-- > 0;) array = updated(p, array, &updates.data[i]);
    return array;
}

const struct adc_node *lower_parallel(struct lower *l, const struct lower_pass *pass, uint32_t leaf,
                                      const struct adc_node *next)
{
    const struct lower_loop *loop = l->loop;
    bool plain = pass->inner && !pass->outer && !pass->extra && !pass->level->guard;
    if (!(loop->node->flag & AST_FOR_PARALLEL) || !plain) return NULL;
    struct parallel p = {l, pass->level->index, NULL, pass->states[leaf], pass->inits[leaf]};
    p.point = adc_fresh_index(l->graph, p.index);
    return p.state->rank ? array_after(&p, next) : scalar_after(&p, next);
}
