/* The passes, in the order runtime/compile.c calls them. Each takes graphs and gives new nodes or a
 * new
 * function; none changes a node. All are linear or near-linear in the number of nodes and recurse
 * over
 * nothing. `scratch` is for side tables that die with the pass. */
#ifndef ADC_PASSES_PASSES_H
#define ADC_PASSES_PASSES_H

#include "ir/function.h"
#include "ir/loop.h"
#include "passes/switches.h"

/* A node with what is known about it: the cotangent of an output, the tangent of a variable. */
struct pass_seed {
    const struct adc_node *node;
    const struct adc_node *value;
};

/* activity.c: which nodes with ids in [low, high] carry a derivative: computed from one of `wrt`
 * through
 * real values (not through the condition of an `if`, not through `stop`) and needed by one of
 * `outputs`. active[id - low] is set to 1. */
struct pass_range {
    uint32_t low, high;
};
struct pass_seeds {
    const struct pass_seed *data;
    size_t count;
};
struct pass_range pass_activity(const struct adc_graph *graph, struct pass_seeds outputs,
                                struct pass_seeds wrt, struct adc_arena *scratch, uint8_t **active);

/* Cotangents of `wrt` for the given outputs, appended to the graph.
 *
 * outputs[i].value  cotangent of outputs[i].node, of its type
 * wrt[i].value      result: of the type of wrt[i].node; NULL = structurally zero
 * cost     at most 4 flops per primal flop; O(nodes) time
 * errors   none: derivative nodes must have been expanded (an invariant)
 * law      <seed, J v> = <bar, v>      (tests/laws_test.c)
 * source   Griewank & Walther, Evaluating Derivatives, 2008, ch. 3; adjoints as (guard, value) */
void pass_reverse(struct adc_graph *graph, const struct pass_seed *outputs, size_t output_count,
                  struct pass_seed *wrt, size_t wrt_count, struct adc_arena *scratch);

/* Tangents of `outputs` when wrt[i].node moves along wrt[i].value, appended to the graph.
 * outputs[i].value  result: NULL = structurally zero */
void pass_forward(struct adc_graph *graph, const struct pass_seed *wrt, size_t wrt_count,
                  struct pass_seed *outputs, size_t output_count, struct adc_arena *scratch);

/* through.c: derivatives through earlier passes of loops as such of one pass, of loops that carry
 * derivatives. The function itself if it has none; NULL after a diagnostic (E37). map (by id of
 * `function`, or NULL) gets the new nodes. */
const struct adc_function *pass_through(struct adc_arena *arena,
                                        const struct adc_function *function,
                                        struct adc_arena *scratch, struct adc_diags *diags,
                                        const struct adc_node **map);

/* The function again with GRAD, JVP and VJP nodes replaced by what they stand for, innermost first.
 * map (by id
 * of `function`) gives the new nodes. */
struct adc_function *pass_expand(struct adc_arena *arena, const struct adc_function *function,
                                 struct adc_arena *scratch, const struct adc_node ***map);

enum pass_simplify_stage {
    PASS_BEFORE_DERIVATIVES, /* keeps marks, stops and powers */
    PASS_AFTER_DERIVATIVES,  /* drops marks and stops, turns constant powers into products */
};
struct adc_function *pass_simplify(struct adc_arena *arena, const struct adc_function *function,
                                   enum pass_simplify_stage stage, struct adc_arena *scratch);

/* checkpoint.c: loops that are to be kept by segments (@checkpoint) are cut into these. The
 * function itself if there are none, or if `product` needs no reverse mode. Comes first. Not 0,
 * `budget` holds for each loop that stands in no other and says nothing: bytes. */
const struct adc_function *pass_checkpoint(struct adc_arena *arena,
                                           const struct adc_function *function,
                                           enum adc_product product, uint64_t budget,
                                           struct adc_arena *scratch);

/* loops.c: loops that are one are made one, components that nobody asks for are dropped. The
 * function itself if it has no loops. */
struct adc_function *pass_loops(struct adc_arena *arena, struct adc_function *function,
                                struct adc_arena *scratch);

/* lazy.c: sums of what loops carry that arms alone ask for are made in these arms. */
struct adc_function *pass_lazy(struct adc_arena *arena, struct adc_function *function,
                               struct adc_arena *scratch);

/* asked.c: costly elements that nobody asks for are not computed. The function itself if there are
 * none. */
struct adc_function *pass_asked(struct adc_arena *arena, struct adc_function *function,
                                struct adc_arena *scratch);

/* idle.c: passes at an end of a range that change nothing are left out. The function itself if
 * are none. */
