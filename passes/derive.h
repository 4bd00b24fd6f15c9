/* What the files that make products share. */
#ifndef ADC_PASSES_DERIVE_H
#define ADC_PASSES_DERIVE_H

#include "ir/nest.h"
#include "passes/passes.h"

struct derivation {
    const struct adc_function *from;
    struct adc_function *to; /* its graph is a copy of from's, node by node */
    const struct adc_node **map;
    const struct pass_derive_options *options;
    const char *of; /* the result that grad, hvp and hessian differentiate; NULL: the only one */
    struct adc_names *names;
    struct adc_diags *diags;
    struct adc_arena *scratch;
    ADC_VEC(uint32_t) vars;           /* indices of the parameters differentiated */
    ADC_VEC(struct pass_seed) wrt;    /* their nodes */
};

const struct adc_name *derive_joined(struct derivation *d, const char *a, const char *b);

/* Variable number `i`. */
const struct adc_parameter *derive_var(const struct derivation *d, size_t i);

/* An output of the type and shape of `like`; value NULL is zero. */
void derive_output(struct derivation *d, struct adc_result result, const struct adc_node *value,
                   const struct adc_node *like);

/* Cotangents of the variables for the cotangent 1 of the chosen result; false after a
 * diagnostic. */
bool derive_gradient(struct derivation *d);

/* Replaces the results by none: hvp and hessian give derivatives only. */
void derive_drop_results(struct derivation *d);

/* derive_matrix.c */
bool derive_hessian(struct derivation *d);
bool derive_jacobian(struct derivation *d);

#endif
