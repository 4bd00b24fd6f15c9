/* Regions and places: where a node is needed, and whether it is printed inside its one user.
 *
 * Inline expressions are bounded in depth and size; a source name always gets its variable. */
#include "passes/schedule.h"

enum { MAX_INLINE_SIZE = 10, FIRST_BUCKETS = 64 };

/* ---------------------------------------------------------------------- regions */

static uint32_t hash_arm(const struct region *parent, const struct adc_node *condition,
                         bool positive)
{
    const struct adc_node *above = parent->condition ? parent->condition : parent->index;
    uint32_t words[] = {above ? above->id + 1 : 0, parent->depth, parent->positive, condition->id,
                        positive};
    return adc_hash(words, sizeof words, 0);
}

static void grow(struct schedule *schedule)
{
    struct region **old = schedule->buckets;
    uint32_t count = schedule->bucket_count;
    schedule->bucket_count = count ? count * 4 : FIRST_BUCKETS;
    schedule->buckets = ADC_NEW_ARRAY(schedule->scratch, struct region *, schedule->bucket_count);
    for (uint32_t i = 0; i < count; i++)
        for (struct region *region = old[i], *next; region; region = next) {
            next = region->hash_next;
            const struct adc_node *node = region->condition ? region->condition : region->index;
            uint32_t hash = hash_arm(region->parent, node, region->positive);
            struct region **bucket = &schedule->buckets[hash & (schedule->bucket_count - 1)];
            region->hash_next = *bucket;
            *bucket = region;
        }
}

static struct region *find_arm(struct schedule *schedule, struct region *parent,
                               const struct adc_node *condition, bool positive)
{
    if (!schedule->bucket_count) return NULL;
    uint32_t hash = hash_arm(parent, condition, positive);
    struct region *region = schedule->buckets[hash & (schedule->bucket_count - 1)];
    for (; region; region = region->hash_next)
        if (region->parent == parent && region->positive == positive &&
            (region->condition == condition || region->index == condition))
            return region;
    return NULL;
}

/* A region that is not there yet. An index and a condition are never the same node. */
static struct region *add_region(struct schedule *schedule, struct region *parent,
                                 const struct adc_node *node, bool positive)
{
    struct region *region = ADC_NEW(schedule->scratch, struct region);
    region->parent = parent;
    region->depth = parent->depth + 1;
    region->positive = positive;
    if (node->op == ADC_OP_INDEX) region->index = node;
    else region->condition = node;
    uint32_t hash = hash_arm(parent, node, positive);
    struct region **bucket = &schedule->buckets[hash & (schedule->bucket_count - 1)];
    region->hash_next = *bucket;
    *bucket = region;
    schedule->region_count++;
    return region;
}

struct region *schedule_arm(struct schedule *schedule, struct region *parent,
                            const struct adc_node *condition, bool positive)
{
    if (schedule->region_count >= schedule->bucket_count) grow(schedule);
    struct region *region = find_arm(schedule, parent, condition, positive);
    if (region) return region;
    region = add_region(schedule, parent, condition, positive);
    region->other = find_arm(schedule, parent, condition, !positive);
    if (region->other) region->other->other = region;
    region->same_next = schedule->by_condition[condition->id];
    schedule->by_condition[condition->id] = region;
    return region;
}

struct region *schedule_common(struct region *a, struct region *b)
{
    while (a != b) {
        if (a->depth >= b->depth) a = a->parent;
        else b = b->parent;
    }
    return a;
}

void schedule_need(struct schedule *schedule, const struct adc_node *node, struct region *region)
{
    struct region **now = &schedule->region[node->id];
    schedule->uses[node->id]++;
    *now = *now ? schedule_common(*now, region) : region;
}

/* The loop over `index` in `parent`; the ends of its range are needed there. */
static struct region *loop_in(struct schedule *schedule, struct region *parent,
                              const struct adc_node *index)
{
    if (schedule->region_count >= schedule->bucket_count) grow(schedule);
    struct region *region = find_arm(schedule, parent, index, true);
    if (region) return region;
    schedule_need(schedule, index->in[0], parent);
    schedule_need(schedule, index->in[1], parent);
    return add_region(schedule, parent, index, true);
}

