/* Nodes that passes over a scheduled program make: in the place of others, with other inputs. */
#ifndef ADC_PASSES_LOOP_MAKER_H
#define ADC_PASSES_LOOP_MAKER_H

#include "ir/loop.h"

struct loop_maker {
    struct adc_arena *arena;
    struct loop_program *program;
    size_t known; /* nodes that the tables of the program have room for */
    /* by id, of the first `copy_count`: what stands for the node at the moment; NULL: itself */
    const struct adc_node **copy;
    size_t copy_count;
    ADC_VEC(uint32_t) taken; /* ids that have one */
};

static inline bool loop_maker_has_copy(const struct loop_maker *maker, const struct adc_node *node)
{
    return node->id < maker->copy_count && maker->copy[node->id];
}

/* What the program says of nodes, with room for those that the graph has by now. */
void loop_maker_make_room(struct loop_maker *maker);

/* A node in the place of `like`, of the same kind of value. */
struct adc_node *loop_maker_twin(struct loop_maker *maker, const struct adc_node *like,
                                 const struct adc_node *const *inputs);

/* Says of a new node where it is computed, and that it is the same for all lanes. */
void loop_maker_place(struct loop_maker *maker, const struct adc_node *node, enum loop_place place);
const struct adc_node *loop_maker_int(struct loop_maker *maker, int64_t number);
/* An operator of ints or conditions, printed where it is used: no other node is this one, which may
 * be a variable elsewhere. */
const struct adc_node *loop_maker_computed(struct loop_maker *maker, enum adc_op op, unsigned count,
                                           const struct adc_node *const *inputs);
const struct adc_node *loop_maker_computed2(struct loop_maker *maker, enum adc_op op,
                                            const struct adc_node *a, const struct adc_node *b);

/* The number 0, of a type. */
const struct adc_node *loop_maker_zero(struct loop_maker *maker, enum adc_type type);

/* A scalar sum over an index, to be declared. Its nest says nothing of values: statements do. */
const struct adc_node *loop_maker_sum(struct loop_maker *maker, enum adc_type type,
                                      const struct adc_node *index);

/* A new statement; and behind all of a block. Without a value: NULL. */
struct loop_statement *loop_maker_statement(struct loop_maker *maker, enum loop_kind kind,
                                            const struct adc_node *node,
                                            const struct adc_node *value);
struct loop_statement *loop_maker_add(struct loop_maker *maker, struct loop_block *block,
                                      enum loop_kind kind, const struct adc_node *node,
                                      const struct adc_node *value);

/* From now on the one stands for the other. */
void loop_maker_take(struct loop_maker *maker, const struct adc_node *node,
                     const struct adc_node *copy);

/* What stands for the inputs of a node, all but the array of a READ; whether any is another one. */
bool loop_maker_inputs(struct loop_maker *maker, const struct adc_node *node,
                       const struct adc_node **inputs);

/* What stands for the node: a copy of it if it is printed inside its user and has other inputs. */
const struct adc_node *loop_maker_replaced(struct loop_maker *maker, const struct adc_node *node);

/* A value's operator of what stands for its inputs, which stands for the value from now on. */
const struct adc_node *loop_maker_defined(struct loop_maker *maker, const struct adc_node *node);

/* The nest with what stands for its targets; what it says of values stays that of the original. Of
 * a scalar, what stands for it. */
const struct adc_node *loop_maker_nest(struct loop_maker *maker, const struct adc_node *nest);

/* A value, or what is taken into a nest, again behind all of a block: of what stands for its
 * inputs, or what stands for the value itself. */
void loop_maker_copy(struct loop_maker *maker, struct loop_block *block,
                     const struct loop_statement *statement);

/* From now on nothing stands for another node. */
void loop_maker_forget(struct loop_maker *maker);

#endif
