/* Factors of terms, bottom up through what is linear. */
#include "passes/split.h"

#include <math.h>
#include <string.h>

typedef const struct adc_node *node_t;

enum { MOST_NODES = 256, MOST_FACTORS = 32 };

struct splitting {
    struct walk *walk;
    struct adc_graph *graph;
    node_t index;
    const struct adc_indices *wanted;
};

static node_t ordered(struct adc_graph *graph, enum adc_op op, node_t x, node_t y)
{
    bool swap = adc_is_const(x) != adc_is_const(y) ? adc_is_const(x) : x->id > y->id;
    return swap ? adc_apply2(graph, op, y, x) : adc_apply2(graph, op, x, y);
}

node_t split_product(struct adc_graph *graph, node_t x, node_t y)
{
    if (adc_is_real_value(y, 1.0)) return x;
    if (adc_is_real_value(y, -1.0)) return adc_apply1(graph, ADC_OP_NEG, x);
    return ordered(graph, ADC_OP_MUL, x, y);
}

node_t split_apply(struct adc_graph *graph, node_t value, const struct factor *factors,
                   unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const struct factor *factor = &factors[i];
        if (factor->op == ADC_OP_NEG) value = adc_apply1(graph, ADC_OP_NEG, value);
        else if (factor->op == ADC_OP_MUL) value = split_product(graph, value, factor->by);
        else if (factor->left) value = adc_apply2(graph, factor->op, factor->by, value);
        else value = adc_apply2(graph, factor->op, value, factor->by);
    }
    return value;
}

static struct split whole(node_t node)
{
    return (struct split){.inside = node};
}

/* Whether the value at hand is one of the node's terms or factors. */
static bool is_looked_through(node_t node)
{
    switch (node->op) {
    case ADC_OP_MUL:
    case ADC_OP_DIV:
    case ADC_OP_NEG:
    case ADC_OP_ADD:
    case ADC_OP_SUB:
    case ADC_OP_MUL_STRONG:
    case ADC_OP_DIV_POS: return true;
    default: return false; /* all others are what they are */
    }
}

static bool depends(const struct splitting *s, node_t node)
{
    return adc_indices_has(node->free, s->index);
}

/* What has been found of an input, or the input whole. */
static struct split of(const struct splitting *s, node_t node)
{
    if (walk_place(s->walk, node) == WALK_NOWHERE) return whole(node);
    const struct split *found = s->walk->note[node->id];
    return found ? *found : whole(node);
}

static struct split append(const struct splitting *s, struct split split, const struct factor *more,
                           unsigned count)
{
    struct factor *all = ADC_NEW_ARRAY(s->walk->scratch, struct factor, split.count + count);
    if (split.count) memcpy(all, split.factors, split.count * sizeof *all);
    if (count) memcpy(all + split.count, more, count * sizeof *all);
    split.factors = all;
    split.count += count;
    return split;
}

static bool is_wanted(const struct splitting *s, const struct factor *factor)
{
    if (!factor->by || adc_is_const(factor->by)) return false;
    const struct adc_indices *free = factor->by->free;
    bool found = !s->wanted;
    for (uint32_t i = 0; free && i < free->count && !found; i++)
        found = adc_indices_has(s->wanted, free->index[i]);
    return found;
}

/* `node` is one of its inputs, split so, with one thing done to it. */
static struct split then(const struct splitting *s, node_t node, struct split split,
                         struct factor factor)
{
    if (!split.count && !is_wanted(s, &factor)) return whole(node);
    if (split.count == MOST_FACTORS) return whole(node);
    split.strong = split.strong || factor.op == ADC_OP_MUL_STRONG || factor.op == ADC_OP_DIV_POS;
    return append(s, split, &factor, 1);
}

/* A product or quotient both sides of which change. What is left of a strong product must not meet
 * the other side before it does: 0*inf. */
static struct split of_both(const struct splitting *s, node_t node)
{
    struct split a = of(s, node->in[0]), b = of(s, node->in[1]);
    bool quotient = node->op == ADC_OP_DIV;
    if (a.strong) a = whole(node->in[0]);
    if (b.strong || quotient) b = whole(node->in[1]);
    if (a.count + b.count == 0 || a.count + b.count > MOST_FACTORS) return whole(node);
    struct split split = append(s, a, b.factors, b.count);
    split.inside = quotient ? adc_apply2(s->graph, ADC_OP_DIV, a.inside, b.inside)
                            : split_product(s->graph, a.inside, b.inside);
    return split;
}

static bool same(const struct factor *a, const struct factor *b)
{
    return a->op == b->op && a->by == b->by && a->left == b->left;
}

