/* The graph builder: nodes, names, passes, texts, functions; the article's examples. */
#include "runtime/adc.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) fail_msg("%.17g, not %.17g", got, want);
}

struct fixture {
    char told[400];
    adc_context *context;
    adc_graph *graph;
};

static void keep(void *user, const adc_diagnostic *diagnostic)
{
    struct fixture *fixture = user;
    snprintf(fixture->told, sizeof fixture->told, "%s", diagnostic->text);
}

static int set_up(void **state)
{
    static struct fixture fixture;
    adc_options options = {.report = keep, .user = &fixture};
    memset(&fixture, 0, sizeof fixture);
    fixture.context = adc_context_new(&options);
    fixture.graph = adc_graph_new(fixture.context, ADC_TYPE_F64);
    *state = &fixture;
    return fixture.graph == NULL;
}

static int tear_down(void **state)
{
    adc_context_free(((struct fixture *)*state)->context);
    return 0;
}

static adc_argument scalar(const char *name, double value)
{
    adc_argument argument = {.name = name, .value = {.f64 = value}};
    return argument;
}

static adc_argument array(const char *name, unsigned rank, int64_t rows, int64_t columns,
                          double *data)
{
    adc_argument argument = {.name = name, .rank = rank, .lengths = {rows, columns}, .data = data};
    return argument;
}

static double value_of(adc_graph *graph, adc_node *node)
{
    adc_argument value;
    assert_int_equal(adc_graph_value(graph, node, &value), ADC_GOOD);
    assert_int_equal(value.rank, 0);
    return value.value.f64;
}

static double gradient_of(adc_graph *graph, adc_node *node)
{
    adc_argument value;
    assert_int_equal(adc_graph_gradient(graph, node, &value), ADC_GOOD);
    return value.value.f64;
}

static const char *name_of(adc_graph *graph, adc_node *node)
{
    static char name[64];
    size_t length = adc_graph_name(graph, node, name, sizeof name);
    assert_int_equal(length, strlen(name));
    return name;
}

struct text {
    char bytes[100000];
    size_t count;
};

static void append(void *user, const char *bytes, size_t count)
{
    struct text *text = user;
    assert_true(text->count + count < sizeof text->bytes);
    memcpy(text->bytes + text->count, bytes, count);
    text->count += count;
    text->bytes[text->count] = '\0';
}

/* ----------------------------------------------------------------------------- the article */

/* z = (x*y + c)*c + x */
static adc_node *article(adc_graph *g)
{
    adc_node *x = adc_graph_variable(g, "x", 0, NULL), *y = adc_graph_variable(g, "y", 0, NULL);
    adc_node *xy = adc_graph_apply2(g, "mul", x, y);
    adc_node *c = adc_graph_constant(g, "c", 1.3);
    adc_node *z = adc_graph_apply2(g, "add", xy, c);
    z = adc_graph_apply2(g, "mul", z, c);
    return adc_graph_apply2(g, "add", z, x);
}

static void the_article_example_has_its_order_value_and_gradients(void **state)
{
    adc_graph *g = ((struct fixture *)*state)->graph;
    static const char *const order[] = {"x", "y", "mul/0", "c", "add/0", "mul/1", "add/1"};
    static const double gradients[] = {1.52, 1.17, 1.3, 2.96, 1.3, 1, 1};
    adc_node *z = article(g), *nodes[7];
    adc_argument feed[] = {scalar("x", 0.9), scalar("y", 0.4)};
    assert_int_equal(adc_graph_order(g, z, nodes, 7), 7);
    for (int i = 0; i < 7; i++) assert_string_equal(name_of(g, nodes[i]), order[i]);
    assert_int_equal(adc_graph_feed(g, feed, 2), ADC_GOOD);
    assert_int_equal(adc_graph_forward(g, z), ADC_GOOD);
    assert_true(value_of(g, z) == 3.0580000000000003);
    assert_int_equal(adc_graph_gradient(g, z, &feed[0]), ADC_MISSING);
    assert_int_equal(adc_graph_backward(g, z), ADC_GOOD);
    assert_true(value_of(g, z) == 3.0580000000000003);
    for (int i = 0; i < 7; i++) {
        assert_near(gradient_of(g, nodes[i]), gradients[i], 1e-15);
        assert_true(adc_graph_find(g, order[i]) == nodes[i]);
    }
    assert_true(gradient_of(g, adc_graph_find(g, "y")) == 1.1700000000000002);
    assert_int_equal(adc_graph_kind(g, adc_graph_find(g, "c")), ADC_NODE_CONSTANT);
    assert_int_equal(adc_graph_kind(g, adc_graph_find(g, "x")), ADC_NODE_VARIABLE);
    assert_int_equal(adc_graph_kind(g, z), ADC_NODE_OPERATOR);
}

