/* Algebra that changes no value, on a new graph holding only what is live.
 *
 * Rewrites that are NOT valid in IEEE arithmetic and must never be added here:
 *     x + 0    -> x      -0 + 0 is +0 (x - 0 and x + (-0) are fine)
 *     x - x    -> 0      inf - inf and NaN
 *     x * 0    -> 0      inf, NaN and the sign of zero; structural zeros are absent instead
 *     x / x    -> 1      0/0, inf/inf, NaN
 *     0 - x    -> -x     differs at x = 0
 *     -(a - b) -> b - a  differs at a = b
 *     x / c    -> x * (1/c)            one more rounding
 *     a*b + a*c -> a*(b + c), (a + b) + c -> a + (b + c)     other roundings
 *     x == x   -> true   NaN
 *     sqrt(x)*sqrt(x) -> x, pow(x, 0.5) -> sqrt(x)   other domain, -0, -inf
 *     exp(log(x)) -> x   other domain and rounding
 *
 * Each rule below says what it maps to what; a constant operand of a commuting operator goes right.
 * */
#include "passes/passes.h"
#include "passes/point.h"

typedef const struct adc_node *node_t;

struct simplifier {
    struct adc_graph *graph;
    enum pass_simplify_stage stage;
    struct adc_arena *scratch;
    uint8_t *put;    /* by id of the old graph: a PUT takes its points */
    uint32_t *users; /* by id of the old graph: how many nodes it goes into */
};

static node_t simple(struct simplifier *s, enum adc_op op, const node_t *in, unsigned count);

static node_t simple1(struct simplifier *s, enum adc_op op, node_t x)
{
    return simple(s, op, &x, 1);
}

static node_t simple2(struct simplifier *s, enum adc_op op, node_t x, node_t y)
{
    node_t in[] = {x, y};
    return simple(s, op, in, 2);
}

/* f(constants) -> the constant; the interpreter's own arithmetic. */
static node_t fold(struct simplifier *s, enum adc_op op, const node_t *in, unsigned count)
{
    union adc_value arguments[3] = {{.bits = 0}, {.bits = 0}, {.bits = 0}};
    for (unsigned i = 0; i < count; i++) {
        if (!adc_is_const(in[i])) return NULL;
        arguments[i] = in[i]->value;
    }
    enum adc_type type = adc_result_type(op, in, count);
    enum adc_type real = adc_type_is_real(type) ? type : (enum adc_type)in[0]->type;
    return adc_const(s->graph, type, adc_op_apply(op, real, arguments));
}

/* a + -b -> a - b;  -a + b -> b - a;  x + (-0) -> x */
static node_t simple_add(struct simplifier *s, node_t a, node_t b)
{
    if (b->op == ADC_OP_NEG) return simple2(s, ADC_OP_SUB, a, b->in[0]);
    if (a->op == ADC_OP_NEG) return simple2(s, ADC_OP_SUB, b, a->in[0]);
    bool minus_zero = adc_is_real_value(b, 0.0) && b->value.bits != 0;
    return minus_zero ? a : NULL;
}

/* a - -b -> a + b;  x - (+0) -> x */
static node_t simple_sub(struct simplifier *s, node_t a, node_t b)
{
    if (b->op == ADC_OP_NEG) return simple2(s, ADC_OP_ADD, a, b->in[0]);
    bool plus_zero = adc_is_real_value(b, 0.0) && b->value.bits == 0;
    return plus_zero ? a : NULL;
}

/* x*1 -> x;  x*-1 -> -x;  -a*c -> a*(-c);  -a*b -> -(a*b) (signs are exact) */
static node_t simple_mul(struct simplifier *s, node_t a, node_t b)
{
    if (adc_is_real_value(b, 1.0)) return a;
    if (adc_is_real_value(b, -1.0)) return simple1(s, ADC_OP_NEG, a);
    if (a->op == ADC_OP_NEG && adc_is_const(b))
        return simple2(s, ADC_OP_MUL, a->in[0], simple1(s, ADC_OP_NEG, b));
    if (a->op == ADC_OP_NEG) return simple1(s, ADC_OP_NEG, simple2(s, ADC_OP_MUL, a->in[0], b));
    if (b->op == ADC_OP_NEG) return simple1(s, ADC_OP_NEG, simple2(s, ADC_OP_MUL, a, b->in[0]));
    return NULL;
}

