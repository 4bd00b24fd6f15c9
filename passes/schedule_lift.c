/* How far a value moves out of the loops and arms around all who need it.
 *
 * loop     left where it does not change the value: nothing is known of a range that has no pass
 * arm      never left for its own sake: what only an arm needs is computed only there. But of an
 *          arm in a loop, taken in some passes and not in others, these leave together with
 *          the loop:
 *          - loads that are safe wherever they stand, which lanes need no mask for then;
 *          - a few cheap operations, which cost no more than the passes without the arm do;
 *          - everything, where the arm is that of elements which are read (asked.c): some are
 * law      every operator is total, and what an `if` keeps inside of its array moves with it */
#include "passes/schedule.h"

enum {
    MOST_OPERATIONS = 6, /* that leave an arm at a time */
    MOST_ARMS = 8,       /* around it, in a loop */
    COST_QUOTIENT = 4,
    TOO_COSTLY = MOST_OPERATIONS + 1,
};

/* Out of the loops whose index it does not depend on. */
static struct region *hoisted(struct schedule *schedule, const struct adc_node *node,
                              struct region *region)
{
    while (region->index && !adc_indices_has(node->free, region->index)) {
        region = region->parent;
        schedule->hoisted[node->id] = 1;
    }
    return region;
}

/* Whether the READ is inside its array wherever its indices are: else an `if` has it as an arm
 * (arrange_bounds.c); and nothing in it can fail or takes long. */
static bool is_safe(const struct schedule *schedule, const struct adc_node *node)
{
    if (node->op != ADC_OP_READ || schedule->guarded[node->id]) return false;
    for (unsigned i = 1; i < node->count; i++) {
        const struct adc_node *at = node->in[i];
        bool sum = at->op == ADC_OP_IADD || at->op == ADC_OP_ISUB;
        if (schedule_is_leaf(at)) continue;
        if (!sum || !schedule_is_leaf(at->in[0]) || !schedule_is_leaf(at->in[1])) return false;
    }
    return node->in[0]->op == ADC_OP_PARAM;
}

static unsigned own_cost(const struct schedule *schedule, const struct adc_node *node)
{
    if (schedule_is_leaf(node) || node->op == ADC_OP_STATE) return 0;
    if (node->op == ADC_OP_READ) return is_safe(schedule, node) ? 1 : TOO_COSTLY;
    if (node->op < ADC_OP_FIRST_ELEMENTWISE) return TOO_COSTLY;
    if (adc_op_info((enum adc_op)node->op)->properties & ADC_COSTLY) return TOO_COSTLY;
    bool quotient = node->op == ADC_OP_DIV || node->op == ADC_OP_IDIV || node->op == ADC_OP_IMOD;
    return quotient ? COST_QUOTIENT : 1;
}

void schedule_find_costs(struct schedule *schedule)
{
    for (size_t id = 0; id < schedule->count; id++) {
        const struct adc_node *node = schedule->graph->nodes.data[id];
        unsigned cost = own_cost(schedule, node);
        bool is_read = node->op == ADC_OP_READ;
        for (unsigned i = is_read; i < node->count && cost < TOO_COSTLY; i++)
            cost += schedule->cost[node->in[i]->id];
        schedule->cost[id] = (uint8_t)(cost < TOO_COSTLY ? cost : TOO_COSTLY);
    }
}

/* Whether all parts of a condition change with the index: else some of it leaves the loop
 * (unswitch.c), and what the arm needs stays behind it. */
static bool changes(const struct adc_node *condition, const struct adc_node *index)
{
    bool both = condition->op == ADC_OP_AND || condition->op == ADC_OP_IF;
    for (unsigned i = 0; both && i < condition->count; i++)
        if (!adc_is_const(condition->in[i]) && !adc_indices_has(condition->in[i]->free, index))
            return false;
    return adc_indices_has(condition->free, index);
}

static bool encloses(const struct region *outer, const struct region *inner)
{
    while (inner->depth > outer->depth) inner = inner->parent;
    return inner == outer;
}

/* Whether a condition can be asked in a region, by something of a node. Nodes are looked at from
 * the last to the first. */
static bool can_ask(const struct schedule *schedule, const struct adc_node *condition,
                    const struct adc_node *node, const struct region *region)
{
    if (schedule_is_leaf(condition) || condition->id < node->id) return true;
    const struct region *known = schedule->region[condition->id];
    return known && encloses(known, region);
}

/* Where a node needed in some arms of a loop, innermost first, is computed before the loop: in
 * those of the arms that the loop does not change. NULL: nowhere. */
static struct region *before(struct schedule *schedule, const struct adc_node *node,
                             struct region *const *arm, unsigned count, const struct region *loop)
{
    bool cheap = schedule->cost[node->id] <= MOST_OPERATIONS;
    for (unsigned i = 0; i < count; i++) {
        const struct adc_node *condition = arm[i]->condition;
        bool same = !adc_indices_has(condition->free, loop->index);
        if (same && !can_ask(schedule, condition, node, loop->parent)) return NULL;
        if (!same && !changes(condition, loop->index)) return NULL;
        if (!same && !cheap && !arm[i]->asked) return NULL;
    }
    struct region *region = loop->parent;
    while (count-- > 0) {
        const struct adc_node *condition = arm[count]->condition;
        if (adc_indices_has(condition->free, loop->index)) continue;
        schedule_need(schedule, condition, region);
        region = schedule_arm(schedule, region, condition, arm[count]->positive);
    }
    schedule->hoisted[node->id] = 1;
    return region;
}

/* Out of a loop with the arms that it stands in; NULL: not. */
static struct region *left(struct schedule *schedule, const struct adc_node *node,
                           struct region *region)
{
    struct region *arm[MOST_ARMS], *loop = region;
    unsigned count = 0;
    for (; loop->condition; loop = loop->parent) {
        if (count == MOST_ARMS) return NULL;
        arm[count++] = loop;
    }
    if (!loop->index || adc_indices_has(node->free, loop->index)) return NULL;
    if (is_safe(schedule, node)) return loop;
    return before(schedule, node, arm, count, loop);
}

struct region *schedule_lifted(struct schedule *schedule, const struct adc_node *node,
                               struct region *region)
{
    struct region *best = hoisted(schedule, node, region), *next;
    while ((next = left(schedule, node, best)) != NULL) best = hoisted(schedule, node, next);
    return best;
}
