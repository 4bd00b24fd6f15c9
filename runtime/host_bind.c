/* Arguments by name become the inputs of a function: names, types, sizes, shapes.
 *
 * A size that is a bare dimension binds it; every other one is evaluated and compared. Runs in any
 * number of threads at once: it writes to the binding and its arena alone. */
#include "runtime/host.h"

#include "ir/closed.h"

#include <string.h>

static const struct adc_context *context_of(const struct host_binding *b)
{
    return b->function->module->unit->context;
}

static size_t input_count(const struct host_binding *b)
{
    return b->function->function->params.count;
}

static size_t result_count(const struct host_binding *b)
{
    return b->function->function->results.count;
}

/* ------------------------------------------------------------------------------------ names */

/* Number of the port called `name`, results behind inputs; that of the argument before, plus one,
 * is tried first, as most callers keep the order. */
static bool find_port(const struct host_binding *b, const char *name, size_t guess, size_t *found)
{
    size_t inputs = input_count(b), all = inputs + result_count(b);
    for (size_t i = 0; i < all; i++) {
        size_t at = (guess + i) % all;
        const adc_port *port =
            at < inputs ? &b->function->inputs[at] : &b->function->results[at - inputs];
        *found = at;
        if (strcmp(port->name, name) == 0) return true;
    }
    return false;
}

static adc_status check_type(const struct host_binding *b, const adc_argument *argument,
                             const adc_port *port)
{
    static const char *const names[] = {"f64", "f32", "int", "i32", "bool"};
    if (argument->type == port->type) return ADC_GOOD;
    return host_say(context_of(b), ADC_WRONG_TYPE, "`%s` is %s, but %s was given", port->name,
                    names[port->type],
                    host_is_element(argument->type) ? names[argument->type] : "no type");
}

static adc_status check_form(const struct host_binding *b, const adc_argument *argument,
                             const adc_port *port)
{
    if (argument->rank != port->rank)
        return host_say(context_of(b), ADC_WRONG_SHAPE, "`%s` has %u axes, but %u were given",
                        port->name, port->rank, argument->rank);
    size_t count;
    for (unsigned i = 0; i < port->rank; i++)
        if (argument->lengths[i] < 0)
            return host_say(context_of(b), ADC_NEGATIVE_SIZE,
                            "`%s` has a negative length along "
                            "axis %u",
                            port->name, i);
    if (!host_count(argument->lengths, port->rank, &count))
        return host_say(context_of(b), ADC_WRONG_SHAPE, "`%s` has more elements than memory",
                        port->name);
    if (port->rank && count && !argument->data && !b->shapes_only)
        return host_say(context_of(b), ADC_BAD_ARGUMENT, "the data of `%s` is NULL", port->name);
    return ADC_GOOD;
}

/* By port: the number of its argument plus 1. */
static adc_status match(const struct host_binding *b, size_t *given)
{
    size_t guess = 0, port;
    if (b->count && !b->arguments)
        return host_say(context_of(b), ADC_BAD_ARGUMENT, "the arguments are NULL");
    for (size_t i = 0; i < b->count; i++) {
        const adc_argument *argument = &b->arguments[i];
        if (!argument->name)
            return host_say(context_of(b), ADC_BAD_ARGUMENT, "argument %zu has no name", i);
        if (!find_port(b, argument->name, guess, &port))
            return host_say(context_of(b), ADC_UNKNOWN_NAME, "`%s` has no parameter or result `%s`",
                            b->function->function->symbol->text, argument->name);
        if (given[port])
            return host_say(context_of(b), ADC_GIVEN_TWICE, "`%s` is given twice", argument->name);
        given[port] = i + 1;
        guess = port + 1;
    }
    return ADC_GOOD;
}

