/* The host API: compile, describe, call; mistakes of the host's are status values. */
#include "runtime/adc.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* f = s*sum((x - y)^2), so df/dx = 2s(x - y); y must not be empty. */
static const char distance[] =
    "/// Scaled square of the distance.\n"
    "@derive(value, grad, hvp)\n"
    "export fn f(var x: real[N], y: real[N], s: real = 1, flag: bool = false) -> real {\n"
    "  require N > 0, \"no points\"\n"
    "  (if flag then -s else s)*sum(i: (x[i] - y[i])^2)\n"
    "}\n"
    "export fn ramp(n: int, var a: real) -> (steps: real[n + 1], last: int) =\n"
    "  ([i in 0..n + 1: a*i], n)\n"
    "fn helper(x: real) -> real = 2*x\n";

/* What the callback was told last, and how often. */
struct told {
    char text[400], rendered[800], code[8];
    unsigned line, column, count;
};

static void keep(void *user, const adc_diagnostic *diagnostic)
{
    struct told *told = user;
    snprintf(told->text, sizeof told->text, "%s", diagnostic->text);
    snprintf(told->rendered, sizeof told->rendered, "%s", diagnostic->rendered);
    snprintf(told->code, sizeof told->code, "%s", diagnostic->code);
    told->line = diagnostic->line;
    told->column = diagnostic->column;
    told->count++;
}

struct fixture {
    struct told told;
    adc_context *context;
    adc_module *module;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    adc_options options = {.report = keep, .user = &fixture.told};
    memset(&fixture, 0, sizeof fixture);
    fixture.context = adc_context_new(&options);
    fixture.module = adc_compile_string(fixture.context, "distance.ad", distance, NULL);
    *state = &fixture;
    return fixture.module == NULL;
}

static int tear_down(void **state)
{
    adc_context_free(((struct fixture *)*state)->context);
    return 0;
}

static adc_argument vector(const char *name, int64_t length, double *data)
{
    adc_argument argument = {.name = name, .rank = 1, .lengths = {length}, .data = data};
    return argument;
}

static adc_argument scalar(const char *name, double value)
{
    adc_argument argument = {.name = name, .value = {.f64 = value}};
    return argument;
}

/* ------------------------------------------------------------------------------------ calls */

static void call_gives_value_and_gradient(void **state)
{
    struct fixture *f = *state;
    double x[] = {1, 2, 3}, y[] = {0, 4, 0.5}, grad[3];
    adc_function *function = adc_function_get(f->module, "f", "grad");
    assert_non_null(function);
    adc_argument arguments[] = {vector("x", 3, x), vector("y", 3, y), scalar("s", 2),
                                scalar("result", 0), vector("grad_x", 3, grad)};
    assert_int_equal(adc_call(function, arguments, 5), ADC_GOOD);
    assert_true(arguments[3].value.f64 == 2*(1.0 + 4 + 6.25));
    for (int i = 0; i < 3; i++) assert_true(grad[i] == 4*(x[i] - y[i]));
    assert_int_equal(f->told.count, 0);
}

static void defaults_are_filled_in_and_results_need_not_be_taken(void **state)
{
    struct fixture *f = *state;
    double x[] = {1}, y[] = {3}, grad[1];
    adc_function *function = adc_function_get(f->module, "f", "grad");
    adc_argument flag = {.name = "flag", .type = ADC_TYPE_BOOL, .value = {.boolean = true}};
    adc_argument arguments[] = {vector("grad_x", 1, grad), vector("y", 1, y), vector("x", 1, x),
                                flag};
    assert_int_equal(adc_call(function, arguments, 4), ADC_GOOD);
    assert_true(grad[0] == 4);
    assert_int_equal(adc_call(function, arguments, 3), ADC_GOOD);
    assert_true(grad[0] == -4);
}

static void scalars_may_lie_in_memory(void **state)
{
    struct fixture *f = *state;
    double x[] = {1}, y[] = {3}, s = 0.5, result = 0;
    adc_argument arguments[] = {vector("x", 1, x), vector("y", 1, y),
                                {.name = "s", .data = &s}, {.name = "result", .data = &result}};
    assert_int_equal(adc_call(adc_function_get(f->module, "f", "value"), arguments, 4), ADC_GOOD);
    assert_true(result == 2);
}

