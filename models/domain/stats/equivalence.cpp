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
    const double perObservation
        = margin * margin / (variance * z * z) - (baselineN > 0 ? 1.0 / double(baselineN) : 0.0);
    if (!(perObservation > 0)) return -1;
    return qint64(std::ceil(1 / perObservation));
}
} // namespace

QString equivalenceName(Equivalence outcome)
{
    switch (outcome) {
    case Equivalence::In:
        return QStringLiteral("in");
    case Equivalence::Out:
        return QStringLiteral("out");
    case Equivalence::CannotTell:
        break;
    }
    return QStringLiteral("cannot_tell");
}

EquivalenceResult equivalentRates(
    qint64 good, qint64 n, qint64 baselineGood, qint64 baselineN, double margin, double alpha)
{
    if (n <= 0 || baselineN <= 0) return {Equivalence::CannotTell, 0, {-1, 1, 1 - 2 * alpha}};
    const double estimate = double(good) / double(n) - double(baselineGood) / double(baselineN);
    return judge(estimate,
        newcombeDifference(double(good), double(n), double(baselineGood), double(baselineN), 1 - 2 * alpha), margin);
}

EquivalenceResult equivalentMeans(const Moments& current, const Moments& baseline, double margin, double alpha)
{
    return judge(current.mean - baseline.mean, welchDifference(current, baseline, 1 - 2 * alpha), margin);
}

namespace {
// Exact power against a known baseline p: the outcomes that pass are one run of counts, found by bisection around the
// mean.
double ratePower(qint64 n, double p, double margin, double alpha)
{
    const auto passes = [&](qint64 k) {
        const Interval i = wilson(double(k), double(n), 1 - 2 * alpha);
        return i.low > p - margin && i.high < p + margin;
    };
    const qint64 middle = std::llround(p * double(n));
    if (!passes(middle)) return 0;
    const auto edge = [&](qint64 outside) {
        qint64 inside = middle;
        if (passes(outside)) return outside;
        while (std::abs(outside - inside) > 1) {
            const qint64 mid = (outside + inside) / 2;
            (passes(mid) ? inside : outside) = mid;
        }
        return inside;
    };
    const auto atMost = [&](qint64 k) {
        return k >= n ? 1.0 : k < 0 ? 0.0 : 1 - betaCdf(p, double(k) + 1, double(n - k));
    };
    return atMost(edge(n)) - atMost(edge(0) - 1);
}
} // namespace

qint64 requiredPerWindow(double p, double margin, double power, double alpha, qint64 baselineN)
{
    // The normal approximation is a few per cent short for skewed rates, so it is only where the search begins.
    const double variance = std::max(p * (1 - p), 1e-9);
    const qint64 start = std::max<qint64>(requiredFor(variance, margin, power, alpha, 0), 10);
    qint64 known = start;
    while (ratePower(known, p, margin, alpha) < power)
        known += std::max<qint64>(1, known / 200);
    if (baselineN <= 0) return known;
    const qint64 n = requiredFor(variance * double(known) / double(start), margin, power, alpha, baselineN);
    return n < 0 ? n : std::max(n, known);
}

qint64 requiredPerWindowMean(double sd, double margin, double power, double alpha, qint64 baselineN)
{
    const qint64 n = requiredFor(std::max(sd * sd, 1e-300), margin, power, alpha, baselineN);
    return n < 0 ? n : std::max<qint64>(n, 2);
}

} // namespace wf::stats