/* Free indices are the outermost ones (arrange.h), and the nests that bind them were visited
 * before. */
static struct region *open_loops(struct schedule *schedule, const struct adc_indices *free)
{
    struct region *region = &schedule->root;
    for (uint32_t left = free ? free->count : 0; left > 0; left--) {
        struct region *next = NULL;
        for (uint32_t i = 0; !next && i < free->count; i++)
            next = find_arm(schedule, region, free->index[i], true);
        ADC_INVARIANT(next, schedule->graph);
        region = next;
    }
    return region;
}

struct schedule_nest schedule_nest_regions(struct schedule *schedule, const struct adc_node *node)
{
    struct adc_nest nest = adc_nest_parts(node);
    struct schedule_nest regions = {.outside =
                                        open_loops(schedule, schedule->updates.scope[node->id])};
    regions.body = regions.outside;
    for (unsigned i = 0; i < nest.index_count; i++) {
        regions.body = loop_in(schedule, regions.body, nest.index[i]);
        if (i == 0) regions.outermost = regions.body;
    }
    regions.inside = adc_is_true(nest.guard)
                         ? regions.body
                         : schedule_arm(schedule, regions.body, nest.guard, true);
    regions.inside->asked |= nest.unread;
    return regions;
}

struct schedule_nest schedule_loop_regions(struct schedule *schedule, const struct adc_node *loop)
{
    struct schedule_nest regions = {.outside =
                                        open_loops(schedule, schedule->updates.scope[loop->id])};
    regions.outermost = regions.body = regions.inside =
        loop_in(schedule, regions.outside, loop->in[0]);
    return regions;
}

unsigned schedule_first_length(const struct adc_node *nest)
{
    return arrange_sets_all(nest) || adc_nest_parts(nest).unread ? 1 : 0;
}

static void visit_nest(struct schedule *schedule, const struct adc_node *node)
{
    struct adc_nest nest = adc_nest_parts(node);
    for (unsigned i = schedule_first_length(node); i < nest.rank; i++)
        schedule_need(schedule, nest.shape[i], &schedule->root);
    if (adc_has_no_points(node) && nest.rank) {
        schedule->region[node->id] = open_loops(schedule, schedule->updates.scope[node->id]);
        return;
    }
    struct schedule_nest regions = schedule_nest_regions(schedule, node);
    schedule->region[node->id] = regions.outside;
    schedule_need(schedule, nest.guard, regions.body);
    schedule_need(schedule, nest.value, regions.inside);
    for (unsigned i = 0; i < nest.rank; i++)
        schedule_need(schedule, nest.target[i], regions.inside);
}

/* Arrays begin where the loop does; scalar nexts get variables of their own, since all STATEs
 * change at once. */
static void visit_loop(struct schedule *schedule, const struct adc_node *node)
{
    struct schedule_nest regions = schedule_loop_regions(schedule, node);
    schedule->region[node->id] = regions.outside;
    regions.body->carries = node;
    schedule_need(schedule, node->in[1], regions.body);
    for (unsigned i = 0; i < adc_loop_parts(node).count; i++) {
        struct adc_carried carried = adc_loop_carried(node, i);
        schedule_need(schedule, carried.init, regions.outside);
        schedule_need(schedule, carried.state, regions.body);
        schedule_need(schedule, carried.next, regions.body);
        if (!carried.next->rank) schedule->kept[carried.next->id] = 1;
    }
}

/* PUT, JOIN, STATE, FINAL: as often as the loops in whose scope they are. */
static void visit_version(struct schedule *schedule, const struct adc_node *node)
{
    struct region *region = open_loops(schedule, schedule->updates.scope[node->id]);
    schedule->region[node->id] = region;
    for (unsigned i = 0; i < node->rank; i++)
        schedule_need(schedule, adc_shape(node, i), &schedule->root);
    if (node->op == ADC_OP_STATE) return;
    for (unsigned i = 0; i < node->count; i++) schedule_need(schedule, node->in[i], region);
}

