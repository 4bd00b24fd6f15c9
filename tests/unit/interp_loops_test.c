/* The interpreter on loops made by hand: numbers from closed forms, updates that cost what they
 * touch, arrays of passes that are given back. */
#include "ir/state.h"
#include "tests/random_support.h"
#include "tests/unit/emit_c_support.h"

#include <math.h>

typedef const struct adc_node *node_t;

struct machine {
    struct bench bench;
    struct adc_function *f;
    struct adc_graph *g;
    uint32_t indices;
    union adc_value *values;
    size_t bytes; /* that the allocator has given */
};

static void *counting(void *user, void *block, size_t old_size, size_t new_size)
{
    struct machine *m = user;
    if (new_size > old_size) m->bytes += new_size - old_size;
    if (new_size) return realloc(block, new_size);
    free(block);
    return NULL;
}

static int set_up(void **state)
{
    struct machine *m = calloc(1, sizeof *m);
    bench_init(&m->bench);
    m->bench.heap.allocator = (struct adc_allocator){counting, m};
    m->f = bench_function(&m->bench, "f");
    m->g = m->f->graph;
    *state = m;
    return 0;
}

static int tear_down(void **state)
{
    struct machine *m = *state;
    adc_arena_free(&m->bench.arena);
    free(m);
    return 0;
}

/* ---------------------------------------------------------------------- building */

static node_t num(struct machine *m, double x)
{
    return adc_real(m->g, ADC_F64, x);
}

static node_t in_range(struct machine *m, node_t low, node_t high)
{
    return adc_index(m->g, ++m->indices, low, high);
}

/* An index over 0..n. */
static node_t up_to(struct machine *m, int64_t n)
{
    return in_range(m, adc_int(m->g, 0), adc_int(m->g, n));
}

/* An index over 0..n of a loop inside the scope of another index. */
static node_t up_to_inside(struct machine *m, int64_t n, node_t around)
{
    return adc_loop_index(m->g, adc_int(m->g, 0), adc_int(m->g, n), around->free);
}

static node_t op1(struct machine *m, enum adc_op op, node_t x)
{
    return adc_apply1(m->g, op, x);
}

static node_t op2(struct machine *m, enum adc_op op, node_t x, node_t y)
{
    return adc_apply2(m->g, op, x, y);
}

static node_t plus(struct machine *m, node_t i, int64_t k)
{
    return op2(m, ADC_OP_IADD, i, adc_int(m->g, k));
}

static node_t at(struct machine *m, node_t array, node_t i)
{
    return adc_read(m->g, array, &i);
}

static node_t at2(struct machine *m, node_t array, node_t i, node_t j)
{
    node_t element[] = {i, j};
    return adc_read(m->g, array, element);
}

static node_t put(struct machine *m, node_t array, node_t i, node_t value)
{
    return adc_put_element(m->g, array, &i, value, NULL);
}

/* [value for i], as long as i runs from 0. */
static node_t vector(struct machine *m, enum adc_reduce reduce, node_t value, node_t target,
                     node_t i)
{
    struct adc_nest nest = {.reduce = reduce, .value = value, .rank = 1, .target = &target};
    nest.shape = &i->in[1];
    nest.index = &i;
    nest.index_count = 1;
    return adc_nest(m->g, &nest);
}

static node_t map(struct machine *m, node_t value, node_t i)
{
    return vector(m, ADC_REDUCE_SET, value, i, i);
}

static node_t sum(struct machine *m, node_t value, node_t i)
{
    struct adc_nest nest = {.reduce = ADC_REDUCE_SUM, .value = value, .index = &i};
    nest.index_count = 1;
    return adc_nest(m->g, &nest);
}

static node_t scalar(struct machine *m, node_t index, enum adc_type type)
{
    struct adc_node like = {.type = (uint8_t)type};
    return adc_state(m->g, index, &like, false);
}

static node_t array(struct machine *m, node_t index, node_t like)
{
    return adc_state(m->g, index, like, false);
}

static node_t loop(struct machine *m, node_t index, node_t guard, const struct adc_carried *carried,
                   unsigned count)
{
    struct adc_loop parts = {.index = index, .guard = guard, .carried = carried, .count = count};
    return adc_loop(m->g, &parts);
}

/* The one component of a loop after it. */
static node_t after(struct machine *m, node_t index, node_t state, node_t init, node_t next)
{
    struct adc_carried one = {state, init, next};
    return adc_final(m->g, loop(m, index, NULL, &one, 1), state);
}

