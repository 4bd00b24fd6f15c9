/* Functions as values: closures, the frames their calls run in, the shapes they promise. */
#include "frontend/lower.h"

struct lower_frame *lower_enter_frame(struct lower *l, const struct sema_function *function,
                                      const struct lower_closure *closure)
{
    struct lower_frame *frame = ADC_NEW(l->arena, struct lower_frame);
    frame->outer = l->frame;
    frame->function = function;
    frame->cells = ADC_NEW_ARRAY(l->arena, struct lower_cell, function->slot_count);
    frame->closure = closure;
    frame->specialised = closure ? closure->specialised : function->takes_functions;
    frame->serial = ++l->frames;
    frame->unchecked = closure ? closure->unchecked : function->unchecked;
    l->frame = frame;
    return frame;
}

/* --------------------------------------------------------------------- closures */

/* Equal keys are equal functions: ids count from 1. */
static const struct lower_closure *interned(struct lower *l, const struct lower_closure *like,
                                            const uint32_t *key, uint32_t count)
{
    const struct lower_closure *known = lower_find(&l->closures, key, count);
    if (known) return known;
    struct lower_closure *made = ADC_NEW(l->arena, struct lower_closure);
    *made = *like;
    made->id = l->closures.count + 1;
    lower_put(&l->closures, key, count, made);
    return made;
}

static const struct lower_value *function_value(struct lower *l,
                                                const struct lower_closure *closure)
{
    struct lower_value *value = lower_record(l, 0);
    value->closure = closure;
    return value;
}

/* What is captured has its value of here and now. */
struct ast *lower_step_lambda(struct lower *l, struct ast *node, uint32_t i)
{
    (void)i;
    const struct sema_symbol *symbol = node->symbol;
    struct lower_closure made = {.lambda = symbol->lambda};
    if (!made.lambda) {
        made.version = symbol->function;
        made.lambda = made.version->lambda;
    }
    uint32_t count = (uint32_t)made.lambda->captured.count, words = 3;
    made.specialised = l->frame->specialised;
    made.unchecked = l->frame->unchecked > 0;
    made.captured = ADC_NEW_ARRAY(l->arena, struct lower_cell, count);
    for (uint32_t c = 0; c < count; c++) {
        made.captured[c] = *lower_cell(l, made.lambda->captured.data[c]);
        words += lower_key_words(made.captured[c].value);
        const struct adc_indices *free = lower_free(l, made.captured[c].value);
        made.around = adc_indices_union(l->graph, made.around, free);
    }
    uint32_t *key = ADC_NEW_ARRAY(l->arena, uint32_t, words), *end = key + 3;
    key[0] = made.lambda->number;
    key[1] = made.version ? made.version->number : UINT32_MAX;
    key[2] = made.specialised;
    for (uint32_t c = 0; c < count; c++) end = lower_put_key(end, made.captured[c].value);
    lower_push(l, function_value(l, interned(l, &made, key, words)));
    return NULL;
}

/* -------------------------------------------------------------------- contracts */

static const struct ast *function_type(const struct ast *type)
{
    while (type->kind == AST_TNAME && type->symbol && type->symbol->kind == SYMBOL_TYPE)
        type = type->symbol->decl->child[0];
    return type->kind == AST_TFN ? type : NULL;
}

const struct lower_value *lower_promised(struct lower *l, const struct sema_symbol *parameter,
                                         const struct lower_value *value)
{
    const struct ast *type = parameter->decl ? function_type(parameter->decl->child[0]) : NULL;
    if (!type) return value;
    struct lower_contract *contract = ADC_NEW(l->arena, struct lower_contract);
    contract->outer = value->closure->contract;
    contract->type = type;
    contract->frame = l->frame;
    struct lower_closure made = *value->closure;
    made.contract = contract;
    uint32_t *key = ADC_NEW_ARRAY(l->arena, uint32_t, 3 + LOWER_PLACE_WORDS);
    uint32_t *place = lower_place(l, type);
    key[0] = UINT32_MAX; /* no lambda's number */
    key[1] = value->closure->id;
    key[2] = l->frame->serial;
    for (uint32_t w = 0; w < LOWER_PLACE_WORDS; w++) key[3 + w] = place[w];
    return function_value(l, interned(l, &made, key, 3 + LOWER_PLACE_WORDS));
}

void lower_keep_contracts(struct lower *l, const struct lower_value *result,
                          const struct ast *place)
{
    const struct lower_call *call = l->call;
    struct lower_frame *frame = l->frame;
    const struct lower_contract *contract = call->closure->contract;
    for (; contract; contract = contract->outer) {
        const struct ast *type = contract->type;
        l->frame = contract->frame;
        if (result) lower_expect_shape(l, type->child[0], result, place);
        for (uint32_t p = 0; !result && p < call->callee->param_count; p++)
            lower_expect_shape(l, type->child[p + 1], call->arguments[p], call->places[p]);
        l->frame = frame;
    }
}
