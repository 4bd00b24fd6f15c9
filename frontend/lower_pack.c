/* Records at the border: parameters and results of a function that is run or exported.
 *
 * A record whose scalars have one type lies in memory as one array: after the axes around it comes
 * one more, along which its fields follow each other, each row-major. A field is a view, that is,
 * reads of this array at computed places; a result is the sum of one nest a field, each of which
 * writes elements of its own. A record of several types is one parameter or result a field. */
#include "frontend/lower.h"

#include <string.h>

/* ------------------------------------------------------------------------- forms */

struct packing {
    struct lower *l;
    const struct sema_symbol *parameter; /* or NULL: a result */
    const struct adc_parameter *like;
    const struct adc_name *whole;           /* name of the record */
    ADC_VEC(const struct adc_node *) sizes; /* of all forms of the record */
};

static const struct adc_node *times(struct lower *l, const struct adc_node *a,
                                    const struct adc_node *b)
{
    return lower_size(l, adc_apply2(l->graph, ADC_OP_IMUL, a, b));
}

static const struct adc_node *plus(struct lower *l, const struct adc_node *a,
                                   const struct adc_node *b)
{
    return lower_size(l, adc_apply2(l->graph, ADC_OP_IADD, a, b));
}

/* A size that is not a dimension itself must not be negative. */
static void require_size(struct packing *p, const struct ast *size, const struct adc_node *length)
{
    struct lower *l = p->l;
    if (lower_proves(l, sizes_of(&l->sizes, length))) return;
    const struct adc_node *good = adc_apply2(l->graph, ADC_OP_IGE, length, adc_int(l->graph, 0));
    lower_require(l, good, size,
                  sema_format(&l->s, "size `%s` of `%s` is negative", lower_size_text(l, length),
                              p->parameter->name->text));
}

/* Makes `form` one with `count` fields, whose names are those of `type`. */
static struct adc_form *new_fields(struct packing *p, struct adc_form *form,
                                   const struct sema_type *type)
{
    struct adc_form *fields = ADC_NEW_ARRAY(p->l->arena, struct adc_form, type->count);
    const struct adc_name **names =
        ADC_NEW_ARRAY(p->l->arena, const struct adc_name *, type->count);
    for (uint32_t f = 0; f < type->count; f++) {
        names[f] = fields[f].name = type->fields[f].name;
        fields[f].position = f;
    }
    form->fields = fields;
    form->count = form->declared = type->count;
    form->names = names;
    return fields;
}

/* What the fields have in common. */
static enum adc_type common_type(const struct adc_form *fields, uint32_t count)
{
    for (uint32_t f = 1; f < count; f++)
        if (fields[f].type != fields[0].type) return ADC_TYPE_COUNT;
    return fields[0].type;
}

static bool is_narrow(const struct ast *scalar)
{
    const struct sema_symbol *symbol = scalar->kind == AST_TNAME ? scalar->symbol : NULL;
    return symbol && symbol->builtin && strcmp(symbol->builtin->name, "i32") == 0;
}

/* Of a type as written; all its sizes have values. */
static void form_written(struct packing *p, const struct ast *type, struct lower_frame *frame,
                         const struct sema_type *meaning, struct adc_form *form)
{
    struct lower_type written = {.rank = 0};
    lower_written(p->l, type, frame, true, &written);
    form->rank = written.rank;
    form->first = (uint32_t)p->sizes.count;
    for (unsigned i = 0; i < written.rank; i++) {
        const struct adc_node *size = lower_axis_size(p->l, &written.axis[i]);
        require_size(p, written.axis[i].size, size);
        ADC_PUSH(p->l->arena, p->sizes, size);
    }
    const struct sema_type *element = sema_element(&p->l->module->types, meaning);
    if (!written.record) {
        form->type = is_narrow(written.scalar) ? ADC_I32 : element->scalar;
        return;
    }
    struct adc_form *fields = new_fields(p, form, element);
    for (uint32_t f = 0; f < element->count; f++)
        form_written(p, written.record->child[f]->child[0], written.frame, element->fields[f].type,
                     &fields[f]);
    form->type = common_type(fields, element->count);
}

