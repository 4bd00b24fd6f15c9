/* Types of built-ins that see arrays as a whole, by the column `check` of builtin.def. */
#include "frontend/sema.h"

typedef void check_whole(struct sema *s, struct ast *call, const struct builtin *row);

/* ----------------------------------------------------------------------- arguments */

static const char *in_ticks(struct sema *s, const struct builtin *row)
{
    return sema_format(s, "`%s`", row->name);
}

static bool has_rank(struct sema *s, const struct ast *value, uint32_t least, uint32_t most,
                     const char *what)
{
    uint32_t rank = sema_is_tensor(value->type) ? value->type->rank : 0;
    if (rank >= least && rank <= most) return true;
    const char *needed = most == 1    ? "a vector"
                         : least == 2 ? "a matrix"
                         : most == 2  ? "vectors or matrices"
                                      : "an array";
    adc_diag_add(s->diags, ADC_E14, value->span, "%s needs %s; `%s` is `%s`", what, needed,
                 sema_source(s, value), sema_shape_text(s, value));
    return false;
}

bool sema_expect_rank(struct sema *s, struct ast *value, uint32_t least, uint32_t most,
                      const char *what)
{
    return sema_expect_number(s, value, what) && has_rank(s, value, least, most, what);
}

/* As above, also of bools. */
static bool expect_array(struct sema *s, struct ast *value, uint32_t least, uint32_t most,
                         const struct builtin *row)
{
    if (!sema_expect_value(s, value)) return false;
    if (value->type->kind != SEMA_TABLE) return has_rank(s, value, least, most, in_ticks(s, row));
    adc_diag_add(s->diags, ADC_E20, value->span,
                 "`%s` takes arrays of numbers or bools; `%s` is `%s`", row->name,
                 sema_source(s, value), sema_shape_text(s, value));
    return false;
}

/* Arguments from number `first` on, the callee being number 0, are sizes. */
static bool expect_sizes(struct sema *s, const struct ast *call, uint32_t first,
                         const struct builtin *row)
{
    bool good = true;
    for (uint32_t a = first; a < call->count; a++)
        good &= sema_expect(s, call->child[a], &s->types->scalars[ADC_INT],
                            sema_format(s, "a size of `%s`", row->name));
    return good;
}

static const struct sema_type *real(struct sema *s)
{
    return &s->types->scalars[s->types->real];
}

/* The type of elements, real instead of int. */
static const struct sema_type *real_element(struct sema *s, const struct ast *value)
{
    const struct sema_type *scalar = sema_plain(s->types, sema_element(s->types, value->type));
    return scalar->scalar == ADC_INT ? real(s) : scalar;
}

/* ------------------------------------------------------------------------ products */

static void check_product(struct sema *s, struct ast *call, const struct builtin *row)
{
    bool dot = row->array == BUILTIN_DOT, outer = row->array == BUILTIN_OUTER;
    struct ast *x = call->child[1], *y = call->child[2];
    uint32_t most = dot ? ADC_MAX_AXES : 1;
    bool left = sema_expect_rank(s, x, 1, most, in_ticks(s, row));
    bool right = sema_expect_rank(s, y, 1, most, in_ticks(s, row));
    if (!left || !right) return;
    if (!outer && !sema_combine(s, call, call->child + 1, 2)) return;
    const struct sema_type *scalar =
        sema_arithmetic(s->types, sema_element(s->types, x->type), sema_element(s->types, y->type));
    call->type = sema_tensor(s->types, sema_plain(s->types, scalar), dot ? 0 : outer ? 2 : 1);
}

static void check_norm(struct sema *s, struct ast *call, const struct builtin *row)
{
    if (sema_expect_rank(s, call->child[1], 1, ADC_MAX_AXES, in_ticks(s, row)))
        call->type = real_element(s, call->child[1]);
}

static void check_trace(struct sema *s, struct ast *call, const struct builtin *row)
{
    if (sema_expect_rank(s, call->child[1], 2, 2, in_ticks(s, row)))
        call->type = sema_plain(s->types, sema_element(s->types, call->child[1]->type));
}

