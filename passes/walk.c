/* Walks by a heap of ids. */
#include "passes/walk.h"

#include <string.h>

static const uint32_t waiting = UINT32_MAX;

void walk_init(struct walk *walk, const struct adc_graph *graph, struct adc_arena *scratch)
{
    *walk = (struct walk){.graph = graph, .scratch = scratch};
}

/* The graph may have grown. */
static void make_room(struct walk *walk, uint32_t id)
{
    if (id < walk->capacity) return;
    size_t capacity = walk->graph->nodes.count * 2;
    uint32_t *place = ADC_NEW_ARRAY(walk->scratch, uint32_t, capacity);
    const void **note = ADC_NEW_ARRAY(walk->scratch, const void *, capacity);
    if (walk->capacity) memcpy(place, walk->place, walk->capacity * sizeof *place);
    if (walk->capacity) memcpy(note, walk->note, walk->capacity * sizeof *note);
    walk->place = place;
    walk->note = note;
    walk->capacity = capacity;
}

bool walk_add(struct walk *walk, const struct adc_node *node)
{
    make_room(walk, node->id);
    if (walk->place[node->id]) return false;
    walk->place[node->id] = waiting;
    ADC_PUSH(walk->scratch, walk->waiting, node);
    const struct adc_node **heap = walk->waiting.data;
    size_t at = walk->waiting.count - 1;
    for (; at && heap[(at - 1) / 2]->id < node->id; at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = node;
    return true;
}

const struct adc_node *walk_next(struct walk *walk)
{
    if (!walk->waiting.count) return NULL;
    const struct adc_node **heap = walk->waiting.data;
    const struct adc_node *top = heap[0], *last = heap[--walk->waiting.count];
    size_t at = 0, count = walk->waiting.count;
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && heap[child + 1]->id > heap[child]->id) child++;
        if (heap[child]->id < last->id) break;
        heap[at] = heap[child];
    }
    if (count) heap[at] = last;
    ADC_PUSH(walk->scratch, walk->order, top);
    walk->place[top->id] = (uint32_t)walk->order.count;
    return top;
}

int64_t walk_place(const struct walk *walk, const struct adc_node *node)
{
    uint32_t place = node->id < walk->capacity ? walk->place[node->id] : 0;
    return place && place != waiting ? (int64_t)place - 1 : WALK_NOWHERE;
}

static void forget(struct walk *walk, const struct adc_node *node)
{
    walk->place[node->id] = 0;
    walk->note[node->id] = NULL;
}

void walk_end(struct walk *walk)
{
    for (size_t i = 0; i < walk->order.count; i++) forget(walk, walk->order.data[i]);
    for (size_t i = 0; i < walk->waiting.count; i++) forget(walk, walk->waiting.data[i]);
    walk->order.count = walk->waiting.count = 0;
}
