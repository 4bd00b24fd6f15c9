/* Nodes of a graph (ir/node.c): equal ones are one, however many others there are. */
#include "ir/node.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Nodes that are merged with no other count, too: the table of those that are has room for all. */
static void twins_leave_room_for_others(void **state)
{
    enum { TWINS = 10000 };
    struct adc_heap heap = {adc_standard_allocator(), NULL};
    struct adc_arena arena;
    struct adc_graph graph;
    (void)state;
    adc_arena_init(&arena, &heap);
    adc_graph_init(&graph, &arena);
    const struct adc_node *n = adc_param(&graph, ADC_INT, 0), *one = adc_int(&graph, 1);
    const struct adc_node *inputs[] = {n, one};
    const struct adc_node *sum = adc_apply2(&graph, ADC_OP_IADD, n, one);
    for (int i = 0; i < TWINS; i++) {
        const struct adc_node *twin = adc_twin(&graph, sum, inputs);
        assert_ptr_not_equal(twin, sum);
        assert_int_equal(twin->id, graph.nodes.count - 1);
    }
    const struct adc_node *two = adc_int(&graph, 2);
    assert_ptr_equal(adc_int(&graph, 2), two);
    assert_ptr_equal(adc_apply2(&graph, ADC_OP_IADD, n, one), sum);
    adc_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(twins_leave_room_for_others)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
