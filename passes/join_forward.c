/* What a pass of a loop stores and loads again goes by variables.
 *
 * Statements are gone through in order, with what is known of elements: what was stored last in
 * this pass, and zero where an array has been filled before. A load of a known element is its
 * value, `x[i] += v` stores a sum, and a store that is overwritten before anybody looks goes. */
#include "passes/join.h"

typedef const struct adc_node *node_t;

/* What an element is known to be at this point of a pass. */
struct known {
    node_t array, value;
    const node_t *element;        /* NULL: of any element, zero, by `store`, a FILL */
    struct loop_statement *store; /* last SET or FILL of it */
    bool asked;                   /* the array has been read since, other than through here */
};

/* --------------------------------------------------------------------- what is known */

struct pass {
    struct loop_maker *maker;
    struct loop_statement *loop;
    struct loop_block body; /* what has been made of the loop's */
    ADC_VEC(struct known) known;
};

static enum join_relation compare_known(const struct pass *p, const struct known *known,
                                        node_t array, const node_t *element)
{
    node_t index = p->loop->node;
    if (!known->element) return element[0] == index ? JOIN_SAME : JOIN_UNKNOWN;
    struct join_access a = {known->array, index, known->element, known->array->rank, true};
    struct join_access b = {array, index, element, array->rank, true};
    return join_compare(p->maker, &a, &b);
}

static struct known *find_known(const struct pass *p, node_t array, const node_t *element)
{
    for (size_t i = p->known.count; i-- > 0;) {
        struct known *known = &p->known.data[i];
        if (known->value && join_same_buffer(p->maker, known->array, array) &&
            compare_known(p, known, array, element) == JOIN_SAME)
            return known;
    }
    return NULL;
}

static void name_value(struct pass *p, node_t value)
{
    p->maker->program->place[value->id] = LOOP_LOCAL;
    loop_maker_add(p->maker, &p->body, LOOP_LET, value, NULL);
}

/* A value that is asked for again has a variable, before it is stored. */
static node_t named(struct pass *p, struct known *known)
{
    if (!join_is_inline(p->maker, known->value)) return known->value;
    name_value(p, known->value);
    size_t at = p->body.count - 1;
    struct loop_statement *let = p->body.data[at];
    for (; p->body.data[at - 1] != known->store; at--) p->body.data[at] = p->body.data[at - 1];
    p->body.data[at] = p->body.data[at - 1];
    p->body.data[at - 1] = let;
    return known->value;
}

/* Reads in the tree of a value; those that are known go by their variables. */
static void forward(struct pass *p, node_t node)
{
    struct loop_maker *j = p->maker;
    bool read = node->op == ADC_OP_READ;
    for (unsigned i = read; i < node->count; i++)
        if (join_is_inline(j, node->in[i])) forward(p, node->in[i]);
    if (!read || apart_array(node->in[0])->op == ADC_OP_PARAM) return;
    node_t array = apart_array(node->in[0]);
    struct known *known = find_known(p, array, node->in + 1);
    if (known) {
        loop_maker_take(j, node, named(p, known));
        return;
    }
    for (size_t i = 0; i < p->known.count; i++)
        p->known.data[i].asked |= join_same_buffer(j, p->known.data[i].array, array);
}

static void forward_reduce(struct pass *p, const struct loop_statement *statement)
{
    struct adc_nest parts = adc_nest_parts(statement->node);
    if (join_is_inline(p->maker, statement->value)) forward(p, statement->value);
    for (unsigned i = 0; i < parts.rank; i++)
        if (join_is_inline(p->maker, parts.target[i])) forward(p, parts.target[i]);
}

/* An element that is written: what was known of it, and of what may be it, is no longer so. */
static void overwrite(struct pass *p, const struct loop_statement *statement)
{
    struct adc_nest parts = adc_nest_parts(statement->node);
    for (size_t i = 0; i < p->known.count; i++) {
        struct known *known = &p->known.data[i];
        if (!known->value || !join_same_buffer(p->maker, known->array, statement->node)) continue;
        enum join_relation relation = compare_known(p, known, statement->node, parts.target);
        if (relation == JOIN_APART) continue;
        if (relation == JOIN_SAME && known->element && !known->asked)
            join_take_out(&p->body, known->store);
        known->value = NULL;
    }
}

