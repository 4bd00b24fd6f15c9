/* Operators and elementwise built-ins: which row of ops.def, with which checks beside it. */
#include "frontend/lower.h"

#include <string.h>

static const struct {
    enum ast_kind kind;
    enum adc_op real, integer; /* ADC_OP_COUNT: none */
} rows[] = {
    {AST_ADD, ADC_OP_ADD, ADC_OP_IADD},    {AST_SUB, ADC_OP_SUB, ADC_OP_ISUB},
    {AST_MUL, ADC_OP_MUL, ADC_OP_IMUL},    {AST_DIV, ADC_OP_DIV, ADC_OP_COUNT},
    {AST_IDIV, ADC_OP_COUNT, ADC_OP_IDIV}, {AST_MOD, ADC_OP_MOD, ADC_OP_IMOD},
    {AST_NEG, ADC_OP_NEG, ADC_OP_INEG},    {AST_EQ, ADC_OP_EQ, ADC_OP_IEQ},
    {AST_NE, ADC_OP_NE, ADC_OP_INE},       {AST_LT, ADC_OP_LT, ADC_OP_ILT},
    {AST_LE, ADC_OP_LE, ADC_OP_ILE},       {AST_GT, ADC_OP_GT, ADC_OP_IGT},
    {AST_GE, ADC_OP_GE, ADC_OP_IGE},
};

static enum adc_op row_of(const struct lower *l, enum ast_kind kind, enum adc_type type)
{
    size_t i = 0;
    while (i < sizeof rows / sizeof *rows && rows[i].kind != kind) i++;
    ADC_INVARIANT(i < sizeof rows / sizeof *rows, l->graph);
    enum adc_op op = type == ADC_INT ? rows[i].integer : rows[i].real;
    ADC_INVARIANT(op != ADC_OP_COUNT, l->graph);
    return op;
}

/* ----------------------------------------------------------------------- powers */

/* Whether a real exponent is known to be an integer; gives it as an int node. */
static const struct adc_node *integral(struct lower *l, const struct adc_node *exponent)
{
    const double limit = 1 << 30; /* beyond, every power but those of +-1 over- or underflows */
    const struct lower_fact *fact = lower_fact(l, exponent);
    if (!fact->known) return NULL;
    double value = exponent->type == ADC_F32 ? (double)fact->value.f32 : fact->value.f64;
    if (!(value > -limit && value < limit) || value != (double)(int64_t)value) return NULL;
    return adc_int(l->graph, (int64_t)value);
}

static const struct adc_node *int_power(struct lower *l, const struct ast *node,
                                        const struct adc_node *x, const struct adc_node *n)
{
    const struct lower_fact *fact = lower_fact(l, n);
    if (fact->known && fact->value.integer < 0) {
        struct adc_diag *diag =
            adc_diag_add(l->diags, ADC_E47, node->child[1]->span,
                         "an int power needs an exponent that is not negative; `%s` is %lld here",
                         sema_source(&l->s, node->child[1]), (long long)fact->value.integer);
        adc_diag_help(l->diags, diag, "a real base: `f64(%s)^%s`",
                      sema_source(&l->s, node->child[0]), sema_source(&l->s, node->child[1]));
    }
    return adc_apply2(l->graph, ADC_OP_IPOWI, x, n);
}

/* x^y as in sema_step_pow: int^int, real^int, real^real. */
static const struct adc_node *power(struct lower *l, const struct ast *node,
                                    const struct adc_node *x, const struct adc_node *y)
{
    enum adc_type type = node->type->scalar;
    if (type == ADC_INT) return int_power(l, node, x, y);
    if (y->type == ADC_INT)
        return adc_apply2(l->graph, ADC_OP_IPOW, lower_convert_node(l, x, type), y);
    x = lower_convert_node(l, x, type);
    const struct adc_node *n = integral(l, y);
    if (n) return adc_apply2(l->graph, ADC_OP_IPOW, x, n);
    return adc_apply2(l->graph, ADC_OP_POW, x, lower_convert_node(l, y, type));
}

/* ------------------------------------------------------------------- arithmetic */

static void check_divisor(struct lower *l, const struct ast *node, const struct adc_node *divisor)
{
    const struct lower_fact *fact = lower_fact(l, divisor);
    if (fact->known && fact->value.integer != 0) return;
    const struct adc_node *good = adc_apply2(l->graph, ADC_OP_INE, divisor, adc_int(l->graph, 0));
    lower_require(l, good, node,
                  sema_format(&l->s, "division by zero in `%s`", sema_source(&l->s, node)));
}

