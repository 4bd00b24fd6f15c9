/* Arms of `if`, `and`, `or`: path conditions, joins of `mut`s; checks, which hold under a path. */
#include "frontend/lower.h"

#include <string.h>

/* What a lambda captures is in the order of slots. */
static struct lower_cell *captured(const struct lower_closure *closure, uint32_t slot)
{
    const struct sema_lambda *lambda = closure->lambda;
    size_t low = 0, high = lambda->captured.count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (lambda->captured.data[middle]->slot <= slot) low = middle;
        else high = middle;
    }
    return &closure->captured[low];
}

struct lower_cell *lower_cell(struct lower *l, const struct sema_symbol *symbol)
{
    const struct lower_frame *frame = l->frame;
    if (!frame->function) return &frame->cells[symbol->slot];   /* a size of a type */
    uint32_t slot = symbol->slot - frame->function->first_slot; /* wraps for what is captured */
    return slot < frame->function->slot_count ? &frame->cells[slot]
                                              : captured(frame->closure, symbol->slot);
}

void lower_assign(struct lower *l, struct lower_cell *cell, const struct lower_value *value)
{
    if (l->arm && cell->arm_depth < l->arm->depth)
        ADC_PUSH(l->arena, l->log, (struct lower_change){.cell = cell, .before = cell->value});
    cell->value = value;
}

void lower_open_arm(struct lower *l, const struct adc_node *condition, bool negated)
{
    struct lower_arm *arm = ADC_NEW(l->arena, struct lower_arm);
    arm->outer = l->arm;
    arm->condition = condition;
    arm->negated = negated;
    arm->depth = l->arm ? l->arm->depth + 1 : 1;
    arm->serial = ++l->arms;
    arm->base = l->frame->base;
    arm->log = l->log.count;
    l->arm = arm;
}

/* The value from before an arm, but with the elements that the arm puts: they are put only if it is
 * taken. */
static const struct lower_value *kept(struct lower *l, const struct lower_value *before,
                                      const struct lower_value *after)
{
    if (before == after || before->node) return before;
    if (before->array) return lower_extends(l, after, before) ? after : before;
    struct lower_value *made = lower_record(l, before->count);
    bool same = true;
    for (uint32_t i = 0; i < before->count; i++) {
        made->field[i] = kept(l, before->field[i], after->field[i]);
        same &= made->field[i] == before->field[i];
    }
    return same ? before : made;
}

/* Moves the arm's assignments from the log to the branch, and takes them back. */
void lower_close_arm(struct lower *l, bool otherwise)
{
    struct lower_arm *arm = l->arm;
    struct lower_branch *branch = l->branch;
    size_t first = branch ? branch->then.count : 0;
    for (size_t i = arm->log; i < l->log.count; i++) {
        struct lower_cell *cell = l->log.data[i].cell;
        if (cell->serial == arm->serial || cell->arm_depth >= arm->depth) continue;
        cell->serial = arm->serial;
        struct lower_change change = {cell, l->log.data[i].before, cell->value};
        if (otherwise) ADC_PUSH(l->arena, branch->otherwise, change);
        else ADC_PUSH(l->arena, branch->then, change);
    }
    while (l->log.count > arm->log) {
        struct lower_change *entry = &l->log.data[--l->log.count];
        entry->cell->value = entry->before;
    }
    for (size_t i = first; branch && !otherwise && i < branch->then.count; i++) {
        const struct lower_change *change = &branch->then.data[i];
        change->cell->value = kept(l, change->before, change->after);
    }
    l->arm = arm->outer;
}

void lower_begin_branch(struct lower *l, const struct ast *place, const struct adc_node *condition)
{
    struct lower_branch *branch = ADC_NEW(l->arena, struct lower_branch);
    branch->outer = l->branch;
    branch->place = place;
    branch->condition = condition;
    l->branch = branch;
}

static void join(struct lower *l, const struct lower_change *change, const struct lower_value *then,
                 const struct lower_value *otherwise)
{
    struct lower_cell *cell = change->cell;
    const struct lower_value *value =
        lower_join(l, l->branch->place, l->branch->condition, then, otherwise);
    cell->value = change->before;
    lower_assign(l, cell, lower_defined(l, cell->symbol, value));
}

