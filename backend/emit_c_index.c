/* Names of loop indices.
 *
 * An index is named where its loop opens, with the first candidate of its source name that no open
 * loop has: `i`, then `i_2`, ...; without a source name `i1__`, `i2__`, ... Loops that stand beside
 * each other share names, so a reader finds his own. Candidates belong to indices alone.
 *
 * A part called inside a loop takes the index as a parameter, which counts as open in it. */
#include "backend/emit_c_internal.h"

struct candidate {
    const char *name;
    bool open;
};

struct candidates {
    const char *source; /* NULL: indices without a name */
    ADC_VEC(struct candidate) list;
};

struct c_index_names {
    struct adc_arena *arena;
    struct c_scope *scope;
    ADC_VEC(struct candidates) sources;
    uint32_t *source; /* by node id of an index: which of `sources` */
    uint32_t *chosen; /* by node id of an open index: which of the candidates */
};

static const char *new_name(struct c_index_names *names, const struct candidates *candidates)
{
    if (candidates->source) return c_claim(names->scope, candidates->source);
    struct adc_text text;
    adc_text_init(&text, names->arena);
    adc_text_format(&text, "i%zu__", candidates->list.count + 1);
    return text.data;
}

static void add_candidate(struct c_index_names *names, struct candidates *candidates)
{
    struct candidate candidate = {new_name(names, candidates), false};
    ADC_PUSH(names->arena, candidates->list, candidate);
}

void c_index_names_init(struct c_unit *unit, struct c_product *product)
{
    const struct adc_graph *graph = product->function->graph;
    struct c_index_names *names = ADC_NEW(unit->arena, struct c_index_names);
    struct adc_names sources;
    bool any = false;
    adc_names_init(&sources, unit->arena);
    names->arena = unit->arena;
    names->scope = &product->scope;
    names->source = ADC_NEW_ARRAY(unit->arena, uint32_t, graph->nodes.count);
    names->chosen = ADC_NEW_ARRAY(unit->arena, uint32_t, graph->nodes.count);
    ADC_PUSH(unit->arena, names->sources, (struct candidates){0});
    for (size_t id = 0; id < graph->nodes.count; id++) {
        if (graph->nodes.data[id]->op != ADC_OP_INDEX) continue;
        any = true;
        if (!graph->names.data[id]) continue;
        uint32_t number = adc_name_of(&sources, graph->names.data[id]->text)->number;
        names->source[id] = number + 1;
        if (number + 1 < names->sources.count) continue;
        struct candidates candidates = {.source = graph->names.data[id]->text};
        add_candidate(names, &candidates);
        ADC_PUSH(unit->arena, names->sources, candidates);
    }
    product->indices = any ? names : NULL;
}

void c_open_index(const struct c_product *product, const struct adc_node *index)
{
    struct c_index_names *names = product->indices;
    struct candidates *candidates = &names->sources.data[names->source[index->id]];
    uint32_t i = 0;
    while (i < candidates->list.count && candidates->list.data[i].open) i++;
    if (i == candidates->list.count) add_candidate(names, candidates);
    candidates->list.data[i].open = true;
    names->chosen[index->id] = i;
    product->locals[index->id] = candidates->list.data[i].name;
}

void c_close_index(const struct c_product *product, const struct adc_node *index)
{
    struct c_index_names *names = product->indices;
    struct candidates *candidates = &names->sources.data[names->source[index->id]];
    candidates->list.data[names->chosen[index->id]].open = false;
}
