/* Helpers and value texts of the tables as functions of one real width; op.c includes this file
 * twice.
 *
 * needs    REAL the type, F K H as ops.def says, ROW(id) a name, FIELD the member of adc_value
 * makes    helpers, and for each row  static union adc_value ROW(id)(const union adc_value *)
 *
 * No include guard, for the sake of the second time. */

#define ADC_HELPER(name, result, parameters, ...) \
    static result H(name) parameters              \
    {                                             \
        __VA_ARGS__                               \
    }
#include "ir/helpers.def"
#undef ADC_HELPER

#define WITH(type, name, index, member) const type name = arguments[index].member;
#define GIVE(member, ...)                 \
    union adc_value result = {.bits = 0}; \
    result.member = (__VA_ARGS__);        \
    return result;

/* One for each signature: the arguments it has, the value it gives. */
#define ROW_R_R(...) WITH(REAL, x, 0, FIELD) GIVE(FIELD, __VA_ARGS__)
#define ROW_RR_R(...) WITH(REAL, x, 0, FIELD) WITH(REAL, y, 1, FIELD) GIVE(FIELD, __VA_ARGS__)
#define ROW_RRR_R(...) \
    WITH(REAL, x, 0, FIELD) WITH(REAL, y, 1, FIELD) WITH(REAL, z, 2, FIELD) GIVE(FIELD, __VA_ARGS__)
#define ROW_RI_R(...) WITH(REAL, x, 0, FIELD) WITH(int64_t, y, 1, integer) GIVE(FIELD, __VA_ARGS__)
#define ROW_BRR_R(...)        \
    WITH(bool, x, 0, boolean) \
    WITH(REAL, y, 1, FIELD) WITH(REAL, z, 2, FIELD) GIVE(FIELD, __VA_ARGS__)
#define ROW_R_B(...) WITH(REAL, x, 0, FIELD) GIVE(boolean, __VA_ARGS__)
#define ROW_RR_B(...) WITH(REAL, x, 0, FIELD) WITH(REAL, y, 1, FIELD) GIVE(boolean, __VA_ARGS__)
#define ROW_R_I(...) WITH(REAL, x, 0, FIELD) GIVE(integer, __VA_ARGS__)
#define ROW_I_I(...) WITH(int64_t, x, 0, integer) GIVE(integer, __VA_ARGS__)
#define ROW_II_I(...) \
    WITH(int64_t, x, 0, integer) WITH(int64_t, y, 1, integer) GIVE(integer, __VA_ARGS__)
#define ROW_III_I(...)           \
    WITH(int64_t, x, 0, integer) \
    WITH(int64_t, y, 1, integer) WITH(int64_t, z, 2, integer) GIVE(integer, __VA_ARGS__)
#define ROW_II_B(...) \
    WITH(int64_t, x, 0, integer) WITH(int64_t, y, 1, integer) GIVE(boolean, __VA_ARGS__)
#define ROW_B_B(...) WITH(bool, x, 0, boolean) GIVE(boolean, __VA_ARGS__)
#define ROW_BB_B(...) WITH(bool, x, 0, boolean) WITH(bool, y, 1, boolean) GIVE(boolean, __VA_ARGS__)
#define ROW_B_I(...) WITH(bool, x, 0, boolean) GIVE(integer, __VA_ARGS__)
#define ROW_N_I(...) WITH(int64_t, x, 0, integer) GIVE(integer, __VA_ARGS__)
#define ROW_I_N(...) WITH(int64_t, x, 0, integer) GIVE(integer, __VA_ARGS__)
#define ROW_I_D(...) WITH(int64_t, x, 0, integer) GIVE(f64, __VA_ARGS__)
#define ROW_I_S(...) WITH(int64_t, x, 0, integer) GIVE(f32, __VA_ARGS__)
#define ROW_S_D(...) WITH(float, x, 0, f32) GIVE(f64, __VA_ARGS__)
#define ROW_D_S(...) WITH(double, x, 0, f64) GIVE(f32, __VA_ARGS__)

#define ADC_OPERATOR(id, name, signature, properties, rules, ...)    \
    static union adc_value ROW(id)(const union adc_value *arguments) \
    {                                                                \
        ROW_##signature(__VA_ARGS__)                                 \
    }
#include "ir/ops.def"
#undef ADC_OPERATOR

#undef ROW_R_R
#undef ROW_RR_R
#undef ROW_RRR_R
#undef ROW_RI_R
#undef ROW_BRR_R
#undef ROW_R_B
#undef ROW_RR_B
#undef ROW_R_I
#undef ROW_I_I
#undef ROW_II_I
#undef ROW_III_I
#undef ROW_II_B
#undef ROW_B_B
#undef ROW_BB_B
#undef ROW_B_I
#undef ROW_N_I
#undef ROW_I_N
#undef ROW_I_D
#undef ROW_I_S
#undef ROW_S_D
#undef ROW_D_S
#undef WITH
#undef GIVE
