/* Calls: of functions of the file, of built-ins, conversions.
 *
 * A call's `integer` is unused; a NAMED argument's is the index of the parameter it is for. */
#include "frontend/sema.h"

static const struct sema_type *error_type(struct sema *s)
{
    return &s->types->error;
}

/* ------------------------------------------------------------- the file's functions */

static uint32_t find_parameter(const struct sema_function *function, const struct adc_name *name)
{
    uint32_t p = 0;
    while (p < function->param_count && function->params[p]->name != name) p++;
    return p;
}

static void report_no_parameter(struct sema *s, const struct sema_function *function,
                                const struct ast *argument)
{
    const char *name = argument->text->text;
    struct adc_diag *diag =
        adc_diag_add(s->diags, ADC_E43, sema_at(argument), "`%s` has no parameter `%s`",
                     function->symbol->name->text, name);
    ADC_VEC(const char *) names = {0};
    for (uint32_t p = 0; p < function->param_count; p++)
        ADC_PUSH(s->arena, names, function->params[p]->name->text);
    const char *near = adc_nearest(name, names.data, names.count);
    if (!near) return;
    adc_diag_help(s->diags, diag, "`%s`", near);
    if (argument->at.end) adc_diag_fix(s->diags, diag, argument->at, "%s", near);
}

/* The index of the parameter that argument `index` of the call is for; param_count after a
 * message. */
static uint32_t parameter_of(struct sema *s, const struct sema_function *function, struct ast *call,
                             uint32_t index)
{
    struct ast *argument = call->child[index];
    const char *name = function->symbol->name->text;
    if (argument->kind == AST_NAMED) {
        uint32_t p = find_parameter(function, argument->text);
        if (p == function->param_count) report_no_parameter(s, function, argument);
        argument->integer = p;
        return p;
    }
    if (index > 1 && call->child[index - 1]->kind == AST_NAMED) {
        adc_diag_add(s->diags, ADC_E43, argument->span,
                     "this argument of `%s` has no name, but follows one that has", name);
        return function->param_count;
    }
    if (index - 1 < function->param_count) return index - 1;
    struct adc_diag *diag = adc_diag_add(
        s->diags, ADC_E43, argument->span, "`%s` has %u parameter%s; this argument is one too many",
        name, function->param_count, function->param_count == 1 ? "" : "s");
    adc_diag_note(s->diags, diag, function->symbol->span, "`%s` is defined here", name);
    return function->param_count;
}

static void check_argument(struct sema *s, const struct sema_symbol *parameter,
                           struct ast *argument, bool *given)
{
    struct ast *value = argument->kind == AST_NAMED ? argument->child[0] : argument;
    const char *name = parameter->name->text;
    if (*given) adc_diag_add(s->diags, ADC_E43, argument->span, "`%s` is given twice", name);
    *given = true;
    sema_expect(s, value, parameter->type, sema_format(s, "`%s`", name));
}

static void report_missing_arguments(struct sema *s, const struct ast *call,
                                     const struct sema_function *function, const bool *given)
{
    for (uint32_t p = 0; p < function->param_count; p++) {
        const struct sema_symbol *parameter = function->params[p];
        if (given[p] || (parameter->decl->count > 1 && parameter->decl->child[1])) continue;
        struct adc_diag *diag =
            adc_diag_add(s->diags, ADC_E43, call->span, "`%s` needs an argument for `%s`",
                         function->symbol->name->text, parameter->name->text);
        adc_diag_note(s->diags, diag, parameter->span, "it has no default");
        return;
    }
}

static void finish_call(struct sema *s, struct ast *call, struct sema_function *function)
{
    bool *given = ADC_NEW_ARRAY(s->arena, bool, function->param_count);
    uint32_t errors = s->diags->error_count;
    function->called = true;
    call->symbol = function->symbol;
    call->type = function->result;
    if (s->frame && s->frame->in_size) sema_unsupported(s, call->span, "a call in a size");
    if (function->symbol->state != STATE_DONE) return; /* a cycle, reported */
    for (uint32_t a = 1; a < call->count; a++) {
        uint32_t p = parameter_of(s, function, call, a);
        if (p < function->param_count)
            check_argument(s, function->params[p], call->child[a], &given[p]);
    }
    if (s->diags->error_count == errors) report_missing_arguments(s, call, function, given);
}

