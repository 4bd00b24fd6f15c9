/* What lowering knows of nodes: whether they are computed from constants alone, whether a
 * derivative may flow through them, what they depend on; and tables from keys to pointers.
 *
 * Facts are found in ascending order of id when first asked for: linear in the graph in all. */
#include "frontend/lower.h"

#include <string.h>

/* ---------------------------------------------------------------------- tables */

static bool same_key(const struct lower_slot *slot, const uint32_t *key, uint32_t count,
                     uint32_t hash)
{
    return slot->hash == hash && slot->count == count &&
           memcmp(slot->key, key, count * sizeof *key) == 0;
}

static struct lower_slot *slot_of(const struct lower_table *table, const uint32_t *key,
                                  uint32_t count, uint32_t hash)
{
    uint32_t at = hash & (table->slot_count - 1);
    while (table->slots[at].key && !same_key(&table->slots[at], key, count, hash))
        at = (at + 1) & (table->slot_count - 1);
    return &table->slots[at];
}

void *lower_find(const struct lower_table *table, const uint32_t *key, uint32_t count)
{
    if (!table->slot_count) return NULL;
    return slot_of(table, key, count, adc_hash(key, count * sizeof *key, 0))->value;
}

static void grow(struct lower_table *table)
{
    enum { FIRST = 64 };
    struct lower_slot *old = table->slots;
    uint32_t count = table->slot_count;
    table->slot_count = count ? count * 2 : FIRST;
    table->slots = ADC_NEW_ARRAY(table->arena, struct lower_slot, table->slot_count);
    for (uint32_t i = 0; i < count; i++)
        if (old[i].key) *slot_of(table, old[i].key, old[i].count, old[i].hash) = old[i];
}

void lower_put(struct lower_table *table, const uint32_t *key, uint32_t count, void *value)
{
    if (table->count >= table->slot_count / 4 * 3) grow(table);
    uint32_t hash = adc_hash(key, count * sizeof *key, 0);
    struct lower_slot *slot = slot_of(table, key, count, hash);
    if (!slot->key) table->count++;
    *slot = (struct lower_slot){.key = key, .count = count, .hash = hash, .value = value};
}

uint32_t *lower_place(struct lower *l, const struct ast *node)
{
    uint32_t *key = ADC_NEW_ARRAY(l->arena, uint32_t, LOWER_PLACE_WORDS);
    key[0] = node->span.source;
    key[1] = node->span.begin;
    key[2] = node->span.end;
    key[3] = (uint32_t)node->kind;
    return key;
}

/* ----------------------------------------------------------------------- facts */

static bool is_flat(const struct adc_node *node)
{
    return node->op >= ADC_OP_FIRST_ELEMENTWISE &&
           (adc_op_info((enum adc_op)node->op)->properties & ADC_FLAT);
}

static bool carries(const struct lower *l, const struct adc_node *node)
{
    if (!adc_type_is_real(node->type) || node->op == ADC_OP_STOP || is_flat(node)) return false;
    if (node->op == ADC_OP_PARAM) return l->function->params.data[node->number].kind == ADC_VAR;
    if (node->op == ADC_OP_MARK) return true;
    bool any = false;
    for (unsigned i = 0; i < node->count; i++) any |= l->facts.data[node->in[i]->id].carries;
    return any;
}

static bool is_given(const struct lower *l, const struct adc_node *node)
{
    bool given = node->op == ADC_OP_PARAM || node->op == ADC_OP_MARK || node->op == ADC_OP_STATE;
    for (unsigned i = 0; i < node->count; i++) given |= l->facts.data[node->in[i]->id].given;
    return given;
}

static bool is_carried(const struct adc_node *node)
{
    return node->op == ADC_OP_STATE || node->op == ADC_OP_FINAL;
}

static bool uncertain(const struct lower *l, const struct adc_node *node)
{
    if (!adc_type_is_real(node->type) || node->op == ADC_OP_STOP || is_flat(node)) return false;
    bool any = is_carried(node);
    for (unsigned i = 0; i < node->count; i++) any |= l->facts.data[node->in[i]->id].uncertain;
    return any;
}

static bool elementwise(const struct lower *l, const struct adc_node *node, struct lower_fact *fact)
{
    union adc_value arguments[3] = {{.bits = 0}};
    enum adc_type real = adc_type_is_real(node->type) ? (enum adc_type)node->type : ADC_F64;
    for (unsigned i = 0; i < node->count; i++) {
        const struct lower_fact *input = &l->facts.data[node->in[i]->id];
        if (!input->known) return false;
        arguments[i] = input->value;
        enum adc_type type = node->in[i]->type;
        if (!adc_type_is_real(node->type) && adc_type_is_real(type)) real = type;
    }
    fact->value = adc_op_apply((enum adc_op)node->op, real, arguments);
    return true;
}

