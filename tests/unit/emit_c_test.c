/* The C emitter: its text, and what compilers and processors make of it.
 *
 * Programs are made by hand (emit_c_support.h), written to a directory of their own, compiled with
 * every C compiler that is there under strict flags, linked with a main of the test, and run.
 * Expected numbers are worked out by hand or by the C of the test itself. */
#define _XOPEN_SOURCE 700 /* mkdtemp */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/emit_c_fixture.h"

#include <math.h>
#include <time.h>

static void seed_program_reads_like_written_c(void **state)
{
    struct fixture *t = *state;
    add(t, bench_schedule(&t->bench, seed(t)));
    emit(t);
    assert_non_null(strstr(t->source.data, "/* z: value, test.ad:2 */\n"
                                           "int z(double x, double y, double *result, void *work)\n"
                                           "{\n"
                                           "    (void)work;\n"
                                           "\n"
                                           "    const double s = x*y + 5.0; /* line 3 */\n"
                                           "    if (result) *result = s*5.0 + x; /* line 4 */\n"
                                           "    return 0;\n"
                                           "}\n"));
    assert_non_null(strstr(t->header.data, " *   x       variable, scalar\n"));
    check_run(t, CHECKS "int main(void) { double r = 0; CHECK(z(2, 3, &r, NULL) == 0);"
                        "CHECK(r == 57); CHECK(z(2, 3, NULL, NULL) == 0); CHECK(z_work() == 0);"
                        "CHECK(!strcmp(z_status(0), \"good\")); CHECK(z_abi() == z_abi_version);"
                        "CHECK(!strcmp(z_status(-1), \"out of memory\"));"
                        "CHECK(!strcmp(z_status(7), \"unknown status\")); return 0; }");
}

/* The expression of the one STORE of a value function. */
static void expect_expression(struct fixture *t, struct adc_function *f,
                              const struct adc_node *node, const char *expected)
{
    f->results.count = 0;
    bench_result(&t->bench, f, "result", node);
    t->unit.count = 0;
    add(t, bench_schedule(&t->bench, f));
    emit(t);
    char line[512];
    snprintf(line, sizeof line, "    if (result) *result = %s;\n", expected);
    if (!strstr(t->source.data, line)) print_message("%s\n", t->source.data);
    assert_non_null(strstr(t->source.data, line));
}

static void brackets_keep_the_association_of_the_graph(void **state)
{
    struct fixture *t = *state;
    struct adc_function *f = bench_function(&t->bench, "f");
    const struct adc_node *a = bench_param(&t->bench, f, "a", ADC_F64);
    const struct adc_node *b = bench_param(&t->bench, f, "b", ADC_F64);
    const struct adc_node *c = bench_param(&t->bench, f, "c", ADC_F64);
    enum adc_op add_op = ADC_OP_ADD, sub = ADC_OP_SUB, mul = ADC_OP_MUL, div = ADC_OP_DIV;
    const struct adc_node *minus = adc_apply1(f->graph, ADC_OP_NEG, a);
    expect_expression(t, f, apply(f, add_op, apply(f, add_op, a, b), c), "a + b + c");
    expect_expression(t, f, apply(f, add_op, a, apply(f, add_op, b, c)), "a + (b + c)");
    expect_expression(t, f, apply(f, sub, a, apply(f, sub, b, c)), "a - (b - c)");
    expect_expression(t, f, apply(f, mul, a, apply(f, div, b, c)), "a*(b/c)");
    expect_expression(t, f, apply(f, div, apply(f, mul, a, b), c), "a*b/c");
    expect_expression(t, f, apply(f, mul, apply(f, add_op, a, b), c), "(a + b)*c");
    expect_expression(t, f, apply(f, sub, b, minus), "b - (-a)");
    expect_expression(t, f, adc_apply1(f->graph, ADC_OP_NEG, minus), "-(-a)");
    expect_expression(t, f, apply(f, sub, b, apply(f, mul, minus, c)), "b - (-a*c)");
    expect_expression(t, f, apply(f, div, minus, apply(f, sub, a, constant(f, -3))),
                      "-a/(a - (-3.0))");
    expect_expression(t, f, adc_apply1(f->graph, ADC_OP_NEG, constant(f, -2)), "-(-2.0)");
    expect_expression(
        t, f, adc_apply1(f->graph, ADC_OP_NEG, apply(f, mul, apply(f, sub, b, c), constant(f, -1))),
        "-((b - c)*(-1.0))");
    expect_expression(t, f, adc_apply3(f->graph, ADC_OP_IF, apply(f, ADC_OP_LT, a, b), c, minus),
                      "a < b ? c : -a");
    expect_expression(t, f, adc_apply1(f->graph, ADC_OP_SIN, apply(f, sub, a, b)), "sin(a - b)");
    expect_expression(t, f, apply(f, add_op, a, apply(f, mul, b, c)), "b*c + a");
}

