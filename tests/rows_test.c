/* Every row of ir/ops.def: value and partials against tests/rows, in both widths, by the
 * interpreter's functions and by what the C emitter makes of it.
 *
 * A partial is what adc_op_contribution makes of the constant 1, as a graph over parameters;
 * further adjoints (2, 0, infinity, as parameters) show that it is a factor, and where it must not
 * be one. */
#define _XOPEN_SOURCE 700 /* mkdtemp, dlopen */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/rows_c.h"

#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

#ifndef ADC_SOURCE_DIR
#define ADC_SOURCE_DIR "."
#endif

enum { MAX_REPORT = 20000, FEWEST_POINTS = 12 };

/* --------------------------------------------------------------------------- the table */

static char *read_file(struct state *state, const char *name)
{
    struct adc_text path;
    adc_text_init(&path, &state->arena);
    adc_text_format(&path, "%s/tests/rows/%s", ADC_SOURCE_DIR, name);
    FILE *file = fopen(path.data, "rb");
    if (!file) fail_msg("cannot read %s", path.data);
    struct adc_text text;
    adc_text_init(&text, &state->arena);
    char block[4096];
    for (size_t got; (got = fread(block, 1, sizeof block, file)) > 0;)
        adc_text_put(&text, block, got);
    fclose(file);
    return text.data;
}

/* The next line, cut off; NULL at the end. Lines of # are left out. */
static char *next_line(char **text, unsigned *number)
{
    while (**text) {
        char *line = *text, *end = strchr(line, '\n');
        *text = end ? end + 1 : line + strlen(line);
        if (end) *end = '\0';
        ++*number;
        if (*line && *line != '#') return line;
    }
    return NULL;
}

static void read_points(struct state *state, const char *name, enum adc_type type)
{
    char *text = read_file(state, name);
    unsigned number = 0;
    for (char *line; (line = next_line(&text, &number));) {
        struct point point = {.line = number};
        read_point(&point, line, type);
        ADC_PUSH(&state->arena, state->points.list, point);
    }
}

static int set_up(void **data)
{
    struct state *state = calloc(1, sizeof *state);
    if (!state) return -1;
    state->heap = (struct adc_heap){adc_standard_allocator(), &state->out_of_memory};
    adc_arena_init(&state->arena, &state->heap);
    if (setjmp(state->out_of_memory)) return -1;
    read_points(state, "f64.tsv", ADC_F64);
    read_points(state, "f32.tsv", ADC_F32);
    *data = state;
    return 0;
}

static int tear_down(void **data)
{
    struct state *state = *data;
    adc_arena_free(&state->arena);
    free(state);
    return 0;
}

/* The type of output `i`: contributions have the width of the adjoint or, through a conversion, of
 * the argument; both kinds are stated as the number 1. */
static double output_of(const struct graph_of_row *row, const union adc_value *values, unsigned i)
{
    const struct adc_node *node = row->out[i];
    return node ? as_double(values[node->id], (enum adc_type)node->type) : 0.0;
}

static bool output_agrees(const struct graph_of_row *row, const struct point *point, unsigned i,
                          union adc_value value)
{
    enum adc_type type = (enum adc_type)row->out[i]->type;
    struct expected expected = point->out[i];
    if (i && expected.stated == STATED && type != adc_op_result(point->op, point->type))
        expected.value =
            real_value(as_double(expected.value, adc_op_result(point->op, point->type)), type);
    return agrees(&expected, value, type, point->bound[i]);
}

/* ------------------------------------------------------------------------------- tests */

static void finish(const struct adc_text *report)
{
    if (!report->count) return;
    fprintf(stderr, "%.*s\n", (int)(report->count < MAX_REPORT ? report->count : MAX_REPORT),
            report->data);
    fail_msg("%s", "the numbers above");
}