static void names_are_automatic_where_none_is_given(void **state)
{
    adc_graph *g = ((struct fixture *)*state)->graph;
    adc_node *x = adc_graph_variable(g, NULL, 0, NULL), *y = adc_graph_variable(g, NULL, 0, NULL);
    adc_node *xy = adc_graph_apply2(g, "mul", x, y), *five = adc_graph_constant(g, NULL, 5);
    adc_node *sum = adc_graph_apply2(g, "add", xy, five);
    adc_node *p = adc_graph_placeholder(g, NULL, ADC_TYPE_F64, 0, NULL);
    assert_string_equal(name_of(g, x), "Var/0");
    assert_string_equal(name_of(g, y), "Var/1");
    assert_string_equal(name_of(g, xy), "mul/0");
    assert_string_equal(name_of(g, five), "Const/0");
    assert_string_equal(name_of(g, sum), "add/0");
    assert_string_equal(name_of(g, p), "Placeholder/0");
    assert_true(adc_graph_find(g, "Var/1") == y && adc_graph_find(g, "Const/0") == five);
    assert_null(adc_graph_find(g, "Var/2"));
    assert_null(adc_graph_find(g, "Var/"));
    assert_null(adc_graph_find(g, "Var/01"));
    assert_null(adc_graph_find(g, "nothing"));
    assert_true(adc_graph_apply2(g, "mul", x, y) == xy); /* equal nodes are one */
    assert_int_equal(adc_graph_rename(g, xy, "product"), ADC_GOOD);
    assert_string_equal(name_of(g, xy), "product");
    assert_true(adc_graph_find(g, "product") == xy);
    assert_int_equal(adc_graph_rename(g, xy, "other"), ADC_GIVEN_TWICE);
    assert_int_equal(adc_graph_rename(g, sum, "product"), ADC_GIVEN_TWICE);
    assert_int_equal(adc_graph_rename(g, sum, "two words"), ADC_BAD_ARGUMENT);
    char cut[4];
    assert_int_equal(adc_graph_name(g, xy, cut, sizeof cut), 7);
    assert_string_equal(cut, "pro");
}

static void constants_of_one_value_with_names_are_apart(void **state)
{
    adc_graph *g = ((struct fixture *)*state)->graph;
    adc_node *c = adc_graph_constant(g, "c", 2), *d = adc_graph_constant(g, "d", 2);
    adc_node *z = adc_graph_apply2(g, "mul", c, adc_graph_apply2(g, "mul", d, d));
    z = adc_graph_apply2(g, "mul", z, adc_graph_constant(g, NULL, 2));
    assert_ptr_not_equal(c, d);
    assert_int_equal(adc_graph_backward(g, z), ADC_GOOD);
    assert_true(gradient_of(g, c) == 8 && gradient_of(g, d) == 16);
    adc_argument feed = scalar("c", 3);
    assert_int_equal(adc_graph_feed(g, &feed, 1), ADC_IS_CONSTANT);
}

/* Every node without a path to the output, or behind a stop, has the gradient 0. */
static void nodes_that_nothing_flows_to_have_gradient_zero(void **state)
{
    adc_graph *g = ((struct fixture *)*state)->graph;
    adc_node *x = adc_graph_variable(g, "x", 0, NULL);
    adc_node *square = adc_graph_apply2(g, "mul", x, x), *stop = adc_graph_stop(g, square);
    adc_node *z = adc_graph_apply2(g, "add", stop, adc_graph_constant(g, NULL, 1));
    adc_node *elsewhere = adc_graph_apply1(g, "sin", x);
    adc_argument feed = scalar("x", 3), value;
    adc_graph_feed(g, &feed, 1);
    assert_int_equal(adc_graph_backward(g, z), ADC_GOOD);
    assert_true(value_of(g, z) == 10 && gradient_of(g, square) == 0 && gradient_of(g, stop) == 1);
    assert_int_equal(adc_graph_value(g, elsewhere, &value), ADC_MISSING);
}

/* ------------------------------------------------------------------------------------ arrays */

/* s = sum(tanh(A@x + b)) with sizes known when fed; ds/dx = A' t, t = 1 - tanh^2. */
static adc_node *layer(adc_graph *g)
{
    adc_node *m = adc_graph_dimension(g, "M"), *n = adc_graph_dimension(g, "N");
    adc_node *shape[] = {m, n};
    adc_node *A = adc_graph_variable(g, "A", 2, shape), *x = adc_graph_variable(g, "x", 1, &n);
    adc_node *b = adc_graph_placeholder(g, "b", ADC_TYPE_F64, 1, &m);
    adc_node *y = adc_graph_apply2(g, "add", adc_graph_matmul(g, A, x), b);
    return adc_graph_reduce(g, "sum", adc_graph_apply1(g, "tanh", y), -1);
}

static void arrays_have_values_and_gradients_as_wholes(void **state)
{
    adc_graph *g = ((struct fixture *)*state)->graph;
    adc_node *s = layer(g);
    double A[] = {1, -2, 0.5, 0.25, 3, -1}, x[] = {0.5, 0.1, -0.3}, b[] = {0.2, -0.1}, want = 0;
    adc_argument feed[] = {array("A", 2, 2, 3, A), array("x", 1, 3, 0, x), array("b", 1, 2, 0, b)};
    adc_argument gx, gA, y;
    assert_int_equal(adc_graph_feed(g, feed, 3), ADC_GOOD);
    assert_int_equal(adc_graph_backward(g, s), ADC_GOOD);
    assert_int_equal(adc_graph_gradient(g, adc_graph_find(g, "x"), &gx), ADC_GOOD);
    assert_int_equal(adc_graph_gradient(g, adc_graph_find(g, "A"), &gA), ADC_GOOD);
    assert_int_equal(adc_graph_value(g, adc_graph_find(g, "add/0"), &y), ADC_GOOD);
    assert_int_equal(gA.rank, 2);
    assert_true(gA.lengths[0] == 2 && gA.lengths[1] == 3 && gx.lengths[0] == 3);
    for (int j = 0; j < 3; j++) {
        double sum = 0;
        for (int i = 0; i < 2; i++) {
            double t = tanh(((double *)y.data)[i]);
            sum += A[3*i + j]*(1 - t*t);
            assert_near(((double *)gA.data)[3*i + j], (1 - t*t)*x[j], 1e-15);
        }
        assert_near(((double *)gx.data)[j], sum, 1e-15);
    }
    for (int i = 0; i < 2; i++)
        want += tanh(A[3*i]*x[0] + A[3*i + 1]*x[1] + A[3*i + 2]*x[2] + b[i]);
    assert_near(value_of(g, s), want, 1e-15);
}

