/* adc.h -- the compiler inside a program: C11 and C++17, nothing else to include.
 *
 *     adc_context *context = adc_context_new(NULL);
 *     adc_module *module = adc_compile_file(context, "model.ad", NULL);
 *     adc_function *f = adc_function_get(module, "loss", "grad");
 *     adc_status status = adc_call(f, arguments, count);
 *     adc_context_free(context);
 *
 * owner    a context owns all that is made in it, and gives it back in adc_context_free; modules
 *          and graphs may be freed before. Texts and arrays that are handed in are copied or only
 *          read during the call; those handed out live as long as what they describe
 * threads  a context with its modules and graphs belongs to one thread at a time; different
 *          contexts do not meet. Functions are different: any number of threads may be inside
 *          adc_call, adc_function_shape and adc_status_text of one function at once (an allocator
 *          and a callback of the caller's must then stand that)
 * errors   a status, or NULL and adc_context_status; what there is to say goes to the callback.
 *          Nothing here prints, exits or keeps global state. NULL handles are allowed everywhere
 *          and give ADC_BAD_ARGUMENT, so the result of a call that failed may be passed on */
#ifndef ADC_RUNTIME_ADC_H
#define ADC_RUNTIME_ADC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define ADC_API __attribute__((visibility("default")))
#else
#define ADC_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct adc_context adc_context;
typedef struct adc_module adc_module;      /* a compiled text, or functions made of a graph */
typedef struct host_function adc_function; /* one product of one of its functions */
typedef struct host_graph adc_graph;
typedef struct adc_node adc_node;

/* 0: good. Above 0: the number of the program's check that failed (adc_status_text says which).
 * Below 0: one of these. */
typedef int adc_status;
enum {
    ADC_GOOD = 0,
    ADC_OUT_OF_MEMORY = -1,
    ADC_NEGATIVE_SIZE = -2,
    ADC_BAD_ARGUMENT = -3, /* NULL, a number out of range, a node of another graph */
    ADC_UNKNOWN_NAME = -4,
    ADC_MISSING = -5, /* an input or a size without a value */
    ADC_GIVEN_TWICE = -6,
    ADC_WRONG_TYPE = -7,
    ADC_WRONG_SHAPE = -8,
    ADC_BAD_PROGRAM = -9,     /* the diagnostics say why */
    ADC_NO_FILE = -10,        /* it cannot be read */
    ADC_IS_CONSTANT = -11,    /* it cannot be written */
    ADC_NO_NATIVE_CODE = -12, /* adc was built without it, or it cannot be loaded */
    ADC_INTERNAL_ERROR = -13
};

typedef enum adc_element {
    ADC_TYPE_F64,
    ADC_TYPE_F32,
    ADC_TYPE_INT, /* int64_t */
    ADC_TYPE_I32, /* int32_t */
    ADC_TYPE_BOOL /* bool */
} adc_element;

typedef union adc_scalar {
    double f64;
    float f32;
    int64_t i64;
    int32_t i32;
    bool boolean;
} adc_scalar;

/* ------------------------------------------------------------------------------- contexts */

/* Names no file: `file` is NULL, the numbers are 0. */
typedef struct adc_diagnostic {
    bool error;       /* else a warning */
    const char *code; /* "E07", or "" */
    const char *text; /* one sentence */
    const char *help; /* what to write instead, or NULL */
    const char *file;
    unsigned line, column; /* from 1, bytes */
    const char *rendered;  /* all of it with the line of source, as the command prints it */
} adc_diagnostic;

/* What runs calls by name. */
typedef enum adc_engine {
    ADC_ENGINE_BEST,        /* native code where it is to be had, else the interpreter */
    ADC_ENGINE_INTERPRETER, /* functions are there at once; large ones run slowly */
    ADC_ENGINE_NATIVE       /* without native code there is no function */
} adc_engine;

/* How hard native code is worked on: numbers are the same. */
typedef enum adc_effort {
    ADC_EFFORT_DEFAULT, /* that of 1 */
    ADC_EFFORT_0,       /* soonest there */
    ADC_EFFORT_1,
    ADC_EFFORT_2,
    ADC_EFFORT_3
} adc_effort;

