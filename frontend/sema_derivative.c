/* grad(e, x), jvp(y, x, v), vjp(y, x, u), hvp(e, x, v), jacobian(y, x), hessian(e, x): the second
 * argument names what is differentiated by: a parameter, a `let` or a `mut`, or several of them in
 * a tuple. Those symbols are noted, so that lowering cuts the graph at their values. */
#include "frontend/sema.h"

static void report_not_name(struct sema *s, const struct ast *target)
{
    struct adc_diag *diag = adc_diag_add(s->diags, ADC_E39, target->span,
                                         "a derivative is taken with respect to a name");
    if (target->kind == AST_TRANSPOSE)
        adc_diag_help(s->diags, diag, "`%s` is a transpose; a derivative is `grad(e, x)`",
                      sema_source(s, target));
    else adc_diag_help(s->diags, diag, "`let v = %s` first", sema_source(s, target));
}

/* The names of the second argument: itself, or the elements of a tuple. */
static uint32_t name_count(const struct ast *target)
{
    return target->kind == AST_TUPLE ? target->count : 1;
}

static struct ast *name_at(struct ast *target, uint32_t index)
{
    return target->kind == AST_TUPLE ? target->child[index] : target;
}

static bool all_names(struct sema *s, struct ast *target)
{
    bool good = true;
    for (uint32_t n = 0; n < name_count(target); n++) {
        const struct ast *name = name_at(target, n);
        if (name->kind == AST_NAME) continue;
        if (name->kind != AST_ERROR) report_not_name(s, name);
        good = false;
    }
    return good;
}

/* Marks the symbol; false after a message. */
static bool differentiate(struct sema *s, struct ast *name)
{
    struct sema_symbol *symbol = name->symbol;
    if (name->type->kind == SEMA_ERROR || !symbol) return false;
    bool local = symbol->kind == SYMBOL_LET || symbol->kind == SYMBOL_MUT ||
                 (symbol->kind == SYMBOL_PARAM && symbol->param != AST_PARAM_CONST);
    if (!local) {
        struct adc_diag *diag = adc_diag_add(
            s->diags, ADC_E39, name->span,
            "a derivative is taken with respect to a parameter, `let` or `mut`; `%s` is %s",
            name->text->text,
            symbol->kind == SYMBOL_MODULE ? "a module"
            : symbol->kind == SYMBOL_FUNCTION || name->type->kind == SEMA_FUNCTION ? "a function"
                                                                                   : "a constant");
        if (name->type->kind != SEMA_FUNCTION && symbol->kind != SYMBOL_MODULE)
            adc_diag_help(s->diags, diag, "`let v = %s` first", name->text->text);
        return false;
    }
    if (!sema_all_real(name->type)) {
        adc_diag_add(s->diags, ADC_E20, name->span,
                     "a derivative is taken with respect to reals; `%s` is %s", name->text->text,
                     sema_type_name(s, name->type));
        return false;
    }
    symbol->differentiated = true;
    return true;
}

/* The type of what is differentiated by; NULL after a message. */
static const struct sema_type *target_type(struct sema *s, struct ast *target)
{
    bool good = true;
    for (uint32_t n = 0; n < name_count(target); n++) good &= differentiate(s, name_at(target, n));
    if (!good) return NULL;
    return sema_plain(s->types, target->type);
}

static bool expect_reals(struct sema *s, struct ast *value, const char *name, bool scalar)
{
    if (!sema_expect_value(s, value)) return false;
    if (scalar ? sema_is_real(value->type) : sema_all_real(value->type)) return true;
    adc_diag_add(s->diags, ADC_E20, value->span, "`%s` differentiates %s; this is %s", name,
                 scalar ? "a real scalar" : "reals", sema_type_name(s, value->type));
    return false;
}

/* The forms that have a third argument. */
static bool has_weight(enum builtin_kind kind)
{
    return kind == BUILTIN_JVP || kind == BUILTIN_VJP || kind == BUILTIN_HVP;
}

