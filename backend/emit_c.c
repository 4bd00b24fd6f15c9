/* The C emitter from the outside in: the files around the functions.
 *
 * Functions are written first, into a text of their own, since they decide which headers and
 * helpers the file needs. */
#include "backend/emit_c.h"

#include "backend/emit_c_lanes.h"

#include <string.h>

static void put_functions(struct c_unit *unit)
{
    for (size_t i = 0; i < unit->group_count; i++) {
        const struct c_group *group = &unit->groups[i];
        for (size_t j = 0; j < group->count; j++)
            c_put_product(unit, &unit->products[group->first + j]);
        c_put_group_functions(unit, group);
    }
}

/* GCC takes the option from a pragma. Clang's pragma gives way to -ffp-contract=fast, so where it
 * can, the target is said to have no fused operation at all. That would take AVX-512 away as well
 * and what sums over lanes fuse: for these, operations are said to be watched for exceptions, which
 * Clang leaves as they are written, at little cost to loops in lanes (it takes them for long, and
 * may not unroll all that it is asked to). Conditions of the program that exclude each other are
 * the user's affair. */
static void put_protection(bool lanes, struct adc_text *out)
{
    adc_text_add(
        out, "#if defined(__FAST_MATH__) && !defined(ADC_ALLOW_FAST_MATH)\n"
             "#error \"compile this file without -ffast-math, or define ADC_ALLOW_FAST_MATH\"\n"
             "#endif\n"
             "\n"
             "/* Products are rounded before they are added: the same numbers at every level of "
             "optimisation. */\n"
             "#if defined(__clang__)\n"
             "#pragma STDC FP_CONTRACT OFF\n"
             "#pragma clang diagnostic push\n"
             "#pragma clang diagnostic ignored \"-Wtautological-overlap-compare\"\n");
    if (lanes)
        adc_text_add(out, "#if defined(__FMA__) && !(" C_OLD_CLANG ")\n"
                          "#pragma clang fp exceptions(maytrap)\n"
                          "#pragma clang diagnostic ignored \"-Wpass-failed\"\n");
    adc_text_format(out, "#%s defined(__x86_64__) || defined(__i386__)\n", lanes ? "elif" : "if");
    adc_text_add(out, "#pragma clang attribute push(__attribute__((target(\"no-fma,no-fma4\"))), "
                      "apply_to = function)\n"
                      "#endif\n"
                      "#elif defined(__GNUC__)\n"
                      "#pragma GCC push_options\n"
                      "#pragma GCC optimize(\"fp-contract=off\")\n"
                      "#elif defined(_MSC_VER)\n"
                      "#pragma fp_contract(off)\n"
                      "#else\n"
                      "#pragma STDC FP_CONTRACT OFF\n"
                      "#endif\n\n");
}

static void put_protection_end(bool lanes, struct adc_text *out)
{
    adc_text_add(out, "#if defined(__clang__)\n"
                      "#pragma clang diagnostic pop\n"
                      "#endif\n");
    if (lanes)
        adc_text_add(out, "#if defined(__clang__) && defined(__FMA__) && !(" C_OLD_CLANG ")\n"
                          "#pragma clang fp exceptions(ignore)\n");
    adc_text_format(out,
                    "#%s defined(__clang__) && (defined(__x86_64__) || defined(__i386__))\n"
                    "#pragma clang attribute pop\n"
                    "#elif defined(__GNUC__) && !defined(__clang__)\n"
                    "#pragma GCC pop_options\n"
                    "#endif\n",
                    lanes ? "elif" : "if");
}

/* Clang joins functions of which it is told that they set no errno; the C library of GNU has sine
 * and cosine by one call with the bits that each has by itself. GCC joins them without a word. The
 * brackets keep <tgmath.h>, which the file may stand behind, from having its way. */
static void put_sines(const struct c_used *used, struct adc_text *out)
{
    bool both[] = {used->sines[0] && used->cosines[0], used->sines[1] && used->cosines[1]};
    if (!both[0] && !both[1]) return;
    adc_text_add(out, "/* Clang asks for sine and cosine of one number by one call then. */\n"
                      "#if defined(__clang__) && defined(__GLIBC__)\n");
    if (both[0])
        adc_text_add(out, "extern double (sin)(double) __attribute__((const));\n"
                          "extern double (cos)(double) __attribute__((const));\n");
    if (both[1])
        adc_text_add(out, "extern float (sinf)(float) __attribute__((const));\n"
                          "extern float (cosf)(float) __attribute__((const));\n");
    adc_text_add(out, "#endif\n\n");
}

