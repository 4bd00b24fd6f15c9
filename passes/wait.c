/* Sums over lanes that wait until the loop in lanes ends.
 *
 * in       a program with lanes, behind pass_jam: what the passes of a tile add to an element that
 *          all lanes share is added up over the lanes for each tile
 * out      the same loop, in which such sums, with the innermost loop around them, have another
 *          statement for full tiles: what it adds to elements is added lane by lane to a vector
 *          for each, `kept` in a buffer of their own; the printer adds them up behind the last
 *          full tile. At run time it is taken if each array has so few elements that their
 *          vectors stay in the cache, and there are tiles enough
 * which    loops that no other loop holds, so that vectors are cleared and added up once; arrays
 *          that the loop does nothing else with, whose elements its inner loops run over, each axis
 *          one of them: then most elements are met in each tile. Where a tile is one vector, since
 *          most of its work is chosen by conditions (lanes.c), sums of inner loops and their arms
 * cost     linear in the program */
#include "passes/loop_maker.h"
#include "passes/passes.h"
#include "passes/uses.h"

#include "ir/nest.h"

typedef const struct adc_node *node_t;

/* Of tiles of several vectors, whose inner loops meet most elements: vectors of 512 KB an array,
 * half of the second cache; tiles that pay for clearing and adding up. Of one vector, whose
 * conditions mostly fail: 64 KB in all, since a sum over the lanes in registers takes no longer
 * than a vector from further away. */
enum { KEPT_ELEMENTS = 8192, KEPT_TILES = 4 };
enum { CHOSEN_ELEMENTS = 1024, CHOSEN_TILES = 32 };

struct keep {
    struct loop_maker maker;
    const struct loop_statement *loop; /* being looked at */
    uint32_t *adds;                    /* by buffer: loop + 1 that adds to it */
    struct uses others;                /* that does more */
    node_t *sums;                      /* by buffer: what adds to it */
    uint32_t *inner;                   /* by node id: loop + 1 that the inner loop is in */
    size_t known, buffers;             /* entries of `inner`, and of the tables by buffer */
    uint32_t number;                   /* of the loop, + 1 */
    unsigned depth;                    /* of inner loops */
    int64_t most;                      /* elements of an array */
    node_t *vectors;                   /* by buffer: the array of its vectors; or NULL */
    uint32_t *seen;                    /* by part: 1 looked at, 2 in a loop */
};

/* ------------------------------------------------------------------------------------ uses */

/* A size or a number, so that both the workspace and the loop can tell it. */
static bool is_told(node_t length)
{
    return length->op == ADC_OP_PARAM || adc_is_const(length);
}

/* One of the inner loops' indices, or a number where the axis is as short as a number says. */
static bool runs_over(const struct keep *k, node_t target, node_t length)
{
    if (adc_is_const(target)) return adc_is_const(length);
    return target->op == ADC_OP_INDEX && target->id < k->known && k->inner[target->id] == k->number;
}

static bool can_wait(const struct keep *k, const struct loop_statement *statement)
{
    node_t nest = statement->node;
    struct adc_nest parts = adc_nest_parts(nest);
    if (!loop_is_collected(k->maker.program, statement)) return false;
    if (k->loop->lanes->vectors == 1 && !k->depth) return false;
    if (nest->number != ADC_REDUCE_SUM || nest->type != k->loop->lanes->real) return false;
    for (unsigned i = 0; i < nest->rank; i++)
        if (!is_told(adc_shape(nest, i)) || !runs_over(k, parts.target[i], adc_shape(nest, i)))
            return false;
    return true;
}

static void visit_reduce(struct keep *k, const struct loop_statement *statement)
{
    node_t nest = statement->node;
    if (!nest->rank) return;
    uint32_t buffer = k->maker.program->buffer[nest->id];
    if (can_wait(k, statement)) {
        k->adds[buffer] = k->number;
        k->sums[buffer] = nest;
    } else {
        k->others.number[buffer] = k->number;
    }
}

static void visit_block(struct keep *k, const struct loop_block *block);

/* Of a jam the copies add where the body does, to elements further on. */
static void visit_statement(struct keep *k, const struct loop_statement *statement)
{
    bool loop = statement->kind == LOOP_FOR;
    uses_statement(&k->others, statement);
    if (loop) k->inner[statement->node->id] = k->number;
    if (statement->kind == LOOP_FILL) uses_array(&k->others, statement->node);
    if (statement->kind == LOOP_REDUCE) visit_reduce(k, statement);
    k->depth += loop;
    visit_block(k, &statement->then);
    visit_block(k, &statement->otherwise);
    k->depth -= loop;
}

