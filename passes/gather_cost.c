/* What gathering costs: what is computed again at further offsets, in additions, or the arrays that
 * keep it, against sums into neighbours, each of which waits for the store of the one before. */
#include "passes/gather.h"

typedef const struct adc_node *node_t;

enum {
    COST_DIVISION = 8,
    COST_ROOT = 12,
    COST_FUNCTION = 40,
    COST_LOOP = 200,
    COST_ARRAY = 10, /* of an element that is stored and read again */
    COST_SUM = 10,   /* of a sum into an element that a neighbour was just added to */
    COST_WAIT = 20,  /* of the same at most, where arrays cost more than sums: lanes wait longer */
    COST_LITTLE = 4, /* rather computed again than read */
    DEEPEST = 64
};

static long own_cost(node_t node)
{
    bool scalar = !node->rank && adc_type_is_real(node->type);
    if (node->op == ADC_OP_NEST || node->op == ADC_OP_LOOP || node->op == ADC_OP_FINAL)
        return COST_LOOP;
    if (node->op == ADC_OP_READ || node->op == ADC_OP_IF) return 1;
    if (!scalar || node->op < ADC_OP_FIRST_ELEMENTWISE) return 0;
    if (node->op == ADC_OP_SQRT || node->op == ADC_OP_RSQRT) return COST_ROOT;
    if (node->op == ADC_OP_DIV || node->op == ADC_OP_DIV_POS) return COST_DIVISION;
    return adc_op_info((enum adc_op)node->op)->properties & ADC_COSTLY ? COST_FUNCTION : 1;
}

/* What the roots are made of in their loops, each node once; what has an array is a read. */
static long cost_of(struct gather *g, const struct node_list *roots)
{
    struct node_list stack = {0};
    long cost = 0;
    g->stamps++;
    for (size_t i = 0; i < roots->count; i++) ADC_PUSH(g->scratch, stack, roots->data[i]);
    while (stack.count) {
        node_t node = stack.data[--stack.count];
        if (!node->free || g->stamp[node->id] == g->stamps) continue;
        g->stamp[node->id] = g->stamps;
        cost += g->store[node->id] ? 1 : own_cost(node);
        for (unsigned i = 0; !g->store[node->id] && i < node->count; i++)
            ADC_PUSH(g->scratch, stack, node->in[i]);
    }
    return cost;
}

/* Whether an element of an array has a say in it. */
static bool asks_data(struct gather *g, node_t root)
{
    struct node_list stack = {0};
    g->stamps++;
    ADC_PUSH(g->scratch, stack, root);
    while (stack.count) {
        node_t node = stack.data[--stack.count];
        if (!node->free || g->stamp[node->id] == g->stamps) continue;
        g->stamp[node->id] = g->stamps;
        if (node->op == ADC_OP_READ) return true;
        for (unsigned i = 0; i < node->count; i++) ADC_PUSH(g->scratch, stack, node->in[i]);
    }
    return false;
}

bool gather_is_choice(struct gather *g, node_t leaf)
{
    struct adc_nest nest = adc_nest_parts(leaf);
    struct node_list value = {0};
    ADC_PUSH(g->scratch, value, nest.value);
    return asks_data(g, nest.guard) && cost_of(g, &value) >= COST_FUNCTION;
}

/* ------------------------------------------------------------------- of one group */

struct costs {
    struct gather *g;
    uint32_t group, keys;
    size_t shifts;
    uint8_t *sharing; /* by old id: under how many keys the node is asked for; 2: more */
    uint32_t *last;   /* by old id: the last such key */
    ADC_VEC(node_t) stored;
};

static void push_shift(struct gather *g, struct node_list *roots, node_t nest)
{
    struct adc_nest parts = adc_nest_parts(nest);
    ADC_PUSH(g->scratch, *roots, parts.value);
    ADC_PUSH(g->scratch, *roots, parts.guard);
}

/* The values of the shifts with a key; 0: of all. */
static struct node_list roots_of(struct costs *c, uint32_t key, bool companions)
{
    struct gather *g = c->g;
    struct node_list roots = {0};
    for (size_t i = 0; i < g->arrays.count; i++)
        for (size_t s = 0; s < g->arrays.data[i].shift_count; s++) {
            const struct shift *shift = &g->arrays.data[i].shifts[s];
            if (g->arrays.data[i].group != c->group + 1 || (key && shift->key != key)) continue;
            push_shift(g, &roots, shift->leaf);
        }
    for (size_t i = 0; companions && i < g->companions.count; i++)
        if (g->companions.data[i].group == c->group + 1 &&
            (!key || g->companions.data[i].shift->key == key))
            push_shift(g, &roots, g->companions.data[i].nest);
    return roots;
}

