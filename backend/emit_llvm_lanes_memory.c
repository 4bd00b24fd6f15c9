/* Vectors in memory, their sums, and functions of the module that loops in lanes call.
 *
 * Elements of arrays lie at multiples of their own width; vectors in tiled buffers at multiples of
 * theirs. A bool is a byte there. */
#include "backend/emit_llvm_lanes.h"

#include <string.h>

/* -------------------------------------------------------------------------------- vectors */

static LLVMTypeRef vector_of(const struct ll_module *m, LLVMTypeRef one)
{
    return LLVMVectorType(one, m->lanes);
}

LLVMTypeRef ll_vector_type(const struct ll_module *m, enum adc_type type)
{
    if (adc_type_is_real(type)) return vector_of(m, ll_type(m, type));
    return vector_of(m, type == ADC_BOOL ? m->types.i1 : m->types.i64);
}

static LLVMValueRef shuffled(struct ll_module *m, LLVMValueRef a, unsigned from, bool all_first)
{
    LLVMValueRef order[LL_MOST_LANES];
    for (unsigned i = 0; i < m->lanes; i++)
        order[i] = ll_status(m, all_first ? 0 : (int64_t)((i + from) % m->lanes));
    return LLVMBuildShuffleVector(m->at, a, LLVMGetPoison(LLVMTypeOf(a)),
                                  LLVMConstVector(order, m->lanes), "");
}

LLVMValueRef ll_splat(struct ll_module *m, LLVMValueRef one)
{
    LLVMValueRef values[LL_MOST_LANES];
    if (LLVMIsConstant(one)) {
        for (unsigned i = 0; i < m->lanes; i++) values[i] = one;
        return LLVMConstVector(values, m->lanes);
    }
    LLVMValueRef none = LLVMGetPoison(vector_of(m, LLVMTypeOf(one)));
    return shuffled(m, LLVMBuildInsertElement(m->at, none, one, ll_status(m, 0), ""), 0, true);
}

LLVMValueRef ll_series(struct ll_module *m, LLVMValueRef first, LLVMValueRef step)
{
    LLVMValueRef values[LL_MOST_LANES];
    for (unsigned i = 0; i < m->lanes; i++) values[i] = ll_i64(m, i);
    LLVMValueRef numbers = LLVMConstVector(values, m->lanes);
    LLVMValueRef steps = LLVMBuildMul(m->at, numbers, ll_splat(m, step), "");
    return LLVMBuildAdd(m->at, ll_splat(m, first), steps, "");
}

LLVMValueRef ll_first_lanes(struct ll_module *m, LLVMValueRef left)
{
    LLVMValueRef numbers = ll_series(m, ll_i64(m, 0), ll_i64(m, 1));
    return LLVMBuildICmp(m->at, LLVMIntSLT, numbers, ll_splat(m, left), "");
}

LLVMValueRef ll_intrinsic(struct ll_module *m, const char *name, LLVMTypeRef type,
                          LLVMValueRef *arguments, unsigned count)
{
    unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
    ADC_INVARIANT(id, m->unit->products[0].function->graph);
    return ll_call(m, LLVMGetIntrinsicDeclaration(m->module, id, &type, 1), arguments, count);
}

LLVMValueRef ll_any(struct ll_module *m, LLVMValueRef mask)
{
    return ll_intrinsic(m, "llvm.vector.reduce.or", LLVMTypeOf(mask), &mask, 1);
}

LLVMValueRef ll_mixed(struct ll_module *m, LLVMValueRef a, LLVMValueRef b, unsigned half,
                      bool upper)
{
    LLVMValueRef order[LL_MOST_LANES];
    for (unsigned j = 0; j < m->lanes; j++) {
        unsigned lane =
            upper ? (j & half ? m->lanes + j : j + half) : (j & half ? m->lanes + j - half : j);
        order[j] = ll_status(m, lane);
    }
    return LLVMBuildShuffleVector(m->at, a, b, LLVMConstVector(order, m->lanes), "");
}

