/* Can the passes of a loop run side by side, and what is gained?
 *
 * Statements run one after the other, each for all passes of a tile, so every pass may depend on
 * nothing that another one does, sums apart. An array that is made anew in each pass, as nothing
 * outside knows it and no nest over the index writes to it, is one array for each pass: its
 * elements become tiles. Of an array that all passes share,
 *
 *     only additions       may go anywhere (reals)
 *     anything else        goes to an element that has one coordinate, the same in all accesses,
 *                          which changes with the index and with nothing else inside;
 *                          but rows are read that are at a distance from all that are written
 *
 * What varies is found by looking at statements in their order, again and again where variables
 * (states, sums, what arms set) turn out to vary that were thought not to. What is not seen through
 * leaves the loop as it is. Costs are in additions of reals. */
#include "passes/lanes.h"

#include "ir/nest.h"
#include "ir/state.h"
#include "passes/affine.h"
#include "passes/apart.h"

#include <math.h>

enum { THOUGHT_PASSES = 8 };
static const double lanes_width = 8;
static const double moved_cost = 2; /* of an element from a row to a tile */

bool lanes_is_own(const struct lanes *l, const struct adc_node *array)
{
    array = apart_array(array);
    if (l->program->place[array->id] != LOOP_BUFFER) return false;
    uint32_t buffer = l->program->buffer[array->id];
    const struct lanes_inner *inner = &l->inner[buffer];
    return inner->look == l->look && !inner->shared && inner->count == l->accesses[buffer] &&
           l->program->buffers.data[buffer].result < 0;
}

static void refuse(struct lanes *l, const char *why)
{
    if (l->possible) l->why = why;
    l->possible = false;
}

static void refuse_plain(struct lanes *l, const struct adc_node *node)
{
    if (loop_is_plain(l->program, node))
        refuse(l, "a minimum or maximum is compared with what it is of, computed again");
}

static bool is_inside(const struct lanes *l, const struct adc_node *node)
{
    return l->inside[node->id] == l->number;
}

/* Of min(2, N) - 0, 2; of N - max(N - 2, k), 2 as well: what is before and behind the points that
 * are alike (gather.c) is little. */
static bool most_passes(const struct adc_node *low, const struct adc_node *high, int64_t *passes)
{
    const struct adc_node *lows[3] = {low}, *highs[3] = {high};
    unsigned low_count = 1, high_count = 1;
    bool found = false;
    for (unsigned i = 0; low->op == ADC_OP_IMAX && i < 2; i++) lows[low_count++] = low->in[i];
    for (unsigned i = 0; high->op == ADC_OP_IMIN && i < 2; i++) highs[high_count++] = high->in[i];
    for (unsigned i = 0; i < low_count; i++)
        for (unsigned j = 0; j < high_count; j++) {
            int64_t distance;
            if (!affine_distance(highs[j], lows[i], &distance)) continue;
            if (!found || distance < *passes) *passes = distance;
            found = true;
        }
    return found;
}

double lanes_passes(const struct loop_statement *loop)
{
    int64_t passes;
    if (!most_passes(loop->node->in[0], loop->node->in[1], &passes)) return THOUGHT_PASSES;
    return passes > 0 ? (double)passes : 0;
}

/* A few passes, of a number that is known: a window, a small matrix. */
static bool is_short(const struct loop_statement *loop)
{
    enum { FEW = 16 };
    int64_t passes;
    return most_passes(loop->node->in[0], loop->node->in[1], &passes) && passes <= FEW;
}

/* ------------------------------------------------------------------------------- values */

static void know(struct lanes *l, const struct adc_node *node, enum loop_value value, int64_t step)
{
    if (l->seen[node->id] != l->number) ADC_PUSH(l->scratch, l->known, node->id);
    l->seen[node->id] = l->number;
    l->value[node->id] = (uint8_t)(value == LOOP_SERIES && !step ? LOOP_UNIFORM : value);
    l->step[node->id] = step;
}

static enum loop_value value_of(struct lanes *l, const struct adc_node *node);

static int64_t step_of(struct lanes *l, const struct adc_node *node)
{
    return value_of(l, node) == LOOP_SERIES ? l->step[node->id] : 0;
}