/* ---------------------------------------------------------------------- built-ins */

bool sema_check_count(struct sema *s, const struct ast *call, const char *name, uint32_t wanted)
{
    uint32_t given = call->count - 1;
    for (uint32_t a = 1; a < call->count; a++)
        if (call->child[a]->kind == AST_NAMED) {
            adc_diag_add(s->diags, ADC_E43, call->child[a]->span,
                         "the arguments of `%s` have no names", name);
            return false;
        }
    if (given == wanted) return true;
    struct adc_span span = given > wanted ? call->child[wanted + 1]->span : call->span;
    adc_diag_add(s->diags, ADC_E43, span, "`%s` takes %u argument%s, %u given", name, wanted,
                 wanted == 1 ? "" : "s", given);
    return false;
}

/* max(a, b, c) is max(a, max(b, c)). */
static bool check_two(struct sema *s, const struct ast *call, const char *name)
{
    if (call->count == 3) return sema_check_count(s, call, name, 2);
    /* over the elements of an array, which has been reported */
    if (call->count == 2 && call->child[1]->type->kind == SEMA_ERROR) return false;
    struct adc_diag *diag =
        adc_diag_add(s->diags, ADC_E43, call->count > 3 ? call->child[3]->span : call->span,
                     "`%s` takes two values, %u given", name, call->count - 1);
    if (call->count == 4)
        adc_diag_help(s->diags, diag, "`%s(%s, %s(%s, %s))`", name, sema_source(s, call->child[1]),
                      name, sema_source(s, call->child[2]), sema_source(s, call->child[3]));
    else if (call->count > 4)
        adc_diag_help(s->diags, diag, "nest it: `%s(a, %s(b, c))`", name, name);
    return false;
}

/* The common type of the arguments, reals unless `row` keeps ints; ERROR after messages. */
static const struct sema_type *math_type(struct sema *s, struct ast *call,
                                         const struct builtin *row)
{
    const char *signature = adc_op_info(row->op)->signature;
    const struct sema_type *type = NULL;
    bool good = true;
    for (uint32_t a = 1; a < call->count; a++) {
        struct ast *argument = call->child[a];
        if (!sema_expect_number(s, argument, sema_format(s, "`%s`", row->name))) {
            good = false;
        } else if (signature[a - 1] == 'R') {
            const struct sema_type *found = argument->type;
            type = type ? sema_arithmetic(s->types, type, found) : found;
        } else if (signature[a - 1] == 'I' && !sema_is(argument->type, ADC_INT)) {
            good = sema_expect(s, argument, &s->types->scalars[ADC_INT],
                               sema_format(s, "`%s`", row->name));
        }
    }
    if (!good || !type) return error_type(s);
    if (!sema_combine(s, call, call->child + 1, call->count - 1)) return error_type(s);
    if (type->scalar != ADC_INT) return type;
    const struct sema_type *scalar = &s->types->scalars[s->types->real];
    if (row->kind == BUILTIN_SAME) scalar = &s->types->scalars[ADC_INT];
    else if (type->literal) scalar = &s->types->literals[ADC_F64];
    return sema_tensor(s->types, scalar, type->rank);
}

static void check_math(struct sema *s, struct ast *call, const struct builtin *row)
{
    const struct adc_op_info *info = adc_op_info(row->op);
    bool two = row->op == ADC_OP_MAX || row->op == ADC_OP_MIN;
    if (two && call->count == 2 && sema_is_tensor(call->child[1]->type)) {
        sema_whole_builtin(s, call, row);
        return;
    }
    if (!(two ? check_two(s, call, row->name) : sema_check_count(s, call, row->name, info->arity)))
        return;
    const struct sema_type *type = math_type(s, call, row);
    char result = info->signature[info->arity + 1];
    if (type->kind == SEMA_ERROR || result == 'R') call->type = type;
    else
        call->type = sema_tensor(s->types, &s->types->scalars[result == 'B' ? ADC_BOOL : ADC_INT],
                                 type->rank);
}

