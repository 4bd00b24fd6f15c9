/* Straight lines over vectors: a choice is a selection of bits, an `if` is taken by all lanes as
 * soon as one asks and changes those that do. */
#include "backend/c_vector.h"

#include "backend/c_unit.h"

#include <string.h>

struct printer {
    struct c_vector *vector;
    const struct formula_function *function;
    const char *name; /* of the function */
    enum formula_type type[FORMULA_MAX_SLOTS];
    struct adc_text *out;
    const char *mask; /* of the `if` at hand, or NULL */
};

static unsigned function_count(void)
{
    unsigned count = 0;
    while (adc_vmath_text(count, false)) count++;
    return count;
}

static void find_calls(struct c_vector *vector, const struct formula *formula)
{
    for (; formula; formula = formula->next) {
        if (formula->kind == FORMULA_VMATH) c_vector_need(vector, (unsigned)formula->integer);
        for (unsigned i = 0; i < 3; i++) find_calls(vector, formula->child[i]);
    }
}

static struct formula_function *read(const struct c_vector *vector, unsigned index)
{
    struct formula_function *function = formula_of_vmath(vector->arena, index, vector->fused);
    ADC_INVARIANT(function, vector->graph);
    return function;
}

void c_vector_init(struct c_vector *vector, const struct adc_graph *graph, enum adc_type type)
{
    struct adc_arena *arena = graph->arena;
    vector->arena = arena;
    vector->graph = graph;
    vector->type = type;
    vector->needed = adc_arena_array(arena, function_count(), sizeof *vector->needed);
    memset(vector->needed, 0, function_count() * sizeof *vector->needed);
}

void c_vector_need(struct c_vector *vector, unsigned index)
{
    if (vector->needed[index]) return;
    vector->needed[index] = true;
    find_calls(vector, read(vector, index)->body);
}

/* -------------------------------------------------------------------------------- types */

static enum formula_type type_of(const struct printer *p, const struct formula *formula)
{
    switch (formula->kind) {
    case FORMULA_INTEGER:
    case FORMULA_BITS_OF: return FORMULA_BITS;
    case FORMULA_VARIABLE:
    case FORMULA_ASSIGN: return p->type[formula->slot];
    case FORMULA_NOT: return FORMULA_BOOL;
    case FORMULA_CHOICE: return type_of(p, formula->child[1]);
    case FORMULA_VMATH: return formula->type;
    case FORMULA_BINARY:
        if (formula->op >= FORMULA_EQ && formula->op <= FORMULA_GE) return FORMULA_BOOL;
        return type_of(p, formula->child[0]);
    case FORMULA_NUMBER:
    case FORMULA_HUGE:
    case FORMULA_NAN:
    case FORMULA_NEGATE:
    case FORMULA_CAST:
    case FORMULA_CALL:
    case FORMULA_PICK:
    case FORMULA_REAL_OF: return FORMULA_REAL;
    case FORMULA_SIZEOF: /* not in vmath.def, as statements are not expressions */
    case FORMULA_ADDRESS:
    case FORMULA_HELPER:
    case FORMULA_COPY_BITS:
    case FORMULA_DECLARE:
    case FORMULA_EVALUATE:
    case FORMULA_IF:
    case FORMULA_FOR:
    case FORMULA_RETURN: break;
    }
    ADC_INVARIANT(false, p->vector->graph);
    return FORMULA_VOID;
}

static const char *type_name(const struct c_vector *vector, enum formula_type type)
{
    ADC_INVARIANT(type == FORMULA_REAL || type == FORMULA_BITS || type == FORMULA_BOOL,
                  vector->graph);
    return type == FORMULA_REAL   ? vector->reals
           : type == FORMULA_BITS ? vector->bits
                                  : vector->masks;
}

/* -------------------------------------------------------------------------- expressions */

static void put(struct printer *p, const struct formula *formula);

static void put_call(struct printer *p, const char *name, const struct formula *arguments)
{
    adc_text_format(p->out, "%s%s(", name, p->vector->suffix);
    for (; arguments; arguments = arguments->next) {
        put(p, arguments);
        if (arguments->next) adc_text_add(p->out, ", ");
    }
    adc_text_add(p->out, ")");
}

