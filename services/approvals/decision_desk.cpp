// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/approvals/decision_desk.h"
#include "models/domain/canonical_json.h"
#include "services/record/signing.h"
#include <QJsonDocument>

namespace wf {
using namespace Qt::StringLiterals;

namespace {
using State = StepRun::State;
const QString kEngine = u"engine"_s;

NewEntry entry(const char* kind, const QString& actor, const Case& c, QJsonObject body)
{
    return {QLatin1StringView(kind), actor, c.incident.id.value, std::move(body), 0};
}

NewEntry stateEntry(const Case& c, const Plan& plan, PlanState state, const QString& why)
{
    return entry(kind::ProposalState, kEngine, c,
        {{u"proposal"_s, plan.proposal.id.value}, {u"state"_s, planStateName(state)}, {u"why"_s, why}});
}

void queueStep(Ruling& ruling, const Case& c, const Plan& plan, int step, const QString& round, Nanos now)
{
    const OutboxRow row{freshId<ExecutionId>(now), plan.proposal.id, step, idempotencyKey(plan.digest, step, round)};
    ruling.entries.push_back(entry(kind::StepQueued, kEngine, c,
        {{u"execution"_s, row.execution.value}, {u"proposal"_s, plan.proposal.id.value}, {u"step"_s, step},
            {u"key"_s, row.key}}));
    ruling.outbox.push_back(row);
}

bool started(const Plan& plan)
{
    return std::any_of(plan.steps.begin(), plan.steps.end(), [](const StepRun& s) { return s.started || s.finished; });
}

bool nonceUsed(const Case& c, const QString& nonce)
{
    for (const auto& plan : c.plans) {
        const auto inDecision = [&](const AcceptedDecision& d) { return d.decision.nonce == nonce; };
        const auto inRefusal = [&](const Refusal& r) { return r.nonce == nonce; };
        if (std::any_of(plan.decisions.begin(), plan.decisions.end(), inDecision)) return true;
        if (std::any_of(plan.refusals.begin(), plan.refusals.end(), inRefusal)) return true;
    }
    return false;
}

/// A held plan can go on only where repeating is harmless: never where nobody knows, and not past a gate that failed.
QString stuck(const Plan& plan)
{
    const int k = plan.currentStep();
    if (plan.state != PlanState::Held || k >= int(plan.steps.size())) return {};
    const State state = plan.steps[size_t(k)].state;
    if (state == State::Unknown)
        return u"Nobody knows whether step %1 of this plan ran; look at its target, then draft a new plan."_s.arg(
            k + 1);
    if (state == State::GateFailed)
        return u"Step %1 ran and did not reach the answers in time, so this plan cannot go on; draft a new one."_s.arg(
            k + 1);
    return {};
}

QString reasonOf(const QString& reason)
{
    return reason.isEmpty() ? u"without a reason"_s : reason;
}
} // namespace

/// One signature on its way through the checks.
struct DecisionDesk::Hearing {
    const Entry& signedEntry;
    const Case& c;
    ExecutionContext facts;
    const Plan* plan = nullptr;
    Decision decision;
    bool verified = false; ///< the envelope opened with this person's key: from here on the decision is theirs
};

DecisionDesk::DecisionDesk(Policy policy, std::shared_ptr<const Verifier> verifier)
    : m_policy(std::move(policy))
    , m_verifier(verifier ? std::move(verifier) : std::make_shared<DsseVerifier>())
{
}

/// Why the signature is refused; empty when it counts.
QString DecisionDesk::hear(Hearing& h) const
{
    const QJsonObject& body = h.signedEntry.body;
    h.plan = h.c.plan(ProposalId{body[u"proposal"_s].toString()});
    if (!h.plan || !h.facts.proposal || h.facts.proposal->id != h.plan->proposal.id)
        return u"There is no such plan in this incident."_s;
    const Person* person = m_policy.find(h.signedEntry.actor);
    if (!person) return u"The site's policy does not know %1."_s.arg(h.signedEntry.actor);
    const auto payload
        = m_verifier->open(body[u"envelope"_s].toObject(), person->publicKey, QLatin1StringView(kDecisionPayloadType));
    if (!payload) return u"This is not a signature of %1. "_s.arg(person->id) + payload.error().what;
    const auto decision = Decision::fromJson(QJsonDocument::fromJson(*payload).object());
    if (!decision) return decision.error().what;
    // One decision has one spelling, else two readers could disagree on what was signed.
    if (const auto again = canonicalJson(decision->toJson()); !again || *again != *payload)
        return u"The signed bytes are not written the one way a decision is written."_s;
    if (decision->person != person->id)
        return u"%1 signed a decision in the name of %2."_s.arg(person->id, decision->person);
    h.decision = *decision;
    h.verified = true;
    if (nonceUsed(h.c, decision->nonce)) return u"This signature has been used before; a decision is used once."_s;
    h.facts.decisions = h.plan->counting();
    if (QString why = mayDecide(h.facts, *decision, body[u"digest_on_screen"_s].toString()); !why.isEmpty()) return why;
    return decision->verdict == DecisionVerdict::Approve ? stuck(*h.plan) : QString();
}

void DecisionDesk::accept(Hearing& h, Ruling& ruling) const
{
    const Decision& d = h.decision;
    const Plan& plan = *h.plan;
    auto decisions = h.facts.decisions;
    decisions.push_back({d, h.facts.now});
    const Quorum quorum = quorumOf(plan.proposal, decisions, m_policy);
    ruling.entries.push_back(entry(kind::DecisionAccepted, d.person, h.c,
        {{u"proposal"_s, plan.proposal.id.value}, {u"signed_seq"_s, jsonInt(h.signedEntry.seq)},
            {u"decision"_s, d.toJson()}, {u"have"_s, quorum.have}, {u"need"_s, quorum.need}}));
    const bool sameMachine = std::any_of(plan.decisions.begin(), plan.decisions.end(),
        [&](const AcceptedDecision& a) { return a.decision.machine == d.machine && a.decision.person != d.person; });
    if (sameMachine)
        ruling.entries.push_back(entry(kind::IdentityUsed, d.person, h.c,
            {{u"person"_s, d.person}, {u"machine"_s, d.machine}, {u"same_machine"_s, true}}));

    const QString said = d.person + u": "_s + reasonOf(d.reason);
    if (d.verdict == DecisionVerdict::Reject)
        return ruling.entries.push_back(stateEntry(h.c, plan, PlanState::Rejected, said));
    if (d.verdict == DecisionVerdict::Hold) {
        if (plan.state != PlanState::Held) ruling.entries.push_back(stateEntry(h.c, plan, PlanState::Held, said));
        return;
    }
    if (!quorum.complete()) {
        if (plan.state == PlanState::Proposed)
            ruling.entries.push_back(stateEntry(
                h.c, plan, PlanState::PartlyApproved, u"Waits for %1."_s.arg(quorum.missing.join(u" and "_s))));
        return;
    }
    ruling.entries.push_back(stateEntry(h.c, plan, started(plan) ? PlanState::Running : PlanState::Approved, {}));
    const int k = plan.currentStep();
    if (k >= int(plan.steps.size())) return;
    // What is queued, running or done goes on by itself; only a step that waits or failed is queued, a failed one anew.
    const State state = plan.steps[size_t(k)].state;
    if (state == State::Waiting) queueStep(ruling, h.c, plan, k, {}, h.facts.now);
    if (state == State::Failed) queueStep(ruling, h.c, plan, k, d.nonce, h.facts.now);
}

Ruling DecisionDesk::judge(const Entry& signedEntry, const Case& c, const ExecutionContext& facts) const
{
    Hearing h{signedEntry, c, facts, nullptr, {}, false};
    h.facts.policy = &m_policy;
    Ruling ruling;
    const QString why = hear(h);
    if (why.isEmpty()) {
        accept(h, ruling);
        return ruling;
    }
    // Only what verified may be put down in somebody's name; before that it is just what an entry claimed.
    QJsonObject body{{u"proposal"_s, signedEntry.body[u"proposal"_s].toString()},
        {u"signed_seq"_s, jsonInt(signedEntry.seq)}, {u"person"_s, signedEntry.actor}, {u"role"_s, h.decision.role},
        {u"reason"_s, why}};
    if (h.verified) body[u"nonce"_s] = h.decision.nonce;
    ruling.entries.push_back(entry(kind::DecisionRefused, h.verified ? signedEntry.actor : kEngine, c, body));
    return ruling;
}

Ruling DecisionDesk::nextStep(const Case& c, const Plan& plan, const ExecutionContext& facts) const
{
    Ruling ruling;
    const int k = plan.currentStep();
    if (plan.state != PlanState::Running || k >= int(plan.steps.size())
        || plan.steps[size_t(k)].state != State::Waiting)
        return ruling;
    ExecutionContext now = facts;
    now.policy = &m_policy;
    if (const QString why = mayExecute(now); !why.isEmpty()) {
        // Steps have run already: the plan is not void, people must say how it goes on.
        ruling.entries.push_back(stateEntry(c, plan, PlanState::Held, why));
        return ruling;
    }
    queueStep(ruling, c, plan, k, {}, facts.now);
    return ruling;
}

Ruling DecisionDesk::review(const Case& c, const Plan& plan, const ExecutionContext& facts) const
{
    Ruling ruling;
    const bool waits = plan.state == PlanState::Draft || plan.state == PlanState::Proposed
        || plan.state == PlanState::PartlyApproved || plan.state == PlanState::Held
        || plan.state == PlanState::Approved;
    if (!waits || started(plan)) return ruling;
    if (facts.now >= plan.proposal.expires) {
        ruling.entries.push_back(stateEntry(c, plan, PlanState::Expired,
            u"Its life of %1 ended at %2 UTC."_s.arg(
                ageText(plan.proposal.expires - plan.proposal.created), clockMinute(plan.proposal.expires))));
        return ruling;
    }
    if (plan.state != PlanState::PartlyApproved && plan.state != PlanState::Approved) return ruling;
    ExecutionContext now = facts;
    now.policy = &m_policy;
    if (const QString why = voidReason(now); !why.isEmpty())
        ruling.entries.push_back(stateEntry(c, plan, PlanState::Voided, why));
    return ruling;
}

QString idempotencyKey(const QString& planDigest, int step, const QString& round)
{
    const QString name = planDigest + u'/' + QString::number(step) + (round.isEmpty() ? QString() : u'/' + round);
    return QString::fromLatin1(sha256(name.toUtf8()).toHex());
}

} // namespace wf