static void every_row_has_points(void **data)
{
    struct state *state = *data;
    unsigned counts[ADC_OP_COUNT][2] = {{0}};
    for (size_t i = 0; i < state->points.list.count; i++)
        counts[state->points.list.data[i].op][state->points.list.data[i].type == ADC_F32]++;
    for (unsigned op = ADC_OP_FIRST_ELEMENTWISE; op < ADC_OP_COUNT; op++) {
        bool fixed = strchr(adc_op_info((enum adc_op)op)->signature, 'S') != NULL;
        bool real = has_reals((enum adc_op)op) && !fixed;
        unsigned fewest = real && op != ADC_OP_SELECT ? FEWEST_POINTS : 1;
        bool enough = counts[op][0] >= fewest && counts[op][1] >= fewest;
        if (real ? !enough : !(counts[op][0] + counts[op][1]))
            fail_msg("%s has too few points in tests/rows", row_name((enum adc_op)op));
    }
}

/* Rows that commute give one number, but for the choice among NaNs, either way. */
static void commuting_rows_commute(void **data)
{
    struct state *state = *data;
    for (size_t i = 0; i < state->points.list.count; i++) {
        const struct point *point = &state->points.list.data[i];
        if (!(adc_op_info(point->op)->properties & ADC_COMMUTES)) continue;
        const union adc_value swapped[2] = {point->in[1], point->in[0]};
        union adc_value a = adc_op_apply(point->op, point->type, point->in);
        union adc_value b = adc_op_apply(point->op, point->type, swapped);
        enum adc_type type = adc_op_result(point->op, point->type);
        bool nan = adc_type_is_real(type) && isnan(as_double(a, type)) && isnan(as_double(b, type));
        if (a.bits != b.bits && !nan) fail_msg("%s does not commute", row_name(point->op));
    }
}

/* Strong zeros: the operators that the language lists, those whose partial overflows inside the domain (an adjoint of
 * zero times exp(800) is zero), and what their rules are made of. */
static bool is_singular(enum adc_op op)
{
    static const enum adc_op singular[] = {
        ADC_OP_SQRT,       ADC_OP_RSQRT,     ADC_OP_CBRT,    ADC_OP_LOG,     ADC_OP_LOG2,
        ADC_OP_LOG10,      ADC_OP_LOG1P,     ADC_OP_POW,     ADC_OP_XLOGY,   ADC_OP_XLOG1PY,
        ADC_OP_ASIN,       ADC_OP_ACOS,      ADC_OP_ACOSH,   ADC_OP_ATANH,   ADC_OP_LOGIT,
        ADC_OP_LOG1MEXP,   ADC_OP_ERFINV,    ADC_OP_DIV_POS, ADC_OP_POW_DX,  ADC_OP_UNIT,
        ADC_OP_RECIPROCAL, ADC_OP_ERFINV_DX, ADC_OP_EXP,     ADC_OP_EXP2,    ADC_OP_EXPM1,
        ADC_OP_SINH,       ADC_OP_COSH,      ADC_OP_LGAMMA,  ADC_OP_DIGAMMA, ADC_OP_TRIGAMMA,
        ADC_OP_POLYGAMMA,
    };
    for (size_t i = 0; i < sizeof singular / sizeof *singular; i++)
        if (singular[i] == op) return true;
    return false;
}

static void singular_rows_are_those_of_the_language(void **data)
{
    (void)data;
    for (unsigned op = ADC_OP_FIRST_ELEMENTWISE; op < ADC_OP_COUNT; op++) {
        bool stated = (adc_op_info((enum adc_op)op)->properties & ADC_SINGULAR) != 0;
        if (stated != is_singular((enum adc_op)op))
            fail_msg("%s: ADC_SINGULAR", row_name((enum adc_op)op));
    }
}

/* ADC_FLAT: reals to a real with the derivative zero, which the table states as structural. */
static void flat_rows_are_flat(void **data)
{
    struct state *state = *data;
    for (size_t i = 0; i < state->points.list.count; i++) {
        const struct point *point = &state->points.list.data[i];
        bool flat = adc_type_is_real(adc_op_result(point->op, ADC_F64));
        for (unsigned k = 0; k < point->count; k++)
            if (!is_real_argument(point->op, k) || point->out[k + 1].stated != STRUCTURAL_ZERO)
                flat = false;
        bool stated = (adc_op_info(point->op)->properties & ADC_FLAT) != 0;
        if (flat != stated) fail_msg("%s: ADC_FLAT", row_name(point->op));
    }
}

