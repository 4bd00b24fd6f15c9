/* Meaning: types of expressions, results that are inferred, the text of `adc eval`. The messages
 * themselves are in tests/diag. */
#include "tests/unit/frontend_bench.h"

/* The type that `let y = EXPRESSION` gets in a function of x: real, n: int, b: bool, s: f32. */
static const char *type_of(struct bench *b, const char *expression)
{
    struct adc_text text;
    adc_text_init(&text, &b->arena);
    adc_text_format(&text,
                    "const c = 3\nfn f(x: real, n: int, b: bool, s: f32, const k: int) = %s\n",
                    expression);
    bench_check(b, text.data);
    if (!b->module) return "error";
    struct ast *fn = fe_tree(b->module)->child[1]->child[0];
    adc_text_init(&text, &b->arena);
    fe_type_text(fn->child[2]->type, &text);
    return text.data;
}

static void expression_has_type(void **state)
{
    static const struct {
        const char *expression, *type;
    } rows[] = {
        {"1", "int"},
        {"1.5", "real"},
        {"x*2", "real"},
        {"n*2", "int"},
        {"n/2", "real"},
        {"1/2", "real"},
        {"1/s", "f32"},
        {"0.5*s", "f32"},
        {"pi*s", "f32"},
        {"s*x", "real"},
        {"s*n", "f32"},
        {"n div 2 mod 3", "int"},
        {"x mod 2", "real"},
        {"n^2", "int"},
        {"n^c", "int"},
        {"n^k", "int"},
        {"n^(c - 1)", "int"},
        {"n^-1", "real"},
        {"n^n", "real"},
        {"x^n", "real"},
        {"2^x", "real"},
        {"-n", "int"},
        {"n < x", "bool"},
        {"b == (x > 0)", "bool"},
        {"not b and x > 0 or b", "bool"},
        {"if b then 1 else x", "real"},
        {"if b then 1 else 2", "int"},
        {"if b { n } else if x > 0 { 2*n } else { n }", "int"},
        {"{ let y = x; y > 0 }", "bool"},
        {"(n, x)", "(int, real)"},
        {"(a = n, b = (x, b))", "(a: int, b: (real, bool))"},
        {"(a = n, b = x).b", "real"},
        {"abs(n)", "int"},
        {"abs(x)", "real"},
        {"max(n, 2)", "int"},
        {"max(n, x)", "real"},
        {"clamp(n, 0, x)", "real"},
        {"sqrt(n)", "real"},
        {"sqrt(s)", "f32"},
        {"hypot(s, 2)", "f32"},
        {"isnan(x)", "bool"},
        {"int(x)", "int"},
        {"int(b)", "int"},
        {"floor_int(x)", "int"},
        {"f32(x)", "f32"},
        {"f64(s)", "real"},
        {"stop_gradient((a = x, b = n))", "(a: real, b: int)"},
        {"{ let y = x*x; grad(y, x) }", "real"},
        {"{ let y = x*x; grad(y, (x, s)) }", "(real, f32)"},
        {"{ let y = (a = x, b = x*x); jvp(y, x, 1) }", "(a: real, b: real)"},
        {"{ let y = (x, x*x); vjp(y, x, (1, 2)) }", "real"},
        {"{ let y = x*x; hvp(y, x, 1) }", "real"},
        {"{ let p = (a = x, b = x); grad(p.a*p.b, p) }", "(a: real, b: real)"},
    };
    struct bench *b = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *type = type_of(b, rows[i].expression);
        if (strcmp(type, rows[i].type) != 0)
            print_message("%s: %s (%s)\n", rows[i].expression, type, bench_codes(b));
        assert_string_equal(type, rows[i].type);
    }
}

static void single_precision_real_is_called_real(void **state)
{
    struct bench *b = *state;
    b->options.real = ADC_F32;
    assert_string_equal(type_of(b, "x*s"), "real");
    assert_string_equal(type_of(b, "f64(x)*s"), "f64");
    assert_string_equal(type_of(b, "1/2"), "real");
}

static void call_before_definition_infers_result(void **state)
{
    struct bench *b = *state;
    bench_check(b, "export fn f(var x: real) -> real = g(x).a + c\n"
                   "fn g(x: real) = (a = h(x), b = 1)\n"
                   "const c = d + 1\nconst d = 2\n"
                   "fn h(x: real) = 2*x\n");
    assert_string_equal(bench_codes(b), "");
    assert_non_null(b->module);
}