/* Of a value; the arrays in it have `seen` axes of the records around it. */
static void form_of_value(struct packing *p, const struct lower_value *value, unsigned seen,
                          const struct sema_type *type, struct adc_form *form)
{
    const struct sema_type *element = sema_element(&p->l->module->types, type);
    form->rank = type->rank;
    form->first = (uint32_t)p->sizes.count;
    for (unsigned i = 0; i < type->rank; i++)
        ADC_PUSH(p->l->arena, p->sizes, lower_any_array(value)->shape[seen + i]);
    if (element->kind != SEMA_RECORD) {
        form->type = value->array ? value->array->type : (enum adc_type)value->node->type;
        return;
    }
    struct adc_form *fields = new_fields(p, form, element);
    for (uint32_t f = 0; f < element->count; f++)
        form_of_value(p, value->field[f], seen + type->rank, element->fields[f].type, &fields[f]);
    form->type = common_type(fields, element->count);
}

/* Scalars of one element of the form. */
static const struct adc_node *element_size(const struct packing *p, const struct adc_form *form)
{
    struct lower *l = p->l;
    const struct adc_node *sum = adc_int(l->graph, form->count ? 0 : 1);
    for (uint32_t f = 0; f < form->count; f++) {
        const struct adc_node *size = element_size(p, &form->fields[f]);
        for (unsigned i = 0; i < form->fields[f].rank; i++)
            size = times(l, size, p->sizes.data[form->fields[f].first + i]);
        sum = plus(l, sum, size);
    }
    return sum;
}

/* ------------------------------------------------------------------------- places */

/* Where the elements of a scalar or array lie: `outer` axes, then, of a record, the place along the
 * last one, offset + sum of index * stride over the other axes. */
struct place {
    unsigned rank, outer;
    const struct adc_node *shape[ADC_MAX_RANK], *stride[ADC_MAX_RANK];
    const struct adc_node *offset; /* NULL: there is no record */
};

/* Axes of the form behind those of `place`; their strides inside of a record. */
static void add_axes(const struct packing *p, const struct adc_form *form, struct place *place)
{
    const struct adc_node *stride = place->offset ? element_size(p, form) : NULL;
    for (unsigned i = form->rank; i-- > 0;) {
        place->shape[place->rank + i] = p->sizes.data[form->first + i];
        place->stride[place->rank + i] = stride;
        if (stride) stride = times(p->l, stride, p->sizes.data[form->first + i]);
    }
    place->rank += form->rank;
}

/* The place of the next field begins behind this one. */
static void move_on(const struct packing *p, const struct adc_form *form, struct place *place)
{
    struct place inner = *place;
    add_axes(p, form, &inner);
    const struct adc_node *size = element_size(p, form);
    for (unsigned i = place->rank; i < inner.rank; i++) size = times(p->l, size, inner.shape[i]);
    place->offset = plus(p->l, place->offset, size);
}

/* Coordinates in memory of the element at `index`; returns their number. */
static unsigned coordinates(const struct packing *p, const struct place *place,
                            const struct adc_node *const *index, const struct adc_node **at)
{
    struct adc_graph *graph = p->l->graph;
    unsigned count = place->offset ? place->outer : place->rank;
    for (unsigned i = 0; i < count; i++) at[i] = index[i];
    if (!place->offset) return count;
    const struct adc_node *sum = place->offset;
    for (unsigned i = place->outer; i < place->rank; i++) {
        const struct adc_node *step = adc_apply2(graph, ADC_OP_IMUL, index[i], place->stride[i]);
        if (adc_is_const(place->stride[i]) && place->stride[i]->value.integer == 1) step = index[i];
        bool first = i == place->outer && adc_is_const(sum) && sum->value.integer == 0;
        sum = first ? step : adc_apply2(graph, ADC_OP_IADD, sum, step);
    }
    at[count] = sum;
    return count + 1;
}

