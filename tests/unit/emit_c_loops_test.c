/* Arrays and loops in the C emitter: programs made by hand, compiled strictly, run, and compared
 * with closed forms or sums that the test's own C makes. */
#define _XOPEN_SOURCE 700 /* mkdtemp */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ir/nest.h"
#include "tests/unit/emit_c_fixture.h"

typedef const struct adc_node *node_t;

enum { NAME_I = 1, NAME_J, NAME_K };

/* A function with sizes N and M, and the program that is being made of it. */
struct maker {
    struct bench *bench;
    struct adc_function *f;
    struct adc_graph *graph;
    struct loop_program *program;
    node_t n, m;
};

static node_t parameter(struct maker *k, const char *name, enum adc_type type, enum adc_kind kind,
                        node_t a, node_t b)
{
    node_t *shape = ADC_NEW_ARRAY(&k->bench->arena, node_t, 2);
    uint32_t number = (uint32_t)k->f->params.count;
    unsigned rank = (unsigned)((a != NULL) + (b != NULL));
    shape[0] = a;
    shape[1] = b;
    bench_param(k->bench, k->f, name, type);
    k->f->params.data[number].kind = kind;
    k->f->params.data[number].rank = rank;
    k->f->params.data[number].shape = shape;
    return rank ? adc_array_param(k->graph, type, number, shape, rank)
                : adc_param(k->graph, type, number);
}

static void open_maker(struct maker *k, struct fixture *t, const char *name)
{
    *k = (struct maker){.bench = &t->bench, .f = bench_function(&t->bench, name)};
    k->graph = k->f->graph;
    k->n = parameter(k, "N", ADC_INT, ADC_DIM, NULL, NULL);
    k->m = parameter(k, "M", ADC_INT, ADC_DIM, NULL, NULL);
}

static node_t whole(struct maker *k, int64_t value)
{
    return adc_int(k->graph, value);
}

static node_t index_of(struct maker *k, uint32_t name, node_t low, node_t high, const char *source)
{
    node_t index = adc_index(k->graph, name, low, high);
    return source ? bench_name(k->bench, k->f, index, source) : index;
}

static node_t read1(struct maker *k, node_t array, node_t i)
{
    return adc_read(k->graph, array, &i);
}

static node_t read2(struct maker *k, node_t array, node_t i, node_t j)
{
    node_t at[] = {i, j};
    return adc_read(k->graph, array, at);
}

/* Reduction over one index, or over two if `j`. */
static node_t reduction(struct maker *k, enum adc_reduce reduce, node_t value, node_t i, node_t j)
{
    node_t index[] = {i, j};
    struct adc_nest nest = {.reduce = reduce, .value = value, .index = index};
    nest.index_count = (unsigned)((i != NULL) + (j != NULL));
    return adc_nest(k->graph, &nest);
}

static node_t vector(struct maker *k, enum adc_reduce reduce, node_t value, node_t target,
                     node_t length, node_t index)
{
    struct adc_nest nest = {.reduce = reduce, .value = value, .index = &index, .index_count = 1};
    nest.rank = 1;
    nest.target = &target;
    nest.shape = &length;
    return adc_nest(k->graph, &nest);
}

static node_t op(struct maker *k, enum adc_op o, node_t x, node_t y)
{
    return y ? adc_apply2(k->graph, o, x, y) : adc_apply1(k->graph, o, x);
}

/* Leaves and everything else inline; the test then says what is not. */
static void open_program(struct maker *k)
{
    k->program = bench_program(k->bench, k->f);
    k->program->buffer = ADC_NEW_ARRAY(&k->bench->arena, uint32_t, k->graph->nodes.count);
    for (size_t id = 0; id < k->graph->nodes.count; id++) {
        unsigned o = k->graph->nodes.data[id]->op;
        bool leaf = o == ADC_OP_CONST || o == ADC_OP_PARAM || o == ADC_OP_INDEX;
        k->program->place[id] = leaf ? LOOP_LEAF : LOOP_INLINE;
    }
}

static void buffer(struct maker *k, node_t node, int32_t result)
{
    struct loop_buffer b = {.node = node, .result = result};
    k->program->place[node->id] = LOOP_BUFFER;
    k->program->buffer[node->id] = (uint32_t)k->program->buffers.count;
    ADC_PUSH(&k->bench->arena, k->program->buffers, b);
}

