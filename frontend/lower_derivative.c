/* grad, jvp, vjp, hvp: nodes GRAD, JVP, VJP on the marks of the names differentiated by; jacobian
 * and hessian are lower_blocks.c.
 *
 * Records are differentiated leaf by leaf: a tangent of the result is the sum over the leaves of
 * `x`, an adjoint the sum over the leaves of `y`; a leaf that does not depend on another gives no
 * term. */
#include "frontend/lower.h"

struct targets {
    const struct adc_node **marks, **weights; /* leaves of x; of the third argument */
    uint32_t count;
    const struct adc_node **values; /* leaves of the first argument */
    uint32_t value_count;
};

static const struct lower_value *target_value(struct lower *l, const struct ast *target)
{
    if (target->kind == AST_NAME) return lower_cell(l, target->symbol)->value;
    struct lower_value *value = lower_record(l, target->count);
    for (uint32_t n = 0; n < target->count; n++)
        value->field[n] = lower_cell(l, target->child[n]->symbol)->value;
    return value;
}

/* The elements of an array stand for it; nothing is stored. */
static const struct adc_node **put_elements(const struct lower_value *value,
                                            const struct adc_node **leaves)
{
    if (value->array) *leaves++ = value->array->stored ? value->array->stored : value->array->body;
    else if (value->node) *leaves++ = value->node;
    for (uint32_t i = 0; i < value->count; i++) leaves = put_elements(value->field[i], leaves);
    return leaves;
}

static const struct adc_node **leaves_of(struct lower *l, const struct lower_value *value,
                                         uint32_t *count)
{
    *count = lower_leaf_count(value);
    const struct adc_node **leaves = ADC_NEW_ARRAY(l->arena, const struct adc_node *, *count);
    lower_leaves(l, value, leaves);
    return leaves;
}

/* ------------------------------------------------------------------------- E25 */

/* A name to suggest: the first parameter of this function that the value is computed from. */
static const struct adc_name *source_of(struct lower *l, const struct adc_node *value)
{
    const struct sema_function *function = l->frame->function;
    lower_depends(l, value, NULL); /* leaves `seen` on all it is computed from */
    for (uint32_t p = 0; function && p < function->param_count; p++) {
        const struct lower_value *parameter = lower_cell(l, function->params[p])->value;
        uint32_t count = 0;
        const struct adc_node **leaves = parameter ? leaves_of(l, parameter, &count) : NULL;
        for (uint32_t i = 0; i < count; i++)
            if (adc_type_is_real(leaves[i]->type) && leaves[i]->id <= value->id &&
                l->seen.data[leaves[i]->id] == l->searches)
                return function->params[p]->name;
    }
    return NULL;
}

/* At the definition of a name: there it can be seen what it is computed from. */
static void note_source(struct lower *l, struct adc_diag *diag, const struct ast *value,
                        const struct adc_name *source)
{
    const char *what = sema_source(&l->s, value);
    if (value->kind != AST_NAME || !value->symbol || !value->symbol->span.end) {
        adc_diag_note(l->diags, diag, value->span, "`%s` is computed from `%s`", what,
                      source->text);
        return;
    }
    struct adc_span span = value->symbol->span;
    struct adc_position at = adc_source_position(&l->diags->sources.data[span.source], span.begin);
    adc_diag_note(l->diags, diag, span, "`%s` (line %u) is computed from `%s`", what, at.line,
                  source->text);
}

static void report_independent(struct lower *l, const struct ast *call, const struct ast *name,
                               const struct adc_node *value)
{
    const char *what = sema_source(&l->s, call->child[1]);
    const char *text =
        sema_format(&l->s, "`%s` does not depend on `%s`, so its derivative is identically zero",
                    what, name->text->text);
    /* right for other functions that this one may be given, or in other calls of the lambda */
    struct adc_diag *diag = l->frame->specialised
                                ? adc_diag_warn(l->diags, ADC_E25, name->span, "%s", text)
                                : adc_diag_add(l->diags, ADC_E25, name->span, "%s", text);
    const struct adc_name *source = source_of(l, value);
    bool itself = call->child[1]->kind == AST_NAME && call->child[1]->text == source;
    if (!source || source == name->text || itself || diag->notes) return;
    note_source(l, diag, call->child[1], source);
    const char *form = sema_source(&l->s, call->child[0]);
    const char *third = call->count > 3 ? sema_source(&l->s, call->child[3]) : NULL;
    if (third) adc_diag_help(l->diags, diag, "`%s(%s, %s, %s)`", form, what, source->text, third);
    else adc_diag_help(l->diags, diag, "`%s(%s, %s)`", form, what, source->text);
    adc_diag_fix(l->diags, diag, name->span, "%s", source->text);
}

/* ------------------------------------------------------------------- through passes */

static bool is_of(const struct lower_loop *loop, const struct adc_node *index)
{
    for (const struct lower_pass *pass = loop->pass; pass; pass = pass->outer)
        if (pass->level->index == index) return true;
    return false;
}

