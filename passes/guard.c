/* Guards and the joining of guarded contributions. */
#include "passes/guard.h"

#include "ir/nest.h"

enum { FIRST_BUCKETS = 64 };

void guards_init(struct guards *guards, struct adc_graph *graph, struct adc_arena *arena)
{
    *guards = (struct guards){.graph = graph, .arena = arena, .bucket_count = FIRST_BUCKETS};
    guards->buckets = ADC_NEW_ARRAY(arena, struct guard *, FIRST_BUCKETS);
}

static uint32_t hash_arm(const struct guard *parent, const struct adc_node *condition,
                         bool positive)
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

static bool is_false(const struct adc_node *node)
{
    return adc_is_const(node) && !node->value.boolean;
}

const struct guard *guard_all(struct guards *guards, const struct guard *parent,
                              const struct adc_node *conjunction)
{
    while (conjunction->op == ADC_OP_IF &&
           (is_false(conjunction->in[1]) || is_false(conjunction->in[2]))) {
        bool positive = is_false(conjunction->in[2]);
        parent = guard_arm(guards, parent, conjunction->in[0], positive);
        conjunction = conjunction->in[positive ? 1 : 2];
    }
    bool negated = conjunction->op == ADC_OP_NOT;
    return guard_arm(guards, parent, negated ? conjunction->in[0] : conjunction, !negated);
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

const struct adc_node *guard_condition(struct guards *guards, const struct guard *guard)
{
    return guard ? guard_node(guards, guard, NULL) : NULL;
}

static bool mentions(const struct adc_node *condition, const struct adc_indices *inner)
{
    for (uint32_t i = 0; i < inner->count; i++)
        if (adc_indices_has(condition->free, inner->index[i])) return true;
    return false;
}

/* A guard again without the conditions that mention an index of `inner`; these as one more, if it
 * is asked for. */
static const struct guard *split(struct guards *guards, const struct guard *guard,
                                 const struct adc_indices *inner, const struct guard **dropped)
{
    const struct guard *kept = NULL;
    const struct guard **path = ADC_NEW_ARRAY(guards->arena, const struct guard *, depth_of(guard));
    uint32_t count = 0;
    for (; guard; guard = guard->parent) path[count++] = guard;
    while (count-- > 0) {
        bool drops = mentions(path[count]->condition, inner);
        const struct guard **side = drops ? dropped : &kept;
        if (side) *side = guard_arm(guards, *side, path[count]->condition, path[count]->positive);
    }
    return kept;
}

const struct guard *guard_split(struct guards *guards, const struct guard *guard,
                                const struct adc_indices *inner, const struct adc_node **condition)
{
    const struct guard *dropped = NULL, *kept = split(guards, guard, inner, &dropped);
    *condition = guard_condition(guards, dropped);
    return kept;
}

const struct guard *guard_inside(struct guards *guards, const struct guard *guard,
                                 const struct adc_node *node)
{
    bool same = true;
    const struct adc_indices *bound = NULL;
    if (node->op == ADC_OP_LOOP) bound = adc_indices_of(guards->graph, node->in[0]);
    struct adc_nest nest = {.index_count = 0};
    if (node->op == ADC_OP_NEST) nest = adc_nest_parts(node);
    for (unsigned i = 0; i < nest.index_count; i++)
        bound =
            adc_indices_union(guards->graph, bound, adc_indices_of(guards->graph, nest.index[i]));
    for (const struct guard *at = guard; bound && at; at = at->parent)
        same &= !mentions(at->condition, bound);
    return same ? guard : split(guards, guard, bound, NULL);
}

const struct guard *guard_common(const struct guard *a, const struct guard *b)
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

/* A value under a guard; `live` says where under it the value counts, NULL for everywhere. */
struct part {
    struct guarded item;
    const struct adc_node *live;
    size_t arrival;
};

/* Deepest first; siblings side by side; the same arm side by side, in order of arrival. */
static bool comes_before(const struct part *a, const struct part *b)
{
    const struct guard *g = a->item.guard, *h = b->item.guard;
    if (depth_of(g) != depth_of(h)) return depth_of(g) > depth_of(h);
    if (g != h) {
        uint32_t p = g->parent ? g->parent->number + 1 : 0;
        uint32_t q = h->parent ? h->parent->number + 1 : 0;
        if (p != q) return p < q;
        if (g->condition != h->condition) return g->condition->id < h->condition->id;
        return g->positive;
    }
    return a->arrival < b->arrival;
}

/* A binary heap, the part that comes first on top. */
struct queue {
    struct part *data;
    size_t count;
    size_t arrivals;
};

static void put(struct queue *queue, struct part now)
{
    now.arrival = queue->arrivals++;
    size_t at = queue->count++;
    for (; at && comes_before(&now, &queue->data[(at - 1) / 2]); at = (at - 1) / 2)
        queue->data[at] = queue->data[(at - 1) / 2];
    queue->data[at] = now;
}

static struct part take(struct queue *queue)
{
    struct part top = queue->data[0], last = queue->data[--queue->count];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < queue->count; at = child) {
        if (child + 1 < queue->count && comes_before(&queue->data[child + 1], &queue->data[child]))
            child++;
        if (!comes_before(&queue->data[child], &last)) break;
        queue->data[at] = queue->data[child];
    }
    if (queue->count) queue->data[at] = last;
    return top;
}

