/* Lowering of calls: built-ins become nodes, the file's functions are inlined, once for the same
 * arguments. */
#include "frontend/lower.h"

static const struct ast *value_of(const struct ast *argument)
{
    return argument->kind == AST_NAMED ? argument->child[0] : argument;
}

/* ------------------------------------------------------------------ arguments */

/* Arguments were lowered in the order written; here they are put in the order of the parameters. */
static void begin_call(struct lower *l, struct ast *node)
{
    const struct sema_function *callee = node->symbol->function;
    struct lower_call *call = ADC_NEW(l->arena, struct lower_call);
    call->outer = l->call;
    call->arguments = ADC_NEW_ARRAY(l->arena, const struct lower_value *, callee->param_count);
    call->places = ADC_NEW_ARRAY(l->arena, const struct ast *, callee->param_count);
    for (uint32_t a = node->count - 1; a > 0; a--) {
        const struct ast *argument = node->child[a];
        uint32_t p = argument->kind == AST_NAMED ? (uint32_t)argument->integer : a - 1;
        call->arguments[p] = lower_pop(l);
        call->places[p] = value_of(argument);
    }
    l->call = call;
}

static struct ast *default_of(const struct sema_symbol *parameter)
{
    return parameter->decl && parameter->decl->count > 1 ? parameter->decl->child[1] : NULL;
}

/* Defaults are constants, the same wherever the call stands, so no arm is around them. */
static struct ast *next_default(struct lower *l, const struct sema_function *callee)
{
    struct lower_call *call = l->call;
    if (call->in_default) {
        l->arm = call->arm;
        call->in_default = false;
        call->arguments[call->next] = lower_pop(l);
        call->places[call->next] = default_of(callee->params[call->next]);
    }
    while (call->next < callee->param_count && call->arguments[call->next]) call->next++;
    if (call->next == callee->param_count) return NULL;
    call->in_default = true;
    call->arm = l->arm;
    l->arm = NULL;
    return default_of(callee->params[call->next]);
}

static void report_not_constant(struct lower *l, const struct sema_function *callee,
                                const struct sema_symbol *parameter, const struct ast *place)
{
    struct adc_diag *diag =
        adc_diag_add(l->diags, ADC_E44, place->span,
                     "`%s` of `%s` is `const`; this argument is not known when compiling",
                     parameter->name->text, callee->symbol->name->text);
    if (diag->notes) return; /* met before, in another instance */
    adc_diag_note(l->diags, diag, parameter->span, "declared here");
}

/* Where a derivative comes from: follows what carries it to a parameter or a marked value. */
static const struct adc_node *origin(struct lower *l, const struct adc_node *node)
{
    while (node->op != ADC_OP_PARAM && node->op != ADC_OP_MARK) {
        unsigned i = 0;
        while (!lower_fact(l, node->in[i])->carries) i++;
        node = node->in[i];
    }
    return node;
}

static void check_data(struct lower *l, const struct sema_function *callee,
                       const struct sema_symbol *parameter, const struct lower_value *value,
                       const struct ast *place)
{
    if (!value->node) {
        for (uint32_t i = 0; i < value->count; i++)
            check_data(l, callee, parameter, value->field[i], place);
        return;
    }
    if (!lower_fact(l, value->node)->carries) return;
    struct adc_diag *diag =
        adc_diag_add(l->diags, ADC_E27, place->span,
                     "`%s` is `data` in `%s`, but this argument carries a derivative",
                     parameter->name->text, callee->symbol->name->text);
    const struct adc_node *from = origin(l, value->node);
    if (diag->notes) return;
    if (from->op == ADC_OP_PARAM) {
        const struct adc_parameter *var = &l->function->params.data[from->number];
        adc_diag_note(l->diags, diag, var->span, "from `var %s`", var->name->text);
    } else {
        adc_diag_note(l->diags, diag, l->graph->spans.data[from->id],
                      "from this value, which is differentiated by");
    }
    adc_diag_help(l->diags, diag, "drop `data`, or `stop_gradient(%s)`", sema_source(&l->s, place));
}

static void bind_arguments(struct lower *l, const struct sema_function *callee)
{
    struct lower_call *call = l->call;
    for (uint32_t p = 0; p < callee->param_count; p++) {
        const struct sema_symbol *parameter = callee->params[p];
        const struct ast *place = call->places[p];
        const struct lower_value *value = lower_convert(l, call->arguments[p], parameter->type);
        if (parameter->param == AST_PARAM_CONST) {
            const struct lower_value *known = lower_known(l, value);
            if (!known) report_not_constant(l, callee, parameter, place);
            value = known ? known : lower_zero(l, parameter->type);
        } else if (parameter->param == AST_PARAM_DATA) {
            check_data(l, callee, parameter, value, place);
        }
        call->arguments[p] = value;
    }
}

/* --------------------------------------------------------------------- inlining */

