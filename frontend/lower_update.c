/* Assignments: `x = e`, `x += e`, `s.h = e`, `x[i, j] = e`, `A[i] = row`, `(a, b) = e`.
 *
 * The value comes first, then the indices of all targets, then all targets change. An element of an
 * array is put, under the conditions of the arms that do not stand around the array's definition;
 * so the array needs no join behind them. */
#include "frontend/lower.h"

/* ----------------------------------------------------------------------- targets */

/* The steps from the root's name to the target: FIELD and INDEX nodes. */
struct steps {
    ADC_VEC(const struct ast *) step; /* outermost, the target itself, first */
    const struct ast *root;
};

static struct steps steps_of(struct lower *l, const struct ast *target)
{
    struct steps steps = {.root = target};
    while (steps.root->kind != AST_NAME) {
        ADC_PUSH(l->arena, steps.step, steps.root);
        steps.root = steps.root->child[0];
    }
    return steps;
}

/* The index number `*skip` of the target's, from the root on; NULL: there are fewer. */
static struct ast *index_of(struct lower *l, const struct ast *target, uint32_t *skip)
{
    struct steps steps = steps_of(l, target);
    for (size_t i = steps.step.count; i-- > 0;) {
        const struct ast *step = steps.step.data[i];
        for (uint32_t c = 1; step->kind == AST_INDEX && c < step->count; c++)
            if (step->child[c]->kind != AST_ALL && (*skip)-- == 0) return step->child[c];
    }
    return NULL;
}

static struct ast *index_number(struct lower *l, const struct ast *target, uint32_t number)
{
    if (target->kind != AST_TUPLE) return index_of(l, target, &number);
    struct ast *found = NULL;
    for (uint32_t t = 0; t < target->count && !found; t++)
        found = index_of(l, target->child[t], &number);
    return found;
}

/* ------------------------------------------------------------------------- puts */

struct update {
    const struct ast *node;                 /* ASSIGN */
    const struct lower_value *const *given; /* values of the indices that are next */
    const struct adc_node *guard;           /* of what is put; NULL: always */
};

static bool is_version(const struct adc_node *array, const struct adc_node *other)
{
    while (array != other && (array->op == ADC_OP_PUT || array->op == ADC_OP_MARK))
        array = array->in[0];
    return array == other;
}

/* Whether the element reads a version of the array elsewhere than at `at`: then all of its values
 * come before any is put. */
static bool reads_elsewhere(struct lower *l, const struct adc_node *value,
                            const struct adc_node *array, const struct adc_node *const *at)
{
    while (l->seen.count < l->graph->nodes.count) ADC_PUSH(l->arena, l->seen, 0);
    l->searches++;
    l->search.count = 0;
    ADC_PUSH(l->arena, l->search, value);
    while (l->search.count) {
        const struct adc_node *node = l->search.data[--l->search.count];
        if (node->rank || l->seen.data[node->id] == l->searches) continue;
        l->seen.data[node->id] = l->searches;
        bool read = node->op == ADC_OP_READ && is_version(array, node->in[0]);
        bool same = read && node->in[0] == array;
        for (unsigned i = 0; same && i < array->rank; i++) same = node->in[i + 1] == at[i];
        if (read && !same) return true;
        for (unsigned i = 0; i < node->count; i++) ADC_PUSH(l->arena, l->search, node->in[i]);
    }
    return false;
}

static const struct adc_node *element(struct lower *l, const struct lower_access *a,
                                      const struct lower_value *part)
{
    const struct adc_indices *scope = lower_scope(l);
    if (part->node) return part->node;
    for (unsigned i = 0; i < a->made.rank; i++)
        scope = adc_indices_union(l->graph, scope, a->made.index[i]->free);
    const struct adc_node *array = lower_store(l, a->array);
    const struct adc_node *value = lower_element(l, part->array, a->made.index, scope);
    if (!reads_elsewhere(l, value, array, a->at)) return value;
    lower_store(l, part->array);
    return lower_element_once(l, part->array, a->made.index);
}

static const struct lower_value *put_array(struct lower *l, const struct update *u,
                                           const struct lower_access *access,
                                           const struct lower_value *part)
{
    struct lower_access a = *access;
    lower_locate(l, &a);
    if (part->array && !lower_same_shape(l, a.node, &a.made, part->array, ADC_E20))
        return lower_stored(l, lower_store(l, a.array));
    const struct adc_node *value = element(l, &a, part), *array = lower_store(l, a.array);
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET, .value = value, .guard = u->guard};
    nest.rank = a.array->rank;
    nest.target = a.at;
    nest.shape = a.array->shape;
    nest.index = a.made.index;
    nest.index_count = a.made.rank;
    return lower_stored(l, adc_put(l->graph, array, lower_nest(l, &nest)));
}

/* The value with what `access` names replaced by `part`, which was `before`. */
static const struct lower_value *put(struct lower *l, const struct update *u,
                                     const struct lower_access *access,
                                     const struct lower_value *value,
                                     const struct lower_value *const *parts) /* before, part */
{
    if (value->array) {
        struct lower_access a = *access;
        a.array = value->array;
        return put_array(l, u, &a, parts[1]);
    }
    struct lower_value *made = lower_record(l, value->count);
    for (uint32_t f = 0; f < value->count; f++) {
        const struct lower_value *fields[] = {parts[0]->field[f], parts[1]->field[f]};
        bool same = fields[0] == fields[1];
        made->field[f] = same ? value->field[f] : put(l, u, access, value->field[f], fields);
    }
    return made;
}

