/* The stages, one after the other.
 *
 * Every public function runs inside `guarded`: running out of memory or a broken invariant lands
 * there, marks
 * the context as failed and gives back NULL or false. */
#include "runtime/compile.h"

#include "backend/emit_c.h"
#include "passes/passes.h"
#include "runtime/cache.h"

#include <inttypes.h>
#include <string.h>

struct compile_module {
    struct fe_module *checked; /* NULL: `written` is all there is */
    struct adc_function *written;
    struct fe_options options; /* the overrides are the caller's own */
    struct compile_entry *entries;
    size_t count;
};

/* Arguments and result of one call. */
struct task {
    struct compilation *context;
    const struct compile_options *options;
    const char *name, *text;
    size_t length;
    const char *parameters; /* of an expression; NULL: the text is a file */
    struct compile_module *module;
    const struct adc_function *function;
    enum adc_product product;
    const struct compile_c_options *c;
    struct adc_text *source; /* of the tree */
    const struct compile_c_texts *texts;
    uint32_t **primal, **adjoints;
    const struct compile_native_request *native;
    const struct emit_c_unit *unit;
    const struct compile_code *code;
    struct adc_arena *arena; /* of this call */
    void *result;            /* NULL: failed */
};

bool compilation_run(struct compilation *context, void (*work)(void *task), void *task)
{
    jmp_buf landing;
    jmp_buf *outer = context->heap.out_of_memory;
    int why = setjmp(landing);
    context->heap.out_of_memory = &landing;
    if (why == 0) {
        if (!context->names.arena) {
            adc_names_init(&context->names, &context->arena);
            adc_diags_init(&context->diags, &context->arena);
        }
        work(task);
    } else {
        context->failed = true;
        context->no_memory = why == 1;
        context->failure = why == 1 ? "out of memory" : "a broken invariant";
    }
    context->heap.out_of_memory = outer;
    adc_arena_free(&context->scratch);
    return why == 0;
}

/* The result of work(task), NULL after a longjmp. */
static void *guarded(struct task *task, void (*work)(void *task))
{
    return compilation_run(task->context, work, task) ? task->result : NULL;
}

static bool runs(const struct compilation *context, enum pass_switch pass)
{
    return !pass_is_in(context->without, pass);
}

/* In debug builds every pass's result is verified. */
static struct adc_function *verified(struct compilation *context, struct adc_function *function)
{
#ifndef NDEBUG
    struct adc_text problem;
    adc_text_init(&problem, &context->scratch);
    ADC_INVARIANT(!function || !adc_verify(function, &problem), function->graph);
#endif
    (void)context;
    return function;
}

/* --------------------------------------------------------------------- frontend */

static void keep_entries(struct compilation *context, struct compile_module *module)
{
    const struct fe_entry *entries = fe_functions(module->checked, &module->count);
    module->entries = ADC_NEW_ARRAY(&context->arena, struct compile_entry, module->count);
    for (size_t i = 0; i < module->count; i++)
        module->entries[i] =
            (struct compile_entry){entries[i].name->text, entries[i].exported, entries[i].test};
}

/* They are read as those of a function are. */
static struct ast *parameters_of(struct task *task)
{
    struct compilation *context = task->context;
    struct adc_text text;
    adc_text_init(&text, &context->arena);
    adc_text_format(&text, "fn eval(%s) = 0\n", task->parameters);
    uint32_t source = adc_source_add(&context->diags, "inputs", text.data, text.count);
    struct ast *file = ast_parse(&context->arena, &context->names, &context->diags, source);
    return context->diags.error_count ? NULL : file->child[0]->child[0]->child[0];
}

static void compile(void *argument)
{
    struct task *task = argument;
    struct compilation *context = task->context;
    struct compile_module *module = ADC_NEW(&context->arena, struct compile_module);
    uint32_t source = adc_source_add(&context->diags, task->name, task->text, task->length);
    module->options = (struct fe_options){
        .real = task->options->real,
        .overrides = task->options->overrides,
        .override_count = task->options->override_count,
        .loader = task->options->loader,
        .unchecked = task->options->unchecked,
        .explain = task->options->explain_shapes,
    };
    if (task->parameters) {
        struct ast *body =
            ast_parse_body(&context->arena, &context->names, &context->diags, source);
        struct fe_body given = {body, parameters_of(task)};
        if (context->diags.error_count) return;
        module->checked = fe_check_body(&context->arena, &context->names, &context->diags, &given,
                                        &module->options);
    } else {
        struct ast *file = ast_parse(&context->arena, &context->names, &context->diags, source);
        if (context->diags.error_count) return;
        module->checked =
            fe_check(&context->arena, &context->names, &context->diags, file, &module->options);
    }
    if (!module->checked || !fe_check_helpers(module->checked, &module->options)) return;
    keep_entries(context, module);
    task->result = module;
}