static void array_result(struct maker *k, const char *name, node_t node)
{
    bench_result(k->bench, k->f, name, node);
    k->f->results.data[k->f->results.count - 1].rank = node->rank;
}

static struct loop_block *body(struct maker *k)
{
    return &k->program->parts.data[0].body;
}

static void local(struct maker *k, struct loop_block *block, enum loop_kind kind, node_t node)
{
    k->program->place[node->id] = LOOP_LOCAL;
    bench_push(k->bench, block, kind, node, 0);
}

static struct loop_block *loop(struct maker *k, struct loop_block *block, node_t index)
{
    bench_push(k->bench, block, LOOP_FOR, index, 0);
    return &block->data[block->count - 1]->then;
}

static void take_in(struct maker *k, struct loop_block *block, node_t nest)
{
    bench_push(k->bench, block, LOOP_REDUCE, nest, 0);
    block->data[block->count - 1]->value = adc_nest_parts(nest).value;
}

static uint32_t new_part(struct maker *k)
{
    struct loop_part part = {0};
    ADC_PUSH(&k->bench->arena, k->program->parts, part);
    return (uint32_t)k->program->parts.count - 1;
}

/* y[i] = sum(j: A[i, j]*x[j]) */
static void matrix_vector(struct maker *k, struct fixture *t, const char *name, enum adc_type type,
                          bool parted)
{
    open_maker(k, t, name);
    node_t a = parameter(k, "A", type, ADC_VAR, k->n, k->m),
           x = parameter(k, "x", type, ADC_VAR, k->m, NULL);
    node_t i = index_of(k, NAME_I, whole(k, 0), k->n, "i"),
           j = index_of(k, NAME_J, whole(k, 0), k->m, "j");
    node_t product = op(k, ADC_OP_MUL, read2(k, a, i, j), read1(k, x, j));
    node_t sum = reduction(k, ADC_REDUCE_SUM, product, j, NULL);
    node_t y = vector(k, ADC_REDUCE_SET, sum, i, k->n, i);
    array_result(k, "result", y);
    open_program(k);
    buffer(k, y, 0);
    uint32_t part = parted ? new_part(k) : 0;
    struct loop_block *outer = loop(k, body(k), i);
    struct loop_block *inner = parted ? &k->program->parts.data[part].body : outer;
    if (parted) bench_push(k->bench, outer, LOOP_CALL, NULL, part);
    local(k, inner, LOOP_VAR, sum);
    take_in(k, loop(k, inner, j), sum);
    take_in(k, inner, y);
    add(t, k->program);
}

static const char matrix_main[] = CHECKS
    "int main(void) {"
    "double A[] = {1, 2, 3, 4, 5, 6}, x[] = {1, 10, 100}, y[2], w[8];"
    "CHECK(f_work(2, 3) == 16); CHECK(f_work(0, 3) == 0);"
    "CHECK(!f(2, 3, A, x, y, NULL) && y[0] == 321 && y[1] == 654);"
    "memset(y, 0, sizeof y); CHECK(!f(2, 3, A, x, y, w) && y[0] == 321 && y[1] == 654);"
    "CHECK(!f(2, 3, A, x, NULL, NULL)); CHECK(!f(2, 3, A, x, NULL, w) && w[1] == 654);"
    "CHECK(!f(1, 1, A, x, y, w) && y[0] == 1); CHECK(!f(0, 3, NULL, x, NULL, NULL));"
    "CHECK(!f(2, 0, NULL, NULL, y, w) && y[0] == 0 && y[1] == 0);"
    "CHECK(f(-1, 3, A, x, y, w) == f_negative_size); CHECK(f_negative_size == -2);"
    "CHECK(f(2, -3, A, x, y, NULL) == -2 && !strcmp(f_status(-2), \"negative size\"));"
    "CHECK(f_work(INT64_MAX, 1) == SIZE_MAX && f_work(INT64_MAX / 8, 1) == (size_t)INT64_MAX - 7);"
    "CHECK(f(INT64_MAX, 1, A, x, NULL, NULL) == f_out_of_memory); return 0; }";

