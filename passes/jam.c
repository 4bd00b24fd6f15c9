/* What stands inside of loops in lanes is made ready for registers.
 *
 * in       a program with its loops in lanes marked (passes/lanes.c)
 * out      the same program with more marks: a printer that does not know them is right as well
 * grouped  an innermost loop that adds sums over the lanes to elements one behind the other: a
 *          group of passes, one for each lane, is added up by exchanging halves between vectors and
 *          then stored as one vector
 * jam      the loop around innermost loops, if its passes may be mixed: LOOP_JAMMED passes at a
 *          time, so that what is loaded for one is there for the others, and as many sums are on
 *          the way at once. Passes may be mixed if none reads what another one writes
 * order    each element and each variable gets the same sums in the same order, but where several
 *          sums go to one array or one variable; --strict has no jam and no sums over lanes
 * cost     linear, but for the square of what a loop says of arrays, which is bounded */
#include "passes/jam.h"
#include "ir/nest.h"
#include "passes/passes.h"

/* Of the body of a loop that is jammed: statements, and in each loop in it; accesses to arrays. */
enum { MOST_STATEMENTS = 24, MOST_INNER = 6, MOST_ACCESSES = 40 };

/* ---------------------------------------------------------------------------------- groups */

/* The sum goes to elements one behind the other. */
static bool is_row(const struct adc_node *nest, const struct adc_node *index)
{
    struct adc_nest parts = adc_nest_parts(nest);
    for (unsigned i = 0; i + 1 < parts.rank; i++)
        if (jam_depends(parts.target[i], index)) return false;
    return apart_steps(parts.target[parts.rank - 1], index);
}

/* The place is computed of the index where it stands, not by a variable of the pass: elements are
 * named behind the passes of a group. */
static bool is_named(const struct loop_program *program, const struct adc_node *place,
                     const struct adc_node *index)
{
    while (place != index) {
        const struct adc_node *next = NULL;
        if (program->place[place->id] != LOOP_INLINE) return false;
        for (unsigned i = 0; i < place->count; i++)
            if (jam_depends(place->in[i], index)) next = place->in[i];
        if (!next) return true;
        place = next;
    }
    return true;
}

static bool can_group(const struct loop_program *program, const struct loop_statement *loop)
{
    bool any = false;
    if (loop->value) return false;
    for (size_t i = 0; i < loop->then.count; i++) {
        const struct loop_statement *statement = loop->then.data[i];
        if (statement->kind != LOOP_LET && statement->kind != LOOP_REDUCE) return false;
        if (!loop_is_collected(program, statement)) continue;
        if (!is_row(statement->node, loop->node)) return false;
        struct adc_nest parts = adc_nest_parts(statement->node);
        if (!is_named(program, parts.target[parts.rank - 1], loop->node)) return false;
        any = true;
    }
    return any;
}

/* ------------------------------------------------------------------------------------ jam */

static bool is_at_least_zero(const struct adc_node *node)
{
    return adc_is_const(node) && node->value.integer >= 0;
}

/* index + a constant that is not negative */
static bool is_behind(const struct adc_node *node, const struct adc_node *index)
{
    if (node == index) return true;
    if (node->op != ADC_OP_IADD) return false;
    return (node->in[0] == index && is_at_least_zero(node->in[1])) ||
           (node->in[1] == index && is_at_least_zero(node->in[0]));
}

/* Copies of it begin together, and no later copy ends before the first, which has no fewer than no
 * passes. */
bool jam_is_fused(const struct loop_statement *inner, const struct adc_node *index)
{
    if (inner->kind != LOOP_FOR || inner->value) return false;
    const struct adc_node *low = inner->node->in[0], *high = inner->node->in[1];
    if (jam_depends(low, index)) return false;
    if (!jam_depends(high, index)) return true;
    bool from_zero = adc_is_const(low) && low->value.integer == 0;
    return from_zero && is_at_least_zero(index->in[0]) && is_behind(high, index);
}

struct look {
    struct jam *jam;
    const struct adc_node *index;
    unsigned statements, inner; /* in all, in fused loops */
    bool possible, fused, costly;
};

static void declare(struct look *l, const struct adc_node *node)
{
    l->jam->inside[node->id] = l->jam->number;
}

static void access(struct look *l, const struct adc_node *array,
                   const struct adc_node *const *element, bool read, bool added)
{
    struct apart_access access = {apart_array(array), element, read, added};
    l->possible &= l->jam->apart.list.count < MOST_ACCESSES;
    ADC_PUSH(l->jam->maker.arena, l->jam->apart.list, access);
}

static void define(struct look *l, const struct adc_node *node);

static void use(struct look *l, const struct adc_node *node)
{
    if (l->jam->maker.program->place[node->id] == LOOP_INLINE) define(l, node);
}

static void define(struct look *l, const struct adc_node *node)
{
    bool read = node->op == ADC_OP_READ;
    if (node->op == ADC_OP_FINAL) l->possible = false;
    for (unsigned i = read; i < node->count; i++) use(l, node->in[i]);
    if (read) access(l, node->in[0], node->in + 1, true, false);
    if (node->op >= ADC_OP_FIRST_ELEMENTWISE)
        l->costly |= (adc_op_info((enum adc_op)node->op)->properties & ADC_COSTLY) != 0;
}

static void look_at_block(struct look *l, const struct loop_block *block);

static void look_at_reduce(struct look *l, const struct loop_statement *statement)
{
    const struct adc_node *nest = statement->node;
    struct adc_nest parts = adc_nest_parts(nest);
    use(l, statement->value);
    for (unsigned i = 0; i < nest->rank; i++) use(l, parts.target[i]);
    if (nest->rank) access(l, nest, parts.target, false, nest->number != ADC_REDUCE_SET);
}

