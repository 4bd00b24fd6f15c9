/* Inside of lowering: from checked tree to the graph as written, by inlining calls.
 *
 * One visitor (ast_walk) serves a function and all it calls: the step of a call binds the arguments
 * and returns the callee's body as the next node to visit. Every visited node pushes exactly one
 * value on the stack of values; statements push the empty one.
 *
 * if       both arms are lowered one after the other; `mut`s that an arm changed are joined by IF
 *          nodes behind it. The innermost arm is the path condition of checks.
 * calls    with the same arguments (nodes) are one instance, so chains of functions that call each
 *          other twice stay linear
 * loops    `mut`s that the body assigns are STATEs in it and FINALs behind it; elements are put
 *          under the conditions of the arms around, so that arms need no copies to be joined
 * arrays   are their elements: a scalar node with indices of their own; what is read costs nothing
 *          until it is read elsewhere than at these (lower_array.c)
 * indices  of comprehensions and reductions under way are open; checks under them hold for all
 * owner    the arena of the module */
#ifndef ADC_FRONTEND_LOWER_H
#define ADC_FRONTEND_LOWER_H

#include "frontend/sema.h"
#include "frontend/sizes.h"
#include "ir/state.h"

/* An array by its element: `body` at `index`. Immutable but for `stored`, which is made when it is
 * needed. */
struct lower_array {
    enum adc_type type;
    unsigned rank;
    const struct adc_node *index[ADC_MAX_RANK]; /* its own: from 0 to shape, different, not open */
    const struct adc_node *shape[ADC_MAX_RANK]; /* canonical (sizes.h); may read indices around */
    const struct adc_node *body;
    const struct adc_node *stored; /* the array node of these elements */
    const struct adc_name *name;   /* or NULL */
};

/* A shape that calls of a function parameter keep: its type as written, in the frame where it was
 * written. */
struct lower_contract {
    const struct lower_contract *outer;
    const struct ast *type; /* TFN */
    struct lower_frame *frame;
};

/* A function as a value: a lambda with what it captures. Equal ones have one id. */
struct lower_closure {
    const struct sema_lambda *lambda;
    const struct sema_function *version; /* NULL: each call has its own */
    struct lower_cell *captured;         /* as lambda->captured */
    const struct lower_contract *contract;
    const struct adc_indices *around; /* that what is captured depends on */
    bool specialised;                 /* it stands in a function that takes functions */
    bool unchecked;                   /* or in one, or a statement, with @unchecked */
    uint32_t id;
};

/* A scalar (node), an array, a function or a record (`count` fields). Immutable. */
struct lower_value {
    const struct adc_node *node;
    struct lower_array *array;
    const struct lower_closure *closure;
    uint32_t count;
    const struct lower_value *field[];
};

/* What a parameter, `let` or `mut` stands for. */
struct lower_cell {
    const struct sema_symbol *symbol;
    const struct lower_value *value;
    uint32_t arm_depth; /* arms around its definition */
    uint32_t serial;    /* arm that looked at it last */
    size_t change;      /* its index in that arm's changes */
};

struct lower_arm {
    struct lower_arm *outer;
    const struct adc_node *condition;
    bool negated;
    const struct adc_node *path;  /* `condition` and all outer ones; NULL until asked for */
    const struct adc_node *local; /* the same within the innermost loop around */
    uint32_t base;                /* depth of the arms around that loop */
    uint32_t depth, serial;
    size_t log; /* where its assignments begin */
};

struct lower_change { /* a cell's value before and after an arm */
    struct lower_cell *cell;
    const struct lower_value *before, *after;
};

/* An `if`, `and` or `or` under way. */
struct lower_branch {
    struct lower_branch *outer;
    const struct ast *place;
    const struct adc_node *condition;
    ADC_VEC(struct lower_change) then, otherwise;
};

