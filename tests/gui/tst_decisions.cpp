// SPDX-License-Identifier: GPL-3.0-or-later
// The queue and the panel on which people sign: real buttons, real keys, and a desk that remembers what it was handed.
#include "tests/support/fixture_state.h"
#include "ui/approvals/card_head.h"
#include "ui/approvals/decisions_pane.h"
#include "ui/approvals/plan_card.h"
#include "ui/approvals/sign_panel.h"
#include "ui/assistant/assistant_pane.h"
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QShortcut>
#include <QSignalSpy>
#include <QSplitter>
#include <QVBoxLayout>
#include <QtTest>

using namespace wf;
using namespace wf::test;
using namespace Qt::StringLiterals;

namespace {

/// Pictures for people, when WF_SHOTS names a folder.
void shot(QWidget& widget, const QString& name)
{
    const QString folder = qEnvironmentVariable("WF_SHOTS");
    if (folder.isEmpty()) return;
    QTest::qWait(150); // nested layouts settle from the inside out
    widget.grab().save(folder + u'/' + name + u".png"_s);
}

/// The restore plan of the sample as it waits for its two signatures.
Plan planOfTwo()
{
    Plan plan = planRunning();
    plan.proposal.id = {u"01936000-0000-7000-8000-0000000000b1"_s};
    plan.proposal.runbookId = u"restore-two"_s;
    plan.proposal.price = u"a purged cache makes the model answer more questions for a while"_s;
    for (PlanStep& s : plan.proposal.steps) {
        s.precondition = s.action;
        s.precondition.method = u"GET"_s;
        s.precondition.path = u"/features/support-copilot"_s;
        s.precondition.body = {};
        s.precondition.expectPath = u"/prompt"_s;
        s.precondition.expectEquals = u"v42"_s;
        s.undo = s.action;
        s.touches.where[u"prompt"_s] = u"v42"_s;
    }
    plan.proposal.steps[1].undo = {};
    plan.proposal.steps[1].noUndo = u"a purged cache cannot be brought back; it fills again from the pinned prompt"_s;
    plan.state = PlanState::Proposed;
    plan.decisions.clear();
    plan.approvedAt = 0;
    plan.steps.assign(3, {});
    plan.digest = plan.proposal.digest();
    return plan;
}

void addDecision(Plan& plan, const QString& person, const QString& role, DecisionVerdict verdict, Nanos when)
{
    AcceptedDecision d;
    d.decision.proposal = plan.proposal.id;
    d.decision.proposalDigest = plan.digest;
    d.decision.verdict = verdict;
    d.decision.person = person;
    d.decision.role = role;
    d.accepted = d.decision.at = when;
    plan.decisions.push_back(d);
}

ConsoleState stateOf(std::vector<Plan> plans, Nanos now = kFixtureNow)
{
    ConsoleState state = fixtureState(now);
    auto cases = std::make_shared<CaseFile>(*state.cases);
    cases->cases.back().plans = std::move(plans);
    auto live = std::make_shared<LiveFigures>(*state.live);
    for (const Plan& plan : cases->cases.back().plans)
        if (!live->radius.contains(plan.proposal.id.value)) {
            live->radius[plan.proposal.id.value] = live->radius[planRunning().proposal.id.value];
            live->feasibility[plan.proposal.id.value] = u"3 × 880 evaluated answers, 4 min each at this traffic"_s;
        }
    state.cases = cases;
    state.live = live;
    return state;
}

ConsoleState changed(ConsoleState state, const std::function<void(Plan&)>& change, size_t index = 0)
{
    auto cases = std::make_shared<CaseFile>(*state.cases);
    change(cases->cases.back().plans[index]);
    state.cases = cases;
    return state;
}

ConsoleState withRadius(ConsoleState state, const std::function<void(BlastRadius&)>& change)
{
    auto live = std::make_shared<LiveFigures>(*state.live);
    for (auto& [id, radius] : live->radius)
        change(radius);
    state.live = live;
    return state;
}

/// A window as wide as the console's, with the pane as its right column.
struct Room {
    FixedClock clock;
    FakeDesk desk;
    UiContext context;
    QWidget window;
    DecisionsPane* pane;
    explicit Room(const QString& person = u"commander-1"_s, QSize size = {1280, 800}, int column = 330)
    {
        context.desk = &desk;
        context.clock = &clock;
        context.person = person;
        auto* box = new QHBoxLayout(&window);
        box->setContentsMargins(0, 0, 0, 0);
        box->addStretch(1);
        pane = new DecisionsPane(context, &window);
        pane->setFixedWidth(column);
        box->addWidget(pane);
        window.resize(size);
        window.show();
        window.activateWindow();
        QApplication::setActiveWindow(&window);
    }
    template <class T = QPushButton> T* find(const QString& name) const { return window.findChild<T*>(name); }
    QString text(const QString& name) const
    {
        const auto* label = window.findChild<SpanLabel*>(name);
        return label && label->isVisible() ? label->text() : QString();
    }
    bool shows(const QString& name) const
    {
        const auto* widget = window.findChild<QWidget*>(name);
        return widget && widget->isVisible();
    }
    void click(const QString& name)
    {
        auto* b = find(name);
        QVERIFY2(b && b->isVisible(), qPrintable(name + u" is not there"_s));
        QTest::mouseClick(b, Qt::LeftButton);
    }
    QString badge(const QString& card) const
    {
        const auto* c = window.findChild<PlanCard*>(card);
        return c && c->isVisible() ? c->findChild<CardHead*>()->badge() : QString();
    }
    void type(const QString& name, const QString& what)
    {
        auto* field = window.findChild<QWidget*>(name);
        QVERIFY2(field && field->isVisible(), qPrintable(name + u" is not there"_s));
        field->setFocus();
        QTest::keyClicks(field, what);
    }
};

const QString kTwo = u"decisions.card.restore-two"_s;
const QString kBack = u"decisions.card.give-traffic-back"_s;

} // namespace