static void functions_that_are_not_exported_can_be_called(void **state)
{
    struct fixture *f = *state;
    adc_argument arguments[] = {scalar("x", 3), scalar("result", 0)};
    assert_int_equal(adc_call(adc_function_get(f->module, "helper", "value"), arguments, 2), 0);
    assert_true(arguments[1].value.f64 == 6);
}

static void every_type_of_element_goes_in_and_out(void **state)
{
    struct fixture *f = *state;
    static const char text[] =
        "export fn t(a: real[2], b: f64[2], c: int[2], d: i32[2], e: bool[2]) ->\n"
        "  (a2: real[2], b2: f64[2], c2: int[2], e2: bool[2]) =\n"
        "  ([i in 0..2: 2*a[i]], [i in 0..2: b[i] + d[i]], [i in 0..2: c[i] + int(e[i])],\n"
        "   [i in 0..2: not e[i]])\n";
    adc_compile_options single = {.real = ADC_TYPE_F32};
    adc_module *module = adc_compile_string(f->context, "t.ad", text, &single);
    adc_function *function = adc_function_get(module, "t", "value");
    float a[] = {1.5f, -2}, a2[2];
    double b[] = {0.25, 1e300}, b2[2];
    int64_t c[] = {INT64_C(1) << 40, -1}, c2[2];
    int32_t d[] = {-7, 3};
    bool e[] = {true, false}, e2[2];
    assert_non_null(function);
    adc_argument arguments[] = {{"a", ADC_TYPE_F32, 1, {2}, a, {0}},
                                {"b", ADC_TYPE_F64, 1, {2}, b, {0}},
                                {"c", ADC_TYPE_INT, 1, {2}, c, {0}},
                                {"d", ADC_TYPE_I32, 1, {2}, d, {0}},
                                {"e", ADC_TYPE_BOOL, 1, {2}, e, {0}},
                                {"a2", ADC_TYPE_F32, 1, {2}, a2, {0}},
                                {"b2", ADC_TYPE_F64, 1, {2}, b2, {0}},
                                {"c2", ADC_TYPE_INT, 1, {2}, c2, {0}},
                                {"e2", ADC_TYPE_BOOL, 1, {2}, e2, {0}}};
    assert_int_equal(adc_call(function, arguments, 9), ADC_GOOD);
    assert_true(a2[0] == 3 && a2[1] == -4);
    assert_true(b2[0] == -6.75 && b2[1] == 1e300);
    assert_true(c2[0] == (INT64_C(1) << 40) + 1 && c2[1] == -1);
    assert_true(!e2[0] && e2[1]);
}

/* ---------------------------------------------------------------------------------- describe */

static void ports_say_what_the_signature_says(void **state)
{
    struct fixture *f = *state;
    const adc_port *inputs, *results;
    adc_function *function = adc_function_get(f->module, "f", "grad");
    assert_string_equal(adc_function_symbol(function), "f_grad");
    assert_int_equal(adc_function_inputs(function, &inputs), 5);
    assert_string_equal(inputs[0].name, "N");
    assert_int_equal(inputs[0].kind, ADC_PORT_DIMENSION);
    assert_int_equal(inputs[0].type, ADC_TYPE_INT);
    assert_string_equal(inputs[1].name, "x");
    assert_int_equal(inputs[1].kind, ADC_PORT_VAR);
    assert_int_equal(inputs[1].rank, 1);
    assert_string_equal(inputs[1].shape[0], "N");
    assert_int_equal(inputs[2].kind, ADC_PORT_PLAIN);
    assert_true(inputs[3].has_default && inputs[3].value.f64 == 1);
    assert_int_equal(inputs[4].type, ADC_TYPE_BOOL);
    assert_int_equal(adc_function_results(function, &results), 2);
    assert_string_equal(results[0].role, "primal");
    assert_string_equal(results[1].name, "grad_x");
    assert_string_equal(results[1].of, "x");
    assert_string_equal(results[1].role, "grad");
    assert_string_equal(results[1].shape[0], "N");
    assert_int_equal(results[1].kind, ADC_PORT_RESULT);
}

