/* What a problem of bench/problems gives to the harness, and what it may take from it.
 *
 * A problem holds its data and two programs in C: the objective as anybody would write it, and its
 * gradient by hand. Compiled by adc are libraries of which the harness knows the addresses alone;
 * `compiled` calls one with the signature of the generated header. The gradient is one row of
 * numbers, parameter after parameter. One problem a process: what it holds is its file's own. */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>

struct bench_source;

struct bench_call {
    void *function, *work_size; /* FUNCTION and FUNCTION_work of a library */
    void *work;                 /* that many bytes */
};

struct bench_problem {
    const char *function; /* of the generated code: NAME_grad */
    int size_count;
    /* Makes the data; each number is asked for by bench_reals and bench_ints, in the order in which
     * a file of given data has them. */
    void (*prepare)(const int64_t *size, struct bench_source *source);
    size_t (*entries)(void); /* of the gradient */
    /* Of value and gradient at least: operations (each elementary function is one), and bytes of
     * inputs and gradient, each once. */
    double (*operations)(void);
    double (*bytes)(void);
    double (*objective)(void);
    double (*gradient)(double *grad);
    size_t (*work)(void *work_size);
    int (*compiled)(const struct bench_call *call, double *value, double *grad);
};

extern const struct bench_problem bench_problem;

/* `count` numbers, given ones or even in [low, high); the memory is never given back. */
double *bench_reals(struct bench_source *source, size_t count, double low, double high);
/* The same of ints from `low` to `high` - 1. */
int64_t *bench_ints(struct bench_source *source, size_t count, int64_t low, int64_t high);
double bench_real(struct bench_source *source, double low, double high);
/* Memory for the program by hand. */
double *bench_room(size_t count);

/* limits.c: what the machine does at most: additions and multiplications a second in fused
 * operations on whole vectors, bytes a second read over an array of `bytes`. */
double bench_peak(void);
double bench_bandwidth(double bytes);
double bench_now(void); /* seconds of the processor for this process, whatever else runs */

#endif
