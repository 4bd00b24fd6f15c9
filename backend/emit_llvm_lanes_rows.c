/* Rows of arrays that are columns of vectors in registers (ir/rows.h). The same loads and stores
 * as in C. */
#include "backend/emit_llvm_lanes.h"

void ll_find_rows(struct ll_lanes *l)
{
    l->rows = loop_rows_of(ll_program(l), l->loop, l->m->arena);
    if (!l->rows) return;
    l->columns = ADC_NEW_ARRAY(l->m->arena, LLVMValueRef *, l->rows->rows.count);
    for (size_t i = 0; i < l->rows->rows.count; i++)
        l->columns[i] = ADC_NEW_ARRAY(l->m->arena, LLVMValueRef, LOOP_ROW_MOST + LL_MOST_LANES);
}

LLVMValueRef *ll_row_element(const struct ll_lanes *l, const struct adc_node *node)
{
    const struct loop_row *row = loop_row_of(l->rows, node);
    return row ? &l->columns[row - l->rows->rows.data][l->rows->column[node->id]] : NULL;
}

/* `away` elements of the row's array behind an address. */
static LLVMValueRef behind(struct ll_lanes *l, const struct loop_row *row, LLVMValueRef address,
                           int64_t away)
{
    enum adc_type type = (enum adc_type)row->one->type;
    return ll_offset(l->m, ll_memory_type(l->m, type), address, ll_i64(l->m, away));
}

/* The mask of the first lanes, NULL: all. */
static LLVMValueRef first_lanes(struct ll_lanes *l, unsigned left)
{
    return left < l->m->lanes ? ll_first_lanes(l->m, ll_i64(l->m, left)) : NULL;
}

/* Where the rows of all lanes have the first element that is asked for. */
static void find_addresses(struct ll_lanes *l, const struct loop_row *row, LLVMValueRef *address)
{
    struct ll_module *m = l->m;
    const struct adc_node *array = loop_row_array(row), *const *element = loop_row_element(row);
    LLVMTypeRef type = ll_memory_type(m, (enum adc_type)array->type);
    LLVMValueRef from, places = NULL, stride = NULL;
    if (loop_reach(ll_program(l), array, element) == LOOP_ANY) {
        places = ll_lane_places(l, array, element, &from);
    } else {
        from = ll_lane_address(l, array, element);
        stride = ll_lane_stride(l, array, element);
    }
    for (unsigned i = 0; i < m->lanes; i++) {
        LLVMValueRef place = places ? LLVMBuildExtractElement(m->at, places, ll_status(m, i), "")
                                    : LLVMBuildNSWMul(m->at, stride, ll_i64(m, i), "");
        address[i] = ll_offset(m, type, from, place);
    }
}

static void load(struct ll_lanes *l, const struct loop_row *row, LLVMValueRef *columns)
{
    struct ll_module *m = l->m;
    LLVMValueRef address[LL_MOST_LANES];
    find_addresses(l, row, address);
    for (unsigned k = row->first; k < row->end; k += m->lanes) {
        LLVMValueRef mask = first_lanes(l, row->length - k), square[LL_MOST_LANES];
        for (unsigned i = 0; i < m->lanes; i++)
            square[i] = ll_load_next(m, ADC_F64, behind(l, row, address[i], k - row->first), mask);
        ll_transpose(m, square);
        for (unsigned i = 0; i < m->lanes; i++) columns[k + i] = square[i];
    }
}

/* Every second lane of two vectors, from the first or the second on. */
static LLVMValueRef every_second(struct ll_module *m, LLVMValueRef a, LLVMValueRef b,
                                 unsigned first)
{
    LLVMValueRef order[LL_MOST_LANES];
    for (unsigned i = 0; i < m->lanes; i++) order[i] = ll_status(m, 2 * i + first);
    return LLVMBuildShuffleVector(m->at, a, b, LLVMConstVector(order, m->lanes), "");
}

static void load_pair(struct ll_lanes *l, const struct loop_row *row, LLVMValueRef *columns)
{
    struct ll_module *m = l->m;
    enum adc_type type = (enum adc_type)row->one->type;
    LLVMValueRef from = ll_lane_address(l, loop_row_array(row), loop_row_element(row));
    from = behind(l, row, from, -(int64_t)row->first);
    LLVMValueRef a = ll_load_next(m, type, from, NULL);
    LLVMValueRef b = ll_load_next(m, type, behind(l, row, from, m->lanes), NULL);
    for (unsigned i = 0; i < 2; i++) columns[i] = every_second(m, a, b, i);
}

