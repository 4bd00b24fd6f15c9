/* The option table, its parser and the help pages made from it. */
#include "driver/options.h"

#include "driver/session.h"

#include <string.h>

#define IN(command) (1u << COMMAND_##command)

enum {
    EVERY = (1u << COMMAND_COUNT) - 1,
    ALL = EVERY & ~IN(FMT), /* those that look at the meaning of a program */
    FROM_FILE = ALL & ~IN(EVAL),
    WITH_INPUTS = IN(RUN) | IN(TRACE) | IN(GRAPH) | IN(CHECK),
};

enum kind { FLAG, TEXT, LIST, LATER };

struct option {
    const char *name, *other; /* "--help", "-h" or NULL */
    enum kind kind;
    unsigned commands;
    size_t offset;       /* in struct options: bool, const char * or struct option_list */
    const char *value;   /* placeholder of its value; NULL for flags */
    const char *choices; /* "f32|f64", or NULL: anything */
    const char *later;   /* choices that have no meaning yet, or NULL */
    const char *help;
};

#define AT(field) offsetof(struct options, field)

static const struct option table[] = {
    {"-o", "--output", TEXT, IN(BUILD), AT(output), "FILE", NULL, NULL,
     "the file to write; `-` is standard output (default: the source with the ending .c)"},
    {"-o", "--output", TEXT, IN(GRAPH), AT(output), "FILE", NULL, NULL,
     "FILE.dot, FILE.svg or FILE.png (default: DOT text on standard output)"},
    {"--header", NULL, TEXT, IN(BUILD), AT(header), "FILE", NULL, NULL,
     "the C header (default: the output with the ending .h)"},
    {"--emit", NULL, TEXT, IN(BUILD), AT(emit), "KIND", "c|ir|loops|dot|llvm|asm|obj", NULL,
     "what to write: c (default), ir, loops, dot, or by LLVM: llvm, asm, obj"},
    {"--stage", NULL, TEXT, IN(SHOW), AT(stage), "STAGE", "ast|ir|adjoint|loops|c|llvm|asm",
     "fused", "the stage to print: ast, ir, adjoint, loops, c, llvm or asm"},
    {"--derive", NULL, TEXT, IN(BUILD) | IN(RUN) | IN(SHOW) | IN(REPORT), AT(derive), "LIST", NULL,
     NULL, "products, by commas: value grad vjp jvp hvp hessian jacobian"},
    {"--grad", NULL, FLAG, IN(RUN) | IN(EVAL), AT(grad), NULL, NULL, NULL,
     "the gradient too, with respect to every `var`"},
    {"--grad", NULL, FLAG, IN(GRAPH), AT(grad), NULL, NULL, NULL,
     "draw value and gradient as they are compiled, not the function as written"},
    {"--hessian", NULL, FLAG, IN(RUN) | IN(EVAL), AT(hessian), NULL, NULL, NULL,
     "the second derivatives too"},
    {"--jacobian", NULL, FLAG, IN(RUN) | IN(EVAL), AT(jacobian), NULL, NULL, NULL,
     "the derivatives of every real result too"},
    {"--wrt", NULL, TEXT, ALL & ~IN(TEST), AT(wrt), "LIST", NULL, NULL,
     "the parameters to differentiate by, instead of those declared `var`"},
    {"--of", NULL, TEXT, ALL & ~IN(TEST), AT(of), "RESULT", NULL, NULL,
     "the result to differentiate, where there are several"},
    {"--const", NULL, LIST, FROM_FILE, AT(constants), "NAME=VALUE", NULL, NULL,
     "the value of a `const` parameter (may be given many times)"},
    {"--real", NULL, TEXT, ALL, AT(real), "TYPE", "f32|f64", NULL,
     "what `real` means: f64 (default) or f32"},
    {"--engine", NULL, TEXT, IN(RUN) | IN(EVAL), AT(engine), "ENGINE", "interp|c|jit", NULL,
     "interp (default); c: emitted C and the compiler named by $CC, else cc; jit: LLVM"},
    {"--engine", NULL, TEXT, IN(TEST), AT(engine), "ENGINE", "interp|c|jit", NULL,
     "interp (default), or c or jit: run each test by that engine as well"},
    {"--seed", NULL, TEXT, IN(CHECK) | IN(TEST), AT(seed), "S", NULL, NULL,
     "draw the points of the sequence numbered S (default 1)"},
    {"--points", NULL, TEXT, IN(CHECK) | IN(TEST), AT(points), "P", NULL, NULL,
     "compare at P points (default 10); inputs that are given stay fixed"},
    {"--tol", NULL, TEXT, IN(CHECK) | IN(TEST), AT(tolerance), "T", NULL, NULL,
     "relative tolerance beside the error estimate of the differences (default 1e-6)"},
    {"--no-gradients", NULL, FLAG, IN(TEST), AT(no_gradients), NULL, NULL, NULL,
     "run the @test functions alone; compare no gradients with differences"},
    {"--input", NULL, TEXT, WITH_INPUTS, AT(input), "FILE", NULL, NULL,
     "inputs as a JSON object; NAME=VALUE on the command line goes before it"},
    {"--repeat", NULL, TEXT, IN(RUN), AT(repeat), "N", NULL, NULL,
     "evaluate N times and report the mean time of one evaluation in seconds"},
    {"-e", "--expression", TEXT, IN(TRACE) | IN(GRAPH) | IN(SHOW), AT(expression), "EXPRESSION",
     NULL, NULL, "take the body of a function from the command line, in place of a file"},
    {"--json", NULL, FLAG, IN(RUN) | IN(EVAL) | IN(TRACE) | IN(CHECK) | IN(REPORT), AT(json), NULL,
     NULL, NULL, "results as one line of JSON"},
    {"--prefix", NULL, TEXT, IN(BUILD), AT(prefix), "TEXT", NULL, NULL,
     "text before every exported C name"},
    {"--no-malloc", NULL, FLAG, IN(BUILD), AT(no_malloc), NULL, NULL, NULL,
     "emitted C never allocates: callers must pass `work`"},
    {"--accumulate", NULL, FLAG, IN(BUILD), AT(accumulate), NULL, NULL, NULL,
     "gradients are added to their outputs instead of written"},
    {"--manifest", NULL, TEXT, IN(BUILD), AT(manifest), "FILE", NULL, NULL,
     "a JSON description of the emitted functions"},
    {"--max-stack", NULL, TEXT, IN(BUILD) | IN(REPORT), AT(max_stack), "BYTES", NULL, NULL,
     "an error if a function may take more of the stack"},
    {"--max-work", NULL, TEXT, IN(BUILD) | IN(REPORT), AT(max_work), "BYTES", NULL, NULL,
     "an error if a function takes more workspace, or as much as its arrays are long"},
    {"-MD", NULL, FLAG, IN(BUILD), AT(write_dependencies), NULL, NULL, NULL,
     "write a dependency file for make and ninja too"},
    {"-MF", NULL, TEXT, IN(BUILD), AT(dependencies), "FILE", NULL, NULL,
     "its name (default: the output with the ending .d); implies -MD"},
    {"-MT", NULL, TEXT, IN(BUILD), AT(dependent), "TARGET", NULL, NULL,
     "what depends on the sources there, in place of the outputs"},
    {"-MP", NULL, FLAG, IN(BUILD), AT(phony_dependencies), NULL, NULL, NULL,
     "an empty rule for every import there, so that make does not miss one that was removed"},
    {"-I", NULL, LIST, FROM_FILE, AT(folders), "DIR", NULL, NULL,
     "a further folder to look for imports in (may be given many times)"},
    {"-O", NULL, TEXT, ALL, AT(optimise), "LEVEL", "0|1|2|3", NULL,
     "of native code (default 1); C is the same at every level"},
    {"--target", NULL, TEXT, IN(BUILD) | IN(SHOW), AT(target), "TRIPLE", NULL, NULL,
     "the machine that native code is for, as riscv64-linux-gnu (default: this one)"},
    {"--mcpu", NULL, TEXT, IN(BUILD) | IN(SHOW), AT(cpu), "NAME", NULL, NULL,
     "its processor, or native: this one (default: any of the target)"},
    {"--cache", NULL, TEXT, IN(RUN) | IN(EVAL) | IN(TEST), AT(cache), "DIR", NULL, NULL,
     "keep what `--engine jit` compiles in this folder, and take it from there"},
    {"-g", NULL, FLAG, IN(BUILD), AT(line_directives), NULL, NULL, NULL,
     "lead debuggers to the .ad file: #line directives, lines of native code"},
    {"-g", NULL, FLAG, IN(RUN) | IN(EVAL) | IN(TEST), AT(line_directives), NULL, NULL, NULL,
     "of `--engine jit`: debuggers find the lines of the .ad file"},
    {"--strict", NULL, FLAG, ALL, AT(strict), NULL, NULL, NULL,
     "no rewrite may change a rounding: sums from left to right"},
    {"--portable", NULL, FLAG, IN(BUILD), AT(portable), NULL, NULL, NULL,
     "no compiler extensions in emitted C: no vectors"},
    {"--simd", NULL, TEXT, ALL, AT(simd), "W", "on|off|2|4|8", NULL,
     "loops compute with vectors of at most W f64, or 2 W f32; on: all that the target has"},
    {"--fma", NULL, FLAG, ALL, AT(fma), NULL, NULL, NULL,
     "functions of these vectors, exp and others, with fused multiply-adds: other last digits"},
    {"--without", NULL, TEXT, ALL, AT(without), "LIST", NULL, NULL,
     "leave passes out, for measuring what they are worth, as fuse,lanes"},
    {"--openmp", NULL, FLAG, ALL, AT(openmp), NULL, NULL, NULL,
     "loops run on threads, by OpenMP, where that is worth it"},
    {"--threads", NULL, TEXT, ALL, AT(threads), "T", NULL, NULL,
     "of --openmp: at most T, which workspaces have room for (default 16)"},
    {"--bounds", NULL, TEXT, ALL, AT(bounds), "CHECKS", "on|off", NULL,
     "off: no check that indices and slices are inside their arrays"},
    {"--tape-budget", NULL, TEXT, ALL, AT(budget), "BYTES", NULL, NULL,
     "what the derivative of a loop may keep of its passes, as 64M; others are made again"},
    {"--explain-shapes", NULL, FLAG, IN(BUILD), AT(explain_shapes), NULL, NULL, NULL,
     "list the checks of sizes and indices that remain, and what was proved"},
    {"--fix", NULL, FLAG, FROM_FILE, AT(fix), NULL, NULL, NULL,
     "first rewrite FILE.ad with the replacements that its errors propose"},
    {"--check", NULL, FLAG, IN(FMT), AT(check), NULL, NULL, NULL,
     "write nothing; list the files that would change and exit with 1 if there are any"},
    {"--diagnostics", NULL, TEXT, EVERY, AT(diagnostics), "FORM", "text|json", NULL,
     "messages as text (default) or as a JSON array on standard error"},
    {"--help", "-h", FLAG, EVERY, AT(help), NULL, NULL, NULL, "this page"},
    {"--blas", NULL, LATER, IN(BUILD), 0, NULL, NULL, NULL, NULL},
    {"--trace-nan", NULL, LATER, IN(BUILD), 0, NULL, NULL, NULL, NULL},
};

