/* Opening programs: what build, run, eval, trace, graph and show have in common. */
#include "driver/program.h"

#include "driver/imports.h"
#include "driver/session.h"

#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------------- options */

static int add_constant(struct session *session, const char *text, struct program *program)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text)
        return session_fail(session, STATUS_USAGE, "`--const %s` is not NAME=VALUE", text);
    struct fe_override *override = &program->options.overrides[program->options.override_count];
    override->name = adc_arena_copy(&session->arena, text, (size_t)(equals - text));
    for (size_t i = 0; i < program->options.override_count; i++)
        if (strcmp(program->options.overrides[i].name, override->name) == 0)
            return session_fail(session, STATUS_USAGE, "`--const %s` is given twice",
                                override->name);
    if (!argument_as_written(equals + 1, &override->type, &override->value))
        return argument_no_scalar(session, override->name, equals + 1);
    program->options.override_count++;
    return STATUS_GOOD;
}

static bool is_operand(const struct options *options, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < options->operands.count; i++) {
        const char *text = options->operands.data[i];
        if (strncmp(text, name, length) == 0 && text[length] == '=') return true;
    }
    return false;
}

/* --const and NAME=VALUE are one command line; it goes before the file of --input. */
static int check_given_once(struct session *session, struct program *program)
{
    for (size_t i = 0; i < program->options.override_count; i++) {
        const char *name = program->options.overrides[i].name;
        struct argument *argument = arguments_find(&program->arguments, name);
        if (argument && is_operand(&session->options, name))
            return session_fail(session, STATUS_USAGE,
                                "`%s` is given twice: by `--const %s` and as an argument", name,
                                name);
        if (argument) argument->used = true;
    }
    return STATUS_GOOD;
}

/* NAME=VALUE serves const parameters too: every scalar argument is offered as an override. */
static void offer_arguments(struct program *program)
{
    program->constant_count = program->options.override_count;
    for (size_t i = 0; i < program->arguments.count; i++) {
        const struct argument *argument = &program->arguments.data[i];
        if (argument->used) continue;
        struct fe_override *next = &program->options.overrides[program->options.override_count];
        next->name = argument->name;
        if (argument_as_written(argument->text, &next->type, &next->value))
            program->options.override_count++;
    }
}

static int take_budget(struct session *session, uint64_t *bytes)
{
    const char *text = session->options.budget;
    if (!text || (options_bytes(text, bytes) && *bytes)) return STATUS_GOOD;
    return session_fail(session, STATUS_USAGE,
                        "`--tape-budget %s` is not a number of bytes above 0, as 4096, 64M or 2G",
                        text);
}

/* Work has memory for as many. */
static int take_threads(struct session *session, unsigned *threads)
{
    enum { DEFAULT = 16, MOST = COMPILE_MOST_THREADS };
    const char *text = session->options.threads;
    *threads = DEFAULT;
    if (!text) return STATUS_GOOD;
    char *end;
    long number = strtol(text, &end, 10);
    if (*text < '1' || *text > '9' || *end || number > MOST)
        return session_fail(session, STATUS_USAGE,
                            "`--threads %s` is not a whole number from 1 to %d", text, MOST);
    *threads = (unsigned)number;
    return STATUS_GOOD;
}

int program_take_options(struct session *session, struct program *program)
{
    const struct options *given = &session->options;
    struct compile_options *options = &program->options;
    options->real = given->real && strcmp(given->real, "f32") == 0 ? ADC_F32 : ADC_F64;
    options->of = given->of;
    options->unchecked = given->bounds && strcmp(given->bounds, "off") == 0;
    options->strict = given->strict;
    const char *simd = given->simd ? given->simd : "on";
    if (given->portable || strcmp(simd, "off") == 0)
        session->context.without |= pass_only(PASS_LANES);
    session->context.lanes.strict = given->strict;
    session->context.lanes.fma = given->fma;
    if (*simd >= '0' && *simd <= '9') session->context.lanes.width = (unsigned)(*simd - '0');
    if (given->threads && !given->openmp)
        return session_fail(session, STATUS_USAGE, "`--threads` is for `--openmp`");
    if (given->openmp) {
        int status = take_threads(session, &session->context.threads);
        if (status != STATUS_GOOD) return status;
    }
    options->explain_shapes = given->explain_shapes;
    options->loader = imports_loader(session);
    options->overrides = ADC_NEW_ARRAY(&session->arena, struct fe_override,
                                       given->constants.count + program->arguments.count + 1);
    for (size_t i = 0; i < given->constants.count; i++) {
        int status = add_constant(session, given->constants.data[i], program);
        if (status != STATUS_GOOD) return status;
    }
    int twice = check_given_once(session, program);
    if (twice != STATUS_GOOD) return twice;
    offer_arguments(program);
    int status = take_budget(session, &options->budget);
    if (status == STATUS_GOOD && given->without)
        status = options_passes(session, given->without, &session->context.without);
    if (status != STATUS_GOOD || !given->wrt) return status;
    struct option_list names = {0};
    status = options_split(session, "--wrt", given->wrt, &names);
    options->wrt = names.data;
    options->wrt_count = names.count;
    return status;
}

