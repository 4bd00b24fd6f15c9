/* Derivatives against differences, entry by entry.
 *
 * law      an entry is good if |reverse - difference| <= tolerance * (the larger of them) + 10 *
 *          estimate + 16 * (what the derivative changes by within a few roundings of the inputs)
 *          and the estimate is small beside the derivative or beside |f| / |x|: a difference that
 *          knows nothing vouches for nothing. Forward and reverse mode agree to a few roundings. */
#include "driver/verify.h"

#include "driver/difference.h"
#include "driver/draw.h"
#include "driver/evaluate.h"
#include "driver/session.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { DRAWS_A_POINT = 50 };

struct verification {
    struct session *session;
    const struct program *program;
    const struct verify_options *options;
    struct verify_report *report;
    const struct adc_function *value, *reverse, *forward;
    bool single;                   /* values are rounded as floats */
    bool stops;                    /* `stop_gradient` hides something that differences see */
    size_t *results, result_count; /* real ones that count, by index */
    size_t *variables, variable_count;
    const union adc_value *inputs; /* of the point at hand */
    union adc_value *changed;      /* a copy to change */
    double *at;                    /* values of `results` there */
    double *rounding;              /* how much they change within a few roundings of the inputs */
};

/* -------------------------------------------------------------------- evaluation */

static double as_double(enum adc_type type, union adc_value value)
{
    return type == ADC_F32 ? (double)value.f32 : value.f64;
}

static union adc_value as_value(enum adc_type type, double real)
{
    union adc_value value = {.bits = 0};
    if (type == ADC_F32) value.f32 = (float)real;
    else value.f64 = real;
    return value;
}

/* The first values of all results as reals (0 for ints and bools); the status of the first check
 * that failed. */
static uint32_t evaluated(const struct verification *v, const struct adc_function *function,
                          const union adc_value *inputs, double *outputs)
{
    struct adc_arena scratch;
    union adc_value *values;
    adc_arena_init(&scratch, &v->session->heap);
    uint32_t status = adc_interpret(function, inputs, &scratch, &values);
    for (size_t i = 0; i < function->results.count; i++) {
        const struct adc_result *result = &function->results.data[i];
        bool real = adc_type_is_real(result->type);
        outputs[i] = real ? as_double(result->type, values[result->nodes[0]->id]) : 0;
    }
    adc_arena_free(&scratch);
    return status;
}

static double *new_reals(const struct verification *v, size_t count)
{
    return ADC_NEW_ARRAY(&v->session->arena, double, count ? count : 1);
}

/* Values of the real results that count; NaN where a check fails. */
static void values_at(const struct verification *v, const union adc_value *inputs, double *all,
                      double *reals)
{
    uint32_t status = evaluated(v, v->value, inputs, all);
    for (size_t r = 0; r < v->result_count; r++) reals[r] = status ? NAN : all[v->results[r]];
}

/* Inputs of a product: those of the point, then 1 for the seed of `of` and 0 for the others. */
static void seeded_inputs(const struct adc_function *function, const union adc_value *point,
                          const struct adc_name *of, union adc_value *inputs)
{
    size_t primal = 0;
    for (size_t i = 0; i < function->params.count; i++) {
        const struct adc_parameter *parameter = &function->params.data[i];
        if (parameter->role == ADC_ROLE_PRIMAL) inputs[i] = point[primal++];
        else inputs[i] = as_value(parameter->type, parameter->of == of ? 1 : 0);
    }
}

/* The output of a product that belongs to `of` and is no primal. */
static double output_of(const struct adc_function *function, const struct adc_name *of,
                        const double *outputs)
{
    for (size_t i = 0; i < function->results.count; i++)
        if (function->results.data[i].role != ADC_ROLE_PRIMAL && function->results.data[i].of == of)
            return outputs[i];
    return NAN;
}

/* ------------------------------------------------------------------- both modes */

