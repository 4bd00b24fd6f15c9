/* The reader of text IR (format: print.c). Hostile text gives a message with its line, never a
 * crash:
 * everything the builders take for granted is asked here first. */
#include "ir/function.h"
#include "ir/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    struct adc_arena *arena;
    struct adc_names *names;
    struct adc_text *problem;
    struct adc_function *function;
    ADC_VEC(const char *) words; /* of the line at hand; quotes and escapes removed */
    size_t line;
    bool done;
};

static bool fail(struct reader *reader, const char *what)
{
    adc_text_format(reader->problem, "line %zu: %s", reader->line, what);
    return false;
}

/* ------------------------------------------------------------------------ words */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

/* The character at *at of a quoted word, escapes resolved; moves *at on. 0 if it is malformed. */
static char quoted_character(const char **at, const char *end)
{
    char c = *(*at)++;
    if (c != '\\' || *at == end) return c;
    c = *(*at)++;
    if (c != 'x') return c;
    if (end - *at < 2 || hex_digit((*at)[0]) < 0 || hex_digit((*at)[1]) < 0) return 0;
    c = (char)(hex_digit((*at)[0]) * 16 + hex_digit((*at)[1]));
    *at += 2;
    return c;
}

static bool split(struct reader *reader, const char *at, const char *end)
{
    reader->words.count = 0;
    while (at < end) {
        if (*at == ' ') {
            at++;
            continue;
        }
        struct adc_text word;
        adc_text_init(&word, reader->arena);
        if (*at == '"') {
            for (at++; at < end && *at != '"';) {
                char c = quoted_character(&at, end);
                if (!c) return fail(reader, "malformed string");
                adc_text_put(&word, &c, 1);
            }
            if (at == end) return fail(reader, "a string is not closed");
            at++;
        } else {
            const char *start = at;
            while (at < end && *at != ' ') at++;
            adc_text_put(&word, start, (size_t)(at - start));
        }
        ADC_PUSH(reader->arena, reader->words, word.data);
    }
    return true;
}

static const char *word(const struct reader *reader, size_t i)
{
    return i < reader->words.count ? reader->words.data[i] : "";
}

static bool is(const struct reader *reader, size_t i, const char *text)
{
    return !strcmp(word(reader, i), text);
}

static bool number(const char *text, uint32_t *value)
{
    char *end;
    if (*text < '0' || *text > '9') return false;
    errno = 0;
    unsigned long n = strtoul(text, &end, 10);
    *value = (uint32_t)n;
    return !*end && !errno && n <= UINT32_MAX;
}

static enum adc_type type_of(const char *text)
{
    for (enum adc_type type = ADC_F64; type < ADC_TYPE_COUNT; type++)
        if (!strcmp(text, adc_type_name(type))) return type;
    return ADC_TYPE_COUNT;
}

/* A name's index among `count` names that `name_of` gives, or count. */
static unsigned choice(const char *text, const char *(*name_of)(unsigned), unsigned count)
{
    unsigned i = 0;
    while (i < count && strcmp(text, name_of(i))) i++;
    return i;
}

static const char *kind_of(unsigned i)
{
    return adc_kind_name((enum adc_kind)i);
}

static const char *role_of(unsigned i)
{
    return adc_role_name((enum adc_role)i);
}

static const char *product_of(unsigned i)
{
    return adc_product_name((enum adc_product)i);
}

static const struct adc_node *node_of(const struct reader *reader, const char *text)
{
    uint32_t id;
    const struct adc_graph *graph = reader->function->graph;
    if (text[0] != '%' || !number(text + 1, &id) || id >= graph->nodes.count) return NULL;
    return graph->nodes.data[id];
}

static bool value_of(const char *text, enum adc_type type, union adc_value *value)
{
    char *end = NULL;
    value->bits = 0;
    errno = 0;
    if (type == ADC_BOOL) {
        value->boolean = !strcmp(text, "true");
        return value->boolean || !strcmp(text, "false");
    }
    if (adc_type_is_integer(type)) value->integer = strtoll(text, &end, 10);
    else if (!strncmp(text, "nan:", 4)) value->bits = strtoull(text + 4, &end, 16);
    else if (type == ADC_F64) value->f64 = strtod(text, &end);
    else value->f32 = strtof(text, &end);
    return end && end != text && !*end && (errno == 0 || !adc_type_is_integer(type));
}

/* ------------------------------------------------------------------------ lines */

