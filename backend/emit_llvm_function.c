/* Functions of a product: parts, entry point, workspace; what emit_c_function.c prints. */
#include "backend/emit_llvm_internal.h"

#include <string.h>

enum { LONG_PROGRAM = 40 }; /* parts */

/* Types or values of a list of parameters. */
struct list {
    struct ll_module *m;
    ADC_VEC(LLVMTypeRef) types;
};

static void add(struct list *list, LLVMTypeRef type)
{
    ADC_PUSH(list->m->arena, list->types, type);
}

static LLVMTypeRef input_type(const struct ll_module *m, uint32_t index)
{
    const struct adc_parameter *parameter = &m->product->function->params.data[index];
    return parameter->rank ? m->types.pointer : ll_type(m, parameter->type);
}

static LLVMValueRef make_function(struct list *list, const char *name, LLVMTypeRef result,
                                  bool internal)
{
    LLVMTypeRef type =
        LLVMFunctionType(result, list->types.data, (unsigned)list->types.count, false);
    LLVMValueRef function = LLVMAddFunction(list->m->module, name, type);
    if (internal) LLVMSetLinkage(function, LLVMInternalLinkage);
    return function;
}

static LLVMValueRef next_parameter(struct ll_module *m, unsigned *next)
{
    return LLVMGetParam(m->function, (*next)++);
}

/* Nothing of the last function is known in the next one. */
static void forget(struct ll_module *m)
{
    const struct adc_function *f = m->product->function;
    for (size_t i = 0; i < f->params.count; i++) m->inputs[i] = NULL;
    for (size_t i = 0; i < f->results.count; i++) m->outputs[i] = NULL;
    for (size_t i = 0; i < m->product->program->buffers.count; i++) m->buffers[i] = NULL;
    m->args = m->arrays = m->work = m->layout = NULL;
}

/* Pointers overlap nothing that is written. */
static void note_pointer(struct ll_module *m, unsigned parameter, bool read_only)
{
    ll_attribute(m, m->function, (int)parameter + 1, "noalias", 0);
    if (read_only) ll_attribute(m, m->function, (int)parameter + 1, "readonly", 0);
}

/* --------------------------------------------------------------------------------- parts */

static LLVMTypeRef part_result(const struct ll_module *m, uint32_t index)
{
    return m->product->parts[index].checks ? m->types.i32 : m->types.none;
}

LLVMValueRef ll_declare_like(struct ll_module *m, uint32_t index, const char *name,
                             const LLVMTypeRef *before, unsigned count)
{
    const struct c_product *product = m->product;
    const struct c_part *part = &product->parts[index];
    struct list list = {.m = m};
    for (unsigned i = 0; i < count; i++) add(&list, before[i]);
    if (product->args_tag) {
        if (part->input_count || part->output_count) add(&list, m->types.pointer);
    } else {
        for (uint32_t i = 0; i < part->input_count; i++) add(&list, input_type(m, part->inputs[i]));
        for (uint32_t i = 0; i < part->output_count; i++) add(&list, m->types.pointer);
    }
    if (product->arrays_tag && part->buffer_count) add(&list, m->types.pointer);
    for (uint32_t i = 0; !product->arrays_tag && i < part->buffer_count; i++)
        add(&list, m->types.pointer);
    for (uint32_t i = 0; i < part->index_count; i++) add(&list, m->types.i64);
    if (part->work) add(&list, m->types.pointer);
    if (part->teams) add(&list, m->types.pointer);
    return make_function(&list, name, part_result(m, index), true);
}

static void declare_part(struct ll_module *m, uint32_t index)
{
    LLVMTypeRef passes[] = {m->types.i64, m->types.i64};
    struct adc_text name;
    adc_text_init(&name, m->arena);
    adc_text_format(&name, "%s_part%u__", m->product->symbol, index);
    m->parts[index] =
        ll_declare_like(m, index, name.data, passes, c_team(m->product, index) ? 2 : 0);
}