static void passes_may_follow_with_other_sizes(void **state)
{
    adc_graph *g = ((struct fixture *)*state)->graph;
    adc_node *s = layer(g);
    double A[] = {1, 2, 3, 4}, x[] = {0.25, 0.5}, b[] = {0, 0};
    adc_argument one[] = {array("A", 2, 1, 1, A), array("x", 1, 1, 0, x), array("b", 1, 1, 0, b)};
    adc_argument two[] = {array("A", 2, 2, 2, A), array("x", 1, 2, 0, x), array("b", 1, 2, 0, b)};
    for (int round = 0; round < 2; round++) {
        assert_int_equal(adc_graph_feed(g, one, 3), ADC_GOOD);
        assert_int_equal(adc_graph_backward(g, s), ADC_GOOD);
        assert_near(value_of(g, s), tanh(0.25), 1e-16);
        assert_int_equal(adc_graph_feed(g, two, 3), ADC_GOOD);
        assert_int_equal(adc_graph_backward(g, s), ADC_GOOD);
        assert_near(value_of(g, s), tanh(1.25) + tanh(2.75), 1e-15);
    }
    assert_int_equal(adc_graph_feed(g, one, 1), ADC_GOOD); /* A alone */
    assert_int_equal(adc_graph_forward(g, s), ADC_WRONG_SHAPE);
}

/* Each reduction against its own loop, over all elements and along each axis. */
static void reductions_run_over_all_or_one_axis(void **state)
{
    adc_graph *g = ((struct fixture *)*state)->graph;
    static const char *const names[] = {"sum", "prod", "max", "min", "mean"};
    double a[] = {1, -2, 3, 0.5, 4, -1};
    adc_node *shape[] = {adc_graph_int(g, 2), adc_graph_int(g, 3)};
    adc_node *A = adc_graph_placeholder(g, "A", ADC_TYPE_F64, 2, shape);
    adc_argument feed = array("A", 2, 2, 3, a), value;
    adc_graph_feed(g, &feed, 1);
    static const double all[] = {5.5, 12, 4, -2, 5.5/6};
    static const double rows[5][2] = {{2, 3.5}, {-6, -2}, {3, 4}, {-2, -1}, {2.0/3, 3.5/3}};
    static const double columns[5][3] = {
        {1.5, 2, 2}, {0.5, -8, -3}, {1, 4, 3}, {0.5, -2, -1}, {0.75, 1, 1}};
    for (int i = 0; i < 5; i++) {
        adc_node *whole = adc_graph_reduce(g, names[i], A, -1);
        assert_int_equal(adc_graph_forward(g, whole), ADC_GOOD);
        assert_near(value_of(g, whole), all[i], 1e-15);
        for (int axis = 0; axis < 2; axis++) {
            adc_node *node = adc_graph_reduce(g, names[i], A, axis);
            assert_int_equal(adc_graph_forward(g, node), ADC_GOOD);
            assert_int_equal(adc_graph_value(g, node, &value), ADC_GOOD);
            assert_int_equal(value.lengths[0], axis ? 2 : 3);
            for (int k = 0; k < (axis ? 2 : 3); k++)
                assert_near(((double *)value.data)[k], axis ? rows[i][k] : columns[i][k],
                                   1e-15);
        }
    }
    assert_null(adc_graph_reduce(g, "median", A, 0));
    assert_null(adc_graph_reduce(g, "sum", A, 2));
    assert_null(adc_graph_reduce(g, "sum", A, -2));
    assert_null(adc_graph_reduce(g, "all", A, -1));
}

static void the_greatest_of_nothing_is_a_failed_check(void **state)
{
    adc_graph *g = ((struct fixture *)*state)->graph;
    adc_node *n = adc_graph_dimension(g, "N"), *x = adc_graph_variable(g, "x", 1, &n);
    adc_node *most = adc_graph_reduce(g, "max", x, -1);
    adc_argument feed = array("x", 1, 0, 0, NULL), value;
    adc_graph_feed(g, &feed, 1);
    adc_status status = adc_graph_forward(g, most);
    assert_true(status > 0);
    assert_string_equal(adc_graph_status_text(g, status), "`x` has elements to take the max of");
    assert_int_equal(adc_graph_value(g, most, &value), ADC_MISSING);
    assert_int_equal(adc_graph_forward(g, adc_graph_reduce(g, "sum", x, -1)), ADC_GOOD);
}

