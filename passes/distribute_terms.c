/* Terms of a sum that are sums themselves: one sum over the points of both, if a factor of the
 * inner one can leave that.
 *
 *     y[d] += sum(n: -(sum(r: v[r, d]*t[n, r]) + u[n, d]))
 *         y[d] += sum(n, r: -(v[r, d]*t[n, r]))          sum(r: v[r, d]*u(r)), u(r) = sum(n: ..)
 *         y[d] += sum(n: -u[n, d])
 *
 * So are the adjoints of what several rows of a matrix are multiplied by, as the centres of a
 * mixture. A sum that anything else asks for stays where it is: it has to be made anyway.
 *
 * cost     linear in the sums, products and signs that a value is made of, of which no more than a
 *          few are looked through */
#include "passes/distribute.h"
#include "passes/point.h"
#include "passes/split.h"

typedef const struct adc_node *node_t;

enum { MOST_NODES = 32 };

/* A node of the value that only the one above it asks for. */
struct step {
    node_t node;   /* of the old graph */
    int above;     /* place of that one; -1: the sum */
    unsigned side; /* the input of that one */
    node_t next;   /* of the new graph; NULL: nothing is left of it */
    bool changed;
};

struct search {
    struct distribution *d;
    node_t sum; /* of the old graph */
    struct step steps[MOST_NODES];
    int count;
};

static bool is_sum(node_t node)
{
    return node->op == ADC_OP_NEST && node->number == ADC_REDUCE_SUM && !node->rank &&
           adc_nest_parts(node).index_count;
}

static bool is_linear(node_t node)
{
    return node->op == ADC_OP_ADD || node->op == ADC_OP_SUB || node->op == ADC_OP_NEG ||
           node->op == ADC_OP_MUL;
}

/* Goes on below the step at `place`; below a product on one side. */
static void look_below(struct search *s, int place)
{
    node_t node = s->steps[place].node;
    bool product = node->op == ADC_OP_MUL;
    for (unsigned i = 0; i < node->count; i++) {
        node_t in = node->in[i];
        if (!is_sum(in) && !is_linear(in)) continue;
        if (s->count == MOST_NODES || s->d->updates->uses[in->id] != 1) continue;
        s->steps[s->count++] = (struct step){.node = in, .above = place, .side = i};
        if (product) return;
    }
}

static void find_steps(struct search *s)
{
    node_t value = s->sum->in[0];
    if (!is_sum(value) && !is_linear(value)) return;
    if (s->d->updates->uses[value->id] != 1) return;
    s->steps[s->count++] = (struct step){.node = value, .above = -1};
    for (int place = 0; place < s->count; place++)
        if (is_linear(s->steps[place].node)) look_below(s, place);
}

/* The term of the inner sum, with what is done to that sum on the way to the outer one. */
static node_t term_of(const struct search *s, const struct step *step)
{
    struct adc_graph *graph = s->d->graph;
    node_t term = s->d->map[step->node->in[0]->id];
    for (; step->above >= 0; step = &s->steps[step->above]) {
        node_t above = s->steps[step->above].node;
        bool negative = above->op == ADC_OP_NEG || (above->op == ADC_OP_SUB && step->side);
        if (negative) term = adc_apply1(graph, ADC_OP_NEG, term);
        if (above->op == ADC_OP_MUL)
            term = split_product(graph, term, s->d->map[above->in[!step->side]->id]);
    }
    return term;
}

