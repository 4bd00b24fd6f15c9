/* The graph: immutable, hash-consed nodes with dense numbers.
 *
 * A node's inputs are made before it, so ascending ids are a topological order and no walk
 * recurses.
 * Equal nodes are one node (same op, type, inputs, value); only MARKs are never merged. Passes take
 * a graph and build another one, or append to it; nothing is ever changed in place.
 *
 * owner    the graph's arena
 * laziness ADC_OP_IF: every operator is total, so evaluating the arm not taken is harmless in
 * value;
 *          no derivative may flow through it, and the schedule places what only an arm needs inside
 *          it */
#ifndef ADC_IR_NODE_H
#define ADC_IR_NODE_H

#include "base/diag.h"
#include "base/name.h"
#include "ir/op.h"

/* A set of INDEX nodes in ascending id; equal sets are one object, the empty one is NULL. */
struct adc_indices {
    uint32_t count, hash;
    struct adc_indices *next; /* in its hash bucket */
    const struct adc_node *index[];
};

struct adc_node {
    uint32_t id; /* index in graph->nodes */
    uint32_t hash;
    /* PARAM: index; MARK: unique number; INDEX: name; NEST: enum adc_reduce; STATE, FINAL: of the
     * component; LOOP: direction; GRAD, JVP, VJP: perhaps ADC_THROUGH; else 0 */
    uint32_t number;
    uint16_t op;    /* enum adc_op */
    uint16_t count; /* inputs */
    uint8_t type;   /* enum adc_type; of the elements of an array */
    uint8_t rank;   /* 0: a scalar; else an array (nest.h) */
    /* the indices that must have a value for the node to have one */
    const struct adc_indices *free;
    union adc_value value; /* CONST; of a NEST .bits: adc_nest.unread; else zero */
    const struct adc_node *in[];
};

enum { ADC_MAX_INPUTS = 2048, ADC_MAX_NEST = 64, ADC_MAX_RANK = 16, ADC_INDEX_BUCKETS = 64 };

/* Axes of an array in a program or a file; passes add those of the indices around. */
enum { ADC_MAX_AXES = 8 };

/* What a program asks for a value of a pass that the loop's adjoint needs (@store, @recompute). */
enum adc_keep { ADC_KEEP_DEFAULT, ADC_KEEP_STORE, ADC_KEEP_RECOMPUTE };

/* What a program asks of the loops over an index (@simd, @unroll). */
struct adc_hint {
    uint32_t tile;      /* most passes side by side; 1: none, 0: not said */
    uint32_t copies;    /* of passes, one behind the other; ADC_COPIES_ANY; 0: not said */
    bool lanes;         /* they are to run side by side */
    struct adc_span at; /* of @simd */
};
enum { ADC_COPIES_ANY = INT32_MAX };

struct adc_hinted {
    const struct adc_node *index;
    struct adc_hint hint;
};

struct adc_graph {
    struct adc_arena *arena;
    ADC_VEC(const struct adc_node *) nodes; /* by id */
    ADC_VEC(const struct adc_name *) names; /* by id: the name a `let` gave it, or NULL */
    ADC_VEC(uint8_t) kept;                  /* by id: enum adc_keep */
    ADC_VEC(struct adc_hinted) hints;       /* of few indices */
    /* by id: where it was written first; end 0 if nowhere */
    ADC_VEC(struct adc_span) spans;
    const struct adc_node **slots; /* hash table, a power of two */
    uint32_t slot_count;
    struct adc_indices **index_sets; /* hash buckets, ADC_INDEX_BUCKETS of them */
    uint32_t mark_count;
    uint32_t state_count; /* components of loops made so far */
    uint32_t fresh_count; /* names of indices made by passes */
    struct adc_span span; /* given to nodes made from now on */
};

void adc_graph_init(struct adc_graph *graph, struct adc_arena *arena);

/* ------------------------------------------------------------- builders (hash-consing only, no
 * algebra) */

const struct adc_node *adc_const(struct adc_graph *graph, enum adc_type type,
                                 union adc_value value);
const struct adc_node *adc_real(struct adc_graph *graph, enum adc_type type, double value);
const struct adc_node *adc_int(struct adc_graph *graph, int64_t value);
const struct adc_node *adc_bool(struct adc_graph *graph, bool value);
const struct adc_node *adc_param(struct adc_graph *graph, enum adc_type type, uint32_t index);
const struct adc_node *adc_mark(struct adc_graph *graph, const struct adc_node *value);

/* An operator (elementwise, IF, STOP, GRAD, JVP, VJP) of the given inputs. The result's type
 * follows from the signature and the inputs; conversions (INT_TO_F64, F64_TO_F32, ...) name their
 * own. Wrong types or counts break an invariant. */
