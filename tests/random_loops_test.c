/* Random programs with loops: states of reals, ints, bools and arrays, updates by put and join, guards, histories over
 * one and two indices, loops and nests in loops, loops in nests. The laws are in random_arrays.h; the interpreter is
 * compared with a plain one that copies (naive_interp.h). Passes exercised: activity, forward_loop, reverse_loop,
 * reverse_record, reverse_history, hull, walk, loops, schedule_verify, arrange_ends,
 * checkpoint, window. */
#define _XOPEN_SOURCE 700 /* mkdtemp */

#include "tests/naive_interp.h"
#include "tests/random_arrays.h"

enum { PROGRAMS = 400, COMPILED = 60, POOL = 64, DEEPEST = 3 };

/* ----------------------------------------------------------------------- scopes */

/* What an expression may be made of, in one place of the program. */
struct scope {
    node_t reals[POOL], arrays[POOL], ints[POOL]; /* arrays of length n; ints: positions */
    unsigned real_count, array_count, int_count, depth;
    bool marked; /* loops may have @checkpoint */
};

static void add_real(struct scope *s, node_t node)
{
    if (s->real_count < POOL) s->reals[s->real_count++] = node;
}

static void add_array(struct scope *s, node_t node)
{
    if (s->array_count < POOL) s->arrays[s->array_count++] = node;
}

static void add_int(struct scope *s, node_t node)
{
    if (s->int_count < POOL) s->ints[s->int_count++] = node;
}

static node_t op2(struct world *w, enum adc_op op, node_t a, node_t b)
{
    return adc_apply2(w->graph, op, a, b);
}

static node_t plus(struct world *w, node_t a, int64_t k)
{
    return op2(w, ADC_OP_IADD, a, adc_int(w->graph, k));
}

/* One of the later half more often than not, so that what a loop gave is used. */
static node_t pick(struct world *w, const node_t *pool, unsigned count)
{
    unsigned from = dice(w, 3) ? count / 2 : 0;
    return pool[from + dice(w, count - from)];
}

/* A position, now and then outside the array. */
static node_t position(struct world *w, const struct scope *s)
{
    node_t at = pick(w, s->ints, s->int_count);
    switch (dice(w, 6)) {
    case 0: return adc_read(w->graph, w->perm, &at);
    case 1: return plus(w, at, 1);
    case 2: return plus(w, at, -1);
    default: return at;
    }
}

static node_t atom(struct world *w, const struct scope *s)
{
    node_t element[2];
    switch (dice(w, 4)) {
    case 0: return pick(w, s->reals, s->real_count);
    case 1:
        element[0] = position(w, s);
        element[1] = position(w, s);
        return adc_read(w->graph, w->A, element);
    default:
        element[0] = position(w, s);
        return adc_read(w->graph, pick(w, s->arrays, s->array_count), element);
    }
}

static node_t term(struct world *w, const struct scope *s)
{
    node_t a = atom(w, s);
    return smooth(w, a, atom(w, s));
}

static node_t new_index(struct world *w, node_t low, node_t high)
{
    return adc_index(w->graph, NAME_K + ++w->index_count, low, high);
}

/* Over n, over m, over three values, or up to or from an index outside. */
static node_t some_index(struct world *w, const struct scope *s)
{
    node_t zero = adc_int(w->graph, 0);
    switch (dice(w, 6)) {
    case 0: return new_index(w, zero, w->m);
    case 1: return new_index(w, zero, adc_int(w->graph, 3));
    case 2: return new_index(w, zero, plus(w, pick(w, s->ints, s->int_count), 1));
    case 3: return new_index(w, pick(w, s->ints, s->int_count), w->n);
    default: return new_index(w, zero, w->n);
    }
}

/* A bounded real: a term, or a reduction of one over a further index. */
static node_t value(struct world *w, const struct scope *s)
{
    enum adc_reduce sums[] = {ADC_REDUCE_SUM, ADC_REDUCE_SUM, ADC_REDUCE_MAX, ADC_REDUCE_MIN};
    if (dice(w, 4)) return adc_apply1(w->graph, ADC_OP_TANH, term(w, s));
    struct scope inner = *s;
    node_t k = some_index(w, s);
    enum adc_reduce reduce = sums[dice(w, 4)];
    add_int(&inner, k);
    node_t one = term(w, &inner), all = nest(w, reduce, one, NULL, k, NULL);
    if (reduce == ADC_REDUCE_SUM) return adc_apply1(w->graph, ADC_OP_SIN, all);
    node_t some = op2(w, ADC_OP_ILT, k->in[0], k->in[1]); /* of nothing it is infinite */
    return adc_apply3(w->graph, ADC_OP_IF, some, all, adc_real(w->graph, ADC_F64, 0.25));
}