static void logic_has_the_brackets_that_compilers_ask_for(void **state)
{
    struct fixture *t = *state;
    struct adc_function *f = bench_function(&t->bench, "f");
    const struct adc_node *a = bench_param(&t->bench, f, "a", ADC_F64);
    const struct adc_node *p = bench_param(&t->bench, f, "p", ADC_BOOL);
    const struct adc_node *q = bench_param(&t->bench, f, "q", ADC_BOOL);
    const struct adc_node *less = apply(f, ADC_OP_LT, a, constant(f, 1));
    const struct adc_node *not_p = adc_apply1(f->graph, ADC_OP_NOT, p);
    const struct adc_node *both = apply(f, ADC_OP_AND, p, less);
    const struct adc_node *all = apply(
        f, ADC_OP_OR, both, apply(f, ADC_OP_BEQ, not_p, apply(f, ADC_OP_LT, constant(f, 0), a)));
    const struct adc_node *lazy = adc_apply3(
        f->graph, ADC_OP_IF, adc_apply3(f->graph, ADC_OP_IF, p, less, adc_bool(f->graph, false)),
        adc_bool(f->graph, true), q);
    expect_expression(t, f, lazy, "(p && a < 1.0) || q");
    expect_expression(t, f, all, "(p && a < 1.0) || (!p) == (0.0 < a)");
    bench_result(&t->bench, f, "second", apply(f, ADC_OP_AND, q, apply(f, ADC_OP_OR, p, q)));
    t->unit.count = 0;
    add(t, bench_schedule(&t->bench, f));
    emit(t);
    check_run(t, CHECKS "int main(void) { bool r, s; for (int i = 0; i < 4; i++) {"
                        "bool p = i & 1, q = i >> 1; double a = i - 1.5;"
                        "CHECK(f(a, p, q, &r, &s, NULL) == 0);"
                        "CHECK(r == ((p && a < 1) || (!p) == (0 < a))); CHECK(s == q); }"
                        "return 0; }");
}

static void comparing_a_value_with_itself_is_no_warning(void **state)
{
    struct fixture *t = *state;
    struct bench *b = &t->bench;
    struct adc_function *f = bench_function(b, "f");
    const struct adc_node *k = bench_param(b, f, "k", ADC_INT),
                          *x = bench_param(b, f, "x", ADC_F64);
    const struct adc_node *p = bench_param(b, f, "p", ADC_BOOL);
    bench_result(b, f, "same", apply(f, ADC_OP_IEQ, k, k));
    bench_result(b, f, "less", apply(f, ADC_OP_ILT, k, k));
    bench_result(b, f, "both", apply(f, ADC_OP_BEQ, p, p));
    bench_result(b, f, "real", apply(f, ADC_OP_EQ, x, x));
    add(t, bench_schedule(b, f));
    emit(t);
    check_run(t, CHECKS
              "int main(void) { bool r[4]; CHECK(!f(3, NAN, 1, r, r + 1, r + 2, r + 3, NULL));"
              "CHECK(r[0] && !r[1] && r[2] && !r[3]); return 0; }");
}

/* Every row of ops.def by itself, at both widths: strict compilation, and the bits of the
 * interpreter. */