enum { OPTION_COUNT = sizeof table / sizeof *table };

/* --------------------------------------------------------------------- commands */

static const struct {
    const char *name, *usage, *summary, *page;
} commands[COMMAND_COUNT] = {
    [COMMAND_BUILD] =
        {"build", "adc build FILE.ad [-o FILE.c] [options]", "compile to C, with derivatives",
         "Writes one C source and one header with every exported function of FILE.ad and\n"
         "its derivatives. `adc FILE.ad` is the same. Without -o, FILE.c and FILE.h lie\n"
         "beside the source. With `-o -`, or when the source is standard input and there\n"
         "is no -o, the C source goes to standard output and a header is written only\n"
         "where --header names one. Outputs are written whole, all of them or none; one\n"
         "that would not change is left alone.\n"},
    [COMMAND_RUN] =
        {"run", "adc run FILE.ad [FUNCTION] [NAME=VALUE ...] [options]",
         "evaluate a function at a point",
         "Evaluates FUNCTION (the only exported one if left out) and the derivatives asked\n"
         "for. A VALUE is a number, true, false, inf, -inf, nan, or @FILE.json with one of\n"
         "these. `const` parameters are given in the same way. Parameters with a default\n"
         "may be left out.\n"},
    [COMMAND_EVAL] =
        {"eval", "adc eval 'EXPRESSION' [NAME=VALUE ...] [options]",
         "evaluate an expression at a point",
         "The expression is the body of a function: statements separated by `;`, the last\n"
         "one its value, or `NAME = e` to name it. Every NAME=VALUE is a variable.\n"
         "    adc eval 'z = (x*y + c)*c + x' x=0.9 y=0.4 c=1.3 --grad --json\n"},
    [COMMAND_TRACE] =
        {"trace", "adc trace FILE.ad [FUNCTION] [NAME=VALUE ...] [options]",
         "print every node with value and gradient",
         "Prints the graph of FUNCTION as written: every node once, inputs before users,\n"
         "with its kind (Variable, Placeholder, Constant, Operator), its name, its value,\n"
         "and the derivative of the result with respect to it.\n"},
    [COMMAND_GRAPH] =
        {"graph", "adc graph FILE.ad [FUNCTION] [NAME=VALUE ...] [options]",
         "draw the computation graph",
         "Draws the graph of FUNCTION as written, with values and gradients when inputs are\n"
         "given. Pictures (.svg, .png) are made by the `dot` program of Graphviz.\n"},
    [COMMAND_SHOW] =
        {"show", "adc show FILE.ad [FUNCTION] --stage STAGE [options]",
         "print a stage of the compilation",
         "Prints one stage: ast, the syntax tree with types; ir, the graph as written;\n"
         "adjoint, the graph of the derivatives, simplified; loops, the loop program that is\n"
         "printed as C; c, the C source. Without FUNCTION, every exported function is shown.\n"},
    [COMMAND_REPORT] =
        {"report", "adc report FILE.ad [FUNCTION] [NAME=VALUE ...] [options]",
         "say what code costs: memory, operations",
         "Prints, for FUNCTION or every exported one, and for each of its derivatives: bytes of\n"
         "workspace as a formula in the sizes; bytes of stack, at most, without those of the C\n"
         "library; statements of the loop program; operations of reals, each counted as one,\n"
         "of an `if` the dearer arm; bytes of the real constants. Sizes and scalar ints that\n"
         "are given as NAME=VALUE turn formulas into numbers. --max-stack and --max-work make\n"
         "a limit of it, here and in `adc build`: exit status 1.\n"},
    [COMMAND_CHECK] =
        {"check", "adc check FILE.ad [FUNCTION] [NAME=VALUE ...] [options]",
         "compare derivatives with differences",
         "Compares the derivative of every real result with respect to every variable, in\n"
         "reverse and in forward mode, with extrapolated differences of the function: at the\n"
         "point given, or at seeded points that satisfy every `require`. Without FUNCTION,\n"
         "every exported function is checked. Verdicts: good; kink, the differences from left\n"
         "and right disagree; unsure, the differences are too inaccurate to tell; FAILED. Exit\n"
         "status 1 if any failed.\n"},
    [COMMAND_TEST] =
        {"test", "adc test FILE.ad ... [options]", "run @test functions and compare gradients",
         "Runs every `@test` function; one whose `require` fails is a failed test. Then the\n"
         "derivatives of every exported function are compared with differences at seeded\n"
         "points, as `adc check` does. Exit status 1 if anything failed.\n"},
    [COMMAND_FMT] =
        {"fmt", "adc fmt FILE.ad ... [options]", "rewrite in canonical layout",
         "Rewrites files in the canonical layout: indentation, blanks, empty lines. Comments\n"
         "and line breaks inside statements stay. `-` is formatted to standard output. Nothing\n"
         "is written if a file has syntax errors.\n"},
};

