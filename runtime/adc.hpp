/* adc.hpp -- adc.h for C++17: lifetimes, element types and errors by the language's own means.
 *
 *     adc::context context;
 *     adc::module model = context.compile_file("model.ad");
 *     adc::function f = model.get("loss", "grad");
 *     f({{"x", x}, {"result", loss}, {"grad_x", grad}});
 *
 * owner    a context must outlive its modules and graphs, and these their functions and nodes
 * threads  as adc.h says; what a call has to say is gathered in a string of its thread
 * errors   adc::error, with the status and the text of all diagnostics of the call */
#ifndef ADC_RUNTIME_ADC_HPP
#define ADC_RUNTIME_ADC_HPP

#include "adc.h"

#include <cstring>
#include <functional>
#include <initializer_list>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace adc {

class error : public std::runtime_error {
  public:
    error(adc_status status, const std::string &text) : std::runtime_error(text), status_(status) {}
    adc_status status() const { return status_; }

  private:
    adc_status status_;
};

namespace detail {

/* What the callback was told in the call at hand, on this thread. */
inline std::string &told()
{
    static thread_local std::string text;
    return text;
}

[[noreturn]] inline void fail(adc_status status, const char *otherwise)
{
    if (status == ADC_OUT_OF_MEMORY) throw std::bad_alloc();
    std::string text = std::move(told());
    told().clear();
    throw error(status, text.empty() ? std::string(otherwise) : text);
}

inline void check(adc_status status, const char *otherwise)
{
    if (status != ADC_GOOD) fail(status, otherwise);
}

template <class T> struct element;
template <> struct element<double> { static constexpr adc_element type = ADC_TYPE_F64; };
template <> struct element<float> { static constexpr adc_element type = ADC_TYPE_F32; };
template <> struct element<std::int64_t> { static constexpr adc_element type = ADC_TYPE_INT; };
template <> struct element<std::int32_t> { static constexpr adc_element type = ADC_TYPE_I32; };
template <> struct element<bool> { static constexpr adc_element type = ADC_TYPE_BOOL; };

} // namespace detail

/* Elements that lie one behind the other, somewhere else. */
template <class T> class span {
  public:
    span(T *data, std::size_t size) : data_(data), size_(size) {}
    template <class C, class = decltype(std::declval<C &>().data())>
    span(C &&container) : data_(container.data()), size_(container.size())
    {
    }
    T *data() const { return data_; }
    std::size_t size() const { return size_; }

  private:
    T *data_;
    std::size_t size_;
};

/* An input or result by name: a scalar, a vector, or an array with lengths. Results are variables
 * and memory that is not const; they are written in the call. */
class argument {
  public:
    /* a scalar that goes in */
    template <class T, class = std::enable_if_t<std::is_arithmetic_v<T>>>
    argument(const char *name, const T &value) : argument(name, &value, 0)
    {
        static_assert(sizeof value <= sizeof raw_.value, "a scalar");
        std::memcpy(&raw_.value, &value, sizeof value);
        raw_.data = nullptr; /* the value may be gone before the call */
    }
    /* a scalar that goes in or comes out */
    template <class T, class = std::enable_if_t<std::is_arithmetic_v<T>>>
    argument(const char *name, T &value) : argument(name, &value, 0)
    {
    }
    /* a vector: anything with data() and size() */
    template <class C, class T = std::remove_pointer_t<decltype(std::declval<C &>().data())>>
    argument(const char *name, C &&container) : argument(name, container.data(), 1)
    {
        raw_.lengths[0] = static_cast<std::int64_t>(container.size());
    }
    /* an array in row-major order */
    template <class T>
    argument(const char *name, T *data, std::initializer_list<std::int64_t> lengths)
        : argument(name, data, static_cast<unsigned>(lengths.size()))
    {
        if (lengths.size() > ADC_MAX_LENGTHS) throw error(ADC_WRONG_SHAPE, "too many axes");
        std::size_t i = 0;
        for (std::int64_t length : lengths) raw_.lengths[i++] = length;
    }
    const adc_argument &raw() const { return raw_; }

  private:
    template <class T> argument(const char *name, T *data, unsigned rank) : raw_()
    {
        using plain = std::remove_const_t<T>;
        raw_.name = name;
        raw_.type = detail::element<plain>::type;
        raw_.rank = rank;
        raw_.data = const_cast<plain *>(data);
    }
    adc_argument raw_;
};

using arguments = std::initializer_list<argument>;

namespace detail {

inline std::vector<adc_argument> raw(arguments given)
{
    std::vector<adc_argument> list;
    list.reserve(given.size());
    for (const argument &one : given) list.push_back(one.raw());
    told().clear();
    return list;
}

} // namespace detail

