/* Sizes: those that must not be negative, the layout of the workspace, rows of hessians.
 *
 * A size is an expression over scalar parameters alone. What is needed is evaluated in ascending
 * id, each node once. */
#include "backend/emit_c_internal.h"
#include "backend/emit_llvm_internal.h"
#include "ir/nest.h"

#include <stdlib.h>

/* Roots and all they need, with their values. */
struct sizes {
    struct ll_module *m;
    LLVMValueRef *values; /* by node id */
    uint8_t *needed;
    ADC_VEC(uint32_t) ids;
};

static void init_sizes(struct sizes *s, struct ll_module *m)
{
    size_t count = m->product->function->graph->nodes.count;
    *s = (struct sizes){.m = m};
    s->values = ADC_NEW_ARRAY(m->arena, LLVMValueRef, count);
    s->needed = ADC_NEW_ARRAY(m->arena, uint8_t, count);
}

static void need(struct sizes *s, const struct adc_node *node)
{
    if (s->needed[node->id]) return;
    s->needed[node->id] = 1;
    ADC_PUSH(s->m->arena, s->ids, node->id);
}

static void add_size(struct sizes *s, const struct adc_node *root)
{
    size_t next = s->ids.count;
    need(s, root);
    for (; next < s->ids.count; next++) {
        const struct adc_node *node = s->m->product->function->graph->nodes.data[s->ids.data[next]];
        for (unsigned i = 0; i < node->count; i++) need(s, node->in[i]);
    }
}

