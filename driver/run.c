/* adc run: a function and its derivatives at one point. */
#include "driver/commands.h"
#include "driver/evaluate.h"
#include "driver/session.h"

int command_run(struct session *session)
{
    const struct options *options = &session->options;
    struct program program = {0};
    struct adc_function *function;
    unsigned products;
    int status = options_products(session, options->derive, &products);
    if (options->grad) products |= 1u << ADC_GRAD;
    if (options->hessian) products |= 1u << ADC_HESSIAN;
    if (options->jacobian) products |= 1u << ADC_JACOBIAN;
    if (status == STATUS_GOOD) status = program_open(session, false, &program);
    if (status == STATUS_GOOD) status = program_function(session, &program, &function);
    return status == STATUS_GOOD ? evaluate(session, &program, function, products) : status;
}
