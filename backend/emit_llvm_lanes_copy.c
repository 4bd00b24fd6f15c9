/* Rows that become columns: `rows` rows of an array, one a lane, to vectors, one an element; and
 * back.
 *
 * Functions of the module: copy_rows__(tile, rows, length, count, vectors of a tile), put_rows__.
 * One serves full tiles and rests: to make it again takes longer than a tile's number of vectors
 * as a constant saves. W rows are transposed in registers, W elements at a time; where fewer are
 * left than lanes, they are copied as they are, and lanes that have none are 0. */
#include "backend/emit_llvm_lanes.h"

struct copy {
    struct ll_module *m;
    LLVMTypeRef vector;
    LLVMValueRef tile, rows; /* the first of the vector of rows at hand */
    LLVMValueRef length;
    bool back;
    LLVMValueRef number, vectors; /* of the vector of rows, of a tile */
};

void ll_copy_rows(struct ll_module *m, unsigned vectors, bool back, LLVMValueRef *arguments)
{
    struct ll_lane_function wanted = {.kind = LL_LANE_COPY, .set = back};
    LLVMTypeRef i64 = m->types.i64, types[] = {m->types.pointer, m->types.pointer, i64, i64, i64};
    wanted.name = back ? "put_rows__" : "copy_rows__";
    LLVMTypeRef type = LLVMFunctionType(m->types.none, types, 5, false);
    arguments[4] = ll_i64(m, vectors);
    ll_call(m, ll_lane_function(m, &wanted, type), arguments, 5);
}

/* The vector of element k. */
static LLVMValueRef vector_at(struct copy *c, LLVMValueRef k)
{
    struct ll_module *m = c->m;
    LLVMValueRef place = LLVMBuildMul(m->at, k, c->vectors, "");
    place = LLVMBuildAdd(m->at, place, c->number, "");
    return ll_offset(m, c->vector, c->tile, place);
}

/* Element k of row i. */
static LLVMValueRef element_at(struct copy *c, LLVMValueRef i, LLVMValueRef k)
{
    LLVMValueRef at = LLVMBuildMul(c->m->at, i, c->length, "");
    at = LLVMBuildAdd(c->m->at, at, k, "");
    return ll_offset(c->m, ll_type(c->m, ll_real(c->m)), c->rows, at);
}

/* Blocks beside the diagonal change places, smaller and smaller ones. */
void ll_transpose(struct ll_module *m, LLVMValueRef *rows)
{
    for (unsigned half = m->lanes / 2; half; half /= 2)
        for (unsigned i = 0; i < m->lanes; i++) {
            if (i & half) continue;
            LLVMValueRef a = rows[i], b = rows[i + half];
            rows[i] = ll_mixed(m, a, b, half, false);
            rows[i + half] = ll_mixed(m, a, b, half, true);
        }
}

/* W elements, from k on, of as many rows. */
static void copy_square(struct copy *c, LLVMValueRef k)
{
    struct ll_module *m = c->m;
    LLVMTypeRef type = ll_type(m, ll_real(m));
    LLVMValueRef square[LL_MOST_LANES], columns[LL_MOST_LANES], rows[LL_MOST_LANES];
    for (unsigned i = 0; i < m->lanes; i++) {
        rows[i] = ll_offset(m, type, i ? rows[i - 1] : c->rows, i ? c->length : k);
        columns[i] = i ? ll_offset(m, c->vector, columns[i - 1], c->vectors) : vector_at(c, k);
        square[i] = c->back ? ll_load_vector(m, c->vector, columns[i])
                            : ll_load_next(m, ll_real(m), rows[i], NULL);
    }
    ll_transpose(m, square);
    for (unsigned i = 0; i < m->lanes; i++) {
        if (!c->back) ll_store_vector(m, square[i], columns[i]);
        else ll_store_next(m, square[i], rows[i], NULL);
    }
}

/* Element k of all rows. */
static void copy_column(struct copy *c, LLVMValueRef k)
{
    struct ll_module *m = c->m;
    LLVMValueRef column = vector_at(c, k), from = element_at(c, ll_i64(m, 0), k);
    if (c->back)
        ll_scatter_apart(m, from, c->length, ll_load_vector(m, c->vector, column), NULL, true);
    else ll_store_vector(m, ll_gather_apart(m, from, c->length), column);
}

