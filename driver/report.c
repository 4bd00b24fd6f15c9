/* adc report: what each product of a function costs, as formulas in the sizes, and in numbers where
 * the sizes are given. */
#include "driver/report.h"

#include "driver/commands.h"
#include "driver/json_io.h"
#include "driver/session.h"
#include "driver/stages.h"
#include "runtime/cost.h"

#include <string.h>

struct limit {
    const char *option, *text; /* --max-stack, as written or NULL */
    uint64_t bytes;
};

/* One product, and the values of its sizes where all are given. */
struct entry {
    const struct cost *cost;
    union adc_value *inputs; /* by parameter, or NULL */
};

static int read_limit(struct session *session, struct limit *limit)
{
    if (!limit->text || options_bytes(limit->text, &limit->bytes)) return STATUS_GOOD;
    return session_fail(session, STATUS_USAGE,
                        "`%s %s` is not a number of bytes, as 4096, 64M or 2G", limit->option,
                        limit->text);
}

static bool is_size(const struct adc_parameter *parameter)
{
    return !parameter->rank && !adc_type_is_real(parameter->type);
}

/* Values of sizes and scalar ints; *all says whether none is missing. */
static int bind(struct session *session, const struct program *program,
                const struct adc_function *function, union adc_value *inputs, bool *all)
{
    *all = true;
    for (size_t i = 0; i < function->params.count; i++) {
        const struct adc_parameter *parameter = &function->params.data[i];
        struct argument *argument = arguments_find(&program->arguments, parameter->name->text);
        if (!is_size(parameter)) continue;
        if (!argument) {
            inputs[i] = parameter->value;
            *all &= parameter->has_default;
            continue;
        }
        argument->used = true;
        int status = argument_value(session, parameter->name->text,
                                    argument->text ? argument->text : argument->path,
                                    parameter->type, &inputs[i]);
        if (status != STATUS_GOOD) return status;
    }
    return STATUS_GOOD;
}

static int make_entries(struct session *session, struct program *program, const char *name,
                        struct entry **entries, size_t *count)
{
    struct emit_c_unit unit;
    int status = stages_unit(session, program, name, &unit);
    if (status != STATUS_GOOD) return status;
    struct cost *costs = ADC_NEW_ARRAY(&session->arena, struct cost, unit.count);
    if (!cost_of_unit(&unit, costs)) return session_compiler_failed(session);
    *count = unit.count;
    *entries = ADC_NEW_ARRAY(&session->arena, struct entry, unit.count);
    for (size_t i = 0; i < unit.count && status == STATUS_GOOD; i++) {
        const struct adc_function *function = unit.programs[i]->function;
        union adc_value *inputs =
            ADC_NEW_ARRAY(&session->arena, union adc_value, function->params.count);
        bool all;
        status = bind(session, program, function, inputs, &all);
        (*entries)[i] = (struct entry){&costs[i], all ? inputs : NULL};
    }
    return status;
}

/* ---------------------------------------------------------------------------------- limits */

static int check_stack(struct session *session, const struct cost *cost, const struct limit *limit)
{
    const struct adc_function *function = cost->program->function;
    if (!limit->text || cost->stack <= limit->bytes) return STATUS_GOOD;
    return session_fail_at(
        session, STATUS_PROGRAM, function->span,
        session_format(session, "the stack of `%s` may take %llu bytes, more than `--max-stack %s`",
                       function->symbol->text, (unsigned long long)cost->stack, limit->text));
}

static int check_work(struct session *session, const struct entry *entry, const struct limit *limit)
{
    const struct adc_function *function = entry->cost->program->function;
    if (!limit->text) return STATUS_GOOD;
    if (entry->cost->sized && !entry->inputs) {
        session_fail_at(session, STATUS_PROGRAM, function->span,
                        session_format(session,
                                       "the workspace of `%s` depends on sizes, so no limit holds",
                                       function->symbol->text));
        session_help(session, "it takes %s bytes; `adc report` takes sizes as NAME=VALUE",
                     entry->cost->work);
        return STATUS_PROGRAM;
    }
    size_t bytes = cost_work_at(entry->cost->program, entry->inputs, &session->arena);
    if (bytes <= limit->bytes) return STATUS_GOOD;
    return session_fail_at(
        session, STATUS_PROGRAM, function->span,
        session_format(session, "the workspace of `%s` takes %zu bytes, more than `--max-work %s`",
                       function->symbol->text, bytes, limit->text));
}

static int check_entries(struct session *session, const struct entry *entries, size_t count)
{
    const struct options *options = &session->options;
    struct limit stack = {.option = "--max-stack", .text = options->max_stack};
    struct limit work = {.option = "--max-work", .text = options->max_work};
    int status = read_limit(session, &stack);
    if (status == STATUS_GOOD) status = read_limit(session, &work);
    for (size_t i = 0; i < count && status == STATUS_GOOD; i++) {
        status = check_stack(session, entries[i].cost, &stack);
        if (status == STATUS_GOOD) status = check_work(session, &entries[i], &work);
    }
    return status;
}

