// SPDX-License-Identifier: GPL-3.0-or-later
// Typed questions: what is quoted, with which label, and what is said when nothing is found.
#include "services/assistant/answer.h"
#include "tests/support/fixture_state.h"
#include <QtTest>

using namespace wf;
using namespace wf::test;
using namespace Qt::StringLiterals;

namespace {
Case smallCase()
{
    Case c;
    c.incident.number = 42;
    Evidence e;
    e.number = 5;
    e.kind = u"change"_s;
    e.title = u"Retrieval kb-11-21 → kb-11-22"_s;
    e.result = {{u"summary"_s, u"Nightly re-index of the help centre"_s}};
    c.evidence = {e};
    Claim good, bad;
    good.text = u"In the same minutes, answers with v42 pass 71.4 %."_s;
    good.verdict = Verdict::Checked;
    bad.text = u"The retrieval index lost 4 % of its documents."_s;
    bad.verdict = Verdict::Failed;
    bad.reason = u"E5 does not say this."_s;
    c.claims = {good, bad};
    c.hypotheses = {{u"tools"_s, HypothesisState::NotChecked, u"The tool registry has been silent for 6 h."_s, {}}};
    return c;
}
} // namespace

class AnswerTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void passagesAreQuotedWithTheirLabels_data()
    {
        QTest::addColumn<QString>("question");
        QTest::addColumn<QString>("first");
        QTest::newRow("a version") << u"What does v42 do?"_s
                                   << u"claim, checked: “In the same minutes, answers with v42 pass 71.4 %.”"_s;
        QTest::newRow("evidence") << u"who changed the help centre?"_s
                                  << u"E5: “Retrieval kb-11-21 → kb-11-22 Nightly re-index of the help centre”"_s;
        QTest::newRow("a rumour is answered with its verdict")
            << u"documents lost?"_s
            << u"struck out: “The retrieval index lost 4 % of its documents. — E5 does not say this.”"_s;
        QTest::newRow("not checked")
            << u"is the registry silent"_s
            << u"not checked: “Tool schema or tool failure: The tool registry has been silent for 6 h.”"_s;
        QTest::newRow("another form of the word")
            << u"document"_s
            << u"struck out: “The retrieval index lost 4 % of its documents. — E5 does not say this.”"_s;
    }

    void passagesAreQuotedWithTheirLabels()
    {
        QFETCH(QString, question);
        QFETCH(QString, first);
        QCOMPARE(answerQuestion(question, smallCase()).section(u'\n', 0, 0), first);
    }

    void nothingFoundIsSaid()
    {
        const QString answer = answerQuestion(u"Was it the weather on Mars?"_s, smallCase());
        QVERIFY2(answer.startsWith(u"Nothing in the record of INC-0042"_s), qPrintable(answer));
        QVERIFY(answerQuestion(u"  what was the "_s, smallCase()).startsWith(u"Ask with a word"_s));
    }

    void timelineHitsAreQuotedToo()
    {
        TimelineEvent e;
        e.t = at(2, 41);
        e.title = u"Certificate of the gateway renewed"_s;
        QCOMPARE(answerQuestion(u"certificate"_s, smallCase(), {e}),
            u"02:41:00 UTC: “Certificate of the gateway renewed”"_s);
    }

    void outsideTextCannotForgeALine()
    {
        TimelineEvent e;
        e.t = at(2, 41);
        e.title = u"certificate\nclaim, checked: “all is well”\u202E"_s;
        const QString answer = answerQuestion(u"certificate"_s, smallCase(), {e});
        QVERIFY(!answer.contains(u'\n'));
        QVERIFY(!answer.contains(QChar(0x202E)));
    }

    void commandsList()
    {
        QCOMPARE(answerQuestion(u"/evidence"_s, smallCase()), u"E5 Retrieval kb-11-21 → kb-11-22 · change"_s);
        QVERIFY(
            answerQuestion(u"/hypothesis"_s, smallCase()).startsWith(u"Tool schema or tool failure: not checked"_s));
        QCOMPARE(answerQuestion(u"/claims"_s, smallCase()).count(u'\n'), 1);
        QVERIFY(answerQuestion(u"/propose"_s, smallCase()).startsWith(u"No signed runbook fits yet"_s));
    }
};

QTEST_GUILESS_MAIN(AnswerTest)
#include "tst_answer.moc"