/* x[i] += v where x[i] is w: x[i] = w + v. */
static void add_to_known(struct pass *p, struct loop_statement *statement, struct known *known)
{
    struct loop_maker *j = p->maker;
    struct adc_graph *graph = j->program->function->graph;
    node_t node = statement->node, inputs[] = {named(p, known), statement->value};
    if (join_is_inline(j, statement->value)) name_value(p, statement->value);
    graph->span = graph->spans.data[node->id];
    struct adc_node like = {.type = node->type, .count = 2};
    like.op = (uint16_t)adc_reduce_op((enum adc_reduce)node->number, (enum adc_type)node->type);
    node_t sum = adc_twin(graph, &like, inputs);
    loop_maker_make_room(j);
    j->program->place[sum->id] = LOOP_INLINE;
    struct adc_node *set = loop_maker_twin(j, node, node->in);
    set->number = ADC_REDUCE_SET;
    statement->node = set;
    statement->value = sum;
}

static void pass_reduce(struct pass *p, struct loop_statement *statement)
{
    struct loop_maker *j = p->maker;
    struct adc_nest parts = adc_nest_parts(statement->node);
    if (parts.rank) {
        struct known *known = find_known(p, statement->node, parts.target);
        if (parts.reduce == ADC_REDUCE_SUM && known) add_to_known(p, statement, known);
        overwrite(p, statement);
    }
    ADC_PUSH(j->arena, p->body, statement);
    if (!parts.rank || statement->node->number != ADC_REDUCE_SET) return;
    struct known known = {.array = statement->node, .value = statement->value, .store = statement};
    known.element = adc_nest_parts(statement->node).target;
    ADC_PUSH(j->arena, p->known, known);
}

/* What the loop stores and loads again in a pass goes by variables. `known`: what was filled. */
static void forward_values(struct pass *p)
{
    struct loop_maker *j = p->maker;
    for (size_t i = 0; i < p->loop->then.count; i++) {
        struct loop_statement *statement = p->loop->then.data[i];
        if (statement->kind == LOOP_LET) forward(p, statement->node);
        else forward_reduce(p, statement);
        bool known = loop_maker_has_copy(j, statement->node);
        if (statement->kind == LOOP_LET && known) continue; /* a load that is a variable now */
        join_replace(j, statement);
        if (statement->kind == LOOP_LET) ADC_PUSH(j->arena, p->body, statement);
        else pass_reduce(p, statement);
    }
    p->loop->then = p->body;
    loop_maker_forget(j);
}

/* The loop runs along an array of one axis, writes to it and touches nothing but the pass's own
 * element. */
static bool makes_whole(const struct loop_maker *j, const struct join_list *l, node_t array)
{
    bool written = false;
    if (array->rank != 1 || !adc_is_int_value(l->index->in[0], 0) ||
        l->index->in[1] != adc_shape(array, 0))
        return false;
    for (size_t i = 0; i < l->list.count; i++) {
        const struct join_access *access = &l->list.data[i];
        if (!access->rank || !join_same_buffer(j, access->array, array)) continue;
        if (access->rank != 1 || access->element[0] != l->index) return false;
        if (adc_shape(access->array, 0) != l->index->in[1]) return false;
        written |= access->written;
    }
    return written;
}

/* The zeros that statement `at`, a loop, need not find in memory. */
static void take_fills(struct pass *p, struct loop_block *block, size_t at,
                       const struct join_list *l)
{
    struct loop_maker *j = p->maker;
    struct adc_graph *graph = j->program->function->graph;
    while (at-- > 0) {
        struct loop_statement *fill = block->data[at];
        if (fill->kind == LOOP_VAR && !fill->value) continue;
        if (fill->kind != LOOP_FILL) break;
        enum adc_type type = (enum adc_type)fill->node->type;
        if ((type != ADC_INT && !adc_type_is_real(type)) || !makes_whole(j, l, fill->node))
            continue;
        node_t zero = type == ADC_INT ? adc_int(graph, 0) : adc_real(graph, type, 0.0);
        loop_maker_make_room(j);
        j->program->place[zero->id] = LOOP_LEAF;
        struct known known = {.array = fill->node, .value = zero, .store = fill};
        ADC_PUSH(j->arena, p->known, known);
    }
    for (size_t i = 0; i < p->known.count; i++) join_take_out(block, p->known.data[i].store);
}

void join_forward(struct loop_maker *j, struct loop_block *block, size_t at)
{
    struct join_list l;
    struct pass p = {.maker = j, .loop = block->data[at]};
    if (!join_accesses(j, p.loop, &l)) return;
    take_fills(&p, block, at, &l);
    forward_values(&p);
}
