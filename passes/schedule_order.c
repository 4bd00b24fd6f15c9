/* The order of statements: list scheduling, region by region.
 *
 * What is ready in the region at hand goes out in ascending id; only when nothing is left there an arm with
 * ready work is opened (its opposite arm directly behind it, in one statement), and only when no arm is left
 * the region is closed. So primal and derivative code under one condition share a statement wherever
 * dependences allow. O(n log n).
 *
 * An arm may be opened again later; a variable made in an earlier opening and read in a later one is declared
 * further out (`escape`). */
#include "passes/schedule.h"

enum item_kind { ITEM_NODE, ITEM_SET_THEN, ITEM_SET_ELSE, ITEM_CHECK, ITEM_STORE };

struct item {
    enum item_kind kind;
    const struct adc_node *node; /* computed; the IF of a SET; the condition; the value stored */
    uint32_t index, element;
    uint32_t waiting;            /* dependences not yet emitted */
    struct region *region;
};

/* Ready items of a region, and the arms below it with ready work. */
struct region_queue {
    ADC_VEC(uint32_t) heap;            /* item numbers, smallest key first */
    ADC_VEC(struct region *) children; /* may hold some without work */
    bool listed;                       /* in its parent's children */
    bool open_ready;                   /* the condition has been computed */
};

struct edge {
    uint32_t item, next; /* next: edge number + 1 */
};

struct order {
    struct schedule *schedule;
    struct schedule_blocks *blocks;
    ADC_VEC(struct item) items;        /* the first ones by node id */
    ADC_VEC(struct edge) edges;
    uint32_t *first_edge;              /* by item, edge number + 1 */
    struct schedule_block **made_in;   /* by node id: the block whose statement gives it its value */
    uint8_t *declared;                 /* by node id: a VAR exists */
    struct region *region;             /* at hand */
    struct schedule_block *block;      /* its open block */
};

/* ------------------------------------------------------------------------ items */

static uint32_t add_item(struct order *order, struct item item)
{
    ADC_PUSH(order->schedule->scratch, order->items, item);
    return (uint32_t)order->items.count - 1;
}

static void depend(struct order *order, uint32_t item, const struct adc_node *on)
{
    if (schedule_is_leaf(on)) return;
    struct edge edge = {item, order->first_edge[on->id]};
    ADC_PUSH(order->schedule->scratch, order->edges, edge);
    order->first_edge[on->id] = (uint32_t)order->edges.count;
    order->items.data[item].waiting++;
}

static void add_set(struct order *order, const struct adc_node *node, unsigned arm)
{
    struct schedule *schedule = order->schedule;
    struct item item = {.kind = arm == 1 ? ITEM_SET_THEN : ITEM_SET_ELSE, .node = node};
    item.region = schedule_arm(schedule, schedule->region[node->id], node->in[0], arm == 1);
    depend(order, add_item(order, item), node->in[arm]);
}

static void add_node_items(struct order *order)
{
    struct schedule *schedule = order->schedule;
    for (uint32_t id = 0; id < schedule->count; id++) {
        struct item item = {.kind = ITEM_NODE, .node = schedule->graph->nodes.data[id]};
        item.region = schedule->host[id];
        add_item(order, item);
    }
    for (uint32_t id = 0; id < schedule->count; id++) {
        const struct adc_node *node = order->items.data[id].node;
        if (!schedule->region[id] || schedule_is_leaf(node)) continue;
        if (node->op == ADC_OP_IF && !schedule->expression[id]) {
            order->items.data[id].waiting = 2; /* both SETs */
            add_set(order, node, 1);
            add_set(order, node, 2);
            continue;
        }
        for (unsigned i = 0; i < node->count; i++) depend(order, id, node->in[i]);
    }
}

