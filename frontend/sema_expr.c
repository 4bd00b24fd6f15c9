/* Expressions: literals, names, fields, tuples, operators, `if`. */
#include "frontend/sema.h"

#include <string.h>

static const struct sema_type *scalar(struct sema *s, enum adc_type type)
{
    return &s->types->scalars[type];
}

struct ast *sema_step_error(struct sema *s, struct ast *node, uint32_t i)
{
    (void)i;
    node->type = &s->types->error;
    return NULL;
}

/* ------------------------------------------------------------- not supported yet */

static const char *noun(enum ast_kind kind)
{
    static const struct {
        enum ast_kind kind;
        const char *text;
    } nouns[] = {
        {AST_EXTERN, "`extern`"},
        {AST_RULE, "a custom derivative rule"},
        {AST_STRING, "a string as a value"},
        {AST_ALL, "a slice"},
    };
    for (size_t i = 0; i < sizeof nouns / sizeof *nouns; i++)
        if (nouns[i].kind == kind) return nouns[i].text;
    return "this construct";
}

struct ast *sema_step_unsupported(struct sema *s, struct ast *node, uint32_t i)
{
    (void)i;
    sema_unsupported(s, node->span, noun(node->kind));
    node->type = &s->types->error;
    return NULL;
}

/* ------------------------------------------------------------------ leaves */

struct ast *sema_step_literal(struct sema *s, struct ast *node, uint32_t i)
{
    (void)i;
    if (node->kind == AST_INT) node->type = &s->types->literals[ADC_INT];
    else if (node->kind == AST_REAL) node->type = &s->types->literals[ADC_F64];
    else node->type = scalar(s, ADC_BOOL);
    return NULL;
}

/* `math.sin`: the prefix goes. False: the name is another one. */
static bool help_prefix(struct sema *s, const struct ast *node, struct adc_diag *diag)
{
    static const char *const modules[] = {"math", "Math", "np", "numpy", "jnp", "torch", "tf"};
    const char *text = s->diags->sources.data[node->span.source].text;
    struct adc_span prefix = node->span;
    if (text[prefix.end++] != '.') return false;
    for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++) {
        if (strcmp(node->text->text, modules[i]) != 0) continue;
        adc_diag_help(s->diags, diag, "functions of the language have no prefix: `sin(x)`");
        adc_diag_fix(s->diags, diag, prefix, "%s", "");
        return true;
    }
    return false;
}

void sema_report_missing(struct sema *s, struct ast *node)
{
    enum { MANY = 50 }; /* a suggestion costs a look at every name */
    const char *name = node->text->text;
    struct sema_function *function = s->frame ? s->frame->function : NULL;
    bool eval = function && !function->decl;
    struct adc_diag *diag =
        adc_diag_add(s->diags, ADC_E07, node->span, "no name `%s` in scope", name);
    const char *near = s->diags->error_count < MANY ? scope_nearest(s->scope, name) : NULL;
    if (help_prefix(s, node, diag)) {
        near = NULL;
    } else if (near) {
        adc_diag_help(s->diags, diag, eval ? "`%s`, or give it a value: `%s=VALUE`" : "`%s`", near,
                      name);
        adc_diag_fix(s->diags, diag, node->span, "%s", near);
    } else if (s->frame && s->frame->in_size) {
        adc_diag_help(s->diags, diag, "a dimension stands alone somewhere, as in `real[%s]`", name);
    } else if (eval) {
        adc_diag_help(s->diags, diag, "give it a value: `%s=VALUE`", name);
    }
    if (!function) return;
    struct sema_symbol *symbol = scope_symbol(s->scope, SYMBOL_MISSING, node->text, node->span);
    symbol->type = &s->types->error;
    symbol->state = STATE_DONE;
    scope_add_local(s->scope, symbol);
}

static void report_foreign(struct sema *s, const struct ast *node, const struct builtin *row)
{
    struct adc_diag *diag =
        adc_diag_add(s->diags, ADC_E40, node->span, "there is no `%s` in this language", row->name);
    adc_diag_help(s->diags, diag, "%s", row->help);
}

