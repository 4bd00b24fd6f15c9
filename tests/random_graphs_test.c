/* Random scalar graphs with `if`s: the laws that hold for every program.
 *
 *     text IR reads back to the same bytes
 *     simplify keeps values bit for bit
 *     <result_bar, J x_dot> = <J' result_bar, x_dot>        (vjp against jvp)
 *     hessian columns from hessian = hvp
 *     emitted C = interpreter, bit for bit, also where functions are cut into parts
 *
 * Seeds are fixed; a failure names the graph. */
#define _XOPEN_SOURCE 700 /* mkdtemp */

#include "backend/emit_c.h"
#include "passes/passes.h"
#include "tests/random_support.h"

#include <math.h>
#include <unistd.h>

enum { GRAPHS = 300, PARAMS = 3, RESULTS = 2, LARGE = 6000 };

struct world {
    struct adc_heap heap;
    struct adc_arena arena, scratch;
    struct adc_names names;
    struct adc_diags diags;
    jmp_buf landing;
    uint64_t state;
};

static void world_open(struct world *world, uint64_t seed)
{
    world->heap = (struct adc_heap){adc_standard_allocator(), &world->landing};
    adc_arena_init(&world->arena, &world->heap);
    adc_arena_init(&world->scratch, &world->heap);
    adc_names_init(&world->names, &world->arena);
    adc_diags_init(&world->diags, &world->arena);
    world->state = seed * 0x9e3779b97f4a7c15u + 1;
}

static void world_close(struct world *world)
{
    adc_arena_free(&world->scratch);
    adc_arena_free(&world->arena);
}

static uint32_t dice(struct world *world, uint32_t sides)
{
    return support_dice(&world->state, sides);
}

/* -------------------------------------------------------------------- generator */

static const enum adc_op unary[] = {ADC_OP_NEG,  ADC_OP_SIN,  ADC_OP_COS,     ADC_OP_TANH,
                                    ADC_OP_ATAN, ADC_OP_ABS,  ADC_OP_SIGMOID, ADC_OP_SQRT,
                                    ADC_OP_EXP,  ADC_OP_SOFTPLUS};
static const enum adc_op binary[] = {ADC_OP_ADD, ADC_OP_SUB, ADC_OP_MUL, ADC_OP_DIV,
                                     ADC_OP_MAX, ADC_OP_MIN, ADC_OP_ADD, ADC_OP_MUL};

static const struct adc_node *any_real(struct world *world, const struct adc_graph *graph)
{
    for (;;) {
        uint32_t count = (uint32_t)graph->nodes.count;
        uint32_t near = dice(world, 3) ? (count > 30 ? 30 : count) : count;
        const struct adc_node *node = graph->nodes.data[count - 1 - dice(world, near)];
        if (adc_type_is_real(node->type)) return node;
    }
}

static void grow_graph(struct world *world, struct adc_graph *graph)
{
    const struct adc_node *a = any_real(world, graph), *b = any_real(world, graph);
    uint32_t kind = dice(world, 10);
    if (kind < 3) {
        adc_apply1(graph, unary[dice(world, sizeof unary / sizeof *unary)], a);
    } else if (kind < 7) {
        adc_apply2(graph, binary[dice(world, sizeof binary / sizeof *binary)], a, b);
    } else if (kind < 9) {
        const struct adc_node *condition = adc_apply2(graph, ADC_OP_LT, a, b);
        adc_apply3(graph, ADC_OP_IF, condition, any_real(world, graph), any_real(world, graph));
    } else {
        adc_apply2(graph, ADC_OP_IPOW, a, adc_int(graph, (int64_t)dice(world, 6) - 1));
    }
}

static const struct adc_name *numbered(struct world *world, const char *stem, uint32_t number)
{
    char text[32];
    snprintf(text, sizeof text, "%s%u", stem, number);
    return adc_name_of(&world->names, text);
}

static struct adc_function *generate(struct world *world, uint32_t number, uint32_t size)
{
    struct adc_function *function =
        adc_function_new(&world->arena, numbered(world, "f", number));
    function->exported = true;
    for (uint32_t i = 0; i < PARAMS; i++) {
        struct adc_parameter param = {.name = numbered(world, "x", i), .type = ADC_F64};
        param.of = param.name;
        ADC_PUSH(&world->arena, function->params, param);
        adc_param(function->graph, ADC_F64, i);
    }
    adc_real(function->graph, ADC_F64, 0.5);
    while (function->graph->nodes.count < size) grow_graph(world, function->graph);
    for (uint32_t i = 0; i < RESULTS; i++) {
        struct adc_result result = {.name = numbered(world, "r", i), .type = ADC_F64, .count = 1};
        result.of = result.name;
        result.named = true;
        result.nodes = ADC_NEW_ARRAY(&world->arena, const struct adc_node *, 1);
        do result.nodes[0] = any_real(world, function->graph);
        while (result.nodes[0]->id < size / 2);
        /* bounded, so that sums of products stay comparable */
        result.nodes[0] = adc_apply1(function->graph, ADC_OP_TANH, result.nodes[0]);
        ADC_PUSH(&world->arena, function->results, result);
    }
    return function;
}