enum command options_command(const char *name)
{
    for (unsigned i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].name, name) == 0) return (enum command)i;
    return COMMAND_COUNT;
}

const char *options_command_name(enum command command)
{
    return commands[command].name;
}

int options_unknown_command(struct session *session, const char *name)
{
    const char *names[COMMAND_COUNT];
    for (unsigned i = 0; i < COMMAND_COUNT; i++) names[i] = commands[i].name;
    session_fail(session, STATUS_USAGE, "no command `%s`, and no .ad file of that name", name);
    if (!session_suggest(session, name, names, COMMAND_COUNT))
        session_help(session, "`adc --help` lists the commands");
    return STATUS_USAGE;
}

/* ---------------------------------------------------------------------- parsing */

struct reader {
    struct session *session;
    char **arguments;
    int next, count;
    bool given[OPTION_COUNT];
};

static const struct option *find(enum command command, const char *name, size_t length)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option *option = &table[i];
        if (!(option->commands & (1u << command))) continue;
        if (strlen(option->name) == length && memcmp(option->name, name, length) == 0)
            return option;
        if (option->other && strlen(option->other) == length &&
            memcmp(option->other, name, length) == 0)
            return option;
    }
    return NULL;
}

static int unknown_option(struct session *session, const char *name)
{
    enum command command = session->options.command;
    const char *names[2 * OPTION_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (!(table[i].commands & (1u << command)) || table[i].kind == LATER) continue;
        names[count++] = table[i].name;
        if (table[i].other) names[count++] = table[i].other;
    }
    session_fail(session, STATUS_USAGE, "`adc %s` has no option `%s`", commands[command].name,
                 name);
    if (!session_suggest(session, name, names, count))
        session_help(session, "`adc %s --help` lists the options", commands[command].name);
    return STATUS_USAGE;
}

