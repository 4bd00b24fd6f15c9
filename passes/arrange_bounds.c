/* Reads and targets inside their arrays: proved where index expressions are affine with known
 * ranges, guarded by a
 * condition elsewhere (a read outside gives 0, a target outside is left out, as in the
 * interpreter).
 *
 * Proof of e >= 0: e is a sum of int multiples of atoms; indices are replaced by the ends of their
 * ranges, the
 * innermost first, until only sizes are left, which are never negative. */
#include "passes/arrange.h"

enum { MAX_TERMS = 12, MAX_STEPS = 64 };

struct affine {
    const struct adc_node *atom[MAX_TERMS];
    int64_t factor[MAX_TERMS];
    unsigned count;
    int64_t constant;
    bool good; /* false: too many terms, or not affine */
};

static void add_term(struct affine *sum, const struct adc_node *atom, int64_t factor)
{
    for (unsigned i = 0; i < sum->count; i++)
        if (sum->atom[i] == atom) {
            sum->factor[i] += factor;
            return;
        }
    if (sum->count == MAX_TERMS) {
        sum->good = false;
        return;
    }
    sum->atom[sum->count] = atom;
    sum->factor[sum->count++] = factor;
}

struct pending {
    const struct adc_node *node;
    int64_t factor;
};

static bool constant_factor(const struct adc_node *node, const struct adc_node **rest,
                            int64_t *factor)
{
    for (unsigned i = 0; i < 2; i++) {
        if (!adc_is_const(node->in[i])) continue;
        *rest = node->in[1 - i];
        *factor = node->in[i]->value.integer;
        return *factor > INT32_MIN && *factor < INT32_MAX;
    }
    return false;
}

/* Adds factor * node. */
static void add_node(struct affine *sum, const struct adc_node *node, int64_t factor)
{
    struct pending stack[MAX_STEPS];
    unsigned count = 0, steps = 0;
    stack[count++] = (struct pending){node, factor};
    while (count && sum->good) {
        struct pending now = stack[--count];
        const struct adc_node *rest;
        int64_t c;
        if (++steps > MAX_STEPS || count + 2 > MAX_STEPS) sum->good = false;
        else if (adc_is_const(now.node)) sum->constant += now.factor * now.node->value.integer;
        else if (now.node->op == ADC_OP_IADD || now.node->op == ADC_OP_ISUB) {
            int64_t sign = now.node->op == ADC_OP_IADD ? 1 : -1;
            stack[count++] = (struct pending){now.node->in[0], now.factor};
            stack[count++] = (struct pending){now.node->in[1], sign * now.factor};
        } else if (now.node->op == ADC_OP_INEG) {
            stack[count++] = (struct pending){now.node->in[0], -now.factor};
        } else if (now.node->op == ADC_OP_IMUL && constant_factor(now.node, &rest, &c)) {
            stack[count++] = (struct pending){rest, c * now.factor};
        } else {
            add_term(sum, now.node, now.factor);
        }
        if (now.factor > INT32_MAX || now.factor < INT32_MIN) sum->good = false;
    }
}

/* The term of the innermost index, or -1. */
static int innermost(struct arrange *arrange, const struct affine *sum)
{
    int found = -1;
    for (unsigned i = 0; i < sum->count; i++) {
        if (sum->atom[i]->op != ADC_OP_INDEX || !sum->factor[i]) continue;
        if (found < 0 ||
            arrange_rank(arrange, sum->atom[i]) > arrange_rank(arrange, sum->atom[found]))
            found = (int)i;
    }
    return found;
}

/* Remainders by a constant are between 0 and that. */
static void bound_remainders(struct affine *sum)
{
    for (unsigned i = 0; i < sum->count; i++) {
        const struct adc_node *atom = sum->atom[i];
        if (atom->op != ADC_OP_IMOD || !adc_is_const(atom->in[1])) continue;
        int64_t divisor = atom->in[1]->value.integer;
        if (divisor < 1 || divisor > INT32_MAX) continue;
        if (sum->factor[i] < 0) sum->constant += sum->factor[i] * (divisor - 1);
        sum->factor[i] = 0;
    }
}

static bool never_negative(struct arrange *arrange, struct affine sum)
{
    int at;
    bound_remainders(&sum);
    for (unsigned steps = 0; sum.good && (at = innermost(arrange, &sum)) >= 0; steps++) {
        const struct adc_node *index = sum.atom[at];
        int64_t factor = sum.factor[at];
        if (steps > MAX_STEPS) return false;
        sum.factor[at] = 0;
        add_node(&sum, index->in[factor > 0 ? 0 : 1], factor);
        if (factor < 0) sum.constant -= factor; /* the last value is high - 1 */
    }
    if (!sum.good || sum.constant < 0) return false;
    for (unsigned i = 0; i < sum.count; i++) {
        const struct adc_node *atom = sum.atom[i];
        if (!sum.factor[i]) continue;
        bool size = atom->op == ADC_OP_PARAM && atom->type == ADC_INT &&
                    arrange->to->params.data[atom->number].kind == ADC_DIM;
        if (!size || sum.factor[i] < 0) return false;
    }
    return true;
}

