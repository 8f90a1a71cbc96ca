// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: a record in memory with one incident and one plan, and people who really sign. Owner: tests. Thread: one.
#pragma once
#include "models/domain/canonical_json.h"
#include "services/approvals/decision_desk.h"
#include "services/approvals/sign_request.h"
#include "services/record/signing.h"
#include "tests/unit/domain/plan_fixture.h"
#include <QTemporaryDir>
#include <set>

namespace wf::test {

struct Book {
    QTemporaryDir folder;
    std::optional<KeyRing> keys;
    Policy policy = test::policy();
    Runbook runbookValue;
    Proposal plan;
    CaseFile file;
    std::set<QString> outboxKeys;
    std::vector<OutboxRow> outbox;
    BlastRadius radius{0.4, 900, 3, 12000, 800, kNow, true};
    Nanos now = kNow + kMinute;
    std::optional<DecisionDesk> desk;

    explicit Book(Tier tier = Tier::T3)
        : runbookValue(runbook(tier))
        , plan(*draftProposal(runbookValue, draftContext()))
    {
        policy.sample = true;
        for (auto& p : policy.people) {
            if (!KeyRing::createKey(folder.path(), p.id, {}, true)) qFatal("no key");
            p.publicKey = KeyRing::demoPublicKey(p.id);
            p.demo = true;
        }
        keys = *KeyRing::open(folder.path(), DemoKeys::Allowed);
        desk.emplace(policy);
        add({{QLatin1StringView(kind::IncidentOpened), u"engine"_s, plan.incident.value,
            {{u"number"_s, 1}, {u"feature"_s, plan.feature}}, 0}});
        for (const auto& ref : plan.evidence)
            add({{QLatin1StringView(kind::EvidenceAdded), u"agent:offline"_s, plan.incident.value,
                {{u"number"_s, ref.number}, {u"sha256"_s, ref.sha256}}, 0}});
        add({{QLatin1StringView(kind::ProposalDrafted), u"agent:offline"_s, plan.incident.value,
                 {{u"proposal"_s, plan.toJson()}, {u"digest"_s, plan.digest()}}, 0},
            {QLatin1StringView(kind::ProposalQueued), u"agent:offline"_s, plan.incident.value,
                {{u"proposal"_s, plan.id.value}}, 0}});
    }

    std::vector<Entry> add(std::vector<NewEntry> entries, std::vector<OutboxRow> rows = {})
    {
        std::vector<Entry> out;
        for (auto& n : entries) {
            Entry e;
            e.seq = file.seq + 1;
            e.t = now += kMilli;
            e.kind = n.kind;
            e.actor = n.actor;
            e.incident = n.incident;
            e.body = n.body;
            e.previous = file.hash;
            if (!canonicalJson(e.body)) qFatal("an entry that cannot be recorded");
            e.hash = sha256(*canonicalJson(e.body));
            file.apply(e);
            out.push_back(std::move(e));
        }
        for (auto& r : rows) {
            if (!outboxKeys.insert(r.key).second) qFatal("a key was used twice");
            outbox.push_back(std::move(r));
        }
        return out;
    }
    Ruling rule(const Ruling& ruling)
    {
        add(ruling.entries, ruling.outbox);
        return ruling;
    }

    const Case& incident() const { return file.cases.front(); }
    const Plan& onRecord() const { return incident().plans.front(); }
    ExecutionContext facts()
    {
        ExecutionContext x;
        x.proposal = &onRecord().proposal;
        x.digestOnRecord = onRecord().digest;
        x.runbook = &runbookValue;
        x.policy = &policy;
        x.decisions = onRecord().decisions;
        x.radius = radius;
        x.radius.at = now;
        x.evidence = incident().evidence;
        x.claims = incident().claims;
        x.actionsSpent = incident().actionsSpent();
        x.state = onRecord().state;
        x.now = now;
        return x;
    }

    NewEntry signature(const QString& who, const QString& role, DecisionVerdict verdict = DecisionVerdict::Approve,
        const QString& machine = {})
    {
        Decision d;
        d.proposal = plan.id;
        d.proposalDigest = onRecord().digest;
        d.verdict = verdict;
        d.person = who;
        d.role = role;
        d.reason = u"seen"_s;
        d.machine = machine.isEmpty() ? u"machine of "_s + who : machine;
        d.at = now;
        return *signedDecision(*keys, {}, d, plan.incident);
    }
    /// Signs, records, lets the desk rule, records the ruling; returns the refusal, "" when accepted.
    QString sign(const QString& who, const QString& role, DecisionVerdict verdict = DecisionVerdict::Approve)
    {
        return submit(signature(who, role, verdict));
    }
    QString submit(const NewEntry& intent)
    {
        const Entry e = add({intent}).front();
        const Ruling r = rule(desk->judge(e, incident(), facts()));
        return r.entries.front().kind == QLatin1StringView(kind::DecisionRefused)
            ? r.entries.front().body[u"reason"_s].toString()
            : QString();
    }

    void note(const char* what, QJsonObject body)
    {
        body[u"proposal"_s] = plan.id.value;
        add({{QLatin1StringView(what), u"engine"_s, plan.incident.value, body, 0}});
    }
    void state(PlanState s) { note(kind::ProposalState, {{u"state"_s, planStateName(s)}, {u"why"_s, u"test"_s}}); }
    void start(int step) { note(kind::AttemptStarted, {{u"step"_s, step}}); }
    void finish(int step, const QString& outcome)
    {
        note(kind::AttemptFinished, {{u"step"_s, step}, {u"outcome"_s, outcome}});
    }
    void gate(int step, bool passed)
    {
        note(passed ? kind::GatePassed : kind::GateFailed, {{u"step"_s, step}, {u"why"_s, u"late"_s}});
    }
};

} // namespace wf::test
