// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: a proposal is one plan, ordered steps, signed once. The card is rendered from canonical(), the bytes that are
// signed. Owner: domain. Thread: values.
#pragma once
#include "models/domain/runbook.h"
#include "models/domain/telemetry.h"

namespace wf {

enum class PlanState { Draft, Proposed, PartlyApproved, Approved, Rejected, Held, Expired, Voided, Running, Verifying, Recovered, NotRecovered, Worse, CannotTell, Undone, Closed };
QString planStateName(PlanState state); ///< "proposed", "approved 1/2" is built from decisions
Result<PlanState> planStateFromName(const QString& name);
bool mayFollow(PlanState from, PlanState to);
bool isFinal(PlanState state);

/// A step with every template resolved: exactly what runs.
struct PlanStep {
    QString id, title;
    Tier tier = Tier::T3;
    Touches touches;
    HttpCall action, precondition, undo;
    QString noUndo;            ///< why there is no undo
    Gate gate;
    Nanos timeout = 30 * kSecond;
};

struct Proposal {
    ProposalId id;
    IncidentId incident;
    QString title;             ///< "Restore behaviour stack of 21 Nov"
    QString feature;
    RunbookClass cls = RunbookClass::NewState;
    Tier tier = Tier::T3;
    QString runbookId, runbookVersion, runbookDigest;
    std::map<QString, QString> parameters;
    std::vector<PlanStep> steps;
    HttpCall replay;
    Limits limits;             ///< ceilings, never above the runbook's
    double declaredWorstShare = -1;
    VerifySpec verify;
    struct EvidenceRef { int number = 0; QString sha256; };
    std::vector<EvidenceRef> evidence;
    QString requester;         ///< author of the draft: "agent:offline" or a person
    QString price;
    Nanos created = 0, expires = 0;
    Nanos escalateAfter = 10 * kMinute;
    QString escalateTo;

    /// Everything above as integers and strings; its canonical bytes are what people sign.
    QJsonObject toJson() const;
    static Result<Proposal> fromJson(const QJsonObject& object);
    QString digest() const;    ///< hex SHA-256 of the canonical bytes
};

/// What templates may name, a closed set: {feature}, {manifest.LAYER}, {observed.LAYER}, {parameters.NAME}.
struct DraftContext {
    IncidentId incident;
    QString feature;
    Manifest good, observed;   ///< last good stack; commonest stack now
    QString goodDay;           ///< "21 Nov", for the title: {good.day}
    std::map<QString, QString> parameters;
    std::map<QString, QString> targets;   ///< targets.yaml: name -> base URL
    std::vector<Proposal::EvidenceRef> evidence;
    QString requester;
    Nanos now = 0;
};
/// Fills a signed runbook's templates. Refuses an unsigned runbook, an unknown or empty template value, an unknown target.
Result<Proposal> draftProposal(const Runbook& runbook, const DraftContext& context);
/// Every step and ceiling of the plan against the runbook it names: empty when it is that runbook, filled in; else where it
/// departs, one sentence. So a forged draft in the record cannot run even when people signed it.
QString departureFrom(const Runbook& runbook, const Proposal& proposal);
/// Names the templates of a text in order: "pin {manifest.prompt}" -> {"manifest.prompt"}.
QStringList templateNames(const QString& text);
/// Closed set of template names, given the runbook's parameters. {good.day} stands in titles only.
bool isTemplateName(const QString& name, const QStringList& parameters);

/// What a plan would touch, counted from telemetry over the last 15 minutes.
struct BlastRadius {
    double share = 0;          ///< of this feature's answers, 0..1
    qint64 people = 0, tenants = 0, answers = 0;
    double perMinute = 0;
    Nanos at = 0;
    bool known = false;        ///< false: telemetry gone, the declared worst case is shown instead
    QJsonObject toJson() const;
    static BlastRadius fromJson(const QJsonObject& object);
};
/// Figures older than this are as good as none: the declared worst case stands in for them.
inline constexpr Nanos kRadiusLife = 2 * kMinute;
/// Empty when within the ceilings; else the sentence that voids the plan. An unknown radius counts as the declared worst case.
QString ceilingBroken(const BlastRadius& radius, const Proposal& proposal);

/// Six words for a digest, so that two people can read it to each other: one word a byte of the first six bytes.
QStringList digestWords(const QString& hexDigest);

} // namespace wf
