/* adc eval: an expression at one point, no file needed. */
#include "driver/commands.h"
#include "driver/evaluate.h"
#include "driver/session.h"

int command_eval(struct session *session)
{
    const struct options *options = &session->options;
    struct program program = {0};
    struct adc_function *function;
    if (options->operands.count == 0) {
        session_fail(session, STATUS_USAGE, "`adc eval` needs an expression");
        session_help(session, "adc eval 'x*y' x=2 y=3 --grad");
        return STATUS_USAGE;
    }
    unsigned products = options->grad ? 1u << ADC_GRAD : 0;
    if (options->hessian) products |= 1u << ADC_HESSIAN;
    if (options->jacobian) products |= 1u << ADC_JACOBIAN;
    int status = arguments_collect(session, 1, &program.arguments);
    if (status == STATUS_GOOD)
        status = program_compile_expression(session, options->operands.data[0], false, &program);
    if (status == STATUS_GOOD) status = program_function(session, &program, &function);
    return status == STATUS_GOOD ? evaluate(session, &program, function, products) : status;
}