static void result(struct machine *m, node_t node)
{
    bench_result(&m->bench, m->f, "result", node);
    m->f->results.data[m->f->results.count - 1].rank = node->rank;
}

/* Interprets the function, which holds and reads back from its text. */
static void run(struct machine *m)
{
    struct adc_text problem;
    adc_text_init(&problem, &m->bench.arena);
    const char *broken = adc_verify(m->f, &problem);
    if (broken) fail_msg("%s", broken);
    support_reads_back(m->f, &m->bench.arena, &m->bench.names, 0);
    assert_int_equal(adc_interpret(m->f, NULL, &m->bench.arena, &m->values), 0);
}

static union adc_value value(struct machine *m, node_t node)
{
    return m->values[node->id];
}

static void equals(struct machine *m, node_t node, double expected)
{
    assert_true(value(m, node).f64 == expected);
}

static void are(struct machine *m, node_t node, const double *expected, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (value(m, node).elements[i].f64 != expected[i])
            fail_msg("element %zu: %g, not %g", i, value(m, node).elements[i].f64, expected[i]);
}

/* ------------------------------------------------------------------------- tests */

/* (a, b) -> (b, a + b): all components change at once. */
static void components_change_together(void **state)
{
    struct machine *m = *state;
    node_t t = up_to(m, 10), a = scalar(m, t, ADC_INT), b = scalar(m, t, ADC_INT);
    struct adc_carried both[] = {{a, adc_int(m->g, 0), b},
                                 {b, adc_int(m->g, 1), op2(m, ADC_OP_IADD, a, b)}};
    node_t l = loop(m, t, NULL, both, 2), fa = adc_final(m->g, l, a), fb = adc_final(m->g, l, b);
    result(m, fa);
    result(m, fb);
    run(m);
    assert_int_equal(value(m, fa).integer, 55);
    assert_int_equal(value(m, fb).integer, 89);
}

/* x -> (x + 2/x)/2 while x*x - 2 is large; the guard ends the loop long before the range does. */
static void a_guard_ends_the_loop(void **state)
{
    struct machine *m = *state;
    node_t t = up_to(m, 1000), x = scalar(m, t, ADC_F64), n = scalar(m, t, ADC_INT);
    node_t error = op2(m, ADC_OP_SUB, op2(m, ADC_OP_MUL, x, x), num(m, 2));
    node_t guard = op2(m, ADC_OP_GT, op1(m, ADC_OP_ABS, error), num(m, 1e-12));
    node_t twice = op2(m, ADC_OP_ADD, x, op2(m, ADC_OP_DIV, num(m, 2), x));
    struct adc_carried both[] = {{x, num(m, 1), op2(m, ADC_OP_MUL, num(m, 0.5), twice)},
                                 {n, adc_int(m->g, 0), plus(m, n, 1)}};
    node_t l = loop(m, t, guard, both, 2), root = adc_final(m->g, l, x),
           passes = adc_final(m->g, l, n);
    result(m, root);
    result(m, passes);
    run(m);
    assert_true(fabs(value(m, root).f64 - sqrt(2)) < 1e-12);
    assert_int_equal(value(m, passes).integer, 5); /* errors 1, 1/4, 7e-3, 6e-6, 5e-12, 0 */
}

/* No pass, by the range or by the guard: the inits. */
static void no_pass_gives_the_inits(void **state)
{
    struct machine *m = *state;
    node_t t = in_range(m, adc_int(m->g, 3), adc_int(m->g, 3)), x = scalar(m, t, ADC_F64);
    node_t i = up_to(m, 4), u = up_to(m, 4), v, zero = map(m, num(m, 7), i);
    node_t none = after(m, t, x, num(m, 4), num(m, 5));
    v = array(m, u, zero);
    struct adc_carried one = {v, zero, put(m, v, u, num(m, 1))};
    node_t never = adc_final(m->g, loop(m, u, adc_bool(m->g, false), &one, 1), v);
    result(m, none);
    result(m, never);
    run(m);
    equals(m, none, 4);
    are(m, never, (double[]){7, 7, 7, 7}, 4);
}

/* 1 -> ((1*2 + 2)*2 + 1)*2 + 0 in passes 2, 1, 0. */
static void a_loop_goes_down(void **state)
{
    struct machine *m = *state;
    node_t t = up_to(m, 3), x = scalar(m, t, ADC_INT);
    node_t twice = op2(m, ADC_OP_IMUL, x, adc_int(m->g, 2));
    struct adc_carried one = {x, adc_int(m->g, 1), op2(m, ADC_OP_IADD, twice, t)};
    struct adc_loop parts = {.index = t, .down = true, .carried = &one, .count = 1};
    node_t final = adc_final(m->g, adc_loop(m->g, &parts), x);
    result(m, final);
    run(m);
    assert_int_equal(value(m, final).integer, 18);
}

