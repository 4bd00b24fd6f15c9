/* Declarations: files, functions with their parameters, constants, type names, and the frames in
 * which their bodies are checked. */
#include "frontend/sema.h"

/* ---------------------------------------------------------------------- frames */

void sema_enter(struct sema *s, struct sema_symbol *subject, struct sema_function *function)
{
    struct sema_frame *frame = ADC_NEW(s->arena, struct sema_frame);
    frame->outer = s->frame;
    frame->subject = subject;
    frame->function = function;
    frame->former = scope_enter(s->scope);
    s->frame = frame;
    if (subject) subject->state = STATE_ACTIVE;
}

void sema_leave(struct sema *s)
{
    struct sema_frame *frame = s->frame;
    if (frame->subject) frame->subject->state = STATE_DONE;
    scope_leave(s->scope, frame->former);
    s->frame = frame->outer;
}

static struct ast *declaration(const struct ast *item)
{
    return item->child[0];
}

/* Where each frame of the cycle needs the next one, innermost first. */
static void note_cycle(struct sema *s, struct adc_diag *diag, const struct sema_symbol *symbol)
{
    enum { LONGEST = 8 };
    const struct sema_frame *inner = s->frame;
    for (unsigned n = 0; inner->subject != symbol && inner->outer && n < LONGEST; n++) {
        const struct sema_frame *outer = inner->outer;
        adc_diag_note(s->diags, diag, outer->use, "`%s` needs `%s` here",
                      outer->subject->name->text, inner->subject->name->text);
        inner = outer;
    }
}

static void report_cycle(struct sema *s, struct sema_symbol *symbol, struct adc_span use)
{
    const struct sema_symbol *last = s->frame->subject;
    const char *name = symbol->name->text;
    const char *verb = symbol->kind == SYMBOL_FUNCTION ? "calls itself" : "is defined by itself";
    struct adc_diag *diag;
    if (last == symbol) {
        diag =
            adc_diag_add(s->diags, ADC_E23, use, "`%s` %s; recursion is not supported", name, verb);
    } else {
        struct adc_position at =
            adc_source_position(&s->diags->sources.data[use.source], use.begin);
        diag = adc_diag_add(s->diags, ADC_E23, use,
                            "`%s` %s through `%s` (line %u); recursion is not supported", name,
                            verb, last->name->text, at.line);
    }
    note_cycle(s, diag, symbol);
    if (symbol->kind == SYMBOL_FUNCTION) adc_diag_help(s->diags, diag, "`for` or `rec`");
}

struct ast *sema_need(struct sema *s, struct sema_symbol *symbol, struct adc_span use)
{
    if (symbol->state == STATE_DONE) return NULL;
    if (symbol->state == STATE_ACTIVE) {
        report_cycle(s, symbol, use);
        return NULL;
    }
    if (s->frame) s->frame->use = use;
    return symbol->decl;
}

/* ------------------------------------------------------------------ declarations */

static void declare(struct sema *s, enum symbol_kind kind, struct ast *item)
{
    struct ast *decl = declaration(item);
    if (!decl->text) return;
    struct sema_symbol *earlier = scope_find(s->scope, decl->text);
    struct sema_symbol *symbol = scope_symbol(s->scope, kind, decl->text, sema_at(decl));
    symbol->decl = decl;
    symbol->type = &s->types->error;
    decl->symbol = symbol;
    if (kind == SYMBOL_FUNCTION) {
        symbol->function = sema_new_function(s, symbol, NULL);
        symbol->function->decl = decl;
        symbol->function->exported = decl->flag != 0;
        symbol->function->doc = item->text ? item->text->text : NULL;
        symbol->type = &s->types->function;
        sema_item_attributes(s, item, symbol->function);
    }
    if (sema_gives_way(earlier)) scope_add_global(s->scope, symbol);
    else sema_report_clash(s, decl->text, symbol->span, earlier);
}

/* A name of something without meaning yet: what uses it stays silent. */
static void declare_missing(struct sema *s, const struct adc_name *name, struct adc_span span)
{
    struct sema_symbol *earlier = scope_find(s->scope, name);
    if (!sema_gives_way(earlier)) return;
    struct sema_symbol *symbol = scope_symbol(s->scope, SYMBOL_MISSING, name, span);
    symbol->type = &s->types->error;
    symbol->state = STATE_DONE;
    scope_add_global(s->scope, symbol);
}

void sema_declare(struct sema *s, struct ast *file)
{
    for (uint32_t i = 0; i < file->count; i++) {
        struct ast *item = file->child[i];
        if (item->kind != AST_ITEM) continue;
        struct ast *decl = declaration(item);
        if (decl->kind == AST_FN) declare(s, SYMBOL_FUNCTION, item);
        else if (decl->kind == AST_CONSTDEF) declare(s, SYMBOL_CONST, item);
        else if (decl->kind == AST_TYPEDEF) declare(s, SYMBOL_TYPE, item);
        else if (decl->kind == AST_IMPORT) sema_declare_import(s, decl);
        else if (decl->text) declare_missing(s, decl->text, sema_at(decl));
        if (decl->kind != AST_FN) sema_item_attributes(s, item, NULL);
    }
}