static adc_status check_ports(const struct host_binding *b, const size_t *given)
{
    size_t inputs = input_count(b);
    for (size_t i = 0; i < inputs + result_count(b); i++) {
        const adc_port *port =
            i < inputs ? &b->function->inputs[i] : &b->function->results[i - inputs];
        if (!given[i]) continue;
        const adc_argument *argument = &b->arguments[given[i] - 1];
        adc_status status = check_type(b, argument, port);
        if (status == ADC_GOOD) status = check_form(b, argument, port);
        if (status != ADC_GOOD) return status;
    }
    return ADC_GOOD;
}

/* ---------------------------------------------------------------------------------- scalars */

static union adc_value scalar_of(const adc_argument *argument)
{
    return host_load(argument->type, argument->data ? argument->data : &argument->value);
}

/* Where shapes alone are asked for, reals and arrays may be missing. */
static bool needed(const struct host_binding *b, const adc_port *port)
{
    bool real = port->type == ADC_TYPE_F64 || port->type == ADC_TYPE_F32;
    return !b->shapes_only || (!port->rank && !real);
}

static adc_status take_scalars(const struct host_binding *b, const size_t *given, bool *known)
{
    for (size_t i = 0; i < input_count(b); i++) {
        const adc_port *port = &b->function->inputs[i];
        known[i] = given[i] || port->has_default;
        if (given[i] && !port->rank) b->inputs[i] = scalar_of(&b->arguments[given[i] - 1]);
        else if (port->has_default) b->inputs[i] = b->function->function->params.data[i].value;
        if (known[i] || port->kind == ADC_PORT_DIMENSION || !needed(b, port)) continue;
        return host_say(context_of(b), ADC_MISSING, "`%s` has no value", port->name);
    }
    return ADC_GOOD;
}

/* ------------------------------------------------------------------------------------ sizes */

static adc_status bind_axis(const struct host_binding *b, const adc_argument *argument,
                            const struct adc_node *size, unsigned axis, bool *known)
{
    const adc_port *dimension = &b->function->inputs[size->op == ADC_OP_PARAM ? size->number : 0];
    if (size->op != ADC_OP_PARAM || dimension->kind != ADC_PORT_DIMENSION) return ADC_GOOD;
    union adc_value *value = &b->inputs[size->number];
    int64_t length = argument->lengths[axis];
    if (known[size->number] && value->integer != length)
        return host_say(context_of(b), ADC_WRONG_SHAPE,
                        "sizes differ: `%s` has %lld along axis %u, but `%s` is %lld",
                        argument->name, (long long)length, axis, dimension->name,
                        (long long)value->integer);
    known[size->number] = true;
    value->integer = length;
    return ADC_GOOD;
}

static adc_status bind_dimensions(const struct host_binding *b, const size_t *given, bool *known)
{
    const struct adc_function *function = b->function->function;
    for (size_t i = 0; i < input_count(b); i++)
        for (unsigned axis = 0; given[i] && axis < function->params.data[i].rank; axis++) {
            adc_status status = bind_axis(b, &b->arguments[given[i] - 1],
                                          function->params.data[i].shape[axis], axis, known);
            if (status != ADC_GOOD) return status;
        }
    for (size_t i = 0; i < input_count(b); i++) {
        const adc_port *port = &b->function->inputs[i];
        if (port->kind != ADC_PORT_DIMENSION) continue;
        if (!known[i])
            return host_say(context_of(b), ADC_MISSING, "no array shows the size `%s`", port->name);
        if (b->inputs[i].integer < 0)
            return host_say(context_of(b), ADC_NEGATIVE_SIZE, "the size `%s` is negative",
                            port->name);
    }
    return ADC_GOOD;
}