static void visit_block(struct keep *k, const struct loop_block *block)
{
    for (size_t i = 0; i < block->count; i++) visit_statement(k, block->data[i]);
}

/* ----------------------------------------------------------------------------------- nodes */

/* Tiles of vectors for the elements of an array, or for as many as are kept at most. */
static node_t room_for(struct keep *k, node_t array)
{
    struct loop_maker *m = &k->maker;
    node_t count = adc_shape(array, 0), tile = loop_maker_int(m, LOOP_TILE_VECTORS);
    for (unsigned i = 1; i < array->rank; i++)
        count = loop_maker_computed2(m, ADC_OP_IMUL, count, adc_shape(array, i));
    node_t kept = loop_maker_computed2(m, ADC_OP_IMIN, count, loop_maker_int(m, k->most));
    node_t behind = loop_maker_int(m, LOOP_TILE_VECTORS - 1);
    node_t up = loop_maker_computed2(m, ADC_OP_IADD, kept, behind);
    return loop_maker_computed2(m, ADC_OP_IDIV, up, tile);
}

/* The nest says nothing of values: statements do. */
static node_t make_vectors(struct keep *k, node_t sum)
{
    struct loop_program *program = k->maker.program;
    struct adc_graph *graph = program->function->graph;
    node_t length = room_for(k, sum), zero = loop_maker_int(&k->maker, 0);
    node_t index = adc_nest_parts(sum).index[0];
    struct adc_nest nest = {.reduce = ADC_REDUCE_SUM, .rank = 1, .target = &zero};
    nest.value = loop_maker_zero(&k->maker, (enum adc_type)sum->type);
    nest.shape = &length;
    nest.index = &index;
    nest.index_count = 1;
    node_t like = adc_nest(graph, &nest), made = adc_twin(graph, like, like->in);
    loop_maker_place(&k->maker, made, LOOP_BUFFER);
    program->buffer[made->id] = (uint32_t)program->buffers.count;
    struct loop_buffer buffer = {.node = made, .result = -1, .tiled = true, .kept = true};
    ADC_PUSH(k->maker.arena, program->buffers, buffer);
    return made;
}

/* Adds to the vector of the element to which `nest` does. */
static node_t moved(struct keep *k, node_t vectors, node_t nest)
{
    struct adc_nest parts = adc_nest_parts(nest), own = adc_nest_parts(vectors);
    node_t inputs[ADC_MAX_INPUTS], element = parts.target[0];
    for (unsigned i = 1; i < nest->rank; i++) {
        element = loop_maker_computed2(&k->maker, ADC_OP_IMUL, element, adc_shape(nest, i));
        element = loop_maker_computed2(&k->maker, ADC_OP_IADD, element, parts.target[i]);
    }
    for (unsigned i = 0; i < vectors->count; i++) inputs[i] = vectors->in[i];
    inputs[own.target - vectors->in] = element;
    return loop_maker_twin(&k->maker, vectors, inputs);
}

/* -------------------------------------------------------------------------------- stand-ins */

static node_t vectors_for(const struct keep *k, const struct loop_statement *statement)
{
    if (statement->kind != LOOP_REDUCE || !statement->node->rank) return NULL;
    return k->vectors[k->maker.program->buffer[statement->node->id]];
}

/* Whether one of the block's own statements, or of its arms where a tile is one vector, adds to an
 * array whose sums wait. */
static bool holds_sums(const struct keep *k, const struct loop_block *block)
{
    for (size_t i = 0; i < block->count; i++) {
        const struct loop_statement *statement = block->data[i];
        if (vectors_for(k, statement)) return true;
        if (statement->kind != LOOP_BRANCH || k->loop->lanes->vectors > 1) continue;
        if (holds_sums(k, &statement->then) || holds_sums(k, &statement->otherwise)) return true;
    }
    return false;
}

static struct loop_statement *copied(struct keep *k, const struct loop_statement *from);

static struct loop_block copied_block(struct keep *k, const struct loop_block *from)
{
    struct loop_block to = {0};
    for (size_t i = 0; i < from->count; i++) ADC_PUSH(k->maker.arena, to, copied(k, from->data[i]));
    return to;
}

/* The statement, adding to vectors: no group of sums over the lanes is left in it. */
static struct loop_statement *copied(struct keep *k, const struct loop_statement *from)
{
    struct loop_statement *made = ADC_NEW(k->maker.arena, struct loop_statement);
    node_t vectors = vectors_for(k, from);
    *made = *from;
    if (vectors) made->node = moved(k, vectors, from->node);
    if (holds_sums(k, &from->then)) made->grouped = false;
    made->then = copied_block(k, &from->then);
    made->otherwise = copied_block(k, &from->otherwise);
    if (from->jam) {
        struct loop_jam *jam = ADC_NEW(k->maker.arena, struct loop_jam);
        jam->body = copied_block(k, &from->jam->body);
        made->jam = jam;
    }
    return made;
}