static void arrays_are_reshaped_transposed_and_indexed(void **state)
{
    adc_graph *g = ((struct fixture *)*state)->graph;
    double a[] = {1, 2, 3, 4, 5, 6};
    adc_node *n = adc_graph_dimension(g, "N"), *two = adc_graph_int(g, 2);
    adc_node *x = adc_graph_variable(g, "x", 1, &n);
    adc_node *shape[] = {two, adc_graph_apply2(g, "idiv", n, two)};
    adc_node *A = adc_graph_reshape(g, x, 2, shape), *T = adc_graph_transpose(g, A);
    adc_node *k = adc_graph_placeholder(g, "k", ADC_TYPE_INT, 0, NULL);
    adc_node *row_at[] = {k}, *column_at[] = {NULL, k}, *at[] = {two, k};
    adc_node *row = adc_graph_index(g, A, row_at, 1), *column = adc_graph_index(g, A, column_at, 2);
    adc_node *element = adc_graph_index(g, T, at, 2);
    adc_node *z = adc_graph_apply2(g, "mul", adc_graph_reduce(g, "sum", row, -1), element);
    adc_argument feed[] = {array("x", 1, 6, 0, a),
                           {.name = "k", .type = ADC_TYPE_INT, .value = {.i64 = 1}}},
                 value;
    adc_graph_feed(g, feed, 2);
    assert_int_equal(adc_graph_backward(g, z), ADC_GOOD); /* (x3 + x4 + x5)*x5 */
    assert_true(value_of(g, z) == 90);
    assert_int_equal(adc_graph_gradient(g, x, &value), ADC_GOOD);
    static const double gradient[] = {0, 0, 0, 6, 6, 21};
    assert_memory_equal(value.data, gradient, sizeof gradient);
    assert_int_equal(adc_graph_forward(g, column), ADC_GOOD);
    assert_int_equal(adc_graph_value(g, column, &value), ADC_GOOD);
    assert_true(value.lengths[0] == 2);
    assert_true(((double *)value.data)[0] == 2 && ((double *)value.data)[1] == 5);
    feed[1].value.i64 = 2; /* outside the two rows */
    adc_graph_feed(g, feed, 2);
    adc_status status = adc_graph_forward(g, z);
    assert_true(status > 0);
    assert_string_equal(adc_graph_status_text(g, status),
                        "the index of `reshape/0` along axis 0 is inside");
    feed[0].lengths[0] = 5; /* no longer even */
    feed[1].value.i64 = 0;
    adc_graph_feed(g, feed, 2);
    assert_true(adc_graph_forward(g, A) > 0);
}

static void choices_are_lazy_and_go_element_by_element(void **state)
{
    adc_graph *g = ((struct fixture *)*state)->graph;
    double a[] = {4, -1, 9, 0};
    adc_node *n = adc_graph_dimension(g, "N"), *x = adc_graph_variable(g, "x", 1, &n);
    adc_node *zero = adc_graph_constant(g, NULL, 0);
    adc_node *root = adc_graph_select(g, adc_graph_apply2(g, "gt", x, zero),
                                      adc_graph_apply1(g, "sqrt", x), zero);
    adc_node *z = adc_graph_reduce(g, "sum", root, -1);
    adc_argument feed = array("x", 1, 4, 0, a), value;
    adc_graph_feed(g, &feed, 1);
    assert_int_equal(adc_graph_backward(g, z), ADC_GOOD);
    assert_true(value_of(g, z) == 5);
    adc_graph_gradient(g, x, &value);
    static const double gradient[] = {0.25, 0, 1.0/6, 0};
    for (int i = 0; i < 4; i++) assert_near(((double *)value.data)[i], gradient[i], 1e-16);
}

static void every_type_of_leaf_can_be_fed_and_read(void **state)
{
    struct fixture *f = *state;
    adc_graph *g = adc_graph_new(f->context, ADC_TYPE_F32);
    float x[] = {1.5f, -2};
    int32_t i[] = {3, -4};
    bool b[] = {true, false};
    adc_node *two = adc_graph_int(g, 2);
    adc_node *px = adc_graph_variable(g, "x", 1, &two);
    adc_node *pi = adc_graph_placeholder(g, "i", ADC_TYPE_I32, 1, &two);
    adc_node *pb = adc_graph_placeholder(g, "b", ADC_TYPE_BOOL, 1, &two);
    adc_node *product = adc_graph_apply2(g, "mul", px, pi);
    adc_node *z = adc_graph_reduce(g, "sum", adc_graph_select(g, pb, product, px), -1);
    adc_node *any = adc_graph_reduce(g, "any", pb, -1);
    adc_argument feed[] = {{"x", ADC_TYPE_F32, 1, {2}, x, {0}}, {"i", ADC_TYPE_I32, 1, {2}, i, {0}},
                           {"b", ADC_TYPE_BOOL, 1, {2}, b, {0}}},
                 value;
    assert_int_equal(adc_graph_feed(g, feed, 3), ADC_GOOD);
    assert_int_equal(adc_graph_backward(g, z), ADC_GOOD);
    assert_int_equal(adc_graph_value(g, z, &value), ADC_GOOD);
    assert_true(value.type == ADC_TYPE_F32 && value.value.f32 == 2.5f);
    assert_int_equal(adc_graph_gradient(g, px, &value), ADC_GOOD);
    assert_true(((float *)value.data)[0] == 3 && ((float *)value.data)[1] == 1);
    assert_int_equal(adc_graph_gradient(g, pi, &value), ADC_MISSING);
    assert_int_equal(adc_graph_value(g, pi, &value), ADC_GOOD);
    assert_memory_equal(value.data, i, sizeof i);
    assert_int_equal(adc_graph_forward(g, any), ADC_GOOD);
    adc_graph_value(g, any, &value);
    assert_true(value.type == ADC_TYPE_BOOL && value.value.boolean);
}