/* The loop under way by this index, unless the mark was made in its pass. */
static struct lower_loop *loop_past(struct lower *l, const struct adc_node *index,
                                    const struct adc_node *mark)
{
    struct lower_loop *loop = l->loop;
    if (adc_indices_has(mark->free, index)) return NULL;
    while (loop && !is_of(loop, index)) loop = loop->outer;
    return loop && mark->number < loop->first_mark ? loop : NULL;
}

/* Whether the value reads what loops under way carry to a pass, and the mark is from before. */
static bool reads_past(struct lower *l, const struct adc_node *value, const struct adc_node *mark)
{
    const struct adc_indices *carried = lower_fact(l, value)->carried;
    for (uint32_t i = 0; carried && i < carried->count; i++)
        if (loop_past(l, carried->index[i], mark)) return true;
    return false;
}

/* Notes the value's path through what the loops under way carry; false: it reads none of that. */
static bool note_past(struct lower *l, struct lower_past past)
{
    const struct adc_indices *carried = lower_fact(l, past.value)->carried;
    for (uint32_t i = 0; carried && i < carried->count; i++) {
        past.index = carried->index[i];
        struct lower_loop *loop = loop_past(l, past.index, past.mark);
        if (loop) ADC_PUSH(l->arena, loop->pasts, past);
    }
    return reads_past(l, past.value, past.mark);
}

/* Whether what the state becomes changes with the derivative of the value by the mark. */
static bool carries_derivative(struct lower *l, const struct adc_node *state,
                               const struct lower_past *past)
{
    const struct adc_node *node = lower_first_flow(l, state);
    for (; node; node = lower_next_flow(l))
        if (adc_is_derivative(node) && node->number == ADC_THROUGH && node->in[0] == past->value &&
            node->in[1] == past->mark)
            return true;
    return false;
}

/* Whether the value reads a STATE of the loop that was computed from the mark. *again: and what is
 * carried there was computed from the derivative, so that it is of higher order in each pass. */
static bool leads_back(struct lower *l, const struct lower_past *past, bool *again)
{
    ADC_VEC(const struct adc_node *) states = {0};
    bool found = false;
    lower_depends(l, past->value, NULL); /* leaves `seen` */
    for (uint32_t id = 0; id <= past->value->id; id++) {
        const struct adc_node *node = l->graph->nodes.data[id];
        bool seen = l->seen.data[id] == l->searches && node->op == ADC_OP_STATE;
        if (seen && node->in[0] == past->index && adc_type_is_real(node->type))
            ADC_PUSH(l->arena, states, node);
    }
    *again = false;
    for (size_t i = 0; i < states.count; i++) {
        if (!lower_depends(l, states.data[i], past->mark)) continue;
        found = true;
        *again = *again || carries_derivative(l, states.data[i], past);
    }
    return found;
}

void lower_check_past(struct lower *l, const struct lower_past *past)
{
    bool again;
    if (!leads_back(l, past, &again)) {
        if (!past->direct) report_independent(l, past->call, past->name, past->value);
    } else if (again)
        sema_unsupported(&l->s, past->call->span,
                         sema_format(&l->s,
                                     "a derivative by `%s` that earlier passes of the loop were "
                                     "computed from (each pass would need one of higher order)",
                                     past->name->text->text));
}

/* ------------------------------------------------------------------------- paths */

static bool any_depends(struct lower *l, const struct targets *t, const struct lower_value *by)
{
    uint32_t count;
    const struct adc_node **marks = leaves_of(l, by, &count);
    for (uint32_t v = 0; v < t->value_count; v++)
        for (uint32_t m = 0; m < count; m++)
            if (lower_depends(l, t->values[v], marks[m])) return true;
    return false;
}

/* Whether some value reads what a loop under way carries; it is looked at when that is known. */
static bool note_pasts(struct lower *l, const struct targets *t, const struct lower_value *by,
                       struct lower_past past)
{
    uint32_t count;
    bool noted = false;
    const struct adc_node **marks = leaves_of(l, by, &count);
    for (uint32_t v = 0; v < t->value_count; v++)
        for (uint32_t m = 0; m < count; m++) {
            past.value = t->values[v];
            past.mark = marks[m];
            noted |= note_past(l, past);
        }
    return noted;
}

/* Each name must have a path to the value; where there is none the derivative is zero. */
static void check_paths(struct lower *l, const struct ast *call, const struct targets *t)
{
    const struct ast *target = call->child[2];
    uint32_t names = target->kind == AST_TUPLE ? target->count : 1;
    for (uint32_t n = 0; n < names; n++) {
        const struct ast *name = target->kind == AST_TUPLE ? target->child[n] : target;
        const struct lower_value *by = lower_cell(l, name->symbol)->value;
        struct lower_past past = {.call = call, .name = name};
        past.direct = any_depends(l, t, by);
        if (note_pasts(l, t, by, past) || past.direct) continue;
        report_independent(l, call, name, t->values[0]);
    }
}

/* ------------------------------------------------------------------------ nodes */

static const struct adc_node *added(struct lower *l, const struct adc_node *sum,
                                    const struct adc_node *term)
{
    if (!sum || !term) return sum ? sum : term;
    if (sum->rank) return adc_join(l->graph, sum, term);
    return adc_apply2(l->graph, ADC_OP_ADD, sum, lower_convert_node(l, term, sum->type));
}

