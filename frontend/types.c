/* Types: interning, conversion, text. Recursion is over the depth of a type (SEMA_MAX_DEPTH). */
#include "frontend/types.h"

#include "ir/node.h"

#include <string.h>

enum { FIRST_SLOTS = 64 };

static struct sema_type scalar_type(enum adc_type scalar, const char *text, bool literal)
{
    return (struct sema_type){
        .kind = SEMA_SCALAR, .scalar = scalar, .literal = literal, .text = text, .leaves = 1};
}

void sema_types_init(struct sema_types *types, struct adc_arena *arena, enum adc_type real)
{
    *types = (struct sema_types){.arena = arena, .real = real, .slot_count = FIRST_SLOTS};
    for (int t = 0; t < ADC_TYPE_COUNT; t++) {
        enum adc_type scalar = (enum adc_type)t;
        const char *text = scalar == real ? "real" : adc_type_name(scalar);
        types->scalars[t] = scalar_type(scalar, text, false);
        types->literals[t] = scalar_type(scalar, adc_type_is_real(scalar) ? "real" : text, true);
    }
    types->error = (struct sema_type){.kind = SEMA_ERROR, .text = "error", .leaves = 1};
    types->unit = (struct sema_type){.kind = SEMA_UNIT, .text = "nothing", .leaves = 0};
    types->function = (struct sema_type){.kind = SEMA_FUNCTION, .text = "function", .leaves = 1};
    types->module = (struct sema_type){.kind = SEMA_MODULE, .text = "module", .leaves = 1};
    types->slots = ADC_NEW_ARRAY(arena, const struct sema_type *, FIRST_SLOTS);
}

/* --------------------------------------------------------------------- tensors */

static struct sema_type *tensors_of(struct sema_types *types, enum adc_type scalar, bool literal)
{
    const struct sema_type *element = literal ? &types->literals[scalar] : &types->scalars[scalar];
    struct sema_type *made = ADC_NEW_ARRAY(types->arena, struct sema_type, ADC_MAX_AXES);
    struct adc_text text;
    for (uint32_t rank = 1; rank <= ADC_MAX_AXES; rank++) {
        adc_text_init(&text, types->arena);
        adc_text_format(&text, "%s[_", element->text);
        for (uint32_t axis = 1; axis < rank; axis++) adc_text_add(&text, ", _");
        adc_text_add(&text, "]");
        made[rank - 1] = *element;
        made[rank - 1].kind = SEMA_TENSOR;
        made[rank - 1].rank = made[rank - 1].axes = rank;
        made[rank - 1].text = text.data;
        made[rank - 1].hash = rank;
    }
    return made;
}

/* ------------------------------------------------------------ records, functions */

/* Name numbers and the parts' own hashes, never addresses. */
static uint32_t hash_record(const struct sema_type *type)
{
    uint32_t hash = type->count << 4 | (uint32_t)type->kind;
    for (uint32_t i = 0; i < type->count; i++) {
        const struct sema_field *field = &type->fields[i];
        uint32_t words[6] = {field->name ? field->name->number : UINT32_MAX,
                             field->type->hash,
                             (uint32_t)field->type->kind,
                             (uint32_t)field->type->scalar,
                             field->type->literal,
                             type->rank};
        hash = adc_hash(words, sizeof words, hash);
    }
    return hash;
}

static bool same_record(const struct sema_type *a, const struct sema_type *b)
{
    if (a->kind != b->kind || a->count != b->count || a->rank != b->rank) return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (a->fields[i].name != b->fields[i].name || a->fields[i].type != b->fields[i].type)
            return false;
    return true;
}

static void insert(struct sema_types *types, const struct sema_type *type)
{
    uint32_t at = type->hash & (types->slot_count - 1);
    while (types->slots[at]) at = (at + 1) & (types->slot_count - 1);
    types->slots[at] = type;
}

static void grow(struct sema_types *types)
{
    const struct sema_type **old = types->slots;
    uint32_t count = types->slot_count;
    types->slot_count = count * 2;
    types->slots = ADC_NEW_ARRAY(types->arena, const struct sema_type *, types->slot_count);
    for (uint32_t i = 0; i < count; i++)
        if (old[i]) insert(types, old[i]);
}

/* The type of these parts: one that is there, or `made` from now on. */
static const struct sema_type *interned(struct sema_types *types, const struct sema_type *made)
{
    uint32_t hash = hash_record(made);
    for (uint32_t at = hash & (types->slot_count - 1); types->slots[at];
         at = (at + 1) & (types->slot_count - 1))
        if (types->slots[at]->hash == hash && same_record(types->slots[at], made))
            return types->slots[at];
    struct sema_type *type = ADC_NEW(types->arena, struct sema_type);
    struct sema_field *copy = ADC_NEW_ARRAY(types->arena, struct sema_field, made->count);
    memcpy(copy, made->fields, made->count * sizeof *copy);
    *type = *made;
    type->fields = copy;
    type->hash = hash;
    if (++types->interned_count > types->slot_count / 4 * 3) grow(types);
    insert(types, type);
    return type;
}

