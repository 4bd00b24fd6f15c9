/* Guards and the joining of guarded contributions. */
#include "passes/guard.h"

enum { FIRST_BUCKETS = 64 };

void guards_init(struct guards *guards, struct adc_graph *graph, struct adc_arena *arena)
{
    *guards = (struct guards){.graph = graph, .arena = arena, .bucket_count = FIRST_BUCKETS};
    guards->buckets = ADC_NEW_ARRAY(arena, struct guard *, FIRST_BUCKETS);
}

static uint32_t hash_arm(const struct guard *parent, const struct adc_node *condition, bool positive)
{
    uint32_t words[] = {parent ? parent->number + 1 : 0, condition->id, positive};
    return adc_hash(words, sizeof words, 0);
}

static void grow(struct guards *guards)
{
    struct guard **old = guards->buckets;
    uint32_t count = guards->bucket_count;
    guards->bucket_count *= 2;
    guards->buckets = ADC_NEW_ARRAY(guards->arena, struct guard *, guards->bucket_count);
    for (uint32_t i = 0; i < count; i++)
        for (struct guard *guard = old[i], *next; guard; guard = next) {
            next = guard->next;
            uint32_t hash = hash_arm(guard->parent, guard->condition, guard->positive);
            struct guard **bucket = &guards->buckets[hash & (guards->bucket_count - 1)];
            guard->next = *bucket;
            *bucket = guard;
        }
}

const struct guard *guard_arm(struct guards *guards, const struct guard *parent,
                              const struct adc_node *condition, bool positive)
{
    uint32_t hash = hash_arm(parent, condition, positive);
    struct guard **bucket = &guards->buckets[hash & (guards->bucket_count - 1)];
    for (const struct guard *guard = *bucket; guard; guard = guard->next)
        if (guard->parent == parent && guard->condition == condition && guard->positive == positive)
            return guard;
    struct guard *guard = ADC_NEW(guards->arena, struct guard);
    *guard = (struct guard){.parent = parent, .condition = condition, .positive = positive};
    guard->depth = parent ? parent->depth + 1 : 1;
    guard->number = guards->count++;
    guard->next = *bucket;
    *bucket = guard;
    if (guards->count > guards->bucket_count) grow(guards);
    return guard;
}

/* ------------------------------------------------------------------------ nodes */

static const struct adc_node *zero_like(struct guards *guards, const struct adc_node *value)
{
    return adc_real(guards->graph, value->type, 0.0);
}

/* `value` on the guard's own arm, `otherwise` on the other one. */
static const struct adc_node *on_arm(struct guards *guards, const struct guard *guard,
                                     const struct adc_node *value, const struct adc_node *otherwise)
{
    return guard->positive
               ? adc_apply3(guards->graph, ADC_OP_IF, guard->condition, value, otherwise)
               : adc_apply3(guards->graph, ADC_OP_IF, guard->condition, otherwise, value);
}

static uint32_t depth_of(const struct guard *guard)
{
    return guard ? guard->depth : 0;
}

/* True where the guard holds, given that `ancestor` does. */
static const struct adc_node *guard_node(struct guards *guards, const struct guard *guard,
                                         const struct guard *ancestor)
{
    struct adc_graph *graph = guards->graph;
    if (guard == ancestor) return adc_bool(graph, true);
    const struct adc_node *node = guard->condition;
    if (!guard->positive) node = adc_apply1(graph, ADC_OP_NOT, node);
    for (guard = guard->parent; guard != ancestor; guard = guard->parent)
        node = on_arm(guards, guard, node, adc_bool(graph, false));
    return node;
}

static const struct guard *common(const struct guard *a, const struct guard *b)
{
    while (a != b) {
        if (depth_of(a) >= depth_of(b)) a = a->parent;
        else b = b->parent;
    }
    return a;
}

/* `value` brought up to `ancestor`: 0 where the arms on the way are not taken. */
static const struct adc_node *lifted(struct guards *guards, struct guarded item,
                                     const struct guard *ancestor)
{
    const struct adc_node *value = item.value;
    for (const struct guard *guard = item.guard; guard != ancestor; guard = guard->parent)
        value = on_arm(guards, guard, value, zero_like(guards, value));
    return value;
}

const struct adc_node *guard_close(struct guards *guards, struct guarded item)
{
    return lifted(guards, item, NULL);
}

/* ------------------------------------------------------------------------- sums */

/* Deepest first; siblings side by side; the same arm side by side, in order of arrival. */
struct ranked {
    struct guarded item;
    size_t arrival;
};

