/* Reads and targets inside their arrays: proved where index expressions are affine with known
 * ranges, guarded by a
 * condition elsewhere (a read outside gives 0, a target outside is left out, as in the
 * interpreter).
 *
 * Proof of e >= 0: e is a sum of int multiples of products of atoms, as rows and records in one
 * array make them; an index whose factor has a known sign is replaced by the end of its range where
 * e is least, the innermost one first, until only sizes are left, which are never negative. An
 * element of an int parameter has the range that the checks at entry leave it. With min(a, b) in
 * it, e >= 0 is asked with a and with b where e grows with the minimum, else with a or with b; so
 * for a maximum, the other way round. A quotient x div d is at least (x - d + 1)/d, at most x/d.
 *
 * Where powers are in the way, as at a packed triangle, a range gives its end instead: of i in 0..n
 * there is an n = i + 1 + s, where s is never negative, nor is what is left if all its terms are
 * not. */
#include "passes/arrange.h"

#include "passes/affine.h"

#include <string.h>

enum { MAX_TERMS = 16, MAX_DEGREE = 4, MAX_STEPS = 128, MAX_CHOICES = 5 };

/* factor * atom * ..., atoms in ascending order of their ids */
struct term {
    int64_t factor;
    const struct adc_node *atom[MAX_DEGREE];
    unsigned degree;
};

struct sum {
    struct term term[MAX_TERMS];
    unsigned count;
    bool good; /* false: too much of something */
};

static bool is_small(int64_t factor)
{
    return factor > INT32_MIN && factor < INT32_MAX;
}

static bool same_atoms(const struct term *a, const struct term *b)
{
    if (a->degree != b->degree) return false;
    for (unsigned i = 0; i < a->degree; i++)
        if (a->atom[i] != b->atom[i]) return false;
    return true;
}

static void add_term(struct sum *sum, const struct term *term)
{
    unsigned at = 0;
    while (at < sum->count && !same_atoms(&sum->term[at], term)) at++;
    if (at == MAX_TERMS) {
        sum->good = false;
        return;
    }
    if (at == sum->count) {
        sum->term[sum->count] = *term;
        sum->term[sum->count++].factor = 0;
    }
    sum->term[at].factor += term->factor;
}

static bool times_atom(struct term *term, const struct adc_node *atom)
{
    if (term->degree == MAX_DEGREE) return false;
    unsigned at = term->degree++;
    for (; at && term->atom[at - 1]->id > atom->id; at--) term->atom[at] = term->atom[at - 1];
    term->atom[at] = atom;
    return true;
}

/* The product of a term and of nodes that are not looked at yet. */
struct product {
    struct term term;
    const struct adc_node *node[MAX_DEGREE];
    unsigned count;
};

struct products {
    struct product stack[MAX_DEGREE * 4];
    unsigned count;
};

static bool push(struct products *products, struct product product, int64_t factor,
                 const struct adc_node *node)
{
    product.term.factor *= factor;
    if (product.count == MAX_DEGREE || !is_small(product.term.factor) ||
        products->count == sizeof products->stack / sizeof *products->stack)
        return false;
    product.node[product.count++] = node;
    products->stack[products->count++] = product;
    return true;
}

/* One step of multiplying out `product`, whose last node is `node`. */
static bool expand(struct products *products, struct product product, const struct adc_node *node)
{
    const struct adc_node *const *in = node->in;
    if (adc_is_const(node)) {
        if (!is_small(node->value.integer)) return false;
        product.term.factor *= node->value.integer;
    } else if (node->op == ADC_OP_IADD || node->op == ADC_OP_ISUB) {
        return push(products, product, 1, in[0]) &&
               push(products, product, node->op == ADC_OP_IADD ? 1 : -1, in[1]);
    } else if (node->op == ADC_OP_INEG) {
        return push(products, product, -1, in[0]);
    } else if (node->op == ADC_OP_IMUL) {
        if (product.count == MAX_DEGREE) return false;
        product.node[product.count++] = in[0];
        return push(products, product, 1, in[1]);
    } else if (!times_atom(&product.term, node)) {
        return false;
    }
    if (!is_small(product.term.factor)) return false;
    products->stack[products->count++] = product;
    return true;
}

