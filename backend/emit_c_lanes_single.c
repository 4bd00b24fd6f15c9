/* Functions of lanes for float where they are more than those for double (emit_c_lanes_text.c) by
 * other names: written as those are, vd__ being vectors of floats, vi__ of masks and vn__ of ints,
 * which are 64 bits wide and so two vectors of the target. Functions of these are PAIR__: inline
 * for certain, since GCC warns of each that is there. */
#include "backend/emit_c_lanes.h"

#include <string.h>

/* GCC compares pairs one number after the other, so by halves. */
#define COMPARISON(name, sign)                                                                     \
    {                                                                                              \
        name, "static inline PAIR__ vi__ " name "(vn__ a, vn__ b)\n"                               \
              "{\n"                                                                                \
              "#if defined(__clang__)\n"                                                           \
              "    return __builtin_convertvector(a " sign " b, vi__);\n"                          \
              "#else\n"                                                                            \
              "    typedef int32_t half __attribute__((vector_size(LANES__ * 2)));\n"              \
              "    const union {\n"                                                                \
              "        vn__ both;\n"                                                               \
              "        vl__ part[2];\n"                                                            \
              "    } x = {a}, y = {b};\n"                                                          \
              "    union {\n"                                                                      \
              "        vi__ both;\n"                                                               \
              "        half part[2];\n"                                                            \
              "    } m;\n"                                                                         \
              "    for (int i = 0; i < 2; i++)\n"                                                  \
              "        m.part[i] = __builtin_convertvector(x.part[i] " sign " y.part[i], half);\n" \
              "    return m.both;\n"                                                               \
              "#endif\n"                                                                           \
              "}\n"                                                                                \
              "\n"                                                                                 \
    }

/* Ints from memory, where `place` says, for lanes that are asked for; 0 for the others. */
#define INTS(name, type, parameter, place)                                                     \
    {                                                                                          \
        name, "static inline PAIR__ vn__ " name "(const " type " *p, " parameter ", vi__ m)\n" \
              "{\n"                                                                            \
              "    vn__ v = {0};\n"                                                            \
              "    for (int i = 0; i < LANES__; i++)\n"                                        \
              "        if (m[i]) v[i] = p[" place "];\n"                                       \
              "    return v;\n"                                                                \
              "}\n"                                                                            \
              "\n"                                                                             \
    }