static const struct shift *shift_with(const struct costs *c, uint32_t key)
{
    for (size_t i = 0; i < c->g->arrays.count; i++)
        for (size_t s = 0; s < c->g->arrays.data[i].shift_count; s++)
            if (c->g->arrays.data[i].group == c->group + 1 &&
                c->g->arrays.data[i].shifts[s].key == key)
                return &c->g->arrays.data[i].shifts[s];
    return NULL;
}

static bool is_of_group(const struct costs *c, node_t node)
{
    const struct gather *g = c->g;
    uint32_t companion = g->companion_of[node->id], array = g->leaf_of[node->id];
    if (companion && g->companions.data[companion - 1].group == c->group + 1) return true;
    return array && g->arrays.data[array - 1].group == c->group + 1;
}

/* What others compute too, in loops that are not the group's any more. (After cost_of all.) */
static long cost_of_others(struct costs *c)
{
    struct gather *g = c->g;
    const struct adc_graph *graph = g->updates.function->graph;
    uint32_t stamp = g->stamps;
    struct node_list shared = {0};
    long cost = 0;
    for (size_t id = 0; id < graph->nodes.count; id++) {
        node_t node = graph->nodes.data[id];
        if (!g->updates.live[id] || g->stamp[id] == stamp || is_of_group(c, node)) continue;
        for (unsigned i = 0; i < node->count; i++)
            if (g->stamp[node->in[i]->id] == stamp && !node->in[i]->rank)
                ADC_PUSH(g->scratch, shared, node->in[i]);
    }
    cost = shared.count ? cost_of(g, &shared) : 0;
    return cost < COST_DIVISION ? 0 : cost;
}

/* ------------------------------------------------------------------- what is stored */

static void find_sharing(struct costs *c)
{
    struct gather *g = c->g;
    for (uint32_t key = 1; key <= c->keys; key++) {
        struct node_list stack = roots_of(c, key, false);
        while (stack.count) {
            node_t node = stack.data[--stack.count];
            if (!node->free || c->last[node->id] == key) continue;
            c->last[node->id] = key;
            if (c->sharing[node->id] < 2) c->sharing[node->id]++;
            for (unsigned i = 0; i < node->count; i++) ADC_PUSH(g->scratch, stack, node->in[i]);
        }
    }
}

/* Whether the value belongs to the shift's points, in a pass of the loops around, and to nothing
 * else. */
static bool may_be_stored(const struct gather *g, const struct shift *shift, node_t node)
{
    unsigned rank = shift->leaf->rank;
    uint32_t found = 0, around = 0;
    if (node->rank || !adc_type_is_real(node->type) || !node->free) return false;
    if (node->op < ADC_OP_FIRST_ELEMENTWISE && node->op != ADC_OP_NEST && node->op != ADC_OP_IF)
        return false;
    for (unsigned axis = 0; axis < rank; axis++)
        found += adc_indices_has(node->free, shift->index[axis]);
    for (uint32_t i = 0; i < node->free->count; i++) around += g->passes[node->free->index[i]->id];
    return found && found + around == node->free->count;
}

static long cost_of_one(struct gather *g, node_t node)
{
    struct node_list root = {0};
    ADC_PUSH(g->scratch, root, node);
    return cost_of(g, &root);
}

/* The value without what is made of it together with things that cost no more than `least`. */
static node_t core_of(struct gather *g, node_t node, long least)
{
    for (unsigned step = 0; step < DEEPEST; step++) {
        node_t next = NULL;
        unsigned more = 0;
        if (node->op < ADC_OP_FIRST_ELEMENTWISE || own_cost(node) >= COST_DIVISION) return node;
        for (unsigned i = 0; i < node->count; i++) {
            if (cost_of_one(g, node->in[i]) <= least) continue;
            next = node->in[i];
            more++;
        }
        if (more != 1 || cost_of_one(g, next) <= 2) return node;
        node = next;
    }
    return node;
}