/* The array's own axes in memory. */
static unsigned memory_shape(const struct packing *p, const struct adc_form *form,
                             const struct place *place, const struct adc_node **shape)
{
    for (unsigned i = 0; i < place->rank; i++) shape[i] = place->shape[i];
    if (!form->count) return place->rank;
    shape[place->rank] = element_size(p, form);
    return place->rank + 1;
}

/* --------------------------------------------------------------------- parts, names */

/* A form inside of records of several types: these with it alone. */
struct chain {
    const struct chain *outer;
    const struct adc_form *form;
    const char *name; /* opts_strike */
};

static const struct adc_form *pruned(struct lower *l, const struct chain *chain)
{
    const struct adc_form *form = chain->form;
    for (chain = chain->outer; chain; chain = chain->outer) {
        struct adc_form *made = ADC_NEW(l->arena, struct adc_form);
        *made = *chain->form;
        made->fields = form;
        made->count = 1;
        form = made;
    }
    return form;
}

static struct chain inner_chain(struct lower *l, const struct chain *outer, uint32_t f)
{
    const struct adc_form *form = &outer->form->fields[f];
    const char *name = form->name ? sema_format(&l->s, "%s_%s", outer->name, form->name->text)
                                  : sema_format(&l->s, "%s_%u", outer->name, f);
    return (struct chain){outer, form, name};
}

/* An array has at most ADC_MAX_RANK axes, that of the fields included. */
static bool fits(struct packing *p, const struct adc_form *form, const struct place *place,
                 struct adc_span span)
{
    if (place->rank + (form->count > 0) <= ADC_MAX_RANK) return true;
    sema_unsupported(&p->l->s, span,
                     sema_format(&p->l->s,
                                 "a record in an array of %d axes that is passed from "
                                 "or to outside",
                                 ADC_MAX_RANK));
    return false;
}

/* --------------------------------------------------------------------- parameters */

static const struct lower_value *view_of(struct packing *p, const struct adc_node *array,
                                         const struct place *place)
{
    struct lower *l = p->l;
    struct lower_array made = {.type = (enum adc_type)array->type, .rank = place->rank};
    const struct adc_node *at[ADC_MAX_RANK];
    for (unsigned i = 0; i < made.rank; i++) {
        made.shape[i] = place->shape[i];
        made.index[i] = lower_axis(l, i, made.shape[i]);
    }
    coordinates(p, place, made.index, at);
    made.body = adc_read(l->graph, array, at);
    return made.rank ? lower_array_value(l, &made) : lower_scalar(l, made.body);
}

static const struct lower_value *views(struct packing *p, const struct adc_node *array,
                                       const struct adc_form *form, struct place place)
{
    if (!form->count) return view_of(p, array, &place);
    struct lower_value *value = lower_record(p->l, form->count);
    for (uint32_t f = 0; f < form->count; f++) {
        struct place inner = place;
        add_axes(p, &form->fields[f], &inner);
        value->field[f] = views(p, array, &form->fields[f], inner);
        move_on(p, &form->fields[f], &place);
    }
    return value;
}

