/* Functions and loop programs made by hand, for tests of the emitters.
 *
 * The schedule here is the simplest that exercises the emitter: straight lines, a node inside its
 * only user unless it has a name, or everything in the workspace over parts of a few statements. */
#ifndef ADC_TESTS_EMIT_C_SUPPORT_H
#define ADC_TESTS_EMIT_C_SUPPORT_H

#include "backend/emit_c.h"

#include <string.h>

struct bench {
    struct adc_heap heap;
    jmp_buf out_of_memory;
    struct adc_arena arena;
    struct adc_names names;
    struct adc_diags diags;
};

static inline void bench_init(struct bench *bench)
{
    bench->heap = (struct adc_heap){adc_standard_allocator(), &bench->out_of_memory};
    adc_arena_init(&bench->arena, &bench->heap);
    adc_names_init(&bench->names, &bench->arena);
    adc_diags_init(&bench->diags, &bench->arena);
}

static inline struct adc_function *bench_function(struct bench *bench, const char *name)
{
    struct adc_function *f = adc_function_new(&bench->arena, adc_name_of(&bench->names, name));
    f->exported = true;
    return f;
}

static inline const struct adc_node *bench_param(struct bench *bench, struct adc_function *f,
                                                 const char *name, enum adc_type type)
{
    struct adc_parameter parameter = {.name = adc_name_of(&bench->names, name), .type = type};
    parameter.of = parameter.name;
    parameter.kind = adc_type_is_real(type) ? ADC_VAR : ADC_PLAIN;
    ADC_PUSH(&bench->arena, f->params, parameter);
    return adc_param(f->graph, type, (uint32_t)f->params.count - 1);
}

static inline void bench_result(struct bench *bench, struct adc_function *f, const char *name,
                                const struct adc_node *node)
{
    struct adc_result result = {.name = adc_name_of(&bench->names, name)};
    result.of = result.name;
    result.type = (enum adc_type)node->type;
    result.nodes = ADC_NEW_ARRAY(&bench->arena, const struct adc_node *, 1);
    result.nodes[0] = node;
    result.count = 1;
    result.named = strcmp(name, "result") != 0;
    ADC_PUSH(&bench->arena, f->results, result);
}

static inline void bench_check(struct bench *bench, struct adc_function *f,
                               const struct adc_node *condition, const char *text)
{
    struct adc_check check = {condition, (uint32_t)f->checks.count + 1, text, {0}};
    ADC_PUSH(&bench->arena, f->checks, check);
}

static inline const struct adc_node *bench_name(struct bench *bench, struct adc_function *f,
                                                const struct adc_node *node, const char *name)
{
    adc_graph_set_name(f->graph, node, adc_name_of(&bench->names, name));
    return node;
}

static inline void bench_push(struct bench *bench, struct loop_block *block, enum loop_kind kind,
                              const struct adc_node *node, uint32_t index)
{
    struct loop_statement *statement = ADC_NEW(&bench->arena, struct loop_statement);
    statement->kind = kind;
    statement->index = index;
    if (kind == LOOP_STORE) statement->value = node;
    else statement->node = node;
    ADC_PUSH(&bench->arena, *block, statement);
}

/* Depth of the inline expression below a node. */
static inline uint8_t bench_depth(const struct loop_program *program, const uint8_t *depth,
                                  const struct adc_node *node)
{
    uint8_t most = 0;
    for (unsigned i = 0; i < node->count; i++) {
        uint32_t id = node->in[i]->id;
        if (program->place[id] == LOOP_INLINE && depth[id] + 1 > most)
            most = (uint8_t)(depth[id] + 1);
    }
    return most;
}

