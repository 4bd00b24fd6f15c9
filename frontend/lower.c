/* Lowering one function as an entry: its parameters, its body, its results. */
#include "frontend/lower.h"

#include <string.h>

/* Kinds that no checked program holds (they have no meaning yet, or were errors). */
static struct ast *step_never(struct lower *l, struct ast *node, uint32_t i)
{
    (void)node;
    (void)i;
    ADC_INVARIANT(false, l->graph);
    return NULL;
}

static lower_step *const steps[AST_KIND_COUNT] = {
    [AST_BLOCK] = lower_step_block,       [AST_ATTRIBUTED] = lower_step_attributed,
    [AST_LET] = lower_step_let,           [AST_LETTUPLE] = lower_step_lettuple,
    [AST_MUT] = lower_step_let,           [AST_ASSIGN] = lower_step_assign,
    [AST_REQUIRE] = lower_step_require,   [AST_IFSTMT] = lower_step_if,
    [AST_INT] = lower_step_literal,       [AST_REAL] = lower_step_literal,
    [AST_TRUE] = lower_step_literal,      [AST_FALSE] = lower_step_literal,
    [AST_NAME] = lower_step_name,         [AST_CALL] = lower_step_call,
    [AST_FIELD] = lower_step_field,       [AST_TUPLE] = lower_step_tuple,
    [AST_NAMED] = lower_step_first,       [AST_IF] = lower_step_if,
    [AST_NEG] = lower_step_neg,           [AST_NOT] = lower_step_not,
    [AST_POW] = lower_step_binary,        [AST_MUL] = lower_step_binary,
    [AST_DIV] = lower_step_binary,        [AST_IDIV] = lower_step_binary,
    [AST_MOD] = lower_step_binary,        [AST_ADD] = lower_step_binary,
    [AST_SUB] = lower_step_binary,        [AST_EQ] = lower_step_binary,
    [AST_NE] = lower_step_binary,         [AST_LT] = lower_step_binary,
    [AST_LE] = lower_step_binary,         [AST_GT] = lower_step_binary,
    [AST_GE] = lower_step_binary,         [AST_AND] = lower_step_logic,
    [AST_OR] = lower_step_logic,          [AST_LIST] = lower_step_list,
    [AST_BINDER] = lower_step_binder,     [AST_RANGE] = lower_step_range,
    [AST_REDUCE] = lower_step_reduce,     [AST_BUILD] = lower_step_build,
    [AST_LETARRAY] = lower_step_letarray, [AST_INDEX] = lower_step_index,
    [AST_ARRAY] = lower_step_array,       [AST_TRANSPOSE] = lower_step_transpose,
    [AST_MATMUL] = lower_step_matmul,     [AST_LAMBDA] = lower_step_lambda,
    [AST_FOR] = lower_step_for,           [AST_REC] = lower_step_rec,
};

struct ast *lower_visit(void *visitor, struct ast *node, uint32_t i)
{
    lower_step *step = steps[node->kind];
    return step ? step(visitor, node, i) : step_never(visitor, node, i);
}

static const struct lower_value *walk(struct lower *l, struct ast *node)
{
    ast_walk(l->arena, node, lower_visit, l);
    return lower_pop(l);
}

/* ------------------------------------------------------------------- parameters */

static const struct lower_value *default_value(struct lower *l, const struct sema_symbol *parameter)
{
    struct ast *decl = parameter->decl;
    if (!decl || decl->count < 2 || !decl->child[1]) return NULL;
    const struct lower_value *value = lower_convert(l, walk(l, decl->child[1]), parameter->type);
    const struct lower_value *known = lower_known(l, value);
    if (!known)
        adc_diag_add(l->diags, ADC_E44, decl->child[1]->span,
                     "the default of `%s` cannot be computed when compiling",
                     parameter->name->text);
    return known;
}