static bool read_head(struct reader *reader)
{
    if (!is(reader, 0, "function") || !is(reader, 2, "symbol") || !is(reader, 4, "product") ||
        !is(reader, 6, "real"))
        return fail(reader, "expected `function NAME symbol NAME product NAME real TYPE`");
    unsigned product = choice(word(reader, 5), product_of, ADC_PRODUCT_COUNT);
    enum adc_type real = type_of(word(reader, 7));
    if (product == ADC_PRODUCT_COUNT || !adc_type_is_real(real))
        return fail(reader, "no such product or real type");
    struct adc_function *function =
        adc_function_new(reader->arena, adc_name_of(reader->names, word(reader, 1)));
    function->symbol = adc_name_of(reader->names, word(reader, 3));
    function->product = (enum adc_product)product;
    function->real = real;
    function->exported = is(reader, 8, "exported");
    reader->function = function;
    return true;
}

static bool read_param(struct reader *reader)
{
    struct adc_parameter param = {.name = adc_name_of(reader->names, word(reader, 1)),
                                  .of = adc_name_of(reader->names, word(reader, 3))};
    unsigned kind = choice(word(reader, 4), kind_of, ADC_DIM + 1);
    unsigned role = choice(word(reader, 5), role_of, ADC_ROLE_COUNT);
    param.type = type_of(word(reader, 6));
    if (!is(reader, 2, "of") || kind > ADC_DIM || role == ADC_ROLE_COUNT ||
        param.type == ADC_TYPE_COUNT)
        return fail(reader, "expected `param NAME of NAME KIND ROLE TYPE`");
    param.kind = (enum adc_kind)kind;
    param.role = (enum adc_role)role;
    param.has_default = is(reader, 7, "default");
    if (param.has_default && !value_of(word(reader, 8), param.type, &param.value))
        return fail(reader, "malformed default");
    ADC_PUSH(reader->arena, reader->function->params, param);
    return true;
}

static const struct adc_node *read_leaf(struct reader *reader, enum adc_op op, enum adc_type type)
{
    struct adc_function *function = reader->function;
    union adc_value value;
    uint32_t index;
    if (op == ADC_OP_CONST)
        return value_of(word(reader, 3), type, &value) ? adc_const(function->graph, type, value)
                                                       : NULL;
    if (!number(word(reader, 3), &index) || index >= UINT32_MAX / 2) return NULL;
    if (op == ADC_OP_PARAM) {
        bool known = index < function->params.count && function->params.data[index].type == type;
        return known ? adc_param(function->graph, type, index) : NULL;
    }
    const struct adc_node *marked = node_of(reader, word(reader, 4));
    return marked && marked->type == type ? adc_mark_numbered(function->graph, marked, index)
                                          : NULL;
}

/* Node words from `first` up to the colon; their number, or -1. */
static int read_nodes(const struct reader *reader, size_t first, size_t colon,
                      const struct adc_node **nodes)
{
    if (colon < first || colon - first > ADC_MAX_INPUTS) return -1;
    for (size_t i = first; i < colon; i++) {
        nodes[i - first] = node_of(reader, word(reader, i));
        if (!nodes[i - first]) return -1;
    }
    return (int)(colon - first);
}

/* Closed ints, as lengths are. */
static bool are_lengths(const struct adc_node *const *nodes, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (nodes[i]->type != ADC_INT || nodes[i]->rank || nodes[i]->free) return false;
    return true;
}

static bool are_ints(const struct adc_node *const *nodes, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (nodes[i]->type != ADC_INT || nodes[i]->rank) return false;
    return true;
}

static const struct adc_node *read_array_param(struct reader *reader, enum adc_type type,
                                               size_t colon)
{
    const struct adc_node *shape[ADC_MAX_INPUTS];
    struct adc_function *function = reader->function;
    uint32_t index;
    int rank = read_nodes(reader, 4, colon, shape);
    if (rank < 1 || rank > ADC_MAX_RANK || !are_lengths(shape, (unsigned)rank)) return NULL;
    if (!number(word(reader, 3), &index) || index >= function->params.count) return NULL;
    if (function->params.data[index].type != type) return NULL;
    return adc_array_param(function->graph, type, index, shape, (unsigned)rank);
}

static const struct adc_node *read_index(struct reader *reader, size_t colon)
{
    const struct adc_node *range[ADC_MAX_INPUTS];
    struct adc_node like = {.op = ADC_OP_INDEX, .type = ADC_INT};
    int count = read_nodes(reader, 4, colon, range);
    if (count < 2 || !are_ints(range, (unsigned)count) || !number(word(reader, 3), &like.number))
        return NULL;
    like.count = (uint16_t)count;
    return adc_structural(reader->function->graph, &like, range);
}