static const struct adc_node *apply_row(struct fixture *t, struct adc_function *f, enum adc_op op,
                                        enum adc_type real, struct adc_text *call,
                                        union adc_value *values)
{
    static const char *const reals[] = {"0.375", "0.75", "1.5"};
    const struct adc_op_info *info = adc_op_info(op);
    const struct adc_node *inputs[3];
    bool to_double = strstr(info->name, "f32_to") != NULL;
    for (unsigned i = 0; i < info->arity; i++) {
        char letter = info->signature[i], name[32];
        enum adc_type type = letter == 'I' ? ADC_INT : letter == 'B' ? ADC_BOOL : real;
        if (letter == 'S') type = to_double ? ADC_F32 : ADC_F64;
        if (letter == 'N') type = ADC_I32;
        snprintf(name, sizeof name, "a%u_%s%s", i, info->name, real == ADC_F32 ? "f" : "");
        inputs[i] = bench_param(&t->bench, f, name, type);
        values[i].bits = 0;
        if (adc_type_is_integer(type)) values[i].integer = (int64_t)i + 2;
        else if (type == ADC_BOOL) values[i].boolean = i == 0;
        else if (type == ADC_F32) values[i].f32 = strtof(reals[i], NULL);
        else values[i].f64 = strtod(reals[i], NULL);
        if (adc_type_is_integer(type)) adc_text_format(call, "%u, ", i + 2);
        else if (type == ADC_BOOL) adc_text_format(call, "%d, ", i == 0);
        else adc_text_format(call, "%s, ", reals[i]);
    }
    return adc_apply(f->graph, op, inputs, info->arity);
}

static void put_row_check(struct fixture *t, enum adc_op op, enum adc_type real, bool split,
                          struct adc_text *checks)
{
    char name[64];
    snprintf(name, sizeof name, "row_%s%s%s", adc_op_info(op)->name, real == ADC_F32 ? "f" : "",
             split ? "_split" : "");
    struct adc_function *f = bench_function(&t->bench, name);
    struct adc_text call;
    union adc_value values[3];
    adc_text_init(&call, &t->bench.arena);
    const struct adc_node *node = apply_row(t, f, op, real, &call, values);
    bench_result(&t->bench, f, "result", node);
    t->programs[t->unit.count++] =
        split ? bench_split(&t->bench, f, 1) : bench_schedule(&t->bench, f);
    static const char *const types[] = {"double", "float", "int64_t", "bool", "int32_t"};
    union adc_value value = adc_op_apply(op, real, values);
    adc_text_format(checks,
                    "{ union { %s v; uint64_t bits; } r = {.bits = 0}; CHECK(!%s(%s&r.v, NULL));\n"
                    "CHECK(r.bits == UINT64_C(%llu)); }\n",
                    types[node->type], name, call.data, (unsigned long long)value.bits);
}

static void every_operator_gives_the_bits_of_the_interpreter(void **state)
{
    struct fixture *t = *state;
    struct adc_text checks;
    adc_text_init(&checks, &t->bench.arena);
    adc_text_add(&checks, CHECKS "int main(void) {\n");
    const struct loop_program *programs[4 * ADC_OP_COUNT];
    size_t count = 0;
    for (unsigned op = ADC_OP_FIRST_ELEMENTWISE; op < ADC_OP_COUNT; op++)
        for (unsigned i = 0; i < 4; i++) {
            t->unit.count = 0;
            put_row_check(t, (enum adc_op)op, i & 1 ? ADC_F32 : ADC_F64, i > 1, &checks);
            programs[count++] = t->programs[0];
        }
    adc_text_add(&checks, "return 0; }\n");
    t->unit.programs = programs;
    t->unit.count = count;
    emit(t);
    check_run(t, checks.data);
}

static const double awkward[] = {0.1,
                                 -0.0,
                                 1e-323,
                                 2.2250738585072014e-308,
                                 1.7976931348623157e308,
                                 9007199254740993.0,
                                 123456789012345680.0,
                                 1e22,
                                 5e-324,
                                 -1.0 / 3.0};

