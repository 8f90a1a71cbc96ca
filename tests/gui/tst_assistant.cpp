// SPDX-License-Identifier: GPL-3.0-or-later
// What the assistant shows: claims with what they are worth, evidence opened in place, plans put in the queue,
// questions.
#include "tests/support/fixture_state.h"
#include "ui/assistant/assistant_pane.h"
#include "ui/assistant/claim_card.h"
#include "ui/assistant/evidence_drawer.h"
#include <QApplication>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QSignalSpy>
#include <QtTest>

using namespace wf;
using namespace wf::test;
using namespace Qt::StringLiterals;

namespace {

void shot(QWidget& widget, const QString& name)
{
    const QString folder = qEnvironmentVariable("WF_SHOTS");
    if (folder.isEmpty()) return;
    QTest::qWait(150); // nested layouts settle from the inside out
    widget.grab().save(folder + u'/' + name + u".png"_s);
}

Plan draft()
{
    Plan plan = planRunning();
    plan.proposal.id = {u"01936000-0000-7000-8000-0000000000d1"_s};
    plan.digest = plan.proposal.digest();
    plan.state = PlanState::Draft;
    plan.queued = false;
    plan.decisions.clear();
    plan.steps.assign(3, {});
    return plan;
}

ConsoleState stateWith(const std::function<void(Case&)>& change)
{
    ConsoleState state = fixtureState();
    auto cases = std::make_shared<CaseFile>(*state.cases);
    Case& c = cases->cases.back();
    for (Evidence& e : c.evidence)
        e.seal();
    change(c);
    state.cases = cases;
    return state;
}

struct Room {
    FixedClock clock;
    FakeDesk desk;
    UiContext context;
    std::unique_ptr<AssistantPane> pane;
    std::unique_ptr<QSignalSpy> places;
    explicit Room(QSize size = {330, 620})
    {
        context.desk = &desk;
        context.clock = &clock;
        context.person = u"commander-1"_s;
        pane = std::make_unique<AssistantPane>(context);
        places = std::make_unique<QSignalSpy>(pane.get(), &Pane::goTo);
        pane->resize(size);
        pane->show();
        QApplication::setActiveWindow(pane.get());
    }
    QString text(const QString& name) const
    {
        const auto* label = pane->findChild<SpanLabel*>(name);
        return label && label->isVisible() ? label->text() : QString();
    }
    QPushButton* button(const QString& name) const { return pane->findChild<QPushButton*>(name); }
    QLineEdit* question() const { return pane->findChild<QLineEdit*>(u"assistant.question"_s); }
    void say(const QString& words)
    {
        question()->setFocus();
        QTest::keyClicks(question(), words);
        QTest::keyClick(question(), Qt::Key_Return);
    }
    void clickChip(const QString& label, int number)
    {
        auto* spans = pane->findChild<SpanLabel*>(label);
        QVERIFY2(spans && spans->isVisible(), qPrintable(label));
        QTest::mouseClick(spans, Qt::LeftButton, {}, spans->evidenceRect(number).center());
    }
};

QString claimName(int number, const QString& part)
{
    return u"assistant.claim.01936000-0000-7000-8000-0000000000c%1.%2"_s.arg(number).arg(part);
}

bool struck(const SpanLabel* label)
{
    return !label->spans().empty() && label->spans().front().strike;
}

} // namespace

