/* The order of statements: list scheduling, region by region.
 *
 * What is ready in the region at hand goes out in ascending id; only when nothing is left there an
 * arm with
 * ready work is opened (its opposite arm directly behind it, in one statement), or a loop, and only
 * when none is
 * left the region is closed. A loop opens when all that its body needs from outside is computed, so
 * it opens
 * once; a reduction is computed when its outermost loop closes. So primal and derivative code under
 * one condition share a statement wherever
 * dependences allow. O(n log n).
 *
 * Checks at entry, and what they need, come before all else: their loops are their own (entry.c).
 *
 * An arm may be opened again later; a variable made in an earlier opening and read in a later one
 * is declared further out (schedule_escape.c). */
#include "passes/schedule.h"

enum item_kind {
    ITEM_NODE,
    ITEM_SET_THEN,
    ITEM_SET_ELSE,
    ITEM_FILL,
    ITEM_REDUCE,
    ITEM_CHECK,
    ITEM_STORE
};

struct item {
    enum item_kind kind;
    /* computed; the IF of a SET; the nest; the condition; the value stored */
    const struct adc_node *node;
    uint32_t index, element;
    uint32_t waiting; /* dependences not yet emitted */
    struct region *region;
};

/* Ready items of a region, and the arms below it with ready work. */
struct region_queue {
    ADC_VEC(uint32_t) heap;                 /* item numbers, smallest key first */
    ADC_VEC(struct region *) children;      /* may hold some without work */
    ADC_VEC(const struct adc_node *) nests; /* whose outermost loop this is */
    bool listed;                            /* in its parent's children */
    bool open_ready; /* the condition has been computed, or all the loop needs */
    bool begun;      /* a loop with state: its passes are under way, or done */
};

/* What waits for a node: an item or, if `loop` is not NULL, a loop. */
struct edge {
    struct region *loop;
    uint32_t item, next; /* next: edge number + 1 */
};

struct order {
    struct schedule *schedule;
    struct schedule_blocks *blocks;
    ADC_VEC(struct item) items; /* the first ones by node id */
    ADC_VEC(struct edge) edges;
    uint32_t *first_edge; /* by node id: what waits for its value, edge number + 1 */
    /* by id of an array that starts from zeros: what waits until it is filled, edge number + 1 */
    uint32_t *first_fill_edge;
    const struct adc_node **filled; /* by id of a nest: the array whose zeros it needs; NULL */
    struct region *region;          /* at hand */
    struct schedule_block *block;   /* its open block */
    size_t left;                    /* items that are not emitted yet */
    uint8_t *entry;                 /* by id: a check at entry needs the node */
    bool entering;                  /* those are under way, all others are put off */
    size_t entered;                 /* checks at entry that are done */
    ADC_VEC(uint32_t) later;        /* items put off */
    ADC_VEC(struct region *) loops; /* with state, put off */
};

/* ------------------------------------------------------------------------ items */

static uint32_t add_item(struct order *order, struct item item)
{
    ADC_PUSH(order->schedule->scratch, order->items, item);
    return (uint32_t)order->items.count - 1;
}

static struct region_queue *queue_of(struct order *order, struct region *region);

static void add_edge(struct order *order, uint32_t *first, struct region *loop, uint32_t item)
{
    struct edge edge = {loop, item, *first};
    ADC_PUSH(order->schedule->scratch, order->edges, edge);
    *first = (uint32_t)order->edges.count;
}

/* All loops from `region` outwards that `on` is computed outside of wait for it: in a region around
 * them, or in an arm beside them. */
static void loops_depend(struct order *order, struct region *region, const struct adc_node *on)
{
    if (schedule_is_leaf(on)) return;
    const struct region *where = schedule_common(region, order->schedule->host[on->id]);
    for (; region != where; region = region->parent) {
        if (!region->index) continue;
        add_edge(order, &order->first_edge[on->id], region, 0);
        region->waiting++;
    }
}

static void depend(struct order *order, uint32_t item, const struct adc_node *on)
{
    if (schedule_is_leaf(on)) return;
    add_edge(order, &order->first_edge[on->id], NULL, item);
    order->items.data[item].waiting++;
    loops_depend(order, order->items.data[item].region, on);
}

static void add_set(struct order *order, const struct adc_node *node, unsigned arm)
{
    struct schedule *schedule = order->schedule;
    struct item item = {.kind = arm == 1 ? ITEM_SET_THEN : ITEM_SET_ELSE, .node = node};
    item.region = schedule_arm(schedule, schedule->region[node->id], node->in[0], arm == 1);
    loops_depend(order, item.region, node->in[0]);
    depend(order, add_item(order, item), node->in[arm]);
}