static void literals_read_back_bit_for_bit(void **state)
{
    struct fixture *t = *state;
    struct adc_function *f = bench_function(&t->bench, "f");
    struct adc_text body;
    adc_text_init(&body, &t->bench.arena);
    adc_text_add(&body,
                 CHECKS "int main(void) { double r[16] = {0}, d; int64_t i[2] = {0}; float s = 0;"
                        "int status = f(");
    size_t count = sizeof awkward / sizeof *awkward;
    for (size_t i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof name, "r%zu", i);
        bench_result(&t->bench, f, name, constant(f, awkward[i]));
        adc_text_format(&body, "r + %zu, ", i);
    }
    bench_result(&t->bench, f, "inf_", constant(f, (double)INFINITY));
    bench_result(&t->bench, f, "minf", constant(f, -(double)INFINITY));
    bench_result(&t->bench, f, "nan_", constant(f, (double)NAN));
    bench_result(&t->bench, f, "least", adc_int(f->graph, INT64_MIN));
    bench_result(&t->bench, f, "large", adc_int(f->graph, -5000000000));
    bench_result(&t->bench, f, "single", adc_real(f->graph, ADC_F32, 1e-45));
    adc_text_format(&body, "r + %zu, r + %zu, r + %zu, i, i + 1, &s, NULL); CHECK(!status);", count,
                    count + 1, count + 2);
    for (size_t i = 0; i < count; i++) {
        char hex[64];
        snprintf(hex, sizeof hex, "%a", awkward[i]);
        adc_text_format(&body, "d = %s; CHECK(!memcmp(&d, r + %zu, sizeof d));\n", hex, i);
    }
    adc_text_format(&body,
                    "CHECK(isinf(r[%zu]) && r[%zu] > 0); CHECK(isinf(r[%zu]) && r[%zu] < 0);"
                    "CHECK(isnan(r[%zu])); CHECK(i[0] == INT64_MIN); CHECK(i[1] == -5000000000);"
                    "CHECK(s == 0x1p-149f); return 0; }",
                    count, count, count + 1, count + 1, count + 2);
    add(t, bench_schedule(&t->bench, f));
    emit(t);
    check_run(t, body.data);
}

static void split_program_uses_the_workspace(void **state)
{
    struct fixture *t = *state;
    struct bench *b = &t->bench;
    struct adc_function *f = bench_function(b, "f");
    const struct adc_node *x = bench_param(b, f, "x", ADC_F64),
                          *k = bench_param(b, f, "k", ADC_INT);
    const struct adc_node *s = bench_param(b, f, "s", ADC_F32),
                          *unused = bench_param(b, f, "u", ADC_BOOL);
    const struct adc_node *sum = apply(f, ADC_OP_IADD, k, adc_int(f->graph, INT64_MAX));
    const struct adc_node *positive = apply(f, ADC_OP_ILT, adc_int(f->graph, 0), k);
    bench_result(b, f, "result", apply(f, ADC_OP_MUL, apply(f, ADC_OP_ADD, x, x), x));
    bench_result(b, f, "wrapped", sum);
    bench_result(b, f, "single", apply(f, ADC_OP_MUL, apply(f, ADC_OP_ADD, s, s), s));
    bench_result(b, f, "positive", positive);
    bench_check(b, f, positive,
                "k > 0 \"so\" \\ é *"
                "/ ?"
                "?=");
    (void)unused;
    add(t, bench_split(b, f, 2));
    emit(t);
    check_run(
        t, CHECKS
        "int main(void) { double r = 0; int64_t w = 0; float s = 0; bool p = 0; double work[64];"
        "CHECK(f_work(1, true) == 8 * 6 && f_work(1, true) <= sizeof work);"
        "CHECK(f(3, 2, 0.5f, true, &r, &w, &s, &p, NULL) == f_ok);"
        "CHECK(r == 18 && w == INT64_MIN + 1 && s == 0.5f && p);"
        "r = 0; CHECK(f(3, 2, 0.5f, true, &r, NULL, NULL, NULL, work) == 0); CHECK(r == 18);"
        "CHECK(f(3, 0, 0.5f, true, &r, &w, &s, &p, work) == f_status_1);"
        "CHECK(f(3, 0, 0.5f, true, &r, &w, &s, &p, NULL) == 1);"
        "CHECK(!strcmp(f_status(1), \"k > 0 \\\"so\\\" \\\\ \\303\\251 *\" \"/ ?\" \"?=\"));"
        "return 0; }");
    t->unit.no_malloc = true;
    emit(t);
    assert_null(strstr(t->source.data, "alloc"));
    check_run(t, CHECKS "int main(void) { double r = 0, work[64];"
                        "CHECK(f(3, 2, 0.5f, 1, &r, NULL, NULL, NULL, NULL) == f_out_of_memory);"
                        "CHECK(f(3, 2, 0.5f, 1, &r, NULL, NULL, NULL, work) == 0); CHECK(r == 18);"
                        "return 0; }");
}

