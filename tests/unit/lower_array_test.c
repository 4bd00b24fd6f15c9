/* Arrays from text to values: programs are lowered and interpreted, and compared with closed forms;
 * what is stored, what is checked, and that size and depth of the text do not matter. */
#include "tests/unit/frontend_bench.h"

#include "ir/nest.h"
#include "passes/passes.h"

#include <math.h>

enum { MOST = 64 };

/* An argument by name: a scalar, or the elements of an array row by row. */
struct argument {
    const char *name;
    double value;
    const double *elements;
};

struct outcome {
    uint32_t status;
    const char *text; /* of the check that failed */
    size_t count;     /* of all numbers, arrays row by row */
    double number[MOST];
};

static const struct argument *find(const struct argument *arguments, const char *name)
{
    while (arguments->name && strcmp(arguments->name, name) != 0) arguments++;
    if (!arguments->name) fail_msg("no argument %s", name);
    return arguments;
}

static union adc_value of_type(enum adc_type type, double number)
{
    union adc_value value = {.bits = 0};
    if (type == ADC_F64) value.f64 = number;
    else if (type == ADC_F32) value.f32 = (float)number;
    else if (type == ADC_INT) value.integer = (int64_t)number;
    else value.boolean = number != 0;
    return value;
}

static double number_of(enum adc_type type, union adc_value value)
{
    if (type == ADC_F64) return value.f64;
    if (type == ADC_F32) return (double)value.f32;
    return type == ADC_INT ? (double)value.integer : (double)value.boolean;
}

static union adc_value elements_of(struct bench *b, enum adc_type type, const double *numbers)
{
    union adc_value *elements = ADC_NEW_ARRAY(&b->arena, union adc_value, MOST);
    for (size_t i = 0; numbers && i < MOST && !isinf(numbers[i]); i++)
        elements[i] = of_type(type, numbers[i]);
    return (union adc_value){.elements = elements};
}

static void take(struct outcome *out, const struct adc_result *result,
                 const union adc_value *values)
{
    const struct adc_node *node = result->nodes[0];
    size_t length = 1;
    for (unsigned i = 0; i < node->rank; i++) {
        int64_t n = values[adc_shape(node, i)->id].integer;
        length *= n > 0 ? (size_t)n : 0;
    }
    for (size_t i = 0; i < length && out->count < MOST; i++)
        out->number[out->count++] =
            number_of(node->type, node->rank ? values[node->id].elements[i] : values[node->id]);
}

/* The function `f` of the text at the arguments (the last one without a name); every array ends
 * with INFINITY. */
static struct outcome run(struct bench *b, const char *text, const struct argument *arguments)
{
    struct outcome out = {.status = 0};
    union adc_value given[MOST], *values;
    struct adc_text problem;
    bench_check(b, text);
    if (!b->module) fail_msg("%s: %s", bench_codes(b), b->diags.list.data[0]->text);
    struct adc_function *f = bench_lower(b, "f");
    if (!f) fail_msg("%s: %s", bench_codes(b), b->diags.list.data[0]->text);
    f = pass_expand(&b->arena, f, &b->arena, NULL);
    adc_text_init(&problem, &b->arena);
    assert_null(adc_verify(f, &problem));
    for (size_t i = 0; i < f->params.count; i++) {
        const struct adc_parameter *parameter = &f->params.data[i];
        const struct argument *argument = find(arguments, parameter->name->text);
        given[i] = parameter->rank ? elements_of(b, parameter->type, argument->elements)
                                   : of_type(parameter->type, argument->value);
    }
    out.status = adc_interpret(f, given, &b->arena, &values);
    for (size_t i = 0; i < f->checks.count; i++)
        if (f->checks.data[i].status == out.status) out.text = f->checks.data[i].text;
    for (size_t i = 0; !out.status && i < f->results.count; i++)
        take(&out, &f->results.data[i], values);
    return out;
}

static void expect(const struct outcome *out, size_t count, const double *numbers)
{
    if (out->status) fail_msg("status %u: %s", out->status, out->text);
    assert_int_equal(out->count, count);
    for (size_t i = 0; i < count; i++) {
        bool same = isnan(numbers[i]) ? isnan(out->number[i])
                    : isinf(numbers[i])
                        ? out->number[i] == numbers[i]
                        : fabs(out->number[i] - numbers[i]) <= 1e-12 * (1 + fabs(numbers[i]));
        if (!same) fail_msg("number %zu is %.17g, not %.17g", i, out->number[i], numbers[i]);
    }
}