const struct adc_node *lower_arithmetic(struct lower *l, const struct ast *node, enum ast_kind kind,
                                        const struct adc_node *x, const struct adc_node *y)
{
    if (kind == AST_POW) return power(l, node, x, y);
    enum adc_type type = x->type == ADC_INT ? (enum adc_type)y->type : (enum adc_type)x->type;
    if (x->type == ADC_F32 && y->type == ADC_F64) type = ADC_F64;
    if (sema_is_numeric(node->type)) type = node->type->scalar;
    else if (kind == AST_DIV && type == ADC_INT) type = l->module->types.real;
    x = lower_convert_node(l, x, type);
    y = lower_convert_node(l, y, type);
    bool divides = type == ADC_INT && (kind == AST_IDIV || kind == AST_MOD);
    if (divides) check_divisor(l, node, y);
    return adc_apply2(l->graph, row_of(l, kind, type), x, y);
}

/* bool == bool is a choice: there is no operator for it. */
static const struct adc_node *compare_bools(struct lower *l, enum ast_kind kind,
                                            const struct adc_node *x, const struct adc_node *y)
{
    const struct adc_node *not_y = lower_not(l, y);
    return kind == AST_EQ ? adc_apply3(l->graph, ADC_OP_IF, x, y, not_y)
                          : adc_apply3(l->graph, ADC_OP_IF, x, not_y, y);
}

const struct adc_node *lower_compare(struct lower *l, const struct ast *node,
                                     const struct adc_node *x, const struct adc_node *y)
{
    if (x->type == ADC_BOOL) return compare_bools(l, node->kind, x, y);
    enum adc_type type =
        sema_arithmetic(&l->module->types, node->child[0]->type, node->child[1]->type)->scalar;
    x = lower_convert_node(l, x, type);
    y = lower_convert_node(l, y, type);
    return adc_apply2(l->graph, row_of(l, node->kind, type), x, y);
}

static bool compares(enum ast_kind kind)
{
    return kind == AST_EQ || kind == AST_NE || kind == AST_LT || kind == AST_LE || kind == AST_GT ||
           kind == AST_GE;
}

struct operation {
    const struct ast *node;
    enum ast_kind kind;
};

static const struct adc_node *operate(struct lower *l, const void *context,
                                      const struct adc_node *const *elements)
{
    const struct operation *o = context;
    return compares(o->kind) ? lower_compare(l, o->node, elements[0], elements[1])
                             : lower_arithmetic(l, o->node, o->kind, elements[0], elements[1]);
}

const struct lower_value *lower_operate(struct lower *l, const struct ast *node, enum ast_kind kind,
                                        const struct lower_value *x, const struct lower_value *y)
{
    const struct lower_value *operands[] = {x, y};
    const struct operation operation = {node, kind};
    const struct adc_node *nodes[] = {x->node, y->node};
    if (x->array || y->array) return lower_map(l, node, operands, 2, operate, &operation);
    return lower_scalar(l, operate(l, &operation, nodes));
}

/* -------------------------------------------------------------------- built-ins */

static const struct adc_node *to_int(struct lower *l, const struct ast *call, enum adc_op op,
                                     const struct adc_node *x)
{
    if (x->type == ADC_INT) return x;
    if (x->type == ADC_BOOL) return adc_apply1(l->graph, ADC_OP_BOOL_TO_INT, x);
    const struct adc_node *fits = adc_apply1(l->graph, ADC_OP_REAL_FITS_INT, x);
    lower_require(l, fits, call,
                  sema_format(&l->s, "`%s` does not fit an int", sema_source(&l->s, call)));
    return adc_apply1(l->graph, op, x);
}

static const struct adc_node *math(struct lower *l, const struct ast *call,
                                   const struct builtin *row,
                                   const struct adc_node *const *arguments)
{
    const struct adc_node *inputs[3];
    const struct adc_op_info *info = adc_op_info(row->op);
    const struct sema_type *type = NULL;
    for (unsigned i = 0; i < info->arity; i++) {
        const struct sema_type *given = call->child[i + 1]->type;
        if (info->signature[i] == 'R')
            type = type ? sema_arithmetic(&l->module->types, type, given) : given;
    }
    enum adc_type real = type ? type->scalar : ADC_F64;
    bool ints = real == ADC_INT && row->kind == BUILTIN_SAME;
    if (real == ADC_INT && !ints) real = type->literal ? ADC_F64 : l->module->types.real;
    for (unsigned i = 0; i < info->arity; i++)
        inputs[i] =
            info->signature[i] == 'R' ? lower_convert_node(l, arguments[i], real) : arguments[i];
    return adc_apply(l->graph, ints ? row->int_op : row->op, inputs, info->arity);
}

const struct adc_node *lower_builtin(struct lower *l, const struct ast *call,
                                     const struct sema_symbol *symbol,
                                     const struct adc_node *const *arguments)
{
    const struct builtin *row = symbol->builtin;
    if (row->kind == BUILTIN_ROUND) return to_int(l, call, row->op, arguments[0]);
    if (row->kind != BUILTIN_TYPE) return math(l, call, row, arguments);
    if (sema_is(symbol->type, ADC_INT)) return to_int(l, call, ADC_OP_TRUNC_INT, arguments[0]);
    return lower_convert_node(l, arguments[0], symbol->type->scalar);
}