static void modules_list_functions_and_their_products(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(adc_module_function(f->module, 0), "f");
    assert_string_equal(adc_module_function(f->module, 1), "ramp");
    assert_null(adc_module_function(f->module, 2));
    assert_string_equal(adc_module_product(f->module, "f", 0), "value");
    assert_string_equal(adc_module_product(f->module, "f", 2), "hvp");
    assert_null(adc_module_product(f->module, "f", 3));
    assert_string_equal(adc_module_product(f->module, "ramp", 1), "vjp");
}

static void shapes_of_results_follow_from_inputs(void **state)
{
    struct fixture *f = *state;
    int64_t lengths[ADC_MAX_LENGTHS];
    adc_function *ramp = adc_function_get(f->module, "ramp", "value");
    adc_argument n = {.name = "n", .type = ADC_TYPE_INT, .value = {.i64 = 4}};
    assert_int_equal(adc_function_shape(ramp, &n, 1, "steps", lengths), ADC_GOOD);
    assert_int_equal(lengths[0], 5);
    const adc_port *results;
    adc_function_results(ramp, &results);
    assert_string_equal(results[0].shape[0], "n + 1");
    assert_int_equal(adc_function_shape(ramp, &n, 0, "steps", lengths), ADC_MISSING);
    assert_int_equal(adc_function_shape(ramp, &n, 1, "stairs", lengths), ADC_UNKNOWN_NAME);
    adc_argument x = vector("x", 7, NULL);
    adc_function *grad = adc_function_get(f->module, "f", "grad");
    assert_int_equal(adc_function_shape(grad, &x, 1, "grad_x", lengths), ADC_GOOD);
    assert_int_equal(lengths[0], 7);
}

static void a_hessian_of_scalars_is_a_matrix(void **state)
{
    struct fixture *f = *state;
    const adc_port *results;
    double hess[4];
    adc_module *module = adc_compile_string(
        f->context, "h.ad", "export fn h(var x: real, var y: real) -> real = x^2*y\n", NULL);
    adc_function *function = adc_function_get(module, "h", "hessian");
    assert_int_equal(adc_function_results(function, &results), 1);
    assert_int_equal(results[0].rank, 2);
    assert_string_equal(results[0].shape[0], "2");
    adc_argument arguments[] = {scalar("x", 3), scalar("y", 5),
                                {results[0].name, ADC_TYPE_F64, 2, {2, 2}, hess, {0}}};
    assert_int_equal(adc_call(function, arguments, 3), ADC_GOOD);
    assert_true(hess[0] == 10 && hess[1] == 6 && hess[2] == 6 && hess[3] == 0);
}

/* ---------------------------------------------------------------------------------- mistakes */