static void bind_inputs(struct ll_module *m, const struct c_part *part, unsigned *next)
{
    const struct adc_function *f = m->product->function;
    for (uint32_t i = 0; i < part->input_count; i++) {
        uint32_t input = part->inputs[i];
        if (f->params.data[input].rank) note_pointer(m, *next, true);
        m->inputs[input] = next_parameter(m, next);
    }
    for (uint32_t i = 0; i < part->output_count; i++) {
        note_pointer(m, *next, false);
        m->outputs[part->outputs[i]] = next_parameter(m, next);
    }
}

void ll_bind_part(struct ll_module *m, uint32_t index, unsigned next)
{
    const struct c_product *product = m->product;
    const struct c_part *part = &product->parts[index];
    forget(m);
    if (!product->args_tag) bind_inputs(m, part, &next);
    else if (part->input_count || part->output_count) m->args = next_parameter(m, &next);
    if (product->arrays_tag && part->buffer_count) m->arrays = next_parameter(m, &next);
    for (uint32_t i = 0; !product->arrays_tag && i < part->buffer_count; i++) {
        note_pointer(m, next, false);
        m->buffers[part->buffers[i]] = next_parameter(m, &next);
    }
    for (uint32_t i = 0; i < part->index_count; i++)
        m->places[part->indices[i]].value = next_parameter(m, &next);
    if (part->work) {
        note_pointer(m, next, false);
        m->work = next_parameter(m, &next);
    }
    if (part->teams) m->layout = next_parameter(m, &next);
}

static void put_part(struct ll_module *m, uint32_t index)
{
    const struct c_part *part = &m->product->parts[index];
    bool straight =
        !part->index_count && !loop_has_inner(&m->product->program->parts.data[index].body);
    LLVMValueRef function = m->parts[index];
    ll_attribute(m, function, LLVMAttributeFunctionIndex, "noinline", 0);
    if (m->level > 0 && straight && m->product->order_count > LONG_PROGRAM)
        ll_attribute(m, function, LLVMAttributeFunctionIndex, "optnone", 0);
    ll_begin(m, function);
    ll_debug_begin(m, true);
    bool team = c_team(m->product, index);
    ll_bind_part(m, index, team ? 2 : 0);
    if (team) {
        m->low = LLVMGetParam(function, 0);
        m->high = LLVMGetParam(function, 1);
    }
    ll_put_body(m, index);
    if (part->checks) LLVMBuildRet(m->at, ll_status(m, 0));
    else LLVMBuildRetVoid(m->at);
    ll_end(m);
    if (team) ll_put_team(m, index);
}

/* ------------------------------------------------------------------------------- calls */

void ll_push_arguments(struct ll_module *m, uint32_t index, struct ll_list *arguments)
{
    const struct c_product *product = m->product;
    const struct c_part *part = &product->parts[index];
    if (product->args_tag) {
        if (part->input_count || part->output_count) ADC_PUSH(m->arena, arguments->values, m->args);
    } else {
        for (uint32_t i = 0; i < part->input_count; i++)
            ADC_PUSH(m->arena, arguments->values, m->inputs[part->inputs[i]]);
        for (uint32_t i = 0; i < part->output_count; i++)
            ADC_PUSH(m->arena, arguments->values, m->outputs[part->outputs[i]]);
    }
    if (product->arrays_tag && part->buffer_count) ADC_PUSH(m->arena, arguments->values, m->arrays);
    for (uint32_t i = 0; !product->arrays_tag && i < part->buffer_count; i++)
        ADC_PUSH(m->arena, arguments->values, m->buffers[part->buffers[i]]);
    for (uint32_t i = 0; i < part->index_count; i++)
        ADC_PUSH(m->arena, arguments->values, m->places[part->indices[i]].value);
    if (part->work) ADC_PUSH(m->arena, arguments->values, m->work);
    if (part->teams) ADC_PUSH(m->arena, arguments->values, m->layout);
}

