/* Evaluation: derive each product, bind the inputs, run the engine, show the results. */
#define _XOPEN_SOURCE 700
#include "driver/evaluate.h"

#include "driver/failure.h"
#include "driver/json_io.h"
#include "driver/record.h"
#include "driver/session.h"
#include "driver/sizes.h"
#include "ir/nest.h"

#include <string.h>
#include <time.h>

static const unsigned NEEDS_VARIABLES = ~(1u << ADC_VALUE);
static const unsigned NEEDS_SCALAR = 1u << ADC_GRAD | 1u << ADC_HVP | 1u << ADC_HESSIAN;

/* ---------------------------------------------------------------------- engines */

double evaluate_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void take_result(struct job *job, size_t index, const union adc_value *values)
{
    const struct adc_result *result = &job->function->results.data[index];
    struct job_output *output = &job->outputs[index];
    if (result->rank && output->count)
        memcpy(output->values, values[result->nodes[0]->id].elements,
               output->count * sizeof *output->values);
    for (uint32_t k = 0; !result->rank && k < result->count; k++)
        output->values[k] = values[result->nodes[k]->id];
}

static void interpret(struct session *session, struct job *job)
{
    const struct adc_function *function = job->function;
    struct adc_arena scratch;
    union adc_value *values;
    adc_arena_init(&scratch, &session->heap);
    job->status = adc_interpret(function, job->inputs, &scratch, &values);
    for (size_t i = 0; i < function->results.count; i++) take_result(job, i, values);
    adc_arena_free(&scratch);
}

int evaluate_interpreted(struct session *session, struct job *jobs, size_t count, unsigned repeat,
                         double *seconds)
{
    double start = evaluate_now();
    for (unsigned r = 0; r < repeat; r++)
        for (size_t i = 0; i < count; i++) interpret(session, &jobs[i]);
    *seconds = (evaluate_now() - start) / repeat;
    return STATUS_GOOD;
}

evaluate_engine *evaluate_engine_of(const char *name)
{
    if (name && strcmp(name, "c") == 0) return evaluate_compiled;
    if (name && strcmp(name, "jit") == 0) return evaluate_jit;
    return evaluate_interpreted;
}

/* ------------------------------------------------------------------ preparation */

struct evaluation {
    struct session *session;
    const struct program *program;
    const struct adc_function *written;
    struct job jobs[ADC_PRODUCT_COUNT];
    size_t count;
    double seconds;
};

static int derive(struct evaluation *evaluation, unsigned products)
{
    struct session *session = evaluation->session;
    for (unsigned p = 0; p < ADC_PRODUCT_COUNT; p++) {
        if (!(products & 1u << p)) continue;
        struct job *job = &evaluation->jobs[evaluation->count++];
        job->function = compile_derive(&session->context, evaluation->written, (enum adc_product)p,
                                       &evaluation->program->options);
        if (!job->function) return session_compiler_failed(session);
    }
    return STATUS_GOOD;
}

static int make_array(struct session *session, const struct job *job, const struct adc_node *array,
                      struct job_output *output)
{
    const struct adc_node *shape[ADC_MAX_RANK];
    for (unsigned i = 0; i < array->rank; i++) shape[i] = adc_shape(array, i);
    sizes_evaluate(session, job->function, job->inputs, shape, array->rank, output->length);
    return sizes_count(session, output->length, array->rank, &output->count);
}

int evaluate_make_outputs(struct session *session, struct job *job)
{
    const struct adc_function *function = job->function;
    job->outputs = ADC_NEW_ARRAY(&session->arena, struct job_output, function->results.count);
    for (size_t i = 0; i < function->results.count; i++) {
        const struct adc_result *result = &function->results.data[i];
        struct job_output *output = &job->outputs[i];
        int status = STATUS_GOOD;
        output->count = result->count;
        if (result->rank) status = make_array(session, job, result->nodes[0], output);
        if (status != STATUS_GOOD) return status;
        output->sizes = ADC_NEW_ARRAY(&session->arena, int64_t, result->size_count);
        sizes_evaluate(session, function, job->inputs, result->sizes, result->size_count,
                       output->sizes);
        output->values = ADC_NEW_ARRAY(&session->arena, union adc_value, output->count);
    }
    return STATUS_GOOD;
}

/* A misspelt name is reported before the one it leaves missing. */
static int bind(struct evaluation *evaluation)
{
    struct session *session = evaluation->session;
    const struct arguments *arguments = &evaluation->program->arguments;
    const struct adc_function *functions[ADC_PRODUCT_COUNT];
    for (size_t i = 0; i < evaluation->count; i++) functions[i] = evaluation->jobs[i].function;
    int status = arguments_check_used(session, arguments, functions, evaluation->count);
    for (size_t i = 0; i < evaluation->count && status == STATUS_GOOD; i++) {
        union adc_value *inputs;
        status = arguments_bind(session, functions[i], arguments, &inputs);
        evaluation->jobs[i].inputs = inputs;
        if (status == STATUS_GOOD) status = evaluate_make_outputs(session, &evaluation->jobs[i]);
    }
    return status;
}

