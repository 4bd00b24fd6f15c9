/* Store or recompute: a loop over an index that an earlier loop of the same block runs over too
 * computes again what
 * it shares with that one, except what is costly: reductions, transcendental functions, results
 * of loops. These the
 * earlier loop stores, in an array over the indices they depend on from the loop's index
 * inwards. Inside of a loop
 * over points such an array is as long as a point is large; at the outermost level it is what
 * others call the tape. */
#include "passes/arrange_fuse.h"

/* --------------------------------------------------------------------------- finding */

struct owners {
    struct fusion *fusion;
    uint32_t *owner; /* by id: group + 1 that computes the node first, of the index at hand */
    uint32_t *stamp; /* by id: group + 1 that was here last */
};

static bool is_costly(const struct adc_node *node)
{
    if (node->rank) return false;
    if (node->op == ADC_OP_NEST) return adc_nest_parts(node).index_count > 0;
    if (node->op == ADC_OP_FINAL) return true;
    return node->op >= ADC_OP_FIRST_ELEMENTWISE &&
           adc_op_info((enum adc_op)node->op)->properties & ADC_COSTLY;
}

/* It depends on all loops around the group's, so that its array belongs into the same block, and
 * has an axis for each
 * of its indices from the loop's inwards, which are ordinary ones. */
static bool can_be_kept(const struct fusion *f, const struct group *group,
                        const struct adc_node *node)
{
    struct arrange *arrange = f->arrange;
    const struct adc_indices *scope = arrange->updates.scope[node->id];
    const struct sink *sink = &f->sinks.data[group->sinks.data[0]];
    uint32_t rank = arrange_rank(arrange, group->index), axes = 0;
    for (unsigned i = 0; i < f->level; i++)
        if (!adc_indices_has(scope, sink->path[i])) return false;
    for (uint32_t i = 0; i < node->free->count; i++) {
        const struct adc_node *index = node->free->index[i];
        if (arrange_rank(arrange, index) < rank) continue;
        if (arrange->time.data[index->number] || ++axes > ADC_MAX_RANK) return false;
        if (!arrange_has_ends(arrange, index)) return false;
    }
    return true;
}

/* The group's share: what it computes, and what it finds computed. */
static void walk_group(struct owners *o, uint32_t number, const struct node_list *roots)
{
    struct fusion *f = o->fusion;
    struct group *group = &f->groups.data[number];
    struct adc_arena *scratch = f->arrange->scratch;
    struct node_list stack = {0};
    for (size_t i = 0; i < roots->count; i++) ADC_PUSH(scratch, stack, roots->data[i]);
    while (stack.count) {
        const struct adc_node *node = stack.data[--stack.count];
        if (o->stamp[node->id] == number + 1 || !adc_indices_has(node->free, group->index))
            continue;
        o->stamp[node->id] = number + 1;
        uint32_t owner = o->owner[node->id];
        if (owner && is_costly(node) && can_be_kept(f, group, node)) {
            ADC_PUSH(scratch, group->kept, (struct kept){node, owner - 1});
            continue;
        }
        if (!owner) o->owner[node->id] = number + 1;
        for (unsigned i = 0; i < node->count; i++) ADC_PUSH(scratch, stack, node->in[i]);
    }
}

static void walk_sinks(struct owners *o, uint32_t number)
{
    struct fusion *f = o->fusion;
    const struct group *group = &f->groups.data[number];
    struct node_list roots = {0};
    for (size_t i = 0; i < group->sinks.count; i++) {
        const struct adc_node *nest = f->sinks.data[group->sinks.data[i]].nest;
        if (nest->op == ADC_OP_LOOP) return;
        for (unsigned j = 0; j < nest->count; j++)
            ADC_PUSH(f->arrange->scratch, roots, nest->in[j]);
    }
    walk_group(o, number, &roots);
}

void arrange_find_kept(struct fusion *f)
{
    struct adc_arena *scratch = f->arrange->scratch;
    size_t count = f->graph->nodes.count;
    struct owners o = {.fusion = f};
    uint8_t *done = ADC_NEW_ARRAY(scratch, uint8_t, f->groups.count);
    o.stamp = ADC_NEW_ARRAY(scratch, uint32_t, count);
    for (uint32_t i = 0; i < f->groups.count; i++) {
        bool again = false;
        if (done[i]) continue;
        for (uint32_t j = i + 1; j < f->groups.count; j++)
            again = again || (f->groups.data[j].index == f->groups.data[i].index &&
                              f->groups.data[j].block == f->groups.data[i].block);
        if (!again) continue;
        o.owner = ADC_NEW_ARRAY(scratch, uint32_t, count);
        for (uint32_t j = i; j < f->groups.count; j++) {
            if (f->groups.data[j].index != f->groups.data[i].index ||
                f->groups.data[j].block != f->groups.data[i].block)
                continue;
            done[j] = 1;
            walk_sinks(&o, j);
        }
    }
}

