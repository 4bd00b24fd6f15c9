/* The command line: one table of options, each row saying which subcommands take it.
 *
 *     -o FILE   -oFILE   --real f32   --real=f32   --  (ends the options)   -  (an operand)
 *
 * owner    texts are those of argv or the session's arena */
#ifndef ADC_DRIVER_OPTIONS_H
#define ADC_DRIVER_OPTIONS_H

#include "base/text.h"
#include "base/vec.h"
#include "passes/switches.h"

#include <stdbool.h>

enum command {
    COMMAND_BUILD,
    COMMAND_RUN,
    COMMAND_EVAL,
    COMMAND_TRACE,
    COMMAND_GRAPH,
    COMMAND_SHOW,
    COMMAND_REPORT,
    COMMAND_CHECK,
    COMMAND_TEST,
    COMMAND_FMT,
    COMMAND_COUNT
};

struct option_list {
    const char **data;
    size_t count, capacity;
};

/* NULL and false: not given. */
struct options {
    enum command command;
    struct option_list operands; /* file, function, NAME=VALUE ... in order */
    const char *output, *header, *emit, *derive, *wrt, *of, *prefix, *manifest, *dependencies;
    const char *stage, *engine, *input, *expression, *real, *repeat, *optimise, *diagnostics;
    const char *seed, *points, *tolerance, *bounds, *budget, *target, *cpu, *cache;
    const char *max_stack, *max_work, *simd, *threads, *without;
    struct option_list constants, folders;
    const char *dependent; /* target in the dependency file; NULL: the outputs */
    bool write_dependencies, phony_dependencies, no_malloc, accumulate, strict, openmp, fma;
    bool json, grad, hessian, jacobian, portable, line_directives, check, fix, no_gradients;
    bool explain_shapes, help;
};

struct session;

/* Reads arguments [first, count) for session->options.command into session->options. */
int options_parse(struct session *session, int first, int count, char **arguments);

/* The pages of --help. */
void options_help(enum command command, struct adc_text *out);
void options_overview(struct adc_text *out);

/* The manual, adc(1), as troff: every command with its options. */
void options_manual(struct adc_text *out);

/* The command of that name, or COMMAND_COUNT. */
enum command options_command(const char *name);
const char *options_command_name(enum command command);

/* "no command `bulid`" with a suggestion. */
int options_unknown_command(struct session *session, const char *name);

/* Splits "a,b" into names; an empty one is an error that names `option`. */
int options_split(struct session *session, const char *option, const char *text,
                  struct option_list *names);

/* A number of bytes: digits, perhaps with K, M or G behind them. */
bool options_bytes(const char *text, uint64_t *bytes);

/* The passes of a --without list. */
int options_passes(struct session *session, const char *text, pass_set *passes);

/* Bits 1 << enum adc_product of a --derive list. */
int options_products(struct session *session, const char *text, unsigned *products);

#endif
