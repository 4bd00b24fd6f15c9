/* Sizes when lowering: comparing them, their text. */
#include "frontend/lower.h"

const struct adc_node *lower_size(struct lower *l, const struct adc_node *node)
{
    return sizes_canonical(&l->sizes, node);
}

/* ------------------------------------------------------------------------ text */

enum { TEXT_DEPTH = 3 }; /* of div, min ... inside each other; deeper ones are cut */

static void put_size(struct lower *l, const struct size *size, unsigned depth,
                     struct adc_text *out);

static void put_call(struct lower *l, const struct adc_node *node, unsigned depth,
                     struct adc_text *out)
{
    bool infix = node->op == ADC_OP_IDIV || node->op == ADC_OP_IMOD;
    const struct size *a = sizes_of(&l->sizes, node->in[0]), *b = sizes_of(&l->sizes, node->in[1]);
    if (!infix) adc_text_add(out, node->op == ADC_OP_IMIN ? "min(" : "max(");
    else if (a->count > 1) adc_text_add(out, "(");
    put_size(l, a, depth + 1, out);
    if (infix && a->count > 1) adc_text_add(out, ")");
    if (!infix) adc_text_add(out, ", ");
    else adc_text_add(out, node->op == ADC_OP_IDIV ? " div " : " mod ");
    if (infix && b->count > 1) adc_text_add(out, "(");
    put_size(l, b, depth + 1, out);
    if (!infix || b->count > 1) adc_text_add(out, ")");
}

static void put_atom(struct lower *l, const struct adc_node *node, unsigned depth,
                     struct adc_text *out)
{
    const struct adc_name *name = l->graph->names.data[node->id];
    if (node->op == ADC_OP_PARAM) name = l->function->params.data[node->number].name;
    if (node->op == ADC_OP_INDEX && node->number < l->index_names.count)
        name = l->index_names.data[node->number];
    bool call = node->op == ADC_OP_IDIV || node->op == ADC_OP_IMOD || node->op == ADC_OP_IMIN ||
                node->op == ADC_OP_IMAX;
    if (name) adc_text_add(out, name->text);
    else if (call && depth < TEXT_DEPTH) put_call(l, node, depth, out);
    else adc_text_add(out, "...");
}

static void put_term(struct lower *l, const struct size_term *term, uint64_t factor, unsigned depth,
                     struct adc_text *out)
{
    bool written = factor != 1 || term->degree == 0;
    if (written) adc_text_format(out, "%llu", (unsigned long long)factor);
    for (uint32_t i = 0; i < term->degree; i++) {
        uint32_t power = 1;
        if (i && term->atom[i] == term->atom[i - 1]) continue;
        while (i + power < term->degree && term->atom[i + power] == term->atom[i]) power++;
        if (i || written) adc_text_add(out, "*");
        put_atom(l, term->atom[i], depth, out);
        if (power > 1) adc_text_format(out, "^%u", power);
    }
}

static void put_size(struct lower *l, const struct size *size, unsigned depth, struct adc_text *out)
{
    if (size->count == 0) adc_text_add(out, "0");
    for (uint32_t t = 0; t < size->count; t++) {
        const struct size_term *term = &size->term[t];
        bool minus = term->factor < 0;
        if (minus) adc_text_add(out, t ? " - " : "-");
        else if (t) adc_text_add(out, " + ");
        put_term(l, term, minus ? 0 - (uint64_t)term->factor : (uint64_t)term->factor, depth, out);
    }
}

const char *lower_size_text(struct lower *l, const struct adc_node *node)
{
    struct adc_text text;
    adc_text_init(&text, l->arena);
    put_size(l, sizes_of(&l->sizes, node), 0, &text);
    return text.data;
}

/* ------------------------------------------------------------------- comparison */

enum lower_order lower_compare_sizes(struct lower *l, const struct adc_node *a,
                                     const struct adc_node *b)
{
    int64_t constant;
    const struct size *difference =
        sizes_sum(&l->sizes, sizes_of(&l->sizes, a), -1, sizes_of(&l->sizes, b));
    if (!difference || !sizes_is_constant(difference, &constant)) return LOWER_UNKNOWN;
    return constant ? LOWER_DIFFERENT : LOWER_EQUAL;
}

void lower_require_equal(struct lower *l, const struct ast *place, const struct adc_node *a,
                         const struct adc_node *b)
{
    if (lower_compare_sizes(l, a, b) == LOWER_EQUAL) {
        lower_proved(l, place, "sizes `%s` and `%s` are equal", lower_size_text(l, a),
                     lower_size_text(l, b));
        return;
    }
    const struct adc_node *equal = adc_apply2(l->graph, ADC_OP_IEQ, a, b);
    lower_require(l, equal, place,
                  sema_format(&l->s, "`%s` and `%s` must be equal here", lower_size_text(l, a),
                              lower_size_text(l, b)));
}
