/* Regions and places: where a node is needed, and whether it is printed inside its one user.
 *
 * Inline expressions are bounded in depth and size; a source name always gets its variable. */
#include "passes/schedule.h"

enum { MAX_INLINE_SIZE = 10, FIRST_BUCKETS = 64 };

/* ---------------------------------------------------------------------- regions */

static uint32_t hash_arm(const struct region *parent, const struct adc_node *condition,
                         bool positive)
{
    uint32_t words[] = {parent->condition ? parent->condition->id + 1 : 0, parent->depth,
                        parent->positive, condition->id, positive};
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
            uint32_t hash = hash_arm(region->parent, region->condition, region->positive);
            struct region **bucket = &schedule->buckets[hash & (schedule->bucket_count - 1)];
            region->hash_next = *bucket;
            *bucket = region;
        }
}

static struct region *find_arm(struct schedule *schedule, struct region *parent,
                               const struct adc_node *condition, bool positive)
{
    uint32_t hash = hash_arm(parent, condition, positive);
    struct region *region = schedule->buckets[hash & (schedule->bucket_count - 1)];
    for (; region; region = region->hash_next)
        if (region->parent == parent && region->condition == condition &&
            region->positive == positive)
            return region;
    return NULL;
}

struct region *schedule_arm(struct schedule *schedule, struct region *parent,
                            const struct adc_node *condition, bool positive)
{
    if (schedule->region_count >= schedule->bucket_count) grow(schedule);
    struct region *region = find_arm(schedule, parent, condition, positive);
    if (region) return region;
    region = ADC_NEW(schedule->scratch, struct region);
    *region = (struct region){.parent = parent, .condition = condition, .positive = positive};
    region->depth = parent->depth + 1;
    region->other = find_arm(schedule, parent, condition, !positive);
    if (region->other) region->other->other = region;
    region->same_next = schedule->by_condition[condition->id];
    schedule->by_condition[condition->id] = region;
    uint32_t hash = hash_arm(parent, condition, positive);
    struct region **bucket = &schedule->buckets[hash & (schedule->bucket_count - 1)];
    region->hash_next = *bucket;
    *bucket = region;
    schedule->region_count++;
    return region;
}

static struct region *common(struct region *a, struct region *b)
{
    while (a != b) {
        if (a->depth >= b->depth) a = a->parent;
        else b = b->parent;
    }
    return a;
}

static void need(struct schedule *schedule, const struct adc_node *node, struct region *region)
{
    struct region **now = &schedule->region[node->id];
    schedule->uses[node->id]++;
    *now = *now ? common(*now, region) : region;
}

static void find_regions(struct schedule *schedule)
{
    const struct adc_function *function = schedule->function;
    for (size_t i = 0; i < function->results.count; i++)
        for (uint32_t j = 0; j < function->results.data[i].count; j++)
            need(schedule, function->results.data[i].nodes[j], &schedule->root);
    for (size_t i = 0; i < function->checks.count; i++)
        need(schedule, function->checks.data[i].condition, &schedule->root);
    for (size_t id = schedule->count; id-- > 0;) {
        const struct adc_node *node = schedule->graph->nodes.data[id];
        struct region *region = schedule->region[id];
        if (!region) continue;
        for (unsigned i = 0; i < node->count; i++) {
            bool arm = node->op == ADC_OP_IF && i > 0 && !schedule_is_leaf(node->in[i]);
            need(schedule, node->in[i],
                 arm ? schedule_arm(schedule, region, node->in[0], i == 1) : region);
        }
    }
}

/* ----------------------------------------------------------------------- places */

/* What inlining looks at, by id. */
struct shape {
    uint16_t depth, size; /* of the expression the node would print */
    bool contained;       /* reads no variable of its own region */
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
        if (schedule_is_leaf(arm) || schedule->region[arm->id]->depth <= schedule->region[node->id]->depth)
            continue;
        if (!is_inline(schedule, arm) || !shapes[arm->id].contained) return false;
    }
    return true;
}

static struct shape shape_of(const struct schedule *schedule, const struct adc_node *node,
                             const struct shape *shapes)
{
    struct shape shape = {.depth = 1, .size = 1, .contained = true};
    for (unsigned i = 0; i < node->count; i++) {
        const struct adc_node *in = node->in[i];
        if (schedule_is_leaf(in)) continue;
        if (!is_inline(schedule, in)) {
            if (schedule->region[in->id] == schedule->region[node->id]) shape.contained = false;
            continue;
        }
        if (shapes[in->id].depth >= shape.depth) shape.depth = (uint16_t)(shapes[in->id].depth + 1);
        shape.size = (uint16_t)(shape.size + shapes[in->id].size);
        shape.contained = shape.contained && shapes[in->id].contained;
    }
    return shape;
}