/* A handle; the module owns the function. */
class function {
  public:
    explicit function(adc_function *raw) : raw_(raw) {}

    void operator()(arguments given) const
    {
        std::vector<adc_argument> list = detail::raw(given);
        adc_status status = adc_call(raw_, list.data(), list.size());
        detail::check(status, adc_status_text(raw_, status));
    }
    std::vector<std::int64_t> shape(arguments given, const char *name) const
    {
        std::vector<adc_argument> list = detail::raw(given);
        std::int64_t lengths[ADC_MAX_LENGTHS] = {};
        adc_status status = adc_function_shape(raw_, list.data(), list.size(), name, lengths);
        detail::check(status, adc_status_text(raw_, status));
        for (const adc_port &port : ports())
            if (std::strcmp(port.name, name) == 0) return {lengths, lengths + port.rank};
        return {};
    }
    std::size_t work(arguments given) const
    {
        std::vector<adc_argument> list = detail::raw(given);
        std::size_t bytes = 0;
        adc_status status = adc_function_work(raw_, list.data(), list.size(), &bytes);
        detail::check(status, adc_status_text(raw_, status));
        return bytes;
    }
    /* Native code: function.pointer<int(double, double, double *, void *)>() */
    template <class Signature> Signature *pointer() const
    {
        detail::told().clear();
        void *found = adc_function_pointer(raw_);
        if (!found) detail::fail(ADC_NO_NATIVE_CODE, "no native code");
        Signature *code;
        static_assert(sizeof code == sizeof found, "functions and data have one size of pointer");
        std::memcpy(&code, &found, sizeof code);
        return code;
    }
    std::string symbol() const { return adc_function_symbol(raw_); }
    /* Inputs, then results. */
    std::vector<adc_port> ports() const
    {
        const adc_port *inputs, *results;
        std::size_t input_count = adc_function_inputs(raw_, &inputs);
        std::size_t result_count = adc_function_results(raw_, &results);
        std::vector<adc_port> all(inputs, inputs + input_count);
        all.insert(all.end(), results, results + result_count);
        return all;
    }
    adc_function *raw() const { return raw_; }

  private:
    adc_function *raw_;
};

class module {
  public:
    module(adc_context *context, adc_module *raw) : context_(context), raw_(raw, adc_module_free) {}

    function get(const char *name, const char *product = "value") const
    {
        detail::told().clear();
        adc_function *found = adc_function_get(raw_.get(), name, product);
        if (!found) detail::fail(adc_context_status(context_), "no such function");
        return function(found);
    }
    /* The C of all exported functions; `header` is what the source includes. */
    std::string emit(adc_form form, const char *header) const
    {
        std::string text;
        detail::told().clear();
        adc_status status = adc_module_emit(raw_.get(), form, header, append, &text);
        detail::check(status, adc_status_text(nullptr, status));
        return text;
    }
    std::vector<std::string> functions() const
    {
        std::vector<std::string> names;
        for (std::size_t i = 0; const char *name = adc_module_function(raw_.get(), i); i++)
            names.emplace_back(name);
        return names;
    }
    adc_module *raw() const { return raw_.get(); }

    static void append(void *text, const char *bytes, std::size_t count)
    {
        static_cast<std::string *>(text)->append(bytes, count);
    }

  private:
    adc_context *context_;
    std::unique_ptr<adc_module, void (*)(adc_module *)> raw_;
};

class graph;

/* A node of a graph, which owns it. */
class node {
  public:
    node(graph *owner, adc_node *raw) : owner_(owner), raw_(raw) {}
    graph &owner() const { return *owner_; }
    adc_node *raw() const { return raw_; }
    inline std::string name() const;
    /* After a pass: of a scalar, and of all elements in row-major order. Of f64 graphs. */
    inline double value() const;
    inline double gradient() const;
    inline std::vector<double> values() const;
    inline std::vector<double> gradients() const;

  private:
    graph *owner_;
    adc_node *raw_;
};

class graph {
  public:
    graph(adc_context *context, adc_graph *raw) : context_(context), raw_(raw, adc_graph_free) {}
    graph(const graph &) = delete; /* nodes know where it is */
    graph &operator=(const graph &) = delete;