/* An item in `region` (`loop`: that loop itself) waits for `reader`, and so do the loops around
 * it as far as they
 * do not hold the reader too. */
struct waiter {
    struct order *order;
    uint32_t item;
    struct region *region;
    bool loop;                   /* no item: only loops wait, from `region` outwards */
    const struct adc_node *nest; /* itself no reader */
};

static void wait_for(void *context, const struct adc_node *reader)
{
    struct waiter *w = context;
    struct order *order = w->order;
    if (reader == w->nest) return;
    uint32_t *first = &order->first_edge[reader->id];
    struct region *both = schedule_common(w->region, order->schedule->host[reader->id]);
    if (!w->loop) {
        add_edge(order, first, NULL, w->item);
        order->items.data[w->item].waiting++;
    }
    for (struct region *region = w->region; region != both; region = region->parent) {
        if (!region->index) continue;
        add_edge(order, first, region, 0);
        region->waiting++;
    }
}

/* A nest writes over an array only when that is there and everything that still reads it is
 * done. */
static void wait_to_replace(struct order *order, uint32_t number, const struct adc_node *nest)
{
    const struct updates *updates = &order->schedule->updates;
    const struct adc_node *array = updates->replaced[nest->id];
    const struct adc_indices *scope = updates->scope[nest->id];
    struct waiter waiter = {order, number, order->items.data[number].region, false, nest};
    if (!array) return;
    wait_for(&waiter, array);
    updates_readers(updates, array, scope, wait_for, &waiter);
    if (!updates_is_mutable(array)) return;
    for (uint32_t at = updates->first_read[array->id]; at; at = updates->next_read[at - 1]) {
        const struct adc_node *read = order->items.data[at - 1].node;
        struct region *host = order->schedule->host[read->id], *region = waiter.region;
        if (!host || updates_within(read->free, scope)) continue;
        while (host->parent && !host->index) host = host->parent;
        while (region && region != host) region = region->parent;
        if (region == host) wait_for(&waiter, read); /* its own element, in its own loop */
    }
}

/* The statement in the innermost loop; the nest itself waits for its outermost loop to close. */
static void add_reduce(struct order *order, const struct adc_node *node)
{
    struct schedule *schedule = order->schedule;
    struct adc_nest nest = adc_nest_parts(node);
    const struct adc_node *filled = order->filled[node->id];
    if (nest.rank && adc_has_no_points(node)) {
        if (!filled) return;
        add_edge(order, &order->first_fill_edge[filled->id], NULL, node->id);
        order->items.data[node->id].waiting = 1;
        return;
    }
    order->items.data[node->id].waiting = 1;
    struct schedule_nest regions = schedule_nest_regions(schedule, node);
    struct item item = {.kind = ITEM_REDUCE, .node = node, .region = regions.inside};
    uint32_t number = add_item(order, item);
    depend(order, number, nest.value);
    if (regions.inside != regions.body) loops_depend(order, regions.body, nest.guard);
    for (unsigned i = 0; i < nest.rank; i++) {
        depend(order, number, nest.target[i]);
        if (i >= schedule_first_length(node)) depend(order, number, nest.shape[i]);
    }
    struct region *loop = regions.body;
    for (unsigned i = nest.index_count; i-- > 0; loop = loop->parent) {
        loops_depend(order, loop, nest.index[i]->in[0]);
        loops_depend(order, loop, nest.index[i]->in[1]);
    }
    if (regions.outermost)
        ADC_PUSH(schedule->scratch, queue_of(order, regions.outermost)->nests, node);
    wait_to_replace(order, number, node);
    if (!filled) return;
    add_edge(order, &order->first_fill_edge[filled->id], regions.outermost, number);
    if (regions.outermost) regions.outermost->waiting++;
    else order->items.data[number].waiting++;
}

/* The loop begins when its inits are there, and what still reads the arrays that it takes over
 * is done. */