static enum loop_place place_of(struct schedule *schedule, const struct adc_node *node,
                                const struct shape *shapes)
{
    const struct shape *shape = &shapes[node->id];
    if (node->op == ADC_OP_IF) {
        schedule->expression[node->id] =
            shape->size <= MAX_INLINE_SIZE && shape->depth < LOOP_MAX_DEPTH &&
            is_expression(schedule, node, shapes);
        if (!schedule->expression[node->id]) return LOOP_LOCAL;
    }
    bool fits = shape->depth < LOOP_MAX_DEPTH && shape->size <= MAX_INLINE_SIZE;
    bool named = schedule->graph->names.data[node->id] != NULL;
    return schedule->uses[node->id] == 1 && fits && !named ? LOOP_INLINE : LOOP_LOCAL;
}

/* An inline node that would make its user too big is given a variable instead: asked from the user's side,
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
        keep_small(schedule, node, shapes);
        shapes[id] = shape_of(schedule, node, shapes);
        *place = (uint8_t)place_of(schedule, node, shapes);
    }
}

/* The region of the statement that prints a node: its own, or its one user's. */
static void find_hosts(struct schedule *schedule)
{
    const struct adc_function *function = schedule->function;
    for (size_t i = 0; i < function->results.count; i++)
        for (uint32_t j = 0; j < function->results.data[i].count; j++)
            schedule->host[function->results.data[i].nodes[j]->id] = &schedule->root;
    for (size_t i = 0; i < function->checks.count; i++)
        schedule->host[function->checks.data[i].condition->id] = &schedule->root;
    for (size_t id = schedule->count; id-- > 0;) {
        const struct adc_node *node = schedule->graph->nodes.data[id];
        if (!schedule->region[id] || schedule_is_leaf(node)) continue;
        if (schedule->program->place[id] != LOOP_INLINE) schedule->host[id] = schedule->region[id];
        for (unsigned i = 0; i < node->count; i++) {
            const struct adc_node *in = node->in[i];
            bool arm = node->op == ADC_OP_IF && i > 0 && !schedule->expression[id];
            if (schedule_is_leaf(in) || !is_inline(schedule, in)) continue;
            schedule->host[in->id] = arm ? schedule->region[in->id] : schedule->host[id];
        }
    }
}

void schedule_place(struct schedule *schedule)
{
    find_regions(schedule);
    find_places(schedule);
    find_hosts(schedule);
}

/* --------------------------------------------------------------------- operands */

void schedule_operands(const struct schedule *schedule, const struct adc_node *node,
                       void (*visit)(void *context, const struct adc_node *node), void *context)
{
    const struct adc_node *stack[3 * LOOP_MAX_DEPTH + 3];
    unsigned count = 0;
    stack[count++] = node;
    while (count) {
        node = stack[--count];
        enum loop_place place = schedule->program->place[node->id];
        if (place == LOOP_LOCAL || place == LOOP_WORK) visit(context, node);
        if (place != LOOP_INLINE) continue;
        for (unsigned i = 0; i < node->count; i++) stack[count++] = node->in[i];
    }
}

void schedule_reads(const struct schedule *schedule, const struct loop_statement *statement,
                    void (*visit)(void *context, const struct adc_node *node), void *context)
{
    switch (statement->kind) {
    case LOOP_LET:
        for (unsigned i = 0; i < statement->node->count; i++)
            schedule_operands(schedule, statement->node->in[i], visit, context);
        return;
    case LOOP_BRANCH:
    case LOOP_CHECK: schedule_operands(schedule, statement->node, visit, context); return;
    case LOOP_STORE: schedule_operands(schedule, statement->value, visit, context); return;
    case LOOP_SET:
        /* `node = node` is the postponed form of LET: its inputs are read, not itself */
        if (statement->value == statement->node) {
            for (unsigned i = 0; i < statement->node->count; i++)
                schedule_operands(schedule, statement->node->in[i], visit, context);
            return;
        }
        schedule_operands(schedule, statement->value, visit, context);
        return;
    case LOOP_VAR:
    case LOOP_CALL: return;
    }
}