struct ast *sema_step_file(struct sema *s, struct ast *node, uint32_t i)
{
    (void)s;
    return i < node->count ? node->child[i] : NULL;
}

struct ast *sema_step_item(struct sema *s, struct ast *node, uint32_t i)
{
    struct ast *decl = declaration(node);
    if (i > 0) {
        if (decl->kind == AST_FN && decl->symbol) sema_static_attributes(s, node);
        return NULL;
    }
    bool done = decl->symbol && decl->symbol->state == STATE_DONE;
    return done ? AST_SKIP : decl;
}

struct ast *sema_step_list(struct sema *s, struct ast *node, uint32_t i)
{
    (void)s;
    return i < node->count ? node->child[i] : NULL;
}

/* -------------------------------------------------------------------- functions */

struct sema_function *sema_new_function(struct sema *s, struct sema_symbol *symbol,
                                        struct ast *body)
{
    struct fe_module *module = s->module;
    struct sema_function *function = ADC_NEW(s->arena, struct sema_function);
    function->symbol = symbol;
    function->body = body;
    function->result = &s->types->error;
    function->number = module->function_count++;
    symbol->function = function;
    if (s->in_import) return function;
    ADC_PUSH(s->arena, module->functions, function);
    ADC_PUSH(s->arena, module->entries,
             (struct fe_entry){.name = symbol->name, .span = symbol->span});
    return function;
}

static void report_again(struct sema *s, struct adc_span span, const struct sema_symbol *earlier,
                         bool same_scope)
{
    const char *name = earlier->name->text;
    struct adc_diag *diag;
    if (earlier->kind == SYMBOL_INDEX) {
        diag = adc_diag_add(s->diags, ADC_E12, span,
                            "index `%s` is already bound by what is around it", name);
    } else if (same_scope) {
        diag = adc_diag_add(s->diags, ADC_E08, span,
                            "`%s` is already defined here; values do not change", name);
    } else {
        diag = adc_diag_add(s->diags, ADC_E12, span,
                            "`%s` is already bound; a visible name cannot be redefined", name);
    }
    if (earlier->span.end) adc_diag_note(s->diags, diag, earlier->span, "first defined here");
    struct adc_position at =
        adc_source_position(&s->diags->sources.data[earlier->span.source], earlier->span.begin);
    if (earlier->kind == SYMBOL_LET)
        adc_diag_help(s->diags, diag, "make line %u `mut %s`, or choose a new name", at.line, name);
    else if (earlier->kind == SYMBOL_MUT)
        adc_diag_help(s->diags, diag, "`%s = ...` changes it, or choose a new name", name);
    else if (earlier->kind == SYMBOL_INDEX) adc_diag_help(s->diags, diag, "rename the inner one");
    else adc_diag_help(s->diags, diag, "choose a new name");
}

struct sema_symbol *sema_define(struct sema *s, enum symbol_kind kind, const struct adc_name *name,
                                struct adc_span span, struct ast *decl)
{
    struct sema_function *function = s->frame->function;
    struct sema_symbol *earlier = scope_find(s->scope, name);
    struct sema_symbol *symbol = scope_symbol(s->scope, kind, name, span);
    symbol->decl = decl;
    symbol->function = function;
    symbol->type = &s->types->error;
    symbol->state = STATE_DONE;
    symbol->serial = ++s->serials;
    if (function) symbol->slot = function->slot_count++;
    bool free = sema_gives_way(earlier) || earlier->kind == SYMBOL_MISSING;
    if (!free) {
        bool body = earlier->kind == SYMBOL_PARAM && symbol->depth == earlier->depth + 1;
        report_again(s, span, earlier, earlier->depth == symbol->depth || body);
    }
    scope_add_local(s->scope, symbol);
    return symbol;
}

static struct adc_span last_value(const struct ast *body)
{
    while (body->kind == AST_BLOCK && body->count) body = body->child[body->count - 1];
    return body->span;
}

void sema_finish_function(struct sema *s, struct sema_function *function)
{
    struct ast *body = function->body;
    const char *name = function->symbol->name->text;
    if (!function->declared) {
        if (body->type->kind == SEMA_FUNCTION)
            sema_refuse_function(s, last_value(body), "the result of a function");
        else if (body->type->kind == SEMA_MODULE) sema_expect_value(s, body);
        else function->result = sema_plain(s->types, body->type);
        return;
    }
    if (function->result->kind == SEMA_ERROR) return;
    if (body->type->kind == SEMA_UNIT && !sema_missing_else(s, body))
        adc_diag_add(s->diags, ADC_E20, last_value(body),
                     "`%s` gives %s, but its body ends without a value", name,
                     sema_type_name(s, function->result));
    else if (body->type->kind != SEMA_UNIT)
        sema_expect(s, body, function->result, sema_format(s, "the result of `%s`", name));
}

static void begin_function(struct sema *s, struct ast *node)
{
    struct sema_function *function = node->symbol->function;
    sema_enter(s, node->symbol, function);
    s->frame->hints = function->hints;
    function->body = node->child[2];
    function->params = ADC_NEW_ARRAY(s->arena, struct sema_symbol *, node->child[0]->count);
    sema_define_dims(s, node);
}