static void put_constant(struct printer *p, const char *text)
{
    c_vector_use(p->vector, C_ALL);
    adc_text_format(p->out, "all%s(%s%s)", p->vector->suffix, text,
                    p->vector->type == ADC_F32 ? "f" : "");
}

static void put_library_call(struct printer *p, const struct formula *formula)
{
    static const char *const names[C_BASIC_COUNT] = {
        [C_FABS] = "fabs", [C_COPYSIGN] = "copysign", [C_SQRT] = "sqrt", [C_FMA] = "fma"};
    unsigned i = C_FABS;
    while (i < C_BASIC_COUNT && strcmp(names[i], formula->text) != 0) i++;
    ADC_INVARIANT(i < C_BASIC_COUNT, p->vector->graph);
    c_vector_use(p->vector, (enum c_basic)i);
    put_call(p, formula->text, formula->child[0]);
}

/* NaN and infinity of either width are those of double. */
static void put_limit(struct printer *p, const char *text)
{
    c_vector_use(p->vector, C_ALL);
    adc_text_format(p->out, "all%s(%s%s)", p->vector->suffix,
                    p->vector->type == ADC_F32 ? "(float)" : "", text);
}

static void put_integer(struct printer *p, const struct formula *formula)
{
    bool single = p->vector->type == ADC_F32;
    c_vector_use(p->vector, C_ALL_BITS);
    adc_text_format(p->out, "all_bits%s(UINT%s_C(%llu))", p->vector->suffix, single ? "32" : "64",
                    (unsigned long long)formula->integer);
}

static const char *sign_of(const struct printer *p, enum formula_op op)
{
    static const char *const signs[] = {
        "|", "&", "|", "^", "&", "==", "!=", "<", "<=", ">", ">=", "<<", ">>", "+", "-", "*", "/"};
    _Static_assert(sizeof signs / sizeof *signs == FORMULA_REM, "one sign for each but %");
    ADC_INVARIANT(op < FORMULA_REM, p->vector->graph);
    return signs[op];
}

/* A comparison has the compiler's own type of mask. */
static void put_binary(struct printer *p, const struct formula *formula)
{
    bool comparison = formula->op >= FORMULA_EQ && formula->op <= FORMULA_GE;
    if (comparison) adc_text_format(p->out, "(%s)", p->vector->masks);
    adc_text_add(p->out, "(");
    put(p, formula->child[0]);
    adc_text_format(p->out, " %s ", sign_of(p, formula->op));
    put(p, formula->child[1]);
    adc_text_add(p->out, ")");
}

static void put_select(struct printer *p, bool bits)
{
    c_vector_use(p->vector, bits ? C_SELECT_BITS : C_SELECT);
    adc_text_format(p->out, "select%s%s(", bits ? "_bits" : "", p->vector->suffix);
}

/* Numbers or variables alone: what stands in several places is not computed twice. */
static bool same(const struct formula *a, const struct formula *b)
{
    if (a->kind != b->kind) return false;
    return a->kind == FORMULA_VARIABLE ? a->slot == b->slot
                                       : a->kind == FORMULA_NUMBER && !strcmp(a->text, b->text);
}

/* a < b ? a : b, with one of the two signs, and either arm first. */
static bool put_extreme(struct printer *p, const struct formula *choice)
{
    const struct formula *test = choice->child[0];
    if (test->kind != FORMULA_BINARY || (test->op != FORMULA_LT && test->op != FORMULA_GT))
        return false;
    bool crossed = same(test->child[0], choice->child[2]) && same(test->child[1], choice->child[1]);
    if (!crossed &&
        !(same(test->child[0], choice->child[1]) && same(test->child[1], choice->child[2])))
        return false;
    bool less = (test->op == FORMULA_LT) != crossed;
    c_vector_use(p->vector, less ? C_LESS : C_GREATER);
    adc_text_format(p->out, "%s%s(", less ? "less" : "greater", p->vector->suffix);
    put(p, choice->child[1]);
    adc_text_add(p->out, ", ");
    put(p, choice->child[2]);
    adc_text_add(p->out, ")");
    return true;
}

