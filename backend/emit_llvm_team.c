/* Parts that are made in chunks (loop_team): what emit_c_team.c prints, by the functions of GNU's
 * OpenMP library, which other ones have as well.
 *
 * The function of all chunks puts what it was given and knows into a struct, of which GOMP_parallel
 * gives the address to each thread. */
#include "backend/emit_llvm_internal.h"
#include "ir/nest.h"

/* What all chunks are given before what the part is given; and what is known then. */
enum { LOW, HIGH, COST, LAYOUT, WORK, GIVEN };

struct team {
    struct ll_module *m;
    const struct loop_team *team;
    uint32_t part;
    bool checks;
    LLVMValueRef head[GIVEN]; /* parameters, or members of the struct */
    struct ll_list rest;      /* likewise, what the part is given */
    LLVMValueRef count, statuses;
};

/* ------------------------------------------------------------------------------- the caller */

void ll_hand_over(struct ll_module *m, const struct loop_nodes *nodes)
{
    for (size_t i = 0; i < nodes->count; i++)
        if (m->product->program->place[nodes->data[i]->id] == LOOP_LOCAL)
            ll_store_slot(m, nodes->data[i], ll_use(m, nodes->data[i]));
}

void ll_take_back(struct ll_module *m, const struct loop_nodes *nodes)
{
    for (size_t i = 0; i < nodes->count; i++)
        if (m->product->program->place[nodes->data[i]->id] == LOOP_LOCAL)
            ll_assign(m, nodes->data[i], ll_load_slot(m, nodes->data[i]));
}

static LLVMValueRef cost_of(struct ll_module *m, const struct loop_cost *cost)
{
    LLVMValueRef high = LLVMBuildSIToFP(m->at, ll_use(m, cost->high), m->types.f64, "");
    LLVMValueRef low = LLVMBuildSIToFP(m->at, ll_use(m, cost->low), m->types.f64, "");
    LLVMValueRef sum = LLVMConstReal(m->types.f64, cost->own);
    for (size_t i = 0; i < cost->inner.count; i++)
        sum = LLVMBuildFAdd(m->at, sum, cost_of(m, cost->inner.data[i]), "");
    return LLVMBuildFMul(m->at, LLVMBuildFSub(m->at, high, low, ""), sum, "");
}

LLVMValueRef ll_call_team(struct ll_module *m, uint32_t part)
{
    const struct loop_team *team = c_team(m->product, part);
    const struct adc_node *index = team->loop->node;
    struct ll_list arguments = {0};
    LLVMValueRef head[] = {ll_use(m, index->in[0]), ll_use(m, index->in[1]),
                           cost_of(m, &team->cost), m->layout, m->work};
    LLVMValueRef nothing = LLVMConstNull(m->types.pointer);
    if (!c_has_own(m->product, part)) head[LAYOUT] = head[WORK] = nothing;
    for (unsigned i = 0; i < GIVEN; i++) ADC_PUSH(m->arena, arguments.values, head[i]);
    ll_push_arguments(m, part, &arguments);
    return ll_call(m, m->teams[part], arguments.values.data, (unsigned)arguments.values.count);
}

/* -------------------------------------------------------------------------------- the part */

void ll_put_team_values(struct ll_module *m, const struct loop_team *team)
{
    const uint8_t *place = m->product->program->place;
    for (size_t i = 0; i < team->values.count; i++) {
        const struct adc_node *node = team->values.data[i];
        if (place[node->id] == LOOP_LOCAL)
            m->places[node->id] = (struct ll_place){ll_load_slot(m, node), false};
    }
    for (size_t i = 0; i < team->sums.count; i++) {
        const struct adc_node *sum = team->sums.data[i];
        if (place[sum->id] != LOOP_LOCAL) continue;
        LLVMValueRef variable = ll_variable(m, ll_type(m, (enum adc_type)sum->type));
        LLVMBuildStore(m->at, ll_load_slot(m, sum), variable);
        m->places[sum->id] = (struct ll_place){variable, true};
    }
}

/* ------------------------------------------------------------------------------- the chunks */