/* jacobian[r * variable_count + i], in reverse or forward mode */
static void jacobian(const struct verification *v, bool forward, const union adc_value *point,
                     double *jacobian)
{
    const struct adc_function *function = forward ? v->forward : v->reverse;
    size_t count = forward ? v->variable_count : v->result_count;
    double *outputs = new_reals(v, function->results.count);
    union adc_value *inputs =
        ADC_NEW_ARRAY(&v->session->arena, union adc_value, function->params.count + 1);
    for (size_t seed = 0; seed < count; seed++) {
        const struct adc_name *of = forward ? v->value->params.data[v->variables[seed]].name
                                            : v->value->results.data[v->results[seed]].name;
        seeded_inputs(function, point, of, inputs);
        evaluated(v, function, inputs, outputs);
        size_t others = forward ? v->result_count : v->variable_count;
        for (size_t k = 0; k < others; k++) {
            const struct adc_name *to = forward ? v->value->results.data[v->results[k]].name
                                                : v->value->params.data[v->variables[k]].name;
            size_t place = forward ? k * v->variable_count + seed : seed * v->variable_count + k;
            jacobian[place] = output_of(function, to, outputs);
        }
    }
}

/* ------------------------------------------------------------------ differences */

/* One variable, all results: differences[r] */
static void differences_by(const struct verification *v, size_t variable,
                           struct difference *differences)
{
    size_t parameter = v->variables[variable];
    enum adc_type type = v->value->params.data[parameter].type;
    struct difference_steps steps;
    double *all = new_reals(v, v->value->results.count);
    double *above = new_reals(v, v->result_count * DIFFERENCE_STEPS);
    double *below = new_reals(v, v->result_count * DIFFERENCE_STEPS);
    double *reals = new_reals(v, v->result_count);
    difference_steps(as_double(type, v->inputs[parameter]), type == ADC_F32 || v->single, &steps);
    for (size_t k = 0; k < steps.count; k++)
        for (unsigned side = 0; side < 2; side++) {
            double argument = side ? steps.down[k] : steps.up[k];
            v->changed[parameter] = as_value(type, argument);
            values_at(v, v->changed, all, reals);
            for (size_t r = 0; r < v->result_count; r++)
                (side ? below : above)[r * DIFFERENCE_STEPS + k] = reals[r];
        }
    v->changed[parameter] = v->inputs[parameter];
    for (size_t r = 0; r < v->result_count; r++)
        differences[r] =
            difference_estimate(&steps, above + r * DIFFERENCE_STEPS, below + r * DIFFERENCE_STEPS,
                                v->at[r], v->rounding[r], v->single);
}

/* ---------------------------------------------------------------------- verdict */

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* Below it, numbers lose digits. */
static double least_normal(const struct verification *v)
{
    return v->single ? (double)FLT_MIN : DBL_MIN;
}

/* Equal up to rounding, or both not finite. `spread`: of the reverse derivative within a few
 * roundings of the inputs; what the derivative itself does not know need not agree. */
static bool modes_agree(const struct verification *v, const struct verify_entry *entry,
                        double spread, double scale)
{
    double unit = v->single ? 1e-4 : 1e-12;
    double a = entry->reverse, b = entry->forward;
    if (!isfinite(a) || !isfinite(b)) return !isfinite(a) && !isfinite(b);
    double size = larger(larger(fabs(a), fabs(b)), isfinite(scale) ? scale : 0);
    return fabs(a - b) <= unit * size + 64 * spread + least_normal(v);
}

/* Whether the differences say anything about a derivative of this size. */
static bool is_sharp(const struct verification *v, const struct difference *d, double size)
{
    return d->error <= 0.01 * size || d->error <= (v->single ? 1e-3 : 1e-8) * d->scale;
}

/* Where small steps change nothing, a derivative is not refuted if a step as large as x would
 * change little more than the rounding of numbers like 1: log(1 - exp(x)) for x = -200. */
