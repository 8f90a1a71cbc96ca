// SPDX-License-Identifier: GPL-3.0-or-later
#include "book.h"
#include <QJsonDocument>
#include <QRandomGenerator>
#include <QtTest>

using namespace wf;
using namespace wf::test;
using V = DecisionVerdict;
using State = StepRun::State;

#define REFUSED(why, words)                                                                                            \
    do {                                                                                                               \
        const QString w = (why);                                                                                       \
        QVERIFY2(w.contains(words), qPrintable(u"got: "_s + w));                                                       \
    } while (false)

class DecisionDeskTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void twoPeopleMakeOneExecution()
    {
        Book b;
        QCOMPARE(b.sign(u"commander-1"_s, u"commander"_s), QString());
        QCOMPARE(int(b.onRecord().state), int(PlanState::PartlyApproved));
        QVERIFY(b.outbox.empty());
        const Entry second = b.add({b.signature(u"ai-owner-2"_s, u"ai-owner-deputy"_s)}).front();
        const Ruling r = b.desk->judge(second, b.incident(), b.facts());
        // Decision, approval, step and row: one append or nothing.
        QCOMPARE(r.entries.size(), size_t(3));
        QCOMPARE(r.entries[0].kind, QLatin1StringView(kind::DecisionAccepted));
        QCOMPARE(r.entries[0].body[u"have"_s].toInt(), 2);
        QCOMPARE(r.entries[0].body[u"need"_s].toInt(), 2);
        QCOMPARE(r.entries[0].body[u"signed_seq"_s].toInt(), int(second.seq));
        QCOMPARE(r.entries[1].kind, QLatin1StringView(kind::ProposalState));
        QCOMPARE(r.entries[2].kind, QLatin1StringView(kind::StepQueued));
        QCOMPARE(r.outbox.size(), size_t(1));
        QCOMPARE(r.outbox[0].key, idempotencyKey(b.plan.digest(), 0));
        QCOMPARE(r.entries[2].body[u"key"_s].toString(), r.outbox[0].key);
        QCOMPARE(r.entries[2].body[u"execution"_s].toString(), r.outbox[0].execution.value);
        b.rule(r);
        QCOMPARE(int(b.onRecord().state), int(PlanState::Approved));
        QCOMPARE(int(b.onRecord().steps[0].state), int(State::Queued));
        QCOMPARE(mayExecute(b.facts()), QString());
    }

    void oneCommanderContains()
    {
        Book b(Tier::T2);
        QCOMPARE(b.sign(u"commander-2"_s, u"deputy"_s), QString());
        QCOMPARE(int(b.onRecord().state), int(PlanState::Approved));
        QCOMPARE(b.outbox.size(), size_t(1));
    }

    void keysOfSteps()
    {
        const QString a = QString(64, u'a'), c = QString(64, u'c');
        QCOMPARE(idempotencyKey(a, 0), idempotencyKey(a, 0));
        QCOMPARE(std::set<QString>({idempotencyKey(a, 0), idempotencyKey(a, 1), idempotencyKey(c, 0),
                                       idempotencyKey(a, 0, u"again"_s)})
                     .size(),
            size_t(4));
    }

    void cheating()
    {
        Book b;
        QCOMPARE(b.sign(u"both-1"_s, u"commander"_s), QString());
        REFUSED(b.sign(u"both-1"_s, u"ai-owner"_s), u"one person cannot sign as both roles");
        REFUSED(b.sign(u"commander-1"_s, u"ai-owner"_s), u"does not hold the role");
        QVERIFY(b.outbox.empty());
        QCOMPARE(b.onRecord().refusals.size(), size_t(2));
        // An edited parameter: other bytes, so the signature is for something that is not in the record.
        Proposal edited = b.plan;
        edited.parameters[u"human_percent"_s] = u"100"_s;
        edited.steps[1].action.body[u"human_percent"_s] = 100;
        Decision d = decision(edited, u"ai-owner-1"_s, u"ai-owner"_s);
        REFUSED(b.submit(*signedDecision(*b.keys, {}, d, b.plan.incident)), u"not the plan in the record");
        b.radius.share = 0.99;
        REFUSED(b.sign(u"ai-owner-1"_s, u"ai-owner"_s), u"its ceiling is 95 %");
        QVERIFY(b.outbox.empty());
    }

    void tamperedEnvelope()
    {
        Book b(Tier::T2);
        const NewEntry honest = b.signature(u"commander-1"_s, u"commander"_s);
        const auto with = [&](const std::function<void(QJsonObject&)>& edit) {
            NewEntry e = honest;
            QJsonObject envelope = e.body[u"envelope"_s].toObject();
            edit(envelope);
            e.body[u"envelope"_s] = envelope;
            return b.submit(e);
        };
        const auto payload = QByteArray::fromBase64(honest.body[u"envelope"_s][u"payload"_s].toString().toLatin1());
        const auto put
            = [](QJsonObject& o, const QByteArray& bytes) { o[u"payload"_s] = QString::fromLatin1(bytes.toBase64()); };
        REFUSED(with([&](QJsonObject& o) { put(o, QByteArray(payload).replace("commander-1", "commander-2")); }),
            u"not a signature of commander-1");
        REFUSED(
            with([&](QJsonObject& o) { o[u"payloadType"_s] = u"text/plain"_s; }), u"not a signature of commander-1");
        REFUSED(with([&](QJsonObject& o) { o.remove(u"signatures"_s); }), u"not a signature of commander-1");
        for (qsizetype i = 0; i < payload.size(); i += 9) {
            QByteArray bent = payload;
            bent[i] = char(bent[i] ^ 1);
            REFUSED(with([&](QJsonObject& o) { put(o, bent); }), u"not a signature of commander-1");
        }
        // Somebody else's signature under commander-1's name, and a good signature handed in by another.
        NewEntry stolen = b.signature(u"scribe-1"_s, u"commander"_s);
        stolen.actor = u"commander-1"_s;
        REFUSED(b.submit(stolen), u"not a signature of commander-1");
        Decision other = decision(b.plan, u"commander-1"_s, u"commander"_s);
        other.machine = u"m"_s;
        const auto bytes = canonicalJson(other.toJson());
        const auto envelope = b.keys->sign(u"scribe-1"_s, {}, QLatin1StringView(kDecisionPayloadType), *bytes);
        REFUSED(b.submit({QLatin1StringView(kind::DecisionSigned), u"scribe-1"_s, b.plan.incident.value,
                    {{u"proposal"_s, b.plan.id.value}, {u"envelope"_s, *envelope},
                        {u"digest_on_screen"_s, b.plan.digest()}},
                    0}),
            u"in the name of commander-1");
        // The same decision with a space in it: signed all right, but not the one spelling.
        const auto loose = b.keys->sign(u"commander-1"_s, {}, QLatin1StringView(kDecisionPayloadType),
            QJsonDocument(other.toJson()).toJson(QJsonDocument::Indented));
        REFUSED(
            b.submit({QLatin1StringView(kind::DecisionSigned), u"commander-1"_s, b.plan.incident.value,
                {{u"proposal"_s, b.plan.id.value}, {u"envelope"_s, *loose}, {u"digest_on_screen"_s, b.plan.digest()}},
                0}),
            u"the one way");
        NewEntry stranger = honest;
        stranger.actor = u"stranger"_s;
        REFUSED(b.submit(stranger), u"does not know stranger");
        NewEntry lost = honest;
        lost.body[u"proposal"_s] = u"nowhere"_s;
        REFUSED(b.submit(lost), u"no such plan");
        NewEntry elsewhere = honest;
        elsewhere.body[u"digest_on_screen"_s] = QString(64, u'0');
        REFUSED(b.submit(elsewhere), u"What was on screen");
        QVERIFY(b.outbox.empty());
        QCOMPARE(int(b.onRecord().state), int(PlanState::Proposed));
        // Nobody's name stands under what did not verify, and nothing spent the honest signature's number but its own
        // use.
        NewEntry fresh = b.signature(u"commander-1"_s, u"commander"_s);
        QCOMPARE(b.submit(fresh), QString());
    }

    void replayedSignature()
    {
        Book b;
        const NewEntry first = b.signature(u"commander-1"_s, u"commander"_s);
        QCOMPARE(b.submit(first), QString());
        REFUSED(b.submit(first), u"used before");
        // Refused once, it stays refused when the reason has gone: the record remembers it, not this process.
        b.radius.share = 0.99;
        const NewEntry owner = b.signature(u"ai-owner-1"_s, u"ai-owner"_s);
        REFUSED(b.submit(owner), u"its ceiling");
        b.radius.share = 0.4;
        b.desk.emplace(b.policy);
        REFUSED(b.submit(owner), u"used before");
        QCOMPARE(b.sign(u"ai-owner-1"_s, u"ai-owner"_s), QString());
        QCOMPARE(b.outbox.size(), size_t(1));
    }

    void rejectStopsHoldAsksAgain()
    {
        Book b;
        QCOMPARE(b.sign(u"commander-1"_s, u"commander"_s), QString());
        QCOMPARE(b.sign(u"ai-owner-1"_s, u"ai-owner"_s, V::Hold), QString());
        QCOMPARE(int(b.onRecord().state), int(PlanState::Held));
        QCOMPARE(b.sign(u"ai-owner-1"_s, u"ai-owner"_s), QString());
        QCOMPARE(int(b.onRecord().state), int(PlanState::Held)); // the commander's signature was given before the hold
        QVERIFY(b.outbox.empty());
        QCOMPARE(b.sign(u"commander-1"_s, u"commander"_s), QString());
        QCOMPARE(int(b.onRecord().state), int(PlanState::Approved));
        QCOMPARE(b.outbox.size(), size_t(1));
        QCOMPARE(b.sign(u"commander-2"_s, u"deputy"_s, V::Reject), QString());
        QCOMPARE(int(b.onRecord().state), int(PlanState::Rejected));
        QVERIFY(!mayExecute(b.facts()).isEmpty());
        REFUSED(b.sign(u"commander-2"_s, u"deputy"_s), u"takes no more decisions");
    }

    void stepsWaitForTheirGates()
    {
        Book b;
        b.sign(u"commander-1"_s, u"commander"_s);
        b.sign(u"ai-owner-1"_s, u"ai-owner"_s);
        b.start(0);
        b.state(PlanState::Running);
        QVERIFY(b.desk->nextStep(b.incident(), b.onRecord(), b.facts()).isEmpty());
        b.finish(0, u"executed"_s);
        QVERIFY(b.desk->nextStep(b.incident(), b.onRecord(), b.facts()).isEmpty());
        b.gate(0, true);
        const Ruling r = b.rule(b.desk->nextStep(b.incident(), b.onRecord(), b.facts()));
        QCOMPARE(r.outbox.size(), size_t(1));
        QCOMPARE(r.outbox[0].step, 1);
        QCOMPARE(r.outbox[0].key, idempotencyKey(b.plan.digest(), 1));
        QVERIFY(b.desk->nextStep(b.incident(), b.onRecord(), b.facts()).isEmpty()); // queued once
        b.start(1);
        b.finish(1, u"executed"_s);
        b.gate(1, true);
        QVERIFY(b.desk->nextStep(b.incident(), b.onRecord(), b.facts()).isEmpty()); // there is no third
    }

    void ceilingBetweenStepsHolds()
    {
        Book b;
        b.sign(u"commander-1"_s, u"commander"_s);
        b.sign(u"ai-owner-1"_s, u"ai-owner"_s);
        b.start(0);
        b.state(PlanState::Running);
        b.finish(0, u"executed"_s);
        b.gate(0, true);
        b.radius.share = 0.99;
        const Ruling r = b.rule(b.desk->nextStep(b.incident(), b.onRecord(), b.facts()));
        QVERIFY(r.outbox.empty());
        QCOMPARE(int(b.onRecord().state), int(PlanState::Held));
        REFUSED(b.onRecord().why, u"its ceiling is 95 %");
        // Both sign again once it is small enough; then it goes on with the second step.
        b.radius.share = 0.4;
        QCOMPARE(b.sign(u"commander-1"_s, u"commander"_s), QString());
        QCOMPARE(b.outbox.size(), size_t(1));
        QCOMPARE(b.sign(u"ai-owner-1"_s, u"ai-owner"_s), QString());
        QCOMPARE(int(b.onRecord().state), int(PlanState::Running));
        QCOMPARE(b.outbox.size(), size_t(2));
        QCOMPARE(b.outbox.back().step, 1);
    }

    void failedStepRunsAgainUnderANewName()
    {
        Book b(Tier::T2);
        b.sign(u"commander-1"_s, u"commander"_s);
        b.start(0);
        b.state(PlanState::Running);
        b.finish(0, u"failed"_s);
        b.state(PlanState::Held);
        QCOMPARE(b.sign(u"commander-1"_s, u"commander"_s), QString());
        QCOMPARE(b.outbox.size(), size_t(2));
        QVERIFY(b.outbox[0].key != b.outbox[1].key);
        QCOMPARE(b.outbox[1].step, 0);
        const StepRun& s = b.onRecord().steps[0];
        QCOMPARE(int(s.state), int(State::Queued));
        QCOMPARE(s.finished, Nanos(0)); // nothing may take it for done
        QCOMPARE(b.incident().actionsSpent(), 1); // and the failed attempt is still paid for
        QCOMPARE(int(b.onRecord().state), int(PlanState::Running));
    }

    void unknownAndLateAreNotRepeated()
    {
        for (const bool unknown : {true, false}) {
            Book b(Tier::T2);
            b.sign(u"commander-1"_s, u"commander"_s);
            b.start(0);
            b.state(PlanState::Running);
            b.finish(0, unknown ? u"unknown"_s : u"executed"_s);
            if (!unknown) b.gate(0, false);
            b.state(PlanState::Held);
            REFUSED(b.sign(u"commander-1"_s, u"commander"_s),
                unknown ? u"Nobody knows whether step 1"_s : u"did not reach the answers"_s);
            QCOMPARE(b.outbox.size(), size_t(1));
            QCOMPARE(b.sign(u"commander-1"_s, u"commander"_s, V::Reject), QString());
            QCOMPARE(int(b.onRecord().state), int(PlanState::Rejected));
        }
    }

    void heldBeforeItStartedIsNotQueuedTwice()
    {
        Book b(Tier::T2);
        b.sign(u"commander-1"_s, u"commander"_s);
        b.sign(u"commander-2"_s, u"deputy"_s, V::Hold);
        b.sign(u"commander-1"_s, u"commander"_s);
        QCOMPARE(int(b.onRecord().state), int(PlanState::Approved));
        QCOMPARE(b.outbox.size(), size_t(1));
    }

    void waitingPlansAreReviewed()
    {
        Book b;
        QVERIFY(b.desk->review(b.incident(), b.onRecord(), b.facts()).isEmpty());
        b.radius.share = 0.99; // nobody has signed: it keeps its place and cannot be signed
        QVERIFY(b.desk->review(b.incident(), b.onRecord(), b.facts()).isEmpty());
        b.radius.share = 0.4;
        b.sign(u"commander-1"_s, u"commander"_s);
        b.radius.share = 0.99; // somebody signed less than this
        b.rule(b.desk->review(b.incident(), b.onRecord(), b.facts()));
        QCOMPARE(int(b.onRecord().state), int(PlanState::Voided));
        REFUSED(b.onRecord().why, u"its ceiling is 95 %");

        Book late;
        late.now = late.plan.expires;
        late.rule(late.desk->review(late.incident(), late.onRecord(), late.facts()));
        QCOMPARE(int(late.onRecord().state), int(PlanState::Expired));

        Book running(Tier::T2);
        running.sign(u"commander-1"_s, u"commander"_s);
        running.start(0);
        running.state(PlanState::Running);
        running.now = running.plan.expires + kHour;
        QVERIFY(running.desk->review(running.incident(), running.onRecord(), running.facts()).isEmpty());
    }

    void evidenceThatFlipsVoids()
    {
        Book b;
        b.sign(u"commander-1"_s, u"commander"_s);
        ExecutionContext f = b.facts();
        f.evidence[0].sha256 = QString(64, u'f');
        const Ruling r = b.desk->review(b.incident(), b.onRecord(), f);
        QCOMPARE(r.entries.size(), size_t(1));
        REFUSED(r.entries[0].body[u"why"_s].toString(), u"E1 is no longer what it was");
    }

    void twoPeopleAtOneMachineAreRecorded()
    {
        Book b;
        b.submit(b.signature(u"commander-1"_s, u"commander"_s, V::Approve, u"console-1"_s));
        const Entry e = b.add({b.signature(u"ai-owner-1"_s, u"ai-owner"_s, V::Approve, u"console-1"_s)}).front();
        const Ruling r = b.desk->judge(e, b.incident(), b.facts());
        const auto used = std::find_if(r.entries.begin(), r.entries.end(),
            [](const NewEntry& n) { return n.kind == QLatin1StringView(kind::IdentityUsed); });
        QVERIFY(used != r.entries.end());
        QVERIFY(used->body[u"same_machine"_s].toBool());
        QCOMPARE(used->body[u"machine"_s].toString(), u"console-1"_s);
        QCOMPARE(r.outbox.size(), size_t(1));
    }

    // Whatever people sign, hold and reject in whatever order: a row appears only when, since the last hold, two
    // different people in the right roles approved, the ceiling held, and nobody rejected.
    void noRowWithoutItsPeople()
    {
        QRandomGenerator random(20261121);
        int rows = 0;
        for (int round = 0; round < 60; ++round) {
            Book b;
            std::map<QString, QString> since; // approvals since the last hold
            bool rejected = false;
            for (int i = 0; i < 14; ++i) {
                const auto& who = b.policy.people[size_t(random.bounded(int(b.policy.people.size())))];
                const QStringList roles{u"commander"_s, u"deputy"_s, u"ai-owner"_s, u"ai-owner-deputy"_s, u"legal"_s};
                const QString role = random.bounded(3) ? who.roles.last() : roles[random.bounded(int(roles.size()))];
                const V verdict = random.bounded(7) == 0 ? V::Hold : random.bounded(25) == 0 ? V::Reject : V::Approve;
                b.radius.share = random.bounded(8) == 0 ? 0.99 : 0.4;
                const auto before = b.outbox.size();
                const bool wasHeld = b.onRecord().state == PlanState::Held;
                const bool accepted = b.sign(who.id, role, verdict).isEmpty();
                if (accepted && verdict == V::Hold && !wasHeld) since.clear();
                if (accepted && verdict == V::Hold) since.erase(who.id);
                if (accepted && verdict == V::Approve) since[who.id] = role;
                rejected |= accepted && verdict == V::Reject;
                if (b.outbox.size() == before) continue;
                ++rows;
                QVERIFY(!rejected && b.radius.share < 0.95);
                std::set<QString> command, owner;
                for (const auto& [person, as] : since)
                    (as.startsWith(u"ai-owner"_s) ? owner : command).insert(person);
                QVERIFY(!command.empty() && !owner.empty());
            }
            QVERIFY(b.outbox.size() <= 1); // nothing ran, so nothing may be queued again
        }
        QVERIFY2(rows > 15, qPrintable(u"only %1 plans were approved; the search proves too little"_s.arg(rows)));
    }

    void anotherPolicyAnotherAnswer()
    {
        // Keys come from the desk's policy alone, never from what the caller's facts carry along.
        Book b(Tier::T2);
        Policy empty = b.policy;
        empty.people.clear();
        b.desk.emplace(empty);
        REFUSED(b.sign(u"commander-1"_s, u"commander"_s), u"does not know commander-1");
        QVERIFY(b.outbox.empty());
    }
};
QTEST_GUILESS_MAIN(DecisionDeskTest)
#include "tst_decision_desk.moc"