static void branches_set_variables_and_return_statuses(void **state)
{
    struct fixture *t = *state;
    struct bench *b = &t->bench;
    struct adc_function *f = bench_function(b, "f");
    const struct adc_node *x = bench_param(b, f, "x", ADC_F64);
    const struct adc_node *negative = apply(f, ADC_OP_LT, x, constant(f, 0));
    const struct adc_node *root = adc_apply1(f->graph, ADC_OP_SQRT, x);
    const struct adc_node *choice = adc_apply3(f->graph, ADC_OP_IF, negative, constant(f, 7), root);
    bench_result(b, f, "result", choice);
    bench_check(b, f, apply(f, ADC_OP_LT, choice, constant(f, 10)), "root too large");
    struct loop_program *program = bench_program(b, f);
    memset(program->place, LOOP_INLINE, f->graph->nodes.count);
    for (size_t i = 0; i < f->graph->nodes.count; i++)
        if (f->graph->nodes.data[i]->op <= ADC_OP_PARAM) program->place[i] = LOOP_LEAF;
    program->place[choice->id] = LOOP_LOCAL;
    struct loop_block *body = &program->parts.data[0].body;
    bench_push(b, body, LOOP_VAR, choice, 0);
    bench_push(b, body, LOOP_BRANCH, negative, 0);
    struct loop_statement *branch = body->data[1];
    bench_push(b, &branch->then, LOOP_SET, choice, 0);
    branch->then.data[0]->value = constant(f, 7);
    bench_push(b, &branch->otherwise, LOOP_SET, choice, 0);
    branch->otherwise.data[0]->value = root;
    bench_finish(b, f, body);
    add(t, program);
    emit(t);
    check_run(t, CHECKS "int main(void) { double r = 0;"
                        "CHECK(!f(-1, &r, NULL) && r == 7); CHECK(!f(9, &r, NULL) && r == 3);"
                        "CHECK(f(400, &r, NULL) == f_status_1);"
                        "CHECK(!strcmp(f_status(1), \"root too large\")); return 0; }");
}

static void clashing_names_get_an_underscore(void **state)
{
    struct fixture *t = *state;
    struct bench *b = &t->bench;
    struct adc_function *f = bench_function(b, "exp");
    static const char *const names[] = {"double", "class",  "I",    "y1",     "work", "t1__", "x__",
                                        "exp",    "result", "NULL", "exp_ok", "σμ",   "_B",   "s"};
    enum { COUNT = sizeof names / sizeof *names };
    const struct adc_node *sum = constant(f, 0);
    for (size_t i = 0; i < COUNT; i++) {
        const struct adc_node *x = bench_param(b, f, names[i], ADC_F64);
        sum = apply(f, ADC_OP_ADD, sum, adc_apply1(f->graph, ADC_OP_EXP, x));
        if (i % 3 == 0) bench_name(b, f, sum, i ? "s" : "sin");
    }
    bench_result(b, f, "result", sum);
    add(t, bench_schedule(b, f));
    emit(t);
    static const char *const expected[] = {"double double_,",
                                           "class_",
                                           "I_",
                                           "y1_",
                                           "work_",
                                           "t1___",
                                           "x___",
                                           "exp_",
                                           "NULL_",
                                           "exp_ok_",
                                           "u03C3_u03BC_",
                                           "v_B",
                                           "*result_out",
                                           "*   exp is exp_\n"};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_non_null(strstr(t->header.data, expected[i]));
    check_run(t, CHECKS "int main(void) { double r = 0;"
                        "CHECK(!exp_(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, &r, NULL));"
                        "CHECK(r == 14); return 0; }");
}

