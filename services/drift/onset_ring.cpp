// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/drift/onset_ring.h"
#include <algorithm>

namespace wf {

namespace {
void put(RingCell& cell, double x, double score, qint64 at)
{
    if (cell.n == 0) cell.from = cell.to = at;
    ++cell.n;
    cell.sum += x;
    cell.sumSquares += x * x;
    cell.score += score;
    cell.from = std::min(cell.from, at);
    cell.to = std::max(cell.to, at);
}

RingCell joined(const RingCell& a, const RingCell& b)
{
    return {a.n + b.n, a.sum + b.sum, a.sumSquares + b.sumSquares, a.score + b.score, std::min(a.from, b.from),
        std::max(a.to, b.to)};
}
} // namespace

void OnsetRing::add(double x, double score, qint64 at)
{
    if (m_levels.empty()) m_levels.resize(1);
    if (m_levels[0].count > 0 && at < m_levels[0].cells[size_t(m_levels[0].count - 1)].from && placeLate(x, score, at))
        return;
    RingCell carried;
    put(carried, x, score, at);
    for (size_t k = 0; k < kLevels; ++k) {
        if (k == m_levels.size()) m_levels.emplace_back();
        Level& level = m_levels[k];
        level.cells[size_t(level.count++)] = carried;
        if (level.count < kPerLevel) return;
        carried = joined(level.cells[0], level.cells[1]);
        std::move(level.cells.begin() + 2, level.cells.end(), level.cells.begin());
        level.count -= 2;
    }
}

bool OnsetRing::placeLate(double x, double score, qint64 at)
{
    // The answer is older than what came before it: it belongs into the newest cell that began no later.
    for (Level& level : m_levels) {
        for (int i = level.count; i-- > 0;) {
            if (level.cells[size_t(i)].from > at) continue;
            put(level.cells[size_t(i)], x, score, at);
            return true;
        }
    }
    return false;
}

void OnsetRing::clear()
{
    m_levels.clear();
}

std::vector<RingCell> OnsetRing::cells() const
{
    std::vector<RingCell> out;
    for (size_t k = m_levels.size(); k-- > 0;)
        out.insert(out.end(), m_levels[k].cells.begin(), m_levels[k].cells.begin() + m_levels[k].count);
    return out;
}

QDataStream& operator<<(QDataStream& out, const OnsetRing& r)
{
    out << quint8(r.m_levels.size());
    for (const auto& level : r.m_levels) {
        out << quint8(level.count);
        for (int i = 0; i < level.count; ++i) {
            const RingCell& c = level.cells[size_t(i)];
            out << c.n << c.sum << c.sumSquares << c.score << c.from << c.to;
        }
    }
    return out;
}

QDataStream& operator>>(QDataStream& in, OnsetRing& r)
{
    quint8 levels = 0, count = 0;
    in >> levels;
    if (levels > OnsetRing::kLevels) {
        in.setStatus(QDataStream::ReadCorruptData);
        return in;
    }
    r.m_levels.assign(levels, {});
    for (auto& level : r.m_levels) {
        in >> count;
        if (count >= OnsetRing::kPerLevel) {
            in.setStatus(QDataStream::ReadCorruptData);
            return in;
        }
        level.count = count;
        for (int i = 0; i < level.count; ++i) {
            RingCell& c = level.cells[size_t(i)];
            in >> c.n >> c.sum >> c.sumSquares >> c.score >> c.from >> c.to;
        }
    }
    return in;
}

} // namespace wf