/* Adds term * node. */
static void add_product(struct sum *sum, const struct term *term, const struct adc_node *node)
{
    struct products products = {.count = 1};
    unsigned steps = 0;
    products.stack[0] = (struct product){.term = *term, .node = {node}, .count = 1};
    while (products.count && sum->good) {
        struct product product = products.stack[--products.count];
        if (product.count == 0) {
            add_term(sum, &product.term);
            continue;
        }
        node = product.node[--product.count];
        if (++steps > MAX_STEPS || !expand(&products, product, node)) sum->good = false;
    }
}

static void add_node(struct sum *sum, const struct adc_node *node, int64_t factor)
{
    const struct term term = {.factor = factor};
    add_product(sum, &term, node);
}

static void add_constant(struct sum *sum, int64_t constant)
{
    const struct term term = {.factor = constant};
    add_term(sum, &term);
}

/* The innermost index of all, or NULL. */
static const struct adc_node *innermost(struct arrange *arrange, const struct sum *sum)
{
    const struct adc_node *found = NULL;
    for (unsigned t = 0; t < sum->count; t++)
        for (unsigned i = 0; sum->term[t].factor && i < sum->term[t].degree; i++) {
            const struct adc_node *atom = sum->term[t].atom[i];
            if (atom->op != ADC_OP_INDEX) continue;
            if (!found || arrange_rank(arrange, atom) > arrange_rank(arrange, found)) found = atom;
        }
    return found;
}

/* A size, or an index whose range begins with a constant that is not negative. */
static bool is_natural(struct arrange *arrange, const struct adc_node *atom)
{
    if (atom->op == ADC_OP_INDEX)
        return adc_is_const(atom->in[0]) && atom->in[0]->value.integer >= 0;
    if (atom->op == ADC_OP_IROOT) return true;
    if (atom->op == ADC_OP_IMAX) { /* a length of segments (budget.c) */
        const struct adc_node *least = atom->in[adc_is_const(atom->in[0]) ? 0 : 1];
        return adc_is_const(least) && least->value.integer >= 0;
    }
    return adc_is_size(arrange->to, atom);
}

/* Takes the terms with `index` out of `sum`, without it; false if a power of it is among them, or
 * not all are of one sign: *sign. */
static bool take_factors(struct arrange *arrange, struct sum *sum, const struct adc_node *index,
                         struct sum *factors, int *sign)
{
    *sign = 0;
    for (unsigned t = 0; t < sum->count; t++) {
        struct term rest = {.factor = sum->term[t].factor};
        for (unsigned i = 0; i < sum->term[t].degree; i++)
            if (sum->term[t].atom[i] != index) rest.atom[rest.degree++] = sum->term[t].atom[i];
        if (!rest.factor || rest.degree == sum->term[t].degree) continue;
        if (rest.degree + 1 != sum->term[t].degree) return false;
        for (unsigned i = 0; i < rest.degree; i++)
            if (!is_natural(arrange, rest.atom[i])) return false;
        int own = rest.factor > 0 ? 1 : -1;
        if (*sign && *sign != own) return false;
        *sign = own;
        sum->term[t].factor = 0;
        factors->term[factors->count++] = rest;
    }
    return true;
}

