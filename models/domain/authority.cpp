// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/authority.h"
#include "models/domain/canonical_json.h"

namespace wf {
using namespace Qt::StringLiterals;

namespace {
constexpr const char16_t* kVerdicts[] = {u"approve", u"reject", u"hold"};
static_assert(std::size(kVerdicts) == size_t(DecisionVerdict::Hold) + 1);

Result<DecisionVerdict> verdictFromName(const QString& name)
{
    for (size_t i = 0; i < std::size(kVerdicts); ++i)
        if (name == QStringView(kVerdicts[i])) return DecisionVerdict(i);
    return fail(
        Fault::BadInput, u"There is no verdict “%1”."_s.arg(name), {}, u"Verdicts are approve, reject and hold."_s);
}

/// One signature a quorum waits for: any of these roles, by one person.
struct Slot {
    QStringList roles;
    bool independent = false; ///< not the author of the plan
};

std::vector<Slot> slotsOf(Tier tier, const Policy& policy)
{
    // T0 and T1 ask for the commander too: there is no unsigned way to an execution.
    std::vector<Slot> out{{{u"commander"_s, u"deputy"_s}}};
    if (tier == Tier::T3) out.push_back({{u"ai-owner"_s, u"ai-owner-deputy"_s}, true});
    if (tier == Tier::T4) out = {{{u"commander"_s}}, {{u"legal"_s, u"comms"_s}, true}};
    if (const auto raised = policy.raiseRoles.find(int(tier)); raised != policy.raiseRoles.end())
        for (const auto& role : raised->second)
            out.push_back({{role}});
    return out;
}

bool mayAct(const Person* person, const QString& role, const Policy& policy)
{
    return person && person->roles.contains(role) && (policy.sample || !person->demo);
}

bool fillsSlot(const Slot& slot, const Decision& d, const Proposal& p)
{
    return slot.roles.contains(d.role) && !(slot.independent && d.person == p.requester);
}

/// Decisions that can count: the last word of each person, an approval of exactly this plan, by somebody who holds that
/// role.
std::vector<Decision> approvals(const Proposal& p, const std::vector<AcceptedDecision>& decisions, const Policy& policy)
{
    const QString digest = p.digest();
    std::map<QString, const AcceptedDecision*> last;
    for (const auto& d : decisions)
        if (const auto it = last.find(d.decision.person); it == last.end() || it->second->accepted <= d.accepted)
            last[d.decision.person] = &d;
    std::vector<Decision> out;
    for (const auto& [person, accepted] : last) {
        const Decision& d = accepted->decision;
        if (d.verdict == DecisionVerdict::Approve && d.proposal == p.id && d.proposalDigest == digest
            && mayAct(policy.find(person), d.role, policy))
            out.push_back(d);
    }
    return out;
}

/// Most slots that different people can fill at once; `filled` says which. Slots are few, so trying all ways is fine.
int bestFill(const std::vector<Slot>& all, const Proposal& p, const std::vector<Decision>& people, size_t at,
    std::vector<bool> used, std::vector<bool>& filled)
{
    if (at == all.size()) return 0;
    std::vector<bool> bestRest = filled;
    int best = bestFill(all, p, people, at + 1, used, bestRest);
    for (size_t i = 0; i < people.size(); ++i) {
        if (used[i] || !fillsSlot(all[at], people[i], p)) continue;
        std::vector<bool> with = filled;
        with[at] = used[i] = true;
        if (const int n = 1 + bestFill(all, p, people, at + 1, used, with); n > best) {
            best = n;
            bestRest = with;
        }
        used[i] = false;
    }
    filled = bestRest;
    return best;
}

// ---- the checks, in the order a person would want to hear of them; each returns "" or one sentence ----
using Facts = ExecutionContext;

QString brokenRecord(const Facts& f)
{
    if (!f.proposal) return u"There is no such plan in the record."_s;
    if (!f.policy)
        return u"The site's policy could not be read or is not signed, so nobody can be shown to hold a role."_s;
    if (f.proposal->steps.empty()) return u"The plan has no steps."_s;
    if (f.digestOnRecord.isEmpty() || f.proposal->digest() != f.digestOnRecord)
        return u"The plan is not the one in the record: something in it was changed after it was drafted."_s;
    return {};
}

QString brokenRunbook(const Facts& f)
{
    const Proposal& p = *f.proposal;
    if (!f.runbook) return u"The runbook %1 is gone; only plans from a runbook can run."_s.arg(p.runbookId);
    const Runbook& r = *f.runbook;
    if (r.id != p.runbookId || r.digest != p.runbookDigest)
        return u"The runbook %1 has changed since this plan was drafted (it was version %2, it is %3)."_s.arg(
            p.runbookId, p.runbookVersion, r.version);
    if (!r.executable()) return u"The runbook %1 is not signed by a key this site trusts."_s.arg(r.id);
    return departureFrom(r, p);
}

QString denied(const Facts& f)
{
    for (const auto& step : f.proposal->steps)
        for (const HttpCall* call : {&step.action, &step.undo})
            for (const auto& pattern : f.policy->denyPaths)
                if (!pattern.isEmpty() && call->path.contains(pattern))
                    return u"The site's policy denies every action on “%1”; nobody can approve it."_s.arg(pattern);
    return {};
}

QString brokenLife(const Facts& f)
{
    const Proposal& p = *f.proposal;
    // Once it runs, waiting for gates may take longer than the time allowed for signing; the duration ceiling bounds
    // it.
    if (f.state == PlanState::Running) {
        if (f.now - p.created > std::max(p.limits.duration, p.expires - p.created))
            return u"The plan may run for %1 at most, and that time is over."_s.arg(ageText(p.limits.duration));
        return {};
    }
    if (f.now >= p.expires)
        return u"The plan's life of %1 ended at %2 UTC; draft it again from what is true now."_s.arg(
            ageText(p.expires - p.created), clockMinute(p.expires));
    return {};
}

QString brokenCeiling(const Facts& f)
{
    BlastRadius radius = f.radius;
    if (f.now - radius.at > kRadiusLife) radius.known = false;
    return ceilingBroken(radius, *f.proposal);
}

bool cites(const Claim& claim, int number)
{
    return std::any_of(
        claim.citations.begin(), claim.citations.end(), [&](const Citation& c) { return c.evidence == number; });
}

QString brokenEvidence(const Facts& f)
{
    return evidenceBroken(*f.proposal, f.evidence, f.claims);
}

QString brokenBudget(const Facts& f, int actionsAhead)
{
    return budgetBroken(*f.proposal, *f.policy, f.actionsSpent, f.peopleSpent, actionsAhead);
}

QString brokenLock(const Facts& f)
{
    if (!f.targetLockedByOther) return {};
    return u"%1 is changing the same target; one incident at a time changes one target."_s.arg(
        f.lockedBy.isEmpty() ? u"Another incident"_s : f.lockedBy);
}

/// What both the signature and the execution ask, beside life, state and quorum.
QString brokenGround(const Facts& f, int actionsAhead)
{
    for (const auto check : {brokenRunbook, denied, brokenLife, brokenCeiling, brokenEvidence, brokenLock})
        if (QString why = check(f); !why.isEmpty()) return why;
    return brokenBudget(f, actionsAhead);
}

QString brokenState(PlanState state, DecisionVerdict verdict)
{
    switch (state) {
    case PlanState::Proposed:
    case PlanState::PartlyApproved:
    case PlanState::Held:
        return {};
    case PlanState::Approved:
    case PlanState::Running:
        // Stopping stays possible for as long as there is something to stop.
        return verdict == DecisionVerdict::Approve ? u"The plan is already approved; it needs no further signature."_s
                                                   : QString();
    case PlanState::Draft:
        return u"The plan is a draft; put it in the queue before anyone signs it."_s;
    default:
        return u"The plan is %1; it takes no more decisions."_s.arg(planStateName(state));
    }
}

QString brokenRole(const Facts& f, const Decision& d)
{
    const Policy& policy = *f.policy;
    const Person* person = policy.find(d.person);
    if (!person) return u"The site's policy does not know %1."_s.arg(d.person);
    if (person->demo && !policy.sample)
        return u"%1 signs with a demonstration key that ships with Watchfloor; a real profile refuses it."_s.arg(
            d.person);
    const auto before = std::find_if(f.decisions.rbegin(), f.decisions.rend(),
        [&](const AcceptedDecision& a) { return a.decision.person == d.person; });
    if (d.verdict == DecisionVerdict::Approve && before != f.decisions.rend()
        && before->decision.verdict == DecisionVerdict::Approve)
        return before->decision.role == d.role
            ? u"%1 has already signed this plan."_s.arg(d.person)
            : u"%1 has already signed this plan as %2; one person cannot sign as both roles."_s.arg(
                d.person, before->decision.role);
    if (!person->roles.contains(d.role))
        return u"%1 does not hold the role %2 under the site's policy."_s.arg(d.person, d.role);
    const auto all = slotsOf(f.proposal->tier, policy);
    if (std::none_of(all.begin(), all.end(), [&](const Slot& s) { return s.roles.contains(d.role); }))
        return u"A %1 plan is not signed by the role %2; it waits for %3."_s.arg(
            tierName(f.proposal->tier), d.role, quorumOf(*f.proposal, f.decisions, policy).missing.join(u" and "_s));
    if (d.verdict == DecisionVerdict::Approve
        && std::none_of(all.begin(), all.end(), [&](const Slot& s) { return fillsSlot(s, d, *f.proposal); }))
        return u"%1 drafted this plan, and the %2's signature must come from somebody else."_s.arg(d.person, d.role);
    return {};
}

/// An approval that would fill nothing still missing is refused: a second commander does not make up for an absent
/// owner.
QString addsNothing(const Facts& f, const Decision& d)
{
    if (d.verdict != DecisionVerdict::Approve) return {};
    const Quorum before = quorumOf(*f.proposal, f.decisions, *f.policy);
    auto with = f.decisions;
    with.push_back({d, f.now});
    if (quorumOf(*f.proposal, with, *f.policy).have > before.have) return {};
    return u"The signature of the role %1 is already there; the plan waits for %2."_s.arg(
        d.role, before.missing.join(u" and "_s));
}
} // namespace

const Person* Policy::find(const QString& id) const
{
    const auto it = std::find_if(people.begin(), people.end(), [&](const Person& p) { return p.id == id; });
    return it == people.end() ? nullptr : &*it;
}

QString decisionVerdictName(DecisionVerdict verdict)
{
    return QString::fromUtf16(kVerdicts[size_t(verdict)]);
}

QJsonObject Decision::toJson() const
{
    return {{u"id"_s, id.value}, {u"proposal"_s, proposal.value}, {u"proposal_digest"_s, proposalDigest},
        {u"verdict"_s, decisionVerdictName(verdict)}, {u"person"_s, person}, {u"role"_s, role}, {u"reason"_s, reason},
        {u"nonce"_s, nonce}, {u"machine"_s, machine}, {u"at"_s, jsonInt(at)}};
}

Result<Decision> Decision::fromJson(const QJsonObject& o)
{
    const auto verdict = verdictFromName(o[u"verdict"_s].toString());
    if (!verdict) return tl::unexpected(verdict.error());
    Decision d{{o[u"id"_s].toString()}, {o[u"proposal"_s].toString()}, o[u"proposal_digest"_s].toString(), *verdict,
        o[u"person"_s].toString(), o[u"role"_s].toString(), o[u"reason"_s].toString(), o[u"nonce"_s].toString(),
        o[u"machine"_s].toString(), fromJsonInt(o[u"at"_s])};
    if (d.toJson() != o)
        return fail(Fault::BadInput, u"This decision holds something this version of Watchfloor does not understand."_s,
            u"It was not counted."_s);
    return d;
}

Quorum quorumOf(const Proposal& proposal, const std::vector<AcceptedDecision>& decisions, const Policy& policy)
{
    const auto all = slotsOf(proposal.tier, policy);
    const auto people = approvals(proposal, decisions, policy);
    std::vector<bool> filled(all.size());
    Quorum q;
    q.need = int(all.size());
    q.have = bestFill(all, proposal, people, 0, std::vector<bool>(people.size()), filled);
    for (size_t i = 0; i < all.size(); ++i)
        if (!filled[i]) q.missing += all[i].roles.join(u" or "_s);
    return q;
}

QString evidenceBroken(
    const Proposal& proposal, const std::vector<Evidence>& evidence, const std::vector<Claim>& claims)
{
    for (const auto& ref : proposal.evidence) {
        const auto it = std::find_if(
            evidence.begin(), evidence.end(), [&](const Evidence& e) { return e.number == ref.number; });
        const QString label = u"E%1"_s.arg(ref.number);
        if (it == evidence.end()) return u"The evidence %1 this plan rests on is gone."_s.arg(label);
        if (it->sha256 != ref.sha256)
            return u"The evidence %1 is no longer what it was when the plan was drafted."_s.arg(label);
        bool stands = false;
        const Claim* failed = nullptr;
        for (const auto& claim : claims) {
            if (!cites(claim, ref.number)) continue;
            if (claim.verdict == Verdict::Stale)
                return u"Late data changed what %1 showed (“%2”), so the plan needs to be drafted again."_s.arg(
                    label, claim.text);
            if (claim.verdict == Verdict::Failed)
                failed = &claim;
            else
                stands = true;
        }
        // A struck-out claim beside a sound one takes nothing away; on its own it leaves the evidence supporting
        // nothing.
        if (failed && !stands)
            return u"The only claim resting on %1 failed its check (“%2”)."_s.arg(label, failed->text);
    }
    return {};
}

QString budgetBroken(
    const Proposal& proposal, const Policy& policy, int actionsSpent, qint64 peopleSpent, int actionsAhead)
{
    if (actionsSpent + actionsAhead > policy.budgetActions)
        return u"This incident may use %1 actions; %2 are spent and this needs %3."_s.arg(policy.budgetActions)
            .arg(actionsSpent)
            .arg(actionsAhead);
    if (proposal.limits.people > 0 && peopleSpent + proposal.limits.people > policy.budgetPeople)
        return u"This incident may reach %1 people; %2 are reached and this may reach %3 more."_s
            .arg(policy.budgetPeople)
            .arg(peopleSpent)
            .arg(proposal.limits.people);
    return {};
}

QString mayExecute(const ExecutionContext& f)
{
    if (QString why = brokenRecord(f); !why.isEmpty()) return why;
    if (f.state != PlanState::Approved && f.state != PlanState::Running)
        return u"The plan is %1; only an approved plan runs."_s.arg(planStateName(f.state));
    for (const auto& d : f.decisions)
        if (d.decision.verdict == DecisionVerdict::Reject)
            return u"%1 rejected this plan, and a reject always stops."_s.arg(d.decision.person);
    const Quorum quorum = quorumOf(*f.proposal, f.decisions, *f.policy);
    if (!quorum.complete())
        return u"The plan still waits for the signature of %1."_s.arg(quorum.missing.join(u" and "_s));
    return brokenGround(f, 1);
}

QString voidReason(const ExecutionContext& f)
{
    if (QString why = brokenRecord(f); !why.isEmpty()) return why;
    for (const auto check : {brokenRunbook, denied, brokenCeiling, brokenEvidence})
        if (QString why = check(f); !why.isEmpty()) return why;
    return {};
}

QString mayDecide(const ExecutionContext& f, const Decision& d, const QString& digestOnScreen)
{
    if (QString why = brokenRecord(f); !why.isEmpty()) return why;
    if (d.proposal != f.proposal->id) return u"The signature is for another plan."_s;
    if (digestOnScreen != f.digestOnRecord)
        return u"What was on screen is not the plan in the record; open it again and read it."_s;
    if (d.proposalDigest != f.digestOnRecord)
        return u"The signature is for other bytes than the plan in the record; something in it was changed."_s;
    if (QString why = brokenState(f.state, d.verdict); !why.isEmpty()) return why;
    if (QString why = brokenRole(f, d); !why.isEmpty()) return why;
    if (d.nonce.isEmpty()) return u"The signature carries no one-time number, so it could be used twice."_s;
    // Stopping is easy: a reject or a hold asks nothing of ceilings, evidence or budgets.
    if (d.verdict != DecisionVerdict::Approve) return {};
    if (QString why = addsNothing(f, d); !why.isEmpty()) return why;
    return brokenGround(f, int(f.proposal->steps.size()));
}

} // namespace wf
