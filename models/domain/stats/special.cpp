// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/stats/special.h"
#include <array>
#include <cmath>
#include <limits>

namespace wf::stats {

namespace {
template <size_t N> double polynomial(const std::array<double, N>& c, double x)
{
    double v = 0;
    for (size_t i = N; i-- > 0;)
        v = v * x + c[i];
    return v;
}

// std::lgamma writes the global signgam; this one is safe from several threads.
double logGamma(double x)
{
    int sign = 0;
    return ::lgamma_r(x, &sign);
}

double betaFraction(double x, double a, double b)
{
    constexpr double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (std::abs(d) < tiny ? tiny : d);
    double h = d;
    for (int m = 1; m <= 10000; ++m) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 + even * d;
        c = 1 + even / c;
        d = 1 / (std::abs(d) < tiny ? tiny : d);
        c = std::abs(c) < tiny ? tiny : c;
        h *= d * c;
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 + odd * d;
        c = 1 + odd / c;
        d = 1 / (std::abs(d) < tiny ? tiny : d);
        c = std::abs(c) < tiny ? tiny : c;
        h *= d * c;
        if (std::abs(d * c - 1) < 1e-15) break;
    }
    return h;
}
} // namespace

double normalCdf(double z)
{
    return 0.5 * std::erfc(-z / std::sqrt(2.0));
}

double normalQuantile(double p)
{
    if (!(p > 0)) return -std::numeric_limits<double>::infinity();
    if (!(p < 1)) return std::numeric_limits<double>::infinity();
    static constexpr std::array a{3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
        1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4,
        2.5090809287301226727e3};
    static constexpr std::array b{1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
        2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3};
    static constexpr std::array c{1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
        3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2,
        7.74545014278341407640e-4};
    static constexpr std::array d{1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
        1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9};
    static constexpr std::array e{6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
        2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5,
        2.01033439929228813265e-7};
    static constexpr std::array f{1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
        7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15};
    const double q = p - 0.5;
    if (std::abs(q) <= 0.425) {
        const double r = 0.180625 - q * q;
        return q * polynomial(a, r) / polynomial(b, r);
    }
    const double r = std::sqrt(-std::log(q < 0 ? p : 1 - p));
    const double z
        = r <= 5 ? polynomial(c, r - 1.6) / polynomial(d, r - 1.6) : polynomial(e, r - 5) / polynomial(f, r - 5);
    return q < 0 ? -z : z;
}

double logBeta(double a, double b)
{
    return logGamma(a) + logGamma(b) - logGamma(a + b);
}

double betaCdf(double x, double a, double b)
{
    if (!(x > 0)) return 0;
    if (x >= 1) return 1;
    const double front = std::exp(a * std::log(x) + b * std::log1p(-x) - logBeta(a, b));
    if (x < (a + 1) / (a + b + 2)) return front * betaFraction(x, a, b) / a;
    return 1 - front * betaFraction(1 - x, b, a) / b;
}

double betaQuantile(double p, double a, double b)
{
    if (a <= 0) return 0;
    if (b <= 0) return 1;
    double low = 0, high = 1;
    // Bisection in the tail's own scale: 200 halvings reach full relative precision for quantiles down to 1e-60.
    for (int i = 0; i < 200 && high - low > 1e-16 * high; ++i) {
        const double mid = (low + high) / 2;
        (betaCdf(mid, a, b) < p ? low : high) = mid;
    }
    return (low + high) / 2;
}

double studentCdf(double t, double degrees)
{
    const double tail = 0.5 * betaCdf(degrees / (degrees + t * t), degrees / 2, 0.5);
    return t > 0 ? 1 - tail : tail;
}

double studentQuantile(double p, double degrees)
{
    if (p == 0.5) return 0;
    if (degrees > 1e7) return normalQuantile(p);
    const double tail = p < 0.5 ? p : 1 - p;
    const double x = betaQuantile(2 * tail, degrees / 2, 0.5);
    const double t = std::sqrt(degrees * (1 - x) / x);
    return p < 0.5 ? -t : t;
}

} // namespace wf::stats