/* Of an operator of ints that are uniform or series: whether it is one too, and its step. Steps
 * are small, or the loop is left alone. */
static bool is_series(struct lanes *l, const struct adc_node *node, int64_t *step)
{
    enum { MOST = 1 << 20 };
    bool first = node->op == ADC_OP_MARK || node->op == ADC_OP_STOP;
    if (node->type != ADC_INT) return false;
    if (node->op != ADC_OP_IADD && node->op != ADC_OP_ISUB && node->op != ADC_OP_IMUL && !first)
        return false;
    int64_t a = step_of(l, node->in[0]), b = first ? 0 : step_of(l, node->in[1]), factor = 1;
    if (node->op == ADC_OP_IMUL) {
        unsigned constant = adc_is_const(node->in[0]) ? 0 : 1;
        if (!adc_is_const(node->in[constant])) return false;
        factor = node->in[constant]->value.integer;
        if (factor > MOST || factor < -MOST) return false;
    }
    *step = (node->op == ADC_OP_ISUB ? a - b : a + b) * factor;
    return *step <= MOST && *step >= -MOST;
}

static enum loop_value operator_value(struct lanes *l, const struct adc_node *node, int64_t *step)
{
    enum loop_value most = LOOP_UNIFORM;
    for (unsigned i = node->op == ADC_OP_READ; i < node->count; i++) {
        enum loop_value value = value_of(l, node->in[i]);
        if (value > most) most = value;
    }
    if (most == LOOP_UNIFORM || node->op == ADC_OP_READ || most == LOOP_VARYING)
        return most ? LOOP_VARYING : LOOP_UNIFORM;
    return is_series(l, node, step) ? LOOP_SERIES : LOOP_VARYING;
}

/* What an operator or a read makes of its inputs. */
static enum loop_value defined_value(struct lanes *l, const struct adc_node *node)
{
    int64_t step = 0;
    enum loop_value value = LOOP_VARYING;
    if (node->op == ADC_OP_FINAL) {
        value = value_of(l, adc_final_state(node));
    } else if (node->op == ADC_OP_READ && lanes_is_own(l, node->in[0])) {
        value = LOOP_VARYING;
    } else if (node->op == ADC_OP_READ || node->op == ADC_OP_IF || node->op == ADC_OP_MARK ||
               node->op == ADC_OP_STOP || node->op >= ADC_OP_FIRST_ELEMENTWISE) {
        value = operator_value(l, node, &step);
    }
    know(l, node, value, step);
    return (enum loop_value)l->value[node->id];
}

/* Recurses through what is printed inside its user; everything else is known when it is read, or
 * from outside. */
static enum loop_value value_of(struct lanes *l, const struct adc_node *node)
{
    if (node == l->index) know(l, node, LOOP_SERIES, 1);
    if (l->seen[node->id] == l->number) return (enum loop_value)l->value[node->id];
    return l->program->place[node->id] == LOOP_INLINE ? defined_value(l, node) : LOOP_UNIFORM;
}

/* ------------------------------------------------------------------------------ expressions */

/* Lanes go through both arms of a condition that varies, of which a pass alone takes one. */
static double in_lanes(const struct lanes *l, double weight)
{
    return ldexp(weight, (int)l->masked);
}

/* A value of that type is a vector. */
static void count_vector(struct lanes *l, const struct adc_node *node)
{
    if (node->type == ADC_I32 && node->op != ADC_OP_READ) l->possible = false;
    if (!adc_type_is_real((enum adc_type)node->type)) return;
    l->reals[node->type] = true;
    l->possible &= !l->reals[ADC_F64] || !l->reals[ADC_F32];
}

static void access(struct lanes *l, const struct adc_node *array,
                   const struct adc_node *const *element, unsigned kind, double weight)
{
    struct lanes_access access = {.array = array, .element = element, .weight = weight};
    access.in_lanes = in_lanes(l, weight);
    access.kind = kind;
    if (kind != LANES_READ) count_vector(l, array);
    while (array->op == ADC_OP_MARK || array->op == ADC_OP_STOP)
        access.array = array = array->in[0];
    for (unsigned i = 1; element && i < array->rank; i++) {
        const struct adc_indices *free = element[i]->free;
        for (uint32_t j = 0; free && j < free->count; j++)
            access.scans |= l->inside[free->index[j]->id] == l->number;
    }
    ADC_PUSH(l->scratch, l->list, access);
}

