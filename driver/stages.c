/* Stages as text. */
#include "driver/stages.h"

#include "backend/emit_c.h"
#include "driver/native.h"
#include "driver/session.h"

int stages_products(struct session *session, const struct program *program,
                    const struct adc_function *written, unsigned *products)
{
    int status = options_products(session, session->options.derive, products);
    if (status == STATUS_GOOD && *products == 0)
        *products = compile_products(written, &program->options);
    return status;
}

static int written_function(struct session *session, struct program *program, const char *name,
                            struct adc_function **written)
{
    *written = compile_lower(&session->context, program->module, name);
    return *written ? STATUS_GOOD : session_compiler_failed(session);
}

int stages_written(struct session *session, struct program *program, const char *name,
                   struct adc_text *out)
{
    struct adc_function *written;
    int status = written_function(session, program, name, &written);
    if (status == STATUS_GOOD) adc_print(written, out);
    return status;
}

/* derived[p] for every product p of the function, NULL for the others. */
static int derive_products(struct session *session, struct program *program, const char *name,
                           const struct adc_function **derived)
{
    struct adc_function *written;
    unsigned products;
    int status = written_function(session, program, name, &written);
    if (status == STATUS_GOOD) status = stages_products(session, program, written, &products);
    for (unsigned p = 0; p < ADC_PRODUCT_COUNT && status == STATUS_GOOD; p++) {
        if (!(products & 1u << p)) continue;
        derived[p] =
            compile_derive(&session->context, written, (enum adc_product)p, &program->options);
        if (!derived[p]) status = session_compiler_failed(session);
    }
    return status;
}

static int schedule(struct session *session, const struct adc_function *function,
                    const struct loop_program **loops)
{
    *loops = compile_schedule(&session->context, function);
    return *loops ? STATUS_GOOD : session_compiler_failed(session);
}

static int product_text(struct session *session, const struct adc_function *function,
                        enum stages_form form, struct adc_text *out)
{
    const struct loop_program *loops;
    if (form == STAGES_IR) {
        adc_print(function, out);
        return STATUS_GOOD;
    }
    int status = schedule(session, function, &loops);
    if (status == STATUS_GOOD) loop_print(loops, out);
    return status;
}

int stages_products_text(struct session *session, struct program *program, const char *name,
                         enum stages_form form, bool derivatives_only, struct adc_text *out)
{
    const struct adc_function *derived[ADC_PRODUCT_COUNT] = {NULL};
    int status = derive_products(session, program, name, derived);
    bool any_derivative = false;
    for (unsigned p = 0; p < ADC_PRODUCT_COUNT; p++) any_derivative |= derived[p] && p != ADC_VALUE;
    for (unsigned p = 0; p < ADC_PRODUCT_COUNT && status == STATUS_GOOD; p++) {
        if (!derived[p] || (p == ADC_VALUE && derivatives_only && any_derivative)) continue;
        if (out->count) adc_text_add(out, "\n");
        status = product_text(session, derived[p], form, out);
    }
    return status;
}

int stages_check_names(struct session *session, struct program *program, const char *name)
{
    struct adc_function *written;
    unsigned products;
    if (!program->options.wrt && !program->options.of) return STATUS_GOOD;
    int status = written_function(session, program, name, &written);
    if (status == STATUS_GOOD) status = stages_products(session, program, written, &products);
    if (status == STATUS_GOOD) status = program_check_names(session, program, written, products);
    return status;
}

int stages_unit(struct session *session, struct program *program, const char *name,
                struct emit_c_unit *unit)
{
    const struct adc_function *derived[ADC_PRODUCT_COUNT] = {NULL};
    const struct loop_program **programs =
        ADC_NEW_ARRAY(&session->arena, const struct loop_program *, ADC_PRODUCT_COUNT);
    *unit = (struct emit_c_unit){.prefix = "", .programs = programs, .arena = &session->arena};
    unit->source_name = files_base_name(program->name);
    unit->header_name = program->path ? files_with_ending(&session->arena, unit->source_name, ".h")
                                      : session_format(session, "%s.h", name);
    unit->diags = &session->context.diags;
    int status = derive_products(session, program, name, derived);
    for (unsigned p = 0; p < ADC_PRODUCT_COUNT && status == STATUS_GOOD; p++)
        if (derived[p]) status = schedule(session, derived[p], &programs[unit->count++]);
    return status;
}

int stages_c(struct session *session, struct program *program, const char *name,
             struct adc_text *out)
{
    struct emit_c_unit unit;
    struct adc_text header;
    int status = stages_unit(session, program, name, &unit);
    if (status != STATUS_GOOD) return status;
    adc_text_init(&header, &session->arena);
    return emit_c(&unit, out, &header, NULL) ? STATUS_GOOD : session_compiler_failed(session);
}

int stages_native(struct session *session, struct program *program, const char *name,
                  struct adc_text *out)
{
    struct emit_c_unit unit;
    struct native_report report;
    struct compile_native_request native = {native_options(session), NATIVE_LLVM, out, &report};
    int status = stages_unit(session, program, name, &unit);
    if (status != STATUS_GOOD) return status;
    native_form(session->options.stage, &native.form);
    return compile_emit_programs(&session->context, &unit, &native)
               ? STATUS_GOOD
               : native_failed(session, &report);
}
