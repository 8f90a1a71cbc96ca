// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: when did it begin? Backward generalised likelihood ratio over the cells of a log-bucketed ring, with an
// interval of all moments whose log likelihood ratio lies within a drop of the best. Owner: domain. Thread: pure
// functions.
#pragma once
#include <cstdint>
#include <span>

namespace wf::stats {

/// Consecutive observations as one. from/to: time or row of the first and the last of them.
struct OnsetCell {
    double n = 0, sum = 0;
    int64_t from = 0, to = 0;
};

struct OnsetEstimate {
    int64_t at = 0, low = 0, high = 0;
    double logRatio = 0; ///< of the best moment against "nothing changed"
    size_t cell = 0; ///< first cell of the new regime
};

/// What the new regime is compared with. sd == 0: a rate, Bernoulli likelihood; else Gaussian with this sd.
struct OnsetBaseline {
    double mean = 0, sd = 0;
    double inflation = 1; ///< variance inflation of dependent observations
    int direction = 0; ///< +1, -1: look only for rises, falls; 0: both
};

/// The drop that gives this level: in the limit of many observations the two sides' excesses are independent and
/// exponential (Siegmund 1988), so level = (1 - e^-drop)^2. A drop of 3 is a level of 0.90, 5.3 of 0.99.
double onsetDrop(double level);

/// Cells oldest first. No cell at all gives a zero estimate with cell 0.
OnsetEstimate estimateOnset(std::span<const OnsetCell> cells, const OnsetBaseline& baseline, double drop);

} // namespace wf::stats
