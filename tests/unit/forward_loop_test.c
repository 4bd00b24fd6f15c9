/* What forward mode makes of loops: tangents of active components alone, histories of histories,
 * one loop for both. The numbers are tested with those of reverse mode (reverse_loop_test.c). */
#include "tests/unit/loops_support.h"

/* The only loop of the function; fails if there are several. */
static node_t only_loop(const struct adc_function *f)
{
    node_t found = NULL;
    for (size_t id = 0; id < f->graph->nodes.count; id++) {
        node_t node = f->graph->nodes.data[id];
        if (node->op != ADC_OP_LOOP) continue;
        assert_null(found);
        found = node;
    }
    assert_non_null(found);
    return found;
}

static node_t count_and_power(struct world *w)
{
    node_t t = index_to(w, w->steps), k = state_of(w, t, whole(w, 0));
    node_t p = state_of(w, t, num(w, 0)), c = state_of(w, t, num(w, 0));
    struct adc_carried all[] = {
        {k, whole(w, 3), plus(w, k, 1)},
        {p, num(w, 1), mul(w, p, mul(w, c, at(w, w->x, whole(w, 0))))},
        {c, num(w, 1), op2(w, ADC_OP_DIV, c, op1(w, ADC_OP_INT_TO_F64, k))},
    };
    return adc_final(w->g, loop_of(w, t, NULL, all, 3), p);
}

/* x^T/(1 3 12 60 ..): of the three components one has a tangent, beside the primal ones. */
static void only_active_components_have_tangents(void **state)
{
    const struct program program = {"count_and_power", count_and_power, NULL, 1};
    struct point point = {.n = 1, .steps = 3, .x = {0.7}, .v = {2}};
    struct world w;
    double s, s_dot;
    (void)state;
    world_open(&w, &program);
    struct adc_function *jvp = product_of(&w, w.f, ADC_PUSHFORWARD, NULL);
    assert_int_equal(adc_loop_parts(only_loop(jvp)).count, 4);
    run(&w, jvp, &point, "s", &s);
    run(&w, jvp, &point, "s_dot", &s_dot);
    near(&program, &point, "value", s, 0.7 * 0.7 * 0.7 / 36, 1e-15);
    near(&program, &point, "tangent", s_dot, 2 * 3 * 0.7 * 0.7 / 36, 1e-15);
    world_close(&w);
}

static node_t running_product(struct world *w)
{
    node_t t = index_to(w, w->n), h = history(w, t, w->n, NULL);
    node_t first = op2(w, ADC_OP_IEQ, t, whole(w, 0));
    node_t before = choose(w, first, num(w, 1), at(w, h, plus(w, t, -1)));
    node_t next = put(w, h, t, mul(w, before, at(w, w->x, t)));
    return digest(w, after(w, t, h, adc_zero_like(w->g, h), next));
}

static void the_tangent_of_a_history_is_one(void **state)
{
    const struct program program = {"running_product", running_product, NULL, 1};
    struct point point = {.n = 2, .steps = 0, .x = {3, 5}, .v = {1, 1}};
    struct world w;
    double s_dot;
    (void)state;
    world_open(&w, &program);
    struct adc_function *jvp = product_of(&w, w.f, ADC_PUSHFORWARD, NULL);
    node_t loop = only_loop(jvp);
    assert_int_equal(adc_loop_parts(loop).count, 2);
    for (unsigned i = 0; i < 2; i++) assert_true(adc_is_history(adc_loop_carried(loop, i).state));
    run(&w, jvp, &point, "s_dot", &s_dot);
    near(&program, &point, "tangent", s_dot, 1 + 1.25 * (3 + 5), 1e-15);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_active_components_have_tangents),
        cmocka_unit_test(the_tangent_of_a_history_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
