/* The loop program: what passes/schedule makes of a function and both code emitters print.
 *
 * Statements in order, over nodes of the function's graph. A node is a leaf (constant, parameter),
 * or
 * printed inside its one user (INLINE), or a local variable of the part (LOCAL), or a slot of the
 * workspace (WORK: it lives across parts). Parts keep functions short and shallow: part 0 is the
 * entry,
 * the others are called from it or from each other.
 *
 * bounds   statements per part, nesting of blocks in a part and depth of inline expressions are
 *          bounded
 *          by the constants below, so that printers may recurse over one part */
#ifndef ADC_IR_LOOP_H
#define ADC_IR_LOOP_H

#include "ir/function.h"

enum { LOOP_MAX_STATEMENTS = 160, LOOP_MAX_NESTING = 12, LOOP_MAX_DEPTH = 12 };
/* In a block of a loop: a call in each pass costs more than a longer function, and has no lanes. */
enum { LOOP_MAX_BODY = 640 };

/* Of 4 vectors of 64 bytes. */
enum { LOOP_TILE_VECTORS = 4, LOOP_TILE_BYTES = 256, LOOP_TILE_ALIGN = 64 };

enum loop_place {
    /* a constant or a parameter (an array parameter is a pointer), or the index of an open loop */
    LOOP_LEAF,
    LOOP_UNUSED,
    LOOP_INLINE, /* printed inside its one user; a READ is base[linear element] */
    LOOP_LOCAL,
    LOOP_WORK,
    LOOP_BUFFER, /* an array: program->buffers says where it lies */
};

enum loop_kind {
    /* node gets its value (an IF node here is a conditional expression) */
    LOOP_LET,
    /* for `node`, an INDEX, from its low to its high end: then. With `value`, a LOOP: in its
     * direction, while the
     * STATE that is its guard holds */
    LOOP_FOR,
    /* every element of `node`, an array in a buffer, gets 0 */
    LOOP_FILL,
    /* takes `value` into `node`, a NEST: a scalar accumulator (declared by a VAR with the first
     * value of its
     * reduction), or the element of a buffer at the nest's target (SET stores, SUM adds) */
    LOOP_REDUCE,
    /* declares `node`, which SETs further in give its value; zero until then (the reduction's first
     * value for a NEST, `value` if that is not NULL) */
    LOOP_VAR,
    /* node = value, inside an arm; value == node: node = its own operator of its inputs (a LET
     * whose variable a
     * VAR further out had to declare) */
    LOOP_SET,
    /* if (node) then else otherwise */
    LOOP_BRANCH,
    /* unless node holds, return the status of check `index` */
    LOOP_CHECK,
    /* element `element` of result `index` = value, if that output is wanted; array results are
     * buffers instead */
    LOOP_STORE,
    /* the end of a pass of `node`, a LOOP: its scalar STATEs become their nexts, all at once */
    LOOP_CARRY,
    /* part `index` */
    LOOP_CALL,
};

struct loop_statement;

struct loop_block {
    struct loop_statement **data;
    size_t count, capacity;
};

/* How a FOR runs its passes many at a time (passes/lanes.c): a tile of them, the statements one
 * after the other, each for all passes of the tile; what varies from pass to pass is a vector.
 *
 * A tile is `vectors` vectors of as many lanes as the target has reals in a register (twice as many
 * f32 as f64), so the printer knows its size and the program does not. Sums over the passes are
 * made per lane and added up in the order of the lanes behind the loop; sums into one element of an
 * array, tile by tile, or where they are kept lane by lane, tile by tile, and then like those. */
struct loop_copy {
    /* rows of `array`, one a pass: those at element[axis], the index, and behind; what stands
     * before it in `element` is known where the loop begins, and may lie outside of the array: then
     * nobody asks for a row. Element e of the row of pass p is made element e of value p of the
     * buffer */
    const struct adc_node *array, *const *element;
    unsigned axis;
    uint32_t buffer;
    bool back; /* passes write to their rows, which are copied back at the end of the tile */
};

/* Sums over lanes of elements of `array` that wait until the loop ends, in a vector for each: what
 * statements that stand in for others (`waiting`) add to element e of `vectors`, an array in a
 * buffer that is `kept`, is added up to element e of `array` behind the last full tile
 * (passes/wait.c). */
struct loop_keep {
    const struct adc_node *array, *vectors; /* NESTs */
};

