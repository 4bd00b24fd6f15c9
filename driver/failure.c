/* Which point of a check failed first, and what it read there.
 *
 * The condition is evaluated again: closed nodes have the values of the interpreter; those with
 * indices are computed point by point, in ascending id, so nothing recurses. A failing `all` of
 * some indices is entered at its first failing point, a failing `and` at the part that is false,
 * an `if` at the arm taken; what is left is one comparison, whose ints are shown. */
#include "driver/failure.h"

#include "driver/session.h"
#include "ir/nest.h"

enum { MOST_SHOWN = 6, MOST_POINTS = 100000000 };

struct look {
    struct session *session;
    const struct adc_function *function;
    struct adc_arena *scratch;
    union adc_value *values;               /* by node id */
    ADC_VEC(const struct adc_node *) open; /* nodes with indices, in ascending id */
    bool lost;                             /* something is no plain int expression */
};

/* ------------------------------------------------------------------- evaluation */

/* The element, or 0 outside. */
static union adc_value read_value(const struct look *look, const struct adc_node *node)
{
    const struct adc_node *array = node->in[0];
    union adc_value none = {.bits = 0};
    size_t at = 0;
    for (unsigned axis = 0; axis < array->rank; axis++) {
        int64_t length = look->values[adc_shape(array, axis)->id].integer;
        int64_t index = look->values[node->in[axis + 1]->id].integer;
        if (index < 0 || index >= length) return none;
        at = at * (size_t)length + (size_t)index;
    }
    return look->values[array->id].elements[at];
}

static bool is_plain(const struct adc_node *node)
{
    return node->op == ADC_OP_READ || node->op == ADC_OP_IF || node->op == ADC_OP_INDEX ||
           (node->op >= ADC_OP_FIRST_ELEMENTWISE && node->count <= 3);
}

static union adc_value value_of(const struct look *look, const struct adc_node *node)
{
    union adc_value in[3] = {{.bits = 0}, {.bits = 0}, {.bits = 0}};
    if (node->op == ADC_OP_INDEX) return look->values[node->id];
    if (node->op == ADC_OP_READ) return read_value(look, node);
    for (unsigned i = 0; i < node->count; i++) in[i] = look->values[node->in[i]->id];
    if (node->op == ADC_OP_IF) return in[0].boolean ? in[1] : in[2];
    bool real = adc_type_is_real((enum adc_type)node->type);
    enum adc_type type = real || !node->count ? node->type : node->in[0]->type;
    return adc_op_apply((enum adc_op)node->op, type, in);
}

static void evaluate_open(const struct look *look)
{
    for (size_t i = 0; i < look->open.count; i++)
        look->values[look->open.data[i]->id] = value_of(look, look->open.data[i]);
}

/* What must be computed anew at each point for `roots`. */
static void collect(struct look *look, const struct adc_node *const *roots, size_t count)
{
    const struct adc_graph *graph = look->function->graph;
    uint8_t *needed = ADC_NEW_ARRAY(look->scratch, uint8_t, graph->nodes.count);
    for (size_t i = 0; i < count; i++) needed[roots[i]->id] = 1;
    for (size_t id = graph->nodes.count; id-- > 0;) {
        const struct adc_node *node = graph->nodes.data[id];
        if (!needed[id] || (!node->free && node->op != ADC_OP_INDEX)) needed[id] = 0;
        for (unsigned i = 0; needed[id] && i < node->count; i++) needed[node->in[i]->id] = 1;
        look->lost |= needed[id] && !is_plain(node);
    }
    look->open.count = 0;
    for (size_t id = 0; id < graph->nodes.count; id++)
        if (needed[id]) ADC_PUSH(look->scratch, look->open, graph->nodes.data[id]);
}

/* ----------------------------------------------------------------------- points */

/* `value` for all points of the indices at which the conditions hold. */
struct claim {
    const struct adc_node *index[ADC_MAX_INPUTS], *condition[ADC_MAX_INPUTS], *value;
    unsigned index_count, condition_count;
};

static bool is_all(const struct adc_node *node)
{
    return node->op == ADC_OP_NEST && !node->rank && node->number == ADC_REDUCE_ALL;
}

/* An `all` of an `all`, also under a condition, is one claim. */
static bool make_claim(struct look *look, const struct adc_node *node, struct claim *claim)
{
    *claim = (struct claim){.value = node};
    while (claim->condition_count < ADC_MAX_INPUTS) {
        node = claim->value;
        if (is_all(node)) {
            struct adc_nest nest = adc_nest_parts(node);
            if (claim->index_count + nest.index_count > ADC_MAX_INPUTS) return false;
            for (unsigned i = 0; i < nest.index_count; i++)
                claim->index[claim->index_count++] = nest.index[i];
            claim->condition[claim->condition_count++] = nest.guard;
            claim->value = nest.value;
        } else if (node->op == ADC_OP_IF && adc_is_true(node->in[2])) {
            claim->condition[claim->condition_count++] = node->in[0];
            claim->value = node->in[1];
        } else {
            break;
        }
    }
    const struct adc_node *roots[2 * ADC_MAX_INPUTS + 1] = {claim->value};
    unsigned count = 1;
    for (unsigned i = 0; i < claim->index_count; i++) roots[count++] = claim->index[i];
    for (unsigned i = 0; i < claim->condition_count; i++) roots[count++] = claim->condition[i];
    collect(look, roots, count);
    return claim->index_count && !look->lost;
}

static bool fails_here(const struct look *look, const struct claim *claim)
{
    evaluate_open(look);
    for (unsigned i = 0; i < claim->condition_count; i++)
        if (!look->values[claim->condition[i]->id].boolean) return false;
    return !look->values[claim->value->id].boolean;
}