/* -------------------------------------------------------------------------- making */

/* zeros(n, ...), ones(n, ...), eye(n) */
static void check_sizes(struct sema *s, struct ast *call, const struct builtin *row)
{
    uint32_t rank = row->array == BUILTIN_EYE ? 2 : call->count - 1;
    if (expect_sizes(s, call, 1, row)) call->type = sema_array_type(s, real(s), rank, call->span);
}

/* fill(value, n, ...) */
static void check_fill(struct sema *s, struct ast *call, const struct builtin *row)
{
    struct ast *value = call->child[1];
    if (!expect_sizes(s, call, 2, row) || !sema_expect_value(s, value)) return;
    if (value->type->kind == SEMA_SCALAR)
        call->type = sema_array_type(s, value->type, call->count - 2, call->span);
    else
        adc_diag_add(s->diags, ADC_E20, value->span, "`fill` takes a scalar; this is %s",
                     sema_shape_text(s, value));
}

/* linspace(first, last, n) */
static void check_linspace(struct sema *s, struct ast *call, const struct builtin *row)
{
    const struct sema_type *scalar = real(s);
    bool good = expect_sizes(s, call, 3, row);
    for (uint32_t a = 1; a < 3; a++) {
        good &= sema_expect_number(s, call->child[a], in_ticks(s, row)) &&
                sema_expect(s, call->child[a], real(s), in_ticks(s, row));
    }
    if (good) call->type = sema_tensor(s->types, scalar, 1);
}

static void check_iota(struct sema *s, struct ast *call, const struct builtin *row)
{
    if (expect_sizes(s, call, 1, row))
        call->type = sema_tensor(s->types, &s->types->scalars[ADC_INT], 1);
}

/* ------------------------------------------------------------------------- shaping */

static void check_len(struct sema *s, struct ast *call, const struct builtin *row)
{
    bool records = call->child[1]->type->kind == SEMA_TABLE;
    if (records || expect_array(s, call->child[1], 1, ADC_MAX_AXES, row))
        call->type = &s->types->scalars[ADC_INT];
}

/* An array of `rank` axes whose elements are those of the argument. */
static void set_reshaped(struct sema *s, struct ast *call, uint32_t rank)
{
    call->type = sema_array_type(s, sema_element(s->types, call->child[1]->type), rank, call->span);
}

static void check_diag(struct sema *s, struct ast *call, const struct builtin *row)
{
    if (expect_array(s, call->child[1], 1, 1, row)) set_reshaped(s, call, 2);
}

static void check_diagonal(struct sema *s, struct ast *call, const struct builtin *row)
{
    if (expect_array(s, call->child[1], 2, 2, row)) set_reshaped(s, call, 1);
}

static void check_matrix(struct sema *s, struct ast *call, const struct builtin *row)
{
    if (expect_array(s, call->child[1], 2, 2, row)) set_reshaped(s, call, 2);
}

static void check_same(struct sema *s, struct ast *call, const struct builtin *row)
{
    if (expect_array(s, call->child[1], 1, ADC_MAX_AXES, row))
        set_reshaped(s, call, call->child[1]->type->rank);
}

static void check_flatten(struct sema *s, struct ast *call, const struct builtin *row)
{
    if (expect_array(s, call->child[1], 1, ADC_MAX_AXES, row)) set_reshaped(s, call, 1);
}

/* reshape(a, n, ...) */
static void check_reshape(struct sema *s, struct ast *call, const struct builtin *row)
{
    bool good = expect_sizes(s, call, 2, row);
    if (expect_array(s, call->child[1], 1, ADC_MAX_AXES, row) && good)
        set_reshaped(s, call, call->count - 2);
}