/* The loop belongs to n by its index alone; what it is to record is kept in text, too. */
static void an_index_has_a_scope(void **state)
{
    struct machine *m = *state;
    node_t n = up_to(m, 3), zero = adc_int(m->g, 0);
    node_t t = adc_loop_index(m->g, zero, adc_int(m->g, 4), n->free);
    node_t x = scalar(m, t, ADC_INT), more = op2(m, ADC_OP_IADD, x, adc_int(m->g, 2));
    struct adc_carried one = {x, zero, more};
    struct adc_loop parts = {.index = t, .down = true, .carried = &one, .count = 1};
    parts.checkpoint = ADC_CHECKPOINT_EVERY + ADC_CHECKPOINT_MOST_PASSES;
    node_t loop = adc_loop(m->g, &parts), total = sum(m, adc_final(m->g, loop, x), n);
    assert_true(adc_indices_has(x->free, n) && adc_indices_has(loop->free, n));
    assert_true(adc_indices_has(adc_fresh_index(m->g, t)->free, n));
    assert_int_equal(adc_loop_parts(loop).checkpoint, parts.checkpoint);
    assert_true(adc_loop_parts(loop).down);
    result(m, total);
    run(m);
    assert_int_equal(value(m, total).integer, 24);
}

/* L x = b in place, L[i, j] = 1 for j <= i, b[i] = i + 1: x = 1, 1, ... */
static void forward_substitution_in_place(void **state)
{
    struct machine *m = *state;
    enum { N = 50 };
    node_t i = up_to(m, N), t = up_to(m, N), j = in_range(m, adc_int(m->g, 0), t);
    node_t b = map(m, op1(m, ADC_OP_INT_TO_F64, plus(m, i, 1)), i), x = array(m, t, b);
    node_t rest = op2(m, ADC_OP_SUB, at(m, x, t), sum(m, at(m, x, j), j));
    node_t solved = after(m, t, x, b, put(m, x, t, rest));
    result(m, solved);
    result(m, b); /* the init stays what it was */
    run(m);
    for (unsigned k = 0; k < N; k++) {
        assert_true(value(m, solved).elements[k].f64 == 1);
        assert_true(value(m, b).elements[k].f64 == k + 1);
    }
}

/* Bubble sort by puts of two elements, where the second put reads the array before the first. */
static void swaps_read_the_older_array(void **state)
{
    struct machine *m = *state;
    enum { N = 40 };
    node_t i = up_to(m, N), s = up_to(m, N), t = up_to_inside(m, N - 1, s);
    node_t k = op2(m, ADC_OP_IMOD, op2(m, ADC_OP_IMUL, i, adc_int(m->g, 17)), adc_int(m->g, N));
    node_t init = map(m, op1(m, ADC_OP_INT_TO_F64, k), i);
    node_t outer = array(m, s, init), x = array(m, t, init), next = plus(m, t, 1);
    node_t first = at(m, x, t), second = at(m, x, next);
    node_t less = op2(m, ADC_OP_MIN, first, second);
    node_t once = put(m, x, t, less); /* before `more` is computed from x */
    node_t more = op2(m, ADC_OP_MAX, op2(m, ADC_OP_ADD, first, num(m, 0)), at(m, x, next));
    node_t sweep = after(m, t, x, outer, put(m, once, next, more));
    node_t sorted = after(m, s, outer, init, sweep);
    result(m, sorted);
    run(m);
    for (unsigned n = 0; n < N; n++) assert_true(value(m, sorted).elements[n].f64 == n);
}

