/* Functions as arguments and as what a `let` names: their types, lambdas, what lambdas capture.
 *
 * They are second class: called, bound by `let`, passed on, nothing else. The name of a function
 * becomes the lambda that calls it, so a lambda is the one form there is.
 *
 * A lambda whose parameters have no types waits for its calls: each list of types gives a version,
 * a copy of the text that is checked as if it stood where the lambda does. Since visible names are
 * not redefined, it is enough to hide what came after it. */
#include "frontend/sema.h"

#include <stdlib.h>

void sema_refuse_function(struct sema *s, struct adc_span span, const char *what)
{
    struct adc_diag *diag = adc_diag_add(s->diags, ADC_E24, span, "a function cannot be %s", what);
    adc_diag_help(s->diags, diag, "a function is called, named by `let` or passed on");
}

void sema_no_function(struct sema *s, struct ast *value, const char *what)
{
    if (value->type->kind != SEMA_FUNCTION) return;
    sema_refuse_function(s, value->span, what);
    value->type = &s->types->error;
}

/* ------------------------------------------------------------------------ types */

struct ast *sema_step_tfn(struct sema *s, struct ast *node, uint32_t i)
{
    if (i < node->count) return node->child[i];
    struct sema_field *fields = ADC_NEW_ARRAY(s->arena, struct sema_field, node->count);
    node->type = &s->types->error;
    for (uint32_t c = 0; c < node->count; c++) {
        const struct sema_type *type = node->child[c]->type;
        if (type->kind == SEMA_ERROR) return NULL;
        fields[c ? c - 1 : node->count - 1].type = type;
    }
    const struct sema_type *result = fields[node->count - 1].type;
    if (result->kind == SEMA_FUNCTION) {
        sema_refuse_function(s, node->child[0]->span, "the result of a function");
        return NULL;
    }
    const struct sema_type *type = sema_function_type(s->types, fields, node->count - 1);
    if (type) node->type = type;
    else
        adc_diag_add(s->diags, ADC_E37, node->span,
                     "this type is nested deeper than %d or has more than %d scalars",
                     SEMA_MAX_DEPTH, SEMA_MAX_LEAVES);
    return NULL;
}

/* --------------------------------------------------- names of functions as lambdas */

static struct ast *new_node(struct sema *s, enum ast_kind kind, struct adc_span span,
                            uint32_t count)
{
    struct ast *node = adc_arena_alloc(s->arena, sizeof(struct ast) + count * sizeof(struct ast *));
    node->kind = kind;
    node->span = node->at = span;
    node->count = count;
    return node;
}

/* `f` as `fn(<0>, <1>) => f(<0>, <1>)`; these names cannot be written. */
static struct ast *lambda_of(struct sema *s, struct ast *callee, uint32_t count)
{
    struct ast *lambda = new_node(s, AST_LAMBDA, callee->span, count + 1);
    struct ast *call = new_node(s, AST_CALL, callee->span, count + 1);
    call->child[0] = callee;
    for (uint32_t p = 0; p < count; p++) {
        const struct adc_name *name = adc_name_of(s->names, sema_format(s, "<%u>", p));
        lambda->child[p] = new_node(s, AST_LPARAM, callee->span, 1);
        call->child[p + 1] = new_node(s, AST_NAME, callee->span, 0);
        lambda->child[p]->text = call->child[p + 1]->text = name;
    }
    lambda->child[count] = call;
    return lambda;
}

static struct sema_symbol *symbol_of(struct sema *s, const struct ast *node)
{
    if (node->kind == AST_NAME) return scope_find(s->scope, node->text);
    if (node->kind != AST_FIELD) return NULL;
    const char *path = node->text->text;
    for (node = node->child[0]; node->kind == AST_FIELD; node = node->child[0])
        path = sema_format(s, "%s.%s", node->text->text, path);
    if (node->kind != AST_NAME) return NULL;
    path = sema_format(s, "%s.%s", node->text->text, path);
    const struct sema_symbol *module = scope_find(s->scope, node->text);
    bool found = module && module->kind == SYMBOL_MODULE;
    return found ? sema_find_path(s, adc_name_of(s->names, path)) : NULL;
}

/* Counts of the arguments that a function can be called with. */
struct arity {
    uint32_t least, most;
};

