/* Versions of arrays over recycled blocks. */
#include "ir/interp_array.h"

#include "ir/op.h"

#include <stdint.h>
#include <string.h>

typedef struct interp_array array;

/* ------------------------------------------------------------------------ blocks */

struct interp_block {
    struct interp_block *next;
};

/* The least power of two that holds `size` and a block's own link. */
static unsigned class_of(size_t size)
{
    unsigned power = 4;
    while (power < 63 && (size_t)1 << power < size) power++;
    return power;
}

static void *take(struct interp_store *store, size_t count, size_t size)
{
    unsigned power = count <= SIZE_MAX / 2 / size ? class_of(count * size) : 63;
    struct interp_block *block = store->free[power];
    if (!block) return adc_arena_array(store->arena, (size_t)1 << power, 1);
    store->free[power] = block->next;
    return memset(block, 0, count * size);
}

static void give_back(struct interp_store *store, void *data, size_t count, size_t size)
{
    struct interp_block *block = data;
    if (!block) return;
    unsigned power = class_of(count * size);
    block->next = store->free[power];
    store->free[power] = block;
}

/* ----------------------------------------------------------------------- changes */

static size_t slot_of(const struct interp_changes *changes, size_t at)
{
    size_t mask = changes->capacity - 1;
    size_t slot = (size_t)(at * UINT64_C(0x9e3779b97f4a7c15) >> 20) & mask;
    while (changes->slots[slot].place && changes->slots[slot].place != at + 1)
        slot = (slot + 1) & mask;
    return slot;
}

static struct interp_change *find(const struct interp_changes *changes, size_t at)
{
    if (!changes->count) return NULL;
    struct interp_change *found = &changes->slots[slot_of(changes, at)];
    return found->place ? found : NULL;
}

static void forget(struct interp_store *store, struct interp_changes *changes)
{
    give_back(store, changes->slots, changes->capacity, sizeof *changes->slots);
    *changes = (struct interp_changes){NULL, 0, 0};
}

static void grow(struct interp_store *store, struct interp_changes *changes)
{
    struct interp_changes larger = {.capacity = changes->capacity ? 2 * changes->capacity : 4};
    larger.slots = take(store, larger.capacity, sizeof *larger.slots);
    larger.count = changes->count;
    for (size_t i = 0; i < changes->capacity; i++) {
        const struct interp_change *change = &changes->slots[i];
        if (change->place) larger.slots[slot_of(&larger, change->place - 1)] = *change;
    }
    forget(store, changes);
    *changes = larger;
}

/* The change at a position, made if there is none (then its value is 0). */
static struct interp_change *enter(struct interp_store *store, struct interp_changes *changes,
                                   size_t at)
{
    struct interp_change *found = find(changes, at);
    if (found) return found;
    if (4 * (changes->count + 1) > 3 * changes->capacity) grow(store, changes);
    found = &changes->slots[slot_of(changes, at)];
    found->place = at + 1;
    changes->count++;
    return found;
}

/* ------------------------------------------------------------------ bases, handles */

static void set_base(array *version, array *base)
{
    version->base = base;
    if (!base) return;
    version->next = base->overlays;
    if (base->overlays) base->overlays->link = &version->next;
    version->link = &base->overlays;
    base->overlays = version;
}

static array *leave_base(array *version)
{
    array *base = version->base;
    if (!base) return NULL;
    *version->link = version->next;
    if (version->next) version->next->link = version->link;
    version->base = NULL;
    return base;
}

/* Gives an overlay a buffer. Returns its former base, which may be needed no more. */
static array *make_dense(struct interp_store *store, array *version)
{
    union adc_value *data = take(store, version->length, sizeof *data);
    for (size_t i = 0; i < version->length; i++) data[i] = interp_read(version, i);
    forget(store, &version->changes);
    version->data = data;
    return leave_base(version);
}

static bool has_many_changes(const array *version)
{
    return !version->data && !version->fixed && version->changes.count > version->length / 4;
}

/* The only overlay of `base` without handles takes its storage. Returns a version that may be
 * needed no more. */
static array *merge(struct interp_store *store, array *version, array *base)
{
    struct interp_changes *own = &version->changes, *under = &base->changes;
    bool into_own = !base->data && under->count <= own->count;
    struct interp_changes from = into_own ? *under : *own;
    if (!into_own) *own = *under;
    for (size_t i = 0; i < from.capacity; i++) {
        const struct interp_change *change = &from.slots[i];
        if (!change->place) continue;
        if (base->data) base->data[change->place - 1] = change->value;
        else if (!into_own) enter(store, own, change->place - 1)->value = change->value;
        else if (!find(own, change->place - 1)) *enter(store, own, change->place - 1) = *change;
    }
    forget(store, &from);
    leave_base(version);
    version->data = base->data;
    set_base(version, leave_base(base));
    give_back(store, base, 1, sizeof *base);
    return has_many_changes(version) ? make_dense(store, version) : NULL;
}

/* Frees or merges what needs no version of its own. */
static void tidy(struct interp_store *store, array *version)
{
    while (version && !version->handles) {
        array *over = version->overlays;
        if (over && (over->next || version->fixed)) return;
        if (over) {
            version = merge(store, over, version);
            continue;
        }
        array *base = leave_base(version);
        give_back(store, version->data, version->length, sizeof *version->data);
        forget(store, &version->changes);
        give_back(store, version, 1, sizeof *version);
        version = base;
    }
}