static inline void bench_places(struct bench *bench, struct loop_program *program)
{
    const struct adc_function *f = program->function;
    size_t count = f->graph->nodes.count;
    uint8_t *live = ADC_NEW_ARRAY(&bench->arena, uint8_t, count);
    uint32_t *users = ADC_NEW_ARRAY(&bench->arena, uint32_t, count);
    uint8_t *depth = ADC_NEW_ARRAY(&bench->arena, uint8_t, count);
    adc_function_live(f, live);
    for (size_t id = 0; id < count; id++)
        for (unsigned i = 0; live[id] && i < f->graph->nodes.data[id]->count; i++)
            users[f->graph->nodes.data[id]->in[i]->id]++;
    for (size_t i = 0; i < f->results.count; i++) users[f->results.data[i].nodes[0]->id]++;
    for (size_t i = 0; i < f->checks.count; i++) users[f->checks.data[i].condition->id]++;
    for (size_t id = 0; id < count; id++) {
        const struct adc_node *node = f->graph->nodes.data[id];
        depth[id] = bench_depth(program, depth, node);
        bool leaf = node->op == ADC_OP_CONST || node->op == ADC_OP_PARAM;
        bool inside = users[id] == 1 && !f->graph->names.data[id] && depth[id] < LOOP_MAX_DEPTH;
        program->place[id] = !live[id] ? LOOP_UNUSED
                             : leaf    ? LOOP_LEAF
                             : inside  ? LOOP_INLINE
                                       : LOOP_LOCAL;
    }
}

static inline struct loop_program *bench_program(struct bench *bench, const struct adc_function *f)
{
    struct loop_program *program = ADC_NEW(&bench->arena, struct loop_program);
    program->function = f;
    program->place = ADC_NEW_ARRAY(&bench->arena, uint8_t, f->graph->nodes.count);
    program->slot = ADC_NEW_ARRAY(&bench->arena, uint32_t, f->graph->nodes.count);
    struct loop_part entry = {0};
    ADC_PUSH(&bench->arena, program->parts, entry);
    return program;
}

static inline void bench_finish(struct bench *bench, const struct adc_function *f,
                                struct loop_block *block)
{
    for (size_t i = 0; i < f->checks.count; i++)
        bench_push(bench, block, LOOP_CHECK, f->checks.data[i].condition, (uint32_t)i);
    for (size_t i = 0; i < f->results.count; i++)
        bench_push(bench, block, LOOP_STORE, f->results.data[i].nodes[0], (uint32_t)i);
}

/* One part; lets for the LOCAL nodes, then checks, then stores. */
static inline struct loop_program *bench_schedule(struct bench *bench, const struct adc_function *f)
{
    struct loop_program *program = bench_program(bench, f);
    bench_places(bench, program);
    struct loop_block *block = &program->parts.data[0].body;
    for (size_t id = 0; id < f->graph->nodes.count; id++)
        if (program->place[id] == LOOP_LOCAL)
            bench_push(bench, block, LOOP_LET, f->graph->nodes.data[id], 0);
    bench_finish(bench, f, block);
    return program;
}

/* Every operator in the workspace, `size` lets to a part; the last part checks and stores. */
static inline struct loop_program *bench_split(struct bench *bench, const struct adc_function *f,
                                               size_t size)
{
    struct loop_program *program = bench_program(bench, f);
    struct loop_part part = {0};
    for (size_t id = 0; id < f->graph->nodes.count; id++) {
        const struct adc_node *node = f->graph->nodes.data[id];
        bool leaf = node->op == ADC_OP_CONST || node->op == ADC_OP_PARAM;
        program->place[id] = leaf ? LOOP_LEAF : LOOP_WORK;
        if (leaf) continue;
        program->slot[id] = program->work_count++;
        bench_push(bench, &part.body, LOOP_LET, node, 0);
        if (part.body.count < size) continue;
        ADC_PUSH(&bench->arena, program->parts, part);
        part = (struct loop_part){.team = NULL};
    }
    bench_finish(bench, f, &part.body);
    ADC_PUSH(&bench->arena, program->parts, part);
    for (uint32_t i = 1; i < program->parts.count; i++)
        bench_push(bench, &program->parts.data[0].body, LOOP_CALL, NULL, i);
    return program;
}

#endif
