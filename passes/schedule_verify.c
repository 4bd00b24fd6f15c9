/* What a loop program must hold, statement by statement in the order of execution:
 *
 *     a variable is in scope where it is read, an index is read in its loop
 *     a version of an array is in its buffer where it is read, and where it is written over
 *
 * The bodies of loops are walked twice, so that what one pass leaves to the next shows. While a
 * nest writes over an array element by element, only the very element that it is about to write
 * may still be read.
 *
 * cost     statements times 2 to the power of the depth of loops; debug builds and tests only */
#include "passes/schedule.h"

typedef const struct adc_node *node_t;

/* A block under way. */
struct frame {
    const struct loop_block *block;
    size_t next;                         /* statement */
    const struct loop_statement *opener; /* FOR, BRANCH, CALL; NULL: the entry */
    bool again;                          /* second walk of a loop */
    size_t scope;                        /* how many variables were in scope before */
};

struct verify {
    struct schedule *schedule;
    const struct loop_program *program;
    node_t *version; /* by id of an array: the version that its buffer then holds */
    uint8_t *known;  /* by id: variables in scope, indices of open loops */
    node_t *now;     /* by buffer: the version in it; NULL: none */
    node_t *writer;  /* by buffer: the nest that was writing `now` in an earlier pass, over the
                      * version that it replaces; NULL: none */
    ADC_VEC(node_t) scope, stack;
    ADC_VEC(struct frame) frames;
    const char *problem;
};

/* --------------------------------------------------------------------------- versions */

/* Whether an operand of a JOIN is in the buffer when, and only when, the JOIN is: its parts, and
 * what is joined with an array of zeros, of which there is nothing to write. */
static bool is_same_version(const struct schedule *s, node_t join, unsigned operand)
{
    node_t one = join->in[operand], other = join->in[1 - operand];
    return one->op == ADC_OP_NEST || updates_is_part(&s->updates, one) ||
           (other->op == ADC_OP_NEST && adc_has_no_points(other) &&
            s->program->buffer[one->id] == s->program->buffer[join->id]);
}

static void find_versions(struct verify *v)
{
    const struct schedule *s = v->schedule;
    for (size_t id = s->count; id-- > 0;) {
        node_t node = s->graph->nodes.data[id];
        if (!v->version[id]) v->version[id] = node;
        if (node->op == ADC_OP_FINAL) v->version[id] = adc_final_state(node);
        if (!s->region[id]) continue;
        if (node->op == ADC_OP_PUT) v->version[node->in[1]->id] = node;
        if (node->op != ADC_OP_JOIN) continue;
        for (unsigned i = 0; i < 2; i++) /* parts come after the JOIN that they are of */
            if (is_same_version(s, node, i)) v->version[node->in[i]->id] = v->version[id];
    }
}

static bool is_buffer(const struct verify *v, node_t node)
{
    return v->program->place[node->id] == LOOP_BUFFER;
}

static node_t *now_of(struct verify *v, node_t array)
{
    return &v->now[v->program->buffer[array->id]];
}

static void read_element(struct verify *v, node_t read)
{
    node_t array = read->in[0], writer;
    if (!is_buffer(v, array) || !updates_is_mutable(array)) return;
    if (*now_of(v, array) == v->version[array->id]) return;
    writer = v->writer[v->program->buffer[array->id]];
    if (writer && v->schedule->updates.replaced[writer->id] == array &&
        updates_own_element(read, writer))
        return;
    v->problem = "an array is read that is gone or not there yet";
}

/* The version in the buffer is `array`'s; `what` if another one was to be there. */
static void expect(struct verify *v, node_t array, const char *what)
{
    if (is_buffer(v, array) && *now_of(v, array) != v->version[array->id]) v->problem = what;
}

static void hold(struct verify *v, node_t array)
{
    if (!is_buffer(v, array)) return;
    *now_of(v, array) = v->version[array->id];
    v->writer[v->program->buffer[array->id]] = NULL;
}

/* ------------------------------------------------------------------------ expressions */

