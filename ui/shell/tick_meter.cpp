// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/tick_meter.h"
#include <algorithm>
#include <ctime>
#include <vector>

namespace wf {

namespace {
constexpr size_t kRecent = 50;
}

double TickMeter::threadCpuMs()
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return double(now.tv_sec) * 1e3 + double(now.tv_nsec) / 1e6;
}

double TickMeter::recentMean() const
{
    const size_t n = std::min(m_count, kRecent);
    double sum = 0;
    for (size_t i = 1; i <= n; ++i)
        sum += m_ring[(m_next + m_ring.size() - i) % m_ring.size()];
    return n ? sum / double(n) : 0;
}

bool TickMeter::add(double milliseconds)
{
    m_ring[m_next] = milliseconds;
    m_next = (m_next + 1) % m_ring.size();
    m_count = std::min(m_count + 1, m_ring.size());
    // A whole window between two changes, so that one slow second does not make the rate flutter.
    if (++m_sinceChange < kRecent) return false;
    const double mean = recentMean();
    const bool wanted = m_halved ? mean > kCalmMs : mean > kBudgetMs;
    if (wanted == m_halved) return false;
    m_halved = wanted;
    m_sinceChange = 0;
    return true;
}

TickStatistics TickMeter::statistics() const
{
    TickStatistics s;
    s.ticks = int(m_count);
    s.halved = m_halved;
    if (m_count == 0) return s;
    s.lastMs = m_ring[(m_next + m_ring.size() - 1) % m_ring.size()];
    s.meanMs = recentMean();
    std::vector<double> sorted(m_ring.begin(), m_ring.begin() + std::ptrdiff_t(m_count));
    const size_t rank = (m_count * 99 + 99) / 100 - 1; // nearest rank
    std::nth_element(sorted.begin(), sorted.begin() + std::ptrdiff_t(rank), sorted.end());
    s.p99Ms = sorted[rank];
    return s;
}

} // namespace wf