static bool known(const struct lower *l, const struct adc_node *node, struct lower_fact *fact)
{
    if (node->rank) return false;
    if (node->op >= ADC_OP_FIRST_ELEMENTWISE) return elementwise(l, node, fact);
    const struct lower_fact *facts = l->facts.data;
    if (node->op == ADC_OP_CONST) {
        fact->value = node->value;
        return true;
    }
    const struct adc_node *chosen = NULL;
    if (node->op == ADC_OP_STOP) chosen = node->in[0];
    else if (node->op == ADC_OP_IF && facts[node->in[0]->id].known)
        chosen = node->in[facts[node->in[0]->id].value.boolean ? 1 : 2];
    if (!chosen || !facts[chosen->id].known) return false;
    fact->value = facts[chosen->id].value;
    return true;
}

/* Derivatives are costly as a whole; a reduction is for the indices that are free in it. */
static bool is_costly(const struct adc_node *node)
{
    switch (node->op) {
    case ADC_OP_NEST:
    case ADC_OP_LOOP: return true;
    default:
        return adc_is_derivative(node) ||
               (adc_op_info((enum adc_op)node->op)->properties & ADC_COSTLY) != 0;
    }
}

/* An index of a loop has those of the loops around it; a value may need none of them but for the
 * ends of its range. What is carried is another in each of their passes. */
static const struct adc_indices *needed(struct lower *l, const struct adc_node *node)
{
    const struct adc_indices *found = NULL;
    if (is_carried(node)) return node->free;
    unsigned count = node->op == ADC_OP_INDEX ? 2 : node->count;
    if (node->op == ADC_OP_INDEX) found = adc_indices_of(l->graph, node);
    for (unsigned i = 0; i < count; i++)
        found = adc_indices_union(l->graph, found, l->facts.data[node->in[i]->id].needed);
    return adc_indices_minus(l->graph, found, adc_indices_minus(l->graph, found, node->free));
}

/* Of nodes with free indices; closed ones are computed once, outside of all loops. */
static void weigh(struct lower *l, const struct adc_node *node, struct lower_fact *fact)
{
    enum { HEAVIEST = 1 << 20 };
    if (!node->free) return;
    fact->needed = needed(l, node);
    fact->weight = node->op != ADC_OP_INDEX;
    for (unsigned i = 0; i < node->count; i++) {
        const struct lower_fact *input = &l->facts.data[node->in[i]->id];
        fact->costly = adc_indices_union(l->graph, fact->costly, input->costly);
        fact->weight += input->weight;
        fact->bound |= input->bound;
        fact->carried = adc_indices_union(l->graph, fact->carried, input->carried);
    }
    if (node->op == ADC_OP_STATE)
        fact->carried =
            adc_indices_union(l->graph, fact->carried, adc_indices_of(l->graph, node->in[0]));
    if (node->op == ADC_OP_LOOP)
        fact->carried =
            adc_indices_minus(l->graph, fact->carried, adc_indices_of(l->graph, node->in[0]));
    if (fact->weight > HEAVIEST) fact->weight = HEAVIEST;
    if (is_costly(node)) fact->costly = node->free;
    if (node->op != ADC_OP_NEST) return;
    struct adc_nest nest = adc_nest_parts(node);
    for (unsigned i = 0; i < nest.index_count; i++)
        fact->bound |= UINT64_C(1) << (nest.index[i]->id % 64);
}

const struct lower_fact *lower_fact(struct lower *l, const struct adc_node *node)
{
    while (l->facts.count <= node->id) {
        const struct adc_node *next = l->graph->nodes.data[l->facts.count];
        struct lower_fact fact = {.carries = carries(l, next), .value = {.bits = 0}};
        fact.uncertain = !fact.carries && uncertain(l, next);
        fact.known = known(l, next, &fact);
        fact.given = is_given(l, next);
        weigh(l, next, &fact);
        ADC_PUSH(l->arena, l->facts, fact);
    }
    return &l->facts.data[node->id];
}

