/* Random array programs on graphs, and the laws that hold for every program:
 *
 *     <result_bar, J x_dot> = <J' result_bar, x_dot>    (vjp against jvp), and central differences
 *     hvp (forward over reverse) against differences of the gradient, and reverse over reverse
 *     emitted C = interpreter, value and gradient
 *     text IR reads back to the same bytes
 *
 * A test's generator makes results s and v[n] of x[n], A[n, m] and perm[n]; arrays have sizes 0,
 * 1, 2, 3 and 5. Seeds are fixed. */
#ifndef ADC_TESTS_RANDOM_ARRAYS_H
#define ADC_TESTS_RANDOM_ARRAYS_H

#include "backend/emit_c.h"
#include "ir/nest.h"
#include "passes/passes.h"
#include "tests/random_support.h"

#include <math.h>

enum { MOST = 25, NAME_I = 1, NAME_J, NAME_K };

typedef const struct adc_node *node_t;

struct world {
    struct adc_heap heap;
    struct adc_arena arena, scratch;
    struct adc_names names;
    struct adc_diags diags;
    jmp_buf landing;
    uint64_t state;
    struct adc_function *function;
    struct adc_graph *graph;
    node_t n, m;          /* dims */
    node_t x, A, perm;    /* var x[n], var A[n, m], int perm[n] with values in 0..n */
    node_t i, j;          /* indices over n and m */
    uint32_t index_count; /* names of further indices are above NAME_K */
};

typedef void generator(struct world *w);

static inline uint32_t dice(struct world *w, uint32_t sides)
{
    return support_dice(&w->state, sides);
}

static inline node_t param(struct world *w, const char *name, enum adc_type type,
                           enum adc_kind kind, node_t a, node_t b)
{
    node_t *shape = ADC_NEW_ARRAY(&w->arena, node_t, 2);
    struct adc_parameter p = {.name = adc_name_of(&w->names, name), .type = type, .kind = kind};
    shape[0] = a;
    shape[1] = b;
    p.of = p.name;
    p.shape = shape;
    p.rank = (a ? 1u : 0u) + (b ? 1u : 0u);
    uint32_t number = (uint32_t)w->function->params.count;
    ADC_PUSH(&w->arena, w->function->params, p);
    return p.rank ? adc_array_param(w->graph, type, number, shape, p.rank)
                  : adc_param(w->graph, type, number);
}

static inline void world_open(struct world *w, uint64_t seed)
{
    w->heap = (struct adc_heap){adc_standard_allocator(), &w->landing};
    adc_arena_init(&w->arena, &w->heap);
    adc_arena_init(&w->scratch, &w->heap);
    adc_names_init(&w->names, &w->arena);
    adc_diags_init(&w->diags, &w->arena);
    w->state = seed * 0x9e3779b97f4a7c15u + 1;
    w->index_count = 0;
    w->function = adc_function_new(&w->arena, adc_name_of(&w->names, "f"));
    w->graph = w->function->graph;
    w->n = param(w, "N", ADC_INT, ADC_DIM, NULL, NULL);
    w->m = param(w, "M", ADC_INT, ADC_DIM, NULL, NULL);
    w->x = param(w, "x", ADC_F64, ADC_VAR, w->n, NULL);
    w->A = param(w, "A", ADC_F64, ADC_VAR, w->n, w->m);
    w->perm = param(w, "perm", ADC_INT, ADC_DATA, w->n, NULL);
    w->i = adc_index(w->graph, NAME_I, adc_int(w->graph, 0), w->n);
    w->j = adc_index(w->graph, NAME_J, adc_int(w->graph, 0), w->m);
}

static inline void world_close(struct world *w)
{
    adc_arena_free(&w->scratch);
    adc_arena_free(&w->arena);
}

/* ---------------------------------------------------------------------- building */

static inline node_t nest(struct world *w, enum adc_reduce reduce, node_t value, node_t guard,
                          node_t a, node_t b)
{
    node_t index[] = {a, b};
    struct adc_nest parts = {.reduce = reduce, .value = value, .guard = guard, .index = index};
    parts.index_count = (a ? 1u : 0u) + (b ? 1u : 0u);
    return adc_nest(w->graph, &parts);
}

