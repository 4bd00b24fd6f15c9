/* The scalars and elements of arrays whose derivatives are compared at a point. */
#include "driver/record.h"
#include "driver/session.h"
#include "driver/sizes.h"
#include "driver/verify_point.h"
#include "ir/nest.h"

#include <string.h>

enum { MOST_ELEMENTS = 256, FEW_ELEMENTS = 32, SOME_ELEMENTS = 16 };

/* A result or variable that counts. */
struct candidate {
    const struct adc_name *name;
    size_t index, group, count;
    unsigned rank;
    int64_t lengths[ADC_MAX_RANK];
    const struct adc_form *form; /* of a record, with its sizes */
    int64_t *sizes;
};

struct candidates {
    struct candidate *data;
    size_t count, capacity;
};

static const char *place_name(const struct verify_choice *choice, const struct candidate *from,
                              size_t element)
{
    int64_t at[ADC_MAX_RANK];
    struct adc_text text;
    adc_text_init(&text, &choice->session->arena);
    adc_text_add(&text, from->name->text);
    if (from->form) {
        record_place(from->form, from->sizes, element, &text);
        return text.data;
    }
    for (unsigned i = from->rank; i-- > 0;) {
        at[i] = (int64_t)(element % (size_t)from->lengths[i]);
        element /= (size_t)from->lengths[i];
    }
    for (unsigned i = 0; i < from->rank; i++)
        adc_text_format(&text, "%s%lld", i ? ", " : "[", (long long)at[i]);
    if (from->rank) adc_text_add(&text, "]");
    return text.data;
}

static void note_sample(const struct verify_choice *choice, const struct candidate *from,
                        size_t chosen)
{
    struct verify_report *report = choice->report;
    struct verify_sample sample = {from->name, chosen, from->count};
    for (size_t i = 0; i < report->samples.count; i++) {
        struct verify_sample *known = &report->samples.data[i];
        if (known->name != sample.name) continue;
        if (known->count < sample.count) *known = sample;
        return;
    }
    ADC_PUSH(&choice->session->arena, report->samples, sample);
}

/* Evenly over the array. */
static void choose(const struct verify_choice *choice, const struct candidate *from, bool all,
                   struct verify_places *places)
{
    size_t chosen = all || from->count <= FEW_ELEMENTS ? from->count : SOME_ELEMENTS;
    size_t shift = chosen ? choice->number % (from->count / chosen) : 0;
    if (chosen < from->count) note_sample(choice, from, chosen);
    for (size_t k = 0; k < chosen; k++) {
        size_t element = k * from->count / chosen + shift;
        struct verify_place place = {from->index, element, place_name(choice, from, element),
                                     from->group};
        ADC_PUSH(&choice->session->arena, *places, place);
    }
}

static void choose_all(const struct verify_choice *choice, const struct candidates *candidates,
                       struct verify_places *places)
{
    size_t all = 0;
    *places = (struct verify_places){0};
    for (size_t i = 0; i < candidates->count; i++) all += candidates->data[i].count;
    for (size_t i = 0; i < candidates->count; i++)
        choose(choice, &candidates->data[i], all <= MOST_ELEMENTS, places);
}

static int add(const struct verify_choice *choice, struct candidate candidate,
               const struct adc_node *const *shape, struct candidates *candidates)
{
    candidate.count = 1;
    candidate.group = candidates->count;
    if (candidate.rank) {
        sizes_evaluate(choice->session, choice->value, choice->inputs, shape, candidate.rank,
                       candidate.lengths);
        int status =
            sizes_count(choice->session, candidate.lengths, candidate.rank, &candidate.count);
        if (status != STATUS_GOOD) return status;
    }
    ADC_PUSH(&choice->session->arena, *candidates, candidate);
    return STATUS_GOOD;
}

bool verify_counts(const struct compile_options *options, const struct adc_result *result)
{
    return adc_type_is_real(result->type) &&
           (!options->of || strcmp(options->of, result->name->text) == 0);
}

int verify_choose_results(const struct verify_choice *choice, struct verify_places *places)
{
    struct candidates candidates = {0};
    for (size_t i = 0; i < choice->value->results.count; i++) {
        const struct adc_result *result = &choice->value->results.data[i];
        const struct adc_node *shape[ADC_MAX_RANK];
        struct candidate candidate = {.name = result->name, .index = i, .rank = result->rank};
        if (!verify_counts(choice->options, result)) continue;
        for (unsigned a = 0; a < result->rank; a++) shape[a] = adc_shape(result->nodes[0], a);
        int status = add(choice, candidate, shape, &candidates);
        if (status != STATUS_GOOD) return status;
    }
    choose_all(choice, &candidates, places);
    return STATUS_GOOD;
}

int verify_choose_variables(const struct verify_choice *choice, struct verify_places *places,
                            size_t *groups)
{
    struct candidates candidates = {0};
    for (size_t i = 0; i < choice->value->params.count; i++) {
        const struct adc_parameter *parameter = &choice->value->params.data[i];
        struct candidate candidate = {.name = parameter->name, .index = i, .rank = parameter->rank};
        if (!program_is_variable(choice->options, parameter)) continue;
        if (parameter->whole) candidate.name = parameter->whole;
        candidate.form = parameter->form;
        candidate.sizes = verify_sizes(choice->session, choice->value, choice->inputs, i);
        int status = add(choice, candidate, parameter->shape, &candidates);
        if (status != STATUS_GOOD) return status;
    }
    *groups = candidates.count;
    choose_all(choice, &candidates, places);
    return STATUS_GOOD;
}
