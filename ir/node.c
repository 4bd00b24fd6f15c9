/* The graph's builders: hash-consing, result types, side tables.
 *
 * Nothing here knows algebra: what is asked for is what is made, once. */
#include "ir/node.h"

#include "ir/state.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 256 };

_Noreturn void adc_broken(const struct adc_graph *graph, const char *condition, const char *file,
                          int line)
{
#ifdef NDEBUG
    (void)condition;
    (void)file;
    (void)line;
    longjmp(*graph->arena->heap->out_of_memory, 2);
#else
    /* a debugger shows these */
    (void)graph;
    const char *volatile broken = condition;
    const char *volatile where = file;
    volatile int at = line;
    (void)broken;
    (void)where;
    (void)at;
    abort();
#endif
}

void adc_graph_init(struct adc_graph *graph, struct adc_arena *arena)
{
    *graph = (struct adc_graph){.arena = arena, .slot_count = FIRST_SLOTS};
    graph->slots = ADC_NEW_ARRAY(arena, const struct adc_node *, FIRST_SLOTS);
    graph->index_sets = ADC_NEW_ARRAY(arena, struct adc_indices *, ADC_INDEX_BUCKETS);
}

/* ---------------------------------------------------------------- hash-consing */

static uint32_t hash_node(const struct adc_node *node)
{
    uint32_t words[5 + ADC_MAX_INPUTS];
    unsigned count = 0;
    words[count++] = (uint32_t)node->op << 16 | (uint32_t)node->rank << 8 | node->count;
    words[count++] = node->type;
    words[count++] = node->number;
    words[count++] = (uint32_t)node->value.bits;
    words[count++] = (uint32_t)(node->value.bits >> 32);
    for (unsigned i = 0; i < node->count; i++) words[count++] = node->in[i]->id;
    return adc_hash(words, count * sizeof *words, 0);
}

static bool same_node(const struct adc_node *a, const struct adc_node *b)
{
    if (a->hash != b->hash || a->op != b->op || a->type != b->type || a->count != b->count ||
        a->rank != b->rank || a->number != b->number || a->value.bits != b->value.bits)
        return false;
    for (unsigned i = 0; i < a->count; i++)
        if (a->in[i] != b->in[i]) return false;
    return true;
}

static void grow_slots(struct adc_graph *graph)
{
    uint32_t count = graph->slot_count * 2;
    graph->slots = ADC_NEW_ARRAY(graph->arena, const struct adc_node *, count);
    graph->slot_count = count;
    for (size_t i = 0; i < graph->nodes.count; i++) {
        const struct adc_node *node = graph->nodes.data[i];
        uint32_t at = node->hash & (count - 1);
        while (graph->slots[at]) at = (at + 1) & (count - 1);
        graph->slots[at] = node;
    }
}

static void add(struct adc_graph *graph, struct adc_node *node)
{
    ADC_INVARIANT(graph->nodes.count < UINT32_MAX / 2, graph);
    node->id = (uint32_t)graph->nodes.count;
    node->free = adc_free_indices(graph, node);
    ADC_PUSH(graph->arena, graph->nodes, node);
    ADC_PUSH(graph->arena, graph->names, NULL);
    ADC_PUSH(graph->arena, graph->kept, ADC_KEEP_DEFAULT);
    ADC_PUSH(graph->arena, graph->spans, graph->span);
    if (graph->nodes.count > graph->slot_count / 4 * 3) grow_slots(graph);
}