static inline node_t array1(struct world *w, enum adc_reduce reduce, node_t value, node_t guard,
                            node_t target, node_t length, node_t a, node_t b)
{
    node_t index[] = {a, b};
    struct adc_nest parts = {.reduce = reduce, .value = value, .guard = guard, .index = index};
    parts.index_count = (a ? 1u : 0u) + (b ? 1u : 0u);
    parts.rank = 1;
    parts.target = &target;
    parts.shape = &length;
    return adc_nest(w->graph, &parts);
}

static inline node_t smooth(struct world *w, node_t a, node_t b)
{
    struct adc_graph *g = w->graph;
    switch (dice(w, 7)) {
    case 0: return adc_apply1(g, ADC_OP_TANH, adc_apply2(g, ADC_OP_ADD, a, b));
    case 1: return adc_apply1(g, ADC_OP_SIN, adc_apply2(g, ADC_OP_MUL, a, b));
    case 2: return adc_apply2(g, ADC_OP_MUL, a, adc_apply1(g, ADC_OP_SIGMOID, b));
    case 3: return adc_apply2(g, ADC_OP_SUB, a, adc_apply2(g, ADC_OP_MUL, a, b));
    case 4: {
        node_t less = adc_apply2(g, ADC_OP_LT, a, b);
        return adc_apply3(g, ADC_OP_IF, less, adc_apply1(g, ADC_OP_COS, a), b);
    }
    case 5: return adc_apply1(g, ADC_OP_ATAN, adc_apply2(g, ADC_OP_SUB, a, b));
    default: return adc_apply2(g, ADC_OP_ADD, a, b);
    }
}

static inline void add_result(struct world *w, const char *name, node_t node)
{
    struct adc_result result = {.name = adc_name_of(&w->names, name), .type = ADC_F64, .count = 1};
    result.of = result.name;
    result.rank = node->rank;
    result.named = true;
    result.nodes = ADC_NEW_ARRAY(&w->arena, node_t, 1);
    result.nodes[0] = node;
    ADC_PUSH(&w->arena, w->function->results, result);
}

/* -------------------------------------------------------------------- evaluation */

static inline struct adc_function *product(struct world *w, enum adc_product which, const char *of)
{
    struct pass_derive_options options = {.of = of, .names = &w->names, .diags = &w->diags};
    return support_product(w->function, which, &options, &w->arena, &w->scratch);
}

/* Inputs by name: x, A and their tangents; cotangents. */
struct inputs {
    int64_t n, m;
    double x[MOST], A[MOST], x_dot[MOST], A_dot[MOST], v_bar[MOST], s_bar;
    int64_t perm[MOST];
};

struct outputs {
    double s, v[MOST], s_dot, v_dot[MOST], x[MOST], A[MOST]; /* x, A: grad, bar or hvp */
};

static inline union adc_value reals(struct world *w, const double *from, size_t count)
{
    union adc_value *values = ADC_NEW_ARRAY(&w->scratch, union adc_value, count);
    for (size_t i = 0; i < count; i++) values[i].f64 = from[i];
    return (union adc_value){.elements = values};
}

static inline union adc_value argument(struct world *w, const char *name, const struct inputs *in)
{
    size_t n = (size_t)in->n, nm = n * (size_t)in->m;
    union adc_value value = {.bits = 0};
    if (!strcmp(name, "N")) value.integer = in->n;
    else if (!strcmp(name, "M")) value.integer = in->m;
    else if (!strcmp(name, "x")) value = reals(w, in->x, n);
    else if (!strcmp(name, "A")) value = reals(w, in->A, nm);
    else if (!strcmp(name, "x_dot")) value = reals(w, in->x_dot, n);
    else if (!strcmp(name, "A_dot")) value = reals(w, in->A_dot, nm);
    else if (!strcmp(name, "v_bar")) value = reals(w, in->v_bar, n);
    else if (!strcmp(name, "s_bar")) value.f64 = in->s_bar;
    else if (!strcmp(name, "perm")) {
        union adc_value *values = ADC_NEW_ARRAY(&w->scratch, union adc_value, n);
        for (size_t i = 0; i < n; i++) values[i].integer = in->perm[i];
        value.elements = values;
    } else {
        fail_msg("no input %s", name);
    }
    return value;
}