/* Of a function, or of what a type that takes sizes stands for. */
struct lower_frame {
    struct lower_frame *outer;
    const struct sema_function *function;
    struct lower_cell *cells; /* by slot, from function->first_slot on; of a type, by size */
    const struct ast *named;  /* such a type with its sizes as written; it has no function */
    const struct lower_closure *closure; /* of a lambda */
    bool specialised;                    /* for functions that it was given */
    uint32_t serial;
    uint32_t unchecked; /* the function and statements under way that are */
    uint32_t base;      /* arms around the innermost loop under way */
};

/* A size as written and where its names have their meaning. */
struct lower_axis {
    struct ast *size;
    struct lower_frame *frame;
};

/* A type as written, without the names of types: axes around a record or a scalar. */
struct lower_type {
    struct lower_axis axis[ADC_MAX_RANK];
    unsigned rank;
    const struct ast *record; /* NULL: scalars, whose type is */
    const struct ast *scalar;
    struct lower_frame *frame; /* of its fields */
};

/* A loop of the graph: one index of a `for` or `rec`. Kept, since checks come last. */
struct lower_level {
    const struct adc_node *index, *guard; /* guard NULL: true */
    const struct adc_node *loop;          /* once all passes are known; NULL: nothing is carried */
    bool in_arm;                          /* the guard tells whether the arms around are taken */
    bool parallel;                        /* of a `@parallel for` */
    const struct adc_node *all;           /* a plain `for`: the index of its passes at once */
};

/* A component of a loop, by its number. */
struct lower_state {
    const struct adc_node *init, *next; /* next NULL: the pass is under way */
    const struct lower_level *level;
};

/* An index of a `for` or `rec` under way. */
struct lower_pass {
    struct lower_pass *outer;
    struct lower_level *level;
    const struct ast *binder;
    const struct adc_node *value;            /* of the index as the program sees it */
    const struct adc_node *low, *length;     /* first value; number of passes */
    const struct adc_node **states, **inits; /* leaves of the cells */
    const struct lower_value **outside;      /* the cells' values before */
    /* if the loop has a guard and several indices: the number of passes (innermost), or whether all
     * passes inside were made */
    const struct adc_node *extra;
    bool inner, down;
};

/* A derivative in a pass with respect to a value from before the loop: whether it leads there
 * through what the loop carries is known at its end. */
struct lower_past {
    const struct ast *call, *name; /* the derivative; what it is with respect to */
    const struct adc_node *value, *mark, *index;
    bool direct; /* there is another path */
};

/* A statement with @unique under way. */
struct lower_unique {
    const struct lower_frame *frame; /* where it stands: what it calls is not meant */
    const struct ast *attribute;
    bool met; /* such an element was read */
};

/* A `for` or `rec` under way. */
struct lower_loop {
    struct lower_loop *outer;
    const struct ast *node;
    ADC_VEC(struct lower_cell *) cells; /* what its body assigns; of a `rec`, itself */
    const struct lower_value **before;  /* values of the cells outside */
    uint32_t *depths;                   /* arms around their definitions */
    uint32_t leaves, base;
    const struct adc_indices *around; /* the indices that it depends on */
    const struct adc_node *path;      /* the arms around; NULL: may run where they are not taken */
    const struct adc_node *guard, *complete; /* of the body; whether all passes inside were made */
    size_t first_check, end_check;           /* checks of the guard */
    struct lower_pass *pass;                 /* innermost */
    uint32_t first_mark;                     /* those from here on were made in a pass */
    bool history, trial; /* a `rec`; its value is being lowered for the shape of an element */
    size_t open;         /* indices open before */
    const struct adc_node *unknown;    /* a length in the trial */
    const struct lower_value *element; /* of a `rec`: of its shape */
    ADC_VEC(struct lower_past) pasts;
};

/* A call under way. */
struct lower_call {
    struct lower_call *outer;
    const struct sema_function *callee;
    const struct lower_closure *closure;  /* that is called, or NULL */
    const struct lower_value **arguments; /* by parameter */
    const struct ast **places;            /* where each is written */
    uint32_t next;                        /* parameter whose default is looked at */
    bool in_default, in_body;
    uint32_t *key, key_count;
    struct lower_arm *arm; /* of the caller, while a default or the body is lowered */
    struct lower_instance *caller;
};