LLVMValueRef ll_lane_sum(struct ll_module *m, LLVMValueRef value)
{
    for (unsigned half = m->lanes / 2; half > 1; half /= 2)
        value = LLVMBuildFAdd(m->at, value, shuffled(m, value, half, false), "");
    LLVMValueRef first = LLVMBuildExtractElement(m->at, value, ll_status(m, 0), "");
    LLVMValueRef second = LLVMBuildExtractElement(m->at, value, ll_status(m, 1), "");
    return LLVMBuildFAdd(m->at, first, second, "");
}

void ll_fold_lanes(struct ll_module *m, LLVMValueRef *values, unsigned half, unsigned apart)
{
    LLVMValueRef low = ll_mixed(m, values[0], values[apart], half, false);
    LLVMValueRef high = ll_mixed(m, values[0], values[apart], half, true);
    values[0] = LLVMBuildFAdd(m->at, low, high, "");
}

LLVMValueRef ll_lane_sums(struct ll_module *m, LLVMValueRef *values, unsigned count)
{
    for (unsigned half = count / 2; half; half /= 2)
        for (unsigned i = 0; i < half; i++) ll_fold_lanes(m, values + i, half, half);
    return values[0];
}

/* --------------------------------------------------------------------------------- memory */

/* Reals or ints. */
static enum adc_type type_of(const struct ll_module *m, LLVMValueRef vector)
{
    LLVMTypeRef one = LLVMGetElementType(LLVMTypeOf(vector));
    return LLVMGetTypeKind(one) == LLVMIntegerTypeKind ? ADC_INT : ll_real(m);
}

static unsigned width_of(enum adc_type type)
{
    return type == ADC_BOOL ? 1 : type == ADC_I32 || type == ADC_F32 ? 4 : 8;
}

/* What lanes compute with, of elements as they lie in memory. */
static LLVMValueRef taken(struct ll_module *m, enum adc_type type, LLVMValueRef elements)
{
    LLVMTypeRef wide = vector_of(m, m->types.i64);
    if (type == ADC_I32) return LLVMBuildSExt(m->at, elements, wide, "");
    if (type != ADC_BOOL) return elements;
    return LLVMBuildICmp(m->at, LLVMIntNE, elements, LLVMConstNull(LLVMTypeOf(elements)), "");
}

/* llvm.masked.NAME of vectors at `address`, one or a vector of them. Versions before 22 take the
 * alignment, behind the address. */
static LLVMValueRef masked(struct ll_module *m, const char *name, LLVMTypeRef type,
                           LLVMValueRef *arguments, unsigned address, unsigned width)
{
    LLVMTypeRef types[] = {type, LLVMTypeOf(arguments[address])};
    LLVMValueRef all[4];
    unsigned id = LLVMLookupIntrinsicID(name, strlen(name)), count = 0;
    ADC_INVARIANT(id, m->unit->products[0].function->graph);
    LLVMValueRef function = LLVMGetIntrinsicDeclaration(m->module, id, types, 2);
    bool aligned = LLVMCountParams(function) == 4;
    for (unsigned i = 0; i < 3; i++) {
        all[count++] = arguments[i];
        if (aligned && i == address) all[count++] = ll_status(m, width);
    }
    return ll_call(m, function, all, count);
}

LLVMValueRef ll_load_next(struct ll_module *m, enum adc_type type, LLVMValueRef from,
                          LLVMValueRef mask)
{
    LLVMTypeRef vector = vector_of(m, ll_memory_type(m, type));
    LLVMValueRef arguments[] = {from, mask, LLVMConstNull(vector)}, elements;
    if (mask) {
        elements = masked(m, "llvm.masked.load", vector, arguments, 0, width_of(type));
    } else {
        elements = LLVMBuildLoad2(m->at, vector, from, "");
        LLVMSetAlignment(elements, width_of(type));
    }
    return taken(m, type, elements);
}

