/* Lowering of statements and of what runs in arms: `if`, `and`, `or`. */
#include "frontend/lower.h"

/* Of all statements the last one's value is the block's. */
struct ast *lower_step_block(struct lower *l, struct ast *node, uint32_t i)
{
    if (node->count == 0) lower_push(l, l->unit);
    else if (i > 0 && i < node->count) lower_pop(l);
    return i < node->count ? node->child[i] : NULL;
}

void lower_define(struct lower *l, const struct sema_symbol *symbol,
                  const struct lower_value *value)
{
    struct lower_cell *cell = lower_cell(l, symbol);
    *cell = (struct lower_cell){.symbol = symbol, .arm_depth = l->arm ? l->arm->depth : 0};
    cell->value = lower_defined(l, symbol, lower_convert(l, value, symbol->type));
}

/* `let` and `mut` alike. */
struct ast *lower_step_attributed(struct lower *l, struct ast *node, uint32_t i)
{
    if (i == 0) {
        l->frame->unchecked += node->flag;
        for (uint32_t a = 1; a < node->count; a++) lower_open_unique(l, node->child[a]);
        return node->child[0];
    }
    l->frame->unchecked -= node->flag;
    lower_close_unique(l, node);
    return NULL;
}

struct ast *lower_step_let(struct lower *l, struct ast *node, uint32_t i)
{
    if (i == 0) return AST_SKIP;
    if (i == 1) return node->child[1];
    l->graph->span = node->span;
    const struct lower_value *value = lower_pop(l);
    if (node->child[0]) lower_expect_shape(l, node->child[0], value, node->child[1]);
    lower_define(l, node->symbol, value);
    lower_push(l, l->unit);
    return NULL;
}

struct ast *lower_step_lettuple(struct lower *l, struct ast *node, uint32_t i)
{
    if (i == 0) return node->child[0];
    const struct lower_value *value = lower_pop(l);
    for (uint32_t n = 1; n < node->count; n++)
        lower_define(l, node->child[n]->symbol, value->field[n - 1]);
    lower_push(l, l->unit);
    return NULL;
}

struct ast *lower_step_require(struct lower *l, struct ast *node, uint32_t i)
{
    if (i == 0) return node->child[0];
    const struct adc_node *condition = lower_pop(l)->node;
    l->graph->span = node->span;
    const char *text = node->text
                           ? node->text->text
                           : sema_format(&l->s, "require %s", sema_source(&l->s, node->child[0]));
    lower_require(l, condition, node, text);
    lower_push(l, l->unit);
    return NULL;
}

/* ------------------------------------------------------------------------ arms */

/* Shapes that differ are reported at the `else` branch. */
static const struct lower_value *selected(struct lower *l, const struct ast *node,
                                          const struct adc_node *condition,
                                          const struct lower_value *then,
                                          const struct lower_value *other)
{
    struct adc_diags *diags = l->diags;
    uint32_t errors = diags->error_count;
    const struct lower_value *value = lower_select(l, node->child[2], condition, then, other);
    if (diags->error_count != errors)
        adc_diag_note(diags, diags->list.data[diags->list.count - 1], node->child[1]->span,
                      "the `then` branch is this");
    return value;
}

static void finish_if(struct lower *l, const struct ast *node)
{
    const struct lower_value *other = lower_pop(l), *then = lower_pop(l);
    l->graph->span = node->span;
    bool value = node->kind == AST_IF && node->type->kind != SEMA_UNIT;
    if (value) {
        then = lower_convert(l, then, node->type);
        other = lower_convert(l, other, node->type);
    }
    const struct adc_node *condition = l->branch->condition;
    lower_end_branch(l);
    lower_push(l, value ? selected(l, node, condition, then, other) : l->unit);
}

/* IF and IFSTMT; the latter may lack the `else`. */
struct ast *lower_step_if(struct lower *l, struct ast *node, uint32_t i)
{
    struct ast *other = node->count > 2 ? node->child[2] : NULL;
    if (i == 0) return node->child[0];
    if (i == 1) {
        lower_begin_branch(l, node, lower_pop(l)->node);
        lower_open_arm(l, l->branch->condition, false);
        return node->child[1];
    }
    if (i == 2) {
        lower_close_arm(l, false);
        lower_open_arm(l, l->branch->condition, true);
        if (!other) lower_push(l, l->unit);
        return other ? other : AST_SKIP;
    }
    lower_close_arm(l, true);
    finish_if(l, node);
    return NULL;
}

/* `a and b` is `if a then b else false`, `a or b` is `if a then true else b`. */
struct ast *lower_step_logic(struct lower *l, struct ast *node, uint32_t i)
{
    bool both = node->kind == AST_AND;
    if (i == 0) return node->child[0];
    if (i == 1) {
        lower_begin_branch(l, node, lower_pop(l)->node);
        lower_open_arm(l, l->branch->condition, !both);
        return node->child[1];
    }
    const struct adc_node *condition = l->branch->condition, *right = lower_pop(l)->node;
    lower_close_arm(l, !both);
    l->graph->span = node->span;
    lower_end_branch(l);
    const struct adc_node *fixed = adc_bool(l->graph, !both);
    lower_push_node(l, both ? adc_apply3(l->graph, ADC_OP_IF, condition, right, fixed)
                            : adc_apply3(l->graph, ADC_OP_IF, condition, fixed, right));
    return NULL;
}
