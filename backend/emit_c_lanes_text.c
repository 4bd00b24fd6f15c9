/* What generated C knows of vectors: the number of lanes, types, and functions for memory, masks
 * and sums. A function that does more than one operation of C has a general form, a loop over the
 * lanes, and one with the instructions of the target where compilers do not find these themselves.
 *
 * Sums of lanes are made in halves: lane i and lane i + LANES__/2 first. */
#include "backend/emit_c_lanes.h"

#include <string.h>

/* Clang before 14 is told not to have FMA (emit_c.c), and without it has no AVX-512 either. With
 * SSE2 alone GCC breaks down over selections, for want of comparisons of long integers; loops stay
 * scalar then by all compilers, so that code for any processor computes the same numbers. $ is the
 * most that was asked for. */
static const char widths[] =
    "#if defined(__AVX512F__) && defined(__GNUC__) && !(" C_OLD_CLANG ") && $ >= 8\n"
    "#define LANES__ 8\n"
    "#elif defined(__AVX__) && defined(__GNUC__) && $ >= 4\n"
    "#define LANES__ 4\n"
    "#elif defined(__GNUC__) && (defined(__SSE4_2__) || defined(__aarch64__))\n"
    "#define LANES__ 2\n"
    "#endif\n";

static const char types[] = "#if defined(LANES__)\n"
                            "#if LANES__ == 8\n"
                            "#define AVX512__\n"
                            "#elif LANES__ == 4 && defined(__AVX__)\n"
                            "#define AVX__\n"
                            "#endif\n"
                            "#if defined(__clang__)\n"
                            "#define UNROLL__ _Pragma(\"unroll\")\n"
                            "#else\n"
                            "#define UNROLL__ _Pragma(\"GCC unroll 8\")\n"
                            "#endif\n";

static const char types_of_double[] =
    "\n"
    "typedef double vd__ __attribute__((vector_size(LANES__ * 8), may_alias));\n"
    "typedef int64_t vi__ __attribute__((vector_size(LANES__ * 8), may_alias));\n"
    "typedef uint64_t vu__ __attribute__((vector_size(LANES__ * 8), may_alias));\n"
    "#define ALL__ (~(vi__){0})\n";

/* Ints are as wide as ever, and so two vectors of the target. */
static const char types_of_float[] =
    "\n"
    "#define LANESF__ (2 * LANES__)\n"
    "typedef float vf__ __attribute__((vector_size(LANES__ * 8), may_alias));\n"
    "typedef int32_t mf__ __attribute__((vector_size(LANES__ * 8), may_alias));\n"
    "typedef uint32_t bf__ __attribute__((vector_size(LANES__ * 8), may_alias));\n"
    "typedef int64_t nf__ __attribute__((vector_size(LANES__ * 16), aligned(LANES__ * 8), "
    "may_alias));\n"
    "typedef uint64_t wf__ __attribute__((vector_size(LANES__ * 16), aligned(LANES__ * 8), "
    "may_alias));\n"
    "#define ALLF__ (~(mf__){0})\n"
    "#define PAIR__ __attribute__((always_inline))\n";

static const char long_type[] =
    "typedef long long vl__ __attribute__((vector_size(LANES__ * 8)));\n\n";

/* to[0], to[1] of two vectors a, b of pairs. */
#define PARTED                                              \
    "#if LANES__ == 8\n"                                    \
    "    to[0] = MIX__(a, b, 0, 2, 4, 6, 8, 10, 12, 14);\n" \
    "    to[1] = MIX__(a, b, 1, 3, 5, 7, 9, 11, 13, 15);\n" \
    "#elif LANES__ == 4\n"                                  \
    "    to[0] = MIX__(a, b, 0, 2, 4, 6);\n"                \
    "    to[1] = MIX__(a, b, 1, 3, 5, 7);\n"                \
    "#else\n"                                               \
    "    to[0] = MIX__(a, b, 0, 2);\n"                      \
    "    to[1] = MIX__(a, b, 1, 3);\n"                      \
    "#endif\n"

