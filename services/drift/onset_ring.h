// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the recent past of a stream in O(1) memory: single observations at the end, cells of 2, 4, … 4 096 before,
// eight to sixteen of each, so that an onset d observations back is placed to within about d / 8. Owner: drift engine.
// Thread: value.
#pragma once
#include "models/domain/stats/onset.h"
#include <QDataStream>
#include <array>
#include <vector>

namespace wf {

struct RingCell {
    quint32 n = 0;
    double sum = 0, sumSquares = 0; ///< of the value
    double score = 0; ///< sum of what the onset is judged on: the value of a rate, the normal score of a number
    qint64 from = 0, to = 0; ///< time (or row) of the first and last observation
};

class OnsetRing {
public:
    void add(double x, double score, qint64 at);
    void clear();
    /// Oldest first.
    std::vector<RingCell> cells() const;

private:
    friend QDataStream& operator<<(QDataStream& out, const OnsetRing& r);
    friend QDataStream& operator>>(QDataStream& in, OnsetRing& r);
    static constexpr int kPerLevel = 9, kLevels = 13;
    struct Level {
        int count = 0;
        std::array<RingCell, kPerLevel> cells; ///< oldest first
    };
    bool placeLate(double x, double score, qint64 at);
    std::vector<Level> m_levels; ///< level k: cells of 2^k observations; grows as the stream does
};

} // namespace wf