/* ------------------------------------------------------------------------ replacing */

static const struct lower_value *with_field(struct lower *l, const struct lower_value *record,
                                            int64_t index, const struct lower_value *part)
{
    struct lower_value *made = lower_record(l, record->count);
    for (uint32_t f = 0; f < record->count; f++) made->field[f] = record->field[f];
    made->field[index] = part;
    return made;
}

/* Steps with what they go through: `value` before the step. `A[i][j]` is one step. */
struct stage {
    const struct ast *step;
    const struct lower_value *value;
    struct lower_access access;
};

static bool only_elements(const struct stage *stage)
{
    for (unsigned a = 0; a < ADC_MAX_RANK; a++)
        if (stage->access.given[a] && !stage->access.given[a]->node) return false;
    return true;
}

/* The axes that the step before leaves whole take the indices of this one. */
static void take_indices(struct update *u, struct stage *stage, const struct ast *step)
{
    unsigned axis = 0;
    stage->access.node = step;
    for (uint32_t c = 1; c < step->count; c++, axis++) {
        while (stage->access.given[axis]) axis++;
        if (step->child[c]->kind == AST_ALL) continue;
        stage->access.place[axis] = step->child[c];
        stage->access.given[axis] = *u->given++;
    }
}

static const struct lower_value *after(struct lower *l, const struct stage *stage)
{
    if (stage->step->kind == AST_FIELD) return stage->value->field[stage->step->integer];
    return lower_accessed(l, &stage->access, stage->value);
}

static enum ast_kind operator_of(unsigned assign)
{
    if (assign == AST_ADD_SET) return AST_ADD;
    if (assign == AST_SUB_SET) return AST_SUB;
    return assign == AST_MUL_SET ? AST_MUL : AST_DIV;
}

/* What the target becomes; NULL after a message. */
static const struct lower_value *new_part(struct lower *l, const struct update *u,
                                          const struct ast *target,
                                          const struct lower_value *before,
                                          const struct lower_value *value)
{
    const struct sema_type *type = target->type;
    if (u->node->flag != AST_SET)
        value = lower_operate(l, u->node, operator_of(u->node->flag), before, value);
    bool all = value->node && target->kind == AST_INDEX; /* x[1..] = 0 */
    if (all) type = sema_element(&l->module->types, type);
    value = lower_convert(l, value, type);
    return all || lower_same_shapes(l, target, before, value) ? value : NULL;
}

static void assign(struct lower *l, struct update *u, const struct ast *target,
                   const struct lower_value *value)
{
    struct steps steps = steps_of(l, target);
    struct lower_cell *cell = lower_cell(l, steps.root->symbol);
    ADC_VEC(struct stage) stages = {0};
    const struct lower_value *before = cell->value;
    for (size_t i = steps.step.count; i-- > 0;) {
        const struct ast *step = steps.step.data[i];
        struct stage *last = stages.count ? &stages.data[stages.count - 1] : NULL;
        bool further = last && step->kind == AST_INDEX && last->step->kind == AST_INDEX;
        if (!further || !only_elements(last)) {
            struct stage stage = {.step = step, .value = before};
            ADC_PUSH(l->arena, stages, stage);
            last = &stages.data[stages.count - 1];
        }
        if (step->kind == AST_INDEX) take_indices(u, last, step);
        before = after(l, last);
    }
    const struct lower_value *part = new_part(l, u, target, before, value);
    if (!part) return;
    u->guard = l->arm && l->arm->depth > cell->arm_depth ? lower_local_path(l) : NULL;
    for (size_t i = stages.count; i-- > 0;) {
        const struct stage *stage = &stages.data[i];
        const struct lower_value *parts[] = {before, part};
        bool field = stage->step->kind == AST_FIELD;
        part = field ? with_field(l, stage->value, stage->step->integer, part)
                     : put(l, u, &stage->access, stage->value, parts);
        before = stage->value;
    }
    lower_assign(l, cell, lower_defined(l, cell->symbol, part));
}

/* -------------------------------------------------------------------------- step */

struct ast *lower_step_assign(struct lower *l, struct ast *node, uint32_t i)
{
    const struct ast *target = node->child[0];
    if (i == 0) return node->child[1];
    struct ast *next = index_number(l, target, i - 1);
    if (next) return next;
    uint32_t count = i - 1;
    struct update u = {.node = node, .given = l->values.data + (l->values.count - count)};
    const struct lower_value *value = l->values.data[l->values.count - count - 1];
    l->graph->span = node->span;
    for (uint32_t t = 0; target->kind == AST_TUPLE && t < target->count; t++)
        assign(l, &u, target->child[t], value->field[t]);
    if (target->kind != AST_TUPLE) assign(l, &u, target, value);
    l->values.count -= count + 1;
    lower_push(l, l->unit);
    return NULL;
}

/* -------------------------------------------------------------------- extensions */

bool lower_extends(struct lower *l, const struct lower_value *after,
                   const struct lower_value *before)
{
    const struct adc_node *node = after->array->stored, *root = before->array->stored;
    while (node && root && node != root && node->id > root->id) {
        const struct lower_state *state = NULL;
        switch (node->op) {
        case ADC_OP_PUT:
        case ADC_OP_MARK: node = node->in[0]; break;
        case ADC_OP_FINAL:
            state = lower_state(l, node->number);
            node = state->level->in_arm ? state->init : NULL;
            break;
        default: node = NULL;
        }
    }
    return node && node == root;
}