static void add_root_items(struct order *order)
{
    const struct adc_function *function = order->schedule->function;
    for (uint32_t i = 0; i < function->checks.count; i++) {
        const struct adc_node *condition = function->checks.data[i].condition;
        struct item item = {.kind = ITEM_CHECK, .node = condition, .index = i};
        item.region = &order->schedule->root;
        item.waiting = i > 0; /* for the check before: the first that fails gives the status */
        depend(order, add_item(order, item), condition);
    }
    for (uint32_t i = 0; i < function->results.count; i++)
        for (uint32_t j = 0; j < function->results.data[i].count; j++) {
            const struct adc_node *value = function->results.data[i].nodes[j];
            struct item item = {.kind = ITEM_STORE, .node = value, .index = i, .element = j};
            item.region = &order->schedule->root;
            depend(order, add_item(order, item), value);
        }
}

/* ------------------------------------------------------------------------ ready */

/* Ascending ids, what computes a node before what stores or checks it. */
static uint64_t key(const struct order *order, uint32_t item)
{
    const struct item *at = &order->items.data[item];
    return (uint64_t)at->node->id << 32 | item;
}

static void heap_push(struct order *order, struct region_queue *queue, uint32_t item)
{
    ADC_PUSH(order->schedule->scratch, queue->heap, item);
    uint32_t *heap = queue->heap.data;
    size_t at = queue->heap.count - 1;
    for (; at && key(order, item) < key(order, heap[(at - 1) / 2]); at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = item;
}

static uint32_t heap_pop(struct order *order, struct region_queue *queue)
{
    uint32_t *heap = queue->heap.data;
    uint32_t top = heap[0], last = heap[--queue->heap.count];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < queue->heap.count; at = child) {
        if (child + 1 < queue->heap.count && key(order, heap[child + 1]) < key(order, heap[child]))
            child++;
        if (key(order, last) <= key(order, heap[child])) break;
        heap[at] = heap[child];
    }
    if (queue->heap.count) heap[at] = last;
    return top;
}

static struct region_queue *queue_of(struct order *order, struct region *region)
{
    if (region->queue) return region->queue;
    region->queue = ADC_NEW(order->schedule->scratch, struct region_queue);
    region->queue->open_ready = !region->condition || schedule_is_leaf(region->condition);
    return region->queue;
}

/* Tells the regions above that there is work down here. */
static void list(struct order *order, struct region *region)
{
    while (region->parent && queue_of(order, region)->open_ready &&
           !queue_of(order, region)->listed) {
        queue_of(order, region)->listed = true;
        ADC_PUSH(order->schedule->scratch, queue_of(order, region->parent)->children, region);
        region = region->parent;
    }
}

static void ready(struct order *order, uint32_t item)
{
    struct region *region = order->items.data[item].region;
    heap_push(order, queue_of(order, region), item);
    list(order, region);
}

static void release(struct order *order, uint32_t item)
{
    if (--order->items.data[item].waiting == 0) ready(order, item);
}

/* A node has its value: its users may be ready, and arms it is the condition of may open. */
static void computed(struct order *order, const struct adc_node *node)
{
    for (uint32_t at = order->first_edge[node->id]; at; at = order->edges.data[at - 1].next)
        release(order, order->edges.data[at - 1].item);
    struct region *region = order->schedule->by_condition[node->id];
    for (; region; region = region->same_next) {
        struct region_queue *queue = queue_of(order, region);
        queue->open_ready = true;
        if (queue->heap.count || queue->children.count) list(order, region);
    }
}

/* ------------------------------------------------------------------- statements */

static struct loop_statement *append(struct order *order, enum loop_kind kind,
                                     const struct adc_node *node)
{
    struct adc_arena *arena = order->schedule->arena;
    struct loop_statement *statement = ADC_NEW(arena, struct loop_statement);
    statement->kind = kind;
    statement->node = node;
    ADC_PUSH(arena, *order->block->block, statement);
    return statement;
}