/* Lengths of all ports by one walk. */
static void evaluate_lengths(const struct host_binding *b)
{
    const struct host_function *f = b->function;
    size_t inputs = input_count(b), all = inputs + result_count(b), next = 0;
    ADC_VEC(const struct adc_node *) nodes = {0};
    for (size_t i = 0; i < all; i++) {
        const struct adc_node *const *shape =
            i < inputs ? f->function->params.data[i].shape : f->lengths[i - inputs];
        unsigned rank = i < inputs ? f->inputs[i].rank : f->results[i - inputs].rank;
        for (unsigned axis = 0; shape && axis < rank; axis++)
            ADC_PUSH(b->arena, nodes, shape[axis]);
    }
    int64_t *values = ADC_NEW_ARRAY(b->arena, int64_t, nodes.count);
    adc_closed_values(f->function, b->inputs, nodes.data, nodes.count, values, b->arena);
    for (size_t i = 0; i < all; i++) {
        bool square = i >= inputs && !f->lengths[i - inputs];
        unsigned rank = i < inputs ? f->inputs[i].rank : f->results[i - inputs].rank;
        for (unsigned axis = 0; axis < rank; axis++)
            b->lengths[i][axis] = square ? f->side : values[next++];
    }
}

/* A result of negative length is empty; an input of one cannot be. */
static adc_status check_lengths(const struct host_binding *b, const size_t *given)
{
    size_t inputs = input_count(b);
    for (size_t i = 0; i < inputs + result_count(b); i++) {
        const adc_port *port =
            i < inputs ? &b->function->inputs[i] : &b->function->results[i - inputs];
        for (unsigned axis = 0; axis < port->rank; axis++) {
            int64_t *wanted = &b->lengths[i][axis];
            if (*wanted < 0 && i < inputs)
                return host_say(context_of(b), ADC_NEGATIVE_SIZE,
                                "`%s` would have length %lld along axis %u", port->name,
                                (long long)*wanted, axis);
            if (*wanted < 0) *wanted = 0;
            if (!given[i] || b->arguments[given[i] - 1].lengths[axis] == *wanted) continue;
            return host_say(context_of(b), ADC_WRONG_SHAPE,
                            "`%s` has length %lld along axis %u, but %lld is wanted", port->name,
                            (long long)b->arguments[given[i] - 1].lengths[axis], axis,
                            (long long)*wanted);
        }
    }
    return ADC_GOOD;
}

/* ----------------------------------------------------------------------------------- arrays */

/* Elements as the interpreter has them; those of 8 bytes it reads where they are. */
static const union adc_value *elements_of(const struct host_binding *b,
                                          const adc_argument *argument)
{
    size_t count;
    bool alike = host_size(argument->type) == sizeof(union adc_value);
    if (alike || b->as_they_are || !argument->data) return argument->data;
    host_count(argument->lengths, argument->rank, &count);
    union adc_value *values = ADC_NEW_ARRAY(b->arena, union adc_value, count);
    for (size_t k = 0; k < count; k++)
        values[k] =
            host_load(argument->type, (const char *)argument->data + k * host_size(argument->type));
    return values;
}

static void take_arrays(const struct host_binding *b, const size_t *given)
{
    for (size_t i = 0; i < input_count(b); i++)
        if (given[i] && b->function->inputs[i].rank && !b->shapes_only)
            b->inputs[i].elements = elements_of(b, &b->arguments[given[i] - 1]);
}

adc_status host_bind(struct host_binding *b)
{
    size_t inputs = input_count(b), all = inputs + result_count(b);
    size_t *given = ADC_NEW_ARRAY(b->arena, size_t, all);
    bool *known = ADC_NEW_ARRAY(b->arena, bool, inputs);
    b->inputs = ADC_NEW_ARRAY(b->arena, union adc_value, inputs);
    b->lengths = adc_arena_array(b->arena, all, sizeof *b->lengths);
    b->requested = given + inputs;
    adc_status status = match(b, given);
    if (status == ADC_GOOD) status = check_ports(b, given);
    if (status == ADC_GOOD) status = take_scalars(b, given, known);
    if (status == ADC_GOOD) status = bind_dimensions(b, given, known);
    if (status != ADC_GOOD) return status;
    evaluate_lengths(b);
    status = check_lengths(b, given);
    if (status == ADC_GOOD) take_arrays(b, given);
    return status;
}