void lower_end_branch(struct lower *l)
{
    struct lower_branch *branch = l->branch;
    uint32_t serial = ++l->arms;
    for (size_t i = 0; i < branch->otherwise.count; i++) {
        branch->otherwise.data[i].cell->serial = serial;
        branch->otherwise.data[i].cell->change = i;
    }
    for (size_t i = 0; i < branch->then.count; i++) {
        struct lower_change *then = &branch->then.data[i];
        const struct lower_value *other = then->before;
        if (then->cell->serial == serial) {
            other = branch->otherwise.data[then->cell->change].after;
            then->cell->serial = 0;
        }
        join(l, then, then->after, other);
    }
    for (size_t i = 0; i < branch->otherwise.count; i++) {
        struct lower_change *change = &branch->otherwise.data[i];
        if (change->cell->serial == serial) join(l, change, change->before, change->after);
    }
    l->branch = branch->outer;
}

/* ---------------------------------------------------------------------- checks */

const struct adc_node *lower_not(struct lower *l, const struct adc_node *x)
{
    return adc_apply1(l->graph, ADC_OP_NOT, x);
}

static const struct adc_node *own_condition(struct lower *l, const struct lower_arm *arm)
{
    return arm->negated ? lower_not(l, arm->condition) : arm->condition;
}

/* The condition under which the innermost arm of the instance runs; NULL outside arms. Each arm's
 * is made once, from the outermost that lacks it inwards. */
static const struct adc_node *path(struct lower *l)
{
    if (!l->arm || l->arm->path) return l->arm ? l->arm->path : NULL;
    ADC_VEC(struct lower_arm *) arms = {0};
    for (struct lower_arm *arm = l->arm; arm && !arm->path; arm = arm->outer)
        ADC_PUSH(l->arena, arms, arm);
    while (arms.count) {
        struct lower_arm *arm = arms.data[--arms.count];
        arm->path = lower_and(l, arm->outer ? arm->outer->path : NULL, own_condition(l, arm));
    }
    return l->arm->path;
}

const struct adc_node *lower_local_path(struct lower *l)
{
    ADC_VEC(struct lower_arm *) arms = {0};
    const struct adc_node *local = NULL;
    uint32_t base = l->arm ? l->arm->base : 0; /* arms further out have less around them */
    for (struct lower_arm *arm = l->arm; arm && arm->depth > base; arm = arm->outer) {
        local = arm->local;
        if (local) break;
        ADC_PUSH(l->arena, arms, arm);
    }
    while (arms.count) {
        struct lower_arm *arm = arms.data[--arms.count];
        local = arm->local = lower_and(l, local, own_condition(l, arm));
    }
    return local;
}

const struct adc_node *lower_path(struct lower *l, const struct adc_node *condition)
{
    const struct adc_node *under = path(l);
    for (size_t i = l->open.count; i-- > 0;) {
        const struct adc_node *index = l->open.data[i].index;
        if (l->open.data[i].instance != l->instance) break;
        if (condition && adc_indices_has(condition->free, index)) continue;
        if (under && adc_indices_has(lower_fact(l, under)->needed, index)) continue;
        const struct adc_node *some = adc_apply2(l->graph, ADC_OP_ILT, index->in[0], index->in[1]);
        under = lower_and(l, some, under);
    }
    return under;
}

static bool is_false(const struct adc_node *condition)
{
    return adc_is_const(condition) && !condition->value.boolean;
}

/* Whether the same was checked just before: then the later check cannot fail. */
static bool is_noted(const struct lower *l, const struct lower_check *check)
{
    enum { RECENT = 16 };
    for (size_t i = l->checks.count, n = 0; i-- > 0 && n < RECENT; n++) {
        const struct lower_check *other = &l->checks.data[i];
        if (other->instance == check->instance && other->condition == check->condition &&
            other->path == check->path)
            return true;
    }
    return false;
}

static uint32_t status_of(struct lower *l, const struct ast *place)
{
    uint32_t *key = lower_place(l, place);
    uint32_t *status = lower_find(&l->statuses, key, LOWER_PLACE_WORDS);
    if (status) return *status;
    status = ADC_NEW(l->arena, uint32_t);
    *status = ++l->status_count;
    lower_put(&l->statuses, key, LOWER_PLACE_WORDS, status);
    return *status;
}