/* x/1 -> x;  x/-1 -> -x;  -a/b -> -(a/b);  a/-b -> -(a/b) */
static node_t simple_div(struct simplifier *s, node_t a, node_t b)
{
    if (adc_is_real_value(b, 1.0)) return a;
    if (adc_is_real_value(b, -1.0)) return simple1(s, ADC_OP_NEG, a);
    if (a->op == ADC_OP_NEG && !adc_is_const(b))
        return simple1(s, ADC_OP_NEG, simple2(s, ADC_OP_DIV, a->in[0], b));
    if (b->op == ADC_OP_NEG) return simple1(s, ADC_OP_NEG, simple2(s, ADC_OP_DIV, a, b->in[0]));
    return NULL;
}

/* x^0 -> 1;  x^1 -> x;  and, when derivatives are done, x^n -> products by squaring, in the order
 * of the
 * operator's own value: x^-n is 1/(x^n). */
static node_t simple_power(struct simplifier *s, node_t x, node_t exponent)
{
    enum { LARGEST = 1024 };
    if (!adc_is_const(exponent)) return NULL;
    int64_t n = exponent->value.integer;
    if (n == 0) return adc_real(s->graph, x->type, 1.0);
    if (n == 1) return x;
    if (s->stage != PASS_AFTER_DERIVATIVES || n > LARGEST || n < -LARGEST) return NULL;
    node_t product = NULL;
    node_t square = x;
    for (int64_t left = n < 0 ? -n : n; left; left >>= 1) {
        if (left & 1) product = product ? simple2(s, ADC_OP_MUL, product, square) : square;
        if (left > 1) square = simple2(s, ADC_OP_MUL, square, square);
    }
    if (n > 0) return product;
    return simple2(s, ADC_OP_DIV, adc_real(s->graph, x->type, 1.0), product);
}

/* if true: x else y -> x;  if c: x else x -> x;  if not c: x else y -> if c: y else x;
 * if c: true else false -> c;  an arm that asks the same condition again gives its own arm */
static node_t simple_if(struct simplifier *s, const node_t *in)
{
    node_t c = in[0], x = in[1], y = in[2];
    if (adc_is_const(c)) return c->value.boolean ? x : y;
    if (c->op == ADC_OP_NOT) {
        node_t swapped[] = {c->in[0], y, x};
        return simple(s, ADC_OP_IF, swapped, 3);
    }
    if (x->op == ADC_OP_IF && x->in[0] == c) x = x->in[1];
    if (y->op == ADC_OP_IF && y->in[0] == c) y = y->in[2];
    if (x == y) return x;
    if (x->type == ADC_BOOL && adc_is_const(x) && adc_is_const(y))
        return x->value.boolean ? c : simple1(s, ADC_OP_NOT, c);
    return adc_apply3(s->graph, ADC_OP_IF, c, x, y);
}

/* ------------------------------------------------------------------------ tails
 *
 * Before derivatives f(x) -> f_with(x, tail), so that what the derivative asks of the tail is what
 * the primal has computed, whether in the same pass of a loop or in its record. At the end
 * f_with(x, tail) -> f(x) where nobody else asked. Values are the same, bit for bit. */

static const struct {
    enum adc_op plain, with;
} KIN[] = {{ADC_OP_TANH, ADC_OP_TANH_WITH},
           {ADC_OP_SOFTPLUS, ADC_OP_SOFTPLUS_WITH},
           {ADC_OP_LOG_SIGMOID, ADC_OP_LOG_SIGMOID_WITH},
           {ADC_OP_LOGADDEXP, ADC_OP_LOGADDEXP_WITH},
           {ADC_OP_SOFTMAX2, ADC_OP_SOFTMAX2_WITH}};

enum { KIN_COUNT = sizeof KIN / sizeof *KIN };