/* Takes the factors that both have out of both lists, in the order of the first. */
static unsigned take_common(struct factor *a, unsigned *a_count, struct factor *b,
                            unsigned *b_count, struct factor *common)
{
    unsigned count = 0, left = 0;
    for (unsigned i = 0; i < *a_count; i++) {
        unsigned j = 0;
        while (j < *b_count && !(a[i].by && same(&a[i], &b[j]))) j++;
        if (j == *b_count) {
            a[left++] = a[i];
            continue;
        }
        common[count++] = a[i];
        memmove(b + j, b + j + 1, (--*b_count - j) * sizeof *b);
    }
    *a_count = left;
    return count;
}

static bool any_wanted(const struct splitting *s, const struct factor *factors, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (is_wanted(s, &factors[i])) return true;
    return false;
}

/* a*f + b*f = (a + b)*f. Strong products only if they are all there is: their order counts. */
static struct split of_terms(const struct splitting *s, node_t node)
{
    struct split a = of(s, node->in[0]), b = of(s, node->in[1]), split;
    struct factor left[MOST_FACTORS], right[MOST_FACTORS], common[MOST_FACTORS];
    unsigned left_count = a.count, right_count = b.count;
    if (!depends(s, node->in[0]) || !depends(s, node->in[1]) || !a.count || !b.count)
        return whole(node);
    memcpy(left, a.factors, a.count * sizeof *left);
    memcpy(right, b.factors, b.count * sizeof *right);
    unsigned count = take_common(left, &left_count, right, &right_count, common);
    if (!any_wanted(s, common, count)) return whole(node);
    if ((a.strong || b.strong) && left_count + right_count) return whole(node);
    split.inside = adc_apply2(s->graph, (enum adc_op)node->op,
                              split_apply(s->graph, a.inside, left, left_count),
                              split_apply(s->graph, b.inside, right, right_count));
    split.count = 0;
    split.strong = a.strong;
    return append(s, split, common, count);
}

static struct split of_node(const struct splitting *s, node_t node)
{
    enum adc_op op = (enum adc_op)node->op;
    if (!is_looked_through(node)) return whole(node);
    if (op == ADC_OP_NEG)
        return then(s, node, of(s, node->in[0]), (struct factor){op, NULL, false});
    if (op == ADC_OP_ADD || op == ADC_OP_SUB) return of_terms(s, node);
    bool first = depends(s, node->in[0]), second = depends(s, node->in[1]);
    if (first && second)
        return op == ADC_OP_MUL || op == ADC_OP_DIV ? of_both(s, node) : whole(node);
    if (first) return then(s, node, of(s, node->in[0]), (struct factor){op, node->in[1], false});
    if (op == ADC_OP_DIV || op == ADC_OP_DIV_POS) return whole(node); /* not linear in a divisor */
    bool strong = op == ADC_OP_MUL_STRONG;
    return then(s, node, of(s, node->in[1]), (struct factor){op, node->in[0], strong});
}

struct split split_value(struct walk *walk, struct adc_graph *graph, node_t value, node_t index,
                         const struct adc_indices *wanted)
{
    struct splitting s = {walk, graph, index, wanted};
    struct split split;
    size_t open = 0;
    node_t node;
    walk_add(walk, value);
    while ((node = walk_next(walk))) {
        if (!is_looked_through(node) || ++open > MOST_NODES) continue;
        for (unsigned i = 0; i < node->count; i++)
            if (depends(&s, node->in[i])) walk_add(walk, node->in[i]);
    }
    for (size_t i = walk->order.count; i-- > 0;) {
        struct split *found = ADC_NEW(walk->scratch, struct split);
        *found = of_node(&s, walk->order.data[i]);
        walk->note[walk->order.data[i]->id] = found;
    }
    split = of(&s, value);
    walk_end(walk);
    return split;
}

static bool is_positive(node_t node)
{
    if (!adc_is_const(node)) return false;
    double value = adc_real_number(node);
    return value > 0 && isfinite(value);
}

struct split split_constants(struct walk *walk, node_t value)
{
    struct factor found[MOST_FACTORS];
    struct split split = whole(value);
    for (; split.count < MOST_FACTORS; split.count++) {
        node_t node = split.inside;
        bool scales = node->op == ADC_OP_MUL || node->op == ADC_OP_DIV;
        if (!scales || !is_positive(node->in[1])) break;
        found[split.count] = (struct factor){(enum adc_op)node->op, node->in[1], false};
        split.inside = node->in[0];
    }
    struct factor *factors = ADC_NEW_ARRAY(walk->scratch, struct factor, split.count);
    for (unsigned i = 0; i < split.count; i++) factors[i] = found[split.count - 1 - i];
    split.factors = factors;
    return split;
}