/* Declares `node` in `block`, before the statement `branch`, which stands near its end. */
static void declare(struct order *order, struct schedule_block *block,
                    const struct loop_statement *branch, const struct adc_node *node)
{
    struct adc_arena *arena = order->schedule->arena;
    struct loop_statement *statement = ADC_NEW(arena, struct loop_statement);
    statement->kind = LOOP_VAR;
    statement->node = node;
    ADC_PUSH(arena, *block->block, statement);
    struct loop_statement **data = block->block->data;
    size_t at = block->block->count - 1;
    for (bool passed = false; at && !passed; at--) {
        passed = data[at - 1] == branch;
        data[at] = data[at - 1];
    }
    data[at] = statement;
    order->declared[node->id] = 1;
}

static void emit_set(struct order *order, const struct item *item)
{
    const struct adc_node *node = item->node;
    struct schedule_block *outer = order->block->parent;
    if (!order->declared[node->id]) {
        declare(order, outer, order->block->branch, node);
        order->made_in[node->id] = outer;
    }
    append(order, LOOP_SET, node)->value = node->in[item->kind == ITEM_SET_THEN ? 1 : 2];
}

static void emit(struct order *order, uint32_t number)
{
    struct item item = order->items.data[number];
    switch (item.kind) {
    case ITEM_NODE:
        if (order->schedule->program->place[item.node->id] == LOOP_LOCAL &&
            (item.node->op != ADC_OP_IF || order->schedule->expression[item.node->id])) {
            append(order, LOOP_LET, item.node);
            order->made_in[item.node->id] = order->block;
        }
        computed(order, item.node);
        return;
    case ITEM_SET_THEN:
    case ITEM_SET_ELSE:
        emit_set(order, &item);
        release(order, item.node->id);
        return;
    case ITEM_CHECK:
        append(order, LOOP_CHECK, item.node)->index = item.index;
        if (item.index + 1 < order->schedule->function->checks.count) release(order, number + 1);
        return;
    case ITEM_STORE: {
        struct loop_statement *store = append(order, LOOP_STORE, NULL);
        store->value = item.node;
        store->index = item.index;
        store->element = item.element;
        return;
    }
    }
}

/* ---------------------------------------------------------------------- regions */

static struct schedule_block *new_block(struct order *order, struct loop_block *block,
                                        struct schedule_block *parent,
                                        struct loop_statement *branch)
{
    struct schedule_block *made = ADC_NEW(order->schedule->scratch, struct schedule_block);
    *made = (struct schedule_block){block, parent, branch};
    ADC_PUSH(order->schedule->scratch, order->blocks->list, made);
    return made;
}

static void enter(struct order *order, struct region *region, struct loop_statement *branch)
{
    struct loop_block *block = region->positive ? &branch->then : &branch->otherwise;
    order->block = new_block(order, block, order->block, branch);
    order->region = region;
}

/* A child with work, taken off the list; NULL if there is none. */
static struct region *next_child(struct order *order)
{
    struct region_queue *queue = queue_of(order, order->region);
    while (queue->children.count) {
        struct region *child = queue->children.data[--queue->children.count];
        child->queue->listed = false;
        if (child->queue->heap.count || child->queue->children.count) return child;
    }
    return NULL;
}

/* Leaves the arm at hand; goes on in the opposite one, in the same statement, if there is work. */
static void leave(struct order *order)
{
    struct region *region = order->region;
    struct loop_statement *branch = order->block->branch;
    order->block = order->block->parent;
    order->region = region->parent;
    struct region *other = region->other;
    bool fresh = other && !(other->positive ? branch->then.count : branch->otherwise.count);
    if (!fresh || !other->queue || !other->queue->open_ready) return;
    if (!other->queue->heap.count && !other->queue->children.count) return;
    enter(order, other, branch);
}

