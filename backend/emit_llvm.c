/* The LLVM emitter from the outside in: functions of the interface, then the helpers that they
 * turned out to need. */
#include "backend/emit_llvm.h"

#include "backend/emit_c_internal.h"
#include "backend/emit_llvm_internal.h"

#include <string.h>

/* ------------------------------------------------------------------- shared by the products */

static LLVMValueRef text_constant(struct ll_module *m, const char *text)
{
    size_t length = strlen(text);
    LLVMValueRef bytes = LLVMConstStringInContext(m->context, text, (unsigned)length, false);
    LLVMValueRef global = LLVMAddGlobal(m->module, LLVMTypeOf(bytes), "");
    LLVMSetInitializer(global, bytes);
    LLVMSetGlobalConstant(global, true);
    LLVMSetLinkage(global, LLVMPrivateLinkage);
    return global;
}

struct texts {
    ADC_VEC(LLVMValueRef) data;
};

/* "good", then a text for each number up to the greatest. */
static LLVMValueRef status_table(struct ll_module *m, const struct c_group *group, unsigned *count)
{
    struct texts texts = {0};
    uint32_t number = 1;
    ADC_PUSH(m->arena, texts.data, text_constant(m, "good"));
    for (size_t i = 0; i < group->statuses.count; i++, number++) {
        struct adc_text text;
        for (; number < group->statuses.data[i].number; number++)
            ADC_PUSH(m->arena, texts.data, text_constant(m, "unknown status"));
        adc_text_init(&text, m->arena);
        c_put_status_text(m->unit, &group->statuses.data[i], &text);
        ADC_PUSH(m->arena, texts.data, text_constant(m, text.data));
    }
    *count = (unsigned)texts.data.count;
    LLVMValueRef values = LLVMConstArray(m->types.pointer, texts.data.data, *count);
    LLVMValueRef table = LLVMAddGlobal(m->module, LLVMTypeOf(values), "");
    LLVMSetInitializer(table, values);
    LLVMSetGlobalConstant(table, true);
    LLVMSetLinkage(table, LLVMPrivateLinkage);
    return table;
}

static void return_if(struct ll_module *m, LLVMValueRef condition, LLVMValueRef value)
{
    LLVMBasicBlockRef then = ll_block(m), otherwise = ll_block(m);
    ll_fork(m, condition, then, otherwise);
    ll_go_on(m, then);
    LLVMBuildRet(m->at, value);
    ll_go_on(m, otherwise);
}

static LLVMValueRef is_status(struct ll_module *m, int64_t status)
{
    return ll_compare(m, LLVMIntEQ, LLVMGetParam(m->function, 0), ll_status(m, status));
}

static void put_status_function(struct ll_module *m, const struct c_group *group)
{
    LLVMTypeRef type = LLVMFunctionType(m->types.pointer, &m->types.i32, 1, false);
    LLVMValueRef function = LLVMAddFunction(m->module, group->status, type);
    unsigned count;
    LLVMValueRef table = status_table(m, group, &count);
    ll_begin(m, function);
    ll_extension(m, function, 1, ADC_I32);
    return_if(m, is_status(m, C_STATUS_OUT_OF_MEMORY), text_constant(m, "out of memory"));
    if (group->negative_size)
        return_if(m, is_status(m, C_STATUS_NEGATIVE_SIZE), text_constant(m, "negative size"));
    LLVMValueRef status = LLVMGetParam(function, 0);
    return_if(m, ll_compare(m, LLVMIntUGE, status, ll_status(m, count)),
              text_constant(m, "unknown status"));
    status = LLVMBuildZExt(m->at, status, m->types.i64, "");
    LLVMValueRef place = ll_offset(m, m->types.pointer, table, status);
    LLVMBuildRet(m->at, LLVMBuildLoad2(m->at, m->types.pointer, place, ""));
    ll_end(m);
}

static void put_abi_function(struct ll_module *m, const struct c_group *group)
{
    LLVMTypeRef type = LLVMFunctionType(m->types.i32, NULL, 0, false);
    LLVMValueRef function = LLVMAddFunction(m->module, group->abi, type);
    ll_begin(m, function);
    ll_extension(m, function, 0, ADC_I32);
    LLVMBuildRet(m->at, ll_status(m, group->abi_number));
    ll_end(m);
}

static void put_group(struct ll_module *m, const struct c_group *group)
{
    for (size_t i = 0; i < group->count; i++)
        ll_put_product(m, &m->unit->products[group->first + i]);
    put_status_function(m, group);
    put_abi_function(m, group);
}

/* ---------------------------------------------------------------------------- the module */

static void put_unit(struct ll_module *m)
{
    bool layout = false, teams = false;
    for (size_t i = 0; i < m->unit->unit->count; i++) {
        layout |= c_has_layout(&m->unit->products[i]);
        teams |= m->unit->products[i].program->threads > 0;
    }
    if (layout) {
        m->extent = ll_function_of_text(m, "extent__", c_extent_text);
        m->room = ll_function_of_text(m, "room__", c_room_text);
    }
    if (teams) {
        m->chunk_count = ll_function_of_text(m, "chunk_count__", c_chunk_count_text);
        m->chunk = ll_function_of_text(m, "chunk__", c_chunk_text);
    }
    for (size_t i = 0; i < m->unit->group_count; i++) put_group(m, &m->unit->groups[i]);
    do { /* which call each other */
        ll_put_helpers(m);
        ll_put_lane_functions(m);
    } while (m->written < m->wanted.count);
    ll_choose_lane_forms(m);
}

bool emit_llvm(const struct emit_c_unit *request, const struct emit_llvm_target *target,
               struct emit_llvm_module *to)
{
    struct c_unit unit;
    if (!c_unit_prepare(&unit, request)) return false;
    struct ll_module m = {.unit = &unit, .arena = request->arena, .module = to->module};
    unsigned helpers = 0;
    while (adc_helper_text(helpers)) helpers++;
    m.context = LLVMGetModuleContext(to->module);
    m.at = to->builders[0];
    m.prologue = to->builders[1];
    m.level = target->level;
    m.callers = target->callers;
    unsigned most = request->programs[0]->width ? request->programs[0]->width : 8;
    m.doubles = m.lanes = target->lanes < most ? target->lanes : most;
    m.fuses = target->fuses && m.lanes >= 4;
    m.fma = request->programs[0]->fma;
    m.operators = ADC_NEW_ARRAY(m.arena, struct formula_function *, ADC_OP_COUNT);
    m.helpers = ADC_NEW_ARRAY(m.arena, struct formula_function *, helpers);
    m.lane_forms = adc_arena_array(m.arena, ADC_OP_COUNT + helpers, sizeof *m.lane_forms);
    m.helper_functions = adc_arena_array(m.arena, helpers, sizeof *m.helper_functions);
    ll_types_init(&m, target->layout);
    LLVMSetSourceFileName(to->module, request->source_name, strlen(request->source_name));
    if (to->lines) ll_debug_open(&m, to->lines);
    put_unit(&m);
    if (to->lines) LLVMDIBuilderFinalize(to->lines);
    to->symbols = ADC_NEW_ARRAY(m.arena, const char *, request->count);
    to->work_symbols = ADC_NEW_ARRAY(m.arena, const char *, request->count);
    for (size_t i = 0; i < request->count; i++) {
        to->symbols[i] = unit.products[i].symbol;
        to->work_symbols[i] = unit.products[i].work_symbol;
    }
    return true;
}