void lower_require(struct lower *l, const struct adc_node *condition, const struct ast *place,
                   const char *text)
{
    const struct lower_fact *fact = lower_fact(l, condition);
    if (fact->known && fact->value.boolean) return;
    struct lower_check check = {.instance = l->instance,
                                .path = lower_path(l, condition),
                                .condition = condition,
                                .text = text,
                                .span = place->span};
    if (is_noted(l, &check) || (check.path && is_false(check.path))) return;
    check.status = status_of(l, place);
    l->instance->checked = true;
    ADC_PUSH(l->arena, l->checks, check);
}

void lower_require_inside(struct lower *l, const struct adc_node *condition,
                          const struct ast *place, const char *text)
{
    if (l->unchecked || l->frame->unchecked) return;
    lower_require(l, condition, place, text);
}

void lower_proved(struct lower *l, const struct ast *place, const char *format, ...)
{
    struct adc_proof proof = {.span = place->span};
    struct adc_text text;
    va_list arguments;
    if (!l->explain) return;
    adc_text_init(&text, l->arena);
    va_start(arguments, format);
    adc_text_vformat(&text, format, arguments);
    va_end(arguments);
    proof.text = text.data;
    for (size_t i = 0; i < l->function->proofs.count; i++) {
        const struct adc_proof *other = &l->function->proofs.data[i];
        if (other->span.source == proof.span.source && other->span.begin == proof.span.begin &&
            strcmp(other->text, proof.text) == 0)
            return;
    }
    ADC_PUSH(l->arena, l->function->proofs, proof);
}

void lower_require_also(struct lower *l, const struct lower_check *like,
                        const struct adc_node *condition, const struct adc_node *path)
{
    struct lower_check check = *like;
    check.condition = condition;
    check.path = lower_and(l, lower_path(l, condition), path);
    ADC_PUSH(l->arena, l->checks, check);
}

/* ------------------------------------------------------------------ instances */

void lower_use(struct lower *l, struct lower_instance *callee)
{
    if (!callee->checked) return;
    l->instance->checked = true;
    ADC_PUSH(l->arena, l->instance->uses, (struct lower_use){callee, lower_path(l, NULL)});
}

/* The callee also runs when the caller does and goes `path`. */
static void activate(struct lower *l, struct lower_instance *callee,
                     const struct lower_instance *caller, const struct adc_node *path)
{
    const struct adc_node *condition = lower_and(l, caller->always ? NULL : caller->active, path);
    if (callee->always || !caller->runs || (path && is_false(path))) return;
    if (condition) condition = lower_over(l, condition, callee->around, false);
    callee->runs = true;
    callee->always = !condition;
    if (callee->always || !callee->active) callee->active = condition;
    else if (callee->active != condition)
        callee->active =
            adc_apply3(l->graph, ADC_OP_IF, callee->active, adc_bool(l->graph, true), condition);
}

/* What is known at entry is checked there, before all else. */
static void entry_checks_first(struct lower *l)
{
    struct adc_function *function = l->function;
    const uint8_t *entry = adc_function_entry(function, l->arena);
    size_t count = function->checks.count, at = 0;
    struct adc_check *old = ADC_NEW_ARRAY(l->arena, struct adc_check, count + 1);
    for (size_t i = 0; i < count; i++) old[i] = function->checks.data[i];
    for (int round = 1; round >= 0; round--)
        for (size_t i = 0; i < count; i++)
            if (entry[old[i].condition->id] == round) function->checks.data[at++] = old[i];
}

void lower_finish_checks(struct lower *l)
{
    for (size_t i = l->instances.count; i-- > 0;) {
        const struct lower_instance *caller = l->instances.data[i];
        for (size_t u = 0; u < caller->uses.count; u++)
            activate(l, caller->uses.data[u].callee, caller, caller->uses.data[u].path);
    }
    for (size_t i = 0; i < l->checks.count; i++) {
        const struct lower_check *check = &l->checks.data[i];
        const struct lower_instance *instance = check->instance;
        if (!instance->runs) continue;
        l->graph->span = check->span;
        const struct adc_node *under =
            lower_and(l, instance->always ? NULL : instance->active, check->path);
        const struct adc_node *condition = check->condition;
        if (under)
            condition = adc_apply3(l->graph, ADC_OP_IF, under, condition, adc_bool(l->graph, true));
        struct adc_check made = {.condition = lower_over(l, condition, NULL, true),
                                 .status = check->status,
                                 .text = check->text,
                                 .span = check->span};
        ADC_PUSH(l->arena, l->function->checks, made);
    }
    entry_checks_first(l);
}
