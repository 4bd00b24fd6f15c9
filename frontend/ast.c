/* Printing and walking of syntax trees, with explicit stacks. */
#include "frontend/ast.h"

#include <string.h>

static const char *const kind_names[] = {
#define ADC_AST(id, name, children) name,
#include "frontend/ast.def"
#undef ADC_AST
};

const char *ast_kind_name(enum ast_kind kind)
{
    return kind_names[kind];
}

/* ------------------------------------------------------------------ walking */

struct frame {
    struct ast *node;
    uint32_t next;
};

void ast_walk(struct adc_arena *scratch, struct ast *root,
              struct ast *(*step)(void *visitor, struct ast *node, uint32_t i), void *visitor)
{
    ADC_VEC(struct frame) stack = {0};
    struct frame first = {root, 0};
    ADC_PUSH(scratch, stack, first);
    while (stack.count) {
        struct frame *top = &stack.data[stack.count - 1];
        struct ast *next = step(visitor, top->node, top->next++);
        struct frame frame = {next, 0};
        if (!next) stack.count--;
        else if (next != AST_SKIP) ADC_PUSH(scratch, stack, frame);
    }
}

/* ------------------------------------------------------------------ copying */

static struct ast *copied(struct adc_arena *arena, const struct ast *node)
{
    size_t size = sizeof *node + node->count * sizeof *node->child;
    struct ast *copy = adc_arena_alloc(arena, size);
    memcpy(copy, node, size);
    return copy;
}

struct ast *ast_copy(struct adc_arena *arena, const struct ast *tree)
{
    struct ast *root = copied(arena, tree);
    ADC_VEC(struct ast *) stack = {0};
    ADC_PUSH(arena, stack, root);
    while (stack.count) {
        struct ast *node = stack.data[--stack.count];
        for (uint32_t c = 0; c < node->count; c++) {
            if (!node->child[c]) continue;
            node->child[c] = copied(arena, node->child[c]);
            ADC_PUSH(arena, stack, node->child[c]);
        }
    }
    return root;
}

/* ----------------------------------------------------------------- printing */

/* Deeper levels are printed at this one's column, so that the output stays linear in the tree. */
enum { DEEPEST_INDENT = 40 };

struct printer {
    struct adc_text *out;
    void (*type_text)(const struct sema_type *, struct adc_text *);
    uint32_t depth;
};

static void put_quoted(struct adc_text *out, const struct adc_name *text)
{
    adc_text_add(out, " \"");
    for (uint32_t i = 0; i < text->length; i++) {
        char c = text->text[i];
        const char *escape = c == '\n' ? "\\n" : c == '\t' ? "\\t" : c == '\r' ? "\\r" : NULL;
        if (escape) {
            adc_text_add(out, escape);
            continue;
        }
        if (c == '"' || c == '\\') adc_text_put(out, "\\", 1);
        adc_text_put(out, &c, 1);
    }
    adc_text_put(out, "\"", 1);
}

static const char *flag_text(const struct ast *node)
{
    static const char *const params[] = {NULL, "var", "data", "const"};
    static const char *const assigns[] = {"=", "+=", "-=", "*=", "/="};
    switch (node->kind) {
    case AST_PARAM: return params[node->flag];
    case AST_ASSIGN: return assigns[node->flag];
    case AST_RANGE: return node->flag == AST_RANGE_UPTO ? "upto" : NULL;
    case AST_FN: return node->flag ? "export" : NULL;
    default: return NULL;
    }
}

static void put_head(struct printer *printer, const struct ast *node)
{
    struct adc_text *out = printer->out;
    adc_text_add(out, "(");
    adc_text_add(out, kind_names[node->kind]);
    const char *flag = flag_text(node);
    if (flag) adc_text_format(out, " %s", flag);
    if (node->kind == AST_ITEM || node->kind == AST_STRING || node->kind == AST_REQUIRE) {
        if (node->text) put_quoted(out, node->text);
    } else if (node->text) {
        adc_text_add(out, " ");
        adc_text_put(out, node->text->text, node->text->length);
    }
    if (node->alias) adc_text_format(out, " as %s", node->alias->text);
    if (node->type && printer->type_text) {
        adc_text_add(out, " : ");
        printer->type_text(node->type, out);
    }
}

static void new_line(struct printer *printer)
{
    adc_text_add(printer->out, "\n");
    uint32_t depth = printer->depth < DEEPEST_INDENT ? printer->depth : DEEPEST_INDENT;
    for (uint32_t i = 0; i < depth; i++) adc_text_add(printer->out, "  ");
}

/* Nodes whose children have no children themselves stand on one line. */
static bool is_short(const struct ast *node)
{
    if (node->count > 4) return false;
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i] && node->child[i]->count) return false;
    return true;
}

static struct ast *print_step(void *visitor, struct ast *node, uint32_t i)
{
    struct printer *printer = visitor;
    if (i == 0) {
        put_head(printer, node);
        printer->depth++;
    }
    if (i == node->count) {
        printer->depth--;
        adc_text_add(printer->out, ")");
        return NULL;
    }
    if (is_short(node)) adc_text_add(printer->out, " ");
    else new_line(printer);
    if (node->child[i]) return node->child[i];
    adc_text_add(printer->out, "-");
    return AST_SKIP;
}

void ast_print(const struct ast *tree, struct adc_text *out,
               void (*type_text)(const struct sema_type *, struct adc_text *))
{
    struct printer printer = {.out = out, .type_text = type_text};
    /* the walk's signature is for visitors that annotate; this one only reads */
    ast_walk(out->arena, (struct ast *)tree, print_step, &printer);
    adc_text_add(out, "\n");
}
