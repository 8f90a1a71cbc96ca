// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: confidence sequences: intervals that hold at every moment at once, so that looking all the time costs
// nothing. P(some n: truth outside) <= 1 - level. Owner: domain. Thread: pure functions.
#pragma once
#include "models/domain/drift.h"

namespace wf::stats {

/// A rate from its counts alone: all p the Beta(1/2, 1/2) mixture martingale has not rejected (Ville 1939; Robbins
/// 1970; in the words of Waudby-Smith and Ramdas 2024, a betting sequence whose bet is the mixture). Exact for every
/// process whose conditional rate is p. inflation >= 1 is the variance inflation of dependent answers: counts are
/// divided by it.
Interval rateSequence(double successes, double n, double level = 0.99, double inflation = 1);

/// A mean: Robbins' normal mixture with the running standard deviation; asymptotic (Waudby-Smith, Arbour, Sinha,
/// Kennedy, Ramdas 2024, "Time-uniform central limit theory"). Tightest around 300 observations. n < 2 gives an
/// infinite interval.
Interval meanSequence(double mean, double sd, double n, double level = 0.99, double inflation = 1);

} // namespace wf::stats
