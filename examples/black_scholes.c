/* A host of black_scholes.ad: price and Greeks of one option, then the volatility that a market price
 * implies, by Newton's method with the exact derivative.
 *
 *     adc build black_scholes.ad -o OUT/black_scholes.c
 *     cc -I OUT black_scholes.c OUT/black_scholes.c -lm */
#include "black_scholes.h"

#include <math.h>
#include <stdio.h>

/* The volatility at which the call costs `price`; negative if Newton's method does not find one. */
static double implied_volatility(double price, double S, double T, double r, double K)
{
    double sigma = 0.3;
    for (int step = 0; step < 50; step++) {
        double value, vega;
        if (call_price_grad(S, sigma, T, r, K, &value, NULL, &vega, NULL, NULL, NULL) != 0) break;
        double change = (value - price) / vega;
        sigma -= change;
        if (fabs(change) < 1e-12) return sigma;
    }
    return -1;
}

int main(void)
{
    double S = 100, sigma = 0.25, T = 1.5, r = 0.02, K = 105;
    double price, delta, vega, theta, rho;
    int status = call_price_grad(S, sigma, T, r, K, &price, &delta, &vega, &theta, &rho, NULL);
    if (status != 0) {
        fprintf(stderr, "call_price_grad: %s\n", call_price_status(status));
        return 1;
    }
    printf("price  %.12f\n", price);
    printf("delta  %.12f   d price / d S\n", delta);
    printf("vega   %.12f   d price / d sigma\n", vega);
    printf("theta  %.12f   -d price / d T\n", -theta);
    printf("rho    %.12f   d price / d r\n", rho);

    double market = 13.0;
    double implied = implied_volatility(market, S, T, r, K);
    printf("a market price of %.2f implies a volatility of %.12f\n", market, implied);

    status = call_price_grad(S, -0.1, T, r, K, &price, &delta, &vega, &theta, &rho, NULL);
    printf("a negative volatility gives status %d: %s\n", status, call_price_status(status));
    return implied > 0 && status > 0 ? 0 : 1;
}
