// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/stats/sequence.h"
#include "models/domain/stats/special.h"
#include <cmath>
#include <limits>

namespace wf::stats {

Interval rateSequence(double successes, double n, double level, double inflation)
{
    if (n <= 0) return {0, 1, level};
    const double s = successes / inflation, f = (n - successes) / inflation, estimate = successes / n;
    const double mixture = logBeta(0.5 + s, 0.5 + f) - logBeta(0.5, 0.5), limit = -std::log(1 - level);
    const auto rejected = [&](double p) {
        const double likelihood = (s > 0 ? s * std::log(p) : 0) + (f > 0 ? f * std::log1p(-p) : 0);
        return mixture - likelihood > limit;
    };
    // The evidence against p is convex in p with its minimum at the estimate: one bisection on each side.
    const auto edge = [&](double outside, double inside) {
        for (int i = 0; i < 60; ++i) {
            const double mid = (outside + inside) / 2;
            (rejected(mid) ? outside : inside) = mid;
        }
        return outside;
    };
    return {s > 0 ? edge(0, estimate) : 0, f > 0 ? edge(1, estimate) : 1, level};
}

Interval meanSequence(double mean, double sd, double n, double level, double inflation)
{
    constexpr double inf = std::numeric_limits<double>::infinity();
    const double m = n / inflation;
    if (n < 2 || m <= 0) return {-inf, inf, level};
    constexpr double tightestAt = 300;
    const double alpha = 1 - level, c = -2 * std::log(alpha);
    const double rho2 = (c + std::log(c) + 1) / tightestAt;
    // The running deviation comes short early for skewed values: take the variance one standard error high, with the
    // kurtosis of an exponential law. The surcharge vanishes as n grows.
    sd *= std::sqrt(1 + std::sqrt(8 / m));
    const double half = sd * std::sqrt((m * rho2 + 1) / (m * m * rho2) * std::log((m * rho2 + 1) / (alpha * alpha)));
    return {mean - half, mean + half, level};
}

} // namespace wf::stats