/* A component's number at word 3, perhaps with `history`; the first word behind, or 0. */
static size_t component(const struct reader *reader, uint32_t *component)
{
    if (!number(word(reader, 3), component) || *component >= ADC_STATE_HISTORY) return 0;
    if (!is(reader, 4, "history")) return 4;
    *component |= ADC_STATE_HISTORY;
    return 5;
}

/* state COMPONENT [history] INDEX LENGTH ... */
static const struct adc_node *read_state(struct reader *reader, enum adc_type type, size_t colon)
{
    const struct adc_node *in[ADC_MAX_INPUTS];
    struct adc_node like = {.op = ADC_OP_STATE, .type = (uint8_t)type};
    size_t first = component(reader, &like.number);
    int count = first ? read_nodes(reader, first, colon, in) : -1;
    if (count < 1 || count > 1 + ADC_MAX_RANK || in[0]->op != ADC_OP_INDEX) return NULL;
    if (!are_lengths(in + 1, (unsigned)count - 1)) return NULL;
    like.count = (uint16_t)count;
    like.rank = (uint8_t)(count - 1);
    return adc_structural(reader->function->graph, &like, in);
}

/* final COMPONENT [history] LOOP */
static const struct adc_node *read_final(struct reader *reader, enum adc_type type, size_t colon)
{
    const struct adc_node *in[ADC_MAX_INPUTS];
    uint32_t which;
    size_t first = component(reader, &which);
    if (!first || read_nodes(reader, first, colon, in) != 1 || in[0]->op != ADC_OP_LOOP)
        return NULL;
    int found = adc_loop_find(in[0], which);
    if (found < 0) return NULL;
    const struct adc_node *state = adc_loop_carried(in[0], (unsigned)found).state;
    if ((enum adc_type)state->type != type) return NULL;
    return adc_final(reader->function->graph, in[0], state);
}

/* loop up|down [checkpoint CODE] INDEX GUARD (STATE INIT NEXT) ... */
static const struct adc_node *read_loop(struct reader *reader, size_t colon)
{
    const struct adc_node *in[ADC_MAX_INPUTS];
    struct adc_carried carried[ADC_MAX_CARRIED];
    struct adc_loop loop = {.down = is(reader, 3, "down"), .carried = carried};
    bool checkpoint = is(reader, 4, "checkpoint");
    if (checkpoint && (!number(word(reader, 5), &loop.checkpoint) || loop.checkpoint >> 31))
        return NULL;
    int count = read_nodes(reader, checkpoint ? 6 : 4, colon, in);
    if ((!loop.down && !is(reader, 3, "up")) || count < 2 || (count - 2) % 3) return NULL;
    loop.index = in[0];
    loop.guard = in[1];
    loop.count = (unsigned)(count - 2) / 3;
    for (unsigned i = 0; i < loop.count; i++) {
        const struct adc_node *const *at = in + 2 + 3 * (size_t)i;
        carried[i] = (struct adc_carried){at[0], at[1], at[2]};
    }
    return adc_loop_problem(&loop) ? NULL : adc_loop(reader->function->graph, &loop);
}

/* read [unique] ARRAY ELEMENT ...  or  join ARRAY ARRAY  or  put ARRAY NEST */
static const struct adc_node *read_of_arrays(struct reader *reader, enum adc_op op,
                                             enum adc_type type, size_t colon)
{
    const struct adc_node *in[ADC_MAX_INPUTS];
    bool unique = op == ADC_OP_READ && is(reader, 3, "unique");
    int count = read_nodes(reader, unique ? 4 : 3, colon, in);
    if (count < 2 || !in[0]->rank || (enum adc_type)in[0]->type != type) return NULL;
    if (op == ADC_OP_PUT) {
        bool points = count == 2 && in[1]->op == ADC_OP_NEST && in[1]->number == ADC_REDUCE_SET &&
                      adc_alike(in[0], in[1]);
        return points ? adc_put(reader->function->graph, in[0], in[1]) : NULL;
    }
    if (op == ADC_OP_JOIN) {
        bool alike = count == 2 && in[1]->rank == in[0]->rank && in[1]->type == in[0]->type;
        return alike ? adc_join(reader->function->graph, in[0], in[1]) : NULL;
    }
    if (count != 1 + in[0]->rank || !are_ints(in + 1, in[0]->rank)) return NULL;
    const struct adc_node *read = adc_read(reader->function->graph, in[0], in + 1);
    return unique ? adc_read_unique(reader->function->graph, read) : read;
}