struct lower_use { /* a call of an instance with checks */
    struct lower_instance *callee;
    const struct adc_node *path; /* within the caller; NULL: always */
};

/* A function inlined for certain arguments: a call with the same ones has the same value and the
 * same checks, which hold if any of these calls runs. */
struct lower_instance {
    const struct lower_value *value;
    ADC_VEC(struct lower_use) uses;
    bool checked;                     /* it or what it calls has checks */
    const struct adc_indices *around; /* that its arguments depend on */
    bool runs, always;             /* once all callers are known: at all; whenever the entry does */
    const struct adc_node *active; /* else: under this condition */
};

struct lower_check { /* in order of execution */
    const struct lower_instance *instance;
    const struct adc_node *path, *condition; /* path within the instance; NULL: always */
    uint32_t status;
    const char *text;
    struct adc_span span;
};

struct lower_fact { /* of a node */
    bool known;     /* computed from constants alone */
    bool given;     /* computed from a parameter or from what is differentiated by */
    bool carries;   /* a derivative may flow through it; known but for what loops carry: */
    bool uncertain; /* it reads STATEs or FINALs that may carry one (lower_origin tells) */
    union adc_value value;
    const struct adc_indices *costly;  /* of its free indices: those on which costly parts depend */
    const struct adc_indices *carried; /* of its free indices: loops whose STATEs it reads */
    const struct adc_indices *needed;  /* of its free indices: not only around others */
    uint32_t weight;                   /* operators, each counted where it is used; bounded */
    uint64_t bound; /* indices that nests inside bind and that are not closed: bits 1 << id % 64 */
};

/* An index under way. */
struct lower_open {
    const struct adc_node *index;
    const struct lower_instance *instance;
};

struct lower_slot {
    const uint32_t *key;
    uint32_t count, hash;
    void *value;
};

/* Keys of words to pointers. */
struct lower_table {
    struct adc_arena *arena;
    struct lower_slot *slots;
    uint32_t slot_count, count;
};

struct lower {
    struct adc_arena *arena;
    struct adc_diags *diags;
    struct fe_module *module;
    struct sema s; /* for the shared messages */
    struct adc_function *function;
    struct adc_graph *graph;
    ADC_VEC(const struct lower_value *) values;
    ADC_VEC(struct lower_change) log; /* assignments inside arms: `before` */
    ADC_VEC(struct lower_fact) facts; /* by node id */
    ADC_VEC(uint32_t) seen;           /* by node id: search that met it last */
    ADC_VEC(const struct adc_node *) search;
    ADC_VEC(struct lower_open) open;              /* outermost first */
    ADC_VEC(const struct adc_node *) replaced;    /* by node id: what a substitution made of it */
    ADC_VEC(const struct adc_name *) index_names; /* by number */
    struct sizes sizes;
    uint32_t derived;                           /* indices that were renamed */
    ADC_VEC(struct lower_instance *) instances; /* callees before callers */
    ADC_VEC(struct lower_check) checks;
    struct lower_instance *instance;
    uint32_t searches, arms, frames;
    struct lower_frame *frame;
    struct lower_arm *arm;
    struct lower_branch *branch;
    struct lower_call *call;
    struct lower_loop *loop;
    ADC_VEC(struct lower_unique) unique;  /* innermost last */
    ADC_VEC(struct lower_level *) levels; /* by id of the index, or NULL */
    ADC_VEC(struct lower_state) states;   /* by number */
    struct lower_table memos, statuses, constants, closures;
    uint32_t status_count;
    const struct lower_value *unit;
    bool unchecked, explain; /* as asked for (frontend.h) */
};

typedef struct ast *lower_step(struct lower *l, struct ast *node, uint32_t i);

struct ast *lower_visit(void *visitor, struct ast *node, uint32_t i);

/* -------------------------------------------------------------- values (lower_value.c) */

void lower_push(struct lower *l, const struct lower_value *value);
void lower_push_node(struct lower *l, const struct adc_node *node);
const struct lower_value *lower_pop(struct lower *l);
const struct lower_value *lower_scalar(struct lower *l, const struct adc_node *node);
struct lower_value *lower_record(struct lower *l, uint32_t count);
/* Values of `from` as values of `to`, where sema_converts. */
const struct lower_value *lower_convert(struct lower *l, const struct lower_value *value,
                                        const struct sema_type *to);