class TestAssistant : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { Theme::instance().applyTo(*qApp); }

    void eachClaimSaysWhatItIsWorth()
    {
        Room room;
        room.pane->refresh(stateWith([](Case& c) {
            c.claims.push_back(claim(
                3, u"v42 coincides with the drop."_s, Verdict::Checked, u"1 quote found in E22"_s, 22, u"change"_s));
            c.claims.back().coincidence = true;
            c.claims.push_back(claim(4, u"Baseline answers passed 95.7 %."_s, Verdict::Stale,
                u"Late data changed E12: 95.7 % no longer holds."_s, 12, u"alarm"_s));
        }));
        const auto* good = room.pane->findChild<SpanLabel*>(claimName(1, u"text"_s));
        const auto* bad = room.pane->findChild<SpanLabel*>(claimName(2, u"text"_s));
        const auto* old = room.pane->findChild<SpanLabel*>(claimName(4, u"text"_s));
        QVERIFY(good && bad && old);
        QVERIFY(!struck(good) && struck(bad) && struck(old));
        QCOMPARE(room.text(claimName(1, u"verdict"_s)), u"✓ figures recomputed from the records"_s);
        QCOMPARE(room.text(claimName(2, u"verdict"_s)), u"✗ E23 does not say this: kept off the wall and the report"_s);
        QVERIFY(room.text(claimName(3, u"verdict"_s)).startsWith(u"Coincides with, not shown to cause."_s));
        QVERIFY(room.text(claimName(4, u"verdict"_s)).contains(u"no longer holds"_s));
        QCOMPARE(static_cast<Card*>(good->parentWidget())->state(), Card::State::Supported);
        QCOMPARE(static_cast<Card*>(bad->parentWidget())->state(), Card::State::Blocked);
        QVERIFY(good->mapTo(room.pane.get(), QPoint()).y() < bad->mapTo(room.pane.get(), QPoint()).y());
    }

    void manyClaimsFoldButNeverWhatFailed()
    {
        Room room;
        room.pane->refresh(stateWith([](Case& c) {
            for (int i = 3; i < 9; ++i)
                c.claims.push_back(claim(i, u"Length went to 405 tokens."_s, Verdict::Checked, {}, 12, u"alarm"_s));
            std::rotate(c.claims.begin(), c.claims.begin() + 1, c.claims.end()); // the telling one comes last
        }));
        const auto shown = [&] {
            QStringList names;
            for (const ClaimCard* card : room.pane->findChildren<ClaimCard*>())
                if (card->isVisible()) names << card->objectName().right(2);
            names.sort();
            return names;
        };
        QCOMPARE(shown(),
            (QStringList{u"c1"_s, u"c2"_s, u"c3"_s, u"c4"_s})); // what supports the cause, two more, the failed one
        QCOMPARE(room.button(u"assistant.moreClaims"_s)->text(), u"4 more checked claims"_s);
        QTest::mouseClick(room.button(u"assistant.moreClaims"_s), Qt::LeftButton);
        QCOMPARE(shown().size(), 8);
    }

    void aVerdictThatFlipsStrikesTheSameCard()
    {
        Room room;
        room.pane->refresh(stateWith([](Case&) {}));
        auto* card = room.pane->findChild<SpanLabel*>(claimName(1, u"text"_s));
        QVERIFY(!struck(card));
        room.pane->refresh(stateWith([](Case& c) {
            c.claims[0].verdict = Verdict::Stale;
            c.claims[0].reason = u"Late data changed E22: the comparison no longer tells the same."_s;
        }));
        QCOMPARE(room.pane->findChild<SpanLabel*>(claimName(1, u"text"_s)), card);
        QVERIFY(struck(card));
    }

    void hypothesesKeepWhatWasNotChecked()
    {
        Room room;
        room.pane->refresh(stateWith([](Case&) {}));
        QVERIFY(room.text(u"assistant.hypothesis.prompt"_s).contains(u"separates bad from good"_s));
        QVERIFY(room.text(u"assistant.hypothesis.model"_s).contains(u"E19"_s));
        QVERIFY(room.text(u"assistant.hypothesis.tools"_s).contains(u"tool registry silent 6 h"_s));
        QVERIFY2(room.text(u"assistant.hypothesis.open"_s).contains(u"Injection or abuse"_s),
            "open ones stay visible once the look is done");
    }

    void affectedIsARangeOfSomething()
    {
        Room room;
        room.pane->refresh(stateWith([](Case&) {}));
        const QString text = room.text(u"assistant.affected.text"_s).replace(QChar(0x00A0), u' ');
        QVERIFY2(text.contains(u"≈ 920 answers (840–1 000) of 3 790, to ≈ 640 people"_s), qPrintable(text));
    }

    void aChipOpensTheEvidenceInPlace()
    {
        Room room;
        room.pane->refresh(stateWith([](Case&) {}));
        room.clickChip(claimName(1, u"text"_s), 22);
        const auto* drawer = room.pane->findChild<EvidenceDrawer*>();
        QVERIFY(drawer->isVisible());
        QCOMPARE(drawer->number(), 22);
        QCOMPARE(room.places->count(), 1);
        QCOMPARE(room.places->at(0).at(0).toString(), u"evidence 22"_s);
        const QString shown = room.pane->findChild<QPlainTextEdit*>(u"assistant.drawer.result"_s)->toPlainText();
        QVERIFY(shown.contains(u"\"good\": 2246"_s) && shown.contains(u"grounded_account_number"_s));
        QVERIFY(shown.contains(fixtureCase().evidence[21].computeDigest()));
        shot(*room.pane, u"assistant-drawer"_s);
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
        QVERIFY(!drawer->isVisible());
        // Coming from another pane it opens, and does not send everybody there again.
        room.pane->moveTo(u"evidence 19"_s);
        QVERIFY(drawer->isVisible());
        QCOMPARE(drawer->number(), 19);
        QCOMPARE(room.places->count(), 1);
    }

    void evidenceThatWasTamperedWithSaysSo()
    {
        Room room;
        room.pane->refresh(stateWith([](Case& c) {
            c.evidence[21].result[u"with"_s] = QJsonObject{{u"good"_s, 3146}, {u"n"_s, 3146}};
        }));
        QVERIFY(room.pane->openEvidence(22));
        QStringList all;
        for (const SpanLabel* label : room.pane->findChild<EvidenceDrawer*>()->findChildren<SpanLabel*>())
            all << label->text();
        QVERIFY2(all.join(u'|').contains(u"does not match its digest"_s), qPrintable(all.join(u'|')));
        QVERIFY(!room.pane->openEvidence(99));
    }

    void aSuggestedPlanGoesIntoTheQueueThroughTheRecord()
    {
        Room room;
        const QString name = u"assistant.queue.restore-behaviour-stack"_s;
        room.pane->refresh(stateWith([](Case& c) { c.plans = {draft()}; }));
        QVERIFY(room.button(name) && room.button(name)->isEnabled());
        room.desk.refuseWith(u"The record could not be written. Nothing was queued. Try again."_s);
        QTest::mouseClick(room.button(name), Qt::LeftButton);
        QCOMPARE(room.button(name)->text(), u"recording…"_s);
        QVERIFY(!room.button(name)->isEnabled());
        QTRY_VERIFY(room.button(name)->isEnabled());
        QVERIFY(room.text(name + u".failure"_s).contains(u"could not be written"_s));
        room.desk.refuseWith({});
        QTest::mouseClick(room.button(name), Qt::LeftButton);
        QTRY_VERIFY(room.desk.idle());
        QTest::qWait(5);
        QVERIFY(!room.button(name)->isEnabled()); // until the record says so
        QCOMPARE(room.desk.calls().size(), size_t(2));
        QCOMPARE(room.desk.calls().back().what, u"queue"_s);
        QCOMPARE(room.desk.calls().back().person, u"commander-1"_s);
        QCOMPARE(room.desk.calls().back().text, draft().proposal.id.value);
        room.pane->refresh(stateWith([](Case& c) {
            c.plans = {draft()};
            c.plans[0].state = PlanState::Proposed;
            c.plans[0].queued = true;
        }));
        QTRY_VERIFY(!room.button(name));
    }

    void aQuestionIsAnsweredWithPassages()
    {
        Room room;
        room.pane->refresh(stateWith([](Case&) {}));
        room.say(u"did the index change?"_s);
        QVERIFY(room.question()->text().isEmpty());
        auto* card = room.pane->findChild<AnswerCard*>();
        QVERIFY(card);
        const auto chips = [&] {
            int n = 0;
            for (const SpanLabel* label : card->findChildren<SpanLabel*>())
                for (const Span& span : label->spans())
                    n += span.evidence > 0;
            return n;
        };
        QTRY_COMPARE(chips(), 2);
        QCOMPARE(room.desk.calls().back().what, u"ask"_s);
        QCOMPARE(room.desk.calls().back().text, u"did the index change?"_s);
        shot(*room.pane, u"assistant-answer"_s);
        QTest::mouseClick(room.button(u"assistant.answer.close"_s), Qt::LeftButton);
        QTRY_VERIFY(!room.pane->findChild<AnswerCard*>());
    }

    void escapeStopsAnAnswerThatHasNotCome()
    {
        Room room;
        room.pane->refresh(stateWith([](Case&) {}));
        room.desk.hold(true);
        room.say(u"why?"_s);
        QVERIFY(room.pane->findChild<AnswerCard*>());
        QTest::keyClick(room.question(), Qt::Key_Escape);
        QVERIFY(!room.pane->findChild<AnswerCard*>());
        QVERIFY(room.text(u"assistant.said"_s).startsWith(u"Stopped"_s));
        room.desk.hold(false);
        QTRY_VERIFY(room.desk.idle());
        QTest::qWait(10);
        QVERIFY(!room.pane->findChild<AnswerCard*>());
        QTest::keyClicks(room.question(), u"half"_s);
        QTest::keyClick(room.question(), Qt::Key_Escape);
        QVERIFY(room.question()->text().isEmpty());
    }

    void aNoteIsRecordedWithItsTime()
    {
        Room room;
        room.pane->refresh(stateWith([](Case&) {}));
        room.say(u"/note @03:10 partner called again"_s);
        QTRY_VERIFY(room.text(u"assistant.said"_s).contains(u"note recorded"_s));
        const auto call = room.desk.calls().back();
        QCOMPARE(call.what, u"note"_s);
        QCOMPARE(call.text, u"partner called again"_s);
        QCOMPARE(call.happened, at(3, 10));
        QCOMPARE(call.extra, fixtureCase().incident.id.value);
        room.desk.refuseWith(u"The record is read-only. Nothing was written."_s);
        room.say(u"/note second"_s);
        QTRY_VERIFY(room.text(u"assistant.said"_s).contains(u"read-only"_s));
        QCOMPARE(room.question()->text(), u"/note second"_s);
        room.question()->clear();
        room.say(u"/note @99:99 nonsense"_s);
        QVERIFY(room.text(u"assistant.said"_s).startsWith(u"✗"_s));
        QCOMPARE(room.question()->text(), u"/note @99:99 nonsense"_s);
        QCOMPARE(room.desk.calls().size(), size_t(2)); // the third never left
    }

    void evidenceCanBeOpenedByTyping()
    {
        Room room;
        room.pane->refresh(stateWith([](Case&) {}));
        room.say(u"/evidence E12"_s);
        QCOMPARE(room.pane->findChild<EvidenceDrawer*>()->number(), 12);
        QVERIFY(room.pane->findChild<EvidenceDrawer*>()->isVisible());
        QVERIFY(room.desk.calls().empty());
    }

    void emptyStatesSayWhatComesNext()
    {
        Room room;
        room.pane->refresh(emptyState());
        QVERIFY(room.text(u"assistant.empty"_s).startsWith(u"Nothing to explain yet: no alarm, no report."_s));
        shot(*room.pane, u"assistant-empty"_s);
        const auto fresh = [](Case& c) {
            c.investigations = 0;
            c.claims.clear();
            c.hypotheses.clear();
        };
        room.pane->refresh(stateWith(fresh));
        QVERIFY(room.text(u"assistant.empty"_s).startsWith(u"Looking into INC-0042"_s));
        ConsoleState dead = stateWith(fresh);
        dead.engineBeat -= kMinute;
        room.pane->refresh(dead);
        QVERIFY(room.text(u"assistant.empty"_s).contains(u"No engine is running"_s));
    }

    void nothingIsCutAtEitherWidth()
    {
        for (const QSize size : {QSize(330, 760), QSize(520, 900)}) {
            Room room(size);
            room.pane->refresh(stateWith([](Case& c) {
                c.plans.push_back(draft());
                c.plans.back().proposal.evidence[0].sha256 = c.find(22)->sha256;
            }));
            QTest::qWait(100); // nested layouts settle from the inside out
            shot(*room.pane, u"assistant-%1"_s.arg(size.width()));
            for (const SpanLabel* label : room.pane->findChildren<SpanLabel*>()) {
                if (!label->isVisible() || label->text().isEmpty()) continue;
                const SpanLayout layout = layoutSpans(label->spans(), label->width());
                QVERIFY2(layout.size.width() <= label->width() + 9, qPrintable(label->text()));
                const bool mayCut
                    = label->objectName().startsWith(u"assistant.hypothesis"_s); // the tooltip has the rest
                QVERIFY2(mayCut || layout.size.height() <= label->height() + 1, qPrintable(label->text()));
                const int left = label->mapTo(room.pane.get(), QPoint()).x();
                QVERIFY2(left >= 0 && left + label->width() <= size.width(), qPrintable(label->text()));
            }
            room.pane->findChild<QScrollArea*>()->verticalScrollBar()->setValue(9999);
            QTest::qWait(10);
            shot(*room.pane, u"assistant-%1-end"_s.arg(size.width()));
        }
    }
};

QTEST_MAIN(TestAssistant)
#include "tst_assistant.moc"