static void names_are_unique_and_found(void **data)
{
    (void)data;
    for (unsigned op = 0; op < ADC_OP_COUNT; op++) {
        const char *name = row_name((enum adc_op)op);
        assert_int_equal(adc_op_find(name, strlen(name)), op);
    }
    assert_int_equal(adc_op_find("ad", 2), ADC_OP_COUNT);
    for (unsigned i = 0; adc_helper_text(i); i++) {
        const char *name = strstr(adc_helper_text(i), "H(") + 2;
        assert_int_equal(adc_helper_find(name, strcspn(name, ")")), i);
    }
    assert_int_equal(adc_helper_find("none", 4), -1);
}

static void check_point(struct state *state, const struct graph_of_row *row,
                        const struct point *point, struct adc_text *report)
{
    union adc_value arguments[MAX_OUTPUTS] = {{.bits = 0}};
    memcpy(arguments, point->in, sizeof point->in);
    const union adc_value *values = evaluate(state, &row->graph, arguments);
    for (unsigned i = 0; i <= point->count; i++) {
        if (point->out[i].stated == STRUCTURAL_ZERO) {
            if (row->out[i]) complain(report, point, i, values[row->out[i]->id], "not structural");
            continue;
        }
        if (!row->out[i]) {
            struct expected *expected = (struct expected *)&point->out[i];
            if (expected->stated == STATED && as_double(expected->value, point->type) != 0.0)
                complain(report, point, i, real_value(0.0, point->type), "structural");
        } else if (!output_agrees(row, point, i, values[row->out[i]->id])) {
            complain(report, point, i, values[row->out[i]->id], "interpreter");
        }
    }
}

static void check_points(struct state *state, bool constant_ints)
{
    struct adc_text report;
    adc_text_init(&report, &state->arena);
    struct graph_of_row row;
    const struct point *before = NULL;
    for (size_t i = 0; i < state->points.list.count; i++) {
        const struct point *point = &state->points.list.data[i];
        bool has_int = strchr(adc_op_info(point->op)->signature, 'I') != NULL;
        if (constant_ints && !(has_int && has_reals(point->op))) continue;
        if (constant_ints || !same_graph(before, point))
            build(&row, state, point, constant_ints, true);
        check_point(state, &row, point, &report);
        before = point;
    }
    finish(&report);
}

static void values_and_partials_agree_with_table(void **data)
{
    check_points(*data, false);
}

static void powers_with_constant_exponent_agree_with_table(void **data)
{
    check_points(*data, true);
}

/* Rows whose partial selects: 0 is 0 whatever the adjoint. */
static bool selects(enum adc_op op)
{
    switch (op) {
    case ADC_OP_ABS:
    case ADC_OP_COPYSIGN:
    case ADC_OP_MIN:
    case ADC_OP_MAX:
    case ADC_OP_CLAMP:
    case ADC_OP_RELU:
    case ADC_OP_SELECT: return true;
    default: return false;
    }
}

/* The slope of a divisor y is made of a/y, which overflows where y is subnormal. */
static bool overflows(const struct point *point, double a)
{
    if (point->op != ADC_OP_DIV) return false;
    double quotient = a / as_double(point->in[1], point->type);
    return isfinite(a) && !isfinite(as_double(real_value(quotient, point->type), point->type));
}

/* What an adjoint that is not constant must become; false where nothing is promised. */
static bool promised(const struct point *point, double a, double partial, double *wanted)
{
    bool singular = is_singular(point->op);
    if (overflows(point, a)) return false;
    *wanted = partial == 0.0 && selects(point->op) ? 0.0 : a * partial;
    if (a == 0.0 && (isfinite(partial) || singular)) *wanted = 0.0;
    return a == 0.0 ? isfinite(partial) || singular : isfinite(a) || selects(point->op);
}