/* --------------------------------------------------------------------------- making */

static void remember(struct fusion *f, struct group *group, const struct adc_node *node,
                     const struct adc_node *version)
{
    while (group->memo.count <= node->id) ADC_PUSH(f->arrange->scratch, group->memo, NULL);
    group->memo.data[node->id] = version;
}

static const struct adc_node *remembered(const struct group *group, const struct adc_node *node)
{
    return node->id < group->memo.count ? group->memo.data[node->id] : NULL;
}

/* The group's own version of a node: the index renamed, what is kept replaced. */
static const struct adc_node *version(struct fusion *f, struct group *group,
                                      const struct adc_node *root)
{
    struct adc_graph *graph = f->arrange->to->graph;
    const struct adc_node *index = f->arrange->map[group->index->id];
    struct node_list stack = {0};
    if (!adc_indices_has(root->free, index)) return root;
    ADC_PUSH(f->arrange->scratch, stack, root);
    while (stack.count) {
        const struct adc_node *node = stack.data[stack.count - 1], *in[ADC_MAX_INPUTS];
        bool waits = false;
        for (unsigned i = 0; !remembered(group, node) && i < node->count; i++) {
            in[i] = node->in[i];
            if (!adc_indices_has(in[i]->free, index)) continue;
            in[i] = remembered(group, node->in[i]);
            if (in[i]) continue;
            ADC_PUSH(f->arrange->scratch, stack, node->in[i]);
            waits = true;
        }
        if (waits) continue;
        stack.count--;
        if (!remembered(group, node)) remember(f, group, node, adc_structural(graph, node, in));
    }
    return remembered(group, root);
}

/* The indices from the loop's inwards that a node of the new graph depends on, by rank. */
static unsigned axes_of(struct arrange *arrange, const struct adc_node *node,
                        const struct adc_node *index, const struct adc_node **axes)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < node->free->count; i++)
        if (arrange_rank(arrange, node->free->index[i]) >= arrange_rank(arrange, index))
            axes[count++] = node->free->index[i];
    arrange_sort(arrange, axes, count);
    return count;
}

/* The array in which the owner stores a value, read where the group stands. */
static const struct adc_node *kept_read(struct fusion *f, struct group *group,
                                        const struct kept *kept)
{
    struct arrange *arrange = f->arrange;
    struct group *owner = &f->groups.data[kept->owner];
    const struct adc_node *node = arrange->map[kept->node->id];
    const struct adc_node *index = arrange->map[group->index->id];
    const struct adc_node *own[ADC_MAX_RANK], *at[ADC_MAX_RANK], *shape[ADC_MAX_RANK];
    const struct adc_node *axes[ADC_MAX_RANK], *length;
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET};
    nest.rank = nest.index_count = axes_of(arrange, node, index, axes);
    for (unsigned i = 0; i < nest.rank; i++) {
        own[i] = arrange_in_group(f, owner, axes[i]);
        at[i] = arrange_axis(arrange, own[i], &shape[i]);
    }
    nest.value = arrange_in_group(f, owner, node);
    nest.target = at;
    nest.shape = shape;
    nest.index = own;
    const struct adc_node *array = adc_nest(arrange->to->graph, &nest);
    ADC_PUSH(arrange->scratch, arrange->stored, array);
    for (unsigned i = 0; i < nest.rank; i++)
        at[i] = arrange_axis(arrange, version(f, group, axes[i]), &length);
    return adc_read(arrange->to->graph, array, at);
}

/* The loop's index, and what it finds stored. */
static void begin(struct fusion *f, struct group *group)
{
    struct arrange *arrange = f->arrange;
    const struct adc_node *index = arrange->map[group->index->id];
    group->begun = true;
    group->fresh = arrange_fresh(arrange, index, arrange_rank(arrange, index));
    const struct adc_name *name = arrange->to->graph->names.data[index->id];
    if (name) adc_graph_set_name(arrange->to->graph, group->fresh, name);
    remember(f, group, index, group->fresh);
}

const struct adc_node *arrange_in_group(struct fusion *f, struct group *group,
                                        const struct adc_node *node)
{
    if (!group->renamed) return node;
    if (!group->begun) begin(f, group);
    for (size_t i = 0; i < group->kept.count; i++) {
        const struct kept *kept = &group->kept.data[i];
        const struct adc_node *made = f->arrange->map[kept->node->id];
        if (!made || remembered(group, made)) continue;
        remember(f, group, made, kept_read(f, group, kept));
    }
    return version(f, group, node);
}
