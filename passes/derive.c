/* Products of a function: value, grad, vjp, jvp, hvp; hessian and jacobian: derive_matrix.c. They
 * are functions of their own on one graph that holds primal and derivative. Order of inputs and
 * outputs: the generated-code contract.
 *
 *     f_grad(inputs)                -> results, grad_x ...
 *     f_vjp(inputs, result_bar ...) -> results, x_bar ...
 *     f_jvp(inputs, x_dot ...)      -> results, result_dot ...
 *     f_hvp(inputs, x_dot ...)      -> x_hvp ...          forward over reverse */
#include "passes/derive.h"

#include "ir/state.h"

#include <string.h>

const struct adc_name *derive_joined(struct derivation *d, const char *a, const char *b)
{
    struct adc_text text;
    adc_text_init(&text, d->scratch);
    adc_text_format(&text, "%s%s", a, b);
    return adc_name(d->names, text.data, text.count);
}

const struct adc_parameter *derive_var(const struct derivation *d, size_t i)
{
    return &d->to->params.data[d->vars.data[i]];
}

/* ----------------------------------------------------- what is differentiated */

static bool listed(const struct pass_derive_options *options, const struct adc_parameter *param)
{
    for (size_t i = 0; i < options->wrt_count; i++)
        if (adc_parameter_is(param, options->wrt[i])) return true;
    return false;
}

/* Every name of --wrt must be a real parameter that is not `data`; of a record, a part must. */
static bool check_wrt(struct derivation *d)
{
    struct adc_span here = d->from->span;
    const char *function = d->from->name->text;
    for (size_t i = 0; i < d->options->wrt_count; i++) {
        const char *name = d->options->wrt[i];
        const struct adc_parameter *found = NULL;
        for (size_t j = 0; j < d->from->params.count; j++)
            if (adc_parameter_is(&d->from->params.data[j], name) &&
                !(found && adc_type_is_real(found->type)))
                found = &d->from->params.data[j];
        if (!found)
            adc_diag_add(d->diags, ADC_E49, here, "`%s` has no parameter `%s` to differentiate by",
                         function, name);
        else if (found->kind == ADC_DATA)
            adc_diag_add(d->diags, ADC_E49, found->span,
                         "`%s` is `data` in `%s`: it is never differentiated", name, function);
        else if (!adc_type_is_real(found->type))
            adc_diag_add(d->diags, ADC_E49, found->span, "`%s` is no real: it has no derivative",
                         name);
        else continue;
        return false;
    }
    return true;
}

static const struct adc_node *param_node(struct adc_graph *graph, const struct adc_parameter *param,
                                         uint32_t number)
{
    return param->rank ? adc_array_param(graph, param->type, number, param->shape, param->rank)
                       : adc_param(graph, param->type, number);
}

static bool choose_vars(struct derivation *d)
{
    if (d->options->wrt && !check_wrt(d)) return false;
    for (uint32_t i = 0; i < d->to->params.count; i++) {
        struct adc_parameter *param = &d->to->params.data[i];
        if (!adc_type_is_real(param->type) || param->role != ADC_ROLE_PRIMAL) continue;
        bool var = d->options->wrt ? listed(d->options, param) : param->kind == ADC_VAR;
        if (!var) continue;
        ADC_PUSH(d->scratch, d->vars, i);
        const struct adc_node *node = param_node(d->to->graph, param, i);
        ADC_PUSH(d->scratch, d->wrt, (struct pass_seed){node, NULL});
    }
    if (d->vars.count) return true;
    struct adc_diag *diag =
        adc_diag_add(d->diags, ADC_E49, d->from->span,
                     "`%s` has no `var` parameter, so there is nothing to differentiate by",
                     d->from->name->text);
    adc_diag_help(d->diags, diag, "declare one `var x: real`, or name parameters with --wrt");
    return false;
}

/* The result named by --of, else the last real one; *reals counts the real ones. */
static const struct adc_result *find_result(const struct derivation *d, size_t *reals)
{
    const struct adc_result *found = NULL;
    *reals = 0;
    for (size_t i = 0; i < d->to->results.count; i++) {
        const struct adc_result *result = &d->to->results.data[i];
        bool real = adc_type_is_real(result->type);
        *reals += real;
        if (d->of ? !strcmp(result->name->text, d->of) : real) found = result;
    }
    return found;
}