struct loop_lanes {
    enum adc_type real; /* of all reals that vary: ADC_F64 or ADC_F32; ADC_INT: none does */
    unsigned vectors;
    /* For half as many passes as there are lanes too, where vectors are of eight doubles. */
    bool half;
    ADC_VEC(const struct adc_node *) sums; /* scalar NESTs from outside that passes add to */
    ADC_VEC(struct loop_copy) copies;      /* made at the start of each tile */
    ADC_VEC(struct loop_keep) kept;
    /* sums are kept if each array has so many elements at most, and there are so many tiles */
    int64_t kept_elements, kept_tiles;
};

/* What a node is inside of a loop in lanes. */
enum loop_value {
    LOOP_UNIFORM,
    LOOP_SERIES, /* an int that is `step` greater in each next pass: kept as that of the first */
    LOOP_VARYING,
};

/* As many as hide the time of a sum where a tile is one vector, and fill the registers where it is
 * four. */
enum { LOOP_JAMMED = 4 };

/* Passes of a FOR inside of one in lanes, LOOP_JAMMED at a time: the body holds as many copies of
 * each statement, but for the loops in it, which hold the copies of theirs as far as they have the
 * same passes, and are followed by one for what each copy has more (passes/jam.c). */
struct loop_jam {
    struct loop_block body; /* the index of the FOR is that of the first pass */
};

/* Where the body of a FOR is one BRANCH, on whether the pass, or a whole tile, is in the middle of
 * the range (passes/edges.c): passes in [from, to) are there, where `then` does the same. NULL: the
 * low, or high, end of the FOR. */
struct loop_middle {
    const struct adc_node *from, *to;
};

struct loop_statement {
    enum loop_kind kind;
    const struct adc_node *node;
    const struct adc_node *value;      /* SET, STORE, REDUCE, VAR, FOR */
    uint32_t index;                    /* CHECK, STORE, CALL */
    uint32_t element;                  /* STORE */
    struct loop_block then, otherwise; /* BRANCH; FOR has its body in `then` */
    const struct loop_lanes *lanes;    /* FOR; NULL: one pass after the other */
    /* FOR inside of one in lanes: as many passes at a time as make, with loop_group_parts sums
     * each, as many sums as there are lanes, so that sums over the lanes into neighbouring elements
     * are added up together (passes/jam.c) */
    bool grouped;
    /* FOR over the cuts of a loop (passes/tiles.c), FOR over the passes of a cut: the index of the
     * loop that was cut, of which all cuts together have the passes; or NULL */
    bool cuts;
    const struct adc_node *whole;
    /* FOR: how to make its passes while as many are left; `then` is for the others, or for all.
     * NULL: in no other way */
    struct loop_jam *jam;
    const struct loop_middle *middle; /* or NULL */
    /* FOR, REDUCE inside of a loop in lanes: what stands in for it in full tiles if that loop keeps
     * sums; or NULL */
    const struct loop_statement *waiting;
};

/* Of an element that chunks have sums of their own for: cleared, met and added up. */
enum { LOOP_ADDED_COST = 8 };
/* So many of them and more are added up by the team, each slice by one thread. */
enum { LOOP_LEAST_SLICED = 1 << 14 };

struct loop_nodes {
    const struct adc_node **data;
    size_t count, capacity;
};

/* What a loop is thought to take, in additions of reals: passes times `own` and what the loops in
 * a pass take. */
struct loop_cost {
    const struct adc_node *low, *high; /* of the index: known before the outermost one begins */
    double own;
    ADC_VEC(struct loop_cost *) inner;
};

/* How the passes of a FOR are made in chunks, which may run at once (passes/threads.c). A chunk is
 * a number of passes one after the other, whole units of them but for the last one. The first chunk
 * works on what the caller has; each further one on copies of the slots of the workspace and on
 * buffers of its own, where sums start anew; they are added up in the order of the chunks. */
struct loop_team {
    const struct loop_statement *loop; /* the body of the part */
    unsigned unit;                     /* passes */
    struct loop_cost cost;
    double least; /* what a thread is worth */
    /* LOCALs of the caller: what passes read, and NESTs that they add to; the caller hands them
     * over, and gets sums back, in their slots. Sums may be WORK, too. */
    struct loop_nodes values, sums;
    /* buffers: what each pass has for itself, and what passes add to */
    ADC_VEC(uint32_t) own, added;
};

struct loop_part {
    struct loop_block body;
    const struct loop_team *team; /* the only statement is its loop; or NULL */
};