static void use_builtin(struct sema *s, struct ast *node, const struct builtin *row)
{
    if (row->kind == BUILTIN_CONSTANT) return;
    if (row->kind == BUILTIN_FOREIGN) {
        report_foreign(s, node, row);
        node->type = &s->types->error;
    } else if (row->kind == BUILTIN_LATER) {
        sema_unsupported(s, node->span, sema_format(s, "`%s`", row->name));
        node->type = &s->types->error;
    } else {
        node->type = &s->types->function;
    }
}

struct ast *sema_step_name(struct sema *s, struct ast *node, uint32_t i)
{
    struct sema_symbol *symbol = i == 0 ? scope_find(s->scope, node->text) : node->symbol;
    if (i == 0) {
        node->symbol = symbol;
        node->type = &s->types->error;
        if (!symbol) {
            sema_report_missing(s, node);
            return NULL;
        }
        struct ast *first = symbol->kind == SYMBOL_CONST ? sema_need(s, symbol, node->span) : NULL;
        if (first) return first;
    }
    symbol->used = true;
    node->type = symbol->type;
    if (symbol->rec && (s->array != node || !symbol->rec->ready)) {
        sema_report_early(s, node);
        node->type = &s->types->error;
    }
    if (s->frame && symbol->serial > s->frame->newest) s->frame->newest = symbol->serial;
    sema_capture(s, symbol);
    if (symbol->kind == SYMBOL_BUILTIN) use_builtin(s, node, symbol->builtin);
    if (symbol->kind == SYMBOL_CONST && symbol->type->kind == SEMA_SCALAR && symbol->type->literal)
        node->integer = symbol->decl->integer;
    if (symbol->kind == SYMBOL_TYPE) {
        adc_diag_add(s->diags, ADC_E20, node->span, "`%s` is a type, not a value",
                     node->text->text);
        node->type = &s->types->error;
    }
    if (symbol->kind == SYMBOL_PARAM && s->frame->in_default) {
        adc_diag_add(s->diags, ADC_E44, node->span,
                     "a default must be known when compiling; `%s` is a parameter",
                     node->text->text);
        node->type = &s->types->error;
    }
    return NULL;
}

/* --------------------------------------------------------------- records, tuples */

/* `cams.f`: of one of them, perhaps. */
static void report_table(struct sema *s, struct ast *node, struct adc_diag *diag)
{
    const struct sema_type *type = node->child[0]->type;
    const char *array = sema_source(s, node->child[0]), *name = node->text->text;
    for (uint32_t f = 0; f < type->count; f++)
        if (type->fields[f].name == node->text)
            adc_diag_help(s->diags, diag, type->rank == 1 ? "`%s[i].%s`" : "`%s[i, ...].%s`", array,
                          name);
}

/* What arrays of other languages have as members. */
static void help_member(struct sema *s, const struct ast *node, struct adc_diag *diag)
{
    const char *array = sema_source(s, node->child[0]), *name = node->text->text;
    const struct sema_symbol *symbol = scope_find(s->scope, node->text);
    if (!sema_is_tensor(node->child[0]->type)) return;
    if (strcmp(name, "T") == 0) adc_diag_help(s->diags, diag, "`%s'`", array);
    else if (strcmp(name, "shape") == 0 || strcmp(name, "size") == 0)
        adc_diag_help(s->diags, diag,
                      "`len(%s)`, or the name of the dimension in the type of a parameter", array);
    else if (symbol && symbol->kind == SYMBOL_BUILTIN && symbol->type == &s->types->function)
        adc_diag_help(s->diags, diag, "`%s(%s%s)`", name, array,
                      strcmp(name, "dot") == 0 ? ", ..." : "");
}

