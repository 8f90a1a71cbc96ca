// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/drift/numeric_detector.h"
#include "models/domain/stats/special.h"

namespace wf {

namespace {
constexpr double kShiftWeight = 0.8 / NumericDetector::kShifts, kScaleWeight = 0.2 / NumericDetector::kScales;
/// Multiples of one step, so that one exponential and a few products serve all bets.
constexpr double kStep = 0.0625;
constexpr std::array<double, 8> kShift{
    1 * kStep, 2 * kStep, 3 * kStep, 6 * kStep, 10 * kStep, 16 * kStep, 26 * kStep, 42 * kStep};
/// A scale bet is exp(c z^2) with c = (1 - 1 / sigma^2) / 2: sigma = 0.60, 0.82, 1.26, 1.63.
constexpr std::array<double, 4> kScale{-14 / 16.0, -4 / 16.0, 3 / 16.0, 5 / 16.0};
constexpr quint64 kTieSeed = 0x57617463686f6c6cull;
} // namespace

void NumericDetector::fit(const Baseline& baseline, double minEffect, double z)
{
    m_reference = std::make_shared<std::vector<float>>(baseline.sortedSample());
    const double phi = baseline.inflation(), n = std::max(1.0, double(m_reference->size()) / phi);
    m_temper = 1 / phi;
    // What still counts as unchanged: a mean score within this, a variance of the scores within one standard error.
    m_unchanged = minEffect + z / std::sqrt(n);
    const double error = z * std::sqrt(2 / n), most = 1 + error, least = std::max(0.0, 1 - error);
    for (int k = 0; k < 8; ++k) {
        const double d = kShift[k];
        m_shiftScale[k] = m_shiftScale[k + 8] = std::exp(-m_temper * (d * m_unchanged + d * d * most / 2));
    }
    for (int k = 0; k < kScales; ++k) {
        // E exp(c z^2) = (1 - 2 c v)^(-1/2) exp(c m^2 / (1 - 2 c v)) for z ~ N(m, v); the bet is divided by its largest
        // value.
        const double c = kScale[k], v = c > 0 ? most : least, m = c > 0 ? m_unchanged : 0, r = 1 - 2 * c * v;
        m_scaleScale[k] = r > 0 ? std::pow(std::sqrt(r) * std::exp(-c * m * m / r), m_temper) : 0;
    }
}

double NumericDetector::score(double x)
{
    const auto& ref = *m_reference;
    const auto [first, last] = std::equal_range(ref.begin(), ref.end(), float(x));
    const double below = double(first - ref.begin()), equal = double(last - first);
    const double rank = below + hashedUniform(kTieSeed, m_draws++) * (equal + 1);
    return stats::normalQuantile(rank / (double(ref.size()) + 1));
}

double NumericDetector::add(double x)
{
    const auto& ref = *m_reference;
    if (ref.empty() || (ref.front() == ref.back() && float(x) == ref.front())) return 0;
    const double s = score(x);
    bet(s);
    return s;
}

void NumericDetector::bet(double score)
{
    // A tempered bet is the bet to the power of m_temper: in the exponent for what depends on the score, at fit for the
    // rest.
    const double e1 = std::exp(m_temper * kStep * score), e2 = e1 * e1, e3 = e2 * e1, e6 = e3 * e3, e10 = e6 * e2 * e2;
    const double e16 = e10 * e6, e26 = e16 * e10, e42 = e26 * e16;
    const std::array<double, 8> up{e1, e2, e3, e6, e10, e16, e26, e42};
    const double u = std::exp(m_temper * score * score / 16), u2 = u * u, u3 = u2 * u, u4 = u2 * u2, u5 = u3 * u2;
    const std::array<double, 4> scale{1 / (u4 * u5 * u5), 1 / u4, u3, u5};
    double sum = 0;
    for (size_t k = 0; k < 8; ++k) {
        m_shift[k] = std::min((m_shift[k] + kShiftWeight) * up[k] * m_shiftScale[k], kCeiling);
        m_shift[k + 8] = std::min((m_shift[k + 8] + kShiftWeight) / up[k] * m_shiftScale[k + 8], kCeiling);
        sum += m_shift[k] + m_shift[k + 8];
    }
    for (size_t k = 0; k < kScales; ++k) {
        m_scale[k] = std::min((m_scale[k] + kScaleWeight) * scale[k] * m_scaleScale[k], kCeiling);
        sum += m_scale[k];
    }
    m_sum = sum;
}

void NumericDetector::reset()
{
    m_shift = {};
    m_scale = {};
    m_sum = 0;
}

double NumericDetector::smallestDetectable(double threshold, double n) const
{
    const double wanted = (std::log(threshold) - std::log(kShiftWeight)) / (n * m_temper);
    double smallest = std::numeric_limits<double>::infinity();
    for (double d : kShift)
        smallest = std::min(smallest, m_unchanged + d / 2 + wanted / d); // slope d (m - unchanged) - d^2 / 2
    // Scores of a finite reference cannot exceed its largest quantile.
    const double most = -stats::normalQuantile(0.5 / (double(m_reference->size()) + 1));
    return smallest <= most ? smallest : std::numeric_limits<double>::quiet_NaN();
}

QDataStream& operator<<(QDataStream& out, const NumericDetector& d)
{
    for (double v : d.m_shift)
        out << v;
    for (double v : d.m_scale)
        out << v;
    return out << d.m_sum << d.m_draws;
}

QDataStream& operator>>(QDataStream& in, NumericDetector& d)
{
    for (double& v : d.m_shift)
        in >> v;
    for (double& v : d.m_scale)
        in >> v;
    return in >> d.m_sum >> d.m_draws;
}

} // namespace wf