const struct adc_node *lower_convert_node(struct lower *l, const struct adc_node *node,
                                          enum adc_type to);
const struct lower_value *lower_zero(struct lower *l, const struct sema_type *type);
/* IF of every pair of leaves; lower_join: of those that differ. */
const struct lower_value *lower_select(struct lower *l, const struct ast *place,
                                       const struct adc_node *condition,
                                       const struct lower_value *a, const struct lower_value *b);
const struct lower_value *lower_join(struct lower *l, const struct ast *place,
                                     const struct adc_node *condition, const struct lower_value *a,
                                     const struct lower_value *b);
/* Writes the leaves in order and returns the end; arrays are stored. */
const struct adc_node **lower_leaves(struct lower *l, const struct lower_value *value,
                                     const struct adc_node **leaves);
uint32_t lower_leaf_count(const struct lower_value *value);
/* The value of the form of `like` with these leaves. */
const struct lower_value *lower_like(struct lower *l, const struct lower_value *like,
                                     const struct adc_node ***leaves);
/* The indices that must have a value for it to have one. */
const struct adc_indices *lower_free(struct lower *l, const struct lower_value *value);
/* A local gets its value. */
void lower_define(struct lower *l, const struct sema_symbol *symbol,
                  const struct lower_value *value);
/* The value a definition gives: named, and marked if it is differentiated by. */
const struct lower_value *lower_defined(struct lower *l, const struct sema_symbol *symbol,
                                        const struct lower_value *value);

/* ------------------------------------------------------------ functions (lower_function.c) */

/* What tells a value from others (lower_call.c): its words, put at `key`, whose end is returned. */
uint32_t lower_key_words(const struct lower_value *value);
uint32_t *lower_put_key(uint32_t *key, const struct lower_value *value);
/* A frame of `function` becomes the innermost one. */
struct lower_frame *lower_enter_frame(struct lower *l, const struct sema_function *function,
                                      const struct lower_closure *closure);
/* The function given for `parameter` of the innermost frame, with the shapes that it promises. */
const struct lower_value *lower_promised(struct lower *l, const struct sema_symbol *parameter,
                                         const struct lower_value *value);
/* Checks the arguments, or (NULL) the result of the call under way, for all contracts. */
void lower_keep_contracts(struct lower *l, const struct lower_value *result,
                          const struct ast *place);

/* --------------------------------------------------------------- arrays (lower_array.c) */

/* Of an array node. */
const struct lower_value *lower_stored(struct lower *l, const struct adc_node *array);
const struct lower_value *lower_array_value(struct lower *l, const struct lower_array *array);
/* An array inside of an array of records; all have the axes of the latter before their own. */
struct lower_array *lower_any_array(const struct lower_value *value);
/* The element at `at`, for use where the indices `scope` have values. */
const struct adc_node *lower_element(struct lower *l, struct lower_array *array,
                                     const struct adc_node *const *at,
                                     const struct adc_indices *scope);
/* As above where no element is read twice: nothing is stored for it. */
const struct adc_node *lower_element_once(struct lower *l, const struct lower_array *array,
                                          const struct adc_node *const *at);
/* The array node; indices around that the elements read are free in it. */
const struct adc_node *lower_store(struct lower *l, struct lower_array *array);
/* E37 if the node has more free indices than arrays can get axes for. */
void lower_check_depth(struct lower *l, const struct adc_node *node);
/* The array by indices that are not open. */
struct lower_array *lower_apart(struct lower *l, struct lower_array *array);
/* The indices around that the element reads. */
const struct adc_indices *lower_outer(struct lower *l, const struct lower_array *array);
/* The indices that are open. */
const struct adc_indices *lower_scope(struct lower *l);
const struct adc_node *lower_axis(struct lower *l, unsigned number, const struct adc_node *length);
/* An array of this shape without letters, to be given its element. */
struct lower_array lower_shaped(struct lower *l, const struct adc_node *const *shape,
                                unsigned rank);