/* The common type of all arguments; NULL after a message. */
static const struct sema_type *joined(struct sema *s, struct ast *call, const struct builtin *row)
{
    const struct sema_type *type = call->child[1]->type;
    for (uint32_t a = 1; a < call->count; a++) {
        struct ast *value = call->child[a];
        const struct sema_type *both = sema_join(s->types, type, value->type);
        if (!sema_expect_value(s, value)) return NULL;
        if (!both) {
            adc_diag_add(s->diags, ADC_E20, value->span,
                         "expected %s for an argument of `%s`, found %s", sema_type_name(s, type),
                         row->name, sema_type_name(s, value->type));
            return NULL;
        }
        type = both;
    }
    return type;
}

static void check_concat(struct sema *s, struct ast *call, const struct builtin *row)
{
    for (uint32_t a = 1; a < call->count; a++)
        if (!expect_array(s, call->child[a], 1, ADC_MAX_AXES, row)) return;
    const struct sema_type *type = joined(s, call, row);
    if (type) call->type = sema_plain(s->types, type);
}

/* Of scalars or arrays. */
static void check_stack(struct sema *s, struct ast *call, const struct builtin *row)
{
    const struct sema_type *type = joined(s, call, row);
    if (!type) return;
    if (type->kind == SEMA_SCALAR || type->kind == SEMA_TENSOR)
        call->type = sema_array_type(s, type, 1, call->span);
    else if (type->kind != SEMA_ERROR)
        adc_diag_add(s->diags, ADC_E20, call->child[1]->span,
                     "`stack` takes scalars or arrays; this is %s",
                     sema_type_name(s, call->child[1]->type));
}

/* ------------------------------------------------------------- along the last axis */

static void check_scan(struct sema *s, struct ast *call, const struct builtin *row)
{
    if (sema_expect_rank(s, call->child[1], 1, ADC_MAX_AXES, in_ticks(s, row)))
        set_reshaped(s, call, call->child[1]->type->rank);
}

static void check_softmax(struct sema *s, struct ast *call, const struct builtin *row)
{
    struct ast *x = call->child[1];
    if (sema_expect_rank(s, x, 1, ADC_MAX_AXES, in_ticks(s, row)))
        call->type = sema_tensor(s->types, real_element(s, x), x->type->rank);
}

/* --------------------------------------------------------------------- reductions */

/* sum(x) ...: over all elements. */
static void check_all(struct sema *s, struct ast *call, const struct builtin *row)
{
    struct ast *x = call->child[1];
    if (!sema_expect_value(s, x)) return;
    if (!sema_is_tensor(x->type)) {
        struct adc_diag *diag =
            adc_diag_add(s->diags, ADC_E20, x->span, "`%s` needs an array or indices; this is %s",
                         row->name, sema_type_name(s, x->type));
        adc_diag_help(s->diags, diag, "`%s(i in 0..n: ...)`", row->name);
        return;
    }
    struct ast element = *x;
    element.type = sema_element(s->types, x->type);
    call->type = sema_reduced(s, &element, x->type->rank, row);
}

/* ------------------------------------------------------------------------- the step */

static bool check_count(struct sema *s, const struct ast *call, const struct builtin *row)
{
    uint32_t given = call->count - 1;
    if (row->least == row->most) return sema_check_count(s, call, row->name, row->least);
    if (given >= row->least) return sema_check_count(s, call, row->name, given);
    adc_diag_add(s->diags, ADC_E43, call->span, "`%s` takes at least %u argument%s, %u given",
                 row->name, row->least, row->least == 1 ? "" : "s", given);
    return false;
}

void sema_whole_builtin(struct sema *s, struct ast *call, const struct builtin *row)
{
    static check_whole *const checks[] = {
#define ADC_BUILTIN(name, kind, op, int_op, reduction, help)
#define ADC_ARRAY(name, id, check, least, most) [BUILTIN_##id] = check_##check,
#include "frontend/builtin.def"
#undef ADC_BUILTIN
#undef ADC_ARRAY
    };
    if (row->kind == BUILTIN_ARRAY) {
        if (check_count(s, call, row)) checks[row->array](s, call, row);
    } else if (sema_check_count(s, call, row->name, 1)) {
        check_all(s, call, row);
    }
}