static void matrix_times_vector_in_one_part_and_two(void **state)
{
    struct fixture *t = *state;
    struct maker k;
    for (int parted = 0; parted < 2; parted++) {
        t->unit.count = 0;
        matrix_vector(&k, t, "f", ADC_F64, parted);
        emit(t);
        assert_non_null(strstr(t->source.data, "for (int64_t i = 0; i < N; i++) {\n"));
        assert_non_null(strstr(t->source.data, "A[i*M + j]*x[j];\n"));
        assert_non_null(strstr(t->header.data, "A       variable, real[N, M]\n"));
        assert_non_null(strstr(t->header.data, "N       size\n"));
        assert_non_null(strstr(t->header.data, "out: value, real[N]\n"));
        assert_non_null(strstr(t->manifest.data, "\"bytes\": \"8*N\""));
        assert_non_null(strstr(t->manifest.data, "\"shape\": [\"N\", \"M\"]"));
        if (have(t, "python3")) must(t, "python3 -m json.tool test.json");
        check_run(t, matrix_main);
    }
}

static void single_precision_and_no_allocation(void **state)
{
    struct fixture *t = *state;
    struct maker k;
    matrix_vector(&k, t, "f", ADC_F32, false);
    t->unit.no_malloc = true;
    emit(t);
    assert_null(strstr(t->source.data, "malloc"));
    assert_non_null(strstr(t->manifest.data, "\"bytes\": \"8*((4*N + 7) div 8)\""));
    check_run(t, CHECKS "int main(void) { float A[] = {1, 2, 3, 4, 5, 6, 7, 8, 9},"
                        "x[] = {1, 10, 100}, y[3]; double w[2];"
                        "CHECK(f_work(3, 3) == 16 && f_work(1, 3) == 8);"
                        "CHECK(!f(3, 3, A, x, y, w) && y[0] == 321 && y[2] == 987);"
                        "CHECK(!f(3, 3, A, x, NULL, w));"
                        "memcpy(y, w, sizeof y); CHECK(y[1] == 654);"
                        "CHECK(f(3, 3, A, x, y, NULL) == f_out_of_memory);"
                        "CHECK(!f(0, 3, NULL, NULL, NULL, NULL)); return 0; }");
}

