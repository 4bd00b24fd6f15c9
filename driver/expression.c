/* Expressions on the command line: each NAME=VALUE declares a parameter by what its value is.
 *
 *     x=2.5             var x: real           b=true     b: bool
 *     x=[[1, 2, 3]]     var x: real[1, 3]
 *     n=3               var x: real; n: int where the expression needs an int (E21)
 *
 * Arrays have the lengths that they have, so that sizes that do not fit are errors of the
 * expression. */
#include "driver/csv.h"
#include "driver/npy.h"
#include "driver/program.h"
#include "driver/session.h"

#include <string.h>

/* -------------------------------------------------------------- what a value looks like */

static bool is_word(const char *text, const char *word)
{
    return strncmp(text, word, strlen(word)) == 0;
}

static bool is_bool_text(const char *text)
{
    text += strspn(text, "[ \t\r\n");
    return is_word(text, "true") || is_word(text, "false");
}

static bool is_bool(const struct argument *argument)
{
    if (argument->npy) return argument->npy->type == NPY_B1;
    if (argument->csv)
        return argument->csv->fields.count && is_bool_text(*argument->csv->fields.data);
    return is_bool_text(argument->text);
}

static bool is_whole_text(const char *text)
{
    return *text && text[strspn(text, "-0123456789[], \t\r\n")] == '\0';
}

static bool is_whole(const struct argument *argument)
{
    if (argument->npy) return argument->npy->type == NPY_I8 || argument->npy->type == NPY_I4;
    if (!argument->csv) return is_whole_text(argument->text);
    for (size_t i = 0; i < argument->csv->fields.count; i++)
        if (!is_whole_text(argument->csv->fields.data[i])) return false;
    return true;
}

/* The lists that the first element lies in. */
static unsigned rank_of(const struct argument *argument)
{
    unsigned rank = 0;
    if (argument->npy) return argument->npy->rank;
    if (argument->csv) {
        if (argument->csv->fields.count == 1) return 0;
        return argument->csv->rows > 1 && argument->csv->columns > 1 ? 2 : 1;
    }
    for (const char *at = argument->text; *at == '[';) {
        rank++;
        at++;
        at += strspn(at, " \t\r\n");
    }
    return rank;
}

/* ------------------------------------------------------------------------ parameters */

struct expression {
    struct session *session;
    struct program *program;
    const char *text;
    bool *whole;             /* by argument: an int, as the expression needs one */
    struct option_list free; /* names that stand for reals without a value */
};

static int declare_argument(struct expression *e, size_t index, struct adc_text *out)
{
    struct argument *argument = &e->program->arguments.data[index];
    unsigned rank = rank_of(argument);
    bool boolean = is_bool(argument), real = !boolean && !e->whole[index];
    struct adc_parameter parameter = {.rank = rank};
    parameter.type = boolean ? ADC_BOOL : e->whole[index] ? ADC_INT : e->program->options.real;
    adc_text_format(out, "%s%s: %s", real ? "var " : "", argument->name,
                    boolean ? "bool"
                    : real  ? "real"
                            : "int");
    if (!rank) return STATUS_GOOD;
    if (rank > ADC_MAX_RANK)
        return session_fail(e->session, STATUS_USAGE, "`%s` has more than %d axes", argument->name,
                            ADC_MAX_RANK);
    int status = arguments_read_array(e->session, &parameter, argument);
    if (status != STATUS_GOOD) return status;
    for (unsigned i = 0; i < rank; i++) {
        int64_t length = argument->array->length[i];
        adc_text_format(out, "%s%lld", i ? ", " : "[", (long long)(length < 0 ? 0 : length));
    }
    adc_text_add(out, "]");
    return STATUS_GOOD;
}

static int compile(struct expression *e)
{
    struct adc_text parameters;
    adc_text_init(&parameters, &e->session->arena);
    adc_text_add(&parameters, "");
    for (size_t i = 0; i < e->program->arguments.count; i++) {
        if (i) adc_text_add(&parameters, ", ");
        int status = declare_argument(e, i, &parameters);
        if (status != STATUS_GOOD) return status;
    }
    for (size_t i = 0; i < e->free.count; i++)
        adc_text_format(&parameters, "%svar %s: real", i ? ", " : "", e->free.data[i]);
    e->program->module = compile_expression(&e->session->context, e->text, strlen(e->text),
                                            parameters.data, &e->program->options);
    return STATUS_GOOD;
}

/* ------------------------------------------------------------------- what is mentioned */

static bool continues_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (unsigned char)c >= 0x80;
}

static bool is_name(const char *text)
{
    size_t length = 0;
    while (continues_name(text[length])) length++;
    return text[length] == '\0' && length && !(*text >= '0' && *text <= '9');
}