#define ARGUMENTS(...) ((const struct argument[]){__VA_ARGS__, {.name = NULL}})
#define ARRAY(...) ((const double[]){__VA_ARGS__, INFINITY})
#define NOTHING ((const double[]){INFINITY})
#define EXPECT(out, ...)                                                   \
    expect(&(out), sizeof((const double[]){__VA_ARGS__}) / sizeof(double), \
           (const double[]){__VA_ARGS__})

/* Arrays that are stored. */
static size_t count_arrays(const struct adc_function *f)
{
    size_t count = 0;
    if (bench_count(f, ADC_OP_NEST) == 0) return 0;
    for (size_t i = 0; i < f->graph->nodes.count; i++)
        count += f->graph->nodes.data[i]->op == ADC_OP_NEST && f->graph->nodes.data[i]->rank;
    return count;
}

/* -------------------------------------------------------------------- parameters */

static void dimensions_are_the_first_parameters(void **state)
{
    struct bench *b = *state;
    bench_check(b, "export fn f(s: real, A: real[K, D*(D + 1) div 2], m: real[N, D], _: real[_])\n"
                   "    -> real = s + A[0, 0] + m[0, 0]\n");
    struct adc_function *f = bench_lower(b, "f");
    static const char *const names[] = {"K", "N", "D", "__0", "s", "A", "m", "_"};
    assert_int_equal(f->params.count, 8);
    for (size_t i = 0; i < 8; i++) {
        assert_string_equal(f->params.data[i].name->text, names[i]);
        assert_int_equal(f->params.data[i].kind == ADC_DIM, i < 4);
    }
    const struct adc_parameter *A = &f->params.data[5], *m = &f->params.data[6];
    assert_int_equal(A->rank, 2);
    assert_int_equal(A->shape[0]->number, 0);
    assert_int_equal(A->shape[1]->op, ADC_OP_IDIV);
    assert_int_equal(m->shape[1]->number, 2);
}

static void equal_sizes_are_one_node(void **state)
{
    struct bench *b = *state;
    bench_check(b,
                "export fn f(x: real[N], y: real[M], p: real[(N + M)*(N - M)],\n"
                "            q: real[N^2 - M*M], r: real[(M + N) div 2], s: real[(N + M) div 2],\n"
                "            t: real[max(N, M)], u: real[max(M, N)]) -> real =\n"
                "  sum(p*q) + sum(r*s) + sum(t*u) + sum(x) + sum(y)\n");
    struct adc_function *f = bench_lower(b, "f");
    assert_non_null(f);
    assert_ptr_equal(f->params.data[4].shape[0], f->params.data[5].shape[0]);
    assert_ptr_equal(f->params.data[6].shape[0], f->params.data[7].shape[0]);
    assert_ptr_equal(f->params.data[8].shape[0], f->params.data[9].shape[0]);
    assert_int_equal(f->checks.count, 1); /* N^2 - M^2 may be negative */
}

static void sizes_that_may_differ_are_checked(void **state)
{
    static const char *const programs[] = {
        "export fn f(x: real[N], y: real[M]) -> real = sum(i: x[i]*y[i])\n",
        "export fn f(x: real[N], y: real[M]) -> real = sum(x*y)\n",
        "export fn f(x: real[N], y: real[M]) -> real = x @ y\n",
        "fn g(a: real[K], b: real[K]) -> real = sum(i: a[i]*b[i])\n"
        "export fn f(x: real[N], y: real[M]) -> real = g(x, y)\n",
        "fn g(a: real[K], n: real[N]) -> real[N] = a\n"
        "export fn f(x: real[N], y: real[M]) -> real = sum(y*g(x, y))\n",
        "export fn f(x: real[N], y: real[M]) -> real {\n"
        "  let z: real[N] = y\n  sum(i: x[i]*z[i])\n}\n",
        "export fn f(x: real[N], y: real[M]) -> real = dot(x, if N > 0 then y else x)\n",
    };
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        struct bench *b;
        bench_set_up((void **)&b);
        struct outcome out = run(b, programs[i],
                                 ARGUMENTS({"N", 2, NULL}, {"M", 2, NULL}, {"x", 0, ARRAY(1, 2)},
                                           {"y", 0, ARRAY(3, 5)}));
        EXPECT(out, 13);
        out = run(b, programs[i],
                  ARGUMENTS({"N", 2, NULL}, {"M", 3, NULL}, {"x", 0, ARRAY(1, 2)},
                            {"y", 0, ARRAY(3, 5, 7)}));
        assert_int_equal(out.status, 1);
        assert_non_null(strstr(out.text, "must be equal here"));
        bench_tear_down((void **)&b);
    }
    (void)state;
}

