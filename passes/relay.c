/* What a pass of a loop hands on to the next by an element goes by a variable.
 *
 *     for i up { y[i] = a*if(i > 0, y[i - 1], 0) + x[i] }
 *         last = 0; for i up { t = a*if(i > 0, last, 0) + x[i]; y[i] = t; last = t }
 *     for i down { t = y[i]; if i > 0 { y[i - 1] += a*t } }
 *         last = y[high - 1]
 *         for i down { t = last; next = if(i > 0, y[i - 1], 0)
 *                      if i > 0 { next += a*t; y[i - 1] = next }; last = next }
 *
 * A store and the load of what it stored take longer than the additions and products of a
 * recurrence, and each pass waits for them.
 *
 * in       a program as it will be printed. Innermost loops without lanes
 * which    elements of arrays that the loop computes, at ints that are the index plus a constant or
 *          that the loop does not change; the array is written to at these alone, and stored once
 *          a pass, or added to where the pass is not the last one
 * memory   everything is stored as before; what else is read finds it there
 * first    the first pass reads nothing, as conditions say, or each pass reads: then the element
 *          that it begins with is loaded before
 * law      every value is computed by the same operations in the same order: bit for bit
 * cost     statements of innermost loops, times the variables of each, whose number is bounded */
#include "passes/passes.h"

#include "ir/nest.h"
#include "ir/state.h"
#include "passes/affine.h"
#include "passes/apart.h"
#include "passes/loop_maker.h"
#include "passes/uses.h"

typedef const struct adc_node *node_t;

enum { MOST_RELAYS = 8, MOST_ACCESSES = 64, MOST_STEPS = 16, ARMS = 2 };

/* Where a pass is, as conditions ask; or nothing. */
enum end { FIRST, LAST, ENDS };

/* What is known of a place in a pass: the arm of its middle or its ends, whether each pass that is
 * in that arm comes here, and whether the first and the last one do not. */
struct site {
    unsigned arm;
    bool always, never[ENDS];
    struct loop_statement *statement;
    struct loop_block *block; /* where that stands */
};

struct access {
    struct site site;
    node_t node; /* READ, or the NEST that is written */
    bool is_inline;
};

struct relay {
    struct loop_maker maker;
    uint8_t *mentions;         /* by id: READs printed inside their users, 2 for more than one */
    uint32_t *changed, number; /* by id: set or declared in the loop of that number */
    size_t count;              /* nodes that the tables have */
    struct loop_statement *loop;
    node_t index;
    bool down, stops; /* it may stop early */
    struct loop_block *arms[ARMS];
    unsigned arm_count;
    bool possible;
    ADC_VEC(struct access) accesses;
    struct loop_block before; /* what the loop needs before it */
    struct uses asked;        /* values that a loop asks for */
};

/* --------------------------------------------------------------------------------- conditions */

enum truth { UNKNOWN, NO, YES };

/* The index there, less an end of its range. */
static int64_t from_end(const struct relay *r, enum end end, node_t *bound)
{
    bool low = (end == FIRST) != r->down;
    *bound = r->index->in[low ? 0 : 1];
    return low ? 0 : -1;
}

/* a - b at that end. */
static bool distance_at(const struct relay *r, enum end end, node_t a, node_t b, int64_t *distance)
{
    node_t bound;
    int64_t at = from_end(r, end, &bound), more, other;
    if (affine_base(a, &more) != r->index || !affine_distance(b, bound, &other)) return false;
    *distance = at + more - other;
    return true;
}

static enum truth compared(const struct relay *r, enum end end, node_t node)
{
    int64_t d;
    if (!distance_at(r, end, node->in[0], node->in[1], &d)) {
        if (!distance_at(r, end, node->in[1], node->in[0], &d)) return UNKNOWN;
        d = -d;
    }
    switch (node->op) {
    case ADC_OP_ILT: return d < 0 ? YES : NO;
    case ADC_OP_ILE: return d <= 0 ? YES : NO;
    case ADC_OP_IGT: return d > 0 ? YES : NO;
    case ADC_OP_IGE: return d >= 0 ? YES : NO;
    case ADC_OP_IEQ: return d == 0 ? YES : NO;
    default: return d != 0 ? YES : NO;
    }
}