void ll_store_next(struct ll_module *m, LLVMValueRef value, LLVMValueRef to, LLVMValueRef mask)
{
    LLVMValueRef arguments[] = {value, to, mask};
    unsigned width = width_of(type_of(m, value));
    if (mask) masked(m, "llvm.masked.store", LLVMTypeOf(value), arguments, 1, width);
    else LLVMSetAlignment(LLVMBuildStore(m->at, value, to), width);
}

LLVMValueRef ll_gather(struct ll_module *m, enum adc_type type, LLVMValueRef from,
                       LLVMValueRef places, LLVMValueRef mask)
{
    LLVMTypeRef one = ll_memory_type(m, type), vector = vector_of(m, one);
    LLVMValueRef all = ll_splat(m, LLVMConstAllOnes(m->types.i1));
    LLVMValueRef addresses = LLVMBuildInBoundsGEP2(m->at, one, from, &places, 1, "");
    LLVMValueRef arguments[] = {addresses, mask ? mask : all, LLVMConstNull(vector)};
    return taken(m, type, masked(m, "llvm.masked.gather", vector, arguments, 0, width_of(type)));
}

LLVMValueRef ll_gather_apart(struct ll_module *m, LLVMValueRef from, LLVMValueRef stride)
{
    LLVMValueRef vector = LLVMGetPoison(ll_vector_type(m, ll_real(m)));
    for (unsigned i = 0; i < m->lanes; i++) {
        LLVMValueRef place = LLVMBuildNSWMul(m->at, stride, ll_i64(m, i), "");
        LLVMValueRef one =
            ll_load(m, ll_real(m), ll_offset(m, ll_type(m, ll_real(m)), from, place));
        vector = LLVMBuildInsertElement(m->at, vector, one, ll_status(m, i), "");
    }
    return vector;
}

LLVMValueRef ll_load_vector(struct ll_module *m, LLVMTypeRef type, LLVMValueRef address)
{
    return LLVMBuildLoad2(m->at, type, address, "");
}

void ll_store_vector(struct ll_module *m, LLVMValueRef value, LLVMValueRef address)
{
    LLVMBuildStore(m->at, value, address);
}

/* ---------------------------------------------------------------------- functions of lanes */

/* Ints are set alone. */
static void put_element(struct ll_module *m, enum adc_type type, LLVMValueRef address,
                        LLVMValueRef value, bool set)
{
    if (!set) value = LLVMBuildFAdd(m->at, ll_load(m, type, address), value, "");
    ll_store(m, type, value, address);
}

/* By its name, which is its own; of functions for float behind an f. */
LLVMValueRef ll_lane_function(struct ll_module *m, const struct ll_lane_function *wanted,
                              LLVMTypeRef type)
{
    struct adc_text name;
    adc_text_init(&name, m->arena);
    adc_text_format(&name, "%.*s%s", (int)strlen(wanted->name) - 2, wanted->name,
                    m->single ? "f__" : "__");
    LLVMValueRef function = LLVMGetNamedFunction(m->module, name.data);
    if (function) return function;
    function = LLVMAddFunction(m->module, name.data, type);
    LLVMSetLinkage(function, LLVMInternalLinkage);
    ADC_PUSH(m->arena, m->lane_functions, *wanted);
    m->lane_functions.data[m->lane_functions.count - 1].function = function;
    m->lane_functions.data[m->lane_functions.count - 1].single = m->single;
    return function;
}

