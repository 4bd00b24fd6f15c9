/* Polynomials of ints: arithmetic, from nodes and back. */
#include "frontend/sizes.h"

#include <stdlib.h>
#include <string.h>

static struct size *new_size(struct sizes *sizes, uint32_t terms)
{
    return adc_arena_alloc(sizes->arena, sizeof(struct size) + terms * sizeof(struct size_term));
}

/* Higher degree first, then by atoms. */
static int order(const struct size_term *a, const struct size_term *b)
{
    if (a->degree != b->degree) return a->degree > b->degree ? -1 : 1;
    for (uint32_t i = 0; i < a->degree; i++)
        if (a->atom[i] != b->atom[i]) return a->atom[i]->id < b->atom[i]->id ? -1 : 1;
    return 0;
}

/* ------------------------------------------------------------------ arithmetic */

const struct size *sizes_constant(struct sizes *sizes, int64_t value)
{
    struct size *size = new_size(sizes, 1);
    size->count = value != 0;
    size->term[0].factor = value;
    return size;
}

static const struct size *atom(struct sizes *sizes, const struct adc_node *node)
{
    struct size *size = new_size(sizes, 1);
    size->count = 1;
    size->term[0] = (struct size_term){.factor = 1, .degree = 1, .atom = {node}};
    return size;
}

const struct size *sizes_sum(struct sizes *sizes, const struct size *a, int64_t factor,
                             const struct size *b)
{
    struct size *sum = new_size(sizes, a->count + b->count);
    uint32_t i = 0, j = 0;
    while (i < a->count || j < b->count) {
        int side = i == a->count ? 1 : j == b->count ? -1 : order(&a->term[i], &b->term[j]);
        struct size_term term = side > 0 ? b->term[j] : a->term[i];
        uint64_t value = side > 0 ? 0 : (uint64_t)a->term[i].factor;
        if (side >= 0) value += (uint64_t)factor * (uint64_t)b->term[j].factor;
        i += side <= 0;
        j += side >= 0;
        term.factor = (int64_t)value;
        if (value) sum->term[sum->count++] = term;
    }
    return sum->count <= SIZE_MAX_TERMS ? sum : NULL;
}

static bool multiply(const struct size_term *a, const struct size_term *b, struct size_term *out)
{
    uint32_t i = 0, j = 0;
    if (a->degree + b->degree > SIZE_MAX_DEGREE) return false;
    *out = (struct size_term){.degree = a->degree + b->degree};
    out->factor = (int64_t)((uint64_t)a->factor * (uint64_t)b->factor);
    for (uint32_t k = 0; k < out->degree; k++) {
        bool left = j == b->degree || (i < a->degree && a->atom[i]->id <= b->atom[j]->id);
        out->atom[k] = left ? a->atom[i++] : b->atom[j++];
    }
    return true;
}

const struct size *sizes_product(struct sizes *sizes, const struct size *a, const struct size *b)
{
    const struct size *sum = sizes_constant(sizes, 0);
    for (uint32_t i = 0; sum && i < a->count; i++)
        for (uint32_t j = 0; sum && j < b->count; j++) {
            struct size *term = new_size(sizes, 1);
            if (!multiply(&a->term[i], &b->term[j], &term->term[0])) return NULL;
            term->count = term->term[0].factor != 0;
            sum = sizes_sum(sizes, sum, 1, term);
        }
    return sum;
}

bool sizes_is_constant(const struct size *size, int64_t *value)
{
    if (size->count == 0) *value = 0;
    else if (size->count == 1 && size->term[0].degree == 0) *value = size->term[0].factor;
    else return false;
    return true;
}

const struct size *sizes_replace(struct sizes *sizes, const struct size *size,
                                 const struct adc_node *node, const struct size *by)
{
    const struct size *sum = sizes_constant(sizes, 0);
    for (uint32_t t = 0; sum && t < size->count; t++) {
        struct size *rest = new_size(sizes, 1);
        const struct size *product = rest;
        uint32_t power = 0;
        rest->count = 1;
        rest->term[0] = (struct size_term){.factor = size->term[t].factor};
        for (uint32_t i = 0; i < size->term[t].degree; i++) {
            if (size->term[t].atom[i] == node) power++;
            else rest->term[0].atom[rest->term[0].degree++] = size->term[t].atom[i];
        }
        while (product && power--) product = sizes_product(sizes, product, by);
        sum = product ? sizes_sum(sizes, sum, 1, product) : NULL;
    }
    return sum;
}

/* ------------------------------------------------------------------- from nodes */

static bool has_parts(const struct adc_node *node)
{
    switch (node->op) {
    case ADC_OP_IADD:
    case ADC_OP_ISUB:
    case ADC_OP_IMUL:
    case ADC_OP_INEG:
    case ADC_OP_IPOWI:
    case ADC_OP_IDIV:
    case ADC_OP_IMOD:
    case ADC_OP_IMIN:
    case ADC_OP_IMAX: return true;
    default: return false;
    }
}

