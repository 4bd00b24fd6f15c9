/* The rules column of ops.def as functions that build nodes, one for each row.
 *
 * node     elementwise; its inputs have the types of its signature
 * a        see rules.h; it may be a constant (the seed 1), then nothing is multiplied by it
 * order    nodes are made from left to right (lists of initialisers, not arguments, whose order C
 *          leaves open), so that ids do not depend on the compiler */
#include "ir/rules.h"

#include "ir/nest.h"

typedef const struct adc_node *node_t;

struct rule {
    struct adc_graph *graph;
    node_t node, a;
    enum adc_type type; /* of the real constants: the node's width */
    bool singular, strong;
};

#define LN_2 0.69314718055994530942
#define LOG2_E 1.44269504088896340736
#define LOG10_E 0.43429448190325182765
#define TWO_OVER_SQRT_PI 1.12837916709551257390

static node_t apply(const struct rule *rule, enum adc_op op, const node_t *in, unsigned count)
{
    return adc_apply(rule->graph, op, in, count);
}

static node_t constant(const struct rule *rule, double value)
{
    return adc_real(rule->graph, rule->type, value);
}

/* ------------------------------------------------------- what the words of a rule do */

/* a*p, without the multiplication where a factor is 1 or -1; a literal 0 is a structural one. */
static node_t multiplied(const struct rule *rule, node_t p)
{
    node_t a = rule->a;
    if (adc_is_real_value(p, 0.0)) return NULL;
    if (adc_is_real_value(p, 1.0)) return a;
    if (adc_is_real_value(a, 1.0)) return p;
    if (adc_is_real_value(p, -1.0)) return apply(rule, ADC_OP_NEG, &a, 1);
    return apply(rule, ADC_OP_MUL, (const node_t[]){a, p}, 2);
}

/* Strong zero: 0 where one is 0 and the other is not finite (row STRONG_ZERO). The condition asks
 * for both, since at a smooth point where a merely happens to be 0 the product must keep its
 * derivatives. */
static node_t times(const struct rule *rule, node_t p)
{
    if ((!rule->singular && !rule->strong) || adc_is_const(rule->a) || adc_is_const(p))
        return multiplied(rule, p);
    return apply(rule, ADC_OP_MUL_STRONG, (const node_t[]){rule->a, p}, 2);
}

/* What a strong product passes on to one factor: the other, unless it was the zero's. */
static node_t strong_product(const struct rule *rule, node_t other)
{
    node_t product = times(rule, other);
    if (!product) return NULL;
    node_t is_zero = apply(rule, ADC_OP_STRONG_ZERO, rule->node->in, 2);
    return apply(rule, ADC_OP_IF, (const node_t[]){is_zero, constant(rule, 0.0), product}, 3);
}

static node_t divided(const struct rule *rule, node_t p)
{
    enum adc_op op = rule->singular ? ADC_OP_DIV_POS : ADC_OP_DIV;
    return apply(rule, op, (const node_t[]){rule->a, p}, 2);
}

/* in: condition, factor */
static node_t pass(const struct rule *rule, const node_t *in)
{
    node_t product = multiplied(rule, in[1]);
    if (!product) return NULL;
    return apply(rule, ADC_OP_IF, (const node_t[]){in[0], product, constant(rule, 0.0)}, 3);
}

/* A constant adjoint is finite, so that its product with 0 is 0 anyway. */
static node_t shared(const struct rule *rule, node_t s)
{
    if (adc_is_const(rule->a)) return multiplied(rule, s);
    node_t some = apply(rule, ADC_OP_NE, (const node_t[]){s, constant(rule, 0.0)}, 2);
    return pass(rule, (const node_t[]){some, s});
}

static node_t real_of(const struct rule *rule, node_t integer)
{
    if (adc_is_const(integer)) return constant(rule, (double)integer->value.integer);
    return apply(rule, rule->type == ADC_F32 ? ADC_OP_INT_TO_F32 : ADC_OP_INT_TO_F64, &integer, 1);
}

static node_t other_width(const struct rule *rule)
{
    enum adc_op op = rule->a->type == ADC_F64 ? ADC_OP_F64_TO_F32 : ADC_OP_F32_TO_F64;
    return apply(rule, op, &rule->a, 1);
}

/* r = x/y: -r*(a/y), where a/y is what the dividend gets. Not a*(r/y), which overflows far earlier:
 * in exp(-1/y) the adjoint is 0 long before 1/y is infinite. Where a may be infinite it is the
 * factor r/y that is 0. Of r = 1/y, whose dividend gets nothing, -r*(a*r): no further division. */
static node_t divisor(const struct rule *rule)
{
    node_t r = rule->node, y = r->in[1], part;
    bool inverse = adc_is_real_value(r->in[0], 1);
    if (rule->strong) {
        part = times(rule, apply(rule, ADC_OP_DIV, (const node_t[]){r, y}, 2));
    } else {
        part =
            inverse ? apply(rule, ADC_OP_MUL, (const node_t[]){rule->a, r}, 2) : divided(rule, y);
        part = apply(rule, ADC_OP_MUL, (const node_t[]){r, part}, 2);
    }
    return apply(rule, ADC_OP_NEG, &part, 1);
}

