/* Derivatives against differences, entry by entry.
 *
 * law      an entry is good if |reverse - difference| <= tolerance * (the larger of them) + 10 *
 *          estimate + 16 * (what the derivative changes by within a few roundings of the inputs)
 *          and the estimate is small beside the derivative or beside |f| / |x|: a difference that
 *          knows nothing vouches for nothing. Forward and reverse mode agree to a few roundings. */
#include "driver/verify.h"

#include "driver/difference.h"
#include "driver/evaluate.h"
#include "driver/session.h"
#include "driver/verify_point.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { DRAWS_A_POINT = 50, MOST_ROWS = 64 };

/* A product, its inputs at the point, and its outputs that belong to results or variables. */
struct mode {
    const struct adc_function *function;
    struct verify_inputs inputs;
    struct verify_places outputs;
};

struct verification {
    struct session *session;
    const struct program *program;
    const struct verify_options *options;
    struct verify_report *report;
    const struct adc_function *value;
    struct mode reverse, forward;
    bool single;                             /* values are rounded as floats */
    bool stops;                              /* `stop_gradient` hides what differences see */
    struct verify_places results, variables; /* at the point: real ones that count */
    size_t variable_groups;
    const union adc_value *inputs; /* of the point at hand */
    struct verify_inputs changed;  /* a copy to change */
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

/* The values of the results at `places`; the status of the first check that failed. */
static uint32_t evaluated(const struct verification *v, const struct adc_function *function,
                          const union adc_value *inputs, const struct verify_places *places,
                          double *outputs)
{
    struct adc_arena scratch;
    union adc_value *values;
    adc_arena_init(&scratch, &v->session->heap);
    uint32_t status = adc_interpret(function, inputs, &scratch, &values);
    for (size_t i = 0; i < places->count; i++) {
        const struct adc_result *result = &function->results.data[places->data[i].index];
        union adc_value value = values[result->nodes[0]->id];
        if (result->rank) value = value.elements[places->data[i].element];
        outputs[i] = as_double(result->type, value);
    }
    adc_arena_free(&scratch);
    return status;
}

static double *new_reals(const struct verification *v, size_t count)
{
    return ADC_NEW_ARRAY(&v->session->arena, double, count ? count : 1);
}

/* Values of the real results that count; NaN where a check fails. */
static void values_at(const struct verification *v, const union adc_value *inputs, double *reals)
{
    uint32_t status = evaluated(v, v->value, inputs, &v->results, reals);
    for (size_t r = 0; status && r < v->results.count; r++) reals[r] = NAN;
}

/* ------------------------------------------------------------------- both modes */

static const struct adc_parameter *variable_at(const struct verification *v, size_t i)
{
    return &v->value->params.data[v->variables.data[i].index];
}

static const struct adc_name *result_name(const struct verification *v, size_t r)
{
    return v->value->results.data[v->results.data[r].index].name;
}

/* Where the seed of `of` is put; NULL: the gradient of one number has none. */
static union adc_value *seed_of(const struct mode *mode, const struct adc_name *of, size_t element,
                                enum adc_type *type)
{
    for (size_t i = 0; i < mode->function->params.count; i++) {
        const struct adc_parameter *parameter = &mode->function->params.data[i];
        if (parameter->role == ADC_ROLE_PRIMAL || parameter->of != of) continue;
        *type = parameter->type;
        return &mode->inputs.own[i][element];
    }
    return NULL;
}

/* jacobian[r * variables.count + i], in reverse or forward mode */
static void jacobian(const struct verification *v, bool forward, const union adc_value *point,
                     double *jacobian)
{
    const struct mode *mode = forward ? &v->forward : &v->reverse;
    const struct verify_places *seeds = forward ? &v->variables : &v->results;
    double *outputs = new_reals(v, mode->outputs.count);
    size_t primal = 0, across = v->variables.count;
    for (size_t i = 0; i < mode->function->params.count; i++)
        if (mode->function->params.data[i].role == ADC_ROLE_PRIMAL)
            mode->inputs.values[i] = point[primal++];
    for (size_t s = 0; s < seeds->count; s++) {
        const struct adc_name *of = forward ? variable_at(v, s)->name : result_name(v, s);
        enum adc_type type = ADC_F64;
        union adc_value *seed = seed_of(mode, of, seeds->data[s].element, &type);
        if (seed) *seed = as_value(type, 1);
        evaluated(v, mode->function, mode->inputs.values, &mode->outputs, outputs);
        if (seed) seed->bits = 0;
        for (size_t k = 0; k < mode->outputs.count; k++)
            jacobian[forward ? k * across + s : s * across + k] = outputs[k];
    }
}

/* ------------------------------------------------------------------ differences */

/* One variable, all results: differences[r] */
static void differences_by(const struct verification *v, size_t variable,
                           struct difference *differences)
{
    const struct verify_place *place = &v->variables.data[variable];
    enum adc_type type = v->value->params.data[place->index].type;
    union adc_value *own = &v->changed.own[place->index][place->element], before = *own;
    struct difference_steps steps;
    size_t count = v->results.count;
    double *above = new_reals(v, count * DIFFERENCE_STEPS);
    double *below = new_reals(v, count * DIFFERENCE_STEPS);
    double *reals = new_reals(v, count);
    difference_steps(as_double(type, before), type == ADC_F32 || v->single, &steps);
    for (size_t k = 0; k < steps.count; k++)
        for (unsigned side = 0; side < 2; side++) {
            *own = as_value(type, side ? steps.down[k] : steps.up[k]);
            values_at(v, v->changed.values, reals);
            for (size_t r = 0; r < count; r++)
                (side ? below : above)[r * DIFFERENCE_STEPS + k] = reals[r];
        }
    *own = before;
    for (size_t r = 0; r < count; r++)
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

/* Some roundings of numbers like 1. */
static double few_roundings(const struct verification *v)
{
    return 4096 * (v->single ? (double)FLT_EPSILON : DBL_EPSILON);
}

/* Equal up to rounding, or both not finite. `spread`: of the reverse derivative within a few
 * roundings of the inputs; what the derivative itself does not know need not agree. Where the
 * function is flat, as where a softmax is saturated, both may be what 1 - 1 leaves. */
static bool modes_agree(const struct verification *v, const struct verify_entry *entry,
                        double spread, const struct difference *d)
{
    double unit = v->single ? 1e-4 : 1e-12;
    double a = entry->reverse, b = entry->forward;
    if (!isfinite(a) || !isfinite(b)) return !isfinite(a) && !isfinite(b);
    double size = larger(larger(fabs(a), fabs(b)), isfinite(d->scale) ? d->scale : 0);
    if (d->flat && fabs(a - b) * larger(fabs(entry->x), 1) <= few_roundings(v)) return true;
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
        bool unseen = d->flat && fabs(entry->reverse * entry->x) < few_roundings(v);
        return near || unseen || v->stops ? VERIFY_UNSURE : VERIFY_FAILED;
    }
    return is_sharp(v, d, size) ? VERIFY_GOOD : VERIFY_UNSURE;
}

static void add_entry(const struct verification *v, size_t r, size_t i, const struct difference *d,
                      const double *const jacobians[3])
{
    const struct adc_parameter *variable = variable_at(v, i);
    const struct verify_place *result = &v->results.data[r], *place = &v->variables.data[i];
    size_t at = r * v->variables.count + i;
    struct verify_entry entry = {
        .result = result->name,
        .variable = place->name,
        .type = variable->type,
        .x = as_double(variable->type, v->changed.own[place->index][place->element]),
        .point = v->report->points.count - 1,
        .row = result->group * v->variable_groups + place->group,
        .reverse = jacobians[0][at],
        .forward = jacobians[1][at],
        .difference = d->value,
        .estimate = d->error,
    };
    bool apart = !v->options->drawn && v->results.count * v->variables.count <= MOST_ROWS;
    if (apart) entry.row = at;
    if (entry.row >= v->report->row_count) v->report->row_count = entry.row + 1;
    entry.verdict = judge(v, d, jacobians[2][at], &entry);
    entry.modes_differ = !modes_agree(v, &entry, jacobians[2][at], d);
    if (entry.modes_differ) entry.verdict = VERIFY_FAILED;
    v->report->count[entry.verdict]++;
    ADC_PUSH(&v->session->arena, v->report->entries, entry);
}

/* ------------------------------------------------------------------------ spread */

enum { MOVES = 7 };

/* All elements of a variable moved by some roundings. */
static void move_variable(const struct verification *v, size_t index, double roundings)
{
    const struct adc_parameter *parameter = &v->value->params.data[index];
    double unit = v->single || parameter->type == ADC_F32 ? (double)FLT_EPSILON : DBL_EPSILON;
    const union adc_value *from = parameter->rank ? v->inputs[index].elements : &v->inputs[index];
    for (size_t i = 0; i < v->changed.count[index]; i++) {
        double x = as_double(parameter->type, from[i]);
        v->changed.own[index][i] = as_value(parameter->type, x + roundings * unit * x);
    }
}

static void move(const struct verification *v, double roundings)
{
    for (size_t i = 0; i < v->value->params.count; i++)
        if (program_is_variable(&v->program->options, &v->value->params.data[i]))
            move_variable(v, i, roundings);
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

/* spread[r * variables.count + i] of the derivatives, v->rounding[r] of the values; not from the
 * roundings of the point itself: it may be special. */
static void find_spread(const struct verification *v, double *spread)
{
    static const double roundings[MOVES] = {4, -6, 11, -17, 2, -29, 40};
    size_t size = v->results.count * v->variables.count;
    double *jacobians = new_reals(v, MOVES * size);
    double *values = new_reals(v, MOVES * v->results.count);
    for (unsigned m = 0; m < MOVES; m++) {
        move(v, roundings[m]);
        values_at(v, v->changed.values, values + m * v->results.count);
        jacobian(v, false, v->changed.values, jacobians + m * size);
    }
    move(v, 0);
    for (size_t i = 0; i < size; i++) spread[i] = spread_of(jacobians + i, size);
    for (size_t r = 0; r < v->results.count; r++)
        v->rounding[r] = spread_of(values + r, v->results.count);
}

static void check_point(const struct verification *v)
{
    size_t size = v->results.count * v->variables.count;
    double *reverse = new_reals(v, size), *forward = new_reals(v, size),
           *spread = new_reals(v, size);
    const double *const jacobians[3] = {reverse, forward, spread};
    struct difference *differences =
        ADC_NEW_ARRAY(&v->session->arena, struct difference, size ? size : 1);
    jacobian(v, false, v->inputs, reverse);
    jacobian(v, true, v->inputs, forward);
    find_spread(v, spread);
    for (size_t i = 0; i < v->variables.count; i++)
        differences_by(v, i, differences + i * v->results.count);
    for (size_t r = 0; r < v->results.count; r++)
        for (size_t i = 0; i < v->variables.count; i++)
            add_entry(v, r, i, &differences[i * v->results.count + r], jacobians);
}

/* ----------------------------------------------------------------------- points */

static bool all_finite(const struct verification *v)
{
    for (size_t r = 0; r < v->results.count; r++)
        if (!isfinite(v->at[r])) return false;
    return true;
}

/* Values of the results at a point, or the status of a check that failed. */
static int look_at(struct verification *v, const union adc_value *inputs, uint32_t *failed)
{
    struct verify_choice choice = {v->session, &v->program->options,   v->value, v->report,
                                   inputs,     v->report->points.count};
    v->inputs = inputs;
    int status = verify_choose_results(&choice, &v->results);
    if (status == STATUS_GOOD)
        status = verify_choose_variables(&choice, &v->variables, &v->variable_groups);
    if (status != STATUS_GOOD) return status;
    v->at = new_reals(v, v->results.count);
    v->rounding = new_reals(v, v->results.count);
    *failed = evaluated(v, v->value, inputs, &v->results, v->at);
    return STATUS_GOOD;
}

/* The output of the mode that belongs to each place. */
static int prepare_mode(const struct verification *v, struct mode *mode, bool forward)
{
    const struct verify_places *places = forward ? &v->results : &v->variables;
    mode->outputs = (struct verify_places){0};
    for (size_t k = 0; k < places->count; k++) {
        const struct adc_name *of = forward ? result_name(v, k) : variable_at(v, k)->name;
        struct verify_place output = places->data[k];
        for (size_t i = 0; i < mode->function->results.count; i++) {
            const struct adc_result *result = &mode->function->results.data[i];
            if (result->role != ADC_ROLE_PRIMAL && result->of == of) output.index = i;
        }
        ADC_PUSH(&v->session->arena, mode->outputs, output);
    }
    return verify_copy(v->session, mode->function, v->inputs, &mode->inputs);
}

static int use_point(struct verification *v, union adc_value *inputs)
{
    int status = verify_copy(v->session, v->value, inputs, &v->changed);
    if (status == STATUS_GOOD) status = prepare_mode(v, &v->reverse, false);
    if (status == STATUS_GOOD) status = prepare_mode(v, &v->forward, true);
    if (status != STATUS_GOOD) return status;
    ADC_PUSH(&v->session->arena, v->report->points, inputs);
    check_point(v);
    return STATUS_GOOD;
}

/* All of it is given: a check that fails is the user's to know. */
static int given_point(struct verification *v)
{
    union adc_value *inputs;
    uint32_t failed;
    int status = arguments_bind(v->session, v->value, &v->program->arguments, &inputs);
    if (status == STATUS_GOOD) status = look_at(v, inputs, &failed);
    if (status != STATUS_GOOD) return status;
    if (failed) return evaluate_failed_check(v->session, v->value, failed, inputs);
    return use_point(v, inputs);
}

static int drawn_points(struct verification *v)
{
    struct verify_report *report = v->report;
    uint64_t draws = (uint64_t)v->options->points * DRAWS_A_POINT;
    for (uint64_t n = 0; n < draws && report->points.count < v->options->points; n++) {
        union adc_value *inputs =
            ADC_NEW_ARRAY(&v->session->arena, union adc_value, v->value->params.count);
        uint32_t failed;
        int status = verify_draw(v->session, v->program, v->value, v->options, n, inputs);
        if (status == STATUS_GOOD) status = look_at(v, inputs, &failed);
        if (status != STATUS_GOOD) return status;
        if (failed) report->failed_checks++;
        else if (!all_finite(v)) report->not_finite++;
        else status = use_point(v, inputs);
        if (status != STATUS_GOOD) return status;
    }
    return STATUS_GOOD;
}

/* ------------------------------------------------------------------ preparation */

/* How many results are real; whether there is one alone, and that a scalar. */
static size_t real_results(const struct adc_function *function, bool *scalar)
{
    size_t count = 0;
    *scalar = false;
    for (size_t i = 0; i < function->results.count; i++) {
        if (!adc_type_is_real(function->results.data[i].type)) continue;
        *scalar = count++ == 0 && !function->results.data[i].rank;
    }
    return count;
}

bool verify_applies(const struct program *program, const struct adc_function *written)
{
    bool scalar;
    for (size_t i = 0; i < written->params.count; i++)
        if (program_is_variable(&program->options, &written->params.data[i]))
            return real_results(written, &scalar) > 0;
    return false;
}

/* Whether anything is a float. */
static bool is_single(const struct verification *v)
{
    bool single = v->value->real == ADC_F32;
    for (size_t i = 0; i < v->value->results.count; i++)
        if (verify_counts(&v->program->options, &v->value->results.data[i]))
            single |= v->value->results.data[i].type == ADC_F32;
    return single;
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
    return compile_derive(&v->session->context, written, product, &v->program->options);
}

int verify_function(struct session *session, const struct program *program,
                    const struct adc_function *written, const struct verify_options *options,
                    struct verify_report *report)
{
    struct verification v = {.session = session, .program = program};
    bool scalar;
    real_results(written, &scalar);
    *report = (struct verify_report){0};
    v.options = options;
    v.report = report;
    int status = program_check_derivative(session, program, written, program->options.of != NULL);
    if (status != STATUS_GOOD) return status;
    v.value = derived(&v, written, ADC_VALUE);
    v.reverse.function = v.value ? derived(&v, written, scalar ? ADC_GRAD : ADC_PULLBACK) : NULL;
    v.forward.function = v.reverse.function ? derived(&v, written, ADC_PUSHFORWARD) : NULL;
    if (!v.forward.function) return session_compiler_failed(session);
    report->function = v.value;
    v.stops = has_stop(session, written);
    v.single = is_single(&v);
    status = arguments_check_used(session, &program->arguments, &v.value, 1);
    if (status != STATUS_GOOD) return status;
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