int report_check_limits(struct session *session, struct program *program, const char *name)
{
    struct entry *entries;
    size_t count;
    if (!session->options.max_stack && !session->options.max_work) return STATUS_GOOD;
    int status = make_entries(session, program, name, &entries, &count);
    return status == STATUS_GOOD ? check_entries(session, entries, count) : status;
}

/* ----------------------------------------------------------------------------------- text */

static const char *flops_text(struct session *session, const struct cost *cost)
{
    struct adc_text text;
    adc_text_init(&text, &session->arena);
    cost_put_flops(cost, &text);
    if (cost->unbounded) adc_text_add(&text, " + loops whose length depends on data");
    return text.data;
}

static void put_number(struct session *session, const struct entry *entry, bool flops)
{
    struct adc_text *out = &session->out;
    if (!entry->inputs || (!flops && !entry->cost->sized)) return;
    uint64_t number = flops ? cost_flops_at(entry->cost, entry->inputs, &session->arena)
                            : cost_work_at(entry->cost->program, entry->inputs, &session->arena);
    adc_text_format(out, "              = %llu\n", (unsigned long long)number);
}

static void put_text(struct session *session, const struct entry *entry)
{
    const struct cost *cost = entry->cost;
    struct adc_text *out = &session->out;
    if (out->count) adc_text_add(out, "\n");
    adc_text_format(out, "%s\n", cost->program->function->symbol->text);
    adc_text_format(out, "  work        %s bytes\n", cost->work);
    put_number(session, entry, false);
    adc_text_format(out, "  stack       %llu bytes at most\n", (unsigned long long)cost->stack);
    adc_text_format(out, "  statements  %llu\n", (unsigned long long)cost->statements);
    adc_text_format(out, "  flops       %s\n", flops_text(session, cost));
    put_number(session, entry, true);
    adc_text_format(out, "  constants   %llu bytes\n", (unsigned long long)cost->constants);
}

static json_t *number_json(uint64_t number)
{
    return json_integer(number > INT64_MAX ? INT64_MAX : (json_int_t)number);
}

static json_t *entry_json(struct session *session, const struct entry *entry)
{
    const struct cost *cost = entry->cost;
    json_t *object = json_object();
    json_put(object, "symbol", json_text(cost->program->function->symbol->text));
    json_put(object, "work", json_text(cost->work));
    if (entry->inputs || !cost->sized)
        json_put(object, "work_bytes",
                 number_json(cost_work_at(cost->program, entry->inputs, &session->arena)));
    json_put(object, "stack_bytes", number_json(cost->stack));
    json_put(object, "statements", number_json(cost->statements));
    json_put(object, "flops", json_text(flops_text(session, cost)));
    if (entry->inputs && !cost->unbounded)
        json_put(object, "flop_count",
                 number_json(cost_flops_at(cost, entry->inputs, &session->arena)));
    json_put(object, "constant_bytes", number_json(cost->constants));
    return object;
}

/* -------------------------------------------------------------------------------- command */

static int report_function(struct session *session, struct program *program, const char *name,
                           json_t *list)
{
    struct entry *entries;
    size_t count;
    int status = make_entries(session, program, name, &entries, &count);
    for (size_t i = 0; i < count && status == STATUS_GOOD; i++)
        if (session->options.json) json_array_append_new(list, entry_json(session, &entries[i]));
        else put_text(session, &entries[i]);
    return status == STATUS_GOOD ? check_entries(session, entries, count) : status;
}

static int check_arguments(struct session *session, const struct program *program)
{
    for (size_t i = 0; i < program->arguments.count; i++) {
        const struct argument *argument = &program->arguments.data[i];
        if (argument->used) continue;
        session_fail(session, STATUS_USAGE, "`%s` is no size and no scalar int", argument->name);
        session_help(session, "code costs the same whatever its reals are");
        return STATUS_USAGE;
    }
    return STATUS_GOOD;
}

int command_report(struct session *session)
{
    struct program program = {0};
    struct option_list names = {0};
    json_t *list = json_array();
    int status = program_open(session, true, &program);
    if (status == STATUS_GOOD) status = program_functions(session, &program, &names);
    for (size_t i = 0; i < names.count && status == STATUS_GOOD; i++)
        status = stages_check_names(session, &program, names.data[i]);
    for (size_t i = 0; i < names.count && status == STATUS_GOOD; i++)
        status = report_function(session, &program, names.data[i], list);
    if (status == STATUS_GOOD) status = check_arguments(session, &program);
    if (status == STATUS_GOOD) status = program_check_constants(session, &program);
    if (session->options.json && status == STATUS_GOOD) {
        json_write(list, &session->out);
        adc_text_add(&session->out, "\n");
    }
    json_decref(list);
    return status;
}