/* ---------------------------------------------------------------------- opening */

int program_compile(struct session *session, const char *path, struct program *program)
{
    const char *text;
    size_t length;
    int status = files_read(session, path, &text, &length);
    if (status == STATUS_GOOD) status = program_compile_text(session, path, text, length, program);
    return status;
}

int program_compile_text(struct session *session, const char *path, const char *text, size_t length,
                         struct program *program)
{
    program->path = path;
    program->name = strcmp(path, "-") == 0 ? "stdin" : path;
    int status = program_take_options(session, program);
    if (status != STATUS_GOOD) return status;
    program->module =
        compile_text(&session->context, program->name, text, length, &program->options);
    return program->module ? STATUS_GOOD : session_compiler_failed(session);
}

int program_open(struct session *session, bool free_names, struct program *program)
{
    const struct options *options = &session->options;
    size_t next = 0;
    if (!options->expression) {
        if (options->operands.count == 0)
            return session_fail(session, STATUS_USAGE, "`adc %s` needs a file",
                                options_command_name(options->command));
        program->path = options->operands.data[next++];
        if (next < options->operands.count && !strchr(options->operands.data[next], '='))
            program->function = options->operands.data[next++];
    }
    if (program->path && options->input && strcmp(program->path, "-") == 0 &&
        strcmp(options->input, "-") == 0)
        return session_fail(session, STATUS_USAGE,
                            "both the program and --input are standard input");
    int status = arguments_collect(session, next, &program->arguments);
    if (status != STATUS_GOOD) return status;
    if (!options->expression) return program_compile(session, program->path, program);
    return program_compile_expression(session, options->expression, free_names, program);
}

/* --------------------------------------------------------------------- choosing */

static int no_such_function(struct session *session, const struct program *program,
                            const struct compile_entry *entries, size_t count)
{
    const char **names = ADC_NEW_ARRAY(&session->arena, const char *, count);
    for (size_t i = 0; i < count; i++) names[i] = entries[i].name;
    session_fail(session, STATUS_PROGRAM, "`%s` has no function `%s`", program->name,
                 program->function);
    session_suggest(session, program->function, names, count);
    return STATUS_PROGRAM;
}

static bool has_function(const struct compile_entry *entries, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(entries[i].name, name) == 0) return true;
    return false;
}

static const char *listed(struct session *session, const struct option_list *names)
{
    struct adc_text text;
    adc_text_init(&text, &session->arena);
    for (size_t i = 0; i < names->count && i < 12; i++)
        adc_text_format(&text, "%s%s", i ? ", " : "", names->data[i]);
    if (names->count > 12) adc_text_add(&text, ", ...");
    return text.data;
}

/* The function asked for, or all exported ones; where none is exported, all that are no tests. */
int program_functions(struct session *session, const struct program *program,
                      struct option_list *names)
{
    const struct compile_entry *entries;
    size_t count = compile_entries(program->module, &entries);
    if (program->function) {
        if (!has_function(entries, count, program->function))
            return no_such_function(session, program, entries, count);
        ADC_PUSH(&session->arena, *names, program->function);
        return STATUS_GOOD;
    }
    for (size_t i = 0; i < count; i++)
        if (entries[i].exported) ADC_PUSH(&session->arena, *names, entries[i].name);
    bool none_exported = names->count == 0;
    for (size_t i = 0; i < count && none_exported; i++)
        if (!entries[i].exported && !entries[i].test)
            ADC_PUSH(&session->arena, *names, entries[i].name);
    if (names->count) return STATUS_GOOD;
    return session_fail(session, STATUS_PROGRAM, "`%s` has no function", program->name);
}

