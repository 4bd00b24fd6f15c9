/* Cuts a loop: for each cut of so many passes, the pieces of its body one after the other, each for
 * all passes of the cut, inside of the inner loops.
 *
 * in       a loop whose passes may be mixed (passes/tiles.c), what its pieces ask of each other
 * out      a loop over cuts in its place. index of the loop = low + passes*cut + index of a piece
 * kept     arrays of `passes` elements, each a tile of values
 * once     what an inner pass computes that all passes of the cut share, before the loop over them
 * sums     what an inner loop adds to an element that a lane has for itself, and all passes of the
 *          cut share, is added to a variable that begins with the element and is stored in it
 * cost     linear in what is made */
#include "passes/tiles.h"

typedef const struct adc_node *node_t;

struct cut {
    struct tiles *tiles;
    node_t index, number; /* of the loop, of the cut */
    int64_t passes;
    const struct loop_statement *loop;
};

/* ----------------------------------------------------------------------------------- nodes */

static node_t index_over(struct loop_maker *m, node_t like, node_t low, node_t high)
{
    node_t ends[] = {low, high}, made = loop_maker_twin(m, like, ends);
    loop_maker_place(m, made, LOOP_LEAF);
    return made;
}

/* ------------------------------------------------------------------------------------- kept */

static struct tiles_kept *kept_of(struct tiles *t, node_t node)
{
    for (size_t i = 0; i < t->kept.count; i++)
        if (t->kept.data[i].node == node) return &t->kept.data[i];
    return NULL;
}

/* The nest is over an index of its own and says nothing of values: statements do. */
static void make_array(struct cut *c, struct tiles_kept *kept)
{
    struct loop_maker *m = &c->tiles->maker;
    struct loop_program *program = m->program;
    struct adc_graph *graph = program->function->graph;
    node_t index = index_over(m, c->index, loop_maker_int(m, 0), loop_maker_int(m, c->passes)),
           length = loop_maker_int(m, c->passes);
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET, .rank = 1, .target = &index};
    nest.value = loop_maker_zero(m, (enum adc_type)kept->node->type);
    nest.shape = &length;
    nest.index = &index;
    nest.index_count = 1;
    node_t set = adc_nest(graph, &nest);
    nest.reduce = ADC_REDUCE_SUM;
    kept->set = adc_twin(graph, set, set->in);
    node_t sum = adc_nest(graph, &nest);
    kept->sum = adc_twin(graph, sum, sum->in);
    struct loop_buffer buffer = {.node = kept->set, .result = -1, .tiled = true};
    for (unsigned i = 0; i < 2; i++) {
        node_t one = i ? kept->sum : kept->set;
        loop_maker_place(m, one, LOOP_BUFFER);
        program->buffer[one->id] = (uint32_t)program->buffers.count;
        program->value[one->id] = LOOP_VARYING;
    }
    ADC_PUSH(m->arena, program->buffers, buffer);
}

/* The nest over the passes of a cut, with what stands for its targets. */
static node_t moved(const struct cut *c, node_t nest, node_t pass)
{
    struct loop_maker *m = &c->tiles->maker;
    struct adc_nest parts = adc_nest_parts(nest);
    node_t inputs[ADC_MAX_INPUTS];
    for (unsigned i = 0; i < nest->count; i++) inputs[i] = nest->in[i];
    for (unsigned i = 0; i < parts.rank; i++)
        inputs[parts.target - nest->in + i] = loop_maker_replaced(m, parts.target[i]);
    for (unsigned i = 0; i < parts.index_count; i++)
        if (parts.index[i] == c->index) inputs[parts.index - nest->in + i] = pass;
    return loop_maker_twin(m, nest, inputs);
}

/* The element of a pass, as the nest over an array of kept values writes it. */
static node_t written(struct loop_maker *m, node_t nest, node_t pass)
{
    node_t inputs[ADC_MAX_INPUTS];
    struct adc_nest parts = adc_nest_parts(nest);
    for (unsigned i = 0; i < nest->count; i++) inputs[i] = nest->in[i];
    inputs[parts.target - nest->in] = inputs[parts.index - nest->in] = pass;
    return loop_maker_twin(m, nest, inputs);
}

