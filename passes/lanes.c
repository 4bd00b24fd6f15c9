/* Which loops run in lanes, and how.
 *
 * in       a scheduled program
 * out      the same statements; the loops chosen carry a loop_lanes, nodes their loop_value, arrays
 *          that each pass has for itself lie in tiled buffers
 * choice   on each way from the outside in at most one loop, where the gain is greatest: costs
 *          count what lanes save in arithmetic and lose in elements that do not lie side by side. A
 *          loop around loops takes several vectors at a time, so that what is uniform is loaded
 *          once for all of them; not if most is under conditions of a pass, which hold for some
 *          pass of a tile the likelier the larger it is
 * strict   loops in which passes add to one element stay as they are
 * cost     statements times the depth of loops */
#include "passes/lanes.h"

#include "ir/nest.h"
#include "ir/state.h"
#include "passes/apart.h"

enum { MOST_LANES = 8 };            /* of reals in a vector */
enum { LEAST_PASSES = 8 };          /* as many as lanes: of fewer, all are the rest of a tile */
static const double start_cost = 6; /* of a loop in lanes */
static const double least_slow = 8; /* so much of a pass that half a vector of them pays */
/* of a sum into elements of which some were just stored: their load waits for the store, some
 * twenty cycles, as it finds only a part of them there */
static const double stall_cost = 10;
static const double wanted_gain = 1e30; /* of lanes that the program asks for */
/* reads of a row by a pass, if it is copied for few passes: one loop along it makes 8 or so */
static const double worth_copy = 32;
static const double most_beside = 6;   /* a sum, so that it is what takes the time */
static const double inner_worth = 0.7; /* of lanes that start again and again, for few passes */
/* of lanes that each have a matrix, moved to a tile: it is larger than the first cache */
static const double matrix_worth = 0.7;

/* ---------------------------------------------------------------- accesses of the program */

static void count_array(struct lanes *l, const struct adc_node *array)
{
    array = apart_array(array);
    if (l->program->place[array->id] != LOOP_BUFFER) return;
    uint32_t buffer = l->program->buffer[array->id];
    struct lanes_inner *inner = &l->inner[buffer];
    if (!l->look) {
        l->accesses[buffer]++;
        return;
    }
    if (inner->look != l->look) *inner = (struct lanes_inner){.look = l->look};
    inner->count++;
    if (array->op != ADC_OP_NEST) return;
    struct adc_nest nest = adc_nest_parts(array);
    for (unsigned i = 0; i < nest.index_count; i++) inner->shared |= nest.index[i] == l->index;
}

static void count_definition(struct lanes *l, const struct adc_node *node);

static void count_use(struct lanes *l, const struct adc_node *node)
{
    if (l->program->place[node->id] == LOOP_INLINE) count_definition(l, node);
}

static void count_definition(struct lanes *l, const struct adc_node *node)
{
    if (node->op == ADC_OP_FINAL) {
        count_use(l, adc_final_state(node));
        return;
    }
    for (unsigned i = node->op == ADC_OP_READ; i < node->count; i++) count_use(l, node->in[i]);
    if (node->op == ADC_OP_READ) count_array(l, node->in[0]);
}

static void count_reduce(struct lanes *l, const struct loop_statement *statement)
{
    count_use(l, statement->value);
    if (!statement->node->rank) return;
    struct adc_nest parts = adc_nest_parts(statement->node);
    for (unsigned i = 0; i < parts.rank; i++) count_use(l, parts.target[i]);
    count_array(l, statement->node);
}

static void count_for(struct lanes *l, const struct loop_statement *statement)
{
    if (!l->look) l->users[statement->node->id]++;
    count_use(l, statement->node->in[0]);
    count_use(l, statement->node->in[1]);
    if (statement->value) count_use(l, statement->value->in[1]);
    lanes_count(l, &statement->then);
}

static void count_statement(struct lanes *l, const struct loop_statement *statement)
{
    switch (statement->kind) {
    case LOOP_LET: count_definition(l, statement->node); return;
    case LOOP_VAR:
        if (statement->value) count_use(l, statement->value);
        return;
    case LOOP_SET:
        if (statement->value == statement->node) count_definition(l, statement->node);
        else count_use(l, statement->value);
        return;
    case LOOP_FOR: count_for(l, statement); return;
    case LOOP_FILL: count_array(l, statement->node); return;
    case LOOP_REDUCE: count_reduce(l, statement); return;
    case LOOP_BRANCH:
        count_use(l, statement->node);
        lanes_count(l, &statement->then);
        lanes_count(l, &statement->otherwise);
        return;
    case LOOP_CARRY:
        for (unsigned i = 0; i < adc_loop_parts(statement->node).count; i++)
            if (!adc_loop_carried(statement->node, i).state->rank)
                count_use(l, adc_loop_carried(statement->node, i).next);
        return;
    case LOOP_CHECK: count_use(l, statement->node); return;
    case LOOP_STORE: count_use(l, statement->value); return;
    case LOOP_CALL: return;
    }
}