/* ---------------------------------------------------------------------- programs */

static void sums_of_neighbours(void **state)
{
    const char *text = "export fn f(var x: real[N]) -> real =\n"
                       "  sum(i in 0..N-1: 100*(x[i+1] - x[i]^2)^2 + (1 - x[i])^2)\n";
    struct outcome out = run(*state, text, ARGUMENTS({"N", 0, NULL}, {"x", 0, NOTHING}));
    EXPECT(out, 0);
    out = run(*state, text, ARGUMENTS({"N", 1, NULL}, {"x", 0, ARRAY(7)}));
    EXPECT(out, 0);
    out = run(*state, text, ARGUMENTS({"N", 3, NULL}, {"x", 0, ARRAY(1, 2, 0.5)}));
    EXPECT(out, 100 * 1 + 0 + 100 * 3.5 * 3.5 + 1);
    struct adc_function *f = bench_lower(*state, "f");
    assert_int_equal(f->checks.count, 0);
    assert_int_equal(count_arrays(f), 0);
}

static void logistic_regression(void **state)
{
    struct outcome out =
        run(*state,
            "export fn f(var w: real[D], var b: real, data X: real[N, D], data y: real[N],\n"
            "            data ridge: real = 0.1) -> (loss: real, correct: int) {\n"
            "  require N > 0, \"no samples\"\n"
            "  let z[n] = sum(d: X[n, d]*w[d]) + b\n"
            "  let loss = mean(n: softplus(z[n]) - y[n]*z[n]) + 0.5*ridge*dot(w, w)\n"
            "  let correct = count(n if (z[n] > 0) == (y[n] > 0.5): true)\n"
            "  (loss = loss, correct = correct)\n}\n",
            ARGUMENTS({"N", 3, NULL}, {"D", 2, NULL}, {"w", 0, ARRAY(1, 2)}, {"b", 0.5, NULL},
                      {"X", 0, ARRAY(1, 0, 0, 1, 1, -2)}, {"y", 0, ARRAY(1, 0, 1)},
                      {"ridge", 0.1, NULL}));
    double loss = (log1p(exp(1.5)) - 1.5 + log1p(exp(2.5)) + log1p(exp(-2.5)) + 2.5) / 3 + 0.25;
    EXPECT(out, loss, 1);
}

/* ADBench, d = 2, k = 3, one point: the objective without its constant, which needs lgamma. */
static void gaussian_mixture(void **state)
{
    const double pi = 3.14159265358979323846;
    struct outcome out = run(
        *state,
        "export fn f(var alpha: real[K], var mu: real[K, D], var icf: real[K, D*(D + 1) div 2],\n"
        "            data x: real[N, D], data gamma: real, data m: int) -> real {\n"
        "  let sumlog[k] = sum(i in 0..D: icf[k, i])\n"
        "  let Q[k, r in 0..D, c in 0..D] =\n"
        "    if r == c then exp(icf[k, r])\n"
        "    else if r > c then icf[k, D + c*(2*D - c - 1) div 2 + r - c - 1]\n"
        "    else 0\n"
        "  let ll = sum(n: logsumexp(k:\n"
        "      alpha[k] + sumlog[k]\n"
        "        - 0.5*sum(r: sum(c in 0..r+1: Q[k, r, c]*(x[n, c] - mu[k, c]))^2)))\n"
        "  let prior = sum(k: 0.5*gamma^2*sum(r, c in 0..r+1: Q[k, r, c]^2) - m*sumlog[k])\n"
        "  -0.5*N*D*log(2*pi) + ll - N*logsumexp(alpha) + prior\n}\n",
        ARGUMENTS({"K", 3, NULL}, {"D", 2, NULL}, {"N", 1, NULL}, {"gamma", 1, NULL},
                  {"m", 0, NULL}, {"alpha", 0, ARRAY(-0.649014, 1.181166, -0.758453)},
                  {"mu", 0, ARRAY(0.092339, 0.186260, 0.345561, 0.396767, 0.538817, 0.419195)},
                  {"icf", 0,
                   ARRAY(0.586443, -0.851887, 0.800321, -1.509405, 0.875874, -0.242790, 0.166813,
                         -1.965419, -1.270071)},
                  {"x", 0, ARRAY(1.175171, 2.029160)}));
    double log_gamma = 0.5 * log(pi) + lgamma(1.5) + lgamma(1.0);
    double constant = 3 * 2 * (-0.5 * log(2.0)) - log_gamma;
    EXPECT(out, 8.07380408004975791 + 3 * constant);
}