LLVMValueRef ll_call_part(struct ll_module *m, uint32_t index)
{
    struct ll_list arguments = {0};
    ll_push_arguments(m, index, &arguments);
    return ll_call(m, m->parts[index], arguments.values.data, (unsigned)arguments.values.count);
}

/* -------------------------------------------------------------------- functions of sizes */

/* What f_work and the like take. */
static void add_work_parameters(struct list *list)
{
    struct ll_module *m = list->m;
    if (c_work_takes_struct(m->product)) {
        add(list, m->types.pointer);
        return;
    }
    for (uint32_t i = 0; i < m->product->function->params.count; i++)
        if (c_work_takes(m->product, i)) add(list, input_type(m, i));
}

static unsigned bind_work_parameters(struct ll_module *m, bool internal)
{
    const struct adc_function *f = m->product->function;
    unsigned next = 0;
    forget(m);
    if (c_work_takes_struct(m->product)) {
        m->args = next_parameter(m, &next);
        return next;
    }
    for (uint32_t i = 0; i < f->params.count; i++) {
        if (!c_work_takes(m->product, i)) continue;
        if (!internal) ll_extension(m, m->function, (int)next + 1, f->params.data[i].type);
        m->inputs[i] = next_parameter(m, &next);
    }
    return next;
}

static void push_work_arguments(struct ll_module *m, struct ll_list *arguments)
{
    if (c_work_takes_struct(m->product)) {
        ADC_PUSH(m->arena, arguments->values, m->args);
        return;
    }
    for (uint32_t i = 0; i < m->product->function->params.count; i++)
        if (c_work_takes(m->product, i)) ADC_PUSH(m->arena, arguments->values, ll_input(m, i));
}

LLVMValueRef ll_begin_sized(struct ll_module *m, const char *symbol, LLVMTypeRef result,
                            bool internal)
{
    struct list list = {.m = m};
    add_work_parameters(&list);
    if (internal) add(&list, m->types.pointer);
    LLVMValueRef function = make_function(&list, symbol, result, internal);
    ll_begin(m, function);
    bind_work_parameters(m, internal);
    return function;
}

static LLVMValueRef put_layout(struct ll_module *m)
{
    struct adc_text name;
    adc_text_init(&name, m->arena);
    adc_text_format(&name, "%s_layout__", m->product->symbol);
    LLVMValueRef function = ll_begin_sized(m, name.data, m->types.size, true);
    ll_put_layout(m, function);
    ll_end(m);
    return function;
}

/* Bytes of workspace; *at gets where the places are. */
static LLVMValueRef call_layout(struct ll_module *m, LLVMValueRef layout, LLVMValueRef *at)
{
    struct ll_list arguments = {0};
    *at = ll_variable(m, LLVMArrayType(m->types.size, c_place_count(m->unit, m->product)));
    push_work_arguments(m, &arguments);
    ADC_PUSH(m->arena, arguments.values, *at);
    return ll_call(m, layout, arguments.values.data, (unsigned)arguments.values.count);
}

static void put_work(struct ll_module *m, LLVMValueRef layout)
{
    LLVMValueRef at;
    ll_begin_sized(m, m->product->work_symbol, m->types.size, false);
    LLVMBuildRet(m->at, layout ? call_layout(m, layout, &at)
                               : ll_size(m, 8 * m->product->program->work_count));
    ll_end(m);
}

/* --------------------------------------------------------------------------- entry points */