/* The one real result, or the one named by --of. NULL after a diagnostic. */
static const struct adc_result *choose_result(struct derivation *d)
{
    const char *function = d->from->name->text;
    size_t reals;
    const struct adc_result *found = find_result(d, &reals);
    struct adc_diag *diag = NULL;
    if (d->of && !found)
        diag = adc_diag_add(d->diags, ADC_E49, d->from->span, "`%s` has no result `%s`", function,
                            d->of);
    else if (!found || !adc_type_is_real(found->type))
        diag = adc_diag_add(d->diags, ADC_E49, d->from->span,
                            "`%s` has no real result to differentiate", function);
    else if (found->rank && reals == 1)
        diag = adc_diag_add(d->diags, ADC_E49, d->from->span,
                            "the result of `%s` is an array; a gradient is of a scalar", function);
    else if (found->rank)
        diag = adc_diag_add(d->diags, ADC_E49, d->from->span,
                            "result `%s` of `%s` is an array; a gradient is of a scalar",
                            found->name->text, function);
    else if (!d->of && reals > 1) {
        diag = adc_diag_add(d->diags, ADC_E49, d->from->span,
                            "`%s` has %zu real results; a gradient is of one", function, reals);
        adc_diag_help(d->diags, diag, "name it with --of %s", found->name->text);
    }
    return diag ? NULL : found;
}

/* ------------------------------------------------------- variables without a derivative */

/* What leads from a node to the results that are differentiated. */
struct reach {
    bool smooth;                 /* a path that a derivative can take */
    const struct adc_node *via;  /* else the piecewise constant operator nearest to the node */
    bool several;                /* there are others */
    const struct adc_node *stop; /* the `stop_gradient` nearest to the node on some path */
};

static bool is_flat(const struct adc_node *node)
{
    return !adc_type_is_real(node->type) ||
           (node->op >= ADC_OP_FIRST_ELEMENTWISE && adc_op_info(node->op)->properties & ADC_FLAT);
}

/* Parts of derivatives that the program takes itself: nothing that it wrote. */
static bool is_own_rule(const struct adc_node *node)
{
    return node->op == ADC_OP_MAX_SHARE || node->op == ADC_OP_MIN_SHARE ||
           node->op == ADC_OP_FLOOR_QUOTIENT;
}

/* Returns whether that was news. */
static bool reach_input(struct reach *reach, const struct adc_node *node,
                        const struct adc_node *input)
{
    const struct reach *from = &reach[node->id];
    struct reach *to = &reach[input->id], before = *to;
    bool real = adc_type_is_real(input->type), flat = is_flat(node);
    if (!from->smooth && !from->via) return false;
    if (from->smooth && real && !flat) {
        to->smooth = true;
        return !before.smooth;
    }
    if (is_own_rule(node)) return false;
    /* behind a condition or an int it is what made it of reals */
    const struct adc_node *via = flat && real ? node : from->via ? from->via : node;
    to->several |= from->several || (to->via && to->via != via);
    if (!to->via) to->via = via;
    return !before.via || to->several != before.several;
}

/* A component is computed from its init and its next, as a STATE and as a FINAL. */
static bool reach_component(struct reach *reach, const struct adc_node *node,
                            struct adc_carried one)
{
    bool news = reach_input(reach, node, one.init);
    return reach_input(reach, node, one.next) || news;
}

/* Returns whether a STATE, whose loop comes after it, or what a loop computes was reached anew. */
static bool reach_inputs(struct reach *reach, const struct adc_node *node)
{
    bool news = false;
    if (node->op == ADC_OP_STOP) return false; /* no derivative is wanted */
    if (node->op == ADC_OP_LOOP) {
        for (unsigned i = 0; i < adc_loop_parts(node).count; i++) {
            struct adc_carried one = adc_loop_carried(node, i);
            news = reach_component(reach, one.state, one) || news;
        }
        return news;
    }
    if (node->op == ADC_OP_FINAL) {
        news = reach_component(reach, node, adc_final_carried(node));
        for (unsigned i = 0; i < 2; i++) reach_input(reach, node, node->in[0]->in[i]);
        return news;
    }
    for (unsigned i = 0; i < node->count; i++)
        if (reach_input(reach, node, node->in[i]) && node->in[i]->op == ADC_OP_STATE) news = true;
    return news;
}