/* u[n, k] = u[n-1, k-1] + u[n-1, k] by two loops over one history: binomials. */
static void a_history_of_two_indices(void **state)
{
    struct machine *m = *state;
    enum { N = 12 };
    node_t size[] = {adc_int(m->g, N), adc_int(m->g, N)};
    node_t n = up_to(m, N), k = in_range(m, adc_int(m->g, 0), plus(m, n, 1));
    node_t u = adc_state_array(m->g, n, ADC_F64, size, 2, true);
    node_t v = adc_state_array(m->g, k, ADC_F64, size, 2, true);
    node_t above =
        op2(m, ADC_OP_ADD, at2(m, v, plus(m, n, -1), k), at2(m, v, plus(m, n, -1), plus(m, k, -1)));
    node_t top = op2(m, ADC_OP_IEQ, n, adc_int(m->g, 0));
    node_t element[] = {n, k};
    node_t entry = adc_apply3(m->g, ADC_OP_IF, top, num(m, 1), above);
    node_t row = after(m, k, v, u, adc_put_element(m->g, v, element, entry, NULL));
    node_t table = after(m, n, u, adc_zero_like(m->g, u), row);
    result(m, table);
    run(m);
    double choose = 1; /* N-1 over q */
    for (unsigned q = 0; q < N; q++) {
        assert_true(value(m, table).elements[(N - 1) * N + q].f64 == choose);
        choose = choose * (N - 1 - q) / (q + 1);
    }
    assert_true(value(m, table).elements[N - 1].f64 == 0); /* row 0 */
}

/* A nest over loops, whose range depends on its index: [2^i], and a sum of loops over loops. */
static void loops_in_nests(void **state)
{
    struct machine *m = *state;
    node_t i = up_to(m, 8), t = in_range(m, adc_int(m->g, 0), i), x = scalar(m, t, ADC_F64);
    node_t powers = map(m, after(m, t, x, num(m, 1), op2(m, ADC_OP_ADD, x, x)), i);
    result(m, powers);
    run(m);
    for (unsigned k = 0; k < 8; k++) assert_true(value(m, powers).elements[k].f64 == (1u << k));
}

/* Arrays local to a nest's point and to a pass: sum_i sum_j (i + j)^2 by way of arrays. */
static void arrays_with_free_indices(void **state)
{
    struct machine *m = *state;
    enum { N = 30 };
    node_t i = up_to(m, N), j = up_to(m, N), k = up_to(m, N), t = up_to(m, N);
    node_t entry = op1(m, ADC_OP_INT_TO_F64, op2(m, ADC_OP_IADD, i, j));
    node_t local = map(m, entry, j); /* one array for each i */
    node_t square = op2(m, ADC_OP_MUL, at(m, local, k), at(m, local, k));
    node_t by_nest = sum(m, sum(m, square, k), i);
    node_t s = scalar(m, t, ADC_F64), entry2 = op1(m, ADC_OP_INT_TO_F64, op2(m, ADC_OP_IADD, t, j));
    node_t local2 = map(m, entry2, j), one = at(m, local2, k);
    node_t inner = sum(m, op2(m, ADC_OP_MUL, one, one), k);
    node_t by_loop = after(m, t, s, num(m, 0), op2(m, ADC_OP_ADD, s, inner));
    double expected = 0;
    for (int a = 0; a < N; a++)
        for (int b = 0; b < N; b++) expected += (a + b) * (a + b);
    result(m, by_nest);
    result(m, by_loop);
    run(m);
    equals(m, by_nest, expected);
    equals(m, by_loop, expected);
}

/* Collatz: states of int and bool, a guard that is a bool state; 27 takes 111 steps. */
static void states_of_int_and_bool(void **state)
{
    struct machine *m = *state;
    node_t t = up_to(m, 10000), n = scalar(m, t, ADC_INT), going = scalar(m, t, ADC_BOOL),
           steps = scalar(m, t, ADC_INT);
    node_t two = adc_int(m->g, 2), odd = op2(m, ADC_OP_IMOD, n, two);
    node_t even = op2(m, ADC_OP_IEQ, odd, adc_int(m->g, 0));
    node_t up = plus(m, op2(m, ADC_OP_IMUL, n, adc_int(m->g, 3)), 1);
    node_t next = adc_apply3(m->g, ADC_OP_IF, even, op2(m, ADC_OP_IDIV, n, two), up);
    struct adc_carried all[] = {
        {n, adc_int(m->g, 27), next},
        {going, adc_bool(m->g, true), op2(m, ADC_OP_INE, next, adc_int(m->g, 1))},
        {steps, adc_int(m->g, 0), plus(m, steps, 1)}};
    node_t l = loop(m, t, going, all, 3), count = adc_final(m->g, l, steps);
    node_t last = adc_final(m->g, l, n), flag = adc_final(m->g, l, going);
    result(m, count);
    result(m, last);
    result(m, flag);
    run(m);
    assert_int_equal(value(m, count).integer, 111);
    assert_int_equal(value(m, last).integer, 1);
    assert_false(value(m, flag).boolean);
}