/* Remainders by a constant, or by a size that is not 0, are between 0 and that. */
static void bound_remainders(struct arrange *arrange, struct sum *sum)
{
    for (unsigned t = 0; t < sum->count && sum->good; t++) {
        const struct term term = sum->term[t];
        const struct adc_node *atom = term.atom[0];
        if (!term.factor || term.degree != 1 || atom->op != ADC_OP_IMOD) continue;
        const struct adc_node *divisor = atom->in[1];
        bool above_zero = adc_is_const(divisor) ? divisor->value.integer > 0
                                                : arrange_divides(arrange, atom);
        if (!above_zero) continue;
        sum->term[t].factor = 0;
        if (term.factor > 0) continue;
        add_constant(sum, -term.factor);
        add_node(sum, divisor, term.factor);
    }
}

static void scale(struct sum *sum, int64_t factor)
{
    for (unsigned t = 0; t < sum->count; t++) {
        sum->term[t].factor *= factor;
        if (!is_small(sum->term[t].factor)) sum->good = false;
    }
}

/* Of e with f*(x div d) in it: e, or d*e + d - 1, which is not negative where the int e is not,
 * with the least that the quotient can be. */
static void bound_quotients(struct sum *sum)
{
    for (unsigned t = 0; t < sum->count && sum->good; t++) {
        const struct term term = sum->term[t];
        const struct adc_node *atom = term.atom[0];
        if (!term.factor || term.degree != 1 || atom->op != ADC_OP_IDIV) continue;
        if (!adc_is_const(atom->in[1])) continue;
        int64_t divisor = atom->in[1]->value.integer, factor = term.factor;
        if (divisor < 1 || !is_small(divisor)) continue;
        sum->term[t].factor = 0;
        if (factor % divisor == 0) {
            factor /= divisor;
        } else {
            scale(sum, divisor);
            add_constant(sum, divisor - 1);
        }
        if (factor > 0) add_constant(sum, -factor * (divisor - 1));
        add_node(sum, atom->in[0], factor);
    }
}

/* A minimum or maximum in the sum; one that asks for both operands, if there is such. */
static struct term *find_choice(struct sum *sum, bool *both)
{
    struct term *found = NULL;
    for (unsigned t = 0; t < sum->count; t++) {
        struct term *term = &sum->term[t];
        if (!term->factor || term->degree != 1) continue;
        enum adc_op op = term->atom[0]->op;
        if (op != ADC_OP_IMIN && op != ADC_OP_IMAX) continue;
        found = term;
        *both = (op == ADC_OP_IMIN) == (term->factor > 0);
        if (*both) break;
    }
    return found;
}

/* An atom that checks at entry limit or an index, the innermost last, with the ends of its range;
 * NULL if there is none. */
static const struct adc_node *next_ranged(struct arrange *arrange, const struct sum *sum,
                                          const struct adc_node *end[2])
{
    for (unsigned t = 0; t < sum->count; t++)
        for (unsigned i = 0; sum->term[t].factor && i < sum->term[t].degree; i++)
            if (arrange_limited(arrange, sum->term[t].atom[i], &end[0], &end[1]))
                return sum->term[t].atom[i];
    const struct adc_node *index = innermost(arrange, sum);
    if (index) memcpy(end, index->in, sizeof *end * 2);
    return index;
}

/* Puts the end of its range where the sum is least for an atom: end[0], or end[1] - 1. */
static bool replace(struct arrange *arrange, struct sum *sum, const struct adc_node *atom,
                    const struct adc_node *const *end)
{
    struct sum factors = {.count = 0};
    int sign;
    if (!take_factors(arrange, sum, atom, &factors, &sign)) return false;
    for (unsigned t = 0; t < factors.count; t++) {
        struct term *factor = &factors.term[t];
        add_product(sum, factor, end[sign > 0 ? 0 : 1]);
        factor->factor = -factor->factor;
        if (sign < 0) add_term(sum, factor);
    }
    return true;
}

/* ---------------------------------------------------------------- by what ranges leave */

enum { MAX_INDICES = 8 };

/* `done`: atoms whose name stands for what their range leaves. */
struct shifting {
    struct arrange *arrange;
    struct sum sum;
    const struct adc_node *index[MAX_INDICES]; /* outermost first */
    const struct adc_node *done[2 * MAX_INDICES];
    unsigned count, done_count;
};