/* By adjoint: a factor, and strong zeros. A few ulp more: a*x/y rounds otherwise than a*(x/y). */
static void adjoint_multiplies_and_zero_is_strong(void **data)
{
    struct state *state = *data;
    static const double adjoints[] = {2.0, -1.0, 0.0, (double)INFINITY};
    struct adc_text report;
    adc_text_init(&report, &state->arena);
    struct graph_of_row row;
    const struct point *before = NULL;
    for (size_t k = 0; k < state->points.list.count; k++) {
        const struct point *point = &state->points.list.data[k];
        if (!has_reals(point->op) || strchr(adc_op_info(point->op)->signature, 'S')) continue;
        if (!same_graph(before, point)) build(&row, state, point, false, false);
        before = point;
        for (unsigned n = 0; n < sizeof adjoints / sizeof *adjoints; n++) {
            union adc_value arguments[MAX_OUTPUTS] = {{.bits = 0}};
            memcpy(arguments, point->in, sizeof point->in);
            arguments[ADJOINT] = real_value(adjoints[n], point->type);
            const union adc_value *values = evaluate(state, &row.graph, arguments);
            for (unsigned i = 1; i <= point->count; i++) {
                double wanted, got = output_of(&row, values, i);
                if (point->out[i].stated != STATED) continue;
                double partial = as_double(point->out[i].value, point->type);
                if (!promised(point, adjoints[n], partial, &wanted)) continue;
                union adc_value rounded = real_value(wanted, point->type);
                double distance = ulps(real_value(got, point->type), rounded, point->type);
                if (!(distance <= 2.0 * point->bound[i] + 2.0))
                    complain(&report, point, i, real_value(got, point->type), "times an adjoint");
            }
        }
    }
    finish(&report);
}

/* ------------------------------------------------------------------ second derivatives */

/* Tangent of `node` when parameter `index` has tangent 1: forward mode over a graph without MARKs.
 * NULL: structural zero. */
static const struct adc_node *derivative(struct state *state, struct adc_graph *graph,
                                         const struct adc_node *node, unsigned index)
{
    const struct adc_node **dot =
        ADC_NEW_ARRAY(&state->arena, const struct adc_node *, node->id + 1);
    for (uint32_t id = 0; id <= node->id; id++) {
        const struct adc_node *at = graph->nodes.data[id];
        if (!adc_type_is_real(at->type)) continue;
        if (at->op == ADC_OP_PARAM && at->number == index) dot[id] = adc_real(graph, at->type, 1.0);
        if (at->op == ADC_OP_IF) {
            const struct adc_node *zero = adc_real(graph, at->type, 0.0);
            const struct adc_node *then = dot[at->in[1]->id], *other = dot[at->in[2]->id];
            if (then || other)
                dot[id] = adc_apply3(graph, ADC_OP_IF, at->in[0], then ? then : zero,
                                     other ? other : zero);
        }
        if (at->op < ADC_OP_FIRST_ELEMENTWISE) continue;
        for (unsigned i = 0; i < at->count; i++) {
            const struct adc_node *in = dot[at->in[i]->id];
            const struct adc_node *more = in ? adc_op_contribution(graph, at, i, in, false) : NULL;
            if (more) dot[id] = dot[id] ? adc_apply2(graph, ADC_OP_ADD, dot[id], more) : more;
        }
    }
    return dot[node->id];
}

static void check_second(struct state *state, const struct point *point, char *numbers,
                         bool constant_ints, bool constant_adjoint, struct adc_text *report)
{
    char *words[MAX_WORDS];
    struct graph_of_row row;
    build(&row, state, point, constant_ints, constant_adjoint);
    unsigned word = 0, count = cut(numbers, ' ', words, MAX_WORDS);
    union adc_value arguments[MAX_OUTPUTS] = {{.bits = 0}};
    memcpy(arguments, point->in, sizeof point->in);
    arguments[ADJOINT].f64 = 1.0;
    for (unsigned i = 0; i < point->count; i++)
        for (unsigned j = 0; j < point->count; j++) {
            if (!is_real_argument(point->op, i) || !is_real_argument(point->op, j)) continue;
            assert_true(word < count);
            struct expected expected = read_expected(words[word++], ADC_F64);
            const struct adc_node *first = row.out[i + 1];
            const struct adc_node *second = first ? derivative(state, &row.graph, first, j) : NULL;
            const union adc_value *values = evaluate(state, &row.graph, arguments);
            double got = second ? values[second->id].f64 : 0.0, wanted = expected.value.f64;
            bool good = isfinite(wanted) ? fabs(got - wanted) <= 1e-10 * fmax(fabs(wanted), 1e-3)
                                         : got == wanted;
            if (expected.stated == NOT_STATED || (expected.stated == STRUCTURAL_ZERO && got == 0.0))
                good = true;
            if (!good) {
                adc_text_format(report, "%s line %u, d%u d%u: ", row_name(point->op), point->line,
                                i, j);
                adc_text_real(report, got, false);
                adc_text_add(report, " instead of ");
                adc_text_real(report, wanted, false);
                adc_text_add(report, "\n");
            }
        }
    assert_int_equal(word, count);
}