static enum verdict judge(const struct verification *v, const struct difference *d, double spread,
                          struct verify_entry *entry)
{
    double tolerance = v->options->tolerance > 0 ? v->options->tolerance : v->single ? 1e-3 : 1e-6;
    double apart = fabs(entry->reverse - d->value);
    double size = larger(fabs(entry->reverse), fabs(d->value));
    bool corner = d->kind == DIFFERENCE_CORNER;
    entry->error = apart == 0 ? 0 : apart / size;
    if (d->kind == DIFFERENCE_NONE) return VERIFY_UNSURE;
    if (!isfinite(entry->reverse)) {
        bool fine = corner || (d->kind == DIFFERENCE_SMOOTH && is_sharp(v, d, fabs(d->value)));
        if (fine) return VERIFY_FAILED;
        return d->kind == DIFFERENCE_JUMP ? VERIFY_KINK : VERIFY_UNSURE;
    }
    if (corner || d->kind == DIFFERENCE_JUMP) return VERIFY_KINK;
    if (d->kind == DIFFERENCE_DIVERGED) return VERIFY_UNSURE;
    if (apart <= tolerance * size + least_normal(v)) return VERIFY_GOOD;
    if (apart > tolerance * size + 10 * d->error + 16 * spread) {
        double other = fabs(entry->reverse - d->sharp);
        bool near = other <= tolerance * fabs(entry->reverse) + 10 * d->sharp_error;
        double few = 4096 * (v->single ? (double)FLT_EPSILON : DBL_EPSILON);
        bool unseen = d->flat && fabs(entry->reverse * entry->x) < few;
        return near || unseen || v->stops ? VERIFY_UNSURE : VERIFY_FAILED;
    }
    return is_sharp(v, d, size) ? VERIFY_GOOD : VERIFY_UNSURE;
}

static void add_entry(const struct verification *v, size_t r, size_t i, const struct difference *d,
                      const double *const jacobians[3])
{
    const struct adc_parameter *variable = &v->value->params.data[v->variables[i]];
    size_t place = r * v->variable_count + i;
    struct verify_entry entry = {
        .result = v->value->results.data[v->results[r]].name->text,
        .variable = variable->name->text,
        .type = variable->type,
        .x = as_double(variable->type, v->inputs[v->variables[i]]),
        .point = v->report->points.count - 1,
        .reverse = jacobians[0][place],
        .forward = jacobians[1][place],
        .difference = d->value,
        .estimate = d->error,
    };
    entry.verdict = judge(v, d, jacobians[2][place], &entry);
    entry.modes_differ = !modes_agree(v, &entry, jacobians[2][place], d->scale);
    if (entry.modes_differ) entry.verdict = VERIFY_FAILED;
    v->report->count[entry.verdict]++;
    ADC_PUSH(&v->session->arena, v->report->entries, entry);
}

/* ------------------------------------------------------------------------ spread */

enum { MOVES = 7 };

/* All inputs moved by some roundings, not those of the point itself: it may be special. */
static void move(const struct verification *v, unsigned number)
{
    static const double roundings[MOVES] = {4, -6, 11, -17, 2, -29, 40};
    for (size_t i = 0; i < v->variable_count; i++) {
        enum adc_type type = v->value->params.data[v->variables[i]].type;
        double x = as_double(type, v->inputs[v->variables[i]]);
        double unit = v->single || type == ADC_F32 ? (double)FLT_EPSILON : DBL_EPSILON;
        v->changed[v->variables[i]] = as_value(type, x + roundings[number] * unit * x);
    }
}

static double spread_of(const double *values, size_t stride)
{
    double most = -HUGE_VAL, least = HUGE_VAL;
    for (size_t m = 0; m < MOVES; m++) {
        double value = values[m * stride];
        if (!isfinite(value)) return 0;
        most = larger(most, value);
        least = -larger(-least, -value);
    }
    return most - least;
}

/* spread[r * variable_count + i] of the derivatives, v->rounding[r] of the values */
static void find_spread(const struct verification *v, double *spread)
{
    size_t size = v->result_count * v->variable_count;
    double *all = new_reals(v, v->value->results.count);
    double *jacobians = new_reals(v, MOVES * size), *values = new_reals(v, MOVES * v->result_count);
    for (unsigned m = 0; m < MOVES; m++) {
        move(v, m);
        values_at(v, v->changed, all, values + m * v->result_count);
        jacobian(v, false, v->changed, jacobians + m * size);
    }
    for (size_t i = 0; i < size; i++) spread[i] = spread_of(jacobians + i, size);
    for (size_t r = 0; r < v->result_count; r++)
        v->rounding[r] = spread_of(values + r, v->result_count);
    for (size_t i = 0; i < v->variable_count; i++)
        v->changed[v->variables[i]] = v->inputs[v->variables[i]];
}

