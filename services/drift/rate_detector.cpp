// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/drift/rate_detector.h"
#include "models/domain/stats/intervals.h"
#include "models/domain/stats/special.h"

namespace wf {

namespace {
/// Ten towards one half, six away from it, for the rarer of the two outcomes: a quality of 95 % fails far more often
/// than it improves, and improvement has little room.
constexpr std::array kOddsRatios{
    1.2, 1.35, 1.5, 1.8, 2.2, 2.8, 3.8, 5.5, 9.0, 16.0, 1 / 1.2, 1 / 1.4, 1 / 1.8, 1 / 2.5, 1 / 4.0, 1 / 8.0};
static_assert(kOddsRatios.size() == RateDetector::kBets);
} // namespace

void RateDetector::fit(const Baseline& baseline, double minEffect, double z)
{
    const double n = baseline.n() / baseline.inflation(), s = baseline.mean() * n;
    m_temper = 1 / baseline.inflation();
    m_p0 = (s + 0.5) / (n + 1);
    m_constant = baseline.constant() ? baseline.mean() : std::numeric_limits<double>::quiet_NaN();
    // Clopper-Pearson, because a plug-in standard error is 0 for a baseline that never failed: its lower end stays
    // exactly 0, there is then no bet on "even rarer", and a stream that never varies can never gather evidence.
    const Interval unchanged = stats::clopperPearson(s, n, 2 * stats::normalCdf(z) - 1);
    const double low = std::min(unchanged.low, m_p0) - minEffect, high = std::max(unchanged.high, m_p0) + minEffect;
    const bool rareIsOne = m_p0 <= 0.5;
    double enabled = 0;
    for (int k = 0; k < kBets; ++k) {
        const bool up = (kOddsRatios[k] > 1) == rareIsOne;
        const double ratio = rareIsOne ? kOddsRatios[k] : 1 / kOddsRatios[k];
        const double base = up ? high : low;
        m_weight[k] = base > 0 && base < 1 && baseline.n() > 0;
        if (m_weight[k] == 0) {
            m_factor[0][k] = m_factor[1][k] = 0;
            continue;
        }
        const double odds = base / (1 - base) * ratio, p = odds / (1 + odds);
        m_factor[1][k] = std::pow(p / base, m_temper);
        m_factor[0][k] = std::pow((1 - p) / (1 - base), m_temper);
        enabled += 1;
    }
    for (double& w : m_weight)
        w = enabled > 0 ? w / enabled : 0;
}

void RateDetector::addBetween(double x)
{
    Row factor;
    for (int k = 0; k < kBets; ++k) {
        const double one = std::pow(m_factor[1][k], 1 / m_temper), zero = std::pow(m_factor[0][k], 1 / m_temper);
        factor[k] = std::pow(x * one + (1 - x) * zero, m_temper);
    }
    step(factor, 1);
}

void RateDetector::reset()
{
    m_value = {};
    m_sum = 0;
}

double RateDetector::smallestDetectable(double threshold, double n, int sign) const
{
    // The best bet's logarithm grows linearly with slope E log L; half of the runs are beyond their mean.
    const auto found = [&](double p) {
        for (int k = 0; k < kBets; ++k) {
            if (m_weight[k] <= 0) continue;
            const double slope = p * std::log(m_factor[1][k]) + (1 - p) * std::log(m_factor[0][k]);
            if (slope * n + std::log(m_weight[k]) >= std::log(threshold)) return true;
        }
        return false;
    };
    double near = m_p0, far = sign > 0 ? 1 : 0;
    if (!found(far)) return std::numeric_limits<double>::quiet_NaN();
    for (int i = 0; i < 50; ++i) {
        const double mid = (near + far) / 2;
        (found(mid) ? far : near) = mid;
    }
    return std::abs(far - m_p0);
}

QDataStream& operator<<(QDataStream& out, const RateDetector& d)
{
    for (double v : d.m_value)
        out << v;
    return out << d.m_sum;
}

QDataStream& operator>>(QDataStream& in, RateDetector& d)
{
    for (double& v : d.m_value)
        in >> v;
    return in >> d.m_sum;
}

} // namespace wf