struct compile_module *compile_text(struct compilation *context, const char *name, const char *text,
                                    size_t length, const struct compile_options *options)
{
    struct task task = {.context = context, .name = name, .text = text, .length = length};
    task.options = options;
    return guarded(&task, compile);
}

struct compile_module *compile_expression(struct compilation *context, const char *text,
                                          size_t length, const char *parameters,
                                          const struct compile_options *options)
{
    struct task task = {.context = context, .name = "expression", .text = text, .length = length};
    task.options = options;
    task.parameters = parameters;
    return guarded(&task, compile);
}

struct compile_module *compile_written(struct compilation *context, struct adc_function *written)
{
    struct compile_module *module = ADC_NEW(&context->arena, struct compile_module);
    module->written = verified(context, written);
    module->entries = ADC_NEW(&context->arena, struct compile_entry);
    module->entries[0] = (struct compile_entry){written->name->text, true, false};
    module->count = 1;
    return module;
}

static void print_ast(void *argument)
{
    struct task *task = argument;
    ast_print(fe_tree(task->module->checked), task->source, fe_type_text);
    task->result = task->module;
}

void compile_print_ast(struct compilation *context, const struct compile_module *module,
                       struct adc_text *out)
{
    struct task task = {.context = context, .source = out};
    task.module = (struct compile_module *)module;
    guarded(&task, print_ast);
}

size_t compile_entries(const struct compile_module *module, const struct compile_entry **entries)
{
    *entries = module->entries;
    return module->count;
}

static void lower(void *argument)
{
    struct task *task = argument;
    struct compile_module *module = task->module;
    task->result = module->written;
    if (!module->checked) return;
    task->result = verified(task->context, fe_lower(module->checked, task->name, &module->options));
}

struct adc_function *compile_lower(struct compilation *context, struct compile_module *module,
                                   const char *name)
{
    struct task task = {.context = context, .module = module, .name = name};
    return guarded(&task, lower);
}

/* ------------------------------------------------------------------ derivatives */

unsigned compile_products(const struct adc_function *function,
                          const struct compile_options *options)
{
    size_t vars = 0, reals = 0, arrays = 0;
    if (function->wanted) return function->wanted;
    for (size_t i = 0; i < function->params.count; i++)
        vars += function->params.data[i].kind == ADC_VAR;
    if (options->wrt) vars = options->wrt_count;
    for (size_t i = 0; i < function->results.count; i++) {
        bool real = adc_type_is_real(function->results.data[i].type);
        reals += real;
        arrays += real && function->results.data[i].rank;
    }
    if (!vars || !reals) return 1u << ADC_VALUE;
    if (reals == 1 && !arrays) return 1u << ADC_VALUE | 1u << ADC_GRAD;
    return 1u << ADC_VALUE | 1u << ADC_PULLBACK | 1u << ADC_PUSHFORWARD;
}

static struct pass_derive_options derive_options(struct compilation *context,
                                                 const struct compile_options *options)
{
    struct pass_derive_options derive = {options->wrt, options->wrt_count, options->of, NULL, NULL};
    derive.names = &context->names;
    derive.diags = &context->diags;
    return derive;
}

/* Loops or sums. Straight programs may be long: passes over loops are not to copy them. */
static bool has_loops(const struct adc_graph *graph)
{
    for (size_t id = 0; id < graph->nodes.count; id++) {
        unsigned op = graph->nodes.data[id]->op;
        if (op == ADC_OP_NEST || op == ADC_OP_LOOP) return true;
    }
    return false;
}

/* Whether derivatives are to be made, all of them in reverse: forward mode makes one of a matrix in
 * a loop as it is, and as many as there are elements of one that is cut. */
static bool goes_back(const struct adc_graph *graph)
{
    bool found = false;
    for (size_t id = 0; id < graph->nodes.count; id++) {
        const struct adc_node *node = graph->nodes.data[id];
        if (node->op == ADC_OP_JVP) return false;
        found |= adc_is_derivative(node);
    }
    return found;
}