static void put_choice(struct printer *p, const struct formula *formula)
{
    enum formula_type type = type_of(p, formula);
    ADC_INVARIANT(type != FORMULA_BOOL, p->vector->graph);
    if (type == FORMULA_REAL && put_extreme(p, formula)) return;
    put_select(p, type == FORMULA_BITS);
    for (unsigned i = 0; i < 3; i++) {
        put(p, formula->child[i]);
        adc_text_add(p->out, i < 2 ? ", " : ")");
    }
}

static void put_converted(struct printer *p, const char *type, const struct formula *formula)
{
    adc_text_format(p->out, "(%s)", type);
    put(p, formula);
}

/* From a table that stands before the function. */
static void put_pick(struct printer *p, const struct formula *formula)
{
    ADC_INVARIANT(p->vector->type == ADC_F64, p->vector->graph);
    c_vector_use(p->vector, C_PICK);
    adc_text_format(p->out, "pick%s(", p->vector->suffix);
    put(p, formula->child[0]);
    adc_text_format(p->out, ", %s_table%u%s)", p->name, formula->slot + 1, p->vector->suffix);
}

static void put(struct printer *p, const struct formula *formula)
{
    switch (formula->kind) {
    case FORMULA_NUMBER: put_constant(p, formula->text); return;
    case FORMULA_INTEGER: put_integer(p, formula); return;
    case FORMULA_HUGE: put_limit(p, "HUGE_VAL"); return;
    case FORMULA_NAN: put_limit(p, "NAN"); return;
    case FORMULA_VARIABLE: adc_text_add(p->out, p->function->name[formula->slot]); return;
    case FORMULA_NEGATE:
        adc_text_add(p->out, "-");
        put(p, formula->child[0]);
        return;
    case FORMULA_NOT:
        adc_text_add(p->out, "~");
        put(p, formula->child[0]);
        return;
    case FORMULA_CAST: put(p, formula->child[0]); return; /* of infinity to REAL */
    case FORMULA_BINARY: put_binary(p, formula); return;
    case FORMULA_CHOICE: put_choice(p, formula); return;
    case FORMULA_CALL: put_library_call(p, formula); return;
    case FORMULA_VMATH:
        put_call(p, adc_vmath_name((unsigned)formula->integer), formula->child[0]);
        return;
    case FORMULA_PICK: put_pick(p, formula); return;
    case FORMULA_BITS_OF: put_converted(p, p->vector->bits, formula->child[0]); return;
    case FORMULA_REAL_OF: put_converted(p, p->vector->reals, formula->child[0]); return;
    case FORMULA_SIZEOF:
    case FORMULA_ADDRESS:
    case FORMULA_HELPER:
    case FORMULA_ASSIGN:
    case FORMULA_COPY_BITS:
    case FORMULA_DECLARE:
    case FORMULA_EVALUATE:
    case FORMULA_IF:
    case FORMULA_FOR:
    case FORMULA_RETURN: break;
    }
    ADC_INVARIANT(false, p->vector->graph);
}

/* --------------------------------------------------------------------------- statements */

static void put_line(struct printer *p, const char *start)
{
    adc_text_format(p->out, "%s%s", p->mask ? "        " : "    ", start);
}

static void put_declaration(struct printer *p, const struct formula *statement)
{
    const char *type = type_name(p->vector, statement->type);
    p->type[statement->slot] = statement->type;
    put_line(p, p->function->assigned[statement->slot] ? "" : "const ");
    adc_text_format(p->out, "%s %s", type, p->function->name[statement->slot]);
    ADC_INVARIANT(statement->child[0], p->vector->graph);
    adc_text_add(p->out, " = ");
    put(p, statement->child[0]);
    adc_text_add(p->out, ";\n");
}

static void put_assignment(struct printer *p, const struct formula *assign)
{
    ADC_INVARIANT(assign->kind == FORMULA_ASSIGN, p->vector->graph);
    bool bits = p->type[assign->slot] == FORMULA_BITS;
    put_line(p, "");
    adc_text_format(p->out, "%s = ", p->function->name[assign->slot]);
    if (p->mask) {
        put_select(p, bits);
        adc_text_format(p->out, "%s, ", p->mask);
    }
    put(p, assign->child[0]);
    if (p->mask) adc_text_format(p->out, ", %s)", p->function->name[assign->slot]);
    adc_text_add(p->out, ";\n");
}