/* One parameter of the function. */
static const struct lower_value *add_parameter(struct packing *p, const struct chain *chain,
                                               struct place place)
{
    struct lower *l = p->l;
    enum adc_type type = chain->form->type;
    struct adc_parameter made = *p->like;
    const struct adc_node **shape = ADC_NEW_ARRAY(l->arena, const struct adc_node *, ADC_MAX_RANK);
    made.name = made.of = adc_name_of(l->module->names, chain->name);
    if (!place.rank && !chain->form->count && type == ADC_I32) type = ADC_INT;
    made.type = type;
    if (made.kind == ADC_VAR && !adc_type_is_real(type) && chain->outer) made.kind = ADC_PLAIN;
    made.rank = memory_shape(p, chain->form, &place, shape);
    made.shape = shape;
    if (chain->outer) made.whole = p->whole;
    if (chain->outer || chain->form->count) {
        made.form = pruned(l, chain);
        made.sizes = p->sizes.data;
        made.size_count = (uint32_t)p->sizes.count;
    }
    uint32_t number = (uint32_t)l->function->params.count;
    ADC_PUSH(l->arena, l->function->params, made);
    if (!made.rank) return lower_scalar(l, adc_param(l->graph, type, number));
    const struct adc_node *array = adc_array_param(l->graph, type, number, shape, made.rank);
    if (!chain->form->count) return lower_stored(l, array);
    place.outer = place.rank;
    place.offset = adc_int(l->graph, 0);
    return views(p, array, chain->form, place);
}

static const struct lower_value *add_parameters(struct packing *p, const struct chain *chain,
                                                struct place place, const struct sema_type *type)
{
    const struct sema_type *record = sema_element(&p->l->module->types, type);
    if (chain->form->type != ADC_TYPE_COUNT) {
        bool fine = fits(p, chain->form, &place, p->parameter->span);
        return fine ? add_parameter(p, chain, place) : lower_zero(p->l, type);
    }
    struct lower_value *value = lower_record(p->l, record->count);
    for (uint32_t f = 0; f < record->count; f++) {
        struct chain inner = inner_chain(p->l, chain, f);
        struct place at = place;
        add_axes(p, inner.form, &at);
        value->field[f] = add_parameters(p, &inner, at, record->fields[f].type);
    }
    return value;
}

const struct lower_value *lower_open_array(struct lower *l, const struct sema_symbol *parameter,
                                           const struct adc_parameter *like)
{
    struct packing p = {.l = l, .parameter = parameter, .like = like, .whole = parameter->name};
    const struct ast *decl = parameter->decl;
    struct adc_form *form = ADC_NEW(l->arena, struct adc_form);
    struct place place = {.rank = 0};
    l->graph->span = parameter->span;
    if (decl->count > 1 && decl->child[1])
        sema_unsupported(&l->s, decl->child[1]->span,
                         "a default of an array or record of a function that is run or exported");
    form_written(&p, decl->child[0], l->frame, parameter->type, form);
    add_axes(&p, form, &place);
    const struct chain chain = {NULL, form, parameter->name->text};
    return lower_convert(l, add_parameters(&p, &chain, place, parameter->type), parameter->type);
}

/* ------------------------------------------------------------------------ results */

/* `inside`: of a record that lies in memory. */
static const struct lower_value *as_stored(struct lower *l, const struct ast *type,
                                           struct lower_type written, bool inside,
                                           const struct lower_value *value)
{
    struct sema_types *types = &l->module->types;
    bool outermost = !written.scalar && !written.record;
    lower_written(l, type, written.frame, true, &written);
    inside |= written.rank > 0;
    if (!written.record) {
        if (!inside || !is_narrow(written.scalar)) return value;
        return lower_convert(l, value, sema_tensor(types, &types->scalars[ADC_I32], written.rank));
    }
    struct lower_value *made = lower_record(l, value->count);
    for (uint32_t f = 0; f < value->count; f++)
        made->field[f] = as_stored(l, written.record->child[f]->child[0], written,
                                   inside || !outermost, value->field[f]);
    return made;
}

/* The fields of the record of all results are results of their own. */
const struct lower_value *lower_as_stored(struct lower *l, const struct ast *type,
                                          const struct lower_value *value)
{
    return as_stored(l, type, (struct lower_type){.frame = l->frame}, false, value);
}