/* What adc_nest takes for granted: types and lengths. */
static bool nest_fits(const struct adc_nest *nest)
{
    if (nest->index_count + 2 * nest->rank + 2 > ADC_MAX_NEST) return false;
    if (nest->unread && nest->reduce != ADC_REDUCE_SET) return false;
    if (nest->value->rank || nest->guard->type != ADC_BOOL || nest->guard->rank) return false;
    if (nest->rank ? nest->reduce > ADC_REDUCE_SUM : nest->reduce == ADC_REDUCE_SET) return false;
    bool logical = nest->reduce == ADC_REDUCE_ALL || nest->reduce == ADC_REDUCE_ANY;
    if (logical != (nest->value->type == ADC_BOOL) && nest->reduce != ADC_REDUCE_SET) return false;
    if (!are_ints(nest->target, nest->rank) || !are_lengths(nest->shape, nest->rank)) return false;
    for (unsigned i = 0; i < nest->index_count; i++)
        if (nest->index[i]->op != ADC_OP_INDEX) return false;
    return true;
}

static const struct adc_node *read_nest(struct reader *reader, enum adc_type type, size_t colon)
{
    const struct adc_node *in[ADC_MAX_INPUTS];
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET};
    uint32_t rank;
    nest.unread = is(reader, 5, "unread");
    int count = read_nodes(reader, nest.unread ? 6 : 5, colon, in);
    while (nest.reduce < ADC_REDUCE_COUNT && strcmp(word(reader, 3), adc_reduce_name(nest.reduce)))
        nest.reduce++;
    if (nest.reduce == ADC_REDUCE_COUNT || !number(word(reader, 4), &rank)) return NULL;
    if (rank > ADC_MAX_RANK || count < 2 + 2 * (int)rank) return NULL;
    if ((enum adc_type)in[0]->type != type) return NULL;
    nest.value = in[0];
    nest.guard = in[1];
    nest.rank = rank;
    nest.target = in + 2;
    nest.shape = in + 2 + rank;
    nest.index = in + 2 + 2 * rank;
    nest.index_count = (unsigned)count - 2 - 2 * rank;
    if (!nest_fits(&nest)) return NULL;
    return adc_nest(reader->function->graph, &nest);
}

static const struct adc_node *read_operator(struct reader *reader, enum adc_op op,
                                            enum adc_type type, size_t colon)
{
    struct adc_graph *graph = reader->function->graph;
    const struct adc_node *inputs[ADC_MAX_INPUTS];
    bool derivative = op == ADC_OP_GRAD || op == ADC_OP_JVP || op == ADC_OP_VJP;
    bool through = derivative && is(reader, 3, "through");
    int count = read_nodes(reader, through ? 4 : 3, colon, inputs);
    if (count < 0 || count > 3 || adc_result_type(op, inputs, (unsigned)count) != type) return NULL;
    return through ? adc_apply_through(graph, op, inputs, (unsigned)count)
                   : adc_apply(graph, op, inputs, (unsigned)count);
}

static const struct adc_node *read_any(struct reader *reader, enum adc_op op, enum adc_type type,
                                       size_t colon)
{
    switch (op) {
    case ADC_OP_PARAM:
        return colon == 4 ? read_leaf(reader, op, type) : read_array_param(reader, type, colon);
    case ADC_OP_CONST:
    case ADC_OP_MARK: return read_leaf(reader, op, type);
    case ADC_OP_INDEX: return type == ADC_INT ? read_index(reader, colon) : NULL;
    case ADC_OP_STATE: return read_state(reader, type, colon);
    case ADC_OP_FINAL: return read_final(reader, type, colon);
    case ADC_OP_LOOP: return type == ADC_INT ? read_loop(reader, colon) : NULL;
    case ADC_OP_READ:
    case ADC_OP_PUT:
    case ADC_OP_JOIN: return read_of_arrays(reader, op, type, colon);
    case ADC_OP_NEST: return read_nest(reader, type, colon);
    default: return read_operator(reader, op, type, colon);
    }
}

/* The name, and how the value is kept. */
static void read_notes(struct reader *reader, const struct adc_node *node, size_t at)
{
    struct adc_graph *graph = reader->function->graph;
    for (; at < reader->words.count; at++)
        if (is(reader, at, "@store")) adc_graph_set_keep(graph, node, ADC_KEEP_STORE);
        else if (is(reader, at, "@recompute")) adc_graph_set_keep(graph, node, ADC_KEEP_RECOMPUTE);
        else adc_graph_set_name(graph, node, adc_name_of(reader->names, word(reader, at)));
}