/* Memory of chunk `number`, an i64 from 1 on. */
static LLVMValueRef own_memory(struct team *t, LLVMValueRef number)
{
    struct ll_module *m = t->m;
    uint32_t place = c_chunk_place(m->unit, m->product);
    LLVMValueRef before = LLVMBuildSub(m->at, number, ll_i64(m, 1), "");
    before = LLVMBuildIntCast2(m->at, before, m->types.size, false, "");
    LLVMValueRef bytes = LLVMBuildMul(m->at, before, ll_layout_place(m, place + 1), "");
    bytes = LLVMBuildAdd(m->at, ll_layout_place(m, place), bytes, "");
    return ll_offset(m, m->types.f64, t->head[WORK], bytes);
}

static LLVMValueRef own_space(struct team *t, LLVMValueRef own, uint32_t buffer)
{
    return ll_space(t->m, own, buffer, c_own_place(t->m->unit, t->m->product, buffer));
}

static LLVMValueRef own_length(struct team *t, uint32_t buffer)
{
    return ll_layout_place(t->m, c_own_place(t->m->unit, t->m->product, buffer) + 1);
}

static enum adc_type type_of(const struct team *t, uint32_t buffer)
{
    return (enum adc_type)t->m->product->program->buffers.data[buffer].node->type;
}

/* Number of an argument of the part. */
static unsigned first_buffer(const struct team *t)
{
    const struct c_part *part = &t->m->product->parts[t->part];
    unsigned count = part->input_count + part->output_count;
    return t->m->product->args_tag ? count > 0 : count;
}

/* The arguments of the part for a chunk, whose memory is `own` unless it is the first. */
static void choose_arguments(struct team *t, LLVMValueRef own, LLVMValueRef is_first)
{
    struct ll_module *m = t->m;
    const struct c_product *product = m->product;
    const struct c_part *part = &product->parts[t->part];
    unsigned first = first_buffer(t), count = (unsigned)product->program->buffers.count;
    LLVMValueRef *values = t->rest.values.data;
    if (part->work) {
        LLVMValueRef *work = &values[t->rest.values.count - 1];
        *work = LLVMBuildSelect(m->at, is_first, *work, own, "");
    }
    if (!product->arrays_tag) {
        for (uint32_t i = 0; i < part->buffer_count; i++) {
            uint32_t buffer = part->buffers[i];
            if (!c_is_own(t->team, buffer)) continue;
            values[first + i] =
                LLVMBuildSelect(m->at, is_first, values[first + i], own_space(t, own, buffer), "");
        }
        return;
    }
    if (!part->buffer_count) return;
    LLVMValueRef copy = ll_variable(m, LLVMArrayType(m->types.pointer, count));
    for (uint32_t i = 0; i < count; i++) {
        LLVMValueRef from = ll_offset(m, m->types.pointer, values[first], ll_size(m, i));
        LLVMValueRef array = LLVMBuildLoad2(m->at, m->types.pointer, from, "");
        if (c_is_own(t->team, i))
            array = LLVMBuildSelect(m->at, is_first, array, own_space(t, own, i), "");
        LLVMBuildStore(m->at, array, ll_offset(m, m->types.pointer, copy, ll_size(m, i)));
    }
    values[first] = copy;
}

static LLVMValueRef call_part(struct team *t, LLVMValueRef low, LLVMValueRef high)
{
    struct ll_module *m = t->m;
    struct ll_list arguments = {0};
    ADC_PUSH(m->arena, arguments.values, low);
    ADC_PUSH(m->arena, arguments.values, high);
    for (size_t i = 0; i < t->rest.values.count; i++)
        ADC_PUSH(m->arena, arguments.values, t->rest.values.data[i]);
    return ll_call(m, m->parts[t->part], arguments.values.data, (unsigned)arguments.values.count);
}

static LLVMValueRef begin_of_chunk(struct team *t, LLVMValueRef number)
{
    struct ll_module *m = t->m;
    LLVMValueRef arguments[] = {t->head[LOW], t->head[HIGH], ll_i64(m, t->team->unit), t->count,
                                number};
    return ll_call(m, m->chunk, arguments, 5);
}