static void softmax_regression(void **state)
{
    const char *text = "export fn f(var W: real[C, D], var b: real[C], data X: real[N, D],\n"
                       "            data label: int[N]) -> real {\n"
                       "  let s[n, c] = sum(d: W[c, d]*X[n, d]) + b[c]\n"
                       "  mean(n: logsumexp(c: s[n, c]) - s[n, label[n]])\n}\n";
    struct argument arguments[] = {{"C", 3, NULL},
                                   {"D", 2, NULL},
                                   {"N", 2, NULL},
                                   {"W", 0, ARRAY(1, 2, 0, 1, 1, 1)},
                                   {"b", 0, ARRAY(0, 0.5, 1)},
                                   {"X", 0, ARRAY(1, 2, 0.5, -1)},
                                   {"label", 0, ARRAY(2, 0)},
                                   {.name = NULL}};
    struct outcome out = run(*state, text, arguments);
    double first = log(exp(5) + exp(2.5) + exp(4)) - 4;
    double second = log(exp(-1.5) + exp(-0.5) + exp(0.5)) + 1.5;
    EXPECT(out, (first + second) / 2);
    arguments[6].elements = ARRAY(2, 3);
    out = run(*state, text, arguments);
    assert_int_not_equal(out.status, 0);
    assert_string_equal(out.text, "index of `s` outside 0..C");
    arguments[2].value = 0;
    out = run(*state, text, arguments);
    assert_string_equal(out.text, "`mean` of nothing");
}

static void histogram_is_one_pass(void **state)
{
    struct bench *b = *state;
    struct outcome out =
        run(b,
            "export fn f(w: real[N], bin: int[N], v: real[N, 2]) -> (h: real[3], m: real[3, 2],\n"
            "                                                        n: int[2]) {\n"
            "  let h[b in 0..3] = sum(i if bin[i] == b: w[i])\n"
            "  let m[b in 0..3, k] = sum(i if w[i] > 1 and b == bin[i]: v[i, k]*(b + 1))\n"
            "  (h, m, [b in 1..3: count(i if bin[i] == b: true)])\n}\n",
            ARGUMENTS({"N", 4, NULL}, {"w", 0, ARRAY(1, 2, 4, 8)}, {"bin", 0, ARRAY(0, 2, 2, 7)},
                      {"v", 0, ARRAY(1, 2, 3, 4, 5, 6, 7, 8)}));
    EXPECT(out, 1, 0, 6, 0, 0, 0, 0, 24, 30, 0, 2);
    struct adc_function *f = bench_lower(b, "f");
    for (size_t i = 0; i < 2; i++) {
        const struct adc_node *node = f->results.data[i].nodes[0];
        assert_int_equal(node->op, ADC_OP_NEST);
        assert_int_equal(node->number, ADC_REDUCE_SUM);
        assert_int_equal(adc_nest_parts(node).index_count, 1 + i);
    }
    assert_int_equal(f->checks.count, 0);
}

static void gathers_are_checked_once(void **state)
{
    const char *text = "export fn f(X: real[M, 2], obs: int[P, 2]) -> real[P] {\n"
                       "  let r[p] = sum(k: X[obs[p, 0], k]*X[obs[p, 1], k])\n  r\n}\n";
    struct argument arguments[] = {{"M", 3, NULL},
                                   {"P", 2, NULL},
                                   {"X", 0, ARRAY(1, 2, 3, 4, 5, 6)},
                                   {"obs", 0, ARRAY(0, 1, 2, 2)},
                                   {.name = NULL}};
    struct outcome out = run(*state, text, arguments);
    EXPECT(out, 11, 61);
    assert_int_equal(bench_lower(*state, "f")->checks.count, 2);
    arguments[3].elements = ARRAY(0, 1, 2, 3);
    out = run(*state, text, arguments);
    assert_int_equal(out.status, 2);
    assert_string_equal(out.text, "index of `X` outside 0..M");
    arguments[3].elements = ARRAY(-1, 1, 2, 2);
    assert_int_equal(run(*state, text, arguments).status, 1);
    arguments[1].value = 0;
    assert_int_equal(run(*state, text, arguments).status, 0);
}