static int repeats(struct session *session, unsigned *repeat)
{
    union adc_value value = {.integer = 1};
    const char *text = session->options.repeat;
    int status = text ? argument_value(session, "--repeat", text, ADC_INT, &value) : STATUS_GOOD;
    *repeat = (unsigned)value.integer;
    if (status != STATUS_GOOD || (value.integer >= 1 && value.integer <= 1000000000)) return status;
    return session_fail(session, STATUS_USAGE, "`--repeat %s` is not between 1 and 1000000000",
                        text);
}

static int run(struct evaluation *evaluation)
{
    struct session *session = evaluation->session;
    unsigned repeat;
    evaluate_engine *engine = evaluate_engine_of(session->options.engine);
    int status = repeats(session, &repeat);
    if (status != STATUS_GOOD) return status;
    return engine(session, evaluation->jobs, evaluation->count, repeat, &evaluation->seconds);
}

int evaluate_failed_check(struct session *session, const struct adc_function *function,
                          uint32_t status, const union adc_value *inputs)
{
    for (size_t i = 0; i < function->checks.count; i++) {
        const struct adc_check *check = &function->checks.data[i];
        if (check->status == status)
            return session_fail_at(
                session, STATUS_PROGRAM, check->span,
                session_format(session, "failed: %s%s", check->text,
                               failure_values(session, function, check, inputs)));
    }
    return session_fail(session, STATUS_SYSTEM, "internal error: `%s` returned status %d",
                        function->symbol->text, (int)status);
}

/* ---------------------------------------------------------------------- results */

static const char *key_of(const struct adc_function *function, enum adc_role role)
{
    return role == ADC_ROLE_PRIMAL ? "result" : adc_product_name(function->product);
}

static json_t *object_at(json_t *parent, const char *key)
{
    json_t *object = json_object_get(parent, key);
    if (object) return object;
    json_put(parent, key, json_object());
    return json_object_get(parent, key);
}

/* The elements of one variable among the rows of the hessian. */
struct segment {
    const char *name;
    int64_t length[ADC_MAX_AXES];
    unsigned rank;
    size_t first, count;
};

struct segments {
    ADC_VEC(struct segment) list;
    size_t rows;
};

static int find_segments(const struct evaluation *evaluation, const struct job *job,
                         struct segments *segments)
{
    struct session *session = evaluation->session;
    const struct adc_function *function = job->function;
    for (size_t i = 0; i < function->params.count; i++) {
        const struct adc_parameter *param = &function->params.data[i];
        struct segment segment = {.name = param->name->text, .rank = param->rank};
        if (!program_is_variable(&evaluation->program->options, param)) continue;
        sizes_evaluate(session, function, job->inputs, param->shape, param->rank, segment.length);
        int status = sizes_count(session, segment.length, param->rank, &segment.count);
        if (status != STATUS_GOOD) return status;
        segment.first = segments->rows;
        segments->rows += segment.count;
        ADC_PUSH(&session->arena, segments->list, segment);
    }
    return STATUS_GOOD;
}

/* The block of two variables: the axes of the first, then of the second. */
static json_t *hessian_block(const struct evaluation *evaluation, const struct adc_result *result,
                             const union adc_value *row, const struct segments *segments,
                             const struct segment *const pair[2])
{
    int64_t length[2 * ADC_MAX_AXES];
    size_t count = pair[0]->count * pair[1]->count, at = 0;
    union adc_value *block = ADC_NEW_ARRAY(&evaluation->session->arena, union adc_value, count);
    for (size_t r = 0; r < pair[0]->count; r++, row += segments->rows)
        for (size_t c = 0; c < pair[1]->count; c++) block[at++] = row[pair[1]->first + c];
    for (unsigned i = 0; i < pair[0]->rank; i++) length[i] = pair[0]->length[i];
    for (unsigned i = 0; i < pair[1]->rank; i++) length[pair[0]->rank + i] = pair[1]->length[i];
    return json_of_array(result->type, block, length, pair[0]->rank + pair[1]->rank);
}

/* {x: {x: block, y: block}, y: ...}, the variables in the order of the parameters. */
static int put_hessian(const struct evaluation *evaluation, const struct job *job, size_t index,
                       json_t *parent)
{
    const struct adc_result *result = &job->function->results.data[index];
    struct segments segments = {.rows = 0};
    int status = find_segments(evaluation, job, &segments);
    if (status != STATUS_GOOD) return status;
    if (segments.rows * segments.rows != job->outputs[index].count)
        return session_fail(evaluation->session, STATUS_SYSTEM,
                            "internal error: hessian of another size");
    for (size_t r = 0; r < segments.list.count; r++)
        for (size_t c = 0; c < segments.list.count; c++) {
            const struct segment *pair[] = {&segments.list.data[r], &segments.list.data[c]};
            const union adc_value *row =
                job->outputs[index].values + pair[0]->first * segments.rows;
            json_put(object_at(parent, pair[0]->name), pair[1]->name,
                     hessian_block(evaluation, result, row, &segments, pair));
        }
    return STATUS_GOOD;
}

