/* Native code of functions: the one place where the host API meets backend/jit.h.
 *
 * This adc has none: asking for it is a status, and calls by name are interpreted. */
#include "runtime/host.h"

void host_native_free(struct host_function *function)
{
    (void)function;
}

void *adc_function_pointer(adc_function *function)
{
    if (!function) return NULL;
    host_fail(function->module->unit->context, ADC_NO_NATIVE_CODE,
              "adc was built without native code");
    return NULL;
}