/* The node of the graph that equals `wanted`, made if there is none. */
static const struct adc_node *intern(struct adc_graph *graph, struct adc_node *wanted,
                                     const struct adc_node *const *inputs)
{
    size_t size = sizeof *wanted + wanted->count * sizeof *inputs;
    union {
        struct adc_node node;
        char bytes[sizeof(struct adc_node) + ADC_MAX_INPUTS * sizeof(struct adc_node *)];
    } key;
    ADC_INVARIANT(wanted->count <= ADC_MAX_INPUTS, graph);
    key.node = *wanted;
    for (unsigned i = 0; i < wanted->count; i++) key.node.in[i] = inputs[i];
    key.node.hash = hash_node(&key.node);
    uint32_t at = key.node.hash & (graph->slot_count - 1);
    for (; graph->slots[at]; at = (at + 1) & (graph->slot_count - 1))
        if (same_node(graph->slots[at], &key.node)) return graph->slots[at];
    struct adc_node *node = adc_arena_alloc(graph->arena, size);
    memcpy(node, &key, size);
    graph->slots[at] = node;
    add(graph, node);
    return node;
}

/* ---------------------------------------------------------------------- leaves */

const struct adc_node *adc_const(struct adc_graph *graph, enum adc_type type, union adc_value value)
{
    struct adc_node node = {.op = ADC_OP_CONST, .type = (uint8_t)type};
    if (type == ADC_F64) node.value.f64 = value.f64;
    else if (type == ADC_F32) node.value.f32 = value.f32;
    else if (adc_type_is_integer(type)) node.value.integer = value.integer;
    else node.value.boolean = value.boolean;
    return intern(graph, &node, NULL);
}

const struct adc_node *adc_real(struct adc_graph *graph, enum adc_type type, double value)
{
    ADC_INVARIANT(adc_type_is_real(type), graph);
    union adc_value v = {.bits = 0};
    if (type == ADC_F32) v.f32 = (float)value;
    else v.f64 = value;
    return adc_const(graph, type, v);
}

const struct adc_node *adc_int(struct adc_graph *graph, int64_t value)
{
    return adc_const(graph, ADC_INT, (union adc_value){.integer = value});
}

const struct adc_node *adc_bool(struct adc_graph *graph, bool value)
{
    return adc_const(graph, ADC_BOOL, (union adc_value){.boolean = value});
}

const struct adc_node *adc_param(struct adc_graph *graph, enum adc_type type, uint32_t index)
{
    struct adc_node node = {.op = ADC_OP_PARAM, .type = (uint8_t)type, .number = index};
    return intern(graph, &node, NULL);
}

const struct adc_node *adc_mark_numbered(struct adc_graph *graph, const struct adc_node *value,
                                         uint32_t number)
{
    struct adc_node node = {.op = ADC_OP_MARK, .type = value->type, .count = 1, .number = number};
    node.rank = value->rank;
    if (number >= graph->mark_count) graph->mark_count = number + 1;
    return intern(graph, &node, &value);
}

const struct adc_node *adc_mark(struct adc_graph *graph, const struct adc_node *value)
{
    return adc_mark_numbered(graph, value, graph->mark_count);
}

/* ------------------------------------------------------------------- operators */

/* `fixed`: the result's type where the row fixes it; an argument S is of the other width. */
static bool letter_allows(char letter, enum adc_type fixed, enum adc_type type)
{
    switch (letter) {
    case 'R': return adc_type_is_real(type);
    case 'S': return adc_type_is_real(type) && type != fixed;
    case 'I': return type == ADC_INT;
    case 'B': return type == ADC_BOOL;
    case 'N': return type == ADC_I32;
    }
    return false;
}

/* Result type of an elementwise operator; all R arguments must have one width. */
static enum adc_type elementwise_type(enum adc_op op, const struct adc_node *const *inputs,
                                      unsigned count)
{
    const struct adc_op_info *info = adc_op_info(op);
    enum adc_type real = ADC_TYPE_COUNT, fixed = adc_op_result(op, ADC_TYPE_COUNT);
    if (count != info->arity) return ADC_TYPE_COUNT;
    for (unsigned i = 0; i < count; i++) {
        enum adc_type type = inputs[i]->type;
        if (!letter_allows(info->signature[i], fixed, type)) return ADC_TYPE_COUNT;
        if (info->signature[i] != 'R') continue;
        if (real != ADC_TYPE_COUNT && real != type) return ADC_TYPE_COUNT;
        real = type;
    }
    return adc_op_result(op, real);
}