/* The name of the `const` parameter that a diagnostic is about, or NULL. */
static const char *constant_at_fault(struct session *session, const struct adc_diag *diag)
{
    const struct adc_source *source = &session->context.diags.sources.data[diag->span.source];
    static const char keyword[] = "const";
    size_t length = sizeof keyword - 1, before = diag->span.begin;
    while (before > 0 && source->text[before - 1] == ' ') before--;
    if (diag->code != ADC_E44 || before < length ||
        memcmp(source->text + before - length, keyword, length) != 0)
        return NULL;
    return adc_arena_copy(&session->arena, source->text + diag->span.begin,
                          diag->span.end - diag->span.begin);
}

/* A function that cannot be made because a `const` parameter got no value or one that does not
 * fit: a mistake in the arguments, where NAME=VALUE or --const could have given it. */
static int function_failed(struct session *session, const struct program *program)
{
    const struct adc_diags *diags = &session->context.diags;
    for (size_t i = 0; i < diags->list.count && !session->context.failed; i++) {
        const struct adc_diag *diag = diags->list.data[i];
        if (diag->severity == ADC_WARNING) continue;
        const char *name = constant_at_fault(session, diag);
        if (!name) return session_compiler_failed(session);
        const struct argument *argument = arguments_find(&program->arguments, name);
        enum adc_type type;
        union adc_value value;
        if (!argument || argument_as_written(argument->text, &type, &value)) continue;
        session_forget(session);
        return argument_no_scalar(session, name, argument->text);
    }
    return session->context.failed || !diags->error_count ? session_compiler_failed(session)
                                                          : STATUS_USAGE;
}

int program_function(struct session *session, struct program *program,
                     struct adc_function **function)
{
    struct option_list names = {0};
    int status = program_functions(session, program, &names);
    if (status != STATUS_GOOD) return status;
    if (names.count > 1) {
        session_fail(session, STATUS_USAGE, "`%s` has several functions; name one of them",
                     program->name);
        session_help(session, "%s", listed(session, &names));
        return STATUS_USAGE;
    }
    status = program_function_named(session, program, names.data[0], function);
    return status == STATUS_GOOD ? program_check_constants(session, program) : status;
}

/* Without the check that every --const was used: other functions may use it. */
int program_function_named(struct session *session, struct program *program, const char *name,
                           struct adc_function **function)
{
    *function = compile_lower(&session->context, program->module, name);
    if (!*function) return function_failed(session, program);
    for (size_t i = program->constant_count; i < program->options.override_count; i++)
        if (program->options.overrides[i].used)
            arguments_find(&program->arguments, program->options.overrides[i].name)->used = true;
    return STATUS_GOOD;
}

void program_look_at_all(struct session *session, const struct program *program)
{
    const struct compile_entry *entries;
    size_t count = compile_entries(program->module, &entries);
    for (size_t i = 0; i < count && !session->context.failed; i++)
        if (entries[i].exported || entries[i].test)
            compile_lower(&session->context, program->module, entries[i].name);
}

int program_check_constants(struct session *session, const struct program *program)
{
    for (size_t i = 0; i < program->constant_count; i++)
        if (!program->options.overrides[i].used)
            return session_fail(session, STATUS_USAGE, "no const parameter `%s` for `--const`",
                                program->options.overrides[i].name);
    return STATUS_GOOD;
}

/* ------------------------------------------------------------------ derivatives */

bool program_is_variable(const struct compile_options *options,
                         const struct adc_parameter *parameter)
{
    if (!adc_type_is_real(parameter->type)) return false;
    if (!options->wrt) return parameter->kind == ADC_VAR;
    for (size_t i = 0; i < options->wrt_count; i++)
        if (adc_parameter_is(parameter, options->wrt[i])) return true;
    return false;
}

/* The parameter of this name, or a real part of the record that it is. */
static const struct adc_parameter *variable_named(const struct adc_function *function,
                                                  const char *name)
{
    const struct adc_parameter *found = NULL;
    for (size_t i = 0; i < function->params.count; i++) {
        const struct adc_parameter *parameter = &function->params.data[i];
        bool better = !found || !adc_type_is_real(found->type);
        if (better && adc_parameter_is(parameter, name)) found = parameter;
    }
    return found;
}

