// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: one entry of the record, the hash-chained log from which every incident's state is folded.
// hash = SHA-256(previous hash ‖ canonical bytes of {seq,t,kind,actor,incident,body}). First previous = 32 zero bytes.
// Anyone may append an intent (kinds marked *); only the engine appends the rest. Owner: domain. Thread: values.
// Bodies stand beside each kind.
#pragma once
#include "models/domain/ids.h"
#include <QJsonObject>

namespace wf {

namespace kind {
inline constexpr auto RecordOpened = "record.opened";           // {profile, site_key, policy_digest}
inline constexpr auto ReportFiled = "report.filed";             // * {text, happened (ns), channel, feature}
inline constexpr auto NoteAdded = "note.added";                 // * {text, happened}
inline constexpr auto QuestionAsked = "question.asked";         // * {text}
inline constexpr auto IdentityUsed = "identity.used";           // * {person, machine, same_machine}
inline constexpr auto IncidentOpened = "incident.opened";       //   {number, feature, title, alias, suggested_severity, cause}
inline constexpr auto IncidentDeclared = "incident.declared";   // * {severity, commander, deputy, bridge}
inline constexpr auto IncidentStatus = "incident.status";       // * {status, why}
inline constexpr auto AlarmRaised = "alarm.raised";             //   Alarm + {suggested_severity}
inline constexpr auto EvidenceAdded = "evidence.added";         //   Evidence
inline constexpr auto ClaimMade = "claim.made";                 //   Claim, checked
inline constexpr auto HypothesisSet = "hypothesis.set";         //   Hypothesis
inline constexpr auto InvestigationDone = "investigation.done"; //   {milliseconds, observations}
inline constexpr auto ProposalDrafted = "proposal.drafted";     //   {proposal: Proposal, digest, replay_good, replay_n}
inline constexpr auto ProposalQueued = "proposal.queued";       // * {proposal (id), title}
inline constexpr auto ProposalState = "proposal.state";         //   {proposal (id), state, why}
inline constexpr auto DecisionSigned = "decision.signed";       // * {proposal (id), envelope (DSSE), digest_on_screen}
inline constexpr auto DecisionAccepted = "decision.accepted";   //   {proposal (id), signed_seq, decision: Decision, have, need}
inline constexpr auto DecisionRefused = "decision.refused";     //   {signed_seq, proposal, person, role, reason, nonce}
inline constexpr auto StepQueued = "step.queued";               //   {execution, proposal, step (0-based), key}
inline constexpr auto AttemptStarted = "attempt.started";       //   {execution, proposal, step, key, method, url, body, undo}
inline constexpr auto AttemptFinished = "attempt.finished";     //   {execution, proposal, step, outcome: executed|failed|unknown, title, status, receipt, why}
inline constexpr auto GatePassed = "gate.passed";               //   {proposal, step, share_good, share_n}
inline constexpr auto GateFailed = "gate.failed";               //   {proposal, step, why}
inline constexpr auto WindowVerified = "window.verified";       //   {proposal, signal, window, of, outcome: in|out|worse|cannot_tell, good, n, low, high, from, to}
inline constexpr auto PlanVerified = "plan.verified";           //   {proposal, outcome, why}
inline constexpr auto HarmMeasured = "harm.measured";           //   {per_minute_before, per_minute, seconds_to_effect}
inline constexpr auto EscalationFired = "escalation.fired";     //   {rule, to, why}
inline constexpr auto EngineStarted = "engine.started";         //   {version, after_crash}
inline constexpr auto Checkpoint = "checkpoint";                //   {seq, hash, signature, key}
} // namespace kind

struct NewEntry {
    QString kind, actor, incident;
    QJsonObject body;          ///< integers and strings only
    Nanos t = 0;               ///< 0 = the writer's clock
};

struct Entry {
    qint64 seq = 0;            ///< 1, 2, …, no gaps
    Nanos t = 0;
    QString kind, actor, incident;
    QJsonObject body;
    QByteArray previous, hash; ///< 32 bytes each
    QJsonObject hashed() const;///< what the hash covers
    QByteArray computeHash() const;
};

} // namespace wf