static void rules_are_right_to_second_order(void **data)
{
    struct state *state = *data;
    struct adc_text report;
    adc_text_init(&report, &state->arena);
    char *text = read_file(state, "second.tsv");
    unsigned number = 0;
    for (char *line; (line = next_line(&text, &number));) {
        char *fields[3], *words[MAX_WORDS];
        assert_int_equal(cut(line, '\t', fields, 3), 3);
        struct point point = {.line = number, .type = ADC_F64};
        point.op = adc_op_find(fields[0], strlen(fields[0]));
        assert_true(point.op < ADC_OP_COUNT);
        point.count = adc_op_info(point.op)->arity;
        assert_int_equal(cut(fields[1], ' ', words, MAX_WORDS), point.count);
        for (unsigned i = 0; i < point.count; i++)
            point.in[i] = read_value(words[i], argument_type(point.op, i, ADC_F64));
        for (unsigned way = 0; way < 4; way++) {
            char *copy = adc_arena_copy(&state->arena, fields[2], strlen(fields[2]));
            check_second(state, &point, copy, way & 1, way & 2, &report);
        }
    }
    finish(&report);
}

/* ------------------------------------------------------------------------- other rules */

/* Conversions take the other width alone; the cotangent goes back to the argument's width, the
 * tangent on to the result's. */
static void conversions_carry_both_ways(void **data)
{
    struct state *state = *data;
    static const enum adc_op ops[] = {ADC_OP_F32_TO_F64, ADC_OP_F64_TO_F32};
    for (unsigned n = 0; n < 2; n++) {
        struct adc_graph graph;
        adc_graph_init(&graph, &state->arena);
        enum adc_type from = argument_type(ops[n], 0, ADC_F64);
        const struct adc_node *x = adc_param(&graph, from, 0);
        const struct adc_node *node = adc_apply1(&graph, ops[n], x);
        const struct adc_node *bar = adc_param(&graph, node->type, 1),
                              *dot = adc_param(&graph, from, 2);
        assert_int_equal(adc_op_contribution(&graph, node, 0, bar, false)->type, from);
        assert_int_equal(adc_op_contribution(&graph, node, 0, dot, false)->type, node->type);
        assert_int_equal(adc_result_type(ops[n], &dot, 1), node->type);
        assert_int_equal(adc_result_type(ops[n], &bar, 1), ADC_TYPE_COUNT);
    }
}

/* Slope at x = y = 0 of the square root of what `radicand` builds. */
static double slope_at_zero(struct state *state,
                            const struct adc_node *(*radicand)(struct adc_graph *,
                                                               const struct adc_node *,
                                                               const struct adc_node *))
{
    struct adc_graph graph;
    adc_graph_init(&graph, &state->arena);
    const struct adc_node *x = adc_param(&graph, ADC_F64, 0), *y = adc_param(&graph, ADC_F64, 1);
    const struct adc_node *root = adc_apply1(&graph, ADC_OP_SQRT, radicand(&graph, x, y));
    const struct adc_node *slope =
        adc_op_contribution(&graph, root, 0, adc_real(&graph, ADC_F64, 1.0), false);
    const union adc_value zeros[2] = {{.bits = 0}, {.bits = 0}};
    return evaluate(state, &graph, zeros)[slope->id].f64;
}

typedef const struct adc_node *radicand(struct adc_graph *, const struct adc_node *,
                                        const struct adc_node *);

#define RADICAND(name, ...)                                                           \
    static const struct adc_node *name(struct adc_graph *g, const struct adc_node *x, \
                                       const struct adc_node *y)                      \
    {                                                                                 \
        (void)g, (void)x, (void)y;                                                    \
        return __VA_ARGS__;                                                           \
    }
#define APPLY(op, u, v) adc_apply2(g, ADC_OP_##op, u, v)
#define NUMBER(v) adc_real(g, ADC_F64, v)
#define SQUARE(u) APPLY(MUL, u, u)