/* Parameters and their struct are as in C. */
static void begin_entry(struct ll_module *m)
{
    const struct adc_function *f = m->product->function;
    struct list list = {.m = m};
    uint32_t inputs = (uint32_t)f->params.count, outputs = (uint32_t)f->results.count;
    if (m->product->args_tag) add(&list, m->types.pointer);
    for (uint32_t i = 0; i < inputs && !m->product->args_tag; i++) add(&list, input_type(m, i));
    for (uint32_t i = 0; i <= outputs && !m->product->args_tag; i++) add(&list, m->types.pointer);
    LLVMValueRef function = make_function(&list, m->product->symbol, m->types.i32, false);
    ll_begin(m, function);
    ll_debug_begin(m, false);
    ll_extension(m, function, 0, ADC_I32);
    forget(m);
    if (m->product->args_tag) {
        m->args = LLVMGetParam(function, 0);
        LLVMValueRef work = LLVMBuildStructGEP2(m->at, m->args_type, m->args, inputs + outputs, "");
        m->work = LLVMBuildLoad2(m->at, m->types.pointer, work, "");
        return;
    }
    for (uint32_t i = 0; i < inputs; i++) {
        if (f->params.data[i].rank) note_pointer(m, i, true);
        else ll_extension(m, function, (int)i + 1, f->params.data[i].type);
        m->inputs[i] = LLVMGetParam(function, i);
        LLVMSetValueName2(m->inputs[i], f->params.data[i].name->text,
                          strlen(f->params.data[i].name->text));
    }
    for (uint32_t i = 0; i < outputs; i++) {
        note_pointer(m, inputs + i, false);
        m->outputs[i] = LLVMGetParam(function, inputs + i);
        LLVMSetValueName2(m->outputs[i], f->results.data[i].name->text,
                          strlen(f->results.data[i].name->text));
    }
    m->work = LLVMGetParam(function, inputs + outputs);
    LLVMSetValueName2(m->work, "work", 4);
}

static LLVMTypeRef struct_of_parameters(struct ll_module *m)
{
    const struct adc_function *f = m->product->function;
    struct list list = {.m = m};
    for (uint32_t i = 0; i < f->params.count; i++)
        add(&list,
            f->params.data[i].rank ? m->types.pointer : ll_memory_type(m, f->params.data[i].type));
    for (size_t i = 0; i <= f->results.count; i++) add(&list, m->types.pointer);
    return LLVMStructTypeInContext(m->context, list.types.data, (unsigned)list.types.count, false);
}

/* Goes on if the condition does not hold. */
static void leave_if(struct ll_module *m, LLVMValueRef condition, int64_t status)
{
    LLVMBasicBlockRef failed = ll_block(m), good = ll_block(m);
    ll_fork(m, condition, failed, good);
    ll_go_on(m, failed);
    LLVMBuildRet(m->at, ll_status(m, status));
    ll_go_on(m, good);
}

/* `work` if the caller gave it, else memory for `size` bytes, at least one. */
static LLVMValueRef allocated(struct ll_module *m, LLVMValueRef size)
{
    LLVMTypeRef type = LLVMFunctionType(m->types.pointer, &m->types.size, 1, false);
    LLVMValueRef none = ll_compare(m, LLVMIntEQ, size, ll_size(m, 0));
    LLVMBasicBlockRef before = ll_here(m), allocate = ll_block(m), end = ll_block(m);
    ll_fork(m, ll_is_null(m, m->work), allocate, end);
    ll_go_on(m, allocate);
    LLVMValueRef bytes = LLVMBuildSelect(m->at, none, ll_size(m, 1), size, "");
    LLVMValueRef memory = ll_call(m, ll_external(m, "malloc", type), &bytes, 1);
    ll_jump(m, end);
    ll_go_on(m, end);
    return ll_join(m, m->work, before, memory, allocate);
}

/* Without an allocation, nothing may be at a workspace of no bytes. */
static LLVMValueRef lent(struct ll_module *m, LLVMValueRef size)
{
    LLVMValueRef none = ll_variable(m, m->types.f64), missing = ll_is_null(m, m->work);
    LLVMValueRef empty = ll_compare(m, LLVMIntEQ, size, ll_size(m, 0));
    LLVMValueRef wanted = LLVMBuildNot(m->at, empty, "");
    leave_if(m, LLVMBuildAnd(m->at, missing, wanted, ""), C_STATUS_OUT_OF_MEMORY);
    return LLVMBuildSelect(m->at, missing, none, m->work, "");
}

