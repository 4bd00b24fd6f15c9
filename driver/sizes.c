/* Sizes: a shape that is a bare dimension binds it; every other one is evaluated and compared. */
#include "driver/sizes.h"

#include "driver/session.h"
#include "ir/closed.h"

#include <stdint.h>

/* ------------------------------------------------------------------- evaluation */

void sizes_evaluate(struct session *session, const struct adc_function *function,
                    const union adc_value *inputs, const struct adc_node *const *nodes,
                    size_t count, int64_t *values)
{
    struct adc_arena scratch;
    adc_arena_init(&scratch, &session->heap);
    adc_closed_values(function, inputs, nodes, count, values, &scratch);
    adc_arena_free(&scratch);
}

int sizes_count(struct session *session, int64_t *lengths, unsigned rank, size_t *count)
{
    bool empty = false;
    for (unsigned i = 0; i < rank; i++) {
        if (lengths[i] < 0) lengths[i] = 0;
        empty |= lengths[i] == 0;
    }
    *count = empty ? 0 : 1;
    for (unsigned i = 0; i < rank && !empty; i++) {
        if ((uint64_t)lengths[i] > SIZE_MAX / sizeof(union adc_value) / *count)
            return session_fail(session, STATUS_SYSTEM, "out of memory");
        *count *= (size_t)lengths[i];
    }
    return STATUS_GOOD;
}

/* ------------------------------------------------------------------ unification */

struct binding {
    struct session *session;
    const struct adc_function *function;
    const struct array *const *arrays;
    union adc_value *values;
    const char **from; /* by parameter: what gave a dimension its value, NULL: nothing yet */
};

static const struct adc_parameter *parameter_at(const struct binding *binding, size_t index)
{
    return &binding->function->params.data[index];
}

/* What an array says of sizes: those of its axes, or of the form of a record. */
struct axes {
    const struct adc_node *const *size;
    const int64_t *length;
    uint32_t count;
};

static struct axes axes_of(const struct binding *binding, size_t index)
{
    const struct adc_parameter *parameter = parameter_at(binding, index);
    const struct array *array = binding->arrays[index];
    if (!array) return (struct axes){NULL, NULL, 0};
    if (array->record) return (struct axes){parameter->sizes, array->sizes, parameter->size_count};
    return (struct axes){parameter->shape, array->length, array->rank};
}

static const char *name_at(const struct binding *binding, size_t index, uint32_t axis)
{
    const struct array *array = binding->arrays[index];
    return array->record ? array->places[axis] : parameter_at(binding, index)->name->text;
}

static int bind_axis(struct binding *binding, const struct axes *axes, size_t index, uint32_t axis)
{
    const struct adc_node *size = axes->size[axis];
    int64_t length = axes->length[axis];
    bool bare = size->op == ADC_OP_PARAM && parameter_at(binding, size->number)->kind == ADC_DIM;
    if (!bare || length < 0) return STATUS_GOOD;
    const char **from = &binding->from[size->number];
    union adc_value *value = &binding->values[size->number];
    const char *origin =
        session_format(binding->session, "from `%s`", name_at(binding, index, axis));
    if (*from && value->integer != length) {
        const char *name = parameter_at(binding, size->number)->name->text;
        return session_fail(binding->session, STATUS_PROGRAM,
                            "sizes differ: `%s` = %lld %s, `%s` = %lld %s", name,
                            (long long)value->integer, *from, name, (long long)length, origin);
    }
    if (!*from) *from = origin;
    value->integer = length;
    return STATUS_GOOD;
}

static int bind_bare(struct binding *binding)
{
    for (size_t i = 0; i < binding->function->params.count; i++) {
        const struct axes axes = axes_of(binding, i);
        for (uint32_t axis = 0; axis < axes.count; axis++) {
            int status = bind_axis(binding, &axes, i, axis);
            if (status != STATUS_GOOD) return status;
        }
    }
    return STATUS_GOOD;
}

