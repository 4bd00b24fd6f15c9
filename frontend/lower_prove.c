/* Proofs that an int is not negative: by the ranges of indices, by the conditions on the path and
 * those that are checked at entry, by what is known of sizes (a dimension is >= 0; the range of an
 * index that has a value is not empty).
 *
 * A goal g >= 0 is tried as it is and less one or two facts, with `clamp`, `min` and `max` replaced
 * by their arguments (both, or either of them, by the sign of their factor); in each, indices are
 * replaced by the end of their range that makes g least, innermost first, and what remains must
 * have coefficients >= 0 over atoms >= 0. */
#include "frontend/lower.h"

enum { MOST_FACTS = 12, MOST_ARMS = 64, MOST_STEPS = 32, MOST_LEASTS = 16 };

struct least { /* atom >= value */
    const struct adc_node *atom;
    int64_t value;
};

struct prover {
    struct lower *l;
    struct sizes *sizes;
    const struct size *facts[MOST_FACTS], *distinct[MOST_FACTS]; /* >= 0; not 0 */
    unsigned fact_count, distinct_count;
    struct least leasts[MOST_LEASTS];
    unsigned least_count;
};

/* ---------------------------------------------------------- what is known of atoms */

static bool not_negative(const struct prover *p, const struct size *size, unsigned depth);

/* `div`, `mod`, `min`, `max` that are >= 0 by their arguments. */
static bool is_positive_call(const struct prover *p, const struct adc_node *atom, unsigned depth)
{
    enum { DEEPEST = 3 };
    if (depth == DEEPEST) return false;
    switch (atom->op) {
    case ADC_OP_IDIV:
    case ADC_OP_IMIN:
    case ADC_OP_IMAX: break;
    default: return false;
    }
    bool left = not_negative(p, sizes_of(p->sizes, atom->in[0]), depth + 1);
    bool right = not_negative(p, sizes_of(p->sizes, atom->in[1]), depth + 1);
    return atom->op == ADC_OP_IMAX ? left || right : left && right;
}

static bool least_of(const struct prover *p, const struct adc_node *atom, int64_t *value,
                     unsigned depth)
{
    bool known = atom->op == ADC_OP_INDEX && adc_is_const(atom->in[0]);
    if (known) *value = atom->in[0]->value.integer;
    if (is_positive_call(p, atom, depth)) {
        *value = 0;
        known = true;
    }
    if (adc_is_size(p->l->function, atom)) {
        *value = 0;
        known = true;
    }
    for (unsigned i = 0; i < p->least_count; i++) {
        if (p->leasts[i].atom != atom) continue;
        if (!known || p->leasts[i].value > *value) *value = p->leasts[i].value;
        known = true;
    }
    return known;
}

/* What is >= 0 is kept where it bounds one atom. */
static void note_least(struct prover *p, const struct size *room)
{
    int64_t constant = 0;
    if (!room || room->count == 0 || room->count > 2 || p->least_count == MOST_LEASTS) return;
    const struct size_term *term = &room->term[0];
    if (term->degree != 1 || term->factor != 1) return;
    if (room->count == 2 && room->term[1].degree != 0) return;
    if (room->count == 2) constant = room->term[1].factor;
    p->leasts[p->least_count++] = (struct least){term->atom[0], -constant};
}

/* The range of the index is not empty: high - low - 1 >= 0. */
static void note_range(struct prover *p, const struct adc_node *index)
{
    const struct size *room =
        sizes_sum(p->sizes, sizes_of(p->sizes, index->in[1]), -1, sizes_of(p->sizes, index->in[0]));
    if (room) room = sizes_sum(p->sizes, room, -1, sizes_constant(p->sizes, 1));
    note_least(p, room);
}

static void note_ranges_of(struct prover *p, const struct size *size)
{
    for (uint32_t t = 0; t < size->count; t++)
        for (uint32_t i = 0; i < size->term[t].degree; i++) {
            const struct adc_indices *free = size->term[t].atom[i]->free;
            for (uint32_t f = 0; free && f < free->count; f++) note_range(p, free->index[f]);
        }
}