void lanes_count(struct lanes *l, const struct loop_block *block)
{
    for (size_t i = 0; i < block->count; i++) count_statement(l, block->data[i]);
}

/* --------------------------------------------------------------------------------- choice */

/* Rows that inner loops run along are copied once for each tile. */
static void add_copy(struct lanes *l, struct loop_lanes *lanes, const struct lanes_access *access)
{
    const struct adc_node *array = access->array;
    if (!access->scans || !lanes_is_row(l, access)) return;
    if (loop_copied(l->program, lanes, array, access->element)) return;
    struct loop_copy copy = {.array = array, .element = access->element};
    copy.axis = lanes_row_axis(l, access);
    copy.buffer = (uint32_t)l->program->buffers.count;
    copy.back = lanes_row_is_written(l, access);
    struct loop_buffer buffer = {.node = array, .result = -1, .tiled = true};
    buffer.first_axis = (uint8_t)(copy.axis + 1);
    ADC_PUSH(l->arena, l->program->buffers, buffer);
    ADC_PUSH(l->arena, lanes->copies, copy);
}

/* As many whole vectors as the tile has room for, of the widest that there are. */
static unsigned vectors_of(uint32_t tile)
{
    uint32_t vectors = tile / MOST_LANES;
    if (vectors < 1) return 1;
    return vectors < LOOP_TILE_VECTORS ? vectors : LOOP_TILE_VECTORS;
}

/* Little but sums: each pass waits for the one before. Many sums do not wait for each other, and
 * would not have registers. */
static bool is_chain(const struct lanes *l)
{
    enum { MANY_SUMS = 8 };
    return l->sums.count && l->sums.count < MANY_SUMS &&
           l->before <= (double)l->sums.count * most_beside;
}

/* Ints are checks and places, whose time is not worth the code. */
static bool takes_several(const struct lanes *l)
{
    bool real = l->reals[ADC_F64] || l->reals[ADC_F32];
    return real && (l->has_loop || is_chain(l)) && !l->mostly_chosen;
}

static bool steps(const struct lanes *l, const struct lanes_access *access)
{
    const struct adc_node *last = access->element[access->array->rank - 1];
    return l->value[last->id] == LOOP_SERIES && l->step[last->id] == 1;
}

static bool moves(const struct lanes *l, const struct adc_node *element)
{
    return adc_indices_has(element->free, l->index);
}

/* Whether lanes lie side by side in all that they reach, but for rows that are copied and then read
 * more than once, and the loop starts again and again: then a vector of which half is left over
 * takes less time than as many passes. */
static bool suits_few(struct lanes *l)
{
    if (!l->depth || !l->has_loop || l->sums.count || l->chosen > 0) return false;
    for (size_t i = 0; i < l->list.count; i++) {
        const struct lanes_access *access = &l->list.data[i];
        bool strides = false;
        if (!access->element || lanes_is_own(l, access->array)) return false;
        for (unsigned axis = 0; axis + 1u < access->array->rank; axis++)
            strides |= moves(l, access->element[axis]);
        bool again = access->kind == LANES_READ && access->weight >= worth_copy;
        if (strides && (!again || !lanes_is_row(l, access))) return false;
        unsigned last = access->array->rank - 1u;
        if (!strides && moves(l, access->element[last]) && !steps(l, access)) return false;
    }
    return true;
}

