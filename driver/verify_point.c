/* Drawing points: sizes first, then what has these sizes. */
#include "driver/verify_point.h"

#include "driver/draw.h"
#include "driver/session.h"
#include "driver/sizes.h"

#include <string.h>

struct drawing {
    struct session *session;
    const struct program *program;
    const struct adc_function *function;
    struct draw draw;
    uint64_t longest;            /* axis */
    bool defaults;               /* are taken */
    const struct array **arrays; /* by parameter: those that are given */
    bool *given;                 /* by parameter: has a value */
    union adc_value *inputs;
};

void verify_lengths(struct session *session, const struct adc_function *function,
                    const union adc_value *inputs, size_t parameter, int64_t *lengths)
{
    const struct adc_parameter *array = &function->params.data[parameter];
    sizes_evaluate(session, function, inputs, array->shape, array->rank, lengths);
    for (unsigned i = 0; i < array->rank; i++)
        if (lengths[i] < 0) lengths[i] = 0;
}

int64_t *verify_sizes(struct session *session, const struct adc_function *function,
                      const union adc_value *inputs, size_t parameter)
{
    const struct adc_parameter *record = &function->params.data[parameter];
    int64_t *sizes = ADC_NEW_ARRAY(&session->arena, int64_t, record->size_count + 1);
    sizes_evaluate(session, function, inputs, record->sizes, record->size_count, sizes);
    for (uint32_t i = 0; i < record->size_count; i++)
        if (sizes[i] < 0) sizes[i] = 0;
    return sizes;
}

static int take_given(struct drawing *d, size_t index, struct argument *argument)
{
    const struct adc_parameter *parameter = &d->function->params.data[index];
    argument->used = d->given[index] = true;
    if (!parameter->rank)
        return argument_value(d->session, argument->name, argument->text, parameter->type,
                              &d->inputs[index]);
    int status = arguments_read_array(d->session, parameter, argument);
    d->arrays[index] = argument->array;
    if (status == STATUS_GOOD) d->inputs[index].elements = argument->array->elements;
    return status;
}

/* Whether a given array has the dimension as the length of an axis. */
static bool is_shown(const struct drawing *d, size_t dimension)
{
    for (size_t i = 0; i < d->function->params.count; i++)
        for (unsigned axis = 0; d->arrays[i] && axis < d->arrays[i]->rank; axis++) {
            const struct adc_node *length = d->function->params.data[i].shape[axis];
            bool same = length->op == ADC_OP_PARAM && length->number == dimension;
            if (same && d->arrays[i]->length[axis] >= 0) return true;
        }
    return false;
}

static int draw_scalars(struct drawing *d)
{
    for (size_t i = 0; i < d->function->params.count; i++) {
        const struct adc_parameter *parameter = &d->function->params.data[i];
        struct argument *argument = arguments_find(&d->program->arguments, parameter->name->text);
        d->inputs[i].bits = 0;
        if (!parameter->rank && parameter->kind != ADC_DIM)
            d->inputs[i] = draw_value(&d->draw, parameter->type);
        if (d->defaults && parameter->has_default) d->inputs[i] = parameter->value;
        int status = argument ? take_given(d, i, argument) : STATUS_GOOD;
        if (status != STATUS_GOOD) return status;
    }
    for (size_t i = 0; i < d->function->params.count; i++) {
        if (d->function->params.data[i].kind != ADC_DIM || d->given[i] || is_shown(d, i)) continue;
        d->given[i] = true;
        d->inputs[i].integer = draw_length(&d->draw, d->longest);
    }
    return sizes_bind(d->session, d->function, d->arrays, d->given, d->inputs);
}

/* Indices that are good for some axis: mostly for all of them. */
static int64_t index_limit(struct drawing *d)
{
    enum { WITHOUT_AXES = 5 };
    int64_t least = 0, some = 0;
    size_t count = 0;
    for (size_t i = 0; i < d->function->params.count; i++) {
        int64_t length = d->inputs[i].integer;
        if (d->function->params.data[i].kind != ADC_DIM || length <= 0) continue;
        if (!least || length < least) least = length;
        if (draw_below(&d->draw, ++count) == 0) some = length;
    }
    if (!least) return WITHOUT_AXES;
    return draw_below(&d->draw, 3) ? least : some;
}

static int draw_array(struct drawing *d, size_t index)
{
    const struct adc_parameter *parameter = &d->function->params.data[index];
    int64_t lengths[ADC_MAX_RANK];
    size_t count;
    verify_lengths(d->session, d->function, d->inputs, index, lengths);
    int status = sizes_count(d->session, lengths, parameter->rank, &count);
    if (status != STATUS_GOOD) return status;
    union adc_value *elements = ADC_NEW_ARRAY(&d->session->arena, union adc_value, count);
    draw_elements(&d->draw, parameter->type, index_limit(d), elements, count);
    d->inputs[index].elements = elements;
    return STATUS_GOOD;
}

/* Short axes, longer ones where few points are found: `require P >= 6`. */
static uint64_t longest_axis(const struct verify_options *options, uint64_t number)
{
    uint64_t draws = number / options->points;
    return draws < 8 ? 4 : draws < 20 ? 8 : 16;
}

int verify_draw(struct session *session, const struct program *program,
                const struct adc_function *function, const struct verify_options *options,
                uint64_t number, union adc_value *inputs)
{
    size_t count = function->params.count;
    struct drawing d = {.session = session,
                        .program = program,
                        .function = function,
                        .draw = draw_start(options->seed, number),
                        .longest = longest_axis(options, number),
                        .defaults = number == 0,
                        .inputs = inputs};
    d.arrays = ADC_NEW_ARRAY(&session->arena, const struct array *, count);
    d.given = ADC_NEW_ARRAY(&session->arena, bool, count);
    int status = draw_scalars(&d);
    for (size_t i = 0; i < count && status == STATUS_GOOD; i++)
        if (function->params.data[i].rank && !d.arrays[i]) status = draw_array(&d, i);
    return status;
}

int verify_copy(struct session *session, const struct adc_function *function,
                const union adc_value *inputs, struct verify_inputs *copy)
{
    size_t params = function->params.count, primal = 0;
    copy->values = ADC_NEW_ARRAY(&session->arena, union adc_value, params);
    copy->own = ADC_NEW_ARRAY(&session->arena, union adc_value *, params);
    copy->count = ADC_NEW_ARRAY(&session->arena, size_t, params);
    for (size_t i = 0; i < params; i++) {
        bool written = function->params.data[i].role == ADC_ROLE_PRIMAL;
        copy->values[i].bits = 0;
        copy->own[i] = &copy->values[i];
        copy->count[i] = 1;
        if (written) copy->values[i] = inputs[primal++];
    }
    for (size_t i = 0; i < params; i++) {
        const struct adc_parameter *parameter = &function->params.data[i];
        int64_t lengths[ADC_MAX_RANK];
        if (!parameter->rank) continue;
        verify_lengths(session, function, copy->values, i, lengths);
        int status = sizes_count(session, lengths, parameter->rank, &copy->count[i]);
        if (status != STATUS_GOOD) return status;
        copy->own[i] = ADC_NEW_ARRAY(&session->arena, union adc_value, copy->count[i]);
        if (copy->count[i] && parameter->role == ADC_ROLE_PRIMAL)
            memcpy(copy->own[i], copy->values[i].elements, copy->count[i] * sizeof **copy->own);
        copy->values[i].elements = copy->own[i];
    }
    return STATUS_GOOD;
}