/* A later function may need earlier ones. */
static const struct {
    const char *name, *text;
} table[] = {
    {"splat__", "static inline vd__ splat__(double x)\n{\n"
                "#if defined(__clang__)\n"
                "    vd__ v = {0};\n"
                "    for (int i = 0; i < LANES__; i++) v[i] = x;\n"
                "    return v;\n"
                "#else\n"
                "    return x - (vd__){0};\n"
                "#endif\n}\n\n"},
    {"splat_int__", "static inline vi__ splat_int__(int64_t x)\n{\n"
                    "    return x + (vi__){0};\n}\n\n"},
    {"splat_bool__", "static inline vi__ splat_bool__(bool x)\n{\n"
                     "    return -(int64_t)x + (vi__){0};\n}\n\n"},
    {"series__", "/* first, first + step, ... */\n"
                 "static inline vi__ series__(int64_t first, int64_t step)\n{\n"
                 "    vu__ v = {0};\n"
                 "    for (int i = 0; i < LANES__; i++) v[i] = (uint64_t)i * (uint64_t)step;\n"
                 "    return (vi__)(v + (uint64_t)first);\n}\n\n"},
    {"first__", "/* The first lanes, as many as are left. */\n"
                "static inline vi__ first__(int64_t left)\n{\n"
                "    vi__ v = {0};\n"
                "    for (int i = 0; i < LANES__; i++) v[i] = i;\n"
                "    return (vi__)(v < left - (vi__){0});\n}\n\n"},
    {"mask__", "#if defined(AVX512__)\n"
               "static inline unsigned char mask__(vi__ m)\n{\n"
               "    return (unsigned char)__builtin_ia32_cmpq512_mask((vl__)m, (vl__){0}, 4, "
               "(unsigned char)-1);\n}\n"
               "#endif\n\n"},
    {"any__", "static inline bool any__(vi__ m)\n{\n"
              "#if defined(AVX512__)\n"
              "    return mask__(m) != 0;\n"
              "#elif defined(AVX__)\n"
              "    return __builtin_ia32_ptestz256((vl__)m, (vl__)m) == 0;\n"
              "#else\n"
              "    int64_t any = 0;\n"
              "    for (int i = 0; i < LANES__; i++) any |= m[i];\n"
              "    return any != 0;\n"
              "#endif\n}\n\n"},
    {"all__", "static inline bool all__(vi__ m)\n{\n"
              "    return !any__(~m);\n}\n\n"},
    {"select__", "/* m ? a : b */\n"
                 "static inline vd__ select__(vi__ m, vd__ a, vd__ b)\n{\n"
                 "    return (vd__)((m & (vi__)a) | (~m & (vi__)b));\n}\n\n"},
    {"select_int__", "static inline vi__ select_int__(vi__ m, vi__ a, vi__ b)\n{\n"
                     "    return (m & a) | (~m & b);\n}\n\n"},
    {"select_mask__", "static inline vi__ select_mask__(vi__ m, vi__ a, vi__ b)\n{\n"
                      "    return (m & a) | (~m & b);\n}\n\n"},
    {"equal__", ""}, /* of float alone, as is the next */
    {"less__", ""},
    {"add_where__", "/* a + b where m, else a */\n"
                    "static inline vd__ add_where__(vd__ a, vd__ b, vi__ m)\n{\n"
                    "#if defined(AVX512__) && !defined(__clang__)\n"
                    "    return __builtin_ia32_addpd512_mask(a, b, a, mask__(m), 4);\n"
                    "#else\n"
                    "    return select__(m, a + b, a);\n"
                    "#endif\n}\n\n"},
    {"less_where__", "/* a - b where m, else a */\n"
                     "static inline vd__ less_where__(vd__ a, vd__ b, vi__ m)\n{\n"
                     "#if defined(AVX512__) && !defined(__clang__)\n"
                     "    return __builtin_ia32_subpd512_mask(a, b, a, mask__(m), 4);\n"
                     "#else\n"
                     "    return select__(m, a - b, a);\n"
                     "#endif\n}\n\n"},
    {"fma__", "/* a*b + c, rounded once where the target can: into sums alone. */\n"
              "static inline vd__ fma__(vd__ a, vd__ b, vd__ c)\n{\n"
              "#if defined(AVX512__)\n"
              "    return __builtin_ia32_vfmaddpd512_mask(a, b, c, (unsigned char)-1, 4);\n"
              "#elif defined(AVX__) && defined(__FMA__) && !(" C_OLD_CLANG ")\n"
              "    return __builtin_ia32_vfmaddpd256(a, b, c);\n"
              "#else\n"
              "    return c + a*b;\n"
              "#endif\n}\n\n"},
    {"fma_where__",
     "/* a*b + c where m, else c: what is masked is -0, which changes no sum. Clang makes two\n"
     "   instructions of a masked one. */\n"
     "static inline vd__ fma_where__(vd__ a, vd__ b, vd__ c, vi__ m)\n{\n"
     "#if defined(AVX512__) && !defined(__clang__)\n"
     "    return __builtin_ia32_vfmaddpd512_mask3(a, b, c, mask__(m), 4);\n"
     "#else\n"
     "    return fma__(select__(m, a, (vd__){0}), select__(m, b, splat__(-0.0)), c);\n"
     "#endif\n}\n\n"},
    {"load_all__", "static inline vd__ load_all__(const double *p)\n{\n"
                   "    vd__ v;\n"
                   "    memcpy(&v, p, sizeof v);\n"
                   "    return v;\n}\n\n"},
    {"store_all__", "static inline void store_all__(double *p, vd__ v)\n{\n"
                    "    memcpy(p, &v, sizeof v);\n}\n\n"},
    {"add_all__", "static inline void add_all__(double *p, vd__ v)\n{\n"
                  "    store_all__(p, load_all__(p) + v);\n}\n\n"},
    {"gather_all__",
     "/* p[0], p[step], ... */\n"
     "static inline vd__ gather_all__(const double *p, int64_t step)\n{\n"
     "#if LANES__ == 8\n"
     "    return (vd__){p[0], p[step], p[2 * step], p[3 * step], p[4 * step], p[5 * step],\n"
     "        p[6 * step], p[7 * step]};\n"
     "#elif LANES__ == 4\n"
     "    return (vd__){p[0], p[step], p[2 * step], p[3 * step]};\n"
     "#else\n"
     "    return (vd__){p[0], p[step]};\n"
     "#endif\n}\n\n"},
    {"load__",
     "/* Elements from p on; 0 for lanes that are not asked for, which touch no memory. */\n"
     "static inline vd__ load__(const double *p, vi__ m)\n{\n"
     "#if defined(AVX512__)\n"
     "    return __builtin_ia32_loadupd512_mask(p, (vd__){0}, mask__(m));\n"
     "#elif defined(AVX__)\n"
     "    return __builtin_ia32_maskloadpd256((const vd__ *)(const void *)p, (vl__)m);\n"
     "#else\n"
     "    vd__ v = {0};\n"
     "    for (int i = 0; i < LANES__; i++)\n"
     "        if (m[i]) v[i] = p[i];\n"
     "    return v;\n"
     "#endif\n}\n\n"},
    {"store__", "static inline void store__(double *p, vd__ v, vi__ m)\n{\n"
                "#if defined(AVX512__)\n"
                "    __builtin_ia32_storeupd512_mask(p, v, mask__(m));\n"
                "#elif defined(AVX__)\n"
                "    __builtin_ia32_maskstorepd256((vd__ *)(void *)p, (vl__)m, v);\n"
                "#else\n"
                "    for (int i = 0; i < LANES__; i++)\n"
                "        if (m[i]) p[i] = v[i];\n"
                "#endif\n}\n\n"},
    {"add__", "static inline void add__(double *p, vd__ v, vi__ m)\n{\n"
              "    store__(p, load__(p, m) + v, m);\n}\n\n"},
    {"gather__", "/* p[0], p[step], ... */\n"
                 "static inline vd__ gather__(const double *p, int64_t step, vi__ m)\n{\n"
                 "    vd__ v = {0};\n"
                 "    for (int i = 0; i < LANES__; i++)\n"
                 "        if (m[i]) v[i] = p[i * step];\n"
                 "    return v;\n}\n\n"},
    {"next_int__", "static inline vi__ next_int__(const int64_t *p)\n{\n"
                   "    vi__ v;\n"
                   "    memcpy(&v, p, sizeof v);\n"
                   "    return v;\n}\n\n"},
    {"next_i32__", "static inline vi__ next_i32__(const int32_t *p)\n{\n"
                   "    typedef int32_t half __attribute__((vector_size(LANES__ * 4)));\n"
                   "    half v;\n"
                   "    memcpy(&v, p, sizeof v);\n"
                   "    return __builtin_convertvector(v, vi__);\n}\n\n"},
    {"gather_int__", "static inline vi__ gather_int__(const int64_t *p, int64_t step, vi__ m)\n{\n"
                     "    vi__ v = {0};\n"
                     "    for (int i = 0; i < LANES__; i++)\n"
                     "        if (m[i]) v[i] = p[i * step];\n"
                     "    return v;\n}\n\n"},
    {"gather_i32__", "static inline vi__ gather_i32__(const int32_t *p, int64_t step, vi__ m)\n{\n"
                     "    vi__ v = {0};\n"
                     "    for (int i = 0; i < LANES__; i++)\n"
                     "        if (m[i]) v[i] = p[i * step];\n"
                     "    return v;\n}\n\n"},
    {"gather_bool__", "static inline vi__ gather_bool__(const bool *p, int64_t step, vi__ m)\n{\n"
                      "    vi__ v = {0};\n"
                      "    for (int i = 0; i < LANES__; i++)\n"
                      "        if (m[i]) v[i] = -(int64_t)p[i * step];\n"
                      "    return v;\n}\n\n"},
    {"pick__", "/* p[at] */\n"
               "static inline vd__ pick__(const double *p, vi__ at, vi__ m)\n{\n"
               "#if defined(AVX512__)\n"
               "    return __builtin_ia32_gatherdiv8df((vd__){0}, p, (vl__)at, mask__(m), 8);\n"
               "#else\n"
               "    vd__ v = {0};\n"
               "    for (int i = 0; i < LANES__; i++)\n"
               "        if (m[i]) v[i] = p[at[i]];\n"
               "    return v;\n"
               "#endif\n}\n\n"},
    {"pick_int__", "static inline vi__ pick_int__(const int64_t *p, vi__ at, vi__ m)\n{\n"
                   "    vi__ v = {0};\n"
                   "    for (int i = 0; i < LANES__; i++)\n"
                   "        if (m[i]) v[i] = p[at[i]];\n"
                   "    return v;\n}\n\n"},
    {"pick_i32__", "static inline vi__ pick_i32__(const int32_t *p, vi__ at, vi__ m)\n{\n"
                   "    vi__ v = {0};\n"
                   "    for (int i = 0; i < LANES__; i++)\n"
                   "        if (m[i]) v[i] = p[at[i]];\n"
                   "    return v;\n}\n\n"},
    {"pick_bool__", "static inline vi__ pick_bool__(const bool *p, vi__ at, vi__ m)\n{\n"
                    "    vi__ v = {0};\n"
                    "    for (int i = 0; i < LANES__; i++)\n"
                    "        if (m[i]) v[i] = -(int64_t)p[at[i]];\n"
                    "    return v;\n}\n\n"},
    {"scatter__", "static inline void scatter__(double *p, int64_t step, vd__ v, vi__ m)\n{\n"
                  "    for (int i = 0; i < LANES__; i++)\n"
                  "        if (m[i]) p[i * step] = v[i];\n}\n\n"},
    {"scatter_int__",
     "static inline void scatter_int__(int64_t *p, int64_t step, vi__ v, vi__ m)\n{\n"
     "    for (int i = 0; i < LANES__; i++)\n"
     "        if (m[i]) p[i * step] = v[i];\n}\n\n"},
    {"set_int_at__", "static inline void set_int_at__(int64_t *p, vi__ at, vi__ v, vi__ m)\n{\n"
                     "    for (int i = 0; i < LANES__; i++)\n"
                     "        if (m[i]) p[at[i]] = v[i];\n}\n\n"},
    {"add_apart__", "static inline void add_apart__(double *p, int64_t step, vd__ v, vi__ m)\n{\n"
                    "    for (int i = 0; i < LANES__; i++)\n"
                    "        if (m[i]) p[i * step] += v[i];\n}\n\n"},
    {"add_at__", "/* One lane after the other: they may meet. */\n"
                 "static inline void add_at__(double *p, vi__ at, vd__ v, vi__ m)\n{\n"
                 "    for (int i = 0; i < LANES__; i++)\n"
                 "        if (m[i]) p[at[i]] += v[i];\n}\n\n"},
    {"set_at__", "static inline void set_at__(double *p, vi__ at, vd__ v, vi__ m)\n{\n"
                 "    for (int i = 0; i < LANES__; i++)\n"
                 "        if (m[i]) p[at[i]] = v[i];\n}\n\n"},
    {"MIX__", "#if defined(__clang__)\n"
              "#define MIX__(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)\n"
              "#else\n"
              "#define MIX__(a, b, ...) __builtin_shuffle(a, b, (vi__){__VA_ARGS__})\n"
              "#endif\n\n"},
    {"sum__", "/* In halves: lanes i and i + LANES__/2 first. Halves are vectors of their own, as "
              "adding those\n"
              "   takes half the time. */\n"
              "static inline double sum__(vd__ v)\n{\n"
              "#if LANES__ > 2\n"
              "    typedef double half __attribute__((vector_size(sizeof(vd__) / 2)));\n"
              "    const union {\n"
              "        vd__ all;\n"
              "        half part[2];\n"
              "    } halves = {v};\n"
              "    const half s = halves.part[0] + halves.part[1];\n"
              "#else\n"
              "    const vd__ s = v;\n"
              "#endif\n"
              "#if LANES__ == 8\n"
              "    typedef double quarter __attribute__((vector_size(sizeof(vd__) / 4)));\n"
              "    const union {\n"
              "        half all;\n"
              "        quarter part[2];\n"
              "    } quarters = {s};\n"
              "    const quarter t = quarters.part[0] + quarters.part[1];\n"
              "    return t[0] + t[1];\n"
              "#else\n"
              "    return s[0] + s[1];\n"
              "#endif\n}\n\n"},
    {"sums__",
     "/* Lane i is sum__(v[i]), in the same order. */\n"
     "static inline vd__ sums__(const vd__ v[LANES__])\n{\n"
     "#if LANES__ == 8\n"
     "    vd__ s[4], t[2];\n"
     "    for (int i = 0; i < 4; i++)\n"
     "        s[i] = MIX__(v[i], v[i + 4], 0, 1, 2, 3, 8, 9, 10, 11)\n"
     "            + MIX__(v[i], v[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);\n"
     "    for (int i = 0; i < 2; i++)\n"
     "        t[i] = MIX__(s[i], s[i + 2], 0, 1, 8, 9, 4, 5, 12, 13)\n"
     "            + MIX__(s[i], s[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);\n"
     "    return MIX__(t[0], t[1], 0, 8, 2, 10, 4, 12, 6, 14)\n"
     "        + MIX__(t[0], t[1], 1, 9, 3, 11, 5, 13, 7, 15);\n"
     "#elif LANES__ == 4\n"
     "    vd__ s[2];\n"
     "    for (int i = 0; i < 2; i++)\n"
     "        s[i] = MIX__(v[i], v[i + 2], 0, 1, 4, 5) + MIX__(v[i], v[i + 2], 2, 3, 6, 7);\n"
     "    return MIX__(s[0], s[1], 0, 4, 2, 6) + MIX__(s[0], s[1], 1, 5, 3, 7);\n"
     "#else\n"
     "    return MIX__(v[0], v[1], 0, 2) + MIX__(v[0], v[1], 1, 3);\n"
     "#endif\n}\n\n"},
    {"each_sum__",
     "/* sum__ of each vector; there is room for LANES__ more. */\n"
     "static inline void each_sum__(double *to, const vd__ *v, int count)\n{\n"
     "    int k = 0;\n"
     "    for (; count - k >= LANES__; k += LANES__) store_all__(to + k, sums__(v + k));\n"
     "    if (count - k > 1 && count - k >= LANES__ / 2) {\n"
     "        vd__ rest[LANES__];\n"
     "        for (int i = 0; i < LANES__; i++) rest[i] = k + i < count ? v[k + i] : (vd__){0};\n"
     "        store_all__(to + k, sums__(rest));\n"
     "        return;\n"
     "    }\n"
     "    for (; k < count; k++) to[k] = sum__(v[k]);\n}\n\n"},
    {"add_halves__",
     "/* p[0], ... += the first lanes of v, q[0], ... += the others, half of them each. */\n"
     "static inline void add_halves__(double *p, double *q, vd__ v)\n{\n"
     "    typedef double half __attribute__((vector_size(sizeof(vd__) / 2)));\n"
     "    const union {\n"
     "        vd__ all;\n"
     "        half part[2];\n"
     "    } sum = {v};\n"
     "    half x, y;\n"
     "    memcpy(&x, p, sizeof x);\n"
     "    x += sum.part[0];\n"
     "    memcpy(p, &x, sizeof x);\n"
     "    memcpy(&y, q, sizeof y);\n"
     "    y += sum.part[1];\n"
     "    memcpy(q, &y, sizeof y);\n}\n\n"},
    {"own__", "/* Value `place` of a buffer of tiles. */\n"
              "static inline vd__ *own__(double *p, int64_t place)\n{\n"
              "    return (vd__ *)(void *)p + place;\n}\n\n"},
    {"transpose__", "/* Rows become columns: blocks beside the diagonal change places, smaller and "
                    "smaller ones. */\n"
                    "static inline void transpose__(vd__ r[LANES__])\n{\n"
                    "    vd__ s[LANES__];\n"
                    "#if LANES__ == 8\n"
                    "    for (int i = 0; i < 4; i++) {\n"
                    "        s[i] = MIX__(r[i], r[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);\n"
                    "        s[i + 4] = MIX__(r[i], r[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);\n"
                    "    }\n"
                    "    for (int k = 0; k < 8; k++) {\n"
                    "        const int i = k & ~2;\n"
                    "        r[k] = k & 2 ? MIX__(s[i], s[i + 2], 2, 3, 10, 11, 6, 7, 14, 15)\n"
                    "                     : MIX__(s[i], s[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);\n"
                    "    }\n"
                    "    for (int i = 0; i < 8; i += 2) {\n"
                    "        s[i] = MIX__(r[i], r[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);\n"
                    "        s[i + 1] = MIX__(r[i], r[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);\n"
                    "    }\n"
                    "#elif LANES__ == 4\n"
                    "    for (int i = 0; i < 2; i++) {\n"
                    "        s[i] = MIX__(r[i], r[i + 2], 0, 1, 4, 5);\n"
                    "        s[i + 2] = MIX__(r[i], r[i + 2], 2, 3, 6, 7);\n"
                    "    }\n"
                    "    for (int i = 0; i < 4; i += 2) {\n"
                    "        const vd__ even = MIX__(s[i], s[i + 1], 0, 4, 2, 6);\n"
                    "        s[i + 1] = MIX__(s[i], s[i + 1], 1, 5, 3, 7);\n"
                    "        s[i] = even;\n"
                    "    }\n"
                    "#else\n"
                    "    s[0] = MIX__(r[0], r[1], 0, 2);\n"
                    "    s[1] = MIX__(r[0], r[1], 1, 3);\n"
                    "#endif\n"
                    "    for (int i = 0; i < LANES__; i++) r[i] = s[i];\n}\n\n"},
    {"VECTORS__", /* clang copies passes before the function is where its count is known */
     "/* For vectors of `count` elements, 64 at most. */\n"
     "#if defined(__clang__)\n"
     "#define VECTORS__(k, count) UNROLL__ for (int k = 0; k < 64; k += LANES__) if (k < (count))\n"
     "#else\n"
     "#define VECTORS__(k, count) UNROLL__ for (int k = 0; k < (count); k += LANES__)\n"
     "#endif\n\n"},
    {"pick_rows__",
     "/* `count` elements of rows, one row a lane, as vectors, one an element; rows have `left`. "
     "*/\n"
     "static inline __attribute__((always_inline)) void pick_rows__(vd__ *to, const double *p, "
     "vi__ "
     "at,\n"
     "                                                              int count, int left)\n{\n"
     "    VECTORS__(k, count) {\n"
     "        UNROLL__ for (int i = 0; i < LANES__; i++)\n"
     "            to[k + i] = left - k < LANES__ ? load__(p + at[i] + k, first__(left - k))\n"
     "                                           : load_all__(p + at[i] + k);\n"
     "        transpose__(to + k);\n"
     "    }\n}\n\n"},
    {"set_rows__",
     "/* The other way, of rows that lie one behind the other, in the order of memory: a vector "
     "may "
     "reach\n"
     "   into rows that are stored after it. There is room for LANES__ more. */\n"
     "static inline __attribute__((always_inline)) void set_rows__(double *p, vd__ *v, int "
     "length)\n"
     "{\n"
     "    VECTORS__(k, length) {\n"
     "        UNROLL__ for (int i = 0; i < LANES__; i++)\n"
     "            if (k + i >= length) v[k + i] = v[0];\n"
     "        transpose__(v + k);\n"
     "    }\n"
     "    UNROLL__ for (int i = 0; i < LANES__; i++) {\n"
     "        VECTORS__(k, length) {\n"
     "            const int left = (LANES__ - i) * length - k;\n"
     "            if (left < LANES__) store__(p + i * length + k, v[k + i], first__(left));\n"
     "            else store_all__(p + i * length + k, v[k + i]);\n"
     "        }\n"
     "        __atomic_signal_fence(__ATOMIC_SEQ_CST);\n"
     "    }\n}\n\n"},
    {"add_short_rows__",
     "/* Adds to rows of two or three elements, the first two as pairs. */\n"
     "static inline __attribute__((always_inline)) void add_short_rows__(double *p, vi__ at, "
     "const vd__ *v,\n"
     "                                                                   int count)\n{\n"
     "    typedef double two__ __attribute__((vector_size(16), may_alias));\n"
     "#if LANES__ == 8\n"
     "    const vd__ even = MIX__(v[0], v[1], 0, 8, 2, 10, 4, 12, 6, 14);\n"
     "    const vd__ odd = MIX__(v[0], v[1], 1, 9, 3, 11, 5, 13, 7, 15);\n"
     "#elif LANES__ == 4\n"
     "    const vd__ even = MIX__(v[0], v[1], 0, 4, 2, 6);\n"
     "    const vd__ odd = MIX__(v[0], v[1], 1, 5, 3, 7);\n"
     "#else\n"
     "    const vd__ even = MIX__(v[0], v[1], 0, 2), odd = MIX__(v[0], v[1], 1, 3);\n"
     "#endif\n"
     "    UNROLL__ for (int i = 0; i < LANES__; i++) {\n"
     "        double *row = p + at[i];\n"
     "        const vd__ pairs = i & 1 ? odd : even;\n"
     "        two__ a, b = {pairs[i & ~1], pairs[i | 1]};\n"
     "        memcpy(&a, row, sizeof a);\n"
     "        a += b;\n"
     "        memcpy(row, &a, sizeof a);\n"
     "        if (count > 2) row[2] += v[2][i];\n"
     "    }\n}\n\n"},
    {"add_rows__",
     "/* Adds to rows, one lane after the other, as they may meet: by whole vectors, halves and so "
     "on, so\n"
     "   that what the next lane reads has been stored as one. There is room for LANES__ more. */\n"
     "static inline __attribute__((always_inline)) void add_rows__(double *p, vi__ at, vd__ *v, "
     "int "
     "count)\n{\n"
     "    if (count == 2 || count == 3) {\n"
     "        add_short_rows__(p, at, v, count);\n"
     "        return;\n"
     "    }\n"
     "    VECTORS__(k, count) {\n"
     "        UNROLL__ for (int i = 0; i < LANES__; i++)\n"
     "            if (k + i >= count) v[k + i] = v[0];\n"
     "        transpose__(v + k);\n"
     "    }\n"
     "    UNROLL__ for (int i = 0; i < LANES__; i++) {\n"
     "        double *row = p + at[i];\n"
     "        VECTORS__(k, count) {\n"
     "            const double *more = (const double *)(const void *)&v[k + i];\n"
     "            int done = 0;\n"
     "            if (count - k >= LANES__) {\n"
     "                add_all__(row + k, v[k + i]);\n"
     "                continue;\n"
     "            }\n"
     "#if LANES__ > 4\n"
     "            if ((count - k) & 4) {\n"
     "                typedef double four__ __attribute__((vector_size(32), may_alias));\n"
     "                four__ a, b;\n"
     "                memcpy(&a, row + k, sizeof a);\n"
     "                memcpy(&b, more, sizeof b);\n"
     "                a += b;\n"
     "                memcpy(row + k, &a, sizeof a);\n"
     "                done = 4;\n"
     "            }\n"
     "#endif\n"
     "#if LANES__ > 2\n"
     "            if ((count - k) & 2) {\n"
     "                typedef double two__ __attribute__((vector_size(16), may_alias));\n"
     "                two__ a, b;\n"
     "                memcpy(&a, row + k + done, sizeof a);\n"
     "                memcpy(&b, more + done, sizeof b);\n"
     "                a += b;\n"
     "                memcpy(row + k + done, &a, sizeof a);\n"
     "                done += 2;\n"
     "            }\n"
     "#endif\n"
     "            if ((count - k) & 1) row[k + done] += v[k + i][done];\n"
     "            (void)more;\n"
     "        }\n"
     "    }\n}\n\n"},
    {"pick_pair__",
     "/* Elements 0, 2, ... and 1, 3, ... */\n"
     "static inline void pick_pair__(vd__ to[2], const double *p)\n{\n"
     "    const vd__ a = load_all__(p), b = load_all__(p + LANES__);\n" PARTED "}\n\n"},
    {"pick_pair_int__", "static inline void pick_pair_int__(vi__ to[2], const int64_t *p)\n{\n"
                        "    vi__ a, b;\n"
                        "    memcpy(&a, p, sizeof a);\n"
                        "    memcpy(&b, p + LANES__, sizeof b);\n" PARTED "}\n\n"},
    {"set_pair__", "static inline void set_pair__(double *p, const vd__ v[2])\n{\n"
                   "#if LANES__ == 8\n"
                   "    store_all__(p, MIX__(v[0], v[1], 0, 8, 1, 9, 2, 10, 3, 11));\n"
                   "    store_all__(p + 8, MIX__(v[0], v[1], 4, 12, 5, 13, 6, 14, 7, 15));\n"
                   "#elif LANES__ == 4\n"
                   "    store_all__(p, MIX__(v[0], v[1], 0, 4, 1, 5));\n"
                   "    store_all__(p + 4, MIX__(v[0], v[1], 2, 6, 3, 7));\n"
                   "#else\n"
                   "    store_all__(p, MIX__(v[0], v[1], 0, 2));\n"
                   "    store_all__(p + 2, MIX__(v[0], v[1], 1, 3));\n"
                   "#endif\n}\n\n"},
    {"copy_rows__",
     "/* Rows of `length` elements, one a lane, to vectors, one an element. Of long arrays they "
     "are\n"
     "   loaded in their order first, twice a line of 64 bytes: memory then sends what follows. A\n"
     "   call for each array of a tile is nothing beside that, and compilers take half of the "
     "time. "
     "*/\n"
     "static __attribute__((noinline)) void copy_rows__(double *to, const double *from, int64_t "
     "length,\n"
     "                                                  int64_t rows, int vectors)\n"
     "{\n"
     "    for (int l = 0; l < vectors && l * LANES__ < rows; l++, from += LANES__ * length) {\n"
     "        const int64_t left = rows - l * LANES__;\n"
     "        int64_t k = 0;\n"
     "        const bool far = left >= LANES__ && rows * length >= 65536;\n"
     "        for (int64_t i = 0; far && i < LANES__ * length; i += 4)\n"
     "            (void)*(const volatile double *)(from + i);\n"
     "        for (; k + LANES__ <= length; k += LANES__) {\n"
     "            vd__ r[LANES__];\n"
     "            for (int i = 0; i < LANES__; i++)\n"
     "                r[i] = i < left ? load_all__(from + i * length + k) : (vd__){0};\n"
     "            transpose__(r);\n"
     "            for (int i = 0; i < LANES__; i++) *own__(to, (k + i) * vectors + l) = r[i];\n"
     "        }\n"
     "        for (; left >= LANES__ && k < length; k++)\n"
     "            *own__(to, k * vectors + l) = gather_all__(from + k, length);\n"
     "        for (; k < length; k++)\n"
     "            *own__(to, k * vectors + l) = gather__(from + k, length, first__(left));\n"
     "    }\n"
     "}\n"
     "\n"},
    {"put_rows__",
     "/* The other way. */\n"
     "static __attribute__((noinline)) void put_rows__(double *from, double *to, int64_t length,\n"
     "                                                 int64_t rows, int vectors)\n"
     "{\n"
     "    for (int l = 0; l < vectors && l * LANES__ < rows; l++, to += LANES__ * length) {\n"
     "        const int64_t left = rows - l * LANES__;\n"
     "        int64_t k = 0;\n"
     "        for (; k + LANES__ <= length; k += LANES__) {\n"
     "            vd__ r[LANES__];\n"
     "            for (int i = 0; i < LANES__; i++) r[i] = *own__(from, (k + i) * vectors + l);\n"
     "            transpose__(r);\n"
     "            for (int i = 0; i < LANES__; i++)\n"
     "                if (i < left) store_all__(to + i * length + k, r[i]);\n"
     "        }\n"
     "        for (; k < length; k++)\n"
     "            scatter__(to + k, length, *own__(from, k * vectors + l), first__(left));\n"
     "    }\n"
     "}\n"
     "\n"},
};