const struct lower_value *lower_made(struct lower *l, struct lower_array *made,
                                     const struct adc_node *element);
/* The element of `array` at `at`, as a part of the element of `made`. */
const struct adc_node *lower_part(struct lower *l, const struct lower_array *made,
                                  struct lower_array *array, const struct adc_node *const *at);

/* What combines scalars: `context` is the caller's. */
typedef const struct adc_node *lower_combine(struct lower *l, const void *context,
                                             const struct adc_node *const *elements);

/* `combine` of scalars and arrays of one shape, element by element; at least one array. */
const struct lower_value *lower_map(struct lower *l, const struct ast *place,
                                    const struct lower_value *const *operands, unsigned count,
                                    lower_combine *combine, const void *context);

/* Whether the shapes agree: E16, E20 (by `code`) or a check if not. */
bool lower_same_shape(struct lower *l, const struct ast *place, const struct lower_array *a,
                      const struct lower_array *b, enum adc_code code);
/* The same for what the fields of two values of one type hold: E20. */
bool lower_same_shapes(struct lower *l, const struct ast *place, const struct lower_value *a,
                       const struct lower_value *b);

/* ---------------------------------------------------------------- nests (lower_nest.c) */

/* `root` with indices replaced; what is bound inside gives way. */
const struct adc_node *lower_substitute(struct lower *l, const struct adc_node *root,
                                        const struct adc_node *const *from,
                                        const struct adc_node *const *to, unsigned count);
/* adc_nest; an index that a nest inside binds in its own loop gets another name. */
const struct adc_node *lower_nest(struct lower *l, const struct adc_nest *nest);
/* An index over the range of `like` that no other one is. */
/* Whether some of the nodes read what a loop over one of the indices carries: they belong to its
 * pass. */
bool lower_reads_state(struct lower *l, const struct adc_node *const *nodes, unsigned count,
                       const struct adc_node *const *indices, unsigned index_count);
const struct adc_node *lower_derived_index(struct lower *l, const struct adc_node *like);
const struct adc_node *lower_and(struct lower *l, const struct adc_node *a,
                                 const struct adc_node *b); /* NULL: true */

/* ------------------------------------------------------------ indexing (lower_index.c) */

struct lower_access {
    const struct ast *node;                        /* INDEX */
    const struct lower_value *given[ADC_MAX_RANK]; /* by axis; NULL: the whole axis */
    struct ast *place[ADC_MAX_RANK];               /* where these are written */
    struct lower_array *array;
    const struct adc_node *at[ADC_MAX_RANK]; /* the element at the indices of `made` */
    struct lower_array made;                 /* the axes that remain */
};
/* Fills in `at` and the shape of `made`, with checks that all elements exist. */
void lower_locate(struct lower *l, struct lower_access *access);
/* `@unique` of a statement begins, and ends, with a warning (E51) if it has no effect. */
void lower_open_unique(struct lower *l, const struct ast *attribute);
void lower_close_unique(struct lower *l, const struct ast *attributed);
/* The element of `array`, as written, with what is said of that array. */
const struct lower_value *lower_unique(struct lower *l, const struct ast *array,
                                       const struct lower_value *value);
/* The elements of an array, or of all arrays of a record. */
const struct lower_value *lower_accessed(struct lower *l, const struct lower_access *access,
                                         const struct lower_value *value);

/* --------------------------------------------- loops (lower_{loop,pass,rec,over,update}.c) */

/* An index gets a value; E37 if there are too many (lower_range.c). */
bool lower_may_open(struct lower *l, const struct ast *binder);
void lower_open_index(struct lower *l, const struct ast *binder, const struct adc_node *index,
                      const struct adc_node *value);
