/* passes/checkpoint.c: loops cut into segments. Derivatives are those of the loop as it was, bit for bit, of first and
 * second order; what is cut, into how many loops, and what is not. */
#include "tests/unit/loops_support.h"

/* u = x[1]*u*(1 - u) from x[0] and the sum of all u, over t in N .. N + T. */
struct shape {
    uint32_t checkpoint;
    bool down, guarded;
};

static struct shape shape;

static node_t logistic(struct world *w)
{
    node_t t = index_in(w, w->n, op2(w, ADC_OP_IADD, w->n, w->steps));
    node_t u = state_of(w, t, num(w, 0)), s = state_of(w, t, num(w, 0));
    node_t rest = op2(w, ADC_OP_SUB, num(w, 1), u);
    node_t next = mul(w, mul(w, at(w, w->x, whole(w, 1)), u), rest);
    struct adc_carried both[] = {{u, at(w, w->x, whole(w, 0)), next},
                                 {s, num(w, 0.5), add(w, s, mul(w, u, u))}};
    struct adc_loop loop = {.index = t, .carried = both, .count = 2};
    loop.down = shape.down;
    loop.checkpoint = shape.checkpoint;
    if (shape.guarded) loop.guard = op2(w, ADC_OP_LT, s, num(w, 1.5));
    node_t made = adc_loop(w->g, &loop);
    return add(w, adc_final(w->g, made, s), adc_final(w->g, made, u));
}

static double logistic_value(const double *x, int n, int steps)
{
    double u = x[0], s = 0.5;
    (void)n;
    for (int t = 0; t < steps && (!shape.guarded || s < 1.5); t++) {
        s += u * u;
        u = x[1] * u * (1 - u);
    }
    return s + u;
}

static const struct program program = {"logistic", logistic, logistic_value, 2};

static const uint32_t marks[] = {ADC_CHECKPOINT_LEVELS + 1, ADC_CHECKPOINT_LEVELS + 2,
                                 ADC_CHECKPOINT_LEVELS + 8, ADC_CHECKPOINT_EVERY + 1,
                                 ADC_CHECKPOINT_EVERY + 3,  ADC_CHECKPOINT_EVERY + 1000};

enum { MARKS = sizeof marks / sizeof *marks };

/* ------------------------------------------------------------------------------ equal */

static void derivative(uint32_t checkpoint, enum adc_product product, const char *name,
                       const struct point *point, double *out)
{
    struct world w;
    shape.checkpoint = checkpoint;
    world_open(&w, &program);
    run(&w, product_of(&w, w.f, product, NULL), point, name, out);
    world_close(&w);
}

static void compare(enum adc_product product, const char *name)
{
    static const int steps[] = {0, 1, 2, 3, 4, 16, 17};
    for (unsigned i = 0; i < MARKS * sizeof steps / sizeof *steps; i++) {
        struct point point = point_of(7);
        double plain[MOST] = {0}, kept[MOST] = {0};
        point.steps = steps[i / MARKS];
        derivative(ADC_CHECKPOINT_DEFAULT, product, name, &point, plain);
        derivative(marks[i % MARKS], product, name, &point, kept);
        assert_memory_equal(plain, kept, sizeof plain);
    }
}

static void derivatives_are_the_same_bit_for_bit(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        shape = (struct shape){.down = i & 1, .guarded = i & 2};
        compare(ADC_GRAD, "grad_x");
        compare(ADC_HVP, "x_hvp");
    }
}

/* Also reverse over reverse and reverse over forward. */
static void derivatives_are_right(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2 * MARKS; i++) {
        shape = (struct shape){.checkpoint = marks[i / 2], .guarded = i & 1};
        check_program(&program, true);
    }
}

/* --------------------------------------------------------------------------------- cut */

static void count_loops(struct world *w, enum adc_product product, unsigned *segments,
                        unsigned *others)
{
    const struct adc_function *f = pass_checkpoint(&w->arena, w->f, product, 0, &w->arena);
    uint8_t *live = ADC_NEW_ARRAY(&w->arena, uint8_t, f->graph->nodes.count);
    adc_function_live(f, live);
    *segments = *others = 0;
    for (size_t id = 0; id < f->graph->nodes.count; id++) {
        node_t node = f->graph->nodes.data[id];
        if (!live[id] || node->op != ADC_OP_LOOP) continue;
        bool keeps = adc_loop_parts(node).checkpoint == ADC_CHECKPOINT_STATES;
        *(keeps ? segments : others) += 1;
    }
}

static void loops_are_as_many_as_levels(void **state)
{
    struct world w;
    unsigned segments, others;
    (void)state;
    for (unsigned levels = 1; levels <= ADC_CHECKPOINT_MOST_LEVELS; levels++) {
        shape = (struct shape){.checkpoint = ADC_CHECKPOINT_LEVELS + levels};
        world_open(&w, &program);
        count_loops(&w, ADC_GRAD, &segments, &others);
        assert_int_equal(segments, levels);
        assert_int_equal(others, 1);
        world_close(&w);
    }
}

static void nothing_is_cut_without_need(void **state)
{
    static const uint32_t none[] = {ADC_CHECKPOINT_DEFAULT, ADC_CHECKPOINT_NONE};
    struct world w;
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        shape = (struct shape){.checkpoint = none[i]};
        world_open(&w, &program);
        assert_ptr_equal(pass_checkpoint(&w.arena, w.f, ADC_GRAD, 0, &w.arena), w.f);
        world_close(&w);
        shape = (struct shape){.checkpoint = ADC_CHECKPOINT_LEVELS + 1};
        world_open(&w, &program);
        assert_ptr_equal(pass_checkpoint(&w.arena, w.f, i ? ADC_PUSHFORWARD : ADC_VALUE, 0, &w.arena),
                         w.f);
        world_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derivatives_are_the_same_bit_for_bit),
        cmocka_unit_test(derivatives_are_right),
        cmocka_unit_test(loops_are_as_many_as_levels),
        cmocka_unit_test(nothing_is_cut_without_need),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