static void put_status(struct team *t, LLVMValueRef number, LLVMValueRef status)
{
    struct ll_module *m = t->m;
    if (t->checks) LLVMBuildStore(m->at, status, ll_offset(m, m->types.i32, t->statuses, number));
}

/* Chunk `number`. Of the first one nothing is cleared. */
static void put_chunk(struct team *t, LLVMValueRef number)
{
    struct ll_module *m = t->m;
    static const uint64_t widths[ADC_TYPE_COUNT] = {8, 4, 8, 1, 4};
    struct ll_list kept = t->rest;
    LLVMValueRef is_first = ll_compare(m, LLVMIntEQ, number, ll_i64(m, 0));
    LLVMValueRef own = c_has_own(m->product, t->part) ? own_memory(t, number) : NULL;
    t->rest = (struct ll_list){0};
    for (size_t i = 0; i < kept.values.count; i++)
        ADC_PUSH(m->arena, t->rest.values, kept.values.data[i]);
    if (own) choose_arguments(t, own, is_first);
    for (size_t i = 0; i < t->team->added.count; i++) {
        uint32_t buffer = t->team->added.data[i];
        LLVMValueRef bytes =
            LLVMBuildMul(m->at, own_length(t, buffer), ll_size(m, widths[type_of(t, buffer)]), "");
        bytes = LLVMBuildSelect(m->at, is_first, ll_size(m, 0), bytes, "");
        LLVMBuildMemSet(m->at, own_space(t, own, buffer), LLVMConstNull(m->types.i8), bytes, 1);
    }
    LLVMValueRef low = begin_of_chunk(t, number);
    LLVMValueRef next = LLVMBuildAdd(m->at, number, ll_i64(m, 1), "");
    put_status(t, number, call_part(t, low, begin_of_chunk(t, next)));
    t->rest = kept;
}

static LLVMValueRef runtime(struct ll_module *m, const char *name, LLVMTypeRef result,
                            LLVMTypeRef *parameters, unsigned count)
{
    return ll_external(m, name, LLVMFunctionType(result, parameters, count, false));
}

static LLVMValueRef thread_number(struct ll_module *m, const char *name)
{
    LLVMValueRef number = ll_call(m, runtime(m, name, m->types.i32, NULL, 0), NULL, 0);
    return LLVMBuildSExt(m->at, number, m->types.i64, "");
}

/* What threads are given, as a struct. */
static LLVMValueRef pack(struct ll_module *m, const struct ll_list *values, LLVMTypeRef *type)
{
    ADC_VEC(LLVMTypeRef) types = {0};
    for (size_t i = 0; i < values->values.count; i++)
        ADC_PUSH(m->arena, types, LLVMTypeOf(values->values.data[i]));
    *type = LLVMStructTypeInContext(m->context, types.data, (unsigned)types.count, false);
    LLVMValueRef packed = ll_variable(m, *type);
    for (unsigned i = 0; i < types.count; i++)
        LLVMBuildStore(m->at, values->values.data[i],
                       LLVMBuildStructGEP2(m->at, *type, packed, i, ""));
    return packed;
}

/* Member number `i` of it. */
static LLVMValueRef unpack(struct ll_module *m, LLVMTypeRef type, LLVMValueRef given, unsigned i)
{
    LLVMValueRef address = LLVMBuildStructGEP2(m->at, type, given, i, "");
    return LLVMBuildLoad2(m->at, LLVMStructGetTypeAtIndex(type, i), address, "");
}

