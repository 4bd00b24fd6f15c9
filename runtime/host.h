/* What the files of the host API share; adc.h says what it means.
 *
 * A context lists its units: modules and graphs, each with a compilation (memory, names,
 * diagnostics) of its own, so that they are freed one by one and a unit that ran out of memory
 * takes nothing with it. `adc_function` of adc.h is struct host_function here, for struct
 * adc_function is a function of the graph, and `adc_graph` is struct host_graph.
 *
 * errors   functions that take a unit go through host_run, which reports what they found and sets
 *          the context's status; what may run in many threads goes through host_say alone */
#ifndef ADC_RUNTIME_HOST_H
#define ADC_RUNTIME_HOST_H

#include "runtime/adc.h"
#include "runtime/compile.h"

struct host_unit {
    struct adc_context *context;
    struct compilation in;
    size_t reported;            /* diagnostics that the callback has seen */
    struct adc_module *modules; /* the one that it is, those made of the graph that it is */
    size_t size;                /* of the block that begins with the unit */
    void (*close)(struct host_unit *unit); /* before it is freed, or NULL */
    struct host_unit *next, **link;
};

struct adc_context {
    struct adc_allocator allocator;
    void (*report)(void *user, const adc_diagnostic *diagnostic);
    void *user;
    adc_status status;
    adc_engine engine;
    unsigned level; /* of native code */
    bool debug;
    unsigned threads;
    bool fma;
    char *cache;             /* or NULL */
    struct host_unit *units; /* newest first */
};

struct adc_module {
    struct host_unit *unit;
    struct compile_module *compiled;
    struct compile_options options;
    const char *name;                    /* of the source */
    bool own;                            /* it is its unit */
    const struct compile_entry *entries; /* `count` of them */
    struct adc_function **written;       /* likewise; NULL: not lowered yet */
    size_t count;
    struct host_function *functions; /* those asked for so far, newest first */
    struct adc_module *next;         /* of the same unit */
};

/* A module that is its own unit. */
struct host_compiled {
    struct host_unit unit;
    struct adc_module module;
};

struct host_check {
    uint32_t status;
    const char *text;
};

struct host_native {
    const struct native_library *library;
    struct native_code *code;
    struct native_function function;
};

struct host_function {
    struct adc_module *module;
    const struct adc_function *function; /* derived: parameters and results are the ports */
    const char *name;                    /* of the function as written */
    enum adc_product product;
    adc_port *inputs, *results;
    /* of the results: `rank` ints each; NULL for a hessian of scalars, which is `side` by `side` */
    const struct adc_node *const **lengths;
    int64_t side;
    struct host_check *checks; /* ascending */
    size_t check_count;
    const struct loop_program *program; /* made when first needed */
    struct host_native *native;         /* likewise; NULL: none */
    bool runs_native;                   /* in calls by name */
    struct host_function *next;
};

/* -------------------------------------------------------------------------------- contexts */

/* Whether the unit may still be used: sets the context's status. */
bool host_enter(struct host_unit *unit);
/* work(task) in the unit's memory. False, and the status set, if it ran out of memory, or the unit
 * has before, or `task->status` (an adc_status, the first member of every task) is not ADC_GOOD;
 * diagnostics are reported. */
bool host_run(struct host_unit *unit, void (*work)(void *task), void *task);

/* A block of `size` zeroed bytes that begins with a unit of the context; NULL: out of memory. */
void *host_add(struct adc_context *context, size_t size);
/* Frees its memory, itself included. */
void host_remove(struct host_unit *unit);

/* Sets the status and tells the callback; gives the status back. */
adc_status host_fail(struct adc_context *context, adc_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Tells the callback alone. */
adc_status host_say(const struct adc_context *context, adc_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void *host_allocate(const struct adc_context *context, size_t size); /* zeroed, or NULL */
void host_release(const struct adc_context *context, void *block, size_t size);

/* ------------------------------------------------------------------------------- functions */

enum adc_type host_type(adc_element type);
adc_element host_element(enum adc_type type);
size_t host_size(adc_element type); /* bytes */
bool host_is_element(adc_element type);

/* The value of a scalar argument, from its place in memory; and back. */
union adc_value host_load(adc_element type, const void *from);
void host_store(adc_element type, union adc_value value, void *to);

/* How many elements; false if their bytes are not a size_t. No length is negative. */
bool host_count(const int64_t *lengths, unsigned rank, size_t *count);

/* Looks at what a module exports; false after errors. In compilation_run. */
bool host_take_exports(struct adc_module *module);

/* host_native.c: makes native code, unless it is there; false, and why, if there is none to be had.
 * In compilation_run; what is wrong is no diagnostic. */
bool host_native_make(struct host_function *function, const char **problem);
void host_native_free(struct host_function *function);

/* host_bind.c: the values of the inputs of a function from arguments by name. */
struct host_binding {
    const struct host_function *function;
    const adc_argument *arguments;
    size_t count;
    bool shapes_only; /* arrays may have no data, what is missing and no size may be missing */
    bool as_they_are; /* elements stay what the caller has, for native code */
    struct adc_arena *arena;
    union adc_value *inputs;             /* by parameter */
    int64_t (*lengths)[ADC_MAX_LENGTHS]; /* of parameters, then of results */
    size_t *requested; /* by result: number of the argument that takes it, plus 1; 0: none */
};
adc_status host_bind(struct host_binding *binding);

#endif
