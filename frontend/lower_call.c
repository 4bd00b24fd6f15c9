/* Lowering of calls: built-ins become nodes, the file's functions are inlined, once for the same
 * arguments. */
#include "frontend/lower.h"

static const struct ast *value_of(const struct ast *argument)
{
    return argument->kind == AST_NAMED ? argument->child[0] : argument;
}

/* ------------------------------------------------------------------ arguments */

/* The function that the text says is called; NULL: it is known by its value alone. */
static const struct sema_symbol *function_of(const struct ast *call)
{
    const struct sema_symbol *symbol = call->symbol ? call->symbol : call->child[0]->symbol;
    return symbol && symbol->kind == SYMBOL_FUNCTION ? symbol : NULL;
}

/* Arguments were lowered in the order written; here they are put in the order of the parameters. */
static void begin_call(struct lower *l, struct ast *node)
{
    struct lower_call *call = ADC_NEW(l->arena, struct lower_call);
    const struct sema_symbol *symbol = function_of(node);
    const struct lower_value *value = NULL;
    const struct ast *written = node->child[0];
    if (written->kind == AST_LAMBDA) value = l->values.data[l->values.count - node->count];
    else if (written->symbol->kind != SYMBOL_FUNCTION)
        value = lower_cell(l, written->symbol)->value;
    if (value) call->closure = value->closure;
    const struct sema_function *callee = symbol ? symbol->function : call->closure->version;
    call->callee = callee;
    call->outer = l->call;
    call->arguments = ADC_NEW_ARRAY(l->arena, const struct lower_value *, callee->param_count);
    call->places = ADC_NEW_ARRAY(l->arena, const struct ast *, callee->param_count);
    for (uint32_t a = node->count - 1; a > 0; a--) {
        const struct ast *argument = node->child[a];
        uint32_t p = argument->kind == AST_NAMED ? (uint32_t)argument->integer : a - 1;
        call->arguments[p] = lower_pop(l);
        call->places[p] = value_of(argument);
    }
    if (written->kind == AST_LAMBDA) lower_pop(l);
    l->call = call;
    if (call->closure) lower_keep_contracts(l, NULL, node);
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

static void check_data(struct lower *l, const struct sema_function *callee,
                       const struct sema_symbol *parameter, const struct lower_value *value,
                       const struct ast *place)
{
    const struct adc_node *node = value->array ? value->array->body : value->node;
    if (!node) {
        for (uint32_t i = 0; i < value->count; i++)
            check_data(l, callee, parameter, value->field[i], place);
        return;
    }
    const struct adc_node *from = lower_origin(l, node);
    if (!from) return;
    struct adc_diag *diag =
        adc_diag_add(l->diags, ADC_E27, place->span,
                     "`%s` is `data` in `%s`, but this argument carries a derivative",
                     parameter->name->text, callee->symbol->name->text);
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
            if (known) value = known;
            else if (!value->array) value = lower_zero(l, parameter->type);
        } else if (parameter->param == AST_PARAM_DATA) {
            check_data(l, callee, parameter, value, place);
        }
        call->arguments[p] = value;
    }
}

/* --------------------------------------------------------------------- inlining */

/* A scalar is its node, an array its element and indices. */
uint32_t lower_key_words(const struct lower_value *value)
{
    uint32_t count = 0;
    if (value->node) return 1;
    if (value->array) return 1 + 2 * value->array->rank;
    if (value->closure) return 1;
    for (uint32_t i = 0; i < value->count; i++) count += lower_key_words(value->field[i]);
    return count;
}

uint32_t *lower_put_key(uint32_t *key, const struct lower_value *value)
{
    const struct lower_array *array = value->array;
    if (value->node) *key++ = value->node->id;
    if (value->closure) *key++ = value->closure->id;
    if (array) *key++ = array->body->id;
    for (unsigned i = 0; array && i < array->rank; i++) {
        *key++ = array->index[i]->id;
        *key++ = array->shape[i]->id;
    }
    for (uint32_t i = 0; i < value->count; i++) key = lower_put_key(key, value->field[i]);
    return key;
}

static void make_key(struct lower *l, const struct sema_function *callee)
{
    struct lower_call *call = l->call;
    call->key_count = 2;
    for (uint32_t p = 0; p < callee->param_count; p++)
        call->key_count += lower_key_words(call->arguments[p]);
    call->key = ADC_NEW_ARRAY(l->arena, uint32_t, call->key_count);
    call->key[0] = callee->number;
    call->key[1] = call->closure ? call->closure->id : 0;
    uint32_t *end = call->key + 2;
    for (uint32_t p = 0; p < callee->param_count; p++) end = lower_put_key(end, call->arguments[p]);
}

static void enter(struct lower *l, const struct sema_function *callee)
{
    lower_enter_frame(l, callee, l->call->closure);
    l->call->in_body = true;
    l->call->caller = l->instance;
    l->call->arm = l->arm;
    l->instance = ADC_NEW(l->arena, struct lower_instance);
    if (l->call->closure) l->instance->around = l->call->closure->around;
    l->arm = NULL;
    for (uint32_t p = 0; p < callee->param_count; p++) {
        const struct sema_symbol *parameter = callee->params[p];
        struct lower_cell *cell = lower_cell(l, parameter);
        const struct adc_indices *free = lower_free(l, l->call->arguments[p]);
        l->instance->around = adc_indices_union(l->graph, l->instance->around, free);
        cell->symbol = parameter;
        cell->value = l->call->arguments[p];
        if (!parameter->implied) cell->value = lower_defined(l, parameter, cell->value);
    }
    lower_bind_dims(l, l->call->places);
    for (uint32_t p = 0; p < callee->param_count; p++) {
        struct lower_cell *cell = lower_cell(l, callee->params[p]);
        if (cell->value->closure) cell->value = lower_promised(l, callee->params[p], cell->value);
    }
}