static int compare(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;
    const struct guard *g = a->item.guard, *h = b->item.guard;
    if (depth_of(g) != depth_of(h)) return depth_of(g) > depth_of(h) ? -1 : 1;
    if (g != h) {
        uint32_t p = g->parent ? g->parent->number + 1 : 0, q = h->parent ? h->parent->number + 1 : 0;
        if (p != q) return p < q ? -1 : 1;
        if (g->condition != h->condition) return g->condition->id < h->condition->id ? -1 : 1;
        return g->positive ? -1 : 1;
    }
    return a->arrival < b->arrival ? -1 : a->arrival > b->arrival;
}

/* A binary heap, the item that ranks first on top. */
struct queue {
    struct ranked *data;
    size_t count;
    size_t arrivals;
};

static void put(struct queue *queue, struct guarded item)
{
    struct ranked now = {item, queue->arrivals++};
    size_t at = queue->count++;
    for (; at && compare(&now, &queue->data[(at - 1) / 2]) < 0; at = (at - 1) / 2)
        queue->data[at] = queue->data[(at - 1) / 2];
    queue->data[at] = now;
}

static struct guarded take(struct queue *queue)
{
    struct guarded top = queue->data[0].item;
    struct ranked last = queue->data[--queue->count];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < queue->count; at = child) {
        if (child + 1 < queue->count && compare(&queue->data[child + 1], &queue->data[child]) < 0)
            child++;
        if (compare(&last, &queue->data[child]) <= 0) break;
        queue->data[at] = queue->data[child];
    }
    if (queue->count) queue->data[at] = last;
    return top;
}

static bool covered(const struct guard *guard, const uint8_t *present)
{
    for (guard = guard->parent; guard; guard = guard->parent)
        if (present[guard->number + 1]) return true;
    return present[0];
}

static bool siblings(const struct guard *a, const struct guard *b)
{
    return a && b && a->parent == b->parent && a->condition == b->condition;
}

/* Deepest first: equal guards add, pairs of arms join, covered ones move up one level; what can do none of
 * these is left in items[0..rest). Says whether anything moved, for then the rest may be covered now. */
static bool raise_items(struct guards *guards, struct queue *queue, struct guarded *items,
                        size_t *rest)
{
    uint8_t *present = ADC_NEW_ARRAY(guards->arena, uint8_t, (size_t)guards->count + 1);
    bool moved = false;
    *rest = 0;
    for (size_t i = 0; i < queue->count; i++) {
        const struct guard *guard = queue->data[i].item.guard;
        present[guard ? guard->number + 1 : 0] = 1;
    }
    while (queue->count) {
        struct guarded now = take(queue);
        while (queue->count && queue->data[0].item.guard == now.guard)
            now.value = adc_apply2(guards->graph, ADC_OP_ADD, now.value, take(queue).value);
        if (queue->count && siblings(now.guard, queue->data[0].item.guard)) {
            struct guarded other = take(queue);
            while (queue->count && queue->data[0].item.guard == other.guard)
                other.value = adc_apply2(guards->graph, ADC_OP_ADD, other.value, take(queue).value);
            now.value = on_arm(guards, now.guard, now.value, other.value);
        } else if (now.guard && covered(now.guard, present)) {
            now.value = on_arm(guards, now.guard, now.value, zero_like(guards, now.value));
        } else {
            items[(*rest)++] = now;
            continue;
        }
        now.guard = now.guard->parent;
        present[now.guard ? now.guard->number + 1 : 0] = 1;
        put(queue, now);
        moved = true;
    }
    return moved;
}

/* Several guards none of which covers another: the disjunction, below their common ancestor. */
static struct guarded disjunction(struct guards *guards, const struct guarded *items, size_t count)
{
    struct adc_graph *graph = guards->graph;
    const struct guard *ancestor = items[0].guard;
    for (size_t i = 1; i < count; i++) ancestor = common(ancestor, items[i].guard);
    const struct adc_node *any = guard_node(guards, items[0].guard, ancestor);
    const struct adc_node *sum = lifted(guards, items[0], ancestor);
    for (size_t i = 1; i < count; i++) {
        const struct adc_node *holds = guard_node(guards, items[i].guard, ancestor);
        any = adc_apply3(graph, ADC_OP_IF, any, adc_bool(graph, true), holds);
        sum = adc_apply2(graph, ADC_OP_ADD, sum, lifted(guards, items[i], ancestor));
    }
    return (struct guarded){guard_arm(guards, ancestor, any, true), sum};
}

struct guarded guard_sum(struct guards *guards, struct guarded *items, size_t count)
{
    if (count == 1) return items[0];
    bool moved = true;
    while (moved && count > 1) {
        struct queue queue = {.data = ADC_NEW_ARRAY(guards->arena, struct ranked, count)};
        for (size_t i = 0; i < count; i++) put(&queue, items[i]);
        moved = raise_items(guards, &queue, items, &count);
    }
    return count == 1 ? items[0] : disjunction(guards, items, count);
}