/* True where 0 <= element < length is not proved; NULL if it is. */
static const struct adc_node *doubt(struct arrange *arrange, const struct adc_node *element,
                                    const struct adc_node *length)
{
    struct adc_graph *graph = arrange->to->graph;
    struct affine low = {.good = true}, high = {.good = true, .constant = -1};
    add_node(&low, element, 1);
    add_node(&high, length, 1);
    add_node(&high, element, -1);
    const struct adc_node *above = NULL, *below = NULL;
    if (!never_negative(arrange, low))
        above = adc_apply2(graph, ADC_OP_IGE, element, adc_int(graph, 0));
    if (!never_negative(arrange, high)) below = adc_apply2(graph, ADC_OP_ILT, element, length);
    if (!above || !below) return above ? above : below;
    return adc_apply2(graph, ADC_OP_AND, above, below);
}

static const struct adc_node *inside(struct arrange *arrange, const struct adc_node *const *element,
                                     const struct adc_node *const *length, unsigned rank)
{
    const struct adc_node *all = NULL;
    for (unsigned i = 0; i < rank; i++) {
        const struct adc_node *one = doubt(arrange, element[i], length[i]);
        if (one && all) all = adc_apply2(arrange->to->graph, ADC_OP_AND, all, one);
        else if (one) all = one;
    }
    return all;
}

/* The sign with which an index enters an int expression; 0 if it is not affine. */
static int sign_of(const struct adc_node *node, const struct adc_node *index)
{
    struct affine sum = {.good = true};
    int64_t factor = 0;
    add_node(&sum, node, 1);
    for (unsigned i = 0; i < sum.count; i++) {
        if (sum.atom[i] == index) factor += sum.factor[i];
        else if (adc_indices_has(sum.atom[i]->free, index) && sum.factor[i] &&
                 sum.atom[i]->op != ADC_OP_INDEX)
            return 0;
    }
    if (!sum.good) return 0;
    return factor > 0 ? 1 : factor < 0 ? -1 : 0;
}

const struct adc_node *arrange_extreme(struct arrange *arrange, const struct adc_node *node,
                                       bool largest)
{
    struct adc_graph *graph = arrange->to->graph;
    while (node->free) {
        const struct adc_node *inner = node->free->index[0];
        for (uint32_t i = 1; i < node->free->count; i++)
            if (arrange_rank(arrange, node->free->index[i]) > arrange_rank(arrange, inner))
                inner = node->free->index[i];
        int sign = sign_of(node, inner);
        bool high = sign ? (sign > 0) == largest : largest;
        const struct adc_node *end =
            high ? adc_apply2(graph, ADC_OP_ISUB, inner->in[1], adc_int(graph, 1)) : inner->in[0];
        node = adc_rename(graph, node, inner, end, arrange->scratch);
    }
    return node;
}

bool arrange_has_extremes(const struct adc_node *node)
{
    const struct adc_node *stack[MAX_STEPS];
    unsigned count = 0, steps = 0;
    stack[count++] = node;
    while (count) {
        node = stack[--count];
        if (!node->free) continue;
        if (node->op != ADC_OP_INDEX && node->op < ADC_OP_FIRST_ELEMENTWISE) return false;
        if (++steps > MAX_STEPS || count + node->count > MAX_STEPS) return false;
        for (unsigned i = 0; i < node->count; i++) stack[count++] = node->in[i];
    }
    return true;
}

static const struct adc_node *bound_read(struct arrange *arrange, const struct adc_node *read)
{
    struct adc_graph *graph = arrange->to->graph;
    const struct adc_node *array = read->in[0], *length[ADC_MAX_RANK], *zero;
    for (unsigned i = 0; i < array->rank; i++) length[i] = adc_shape(array, i);
    const struct adc_node *condition = inside(arrange, read->in + 1, length, array->rank);
    if (!condition) return read;
    zero = adc_const(graph, read->type, (union adc_value){.bits = 0});
    return adc_apply3(graph, ADC_OP_IF, condition, read, zero);
}

const struct adc_node *arrange_bounds(struct arrange *arrange, const struct adc_node *node,
                                      const struct adc_node *const *in)
{
    struct adc_graph *graph = arrange->to->graph;
    const struct adc_node *made = arrange_copy(arrange, node, in);
    if (made->op == ADC_OP_READ) return bound_read(arrange, made);
    if (made->op != ADC_OP_NEST || !made->rank) return made;
    struct adc_nest nest = adc_nest_parts(made);
    if (adc_is_const(nest.guard) && !adc_is_true(nest.guard)) return made; /* no points */
    const struct adc_node *condition = inside(arrange, nest.target, nest.shape, nest.rank);
    if (!condition) return made;
    nest.guard =
        adc_is_true(nest.guard) ? condition : adc_apply2(graph, ADC_OP_AND, nest.guard, condition);
    return adc_nest(graph, &nest);
}
