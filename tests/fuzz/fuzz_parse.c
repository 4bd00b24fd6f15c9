/* Fuzz entry of the parser: any bytes, as a file and as a body, are parsed, printed and their
 * diagnostics rendered; spans stay inside the text, and an erroneous node never goes unreported.
 *
 *     clang -fsanitize=fuzzer,address -I. tests/fuzz/fuzz_parse.c LIBRARIES
 *
 * Without libFuzzer: parse_fuzz_test.c. */
#include "frontend/ast.h"

#include <setjmp.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz_check {
    uint32_t length;
    bool reported;
};

static void require(bool condition)
{
    if (!condition) abort();
}

static bool is_within(struct adc_span span, uint32_t length)
{
    return span.begin <= span.end && span.end <= length;
}

static struct ast *check_step(void *visitor, struct ast *node, uint32_t i)
{
    const struct fuzz_check *check = visitor;
    require(is_within(node->span, check->length) && is_within(node->at, check->length));
    require(node->kind != AST_ERROR || check->reported);
    if (i == node->count) return NULL;
    return node->child[i] ? node->child[i] : AST_SKIP;
}

static void check_parse(struct adc_arena *arena, const uint8_t *data, size_t size, bool body)
{
    struct adc_names names;
    struct adc_diags diags;
    adc_names_init(&names, arena);
    adc_diags_init(&diags, arena);
    uint32_t source = adc_source_add(&diags, "fuzz.ad", (const char *)data, size);
    struct ast *tree = (body ? ast_parse_body : ast_parse)(arena, &names, &diags, source);
    struct fuzz_check check = {(uint32_t)size, diags.error_count > 0};
    struct adc_text text;
    adc_text_init(&text, arena);
    require(tree && tree->kind == (body ? AST_BLOCK : AST_FILE));
    ast_walk(arena, tree, check_step, &check);
    ast_print(tree, &text, NULL);
    for (size_t i = 0; i < diags.list.count; i++) {
        const struct adc_diag *diag = diags.list.data[i];
        require(is_within(diag->span, check.length) && diag->text[0]);
        require(!diag->fix_text || is_within(diag->fix, check.length));
        adc_diag_render(&diags, diag, true, &text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    jmp_buf out_of_memory;
    struct adc_heap heap = {adc_standard_allocator(), &out_of_memory};
    struct adc_arena arena;
    if (setjmp(out_of_memory)) abort();
    adc_arena_init(&arena, &heap);
    check_parse(&arena, data, size, false);
    check_parse(&arena, data, size, true);
    adc_arena_free(&arena);
    return 0;
}
