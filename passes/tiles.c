/* Loops are cut so that what they share with each other stays in the first cache, and turned so
 * that they run along rows in memory.
 *
 *     for j {                              for c {                         a cut of 64 passes
 *       var y                                for j { y_[j] = 0 }
 *       for k { y += a[k]*b[k, j] }          for k { for j { y_[j] += a[k]*b[k, j] } }
 *       let z = f(y)                         for j { let z = f(y_[j])  z_[j] = z }
 *       for k { g[k, j] += a[k]*z }          for k { for j { g[k, j] += a[k]*z_[j] } }
 *     }                                    }
 *
 * in       a program with its loops in lanes marked (passes/lanes.c), before pass_jam
 * where    inside of a loop in lanes, a loop with innermost loops in it that reach arrays that all
 *          lanes share at [.. k .., j]: a line of memory for each k, of which one number is taken,
 *          and which is gone when the next j comes. More of these than at [.. j .., k]
 * if       no pass of j reads what another one writes, and sums of one array do not meet
 * cut      as many passes as have their values in half of the first cache
 * order    each element gets its sums in the order that it had: what is computed one by one
 *          from the same program has the same digits. --strict cuts nothing
 * cost     linear, but for the square of what a loop says of arrays, which is bounded */
#include "passes/tiles.h"

#include "passes/apart.h"
#include "passes/passes.h"

typedef const struct adc_node *node_t;

/* In the loop: statements of a piece, accesses to arrays. */
enum { MOST_STATEMENTS = 24, MOST_ACCESSES = 40 };
enum { CACHED_BYTES = 1 << 14 }; /* half of the first cache, 32 kB */
enum { MOST_PASSES = 256 };

struct look {
    struct tiles *tiles;
    node_t index, inner; /* of the loop, of the one in it that is looked at or NULL */
    bool possible;
    int across, along;   /* accesses at [.. k .., j], at [.. j .., k] */
    unsigned here, most; /* kept values that the inner loop asks for; any one */
    struct apart apart;
};

/* ---------------------------------------------------------------------------------- accesses */

/* `one` moves the last coordinate, and `other` one before it. */
static bool runs_along(const struct apart_access *reach, node_t one, node_t other)
{
    unsigned last = reach->array->rank - 1u;
    bool before = false;
    for (unsigned i = 0; i < last; i++) {
        if (tiles_depends(reach->element[i], one)) return false;
        before |= tiles_depends(reach->element[i], other);
    }
    return before && apart_steps(reach->element[last], one) &&
           !tiles_depends(reach->element[last], other);
}

static void reach(struct look *l, node_t array, const node_t *element, bool read, bool added)
{
    const struct loop_program *program = l->tiles->maker.program;
    struct apart_access reach = {apart_array(array), element, read, added};
    if (l->apart.list.count == MOST_ACCESSES) l->possible = false;
    if (!l->possible) return;
    ADC_PUSH(l->tiles->maker.arena, l->apart.list, reach);
    if (!l->inner || tiles_is_own(program, l->tiles->lanes, array, element)) return;
    l->across += runs_along(&reach, l->index, l->inner);
    l->along += runs_along(&reach, l->inner, l->index);
}

static bool runs_inside(const void *of, node_t index)
{
    return tiles_piece(of, index) != 0;
}

/* Sums of one array come in the order that they had: each pass adds to an element of its own. */
static bool are_in_order(const struct apart *apart, const struct apart_access *a,
                         const struct apart_access *b)
{
    bool own = false;
    if (!a->added || !b->added || !apart_same_array(apart->program, a->array, b->array))
        return true;
    for (unsigned i = 0; i < a->array->rank; i++) {
        if (a->element[i] != b->element[i]) return false;
        own |= apart_steps(a->element[i], apart->index);
    }
    return own;
}

