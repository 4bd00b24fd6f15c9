/* adc.hpp: what each class does, and what it throws. Prints what differs, exits 1 if anything
 * does. */
#include "adc.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <vector>

static int failures;

static void expect(bool holds, const char *what)
{
    if (holds) return;
    std::printf("does not hold: %s\n", what);
    failures++;
}

#define EXPECT(condition) expect(condition, #condition)

template <class Work> static std::string thrown(adc_status status, Work work)
{
    try {
        work();
    } catch (const adc::error &error) {
        if (error.status() != status) std::printf("status %d, not %d\n", error.status(), status);
        failures += error.status() != status;
        return error.what();
    }
    std::printf("nothing was thrown\n");
    failures++;
    return "";
}

static const char program[] = "export fn f(var x: real[N], s: real) -> real {\n"
                              "  require N > 0, \"no points\"\n"
                              "  s*sum(i: x[i]^2)\n"
                              "}\n"
                              "export fn twice(A: real[M, N], n: int, b: bool) -> (B: real[M, N]) =\n"
                              "  (B = [i, j: if b then n*A[i, j] else 0])\n";

static void native_code()
{
    adc_options options = {};
    options.engine = ADC_ENGINE_INTERPRETER;
    adc::context context(options);
    adc::module module = context.compile_string("g.ad", "export fn g(var x: real) -> real = x*x\n");
    adc::function f = module.get("g", "grad");
    double value = 0, slope = 0;
    try {
        auto *code = f.pointer<int(double, double *, double *, void *)>();
        EXPECT(code(3, &value, &slope, nullptr) == 0 && value == 9 && slope == 6);
    } catch (const adc::error &error) {
        EXPECT(error.status() == ADC_NO_NATIVE_CODE);
        EXPECT(std::string(error.what()).find("no native code") != std::string::npos);
    }
    options.engine = ADC_ENGINE_NATIVE;
    adc::context fast(options);
    try {
        adc::module other = fast.compile_string("g.ad", "export fn g(x: real) -> real = x*x\n");
        other.get("g")({{"x", 4.0}, {"result", value}});
        EXPECT(value == 16);
    } catch (const adc::error &error) {
        EXPECT(error.status() == ADC_NO_NATIVE_CODE);
    }
}

static void calls()
{
    adc::context context;
    adc::module module = context.compile_string("f.ad", program);
    adc::function grad = module.get("f", "grad");
    const std::vector<double> x = {1, 2, 3};
    std::array<double, 3> slope = {};
    double result = 0;
    grad({{"x", x}, {"s", 0.5}, {"result", result}, {"grad_x", slope}});
    EXPECT(result == 7 && slope[0] == 1 && slope[2] == 3);
    grad({{"x", adc::span<const double>(x.data(), 2)}, {"s", 1.0}, {"result", result}});
    EXPECT(result == 5);
    double A[2][2] = {{1, 2}, {3, 4}}, B[2][2];
    std::int64_t n = 3;
    module.get("twice")({{"A", &A[0][0], {2, 2}}, {"n", n}, {"b", true}, {"B", &B[0][0], {2, 2}}});
    EXPECT(B[0][0] == 3 && B[1][1] == 12);
    EXPECT((grad.shape({{"x", x}}, "grad_x") == std::vector<std::int64_t>{3}));
    EXPECT(grad.work({{"x", x}}) % 8 == 0);
    EXPECT(grad.symbol() == "f_grad");
    EXPECT(grad.ports().size() == 5 && grad.ports()[4].name == std::string("grad_x"));
    EXPECT((module.functions() == std::vector<std::string>{"f", "twice"}));
    EXPECT(module.emit(ADC_C_HEADER, "f.h").find("f_grad") != std::string::npos);
}

static void errors()
{
    int warnings = 0;
    adc::context context([&](const adc_diagnostic &diagnostic) {
        warnings += !diagnostic.error && diagnostic.code == std::string("E38");
    });
    std::string text =
        thrown(ADC_BAD_PROGRAM,
               [&] { context.compile_string("g.ad", "export fn g() -> real = q\n"); });
    EXPECT(text.find("g.ad:1:25: error: ") == 0);
    thrown(ADC_NO_FILE, [&] { context.compile_file("there/is/none.ad"); });
    adc::module module = context.compile_string("f.ad", program);
    thrown(ADC_UNKNOWN_NAME, [&] { module.get("h"); });
    adc::function f = module.get("f");
    double result;
    std::vector<double> empty;
    text = thrown(1, [&] { f({{"x", empty}, {"s", 1.0}, {"result", result}}); });
    EXPECT(text.find("no points") != std::string::npos);
    text = thrown(ADC_WRONG_TYPE, [&] { f({{"x", empty}, {"s", 1.0f}}); });
    EXPECT(text.find("`s` is f64, but f32 was given") != std::string::npos);
    context.compile_string("w.ad", "export fn w(var x: real, var y: real) -> real = x\n")
        .get("w", "grad");
    EXPECT(warnings > 0);
}

static void graphs()
{
    adc::context context;
    auto graph = context.make_graph();
    adc::node x = graph->variable("x"), y = graph->variable("y"), c = graph->constant("c", 1.3);
    adc::node z = (x*y + c)*c + x;
    graph->feed({{"x", 0.9}, {"y", 0.4}});
    graph->backward(z);
    EXPECT(z.value() == 3.0580000000000003 && y.gradient() == 1.1700000000000002);
    EXPECT(z.name() == "add/1" && graph->find("mul/0").raw() == (x*y).raw());
    EXPECT(std::fabs(c.gradient() - 2.96) < 1e-15);
    double value = 0;
    graph->compile("z", z).get("z")({{"x", 0.9}, {"y", 0.4}, {"result", value}});
    EXPECT(value == z.value());
    EXPECT(graph->program("z", z).find("let mul_0 = x * y") != std::string::npos);
    EXPECT(graph->draw(z).find("mul/0") != std::string::npos);
    adc::node n = graph->dimension("N"), u = graph->variable("u", {n});
    adc::node norm = graph->reduce("sum", u*u)/2.0;
    graph->feed({{"u", std::vector<double>{3, 4}}});
    graph->backward(norm);
    EXPECT(norm.value() == 12.5 && (u.gradients() == std::vector<double>{3, 4}));
    thrown(ADC_GIVEN_TWICE, [&] { graph->variable("x"); });
    thrown(ADC_UNKNOWN_NAME, [&] { graph->find("nobody"); });
    thrown(ADC_MISSING, [&] { x.value(); });
    thrown(ADC_WRONG_SHAPE, [&] { graph->matmul(u, x); });
    thrown(ADC_IS_CONSTANT, [&] { graph->feed({{"c", 1.0}}); });
}

int main()
{
    calls();
    native_code();
    errors();
    graphs();
    return failures != 0;
}