/* -------------------------------------------------------------------- functions and texts */

/* A compiled graph has the value of its passes, bit for bit, and so has the program that it is
 * written as; the gradient is their sum of contributions in whatever order. */
static void compare_with_program(struct fixture *f, adc_node *output, adc_argument *feed,
                                 size_t count, const char *variable)
{
    adc_graph *g = f->graph;
    adc_graph_function function = {.name = "g", .results = &output, .count = 1};
    char gradient_name[40];
    struct text text = {.count = 0};
    adc_argument value, gradient;
    assert_int_equal(adc_graph_feed(g, feed, count), ADC_GOOD);
    adc_status status = adc_graph_backward(g, output);
    if (status != ADC_GOOD) fail_msg("%s", adc_graph_status_text(g, status));
    adc_graph_value(g, output, &value);
    adc_graph_gradient(g, adc_graph_find(g, variable), &gradient);
    assert_int_equal(adc_graph_emit_ad(g, &function, append, &text), ADC_GOOD);
    adc_module *modules[] = {adc_graph_compile(g, &function),
                             adc_compile_string(f->context, "g.ad", text.bytes, NULL)};
    if (!modules[1]) print_error("%s%s\n", text.bytes, f->told);
    snprintf(gradient_name, sizeof gradient_name, "grad_%s", variable);
    for (int m = 0; m < 2; m++) {
        double got[64];
        size_t elements = 1;
        adc_argument arguments[12] = {{0}};
        memcpy(arguments, feed, count * sizeof *feed);
        arguments[count] = scalar("result", 0);
        arguments[count + 1] = gradient;
        arguments[count + 1].name = gradient_name;
        arguments[count + 1].data = got;
        for (unsigned i = 0; i < gradient.rank; i++) elements *= (size_t)gradient.lengths[i];
        adc_function *grad = adc_function_get(modules[m], "g", "grad");
        assert_int_equal(adc_call(grad, arguments, count + 2), ADC_GOOD);
        assert_memory_equal(&arguments[count].value.f64, &value.value.f64, sizeof(double));
        const double *want = gradient.rank ? gradient.data : &gradient.value.f64;
        for (size_t i = 0; i < elements; i++)
            assert_true(fabs(got[i] - want[i]) <= 4e-15*fabs(want[i])); /* sums in another order */
    }
}

static void the_article_example_is_a_program(void **state)
{
    struct fixture *f = *state;
    adc_node *z = article(f->graph);
    struct text text = {.count = 0};
    adc_graph_function function = {.name = "z", .results = &z, .count = 1};
    adc_argument feed[] = {scalar("x", 0.9), scalar("y", 0.4)};
    assert_int_equal(adc_graph_emit_ad(f->graph, &function, append, &text), ADC_GOOD);
    assert_string_equal(text.bytes, "export fn z(var x: real, var y: real) -> real {\n"
                                    "  let mul_0 = x * y\n"
                                    "  let c = 1.3\n"
                                    "  let add_0 = mul_0 + c\n"
                                    "  let mul_1 = add_0 * c\n"
                                    "  let add_1 = mul_1 + x\n"
                                    "  add_1\n"
                                    "}\n");
    compare_with_program(f, z, feed, 2, "x");
}

static void arrays_are_programs(void **state)
{
    struct fixture *f = *state;
    adc_graph *g = f->graph;
    double A[] = {1, -2, 0.5, 0.25, 3, -1}, x[] = {0.5, 0.1, -0.3}, b[] = {0.2, -0.1};
    adc_argument feed[] = {array("A", 2, 2, 3, A), array("x", 1, 3, 0, x), array("b", 1, 2, 0, b)};
    adc_node *s = layer(g), *shape[] = {adc_graph_int(g, 3), adc_graph_int(g, 2)}, *parts[8];
    adc_node *m = adc_graph_find(g, "A"), *t = adc_graph_transpose(g, m);
    adc_node *one = adc_graph_int(g, 1), *at[] = {one, NULL}, *corner[] = {one, one};
    parts[0] = adc_graph_reduce(g, "prod", adc_graph_reduce(g, "max", m, 1), -1);
    parts[1] = adc_graph_reduce(g, "sum", adc_graph_reduce(g, "mean", t, 0), -1);
    parts[2] = adc_graph_reduce(g, "sum", adc_graph_matmul(g, m, t), -1);
    parts[3] = adc_graph_index(g, adc_graph_reshape(g, m, 2, shape), corner, 2);
    parts[4] = adc_graph_reduce(g, "sum", adc_graph_index(g, m, at, 2), -1);
    adc_node *minus = adc_graph_constant(g, NULL, -0.5);
    adc_node *power = adc_graph_apply2(g, "pow", adc_graph_apply1(g, "abs", m), minus);
    adc_node *chosen = adc_graph_select(g, adc_graph_apply2(g, "gt", m, minus), power, m);
    parts[5] = adc_graph_reduce(g, "mean", chosen, -1);
    parts[6] = adc_graph_apply1(g, "neg", adc_graph_stop(g, s));
    parts[7] = adc_graph_apply2(g, "max", s, adc_graph_apply2(g, "mul", s, one));
    for (int i = 0; i < 8; i++) {
        assert_non_null(parts[i]);
        s = adc_graph_apply2(g, "add", s, parts[i]);
    }
    compare_with_program(f, s, feed, 3, "A");
    compare_with_program(f, s, feed, 3, "x");
}

