/* What the parts of the pass that moves factors out of sums know of each other. */
#ifndef ADC_PASSES_DISTRIBUTE_H
#define ADC_PASSES_DISTRIBUTE_H

#include "ir/nest.h"
#include "passes/updates.h"
#include "passes/walk.h"

/* Of an INDEX of the new graph. */
struct distribute_place {
    uint32_t rank;
    bool time; /* a LOOP binds it */
};

struct distribution {
    const struct updates *updates; /* of the function as it was */
    struct adc_function *to;
    struct adc_graph *graph;     /* of `to` */
    const struct adc_node **map; /* by old id */
    struct adc_arena *scratch;
    struct walk walk;
    ADC_VEC(struct distribute_place) places; /* by new id */
    bool changed;
};

/* Whether factors leave the sum, a nest of the new graph, so that what stays inside has fewer
 * indices than the sum has. */
bool distribute_drops(struct distribution *d, const struct adc_node *nest);

/* A sum of the old graph in the new one, with some of its terms apart: the sum is that of all. */
struct distribute_terms {
    const struct adc_node *rest; /* NULL: nothing is left */
    struct node_list apart;
};

/* distribute_terms.c: takes terms of the sum that are sums themselves and that factors can leave as
 * sums over the indices of both; false: there are none. */
bool distribute_find_terms(struct distribution *d, const struct adc_node *node,
                           struct distribute_terms *terms);

#endif
