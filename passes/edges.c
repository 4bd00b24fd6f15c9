/* Conditions on the ends of a range leave its middle.
 *
 *     for i lanes { t = if(i > 0, x[i - 1], 0); y[i] = t - x[i] }
 *         for i lanes {
 *             if i >= 1 and N - i >= 9 { y[i] = x[i - 1] - x[i] }
 *             else { t = if(i > 0, x[i - 1], 0); y[i] = t - x[i] } }
 *
 * in       a program with its loops in lanes marked, cut and jammed (passes/jam.c)
 * out      the same passes in the same order, each with the same operations on the same numbers: a
 *          tile of which all passes are in the middle has a body without the questions that have
 *          one answer there. The condition is about the first pass of a tile and the widest tile
 *          that there is, so that code whose vectors are narrower may ask it too. Code without
 *          vectors is told where the middle is, and has three loops one behind the other
 * ends     index + constant compared with an end of its loop + constant, or with a constant if the
 *          end is one: in the middle the index is past what is near its low end, and before what is
 *          near its high end. Of loops around, in the part of the program, this is asked as well.
 *          So are the smaller and the larger of the two, and a clamp between such
 * bounds   innermost loops of so many statements: twice as much as there was, in C without vectors
 *          three times
 * cost     linear in the statements */
#include "passes/passes.h"

#include "ir/nest.h"
#include "passes/affine.h"
#include "passes/loop_maker.h"

#include <string.h>

typedef const struct adc_node *node_t;

enum { MOST_REACH = 64, MOST_LOOPS = 4, MOST_STATEMENTS = 128, MOST_STEPS = 16 };

enum truth { UNKNOWN, NO, YES };

/* Of the index of an open loop: index - low >= low, high - index >= high, in the middle. */
struct open {
    node_t index;
    int64_t low, high;
};

struct edges {
    struct loop_maker maker;
    ADC_VEC(struct open) open; /* outermost first; the last one is the loop at hand */
    /* by id of the first `count` nodes, where it is of the loop at hand */
    size_t count;
    uint32_t *declared;     /* by a VAR in a pass */
    uint32_t *asked, *kept; /* truth is known; set in an arm that stays */
    uint8_t *truth;
    uint32_t number; /* of the loop at hand */
    uint8_t *used;   /* by id, while what nobody needs is left out */
};

/* ------------------------------------------------------------------------------ the middle */

/* index + something compared with a bound near an end: bound = that end + distance, as far as the
 * index is concerned. */
struct near {
    struct open *open;
    bool high;
    int64_t distance;
};

static struct open *find_open(struct edges *e, node_t index)
{
    size_t first = e->open.count > MOST_LOOPS ? e->open.count - MOST_LOOPS : 0;
    for (size_t i = first; i < e->open.count; i++)
        if (e->open.data[i].index == index) return &e->open.data[i];
    return NULL;
}

static bool is_near(int64_t distance)
{
    return distance >= -MOST_REACH && distance <= MOST_REACH;
}

static node_t choice(struct edges *e, node_t node);

/* The index that is stepping with a constant added to it; a clamp is what it is in the middle. */
static struct open *find_index(struct edges *e, node_t stepping, int64_t *constant)
{
    *constant = 0;
    for (unsigned step = 0; stepping && step < MOST_STEPS; step++) {
        int64_t more;
        node_t base = affine_base(stepping, &more);
        if (!base || !is_near(more) || !is_near(*constant + more)) return NULL;
        *constant += more;
        if (base->op == ADC_OP_INDEX) return find_open(e, base);
        stepping = base->op == ADC_OP_IF ? NULL : choice(e, base);
    }
    return NULL;
}

static bool find_near(struct edges *e, node_t stepping, node_t bound, struct near *near)
{
    int64_t constant, low, high;
    near->open = find_index(e, stepping, &constant);
    if (!near->open) return false;
    node_t index = near->open->index;
    bool is_low = affine_distance(bound, index->in[0], &low) && is_near(low);
    near->high = affine_distance(bound, index->in[1], &high) && is_near(high);
    if (is_low && near->high) near->high = low - constant > constant - high; /* constants all */
    if (!is_low && !near->high) return false;
    near->distance = (near->high ? high : low) - constant;
    return true;
}

