/* Simple statements of a loop in lanes: what varies, for the vector at hand.
 *
 * sums     an addition to a sum that all passes share is made for the lanes at work alone; a
 *          product may be added in one rounding, here and nowhere else */
#include "backend/emit_llvm_lanes.h"
#include "ir/nest.h"

static enum adc_type type_of(const struct adc_node *node)
{
    return (enum adc_type)node->type;
}

static LLVMTypeRef vector_of(const struct ll_lanes *l, const struct adc_node *node)
{
    return ll_vector_type(l->m, type_of(node));
}

LLVMValueRef ll_lane_first(struct ll_lanes *l, const struct adc_node *node)
{
    return ll_splat(l->m, ll_constant(l->m, type_of(node), c_first_value(node)));
}

void ll_open_lane_array(struct ll_lanes *l, const struct adc_node *node)
{
    if (!l->arrays[node->id]) return;
    LLVMTypeRef type = LLVMArrayType(vector_of(l, node), l->loop->lanes->vectors);
    l->places[node->id] = (struct ll_place){ll_variable(l->m, type), true};
}

static enum adc_op op_of(const struct adc_node *nest)
{
    return adc_reduce_op((enum adc_reduce)nest->number, type_of(nest));
}

/* ----------------------------------------------------------------------------------- values */

/* The value where the mask holds, else what was there. */
static LLVMValueRef kept(struct ll_lanes *l, LLVMValueRef before, LLVMValueRef value, bool always)
{
    LLVMValueRef mask = always ? NULL : ll_lane_mask(l);
    return mask ? LLVMBuildSelect(l->m->at, mask, value, before, "") : value;
}

/* a*b + c, rounded once where C does. */
static LLVMValueRef fused(struct ll_module *m, LLVMValueRef a, LLVMValueRef b, LLVMValueRef c)
{
    LLVMValueRef arguments[] = {a, b, c};
    if (m->fuses) return ll_intrinsic(m, "llvm.fma", LLVMTypeOf(a), arguments, 3);
    return LLVMBuildFAdd(m->at, c, LLVMBuildFMul(m->at, a, b, ""), "");
}

/* before + value; for lanes that are not at work `before`, if these are to be left. */
static LLVMValueRef added(struct ll_lanes *l, LLVMValueRef before, const struct adc_node *value,
                          bool masked)
{
    struct ll_module *m = l->m;
    struct loop_addend addend = loop_addend_of(ll_program(l), value);
    LLVMValueRef after;
    if (addend.product) {
        LLVMValueRef a = ll_lane_use(l, addend.product->in[0]);
        LLVMValueRef b = ll_lane_use(l, addend.product->in[1]);
        after = fused(m, addend.less ? LLVMBuildFNeg(m->at, a, "") : a, b, before);
    } else {
        LLVMValueRef more = ll_lane_use(l, addend.value);
        after = addend.less ? LLVMBuildFSub(m->at, before, more, "")
                            : LLVMBuildFAdd(m->at, before, more, "");
    }
    return kept(l, before, after, !masked);
}

/* `before op value`, for lanes at work alone if these are to be told apart. */
static LLVMValueRef taken_in(struct ll_lanes *l, const struct adc_node *nest, LLVMValueRef before,
                             const struct adc_node *value, bool masked)
{
    enum adc_op op = op_of(nest);
    bool set = nest->number == ADC_REDUCE_SET;
    if (!set && op == ADC_OP_ADD) return added(l, before, value, masked);
    LLVMValueRef arguments[] = {before, ll_lane_use(l, value)};
    LLVMValueRef after = set ? arguments[1] : ll_lane_operator(l->m, op, arguments);
    return kept(l, before, after, !masked);
}

/* ------------------------------------------------------------------------------- reductions */

static LLVMValueRef sum_variable(struct ll_lanes *l, const struct adc_node *nest)
{
    const struct loop_lanes *lanes = l->loop->lanes;
    for (size_t i = 0; i < lanes->sums.count; i++)
        if (lanes->sums.data[i] == nest) return ll_at_vector(l, vector_of(l, nest), l->sums[i]);
    return NULL;
}

/* If any lane at work says so, the test has its other value. */
static void put_test(struct ll_lanes *l, const struct adc_node *nest, const struct adc_node *value)
{
    struct ll_module *m = l->m;
    bool all = nest->number == ADC_REDUCE_ALL;
    LLVMValueRef mask = ll_lane_mask(l), says = ll_lane_use(l, value);
    if (all) says = LLVMBuildNot(m->at, says, "");
    if (mask) says = LLVMBuildAnd(m->at, says, mask, "");
    LLVMValueRef other = LLVMConstInt(m->types.i1, !all, false);
    ll_assign(m, nest, LLVMBuildSelect(m->at, ll_any(m, says), other, ll_use(m, nest), ""));
}

static void put_scalar_reduce(struct ll_lanes *l, const struct loop_statement *statement)
{
    const struct adc_node *nest = statement->node;
    LLVMValueRef place = sum_variable(l, nest);
    bool masked = place || l->masked;
    if (!place && !ll_varies(l, nest)) {
        put_test(l, nest, statement->value);
        return;
    }
    if (!place) place = ll_lane_variable(l, nest);
    LLVMValueRef before = ll_load_vector(l->m, vector_of(l, nest), place);
    ll_store_vector(l->m, taken_in(l, nest, before, statement->value, masked), place);
}

