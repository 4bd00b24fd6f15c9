/* An expression made at run time: the graph that the project grew from.
 *
 *     z = (x*y + c)*c + x     at x = 0.9, y = 0.4, c = 1.3
 *
 * Prints the nodes in topological order with values and gradients, then the same function as a
 * program; writes the picture to graph_builder.dot and C to z.c and z.h if asked to. */
#include <adc.h>

#include <stdio.h>
#include <string.h>

static void report(void *user, const adc_diagnostic *diagnostic)
{
    (void)user;
    fputs(diagnostic->rendered, stderr);
}

static void write_to(void *stream, const char *bytes, size_t count)
{
    fwrite(bytes, 1, count, stream);
}

static adc_node *build(adc_graph *graph)
{
    adc_node *x = adc_graph_variable(graph, "x", 0, NULL);
    adc_node *y = adc_graph_variable(graph, "y", 0, NULL);
    adc_node *xy = adc_graph_apply2(graph, "mul", x, y);
    adc_node *c = adc_graph_constant(graph, "c", 1.3);
    adc_node *z = adc_graph_apply2(graph, "add", xy, c);
    z = adc_graph_apply2(graph, "mul", z, c);
    return adc_graph_apply2(graph, "add", z, x); /* NULL if anything before was */
}

static void print_nodes(adc_graph *graph, adc_node *z)
{
    static const char *const kinds[] = {"?", "Variable", "Placeholder", "Constant", "Operator"};
    adc_node *nodes[16];
    size_t count = adc_graph_order(graph, z, nodes, 16);
    for (size_t i = 0; i < count && i < 16; i++) {
        adc_argument value, gradient;
        char name[32];
        adc_graph_name(graph, nodes[i], name, sizeof name);
        adc_graph_value(graph, nodes[i], &value);
        adc_graph_gradient(graph, nodes[i], &gradient);
        printf("%-8s  %-5s  value %-6g  gradient %g\n", kinds[adc_graph_kind(graph, nodes[i])],
               name, value.value.f64, gradient.value.f64);
    }
}

static int write_files(adc_graph *graph, adc_node *z, const adc_graph_function *function)
{
    static const char *const names[] = {"z.c", "z.h", "graph_builder.dot"};
    adc_module *module = adc_graph_compile(graph, function);
    for (int i = 0; i < 3; i++) {
        FILE *file = fopen(names[i], "w");
        if (!file) return 1;
        if (i == 2) adc_graph_draw(graph, z, write_to, file);
        else adc_module_emit(module, i ? ADC_C_HEADER : ADC_C_SOURCE, "z.h", write_to, file);
        if (fclose(file) != 0) return 1;
    }
    return 0;
}

int main(int count, char **arguments)
{
    adc_options options = {.report = report};
    adc_context *context = adc_context_new(&options);
    adc_graph *graph = adc_graph_new(context, ADC_TYPE_F64);
    adc_node *z = build(graph);
    adc_argument feed[] = {{.name = "x", .value = {.f64 = 0.9}},
                           {.name = "y", .value = {.f64 = 0.4}}};
    adc_graph_function function = {.name = "z", .results = &z, .count = 1};
    int failed =
        adc_graph_feed(graph, feed, 2) != ADC_GOOD || adc_graph_backward(graph, z) != ADC_GOOD;
    if (!failed) {
        print_nodes(graph, z);
        failed = adc_graph_emit_ad(graph, &function, write_to, stdout) != ADC_GOOD;
    }
    if (!failed && count > 1 && strcmp(arguments[1], "--files") == 0)
        failed = write_files(graph, z, &function);
    adc_context_free(context);
    return failed;
}