static void reach_stop(struct reach *reach, const struct adc_node *node)
{
    const struct reach *from = &reach[node->id];
    bool stops = node->op == ADC_OP_STOP && (from->smooth || from->via);
    const struct adc_node *stop = stops ? node : from->stop;
    for (unsigned i = 0; stop && i < node->count; i++) reach[node->in[i]->id].stop = stop;
}

static const char *result_name(const struct derivation *d, size_t reals)
{
    for (size_t i = 0; i < d->to->results.count; i++) {
        const struct adc_result *result = &d->to->results.data[i];
        bool chosen = d->of && !strcmp(result->name->text, d->of);
        if (result->named && adc_type_is_real(result->type) && (chosen || reals == 1))
            return result->name->text;
    }
    return NULL;
}

/* From the results down: all real ones, or `of`. */
static struct reach *find_reach(const struct derivation *d, const char *of, size_t *reals)
{
    const struct adc_graph *graph = d->to->graph;
    struct reach *reach = ADC_NEW_ARRAY(d->scratch, struct reach, graph->nodes.count);
    *reals = 0;
    for (size_t i = 0; i < d->to->results.count; i++) {
        const struct adc_result *result = &d->to->results.data[i];
        if (!adc_type_is_real(result->type)) continue;
        if (of && strcmp(result->name->text, of) != 0) continue;
        for (uint32_t k = 0; k < result->count; k++) reach[result->nodes[k]->id].smooth = true;
        ++*reals;
    }
    bool again;
    do {
        again = false;
        for (size_t id = graph->nodes.count; id-- > 0;)
            if (reach_inputs(reach, graph->nodes.data[id])) again = true;
    } while (again);
    for (size_t id = graph->nodes.count; id-- > 0;) reach_stop(reach, graph->nodes.data[id]);
    return reach;
}

static const char *flat_name(const struct adc_node *node)
{
    switch ((enum adc_op)node->op) {
    case ADC_OP_LT: return "<";
    case ADC_OP_LE: return "<=";
    case ADC_OP_GT: return ">";
    case ADC_OP_GE: return ">=";
    case ADC_OP_EQ: return "==";
    case ADC_OP_NE: return "!=";
    case ADC_OP_TRUNC_INT: return "int";
    default: return adc_op_info(node->op)->name;
    }
}

/* E26 */
static void warn_flat(struct derivation *d, const struct adc_parameter *param,
                      const struct reach *reach, size_t reals)
{
    const char *flat = flat_name(reach->via), *result = result_name(d, reals);
    struct adc_span span = d->to->graph->spans.data[reach->via->id];
    struct adc_text text;
    if (span.end && adc_diag_muted(d->diags, ADC_E26, span)) return;
    adc_text_init(&text, d->scratch);
    adc_text_format(&text, "%s from `%s` to ", reach->several ? "every path" : "the only path",
                    param->name->text);
    if (result) adc_text_format(&text, "`%s`", result);
    else adc_text_add(&text, reals > 1 ? "the results" : "the result");
    adc_text_format(&text, " goes through %s`%s`",
                    reach->several ? "piecewise constant operators such as " : "", flat);
    if (span.end) {
        const struct adc_source *source = &d->diags->sources.data[span.source];
        adc_text_format(&text, " (line %u)", adc_source_position(source, span.begin).line);
    }
    struct adc_diag *diag =
        adc_diag_add(d->diags, ADC_E26, param->span, "%s; the gradient is zero", text.data);
    if (span.end && !diag->notes) adc_diag_note(d->diags, diag, span, "`%s` is here", flat);
}

/* Nodes that something reads, even if only what a derivative made superfluous. */
static const uint8_t *find_read(const struct derivation *d)
{
    const struct adc_graph *graph = d->to->graph;
    uint8_t *read = ADC_NEW_ARRAY(d->scratch, uint8_t, graph->nodes.count);
    adc_function_live(d->to, read);
    for (size_t id = 0; id < graph->nodes.count; id++)
        for (unsigned i = 0; i < graph->nodes.data[id]->count; i++)
            read[graph->nodes.data[id]->in[i]->id] = 1;
    return read;
}