static void check_conversion(struct sema *s, struct ast *call, const struct sema_symbol *symbol)
{
    const char *name = symbol->name->text;
    struct ast *value = call->count == 2 ? call->child[1] : NULL;
    if (symbol->type->kind == SEMA_ERROR) {
        sema_unsupported(s, call->child[0]->span, sema_format(s, "`%s`", name));
        return;
    }
    if (!sema_check_count(s, call, name, 1)) return;
    if (sema_is(symbol->type, ADC_BOOL)) {
        struct adc_diag *diag =
            adc_diag_add(s->diags, ADC_E20, call->span, "nothing converts to bool");
        adc_diag_help(s->diags, diag, "`%s != 0`", sema_source(s, value));
        return;
    }
    bool shaped = value->type->kind == SEMA_SCALAR || sema_is_tensor(value->type);
    bool from_bool = sema_is(symbol->type, ADC_INT) && shaped && value->type->scalar == ADC_BOOL;
    if (from_bool || sema_expect_number(s, value, sema_format(s, "`%s`", name)))
        call->type = sema_tensor(s->types, symbol->type, value->type->rank);
}

static void check_round(struct sema *s, struct ast *call, const struct builtin *row)
{
    if (!sema_check_count(s, call, row->name, 1)) return;
    if (sema_expect_number(s, call->child[1], sema_format(s, "`%s`", row->name)))
        call->type = sema_tensor(s->types, &s->types->scalars[ADC_INT], call->child[1]->type->rank);
}

static void check_stop(struct sema *s, struct ast *call, const struct builtin *row)
{
    if (sema_check_count(s, call, row->name, 1) && sema_expect_value(s, call->child[1]))
        call->type = sema_plain(s->types, call->child[1]->type);
}

static void finish_builtin(struct sema *s, struct ast *call, const struct sema_symbol *symbol)
{
    const struct builtin *row = symbol->builtin;
    switch (row->kind) {
    case BUILTIN_MATH:
    case BUILTIN_SAME: check_math(s, call, row); break;
    case BUILTIN_TYPE: check_conversion(s, call, symbol); break;
    case BUILTIN_ROUND: check_round(s, call, row); break;
    case BUILTIN_STOP: check_stop(s, call, row); break;
    case BUILTIN_REDUCTION:
    case BUILTIN_ARRAY: sema_whole_builtin(s, call, row); break;
    case BUILTIN_CONSTANT:
        adc_diag_add(s->diags, ADC_E20, call->child[0]->span, "`%s` is a number, not a function",
                     row->name);
        break;
    case BUILTIN_GRAD:
    case BUILTIN_JVP:
    case BUILTIN_VJP:
    case BUILTIN_HVP:
    case BUILTIN_JACOBIAN:
    case BUILTIN_HESSIAN: /* sema_step_derivative */
    case BUILTIN_LATER:
    case BUILTIN_FOREIGN: /* reported with the callee */ break;
    }
}

/* ------------------------------------------------------------------------ the step */

static bool is_derivative(const struct sema_symbol *symbol)
{
    return symbol && symbol->kind == SYMBOL_BUILTIN && builtin_is_derivative(symbol->builtin);
}

/* A callee that is not a function: `2(x)`, `x(y)`. */
static void report_not_function(struct sema *s, struct ast *callee)
{
    if (callee->type->kind == SEMA_ERROR || !sema_expect_value(s, callee)) return;
    const char *text = sema_source(s, callee);
    struct adc_diag *diag =
        adc_diag_add(s->diags, ADC_E20, callee->span, "`%s` is %s, not a function", text,
                     sema_type_name(s, callee->type));
    if (sema_is_number(callee->type)) adc_diag_help(s->diags, diag, "`%s*(...)`", text);
}