/* The middle is where the index is past the bound, or before it; or `may`: where it is equal. */
static void narrow(const struct near *near, bool may)
{
    struct open *open = near->open;
    int64_t least = (near->high ? -near->distance : near->distance) + !may;
    if (near->high && least > open->high) open->high = least;
    if (!near->high && least > open->low) open->low = least;
}

static enum adc_op turned(enum adc_op op)
{
    switch (op) {
    case ADC_OP_ILT: return ADC_OP_IGT;
    case ADC_OP_ILE: return ADC_OP_IGE;
    case ADC_OP_IGT: return ADC_OP_ILT;
    case ADC_OP_IGE: return ADC_OP_ILE;
    default: return op;
    }
}

static enum truth compared(struct edges *e, node_t node)
{
    struct near near;
    enum adc_op op = (enum adc_op)node->op;
    if (!find_near(e, node->in[0], node->in[1], &near)) {
        if (!find_near(e, node->in[1], node->in[0], &near)) return UNKNOWN;
        op = turned(op);
    }
    /* the index is less, or greater */
    bool less = near.high, or_equal = op == ADC_OP_ILE || op == ADC_OP_IGE;
    bool asks_less = op == ADC_OP_ILT || op == ADC_OP_ILE;
    if (op == ADC_OP_IEQ || op == ADC_OP_INE) {
        narrow(&near, false);
        return op == ADC_OP_INE ? YES : NO;
    }
    narrow(&near, asks_less == less ? or_equal : !or_equal);
    return asks_less == less ? YES : NO;
}

static enum truth truth_of(struct edges *e, node_t node, unsigned steps);

static enum truth connected(struct edges *e, node_t node, unsigned steps)
{
    enum truth decides = node->op == ADC_OP_AND ? NO : YES;
    enum truth a = truth_of(e, node->in[0], steps), b = truth_of(e, node->in[1], steps);
    if (a == decides || b == decides) return decides;
    return a == b ? a : UNKNOWN;
}

static enum truth found_truth(struct edges *e, node_t node, unsigned steps)
{
    enum truth condition;
    if (affine_is_comparison(node)) return compared(e, node);
    switch (node->op) {
    case ADC_OP_CONST: return node->value.boolean ? YES : NO;
    case ADC_OP_NOT:
        condition = truth_of(e, node->in[0], steps);
        return condition == UNKNOWN ? UNKNOWN : condition == YES ? NO : YES;
    case ADC_OP_AND:
    case ADC_OP_OR: return connected(e, node, steps);
    case ADC_OP_IF:
        condition = truth_of(e, node->in[0], steps);
        if (condition != UNKNOWN) return truth_of(e, node->in[condition == YES ? 1 : 2], steps);
        condition = truth_of(e, node->in[1], steps);
        return condition == truth_of(e, node->in[2], steps) ? condition : UNKNOWN;
    default: return UNKNOWN;
    }
}

/* Of a condition, in the middle; looks at what it is made of, wherever that is computed. */
static enum truth truth_of(struct edges *e, node_t node, unsigned steps)
{
    if (node->rank || node->type != ADC_BOOL || node->id >= e->count || !steps) return UNKNOWN;
    if (e->asked[node->id] == e->number) return (enum truth)e->truth[node->id];
    enum truth truth = found_truth(e, node, steps - 1);
    e->asked[node->id] = e->number;
    e->truth[node->id] = (uint8_t)truth;
    return truth;
}

static enum truth truth(struct edges *e, node_t node)
{
    return truth_of(e, node, MOST_STEPS);
}

/* The one of two ints that is less, or greater, in the middle; NULL: who knows. */
static node_t least_or_most(struct edges *e, node_t node)
{
    for (unsigned i = 0; i < 2; i++) {
        struct near near;
        if (!find_near(e, node->in[i], node->in[1 - i], &near)) continue;
        narrow(&near, true);
        return node->in[near.high == (node->op == ADC_OP_IMIN) ? i : 1 - i];
    }
    return NULL;
}