    node dimension(const char *name) { return made(adc_graph_dimension(raw(), name)); }
    node variable(const char *name, std::initializer_list<node> lengths = {})
    {
        std::vector<adc_node *> list = raw(lengths);
        return made(adc_graph_variable(raw(), name, unsigned(list.size()), list.data()));
    }
    node placeholder(const char *name, std::initializer_list<node> lengths = {},
                     adc_element type = ADC_TYPE_F64)
    {
        std::vector<adc_node *> list = raw(lengths);
        return made(adc_graph_placeholder(raw(), name, type, unsigned(list.size()), list.data()));
    }
    node constant(const char *name, double value)
    {
        return made(adc_graph_constant(raw(), name, value));
    }
    node constant(double value) { return constant(nullptr, value); }
    node integer(std::int64_t value) { return made(adc_graph_int(raw(), value)); }
    node apply(const char *op, std::initializer_list<node> inputs)
    {
        std::vector<adc_node *> list = raw(inputs);
        return made(adc_graph_apply(raw(), op, list.data(), list.size()));
    }
    node select(node condition, node x, node y)
    {
        return made(adc_graph_select(raw(), condition.raw(), x.raw(), y.raw()));
    }
    node matmul(node a, node b) { return made(adc_graph_matmul(raw(), a.raw(), b.raw())); }
    node transpose(node a) { return made(adc_graph_transpose(raw(), a.raw())); }
    node reduce(const char *name, node array, int axis = -1)
    {
        return made(adc_graph_reduce(raw(), name, array.raw(), axis));
    }
    node reshape(node array, std::initializer_list<node> lengths)
    {
        std::vector<adc_node *> list = raw(lengths);
        return made(adc_graph_reshape(raw(), array.raw(), unsigned(list.size()), list.data()));
    }
    node index(node array, std::initializer_list<node> at)
    {
        std::vector<adc_node *> list = raw(at);
        return made(adc_graph_index(raw(), array.raw(), list.data(), list.size()));
    }
    node stop(node x) { return made(adc_graph_stop(raw(), x.raw())); }
    node find(const char *name) { return made(adc_graph_find(raw(), name)); }

    void feed(arguments given)
    {
        std::vector<adc_argument> list = detail::raw(given);
        check(adc_graph_feed(raw(), list.data(), list.size()));
    }
    void forward(node output) { check(adc_graph_forward(fresh(), output.raw())); }
    void backward(node output) { check(adc_graph_backward(fresh(), output.raw())); }

    module compile(const char *name, node result)
    {
        adc_node *const results[] = {result.raw()};
        adc_graph_function wanted = {name, results, nullptr, 1};
        adc_module *found = adc_graph_compile(fresh(), &wanted);
        if (!found) detail::fail(adc_context_status(context_), "the graph cannot be compiled");
        return module(context_, found);
    }
    /* The function as a program of the language. */
    std::string program(const char *name, node result)
    {
        adc_node *const results[] = {result.raw()};
        adc_graph_function wanted = {name, results, nullptr, 1};
        std::string text;
        check(adc_graph_emit_ad(fresh(), &wanted, module::append, &text));
        return text;
    }
    std::string draw(node output)
    {
        std::string text;
        check(adc_graph_draw(fresh(), output.raw(), module::append, &text));
        return text;
    }
    adc_graph *raw() const { return raw_.get(); }

  private:
    static std::vector<adc_node *> raw(std::initializer_list<node> nodes)
    {
        std::vector<adc_node *> list;
        for (const node &one : nodes) list.push_back(one.raw());
        detail::told().clear();
        return list;
    }
    adc_graph *fresh() const
    {
        detail::told().clear();
        return raw();
    }
    node made(adc_node *found)
    {
        if (!found) detail::fail(adc_context_status(context_), "there is no such node");
        detail::told().clear();
        return node(this, found);
    }
    void check(adc_status status) const
    {
        detail::check(status, adc_graph_status_text(raw(), status));
    }
    adc_context *context_;
    std::unique_ptr<adc_graph, void (*)(adc_graph *)> raw_;
};

namespace detail {

inline adc_argument read(const node &from, bool gradient)
{
    adc_argument found;
    const adc_graph *graph = from.owner().raw();
    adc_status status = gradient ? adc_graph_gradient(graph, from.raw(), &found)
                                 : adc_graph_value(graph, from.raw(), &found);
    told().clear();
    check(status, "no pass has found this");
    if (found.type != ADC_TYPE_F64) fail(ADC_WRONG_TYPE, "the node is no f64");
    return found;
}

inline double read_scalar(const node &from, bool gradient)
{
    adc_argument found = read(from, gradient);
    if (found.rank) fail(ADC_WRONG_SHAPE, "the node is an array");
    return found.value.f64;
}

inline std::vector<double> read_array(const node &from, bool gradient)
{
    adc_argument found = read(from, gradient);
    if (!found.rank) return {found.value.f64};
    std::size_t count = 1;
    for (unsigned i = 0; i < found.rank; i++) count *= static_cast<std::size_t>(found.lengths[i]);
    const double *elements = static_cast<const double *>(found.data);
    return std::vector<double>(elements, elements + count);
}

} // namespace detail