/* Both over the points of both; NULL: they cannot be, as one binds what the other does. */
static node_t over_both(struct search *s, const struct step *step)
{
    struct distribution *d = s->d;
    struct adc_nest outer = adc_nest_parts(s->sum), inner = adc_nest_parts(step->node);
    node_t index[ADC_MAX_NEST], target[ADC_MAX_RANK], shape[ADC_MAX_RANK];
    if (outer.index_count + inner.index_count > ADC_MAX_NEST) return NULL;
    unsigned count = 0;
    for (unsigned i = 0; i < outer.index_count; i++) index[count++] = outer.index[i];
    for (unsigned i = 0; i < inner.index_count; i++) {
        bool known = adc_indices_has(s->sum->in[0]->free, inner.index[i]);
        for (unsigned j = 0; j < outer.rank; j++)
            known |= adc_indices_has(outer.target[j]->free, inner.index[i]);
        for (unsigned j = 0; j < outer.index_count; j++) known |= inner.index[i] == outer.index[j];
        if (known) return NULL;
        index[count++] = inner.index[i];
    }
    for (unsigned i = 0; i < count; i++) index[i] = d->map[index[i]->id];
    for (unsigned i = 0; i < outer.rank; i++) {
        target[i] = d->map[outer.target[i]->id];
        shape[i] = d->map[outer.shape[i]->id];
    }
    outer.value = term_of(s, step);
    outer.guard = point_both(d->graph, d->map[outer.guard->id], d->map[inner.guard->id]);
    outer.index = index;
    outer.index_count = count;
    outer.target = target;
    outer.shape = shape;
    return adc_nest(d->graph, &outer);
}

/* Takes what can be taken, from below, and finds what is left of each step. */
static void take(struct search *s, struct distribute_terms *terms)
{
    for (int place = s->count; place-- > 0;) {
        struct step *step = &s->steps[place];
        node_t both = is_sum(step->node) ? over_both(s, step) : NULL;
        step->next = s->d->map[step->node->id];
        if (!both || both->op != ADC_OP_NEST || !distribute_drops(s->d, both)) continue;
        ADC_PUSH(s->d->scratch, terms->apart, both);
        step->next = NULL;
        step->changed = true;
    }
}

/* `node` with what its inputs have become, of which one may be gone. */
static node_t with_inputs(struct adc_graph *graph, node_t node, node_t const *in)
{
    enum adc_op op = (enum adc_op)node->op;
    if (op == ADC_OP_NEG) return in[0] ? adc_apply1(graph, op, in[0]) : NULL;
    if (in[0] && in[1]) return adc_apply2(graph, op, in[0], in[1]);
    if (op == ADC_OP_MUL) return NULL;
    if (op == ADC_OP_SUB && in[1]) return adc_apply1(graph, ADC_OP_NEG, in[1]);
    return in[0] ? in[0] : in[1];
}

static node_t rest_of(struct search *s)
{
    for (int place = s->count; place-- > 0;) {
        struct step *step = &s->steps[place];
        node_t in[2] = {NULL, NULL};
        if (!is_linear(step->node)) continue;
        for (unsigned i = 0; i < step->node->count; i++) in[i] = s->d->map[step->node->in[i]->id];
        for (int below = place + 1; below < s->count; below++) {
            if (s->steps[below].above != place || !s->steps[below].changed) continue;
            in[s->steps[below].side] = s->steps[below].next;
            step->changed = true;
        }
        if (step->changed) step->next = with_inputs(s->d->graph, step->node, in);
    }
    return s->steps[0].next;
}

/* A map has nothing to sum over further in. */
static bool sums_up(node_t node)
{
    struct adc_nest nest = adc_nest_parts(node);
    bool sums = false;
    for (unsigned i = 0; i < nest.index_count && !sums; i++) {
        sums = true;
        for (unsigned j = 0; j < nest.rank; j++)
            sums = sums && !adc_indices_has(nest.target[j]->free, nest.index[i]);
    }
    return sums;
}

bool distribute_find_terms(struct distribution *d, node_t node, struct distribute_terms *terms)
{
    struct search s = {.d = d, .sum = node};
    node_t in[ADC_MAX_INPUTS];
    if (node->op != ADC_OP_NEST || node->number != ADC_REDUCE_SUM) return false;
    if (!adc_type_is_real((enum adc_type)node->type) || adc_has_no_points(node)) return false;
    if (!sums_up(node)) return false;
    find_steps(&s);
    *terms = (struct distribute_terms){0};
    take(&s, terms);
    if (!terms->apart.count) return false;
    in[0] = rest_of(&s);
    if (!in[0]) return true;
    for (unsigned i = 1; i < node->count; i++) in[i] = d->map[node->in[i]->id];
    terms->rest = adc_copy(d->graph, d->updates->function->graph, node, in);
    return true;
}