static struct arity builtin_arity(const struct builtin *row, uint32_t wanted)
{
    if (row->op == ADC_OP_COUNT) return (struct arity){wanted, wanted};
    uint32_t count = adc_op_info(row->op)->arity;
    return (struct arity){count, count};
}

static struct arity declared_arity(const struct sema_symbol *symbol)
{
    const struct ast *params = symbol->decl->child[0];
    struct arity arity = {0, params->count};
    for (uint32_t p = 0; p < params->count; p++) {
        const struct ast *param = params->child[p];
        if (param->kind == AST_PARAM && !(param->count > 1 && param->child[1])) arity.least = p + 1;
    }
    return arity;
}

/* Whether the symbol names a function that is no value yet, and how it is called. */
static bool names_function(const struct sema_symbol *symbol, uint32_t wanted, struct arity *arity)
{
    if (!symbol) return false;
    if (symbol->kind == SYMBOL_FUNCTION && symbol->decl) {
        *arity = declared_arity(symbol);
        return true;
    }
    if (symbol->lambda) {
        uint32_t count = symbol->lambda->node->count - 1;
        *arity = (struct arity){count, count};
        return true;
    }
    if (symbol->kind != SYMBOL_BUILTIN) return false;
    switch (symbol->builtin->kind) {
    case BUILTIN_CONSTANT:
    case BUILTIN_GRAD:
    case BUILTIN_JVP:
    case BUILTIN_VJP:
    case BUILTIN_HVP:
    case BUILTIN_LATER:
    case BUILTIN_FOREIGN: return false;
    default: *arity = builtin_arity(symbol->builtin, wanted); return true;
    }
}

static void report_arity(struct sema *s, const struct ast *value, const struct sema_symbol *symbol,
                         uint32_t wanted, uint32_t has)
{
    struct adc_diag *diag = adc_diag_add(
        s->diags, ADC_E20, value->span, "a function of %u argument%s is needed here; `%s` has %u",
        wanted, wanted == 1 ? "" : "s", sema_source(s, value), has);
    if (symbol && symbol->span.end)
        adc_diag_note(s->diags, diag, symbol->span, "`%s` is defined here", symbol->name->text);
}

void sema_prepare_function(struct sema *s, struct ast **value, const struct sema_type *type)
{
    struct ast *node = *value;
    bool typed = type->kind == SEMA_FUNCTION;
    uint32_t wanted = typed ? type->count - 1 : 1;
    struct arity arity;
    if (node->kind == AST_LAMBDA) {
        node->type = type;
        if (typed && node->count - 1 != wanted)
            report_arity(s, node, NULL, wanted, node->count - 1);
        return;
    }
    struct sema_symbol *symbol = symbol_of(s, node);
    if (!names_function(symbol, wanted, &arity)) return;
    if (!typed) wanted = arity.least;
    if (wanted < arity.least || wanted > arity.most) {
        report_arity(s, node, symbol, wanted, wanted < arity.least ? arity.least : arity.most);
        symbol->used = true;
        *value = new_node(s, AST_ERROR, node->span, 0);
        return;
    }
    *value = lambda_of(s, node, wanted);
    (*value)->type = type;
}

/* ---------------------------------------------------------------------- lambdas */

bool sema_is_open(const struct ast *lambda)
{
    bool typed = lambda->type && lambda->type->kind == SEMA_FUNCTION;
    for (uint32_t p = 0; p + 1 < lambda->count; p++)
        if (!lambda->child[p]->child[0] && !typed) return true;
    return false;
}

static struct sema_lambda *new_lambda(struct sema *s, struct ast *node)
{
    struct sema_lambda *lambda = ADC_NEW(s->arena, struct sema_lambda);
    lambda->node = node;
    lambda->within = s->frame->version;
    lambda->serial = s->serials;
    lambda->floor = s->frame->floor;
    lambda->number = s->module->function_count++;
    ADC_PUSH(s->arena, s->lambdas, lambda);
    return lambda;
}

