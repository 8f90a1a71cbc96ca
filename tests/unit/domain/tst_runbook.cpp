// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/runbook.h"
#include <QtTest>

using namespace wf;
using namespace Qt::StringLiterals;

class RunbookTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void namesReadBack()
    {
        for (const Tier t : {Tier::T0, Tier::T1, Tier::T2, Tier::T3, Tier::T4})
            QCOMPARE(int(*tierFromName(tierName(t))), int(t));
        for (const auto c :
            {RunbookClass::Contain, RunbookClass::RestoreKnownGood, RunbookClass::NewState, RunbookClass::Notify})
            QCOMPARE(int(*runbookClassFromName(runbookClassName(c))), int(c));
        QVERIFY(tierFromName(u"T5"_s).error().what.contains(u"T5"_s));
        QVERIFY(!runbookClassFromName(u"Contain"_s));
    }

    void tierIsTheHighestOfItsSteps()
    {
        Runbook r;
        QCOMPARE(int(r.tier()), int(Tier::T0));
        r.steps.resize(3);
        r.steps[0].tier = Tier::T2;
        r.steps[1].tier = Tier::T3;
        r.steps[2].tier = Tier::T2;
        QCOMPARE(int(r.tier()), int(Tier::T3));
        r.cls = RunbookClass::Notify; // a notice that calls itself T2 still reaches people
        QCOMPARE(int(r.tier()), int(Tier::T4));
    }

    void unsignedDoesNotRun()
    {
        Runbook r;
        QVERIFY(!r.executable());
        r.signedBy = u"site"_s;
        QVERIFY(r.executable());
    }
};
QTEST_GUILESS_MAIN(RunbookTest)
#include "tst_runbook.moc"