/* E38 */
static void warn_zero(struct derivation *d, const struct adc_parameter *param,
                      const struct adc_node *stop, bool read)
{
    const char *name = (param->whole ? param->whole : param->name)->text;
    if (stop) {
        struct adc_span span = d->to->graph->spans.data[stop->id];
        struct adc_diag *diag =
            adc_diag_add(d->diags, ADC_E38, param->span,
                         "every path from `var %s` goes through `stop_gradient`; "
                         "its gradient is zero",
                         name);
        if (span.end && !diag->notes) adc_diag_note(d->diags, diag, span, "it is here");
    } else if (read)
        adc_diag_add(d->diags, ADC_E38, param->span,
                     "no result depends on `var %s` in a way that has a derivative; "
                     "its gradient is zero",
                     name);
    else
        adc_diag_add(d->diags, ADC_E38, param->span, "`var %s` is not used; its gradient is zero",
                     name);
}

static bool is_reached(const struct derivation *d, size_t i, const struct reach *reach)
{
    uint32_t id = d->wrt.data[i].node->id;
    return reach[id].smooth || reach[id].via;
}

/* The parts of one record stand behind each other: those from `i` on. */
static size_t part_count(const struct derivation *d, size_t i)
{
    const struct adc_name *whole = derive_var(d, i)->whole;
    size_t count = 1;
    while (whole && i + count < d->vars.count && derive_var(d, i + count)->whole == whole) count++;
    return count;
}

/* A record is not used if no part of it is. */
static void warn_unused(struct derivation *d)
{
    const uint8_t *read = find_read(d);
    size_t reals, count;
    const struct reach *any = find_reach(d, NULL, &reals);
    const struct reach *reach = d->of ? find_reach(d, d->of, &reals) : any;
    for (size_t i = 0; i < d->vars.count; i += count) {
        const struct adc_parameter *param = derive_var(d, i);
        bool reached = false, is_read = false;
        const struct adc_node *stop = NULL;
        count = part_count(d, i);
        for (size_t part = i; part < i + count; part++) {
            const struct reach *own = &reach[d->wrt.data[part].node->id];
            reached |= is_reached(d, part, any);
            is_read |= read[d->wrt.data[part].node->id];
            if (!stop) stop = any[d->wrt.data[part].node->id].stop;
            if (!own->smooth && own->via) warn_flat(d, derive_var(d, part), own, reals);
        }
        if (param->kind == ADC_VAR && !reached) warn_zero(d, param, stop, is_read);
    }
}

/* ------------------------------------------------------------ inputs, outputs */

/* An input of the type and shape of `like`; `param` has its names, role and form. */
static const struct adc_node *add_input(struct derivation *d, struct adc_parameter param,
                                        const struct adc_node *like)
{
    struct adc_arena *arena = d->to->graph->arena;
    const struct adc_node **shape = ADC_NEW_ARRAY(arena, const struct adc_node *, like->rank);
    for (unsigned i = 0; i < like->rank; i++) shape[i] = adc_shape(like, i);
    param.kind = ADC_PLAIN;
    param.type = like->type;
    param.rank = like->rank;
    param.shape = shape;
    ADC_PUSH(arena, d->to->params, param);
    return param_node(d->to->graph, &param, (uint32_t)d->to->params.count - 1);
}

/* An output of the type and shape of `like`; value NULL is zero. */
void derive_output(struct derivation *d, struct adc_result result, const struct adc_node *value,
                   const struct adc_node *like)
{
    result.type = like->type;
    result.rank = like->rank;
    result.nodes = ADC_NEW_ARRAY(d->to->graph->arena, const struct adc_node *, 1);
    result.nodes[0] = value ? value : adc_zero_like(d->to->graph, like);
    result.count = 1;
    result.named = true;
    ADC_PUSH(d->to->graph->arena, d->to->results, result);
}

