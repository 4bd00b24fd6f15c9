/* Nodes over lanes, as vectors.
 *
 * law      the arithmetic of each lane is that of the scalar form
 * masks    an element is read only for lanes that ask for it: inside of an `if` these are the lanes
 *          at work for which the condition holds
 * depth    as emit_llvm_expression.c */
#include "backend/emit_llvm_lanes.h"
#include "ir/state.h"

static enum loop_value value_of(const struct ll_lanes *l, const struct adc_node *node)
{
    return (enum loop_value)ll_program(l)->value[node->id];
}

static enum loop_place place_of(const struct ll_lanes *l, const struct adc_node *node)
{
    return (enum loop_place)ll_program(l)->place[node->id];
}

LLVMValueRef ll_at_vector(struct ll_lanes *l, LLVMTypeRef type, LLVMValueRef array)
{
    return l->vector ? ll_offset(l->m, type, array, l->vector) : array;
}

LLVMValueRef ll_lane_mask(struct ll_lanes *l)
{
    LLVMTypeRef type = ll_vector_type(l->m, ADC_BOOL);
    if (!l->mask.value || !l->mask.array) return l->mask.value;
    return ll_load_vector(l->m, type, ll_at_vector(l, type, l->mask.value));
}

LLVMValueRef ll_lane_mask_at(struct ll_lanes *l, const struct adc_node *array,
                             const struct adc_node *const *element)
{
    bool rest = l->rest && l->mask.value == l->rest;
    if (rest && loop_has_room(ll_program(l), l->loop->node, array, element)) return NULL;
    return ll_lane_mask(l);
}

/* ------------------------------------------------------------------- values that do not vary */

/* Lanes of the vector at hand begin at this pass of the tile, times `step`. */
static LLVMValueRef first_pass(struct ll_lanes *l, LLVMValueRef step)
{
    struct ll_module *m = l->m;
    LLVMValueRef passes = LLVMBuildMul(m->at, l->vector, ll_i64(m, m->lanes), "");
    return LLVMBuildMul(m->at, passes, step, "");
}

static LLVMValueRef series(struct ll_lanes *l, const struct adc_node *node)
{
    struct ll_module *m = l->m;
    LLVMValueRef step = ll_i64(m, ll_program(l)->step[node->id]), first = ll_use(m, node);
    if (l->vector) first = LLVMBuildAdd(m->at, first, first_pass(l, step), "");
    return ll_series(m, first, step);
}

/* An i32 is an int in lanes. */
static LLVMValueRef splat(struct ll_lanes *l, const struct adc_node *node)
{
    LLVMValueRef one = ll_use(l->m, node);
    if (node->type == ADC_I32) one = LLVMBuildSExt(l->m->at, one, l->m->types.i64, "");
    return ll_splat(l->m, one);
}

/* -------------------------------------------------------------------------------- operands */

LLVMValueRef ll_lane_variable(struct ll_lanes *l, const struct adc_node *node)
{
    LLVMTypeRef type = ll_vector_type(l->m, (enum adc_type)node->type);
    LLVMValueRef value = l->places[node->id].value;
    return l->arrays[node->id] ? ll_at_vector(l, type, value) : value;
}

LLVMValueRef ll_lane_use(struct ll_lanes *l, const struct adc_node *node)
{
    while ((node->op == ADC_OP_MARK || node->op == ADC_OP_STOP) && place_of(l, node) == LOOP_INLINE)
        node = node->in[0];
    if (node->op == ADC_OP_FINAL && place_of(l, node) == LOOP_INLINE) node = adc_final_state(node);
    if (value_of(l, node) == LOOP_UNIFORM) return splat(l, node);
    if (value_of(l, node) == LOOP_SERIES) return series(l, node);
    if (place_of(l, node) == LOOP_INLINE) return ll_lane_definition(l, node);
    if (!l->places[node->id].variable) return l->places[node->id].value;
    LLVMTypeRef type = ll_vector_type(l->m, (enum adc_type)node->type);
    return ll_load_vector(l->m, type, ll_lane_variable(l, node));
}

/* ---------------------------------------------------------------------------------- elements */