static node_t read_at(struct loop_maker *m, node_t array, const node_t *element)
{
    struct adc_node like = {.op = ADC_OP_READ, .type = array->type};
    node_t inputs[ADC_MAX_INPUTS];
    inputs[like.count++] = array;
    for (unsigned i = 0; i < array->rank; i++) inputs[like.count++] = element[i];
    node_t made = adc_twin(m->program->function->graph, &like, inputs);
    loop_maker_place(m, made, LOOP_LOCAL);
    m->program->value[made->id] = LOOP_VARYING;
    return made;
}

/* An element that a nest adds to, before it does. */
static node_t element_of(struct loop_maker *m, node_t nest)
{
    struct adc_nest parts = adc_nest_parts(nest);
    node_t element[ADC_MAX_INPUTS];
    for (unsigned i = 0; i < nest->rank; i++) element[i] = loop_maker_replaced(m, parts.target[i]);
    return read_at(m, nest, element);
}

/* The nest that stores where another one adds. */
static node_t stored(struct loop_maker *m, node_t nest)
{
    struct loop_program *program = m->program;
    struct adc_node like = *nest;
    like.number = ADC_REDUCE_SET;
    node_t made = adc_twin(program->function->graph, &like, nest->in);
    loop_maker_place(m, made, LOOP_BUFFER);
    program->buffer[made->id] = program->buffer[nest->id];
    program->value[made->id] = LOOP_VARYING;
    return made;
}

/* ------------------------------------------------------------------------------------ pieces */

/* A piece for one pass: its block, and around it, if it is a loop, what goes before and behind. */
struct piece {
    struct cut *cut;
    uint32_t number;
    node_t pass; /* index in the cut */
    struct loop_block *before, body, behind;
    ADC_VEC(node_t)
    once; /* before the loop over passes: index, values, as the loop that is cut has them */
};

static void load(struct piece *p, node_t node)
{
    struct loop_maker *m = &p->cut->tiles->maker;
    if (m->program->place[node->id] == LOOP_INLINE) {
        for (unsigned i = node->op == ADC_OP_READ; i < node->count; i++) load(p, node->in[i]);
        return;
    }
    struct tiles_kept *kept = kept_of(p->cut->tiles, node);
    bool sum = kept && node->op == ADC_OP_NEST;
    if (!kept || loop_maker_has_copy(m, node)) return;
    if (!sum && tiles_piece(p->cut->tiles, node) == p->number) return;
    node_t read = read_at(m, kept->set, &p->pass);
    loop_maker_take(m, node, read);
    loop_maker_add(m, &p->body, LOOP_LET, read, NULL);
}

/* What the value is made of is there before the loop over passes, or is printed inside of it. */
static bool is_there(const struct piece *p, node_t node)
{
    struct tiles *t = p->cut->tiles;
    if (tiles_depends(node, p->cut->index)) return false;
    if (t->maker.program->place[node->id] == LOOP_INLINE) {
        for (unsigned i = node->op == ADC_OP_READ; i < node->count; i++)
            if (!is_there(p, node->in[i])) return false;
        return node->op != ADC_OP_FINAL;
    }
    for (size_t i = 0; i < p->once.count; i++)
        if (p->once.data[i] == node) return true;
    return !tiles_piece(t, node);
}

/* The same for all passes of the cut, and asked for here alone: was computed once for each pass of
 * the inner loop, and is so again. */
static bool make_once(struct piece *p, node_t node)
{
    struct loop_maker *m = &p->cut->tiles->maker;
    if (!p->before || kept_of(p->cut->tiles, node) || node->op == ADC_OP_FINAL) return false;
    if (tiles_depends(node, p->cut->index)) return false;
    for (unsigned i = node->op == ADC_OP_READ; i < node->count; i++)
        if (!is_there(p, node->in[i])) return false;
    ADC_PUSH(m->arena, p->once, node);
    loop_maker_add(m, p->before, LOOP_LET, loop_maker_defined(m, node), NULL);
    return true;
}

