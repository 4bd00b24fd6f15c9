/* Callers, for hosts that learn only at run time what parameters a function has:
 *
 *     int    f_call__(const union value *in, void *const *out, void *work)
 *     size_t f_work_call__(const union value *in)
 *
 * union value has 8 bytes: a scalar at its beginning or the pointer of an array (jit.h). */
#include "backend/emit_llvm_internal.h"

#include <string.h>

struct arguments {
    ADC_VEC(LLVMValueRef) values;
};

static LLVMValueRef input(struct ll_module *m, uint32_t index)
{
    const struct adc_parameter *parameter = &m->product->function->params.data[index];
    LLVMValueRef place = LLVMGetParam(m->function, 0);
    place = ll_offset(m, m->types.i64, place, ll_size(m, index));
    if (parameter->rank) return LLVMBuildLoad2(m->at, m->types.pointer, place, "");
    return ll_load(m, parameter->type, place);
}

static LLVMValueRef output(struct ll_module *m, uint32_t index)
{
    LLVMValueRef place = LLVMGetParam(m->function, 1);
    place = ll_offset(m, m->types.pointer, place, ll_size(m, index));
    return LLVMBuildLoad2(m->at, m->types.pointer, place, "");
}

static void put_member(struct ll_module *m, LLVMValueRef args, unsigned index, LLVMValueRef value)
{
    LLVMValueRef place = LLVMBuildStructGEP2(m->at, m->args_type, args, index, "");
    if (LLVMTypeOf(value) == m->types.i1) value = LLVMBuildZExt(m->at, value, m->types.i8, "");
    LLVMBuildStore(m->at, value, place);
}

/* The struct of parameters; without outputs where only sizes are asked for. */
static LLVMValueRef struct_of(struct ll_module *m, bool outputs)
{
    const struct adc_function *f = m->product->function;
    uint32_t inputs = (uint32_t)f->params.count, results = (uint32_t)f->results.count;
    LLVMValueRef args = ll_variable(m, m->args_type);
    for (uint32_t i = 0; i < inputs; i++) put_member(m, args, i, input(m, i));
    for (uint32_t i = 0; i < results && outputs; i++) put_member(m, args, inputs + i, output(m, i));
    if (outputs) put_member(m, args, inputs + results, LLVMGetParam(m->function, 2));
    return args;
}

static LLVMValueRef begin(struct ll_module *m, const char *symbol, LLVMTypeRef result,
                          unsigned parameters)
{
    LLVMTypeRef types[] = {m->types.pointer, m->types.pointer, m->types.pointer};
    LLVMTypeRef type = LLVMFunctionType(result, types, parameters, false);
    struct adc_text name;
    adc_text_init(&name, m->arena);
    adc_text_format(&name, "%s_call__", symbol);
    LLVMValueRef function = LLVMAddFunction(m->module, name.data, type);
    ll_begin(m, function);
    return function;
}

/* Narrow types are extended by whoever calls. */
static LLVMValueRef call(struct ll_module *m, const char *symbol, const struct arguments *arguments)
{
    LLVMValueRef callee = LLVMGetNamedFunction(m->module, symbol);
    unsigned count = (unsigned)arguments->values.count;
    LLVMValueRef result = ll_call(m, callee, arguments->values.data, count);
    for (unsigned i = 0; i < count; i++) {
        LLVMTypeRef type = LLVMTypeOf(arguments->values.data[i]);
        const char *name = type == m->types.i1 ? "zeroext" : type == m->types.i32 ? "signext" : "";
        unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
        if (kind)
            LLVMAddCallSiteAttribute(result, i + 1, LLVMCreateEnumAttribute(m->context, kind, 0));
    }
    return result;
}

static void put_work_caller(struct ll_module *m)
{
    const struct adc_function *f = m->product->function;
    struct arguments arguments = {0};
    begin(m, m->product->work_symbol, m->types.size, 1);
    if (c_work_takes_struct(m->product)) ADC_PUSH(m->arena, arguments.values, struct_of(m, false));
    for (uint32_t i = 0; i < f->params.count && !c_work_takes_struct(m->product); i++)
        if (c_work_takes(m->product, i)) ADC_PUSH(m->arena, arguments.values, input(m, i));
    LLVMBuildRet(m->at, call(m, m->product->work_symbol, &arguments));
    ll_end(m);
}

void ll_put_callers(struct ll_module *m)
{
    const struct adc_function *f = m->product->function;
    struct arguments arguments = {0};
    LLVMValueRef function = begin(m, m->product->symbol, m->types.i32, 3);
    ll_extension(m, function, 0, ADC_I32);
    if (m->product->args_tag) {
        ADC_PUSH(m->arena, arguments.values, struct_of(m, true));
    } else {
        for (uint32_t i = 0; i < f->params.count; i++)
            ADC_PUSH(m->arena, arguments.values, input(m, i));
        for (uint32_t i = 0; i < f->results.count; i++)
            ADC_PUSH(m->arena, arguments.values, output(m, i));
        ADC_PUSH(m->arena, arguments.values, LLVMGetParam(function, 2));
    }
    LLVMBuildRet(m->at, call(m, m->product->symbol, &arguments));
    ll_end(m);
    put_work_caller(m);
}