enum { COUNT = sizeof table / sizeof *table };

/* ------------------------------------------------------------------------------------- words */

/* A word of the texts above for vectors of float; NULL: as it is, or by its ending. Double has no
 * type of ints apart from masks. */
static const char *special_word(const char *word, size_t length, bool single)
{
    static const struct {
        const char *word, *other[2];
    } words[] = {{"double", {"double", "float"}}, {"vd__", {"vd__", "vf__"}},
                 {"vi__", {"vi__", "mf__"}},      {"vu__", {"vu__", "wf__"}},
                 {"vn__", {"vi__", "nf__"}},      {"vl__", {"vl__", "vl__"}},
                 {"AVX__", {"AVX__", "AVX__"}},   {"AVX512__", {"AVX512__", "AVX512__"}},
                 {"PAIR__", {"PAIR__", "PAIR__"}}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].word) == length && !memcmp(words[i].word, word, length))
            return words[i].other[single];
    return NULL;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static void put_word(const char *word, size_t length, bool single, struct adc_text *out)
{
    const char *special = special_word(word, length, single);
    bool own = length > 2 && word[0] != '_' && !memcmp(word + length - 2, "__", 2);
    if (special) adc_text_add(out, special);
    else if (single && own)
        adc_text_format(out, "%.*s%s", (int)length - 2, word,
                        word[0] >= 'A' && word[0] <= 'Z' ? "F__" : "f__");
    else adc_text_put(out, word, length);
}

