/* Types of expressions.
 *
 * Types are interned, so equal types are one object and compare by pointer. A record is a tuple
 * whose fields have names; a tuple's are NULL. An array of records is a record of arrays: its
 * fields are those of its element, each with the axes of the array before its own. A function's
 * fields are its parameters and, last, its result; without fields it is one whose parameters have
 * no types before it is called. Depth and number of scalars of a type are bounded, so that helpers
 * may recurse over a type (never over an expression).
 *
 * literal  of a real: the type of real literals and arithmetic on them alone, which take the real
 *          type they meet; of an int: its value is known when checking (ast->integer)
 * owner    the table's arena */
#ifndef ADC_FRONTEND_TYPES_H
#define ADC_FRONTEND_TYPES_H

#include "base/name.h"
#include "base/text.h"
#include "ir/type.h"

#include <stdbool.h>

enum { SEMA_MAX_DEPTH = 64, SEMA_MAX_LEAVES = 1 << 16 };

enum sema_kind {
    SEMA_ERROR,    /* a reported mistake: fits everything, silently */
    SEMA_UNIT,     /* no value */
    SEMA_SCALAR,   /* scalar */
    SEMA_RECORD,   /* fields */
    SEMA_FUNCTION, /* fields */
    SEMA_TENSOR,   /* scalar, rank: sizes are known when lowering alone */
    SEMA_TABLE,    /* an array of records: element, rank, fields */
    SEMA_MODULE,
};

struct sema_field {
    const struct adc_name *name; /* or NULL */
    const struct sema_type *type;
};

struct sema_type {
    enum sema_kind kind;
    enum adc_type scalar;
    bool literal;
    uint32_t rank;
    const char *text;                /* of a type without parts: "real" */
    const struct sema_type *element; /* TABLE: the record */
    const struct sema_field *fields;
    uint32_t count, depth, leaves, hash;
    uint32_t axes; /* the most that an array inside has */
};

struct sema_types {
    struct adc_arena *arena;
    enum adc_type real;
    struct sema_type scalars[ADC_TYPE_COUNT], literals[ADC_TYPE_COUNT];
    struct sema_type *tensors[ADC_TYPE_COUNT][2]; /* by `literal`: one for each rank from 1 */
    struct sema_type error, unit, function, module;
    const struct sema_type **slots; /* records, arrays of them, functions: open addressing */
    uint32_t slot_count, interned_count;
};

void sema_types_init(struct sema_types *types, struct adc_arena *arena, enum adc_type real);

/* The record of these fields (which are copied); NULL if it is too deep or has too many scalars. */
const struct sema_type *sema_record(struct sema_types *types, const struct sema_field *fields,
                                    uint32_t count);

/* The function of `count` parameters, whose types `fields` holds, and behind them its result; NULL
 * as above. */
const struct sema_type *sema_function_type(struct sema_types *types,
                                           const struct sema_field *fields, uint32_t count);
static inline const struct sema_type *sema_result_type(const struct sema_type *function)
{
    return function->fields[function->count - 1].type;
}

/* The array of such scalars or records; rank 0: the element itself. What has elements of its own
 * gets the axes before theirs; there must not be more than ADC_MAX_RANK then. */
const struct sema_type *sema_tensor(struct sema_types *types, const struct sema_type *element,
                                    uint32_t rank);
/* The scalar or record that an array is made of; any other type itself. */
const struct sema_type *sema_element(struct sema_types *types, const struct sema_type *type);

/* The type a `let` gives: without `literal`. */
const struct sema_type *sema_plain(struct sema_types *types, const struct sema_type *type);

/* Whether a value of type `from` may stand where `to` is declared. */
bool sema_converts(const struct sema_type *from, const struct sema_type *to);

/* The common type of the two branches of an `if`; NULL if there is none. */
const struct sema_type *sema_join(struct sema_types *types, const struct sema_type *a,
                                  const struct sema_type *b);

/* The type of arithmetic on two numbers or tensors of them, element by element. */
const struct sema_type *sema_arithmetic(struct sema_types *types, const struct sema_type *a,
                                        const struct sema_type *b);

static inline bool sema_is(const struct sema_type *type, enum adc_type scalar)
{
    return type->kind == SEMA_SCALAR && type->scalar == scalar;
}

static inline bool sema_is_real(const struct sema_type *type)
{
    return type->kind == SEMA_SCALAR && adc_type_is_real(type->scalar);
}

static inline bool sema_is_number(const struct sema_type *type)
{
    return type->kind == SEMA_SCALAR && type->scalar != ADC_BOOL;
}

static inline bool sema_is_tensor(const struct sema_type *type)
{
    return type->kind == SEMA_TENSOR;
}

/* A tensor or an array of records: what has axes. */
static inline bool sema_is_array(const struct sema_type *type)
{
    return type->kind == SEMA_TENSOR || type->kind == SEMA_TABLE;
}

/* A number or a tensor of numbers. */
static inline bool sema_is_numeric(const struct sema_type *type)
{
    return (type->kind == SEMA_SCALAR || type->kind == SEMA_TENSOR) && type->scalar != ADC_BOOL;
}

/* Whether the type consists of reals alone. */
bool sema_all_real(const struct sema_type *type);

void sema_type_text(const struct sema_type *type, struct adc_text *out);

#endif