/* Each atom is its least value and something >= 0: then no coefficient may be negative. */
static bool not_negative(const struct prover *p, const struct size *size, unsigned depth)
{
    const struct size *shifted = size;
    for (uint32_t t = 0; t < size->count; t++)
        for (uint32_t i = 0; shifted && i < size->term[t].degree; i++) {
            const struct adc_node *atom = size->term[t].atom[i];
            int64_t least;
            bool again = i && size->term[t].atom[i - 1] == atom;
            for (uint32_t before = 0; before < t && !again; before++)
                for (uint32_t j = 0; j < size->term[before].degree; j++)
                    again |= size->term[before].atom[j] == atom;
            if (!least_of(p, atom, &least, depth)) return false;
            if (again || least == 0) continue;
            const struct size *moved =
                sizes_sum(p->sizes, sizes_of(p->sizes, atom), 1, sizes_constant(p->sizes, least));
            shifted = moved ? sizes_replace(p->sizes, shifted, atom, moved) : NULL;
        }
    if (!shifted) return false;
    for (uint32_t t = 0; t < shifted->count; t++)
        if (shifted->term[t].factor < 0) return false;
    return true;
}

/* --------------------------------------------------------------- ranges of indices */

static bool has_range(const struct prover *p, const struct adc_node *atom)
{
    if (atom->op == ADC_OP_INDEX) return true;
    if (atom->op != ADC_OP_IMOD) return false;
    const struct size *room =
        sizes_sum(p->sizes, sizes_of(p->sizes, atom->in[1]), -1, sizes_constant(p->sizes, 1));
    return room && not_negative(p, room, 0);
}

static const struct adc_node *innermost(const struct prover *p, const struct size *size)
{
    const struct adc_node *found = NULL;
    for (uint32_t t = 0; t < size->count; t++)
        for (uint32_t i = 0; i < size->term[t].degree; i++) {
            const struct adc_node *atom = size->term[t].atom[i];
            if ((!found || atom->id > found->id) && has_range(p, atom)) found = atom;
        }
    return found;
}

/* The factor of `atom` in `size`; NULL if it stands in a higher power. */
static const struct size *factor_of(struct sizes *sizes, const struct size *size,
                                    const struct adc_node *atom)
{
    const struct size *with_one = sizes_replace(sizes, size, atom, sizes_constant(sizes, 1));
    const struct size *with_none = sizes_replace(sizes, size, atom, sizes_constant(sizes, 0));
    if (!with_one || !with_none) return NULL;
    const struct size *factor = sizes_sum(sizes, with_one, -1, with_none);
    const struct size *product =
        factor ? sizes_product(sizes, factor, sizes_of(sizes, atom)) : NULL;
    const struct size *again = product ? sizes_sum(sizes, with_none, 1, product) : NULL;
    const struct size *rest = again ? sizes_sum(sizes, again, -1, size) : NULL;
    return rest && rest->count == 0 ? factor : NULL;
}

static const struct size *end_of(const struct prover *p, const struct adc_node *atom, bool last)
{
    const struct adc_node *high = atom->in[1];
    if (last) return sizes_sum(p->sizes, sizes_of(p->sizes, high), -1, sizes_constant(p->sizes, 1));
    return atom->op == ADC_OP_INDEX ? sizes_of(p->sizes, atom->in[0]) : sizes_constant(p->sizes, 0);
}

static const struct size *least(const struct prover *p, const struct size *size)
{
    for (unsigned step = 0; size && step < MOST_STEPS; step++) {
        const struct adc_node *atom = innermost(p, size);
        if (!atom) return size;
        const struct size *factor = factor_of(p->sizes, size, atom);
        const struct size *minus =
            factor ? sizes_sum(p->sizes, sizes_constant(p->sizes, 0), -1, factor) : NULL;
        if (!minus) return NULL;
        bool grows = not_negative(p, factor, 0);
        if (!grows && !not_negative(p, minus, 0)) return NULL;
        const struct size *end = end_of(p, atom, !grows);
        size = end ? sizes_replace(p->sizes, size, atom, end) : NULL;
    }
    return NULL;
}

static bool holds(const struct prover *p, const struct size *size)
{
    const struct size *end = size ? least(p, size) : NULL;
    return end && not_negative(p, end, 0);
}

/* ----------------------------------------------------------------- facts of the path */

static void add_fact(struct prover *p, const struct adc_node *a, const struct adc_node *b,
                     int64_t less) /* a - b - less >= 0 */
{
    const struct size *size = sizes_sum(p->sizes, sizes_of(p->sizes, a), -1, sizes_of(p->sizes, b));
    if (size) size = sizes_sum(p->sizes, size, -1, sizes_constant(p->sizes, less));
    if (size && p->fact_count < MOST_FACTS) p->facts[p->fact_count++] = size;
}

static void add_distinct(struct prover *p, const struct adc_node *a, const struct adc_node *b)
{
    const struct size *size = sizes_sum(p->sizes, sizes_of(p->sizes, a), -1, sizes_of(p->sizes, b));
    if (size && p->distinct_count < MOST_FACTS) p->distinct[p->distinct_count++] = size;
}

