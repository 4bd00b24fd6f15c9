/* The graph as written: what is shared, where branches join, which checks hold where, and that size
 * and depth of the text do not matter. */
#include "tests/unit/frontend_bench.h"

static void equal_expressions_are_one_node(void **state)
{
    struct bench *b = *state;
    bench_check(b, "export fn f(var x: real, var y: real) -> real = x*y + x*y\n");
    struct adc_function *f = bench_lower(b, "f");
    assert_int_equal(bench_count(f, ADC_OP_MUL), 1);
    assert_int_equal(bench_count(f, ADC_OP_ADD), 1);
}

static void names_and_results_come_from_the_source(void **state)
{
    struct bench *b = *state;
    bench_check(b, "type P = (u: real, v: int)\n"
                   "/// Doc.\nexport fn f(var x: real, n: int = 3) -> (p: P, q: bool) {\n"
                   "  let s = x*x\n  ((s, n), s > 1)\n}\n");
    struct adc_function *f = bench_lower(b, "f");
    assert_int_equal(f->results.count, 3);
    assert_string_equal(f->results.data[0].name->text, "p_u");
    assert_string_equal(f->results.data[1].name->text, "p_v");
    assert_string_equal(f->results.data[2].name->text, "q");
    assert_int_equal(f->results.data[2].type, ADC_BOOL);
    const struct adc_node *s = f->results.data[0].nodes[0];
    assert_string_equal(f->graph->names.data[s->id]->text, "s");
    assert_true(f->params.data[1].has_default);
    assert_int_equal(f->params.data[1].value.integer, 3);
    assert_string_equal(f->doc, "Doc.");
    assert_true(f->exported);
}

static void ints_become_constants_of_the_real_type(void **state)
{
    struct bench *b = *state;
    bench_check(b, "export fn f(s: f32, x: real) -> (a: f32, b: real) = (2*s + 0.1, 3*x)\n");
    struct adc_function *f = bench_lower(b, "f");
    assert_int_equal(bench_count(f, ADC_OP_INT_TO_F32) + bench_count(f, ADC_OP_INT_TO_F64), 0);
    assert_int_equal(bench_count(f, ADC_OP_F64_TO_F32), 0);
    assert_int_equal(f->results.data[0].type, ADC_F32);
    const struct adc_node *sum = f->results.data[0].nodes[0];
    assert_true(adc_is_const(sum->in[1]));
    assert_true(sum->in[1]->value.f32 == 0.1f);
}

static void power_takes_the_integer_row_for_integral_exponents(void **state)
{
    static const struct {
        const char *expression;
        enum adc_op op;
    } rows[] = {
        {"x^2", ADC_OP_IPOW},    {"x^-2", ADC_OP_IPOW},   {"x^3.0", ADC_OP_IPOW},
        {"x^n", ADC_OP_IPOW},    {"x^k", ADC_OP_IPOW},    {"x^(4/2)", ADC_OP_IPOW},
        {"x^0.5", ADC_OP_POW},   {"x^y", ADC_OP_POW},     {"2^x", ADC_OP_POW},
        {"x*n^2", ADC_OP_IPOWI}, {"x*n^k", ADC_OP_IPOWI}, {"n^-1.0", ADC_OP_IPOW},
    };
    struct bench *b = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct adc_text text;
        adc_text_init(&text, &b->arena);
        adc_text_format(&text, "fn f(x: real, y: real, n: int, const k: int = 4) -> real = %s\n",
                        rows[i].expression);
        bench_check(b, text.data);
        struct adc_function *f = bench_lower(b, "f");
        assert_non_null(f);
        if (bench_count(f, rows[i].op) != 1) print_message("%s\n", rows[i].expression);
        assert_int_equal(bench_count(f, rows[i].op), 1);
    }
}

static void branch_joins_each_changed_mut(void **state)
{
    struct bench *b = *state;
    bench_check(b, "export fn f(var x: real) -> (a: real, b: real, c: real) {\n"
                   "  mut a = x\n  mut b = x\n  mut c = x\n"
                   "  if x > 0 { a = 2*x } else { b = 3*x }\n"
                   "  (a, b, c)\n}\n");
    struct adc_function *f = bench_lower(b, "f");
    assert_int_equal(bench_count(f, ADC_OP_IF), 2);
    const struct adc_node *a = f->results.data[0].nodes[0], *x = f->results.data[2].nodes[0];
    const struct adc_node *other = f->results.data[1].nodes[0];
    assert_int_equal(x->op, ADC_OP_PARAM);
    assert_ptr_equal(a->in[2], x);
    assert_ptr_equal(other->in[1], x);
    assert_ptr_equal(a->in[0], other->in[0]);
}