/* What belongs to variable `i`, made like it: `name` before or behind its name. */
static struct adc_result result_by(struct derivation *d, size_t i, enum adc_role role,
                                   const char *suffix)
{
    const struct adc_parameter *x = derive_var(d, i);
    struct adc_result made = {.of = x->name, .role = role, .form = x->form};
    made.name = role == ADC_ROLE_GRAD ? derive_joined(d, suffix, x->name->text)
                                      : derive_joined(d, x->name->text, suffix);
    made.whole = x->whole;
    if (x->whole && role != ADC_ROLE_GRAD) made.whole = derive_joined(d, x->whole->text, suffix);
    made.sizes = x->sizes;
    made.size_count = x->size_count;
    return made;
}

static const struct adc_name *suffixed(struct derivation *d, const struct adc_name *name,
                                       const char *suffix)
{
    return name ? derive_joined(d, name->text, suffix) : NULL;
}

bool derive_gradient(struct derivation *d)
{
    const struct adc_result *result = choose_result(d);
    if (!result) return false;
    struct pass_seed output = {result->nodes[0], adc_real(d->to->graph, result->type, 1.0)};
    pass_reverse(d->to->graph, &output, 1, d->wrt.data, d->wrt.count, d->scratch);
    return true;
}

static bool derive_grad(struct derivation *d)
{
    if (!derive_gradient(d)) return false;
    for (size_t i = 0; i < d->vars.count; i++) {
        struct adc_result grad = result_by(d, i, ADC_ROLE_GRAD, "grad_");
        derive_output(d, grad, d->wrt.data[i].value, d->wrt.data[i].node);
    }
    return true;
}

static bool derive_vjp(struct derivation *d)
{
    ADC_VEC(struct pass_seed) outputs = {0};
    for (size_t i = 0; i < d->to->results.count; i++) {
        struct adc_result result = d->to->results.data[i];
        if (!adc_type_is_real(result.type)) continue;
        struct adc_parameter seed = {.of = result.name, .role = ADC_ROLE_BAR};
        seed.name = suffixed(d, result.name, "_bar");
        seed.whole = suffixed(d, result.whole, "_bar");
        seed.form = result.form;
        seed.sizes = result.sizes;
        seed.size_count = result.size_count;
        const struct adc_node *bar = add_input(d, seed, result.nodes[0]);
        ADC_PUSH(d->scratch, outputs, (struct pass_seed){result.nodes[0], bar});
    }
    pass_reverse(d->to->graph, outputs.data, outputs.count, d->wrt.data, d->wrt.count, d->scratch);
    for (size_t i = 0; i < d->vars.count; i++) {
        struct adc_result bar = result_by(d, i, ADC_ROLE_BAR, "_bar");
        derive_output(d, bar, d->wrt.data[i].value, d->wrt.data[i].node);
    }
    return true;
}

/* One input x_dot a variable; gives them to `wrt`. */
static void add_tangents(struct derivation *d)
{
    for (size_t i = 0; i < d->vars.count; i++) {
        const struct adc_parameter *x = derive_var(d, i);
        struct adc_parameter tangent = {.of = x->name, .role = ADC_ROLE_DOT, .form = x->form};
        tangent.name = suffixed(d, x->name, "_dot");
        tangent.whole = suffixed(d, x->whole, "_dot");
        tangent.sizes = x->sizes;
        tangent.size_count = x->size_count;
        d->wrt.data[i].value = add_input(d, tangent, d->wrt.data[i].node);
    }
}

static bool derive_jvp(struct derivation *d)
{
    size_t count = d->to->results.count;
    add_tangents(d);
    for (size_t i = 0; i < count; i++) {
        struct adc_result result = d->to->results.data[i];
        if (!adc_type_is_real(result.type)) continue;
        struct pass_seed output = {result.nodes[0], NULL};
        pass_forward(d->to->graph, d->wrt.data, d->wrt.count, &output, 1, d->scratch);
        struct adc_result dot = result;
        dot.name = suffixed(d, result.name, "_dot");
        dot.whole = suffixed(d, result.whole, "_dot");
        dot.role = ADC_ROLE_DOT;
        derive_output(d, dot, output.value, output.node);
    }
    return true;
}

void derive_drop_results(struct derivation *d)
{
    d->to->results.count = 0;
}