static int check_wrt_name(struct session *session, const struct adc_function *function,
                          const char *name)
{
    const struct adc_parameter *parameter = variable_named(function, name);
    ADC_VEC(const char *) names = {0};
    if (parameter && parameter->kind == ADC_DATA)
        return session_fail(session, STATUS_USAGE,
                            "`--wrt %s`: `%s` is `data` and has no derivative", name, name);
    if (parameter && !adc_type_is_real(parameter->type))
        return session_fail(session, STATUS_USAGE, "`--wrt %s`: `%s` is no real but %s", name, name,
                            adc_type_name(parameter->type));
    if (parameter) return STATUS_GOOD;
    for (size_t i = 0; i < function->params.count; i++)
        ADC_PUSH(&session->arena, names, function->params.data[i].name->text);
    session_fail(session, STATUS_USAGE, "`--wrt %s`: `%s` has no parameter `%s`", name,
                 function->name->text, name);
    session_suggest(session, name, names.data, names.count);
    return STATUS_USAGE;
}

static int check_variables(struct session *session, const struct compile_options *options,
                           const struct adc_function *function)
{
    for (size_t i = 0; i < options->wrt_count; i++) {
        int status = check_wrt_name(session, function, options->wrt[i]);
        if (status != STATUS_GOOD) return status;
    }
    if (options->wrt) return STATUS_GOOD;
    for (size_t i = 0; i < function->params.count; i++)
        if (function->params.data[i].kind == ADC_VAR &&
            adc_type_is_real(function->params.data[i].type))
            return STATUS_GOOD;
    session_fail(session, STATUS_USAGE, "`%s` has no `var` parameter to differentiate by",
                 function->name->text);
    session_help(session, "choose parameters with --wrt NAME,NAME");
    return STATUS_USAGE;
}

/* Gradients are those of one number. */
static int check_scalar(struct session *session, const struct adc_function *function,
                        const char *name)
{
    for (size_t i = 0; i < function->results.count; i++)
        if (function->results.data[i].rank &&
            strcmp(function->results.data[i].name->text, name) == 0) {
            session_fail(session, STATUS_USAGE,
                         "the result `%s` of `%s` is an array and has no gradient", name,
                         function->name->text);
            session_help(session, "ask for vjp or jvp, or reduce it to a scalar");
            return STATUS_USAGE;
        }
    return STATUS_GOOD;
}

int program_check_result(struct session *session, const struct program *program,
                         const struct adc_function *function)
{
    const struct compile_options *options = &program->options;
    struct option_list reals = {0};
    for (size_t i = 0; i < function->results.count; i++)
        if (adc_type_is_real(function->results.data[i].type))
            ADC_PUSH(&session->arena, reals, function->results.data[i].name->text);
    const char *of = options->of ? options->of : function->of ? function->of->text : NULL;
    for (size_t i = 0; of && i < reals.count; i++)
        if (strcmp(reals.data[i], of) == 0) return check_scalar(session, function, of);
    if (options->of) {
        session_fail(session, STATUS_USAGE, "`--of %s`: `%s` has no real result `%s`", options->of,
                     function->name->text, options->of);
        session_suggest(session, options->of, reals.data, reals.count);
        return STATUS_USAGE;
    }
    if (reals.count == 1) return check_scalar(session, function, reals.data[0]);
    if (reals.count == 0)
        return session_fail(session, STATUS_USAGE, "`%s` has no real result to differentiate",
                            function->name->text);
    session_fail(session, STATUS_USAGE, "`%s` has several real results; choose one with --of",
                 function->name->text);
    session_help(session, "--of with one of %s", listed(session, &reals));
    return STATUS_USAGE;
}

int program_check_names(struct session *session, const struct program *program,
                        const struct adc_function *function, unsigned products)
{
    const struct compile_options *options = &program->options;
    unsigned single = 1u << ADC_GRAD | 1u << ADC_HVP | 1u << ADC_HESSIAN;
    if (!(products & ~(1u << ADC_VALUE))) return STATUS_GOOD;
    for (size_t i = 0; i < options->wrt_count; i++) {
        int status = check_wrt_name(session, function, options->wrt[i]);
        if (status != STATUS_GOOD) return status;
    }
    if (!options->of || !(products & single)) return STATUS_GOOD;
    return program_check_result(session, program, function);
}

int program_check_derivative(struct session *session, const struct program *program,
                             const struct adc_function *function, bool scalar_result)
{
    int status = check_variables(session, &program->options, function);
    if (status == STATUS_GOOD && scalar_result)
        status = program_check_result(session, program, function);
    return status;
}
