// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/canonical_json.h"
#include "plan_fixture.h"
#include <QSet>
#include <QtTest>

using namespace wf;
using namespace wf::test;

namespace {
using S = PlanState;
constexpr int kStates = int(S::Closed) + 1;

// The picture in docs/design/authority.md, written a second time on purpose: by target, where the code has it by
// source.
const std::map<S, std::vector<S>> kMayBeReachedFrom{
    {S::Draft, {}},
    {S::Proposed, {S::Draft}},
    {S::PartlyApproved, {S::Proposed}},
    {S::Approved, {S::Proposed, S::PartlyApproved, S::Held}},
    {S::Rejected, {S::Proposed, S::PartlyApproved, S::Approved, S::Held, S::Running}},
    {S::Held, {S::Proposed, S::PartlyApproved, S::Approved, S::Running}},
    {S::Expired, {S::Draft, S::Proposed, S::PartlyApproved, S::Approved, S::Held, S::Running}},
    {S::Voided, {S::Draft, S::Proposed, S::PartlyApproved, S::Approved, S::Held, S::Running}},
    {S::Running, {S::Approved, S::Held}},
    {S::Verifying, {S::Running, S::NotRecovered, S::CannotTell}},
    {S::Recovered, {S::Verifying}},
    {S::NotRecovered, {S::Verifying}},
    {S::Worse, {S::Running, S::Verifying, S::NotRecovered}},
    {S::CannotTell, {S::Verifying}},
    {S::Undone, {S::Held, S::NotRecovered, S::Worse, S::CannotTell}},
    {S::Closed, {S::Held, S::Running, S::Verifying, S::Recovered, S::NotRecovered, S::Worse, S::CannotTell, S::Undone}},
};

Proposal plan()
{
    return *draftProposal(runbook(), draftContext());
}
} // namespace

class ProposalTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyPairOfStates()
    {
        for (int from = 0; from < kStates; ++from)
            for (int to = 0; to < kStates; ++to) {
                const auto& sources = kMayBeReachedFrom.at(S(to));
                const bool expected = std::find(sources.begin(), sources.end(), S(from)) != sources.end();
                QVERIFY2(mayFollow(S(from), S(to)) == expected,
                    qPrintable(planStateName(S(from)) + u" -> "_s + planStateName(S(to))));
            }
    }

    void nothingRunsAfterAFinalState()
    {
        for (int from = 0; from < kStates; ++from) {
            QSet<int> reach{from};
            for (int round = 0; round < kStates; ++round)
                for (int to = 0; to < kStates; ++to)
                    for (const int r : QSet<int>(reach))
                        if (mayFollow(S(r), S(to))) reach.insert(to);
            const bool runsAgain = reach.contains(int(S::Running)) || reach.contains(int(S::Verifying));
            if (isFinal(S(from))) QVERIFY2(!runsAgain, qPrintable(planStateName(S(from))));
        }
        QVERIFY(!isFinal(S::Running) && !isFinal(S::CannotTell) && !isFinal(S::NotRecovered) && !isFinal(S::Held));
    }

    void stateNamesReadBack()
    {
        for (int i = 0; i < kStates; ++i)
            QCOMPARE(int(*planStateFromName(planStateName(S(i)))), i);
        QCOMPARE(int(*planStateFromName(u"cannot_tell"_s)), int(S::CannotTell));
        QVERIFY(!planStateFromName(u"done"_s));
    }

    void templatesAreResolvedBeforeSigning()
    {
        const Proposal p = plan();
        QCOMPARE(p.title, u"Restore behaviour stack of 21 Nov"_s);
        QCOMPARE(p.steps[0].title, u"pin prompt v41"_s);
        QCOMPARE(p.steps[0].action.path, u"/features/support-copilot/prompt"_s);
        QCOMPARE(p.steps[0].action.base, u"http://127.0.0.1:8910"_s);
        QCOMPARE(p.steps[0].action.body[u"version"_s].toString(), u"v41"_s);
        QCOMPARE(p.steps[0].precondition.expectEquals, u"v42"_s);
        QCOMPARE(p.steps[0].undo.body[u"version"_s].toString(), u"v42"_s);
        QCOMPARE(p.steps[0].touches.where.at(u"prompt"_s), u"v42"_s);
        QCOMPARE(p.steps[0].gate.equals, u"v41"_s);
        QVERIFY(p.steps[1].action.body[u"human_percent"_s].isDouble());
        QCOMPARE(p.steps[1].action.body[u"human_percent"_s].toInt(), 75);
        QCOMPARE(p.steps[1].action.body[u"generation"_s].toString(), u"c10"_s);
        QCOMPARE(p.steps[1].action.body[u"tags"_s].toArray(), (QJsonArray{u"support-copilot"_s, 7}));
        QVERIFY(!QString::fromUtf8(*canonicalJson(p.toJson())).contains(u"{manifest"_s));
        QCOMPARE(int(p.tier), int(Tier::T3));
        QCOMPARE(p.expires - p.created, 60 * kMinute);
    }

    void bytesReadBack()
    {
        const Proposal p = plan();
        const auto bytes = canonicalJson(p.toJson());
        QVERIFY(bytes);
        const auto again = Proposal::fromJson(QJsonDocument::fromJson(*bytes).object());
        QVERIFY2(again, again ? "" : qPrintable(again.error().sentence()));
        QCOMPARE(again->digest(), p.digest());
        QCOMPARE(p.digest(), QString::fromLatin1(sha256(*bytes).toHex()));
    }

    void bytesNobodyWasShownAreRefused()
    {
        QJsonObject o = plan().toJson();
        o[u"and_also"_s] = u"delete everything"_s;
        QVERIFY(!Proposal::fromJson(o));
        o = plan().toJson();
        QJsonArray steps = o[u"steps"_s].toArray();
        QJsonObject step = steps[0].toObject();
        step[u"headers"_s] = QJsonObject{{u"x"_s, u"y"_s}};
        steps[0] = step;
        o[u"steps"_s] = steps;
        QVERIFY(!Proposal::fromJson(o));
        o = plan().toJson();
        o[u"tier"_s] = u"T9"_s;
        QVERIFY(Proposal::fromJson(o).error().what.contains(u"T9"_s));
        QVERIFY(!Proposal::fromJson({}));
    }

    void everyFieldIsUnderTheDigest()
    {
        const Proposal p = plan();
        std::vector<std::function<void(Proposal&)>> edits{[](Proposal& x) { x.title += u'!'; },
            [](Proposal& x) { x.feature = u"other"_s; }, [](Proposal& x) { x.tier = Tier::T2; },
            [](Proposal& x) { x.parameters[u"human_percent"_s] = u"100"_s; },
            [](Proposal& x) { x.limits.shareOfFeature = 1; }, [](Proposal& x) { x.limits.people = 9; },
            [](Proposal& x) { x.steps[0].action.base = u"http://elsewhere"_s; },
            [](Proposal& x) { x.steps[0].action.body[u"version"_s] = u"v40"_s; },
            [](Proposal& x) { x.steps[0].gate.share = 0.5; }, [](Proposal& x) { x.steps[0].gate.minimum = 1; },
            [](Proposal& x) { x.steps[0].precondition.expectEquals.clear(); },
            [](Proposal& x) { x.steps[1].noUndo.clear(); }, [](Proposal& x) { std::swap(x.steps[0], x.steps[1]); },
            [](Proposal& x) { x.evidence.pop_back(); }, [](Proposal& x) { x.expires += 1; },
            [](Proposal& x) { x.verify.windows = 1; }, [](Proposal& x) { x.requester = u"commander-1"_s; },
            [](Proposal& x) { x.runbookDigest[0] = u'b'; }, [](Proposal& x) { x.declaredWorstShare = 0; }};
        for (size_t i = 0; i < edits.size(); ++i) {
            Proposal q = p;
            edits[i](q);
            QVERIFY2(q.digest() != p.digest(), qPrintable(QString::number(i)));
        }
    }

    void draftRefusals_data()
    {
        QTest::addColumn<QString>("what");
        QTest::addColumn<QString>("says");
        QTest::newRow("unsigned") << u"unsigned"_s << u"not signed"_s;
        QTest::newRow("unknown template") << u"unknown template"_s << u"not a name a template may use"_s;
        QTest::newRow("empty value") << u"empty value"_s << u"does not tell its prompt"_s;
        QTest::newRow("unknown target") << u"unknown target"_s << u"targets.yaml does not name"_s;
        QTest::newRow("foreign parameter") << u"foreign parameter"_s << u"no parameter “extra”"_s;
        QTest::newRow("too high") << u"too high"_s << u"the most allowed is 100"_s;
        QTest::newRow("not a number") << u"not a number"_s << u"whole number"_s;
        QTest::newRow("no generation") << u"no generation"_s << u"nothing fills it"_s;
        QTest::newRow("other feature") << u"other feature"_s << u"does not apply"_s;
        QTest::newRow("path escape") << u"path escape"_s << u"cannot stand in an address"_s;
        QTest::newRow("control") << u"control"_s << u"cannot stand in a plan"_s;
        QTest::newRow("fraction") << u"fraction"_s << u"not an integer"_s;
    }
    void draftRefusals()
    {
        QFETCH(QString, what);
        QFETCH(QString, says);
        Runbook r = runbook();
        DraftContext c = draftContext();
        if (what == u"unsigned") r.signedBy.clear();
        if (what == u"unknown template") r.steps[0].title = u"{manifest.secret}"_s;
        if (what == u"empty value") c.good[Layer::Prompt].clear();
        if (what == u"unknown target") c.targets.clear();
        if (what == u"foreign parameter") c.parameters[u"extra"_s] = u"1"_s;
        if (what == u"too high") c.parameters[u"human_percent"_s] = u"101"_s;
        if (what == u"not a number") c.parameters[u"human_percent"_s] = u"75; rm"_s;
        if (what == u"no generation") c.observed[Layer::Cache] = u"first"_s;
        if (what == u"other feature") c.feature = u"billing"_s;
        if (what == u"path escape") {
            r.features.clear();
            c.feature = u"../admin"_s;
        }
        if (what == u"control") c.good[Layer::Prompt] = u"v41\n{feature}"_s;
        if (what == u"fraction") r.steps[0].action.body[u"weight"_s] = 0.5;
        const auto p = draftProposal(r, c);
        QVERIFY(!p);
        QVERIFY2(p.error().what.contains(says), qPrintable(p.error().what));
    }

    void ceilings()
    {
        Proposal p = plan();
        BlastRadius r{0.4, 900, 3, 12000, 800, kNow, true};
        QCOMPARE(ceilingBroken(r, p), QString());
        r.share = 0.951;
        QCOMPARE(ceilingBroken(r, p), u"This would touch 95.1 % of support-copilot's answers; its ceiling is 95 %."_s);
        r.share = std::nan("");
        QVERIFY(!ceilingBroken(r, p).isEmpty());
        r.share = 0.4;
        p.limits.people = 500;
        QCOMPARE(ceilingBroken(r, p), u"This would reach 900 people; its ceiling is 500."_s);
        p.limits.people = 0;
        p.limits.tenants = 2;
        QCOMPARE(ceilingBroken(r, p), u"This would touch 3 tenants; its ceiling is 2."_s);
    }

    void unknownRadiusIsTheDeclaredWorstCase()
    {
        Proposal p = plan();
        const BlastRadius unknown;
        QCOMPARE(ceilingBroken(unknown, p), QString()); // 90 % declared, 95 % allowed
        p.declaredWorstShare = 1;
        QVERIFY(ceilingBroken(unknown, p).contains(u"declared worst case is 100 %"_s));
        p.declaredWorstShare = -1;
        QVERIFY(ceilingBroken(unknown, p).contains(u"declares no worst case"_s));
        p.declaredWorstShare = 0.5;
        p.limits.people = 500;
        QVERIFY(ceilingBroken(unknown, p).contains(u"how many people"_s));
    }

    void radiusReadsBack()
    {
        const BlastRadius r{0.4321, 900, 3, 12000, 812.5, kNow, true};
        const auto b = BlastRadius::fromJson(r.toJson());
        QCOMPARE(b.toJson(), r.toJson());
        QCOMPARE(b.share, 0.4321);
        QCOMPARE(b.at, kNow);
        QVERIFY(canonicalJson(r.toJson()));
    }

    void planIsItsRunbook()
    {
        const Proposal p = plan();
        QCOMPARE(departureFrom(runbook(), p), QString());
        std::vector<std::function<void(Proposal&)>> forgeries{[](Proposal& x) { x.steps.pop_back(); },
            [](Proposal& x) { x.limits.shareOfFeature = 1; }, [](Proposal& x) { x.tier = Tier::T2; },
            [](Proposal& x) { x.steps[0].tier = Tier::T2; },
            [](Proposal& x) { x.steps[0].action.method = u"DELETE"_s; },
            [](Proposal& x) { x.steps[0].action.path = u"/features/support-copilot/model"_s; },
            [](Proposal& x) { x.steps[0].action.path = u"/features/billing/prompt"_s; },
            [](Proposal& x) { x.steps[0].action.body[u"force"_s] = 1; },
            [](Proposal& x) { x.steps[1].action.body[u"human_percent"_s] = 100; },
            [](Proposal& x) { x.steps[0].gate.share = 0.01; }, [](Proposal& x) { x.steps[0].gate = {}; },
            [](Proposal& x) { x.steps[0].precondition = {}; }, [](Proposal& x) { x.steps[0].undo = {}; },
            [](Proposal& x) { x.steps[0].touches.where.clear(); }, [](Proposal& x) { x.verify.windows = 1; },
            [](Proposal& x) { x.declaredWorstShare = 0; }, [](Proposal& x) { x.cls = RunbookClass::Contain; },
            [](Proposal& x) { x.title = u"Nothing to see"_s; },
            [](Proposal& x) { x.replay = call(u"POST"_s, u"/x"_s); }};
        for (size_t i = 0; i < forgeries.size(); ++i) {
            Proposal q = p;
            forgeries[i](q);
            QVERIFY2(!departureFrom(runbook(), q).isEmpty(), qPrintable(QString::number(i)));
        }
    }

    void sixWords()
    {
        const QStringList a = digestWords(u"000102030405"_s + QString(52, u'0'));
        QCOMPARE(a.size(), 6);
        QCOMPARE(QSet<QString>(a.begin(), a.end()).size(), 6);
        QSet<QString> all;
        for (int i = 0; i < 256; ++i) {
            const QString w = digestWords(QString::number(i, 16).rightJustified(2, u'0').repeated(32)).value(0);
            QVERIFY2(w.size() >= 4 || w == u"fox", qPrintable(w));
            QVERIFY2(w.size() <= 8, qPrintable(w));
            all.insert(w);
        }
        QCOMPARE(all.size(), 256);
        QVERIFY(digestWords(u"0011"_s).isEmpty());
        QCOMPARE(digestWords(plan().digest()).size(), 6);
    }
};
QTEST_GUILESS_MAIN(ProposalTest)
#include "tst_proposal.moc"
