#include "driver/call.h"

#include "driver/session.h"
#include "driver/sizes.h"

#include <string.h>

/* Typed memory for the arrays and outputs of a job. */
struct call {
    union native_value *inputs;
    void **outputs;
    void *work;
};

static size_t size_of(enum adc_type type)
{
    static const size_t sizes[ADC_TYPE_COUNT] = {[ADC_F64] = sizeof(double),
                                                 [ADC_F32] = sizeof(float),
                                                 [ADC_INT] = sizeof(int64_t),
                                                 [ADC_BOOL] = sizeof(bool),
                                                 [ADC_I32] = sizeof(int32_t)};
    return sizes[type];
}

/* Elements of a union are all members' starts, so the first bytes are the typed value; but an i32
 * is held as an int. */
static void put_value(char *to, enum adc_type type, union adc_value value)
{
    int32_t narrow = (int32_t)(type == ADC_I32 ? value.integer : 0);
    memcpy(to, type == ADC_I32 ? (const void *)&narrow : &value, size_of(type));
}

static union adc_value taken(const char *from, enum adc_type type)
{
    union adc_value value = {.bits = 0};
    int32_t narrow;
    if (type == ADC_I32) {
        memcpy(&narrow, from, sizeof narrow);
        value.integer = narrow;
    } else {
        memcpy(&value, from, size_of(type));
    }
    return value;
}

static int pack(struct session *session, const struct job *job, size_t index,
                union native_value *input)
{
    const struct adc_parameter *parameter = &job->function->params.data[index];
    int64_t length[ADC_MAX_RANK];
    size_t count, size = size_of(parameter->type);
    input->scalar = job->inputs[index];
    if (!parameter->rank) return STATUS_GOOD;
    sizes_evaluate(session, job->function, job->inputs, parameter->shape, parameter->rank, length);
    int status = sizes_count(session, length, parameter->rank, &count);
    if (status != STATUS_GOOD) return status;
    char *packed = adc_arena_array(&session->arena, count, size);
    for (size_t i = 0; i < count; i++)
        put_value(packed + i * size, parameter->type, job->inputs[index].elements[i]);
    input->elements = count ? packed : NULL;
    return STATUS_GOOD;
}

/* Memory that a call writes before it reads; NaNs in debug builds, so that tests see where not. */
static void *unwritten(struct session *session, size_t count, size_t size)
{
    void *memory = adc_arena_array(&session->arena, count, size);
#ifndef NDEBUG
    if (count) memset(memory, 0xff, count * size);
#endif
    return memory;
}

static int prepare(struct session *session, const struct job *job, const struct job_caller *caller,
                   struct call *call)
{
    const struct adc_function *function = job->function;
    int status = STATUS_GOOD;
    call->inputs = ADC_NEW_ARRAY(&session->arena, union native_value, function->params.count);
    for (size_t i = 0; i < function->params.count && status == STATUS_GOOD; i++)
        status = pack(session, job, i, &call->inputs[i]);
    if (status != STATUS_GOOD) return status;
    call->outputs = ADC_NEW_ARRAY(&session->arena, void *, function->results.count);
    for (size_t i = 0; i < function->results.count; i++)
        call->outputs[i] =
            unwritten(session, job->outputs[i].count, size_of(function->results.data[i].type));
    call->work = unwritten(session, caller->work(call->inputs), 1);
    return STATUS_GOOD;
}

static void take_outputs(struct job *job, const struct call *call)
{
    for (size_t i = 0; i < job->function->results.count; i++) {
        struct job_output *output = &job->outputs[i];
        enum adc_type type = job->function->results.data[i].type;
        size_t size = size_of(type);
        for (size_t k = 0; k < output->count; k++)
            output->values[k] = taken((const char *)call->outputs[i] + k * size, type);
    }
}

int call_jobs(struct session *session, struct job *jobs, const struct job_caller *callers,
              size_t count, unsigned repeat, double *seconds)
{
    struct call *calls = ADC_NEW_ARRAY(&session->arena, struct call, count);
    for (size_t i = 0; i < count; i++) {
        int status = prepare(session, &jobs[i], &callers[i], &calls[i]);
        if (status != STATUS_GOOD) return status;
    }
    int status = 0;
    double start = evaluate_now();
    for (unsigned r = 0; r < repeat && status >= 0; r++)
        for (size_t i = 0; i < count && status >= 0; i++) {
            status = callers[i].call(calls[i].inputs, calls[i].outputs, calls[i].work);
            jobs[i].status = status > 0 ? (uint32_t)status : 0;
        }
    *seconds = (evaluate_now() - start) / repeat;
    if (status == -1) return session_fail(session, STATUS_SYSTEM, "out of memory");
    if (status < 0)
        return session_fail(session, STATUS_PROGRAM, "the size of an array is negative");
    for (size_t i = 0; i < count; i++) take_outputs(&jobs[i], &calls[i]);
    return STATUS_GOOD;
}
