/* The lengths of axes: what the range of an index is over all passes and points, as ints made of
 * sizes and scalar parameters alone, so that the workspace is known before the run.
 *
 * They are found once, in the function whose indices have just been numbered (hull.h), and are
 * made again in later graphs where they are asked for. */
#include "passes/arrange.h"
#include "passes/hull.h"

void arrange_find_ends(struct arrange *arrange)
{
    struct adc_function *function = arrange->to;
    size_t count = function->graph->nodes.count;
    arrange->measured = function->graph;
    for (size_t i = 0; i < arrange->rank.count; i++)
        ADC_PUSH(arrange->scratch, arrange->ends, (struct arrange_ends){NULL, NULL});
    for (size_t id = 0; id < count; id++) {
        const struct adc_node *node = function->graph->nodes.data[id];
        if (node->op != ADC_OP_INDEX) continue;
        arrange->ends.data[node->number] =
            (struct arrange_ends){pass_end_of_ranges(function->graph, node->in[0], false),
                                  pass_end_of_ranges(function->graph, node->in[1], true)};
    }
}

/* A closed int of the graph in which ends were found, in the new graph. */
static const struct adc_node *again(struct arrange *arrange, const struct adc_node *root)
{
    struct node_list stack = {0};
    size_t count = (size_t)root->id + 1;
    const struct adc_node **made = ADC_NEW_ARRAY(arrange->scratch, const struct adc_node *, count);
    ADC_PUSH(arrange->scratch, stack, root);
    while (stack.count) {
        const struct adc_node *node = stack.data[stack.count - 1], *in[ADC_MAX_INPUTS];
        bool ready = true;
        for (unsigned i = 0; i < node->count; i++) {
            in[i] = made[node->in[i]->id];
            if (in[i]) continue;
            ADC_PUSH(arrange->scratch, stack, node->in[i]);
            ready = false;
        }
        if (!ready) continue;
        stack.count--;
        made[node->id] = adc_copy(arrange->to->graph, arrange->measured, node, in);
    }
    return made[root->id];
}

/* An end that is closed as it stands may be better known. */
static const struct adc_node *end_of(const struct arrange *arrange, const struct adc_node *index,
                                     bool most)
{
    struct arrange_ends ends = arrange->ends.data[index->number];
    return most ? ends.high : ends.low;
}

bool arrange_has_ends(const struct arrange *arrange, const struct adc_node *index)
{
    return (!index->in[0]->free || end_of(arrange, index, false)) &&
           (!index->in[1]->free || end_of(arrange, index, true));
}

/* Something stands there in place of a length; nothing is made of it. */
static const struct adc_node *note(struct arrange *arrange, const struct adc_node *of)
{
    if (!arrange->is_unsized) arrange->unsized_at = arrange->to->graph->spans.data[of->id];
    arrange->is_unsized = true;
    return adc_int(arrange->to->graph, 0);
}

static const struct adc_node *end_or_note(struct arrange *arrange, const struct adc_node *index,
                                          bool most)
{
    const struct adc_node *end = end_of(arrange, index, most), *own = index->in[most];
    if (end) return again(arrange, end);
    if (!own->free) return own;
    return note(arrange, index);
}

const struct adc_node *arrange_axis(struct arrange *arrange, const struct adc_node *index,
                                    const struct adc_node **length)
{
    struct adc_graph *graph = arrange->to->graph;
    const struct adc_node *low = end_or_note(arrange, index, false);
    *length = end_or_note(arrange, index, true);
    if (adc_is_const(low) && low->value.integer == 0) return index;
    *length = pass_minus(graph, *length, low);
    return adc_apply2(graph, ADC_OP_ISUB, index, low);
}

const struct adc_node *arrange_length(struct arrange *arrange, const struct adc_node *length)
{
    const struct adc_node *end = pass_end_of_ranges(arrange->to->graph, length, true);
    if (end) return end;
    return note(arrange, length);
}
