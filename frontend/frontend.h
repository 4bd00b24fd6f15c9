/* From text to the graph as written, on one screen.
 *
 *     text --ast_parse--> ast --fe_check--> fe_module --fe_lower--> adc_function
 *
 * fe_check gives every name its meaning and every expression its type (sema*.c); fe_lower builds
 * one function's graph by inlining what it calls, hash-consing only, derivative nodes unexpanded
 * (lower*.c).
 *
 * owner    everything lives in the given arena; a module stays valid as long as its arena
 * threads  a module belongs to one thread at a time (lowering notes which overrides were used)
 * errors   diagnostics; NULL after errors
 * cost     linear in the text, and in the graph made; no C recursion over the user's depth */
#ifndef ADC_FRONTEND_FRONTEND_H
#define ADC_FRONTEND_FRONTEND_H

#include "frontend/ast.h"
#include "ir/function.h"

/* --const k=3: the value of the `const` parameters named so in functions lowered as entries. */
struct fe_override {
    const char *name;
    enum adc_type type; /* ADC_F64, ADC_INT or ADC_BOOL: how the value was written */
    union adc_value value;
    bool used; /* set when a const parameter took it */
};

/* How imported files are read; without `read_file` none is.
 *
 * read_file  the text of `path` into `out`; false: there is no such file (`out` left empty), or it
 *            cannot be read (`out` says why)
 * identify   optional: a name that all paths of one file share; false: unknown
 * folders    where to look when there is no such file beside the importing one, in order */
struct fe_loader {
    bool (*read_file)(void *user, const char *path, struct adc_text *out);
    bool (*identify)(void *user, const char *path, struct adc_text *out);
    void *user;
    const char *const *folders;
    size_t folder_count;
};

struct fe_options {
    enum adc_type real; /* what `real` means: ADC_F64 or ADC_F32 */
    struct fe_override *overrides;
    size_t override_count;
    struct fe_loader loader;
    bool unchecked; /* no check of an index or slice, as if @unchecked stood everywhere */
    bool explain;   /* lowered functions list what was proved */
};

struct fe_entry {
    const struct adc_name *name;
    struct adc_span span; /* of the name */
    bool exported, test;
};

struct fe_module;

/* Meaning of a file and of those it imports, which are read and parsed here. The overrides of
 * `options` are not looked at. */
struct fe_module *fe_check(struct adc_arena *arena, struct adc_names *names,
                           struct adc_diags *diags, struct ast *file,
                           const struct fe_options *options);

/* `adc eval`: `body` (a BLOCK of ast_parse_body) is the body of the module's one function, and
 * `parameters` (a LIST of PARAM; NULL: none) are its parameters. Its name is NAME of a last
 * statement `NAME = e`, else `eval`. Free names without value and parameters without use are
 * errors. */
struct fe_body {
    struct ast *body, *parameters;
};
struct fe_module *fe_check_body(struct adc_arena *arena, struct adc_names *names,
                                struct adc_diags *diags, const struct fe_body *body,
                                const struct fe_options *options);

/* Mistakes that lowering alone sees, in functions that no other one calls and that are no entries:
 * sizes, derivatives, constants. False after errors. */
bool fe_check_helpers(struct fe_module *module, const struct fe_options *options);

/* The functions of a module in source order, without imported ones. */
const struct fe_entry *fe_functions(const struct fe_module *module, size_t *count);

/* The file, annotated (for ast_print with fe_type_text). */
struct ast *fe_tree(const struct fe_module *module);
void fe_type_text(const struct sema_type *type, struct adc_text *out);

/* The graph as written of the function called `name`, which must exist. The real width is that of
 * fe_check; `options` gives the overrides. */
struct adc_function *fe_lower(struct fe_module *module, const char *name,
                              const struct fe_options *options);

#endif