/* Names that mean something in the language, or are automatic ones written with a stroke. */
static void names_of_the_language_do_not_get_in_the_way(void **state)
{
    struct fixture *f = *state;
    adc_graph *g = f->graph;
    adc_node *two = adc_graph_int(g, 2);
    adc_node *i = adc_graph_variable(g, "i", 1, &two), *m = adc_graph_variable(g, "mul_0", 0, NULL);
    adc_node *exp = adc_graph_apply1(g, "exp", adc_graph_apply2(g, "mul", i, m));
    adc_graph_rename(g, exp, "exp");
    adc_node *total = adc_graph_reduce(g, "sum", adc_graph_apply1(g, "exp", exp), -1);
    adc_graph_rename(g, total, "sum");
    double x[] = {0.5, -1};
    adc_argument feed[] = {array("i", 1, 2, 0, x), scalar("mul_0", 0.75)};
    compare_with_program(f, total, feed, 2, "mul_0");
}

static void several_results_are_a_function(void **state)
{
    struct fixture *f = *state;
    adc_graph *g = f->graph;
    adc_node *x = adc_graph_variable(g, NULL, 0, NULL);
    adc_node *results[] = {adc_graph_apply1(g, "sin", x), x};
    const char *const names[] = {"s", "same"}, *const twice[] = {"s", "s"};
    adc_graph_function function = {"pair", results, names, 2};
    adc_module *module = adc_graph_compile(g, &function);
    adc_argument arguments[] = {scalar("Var_0", 0.5), scalar("s", 0), scalar("same", 0)};
    assert_string_equal(adc_module_function(module, 0), "pair");
    assert_int_equal(adc_call(adc_function_get(module, "pair", "value"), arguments, 3), ADC_GOOD);
    assert_true(arguments[1].value.f64 == sin(0.5) && arguments[2].value.f64 == 0.5);
    function.result_names = twice;
    assert_null(adc_graph_compile(g, &function));
    function.result_names = NULL;
    assert_null(adc_graph_compile(g, &function));
    function.count = 0;
    assert_null(adc_graph_compile(g, &function));
    assert_null(adc_graph_compile(g, NULL));
}

static void graphs_are_emitted_as_c(void **state)
{
    struct fixture *f = *state;
    adc_node *s = layer(f->graph);
    adc_graph_function function = {.name = "layer", .results = &s, .count = 1};
    adc_module *module = adc_graph_compile(f->graph, &function);
    struct text source = {.count = 0}, header = {.count = 0};
    assert_int_equal(adc_module_emit(module, ADC_C_SOURCE, "layer.h", append, &source), ADC_GOOD);
    assert_int_equal(adc_module_emit(module, ADC_C_HEADER, "layer.h", append, &header), ADC_GOOD);
    assert_non_null(strstr(source.bytes, "#include \"layer.h\""));
    assert_non_null(strstr(header.bytes, "layer_grad("));
    size_t bytes = 1;
    adc_argument shapes[] = {array("A", 2, 4, 3, NULL), array("x", 1, 3, 0, NULL)};
    adc_function *grad = adc_function_get(module, "layer", "grad");
    assert_int_equal(adc_function_work(grad, shapes, 2, &bytes), ADC_GOOD);
    assert_int_equal(bytes % 8, 0);
}

static void operators_without_a_word_are_not_written(void **state)
{
    struct fixture *f = *state;
    adc_graph *g = f->graph;
    adc_node *x = adc_graph_variable(g, "x", 0, NULL), *n = adc_graph_dimension(g, "N");
    adc_node *share = adc_graph_apply2(g, "max_share", x, x);
    adc_node *real = adc_graph_apply1(g, "int_to_f64", n);
    adc_graph_function function = {.name = "f", .results = &share, .count = 1};
    struct text text = {.count = 0};
    assert_int_equal(adc_graph_emit_ad(g, &function, append, &text), ADC_BAD_PROGRAM);
    assert_string_equal(f->told,
                        "`max_share/0` is of an operator that the language has no word for");
    function.results = &real;
    assert_int_equal(adc_graph_emit_ad(g, &function, append, &text), ADC_BAD_PROGRAM);
    assert_string_equal(f->told, "the dimension `N` is the length of no axis of a parameter");
    assert_int_equal(text.count, 0);
}

