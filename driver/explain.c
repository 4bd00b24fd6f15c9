/* adc build --explain-shapes: one line for each check and each proof, with places.
 *
 *     f.ad:3:10: index of `z` outside 0..N: checked, status 1
 *       `N` is a size of `x`, f.ad:1:20
 *     f.ad:4:31: index `i+1` is inside 0..N: proved */
#include "driver/explain.h"

#include "driver/session.h"

static void put_place(struct session *session, struct adc_span span)
{
    const struct adc_source *source = &session->context.diags.sources.data[span.source];
    struct adc_position at = adc_source_position(source, span.begin);
    adc_text_format(&session->out, "%s:%u:%u", source->name, at.line, at.column);
}

/* The first parameter that shows a size. */
static const struct adc_parameter *shown_by(const struct adc_function *function, size_t size)
{
    for (size_t i = 0; i < function->params.count; i++) {
        const struct adc_parameter *parameter = &function->params.data[i];
        for (unsigned axis = 0; axis < parameter->rank; axis++)
            if (parameter->shape[axis]->op == ADC_OP_PARAM &&
                parameter->shape[axis]->number == size)
                return parameter;
    }
    return NULL;
}

static void put_sizes(struct session *session, const struct adc_function *function,
                      const struct adc_check *check)
{
    const struct adc_graph *graph = function->graph;
    uint8_t *needed = ADC_NEW_ARRAY(&session->arena, uint8_t, graph->nodes.count);
    needed[check->condition->id] = 1;
    for (size_t id = graph->nodes.count; id-- > 0;) {
        const struct adc_node *node = graph->nodes.data[id];
        for (unsigned i = 0; needed[id] && i < node->count; i++) needed[node->in[i]->id] = 1;
    }
    for (size_t id = 0; id < graph->nodes.count; id++) {
        const struct adc_node *node = graph->nodes.data[id];
        if (!needed[id] || node->op != ADC_OP_PARAM) continue;
        const struct adc_parameter *size = &function->params.data[node->number];
        const struct adc_parameter *array = shown_by(function, node->number);
        if (size->kind != ADC_DIM || !array) continue;
        adc_text_format(&session->out, "  `%s` is a size of `%s`, ", size->name->text,
                        array->name->text);
        put_place(session, size->span);
        adc_text_add(&session->out, "\n");
    }
}

int explain_shapes(struct session *session, struct program *program, const char *name)
{
    struct adc_function *function;
    struct adc_text *out = &session->out;
    int status = program_function_named(session, program, name, &function);
    if (status != STATUS_GOOD) return status;
    adc_text_format(out, "%s: %zu checked, %zu proved\n", name, function->checks.count,
                    function->proofs.count);
    for (size_t i = 0; i < function->checks.count; i++) {
        const struct adc_check *check = &function->checks.data[i];
        put_place(session, check->span);
        adc_text_format(out, ": %s: checked, status %u\n", check->text, (unsigned)check->status);
        put_sizes(session, function, check);
    }
    for (size_t i = 0; i < function->proofs.count; i++) {
        put_place(session, function->proofs.data[i].span);
        adc_text_format(out, ": %s: proved\n", function->proofs.data[i].text);
    }
    return STATUS_GOOD;
}
