// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/approvals/plan_text.h"
#include "models/domain/stats/intervals.h"
#include "ui/common/format.h"
#include <QJsonDocument>

using namespace Qt::StringLiterals;

namespace wf {

namespace {

QString share(double value)
{
    const double percent = 100 * value;
    return percentText(value, std::abs(percent - std::round(percent)) < 0.05 ? 0 : 1);
}

QString counted(qint64 n, const QString& one, const QString& many)
{
    return grouped(n) + QChar(0x00A0) + (n == 1 ? one : many);
}

const LiveFigures& liveOf(const PlanScene& scene)
{
    static const LiveFigures none;
    return scene.state && scene.state->live ? *scene.state->live : none;
}

/// nullopt: the engine has not counted this plan yet.
std::optional<BlastRadius> radiusOf(const Plan& plan, const PlanScene& scene)
{
    const auto& all = liveOf(scene).radius;
    const auto it = all.find(plan.proposal.id.value);
    if (it == all.end()) return std::nullopt;
    BlastRadius radius = it->second;
    if (scene.state->now - radius.at > kRadiusLife) radius.known = false;
    return radius;
}

bool openForDecision(PlanState state)
{
    return state == PlanState::Proposed || state == PlanState::PartlyApproved || state == PlanState::Held;
}

bool started(const Plan& plan)
{
    return std::any_of(plan.steps.begin(), plan.steps.end(), [](const StepRun& s) { return s.started != 0; });
}

Nanos approvalOf(const Plan& plan, const QString& person)
{
    for (auto it = plan.decisions.rbegin(); it != plan.decisions.rend(); ++it)
        if (it->decision.person == person)
            return it->decision.verdict == DecisionVerdict::Approve && it->decision.proposalDigest == plan.digest
                ? it->accepted
                : 0;
    return 0;
}

/// Asked of the same code that rules on it: would one more approval by this person fill a slot that is still empty?
QString missingRoleOf(const Plan& plan, const QString& person, const Policy& policy, const Quorum& now)
{
    const Person* who = policy.find(person);
    if (!who) return {};
    for (const QString& role : who->roles) {
        auto with = plan.decisions;
        AcceptedDecision mine;
        mine.decision.proposal = plan.proposal.id;
        mine.decision.proposalDigest = plan.digest;
        mine.decision.verdict = DecisionVerdict::Approve;
        mine.decision.person = person;
        mine.decision.role = role;
        mine.accepted = std::numeric_limits<Nanos>::max();
        with.push_back(mine);
        if (quorumOf(plan.proposal, with, policy).have > now.have) return role;
    }
    return {};
}

QString nobodyHolds(const Quorum& quorum, const Policy& policy)
{
    for (const QString& slot : quorum.missing) {
        const QStringList roles = slot.split(u" or "_s);
        const bool held = std::any_of(policy.people.begin(), policy.people.end(), [&](const Person& p) {
            return (policy.sample || !p.demo)
                && std::any_of(roles.begin(), roles.end(), [&](const QString& r) { return p.roles.contains(r); });
        });
        if (!held) return u"Nobody in the site's policy holds the role %1."_s.arg(roleWords(slot));
    }
    return {};
}

/// First reason for which nobody could sign this now, and what would change that.
std::pair<QString, QString> blockedWhy(const Plan& plan, const PlanScene& scene, const Quorum& quorum)
{
    const Proposal& p = plan.proposal;
    if (p.digest() != plan.digest)
        return {u"The plan is not the one in the record: something in it was changed after it was drafted."_s,
            u"Draft it again; nobody can sign this one."_s};
    if (!scene.state->policy)
        return {u"The site's policy could not be read, so nobody can be shown to hold a role."_s,
            u"Repair policy.yaml and its signature."_s};
    if (scene.state->now >= p.expires)
        return {u"Its life ended at %1."_s.arg(clockMinute(p.expires, scene.zone)),
            u"Draft it again from what is true now."_s};
    if (const auto radius = radiusOf(plan, scene))
        if (const QString why = ceilingBroken(*radius, p); !why.isEmpty())
            return {why,
                radius->known ? u"Draft it smaller, or have the runbook's owner raise its ceiling and sign it."_s
                              : u"Unblocks when telemetry is back."_s};
    if (const QString why = evidenceBroken(p, scene.incident->evidence, scene.incident->claims); !why.isEmpty())
        return {why, u"Draft it again from what is true now."_s};
    if (!started(plan))
        if (const QString why = budgetBroken(p, *scene.state->policy, scene.incident->actionsSpent(),
                scene.incident->peopleSpent(), int(p.steps.size()));
            !why.isEmpty())
            return {why, u"Only a newly signed policy raises a budget."_s};
    if (const QString why = nobodyHolds(quorum, *scene.state->policy); !why.isEmpty())
        return {why, u"Only a newly signed policy gives somebody the role."_s};
    return {};
}

QString roleTitle(const QString& role)
{
    if (role == u"ai-owner"_s) return u"AI owner"_s;
    if (role == u"ai-owner-deputy"_s) return u"AI owner's deputy"_s;
    if (role == u"ai-director"_s) return u"AI director"_s;
    return role;
}

} // namespace

QString roleWords(const QString& slot)
{
    QStringList roles = slot.split(u" or "_s, Qt::SkipEmptyParts);
    if (roles.contains(u"ai-owner"_s)) roles.removeAll(u"ai-owner-deputy"_s);
    if (roles.contains(u"commander"_s)) roles.removeAll(u"deputy"_s);
    for (QString& role : roles)
        role = roleTitle(role);
    return roles.join(u" or "_s);
}

QString roleWords(const QStringList& slots)
{
    QStringList words;
    for (const QString& slot : slots)
        words << roleWords(slot);
    return words.join(u" and "_s);
}

PlanStanding standingOf(const Plan& plan, const PlanScene& scene)
{
    PlanStanding s;
    const bool policy = bool(scene.state->policy);
    if (policy) s.quorum = quorumOf(plan.proposal, plan.decisions, *scene.state->policy);
    const Nanos lastAccepted = plan.decisions.empty() ? 0 : plan.decisions.back().accepted;
    if (!plan.refusals.empty() && plan.refusals.back().at >= lastAccepted && !isFinal(plan.state))
        s.refusal = plan.refusals.back();
    s.signedAt = approvalOf(plan, scene.person);
    if (isFinal(plan.state)) return s;
    if (!openForDecision(plan.state) || (plan.state == PlanState::Held && started(plan))) {
        s.place = PlanPlace::Running;
        return s;
    }
    std::tie(s.blocked, s.unblock) = blockedWhy(plan, scene, s.quorum);
    if (!s.blocked.isEmpty()) {
        s.place = PlanPlace::Blocked;
        return s;
    }
    if (policy && s.signedAt == 0) s.roleForMe = missingRoleOf(plan, scene.person, *scene.state->policy, s.quorum);
    s.place = plan.proposal.cls == RunbookClass::Contain ? PlanPlace::Contain
        : s.roleForMe.isEmpty()                          ? PlanPlace::ForOthers
                                                         : PlanPlace::ForMe;
    return s;
}

BadgeWords badgeOf(const Plan& plan, const PlanStanding& standing)
{
    const QString tier = tierName(plan.proposal.tier) + u' ';
    const auto named = [&](const QString& word, Role fill, Role ink) { return BadgeWords{tier + word, fill, ink}; };
    switch (standing.place) {
    case PlanPlace::Blocked:
        return named(u"blocked"_s, Role::BadFill, Role::BadText);
    case PlanPlace::Running: {
        const bool trouble = plan.state == PlanState::Worse || plan.state == PlanState::NotRecovered
            || plan.state == PlanState::CannotTell || plan.state == PlanState::Held;
        return named(planStateName(plan.state), trouble ? Role::BadFill : Role::WarnFill,
            trouble ? Role::BadText : Role::WarnText);
    }
    case PlanPlace::Finished: {
        const bool good = plan.state == PlanState::Recovered || plan.state == PlanState::Closed;
        const QString word = plan.state == PlanState::Closed ? u"done"_s : planStateName(plan.state);
        return named(word, good ? Role::OkFill : Role::Button, good ? Role::OkText : Role::Muted);
    }
    default:
        break;
    }
    if (standing.quorum.need <= 1)
        return named(
            standing.roleForMe.isEmpty() ? u"waits for "_s + roleWords(standing.quorum.missing) : u"you alone"_s,
            Role::AccentFill, Role::AccentText);
    const qsizetype missing = standing.quorum.missing.size();
    QString words = u"%1 signatures, %2 missing"_s.arg(standing.quorum.need).arg(missing);
    if (missing == 1) words += u": "_s + roleWords(standing.quorum.missing);
    return named(words, Role::AccentFill, Role::AccentText);
}

QString bodyText(const HttpCall& call)
{
    return call.body.isEmpty() ? QString() : QString::fromUtf8(QJsonDocument(call.body).toJson(QJsonDocument::Compact));
}

Spans callSpans(const HttpCall& call, bool withBase, int delta)
{
    Spans spans{figure(call.method + u' ', Role::AccentText, delta),
        figure((withBase ? call.base : QString()) + call.path, Role::Text, delta)};
    if (const QString body = bodyText(call); !body.isEmpty()) spans.push_back(figure(u' ' + body, Role::Text, delta));
    return spans;
}

QString targetText(const Proposal& proposal)
{
    QStringList targets;
    for (const PlanStep& step : proposal.steps) {
        const QString text
            = step.action.base.isEmpty() ? step.action.target : step.action.target + u", "_s + step.action.base;
        if (!targets.contains(text)) targets << text;
    }
    return targets.join(u"; "_s);
}

Spans touchesSpans(const Plan& plan, const PlanScene& scene)
{
    const Limits& limits = plan.proposal.limits;
    const QString ceiling = u", ceiling "_s + share(limits.shareOfFeature);
    const auto radius = radiusOf(plan, scene);
    if (!radius) return {muted(u"not counted yet"_s + ceiling)};
    if (!radius->known) {
        if (plan.proposal.declaredWorstShare < 0)
            return {plain(u"telemetry gone, and no worst case is declared"_s, Role::BadText)};
        const bool over = !(plan.proposal.declaredWorstShare <= limits.shareOfFeature);
        return {plain(u"telemetry gone: declared worst case %1"_s.arg(share(plan.proposal.declaredWorstShare)),
                    over ? Role::BadText : Role::Warn),
            plain(ceiling, over ? Role::BadText : Role::Text)};
    }
    const bool over = !(radius->share <= limits.shareOfFeature);
    Spans spans{plain(u"%1 of this feature%2"_s.arg(share(radius->share), ceiling), over ? Role::BadText : Role::Text)};
    const auto add = [&spans](const QString& text, bool red) {
        spans.insert(spans.end(), {muted(u" · "_s), plain(text, red ? Role::BadText : Role::Text)});
    };
    if (radius->tenants > 0)
        add(counted(radius->tenants, u"tenant"_s, u"tenants"_s),
            limits.tenants > 0 && radius->tenants > limits.tenants);
    if (limits.people > 0)
        add(u"reaches %1, ceiling %2"_s.arg(counted(radius->people, u"person"_s, u"people"_s), grouped(limits.people)),
            radius->people > limits.people);
    else if (radius->people > 0)
        add(counted(radius->people, u"person"_s, u"people"_s), false);
    if (radius->perMinute > 0)
        add(u"%1 answers a minute"_s.arg(grouped(qint64(std::llround(radius->perMinute)))), false);
    return spans;
}

Spans restsSpans(const Plan& plan, const PlanScene& scene)
{
    if (plan.proposal.evidence.empty() && plan.proposal.cls == RunbookClass::Contain)
        return {plain(u"the alarm and the reports; stopping harm does not wait for a cause"_s, Role::Muted)};
    if (plan.proposal.evidence.empty()) return {plain(u"no evidence cited"_s, Role::Warn)};
    const QString broken
        = scene.incident ? evidenceBroken(plan.proposal, scene.incident->evidence, scene.incident->claims) : QString();
    Spans spans;
    for (const auto& ref : plan.proposal.evidence) {
        spans.push_back(evidenceChip(ref.number));
        spans.push_back(plain(u" "_s));
    }
    spans.push_back(broken.isEmpty() ? plain(u"✓\u00A0checked"_s, Role::Ok) : plain(u"✗ "_s + broken, Role::BadText));
    return spans;
}

Spans waitingSpans(const PlanScene& scene)
{
    const double harm = liveOf(scene).harmPerMinute;
    if (harm < 0) return {muted(u"not measured yet"_s)};
    if (harm < 0.5) return {plain(u"fewer than one wrong answer a minute"_s)};
    return {
        plain(u"≈\u00A0%1 a minute"_s.arg(counted(qint64(std::llround(harm)), u"wrong answer"_s, u"wrong answers"_s)))};
}

Spans replaySpans(const Plan& plan)
{
    if (plan.replayN <= 0)
        return {muted(plan.proposal.replay.isNull() ? u"this target offers none"_s : u"not replayed"_s)};
    const Interval i = stats::wilson(double(plan.replayGood), double(plan.replayN));
    const double pass = double(plan.replayGood) / double(plan.replayN);
    return {plain(u"replayed %1 failing prompts: %2 pass"_s.arg(grouped(plan.replayN), percentText(pass, 0)),
                pass < 0.5 ? Role::BadText : Role::Text),
        muted(u" (99\u00A0%:\u00A0%1–%2)"_s.arg(QString::number(100 * i.low, 'f', 0), percentText(i.high, 0)))};
}

Spans digestSpans(const QString& digest)
{
    return {figure(digest.left(8), Role::Text, -1), muted(u" · "_s), plain(digestWords(digest).join(u' '))};
}

QString gateText(const Gate& gate)
{
    const QString of = QString(gate.of).replace(u'_', u' ');
    return u"%1 of %2 have %3 %4 (last %5, %6 answers or more, within %7)"_s.arg(share(gate.share), of,
        QString(gate.attribute).replace(u'_', u' '), gate.equals, ageText(gate.window), grouped(gate.minimum),
        ageText(gate.within));
}

QString ceilingText(const Proposal& proposal)
{
    const Limits& limits = proposal.limits;
    QStringList parts{u"%1 of this feature"_s.arg(share(limits.shareOfFeature))};
    parts << (limits.people > 0 ? counted(limits.people, u"person"_s, u"people"_s) : u"reaches nobody"_s);
    if (limits.tenants > 0) parts << counted(limits.tenants, u"tenant"_s, u"tenants"_s);
    parts << ageText(limits.duration);
    return parts.join(u" · "_s);
}

QString budgetText(const Plan& plan, const PlanScene& scene)
{
    if (!scene.state || !scene.state->policy || !scene.incident)
        return u"not known: the site's policy could not be read"_s;
    const Policy& policy = *scene.state->policy;
    const int spent = scene.incident->actionsSpent();
    QString text
        = u"actions %1 → %2 of %3"_s.arg(spent).arg(spent + int(plan.proposal.steps.size())).arg(policy.budgetActions);
    if (plan.proposal.limits.people > 0) {
        const qint64 reached = scene.incident->peopleSpent();
        text += u" · people %1 → %2 of %3"_s.arg(
            grouped(reached), grouped(reached + plan.proposal.limits.people), grouped(policy.budgetPeople));
    }
    return text;
}

QString recoveryText(const Plan& plan, const PlanScene& scene)
{
    if (plan.proposal.verify.signalNames.isEmpty()) return u"not verified: this plan only stops harm"_s;
    const auto& all = liveOf(scene).feasibility;
    const auto it = all.find(plan.proposal.id.value);
    if (it != all.end()) return it->second;
    return u"%1 windows of %2; not known yet whether that can be measured"_s.arg(plan.proposal.verify.windows)
        .arg(plan.proposal.verify.signalNames.join(u", "_s));
}

Spans stepSpans(const Plan& plan, size_t index, const PlanScene& scene)
{
    const PlanStep& step = plan.proposal.steps[index];
    const StepRun& run = plan.steps[index];
    const auto told = [&](const QString& mark, Role role) { return plain(mark + step.title, role); };
    const QString why = run.why.isEmpty() ? u"no reason was recorded"_s : run.why;
    switch (run.state) {
    case StepRun::State::Waiting:
        return {muted(step.title + (int(index) == plan.currentStep() ? u" · next"_s : u" · waits for the gate"_s))};
    case StepRun::State::Queued:
        return {plain(step.title), muted(u" · queued"_s)};
    case StepRun::State::Executing:
        return {
            plain(step.title, Role::Accent), plain(u" · running since %1"_s.arg(clockText(run.started, scene.zone)))};
    case StepRun::State::Failed:
        return {told(u"✗ "_s, Role::BadText), plain(u" · failed: "_s + why, Role::BadText)};
    case StepRun::State::Unknown:
        return {told(u"? "_s, Role::Warn),
            plain(u" · unknown: %1 Nothing is sent again; look at the target."_s.arg(
                      why.endsWith(u'.') ? why : why + u'.'),
                Role::Warn)};
    case StepRun::State::GateFailed:
        return {told(u"✗ "_s, Role::BadText), plain(u" · gate failed: "_s + why, Role::BadText)};
    case StepRun::State::GatePassed:
        return {told(u"✓ "_s, Role::Ok),
            muted(u" · "_s + (step.gate.isNull() ? u"done "_s : u"gate passed "_s)
                + clockMinute(run.gatePassed, scene.zone))};
    case StepRun::State::Executed:
        break;
    }
    if (step.gate.isNull()) return {told(u"✓ "_s, Role::Ok)};
    const QString id = plan.proposal.id.value;
    const LiveFigures& live = liveOf(scene);
    const QString of = QString(step.gate.of).replace(u'_', u' '), goal = u", gate "_s + share(step.gate.share);
    const auto reached = live.gateShare.find(id);
    const auto n = live.gateN.find(id);
    const qint64 seen = n == live.gateN.end() ? 0 : n->second;
    if (reached == live.gateShare.end() || seen == 0)
        return {told(u"✓ "_s, Role::Ok), muted(u" · no answer counted yet"_s + goal)};
    if (seen < step.gate.minimum)
        return {told(u"✓ "_s, Role::Ok),
            plain(u" · cannot tell yet: %1 of %2 %3 needed"_s.arg(grouped(seen), grouped(step.gate.minimum), of),
                Role::Warn),
            muted(goal)};
    return {told(u"✓ "_s, Role::Ok),
        plain(u" · reached %1 of %2 %3%4"_s.arg(
            share(std::floor(reached->second * 100) / 100), grouped(seen), of, goal))};
}

Spans verifySpans(const Plan& plan, const PlanScene& scene)
{
    const auto in = std::count_if(
        plan.windows.begin(), plan.windows.end(), [](const VerifiedWindow& w) { return w.outcome == u"in"_s; });
    const bool verifying = plan.state == PlanState::Verifying || !plan.windows.empty();
    Spans spans{plain(u"%1 of %2 windows in band"_s.arg(in).arg(plan.proposal.verify.windows),
        !verifying   ? Role::Muted
            : in > 0 ? Role::Ok
                     : Role::Text)};
    if (!plan.windows.empty()) {
        const VerifiedWindow& last = plan.windows.back();
        const QString rate = last.n > 0 ? percentText(double(last.good) / double(last.n)) : u"no figure"_s;
        const bool bad = last.outcome == u"out"_s || last.outcome == u"worse"_s;
        const QString word = last.outcome == u"in"_s ? u"in band"_s
            : last.outcome == u"out"_s               ? u"outside"_s
            : last.outcome == u"worse"_s             ? u"worse"_s
                                                     : u"cannot tell"_s;
        spans.push_back(plain(u" · last: %1, %2, n = %3"_s.arg(word, rate, grouped(last.n)),
            bad                           ? Role::BadText
                : last.outcome == u"in"_s ? Role::Text
                                          : Role::Warn));
    }
    const auto& feasible = liveOf(scene).feasibility;
    if (const auto it = feasible.find(plan.proposal.id.value); it != feasible.end())
        spans.push_back(muted(u" · "_s + it->second));
    return spans;
}

} // namespace wf