static void whole_arrays(void **state)
{
    struct outcome out = run(
        *state,
        "export fn f(A: real[2, 3], B: real[3, 2], x: real[3], y: real[2]) -> (p: real[2, 2],\n"
        "    q: real[2], r: real[3], s: real, t: real[2, 3], u: real[3, 2], v: real[2],\n"
        "    c: real[3], o: real[2, 3], n: real, d: real, e: real[2, 2], z: real[2], g: int) =\n"
        "  (A @ B, A @ x - y, y @ A, x @ x, exp(0*A)*2, A', A[:, 1], cross(x, [1, 0, 0]),\n"
        "   outer(y, x), norm(y), trace(A @ B), eye(2) + fill(1.5, 2, 2), ones(2) - zeros(2),\n"
        "   len(A))\n",
        ARGUMENTS({"A", 0, ARRAY(1, 2, 3, 4, 5, 6)}, {"B", 0, ARRAY(1, 0, 2, 1, 0, -1)},
                  {"x", 0, ARRAY(1, -1, 2)}, {"y", 0, ARRAY(3, 4)}));
    EXPECT(out, 5, -1, 14, -1, 2, 7, 19, 26, 33, 6, 2, 2, 2, 2, 2, 2, 1, 4, 2, 5, 3, 6, 2, 5, 0, 2,
           1, 3, -3, 6, 4, -4, 8, 5, 4, 2.5, 1.5, 1.5, 2.5, 1, 1, 2);
}

static void slices_and_literals(void **state)
{
    const char *text = "export fn f(x: real[N], k: int) -> (a: real[N-1], b: real[2, 2], c: real,\n"
                       "                                      d: real[_]) =\n"
                       "  (x[1..] - x[..N-1], [[1, x[0]], [x[1], 0]], [1, 2, 4][k], x[k..k+2])\n";
    struct argument arguments[] = {
        {"N", 3, NULL}, {"k", 1, NULL}, {"x", 0, ARRAY(1, 4, 9)}, {.name = NULL}};
    struct outcome out = run(*state, text, arguments);
    EXPECT(out, 3, 5, 1, 1, 4, 0, 2, 4, 9);
    arguments[1].value = 2;
    assert_string_equal(run(*state, text, arguments).text, "slice of `x` outside 0..N");
    arguments[1].value = 3;
    assert_string_equal(run(*state, text, arguments).text, "index of `[1, 2, 4]` outside 0..3");
}

static void branches_of_arrays(void **state)
{
    const char *text = "export fn f(x: real[N]) -> real[N] {\n"
                       "  mut y = x\n  if x[0] > 0 { y = y*y } else { y -= 1 }\n"
                       "  let z = if x[1] > 0 then y else -x\n"
                       "  [i: if i > 0 then z[i] - z[i-1] else z[i]]\n}\n";
    struct argument arguments[] = {{"N", 2, NULL}, {"x", 0, ARRAY(2, 3)}, {.name = NULL}};
    struct outcome out = run(*state, text, arguments);
    EXPECT(out, 4, 5);
    arguments[1].elements = ARRAY(-2, 3);
    out = run(*state, text, arguments);
    EXPECT(out, -3, 5);
    arguments[1].elements = ARRAY(2, -3);
    out = run(*state, text, arguments);
    EXPECT(out, -2, 5);
    arguments[0].value = 1;
    assert_string_equal(run(*state, text, arguments).text, "index of `x` outside 0..N");
}

static void ranges_may_depend_on_indices_and_arrays(void **state)
{
    struct outcome out =
        run(*state,
            "export fn f(A: real[N, N], ptr: int[M], v: real[P]) -> (t: real, r: real[M-1], u: "
            "real) =\n"
            "  (sum(i, j in 0..i: A[i, j]), [i in 0..M-1: sum(k in ptr[i]..ptr[i+1]: v[k])],\n"
            "   sum(i: sum(j in i..N: A[i, j])^2))\n",
            ARGUMENTS({"N", 3, NULL}, {"M", 4, NULL}, {"P", 4, NULL},
                      {"A", 0, ARRAY(1, 2, 3, 4, 5, 6, 7, 8, 9)}, {"ptr", 0, ARRAY(0, 2, 2, 4)},
                      {"v", 0, ARRAY(1, 2, 4, 8)}));
    EXPECT(out, 19, 3, 0, 12, 36 + 121 + 81);
}

/* ------------------------------------------------------------------- reductions */

