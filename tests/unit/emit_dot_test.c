/* Pictures of graphs: kinds are told apart, edges ordered, labels escaped, Graphviz reads it. */
#define _XOPEN_SOURCE 700 /* popen */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "backend/emit_dot.h"
#include "tests/unit/emit_c_support.h"

#include <stdio.h>
#include <stdlib.h>

struct picture {
    struct bench bench;
    struct adc_function *f;
    struct adc_text text;
};

static int set_up(void **state)
{
    struct picture *p = calloc(1, sizeof *p);
    bench_init(&p->bench);
    adc_text_init(&p->text, &p->bench.arena);
    p->f = bench_function(&p->bench, "z");
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct picture *p = *state;
    adc_arena_free(&p->bench.arena);
    free(p);
    return 0;
}

static void draw(struct picture *p, const char *const *notes)
{
    uint8_t *live = ADC_NEW_ARRAY(&p->bench.arena, uint8_t, p->f->graph->nodes.count);
    adc_function_live(p->f, live);
    const char **names = adc_node_names(p->f, &p->bench.arena, live);
    p->text.count = 0;
    emit_dot(p->f, names, live, notes, &p->text);
}

static void has(const struct picture *p, const char *text)
{
    if (!strstr(p->text.data, text)) print_message("%s\n", p->text.data);
    assert_non_null(strstr(p->text.data, text));
}

static void kinds_are_drawn_distinctly(void **state)
{
    struct picture *p = *state;
    struct bench *b = &p->bench;
    const struct adc_node *x = bench_param(b, p->f, "x", ADC_F64),
                          *k = bench_param(b, p->f, "k", ADC_F64);
    p->f->params.data[1].kind = ADC_DATA;
    const struct adc_node *s = adc_apply2(p->f->graph, ADC_OP_SUB, x, k);
    bench_name(b, p->f, s, "s");
    bench_result(b, p->f, "result",
                 adc_apply2(p->f->graph, ADC_OP_MUL, s, adc_real(p->f->graph, ADC_F64, 5)));
    adc_apply1(p->f->graph, ADC_OP_SIN, x); /* not live: not drawn */
    draw(p, NULL);
    has(p, "n0 [shape=box, style=filled, fillcolor=lightblue, label=\"Variable\\nx\"]");
    has(p, "n1 [shape=house, style=filled, fillcolor=palegreen, label=\"Placeholder\\nk\"]");
    has(p, "n2 [shape=ellipse, style=filled, fillcolor=white, label=\"Operator\\nsub/0 (s)\"]");
    has(p, "label=\"Constant\\nConst/0 = 5.0\"]");
    has(p, "n0 -> n2 [label=\"1\"];\n  n1 -> n2 [label=\"2\"];\n");
    has(p, "n2 -> n4;\n  n3 -> n4;\n");
    has(p, "n4 -> r0 [style=bold]");
    assert_null(strstr(p->text.data, "sin"));
}

static void if_is_a_diamond_with_named_edges(void **state)
{
    struct picture *p = *state;
    const struct adc_node *x = bench_param(&p->bench, p->f, "x", ADC_F64);
    const struct adc_node *zero = adc_real(p->f->graph, ADC_F64, 0);
    const struct adc_node *negative = adc_apply2(p->f->graph, ADC_OP_LT, x, zero);
    bench_result(&p->bench, p->f, "result", adc_apply3(p->f->graph, ADC_OP_IF, negative, zero, x));
    draw(p, NULL);
    has(p, "n3 [shape=diamond");
    has(p,
        "n2 -> n3 [label=\"if\"];\n  n1 -> n3 [label=\"then\"];\n  n0 -> n3 [label=\"else\"];\n");
}

static void notes_are_lines_of_the_label_and_escaped(void **state)
{
    struct picture *p = *state;
    bench_result(&p->bench, p->f, "say \"so\"", bench_param(&p->bench, p->f, "x", ADC_F64));
    static const char *const notes[] = {"value 3\ngradient \"1\" \\"};
    draw(p, notes);
    has(p, "Variable\\nx\\nvalue 3\\ngradient \\\"1\\\" \\\\\"]");
    has(p, "label=\"say \\\"so\\\"\"");
    FILE *dot =
        system("command -v dot >/dev/null") == 0 ? popen("dot -Tsvg >/dev/null", "w") : NULL;
    if (!dot) skip();
    fputs(p->text.data, dot);
    assert_int_equal(pclose(dot), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(kinds_are_drawn_distinctly),
        TEST(if_is_a_diamond_with_named_edges),
        TEST(notes_are_lines_of_the_label_and_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
