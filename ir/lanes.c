/* Questions about loops in lanes that both printers ask. */
#include "ir/loop.h"
#include "ir/nest.h"
#include "ir/state.h"

static enum loop_value value_of(const struct loop_program *program, const struct adc_node *node)
{
    return program->value ? (enum loop_value)program->value[node->id] : LOOP_UNIFORM;
}

const struct adc_node *loop_array(const struct loop_program *program, const struct adc_node *array)
{
    while ((array->op == ADC_OP_MARK || array->op == ADC_OP_STOP) &&
           program->place[array->id] != LOOP_BUFFER)
        array = array->in[0];
    return array;
}

const struct adc_node *loop_buffer_length(const struct loop_buffer *buffer, unsigned axis)
{
    if (buffer->row && axis + 1 == buffer->node->rank) return buffer->row;
    return adc_shape(buffer->node, axis);
}

const struct adc_node *loop_length(const struct loop_program *program, const struct adc_node *array,
                                   unsigned axis)
{
    array = loop_array(program, array);
    if (program->place[array->id] != LOOP_BUFFER || axis + 1 < array->rank)
        return adc_shape(array, axis);
    const struct loop_buffer *buffer = &program->buffers.data[program->buffer[array->id]];
    return buffer->row ? buffer->row : adc_shape(array, axis);
}

enum loop_reach loop_reach(const struct loop_program *program, const struct adc_node *array,
                           const struct adc_node *const *element)
{
    array = loop_array(program, array);
    bool buffer = program->place[array->id] == LOOP_BUFFER;
    const struct loop_buffer *at =
        buffer ? &program->buffers.data[program->buffer[array->id]] : NULL;
    if (at && at->tiled && !at->kept) return LOOP_OWN;
    enum loop_reach reach = LOOP_ONE;
    for (unsigned i = 0; i < array->rank; i++) {
        enum loop_value value = value_of(program, element[i]);
        if (value == LOOP_VARYING) return LOOP_ANY;
        if (value == LOOP_UNIFORM) continue;
        bool next = i + 1 == array->rank && program->step[element[i]->id] == 1;
        reach = reach == LOOP_ONE && next ? LOOP_NEXT : LOOP_STRIDE;
    }
    return reach;
}

/* Chunks of a team are whole vectors of doubles, not of floats. */
bool loop_has_room(const struct loop_program *program, const struct adc_node *index,
                   const struct adc_node *array, const struct adc_node *const *element)
{
    array = loop_array(program, array);
    if (program->place[array->id] != LOOP_BUFFER || element[array->rank - 1] != index) return false;
    const struct loop_buffer *buffer = &program->buffers.data[program->buffer[array->id]];
    if (!buffer->row || (array->type == ADC_F32 && program->threads)) return false;
    return adc_is_const(index->in[0]) && index->in[0]->value.integer == 0 &&
           index->in[1] == adc_shape(buffer->node, buffer->node->rank - 1);
}

bool loop_reads_whole(const struct loop_program *program, const struct adc_node *index,
                      const struct adc_node *array, const struct adc_node *const *element)
{
    return array->rank == 1 && loop_has_room(program, index, array, element);
}

static bool keeps_inside(const struct loop_program *program, const struct adc_node *index,
                         const struct adc_node *node);

/* Recurses through what is printed inside its user. */
static bool define_inside(const struct loop_program *program, const struct adc_node *index,
                          const struct adc_node *node)
{
    bool read = node->op == ADC_OP_READ;
    if (node->op == ADC_OP_FINAL) return keeps_inside(program, index, adc_final_state(node));
    for (unsigned i = read; i < node->count; i++)
        if (!keeps_inside(program, index, node->in[i])) return false;
    return !read || loop_reach(program, node->in[0], node->in + 1) == LOOP_ONE ||
           loop_has_room(program, index, node->in[0], node->in + 1);
}

static bool keeps_inside(const struct loop_program *program, const struct adc_node *index,
                         const struct adc_node *node)
{
    return program->place[node->id] != LOOP_INLINE || define_inside(program, index, node);
}

bool loop_is_whole(const struct loop_program *program, const struct loop_statement *loop)
{
    const struct adc_node *index = loop->node;
    const struct loop_lanes *lanes = loop->lanes;
    if (lanes->vectors > 1 || lanes->sums.count || lanes->copies.count || lanes->kept.count)
        return false;
    for (size_t i = 0; i < loop->then.count; i++) {
        const struct loop_statement *statement = loop->then.data[i];
        const struct adc_node *node = statement->node;
        bool own = statement->kind == LOOP_LET || statement->value == node;
        if (!loop_is_simple(statement)) return false;
        if (own && !define_inside(program, index, node)) return false;
        if (!own && statement->value && !keeps_inside(program, index, statement->value))
            return false;
        if (statement->kind != LOOP_REDUCE) continue;
        if (!node->rank || !loop_has_room(program, index, node, adc_nest_parts(node).target))
            return false;
    }
    return loop->then.count > 0;
}