/* What sums the same in another order and by other roundings. */
static struct adc_function *regrouped(struct compilation *context, struct adc_function *function)
{
    struct adc_arena *scratch = &context->scratch;
    if (!has_loops(function->graph)) return function;
    struct adc_function *carried = function;
    if (runs(context, PASS_TOTALS))
        function = verified(context, pass_totals(scratch, function, scratch));
    if (function != carried)
        function = verified(context, pass_loops(&context->arena, function, scratch));
    struct adc_function *distributed = function;
    if (runs(context, PASS_DISTRIBUTE))
        distributed = verified(context, pass_distribute(scratch, function, scratch));
    if (distributed != function)
        function = verified(
            context, pass_simplify(&context->arena, distributed, PASS_AFTER_DERIVATIVES, scratch));
    if (runs(context, PASS_SCALES))
        function = verified(context, pass_scales(&context->arena, function, scratch));
    if (runs(context, PASS_QUOTIENTS))
        function = verified(context, pass_quotients(&context->arena, function, scratch));
    if (runs(context, PASS_MERGE))
        function = verified(context, pass_merge(&context->arena, function, scratch));
    if (runs(context, PASS_GATHER))
        function = verified(context, pass_gather(&context->arena, function, scratch));
    if (runs(context, PASS_MAPS))
        function = verified(context, pass_maps(&context->arena, function, scratch));
    return function;
}

static void derive(void *argument)
{
    struct task *task = argument;
    struct compilation *context = task->context;
    struct adc_arena *scratch = &context->scratch; /* all but the last graph lives there */
    struct pass_derive_options options = derive_options(context, task->options);
    struct pass_axes_options axes = {.strict = task->options->strict};
    const struct adc_function *cut =
        pass_checkpoint(scratch, task->function, task->product, task->options->budget, scratch);
    struct adc_function *function =
        verified(context, pass_simplify(scratch, cut, PASS_BEFORE_DERIVATIVES, scratch));
    if (has_loops(function->graph) && runs(context, PASS_IDLE)) {
        const struct adc_function *all = function;
        function = verified(context, pass_idle(scratch, function, scratch));
        if (function != all)
            function = verified(context,
                                pass_simplify(scratch, function, PASS_BEFORE_DERIVATIVES, scratch));
    }
    cut = pass_through(scratch, function, scratch, &context->diags, NULL);
    if (!cut) return;
    axes.marks = true;
    if (runs(context, PASS_AXES) && goes_back(cut->graph))
        cut = verified(context, pass_axes(scratch, (struct adc_function *)cut, &axes, scratch));
    axes.marks = false;
    function = verified(context, pass_expand(scratch, cut, scratch, NULL));
    function = verified(context, pass_loops(scratch, function, scratch));
    if (runs(context, PASS_AXES))
        function = verified(context, pass_axes(scratch, function, &axes, scratch));
    function = verified(context, pass_derive(scratch, function, task->product, &options, scratch));
    if (!function) return;
    function = verified(context, pass_loops(scratch, function, scratch));
    axes.last = true;
    if (runs(context, PASS_AXES))
        function = verified(context, pass_axes(scratch, function, &axes, scratch));
    function = verified(context,
                        pass_simplify(&context->arena, function, PASS_AFTER_DERIVATIVES, scratch));
    if (!task->options->strict && runs(context, PASS_ROOTS))
        function = verified(context, pass_roots(&context->arena, function, scratch));
    if (!task->options->strict) function = regrouped(context, function);
    if (has_loops(function->graph) && runs(context, PASS_LAZY))
        function = verified(context, pass_lazy(&context->arena, function, scratch));
    if (has_loops(function->graph) && runs(context, PASS_ASKED))
        function = verified(context, pass_asked(&context->arena, function, scratch));
    if (!task->options->strict && has_loops(function->graph) && runs(context, PASS_PRODUCTS))
        function = verified(context, pass_products(&context->arena, function, scratch));
    if (!task->options->strict && has_loops(function->graph) && runs(context, PASS_SIFT))
        function = verified(context, pass_sift(&context->arena, function, scratch));
    task->result = function;
}

struct adc_function *compile_derive(struct compilation *context, const struct adc_function *written,
                                    enum adc_product product, const struct compile_options *options)
{
    struct task task = {.context = context, .function = written, .product = product};
    task.options = options;
    return guarded(&task, derive);
}

/* What was written is live in `function`, even where a derivative alone needs it; nodes inside
 * nests have no value of their own. */