/* Of long arrays, loads in the order of memory, two a line of 64 bytes: what follows is then sent
 * beforehand, as it is not for squares. `rows`: that are left. */
static void touch_lines(struct copy *c, LLVMValueRef rows)
{
    struct ll_module *m = c->m;
    LLVMValueRef left = LLVMBuildMul(m->at, rows, c->length, ""), none = ll_i64(m, 0);
    LLVMValueRef length = LLVMBuildMul(m->at, c->length, ll_i64(m, m->lanes), "");
    LLVMValueRef far = ll_compare(m, LLVMIntSGE, left, ll_i64(m, 65536));
    length = LLVMBuildSelect(m->at, far, length, none, "");
    struct ll_counter lines = ll_open_counter(m, none, length, ll_i64(m, 4));
    LLVMValueRef line = ll_offset(m, m->types.f64, c->rows, lines.k);
    LLVMSetVolatile(LLVMBuildLoad2(m->at, m->types.f64, line, ""), 1);
    ll_close_counter(m, &lines);
}

/* As many rows as lanes. */
static void copy_all(struct copy *c)
{
    struct ll_module *m = c->m;
    struct ll_counter squares = ll_open_counter(m, ll_i64(m, 0), c->length, ll_i64(m, m->lanes));
    copy_square(c, squares.k);
    ll_close_counter(m, &squares);
    struct ll_counter rest = ll_open_counter(m, squares.k, c->length, ll_i64(m, 1));
    copy_column(c, rest.k);
    ll_close_counter(m, &rest);
}

/* Fewer, which is met once a loop: one element after the other. */
static void copy_some(struct copy *c, LLVMValueRef rows)
{
    struct ll_module *m = c->m;
    LLVMTypeRef type = ll_type(m, ll_real(m));
    LLVMValueRef none = ll_i64(m, 0), one = ll_i64(m, 1);
    struct ll_counter columns = ll_open_counter(m, none, c->length, one);
    LLVMValueRef column = vector_at(c, columns.k);
    if (!c->back) ll_store_vector(m, LLVMConstNull(c->vector), column);
    struct ll_counter lanes = ll_open_counter(m, none, rows, one);
    LLVMValueRef lane = ll_offset(m, type, column, lanes.k), at = element_at(c, lanes.k, columns.k);
    LLVMValueRef value = ll_load(m, ll_real(m), c->back ? lane : at);
    ll_store(m, ll_real(m), value, c->back ? at : lane);
    ll_close_counter(m, &lanes);
    ll_close_counter(m, &columns);
}

void ll_put_copy_rows(struct ll_module *m, const struct ll_lane_function *wanted)
{
    struct copy c = {.m = m, .vector = ll_vector_type(m, ll_real(m))};
    LLVMValueRef lanes = ll_i64(m, m->lanes), function = wanted->function;
    ll_begin(m, function);
    c.tile = LLVMGetParam(function, 0);
    c.back = wanted->set;
    c.length = LLVMGetParam(function, 2);
    c.vectors = LLVMGetParam(function, 4);
    struct ll_counter each = ll_open_counter(m, ll_i64(m, 0), c.vectors, ll_i64(m, 1));
    c.number = each.k;
    LLVMValueRef before = LLVMBuildMul(m->at, c.number, lanes, "");
    LLVMValueRef rows = LLVMBuildSub(m->at, LLVMGetParam(function, 3), before, "");
    LLVMBasicBlockRef full = ll_block(m), other = ll_block(m), some = ll_block(m),
                      next = ll_block(m);
    c.rows = ll_offset(m, ll_type(m, ll_real(m)), LLVMGetParam(function, 1),
                       LLVMBuildMul(m->at, before, c.length, ""));
    ll_fork(m, ll_compare(m, LLVMIntSGE, rows, lanes), full, other);
    ll_go_on(m, full);
    if (!c.back) touch_lines(&c, LLVMGetParam(function, 3));
    copy_all(&c);
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