/* Goes to the first point at which the claim is false; its indices keep their values. */
static bool first_failure(struct look *look, const struct claim *claim)
{
    unsigned level = 0;
    bool fresh = true;
    for (int64_t steps = 0; steps < MOST_POINTS; steps++) {
        const struct adc_node *index = claim->index[level];
        union adc_value *at = &look->values[index->id];
        if (fresh) {
            evaluate_open(look);
            at->integer = look->values[index->in[0]->id].integer;
        } else {
            at->integer++;
        }
        fresh = at->integer < look->values[index->in[1]->id].integer;
        if (!fresh) {
            if (level-- == 0) return false;
        } else if (level + 1 < claim->index_count) {
            level++;
        } else {
            fresh = false;
            if (fails_here(look, claim)) return true;
        }
    }
    return false;
}

/* The comparison that is false within a condition that is; NULL: not found. */
static const struct adc_node *culprit(struct look *look, const struct adc_node *node)
{
    for (;;) {
        struct claim claim;
        if (node->op == ADC_OP_IF) {
            const struct adc_node *condition = node->in[0];
            bool taken = look->values[condition->id].boolean;
            bool conjunction = !taken && adc_is_const(node->in[2]);
            node = conjunction ? condition : node->in[taken ? 1 : 2];
        } else if (node->op == ADC_OP_AND) {
            node = node->in[look->values[node->in[0]->id].boolean ? 1 : 0];
        } else if (is_all(node)) {
            if (!make_claim(look, node, &claim) || !first_failure(look, &claim)) return NULL;
            node = claim.value;
        } else {
            return node;
        }
    }
}

/* ------------------------------------------------------------------------- text */

struct showing {
    struct look *look;
    struct adc_text *out;
    unsigned count;
};

static void show(struct showing *s, const char *name, int64_t value)
{
    adc_text_format(s->out, "%s%s = %lld", s->count++ ? ", " : ": ", name, (long long)value);
}

/* The first array with this size as the length of an axis. */
static const char *array_with(const struct look *look, const struct adc_node *size)
{
    for (size_t i = 0; i < look->function->params.count; i++) {
        const struct adc_parameter *parameter = &look->function->params.data[i];
        for (unsigned axis = 0; axis < parameter->rank; axis++)
            if (parameter->shape[axis] == size) return parameter->name->text;
    }
    return NULL;
}

static void show_parameter(struct showing *s, const struct adc_node *node)
{
    const struct adc_parameter *parameter = &s->look->function->params.data[node->number];
    if (parameter->rank || node->type != ADC_INT) return;
    show(s, parameter->name->text, s->look->values[node->id].integer);
    const char *from = parameter->kind == ADC_DIM ? array_with(s->look, node) : NULL;
    if (from) adc_text_format(s->out, " (from `%s`)", from);
}

/* obs[17, 0] = 4 */
static void show_read(struct showing *s, const struct adc_node *node)
{
    struct adc_text text;
    const struct adc_node *array = node->in[0];
    if (array->op != ADC_OP_PARAM || node->type != ADC_INT) return;
    adc_text_init(&text, &s->look->session->arena);
    adc_text_add(&text, s->look->function->params.data[array->number].name->text);
    for (unsigned axis = 0; axis < array->rank; axis++)
        adc_text_format(&text, "%s%lld", axis ? ", " : "[",
                        (long long)s->look->values[node->in[axis + 1]->id].integer);
    adc_text_add(&text, "]");
    show(s, text.data, s->look->values[node->id].integer);
}

static void show_node(struct showing *s, const struct adc_node *node)
{
    const struct adc_name *name = s->look->function->graph->names.data[node->id];
    if (node->op == ADC_OP_PARAM) show_parameter(s, node);
    else if (node->op == ADC_OP_READ) show_read(s, node);
    else if (node->op == ADC_OP_INDEX && name)
        show(s, name->text, s->look->values[node->id].integer);
}

/* The ints that a comparison reads: indices and elements first, then sizes. */
static void show_comparison(struct look *look, const struct adc_node *comparison,
                            struct adc_text *out)
{
    struct showing s = {look, out, 0};
    const struct adc_graph *graph = look->function->graph;
    uint8_t *needed = ADC_NEW_ARRAY(look->scratch, uint8_t, graph->nodes.count);
    needed[comparison->id] = 1;
    for (size_t id = comparison->id + 1; id-- > 0;) {
        const struct adc_node *node = graph->nodes.data[id];
        bool stop = node->op == ADC_OP_INDEX || node->op == ADC_OP_NEST || node->rank;
        for (unsigned i = 0; needed[id] && !stop && i < node->count; i++)
            needed[node->in[i]->id] = 1;
    }
    for (unsigned sizes = 0; sizes < 2; sizes++)
        for (size_t id = 0; id <= comparison->id && s.count < MOST_SHOWN; id++) {
            const struct adc_node *node = graph->nodes.data[id];
            if (needed[id] && (node->op == ADC_OP_PARAM) == (sizes == 1)) show_node(&s, node);
        }
}

const char *failure_values(struct session *session, const struct adc_function *function,
                           const struct adc_check *check, const union adc_value *inputs)
{
    struct adc_arena scratch;
    struct adc_text out;
    struct look look = {.session = session, .function = function};
    adc_arena_init(&scratch, &session->heap);
    adc_text_init(&out, &session->arena);
    adc_text_add(&out, "");
    look.scratch = &scratch;
    adc_interpret(function, inputs, &scratch, &look.values);
    const struct adc_node *comparison = culprit(&look, check->condition);
    if (comparison) show_comparison(&look, comparison, &out);
    adc_arena_free(&scratch);
    return out.data;
}