static void use(struct lanes *l, const struct adc_node *node, double weight);

/* Kinds of values that lanes have: f64 or f32, int, bool, and i32 as ints. */
static void define(struct lanes *l, const struct adc_node *node, double weight)
{
    enum loop_value value = defined_value(l, node);
    if (value) count_vector(l, node);
    if (node->op == ADC_OP_FINAL) {
        use(l, adc_final_state(node), weight);
        return;
    }
    if (value) refuse_plain(l, node);
    for (unsigned i = node->op == ADC_OP_READ; i < node->count; i++) use(l, node->in[i], weight);
    if (node->op == ADC_OP_READ) {
        access(l, node->in[0], node->in + 1, LANES_READ, weight);
        return;
    }
    if (node->op < ADC_OP_FIRST_ELEMENTWISE && node->op != ADC_OP_IF) return;
    double cost = node->op == ADC_OP_IF ? 1 : loop_operator_cost(node);
    l->before += weight * cost;
    if (cost > 1) l->slow += weight * cost;
    cost /= value == LOOP_VARYING ? lanes_width : 2 * lanes_width;
    l->after += in_lanes(l, weight) * cost;
}

static void use(struct lanes *l, const struct adc_node *node, double weight)
{
    if (l->program->place[node->id] == LOOP_INLINE) define(l, node, weight);
}

/* -------------------------------------------------------------------------------- statements */

static void declare(struct lanes *l, const struct adc_node *node)
{
    l->inside[node->id] = l->number;
    if (l->program->place[node->id] == LOOP_WORK) l->possible = false;
    if (node->type == ADC_I32 && value_of(l, node)) l->possible = false;
    if (value_of(l, node)) count_vector(l, node);
}

static void declare_variable(struct lanes *l, const struct adc_node *node)
{
    bool varies = l->carried[node->id] == l->look;
    know(l, node, varies ? LOOP_VARYING : LOOP_UNIFORM, 0);
    declare(l, node);
}

/* A variable declared inside gets what varies, or what some lanes get alone. */
static void change(struct lanes *l, const struct adc_node *node, enum loop_value value)
{
    if (!is_inside(l, node) || l->value[node->id] || (!value && !l->masked)) return;
    l->carried[node->id] = l->look;
    l->again = true;
}

static void reduce_scalar(struct lanes *l, const struct adc_node *nest, enum loop_value value,
                          double weight)
{
    bool tests = nest->number == ADC_REDUCE_ALL || nest->number == ADC_REDUCE_ANY;
    l->before += weight;
    l->after += in_lanes(l, weight) / lanes_width;
    change(l, nest, value);
    if (is_inside(l, nest)) return;
    if (tests && l->program->place[nest->id] == LOOP_WORK)
        refuse(l, "the loop is too large for one function");
    if (tests) return;
    bool real = adc_type_is_real((enum adc_type)nest->type);
    if (real && l->strict) refuse(l, "`--strict` leaves sums in their order"); /* ints are exact */
    if (!real && nest->type != ADC_INT) l->possible = false;
    count_vector(l, nest);
    for (size_t i = 0; i < l->sums.count; i++)
        if (l->sums.data[i] == nest) return;
    ADC_PUSH(l->scratch, l->sums, nest);
}

static void reduce(struct lanes *l, const struct loop_statement *statement, double weight)
{
    const struct adc_node *nest = statement->node;
    use(l, statement->value, weight);
    if (nest->rank || value_of(l, statement->value) || l->masked || !is_inside(l, nest))
        refuse_plain(l, nest);
    if (!nest->rank) {
        reduce_scalar(l, nest, value_of(l, statement->value), weight);
        return;
    }
    struct adc_nest parts = adc_nest_parts(nest);
    for (unsigned i = 0; i < nest->rank; i++) use(l, parts.target[i], weight);
    access(l, nest, parts.target, nest->number == ADC_REDUCE_SET ? LANES_SET : LANES_ADD, weight);
}