/* Of a condition in the first, or last, pass. */
static enum truth truth_at(const struct relay *r, enum end end, node_t node, unsigned steps)
{
    enum truth a, b;
    if (!steps || node->rank) return UNKNOWN;
    if (affine_is_comparison(node)) return compared(r, end, node);
    switch (node->op) {
    case ADC_OP_NOT:
        a = truth_at(r, end, node->in[0], steps - 1);
        return a == UNKNOWN ? UNKNOWN : a == YES ? NO : YES;
    case ADC_OP_AND:
    case ADC_OP_OR:
        a = truth_at(r, end, node->in[0], steps - 1);
        b = truth_at(r, end, node->in[1], steps - 1);
        if (node->op == ADC_OP_AND) return a == NO || b == NO ? NO : a == b ? a : UNKNOWN;
        return a == YES || b == YES ? YES : a == b ? a : UNKNOWN;
    default: return UNKNOWN;
    }
}

/* Where the condition holds, or does not. */
static struct site narrowed(const struct relay *r, struct site site, node_t condition, bool holds)
{
    site.always = false;
    for (enum end end = FIRST; end < ENDS; end++)
        site.never[end] |= truth_at(r, end, condition, MOST_STEPS) == (holds ? NO : YES);
    return site;
}

/* ----------------------------------------------------------------------------------- accesses */

static bool is_inline(const struct relay *r, node_t node)
{
    return r->maker.program->place[node->id] == LOOP_INLINE;
}

static void take(struct relay *r, const struct site *site, node_t node, bool printed_inside)
{
    struct access access = {*site, node, printed_inside};
    if (r->accesses.count == MOST_ACCESSES) r->possible = false;
    else ADC_PUSH(r->maker.arena, r->accesses, access);
}

static bool is_computed(const struct relay *r, node_t array)
{
    return r->maker.program->place[array->id] == LOOP_BUFFER;
}

static void look_inside(struct relay *r, const struct site *site, node_t node)
{
    bool read = node->op == ADC_OP_READ;
    for (unsigned i = read; i < node->count; i++) {
        struct site inner = *site;
        if (!is_inline(r, node->in[i])) continue;
        if (node->op == ADC_OP_IF && i) inner = narrowed(r, inner, node->in[0], i == 1);
        if (i && (node->op == ADC_OP_AND || node->op == ADC_OP_OR)) inner.always = false;
        look_inside(r, &inner, node->in[i]);
    }
    if (read && is_inline(r, node) && is_computed(r, apart_array(node->in[0])))
        take(r, site, node, true);
}

static void look_at_use(struct relay *r, const struct site *site, node_t node)
{
    if (is_inline(r, node)) look_inside(r, site, node);
}

static void look_at_carry(struct relay *r, const struct site *site, node_t loop)
{
    struct adc_loop parts = adc_loop_parts(loop);
    for (unsigned i = 0; i < parts.count; i++) {
        struct adc_carried carried = adc_loop_carried(loop, i);
        if (carried.state->rank) continue;
        if (carried.state->id < r->count) r->changed[carried.state->id] = r->number;
        look_at_use(r, site, carried.next);
    }
}

static void look_at_block(struct relay *r, struct site site, struct loop_block *block);

static void look_at_statement(struct relay *r, struct site site, struct loop_statement *statement)
{
    node_t node = statement->node;
    site.statement = statement;
    if (node && node->id < r->count) r->changed[node->id] = r->number;
    switch (statement->kind) {
    case LOOP_LET:
        if (node->op == ADC_OP_READ && is_computed(r, apart_array(node->in[0])))
            take(r, &site, node, false);
        look_inside(r, &site, node);
        break;
    case LOOP_VAR:
        if (statement->value) look_at_use(r, &site, statement->value);
        break;
    case LOOP_SET:
        if (statement->value == node) look_inside(r, &site, node);
        else look_at_use(r, &site, statement->value);
        break;
    case LOOP_REDUCE:
        look_at_use(r, &site, statement->value);
        for (unsigned i = 0; i < node->rank; i++)
            look_at_use(r, &site, adc_nest_parts(node).target[i]);
        if (node->rank) take(r, &site, node, false);
        break;
    case LOOP_BRANCH: {
        struct site then = narrowed(r, site, node, true),
                    otherwise = narrowed(r, site, node, false);
        look_at_use(r, &site, node);
        look_at_block(r, then, &statement->then);
        look_at_block(r, otherwise, &statement->otherwise);
        break;
    }
    case LOOP_CARRY: look_at_carry(r, &site, node); break;
    default: r->possible = false;
    }
}

