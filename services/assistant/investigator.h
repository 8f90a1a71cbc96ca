// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the offline investigator. No model, no network, no randomness: a bounded number of indexed queries,
// evidence, claims that went through the checker, nine hypotheses each with an answer, and drafts from signed runbooks.
// Owner: services/assistant. Thread: one, the caller's; the TelemetryQueries instance must belong to it.
// What each step does and why: docs/design/assistant.md.
#pragma once
#include "models/domain/ports.h"

namespace wf {

struct InvestigationInput {
    Incident incident; ///< feature, onset, alarms
    std::vector<HumanReport> reports;
    SignalSet signalSet;
    std::vector<Runbook> runbooks;
    std::map<QString, QString> targets;
    std::vector<SourceExpectation> expectations;
    int nextEvidence = 1; ///< first free number of the incident
    Window lastGood; ///< empty: the hour before the onset's lower bound
};

struct Findings {
    std::vector<Evidence> evidence;
    std::vector<Claim> claims; ///< checked: some may have failed, and are kept to be shown struck out
    std::vector<Hypothesis> hypotheses; ///< all of kHypotheses, in that order
    std::vector<Proposal> proposals; ///< drafts, in the order they should be queued
    std::vector<StackRow> stack; ///< one per layer that any answer tells
    QStringList notDrafted; ///< why a runbook that fits was not drafted, whole sentences
    qint64 observations = 0; ///< looked at
    int queries = 0;
    qint64 milliseconds = 0;
};

class Investigator {
public:
    Investigator(TelemetryQueries& queries, const Clock& clock);

    Findings investigate(const InvestigationInput& input);
    /// The fastest safe stop, drafted before anything is known but that something is wrong. Evidence: `known`, may be
    /// empty.
    Result<Proposal> draftContainment(const InvestigationInput& input, const std::vector<Evidence>& known = {});
    /// Asks the query of a comparison again; nothing when it is not one, or telemetry cannot be read. For
    /// recheckClaim().
    std::optional<Evidence> rerun(const Evidence& evidence);

private:
    TelemetryQueries& m_queries;
    const Clock& m_clock;
};

} // namespace wf