static const struct sema_type *made_of(struct sema_types *types, enum sema_kind kind,
                                       const struct sema_field *fields, uint32_t count)
{
    struct sema_type made = {.kind = kind, .fields = fields, .count = count};
    for (uint32_t i = 0; i < count; i++) {
        const struct sema_type *part = fields[i].type;
        if (part->depth > made.depth) made.depth = part->depth;
        if (part->axes > made.axes) made.axes = part->axes;
        made.leaves += part->leaves;
        if (made.leaves > SEMA_MAX_LEAVES || made.depth >= SEMA_MAX_DEPTH) return NULL;
    }
    made.depth++;
    return interned(types, &made);
}

const struct sema_type *sema_record(struct sema_types *types, const struct sema_field *fields,
                                    uint32_t count)
{
    return made_of(types, SEMA_RECORD, fields, count);
}

const struct sema_type *sema_function_type(struct sema_types *types,
                                           const struct sema_field *fields, uint32_t count)
{
    return made_of(types, SEMA_FUNCTION, fields, count + 1);
}

/* --------------------------------------------------------------------- arrays */

static const struct sema_type *table(struct sema_types *types, const struct sema_type *record,
                                     uint32_t rank)
{
    struct sema_type made = *record;
    struct sema_field *fields = ADC_NEW_ARRAY(types->arena, struct sema_field, record->count);
    for (uint32_t i = 0; i < record->count; i++)
        fields[i] = (struct sema_field){record->fields[i].name,
                                        sema_tensor(types, record->fields[i].type, rank)};
    made.kind = SEMA_TABLE;
    made.rank = rank;
    made.axes = record->axes + rank;
    made.element = record;
    made.fields = fields;
    return interned(types, &made);
}

const struct sema_type *sema_tensor(struct sema_types *types, const struct sema_type *element,
                                    uint32_t rank)
{
    if (rank == 0) return element;
    rank += element->rank;
    element = sema_element(types, element);
    if (element->kind == SEMA_RECORD) return table(types, element, rank);
    if (element->kind != SEMA_SCALAR) return element;
    struct sema_type **tensors = &types->tensors[element->scalar][element->literal];
    if (!*tensors) *tensors = tensors_of(types, element->scalar, element->literal);
    return &(*tensors)[rank - 1];
}

const struct sema_type *sema_element(struct sema_types *types, const struct sema_type *type)
{
    if (type->kind == SEMA_TABLE) return type->element;
    if (type->kind != SEMA_TENSOR) return type;
    return type->literal ? &types->literals[type->scalar] : &types->scalars[type->scalar];
}

const struct sema_type *sema_plain(struct sema_types *types, const struct sema_type *type)
{
    if (sema_is_array(type))
        return sema_tensor(types, sema_plain(types, sema_element(types, type)), type->rank);
    if (type->kind == SEMA_SCALAR && type->literal)
        return &types->scalars[adc_type_is_real(type->scalar) ? types->real : type->scalar];
    if (type->kind != SEMA_RECORD) return type;
    struct sema_field *fields = ADC_NEW_ARRAY(types->arena, struct sema_field, type->count);
    for (uint32_t i = 0; i < type->count; i++)
        fields[i] =
            (struct sema_field){type->fields[i].name, sema_plain(types, type->fields[i].type)};
    return sema_record(types, fields, type->count);
}

/* ----------------------------------------------------------------- conversion */

static bool scalar_converts(const struct sema_type *from, const struct sema_type *to)
{
    if (from->scalar == to->scalar) return true;
    if (!adc_type_is_real(to->scalar) || from->scalar == ADC_BOOL) return false;
    return from->scalar == ADC_INT || from->literal || from->scalar == ADC_F32;
}

/* A function may be given more than it asks for and give more than is asked of it. */
static bool function_converts(const struct sema_type *from, const struct sema_type *to)
{
    if (from->count != to->count || !from->count) return false;
    for (uint32_t i = 0; i + 1 < from->count; i++)
        if (!sema_converts(to->fields[i].type, from->fields[i].type)) return false;
    return sema_converts(sema_result_type(from), sema_result_type(to));
}

