/* Elementwise operators in C, read off the value texts of ops.def.
 *
 * A row whose text is `x + y`, `-x`, `(REAL)x`, `x ? y : z` or `F(sin)(x)` is printed like that
 * where it is used. Any other one becomes a static inline function of the file, so that every
 * operand is evaluated once; the file defines the functions it uses and no others, for the width
 * it uses. Their names end in `__`. */
#include "backend/emit_c_internal.h"

#include <string.h>

const char *c_type(enum adc_type type)
{
    static const char *const types[ADC_TYPE_COUNT] = {"double", "float", "int64_t", "bool",
                                                      "int32_t"};
    return types[type];
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* ---------------------------------------------------------------- the shape of a row */

static bool read_binary(const char *text, struct c_form *form)
{
    if (strncmp(text, "x ", 2) != 0) return false;
    size_t length = strcspn(text + 2, " ");
    if (strcmp(text + 2 + length, " y") != 0) return false;
    *form = (struct c_form){C_BINARY, text + 2, length};
    return true;
}

static bool read_prefix(const char *text, struct c_form *form)
{
    static const char *const prefixes[] = {"-", "!", "(REAL)", "(double)", "(float)", "(int64_t)"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        size_t length = strlen(prefixes[i]);
        if (strncmp(text, prefixes[i], length) != 0) continue;
        text += length + (text[length] == ' ');
        if (strcmp(text, "x") != 0) return false;
        *form = (struct c_form){C_PREFIX, prefixes[i], length};
        return true;
    }
    return false;
}

static bool read_call(const char *text, unsigned arity, struct c_form *form)
{
    static const char *const lists[] = {"(x)", "(x, y)", "(x, y, z)"};
    bool macro = (text[0] == 'F' || text[0] == 'H') && text[1] == '(';
    const char *end = macro ? strchr(text, ')') : NULL;
    if (!end || arity < 1 || arity > 3 || strcmp(end + 1, lists[arity - 1]) != 0) return false;
    *form = (struct c_form){C_CALL, text, (size_t)(end + 1 - text)};
    return true;
}

struct c_form c_form_of(enum adc_op op)
{
    const struct adc_op_info *info = adc_op_info(op);
    struct c_form form = {.shape = C_COMPOUND};
    if (info->arity == 2 && read_binary(info->value, &form)) return form;
    if (info->arity == 1 && read_prefix(info->value, &form)) return form;
    if (!strcmp(info->value, "x ? y : z")) form.shape = C_CHOICE;
    if (read_call(info->value, info->arity, &form)) return form;
    return form;
}

void c_put_cast(const struct c_form *form, bool single, struct adc_text *out)
{
    if (!strncmp(form->text, "(REAL)", 6)) adc_text_add(out, single ? "(float)" : "(double)");
    else adc_text_put(out, form->text, form->length);
}

/* ------------------------------------------------------------ expanding F, K, H, REAL */

/* Marks a helper used and gives its name. A helper without REAL, F or K in it exists once. */
static void use_helper(struct c_unit *unit, const char *name, size_t length, bool single,
                       struct adc_text *out)
{
    int index = adc_helper_find(name, length);
    ADC_INVARIANT(index >= 0, unit->products[0].function->graph);
    unit->used.helpers[index][single] = 1;
    adc_text_format(out, "%.*s%s__", (int)length, name, single ? "f" : "");
}

static void note_function(struct c_unit *unit, const char *name, size_t length, bool single)
{
    unit->used.math = true;
    if (length != 3) return;
    unit->used.sines[single] |= !strncmp(name, "sin", 3);
    unit->used.cosines[single] |= !strncmp(name, "cos", 3);
}

static void expand_macro(struct c_unit *unit, char macro, const char *inside, size_t length,
                         bool single, struct adc_text *out)
{
    if (macro == 'H') {
        use_helper(unit, inside, length, single, out);
        return;
    }
    if (macro == 'F') note_function(unit, inside, length, single);
    adc_text_put(out, inside, length);
    if (single) adc_text_add(out, "f");
}

/* One token of a value or helper text; returns what is behind it. */
static const char *expand_token(struct c_unit *unit, const char *text, bool single,
                                struct adc_text *out)
{
    if (!is_word(*text)) {
        adc_text_put(out, text, 1);
        return text + 1;
    }
    size_t length = 1;
    while (is_word(text[length])) length++;
    bool macro = length == 1 && strchr("FKH", *text) && text[1] == '(';
    const char *end = macro ? strchr(text, ')') : NULL;
    if (end) {
        expand_macro(unit, *text, text + 2, (size_t)(end - text - 2), single, out);
        return end + 1;
    }
    if (length == 4 && !strncmp(text, "REAL", 4)) adc_text_add(out, single ? "float" : "double");
    else adc_text_put(out, text, length);
    return text + length;
}

static void expand(struct c_unit *unit, const char *text, bool single, struct adc_text *out)
{
    while (*text) text = expand_token(unit, text, single, out);
}

/* A helper may have the name of a row. */
static void put_operator_name(enum adc_op op, bool single, struct adc_text *out)
{
    const char *name = adc_op_info(op)->name;
    bool taken = adc_helper_find(name, strlen(name)) >= 0;
    adc_text_format(out, "%s%s%s__", name, taken ? "_op" : "", single ? "f" : "");
}

void c_put_callee(struct c_unit *unit, enum adc_op op, bool single, struct adc_text *out)
{
    struct c_form form = c_form_of(op);
    if (form.shape == C_CALL) {
        expand_macro(unit, form.text[0], form.text + 2, form.length - 3, single, out);
        return;
    }
    unit->used.operators[op][single] = 1;
    put_operator_name(op, single, out);
}

/* ----------------------------------------------------------------------- definitions */

static enum adc_type letter_type(char letter, bool single)
{
    switch (letter) {
    case 'I': return ADC_INT;
    case 'B': return ADC_BOOL;
    case 'N': return ADC_I32;
    default: return single ? ADC_F32 : ADC_F64;
    }
}

/* static inline double NAME(double x, double y) { return ...; } */
static void define_operator(struct c_unit *unit, enum adc_op op, bool single, struct adc_text *out)
{
    const struct adc_op_info *info = adc_op_info(op);
    enum adc_type type = adc_op_result(op, single ? ADC_F32 : ADC_F64);
    adc_text_format(out, "static inline %s ", c_type(type));
    put_operator_name(op, single, out);
    adc_text_add(out, "(");
    for (unsigned i = 0; i < info->arity; i++)
        adc_text_format(out, "%s%s %c", i ? ", " : "",
                        c_type(letter_type(info->signature[i], single)), "xyz"[i]);
    adc_text_add(out, ")\n{\n");
    struct adc_text statement;
    adc_text_init(&statement, unit->arena);
    adc_text_add(&statement, "return ");
    expand(unit, info->value, single, &statement);
    adc_text_add(&statement, ";");
    c_put_wrapped(out, statement.data, statement.count, 4);
    adc_text_add(out, "}\n\n");
}

/* Ends the line that is being made and puts it. */
static void flush(struct adc_text *line, unsigned depth, struct adc_text *out)
{
    if (line->count) c_put_wrapped(out, line->data, line->count, 4 * depth);
    line->count = 0;
}

/* Text of a helper that was stringised into one line, with line ends and indentation again. */
static void put_lines(struct adc_arena *arena, const char *text, struct adc_text *out)
{
    struct adc_text line;
    adc_text_init(&line, arena);
    unsigned depth = 0, brackets = 0;
    for (; *text; text++) {
        if (*text == '(') brackets++;
        if (*text == ')') brackets--;
        if (*text == '{') {
            if (!depth) flush(&line, depth, out);
            adc_text_add(&line, "{");
            flush(&line, depth++, out);
        } else if (*text == '}') {
            flush(&line, depth, out);
            adc_text_add(&line, "}");
            depth--;
            if (strncmp(text + 1, " else ", 6) != 0) flush(&line, depth, out);
        } else if (*text != ' ' || line.count) {
            adc_text_put(&line, text, 1);
            if (*text == ';' && !brackets) flush(&line, depth, out);
        }
    }
    flush(&line, depth, out);
}

static void define_helper(struct c_unit *unit, unsigned index, bool single, struct adc_text *out)
{
    struct adc_text text;
    adc_text_init(&text, unit->arena);
    expand(unit, adc_helper_text(index), single, &text);
    if (strchr(text.data, '\n')) adc_text_add(out, text.data);
    else put_lines(unit->arena, text.data, out);
    adc_text_add(out, "\n");
}

/* Operators first, into a text of their own, since that tells which helpers they need; then
 * helpers from the last to the first, since they need earlier ones only; put in the opposite
 * order. */
void c_put_helpers(struct c_unit *unit, struct adc_text *out)
{
    struct adc_text operators;
    adc_text_init(&operators, unit->arena);
    for (unsigned op = ADC_OP_FIRST_ELEMENTWISE; op < ADC_OP_COUNT; op++)
        for (int single = 0; single < 2; single++)
            if (unit->used.operators[op][single])
                define_operator(unit, (enum adc_op)op, single, &operators);
    unsigned count = 0;
    while (adc_helper_text(count)) count++;
    struct adc_text(*texts)[2] = adc_arena_array(unit->arena, count, sizeof *texts);
    for (unsigned i = count; i-- > 0;)
        for (int single = 0; single < 2; single++) {
            adc_text_init(&texts[i][single], unit->arena);
            if (unit->used.helpers[i][single]) define_helper(unit, i, single, &texts[i][single]);
        }
    for (unsigned i = 0; i < count; i++)
        for (int single = 0; single < 2; single++) adc_text_add(out, texts[i][single].data);
    adc_text_add(out, operators.data);
}