/* Whether all lengths are closed; E41 for the loop under way. */
bool lower_is_closed(const struct lower_value *value);
void lower_refuse_length(struct lower *l);
void lower_begin_loop(struct lower *l, const struct ast *node);
/* A binder of the loop has its range: what the body assigns gets its values of a pass. */
struct lower_range { /* step NULL: 1 */
    const struct adc_node *low, *high, *step;
};
void lower_open_pass(struct lower *l, const struct ast *binder, const struct lower_range *range);
void lower_check_past(struct lower *l, const struct lower_past *past); /* lower_derivative.c */

/* GRAD, or with a weight JVP or VJP, of the value by the mark: NULL if it cannot depend on it. In a
 * pass, through what the loops under way carry there too (lower_derivative.c). */
const struct adc_node *lower_derivative(struct lower *l, enum adc_op op,
                                        const struct adc_node *value, const struct adc_node *mark,
                                        const struct adc_node *weight);
/* The cells get STATEs of the pass as values. */
void lower_carry(struct lower *l, struct lower_loop *loop, struct lower_pass *pass);
/* The loop of the innermost pass; the cells get their values behind it. */
void lower_close_pass(struct lower *l);
void lower_end_loop(struct lower *l);
/* What a leaf of the cells is behind a `@parallel for`, by `next` of it; NULL: by the loop. */
const struct adc_node *lower_parallel(struct lower *l, const struct lower_pass *pass, uint32_t leaf,
                                      const struct adc_node *next);
struct lower_level *lower_level(const struct lower *l, const struct adc_node *index);
void lower_note_level(struct lower *l, struct lower_level *level);
/* Of a STATE or FINAL. */
struct lower_state *lower_state(struct lower *l, uint32_t number);
/* The condition in all passes and points (always), or in one of them, of the indices it depends on;
 * `but` of some. */
const struct adc_node *lower_over(struct lower *l, const struct adc_node *condition,
                                  const struct adc_indices *but, bool always);
/* Reading a `rec` inside its own definition: positions for indices, and E19 or a check. */
void lower_check_earlier(struct lower *l, struct lower_access *access);
/* Whether `after` is `before` with elements put under the conditions of the arms around. */
bool lower_extends(struct lower *l, const struct lower_value *after,
                   const struct lower_value *before);
/* The axis of a definition must be known before the array is: E18. */
bool lower_check_axis(struct lower *l, const struct ast *binder, const struct adc_node *index,
                      const struct adc_node *const *earlier, unsigned count);

/* --------------------------------------------------------------- sizes (lower_size.c) */

const struct adc_node *lower_size(struct lower *l, const struct adc_node *node); /* canonical */
const char *lower_size_text(struct lower *l, const struct adc_node *node);
enum lower_order { LOWER_EQUAL, LOWER_DIFFERENT, LOWER_UNKNOWN };
enum lower_order lower_compare_sizes(struct lower *l, const struct adc_node *a,
                                     const struct adc_node *b);
/* A check that two sizes are equal; `a` and `b` as they are named in its text. */
void lower_require_equal(struct lower *l, const struct ast *place, const struct adc_node *a,
                         const struct adc_node *b);
/* -------------------------------------------------------------- shapes (lower_shape.c) */

/* Adds the axes of `type` to those that `written` has, and fills in the rest; `known`: its sizes
 * have values, which fields may need. */
void lower_written(struct lower *l, const struct ast *type, struct lower_frame *frame, bool known,
                   struct lower_type *written);
/* The value of a size; NULL: `_` that says nothing. */
const struct adc_node *lower_axis_size(struct lower *l, const struct lower_axis *axis);
/* Cells of the dimensions of the function of the innermost frame that the shape of the value of a
 * parameter tells. */
void lower_bind_shape(struct lower *l, const struct sema_symbol *parameter);
/* As above for all its parameters, and checks that they agree. */
void lower_bind_dims(struct lower *l, const struct ast *const *places);
/* The value has the shape of `type` as written: E20 or a check if not. */
void lower_expect_shape(struct lower *l, const struct ast *type, const struct lower_value *value,
                        const struct ast *place);

/* ------------------------------------------------------ records in memory (lower_pack.c) */

/* The value with its ints narrow where `type` says so and they lie in arrays. */
const struct lower_value *lower_as_stored(struct lower *l, const struct ast *type,
                                          const struct lower_value *value);
