/* Parts that are made in chunks (loop_team) in C: on threads where the compiler has OpenMP, else
 * all passes are the one chunk.
 *
 * The function around the part says how many chunks there are, of the cost that its caller has
 * found: no more than threads, than units of passes, and than what is worth it. Each chunk is made
 * by one thread, the sums are added up in the order of the chunks, and the status is that of the
 * first chunk that has one: the number of chunks alone says what the result is. */
#include "backend/emit_c_internal.h"
#include "ir/nest.h"

static const char threads_text[] = "static int64_t chunk_threads__(int64_t most)\n"
                                   "{\n"
                                   "#if defined(_OPENMP)\n"
                                   "    const int threads = omp_get_max_threads();\n"
                                   "    return threads < most ? threads : most;\n"
                                   "#else\n"
                                   "    return most < 1 ? most : 1;\n"
                                   "#endif\n"
                                   "}\n\n";

void c_put_team_helpers(struct adc_text *out)
{
    adc_text_format(out,
                    "/* Threads that there are, and room for. */\n%s"
                    "/* Chunks of the passes from `low` to `high`, which take `cost`: whole units, "
                    "each worth `least`. */\n%s\n"
                    "/* Where chunk `number` begins; of `count`, where the last one ends. */\n%s\n",
                    threads_text, c_chunk_count_text, c_chunk_text);
}

/* ------------------------------------------------------------------------------- the caller */

static void finish(struct c_unit *unit, unsigned indent)
{
    c_finish_statement(unit, (struct adc_span){0}, indent);
}

void c_put_hand_over(struct c_unit *unit, const struct c_product *product,
                     const struct loop_nodes *nodes, unsigned indent)
{
    struct adc_text *text = &unit->statement;
    for (size_t i = 0; i < nodes->count; i++) {
        const struct adc_node *node = nodes->data[i];
        if (product->program->place[node->id] != LOOP_LOCAL) continue;
        const char *close = c_open_slot(unit, product, node, "w__", text);
        adc_text_format(text, "%s%s", product->locals[node->id], close);
        finish(unit, indent);
    }
}

void c_put_take_back(struct c_unit *unit, const struct c_product *product,
                     const struct loop_team *team, unsigned indent)
{
    struct adc_text *text = &unit->statement;
    for (size_t i = 0; i < team->sums.count; i++) {
        const struct adc_node *sum = team->sums.data[i];
        if (product->program->place[sum->id] != LOOP_LOCAL) continue;
        adc_text_format(text, "%s = ", product->locals[sum->id]);
        c_put_slot(unit, product, sum, "w__", text);
        adc_text_add(text, ";");
        finish(unit, indent);
    }
}

/* ((double)N - (double)0)*(12 + ...) */
static void put_cost(struct c_unit *unit, const struct c_product *product,
                     const struct loop_cost *cost, struct adc_text *out)
{
    adc_text_add(out, "((double)(");
    c_put_use(unit, product, cost->high, out);
    adc_text_add(out, ") - (double)(");
    c_put_use(unit, product, cost->low, out);
    adc_text_add(out, "))*(");
    c_put_literal(unit, ADC_F64, (union adc_value){.f64 = cost->own}, out);
    for (size_t i = 0; i < cost->inner.count; i++) {
        adc_text_add(out, " + ");
        put_cost(unit, product, cost->inner.data[i], out);
    }
    adc_text_add(out, ")");
}

static void put_name(const struct c_product *product, uint32_t part, struct adc_text *out)
{
    adc_text_format(out, "%s_chunks%u__", product->symbol, part);
}

void c_put_team_call(struct c_unit *unit, const struct c_product *product, uint32_t part,
                     struct adc_text *out)
{
    const struct loop_team *team = c_team(product, part);
    put_name(product, part, out);
    adc_text_add(out, "(");
    c_put_use(unit, product, team->loop->node->in[0], out);
    adc_text_add(out, ", ");
    c_put_use(unit, product, team->loop->node->in[1], out);
    adc_text_add(out, ", ");
    put_cost(unit, product, &team->cost, out);
    bool own = c_has_own(product, part);
    if (own) adc_text_add(out, product->parts[part].work ? ", at__" : ", at__, w__");
    c_put_part_arguments(unit, product, part, C_FROM_PART, true, out);
}

