/* Arrays: indices, reads and the one array node.
 *
 *     NEST(op; indices; guard; target; shape; value)      for all points of the indices where the
 *     guard holds:
 *                                                         Y[target] op= value
 *
 * A nest of rank 0 is a reduction and stands inside scalar expressions; one of higher rank is an
 * array. A map is
 * SET with the indices as target; dropping indices from the target sums over them; a target that
 * reads an int
 * array is a histogram. The adjoint of a nest is nests over the same index nodes, so primal and
 * adjoint share
 * bodies by hash-consing.
 *
 * free     a node's free indices include those that the ranges of its indices mention: what is free
 *          is its scope. An array with free indices is one array for each of their values
 * nothing  a reduction over no points is 0, 1, -inf, inf, true, false (SUM PROD MAX MIN ALL ANY)
 * ints     SUM, PROD, MAX, MIN reduce ints too */
#ifndef ADC_IR_NEST_H
#define ADC_IR_NEST_H

#include "ir/node.h"

enum adc_reduce {
    ADC_REDUCE_SET, /* each element at most once; elements without a point are 0; rank > 0 only */
    ADC_REDUCE_SUM,
    ADC_REDUCE_PROD,
    ADC_REDUCE_MAX,
    ADC_REDUCE_MIN,
    ADC_REDUCE_ALL,
    ADC_REDUCE_ANY,
    ADC_REDUCE_COUNT
};

const char *adc_reduce_name(enum adc_reduce reduce); /* "set", "sum", ... */

/* The operator that takes in one more value: ADD or IADD for SUM, ...; ADC_OP_COUNT for SET. */
enum adc_op adc_reduce_op(enum adc_reduce reduce, enum adc_type type);

/* What a nest is made of. Arrays of higher rank reduce by SET or SUM only. */
struct adc_nest {
    enum adc_reduce reduce;
    const struct adc_node *value, *guard; /* guard NULL: true */
    unsigned rank;
    const struct adc_node *const *target; /* `rank` ints */
    const struct adc_node *const *shape;  /* `rank` ints */
    unsigned index_count;
    const struct adc_node *const *index; /* outermost first; ranges mention earlier ones only */
    bool unread; /* of SET: elements without a point are read by nobody, and need not be 0 */
};

/* An index by name number; equal name and range are one node. */
const struct adc_node *adc_index(struct adc_graph *graph, uint32_t name, const struct adc_node *low,
                                 const struct adc_node *high);

/* Names of fresh indices; those of the front end are below. */
#define ADC_FRESH_NAMES (UINT32_C(1) << 31)

/* An index with ends of its own of which the same is asked as of `like`. */
const struct adc_node *adc_index_like(struct adc_graph *graph, const struct adc_node *like,
                                      uint32_t name, const struct adc_node *const *ends);

/* An index over the range of `like`, in its scope, that no other name can meet. */
const struct adc_node *adc_fresh_index(struct adc_graph *graph, const struct adc_node *like);

/* Indices of their own for the elements of an array: `rank` of them. */
void adc_fresh_indices(struct adc_graph *graph, const struct adc_node *array,
                       const struct adc_node **index);

const struct adc_node *adc_array_param(struct adc_graph *graph, enum adc_type type, uint32_t number,
                                       const struct adc_node *const *shape, unsigned rank);
const struct adc_node *adc_read(struct adc_graph *graph, const struct adc_node *array,
                                const struct adc_node *const *element);
/* What is asserted of the array that a READ reads, in its number: no two elements are alike. Goes
 * along with the READ, as the array may be known so in some places and not in others. */
enum { ADC_READ_UNIQUE = 1 };
const struct adc_node *adc_read_unique(struct adc_graph *graph, const struct adc_node *read);

/* The READ whose element the int is, if that is said to be unlike the others; else NULL. */
const struct adc_node *adc_unique_element(const struct adc_node *node);

/* Whether the int is another number for each value of the index, all else being the same:
 * c*index + ..., or an element at such a place of an array with elements that are not alike. */
bool adc_is_coordinate(const struct adc_node *node, const struct adc_node *index);
/* Whether each point of the nest has an element of its own. */
bool adc_has_own_elements(const struct adc_nest *nest);

/* The first axis from `axis` on, or the last one, at which an element's place is not 0: lengths of
 * axes up to that are not needed to find the element. */
unsigned adc_first_axis(const struct adc_node *array, const struct adc_node *const *element,
                        unsigned axis);
/* As many axes, of the same lengths. */
bool adc_same_shape(const struct adc_node *a, const struct adc_node *b);

const struct adc_node *adc_nest(struct adc_graph *graph, const struct adc_nest *nest);
const struct adc_node *adc_join(struct adc_graph *graph, const struct adc_node *a,
                                const struct adc_node *b);

/* A nest whose guard is constantly false: an array of it is zeros, a PUT of it changes nothing. */
static inline bool adc_has_no_points(const struct adc_node *node)
{
    return node->op == ADC_OP_NEST && adc_is_const(node->in[1]) && !adc_is_true(node->in[1]);
}

/* Zero of the node's type and shape. */
const struct adc_node *adc_zero_like(struct adc_graph *graph, const struct adc_node *node);

/* 1 at the element `at` of an array of the shape of `like`, 0 elsewhere; 1 like a scalar. */
const struct adc_node *adc_unit(struct adc_graph *graph, const struct adc_node *like,
                                const struct adc_node *const *at);

/* The parts of a NEST node; pointers into the node. */
struct adc_nest adc_nest_parts(const struct adc_node *node);

/* Length of an array along an axis: an int. */
const struct adc_node *adc_shape(const struct adc_node *array, unsigned axis);

/* ----------------------------------------------------------------- sets of indices */

/* The free indices of a node from its inputs' (for node.c). */
const struct adc_indices *adc_free_indices(struct adc_graph *graph, const struct adc_node *node);

const struct adc_indices *adc_indices_of(struct adc_graph *graph, const struct adc_node *index);
bool adc_indices_has(const struct adc_indices *set, const struct adc_node *index);
const struct adc_indices *adc_indices_union(struct adc_graph *graph, const struct adc_indices *a,
                                            const struct adc_indices *b);
const struct adc_indices *adc_indices_minus(struct adc_graph *graph, const struct adc_indices *a,
                                            const struct adc_indices *b);

/* `root` with free index `from` replaced by `to`, which must not be bound inside. */
const struct adc_node *adc_rename(struct adc_graph *graph, const struct adc_node *root,
                                  const struct adc_node *from, const struct adc_node *to,
                                  struct adc_arena *scratch);

#endif
