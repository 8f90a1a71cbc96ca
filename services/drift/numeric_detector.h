// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: drift of a numeric signal without assuming a distribution: the rank among the baseline's values, ties broken
// at random, becomes a normal score; a mixture of Shiryaev-Roberts e-detectors bets on a shift of the scores (16 bets)
// and on a change of their scale (4 bets). docs/design/drift.md, "Methods". Owner: drift engine. Thread: value, one at
// a time.
#pragma once
#include "services/drift/baseline.h"
#include <memory>

namespace wf {

class NumericDetector {
public:
    static constexpr int kShifts = 16, kScales = 4;

    /// minEffect in baseline standard deviations. Pure in its arguments, as RateDetector::fit.
    void fit(const Baseline& baseline, double minEffect, double z = 1);
    /// Normal score of a finite value; each call draws the next tie breaker.
    double score(double x);
    /// One observation. Returns its score, 0 for a value equal to a baseline that never varied (it tells nothing).
    double add(double x);
    double evidence() const { return m_sum; }
    void reset();
    /// In baseline standard deviations (of the scores); NaN when nothing is found within n observations.
    double smallestDetectable(double threshold, double n) const;

private:
    friend QDataStream& operator<<(QDataStream& out, const NumericDetector& d);
    friend QDataStream& operator>>(QDataStream& in, NumericDetector& d);
    void bet(double score);

    static constexpr double kCeiling = 1e280;
    std::shared_ptr<const std::vector<float>> m_reference = std::make_shared<std::vector<float>>();
    std::array<double, kShifts> m_shift{}, m_shiftScale{}; ///< evidence, and the constant factor of each bet
    std::array<double, kScales> m_scale{}, m_scaleScale{};
    double m_sum = 0, m_temper = 1, m_unchanged = 0;
    quint64 m_draws = 0;
};

} // namespace wf
