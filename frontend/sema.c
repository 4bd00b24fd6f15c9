/* The checker's entry points and its table of steps. */
#include "frontend/sema.h"

#include <string.h>

static sema_step *const steps[AST_KIND_COUNT] = {
    [AST_FILE] = sema_step_file,
    [AST_ITEM] = sema_step_item,
    [AST_ATTR] = sema_step_error,
    [AST_IMPORT] = sema_step_import,
    [AST_CONSTDEF] = sema_step_const,
    [AST_TYPEDEF] = sema_step_typedef,
    [AST_FN] = sema_step_fn,
    [AST_EXTERN] = sema_step_unsupported,
    [AST_PARAM] = sema_step_param,
    [AST_RULE] = sema_step_unsupported,
    [AST_LIST] = sema_step_list,
    [AST_TNAME] = sema_step_tname,
    [AST_TARRAY] = sema_step_tarray,
    [AST_TRECORD] = sema_step_trecord,
    [AST_FIELDDEF] = sema_step_fielddef,
    [AST_TFN] = sema_step_tfn,
    [AST_BLOCK] = sema_step_block,
    [AST_ATTRIBUTED] = sema_step_attributed,
    [AST_LET] = sema_step_let,
    [AST_LETARRAY] = sema_step_letarray,
    [AST_LETTUPLE] = sema_step_lettuple,
    [AST_MUT] = sema_step_mut,
    [AST_REC] = sema_step_rec,
    [AST_ASSIGN] = sema_step_assign,
    [AST_FOR] = sema_step_for,
    [AST_REQUIRE] = sema_step_require,
    [AST_IFSTMT] = sema_step_ifstmt,
    [AST_BINDER] = sema_step_binder,
    [AST_RANGE] = sema_step_range,
    [AST_INT] = sema_step_literal,
    [AST_REAL] = sema_step_literal,
    [AST_STRING] = sema_step_unsupported,
    [AST_TRUE] = sema_step_literal,
    [AST_FALSE] = sema_step_literal,
    [AST_NAME] = sema_step_name,
    [AST_CALL] = sema_step_call,
    [AST_REDUCE] = sema_step_reduce,
    [AST_BUILD] = sema_step_build,
    [AST_INDEX] = sema_step_index,
    [AST_ALL] = sema_step_unsupported,
    [AST_FIELD] = sema_step_field,
    [AST_TRANSPOSE] = sema_step_transpose,
    [AST_TUPLE] = sema_step_tuple,
    [AST_ARRAY] = sema_step_array,
    [AST_NAMED] = sema_step_named,
    [AST_IF] = sema_step_if,
    [AST_LAMBDA] = sema_step_lambda,
    [AST_LPARAM] = sema_step_lparam,
    [AST_NEG] = sema_step_unary,
    [AST_NOT] = sema_step_logic,
    [AST_POW] = sema_step_pow,
    [AST_MUL] = sema_step_binary,
    [AST_DIV] = sema_step_binary,
    [AST_MATMUL] = sema_step_matmul,
    [AST_IDIV] = sema_step_binary,
    [AST_MOD] = sema_step_binary,
    [AST_ADD] = sema_step_binary,
    [AST_SUB] = sema_step_binary,
    [AST_EQ] = sema_step_compare,
    [AST_NE] = sema_step_compare,
    [AST_LT] = sema_step_compare,
    [AST_LE] = sema_step_compare,
    [AST_GT] = sema_step_compare,
    [AST_GE] = sema_step_compare,
    [AST_AND] = sema_step_logic,
    [AST_OR] = sema_step_logic,
    [AST_ERROR] = sema_step_error,
};

struct ast *sema_visit(void *visitor, struct ast *node, uint32_t i)
{
    return steps[node->kind](visitor, node, i);
}

static struct fe_module *new_module(struct sema *s, struct ast *tree,
                                    const struct fe_options *options)
{
    struct fe_module *module = ADC_NEW(s->arena, struct fe_module);
    module->arena = s->arena;
    module->names = s->names;
    module->diags = s->diags;
    module->tree = tree;
    sema_types_init(&module->types, s->arena, options->real);
    scope_init(&module->scope, s->arena, s->names, &module->types);
    s->module = module;
    s->types = &module->types;
    s->scope = &module->scope;
    return module;
}

static void check_unit(struct sema *s, const struct module_unit *unit)
{
    scope_forget_globals(s->scope);
    s->imported.count = 0;
    s->in_import = unit->tree != s->module->tree;
    sema_declare(s, unit->tree);
    ast_walk(s->arena, unit->tree, sema_visit, s);
    if (s->in_import) sema_publish(s, unit);
}