/* One array, or one after the other in one buffer. */
static bool is_same(const struct loop_program *program, const struct adc_node *a,
                    const struct adc_node *b)
{
    a = loop_array(program, a);
    b = loop_array(program, b);
    bool buffers = program->place[a->id] == LOOP_BUFFER && program->place[b->id] == LOOP_BUFFER;
    return a == b || (buffers && program->buffer[a->id] == program->buffer[b->id]);
}

const struct loop_copy *loop_copied(const struct loop_program *program,
                                    const struct loop_lanes *lanes, const struct adc_node *array,
                                    const struct adc_node *const *element)
{
    for (size_t i = 0; i < lanes->copies.count; i++) {
        const struct loop_copy *copy = &lanes->copies.data[i];
        bool held = copy->array->rank == array->rank && is_same(program, copy->array, array);
        for (unsigned axis = 0; held && axis < array->rank; axis++)
            held = axis <= copy->axis ? element[axis] == copy->element[axis]
                                      : value_of(program, element[axis]) == LOOP_UNIFORM;
        if (held) return copy;
    }
    return NULL;
}

bool loop_is_there(const struct loop_program *program, const struct loop_copy *copy, unsigned axis)
{
    const struct adc_node *place = copy->element[axis];
    const struct adc_node *length = loop_length(program, copy->array, axis);
    if (adc_is_const(place) && adc_is_const(length))
        return place->value.integer >= 0 && place->value.integer < length->value.integer;
    if (place->op != ADC_OP_INDEX || !adc_is_const(place->in[0])) return false;
    return place->in[0]->value.integer >= 0 && place->in[1] == length;
}

unsigned loop_first_length(const struct loop_program *program, const struct loop_copy *copy)
{
    return copy->axis && !loop_is_there(program, copy, 0) ? 0 : 1;
}

/* ------------------------------------------------------------------------------ statements */

bool loop_is_simple(const struct loop_statement *statement)
{
    return statement->kind == LOOP_LET || statement->kind == LOOP_VAR ||
           statement->kind == LOOP_SET || statement->kind == LOOP_REDUCE;
}

bool loop_is_bare(const struct loop_statement *loop)
{
    if (!loop->lanes || loop->jam || loop->middle || loop->waiting || loop->cuts) return false;
    if (loop->lanes->copies.count || loop->lanes->kept.count) return false;
    for (size_t i = 0; i < loop->then.count; i++) {
        const struct loop_statement *statement = loop->then.data[i];
        if (statement->kind != LOOP_LET && statement->kind != LOOP_REDUCE) return false;
        if (statement->waiting) return false;
    }
    return true;
}

bool loop_is_lane_sum(const struct loop_lanes *lanes, const struct adc_node *nest)
{
    for (size_t i = 0; i < lanes->sums.count; i++)
        if (lanes->sums.data[i] == nest) return true;
    return false;
}

bool loop_is_shared(const struct loop_program *program, const struct loop_lanes *lanes,
                    const struct loop_statement *statement)
{
    const struct adc_node *node = statement->node;
    bool varies = value_of(program, node) == LOOP_VARYING;
    if (statement->kind != LOOP_REDUCE) return !varies;
    if (node->rank || loop_is_lane_sum(lanes, node) || varies) return false;
    bool tests = node->number == ADC_REDUCE_ALL || node->number == ADC_REDUCE_ANY;
    return !(tests && value_of(program, statement->value));
}

bool loop_is_collected(const struct loop_program *program, const struct loop_statement *statement)
{
    const struct adc_node *node = statement->node;
    return statement->kind == LOOP_REDUCE && node->rank &&
           loop_reach(program, node, adc_nest_parts(node).target) == LOOP_ONE;
}

bool loop_is_kept(const struct loop_program *program, const struct adc_node *nest)
{
    return program->buffers.data[program->buffer[nest->id]].kept;
}

bool loop_is_added_up(const struct loop_program *program, const struct loop_statement *statement)
{
    return loop_is_collected(program, statement) && !loop_is_kept(program, statement->node);
}