/* Parameters of an entry for one with a type that is not a scalar, and its value. */
const struct lower_value *lower_open_array(struct lower *l, const struct sema_symbol *parameter,
                                           const struct adc_parameter *like);
/* The results of an entry. */
void lower_add_results(struct lower *l, const struct lower_value *value,
                       const struct sema_type *type);
/* E45 if two parameters or two results have one name, as parts of records may. */
void lower_check_names(struct lower *l);

/* ------------------------------------------------------------- proofs (lower_prove.c) */

/* Whether `size` >= 0 wherever the indices at hand have values and the path was taken. */
bool lower_proves(struct lower *l, const struct size *size);
/* Its least value over all indices, a size without them; NULL: not found. */
const struct size *lower_least(struct lower *l, const struct size *size);
bool lower_on_path(const struct lower *l); /* something around may not run */

/* ----------------------------------------------------------- reductions (lower_reduce.c) */

struct lower_points { /* what is reduced over */
    const struct adc_node *const *index;
    unsigned count;
    const struct adc_node *guard; /* NULL: true */
};
/* A scalar, or the tuple of indices where an extreme value is. */
const struct lower_value *lower_reduction(struct lower *l, const struct ast *place,
                                          const struct builtin *row,
                                          const struct lower_points *points,
                                          const struct adc_node *value);
/* The greatest value, without derivative; 0 where it is not finite. */
const struct adc_node *lower_peak(struct lower *l, const struct lower_points *points,
                                  const struct adc_node *value);
const struct adc_node *lower_sum(struct lower *l, const struct lower_points *points,
                                 const struct adc_node *value);

/* --------------------------- built-ins of whole arrays (lower_whole.c, _linear.c, _scan.c) */

typedef const struct lower_value *lower_whole(struct lower *l, const struct ast *call,
                                              const struct lower_value *const *arguments);

/* lower_whole_NAME for each row that is an ARRAY. */
#define ADC_BUILTIN(name, kind, op, int_op, reduction, help)
#define ADC_ARRAY(name, id, check, least, most) lower_whole lower_whole_##name;
#include "frontend/builtin.def"
#undef ADC_BUILTIN
#undef ADC_ARRAY

const struct lower_value *lower_whole_builtin(struct lower *l, const struct ast *call,
                                              const struct builtin *row,
                                              const struct lower_value *const *arguments);
/* Of elements[low..high), of which number k begins at first[k], the one at `index`. */
const struct adc_node *lower_chosen(struct lower *l, const struct adc_node *index,
                                    const struct adc_node *const *elements,
                                    const struct adc_node *const *first, uint32_t low,
                                    uint32_t high);

/* --------------------------------------------------------------- facts (lower_facts.c) */

const struct lower_fact *lower_fact(struct lower *l, const struct adc_node *node);
/* Where a derivative that flows through the node comes from: a parameter or MARK; NULL: none. */
const struct adc_node *lower_origin(struct lower *l, const struct adc_node *node);
bool lower_depends(struct lower *l, const struct adc_node *node, const struct adc_node *on);

/* One by one what a derivative may flow to the node from, in earlier passes too; NULL: no more. */
const struct adc_node *lower_first_flow(struct lower *l, const struct adc_node *node);
const struct adc_node *lower_next_flow(struct lower *l);
/* The value as constants; NULL if it is not known. */
const struct lower_value *lower_known(struct lower *l, const struct lower_value *value);

void *lower_find(const struct lower_table *table, const uint32_t *key, uint32_t count);
/* Sets or replaces; the key is kept, not copied. */
void lower_put(struct lower_table *table, const uint32_t *key, uint32_t count, void *value);
/* The key of a place in the text. */
uint32_t *lower_place(struct lower *l, const struct ast *node);
enum { LOWER_PLACE_WORDS = 4 };

/* ------------------------------------------------------- arms and checks (lower_arm.c) */