static void look_at_block(struct relay *r, struct site site, struct loop_block *block)
{
    site.block = block;
    for (size_t i = 0; i < block->count && r->possible; i++)
        look_at_statement(r, site, block->data[i]);
}

/* All that the loop touches, arm by arm where its middle is one. */
static bool look_at_loop(struct relay *r)
{
    struct loop_statement *loop = r->loop;
    bool middle = loop->middle;
    struct loop_statement *branch = middle ? loop->then.data[0] : NULL;
    r->number++;
    r->accesses.count = 0;
    r->possible = true;
    r->arm_count = middle ? 2 : 1;
    r->arms[0] = middle ? &branch->then : &loop->then;
    r->arms[1] = middle ? &branch->otherwise : NULL;
    for (unsigned arm = 0; arm < r->arm_count; arm++) {
        struct site site = {.arm = arm};
        if (middle) site = narrowed(r, site, branch->node, arm == 0);
        site.always = true;
        look_at_block(r, site, r->arms[arm]);
    }
    return r->possible;
}

/* ------------------------------------------------------------------------------------ elements */

/* A pass does not change the int, and it can be said again elsewhere. */
static bool is_fixed(const struct relay *r, node_t node, unsigned steps)
{
    enum loop_place place = (enum loop_place)r->maker.program->place[node->id];
    if (adc_is_const(node)) return true;
    if (!steps || node->id >= r->count || node == r->index) return false;
    if (place == LOOP_LEAF) return node->op == ADC_OP_PARAM || node->op == ADC_OP_INDEX;
    if (place == LOOP_LOCAL) return r->changed[node->id] != r->number;
    if (place != LOOP_INLINE || node->op < ADC_OP_FIRST_ELEMENTWISE) return false;
    for (unsigned i = 0; i < node->count; i++)
        if (!is_fixed(r, node->in[i], steps - 1)) return false;
    return true;
}

/* The same, for another place in the program. */
static node_t again(struct relay *r, node_t node)
{
    node_t inputs[ADC_MAX_INPUTS];
    if (!is_inline(r, node)) return node;
    for (unsigned i = 0; i < node->count; i++) inputs[i] = again(r, node->in[i]);
    return loop_maker_computed(&r->maker, (enum adc_op)node->op, node->count, inputs);
}

/* Whether what is at `written` in a pass is at `read` in the next one. */
static bool hands_on(const struct relay *r, node_t array, const node_t *written, const node_t *read)
{
    bool moves = false;
    for (unsigned i = 0; i < array->rank; i++) {
        int64_t w, o;
        if (written[i] == read[i] && is_fixed(r, read[i], MOST_STEPS)) continue;
        if (affine_base(written[i], &w) != r->index || affine_base(read[i], &o) != r->index)
            return false;
        if (w - o != (r->down ? -1 : 1)) return false;
        moves = true;
    }
    return moves;
}

static bool same_element(const struct relay *r, node_t array, const node_t *a, const node_t *b)
{
    for (unsigned i = 0; i < array->rank; i++) {
        int64_t x, y;
        if (a[i] == b[i]) continue;
        if (affine_base(a[i], &x) != r->index || affine_base(b[i], &y) != r->index || x != y)
            return false;
    }
    return true;
}

static node_t plus(struct relay *r, node_t node, int64_t more)
{
    if (!more) return node;
    node_t distance = loop_maker_int(&r->maker, more < 0 ? -more : more);
    return loop_maker_computed2(&r->maker, more < 0 ? ADC_OP_ISUB : ADC_OP_IADD, node, distance);
}

/* The element that is read when the index is `at` + more. */
static node_t element_at(struct relay *r, node_t read, node_t at, int64_t more)
{
    node_t inputs[ADC_MAX_INPUTS];
    inputs[0] = read->in[0];
    for (unsigned i = 1; i < read->count; i++) {
        int64_t constant;
        if (affine_base(read->in[i], &constant) != r->index) {
            inputs[i] = again(r, read->in[i]);
            continue;
        }
        inputs[i] = plus(r, at, constant + more);
    }
    node_t made = loop_maker_twin(&r->maker, read, inputs);
    loop_maker_place(&r->maker, made, LOOP_INLINE);
    return made;
}

/* ---------------------------------------------------------------------------------- statements */

