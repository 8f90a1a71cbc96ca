// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/stats/onset.h"
#include <algorithm>
#include <cmath>
#include <vector>

namespace wf::stats {

namespace {
double klTerm(double k, double expected)
{
    return k > 0 ? k * std::log(k / expected) : 0;
}

double logRatio(double n, double sum, const OnsetBaseline& b)
{
    const double shift = sum - n * b.mean;
    if (b.direction * shift < 0) return 0;
    if (b.sd > 0) return shift * shift / (2 * n * b.sd * b.sd);
    // A baseline that never varied would make one other value infinitely surprising.
    const double p = std::clamp(b.mean, 1e-6, 1 - 1e-6);
    return klTerm(sum, n * p) + klTerm(n - sum, n * (1 - p));
}
} // namespace

double onsetDrop(double level)
{
    return -std::log(1 - std::sqrt(level));
}

OnsetEstimate estimateOnset(std::span<const OnsetCell> cells, const OnsetBaseline& baseline, double drop)
{
    OnsetEstimate e;
    if (cells.empty()) return e;
    std::vector<double> ratio(cells.size());
    double n = 0, sum = 0;
    e.cell = cells.size() - 1;
    for (size_t i = cells.size(); i-- > 0;) {
        n += cells[i].n;
        sum += cells[i].sum;
        ratio[i] = n > 0 ? logRatio(n, sum, baseline) / baseline.inflation : 0;
        if (ratio[i] > e.logRatio) {
            e.logRatio = ratio[i];
            e.cell = i;
        }
    }
    size_t low = e.cell, high = e.cell;
    for (size_t i = 0; i < cells.size(); ++i) {
        if (ratio[i] < e.logRatio - drop) continue;
        low = std::min(low, i);
        high = std::max(high, i);
    }
    // A cell may hide the moment anywhere inside it, so the interval reaches to its last observation.
    e.at = cells[e.cell].from;
    e.low = cells[low].from;
    e.high = std::max(cells[high].to, e.at);
    return e;
}

} // namespace wf::stats