/* The parameters' types are those at `types`, where they are not written. */
static struct sema_function *new_version(struct sema *s, struct sema_lambda *lambda,
                                         struct ast *node, const struct sema_field *types)
{
    struct sema_function *version = ADC_NEW(s->arena, struct sema_function);
    const struct adc_name *name = adc_name_of(s->names, sema_source(s, node));
    version->symbol = scope_symbol(s->scope, SYMBOL_FUNCTION, name, node->span);
    version->symbol->function = version;
    version->symbol->state = STATE_DONE;
    version->symbol->type = &s->types->error;
    version->lambda = lambda;
    version->body = node->child[node->count - 1];
    version->result = &s->types->error;
    version->params = ADC_NEW_ARRAY(s->arena, struct sema_symbol *, node->count);
    version->number = s->module->function_count++;
    for (uint32_t p = 0; p + 1 < node->count; p++)
        node->child[p]->type = types ? types[p].type : &s->types->error;
    node->symbol = version->symbol;
    ADC_PUSH(s->arena, lambda->versions, version);
    return version;
}

/* What is looked at in a version is looked at where its lambda stands. */
static void begin(struct sema *s, struct ast *node)
{
    struct sema_function *version = node->symbol->function;
    struct sema_lambda *lambda = version->lambda;
    struct sema_frame *frame = s->frame;
    struct sema_outer outer = {frame->version, frame->floor, frame->newest, s->scope->hidden};
    ADC_PUSH(s->arena, s->outers, outer);
    if (lambda->serial < s->serials) scope_hide(s->scope, lambda->serial + 1, s->serials);
    scope_open(s->scope);
    frame->version = version;
    frame->floor = s->serials + 1;
    frame->newest = 0;
    version->first_slot = frame->function->slot_count;
}

/* Reals keep `literal`; of an int the value is not known. */
static const struct sema_type *result_of(struct sema *s, struct ast *body)
{
    if (body->type->kind == SEMA_FUNCTION) {
        sema_refuse_function(s, body->span, "the result of a function");
        return &s->types->error;
    }
    if (!sema_expect_value(s, body)) return &s->types->error;
    return sema_is(body->type, ADC_INT) ? &s->types->scalars[ADC_INT] : body->type;
}

static const struct sema_type *type_of(struct sema *s, const struct sema_function *version)
{
    uint32_t count = version->param_count;
    struct sema_field *fields = ADC_NEW_ARRAY(s->arena, struct sema_field, count + 1);
    for (uint32_t p = 0; p < count; p++) fields[p].type = version->params[p]->type;
    fields[count].type = version->result;
    for (uint32_t p = 0; p <= count; p++)
        if (fields[p].type->kind == SEMA_ERROR) return &s->types->error;
    const struct sema_type *type = sema_function_type(s->types, fields, count);
    return type ? type : &s->types->error;
}

static void finish(struct sema *s, struct ast *node)
{
    struct sema_function *version = node->symbol->function;
    struct sema_frame *frame = s->frame;
    version->result = result_of(s, version->body);
    version->slot_count = frame->function->slot_count - version->first_slot;
    sema_note_unused(s);
    scope_close(s->scope);
    struct sema_outer outer = s->outers.data[--s->outers.count];
    s->scope->hidden = outer.hidden;
    frame->version = outer.version;
    frame->floor = outer.floor;
    frame->newest = outer.newest > version->newest ? outer.newest : version->newest;
    node->type = version->symbol->type = type_of(s, version);
}

struct ast *sema_step_lambda(struct sema *s, struct ast *node, uint32_t i)
{
    if (i == 0 && (!s->frame || !s->frame->function || s->frame->in_default)) {
        sema_refuse_function(s, node->span, "the value of a constant");
        node->type = &s->types->error;
        return NULL;
    }
    if (i == 0) {
        bool typed =
            node->type && node->type->kind == SEMA_FUNCTION && node->type->count == node->count;
        const struct sema_field *types = typed ? node->type->fields : NULL;
        if (!node->symbol) new_version(s, new_lambda(s, node), node, types);
        begin(s, node);
    }
    if (i < node->count) return node->child[i];
    finish(s, node);
    return NULL;
}

struct ast *sema_step_lparam(struct sema *s, struct ast *node, uint32_t i)
{
    struct ast *type = node->child[0];
    if (i == 0) return type ? type : AST_SKIP;
    struct sema_function *version = s->frame->version;
    struct sema_symbol *symbol =
        sema_define(s, SYMBOL_PARAM, node->text, sema_at(node), type ? node : NULL);
    symbol->implied = node->text->text[0] == '<';
    symbol->type = type ? type->type : node->type;
    node->symbol = symbol;
    version->params[version->param_count++] = symbol;
    return NULL;
}

/* --------------------------------------------------------------- bound by a `let` */