LLVMValueRef ll_layout_place(struct ll_module *m, uint32_t place)
{
    LLVMValueRef address = ll_offset(m, m->types.size, m->layout, ll_size(m, place));
    return LLVMBuildLoad2(m->at, m->types.size, address, "");
}

LLVMValueRef ll_space(struct ll_module *m, LLVMValueRef base, uint32_t buffer, uint32_t place)
{
    LLVMValueRef space = ll_offset(m, m->types.f64, base, ll_layout_place(m, place));
    if (!loop_is_aligned(&m->product->program->buffers.data[buffer])) return space;
    LLVMValueRef start = LLVMBuildPtrToInt(m->at, space, m->types.size, "");
    LLVMValueRef least = ll_size(m, LOOP_TILE_ALIGN - 1);
    start = LLVMBuildAnd(m->at, LLVMBuildNeg(m->at, start, ""), least, "");
    return ll_offset(m, m->types.i8, space, start);
}

static void place_buffers(struct ll_module *m, LLVMValueRef work)
{
    const struct loop_program *program = m->product->program;
    for (uint32_t i = 0; i < program->buffers.count; i++) {
        int32_t result = program->buffers.data[i].result;
        LLVMValueRef space = ll_space(m, work, i, i);
        m->buffers[i] = space;
        if (result < 0 || c_adds_result(m->unit, m->product, i)) continue;
        LLVMValueRef output = ll_output(m, (uint32_t)result);
        m->buffers[i] = LLVMBuildSelect(m->at, ll_is_null(m, output), space, output, "");
    }
    if (!m->product->arrays_tag || !m->product->parts[0].buffer_count) return;
    unsigned count = (unsigned)program->buffers.count;
    m->arrays = ll_variable(m, LLVMArrayType(m->types.pointer, count));
    for (uint32_t i = 0; i < count; i++)
        LLVMBuildStore(m->at, m->buffers[i],
                       ll_offset(m, m->types.pointer, m->arrays, ll_size(m, i)));
}

void ll_put_addition(struct ll_module *m, enum adc_type type, LLVMValueRef output,
                     LLVMValueRef space, LLVMValueRef length)
{
    LLVMBasicBlockRef before = ll_here(m), head = ll_block(m), body = ll_block(m),
                      end = ll_block(m);
    ll_jump(m, head);
    ll_go_on(m, head);
    LLVMValueRef k = LLVMBuildPhi(m->at, m->types.size, "");
    ll_fork(m, ll_compare(m, LLVMIntULT, k, length), body, end);
    ll_go_on(m, body);
    LLVMValueRef to = ll_offset(m, ll_memory_type(m, type), output, k);
    LLVMValueRef from = ll_offset(m, ll_memory_type(m, type), space, k);
    LLVMValueRef was = ll_load(m, type, to), more = ll_load(m, type, from);
    LLVMValueRef sum = adc_type_is_real(type) ? LLVMBuildFAdd(m->at, was, more, "")
                                              : LLVMBuildAdd(m->at, was, more, "");
    ll_store(m, type, sum, to);
    LLVMValueRef values[] = {ll_size(m, 0), LLVMBuildAdd(m->at, k, ll_size(m, 1), "")};
    LLVMBasicBlockRef blocks[] = {before, body};
    LLVMAddIncoming(k, values, blocks, 2);
    ll_jump(m, head);
    ll_go_on(m, end);
}

static void put_additions(struct ll_module *m, LLVMValueRef status)
{
    const struct loop_program *program = m->product->program;
    LLVMValueRef failed = ll_compare(m, LLVMIntNE, status, ll_status(m, 0));
    for (uint32_t i = 0; i < program->buffers.count; i++) {
        if (!c_adds_result(m->unit, m->product, i)) continue;
        enum adc_type type = (enum adc_type)program->buffers.data[i].node->type;
        LLVMValueRef output = ll_output(m, (uint32_t)program->buffers.data[i].result);
        LLVMBasicBlockRef wanted = ll_block(m), end = ll_block(m);
        LLVMValueRef unwanted = LLVMBuildOr(m->at, failed, ll_is_null(m, output), "");
        ll_fork(m, unwanted, end, wanted);
        ll_go_on(m, wanted);
        LLVMValueRef length = ll_layout_place(m, c_length_place(m->product, i));
        ll_put_addition(m, type, output, m->buffers[i], length);
        ll_jump(m, end);
        ll_go_on(m, end);
    }
}