static void add_comparison(struct prover *p, const struct adc_node *c, bool holds_true)
{
    const struct adc_node *a = c->in[0], *b = c->in[1];
    switch (c->op) {
    case ADC_OP_ILT: holds_true ? add_fact(p, b, a, 1) : add_fact(p, a, b, 0); break;
    case ADC_OP_ILE: holds_true ? add_fact(p, b, a, 0) : add_fact(p, a, b, 1); break;
    case ADC_OP_IGT: holds_true ? add_fact(p, a, b, 1) : add_fact(p, b, a, 0); break;
    case ADC_OP_IGE: holds_true ? add_fact(p, a, b, 0) : add_fact(p, b, a, 1); break;
    case ADC_OP_IEQ:
    case ADC_OP_INE:
        if (holds_true != (c->op == ADC_OP_IEQ)) {
            add_distinct(p, a, b);
            break;
        }
        add_fact(p, a, b, 0);
        add_fact(p, b, a, 0);
        break;
    default: break;
    }
}

static bool is_bool(const struct adc_node *node, bool value)
{
    return adc_is_const(node) && node->value.boolean == value;
}

/* `c` is true, or false: so are parts of an `and` that is true, of an `or` that is false. */
static void add_condition(struct prover *p, const struct adc_node *c, bool holds_true)
{
    struct {
        const struct adc_node *node;
        bool value;
    } stack[MOST_FACTS];
    unsigned count = 0;
    stack[count].node = c;
    stack[count++].value = holds_true;
    while (count) {
        c = stack[--count].node;
        holds_true = stack[count].value;
        const struct adc_node *parts[2] = {NULL, NULL};
        if (c->op == ADC_OP_NOT) {
            parts[0] = c->in[0];
            holds_true = !holds_true;
        } else if (c->op == ADC_OP_IF && is_bool(c->in[holds_true ? 2 : 1], !holds_true)) {
            parts[0] = c->in[0];
            parts[1] = c->in[holds_true ? 1 : 2];
        } else {
            add_comparison(p, c, holds_true);
        }
        for (unsigned i = 2; i-- > 0;) {
            if (!parts[i] || count == MOST_FACTS) continue;
            stack[count].node = parts[i];
            stack[count++].value = holds_true;
        }
    }
}

static void add_arms(struct prover *p, const struct lower_arm *arm, unsigned *looked_at)
{
    for (; arm && *looked_at < MOST_ARMS; arm = arm->outer, ++*looked_at)
        add_condition(p, arm->condition, !arm->negated);
}

/* Made of parameters alone: what it says holds everywhere. */
static bool is_of_entry(const struct adc_node *condition)
{
    const struct adc_node *stack[MOST_STEPS];
    unsigned count = 0;
    stack[count++] = condition;
    for (unsigned step = 0; count; step++) {
        const struct adc_node *node = stack[--count];
        if (adc_is_const(node) || (node->op == ADC_OP_PARAM && !node->rank)) continue;
        bool made = node->op == ADC_OP_IF || node->op >= ADC_OP_FIRST_ELEMENTWISE;
        if (!made || node->free || step == MOST_STEPS || count + node->count > MOST_STEPS)
            return false;
        for (unsigned i = 0; i < node->count; i++) stack[count++] = node->in[i];
    }
    return true;
}

/* Whether it is the condition that the range of an open index is not empty. */
static bool is_range_of_open(const struct prover *p, const struct adc_node *condition)
{
    for (size_t i = 0; condition->op == ADC_OP_ILT && i < p->l->open.count; i++) {
        const struct adc_node *index = p->l->open.data[i].index;
        if (condition->in[0] == index->in[0] && condition->in[1] == index->in[1]) return true;
    }
    return false;
}

/* Whether the path says no more than that (lower_arm.c). */
static bool is_of_open(const struct prover *p, const struct adc_node *path)
{
    while (path->op == ADC_OP_IF && is_bool(path->in[2], false)) {
        if (!is_range_of_open(p, path->in[0])) return false;
        path = path->in[1];
    }
    return is_range_of_open(p, path);
}

static bool is_here(const struct prover *p, const struct lower_check *check)
{
    return check->instance == p->l->instance &&
           check->path == lower_path(p->l, check->condition);
}

/* What every call checks that comes here. */
static void add_checks(struct prover *p)
{
    for (size_t i = 0; i < p->l->checks.count && i < MOST_ARMS; i++) {
        const struct lower_check *check = &p->l->checks.data[i];
        if (!is_of_entry(check->condition)) continue;
        bool always = check->instance->always && (!check->path || is_of_open(p, check->path));
        if (always || is_here(p, check)) add_condition(p, check->condition, true);
    }
}

