// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the roll-up of one stretch of a signal: count, mean, spread, extremes. Merging is exact in n and associative
// up to rounding, so 1 s roll-ups make 1 min roll-ups make 1 h roll-ups. Welford 1962; Chan, Golub, LeVeque 1979 for
// merge. Owner: domain. Thread: value.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace wf::stats {

struct Moments {
    int64_t n = 0;
    double mean = 0;
    double m2 = 0; ///< sum of squared deviations from the mean
    double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();

    void add(double x)
    {
        ++n;
        const double d = x - mean;
        mean += d / double(n);
        m2 += d * (x - mean);
        low = std::min(low, x);
        high = std::max(high, x);
    }
    void merge(const Moments& o)
    {
        if (o.n == 0) return;
        if (n == 0) {
            *this = o;
            return;
        }
        const double total = double(n) + double(o.n), d = o.mean - mean;
        mean += d * double(o.n) / total;
        m2 += o.m2 + d * d * double(n) * double(o.n) / total;
        n += o.n;
        low = std::min(low, o.low);
        high = std::max(high, o.high);
    }
    /// From counts and sums, as the store keeps them.
    static Moments fromSums(int64_t n, double sum, double sumSquares)
    {
        Moments m;
        if (n <= 0) return m;
        m.n = n;
        m.mean = sum / double(n);
        m.m2 = std::max(0.0, sumSquares - sum * m.mean);
        return m;
    }
    double sum() const { return mean * double(n); }
    double variance() const { return n > 1 ? m2 / double(n - 1) : 0; } ///< sample variance
    double sd() const { return std::sqrt(variance()); }
};

} // namespace wf::stats
