/* What the files of the graph builder share; adc.h says what it means.
 *
 * A node of adc.h is a node of the graph (ir/node.h). Those that the host asked for are visible and
 * have a record by id; what stands between them (indices, reads, conversions) has none. Elementwise
 * operators of arrays, products of matrices and the like are nests, one a visible node.
 *
 * checks   conditions on which a visible node depends, such as equal lengths of its inputs; they
 *          count where the node does */
#ifndef ADC_RUNTIME_GRAPH_H
#define ADC_RUNTIME_GRAPH_H

#include "ir/nest.h"
#include "runtime/host.h"

enum graph_form {
    GRAPH_HIDDEN,
    GRAPH_VARIABLE,
    GRAPH_PLACEHOLDER,
    GRAPH_DIMENSION,
    GRAPH_CONSTANT,
    GRAPH_ELEMENTWISE, /* `op` says which */
    GRAPH_SELECT,
    GRAPH_MATMUL,
    GRAPH_TRANSPOSE,
    GRAPH_REDUCE, /* `op` is an enum graph_reduction */
    GRAPH_RESHAPE,
    GRAPH_INDEX,
    GRAPH_STOP
};

enum graph_reduction {
    GRAPH_SUM,
    GRAPH_PROD,
    GRAPH_MAX,
    GRAPH_MIN,
    GRAPH_MEAN,
    GRAPH_ALL,
    GRAPH_ANY,
    GRAPH_REDUCTIONS
};

/* What the scalar follows from; more than one: the least. */
enum graph_closed {
    GRAPH_OPEN,       /* reals or arrays */
    GRAPH_INTS,       /* ints and bools that are fed, too: a length of a computed array */
    GRAPH_DIMENSIONS, /* dimensions and numbers: a length of a leaf */
};

/* Words of automatic names: one for every row of ops.def by its number, then these. */
enum {
    GRAPH_WORD_VAR = ADC_OP_COUNT,
    GRAPH_WORD_PLACEHOLDER,
    GRAPH_WORD_CONST,
    GRAPH_WORD_SUM,
    GRAPH_WORD_PROD,
    GRAPH_WORD_MEAN,
    GRAPH_WORD_ALL,
    GRAPH_WORD_ANY,
    GRAPH_WORD_MATMUL,
    GRAPH_WORD_TRANSPOSE,
    GRAPH_WORD_RESHAPE,
    GRAPH_WORD_INDEX,
    GRAPH_WORDS
};
const char *graph_word(unsigned word);

struct graph_record {
    const struct adc_node *const *inputs; /* visible ones; of INDEX the array, then ints or NULL */
    uint32_t ordinal;                     /* of the automatic name */
    uint16_t word, op;
    uint8_t form, count;
    int8_t axis;    /* of REDUCE: -1 for all */
    uint8_t closed; /* enum graph_closed */
};

struct graph_check {
    const struct adc_node *owner, *condition;
    const char *text;
};

/* What a variable or placeholder holds. */
struct graph_fed {
    bool given;
    union adc_value value;
    int64_t lengths[ADC_MAX_AXES];
    void *data; /* of an array, as it was given; of the context's allocator */
    size_t size;
};

struct graph_pass;

struct graph_nodes {
    const struct adc_node **data;
    size_t count, capacity;
};

struct host_graph {
    struct host_unit unit;
    enum adc_type real;
    struct adc_function *function; /* its graph is the graph; its parameters are the leaves */
    struct {
        struct graph_record *data;
        size_t count, capacity;
    } records;                               /* by id */
    struct graph_nodes by_word[GRAPH_WORDS]; /* by ordinal */
    struct graph_nodes by_name;              /* by number of the name; NULL: of no node */
    struct {
        struct graph_check *data;
        size_t count, capacity;
    } checks, pending;
    struct {
        struct graph_fed *data;
        size_t count, capacity;
    } fed;                   /* by parameter */
    struct graph_pass *pass; /* the last one */
};

/* A step of the builder: made by the functions below, run by graph_step. */
struct graph_step {
    adc_status status;
    struct host_graph *graph;
    const char *name; /* of a node, an operator or a reduction */
    const struct adc_node *const *inputs;
    size_t count;
    adc_element type;
    unsigned rank;
    int axis;
    union adc_value value;
    const struct adc_node *made;
};

/* work(step) in the graph's memory, after looking at whether all inputs (NULL is none where `gaps`)
 * are of this graph; the node made, or NULL. */
adc_node *graph_run(struct graph_step *step, void (*work)(void *step), bool gaps);

/* Sets step->status and tells the callback. */
void graph_fail(struct graph_step *step, adc_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Makes `node` visible, unless it is, and with it what is pending. A record without inputs gets
 * those of the step. */
void graph_show(struct graph_step *step, const struct adc_node *node, struct graph_record record);

const struct graph_record *graph_record(const struct host_graph *graph,
                                        const struct adc_node *node);
bool graph_has(const struct host_graph *graph, const struct adc_node *node);

/* Its name in a text of the arena. */
const char *graph_name_text(const struct host_graph *graph, const struct adc_node *node,
                            struct adc_arena *arena);

/* Visible nodes that `roots` need, inputs before users, each once. */
void graph_order(const struct host_graph *graph, const struct adc_node *const *roots, size_t count,
                 struct adc_arena *arena, struct graph_nodes *order);

/* graph_apply.c: what makes nests of inputs. */

/* The axis' index, of the same name in all nests. */
const struct adc_node *graph_index(struct host_graph *graph, unsigned axis,
                                   const struct adc_node *length);
/* The array's element at `at`, a scalar itself. */
const struct adc_node *graph_element(struct host_graph *graph, const struct adc_node *array,
                                     const struct adc_node *const *at);
/* An array of `value` at every point of `index`. */
const struct adc_node *graph_map(struct host_graph *graph, const struct adc_node *value,
                                 const struct adc_node *const *shape,
                                 const struct adc_node *const *index, unsigned rank);
/* Pending: the condition must hold. False, and the step failed, if it is known not to. */
bool graph_need(struct graph_step *step, const struct adc_node *condition, const char *text);
bool graph_need_equal(struct graph_step *step, const struct adc_node *a, const struct adc_node *b,
                      const char *text);
/* "lengths of `x` and `y` agree" for checks. */
const char *graph_text(struct host_graph *graph, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* An int, i32 as int; NULL if it is none. */
const struct adc_node *graph_as_int(struct host_graph *graph, const struct adc_node *node);
const struct adc_node *graph_as_real(struct host_graph *graph, const struct adc_node *node);

/* Marks what the marked nodes among the first `count` need, and the checks of those. */
void graph_live(const struct host_graph *graph, uint8_t *live, size_t count);

/* graph_function.c: whether the function can be made; else the status is set. */
bool graph_may_make(struct host_graph *graph, const adc_graph_function *function);
/* The function with the live parameters alone, dimensions first, on a graph of its own. */
struct adc_function *graph_extract(struct host_graph *graph, const adc_graph_function *wanted);
/* A node's name as one of the language: "mul_0", and longer if a node was given that name. */
const char *graph_identifier(struct host_graph *graph, const char *name);

/* Letters, digits and `_`. */
bool graph_is_name(const char *text);

/* graph_pass.c: before the graph is freed. */
void graph_close(struct host_unit *unit);

#endif