static void put_statement(struct printer *p, const struct formula *statement)
{
    switch (statement->kind) {
    case FORMULA_DECLARE: put_declaration(p, statement); return;
    case FORMULA_EVALUATE: put_assignment(p, statement->child[0]); return;
    case FORMULA_RETURN:
        put_line(p, "return ");
        put(p, statement->child[0]);
        adc_text_add(p->out, ";\n");
        return;
    case FORMULA_IF:
        ADC_INVARIANT(!p->mask && !statement->child[2], p->vector->graph);
        c_vector_use(p->vector, C_ANY);
        adc_text_format(p->out, "    const %s asked = ", p->vector->masks);
        put(p, statement->child[0]);
        adc_text_format(p->out, ";\n    if (any%s(asked)) {\n", p->vector->suffix);
        p->mask = "asked";
        for (const struct formula *at = statement->child[1]; at; at = at->next)
            put_statement(p, at);
        p->mask = NULL;
        adc_text_add(p->out, "    }\n");
        return;
    default: ADC_INVARIANT(false, p->vector->graph); /* no loops, no expressions */
    }
}

/* ------------------------------------------------------------------------------- basics */

/* $S the suffix, $R $B $M the types, $r $b the types of one lane, $A all bits but the sign, $E and
 * $F the width's sqrt of the library and of the machine, $G the library's fma, $l the lanes that a
 * register of AArch64 has, $p the end of its instructions and $m all lanes in those of 512 bits.
 * Those that others call come first. */