enum adc_type adc_result_type(enum adc_op op, const struct adc_node *const *inputs, unsigned count)
{
    bool fits;
    enum adc_type type;
    switch (op) {
    case ADC_OP_IF:
        fits = count == 3 && inputs[0]->type == ADC_BOOL && inputs[1]->type == inputs[2]->type;
        type = fits ? inputs[1]->type : ADC_TYPE_COUNT;
        break;
    case ADC_OP_STOP:
    case ADC_OP_MARK:
        fits = count == 1;
        type = fits ? inputs[0]->type : ADC_TYPE_COUNT;
        break;
    case ADC_OP_GRAD:
        fits = count == 2 && inputs[1]->op == ADC_OP_MARK;
        type = fits ? inputs[1]->type : ADC_TYPE_COUNT;
        break;
    case ADC_OP_JVP:
        fits = count == 3 && inputs[1]->op == ADC_OP_MARK && inputs[1]->type == inputs[2]->type;
        type = fits ? inputs[0]->type : ADC_TYPE_COUNT;
        break;
    case ADC_OP_VJP:
        fits = count == 3 && inputs[1]->op == ADC_OP_MARK && inputs[0]->type == inputs[2]->type;
        type = fits ? inputs[1]->type : ADC_TYPE_COUNT;
        break;
    default:
        fits = op >= ADC_OP_FIRST_ELEMENTWISE && op < ADC_OP_COUNT;
        type = fits ? elementwise_type(op, inputs, count) : ADC_TYPE_COUNT;
    }
    return type;
}

static const struct adc_node *apply(struct adc_graph *graph, enum adc_op op, uint32_t number,
                                    const struct adc_node *const *inputs, unsigned count)
{
    struct adc_node node = {.op = (uint16_t)op, .count = (uint16_t)count, .number = number};
    enum adc_type type = adc_result_type(op, inputs, count);
    ADC_INVARIANT(type < ADC_TYPE_COUNT && op != ADC_OP_MARK, graph);
    node.type = (uint8_t)type;
    if (op == ADC_OP_STOP || op == ADC_OP_JVP) node.rank = inputs[0]->rank;
    if (op == ADC_OP_GRAD || op == ADC_OP_VJP) node.rank = inputs[1]->rank;
    return intern(graph, &node, inputs);
}

const struct adc_node *adc_apply(struct adc_graph *graph, enum adc_op op,
                                 const struct adc_node *const *inputs, unsigned count)
{
    return apply(graph, op, 0, inputs, count);
}

const struct adc_node *adc_apply_through(struct adc_graph *graph, enum adc_op op,
                                         const struct adc_node *const *inputs, unsigned count)
{
    return apply(graph, op, ADC_THROUGH, inputs, count);
}

const struct adc_node *adc_apply1(struct adc_graph *graph, enum adc_op op, const struct adc_node *x)
{
    return adc_apply(graph, op, &x, 1);
}

const struct adc_node *adc_apply2(struct adc_graph *graph, enum adc_op op, const struct adc_node *x,
                                  const struct adc_node *y)
{
    const struct adc_node *inputs[] = {x, y};
    return adc_apply(graph, op, inputs, 2);
}

const struct adc_node *adc_apply3(struct adc_graph *graph, enum adc_op op, const struct adc_node *x,
                                  const struct adc_node *y, const struct adc_node *z)
{
    const struct adc_node *inputs[] = {x, y, z};
    return adc_apply(graph, op, inputs, 3);
}

/* ----------------------------------------------------------------- side tables */

void adc_graph_set_name(struct adc_graph *graph, const struct adc_node *node,
                        const struct adc_name *name)
{
    if (!graph->names.data[node->id]) graph->names.data[node->id] = name;
}