/* -------------------------------------------------------------------------------- the part */

static void put_declaration(struct c_unit *unit, const struct c_product *product,
                            const char *qualifier, const struct adc_node *node)
{
    struct adc_text *text = &unit->statement;
    if (product->program->place[node->id] != LOOP_LOCAL) return;
    unit->used.boolean |= node->type == ADC_BOOL;
    adc_text_format(text, "%s%s %s = ", qualifier, c_type((enum adc_type)node->type),
                    product->locals[node->id]);
    c_put_slot(unit, product, node, "w__", text);
    adc_text_add(text, ";");
    finish(unit, 4);
}

void c_put_team_values(struct c_unit *unit, const struct c_product *product,
                       const struct loop_team *team)
{
    for (size_t i = 0; i < team->values.count; i++)
        put_declaration(unit, product, "const ", team->values.data[i]);
    for (size_t i = 0; i < team->sums.count; i++)
        put_declaration(unit, product, "", team->sums.data[i]);
}

/* ------------------------------------------------------------------------------- the chunks */

struct team {
    struct c_unit *unit;
    const struct c_product *product;
    const struct loop_team *team;
    uint32_t part, chunks; /* place of the first chunk's memory in at__ */
    bool checks, own;
    struct adc_text *text;
};

static void put_line(struct team *t, unsigned indent, const char *line)
{
    adc_text_add(t->text, line);
    finish(t->unit, indent);
}

/* double *own__ = ...: what chunk t__ has. */
static void put_own(struct team *t, unsigned indent)
{
    adc_text_format(t->text, "double *own__ = w__ + at__[%u] + (size_t)(t__ - 1) * at__[%u];",
                    t->chunks, t->chunks + 1);
    finish(t->unit, indent);
}

/* for (size_t k__ = 0; k__ < at__[9]; k__++) (own__ + at__[8])[k__] */
static void put_elements(struct team *t, uint32_t buffer)
{
    uint32_t place = c_own_place(t->unit, t->product, buffer);
    adc_text_format(t->text, "for (size_t k__ = 0; k__ < at__[%u]; k__++) ", place + 1);
}

static void put_own_element(struct team *t, uint32_t buffer)
{
    adc_text_add(t->text, "(");
    c_put_space(t->product, buffer, "own__", c_own_place(t->unit, t->product, buffer), t->text);
    adc_text_add(t->text, ")[k__]");
}

static void put_copies(struct team *t)
{
    uint32_t slots = t->product->program->work_count;
    if (!t->product->parts[t->part].work) return;
    put_line(t, 4, "for (int64_t t__ = 1; t__ < count__; t__++) {");
    put_own(t, 8);
    adc_text_format(t->text, "memcpy(own__, w__, %u * sizeof *w__);", slots);
    finish(t->unit, 8);
    for (size_t i = 0; i < t->team->sums.count; i++) {
        const struct adc_node *sum = t->team->sums.data[i];
        const char *close = c_open_slot(t->unit, t->product, sum, "own__", t->text);
        c_put_literal(t->unit, (enum adc_type)sum->type, c_first_value(sum), t->text);
        adc_text_add(t->text, close);
        finish(t->unit, 8);
    }
    put_line(t, 4, "}");
}

/* f_part3__(first__, last__, ...) */
static void put_chunk(struct team *t, enum c_caller caller, unsigned indent)
{
    if (t->checks) adc_text_add(t->text, "status__[t__] = ");
    adc_text_format(t->text, "%s_part%u__(first__, last__", t->product->symbol, t->part);
    c_put_part_arguments(t->unit, t->product, t->part, caller, true, t->text);
    adc_text_add(t->text, ";");
    finish(t->unit, indent);
}