static inline void take(const struct adc_result *result, union adc_value value,
                        const struct inputs *in, struct outputs *out)
{
    const char *name = result->name->text;
    size_t n = (size_t)in->n, nm = n * (size_t)in->m;
    double *to = NULL;
    size_t count = n;
    if (!strcmp(name, "s")) out->s = value.f64;
    else if (!strcmp(name, "s_dot")) out->s_dot = value.f64;
    else if (!strcmp(name, "v")) to = out->v;
    else if (!strcmp(name, "v_dot")) to = out->v_dot;
    else if (strchr(name, 'x')) to = out->x;
    else to = out->A, count = nm;
    for (size_t i = 0; to && i < count; i++) to[i] = value.elements[i].f64;
}

static inline void run(struct world *w, const struct adc_function *f, const struct inputs *in,
                       struct outputs *out)
{
    union adc_value arguments[16], *values;
    for (size_t i = 0; i < f->params.count; i++)
        arguments[i] = argument(w, f->params.data[i].name->text, in);
    assert_int_equal(adc_interpret(f, arguments, &w->scratch, &values), 0);
    for (size_t i = 0; i < f->results.count; i++)
        take(&f->results.data[i], values[f->results.data[i].nodes[0]->id], in, out);
}

static inline void point(struct world *w, struct inputs *in)
{
    static const int64_t sizes[] = {0, 1, 2, 3, 5};
    in->n = sizes[dice(w, 5)];
    in->m = sizes[dice(w, 5)];
    double *arrays[] = {in->x, in->A, in->x_dot, in->A_dot, in->v_bar};
    for (unsigned a = 0; a < 5; a++)
        for (unsigned i = 0; i < MOST; i++) arrays[a][i] = ((int)dice(w, 3001) - 1500) / 1000.0;
    in->s_bar = 0.7;
    for (unsigned i = 0; i < MOST; i++) in->perm[i] = in->n ? dice(w, (uint32_t)in->n) : 0;
}

static inline double dot(const double *a, const double *b, size_t count, double *size)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += a[i] * b[i];
        *size += fabs(a[i] * b[i]);
    }
    return sum;
}

/* -------------------------------------------------------------------------- laws */

static inline void reverse_equals_forward(generator *generate, uint32_t programs)
{
    for (uint32_t seed = 1; seed <= programs; seed++) {
        struct world w;
        struct inputs in;
        struct outputs back = {0}, along = {0};
        double size = 1e-6;
        world_open(&w, seed);
        generate(&w);
        point(&w, &in);
        size_t n = (size_t)in.n, nm = n * (size_t)in.m;
        run(&w, product(&w, ADC_PULLBACK, NULL), &in, &back);
        run(&w, product(&w, ADC_PUSHFORWARD, NULL), &in, &along);
        double left = dot(in.v_bar, along.v_dot, n, &size) + in.s_bar * along.s_dot;
        double right = dot(in.x_dot, back.x, n, &size) + dot(in.A_dot, back.A, nm, &size);
        if (!(fabs(left - right) <= 1e-10 * size))
            fail_msg("program %u, n %d, m %d: %.17g and %.17g", seed, (int)in.n, (int)in.m, left,
                     right);
        world_close(&w);
    }
}

/* Differences along x_dot, A_dot by two steps of Richardson. */
static inline double difference(struct world *w, const struct adc_function *f,
                                const struct inputs *in,
                                double (*pick)(const struct outputs *, const struct inputs *))
{
    double slopes[2];
    for (unsigned k = 0; k < 2; k++) {
        double h = k ? 1e-4 : 2e-4, ends[2];
        for (unsigned side = 0; side < 2; side++) {
            struct inputs moved = *in;
            struct outputs out = {0};
            double t = side ? h : -h;
            for (unsigned i = 0; i < MOST; i++) {
                moved.x[i] += t * in->x_dot[i];
                moved.A[i] += t * in->A_dot[i];
            }
            run(w, f, &moved, &out);
            ends[side] = pick(&out, in);
        }
        slopes[k] = (ends[1] - ends[0]) / (2 * h);
    }
    return (4 * slopes[1] - slopes[0]) / 3;
}

static inline double pick_s(const struct outputs *out, const struct inputs *in)
{
    (void)in;
    return out->s;
}