static void two_functions_making_one_symbol_is_e45(void **state)
{
    struct fixture *t = *state;
    struct adc_function *f = seed(t);
    struct adc_function *g = bench_function(&t->bench, "z");
    *g = *f;
    g->symbol = adc_name_of(&t->bench.names, "z_grad");
    g->product = ADC_GRAD;
    struct adc_function *h = bench_function(&t->bench, "z_grad");
    bench_result(&t->bench, h, "result", constant(h, 1));
    add(t, bench_schedule(&t->bench, f));
    add(t, bench_schedule(&t->bench, g));
    add(t, bench_schedule(&t->bench, h));
    assert_false(emit_c(&t->unit, &t->source, &t->header, NULL));
    assert_int_equal(t->bench.diags.error_count, 1);
    assert_int_equal(t->bench.diags.list.data[0]->code, ADC_E45);
    assert_non_null(strstr(t->bench.diags.list.data[0]->text, "`z`"));
    assert_non_null(strstr(t->bench.diags.list.data[0]->text, "`z_grad`"));
}

static void prefix_stands_before_every_symbol(void **state)
{
    struct fixture *t = *state;
    struct adc_function *f = bench_function(&t->bench, "exp");
    bench_result(&t->bench, f, "result", constant(f, 3));
    add(t, bench_schedule(&t->bench, f));
    t->unit.prefix = "my_";
    emit(t);
    check_run(t, CHECKS "int main(void) { double r; CHECK(!my_exp(&r, NULL) && r == 3);"
                        "CHECK(my_exp_work() == 0 && my_exp_abi() == my_exp_abi_version);"
                        "CHECK(my_exp_status(my_exp_ok)); return 0; }");
}

static void many_parameters_become_a_struct(void **state)
{
    struct fixture *t = *state;
    struct bench *b = &t->bench;
    for (int split = 0; split < 2; split++) {
        struct adc_function *f = bench_function(b, split ? "g" : "f");
        const struct adc_node *sum = constant(f, 0);
        for (int i = 0; i < 300; i++) {
            char name[16];
            snprintf(name, sizeof name, "x%d", i);
            sum = apply(f, ADC_OP_ADD, sum, bench_param(b, f, name, ADC_F64));
        }
        bench_param(b, f, "k", ADC_INT);
        bench_result(b, f, "result", sum);
        add(t, split ? bench_split(b, f, 20) : bench_schedule(b, f));
    }
    emit(t);
    check_run(t,
              CHECKS "int main(void) { double r = 0; struct f_args a = {0}; struct g_args c = {0};"
                     "a.x0 = c.x0 = 1; a.x299 = c.x299 = 41; a.result = &r;"
                     "CHECK(f(&a) == 0); CHECK(r == 42); CHECK(f_work(1) == 0);"
                     "r = 0; c.result = &r; CHECK(g(&c) == 0); CHECK(r == 42);"
                     "c.work = malloc(g_work(1)); r = 0; CHECK(g(&c) == 0); CHECK(r == 42);"
                     "c.result = NULL; CHECK(g(&c) == 0); free(c.work); return 0; }");
}

