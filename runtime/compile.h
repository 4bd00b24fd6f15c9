/* The pipeline on one screen, and a context that owns what it makes.
 *
 *     text -> frontend (parse, check) -> lower -> [expand, derive, simplify] -> schedule -> emit
 *
 * A context owns sources, names, diagnostics and every tree and graph made in it; nothing is
 * global, so
 * contexts may live in different threads. Errors are diagnostics and a NULL or false result;
 * nothing here
 * prints or exits. Running out of memory (and a broken invariant in release builds) ends the call
 * with
 * `failed` set. */
#ifndef ADC_RUNTIME_COMPILE_H
#define ADC_RUNTIME_COMPILE_H

#include "backend/jit.h"
#include "base/diag.h"
#include "frontend/frontend.h"
#include "ir/function.h"
#include "ir/loop.h"
#include "passes/passes.h"

struct compile_options {
    enum adc_type real; /* ADC_F64 (default) or ADC_F32 */
    /* --const k=3; must outlive the module, for `used` is set in them */
    struct fe_override *overrides;
    size_t override_count;
    struct fe_loader loader; /* reads imported files; without it none is */
    /* names that count as `var` instead of those declared so; NULL: as declared */
    const char *const *wrt;
    size_t wrt_count;
    const char *of;  /* the result that grad and hessian differentiate; NULL: the only real one */
    bool unchecked;  /* indices are not checked */
    bool strict;     /* sums in the order of the program and of its derivatives, factors inside */
    uint64_t budget; /* bytes that a loop's derivative may keep of passes; 0: any number */
    bool explain_shapes; /* functions as written list the sizes and bounds that were proved */
};

enum { COMPILE_MOST_THREADS = 1024 };

struct compilation {
    struct adc_heap heap;
    struct adc_arena arena;
    struct adc_arena scratch; /* of the call at hand */
    struct adc_names names;
    struct adc_diags diags;
    bool failed;                         /* out of memory or internal error */
    bool no_memory;                      /* the former */
    const char *failure;                 /* one line, or NULL */
    const struct native_library *native; /* NULL before its first use */
    const char *cache;                   /* folder of objects (cache.h), or NULL */
    pass_set without;                    /* passes that are left out */
    struct pass_lanes_options lanes;
    unsigned threads; /* that loops run on, at most; 0: none but the caller's */
};

struct compile_module; /* a parsed and checked .ad text, or one function of a graph */

void compilation_init(struct compilation *context, struct adc_allocator allocator);
void compilation_free(struct compilation *context);

/* work(task) with a landing place for longjmp; false, and `failed`, after one. What it made may be
 * half done then, so nothing but freeing is safe. Scratch is given back. */
bool compilation_run(struct compilation *context, void (*work)(void *task), void *task);

/* Parses and checks. NULL after errors. `name` is what messages call the text. */
struct compile_module *compile_text(struct compilation *context, const char *name, const char *text,
                                    size_t length, const struct compile_options *options);

/* `adc eval`: the text is a function's body, `parameters` are its parameters as a program would
 * declare them: "var x: real[3], n: int".
 * A free name that is not among them, or one that the text does not use, is a diagnostic. */
struct compile_module *compile_expression(struct compilation *context, const char *text,
                                          size_t length, const char *parameters,
                                          const struct compile_options *options);

/* A module whose one function, exported, is `written`: a graph of this compilation. Runs inside
 * compilation_run, as what made the graph does. */
struct compile_module *compile_written(struct compilation *context, struct adc_function *written);

/* The text as S-expressions with types. */
void compile_print_ast(struct compilation *context, const struct compile_module *module,
                       struct adc_text *out);

/* Names of the functions of the module in source order; exported ones, @test ones. */
struct compile_entry {
    const char *name;
    bool exported, test;
};
size_t compile_entries(const struct compile_module *module, const struct compile_entry **entries);

/* The graph as written of one function (derivative nodes unexpanded, nothing simplified). NULL
 * after
 * errors. The function must exist. */
struct adc_function *compile_lower(struct compilation *context, struct compile_module *module,
                                   const char *name);

/* The products that the function's @derive asks for, or the default ones (value and grad for one
 * real scalar
 * result, else value, vjp and jvp; value alone without var parameters), as bits 1 << enum
 * adc_product. */
unsigned compile_products(const struct adc_function *function,
                          const struct compile_options *options);

/* Expands derivative nodes, derives the product and simplifies: ready for interp and schedule.
 * NULL after errors (no var, several real results without `of`, E28 ...). */
struct adc_function *compile_derive(struct compilation *context, const struct adc_function *written,
                                    enum adc_product product,
                                    const struct compile_options *options);

/* For trace and graph: the function as written (after expansion) with, as further results, the
 * derivative of its
 * (only, or `options->of`) real scalar result with respect to every real node it needs.
 * adjoints[id] for ids of
 * `written` is the index of the node's adjoint in the returned function's values, or UINT32_MAX
 * where it has
 * none; primal[id] the index of the node's own value. */
struct adc_function *compile_with_adjoints(struct compilation *context,
                                           const struct adc_function *written,
                                           const struct compile_options *options, uint32_t **primal,
                                           uint32_t **adjoints);

struct loop_program *compile_schedule(struct compilation *context,
                                      const struct adc_function *function);

/* C source and header of all products of all exported functions. */
struct compile_c_options {
    const char *header_name; /* as the source includes it */
    const char *source_name; /* the .ad file, for comments */
    const char *prefix;      /* "" or text before every exported symbol */
    unsigned products;       /* bits that replace @derive and defaults; 0: as written */
    bool no_malloc, accumulate, line_directives;
};
struct compile_c_texts {
    struct adc_text *source, *header;
    struct adc_text *manifest; /* or NULL */
};
bool compile_emit_c(struct compilation *context, struct compile_module *module,
                    const struct compile_options *options, const struct compile_c_options *c,
                    const struct compile_c_texts *texts);

/* ----------------------------------------------------------------------------- native code
 *
 * LLVM is loaded at first use. What goes wrong there is no diagnostic: *problem (report->problem)
 * is one line then, on the context's arena. */

struct compile_native_request {
    struct native_options options;
    enum native_form form;
    struct adc_text *out;
    struct native_report *report;
};

/* Text or object code of what compile_emit_c would emit, and its header and manifest where there
 * are texts for them. */
bool compile_emit_native(struct compilation *context, struct compile_module *module,
                         const struct compile_options *options, const struct compile_c_options *c,
                         const struct compile_c_texts *texts,
                         const struct compile_native_request *native);

/* Code of derived functions of this context, loaded. */
struct compile_code {
    const struct adc_function *const *functions;
    size_t count;
    const char *source_name; /* the .ad file, for texts of statuses */
    struct native_options options;
    struct native_function *made; /* filled, one a function */
    struct native_report *report;
};
/* NULL after errors; else the caller frees it with context->native->release, when the context is
 * gone or before. What `made` points to is the context's. */
struct native_code *compile_native(struct compilation *context, const struct compile_code *code);

/* Text or object code for programs. */
bool compile_emit_programs(struct compilation *context, const struct emit_c_unit *unit,
                           const struct compile_native_request *native);

/* native.c: the library, opened if need be; NULL, and why, if it cannot be. */
const struct native_library *compile_open_native(struct compilation *context, const char **problem);

#endif