static void add_path(struct prover *p)
{
    unsigned looked_at = 0;
    add_arms(p, p->l->arm, &looked_at);
    for (const struct lower_call *call = p->l->call; call; call = call->outer)
        if (call->in_body) add_arms(p, call->arm, &looked_at);
    add_checks(p);
    for (unsigned d = 0; d < p->distinct_count && p->fact_count < MOST_FACTS; d++) {
        const struct size *plus = p->distinct[d], *none = sizes_constant(p->sizes, 0);
        const struct size *minus = sizes_sum(p->sizes, none, -1, plus);
        const struct size *greater = holds(p, plus) ? plus : holds(p, minus) ? minus : NULL;
        if (greater) greater = sizes_sum(p->sizes, greater, -1, sizes_constant(p->sizes, 1));
        if (greater) p->facts[p->fact_count++] = greater;
    }
    for (unsigned i = 0; i < p->fact_count; i++) note_least(p, p->facts[i]);
}

/* ------------------------------------------------------------------------- proofs */

static void begin(struct prover *p, struct lower *l, const struct size *size)
{
    *p = (struct prover){.l = l, .sizes = &l->sizes};
    for (size_t i = 0; i < l->open.count; i++) note_range(p, l->open.data[i].index);
    note_ranges_of(p, size);
}

static bool holds_by_facts(const struct prover *p, const struct size *size)
{
    if (holds(p, size)) return true;
    for (unsigned i = 0; i < p->fact_count; i++) {
        const struct size *rest = sizes_sum(p->sizes, size, -1, p->facts[i]);
        if (holds(p, rest)) return true;
        for (unsigned j = 0; rest && j < i; j++)
            if (holds(p, sizes_sum(p->sizes, rest, -1, p->facts[j]))) return true;
    }
    return false;
}

/* A call in the size that is one of its arguments, the newest first. */
static const struct adc_node *choosing(const struct size *size)
{
    const struct adc_node *found = NULL;
    for (uint32_t t = 0; t < size->count; t++)
        for (uint32_t i = 0; i < size->term[t].degree; i++) {
            const struct adc_node *atom = size->term[t].atom[i];
            bool one =
                atom->op == ADC_OP_ICLAMP || atom->op == ADC_OP_IMIN || atom->op == ADC_OP_IMAX;
            if (one && (!found || atom->id > found->id)) found = atom;
        }
    return found;
}

static bool holds_of_all(const struct prover *p, const struct size *size, unsigned depth);

static bool holds_with(const struct prover *p, const struct size *size, const struct adc_node *atom,
                       const struct adc_node *argument, unsigned depth)
{
    const struct size *by = sizes_of(p->sizes, argument);
    const struct size *with = by ? sizes_replace(p->sizes, size, atom, by) : NULL;
    return with && holds_of_all(p, with, depth);
}

/* A clamp is at most its upper end, and no less than the lesser of its ends. */
static bool holds_of_all(const struct prover *p, const struct size *size, unsigned depth)
{
    enum { DEEPEST = 3 };
    if (holds_by_facts(p, size)) return true;
    const struct adc_node *atom = depth < DEEPEST ? choosing(size) : NULL;
    const struct size *factor = atom ? factor_of(p->sizes, size, atom) : NULL;
    const struct size *minus =
        factor ? sizes_sum(p->sizes, sizes_constant(p->sizes, 0), -1, factor) : NULL;
    if (!minus) return false;
    bool grows = not_negative(p, factor, 0), clamps = atom->op == ADC_OP_ICLAMP;
    if (!grows && !not_negative(p, minus, 0)) return false;
    bool first = !clamps || grows; /* the upper end alone bounds it from above */
    bool both = clamps ? grows : (atom->op == ADC_OP_IMIN) == grows;
    bool found = first && holds_with(p, size, atom, atom->in[clamps], depth + 1);
    if (first && found != both) return found;
    return holds_with(p, size, atom, atom->in[1 + clamps], depth + 1);
}

bool lower_proves(struct lower *l, const struct size *size)
{
    struct prover p;
    begin(&p, l, size);
    if (holds(&p, size)) return true;
    add_path(&p);
    return holds_of_all(&p, size, 0);
}

const struct size *lower_least(struct lower *l, const struct size *size)
{
    struct prover p;
    begin(&p, l, size);
    return least(&p, size);
}

bool lower_on_path(const struct lower *l)
{
    if (l->arm) return true;
    for (const struct lower_call *call = l->call; call; call = call->outer)
        if (call->in_body && call->arm) return true;
    return false;
}