static void end_function(struct sema *s, struct ast *node)
{
    struct sema_function *function = node->symbol->function;
    sema_finish_function(s, function);
    sema_end_hints(s, NULL);
    if (function->exported && !function->declared) {
        struct adc_diag *diag =
            adc_diag_add(s->diags, ADC_E01, sema_at(node),
                         "`%s` is exported, so its result type must be written", node->text->text);
        if (function->result->kind != SEMA_ERROR && function->result->kind != SEMA_UNIT)
            adc_diag_help(s->diags, diag, "`-> %s`", sema_type_name(s, function->result));
    }
    if (function->test && function->param_count)
        adc_diag_add(s->diags, ADC_E42, function->params[0]->span,
                     "`@test` functions have no parameters, `%s` has", node->text->text);
    sema_leave(s);
}

struct ast *sema_step_fn(struct sema *s, struct ast *node, uint32_t i)
{
    if (i == 0) begin_function(s, node);
    struct sema_function *function = node->symbol->function;
    if (i == 2 && node->child[1]) {
        function->declared = true;
        function->result = node->child[1]->type;
        if (function->result->kind == SEMA_FUNCTION) {
            sema_refuse_function(s, node->child[1]->span, "the result of a function");
            function->result = &s->types->error;
        }
    }
    if (i < node->count) return node->child[i] ? node->child[i] : AST_SKIP;
    end_function(s, node);
    return NULL;
}

static void check_function_parameter(struct sema *s, const struct ast *node)
{
    struct sema_function *function = s->frame->function;
    struct ast *value = node->count > 1 ? node->child[1] : NULL;
    function->takes_functions = true;
    if (node->flag != AST_PARAM_PLAIN)
        sema_refuse_function(s, sema_at(node), "`var`, `data` or `const`");
    if (value) sema_unsupported(s, value->span, "a default of a function");
    if (!function->exported) return;
    struct adc_diag *diag =
        adc_diag_add(s->diags, ADC_E24, sema_at(node),
                     "`%s` is exported, so its parameter `%s` cannot be a function",
                     function->symbol->name->text, node->text->text);
    adc_diag_help(s->diags, diag, "export a function that calls `%s` with one",
                  function->symbol->name->text);
}

/* The text's own default is seen by callers who know nothing of the other parameters, so it must be
 * known when compiling. */
struct ast *sema_step_param(struct sema *s, struct ast *node, uint32_t i)
{
    struct sema_function *function = s->frame->function;
    struct ast *value = node->count > 1 ? node->child[1] : NULL;
    if (i == 0) return node->child[0];
    if (i == 1) {
        s->frame->in_default = true;
        return value ? value : AST_SKIP;
    }
    s->frame->in_default = false;
    struct sema_symbol *symbol = sema_define(s, SYMBOL_PARAM, node->text, sema_at(node), node);
    symbol->type = node->child[0]->type;
    symbol->param = (enum ast_param)node->flag;
    node->symbol = symbol;
    function->params[function->param_count++] = symbol;
    if (symbol->type->kind == SEMA_FUNCTION) check_function_parameter(s, node);
    else if (value) sema_expect(s, value, symbol->type, sema_format(s, "`%s`", node->text->text));
    return NULL;
}

/* --------------------------------------------------------------- constants, types */

struct ast *sema_step_const(struct sema *s, struct ast *node, uint32_t i)
{
    struct sema_symbol *symbol = node->symbol;
    struct ast *type = node->child[0], *value = node->child[1];
    if (i == 0) {
        sema_enter(s, symbol, NULL);
        return type ? type : AST_SKIP;
    }
    if (i == 1) return value;
    if (type) {
        sema_expect(s, value, type->type, sema_format(s, "`%s`", node->text->text));
        symbol->type = type->type;
    } else if (sema_expect_value(s, value)) {
        symbol->type = sema_plain(s->types, value->type);
    }
    /* an int whose value is known stays so: exponents and sizes may ask for it */
    bool known = sema_is(value->type, ADC_INT) && value->type->literal;
    if (known && sema_is(symbol->type, ADC_INT)) {
        symbol->type = &s->types->literals[ADC_INT];
        node->integer = value->integer;
    }
    sema_leave(s);
    return NULL;
}

/* The sizes that a type takes are ints without a function; `slot` counts them. */
static void define_sizes(struct sema *s, struct ast *node)
{
    for (uint32_t n = 1; n < node->count; n++) {
        struct ast *name = node->child[n];
        name->symbol = sema_define(s, SYMBOL_DIM, name->text, name->span, name);
        name->symbol->type = &s->types->scalars[ADC_INT];
        name->symbol->slot = n - 1;
        name->symbol->used = true;
    }
}

struct ast *sema_step_typedef(struct sema *s, struct ast *node, uint32_t i)
{
    if (i == 0) {
        sema_enter(s, node->symbol, NULL);
        define_sizes(s, node);
        return node->child[0];
    }
    node->symbol->type = node->child[0]->type;
    sema_leave(s);
    return NULL;
}