static void visit_read(struct schedule *schedule, const struct adc_node *node,
                       struct region *region)
{
    for (unsigned i = 0; i < node->count; i++) schedule_need(schedule, node->in[i], region);
    for (unsigned i = 1; i < node->in[0]->rank; i++)
        schedule_need(schedule, adc_shape(node->in[0], i), &schedule->root);
}

static void visit_node(struct schedule *schedule, const struct adc_node *node)
{
    struct region *region = schedule->region[node->id];
    while (schedule->early[node->id] && region->condition) region = region->parent;
    region = schedule_lifted(schedule, node, region);
    schedule->region[node->id] = region;
    if (node->op == ADC_OP_READ) {
        visit_read(schedule, node, region);
        return;
    }
    for (unsigned i = 0; i < node->count; i++) {
        bool arm = node->op == ADC_OP_IF && i > 0 && !schedule_is_leaf(node->in[i]);
        schedule_need(schedule, node->in[i],
                      arm ? schedule_arm(schedule, region, node->in[0], i == 1) : region);
    }
}

static void find_regions(struct schedule *schedule)
{
    const struct adc_function *function = schedule->function;
    for (size_t i = 0; i < function->results.count; i++)
        for (uint32_t j = 0; j < function->results.data[i].count; j++)
            schedule_need(schedule, function->results.data[i].nodes[j], &schedule->root);
    for (size_t i = 0; i < function->checks.count; i++)
        schedule_need(schedule, function->checks.data[i].condition, &schedule->root);
    for (size_t id = schedule->count; id-- > 0;) {
        const struct adc_node *node = schedule->graph->nodes.data[id];
        if (!schedule->region[id] || schedule_is_leaf(node)) continue;
        switch (node->op) {
        case ADC_OP_NEST: visit_nest(schedule, node); break;
        case ADC_OP_LOOP: visit_loop(schedule, node); break;
        case ADC_OP_STATE:
        case ADC_OP_FINAL:
        case ADC_OP_PUT:
        case ADC_OP_JOIN: visit_version(schedule, node); break;
        default: visit_node(schedule, node); break;
        }
    }
}

/* ----------------------------------------------------------------------- places */

/* What inlining looks at, by id. */
struct shape {
    uint16_t depth, size; /* of the expression the node would print */
    uint32_t reads;       /* depth of the innermost region whose variables it reads */
};

static bool is_inline(const struct schedule *schedule, const struct adc_node *node)
{
    return schedule->program->place[node->id] == LOOP_INLINE;
}

/* An IF is an expression if neither arm needs a statement of its own. */
static bool is_expression(const struct schedule *schedule, const struct adc_node *node,
                          const struct shape *shapes)
{
    for (unsigned i = 1; i < 3; i++) {
        const struct adc_node *arm = node->in[i];
        if (schedule_is_leaf(arm) ||
            schedule->region[arm->id]->depth <= schedule->region[node->id]->depth)
            continue;
        if (!is_inline(schedule, arm)) return false;
        if (shapes[arm->id].reads > schedule->region[node->id]->depth) return false;
    }
    return true;
}

static struct shape shape_of(const struct schedule *schedule, const struct adc_node *node,
                             const struct shape *shapes)
{
    struct shape shape = {.depth = 1, .size = 1};
    for (unsigned i = 0; i < node->count; i++) {
        const struct adc_node *in = node->in[i];
        if (schedule_is_leaf(in) || !schedule->region[in->id]) continue; /* or of no points */
        if (!is_inline(schedule, in)) {
            uint32_t depth = schedule->region[in->id]->depth;
            if (depth > shape.reads) shape.reads = depth;
            continue;
        }
        if (shapes[in->id].depth >= shape.depth) shape.depth = (uint16_t)(shapes[in->id].depth + 1);
        shape.size = (uint16_t)(shape.size + shapes[in->id].size);
        if (shapes[in->id].reads > shape.reads) shape.reads = shapes[in->id].reads;
    }
    return shape;
}