/* A fixed combination of the gradient's entries. */
static inline double pick_gradient(const struct outputs *out, const struct inputs *in)
{
    double sum = 0;
    for (int64_t i = 0; i < in->n; i++) sum += out->x[i] * (1 + 0.3 * (double)i);
    for (int64_t i = 0; i < in->n * in->m; i++) sum += out->A[i] * (1 - 0.2 * (double)i);
    return sum;
}

/* Kinks of if, max and min may lie inside the difference's step: a few programs may disagree, but
 * only where another point agrees. */
static inline bool agrees(struct world *w, enum adc_product second, const struct adc_function *f,
                          const struct adc_function *g)
{
    struct inputs in;
    struct outputs out = {0};
    point(w, &in);
    run(w, g, &in, &out);
    bool hvp = second == ADC_HVP;
    double exact = hvp ? pick_gradient(&out, &in) : out.s_dot;
    double approximate = difference(w, f, &in, hvp ? pick_gradient : pick_s);
    return fabs(exact - approximate) <= (hvp ? 1e-6 : 1e-7) * (1 + fabs(exact));
}

static inline void compare(generator *generate, uint32_t programs, enum adc_product first,
                           enum adc_product second)
{
    unsigned wrong = 0;
    for (uint32_t seed = 1; seed <= programs; seed++) {
        struct world w;
        world_open(&w, seed);
        generate(&w);
        const struct adc_function *f = product(&w, first, "s"), *g = product(&w, second, "s");
        unsigned trial = 0;
        while (trial < 3 && !agrees(&w, second, f, g)) trial++;
        if (trial == 3) fail_msg("program %u disagrees with differences", seed);
        wrong += trial;
        world_close(&w);
    }
    assert_true(wrong <= programs / 20);
}

static inline void tangents_equal_differences(generator *generate, uint32_t programs)
{
    compare(generate, programs, ADC_VALUE, ADC_PUSHFORWARD);
}

static inline void hvp_equals_differences_of_the_gradient(generator *generate, uint32_t programs)
{
    compare(generate, programs, ADC_GRAD, ADC_HVP);
}

/* The arrays of `back`, the pullback of a gradient, for the direction as cotangent of the gradient.
 * */
static inline void run_twice_reversed(struct world *w, const struct adc_function *back,
                                      const struct inputs *in, struct outputs *out)
{
    union adc_value arguments[16], *values;
    const struct inputs zero = {.n = in->n, .m = in->m};
    for (size_t i = 0; i < back->params.count; i++) {
        const char *name = back->params.data[i].name->text;
        if (!strcmp(name, "grad_x_bar")) arguments[i] = argument(w, "x_dot", in);
        else if (!strcmp(name, "grad_A_bar")) arguments[i] = argument(w, "A_dot", in);
        else arguments[i] = argument(w, name, strstr(name, "_bar") ? &zero : in);
    }
    assert_int_equal(adc_interpret(back, arguments, &w->scratch, &values), 0);
    for (size_t i = 0; i < back->results.count; i++)
        if (strstr(back->results.data[i].name->text, "_bar"))
            take(&back->results.data[i], values[back->results.data[i].nodes[0]->id], in, out);
}

static inline void hvp_equals_reverse_over_reverse(generator *generate, uint32_t programs)
{
    for (uint32_t seed = 1; seed <= programs; seed++) {
        struct world w;
        struct inputs in;
        struct outputs forward = {0}, reverse = {0};
        world_open(&w, seed);
        generate(&w);
        point(&w, &in);
        run(&w, product(&w, ADC_HVP, "s"), &in, &forward);
        w.function = product(&w, ADC_GRAD, "s");
        run_twice_reversed(&w, product(&w, ADC_PULLBACK, NULL), &in, &reverse);
        for (unsigned i = 0; i < MOST; i++) {
            double x = fabs(forward.x[i] - reverse.x[i]), a = fabs(forward.A[i] - reverse.A[i]);
            if (!(x <= 1e-9 * (1 + fabs(forward.x[i]))) || !(a <= 1e-9 * (1 + fabs(forward.A[i]))))
                fail_msg("program %u, entry %u: x %g and %g, A %g and %g", seed, i, forward.x[i],
                         reverse.x[i], forward.A[i], reverse.A[i]);
        }
        world_close(&w);
    }
}