static uint32_t key_words(const struct sema_function *callee, const struct lower_call *call)
{
    uint32_t count = 1;
    for (uint32_t p = 0; p < callee->param_count; p++)
        count += lower_leaf_count(call->arguments[p]);
    return count;
}

static void make_key(struct lower *l, const struct sema_function *callee)
{
    struct lower_call *call = l->call;
    uint32_t count = key_words(callee, call);
    const struct adc_node **leaves = ADC_NEW_ARRAY(l->arena, const struct adc_node *, count);
    const struct adc_node **end = leaves;
    for (uint32_t p = 0; p < callee->param_count; p++) end = lower_leaves(call->arguments[p], end);
    call->key = ADC_NEW_ARRAY(l->arena, uint32_t, count);
    call->key[0] = callee->number;
    for (uint32_t k = 1; k < count; k++) call->key[k] = leaves[k - 1]->id;
}

static void enter(struct lower *l, const struct sema_function *callee)
{
    struct lower_frame *frame = ADC_NEW(l->arena, struct lower_frame);
    frame->outer = l->frame;
    frame->function = callee;
    frame->cells = ADC_NEW_ARRAY(l->arena, struct lower_cell, callee->slot_count);
    l->frame = frame;
    l->call->in_body = true;
    l->call->caller = l->instance;
    l->call->arm = l->arm;
    l->instance = ADC_NEW(l->arena, struct lower_instance);
    l->arm = NULL;
    for (uint32_t p = 0; p < callee->param_count; p++) {
        const struct sema_symbol *parameter = callee->params[p];
        struct lower_cell *cell = lower_cell(l, parameter);
        cell->symbol = parameter;
        cell->value = lower_defined(l, parameter, l->call->arguments[p]);
    }
}

static void end_call(struct lower *l, struct lower_instance *instance)
{
    lower_use(l, instance);
    lower_push(l, instance->value);
    l->call = l->call->outer;
}

static void leave(struct lower *l, const struct sema_function *callee)
{
    struct lower_call *call = l->call;
    struct lower_instance *instance = l->instance;
    instance->value = lower_convert(l, lower_pop(l), callee->result);
    lower_put(&l->memos, call->key, key_words(callee, call), instance);
    ADC_PUSH(l->arena, l->instances, instance);
    l->frame = l->frame->outer;
    l->instance = call->caller;
    l->arm = call->arm;
    end_call(l, instance);
}

static struct ast *inline_call(struct lower *l, struct ast *node)
{
    const struct sema_function *callee = node->symbol->function;
    if (l->call->in_body) {
        leave(l, callee);
        return NULL;
    }
    struct ast *first = next_default(l, callee);
    if (first) return first;
    bind_arguments(l, callee);
    make_key(l, callee);
    struct lower_instance *instance =
        lower_find(&l->memos, l->call->key, key_words(callee, l->call));
    if (instance) {
        end_call(l, instance);
        return NULL;
    }
    enter(l, callee);
    return callee->body;
}

/* -------------------------------------------------------------------- built-ins */

static const struct lower_value *stopped(struct lower *l, const struct lower_value *value)
{
    if (value->node)
        return adc_type_is_real(value->node->type)
                   ? lower_scalar(l, adc_apply1(l->graph, ADC_OP_STOP, value->node))
                   : value;
    struct lower_value *made = lower_record(l, value->count);
    for (uint32_t i = 0; i < value->count; i++) made->field[i] = stopped(l, value->field[i]);
    return made;
}

static void builtin_call(struct lower *l, const struct ast *node, const struct sema_symbol *symbol)
{
    const struct adc_node *arguments[3];
    l->graph->span = node->span;
    if (symbol->builtin->kind == BUILTIN_STOP) {
        lower_push(l, stopped(l, lower_convert(l, lower_pop(l), node->type)));
        return;
    }
    for (uint32_t a = node->count - 1; a-- > 0;) arguments[a] = lower_pop(l)->node;
    lower_push_node(l, lower_builtin(l, node, symbol, arguments));
}

struct ast *lower_step_call(struct lower *l, struct ast *node, uint32_t i)
{
    const struct sema_symbol *symbol = node->symbol ? node->symbol : node->child[0]->symbol;
    if (i == 0) return AST_SKIP;
    if (symbol->kind == SYMBOL_BUILTIN) {
        enum builtin_kind kind = symbol->builtin->kind;
        if (kind == BUILTIN_GRAD || kind == BUILTIN_JVP || kind == BUILTIN_VJP ||
            kind == BUILTIN_HVP)
            return lower_step_derivative(l, node, i, symbol->builtin);
    }
    if (i < node->count) return node->child[i];
    if (symbol->kind == SYMBOL_BUILTIN) {
        builtin_call(l, node, symbol);
        return NULL;
    }
    if (i == node->count) begin_call(l, node);
    l->graph->span = node->span;
    return inline_call(l, node);
}