/* What is computed; a parameter is copied. */
static const struct adc_node *result_array(struct lower *l, struct lower_array *array)
{
    const struct adc_node *node = lower_store(l, array);
    const struct adc_node *root = node;
    while (root->op == ADC_OP_MARK || root->op == ADC_OP_STOP) root = root->in[0];
    if (root->op != ADC_OP_PARAM) return node;
    const struct lower_array *elements = lower_stored(l, node)->array;
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET, .value = elements->body, .rank = node->rank};
    nest.index_count = node->rank;
    nest.index = nest.target = elements->index;
    nest.shape = elements->shape;
    return lower_nest(l, &nest);
}

/* Arrays are added up, as ints where the elements are narrow or bools. */
static const struct adc_node *summand(struct lower *l, const struct adc_node *value)
{
    if (value->type == ADC_I32) return lower_convert_node(l, value, ADC_INT);
    if (value->type != ADC_BOOL) return value;
    return adc_apply3(l->graph, ADC_OP_IF, value, adc_int(l->graph, 1), adc_int(l->graph, 0));
}

/* The array of the record with this part at its place, and zeros elsewhere. */
static const struct adc_node *part_of(struct packing *p, const struct lower_value *value,
                                      const struct place *place, const struct place *memory)
{
    struct lower *l = p->l;
    const struct lower_array *array = value->array;
    const struct adc_node *at[ADC_MAX_RANK], *body = value->node;
    if (array) body = array->stored ? adc_read(l->graph, array->stored, array->index) : array->body;
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET, .value = summand(l, body), .target = at};
    nest.rank = coordinates(p, place, array ? array->index : NULL, at);
    nest.index = array ? array->index : NULL;
    nest.index_count = place->rank;
    nest.shape = memory->shape;
    return lower_nest(l, &nest);
}

static const struct adc_node *packed(struct packing *p, const struct lower_value *value,
                                     const struct adc_form *form, struct place place,
                                     const struct place *memory)
{
    const struct adc_node *sum = NULL;
    if (!form->count) return part_of(p, value, &place, memory);
    for (uint32_t f = 0; f < form->count; f++) {
        struct place inner = place;
        add_axes(p, &form->fields[f], &inner);
        const struct adc_node *part = packed(p, value->field[f], &form->fields[f], inner, memory);
        sum = sum ? adc_join(p->l->graph, sum, part) : part;
        move_on(p, &form->fields[f], &place);
    }
    return sum;
}

/* The elements again that were added up as ints. */
static const struct adc_node *restored(struct lower *l, const struct adc_node *array,
                                       enum adc_type type)
{
    const struct lower_array *elements = lower_stored(l, array)->array;
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET, .rank = array->rank};
    nest.value = type == ADC_BOOL
                     ? adc_apply2(l->graph, ADC_OP_INE, elements->body, adc_int(l->graph, 0))
                     : lower_convert_node(l, elements->body, type);
    nest.index_count = array->rank;
    nest.index = nest.target = elements->index;
    nest.shape = elements->shape;
    return lower_nest(l, &nest);
}

static const struct adc_node *record_array(struct packing *p, const struct lower_value *value,
                                           const struct adc_form *form, struct place place)
{
    struct place memory = {.rank = 0};
    memory.rank = memory_shape(p, form, &place, memory.shape);
    place.outer = place.rank;
    place.offset = adc_int(p->l->graph, 0);
    const struct adc_node *array = packed(p, value, form, place, &memory);
    return array->type == (uint8_t)form->type ? array : restored(p->l, array, form->type);
}

static void add_result(struct packing *p, const struct chain *chain,
                       const struct lower_value *value, const struct place *place, bool named)
{
    struct lower *l = p->l;
    const struct adc_form *form = chain->form;
    struct adc_result result = {.role = ADC_ROLE_PRIMAL, .count = 1};
    result.named = named;
    result.name = result.of = adc_name_of(l->module->names, chain->name);
    if (chain->outer) result.whole = p->whole;
    if (chain->outer || form->count) {
        result.form = pruned(l, chain);
        result.sizes = p->sizes.data;
        result.size_count = (uint32_t)p->sizes.count;
    }
    const struct adc_node *node = form->count    ? record_array(p, value, form, *place)
                                  : value->array ? result_array(l, value->array)
                                                 : value->node;
    if (node->type == ADC_I32 && !node->rank) node = lower_convert_node(l, node, ADC_INT);
    result.type = (enum adc_type)node->type;
    result.rank = node->rank;
    result.nodes = ADC_NEW_ARRAY(l->arena, const struct adc_node *, 1);
    result.nodes[0] = node;
    ADC_PUSH(l->arena, l->function->results, result);
}