/* sum(i: sum(j in i..N: x[i]*x[j])), the largest and the smallest, all positive, any negative */
static void reductions_have_the_first_value_of_their_kind(void **state)
{
    struct fixture *t = *state;
    struct maker k;
    open_maker(&k, t, "f");
    node_t x = parameter(&k, "x", ADC_F64, ADC_VAR, k.n, NULL),
           p = parameter(&k, "p", ADC_INT, ADC_DATA, k.n, NULL);
    node_t i = index_of(&k, NAME_I, whole(&k, 0), k.n, "i"), j = index_of(&k, NAME_J, i, k.n, "i");
    node_t xi = read1(&k, x, i), pi = read1(&k, p, i);
    node_t zero = constant(k.f, 0);
    node_t nests[] = {
        reduction(&k, ADC_REDUCE_SUM, op(&k, ADC_OP_MUL, xi, read1(&k, x, j)), i, j),
        reduction(&k, ADC_REDUCE_PROD, op(&k, ADC_OP_ADD, xi, constant(k.f, 1)), i, NULL),
        reduction(&k, ADC_REDUCE_MAX, xi, i, NULL),
        reduction(&k, ADC_REDUCE_MIN, xi, i, NULL),
        reduction(&k, ADC_REDUCE_SUM, pi, i, NULL),
        reduction(&k, ADC_REDUCE_PROD, pi, i, NULL),
        reduction(&k, ADC_REDUCE_MAX, pi, i, NULL),
        reduction(&k, ADC_REDUCE_MIN, pi, i, NULL),
        reduction(&k, ADC_REDUCE_ALL, op(&k, ADC_OP_GT, xi, zero), i, NULL),
        reduction(&k, ADC_REDUCE_ANY, op(&k, ADC_OP_LT, xi, zero), i, NULL),
    };
    static const char *const names[] = {"triangle", "product", "most",  "least",    "sum_p",
                                        "prod_p",   "max_p",   "min_p", "positive", "negative"};
    enum { COUNT = sizeof names / sizeof *names };
    for (int n = 0; n < COUNT; n++) bench_result(k.bench, k.f, names[n], nests[n]);
    for (int work = 0; work < 2; work++) {
        t->unit.count = 0;
        open_program(&k);
        for (int n = 0; n < COUNT; n++) {
            local(&k, body(&k), LOOP_VAR, nests[n]);
            if (!work) continue;
            k.program->place[nests[n]->id] = LOOP_WORK;
            k.program->slot[nests[n]->id] = k.program->work_count++;
        }
        struct loop_block *outer = loop(&k, body(&k), i);
        for (int n = 1; n < COUNT; n++) take_in(&k, outer, nests[n]);
        take_in(&k, loop(&k, outer, j), nests[0]);
        bench_finish(k.bench, k.f, body(&k));
        add(t, k.program);
        emit(t);
        assert_non_null(strstr(t->source.data, "for (int64_t i_2 = i; i_2 < N; i_2++) {\n"));
        check_run(
            t, CHECKS
            "int main(void) { double x[] = {2, 5, 5}, s, p, a, b; int64_t k[] = {3, -2, 7}, c, d,"
            "e, g; bool h, l;"
            "CHECK(!f(3, 0, x, k, &s, &p, &a, &b, &c, &d, &e, &g, &h, &l, NULL));"
            "CHECK(s == 4 + 10 + 10 + 25 + 25 + 25 && p == 108 && a == 5 && b == 2);"
            "CHECK(c == 8 && d == -42 && e == 7 && g == -2 && h && !l); x[1] = -5;"
            "CHECK(!f(3, 0, x, k, &s, &p, &a, &b, &c, &d, &e, &g, &h, &l, NULL));"
            "CHECK(a == 5 && b == -5 && !h && l); x[1] = NAN;"
            "CHECK(!f(3, 0, x, k, NULL, NULL, &a, &b, 0, 0, 0, 0, NULL, NULL, NULL));"
            "CHECK(isnan(a) && isnan(b));"
            "CHECK(!f(0, 0, NULL, NULL, &s, &p, &a, &b, &c, &d, &e, &g, &h, &l, NULL));"
            "CHECK(s == 0 && p == 1 && a == -INFINITY && b == INFINITY && c == 0 && d == 1);"
            "CHECK(e == INT64_MIN && g == INT64_MAX && h && !l); return 0; }");
    }
}

/* h[bin[i]] += x[i], counts likewise, over M bins; then the sum of h squared. */
static void histogram_is_filled_and_read_again(void **state)
{
    struct fixture *t = *state;
    struct maker k;
    open_maker(&k, t, "f");
    node_t x = parameter(&k, "x", ADC_F64, ADC_VAR, k.n, NULL),
           bin = parameter(&k, "bin", ADC_INT, ADC_DATA, k.n, NULL);
    node_t i = index_of(&k, NAME_I, whole(&k, 0), k.n, NULL),
           j = index_of(&k, NAME_J, whole(&k, 0), k.m, NULL);
    node_t at = read1(&k, bin, i);
    node_t h = vector(&k, ADC_REDUCE_SUM, read1(&k, x, i), at, k.m, i);
    node_t count = vector(&k, ADC_REDUCE_SUM, whole(&k, 1), at, k.m, i);
    node_t hj = read1(&k, h, j);
    node_t total = reduction(&k, ADC_REDUCE_SUM, op(&k, ADC_OP_MUL, hj, hj), j, NULL);
    bench_name(k.bench, k.f, h, "h");
    bench_result(k.bench, k.f, "total", total);
    array_result(&k, "count", count);
    open_program(&k);
    buffer(&k, h, -1);
    buffer(&k, count, 1);
    bench_push(k.bench, body(&k), LOOP_FILL, h, 0);
    bench_push(k.bench, body(&k), LOOP_FILL, count, 0);
    struct loop_block *inner = loop(&k, body(&k), i);
    take_in(&k, inner, h);
    take_in(&k, inner, count);
    local(&k, body(&k), LOOP_VAR, total);
    inner = loop(&k, body(&k), j);
    local(&k, inner, LOOP_LET, hj);
    take_in(&k, inner, total);
    bench_push(k.bench, body(&k), LOOP_STORE, total, 0);
    add(t, k.program);
    emit(t);
    assert_non_null(strstr(t->source.data, "h[bin[i1__]] += x[i1__];\n"));
    const char *main_text =
        CHECKS "int main(void) { double x[] = {1, 2, 4}, s, w[9]; int64_t b[] = {1, 0, 1}, c[3];"
               "CHECK(!f(3, 3, x, b, &s, c, NULL) && s == 4 + 25);"
               "CHECK(c[0] == 1 && c[1] == 2 && c[2] == 0); CHECK(f_work(3, 3) == 48);"
               "CHECK(!f(3, 3, x, b, &s, NULL, w) && s == 29);"
               "CHECK(!f(0, 1, NULL, NULL, &s, c, w) && s == 0 && c[0] == 0); return 0; }";
    check_run(t, main_text);
    struct adc_text text;
    adc_text_init(&text, &t->bench.arena);
    loop_print(k.program, &text);
    assert_non_null(strstr(text.data, "reduce %"));
    assert_non_null(strstr(text.data, ":h f64\n"));
}