static node_t clamped(struct edges *e, node_t node)
{
    struct near low, high;
    if (!find_near(e, node->in[0], node->in[1], &low) || low.high) return NULL;
    if (!find_near(e, node->in[0], node->in[2], &high) || !high.high) return NULL;
    narrow(&low, true);
    narrow(&high, true);
    return node->in[0];
}

/* Which of its inputs a node is in the middle; NULL: none that is known. */
static node_t choice(struct edges *e, node_t node)
{
    enum truth condition;
    switch (node->op) {
    case ADC_OP_IMIN:
    case ADC_OP_IMAX: return least_or_most(e, node);
    case ADC_OP_ICLAMP: return clamped(e, node);
    case ADC_OP_IF:
        if (node->rank) return NULL;
        condition = truth(e, node->in[0]);
        return condition == UNKNOWN ? NULL : node->in[condition == YES ? 1 : 2];
    default: return NULL;
    }
}

/* ------------------------------------------------------------------------------------ nodes */

static node_t constant(struct edges *e, enum adc_type type, union adc_value value)
{
    node_t made = adc_const(e->maker.program->function->graph, type, value);
    loop_maker_place(&e->maker, made, LOOP_LEAF);
    return made;
}

/* Where a clamp has gone an int may step from pass to pass. */
static void settle(struct loop_program *program, node_t node)
{
    if (!program->value || program->value[node->id] != LOOP_VARYING) return;
    if (node->type != ADC_INT) return;
    if (node->op != ADC_OP_IADD && node->op != ADC_OP_ISUB) return;
    int64_t step[2];
    for (unsigned i = 0; i < 2; i++) {
        enum loop_value value = (enum loop_value)program->value[node->in[i]->id];
        if (value == LOOP_VARYING) return;
        step[i] = value == LOOP_SERIES ? program->step[node->in[i]->id] : 0;
    }
    int64_t sum = node->op == ADC_OP_IADD ? step[0] + step[1] : step[0] - step[1];
    program->value[node->id] = sum ? LOOP_SERIES : LOOP_UNIFORM;
    program->step[node->id] = sum;
}

static node_t replaced(struct edges *e, node_t node);

static node_t twin(struct edges *e, node_t node)
{
    node_t inputs[ADC_MAX_INPUTS];
    for (unsigned i = 0; i < node->count; i++) {
        bool array = node->op == ADC_OP_READ && !i;
        inputs[i] = array ? node->in[i] : replaced(e, node->in[i]);
    }
    node_t made = loop_maker_twin(&e->maker, node, inputs);
    settle(e->maker.program, made);
    return made;
}

/* What stands for a condition, if it has one answer. */
static node_t answer(struct edges *e, node_t node)
{
    enum truth known = truth(e, node);
    union adc_value value = {.boolean = known == YES};
    return known == UNKNOWN ? NULL : constant(e, ADC_BOOL, value);
}

/* What stands for the node in the middle. Recurses through what is printed inside its user. */
static node_t replaced(struct edges *e, node_t node)
{
    if (loop_maker_has_copy(&e->maker, node)) return e->maker.copy[node->id];
    node_t known = answer(e, node);
    if (known) return known;
    if (e->maker.program->place[node->id] != LOOP_INLINE || node->op == ADC_OP_INDEX) return node;
    known = choice(e, node);
    return known ? replaced(e, known) : twin(e, node);
}

/* -------------------------------------------------------------------------------- statements */

/* From now on `node` is what `value` stands for, which has a variable unless it is one. */
static void name(struct edges *e, struct loop_block *to, node_t node, node_t value)
{
    struct loop_program *program = e->maker.program;
    node_t made = replaced(e, value);
    if (program->place[made->id] == LOOP_INLINE) {
        made = loop_maker_twin(&e->maker, made, made->in);
        program->place[made->id] = LOOP_LOCAL;
        loop_maker_add(&e->maker, to, LOOP_LET, made, NULL);
    }
    loop_maker_take(&e->maker, node, made);
}