static void reductions_of_values(void **state)
{
    const char *text =
        "export fn f(x: real[N], n: int[N]) -> (a: real, b: real, c: real, d: real, e: real,\n"
        "    g: int, h: int, i: bool, j: bool, k: int, l: int, m: int) =\n"
        "  (sum(x), prod(x), max(x), min(i if x[i] > 0: x[i]), mean(x), argmax(x),\n"
        "   argmin(i if n[i] > 0: x[i]), all(i: x[i] > 0), any(i: x[i] > 3), count(i: x[i] > 1),\n"
        "   max(n) + min(n), prod(i: n[i] + i))\n";
    struct argument arguments[] = {
        {"N", 4, NULL}, {"x", 0, ARRAY(2, -1, 4, 4)}, {"n", 0, ARRAY(1, 0, 3, 2)}, {.name = NULL}};
    struct outcome out = run(*state, text, arguments);
    EXPECT(out, 9, -32, 4, 2, 2.25, 2, 0, 0, 1, 3, 3, 25);
    arguments[1].elements = ARRAY(2, NAN, 4, NAN);
    out = run(*state, text, arguments);
    EXPECT(out, NAN, NAN, NAN, 2, NAN, 1, 3, 0, 1, 2, 3, 25);
    arguments[1].elements = ARRAY(-2, -1, 0, 0);
    assert_string_equal(run(*state, text, arguments).text, "`min` of nothing");
    arguments[0].value = 0;
    assert_string_equal(run(*state, text, arguments).text, "`max` of nothing");
}

static void reductions_of_nothing(void **state)
{
    struct outcome out =
        run(*state,
            "export fn f(x: real[N]) -> (a: real, b: real, c: real, d: bool, e: bool, g: int) =\n"
            "  (sum(x), prod(x), logsumexp(x), all(i: x[i] > 0), any(i: x[i] > 0),\n"
            "   count(i: x[i] > 0))\n",
            ARGUMENTS({"N", 0, NULL}, {"x", 0, NOTHING}));
    EXPECT(out, 0, 1, -INFINITY, 1, 0, 0);
}

static void logsumexp_at_its_edges(void **state)
{
    const char *text = "export fn f(var a: real, var b: real) -> (v: real, g: real) {\n"
                       "  let l = logsumexp([a, b])\n  (l, grad(l, a))\n}\n";
    struct argument arguments[] = {{"a", 0, NULL}, {"b", 0, NULL}, {.name = NULL}};
    struct outcome out = run(*state, text, arguments);
    EXPECT(out, log(2.0), 0.5);
    arguments[0].value = 1000;
    arguments[1].value = 1000 + log(3.0);
    out = run(*state, text, arguments);
    EXPECT(out, 1000 + log(4.0), 0.25);
    arguments[0].value = -INFINITY;
    arguments[1].value = 3;
    out = run(*state, text, arguments);
    EXPECT(out, 3, 0);
    arguments[1].value = -INFINITY;
    out = run(*state, text, arguments);
    EXPECT(out, -INFINITY, 0);
    arguments[1].value = INFINITY;
    out = run(*state, text, arguments);
    assert_true(out.number[0] == INFINITY);
    arguments[1].value = NAN;
    out = run(*state, text, arguments);
    assert_true(isnan(out.number[0]));
}

/* -------------------------------------------------------------------- definitions */

static void what_is_read_at_its_own_indices_is_not_stored(void **state)
{
    struct bench *b = *state;
    bench_check(b, "export fn f(var w: real[D], X: real[N, D], y: real[N]) -> real {\n"
                   "  let r[n] = sum(d: X[n, d]*w[d]) - y[n]\n"
                   "  let z = X @ w - y\n"
                   "  let c[n] = y[n] + 1\n"
                   "  sum(n: r[n]^2) + sum(z^2) + sum(n in 0..N-1: c[n+1])\n}\n");
    assert_int_equal(count_arrays(bench_lower(b, "f")), 0);
    bench_check(b, "export fn f(var w: real[D], X: real[N, D], y: real[N]) -> real {\n"
                   "  let r[n] = sum(d: X[n, d]*w[d]) - y[n]\n"
                   "  sum(n in 0..N-1: r[n]*r[n+1]) + sum(n, d: X[n, d]*r[n])\n}\n");
    assert_int_equal(count_arrays(bench_lower(b, "f")), 1);
}

static void local_arrays_become_arrays_over_the_indices_around(void **state)
{
    struct bench *b = *state;
    struct outcome out = run(b,
                             "export fn f(A: real[N, N]) -> real =\n"
                             "  sum(i: { let r[j] = sum(k: A[i, k]*A[k, j])\n"
                             "    sum(j: r[j]*r[N-1-j]) + sum(j, k: r[k]*A[j, k]) })\n",
                             ARGUMENTS({"N", 2, NULL}, {"A", 0, ARRAY(1, 2, 3, 4)}));
    /* r = 7 10; 15 22 */
    EXPECT(out, 2 * 70 + 2 * 330 + 7 * 4 + 10 * 6 + 15 * 4 + 22 * 6);
    struct adc_function *f = bench_lower(b, "f");
    assert_int_equal(count_arrays(f), 1);
}