static bool derive_hvp(struct derivation *d)
{
    if (!derive_gradient(d)) return false;
    size_t n = d->vars.count;
    struct pass_seed *grads = ADC_NEW_ARRAY(d->scratch, struct pass_seed, n);
    for (size_t i = 0; i < n; i++) {
        const struct adc_node *bar = d->wrt.data[i].value;
        grads[i].node = bar ? bar : adc_zero_like(d->to->graph, d->wrt.data[i].node);
    }
    add_tangents(d);
    pass_forward(d->to->graph, d->wrt.data, n, grads, n, d->scratch);
    derive_drop_results(d);
    for (size_t i = 0; i < n; i++) {
        struct adc_result hvp = result_by(d, i, ADC_ROLE_HVP, "_hvp");
        derive_output(d, hvp, grads[i].value, d->wrt.data[i].node);
    }
    return true;
}

/* A second copy of the graph: products of one function must not share an appended one. */
static void copy_graph(struct derivation *d)
{
    const struct adc_graph *from = d->from->graph;
    d->map = ADC_NEW_ARRAY(d->scratch, const struct adc_node *, from->nodes.count);
    for (size_t id = 0; id < from->nodes.count; id++) {
        const struct adc_node *node = from->nodes.data[id];
        const struct adc_node *in[ADC_MAX_INPUTS];
        for (unsigned i = 0; i < node->count; i++) in[i] = d->map[node->in[i]->id];
        d->map[id] = adc_copy(d->to->graph, from, node, in);
    }
    pass_map_roots(d->to, d->from, d->map);
}

struct adc_function *pass_derive(struct adc_arena *arena, const struct adc_function *function,
                                 enum adc_product product,
                                 const struct pass_derive_options *options,
                                 struct adc_arena *scratch)
{
    struct derivation d = {.from = function, .options = options, .scratch = scratch};
    d.names = options->names;
    d.of = options->of ? options->of : function->of ? function->of->text : NULL;
    d.diags = options->diags;
    bool good = false;
    d.to = pass_new_like(arena, function);
    d.to->product = product;
    d.to->symbol = derive_joined(&d, function->name->text, adc_product_suffix(product));
    copy_graph(&d);
    if (product == ADC_VALUE) return d.to;
    if (!choose_vars(&d)) return NULL;
    warn_unused(&d);
    switch (product) {
    case ADC_GRAD: good = derive_grad(&d); break;
    case ADC_PULLBACK: good = derive_vjp(&d); break;
    case ADC_PUSHFORWARD: good = derive_jvp(&d); break;
    case ADC_HVP: good = derive_hvp(&d); break;
    case ADC_HESSIAN: good = derive_hessian(&d); break;
    case ADC_JACOBIAN: good = derive_jacobian(&d); break;
    case ADC_VALUE:
    case ADC_PRODUCT_COUNT: break;
    }
    return good ? d.to : NULL;
}

struct adc_function *pass_adjoints(struct adc_arena *arena, const struct adc_function *function,
                                   const struct pass_derive_options *options,
                                   struct adc_arena *scratch, struct pass_seed *nodes, size_t count)
{
    struct derivation d = {.from = function, .options = options, .scratch = scratch};
    d.names = options->names;
    d.of = options->of ? options->of : function->of ? function->of->text : NULL;
    d.to = pass_new_like(arena, function);
    copy_graph(&d);
    size_t reals;
    const struct adc_result *result = find_result(&d, &reals);
    for (size_t i = 0; i < count; i++)
        nodes[i] = (struct pass_seed){d.map[nodes[i].node->id], NULL};
    bool single = result && adc_type_is_real(result->type) && !result->rank && (d.of || reals == 1);
    if (!single) return d.to;
    struct pass_seed output = {result->nodes[0], adc_real(d.to->graph, result->type, 1.0)};
    const struct adc_name *name = derive_joined(&d, "adjoint", "");
    pass_reverse(d.to->graph, &output, 1, nodes, count, scratch);
    for (size_t i = 0; i < count; i++) {
        if (!nodes[i].value || nodes[i].value->free) continue; /* open: one at each point */
        struct adc_result adjoint = {.name = name, .of = name, .role = ADC_ROLE_GRAD};
        derive_output(&d, adjoint, nodes[i].value, nodes[i].node);
    }
    return d.to;
}