static void functions_keep_source_order(void **state)
{
    struct bench *b = *state;
    bench_check(b, "export fn b(x: real) -> real = a(x)\nfn a(x: real) = x\n@test fn t() { require "
                   "a(1) > 0 }\n");
    size_t count;
    const struct fe_entry *entries = fe_functions(b->module, &count);
    assert_int_equal(count, 3);
    assert_string_equal(entries[0].name->text, "b");
    assert_true(entries[0].exported && !entries[0].test);
    assert_string_equal(entries[1].name->text, "a");
    assert_false(entries[1].exported);
    assert_true(entries[2].test);
}

static void prelude_names_may_be_shadowed(void **state)
{
    struct bench *b = *state;
    bench_check(b, "export fn f(var gamma: real, e: real) -> real { let exp = gamma; exp*e }\n"
                   "fn sinc(x: real) -> real = x\n"
                   "export fn g(var real: real) -> real = sinc(real)\n");
    assert_string_equal(bench_codes(b), "");
}

static void unknown_name_in_scope_of_its_own_may_be_defined(void **state)
{
    struct bench *b = *state;
    bench_check(b, "export fn f(var x: real) -> real {\n  let a = y\n  let y = x\n  a + y\n}\n");
    assert_string_equal(bench_codes(b), "E07");
}

/* ------------------------------------------------------------------------ eval */

static const char *eval(struct bench *b, const char *text, const char *const *names, size_t count)
{
    struct adc_text header;
    adc_text_init(&header, &b->arena);
    adc_text_add(&header, "fn eval(");
    for (size_t i = 0; i < count; i++) adc_text_format(&header, "var %s: real,", names[i]);
    adc_text_add(&header, ") = 0");
    uint32_t source = adc_source_add(&b->diags, "-", header.data, header.count);
    struct ast *file = ast_parse(&b->arena, &b->names, &b->diags, source);
    source = adc_source_add(&b->diags, "-", text, strlen(text));
    struct fe_body body = {ast_parse_body(&b->arena, &b->names, &b->diags, source),
                           file->child[0]->child[0]->child[0]};
    b->module = fe_check_body(&b->arena, &b->names, &b->diags, &body, &b->options);
    return bench_codes(b);
}

static void body_takes_its_name_from_the_last_statement(void **state)
{
    struct bench *b = *state;
    const char *names[] = {"x", "y"};
    size_t count;
    assert_string_equal(eval(b, "let s = x*y; z = s + y", names, 2), "");
    assert_string_equal(fe_functions(b->module, &count)->name->text, "z");
    assert_int_equal(count, 1);
    struct adc_function *z = bench_lower(b, "z");
    assert_int_equal(z->params.count, 2);
    assert_int_equal(z->params.data[1].kind, ADC_VAR);
    assert_string_equal(eval(b, "x*y", names, 2), "");
    assert_string_equal(fe_functions(b->module, &count)->name->text, "eval");
}

static void body_names_and_values_must_match(void **state)
{
    struct bench *b = *state;
    const char *names[] = {"x", "w"};
    assert_string_equal(eval(b, "x + q", names, 2), "E07 E43");
    assert_null(b->module);
    const struct adc_diag *missing = b->diags.list.data[0];
    assert_non_null(strstr(missing->help, "q=VALUE"));
    assert_non_null(strstr(b->diags.list.data[1]->text, "`w`"));
}

static void body_uses_the_prelude_unless_given(void **state)
{
    struct bench *b = *state;
    const char *names[] = {"e"};
    assert_string_equal(eval(b, "e*pi", names, 1), "");
    struct adc_function *f = bench_lower(b, "eval");
    assert_int_equal(f->params.count, 1);
    assert_int_equal(bench_count(f, ADC_OP_CONST), 1);
}

static void body_without_value_is_refused(void **state)
{
    struct bench *b = *state;
    const char *names[] = {"x"};
    assert_string_equal(eval(b, "let y = x", names, 1), "E20");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_set_up, bench_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(expression_has_type),
        TEST(single_precision_real_is_called_real),
        TEST(call_before_definition_infers_result),
        TEST(functions_keep_source_order),
        TEST(prelude_names_may_be_shadowed),
        TEST(unknown_name_in_scope_of_its_own_may_be_defined),
        TEST(body_takes_its_name_from_the_last_statement),
        TEST(body_names_and_values_must_match),
        TEST(body_uses_the_prelude_unless_given),
        TEST(body_without_value_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