bool sema_converts(const struct sema_type *from, const struct sema_type *to)
{
    if (from == to || from->kind == SEMA_ERROR || to->kind == SEMA_ERROR) return true;
    if (from->kind != to->kind) return false;
    if (from->rank != to->rank) return false;
    if (from->kind == SEMA_SCALAR || from->kind == SEMA_TENSOR) return scalar_converts(from, to);
    if (from->kind == SEMA_FUNCTION) return function_converts(from, to);
    if (from->kind == SEMA_TABLE) return sema_converts(from->element, to->element);
    if (from->kind != SEMA_RECORD || from->count != to->count) return false;
    for (uint32_t i = 0; i < from->count; i++) {
        const struct adc_name *name = from->fields[i].name;
        if (name && name != to->fields[i].name) return false;
        if (!sema_converts(from->fields[i].type, to->fields[i].type)) return false;
    }
    return true;
}

static const struct sema_type *arithmetic(struct sema_types *types, const struct sema_type *a,
                                          const struct sema_type *b)
{
    bool literal = a->literal && b->literal;
    if (a->scalar == ADC_INT && b->scalar == ADC_INT)
        return literal ? &types->literals[ADC_INT] : &types->scalars[ADC_INT];
    if (a->scalar == ADC_INT) return b;
    if (b->scalar == ADC_INT) return a;
    if (a->literal) return b;
    if (b->literal) return a;
    return a->scalar == ADC_F64 ? a : b;
}

const struct sema_type *sema_arithmetic(struct sema_types *types, const struct sema_type *a,
                                        const struct sema_type *b)
{
    const struct sema_type *scalar =
        arithmetic(types, sema_element(types, a), sema_element(types, b));
    return sema_tensor(types, scalar, a->rank > b->rank ? a->rank : b->rank);
}

static const struct sema_type *join_records(struct sema_types *types, const struct sema_type *a,
                                            const struct sema_type *b)
{
    if (a->count != b->count) return NULL;
    struct sema_field *fields = ADC_NEW_ARRAY(types->arena, struct sema_field, a->count);
    for (uint32_t i = 0; i < a->count; i++) {
        const struct adc_name *left = a->fields[i].name, *right = b->fields[i].name;
        if (left && right && left != right) return NULL;
        fields[i].name = left ? left : right;
        fields[i].type = sema_join(types, a->fields[i].type, b->fields[i].type);
        if (!fields[i].type) return NULL;
    }
    return sema_record(types, fields, a->count);
}

const struct sema_type *sema_join(struct sema_types *types, const struct sema_type *a,
                                  const struct sema_type *b)
{
    if (a->kind == SEMA_ERROR || b->kind == SEMA_ERROR) return &types->error;
    if (a->kind != b->kind) return NULL;
    if (a->kind == SEMA_RECORD) return a == b ? a : join_records(types, a, b);
    if (a->kind == SEMA_TABLE) {
        const struct sema_type *element =
            a->rank == b->rank ? sema_join(types, a->element, b->element) : NULL;
        return element ? sema_tensor(types, element, a->rank) : NULL;
    }
    if (a->kind != SEMA_SCALAR && a->kind != SEMA_TENSOR) return a == b ? a : NULL;
    if ((a->scalar == ADC_BOOL) != (b->scalar == ADC_BOOL) || a->rank != b->rank) return NULL;
    const struct sema_type *type =
        a->scalar == ADC_BOOL ? &types->scalars[ADC_BOOL] : sema_arithmetic(types, a, b);
    if (type->scalar == ADC_INT) type = &types->scalars[ADC_INT];
    return sema_tensor(types, sema_element(types, type), a->rank);
}

bool sema_all_real(const struct sema_type *type)
{
    if (type->kind == SEMA_TENSOR) return adc_type_is_real(type->scalar);
    if (type->kind != SEMA_RECORD && type->kind != SEMA_TABLE) return sema_is_real(type);
    for (uint32_t i = 0; i < type->count; i++)
        if (!sema_all_real(type->fields[i].type)) return false;
    return true;
}

void sema_type_text(const struct sema_type *type, struct adc_text *out)
{
    if (type->kind == SEMA_TABLE) {
        sema_type_text(type->element, out);
        for (uint32_t axis = 0; axis < type->rank; axis++) adc_text_add(out, axis ? ", _" : "[_");
        adc_text_add(out, "]");
        return;
    }
    if (type->kind != SEMA_RECORD && !type->count) {
        adc_text_add(out, type->text);
        return;
    }
    bool function = type->kind == SEMA_FUNCTION;
    adc_text_add(out, function ? "fn(" : "(");
    uint32_t count = type->count - function;
    for (uint32_t i = 0; i < count; i++) {
        if (i) adc_text_add(out, ", ");
        if (type->fields[i].name) adc_text_format(out, "%s: ", type->fields[i].name->text);
        sema_type_text(type->fields[i].type, out);
    }
    adc_text_add(out, ")");
    if (!function) return;
    adc_text_add(out, " -> ");
    sema_type_text(sema_result_type(type), out);
}