static node_t condition(struct world *w, const struct scope *s)
{
    return op2(w, ADC_OP_LT, atom(w, s), adc_real(w->graph, ADC_F64, 0.6));
}

/* ----------------------------------------------------------------------- updates */

/* [tanh(..) for k] over all elements. */
static node_t whole(struct world *w, const struct scope *s)
{
    struct scope inner = *s;
    node_t k = new_index(w, adc_int(w->graph, 0), w->n);
    add_int(&inner, k);
    return array1(w, ADC_REDUCE_SET, value(w, &inner), NULL, k, w->n, k, NULL);
}

/* A nest over a few positions of an array, each at most once for SET. */
static node_t some_points(struct world *w, const struct scope *s, enum adc_reduce reduce)
{
    struct scope inner = *s;
    node_t k = some_index(w, s), at = k;
    add_int(&inner, k);
    node_t one = adc_apply1(w->graph, ADC_OP_TANH, term(w, &inner));
    node_t guard = dice(w, 3) ? NULL : condition(w, &inner);
    if (reduce == ADC_REDUCE_SUM && dice(w, 2)) at = adc_read(w->graph, w->perm, &k);
    return array1(w, reduce, one, guard, at, w->n, k, NULL);
}

static node_t loop_over(struct world *w, const struct scope *s, node_t array, struct scope *out);

/* An array of which elements have been replaced or added to, or a loop has done so. */
static node_t updated(struct world *w, const struct scope *s, node_t array)
{
    node_t at, guard, one;
    switch (dice(w, 8)) {
    case 0: return adc_put(w->graph, array, some_points(w, s, ADC_REDUCE_SET));
    case 1: return adc_join(w->graph, array, some_points(w, s, ADC_REDUCE_SUM));
    case 2: return whole(w, s);
    case 3: return pick(w, s->arrays, s->array_count);
    case 4:
        if (s->depth < DEEPEST) return loop_over(w, s, array, NULL);
        /* fall through */
    default:
        at = position(w, s);
        one = value(w, s);
        guard = dice(w, 4) ? NULL : condition(w, s);
        return adc_put_element(w->graph, array, &at, one, guard);
    }
}

/* Two updates: one of the array, and one of the result or of the array as it was before. */
static node_t twice_updated(struct world *w, const struct scope *s, node_t array)
{
    struct scope inner = *s;
    node_t once = updated(w, s, array);
    if (dice(w, 2)) return once;
    add_array(&inner, once);
    return updated(w, &inner, dice(w, 4) ? once : array);
}

/* ------------------------------------------------------------------------- loops */

/* A loop while it is made. */
struct maker {
    struct world *w;
    struct scope inner;
    struct adc_loop loop;
    struct adc_carried carried[8];
};

static node_t new_state(struct maker *maker, node_t like, node_t init, bool history)
{
    node_t state = adc_state(maker->w->graph, maker->loop.index, like, history);
    maker->carried[maker->loop.count++] = (struct adc_carried){state, init, state};
    return state;
}

/* u[t] by u[t-1] (or u[t+1]) and the other states; on its own: nothing else reads u in the loop. */
static void fill_history(struct maker *maker, struct adc_carried *one)
{
    struct world *w = maker->w;
    node_t t = maker->loop.index, before = plus(w, t, maker->loop.down ? 1 : -1);
    node_t last = adc_read(w->graph, one->state, &before);
    node_t next = adc_apply1(w->graph, ADC_OP_TANH, smooth(w, last, value(w, &maker->inner)));
    one->next = adc_put_element(w->graph, one->state, &t, next, NULL);
}

/* u[t, q] by u[t-1, q] and u[t, q-1], in a loop over q in the one over t. */
static void fill_table(struct maker *maker, struct adc_carried *one)
{
    struct world *w = maker->w;
    struct adc_graph *g = w->graph;
    node_t t = maker->loop.index, q = adc_loop_index(g, adc_int(g, 0), w->m, t->free);
    node_t before = plus(w, t, maker->loop.down ? 1 : -1), left = plus(w, q, -1);
    node_t row = adc_state(g, q, one->state, true);
    node_t above[] = {before, q}, beside[] = {t, left}, at[] = {t, q};
    struct scope inner = maker->inner;
    add_int(&inner, q);
    node_t both = smooth(w, adc_read(g, row, above), adc_read(g, row, beside));
    node_t next = adc_apply1(g, ADC_OP_TANH, op2(w, ADC_OP_ADD, both, value(w, &inner)));
    struct adc_carried filled = {row, one->state, adc_put_element(g, row, at, next, NULL)};
    struct adc_loop loop = {.index = q, .carried = &filled, .count = 1};
    one->next = adc_final(g, adc_loop(g, &loop), row);
}