static bool are_apart(const struct apart *apart)
{
    const struct apart_access *data = apart->list.data;
    for (size_t i = 0; i < apart->list.count; i++) {
        if (!apart_holds(apart, &data[i])) return false;
        for (size_t j = 0; j < i; j++)
            if (!are_in_order(apart, &data[j], &data[i])) return false;
    }
    return true;
}

/* ------------------------------------------------------------------------------- statements */

static struct tiles_kept *kept_of(struct tiles *t, node_t node)
{
    for (size_t i = 0; i < t->kept.count; i++)
        if (t->kept.data[i].node == node) return &t->kept.data[i];
    ADC_PUSH(t->maker.arena, t->kept, (struct tiles_kept){.node = node});
    return &t->kept.data[t->kept.count - 1];
}

/* What varies from lane to lane alone: an element for all lanes at once is a sum over them. */
static void keep(struct look *l, node_t node)
{
    struct tiles_kept *kept = kept_of(l->tiles, node);
    l->possible &= adc_type_is_real((enum adc_type)node->type) &&
                   l->tiles->maker.program->value[node->id] == LOOP_VARYING;
    if (!l->inner || kept->inner == l->inner) return;
    kept->inner = l->inner;
    l->here++;
}

static void define(struct look *l, node_t node, uint32_t piece);

/* A variable of the loop has its element from the beginning. */
static void use(struct look *l, node_t node, uint32_t piece)
{
    uint32_t home = tiles_piece(l->tiles, node);
    if (l->tiles->maker.program->place[node->id] == LOOP_INLINE) define(l, node, piece);
    else if (home && home != piece) keep(l, node);
}

static void define(struct look *l, node_t node, uint32_t piece)
{
    bool read = node->op == ADC_OP_READ;
    if (node->op == ADC_OP_FINAL) l->possible = false;
    for (unsigned i = read; i < node->count && l->possible; i++) use(l, node->in[i], piece);
    if (read) reach(l, node->in[0], node->in + 1, true, false);
}

static void look_at_reduce(struct look *l, const struct loop_statement *statement, uint32_t piece)
{
    node_t nest = statement->node;
    struct adc_nest parts = adc_nest_parts(nest);
    use(l, statement->value, piece);
    for (unsigned i = 0; i < nest->rank; i++) use(l, parts.target[i], piece);
    if (nest->rank) reach(l, nest, parts.target, false, nest->number != ADC_REDUCE_SET);
    else if (tiles_piece(l->tiles, nest)) keep(l, nest);
}

static void declare(struct look *l, node_t node, uint32_t piece)
{
    l->possible &= node->id < l->tiles->count;
    if (l->possible) l->tiles->piece[node->id] = piece;
}

/* Variables are sums, from nothing on, of each pass. */
static void look_at_variable(struct look *l, const struct loop_statement *statement, uint32_t piece)
{
    node_t node = statement->node;
    l->possible &= node->op == ADC_OP_NEST && node->number == ADC_REDUCE_SUM && !statement->value &&
                   tiles_depends(node, l->index);
    declare(l, node, piece);
    keep(l, node);
}

static void look_at_inner(struct look *l, const struct loop_statement *loop, uint32_t piece)
{
    node_t low = loop->node->in[0], high = loop->node->in[1];
    l->possible &= !loop->value && !tiles_depends(low, l->index) &&
                   !tiles_depends(high, l->index) && loop->then.count <= MOST_STATEMENTS;
    declare(l, loop->node, piece);
    l->inner = loop->node;
    l->here = 0;
    use(l, low, piece);
    use(l, high, piece);
    for (size_t i = 0; i < loop->then.count && l->possible; i++) {
        const struct loop_statement *statement = loop->then.data[i];
        if (statement->kind == LOOP_LET) {
            define(l, statement->node, piece);
            declare(l, statement->node, piece);
        } else if (statement->kind == LOOP_REDUCE) {
            look_at_reduce(l, statement, piece);
        } else {
            l->possible = false;
        }
    }
    l->inner = NULL;
    if (l->here > l->most) l->most = l->here;
}

