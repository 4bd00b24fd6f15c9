/* Printing and walking of syntax trees made by hand. */
#include "frontend/ast.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct bench {
    struct adc_heap heap;
    jmp_buf out_of_memory;
    struct adc_arena arena;
    struct adc_names names;
};

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    bench->heap.allocator = adc_standard_allocator();
    bench->heap.out_of_memory = &bench->out_of_memory;
    adc_arena_init(&bench->arena, &bench->heap);
    adc_names_init(&bench->names, &bench->arena);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    adc_arena_free(&bench->arena);
    free(bench);
    return 0;
}

static struct ast *make(struct bench *bench, enum ast_kind kind, const char *text, uint32_t count)
{
    struct ast *node = adc_arena_alloc(&bench->arena, sizeof *node + count * sizeof node->child[0]);
    node->kind = kind;
    node->text = text ? adc_name_of(&bench->names, text) : NULL;
    node->count = count;
    return node;
}

static struct ast *make2(struct bench *bench, enum ast_kind kind, struct ast *left,
                         struct ast *right)
{
    struct ast *node = make(bench, kind, NULL, 2);
    node->child[0] = left;
    node->child[1] = right;
    return node;
}

static const char *printed(struct bench *bench, const struct ast *tree)
{
    struct adc_text text;
    adc_text_init(&text, &bench->arena);
    ast_print(tree, &text, NULL);
    return text.data;
}

static void kind_names_are_those_of_the_table(void **state)
{
    (void)state;
    assert_string_equal(ast_kind_name(AST_FILE), "file");
    assert_string_equal(ast_kind_name(AST_LETARRAY), "letarray");
    assert_string_equal(ast_kind_name(AST_ERROR), "error");
    for (int kind = 0; kind < AST_KIND_COUNT; kind++)
        assert_true(strlen(ast_kind_name((enum ast_kind)kind)) > 1);
}

static void print_shows_leaves_on_one_line_and_trees_below(void **state)
{
    struct bench *bench = *state;
    struct ast *sum =
        make2(bench, AST_ADD, make(bench, AST_NAME, "x", 0), make(bench, AST_INT, "1", 0));
    assert_string_equal(printed(bench, sum), "(add (name x) (int 1))\n");
    struct ast *product = make2(bench, AST_MUL, sum, make(bench, AST_TRUE, NULL, 0));
    assert_string_equal(printed(bench, product), "(mul\n  (add (name x) (int 1))\n  (true))\n");
}

static void print_shows_absent_children_and_flags(void **state)
{
    struct bench *bench = *state;
    struct ast *range = make(bench, AST_RANGE, NULL, 3);
    range->child[1] = make(bench, AST_NAME, "n", 0);
    assert_string_equal(printed(bench, range), "(range - (name n) -)\n");
    range->flag = AST_RANGE_UPTO;
    assert_string_equal(printed(bench, range), "(range upto - (name n) -)\n");
    struct ast *set =
        make2(bench, AST_ASSIGN, make(bench, AST_NAME, "a", 0), make(bench, AST_FALSE, NULL, 0));
    set->flag = AST_DIV_SET;
    assert_string_equal(printed(bench, set), "(assign /= (name a) (false))\n");
}

static void print_escapes_strings(void **state)
{
    struct bench *bench = *state;
    assert_string_equal(printed(bench, make(bench, AST_STRING, "a\"b\\c\n\t\r\xc2\xb5", 0)),
                        "(string \"a\\\"b\\\\c\\n\\t\\r\xc2\xb5\")\n");
    struct ast *import = make(bench, AST_IMPORT, "a.b", 0);
    import->alias = adc_name_of(&bench->names, "c");
    assert_string_equal(printed(bench, import), "(import a.b as c)\n");
}

static void type_text(const struct sema_type *type, struct adc_text *out)
{
    adc_text_add(out, type ? "T" : "none");
}

static void print_shows_types_once_they_are_known(void **state)
{
    struct bench *bench = *state;
    struct ast *name = make(bench, AST_NAME, "x", 0);
    struct ast *both = make2(bench, AST_ADD, name, make(bench, AST_NAME, "y", 0));
    name->type = (const struct sema_type *)name; /* any object: only passed on */
    struct adc_text text;
    adc_text_init(&text, &bench->arena);
    ast_print(both, &text, type_text);
    assert_string_equal(text.data, "(add (name x : T) (name y))\n");
}

/* A visitor that writes names in the order of the walk: before a node, between its children,
 * behind it. */
static struct ast *trace(void *visitor, struct ast *node, uint32_t i)
{
    struct adc_text *out = visitor;
    adc_text_format(out, "%s%u ", node->text ? node->text->text : "+", i);
    if (i == node->count) return NULL;
    return node->child[i] ? node->child[i] : AST_SKIP;
}

static void walk_asks_every_node_until_it_is_done(void **state)
{
    struct bench *bench = *state;
    struct ast *root = make(bench, AST_LIST, "r", 3);
    root->child[0] = make(bench, AST_NAME, "a", 0);
    root->child[2] = make2(bench, AST_ADD, make(bench, AST_NAME, "b", 0), NULL);
    struct adc_text text;
    adc_text_init(&text, &bench->arena);
    ast_walk(&bench->arena, root, trace, &text);
    assert_string_equal(text.data, "r0 a0 r1 r2 +0 b0 +1 +2 r3 ");
}

/* Deep trees: the stack is the walk's own, and indentation ends, so that the text stays linear. */
static void print_of_a_deep_tree_is_linear(void **state)
{
    struct bench *bench = *state;
    const uint32_t depth = 1000000;
    struct ast *tree = make(bench, AST_NAME, "x", 0);
    for (uint32_t i = 0; i < depth; i++) {
        struct ast *neg = make(bench, AST_NEG, NULL, 1);
        neg->child[0] = tree;
        tree = neg;
    }
    assert_true(strlen(printed(bench, tree)) < depth * 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kind_names_are_those_of_the_table),
        cmocka_unit_test_setup_teardown(print_shows_leaves_on_one_line_and_trees_below, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(print_shows_absent_children_and_flags, set_up, tear_down),
        cmocka_unit_test_setup_teardown(print_escapes_strings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(print_shows_types_once_they_are_known, set_up, tear_down),
        cmocka_unit_test_setup_teardown(walk_asks_every_node_until_it_is_done, set_up, tear_down),
        cmocka_unit_test_setup_teardown(print_of_a_deep_tree_is_linear, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