static void keep_values(struct task *task, struct adc_function *function,
                        const struct pass_seed *nodes)
{
    struct compilation *context = task->context;
    size_t count = task->function->graph->nodes.count;
    uint8_t *live = ADC_NEW_ARRAY(&context->scratch, uint8_t, count);
    adc_function_live(task->function, live);
    for (size_t id = 0; id < count; id++) {
        const struct adc_node *node = nodes[id].node;
        if (!live[id] || node->free) continue;
        struct adc_result value = {.name = adc_name_of(&context->names, "value"), .count = 1};
        value.of = value.name;
        value.type = (enum adc_type)node->type;
        value.rank = node->rank;
        value.nodes = ADC_NEW_ARRAY(&context->arena, const struct adc_node *, 1);
        value.nodes[0] = node;
        ADC_PUSH(&context->arena, function->results, value);
    }
}

static void with_adjoints(void *argument)
{
    struct task *task = argument;
    struct compilation *context = task->context;
    const struct adc_graph *graph = task->function->graph;
    struct pass_derive_options options = derive_options(context, task->options);
    size_t count = graph->nodes.count;
    const struct adc_node **map,
        **through = ADC_NEW_ARRAY(&context->scratch, const struct adc_node *, count);
    const struct adc_function *single =
        pass_through(&context->arena, task->function, &context->scratch, &context->diags, through);
    if (!single) return;
    struct adc_function *expanded = pass_expand(&context->arena, single, &context->scratch, &map);
    ADC_VEC(struct pass_seed) nodes = {0};
    for (size_t id = 0; id < count; id++)
        ADC_PUSH(&context->scratch, nodes, (struct pass_seed){map[through[id]->id], NULL});
    struct adc_function *function = pass_adjoints(&context->arena, expanded, &options,
                                                  &context->scratch, nodes.data, nodes.count);
    keep_values(task, function, nodes.data);
    *task->primal = ADC_NEW_ARRAY(&context->arena, uint32_t, count);
    *task->adjoints = ADC_NEW_ARRAY(&context->arena, uint32_t, count);
    for (size_t id = 0; id < count; id++) {
        (*task->primal)[id] = nodes.data[id].node->id;
        (*task->adjoints)[id] = nodes.data[id].value ? nodes.data[id].value->id : UINT32_MAX;
    }
    task->result = verified(context, function);
}

struct adc_function *compile_with_adjoints(struct compilation *context,
                                           const struct adc_function *written,
                                           const struct compile_options *options, uint32_t **primal,
                                           uint32_t **adjoints)
{
    struct task task = {.context = context, .function = written, .options = options};
    task.primal = primal;
    task.adjoints = adjoints;
    return guarded(&task, with_adjoints);
}

/* --------------------------------------------------------------------- emission */

static void report_refused(struct compilation *context, const struct loop_program *program)
{
    for (size_t i = 0; i < program->refused.count; i++) {
        const struct loop_refusal *refused = &program->refused.data[i];
        adc_diag_add(&context->diags, ADC_E51, refused->at,
                     "no loop over `%s` runs in lanes in `%s`: %s",
                     refused->index ? refused->index->text : "it", program->function->symbol->text,
                     refused->why);
    }
}

static void schedule(void *argument)
{
    struct task *task = argument;
    struct compilation *context = task->context;
    struct loop_program *program =
        pass_schedule(&context->arena, task->function, context->without, &context->scratch);
    if (!program->unsized) {
        if (runs(context, PASS_ZEROS)) pass_zeros(program, &context->scratch);
        if (runs(context, PASS_UNSWITCH)) pass_unswitch(&context->arena, program);
        if (runs(context, PASS_JOIN)) pass_join(&context->arena, program);
        if (runs(context, PASS_HOLD) && !context->lanes.strict) pass_hold(&context->arena, program);
        pass_alike(&context->arena, program, &context->scratch);
        if (runs(context, PASS_LANES))
            pass_lanes(&context->arena, program, &context->lanes, &context->scratch);
        report_refused(context, program);
        if (runs(context, PASS_TILES)) pass_tiles(&context->arena, program);
        if (runs(context, PASS_JAM)) pass_jam(&context->arena, program);
        if (runs(context, PASS_EDGES)) pass_edges(&context->arena, program);
        if (runs(context, PASS_AHEAD)) pass_ahead(program, &context->scratch);
        if (runs(context, PASS_WAIT)) pass_wait(&context->arena, program);
        if (runs(context, PASS_LODGE) && runs(context, PASS_ROWS))
            pass_lodge(&context->arena, program);
        if (runs(context, PASS_ROWS)) pass_rows(&context->arena, program);
        struct pass_threads_options threads = {context->threads, context->lanes.strict};
        if (threads.most) pass_threads(&context->arena, program, &threads, &context->scratch);
        if (runs(context, PASS_RELAY)) pass_relay(&context->arena, program);
        if (runs(context, PASS_STRONG)) pass_strong(&context->arena, program);
        if (runs(context, PASS_FRESH)) pass_fresh(&context->arena, program);
        task->result = program;
        return;
    }
    struct adc_diag *diag = adc_diag_add(
        &context->diags, ADC_E18, program->unsized_at,
        "the memory that `%s` takes here depends on data: not on sizes and scalar ints alone",
        task->function->symbol->text);
    adc_diag_help(&context->diags, diag, "`for it in 0..LIMIT while ...` bounds what is stored");
}