static enum loop_place place_of(struct schedule *schedule, const struct adc_node *node,
                                const struct shape *shapes)
{
    const struct shape *shape = &shapes[node->id];
    if (node->rank) return LOOP_BUFFER;
    if (node->op == ADC_OP_LOOP) return LOOP_UNUSED;
    if (node->op == ADC_OP_NEST || node->op == ADC_OP_STATE || node->op == ADC_OP_FINAL)
        return LOOP_LOCAL;
    if (node->op == ADC_OP_IF) {
        schedule->expression[node->id] = shape->size <= MAX_INLINE_SIZE &&
                                         shape->depth < LOOP_MAX_DEPTH &&
                                         is_expression(schedule, node, shapes);
        if (!schedule->expression[node->id]) return LOOP_LOCAL;
    }
    bool fits = shape->depth < LOOP_MAX_DEPTH && shape->size <= MAX_INLINE_SIZE;
    bool named = schedule->graph->names.data[node->id] != NULL;
    if (schedule->kept[node->id]) fits = false;
    bool stays = !schedule->hoisted[node->id]; /* else it would be computed in the loop again */
    return schedule->uses[node->id] == 1 && fits && stays && !named ? LOOP_INLINE : LOOP_LOCAL;
}

/* An inline node that would make its user too big is given a variable instead: asked from the
 * user's side,
 * where the sum over all inputs is known. */
static void keep_small(struct schedule *schedule, const struct adc_node *node,
                       const struct shape *shapes)
{
    unsigned size = 1;
    for (unsigned i = 0; i < node->count; i++) {
        const struct adc_node *in = node->in[i];
        if (schedule_is_leaf(in) || !is_inline(schedule, in)) continue;
        size += shapes[in->id].size;
        bool deep = shapes[in->id].depth + 1 >= LOOP_MAX_DEPTH;
        if (size > MAX_INLINE_SIZE || deep) {
            schedule->program->place[in->id] = LOOP_LOCAL;
            size -= shapes[in->id].size;
        }
    }
}

static void find_places(struct schedule *schedule)
{
    struct shape *shapes = ADC_NEW_ARRAY(schedule->scratch, struct shape, schedule->count);
    for (size_t id = 0; id < schedule->count; id++) {
        const struct adc_node *node = schedule->graph->nodes.data[id];
        uint8_t *place = &schedule->program->place[id];
        *place = LOOP_UNUSED;
        if (!schedule->region[id]) continue;
        *place = LOOP_LEAF;
        if (schedule_is_leaf(node)) continue;
        if (node->op != ADC_OP_NEST && node->op != ADC_OP_LOOP) keep_small(schedule, node, shapes);
        shapes[id] = shape_of(schedule, node, shapes);
        *place = (uint8_t)place_of(schedule, node, shapes);
    }
}

static void give_host(struct schedule *schedule, const struct adc_node *node, struct region *host)
{
    if (!schedule_is_leaf(node) && is_inline(schedule, node)) schedule->host[node->id] = host;
}

static void host_shape(struct schedule *schedule, const struct adc_node *array)
{
    for (unsigned i = array->op == ADC_OP_NEST ? schedule_first_length(array) : 0; i < array->rank;
         i++)
        give_host(schedule, adc_shape(array, i), &schedule->root);
}

static void host_loop(struct schedule *schedule, const struct adc_node *node)
{
    struct schedule_nest regions = schedule_loop_regions(schedule, node);
    give_host(schedule, node->in[0]->in[0], regions.outside);
    give_host(schedule, node->in[0]->in[1], regions.outside);
    for (unsigned i = 0; i < adc_loop_parts(node).count; i++)
        give_host(schedule, adc_loop_carried(node, i).init, regions.outside);
}

static void host_nest(struct schedule *schedule, const struct adc_node *node)
{
    struct adc_nest nest = adc_nest_parts(node);
    host_shape(schedule, node);
    if (adc_has_no_points(node) && nest.rank) return;
    struct schedule_nest regions = schedule_nest_regions(schedule, node);
    struct region *region = regions.body;
    give_host(schedule, nest.guard, regions.body);
    give_host(schedule, nest.value, regions.inside);
    for (unsigned i = 0; i < nest.rank; i++) give_host(schedule, nest.target[i], regions.inside);
    for (unsigned i = nest.index_count; i-- > 0; region = region->parent) {
        give_host(schedule, nest.index[i]->in[0], region->parent);
        give_host(schedule, nest.index[i]->in[1], region->parent);
    }
}

