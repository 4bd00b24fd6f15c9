/* A reader of the C that value texts and helpers are written in, by recursive descent. */
#include "backend/formula.h"

#include <stdlib.h>
#include <string.h>

struct name {
    const char *text;
    size_t length;
};

struct reader {
    struct adc_arena *arena;
    struct formula_function *function;
    const char *at;    /* behind the token */
    struct name token; /* length 0: the end */
    struct name slots[FORMULA_MAX_SLOTS];
    bool failed;
    bool vmath; /* H() and the notation of vmath.def, at this width */
    enum adc_type width;
};

/* ------------------------------------------------------------------------------- tokens */

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static size_t length_of_number(const char *at)
{
    size_t length = 0;
    while (is_word(at[length]) || at[length] == '.' ||
           ((at[length] == '-' || at[length] == '+') && at[length - 1] == 'e' && at[1] != 'x'))
        length++;
    return length;
}

static size_t length_of_sign(const char *at)
{
    static const char *const signs[] = {"<<=", ">>=", "<=", ">=", "==", "!=", "&&", "||",
                                        "<<",  ">>",  "+=", "-=", "*=", "/=", "++", "--"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (strncmp(at, signs[i], strlen(signs[i])) == 0) return strlen(signs[i]);
    return *at ? 1 : 0;
}

static void advance(struct reader *r)
{
    r->at += strspn(r->at, " \n");
    size_t length = 0;
    if (*r->at >= '0' && *r->at <= '9') length = length_of_number(r->at);
    else if (is_word(*r->at))
        while (is_word(r->at[length])) length++;
    else length = length_of_sign(r->at);
    r->token = (struct name){r->at, length};
    r->at += length;
}

static bool same(struct name name, const char *text)
{
    return strlen(text) == name.length && memcmp(name.text, text, name.length) == 0;
}

static bool sees(const struct reader *r, const char *text)
{
    return same(r->token, text);
}

static bool accept(struct reader *r, const char *text)
{
    if (!sees(r, text)) return false;
    advance(r);
    return true;
}

/* After a failure everything fails, so that nothing waits for a token that never comes. */
static void fail(struct reader *r)
{
    r->failed = true;
    r->at += strlen(r->at);
    r->token.length = 0;
}

static void expect(struct reader *r, const char *text)
{
    if (!accept(r, text)) fail(r);
}

static struct name take(struct reader *r)
{
    struct name token = r->token;
    if (!token.length) fail(r);
    advance(r);
    return token;
}

static const char *text_of(struct reader *r, struct name name)
{
    return adc_arena_copy(r->arena, name.text, name.length);
}

/* -------------------------------------------------------------------------------- nodes */

static struct formula *make(struct reader *r, enum formula_kind kind, struct formula *child)
{
    struct formula *formula = ADC_NEW(r->arena, struct formula);
    formula->kind = kind;
    formula->child[0] = child;
    r->function->size++;
    if (kind == FORMULA_IF || kind == FORMULA_FOR || kind == FORMULA_CHOICE ||
        kind == FORMULA_CALL || kind == FORMULA_HELPER || kind == FORMULA_VMATH)
        r->function->plain = false;
    return formula;
}

static struct formula *make_integer(struct reader *r, enum formula_type type, uint64_t value)
{
    struct formula *formula = make(r, FORMULA_INTEGER, NULL);
    formula->type = type;
    formula->integer = (int64_t)value;
    return formula;
}

static struct formula *make_binary(struct reader *r, enum formula_op op, struct formula *left,
                                   struct formula *right)
{
    struct formula *formula = make(r, FORMULA_BINARY, left);
    formula->op = op;
    formula->child[1] = right;
    return formula;
}

static struct formula *make_variable(struct reader *r, enum formula_kind kind, uint32_t slot,
                                     struct formula *child)
{
    struct formula *formula = make(r, kind, child);
    formula->slot = slot;
    if (kind == FORMULA_ASSIGN || kind == FORMULA_ADDRESS || kind == FORMULA_COPY_BITS)
        r->function->assigned[slot] = true;
    return formula;
}

static uint32_t slot_of(struct reader *r, struct name name)
{
    for (uint32_t i = r->function->slot_count; i-- > 0;)
        if (r->slots[i].length == name.length &&
            memcmp(r->slots[i].text, name.text, name.length) == 0)
            return i;
    fail(r);
    return 0;
}

static uint32_t new_slot(struct reader *r, struct name name)
{
    uint32_t slot = r->function->slot_count;
    if (slot == FORMULA_MAX_SLOTS) {
        fail(r);
        return 0;
    }
    r->slots[slot] = name;
    r->function->name[slot] = text_of(r, name);
    r->function->slot_count++;
    return slot;
}

/* -------------------------------------------------------------------------------- types */

static bool find_type(struct name name, enum formula_type *type)
{
    static const struct {
        const char *text;
        enum formula_type type;
    } types[] = {
        {"void", FORMULA_VOID},   {"bool", FORMULA_BOOL},   {"int", FORMULA_INT},
        {"int32_t", FORMULA_INT}, {"int64_t", FORMULA_I64}, {"uint64_t", FORMULA_U64},
        {"size_t", FORMULA_SIZE}, {"float", FORMULA_F32},   {"double", FORMULA_F64},
        {"REAL", FORMULA_REAL},   {"BITS", FORMULA_BITS},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (same(name, types[i].text)) {
            *type = types[i].type;
            return true;
        }
    return false;
}

static enum formula_type read_type(struct reader *r)
{
    enum formula_type type = FORMULA_VOID;
    if (!find_type(take(r), &type)) fail(r);
    return type;
}

/* -------------------------------------------------------------------------- expressions */

static struct formula *read_expression(struct reader *r);

/* The list between brackets, of which the first is open. */
static struct formula *read_arguments(struct reader *r)
{
    struct formula *first = NULL, **end = &first;
    while (!r->failed && !sees(r, ")")) {
        *end = read_expression(r);
        end = &(*end)->next;
        if (!sees(r, ")")) expect(r, ",");
    }
    expect(r, ")");
    return first;
}

/* 0.5, -0.5 */
static struct name read_number(struct reader *r)
{
    struct name sign = r->token;
    bool negative = accept(r, "-");
    struct name digits = take(r);
    if (!negative) return digits;
    return (struct name){sign.text, digits.length + (size_t)(digits.text - sign.text)};
}

/* K(0.5); of W(0.5, 0.25) and B(1, 2) the one for the width. */
static struct name read_constant(struct reader *r, bool two)
{
    expect(r, "(");
    struct name number = read_number(r);
    if (two) {
        expect(r, ",");
        struct name single = read_number(r);
        if (r->width == ADC_F32) number = single;
    }
    expect(r, ")");
    return number;
}

static struct formula *read_real(struct reader *r, bool two)
{
    struct formula *formula = make(r, FORMULA_NUMBER, NULL);
    formula->text = text_of(r, read_constant(r, two));
    return formula;
}

/* "static REAL H(name)..." */
static enum formula_type result_of_vmath(struct reader *r, unsigned index)
{
    struct reader head = *r;
    head.at = adc_vmath_text(index, false);
    advance(&head);
    expect(&head, "static");
    return read_type(&head);
}

/* F(sin)(x), H(idiv)(x, y); F(nan)("") */
static struct formula *read_call(struct reader *r, bool helper)
{
    expect(r, "(");
    struct name name = take(r);
    expect(r, ")");
    expect(r, "(");
    if (!helper && same(name, "nan")) {
        expect(r, "\"");
        expect(r, "\"");
        expect(r, ")");
        return make(r, FORMULA_NAN, NULL);
    }
    enum formula_kind kind = r->vmath ? FORMULA_VMATH : FORMULA_HELPER;
    struct formula *formula = make(r, helper ? kind : FORMULA_CALL, read_arguments(r));
    formula->text = text_of(r, name);
    if (!helper) return formula;
    if (r->vmath) formula->integer = adc_vmath_find(name.text, name.length, r->width);
    else formula->integer = adc_helper_find(name.text, name.length);
    if (formula->integer < 0) fail(r);
    else if (r->vmath) formula->type = result_of_vmath(r, (unsigned)formula->integer);
    return formula;
}

/* memcpy(&bits, &wide, sizeof bits) between two of one size */
static struct formula *read_copy(struct reader *r)
{
    expect(r, "(");
    expect(r, "&");
    uint32_t to = slot_of(r, take(r));
    expect(r, ",");
    expect(r, "&");
    uint32_t from = slot_of(r, take(r));
    expect(r, ",");
    expect(r, "sizeof");
    take(r);
    expect(r, ")");
    return make_variable(r, FORMULA_COPY_BITS, to, make_variable(r, FORMULA_VARIABLE, from, NULL));
}

static struct formula *read_sizeof(struct reader *r)
{
    expect(r, "(");
    struct formula *formula = make(r, FORMULA_SIZEOF, NULL);
    formula->type = read_type(r);
    expect(r, ")");
    return formula;
}

static struct formula *read_integer(struct reader *r, struct name name)
{
    bool wide = same(name, "UINT64_C");
    if (wide) {
        expect(r, "(");
        name = take(r);
        expect(r, ")");
    }
    return make_integer(r, wide ? FORMULA_U64 : FORMULA_INT, strtoull(text_of(r, name), NULL, 0));
}

/* PICK(bits, K(1.0), K(2.0), ...) */
static struct formula *read_pick(struct reader *r)
{
    expect(r, "(");
    struct formula *formula = make(r, FORMULA_PICK, read_arguments(r));
    unsigned count = 0;
    if (!formula->child[0]) fail(r);
    if (r->failed) return formula;
    formula->child[1] = formula->child[0]->next;
    formula->child[0]->next = NULL;
    for (const struct formula *at = formula->child[1]; at; at = at->next, count++)
        if (at->kind != FORMULA_NUMBER) fail(r);
    formula->slot = r->function->pick_count++;
    if (count != FORMULA_PICK_COUNT || formula->slot >= FORMULA_MAX_PICKS) fail(r);
    return formula;
}

/* What vmath.def has beside the other tables; NULL if it is nothing of that. */
static struct formula *read_vmath(struct reader *r, struct name name)
{
    if (same(name, "W")) return read_real(r, true);
    if (same(name, "B"))
        return make_integer(r, FORMULA_BITS, strtoull(text_of(r, read_constant(r, true)), NULL, 0));
    if (same(name, "PICK")) return read_pick(r);
    bool bits = same(name, "bits");
    if (!bits && !same(name, "real")) return NULL;
    expect(r, "(");
    struct formula *formula = make(r, bits ? FORMULA_BITS_OF : FORMULA_REAL_OF, read_expression(r));
    expect(r, ")");
    return formula;
}

/* k++ and k--, whose value nobody uses */
static struct formula *read_step(struct reader *r, uint32_t slot)
{
    enum formula_op op = sees(r, "++") ? FORMULA_ADD : FORMULA_SUB;
    advance(r);
    struct formula *old = make_variable(r, FORMULA_VARIABLE, slot, NULL);
    return make_variable(r, FORMULA_ASSIGN, slot,
                         make_binary(r, op, old, make_integer(r, FORMULA_INT, 1)));
}

static struct formula *read_primary(struct reader *r)
{
    if (accept(r, "(")) {
        struct formula *inner = read_expression(r);
        expect(r, ")");
        return inner;
    }
    struct name name = take(r);
    if (r->failed || !is_word(*name.text)) {
        fail(r);
        return make(r, FORMULA_NAN, NULL);
    }
    struct formula *formula = r->vmath ? read_vmath(r, name) : NULL;
    if (formula) return formula;
    if (same(name, "K")) return read_real(r, false);
    if (same(name, "F")) return read_call(r, false);
    if (same(name, "H")) return read_call(r, true);
    if (same(name, "memcpy")) return read_copy(r);
    if (same(name, "sizeof")) return read_sizeof(r);
    if (same(name, "HUGE_VAL")) return make(r, FORMULA_HUGE, NULL);
    if (same(name, "SIZE_MAX")) return make_integer(r, FORMULA_SIZE, UINT64_MAX);
    if ((*name.text >= '0' && *name.text <= '9') || same(name, "UINT64_C"))
        return read_integer(r, name);
    uint32_t slot = slot_of(r, name);
    if (sees(r, "++") || sees(r, "--")) return read_step(r, slot);
    return make_variable(r, FORMULA_VARIABLE, slot, NULL);
}

/* A type in brackets is a cast: those that follow an open bracket are looked at first. */
static bool read_cast(struct reader *r, enum formula_type *type)
{
    struct reader ahead = *r;
    if (!accept(&ahead, "(") || !find_type(ahead.token, type)) return false;
    advance(r);
    advance(r);
    expect(r, ")");
    return true;
}

static struct formula *read_unary(struct reader *r)
{
    enum formula_type type;
    if (accept(r, "-")) return make(r, FORMULA_NEGATE, read_unary(r));
    if (accept(r, "!")) return make(r, FORMULA_NOT, read_unary(r));
    if (accept(r, "&")) return make_variable(r, FORMULA_ADDRESS, slot_of(r, take(r)), NULL);
    if (!read_cast(r, &type)) return read_primary(r);
    struct formula *formula = make(r, FORMULA_CAST, read_unary(r));
    formula->type = type;
    return formula;
}

/* How tightly the operators hold, 0 for none. */
static const struct {
    const char *text;
    enum formula_op op;
    unsigned level;
} binary[] = {
    {"||", FORMULA_OR, 1},          {"&&", FORMULA_AND, 2},    {"|", FORMULA_BIT_OR, 3},
    {"^", FORMULA_BIT_XOR, 4},      {"&", FORMULA_BIT_AND, 5}, {"==", FORMULA_EQ, 6},
    {"!=", FORMULA_NE, 6},          {"<", FORMULA_LT, 7},      {"<=", FORMULA_LE, 7},
    {">", FORMULA_GT, 7},           {">=", FORMULA_GE, 7},     {"<<", FORMULA_SHIFT_LEFT, 8},
    {">>", FORMULA_SHIFT_RIGHT, 8}, {"+", FORMULA_ADD, 9},     {"-", FORMULA_SUB, 9},
    {"*", FORMULA_MUL, 10},         {"/", FORMULA_DIV, 10},    {"%", FORMULA_REM, 10},
};

enum { BINARY_COUNT = sizeof binary / sizeof *binary };

static struct formula *read_binary(struct reader *r, unsigned least)
{
    struct formula *left = read_unary(r);
    while (!r->failed) {
        size_t i = 0;
        while (i < BINARY_COUNT && !sees(r, binary[i].text)) i++;
        if (i == BINARY_COUNT || binary[i].level < least) break;
        advance(r);
        left = make_binary(r, binary[i].op, left, read_binary(r, binary[i].level + 1));
    }
    return left;
}

/* x = e, x += e, ... */
static struct formula *read_assignment(struct reader *r, struct formula *to)
{
    static const struct {
        const char *text;
        enum formula_op op;
    } compound[] = {
        {"+=", FORMULA_ADD}, {"-=", FORMULA_SUB},          {"*=", FORMULA_MUL},
        {"/=", FORMULA_DIV}, {">>=", FORMULA_SHIFT_RIGHT}, {"<<=", FORMULA_SHIFT_LEFT},
    };
    if (to->kind != FORMULA_VARIABLE) return to;
    if (accept(r, "=")) return make_variable(r, FORMULA_ASSIGN, to->slot, read_expression(r));
    for (size_t i = 0; i < sizeof compound / sizeof *compound; i++)
        if (accept(r, compound[i].text))
            return make_variable(r, FORMULA_ASSIGN, to->slot,
                                 make_binary(r, compound[i].op, to, read_expression(r)));
    return to;
}

static struct formula *read_expression(struct reader *r)
{
    struct formula *first = read_assignment(r, read_binary(r, 1));
    if (!accept(r, "?")) return first;
    struct formula *formula = make(r, FORMULA_CHOICE, first);
    formula->child[1] = read_expression(r);
    expect(r, ":");
    formula->child[2] = read_expression(r);
    return formula;
}

/* --------------------------------------------------------------------------- statements */

static struct formula *read_statement(struct reader *r);

/* `const REAL x = e`, `int e` */
static struct formula *read_declaration(struct reader *r)
{
    struct formula *formula = make(r, FORMULA_DECLARE, NULL);
    formula->type = read_type(r);
    struct name name = take(r);
    if (accept(r, "=")) formula->child[0] = read_expression(r);
    formula->slot = new_slot(r, name);
    return formula;
}

static struct formula *read_simple(struct reader *r)
{
    enum formula_type type;
    if (accept(r, "const") || find_type(r->token, &type)) return read_declaration(r);
    return make(r, FORMULA_EVALUATE, read_expression(r));
}

static struct formula *read_block(struct reader *r)
{
    if (!accept(r, "{")) return read_statement(r);
    struct formula *first = NULL, **end = &first;
    while (!r->failed && !sees(r, "}")) {
        *end = read_statement(r);
        while (*end) end = &(*end)->next;
    }
    expect(r, "}");
    return first;
}

static struct formula *read_if(struct reader *r)
{
    expect(r, "(");
    struct formula *formula = make(r, FORMULA_IF, read_expression(r));
    expect(r, ")");
    formula->child[1] = read_block(r);
    if (accept(r, "else")) formula->child[2] = read_block(r);
    return formula;
}

/* The declaration before a loop stands before it in the list. */
static struct formula *read_for(struct reader *r)
{
    struct formula *first = NULL;
    expect(r, "(");
    if (!sees(r, ";")) first = read_simple(r);
    expect(r, ";");
    struct formula *formula = make(r, FORMULA_FOR, read_expression(r));
    expect(r, ";");
    formula->child[2] = make(r, FORMULA_EVALUATE, read_expression(r));
    expect(r, ")");
    formula->child[1] = read_block(r);
    r->function->loops = true;
    if (!first) return formula;
    first->next = formula;
    return first;
}

static struct formula *read_while(struct reader *r)
{
    expect(r, "(");
    struct formula *formula = make(r, FORMULA_FOR, read_expression(r));
    expect(r, ")");
    formula->child[1] = read_block(r);
    r->function->loops = true;
    return formula;
}

static struct formula *read_statement(struct reader *r)
{
    if (accept(r, "if")) return read_if(r);
    if (accept(r, "for")) return read_for(r);
    if (accept(r, "while")) return read_while(r);
    struct formula *formula;
    if (accept(r, "return")) formula = make(r, FORMULA_RETURN, read_expression(r));
    else formula = read_simple(r);
    expect(r, ";");
    return formula;
}

/* ---------------------------------------------------------------------------- functions */

static struct formula_function *begin(struct reader *r, struct adc_arena *arena, const char *text)
{
    *r = (struct reader){.arena = arena, .at = text};
    r->function = ADC_NEW(arena, struct formula_function);
    r->function->plain = true;
    advance(r);
    return r->function;
}

static enum formula_type letter_type(char letter)
{
    switch (letter) {
    case 'R': return FORMULA_REAL;
    case 'I': return FORMULA_I64;
    case 'B': return FORMULA_BOOL;
    default: return FORMULA_VOID; /* N, S: as the operator says */
    }
}

static void type_operator(struct formula_function *function, enum adc_op op)
{
    static const enum formula_type types[ADC_TYPE_COUNT] = {[ADC_F64] = FORMULA_F64,
                                                            [ADC_F32] = FORMULA_F32,
                                                            [ADC_INT] = FORMULA_I64,
                                                            [ADC_BOOL] = FORMULA_BOOL,
                                                            [ADC_I32] = FORMULA_INT};
    const char *signature = adc_op_info(op)->signature;
    char result = signature[strlen(signature) - 1];
    enum adc_type single = adc_op_result(op, ADC_F32);
    for (unsigned i = 0; i < function->parameter_count; i++)
        function->parameter[i] = letter_type(signature[i]);
    if (signature[0] == 'N') function->parameter[0] = FORMULA_INT;
    if (signature[0] == 'S') function->parameter[0] = single == ADC_F32 ? FORMULA_F64 : FORMULA_F32;
    function->result = result == 'R' ? FORMULA_REAL : types[single];
}

struct formula_function *formula_of_operator(struct adc_arena *arena, enum adc_op op)
{
    const struct adc_op_info *info = adc_op_info(op);
    struct reader reader;
    struct formula_function *function = begin(&reader, arena, info->value);
    for (unsigned i = 0; i < info->arity; i++) new_slot(&reader, (struct name){&"xyz"[i], 1});
    function->parameter_count = info->arity;
    type_operator(function, op);
    function->body = make(&reader, FORMULA_RETURN, read_expression(&reader));
    return reader.failed || reader.token.length ? NULL : function;
}

static struct formula_function *read_function(struct reader *r)
{
    struct formula_function *function = r->function;
    expect(r, "static");
    accept(r, "inline");
    function->result = read_type(r);
    if (accept(r, "H")) expect(r, "(");
    take(r);
    accept(r, ")");
    expect(r, "(");
    while (!r->failed && !sees(r, ")")) {
        enum formula_type type = read_type(r);
        if (function->parameter_count == FORMULA_MAX_PARAMETERS) return NULL;
        function->parameter[function->parameter_count++] = type;
        new_slot(r, take(r));
        if (!sees(r, ")")) expect(r, ",");
    }
    expect(r, ")");
    function->body = read_block(r);
    return r->failed || r->token.length ? NULL : function;
}

struct formula_function *formula_of_text(struct adc_arena *arena, const char *text)
{
    struct reader reader;
    begin(&reader, arena, text);
    return read_function(&reader);
}

struct formula_function *formula_of_vmath(struct adc_arena *arena, unsigned index, bool fused)
{
    struct reader reader;
    begin(&reader, arena, adc_vmath_text(index, fused));
    reader.vmath = true;
    reader.width = adc_vmath_type(index);
    struct formula_function *function = read_function(&reader);
    if (fused && function) formula_fuse(arena, function);
    return function;
}