static const struct {
    const char *name, *text;
} table[] = {
    {"splat_int__", "static inline PAIR__ vn__ splat_int__(int64_t x)\n"
                    "{\n"
                    "    return x + (vn__){0};\n"
                    "}\n"
                    "\n"},
    {"splat_bool__", "static inline vi__ splat_bool__(bool x)\n"
                     "{\n"
                     "    return -(int32_t)x + (vi__){0};\n"
                     "}\n"
                     "\n"},
    {"series__", "/* first, first + step, ... */\n"
                 "static inline PAIR__ vn__ series__(int64_t first, int64_t step)\n"
                 "{\n"
                 "    vu__ v = {0};\n"
                 "    for (int i = 0; i < LANES__; i++) v[i] = (uint64_t)i * (uint64_t)step;\n"
                 "    return (vn__)(v + (uint64_t)first);\n"
                 "}\n"
                 "\n"},
    {"first__", "/* The first lanes, as many as are left. */\n"
                "static inline vi__ first__(int64_t left)\n"
                "{\n"
                "    const int32_t some = left < LANES__ ? (int32_t)left : LANES__;\n"
                "    vi__ v = {0};\n"
                "    for (int i = 0; i < LANES__; i++) v[i] = i;\n"
                "    return (vi__)(v < some - (vi__){0});\n"
                "}\n"
                "\n"},
    {"mask__", "#if defined(AVX512__)\n"
               "static inline unsigned short mask__(vi__ m)\n"
               "{\n"
               "    return (unsigned short)__builtin_ia32_cmpd512_mask(m, (vi__){0}, 4, "
               "(unsigned short)-1);\n"
               "}\n"
               "#endif\n"
               "\n"},
    {"any__", "static inline bool any__(vi__ m)\n"
              "{\n"
              "#if defined(AVX512__)\n"
              "    return mask__(m) != 0;\n"
              "#elif defined(AVX__)\n"
              "    return __builtin_ia32_ptestz256((vl__)m, (vl__)m) == 0;\n"
              "#else\n"
              "    int32_t any = 0;\n"
              "    for (int i = 0; i < LANES__; i++) any |= m[i];\n"
              "    return any != 0;\n"
              "#endif\n"
              "}\n"
              "\n"},
    {"select_int__", "static inline PAIR__ vn__ select_int__(vi__ m, vn__ a, vn__ b)\n"
                     "{\n"
                     "    const vn__ wide = __builtin_convertvector(m, vn__);\n"
                     "    return (wide & a) | (~wide & b);\n"
                     "}\n"
                     "\n"},
    {"add_where__", "/* a + b where m, else a */\n"
                    "static inline vd__ add_where__(vd__ a, vd__ b, vi__ m)\n"
                    "{\n"
                    "#if defined(AVX512__) && !defined(__clang__)\n"
                    "    return __builtin_ia32_addps512_mask(a, b, a, mask__(m), 4);\n"
                    "#else\n"
                    "    return select__(m, a + b, a);\n"
                    "#endif\n"
                    "}\n"
                    "\n"},
    {"less_where__", "/* a - b where m, else a */\n"
                     "static inline vd__ less_where__(vd__ a, vd__ b, vi__ m)\n"
                     "{\n"
                     "#if defined(AVX512__) && !defined(__clang__)\n"
                     "    return __builtin_ia32_subps512_mask(a, b, a, mask__(m), 4);\n"
                     "#else\n"
                     "    return select__(m, a - b, a);\n"
                     "#endif\n"
                     "}\n"
                     "\n"},
    {"fma__", "/* a*b + c, rounded once where the target can: into sums alone. */\n"
              "static inline vd__ fma__(vd__ a, vd__ b, vd__ c)\n"
              "{\n"
              "#if defined(AVX512__)\n"
              "    return __builtin_ia32_vfmaddps512_mask(a, b, c, (unsigned short)-1, 4);\n"
              "#elif defined(AVX__) && defined(__FMA__) && !defined(__clang__)\n"
              "    return __builtin_ia32_vfmaddps256(a, b, c);\n"
              "#else\n"
              "    return c + a*b;\n"
              "#endif\n"
              "}\n"
              "\n"},
    {"fma_where__",
     "/* a*b + c where m, else c: what is masked is -0, which changes no sum. */\n"
     "static inline vd__ fma_where__(vd__ a, vd__ b, vd__ c, vi__ m)\n"
     "{\n"
     "#if defined(AVX512__) && !defined(__clang__)\n"
     "    return __builtin_ia32_vfmaddps512_mask3(a, b, c, mask__(m), 4);\n"
     "#else\n"
     "    return fma__(select__(m, a, (vd__){0}), select__(m, b, splat__(-0.0f)), c);\n"
     "#endif\n"
     "}\n"
     "\n"},
    {"gather_all__",
     "/* p[0], p[step], ... */\n"
     "static inline vd__ gather_all__(const double *p, int64_t step)\n"
     "{\n"
     "#if LANES__ == 16\n"
     "    return (vd__){p[0], p[step], p[2 * step], p[3 * step], p[4 * step], p[5 * step], p[6 *\n"
     "        step], p[7 * step],\n"
     "        p[8 * step], p[9 * step], p[10 * step], p[11 * step], p[12 * step], p[13 * step],\n"
     "            p[14 * step], p[15 * step]};\n"
     "#elif LANES__ == 8\n"
     "    return (vd__){p[0], p[step], p[2 * step], p[3 * step], p[4 * step], p[5 * step], p[6 *\n"
     "        step], p[7 * step]};\n"
     "#else\n"
     "    return (vd__){p[0], p[step], p[2 * step], p[3 * step]};\n"
     "#endif\n"
     "}\n"
     "\n"},
    {"load__",
     "/* Elements from p on; 0 for lanes that are not asked for, which touch no memory. */\n"
     "static inline vd__ load__(const double *p, vi__ m)\n"
     "{\n"
     "#if defined(AVX512__)\n"
     "    return __builtin_ia32_loadups512_mask(p, (vd__){0}, mask__(m));\n"
     "#elif defined(AVX__)\n"
     "    return __builtin_ia32_maskloadps256((const vd__ *)(const void *)p, m);\n"
     "#else\n"
     "    vd__ v = {0};\n"
     "    for (int i = 0; i < LANES__; i++)\n"
     "        if (m[i]) v[i] = p[i];\n"
     "    return v;\n"
     "#endif\n"
     "}\n"
     "\n"},
    {"store__", "static inline void store__(double *p, vd__ v, vi__ m)\n"
                "{\n"
                "#if defined(AVX512__)\n"
                "    __builtin_ia32_storeups512_mask(p, v, mask__(m));\n"
                "#elif defined(AVX__)\n"
                "    __builtin_ia32_maskstoreps256((vd__ *)(void *)p, m, v);\n"
                "#else\n"
                "    for (int i = 0; i < LANES__; i++)\n"
                "        if (m[i]) p[i] = v[i];\n"
                "#endif\n"
                "}\n"
                "\n"},
    INTS("gather_int__", "int64_t", "int64_t step", "i * step"),
    INTS("gather_i32__", "int32_t", "int64_t step", "i * step"),
    {"gather_bool__", "static inline vi__ gather_bool__(const bool *p, int64_t step, vi__ m)\n"
                      "{\n"
                      "    vi__ v = {0};\n"
                      "    for (int i = 0; i < LANES__; i++)\n"
                      "        if (m[i]) v[i] = -(int32_t)p[i * step];\n"
                      "    return v;\n"
                      "}\n"
                      "\n"},
    {"pick__", "/* p[at] */\n"
               "static inline PAIR__ vd__ pick__(const double *p, vn__ at, vi__ m)\n"
               "{\n"
               "#if defined(AVX512__)\n"
               "    typedef double half __attribute__((vector_size(LANES__ * 2)));\n"
               "    const union {\n"
               "        vn__ both;\n"
               "        vl__ part[2];\n"
               "    } x = {at};\n"
               "    union {\n"
               "        vd__ both;\n"
               "        half part[2];\n"
               "    } v;\n"
               "    for (int i = 0; i < 2; i++)\n"
               "        v.part[i] = __builtin_ia32_gatherdiv16sf((half){0}, p, x.part[i],\n"
               "            (unsigned char)(mask__(m) >> 8 * i), 4);\n"
               "    return v.both;\n"
               "#else\n"
               "    vd__ v = {0};\n"
               "    for (int i = 0; i < LANES__; i++)\n"
               "        if (m[i]) v[i] = p[at[i]];\n"
               "    return v;\n"
               "#endif\n"
               "}\n"
               "\n"},
    INTS("pick_int__", "int64_t", "vn__ at", "at[i]"),
    INTS("pick_i32__", "int32_t", "vn__ at", "at[i]"),
    {"pick_bool__", "static inline PAIR__ vi__ pick_bool__(const bool *p, vn__ at, vi__ m)\n"
                    "{\n"
                    "    vi__ v = {0};\n"
                    "    for (int i = 0; i < LANES__; i++)\n"
                    "        if (m[i]) v[i] = -(int32_t)p[at[i]];\n"
                    "    return v;\n"
                    "}\n"
                    "\n"},
    COMPARISON("equal__", "=="),
    COMPARISON("less__", "<"),
    {"next_int__", "static inline PAIR__ vn__ next_int__(const int64_t *p)\n"
                   "{\n"
                   "    vn__ v;\n"
                   "    memcpy(&v, p, sizeof v);\n"
                   "    return v;\n"
                   "}\n"
                   "\n"},
    {"next_i32__", "static inline PAIR__ vn__ next_i32__(const int32_t *p)\n"
                   "{\n"
                   "    vi__ v;\n"
                   "    memcpy(&v, p, sizeof v);\n"
                   "    return __builtin_convertvector(v, vn__);\n"
                   "}\n"
                   "\n"},
    {"scatter_int__",
     "static inline PAIR__ void scatter_int__(int64_t *p, int64_t step, vn__ v, vi__ m)\n"
     "{\n"
     "    for (int i = 0; i < LANES__; i++)\n"
     "        if (m[i]) p[i * step] = v[i];\n"
     "}\n"
     "\n"},
    {"set_int_at__", "static inline PAIR__ void set_int_at__(int64_t *p, vn__ at, vn__ v, vi__ m)\n"
                     "{\n"
                     "    for (int i = 0; i < LANES__; i++)\n"
                     "        if (m[i]) p[at[i]] = v[i];\n"
                     "}\n"
                     "\n"},
    {"add_at__", "/* One lane after the other: they may meet. */\n"
                 "static inline PAIR__ void add_at__(double *p, vn__ at, vd__ v, vi__ m)\n"
                 "{\n"
                 "    for (int i = 0; i < LANES__; i++)\n"
                 "        if (m[i]) p[at[i]] += v[i];\n"
                 "}\n"
                 "\n"},
    {"set_at__", "static inline PAIR__ void set_at__(double *p, vn__ at, vd__ v, vi__ m)\n"
                 "{\n"
                 "    for (int i = 0; i < LANES__; i++)\n"
                 "        if (m[i]) p[at[i]] = v[i];\n"
                 "}\n"
                 "\n"},
    {"sum__", "/* In halves: lanes i and i + LANES__/2 first. */\n"
              "static inline double sum__(vd__ v)\n"
              "{\n"
              "#if LANES__ == 16\n"
              "    v += MIX__(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);\n"
              "    v += MIX__(v, v, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3);\n"
              "    v += MIX__(v, v, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1);\n"
              "#elif LANES__ == 8\n"
              "    v += MIX__(v, v, 4, 5, 6, 7, 0, 1, 2, 3);\n"
              "    v += MIX__(v, v, 2, 3, 4, 5, 6, 7, 0, 1);\n"
              "#else\n"
              "    v += MIX__(v, v, 2, 3, 0, 1);\n"
              "#endif\n"
              "    return v[0] + v[1];\n"
              "}\n"
              "\n"},
    {"sums__",
     "/* Lane i is sum__(v[i]), in the same order. */\n"
     "static inline vd__ sums__(const vd__ v[LANES__])\n"
     "{\n"
     "#if LANES__ == 16\n"
     "    vd__ s[8], t[4], u[2];\n"
     "    for (int i = 0; i < 8; i++)\n"
     "        s[i] = MIX__(v[i], v[i + 8], 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22,\n"
     "            23) + MIX__(v[i], v[i + 8], 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28,\n"
     "                29, 30, 31);\n"
     "    for (int i = 0; i < 4; i++)\n"
     "        t[i] = MIX__(s[i], s[i + 4], 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26,\n"
     "            27) + MIX__(s[i], s[i + 4], 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29,\n"
     "                30, 31);\n"
     "    for (int i = 0; i < 2; i++)\n"
     "        u[i] = MIX__(t[i], t[i + 2], 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28,\n"
     "            29) + MIX__(t[i], t[i + 2], 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15,\n"
     "                30, 31);\n"
     "    return MIX__(u[0], u[1], 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30) +\n"
     "        MIX__(u[0], u[1], 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31);\n"
     "#elif LANES__ == 8\n"
     "    vd__ s[4], t[2];\n"
     "    for (int i = 0; i < 4; i++)\n"
     "        s[i] = MIX__(v[i], v[i + 4], 0, 1, 2, 3, 8, 9, 10, 11) + MIX__(v[i], v[i + 4], 4,\n"
     "            5, 6, 7, 12, 13, 14, 15);\n"
     "    for (int i = 0; i < 2; i++)\n"
     "        t[i] = MIX__(s[i], s[i + 2], 0, 1, 8, 9, 4, 5, 12, 13) + MIX__(s[i], s[i + 2], 2,\n"
     "            3, 10, 11, 6, 7, 14, 15);\n"
     "    return MIX__(t[0], t[1], 0, 8, 2, 10, 4, 12, 6, 14) + MIX__(t[0], t[1], 1, 9, 3, 11, 5,\n"
     "        13, 7, 15);\n"
     "#else\n"
     "    vd__ s[2];\n"
     "    for (int i = 0; i < 2; i++)\n"
     "        s[i] = MIX__(v[i], v[i + 2], 0, 1, 4, 5) + MIX__(v[i], v[i + 2], 2, 3, 6, 7);\n"
     "    return MIX__(s[0], s[1], 0, 4, 2, 6) + MIX__(s[0], s[1], 1, 5, 3, 7);\n"
     "#endif\n"
     "}\n"
     "\n"},
    {"transpose__",
     "/* Rows become columns: blocks beside the diagonal change places, smaller and smaller ones.\n"
     "    */\n"
     "static inline void transpose__(vd__ r[LANES__])\n"
     "{\n"
     "    vd__ s[LANES__];\n"
     "#if LANES__ == 16\n"
     "    for (int k = 0; k < 16; k++) {\n"
     "        const int i = k & ~8;\n"
     "        s[k] = k & 8 ? MIX__(r[i], r[i + 8], 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27,\n"
     "            28, 29, 30, 31)\n"
     "            : MIX__(r[i], r[i + 8], 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, "
     "23);\n"
     "    }\n"
     "    for (int k = 0; k < 16; k++) {\n"
     "        const int i = k & ~4;\n"
     "        r[k] = k & 4 ? MIX__(s[i], s[i + 4], 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15,\n"
     "            28, 29, 30, 31)\n"
     "            : MIX__(s[i], s[i + 4], 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26,\n"
     "                27);\n"
     "    }\n"
     "    for (int k = 0; k < 16; k++) {\n"
     "        const int i = k & ~2;\n"
     "        s[k] = k & 2 ? MIX__(r[i], r[i + 2], 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27,\n"
     "            14, 15, 30, 31)\n"
     "            : MIX__(r[i], r[i + 2], 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28,\n"
     "                29);\n"
     "    }\n"
     "    for (int k = 0; k < 16; k++) {\n"
     "        const int i = k & ~1;\n"
     "        r[k] = k & 1 ? MIX__(s[i], s[i + 1], 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13,\n"
     "            29, 15, 31)\n"
     "            : MIX__(s[i], s[i + 1], 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14,\n"
     "                30);\n"
     "    }\n"
     "#elif LANES__ == 8\n"
     "    for (int k = 0; k < 8; k++) {\n"
     "        const int i = k & ~4;\n"
     "        s[k] = k & 4 ? MIX__(r[i], r[i + 4], 4, 5, 6, 7, 12, 13, 14, 15)\n"
     "            : MIX__(r[i], r[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);\n"
     "    }\n"
     "    for (int k = 0; k < 8; k++) {\n"
     "        const int i = k & ~2;\n"
     "        r[k] = k & 2 ? MIX__(s[i], s[i + 2], 2, 3, 10, 11, 6, 7, 14, 15)\n"
     "            : MIX__(s[i], s[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);\n"
     "    }\n"
     "    for (int k = 0; k < 8; k++) {\n"
     "        const int i = k & ~1;\n"
     "        s[k] = k & 1 ? MIX__(r[i], r[i + 1], 1, 9, 3, 11, 5, 13, 7, 15)\n"
     "            : MIX__(r[i], r[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);\n"
     "    }\n"
     "    for (int i = 0; i < 8; i++) r[i] = s[i];\n"
     "#else\n"
     "    for (int k = 0; k < 4; k++) {\n"
     "        const int i = k & ~2;\n"
     "        s[k] = k & 2 ? MIX__(r[i], r[i + 2], 2, 3, 6, 7)\n"
     "            : MIX__(r[i], r[i + 2], 0, 1, 4, 5);\n"
     "    }\n"
     "    for (int k = 0; k < 4; k++) {\n"
     "        const int i = k & ~1;\n"
     "        r[k] = k & 1 ? MIX__(s[i], s[i + 1], 1, 5, 3, 7)\n"
     "            : MIX__(s[i], s[i + 1], 0, 4, 2, 6);\n"
     "    }\n"
     "#endif\n"
     "}\n"
     "\n"},
};

const char *c_lanes_single_text(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (!strcmp(table[i].name, name)) return table[i].text;
    return NULL;
}