/* The region of the statement that prints a node: its own, or its one user's. */
static void find_hosts(struct schedule *schedule)
{
    const struct adc_function *function = schedule->function;
    for (size_t i = 0; i < function->results.count; i++)
        for (uint32_t j = 0; j < function->results.data[i].count; j++)
            give_host(schedule, function->results.data[i].nodes[j], &schedule->root);
    for (size_t i = 0; i < function->checks.count; i++)
        give_host(schedule, function->checks.data[i].condition, &schedule->root);
    for (size_t id = schedule->count; id-- > 0;) {
        const struct adc_node *node = schedule->graph->nodes.data[id];
        if (!schedule->region[id] || schedule_is_leaf(node)) continue;
        if (!is_inline(schedule, node)) schedule->host[id] = schedule->region[id];
        if (node->op == ADC_OP_NEST || node->op == ADC_OP_LOOP) {
            if (node->op == ADC_OP_NEST) host_nest(schedule, node);
            else host_loop(schedule, node);
            continue;
        }
        if (node->op == ADC_OP_STATE || node->op == ADC_OP_FINAL || node->rank)
            host_shape(schedule, node);
        for (unsigned i = 1; node->op == ADC_OP_READ && i < node->in[0]->rank; i++)
            give_host(schedule, adc_shape(node->in[0], i), &schedule->root);
        for (unsigned i = 0; i < node->count; i++) {
            bool arm = node->op == ADC_OP_IF && i > 0 && !schedule->expression[id];
            give_host(schedule, node->in[i],
                      arm ? schedule->region[node->in[i]->id] : schedule->host[id]);
        }
    }
}

/* By id of an array: an update replaces it, or a loop takes it over. */
static uint8_t *find_replaced(struct schedule *schedule)
{
    const struct updates *updates = &schedule->updates;
    uint8_t *replaced = ADC_NEW_ARRAY(schedule->scratch, uint8_t, schedule->count);
    for (size_t id = 0; id < schedule->count; id++) {
        const struct adc_node *node = schedule->graph->nodes.data[id];
        if (!updates->live[id]) continue;
        if (node->op == ADC_OP_NEST && updates->replaced[id])
            replaced[updates->replaced[id]->id] = 1;
        for (unsigned i = 3; node->op == ADC_OP_LOOP && i < node->count; i += 3)
            replaced[node->in[i]->id] = 1;
    }
    return replaced;
}

/* READs of a version that is replaced have a time of their own: where their loops stand, not in
 * the arms that look at
 * them, which may come later or run inside of other loops. With a READ goes the `if` that keeps
 * it inside its array
 * (arrange_bounds.c). */
static void keep_reads(struct schedule *schedule)
{
    const struct updates *updates = &schedule->updates;
    const uint8_t *replaced = find_replaced(schedule);
    for (size_t id = 0; id < schedule->count; id++) {
        const struct adc_node *node = schedule->graph->nodes.data[id];
        if (!updates->live[id]) continue;
        if (node->op == ADC_OP_READ && replaced[node->in[0]->id])
            schedule->kept[id] = schedule->early[id] = updates_is_mutable(node->in[0]);
        if (node->op != ADC_OP_IF || !schedule->kept[node->in[1]->id]) continue;
        if (node->in[1]->op != ADC_OP_READ || updates->uses[node->in[1]->id] > 1) continue;
        schedule->early[id] = 1;
        schedule->early[node->in[1]->id] = 0;
    }
}

static void find_guarded(struct schedule *schedule)
{
    for (size_t id = 0; id < schedule->count; id++) {
        const struct adc_node *node = schedule->graph->nodes.data[id];
        if (node->op == ADC_OP_IF)
            schedule->guarded[node->in[1]->id] = schedule->guarded[node->in[2]->id] = 1;
    }
}