/* Marks the loop that was looked at last. */
static void take(struct lanes *l, struct loop_statement *loop, bool outermost)
{
    struct loop_lanes *lanes = ADC_NEW(l->arena, struct loop_lanes);
    struct loop_program *program = l->program;
    size_t count = program->function->graph->nodes.count;
    if (!program->value) {
        program->value = ADC_NEW_ARRAY(l->arena, uint8_t, count);
        program->step = ADC_NEW_ARRAY(l->arena, int64_t, count);
    }
    for (size_t i = 0; i < l->known.count; i++) {
        uint32_t id = l->known.data[i];
        program->value[id] = l->value[id];
        program->step[id] = l->step[id];
    }
    lanes->real = l->reals[ADC_F32] ? ADC_F32 : l->reals[ADC_F64] ? ADC_F64 : ADC_INT;
    lanes->vectors = takes_several(l) && outermost ? LOOP_TILE_VECTORS : 1;
    lanes->half = l->slow >= least_slow || (takes_several(l) && suits_few(l));
    uint32_t tile = adc_graph_hint(program->function->graph, loop->node).tile;
    if (tile) lanes->vectors = vectors_of(tile);
    for (size_t i = 0; i < l->sums.count; i++) ADC_PUSH(l->arena, lanes->sums, l->sums.data[i]);
    for (size_t i = 0; i < l->list.count; i++)
        if (lanes_is_own(l, l->list.data[i].array))
            program->buffers.data[program->buffer[l->list.data[i].array->id]].tiled = true;
    for (size_t i = 0; i < l->list.count; i++) add_copy(l, lanes, &l->list.data[i]);
    loop->lanes = lanes;
}

/* Whether both add to neighbouring elements of one row, not to the same ones. */
static bool overlap(const struct lanes *l, const struct lanes_access *a,
                    const struct lanes_access *b)
{
    const uint32_t *buffer = l->program->buffer;
    unsigned last = a->array->rank - 1u;
    if (a->kind != LANES_ADD || b->kind != LANES_ADD) return false;
    if (buffer[a->array->id] != buffer[b->array->id]) return false;
    if (!steps(l, a) || !steps(l, b)) return false;
    for (unsigned axis = 0; axis < last; axis++)
        if (a->element[axis] != b->element[axis]) return false;
    return a->element[last] != b->element[last];
}

static double stalls(const struct lanes *l)
{
    double cost = 0;
    for (size_t i = 0; i < l->list.count; i++) {
        bool waits = false;
        for (size_t j = 0; j < l->list.count; j++)
            waits |= overlap(l, &l->list.data[i], &l->list.data[j]);
        if (waits) cost += l->list.data[i].in_lanes * stall_cost;
    }
    return cost;
}

/* Whether the loop that was looked at last stores rows, its index along them, and whatever else it
 * reads or writes lies side by side too, or is the same in all passes. Loops inside of it, if any,
 * are short. */
static bool stores_rows(const struct lanes *l)
{
    bool stores = false;
    for (size_t i = 0; i < l->list.count; i++) {
        const struct lanes_access *access = &l->list.data[i];
        unsigned last = access->array->rank - 1u;
        if (!access->element) return false;
        for (unsigned axis = 0; axis < last; axis++)
            if (moves(l, access->element[axis])) return false;
        if (access->kind == LANES_SET && last) stores = true;
        if (moves(l, access->element[last]) && !steps(l, access)) return false;
    }
    return stores && !l->runs_long;
}

/* Whether matrices are moved to tiles that loops inside run through again and again. */
static bool moves_matrices(struct lanes *l)
{
    for (size_t i = 0; i < l->list.count; i++) {
        const struct lanes_access *access = &l->list.data[i];
        unsigned unknown;
        if (!access->scans || !lanes_is_row(l, access)) continue;
        if (access->weight > lanes_row_elements(l, access, &unknown) && unknown > 1) return true;
    }
    return false;
}

/* A loop over an index for which lanes are asked can have them, or cannot. */
static void note(struct lanes *l, const struct adc_node *index, bool possible)
{
    for (size_t i = 0; i < l->wishes.count; i++) {
        struct lanes_wish *wish = &l->wishes.data[i];
        if (wish->index != index) continue;
        wish->met |= possible;
        if (!wish->why) wish->why = l->why ? l->why : "it computes with numbers that have no lanes";
    }
}

static void find_wishes(struct lanes *l)
{
    const struct adc_graph *graph = l->program->function->graph;
    for (size_t i = 0; i < graph->hints.count; i++) {
        const struct adc_hinted *hinted = &graph->hints.data[i];
        struct lanes_wish wish = {.index = hinted->index, .at = hinted->hint.at};
        if (hinted->hint.lanes) ADC_PUSH(l->scratch, l->wishes, wish);
    }
}

