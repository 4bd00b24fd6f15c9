/* Products of a function: value, grad, vjp, jvp, hvp, hessian, as functions of their own on one graph that
 * holds primal and derivative. Order of inputs and outputs: the generated-code contract.
 *
 *     f_grad(inputs)                -> results, grad_x ...
 *     f_vjp(inputs, result_bar ...) -> results, x_bar ...
 *     f_jvp(inputs, x_dot ...)      -> results, result_dot ...
 *     f_hvp(inputs, x_dot ...)      -> x_hvp ...          forward over reverse
 *     f_hess(inputs)                -> hess               forward over reverse, one pass a variable; symmetric */
#include "passes/passes.h"

#include <string.h>

struct derivation {
    const struct adc_function *from;
    struct adc_function *to; /* its graph is a copy of from's, node by node */
    const struct adc_node **map;
    const struct pass_derive_options *options;
    struct adc_names *names;
    struct adc_diags *diags;
    struct adc_arena *scratch;
    ADC_VEC(uint32_t) vars;           /* indices of the parameters differentiated */
    ADC_VEC(struct pass_seed) wrt;    /* their nodes */
};

static const struct adc_name *joined(struct derivation *d, const char *a, const char *b)
{
    struct adc_text text;
    adc_text_init(&text, d->scratch);
    adc_text_format(&text, "%s%s", a, b);
    return adc_name(d->names, text.data, text.count);
}

static const struct adc_parameter *var_of(const struct derivation *d, size_t i)
{
    return &d->to->params.data[d->vars.data[i]];
}

/* ----------------------------------------------------- what is differentiated */

static bool listed(const struct pass_derive_options *options, const char *name)
{
    for (size_t i = 0; i < options->wrt_count; i++)
        if (!strcmp(options->wrt[i], name)) return true;
    return false;
}

