"""JI-04: errors come back to the host: a syntax error, a type error and a construct that the language does not have give a status
and a message with line and column; the process lives on, and a derivative that does not exist is none."""
from common import Scratch

HOST = r"""#include <adc.h>
#include <stdio.h>

static void report(void *user, const adc_diagnostic *d)
{
    (void)user;
    printf("%s:%u:%u %s\n", d->file, d->line, d->column, d->code);
}

int main(void)
{
    static const char *const texts[] = {
        "export fn f(x: real) -> real =\n  x*\n",
        "export fn f(x: real, b: bool) -> real =\n  x + b\n",
        "export fn f(n: int) -> int =\n  if n > 0 then n*f(n - 1) else 1\n",
    };
    adc_options options = {.report = report};
    adc_context *context = adc_context_new(&options);
    for (int i = 0; i < 3; i++) {
        adc_module *module = adc_compile_string(context, "wrong.ad", texts[i], NULL);
        adc_function *f = adc_function_get(module, "f", "value");
        printf("%d %d\n", module || f || adc_function_pointer(f) ? 0 : adc_context_status(context), adc_call(f, NULL, 0));
    }
    adc_module *module = adc_compile_string(context, "int.ad", "export fn f(n: int) -> int = n*n\n", NULL);
    printf("%d", adc_function_get(module, "f", "grad") == NULL);
    adc_argument arguments[] = {{.name = "n", .type = ADC_TYPE_INT, .value = {.i64 = 7}}, {.name = "result", .type = ADC_TYPE_INT}};
    adc_status status = adc_call(adc_function_get(module, "f", "value"), arguments, 2);
    printf(" %d %d\n", status, (int)arguments[1].value.i64);
    adc_context_free(context);
    return 0;
}
"""

with Scratch() as scratch:
    lines = scratch.host("host", HOST).split("\n")
    places = [line.split(" ")[0] for line in lines if line.startswith("wrong.ad")]
    assert places[0].startswith("wrong.ad:") and places[1].startswith("wrong.ad:2:") and places[2].startswith("wrong.ad:2:"), lines
    assert [line for line in lines if line == "-9 -3"] == ["-9 -3"]*3, lines
    assert lines[-2].endswith("1 0 49"), lines