static void single_precision_stays_single(void **state)
{
    struct fixture *t = *state;
    struct bench *b = &t->bench;
    struct adc_function *f = bench_function(b, "f");
    f->real = ADC_F32;
    const struct adc_node *x = bench_param(b, f, "x", ADC_F32);
    const struct adc_node *y =
        apply(f, ADC_OP_MUL, adc_apply1(f->graph, ADC_OP_SIN, x), adc_real(f->graph, ADC_F32, 0.1));
    const struct adc_node *z = apply(f, ADC_OP_MAX, y, x);
    bench_result(b, f, "result", adc_apply1(f->graph, ADC_OP_SOFTPLUS, z));
    bench_result(b, f, "plain", y);
    add(t, bench_schedule(b, f));
    struct adc_function *g = bench_function(b, "g");
    *g = *f;
    g->name = g->symbol = adc_name_of(&b->names, "g");
    add(t, bench_split(b, g, 1));
    emit(t);
    check_run(t, CHECKS "int main(void) { float r, p, q; CHECK(!f(0.7f, &r, &p, NULL));"
                        "CHECK(p == sinf(0.7f)*0.1f);"
                        "CHECK(fabsf(r - logf(1 + expf(0.7f))) < 4*FLT_EPSILON);"
                        "CHECK(!g(0.7f, &q, NULL, NULL) && q == r); return 0; }");
}

static void products_are_never_fused_into_sums(void **state)
{
    struct fixture *t = *state;
    struct bench *b = &t->bench;
    struct adc_function *f = bench_function(b, "f");
    const struct adc_node *x = bench_param(b, f, "x", ADC_F64),
                          *y = bench_param(b, f, "y", ADC_F64);
    bench_result(b, f, "result",
                 apply(f, ADC_OP_SUB, apply(f, ADC_OP_MUL, x, x), apply(f, ADC_OP_MUL, y, y)));
    add(t, bench_schedule(b, f));
    emit(t);
    check_run(t,
              CHECKS "int main(void) { double r; for (int i = 1; i < 1000; i++) {"
                     "CHECK(!f(i / 1001.0, i / 1001.0, &r, NULL)); CHECK(r == 0); } return 0; }");
}

static void fast_math_stops_the_compiler(void **state)
{
    struct fixture *t = *state;
    add(t, bench_schedule(&t->bench, seed(t)));
    emit(t);
    for (unsigned i = 0; i < COMPILER_COUNT; i++) {
        if (!have(t, compilers[i])) continue;
        char command[256];
        snprintf(command, sizeof command,
                 "! %s -ffast-math -c test.c 2>said && grep -q ADC_ALLOW_FAST_MATH said",
                 compilers[i]);
        must(t, command);
        snprintf(command, sizeof command, "%s -ffast-math -DADC_ALLOW_FAST_MATH -c test.c",
                 compilers[i]);
        must(t, command);
    }
}

static void accumulate_adds_to_gradients_only(void **state)
{
    struct fixture *t = *state;
    struct adc_function *f = seed(t);
    f->product = ADC_GRAD;
    bench_result(&t->bench, f, "grad_x", constant(f, 16));
    f->results.data[1].role = ADC_ROLE_GRAD;
    f->results.data[1].of = f->params.data[0].name;
    add(t, bench_schedule(&t->bench, f));
    emit(t);
    check_run(t, CHECKS "int main(void) { double r = NAN, g = NAN;"
                        "CHECK(!z(2, 3, &r, &g, NULL)); CHECK(r == 57 && g == 16); return 0; }");
    t->unit.accumulate = true;
    emit(t);
    check_run(t, CHECKS "int main(void) { double r = NAN, g = 1;"
                        "CHECK(!z(2, 3, &r, &g, NULL)); CHECK(r == 57 && g == 17); return 0; }");
}

static void line_directives_name_source_and_own_lines(void **state)
{
    struct fixture *t = *state;
    add(t, bench_schedule(&t->bench, seed(t)));
    t->unit.line_directives = true;
    emit(t);
    assert_non_null(strstr(t->source.data, "#line 3 \"test.ad\"\n    const double s"));
    check_run(t, CHECKS "int main(void) { double r; return z(2, 3, &r, NULL) || r != 57; }");
    const char *line = t->source.data;
    unsigned number = 1, resets = 0;
    for (; *line; line = strchr(line, '\n') + 1, number++) {
        unsigned given;
        char file[32];
        if (sscanf(line, "#line %u \"%31[^\"]\"", &given, file) != 2) continue;
        if (strcmp(file, "test.c") != 0) continue;
        assert_int_equal(given, number + 1);
        resets++;
    }
    assert_int_equal(resets, 1);
}