static void put_own_arrays(struct team *t)
{
    const struct c_product *product = t->product;
    if (!product->arrays_tag || !product->parts[t->part].buffer_count) return;
    adc_text_format(t->text, "struct %s arrays_own__ = *arrays__;", product->arrays_tag);
    finish(t->unit, 8);
    for (uint32_t i = 0; i < product->program->buffers.count; i++) {
        if (!c_is_own(t->team, i)) continue;
        adc_text_format(t->text, "arrays_own__.%s = ", product->buffers[i]);
        c_put_space(product, i, "own__", c_own_place(t->unit, product, i), t->text);
        adc_text_add(t->text, ";");
        finish(t->unit, 8);
    }
}

static void put_run(struct team *t)
{
    adc_text_add(t->unit->out,
                 "#if defined(_OPENMP)\n"
                 "#pragma omp parallel for num_threads((int)count__) schedule(static, 1)\n"
                 "#endif\n");
    put_line(t, 4, "for (int64_t t__ = 0; t__ < count__; t__++) {");
    adc_text_format(t->text, "const int64_t first__ = chunk__(low__, high__, %u, count__, t__);",
                    t->team->unit);
    finish(t->unit, 8);
    adc_text_format(t->text, "const int64_t last__ = chunk__(low__, high__, %u, count__, t__ + 1);",
                    t->team->unit);
    finish(t->unit, 8);
    if (!t->own) {
        put_chunk(t, C_FROM_PART, 8);
        put_line(t, 4, "}");
        return;
    }
    put_line(t, 8, "if (!t__) {");
    put_chunk(t, C_FROM_PART, 12);
    put_line(t, 12, "continue;");
    put_line(t, 8, "}");
    put_own(t, 8);
    put_own_arrays(t);
    for (size_t i = 0; i < t->team->added.count; i++) {
        uint32_t buffer = t->team->added.data[i];
        enum adc_type type = (enum adc_type)t->product->program->buffers.data[buffer].node->type;
        put_elements(t, buffer);
        put_own_element(t, buffer);
        adc_text_add(t->text, " = ");
        c_put_literal(t->unit, type, (union adc_value){.bits = 0}, t->text);
        adc_text_add(t->text, ";");
        finish(t->unit, 8);
    }
    put_chunk(t, C_FROM_CHUNK, 8);
    put_line(t, 4, "}");
}

/* The sum of the first chunk and of chunk t__, in the place of the former. */
static void put_sum(struct team *t, const struct adc_node *sum)
{
    enum adc_op op = adc_reduce_op((enum adc_reduce)sum->number, (enum adc_type)sum->type);
    struct c_form form = c_form_of(op);
    const char *close = c_open_slot(t->unit, t->product, sum, "w__", t->text);
    bool infix = form.shape == C_BINARY;
    if (!infix) c_put_callee(t->unit, op, sum->type == ADC_F32, t->text);
    adc_text_add(t->text, "(");
    c_put_slot(t->unit, t->product, sum, "w__", t->text);
    if (infix) adc_text_format(t->text, ") %.*s (", (int)form.length, form.text);
    else adc_text_add(t->text, ", ");
    c_put_slot(t->unit, t->product, sum, "own__", t->text);
    adc_text_format(t->text, ")%s", close);
    finish(t->unit, 8);
}

static void put_sums(struct team *t)
{
    if (!t->team->sums.count) return;
    put_line(t, 4, "for (int64_t t__ = 1; t__ < count__; t__++) {");
    put_own(t, 8);
    for (size_t i = 0; i < t->team->sums.count; i++) put_sum(t, t->team->sums.data[i]);
    put_line(t, 4, "}");
}

/* What chunks have added to an array of their own, each slice of it by one thread: elements get
 * what is added in the order of the chunks, however many slices there are. */