/* Adds terms * factor * atom; NULL: terms * factor. */
static void add_times(struct sum *sum, const struct sum *terms, int64_t factor,
                      const struct adc_node *atom)
{
    for (unsigned t = 0; t < terms->count; t++) {
        struct term term = terms->term[t];
        term.factor *= factor;
        if (!is_small(term.factor) || (atom && !times_atom(&term, atom))) sum->good = false;
        if (term.factor) add_term(sum, &term);
    }
}

/* Puts base + constant + s for the atom, and calls s by its name. */
static void shift(struct sum *sum, const struct adc_node *atom, const struct adc_node *base,
                  int64_t constant)
{
    struct sum shifted = {.good = sum->good};
    for (unsigned t = 0; t < sum->count && shifted.good; t++) {
        struct sum product = {.count = 1, .good = true};
        unsigned power = 0;
        product.term[0].factor = sum->term[t].factor;
        for (unsigned i = 0; i < sum->term[t].degree; i++)
            if (sum->term[t].atom[i] == atom) power++;
            else times_atom(&product.term[0], sum->term[t].atom[i]);
        for (; power; power--) {
            struct sum next = {.good = product.good};
            if (base) add_times(&next, &product, 1, base);
            add_times(&next, &product, constant, NULL);
            add_times(&next, &product, 1, atom);
            product = next;
        }
        add_times(&shifted, &product, 1, NULL);
        shifted.good &= product.good;
    }
    *sum = shifted;
}

static bool is_done(const struct shifting *s, const struct adc_node *atom)
{
    for (unsigned i = 0; i < s->done_count; i++)
        if (s->done[i] == atom) return true;
    return false;
}

/* False if either name has lost its meaning. */
static bool try_shift(struct shifting *s, const struct adc_node *atom, const struct adc_node *base,
                      int64_t constant)
{
    if (is_done(s, atom) || (base && is_done(s, base))) return false;
    shift(&s->sum, atom, base, constant);
    s->done[s->done_count++] = atom;
    return true;
}

static bool add_index(struct shifting *s, const struct adc_node *index)
{
    if (!index || index->op != ADC_OP_INDEX) return true;
    for (unsigned i = 0; i < s->count; i++)
        if (s->index[i] == index) return true;
    if (s->count == MAX_INDICES) return false;
    s->index[s->count++] = index;
    arrange_sort(s->arrange, s->index, s->count);
    return true;
}

/* Those of the sum, and those that their ranges begin or end with. */
static bool find_indices(struct shifting *s)
{
    int64_t constant;
    for (unsigned t = 0; t < s->sum.count; t++)
        for (unsigned i = 0; s->sum.term[t].factor && i < s->sum.term[t].degree; i++)
            if (!add_index(s, s->sum.term[t].atom[i])) return false;
    for (unsigned before = 0; before < s->count;) {
        before = s->count;
        for (unsigned i = 0; i < before; i++)
            for (unsigned end = 0; end < 2; end++)
                if (!add_index(s, affine_base(s->index[i]->in[end], &constant))) return false;
    }
    return true;
}

/* Puts the innermost index whose range ends with the atom, 1 and what that leaves for the atom. */
static void shift_end(struct shifting *s, const struct adc_node *atom)
{
    for (unsigned i = s->count; i-- > 0;) {
        int64_t constant;
        if (affine_base(s->index[i]->in[1], &constant) != atom) continue;
        if (try_shift(s, atom, s->index[i], 1 - constant)) return;
    }
}

/* What comes in for an atom keeps its name's meaning until then: sizes come first, then indices by
 * what their ranges begin with, the innermost first, then by those that end with them. */