/* Whether `value` is one of "a|b|c". */
static bool among(const char *choices, const char *value)
{
    size_t length = strlen(value);
    while (choices && length) {
        const char *end = strchr(choices, '|');
        size_t n = end ? (size_t)(end - choices) : strlen(choices);
        if (n == length && memcmp(choices, value, n) == 0) return true;
        choices = end ? end + 1 : NULL;
    }
    return false;
}

static int check_choice(struct session *session, const struct option *option, const char *value)
{
    if (!option->choices || among(option->choices, value)) return STATUS_GOOD;
    if (among(option->later, value))
        return session_fail(session, STATUS_USAGE, "`%s %s` is not supported yet", option->name,
                            value);
    session_fail(session, STATUS_USAGE, "`%s` of `%s` is none of %s", value, option->name,
                 option->choices);
    return STATUS_USAGE;
}

static int store(struct reader *reader, const struct option *option, const char *value)
{
    struct session *session = reader->session;
    char *field = (char *)&session->options + option->offset;
    int status = check_choice(session, option, value);
    if (status != STATUS_GOOD) return status;
    if (option->kind == LIST) {
        struct option_list *list = (void *)field;
        ADC_PUSH(&session->arena, *list, value);
        return STATUS_GOOD;
    }
    if (reader->given[option - table])
        return session_fail(session, STATUS_USAGE, "`%s` is given twice", option->name);
    reader->given[option - table] = true;
    *(const char **)(void *)field = value;
    return STATUS_GOOD;
}