struct loop_program *compile_schedule(struct compilation *context,
                                      const struct adc_function *function)
{
    struct task task = {.context = context, .function = function};
    return guarded(&task, schedule);
}

struct programs {
    const struct loop_program **data;
    size_t count, capacity;
};

/* The programs of all wanted products of one exported function; false after errors. */
static bool add_programs(struct task *task, const struct adc_function *written,
                         struct programs *programs)
{
    struct compilation *context = task->context;
    unsigned wanted =
        task->c->products ? task->c->products : compile_products(written, task->options);
    for (enum adc_product product = ADC_VALUE; product < ADC_PRODUCT_COUNT; product++) {
        if (!(wanted & 1u << product)) continue;
        struct adc_function *function = compile_derive(context, written, product, task->options);
        struct loop_program *program = function ? compile_schedule(context, function) : NULL;
        if (!program) return false;
        ADC_PUSH(&context->arena, *programs, program);
    }
    return true;
}

/* The unit of all exported functions; false after errors. */
static bool make_unit(struct task *task, struct emit_c_unit *unit)
{
    struct compilation *context = task->context;
    const struct compile_c_options *c = task->c;
    struct programs programs = {0};
    bool good = true;
    for (size_t i = 0; i < task->module->count; i++) {
        const struct compile_entry *entry = &task->module->entries[i];
        if (!entry->exported) continue;
        /* after an error the others are lowered all the same, for their messages */
        const struct adc_function *written = compile_lower(context, task->module, entry->name);
        good = written && good && add_programs(task, written, &programs);
    }
    if (!good) return false;
    *unit = (struct emit_c_unit){.source_name = c->source_name, .header_name = c->header_name};
    unit->prefix = c->prefix ? c->prefix : "";
    unit->no_malloc = c->no_malloc;
    unit->accumulate = c->accumulate;
    unit->line_directives = c->line_directives;
    unit->programs = programs.data;
    unit->count = programs.count;
    unit->diags = &context->diags;
    unit->arena = &context->arena;
    return true;
}

static void emit(void *argument)
{
    struct task *task = argument;
    struct emit_c_unit unit;
    if (make_unit(task, &unit) &&
        emit_c(&unit, task->texts->source, task->texts->header, task->texts->manifest))
        task->result = task->module;
}

bool compile_emit_c(struct compilation *context, struct compile_module *module,
                    const struct compile_options *options, const struct compile_c_options *c,
                    const struct compile_c_texts *texts)
{
    struct task task = {.context = context, .module = module, .options = options, .c = c};
    task.texts = texts;
    return guarded(&task, emit) != NULL;
}

/* ------------------------------------------------------------------- native code */

static const struct native_library *open_native(struct task *task, struct native_report *report)
{
    *report = (struct native_report){0};
    return compile_open_native(task->context, &report->problem);
}

static void emit_native(void *argument)
{
    struct task *task = argument;
    const struct compile_native_request *native = task->native;
    const struct native_library *library = open_native(task, native->report);
    const struct compile_c_texts *texts = task->texts;
    struct emit_c_unit unit;
    if (!library) return;
    if (task->unit) unit = *task->unit;
    else if (!make_unit(task, &unit)) return;
    if (texts && !emit_c(&unit, texts->source, texts->header, texts->manifest)) return;
    if (library->emit(&unit, &native->options, native->form, native->out, native->report))
        task->result = native->out;
}

