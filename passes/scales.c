/* Constant factors and signs of a product are one factor, of that operand which changes with the
 * fewest loops.
 *
 *     (a(n)*-0.5)*(b(n, r)*2)     (-a(n))*b(n, r)
 *
 * Looked at are products inside of nests, as trees of products, constants and signs that are used
 * once each; what else they are made of is multiplied with those of few indices first, so that a
 * loop has one product for what it changes. Nothing is done where nothing gets less. Roundings
 * differ but for powers of two: `--strict` leaves the pass out. */
#include "passes/passes.h"

#include "ir/nest.h"

#include <math.h>

typedef const struct adc_node *node_t;

enum { MOST_LEAVES = 16 };

struct scaling {
    const struct adc_graph *from;
    struct adc_graph *to;
    node_t *map;    /* by old id */
    uint32_t *uses; /* by old id */
    uint8_t *part;  /* by old id: used once, by a product or sign */
    uint8_t *plan;  /* by old id: enum plan */
};

enum plan { COPY, REBUILD, SKIP };

/* A product that is taken apart. */
struct product {
    node_t leaf[MOST_LEAVES]; /* old nodes */
    unsigned count;
    double scale;
    unsigned scales;          /* constants and signs */
    uint32_t deepest;         /* of these: indices of what they multiply */
    node_t part[MOST_LEAVES]; /* products and signs below the root */
    unsigned part_count;
};

static uint32_t depth(node_t node)
{
    return node->free ? node->free->count : 0;
}

static bool is_scale(node_t node)
{
    return adc_is_const(node) && isnormal(adc_real_number(node));
}

static bool multiplies(node_t node)
{
    return (node->op == ADC_OP_MUL || node->op == ADC_OP_NEG) && node->free;
}

static void note_scale(struct product *product, double by, node_t of)
{
    product->scale *= by;
    product->scales++;
    if (depth(of) > product->deepest) product->deepest = depth(of);
}

/* Whether the tree is small enough. */
static bool take(const struct scaling *s, node_t root, struct product *product)
{
    node_t pending[MOST_LEAVES];
    unsigned count = 0;
    *product = (struct product){.scale = 1};
    pending[count++] = root;
    while (count) {
        node_t node = pending[--count];
        bool open = node == root || s->part[node->id];
        if (open && node != root) {
            if (product->part_count == MOST_LEAVES) return false;
            product->part[product->part_count++] = node;
        }
        if (open && node->op == ADC_OP_NEG) {
            note_scale(product, -1, node->in[0]);
            pending[count++] = node->in[0];
        } else if (open && is_scale(node->in[1])) {
            note_scale(product, adc_real_number(node->in[1]), node->in[0]);
            pending[count++] = node->in[0];
        } else if (open) {
            if (count + 2 > MOST_LEAVES) return false;
            pending[count++] = node->in[1];
            pending[count++] = node->in[0];
        } else {
            if (product->count == MOST_LEAVES) return false;
            product->leaf[product->count++] = node;
        }
    }
    return true;
}

static bool gains(const struct product *product, enum adc_type type)
{
    uint32_t least = UINT32_MAX;
    for (unsigned i = 0; i < product->count; i++)
        if (depth(product->leaf[i]) < least) least = depth(product->leaf[i]);
    bool good = type == ADC_F32 ? isnormal((float)product->scale) : isnormal(product->scale);
    return good && product->count > 1 && product->scales &&
           (product->scales > 1 || product->deepest > least);
}

static node_t scaled(struct scaling *s, node_t node, double scale)
{
    if (scale == 1) return node;
    if (scale == -1) return adc_apply1(s->to, ADC_OP_NEG, node);
    return adc_apply2(s->to, ADC_OP_MUL, node, adc_real(s->to, node->type, scale));
}

/* Few indices first; those of equally many as they stand. */
static void sort(struct product *product)
{
    for (unsigned i = 1; i < product->count; i++) {
        node_t now = product->leaf[i];
        unsigned at = i;
        for (; at && depth(product->leaf[at - 1]) > depth(now); at--)
            product->leaf[at] = product->leaf[at - 1];
        product->leaf[at] = now;
    }
}

static node_t copied(struct scaling *s, node_t node)
{
    node_t in[ADC_MAX_INPUTS];
    for (unsigned i = 0; i < node->count; i++) in[i] = s->map[node->in[i]->id];
    return adc_copy(s->to, s->from, node, in);
}

static node_t rebuilt(struct scaling *s, node_t root)
{
    struct product product;
    take(s, root, &product);
    sort(&product);
    node_t value = scaled(s, s->map[product.leaf[0]->id], product.scale);
    for (unsigned i = 1; i < product.count; i++) {
        node_t leaf = s->map[product.leaf[i]->id];
        bool swap = leaf->id < value->id;
        value = adc_apply2(s->to, ADC_OP_MUL, swap ? leaf : value, swap ? value : leaf);
    }
    return value;
}

/* What is part of a tree that is made again is not made. Whether there is such a tree. */
static bool make_plan(struct scaling *s, const uint8_t *live)
{
    struct product product;
    bool found = false;
    for (size_t id = 0; id < s->from->nodes.count; id++) {
        node_t node = s->from->nodes.data[id];
        if (!live[id] || s->part[id] || !multiplies(node)) continue;
        if (!take(s, node, &product) || !gains(&product, (enum adc_type)node->type)) continue;
        found = true;
        s->plan[id] = REBUILD;
        for (unsigned i = 0; i < product.part_count; i++) s->plan[product.part[i]->id] = SKIP;
    }
    return found;
}

static void count_uses(struct scaling *s, const uint8_t *live)
{
    for (size_t id = 0; id < s->from->nodes.count; id++) {
        node_t node = s->from->nodes.data[id];
        for (unsigned i = 0; live[id] && i < node->count; i++) s->uses[node->in[i]->id]++;
    }
    for (size_t id = 0; id < s->from->nodes.count; id++) {
        node_t node = s->from->nodes.data[id];
        if (!live[id] || !multiplies(node)) continue;
        for (unsigned i = 0; i < node->count; i++)
            s->part[node->in[i]->id] = s->uses[node->in[i]->id] == 1 && multiplies(node->in[i]);
    }
}

struct adc_function *pass_scales(struct adc_arena *arena, struct adc_function *function,
                                 struct adc_arena *scratch)
{
    struct scaling s = {.from = function->graph};
    size_t count = s.from->nodes.count;
    uint8_t *live = ADC_NEW_ARRAY(scratch, uint8_t, count);
    s.uses = ADC_NEW_ARRAY(scratch, uint32_t, count);
    s.part = ADC_NEW_ARRAY(scratch, uint8_t, count);
    s.plan = ADC_NEW_ARRAY(scratch, uint8_t, count);
    adc_function_live(function, live);
    count_uses(&s, live);
    if (!make_plan(&s, live)) return function;
    struct adc_function *to = pass_new_like(arena, function);
    s.to = to->graph;
    s.map = ADC_NEW_ARRAY(scratch, node_t, count);
    for (size_t id = 0; id < count; id++) {
        node_t node = s.from->nodes.data[id];
        if (!live[id] || s.plan[id] == SKIP) continue;
        s.to->span = s.from->spans.data[id];
        s.map[id] = s.plan[id] == REBUILD ? rebuilt(&s, node) : copied(&s, node);
        if (node->op != ADC_OP_PARAM && node->op != ADC_OP_CONST)
            adc_graph_take_notes(s.to, s.map[id], s.from, node);
    }
    pass_map_roots(to, function, s.map);
    return to;
}