static void wrong_arguments_give_status_values(void **state)
{
    struct fixture *f = *state;
    double x[] = {1, 2}, y[] = {0, 4};
    adc_function *function = adc_function_get(f->module, "f", "value");
    adc_argument good[] = {vector("x", 2, x), vector("y", 2, y), scalar("result", 0)};
    adc_argument bad[3];
    assert_int_equal(adc_call(NULL, good, 3), ADC_BAD_ARGUMENT);
    assert_int_equal(adc_call(function, NULL, 3), ADC_BAD_ARGUMENT);
    assert_int_equal(adc_call(function, NULL, 0), ADC_MISSING);
    assert_int_equal(adc_call(function, good, 1), ADC_MISSING);
    assert_string_equal(f->told.text, "`y` has no value");
#define WITH(change, status, message)                                                              \
    memcpy(bad, good, sizeof bad), bad change,                                                     \
        assert_int_equal(adc_call(function, bad, 3), status),                                      \
        assert_string_equal(f->told.text, message)
    WITH([1].name = NULL, ADC_BAD_ARGUMENT, "argument 1 has no name");
    WITH([1].name = "z", ADC_UNKNOWN_NAME, "`f` has no parameter or result `z`");
    WITH([1].name = "x", ADC_GIVEN_TWICE, "`x` is given twice");
    WITH([1].type = ADC_TYPE_F32, ADC_WRONG_TYPE, "`y` is f64, but f32 was given");
    WITH([1].type = (adc_element)77, ADC_WRONG_TYPE, "`y` is f64, but no type was given");
    WITH([1].rank = 0, ADC_WRONG_SHAPE, "`y` has 1 axes, but 0 were given");
    WITH([1].rank = 1000, ADC_WRONG_SHAPE, "`y` has 1 axes, but 1000 were given");
    WITH([1].lengths[0] = -1, ADC_NEGATIVE_SIZE, "`y` has a negative length along axis 0");
    WITH([1].lengths[0] = 1, ADC_WRONG_SHAPE,
         "sizes differ: `y` has 1 along axis 0, but `N` is 2");
    WITH([1].lengths[0] = INT64_MAX, ADC_WRONG_SHAPE, "`y` has more elements than memory");
    WITH([1].data = NULL, ADC_BAD_ARGUMENT, "the data of `y` is NULL");
    WITH([2].rank = 1, ADC_WRONG_SHAPE, "`result` has 0 axes, but 1 were given");
    WITH([2].type = ADC_TYPE_INT, ADC_WRONG_TYPE, "`result` is f64, but int was given");
#undef WITH
    adc_function *grad = adc_function_get(f->module, "f", "grad");
    bad[0] = good[0], bad[1] = good[1], bad[2] = vector("grad_x", 3, x);
    assert_int_equal(adc_call(grad, bad, 3), ADC_WRONG_SHAPE);
    assert_string_equal(f->told.text, "`grad_x` has length 3 along axis 0, but 2 is wanted");
    assert_int_equal(adc_call(function, good, 3), ADC_GOOD); /* and all is well afterwards */
}

static void a_failed_check_says_which(void **state)
{
    struct fixture *f = *state;
    adc_function *function = adc_function_get(f->module, "f", "value");
    adc_argument arguments[] = {vector("x", 0, NULL), vector("y", 0, NULL)};
    adc_status status = adc_call(function, arguments, 2);
    assert_int_equal(status, 1);
    assert_string_equal(adc_status_text(function, status), "no points (distance.ad:4)");
    assert_string_equal(f->told.text, "failed: no points (distance.ad:4)");
    assert_string_equal(adc_status_text(function, 99), "unknown status");
    assert_string_equal(adc_status_text(NULL, ADC_WRONG_SHAPE), "wrong shape");
    assert_string_equal(adc_status_text(NULL, -99), "unknown status");
}

static void errors_of_a_program_are_diagnostics(void **state)
{
    struct fixture *f = *state;
    static const char text[] = "export fn g(var x: real) -> real =\n  x + yy\n";
    assert_null(adc_compile_string(f->context, "g.ad", text, NULL));
    assert_int_equal(adc_context_status(f->context), ADC_BAD_PROGRAM);
    assert_int_equal(f->told.line, 2);
    assert_int_equal(f->told.column, 7);
    assert_int_equal(strncmp(f->told.rendered, "g.ad:2:7: error: ", 17), 0);
    assert_non_null(strstr(f->told.rendered, "\n"));
    /* an error that shows in an exported function's graph alone */
    assert_null(adc_compile_string(f->context, "h.ad",
                                   "export fn h(x: real[3]) -> real = x[3]\n", NULL));
    assert_string_equal(f->told.code, "E15");
    /* one that shows when a derivative is asked for, each time */
    for (int i = 0; i < 2; i++) {
        assert_null(adc_function_get(f->module, "helper", "grad"));
        assert_int_equal(adc_context_status(f->context), ADC_BAD_PROGRAM);
        assert_string_equal(f->told.code, "E49");
    }
    assert_non_null(adc_function_get(f->module, "f", "grad"));
    assert_int_equal(adc_context_status(f->context), ADC_GOOD);
}