static void add_loop(struct order *order, const struct adc_node *node)
{
    struct schedule *schedule = order->schedule;
    struct schedule_nest regions = schedule_loop_regions(schedule, node);
    struct waiter waiter = {order, 0, regions.body, true, node};
    order->items.data[node->id].waiting = 1; /* for the end of the loop */
    loops_depend(order, regions.body, node->in[0]->in[0]);
    loops_depend(order, regions.body, node->in[0]->in[1]);
    for (unsigned i = 0; i < adc_loop_parts(node).count; i++) {
        struct adc_carried carried = adc_loop_carried(node, i);
        loops_depend(order, regions.body, carried.init);
        loops_depend(order, regions.body, carried.next);  /* if it is the same in every pass */
        order->items.data[carried.state->id].waiting = 1; /* for the beginning of a pass */
        if (carried.state->rank)
            updates_readers(&schedule->updates, carried.init, schedule->updates.scope[node->id],
                            wait_for, &waiter);
    }
    queue_of(order, regions.body);
}

static void add_inputs(struct order *order, uint32_t id, const struct adc_node *node)
{
    for (unsigned i = 0; i < node->count; i++) depend(order, id, node->in[i]);
    for (unsigned i = 1; node->op == ADC_OP_READ && i < node->in[0]->rank; i++)
        depend(order, id, adc_shape(node->in[0], i));
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
        if (node->op == ADC_OP_NEST) add_reduce(order, node);
        else if (node->op == ADC_OP_LOOP) add_loop(order, node);
        else if (node->op != ADC_OP_STATE) add_inputs(order, id, node);
    }
}

