// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: confidence intervals for one look at the data. For figures that are watched all the time use sequence.h.
// Owner: domain. Thread: pure functions.
#pragma once
#include "models/domain/drift.h"
#include "models/domain/stats/moments.h"

namespace wf::stats {

/// Wilson 1927, no continuity correction. n == 0 gives [0, 1].
Interval wilson(double successes, double n, double level = 0.99);
/// Clopper and Pearson 1934: exact, never below its level. Real-valued counts are allowed (effective sample sizes).
Interval clopperPearson(double successes, double n, double level = 0.99);
/// p1 - p2 by Newcombe 1998, method 10 (square-and-add of two Wilson intervals).
Interval newcombeDifference(double successes1, double n1, double successes2, double n2, double level = 0.99);
/// mean1 - mean2 by Welch 1947 with Satterthwaite's degrees of freedom. Fewer than two values on a side: infinite.
Interval welchDifference(const Moments& one, const Moments& two, double level = 0.99);
/// a - b from the interval of each (MOVER, Zou and Donner 2008); the level is the smaller of the two.
Interval difference(double a, const Interval& ia, double b, const Interval& ib);

} // namespace wf::stats