static int by_id(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static LLVMValueRef size_value(const struct sizes *s, const struct adc_node *node)
{
    struct ll_module *m = s->m;
    LLVMValueRef in[3] = {NULL};
    for (unsigned i = 0; i < node->count && i < 3; i++) in[i] = s->values[node->in[i]->id];
    switch (node->op) {
    case ADC_OP_CONST: return ll_constant(m, (enum adc_type)node->type, node->value);
    case ADC_OP_PARAM: return ll_input(m, node->number);
    case ADC_OP_IF: return LLVMBuildSelect(m->at, in[0], in[1], in[2], "");
    case ADC_OP_MARK:
    case ADC_OP_STOP: return in[0];
    default: break;
    }
    ADC_INVARIANT(node->op >= ADC_OP_FIRST_ELEMENTWISE, m->product->function->graph);
    return ll_operator(m, (enum adc_op)node->op, c_is_single(node), in);
}

static void evaluate_sizes(struct sizes *s)
{
    const struct adc_graph *graph = s->m->product->function->graph;
    if (s->ids.count) qsort(s->ids.data, s->ids.count, sizeof *s->ids.data, by_id);
    for (size_t i = 0; i < s->ids.count; i++)
        s->values[s->ids.data[i]] = size_value(s, graph->nodes.data[s->ids.data[i]]);
}

/* ---------------------------------------------------------------------------- entry checks */

static void add_condition(struct ll_module *m, LLVMValueRef *negative, LLVMValueRef size)
{
    LLVMValueRef below = ll_compare(m, LLVMIntSLT, size, ll_i64(m, 0));
    *negative = *negative ? LLVMBuildOr(m->at, *negative, below, "") : below;
}

void ll_put_negative_checks(struct ll_module *m)
{
    const struct adc_function *f = m->product->function;
    LLVMValueRef negative = NULL;
    struct sizes sizes;
    if (!m->product->ranges) return;
    init_sizes(&sizes, m);
    for (size_t i = 0; i < f->params.count; i++)
        for (unsigned axis = 0; axis < f->params.data[i].rank; axis++)
            if (c_may_be_negative(m->product, f->params.data[i].shape[axis]))
                add_size(&sizes, f->params.data[i].shape[axis]);
    evaluate_sizes(&sizes);
    for (uint32_t i = 0; i < f->params.count; i++) {
        if (f->params.data[i].kind == ADC_DIM) add_condition(m, &negative, ll_input(m, i));
        for (unsigned axis = 0; axis < f->params.data[i].rank; axis++) {
            const struct adc_node *size = f->params.data[i].shape[axis];
            if (c_may_be_negative(m->product, size))
                add_condition(m, &negative, sizes.values[size->id]);
        }
    }
    if (!negative) return;
    LLVMBasicBlockRef failed = ll_block(m), good = ll_block(m);
    ll_fork(m, negative, failed, good);
    ll_go_on(m, failed);
    LLVMBuildRet(m->at, ll_status(m, C_STATUS_NEGATIVE_SIZE));
    ll_go_on(m, good);
}

/* ---------------------------------------------------------------------------------- layout */

/* extent(extent(first, N), D) */
static LLVMValueRef extent(const struct sizes *s, const struct loop_buffer *buffer, uint64_t first)
{
    LLVMValueRef size = ll_size(s->m, first);
    const struct adc_node *array = buffer->node;
    for (unsigned i = buffer->first_axis; i < array->rank; i++) {
        LLVMValueRef arguments[] = {size, s->values[loop_buffer_length(buffer, i)->id]};
        size = ll_call(s->m, s->m->extent, arguments, 2);
    }
    return size;
}

static void put_place(struct ll_module *m, LLVMValueRef at, uint64_t index, LLVMValueRef value)
{
    LLVMBuildStore(m->at, value, ll_offset(m, m->types.size, at, ll_size(m, index)));
}

/* Bytes behind a buffer that lies behind `size`. */
static LLVMValueRef put_room(struct sizes *s, const struct loop_buffer *buffer, LLVMValueRef at,
                             uint32_t place, LLVMValueRef size)
{
    static const uint64_t widths[ADC_TYPE_COUNT] = {8, 4, 8, 1, 4};
    struct ll_module *m = s->m;
    put_place(m, at, place, LLVMBuildUDiv(m->at, size, ll_size(m, 8), ""));
    uint64_t width = buffer->tiled ? LOOP_TILE_BYTES : widths[buffer->node->type];
    LLVMValueRef arguments[] = {size, extent(s, buffer, width)};
    size = ll_call(m, m->room, arguments, 2);
    if (!loop_is_aligned(buffer)) return size;
    LLVMValueRef more[] = {size, ll_size(m, LOOP_TILE_ALIGN)};
    return ll_call(m, m->room, more, 2);
}

/* What each chunk but the first has: slots, buffers, and a line of cache apart. */
static LLVMValueRef put_chunk_layout(struct sizes *s, LLVMValueRef at, LLVMValueRef size)
{
    struct ll_module *m = s->m;
    const struct loop_program *program = m->product->program;
    uint32_t last = c_chunk_place(m->unit, m->product);
    LLVMValueRef own = ll_size(m, 8 * program->work_count);
    for (uint32_t i = 0; i < program->buffers.count; i++) {
        const struct loop_buffer *buffer = &program->buffers.data[i];
        if (!buffer->own) continue;
        uint32_t place = c_own_place(m->unit, m->product, i);
        own = put_room(s, buffer, at, place, own);
        put_place(m, at, place + 1, extent(s, buffer, 1));
    }
    LLVMValueRef apart[] = {own, ll_size(m, LOOP_TILE_ALIGN)};
    own = ll_call(m, m->room, apart, 2);
    put_place(m, at, last, LLVMBuildUDiv(m->at, size, ll_size(m, 8), ""));
    put_place(m, at, last + 1, LLVMBuildUDiv(m->at, own, ll_size(m, 8), ""));
    LLVMValueRef all[] = {own, ll_i64(m, program->threads - 1)};
    LLVMValueRef more[] = {size, ll_call(m, m->extent, all, 2)};
    return ll_call(m, m->room, more, 2);
}

void ll_put_layout(struct ll_module *m, LLVMValueRef function)
{
    const struct loop_program *program = m->product->program;
    LLVMValueRef at = LLVMGetLastParam(function), size = ll_size(m, 8 * program->work_count);
    struct sizes sizes;
    init_sizes(&sizes, m);
    for (size_t i = 0; i < program->buffers.count; i++)
        for (unsigned axis = program->buffers.data[i].first_axis;
             axis < program->buffers.data[i].node->rank; axis++)
            add_size(&sizes, loop_buffer_length(&program->buffers.data[i], axis));
    evaluate_sizes(&sizes);
    for (uint32_t i = 0; i < program->buffers.count; i++) {
        const struct loop_buffer *buffer = &program->buffers.data[i];
        size = put_room(&sizes, buffer, at, i, size);
        if (c_adds_result(m->unit, m->product, i))
            put_place(m, at, c_length_place(m->product, i), extent(&sizes, buffer, 1));
    }
    if (program->threads) size = put_chunk_layout(&sizes, at, size);
    LLVMBuildRet(m->at, size);
}

/* -------------------------------------------------------------------------------- hessian */

void ll_put_hessian_size(struct ll_module *m, const struct c_group *group)
{
    const struct adc_node *length = c_hessian_length(group->hessian);
    struct sizes sizes;
    if (!length) {
        LLVMValueRef function = LLVMAddFunction(m->module, group->hess_size,
                                                LLVMFunctionType(m->types.i64, NULL, 0, false));
        ll_begin(m, function);
        LLVMBuildRet(m->at, ll_i64(m, c_hessian_count(group->hessian)));
        ll_end(m);
        return;
    }
    ll_begin_sized(m, group->hess_size, m->types.i64, false);
    init_sizes(&sizes, m);
    add_size(&sizes, length);
    evaluate_sizes(&sizes);
    LLVMBuildRet(m->at, sizes.values[length->id]);
    ll_end(m);
}
