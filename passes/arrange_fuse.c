/* Fusion: which nests share a loop.
 *
 * Level by level, outermost first. In one block (the loops open so far) nests that bind the same
 * index next may
 * share its loop if no dependence path joins them. Greedy and topological: of the indices that
 * ready nests ask
 * for, the one is taken whose loop nothing could still join. Every further loop over an index node,
 * here or in
 * another block, gets an index of its own: its body becomes nodes of its own, so what it shares
 * with an earlier loop is computed again, or has been stored by that one (arrange_keep.c). */
#include "passes/arrange_fuse.h"

static bool same_block(const struct sink *a, const struct sink *b, unsigned level)
{
    for (unsigned i = 0; i < level; i++)
        if (a->path[i] != b->path[i]) return false;
    return true;
}

/* Nests that bind their index number `level`, in order of their ids. */
static bool find_sinks(struct fusion *f)
{
    struct adc_arena *scratch = f->arrange->scratch;
    bool deeper = false;
    for (size_t id = 0; id < f->graph->nodes.count; id++) {
        const struct adc_node *node = f->graph->nodes.data[id];
        if (!f->arrange->updates.live[id] || (node->op != ADC_OP_NEST && node->op != ADC_OP_LOOP))
            continue;
        struct sink sink = {.nest = node};
        sink.depth = arrange_path(f->arrange, node, sink.path);
        for (unsigned i = 0; i < f->level && i < sink.depth; i++) f->used[sink.path[i]->id] = 1;
        if (sink.depth > f->level + 1) deeper = true;
        const struct adc_indices *scope = f->arrange->updates.scope[id];
        unsigned free = scope ? scope->count : 0;
        if (sink.depth <= f->level || f->level < free) continue;
        ADC_PUSH(scratch, f->sinks, sink);
    }
    uint32_t blocks = 0;
    for (size_t i = 0; i < f->sinks.count; i++) {
        struct sink *sink = &f->sinks.data[i];
        sink->block = blocks;
        for (size_t j = i; j-- > 0;)
            if (same_block(sink, &f->sinks.data[j], f->level)) {
                sink->block = f->sinks.data[j].block;
                break;
            }
        if (sink->block == blocks) blocks++;
    }
    return deeper;
}

struct reader_list {
    struct fusion *f;
    const struct adc_node *update;
};

static void add_reader(void *context, const struct adc_node *reader)
{
    struct reader_list *list = context;
    if (reader == list->update) return;
    ADC_PUSH(list->f->arrange->scratch, list->f->readers[list->update->id], reader);
}

/* What has to come before a nest or LOOP because it reads what these replace. */
static void find_readers(struct fusion *f)
{
    const struct updates *updates = &f->arrange->updates;
    size_t count = f->graph->nodes.count;
    f->readers = ADC_NEW_ARRAY(f->arrange->scratch, struct node_list, count);
    for (size_t id = 0; id < count; id++) {
        const struct adc_node *node = f->graph->nodes.data[id];
        struct reader_list list = {f, node};
        if (!updates->live[id]) continue;
        if (node->op == ADC_OP_NEST && updates->replaced[id]) {
            ADC_PUSH(f->arrange->scratch, f->readers[id], updates->replaced[id]);
            updates_readers(updates, updates->replaced[id], updates->scope[id], add_reader, &list);
        }
        for (unsigned i = 3; node->op == ADC_OP_LOOP && i < node->count; i += 3)
            if (node->in[i]->rank)
                updates_readers(updates, node->in[i], updates->scope[id], add_reader, &list);
    }
}

static void reach(struct fusion *f, struct node_list *stack, const struct adc_node *node,
                  uint32_t stamp)
{
    if (f->stamp[node->id] == stamp) return;
    f->stamp[node->id] = stamp;
    ADC_PUSH(f->arrange->scratch, *stack, node);
}

/* Bits of the sinks of the same block that `sink` has to come after. The stack is empty and keeps
 * its room from one sink to the next: each may reach all nodes. */
static void find_needs(struct fusion *f, struct sink *sink, const uint32_t *sink_of,
                       struct node_list *stack)
{
    size_t words = f->sinks.count / 64 + 1;
    uint32_t stamp = ++f->stamps;
    sink->needs = ADC_NEW_ARRAY(f->arrange->scratch, uint64_t, words);
    reach(f, stack, sink->nest, stamp);
    while (stack->count) {
        const struct adc_node *node = stack->data[--stack->count];
        uint32_t number = sink_of[node->id];
        if (node != sink->nest && number && f->sinks.data[number - 1].block == sink->block) {
            sink->needs[(number - 1) / 64] |= UINT64_C(1) << (number - 1) % 64;
            sink->waiting++;
        }
        for (unsigned i = 0; i < node->count; i++) reach(f, stack, node->in[i], stamp);
        for (size_t i = 0; i < f->readers[node->id].count; i++)
            reach(f, stack, f->readers[node->id].data[i], stamp);
    }
}

static bool needs(const struct sink *sink, size_t other)
{
    return sink->needs[other / 64] >> other % 64 & 1;
}

static bool is_ready(const struct sink *sink, uint32_t block)
{
    return sink->block == block && !sink->placed && !sink->waiting;
}

