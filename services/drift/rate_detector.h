// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: a two-sided mixture of Shiryaev-Roberts e-detectors for a rate (Shin, Ramdas, Rinaldo 2024, arXiv
// 2203.03532). Sixteen bets, one per odds ratio, each against the worst rate that still counts as unchanged. With A as
// threshold the mean time to a false alarm is at least A for every process whose conditional rate stays within
// minEffect of the baseline. Owner: drift engine. Thread: value, one at a time.
#pragma once
#include "services/drift/baseline.h"

namespace wf {

class RateDetector {
public:
    static constexpr int kBets = 16;

    /// Pure in its arguments: fitting again from the same baseline gives the same bets, so only the evidence is stored.
    /// z: how many standard errors of the baseline count as unchanged (1 = the interval of 68 %).
    void fit(const Baseline& baseline, double minEffect, double z = 1);
    /// x in [0, 1]; 0 or 1 for rates, anything between for bounded scores (the bet is linear in x).
    void add(double x)
    {
        if (x == 0 || x == 1)
            step(m_factor[size_t(x)], x == m_constant ? 0 : 1);
        else
            addBetween(x);
    }
    double evidence() const { return m_sum; } ///< of the mixture; alarm when >= A
    void reset();
    /// Smallest change of the rate found within n observations half of the time; sign: towards more (+1) or less (-1).
    /// NaN when none is.
    double smallestDetectable(double threshold, double n, int sign) const;

private:
    friend QDataStream& operator<<(QDataStream& out, const RateDetector& d);
    friend QDataStream& operator>>(QDataStream& in, RateDetector& d);
    using Row = std::array<double, kBets>;
    void step(const Row& factor, double start)
    {
        double sum = 0;
        for (int k = 0; k < kBets; ++k) {
            m_value[k] = std::min((m_value[k] + start * m_weight[k]) * factor[k], kCeiling);
            sum += m_value[k];
        }
        m_sum = sum;
    }
    void addBetween(double x);

    /// Far above any threshold and far below overflow.
    static constexpr double kCeiling = 1e280;
    std::array<Row, 2> m_factor{}; ///< of an observation 0, and of 1
    Row m_value{}, m_weight{};
    double m_sum = 0, m_p0 = 0.5, m_temper = 1;
    /// Where the baseline never varied, its one value starts no bets (else evidence would grow with mere time); NaN
    /// elsewhere.
    double m_constant = std::numeric_limits<double>::quiet_NaN();
};

} // namespace wf