static void stand_in(struct keep *k, const struct loop_block *block)
{
    for (size_t i = 0; i < block->count; i++) {
        struct loop_statement *statement = block->data[i];
        bool loop = statement->kind == LOOP_FOR && holds_sums(k, &statement->then);
        if (loop || vectors_for(k, statement)) {
            statement->waiting = copied(k, statement);
            continue;
        }
        stand_in(k, &statement->then);
        stand_in(k, &statement->otherwise);
        if (statement->jam) stand_in(k, &statement->jam->body);
    }
}

static bool waits(const struct keep *k, uint32_t buffer)
{
    return k->adds[buffer] == k->number && k->others.number[buffer] != k->number;
}

static void set_limits(struct keep *k, struct loop_lanes *lanes)
{
    bool chosen = lanes->vectors == 1;
    int64_t arrays = 0;
    for (uint32_t i = 0; i < k->buffers; i++) arrays += waits(k, i);
    lanes->kept_tiles = chosen ? CHOSEN_TILES : KEPT_TILES;
    lanes->kept_elements = KEPT_ELEMENTS;
    if (chosen && arrays) lanes->kept_elements = (CHOSEN_ELEMENTS + arrays - 1) / arrays;
    k->most = lanes->kept_elements;
}

/* Stand-ins, if any sums can wait. */
static void change(struct keep *k, struct loop_statement *loop)
{
    struct loop_lanes *lanes = ADC_NEW(k->maker.arena, struct loop_lanes);
    struct adc_arena *arena = k->maker.arena;
    *lanes = *loop->lanes;
    k->loop = loop;
    k->others.now = ++k->number;
    visit_block(k, &loop->then);
    for (size_t i = 0; i < lanes->copies.count; i++)
        uses_array(&k->others, lanes->copies.data[i].array);
    set_limits(k, lanes);
    for (uint32_t i = 0; i < k->buffers; i++) {
        k->vectors[i] = NULL;
        if (!waits(k, i)) continue;
        k->vectors[i] = make_vectors(k, k->sums[i]);
        struct loop_keep keep = {.array = k->sums[i], .vectors = k->vectors[i]};
        ADC_PUSH(arena, lanes->kept, keep);
    }
    if (!lanes->kept.count) return;
    stand_in(k, &loop->then);
    loop->lanes = lanes;
}

/* ----------------------------------------------------------------------------------- parts */

struct calls {
    ADC_VEC(uint32_t) parts;
};

/* Loops that no other one holds; those in parts that a loop calls are held by it. */
static void look(struct keep *k, const struct loop_block *block, bool in_loop, struct calls *calls)
{
    for (size_t i = 0; i < block->count; i++) {
        struct loop_statement *statement = block->data[i];
        bool loop = statement->kind == LOOP_FOR;
        if (statement->kind == LOOP_CALL) {
            k->seen[statement->index] = in_loop ? 2 : 1;
            ADC_PUSH(k->maker.arena, calls->parts, statement->index);
        } else if (loop && statement->lanes) {
            unsigned vectors = statement->lanes->vectors;
            if (!in_loop && (vectors == LOOP_TILE_VECTORS || vectors == 1)) change(k, statement);
        } else if (loop || statement->kind == LOOP_BRANCH) {
            look(k, &statement->then, in_loop || loop, calls);
            look(k, &statement->otherwise, in_loop || loop, calls);
        }
    }
}

void pass_wait(struct adc_arena *arena, struct loop_program *program)
{
    struct keep k = {.maker = {.arena = arena, .program = program}};
    struct calls calls = {0};
    if (!program->value) return;
    size_t buffers = k.buffers = program->buffers.count;
    k.maker.known = k.known = program->function->graph->nodes.count;
    k.adds = ADC_NEW_ARRAY(arena, uint32_t, buffers);
    k.others.program = program;
    k.others.number = ADC_NEW_ARRAY(arena, uint32_t, buffers);
    k.sums = ADC_NEW_ARRAY(arena, node_t, buffers);
    k.inner = ADC_NEW_ARRAY(arena, uint32_t, k.known);
    k.seen = ADC_NEW_ARRAY(arena, uint32_t, program->parts.count);
    k.vectors = ADC_NEW_ARRAY(arena, node_t, buffers);
    ADC_PUSH(arena, calls.parts, 0);
    for (size_t i = 0; i < calls.parts.count; i++) {
        uint32_t part = calls.parts.data[i];
        look(&k, &program->parts.data[part].body, k.seen[part] == 2, &calls);
    }
}
