/* Can the passes of a loop be made in chunks, and what does a pass take?
 *
 * Chunks may depend on nothing that another one does, sums apart. An array that is made anew in
 * each pass, as nothing outside knows it and no nest over the index writes to it, is one for each
 * chunk. Of an array that all passes share,
 *
 *     reads alone          may go anywhere
 *     anything             may be done to an element that has one coordinate, the same in all
 *                          accesses, which is another one in each pass
 *     additions alone      may go anywhere: each chunk has a sum of its own
 *     one SET over the     goes to each element at most once
 *     index alone
 *
 * Checks leave a chunk as they leave a part. Loops with state inside are as they are. */
#include "passes/threads.h"

#include "ir/nest.h"
#include "ir/state.h"

enum { MOST_CALLS = 8, MOST_INNER = 4, MOST_BESIDE = 8, THOUGHT_PASSES = 8 };

/* ---------------------------------------------------------------------------------- accesses */

static bool is_inside(const struct threads *t, const struct adc_node *node)
{
    return t->inside[node->id] == t->number;
}

static void declare(struct threads *t, const struct adc_node *node)
{
    t->inside[node->id] = t->number;
}

static void spend(struct threads *t, double cost)
{
    if (t->team) t->cost->own += t->weight * cost;
}

static void use(struct threads *t, const struct adc_node *node);

/* Lengths that say where an element is: those behind the first axis at which it is not 0. */
static void use_lengths(struct threads *t, const struct adc_node *array,
                        const struct adc_node *const *element)
{
    unsigned axis = element ? adc_first_axis(array, element, 0) + 1 : 0;
    for (; axis < array->rank; axis++) use(t, loop_length(t->program, array, axis));
}

static void access(struct threads *t, const struct adc_node *array,
                   const struct adc_node *const *element, unsigned kind)
{
    array = loop_array(t->program, array);
    spend(t, kind == THREADS_ADD ? 2 : 1);
    use_lengths(t, array, element);
    if (t->program->place[array->id] != LOOP_BUFFER) return; /* a parameter */
    if (!t->team) {
        t->accesses[t->program->buffer[array->id]]++;
        return;
    }
    struct threads_access access = {.array = array, .element = element};
    access.kind = kind;
    ADC_PUSH(t->scratch, t->list, access);
}

/* ------------------------------------------------------------------------------- expressions */

static void define(struct threads *t, const struct adc_node *node)
{
    if (node->op == ADC_OP_FINAL) {
        use(t, adc_final_state(node));
        return;
    }
    for (unsigned i = node->op == ADC_OP_READ; i < node->count; i++) use(t, node->in[i]);
    if (node->op == ADC_OP_READ) access(t, node->in[0], node->in + 1, THREADS_READ);
    spend(t, loop_operator_cost(node));
}

/* Recurses through what is printed inside its user. */
static void use(struct threads *t, const struct adc_node *node)
{
    enum loop_place place = (enum loop_place)t->program->place[node->id];
    if (place == LOOP_INLINE) define(t, node);
    if (place != LOOP_LOCAL && place != LOOP_WORK) return;
    if (!t->team || is_inside(t, node) || t->used[node->id] == t->number) return;
    t->used[node->id] = t->number;
    if (place == LOOP_LOCAL) ADC_PUSH(t->arena, t->team->values, node);
}

/* -------------------------------------------------------------------------------- statements */

static void look_at_block(struct threads *t, const struct loop_block *block);

static bool is_sum(const struct adc_node *nest)
{
    return nest->number == ADC_REDUCE_SUM || nest->number == ADC_REDUCE_PROD;
}

static void reduce_scalar(struct threads *t, const struct adc_node *nest)
{
    spend(t, 1);
    if (!t->team || is_inside(t, nest)) return;
    bool ordered = t->strict || loop_is_plain(t->program, nest);
    if (ordered && is_sum(nest) && adc_type_is_real((enum adc_type)nest->type)) t->possible = false;
    for (size_t i = 0; i < t->team->sums.count; i++)
        if (t->team->sums.data[i] == nest) return;
    ADC_PUSH(t->arena, t->team->sums, nest);
}

static void reduce(struct threads *t, const struct loop_statement *statement)
{
    const struct adc_node *nest = statement->node;
    use(t, statement->value);
    if (!nest->rank) {
        reduce_scalar(t, nest);
        return;
    }
    struct adc_nest parts = adc_nest_parts(nest);
    for (unsigned i = 0; i < nest->rank; i++) use(t, parts.target[i]);
    access(t, nest, parts.target, nest->number == ADC_REDUCE_SET ? THREADS_SET : THREADS_ADD);
}

static void carry(struct threads *t, const struct adc_node *loop)
{
    for (unsigned i = 0; i < adc_loop_parts(loop).count; i++) {
        struct adc_carried carried = adc_loop_carried(loop, i);
        if (carried.state->rank) continue;
        t->possible &= is_inside(t, carried.state);
        use(t, carried.next);
    }
}