static const struct adc_node *or_zero(struct lower *l, const struct adc_node *node,
                                      const struct adc_node *like)
{
    return node ? node : adc_zero_like(l->graph, like);
}

const struct adc_node *lower_derivative(struct lower *l, enum adc_op op,
                                        const struct adc_node *value, const struct adc_node *mark,
                                        const struct adc_node *weight)
{
    const struct adc_node *in[] = {value, mark, weight};
    unsigned count = weight ? 3 : 2;
    if (reads_past(l, value, mark)) return adc_apply_through(l->graph, op, in, count);
    return lower_depends(l, value, mark) ? adc_apply(l->graph, op, in, count) : NULL;
}

static const struct adc_node *jvp(struct lower *l, const struct adc_node *y,
                                  const struct targets *t)
{
    const struct adc_node *sum = NULL;
    for (uint32_t m = 0; m < t->count; m++)
        sum = added(l, sum, lower_derivative(l, ADC_OP_JVP, y, t->marks[m], t->weights[m]));
    return sum;
}

static const struct adc_node *vjp(struct lower *l, const struct targets *t,
                                  const struct adc_node *mark)
{
    const struct adc_node *sum = NULL;
    for (uint32_t v = 0; v < t->value_count; v++)
        sum = added(l, sum, lower_derivative(l, ADC_OP_VJP, t->values[v], mark, t->weights[v]));
    return sum;
}

/* The derivative with respect to leaf `m` of x, or (jvp) the tangent of leaf `m` of y. */
static const struct adc_node *derivative(struct lower *l, enum builtin_kind kind,
                                         const struct targets *t, uint32_t m)
{
    if (kind == BUILTIN_JVP) return jvp(l, t->values[m], t);
    if (kind == BUILTIN_VJP) return vjp(l, t, t->marks[m]);
    const struct adc_node *gradient =
        lower_derivative(l, ADC_OP_GRAD, t->values[0], t->marks[m], NULL);
    if (kind == BUILTIN_GRAD || !gradient) return gradient;
    return jvp(l, gradient, t);
}

const struct lower_value *lower_like(struct lower *l, const struct lower_value *like,
                                     const struct adc_node ***leaves)
{
    if (like->node) return lower_scalar(l, *(*leaves)++);
    if (like->array) return lower_stored(l, *(*leaves)++);
    struct lower_value *made = lower_record(l, like->count);
    for (uint32_t i = 0; i < like->count; i++)
        made->field[i] = lower_like(l, like->field[i], leaves);
    return made;
}

static const struct lower_value *differentiated(struct lower *l, const struct ast *call,
                                                enum builtin_kind kind,
                                                const struct lower_value *value,
                                                const struct lower_value *weight)
{
    struct targets t = {.count = 0};
    const struct lower_value *by = target_value(l, call->child[2]);
    t.marks = leaves_of(l, by, &t.count);
    if (kind == BUILTIN_JACOBIAN) {
        t.value_count = lower_leaf_count(value);
        t.values = ADC_NEW_ARRAY(l->arena, const struct adc_node *, t.value_count);
        put_elements(value, t.values);
    } else {
        t.values = leaves_of(l, value, &t.value_count);
    }
    if (weight) {
        uint32_t count;
        t.weights = leaves_of(l, weight, &count);
    }
    check_paths(l, call, &t);
    if (kind == BUILTIN_JACOBIAN) return lower_jacobian(l, value, by);
    if (kind == BUILTIN_HESSIAN) return lower_hessian(l, t.values[0], by);
    const struct lower_value *like = kind == BUILTIN_JVP ? value : by;
    const struct adc_node **like_leaves = kind == BUILTIN_JVP ? t.values : t.marks;
    uint32_t count = kind == BUILTIN_JVP ? t.value_count : t.count;
    const struct adc_node **leaves = ADC_NEW_ARRAY(l->arena, const struct adc_node *, count);
    for (uint32_t m = 0; m < count; m++)
        leaves[m] = or_zero(l, derivative(l, kind, &t, m), like_leaves[m]);
    for (uint32_t m = 0; m < count; m++) lower_check_depth(l, leaves[m]);
    return lower_like(l, like, &leaves);
}

struct ast *lower_step_derivative(struct lower *l, struct ast *call, uint32_t i,
                                  const struct builtin *row)
{
    if (i == 2) return AST_SKIP; /* a name, read when its value is needed */
    if (i < call->count) return call->child[i];
    const struct lower_value *weight = call->count > 3 ? lower_pop(l) : NULL;
    const struct lower_value *value = lower_pop(l);
    struct sema_types *types = &l->module->types;
    value = lower_convert(l, value, sema_plain(types, call->child[1]->type));
    const struct sema_type *like = call->child[row->kind == BUILTIN_VJP ? 1 : 2]->type;
    if (weight) weight = lower_convert(l, weight, sema_plain(types, like));
    l->graph->span = call->span;
    lower_push(l, differentiated(l, call, row->kind, value, weight));
    return NULL;
}