/* `div`, `mod`, `min`, `max` of canonical parts. */
static const struct size *quotient(struct sizes *sizes, const struct adc_node *node,
                                   const struct size *a, const struct size *b)
{
    int64_t x, y;
    const struct size *difference;
    bool extreme = node->op == ADC_OP_IMIN || node->op == ADC_OP_IMAX;
    if (sizes_is_constant(a, &x) && sizes_is_constant(b, &y)) {
        union adc_value in[3] = {{.integer = x}, {.integer = y}, {.bits = 0}};
        return sizes_constant(sizes, adc_op_apply((enum adc_op)node->op, ADC_F64, in).integer);
    }
    if (extreme && (difference = sizes_sum(sizes, a, -1, b)) && sizes_is_constant(difference, &x))
        return (x > 0) == (node->op == ADC_OP_IMAX) ? a : b;
    if (node->op == ADC_OP_IDIV && sizes_is_constant(b, &y) && y == 1) return a;
    const struct adc_node *u = sizes_node(sizes, a), *v = sizes_node(sizes, b);
    bool swap = extreme && u->id > v->id;
    return atom(sizes, adc_apply2(sizes->graph, (enum adc_op)node->op, swap ? v : u, swap ? u : v));
}

static const struct size *power(struct sizes *sizes, const struct size *base,
                                const struct size *exponent)
{
    int64_t n;
    if (!sizes_is_constant(exponent, &n) || n < 0 || n > SIZE_MAX_DEGREE) return NULL;
    const struct size *result = sizes_constant(sizes, 1);
    while (result && n-- > 0) result = sizes_product(sizes, result, base);
    return result;
}

/* From the polynomials of the inputs. */
static const struct size *combine(struct sizes *sizes, const struct adc_node *node)
{
    const struct size *a = sizes->of.data[node->in[0]->id];
    const struct size *b = node->count > 1 ? sizes->of.data[node->in[1]->id] : NULL;
    const struct size *made;
    switch (node->op) {
    case ADC_OP_IADD: made = sizes_sum(sizes, a, 1, b); break;
    case ADC_OP_ISUB: made = sizes_sum(sizes, a, -1, b); break;
    case ADC_OP_INEG: made = sizes_sum(sizes, sizes_constant(sizes, 0), -1, a); break;
    case ADC_OP_IMUL: made = sizes_product(sizes, a, b); break;
    case ADC_OP_IPOWI: made = power(sizes, a, b); break;
    default: made = quotient(sizes, node, a, b);
    }
    return made ? made : atom(sizes, node);
}

static void make_room(struct sizes *sizes)
{
    while (sizes->of.count < sizes->graph->nodes.count)
        ADC_PUSH(sizes->arena, sizes->of, (const struct size *)NULL);
}

const struct size *sizes_of(struct sizes *sizes, const struct adc_node *node)
{
    make_room(sizes);
    sizes->stack.count = 0;
    ADC_PUSH(sizes->arena, sizes->stack, node);
    while (sizes->stack.count) {
        const struct adc_node *next = sizes->stack.data[sizes->stack.count - 1];
        const struct size *made = sizes->of.data[next->id];
        bool ready = true;
        for (unsigned i = 0; !made && has_parts(next) && i < next->count; i++) {
            if (sizes->of.data[next->in[i]->id]) continue;
            ADC_PUSH(sizes->arena, sizes->stack, next->in[i]);
            ready = false;
        }
        if (!ready) continue;
        sizes->stack.count--;
        if (made) continue;
        if (has_parts(next)) made = combine(sizes, next);
        else if (next->op == ADC_OP_CONST) made = sizes_constant(sizes, next->value.integer);
        else made = atom(sizes, next);
        make_room(sizes); /* the combination may have made nodes */
        sizes->of.data[next->id] = made;
    }
    return sizes->of.data[node->id];
}

/* --------------------------------------------------------------------- to nodes */

static const struct adc_node *product_node(struct sizes *sizes, const struct size_term *term,
                                           int64_t factor)
{
    const struct adc_node *product = NULL;
    if (factor != 1 || term->degree == 0) product = adc_int(sizes->graph, factor);
    for (uint32_t i = 0; i < term->degree; i++)
        product =
            product ? adc_apply2(sizes->graph, ADC_OP_IMUL, product, term->atom[i]) : term->atom[i];
    return product;
}

const struct adc_node *sizes_node(struct sizes *sizes, const struct size *size)
{
    const struct adc_node *sum = NULL;
    for (uint32_t t = 0; t < size->count; t++) {
        int64_t factor = size->term[t].factor;
        bool minus = sum && factor < 0 && factor != INT64_MIN;
        const struct adc_node *term = product_node(sizes, &size->term[t], minus ? -factor : factor);
        if (!sum) sum = term;
        else sum = adc_apply2(sizes->graph, minus ? ADC_OP_ISUB : ADC_OP_IADD, sum, term);
    }
    return sum ? sum : adc_int(sizes->graph, 0);
}

const struct adc_node *sizes_canonical(struct sizes *sizes, const struct adc_node *node)
{
    return sizes_node(sizes, sizes_of(sizes, node));
}