class TestDecisions : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { Theme::instance().applyTo(*qApp); }

    void theQueueReadsFromTopToBottom()
    {
        Room room;
        Plan done = planToSign();
        done.proposal.id = {u"done"_s};
        done.state = PlanState::Closed;
        done.stateAt = at(3, 12, 43);
        room.pane->refresh(stateOf({done, planBlocked(), planRunning(), planOfTwo(), planToSign()}));
        QTest::qWait(20);
        std::vector<std::pair<int, QString>> places;
        for (const auto* card : room.window.findChildren<PlanCard*>())
            if (card->isVisible()) places.emplace_back(card->mapTo(room.pane, QPoint()).y(), card->objectName());
        std::sort(places.begin(), places.end());
        QStringList names;
        for (const auto& [y, name] : places)
            names << name;
        QCOMPARE(names,
            (QStringList{kBack, kTwo, u"decisions.card.restore-behaviour-stack"_s, u"decisions.card.customer-notice"_s,
                u"decisions.done.give-traffic-back"_s}));
        QCOMPARE(room.badge(kBack), u"T2 you alone"_s);
        QCOMPARE(room.badge(kTwo), u"T3 2 signatures, 2 missing"_s);
        QCOMPARE(room.badge(names[2]), u"T3 running"_s);
        QCOMPARE(room.badge(names[3]), u"T4 blocked"_s);
        QCOMPARE(room.badge(names[4]), u"T2 done"_s);
        QCOMPARE(room.find<PlanCard>(kBack)->state(), Card::State::Ringed);
        QCOMPARE(room.find<PlanCard>(names[2])->state(), Card::State::Normal);
        QCOMPARE(room.find<PlanCard>(names[3])->state(), Card::State::Blocked);
    }

    void nothingIsCutAtEitherWidth()
    {
        for (const auto& [size, column] : {std::pair{QSize(1280, 800), 330}, {QSize(1920, 1080), 520}}) {
            Room room(u"commander-1"_s, size, column);
            ConsoleState state = stateOf({planRunning(), planToSign(), planBlocked(), planOfTwo()});
            state = changed(
                state,
                [](Plan& p) {
                    p.refusals.push_back({u"commander-1"_s, u"ai-owner"_s,
                        u"commander-1 has already signed this plan as commander; one person cannot sign as both roles."_s,
                        at(3, 42), {}});
                },
                3);
            room.pane->refresh(state);
            QTest::qWait(100); // nested layouts settle from the inside out
            shot(*room.pane, u"decisions-%1"_s.arg(column));
            for (const SpanLabel* label : room.pane->findChildren<SpanLabel*>()) {
                if (!label->isVisible() || label->text().isEmpty()) continue;
                const SpanLayout layout = layoutSpans(label->spans(), label->width());
                QVERIFY2(layout.size.width() <= label->width() + 9,
                    qPrintable(label->text())); // a blank at the end may hang over
                QVERIFY2(layout.size.height() <= label->height() + 1, qPrintable(label->text()));
            }
            const auto* page = room.pane->findChild<QScrollArea*>();
            QCOMPARE(page->widget()->width(), page->viewport()->width());
            for (const QPushButton* b : room.pane->findChildren<QPushButton*>())
                if (b->isVisible()) {
                    QVERIFY2(b->width() >= b->sizeHint().width(), qPrintable(b->text()));
                    const int left = b->mapTo(room.pane, QPoint()).x();
                    QVERIFY2(left >= 0 && left + b->width() <= room.pane->width(), qPrintable(b->text()));
                }
            room.pane->findChild<QScrollArea*>()->verticalScrollBar()->setValue(9999);
            QTest::qWait(10);
            shot(*room.pane, u"decisions-%1-end"_s.arg(column));
        }
    }

    void signingTakesTheWordAndSendsWhatWasShown()
    {
        Room room;
        const ConsoleState state = stateOf({planToSign()});
        room.pane->refresh(state);
        room.click(kBack + u".sign"_s);
        QVERIFY(room.shows(u"sign.panel"_s));
        shot(room.window, u"sign-t2-1280"_s);
        const Plan plan = planToSign();
        const QStringList words = digestWords(plan.digest);
        QVERIFY2(room.text(u"sign.words"_s).contains(words.join(u' ')), qPrintable(room.text(u"sign.words"_s)));
        auto* commit = room.find(u"sign.commit"_s);
        QVERIFY(!commit->isEnabled());
        room.type(u"sign.word"_s, words[1]); // the second word is not the first
        QVERIFY(!commit->isEnabled());
        QTest::mouseClick(commit, Qt::LeftButton);
        QVERIFY(room.desk.decisions().empty());
        QVERIFY(room.text(u"sign.message"_s).contains(words[0]));
        room.find<QLineEdit>(u"sign.word"_s)->clear();
        room.type(u"sign.word"_s, words[0].toUpper());
        room.type(u"sign.reason"_s, u"people wait"_s);
        QVERIFY(commit->isEnabled());
        room.desk.hold(true);
        QTest::mouseClick(commit, Qt::LeftButton);
        QCOMPARE(room.text(u"sign.message"_s), u"recording…"_s);
        QVERIFY(!commit->isEnabled());
        QTest::mouseClick(commit, Qt::LeftButton);
        room.desk.hold(false);
        QTRY_VERIFY(!room.shows(u"sign.panel"_s));
        const auto sent = room.desk.decisions();
        QCOMPARE(sent.size(), size_t(1));
        QCOMPARE(sent[0].person, u"commander-1"_s);
        QCOMPARE(sent[0].role, u"commander"_s);
        QCOMPARE(sent[0].proposal, plan.proposal.id);
        QCOMPARE(sent[0].digestOnScreen, plan.proposal.digest());
        QCOMPARE(sent[0].reason, u"people wait"_s);
        QCOMPARE(sent[0].verdict, DecisionVerdict::Approve);

        // Recorded is not decided: the card waits for the ruling, and only the record changes it.
        QVERIFY2(
            room.text(kBack + u".status"_s).startsWith(u"recording…"_s), qPrintable(room.text(kBack + u".status"_s)));
        QVERIFY(!room.shows(kBack + u".sign"_s));
        ConsoleState later = state;
        later.now += 2 * kSecond;
        room.pane->refresh(later);
        QVERIFY(!room.shows(kBack + u".sign"_s));
        room.pane->refresh(changed(later, [](Plan& p) {
            addDecision(p, u"commander-1"_s, u"commander"_s, DecisionVerdict::Approve, at(3, 43, 20));
            p.state = PlanState::Approved;
            p.approvedAt = at(3, 43, 20);
        }));
        QCOMPARE(room.badge(kBack), u"T2 approved"_s);
        QVERIFY(room.text(kBack + u".status"_s).isEmpty());
    }

    void theWholePathByKeyboard()
    {
        Room room;
        room.pane->refresh(stateOf({planToSign()}));
        room.find(kBack + u".sign"_s)->setFocus();
        QTest::keyClick(room.window.focusWidget(), Qt::Key_Return);
        QVERIFY2(!room.shows(u"sign.panel"_s), "Enter is not a deliberate act");
        QTest::keyClick(room.window.focusWidget(), Qt::Key_Space);
        QVERIFY(room.shows(u"sign.panel"_s));
        QStringList seen;
        for (int i = 0; i < 12; ++i) {
            QTest::keyClick(room.window.focusWidget(), Qt::Key_Tab);
            QWidget* w = room.window.focusWidget();
            QVERIFY2(room.find<QWidget>(u"sign.panel"_s)->isAncestorOf(w), "the focus left the panel");
            seen << w->objectName();
            if (w->objectName() == u"sign.reason"_s) QTest::keyClicks(w, u"waiting harms"_s);
            if (w->objectName() == u"sign.word"_s && static_cast<QLineEdit*>(w)->text().isEmpty()) {
                QTest::keyClicks(w, digestWords(planToSign().digest)[0]);
                QTest::keyClick(w, Qt::Key_Return);
            }
            if (w->objectName() == u"sign.commit"_s) break;
        }
        QVERIFY(room.desk.decisions().empty());
        QCOMPARE(seen.last(), u"sign.commit"_s);
        QVERIFY2(seen.indexOf(u"sign.identity"_s) < seen.indexOf(u"sign.reason"_s)
                && seen.indexOf(u"sign.reason"_s) < seen.indexOf(u"sign.word"_s),
            qPrintable(seen.join(u' ')));
        QTest::keyClick(room.window.focusWidget(), Qt::Key_Return);
        QVERIFY2(room.desk.decisions().empty(), "Enter signed");
        QTest::keyClick(room.window.focusWidget(), Qt::Key_Space);
        QTRY_COMPARE(room.desk.decisions().size(), size_t(1));
        QTRY_VERIFY(!room.shows(u"sign.panel"_s));
        QCOMPARE(room.desk.decisions()[0].reason, u"waiting harms"_s);
    }

    void escapeClosesAndKeepsNothing()
    {
        Room room;
        room.pane->refresh(stateOf({planToSign()}));
        room.click(kBack + u".sign"_s);
        room.type(u"sign.reason"_s, u"half a thought"_s);
        room.type(u"sign.word"_s, digestWords(planToSign().digest)[0]);
        QTest::keyClick(room.window.focusWidget(), Qt::Key_Escape);
        QTRY_VERIFY(!room.window.findChild<QWidget*>(u"sign.panel"_s));
        room.click(kBack + u".sign"_s);
        QVERIFY(room.find<QPlainTextEdit>(u"sign.reason"_s)->toPlainText().isEmpty());
        QVERIFY(room.find<QLineEdit>(u"sign.word"_s)->text().isEmpty());
        QVERIFY(!room.find(u"sign.commit"_s)->isEnabled());
        QVERIFY(room.desk.decisions().empty());
    }

    void shortcutsOfTheWindowRestWhileItIsOpen()
    {
        Room room;
        room.pane->refresh(stateOf({planToSign()}));
        QShortcut shortcut(QKeySequence(u"Ctrl+K"_s), &room.window);
        QSignalSpy fired(&shortcut, &QShortcut::activated);
        QTest::keyClick(&room.window, Qt::Key_K, Qt::ControlModifier);
        QCOMPARE(fired.count(), 1);
        room.click(kBack + u".sign"_s);
        QTest::keyClick(room.window.focusWidget(), Qt::Key_K, Qt::ControlModifier);
        QCOMPARE(fired.count(), 1);
    }

    void aPlanThatChangesUnderTheEyesCannotBeSigned()
    {
        Room room;
        const ConsoleState state = stateOf({planToSign()});
        room.pane->refresh(state);
        room.click(kBack + u".sign"_s);
        room.type(u"sign.word"_s, digestWords(planToSign().digest)[0]);
        QVERIFY(room.find(u"sign.commit"_s)->isEnabled());
        room.pane->refresh(changed(state, [](Plan& p) {
            p.proposal.steps[0].action.body[u"human_percent"_s] = 0;
            p.digest = p.proposal.digest();
        }));
        QVERIFY(!room.find(u"sign.commit"_s)->isEnabled());
        QVERIFY(room.text(u"sign.message"_s).contains(u"not the one on this screen"_s));
    }

    void aForgedPlanIsBlockedOnItsCard()
    {
        Room room;
        room.pane->refresh(changed(stateOf({planToSign()}), [](Plan& p) { p.proposal.limits.shareOfFeature = 1; }));
        QCOMPARE(room.badge(kBack), u"T2 blocked"_s);
        QVERIFY(room.text(kBack + u".blocked"_s).contains(u"changed after it was drafted"_s));
        QVERIFY(!room.shows(kBack + u".sign"_s));
    }

    void aRefusalKeepsTheReasonAndSaysWhy()
    {
        Room room;
        room.pane->refresh(stateOf({planToSign()}));
        room.desk.refuseWith(u"The record's disk is full. Nothing was signed. Free some space."_s);
        room.click(kBack + u".sign"_s);
        room.type(u"sign.reason"_s, u"people wait"_s);
        room.type(u"sign.word"_s, digestWords(planToSign().digest)[0]);
        room.click(u"sign.commit"_s);
        QTRY_VERIFY(room.text(u"sign.message"_s).contains(u"disk is full"_s));
        QCOMPARE(room.find<QPlainTextEdit>(u"sign.reason"_s)->toPlainText(), u"people wait"_s);
        QVERIFY(!room.find(u"sign.commit"_s)->isEnabled()); // the word is asked for again
        QTest::keyClick(room.window.focusWidget(), Qt::Key_Escape);
        QTRY_VERIFY(!room.window.findChild<QWidget*>(u"sign.panel"_s));
        QVERIFY(room.shows(kBack + u".sign"_s));
    }

    void theRulingAgainstMeStandsOnTheCard()
    {
        Room room;
        const ConsoleState state = stateOf({planOfTwo()});
        const auto refused = [](Plan& p) {
            p.refusals.push_back({u"commander-1"_s, u"ai-owner"_s,
                u"commander-1 has already signed this plan as commander; one person cannot sign as both roles."_s,
                at(3, 42, 5), {}});
        };
        room.pane->refresh(changed(state, refused));
        const QString said = room.text(kTwo + u".refusal"_s);
        QVERIFY2(said.contains(u"one person cannot sign as both roles"_s) && said.contains(u"03:42:05"_s)
                && said.contains(u"commander-1"_s),
            qPrintable(said));
        // Somebody else's signature was accepted afterwards: the refusal is history.
        room.pane->refresh(changed(changed(state, refused),
            [](Plan& p) { addDecision(p, u"ai-owner-1"_s, u"ai-owner"_s, DecisionVerdict::Approve, at(3, 43)); }));
        QVERIFY(room.text(kTwo + u".refusal"_s).isEmpty());
    }

    void onceSignedTheCardHasNoLiveButton()
    {
        Room room;
        room.pane->refresh(changed(stateOf({planOfTwo()}), [](Plan& p) {
            addDecision(p, u"commander-1"_s, u"commander"_s, DecisionVerdict::Approve, at(3, 42));
            p.state = PlanState::PartlyApproved;
        }));
        QCOMPARE(room.text(kTwo + u".status"_s), u"signed 03:42, waiting for AI owner"_s);
        QCOMPARE(room.badge(kTwo), u"T3 2 signatures, 1 missing: AI owner"_s);
        for (const QString& name : {u".sign"_s, u".reject"_s, u".hold"_s})
            QVERIFY2(!room.shows(kTwo + name), qPrintable(name));
        QCOMPARE(room.find<PlanCard>(kTwo)->state(), Card::State::Normal);
        // The owner sits down at this console: now it waits for them.
        room.context.person = u"ai-owner-2"_s;
        ConsoleState later = changed(stateOf({planOfTwo()}),
            [](Plan& p) { addDecision(p, u"commander-1"_s, u"commander"_s, DecisionVerdict::Approve, at(3, 42)); });
        room.pane->refresh(later);
        QVERIFY(room.shows(kTwo + u".sign"_s));
        QCOMPARE(room.find<PlanCard>(kTwo)->state(), Card::State::Ringed);
        room.click(kTwo + u".sign"_s);
        QCOMPARE(room.find<QComboBox>(u"sign.identity"_s)->currentData().toString(), u"ai-owner-2"_s);
        QCOMPARE(room.find<QComboBox>(u"sign.role"_s)->currentData().toString(), u"ai-owner-deputy"_s);
        QVERIFY(room.find<QComboBox>(u"sign.identity"_s)->currentText().contains(u"demo key"_s));
    }

    void whoHasNoMissingRoleMayReadButIsNotRinged()
    {
        Room room(u"legal-1"_s);
        room.pane->refresh(stateOf({planOfTwo()}));
        QCOMPARE(room.find<PlanCard>(kTwo)->state(), Card::State::Normal);
        QCOMPARE(room.find(kTwo + u".sign"_s)->text(), u"Review…"_s);
        QVERIFY(room.text(kTwo + u".status"_s).startsWith(u"waiting for commander and AI owner"_s));
    }

    void withoutIdentitySwitchingOnlyMyOwnKeyIsOffered()
    {
        Room room;
        ConsoleState state = stateOf({planOfTwo()});
        auto policy = std::make_shared<Policy>(*state.policy);
        policy->identitySwitching = false;
        state.policy = policy;
        room.pane->refresh(state);
        room.click(kTwo + u".sign"_s);
        auto* who = room.find<QComboBox>(u"sign.identity"_s);
        QCOMPARE(who->count(), 1);
        QCOMPARE(who->currentData().toString(), u"commander-1"_s);
        QVERIFY(!who->isEnabled());
    }

    void aBlockedPlanCannotBeSigned()
    {
        Room room;
        const QString card = u"decisions.card.customer-notice"_s;
        room.pane->refresh(stateOf({planBlocked()}));
        QVERIFY(!room.shows(card + u".sign"_s));
        QVERIFY2(room.text(card + u".blocked"_s).contains(u"640 people; its ceiling is 500"_s),
            qPrintable(room.text(card + u".blocked"_s)));
        QVERIFY(!room.shows(card + u".touches"_s));
        room.click(card + u".more"_s);
        QTRY_VERIFY(room.text(card + u".touches"_s).contains(u"ceiling 500"_s));
        // A ceiling that breaks while the panel is open takes the act away as well.
        const ConsoleState state = stateOf({planToSign()});
        room.pane->refresh(state);
        room.click(kBack + u".sign"_s);
        room.type(u"sign.word"_s, digestWords(planToSign().digest)[0]);
        QVERIFY(room.find(u"sign.commit"_s)->isEnabled());
        room.pane->refresh(withRadius(state, [](BlastRadius& r) { r.share = .46; }));
        QVERIFY(!room.find(u"sign.commit"_s)->isEnabled());
        QVERIFY2(
            room.text(u"sign.message"_s).contains(u"its ceiling is 45 %"_s), qPrintable(room.text(u"sign.message"_s)));
        QVERIFY(room.desk.decisions().empty());
    }

    void goneTelemetryIsSaidAndTheWorstCaseStandsIn()
    {
        Room room;
        Plan plan = planOfTwo();
        plan.proposal.declaredWorstShare = 1;
        plan.digest = plan.proposal.digest();
        room.pane->refresh(withRadius(stateOf({plan}), [](BlastRadius& r) { r.known = false; }));
        QCOMPARE(
            room.text(kTwo + u".touches"_s), u"telemetry gone: declared worst case 100\u00A0%, ceiling 100\u00A0%"_s);
        QVERIFY(room.shows(kTwo + u".sign"_s));
        // Old figures are as good as none; without a declared worst case nobody may sign.
        room.pane->refresh(withRadius(stateOf({planOfTwo()}), [](BlastRadius& r) { r.at -= 3 * kMinute; }));
        QVERIFY(!room.shows(kTwo + u".sign"_s));
        QVERIFY(room.text(kTwo + u".blocked"_s).contains(u"declares no worst case"_s));
    }

    void staleEvidenceBlocks()
    {
        Room room;
        ConsoleState state = stateOf({planOfTwo()});
        QCOMPARE(room.text(kTwo + u".rests"_s), QString());
        room.pane->refresh(state);
        QVERIFY(room.text(kTwo + u".rests"_s).contains(u"checked"_s));
        auto cases = std::make_shared<CaseFile>(*state.cases);
        cases->cases.back().claims[0].verdict = Verdict::Stale;
        state.cases = cases;
        room.pane->refresh(state);
        QVERIFY(room.text(kTwo + u".blocked"_s).contains(u"Late data changed what E22 showed"_s));
        QVERIFY(!room.shows(kTwo + u".sign"_s));
    }

    void aRunningPlanTellsStepGateAndWindows()
    {
        Room room;
        const QString card = u"decisions.card.restore-behaviour-stack"_s;
        const ConsoleState state = stateOf({planRunning()});
        room.pane->refresh(state);
        QVERIFY2(room.text(card + u".step.1"_s).contains(u"reached 42\u00A0% of 238 answers, gate 99\u00A0%"_s),
            qPrintable(room.text(card + u".step.1"_s)));
        QVERIFY(room.text(card + u".step.2"_s).contains(u"waits for the gate"_s));
        QVERIFY(room.text(card + u".verify"_s).startsWith(u"0 of 3 windows"_s));
        QVERIFY(!room.shows(card + u".sign"_s));

        auto live = std::make_shared<LiveFigures>(*state.live);
        live->gateN[planRunning().proposal.id.value] = 12;
        ConsoleState few = state;
        few.live = live;
        room.pane->refresh(few);
        QVERIFY2(room.text(card + u".step.1"_s).contains(u"cannot tell yet: 12 of 100"_s),
            qPrintable(room.text(card + u".step.1"_s)));

        room.pane->refresh(changed(state, [](Plan& p) {
            p.state = PlanState::Held;
            p.why = u"Step 1 failed. The target answered 412."_s;
            p.steps[0].state = StepRun::State::Failed;
            p.steps[0].why = u"The target answered 412."_s;
        }));
        QCOMPARE(room.badge(card), u"T3 held"_s);
        QVERIFY(room.text(card + u".blocked"_s).contains(u"412"_s));
        QVERIFY(!room.shows(card + u".sign"_s));

        room.pane->refresh(changed(state, [](Plan& p) {
            p.steps[0].state = StepRun::State::Unknown;
            p.steps[0].why = u"The answer never came."_s;
        }));
        QVERIFY(room.text(card + u".step.1"_s).contains(u"Nothing is sent again"_s));

        room.pane->refresh(changed(state, [](Plan& p) {
            p.state = PlanState::Verifying;
            for (StepRun& s : p.steps)
                s.state = StepRun::State::GatePassed;
            p.windows.push_back(
                {u"grounded_account_number"_s, u"in"_s, 1, 3, 1058, 1104, 0, 0, at(3, 50), at(3, 48), at(3, 49)});
        }));
        QVERIFY2(room.text(card + u".verify"_s).startsWith(u"1 of 3 windows in band · last: in band, 95.8"_s),
            qPrintable(room.text(card + u".verify"_s)));
    }

    void aRunningPlanCanBeStoppedWithAReason()
    {
        Room room;
        const QString card = u"decisions.card.restore-behaviour-stack"_s;
        room.pane->refresh(stateOf({planRunning()}));
        QCOMPARE(room.find(card + u".reject"_s)->text(), u"Stop…"_s);
        room.click(card + u".reject"_s);
        QVERIFY(!room.shows(u"sign.word"_s));
        QVERIFY(!room.find(u"sign.commit"_s)->isEnabled());
        room.type(u"sign.reason"_s, u"wrong version"_s);
        room.click(u"sign.commit"_s);
        QTRY_COMPARE(room.desk.decisions().size(), size_t(1));
        QCOMPARE(room.desk.decisions()[0].verdict, DecisionVerdict::Reject);
        QCOMPARE(room.desk.decisions()[0].reason, u"wrong version"_s);
    }

    void holdNeedsNoWord()
    {
        Room room;
        room.pane->refresh(stateOf({planToSign()}));
        room.click(kBack + u".hold"_s);
        QVERIFY(room.find(u"sign.commit"_s)->isEnabled());
        room.click(u"sign.commit"_s);
        QTRY_COMPARE(room.desk.decisions().size(), size_t(1));
        QCOMPARE(room.desk.decisions()[0].verdict, DecisionVerdict::Hold);
    }

    void theRequestForARemoteSignerIsCopied()
    {
        Room room;
        room.pane->setRequestText([](const Proposal& p) { return u"REQUEST "_s + p.digest(); });
        room.pane->refresh(stateOf({planOfTwo()}));
        room.click(kTwo + u".sign"_s);
        room.click(u"sign.copy"_s);
        QCOMPARE(QApplication::clipboard()->text(), u"REQUEST "_s + planOfTwo().digest);
    }

    void cardsStayTheSameWidgetsBetweenTicks()
    {
        Room room;
        ConsoleState state = stateOf({planToSign(), planRunning()});
        room.pane->refresh(state);
        auto* card = room.find<PlanCard>(kBack);
        auto* sign = room.find(kBack + u".sign"_s);
        sign->setFocus();
        for (int i = 1; i < 5; ++i) {
            state = changed(state, [](Plan& p) { p.stateAt += kSecond; });
            state.now += kSecond;
            room.pane->refresh(state);
            QCOMPARE(room.find<PlanCard>(kBack), card);
            QCOMPARE(room.window.focusWidget(), sign);
        }
    }

    void thePanelShowsEverythingThatRuns()
    {
        for (const QSize size : {QSize(1280, 800), QSize(1920, 1080), QSize(700, 700)}) {
            Room room(u"commander-1"_s, size, size.width() > 1300 ? 520 : 330);
            room.pane->setRequestText([](const Proposal& p) { return p.digest(); });
            room.pane->refresh(stateOf({planOfTwo()}));
            room.click(kTwo + u".sign"_s);
            QTest::qWait(100); // nested layouts settle from the inside out
            shot(room.window, u"sign-t3-%1"_s.arg(size.width()));
            QString all;
            for (const SpanLabel* label : room.find<QWidget>(u"sign.panel"_s)->findChildren<SpanLabel*>())
                all += label->text() + u'\n';
            for (const PlanStep& s : planOfTwo().proposal.steps) {
                QVERIFY(all.contains(s.action.method + u' ' + s.action.base + s.action.path));
                QVERIFY(all.contains(bodyText(s.action)));
            }
            for (const QString& word :
                {u"/prompt = v42"_s, u"99\u00A0% of answers have prompt v41"_s, u"cannot be brought back"_s,
                    u"within ±2.0\u00A0% of its baseline in 3 windows"_s, u"actions 0 → 3 of 6"_s, planOfTwo().digest})
                QVERIFY2(all.contains(word), qPrintable(word + u" is missing in "_s + all));
            for (const char* name : {"sign.commit", "sign.cancel", "sign.word", "sign.reason", "sign.identity"}) {
                const auto* w = room.find<QWidget>(QString::fromLatin1(name));
                QVERIFY2(room.window.rect().contains(QRect(w->mapTo(&room.window, QPoint()), w->size())), name);
                QVERIFY2(!w->visibleRegion().isEmpty(), name);
            }
        }
    }

    void theFirstPlanForMeFitsASmallWindow()
    {
        Room room;
        QSplitter column(Qt::Vertical);
        column.addWidget(room.pane);
        auto* assistant = new AssistantPane(room.context);
        column.addWidget(assistant);
        column.resize(330, 650);
        column.setSizes({200, 450});
        column.show();
        room.pane->setMaximumWidth(QWIDGETSIZE_MAX);
        const ConsoleState state = stateOf({planToSign()});
        assistant->refresh(state);
        room.pane->refresh(state);
        QTest::qWait(150);
        room.pane->refresh(changed(state, [](Plan& p) { p.stateAt += kSecond; }));
        QTest::qWait(150);
        shot(*room.pane, u"decisions-small"_s);
        const auto* sign = room.pane->findChild<QPushButton*>(kBack + u".sign"_s);
        QCOMPARE(sign->visibleRegion().boundingRect(), sign->rect());
        QVERIFY2(column.minimumSizeHint().height() <= column.height(), "the column would push the rest of the window away");
        QVERIFY(!room.pane->geometry().intersects(assistant->geometry()));
        // Nothing for me: the room goes back to whoever needs it.
        room.context.person = u"legal-1"_s;
        room.pane->refresh(state);
        QCOMPARE(room.pane->minimumHeight(), 0);
        room.pane->setParent(&room.window);
    }

    void theEmptyQueueSaysWhatWillCome()
    {
        Room room;
        room.pane->refresh(emptyState());
        QVERIFY(room.text(u"decisions.empty"_s).contains(u"Nothing to decide"_s));
        shot(*room.pane, u"decisions-empty"_s);
    }
};

QTEST_MAIN(TestDecisions)
#include "tst_decisions.moc"