/* A variable for a node's operator of what stands for its inputs. */
static void define(struct edges *e, struct loop_block *to, node_t node)
{
    node_t known = answer(e, node), made;
    if (!known) known = choice(e, node);
    if (known) {
        name(e, to, node, known);
        return;
    }
    made = twin(e, node);
    loop_maker_take(&e->maker, node, made);
    loop_maker_add(&e->maker, to, LOOP_LET, made, NULL);
}

static void copy_set(struct edges *e, const struct loop_statement *from, struct loop_block *to)
{
    struct loop_program *program = e->maker.program;
    node_t node = from->node;
    if (e->kept[node->id] == e->number) {
        node_t known = from->value == node ? choice(e, node) : from->value;
        node_t value = known ? replaced(e, known) : twin(e, node);
        if (!known) program->place[value->id] = LOOP_INLINE;
        loop_maker_add(&e->maker, to, LOOP_SET, e->maker.copy[node->id], value);
    } else if (from->value == node) {
        define(e, to, node);
    } else {
        name(e, to, node, from->value);
    }
}

static void copy_reduce(struct edges *e, const struct loop_statement *from, struct loop_block *to)
{
    node_t nest = from->node, inputs[ADC_MAX_INPUTS], value = replaced(e, from->value);
    struct adc_nest parts = adc_nest_parts(nest);
    bool other = false;
    memcpy(inputs, nest->in, nest->count * sizeof *inputs);
    for (unsigned i = 0; i < parts.rank; i++) {
        node_t target = replaced(e, parts.target[i]);
        other |= target != parts.target[i];
        inputs[parts.target - nest->in + i] = target;
    }
    loop_maker_add(&e->maker, to, LOOP_REDUCE,
                   other ? loop_maker_twin(&e->maker, nest, inputs) : nest, value);
}

static void copy_var(struct edges *e, node_t node, struct loop_block *to)
{
    if (e->kept[node->id] == e->number) {
        node_t made = loop_maker_twin(&e->maker, node, node->in);
        loop_maker_take(&e->maker, node, made);
        loop_maker_add(&e->maker, to, LOOP_VAR, made, NULL);
        return;
    }
    node_t zero = constant(e, (enum adc_type)node->type, (union adc_value){.bits = 0});
    loop_maker_take(&e->maker, node, zero);
}

static void copy_block(struct edges *e, const struct loop_block *from, struct loop_block *to);

static void copy_branch(struct edges *e, const struct loop_statement *from, struct loop_block *to)
{
    enum truth known = truth(e, from->node);
    if (known != UNKNOWN) {
        copy_block(e, known == YES ? &from->then : &from->otherwise, to);
        return;
    }
    struct loop_statement *made =
        loop_maker_add(&e->maker, to, LOOP_BRANCH, replaced(e, from->node), NULL);
    copy_block(e, &from->then, &made->then);
    copy_block(e, &from->otherwise, &made->otherwise);
}

static void copy_block(struct edges *e, const struct loop_block *from, struct loop_block *to)
{
    for (size_t i = 0; i < from->count; i++) {
        const struct loop_statement *statement = from->data[i];
        if (statement->kind == LOOP_LET) define(e, to, statement->node);
        else if (statement->kind == LOOP_VAR) copy_var(e, statement->node, to);
        else if (statement->kind == LOOP_SET) copy_set(e, statement, to);
        else if (statement->kind == LOOP_REDUCE) copy_reduce(e, statement, to);
        else copy_branch(e, statement, to);
    }
}

/* ------------------------------------------------------------ what nobody asks for any more */

static void use_inputs(struct edges *e, node_t node);

static void use(struct edges *e, node_t node)
{
    if (e->maker.program->place[node->id] == LOOP_INLINE) use_inputs(e, node);
    else e->used[node->id] = 1;
}

static void use_inputs(struct edges *e, node_t node)
{
    for (unsigned i = node->op == ADC_OP_READ; i < node->count; i++) use(e, node->in[i]);
}

/* From the end on; whether the statement stays. */
static bool sweep_statement(struct edges *e, struct loop_statement *statement);