static void look_at(struct look *l, const struct loop_statement *statement, uint32_t piece)
{
    switch (statement->kind) {
    case LOOP_LET:
        define(l, statement->node, piece);
        declare(l, statement->node, piece);
        return;
    case LOOP_VAR: look_at_variable(l, statement, piece); return;
    case LOOP_REDUCE: look_at_reduce(l, statement, piece); return;
    case LOOP_FOR: look_at_inner(l, statement, piece); return;
    case LOOP_SET:
    case LOOP_BRANCH:
    case LOOP_FILL:
    case LOOP_CHECK:
    case LOOP_STORE:
    case LOOP_CARRY:
    case LOOP_CALL: l->possible = false; return;
    }
}

/* --------------------------------------------------------------------------------- choice */

/* What an inner loop asks for of all passes lies in the cache. */
static int64_t cut_length(const struct look *l)
{
    size_t bytes = l->most * l->tiles->lanes->vectors * (LOOP_TILE_BYTES / LOOP_TILE_VECTORS);
    size_t passes = bytes ? CACHED_BYTES / bytes : MOST_PASSES;
    if (passes > MOST_PASSES) return MOST_PASSES;
    return passes < TILES_LEAST ? TILES_LEAST : (int64_t)(passes / TILES_LEAST * TILES_LEAST);
}

/* The program asks for lanes, or copies, of that loop: it stays as it is. */
static bool is_asked_for(const struct tiles *t, node_t index)
{
    struct adc_hint hint = adc_graph_hint(t->maker.program->function->graph, index);
    return hint.lanes || hint.tile || hint.copies;
}

static bool try_to_cut(struct tiles *t, struct loop_statement *loop)
{
    struct look look = {.tiles = t, .index = loop->node, .possible = !loop->value};
    bool inner = false;
    look.apart = (struct apart){.program = t->maker.program, .index = loop->node, .of = t};
    look.apart.runs_inside = runs_inside;
    if (loop->then.count > MOST_STATEMENTS || is_asked_for(t, loop->node)) return false;
    t->kept.count = 0;
    t->first = ++t->last;
    for (size_t i = 0; i < loop->then.count && look.possible; i++) {
        bool stands = loop->then.data[i]->kind == LOOP_FOR; /* is a piece of its own */
        t->last += (stands || inner) && i;
        look_at(&look, loop->then.data[i], t->last);
        inner = stands;
    }
    if (!look.possible || look.across <= look.along || !are_apart(&look.apart)) return false;
    tiles_cut(t, loop, cut_length(&look));
    return true;
}

/* ------------------------------------------------------------------------------------ walk */

static void visit(struct tiles *t, struct loop_block *block, unsigned depth)
{
    for (size_t i = 0; i < block->count; i++) {
        struct loop_statement *statement = block->data[i];
        if (statement->kind != LOOP_FOR && statement->kind != LOOP_BRANCH) continue;
        if (statement->kind == LOOP_FOR && t->lanes && depth + 3 <= LOOP_MAX_NESTING &&
            try_to_cut(t, statement))
            continue;
        if (statement->kind == LOOP_FOR && statement->lanes) t->lanes = statement->lanes;
        visit(t, &statement->then, depth + 1);
        visit(t, &statement->otherwise, depth + 1);
        if (statement->kind == LOOP_FOR && statement->lanes) t->lanes = NULL;
    }
}

void pass_tiles(struct adc_arena *arena, struct loop_program *program)
{
    struct tiles tiles = {.maker = {.arena = arena, .program = program}};
    if (!program->value || !program->fused) return; /* no lanes, or --strict */
    tiles.count = tiles.maker.known = program->function->graph->nodes.count;
    tiles.piece = ADC_NEW_ARRAY(arena, uint32_t, tiles.count);
    for (size_t i = 0; i < program->parts.count; i++)
        visit(&tiles, &program->parts.data[i].body, 0);
}