/* Local arrays whose length is an index. */
static void local_arrays_over_triangles(void **state)
{
    struct outcome out = run(*state,
                             "export fn f(x: real[N]) -> real =\n"
                             "  sum(i: { let y[k in 0..i+1] = sum(l in 0..k+1: x[l]*x[i])\n"
                             "    sum(k in 0..i+1: y[k]*y[i-k]) })\n",
                             ARGUMENTS({"N", 3, NULL}, {"x", 0, ARRAY(1, 2, 3)}));
    /* y: 1; 2 6; 3 9 18 */
    EXPECT(out, 1 + 24 + 2 * 54 + 81);
}

/* The same letters and functions inside each other's loops. */
static void letters_do_not_meet(void **state)
{
    struct outcome out =
        run(*state,
            "fn s(v: real[K], w: real[K]) -> real = sum(i: v[i]*w[K-1-i])\n"
            "export fn f(A: real[N, N], x: real[N]) -> (a: real, b: real, c: real) {\n"
            "  let r[n] = sum(d: A[n, d]*x[d])\n"
            "  let q[n] = sum(d: A[d, n]*r[d])\n"
            "  let a = sum(n: sum(d: q[d]*r[n]*A[n, d]) + q[n])\n"
            "  let b = sum(j: s(A[j], x)*j) + sum(i: sum(j: s(A[j], x)*x[i]*A[(i + j) mod N, j]))\n"
            "  let c = sum(i: sum(A[i]*sum(A[i]*x)))\n"
            "  (a, b, c)\n}\n",
            ARGUMENTS({"N", 2, NULL}, {"A", 0, ARRAY(1, 2, 3, 4)}, {"x", 0, ARRAY(5, 7)}));
    /* r = 19 43, q = 148 210; s = 1*7 + 2*5, 3*7 + 4*5 = 17 41 */
    double a = 148 * 19 * 1.0 + 210 * 19 * 2.0 + 148 * 43 * 3.0 + 210 * 43 * 4.0 + 358;
    double b = 41 + 5 * (17 * 1 + 41 * 4) + 7 * (17 * 3 + 41 * 2);
    EXPECT(out, a, b, 3 * 19 + 7 * 43);
}

static void checks_inside_hold_for_all_values(void **state)
{
    const char *text = "fn g(k: int, n: int) -> int = k div n\n"
                       "export fn f(n: int[N], m: int) -> int =\n"
                       "  sum(i if m > 0: g(10, n[i])) + sum(i in 0..N: i div m)\n";
    struct argument arguments[] = {
        {"N", 2, NULL}, {"n", 0, ARRAY(5, 2)}, {"m", 1, NULL}, {.name = NULL}};
    struct outcome out = run(*state, text, arguments);
    EXPECT(out, 8);
    arguments[1].elements = ARRAY(5, 0);
    assert_string_equal(run(*state, text, arguments).text, "division by zero in `k div n`");
    arguments[2].value = 0;
    assert_string_equal(run(*state, text, arguments).text, "division by zero in `i div m`");
    arguments[0].value = 0; /* nothing is divided */
    out = run(*state, text, arguments);
    EXPECT(out, 0);
}

/* ---------------------------------------------------------------------- derivatives */

static void derivatives_by_arrays(void **state)
{
    struct outcome out = run(
        *state,
        "export fn f(var x: real[N], v: real[N]) -> (g: real[N], h: real[N], j: real, k: real[N],\n"
        "    m: real[N], s: real) {\n"
        "  let e = sum(i: x[i]^3) + x[0]*x[1]\n"
        "  let y = x*x*v[0]\n"
        "  let s = sum(i: { let t = x[i]\n    grad(t^3, t) })\n"
        "  (grad(e, x), hvp(e, x, v), jvp(e, x, v), vjp(y, x, v), jvp(y, x, v), s)\n}\n",
        ARGUMENTS({"N", 3, NULL}, {"x", 0, ARRAY(1, 2, 3)}, {"v", 0, ARRAY(2, 0, 1)}));
    EXPECT(out, 5, 13, 27, 12, 2, 18, 37, 8, 0, 12, 8, 0, 12, 42);
}