static void carry(struct lanes *l, const struct adc_node *loop, double weight)
{
    for (unsigned i = 0; i < adc_loop_parts(loop).count; i++) {
        struct adc_carried carried = adc_loop_carried(loop, i);
        if (carried.state->rank) continue;
        if (!is_inside(l, carried.state)) refuse(l, "a pass needs what the pass before it made");
        use(l, carried.next, weight);
        change(l, carried.state, value_of(l, carried.next));
    }
}

static void look_at_block(struct lanes *l, const struct loop_block *block, double weight);

static void look_at_for(struct lanes *l, const struct loop_statement *loop, double weight)
{
    const struct adc_node *index = loop->node;
    l->has_loop = true;
    l->inside[index->id] = l->number;
    if (value_of(l, index->in[0]) || value_of(l, index->in[1]) ||
        (loop->value && value_of(l, loop->value->in[1])))
        refuse(l, "a loop inside has another number of passes in each pass");
    use(l, index->in[0], weight);
    use(l, index->in[1], weight);
    double passes = lanes_passes(loop);
    l->runs_long |= !is_short(loop);
    look_at_block(l, &loop->then, weight * passes);
    l->before += weight * passes;
    l->after += in_lanes(l, weight) * passes / lanes_width;
}

static void look_at_branch(struct lanes *l, const struct loop_statement *branch, double weight)
{
    use(l, branch->node, weight);
    bool varies = value_of(l, branch->node) != LOOP_UNIFORM;
    double before = l->before, chosen = l->chosen;
    l->masked += varies;
    look_at_block(l, &branch->then, weight / 2);
    look_at_block(l, &branch->otherwise, weight / 2);
    l->masked -= varies;
    if (varies) l->chosen = chosen + l->before - before;
    l->before += weight;
    l->after += in_lanes(l, weight) / lanes_width;
}

/* An operator whose variable stands further out keeps what that is. */
static void set(struct lanes *l, const struct loop_statement *statement, double weight)
{
    const struct adc_node *node = statement->node, *value = statement->value;
    enum loop_value known = (enum loop_value)l->value[node->id], next;
    if (!is_inside(l, node)) refuse(l, "a pass needs what the pass before it made");
    if (value == node) define(l, node, weight);
    else use(l, value, weight);
    next = value_of(l, value);
    if (value == node) know(l, node, known, 0);
    change(l, node, next);
}

static void look_at(struct lanes *l, const struct loop_statement *statement, double weight)
{
    switch (statement->kind) {
    case LOOP_LET:
        define(l, statement->node, weight);
        declare(l, statement->node);
        return;
    case LOOP_VAR:
        if (statement->value) use(l, statement->value, weight);
        declare_variable(l, statement->node);
        if (statement->value) change(l, statement->node, value_of(l, statement->value));
        return;
    case LOOP_SET: set(l, statement, weight); return;
    case LOOP_FOR: look_at_for(l, statement, weight); return;
    case LOOP_FILL: access(l, statement->node, NULL, LANES_FILL, weight); return;
    case LOOP_REDUCE: reduce(l, statement, weight); return;
    case LOOP_BRANCH: look_at_branch(l, statement, weight); return;
    case LOOP_CARRY: carry(l, statement->node, weight); return;
    case LOOP_CHECK: refuse(l, "a check stands in it"); return;
    case LOOP_STORE:
    case LOOP_CALL: refuse(l, "the loop is too large for one function"); return;
    }
}

static void look_at_block(struct lanes *l, const struct loop_block *block, double weight)
{
    for (size_t i = 0; i < block->count && l->possible; i++) look_at(l, block->data[i], weight);
}

/* ---------------------------------------------------------------------------------- arrays */

static bool is_written(const struct lanes_access *access)
{
    return access->kind != LANES_READ;
}

static bool is_own(const struct lanes *l, const struct lanes_access *access)
{
    return lanes_is_own(l, access->array);
}

static bool same_buffer(const struct lanes *l, const struct adc_node *a, const struct adc_node *b)
{
    bool buffers =
        l->program->place[a->id] == LOOP_BUFFER && l->program->place[b->id] == LOOP_BUFFER;
    return buffers && l->program->buffer[a->id] == l->program->buffer[b->id];
}

static bool is_same_array(const struct lanes *l, const struct adc_node *a, const struct adc_node *b)
{
    return a == b || same_buffer(l, a, b);
}