/* packed[i*(i + 1) div 2 + j], of length N*(N + 1) div 2 - 1 + 1, and a matrix of N - 1 by N - 1 */
static void sizes_are_expressions(void **state)
{
    struct fixture *t = *state;
    struct maker k;
    open_maker(&k, t, "f");
    node_t less = op(&k, ADC_OP_ISUB, k.n, whole(&k, 1));
    node_t more = op(&k, ADC_OP_IADD, k.n, whole(&k, 1));
    node_t packed = op(&k, ADC_OP_IDIV, op(&k, ADC_OP_IMUL, k.n, more), whole(&k, 2));
    node_t x = parameter(&k, "x", ADC_F64, ADC_VAR, packed, NULL);
    node_t i = index_of(&k, NAME_I, whole(&k, 0), less, "i"),
           j = index_of(&k, NAME_J, whole(&k, 0), less, "i");
    node_t next = op(&k, ADC_OP_IADD, i, whole(&k, 1));
    node_t value = op(&k, ADC_OP_ADD, read1(&k, x, next), read1(&k, x, j));
    node_t both[] = {i, j}, at[] = {j, i}, shape[] = {less, less};
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET, .value = value, .index = both};
    nest.index_count = nest.rank = 2;
    nest.target = at;
    nest.shape = shape;
    node_t y = adc_nest(k.graph, &nest);
    array_result(&k, "result", y);
    open_program(&k);
    buffer(&k, y, 0);
    bench_push(k.bench, body(&k), LOOP_FILL, y, 0);
    take_in(&k, loop(&k, loop(&k, body(&k), i), j), y);
    add(t, k.program);
    emit(t);
    assert_non_null(strstr(t->header.data, "real[N*(N + 1) div 2]"));
    assert_non_null(strstr(t->header.data, "real[N - 1, N - 1]"));
    assert_non_null(strstr(t->source.data, "result[i_2*(N - 1) + i] = x[i + 1] + x[i_2];\n"));
    check_run(t, CHECKS "int main(void) { double x[] = {1, 2, 4, 0, 0, 0}, y[4] = {0, 0, 0, 7};"
                        "CHECK(!f(3, 0, x, y, NULL) && y[0] == 3 && y[1] == 5 && y[2] == 4);"
                        "CHECK(y[3] == 6 && f_work(3, 0) == 32 && f_work(0, 0) == 0);"
                        "CHECK(f_work(INT64_C(1) << 32, 0) == SIZE_MAX); y[0] = 9;"
                        "CHECK(!f(0, 0, NULL, y, NULL) && y[0] == 9);"
                        "CHECK(!f(1, 0, x, y, NULL) && y[0] == 9); return 0; }");
}