/* The tail that op(in) is made with. */
static node_t tail_of(struct simplifier *s, enum adc_op op, const node_t *in)
{
    node_t x = in[0];
    if (op == ADC_OP_TANH) x = simple2(s, ADC_OP_MUL, x, adc_real(s->graph, x->type, 2.0));
    if (op == ADC_OP_LOGADDEXP || op == ADC_OP_SOFTMAX2) x = simple2(s, ADC_OP_SUB, x, in[1]);
    return simple1(s, ADC_OP_TAIL, x);
}

static node_t with_tail(struct simplifier *s, enum adc_op op, const node_t *in)
{
    if (s->stage != PASS_BEFORE_DERIVATIVES) return NULL;
    if (op == ADC_OP_SIGMOID) return simple1(s, ADC_OP_FROM_TAIL, tail_of(s, op, in));
    for (unsigned i = 0; i < KIN_COUNT; i++) {
        unsigned arity = adc_op_info(op)->arity;
        node_t with[3] = {in[0], in[arity - 1], in[arity - 1]};
        if (KIN[i].plain != op) continue;
        with[arity] = tail_of(s, op, in);
        return simple(s, KIN[i].with, with, arity + 1);
    }
    return NULL;
}

/* `in`: what the node's inputs have become. */
static node_t without_tail(struct simplifier *s, node_t node, const node_t *in)
{
    node_t tail = node->in[node->count - 1], own = in[0];
    if (tail->op == ADC_OP_NEG && s->users[tail->id] == 1) tail = tail->in[0];
    if (tail->op != ADC_OP_TAIL || s->users[tail->id] > 1) return NULL;
    for (unsigned i = 0; i < KIN_COUNT; i++)
        if (KIN[i].with == node->op) return simple(s, KIN[i].plain, in, node->count - 1u);
    bool turned = own->op == ADC_OP_NEG;
    if (turned) own = own->in[0];
    if (node->op != ADC_OP_FROM_TAIL || own->op != ADC_OP_TAIL) return NULL;
    return simple1(s, ADC_OP_SIGMOID, turned ? simple1(s, ADC_OP_NEG, own->in[0]) : own->in[0]);
}

static bool last_first(const struct adc_node *a, const struct adc_node *b)
{
    if (adc_is_const(a) != adc_is_const(b)) return adc_is_const(a);
    return a->id > b->id;
}

static node_t rewritten(struct simplifier *s, enum adc_op op, const node_t *in)
{
    bool done = s->stage == PASS_AFTER_DERIVATIVES;
    switch (op) {
    case ADC_OP_IF: return simple_if(s, in);
    case ADC_OP_STOP: return done || adc_is_const(in[0]) ? in[0] : NULL;
    case ADC_OP_ADD: return simple_add(s, in[0], in[1]);
    case ADC_OP_SUB: return simple_sub(s, in[0], in[1]);
    case ADC_OP_MUL: return simple_mul(s, in[0], in[1]);
    case ADC_OP_DIV: return simple_div(s, in[0], in[1]);
    case ADC_OP_IPOW: return simple_power(s, in[0], in[1]);
    case ADC_OP_TANH:
    case ADC_OP_SIGMOID:
    case ADC_OP_SOFTPLUS:
    case ADC_OP_LOG_SIGMOID:
    case ADC_OP_LOGADDEXP:
    case ADC_OP_SOFTMAX2: return with_tail(s, op, in);
    case ADC_OP_TAIL: /* tail(-x) -> -tail(x) */
        return in[0]->op == ADC_OP_NEG
                   ? simple1(s, ADC_OP_NEG, simple1(s, ADC_OP_TAIL, in[0]->in[0]))
                   : NULL;
    case ADC_OP_NEG:
    case ADC_OP_NOT: return in[0]->op == op ? in[0]->in[0] : NULL;
    case ADC_OP_SELECT:
        if (in[1] == in[2]) return in[1];
        return adc_is_const(in[0]) ? (in[0]->value.boolean ? in[1] : in[2]) : NULL;
    default: return NULL; /* no rule: the operator as it is */
    }
}