/* The place moves with the index, and no inner loop moves it. */
static bool is_own_place(struct lanes *l, const struct adc_node *node)
{
    if (value_of(l, node) != LOOP_SERIES) return false;
    for (uint32_t i = 0; i < node->free->count; i++)
        if (node->free->index[i] != l->index && is_inside(l, node->free->index[i])) return false;
    return true;
}

/* Another number in each pass. */
static bool is_coordinate(struct lanes *l, const struct adc_node *node)
{
    const struct adc_node *read = adc_unique_element(node);
    for (unsigned i = 1; read && !read->in[0]->free && i < read->count; i++)
        if (is_own_place(l, read->in[i])) return true;
    return is_own_place(l, node);
}

/* Neither passes of the loop nor loops in it change the int. */
static bool is_outside(const struct lanes *l, const struct adc_node *node)
{
    for (uint32_t i = 0; node->free && i < node->free->count; i++)
        if (node->free->index[i] == l->index || is_inside(l, node->free->index[i])) return false;
    return true;
}

/* The difference is a constant other than 0; or what each leaves by division, of windows on
 * histories, is not the same. */
static bool are_different(const struct adc_node *a, const struct adc_node *b)
{
    int64_t distance, cycle = 0;
    if (a->op == ADC_OP_IMOD && b->op == ADC_OP_IMOD && a->in[1] == b->in[1] &&
        adc_is_const(a->in[1])) {
        cycle = a->in[1]->value.integer;
        a = a->in[0];
        b = b->in[0];
        if (cycle <= 1) return false;
    }
    return affine_distance(a, b, &distance) && (cycle ? distance % cycle : distance) != 0;
}

/* Of the first coordinates of two elements of one buffer, one is never the same, for all passes. */
static bool is_at_distance(const struct lanes *l, const struct lanes_access *a,
                           const struct lanes_access *b, unsigned coordinates)
{
    if (!a->element || !b->element || !adc_same_shape(a->array, b->array)) return false;
    for (unsigned axis = 0; axis < coordinates; axis++) {
        const struct adc_node *at = a->element[axis], *other = b->element[axis];
        if (is_outside(l, at) && is_outside(l, other) && are_different(at, other)) return true;
    }
    return false;
}

/* A read of rows that no pass writes to. */
static bool is_elsewhere(const struct lanes *l, const struct lanes_access *access)
{
    if (is_written(access)) return false;
    for (size_t i = 0; i < l->list.count; i++) {
        const struct lanes_access *other = &l->list.data[i];
        if (is_written(other) && same_buffer(l, access->array, other->array) &&
            !is_at_distance(l, access, other, other->array->rank))
            return false;
    }
    return true;
}

/* All accesses to the buffer from number `first` on, the first of them, are to elements of their
 * own, or elsewhere. */
static bool is_apart(struct lanes *l, size_t first)
{
    const struct adc_node *array = l->list.data[first].array;
    while (is_elsewhere(l, &l->list.data[first]) ||
           !same_buffer(l, array, l->list.data[first].array))
        first++; /* something is written */
    const struct lanes_access *one = &l->list.data[first];
    if (!one->element) return false;
    for (unsigned axis = 0; axis < one->array->rank; axis++) {
        const struct adc_node *coordinate = one->element[axis];
        bool apart = is_coordinate(l, coordinate);
        for (size_t i = first + 1; apart && i < l->list.count; i++) {
            const struct lanes_access *other = &l->list.data[i];
            if (!same_buffer(l, one->array, other->array)) continue;
            if (is_elsewhere(l, other)) continue;
            apart = other->element && other->element[axis] == coordinate;
        }
        if (apart) return true;
    }
    return false;
}

/* An array that each pass has for itself is accessed at uniform elements alone. */
static bool is_private(struct lanes *l, size_t first)
{
    const struct lanes_access *one = &l->list.data[first];
    if (!adc_type_is_real((enum adc_type)one->array->type)) return false;
    for (size_t i = first; i < l->list.count; i++) {
        const struct lanes_access *other = &l->list.data[i];
        if (!same_buffer(l, one->array, other->array)) continue;
        for (unsigned axis = 0; other->element && axis < other->array->rank; axis++)
            if (value_of(l, other->element[axis]) != LOOP_UNIFORM) return false;
    }
    return true;
}