/* Dimensions that an empty list hides, and negative ones. */
static int check_dimensions(const struct binding *binding)
{
    for (size_t i = 0; i < binding->function->params.count; i++) {
        const struct adc_parameter *parameter = parameter_at(binding, i);
        const char *name = parameter->name->text;
        if (parameter->kind != ADC_DIM) continue;
        if (!binding->from[i]) {
            session_fail(binding->session, STATUS_USAGE, "no array shows the size `%s` of `%s`",
                         name, binding->function->name->text);
            session_help(binding->session, "add `%s=SIZE`", name);
            return STATUS_USAGE;
        }
        if (binding->values[i].integer < 0)
            return session_fail(binding->session, STATUS_USAGE, "the size `%s` = %lld is negative",
                                name, (long long)binding->values[i].integer);
    }
    return STATUS_GOOD;
}

/* Of a record the list is named, so its axis need not be. */
static const char *mismatch(const struct binding *binding, size_t index, uint32_t axis,
                            int64_t length, int64_t wanted)
{
    const char *along = binding->arrays[index]->record
                            ? ""
                            : session_format(binding->session, " along axis %u", axis);
    return session_format(binding->session, "`%s` has length %lld%s, but %lld is wanted",
                          name_at(binding, index, axis), (long long)(length < 0 ? 0 : length),
                          along, (long long)wanted);
}

static int compare(const struct binding *binding, size_t index, const int64_t *wanted)
{
    const struct adc_parameter *parameter = parameter_at(binding, index);
    const struct axes axes = axes_of(binding, index);
    for (uint32_t axis = 0; axis < axes.count; axis++) {
        if (wanted[axis] >= 0 && axes.length[axis] < 0) continue;
        if (wanted[axis] == axes.length[axis]) continue;
        if (axes.length[axis] < 0 && binding->arrays[index]->record) continue;
        struct session *session = binding->session;
        const char *text = mismatch(binding, index, axis, axes.length[axis], wanted[axis]);
        if (parameter->span.end)
            return session_fail_at(session, STATUS_PROGRAM, parameter->span, text);
        return session_fail(session, STATUS_PROGRAM, "%s", text);
    }
    return STATUS_GOOD;
}

/* All shapes at once: one walk over the graph. */
static int check_shapes(const struct binding *binding)
{
    const struct adc_function *function = binding->function;
    struct adc_arena *arena = &binding->session->arena;
    ADC_VEC(const struct adc_node *) nodes = {0};
    for (size_t i = 0; i < function->params.count; i++) {
        const struct axes axes = axes_of(binding, i);
        for (uint32_t axis = 0; axis < axes.count; axis++) ADC_PUSH(arena, nodes, axes.size[axis]);
    }
    int64_t *wanted = ADC_NEW_ARRAY(arena, int64_t, nodes.count);
    sizes_evaluate(binding->session, function, binding->values, nodes.data, nodes.count, wanted);
    size_t next = 0;
    for (size_t i = 0; i < function->params.count; i++) {
        if (!binding->arrays[i]) continue;
        int status = compare(binding, i, &wanted[next]);
        if (status != STATUS_GOOD) return status;
        next += axes_of(binding, i).count;
    }
    return STATUS_GOOD;
}

int sizes_bind(struct session *session, const struct adc_function *function,
               const struct array *const *arrays, const bool *given, union adc_value *values)
{
    struct binding binding = {
        .session = session, .function = function, .arrays = arrays, .values = values};
    size_t count = function->params.count;
    binding.from = ADC_NEW_ARRAY(&session->arena, const char *, count);
    for (size_t i = 0; i < count; i++)
        if (given[i]) binding.from[i] = "as given";
    int status = bind_bare(&binding);
    if (status == STATUS_GOOD) status = check_dimensions(&binding);
    return status == STATUS_GOOD ? check_shapes(&binding) : status;
}