static int put_result(const struct evaluation *evaluation, const struct job *job, size_t index,
                      json_t *root)
{
    const struct adc_result *result = &job->function->results.data[index];
    const char *key = key_of(job->function, result->role);
    if (result->role == ADC_ROLE_HESSIAN)
        return put_hessian(evaluation, job, index, object_at(root, key));
    const struct job_output *output = &job->outputs[index];
    if (result->role == ADC_ROLE_JACOBIAN) {
        json_put(object_at(object_at(root, key), result->of->text), adc_result_by(result),
                 json_of_array(result->type, output->values, output->length, result->rank));
        return STATUS_GOOD;
    }
    json_t *value = result->form
                        ? record_json(result->type, output->values, result->form, output->sizes)
                        : json_of_array(result->type, output->values, output->length, result->rank);
    const struct adc_name *name = result->whole                   ? result->whole
                                  : result->role == ADC_ROLE_GRAD ? result->of
                                                                  : result->name;
    bool alone = result->role == ADC_ROLE_PRIMAL && !result->named;
    record_merge(alone ? root : object_at(root, key), alone ? key : name->text, value);
    return STATUS_GOOD;
}

static int collect(const struct evaluation *evaluation, json_t *root)
{
    json_put(root, "function", json_text(evaluation->written->name->text));
    for (size_t j = 0; j < evaluation->count; j++) {
        const struct job *job = &evaluation->jobs[j];
        if (job->status)
            return evaluate_failed_check(evaluation->session, job->function, job->status,
                                         job->inputs);
        for (size_t i = 0; i < job->function->results.count; i++) {
            int status = put_result(evaluation, job, i, root);
            if (status != STATUS_GOOD) return status;
        }
    }
    if (evaluation->session->options.repeat)
        json_put(root, "seconds", json_real(evaluation->seconds));
    return STATUS_GOOD;
}

/* ------------------------------------------------------------------------ table */

enum { LIST_SHOWN = 8 }; /* elements of a list; --json has them all */

struct row {
    const char *label;
    const json_t *value;
};

struct table {
    struct session *session;
    ADC_VEC(struct row) rows;
};

/* Objects become "grad x", "hessian x y"; calls itself, three levels deep at most. */
static void add_rows(struct table *table, const char *label, const json_t *value)
{
    const char *key;
    json_t *inner;
    if (!json_is_object(value)) {
        struct row row = {label, value};
        ADC_PUSH(&table->session->arena, table->rows, row);
        return;
    }
    json_object_foreach((json_t *)value, key, inner) add_rows(
        table, session_format(table->session, "%s%s%s", label, *label ? " " : "", key), inner);
}

static void write_table(struct session *session, const json_t *root)
{
    struct table table = {.session = session};
    size_t width = 0;
    add_rows(&table, "", root);
    for (size_t i = 0; i < table.rows.count; i++) {
        size_t length = strlen(table.rows.data[i].label);
        if (length > width) width = length;
    }
    for (size_t i = 0; i < table.rows.count; i++) {
        const struct row *row = &table.rows.data[i];
        adc_text_format(&session->out, "%-*s  ", (int)width, row->label);
        if (json_is_string(row->value)) adc_text_add(&session->out, json_string_value(row->value));
        else json_write_short(row->value, LIST_SHOWN, &session->out);
        adc_text_add(&session->out, "\n");
    }
}

static int show(struct evaluation *evaluation)
{
    struct session *session = evaluation->session;
    json_t *root = json_object();
    int status = collect(evaluation, root);
    if (status == STATUS_GOOD && session->options.json) {
        json_write(root, &session->out);
        adc_text_add(&session->out, "\n");
    } else if (status == STATUS_GOOD) {
        write_table(session, root);
    }
    json_decref(root);
    return status;
}

int evaluate(struct session *session, const struct program *program,
             const struct adc_function *written, unsigned products)
{
    struct evaluation evaluation = {.session = session, .program = program, .written = written};
    int status = STATUS_GOOD;
    if (products & NEEDS_VARIABLES)
        status = program_check_derivative(session, program, written, products & NEEDS_SCALAR);
    if (status == STATUS_GOOD) status = derive(&evaluation, products | 1u << ADC_VALUE);
    if (status == STATUS_GOOD) status = bind(&evaluation);
    if (status == STATUS_GOOD) status = run(&evaluation);
    return status == STATUS_GOOD ? show(&evaluation) : status;
}