unsigned loop_group_parts(const struct loop_program *program, const struct loop_statement *loop)
{
    unsigned count = 0;
    for (size_t i = 0; i < loop->then.count; i++)
        count += loop_is_collected(program, loop->then.data[i]);
    return count % 2 ? 1 : 2;
}

bool loop_may_be_short(const struct loop_statement *loop)
{
    const struct adc_node *low = loop->node->in[0];
    return adc_is_const(low) && low->value.integer == 0;
}

/* ------------------------------------------------------------------------- runs of variables */

struct runs {
    const struct loop_program *program;
    uint32_t *run_of; /* by node id: run + 1 of its first mention */
    uint32_t run;
    uint8_t *arrays;
};

static void mention_definition(struct runs *r, const struct adc_node *node);

static void mention(struct runs *r, const struct adc_node *node)
{
    if (r->program->place[node->id] == LOOP_INLINE) {
        mention_definition(r, node);
        return;
    }
    if (value_of(r->program, node) != LOOP_VARYING) return;
    if (!r->run_of[node->id]) r->run_of[node->id] = r->run + 1;
    if (r->run_of[node->id] != r->run + 1) r->arrays[node->id] = 1;
}

static void mention_definition(struct runs *r, const struct adc_node *node)
{
    if (node->op == ADC_OP_FINAL) {
        mention(r, adc_final_state(node));
        return;
    }
    for (unsigned i = node->op == ADC_OP_READ; i < node->count; i++) mention(r, node->in[i]);
}

static void mention_reduce(struct runs *r, const struct loop_statement *statement)
{
    struct adc_nest nest = adc_nest_parts(statement->node);
    mention(r, statement->value);
    if (!statement->node->rank) mention(r, statement->node);
    for (unsigned i = 0; i < nest.rank; i++) mention(r, nest.target[i]);
}

static void mention_carried(struct runs *r, const struct adc_node *loop)
{
    for (unsigned i = 0; i < adc_loop_parts(loop).count; i++) {
        struct adc_carried carried = adc_loop_carried(loop, i);
        if (carried.state->rank) continue;
        mention(r, carried.state);
        mention(r, carried.next);
    }
}

static void find_runs(struct runs *r, const struct loop_block *block);

static void find_runs_of(struct runs *r, const struct loop_statement *statement)
{
    if (!loop_is_simple(statement)) r->run++;
    switch (statement->kind) {
    case LOOP_LET:
        mention(r, statement->node);
        mention_definition(r, statement->node);
        return;
    case LOOP_VAR:
    case LOOP_SET:
        mention(r, statement->node);
        if (statement->value == statement->node) mention_definition(r, statement->node);
        else if (statement->value) mention(r, statement->value);
        return;
    case LOOP_REDUCE: mention_reduce(r, statement); return;
    case LOOP_CARRY: mention_carried(r, statement->node); break;
    case LOOP_FOR:
        if (statement->jam) find_runs(r, &statement->jam->body);
        r->run++;
        find_runs(r, &statement->then);
        break;
    case LOOP_BRANCH:
        mention(r, statement->node);
        r->run++;
        find_runs(r, &statement->then);
        r->run++;
        find_runs(r, &statement->otherwise);
        break;
    case LOOP_FILL:
    case LOOP_CHECK:
    case LOOP_STORE:
    case LOOP_CALL: break;
    }
    r->run++;
}

static void find_runs(struct runs *r, const struct loop_block *block)
{
    for (size_t i = 0; i < block->count; i++) find_runs_of(r, block->data[i]);
}

uint8_t *loop_lane_arrays(const struct loop_program *program, const struct loop_statement *loop,
                          struct adc_arena *arena)
{
    size_t count = program->function->graph->nodes.count;
    struct runs runs = {.program = program};
    runs.arrays = ADC_NEW_ARRAY(arena, uint8_t, count);
    runs.run_of = ADC_NEW_ARRAY(arena, uint32_t, count);
    if (loop->lanes->vectors > 1) find_runs(&runs, &loop->then);
    return runs.arrays;
}

/* ----------------------------------------------------------------------------- expressions */

bool loop_reads(const struct loop_program *program, const struct adc_node *node)
{
    if (program->place[node->id] != LOOP_INLINE) return false;
    if (node->op == ADC_OP_READ) return true;
    if (node->op == ADC_OP_FINAL) return false;
    for (unsigned i = 0; i < node->count; i++)
        if (loop_reads(program, node->in[i])) return true;
    return false;
}

/* The node as it is printed inside of its user, or NULL. */
static const struct adc_node *printed(const struct loop_program *program,
                                      const struct adc_node *node, enum adc_op op)
{
    bool is = program->place[node->id] == LOOP_INLINE && node->op == op;
    return is && value_of(program, node) == LOOP_VARYING ? node : NULL;
}