void schedule_place(struct schedule *schedule)
{
    keep_reads(schedule);
    find_guarded(schedule);
    schedule->cost = ADC_NEW_ARRAY(schedule->scratch, uint8_t, schedule->count);
    schedule_find_costs(schedule);
    find_regions(schedule);
    find_places(schedule);
    find_hosts(schedule);
}

/* --------------------------------------------------------------------- operands */

typedef void visitor(void *context, const struct adc_node *node);

void schedule_operands(const struct schedule *schedule, const struct adc_node *node, visitor *visit,
                       void *context)
{
    enum { MOST = (2 * ADC_MAX_RANK + 1) * (LOOP_MAX_DEPTH + 1) };
    const struct adc_node *stack[MOST];
    unsigned count = 0;
    stack[count++] = node;
    while (count) {
        node = stack[--count];
        enum loop_place place = schedule->program->place[node->id];
        if (place == LOOP_LOCAL || place == LOOP_WORK) visit(context, node);
        if (place != LOOP_INLINE) continue;
        for (unsigned i = 0; i < node->count; i++) stack[count++] = node->in[i];
        for (unsigned i = 1; node->op == ADC_OP_READ && i < node->in[0]->rank; i++)
            stack[count++] = adc_shape(node->in[0], i);
    }
}

/* What the definition of a node reads. */
static void read_inputs(const struct schedule *schedule, const struct adc_node *node,
                        visitor *visit, void *context)
{
    if (node->op == ADC_OP_FINAL) {
        schedule_operands(schedule, adc_final_state(node), visit, context);
        return;
    }
    for (unsigned i = 0; i < node->count; i++)
        schedule_operands(schedule, node->in[i], visit, context);
    for (unsigned i = 1; node->op == ADC_OP_READ && i < node->in[0]->rank; i++)
        schedule_operands(schedule, adc_shape(node->in[0], i), visit, context);
}

static void read_reduce(const struct schedule *schedule, const struct loop_statement *statement,
                        visitor *visit, void *context)
{
    struct adc_nest nest = adc_nest_parts(statement->node);
    schedule_operands(schedule, statement->value, visit, context);
    for (unsigned i = 0; i < nest.rank; i++) {
        schedule_operands(schedule, nest.target[i], visit, context);
        schedule_operands(schedule, nest.shape[i], visit, context);
    }
    if (!nest.rank) visit(context, statement->node);
}

static void read_carried(const struct schedule *schedule, const struct adc_node *loop,
                         visitor *visit, void *context)
{
    for (unsigned i = 0; i < adc_loop_parts(loop).count; i++) {
        struct adc_carried carried = adc_loop_carried(loop, i);
        if (carried.state->rank) continue;
        schedule_operands(schedule, carried.state, visit, context);
        schedule_operands(schedule, carried.next, visit, context);
    }
}

void schedule_reads(const struct schedule *schedule, const struct loop_statement *statement,
                    visitor *visit, void *context)
{
    switch (statement->kind) {
    case LOOP_LET: read_inputs(schedule, statement->node, visit, context); return;
    case LOOP_FOR:
        read_inputs(schedule, statement->node, visit, context);
        if (statement->value) schedule_operands(schedule, statement->value->in[1], visit, context);
        return;
    case LOOP_CARRY: read_carried(schedule, statement->node, visit, context); return;
    case LOOP_REDUCE: read_reduce(schedule, statement, visit, context); return;
    case LOOP_BRANCH:
    case LOOP_CHECK: schedule_operands(schedule, statement->node, visit, context); return;
    case LOOP_STORE: schedule_operands(schedule, statement->value, visit, context); return;
    case LOOP_SET:
        /* `node = node` is the postponed form of LET: its inputs are read, not itself */
        if (statement->value == statement->node)
            read_inputs(schedule, statement->node, visit, context);
        else schedule_operands(schedule, statement->value, visit, context);
        return;
    case LOOP_VAR:
        if (statement->value) schedule_operands(schedule, statement->value, visit, context);
        return;
    case LOOP_FILL:
    case LOOP_CALL: return;
    }
}