static void make_value(struct piece *p, const struct loop_statement *from)
{
    struct loop_maker *m = &p->cut->tiles->maker;
    node_t node = from->node;
    if (make_once(p, node)) return;
    for (unsigned i = node->op == ADC_OP_READ; i < node->count; i++) load(p, node->in[i]);
    node_t made = loop_maker_defined(m, node);
    loop_maker_add(m, &p->body, LOOP_LET, made, NULL);
    struct tiles_kept *kept = kept_of(p->cut->tiles, node);
    if (kept) loop_maker_add(m, &p->body, LOOP_REDUCE, written(m, kept->set, p->pass), made);
}

/* An element that each lane has for itself, the same for all passes of the cut. */
static bool is_fixed(const struct piece *p, node_t nest)
{
    const struct loop_program *program = p->cut->tiles->maker.program;
    struct adc_nest parts = adc_nest_parts(nest);
    if (!p->before || nest->number != ADC_REDUCE_SUM) return false;
    for (unsigned i = 0; i < nest->rank; i++)
        if (tiles_depends(parts.target[i], p->cut->index)) return false;
    return adc_type_is_real((enum adc_type)nest->type) &&
           tiles_is_own(program, p->cut->tiles->lanes, nest, parts.target);
}

/* A variable for the element while the passes of the cut add to it, in the order that they had. */
static node_t summed(struct piece *p, node_t nest, node_t value)
{
    struct loop_maker *m = &p->cut->tiles->maker;
    struct adc_graph *graph = m->program->function->graph;
    struct adc_nest sum = {.reduce = ADC_REDUCE_SUM, .value = value, .index = &p->pass};
    sum.index_count = 1;
    node_t like = adc_nest(graph, &sum), made = adc_twin(graph, like, like->in);
    node_t element = element_of(m, nest);
    loop_maker_place(m, made, LOOP_LOCAL);
    m->program->value[made->id] = LOOP_VARYING;
    loop_maker_add(m, p->before, LOOP_LET, element, NULL);
    loop_maker_add(m, p->before, LOOP_VAR, made, element);
    loop_maker_add(m, &p->behind, LOOP_REDUCE, stored(m, nest), made);
    return made;
}

static void make_sum(struct piece *p, const struct loop_statement *from)
{
    struct loop_maker *m = &p->cut->tiles->maker;
    struct adc_nest parts = adc_nest_parts(from->node);
    struct tiles_kept *kept = from->node->rank ? NULL : kept_of(p->cut->tiles, from->node);
    load(p, from->value);
    for (unsigned i = 0; i < from->node->rank; i++) load(p, parts.target[i]);
    node_t value = loop_maker_replaced(m, from->value), node;
    if (kept) node = written(m, kept->sum, p->pass);
    else if (!from->node->rank) node = from->node;
    else if (is_fixed(p, from->node)) node = summed(p, from->node, value);
    else node = moved(p->cut, from->node, p->pass);
    loop_maker_add(m, &p->body, LOOP_REDUCE, node, value);
}

static void make_statement(struct piece *p, const struct loop_statement *from)
{
    if (from->kind == LOOP_LET) make_value(p, from);
    else if (from->kind == LOOP_REDUCE) make_sum(p, from);
}

/* The loop over the passes of a cut; what stands for the index of the loop from now on. */
static node_t begin(struct cut *c)
{
    struct loop_maker *m = &c->tiles->maker;
    node_t low = c->index->in[0], high = c->index->in[1];
    node_t done = loop_maker_computed2(m, ADC_OP_IMUL, c->number, loop_maker_int(m, c->passes));
    bool zero = adc_is_const(low) && !low->value.integer;
    node_t from = zero ? done : loop_maker_computed2(m, ADC_OP_IADD, low, done);
    node_t left = loop_maker_computed2(m, ADC_OP_ISUB, high, from);
    node_t end = loop_maker_computed2(m, ADC_OP_IMIN, loop_maker_int(m, c->passes), left);
    node_t pass = index_over(m, c->index, loop_maker_int(m, 0), end);
    loop_maker_forget(m);
    loop_maker_take(m, c->index, loop_maker_computed2(m, ADC_OP_IADD, from, pass));
    return pass;
}

static void over_passes(const struct cut *c, struct loop_block *out, node_t pass,
                        struct loop_block body)
{
    struct loop_statement *loop = loop_maker_add(&c->tiles->maker, out, LOOP_FOR, pass, NULL);
    loop->whole = c->index;
    loop->then = body;
}

