/* Rows: elements of an array that a loop in lanes reads, sets, or adds to, side by side.
 *
 *     x[k, 0], x[k, 1], x[k, 2]     with k any int that varies: rows are loaded whole, one a lane,
 *                                   and become columns in registers
 *     y[p, 0] = a, y[p, 1] = b      the other way: rows lie one behind the other and are stored
 *                                   whole, in the order of memory
 *     z[k, 0] += a, z[k, 1] += b    so, too, one lane after the other, as rows may meet
 *
 * One element after the other costs a load or a store for each lane, or a gather for each element.
 * A row that is read belongs to a parameter, so nothing changes it, and one element of it is read
 * by all lanes: the row is there. One that is set is set completely. Nothing else in the loop
 * reads or changes what is set or added to. All are for tiles that are full, of one vector, without
 * f32.
 */
#ifndef ADC_IR_ROWS_H
#define ADC_IR_ROWS_H

#include "ir/loop.h"
#include "ir/nest.h"

struct loop_row {
    /* a statement of the loop's own block: the row is loaded before it, or stored behind it */
    const struct loop_statement *at;
    const struct adc_node *one; /* the READ or NEST of the first of its elements */
    unsigned axes;              /* the first ones say which row; all behind have constant indices */
    unsigned length;            /* elements of a row */
    unsigned first, end;        /* of them [first, end) hold all that are asked for */
    uint64_t asked;             /* which these are, bit by bit */
    bool set;                   /* or added to; else read */
    bool adds;
    bool beside; /* rows of lanes lie one behind the other */
};

struct loop_rows {
    ADC_VEC(struct loop_row) rows;
    uint32_t *row;   /* by node id of a READ or NEST: 1 + the number of its row; 0: it has none */
    uint8_t *column; /* its element of the row */
};

enum { LOOP_ROW_MOST = 64 };

/* Of a loop in lanes; NULL: there are none. */
const struct loop_rows *loop_rows_of(const struct loop_program *program,
                                     const struct loop_statement *loop, struct adc_arena *arena);

/* The row of a READ or NEST, or NULL. */
static inline const struct loop_row *loop_row_of(const struct loop_rows *rows,
                                                 const struct adc_node *node)
{
    return rows && rows->row[node->id] ? &rows->rows.data[rows->row[node->id] - 1] : NULL;
}

/* Rows of two elements, which two loads and two permutations take apart. */
static inline bool loop_row_is_pair(const struct loop_row *row)
{
    return row->beside && row->length == 2;
}

static inline const struct adc_node *loop_row_array(const struct loop_row *row)
{
    return row->set ? row->one : row->one->in[0];
}

static inline const struct adc_node *const *loop_row_element(const struct loop_row *row)
{
    return row->set ? adc_nest_parts(row->one).target : row->one->in + 1;
}

#endif