/* Known before the loop at hand begins, without a look at arrays. */
static bool is_known(const struct threads *t, const struct adc_node *node)
{
    enum loop_place place = (enum loop_place)t->program->place[node->id];
    if (node->op == ADC_OP_CONST || node->op == ADC_OP_PARAM) return true;
    if (place == LOOP_LOCAL || place == LOOP_WORK || node->op == ADC_OP_INDEX)
        return !is_inside(t, node);
    if (place != LOOP_INLINE || node->op < ADC_OP_FIRST_ELEMENTWISE) return false;
    for (unsigned i = 0; i < node->count; i++)
        if (!is_known(t, node->in[i])) return false;
    return true;
}

/* Where the cost of a loop's passes counts; NULL: with that of what is around. */
static struct loop_cost *cost_of_loop(struct threads *t, const struct adc_node *index)
{
    const struct adc_node *low = index->in[0], *high = index->in[1];
    struct loop_cost *cost = t->cost;
    if (t->weight != 1 || t->inner == MOST_INNER || !is_known(t, low) || !is_known(t, high))
        return NULL;
    for (size_t i = 0; i < cost->inner.count; i++)
        if (cost->inner.data[i]->low == low && cost->inner.data[i]->high == high)
            return cost->inner.data[i];
    if (cost->inner.count == MOST_BESIDE) return NULL;
    struct loop_cost *made = ADC_NEW(t->arena, struct loop_cost);
    made->low = low;
    made->high = high;
    ADC_PUSH(t->arena, cost->inner, made);
    return made;
}

bool threads_passes(const struct adc_node *low, const struct adc_node *high, double *passes)
{
    if (!adc_is_const(low) || !adc_is_const(high)) return false;
    *passes = (double)high->value.integer - (double)low->value.integer;
    return true;
}

/* Copies of rows, one after the other, and vectors that are kept. */
static void own_rows(struct threads *t, const struct loop_lanes *lanes)
{
    for (size_t i = 0; i < lanes->copies.count; i++) {
        const struct loop_copy *copy = &lanes->copies.data[i];
        ADC_PUSH(t->arena, t->team->own, copy->buffer);
        unsigned first = loop_first_length(t->program, copy);
        for (unsigned axis = first; axis < copy->array->rank; axis++)
            use(t, loop_length(t->program, copy->array, axis));
        for (unsigned axis = 0; axis < copy->axis; axis++) use(t, copy->element[axis]);
    }
    for (size_t i = 0; i < lanes->kept.count; i++)
        ADC_PUSH(t->arena, t->team->own, t->program->buffer[lanes->kept.data[i].vectors->id]);
}

static void look_at_for(struct threads *t, const struct loop_statement *loop)
{
    const struct adc_node *index = loop->node;
    struct loop_cost *around = t->cost, *own = NULL;
    double weight = t->weight, passes;
    use(t, index->in[0]);
    use(t, index->in[1]);
    if (loop->value) use(t, loop->value->in[1]);
    declare(t, index);
    if (t->team && loop->lanes) own_rows(t, loop->lanes);
    bool constant = threads_passes(index->in[0], index->in[1], &passes);
    if (t->team && !constant) own = cost_of_loop(t, index);
    if (own) t->cost = own;
    else if (!constant) t->weight *= THOUGHT_PASSES;
    else t->weight *= passes > 0 ? passes : 0;
    t->inner += own != NULL;
    spend(t, 1);
    look_at_block(t, &loop->then);
    t->inner -= own != NULL;
    t->cost = around;
    t->weight = weight;
}

static void look_at_branch(struct threads *t, const struct loop_statement *branch)
{
    double weight = t->weight;
    use(t, branch->node);
    if (branch->then.count && branch->otherwise.count) t->weight /= 2;
    look_at_block(t, &branch->then);
    look_at_block(t, &branch->otherwise);
    t->weight = weight;
}

/* Parts are called once, so the callee belongs to the loop. */
static void look_at_call(struct threads *t, uint32_t part)
{
    if (!t->team) return;
    t->possible &= t->calls < MOST_CALLS;
    if (!t->possible) return;
    t->calls++;
    look_at_block(t, &t->program->parts.data[part].body);
    t->calls--;
}