static void sweep(struct edges *e, struct loop_block *block)
{
    size_t at = block->count, kept = block->count;
    while (at-- > 0)
        if (sweep_statement(e, block->data[at])) block->data[--kept] = block->data[at];
    block->count -= kept;
    if (block->count) memmove(block->data, block->data + kept, block->count * sizeof *block->data);
}

static bool sweep_statement(struct edges *e, struct loop_statement *statement)
{
    node_t node = statement->node;
    struct adc_nest parts;
    switch (statement->kind) {
    case LOOP_LET:
        if (!e->used[node->id]) return false;
        use_inputs(e, node);
        return true;
    case LOOP_VAR: return e->used[node->id];
    case LOOP_SET:
        if (e->used[node->id]) use(e, statement->value);
        return e->used[node->id];
    case LOOP_REDUCE:
        use(e, statement->value);
        parts = adc_nest_parts(node);
        for (unsigned i = 0; i < parts.rank; i++) use(e, parts.target[i]);
        return true;
    default:
        sweep(e, &statement->otherwise);
        sweep(e, &statement->then);
        if (!statement->then.count && !statement->otherwise.count) return false;
        use(e, node);
        return true;
    }
}

/* --------------------------------------------------------------------------------- the loop */

/* Statements that there is a copy of; sums that begin in a pass belong to loops in it. */
static bool can_copy(struct edges *e, const struct loop_block *block, size_t *count)
{
    *count += block->count;
    if (*count > MOST_STATEMENTS) return false;
    for (size_t i = 0; i < block->count; i++) {
        const struct loop_statement *statement = block->data[i];
        node_t node = statement->node;
        if (statement->kind == LOOP_BRANCH) {
            if (!can_copy(e, &statement->then, count)) return false;
            if (!can_copy(e, &statement->otherwise, count)) return false;
            continue;
        }
        if (!loop_is_simple(statement) || loop_is_plain(e->maker.program, node)) return false;
        if (statement->kind == LOOP_SET && e->declared[node->id] != e->number) return false;
        if (statement->kind != LOOP_VAR) continue;
        if (statement->value || node->op == ADC_OP_NEST) return false;
        e->declared[node->id] = e->number;
    }
    return true;
}

/* Variables that are set in arms that stay. */
static void find_kept(struct edges *e, const struct loop_block *block, bool chosen)
{
    for (size_t i = 0; i < block->count; i++) {
        const struct loop_statement *statement = block->data[i];
        if (statement->kind == LOOP_SET && chosen) e->kept[statement->node->id] = e->number;
        if (statement->kind != LOOP_BRANCH) continue;
        enum truth known = truth(e, statement->node);
        bool stays = chosen || known == UNKNOWN;
        if (known != NO) find_kept(e, &statement->then, stays);
        if (known != YES) find_kept(e, &statement->otherwise, stays);
    }
}

/* `all`, if there is any, and that x >= y. */
static node_t and_least(struct edges *e, node_t all, node_t x, node_t y)
{
    node_t least = loop_maker_computed2(&e->maker, ADC_OP_IGE, x, y);
    return all ? loop_maker_computed2(&e->maker, ADC_OP_AND, all, least) : least;
}

static node_t less(struct edges *e, node_t a, node_t b)
{
    if (adc_is_const(b) && !b->value.integer) return a;
    return loop_maker_computed2(&e->maker, ADC_OP_ISUB, a, b);
}

/* That as many passes from this one on are in the middle of the loop, and `all`. */
static node_t inside_of(struct edges *e, node_t all, const struct open *open, int64_t passes)
{
    struct loop_maker *m = &e->maker;
    node_t index = open->index, low = index->in[0], high = index->in[1];
    if (open->low > 0) all = and_least(e, all, less(e, index, low), loop_maker_int(m, open->low));
    if (open->high <= 1) return all;
    node_t left = loop_maker_int(m, open->high + passes - 1);
    return and_least(e, all, less(e, high, index), left);
}