void adc_graph_set_keep(struct adc_graph *graph, const struct adc_node *node, enum adc_keep keep)
{
    if (!graph->kept.data[node->id]) graph->kept.data[node->id] = (uint8_t)keep;
}

struct adc_hint adc_graph_hint(const struct adc_graph *graph, const struct adc_node *index)
{
    for (size_t i = 0; i < graph->hints.count; i++)
        if (graph->hints.data[i].index == index) return graph->hints.data[i].hint;
    return (struct adc_hint){0};
}

void adc_graph_set_hint(struct adc_graph *graph, const struct adc_node *index, struct adc_hint hint)
{
    struct adc_hinted *found = NULL;
    if (!hint.tile && !hint.copies && !hint.lanes) return;
    for (size_t i = 0; i < graph->hints.count && !found; i++)
        if (graph->hints.data[i].index == index) found = &graph->hints.data[i];
    if (!found) {
        ADC_PUSH(graph->arena, graph->hints, (struct adc_hinted){.index = index});
        found = &graph->hints.data[graph->hints.count - 1];
    }
    if (!found->hint.copies) found->hint.copies = hint.copies;
    if (found->hint.tile || found->hint.lanes) return;
    found->hint.tile = hint.tile;
    found->hint.lanes = hint.lanes;
    found->hint.at = hint.at;
}

void adc_graph_take_notes(struct adc_graph *graph, const struct adc_node *made,
                          const struct adc_graph *from, const struct adc_node *node)
{
    const struct adc_name *name = from->names.data[node->id];
    if (name) adc_graph_set_name(graph, made, name);
    adc_graph_set_keep(graph, made, (enum adc_keep)from->kept.data[node->id]);
    if (node->op == ADC_OP_INDEX) adc_graph_set_hint(graph, made, adc_graph_hint(from, node));
}

const struct adc_node *adc_structural(struct adc_graph *graph, const struct adc_node *like,
                                      const struct adc_node *const *inputs)
{
    struct adc_node node = {.op = like->op, .type = like->type, .count = like->count};
    node.rank = like->rank;
    node.number = like->number;
    node.value = like->value;
    if (like->op == ADC_OP_MARK && like->number >= graph->mark_count)
        graph->mark_count = like->number + 1;
    if (like->op == ADC_OP_INDEX && like->number >= (ADC_FRESH_NAMES | graph->fresh_count))
        graph->fresh_count = (like->number & ~ADC_FRESH_NAMES) + 1;
    if (like->op == ADC_OP_STATE && (like->number & ~ADC_STATE_HISTORY) >= graph->state_count)
        graph->state_count = (like->number & ~ADC_STATE_HISTORY) + 1;
    return intern(graph, &node, inputs);
}

/* Its hash is none that anything equal to it could have. */
struct adc_node *adc_twin(struct adc_graph *graph, const struct adc_node *like,
                          const struct adc_node *const *inputs)
{
    struct adc_node *twin =
        adc_arena_alloc(graph->arena, sizeof *twin + like->count * sizeof *inputs);
    *twin = *like;
    for (unsigned i = 0; i < like->count; i++) twin->in[i] = inputs[i];
    twin->hash = ~hash_node(twin);
    add(graph, twin);
    return twin;
}

const struct adc_node *adc_copy(struct adc_graph *graph, const struct adc_graph *from,
                                const struct adc_node *node, const struct adc_node *const *inputs)
{
    graph->span = from->spans.data[node->id];
    const struct adc_node *made = adc_structural(graph, node, inputs);
    adc_graph_take_notes(graph, made, from, node);
    return made;
}

double adc_real_number(const struct adc_node *constant)
{
    return constant->type == ADC_F32 ? (double)constant->value.f32 : constant->value.f64;
}

bool adc_is_real_value(const struct adc_node *node, double value)
{
    if (node->op != ADC_OP_CONST || !adc_type_is_real(node->type)) return false;
    return adc_real_number(node) == value;
}