static void insert(struct relay *r, struct loop_block *block, size_t at,
                   struct loop_statement *statement)
{
    ADC_PUSH(r->maker.arena, *block, statement);
    for (size_t i = block->count - 1; i > at; i--) block->data[i] = block->data[i - 1];
    block->data[at] = statement;
}

/* Behind all that a pass does, but before states change. */
static void insert_last(struct relay *r, struct loop_block *block, struct loop_statement *statement)
{
    size_t at = block->count;
    while (at > 0 && block->data[at - 1]->kind == LOOP_CARRY) at--;
    insert(r, block, at, statement);
}

static void insert_before(struct relay *r, struct loop_block *block,
                          const struct loop_statement *next, struct loop_statement *statement)
{
    size_t at = 0;
    while (block->data[at] != next) at++;
    insert(r, block, at, statement);
}

static node_t variable_like(struct relay *r, node_t like)
{
    node_t made = loop_maker_twin(&r->maker, like, like->in);
    loop_maker_place(&r->maker, made, LOOP_LOCAL);
    return made;
}

/* if(x < y, then, 0) */
static node_t where_less(struct relay *r, node_t x, node_t y, node_t then)
{
    node_t less = loop_maker_computed2(&r->maker, ADC_OP_ILT, x, y);
    node_t inputs[] = {less, then, loop_maker_zero(&r->maker, (enum adc_type)then->type)};
    return loop_maker_computed(&r->maker, ADC_OP_IF, 3, inputs);
}

/* --------------------------------------------------------------------------------- one variable */

/* An element that passes hand on. */
struct handed {
    node_t array, read; /* one of the READs */
    const node_t *written;
    bool added, loaded;                  /* passes add to it; the first pass reads it */
    unsigned stores[ARMS], always[ARMS]; /* of each arm: SETs, and READs in each pass */
};

static bool same_buffer(const struct relay *r, node_t a, node_t b)
{
    return r->maker.program->buffer[a->id] == r->maker.program->buffer[b->id];
}

static bool is_write(const struct access *access)
{
    return access->node->op == ADC_OP_NEST;
}

/* The array of this write, by an access before it. */
static bool was_written_before(const struct relay *r, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        const struct access *access = &r->accesses.data[i];
        if (is_write(access) && same_buffer(r, access->node, r->accesses.data[at].node))
            return true;
    }
    return false;
}

static bool is_handed_read(const struct relay *r, const struct handed *h,
                           const struct access *access)
{
    node_t node = access->node;
    if (is_write(access) || !same_buffer(r, apart_array(node->in[0]), h->array)) return false;
    if (access->is_inline && r->mentions[node->id] != 1) return false;
    return hands_on(r, h->array, h->written, node->in + 1);
}

/* Whether all that is written to the array is the element that is handed on. */
static bool writes_fit(const struct relay *r, struct handed *h)
{
    for (size_t i = 0; i < r->accesses.count; i++) {
        const struct access *access = &r->accesses.data[i];
        node_t array = is_write(access) ? access->node : apart_array(access->node->in[0]);
        if (!same_buffer(r, array, h->array)) continue;
        if (!adc_same_shape(array, h->array) || array->type != h->array->type) return false;
        if (!is_write(access)) continue;
        struct adc_nest parts = adc_nest_parts(access->node);
        bool sum = parts.reduce == ADC_REDUCE_SUM;
        if ((!sum && parts.reduce != ADC_REDUCE_SET) || sum != h->added) return false;
        if (!same_element(r, h->array, parts.target, h->written)) return false;
        if (sum ? !access->site.never[LAST] : !access->site.always) return false;
        h->stores[access->site.arm]++;
    }
    for (unsigned arm = 0; arm < r->arm_count && !h->added; arm++)
        if (h->stores[arm] != 1) return false;
    return true;
}

/* Whether READs of the element can be told what it is, in the first pass too. */
static bool reads_fit(const struct relay *r, struct handed *h)
{
    bool early = h->added;
    for (size_t i = 0; i < r->accesses.count; i++) {
        const struct access *access = &r->accesses.data[i];
        if (!is_handed_read(r, h, access)) continue;
        h->read = access->node;
        early |= !access->site.never[FIRST];
        h->always[access->site.arm] += access->site.always;
    }
    h->loaded = early;
    if (!h->read || (early && r->stops)) return false;
    for (unsigned arm = 0; arm < r->arm_count && early; arm++)
        if (!h->always[arm]) return false;
    return true;
}