/* Marks what has an array from now on. */
static void find_stored(struct costs *c, uint32_t key)
{
    struct gather *g = c->g;
    const struct shift *shift = shift_with(c, key);
    struct node_list stack = roots_of(c, key, false);
    while (stack.count) {
        node_t node = stack.data[--stack.count];
        if (!node->free || c->last[node->id] == c->keys + key || g->store[node->id]) continue;
        c->last[node->id] = c->keys + key;
        bool asked =
            shift->rest_count || c->sharing[node->id] > 1 || own_cost(node) >= COST_FUNCTION;
        long least = shift->rest_count ? 1 : COST_LITTLE;
        if (asked && may_be_stored(g, shift, node) && cost_of_one(g, node) > least) {
            node_t core = shift->rest_count ? node : core_of(g, node, 1);
            if (may_be_stored(g, shift, core)) node = core;
            if (g->store[node->id]) continue;
            g->store[node->id] = 1;
            ADC_PUSH(g->scratch, c->stored, node);
            continue;
        }
        for (unsigned i = 0; i < node->count; i++) ADC_PUSH(g->scratch, stack, node->in[i]);
    }
}

static void unmark(struct costs *c, size_t at)
{
    c->g->store[c->stored.data[at]->id] = 0;
    c->stored.data[at] = c->stored.data[--c->stored.count];
}

/* Values that are made of one with little else have that stored instead: of a/s and b/s, 1/s. */
static void find_common(struct costs *c)
{
    struct gather *g = c->g;
    for (size_t i = 0; i < c->stored.count; i++) {
        node_t one = c->stored.data[i], common = core_of(g, one, COST_LITTLE);
        bool found = false;
        if (common == one || common->free != one->free || g->store[common->id]) continue;
        for (size_t j = c->stored.count; j-- > i + 1;) {
            if (core_of(g, c->stored.data[j], COST_LITTLE) != common) continue;
            unmark(c, j);
            found = true;
        }
        if (!found) continue;
        g->store[one->id] = 0;
        g->store[common->id] = 1;
        c->stored.data[i] = common;
    }
}

static long cost_by_key(struct costs *c, bool companions)
{
    long cost = 0;
    for (uint32_t key = 1; key <= c->keys; key++) {
        struct node_list roots = roots_of(c, key, companions);
        cost += cost_of(c->g, &roots);
    }
    return cost;
}

/* Of the loops over points, which store values and reduce to scalars. */
static long cost_of_loops(struct costs *c)
{
    struct gather *g = c->g;
    struct node_list roots = {0};
    for (size_t i = 0; i < g->companions.count; i++)
        if (g->companions.data[i].group == c->group + 1)
            push_shift(g, &roots, g->companions.data[i].nest);
    for (size_t i = 0; i < c->stored.count; i++) {
        g->store[c->stored.data[i]->id] = 0;
        ADC_PUSH(g->scratch, roots, c->stored.data[i]);
    }
    long cost = cost_of(g, &roots);
    for (size_t i = 0; i < c->stored.count; i++) g->store[c->stored.data[i]->id] = 1;
    return cost;
}

static bool pays_stored(struct costs *c, long limit)
{
    struct gather *g = c->g;
    size_t count = g->updates.function->graph->nodes.count;
    struct node_list roots = roots_of(c, 0, true);
    long before = cost_of(g, &roots);
    c->sharing = ADC_NEW_ARRAY(g->scratch, uint8_t, count);
    c->last = ADC_NEW_ARRAY(g->scratch, uint32_t, count);
    find_sharing(c);
    for (uint32_t key = 1; key <= c->keys; key++) find_stored(c, key);
    find_common(c);
    long values = cost_by_key(c, false), arrays = COST_ARRAY * (long)c->stored.count;
    bool pays = g->groups.data[c->group].has_rest
                    ? values < COST_FUNCTION /* nothing costly at each point of the rest */
                    : values + arrays + cost_of_loops(c) - before <= limit;
    for (size_t i = 0; !pays && i < c->stored.count; i++) g->store[c->stored.data[i]->id] = 0;
    return pays;
}

bool gather_pays(struct gather *g, uint32_t number)
{
    struct gather_group *group = &g->groups.data[number];
    struct costs c = {.g = g, .group = number};
    for (size_t i = 0; i < g->arrays.count; i++)
        for (size_t s = 0; s < g->arrays.data[i].shift_count; s++) {
            if (g->arrays.data[i].group != number + 1) continue;
            c.shifts++;
            if (g->arrays.data[i].shifts[s].key > c.keys) c.keys = g->arrays.data[i].shifts[s].key;
        }
    struct node_list roots = roots_of(&c, 0, true);
    long limit = COST_SUM * (long)c.shifts, once = cost_of(g, &roots);
    long others = cost_of_others(&c), again = cost_by_key(&c, true) + others - once;
    if (!group->has_rest && again <= limit) return true;
    group->stored = true;
    if (pays_stored(&c, limit)) return true;
    group->stored = false;
    return !group->has_rest && again <= COST_WAIT * (long)c.shifts;
}
