/* Rows that become columns: `rows` rows of an array, one a lane, to vectors, one an element.
 *
 * A function of the module: copy_rows_V__(to, from, length, rows), V vectors a tile. Whole vectors
 * of W rows and W elements are transposed in registers; where fewer rows are left than lanes,
 * elements of lanes without a row are 0. */
#include "backend/emit_llvm_lanes.h"

struct copy {
    struct ll_module *m;
    LLVMTypeRef vector;
    LLVMValueRef to, from; /* the first row of the vector of rows at hand */
    LLVMValueRef length;
    LLVMValueRef number, vectors; /* of the vector of rows, of a tile */
};

void ll_copy_rows(struct ll_module *m, unsigned vectors, LLVMValueRef *arguments)
{
    struct ll_lane_function wanted = {.kind = LL_LANE_COPY, .index = vectors};
    struct adc_text name;
    LLVMTypeRef types[] = {m->types.pointer, m->types.pointer, m->types.i64, m->types.i64};
    adc_text_init(&name, m->arena);
    adc_text_format(&name, "copy_rows_%u__", vectors);
    wanted.name = name.data;
    LLVMTypeRef type = LLVMFunctionType(m->types.none, types, 4, false);
    ll_call(m, ll_lane_function(m, &wanted, type), arguments, 4);
}

/* Of element k. */
static void put(struct copy *c, LLVMValueRef k, LLVMValueRef value)
{
    struct ll_module *m = c->m;
    LLVMValueRef place = LLVMBuildMul(m->at, k, c->vectors, "");
    place = LLVMBuildAdd(m->at, place, c->number, "");
    ll_store_vector(m, value, ll_offset(m, c->vector, c->to, place));
}

static LLVMValueRef mixed(struct ll_module *m, LLVMValueRef a, LLVMValueRef b, unsigned half,
                          bool upper)
{
    LLVMValueRef order[8];
    for (unsigned j = 0; j < m->lanes; j++) {
        unsigned lane =
            upper ? (j & half ? m->lanes + j : j + half) : (j & half ? m->lanes + j - half : j);
        order[j] = ll_status(m, lane);
    }
    return LLVMBuildShuffleVector(m->at, a, b, LLVMConstVector(order, m->lanes), "");
}

/* Blocks beside the diagonal change places, smaller and smaller ones. */
static void transpose(struct ll_module *m, LLVMValueRef *rows)
{
    for (unsigned half = m->lanes / 2; half; half /= 2)
        for (unsigned i = 0; i < m->lanes; i++) {
            if (i & half) continue;
            LLVMValueRef a = rows[i], b = rows[i + half];
            rows[i] = mixed(m, a, b, half, false);
            rows[i + half] = mixed(m, a, b, half, true);
        }
}

/* As many rows as lanes. */
static void copy_full(struct copy *c)
{
    struct ll_module *m = c->m;
    LLVMValueRef rows[8], lanes = ll_i64(m, m->lanes);
    struct ll_counter square = ll_open_counter(m, ll_i64(m, 0), c->length, lanes);
    for (unsigned i = 0; i < m->lanes; i++) {
        LLVMValueRef at = LLVMBuildMul(m->at, ll_i64(m, i), c->length, "");
        at = LLVMBuildAdd(m->at, at, square.k, "");
        rows[i] = ll_load_next(m, ADC_F64, ll_offset(m, m->types.f64, c->from, at), NULL);
    }
    transpose(m, rows);
    for (unsigned i = 0; i < m->lanes; i++)
        put(c, LLVMBuildAdd(m->at, square.k, ll_i64(m, i), ""), rows[i]);
    ll_close_counter(m, &square);
    struct ll_counter rest = ll_open_counter(m, square.k, c->length, ll_i64(m, 1));
    put(c, rest.k, ll_gather_apart(m, ll_offset(m, m->types.f64, c->from, rest.k), c->length));
    ll_close_counter(m, &rest);
}

static void copy_some(struct copy *c, LLVMValueRef rows)
{
    struct ll_module *m = c->m;
    LLVMValueRef mask = ll_first_lanes(m, rows);
    LLVMValueRef places = ll_series(m, ll_i64(m, 0), c->length);
    struct ll_counter each = ll_open_counter(m, ll_i64(m, 0), c->length, ll_i64(m, 1));
    LLVMValueRef from = ll_offset(m, m->types.f64, c->from, each.k);
    put(c, each.k, ll_gather(m, ADC_F64, from, places, mask));
    ll_close_counter(m, &each);
}

void ll_put_copy_rows(struct ll_module *m, const struct ll_lane_function *wanted)
{
    struct copy c = {.m = m, .vector = ll_vector_type(m, ADC_F64)};
    LLVMValueRef lanes = ll_i64(m, m->lanes), function = wanted->function;
    ll_begin(m, function);
    c.to = LLVMGetParam(function, 0);
    c.length = LLVMGetParam(function, 2);
    c.vectors = ll_i64(m, wanted->index);
    struct ll_counter each = ll_open_counter(m, ll_i64(m, 0), c.vectors, ll_i64(m, 1));
    c.number = each.k;
    LLVMValueRef before = LLVMBuildMul(m->at, c.number, lanes, "");
    LLVMValueRef rows = LLVMBuildSub(m->at, LLVMGetParam(function, 3), before, "");
    LLVMBasicBlockRef full = ll_block(m), other = ll_block(m), some = ll_block(m),
                      next = ll_block(m);
    c.from = ll_offset(m, m->types.f64, LLVMGetParam(function, 1),
                       LLVMBuildMul(m->at, before, c.length, ""));
    ll_fork(m, ll_compare(m, LLVMIntSGE, rows, lanes), full, other);
    ll_go_on(m, full);
    copy_full(&c);
    ll_jump(m, next);
    ll_go_on(m, other);
    ll_fork(m, ll_compare(m, LLVMIntSGT, rows, ll_i64(m, 0)), some, next);
    ll_go_on(m, some);
    copy_some(&c, rows);
    ll_jump(m, next);
    ll_go_on(m, next);
    ll_close_counter(m, &each);
    LLVMBuildRetVoid(m->at);
    ll_end(m);
}