/* `attached` is the value in the same argument, or NULL. */
static int take(struct reader *reader, const struct option *option, const char *attached)
{
    struct session *session = reader->session;
    switch (option->kind) {
    case LATER:
        return session_fail(session, STATUS_USAGE, "the option `%s` is not supported yet",
                            option->name);
    case FLAG:
        if (attached)
            return session_fail(session, STATUS_USAGE, "`%s` takes no value", option->name);
        *(bool *)(void *)((char *)&session->options + option->offset) = true;
        return STATUS_GOOD;
    case TEXT:
    case LIST: break;
    }
    if (attached) return store(reader, option, attached);
    if (reader->next >= reader->count)
        return session_fail(session, STATUS_USAGE, "`%s` needs a value: %s %s", option->name,
                            option->name, option->value);
    return store(reader, option, reader->arguments[reader->next++]);
}

static int operand(struct reader *reader, const char *text)
{
    ADC_PUSH(&reader->session->arena, reader->session->options.operands, text);
    return STATUS_GOOD;
}

/* --name, --name=value */
static int long_option(struct reader *reader, const char *text)
{
    const char *equals = strchr(text, '=');
    size_t length = equals ? (size_t)(equals - text) : strlen(text);
    const struct option *option = find(reader->session->options.command, text, length);
    if (option) return take(reader, option, equals ? equals + 1 : NULL);
    return unknown_option(reader->session,
                          session_format(reader->session, "%.*s", (int)length, text));
}