static void look_at(struct look *l, const struct loop_statement *statement)
{
    const struct adc_node *node = statement->node;
    l->statements++;
    switch (statement->kind) {
    case LOOP_LET:
        define(l, node);
        declare(l, node);
        return;
    case LOOP_VAR:
        if (statement->value) use(l, statement->value);
        declare(l, node);
        return;
    case LOOP_SET:
        l->possible &= l->jam->inside[node->id] == l->jam->number;
        if (statement->value == node) define(l, node);
        else use(l, statement->value);
        return;
    case LOOP_REDUCE: look_at_reduce(l, statement); return;
    case LOOP_FOR:
        l->possible &= !statement->value;
        declare(l, node);
        use(l, node->in[0]);
        use(l, node->in[1]);
        look_at_block(l, &statement->then);
        return;
    case LOOP_BRANCH:
        use(l, node);
        look_at_block(l, &statement->then);
        look_at_block(l, &statement->otherwise);
        return;
    case LOOP_FILL:
    case LOOP_CHECK:
    case LOOP_STORE:
    case LOOP_CARRY:
    case LOOP_CALL: l->possible = false; return;
    }
}

static void look_at_block(struct look *l, const struct loop_block *block)
{
    for (size_t i = 0; i < block->count && l->possible; i++) look_at(l, block->data[i]);
}

static bool runs_inside(const void *of, const struct adc_node *index)
{
    const struct jam *jam = of;
    return jam->inside[index->id] == jam->number;
}

/* An array is not one for each pass, and passes are apart in it. */
static bool are_apart(const struct look *l)
{
    const struct jam *j = l->jam;
    for (size_t i = 0; i < j->apart.list.count; i++) {
        const struct adc_indices *free = j->apart.list.data[i].array->free;
        for (uint32_t k = 0; free && k < free->count; k++)
            if (free->index[k] == l->index || j->inside[free->index[k]->id] == j->number)
                return false;
        if (!apart_holds(&j->apart, &j->apart.list.data[i])) return false;
    }
    return true;
}

/* The loops in the body are innermost, short and cheap, or of another kind. */
static bool is_worth(struct look *l, const struct loop_statement *loop)
{
    bool any = false;
    const struct adc_node *low = loop->node->in[0], *high = loop->node->in[1];
    if (adc_is_const(low) && adc_is_const(high) &&
        high->value.integer - low->value.integer < LOOP_JAMMED)
        return false;
    for (size_t i = 0; i < loop->then.count; i++) {
        const struct loop_statement *inner = loop->then.data[i];
        if (!jam_is_fused(inner, loop->node)) continue;
        if (inner->then.count > MOST_INNER) return false;
        for (size_t k = 0; k < inner->then.count; k++)
            if (!loop_is_simple(inner->then.data[k])) return false;
        l->costly = false;
        look_at_block(l, &inner->then);
        if (l->costly) return false;
        any = true;
    }
    return any;
}

static void try_to_jam(struct jam *j, struct loop_statement *loop)
{
    struct look look = {.jam = j, .index = loop->node, .possible = true};
    if (loop->value || !j->maker.program->fused) return;
    j->apart.index = loop->node;
    j->number++;
    j->apart.list.count = 0;
    if (!is_worth(&look, loop)) return;
    j->number++;
    j->apart.list.count = 0;
    look.statements = 0;
    look.possible = true;
    look_at_block(&look, &loop->then);
    if (!look.possible || look.statements > MOST_STATEMENTS || !are_apart(&look)) return;
    loop->jam = jam_copies(j, loop);
}

/* ------------------------------------------------------------------------------------ walk */

/* `lanes`: inside of a loop in lanes; `jammed`: and of a jammed one over this index. */
struct where {
    bool lanes;
    const struct adc_node *jammed;
};

static void visit(struct jam *j, struct loop_block *block, struct where where);

static void visit_for(struct jam *j, struct loop_statement *loop, struct where where)
{
    bool rest = where.jammed && jam_depends(loop->node->in[0], where.jammed);
    if (where.lanes && !rest && can_group(j->maker.program, loop)) {
        loop->grouped = true;
        return;
    }
    if (where.lanes && !where.jammed) try_to_jam(j, loop);
    where.lanes |= loop->lanes != NULL;
    visit(j, &loop->then, where);
    if (!loop->jam) return;
    where.jammed = loop->node;
    visit(j, &loop->jam->body, where);
}

static void visit(struct jam *j, struct loop_block *block, struct where where)
{
    for (size_t i = 0; i < block->count; i++) {
        struct loop_statement *statement = block->data[i];
        if (statement->kind == LOOP_FOR) visit_for(j, statement, where);
        if (statement->kind != LOOP_BRANCH) continue;
        visit(j, &statement->then, where);
        visit(j, &statement->otherwise, where);
    }
}

void pass_jam(struct adc_arena *arena, struct loop_program *program)
{
    size_t count = program->function->graph->nodes.count;
    struct jam jam = {.maker = {.arena = arena, .program = program, .known = count}};
    if (!program->value) return; /* no lanes */
    jam.apart = (struct apart){.program = program, .runs_inside = runs_inside, .of = &jam};
    jam.maker.copy_count = count;
    jam.inside = ADC_NEW_ARRAY(arena, uint32_t, count);
    for (unsigned i = 0; i < LOOP_JAMMED; i++)
        jam.copies[i] = ADC_NEW_ARRAY(arena, const struct adc_node *, count);
    for (size_t i = 0; i < program->parts.count; i++)
        visit(&jam, &program->parts.data[i].body, (struct where){.lanes = false});
}