void c_lanes_put_words(const char *text, bool single, struct adc_text *out)
{
    while (*text) {
        size_t length = 0;
        while (is_letter(text[length])) length++;
        if (length) put_word(text, length, single, out);
        else adc_text_put(out, text, length = 1);
        text += length;
    }
}

static const char *text_of(unsigned index, bool single)
{
    const char *text = single ? c_lanes_single_text(table[index].name) : NULL;
    return text ? text : table[index].text;
}

/* Notes the texts whose names are called in one. */
static void use_called(struct c_unit *unit, const char *text, bool single, unsigned before)
{
    for (unsigned i = 0; i < before; i++) {
        size_t length = strlen(table[i].name);
        for (const char *at = text; (at = strstr(at, table[i].name)); at += length)
            if (at[length] == '(' && (at == text || strchr(" ()!-*", at[-1])))
                unit->used.lane_texts[single] |= UINT64_C(1) << i;
    }
}

const char *c_lanes_word(struct c_unit *unit, bool single, const char *word)
{
    struct adc_text text;
    adc_text_init(&text, unit->arena);
    for (unsigned i = 0; i < COUNT; i++)
        if (!strcmp(table[i].name, word)) unit->used.lane_texts[single] |= UINT64_C(1) << i;
    unit->used.lanes[single] = true;
    put_word(word, strlen(word), single, &text);
    return text.data;
}

