/* Pictures of graphs: kinds are told apart, edges ordered, labels escaped, Graphviz reads it. */
#define _XOPEN_SOURCE 700 /* popen */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "backend/emit_dot.h"
#include "ir/state.h"
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

static void is_read_by_graphviz(const struct picture *p)
{
    FILE *dot =
        system("command -v dot >/dev/null") == 0 ? popen("dot -Tsvg >/dev/null", "w") : NULL;
    if (!dot) skip();
    fputs(p->text.data, dot);
    assert_int_equal(pclose(dot), 0);
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
    is_read_by_graphviz(p);
}

/* s = 0, u = 0; for t in 0..5: s += u[t], and for k in 0..t: u[k] = s. Graphviz reads it. */
static void loops_have_frames_and_arrows_back(void **state)
{
    struct picture *p = *state;
    struct adc_graph *g = p->f->graph;
    const struct adc_node *five = adc_int(g, 5), *zero = adc_int(g, 0);
    const struct adc_node *t = adc_index(g, 1, zero, five), *k = adc_index(g, 2, zero, t);
    const struct adc_node *u = adc_state_array(g, t, ADC_F64, &five, 1, false);
    const struct adc_node *v = adc_state_array(g, k, ADC_F64, &five, 1, false);
    struct adc_node real = {.type = ADC_F64};
    const struct adc_node *s = adc_state(g, t, &real, false);
    struct adc_carried inner = {v, u, adc_put_element(g, v, &k, s, NULL)};
    struct adc_loop in = {.index = k, .carried = &inner, .count = 1};
    const struct adc_node *filled = adc_final(g, adc_loop(g, &in), v);
    struct adc_carried outer[] = {
        {s, adc_real(g, ADC_F64, 0), adc_apply2(g, ADC_OP_ADD, s, adc_read(g, u, &t))},
        {u, adc_zero_like(g, u), filled}};
    struct adc_loop out = {.index = t, .carried = outer, .count = 2};
    const struct adc_node *loop = adc_loop(g, &out);
    bench_name(&p->bench, p->f, t, "t");
    bench_result(&p->bench, p->f, "result", adc_final(g, loop, s));
    draw(p, NULL);
    char text[200];
    snprintf(text, sizeof text,
             "subgraph cluster_%u {\n  style=rounded; fontname=\"Helvetica\"; label=\"for t\";",
             t->id);
    has(p, text);
    snprintf(text, sizeof text,
             "subgraph cluster_%u {\n  style=rounded; fontname=\"Helvetica\"; label=\"for index/",
             k->id);
    has(p, text);
    assert_true(strstr(p->text.data, text) < strstr(p->text.data, "  }\n  }\n"));
    snprintf(text, sizeof text, "n%u -> n%u [label=\"first\"]", u->id, v->id);
    has(p, text);
    snprintf(text, sizeof text, "n%u -> n%u [style=dashed", filled->id, u->id);
    has(p, text);
    snprintf(text, sizeof text, "n%u -> n%u [label=\"next 2\"]", filled->id, loop->id);
    has(p, text);
    snprintf(text, sizeof text, "n%u -> n%u [label=\"last 1\"]", loop->id, loop->id + 1);
    has(p, text);
    assert_null(strstr(p->text.data, "while")); /* always true */
    is_read_by_graphviz(p);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(kinds_are_drawn_distinctly),
        TEST(if_is_a_diamond_with_named_edges),
        TEST(loops_have_frames_and_arrows_back),
        TEST(notes_are_lines_of_the_label_and_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