/* In each pass the variable that is handed on has another name: that of the READ. */
static void tell_reads(struct relay *r, const struct handed *h, node_t handed)
{
    for (size_t i = 0; i < r->accesses.count; i++) {
        const struct access *access = &r->accesses.data[i];
        if (!is_handed_read(r, h, access)) continue;
        if (!access->is_inline) {
            access->site.statement->kind = LOOP_VAR;
            access->site.statement->value = handed;
            continue;
        }
        r->maker.program->place[access->node->id] = LOOP_LOCAL;
        insert(r, r->arms[access->site.arm], 0,
               loop_maker_statement(&r->maker, LOOP_VAR, access->node, handed));
    }
}

/* y[i] = v: last = v. */
static void keep_stored(struct relay *r, const struct handed *h, node_t handed)
{
    for (size_t i = 0; i < r->accesses.count; i++) {
        const struct access *access = &r->accesses.data[i];
        struct loop_statement *store = access->site.statement;
        struct loop_block *arm = r->arms[access->site.arm];
        if (!is_write(access) || !same_buffer(r, access->node, h->array)) continue;
        node_t value = variable_like(r, handed);
        struct loop_statement *named =
            loop_maker_statement(&r->maker, LOOP_VAR, value, store->value);
        insert_before(r, arm, store, named);
        store->value = value;
        insert_last(r, arm, loop_maker_statement(&r->maker, LOOP_SET, handed, value));
    }
}

/* y[i - 1] += v: next += v, y[i - 1] = next. */
static void keep_added(struct relay *r, const struct handed *h, const node_t *next)
{
    for (size_t i = 0; i < r->accesses.count; i++) {
        const struct access *access = &r->accesses.data[i];
        struct loop_statement *statement = access->site.statement;
        node_t node = access->node, variable = next[access->site.arm];
        if (!is_write(access) || !same_buffer(r, node, h->array)) continue;
        node_t inputs[] = {variable, statement->value};
        struct adc_node like = {.type = node->type, .count = 2};
        like.op = (uint16_t)adc_reduce_op(ADC_REDUCE_SUM, (enum adc_type)node->type);
        node_t sum = adc_twin(r->maker.program->function->graph, &like, inputs);
        loop_maker_place(&r->maker, sum, LOOP_INLINE);
        struct adc_node *set = loop_maker_twin(&r->maker, node, node->in);
        set->number = ADC_REDUCE_SET;
        insert_before(r, access->site.block, statement,
                      loop_maker_statement(&r->maker, LOOP_SET, variable, sum));
        statement->node = set;
        statement->value = variable;
    }
}

/* What the next pass reads, as far as there is one, is loaded where a pass begins. */
static void add_along(struct relay *r, const struct handed *h, node_t handed)
{
    node_t low = again(r, r->index->in[0]), high = again(r, r->index->in[1]), next[ARMS] = {0};
    for (unsigned arm = 0; arm < r->arm_count; arm++) {
        node_t load = element_at(r, h->read, r->index, r->down ? -1 : 1);
        node_t value = r->down ? where_less(r, low, r->index, load)
                               : where_less(r, plus(r, r->index, 1), high, load);
        next[arm] = variable_like(r, handed);
        insert(r, r->arms[arm], 0, loop_maker_statement(&r->maker, LOOP_VAR, next[arm], value));
        insert_last(r, r->arms[arm], loop_maker_statement(&r->maker, LOOP_SET, handed, next[arm]));
    }
    keep_added(r, h, next);
}

static void hand_on(struct relay *r, const struct handed *h)
{
    node_t handed = variable_like(r, h->read), bound,
           first = loop_maker_zero(&r->maker, (enum adc_type)h->read->type);
    if (h->loaded) {
        int64_t more = from_end(r, FIRST, &bound);
        node_t low = again(r, r->index->in[0]), high = again(r, r->index->in[1]);
        first = where_less(r, low, high, element_at(r, h->read, again(r, bound), more));
    }
    loop_maker_add(&r->maker, &r->before, LOOP_VAR, handed, first);
    tell_reads(r, h, handed);
    if (h->added) add_along(r, h, handed);
    else keep_stored(r, h, handed);
}

/* ---------------------------------------------------------------------------------- the program */