static node_t simple(struct simplifier *s, enum adc_op op, const node_t *in, unsigned count)
{
    node_t ordered[3];
    for (unsigned i = 0; i < count; i++) ordered[i] = in[i];
    if (op >= ADC_OP_FIRST_ELEMENTWISE) {
        node_t folded = fold(s, op, in, count);
        if (folded) return folded;
        if (adc_op_info(op)->properties & ADC_COMMUTES && last_first(in[0], in[1])) {
            ordered[0] = in[1];
            ordered[1] = in[0];
        }
    }
    node_t found = rewritten(s, op, ordered);
    return found ? found : adc_apply(s->graph, op, ordered, count);
}

static node_t simple_node(struct simplifier *s, const struct adc_graph *from, node_t node,
                          const node_t *map)
{
    node_t in[ADC_MAX_INPUTS];
    for (unsigned i = 0; i < node->count; i++) in[i] = map[node->in[i]->id];
    s->graph->span = from->spans.data[node->id];
    switch (node->op) {
    case ADC_OP_CONST:
    case ADC_OP_PARAM:
    case ADC_OP_GRAD:
    case ADC_OP_JVP:
    case ADC_OP_VJP:
    case ADC_OP_INDEX:
    case ADC_OP_READ:
    case ADC_OP_JOIN:
    case ADC_OP_STATE:
    case ADC_OP_LOOP:
    case ADC_OP_FINAL: return adc_copy(s->graph, from, node, in);
    case ADC_OP_PUT: /* put(array, nest without points) -> array */
        return adc_has_no_points(in[1]) ? in[0] : adc_copy(s->graph, from, node, in);
    case ADC_OP_NEST:
        if (s->put[node->id]) return adc_copy(s->graph, from, node, in);
        return point_simple_nest(s->graph, adc_copy(s->graph, from, node, in), s->scratch);
    default: break;
    }
    if (node->op == ADC_OP_MARK)
        return s->stage == PASS_AFTER_DERIVATIVES
                   ? in[0]
                   : adc_mark_numbered(s->graph, in[0], node->number);
    node_t plain = NULL;
    if (s->stage == PASS_AFTER_DERIVATIVES && node->count) plain = without_tail(s, node, in);
    return plain ? plain : simple(s, node->op, in, node->count);
}

static void drop_true_checks(struct adc_function *function)
{
    size_t kept = 0;
    for (size_t i = 0; i < function->checks.count; i++) {
        const struct adc_node *condition = function->checks.data[i].condition;
        if (adc_is_const(condition) && condition->value.boolean) continue;
        function->checks.data[kept++] = function->checks.data[i];
    }
    function->checks.count = kept;
}

static void count_users(struct simplifier *s, const struct adc_graph *from, const uint8_t *live)
{
    s->put = ADC_NEW_ARRAY(s->scratch, uint8_t, from->nodes.count);
    s->users = ADC_NEW_ARRAY(s->scratch, uint32_t, from->nodes.count);
    for (size_t id = 0; id < from->nodes.count; id++) {
        node_t node = from->nodes.data[id];
        if (node->op == ADC_OP_PUT) s->put[node->in[1]->id] = 1;
        for (unsigned i = 0; live[id] && i < node->count; i++) s->users[node->in[i]->id]++;
    }
}

struct adc_function *pass_simplify(struct adc_arena *arena, const struct adc_function *function,
                                   enum pass_simplify_stage stage, struct adc_arena *scratch)
{
    const struct adc_graph *from = function->graph;
    struct adc_function *to = pass_new_like(arena, function);
    struct simplifier s = {.graph = to->graph, .stage = stage, .scratch = scratch};
    uint8_t *live = ADC_NEW_ARRAY(scratch, uint8_t, from->nodes.count);
    node_t *map = ADC_NEW_ARRAY(scratch, node_t, from->nodes.count);
    adc_function_live(function, live);
    count_users(&s, from, live);
    for (size_t id = 0; id < from->nodes.count; id++) {
        if (!live[id]) continue;
        node_t node = from->nodes.data[id];
        map[id] = simple_node(&s, from, node, map);
        bool leaf = map[id]->op == ADC_OP_CONST || map[id]->op == ADC_OP_PARAM;
        if (!leaf) adc_graph_take_notes(to->graph, map[id], from, node);
    }
    pass_map_roots(to, function, map);
    drop_true_checks(to);
    return to;
}