static struct adc_function *product(struct world *world, const struct adc_function *function,
                                    enum adc_product which, const char *of)
{
    struct pass_derive_options options = {.of = of};
    options.names = &world->names;
    options.diags = &world->diags;
    struct adc_function *before = pass_simplify(&world->arena, function, PASS_BEFORE_DERIVATIVES,
                                                &world->scratch);
    struct adc_function *expanded = pass_expand(&world->arena, before, &world->scratch, NULL);
    struct adc_function *derived = pass_derive(&world->arena, expanded, which, &options, &world->scratch);
    assert_non_null(derived);
    struct adc_function *done = pass_simplify(&world->arena, derived, PASS_AFTER_DERIVATIVES,
                                              &world->scratch);
    struct adc_text problem;
    adc_text_init(&problem, &world->scratch);
    const char *broken = adc_verify(done, &problem);
    if (broken) fail_msg("%s", broken);
    return done;
}

/* Results of a function, element by element. */
static void run(struct world *world, const struct adc_function *function, const double *arguments,
                double *results)
{
    union adc_value *values, in[16];
    for (size_t i = 0; i < function->params.count; i++) in[i].f64 = arguments[i];
    assert_int_equal(adc_interpret(function, in, &world->scratch, &values), 0);
    for (size_t i = 0; i < function->results.count; i++)
        for (uint32_t j = 0; j < function->results.data[i].count; j++)
            *results++ = values[function->results.data[i].nodes[j]->id].f64;
}

static void point(struct world *world, double *arguments, size_t count)
{
    for (size_t i = 0; i < count; i++) arguments[i] = ((int)dice(world, 4001) - 2000) / 1000.0;
}

static bool all_finite(const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]) || fabs(values[i]) > 1e8) return false;
    return true;
}

/* ------------------------------------------------------------------------- laws */

static void text_ir_reads_back(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= GRAPHS; seed++) {
        struct world world;
        world_open(&world, seed);
        support_reads_back(generate(&world, seed, 40), &world.arena, &world.names, seed);
        world_close(&world);
    }
}

static void simplify_keeps_values(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= GRAPHS; seed++) {
        struct world world;
        world_open(&world, seed);
        struct adc_function *function = generate(&world, seed, 60);
        struct adc_function *simple = product(&world, function, ADC_VALUE, NULL);
        double arguments[PARAMS], before[RESULTS], after[RESULTS];
        point(&world, arguments, PARAMS);
        run(&world, function, arguments, before);
        run(&world, simple, arguments, after);
        for (unsigned i = 0; i < RESULTS; i++)
            if (memcmp(&before[i], &after[i], sizeof before[i]) &&
                !(isnan(before[i]) && isnan(after[i])))
                fail_msg("graph %u, result %u: %.17g became %.17g", seed, i, before[i], after[i]);
        world_close(&world);
    }
}

static void reverse_equals_forward(void **state)
{
    (void)state;
    unsigned compared = 0;
    for (uint32_t seed = 1; seed <= GRAPHS; seed++) {
        struct world world;
        world_open(&world, seed);
        struct adc_function *function = generate(&world, seed, 40);
        struct adc_function *vjp = product(&world, function, ADC_PULLBACK, NULL);
        struct adc_function *jvp = product(&world, function, ADC_PUSHFORWARD, NULL);
        double x[PARAMS], dot[PARAMS], bar[RESULTS];
        double in[PARAMS + PARAMS], back[RESULTS + PARAMS], along[2 * RESULTS];
        point(&world, x, PARAMS);
        point(&world, dot, PARAMS);
        point(&world, bar, RESULTS);
        memcpy(in, x, sizeof x);
        memcpy(in + PARAMS, bar, sizeof bar);
        run(&world, vjp, in, back);
        memcpy(in + PARAMS, dot, sizeof dot);
        run(&world, jvp, in, along);
        double left = 0, right = 0, size = 1e-6;
        for (unsigned i = 0; i < RESULTS; i++) {
            left += bar[i] * along[RESULTS + i];
            size += fabs(bar[i] * along[RESULTS + i]);
        }
        for (unsigned i = 0; i < PARAMS; i++) {
            right += dot[i] * back[RESULTS + i];
            size += fabs(dot[i] * back[RESULTS + i]);
        }
        if (all_finite(back, RESULTS + PARAMS) && all_finite(along, 2 * RESULTS)) {
            compared++;
            if (!(fabs(left - right) <= 1e-8 * size))
                fail_msg("graph %u: <bar, J dot> = %.17g, <J' bar, dot> = %.17g", seed, left,
                         right);
        }
        world_close(&world);
    }
    assert_true(compared > GRAPHS / 2);
}

