// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: what the GUI thread spends between two ticks, painting and input included, and whether ten a second is still
// affordable. Owner: ui/shell. Thread: GUI.
#pragma once
#include <array>
#include <cstddef>

namespace wf {

struct TickStatistics {
    int ticks = 0; ///< in the ring: the last 600, a minute at ten a second
    double lastMs = 0, meanMs = 0, p99Ms = 0; ///< CPU of the GUI thread a tick; mean over the last 50
    bool halved = false;
};

class TickMeter {
public:
    static constexpr double kBudgetMs = 8, kCalmMs = 5;
    /// milliseconds of CPU since the tick before. True when the rate must change (see halved()).
    bool add(double milliseconds);
    bool halved() const { return m_halved; }
    TickStatistics statistics() const;
    static double threadCpuMs();

private:
    double recentMean() const;
    std::array<double, 600> m_ring{};
    size_t m_next = 0, m_count = 0, m_sinceChange = 0;
    bool m_halved = false;
};

} // namespace wf