/* Every name of --wrt must be a real parameter that is not `data`. */
static bool check_wrt(struct derivation *d)
{
    struct adc_span here = d->from->span;
    const char *function = d->from->name->text;
    for (size_t i = 0; i < d->options->wrt_count; i++) {
        const char *name = d->options->wrt[i];
        const struct adc_parameter *found = NULL;
        for (size_t j = 0; j < d->from->params.count; j++)
            if (!strcmp(d->from->params.data[j].name->text, name)) found = &d->from->params.data[j];
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

static bool choose_vars(struct derivation *d)
{
    if (d->options->wrt && !check_wrt(d)) return false;
    for (uint32_t i = 0; i < d->to->params.count; i++) {
        struct adc_parameter *param = &d->to->params.data[i];
        if (!adc_type_is_real(param->type) || param->role != ADC_ROLE_PRIMAL) continue;
        bool var = d->options->wrt ? listed(d->options, param->name->text) : param->kind == ADC_VAR;
        if (!var) continue;
        ADC_PUSH(d->scratch, d->vars, i);
        const struct adc_node *node = adc_param(d->to->graph, param->type, i);
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
        if (d->options->of ? !strcmp(result->name->text, d->options->of) : real) found = result;
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
    if (d->options->of && !found)
        diag = adc_diag_add(d->diags, ADC_E49, d->from->span, "`%s` has no result `%s`", function,
                            d->options->of);
    else if (!found || !adc_type_is_real(found->type))
        diag = adc_diag_add(d->diags, ADC_E49, d->from->span,
                            "`%s` has no real result to differentiate", function);
    else if (!d->options->of && reals > 1) {
        diag = adc_diag_add(d->diags, ADC_E49, d->from->span,
                            "`%s` has %zu real results; a gradient is of one", function, reals);
        adc_diag_help(d->diags, diag, "name it with --of %s", found->name->text);
    }
    return diag ? NULL : found;
}

static void warn_unused(struct derivation *d)
{
    uint8_t *live = ADC_NEW_ARRAY(d->scratch, uint8_t, d->to->graph->nodes.count);
    adc_function_live(d->to, live);
    for (size_t i = 0; i < d->vars.count; i++) {
        const struct adc_parameter *param = var_of(d, i);
        if (param->kind == ADC_VAR && !live[d->wrt.data[i].node->id])
            adc_diag_add(d->diags, ADC_E38, param->span,
                         "`var %s` is not used; its gradient is zero", param->name->text);
    }
}

/* ------------------------------------------------------------ inputs, outputs */

static const struct adc_node *add_input(struct derivation *d, const struct adc_name *name,
                                        const struct adc_name *of, enum adc_role role,
                                        enum adc_type type)
{
    struct adc_parameter param = {.name = name, .of = of, .kind = ADC_PLAIN, .role = role};
    param.type = type;
    ADC_PUSH(d->to->graph->arena, d->to->params, param);
    return adc_param(d->to->graph, type, (uint32_t)d->to->params.count - 1);
}

static void add_output(struct derivation *d, const struct adc_name *name,
                       const struct adc_parameter *of, enum adc_role role,
                       const struct adc_node *value)
{
    struct adc_result result = {.name = name, .of = of->name, .role = role, .type = of->type};
    result.nodes = ADC_NEW_ARRAY(d->to->graph->arena, const struct adc_node *, 1);
    result.nodes[0] = value ? value : adc_real(d->to->graph, of->type, 0.0);
    result.count = 1;
    result.named = true;
    ADC_PUSH(d->to->graph->arena, d->to->results, result);
}

/* Cotangents of the variables for the cotangent 1 of the chosen result; false after a diagnostic. */
static bool gradient(struct derivation *d)
{
    const struct adc_result *result = choose_result(d);
    if (!result) return false;
    struct pass_seed output = {result->nodes[0], adc_real(d->to->graph, result->type, 1.0)};
    pass_reverse(d->to->graph, &output, 1, d->wrt.data, d->wrt.count, d->scratch);
    return true;
}

static bool derive_grad(struct derivation *d)
{
    if (!gradient(d)) return false;
    for (size_t i = 0; i < d->vars.count; i++) {
        const struct adc_parameter *x = var_of(d, i);
        add_output(d, joined(d, "grad_", x->name->text), x, ADC_ROLE_GRAD, d->wrt.data[i].value);
    }
    return true;
}

static bool derive_vjp(struct derivation *d)
{
    ADC_VEC(struct pass_seed) outputs = {0};
    for (size_t i = 0; i < d->to->results.count; i++) {
        struct adc_result result = d->to->results.data[i];
        if (!adc_type_is_real(result.type)) continue;
        const struct adc_node *bar = add_input(d, joined(d, result.name->text, "_bar"), result.name,
                                               ADC_ROLE_BAR, result.type);
        ADC_PUSH(d->scratch, outputs, (struct pass_seed){result.nodes[0], bar});
    }
    pass_reverse(d->to->graph, outputs.data, outputs.count, d->wrt.data, d->wrt.count, d->scratch);
    for (size_t i = 0; i < d->vars.count; i++) {
        const struct adc_parameter *x = var_of(d, i);
        add_output(d, joined(d, x->name->text, "_bar"), x, ADC_ROLE_BAR, d->wrt.data[i].value);
    }
    return true;
}

/* One input x_dot a variable; gives them to `wrt`. */
static void add_tangents(struct derivation *d)
{
    for (size_t i = 0; i < d->vars.count; i++) {
        struct adc_parameter x = *var_of(d, i);
        d->wrt.data[i].value = add_input(d, joined(d, x.name->text, "_dot"), x.name, ADC_ROLE_DOT,
                                         x.type);
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
        struct adc_parameter of = {.name = result.name, .type = result.type};
        add_output(d, joined(d, result.name->text, "_dot"), &of, ADC_ROLE_DOT, output.value);
    }
    return true;
}

/* Replaces the results by none: hvp and hessian give derivatives only. */
static void drop_results(struct derivation *d)
{
    d->to->results.count = 0;
}

static bool derive_hvp(struct derivation *d)
{
    if (!gradient(d)) return false;
    size_t n = d->vars.count;
    struct pass_seed *grads = ADC_NEW_ARRAY(d->scratch, struct pass_seed, n);
    for (size_t i = 0; i < n; i++) {
        enum adc_type type = d->wrt.data[i].node->type;
        const struct adc_node *bar = d->wrt.data[i].value;
        grads[i].node = bar ? bar : adc_real(d->to->graph, type, 0.0);
    }
    add_tangents(d);
    pass_forward(d->to->graph, d->wrt.data, n, grads, n, d->scratch);
    drop_results(d);
    for (size_t i = 0; i < n; i++) {
        const struct adc_parameter *x = var_of(d, i);
        add_output(d, joined(d, x->name->text, "_hvp"), x, ADC_ROLE_HVP, grads[i].value);
    }
    return true;
}

static bool derive_hessian(struct derivation *d)
{
    if (!gradient(d)) return false;
    struct adc_graph *graph = d->to->graph;
    size_t n = d->vars.count;
    enum adc_type type = d->to->real;
    struct pass_seed *grads = ADC_NEW_ARRAY(d->scratch, struct pass_seed, n);
    struct adc_result hess = {.role = ADC_ROLE_HESSIAN, .type = type, .named = true};
    hess.name = hess.of = adc_name_of(d->names, "hess");
    hess.count = (uint32_t)(n * n);
    hess.nodes = ADC_NEW_ARRAY(graph->arena, const struct adc_node *, n * n);
    for (size_t i = 0; i < n; i++) {
        const struct adc_node *bar = d->wrt.data[i].value;
        grads[i].node = bar ? bar : adc_real(graph, type, 0.0);
    }
    for (size_t i = 0; i < n; i++) {
        struct pass_seed along = {d->wrt.data[i].node, adc_real(graph, type, 1.0)};
        pass_forward(graph, &along, 1, grads + i, n - i, d->scratch);
        for (size_t j = i; j < n; j++) {
            const struct adc_node *entry = grads[j].value;
            hess.nodes[i * n + j] = entry ? entry : adc_real(graph, type, 0.0);
            hess.nodes[j * n + i] = hess.nodes[i * n + j];
        }
    }
    drop_results(d);
    ADC_PUSH(graph->arena, d->to->results, hess);
    return true;
}

/* A second copy of the graph: products of one function must not share an appended one. */
static void copy_graph(struct derivation *d)
{
    const struct adc_graph *from = d->from->graph;
    d->map = ADC_NEW_ARRAY(d->scratch, const struct adc_node *, from->nodes.count);
    for (size_t id = 0; id < from->nodes.count; id++) {
        const struct adc_node *node = from->nodes.data[id];
        const struct adc_node *in[3];
        for (unsigned i = 0; i < node->count; i++) in[i] = d->map[node->in[i]->id];
        d->map[id] = adc_copy(d->to->graph, from, node, in);
    }
    pass_map_roots(d->to, d->from, d->map);
}

struct adc_function *pass_derive(struct adc_arena *arena, const struct adc_function *function,
                                 enum adc_product product,
                                 const struct pass_derive_options *options,
                                 struct adc_names *names, struct adc_diags *diags,
                                 struct adc_arena *scratch)
{
    struct derivation d = {.from = function, .options = options, .names = names, .diags = diags};
    bool good = false;
    d.scratch = scratch;
    d.to = pass_new_like(arena, function);
    d.to->product = product;
    d.to->symbol = joined(&d, function->name->text, adc_product_suffix(product));
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
    case ADC_VALUE:
    case ADC_PRODUCT_COUNT: break;
    }
    return good ? d.to : NULL;
}

struct adc_function *pass_adjoints(struct adc_arena *arena, const struct adc_function *function,
                                   const struct pass_derive_options *options,
                                   struct adc_names *names, struct adc_arena *scratch,
                                   struct pass_seed *nodes, size_t count)
{
    struct derivation d = {.from = function, .options = options, .names = names};
    d.scratch = scratch;
    d.to = pass_new_like(arena, function);
    copy_graph(&d);
    size_t reals;
    const struct adc_result *result = find_result(&d, &reals);
    for (size_t i = 0; i < count; i++) nodes[i] = (struct pass_seed){d.map[nodes[i].node->id], NULL};
    bool single = result && adc_type_is_real(result->type) && (options->of || reals == 1);
    if (!single) return d.to;
    struct pass_seed output = {result->nodes[0], adc_real(d.to->graph, result->type, 1.0)};
    const struct adc_name *name = joined(&d, "adjoint", "");
    pass_reverse(d.to->graph, &output, 1, nodes, count, scratch);
    for (size_t i = 0; i < count; i++) {
        if (!nodes[i].value) continue;
        struct adc_parameter of = {.name = name, .type = nodes[i].node->type};
        add_output(&d, name, &of, ADC_ROLE_GRAD, nodes[i].value);
    }
    return d.to;
}