RADICAND(square, SQUARE(x))
RADICAND(sum_of_two, APPLY(ADD, SQUARE(x), SQUARE(y)))
RADICAND(power_written_real, APPLY(ADD, APPLY(POW, x, NUMBER(2.0)), SQUARE(y)))
RADICAND(power_written_int, APPLY(IPOW, x, adc_int(g, 4)))
RADICAND(mean, APPLY(DIV, APPLY(ADD, SQUARE(x), SQUARE(y)), NUMBER(2.0)))
RADICAND(multiple, APPLY(MUL, NUMBER(3.0), SQUARE(APPLY(SUB, x, y))))
RADICAND(product_added, adc_apply3(g, ADC_OP_FMA, x, x, SQUARE(y)))
RADICAND(plain, x)
RADICAND(product, APPLY(MUL, x, y))
RADICAND(cube, APPLY(IPOW, x, adc_int(g, 3)))
RADICAND(power_three_halves, APPLY(POW, x, NUMBER(1.5)))
RADICAND(negative_multiple, APPLY(MUL, NUMBER(-3.0), SQUARE(x)))
RADICAND(difference, APPLY(SUB, SQUARE(x), SQUARE(y)))
RADICAND(constant_zero, NUMBER(0.0))

static void root_of_squares_has_slope_zero_at_zero(void **data)
{
    static radicand *const squares[] = {square, sum_of_two, power_written_real, power_written_int,
                                        mean,   multiple,   product_added};
    static radicand *const others[] = {
        plain, product, cube, power_three_halves, difference, negative_multiple, constant_zero};
    for (size_t i = 0; i < sizeof squares / sizeof *squares; i++)
        assert_true(slope_at_zero(*data, squares[i]) == 0.0);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_true(slope_at_zero(*data, others[i]) == (double)INFINITY);
}

static const struct adc_node *long_sum(struct adc_graph *g, bool left)
{
    const struct adc_node *sum = SQUARE(adc_param(g, ADC_F64, 0));
    for (unsigned i = 1; i < 1000; i++) {
        const struct adc_node *more = SQUARE(adc_param(g, ADC_F64, i));
        sum = left ? APPLY(ADD, sum, more) : APPLY(ADD, more, sum);
    }
    return sum;
}

RADICAND(left_leaning, long_sum(g, true))
RADICAND(right_leaning, long_sum(g, false))

/* 40-fold doubling of a square: 2^40 paths, each walked once would take for ever. */
static const struct adc_node *doubled(struct adc_graph *g, const struct adc_node *x)
{
    const struct adc_node *sum = SQUARE(x);
    for (unsigned i = 0; i < 40; i++) sum = APPLY(ADD, sum, sum);
    return sum;
}

RADICAND(self_doubling, doubled(g, x))

static void long_sums_of_squares_are_seen_and_the_walk_ends(void **data)
{
    struct state *state = *data;
    struct adc_graph graph;
    static radicand *const sums[] = {left_leaning, right_leaning, self_doubling};
    for (unsigned i = 0; i < 3; i++) {
        adc_graph_init(&graph, &state->arena);
        const struct adc_node *x = adc_param(&graph, ADC_F64, 0);
        const struct adc_node *root = adc_apply1(&graph, ADC_OP_SQRT, sums[i](&graph, x, x));
        const struct adc_node *slope = adc_op_contribution(&graph, root, 0, x, false);
        assert_int_equal(slope->op, i < 2 ? ADC_OP_IF : ADC_OP_DIV_POS);
    }
}

/* ---------------------------------------------------------------------------- emitted C */

enum { PATH = 200 };

/* Compiles the files of `folder` to NAME.so and opens it. Linked without the options: with
 * -ffast-math the linker adds start-up code that flushes subnormals of the whole process to
 * zero. */
static void *compiled(const char *folder, const char *name, const char *compiler,
                      const char *options)
{
    char command[8 * PATH], library[PATH];
    snprintf(library, sizeof library, "%s/%s.so", folder, name);
    snprintf(command, sizeof command,
             "cd %s && %s %s -fPIC -c rows.c calls.c && %s -shared -o %s.so rows.o calls.o -lm",
             folder, compiler, options, compiler, name);
    if (system(command) != 0) fail_msg("failed: %s", command);
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (!handle) fail_msg("%s", dlerror());
    return handle;
}