/* -------------------------------------------------------------------------- powers, roots */

/* n*x^(n-1), in numbers where n is one. */
static node_t power_slope(const struct rule *rule, node_t x, node_t n)
{
    node_t less, lower = x;
    if (adc_is_const(n) && n->value.integer > INT64_MIN)
        less = adc_int(rule->graph, n->value.integer - 1);
    else less = apply(rule, ADC_OP_ISUB, (const node_t[]){n, adc_int(rule->graph, 1)}, 2);
    if (!adc_is_const(less) || less->value.integer != 1)
        lower = apply(rule, ADC_OP_IPOW, (const node_t[]){x, less}, 2);
    return apply(rule, ADC_OP_MUL, (const node_t[]){real_of(rule, n), lower}, 2);
}

/* x^n: a*n*x^(n-1); 0 where n is 0, also at x = 0. */
static node_t power(const struct rule *rule)
{
    node_t x = rule->node->in[0], n = rule->node->in[1];
    if (adc_is_const(n)) {
        int64_t exponent = n->value.integer;
        if (exponent == 0) return NULL;
        if (exponent == 1) return rule->a;
    }
    node_t p = power_slope(rule, x, n);
    if (adc_is_const(n)) return times(rule, p);
    node_t flat = apply(rule, ADC_OP_IEQ, (const node_t[]){n, adc_int(rule->graph, 0)}, 2);
    return apply(rule, ADC_OP_IF, (const node_t[]){flat, constant(rule, 0.0), times(rule, p)}, 3);
}

enum { SQUARES_LIMIT = 4096, SQUARES_PENDING = 64 };

/* The node without constant positive factors. */
static node_t bare(node_t node)
{
    for (;;) {
        if (node->op != ADC_OP_MUL && node->op != ADC_OP_DIV) return node;
        bool right = adc_is_const(node->in[1]) && adc_real_number(node->in[1]) > 0.0;
        bool left = node->op == ADC_OP_MUL && adc_is_const(node->in[0]) &&
                    adc_real_number(node->in[0]) > 0.0;
        if (!right && !left) return node;
        node = node->in[right ? 0 : 1];
    }
}

/* Never negative and smooth, by its last operators. */
static bool is_square(node_t node)
{
    switch (node->op) {
    case ADC_OP_CONST: return adc_type_is_real(node->type) && adc_real_number(node) >= 0.0;
    case ADC_OP_MUL: return bare(node->in[0]) == bare(node->in[1]);
    case ADC_OP_IPOW:
        return adc_is_const(node->in[1]) && node->in[1]->value.integer > 0 &&
               node->in[1]->value.integer % 2 == 0;
    case ADC_OP_POW: {
        node_t y = node->in[1];
        double half = adc_is_const(y) ? adc_real_number(y) / 2.0 : 0.5;
        return half >= 1.0 && half < 0x1p52 && half == (double)(int64_t)half;
    }
    default: return false;
    }
}

/* The parts of `node` that must be sums of squares for it to be one; 0 parts if it is none of
 * these. */
static unsigned parts_of_sum(node_t node, node_t *parts)
{
    switch (node->op) {
    case ADC_OP_ADD:
    case ADC_OP_MUL:
    case ADC_OP_DIV:
        parts[0] = node->in[0];
        parts[1] = node->in[1];
        return 2;
    case ADC_OP_FMA:
        if (node->in[0] != node->in[1]) return 0;
        parts[0] = node->in[2];
        return 1;
    case ADC_OP_F32_TO_F64:
    case ADC_OP_F64_TO_F32: parts[0] = node->in[0]; return 1;
    case ADC_OP_NEST: /* a sum over indices is one of squares if its terms are */
        parts[0] = node->in[0];
        return node->rank == 0 && node->number == ADC_REDUCE_SUM;
    default: return 0;
    }
}

/* Squares, their sums, products and quotients, in any spelling, but not a constant alone. Squares
 * are never pending, so that a sum leaning either way needs no room; what is larger than the limits
 * counts as no sum of squares. */
static bool is_sum_of_squares(node_t node)
{
    node_t pending[SQUARES_PENDING], parts[2];
    unsigned count = 0, visited = 0;
    if (adc_is_const(node)) return false;
    if (is_square(node)) return true;
    pending[count++] = node;
    while (count) {
        node_t sum = pending[--count];
        unsigned part_count = parts_of_sum(sum, parts);
        if (!part_count || ++visited > SQUARES_LIMIT) return false;
        for (unsigned i = 0; i < part_count; i++) {
            if (is_square(parts[i])) continue;
            if (count == SQUARES_PENDING) return false;
            pending[count++] = parts[i];
        }
    }
    return true;
}

/* sqrt: a/(2r). The root of a sum of squares has a kink at 0, a minimum, and there the derivative
 * 0: it is selected, so that no infinity meets the zeros of the squares' own derivatives. */