static void report_no_field(struct sema *s, struct ast *node)
{
    const struct sema_type *type = node->child[0]->type;
    const char *record = sema_source(s, node->child[0]);
    const char *name = node->text->text;
    struct adc_diag *diag;
    if (type->kind != SEMA_RECORD) {
        if (!sema_expect_value(s, node->child[0])) return;
        diag = adc_diag_add(s->diags, ADC_E20, sema_at(node), "`%s` is %s; it has no field `%s`",
                            record, sema_shape_text(s, node->child[0]), name);
        report_table(s, node, diag);
        help_member(s, node, diag);
        return;
    }
    diag = adc_diag_add(s->diags, ADC_E07, sema_at(node), "`%s` has no field `%s`", record, name);
    ADC_VEC(const char *) names = {0};
    for (uint32_t f = 0; f < type->count; f++)
        if (type->fields[f].name) ADC_PUSH(s->arena, names, type->fields[f].name->text);
    const char *near = adc_nearest(name, names.data, names.count);
    if (near) adc_diag_help(s->diags, diag, "`%s.%s`", record, near);
    else
        adc_diag_note(s->diags, diag, (struct adc_span){0, 0, 0}, "it is %s",
                      sema_type_name(s, type));
}

struct ast *sema_step_field(struct sema *s, struct ast *node, uint32_t i)
{
    if (i == 0) return node->child[0];
    const struct sema_type *type = node->child[0]->type;
    node->type = &s->types->error;
    if (type->kind == SEMA_ERROR) return NULL;
    if (type->kind == SEMA_MODULE) {
        sema_member(s, node);
        return NULL;
    }
    for (uint32_t f = 0; type->kind == SEMA_RECORD && f < type->count; f++)
        if (type->fields[f].name == node->text) {
            node->integer = f;
            node->type = type->fields[f].type;
            return NULL;
        }
    report_no_field(s, node);
    return NULL;
}

struct ast *sema_step_named(struct sema *s, struct ast *node, uint32_t i)
{
    (void)s;
    if (i == 0) return node->child[0];
    node->type = node->child[0]->type;
    return NULL;
}

/* Reals keep `literal` in a tuple; of an int the value is no longer known. */
struct ast *sema_step_tuple(struct sema *s, struct ast *node, uint32_t i)
{
    if (i < node->count) return node->child[i];
    struct sema_field *fields = ADC_NEW_ARRAY(s->arena, struct sema_field, node->count);
    bool silent = false;
    for (uint32_t f = 0; f < node->count; f++) {
        struct ast *child = node->child[f];
        struct ast *value = child->kind == AST_NAMED ? child->child[0] : child;
        sema_no_function(s, value, "part of a tuple");
        silent |= !sema_expect_value(s, value);
        fields[f].name = child->kind == AST_NAMED ? child->text : NULL;
        fields[f].type = sema_is(value->type, ADC_INT) ? scalar(s, ADC_INT) : value->type;
    }
    sema_check_fields(s, node);
    const struct sema_type *type = silent ? NULL : sema_record(s->types, fields, node->count);
    if (!type && !silent)
        adc_diag_add(s->diags, ADC_E37, node->span,
                     "this tuple is nested deeper than %d or has more than %d scalars",
                     SEMA_MAX_DEPTH, SEMA_MAX_LEAVES);
    node->type = type ? type : &s->types->error;
    return NULL;
}

/* ------------------------------------------------------------------ operators */

static const char *sign(enum ast_kind kind)
{
    switch ((int)kind) {
    case AST_MUL: return "`*`";
    case AST_DIV: return "`/`";
    case AST_IDIV: return "`div`";
    case AST_MOD: return "`mod`";
    case AST_ADD: return "`+`";
    case AST_SUB: return "`-`";
    case AST_POW: return "`^`";
    case AST_AND: return "`and`";
    case AST_OR: return "`or`";
    case AST_NOT: return "`not`";
    }
    return "a comparison";
}

struct ast *sema_step_unary(struct sema *s, struct ast *node, uint32_t i)
{
    if (i == 0) return node->child[0];
    struct ast *x = node->child[0];
    node->type = sema_expect_number(s, x, "`-`") ? x->type : &s->types->error;
    node->integer = (int64_t)(0 - (uint64_t)x->integer);
    return NULL;
}