static const char *const basics[C_BASIC_COUNT] = {
    /* A difference that Clang is told to watch for exceptions is none that it computes itself. */
    [C_ALL] = "static inline $R all$S($r x)\n{\n"
              "#if defined(__clang__)\n"
              "    $R v = {0};\n"
              "    for (unsigned i = 0; i < sizeof v / sizeof v[0]; i++) v[i] = x;\n"
              "    return v;\n"
              "#else\n"
              "    return x - ($R){0};\n"
              "#endif\n}\n\n",
    [C_ALL_BITS] = "static inline $B all_bits$S($b x)\n{\n    return x + ($B){0};\n}\n\n",
    [C_SELECT] = "static inline $R select$S($M mask, $R a, $R b)\n{\n"
                 "    return ($R)((mask & ($M)a) | (~mask & ($M)b));\n}\n\n",
    [C_LESS] = "static inline $R less$S($R a, $R b)\n{\n"
               "#if defined(AVX512__) && defined(__clang__)\n"
               "    return __builtin_ia32_min$p512(a, b, 4);\n"
               "#elif defined(AVX512__)\n"
               "    return __builtin_ia32_min$p512_mask(a, b, a, $m, 4);\n"
               "#elif defined(AVX__)\n"
               "    return __builtin_ia32_min$p256(a, b);\n"
               "#else\n"
               "    return select$S(($M)(a < b), a, b);\n"
               "#endif\n}\n\n",
    [C_GREATER] = "static inline $R greater$S($R a, $R b)\n{\n"
                  "#if defined(AVX512__) && defined(__clang__)\n"
                  "    return __builtin_ia32_max$p512(a, b, 4);\n"
                  "#elif defined(AVX512__)\n"
                  "    return __builtin_ia32_max$p512_mask(a, b, a, $m, 4);\n"
                  "#elif defined(AVX__)\n"
                  "    return __builtin_ia32_max$p256(a, b);\n"
                  "#else\n"
                  "    return select$S(($M)(a > b), a, b);\n"
                  "#endif\n}\n\n",
    [C_SELECT_BITS] = "static inline $B select_bits$S($M mask, $B a, $B b)\n{\n"
                      "    return (($B)mask & a) | (~($B)mask & b);\n}\n\n",
    /* Clang makes one instruction of the first form, GCC many; the second takes a few. */
    [C_ANY] =
        "static inline bool any$S($M mask)\n{\n"
        "#if defined(__clang__)\n"
        "    bool any = false;\n"
        "    for (unsigned i = 0; i < sizeof mask / sizeof mask[0]; i++) any |= mask[i] != 0;\n"
        "    return any;\n"
        "#else\n"
        "    typedef int64_t pair __attribute__((vector_size(16)));\n"
        "    const union {\n        $M mask;\n"
        "        pair pairs[sizeof mask / sizeof(pair)];\n    } parts = {mask};\n"
        "    pair any = {0};\n"
        "    for (unsigned i = 0; i < sizeof mask / sizeof any; i++) any |= parts.pairs[i];\n"
        "    return (any[0] | any[1]) != 0;\n"
        "#endif\n}\n\n",
    [C_FABS] = "static inline $R fabs$S($R x)\n{\n    return ($R)(($B)x & all_bits$S($A));\n}\n\n",
    [C_COPYSIGN] =
        "static inline $R copysign$S($R x, $R sign)\n{\n"
        "    return ($R)((($B)x & all_bits$S($A)) | (($B)sign & ~all_bits$S($A)));\n}\n\n",
    /* The library's may set errno, one number after the other: the instruction, by pairs. */
    [C_SQRT] = "#if !defined(__has_builtin)\n#define __has_builtin(name) 0\n#endif\n"
               "static inline $R sqrt$S($R x)\n{\n"
               "#if __has_builtin(__builtin_elementwise_sqrt)\n"
               "    return __builtin_elementwise_sqrt(x);\n"
               "#elif defined(__SSE2__)\n"
               "    typedef $r part __attribute__((vector_size(16)));\n"
               "    union {\n        $R x;\n        part parts[sizeof x / sizeof(part)];\n"
               "    } all = {x};\n"
               "    for (unsigned i = 0; i < sizeof x / sizeof(part); i++)\n"
               "        all.parts[i] = __builtin_ia32_$F(all.parts[i]);\n"
               "    return all.x;\n"
               "#else\n"
               "    for (unsigned i = 0; i < sizeof x / sizeof x[0]; i++) x[i] = $E(x[i]);\n"
               "    return x;\n"
               "#endif\n}\n\n",
    [C_FMA] = "/* a*b + c, rounded once on every machine, by the library where there is no "
              "instruction. */\n"
              "static inline $R fma$S($R a, $R b, $R c)\n{\n"
              "#if defined(AVX512__)\n"
              "    return __builtin_ia32_vfmadd$p512_mask(a, b, c, $m, 4);\n"
              "#elif defined(AVX__) && defined(__FMA__) && !(" C_OLD_CLANG ")\n"
              "    return __builtin_ia32_vfmadd$p256(a, b, c);\n"
              "#elif defined(__aarch64__)\n"
              "    __asm__(\"fmla %0.$l, %1.$l, %2.$l\" : \"+w\"(c) : \"w\"(a), \"w\"(b));\n"
              "    return c;\n"
              "#else\n"
              "    for (unsigned i = 0; i < sizeof a / sizeof a[0]; i++)\n"
              "        a[i] = $G(a[i], b[i], c[i]);\n"
              "    return a;\n"
              "#endif\n}\n\n",
    [C_PICK] =
        "/* Number k modulo 16 of the table. */\n"
        "static inline $R pick$S($B k, const $r *table)\n{\n"
        "#if defined(AVX512__)\n"
        "    $R low, high;\n"
        "    memcpy(&low, table, sizeof low);\n"
        "    memcpy(&high, table + 8, sizeof high);\n"
        "#if defined(__clang__)\n"
        "    typedef long long whole __attribute__((vector_size(sizeof low)));\n"
        "    return __builtin_ia32_vpermi2var$p512(low, (whole)k, high);\n"
        "#else\n"
        "    return __builtin_shuffle(low, high, ($M)k);\n"
        "#endif\n"
        "#else\n"
        "    $R v = {0};\n"
        "    for (unsigned i = 0; i < sizeof v / sizeof v[0]; i++) v[i] = table[k[i] & 15];\n"
        "    return v;\n"
        "#endif\n}\n\n"};

/* Where multiples of 1/16 need not be whole, as the instruction takes the integer below. */
static const char whole_at_once[] = "#if defined(AVX512__)\n    return n;\n#else\n";

/* y*2^n rounded once is what its two products are (vmath.def). */
static const char scale_at_once[] = "#if defined(AVX512__)\n"
                                    "    return __builtin_ia32_scalef$p512_mask(y, n, y, $m, 4);\n"
                                    "#else\n";