/* Statements from `at` on up to the next loop, or a loop. */
static size_t make_piece(struct cut *c, struct loop_block *out, size_t at, uint32_t number)
{
    struct loop_maker *m = &c->tiles->maker;
    struct loop_statement *const *data = c->loop->then.data, *inner = data[at];
    struct piece p = {.cut = c, .number = number, .pass = begin(c)};
    bool any = false;
    if (inner->kind == LOOP_FOR) {
        struct loop_statement *around = loop_maker_add(m, out, LOOP_FOR, inner->node, NULL);
        p.before = &around->then;
        ADC_PUSH(m->arena, p.once, inner->node);
        for (size_t i = 0; i < inner->then.count; i++) make_statement(&p, inner->then.data[i]);
        over_passes(c, &around->then, p.pass, p.body);
        for (size_t i = 0; i < p.behind.count; i++)
            ADC_PUSH(m->arena, around->then, p.behind.data[i]);
        return at + 1;
    }
    for (; at < c->loop->then.count && data[at]->kind != LOOP_FOR; at++) {
        any |= data[at]->kind != LOOP_VAR;
        make_statement(&p, data[at]);
    }
    if (any) over_passes(c, out, p.pass, p.body);
    return at;
}

/* Sums of a pass begin: of the passes that there are, which may be few. */
static void make_zeros(struct cut *c, struct loop_block *out)
{
    struct tiles *t = c->tiles;
    struct loop_block body = {0};
    node_t pass = begin(c);
    for (size_t i = 0; i < t->kept.count; i++) {
        const struct tiles_kept *kept = &t->kept.data[i];
        if (kept->node->op != ADC_OP_NEST) continue;
        node_t zero = adc_nest_parts(kept->set).value, set = written(&t->maker, kept->set, pass);
        loop_maker_add(&t->maker, &body, LOOP_REDUCE, set, zero);
    }
    if (body.count) over_passes(c, out, pass, body);
}

static node_t length_of(struct loop_maker *m, node_t index)
{
    node_t low = index->in[0], high = index->in[1];
    bool zero = adc_is_const(low) && !low->value.integer;
    return zero ? high : loop_maker_computed2(m, ADC_OP_ISUB, high, low);
}

/* How many cuts there are. */
static node_t cuts(struct loop_maker *m, node_t index, int64_t passes)
{
    node_t up =
        loop_maker_computed2(m, ADC_OP_IADD, length_of(m, index), loop_maker_int(m, passes - 1));
    return loop_maker_computed2(m, ADC_OP_IDIV, up, loop_maker_int(m, passes));
}

static struct loop_statement *cut_loop(struct cut *c)
{
    struct tiles *t = c->tiles;
    struct loop_maker *m = &t->maker;
    struct loop_statement *made = ADC_NEW(m->arena, struct loop_statement);
    struct loop_block out = {0};
    c->number = index_over(m, c->index, loop_maker_int(m, 0), cuts(m, c->index, c->passes));
    for (size_t i = 0; i < t->kept.count; i++) make_array(c, &t->kept.data[i]);
    make_zeros(c, &out);
    uint32_t number = t->first;
    for (size_t at = 0; at < c->loop->then.count; number++) at = make_piece(c, &out, at, number);
    loop_maker_forget(m);
    *made = (struct loop_statement){.kind = LOOP_FOR, .node = c->number, .cuts = true};
    made->then = out;
    return made;
}

void tiles_cut(struct tiles *t, struct loop_statement *loop, int64_t passes)
{
    struct loop_maker *m = &t->maker;
    struct loop_statement *plain = ADC_NEW(m->arena, struct loop_statement);
    struct cut c = {.tiles = t, .index = loop->node, .passes = passes, .loop = plain};
    *plain = *loop;
    struct loop_statement *cut = cut_loop(&c);
    node_t length = length_of(m, loop->node);
    if (adc_is_const(length)) {
        *loop = *cut;
        return;
    }
    node_t few = loop_maker_computed2(m, ADC_OP_ILT, length, loop_maker_int(m, TILES_LEAST));
    *loop = (struct loop_statement){.kind = LOOP_BRANCH, .node = few};
    ADC_PUSH(m->arena, loop->then, plain);
    ADC_PUSH(m->arena, loop->otherwise, cut);
}