void lower_open_arm(struct lower *l, const struct adc_node *condition, bool negated);
void lower_close_arm(struct lower *l, bool otherwise);
void lower_begin_branch(struct lower *l, const struct ast *place, const struct adc_node *condition);
void lower_end_branch(struct lower *l); /* joins what the arms changed */
void lower_assign(struct lower *l, struct lower_cell *cell, const struct lower_value *value);
/* Arms inside of the innermost loop of the function: their condition; NULL: none. */
const struct adc_node *lower_local_path(struct lower *l);
/* Notes that the current instance calls `callee` here. */
void lower_use(struct lower *l, struct lower_instance *callee);
/* All instances are known: gives the function its checks. */
void lower_finish_checks(struct lower *l);
void lower_require(struct lower *l, const struct adc_node *condition, const struct ast *place,
                   const char *text);
/* The same for an index or slice that may be outside: nothing where that is unchecked. */
void lower_require_inside(struct lower *l, const struct adc_node *condition,
                          const struct ast *place, const char *text);
/* Notes that something needs no check, if that is asked for. */
void lower_proved(struct lower *l, const struct ast *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Where a check of `condition` takes place: the path and that the ranges of open indices are not
 * empty; of those that `condition` or the path read, it is enough that it holds for all their
 * values. Elements of an array are checked as a whole, whatever is around the index that reads
 * them. NULL: everywhere in the instance. */
const struct adc_node *lower_path(struct lower *l, const struct adc_node *condition);
/* A check that there is already, for another condition, where `path` holds too. */
void lower_require_also(struct lower *l, const struct lower_check *like,
                        const struct adc_node *condition, const struct adc_node *path);
struct lower_cell *lower_cell(struct lower *l, const struct sema_symbol *symbol);

/* --------------------------------------------------------------- operators (lower_op.c) */

const struct adc_node *lower_arithmetic(struct lower *l, const struct ast *node, enum ast_kind kind,
                                        const struct adc_node *x, const struct adc_node *y);
const struct adc_node *lower_compare(struct lower *l, const struct ast *node,
                                     const struct adc_node *x, const struct adc_node *y);
/* Arithmetic (`kind`) or comparison of scalars and arrays. */
const struct lower_value *lower_operate(struct lower *l, const struct ast *node, enum ast_kind kind,
                                        const struct lower_value *x, const struct lower_value *y);
const struct adc_node *lower_not(struct lower *l, const struct adc_node *x);
/* Of an elementwise built-in or conversion; `count` arguments. */
const struct adc_node *lower_builtin(struct lower *l, const struct ast *call,
                                     const struct sema_symbol *symbol,
                                     const struct adc_node *const *arguments);

/* ------------------------------------------------- matrices of derivatives (lower_blocks.c) */

/* For every leaf of y and every one of x the block with the axes of both. */
const struct lower_value *lower_jacobian(struct lower *l, const struct lower_value *y,
                                         const struct lower_value *x);
const struct lower_value *lower_hessian(struct lower *l, const struct adc_node *e,
                                        const struct lower_value *x);

/* ------------------------------------------------------------------ steps, by file */

lower_step lower_step_attributed, lower_step_let, lower_step_lettuple, lower_step_require,
    lower_step_block, lower_step_first, lower_step_if, lower_step_logic; /* lower_stmt.c */
lower_step lower_step_assign;                                            /* lower_update.c */
lower_step lower_step_for;                                               /* lower_loop.c */
lower_step lower_step_rec;                                               /* lower_rec.c */
lower_step lower_step_literal, lower_step_name, lower_step_field, lower_step_tuple, lower_step_neg,
    lower_step_not, lower_step_binary; /* lower_expr.c */
lower_step lower_step_call;            /* lower_call.c */
lower_step lower_step_lambda;          /* lower_function.c */
lower_step lower_step_list, lower_step_binder, lower_step_letarray, lower_step_build,
    lower_step_reduce;                                                /* lower_range.c */
lower_step lower_step_index, lower_step_range;                        /* lower_index.c */
lower_step lower_step_array, lower_step_transpose, lower_step_matmul; /* lower_linear.c */
struct ast *lower_step_derivative(struct lower *l, struct ast *call, uint32_t i,
                                  const struct builtin *row); /* lower_derivative.c */

#endif