/* (1*D + 2)*E: the sum over axes of a step and the lengths behind it. */
LLVMValueRef ll_lane_stride(struct ll_lanes *l, const struct adc_node *array,
                            const struct adc_node *const *element)
{
    struct ll_module *m = l->m;
    LLVMValueRef sum = NULL;
    for (unsigned i = 0; i < array->rank; i++) {
        bool steps = value_of(l, element[i]) == LOOP_SERIES;
        if (sum)
            sum = LLVMBuildMul(m->at, sum, ll_use(m, loop_length(ll_program(l), array, i)), "");
        if (!steps) continue;
        LLVMValueRef step = ll_i64(m, ll_program(l)->step[element[i]->id]);
        sum = sum ? LLVMBuildAdd(m->at, sum, step, "") : step;
    }
    return sum ? sum : ll_i64(m, 0);
}

LLVMValueRef ll_lane_address(struct ll_lanes *l, const struct adc_node *array,
                             const struct adc_node *const *element)
{
    struct ll_module *m = l->m;
    LLVMValueRef address = ll_element(m, array, element);
    if (!l->vector) return address;
    bool next = loop_reach(ll_program(l), array, element) == LOOP_NEXT;
    LLVMValueRef stride = next ? ll_i64(m, 1) : ll_lane_stride(l, array, element);
    LLVMTypeRef type = ll_memory_type(m, (enum adc_type)array->type);
    return ll_offset(m, type, address, first_pass(l, stride));
}

LLVMValueRef ll_lane_places(struct ll_lanes *l, const struct adc_node *array,
                            const struct adc_node *const *element, LLVMValueRef *from)
{
    struct ll_module *m = l->m;
    LLVMTypeRef type = ll_memory_type(m, (enum adc_type)array->type);
    unsigned first = adc_first_axis(array, element, 0), last = array->rank - 1;
    LLVMValueRef sum = ll_lane_use(l, element[first]);
    *from = ll_array(m, array);
    for (unsigned i = first + 1; i < array->rank; i++) {
        LLVMValueRef length = ll_splat(m, ll_use(m, loop_length(ll_program(l), array, i)));
        sum = LLVMBuildMul(m->at, sum, length, "");
        if (i < last || value_of(l, element[i]) != LOOP_UNIFORM) {
            sum = LLVMBuildAdd(m->at, sum, ll_lane_use(l, element[i]), "");
            continue;
        }
        LLVMValueRef place = ll_use(m, element[i]);
        *from = LLVMBuildGEP2(m->at, type, *from, &place, 1, "");
    }
    return sum;
}

/* Value `place` of a tiled buffer. */
static LLVMValueRef tile(struct ll_lanes *l, LLVMValueRef buffer, LLVMValueRef place)
{
    struct ll_module *m = l->m;
    LLVMTypeRef type = ll_vector_type(m, ll_real(m));
    if (!l->vector) return ll_offset(m, type, buffer, place);
    place = LLVMBuildNSWMul(m->at, place, ll_i64(m, l->loop->lanes->vectors), "");
    return ll_at_vector(l, type, ll_offset(m, type, buffer, place));
}

LLVMValueRef ll_lane_own(struct ll_lanes *l, const struct adc_node *array,
                         const struct adc_node *const *element)
{
    const struct loop_copy *copy = loop_copied(ll_program(l), l->loop->lanes, array, element);
    if (copy)
        return tile(l, ll_buffer(l->m, copy->buffer),
                    ll_linear(l->m, array, element, copy->axis + 1));
    if (loop_reach(ll_program(l), array, element) != LOOP_OWN) return NULL;
    return tile(l, ll_array(l->m, array), ll_linear(l->m, array, element, 0));
}

static LLVMValueRef read(struct ll_lanes *l, const struct adc_node *read)
{
    struct ll_module *m = l->m;
    const struct adc_node *array = read->in[0], *const *element = read->in + 1;
    enum adc_type type = (enum adc_type)array->type;
    LLVMValueRef own = ll_lane_own(l, array, element);
    if (own) return ll_load_vector(m, ll_vector_type(m, ll_real(m)), own);
    LLVMValueRef *column = ll_row_element(l, read);
    if (column) return *column;
    LLVMValueRef mask = ll_lane_mask(l);
    enum loop_reach reach = loop_reach(ll_program(l), array, element);
    if (reach == LOOP_ANY) {
        LLVMValueRef from, places = ll_lane_places(l, array, element, &from);
        return ll_gather(m, type, from, places, mask);
    }
    if (reach == LOOP_NEXT) {
        if (adc_type_is_real(type))
            mask = loop_reads_whole(ll_program(l), l->loop->node, array, element)
                       ? NULL
                       : ll_lane_mask_at(l, array, element);
        return ll_load_next(m, type, ll_lane_address(l, array, element), mask);
    }
    LLVMValueRef stride = ll_lane_stride(l, array, element);
    LLVMValueRef address = ll_lane_address(l, array, element);
    if (!mask && adc_type_is_real(type)) return ll_gather_apart(m, address, stride);
    return ll_gather(m, type, address, ll_series(m, ll_i64(m, 0), stride), mask);
}