static void pictures_show_every_node_and_what_was_found(void **state)
{
    adc_graph *g = ((struct fixture *)*state)->graph;
    adc_node *z = article(g);
    struct text text = {.count = 0};
    assert_int_equal(adc_graph_draw(g, z, append, &text), ADC_GOOD);
    assert_non_null(strstr(text.bytes, "label=\"Variable\\nx\""));
    assert_non_null(strstr(text.bytes, "label=\"Constant\\nc = 1.3\""));
    assert_null(strstr(text.bytes, "gradient"));
    adc_argument feed[] = {scalar("x", 0.9), scalar("y", 0.4)};
    adc_graph_feed(g, feed, 2);
    adc_graph_backward(g, z);
    text.count = 0;
    assert_int_equal(adc_graph_draw(g, z, append, &text), ADC_GOOD);
    assert_non_null(
        strstr(text.bytes, "Operator\\nmul/0\\nvalue 0.36000000000000004\\ngradient 1.3"));
    size_t edges = 0;
    for (const char *at = text.bytes; (at = strstr(at, " -> ")); at++) edges++;
    assert_int_equal(edges, 8);
}

/* ---------------------------------------------------------------------------------- mistakes */

static void mistakes_give_null_and_leave_the_graph_as_it_was(void **state)
{
    struct fixture *f = *state;
    adc_graph *g = f->graph, *other = adc_graph_new(f->context, ADC_TYPE_F64);
    adc_node *x = adc_graph_variable(g, "x", 0, NULL), *b = adc_graph_bool(g, true);
    adc_node *foreign = adc_graph_variable(other, "x", 0, NULL);
    adc_node *two = adc_graph_int(g, 2), *three = adc_graph_int(g, 3);
    adc_node *u = adc_graph_variable(g, "u", 1, &two), *v = adc_graph_variable(g, "v", 1, &three);
    adc_node *many[] = {two, two, two, two, two, two, two, two, two};
    adc_argument feed;
#define FAILS(call, status)                                                                        \
    assert_null(call), assert_int_equal(adc_context_status(f->context), status)
    FAILS(adc_graph_variable(g, "x", 0, NULL), ADC_GIVEN_TWICE);
    FAILS(adc_graph_variable(g, "1x", 0, NULL), ADC_BAD_ARGUMENT);
    FAILS(adc_graph_variable(g, "", 0, NULL), ADC_BAD_ARGUMENT);
    FAILS(adc_graph_variable(g, "w", 1, NULL), ADC_BAD_ARGUMENT);
    FAILS(adc_graph_variable(g, "w", 1, &x), ADC_WRONG_TYPE);
    FAILS(adc_graph_variable(g, "w", 9, many), ADC_WRONG_SHAPE);
    FAILS(adc_graph_placeholder(g, "w", (adc_element)9, 0, NULL), ADC_BAD_ARGUMENT);
    FAILS(adc_graph_apply1(g, "sine", x), ADC_UNKNOWN_NAME);
    FAILS(adc_graph_apply1(g, "nest", x), ADC_UNKNOWN_NAME);
    FAILS(adc_graph_apply1(g, NULL, x), ADC_BAD_ARGUMENT);
    FAILS(adc_graph_apply1(g, "add", x), ADC_BAD_ARGUMENT);
    FAILS(adc_graph_apply1(g, "sin", NULL), ADC_BAD_ARGUMENT);
    FAILS(adc_graph_apply1(g, "sin", b), ADC_WRONG_TYPE);
    FAILS(adc_graph_apply(g, "sin", NULL, 1), ADC_BAD_ARGUMENT);
    FAILS(adc_graph_apply2(g, "add", x, foreign), ADC_BAD_ARGUMENT);
    FAILS(adc_graph_apply2(g, "add", u, v), ADC_WRONG_SHAPE);
    assert_string_equal(f->told,
                        "it does not hold that `u` and `v` have equal lengths along axis 0");
    FAILS(adc_graph_select(g, x, x, x), ADC_WRONG_TYPE);
    FAILS(adc_graph_matmul(g, u, x), ADC_WRONG_SHAPE);
    FAILS(adc_graph_matmul(g, u, v), ADC_WRONG_SHAPE);
    FAILS(adc_graph_transpose(g, u), ADC_WRONG_SHAPE);
    FAILS(adc_graph_reshape(g, u, 1, &three), ADC_WRONG_SHAPE);
    FAILS(adc_graph_reshape(g, x, 1, &three), ADC_WRONG_SHAPE);
    FAILS(adc_graph_index(g, u, &two, 1), ADC_WRONG_SHAPE);
    FAILS(adc_graph_index(g, u, &x, 1), ADC_WRONG_TYPE);
    FAILS(adc_graph_index(g, u, many, 9), ADC_BAD_ARGUMENT);
    FAILS(adc_graph_index(g, u, many, 2), ADC_WRONG_SHAPE);
    FAILS(adc_graph_stop(g, NULL), ADC_BAD_ARGUMENT);
#undef FAILS
    assert_int_equal(adc_graph_order(g, foreign, NULL, 0), 0);
    assert_int_equal(adc_graph_forward(g, foreign), ADC_BAD_ARGUMENT);
    assert_int_equal(adc_graph_forward(g, NULL), ADC_BAD_ARGUMENT);
    assert_int_equal(adc_graph_forward(g, x), ADC_MISSING);
    assert_string_equal(f->told, "`x` has no value");
    assert_int_equal(adc_graph_backward(g, u), ADC_WRONG_TYPE);
    assert_int_equal(adc_graph_value(g, x, &feed), ADC_MISSING);
    assert_int_equal(adc_graph_value(g, x, NULL), ADC_BAD_ARGUMENT);
    feed = scalar("nothing", 1);
    assert_int_equal(adc_graph_feed(g, &feed, 1), ADC_UNKNOWN_NAME);
    feed = scalar("u", 1);
    assert_int_equal(adc_graph_feed(g, &feed, 1), ADC_WRONG_SHAPE);
    feed = array("u", 1, -1, 0, NULL);
    assert_int_equal(adc_graph_feed(g, &feed, 1), ADC_NEGATIVE_SIZE);
    feed = array("u", 1, 2, 0, NULL);
    assert_int_equal(adc_graph_feed(g, &feed, 1), ADC_BAD_ARGUMENT);
    feed.type = ADC_TYPE_INT;
    assert_int_equal(adc_graph_feed(g, &feed, 1), ADC_WRONG_TYPE);
    assert_int_equal(adc_graph_feed(g, NULL, 1), ADC_BAD_ARGUMENT);
    adc_graph_free(other);
    feed = scalar("x", 2);
    assert_int_equal(adc_graph_feed(g, &feed, 1), ADC_GOOD);
    adc_node *z = adc_graph_apply2(g, "mul", x, x);
    assert_int_equal(adc_graph_backward(g, z), ADC_GOOD);
    assert_true(gradient_of(g, x) == 4);
}