bool compile_emit_native(struct compilation *context, struct compile_module *module,
                         const struct compile_options *options, const struct compile_c_options *c,
                         const struct compile_c_texts *texts,
                         const struct compile_native_request *native)
{
    struct task task = {.context = context, .module = module, .options = options, .c = c};
    task.texts = texts;
    task.native = native;
    return guarded(&task, emit_native) != NULL;
}

bool compile_emit_programs(struct compilation *context, const struct emit_c_unit *unit,
                           const struct compile_native_request *native)
{
    struct task task = {.context = context, .unit = unit, .native = native};
    return guarded(&task, emit_native) != NULL;
}

/* All that an object depends on. */
static void make_key(struct task *task, const struct native_library *library, char *key)
{
    const struct compilation *context = task->context;
    const struct compile_code *code = task->code;
    struct adc_digest digest;
    struct adc_text text;
    adc_digest_init(&digest);
    adc_text_init(&text, task->arena);
    adc_text_format(&text, "adc %s llvm %s level %u debug %d ", library->adc_version,
                    library->llvm_version, code->options.level, code->options.debug);
    adc_text_format(&text, "without %" PRIu64 " strict %d width %u fma %d threads %u ",
                    context->without, context->lanes.strict, context->lanes.width,
                    context->lanes.fma, context->threads);
    library->describe_host(&text);
    adc_text_format(&text, "%s\n", code->source_name);
    for (size_t i = 0; i < code->count; i++) adc_print(code->functions[i], &text);
    adc_digest_text(&digest, text.data);
    for (size_t i = 0; i < context->diags.sources.count; i++) {
        adc_digest_text(&digest, context->diags.sources.data[i].name);
        adc_digest_text(&digest, context->diags.sources.data[i].text);
    }
    adc_digest_end(&digest, key);
}

/* Programs of the functions, and their object. */
static bool make_object(struct task *task, const struct native_library *library,
                        struct native_object *object)
{
    const struct compile_code *code = task->code;
    const struct loop_program **programs =
        ADC_NEW_ARRAY(task->arena, const struct loop_program *, code->count);
    for (size_t i = 0; i < code->count; i++) {
        programs[i] = compile_schedule(task->context, code->functions[i]);
        if (!programs[i]) return false;
    }
    struct emit_c_unit unit = {.source_name = code->source_name, .header_name = "", .prefix = ""};
    unit.programs = programs;
    unit.count = code->count;
    unit.diags = &task->context->diags;
    unit.arena = task->arena;
    return library->make(&unit, &code->options, object, code->report);
}

static bool find_object(struct task *task, const struct native_library *library,
                        struct native_object *object)
{
    const char *folder = task->context->cache;
    char key[ADC_DIGEST_TEXT + 1];
    if (!folder) return make_object(task, library, object);
    make_key(task, library, key);
    if (cache_find(folder, key, task->arena, task->code->count, object)) return true;
    if (!make_object(task, library, object)) return false;
    cache_keep(folder, key, task->arena, object);
    return true;
}

/* Texts that stay are copied off the arena of the call. */
static void keep_texts(struct task *task)
{
    struct adc_arena *arena = &task->context->arena;
    const struct compile_code *code = task->code;
    const char **problem = &code->report->problem;
    if (*problem) *problem = adc_arena_copy(arena, *problem, strlen(*problem));
    for (size_t i = 0; i < code->count && task->result; i++) {
        struct native_function *made = &code->made[i];
        made->symbol = adc_arena_copy(arena, made->symbol, strlen(made->symbol));
        made->work_symbol = adc_arena_copy(arena, made->work_symbol, strlen(made->work_symbol));
    }
}

static void make_native(void *argument)
{
    struct task *task = argument;
    const struct compile_code *code = task->code;
    const struct native_library *library = open_native(task, code->report);
    struct native_object object;
    struct native_options options = code->options;
    options.threads = task->context->threads > 0;
    if (library && find_object(task, library, &object))
        task->result = library->load(task->arena, &object, &options, code->made, code->report);
    keep_texts(task);
}

struct native_code *compile_native(struct compilation *context, const struct compile_code *code)
{
    struct adc_arena arena; /* units and objects are large, and done with once code is loaded */
    struct task task = {.context = context, .code = code, .arena = &arena};
    adc_arena_init(&arena, &context->heap);
    void *made = guarded(&task, make_native);
    if (!made && task.result) context->native->release(task.result);
    adc_arena_free(&arena);
    return made;
}