struct fe_module *fe_check(struct adc_arena *arena, struct adc_names *names,
                           struct adc_diags *diags, struct ast *file,
                           const struct fe_options *options)
{
    struct sema s = {.arena = arena, .names = names, .diags = diags};
    uint32_t errors = diags->error_count;
    struct fe_module *module = new_module(&s, file, options);
    struct modules *files = &module->files;
    *files = (struct modules){
        .arena = arena, .names = names, .diags = diags, .loader = &options->loader};
    modules_load(files, file);
    if (diags->error_count != errors) return NULL;
    for (size_t i = 0; i < files->order.count; i++) check_unit(&s, files->order.data[i]);
    sema_finish_lambdas(&s);
    files->loader = NULL; /* the caller's */
    if (diags->error_count != errors) return NULL;
    sema_report_unused(&s);
    return module;
}

/* ------------------------------------------------------------------------ eval */

/* `z = e` at the end gives the function its name; it is then the value `e`. */
static const struct adc_name *name_of_body(struct sema *s, struct ast *body)
{
    const struct adc_name *name = adc_name_of(s->names, "eval");
    if (body->count == 0) return name;
    struct ast *last = body->child[body->count - 1];
    if (last->kind != AST_ASSIGN || last->flag != AST_SET || last->child[0]->kind != AST_NAME)
        return name;
    body->child[body->count - 1] = last->child[1];
    return last->child[0]->text;
}

static void define_parameters(struct sema *s, struct sema_function *function,
                              struct ast *parameters)
{
    if (!parameters) return;
    function->params = ADC_NEW_ARRAY(s->arena, struct sema_symbol *, parameters->count);
    ast_walk(s->arena, parameters, sema_visit, s);
}

/* All in one message: the parameters have no place of their own in the text. */
static void report_unused(struct sema *s, const struct sema_function *function)
{
    struct adc_text names;
    adc_text_init(&names, s->arena);
    uint32_t count = 0;
    for (uint32_t i = 0; i < function->param_count; i++) {
        if (function->params[i]->used) continue;
        adc_text_format(&names, count++ ? ", `%s`" : "`%s`", function->params[i]->name->text);
    }
    if (count)
        adc_diag_add(s->diags, ADC_E43, function->body->span,
                     count == 1 ? "%s is given a value but does not occur here"
                                : "%s are given values but do not occur here",
                     names.data);
}

/* Behind other errors a use may not have been seen. */
static bool only_missing_names(const struct adc_diags *diags, size_t first)
{
    for (size_t i = first; i < diags->list.count; i++)
        if (diags->list.data[i]->severity == ADC_ERROR && diags->list.data[i]->code != ADC_E07)
            return false;
    return true;
}

struct fe_module *fe_check_body(struct adc_arena *arena, struct adc_names *names,
                                struct adc_diags *diags, const struct fe_body *text,
                                const struct fe_options *options)
{
    struct sema s = {.arena = arena, .names = names, .diags = diags};
    uint32_t errors = diags->error_count;
    size_t first = diags->list.count;
    struct fe_module *module = new_module(&s, text->body, options);
    const struct adc_name *name = name_of_body(&s, text->body);
    struct sema_symbol *symbol = scope_symbol(s.scope, SYMBOL_FUNCTION, name, text->body->span);
    struct sema_function *function = sema_new_function(&s, symbol, text->body);
    sema_enter(&s, symbol, function);
    define_parameters(&s, function, text->parameters);
    ast_walk(arena, text->body, sema_visit, &s);
    if (text->body->type->kind == SEMA_UNIT)
        adc_diag_add(diags, ADC_E20, text->body->span,
                     "there is nothing to evaluate: the text ends without a value");
    else sema_finish_function(&s, function);
    if (!s.skipped && only_missing_names(diags, first)) report_unused(&s, function);
    sema_leave(&s);
    sema_finish_lambdas(&s);
    if (diags->error_count == errors) sema_report_unused(&s);
    return diags->error_count == errors ? module : NULL;
}

/* ------------------------------------------------------------------- the module */

const struct fe_entry *fe_functions(const struct fe_module *module, size_t *count)
{
    *count = module->entries.count;
    return module->entries.data;
}

struct ast *fe_tree(const struct fe_module *module)
{
    return module->tree;
}

void fe_type_text(const struct sema_type *type, struct adc_text *out)
{
    sema_type_text(type, out);
}