/* Added up over the lanes of a tile. */
static void put_tile_sum(struct ll_lanes *l, const struct loop_statement *statement)
{
    struct ll_module *m = l->m;
    LLVMTypeRef type = ll_vector_type(m, ll_real(m));
    LLVMValueRef variable = NULL;
    for (size_t i = 0; i < l->collectors.count; i++)
        if (l->collectors.data[i].statement == statement) variable = l->collectors.data[i].variable;
    if (variable && (l->grouped || l->loop->lanes->vectors > 1)) {
        LLVMValueRef before = ll_load_vector(m, type, variable);
        ll_store_vector(m, added(l, before, statement->value, true), variable);
        return;
    }
    if (!variable && loop_is_kept(ll_program(l), statement->node)) {
        LLVMValueRef place = ll_lane_kept(m, statement->node);
        LLVMValueRef before = ll_load_vector(m, type, place);
        ll_store_vector(m, added(l, before, statement->value, true), place);
        return;
    }
    LLVMValueRef value = kept(l, LLVMConstNull(type), ll_lane_use(l, statement->value), false);
    if (variable) {
        ll_store_vector(m, value, variable);
        return;
    }
    LLVMValueRef address = ll_element(m, statement->node, adc_nest_parts(statement->node).target);
    LLVMValueRef sum = ll_lane_sum(m, value);
    ll_store(m, ll_real(m), LLVMBuildFAdd(m->at, ll_load(m, ll_real(m), address), sum, ""),
             address);
}

static void put_array_reduce(struct ll_lanes *l, const struct loop_statement *statement)
{
    struct ll_module *m = l->m;
    const struct adc_node *nest = statement->node, *value = statement->value;
    const struct adc_node *const *target = adc_nest_parts(nest).target;
    enum loop_reach reach = loop_reach(ll_program(l), nest, target);
    LLVMTypeRef type = ll_vector_type(m, ll_real(m));
    bool set = nest->number == ADC_REDUCE_SET;
    if (reach == LOOP_ONE) {
        put_tile_sum(l, statement);
        return;
    }
    LLVMValueRef place = ll_lane_own(l, nest, target);
    if (place) {
        LLVMValueRef before = ll_load_vector(m, type, place);
        ll_store_vector(m, taken_in(l, nest, before, value, l->masked), place);
        return;
    }
    LLVMValueRef *column = ll_row_element(l, nest);
    if (column) {
        *column = ll_lane_use(l, value);
        return;
    }
    LLVMValueRef mask = ll_lane_mask(l);
    if (reach == LOOP_ANY) {
        LLVMValueRef to, places = ll_lane_places(l, nest, target, &to);
        ll_scatter(m, to, places, ll_lane_use(l, value), mask, set);
        return;
    }
    LLVMValueRef address = ll_lane_address(l, nest, target);
    if (reach == LOOP_STRIDE) {
        LLVMValueRef stride = ll_lane_stride(l, nest, target);
        ll_scatter_apart(m, address, stride, ll_lane_use(l, value), mask, set);
        return;
    }
    LLVMValueRef after = ll_lane_use(l, value);
    if (nest->type != ADC_INT) mask = ll_lane_mask_at(l, nest, target);
    if (!set) after = LLVMBuildFAdd(m->at, ll_load_next(m, ll_real(m), address, mask), after, "");
    ll_store_next(m, after, address, mask);
}

/* ------------------------------------------------------------------------------- statements */

static void put_let(struct ll_lanes *l, const struct adc_node *node)
{
    LLVMValueRef value = ll_lane_definition(l, node);
    if (l->arrays[node->id]) ll_store_vector(l->m, value, ll_lane_variable(l, node));
    else l->places[node->id] = (struct ll_place){value, false};
}

static void put_var(struct ll_lanes *l, const struct adc_node *node, const struct adc_node *value)
{
    LLVMValueRef first = value ? ll_lane_use(l, value) : ll_lane_first(l, node);
    if (!l->arrays[node->id])
        l->places[node->id] = (struct ll_place){ll_variable(l->m, vector_of(l, node)), true};
    ll_store_vector(l->m, first, ll_lane_variable(l, node));
}

static void put_set(struct ll_lanes *l, const struct adc_node *node, const struct adc_node *value)
{
    LLVMValueRef after = value == node ? ll_lane_definition(l, node) : ll_lane_use(l, value);
    LLVMValueRef place = ll_lane_variable(l, node);
    if (l->masked) after = kept(l, ll_load_vector(l->m, vector_of(l, node), place), after, false);
    ll_store_vector(l->m, after, place);
}

void ll_put_lane_statement(struct ll_lanes *l, const struct loop_statement *statement)
{
    const struct adc_node *node = statement->node;
    ll_put_span(l->m, statement);
    switch (statement->kind) {
    case LOOP_LET: put_let(l, node); return;
    case LOOP_VAR: put_var(l, node, statement->value); return;
    case LOOP_SET: put_set(l, node, statement->value); return;
    case LOOP_REDUCE:
        if (node->rank) put_array_reduce(l, statement);
        else put_scalar_reduce(l, statement);
        return;
    case LOOP_FOR:
    case LOOP_FILL:
    case LOOP_BRANCH:
    case LOOP_CHECK:
    case LOOP_STORE:
    case LOOP_CARRY:
    case LOOP_CALL: break; /* not of runs */
    }
    ADC_INVARIANT(false, l->m->product->function->graph);
}
