// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/stats/equivalence.h"
#include "models/domain/stats/special.h"

namespace wf::stats {

namespace {
EquivalenceResult judge(double estimate, const Interval& interval, double margin)
{
    EquivalenceResult r{Equivalence::CannotTell, estimate, interval};
    if (interval.low > -margin && interval.high < margin) r.outcome = Equivalence::In;
    if (interval.low >= margin || interval.high <= -margin) r.outcome = Equivalence::Out;
    return r;
}

qint64 requiredFor(double variance, double margin, double power, double alpha, qint64 baselineN)
{
    // With no true difference both one-sided tests must pass, hence half of the miss on each side.
    const double z = normalQuantile(1 - alpha) + normalQuantile(1 - (1 - power) / 2);
    const double perObservation = margin * margin / (variance * z * z) - (baselineN > 0 ? 1.0 / double(baselineN) : 0.0);
    if (!(perObservation > 0)) return -1;
    return qint64(std::ceil(1 / perObservation));
}
} // namespace

QString equivalenceName(Equivalence outcome)
{
    switch (outcome) {
    case Equivalence::In: return QStringLiteral("in");
    case Equivalence::Out: return QStringLiteral("out");
    case Equivalence::CannotTell: break;
    }
    return QStringLiteral("cannot_tell");
}

EquivalenceResult equivalentRates(qint64 good, qint64 n, qint64 baselineGood, qint64 baselineN, double margin, double alpha)
{
    if (n <= 0 || baselineN <= 0) return {Equivalence::CannotTell, 0, {-1, 1, 1 - 2 * alpha}};
    const double estimate = double(good) / double(n) - double(baselineGood) / double(baselineN);
    return judge(estimate, newcombeDifference(double(good), double(n), double(baselineGood), double(baselineN), 1 - 2 * alpha), margin);
}

EquivalenceResult equivalentMeans(const Moments& current, const Moments& baseline, double margin, double alpha)
{
    return judge(current.mean - baseline.mean, welchDifference(current, baseline, 1 - 2 * alpha), margin);
}

qint64 requiredPerWindow(double p, double margin, double power, double alpha, qint64 baselineN)
{
    // A rate of exactly 0 or 1 still needs enough observations for Wilson's interval to fit into the margin.
    const double z = normalQuantile(1 - alpha), floor = z * z * (1 - margin) / margin;
    const qint64 n = requiredFor(std::max(p * (1 - p), 1e-9), margin, power, alpha, baselineN);
    return n < 0 ? n : std::max(n, qint64(std::ceil(floor)));
}

qint64 requiredPerWindowMean(double sd, double margin, double power, double alpha, qint64 baselineN)
{
    const qint64 n = requiredFor(std::max(sd * sd, 1e-300), margin, power, alpha, baselineN);
    return n < 0 ? n : std::max<qint64>(n, 2);
}

} // namespace wf::stats