static const char load_int[] = "/* Integers lie in the workspace byte by byte. */\n"
                               "static inline int64_t load_int__(const double *slot)\n{\n"
                               "    int64_t value;\n"
                               "    memcpy(&value, slot, sizeof value);\n"
                               "    return value;\n}\n\n";

static const char store_int[] = "static inline void store_int__(double *slot, int64_t value)\n{\n"
                                "    memcpy(slot, &value, sizeof value);\n}\n\n";

/* Parts are called once, so compilers would inline them into one function again, as long as the
 * program. */
static const char parts[] =
    "/* Part of a long function; left alone, so that time and stack of compilation stay small. */\n"
    "#if defined(__GNUC__)\n"
    "#define PART__ static __attribute__((noinline))\n"
    "#else\n"
    "#define PART__ static\n"
    "#endif\n\n";

static const char aligned[] = "/* The next place that vectors like. */\n"
                              "static inline double *aligned__(double *p)\n{\n"
                              "    const size_t behind = (size_t)((uintptr_t)p % 64);\n"
                              "    return behind ? p + (64 - behind) / sizeof *p : p;\n}\n\n";

static const char copied[] = "/* In front of a loop: n passes in a row. */\n"
                             "#if defined(__clang__)\n"
                             "#define COPIES__(n) PRAGMA__(clang loop unroll_count(n))\n"
                             "#elif defined(__GNUC__) && __GNUC__ >= 8\n"
                             "#define COPIES__(n) PRAGMA__(GCC unroll n)\n"
                             "#else\n"
                             "#define COPIES__(n)\n"
                             "#endif\n"
                             "#define PRAGMA__(text) _Pragma(#text)\n\n";

/* Functions that loops need in one of their forms; masks are chars. */
static const char quiet[] = "#if defined(__GNUC__)\n"
                            "#pragma GCC diagnostic push\n"
                            "#pragma GCC diagnostic ignored \"-Wunused-function\"\n"
                            "#pragma GCC diagnostic ignored \"-Wsign-conversion\"\n"
                            "#endif\n\n";
/* Compilers warn where such functions are called. */
static const char pairs[] =
    "#if defined(__GNUC__) /* ints beside floats are pairs of vectors, within this file alone */\n"
    "#pragma GCC diagnostic ignored \"-Wpsabi\"\n"
    "#endif\n\n";
static const char loud[] = "#if defined(__GNUC__)\n"
                           "#pragma GCC diagnostic pop\n"
                           "#endif\n\n";

/* The functions, with the file's own line numbers where a "#line 0" stands; `name` is the file. */
static void put_numbered(const struct adc_text *functions, const char *name, struct adc_text *out)
{
    uint32_t line = 1;
    for (size_t i = 0; i < out->count; i++) line += out->data[i] == '\n';
    for (const char *at = functions->data; *at; line++) {
        size_t length = strcspn(at, "\n") + 1;
        if (!strncmp(at, "#line 0\n", length)) {
            adc_text_format(out, "#line %u ", line + 1);
            c_put_string(name, out);
            adc_text_add(out, "\n");
        } else {
            adc_text_put(out, at, length);
        }
        at += length;
    }
}

/* "z.c" for "z.h". */
static const char *source_file(struct c_unit *unit)
{
    const char *header = unit->unit->header_name;
    size_t length = strlen(header);
    if (length > 2 && header[length - 2] == '.') length -= 2;
    struct adc_text text;
    adc_text_init(&text, unit->arena);
    adc_text_format(&text, "%.*s.c", (int)length, header);
    return text.data;
}

static void put_layout_functions(struct adc_text *out)
{
    adc_text_format(out,
                    "/* `size` times `length`; 0 for a negative length, SIZE_MAX for more than "
                    "there can be. */\n%s\n"
                    "/* `size` and room for that many bytes more, up to a multiple of a double. "
                    "*/\n%s\n",
                    c_extent_text, c_room_text);
}

