// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the figures beside the record: harm per minute, what a plan would touch, gates, the stack now, affected answers.
// Owner: services/recovery. Thread: one caller with its own TelemetryQueries.
#pragma once
#include "models/domain/ports.h"

namespace wf {

struct MeasureInput {
    const CaseFile* cases = nullptr;
    const DriftSnapshot* drift = nullptr;
    const SignalSet* signalSet = nullptr;
    const Policy* policy = nullptr;
    Nanos now = 0;
    std::vector<SourceExpectation> expectations;
};

/// What a plan would touch, over the last 15 minutes (authority.md "Blast radius"): the widest of its steps.
BlastRadius measureRadius(const Proposal& proposal, TelemetryQueries& queries, Nanos now);
/// Wrong answers a minute above the baseline: (shift of the primary signal in the last evaluated minute) x (answers the
/// model gives a minute now). -1 when there is no figure.
double harmPerMinute(const StreamState& primary, TelemetryQueries& queries, Nanos now);
/// The same around one moment, with the shift since the onset: what a containment saved shows at once, while evaluations lag.
std::optional<double> harmAt(const StreamState& primary, TelemetryQueries& queries, Nanos moment);
/// Everything; a question that fails leaves its figure out rather than inventing one.
LiveFigures measure(const MeasureInput& input, TelemetryQueries& queries);

} // namespace wf