/* For every part of `of` one of the shape of `by`, whose parts have the axes of both. NULL: too
 * large. Recursion is over the depth of types. */
static const struct sema_type *blocks(struct sema *s, struct adc_span span,
                                      const struct sema_type *of, const struct sema_type *by)
{
    const struct sema_type *record = of->kind == SEMA_RECORD ? of : by;
    if (record->kind != SEMA_RECORD) return sema_array_type(s, of, by->rank, span);
    struct sema_field *fields = ADC_NEW_ARRAY(s->arena, struct sema_field, record->count);
    for (uint32_t f = 0; f < record->count; f++) {
        const struct sema_type *part = record->fields[f].type;
        fields[f].name = record->fields[f].name;
        fields[f].type = record == of ? blocks(s, span, part, by) : blocks(s, span, of, part);
        if (!fields[f].type || fields[f].type->kind == SEMA_ERROR) return fields[f].type;
    }
    return sema_record(s->types, fields, record->count);
}

static void finish_blocks(struct sema *s, struct ast *call, const struct sema_type *of,
                          const struct sema_type *by)
{
    const struct sema_type *type = blocks(s, call->span, of, by);
    if (type) call->type = type;
    else
        adc_diag_add(s->diags, ADC_E37, call->span,
                     "a matrix of more than %d blocks, or nested more than %d deep",
                     SEMA_MAX_LEAVES, SEMA_MAX_DEPTH);
}

static void finish(struct sema *s, struct ast *call, const struct builtin *row)
{
    struct ast *value = call->child[1], *target = call->child[2];
    bool scalar = row->kind == BUILTIN_GRAD || row->kind == BUILTIN_HVP ||
                  row->kind == BUILTIN_HESSIAN;
    bool good = expect_reals(s, value, row->name, scalar);
    const struct sema_type *by = target_type(s, target);
    if (!good || !by) return;
    const struct sema_type *of = sema_plain(s->types, value->type);
    const char *what = sema_format(s, "the third argument of `%s`", row->name);
    if (has_weight(row->kind) &&
        !sema_expect(s, call->child[3], row->kind == BUILTIN_VJP ? of : by, what))
        return;
    if (row->kind == BUILTIN_JACOBIAN) finish_blocks(s, call, of, by);
    else if (row->kind == BUILTIN_HESSIAN) finish_blocks(s, call, by, by);
    else call->type = row->kind == BUILTIN_JVP ? of : by;
}

static bool check_shape(struct sema *s, const struct ast *call, const struct builtin *row)
{
    uint32_t wanted = has_weight(row->kind) ? 3 : 2;
    const char *form = row->kind == BUILTIN_GRAD       ? "grad(e, x)"
                       : row->kind == BUILTIN_JVP      ? "jvp(y, x, v)"
                       : row->kind == BUILTIN_VJP      ? "vjp(y, x, u)"
                       : row->kind == BUILTIN_JACOBIAN ? "jacobian(y, x)"
                       : row->kind == BUILTIN_HESSIAN  ? "hessian(e, x)"
                                                       : "hvp(e, x, v)";
    for (uint32_t a = 1; a < call->count; a++)
        if (call->child[a]->kind == AST_NAMED) {
            adc_diag_add(s->diags, ADC_E43, call->child[a]->span,
                         "the arguments of `%s` have no names", row->name);
            return false;
        }
    if (call->count - 1 == wanted) return true;
    struct adc_diag *diag =
        adc_diag_add(s->diags, ADC_E43, call->span, "`%s` takes %u arguments, %u given", row->name,
                     wanted, call->count - 1);
    adc_diag_help(s->diags, diag, "`%s`", form);
    return false;
}

struct ast *sema_step_derivative(struct sema *s, struct ast *call, uint32_t i,
                                 const struct builtin *row)
{
    if (i == 1 && !check_shape(s, call, row)) return NULL;
    if (i == 2 && !all_names(s, call->child[2])) return NULL;
    if (i < call->count) return call->child[i];
    finish(s, call, row);
    return NULL;
}