/* READs that are printed inside of their users, and of how many. */
static void count_inside(struct relay *r, node_t node)
{
    for (unsigned i = node->op == ADC_OP_READ; i < node->count; i++)
        if (is_inline(r, node->in[i])) count_inside(r, node->in[i]);
    if (node->op == ADC_OP_READ && r->mentions[node->id] < 2) r->mentions[node->id]++;
}

static void count_use(struct relay *r, node_t node)
{
    if (node && is_inline(r, node)) count_inside(r, node);
}

static void count_block(struct relay *r, const struct loop_block *block);

static void count_statement(struct relay *r, const struct loop_statement *statement)
{
    node_t node = statement->node;
    if (node && (statement->kind == LOOP_LET || statement->value == node)) count_inside(r, node);
    else count_use(r, statement->value);
    for (unsigned i = 0; statement->kind == LOOP_REDUCE && i < node->rank; i++)
        count_use(r, adc_nest_parts(node).target[i]);
    if (statement->kind == LOOP_BRANCH || statement->kind == LOOP_CHECK) count_use(r, node);
    for (unsigned i = 0; statement->kind == LOOP_CARRY && i < adc_loop_parts(node).count; i++)
        count_use(r, adc_loop_carried(node, i).next);
    for (unsigned i = 0; statement->kind == LOOP_FOR && i < 2; i++) count_use(r, node->in[i]);
    if (statement->jam) count_block(r, &statement->jam->body);
    if (statement->waiting) count_statement(r, statement->waiting);
    count_block(r, &statement->then);
    count_block(r, &statement->otherwise);
}

static void count_block(struct relay *r, const struct loop_block *block)
{
    for (size_t i = 0; i < block->count; i++) count_statement(r, block->data[i]);
}

/* An innermost loop: its elements one after the other. */
static void relay_loop(struct relay *r, struct loop_statement *loop)
{
    unsigned made = 0;
    r->loop = loop;
    r->index = loop->node;
    r->down = loop->value && adc_loop_is_down(loop->value);
    r->stops = loop->value && adc_loop_parts(loop->value).guard &&
               !adc_is_true(adc_loop_parts(loop->value).guard);
    r->before.count = 0;
    if (!look_at_loop(r)) return;
    for (size_t i = 0; i < r->accesses.count && made < MOST_RELAYS; i++) {
        const struct access *access = &r->accesses.data[i];
        if (!is_write(access) || was_written_before(r, i)) continue;
        struct handed h = {.array = access->node};
        h.written = adc_nest_parts(access->node).target;
        h.added = adc_nest_parts(access->node).reduce == ADC_REDUCE_SUM;
        if (!writes_fit(r, &h) || !reads_fit(r, &h)) continue;
        hand_on(r, &h);
        made++;
    }
    if (!made) return;
    r->asked.now++;
    uses_statement(&r->asked, loop);
    uses_drop_values(&r->asked, &loop->then); /* places that are asked for no more */
}

static void visit(struct relay *r, struct loop_block *block, bool is_team)
{
    for (size_t i = 0; i < block->count; i++) {
        struct loop_statement *statement = block->data[i];
        if (statement->lanes || statement->jam) continue;
        if (statement->kind != LOOP_FOR || loop_has_inner(&statement->then)) {
            visit(r, &statement->then, false);
            visit(r, &statement->otherwise, false);
            continue;
        }
        if (is_team) continue;
        relay_loop(r, statement);
        for (size_t k = 0; k < r->before.count; k++, i++) insert(r, block, i, r->before.data[k]);
        r->before = (struct loop_block){0};
    }
}

void pass_relay(struct adc_arena *arena, struct loop_program *program)
{
    size_t count = program->function->graph->nodes.count;
    struct relay r = {.maker = {.arena = arena, .program = program, .known = count}};
    r.count = count;
    r.mentions = ADC_NEW_ARRAY(arena, uint8_t, count);
    r.changed = ADC_NEW_ARRAY(arena, uint32_t, count);
    r.asked = (struct uses){.program = program, .known = count};
    r.asked.number = ADC_NEW_ARRAY(arena, uint32_t, program->buffers.count);
    r.asked.values = ADC_NEW_ARRAY(arena, uint32_t, count);
    for (size_t i = 0; i < program->parts.count; i++) count_block(&r, &program->parts.data[i].body);
    for (size_t i = 0; i < program->parts.count; i++)
        visit(&r, &program->parts.data[i].body, program->parts.data[i].team);
}