void c_lanes_put_int_comparison(struct c_unit *unit, const char *sign, const char *a, const char *b,
                                struct adc_text *out)
{
    bool equal = sign[0] == '=' || sign[0] == '!',
         turned = !strcmp(sign, ">") || !strcmp(sign, "<=");
    bool negated = sign[0] == '!' || (!equal && sign[1] == '=');
    adc_text_format(out, "%s%s(%s, %s)", negated ? "~" : "",
                    c_lanes_word(unit, true, equal ? "equal__" : "less__"), turned ? b : a,
                    turned ? a : b);
}

static void put_texts(struct c_unit *unit, bool single, struct adc_text *out)
{
    struct adc_text operators;
    adc_text_init(&operators, unit->arena);
    c_lanes_put_operators(unit, single, &operators);
    for (unsigned i = COUNT; i-- > 0;)
        if (unit->used.lane_texts[single] >> i & 1) use_called(unit, text_of(i, single), single, i);
    for (unsigned i = 0; i < COUNT; i++)
        if (unit->used.lane_texts[single] >> i & 1)
            c_lanes_put_words(text_of(i, single), single, out);
    adc_text_add(out, operators.data);
}

void c_lanes_put_texts(struct c_unit *unit, struct adc_text *out)
{
    adc_text_add(out, "/* Vectors, of as many numbers as the target computes with at a time. */\n");
    unsigned most = unit->unit->programs[0]->width ? unit->unit->programs[0]->width : 8;
    for (const char *at = widths; *at; at++)
        if (*at == '$') adc_text_format(out, "%u", most);
        else adc_text_put(out, at, 1);
    adc_text_add(out, types);
    if (unit->used.lanes[0]) adc_text_add(out, types_of_double);
    if (unit->used.lanes[1]) adc_text_add(out, types_of_float);
    adc_text_add(out, long_type);
    for (unsigned single = 0; single < 2; single++)
        if (unit->used.lanes[single]) put_texts(unit, single, out);
    adc_text_add(out, "#endif\n\n");
}