struct adc_function *pass_idle(struct adc_arena *arena, struct adc_function *function,
                               struct adc_arena *scratch);

/* distribute.c: factors that a summed index does not change leave its sum. The function itself if
 * there is nothing to move. */
struct adc_function *pass_distribute(struct adc_arena *arena, struct adc_function *function,
                                     struct adc_arena *scratch);

/* roots.c: constant powers of halves are products with roots. The function itself if it has none.
 * The exponent of such a power, or of the power that a slope is a multiple of; else 0. Whether a
 * value is by its operators neither below 0 nor -0. */
struct adc_function *pass_roots(struct adc_arena *arena, struct adc_function *function,
                                struct adc_arena *scratch);
double roots_exponent(const struct adc_node *node);
bool roots_is_positive(const struct adc_node *node);

/* quotients.c: quotients by one divisor, and by what changes with fewer indices, are products with
 * its reciprocal, where no result or comparison sees the rounding but through a sum. The function
 * itself if there are none. */
struct adc_function *pass_quotients(struct adc_arena *arena, struct adc_function *function,
                                    struct adc_arena *scratch);

/* scales.c: constant factors of products in nests are one, where fewest loops change it. */
struct adc_function *pass_scales(struct adc_arena *arena, struct adc_function *function,
                                 struct adc_arena *scratch);

/* axes.c: small arrays of constant size become scalars, what is summed over their axes expressions.
 * The function itself if there are none. */
struct pass_axes_options {
    bool strict; /* sums in the order of the program */
    bool marks;  /* derivatives that the program asks for are still to be made */
    bool last;   /* no more derivatives are made: max and min too */
};
struct adc_function *pass_axes(struct adc_arena *arena, struct adc_function *function,
                               const struct pass_axes_options *options, struct adc_arena *scratch);

/* totals.c: totals that loops carry are sums over what these record. The function itself if there
 * are none. */
struct adc_function *pass_totals(struct adc_arena *arena, struct adc_function *function,
                                 struct adc_arena *scratch);

/* merge.c: sums into one array over the same points as one nest. The function itself if no arrays
 * are added. */
struct adc_function *pass_merge(struct adc_arena *arena, struct adc_function *function,
                                struct adc_arena *scratch);

/* gather.c: sums into neighbouring elements, element by element. The function itself if there are
 * none that are worth it. */
struct adc_function *pass_gather(struct adc_arena *arena, struct adc_function *function,
                                 struct adc_arena *scratch);

/* maps.c: sums with one point for each element store it. The function itself if there are none. */
struct adc_function *pass_maps(struct adc_arena *arena, struct adc_function *function,
                               struct adc_arena *scratch);

/* products.c: products of matrices in loops with state run along rows. The function itself if there
 * are none. */
struct adc_function *pass_products(struct adc_arena *arena, struct adc_function *function,
                                   struct adc_arena *scratch);

/* sift.c: sums whose terms a filter of data picks are made element by element. The function itself
 * if there are none. */
struct adc_function *pass_sift(struct adc_arena *arena, struct adc_function *function,
                               struct adc_arena *scratch);

struct pass_derive_options {
    const char *const *wrt; /* names that count as var; NULL: as declared */
    size_t wrt_count;
    /* the result that grad, hvp and hessian differentiate; NULL: the function's own choice, else
     * the only real one */
    const char *of;
    struct adc_names *names;
    struct adc_diags *diags;
};

/* A product of an expanded function. NULL after a diagnostic (E49). */
struct adc_function *pass_derive(struct adc_arena *arena, const struct adc_function *function,
                                 enum adc_product product,
                                 const struct pass_derive_options *options,
                                 struct adc_arena *scratch);

/* For trace and graph: a copy of an expanded function whose further results are the derivatives of
 * its only real
 * result (or `of`) with respect to nodes[i].node. On return nodes[i] holds the copy of the node and
 * its
 * adjoint, NULL where there is none (always, if no single real result is to be had). */
struct adc_function *pass_adjoints(struct adc_arena *arena, const struct adc_function *function,
                                   const struct pass_derive_options *options,
                                   struct adc_arena *scratch, struct pass_seed *nodes,
                                   size_t count);

/* The function with its nests in the shape that the schedule needs (arrange.h); a function without
 * arrays as it is. `cautious`: an array that anything else reads is copied before it changes. NULL
 * if the length of an axis is not known before the run: that at *unsized. */
struct pass_arrange_options {
    bool cautious;
    pass_set without;
};
const struct adc_function *pass_arrange(struct adc_arena *arena,
                                        const struct adc_function *function,
                                        const struct pass_arrange_options *options,
                                        struct adc_arena *scratch, struct adc_span *unsized);

