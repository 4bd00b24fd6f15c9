/* Text IR: one line a parameter, node, result and check; parse.c reads it back to the same bytes.
 *
 *     function z symbol z_grad product grad real f64 exported
 *     param x of x var primal f64
 *     %0 = param 0 : f64
 *     %1 = const 5.0 : f64
 *     %2 = mul %0 %1 : f64 "s"
 *     %3 = mark 0 %2 : f64
 *     %4 = grad through %2 %3 : f64                  also through earlier passes
 *     %5 = param 1 %4 : f64                          an array: its lengths
 *     %6 = index 7 %0 %4 : int                       name number, range, (of a loop) scope
 *     %7 = nest sum 1 %v %guard %t %n %6 : f64       rank, value, guard, target, shape, indices
 *     %8 = state 3 %6 %4 : f64                       component, index, lengths
 *     %9 = state 4 history %6 %4 : f64
 *     %20 = loop up %6 %guard %8 %init %next : int   index, guard, (state, init, next) ...; behind
 *                                                    `up` perhaps `checkpoint 42` (state.h)
 *     %21 = final 3 %20 : f64                        component ("3 history"), loop
 *     %22 = read unique %5 %6 : int                  of an array in which no two are alike
 *     shape 1 %4                                     lengths of parameter 1
 *     result result of result primal f64 unnamed %2
 *     check 1 %4 "x must be positive"
 *     end
 *
 * Constants read back bit for bit (NaNs carry their payload). */
#include "ir/function.h"
#include "ir/state.h"

#include <math.h>
#include <string.h>

static void quoted(struct adc_text *out, const char *text)
{
    adc_text_add(out, "\"");
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') adc_text_format(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7f) adc_text_format(out, "\\x%02x", (unsigned)c);
        else adc_text_put(out, text, 1);
    }
    adc_text_add(out, "\"");
}

static void print_value(struct adc_text *out, enum adc_type type, union adc_value value)
{
    switch (type) {
    case ADC_F64:
        if (isnan(value.f64)) adc_text_format(out, "nan:%llx", (unsigned long long)value.bits);
        else adc_text_real(out, value.f64, false);
        break;
    case ADC_F32:
        if (isnan(value.f32)) adc_text_format(out, "nan:%llx", (unsigned long long)value.bits);
        else adc_text_real(out, (double)value.f32, true);
        break;
    case ADC_INT:
    case ADC_I32: adc_text_format(out, "%lld", (long long)value.integer); break;
    case ADC_BOOL: adc_text_add(out, value.boolean ? "true" : "false"); break;
    case ADC_TYPE_COUNT: break;
    }
}

const char *adc_kind_name(enum adc_kind kind)
{
    static const char *const names[] = {"var", "plain", "data", "dim"};
    return names[kind];
}

const char *adc_role_name(enum adc_role role)
{
    static const char *const names[] = {"primal", "grad",    "bar",     "dot",
                                        "hvp",    "hessian", "jacobian"};
    return names[role];
}

static void print_param(struct adc_text *out, const struct adc_parameter *param)
{
    adc_text_format(out, "param %s of %s %s %s %s", param->name->text, param->of->text,
                    adc_kind_name(param->kind), adc_role_name(param->role),
                    adc_type_name(param->type));
    if (param->has_default) {
        adc_text_add(out, " default ");
        print_value(out, param->type, param->value);
    }
    adc_text_add(out, "\n");
}

/* What stands between the operator and its inputs. */
static void print_number(struct adc_text *out, const struct adc_node *node)
{
    switch (node->op) {
    case ADC_OP_PARAM:
    case ADC_OP_MARK:
    case ADC_OP_INDEX: adc_text_format(out, " %u", node->number); break;
    case ADC_OP_NEST:
        adc_text_format(out, " %s %u%s", adc_reduce_name((enum adc_reduce)node->number),
                        (unsigned)node->rank, node->value.bits ? " unread" : "");
        break;
    case ADC_OP_READ:
        if (node->number == ADC_READ_UNIQUE) adc_text_add(out, " unique");
        break;
    case ADC_OP_STATE:
    case ADC_OP_FINAL:
        adc_text_format(out, " %u%s", node->number & ~ADC_STATE_HISTORY,
                        adc_is_history(node) ? " history" : "");
        break;
    case ADC_OP_LOOP:
        adc_text_add(out, adc_loop_parts(node).down ? " down" : " up");
        if (adc_loop_parts(node).checkpoint)
            adc_text_format(out, " checkpoint %u", adc_loop_parts(node).checkpoint);
        break;
    case ADC_OP_GRAD:
    case ADC_OP_JVP:
    case ADC_OP_VJP:
        if (node->number == ADC_THROUGH) adc_text_add(out, " through");
        break;
    case ADC_OP_CONST:
        adc_text_add(out, " ");
        print_value(out, node->type, node->value);
        break;
    default: break;
    }
}

static void print_node(struct adc_text *out, const struct adc_graph *graph,
                       const struct adc_node *node)
{
    adc_text_format(out, "%%%u = %s", node->id, adc_op_info(node->op)->name);
    print_number(out, node);
    for (unsigned i = 0; i < node->count; i++) adc_text_format(out, " %%%u", node->in[i]->id);
    adc_text_format(out, " : %s", adc_type_name(node->type));
    if (graph->names.data[node->id]) {
        adc_text_add(out, " ");
        quoted(out, graph->names.data[node->id]->text);
    }
    static const char *const kept[] = {"", " @store", " @recompute"};
    adc_text_add(out, kept[graph->kept.data[node->id]]);
    adc_text_add(out, "\n");
}

static void print_shape(struct adc_text *out, size_t number, const struct adc_parameter *param)
{
    if (!param->rank) return;
    adc_text_format(out, "shape %zu", number);
    for (unsigned i = 0; i < param->rank; i++) adc_text_format(out, " %%%u", param->shape[i]->id);
    adc_text_add(out, "\n");
}

static void print_result(struct adc_text *out, const struct adc_result *result)
{
    adc_text_format(out, "result %s of %s %s %s %s", result->name->text, result->of->text,
                    adc_role_name(result->role), adc_type_name(result->type),
                    result->named ? "named" : "unnamed");
    for (uint32_t i = 0; i < result->count; i++)
        adc_text_format(out, " %%%u", result->nodes[i]->id);
    adc_text_add(out, "\n");
}

void adc_print(const struct adc_function *function, struct adc_text *out)
{
    adc_text_format(out, "function %s symbol %s product %s real %s%s\n", function->name->text,
                    function->symbol->text, adc_product_name(function->product),
                    adc_type_name(function->real), function->exported ? " exported" : "");
    for (size_t i = 0; i < function->params.count; i++) print_param(out, &function->params.data[i]);
    for (size_t i = 0; i < function->graph->nodes.count; i++)
        print_node(out, function->graph, function->graph->nodes.data[i]);
    for (size_t i = 0; i < function->params.count; i++)
        print_shape(out, i, &function->params.data[i]);
    for (size_t i = 0; i < function->results.count; i++)
        print_result(out, &function->results.data[i]);
    for (size_t i = 0; i < function->checks.count; i++) {
        const struct adc_check *check = &function->checks.data[i];
        adc_text_format(out, "check %u %%%u ", check->status, check->condition->id);
        quoted(out, check->text);
        adc_text_add(out, "\n");
    }
    adc_text_add(out, "end\n");
}