static struct fe_override *override_of(const struct fe_options *options, const char *name)
{
    for (size_t i = 0; i < options->override_count; i++)
        if (strcmp(options->overrides[i].name, name) == 0) return &options->overrides[i];
    return NULL;
}

/* The value of --const NAME=VALUE; NULL after a message. */
static const struct lower_value *overridden(struct lower *l, const struct sema_symbol *parameter,
                                            struct fe_override *override)
{
    const struct sema_type *type = parameter->type;
    override->used = true;
    bool fits = type->kind == SEMA_SCALAR &&
                (type->scalar == override->type ||
                 (adc_type_is_real(type->scalar) && override->type != ADC_BOOL));
    if (!fits) {
        adc_diag_add(l->diags, ADC_E44, parameter->span, "`%s` is %s, but --const gives it %s",
                     parameter->name->text, sema_type_name(&l->s, type),
                     override->type == ADC_F64 ? "a real" : adc_type_name(override->type));
        return NULL;
    }
    const struct adc_node *node = adc_const(l->graph, override->type, override->value);
    return lower_scalar(l, lower_convert_node(l, node, type->scalar));
}

/* NULL after a message. */
static const struct lower_value *const_parameter(struct lower *l,
                                                 const struct sema_symbol *parameter,
                                                 const struct fe_options *options)
{
    const char *name = parameter->name->text;
    struct fe_override *override = override_of(options, name);
    const struct lower_value *value =
        override ? overridden(l, parameter, override) : default_value(l, parameter);
    if (!value && !override && !(parameter->decl->count > 1 && parameter->decl->child[1])) {
        struct adc_diag *diag = adc_diag_add(l->diags, ADC_E44, parameter->span,
                                             "`const %s` needs a value when compiling", name);
        if (sema_is_tensor(parameter->type)) adc_diag_help(l->diags, diag, "a default");
        else adc_diag_help(l->diags, diag, "--const %s=VALUE, or a default", name);
    }
    return value;
}

static enum adc_kind kind_of(const struct sema_symbol *parameter)
{
    if (parameter->param == AST_PARAM_VAR) return ADC_VAR;
    return parameter->param == AST_PARAM_DATA ? ADC_DATA : ADC_PLAIN;
}

/* Lengths of axes come first. */
static void define_dims(struct lower *l, const struct sema_function *function)
{
    for (size_t d = 0; d < function->dims.count; d++) {
        const struct sema_symbol *dim = function->dims.data[d];
        if (lower_cell(l, dim)->value) continue; /* of a constant */
        struct adc_parameter made = {.name = dim->name,
                                     .of = dim->name,
                                     .kind = ADC_DIM,
                                     .role = ADC_ROLE_PRIMAL,
                                     .type = ADC_INT,
                                     .span = dim->span};
        ADC_PUSH(l->arena, l->function->params, made);
        l->graph->span = dim->span;
        struct lower_cell *cell = lower_cell(l, dim);
        cell->symbol = dim;
        cell->value =
            lower_scalar(l, adc_param(l->graph, ADC_INT, (uint32_t)l->function->params.count - 1));
    }
}

static const struct lower_value *open_parameter(struct lower *l,
                                                const struct sema_symbol *parameter)
{
    struct adc_function *function = l->function;
    if (parameter->type->kind == SEMA_FUNCTION) {
        sema_refuse_function(&l->s, parameter->decl->span, "given from outside");
        return l->unit;
    }
    struct adc_parameter made = {.name = parameter->name,
                                 .of = parameter->name,
                                 .kind = kind_of(parameter),
                                 .role = ADC_ROLE_PRIMAL,
                                 .type = parameter->type->scalar,
                                 .span = parameter->span};
    if (parameter->type->kind != SEMA_SCALAR) return lower_open_array(l, parameter, &made);
    const struct lower_value *given = default_value(l, parameter);
    made.has_default = given != NULL;
    if (given) made.value = given->node->value;
    ADC_PUSH(l->arena, function->params, made);
    l->graph->span = parameter->span;
    return lower_scalar(l, adc_param(l->graph, made.type, (uint32_t)function->params.count - 1));
}