static void put_added(struct team *t, uint32_t buffer)
{
    uint32_t length = c_own_place(t->unit, t->product, buffer) + 1;
    adc_text_format(t->unit->out,
                    "#if defined(_OPENMP)\n"
                    "#pragma omp parallel for if (at__[%u] >= %d) num_threads((int)count__) "
                    "schedule(static, 1)\n"
                    "#endif\n",
                    length, LOOP_LEAST_SLICED);
    put_line(t, 4, "for (int64_t s__ = 0; s__ < count__; s__++) {");
    adc_text_format(t->text, "const uint64_t length__ = at__[%u], slices__ = (uint64_t)count__;",
                    length);
    finish(t->unit, 8);
    put_line(t, 8, "const size_t first__ = (size_t)(length__ * (uint64_t)s__ / slices__);");
    put_line(t, 8, "const size_t last__ = (size_t)(length__ * (uint64_t)(s__ + 1) / slices__);");
    put_line(t, 8, "for (int64_t t__ = 1; t__ < count__; t__++) {");
    put_own(t, 12);
    adc_text_add(t->text, "for (size_t k__ = first__; k__ < last__; k__++) ");
    if (t->product->arrays_tag) adc_text_add(t->text, "arrays__->");
    adc_text_add(t->text, t->product->buffers[buffer]);
    adc_text_add(t->text, "[k__] += ");
    put_own_element(t, buffer);
    adc_text_add(t->text, ";");
    finish(t->unit, 12);
    put_line(t, 8, "}");
    put_line(t, 4, "}");
}

/* const int64_t count__ = chunk_count__(...): what is added up costs, too. */
static void put_count(struct team *t)
{
    adc_text_format(t->text, "const int64_t count__ = chunk_count__(low__, high__, %u, cost__, ",
                    t->team->unit);
    c_put_literal(t->unit, ADC_F64, (union adc_value){.f64 = t->team->least}, t->text);
    for (size_t i = 0; i < t->team->added.count; i++)
        adc_text_format(t->text, " + %d.0 * (double)at__[%u]", LOOP_ADDED_COST,
                        c_own_place(t->unit, t->product, t->team->added.data[i]) + 1);
    adc_text_format(t->text, ", chunk_threads__(%u));", t->product->program->threads);
    finish(t->unit, 4);
    put_line(t, 4, "if (count__ < 2) {");
    adc_text_format(t->text, "%s%s_part%u__(low__, high__", t->checks ? "return " : "",
                    t->product->symbol, t->part);
    c_put_part_arguments(t->unit, t->product, t->part, C_FROM_PART, true, t->text);
    adc_text_add(t->text, ";");
    finish(t->unit, 8);
    if (!t->checks) put_line(t, 8, "return;");
    put_line(t, 4, "}");
}

void c_put_team(struct c_unit *unit, const struct c_product *product, uint32_t part)
{
    struct team t = {.unit = unit, .product = product, .part = part, .text = &unit->statement};
    bool checks = product->parts[part].checks;
    t.checks = checks;
    t.own = c_has_own(product, part);
    t.team = c_team(product, part);
    t.chunks = c_chunk_place(unit, product);
    unit->used.chunks = true;
    adc_text_format(unit->out, "/* Part %u in chunks, on threads if there are any. */\n", part);
    adc_text_add(t.text, checks ? "PART__ int " : "PART__ void ");
    put_name(product, part, t.text);
    adc_text_add(t.text, "(int64_t low__, int64_t high__, double cost__");
    if (t.own) adc_text_add(t.text, ", const size_t *at__");
    if (t.own && !product->parts[part].work) adc_text_add(t.text, ", double *w__");
    c_put_part_parameters(product, part, true, t.text);
    c_put_wrapped(unit->out, t.text->data, t.text->count, 0);
    t.text->count = 0;
    adc_text_add(unit->out, "{\n");
    unit->last_line = 0;
    put_count(&t);
    if (checks)
        adc_text_format(unit->out, "    int status__[%u] = {0};\n", product->program->threads);
    put_copies(&t);
    put_run(&t);
    if (checks)
        put_line(&t, 4,
                 "for (int64_t t__ = 0; t__ < count__; t__++) if (status__[t__]) return "
                 "status__[t__];");
    put_sums(&t);
    for (size_t i = 0; i < t.team->added.count; i++) put_added(&t, t.team->added.data[i]);
    adc_text_add(unit->out, checks ? "    return 0;\n}\n\n" : "}\n\n");
}