static void check_point(const struct verification *v)
{
    size_t size = v->result_count * v->variable_count;
    double *reverse = new_reals(v, size), *forward = new_reals(v, size),
           *spread = new_reals(v, size);
    const double *const jacobians[3] = {reverse, forward, spread};
    struct difference *differences =
        ADC_NEW_ARRAY(&v->session->arena, struct difference, size ? size : 1);
    jacobian(v, false, v->inputs, reverse);
    jacobian(v, true, v->inputs, forward);
    find_spread(v, spread);
    for (size_t i = 0; i < v->variable_count; i++)
        differences_by(v, i, differences + i * v->result_count);
    for (size_t r = 0; r < v->result_count; r++)
        for (size_t i = 0; i < v->variable_count; i++)
            add_entry(v, r, i, &differences[i * v->result_count + r], jacobians);
}

/* ----------------------------------------------------------------------- points */

static bool all_finite(const struct verification *v)
{
    for (size_t r = 0; r < v->result_count; r++)
        if (!isfinite(v->at[r])) return false;
    return true;
}

static void use_point(struct verification *v, union adc_value *inputs)
{
    size_t bytes = v->value->params.count * sizeof *inputs;
    v->inputs = inputs;
    v->changed = ADC_NEW_ARRAY(&v->session->arena, union adc_value, v->value->params.count + 1);
    if (bytes) memcpy(v->changed, inputs, bytes);
    ADC_PUSH(&v->session->arena, v->report->points, inputs);
    check_point(v);
}

/* All of it is given: a check that fails is the user's to know. */
static int given_point(struct verification *v)
{
    union adc_value *inputs;
    int status = arguments_bind(v->session, v->value, &v->program->arguments, &inputs);
    if (status != STATUS_GOOD) return status;
    double *all = new_reals(v, v->value->results.count);
    uint32_t failed = evaluated(v, v->value, inputs, all);
    if (failed) return evaluate_failed_check(v->session, v->value, failed);
    values_at(v, inputs, all, v->at);
    use_point(v, inputs);
    return STATUS_GOOD;
}

/* What is given stays; the first draw takes the defaults. */
static int draw_point(struct verification *v, uint64_t number, union adc_value *inputs)
{
    struct draw draw = draw_start(v->options->seed, number);
    for (size_t i = 0; i < v->value->params.count; i++) {
        const struct adc_parameter *parameter = &v->value->params.data[i];
        const char *name = parameter->name->text;
        struct argument *argument = arguments_find(&v->program->arguments, name);
        inputs[i] = draw_value(&draw, parameter->type);
        if (number == 0 && parameter->has_default) inputs[i] = parameter->value;
        if (!argument) continue;
        argument->used = true;
        int status = argument_value(v->session, name, argument->text, parameter->type, &inputs[i]);
        if (status != STATUS_GOOD) return status;
    }
    return STATUS_GOOD;
}

static int drawn_points(struct verification *v)
{
    struct verify_report *report = v->report;
    double *all = new_reals(v, v->value->results.count);
    uint64_t draws = (uint64_t)v->options->points * DRAWS_A_POINT;
    union adc_value *inputs = NULL;
    for (uint64_t n = 0; n < draws && report->points.count < v->options->points; n++) {
        if (!inputs)
            inputs = ADC_NEW_ARRAY(&v->session->arena, union adc_value, v->value->params.count + 1);
        int status = draw_point(v, n, inputs);
        if (status != STATUS_GOOD) return status;
        if (evaluated(v, v->value, inputs, all)) {
            report->failed_checks++;
            continue;
        }
        values_at(v, inputs, all, v->at);
        if (!all_finite(v)) {
            report->not_finite++;
            continue;
        }
        use_point(v, inputs);
        inputs = NULL;
    }
    return STATUS_GOOD;
}

/* ------------------------------------------------------------------ preparation */

static bool counts(const struct adc_options *options, const struct adc_result *result)
{
    return adc_type_is_real(result->type) &&
           (!options->of || strcmp(options->of, result->name->text) == 0);
}

static size_t real_results(const struct adc_function *function)
{
    size_t count = 0;
    for (size_t i = 0; i < function->results.count; i++)
        count += adc_type_is_real(function->results.data[i].type);
    return count;
}

bool verify_applies(const struct program *program, const struct adc_function *written)
{
    for (size_t i = 0; i < written->params.count; i++)
        if (program_is_variable(&program->options, &written->params.data[i]))
            return real_results(written) > 0;
    return false;
}

bool verify_has_arrays(const struct adc_function *written)
{
    bool arrays = false;
    for (size_t i = 0; i < written->params.count; i++) arrays |= written->params.data[i].rank > 0;
    for (size_t i = 0; i < written->results.count; i++) arrays |= written->results.data[i].rank > 0;
    return arrays;
}