/* What a thread runs: each of its chunks, which are as many as there are threads apart. */
static void put_thread(struct team *t, LLVMTypeRef type, LLVMValueRef given)
{
    struct ll_module *m = t->m;
    LLVMValueRef members[GIVEN + 2];
    unsigned count = LLVMCountStructElementTypes(type);
    t->rest = (struct ll_list){0};
    for (unsigned i = 0; i < count; i++) {
        LLVMValueRef value = unpack(m, type, given, i);
        if (i < GIVEN + 2) members[i] = value;
        else ADC_PUSH(m->arena, t->rest.values, value);
    }
    for (unsigned i = 0; i < GIVEN; i++) t->head[i] = members[i];
    t->count = members[GIVEN];
    t->statuses = members[GIVEN + 1];
    m->layout = t->head[LAYOUT];
    LLVMValueRef first = thread_number(m, "omp_get_thread_num");
    LLVMValueRef step = thread_number(m, "omp_get_num_threads");
    LLVMBasicBlockRef before = ll_here(m), head = ll_block(m), body = ll_block(m),
                      end = ll_block(m);
    ll_jump(m, head);
    ll_go_on(m, head);
    LLVMValueRef number = LLVMBuildPhi(m->at, m->types.i64, "");
    ll_fork(m, ll_compare(m, LLVMIntSLT, number, t->count), body, end);
    ll_go_on(m, body);
    put_chunk(t, number);
    LLVMValueRef values[] = {first, LLVMBuildAdd(m->at, number, step, "")};
    LLVMBasicBlockRef blocks[] = {before, ll_here(m)};
    LLVMAddIncoming(number, values, blocks, 2);
    ll_jump(m, head);
    ll_go_on(m, end);
}

/* What a thread adds up: a slice of each array that chunks have their own of, whose elements get
 * what is added in the order of the chunks. */
static void put_adder(struct team *t, LLVMTypeRef type, LLVMValueRef given)
{
    struct ll_module *m = t->m;
    t->head[WORK] = unpack(m, type, given, 0);
    m->layout = unpack(m, type, given, 1);
    t->count = unpack(m, type, given, 2);
    LLVMValueRef slice = thread_number(m, "omp_get_thread_num");
    LLVMValueRef slices = thread_number(m, "omp_get_num_threads");
    LLVMValueRef next = LLVMBuildAdd(m->at, slice, ll_i64(m, 1), "");
    struct ll_counter counter = ll_open_counter(m, ll_i64(m, 1), t->count, ll_i64(m, 1));
    LLVMValueRef own = own_memory(t, counter.k);
    for (unsigned i = 0; i < t->team->added.count; i++) {
        uint32_t buffer = t->team->added.data[i];
        LLVMTypeRef element = ll_memory_type(m, type_of(t, buffer));
        LLVMValueRef length = own_length(t, buffer), ends[] = {slice, next};
        length = LLVMBuildIntCast2(m->at, length, m->types.i64, false, "");
        for (unsigned e = 0; e < 2; e++) {
            ends[e] = LLVMBuildMul(m->at, length, ends[e], "");
            ends[e] = LLVMBuildUDiv(m->at, ends[e], slices, "");
            ends[e] = LLVMBuildIntCast2(m->at, ends[e], m->types.size, false, "");
        }
        ll_put_addition(m, type_of(t, buffer),
                        ll_offset(m, element, unpack(m, type, given, 3 + i), ends[0]),
                        ll_offset(m, element, own_space(t, own, buffer), ends[0]),
                        LLVMBuildSub(m->at, ends[1], ends[0], ""));
    }
    ll_close_counter(m, &counter);
}

/* ------------------------------------------------------------------------------ all chunks */

static void put_return(struct team *t, LLVMValueRef status)
{
    if (t->checks) LLVMBuildRet(t->m->at, status);
    else LLVMBuildRetVoid(t->m->at);
}

/* What is added up costs, too. */
static void put_count(struct team *t)
{
    struct ll_module *m = t->m;
    LLVMValueRef least = LLVMConstReal(m->types.f64, t->team->least);
    for (size_t i = 0; i < t->team->added.count; i++) {
        LLVMValueRef length = own_length(t, t->team->added.data[i]);
        length = LLVMBuildUIToFP(m->at, length, m->types.f64, "");
        LLVMValueRef each = LLVMConstReal(m->types.f64, LOOP_ADDED_COST);
        least = LLVMBuildFAdd(m->at, least, LLVMBuildFMul(m->at, each, length, ""), "");
    }
    LLVMValueRef threads = thread_number(m, "omp_get_max_threads");
    LLVMValueRef most = ll_i64(m, m->product->program->threads);
    most = LLVMBuildSelect(m->at, ll_compare(m, LLVMIntSLT, threads, most), threads, most, "");
    LLVMValueRef arguments[] = {t->head[LOW],  t->head[HIGH], ll_i64(m, t->team->unit),
                                t->head[COST], least,         most};
    t->count = ll_call(m, m->chunk_count, arguments, 6);
}