static bool is_possible(struct lanes *l, size_t first)
{
    const struct lanes_access *one = &l->list.data[first];
    bool written = false, added = true, set = true;
    if (l->program->place[one->array->id] != LOOP_BUFFER) return true; /* a parameter */
    for (size_t i = 0; i < l->list.count; i++) {
        const struct lanes_access *other = &l->list.data[i];
        if (!same_buffer(l, one->array, other->array)) continue;
        if (i < first) return true; /* done */
        written |= is_written(other);
        added &= other->kind == LANES_ADD;
        set &= other->kind == LANES_SET || other->kind == LANES_READ;
    }
    if (is_own(l, one)) return is_private(l, first);
    if (!written) return true;
    if (one->array->type == ADC_INT) return set && is_apart(l, first);
    if (!adc_type_is_real((enum adc_type)one->array->type)) return false;
    return (added && !l->strict) || is_apart(l, first);
}

static bool array_is_written(const struct lanes *l, const struct adc_node *array)
{
    for (size_t i = 0; i < l->list.count; i++)
        if (is_written(&l->list.data[i]) && same_buffer(l, l->list.data[i].array, array))
            return true;
    return false;
}

unsigned lanes_row_axis(const struct lanes *l, const struct lanes_access *access)
{
    unsigned axis = 0;
    while (axis < access->array->rank && access->element[axis] != l->index) axis++;
    return axis;
}

/* Where the loop begins, the int is there, or can be made of what is: of few others. */
static bool is_known_before(const struct lanes *l, const struct adc_node *node)
{
    if (l->program->place[node->id] != LOOP_INLINE) return !is_inside(l, node);
    if (node->op != ADC_OP_IADD && node->op != ADC_OP_ISUB) return node->count == 0;
    for (unsigned i = 0; i < node->count; i++)
        if (l->program->place[node->in[i]->id] == LOOP_INLINE ? node->in[i]->count > 0
                                                              : is_inside(l, node->in[i]))
            return false;
    return true;
}

static bool is_own_row(struct lanes *l, const struct lanes_access *access)
{
    const struct adc_node *array = access->array;
    if (array->rank < 2 || is_own(l, access)) return false;
    if (!adc_type_is_real((enum adc_type)array->type)) return false;
    if (!access->element) return false;
    unsigned axis = lanes_row_axis(l, access);
    if (axis + 1 >= array->rank) return false;
    for (unsigned i = 0; i < array->rank; i++) {
        if (i != axis && value_of(l, access->element[i]) != LOOP_UNIFORM) return false;
        if (i < axis && !is_known_before(l, access->element[i])) return false;
    }
    return true;
}

/* Of two accesses to rows of one array. */
static bool is_same_row(const struct lanes *l, const struct lanes_access *a,
                        const struct lanes_access *b)
{
    unsigned axis = lanes_row_axis(l, a);
    for (unsigned i = 0; i <= axis; i++)
        if (a->element[i] != b->element[i]) return false;
    return true;
}

/* Their rows are never one, and the passes of the loop have their own each. */
static bool is_other_row(const struct lanes *l, const struct lanes_access *a,
                         const struct lanes_access *b)
{
    unsigned axis = lanes_row_axis(l, a);
    return lanes_row_axis(l, b) == axis && is_at_distance(l, a, b, axis);
}

bool lanes_is_row(struct lanes *l, const struct lanes_access *access)
{
    if (!is_own_row(l, access)) return false;
    if (!array_is_written(l, access->array)) return true;
    bool alone = true;
    for (size_t i = 0; i < l->list.count; i++) {
        const struct lanes_access *other = &l->list.data[i];
        if (!same_buffer(l, access->array, other->array)) continue;
        if (!is_own_row(l, other)) return false;
        bool same = is_same_row(l, access, other);
        if (!same && !is_other_row(l, access, other)) return false;
        alone &= !same || other == access;
    }
    return !alone || access->kind != LANES_SET || !lanes_row_axis(l, access);
}

