// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: one runbook, policy and plan for the tests of authority. Owner: tests. Thread: values.
#pragma once
#include "models/domain/authority.h"
#include <QJsonArray>

namespace wf::test {
using namespace Qt::StringLiterals;

inline constexpr Nanos kNow = 1'795'232'592 * kSecond; // 21 Nov 2026, 03:43:12 UTC

inline Person person(const QString& id, const QStringList& roles, bool demo = false)
{
    return {id, roles, QByteArray(32, char(qHash(id))), demo};
}

inline Policy policy()
{
    Policy p;
    p.people = {person(u"commander-1"_s, {u"commander"_s}), person(u"commander-2"_s, {u"deputy"_s}),
        person(u"ai-owner-1"_s, {u"ai-owner"_s}), person(u"ai-owner-2"_s, {u"ai-owner-deputy"_s}),
        person(u"legal-1"_s, {u"legal"_s}), person(u"comms-1"_s, {u"comms"_s}),
        person(u"both-1"_s, {u"commander"_s, u"ai-owner"_s}), person(u"scribe-1"_s, {u"scribe"_s})};
    p.signedBy = u"site"_s;
    return p;
}

inline HttpCall call(const QString& method, const QString& path, const QJsonObject& body = {})
{
    return {u"flags"_s, {}, method, path, body, {}, {}};
}

/// Two steps: one that can be undone, one that cannot.
inline Runbook runbook(Tier tier = Tier::T3)
{
    Runbook r;
    r.id = u"restore-behaviour-stack"_s;
    r.version = u"1.4.0"_s;
    r.title = u"Restore behaviour stack of {good.day}"_s;
    r.cls = tier == Tier::T4 ? RunbookClass::Notify
        : tier == Tier::T3   ? RunbookClass::RestoreKnownGood
                             : RunbookClass::Contain;
    r.features = {u"support-copilot"_s};
    r.parameters = {u"human_percent"_s, u"generation"_s};
    r.rules[u"human_percent"_s] = {true, 0, 100, 200, {}, u"75"_s, {}};
    r.rules[u"generation"_s].format = u"next-generation"_s;
    r.limits.shareOfFeature = 0.95;
    r.declaredWorstShare = 0.9;
    RunbookStep pin;
    pin.id = u"pin-prompt"_s;
    pin.title = u"pin prompt {manifest.prompt}"_s;
    pin.tier = tier;
    pin.touches = {u"{feature}"_s, {{u"prompt"_s, u"{observed.prompt}"_s}}};
    pin.action = call(u"PATCH"_s, u"/features/{feature}/prompt"_s, {{u"version"_s, u"{manifest.prompt}"_s}});
    pin.precondition = call(u"GET"_s, u"/features/{feature}"_s);
    pin.precondition.expectPath = u"/prompt"_s;
    pin.precondition.expectEquals = u"{observed.prompt}"_s;
    pin.undo = call(u"PATCH"_s, u"/features/{feature}/prompt"_s, {{u"version"_s, u"{observed.prompt}"_s}});
    pin.gate = {u"prompt"_s, u"{manifest.prompt}"_s, u"uncached_answers"_s, 0.99, 30 * kSecond, 60, 20 * kMinute};
    RunbookStep route;
    route.id = u"route"_s;
    route.title = u"route to people"_s;
    route.tier = Tier::T2;
    route.touches = {u"{feature}"_s, {}};
    route.action = call(u"PATCH"_s, u"/features/{feature}/route"_s,
        {{u"human_percent"_s, u"{parameters.human_percent}"_s}, {u"generation"_s, u"{parameters.generation}"_s},
            {u"tags"_s, QJsonArray{u"{feature}"_s, 7}}});
    route.noUndo = u"it is its own undo"_s;
    route.gate = {u"handled_by"_s, u"human"_s, u"answers"_s, 0.6, 20 * kSecond, 50, 5 * kMinute};
    r.steps = {pin, route};
    r.verify = {{u"grounded_account_number"_s}, 0.02, 3};
    r.digest = QString(64, u'a');
    r.signedBy = u"site"_s;
    return r;
}

inline DraftContext draftContext()
{
    DraftContext c;
    c.incident = IncidentId{u"0192f0c0-0000-7000-8000-000000000001"_s};
    c.feature = u"support-copilot"_s;
    c.good[Layer::Prompt] = u"v41"_s;
    c.observed[Layer::Prompt] = u"v42"_s;
    c.observed[Layer::Cache] = u"c9"_s;
    c.goodDay = u"21 Nov"_s;
    c.targets[u"flags"_s] = u"http://127.0.0.1:8910"_s;
    c.evidence = {{1, QString(64, u'1')}, {2, QString(64, u'2')}};
    c.requester = u"agent:offline"_s;
    c.now = kNow;
    return c;
}

inline Decision decision(
    const Proposal& p, const QString& who, const QString& role, DecisionVerdict verdict = DecisionVerdict::Approve)
{
    static int count = 0;
    ++count;
    return {freshId<DecisionId>(kNow), p.id, p.digest(), verdict, who, role, u"seen and understood"_s,
        u"nonce-%1"_s.arg(count), u"console-1"_s, kNow};
}

/// Everything the gate may look at, all of it in order.
struct Facts {
    Policy policyValue = policy();
    Runbook runbookValue;
    Proposal plan;
    ExecutionContext context;

    explicit Facts(Tier tier = Tier::T3)
        : runbookValue(runbook(tier))
        , plan(*draftProposal(runbookValue, draftContext()))
    {
        point();
        context.digestOnRecord = plan.digest();
        context.radius = {0.4, 900, 3, 12000, 800, kNow, true};
        for (const auto& ref : plan.evidence) {
            Evidence e;
            e.number = ref.number;
            e.sha256 = ref.sha256;
            context.evidence.push_back(e);
        }
        context.state = PlanState::Proposed;
        context.now = kNow + kMinute;
    }
    Facts(const Facts&) = delete;
    void point()
    {
        context.proposal = &plan;
        context.runbook = &runbookValue;
        context.policy = &policyValue;
    }
    /// Adds an accepted decision as the record would.
    void accept(const QString& who, const QString& role, DecisionVerdict verdict = DecisionVerdict::Approve)
    {
        context.decisions.push_back({decision(plan, who, role, verdict), kNow + Nanos(context.decisions.size() + 1)});
    }
    void quorum()
    {
        accept(u"commander-1"_s, u"commander"_s);
        if (plan.tier == Tier::T3) accept(u"ai-owner-1"_s, u"ai-owner"_s);
        if (plan.tier == Tier::T4) accept(u"legal-1"_s, u"legal"_s);
        context.state = PlanState::Approved;
    }
    QString decide(const QString& who, const QString& role, DecisionVerdict verdict = DecisionVerdict::Approve) const
    {
        return mayDecide(context, decision(plan, who, role, verdict), context.digestOnRecord);
    }
};

} // namespace wf::test