static void look_at(struct threads *t, const struct loop_statement *statement)
{
    const struct adc_node *node = statement->node;
    switch (statement->kind) {
    case LOOP_LET:
        define(t, node);
        declare(t, node);
        return;
    case LOOP_VAR:
        if (statement->value) use(t, statement->value);
        declare(t, node);
        return;
    case LOOP_SET:
        t->possible &= is_inside(t, node);
        if (statement->value == node) define(t, node);
        else use(t, statement->value);
        return;
    case LOOP_FOR: look_at_for(t, statement); return;
    case LOOP_FILL: access(t, node, NULL, THREADS_FILL); return;
    case LOOP_REDUCE: reduce(t, statement); return;
    case LOOP_BRANCH: look_at_branch(t, statement); return;
    case LOOP_CARRY: carry(t, node); return;
    case LOOP_CHECK: use(t, node); return;
    case LOOP_STORE:
        use(t, statement->value);
        t->possible = false;
        return;
    case LOOP_CALL: look_at_call(t, statement->index); return;
    }
}

static void look_at_block(struct threads *t, const struct loop_block *block)
{
    for (size_t i = 0; i < block->count; i++) look_at(t, block->data[i]);
}

void threads_count(struct threads *t)
{
    t->team = NULL;
    for (size_t i = 0; i < t->program->parts.count; i++)
        look_at_block(t, &t->program->parts.data[i].body);
}

/* ------------------------------------------------------------------------------------ arrays */

/* Another number in each pass, and nothing else that runs inside changes it. */
static bool is_own_place(const struct threads *t, const struct adc_node *node)
{
    for (uint32_t i = 0; node->free && i < node->free->count; i++)
        if (node->free->index[i] != t->index && is_inside(t, node->free->index[i])) return false;
    return adc_is_coordinate(node, t->index);
}

/* Another number in each pass, whatever else runs inside. */
static bool is_coordinate(const struct threads *t, const struct adc_node *node)
{
    const struct adc_node *read = adc_unique_element(node);
    if (is_own_place(t, node)) return true;
    for (unsigned i = 1; read && !read->in[0]->free && i < read->count; i++)
        if (is_own_place(t, read->in[i])) return true;
    return false;
}

static uint32_t buffer_of(const struct threads *t, const struct threads_access *access)
{
    return t->program->buffer[access->array->id];
}

static bool is_over_index(const struct threads *t, const struct adc_node *array)
{
    if (array->op != ADC_OP_NEST) return false;
    struct adc_nest nest = adc_nest_parts(array);
    for (unsigned i = 0; i < nest.index_count; i++)
        if (nest.index[i] == t->index) return true;
    return false;
}

/* What is done to the buffer of access `first`, the first one to it. */
static bool judge(struct threads *t, size_t first)
{
    const struct threads_access *one = &t->list.data[first];
    uint32_t buffer = buffer_of(t, one), count = 0, axes = 0;
    bool written = false, added = true, shared = false, whole = false, ordered = t->strict;
    for (unsigned axis = 0; one->element && axis < one->array->rank; axis++)
        if (is_coordinate(t, one->element[axis])) axes |= UINT32_C(1) << axis;
    for (size_t i = first; i < t->list.count; i++) {
        const struct threads_access *other = &t->list.data[i];
        if (buffer_of(t, other) != buffer) continue;
        count++;
        written |= other->kind != THREADS_READ;
        added &= other->kind == THREADS_ADD;
        shared |= is_over_index(t, other->array);
        whole |= !other->element;
        ordered |= loop_is_plain(t->program, other->array);
        for (unsigned axis = 0; other->element && axis < one->array->rank; axis++)
            if (!one->element || other->element[axis] != one->element[axis])
                axes &= ~(UINT32_C(1) << axis);
    }
    const struct loop_buffer *lies = &t->program->buffers.data[buffer];
    if (lies->result < 0 && !shared && count == t->accesses[buffer]) {
        ADC_PUSH(t->arena, t->team->own, buffer);
        return true;
    }
    bool once = count == 1 && shared && one->kind == THREADS_SET;
    if (!written || once || (axes && !whole)) return true;
    if (!added || (ordered && adc_type_is_real((enum adc_type)one->array->type))) return false;
    ADC_PUSH(t->arena, t->team->added, buffer);
    return true;
}

static bool is_first(const struct threads *t, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (buffer_of(t, &t->list.data[i]) == buffer_of(t, &t->list.data[at])) return false;
    return true;
}

bool threads_look(struct threads *t, const struct loop_statement *loop, struct loop_team *team)
{
    const struct adc_node *index = loop->node;
    if (loop->value) return false;
    t->number++;
    t->index = index;
    t->team = team;
    t->cost = &team->cost;
    t->weight = 1;
    t->inner = t->calls = 0;
    t->possible = true;
    t->list.count = 0;
    team->cost.low = index->in[0];
    team->cost.high = index->in[1];
    declare(t, index);
    if (loop->lanes) own_rows(t, loop->lanes);
    look_at_block(t, &loop->then);
    for (size_t i = 0; i < team->sums.count; i++)
        t->possible &= t->used[team->sums.data[i]->id] != t->number;
    for (size_t i = 0; t->possible && i < t->list.count; i++)
        if (is_first(t, i)) t->possible = judge(t, i);
    return t->possible;
}
