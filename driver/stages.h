/* Texts of the stages between AST and C, for `adc build --emit` and `adc show`. Each appends to
 * `out`. */
#ifndef ADC_DRIVER_STAGES_H
#define ADC_DRIVER_STAGES_H

#include "driver/program.h"

/* The products of a function that count: those of --derive, else its own. */
int stages_products(struct session *session, const struct program *program,
                    const struct adc_function *written,
                    unsigned *products);

/* The names of --wrt and --of fit the products of the function; a mistake is STATUS_USAGE. */
int stages_check_names(struct session *session, struct program *program, const char *name);

/* The graph as written. */
int stages_written(struct session *session, struct program *program, const char *name,
                   struct adc_text *out);

enum stages_form { STAGES_IR, STAGES_LOOPS };

/* Every product of the function, derived and simplified, as text IR or as loop program; with
 * `derivatives_only`, all but the value where there is a derivative. */
int stages_products_text(struct session *session, struct program *program, const char *name,
                         enum stages_form form, bool derivatives_only, struct adc_text *out);

/* build.c: the C source that `adc build` writes for the file. */
int stages_c_file(struct session *session, struct program *program, struct adc_text *out);

/* The C source of the products of one function, exported or not. */
int stages_c(struct session *session, struct program *program, const char *name,
             struct adc_text *out);

/* Likewise as --stage llvm or asm says. */
int stages_native_file(struct session *session, struct program *program, struct adc_text *out);
int stages_native(struct session *session, struct program *program, const char *name,
                  struct adc_text *out);

/* The products of one function, exported or not, as a unit. */
struct emit_c_unit;
int stages_unit(struct session *session, struct program *program, const char *name,
                struct emit_c_unit *unit);

#endif