typedef int row_function(const union adc_value *in, union adc_value *out);

static row_function *function_of(void *library, const struct point *point)
{
    char name[PATH];
    row_function *function = NULL;
    snprintf(name, sizeof name, "call_row_%s_%s", row_name(point->op), adc_type_name(point->type));
    void *symbol = dlsym(library, name);
    if (!symbol) fail_msg("no %s", name);
    memcpy(&function, &symbol, sizeof function);
    return function;
}

static void check_library(struct state *state, void *library, const char *engine, bool tests_only)
{
    struct adc_text report;
    adc_text_init(&report, &state->arena);
    row_function *function = NULL;
    struct graph_of_row row;
    const struct point *before = NULL;
    unsigned checked = 0;
    for (size_t k = 0; k < state->points.list.count; k++) {
        const struct point *point = &state->points.list.data[k];
        bool is_test =
            point->op == ADC_OP_ISNAN || point->op == ADC_OP_ISINF || point->op == ADC_OP_ISFINITE;
        if (tests_only && !is_test) continue;
        if (!same_graph(before, point)) {
            function = function_of(library, point);
            build(&row, state, point, false, true);
        }
        before = point;
        union adc_value out[MAX_OUTPUTS] = {{.bits = 0}};
        assert_int_equal(function(point->in, out), 0);
        for (unsigned i = 0; i <= point->count; i++, checked++)
            if (row.out[i] && !output_agrees(&row, point, i, out[i]))
                complain(&report, point, i, out[i], engine);
    }
    dlclose(library);
    assert_true(checked > 0);
    finish(&report);
}

#define STRICT                                                                      \
    "-std=c99 -O1 -Wall -Wextra -Wpedantic -pedantic-errors -Wconversion -Wshadow " \
    "-Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wfloat-conversion "      \
    "-Wdouble-promotion -Werror"
#define FAST "-std=c99 -O2 -w -ffast-math -DADC_ALLOW_FAST_MATH"

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[PATH];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void write_rows(struct state *state, const char *folder)
{
    struct bench bench;
    struct c_files files;
    bench_init(&bench);
    if (setjmp(bench.out_of_memory)) fail_msg("%s", "out of memory, or a broken invariant");
    emit_rows(state, &bench, &files);
    write_file(folder, "rows.c", files.source.data);
    write_file(folder, "rows.h", files.header.data);
    write_file(folder, "calls.c", files.calls.data);
    adc_arena_free(&bench.arena);
}

/* The folder goes before anything is checked, so that no failure leaves it behind but one of a
 * compiler. */
static void emitted_c_agrees_with_table(void **data)
{
    struct state *state = *data;
    char folder[] = "/tmp/adc-rows-XXXXXX", command[PATH];
    assert_non_null(mkdtemp(folder));
    write_rows(state, folder);
    void *plain = compiled(folder, "plain", "cc", STRICT), *clang = NULL;
    void *fast = compiled(folder, "fast", "cc", FAST);
    if (system("clang --version >/dev/null 2>&1") == 0)
        clang = compiled(folder, "clang", "clang", STRICT);
    else print_message("1 compiler skipped: no clang\n");
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
    check_library(state, plain, "cc", false);
    check_library(state, fast, "cc -ffast-math", true);
    if (clang) check_library(state, clang, "clang", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_has_points),
        cmocka_unit_test(names_are_unique_and_found),
        cmocka_unit_test(commuting_rows_commute),
        cmocka_unit_test(singular_rows_are_those_of_the_language),
        cmocka_unit_test(flat_rows_are_flat),
        cmocka_unit_test(values_and_partials_agree_with_table),
        cmocka_unit_test(powers_with_constant_exponent_agree_with_table),
        cmocka_unit_test(adjoint_multiplies_and_zero_is_strong),
        cmocka_unit_test(rules_are_right_to_second_order),
        cmocka_unit_test(conversions_carry_both_ways),
        cmocka_unit_test(root_of_squares_has_slope_zero_at_zero),
        cmocka_unit_test(long_sums_of_squares_are_seen_and_the_walk_ends),
        cmocka_unit_test(emitted_c_agrees_with_table),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
