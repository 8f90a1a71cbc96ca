// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: who may authorise what. One pure gate, mayExecute(), used at signature and again before each step.
// Owner: domain. Thread: pure values and functions. Tiers and rules: docs/design/authority.md.
#pragma once
#include "models/domain/evidence.h"
#include "models/domain/incident.h"
#include "models/domain/proposal.h"

namespace wf {

/// Roles are the field's: commander, deputy, ai-owner, ai-owner-deputy, legal, comms, ai-director, scribe.
struct Person {
    QString id;                ///< "commander-1"
    QStringList roles;
    QByteArray publicKey;      ///< Ed25519, 32 bytes
    bool demo = false;         ///< ships with the sample; a real profile refuses it
};

struct StandingOrder {
    QString id, cls, signedBy;
    int fromMinute = 0, toMinute = 0; ///< of the UTC day; from > to spans midnight
    double shareCeiling = 1.0;
};

struct Policy {
    bool sample = false;
    std::vector<Person> people;
    int budgetActions = 6;     ///< per incident
    qint64 budgetPeople = 5000;
    bool identitySwitching = false; ///< several identities on one console: off by default, recorded as "same machine"
    std::vector<StandingOrder> standingOrders;
    QStringList denyPaths;     ///< substrings of action paths nobody can approve
    std::map<int, QStringList> raiseRoles; ///< tier -> roles added; never fewer than the built-in
    struct Rung { QString who; Nanos after = 0; };
    std::vector<Rung> ladder;
    QString digest, signedBy;
    const Person* find(const QString& id) const;
};

enum class DecisionVerdict { Approve, Reject, Hold };
QString decisionVerdictName(DecisionVerdict verdict);

/// What a person signs, inside a DSSE envelope (github.com/secure-systems-lab/dsse, protocol.md).
struct Decision {
    DecisionId id;
    ProposalId proposal;
    QString proposalDigest;
    DecisionVerdict verdict = DecisionVerdict::Hold;
    QString person, role, reason, nonce;
    QString machine;           ///< "console-1": two roles from one machine are recorded as such
    Nanos at = 0;
    QJsonObject toJson() const;
    static Result<Decision> fromJson(const QJsonObject& object);
};

inline constexpr auto kDecisionPayloadType = "application/vnd.watchfloor.decision+json";

/// One accepted decision as the record holds it.
struct AcceptedDecision { Decision decision; Nanos accepted = 0; };

/// Roles still missing for a quorum, given what has been accepted; empty = complete.
/// T2: commander or deputy. T3: those and ai-owner (or its deputy): two people, the owner's independent of the requester.
/// T4: commander and legal or comms.
struct Quorum { int have = 0, need = 0; QStringList missing; bool complete() const { return missing.isEmpty(); } };
Quorum quorumOf(const Proposal& proposal, const std::vector<AcceptedDecision>& decisions, const Policy& policy);

/// Everything the gate looks at, gathered by the caller; no reference to a service.
struct ExecutionContext {
    const Proposal* proposal = nullptr;
    QString digestOnRecord;    ///< of the bytes in the record
    const Runbook* runbook = nullptr; ///< as it is now; null = gone
    const Policy* policy = nullptr;
    std::vector<AcceptedDecision> decisions;
    BlastRadius radius;
    std::vector<Evidence> evidence;   ///< of the incident, now
    std::vector<Claim> claims;
    int actionsSpent = 0;
    qint64 peopleSpent = 0;
    bool targetLockedByOther = false;
    QString lockedBy;
    PlanState state = PlanState::Proposed;
    Nanos now = 0;
};

/// Parts of the gate that a card shows beforehand; empty = holds, else the sentence the gate would say.
QString evidenceBroken(const Proposal& proposal, const std::vector<Evidence>& evidence, const std::vector<Claim>& claims);
QString budgetBroken(const Proposal& proposal, const Policy& policy, int actionsSpent, qint64 peopleSpent, int actionsAhead);

/// The one gate: empty = may execute (quorum and all else hold). Otherwise the first reason, a whole sentence.
QString mayExecute(const ExecutionContext& context);
/// The same checks without the quorum, plus whether this person in this role may add this decision.
QString mayDecide(const ExecutionContext& context, const Decision& decision, const QString& digestOnScreen);

/// Why signatures already given are void: a ceiling, the evidence, the runbook or the policy no longer hold. Empty = they stand.
QString voidReason(const ExecutionContext& context);

} // namespace wf
