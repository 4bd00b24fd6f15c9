/* What both emitters know of a unit before they write: the C interface, and what parts need.
 *
 * c_unit.c     symbols, E45, statuses, names
 * c_parts.c    what each part of a program touches, and an order of the parts
 *
 * owner    everything lies on the unit's arena */
#ifndef ADC_BACKEND_C_UNIT_H
#define ADC_BACKEND_C_UNIT_H

#include "backend/c_names.h"
#include "backend/emit_c.h"

/* Statuses that are not those of checks. */
enum { C_STATUS_OUT_OF_MEMORY = -1, C_STATUS_NEGATIVE_SIZE = -2 };

enum { C_MAX_PARAMETERS = 100, C_WIDTH = 100 };

struct c_group;

/* Clang whose pragmas do not keep it from fusing (emit_c.c): a condition of the preprocessor. */
#define C_OLD_CLANG "defined(__clang__) && __clang_major__ < 14"

/* What a part touches, calls included, ascending: indices of parameters, results and buffers, and
 * ids of the indices whose loops are open where it is called. Buffers that it names itself. */
struct c_part {
    uint32_t *inputs, *outputs, *buffers, *indices, *named;
    uint32_t input_count, output_count, buffer_count, index_count, named_count;
    bool work;   /* reads or writes the workspace */
    bool teams;  /* calls a part that is made in chunks */
    bool checks; /* may return a status */
};

/* Values that an int may take; what is not known may overflow. */
struct c_range {
    int64_t low, high;
    bool known;
};

struct c_index_names;

/* One C entry point. */
struct c_product {
    const struct loop_program *program;
    const struct adc_function *function;
    const struct c_group *group;
    const char *symbol, *work_symbol;
    const char *args_tag; /* struct that holds the parameters when they are too many, else NULL */
    const char **inputs, **outputs; /* C names by index */
    const char **locals;    /* by node id: C name of a LOCAL, of the index of an open loop */
    const char **buffers;   /* C names by index of program->buffers */
    const char *arrays_tag; /* struct that holds the buffers when they are too many, else NULL */
    const struct c_range *ranges;  /* by node id; NULL without arrays and loops */
    struct c_index_names *indices; /* NULL without loops */
    struct c_scope scope;
    struct c_part *parts;
    uint32_t *order; /* of the parts that are called, callees first, the entry last */
    uint32_t order_count;
};

/* A renamed name, for the list in the header. */
struct c_renamed {
    const char *source, *c;
};

struct c_status {
    uint32_t number;
    const char *text;
    struct adc_span span;
};

/* One exported function: its products and what they share. */
struct c_group {
    const struct adc_function *function;          /* of the first product */
    size_t first, count;                          /* of unit->products */
    const char *status, *abi, *hess_size;         /* functions; hess_size NULL without a hessian */
    const char *ok, *out_of_memory, *abi_version; /* enumerators; status 3 is `status`_3 */
    const char *negative_size;                    /* likewise; NULL without sizes */
    const struct c_product *hessian;              /* NULL without one */
    ADC_VEC(struct c_status) statuses;            /* ascending */
    ADC_VEC(struct c_renamed) renamed;
    uint32_t abi_number; /* changes with the prototypes */
};

/* A function of the C library that lanes compute one after the other. */
struct c_lane_function {
    const char *name;
    unsigned arity;
};

/* Functions that the file has to define for operators, each for double ([0]) and float ([1]). */
struct c_used {
    uint8_t (*operators)[2];   /* by enum adc_op */
    uint8_t (*helpers)[2];     /* by number of helper */
    bool math, stdlib;         /* headers */
    bool sines[2], cosines[2]; /* functions of the C library */
    bool boolean, integer;     /* types beyond those of the interface */
    bool load_int, store_int;  /* access to integers in the workspace */
    bool parts;                /* static functions that must stay functions */
    bool layout;               /* sizes of arrays in the workspace */
    bool aligned;              /* tiles in the workspace */
    bool chunks;               /* of passes, on threads */
    bool copies;               /* loops whose passes are copied */
    /* of vectors, of double and of float */
    bool lanes[2];
    uint8_t *lane_operators[2];                     /* by enum adc_op */
    uint8_t *lane_helpers[2];                       /* by number of helper */
    uint64_t lane_texts[2];                         /* functions that work with vectors */
    ADC_VEC(struct c_lane_function) lane_functions; /* of one width, while its texts are written */
    struct c_vector *lane_vector; /* functions of vmath.def, while texts of lanes are written */
};

struct c_unit {
    const struct emit_c_unit *unit;
    struct adc_arena *arena;
    struct c_words words;
    const char *guard; /* of the header */
    struct c_product *products;
    struct c_group *groups;
    size_t group_count;
    struct c_used used;
    struct adc_text *out;      /* where functions go */
    struct adc_text statement; /* the statement being made */
    struct adc_text remark;    /* the line comment being made */
    /* position of the last line comment or directive; line 0: none yet in this function */
    uint32_t last_source, last_line;
    const struct adc_node *chunk; /* the index whose passes between low__ and high__ are printed */
};

/* False after errors. */
bool c_unit_prepare(struct c_unit *unit, const struct emit_c_unit *request);

/* Parts, order and order_count of the product. */
void c_analyse(struct c_unit *unit, struct c_product *product);

size_t c_parameter_count(const struct c_product *product);
bool c_has_work(const struct c_product *product);
/* Something in the workspace lies where sizes say. */
bool c_has_layout(const struct c_product *product);
/* Places of the layout: where each buffer begins; if results are added to, lengths of all; for each
 * buffer that chunks have for themselves where it begins and its length; where the chunks begin,
 * and the distance between them. Lengths are in elements, the rest in doubles. */
uint32_t c_place_count(const struct c_unit *unit, const struct c_product *product);
uint32_t c_length_place(const struct c_product *product, uint32_t buffer);
uint32_t c_own_place(const struct c_unit *unit, const struct c_product *product, uint32_t buffer);
uint32_t c_chunk_place(const struct c_unit *unit, const struct c_product *product);
/* The team of a part, or NULL. */
/* Of a part with a team: chunks have the buffer for themselves, which others may share; chunks have
 * memory of their own. */
bool c_is_own(const struct loop_team *team, uint32_t buffer);
bool c_has_own(const struct c_product *product, uint32_t part);
const struct loop_team *c_team(const struct c_product *product, uint32_t part);
/* f_work and the like take the parameter, or the struct of all. */
bool c_work_takes(const struct c_product *product, uint32_t input);
bool c_work_takes_struct(const struct c_product *product);
/* The buffer lies in the workspace though it is a result: its elements are added at the end. */
bool c_adds_result(const struct c_unit *unit, const struct c_product *product, uint32_t buffer);

/* Functions extent__ and room__, which lay out workspaces. */
extern const char c_extent_text[], c_room_text[];
/* chunk_count__: in how many chunks passes are made that take `cost`: of whole units, each worth
 * `least`. chunk__: where one of several begins; number `count`: where the last one ends. */
extern const char c_chunk_count_text[], c_chunk_text[];

/* Width at which the R of the node's operator stands. */
bool c_is_single(const struct adc_node *node);
/* A reduction over no points; zero of anything else. */
union adc_value c_first_value(const struct adc_node *node);

#endif