static void add_results(struct packing *p, const struct chain *chain,
                        const struct lower_value *value, struct place place,
                        const struct sema_type *type, bool named)
{
    const struct sema_type *record = sema_element(&p->l->module->types, type);
    if (chain->form->type != ADC_TYPE_COUNT) {
        if (fits(p, chain->form, &place, p->l->frame->function->body->span))
            add_result(p, chain, value, &place, named);
        return;
    }
    for (uint32_t f = 0; f < record->count; f++) {
        struct chain inner = inner_chain(p->l, chain, f);
        struct place at = place;
        add_axes(p, inner.form, &at);
        add_results(p, &inner, value->field[f], at, record->fields[f].type, named);
    }
}

/* A result that is no tuple, or a field of the one that is: an array, a record, scalars. */
static void add_whole(struct lower *l, const struct lower_value *value,
                      const struct sema_type *type, const char *name, bool named)
{
    struct packing p = {.l = l, .whole = adc_name_of(l->module->names, name)};
    struct adc_form *form = ADC_NEW(l->arena, struct adc_form);
    struct place place = {.rank = 0};
    form_of_value(&p, value, 0, type, form);
    add_axes(&p, form, &place);
    const struct chain chain = {NULL, form, name};
    add_results(&p, &chain, value, place, type, named);
}

/* The fields of a tuple are results of their own. */
void lower_add_results(struct lower *l, const struct lower_value *value,
                       const struct sema_type *type)
{
    if (type->kind != SEMA_RECORD) {
        add_whole(l, value, type, "result", false);
        return;
    }
    for (uint32_t f = 0; f < type->count; f++) {
        const struct adc_name *field = type->fields[f].name;
        const char *name = field ? field->text : sema_format(&l->s, "result_%u", f);
        add_whole(l, value->field[f], type->fields[f].type, name, true);
    }
}

/* ------------------------------------------------------------------------- names */

static void report_name(struct lower *l, const struct adc_name *whole, const struct adc_name *name,
                        struct adc_span span)
{
    struct adc_diag *diag = adc_diag_add(l->diags, ADC_E45, span,
                                         "a part of `%s` is passed as `%s`, and so is another "
                                         "value",
                                         whole->text, name->text);
    adc_diag_help(l->diags, diag, "rename one of them");
}

/* What has the name already, or NULL; from now on `made` has. */
static const void *named_before(struct lower_table *table, const struct adc_name *name, void *made)
{
    const uint32_t *key = &name->number;
    const void *there = lower_find(table, key, 1);
    if (!there) lower_put(table, key, 1, made);
    return there;
}

void lower_check_names(struct lower *l)
{
    struct lower_table params = {.arena = l->arena}, results = {.arena = l->arena};
    for (size_t i = 0; i < l->function->params.count; i++) {
        struct adc_parameter *param = &l->function->params.data[i];
        const struct adc_parameter *other = named_before(&params, param->name, param);
        const struct adc_name *whole = other && other->whole ? other->whole : param->whole;
        if (other && whole) report_name(l, whole, param->name, param->span);
    }
    for (size_t i = 0; i < l->function->results.count; i++) {
        struct adc_result *result = &l->function->results.data[i];
        const struct adc_result *other = named_before(&results, result->name, result);
        const struct adc_name *whole = other && other->whole ? other->whole : result->whole;
        if (other && whole) report_name(l, whole, result->name, l->function->span);
    }
}