/* -MD, -o, -oFILE; in `eval` anything else with one dash is an expression such as -x^2. */
static int short_option(struct reader *reader, const char *text)
{
    enum command command = reader->session->options.command;
    const struct option *option = find(command, text, strlen(text));
    if (option) return take(reader, option, NULL);
    option = find(command, text, 2);
    bool expression = command == COMMAND_EVAL && reader->session->options.operands.count == 0;
    if (option && option->kind != FLAG && !(expression && !among(option->choices, text + 2)))
        return take(reader, option, text + 2);
    if (expression) return operand(reader, text);
    return unknown_option(reader->session, text);
}

int options_parse(struct session *session, int first, int count, char **arguments)
{
    struct reader reader = {
        .session = session, .arguments = arguments, .next = first, .count = count};
    bool options_end = false;
    while (reader.next < count) {
        const char *text = arguments[reader.next++];
        int status;
        if (options_end || text[0] != '-' || text[1] == '\0') status = operand(&reader, text);
        else if (strcmp(text, "--") == 0) status = (options_end = true, STATUS_GOOD);
        else if (text[1] == '-') status = long_option(&reader, text);
        else status = short_option(&reader, text);
        if (status != STATUS_GOOD) return status;
    }
    return STATUS_GOOD;
}

/* ------------------------------------------------------------------------ lists */

int options_split(struct session *session, const char *option, const char *text,
                  struct option_list *names)
{
    for (const char *at = text; at;) {
        const char *comma = strchr(at, ',');
        size_t length = comma ? (size_t)(comma - at) : strlen(at);
        if (length == 0)
            return session_fail(session, STATUS_USAGE, "`%s` of `%s` has an empty name", text,
                                option);
        ADC_PUSH(&session->arena, *names, adc_arena_copy(&session->arena, at, length));
        at = comma ? comma + 1 : NULL;
    }
    return STATUS_GOOD;
}

static int one_product(struct session *session, const char *name, unsigned *products)
{
    const char *names[ADC_PRODUCT_COUNT];
    for (unsigned p = 0; p < ADC_PRODUCT_COUNT; p++) {
        names[p] = adc_product_name((enum adc_product)p);
        if (strcmp(names[p], name) != 0) continue;
        *products |= 1u << p;
        return STATUS_GOOD;
    }
    if (among("lagrangian_hessian", name))
        return session_fail(session, STATUS_USAGE, "`--derive %s` is not supported yet", name);
    session_fail(session, STATUS_USAGE, "no product `%s` for `--derive`", name);
    if (!session_suggest(session, name, names, ADC_PRODUCT_COUNT))
        session_help(session, "value, grad, vjp, jvp, hvp, hessian, jacobian");
    return STATUS_USAGE;
}