/* All fields may be zero. */
typedef struct adc_options {
    /* resize(user, NULL, 0, n) allocates, resize(user, p, n, 0) frees and returns NULL; blocks fit
     * any type; NULL with new_size > 0: out of memory. Without it that of the C library */
    void *(*resize)(void *user, void *block, size_t old_size, size_t new_size);
    /* called from within the call that has something to say, on its thread; the texts die when it
     * returns. It must not call back into the context */
    void (*report)(void *user, const adc_diagnostic *diagnostic);
    void *user;
    adc_engine engine;
    adc_effort effort;
    /* a folder that keeps native code for the next process, or NULL; made if need be. Who may write
     * there decides what runs here. One that cannot be used is as good as none */
    const char *cache;
    bool debug; /* debuggers find the program's lines in native code */
    /* at most so many threads of OpenMP run the loops of native code, and workspaces have room for
     * them; 0: the caller's alone. 1024 are the most */
    unsigned threads;
    /* exp and other functions of vectors with fused multiply-adds: faster where the machine has
     * them, slower where not, the same digits on both, and others than without */
    bool fma;
} adc_options;

/* NULL if there is no memory, or an enumeration has none of its values. */
ADC_API adc_context *adc_context_new(const adc_options *options);
ADC_API void adc_context_free(adc_context *context);

/* Why the last function that takes this context, or anything made in it, returned NULL or 0. */
ADC_API adc_status adc_context_status(const adc_context *context);

/* "0.1.0" */
ADC_API const char *adc_version(void);

/* -------------------------------------------------------------------------------- modules */

typedef struct adc_constant {
    const char *name;
    adc_element type; /* F64, INT or BOOL */
    adc_scalar value;
} adc_constant;

/* What the command line calls --real, --const, -I, --wrt, --of, --bounds, --tape-budget. All fields
 * may be zero. Names and values are copied. */
typedef struct adc_compile_options {
    adc_element real; /* F64 or F32 */
    bool unchecked;   /* indices are not checked */
    const adc_constant *constants;
    size_t constant_count;
    const char *const *folders; /* where imported files are looked for */
    size_t folder_count;
    const char *const *wrt; /* parameters that are differentiated; NULL: as declared */
    size_t wrt_count;
    const char *of;  /* the result that grad, hvp and hessian differentiate */
    uint64_t budget; /* bytes that the derivative of a loop may keep of its passes; 0: any number */
} adc_compile_options;

/* Parses, checks and lowers all exported functions. NULL after errors. */
ADC_API adc_module *adc_compile_file(adc_context *context, const char *path,
                                     const adc_compile_options *options);
/* `name` is what messages call the text; imports are looked for beside it. */
ADC_API adc_module *adc_compile_string(adc_context *context, const char *name, const char *text,
                                       const adc_compile_options *options);
/* The functions of the module become invalid. */
ADC_API void adc_module_free(adc_module *module);

/* Name of exported function number i, in source order; NULL behind the last. */
ADC_API const char *adc_module_function(const adc_module *module, size_t i);
/* Its products, as @derive or the defaults have them: "value", "grad", ...; NULL behind the last.
 * Others may be asked for, too. */
ADC_API const char *adc_module_product(const adc_module *module, const char *function, size_t i);

typedef void adc_write(void *user, const char *bytes, size_t count);

typedef enum { ADC_C_SOURCE, ADC_C_HEADER, ADC_MANIFEST } adc_form;

/* The C of all exported functions as `adc build` writes it; `header` is what the source includes.
 */
ADC_API adc_status adc_module_emit(adc_module *module, adc_form form, const char *header,
                                   adc_write *write, void *user);

/* ------------------------------------------------------------------------------ functions */

/* product: "value", "grad", "vjp", "jvp", "hvp", "hessian", "jacobian". The same question gives the
 * same handle. Native code is made here, unless the engine is the interpreter: the first function
 * of a process waits for LLVM to be loaded. */
ADC_API adc_function *adc_function_get(adc_module *module, const char *name, const char *product);

typedef enum adc_port_kind {
    ADC_PORT_VAR,       /* differentiated */
    ADC_PORT_PLAIN,     /* filled by the caller */
    ADC_PORT_DATA,      /* filled by the caller, never differentiated */
    ADC_PORT_DIMENSION, /* the length of axes */
    ADC_PORT_RESULT
} adc_port_kind;

/* A parameter or result of the C signature, in its order. */
typedef struct adc_port {
    const char *name; /* "x", "grad_x" */
    const char *of;   /* what it belongs to: "x" */
    const char *role; /* "primal", "grad", "bar", "dot", "hvp", "hessian", "jacobian" */
    const char *doc;  /* or NULL */
    adc_port_kind kind;
    adc_element type;
    unsigned rank;            /* 0: a scalar */
    const char *const *shape; /* of each axis "N", "3", "D*(D + 1) div 2" */
    bool has_default;
    adc_scalar value; /* the default */
} adc_port;