static void bring(struct verify *v, node_t node)
{
    if (v->known[node->id]) return;
    v->known[node->id] = 1;
    ADC_PUSH(v->schedule->scratch, v->scope, node);
}

/* The operator of a node, with what is printed inside it. */
static void define(struct verify *v, node_t root);

static void use(struct verify *v, node_t node)
{
    enum loop_place place = (enum loop_place)v->program->place[node->id];
    if (place == LOOP_INLINE) ADC_PUSH(v->schedule->scratch, v->stack, node);
    if ((place == LOOP_LOCAL || node->op == ADC_OP_INDEX) && !v->known[node->id])
        v->problem = "a variable is read out of its scope";
}

static void define(struct verify *v, node_t root)
{
    ADC_PUSH(v->schedule->scratch, v->stack, root);
    while (v->stack.count) {
        node_t node = v->stack.data[--v->stack.count];
        if (node->op == ADC_OP_FINAL) {
            use(v, adc_final_state(node));
            continue;
        }
        for (unsigned i = 0; i < node->count; i++) use(v, node->in[i]);
        if (node->op == ADC_OP_READ) read_element(v, node);
    }
}

static void evaluate(struct verify *v, node_t node)
{
    use(v, node);
    while (v->stack.count) define(v, v->stack.data[--v->stack.count]);
}

/* ------------------------------------------------------------------------- statements */

static void reduce(struct verify *v, const struct loop_statement *statement)
{
    node_t nest = statement->node, over = v->schedule->updates.replaced[nest->id];
    struct adc_nest parts = adc_nest_parts(nest);
    evaluate(v, statement->value);
    for (unsigned i = 0; i < parts.rank; i++) evaluate(v, parts.target[i]);
    if (!nest->rank) return;
    if (over && *now_of(v, over) != v->version[nest->id])
        expect(v, over, "an array is written over that is gone or not there yet");
    hold(v, nest);
}

static void carry(struct verify *v, node_t loop)
{
    for (unsigned i = 0; i < adc_loop_parts(loop).count; i++)
        if (!adc_loop_carried(loop, i).state->rank) evaluate(v, adc_loop_carried(loop, i).next);
}

static void statement_runs(struct verify *v, const struct loop_statement *statement)
{
    switch (statement->kind) {
    case LOOP_LET:
        define(v, statement->node);
        bring(v, statement->node);
        return;
    case LOOP_VAR:
        if (statement->value) evaluate(v, statement->value);
        bring(v, statement->node);
        return;
    case LOOP_SET:
        use(v, statement->node);
        if (statement->value == statement->node) define(v, statement->node);
        else evaluate(v, statement->value);
        return;
    case LOOP_FILL: hold(v, statement->node); return;
    case LOOP_REDUCE: reduce(v, statement); return;
    case LOOP_BRANCH:
    case LOOP_CHECK: evaluate(v, statement->node); return;
    case LOOP_STORE: evaluate(v, statement->value); return;
    case LOOP_CARRY: carry(v, statement->node); return;
    case LOOP_FOR:
    case LOOP_CALL: return;
    }
}

/* ------------------------------------------------------------------------------ loops */

static void begin_pass(struct verify *v, node_t loop, bool first)
{
    for (unsigned i = 0; i < adc_loop_parts(loop).count; i++) {
        struct adc_carried carried = adc_loop_carried(loop, i);
        if (!carried.state->rank) continue;
        if (first) expect(v, carried.init, "a loop begins without its array");
        hold(v, carried.state);
    }
}

static void end_pass(struct verify *v, node_t loop)
{
    for (unsigned i = 0; i < adc_loop_parts(loop).count; i++) {
        struct adc_carried carried = adc_loop_carried(loop, i);
        if (!carried.state->rank) continue;
        expect(v, carried.next, "a pass ends without its array");
        hold(v, carried.state);
    }
}

/* What belongs to the pass that ends is no longer there; what a nest of the loop writes over may
 * still be read where it is to be written next. */