void sema_bind_lambda(struct sema *s, struct ast *node, struct sema_symbol *symbol)
{
    symbol->lambda = new_lambda(s, node);
    symbol->lambda->serial = symbol->serial - 1; /* nor does it see itself */
    symbol->type = &s->types->function;
    node->symbol = symbol;
}

static bool takes(const struct sema_function *version, const struct sema_field *types)
{
    for (uint32_t p = 0; p < version->param_count; p++)
        if (version->params[p]->decl == NULL && version->params[p]->type != types[p].type)
            return false;
    return true;
}

static struct sema_function *find_version(const struct sema_lambda *lambda,
                                          const struct sema_field *types)
{
    for (size_t v = 0; v < lambda->versions.count; v++)
        if (takes(lambda->versions.data[v], types)) return lambda->versions.data[v];
    return NULL;
}

/* The types of the arguments; NULL after a message. */
static const struct sema_field *argument_types(struct sema *s, struct ast *call)
{
    struct sema_field *types = ADC_NEW_ARRAY(s->arena, struct sema_field, call->count);
    bool good = true;
    for (uint32_t a = 1; a < call->count; a++) {
        struct ast *argument = call->child[a];
        bool function = argument->type->kind == SEMA_FUNCTION && argument->type->count;
        if (!function) good &= sema_expect_value(s, argument);
        types[a - 1].type = sema_plain(s->types, argument->type);
    }
    return good ? types : NULL;
}

static void check_arguments(struct sema *s, struct ast *call, const struct sema_function *version)
{
    for (uint32_t p = 0; p < version->param_count; p++)
        sema_expect(s, call->child[p + 1], version->params[p]->type,
                    sema_format(s, "`%s`", version->params[p]->name->text));
    call->symbol = version->symbol;
    call->type = version->result;
}

struct ast *sema_call_lambda(struct sema *s, struct ast *call, struct sema_lambda *lambda)
{
    const char *name = sema_source(s, call->child[0]);
    if (!sema_check_count(s, call, name, lambda->node->count - 1)) return NULL;
    const struct sema_field *types = argument_types(s, call);
    if (!types) return NULL;
    struct sema_function *version = find_version(lambda, types);
    if (version) {
        check_arguments(s, call, version);
        return NULL;
    }
    struct ast *node = ast_copy(s->arena, lambda->node);
    new_version(s, lambda, node, types);
    return node;
}

void sema_call_value(struct sema *s, struct ast *call)
{
    const struct sema_type *type = call->child[0]->type;
    const char *name = sema_source(s, call->child[0]);
    if (!sema_check_count(s, call, name, type->count - 1)) return;
    for (uint32_t a = 1; a < call->count; a++)
        sema_expect(s, call->child[a], type->fields[a - 1].type,
                    sema_format(s, "argument %u of `%s`", a, name));
    call->type = sema_result_type(type);
}

/* --------------------------------------------------------------------- captures */

void sema_capture(struct sema *s, struct sema_symbol *symbol)
{
    if (!s->frame || !symbol->serial || symbol->function != s->frame->function) return;
    if (symbol->kind == SYMBOL_MISSING) return;
    for (struct sema_function *version = s->frame->version;
         version && symbol->slot < version->first_slot; version = version->lambda->within) {
        if (symbol->serial > version->newest) version->newest = symbol->serial;
        if (symbol->captor == version->lambda) continue;
        symbol->captor = version->lambda;
        ADC_PUSH(s->arena, version->lambda->captured, (const struct sema_symbol *)symbol);
    }
}

static int by_slot(const void *left, const void *right)
{
    const struct sema_symbol *const *a = left, *const *b = right;
    return (*a)->slot < (*b)->slot ? -1 : (*a)->slot > (*b)->slot;
}

void sema_finish_lambdas(struct sema *s)
{
    for (size_t i = 0; i < s->lambdas.count; i++) {
        struct sema_lambda *lambda = s->lambdas.data[i];
        size_t count = lambda->captured.count, kept = 0;
        if (count) qsort(lambda->captured.data, count, sizeof *lambda->captured.data, by_slot);
        for (size_t c = 0; c < count; c++)
            if (!kept || lambda->captured.data[kept - 1] != lambda->captured.data[c])
                lambda->captured.data[kept++] = lambda->captured.data[c];
        lambda->captured.count = kept;
    }
}