ADC_API size_t adc_function_inputs(const adc_function *function, const adc_port **ports);
ADC_API size_t adc_function_results(const adc_function *function, const adc_port **ports);
ADC_API const char *adc_function_symbol(const adc_function *function); /* "loss_grad" */

enum { ADC_MAX_LENGTHS = 16 };

/* An input or a result by name. An array is row-major and packed; rank 0 with data == NULL is a
 * scalar in `value`. Where shapes alone matter, data may be NULL. */
typedef struct adc_argument {
    const char *name;
    adc_element type;
    unsigned rank;
    int64_t lengths[ADC_MAX_LENGTHS];
    void *data; /* inputs are only read */
    adc_scalar value;
} adc_argument;

/* Inputs in any order; sizes come from arrays, or are given as ints where no array shows them;
 * defaults are filled in. Results that are not asked for are not written. After another status than
 * ADC_GOOD results are unspecified. Arrays may overlap. */
ADC_API adc_status adc_call(const adc_function *function, adc_argument *arguments, size_t count);

/* Lengths of the input or result `name` if called so; arrays need their shapes only. */
ADC_API adc_status adc_function_shape(const adc_function *function, const adc_argument *arguments,
                                      size_t count, const char *name,
                                      int64_t lengths[ADC_MAX_LENGTHS]);
/* Bytes of `work` of the C signature if called so; SIZE_MAX if they are not a size_t. */
ADC_API adc_status adc_function_work(adc_function *function, const adc_argument *arguments,
                                     size_t count, size_t *bytes);

/* The function as native code with the signature of the generated C, whatever the engine; NULL with
 * a diagnostic if there is none to be had. It lives as long as the module. */
ADC_API void *adc_function_pointer(adc_function *function);

/* What a status means, for the checks of this function too ("model.ad:3: require N > 0: no
 * samples"); `function` may be NULL. Never NULL. */
ADC_API const char *adc_status_text(const adc_function *function, adc_status status);

/* --------------------------------------------------------------------------------- graphs
 *
 * Expressions made at run time. A node is a variable (has a value, its gradient is wanted), a
 * placeholder (filled before a pass), a constant, or an operator of other nodes. Nodes come into
 * being in an order in which inputs come first, and never change. Equal operators of equal inputs
 * are one node.
 *
 * names    as given, else kind and number: "Var/0", "Placeholder/0", "Const/0", "mul/0". No two
 *          nodes share one
 * errors   a function that fails returns NULL and leaves the graph as it was; only want of memory
 *          ends it: every later call then says ADC_OUT_OF_MEMORY
 * cost     memory and time of every builder are constant for scalars, however large the graph */

/* real: F64 or F32. */
ADC_API adc_graph *adc_graph_new(adc_context *context, adc_element real);
ADC_API void adc_graph_free(adc_graph *graph); /* modules made of it, too */

/* Leaves. name NULL: an automatic one. Lengths are ints: adc_graph_int, dimensions, and what int
 * operators make of these. */
ADC_API adc_node *adc_graph_variable(adc_graph *graph, const char *name, unsigned rank,
                                     adc_node *const *lengths);
ADC_API adc_node *adc_graph_placeholder(adc_graph *graph, const char *name, adc_element type,
                                        unsigned rank, adc_node *const *lengths);
/* A length that arrays show when they are fed; name it. */
ADC_API adc_node *adc_graph_dimension(adc_graph *graph, const char *name);
/* A named constant is a node of its own, unnamed ones of equal value are one. */
ADC_API adc_node *adc_graph_constant(adc_graph *graph, const char *name, double value);
ADC_API adc_node *adc_graph_int(adc_graph *graph, int64_t value);
ADC_API adc_node *adc_graph_bool(adc_graph *graph, bool value);

/* An elementwise operator by its name in the tables: "add", "sin", "pow", "lt", "iadd", ... Arrays
 * of one shape go element by element, scalars join every element. An int where a real is wanted
 * turns into one. */
ADC_API adc_node *adc_graph_apply(adc_graph *graph, const char *name, adc_node *const *inputs,
                                  size_t count);
/* if `condition` then x else y; nothing flows through the one not taken. Scalars or arrays alike.
 */
