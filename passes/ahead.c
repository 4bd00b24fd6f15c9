/* In lanes, costly values that wait for no other come before those that wait for some: the
 * processor looks a few hundred steps ahead, which is two or three of them, and one that waits for
 * another stands idle if what might run beside it comes too late.
 *
 * in       a program with lanes
 * out      the same statements; LETs that follow each other in a loop in lanes are in another order
 *          if a costly one stood behind one that waits for more costly ones than it does: costly
 *          ones by how many they wait for, each with what it needs before it, then the others
 * law      LETs have no effect, and each stays behind what it needs
 * cost     statements of a run times its costly ones
 * depth    recurses through what is printed inside its user (ir/loop.h) */
#include "passes/passes.h"

#include "ir/state.h"

typedef const struct adc_node *node_t;

struct let {
    struct loop_statement *statement;
    uint32_t before, level; /* costly ones on the longest way to what it needs, and to itself */
    ADC_VEC(uint32_t) needs;
    bool needed, done;
};

struct ahead {
    struct adc_arena *arena;
    const struct loop_program *program;
    uint32_t *place; /* by node id: of its LET in the run at hand, plus 1 */
    ADC_VEC(struct let) run;
    ADC_VEC(struct loop_statement *) order;
};

/* Costly ones on the longest way to the value of `node`, which `let` needs. */
static uint32_t level_of(struct ahead *a, struct let *let, node_t node, bool whole)
{
    if (!whole && a->place[node->id]) {
        uint32_t index = a->place[node->id] - 1;
        uint32_t level = a->run.data[index].level;
        ADC_PUSH(a->arena, let->needs, index);
        if (level > let->before) let->before = level;
        return level;
    }
    if (!whole && a->program->place[node->id] != LOOP_INLINE) return 0;
    if (node->op == ADC_OP_FINAL) return level_of(a, let, adc_final_state(node), false);
    uint32_t level = 0;
    for (unsigned i = node->op == ADC_OP_READ; i < node->count; i++) {
        uint32_t one = level_of(a, let, node->in[i], false);
        if (one > level) level = one;
    }
    return level + (adc_op_info((enum adc_op)node->op)->properties & ADC_COSTLY ? 1 : 0);
}

static bool is_costly(const struct let *let)
{
    return let->level > let->before;
}

/* Puts the LET and what it needs at the end of the order. */
static void put(struct ahead *a, uint32_t index)
{
    a->run.data[index].needed = true;
    for (uint32_t i = index + 1; i-- > 0;) {
        struct let *let = &a->run.data[i];
        if (!let->needed || let->done) continue;
        for (size_t k = 0; k < let->needs.count; k++) a->run.data[let->needs.data[k]].needed = true;
    }
    for (uint32_t i = 0; i <= index; i++) {
        struct let *let = &a->run.data[i];
        if (!let->needed || let->done) continue;
        ADC_PUSH(a->arena, a->order, let->statement);
        let->done = true;
    }
}

/* Some costly one stands behind one that waits for more; the most that any waits for. */
static bool is_late(const struct ahead *a, uint32_t *most)
{
    bool late = false;
    *most = 0;
    for (size_t i = 0; i < a->run.count; i++) {
        const struct let *let = &a->run.data[i];
        if (!is_costly(let)) continue;
        late |= let->before < *most;
        if (let->before > *most) *most = let->before;
    }
    return late;
}

static void order(struct ahead *a, struct loop_statement **statements, size_t count)
{
    uint32_t most;
    a->run.count = a->order.count = 0;
    for (size_t i = 0; i < count; i++) {
        struct let let = {.statement = statements[i]};
        let.level = level_of(a, &let, statements[i]->node, true);
        a->place[statements[i]->node->id] = (uint32_t)i + 1;
        ADC_PUSH(a->arena, a->run, let);
    }
    for (size_t i = 0; i < count; i++) a->place[statements[i]->node->id] = 0;
    if (!is_late(a, &most)) return;
    for (uint32_t level = 0; level <= most; level++)
        for (uint32_t i = 0; i < count; i++)
            if (is_costly(&a->run.data[i]) && a->run.data[i].before == level) put(a, i);
    for (uint32_t i = 0; i < count; i++)
        if (!a->run.data[i].done) ADC_PUSH(a->arena, a->order, statements[i]);
    for (size_t i = 0; i < count; i++) statements[i] = a->order.data[i];
}

static void visit(struct ahead *a, struct loop_block *block, bool lanes)
{
    size_t run = 0; /* LETs just before */
    for (size_t i = 0; i <= block->count; i++) {
        struct loop_statement *statement = i < block->count ? block->data[i] : NULL;
        if (statement && statement->kind == LOOP_LET) {
            run++;
            continue;
        }
        if (lanes && run > 1) order(a, block->data + i - run, run);
        run = 0;
        if (!statement) break;
        bool inside = lanes || statement->lanes;
        visit(a, &statement->then, inside);
        visit(a, &statement->otherwise, inside);
        if (statement->jam) visit(a, &statement->jam->body, inside);
    }
}

void pass_ahead(struct loop_program *program, struct adc_arena *scratch)
{
    struct ahead a = {.arena = scratch, .program = program};
    if (!program->value) return;
    a.place = ADC_NEW_ARRAY(scratch, uint32_t, program->function->graph->nodes.count);
    for (size_t i = 0; i < program->parts.count; i++)
        visit(&a, &program->parts.data[i].body, false);
}