/* ----------------------------------------------------------------------------- conditions */

/* The node for lanes where `condition` holds as well. What is the same for all lanes is computed
 * if one asks. */
static LLVMValueRef arm(struct ll_lanes *l, const struct adc_node *node, LLVMValueRef condition)
{
    struct ll_module *m = l->m;
    if (!loop_reads(ll_program(l), node)) return ll_lane_use(l, node);
    struct ll_mask before = l->mask;
    LLVMValueRef mask = ll_lane_mask(l);
    mask = mask ? LLVMBuildAnd(m->at, mask, condition, "") : condition;
    if (value_of(l, node) != LOOP_UNIFORM) {
        l->mask = (struct ll_mask){mask, false};
        LLVMValueRef value = ll_lane_use(l, node);
        l->mask = before;
        return value;
    }
    LLVMBasicBlockRef from = ll_here(m), asked = ll_block(m), end = ll_block(m);
    ll_fork(m, ll_any(m, mask), asked, end);
    ll_go_on(m, asked);
    LLVMValueRef value = splat(l, node);
    LLVMBasicBlockRef from_value = ll_here(m);
    ll_jump(m, end);
    ll_go_on(m, end);
    return ll_join(m, LLVMConstNull(LLVMTypeOf(value)), from, value, from_value);
}

/* All lanes take one arm; the other is not looked at, as its elements may not be there. */
static LLVMValueRef choose_one(struct ll_lanes *l, const struct adc_node *node)
{
    struct ll_module *m = l->m;
    LLVMValueRef condition = ll_use(m, node->in[0]);
    if (ll_is_cheap(m, node->in[1], 2) && ll_is_cheap(m, node->in[2], 2)) {
        LLVMValueRef a = ll_lane_use(l, node->in[1]), b = ll_lane_use(l, node->in[2]);
        return LLVMBuildSelect(m->at, condition, a, b, "");
    }
    LLVMBasicBlockRef first = ll_block(m), second = ll_block(m), end = ll_block(m);
    ll_fork(m, condition, first, second);
    ll_go_on(m, first);
    LLVMValueRef a = ll_lane_use(l, node->in[1]);
    LLVMBasicBlockRef from_a = ll_here(m);
    ll_jump(m, end);
    ll_go_on(m, second);
    LLVMValueRef b = ll_lane_use(l, node->in[2]);
    LLVMBasicBlockRef from_b = ll_here(m);
    ll_jump(m, end);
    ll_go_on(m, end);
    return ll_join(m, a, from_a, b, from_b);
}

static LLVMValueRef choose(struct ll_lanes *l, const struct adc_node *node)
{
    struct ll_module *m = l->m;
    if (value_of(l, node->in[0]) == LOOP_UNIFORM) return choose_one(l, node);
    LLVMValueRef holds = ll_lane_use(l, node->in[0]), fails = NULL;
    LLVMValueRef a = arm(l, node->in[1], holds);
    if (loop_reads(ll_program(l), node->in[2])) fails = LLVMBuildNot(m->at, holds, "");
    LLVMValueRef b = arm(l, node->in[2], fails);
    return LLVMBuildSelect(m->at, holds, a, b, "");
}

/* --------------------------------------------------------------------------------- operators */

static LLVMValueRef operate(struct ll_lanes *l, const struct adc_node *node)
{
    LLVMValueRef arguments[3];
    ADC_INVARIANT(node->op >= ADC_OP_FIRST_ELEMENTWISE && node->op < ADC_OP_COUNT,
                  l->m->product->function->graph);
    for (unsigned i = 0; i < node->count; i++) arguments[i] = ll_lane_use(l, node->in[i]);
    return ll_lane_operator(l->m, (enum adc_op)node->op, arguments);
}

LLVMValueRef ll_lane_definition(struct ll_lanes *l, const struct adc_node *node)
{
    if (value_of(l, node) != LOOP_VARYING) return ll_lane_use(l, node);
    switch (node->op) {
    case ADC_OP_READ: return read(l, node);
    case ADC_OP_FINAL: return ll_lane_use(l, adc_final_state(node));
    case ADC_OP_IF: return choose(l, node);
    case ADC_OP_MARK:
    case ADC_OP_STOP:
    case ADC_OP_I32_TO_INT: return ll_lane_use(l, node->in[0]);
    default: return operate(l, node);
    }
}