bool options_bytes(const char *text, uint64_t *bytes)
{
    static const char units[] = "KMG";
    const char *end = text;
    uint64_t value = 0;
    for (; *end >= '0' && *end <= '9' && value < UINT64_C(1) << 40; end++)
        value = value * 10 + (uint64_t)(*end - '0');
    const char *unit = end > text && *end ? strchr(units, *end) : NULL;
    if (unit) {
        value <<= 10 * (unit - units + 1);
        end++;
    }
    *bytes = value;
    return end > text && !*end;
}

int options_products(struct session *session, const char *text, unsigned *products)
{
    struct option_list names = {0};
    *products = 0;
    if (!text) return STATUS_GOOD;
    int status = options_split(session, "--derive", text, &names);
    for (size_t i = 0; i < names.count && status == STATUS_GOOD; i++)
        status = one_product(session, names.data[i], products);
    return status;
}

static int one_pass(struct session *session, const char *name, pass_set *passes)
{
    const char *names[PASS_SWITCH_COUNT];
    struct adc_text list;
    adc_text_init(&list, &session->arena);
    for (unsigned p = 0; p < PASS_SWITCH_COUNT; p++) {
        names[p] = pass_switch_name((enum pass_switch)p);
        adc_text_format(&list, p ? ", %s" : "%s", names[p]);
        if (strcmp(names[p], name) != 0) continue;
        *passes |= pass_only((enum pass_switch)p);
        return STATUS_GOOD;
    }
    session_fail(session, STATUS_USAGE, "no pass `%s` for `--without`", name);
    if (!session_suggest(session, name, names, PASS_SWITCH_COUNT))
        session_help(session, "%s", list.data);
    return STATUS_USAGE;
}

int options_passes(struct session *session, const char *text, pass_set *passes)
{
    struct option_list names = {0};
    int status = options_split(session, "--without", text, &names);
    for (size_t i = 0; i < names.count && status == STATUS_GOOD; i++)
        status = one_pass(session, names.data[i], passes);
    return status;
}

/* ------------------------------------------------------------------------- help */

static void pad(struct adc_text *out, size_t from, size_t column)
{
    do adc_text_add(out, " ");
    while (++from < column);
}

static void help_row(const struct option *option, struct adc_text *out)
{
    size_t start = out->count;
    adc_text_format(out, "  %s", option->name);
    if (option->other) adc_text_format(out, ", %s", option->other);
    if (option->value) adc_text_format(out, " %s", option->value);
    pad(out, out->count - start, 28);
    adc_text_format(out, "%s\n", option->help);
}

void options_help(enum command command, struct adc_text *out)
{
    adc_text_format(out, "usage: %s\n\n%s\noptions:\n", commands[command].usage,
                    commands[command].page);
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (table[i].commands & (1u << command) && table[i].kind != LATER) help_row(&table[i], out);
    adc_text_add(out, "\n`-` as a file is standard input. Exit status: 0 good; 1 an error in the\n"
                      "program, a failed check, no such function; 2 options and arguments;\n"
                      "3 files, the C compiler, internal errors.\n");
}

void options_overview(struct adc_text *out)
{
    adc_text_add(out, "adc compiles .ad programs, together with their derivatives, to C.\n\n"
                      "usage: adc COMMAND ...        (adc COMMAND --help says more)\n"
                      "       adc FILE.ad ...        the same as adc build FILE.ad ...\n"
                      "       adc --version | --man\n\ncommands:\n");
    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        size_t start = out->count;
        adc_text_format(out, "  %s", commands[i].name);
        pad(out, out->count - start, 10);
        adc_text_format(out, "%s\n", commands[i].summary);
    }
    adc_text_add(out, "\nexample:\n  adc eval 'z = (x*y + c)*c + x' x=0.9 y=0.4 c=1.3 --grad\n");
}

/* ----------------------------------------------------------------------- manual */

/* Text as troff shows it: a dash that can be copied, no request at the start of a line. */
static void put_troff(struct adc_text *out, const char *text)
{
    bool at_start = true;
    for (; *text; text++) {
        if (at_start && (*text == '.' || *text == '\'')) adc_text_add(out, "\\&");
        if (*text == '-') adc_text_add(out, "\\-");
        else if (*text == '\\') adc_text_add(out, "\\e");
        else adc_text_put(out, text, 1);
        at_start = *text == '\n';
    }
}