void interp_drop(struct interp_store *store, array *version)
{
    version->handles--;
    tidy(store, version);
}

/* ------------------------------------------------------------------ making, reading */

array *interp_zeros(struct interp_store *store, size_t length, bool dense)
{
    array *version = take(store, 1, sizeof *version);
    version->length = length;
    version->handles = 1;
    if (dense) version->data = take(store, length, sizeof *version->data);
    return version;
}

array *interp_borrow(struct interp_store *store, size_t length, const union adc_value *elements)
{
    array *version = interp_zeros(store, length, false);
    version->borrowed = elements;
    version->fixed = true;
    return version;
}

union adc_value interp_read(const array *version, size_t at)
{
    for (; version; version = version->base) {
        if (version->data) return version->data[at];
        if (version->borrowed) return version->borrowed[at];
        const struct interp_change *change = find(&version->changes, at);
        if (change) return change->value;
    }
    return (union adc_value){.bits = 0};
}

union adc_value *interp_cell(struct interp_store *store, array *version, size_t at)
{
    if (!version->data && has_many_changes(version)) make_dense(store, version);
    return version->data ? &version->data[at] : &enter(store, &version->changes, at)->value;
}

const union adc_value *interp_plain(struct interp_store *store, array *version)
{
    if (version->borrowed) return version->borrowed;
    if (!version->data) tidy(store, make_dense(store, version));
    return version->data;
}

/* ----------------------------------------------------------------------- updates */

/* A version equal to `old` that has its storage, and to which elements may be written. */
static array *successor(struct interp_store *store, array *old)
{
    array *version = interp_zeros(store, old->length, false);
    if (old->fixed) {
        set_base(version, old);
        return version;
    }
    version->data = old->data;
    version->changes = old->changes;
    set_base(version, leave_base(old));
    old->data = NULL;
    old->changes = (struct interp_changes){NULL, 0, 0};
    set_base(old, version);
    return version;
}

/* Replaces an element of the successor of `old`, which keeps what it had. */
static void write(struct interp_store *store, array *version, array *old, struct interp_change with)
{
    size_t at = with.place - 1;
    if (old->base == version && !find(&old->changes, at)) {
        enter(store, &old->changes, at)->value = interp_read(version, at);
        if (has_many_changes(old)) make_dense(store, old); /* `version` has a handle */
    }
    if (version->data) version->data[at] = with.value;
    else enter(store, &version->changes, at)->value = with.value;
    if (has_many_changes(version)) tidy(store, make_dense(store, version));
}

array *interp_put(struct interp_store *store, array *old, const array *points)
{
    array *version = successor(store, old);
    for (size_t i = 0; i < points->changes.capacity; i++)
        if (points->changes.slots[i].place) write(store, version, old, points->changes.slots[i]);
    return version;
}

static union adc_value sum(enum adc_type type, union adc_value a, union adc_value b)
{
    union adc_value in[3] = {a, b, {.bits = 0}};
    return adc_op_apply(adc_type_is_real(type) ? ADC_OP_ADD : ADC_OP_IADD, type, in);
}

/* Number of changes over zeros (some perhaps twice); SIZE_MAX for a version with a buffer. */
static size_t weight(const array *version)
{
    size_t total = 0;
    for (; version; version = version->base) {
        if (version->data || version->borrowed) return SIZE_MAX;
        total += version->changes.count;
    }
    return total;
}

/* The changes over zeros as a list, `count` at most; returns how many there are. */
static size_t gather(const array *version, struct interp_change *list)
{
    size_t count = 0;
    for (const array *part = version; part; part = part->base)
        for (size_t i = 0; i < part->changes.capacity; i++) {
            size_t place = part->changes.slots[i].place;
            const array *above = version;
            if (!place) continue;
            while (above != part && !find(&above->changes, place - 1)) above = above->base;
            if (above == part) list[count++] = part->changes.slots[i];
        }
    return count;
}

static array *join_dense(struct interp_store *store, enum adc_type type, array *a, array *b)
{
    array *version = interp_zeros(store, a->length, true);
    for (size_t i = 0; i < a->length; i++)
        version->data[i] = sum(type, interp_read(a, i), interp_read(b, i));
    return version;
}

array *interp_join(struct interp_store *store, enum adc_type type, array *a, array *b)
{
    size_t of_a = weight(a), of_b = weight(b);
    array *more = of_a < of_b ? b : a, *less = of_a < of_b ? a : b;
    size_t count = of_a < of_b ? of_a : of_b;
    if (count == SIZE_MAX) return join_dense(store, type, a, b);
    struct interp_change *list = take(store, count, sizeof *list);
    size_t used = gather(less, list);
    for (size_t i = 0; i < used; i++) {
        size_t at = list[i].place - 1;
        list[i].value = sum(type, interp_read(a, at), interp_read(b, at));
    }
    array *version = successor(store, more);
    for (size_t i = 0; i < used; i++) write(store, version, more, list[i]);
    give_back(store, list, count, sizeof *list);
    return version;
}