static struct ll_counter open_chunks(struct team *t)
{
    struct ll_module *m = t->m;
    return ll_open_counter(m, ll_i64(m, 1), t->count, ll_i64(m, 1));
}

static void put_copies(struct team *t)
{
    struct ll_module *m = t->m;
    if (!m->product->parts[t->part].work) return;
    struct ll_counter counter = open_chunks(t);
    LLVMValueRef own = own_memory(t, counter.k), work = m->work;
    LLVMBuildMemCpy(m->at, own, 8, work, 8, ll_size(m, 8 * m->product->program->work_count));
    m->work = own;
    for (size_t i = 0; i < t->team->sums.count; i++) {
        const struct adc_node *sum = t->team->sums.data[i];
        ll_store_slot(m, sum, ll_constant(m, (enum adc_type)sum->type, c_first_value(sum)));
    }
    m->work = work;
    ll_close_counter(m, &counter);
}

static void put_first_status(struct team *t)
{
    struct ll_module *m = t->m;
    if (!t->checks) return;
    struct ll_counter counter = ll_open_counter(m, ll_i64(m, 0), t->count, ll_i64(m, 1));
    LLVMBasicBlockRef failed = ll_block(m), good = ll_block(m);
    LLVMValueRef status = ll_offset(m, m->types.i32, t->statuses, counter.k);
    status = LLVMBuildLoad2(m->at, m->types.i32, status, "");
    ll_fork(m, ll_compare(m, LLVMIntEQ, status, ll_status(m, 0)), good, failed);
    ll_go_on(m, failed);
    LLVMBuildRet(m->at, status);
    ll_go_on(m, good);
    ll_close_counter(m, &counter);
}

static void put_sums(struct team *t)
{
    struct ll_module *m = t->m;
    if (!t->team->sums.count) return;
    struct ll_counter counter = open_chunks(t);
    LLVMValueRef own = own_memory(t, counter.k), work = t->head[WORK];
    for (size_t i = 0; i < t->team->sums.count; i++) {
        const struct adc_node *sum = t->team->sums.data[i];
        enum adc_op op = adc_reduce_op((enum adc_reduce)sum->number, (enum adc_type)sum->type);
        LLVMValueRef both[2];
        for (unsigned k = 0; k < 2; k++) {
            m->work = k ? own : work;
            both[k] = ll_load_slot(m, sum);
        }
        m->work = work;
        ll_store_slot(m, sum, ll_operator(m, op, sum->type == ADC_F32, both));
    }
    ll_close_counter(m, &counter);
}

static void begin(struct team *t, const char *name)
{
    struct ll_module *m = t->m;
    LLVMTypeRef head[] = {m->types.i64, m->types.i64, m->types.f64, m->types.pointer,
                          m->types.pointer};
    LLVMValueRef function = ll_declare_like(m, t->part, name, head, GIVEN);
    m->teams[t->part] = function;
    ll_attribute(m, function, LLVMAttributeFunctionIndex, "noinline", 0);
    ll_begin(m, function);
    ll_bind_part(m, t->part, GIVEN);
    for (unsigned i = 0; i < GIVEN; i++) t->head[i] = LLVMGetParam(function, i);
    for (unsigned i = GIVEN; i < LLVMCountParams(function); i++)
        ADC_PUSH(m->arena, t->rest.values, LLVMGetParam(function, i));
    m->layout = t->head[LAYOUT];
    m->work = t->head[WORK];
}

static const char *name_of(const struct team *t, const char *what)
{
    struct adc_text name;
    adc_text_init(&name, t->m->arena);
    adc_text_format(&name, "%s_%s%u__", t->m->product->symbol, what, t->part);
    return name.data;
}

