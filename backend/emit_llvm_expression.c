/* Nodes as values: what emit_c_expression.c prints, in the same order.
 *
 * depth    INLINE nodes nest at most LOOP_MAX_DEPTH deep, so this recurses */
#include "backend/emit_llvm_internal.h"
#include "ir/state.h"

/* ------------------------------------------------------------------ inputs, outputs, arrays */

/* Member `index` of the struct of parameters: inputs, outputs, work. */
static LLVMValueRef member(struct ll_module *m, uint32_t index, LLVMTypeRef type)
{
    LLVMValueRef address = LLVMBuildStructGEP2(m->prologue, m->args_type, m->args, index, "");
    return LLVMBuildLoad2(m->prologue, type, address, "");
}

LLVMValueRef ll_input(struct ll_module *m, uint32_t index)
{
    const struct adc_parameter *parameter = &m->product->function->params.data[index];
    LLVMValueRef *input = &m->inputs[index];
    if (*input) return *input;
    if (parameter->rank) {
        *input = member(m, index, m->types.pointer);
        return *input;
    }
    *input = member(m, index, ll_memory_type(m, parameter->type));
    if (parameter->type == ADC_BOOL) *input = LLVMBuildTrunc(m->prologue, *input, m->types.i1, "");
    return *input;
}

LLVMValueRef ll_output(struct ll_module *m, uint32_t index)
{
    uint32_t inputs = (uint32_t)m->product->function->params.count;
    if (!m->outputs[index]) m->outputs[index] = member(m, inputs + index, m->types.pointer);
    return m->outputs[index];
}

LLVMValueRef ll_buffer(struct ll_module *m, uint32_t index)
{
    LLVMValueRef at = ll_i64(m, index);
    if (m->buffers[index]) return m->buffers[index];
    at = LLVMBuildInBoundsGEP2(m->prologue, m->types.pointer, m->arrays, &at, 1, "");
    m->buffers[index] = LLVMBuildLoad2(m->prologue, m->types.pointer, at, "");
    return m->buffers[index];
}

static bool is_transparent(const struct adc_node *node)
{
    return node->op == ADC_OP_MARK || node->op == ADC_OP_STOP;
}

static enum loop_place place_of(const struct ll_module *m, const struct adc_node *node)
{
    return (enum loop_place)m->product->program->place[node->id];
}

LLVMValueRef ll_array(struct ll_module *m, const struct adc_node *array)
{
    array = loop_array(m->product->program, array);
    if (place_of(m, array) == LOOP_BUFFER)
        return ll_buffer(m, m->product->program->buffer[array->id]);
    ADC_INVARIANT(array->op == ADC_OP_PARAM, m->product->function->graph);
    return ll_input(m, array->number);
}

/* No overflow: the array could not be there. */
LLVMValueRef ll_linear(struct ll_module *m, const struct adc_node *array,
                       const struct adc_node *const *element, unsigned first)
{
    first = adc_first_axis(array, element, first);
    LLVMValueRef sum = ll_use(m, element[first]);
    for (unsigned i = first + 1; i < array->rank; i++) {
        sum =
            LLVMBuildNSWMul(m->at, sum, ll_use(m, loop_length(m->product->program, array, i)), "");
        sum = LLVMBuildNSWAdd(m->at, sum, ll_use(m, element[i]), "");
    }
    return sum;
}

LLVMValueRef ll_element(struct ll_module *m, const struct adc_node *array,
                        const struct adc_node *const *element)
{
    LLVMTypeRef type = ll_memory_type(m, (enum adc_type)array->type);
    return ll_offset(m, type, ll_array(m, array), ll_linear(m, array, element, 0));
}

LLVMValueRef ll_length(struct ll_module *m, const struct adc_node *array)
{
    LLVMValueRef length = ll_i64(m, 1), zero = ll_i64(m, 0);
    for (unsigned i = 0; i < array->rank; i++) {
        LLVMValueRef axis = ll_use(m, loop_length(m->product->program, array, i));
        LLVMValueRef positive = ll_compare(m, LLVMIntSGT, axis, zero);
        axis = LLVMBuildSelect(m->at, positive, axis, zero, "");
        length = LLVMBuildMul(m->at, length, axis, "");
    }
    return length;
}

/* ----------------------------------------------------------------------- slots of the workspace */

LLVMValueRef ll_slot(struct ll_module *m, const struct adc_node *node)
{
    return ll_offset(m, m->types.f64, m->work, ll_i64(m, m->product->program->slot[node->id]));
}