/* An array that is computed. Its elements have the type of `node`; there are as many as the product
 * of its
 * shape. It lies in the output array `result` if that is wanted (result >= 0), else in the
 * workspace behind the
 * slots, in the order of the list, each at a multiple of 8 bytes; space is kept for it in any case.
 * */
struct loop_buffer {
    const struct adc_node *node; /* the last array in it */
    int32_t result;              /* index of the result it is, or -1 */
    /* each element is a tile of values, of at most LOOP_TILE_BYTES; the first lies at a multiple of
     * LOOP_TILE_ALIGN */
    bool tiled;
    bool kept; /* each element is a vector: tiles are filled one behind the other */
    /* lanes store neighbours in it (passes/rows.c): the first element lies at a multiple of
     * LOOP_TILE_ALIGN, and so does each row if `row`, the elements from one to the next, is not
     * NULL: more than the last axis has. What is behind a row no pass reads. */
    bool aligned;
    const struct adc_node *row;
    uint8_t first_axis; /* axes before it are left out: of a loop_copy, one row of its array */
    /* chunks but the first have one of their own: 1 + its number among such buffers; or 0 */
    uint32_t own;
};

/* The program asks for lanes of the loops over an index, and none can have them. */
struct loop_refusal {
    const struct adc_name *index; /* NULL: of no name */
    struct adc_span at;           /* of what asks */
    const char *why;
};

struct loop_program {
    const struct adc_function *function;
    ADC_VEC(struct loop_part) parts;
    uint8_t *place; /* enum loop_place by node id */
    /* WORK, and LOCALs handed over to a team: index into the workspace, in elements of 8 bytes */
    uint32_t *slot;
    uint32_t work_count; /* elements of 8 bytes, without buffers */
    ADC_VEC(struct loop_buffer) buffers;
    uint32_t *buffer; /* by node id of a LOOP_BUFFER: index into buffers */
    uint8_t *value;   /* enum loop_value by node id; NULL without lanes */
    int64_t *step;    /* by node id of a LOOP_SERIES */
    bool fused;       /* lanes may add a product to a sum in one rounding */
    bool fma;         /* functions of lanes are with fused multiply-adds (vmath.def) */
    /* By node id, of the first `plain_count`: computed twice, and compared, so that it is to be the
     * same number both times: never for several passes side by side, sums in their order
     * (passes/alike.c). */
    uint8_t *plain;
    size_t plain_count;
    ADC_VEC(struct loop_refusal) refused;
    unsigned width; /* most doubles in a vector; 0: as many as the target has */
    /* Chunks of a team, at most; 0: there are no teams. Behind the buffers the workspace has, for
     * each chunk but the first, copies of the slots and of the `own_count` buffers. */
    unsigned threads;
    uint32_t own_count;
    /* there is no program: the workspace depends on data, by what stands at `unsized_at` */
    bool unsized;
    struct adc_span unsized_at;
};

static inline bool loop_is_plain(const struct loop_program *program, const struct adc_node *node)
{
    return node->id < program->plain_count && program->plain[node->id];
}

/* What marks and stops stand before, up to an array with a buffer. */
const struct adc_node *loop_array(const struct loop_program *program, const struct adc_node *array);

/* What an operator takes, in additions of reals: a costly one 25, a quotient 4; what is none, 0. */
double loop_operator_cost(const struct adc_node *node);

/* Whether there is a loop in the block. */
bool loop_has_inner(const struct loop_block *block);

/* Elements along an axis as they lie in memory: its length, or of the last one the row's. */
const struct adc_node *loop_buffer_length(const struct loop_buffer *buffer, unsigned axis);
const struct adc_node *loop_length(const struct loop_program *program, const struct adc_node *array,
                                   unsigned axis);
/* It lies at a multiple of LOOP_TILE_ALIGN. */
static inline bool loop_is_aligned(const struct loop_buffer *buffer)
{
    return buffer->tiled || buffer->aligned;
}

/* How an element of an array, at `element`, is reached by the lanes of a tile. */
enum loop_reach {
    LOOP_ONE,    /* the same one for all */
    LOOP_OWN,    /* the lane's own value in a tiled buffer */
    LOOP_NEXT,   /* one after the other */
    LOOP_STRIDE, /* at a distance, in elements that of loop_stride */
    LOOP_ANY,    /* anywhere */
};
enum loop_reach loop_reach(const struct loop_program *program, const struct adc_node *array,
                           const struct adc_node *const *element);