static void assignment_is_simultaneous(void **state)
{
    struct bench *b = *state;
    bench_check(b, "export fn f(var x: real, var y: real) -> (a: real, b: real) {\n"
                   "  mut a = x\n  mut b = y\n  (a, b) = (b, a)\n  (a, b)\n}\n");
    struct adc_function *f = bench_lower(b, "f");
    assert_int_equal(f->results.data[0].nodes[0]->number, 1);
    assert_int_equal(f->results.data[1].nodes[0]->number, 0);
}

static void every_value_of_a_differentiated_mut_is_marked(void **state)
{
    struct bench *b = *state;
    bench_check(b, "export fn f(var x: real) -> real {\n  mut s = x\n"
                   "  if x > 0 { s = 2*s }\n  grad(s*s, s)\n}\n");
    struct adc_function *f = bench_lower(b, "f");
    const struct adc_node *grad = f->results.data[0].nodes[0];
    assert_int_equal(grad->op, ADC_OP_GRAD);
    assert_int_equal(grad->in[1]->op, ADC_OP_MARK);
    assert_int_equal(grad->in[1]->in[0]->op, ADC_OP_IF);
    assert_int_equal(bench_count(f, ADC_OP_MARK), 3);
}

/* ---------------------------------------------------------------------- checks */

static void check_in_an_arm_holds_under_its_path(void **state)
{
    struct bench *b = *state;
    bench_check(b, "fn inverse(n: int) -> int = 100 div n\n"
                   "export fn f(var x: real, n: int) -> real {\n"
                   "  let r = if x > 0 then inverse(n) else 0\n"
                   "  require r < 50, \"too large\"\n  x*r\n}\n");
    struct adc_function *f = bench_lower(b, "f");
    assert_int_equal(f->checks.count, 2);
    assert_int_equal(f->checks.data[0].status, 1);
    assert_int_equal(f->checks.data[1].status, 2);
    assert_string_equal(f->checks.data[0].text, "division by zero in `100 div n`");
    assert_string_equal(f->checks.data[1].text, "too large");
    const struct adc_node *condition = f->checks.data[0].condition;
    assert_int_equal(condition->op, ADC_OP_IF);
    assert_int_equal(condition->in[0]->op, ADC_OP_GT);
    assert_int_equal(condition->in[1]->op, ADC_OP_INE);
    assert_true(adc_is_const(condition->in[2]) && condition->in[2]->value.boolean);
}