static void null_graphs_are_errors(void **state)
{
    (void)state;
    adc_argument value;
    struct text text;
    assert_null(adc_graph_new(NULL, ADC_TYPE_F64));
    assert_null(adc_graph_variable(NULL, "x", 0, NULL));
    assert_null(adc_graph_placeholder(NULL, "x", ADC_TYPE_F64, 0, NULL));
    assert_null(adc_graph_dimension(NULL, "N"));
    assert_null(adc_graph_constant(NULL, "c", 1));
    assert_null(adc_graph_int(NULL, 1));
    assert_null(adc_graph_bool(NULL, true));
    assert_null(adc_graph_apply1(NULL, "sin", NULL));
    assert_null(adc_graph_select(NULL, NULL, NULL, NULL));
    assert_null(adc_graph_matmul(NULL, NULL, NULL));
    assert_null(adc_graph_reduce(NULL, "sum", NULL, 0));
    assert_null(adc_graph_reshape(NULL, NULL, 0, NULL));
    assert_null(adc_graph_index(NULL, NULL, NULL, 0));
    assert_null(adc_graph_transpose(NULL, NULL));
    assert_null(adc_graph_stop(NULL, NULL));
    assert_null(adc_graph_find(NULL, "x"));
    assert_null(adc_graph_compile(NULL, NULL));
    assert_int_equal(adc_graph_kind(NULL, NULL), ADC_NODE_NONE);
    assert_int_equal(adc_graph_rank(NULL, NULL), 0);
    assert_int_equal(adc_graph_name(NULL, NULL, NULL, 0), 0);
    assert_int_equal(adc_graph_order(NULL, NULL, NULL, 0), 0);
    assert_int_equal(adc_graph_rename(NULL, NULL, "x"), ADC_BAD_ARGUMENT);
    assert_int_equal(adc_graph_feed(NULL, NULL, 0), ADC_BAD_ARGUMENT);
    assert_int_equal(adc_graph_forward(NULL, NULL), ADC_BAD_ARGUMENT);
    assert_int_equal(adc_graph_backward(NULL, NULL), ADC_BAD_ARGUMENT);
    assert_int_equal(adc_graph_value(NULL, NULL, &value), ADC_BAD_ARGUMENT);
    assert_int_equal(adc_graph_gradient(NULL, NULL, &value), ADC_BAD_ARGUMENT);
    assert_int_equal(adc_graph_draw(NULL, NULL, append, &text), ADC_BAD_ARGUMENT);
    assert_int_equal(adc_graph_emit_ad(NULL, NULL, append, &text), ADC_BAD_ARGUMENT);
    assert_string_equal(adc_graph_status_text(NULL, ADC_MISSING), "an input has no value");
    adc_graph_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_article_example_has_its_order_value_and_gradients),
        TEST(names_are_automatic_where_none_is_given),
        TEST(constants_of_one_value_with_names_are_apart),
        TEST(nodes_that_nothing_flows_to_have_gradient_zero),
        TEST(arrays_have_values_and_gradients_as_wholes),
        TEST(passes_may_follow_with_other_sizes),
        TEST(reductions_run_over_all_or_one_axis),
        TEST(the_greatest_of_nothing_is_a_failed_check),
        TEST(arrays_are_reshaped_transposed_and_indexed),
        TEST(choices_are_lazy_and_go_element_by_element),
        TEST(every_type_of_leaf_can_be_fed_and_read),
        TEST(the_article_example_is_a_program),
        TEST(arrays_are_programs),
        TEST(names_of_the_language_do_not_get_in_the_way),
        TEST(several_results_are_a_function),
        TEST(graphs_are_emitted_as_c),
        TEST(operators_without_a_word_are_not_written),
        TEST(pictures_show_every_node_and_what_was_found),
        TEST(mistakes_give_null_and_leave_the_graph_as_it_was),
        TEST(null_graphs_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