/* Where the middle begins and ends, of a loop in rows that are in the middle if `outer`. */
static struct loop_middle *range(struct edges *e, const struct open *open, node_t outer)
{
    struct loop_maker *m = &e->maker;
    struct loop_middle *middle = ADC_NEW(m->arena, struct loop_middle);
    node_t low = open->index->in[0], high = open->index->in[1];
    node_t more = loop_maker_int(m, open->low), fewer = loop_maker_int(m, open->high - 1);
    bool zero = adc_is_const(low) && !low->value.integer;
    if (open->low > 0) middle->from = zero ? more : loop_maker_computed2(m, ADC_OP_IADD, low, more);
    if (open->high > 1) middle->to = loop_maker_computed2(m, ADC_OP_ISUB, high, fewer);
    node_t choice[] = {outer, middle->to ? middle->to : high, low};
    if (outer) middle->to = loop_maker_computed(m, ADC_OP_IF, 3, choice);
    return middle;
}

/* Passes of a tile, at most. */
static int64_t widest(const struct loop_lanes *lanes)
{
    size_t size = lanes && lanes->real == ADC_F32 ? 4 : 8;
    return lanes ? (int64_t)(lanes->vectors * (LOOP_TILE_BYTES / LOOP_TILE_VECTORS / size)) : 1;
}

/* The loop's body becomes a branch: in the middle, and all. */
static void split(struct edges *e, struct loop_statement *loop, const struct loop_block *inside)
{
    size_t last = e->open.count - 1;
    const struct open *own = &e->open.data[last];
    struct loop_block all = loop->then;
    node_t outer = NULL;
    for (size_t i = 0; i < last; i++) outer = inside_of(e, outer, &e->open.data[i], 1);
    int64_t passes = widest(loop->lanes);
    loop->then = (struct loop_block){0};
    struct loop_statement *branch = loop_maker_add(&e->maker, &loop->then, LOOP_BRANCH, NULL, NULL);
    branch->node = inside_of(e, outer, own, passes);
    branch->then = *inside;
    branch->otherwise = all;
    if (inside->count) loop->middle = range(e, own, outer);
}

static void look_at(struct edges *e, struct loop_statement *loop)
{
    struct loop_block inside = {0};
    size_t count = 0;
    e->number++;
    if (loop->value || !can_copy(e, &loop->then, &count)) return; /* one may go down, or stop */
    for (size_t i = 0; i < e->open.count; i++) {
        e->open.data[i].low = 0;
        e->open.data[i].high = 1;
    }
    find_kept(e, &loop->then, false);
    copy_block(e, &loop->then, &inside);
    loop_maker_forget(&e->maker);
    const struct open *own = &e->open.data[e->open.count - 1];
    if (own->low <= 0 && own->high <= 1) return;
    e->used = ADC_NEW_ARRAY(e->maker.arena, uint8_t, e->maker.known);
    sweep(e, &inside);
    split(e, loop, &inside);
}

static void visit(struct edges *e, struct loop_block *block)
{
    for (size_t i = 0; i < block->count; i++) {
        struct loop_statement *statement = block->data[i];
        if (statement->kind != LOOP_FOR) {
            visit(e, &statement->then);
            visit(e, &statement->otherwise);
            continue;
        }
        struct open open = {.index = statement->node};
        ADC_PUSH(e->maker.arena, e->open, open);
        look_at(e, statement);
        if (!statement->lanes && !statement->middle) visit(e, &statement->then);
        e->open.count--;
    }
}

void pass_edges(struct adc_arena *arena, struct loop_program *program)
{
    size_t count = program->function->graph->nodes.count;
    struct edges e = {.maker = {.arena = arena, .program = program, .known = count}};
    e.count = count;
    e.declared = ADC_NEW_ARRAY(arena, uint32_t, count);
    e.asked = ADC_NEW_ARRAY(arena, uint32_t, count);
    e.kept = ADC_NEW_ARRAY(arena, uint32_t, count);
    e.truth = ADC_NEW_ARRAY(arena, uint8_t, count);
    for (size_t i = 0; i < program->parts.count; i++) visit(&e, &program->parts.data[i].body);
}
