/* Arrays in files of NumPy: format 1 and 2, little-endian f8 f4 i8 i4 or b1, in C order.
 *
 * source   numpy.lib.format: magic, version, length of the header, a Python dict with the keys
 *          descr, fortran_order and shape, then the elements
 * owner    `data` points into the bytes that were read */
#ifndef ADC_DRIVER_NPY_H
#define ADC_DRIVER_NPY_H

#include "ir/node.h"

enum npy_type { NPY_F8, NPY_F4, NPY_I8, NPY_I4, NPY_B1, NPY_TYPE_COUNT };

struct npy {
    enum npy_type type;
    unsigned rank;
    int64_t length[ADC_MAX_RANK];
    size_t count;
    const unsigned char *data;
};

/* NULL, or what is wrong with the file: a sentence without subject, "is in Fortran order". */
const char *npy_open(const char *bytes, size_t size, struct npy *npy);

/* Element `at` by its own type: ADC_F64, ADC_INT or ADC_BOOL. */
union adc_value npy_element(const struct npy *npy, size_t at, enum adc_type *type);

#endif
