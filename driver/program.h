/* The program a subcommand works on: text read, parsed and checked, function chosen.
 *
 *     adc COMMAND FILE.ad [FUNCTION] [NAME=VALUE ...]
 *     adc COMMAND -e 'EXPRESSION' [NAME=VALUE ...]
 *
 * owner    the session */
#ifndef ADC_DRIVER_PROGRAM_H
#define ADC_DRIVER_PROGRAM_H

#include "driver/arguments.h"
#include "runtime/compile.h"

struct option_list;
struct session;

struct program {
    const char *path;     /* as written; NULL for an expression */
    const char *name;     /* of the text, for messages */
    const char *function; /* as asked for, or NULL */
    struct arguments arguments;
    size_t constant_count; /* overrides that are from --const; the others stand for arguments */
    struct compile_options options;
    struct compile_module *module;
};

/* Operands, inputs and options of run, trace, graph and show; then the text, compiled.
 * `free_names` says that an expression's variables need no values. */
int program_open(struct session *session, bool free_names, struct program *program);

/* Reads and compiles `path` with the session's options. */
int program_compile(struct session *session, const char *path, struct program *program);

/* The same for a text that is at hand. */
int program_compile_text(struct session *session, const char *path, const char *text, size_t length,
                         struct program *program);

/* What the session's options mean for the compiler. */
int program_take_options(struct session *session, struct program *program);

/* As program_open for `text` as the body of a function (expression.c). */
int program_compile_expression(struct session *session, const char *text, bool free_names,
                               struct program *program);

/* The graph as written of the function asked for, or of the only one. */
int program_function(struct session *session, struct program *program,
                     struct adc_function **function);

/* The graph as written of a function that exists. A `const` parameter without a value is
 * STATUS_USAGE. */
int program_function_named(struct session *session, struct program *program, const char *name,
                           struct adc_function **function);

/* Names of the functions to show: the one asked for, else every exported one. */
int program_functions(struct session *session, const struct program *program,
                      struct option_list *names);

/* Whether derivatives are taken with respect to it: as declared, or by --wrt. */
bool program_is_variable(const struct compile_options *options,
                         const struct adc_parameter *parameter);

/* Errors that --wrt and --of earn, and what they leave to differentiate. */
int program_check_derivative(struct session *session, const struct program *program,
                             const struct adc_function *function, bool scalar_result);

/* The part of it about names: those of --wrt, and that of --of where one of `products` is of a
 * single result. */
int program_check_names(struct session *session, const struct program *program,
                        const struct adc_function *function, unsigned products);

/* The part of it about the result: exactly one real one, or the one of --of. */
int program_check_result(struct session *session, const struct program *program,
                         const struct adc_function *function);

/* A --const that no const parameter took is an error. */
/* Makes every exported function and every test, for its messages alone. */
void program_look_at_all(struct session *session, const struct program *program);

int program_check_constants(struct session *session, const struct program *program);

#endif