static void put_source(struct c_unit *unit, const struct adc_text *functions, struct adc_text *out)
{
    struct adc_text helpers, lanes;
    adc_text_init(&helpers, unit->arena);
    adc_text_init(&lanes, unit->arena);
    bool vectors = unit->used.lanes[0] || unit->used.lanes[1];
    if (vectors) c_lanes_put_texts(unit, &lanes);
    c_put_helpers(unit, &helpers);
    const struct c_used *used = &unit->used;
    adc_text_add(out, "/* Generated by adc from ");
    c_put_comment(unit->unit->source_name, " ", out);
    adc_text_format(out, ". C99. */\n#include \"%s\"\n\n", unit->unit->header_name);
    if (used->math) adc_text_add(out, "#include <math.h>\n");
    bool memory = vectors || used->chunks || used->load_int || used->store_int ||
                  strstr(helpers.data, "memcpy");
    bool integer = memory || used->integer || vectors || strstr(helpers.data, "int64_t");
    bool boolean = used->boolean || vectors || strstr(helpers.data, "bool");
    if (boolean) adc_text_add(out, "#include <stdbool.h>\n");
    if (integer) adc_text_add(out, "#include <stdint.h>\n");
    if (used->stdlib) adc_text_add(out, "#include <stdlib.h>\n");
    if (memory) adc_text_add(out, "#include <string.h>\n");
    if (used->math || boolean || integer || used->stdlib) adc_text_add(out, "\n");
    if (used->chunks) adc_text_add(out, "#if defined(_OPENMP)\n#include <omp.h>\n#endif\n\n");
    put_sines(used, out);
    if (unit->group_count) put_protection(vectors, out);
    if (used->parts) adc_text_add(out, parts);
    if (used->load_int) adc_text_add(out, load_int);
    if (used->store_int) adc_text_add(out, store_int);
    if (used->layout) put_layout_functions(out);
    if (used->aligned) adc_text_add(out, aligned);
    if (used->copies) adc_text_add(out, copied);
    if (used->chunks) c_put_team_helpers(out);
    if (used->lanes[1]) adc_text_add(out, pairs);
    if (vectors) adc_text_add(out, quiet);
    adc_text_add(out, helpers.data);
    adc_text_add(out, lanes.data);
    if (vectors) adc_text_add(out, loud);
    if (unit->unit->line_directives) put_numbered(functions, source_file(unit), out);
    else adc_text_put(out, functions->data, functions->count);
    if (unit->group_count) put_protection_end(vectors, out);
}

/* As it is in a macro. */
static void put_upper(struct adc_text *out, const char *text)
{
    for (; *text; text++) {
        bool lower = *text >= 'a' && *text <= 'z';
        bool kept = lower || (*text >= 'A' && *text <= 'Z') || (*text >= '0' && *text <= '9');
        char c = lower ? (char)(*text - 'a' + 'A') : kept ? *text : '_';
        adc_text_put(out, &c, 1);
    }
}

/* ADC_Z_H_F for "z.h" whose first function is f: files of one name in two folders of a program do
 * not export the same, so their headers may stand in one source. */
static const char *guard_of(struct c_unit *unit)
{
    const struct emit_c_unit *request = unit->unit;
    struct adc_text guard;
    adc_text_init(&guard, unit->arena);
    adc_text_add(&guard, "ADC_");
    const char *base = strrchr(request->header_name, '/');
    put_upper(&guard, base ? base + 1 : request->header_name);
    adc_text_add(&guard, "_");
    put_upper(&guard, request->prefix);
    if (request->count) put_upper(&guard, request->programs[0]->function->name->text);
    return guard.data;
}

static void init_unit(struct c_unit *unit)
{
    unsigned helpers = 0;
    while (adc_helper_text(helpers)) helpers++;
    unit->used.operators = adc_arena_array(unit->arena, ADC_OP_COUNT, sizeof *unit->used.operators);
    unit->used.helpers = adc_arena_array(unit->arena, helpers, sizeof *unit->used.helpers);
    for (unsigned single = 0; single < 2; single++) {
        unit->used.lane_operators[single] = ADC_NEW_ARRAY(unit->arena, uint8_t, ADC_OP_COUNT);
        unit->used.lane_helpers[single] = ADC_NEW_ARRAY(unit->arena, uint8_t, helpers);
    }
    adc_text_init(&unit->statement, unit->arena);
    adc_text_init(&unit->remark, unit->arena);
    unit->guard = guard_of(unit);
}

bool emit_c(const struct emit_c_unit *request, struct adc_text *source, struct adc_text *header,
            struct adc_text *manifest)
{
    struct c_unit unit;
    struct adc_text functions;
    if (!c_unit_prepare(&unit, request)) return false;
    adc_text_init(&functions, request->arena);
    unit.out = &functions;
    init_unit(&unit);
    put_functions(&unit);
    put_source(&unit, &functions, source);
    c_put_header(&unit, header);
    if (manifest) c_put_manifest(&unit, manifest);
    return true;
}