static void put_free(struct ll_module *m, LLVMValueRef given, LLVMValueRef work)
{
    LLVMTypeRef type = LLVMFunctionType(m->types.none, &m->types.pointer, 1, false);
    LLVMBasicBlockRef release = ll_block(m), end = ll_block(m);
    ll_fork(m, ll_is_null(m, given), release, end);
    ll_go_on(m, release);
    ll_call(m, ll_external(m, "free", type), &work, 1);
    ll_jump(m, end);
    ll_go_on(m, end);
}

static void put_entry_with_work(struct ll_module *m, LLVMValueRef layout)
{
    bool allocates = !m->unit->unit->no_malloc;
    LLVMValueRef given = m->work, size = ll_size(m, 8 * m->product->program->work_count);
    if (layout) {
        size = call_layout(m, layout, &m->layout);
        LLVMValueRef most = LLVMConstAllOnes(m->types.size);
        leave_if(m, ll_compare(m, LLVMIntEQ, size, most), C_STATUS_OUT_OF_MEMORY);
    }
    LLVMValueRef work = allocates ? allocated(m, size) : lent(m, size);
    if (allocates) leave_if(m, ll_is_null(m, work), C_STATUS_OUT_OF_MEMORY);
    m->work = work;
    if (layout) place_buffers(m, work);
    LLVMValueRef status = ll_call_part(m, 0);
    if (!m->product->parts[0].checks) status = ll_status(m, 0);
    if (layout) put_additions(m, status);
    if (allocates) put_free(m, given, work);
    LLVMBuildRet(m->at, status);
}

static void put_entry(struct ll_module *m, LLVMValueRef layout)
{
    begin_entry(m);
    ll_put_negative_checks(m);
    if (c_has_work(m->product)) {
        put_entry_with_work(m, layout);
    } else {
        ll_put_body(m, 0);
        LLVMBuildRet(m->at, ll_status(m, 0));
    }
    ll_end(m);
}

void ll_put_product(struct ll_module *m, const struct c_product *product)
{
    const struct adc_function *f = product->function;
    const struct loop_program *program = product->program;
    uint32_t internals = product->order_count - (c_has_work(product) ? 0 : 1);
    m->product = product;
    m->places = ADC_NEW_ARRAY(m->arena, struct ll_place, f->graph->nodes.count);
    if (program->value && m->lanes)
        m->lane_places = ADC_NEW_ARRAY(m->arena, struct ll_place, f->graph->nodes.count);
    m->inputs = ADC_NEW_ARRAY(m->arena, LLVMValueRef, f->params.count);
    m->outputs = ADC_NEW_ARRAY(m->arena, LLVMValueRef, f->results.count);
    m->buffers = ADC_NEW_ARRAY(m->arena, LLVMValueRef, program->buffers.count);
    m->parts = ADC_NEW_ARRAY(m->arena, LLVMValueRef, program->parts.count);
    m->teams = ADC_NEW_ARRAY(m->arena, LLVMValueRef, program->parts.count);
    m->args_type = product->args_tag ? struct_of_parameters(m) : NULL;
    for (uint32_t i = 0; i < internals; i++) declare_part(m, product->order[i]);
    for (uint32_t i = 0; i < internals; i++) put_part(m, product->order[i]);
    LLVMValueRef layout = c_has_layout(product) ? put_layout(m) : NULL;
    put_entry(m, layout);
    put_work(m, layout);
    if (m->callers) ll_put_callers(m);
    if (product == product->group->hessian) ll_put_hessian_size(m, product->group);
}
