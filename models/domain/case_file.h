// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the state of every incident, folded from the record. The engine, the console, the command line and the
// verifier all fold the same entries with the same code, so that they cannot disagree. Owner: domain.
// Thread: a value; share it as shared_ptr<const CaseFile>.
#pragma once
#include "models/domain/authority.h"
#include "models/domain/evidence.h"
#include "models/domain/record_entry.h"

namespace wf {

struct StepRun {
    enum class State { Waiting, Queued, Executing, Executed, Failed, Unknown, GatePassed, GateFailed };
    State state = State::Waiting;
    ExecutionId execution;
    QString key;               ///< idempotency key
    Nanos started = 0, finished = 0, gatePassed = 0;
    int httpStatus = 0;
    QString receipt, why;
    int attempts = 0;          ///< started over the plan's life, undo not counted
};
QString stepStateName(StepRun::State state);

struct VerifiedWindow {
    QString signal, outcome;   ///< "in", "out", "cannot_tell"
    int window = 0, of = 0;
    qint64 good = 0, n = 0;
    double low = 0, high = 0;  ///< interval of the difference to baseline
    Nanos at = 0;
    Nanos from = 0, to = 0;    ///< answer times it covers
};

struct Refusal { QString person, role, reason; Nanos at = 0; QString nonce; }; ///< nonce: of a signature that verified

struct Plan {
    Proposal proposal;
    QString digest;            ///< as the record holds it
    PlanState state = PlanState::Draft;
    QString why;               ///< of the last state
    bool queued = false;
    Nanos queuedAt = 0, approvedAt = 0, stateAt = 0;
    std::vector<AcceptedDecision> decisions;
    std::vector<Refusal> refusals;
    std::vector<StepRun> steps;
    std::vector<VerifiedWindow> windows;
    qint64 replayGood = 0, replayN = 0; ///< 0/0: not replayed
    /// Decisions that count now: a hold asks everybody again, so while a plan is held only what was signed since counts.
    std::vector<AcceptedDecision> counting() const;
    int currentStep() const;   ///< first step that has not finished (incl. its gate); steps.size() when all have
};

struct Escalation { QString rule, to, why; Nanos at = 0; };
struct HumanReport { QString text, channel, actor; Nanos happened = 0, filed = 0; qint64 seq = 0; QString feature; };

struct Case {
    Incident incident;
    std::vector<Evidence> evidence;
    std::vector<Claim> claims;
    std::vector<Hypothesis> hypotheses;
    std::vector<Plan> plans;   ///< in the order drafted
    std::vector<HumanReport> reports;
    std::vector<Escalation> escalations;
    int investigations = 0;    ///< how often the investigator has finished
    Nanos lastInvestigation = 0;
    Nanos lastUpdate = 0;
    double harmBefore = 0, harmNow = 0, secondsToEffect = -1; ///< from harm.measured; -1 = not measured
    Plan* plan(const ProposalId& id);
    const Plan* plan(const ProposalId& id) const;
    const Evidence* find(int number) const;
    int actionsSpent() const;  ///< started attempts that are not undo
    qint64 peopleSpent() const; ///< what approved notices may reach
};

struct CaseFile {
    std::vector<Case> cases;   ///< newest last
    std::vector<HumanReport> looseReports; ///< filed while no incident of their feature was open
    qint64 seq = 0;            ///< last entry folded
    QByteArray hash;           ///< its hash
    QString profile;           ///< "sample" or "site"
    int nextNumber = 1;
    /// Folds one entry. Unknown kinds are kept in seq/hash and otherwise ignored (a newer writer). Never throws.
    void apply(const Entry& entry);
    Case* find(const IncidentId& id);
    const Case* find(const IncidentId& id) const;
    /// The case the console shows: the newest open one, else the newest.
    const Case* current() const;
};

/// One line and its detail for the timeline; nullopt for entries that are bookkeeping only.
std::optional<TimelineEvent> timelineEventOf(const Entry& entry);

} // namespace wf