void c_vector_use(struct c_vector *vector, enum c_basic basic)
{
    vector->used[basic] = true;
    if (basic == C_LESS || basic == C_GREATER) vector->used[C_SELECT] = true;
    if (basic == C_FABS || basic == C_COPYSIGN) vector->used[C_ALL_BITS] = true;
}

static const char *text_of(const struct c_vector *vector, char letter)
{
    bool single = vector->type == ADC_F32;
    switch (letter) {
    case 'S': return vector->suffix;
    case 'R': return vector->reals;
    case 'B': return vector->bits;
    case 'M': return vector->masks;
    case 'r': return single ? "float" : "double";
    case 'b': return single ? "uint32_t" : "uint64_t";
    case 'A': return single ? "0x7fffffff" : "0x7fffffffffffffff";
    case 'E': return single ? "sqrtf" : "sqrt";
    case 'F': return single ? "sqrtps" : "sqrtpd";
    case 'G': return single ? "fmaf" : "fma";
    case 'l': return single ? "4s" : "2d";
    case 'p': return single ? "ps" : "pd";
    case 'm': return single ? "(unsigned short)-1" : "(unsigned char)-1";
    }
    ADC_INVARIANT(false, vector->graph);
    return "";
}

static void put_basic(const struct c_vector *vector, const char *text, struct adc_text *out)
{
    for (; *text; text++)
        if (*text == '$') adc_text_add(out, text_of(vector, *++text));
        else adc_text_put(out, text, 1);
}

static void put_table(const struct printer *p, const struct formula *pick)
{
    adc_text_format(p->out, "static const double %s_table%u%s[%d] __attribute__((aligned(64))) = {",
                    p->name, pick->slot + 1, p->vector->suffix, FORMULA_PICK_COUNT);
    unsigned i = 0;
    for (const struct formula *at = pick->child[1]; at; at = at->next, i++)
        adc_text_format(p->out, "%s%s,", i % 4 ? " " : "\n    ", at->text);
    adc_text_add(p->out, "\n};\n\n");
}

/* What the list, a body, picks from. */
static void put_tables(const struct printer *p, const struct formula *formula)
{
    for (; formula; formula = formula->next) {
        if (formula->kind == FORMULA_PICK) put_table(p, formula);
        for (unsigned i = 0; i < 3; i++) put_tables(p, formula->child[i]);
    }
}

/* The lines before the body, for machines that do it at once. */
static const char *at_once(const char *name)
{
    return strcmp(name, "scale") == 0   ? scale_at_once
           : strcmp(name, "whole") == 0 ? whole_at_once
                                        : NULL;
}

static void put_function(struct c_vector *vector, unsigned index, struct adc_text *out)
{
    struct printer p = {.vector = vector, .function = read(vector, index), .out = out};
    const struct formula_function *function = p.function;
    p.name = adc_vmath_name(index);
    put_tables(&p, function->body);
    adc_text_format(out, "static inline %s %s%s(", type_name(vector, function->result), p.name,
                    vector->suffix);
    for (unsigned i = 0; i < function->parameter_count; i++) {
        p.type[i] = function->parameter[i];
        adc_text_format(out, "%s%s %s", i ? ", " : "", type_name(vector, p.type[i]),
                        function->name[i]);
    }
    adc_text_add(out, ")\n{\n");
    const char *lines = at_once(p.name);
    if (lines) put_basic(vector, lines, out);
    for (const struct formula *at = function->body; at; at = at->next) put_statement(&p, at);
    adc_text_add(out, lines ? "#endif\n}\n\n" : "}\n\n");
}

/* Functions first, into a text of their own, since they tell which basics they need. */
void c_vector_put(struct c_vector *vector, struct adc_text *out)
{
    struct adc_text functions;
    adc_text_init(&functions, vector->arena);
    for (unsigned i = 0; adc_vmath_text(i, false); i++)
        if (vector->needed[i]) put_function(vector, i, &functions);
    for (unsigned i = 0; i < C_BASIC_COUNT; i++)
        if (vector->used[i]) put_basic(vector, basics[i], out);
    if (functions.count) adc_text_put(out, functions.data, functions.count);
}