/* Built-ins without meaning yet and names that were reported: no look at the arguments, which may
 * be of any kind. */
static bool not_yet(const struct sema_symbol *symbol)
{
    if (symbol->kind == SYMBOL_MISSING) return true;
    if (symbol->kind != SYMBOL_BUILTIN) return false;
    enum builtin_kind kind = symbol->builtin->kind;
    return kind == BUILTIN_LATER || kind == BUILTIN_FOREIGN;
}

static struct ast *visit_callee(struct sema *s, struct ast *call)
{
    struct ast *callee = call->child[0];
    call->type = error_type(s);
    struct sema_symbol *symbol =
        callee->kind == AST_NAME ? scope_find(s->scope, callee->text) : NULL;
    if (callee->kind == AST_LAMBDA && sema_is_open(callee) && s->frame && s->frame->function) {
        symbol = scope_symbol(s->scope, SYMBOL_LET, adc_name_of(s->names, "fn"), callee->span);
        symbol->serial = s->serials + 1;
        sema_bind_lambda(s, callee, symbol);
        callee->type = symbol->type;
        return AST_SKIP;
    }
    if (!symbol || (symbol->kind != SYMBOL_FUNCTION && symbol->kind != SYMBOL_BUILTIN))
        return callee;
    if (symbol->kind == SYMBOL_BUILTIN && symbol->builtin->kind != BUILTIN_TYPE &&
        symbol->builtin->kind != BUILTIN_CONSTANT)
        return callee;
    callee->symbol = symbol;
    callee->type = symbol->type;
    struct ast *first = symbol->kind == SYMBOL_FUNCTION ? sema_need(s, symbol, callee->span) : NULL;
    return first ? first : AST_SKIP;
}

/* A function argument is told what is wanted of it before it is looked at. */
static void prepare_argument(struct sema *s, struct ast *call, uint32_t a)
{
    const struct ast *callee = call->child[0];
    const struct sema_symbol *symbol = callee->symbol;
    struct ast *argument = call->child[a];
    bool named = argument->kind == AST_NAMED;
    const struct sema_type *type = NULL;
    if (symbol && symbol->kind == SYMBOL_FUNCTION && symbol->state == STATE_DONE) {
        const struct sema_function *function = symbol->function;
        uint32_t p = named ? find_parameter(function, argument->text) : a - 1;
        if (p < function->param_count) type = function->params[p]->type;
    } else if (callee->type->kind == SEMA_FUNCTION && a < callee->type->count) {
        type = callee->type->fields[a - 1].type;
    }
    if (type && type->kind == SEMA_FUNCTION)
        sema_prepare_function(s, named ? &argument->child[0] : &call->child[a], type);
}

struct ast *sema_step_call(struct sema *s, struct ast *call, uint32_t i)
{
    if (i == 0) return visit_callee(s, call);
    struct ast *callee = call->child[0];
    bool named = callee->kind == AST_NAME || callee->kind == AST_FIELD;
    struct sema_symbol *symbol = named ? callee->symbol : NULL;
    if (callee->kind == AST_NAME && (!symbol || not_yet(symbol))) {
        s->skipped = true;
        return NULL;
    }
    if (is_derivative(symbol)) return sema_step_derivative(s, call, i, symbol->builtin);
    if (i < call->count) {
        prepare_argument(s, call, i);
        return call->child[i];
    }
    struct sema_lambda *lambda = callee->symbol ? callee->symbol->lambda : NULL;
    if (lambda) return i < call->count + 2 ? sema_call_lambda(s, call, lambda) : NULL;
    if (symbol && symbol->kind == SYMBOL_FUNCTION) finish_call(s, call, symbol->function);
    else if (callee->type->kind == SEMA_FUNCTION && callee->type->count) sema_call_value(s, call);
    else if (symbol && symbol->kind == SYMBOL_BUILTIN) finish_builtin(s, call, symbol);
    else report_not_function(s, callee);
    return NULL;
}