static void put_in_bold(struct adc_text *out, const char *text)
{
    adc_text_add(out, "\\fB");
    put_troff(out, text);
    adc_text_add(out, "\\fR");
}

static void manual_option(const struct option *option, struct adc_text *out)
{
    adc_text_add(out, ".TP\n");
    put_in_bold(out, option->name);
    if (option->other) {
        adc_text_add(out, ", ");
        put_in_bold(out, option->other);
    }
    if (option->value) adc_text_format(out, " \\fI%s\\fR", option->value);
    adc_text_add(out, "\n");
    put_troff(out, option->help);
    adc_text_add(out, "\n");
}

static void manual_command(enum command command, struct adc_text *out)
{
    adc_text_format(out, ".SS %s\n", commands[command].name);
    adc_text_add(out, ".nf\n");
    put_in_bold(out, commands[command].usage);
    adc_text_add(out, "\n.fi\n.PP\n");
    put_troff(out, commands[command].page);
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (table[i].commands & (1u << command) && table[i].kind != LATER)
            manual_option(&table[i], out);
}

static const char manual_head[] =
    ".TH ADC 1 \"\" \"adc " ADC_VERSION "\" \"User Commands\"\n"
    ".SH NAME\nadc \\- compile array programs together with their derivatives\n"
    ".SH SYNOPSIS\n.B adc\n.I COMMAND\n.RI [ argument \" ...]\"\n.br\n"
    ".B adc\n.I FILE.ad\n.RI [ option \" ...]\"\n.br\n"
    ".B adc \\-\\-help\n|\n.B \\-\\-version\n|\n.B \\-\\-man\n"
    ".SH DESCRIPTION\n"
    "A program in a\n.I .ad\nfile declares functions of numbers and arrays.\n.B adc\n"
    "turns them, and the derivatives that were asked for, into C, evaluates them, draws them\n"
    "and tests them.\n.PP\n"
    "Without a command,\n.B build\nis meant. A file named\n.B \\-\nis standard input. Options\n"
    "are written\n.BI \\-\\-name\\~ VALUE\nor\n.BI \\-\\-name= VALUE\\fR;\n.B \\-\\-\nends them.\n"
    ".SH COMMANDS\n";

static const char manual_tail[] =
    ".SH EXIT STATUS\n"
    ".TP\n0\ngood\n"
    ".TP\n1\nan error in the program, a failed check, no such function\n"
    ".TP\n2\na mistake in options or arguments\n"
    ".TP\n3\nfiles, the C compiler or Graphviz, or an error of adc itself\n"
    ".SH ENVIRONMENT\n"
    ".TP\n.B CC\nthe C compiler of\n.BR \"\\-\\-engine c\" ,\nelse\n.B cc\n"
    ".TP\n.B TMPDIR\nwhere its files lie meanwhile\n"
    ".TP\n.B NO_COLOR\nmessages without colour on terminals too\n"
    ".SH FILES\n"
    "An\n.B import\nis looked for beside the importing file, then in the folders of\n.BR \\-I .\n"
    ".SH EXAMPLES\n.nf\n"
    "adc build model.ad \\-o model.c\n"
    "adc run model.ad loss w=[1,2] \\-\\-grad \\-\\-json\n"
    "adc eval \\(aqz = (x*y + c)*c + x\\(aq x=0.9 y=0.4 c=1.3 \\-\\-grad\n"
    ".fi\n"
    ".SH SEE ALSO\n"
    "The documents beside README.md in the folder of documents, above all command-line.md and\n"
    "build-integration.md.\n";

void options_manual(struct adc_text *out)
{
    adc_text_add(out, manual_head);
    for (unsigned i = 0; i < COMMAND_COUNT; i++) manual_command((enum command)i, out);
    adc_text_add(out, manual_tail);
}
