// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/stats/pyramid.h"
#include <algorithm>
#include <limits>

namespace wf::stats {

namespace {
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

Range join(const Range& a, const Range& b)
{
    if (a.empty()) return b;
    if (b.empty()) return a;
    return {std::min(a.low, b.low), std::max(a.high, b.high)};
}
} // namespace

void MinMaxPyramid::append(double mean)
{
    if (m_levels.empty()) m_levels.emplace_back();
    m_levels.front().push_back({mean, mean});
    for (size_t level = 0; m_levels[level].size() > 1; ++level) {
        if (level + 1 == m_levels.size()) m_levels.emplace_back();
        const auto& below = m_levels[level];
        auto& above = m_levels[level + 1];
        const size_t i = (below.size() - 1) / 2;
        const Range joined = 2 * i + 1 < below.size() ? join(below[2 * i], below[2 * i + 1]) : below[2 * i];
        if (i < above.size())
            above[i] = joined;
        else
            above.push_back(joined);
    }
}

void MinMaxPyramid::set(size_t i, double mean)
{
    m_levels.front().at(i) = {mean, mean};
    for (size_t level = 0; level + 1 < m_levels.size(); ++level) {
        i /= 2;
        const auto& below = m_levels[level];
        m_levels[level + 1][i] = 2 * i + 1 < below.size() ? join(below[2 * i], below[2 * i + 1]) : below[2 * i];
    }
}

Range MinMaxPyramid::range(size_t from, size_t to) const
{
    Range r{kNone, kNone};
    to = std::min(to, size());
    for (size_t level = 0; from < to; ++level, from /= 2, to /= 2) {
        if (from & 1) r = join(r, m_levels[level][from++]);
        if (to & 1) r = join(r, m_levels[level][--to]);
    }
    return r;
}

std::vector<Range> MinMaxPyramid::columns(size_t from, size_t to, size_t columns) const
{
    std::vector<Range> out;
    out.reserve(columns);
    const size_t n = to > from ? to - from : 0;
    for (size_t c = 0; c < columns; ++c) {
        const size_t a = from + c * n / columns, b = from + (c + 1) * n / columns;
        out.push_back(range(a, std::max(b, std::min(a + 1, to))));
    }
    return out;
}

} // namespace wf::stats