static node_t root(const struct rule *rule)
{
    node_t r = rule->node;
    if (!is_sum_of_squares(r->in[0])) {
        node_t twice = apply(rule, ADC_OP_MUL, (const node_t[]){constant(rule, 2.0), r}, 2);
        return divided(rule, twice);
    }
    node_t zero = constant(rule, 0.0);
    node_t p = apply(rule, ADC_OP_DIV, (const node_t[]){constant(rule, 0.5), r}, 2);
    node_t positive = apply(rule, ADC_OP_NE, (const node_t[]){r, zero}, 2);
    return pass(rule, (const node_t[]){positive, p});
}

static bool is_between(node_t node, double low, double high)
{
    return adc_is_const(node) && adc_real_number(node) > low && adc_real_number(node) < high;
}

/* x^y: a*y*x^(y-1). Where y is below 1, that of a sum of squares has a kink or a cusp at 0: as for
 * the root. */
static node_t real_power(const struct rule *rule)
{
    node_t x = rule->node->in[0], y = rule->node->in[1];
    node_t p = apply(rule, ADC_OP_POW_DX, (const node_t[]){x, y}, 2);
    if (!is_between(y, 0.0, 1.0) || !is_sum_of_squares(x)) return times(rule, p);
    node_t positive = apply(rule, ADC_OP_NE, (const node_t[]){x, constant(rule, 0.0)}, 2);
    return pass(rule, (const node_t[]){positive, p});
}

bool adc_op_is_steep(const struct adc_node *node)
{
    switch (node->op) {
    case ADC_OP_CBRT:
    case ADC_OP_XLOGY:
    case ADC_OP_XLOG1PY:
    case ADC_OP_ASIN:
    case ADC_OP_ACOS:
    case ADC_OP_ACOSH: return true;
    case ADC_OP_SQRT: return !is_sum_of_squares(node->in[0]);
    case ADC_OP_POW:
        if (!adc_is_const(node->in[1])) return true;
        return is_between(node->in[1], 0.0, 1.0) && !is_sum_of_squares(node->in[0]);
    case ADC_OP_POW_DX: return !adc_is_const(node->in[1]) || is_between(node->in[1], 1.0, 2.0);
    default: return false;
    }
}

/* ------------------------------------------------------------------------ the table */

#define A rule->a
#define NOTHING NULL
#define T(p) times(rule, p)
#define M(p) multiplied(rule, p) /* p is not 0, so this is no structural zero */
#define Q(p) divided(rule, p)
#define PASS(...) pass(rule, (const node_t[]){__VA_ARGS__})
#define SHARE(s) shared(rule, s)
#define STRONG(other) strong_product(rule, other)
#define N(id, ...)                                          \
    apply(rule, ADC_OP_##id, (const node_t[]){__VA_ARGS__}, \
          sizeof((const node_t[]){__VA_ARGS__}) / sizeof(node_t))
#define IFN(...) apply(rule, ADC_OP_IF, (const node_t[]){__VA_ARGS__}, 3)
#define C(value) constant(rule, value)
#define I(value) adc_int(rule->graph, value)
#define REAL_OF(n) real_of(rule, n)
#define OTHER_WIDTH other_width(rule)
#define POWER power(rule)
#define ROOT root(rule)
#define REAL_POWER real_power(rule)
#define DIVISOR divisor(rule)
#define x rule->node->in[0]
#define y rule->node->in[1]
#define z rule->node->in[2]
#define r rule->node

/* Only the column asked for is built. */
#define D1(first) \
    (void)i;      \
    return first;
#define D2(first, second) return i == 0 ? first : second;
#define D3(first, second, third) return i == 0 ? first : i == 1 ? second : third;
#define FLAT    \
    (void)rule; \
    (void)i;    \
    return NULL;
#define NONE    \
    (void)rule; \
    (void)i;    \
    return NULL;

#define ADC_OPERATOR(id, name, signature, properties, rules, ...) \
    static node_t rule_##id(const struct rule *rule, unsigned i)  \
    {                                                             \
        rules                                                     \
    }
#include "ir/ops.def"
#undef ADC_OPERATOR

typedef node_t rule_function(const struct rule *rule, unsigned i);

static rule_function *const functions[] = {
#define ADC_OPERATOR(id, name, signature, properties, rules, ...) rule_##id,
#include "ir/ops.def"
#undef ADC_OPERATOR
};

#undef x
#undef y
#undef z
#undef r

const struct adc_node *adc_op_contribution(struct adc_graph *graph, const struct adc_node *node,
                                           unsigned i, const struct adc_node *a, bool strong)
{
    if (adc_is_real_value(a, 0.0)) return NULL;
    struct rule rule = {.graph = graph, .node = node, .a = a, .type = (enum adc_type)node->type};
    rule.strong = strong;
    rule.singular = (adc_op_info((enum adc_op)node->op)->properties & ADC_SINGULAR) != 0;
    return functions[node->op - ADC_OP_FIRST_ELEMENTWISE](&rule, i);
}
