/* Scopes: one slot a name; locals are pushed on their slot and popped when their scope closes. */
#include "frontend/scope.h"

#include <string.h>

static struct scope_slot *slot_of(struct scope *scope, const struct adc_name *name)
{
    while (scope->slots.count <= name->number)
        ADC_PUSH(scope->arena, scope->slots, (struct scope_slot){NULL, NULL, NULL});
    return &scope->slots.data[name->number];
}

struct sema_symbol *scope_symbol(struct scope *scope, enum symbol_kind kind,
                                 const struct adc_name *name, struct adc_span span)
{
    struct sema_symbol *symbol = ADC_NEW(scope->arena, struct sema_symbol);
    symbol->kind = kind;
    symbol->name = name;
    symbol->span = span;
    symbol->frame = scope->frame;
    symbol->depth = (uint32_t)scope->marks.count;
    return symbol;
}

void scope_add_global(struct scope *scope, struct sema_symbol *symbol)
{
    slot_of(scope, symbol->name)->global = symbol;
    ADC_PUSH(scope->arena, scope->globals, symbol);
}

void scope_forget_globals(struct scope *scope)
{
    while (scope->globals.count > scope->prelude_count) {
        const struct sema_symbol *symbol = scope->globals.data[--scope->globals.count];
        scope->slots.data[symbol->name->number].global = NULL;
    }
}

void scope_add_local(struct scope *scope, struct sema_symbol *symbol)
{
    struct scope_slot *slot = slot_of(scope, symbol->name);
    symbol->outer = slot->local;
    slot->local = symbol;
    ADC_PUSH(scope->arena, scope->locals, symbol);
}

static const struct sema_type *builtin_type(struct sema_types *types, const struct builtin *row)
{
    if (row->kind == BUILTIN_CONSTANT) return &types->literals[ADC_F64];
    if (row->kind != BUILTIN_TYPE) return &types->function;
    if (strcmp(row->name, "real") == 0) return &types->scalars[types->real];
    if (strcmp(row->name, "f64") == 0) return &types->scalars[ADC_F64];
    if (strcmp(row->name, "f32") == 0) return &types->scalars[ADC_F32];
    return &types->scalars[strcmp(row->name, "bool") == 0 ? ADC_BOOL : ADC_INT];
}

void scope_init(struct scope *scope, struct adc_arena *arena, struct adc_names *names,
                struct sema_types *types)
{
    *scope = (struct scope){.arena = arena};
    const struct builtin *row;
    for (size_t i = 0; (row = builtin_at(i)); i++) {
        struct sema_symbol *symbol = scope_symbol(
            scope, SYMBOL_BUILTIN, adc_name_of(names, row->name), (struct adc_span){0, 0, 0});
        symbol->builtin = row;
        symbol->state = STATE_DONE;
        symbol->type = builtin_type(types, row);
        slot_of(scope, symbol->name)->prelude = symbol;
        ADC_PUSH(scope->arena, scope->globals, symbol);
    }
    scope->prelude_count = scope->globals.count;
}

static bool is_hidden(const struct scope *scope, const struct sema_symbol *symbol)
{
    const struct scope_hidden *range = scope->hidden;
    while (range && symbol->serial < range->first) range = range->below;
    return range && symbol->serial <= range->last;
}

void scope_hide(struct scope *scope, uint32_t first, uint32_t last)
{
    const struct scope_hidden *below = scope->hidden;
    for (; below && below->last + 1 >= first; below = below->below)
        if (below->first < first) first = below->first;
    struct scope_hidden *range = ADC_NEW(scope->arena, struct scope_hidden);
    *range = (struct scope_hidden){first, last, below};
    scope->hidden = range;
}

struct sema_symbol *scope_find(const struct scope *scope, const struct adc_name *name)
{
    if (name->number >= scope->slots.count) return NULL;
    const struct scope_slot *slot = &scope->slots.data[name->number];
    struct sema_symbol *local = slot->local;
    while (local && local->frame == scope->frame && is_hidden(scope, local)) local = local->outer;
    if (local && local->frame == scope->frame) return local;
    return slot->global ? slot->global : slot->prelude;
}

void scope_open(struct scope *scope)
{
    ADC_PUSH(scope->arena, scope->marks, scope->locals.count);
}

void scope_close(struct scope *scope)
{
    size_t mark = scope->marks.data[--scope->marks.count];
    while (scope->locals.count > mark) {
        struct sema_symbol *symbol = scope->locals.data[--scope->locals.count];
        scope->slots.data[symbol->name->number].local = symbol->outer;
    }
}

uint32_t scope_enter(struct scope *scope)
{
    uint32_t former = scope->frame;
    scope->frame = ++scope->frame_count;
    scope_open(scope);
    return former;
}

void scope_leave(struct scope *scope, uint32_t former)
{
    scope_close(scope);
    scope->frame = former;
}

/* ------------------------------------------------------------------ suggestions */

const char *scope_nearest(const struct scope *scope, const char *name)
{
    ADC_VEC(const char *) candidates = {0};
    for (size_t i = scope->locals.count; i-- > 0;) {
        const struct sema_symbol *symbol = scope->locals.data[i];
        if (symbol->frame != scope->frame) break;
        if (symbol->kind != SYMBOL_MISSING && !is_hidden(scope, symbol))
            ADC_PUSH(scope->arena, candidates, symbol->name->text);
    }
    for (size_t i = scope->globals.count; i-- > 0;) {
        const struct sema_symbol *symbol = scope->globals.data[i];
        if (symbol->builtin &&
            (symbol->builtin->kind == BUILTIN_FOREIGN || symbol->type->kind == SEMA_ERROR))
            continue;
        ADC_PUSH(scope->arena, candidates, symbol->name->text);
    }
    return adc_nearest(name, candidates.data, candidates.count);
}