/* Arrays that start from zeros are filled as soon as their lengths are known. */
static void add_fills(struct order *order)
{
    const struct schedule *schedule = order->schedule;
    for (uint32_t id = 0; id < schedule->count; id++) {
        const struct adc_node *array = order->items.data[id].node;
        struct item item = {.kind = ITEM_FILL, .node = array, .region = schedule->host[id]};
        if (!order->first_fill_edge[id]) continue;
        uint32_t number = add_item(order, item);
        for (unsigned j = 0; j < array->rank; j++) depend(order, number, adc_shape(array, j));
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
            if (value->rank) continue; /* its nests write the output */
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
    region->queue->open_ready =
        !region->index && (!region->condition || schedule_is_leaf(region->condition));
    return region->queue;
}

/* Ready items, inner regions with such; a loop with state has its passes to run, whatever they
 * hold. */
static bool has_work(const struct region *region)
{
    const struct region_queue *queue = region->queue;
    return queue->heap.count || queue->children.count || (region->carries && !queue->begun);
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

static bool is_put_off(const struct order *order, const struct item *item)
{
    if (!order->entering) return false;
    if (item->kind == ITEM_CHECK) return item->index >= order->schedule->function->entry_count;
    return item->kind == ITEM_STORE || !order->entry[item->node->id];
}

static void ready(struct order *order, uint32_t item)
{
    if (is_put_off(order, &order->items.data[item])) {
        ADC_PUSH(order->schedule->scratch, order->later, item);
        return;
    }
    struct region *region = order->items.data[item].region;
    heap_push(order, queue_of(order, region), item);
    list(order, region);
}

static void release(struct order *order, uint32_t item)
{
    if (--order->items.data[item].waiting == 0) ready(order, item);
}

/* Everything the loop needs is there: it may be entered. */
static void open_loop(struct order *order, struct region *loop)
{
    struct region_queue *queue = queue_of(order, loop);
    queue->open_ready = true;
    if (order->entering && loop->carries) ADC_PUSH(order->schedule->scratch, order->loops, loop);
    else if (has_work(loop)) list(order, loop);
}

/* What waits behind the edge number `at` waits for one thing less. */
static void follow(struct order *order, uint32_t at)
{
    for (; at; at = order->edges.data[at - 1].next) {
        const struct edge *edge = &order->edges.data[at - 1];
        if (!edge->loop) release(order, edge->item);
        else if (--edge->loop->waiting == 0) open_loop(order, edge->loop);
    }
}

/* A node has its value: its users may be ready, and arms it is the condition of may open. */
static void computed(struct order *order, const struct adc_node *node)
{
    follow(order, order->first_edge[node->id]);
    struct region *region = order->schedule->by_condition[node->id];
    for (; region; region = region->same_next) {
        struct region_queue *queue = queue_of(order, region);
        queue->open_ready = true;
        if (has_work(region)) list(order, region);
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

static void emit_set(struct order *order, const struct item *item)
{
    const struct adc_node *node = item->node;
    struct schedule_block *outer = order->block->parent;
    if (!order->schedule->declared[node->id]) {
        schedule_declare(order->schedule, outer, order->block->branch, node);
        order->schedule->made_in[node->id] = outer;
    }
    append(order, LOOP_SET, node)->value = node->in[item->kind == ITEM_SET_THEN ? 1 : 2];
}

static void emit(struct order *order, uint32_t number)
{
    struct item item = order->items.data[number];
    order->left--;
    switch (item.kind) {
    case ITEM_NODE:
        if (order->schedule->program->place[item.node->id] == LOOP_LOCAL &&
            item.node->op != ADC_OP_NEST && item.node->op != ADC_OP_STATE &&
            (item.node->op != ADC_OP_IF || order->schedule->expression[item.node->id])) {
            append(order, LOOP_LET, item.node);
            order->schedule->made_in[item.node->id] = order->block;
        }
        computed(order, item.node);
        return;
    case ITEM_SET_THEN:
    case ITEM_SET_ELSE:
        emit_set(order, &item);
        release(order, item.node->id);
        return;
    case ITEM_FILL:
        append(order, LOOP_FILL, item.node);
        follow(order, order->first_fill_edge[item.node->id]);
        return;
    case ITEM_REDUCE: {
        append(order, LOOP_REDUCE, item.node)->value = item.node->in[0];
        struct adc_nest nest = adc_nest_parts(item.node);
        if (!nest.index_count) release(order, item.node->id);
        return;
    }
    case ITEM_CHECK:
        append(order, LOOP_CHECK, item.node)->index = item.index;
        order->entered += order->entering;
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
    bool then = region->positive || region->index;
    struct loop_block *block = then ? &branch->then : &branch->otherwise;
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
        if (has_work(child)) return child;
    }
    return NULL;
}

/* Accumulators of the nests that begin here, then the loop. */
static struct loop_statement *begin_loop(struct order *order, struct region *loop)
{
    struct region_queue *queue = queue_of(order, loop);
    for (size_t i = 0; i < queue->nests.count; i++) {
        const struct adc_node *nest = queue->nests.data[i];
        if (nest->rank) continue;
        append(order, LOOP_VAR, nest);
        order->schedule->made_in[nest->id] = order->block;
        order->schedule->declared[nest->id] = 1;
    }
    const struct adc_node *carries = loop->carries;
    for (unsigned i = 0; carries && i < adc_loop_parts(carries).count; i++) {
        struct adc_carried carried = adc_loop_carried(carries, i);
        if (carried.state->rank) continue;
        append(order, LOOP_VAR, carried.state)->value = carried.init;
        order->schedule->made_in[carried.state->id] = order->block;
        order->schedule->declared[carried.state->id] = 1;
    }
    struct loop_statement *statement = append(order, LOOP_FOR, loop->index);
    statement->value = carries;
    return statement;
}

/* A pass begins: its STATEs are there. */
static void begin_pass(struct order *order, const struct adc_node *loop)
{
    order->region->queue->begun = true;
    for (unsigned i = 0; i < adc_loop_parts(loop).count; i++)
        release(order, adc_loop_carried(loop, i).state->id);
}

/* A pass ends: scalars change; arrays have changed in place. */
static void end_pass(struct order *order, const struct adc_node *loop)
{
    for (unsigned i = 0; i < adc_loop_parts(loop).count; i++) {
        if (adc_loop_carried(loop, i).state->rank) continue;
        append(order, LOOP_CARRY, loop);
        return;
    }
}

/* The nests whose outermost loop this was have their values. */
static void end_loop(struct order *order, struct region *loop)
{
    struct region_queue *queue = queue_of(order, loop);
    ADC_INVARIANT(!queue->heap.count && !queue->children.count, order->schedule->graph);
    for (size_t i = 0; i < queue->nests.count; i++) release(order, queue->nests.data[i]->id);
    if (loop->carries) release(order, loop->carries->id);
}

/* Leaves the arm or loop at hand; goes on in the opposite one, in the same statement, if there is
 * work. */
static void leave(struct order *order)
{
    struct region *region = order->region;
    struct loop_statement *branch = order->block->branch;
    if (region->carries) end_pass(order, region->carries);
    order->block = order->block->parent;
    order->region = region->parent;
    if (region->index) {
        end_loop(order, region);
        return;
    }
    struct region *other = region->other;
    bool fresh = other && !(other->positive ? branch->then.count : branch->otherwise.count);
    if (!fresh || !other->queue || !other->queue->open_ready) return;
    if (!has_work(other)) return;
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
            enter(order, child,
                  child->index ? begin_loop(order, child)
                               : append(order, LOOP_BRANCH, child->condition));
            if (child->carries) begin_pass(order, child->carries);
            continue;
        }
        if (!order->region->parent) return;
        leave(order);
    }
}

/* Loops that need nothing from outside. */
static void open_free_loops(struct order *order)
{
    for (size_t i = 0; i < order->items.count; i++) {
        struct region *region = order->items.data[i].region;
        for (; region && region->parent; region = region->parent)
            if (region->index && !region->waiting) queue_of(order, region)->open_ready = true;
    }
}

/* Scalar accumulators without loops. */
static void begin_accumulators(struct order *order)
{
    struct schedule *schedule = order->schedule;
    for (size_t id = 0; id < schedule->count; id++) {
        const struct adc_node *node = schedule->graph->nodes.data[id];
        if (!schedule->region[id] || node->op != ADC_OP_NEST || node->rank) continue;
        if (adc_nest_parts(node).index_count) continue;
        append(order, LOOP_VAR, node);
        order->schedule->made_in[id] = order->block;
        order->schedule->declared[id] = 1;
    }
}

/* Which nests begin from zeros: those that do not set every element and write over no other
 * array. */
static void find_fills(struct order *order)
{
    struct schedule *schedule = order->schedule;
    const struct updates *updates = &schedule->updates;
    struct adc_arena *scratch = schedule->scratch;
    order->first_fill_edge = ADC_NEW_ARRAY(scratch, uint32_t, schedule->count);
    order->filled = ADC_NEW_ARRAY(scratch, const struct adc_node *, schedule->count);
    uint8_t *put = ADC_NEW_ARRAY(scratch, uint8_t, schedule->count);
    for (size_t id = schedule->count; id-- > 0;) {
        const struct adc_node *node = schedule->graph->nodes.data[id];
        if (!schedule->region[id]) continue;
        if (node->op == ADC_OP_PUT) put[node->in[1]->id] = 1;
        if (node->op == ADC_OP_JOIN && !updates_is_part(updates, node)) {
            struct node_list leaves = {0};
            updates_leaves(updates, node, &leaves);
            bool mosaic = updates_is_mosaic(&leaves);
            for (size_t i = 0; i < leaves.count; i++) {
                const struct adc_node *leaf = leaves.data[i];
                put[leaf->id] = 1;
                if (leaf->op == ADC_OP_NEST && !updates->replaced[leaf->id] && !mosaic)
                    order->filled[leaf->id] = node;
            }
        }
        bool some = node->op == ADC_OP_NEST && node->rank && !arrange_sets_all(node) &&
                    !adc_nest_parts(node).unread;
        if (some && !put[id] && !arrange_permutes(node)) order->filled[id] = node;
    }
}

bool schedule_order(struct schedule *schedule, struct schedule_blocks *blocks)
{
    struct order order = {.schedule = schedule, .blocks = blocks, .region = &schedule->root};
    order.first_edge = ADC_NEW_ARRAY(schedule->scratch, uint32_t, schedule->count);
    schedule->made_in = ADC_NEW_ARRAY(schedule->scratch, struct schedule_block *, schedule->count);
    schedule->declared = ADC_NEW_ARRAY(schedule->scratch, uint8_t, schedule->count);
    order.block = new_block(&order, schedule->body, NULL, NULL);
    find_fills(&order);
    order.entry = pass_entry_nodes(schedule->function, schedule->scratch);
    order.entering = schedule->function->entry_count > 0;
    add_node_items(&order);
    add_fills(&order);
    add_root_items(&order);
    open_free_loops(&order);
    for (uint32_t i = 0; i < order.items.count; i++) {
        const struct item *item = &order.items.data[i];
        bool live =
            item->kind != ITEM_NODE || (schedule->region[i] && !schedule_is_leaf(item->node));
        order.left += live;
        if (live && !item->waiting) ready(&order, i);
        if (!live || item->kind != ITEM_NODE || item->node->op != ADC_OP_LOOP) continue;
        struct region *body = schedule_loop_regions(schedule, item->node).body;
        if (!body->waiting) open_loop(&order, body);
    }
    begin_accumulators(&order);
    run(&order);
    ADC_INVARIANT(order.entered == schedule->function->entry_count, schedule->graph);
    order.entering = false;
    for (size_t i = 0; i < order.loops.count; i++) open_loop(&order, order.loops.data[i]);
    for (size_t i = 0; i < order.later.count; i++) ready(&order, order.later.data[i]);
    run(&order);
    if (order.left) return false;
    schedule_escape(schedule, blocks);
    return true;
}