bool lanes_row_is_written(struct lanes *l, const struct lanes_access *access)
{
    for (size_t i = 0; i < l->list.count; i++) {
        const struct lanes_access *other = &l->list.data[i];
        if (is_written(other) && same_buffer(l, access->array, other->array) &&
            is_same_row(l, access, other))
            return true;
    }
    return false;
}

double lanes_row_elements(const struct lanes *l, const struct lanes_access *access,
                          unsigned *unknown)
{
    double elements = 1;
    *unknown = 0;
    for (unsigned axis = lanes_row_axis(l, access) + 1; axis < access->array->rank; axis++) {
        const struct adc_node *length = adc_shape(access->array, axis);
        *unknown += !adc_is_const(length);
        elements *= adc_is_const(length) ? (double)length->value.integer : THOUGHT_PASSES;
    }
    return elements;
}

/* A row that is copied costs its elements, moved one by one in the worst case (a transposition of
 * whole vectors takes a third of that, but rows are often no multiple of them), once a pass; twice
 * if it is copied back. Each access to the copy is one to a vector. */
static double copy_cost(struct lanes *l, const struct lanes_access *access)
{
    unsigned unknown;
    double elements = lanes_row_elements(l, access, &unknown);
    for (const struct lanes_access *first = l->list.data; first < access; first++)
        if (first->scans && is_same_array(l, first->array, access->array) &&
            is_same_row(l, access, first))
            return 0;
    return elements * moved_cost * (lanes_row_is_written(l, access) ? 2 : 1);
}

/* What the access costs, scalar and in lanes. The latter was measured (gcc and clang, AVX-512 and
 * AVX): elements anywhere are read as fast as by scalar code, but adding to them takes each lane
 * out of two vectors and waits for the one before. */
static void add_cost(struct lanes *l, const struct lanes_access *access)
{
    bool series = false, any = false, next = false;
    double times = access->kind == LANES_ADD ? 2 : 1;
    l->before += access->weight * times;
    for (unsigned i = 0; access->element && !is_own(l, access) && i < access->array->rank; i++) {
        enum loop_value value = value_of(l, access->element[i]);
        next |= value == LOOP_SERIES && i + 1 == access->array->rank && !series &&
                step_of(l, access->element[i]) == 1;
        series |= value == LOOP_SERIES;
        any |= value == LOOP_VARYING;
    }
    double factor = 1.5 / lanes_width;
    if (any || (series && !next)) factor = access->kind == LANES_READ ? 1.1 : 1.6;
    if (any && access->kind == LANES_ADD) factor = 3.5;
    if (access->scans && series && !next && lanes_is_row(l, access)) {
        l->after += copy_cost(l, access);
        factor = 1 / lanes_width;
    }
    if (!series && !any && access->kind == LANES_ADD && !is_own(l, access))
        factor = l->has_loop ? 2 / lanes_width : 5 / lanes_width;
    l->after += access->in_lanes * times * factor;
}

/* One look at everything; what earlier rounds have found to vary does. */
static void look(struct lanes *l, const struct loop_statement *loop)
{
    l->number++;
    l->has_loop = l->runs_long = l->again = l->reals[ADC_F64] = l->reals[ADC_F32] = false;
    l->before = l->after = l->slow = l->chosen = 0;
    l->list.count = l->sums.count = l->known.count = 0;
    value_of(l, l->index);
    look_at_block(l, &loop->then, 1);
}

bool lanes_look(struct lanes *l, const struct loop_statement *loop)
{
    enum { MOST_ROUNDS = 8 };
    unsigned round = 0;
    l->index = loop->node;
    l->look++;
    l->possible = true;
    l->why = NULL;
    if (loop->value) refuse(l, "each pass goes on from the one before");
    else if (l->users[loop->node->id] != 1) refuse(l, "its loop stands in several places");
    if (!l->possible) return false;
    lanes_count(l, &loop->then);
    do {
        look(l, loop);
        l->possible &= ++round < MOST_ROUNDS;
    } while (l->possible && l->again);
    l->mostly_chosen = l->chosen > l->before / 2;
    for (size_t i = 0; l->possible && i < l->list.count; i++) {
        if (!is_possible(l, i)) refuse(l, "passes may meet in an element of an array");
        add_cost(l, &l->list.data[i]);
    }
    return l->possible;
}