static void end_call(struct lower *l, const struct ast *node, struct lower_instance *instance)
{
    const struct lower_value *value = instance->value;
    lower_use(l, instance);
    if (l->call->closure) {
        lower_keep_contracts(l, value, node);
        value = lower_convert(l, value, node->type);
    }
    lower_push(l, value);
    l->call = l->call->outer;
}

static void leave(struct lower *l, const struct ast *node)
{
    struct lower_call *call = l->call;
    const struct sema_function *callee = call->callee;
    struct lower_instance *instance = l->instance;
    instance->value = lower_convert(l, lower_pop(l), callee->result);
    if (callee->declared)
        lower_expect_shape(l, callee->decl->child[1], instance->value, callee->body);
    lower_put(&l->memos, call->key, call->key_count, instance);
    ADC_PUSH(l->arena, l->instances, instance);
    l->frame = l->frame->outer;
    l->instance = call->caller;
    l->arm = call->arm;
    end_call(l, node, instance);
}

static struct ast *inline_call(struct lower *l, struct ast *node)
{
    const struct sema_function *callee = l->call->callee;
    if (l->call->in_body) {
        leave(l, node);
        return NULL;
    }
    struct ast *first = next_default(l, callee);
    if (first) return first;
    bind_arguments(l, callee);
    make_key(l, callee);
    struct lower_instance *instance = lower_find(&l->memos, l->call->key, l->call->key_count);
    if (instance) {
        end_call(l, node, instance);
        return NULL;
    }
    enter(l, callee);
    return callee->body;
}

/* -------------------------------------------------------------------- built-ins */

static const struct adc_node *stop_element(struct lower *l, const void *context,
                                           const struct adc_node *const *elements)
{
    (void)context;
    return adc_apply1(l->graph, ADC_OP_STOP, elements[0]);
}

static const struct lower_value *stopped(struct lower *l, const struct lower_value *value)
{
    if (value->array)
        return adc_type_is_real(value->array->type)
                   ? lower_map(l, NULL, &value, 1, stop_element, NULL)
                   : value;
    if (value->node)
        return adc_type_is_real(value->node->type)
                   ? lower_scalar(l, adc_apply1(l->graph, ADC_OP_STOP, value->node))
                   : value;
    struct lower_value *made = lower_record(l, value->count);
    for (uint32_t i = 0; i < value->count; i++) made->field[i] = stopped(l, value->field[i]);
    return made;
}

struct elementwise {
    const struct ast *call;
    const struct sema_symbol *symbol;
};

static const struct adc_node *element_call(struct lower *l, const void *context,
                                           const struct adc_node *const *elements)
{
    const struct elementwise *e = context;
    return lower_builtin(l, e->call, e->symbol, elements);
}

/* Whether the built-in sees arrays as a whole: so does max(x), but not max(x, y). */
static bool takes_whole(const struct ast *call, const struct builtin *row)
{
    bool reduces = row->reduction != BUILTIN_NO_REDUCTION && call->count == 2;
    return row->kind == BUILTIN_ARRAY || row->kind == BUILTIN_REDUCTION || reduces;
}

static void builtin_call(struct lower *l, const struct ast *node, const struct sema_symbol *symbol)
{
    uint32_t count = node->count - 1;
    const struct lower_value **arguments =
        ADC_NEW_ARRAY(l->arena, const struct lower_value *, count);
    const struct adc_node *nodes[3];
    const struct elementwise elementwise = {node, symbol};
    bool arrays = false;
    l->graph->span = node->span;
    if (symbol->builtin->kind == BUILTIN_STOP) {
        lower_push(l, stopped(l, lower_convert(l, lower_pop(l), node->type)));
        return;
    }
    for (uint32_t a = count; a-- > 0;) {
        arguments[a] = lower_pop(l);
        arrays |= arguments[a]->array != NULL;
    }
    if (takes_whole(node, symbol->builtin)) {
        lower_push(l, lower_whole_builtin(l, node, symbol->builtin, arguments));
        return;
    }
    if (arrays) {
        lower_push(l, lower_map(l, node, arguments, count, element_call, &elementwise));
        return;
    }
    for (uint32_t a = 0; a < count; a++) nodes[a] = arguments[a]->node;
    lower_push_node(l, lower_builtin(l, node, symbol, nodes));
}

struct ast *lower_step_call(struct lower *l, struct ast *node, uint32_t i)
{
    const struct sema_symbol *symbol = node->symbol ? node->symbol : node->child[0]->symbol;
    if (i == 0) return node->child[0]->kind == AST_LAMBDA ? node->child[0] : AST_SKIP;
    if (symbol->kind == SYMBOL_BUILTIN && builtin_is_derivative(symbol->builtin))
        return lower_step_derivative(l, node, i, symbol->builtin);
    if (i < node->count) return node->child[i];
    if (symbol->kind == SYMBOL_BUILTIN) {
        builtin_call(l, node, symbol);
        return NULL;
    }
    if (i == node->count) begin_call(l, node);
    l->graph->span = node->span;
    return inline_call(l, node);
}