static bool read_node(struct reader *reader)
{
    struct adc_graph *graph = reader->function->graph;
    size_t colon = 3;
    uint32_t id;
    while (colon < reader->words.count && !is(reader, colon, ":")) colon++;
    enum adc_op op = adc_op_find(word(reader, 2), strlen(word(reader, 2)));
    enum adc_type type = type_of(word(reader, colon + 1));
    if (!number(word(reader, 0) + 1, &id) || !is(reader, 1, "=") || op == ADC_OP_COUNT ||
        type == ADC_TYPE_COUNT)
        return fail(reader, "expected `%N = OPERATOR INPUTS : TYPE`");
    const struct adc_node *node = read_any(reader, op, type, colon);
    if (!node) return fail(reader, "inputs do not fit the operator");
    if (node->id != id || id + 1 != graph->nodes.count)
        return fail(reader, "nodes must be distinct and numbered in order");
    read_notes(reader, node, colon + 2);
    return true;
}

static bool read_shape(struct reader *reader)
{
    const struct adc_node *nodes[ADC_MAX_INPUTS];
    struct adc_function *function = reader->function;
    uint32_t index;
    int rank = read_nodes(reader, 2, reader->words.count, nodes);
    if (!number(word(reader, 1), &index) || index >= function->params.count || rank < 1 ||
        rank > ADC_MAX_RANK || !are_lengths(nodes, (unsigned)rank))
        return fail(reader, "expected `shape PARAMETER LENGTHS`");
    const struct adc_node **shape =
        ADC_NEW_ARRAY(reader->arena, const struct adc_node *, (size_t)rank);
    memcpy(shape, nodes, (size_t)rank * sizeof *shape);
    function->params.data[index].rank = (unsigned)rank;
    function->params.data[index].shape = shape;
    return true;
}

static bool read_result(struct reader *reader)
{
    struct adc_result result = {.name = adc_name_of(reader->names, word(reader, 1)),
                                .of = adc_name_of(reader->names, word(reader, 3))};
    unsigned role = choice(word(reader, 4), role_of, ADC_ROLE_COUNT);
    result.type = type_of(word(reader, 5));
    result.named = is(reader, 6, "named");
    if (!is(reader, 2, "of") || role == ADC_ROLE_COUNT || reader->words.count < 8)
        return fail(reader, "expected `result NAME of NAME ROLE TYPE named|unnamed NODES`");
    result.role = (enum adc_role)role;
    result.count = (uint32_t)(reader->words.count - 7);
    result.nodes = ADC_NEW_ARRAY(reader->arena, const struct adc_node *, result.count);
    for (uint32_t i = 0; i < result.count; i++) {
        result.nodes[i] = node_of(reader, word(reader, 7 + i));
        if (!result.nodes[i] || result.nodes[i]->type != result.type)
            return fail(reader, "a result is no node of its type");
    }
    result.rank = result.nodes[0]->rank;
    ADC_PUSH(reader->arena, reader->function->results, result);
    return true;
}

static bool read_check(struct reader *reader)
{
    struct adc_check check = {.condition = node_of(reader, word(reader, 2)),
                              .text = word(reader, 3)};
    if (!number(word(reader, 1), &check.status) || !check.status || !check.condition ||
        check.condition->type != ADC_BOOL || reader->words.count != 4)
        return fail(reader, "expected `check STATUS NODE \"TEXT\"`");
    ADC_PUSH(reader->arena, reader->function->checks, check);
    return true;
}

static bool read_line(struct reader *reader)
{
    if (reader->done) return fail(reader, "text behind `end`");
    if (!reader->function) return read_head(reader);
    if (is(reader, 0, "param")) return read_param(reader);
    if (word(reader, 0)[0] == '%') return read_node(reader);
    if (is(reader, 0, "shape")) return read_shape(reader);
    if (is(reader, 0, "result")) return read_result(reader);
    if (is(reader, 0, "check")) return read_check(reader);
    if (!is(reader, 0, "end")) return fail(reader, "no such line");
    reader->done = true;
    return true;
}

struct adc_function *adc_parse_ir(struct adc_arena *arena, struct adc_names *names,
                                  const char *text, size_t length, struct adc_text *problem)
{
    struct reader reader = {.arena = arena, .names = names, .problem = problem};
    const char *end = text + length;
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        if (!stop) stop = end;
        reader.line++;
        if (!split(&reader, text, stop) || !read_line(&reader)) return NULL;
        text = stop < end ? stop + 1 : end;
    }
    if (reader.done) return reader.function;
    fail(&reader, "no `end`");
    return NULL;
}