const struct adc_node *adc_apply(struct adc_graph *graph, enum adc_op op,
                                 const struct adc_node *const *inputs, unsigned count);
const struct adc_node *adc_apply1(struct adc_graph *graph, enum adc_op op,
                                  const struct adc_node *x);
const struct adc_node *adc_apply2(struct adc_graph *graph, enum adc_op op, const struct adc_node *x,
                                  const struct adc_node *y);
const struct adc_node *adc_apply3(struct adc_graph *graph, enum adc_op op, const struct adc_node *x,
                                  const struct adc_node *y, const struct adc_node *z);

/* A GRAD, JVP or VJP in the pass of a loop, by a mark from before it: not only along the paths in
 * this pass, but also through what the loop carries to it (passes/through.c). */
enum { ADC_THROUGH = 1 };
const struct adc_node *adc_apply_through(struct adc_graph *graph, enum adc_op op,
                                         const struct adc_node *const *inputs, unsigned count);

/* The type adc_apply would give its result; ADC_TYPE_COUNT if the inputs do not fit the operator.
 * */
enum adc_type adc_result_type(enum adc_op op, const struct adc_node *const *inputs, unsigned count);

/* The mark with a given number again (passes and the reader of text IR; lowering takes adc_mark).
 * */
const struct adc_node *adc_mark_numbered(struct adc_graph *graph, const struct adc_node *value,
                                         uint32_t number);

/* A node of any op with the given inputs, number and rank, hash-consed; its type is `type`. Only
 * for builders of
 * structural nodes (nest.c) and passes that copy them. */
const struct adc_node *adc_structural(struct adc_graph *graph, const struct adc_node *like,
                                      const struct adc_node *const *inputs);

/* A node with the op, type, number, rank and value of `like`, a node of the graph or none, that is
 * merged with no other: copies of a statement of a loop program have variables of their own. Inputs
 * may be changed until it is read. */
struct adc_node *adc_twin(struct adc_graph *graph, const struct adc_node *like,
                          const struct adc_node *const *inputs);

/* Gives the node a source name, unless it has one. */
void adc_graph_set_name(struct adc_graph *graph, const struct adc_node *node,
                        const struct adc_name *name);

/* Says how the node's value is kept, unless that has been said. */
void adc_graph_set_keep(struct adc_graph *graph, const struct adc_node *node, enum adc_keep keep);

/* Says what is asked of loops over an index, as far as that has not been said; and what has. */
void adc_graph_set_hint(struct adc_graph *graph, const struct adc_node *index,
                        struct adc_hint hint);
struct adc_hint adc_graph_hint(const struct adc_graph *graph, const struct adc_node *index);

/* Gives `made` the name of a node of another graph, how it is kept, and what is asked of it. */
void adc_graph_take_notes(struct adc_graph *graph, const struct adc_node *made,
                          const struct adc_graph *from, const struct adc_node *node);

/* A node of another graph again in this one, with the given inputs; keeps notes and span. */
const struct adc_node *adc_copy(struct adc_graph *graph, const struct adc_graph *from,
                                const struct adc_node *node, const struct adc_node *const *inputs);

static inline bool adc_is_derivative(const struct adc_node *node)
{
    return node->op == ADC_OP_GRAD || node->op == ADC_OP_JVP || node->op == ADC_OP_VJP;
}

static inline bool adc_is_const(const struct adc_node *node)
{
    return node->op == ADC_OP_CONST;
}

/* The bool constant true, as the guard of a nest without conditions is. */
static inline bool adc_is_true(const struct adc_node *node)
{
    return node->op == ADC_OP_CONST && node->type == ADC_BOOL && node->value.boolean;
}

/* An int constant of that value. */
static inline bool adc_is_int_value(const struct adc_node *node, int64_t value)
{
    return adc_is_const(node) && node->value.integer == value;
}

/* Whether a list of that many nodes has the node. */
static inline bool adc_among(const struct adc_node *node, const struct adc_node *const *list,
                             unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (list[i] == node) return true;
    return false;
}

/* The number of a real constant. */
double adc_real_number(const struct adc_node *constant);

/* A real constant equal to `value` (0.0 and -0.0 are equal here). */
bool adc_is_real_value(const struct adc_node *node, double value);

/* Contract checks of the compiler itself: prints nothing; aborts in debug builds, and in release
 * leaves through the heap's out_of_memory with the graph's arena (an internal error). */
#define ADC_INVARIANT(condition, graph) \
    ((condition) ? (void)0 : adc_broken((graph), #condition, __FILE__, __LINE__))
_Noreturn void adc_broken(const struct adc_graph *graph, const char *condition, const char *file,
                          int line);

#endif