ADC_API adc_node *adc_graph_select(adc_graph *graph, adc_node *condition, adc_node *x, adc_node *y);
/* Matrix times matrix or vector, vector times matrix, vector times vector. */
ADC_API adc_node *adc_graph_matmul(adc_graph *graph, adc_node *a, adc_node *b);
ADC_API adc_node *adc_graph_transpose(adc_graph *graph, adc_node *matrix);
/* "sum", "prod", "max", "min", "mean"; of bools "all", "any". axis -1: over all elements. */
ADC_API adc_node *adc_graph_reduce(adc_graph *graph, const char *name, adc_node *array, int axis);
/* The elements in row-major order with other lengths. */
ADC_API adc_node *adc_graph_reshape(adc_graph *graph, adc_node *array, unsigned rank,
                                    adc_node *const *lengths);
/* array[at[0], at[1], ...] from 0; NULL takes an axis whole, axes that are left out too. */
ADC_API adc_node *adc_graph_index(adc_graph *graph, adc_node *array, adc_node *const *at,
                                  size_t count);
/* The value with derivative zero. */
ADC_API adc_node *adc_graph_stop(adc_graph *graph, adc_node *x);

static inline adc_node *adc_graph_apply1(adc_graph *graph, const char *name, adc_node *x)
{
    return adc_graph_apply(graph, name, &x, 1);
}

static inline adc_node *adc_graph_apply2(adc_graph *graph, const char *name, adc_node *x,
                                         adc_node *y)
{
    adc_node *inputs[2];
    inputs[0] = x;
    inputs[1] = y;
    return adc_graph_apply(graph, name, inputs, 2);
}

/* Looking at nodes. */
typedef enum adc_node_kind {
    ADC_NODE_NONE, /* no node */
    ADC_NODE_VARIABLE,
    ADC_NODE_PLACEHOLDER, /* dimensions, too */
    ADC_NODE_CONSTANT,
    ADC_NODE_OPERATOR
} adc_node_kind;

ADC_API adc_node_kind adc_graph_kind(const adc_graph *graph, const adc_node *node);
ADC_API adc_element adc_graph_type(const adc_graph *graph, const adc_node *node);
ADC_API unsigned adc_graph_rank(const adc_graph *graph, const adc_node *node);
/* Gives a name to an operator or constant. */
ADC_API adc_status adc_graph_rename(adc_graph *graph, adc_node *node, const char *name);
/* As snprintf does: the length of the name, of which at most size - 1 bytes and a NUL are written.
 */
ADC_API size_t adc_graph_name(const adc_graph *graph, const adc_node *node, char *text,
                              size_t size);
ADC_API adc_node *adc_graph_find(adc_graph *graph, const char *name);
/* What `output` depends on, inputs before users, each once, itself last: their number, of which at
 * most `room` are written. 0 after errors. */
ADC_API size_t adc_graph_order(adc_graph *graph, const adc_node *output, adc_node **nodes,
                               size_t room);

/* Passes. Values stay with variables and placeholders until they are fed again. */
ADC_API adc_status adc_graph_feed(adc_graph *graph, const adc_argument *arguments, size_t count);
ADC_API adc_status adc_graph_forward(adc_graph *graph, const adc_node *output);
/* Of a real scalar; does what forward does as well. */
ADC_API adc_status adc_graph_backward(adc_graph *graph, const adc_node *output);
/* What the last pass found; *result gets type, rank, lengths and value or data, which stay valid
 * until the next pass. ADC_MISSING: the pass did not come by, or the node has no gradient. */
ADC_API adc_status adc_graph_value(const adc_graph *graph, const adc_node *node,
                                   adc_argument *result);
ADC_API adc_status adc_graph_gradient(const adc_graph *graph, const adc_node *node,
                                      adc_argument *result);
/* Text of a status of a pass. */
ADC_API const char *adc_graph_status_text(const adc_graph *graph, adc_status status);

/* A function of the graph: parameters are the variables and placeholders that the results need, in
 * the order in which they were made. */
typedef struct adc_graph_function {
    const char *name;
    adc_node *const *results;
    const char *const *result_names; /* may be NULL for one result */
    size_t count;
} adc_graph_function;

/* As if the function had been written in a text. Lives in the graph. */
ADC_API adc_module *adc_graph_compile(adc_graph *graph, const adc_graph_function *function);
/* The function as a program. */
ADC_API adc_status adc_graph_emit_ad(adc_graph *graph, const adc_graph_function *function,
                                     adc_write *write, void *user);
/* What `output` depends on as DOT, with values and gradients where a pass has found them. */
ADC_API adc_status adc_graph_draw(adc_graph *graph, const adc_node *output, adc_write *write,
                                  void *user);

#ifdef __cplusplus
}
#endif

#endif