/* Within the first `length` bytes of `text`. */
static bool mentions(const char *text, size_t length, const char *name)
{
    size_t own = strlen(name);
    for (size_t at = 0; at + own <= length; at++) {
        if (memcmp(text + at, name, own) != 0) continue;
        if (!(at > 0 && continues_name(text[at - 1])) && !continues_name(text[at + own]))
            return true;
    }
    return false;
}

static const struct adc_source *source_of(const struct session *session,
                                          const struct adc_diag *diag)
{
    return &session->context.diags.sources.data[diag->span.source];
}

/* Marks whole numbers where a real is no good; says whether there are new ones. */
static bool find_ints(struct expression *e)
{
    const struct adc_diags *diags = &e->session->context.diags;
    bool found = false;
    for (size_t i = 0; i < diags->list.count; i++) {
        const struct adc_diag *diag = diags->list.data[i];
        if (diag->code != ADC_E21) continue;
        const char *text = source_of(e->session, diag)->text + diag->span.begin;
        for (size_t a = 0; a < e->program->arguments.count; a++) {
            const struct argument *argument = &e->program->arguments.data[a];
            if (e->whole[a] || !is_whole(argument) ||
                !mentions(text, diag->span.end - diag->span.begin, argument->name))
                continue;
            e->whole[a] = found = true;
        }
    }
    return found;
}

/* ------------------------------------------------------------------------ free names */

static void add_once(struct session *session, struct option_list *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->data[i], name) == 0) return;
    ADC_PUSH(&session->arena, *names, name);
}

/* A bare name out of scope, not one that is called. */
static bool is_free_name(const struct adc_source *source, const struct adc_diag *diag)
{
    const char *after = source->text + diag->span.end;
    while (*after == ' ') after++;
    return diag->code == ADC_E07 && *after != '(';
}

/* Whether an expression failed for its arguments alone: free names (listed) and values that it
 * does not use (reported at the whole of it). */
static bool list_free_names(struct session *session, struct option_list *names)
{
    const struct adc_diags *diags = &session->context.diags;
    for (size_t i = 0; i < diags->list.count; i++) {
        const struct adc_diag *diag = diags->list.data[i];
        const struct adc_source *source = source_of(session, diag);
        if (diag->severity == ADC_WARNING || diag->code == ADC_E43) continue;
        if (!is_free_name(source, diag)) return false;
        add_once(session, names,
                 adc_arena_copy(&session->arena, source->text + diag->span.begin,
                                diag->span.end - diag->span.begin));
    }
    return diags->error_count > 0;
}

/* A value for something that the expression does not have: a mistake in the arguments. */
static int not_mentioned(struct expression *e, const struct argument *argument,
                         const struct option_list *unknown)
{
    session_forget(e->session);
    session_fail(e->session, STATUS_USAGE, "`%s` does not occur in the expression", argument->name);
    session_suggest(e->session, argument->name, unknown->data, unknown->count);
    return STATUS_USAGE;
}

/* Too many or too few values. */
static int wrong_variables(struct expression *e, const struct option_list *unknown)
{
    struct session *session = e->session;
    for (size_t i = 0; i < e->program->arguments.count; i++)
        if (!mentions(e->text, strlen(e->text), e->program->arguments.data[i].name))
            return not_mentioned(e, &e->program->arguments.data[i], unknown);
    if (unknown->count == 0) return session_compiler_failed(session);
    session_forget(session);
    session_fail(session, STATUS_USAGE, "no value for `%s`", unknown->data[0]);
    session_help(session, "add `%s=VALUE`", unknown->data[0]);
    return STATUS_USAGE;
}

/* Until no further whole number has to be an int. */
static int compile_with_ints(struct expression *e)
{
    int status = compile(e);
    while (status == STATUS_GOOD && !e->program->module && !e->session->context.failed &&
           find_ints(e)) {
        session_forget(e->session);
        status = compile(e);
    }
    return status;
}

int program_compile_expression(struct session *session, const char *text, bool free_names,
                               struct program *program)
{
    struct expression e = {.session = session, .program = program, .text = text};
    struct option_list unknown = {0};
    program->name = "expression";
    int status = program_take_options(session, program);
    if (status != STATUS_GOOD) return status;
    size_t count = program->arguments.count;
    e.whole = ADC_NEW_ARRAY(&session->arena, bool, count);
    for (size_t i = 0; i < count; i++)
        if (!is_name(program->arguments.data[i].name))
            return not_mentioned(&e, &program->arguments.data[i], &unknown);
    status = compile_with_ints(&e);
    if (status != STATUS_GOOD || program->module) return status;
    if (session->context.failed || !list_free_names(session, &unknown))
        return session_compiler_failed(session);
    if (!free_names || count) return wrong_variables(&e, &unknown);
    session_forget(session);
    e.free = unknown;
    status = compile(&e);
    if (status != STATUS_GOOD || program->module) return status;
    return session_compiler_failed(session);
}