static void call_in_both_arms_is_checked_in_both(void **state)
{
    struct bench *b = *state;
    bench_check(b, "fn inverse(n: int) -> int = 100 div n\n"
                   "export fn f(x: real, n: int) -> int =\n"
                   "  if x > 2 then inverse(n) else if x > 1 then 0 else inverse(n)\n");
    struct adc_function *f = bench_lower(b, "f");
    assert_int_equal(bench_count(f, ADC_OP_IDIV), 1);
    assert_int_equal(f->checks.count, 1);
    /* x, n, status: the middle arm alone divides by nothing */
    static const struct {
        double x;
        int64_t n;
        uint32_t status;
    } rows[] = {{3, 0, 1}, {1.5, 0, 0}, {0, 0, 1}, {3, 7, 0}, {0, 7, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        union adc_value arguments[] = {{.f64 = rows[i].x}, {.integer = rows[i].n}}, *values;
        assert_int_equal(adc_interpret(f, arguments, &b->arena, &values), rows[i].status);
    }
}

static void known_conditions_need_no_check(void **state)
{
    struct bench *b = *state;
    bench_check(b, "export fn f(var x: real, n: int, const k: int = 2) -> real {\n"
                   "  require k > 1\n  x*(n div k)*(n mod 3)*int(2.5)\n}\n");
    assert_int_equal(bench_lower(b, "f")->checks.count, 0);
}

static void one_place_has_one_status(void **state)
{
    struct bench *b = *state;
    bench_check(b, "fn positive(x: real) -> real { require x > 0; x }\n"
                   "export fn f(var x: real, var y: real) -> real = positive(x) + positive(y) + "
                   "positive(x)\n");
    struct adc_function *f = bench_lower(b, "f");
    assert_int_equal(f->checks.count, 2);
    assert_int_equal(f->checks.data[0].status, 1);
    assert_int_equal(f->checks.data[1].status, 1);
    assert_string_equal(f->checks.data[0].text, "require x > 0");
}

/* ------------------------------------------------------------------- constants */

static void const_parameters_are_folded_in(void **state)
{
    struct bench *b = *state;
    struct fe_override overrides[] = {{.name = "k", .type = ADC_INT, .value = {.integer = 5}},
                                      {.name = "other", .type = ADC_INT}};
    b->options.overrides = overrides;
    b->options.override_count = 2;
    bench_check(b, "fn g(x: real, const k: int) -> real = x^k\n"
                   "export fn f(var x: real, const k: int = 2) -> real = g(x, k - 1)\n");
    struct adc_function *f = bench_lower(b, "f");
    assert_int_equal(f->params.count, 1);
    const struct adc_node *power = f->results.data[0].nodes[0];
    assert_int_equal(power->op, ADC_OP_IPOW);
    assert_true(adc_is_const(power->in[1]));
    assert_int_equal(power->in[1]->value.integer, 4);
    assert_true(overrides[0].used && !overrides[1].used);
}

static void override_of_another_type_is_refused(void **state)
{
    struct bench *b = *state;
    struct fe_override override = {.name = "k", .type = ADC_F64, .value = {.f64 = 2.5}};
    b->options.overrides = &override;
    b->options.override_count = 1;
    bench_check(b, "export fn f(var x: real, const k: int = 2) -> real = x^k\n");
    assert_null(bench_lower(b, "f"));
    assert_string_equal(bench_codes(b), "E44");
}

/* ------------------------------------------------------------------ depth, size */

enum shape {
    LEFT,
    RIGHT,
    CALLS,
    MINUS,
    POWERS,
    STATEMENTS,
    UPDATES,
    CHAIN,
    CHAIN_BACKWARDS,
    DOUBLING,
    DOUBLING_IN_ARMS,
    ELSE_IF,
    NESTED_IF,
    IF_EXPRESSION,
    LOGIC,
    BLOCKS,
    GRADS,
    SHAPES
};

static void repeat(struct adc_text *text, const char *part, int count)
{
    for (int i = 0; i < count; i++) adc_text_add(text, part);
}

static void chain(struct adc_text *text, int count, bool backwards, const char *format)
{
    adc_text_format(text, "export fn f(var x: real) -> real = g%d(x)\n", count);
    if (!backwards) adc_text_add(text, "fn g0(x: real) -> real { require x < 9; x*x }\n");
    for (int i = 1; i <= count; i++) {
        int n = backwards ? count + 1 - i : i;
        adc_text_format(text, "fn g%d(x: real) = ", n);
        adc_text_format(text, format, n - 1, n - 1);
    }
    if (backwards) adc_text_add(text, "fn g0(x: real) -> real { require x < 9; x*x }\n");
}

static void program(struct adc_text *text, enum shape shape, int n)
{
    if (shape < CHAIN || shape > DOUBLING_IN_ARMS)
        adc_text_add(text, "export fn f(var x: real) -> real = ");
    switch (shape) {
    case LEFT:
        adc_text_add(text, "x");
        repeat(text, " - sin(x)", n);
        break;
    case RIGHT:
        repeat(text, "x - (", n);
        adc_text_add(text, "x");
        repeat(text, ")", n);
        break;
    case CALLS:
        repeat(text, "sin(", n);
        adc_text_add(text, "x");
        repeat(text, ")", n);
        break;
    case MINUS:
        repeat(text, "-", n);
        adc_text_add(text, "x");
        break;
    case POWERS:
        repeat(text, "x^", n);
        adc_text_add(text, "x");
        break;
    case STATEMENTS:
        adc_text_add(text, "{\n  let a0 = x\n");
        for (int i = 0; i < n; i++)
            adc_text_format(text, "  let a%d = a%d*x + %d.5\n", i + 1, i, i);
        adc_text_format(text, "  a%d\n}", n);
        break;
    case UPDATES:
        adc_text_add(text, "{\n  mut a = x\n");
        repeat(text, "  a += a*x\n", n);
        adc_text_add(text, "  grad(a, x)\n}");
        break;
    case CHAIN: chain(text, n, false, "g%d(x) + 1\n"); break;
    case CHAIN_BACKWARDS: chain(text, n, true, "g%d(x) + 1\n"); break;
    case DOUBLING: chain(text, n, false, "g%d(x) + g%d(x)\n"); break;
    case DOUBLING_IN_ARMS: chain(text, n, false, "if x > 1 then g%d(x) else g%d(x)\n"); break;
    case ELSE_IF:
        adc_text_add(text, "{\n  mut s = x\n  if x > 0 { s += 1 }");
        for (int i = 1; i < n; i++)
            adc_text_format(text, " else if x > %d { s += %d; require s > 0 }", i, i);
        adc_text_add(text, "\n  s\n}");
        break;
    case NESTED_IF:
        adc_text_add(text, "{\n  mut s = x\n");
        for (int i = 0; i < n; i++) adc_text_format(text, "if x > %d { s += 1; ", i);
        repeat(text, "}", n);
        adc_text_add(text, "\n  s\n}");
        break;
    case IF_EXPRESSION:
        for (int i = 0; i < n; i++) adc_text_format(text, "if x > %d then x*%d else ", i, i);
        adc_text_add(text, "x");
        break;
    case LOGIC:
        adc_text_add(text, "if x > 0");
        for (int i = 1; i < n; i++) adc_text_format(text, " and x > %d", i);
        adc_text_add(text, " then x else 1");
        break;
    case BLOCKS:
        for (int i = 0; i < n; i++) adc_text_format(text, "{ let y%d = x; x*", i);
        adc_text_add(text, "x");
        repeat(text, "}", n);
        break;
    case GRADS:
        adc_text_add(text, "{\n  let a0 = x\n");
        for (int i = 0; i < n; i++)
            adc_text_format(text, "  let a%d = a%d*x + grad(a%d, x)\n", i + 1, i, i);
        adc_text_format(text, "  a%d\n}", n);
        break;
    case SHAPES: break;
    }
    adc_text_add(text, "\n");
}

/* Bytes taken from the arena, and nodes made, by the program of one shape and size. */
struct cost {
    struct bench *bench;
    size_t bytes, nodes;
    enum shape shape;
    int size;
};

static void *count_resize(void *user, void *block, size_t old_size, size_t new_size)
{
    struct cost *cost = user;
    cost->bytes += new_size;
    struct adc_allocator standard = adc_standard_allocator();
    return standard.resize(standard.user, block, old_size, new_size);
}

static void *measure(void *argument)
{
    struct cost *cost = argument;
    void *state;
    bench_set_up(&state);
    struct bench *b = state;
    b->heap.allocator = (struct adc_allocator){count_resize, cost};
    struct adc_text text;
    adc_text_init(&text, &b->arena);
    program(&text, cost->shape, cost->size);
    cost->bytes = 0;
    bench_check(b, text.data);
    struct adc_function *f = b->module ? fe_lower(b->module, "f", &b->options) : NULL;
    cost->nodes = f ? f->graph->nodes.count : 0;
    if (!f) print_message("shape %d: %s\n", (int)cost->shape, bench_codes(b));
    b->heap.allocator = adc_standard_allocator();
    bench_tear_down(&state);
    return NULL;
}

static void depth_and_size_cost_linearly_on_a_small_stack(void **state)
{
    (void)state;
    for (int shape = 0; shape < SHAPES; shape++) {
        bool nested = shape == NESTED_IF || shape == ELSE_IF || shape == BLOCKS;
        int size = nested ? 10000 : 100000;
        struct cost small = {.shape = (enum shape)shape, .size = size / 4};
        struct cost large = {.shape = (enum shape)shape, .size = size};
        bench_small_stack(measure, &small);
        bench_small_stack(measure, &large);
        assert_true(small.nodes > 0 && large.nodes > 0);
        if (large.nodes > 5 * small.nodes || large.bytes > 6 * small.bytes)
            print_message("shape %d: nodes %zu %zu, bytes %zu %zu\n", shape, small.nodes,
                          large.nodes, small.bytes, large.bytes);
        assert_true(large.nodes <= 5 * small.nodes);
        assert_true(large.bytes <= 6 * small.bytes);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_set_up, bench_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(equal_expressions_are_one_node),
        TEST(names_and_results_come_from_the_source),
        TEST(ints_become_constants_of_the_real_type),
        TEST(power_takes_the_integer_row_for_integral_exponents),
        TEST(branch_joins_each_changed_mut),
        TEST(assignment_is_simultaneous),
        TEST(every_value_of_a_differentiated_mut_is_marked),
        TEST(check_in_an_arm_holds_under_its_path),
        TEST(call_in_both_arms_is_checked_in_both),
        TEST(known_conditions_need_no_check),
        TEST(one_place_has_one_status),
        TEST(const_parameters_are_folded_in),
        TEST(override_of_another_type_is_refused),
        cmocka_unit_test(depth_and_size_cost_linearly_on_a_small_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