/* How many nests could still join the loop over `index` if it waited. */
static unsigned joiners(const struct fusion *f, uint32_t block, const struct adc_node *index)
{
    unsigned count = 0;
    for (size_t i = 0; i < f->sinks.count; i++) {
        const struct sink *sink = &f->sinks.data[i];
        if (sink->block != block || sink->placed || !sink->waiting || sink->path[f->level] != index)
            continue;
        bool blocked = false;
        for (size_t j = 0; j < f->sinks.count && !blocked; j++)
            blocked = needs(sink, j) && !f->sinks.data[j].placed &&
                      f->sinks.data[j].path[f->level] == index;
        count += !blocked;
    }
    return count;
}

/* The index whose loop comes next in the block; NULL when all nests are placed. */
static const struct adc_node *choose(struct fusion *f, uint32_t block)
{
    const struct adc_node *best = NULL;
    unsigned fewest = 0;
    uint32_t stamp = ++f->stamps;
    for (size_t i = 0; i < f->sinks.count; i++) {
        const struct sink *sink = &f->sinks.data[i];
        if (!is_ready(sink, block)) continue;
        uint32_t *asked = &f->stamp[sink->path[f->level]->id];
        if (*asked == stamp) continue;
        *asked = stamp;
        unsigned count = joiners(f, block, sink->path[f->level]);
        if (best && count >= fewest) continue;
        best = sink->path[f->level];
        fewest = count;
    }
    return best;
}

static void place(struct fusion *f, uint32_t block, const struct adc_node *index)
{
    struct group group = {.index = index, .renamed = f->used[index->id], .block = block};
    ADC_PUSH(f->arrange->scratch, f->groups, group);
    f->used[index->id] = 1;
    size_t count = f->sinks.count;
    uint8_t *now = ADC_NEW_ARRAY(f->arrange->scratch, uint8_t, count);
    for (size_t i = 0; i < count; i++) {
        now[i] = is_ready(&f->sinks.data[i], block) && f->sinks.data[i].path[f->level] == index;
        bool alone =
            f->sinks.data[i].nest->op == ADC_OP_LOOP || pass_is_in(f->arrange->without, PASS_FUSE);
        if (now[i] && alone) break;
    }
    for (size_t i = 0; i < count; i++) {
        if (!now[i]) continue;
        f->sinks.data[i].placed = true;
        f->group_of[f->sinks.data[i].nest->id] = (uint32_t)f->groups.count;
        ADC_PUSH(f->arrange->scratch, f->groups.data[f->groups.count - 1].sinks, (uint32_t)i);
        for (size_t j = 0; j < count; j++)
            if (f->sinks.data[j].block == block && needs(&f->sinks.data[j], i))
                f->sinks.data[j].waiting--;
    }
}

static void group_sinks(struct fusion *f)
{
    uint32_t *sink_of = ADC_NEW_ARRAY(f->arrange->scratch, uint32_t, f->graph->nodes.count);
    struct node_list stack = {0};
    uint32_t blocks = 0;
    for (size_t i = 0; i < f->sinks.count; i++) {
        sink_of[f->sinks.data[i].nest->id] = (uint32_t)i + 1;
        if (f->sinks.data[i].block >= blocks) blocks = f->sinks.data[i].block + 1;
    }
    for (size_t i = 0; i < f->sinks.count; i++) find_needs(f, &f->sinks.data[i], sink_of, &stack);
    for (uint32_t block = 0; block < blocks; block++)
        for (const struct adc_node *index; (index = choose(f, block));) place(f, block, index);
}

/* ------------------------------------------------------------------------ rename */

static const struct adc_node *make(struct arrange *arrange, const struct adc_node *node,
                                   const struct adc_node *const *in)
{
    struct fusion *f = arrange->fusion;
    const struct adc_node *made = arrange_copy(arrange, node, in);
    if (!f->group_of[node->id]) return made;
    struct group *group = &f->groups.data[f->group_of[node->id] - 1];
    const struct adc_node *inputs[ADC_MAX_INPUTS];
    if (!group->renamed) return made;
    for (unsigned i = 0; i < made->count; i++) inputs[i] = arrange_in_group(f, group, made->in[i]);
    return adc_structural(arrange->to->graph, made, inputs);
}

struct adc_function *arrange_fuse(struct arrange *arrange, const struct adc_function *from)
{
    struct adc_function *to = NULL;
    bool deeper = true;
    for (unsigned level = 0; deeper; level++) {
        struct fusion f = {.arrange = arrange, .graph = from->graph, .level = level};
        size_t count = from->graph->nodes.count;
        f.group_of = ADC_NEW_ARRAY(arrange->scratch, uint32_t, count);
        f.used = ADC_NEW_ARRAY(arrange->scratch, uint8_t, count);
        f.stamp = ADC_NEW_ARRAY(arrange->scratch, uint32_t, count);
        arrange_look(arrange, from);
        find_readers(&f);
        deeper = find_sinks(&f);
        group_sinks(&f);
        if (!pass_is_in(arrange->without, PASS_KEEP)) arrange_find_kept(&f);
        arrange->fusion = &f;
        arrange->stored.count = 0;
        to = arrange_rebuild(arrange, from, make);
        arrange->fusion = NULL;
        to = arrange_unshare(arrange, to);
        from = to;
    }
    return to;
}
