// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/stats/intervals.h"
#include "models/domain/stats/special.h"

namespace wf::stats {

Interval wilson(double successes, double n, double level)
{
    if (n <= 0) return {0, 1, level};
    const double z = normalQuantile(0.5 + level / 2), z2 = z * z, p = successes / n;
    const double centre = (p + z2 / (2 * n)) / (1 + z2 / n);
    const double half = z / (1 + z2 / n) * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n));
    // At the ends the two terms are equal and their difference is rounding only.
    return {successes <= 0 ? 0.0 : std::max(0.0, centre - half), successes >= n ? 1.0 : std::min(1.0, centre + half),
        level};
}

Interval clopperPearson(double successes, double n, double level)
{
    if (n <= 0) return {0, 1, level};
    const double tail = (1 - level) / 2;
    return {
        betaQuantile(tail, successes, n - successes + 1), betaQuantile(1 - tail, successes + 1, n - successes), level};
}

Interval difference(double a, const Interval& ia, double b, const Interval& ib)
{
    const double d = a - b;
    return {
        d - std::hypot(a - ia.low, ib.high - b), d + std::hypot(ia.high - a, b - ib.low), std::min(ia.level, ib.level)};
}

Interval newcombeDifference(double successes1, double n1, double successes2, double n2, double level)
{
    if (n1 <= 0 || n2 <= 0) return {-1, 1, level};
    return difference(successes1 / n1, wilson(successes1, n1, level), successes2 / n2, wilson(successes2, n2, level));
}

Interval welchDifference(const Moments& one, const Moments& two, double level)
{
    constexpr double inf = std::numeric_limits<double>::infinity();
    if (one.n < 2 || two.n < 2) return {-inf, inf, level};
    const double v1 = one.variance() / double(one.n), v2 = two.variance() / double(two.n), v = v1 + v2;
    const double d = one.mean - two.mean;
    if (v <= 0) return {d, d, level};
    const double degrees = v * v / (v1 * v1 / double(one.n - 1) + v2 * v2 / double(two.n - 1));
    const double half = studentQuantile(0.5 + level / 2, degrees) * std::sqrt(v);
    return {d - half, d + half, level};
}

} // namespace wf::stats