void ll_open_rows(struct ll_lanes *l, const struct loop_statement *statement)
{
    for (size_t i = 0; l->rows && i < l->rows->rows.count; i++) {
        const struct loop_row *row = &l->rows->rows.data[i];
        if (row->set || row->at != statement || !loop_row_of(l->rows, row->one)) continue;
        ll_put_span(l->m, statement);
        if (loop_row_is_pair(row)) load_pair(l, row, l->columns[i]);
        else load(l, row, l->columns[i]);
    }
}

static void store_pair(struct ll_lanes *l, const struct loop_row *row, LLVMValueRef to,
                       LLVMValueRef *columns)
{
    struct ll_module *m = l->m;
    for (unsigned upper = 0; upper < 2; upper++) {
        LLVMValueRef order[LL_MOST_LANES], all;
        for (unsigned i = 0; i < m->lanes; i++)
            order[i] = ll_status(m, (i + upper * m->lanes) / 2 + i % 2 * m->lanes);
        all = LLVMConstVector(order, m->lanes);
        all = LLVMBuildShuffleVector(m->at, columns[0], columns[1], all, "");
        ll_store_next(m, all, behind(l, row, to, (int64_t)upper * m->lanes), NULL);
    }
}

/* Columns become rows, or what there is of them. */
static void turn(struct ll_module *m, LLVMValueRef *columns, unsigned count)
{
    for (unsigned k = 0; k < count; k += m->lanes) {
        for (unsigned i = 0; i < m->lanes; i++)
            if (k + i >= count) columns[k + i] = columns[0];
        ll_transpose(m, columns + k);
    }
}

/* In the order of memory: a vector may reach into rows that are stored after it. */
static void store(struct ll_lanes *l, const struct loop_row *row, LLVMValueRef to,
                  LLVMValueRef *columns)
{
    struct ll_module *m = l->m;
    turn(m, columns, row->length);
    for (unsigned i = 0; i < m->lanes; i++) {
        for (unsigned k = 0; k < row->length; k += m->lanes) {
            LLVMValueRef mask = first_lanes(l, (m->lanes - i) * row->length - k);
            ll_store_next(m, columns[k + i], behind(l, row, to, i * row->length + k), mask);
        }
        LLVMBuildFence(m->at, LLVMAtomicOrderingSequentiallyConsistent, true, "");
    }
}

/* `count` lanes of a vector, from `first` on. */
static LLVMValueRef piece(struct ll_module *m, LLVMValueRef vector, unsigned first, unsigned count)
{
    LLVMValueRef order[LL_MOST_LANES];
    if (count == m->lanes) return vector;
    for (unsigned i = 0; i < count; i++) order[i] = ll_status(m, first + i);
    return LLVMBuildShuffleVector(m->at, vector, LLVMGetPoison(LLVMTypeOf(vector)),
                                  LLVMConstVector(order, count), "");
}

/* One lane after the other, as rows may meet: by whole vectors, halves and so on, so that what the
 * next lane reads has been stored as one. */
static void add(struct ll_lanes *l, const struct loop_row *row, LLVMValueRef *columns)
{
    struct ll_module *m = l->m;
    LLVMValueRef address[LL_MOST_LANES];
    unsigned count = row->end - row->first;
    columns += row->first;
    find_addresses(l, row, address);
    turn(m, columns, count);
    for (unsigned i = 0; i < m->lanes; i++)
        for (unsigned k = 0, size = m->lanes; k < count; k += size) {
            while (size > count - k) size /= 2;
            LLVMValueRef to = behind(l, row, address[i], k);
            LLVMValueRef more = piece(m, columns[k / m->lanes * m->lanes + i], k % m->lanes, size);
            LLVMValueRef before = LLVMBuildLoad2(m->at, LLVMTypeOf(more), to, "");
            LLVMSetAlignment(before, 8);
            LLVMSetAlignment(LLVMBuildStore(m->at, LLVMBuildFAdd(m->at, before, more, ""), to), 8);
        }
}

void ll_close_rows(struct ll_lanes *l, const struct loop_statement *statement)
{
    for (size_t i = 0; l->rows && i < l->rows->rows.count; i++) {
        const struct loop_row *row = &l->rows->rows.data[i];
        if (!row->set || row->at != statement || !loop_row_of(l->rows, row->one)) continue;
        if (row->adds) {
            add(l, row, l->columns[i]);
            continue;
        }
        LLVMValueRef to = ll_lane_address(l, loop_row_array(row), loop_row_element(row));
        if (loop_row_is_pair(row)) store_pair(l, row, to, l->columns[i]);
        else store(l, row, to, l->columns[i]);
    }
}