/* entry.c: the function, on its graph, with entry_count set and its checks at entry apart. */
const struct adc_function *pass_entry(struct adc_arena *arena, const struct adc_function *function,
                                      struct adc_arena *scratch);

/* By id, what these checks need. */
uint8_t *pass_entry_nodes(const struct adc_function *function, struct adc_arena *scratch);

/* The loop program of a simplified function; one that is `unsized` (ir/loop.h) if an array has a
 * length that is not made of sizes and scalar parameters. */
struct loop_program *pass_schedule(struct adc_arena *arena, const struct adc_function *function,
                                   pass_set without, struct adc_arena *scratch);

/* zeros.c: arms that give variables the zero they begin with go. */
void pass_zeros(struct loop_program *program, struct adc_arena *scratch);

/* hold.c: what loops add to elements that are the same in all passes, they add to variables. */
void pass_hold(struct adc_arena *arena, struct loop_program *program);

/* unswitch.c: conditions leave the loops that do not change them. */
void pass_unswitch(struct adc_arena *arena, struct loop_program *program);

/* join.c: innermost loops over the same elements become one, and what they hand on to each other
 * goes by variables. */
void pass_join(struct adc_arena *arena, struct loop_program *program);

/* alike.c: finds what is to be computed in the same way wherever it is computed, as it is compared
 * with the minimum or maximum of what was computed before. */
void pass_alike(struct adc_arena *arena, struct loop_program *program, struct adc_arena *scratch);

/* lanes.c: marks the loops of a program that run in lanes (ir/loop.h). */
struct pass_lanes_options {
    bool strict;    /* no loop in which the order of a sum would change */
    unsigned width; /* most doubles in a vector; 0: as many as the target has */
    bool fma;       /* functions are with fused multiply-adds */
};
void pass_lanes(struct adc_arena *arena, struct loop_program *program,
                const struct pass_lanes_options *options, struct adc_arena *scratch);

/* tiles.c: cuts loops inside of loops in lanes for the caches, and turns them along rows. */
void pass_tiles(struct adc_arena *arena, struct loop_program *program);

/* wait.c: sums over lanes that wait until the loop ends. */
void pass_wait(struct adc_arena *arena, struct loop_program *program);

/* jam.c: makes ready for registers what stands inside of loops in lanes. */
void pass_jam(struct adc_arena *arena, struct loop_program *program);

/* edges.c: conditions on the ends of a range leave its middle. */
void pass_edges(struct adc_arena *arena, struct loop_program *program);

/* strong.c: strong products by what a loop in lanes does not change are plain ones in it. */
void pass_strong(struct adc_arena *arena, struct loop_program *program);

/* fresh.c: loops in lanes up to what the loop around them just stored end before that. */
void pass_fresh(struct adc_arena *arena, struct loop_program *program);

/* ahead.c: in lanes, costly values that wait for few others come before those that wait for
 * more. */
void pass_ahead(struct loop_program *program, struct adc_arena *scratch);

/* lodge.c: arrays of the caller whose rows loops in lanes meet again and again lie in the workspace
 * meanwhile. */
void pass_lodge(struct adc_arena *arena, struct loop_program *program);

/* rows.c: arrays of the workspace that lanes store neighbours in, and their rows, begin at
 * multiples of a vector. Whether rows of that length may be longer. */
void pass_rows(struct adc_arena *arena, struct loop_program *program);
bool rows_may_be_longer(const struct adc_node *length);

/* relay.c: what a pass of a loop hands on to the next by an element goes by a variable. */
void pass_relay(struct adc_arena *arena, struct loop_program *program);

/* threads.c: cuts loops whose passes may be made in chunks at once into parts of their own. */
struct pass_threads_options {
    unsigned most; /* chunks, from 1 on */
    bool strict;   /* no loop in which the order of a sum would change */
};
void pass_threads(struct adc_arena *arena, struct loop_program *program,
                  const struct pass_threads_options *options, struct adc_arena *scratch);

/* rebuild.c: a copy of a function's head (everything but graph, results and checks) with an empty
 * graph, and the
 * results and checks of `from` through `map`. Shared by the passes above. */
struct adc_function *pass_new_like(struct adc_arena *arena, const struct adc_function *from);
void pass_map_roots(struct adc_function *to, const struct adc_function *from,
                    const struct adc_node *const *map);

/* a + b, as a difference where one of them is negated. */
const struct adc_node *pass_sum(struct adc_graph *graph, const struct adc_node *a,
                                const struct adc_node *b);

#endif
