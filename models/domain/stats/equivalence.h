// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: "is it back?" Two one-sided tests (Schuirmann 1987) of |current - baseline| < margin. Absence of an alarm
// proves nothing; this does, and it can say that it cannot tell. Owner: domain. Thread: pure functions.
#pragma once
#include "models/domain/stats/intervals.h"

namespace wf::stats {

enum class Equivalence { In, Out, CannotTell };
QString equivalenceName(Equivalence outcome); ///< "in", "out", "cannot_tell"

struct EquivalenceResult {
    Equivalence outcome = Equivalence::CannotTell;
    double estimate = 0;
    Interval interval; ///< of the difference, level 1 - 2 alpha: "in" exactly when it lies inside the margin
};

/// Rates. Newcombe's interval stands for the two tests; "out" when the interval lies wholly beyond the margin.
EquivalenceResult equivalentRates(
    qint64 good, qint64 n, qint64 baselineGood, qint64 baselineN, double margin, double alpha = 0.05);
/// Means, Welch. margin in the unit of the signal.
EquivalenceResult equivalentMeans(const Moments& current, const Moments& baseline, double margin, double alpha = 0.05);

/// Observations one window needs so that an unchanged rate p is proved "in" with this power. baselineN 0 = known
/// exactly. Returns -1 when no window can (the baseline itself is too small for the margin).
qint64 requiredPerWindow(double p, double margin, double power = 0.9, double alpha = 0.05, qint64 baselineN = 0);
qint64 requiredPerWindowMean(double sd, double margin, double power = 0.9, double alpha = 0.05, qint64 baselineN = 0);

} // namespace wf::stats