/* The next part, with all others under the same guard added. */
static struct part take_all(struct guards *guards, struct queue *queue)
{
    struct adc_graph *graph = guards->graph;
    struct part now = take(queue);
    while (queue->count && queue->data[0].item.guard == now.item.guard) {
        struct part more = take(queue);
        now.item.value = adc_apply2(graph, ADC_OP_ADD, now.item.value, more.item.value);
        if (now.live && more.live)
            now.live = adc_apply3(graph, ADC_OP_IF, now.live, adc_bool(graph, true), more.live);
        else now.live = NULL;
    }
    return now;
}

static bool siblings(const struct guard *a, const struct guard *b)
{
    return a && b && a->parent == b->parent && a->condition == b->condition;
}

/* One level up: with the part of the opposite arm, or with 0 and a note that only this arm counts.
 * */
static struct part raised(struct guards *guards, struct queue *queue, struct part now)
{
    const struct guard *guard = now.item.guard;
    const struct adc_node *yes = adc_bool(guards->graph, true),
                          *no = adc_bool(guards->graph, false);
    struct part up = {.item = {guard->parent, NULL}};
    if (queue->count && siblings(guard, queue->data[0].item.guard)) {
        struct part other = take_all(guards, queue);
        up.item.value = on_arm(guards, guard, now.item.value, other.item.value);
        if (now.live || other.live)
            up.live =
                on_arm(guards, guard, now.live ? now.live : yes, other.live ? other.live : yes);
        return up;
    }
    up.item.value = on_arm(guards, guard, now.item.value, zero_like(guards, now.item.value));
    up.live = on_arm(guards, guard, now.live ? now.live : yes, no);
    return up;
}

struct guarded guard_sum(struct guards *guards, struct guarded *items, size_t count)
{
    struct queue queue = {.data = NULL};
    const struct guard *ancestor = items[0].guard;
    if (count == 1) return items[0];
    queue.data = ADC_NEW_ARRAY(guards->arena, struct part, count);
    for (size_t i = 0; i < count; i++) {
        put(&queue, (struct part){.item = items[i]});
        ancestor = guard_common(ancestor, items[i].guard);
    }
    struct part now = take_all(guards, &queue);
    while (queue.count || now.item.guard != ancestor) {
        if (now.item.guard != ancestor) put(&queue, raised(guards, &queue, now));
        else put(&queue, now);
        now = take_all(guards, &queue);
    }
    if (now.live) now.item.guard = guard_arm(guards, now.item.guard, now.live, true);
    return now.item;
}