void ll_scatter_apart(struct ll_module *m, LLVMValueRef to, LLVMValueRef stride, LLVMValueRef value,
                      LLVMValueRef mask, bool set)
{
    if (mask) {
        ll_scatter(m, to, ll_series(m, ll_i64(m, 0), stride), value, mask, set);
        return;
    }
    enum adc_type type = type_of(m, value);
    for (unsigned i = 0; i < m->lanes; i++) {
        LLVMValueRef place = LLVMBuildNSWMul(m->at, stride, ll_i64(m, i), "");
        LLVMValueRef address = ll_offset(m, ll_type(m, type), to, place);
        LLVMValueRef one = LLVMBuildExtractElement(m->at, value, ll_status(m, i), "");
        put_element(m, type, address, one, set);
    }
}

/* Of one lane. */
static void put_place(struct ll_module *m, LLVMValueRef to, LLVMValueRef places, LLVMValueRef value,
                      unsigned lane, bool set)
{
    LLVMValueRef number = ll_status(m, lane);
    LLVMValueRef place = LLVMBuildExtractElement(m->at, places, number, "");
    LLVMValueRef one = LLVMBuildExtractElement(m->at, value, number, "");
    enum adc_type type = type_of(m, value);
    put_element(m, type, ll_offset(m, ll_type(m, type), to, place), one, set);
}

/* Of all lanes where they stand: all vectors that are alive would be saved around a call. */
void ll_scatter(struct ll_module *m, LLVMValueRef to, LLVMValueRef places, LLVMValueRef value,
                LLVMValueRef mask, bool set)
{
    struct ll_lane_function wanted = {.kind = LL_LANE_SCATTER, .set = set};
    bool ints = type_of(m, value) == ADC_INT;
    wanted.name = ints ? "set_int_where__" : set ? "set_where__" : "add_where__";
    LLVMValueRef arguments[] = {to, places, value, mask};
    LLVMTypeRef types[4];
    for (unsigned i = 0; !mask && i < m->lanes; i++) put_place(m, to, places, value, i, set);
    if (!mask) return;
    for (unsigned i = 0; i < 4; i++) types[i] = LLVMTypeOf(arguments[i]);
    LLVMTypeRef type = LLVMFunctionType(m->types.none, types, 4, false);
    ll_call(m, ll_lane_function(m, &wanted, type), arguments, 4);
}

static void put_scatter(struct ll_module *m, const struct ll_lane_function *wanted)
{
    LLVMValueRef function = wanted->function;
    ll_begin(m, function);
    LLVMValueRef to = LLVMGetParam(function, 0), places = LLVMGetParam(function, 1);
    LLVMValueRef value = LLVMGetParam(function, 2), mask = LLVMGetParam(function, 3);
    for (unsigned i = 0; i < m->lanes; i++) {
        LLVMBasicBlockRef asked = ll_block(m), next = ll_block(m);
        ll_fork(m, LLVMBuildExtractElement(m->at, mask, ll_status(m, i), ""), asked, next);
        ll_go_on(m, asked);
        put_place(m, to, places, value, i, wanted->set);
        ll_jump(m, next);
        ll_go_on(m, next);
    }
    LLVMBuildRetVoid(m->at);
    ll_end(m);
}

void ll_choose_width(struct ll_module *m, bool single)
{
    m->single = single;
    m->lanes = single ? 2 * m->doubles : m->doubles;
}

/* Functions call functions: the list grows meanwhile. */
void ll_put_lane_functions(struct ll_module *m)
{
    for (; m->lane_functions_put < m->lane_functions.count; m->lane_functions_put++) {
        const struct ll_lane_function wanted = m->lane_functions.data[m->lane_functions_put];
        ll_choose_width(m, wanted.single);
        switch (wanted.kind) {
        case LL_LANE_SCATTER: put_scatter(m, &wanted); break;
        case LL_LANE_COPY: ll_put_copy_rows(m, &wanted); break;
        case LL_LANE_VMATH:
        case LL_LANE_HELPER:
        case LL_LANE_EACH_HELPER:
        case LL_LANE_EACH_OPERATOR:
        case LL_LANE_EACH_LIBRARY: ll_put_lane_formula(m, &wanted); break;
        }
    }
    ll_choose_width(m, false);
}