/* Which results and variables; whether anything is a float. */
static void choose(struct verification *v)
{
    const struct adc_function *function = v->value;
    struct adc_arena *arena = &v->session->arena;
    v->results = ADC_NEW_ARRAY(arena, size_t, function->results.count + 1);
    v->variables = ADC_NEW_ARRAY(arena, size_t, function->params.count + 1);
    v->single = function->real == ADC_F32;
    for (size_t i = 0; i < function->results.count; i++) {
        if (!counts(&v->program->options, &function->results.data[i])) continue;
        v->single |= function->results.data[i].type == ADC_F32;
        v->results[v->result_count++] = i;
    }
    for (size_t i = 0; i < function->params.count; i++) {
        if (!program_is_variable(&v->program->options, &function->params.data[i])) continue;
        v->variables[v->variable_count++] = i;
    }
    v->at = new_reals(v, v->result_count);
    v->rounding = new_reals(v, v->result_count);
}

static bool has_stop(struct session *session, const struct adc_function *function)
{
    size_t count = function->graph->nodes.count;
    uint8_t *live = ADC_NEW_ARRAY(&session->arena, uint8_t, count + 1);
    adc_function_live(function, live);
    for (size_t id = 0; id < count; id++)
        if (live[id] && function->graph->nodes.data[id]->op == ADC_OP_STOP) return true;
    return false;
}

static const struct adc_function *derived(const struct verification *v,
                                          const struct adc_function *written,
                                          enum adc_product product)
{
    return adc_function_derive(&v->session->context, written, product, &v->program->options);
}

int verify_function(struct session *session, const struct program *program,
                    const struct adc_function *written, const struct verify_options *options,
                    struct verify_report *report)
{
    struct verification v = {.session = session, .program = program};
    bool scalar = real_results(written) == 1;
    *report = (struct verify_report){0};
    v.options = options;
    v.report = report;
    int status = program_check_derivative(session, program, written, program->options.of != NULL);
    if (status != STATUS_GOOD) return status;
    if (verify_has_arrays(written))
        return session_fail(session, STATUS_PROGRAM,
                            "derivatives of arrays are not compared with differences yet: `%s`",
                            written->name->text);
    v.value = derived(&v, written, ADC_VALUE);
    v.reverse = v.value ? derived(&v, written, scalar ? ADC_GRAD : ADC_PULLBACK) : NULL;
    v.forward = v.reverse ? derived(&v, written, ADC_PUSHFORWARD) : NULL;
    if (!v.forward) return session_compiler_failed(session);
    report->function = v.value;
    v.stops = has_stop(session, written);
    status = arguments_check_used(session, &program->arguments, &v.value, 1);
    if (status != STATUS_GOOD) return status;
    choose(&v);
    return options->drawn ? drawn_points(&v) : given_point(&v);
}

/* ---------------------------------------------------------------------- options */

static int whole_option(struct session *session, const char *name, const char *text, int64_t *value)
{
    union adc_value given = {.integer = *value};
    int status = text ? argument_value(session, name, text, ADC_INT, &given) : STATUS_GOOD;
    *value = given.integer;
    return status;
}

int verify_take_options(struct session *session, struct verify_options *options)
{
    const struct options *given = &session->options;
    int64_t seed = 1, points = 10;
    union adc_value tolerance = {.f64 = 0};
    int status = whole_option(session, "--seed", given->seed, &seed);
    if (status == STATUS_GOOD) status = whole_option(session, "--points", given->points, &points);
    if (status == STATUS_GOOD && given->tolerance)
        status = argument_value(session, "--tol", given->tolerance, ADC_F64, &tolerance);
    if (status != STATUS_GOOD) return status;
    if (points < 1 || points > 100000)
        return session_fail(session, STATUS_USAGE, "`--points %s` is not between 1 and 100000",
                            given->points);
    if (given->tolerance && !(tolerance.f64 > 0 && isfinite(tolerance.f64)))
        return session_fail(session, STATUS_USAGE, "`--tol %s` is not above 0 and finite",
                            given->tolerance);
    options->seed = seed;
    options->points = (uint32_t)points;
    options->tolerance = tolerance.f64;
    return STATUS_GOOD;
}