/* Its elements are computed from constants and its own indices. */
static bool is_known_array(struct lower *l, const struct lower_array *array)
{
    const struct adc_indices *free = array->body->free;
    bool known = !lower_fact(l, array->body)->given;
    for (unsigned i = 0; i < array->rank; i++)
        known &= !lower_fact(l, array->shape[i])->given && !array->shape[i]->free;
    for (uint32_t f = 0; free && f < free->count; f++) {
        bool own = false;
        for (unsigned i = 0; i < array->rank; i++) own |= array->index[i] == free->index[f];
        known &= own;
    }
    return known;
}

const struct lower_value *lower_known(struct lower *l, const struct lower_value *value)
{
    if (value->array) return is_known_array(l, value->array) ? value : NULL;
    if (value->node) {
        const struct lower_fact *fact = lower_fact(l, value->node);
        if (adc_is_const(value->node)) return value;
        if (!fact->known) return NULL;
        return lower_scalar(l, adc_const(l->graph, value->node->type, fact->value));
    }
    struct lower_value *made = lower_record(l, value->count);
    for (uint32_t i = 0; i < value->count; i++) {
        made->field[i] = lower_known(l, value->field[i]);
        if (!made->field[i]) return NULL;
    }
    return made;
}

/* ------------------------------------------------------------------ dependence */

static void begin_search(struct lower *l)
{
    while (l->seen.count < l->graph->nodes.count) ADC_PUSH(l->arena, l->seen, 0);
    l->searches++;
    l->search.count = 0;
}

static bool look_at(struct lower *l, const struct adc_node *node, const struct adc_node *on)
{
    if (!node || (on && node->id < on->id) || l->seen.data[node->id] == l->searches) return false;
    l->seen.data[node->id] = l->searches;
    ADC_PUSH(l->arena, l->search, node);
    return node == on;
}

/* Inputs are older than what uses them, so nothing older than `on` is looked at; from one pass of a
 * loop to the next there is a path through what is carried. With `on` NULL all that the node is
 * computed from is seen. */
bool lower_depends(struct lower *l, const struct adc_node *node, const struct adc_node *on)
{
    begin_search(l);
    bool found = look_at(l, node, on);
    while (!found && l->search.count) {
        const struct adc_node *next = l->search.data[--l->search.count];
        const struct lower_state *state = is_carried(next) ? lower_state(l, next->number) : NULL;
        if (state) {
            const struct lower_level *level = state->level;
            found = look_at(l, state->init, on) || look_at(l, state->next, on) ||
                    look_at(l, level->index, on) || look_at(l, level->guard, on);
            continue;
        }
        for (unsigned i = 0; i < next->count && !found; i++) found = look_at(l, next->in[i], on);
    }
    return found;
}

static void flow(struct lower *l, const struct adc_node *node)
{
    if (!node || !adc_type_is_real(node->type) || l->seen.data[node->id] == l->searches) return;
    l->seen.data[node->id] = l->searches;
    ADC_PUSH(l->arena, l->search, node);
}

const struct adc_node *lower_first_flow(struct lower *l, const struct adc_node *node)
{
    begin_search(l);
    flow(l, node);
    return lower_next_flow(l);
}

const struct adc_node *lower_next_flow(struct lower *l)
{
    if (!l->search.count) return NULL;
    const struct adc_node *next = l->search.data[--l->search.count];
    if (is_carried(next)) {
        flow(l, lower_state(l, next->number)->next);
        flow(l, lower_state(l, next->number)->init);
    }
    if (is_carried(next) || next->op == ADC_OP_STOP) return next;
    for (unsigned i = 0; i < next->count; i++) flow(l, next->in[i]);
    return next;
}

static void follow(struct lower *l, const struct adc_node *node)
{
    const struct lower_fact *fact = node ? lower_fact(l, node) : NULL;
    if (!node || (!fact->carries && !fact->uncertain)) return;
    if (l->seen.data[node->id] == l->searches) return;
    l->seen.data[node->id] = l->searches;
    ADC_PUSH(l->arena, l->search, node);
}

const struct adc_node *lower_origin(struct lower *l, const struct adc_node *node)
{
    begin_search(l);
    follow(l, node);
    while (l->search.count) {
        const struct adc_node *next = l->search.data[--l->search.count];
        if (next->op == ADC_OP_PARAM || next->op == ADC_OP_MARK) return next;
        if (is_carried(next)) {
            follow(l, lower_state(l, next->number)->next);
            follow(l, lower_state(l, next->number)->init);
            continue;
        }
        for (unsigned i = next->count; i-- > 0;) follow(l, next->in[i]);
    }
    return NULL;
}
