// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan_fixture.h"
#include <QRandomGenerator>
#include <QSet>
#include <QtTest>

using namespace wf;
using namespace wf::test;
using V = DecisionVerdict;

namespace {
Claim claimOn(int evidence, Verdict verdict)
{
    Claim c;
    c.text = u"Answers with v42 are right less often"_s;
    Citation citation;
    citation.evidence = evidence;
    c.citations.push_back(citation);
    c.verdict = verdict;
    return c;
}
} // namespace

// One plain sentence, whatever was refused.
#define REFUSED(why, words)                                                                                            \
    do {                                                                                                               \
        const QString w = (why);                                                                                       \
        QVERIFY2(w.contains(words), qPrintable(u"got: "_s + w));                                                       \
        QVERIFY2(w.endsWith(u'.') && w.size() < 200, qPrintable(w));                                                   \
    } while (false)

class AuthorityTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void whoSigns()
    {
        Facts two(Tier::T2);
        QCOMPARE(two.context.proposal->tier, Tier::T2);
        Quorum q = quorumOf(two.plan, {}, two.policyValue);
        QCOMPARE(q.need, 1);
        QCOMPARE(q.missing, QStringList{u"commander or deputy"_s});
        two.accept(u"commander-2"_s, u"deputy"_s);
        QVERIFY(quorumOf(two.plan, two.context.decisions, two.policyValue).complete());

        Facts three;
        three.accept(u"commander-1"_s, u"commander"_s);
        q = quorumOf(three.plan, three.context.decisions, three.policyValue);
        QCOMPARE(q.have, 1);
        QCOMPARE(q.need, 2);
        QCOMPARE(q.missing, QStringList{u"ai-owner or ai-owner-deputy"_s});
        three.accept(u"commander-2"_s, u"deputy"_s); // a second commander is not the owner
        QCOMPARE(quorumOf(three.plan, three.context.decisions, three.policyValue).have, 1);
        three.accept(u"ai-owner-2"_s, u"ai-owner-deputy"_s);
        QVERIFY(quorumOf(three.plan, three.context.decisions, three.policyValue).complete());

        Facts four(Tier::T4);
        four.accept(u"commander-2"_s, u"deputy"_s); // notices want the commander, not the deputy
        four.accept(u"legal-1"_s, u"legal"_s);
        QCOMPARE(quorumOf(four.plan, four.context.decisions, four.policyValue).missing, QStringList{u"commander"_s});
        four.accept(u"commander-1"_s, u"commander"_s);
        QVERIFY(quorumOf(four.plan, four.context.decisions, four.policyValue).complete());
    }

    void policyMayRaiseNeverLower()
    {
        Facts f(Tier::T2);
        f.policyValue.raiseRoles[2] = {u"deputy"_s};
        f.accept(u"commander-2"_s, u"deputy"_s);
        QCOMPARE(quorumOf(f.plan, f.context.decisions, f.policyValue).have, 1);
        f.accept(u"commander-1"_s, u"commander"_s);
        QVERIFY(quorumOf(f.plan, f.context.decisions, f.policyValue).complete());
        Facts g(Tier::T2);
        g.policyValue.raiseRoles[2] = {};
        QCOMPARE(quorumOf(g.plan, {}, g.policyValue).need, 1);
    }

    void lowTiersAreNotUnsigned()
    {
        for (const Tier t : {Tier::T0, Tier::T1}) {
            Facts f(Tier::T2);
            f.plan.tier = t;
            QCOMPARE(quorumOf(f.plan, {}, f.policyValue).need, 1);
        }
    }

    void lastWordOfAPersonCounts()
    {
        Facts f;
        f.accept(u"commander-1"_s, u"commander"_s);
        f.accept(u"ai-owner-1"_s, u"ai-owner"_s);
        f.accept(u"commander-1"_s, u"commander"_s, V::Hold);
        QCOMPARE(quorumOf(f.plan, f.context.decisions, f.policyValue).missing, QStringList{u"commander or deputy"_s});
    }

    void whoLeavesThePolicyNoLongerCounts()
    {
        Facts f;
        f.quorum();
        QCOMPARE(mayExecute(f.context), QString());
        f.policyValue.people.erase(f.policyValue.people.begin() + 2); // ai-owner-1
        REFUSED(mayExecute(f.context), u"waits for the signature of ai-owner or ai-owner-deputy");
    }

    void allInOrder()
    {
        for (const Tier t : {Tier::T2, Tier::T3, Tier::T4}) {
            Facts f(t);
            QCOMPARE(f.decide(u"commander-1"_s, u"commander"_s), QString());
            f.quorum();
            QCOMPARE(mayExecute(f.context), QString());
            f.context.state = PlanState::Running;
            QCOMPARE(mayExecute(f.context), QString());
        }
    }

    void oneByteChanged()
    {
        Facts f;
        f.plan.parameters[u"human_percent"_s] = u"100"_s;
        REFUSED(f.decide(u"commander-1"_s, u"commander"_s), u"changed after it was drafted");
        f.quorum();
        REFUSED(mayExecute(f.context), u"changed after it was drafted");
    }

    void anotherPlanOnScreen()
    {
        Facts f;
        const Decision d = decision(f.plan, u"commander-1"_s, u"commander"_s);
        REFUSED(mayDecide(f.context, d, QString(64, u'0')), u"What was on screen is not the plan");
        Decision other = d;
        other.proposalDigest = QString(64, u'0');
        REFUSED(mayDecide(f.context, other, f.context.digestOnRecord), u"for other bytes");
        other = d;
        other.proposal = {u"another"_s};
        REFUSED(mayDecide(f.context, other, f.context.digestOnRecord), u"for another plan");
        other = d;
        other.nonce.clear();
        REFUSED(mayDecide(f.context, other, f.context.digestOnRecord), u"used twice");
    }

    void runbookAtFault()
    {
        Facts f;
        f.context.runbook = nullptr;
        REFUSED(f.decide(u"commander-1"_s, u"commander"_s), u"is gone");
        f.point();
        f.runbookValue.digest = QString(64, u'b');
        REFUSED(f.decide(u"commander-1"_s, u"commander"_s), u"has changed since");
        f.runbookValue.digest = f.plan.runbookDigest;
        f.runbookValue.signedBy.clear();
        REFUSED(f.decide(u"commander-1"_s, u"commander"_s), u"not signed by a key this site trusts");
        f.runbookValue.signedBy = u"site"_s;
        // A plan forged into the record, correctly hashed and correctly signed, that is not what the runbook says.
        f.plan.steps[0].action.path = u"/admin/delete"_s;
        f.context.digestOnRecord = f.plan.digest();
        f.quorum();
        REFUSED(mayExecute(f.context), u"not the runbook's step");
    }

    void policyAtFault()
    {
        Facts f;
        f.context.policy = nullptr;
        REFUSED(f.decide(u"commander-1"_s, u"commander"_s), u"policy could not be read");
        f.point();
        f.policyValue.denyPaths = {u"/prompt"_s};
        REFUSED(f.decide(u"commander-1"_s, u"commander"_s), u"nobody can approve it");
        f.quorum();
        REFUSED(mayExecute(f.context), u"nobody can approve it");
        f.context.proposal = nullptr;
        REFUSED(mayExecute(f.context), u"no such plan");
    }

    void tooLate()
    {
        Facts f;
        f.context.now = f.plan.expires;
        f.context.radius.at = f.context.now;
        REFUSED(f.decide(u"commander-1"_s, u"commander"_s), u"life of 1 h ended");
        f.quorum();
        REFUSED(mayExecute(f.context), u"life of 1 h ended");
        f.context.state = PlanState::Running; // its gates may take longer than the signing
        QCOMPARE(mayExecute(f.context), QString());
        f.context.now = f.plan.created + f.plan.limits.duration + 1;
        f.context.radius.at = f.context.now;
        REFUSED(mayExecute(f.context), u"that time is over");
    }

    void ceilingPassed()
    {
        Facts f;
        f.context.radius.share = 0.99;
        REFUSED(f.decide(u"commander-1"_s, u"commander"_s), u"its ceiling is 95 %");
        f.quorum();
        REFUSED(mayExecute(f.context), u"its ceiling is 95 %");
    }

    void oldFiguresAreNoFigures()
    {
        Facts f;
        f.runbookValue.declaredWorstShare = f.plan.declaredWorstShare = -1;
        f.context.digestOnRecord = f.plan.digest();
        QCOMPARE(f.decide(u"commander-1"_s, u"commander"_s), QString());
        f.context.now = f.context.radius.at + kRadiusLife + 1;
        REFUSED(f.decide(u"commander-1"_s, u"commander"_s), u"declares no worst case");
    }

    void evidenceAtFault()
    {
        Facts f;
        f.context.claims = {claimOn(1, Verdict::Checked), claimOn(2, Verdict::Checked)};
        QCOMPARE(f.decide(u"commander-1"_s, u"commander"_s), QString());
        f.context.claims.push_back(claimOn(2, Verdict::Failed)); // struck out, but another claim still holds it up
        QCOMPARE(f.decide(u"commander-1"_s, u"commander"_s), QString());
        f.context.claims[1].verdict = Verdict::Failed;
        REFUSED(f.decide(u"commander-1"_s, u"commander"_s), u"only claim resting on E2 failed");
        f.context.claims[1].verdict = Verdict::Stale;
        REFUSED(f.decide(u"commander-1"_s, u"commander"_s), u"Late data changed what E2 showed");
        f.context.claims.clear();
        f.context.evidence[0].sha256 = QString(64, u'f');
        REFUSED(f.decide(u"commander-1"_s, u"commander"_s), u"E1 is no longer what it was");
        f.context.evidence.clear();
        REFUSED(f.decide(u"commander-1"_s, u"commander"_s), u"E1 this plan rests on is gone");
        f.quorum();
        REFUSED(mayExecute(f.context), u"E1 this plan rests on is gone");
    }

    void budgets()
    {
        Facts f;
        f.context.actionsSpent = 5;
        REFUSED(f.decide(u"commander-1"_s, u"commander"_s), u"may use 6 actions; 5 are spent and this needs 2");
        f.quorum();
        QCOMPARE(mayExecute(f.context), QString()); // one action is left for the step at hand
        f.context.actionsSpent = 6;
        REFUSED(mayExecute(f.context), u"6 are spent and this needs 1");
        Facts g;
        g.runbookValue.limits.people = g.plan.limits.people = 1000;
        g.context.digestOnRecord = g.plan.digest();
        g.context.peopleSpent = 4001;
        REFUSED(g.decide(u"commander-1"_s, u"commander"_s), u"may reach 5000 people");
    }

    void oneTargetOnePlan()
    {
        Facts f;
        f.context.targetLockedByOther = true;
        f.context.lockedBy = u"INC-0041"_s;
        REFUSED(f.decide(u"commander-1"_s, u"commander"_s), u"INC-0041 is changing the same target");
        f.quorum();
        REFUSED(mayExecute(f.context), u"one incident at a time");
    }

    void rolesAndPeople()
    {
        Facts f;
        REFUSED(f.decide(u"stranger"_s, u"commander"_s), u"does not know stranger");
        REFUSED(f.decide(u"commander-1"_s, u"ai-owner"_s), u"does not hold the role ai-owner");
        REFUSED(f.decide(u"legal-1"_s, u"legal"_s), u"is not signed by the role legal");
        REFUSED(f.decide(u"scribe-1"_s, u"scribe"_s, V::Reject), u"is not signed by the role scribe");
        f.accept(u"both-1"_s, u"commander"_s);
        REFUSED(f.decide(u"both-1"_s, u"ai-owner"_s), u"one person cannot sign as both roles");
        REFUSED(f.decide(u"both-1"_s, u"commander"_s), u"has already signed this plan.");
        REFUSED(f.decide(u"commander-2"_s, u"deputy"_s), u"already there; the plan waits for ai-owner");
        QCOMPARE(f.decide(u"ai-owner-2"_s, u"ai-owner-deputy"_s), QString());
    }

    void authorIsNotTheIndependentSignature()
    {
        Facts f;
        f.plan.requester = u"ai-owner-1"_s;
        f.context.digestOnRecord = f.plan.digest();
        REFUSED(f.decide(u"ai-owner-1"_s, u"ai-owner"_s), u"must come from somebody else");
        f.accept(u"ai-owner-1"_s, u"ai-owner"_s); // even when it got into the record
        f.accept(u"commander-1"_s, u"commander"_s);
        f.context.state = PlanState::Approved;
        REFUSED(mayExecute(f.context), u"waits for the signature of ai-owner");
        Facts two(Tier::T2); // containment may be proposed and signed by one person
        two.plan.requester = u"commander-1"_s;
        two.context.digestOnRecord = two.plan.digest();
        QCOMPARE(two.decide(u"commander-1"_s, u"commander"_s), QString());
    }

    void demoPeopleStayInTheSample()
    {
        Facts f(Tier::T2);
        for (auto& p : f.policyValue.people)
            p.demo = true;
        REFUSED(f.decide(u"commander-1"_s, u"commander"_s), u"demonstration key");
        f.quorum();
        REFUSED(mayExecute(f.context), u"waits for the signature");
        f.policyValue.sample = true;
        QCOMPARE(mayExecute(f.context), QString());
    }

    void states()
    {
        const std::map<PlanState, QString> approve{{PlanState::Draft, u"is a draft"_s},
            {PlanState::Approved, u"already approved"_s}, {PlanState::Running, u"already approved"_s},
            {PlanState::Rejected, u"is rejected"_s}, {PlanState::Expired, u"is expired"_s},
            {PlanState::Voided, u"is voided"_s}, {PlanState::Verifying, u"is verifying"_s},
            {PlanState::Recovered, u"is recovered"_s}, {PlanState::NotRecovered, u"is not recovered"_s},
            {PlanState::Worse, u"is worse"_s}, {PlanState::CannotTell, u"is cannot tell"_s},
            {PlanState::Undone, u"is undone"_s}, {PlanState::Closed, u"is closed"_s}};
        for (int s = 0; s <= int(PlanState::Closed); ++s) {
            Facts f(Tier::T2);
            f.context.state = PlanState(s);
            const auto it = approve.find(PlanState(s));
            if (it == approve.end())
                QCOMPARE(f.decide(u"commander-1"_s, u"commander"_s), QString());
            else
                REFUSED(f.decide(u"commander-1"_s, u"commander"_s), it->second);
            f.accept(u"commander-1"_s, u"commander"_s);
            const bool runs = s == int(PlanState::Approved) || s == int(PlanState::Running);
            if (runs)
                QCOMPARE(mayExecute(f.context), QString());
            else
                REFUSED(mayExecute(f.context), u"only an approved plan runs");
        }
    }

    void stoppingIsEasy()
    {
        Facts f;
        f.context.radius = {};
        f.context.evidence.clear();
        f.context.actionsSpent = 99;
        f.context.runbook = nullptr;
        f.context.now = f.plan.expires + kHour;
        for (const auto state : {PlanState::Proposed, PlanState::PartlyApproved, PlanState::Held, PlanState::Approved,
                 PlanState::Running}) {
            f.context.state = state;
            QCOMPARE(f.decide(u"ai-owner-1"_s, u"ai-owner"_s, V::Reject), QString());
            QCOMPARE(f.decide(u"commander-1"_s, u"commander"_s, V::Hold), QString());
        }
        f.context.state = PlanState::Recovered;
        REFUSED(f.decide(u"commander-1"_s, u"commander"_s, V::Reject), u"takes no more decisions");
    }

    void aRejectAlwaysStops()
    {
        Facts f;
        f.quorum();
        f.accept(u"commander-2"_s, u"deputy"_s, V::Reject);
        REFUSED(mayExecute(f.context), u"commander-2 rejected this plan");
    }

    void decisionReadsBack()
    {
        Facts f;
        const Decision d = decision(f.plan, u"commander-1"_s, u"commander"_s);
        QCOMPARE(Decision::fromJson(d.toJson())->toJson(), d.toJson());
        QJsonObject o = d.toJson();
        o[u"on_behalf_of"_s] = u"ai-owner-1"_s;
        QVERIFY(!Decision::fromJson(o));
        o = d.toJson();
        o[u"verdict"_s] = u"approved"_s;
        QVERIFY(!Decision::fromJson(o));
    }

    // Whatever is signed, in whatever order and by whomever: a plan never runs with fewer different people, or other
    // roles, than its tier asks for. The rule is stated here a second time, as sets of people.
    void noShortcutToAQuorum()
    {
        QRandomGenerator random(20261121);
        int complete = 0;
        for (int round = 0; round < 1000; ++round) {
            Facts f(Tier(2 + random.bounded(3)));
            const QStringList roles{
                u"commander"_s, u"deputy"_s, u"ai-owner"_s, u"ai-owner-deputy"_s, u"legal"_s, u"comms"_s, u"scribe"_s};
            if (random.bounded(4) == 0) {
                f.plan.requester = f.policyValue.people[size_t(random.bounded(int(f.policyValue.people.size())))].id;
                f.context.digestOnRecord = f.plan.digest();
            }
            std::map<QString, QString> standing; // person -> role of a standing approval
            bool stopped = false;
            const int signatures = 1 + random.bounded(8);
            for (int i = 0; i < signatures; ++i) {
                const auto& who = f.policyValue.people[size_t(random.bounded(int(f.policyValue.people.size())))];
                const QString role = roles[random.bounded(int(roles.size()))];
                const V verdict = random.bounded(10) == 0 ? V::Hold : random.bounded(15) == 0 ? V::Reject : V::Approve;
                // Half of the time the record already holds what the gate would have refused: the second gate must see
                // it too.
                if (!f.decide(who.id, role, verdict).isEmpty() && random.bounded(2)) continue;
                f.accept(who.id, role, verdict);
                standing.erase(who.id);
                if (verdict == V::Approve && who.roles.contains(role)) standing[who.id] = role;
                stopped |= verdict == V::Reject;
            }
            f.context.state = PlanState::Approved;
            if (!mayExecute(f.context).isEmpty()) continue;
            ++complete;
            QVERIFY(!stopped);
            QSet<QString> command, other;
            for (const auto& [who, role] : standing) {
                const bool four = f.plan.tier == Tier::T4;
                if (role == u"commander" || (role == u"deputy" && !four)) command.insert(who);
                const bool second = four ? role == u"legal" || role == u"comms" : role.startsWith(u"ai-owner");
                if (second && who != f.plan.requester) other.insert(who);
            }
            QVERIFY(!command.isEmpty());
            if (f.plan.tier != Tier::T2) {
                QVERIFY(!other.isEmpty());
                QVERIFY((command | other).size() >= 2);
            }
        }
        QVERIFY2(
            complete > 50, qPrintable(u"only %1 quorums were reached; the search proves too little"_s.arg(complete)));
    }
};
QTEST_GUILESS_MAIN(AuthorityTest)
#include "tst_authority.moc"