static void run(struct order *order)
{
    for (;;) {
        struct region_queue *queue = queue_of(order, order->region);
        if (queue->heap.count) {
            emit(order, heap_pop(order, queue));
            continue;
        }
        struct region *child = next_child(order);
        if (child) {
            enter(order, child, append(order, LOOP_BRANCH, child->condition));
            continue;
        }
        if (!order->region->parent) return;
        leave(order);
    }
}

/* ----------------------------------------------------------------------- escape */

struct escape {
    struct order *order;
    struct schedule_block *at; /* the block of the reading statement */
};

static bool encloses(const struct schedule_block *outer, const struct schedule_block *inner)
{
    while (inner && inner != outer) inner = inner->parent;
    return inner == outer;
}

/* A read (or a SET) of a variable whose block is closed: it is declared in the innermost block that encloses both. */
static void check_read(void *context, const struct adc_node *node)
{
    struct escape *escape = context;
    struct order *order = escape->order;
    struct schedule_block *made = order->made_in[node->id];
    if (encloses(made, escape->at)) return;
    struct loop_statement *branch = NULL;
    while (!encloses(made, escape->at)) {
        branch = made->branch;
        made = made->parent;
    }
    order->made_in[node->id] = made;
    if (!order->declared[node->id]) {
        declare(order, made, branch, node);
        return;
    }
    for (size_t i = 0; i < order->blocks->list.count; i++) { /* an IF's VAR moves out */
        struct loop_block *block = order->blocks->list.data[i]->block;
        size_t kept = 0;
        for (size_t j = 0; j < block->count; j++)
            if (block->data[j]->kind != LOOP_VAR || block->data[j]->node != node)
                block->data[kept++] = block->data[j];
        block->count = kept;
    }
    declare(order, made, branch, node);
}

static void find_escapes(struct order *order)
{
    for (size_t i = 0; i < order->blocks->list.count; i++) {
        struct escape escape = {order, order->blocks->list.data[i]};
        for (size_t j = 0; j < escape.at->block->count; j++) {
            size_t count = escape.at->block->count;
            const struct loop_statement *statement = escape.at->block->data[j];
            schedule_reads(order->schedule, statement, check_read, &escape);
            if (statement->kind == LOOP_SET) check_read(&escape, statement->node);
            j += escape.at->block->count - count; /* declarations went in before this statement */
        }
    }
}

/* A LET of a variable that a VAR declares becomes a SET. */
static void postpone_lets(struct order *order)
{
    for (size_t i = 0; i < order->blocks->list.count; i++) {
        struct loop_block *block = order->blocks->list.data[i]->block;
        for (size_t j = 0; j < block->count; j++) {
            struct loop_statement *statement = block->data[j];
            if (statement->kind != LOOP_LET || !order->declared[statement->node->id]) continue;
            statement->kind = LOOP_SET;
            statement->value = statement->node;
        }
    }
}

void schedule_order(struct schedule *schedule, struct schedule_blocks *blocks)
{
    struct order order = {.schedule = schedule, .blocks = blocks, .region = &schedule->root};
    size_t most = schedule->count;
    for (size_t i = 0; i < schedule->function->results.count; i++)
        most += schedule->function->results.data[i].count;
    order.first_edge = ADC_NEW_ARRAY(schedule->scratch, uint32_t, schedule->count);
    order.made_in = ADC_NEW_ARRAY(schedule->scratch, struct schedule_block *, schedule->count);
    order.declared = ADC_NEW_ARRAY(schedule->scratch, uint8_t, schedule->count);
    order.block = new_block(&order, schedule->body, NULL, NULL);
    add_node_items(&order);
    add_root_items(&order);
    for (uint32_t i = 0; i < order.items.count; i++) {
        const struct item *item = &order.items.data[i];
        bool live = item->kind != ITEM_NODE ||
                    (schedule->region[i] && !schedule_is_leaf(item->node));
        if (live && !item->waiting) ready(&order, i);
    }
    run(&order);
    find_escapes(&order);
    postpone_lets(&order);
}