/* First of all: dimensions may be those of constant arrays. */
static void define_constant(struct lower *l, const struct sema_symbol *parameter,
                            const struct fe_options *options)
{
    const struct lower_value *value = const_parameter(l, parameter, options);
    if (!value) return; /* goes on as one that is given later */
    lower_cell(l, parameter)->value = lower_defined(l, parameter, value);
    lower_bind_shape(l, parameter);
}

static void define_parameters(struct lower *l, const struct sema_function *function,
                              const struct fe_options *options)
{
    for (uint32_t p = 0; p < function->param_count; p++)
        if (function->params[p]->param == AST_PARAM_CONST)
            define_constant(l, function->params[p], options);
    define_dims(l, function);
    for (uint32_t p = 0; p < function->param_count; p++) {
        const struct sema_symbol *parameter = function->params[p];
        struct lower_cell *cell = lower_cell(l, parameter);
        cell->symbol = parameter;
        if (cell->value)
            lower_expect_shape(l, parameter->decl->child[0], cell->value, parameter->decl);
        else cell->value = lower_defined(l, parameter, open_parameter(l, parameter));
    }
}

/* --------------------------------------------------------------------- the entry */

static void init(struct lower *l, struct fe_module *module, const struct sema_function *function)
{
    struct adc_arena *arena = module->arena;
    *l = (struct lower){.arena = arena, .diags = module->diags, .module = module};
    l->s = (struct sema){.arena = arena,
                         .names = module->names,
                         .diags = module->diags,
                         .module = module,
                         .types = &module->types,
                         .scope = &module->scope};
    l->memos.arena = l->statuses.arena = l->constants.arena = l->closures.arena = arena;
    l->unit = lower_record(l, 0);
    l->function = adc_function_new(arena, function->symbol->name);
    l->graph = l->function->graph;
    l->sizes.arena = arena;
    l->sizes.graph = l->graph;
    l->instance = ADC_NEW(arena, struct lower_instance);
    l->instance->runs = l->instance->always = true;
    lower_enter_frame(l, function, NULL);
}

static struct sema_function *find(const struct fe_module *module, const char *name)
{
    const struct sema_symbol *symbol = scope_find(&module->scope, adc_name_of(module->names, name));
    if (symbol && symbol->kind == SYMBOL_FUNCTION) return symbol->function;
    for (size_t i = 0; i < module->functions.count; i++)
        if (strcmp(module->functions.data[i]->symbol->name->text, name) == 0)
            return module->functions.data[i];
    return NULL;
}

/* Leaves behind what nothing needs: ints that became real constants, unused definitions. Parameters
 * stay. */
static void sweep(struct lower *l)
{
    const struct adc_graph *from = l->graph;
    struct adc_function *function = l->function;
    struct adc_graph *to = ADC_NEW(l->arena, struct adc_graph);
    size_t count = from->nodes.count;
    uint8_t *live = ADC_NEW_ARRAY(l->arena, uint8_t, count);
    const struct adc_node **map = ADC_NEW_ARRAY(l->arena, const struct adc_node *, count);
    adc_function_live(function, live);
    adc_graph_init(to, l->arena);
    for (size_t id = 0; id < count; id++) {
        const struct adc_node *node = from->nodes.data[id], *inputs[ADC_MAX_INPUTS];
        if (!live[id] && node->op != ADC_OP_PARAM) continue;
        for (unsigned i = 0; i < node->count; i++) inputs[i] = map[node->in[i]->id];
        map[id] = adc_copy(to, from, node, inputs);
    }
    for (size_t i = 0; i < function->results.count; i++) {
        struct adc_result *result = &function->results.data[i];
        result->nodes = adc_mapped(l->arena, result->nodes, result->count, map);
        result->sizes = adc_mapped(l->arena, result->sizes, result->size_count, map);
    }
    for (size_t i = 0; i < function->checks.count; i++) {
        struct adc_check *check = &function->checks.data[i];
        check->condition = map[check->condition->id];
    }
    for (size_t i = 0; i < function->params.count; i++) {
        struct adc_parameter *parameter = &function->params.data[i];
        parameter->shape = adc_mapped(l->arena, parameter->shape, parameter->rank, map);
        parameter->sizes = adc_mapped(l->arena, parameter->sizes, parameter->size_count, map);
    }
    function->graph = to;
}