/* A function of what it is given, which so many threads run. */
static void put_run(struct team *t, const char *what, const struct ll_list *values,
                    void (*put)(struct team *t, LLVMTypeRef type, LLVMValueRef given),
                    LLVMValueRef threads)
{
    struct ll_module *m = t->m;
    LLVMTypeRef packed, types[] = {m->types.pointer, m->types.pointer, m->types.i32, m->types.i32};
    LLVMValueRef all = pack(m, values, &packed);
    struct team thread = {.m = m, .team = t->team, .part = t->part, .checks = t->checks};
    LLVMBasicBlockRef here = ll_here(m), start = LLVMGetInsertBlock(m->prologue);
    LLVMBasicBlockRef body = m->body;
    LLVMValueRef function = m->function, layout = m->layout, work = m->work;
    LLVMTypeRef run_type = LLVMFunctionType(m->types.none, &m->types.pointer, 1, false);
    LLVMValueRef run = LLVMAddFunction(m->module, name_of(t, what), run_type);
    LLVMSetLinkage(run, LLVMInternalLinkage);
    ll_begin(m, run);
    put(&thread, packed, LLVMGetParam(run, 0));
    LLVMBuildRetVoid(m->at);
    ll_end(m);
    m->function = function;
    m->layout = layout;
    m->work = work;
    m->body = body;
    LLVMPositionBuilderAtEnd(m->prologue, start);
    ll_go_on(m, here);
    LLVMValueRef arguments[] = {run, all, LLVMBuildTrunc(m->at, threads, m->types.i32, ""),
                                ll_status(m, 0)};
    ll_call(m, runtime(m, "GOMP_parallel", m->types.none, types, 4), arguments, 4);
}

static void run_chunks(struct team *t)
{
    struct ll_module *m = t->m;
    struct ll_list values = {0};
    for (unsigned i = 0; i < GIVEN; i++) ADC_PUSH(m->arena, values.values, t->head[i]);
    ADC_PUSH(m->arena, values.values, t->count);
    ADC_PUSH(m->arena, values.values, t->statuses);
    for (size_t i = 0; i < t->rest.values.count; i++)
        ADC_PUSH(m->arena, values.values, t->rest.values.data[i]);
    put_run(t, "thread", &values, put_thread, t->count);
}

/* By one thread if there is little to add. */
static void run_adders(struct team *t)
{
    struct ll_module *m = t->m;
    LLVMValueRef head[] = {t->head[WORK], t->head[LAYOUT], t->count}, longest = NULL;
    struct ll_list values = {0};
    if (!t->team->added.count) return;
    for (unsigned i = 0; i < 3; i++) ADC_PUSH(m->arena, values.values, head[i]);
    for (size_t i = 0; i < t->team->added.count; i++) {
        LLVMValueRef length = own_length(t, t->team->added.data[i]);
        LLVMValueRef many = ll_compare(m, LLVMIntUGE, length, ll_size(m, LOOP_LEAST_SLICED));
        longest = longest ? LLVMBuildOr(m->at, longest, many, "") : many;
        ADC_PUSH(m->arena, values.values, ll_buffer(m, t->team->added.data[i]));
    }
    put_run(t, "adder", &values, put_adder,
            LLVMBuildSelect(m->at, longest, t->count, ll_i64(m, 1), ""));
}

void ll_put_team(struct ll_module *m, uint32_t part)
{
    struct team team = {.m = m, .part = part, .team = c_team(m->product, part)}, *t = &team;
    t->checks = m->product->parts[part].checks;
    begin(t, name_of(t, "chunks"));
    put_count(t);
    LLVMBasicBlockRef one = ll_block(m), several = ll_block(m);
    ll_fork(m, ll_compare(m, LLVMIntSLT, t->count, ll_i64(m, 2)), one, several);
    ll_go_on(m, one);
    put_return(t, call_part(t, t->head[LOW], t->head[HIGH]));
    ll_go_on(m, several);
    unsigned statuses = t->checks ? m->product->program->threads : 1;
    t->statuses = ll_variable(m, LLVMArrayType(m->types.i32, statuses));
    put_copies(t);
    run_chunks(t);
    put_first_status(t);
    put_sums(t);
    run_adders(t);
    put_return(t, ll_status(m, 0));
    ll_end(m);
}
