/* Lines of the program for debuggers: a subprogram for each part and entry point, and for every
 * statement the line that it comes from. Files are named as messages name them, in the folder that
 * the debugger runs in, so the same program gives the same bytes anywhere. */
#include "backend/emit_llvm_internal.h"

#include <string.h>

enum { DWARF_VERSION = 4, DWARF_SIGNED = 5 /* DW_ATE_signed */ };

static LLVMMetadataRef file_of(struct ll_module *m, uint32_t source)
{
    static const char folder[] = ".";
    const struct adc_diags *diags = m->unit->unit->diags;
    struct ll_debug *debug = &m->debug;
    if (source >= diags->sources.count) source = 0;
    if (!debug->files[source]) {
        const char *name =
            diags->sources.count ? diags->sources.data[source].name : m->unit->unit->source_name;
        debug->files[source] =
            LLVMDIBuilderCreateFile(debug->builder, name, strlen(name), folder, sizeof folder - 1);
    }
    return debug->files[source];
}

static void note_version(struct ll_module *m, const char *key, unsigned version)
{
    LLVMValueRef value = LLVMConstInt(m->types.i32, version, false);
    LLVMAddModuleFlag(m->module, LLVMModuleFlagBehaviorWarning, key, strlen(key),
                      LLVMValueAsMetadata(value));
}

void ll_debug_open(struct ll_module *m, LLVMDIBuilderRef builder)
{
    static const char producer[] = "adc " ADC_VERSION;
    size_t sources = m->unit->unit->diags->sources.count;
    m->debug.builder = builder;
    m->debug.files = ADC_NEW_ARRAY(m->arena, LLVMMetadataRef, sources + 1);
    note_version(m, "Debug Info Version", LLVMDebugMetadataVersion());
    note_version(m, "Dwarf Version", DWARF_VERSION);
    LLVMDIBuilderCreateCompileUnit(builder, LLVMDWARFSourceLanguageC99, file_of(m, 0), producer,
                                   sizeof producer - 1, m->level > 0, "", 0, 0, "", 0,
                                   LLVMDWARFEmissionFull, 0, false, false, "", 0, "", 0);
    m->debug.type = LLVMDIBuilderCreateSubroutineType(builder, file_of(m, 0), NULL, 0,
                                                      (LLVMDIFlags)LLVMDIFlagZero);
}

/* Without a line the place before holds on. */
void ll_debug_at(struct ll_module *m, struct adc_span span)
{
    const struct adc_diags *diags = m->unit->unit->diags;
    struct ll_debug *debug = &m->debug;
    if (!debug->scope || !span.end || span.source >= diags->sources.count) return;
    struct adc_position at = adc_source_position(&diags->sources.data[span.source], span.begin);
    LLVMMetadataRef scope = debug->scope;
    if (span.source != debug->source)
        scope =
            LLVMDIBuilderCreateLexicalBlockFile(debug->builder, scope, file_of(m, span.source), 0);
    LLVMMetadataRef place =
        LLVMDIBuilderCreateDebugLocation(m->context, at.line, at.column, scope, NULL);
    LLVMSetCurrentDebugLocation2(m->at, place);
}

LLVMMetadataRef ll_debug_open_block(struct ll_module *m, const struct adc_node *index)
{
    struct ll_debug *debug = &m->debug;
    LLVMMetadataRef outer = debug->scope;
    const struct adc_graph *graph = m->product->function->graph;
    const struct adc_name *given = graph->names.data[index->id];
    const char *name = given ? given->text : "pass";
    if (!outer) return NULL;
    LLVMMetadataRef file = file_of(m, debug->source);
    LLVMMetadataRef type = LLVMDIBuilderCreateBasicType(debug->builder, "int", 3, 64, DWARF_SIGNED,
                                                        (LLVMDIFlags)LLVMDIFlagZero);
    debug->scope = LLVMDIBuilderCreateLexicalBlock(debug->builder, outer, file, 0, 0);
    LLVMDIBuilderCreateAutoVariable(debug->builder, debug->scope, name, strlen(name), file, 0, type,
                                    true, (LLVMDIFlags)LLVMDIFlagZero, 0);
    return outer;
}

void ll_debug_close_block(struct ll_module *m, LLVMMetadataRef outer)
{
    m->debug.scope = outer;
}

void ll_debug_begin(struct ll_module *m, bool internal)
{
    struct ll_debug *debug = &m->debug;
    struct adc_span span = m->product->function->span;
    const struct adc_diags *diags = m->unit->unit->diags;
    unsigned line = 0;
    size_t length;
    if (!debug->builder) return;
    debug->source = span.source;
    if (span.end && span.source < diags->sources.count)
        line = adc_source_position(&diags->sources.data[span.source], span.begin).line;
    const char *name = LLVMGetValueName2(m->function, &length);
    LLVMMetadataRef file = file_of(m, span.source);
    debug->scope = LLVMDIBuilderCreateFunction(debug->builder, file, name, length, name, length,
                                               file, line, debug->type, internal, true, line,
                                               (LLVMDIFlags)LLVMDIFlagZero, m->level > 0);
    LLVMSetSubprogram(m->function, debug->scope);
    LLVMSetCurrentDebugLocation2(
        m->at, LLVMDIBuilderCreateDebugLocation(m->context, line, 0, debug->scope, NULL));
}

void ll_debug_end(struct ll_module *m)
{
    m->debug.scope = NULL;
    if (m->debug.builder) LLVMSetCurrentDebugLocation2(m->at, NULL);
}