/* Loops that share what asks for their lanes are one wish. */
static void report_wishes(struct lanes *l)
{
    const struct adc_graph *graph = l->program->function->graph;
    for (size_t i = 0; i < l->wishes.count; i++) {
        const struct lanes_wish *wish = &l->wishes.data[i];
        bool met = !wish->why;
        for (size_t j = 0; j < l->wishes.count; j++)
            met |= l->wishes.data[j].met && l->wishes.data[j].at.begin == wish->at.begin;
        struct loop_refusal refusal = {.index = graph->names.data[wish->index->id]};
        refusal.at = wish->at;
        refusal.why = wish->why;
        if (!met) ADC_PUSH(l->arena, l->program->refused, refusal);
    }
}

/* What loops in the block gain if each is taken, or the loops in it, whichever gains more; `take`:
 * takes them. */
static double gain_of_block(struct lanes *l, const struct loop_block *block, bool outermost,
                            bool taking);

/* Of the loop itself, and not those inside of it. */
static double gain_of_lanes(struct lanes *l, const struct loop_statement *loop)
{
    struct adc_hint hint = adc_graph_hint(l->program->function->graph, loop->node);
    double passes = lanes_passes(loop);
    if (hint.tile == 1 || (passes < LEAST_PASSES && !hint.lanes)) return 0;
    bool possible = lanes_look(l, loop);
    if (hint.lanes) {
        note(l, loop->node, possible);
        return possible ? wanted_gain : 0;
    }
    if (!possible) return 0;
    double gain = (l->before - l->after - stalls(l)) * passes - start_cost;
    if (gain > 0 && stores_rows(l)) /* rather than with a stride, however deep it stands */
        for (unsigned i = 0; i < (l->depth ? l->depth : 1); i++) gain /= inner_worth;
    return gain > 0 && moves_matrices(l) ? gain * matrix_worth : gain;
}

static double gain_of_loop(struct lanes *l, struct loop_statement *loop, bool outermost,
                           bool taking)
{
    double own = gain_of_lanes(l, loop), passes = lanes_passes(loop);
    l->depth++;
    double inner =
        inner_worth * passes * gain_of_block(l, &loop->then, outermost && loop->value, false);
    l->depth--;
    if (taking && own > 0 && own >= inner) {
        lanes_look(l, loop);
        take(l, loop, outermost);
    } else if (taking && inner > 0) {
        l->depth++;
        gain_of_block(l, &loop->then, outermost && loop->value, true);
        l->depth--;
    }
    return own > inner ? own : inner;
}

static double gain_of_block(struct lanes *l, const struct loop_block *block, bool outermost,
                            bool taking)
{
    double gain = 0;
    for (size_t i = 0; i < block->count; i++) {
        struct loop_statement *statement = block->data[i];
        if (statement->kind == LOOP_FOR) {
            double more = gain_of_loop(l, statement, outermost, taking);
            gain += more > 0 ? more : 0;
        } else if (statement->kind == LOOP_BRANCH) {
            gain += gain_of_block(l, &statement->then, outermost, taking) / 2;
            gain += gain_of_block(l, &statement->otherwise, outermost, taking) / 2;
        }
    }
    return gain;
}

void pass_lanes(struct adc_arena *arena, struct loop_program *program,
                const struct pass_lanes_options *options, struct adc_arena *scratch)
{
    struct lanes l = {.arena = arena, .scratch = scratch, .program = program};
    l.strict = options->strict;
    program->width = options->width;
    program->fused = !options->strict;
    program->fma = options->fma;
    size_t count = program->unsized ? 0 : program->function->graph->nodes.count;
    l.accesses = ADC_NEW_ARRAY(scratch, uint32_t, program->buffers.count);
    l.inner = ADC_NEW_ARRAY(scratch, struct lanes_inner, program->buffers.count);
    l.carried = ADC_NEW_ARRAY(scratch, uint32_t, count);
    l.users = ADC_NEW_ARRAY(scratch, uint32_t, count);
    l.seen = ADC_NEW_ARRAY(scratch, uint32_t, count);
    l.inside = ADC_NEW_ARRAY(scratch, uint32_t, count);
    l.value = ADC_NEW_ARRAY(scratch, uint8_t, count);
    l.step = ADC_NEW_ARRAY(scratch, int64_t, count);
    for (size_t i = 0; i < program->parts.count; i++) lanes_count(&l, &program->parts.data[i].body);
    if (count) find_wishes(&l);
    for (size_t i = 0; i < program->parts.count; i++)
        gain_of_block(&l, &program->parts.data[i].body, true, true);
    report_wishes(&l);
}