/* Int and bool states, and a guard by one of them or by a real one. */
static void guard(struct maker *maker)
{
    struct world *w = maker->w;
    struct adc_graph *g = w->graph;
    node_t none = adc_int(g, 0), yes = adc_bool(g, true), count, going;
    struct adc_carried *one;
    switch (dice(w, 6)) {
    case 0: maker->loop.guard = condition(w, &maker->inner); break;
    case 1:
        count = new_state(maker, none, none, false);
        one = &maker->carried[maker->loop.count - 1];
        one->next = adc_apply3(g, ADC_OP_IF, condition(w, &maker->inner), plus(w, count, 1), count);
        maker->loop.guard = op2(w, ADC_OP_ILT, count, adc_int(g, 2));
        add_int(&maker->inner, count);
        break;
    case 2:
        going = new_state(maker, yes, yes, false);
        maker->carried[maker->loop.count - 1].next = condition(w, &maker->inner);
        maker->loop.guard = going;
        break;
    default: break;
    }
}

static void states(struct maker *maker, const struct scope *s, node_t array)
{
    struct world *w = maker->w;
    struct adc_graph *g = w->graph;
    node_t real = adc_real(g, ADC_F64, 0.5), init = array;
    add_array(&maker->inner, new_state(maker, w->x, array, false));
    if (dice(w, 2)) {
        init = dice(w, 2) ? array : pick(w, s->arrays, s->array_count);
        add_array(&maker->inner, new_state(maker, w->x, init, false));
    }
    if (dice(w, 3)) add_real(&maker->inner, new_state(maker, real, atom(w, s), false));
    if (dice(w, 3) == 0) add_real(&maker->inner, new_state(maker, real, real, false));
    if (dice(w, 4) == 0) new_state(maker, w->x, adc_zero_like(g, w->x), true);
    if (dice(w, 6) == 0) new_state(maker, w->A, adc_zero_like(g, w->A), true);
}

static void nexts(struct maker *maker)
{
    struct world *w = maker->w;
    for (unsigned i = 0; i < maker->loop.count; i++) {
        struct adc_carried *one = &maker->carried[i];
        node_t state = one->state;
        if (one->next != state || state->type != ADC_F64) continue; /* the guard's */
        if (state->rank == 2) fill_table(maker, one);
        else if (adc_is_history(state)) fill_history(maker, one);
        else if (state->rank) one->next = twice_updated(w, &maker->inner, state);
        else one->next = value(w, &maker->inner);
        if (!adc_is_history(state) && state->rank && dice(w, 2))
            add_array(&maker->inner, one->next);
    }
}

/* Of a loop that may depend on all indices around. */
static node_t loop_index(struct world *w, const struct scope *s)
{
    const struct adc_indices *around = NULL;
    for (unsigned i = 0; i < s->int_count; i++)
        around = adc_indices_union(w->graph, around, s->ints[i]->free);
    node_t range = some_index(w, s);
    return adc_loop_index(w->graph, range->in[0], range->in[1], around);
}

/* Now and then @checkpoint, in one of its forms; more than one level in the outermost loops. */
static uint32_t checkpoints(struct world *w, const struct scope *s)
{
    switch (s->marked ? dice(w, 6) : 5) {
    case 0: return ADC_CHECKPOINT_LEVELS + 1;
    case 1: return ADC_CHECKPOINT_LEVELS + (s->depth ? 1 : 2);
    case 2: return ADC_CHECKPOINT_EVERY + 2;
    default: return ADC_CHECKPOINT_DEFAULT;
    }
}

/* A loop that carries an array and more; gives what the array is after it, and adds everything else
 * to `out` if there is one. */
static node_t loop_over(struct world *w, const struct scope *s, node_t array, struct scope *out)
{
    struct maker maker = {.w = w, .inner = *s};
    maker.loop.index = loop_index(w, s);
    maker.loop.down = dice(w, 3) == 0;
    maker.loop.checkpoint = checkpoints(w, s);
    maker.loop.carried = maker.carried;
    maker.inner.depth++;
    add_int(&maker.inner, maker.loop.index);
    states(&maker, s, array);
    guard(&maker);
    nexts(&maker);
    node_t loop = adc_loop(w->graph, &maker.loop);
    for (unsigned i = 1; out && i < maker.loop.count; i++) {
        node_t state = maker.carried[i].state, final = adc_final(w->graph, loop, state);
        if (state->type != ADC_F64) continue;
        if (state->rank == 1) add_array(out, final);
        else if (!state->rank) add_real(out, final);
        else
            add_real(out, adc_read(w->graph, final,
                                   (node_t[]){adc_int(w->graph, 1), adc_int(w->graph, 1)}));
    }
    return adc_final(w->graph, loop, maker.carried[0].state);
}

