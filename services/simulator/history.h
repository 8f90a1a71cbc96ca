// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the day before the epoch, ready for the store, so that a sample starts with a baseline in seconds and not
// after a day. Drawn from the same population as the live stream, in the state before anything happens.
// Owner: services/simulator. Thread: any.
#pragma once
#include "services/simulator/population.h"
#include <functional>

namespace wf::sim {

/// Hands over batches of at most `rows` rows, answers before their observations. Evaluations that would arrive after
/// the epoch are left out. Nothing is routed to people here. Stops at the first refusal and returns it.
Done historyBatches(const Scenario& scenario, Nanos epoch, const std::function<Done(Batch)>& take, int rows = 5000);

} // namespace wf::sim