/* grad_x[i] = 2*x[i], added to what is there; nothing is added when a check fails. */
static void accumulated_arrays_are_added_at_the_end(void **state)
{
    struct fixture *t = *state;
    struct maker k;
    open_maker(&k, t, "f");
    node_t x = parameter(&k, "x", ADC_F64, ADC_VAR, k.n, NULL);
    node_t i = index_of(&k, NAME_I, whole(&k, 0), k.n, "i");
    node_t g = vector(&k, ADC_REDUCE_SET, op(&k, ADC_OP_MUL, constant(k.f, 2), read1(&k, x, i)), i,
                      k.n, i);
    array_result(&k, "grad_x", g);
    k.f->results.data[0].role = ADC_ROLE_GRAD;
    k.f->results.data[0].of = k.f->params.data[2].name;
    bench_check(k.bench, k.f, op(&k, ADC_OP_ILT, k.m, whole(&k, 3)), "M < 3");
    open_program(&k);
    buffer(&k, g, 0);
    take_in(&k, loop(&k, body(&k), i), g);
    bench_push(k.bench, body(&k), LOOP_CHECK, k.f->checks.data[0].condition, 0);
    add(t, k.program);
    t->unit.accumulate = true;
    for (int bare = 0; bare < 2; bare++) {
        t->unit.no_malloc = bare;
        emit(t);
        assert_non_null(strstr(t->header.data, "real[N]; added to, not written"));
        check_run(t, CHECKS "int main(void) { double x[] = {1, 2, 3}, g[] = {10, 20, 30}, w[3];"
                            "CHECK(f_work(3, 0) == 24 && !f(3, 0, x, g, w));"
                            "CHECK(g[0] == 12 && g[1] == 24 && g[2] == 36);"
                            "CHECK(f(3, 3, x, g, w) == 1 && g[0] == 12);"
                            "CHECK(!f(3, 0, x, NULL, w) && w[2] == 6); return 0; }");
    }
    assert_non_null(t->source.data);
}

/* Many arrays: they reach the parts through a struct; and more than 100 parameters. */
static void many_arrays_go_into_structs(void **state)
{
    enum { COUNT = 120 };
    struct fixture *t = *state;
    for (int inputs = 0; inputs < 2; inputs++) {
        struct maker k;
        t->unit.count = 0;
        open_maker(&k, t, "f");
        node_t x = parameter(&k, "x", ADC_F64, ADC_VAR, k.n, NULL), arrays[COUNT];
        for (int n = 0; inputs && n < COUNT; n++) {
            char name[16];
            snprintf(name, sizeof name, "x%d", n);
            parameter(&k, name, ADC_BOOL, ADC_DATA, k.n, NULL);
        }
        node_t i = index_of(&k, NAME_I, whole(&k, 0), k.n, "i"), last = x;
        for (int n = 0; n < COUNT; n++) {
            node_t value = op(&k, ADC_OP_ADD, read1(&k, last, i), constant(k.f, n));
            arrays[n] = last = vector(&k, ADC_REDUCE_SET, value, i, k.n, i);
        }
        array_result(&k, "result", last);
        open_program(&k);
        uint32_t part = new_part(&k);
        for (int n = 0; n < COUNT; n++) {
            buffer(&k, arrays[n], n == COUNT - 1 ? 0 : -1);
            if (n != COUNT / 2) take_in(&k, loop(&k, body(&k), i), arrays[n]);
            else bench_push(k.bench, loop(&k, body(&k), i), LOOP_CALL, NULL, part);
        }
        take_in(&k, &k.program->parts.data[part].body, arrays[COUNT / 2]);
        add(t, k.program);
        emit(t);
        check_run(t, inputs ? CHECKS
                         "int main(void) { double x[] = {1, 2}, y[2]; struct f_args a = {0};"
                         "a.N = 2; a.x = x; a.result = y; CHECK(!f(&a) && y[1] == 2 + 119 * 60);"
                         "a.N = -2; CHECK(f(&a) == -2); CHECK(f_work(2, 0) == 120*16); return 0; }"
                            : CHECKS
                         "int main(void) { double x[] = {1, 2}, y[2];"
                         "CHECK(!f(2, 0, x, y, NULL) && y[0] == 1 + 119 * 60); return 0; }");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(matrix_times_vector_in_one_part_and_two),
        TEST(single_precision_and_no_allocation),
        TEST(reductions_have_the_first_value_of_their_kind),
        TEST(histogram_is_filled_and_read_again),
        TEST(sizes_are_expressions),
        TEST(accumulated_arrays_are_added_at_the_end),
        TEST(many_arrays_go_into_structs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
