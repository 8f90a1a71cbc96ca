// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: exact minimum and maximum per pixel column over window means, however many there are: no spike is ever lost
// to sampling. Append amortised O(1), change O(log n), one column O(log n). Owner: domain. Thread: value, one at a
// time.
#pragma once
#include <cstddef>
#include <vector>

namespace wf::stats {

struct Range {
    double low, high; ///< NaN, NaN where no window has data
    bool empty() const { return low != low; }
};

class MinMaxPyramid {
public:
    /// NaN = a window without data.
    void append(double mean);
    /// A late observation changed the mean of window i.
    void set(size_t i, double mean);
    size_t size() const { return m_levels.empty() ? 0 : m_levels.front().size(); }
    /// Over windows [from, to); bounds beyond the end are cut.
    Range range(size_t from, size_t to) const;
    /// `columns` ranges that part [from, to) evenly; each holds at least one window when there are fewer windows than
    /// columns.
    std::vector<Range> columns(size_t from, size_t to, size_t columns) const;

private:
    std::vector<std::vector<Range>> m_levels; ///< level k: ranges over 2^k windows
};

} // namespace wf::stats