/* --------------------------------------------------------------------- programs */

/* One loop for each i in a nest over i. */
static node_t loops_in_a_nest(struct world *w, const struct scope *s)
{
    struct scope inner = *s;
    add_int(&inner, w->i);
    inner.depth++;
    add_array(&inner, loop_over(w, &inner, pick(w, s->arrays, s->array_count), &inner));
    node_t one = adc_apply1(w->graph, ADC_OP_TANH, smooth(w, atom(w, &inner), term(w, &inner)));
    return array1(w, ADC_REDUCE_SET, one, NULL, w->i, w->n, w->i, NULL);
}

static void make_program(struct world *w, bool marked)
{
    struct scope s = {.marked = marked};
    node_t array = w->x;
    unsigned steps = 1 + dice(w, 2);
    add_array(&s, w->x);
    add_real(&s, adc_real(w->graph, ADC_F64, 0.3));
    add_int(&s, adc_int(w->graph, 0));
    add_int(&s, adc_int(w->graph, 1));
    for (unsigned i = 0; i < steps; i++) {
        bool in_nest = dice(w, 3) == 0;
        array = in_nest ? loops_in_a_nest(w, &s) : loop_over(w, &s, array, &s);
        add_array(&s, array);
    }
    node_t read = adc_read(w->graph, array, &w->i);
    node_t mixed = smooth(w, read, pick(w, s.reals, s.real_count));
    add_result(w, "s", nest(w, ADC_REDUCE_SUM, mixed, NULL, w->i, NULL));
    add_result(w, "v", array);
}

static void generate(struct world *w)
{
    make_program(w, true);
}

/* Reversed twice, some programs with marks in nested loops have more than ADC_MAX_CARRIED records
 * in a loop; checkpoint_test.c reverses loops with marks twice. */
static void generate_unmarked(struct world *w)
{
    make_program(w, false);
}

/* ------------------------------------------------------------------------- tests */

/* `wide`: arrays so long that few updates leave most of them alone. */
static void compare_results(struct world *w, uint32_t seed, bool wide)
{
    const struct adc_function *f = w->function;
    union adc_value arguments[16], *values, results[2];
    struct inputs in;
    point(w, &in);
    if (wide) in.n = 16, in.m = 1;
    for (size_t i = 0; i < f->params.count; i++)
        arguments[i] = argument(w, f->params.data[i].name->text, &in);
    assert_int_equal(adc_interpret(f, arguments, &w->scratch, &values), 0);
    naive_interpret(f, arguments, &w->scratch, results);
    const union adc_value *v = values[f->results.data[1].nodes[0]->id].elements;
    for (int64_t i = 0; i < in.n; i++)
        if (!(v[i].f64 == results[1].elements[i].f64))
            fail_msg("program %u, v[%d]: %.17g, plainly %.17g", seed, (int)i, v[i].f64,
                     results[1].elements[i].f64);
    double s = values[f->results.data[0].nodes[0]->id].f64;
    if (!(s == results[0].f64))
        fail_msg("program %u: %.17g, plainly %.17g", seed, s, results[0].f64);
}

static void interpreted_equals_plainly_interpreted(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= PROGRAMS; seed++) {
        struct world w;
        world_open(&w, seed);
        generate(&w);
        for (unsigned trial = 0; trial < 3; trial++) compare_results(&w, seed, trial == 0);
        world_close(&w);
    }
}

static void text_reads_back_and_holds(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= PROGRAMS; seed++) {
        struct world w;
        struct adc_text problem;
        world_open(&w, seed);
        generate(&w);
        adc_text_init(&problem, &w.arena);
        const char *broken = adc_verify(w.function, &problem);
        if (broken) fail_msg("program %u: %s", seed, broken);
        support_reads_back(w.function, &w.arena, &w.names, seed);
        world_close(&w);
    }
}

static void tangents_equal(void **state)
{
    (void)state;
    tangents_equal_differences(generate, PROGRAMS);
}

static void reverse_equals(void **state)
{
    (void)state;
    reverse_equals_forward(generate, PROGRAMS);
}

static void hvp_equals(void **state)
{
    (void)state;
    hvp_equals_differences_of_the_gradient(generate, PROGRAMS);
}

static void twice_reversed_equals(void **state)
{
    (void)state;
    hvp_equals_reverse_over_reverse(generate_unmarked, 3 * PROGRAMS); /* 0/0 showed in 1 of 200 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_reads_back_and_holds),
        cmocka_unit_test(interpreted_equals_plainly_interpreted),
        cmocka_unit_test(tangents_equal),
        cmocka_unit_test(reverse_equals),
        cmocka_unit_test(hvp_equals),
        cmocka_unit_test(twice_reversed_equals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