inline std::string node::name() const
{
    std::string text(adc_graph_name(owner_->raw(), raw_, nullptr, 0) + 1, '\0');
    text.resize(adc_graph_name(owner_->raw(), raw_, &text[0], text.size()));
    return text;
}
inline double node::value() const { return detail::read_scalar(*this, false); }
inline double node::gradient() const { return detail::read_scalar(*this, true); }
inline std::vector<double> node::values() const { return detail::read_array(*this, false); }
inline std::vector<double> node::gradients() const { return detail::read_array(*this, true); }

inline node operator+(node x, node y) { return x.owner().apply("add", {x, y}); }
inline node operator-(node x, node y) { return x.owner().apply("sub", {x, y}); }
inline node operator*(node x, node y) { return x.owner().apply("mul", {x, y}); }
inline node operator/(node x, node y) { return x.owner().apply("div", {x, y}); }
inline node operator-(node x) { return x.owner().apply("neg", {x}); }
inline node operator+(node x, double y) { return x + x.owner().constant(y); }
inline node operator-(node x, double y) { return x - x.owner().constant(y); }
inline node operator*(node x, double y) { return x * x.owner().constant(y); }
inline node operator/(node x, double y) { return x / x.owner().constant(y); }
inline node operator+(double x, node y) { return y.owner().constant(x) + y; }
inline node operator-(double x, node y) { return y.owner().constant(x) - y; }
inline node operator*(double x, node y) { return y.owner().constant(x) * y; }
inline node operator/(double x, node y) { return y.owner().constant(x) / y; }

class context {
  public:
    /* `warn` is called with warnings; errors are exceptions. */
    explicit context(std::function<void(const adc_diagnostic &)> warn = {})
        : context(adc_options{}, std::move(warn))
    {
    }
    /* Engine, effort, cache, debug, allocator; `report` and, without an allocator, `user` are the
     * wrapper's own. */
    explicit context(const adc_options &options,
                     std::function<void(const adc_diagnostic &)> warn = {})
        : state_(std::make_unique<state>()), raw_(nullptr, adc_context_free)
    {
        state_->warn = std::move(warn);
        state_->resize = options.resize;
        state_->user = options.user;
        adc_options own = options;
        own.report = report;
        own.user = state_.get();
        if (options.resize) own.resize = resize;
        if (own.engine > ADC_ENGINE_NATIVE || own.effort > ADC_EFFORT_3)
            detail::fail(ADC_BAD_ARGUMENT, "no such engine or effort");
        raw_.reset(adc_context_new(&own));
        if (!raw_) throw std::bad_alloc();
    }
    module compile_file(const char *path, const adc_compile_options *options = nullptr)
    {
        detail::told().clear();
        return made(adc_compile_file(raw(), path, options));
    }
    module compile_string(const char *name, const char *text,
                          const adc_compile_options *options = nullptr)
    {
        detail::told().clear();
        return made(adc_compile_string(raw(), name, text, options));
    }
    /* Nodes know where their graph is, so it does not move. */
    std::unique_ptr<graph> make_graph(adc_element real = ADC_TYPE_F64)
    {
        detail::told().clear();
        adc_graph *found = adc_graph_new(raw(), real);
        if (!found) detail::fail(adc_context_status(raw()), "no graph");
        return std::make_unique<graph>(raw(), found);
    }
    adc_context *raw() const { return raw_.get(); }

  private:
    struct state {
        std::function<void(const adc_diagnostic &)> warn;
        void *(*resize)(void *, void *, std::size_t, std::size_t);
        void *user;
    };
    static void *resize(void *own, void *block, std::size_t old_size, std::size_t new_size)
    {
        const state &of = *static_cast<state *>(own);
        return of.resize(of.user, block, old_size, new_size);
    }
    /* An exception must not pass through the library. */
    static void report(void *own, const adc_diagnostic *diagnostic) noexcept
    {
        const state &of = *static_cast<state *>(own);
        try {
            if (diagnostic->error) detail::told() += diagnostic->rendered;
            else if (of.warn) of.warn(*diagnostic);
        } catch (...) {
        }
    }
    module made(adc_module *found)
    {
        if (!found) detail::fail(adc_context_status(raw()), "the program cannot be compiled");
        return module(raw(), found);
    }
    std::unique_ptr<state> state_; /* where the library looks for it, wherever the wrapper goes */
    std::unique_ptr<adc_context, void (*)(adc_context *)> raw_;
};

} // namespace adc

#endif