/* Lanes over `index` that have no pass may touch the element that they would have, which is reached
 * by LOOP_NEXT: it is behind the row that all passes make, where there is room for whole vectors.
 * What lies there may be anything. */
bool loop_has_room(const struct loop_program *program, const struct adc_node *index,
                   const struct adc_node *array, const struct adc_node *const *element);

/* Nor does it matter what lanes that have no pass, or do not take an arm, read of it: it has one
 * axis, so that no condition is needed for the element to be there. */
bool loop_reads_whole(const struct loop_program *program, const struct adc_node *index,
                      const struct adc_node *array, const struct adc_node *const *element);

/* So it is with all that passes of a loop reach, and they make no sums: its last vector is like the
 * others. */
bool loop_is_whole(const struct loop_program *program, const struct loop_statement *loop);

/* The copy that holds an element, or NULL; its buffer has the axes behind that of the index. */
const struct loop_copy *loop_copied(const struct loop_program *program,
                                    const struct loop_lanes *lanes, const struct adc_node *array,
                                    const struct adc_node *const *element);

/* What a copy's rows lie behind, on an axis before that of the index, is inside of the array: a
 * constant, or an index over the whole axis. */
bool loop_is_there(const struct loop_program *program, const struct loop_copy *copy, unsigned axis);
/* The first axis whose length says where rows of a copy are, or whether they are there. */
unsigned loop_first_length(const struct loop_program *program, const struct loop_copy *copy);

/* Statements of a loop in lanes that stand between others that hold statements are a run: what is
 * the same for all lanes, then the rest for one vector of the tile after the other, then what was
 * collected for elements that all lanes share. These are the statements of runs. */
bool loop_is_simple(const struct loop_statement *statement);
/* Of any FOR: it is in lanes and has LETs and REDUCEs alone, none of which waits; it is not jammed,
 * cut or split, and neither moves nor keeps anything. */
bool loop_is_bare(const struct loop_statement *loop);
/* Made once for all lanes. */
bool loop_is_shared(const struct loop_program *program, const struct loop_lanes *lanes,
                    const struct loop_statement *statement);
/* Adds to an element that all lanes share. */
bool loop_is_collected(const struct loop_program *program, const struct loop_statement *statement);
/* What is collected for the nest's element is added to a vector that is kept. */
bool loop_is_kept(const struct loop_program *program, const struct adc_node *nest);
/* It is added up over the lanes of each tile. */
bool loop_is_added_up(const struct loop_program *program, const struct loop_statement *statement);
/* Of a FOR that is grouped: sums that are added up together in one pass. Two where they make pairs:
 * a group is half as long then, and what it holds stays in registers. Statements that are collected
 * count in their order: the first and the second one are a pair. */
unsigned loop_group_parts(const struct loop_program *program, const struct loop_statement *loop);
/* The nest is one of the loop's sums. */
bool loop_is_lane_sum(const struct loop_lanes *lanes, const struct adc_node *nest);
/* By node id: 1 for a varying variable of more than one run, where tiles have several vectors. */
uint8_t *loop_lane_arrays(const struct loop_program *program, const struct loop_statement *loop,
                          struct adc_arena *arena);

/* Reads an element of an array, so that a lane must ask for it. */
bool loop_reads(const struct loop_program *program, const struct adc_node *node);
/* Of a loop in lanes: loops in it reach arrays in tiles alone, or elements that all lanes share. */
bool loop_keeps_to_tiles(const struct loop_program *program, const struct loop_statement *loop);
/* How many passes of a FOR that is not in lanes follow each other without a test in between, as the
 * program asks (@unroll): for the compiler of the code to do. 0: it says nothing. */
enum { LOOP_MOST_COPIES = 64 };
unsigned loop_copies(const struct loop_program *program, const struct loop_statement *loop);
/* For fewer passes than lanes, or than half of them (loop_lanes.half), the loop is scalar. Rows
 * that have room (loop_has_room) have it for a vector where they have half of one. */
bool loop_may_be_short(const struct loop_statement *loop);

/* What is added to a sum over lanes: `value`, or if that is not NULL `product`, a MUL, in one
 * rounding; `less`: taken away. */
struct loop_addend {
    const struct adc_node *value, *product;
    bool less;
};
struct loop_addend loop_addend_of(const struct loop_program *program, const struct adc_node *value);

/* Text of a loop program, for `adc show --stage loops` and tests. */
void loop_print(const struct loop_program *program, struct adc_text *out);

#endif
