// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/drift/stream_detector.h"
#include "models/domain/stats/intervals.h"
#include "models/domain/stats/sequence.h"

namespace wf {

StreamDetector::StreamDetector(DetectorOptions options, quint64 seed)
    : m_options(options)
    , m_baseline(options.kind == SignalKind::Numeric, seed)
{
    if (options.kind == SignalKind::Numeric) m_bets.emplace<NumericDetector>();
}

void StreamDetector::arm()
{
    std::visit([&](auto& bets) { bets.fit(m_baseline, m_options.minEffect, m_options.z); }, m_bets);
    m_armed = true;
}

void StreamDetector::add(double x, qint64 at)
{
    m_n += 1;
    double score = x;
    if (auto* numeric = std::get_if<NumericDetector>(&m_bets))
        score = numeric->add(x);
    else
        std::get<RateDetector>(m_bets).add(x);
    m_ring.add(x, score, at);
}

double StreamDetector::evidence() const
{
    return std::visit([](const auto& bets) { return bets.evidence(); }, m_bets);
}

bool StreamDetector::alarm(double threshold)
{
    if (!m_armed || m_n < m_options.minCurrent || evidence() < threshold) return false;
    // A number may change its spread alone, which no interval of the mean shows. A rate that changed has an interval
    // that says so; asking for it keeps out slow growth of the evidence where next to nothing happens.
    const bool rate = m_options.kind == SignalKind::Rate;
    if (!rate && m_options.minEffect <= 0) return true;
    if (m_n < m_askAgainAt) return false;
    const double least = rate ? m_options.minEffect : m_options.minEffect * m_baseline.sd();
    const Finding f = find();
    if (f.interval.low > least || f.interval.high < -least) return true;
    // The interval costs microseconds and hardly moves with one observation in many.
    m_askAgainAt = m_n + 1 + std::min<double>(16, double(f.current.n) / 50);
    return false;
}

Finding StreamDetector::find() const
{
    const std::vector<RingCell> ring = m_ring.cells();
    std::vector<stats::OnsetCell> cells;
    cells.reserve(ring.size());
    for (const RingCell& c : ring)
        cells.push_back({double(c.n), c.score, c.from, c.to});
    // Half an observation each way, so that a baseline that never failed can still be compared with.
    const double p0 = (m_baseline.mean() * m_baseline.n() + 0.5) / (m_baseline.n() + 1);
    const bool rate = m_options.kind == SignalKind::Rate;
    Finding f;
    f.onset = stats::estimateOnset(
        cells, {rate ? p0 : 0, rate ? 0.0 : 1.0, m_baseline.inflation(), 0}, stats::onsetDrop(m_options.onsetLevel));
    double n = 0, sum = 0, squares = 0;
    for (size_t i = f.onset.cell; i < ring.size(); ++i) {
        n += ring[i].n;
        sum += ring[i].sum;
        squares += ring[i].sumSquares;
    }
    f.current = stats::Moments::fromSums(qint64(n), sum, squares);
    f.effect = f.current.n > 0 ? f.current.mean - m_baseline.mean() : 0;
    f.interval = effectInterval(f.current);
    return f;
}

Interval StreamDetector::effectInterval(const stats::Moments& current) const
{
    constexpr double level = 0.99;
    const double phi = m_baseline.inflation(), n0 = m_baseline.n() / phi;
    if (current.n == 0 || n0 <= 0)
        return {-std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity(), level};
    if (m_options.kind == SignalKind::Rate)
        return stats::difference(current.mean, stats::rateSequence(current.sum(), double(current.n), level, phi),
            m_baseline.mean(), stats::wilson(m_baseline.mean() * n0, n0, level));
    // A handful of like values has no spread of its own; until there are 30 the baseline's counts too.
    const double sd = current.n < 30 ? std::max(current.sd(), m_baseline.sd()) : current.sd();
    const double half = 2.5758293035489004 * m_baseline.sd() / std::sqrt(n0);
    return stats::difference(current.mean, stats::meanSequence(current.mean, sd, double(current.n), level, phi),
        m_baseline.mean(), {m_baseline.mean() - half, m_baseline.mean() + half, level});
}

double StreamDetector::smallestDetectable(double threshold, double n, Better better) const
{
    if (!m_armed) return std::numeric_limits<double>::quiet_NaN();
    if (const auto* numeric = std::get_if<NumericDetector>(&m_bets))
        return numeric->smallestDetectable(threshold, n) * m_baseline.sd();
    const auto& rate = std::get<RateDetector>(m_bets);
    const double up = rate.smallestDetectable(threshold, n, 1), down = rate.smallestDetectable(threshold, n, -1);
    if (better == Better::Higher) return down; // what is told is the shift for the worse
    if (better == Better::Lower) return up;
    return std::isnan(up) ? down : std::isnan(down) ? up : std::max(up, down);
}

void StreamDetector::rearm()
{
    std::visit([](auto& bets) { bets.reset(); }, m_bets);
    m_ring.clear();
    m_n = m_askAgainAt = 0;
}

void StreamDetector::save(QDataStream& out) const
{
    out << m_baseline << m_ring << m_n << m_askAgainAt << m_armed;
    std::visit([&](const auto& bets) { out << bets; }, m_bets);
}

void StreamDetector::load(QDataStream& in)
{
    bool armed = false;
    in >> m_baseline >> m_ring >> m_n >> m_askAgainAt >> armed;
    std::visit([&](auto& bets) { in >> bets; }, m_bets);
    if (in.status() == QDataStream::Ok && armed) arm(); // the bets are a pure function of the baseline
}

} // namespace wf