/* Two loops over one index share its states and their bodies. */
static void loops_share_an_index(void **state)
{
    struct machine *m = *state;
    node_t t = up_to(m, 5), x = scalar(m, t, ADC_F64), y = scalar(m, t, ADC_F64);
    node_t next = op2(m, ADC_OP_ADD, op2(m, ADC_OP_MUL, x, num(m, 2)), num(m, 1));
    struct adc_carried both[] = {{x, num(m, 0), next}, {y, num(m, 0), op2(m, ADC_OP_ADD, y, x)}};
    node_t alone = after(m, t, x, num(m, 0), next), l = loop(m, t, NULL, both, 2);
    node_t with = adc_final(m->g, l, x), total = adc_final(m->g, l, y);
    result(m, alone);
    result(m, with);
    result(m, total);
    run(m);
    equals(m, alone, 31);
    equals(m, with, 31);
    equals(m, total, 0 + 1 + 3 + 7 + 15);
}

/* An index that a nest in a loop in a nest over it binds again: the inner sum over i adds 3 s in
 * each pass, and one over an array; outside, i is what it was. */
static void an_index_is_bound_twice(void **state)
{
    struct machine *m = *state;
    node_t i = up_to(m, 3), real = op1(m, ADC_OP_INT_TO_F64, i), t = up_to_inside(m, 4, i);
    node_t s = scalar(m, t, ADC_F64), next = op2(m, ADC_OP_ADD, s, real);
    node_t inner = after(m, t, s, num(m, 0), next); /* 4 i */
    node_t j = up_to(m, 3), other = op1(m, ADC_OP_INT_TO_F64, j);
    node_t list = map(m, op2(m, ADC_OP_ADD, other, s), j);
    node_t again = sum(m, op2(m, ADC_OP_MUL, other, s), j);            /* 3 s */
    node_t all = op2(m, ADC_OP_ADD, again, sum(m, at(m, list, j), j)); /* 3 s + 3 + 3 s */
    node_t deep = after(m, t, s, real, op2(m, ADC_OP_ADD, all, op2(m, ADC_OP_MUL, real, s)));
    node_t total = sum(m, op2(m, ADC_OP_ADD, op2(m, ADC_OP_MUL, deep, real), inner), i);
    result(m, total);
    run(m);
    double expected = 0;
    for (int k = 0; k < 3; k++) {
        double x = k;
        for (int pass = 0; pass < 4; pass++) x = 3 * x + 3 + 3 * x + k * x;
        expected += x * k + 4 * k;
    }
    equals(m, total, expected);
}

/* A body with a loop whose range depends on the index, over another index: the loop, its states and
 * its index are others then. */
static void a_loop_is_renamed_with_its_states(void **state)
{
    struct machine *m = *state;
    node_t i = up_to(m, 6), other = up_to(m, 6), t = in_range(m, adc_int(m->g, 0), i);
    node_t s = scalar(m, t, ADC_INT), next = op2(m, ADC_OP_IADD, op2(m, ADC_OP_IADD, s, t), i);
    node_t inner = after(m, t, s, adc_int(m->g, 0), next); /* i (i - 1)/2 + i^2 */
    node_t real = op1(m, ADC_OP_INT_TO_F64, inner);
    node_t renamed = adc_rename(m->g, real, i, other, &m->bench.arena);
    node_t first = sum(m, real, i), second = sum(m, renamed, other);
    assert_true(renamed != real && !adc_indices_has(renamed->free, i));
    result(m, first);
    result(m, second);
    run(m);
    equals(m, first, 20 + 55);
    equals(m, second, 20 + 55);
}

/* One init for two components that are updated in turns, and once more outside. */
static void versions_do_not_disturb_each_other(void **state)
{
    struct machine *m = *state;
    enum { N = 64 };
    node_t i = up_to(m, N), t = up_to(m, N), init = map(m, op1(m, ADC_OP_INT_TO_F64, i), i);
    node_t a = array(m, t, init), b = array(m, t, init);
    node_t from_b = op2(m, ADC_OP_ADD, at(m, b, t), num(m, 100));
    node_t from_a = op2(m, ADC_OP_ADD, at(m, a, t), num(m, 1000));
    struct adc_carried both[] = {{a, init, put(m, a, t, from_b)}, {b, init, put(m, b, t, from_a)}};
    node_t l = loop(m, t, NULL, both, 2), fa = adc_final(m->g, l, a), fb = adc_final(m->g, l, b);
    node_t twice = adc_join(m->g, put(m, fa, adc_int(m->g, 5), num(m, 0)), fa);
    result(m, fa);
    result(m, fb);
    result(m, init);
    result(m, twice);
    run(m);
    for (unsigned k = 0; k < N; k++) {
        assert_true(value(m, init).elements[k].f64 == k);
        assert_true(value(m, fa).elements[k].f64 == k + 100);
        assert_true(value(m, fb).elements[k].f64 == k + 1000);
        assert_true(value(m, twice).elements[k].f64 == (k == 5 ? 105 : 2 * (k + 100)));
    }
}

