// SPDX-License-Identifier: GPL-3.0-or-later
// The console's window as a person uses it: what it says, its keys, its in-window panels, its designed states.
#include "tests/support/fixture_state.h"
#include "ui/approvals/decisions_pane.h"
#include "ui/approvals/sign_panel.h"
#include "ui/assistant/assistant_pane.h"
#include "ui/common/format.h"
#include "ui/drift/drift_pane.h"
#include "ui/shell/main_window.h"
#include "ui/timeline/timeline_pane.h"
#include "ui/timeline/timeline_view.h"
#include <QApplication>
#include <QComboBox>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QSignalSpy>
#include <QStackedWidget>
#include <QTest>

using namespace wf;
using namespace wf::test;

namespace {

/// Stands where another pane will be: remembers what it was told.
class StandIn final : public Pane {
public:
    StandIn(UiContext& context, const QString& name)
        : Pane(context)
    {
        setObjectName(name);
        setFocusPolicy(Qt::StrongFocus);
    }
    void refresh(const ConsoleState&) override { ++refreshes; }
    void moveTo(const QString& place) override { places << place; }
    int refreshes = 0;
    QStringList places;
};

struct Stage {
    explicit Stage(ConsoleState state = fixtureState(), QSize size = {1920, 1080}, bool wholeConsole = false)
        : feed(std::move(state))
        , timeline(fixtureEvents(300))
    {
        context.feed = &feed;
        context.timeline = &timeline;
        context.chart = &chart;
        context.desk = &desk;
        context.clock = &clock;
        context.person = u"commander-1"_s;
        timelinePane = new TimelinePane(context);
        driftPane = new DriftPane(context);
        decisions = new StandIn(context, u"decisions"_s);
        assistant = new StandIn(context, u"assistant"_s);
        QList<Pane*> right{decisions, assistant};
        if (wholeConsole) {
            qDeleteAll(right);
            right = {new DecisionsPane(context), new AssistantPane(context)};
        }
        window = std::make_unique<MainWindow>(context, Panes{{timelinePane}, {driftPane}, right});
        window->resize(size);
        window->show();
        window->activateWindow();
        settle();
    }
    void settle()
    {
        for (int i = 0; i < 25; ++i) {
            window->tick();
            QTest::qWait(2);
        }
    }
    void become(const std::function<void(ConsoleState&)>& change)
    {
        ConsoleState state = *feed.latest();
        change(state);
        feed.set(std::move(state));
        window->tick();
    }
    /// One case of the state, to be changed in place.
    void becomeCase(const std::function<void(Case&)>& change)
    {
        become([&](ConsoleState& state) {
            auto cases = std::make_shared<CaseFile>(*state.cases);
            change(cases->cases.back());
            state.cases = cases;
        });
    }
    template <class W = QWidget> W* child(const QString& name) { return window->findChild<W*>(name); }
    QString words(const QString& name) { return child<SpanLabel>(name)->text(); }
    void key(int key, Qt::KeyboardModifiers modifiers = {}) { QTest::keyClick(window.get(), Qt::Key(key), modifiers); }
    void picture(const QString& name)
    {
        const QString folder = qEnvironmentVariable("WF_SHOTS");
        for (int i = 0; i < 3; ++i)
            settle();
        const QPixmap image = window->grab();
        QVERIFY(!image.isNull());
        if (!folder.isEmpty()) QVERIFY(image.save(folder + u'/' + name + u".png"_s));
    }

    FakeFeed feed;
    FakeTimeline timeline;
    FakeChart chart;
    FakeDesk desk;
    FixedClock clock;
    UiContext context;
    TimelinePane* timelinePane;
    DriftPane* driftPane;
    StandIn *decisions, *assistant;
    std::unique_ptr<MainWindow> window;
};

} // namespace

class ShellTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { Theme::instance().applyTo(*qApp); }
    void init() { Theme::instance().load(u"dark"_s); }

    void headerSaysHowBadSinceWhenAndWho()
    {
        Stage stage;
        QCOMPARE(stage.child<Badge>(u"header.severity"_s)->text(), u"SEV 1"_s);
        QCOMPARE(stage.words(u"header.title"_s), u"Support copilot quotes wrong account numbers"_s);
        QCOMPARE(stage.words(u"header.detail"_s), u"INC-0042 · commander-1, deputy commander-2 · room 4"_s);
        QCOMPARE(stage.words(u"header.since"_s), u"43–47 min"_s);
        QCOMPARE(stage.words(u"header.now"_s), u"since onset · 03:43:12 UTC"_s);
        QCOMPARE(stage.child(u"header.infrastructure"_s)->accessibleName(), u"Infrastructure healthy, 8 s"_s);
        QCOMPARE(stage.child(u"header.behaviour"_s)->accessibleName(), u"Behaviour: 2 of 38 drifting, 2 s"_s);
        QCOMPARE(stage.child(u"header.stepper"_s)->accessibleName(), u"Status: Mitigating"_s);
        QVERIFY(stage.child(u"header.sample"_s)->isVisible());
        QVERIFY(!stage.child(u"header.declare"_s)->isVisible());
        stage.become([](ConsoleState& state) { state.sample = false; });
        QVERIFY(!stage.child(u"header.sample"_s)->isVisible());
    }

    void fiveAnswersStandInTheStrip()
    {
        Stage stage;
        QCOMPARE(stage.words(u"strip.harm"_s), u"≈ 5 wrong answers / min was 54"_s);
        QCOMPARE(stage.words(u"strip.contained"_s), u"03:12 90\u00A0% of questions go to people"_s);
        QCOMPARE(stage.words(u"strip.waiting"_s), u"1 to sign · 1 blocked · oldest 1 min 50 s"_s);
        QCOMPARE(stage.words(u"strip.update"_s), u"03:55 in 11 min · last 03:25"_s);
        QCOMPARE(stage.words(u"strip.escalation"_s), u"04:12 recovery not shown → ai-director"_s);
        for (const char* cell : {"harm", "contained", "waiting", "update", "escalation"})
            QVERIFY2(!stage.child<SpanLabel>(u"strip."_s + QLatin1StringView(cell))->isElided(), cell);
    }

    void waitingDependsOnWhoLooks()
    {
        const ConsoleState state = fixtureState();
        QCOMPARE(waitingFor(state, u"commander-1"_s).toSign, 1);
        QCOMPARE(waitingFor(state, u"legal-1"_s).toSign, 0);
        QCOMPARE(waitingFor(state, u"legal-1"_s).others, 1);
        QCOMPARE(waitingFor(state, u"legal-1"_s).blocked, 1);
        QCOMPARE(waitingFor(state, u"nobody"_s).toSign, 0);
    }

    void unknownHarmIsNotZero()
    {
        Stage stage;
        stage.become([](ConsoleState& state) {
            auto live = std::make_shared<LiveFigures>(*state.live);
            live->harmPerMinute = -1;
            state.live = live;
        });
        QVERIFY(stage.words(u"strip.harm"_s).startsWith(u"not known yet"_s));
        stage.becomeCase([](Case& c) { c.incident.contained = 0; });
        QVERIFY(stage.words(u"strip.contained"_s).startsWith(u"not yet"_s));
    }

    void nothingIsGreenWithoutProofAndAge()
    {
        ConsoleState state = fixtureState();
        auto live = std::make_shared<LiveFigures>(*state.live);
        live->infrastructureSeen = 0;
        state.live = live;
        QVERIFY(plainText(infrastructureWords(state, 1).words).contains(u"not heard yet"_s));
        live = std::make_shared<LiveFigures>(*live);
        live->infrastructureSeen = state.now - 21 * kSecond;
        state.live = live;
        QVERIFY(plainText(infrastructureWords(state, 1).words).contains(u"STALE"_s));
        QVERIFY(!plainText(infrastructureWords(state, 50).words).contains(u"STALE"_s)); // 21 s at 50x are 0.4 s of ours
        auto drift = std::make_shared<DriftSnapshot>(*state.drift);
        drift->drifting = 0;
        drift->waiting = drift->watched;
        state.drift = drift;
        QVERIFY(behaviourWords(state, 1).iconRole != Role::Ok);
    }

    void stepperTellsWhatWasSkipped()
    {
        Incident incident = fixtureCase().incident;
        incident.contained = 0;
        auto steps = stepperSteps(incident);
        QCOMPARE(steps[2].word, u"Contained"_s);
        QCOMPARE(steps[2].state, StepperStep::State::Skipped);
        QCOMPARE(steps[3].state, StepperStep::State::Now);
        incident.status = IncidentStatus::Remediating;
        steps = stepperSteps(incident);
        QCOMPARE(steps[5].word, u"Remediating"_s);
        QCOMPARE(steps[5].state, StepperStep::State::Now);
        incident.status = IncidentStatus::FalseAlarm;
        QCOMPARE(stepperSteps(incident).size(), size_t(1));
    }

    void reportIsFiledByKeysAlone()
    {
        Stage stage;
        stage.timelinePane->view()->setFocus();
        stage.key(Qt::Key_N, Qt::ControlModifier);
        auto* text = stage.child<QPlainTextEdit>(u"report.text"_s);
        QVERIFY(text->isVisible());
        QVERIFY(text->hasFocus());
        QTest::keyClicks(text, u"a partner saw a stranger's number"_s);
        QTest::keyClick(text, Qt::Key_Tab);
        QVERIFY(stage.child<QLineEdit>(u"report.happened"_s)->hasFocus());
        QTest::keyClicks(stage.child<QLineEdit>(u"report.happened"_s), u"03:01"_s);
        QTest::keyClick(stage.child<QLineEdit>(u"report.happened"_s), Qt::Key_Return, Qt::ControlModifier);
        QTRY_VERIFY(!stage.child(u"report"_s)->isVisible());
        const auto calls = stage.desk.calls();
        QCOMPARE(calls.size(), size_t(1));
        QCOMPARE(calls[0].text, u"a partner saw a stranger's number"_s);
        QCOMPARE(calls[0].happened, at(3, 1));
        QCOMPARE(calls[0].extra, u"customer"_s);
        QVERIFY(stage.timelinePane->view()->hasFocus()); // back to where one was
        QVERIFY(stage.words(u"status.words"_s).contains(u"4813"_s));
    }

    void refusedReportKeepsItsText()
    {
        Stage stage;
        stage.desk.refuseWith(u"The disk is full. Nothing was recorded. Free some space and file it again."_s);
        stage.key(Qt::Key_N, Qt::ControlModifier);
        auto* text = stage.child<QPlainTextEdit>(u"report.text"_s);
        QTest::mouseClick(stage.child<QPushButton>(u"report.file"_s), Qt::LeftButton);
        QVERIFY(stage.words(u"report.error"_s).contains(u"no text"_s));
        QTest::keyClicks(text, u"seen twice"_s);
        QTest::keyClicks(stage.child<QLineEdit>(u"report.happened"_s), u"yesterday"_s);
        QTest::mouseClick(stage.child<QPushButton>(u"report.file"_s), Qt::LeftButton);
        QVERIFY(stage.words(u"report.error"_s).contains(u"yesterday"_s));
        QCOMPARE(stage.desk.calls().size(), size_t(0));
        stage.child<QLineEdit>(u"report.happened"_s)->clear();
        QTest::mouseClick(stage.child<QPushButton>(u"report.file"_s), Qt::LeftButton);
        QTRY_VERIFY(stage.words(u"report.error"_s).contains(u"disk is full"_s));
        QVERIFY(stage.child(u"report"_s)->isVisible());
        QCOMPARE(text->toPlainText(), u"seen twice"_s);
        QTest::keyClick(text, Qt::Key_Escape);
        QVERIFY(!stage.child(u"report"_s)->isVisible());
        stage.key(Qt::Key_N, Qt::ControlModifier);
        QCOMPARE(text->toPlainText(), u"seen twice"_s); // closed by Esc, not thrown away
    }

    void paletteFindsAndRuns()
    {
        Stage stage;
        stage.key(Qt::Key_K, Qt::ControlModifier);
        auto* search = stage.child<QLineEdit>(u"palette.search"_s);
        auto* list = stage.child<QListWidget>(u"palette.list"_s);
        QVERIFY(search->hasFocus());
        const int all = list->count();
        QTest::keyClicks(search, u"times utc"_s);
        QCOMPARE(list->count(), 1);
        QVERIFY(all > 10);
        QTest::keyClick(search, Qt::Key_Return);
        QVERIFY(!stage.child(u"palette"_s)->isVisible());
        QCOMPARE(stage.context.zone, Zone::Local);
        QVERIFY(stage.words(u"header.now"_s).contains(zoneText(kFixtureNow, Zone::Local)));
        stage.key(Qt::Key_K, Qt::ControlModifier);
        QTest::keyClick(search, Qt::Key_Down);
        QCOMPARE(list->currentRow(), 1);
        QTest::keyClicks(search, u"no such words"_s);
        QCOMPARE(list->count(), 0);
        QTest::keyClick(search, Qt::Key_Escape);
        QVERIFY(!stage.child(u"palette"_s)->isVisible());
    }

    void paletteOffersOnlyWhatMayFollow()
    {
        Stage stage;
        const auto titles = [&stage] {
            stage.key(Qt::Key_K, Qt::ControlModifier);
            QStringList result;
            auto* list = stage.child<QListWidget>(u"palette.list"_s);
            for (int i = 0; i < list->count(); ++i)
                result << list->item(i)->text();
            QTest::keyClick(stage.child<QLineEdit>(u"palette.search"_s), Qt::Key_Escape);
            return result;
        };
        QVERIFY(titles().contains(u"Mark the incident verifying…"_s));
        QVERIFY(!titles().contains(u"Mark the incident reopened…"_s));
        stage.key(Qt::Key_K, Qt::ControlModifier);
        auto* search = stage.child<QLineEdit>(u"palette.search"_s);
        QTest::keyClicks(search, u"mark verifying"_s);
        QTest::keyClick(search, Qt::Key_Return);
        auto* line = stage.child<QLineEdit>(u"line.text"_s);
        QVERIFY(line->hasFocus());
        QTest::keyClick(line, Qt::Key_Return); // no reason, no change
        QVERIFY(line->isVisible());
        QTest::keyClicks(line, u"gate passed"_s);
        QTest::keyClick(line, Qt::Key_Return);
        QTRY_COMPARE(stage.desk.calls().size(), size_t(1));
        QCOMPARE(stage.desk.calls()[0].what, u"status"_s);
        QCOMPARE(stage.desk.calls()[0].text, u"gate passed"_s);
    }

    void keysAndWall()
    {
        Stage stage;
        QSignalSpy wall(stage.window.get(), &MainWindow::wallRequested);
        stage.key(Qt::Key_F1);
        QVERIFY(stage.child(u"keys"_s)->isVisible());
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
        QVERIFY(!stage.child(u"keys"_s)->isVisible());
        stage.key(Qt::Key_F11);
        QCOMPARE(wall.size(), 1);
        stage.key(Qt::Key_3, Qt::ControlModifier);
        QVERIFY(stage.decisions->hasFocus());
        stage.key(Qt::Key_1, Qt::ControlModifier);
        QVERIFY(stage.timelinePane->view()->hasFocus());
    }

    void identityIsSwitchedOnlyWhereThePolicyAllows()
    {
        Stage stage;
        QSignalSpy changed(stage.window.get(), &MainWindow::personChanged);
        QTest::mouseClick(stage.child(u"header.person"_s), Qt::LeftButton);
        auto* owner = stage.child<QPushButton>(u"person.ai-owner-1"_s);
        QVERIFY(owner && owner->isEnabled());
        QVERIFY(owner->text().contains(u"demo"_s));
        QTest::mouseClick(owner, Qt::LeftButton);
        QCOMPARE(stage.context.person, u"ai-owner-1"_s);
        QCOMPARE(changed.size(), 1);
        QVERIFY(stage.child(u"header.person"_s)->accessibleName().contains(u"ai-owner-1"_s));
        QVERIFY(stage.words(u"strip.waiting"_s).startsWith(u"nothing to sign"_s)); // a T2 plan waits for a commander
        stage.become([](ConsoleState& state) {
            auto policy = std::make_shared<Policy>(*state.policy);
            policy->identitySwitching = false;
            state.policy = policy;
        });
        stage.key(Qt::Key_I, Qt::ControlModifier);
        QVERIFY(!stage.child<QPushButton>(u"person.commander-1"_s)->isEnabled());
        QVERIFY(stage.child<QPushButton>(u"person.ai-owner-1"_s)->isEnabled());
    }

    void firstStartOffersTheSample()
    {
        Stage stage(emptyState());
        QSignalSpy play(stage.window.get(), &MainWindow::playSample);
        auto* button = stage.child<QPushButton>(u"start.play"_s);
        QVERIFY(button->isVisible());
        QVERIFY(!stage.timelinePane->isVisible());
        QTest::mouseClick(button, Qt::LeftButton);
        QCOMPARE(play.size(), 1);
        QCOMPARE(stage.child<Badge>(u"header.severity"_s)->text(), u"CALM"_s);
        stage.picture(u"shell-empty"_s);
        stage.feed.set(fixtureState());
        stage.window->tick();
        QVERIFY(stage.timelinePane->isVisible());
    }

    void silentEngineMakesEveryFigureStale()
    {
        Stage stage;
        const auto veils = stage.window->findChildren<StaleVeil*>();
        QCOMPARE(veils.size(), 4);
        for (StaleVeil* veil : veils)
            QVERIFY(!veil->isVisible());
        stage.become([](ConsoleState& state) { state.engineBeat = state.now - 12 * kSecond; });
        for (StaleVeil* veil : veils) {
            QVERIFY(veil->isVisible());
            QVERIFY2(veil->sentence().startsWith(u"STALE 12 s"_s), qPrintable(veil->sentence()));
        }
        QVERIFY(stage.child(u"header.behaviour"_s)->accessibleName().contains(u"STALE"_s));
        QVERIFY(stage.words(u"status.words"_s).startsWith(u"▲ engine silent 12 s"_s));
        QVERIFY(stage.words(u"status.words"_s).contains(u"timers are not guarded"_s));
        stage.picture(u"shell-stale"_s);
        stage.become([](ConsoleState& state) { state.engineBeat = state.now; });
        for (StaleVeil* veil : veils)
            QVERIFY(!veil->isVisible());
    }

    void problemAndViewerAreSaid()
    {
        Stage stage;
        QVERIFY(!stage.child(u"problem"_s)->isVisible());
        stage.become([](ConsoleState& state) {
            state.problem
                = u"Port 4318 is taken by another program. What was received is kept. Stop that program or set another port."_s;
            state.engineHere = false;
        });
        QVERIFY(stage.child(u"problem"_s)->isVisible());
        QVERIFY(stage.words(u"problem.words"_s).contains(u"4318"_s));
        QVERIFY(stage.words(u"status.words"_s).startsWith(u"● viewer"_s));
        stage.picture(u"shell-problem"_s);
    }

    void aPlaceNamedByOnePaneIsToldToTheOthers()
    {
        Stage stage;
        QTest::mouseClick(stage.timelinePane->view()->viewport(), Qt::LeftButton, {},
            stage.timelinePane->view()->evidenceRect(stage.timelinePane->model()->index(0), 31).center());
        QCOMPARE(stage.decisions->places, QStringList{u"evidence 31"_s});
        Q_EMIT stage.decisions->goTo(u"entry 4480"_s);
        QCOMPARE(stage.decisions->places.size(), 1); // not back to the one who said it
        QCOMPARE(stage.assistant->places.last(), u"entry 4480"_s);
        QCOMPARE(stage.timelinePane->view()->currentIndex().data(TimelineModel::IdRole).toLongLong(), -4480);
    }

    void detectedIncidentIsDeclared()
    {
        Stage stage;
        stage.becomeCase([](Case& c) {
            c.incident.status = IncidentStatus::Detected;
            c.incident.severity = 0;
            c.incident.declared = c.incident.contained = 0;
            c.incident.commander.clear();
        });
        QCOMPARE(stage.child<Badge>(u"header.severity"_s)->text(), u"SEV 1?"_s);
        QVERIFY(stage.words(u"header.detail"_s).contains(u"no commander yet"_s));
        QTest::mouseClick(stage.child<QPushButton>(u"header.declare"_s), Qt::LeftButton);
        auto* first = stage.child<QPushButton>(u"declare.sev1"_s);
        QVERIFY(first->hasFocus()); // the suggested one
        QVERIFY(first->text().contains(u"suggested"_s));
        QTest::mouseClick(stage.child<QPushButton>(u"declare.sev2"_s), Qt::LeftButton);
        QTRY_VERIFY(!stage.child(u"declare"_s)->isVisible());
        QCOMPARE(stage.desk.calls().size(), size_t(1));
        QCOMPARE(stage.desk.calls()[0].what, u"declare"_s);
        QCOMPARE(stage.desk.calls()[0].text, u"2"_s);
    }

    void paneFloatsAndComesBack()
    {
        Stage stage;
        stage.key(Qt::Key_3, Qt::ControlModifier | Qt::ShiftModifier);
        QVERIFY(stage.decisions->window() != stage.window.get());
        QVERIFY(stage.decisions->isVisible());
        const int before = stage.decisions->refreshes;
        stage.window->tick();
        QVERIFY(stage.decisions->refreshes > before);
        stage.decisions->window()->close();
        QCOMPARE(stage.decisions->window(), stage.window.get());
        QVERIFY(stage.decisions->isVisible());
        QVERIFY(stage.window->restoreLayout(stage.window->layoutState()));
        QVERIFY(!stage.window->restoreLayout("nonsense"));
    }

    void everyActorHasANameForTestsAndReaders()
    {
        Stage stage;
        stage.key(Qt::Key_I, Qt::ControlModifier);
        QStringList nameless;
        for (QWidget* widget : stage.window->findChildren<QWidget*>()) {
            const auto* button = qobject_cast<QAbstractButton*>(widget);
            const bool acts = button || qobject_cast<QLineEdit*>(widget) || qobject_cast<QPlainTextEdit*>(widget)
                || qobject_cast<QComboBox*>(widget) || qobject_cast<QListWidget*>(widget);
            if (!acts || widget->objectName().startsWith(u"qt_"_s) || widget->inherits("QTableCornerButton")) continue;
            const bool inner = qobject_cast<QComboBox*>(widget->parentWidget())
                || qobject_cast<QLineEdit*>(widget->parentWidget()) || widget->inherits("QComboBoxListView");
            if (inner) continue; // parts of a field carry the field's name
            const bool named = !widget->accessibleName().isEmpty() || (button && !button->text().isEmpty());
            if (widget->objectName().isEmpty() || !named)
                nameless << QString::fromLatin1(widget->metaObject()->className()) + u' ' + widget->objectName();
        }
        QVERIFY2(nameless.isEmpty(), qPrintable(nameless.join(u", "_s)));
    }

    void meterHalvesOnLoadAndRecovers()
    {
        TickMeter meter;
        int changes = 0;
        for (int i = 0; i < 60; ++i)
            changes += meter.add(9);
        QCOMPARE(changes, 1);
        QVERIFY(meter.halved());
        for (int i = 0; i < 60; ++i)
            changes += meter.add(6); // within the budget, yet not calm: no flutter
        QVERIFY(meter.halved());
        for (int i = 0; i < 60; ++i)
            changes += meter.add(2);
        QVERIFY(!meter.halved());
        QCOMPARE(changes, 2);
        TickMeter ring;
        for (int i = 1; i <= 100; ++i)
            ring.add(i == 7 ? 100 : 1);
        QCOMPARE(ring.statistics().p99Ms, 1.0);
        ring.add(100);
        ring.add(100);
        QCOMPARE(ring.statistics().p99Ms, 100.0);
        QCOMPARE(ring.statistics().ticks, 102);
        for (int i = 0; i < 1'000; ++i)
            ring.add(3);
        QCOMPARE(ring.statistics().ticks, 600);
        QCOMPARE(ring.statistics().p99Ms, 3.0);
    }

    void tickIsMeasured()
    {
        Stage stage;
        const TickStatistics before = stage.window->tickStatistics();
        stage.window->tick();
        QCOMPARE(stage.window->tickStatistics().ticks, before.ticks + 1);
        QVERIFY(stage.window->tickStatistics().p99Ms > 0);
    }

    void pictures_data()
    {
        QTest::addColumn<QString>("theme");
        QTest::addColumn<QSize>("size");
        QTest::newRow("dark-1920") << u"dark"_s << QSize(1920, 1080);
        QTest::newRow("light-1920") << u"light"_s << QSize(1920, 1080);
        QTest::newRow("dark-1280") << u"dark"_s << QSize(1280, 800);
        QTest::newRow("dark-2560") << u"dark"_s << QSize(2560, 1440);
    }

    void pictures()
    {
        QFETCH(QString, theme);
        QFETCH(QSize, size);
        QVERIFY(Theme::instance().load(theme));
        Stage stage(fixtureState(), size, true);
        QCOMPARE(stage.window->size(), size); // nothing inside forces it wider
        stage.timelinePane->moveTo(u"entry 4810"_s);
        stage.picture(u"shell-"_s + QString::fromLatin1(QTest::currentDataTag()));
        if (QString::fromLatin1(QTest::currentDataTag()) != u"dark-1920"_s) return;
        stage.key(Qt::Key_N, Qt::ControlModifier);
        stage.picture(u"shell-report"_s);
        stage.key(Qt::Key_Escape);
        stage.child<Overlay>(u"report"_s)->close();
        stage.key(Qt::Key_K, Qt::ControlModifier);
        stage.picture(u"shell-palette"_s);
        stage.child<Overlay>(u"palette"_s)->close();
        stage.key(Qt::Key_F1);
        stage.picture(u"shell-keys"_s);
        stage.child<Overlay>(u"keys"_s)->close();
        stage.key(Qt::Key_I, Qt::ControlModifier);
        stage.picture(u"shell-person"_s);
    }
};

QTEST_MAIN(ShellTest)
#include "tst_shell.moc"
