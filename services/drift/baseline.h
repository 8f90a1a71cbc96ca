// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: what a stream looked like when nothing was wrong: moments, variance inflation of dependent observations, and
// for numeric streams a sample of values to rank against. O(1) memory. Owner: drift engine. Thread: value, one at a
// time.
#pragma once
#include "models/domain/stats/moments.h"
#include <QDataStream>
#include <array>
#include <vector>

namespace wf {

/// A reproducible random number in (0, 1): the same counter gives the same number, so a restart changes nothing.
double hashedUniform(quint64 seed, quint64 counter);

/// Variance of sums over blocks of 8 … 256 observations beside what independence would give. Answers of one session, or
/// a daily wave, share a rate; bets must be tempered by this much (docs/design/drift.md, "In brief" 6).
class BlockVariance {
public:
    void add(double x);
    void merge(const BlockVariance& other);
    void decay(double factor);
    /// Of the longest block seen at least 60 times (256: 30 times), as far as it is more than chance. Never below 1.
    double inflation(double variance) const;

private:
    friend QDataStream& operator<<(QDataStream& out, const BlockVariance& b);
    friend QDataStream& operator>>(QDataStream& in, BlockVariance& b);
    static constexpr int kShortest = 8;
    struct Level {
        double pending = 0; ///< sum of the half block that waits for its other half
        bool half = false;
        double n = 0, mean = 0, m2 = 0; ///< over block sums
    };
    std::array<Level, 6> m_levels;
    double m_sum = 0;
    int m_count = 0;
};

class Baseline {
public:
    /// Values kept to rank against; a rate needs none.
    static constexpr size_t kSample = 16384;
    explicit Baseline(bool keepsSample = false, quint64 seed = 0)
        : m_seed(seed)
        , m_keepsSample(keepsSample)
    {
    }

    void add(double x);
    void merge(const Baseline& newer);
    /// Old observations count for less: every weight times factor.
    void decay(double factor);

    double n() const { return m_n; }
    double mean() const { return m_mean; }
    double variance() const { return m_n > 1 ? m_m2 / (m_n - 1) : 0; }
    double sd() const { return std::sqrt(variance()); }
    double low() const { return m_low; }
    double high() const { return m_high; }
    double inflation() const;
    bool constant() const { return m_n > 0 && m_low == m_high; }
    std::vector<float> sortedSample() const;

private:
    friend QDataStream& operator<<(QDataStream& out, const Baseline& b);
    friend QDataStream& operator>>(QDataStream& in, Baseline& b);
    double m_n = 0, m_mean = 0, m_m2 = 0;
    double m_low = std::numeric_limits<double>::infinity(), m_high = -std::numeric_limits<double>::infinity();
    BlockVariance m_blocks;
    std::vector<float> m_sample; ///< reservoir (Vitter 1985, algorithm R)
    quint64 m_seed = 0, m_draws = 0;
    bool m_keepsSample = false;
};

} // namespace wf
