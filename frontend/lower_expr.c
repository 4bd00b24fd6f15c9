/* Lowering of expressions: literals, names, records, operators. */
#include "frontend/lower.h"

struct ast *lower_step_literal(struct lower *l, struct ast *node, uint32_t i)
{
    (void)i;
    l->graph->span = node->span;
    const struct adc_node *made;
    if (node->kind == AST_INT) made = adc_int(l->graph, node->integer);
    else if (node->kind == AST_REAL) made = adc_real(l->graph, ADC_F64, node->real);
    else made = adc_bool(l->graph, node->kind == AST_TRUE);
    lower_push_node(l, made);
    return NULL;
}

/* A constant of the file: its value is computed once, here and now. */
static struct ast *constant(struct lower *l, struct ast *node, uint32_t i)
{
    const struct sema_symbol *symbol = node->symbol;
    uint32_t *key = lower_place(l, symbol->decl);
    const struct lower_value *value = lower_find(&l->constants, key, LOWER_PLACE_WORDS);
    if (value) {
        lower_push(l, value);
        return NULL;
    }
    if (i == 0) return symbol->decl->child[1];
    value = lower_convert(l, lower_pop(l), symbol->type);
    const struct lower_value *known = value->array ? value : lower_known(l, value);
    if (!known)
        adc_diag_add(l->diags, ADC_E44, symbol->decl->child[1]->span,
                     "the value of `%s` cannot be computed when compiling", symbol->name->text);
    if (!known) known = lower_zero(l, symbol->type);
    lower_put(&l->constants, key, LOWER_PLACE_WORDS, (void *)known);
    lower_push(l, known);
    return NULL;
}

struct ast *lower_step_name(struct lower *l, struct ast *node, uint32_t i)
{
    const struct sema_symbol *symbol = node->symbol;
    l->graph->span = node->span;
    if (symbol->kind == SYMBOL_CONST) return constant(l, node, i);
    if (symbol->kind == SYMBOL_BUILTIN)
        lower_push_node(l, adc_real(l->graph, ADC_F64, builtin_constant(symbol->builtin)));
    else lower_push(l, lower_cell(l, symbol)->value);
    return NULL;
}

struct ast *lower_step_field(struct lower *l, struct ast *node, uint32_t i)
{
    if (node->symbol) return lower_step_name(l, node, i); /* a constant of a module */
    if (i == 0) return node->child[0];
    const struct lower_value *record = lower_pop(l);
    lower_push(l, record->field[node->integer]);
    return NULL;
}

/* Also of arguments that have a name. */
struct ast *lower_step_first(struct lower *l, struct ast *node, uint32_t i)
{
    (void)l;
    return i == 0 ? node->child[0] : NULL;
}

struct ast *lower_step_tuple(struct lower *l, struct ast *node, uint32_t i)
{
    if (i < node->count) return node->child[i];
    struct lower_value *value = lower_record(l, node->count);
    for (uint32_t f = node->count; f-- > 0;) value->field[f] = lower_pop(l);
    lower_push(l, value);
    return NULL;
}

static const struct adc_node *negated(struct lower *l, const void *context,
                                      const struct adc_node *const *elements)
{
    (void)context;
    enum adc_op op = elements[0]->type == ADC_INT ? ADC_OP_INEG : ADC_OP_NEG;
    return adc_apply1(l->graph, op, elements[0]);
}

struct ast *lower_step_neg(struct lower *l, struct ast *node, uint32_t i)
{
    struct ast *x = node->child[0];
    l->graph->span = node->span;
    if (x->kind == AST_INT) { /* a literal with its sign is one constant */
        lower_push_node(l, adc_int(l->graph, (int64_t)(0 - (uint64_t)x->integer)));
        return NULL;
    }
    if (x->kind == AST_REAL) {
        lower_push_node(l, adc_real(l->graph, ADC_F64, -x->real));
        return NULL;
    }
    if (i == 0) return x;
    const struct lower_value *value = lower_pop(l);
    if (value->array) lower_push(l, lower_map(l, node, &value, 1, negated, NULL));
    else lower_push_node(l, negated(l, NULL, &value->node));
    return NULL;
}

static const struct adc_node *inverted(struct lower *l, const void *context,
                                       const struct adc_node *const *elements)
{
    (void)context;
    return lower_not(l, elements[0]);
}

struct ast *lower_step_not(struct lower *l, struct ast *node, uint32_t i)
{
    if (i == 0) return node->child[0];
    l->graph->span = node->span;
    const struct lower_value *value = lower_pop(l);
    if (value->array) lower_push(l, lower_map(l, node, &value, 1, inverted, NULL));
    else lower_push_node(l, lower_not(l, value->node));
    return NULL;
}

struct ast *lower_step_binary(struct lower *l, struct ast *node, uint32_t i)
{
    if (i < 2) return node->child[i];
    const struct lower_value *y = lower_pop(l), *x = lower_pop(l);
    l->graph->span = node->span;
    lower_push(l, lower_operate(l, node, node->kind, x, y));
    return NULL;
}