static void use_after_an_error_is_an_error(void **state)
{
    struct fixture *f = *state;
    size_t bytes;
    int64_t lengths[ADC_MAX_LENGTHS];
    const adc_port *ports = (const adc_port *)"";
    adc_module *module = adc_compile_string(f->context, "g.ad", "export fn", NULL);
    assert_null(module);
    adc_function *function = adc_function_get(module, "g", "value");
    assert_null(function);
    assert_int_equal(adc_context_status(f->context), ADC_BAD_PROGRAM);
    assert_int_equal(adc_call(function, NULL, 0), ADC_BAD_ARGUMENT);
    assert_int_equal(adc_function_work(function, NULL, 0, &bytes), ADC_BAD_ARGUMENT);
    assert_int_equal(adc_function_shape(function, NULL, 0, "x", lengths), ADC_BAD_ARGUMENT);
    assert_int_equal(adc_function_inputs(function, &ports), 0);
    assert_null(ports);
    assert_int_equal(adc_function_results(function, NULL), 0);
    assert_null(adc_function_symbol(function));
    assert_null(adc_function_pointer(function));
    assert_null(adc_module_function(module, 0));
    assert_null(adc_module_product(module, "g", 0));
    assert_int_equal(adc_module_emit(module, ADC_C_SOURCE, "g.h", NULL, NULL), ADC_BAD_ARGUMENT);
    adc_module_free(module);
    adc_context_free(NULL);
    assert_int_equal(adc_context_status(NULL), ADC_BAD_ARGUMENT);
    assert_null(adc_compile_string(NULL, "g.ad", "", NULL));
    assert_null(adc_compile_string(f->context, NULL, "", NULL));
    assert_null(adc_compile_string(f->context, "g.ad", NULL, NULL));
    assert_int_equal(adc_context_status(f->context), ADC_BAD_ARGUMENT);
    assert_null(adc_compile_file(f->context, NULL, NULL));
    assert_null(adc_function_get(f->module, "f", NULL));
    assert_int_equal(adc_context_status(f->context), ADC_BAD_ARGUMENT);
    assert_null(adc_function_get(f->module, "f", "slope"));
    assert_int_equal(adc_context_status(f->context), ADC_UNKNOWN_NAME);
    assert_null(adc_function_get(f->module, "g", "grad"));
    assert_string_equal(f->told.text, "`distance.ad` has no function `g`");
}

static void options_are_those_of_the_command(void **state)
{
    struct fixture *f = *state;
    static const char text[] = "export fn p(x: real, const k: int, const b: bool) -> real =\n"
                               "  if b then x^k else 0\n";
    const char *const wrt[] = {"x"};
    adc_constant constants[] = {{"k", ADC_TYPE_INT, {.i64 = 3}},
                                {"b", ADC_TYPE_BOOL, {.boolean = true}},
                                {"q", ADC_TYPE_F64, {.f64 = 1}}};
    adc_compile_options options = {.constants = constants, .constant_count = 2, .wrt = wrt,
                                   .wrt_count = 1};
    adc_module *module = adc_compile_string(f->context, "p.ad", text, &options);
    adc_argument arguments[] = {scalar("x", 2), scalar("result", 0), scalar("grad_x", 0)};
    assert_int_equal(adc_call(adc_function_get(module, "p", "grad"), arguments, 3), ADC_GOOD);
    assert_true(arguments[1].value.f64 == 8 && arguments[2].value.f64 == 12);
    options.constant_count = 3;
    assert_null(adc_compile_string(f->context, "p.ad", text, &options));
    assert_string_equal(f->told.text, "no const parameter `q`");
    constants[2].type = ADC_TYPE_F32;
    assert_null(adc_compile_string(f->context, "p.ad", text, &options));
    assert_int_equal(adc_context_status(f->context), ADC_BAD_ARGUMENT);
    options.constant_count = 1;
    assert_null(adc_compile_string(f->context, "p.ad", text, &options)); /* b has no value */
    assert_int_equal(adc_context_status(f->context), ADC_BAD_PROGRAM);
}