static void hessian_equals_hvp(void **state)
{
    (void)state;
    unsigned compared = 0;
    for (uint32_t seed = 1; seed <= GRAPHS; seed++) {
        struct world world;
        world_open(&world, seed);
        struct adc_function *function = generate(&world, seed, 25);
        struct adc_function *hessian = product(&world, function, ADC_HESSIAN, "r0");
        struct adc_function *hvp = product(&world, function, ADC_HVP, "r0");
        double in[2 * PARAMS], full[PARAMS * PARAMS], column[PARAMS];
        point(&world, in, PARAMS);
        run(&world, hessian, in, full);
        for (unsigned j = 0; j < PARAMS; j++) {
            for (unsigned i = 0; i < PARAMS; i++) in[PARAMS + i] = i == j;
            run(&world, hvp, in, column);
            if (!all_finite(full, PARAMS * PARAMS) || !all_finite(column, PARAMS)) continue;
            compared++;
            for (unsigned i = 0; i < PARAMS; i++)
                if (!(fabs(column[i] - full[i * PARAMS + j]) <=
                      1e-8 * (1 + fabs(column[i]))))
                    fail_msg("graph %u: hessian[%u][%u] = %.17g, hvp %.17g", seed, i, j,
                             full[i * PARAMS + j], column[i]);
        }
        world_close(&world);
    }
    assert_true(compared > GRAPHS);
}

/* ------------------------------------------------------------------------- in C */

typedef int value_function(double, double, double, double *, double *, void *);
typedef int vjp_function(double, double, double, double, double, double *, double *, double *,
                         double *, double *, void *);

static void compare_bits(uint32_t number, const char *what, const double *c, const double *interp,
                         size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(&c[i], &interp[i], sizeof *c) && !(isnan(c[i]) && isnan(interp[i])))
            fail_msg("graph %u, %s, output %zu: C %.17g, interpreter %.17g", number, what, i, c[i],
                     interp[i]);
}

static void check_compiled(struct world *world, void *library, uint32_t number,
                           const struct adc_function *value, const struct adc_function *vjp)
{
    char name[32];
    double in[PARAMS + RESULTS], c[RESULTS + PARAMS], interp[RESULTS + PARAMS];
    value_function *f;
    vjp_function *g;
    snprintf(name, sizeof name, "f%u", number);
    *(void **)&f = dlsym(library, name);
    snprintf(name, sizeof name, "f%u_vjp", number);
    *(void **)&g = dlsym(library, name);
    assert_true(f && g);
    for (int trial = 0; trial < 4; trial++) {
        point(world, in, PARAMS + RESULTS);
        run(world, value, in, interp);
        assert_int_equal(f(in[0], in[1], in[2], &c[0], &c[1], NULL), 0);
        compare_bits(number, "value", c, interp, RESULTS);
        run(world, vjp, in, interp);
        assert_int_equal(g(in[0], in[1], in[2], in[3], in[4], &c[0], &c[1], &c[2], &c[3], &c[4],
                           NULL), 0);
        compare_bits(number, "vjp", c, interp, RESULTS + PARAMS);
    }
}

static void compiled_equals_interpreted(void **state)
{
    (void)state;
    enum { FUNCTIONS = 40 };
    struct world world;
    world_open(&world, 77);
    const struct adc_function *made[FUNCTIONS][2];
    const struct loop_program *programs[2 * FUNCTIONS];
    for (uint32_t i = 0; i < FUNCTIONS; i++) {
        struct adc_function *function =
            generate(&world, i, i == FUNCTIONS - 1 ? LARGE : 30 + 10 * i);
        for (unsigned j = 0; j < 2; j++) {
            made[i][j] = product(&world, function, j ? ADC_PULLBACK : ADC_VALUE, NULL);
            programs[2 * i + j] = pass_schedule(&world.arena, made[i][j], 0, &world.scratch);
        }
    }
    assert_true(programs[2 * FUNCTIONS - 1]->parts.count > 8);
    char folder[] = "/tmp/adc_random_XXXXXX";
    assert_non_null(mkdtemp(folder));
    struct adc_text source, header;
    adc_text_init(&source, &world.arena);
    adc_text_init(&header, &world.arena);
    struct emit_c_unit unit = {.source_name = "random.ad", .header_name = "random.h",
                               .prefix = "", .programs = programs, .count = 2 * FUNCTIONS,
                               .diags = &world.diags, .arena = &world.arena};
    adc_source_add(&world.diags, "random.ad", "", 0);
    assert_true(emit_c(&unit, &source, &header, NULL));
    void *library = support_library(&source, &header, folder, "");
    for (uint32_t i = 0; i < FUNCTIONS; i++)
        check_compiled(&world, library, i, made[i][0], made[i][1]);
    support_close(library, folder);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_ir_reads_back),
        cmocka_unit_test(simplify_keeps_values),
        cmocka_unit_test(reverse_equals_forward),
        cmocka_unit_test(hessian_equals_hvp),
        cmocka_unit_test(compiled_equals_interpreted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