static inline void text_ir_reads_back(generator *generate, uint32_t programs)
{
    for (uint32_t seed = 1; seed <= programs; seed++) {
        struct world w;
        world_open(&w, seed);
        generate(&w);
        support_reads_back(product(&w, ADC_GRAD, "s"), &w.arena, &w.names, seed);
        world_close(&w);
    }
}

/* ------------------------------------------------------------------------- in C */

typedef int value_function(int64_t, int64_t, const double *, const double *, const int64_t *,
                           double *, double *, void *);
typedef int grad_function(int64_t, int64_t, const double *, const double *, const int64_t *,
                          double *, double *, double *, double *, void *);

static inline void check_close(uint32_t seed, const char *what, const double *c,
                               const double *interp, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(fabs(c[i] - interp[i]) <= 1e-11 * (1 + fabs(interp[i]))))
            fail_msg("program %u, %s[%zu]: C %.17g, interpreter %.17g", seed, what, i, c[i],
                     interp[i]);
}

/* A program with its value and gradient. */
struct compiled {
    struct world world;
    const struct adc_function *value, *grad;
};

static inline void check_compiled(struct compiled *one, void *library, uint32_t seed)
{
    value_function *f;
    grad_function *g;
    *(void **)&f = dlsym(library, one->value->symbol->text);
    *(void **)&g = dlsym(library, one->grad->symbol->text);
    assert_true(f && g);
    for (unsigned trial = 0; trial < 4; trial++) {
        struct inputs in;
        struct outputs out = {0}, c = {0};
        point(&one->world, &in);
        size_t n = (size_t)in.n;
        run(&one->world, one->value, &in, &out);
        assert_int_equal(f(in.n, in.m, in.x, in.A, in.perm, &c.s, c.v, NULL), 0);
        check_close(seed, "s", &c.s, &out.s, 1);
        check_close(seed, "v", c.v, out.v, n);
        run(&one->world, one->grad, &in, &out);
        assert_int_equal(g(in.n, in.m, in.x, in.A, in.perm, &c.s, NULL, c.x, c.A, NULL), 0);
        check_close(seed, "grad s", &c.s, &out.s, 1);
        check_close(seed, "grad_x", c.x, out.x, n);
        check_close(seed, "grad_A", c.A, out.A, n * (size_t)in.m);
    }
}

static inline void make_compiled(struct compiled *one, generator *generate, uint32_t seed,
                                 const struct loop_program **loops)
{
    struct world *w = &one->world;
    char name[16];
    world_open(w, seed + 1000);
    snprintf(name, sizeof name, "f%u", seed);
    w->function->name = w->function->symbol = adc_name_of(&w->names, name);
    w->function->exported = true;
    generate(w);
    one->value = product(w, ADC_VALUE, "s");
    one->grad = product(w, ADC_GRAD, "s");
    loops[0] = pass_schedule(&w->arena, one->value, 0, &w->scratch);
    loops[1] = pass_schedule(&w->arena, one->grad, 0, &w->scratch);
}

static inline void compiled_equals_interpreted(generator *generate, uint32_t programs)
{
    struct compiled *all = calloc(programs, sizeof *all);
    const struct loop_program **loops = calloc(2 * programs, sizeof(void *));
    struct world *first = &all[0].world;
    struct adc_text source, header;
    assert_true(all && loops);
    for (uint32_t seed = 0; seed < programs; seed++)
        make_compiled(&all[seed], generate, seed, &loops[2 * seed]);
    adc_text_init(&source, &first->arena);
    adc_text_init(&header, &first->arena);
    adc_source_add(&first->diags, "random.ad", "", 0);
    struct emit_c_unit unit = {.source_name = "random.ad", .header_name = "random.h", .prefix = ""};
    unit.programs = loops;
    unit.count = 2 * programs;
    unit.diags = &first->diags;
    unit.arena = &first->arena;
    assert_true(emit_c(&unit, &source, &header, NULL));
    char folder[] = "/tmp/adc_arrays_XXXXXX";
    assert_non_null(mkdtemp(folder));
    void *library =
        support_library(&source, &header, folder, "-fsanitize=undefined -fno-sanitize-recover=all");
    for (uint32_t seed = 0; seed < programs; seed++) check_compiled(&all[seed], library, seed);
    support_close(library, folder);
    for (uint32_t seed = 0; seed < programs; seed++) world_close(&all[seed].world);
    free(loops);
    free(all);
}

#endif