LLVMValueRef ll_load_slot(struct ll_module *m, const struct adc_node *node)
{
    LLVMValueRef address = ll_slot(m, node);
    bool real = adc_type_is_real((enum adc_type)node->type);
    LLVMTypeRef type = real ? m->types.f64 : m->types.i64;
    LLVMValueRef value = LLVMBuildLoad2(m->at, type, address, "");
    switch ((enum adc_type)node->type) {
    case ADC_F32: return LLVMBuildFPTrunc(m->at, value, m->types.f32, "");
    case ADC_BOOL: return ll_compare(m, LLVMIntNE, value, ll_i64(m, 0));
    case ADC_I32: return LLVMBuildTrunc(m->at, value, m->types.i32, "");
    case ADC_F64:
    case ADC_INT:
    case ADC_TYPE_COUNT: break;
    }
    return value;
}

void ll_store_slot(struct ll_module *m, const struct adc_node *node, LLVMValueRef value)
{
    switch ((enum adc_type)node->type) {
    case ADC_F32: value = LLVMBuildFPExt(m->at, value, m->types.f64, ""); break;
    case ADC_BOOL: value = LLVMBuildZExt(m->at, value, m->types.i64, ""); break;
    case ADC_I32: value = LLVMBuildSExt(m->at, value, m->types.i64, ""); break;
    case ADC_F64:
    case ADC_INT:
    case ADC_TYPE_COUNT: break;
    }
    LLVMBuildStore(m->at, value, ll_slot(m, node));
}

void ll_assign(struct ll_module *m, const struct adc_node *node, LLVMValueRef value)
{
    struct ll_place *place = &m->places[node->id];
    if (place_of(m, node) == LOOP_WORK) ll_store_slot(m, node, value);
    else if (place->variable) LLVMBuildStore(m->at, value, place->value);
    else place->value = value;
}

/* ---------------------------------------------------------------------------- expressions */

static const struct adc_node *resolve(const struct ll_module *m, const struct adc_node *node)
{
    while (is_transparent(node) &&
           (place_of(m, node) == LOOP_INLINE || place_of(m, node) == LOOP_LEAF))
        node = node->in[0];
    return node;
}

LLVMValueRef ll_use(struct ll_module *m, const struct adc_node *node)
{
    node = resolve(m, node);
    const struct ll_place *place = &m->places[node->id];
    switch (place_of(m, node)) {
    case LOOP_LOCAL:
        if (!place->variable) return place->value;
        return LLVMBuildLoad2(m->at, ll_type(m, (enum adc_type)node->type), place->value, "");
    case LOOP_WORK: return ll_load_slot(m, node);
    case LOOP_BUFFER: return ll_array(m, node);
    case LOOP_LEAF:
    case LOOP_INLINE:
    case LOOP_UNUSED: break;
    }
    return ll_definition(m, node);
}

LLVMValueRef ll_low(struct ll_module *m, const struct adc_node *index)
{
    return index == m->chunk_index ? m->low : ll_use(m, index->in[0]);
}

LLVMValueRef ll_high(struct ll_module *m, const struct adc_node *index)
{
    return index == m->chunk_index ? m->high : ll_use(m, index->in[1]);
}

bool ll_is_cheap(const struct ll_module *m, const struct adc_node *node, unsigned depth)
{
    node = resolve(m, node);
    enum loop_place place = place_of(m, node);
    if (place == LOOP_LOCAL || place == LOOP_WORK || node->op == ADC_OP_INDEX) return true;
    if (node->op == ADC_OP_CONST || node->op == ADC_OP_PARAM) return true;
    if (node->op < ADC_OP_FIRST_ELEMENTWISE || !depth) return false;
    struct formula_function *formula = ll_formula(m, (enum adc_op)node->op);
    bool cheap = formula->plain;
    for (unsigned i = 0; i < node->count && cheap; i++)
        cheap = ll_is_cheap(m, node->in[i], depth - 1);
    return cheap;
}

/* Numbers are finite most of the time: a processor foresees that and goes on with the number, but
 * would wait for a selection. */
static bool is_foreseen(const struct ll_module *m, const struct adc_node *condition)
{
    enum adc_op op = (enum adc_op)resolve(m, condition)->op;
    return op == ADC_OP_ISNAN || op == ADC_OP_ISINF || op == ADC_OP_ISFINITE;
}