static bool leaves_nothing_negative(struct arrange *arrange, const struct sum *sum)
{
    struct shifting s = {.arrange = arrange, .sum = *sum};
    int64_t constant;
    if (!s.sum.good || !find_indices(&s)) return false;
    for (unsigned i = 0; i < s.count; i++) {
        const struct adc_node *end = affine_base(s.index[i]->in[1], &constant);
        if (end && end->op != ADC_OP_INDEX && is_natural(arrange, end)) shift_end(&s, end);
    }
    for (unsigned i = s.count; i-- > 0;) {
        const struct adc_node *low = affine_base(s.index[i]->in[0], &constant);
        if (low || constant < 0) try_shift(&s, s.index[i], low, constant);
    }
    for (unsigned i = 0; i < s.count; i++) shift_end(&s, s.index[i]);
    for (unsigned t = 0; t < s.sum.count && s.sum.good; t++) {
        if (s.sum.term[t].factor < 0) return false;
        for (unsigned i = 0; s.sum.term[t].factor && i < s.sum.term[t].degree; i++)
            if (!is_natural(arrange, s.sum.term[t].atom[i]) && !is_done(&s, s.sum.term[t].atom[i]))
                return false;
    }
    return s.sum.good;
}

/* --------------------------------------------------------------------------- questions */

/* Where each index is at the end that is worst for it. */
static bool worst_is_natural(struct arrange *arrange, const struct sum *sum)
{
    for (unsigned t = 0; t < sum->count && sum->good; t++) {
        if (sum->term[t].factor < 0) return false;
        for (unsigned i = 0; sum->term[t].factor && i < sum->term[t].degree; i++)
            if (!is_natural(arrange, sum->term[t].atom[i])) return false;
    }
    return sum->good;
}

/* Recursion is bounded by MAX_CHOICES. */
static bool never_negative(struct arrange *arrange, struct sum sum, unsigned choices)
{
    const struct adc_node *atom, *end[2];
    struct term *choice;
    bool both;
    bound_remainders(arrange, &sum);
    bound_quotients(&sum);
    const struct sum whole = sum;
    for (unsigned steps = 0; !(choice = find_choice(&sum, &both)); steps++) {
        if (!sum.good || !(atom = next_ranged(arrange, &sum, end))) break;
        if (steps > MAX_STEPS || !replace(arrange, &sum, atom, end)) break;
    }
    if (choice && choices < MAX_CHOICES && sum.good) {
        const struct term chosen = *choice;
        choice->factor = 0;
        for (unsigned i = 0; i < 2; i++) {
            struct sum one = sum;
            add_node(&one, chosen.atom[0]->in[i], chosen.factor);
            if (never_negative(arrange, one, choices + 1) != both) return !both;
        }
        return both;
    }
    return worst_is_natural(arrange, &sum) || leaves_nothing_negative(arrange, &whole);
}

/* True where 0 <= element < length is not proved; NULL if it is. */
static const struct adc_node *doubt(struct arrange *arrange, const struct adc_node *element,
                                    const struct adc_node *length)
{
    struct adc_graph *graph = arrange->to->graph;
    struct sum low = {.good = true}, high = {.good = true};
    add_node(&low, element, 1);
    add_constant(&high, -1);
    add_node(&high, length, 1);
    add_node(&high, element, -1);
    const struct adc_node *above = NULL, *below = NULL;
    if (!never_negative(arrange, low, 0))
        above = adc_apply2(graph, ADC_OP_IGE, element, adc_int(graph, 0));
    if (!never_negative(arrange, high, 0)) below = adc_apply2(graph, ADC_OP_ILT, element, length);
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
    if (adc_has_no_points(made)) return made;
    const struct adc_node *condition = inside(arrange, nest.target, nest.shape, nest.rank);
    if (!condition) return made;
    nest.guard =
        adc_is_true(nest.guard) ? condition : adc_apply2(graph, ADC_OP_AND, nest.guard, condition);
    return adc_nest(graph, &nest);
}