static void manifest_is_json_and_emission_deterministic(void **state)
{
    struct fixture *t = *state;
    struct adc_function *f = seed(t);
    f->params.data[0].has_default = true;
    f->params.data[0].value.f64 = (double)INFINITY;
    bench_check(&t->bench, f, adc_bool(f->graph, true), "a \"quoted\"\ttext \\");
    add(t, bench_schedule(&t->bench, f));
    emit(t);
    if (have(t, "python3")) must(t, "python3 -m json.tool test.json");
    const char *first = adc_arena_copy(&t->bench.arena, t->source.data, t->source.count);
    const char *manifest = adc_arena_copy(&t->bench.arena, t->manifest.data, t->manifest.count);
    emit(t);
    assert_string_equal(first, t->source.data);
    assert_string_equal(manifest, t->manifest.data);
}

/* A chain of n sums, all called `a`, in parts of 100. */
static double emission_seconds(struct fixture *t, int n)
{
    struct bench *b = &t->bench;
    struct adc_function *f = bench_function(b, "f");
    const struct adc_node *x = bench_param(b, f, "x", ADC_F64), *sum = x;
    for (int i = 0; i < n; i++)
        sum = bench_name(b, f, apply(f, ADC_OP_ADD, sum, constant(f, i)), "a");
    bench_result(b, f, "result", sum);
    t->unit.count = 0;
    add(t, n % 2 ? bench_split(b, f, 100) : bench_schedule(b, f));
    clock_t start = clock();
    emit(t);
    return (double)(clock() - start) / CLOCKS_PER_SEC;
}

static void emission_is_linear(void **state)
{
    struct fixture *t = *state;
    for (int odd = 0; odd < 2; odd++) {
        double small = emission_seconds(t, 20000 + odd), large = emission_seconds(t, 200000 + odd);
        assert_true(large < 40 * small + 0.5);
    }
}

static void lines_are_short(void **state)
{
    struct fixture *t = *state;
    struct adc_function *f = bench_function(&t->bench, "f");
    const struct adc_node *x = bench_param(&t->bench, f, "a_rather_long_name", ADC_F64), *p = x;
    for (int i = 0; i < 11; i++)
        p = apply(f, i % 2 ? ADC_OP_MUL : ADC_OP_DIV, apply(f, ADC_OP_ADD, p, constant(f, i)), x);
    bench_result(&t->bench, f, "result", p);
    add(t, bench_schedule(&t->bench, f));
    emit(t);
    for (const char *line = t->source.data; *line; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") <= 100);
    check_run(t, CHECKS "int main(void) { double r; return f(1, &r, NULL); }");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(seed_program_reads_like_written_c),
        TEST(brackets_keep_the_association_of_the_graph),
        TEST(logic_has_the_brackets_that_compilers_ask_for),
        TEST(comparing_a_value_with_itself_is_no_warning),
        TEST(every_operator_gives_the_bits_of_the_interpreter),
        TEST(literals_read_back_bit_for_bit),
        TEST(split_program_uses_the_workspace),
        TEST(branches_set_variables_and_return_statuses),
        TEST(clashing_names_get_an_underscore),
        TEST(two_functions_making_one_symbol_is_e45),
        TEST(prefix_stands_before_every_symbol),
        TEST(many_parameters_become_a_struct),
        TEST(single_precision_stays_single),
        TEST(products_are_never_fused_into_sums),
        TEST(fast_math_stops_the_compiler),
        TEST(accumulate_adds_to_gradients_only),
        TEST(line_directives_name_source_and_own_lines),
        TEST(manifest_is_json_and_emission_deterministic),
        TEST(emission_is_linear),
        TEST(lines_are_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