/* The arm that is not chosen is not looked at, unless that costs nothing. */
static LLVMValueRef choose(struct ll_module *m, const struct adc_node *node)
{
    LLVMValueRef condition = ll_use(m, node->in[0]);
    if (!is_foreseen(m, node->in[0]) && ll_is_cheap(m, node->in[1], 2) &&
        ll_is_cheap(m, node->in[2], 2)) {
        LLVMValueRef a = ll_use(m, node->in[1]), b = ll_use(m, node->in[2]);
        return LLVMBuildSelect(m->at, condition, a, b, "");
    }
    LLVMBasicBlockRef first = ll_block(m), second = ll_block(m), end = ll_block(m);
    ll_fork(m, condition, first, second);
    ll_go_on(m, first);
    LLVMValueRef a = ll_use(m, node->in[1]);
    LLVMBasicBlockRef from_a = ll_here(m);
    ll_jump(m, end);
    ll_go_on(m, second);
    LLVMValueRef b = ll_use(m, node->in[2]);
    LLVMBasicBlockRef from_b = ll_here(m);
    ll_jump(m, end);
    ll_go_on(m, end);
    return ll_join(m, a, from_a, b, from_b);
}

/* The bits of one number of memory, loaded where it is; NULL: it is something else. Variables of a
 * function will be in registers. */
static LLVMValueRef loaded_bits(struct ll_module *m, LLVMValueRef value)
{
    LLVMTypeRef of = LLVMTypeOf(value), type = of == m->types.f64 ? m->types.i64 : m->types.i32;
    if (of != m->types.f64 && of != m->types.f32) return NULL; /* lanes */
    if (!LLVMIsALoadInst(value) || LLVMIsAAllocaInst(LLVMGetOperand(value, 0))) return NULL;
    LLVMBasicBlockRef here = ll_here(m);
    LLVMMetadataRef line = LLVMGetCurrentDebugLocation2(m->at);
    LLVMPositionBuilderBefore(m->at, value);
    LLVMValueRef bits = LLVMBuildLoad2(m->at, type, LLVMGetOperand(value, 0), "");
    LLVMSetAlignment(bits, LLVMGetAlignment(value));
    ll_go_on(m, here);
    LLVMSetCurrentDebugLocation2(m->at, line);
    return bits;
}

/* Whether a number is 0 its bits tell without the sign: of reals, which may be NaN, processors ask
 * twice. NULL: another comparison. Those of helpers stand where a number is NaN, which is seldom,
 * and would load it in vain. */
static LLVMValueRef compare_zero(struct ll_module *m, const struct adc_node *node, LLVMValueRef a,
                                 LLVMValueRef b)
{
    bool equal = node->op == ADC_OP_EQ;
    if (!equal && node->op != ADC_OP_NE) return NULL;
    if (!adc_type_is_real((enum adc_type)node->in[0]->type) || !LLVMIsNull(b)) return NULL;
    LLVMValueRef bits = loaded_bits(m, a);
    if (!bits) return NULL;
    LLVMTypeRef type = LLVMTypeOf(bits);
    bits = LLVMBuildShl(m->at, bits, LLVMConstInt(type, 1, false), "");
    return ll_compare(m, equal ? LLVMIntEQ : LLVMIntNE, bits, LLVMConstNull(type));
}

static LLVMValueRef operate(struct ll_module *m, const struct adc_node *node)
{
    LLVMValueRef arguments[3] = {NULL};
    ADC_INVARIANT(node->op >= ADC_OP_FIRST_ELEMENTWISE && node->op < ADC_OP_COUNT,
                  m->product->function->graph);
    for (unsigned i = 0; i < node->count; i++) arguments[i] = ll_use(m, node->in[i]);
    LLVMValueRef zero = compare_zero(m, node, arguments[0], arguments[1]);
    if (zero) return zero;
    return ll_operator(m, (enum adc_op)node->op, c_is_single(node), arguments);
}

LLVMValueRef ll_definition(struct ll_module *m, const struct adc_node *node)
{
    enum adc_type type = (enum adc_type)node->type;
    switch (node->op) {
    case ADC_OP_CONST: return ll_constant(m, type, node->value);
    case ADC_OP_PARAM: return ll_input(m, node->number);
    case ADC_OP_INDEX: return m->places[node->id].value;
    case ADC_OP_READ: return ll_load(m, type, ll_element(m, node->in[0], node->in + 1));
    case ADC_OP_IF: return choose(m, node);
    case ADC_OP_MARK:
    case ADC_OP_STOP: return ll_use(m, node->in[0]);
    case ADC_OP_FINAL: return ll_use(m, adc_final_state(node));
    default: return operate(m, node);
    }
}