/* Passes that are not kept are run again, from fewer bytes, to the same gradient. */
static void a_budget_bounds_what_loops_keep(void **state)
{
    struct fixture *f = *state;
    static const char text[] = "export fn p(var a: real, n: int) -> real {\n"
                               "  mut s = a\n"
                               "  for t in 0..n { s = sin(s)*a }\n"
                               "  s\n}\n";
    size_t bytes[2];
    double slope[2];
    for (int i = 0; i < 2; i++) {
        adc_compile_options options = {.budget = i ? 4096 : 0};
        adc_module *module = adc_compile_string(f->context, "p.ad", text, &options);
        adc_function *grad = adc_function_get(module, "p", "grad");
        adc_argument n = {.name = "n", .type = ADC_TYPE_INT, .value = {.i64 = 10000}};
        adc_argument arguments[] = {scalar("a", 1.5), n, scalar("grad_a", 0)};
        assert_int_equal(adc_call(grad, arguments, 3), ADC_GOOD);
        assert_int_equal(adc_function_work(grad, arguments, 2, &bytes[i]), ADC_GOOD);
        slope[i] = arguments[2].value.f64;
    }
    assert_true(bytes[0] >= 80000 && bytes[1] <= 4096);
    assert_true(slope[0] == slope[1]);
}

static void files_are_read_and_imports_found(void **state)
{
    struct fixture *f = *state;
    FILE *file = fopen("host_test_part.ad", "w");
    assert_non_null(file);
    fputs("fn twice(x: real) -> real = 2*x\n", file);
    fclose(file);
    file = fopen("host_test_whole.ad", "w");
    assert_non_null(file);
    fputs("import host_test_part (twice)\nexport fn w(x: real) -> real = twice(x)\n", file);
    fclose(file);
    adc_module *module = adc_compile_file(f->context, "host_test_whole.ad", NULL);
    adc_argument arguments[] = {scalar("x", 4), scalar("result", 0)};
    assert_int_equal(adc_call(adc_function_get(module, "w", "value"), arguments, 2), ADC_GOOD);
    assert_true(arguments[1].value.f64 == 8);
    remove("host_test_part.ad");
    assert_null(adc_compile_file(f->context, "host_test_whole.ad", NULL));
    assert_string_equal(f->told.code, "E50");
    remove("host_test_whole.ad");
    assert_null(adc_compile_file(f->context, "host_test_whole.ad", NULL));
    assert_int_equal(adc_context_status(f->context), ADC_NO_FILE);
    assert_string_equal(f->told.text,
                        "cannot read `host_test_whole.ad`: there is no such file");
}

static void modules_may_be_freed_one_by_one(void **state)
{
    struct fixture *f = *state;
    adc_module *first = adc_compile_string(f->context, "a.ad", distance, NULL);
    adc_module *second = adc_compile_string(f->context, "b.ad", distance, NULL);
    assert_non_null(adc_function_get(first, "f", "grad"));
    adc_module_free(first);
    assert_non_null(adc_function_get(second, "f", "grad"));
    adc_module_free(second);
    assert_non_null(adc_function_get(f->module, "f", "grad"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(call_gives_value_and_gradient),
        TEST(defaults_are_filled_in_and_results_need_not_be_taken),
        TEST(scalars_may_lie_in_memory),
        TEST(functions_that_are_not_exported_can_be_called),
        TEST(every_type_of_element_goes_in_and_out),
        TEST(ports_say_what_the_signature_says),
        TEST(modules_list_functions_and_their_products),
        TEST(shapes_of_results_follow_from_inputs),
        TEST(a_hessian_of_scalars_is_a_matrix),
        TEST(wrong_arguments_give_status_values),
        TEST(a_failed_check_says_which),
        TEST(errors_of_a_program_are_diagnostics),
        TEST(use_after_an_error_is_an_error),
        TEST(options_are_those_of_the_command),
        TEST(a_budget_bounds_what_loops_keep),
        TEST(files_are_read_and_imports_found),
        TEST(modules_may_be_freed_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