/* ------------------------------------------------------------------------- costs */

enum { MANY = 1000000 };

/* 10^6 passes over a history of as many elements, and over a sum that a pass adds to: quick, since
 * a pass touches one element; a local array of four elements leaves nothing behind. */
static void a_pass_costs_what_it_touches(void **state)
{
    struct machine *m = *state;
    node_t n = adc_int(m->g, MANY), t = up_to(m, MANY), j = up_to(m, 4);
    node_t u = adc_state_array(m->g, t, ADC_F64, &n, 1, true);
    node_t acc = adc_state_array(m->g, t, ADC_F64, &n, 1, false);
    node_t real = op1(m, ADC_OP_INT_TO_F64, t),
           local = map(m, op2(m, ADC_OP_ADD, real, at(m, u, j)), j);
    node_t prev = at(m, u, plus(m, t, -1));
    node_t next =
        op2(m, ADC_OP_ADD, prev, sum(m, op2(m, ADC_OP_SUB, at(m, local, j), at(m, u, j)), j));
    struct adc_nest nest = {.reduce = ADC_REDUCE_SUM, .value = real, .rank = 1, .target = &t};
    nest.shape = &n;
    struct adc_carried both[] = {
        {u, adc_zero_like(m->g, u), put(m, u, t, next)},
        {acc, adc_zero_like(m->g, acc), adc_join(m->g, acc, adc_nest(m->g, &nest))}};
    node_t l = loop(m, t, NULL, both, 2), fu = adc_final(m->g, l, u), fa = adc_final(m->g, l, acc);
    result(m, at(m, fu, adc_int(m->g, MANY - 1)));
    result(m, at(m, fa, adc_int(m->g, MANY - 2)));
    size_t before = m->bytes;
    run(m);
    equals(m, m->f->results.data[0].nodes[0], 2.0 * MANY * (MANY - 1.0));
    equals(m, m->f->results.data[1].nodes[0], MANY - 2.0);
    assert_true(m->bytes - before < 100u << 20); /* buffers and changes of two arrays */
}

/* A loop in a loop: the outer array stays readable while the inner passes update it, and what is
 * kept for that does not grow with the passes. */
static void inner_passes_leave_nothing_behind(void **state)
{
    struct machine *m = *state;
    node_t i = up_to(m, 40), s = up_to(m, 3), t = up_to_inside(m, 100000, s);
    node_t init = map(m, num(m, 1), i);
    node_t outer = array(m, s, init), x = array(m, t, init);
    node_t k = op2(m, ADC_OP_IMOD, t, adc_int(m->g, 4));
    node_t inner = after(m, t, x, outer, put(m, x, k, op2(m, ADC_OP_ADD, at(m, x, k), num(m, 1))));
    node_t mixed = put(m, inner, adc_int(m->g, 9), at(m, outer, adc_int(m->g, 0)));
    node_t final = after(m, s, outer, init, mixed);
    result(m, final);
    size_t before = m->bytes;
    run(m);
    are(m, final, (double[]){75001, 75001, 75001, 75001, 1, 1, 1, 1, 1, 50001}, 10);
    assert_true(m->bytes - before < 1u << 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(components_change_together),
        TEST(a_guard_ends_the_loop),
        TEST(no_pass_gives_the_inits),
        TEST(a_loop_goes_down),
        TEST(an_index_has_a_scope),
        TEST(forward_substitution_in_place),
        TEST(swaps_read_the_older_array),
        TEST(a_history_of_two_indices),
        TEST(loops_in_nests),
        TEST(arrays_with_free_indices),
        TEST(states_of_int_and_bool),
        TEST(loops_share_an_index),
        TEST(an_index_is_bound_twice),
        TEST(a_loop_is_renamed_with_its_states),
        TEST(versions_do_not_disturb_each_other),
        TEST(a_pass_costs_what_it_touches),
        TEST(inner_passes_leave_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