struct loop_addend loop_addend_of(const struct loop_program *program, const struct adc_node *value)
{
    const struct adc_node *negated = printed(program, value, ADC_OP_NEG);
    struct loop_addend addend = {.value = negated ? negated->in[0] : value, .less = negated};
    if (program->fused) addend.product = printed(program, addend.value, ADC_OP_MUL);
    if (!addend.product && negated) addend.less = value_of(program, negated->in[0]) == LOOP_VARYING;
    if (!addend.less && !addend.product) addend.value = value;
    return addend;
}

/* ------------------------------------------------------------------------------------ tiles */

struct tiles {
    const struct loop_program *program;
    const struct loop_lanes *lanes;
    bool only;
};

static void reach(struct tiles *t, const struct adc_node *array,
                  const struct adc_node *const *element)
{
    enum loop_reach reach = loop_reach(t->program, array, element);
    bool tile = reach == LOOP_OWN || loop_copied(t->program, t->lanes, array, element);
    t->only &= tile || reach == LOOP_ONE;
}

static void reach_in(struct tiles *t, const struct adc_node *node)
{
    if (node->op == ADC_OP_FINAL) return;
    for (unsigned i = node->op == ADC_OP_READ; i < node->count; i++)
        if (t->program->place[node->in[i]->id] == LOOP_INLINE) reach_in(t, node->in[i]);
    if (node->op == ADC_OP_READ) reach(t, node->in[0], node->in + 1);
}

static void reach_of(struct tiles *t, const struct adc_node *node)
{
    if (t->program->place[node->id] == LOOP_INLINE) reach_in(t, node);
}

static void reach_in_block(struct tiles *t, const struct loop_block *block, bool inside);

static void reach_in_statement(struct tiles *t, const struct loop_statement *statement, bool inside)
{
    const struct adc_node *node = statement->node;
    struct adc_nest nest;
    if (statement->kind == LOOP_FOR) {
        if (statement->jam) reach_in_block(t, &statement->jam->body, true);
        reach_in_block(t, &statement->then, true);
    } else if (statement->kind == LOOP_BRANCH) {
        if (inside) reach_of(t, node);
        reach_in_block(t, &statement->then, inside);
        reach_in_block(t, &statement->otherwise, inside);
    } else if (inside && loop_is_simple(statement)) {
        bool own = statement->kind == LOOP_LET || statement->value == node;
        if (own) reach_in(t, node);
        else if (statement->value) reach_of(t, statement->value);
        if (statement->kind != LOOP_REDUCE || !node->rank) return;
        nest = adc_nest_parts(node);
        reach(t, node, nest.target);
        for (unsigned i = 0; i < nest.rank; i++) reach_of(t, nest.target[i]);
    }
}

static void reach_in_block(struct tiles *t, const struct loop_block *block, bool inside)
{
    for (size_t i = 0; i < block->count && t->only; i++)
        reach_in_statement(t, block->data[i], inside);
}

double loop_operator_cost(const struct adc_node *node)
{
    if (node->op < ADC_OP_FIRST_ELEMENTWISE) return 0;
    if (adc_op_info((enum adc_op)node->op)->properties & ADC_COSTLY) return 25;
    return node->op == ADC_OP_DIV ? 4 : 1;
}

bool loop_has_inner(const struct loop_block *block)
{
    for (size_t i = 0; i < block->count; i++) {
        const struct loop_statement *statement = block->data[i];
        if (statement->kind == LOOP_FOR || loop_has_inner(&statement->then) ||
            loop_has_inner(&statement->otherwise))
            return true;
    }
    return false;
}

bool loop_keeps_to_tiles(const struct loop_program *program, const struct loop_statement *loop)
{
    struct tiles tiles = {program, loop->lanes, loop_has_inner(&loop->then)};
    reach_in_block(&tiles, &loop->then, false);
    return tiles.only;
}

unsigned loop_copies(const struct loop_program *program, const struct loop_statement *loop)
{
    enum { USUAL = 4 };
    const struct adc_node *low = loop->node->in[0], *high = loop->node->in[1];
    uint32_t copies = adc_graph_hint(program->function->graph, loop->node).copies;
    if (loop->lanes) return 0;
    if (copies != ADC_COPIES_ANY) return copies;
    if (!adc_is_const(low) || !adc_is_const(high)) return USUAL;
    int64_t passes = high->value.integer - low->value.integer;
    return passes > 0 && passes <= LOOP_MOST_COPIES ? (unsigned)passes : USUAL;
}