/* Whether it can be lowered by itself although nothing calls it from outside. */
static bool stands_alone(const struct sema_function *function)
{
    for (uint32_t p = 0; p < function->param_count; p++) {
        const struct sema_symbol *parameter = function->params[p];
        bool has_default = parameter->decl->count > 1 && parameter->decl->child[1];
        bool constant = parameter->param == AST_PARAM_CONST;
        bool plain = parameter->type->kind == SEMA_SCALAR || sema_is_tensor(parameter->type);
        bool array_default = has_default && !constant && sema_is_tensor(parameter->type);
        if (!plain || array_default || (constant && !has_default)) return false;
    }
    return true;
}

bool fe_check_helpers(struct fe_module *module, const struct fe_options *options)
{
    uint32_t errors = module->diags->error_count;
    for (size_t i = 0; i < module->functions.count; i++) {
        const struct sema_function *function = module->functions.data[i];
        bool seen = function->exported || function->test || function->called || !function->decl;
        if (!seen && stands_alone(function))
            fe_lower(module, function->symbol->name->text, options);
    }
    return module->diags->error_count == errors;
}

/* `@derive(grad = loss)`: false after a message. */
static bool choose_result(struct lower *l, const struct sema_function *function)
{
    struct adc_function *made = l->function;
    const char **names = ADC_NEW_ARRAY(l->arena, const char *, made->results.count);
    const struct adc_name *of = function->of->child[0]->text;
    size_t count = 0;
    for (size_t i = 0; i < made->results.count; i++) {
        const struct adc_result *result = &made->results.data[i];
        if (!adc_type_is_real(result->type) || result->rank) continue;
        names[count++] = result->name->text;
        if (result->name == of) made->of = of;
    }
    if (made->of) return true;
    struct adc_diag *diag =
        adc_diag_add(l->diags, ADC_E49, function->of->span, "`%s` has no real scalar result `%s`",
                     made->name->text, of->text);
    const char *near = adc_nearest(of->text, names, count);
    if (near) adc_diag_help(l->diags, diag, "`%s = %s`", function->of->text->text, near);
    return false;
}

struct adc_function *fe_lower(struct fe_module *module, const char *name,
                              const struct fe_options *options)
{
    struct sema_function *function = find(module, name);
    uint32_t errors = module->diags->error_count;
    if (!function) return NULL;
    struct lower l;
    init(&l, module, function);
    l.unchecked = options->unchecked;
    l.explain = options->explain;
    struct adc_function *made = l.function;
    made->exported = function->exported;
    made->wanted = function->wanted;
    made->doc = function->doc;
    made->real = module->types.real;
    made->span = function->symbol->span;
    define_parameters(&l, function, options);
    const struct lower_value *value = walk(&l, function->body);
    l.graph->span = function->body->span;
    if (function->result->kind != SEMA_UNIT) {
        value = lower_convert(&l, value, function->result);
        if (function->declared) {
            const struct ast *written = function->decl->child[1];
            lower_expect_shape(&l, written, value, function->body);
            value = lower_as_stored(&l, written, value);
        }
        lower_add_results(&l, value, function->result);
    }
    ADC_PUSH(l.arena, l.instances, l.instance);
    lower_finish_checks(&l);
    lower_check_names(&l);
    if (module->diags->error_count != errors) return NULL;
    if (function->of && !choose_result(&l, function)) return NULL;
    sweep(&l);
    return made;
}