static void derivatives_by_arrays_at_every_point(void **state)
{
    struct outcome out =
        run(*state,
            "export fn f(var x: real[N], var A: real[N, N]) -> real =\n"
            "  sum(i: { let e = sum(j: A[i, j]*x[j]^2)\n    sum(grad(e, x)) })\n",
            ARGUMENTS({"N", 2, NULL}, {"x", 0, ARRAY(1, 2)}, {"A", 0, ARRAY(1, 2, 3, 4)}));
    EXPECT(out, 2 * (1 + 4 + 3 + 8));
}

/* ---------------------------------------------------------------------- extent */

static void indices_have_a_greatest_depth(void **state)
{
    struct bench *b = *state;
    for (unsigned depth = 24; depth <= 25; depth++) {
        struct adc_text text;
        adc_text_init(&text, &b->arena);
        adc_text_add(&text, "export fn f(x: real[2]) -> real = ");
        for (unsigned i = 0; i < depth; i++) adc_text_format(&text, "sum(i%u in 0..2: ", i);
        adc_text_add(&text, "x[i0]");
        for (unsigned i = 0; i < depth; i++) adc_text_add(&text, ")");
        adc_text_add(&text, "\n");
        bench_check(b, text.data);
        bool good = bench_lower(b, "f") != NULL;
        assert_int_equal(good, depth == 24);
    }
    assert_string_equal(bench_codes(b), "E37");
}

/* Arrays and derivatives may depend on fewer. */
static void indices_around_arrays_have_a_greatest_depth(void **state)
{
    struct bench *b = *state;
    for (unsigned depth = 8; depth <= 9; depth++) {
        struct adc_text text;
        adc_text_init(&text, &b->arena);
        adc_text_add(&text, "export fn f(x: real[2]) -> real = ");
        for (unsigned i = 0; i < depth; i++) adc_text_format(&text, "sum(i%u in 0..2: ", i);
        adc_text_add(&text, "{ let y[j] = x[j]*x[0]");
        for (unsigned i = 0; i < depth; i++) adc_text_format(&text, "*x[i%u]", i);
        adc_text_add(&text, "\n let e = prod(j: y[j])\n sum(grad(e, y)) }");
        for (unsigned i = 0; i < depth; i++) adc_text_add(&text, ")");
        adc_text_add(&text, "\n");
        bench_check(b, text.data);
        bool good = bench_lower(b, "f") != NULL;
        assert_int_equal(good, depth == 8);
    }
    assert_string_equal(bench_codes(b), "E37 E37"); /* the array, the derivative */
}

/* Ten thousand definitions, each of which reads the one before twice. */
static void definitions_stay_linear(void **state)
{
    enum { MANY = 10000 };
    struct bench *b = *state;
    struct adc_text text;
    adc_text_init(&text, &b->arena);
    adc_text_add(&text, "export fn f(var x: real[N]) -> real {\n  let a0 = x\n");
    for (unsigned k = 1; k <= MANY; k++)
        adc_text_format(&text, "  let a%u[i] = a%u[i] + 2*a%u[N-1-i]\n", k, k - 1, k - 1);
    adc_text_format(&text, "  sum(a%u)\n}\n", MANY);
    bench_check(b, text.data);
    struct adc_function *f = bench_lower(b, "f");
    assert_non_null(f);
    assert_true(f->graph->nodes.count < 10 * MANY);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_set_up, bench_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(dimensions_are_the_first_parameters),
        TEST(equal_sizes_are_one_node),
        cmocka_unit_test(sizes_that_may_differ_are_checked),
        TEST(sums_of_neighbours),
        TEST(logistic_regression),
        TEST(gaussian_mixture),
        TEST(softmax_regression),
        TEST(histogram_is_one_pass),
        TEST(gathers_are_checked_once),
        TEST(whole_arrays),
        TEST(slices_and_literals),
        TEST(branches_of_arrays),
        TEST(ranges_may_depend_on_indices_and_arrays),
        TEST(reductions_of_values),
        TEST(reductions_of_nothing),
        TEST(logsumexp_at_its_edges),
        TEST(what_is_read_at_its_own_indices_is_not_stored),
        TEST(local_arrays_become_arrays_over_the_indices_around),
        TEST(local_arrays_over_triangles),
        TEST(letters_do_not_meet),
        TEST(checks_inside_hold_for_all_values),
        TEST(derivatives_by_arrays),
        TEST(derivatives_by_arrays_at_every_point),
        TEST(indices_have_a_greatest_depth),
        TEST(indices_around_arrays_have_a_greatest_depth),
        TEST(definitions_stay_linear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