/* Whether both operands are numbers; reports each that is not. */
static bool two_numbers(struct sema *s, struct ast *node)
{
    bool left = sema_expect_number(s, node->child[0], sign(node->kind));
    bool right = sema_expect_number(s, node->child[1], sign(node->kind));
    return left && right && sema_combine(s, node, node->child, 2);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    if (b == -1) return (int64_t)(0 - (uint64_t)a);
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/* Value of an int operator on known ints; integer arithmetic wraps. False: division by zero. */
static bool known_int(enum ast_kind kind, int64_t a, int64_t b, int64_t *value)
{
    uint64_t x = (uint64_t)a, y = (uint64_t)b;
    if ((kind == AST_IDIV || kind == AST_MOD) && b == 0) return false;
    if (kind == AST_ADD) x += y;
    else if (kind == AST_SUB) x -= y;
    else if (kind == AST_MUL) x *= y;
    else if (kind == AST_IDIV) x = (uint64_t)floor_div(a, b);
    else x -= (uint64_t)floor_div(a, b) * y;
    *value = (int64_t)x;
    return true;
}

static void report_real_div(struct sema *s, struct ast *node)
{
    struct ast *real = node->child[adc_type_is_real(node->child[0]->type->scalar) ? 0 : 1];
    struct adc_diag *diag =
        adc_diag_add(s->diags, ADC_E21, real->span, "`div` needs ints, this is a real");
    adc_diag_help(s->diags, diag, "`floor(%s/%s)`", sema_source(s, node->child[0]),
                  sema_source(s, node->child[1]));
}

struct ast *sema_step_binary(struct sema *s, struct ast *node, uint32_t i)
{
    if (i < 2) return node->child[i];
    node->type = &s->types->error;
    if (!two_numbers(s, node)) return NULL;
    const struct sema_type *a = node->child[0]->type, *b = node->child[1]->type;
    const struct sema_type *type = sema_arithmetic(s->types, a, b);
    if (node->kind == AST_DIV) {
        bool ints = type->scalar == ADC_INT;
        const struct sema_type *real =
            type->literal ? &s->types->literals[ADC_F64] : scalar(s, s->types->real);
        node->type = ints ? sema_tensor(s->types, real, type->rank) : type;
        return NULL;
    }
    if (node->kind == AST_IDIV && type->scalar != ADC_INT) {
        report_real_div(s, node);
        return NULL;
    }
    bool known = sema_is(type, ADC_INT) && type->literal;
    if (known &&
        !known_int(node->kind, node->child[0]->integer, node->child[1]->integer, &node->integer))
        type = scalar(s, ADC_INT);
    node->type = type;
    return NULL;
}

static int64_t int_power(int64_t base, int64_t exponent)
{
    uint64_t x = (uint64_t)base, result = 1;
    for (uint64_t n = (uint64_t)exponent; n; n >>= 1, x *= x)
        if (n & 1) result *= x;
    return (int64_t)result;
}

/* int ^ int is an int if the exponent is known to be >= 0 (that of a const parameter is looked at
 * when it is known); everything else is real. */
struct ast *sema_step_pow(struct sema *s, struct ast *node, uint32_t i)
{
    if (i < 2) return node->child[i];
    node->type = &s->types->error;
    if (!two_numbers(s, node)) return NULL;
    struct ast *exponent = node->child[1];
    const struct sema_type *a = node->child[0]->type, *b = exponent->type;
    uint32_t rank = a->rank > b->rank ? a->rank : b->rank;
    if (a->scalar != ADC_INT || b->scalar != ADC_INT) {
        const struct sema_type *base = sema_element(s->types, a);
        node->type = b->scalar == ADC_INT ? sema_tensor(s->types, base, rank)
                                          : sema_arithmetic(s->types, a, b);
        return NULL;
    }
    const struct sema_symbol *symbol = exponent->symbol;
    bool parameter = exponent->kind == AST_NAME && symbol && symbol->kind == SYMBOL_PARAM &&
                     symbol->param == AST_PARAM_CONST && sema_is(b, ADC_INT);
    if (sema_is(b, ADC_INT) && b->literal && exponent->integer >= 0) {
        node->type = a->literal ? a : sema_tensor(s->types, scalar(s, ADC_INT), a->rank);
        if (a->literal) node->integer = int_power(node->child[0]->integer, exponent->integer);
    } else if (parameter) {
        node->type = sema_tensor(s->types, scalar(s, ADC_INT), a->rank);
    } else {
        const struct sema_type *real =
            a->literal && b->literal ? &s->types->literals[ADC_F64] : scalar(s, s->types->real);
        node->type = sema_tensor(s->types, real, rank);
    }
    return NULL;
}

struct ast *sema_step_compare(struct sema *s, struct ast *node, uint32_t i)
{
    if (i < 2) return node->child[i];
    node->type = &s->types->error;
    const struct sema_type *a = node->child[0]->type, *b = node->child[1]->type;
    bool equality = node->kind == AST_EQ || node->kind == AST_NE;
    bool bools = sema_is(a, ADC_BOOL) && sema_is(b, ADC_BOOL);
    if (equality && bools) node->type = scalar(s, ADC_BOOL);
    else if (two_numbers(s, node))
        node->type =
            sema_tensor(s->types, scalar(s, ADC_BOOL), a->rank > b->rank ? a->rank : b->rank);
    return NULL;
}

static bool expect_bool(struct sema *s, struct ast *value, const char *what)
{
    return sema_expect(s, value, scalar(s, ADC_BOOL), what);
}

struct ast *sema_step_logic(struct sema *s, struct ast *node, uint32_t i)
{
    if (i < node->count) return node->child[i];
    const struct sema_type *type = node->child[0]->type;
    if (node->kind == AST_NOT && sema_is_tensor(type) && type->scalar == ADC_BOOL) {
        node->type = type; /* element by element; the others are short circuits */
        return NULL;
    }
    for (uint32_t c = 0; c < node->count; c++)
        expect_bool(s, node->child[c], sema_format(s, "an operand of %s", sign(node->kind)));
    node->type = scalar(s, ADC_BOOL);
    return NULL;
}

/* ------------------------------------------------------------------------ if */

static void report_branches(struct sema *s, struct ast *node)
{
    struct ast *then = node->child[1], *other = node->child[2];
    if (then->type->kind == SEMA_UNIT || other->type->kind == SEMA_UNIT) return;
    struct adc_diag *diag =
        adc_diag_add(s->diags, ADC_E20, other->span, "expected %s, found %s in the `else` branch",
                     sema_type_name(s, then->type), sema_type_name(s, other->type));
    adc_diag_note(s->diags, diag, then->span, "the `then` branch is %s",
                  sema_type_name(s, then->type));
}

struct ast *sema_step_if(struct sema *s, struct ast *node, uint32_t i)
{
    if (i < 3) return node->child[i];
    expect_bool(s, node->child[0], "the condition");
    const struct sema_type *a = node->child[1]->type, *b = node->child[2]->type;
    if (a->kind == SEMA_MODULE || b->kind == SEMA_MODULE) {
        sema_expect_value(s, node->child[a->kind == SEMA_MODULE ? 1 : 2]);
        node->type = &s->types->error;
        return NULL;
    }
    if (a->kind == SEMA_FUNCTION || b->kind == SEMA_FUNCTION) {
        struct ast *function = node->child[a->kind == SEMA_FUNCTION ? 1 : 2];
        struct adc_diag *diag =
            adc_diag_add(s->diags, ADC_E24, function->span, "a function cannot be chosen by `if`");
        adc_diag_help(s->diags, diag, "branch inside it");
        node->type = &s->types->error;
        return NULL;
    }
    const struct sema_type *type = sema_join(s->types, a, b);
    if (!type) report_branches(s, node);
    bool unit = a->kind == SEMA_UNIT || b->kind == SEMA_UNIT;
    node->type = type ? type : unit ? &s->types->unit : &s->types->error;
    return NULL;
}