static void forget_pass(struct verify *v, node_t index)
{
    for (size_t i = 0; i < v->program->buffers.count; i++) {
        node_t now = v->now[i];
        bool carried = now && now->op == ADC_OP_STATE && now->in[0] == index;
        if (now && !carried && adc_indices_has(now->free, index)) v->now[i] = NULL;
    }
}

static void find_writers(struct verify *v, const struct loop_block *block)
{
    ADC_VEC(const struct loop_block *) blocks = {0};
    struct adc_arena *scratch = v->schedule->scratch;
    ADC_PUSH(scratch, blocks, block);
    while (blocks.count) {
        block = blocks.data[--blocks.count];
        for (size_t i = 0; i < block->count; i++) {
            const struct loop_statement *s = block->data[i];
            if (s->kind == LOOP_CALL)
                ADC_PUSH(scratch, blocks, &v->program->parts.data[s->index].body);
            if (s->kind == LOOP_FOR || s->kind == LOOP_BRANCH) {
                ADC_PUSH(scratch, blocks, &s->then);
                ADC_PUSH(scratch, blocks, &s->otherwise);
            }
            if (s->kind == LOOP_REDUCE && s->node->rank &&
                *now_of(v, s->node) == v->version[s->node->id])
                v->writer[v->program->buffer[s->node->id]] = s->node;
        }
    }
}

static void open(struct verify *v, const struct loop_block *block,
                 const struct loop_statement *opener)
{
    struct frame frame = {.block = block, .opener = opener, .scope = v->scope.count};
    ADC_PUSH(v->schedule->scratch, v->frames, frame);
}

static void open_loop(struct verify *v, const struct loop_statement *loop)
{
    evaluate(v, loop->node->in[0]);
    evaluate(v, loop->node->in[1]);
    open(v, &loop->then, loop);
    bring(v, loop->node);
    if (!loop->value) return;
    evaluate(v, loop->value->in[1]);
    begin_pass(v, loop->value, true);
}

/* The block at hand has come to its end: true if it is walked again. */
static bool again(struct verify *v, struct frame *frame)
{
    const struct loop_statement *loop = frame->opener;
    if (!loop || loop->kind != LOOP_FOR) return false;
    if (loop->value) end_pass(v, loop->value);
    if (frame->again) return false;
    forget_pass(v, loop->node);
    if (!loop->value) find_writers(v, frame->block);
    frame->again = true;
    frame->next = 0;
    return true;
}

static void close(struct verify *v, size_t scope)
{
    while (v->scope.count > scope) v->known[v->scope.data[--v->scope.count]->id] = 0;
}

static void walk(struct verify *v)
{
    open(v, &v->program->parts.data[0].body, NULL);
    while (v->frames.count && !v->problem) {
        struct frame *frame = &v->frames.data[v->frames.count - 1];
        if (frame->next == frame->block->count) {
            bool loop = frame->opener && frame->opener->kind == LOOP_FOR;
            close(v, frame->scope + loop); /* the index stays for the second walk */
            if (again(v, frame)) continue;
            close(v, frame->scope);
            v->frames.count--;
            continue;
        }
        const struct loop_statement *statement = frame->block->data[frame->next++];
        statement_runs(v, statement);
        if (statement->kind == LOOP_CALL)
            open(v, &v->program->parts.data[statement->index].body, statement);
        if (statement->kind == LOOP_FOR) open_loop(v, statement);
        if (statement->kind != LOOP_BRANCH) continue;
        open(v, &statement->otherwise, statement);
        open(v, &statement->then, statement);
    }
}

const char *schedule_verify(struct schedule *schedule)
{
    struct verify v = {.schedule = schedule, .program = schedule->program};
    size_t buffers = v.program->buffers.count;
    v.version = ADC_NEW_ARRAY(schedule->scratch, node_t, schedule->count);
    v.known = ADC_NEW_ARRAY(schedule->scratch, uint8_t, schedule->count);
    v.now = ADC_NEW_ARRAY(schedule->scratch, node_t, buffers);
    v.writer = ADC_NEW_ARRAY(schedule->scratch, node_t, buffers);
    find_versions(&v);
    walk(&v);
    return v.problem;
}
