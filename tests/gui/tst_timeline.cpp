// SPDX-License-Identifier: GPL-3.0-or-later
// The timeline pane as a person uses it: filter, keys, brush, notes, evidence, following.
#include "tests/support/fixture_state.h"
#include "ui/common/format.h"
#include "ui/timeline/density_strip.h"
#include "ui/timeline/timeline_pane.h"
#include "ui/timeline/timeline_view.h"
#include <QApplication>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>

using namespace wf;
using namespace wf::test;

class TimelineTest : public QObject {
    Q_OBJECT

    struct Stage {
        explicit Stage(int rows = 400)
            : timeline(fixtureEvents(rows))
        {
            context.feed = &feed;
            context.timeline = &timeline;
            context.desk = &desk;
            context.clock = &clock;
            context.person = u"commander-1"_s;
            pane = std::make_unique<TimelinePane>(context);
            pane->resize(400, 800);
            pane->show();
            pane->activateWindow();
            settle();
        }
        void tick() { pane->refresh(*feed.latest()); }
        void settle()
        {
            int calm = 0;
            for (int i = 0; i < 2000 && calm < 5; ++i) {
                tick();
                QTest::qWait(1);
                calm = pane->model()->busy() ? 0 : calm + 1;
            }
        }
        template <class W> W* child(const QString& name) { return pane->findChild<W*>(name); }
        void type(const QString& text)
        {
            QTest::keyClick(pane.get(), Qt::Key_Slash);
            auto* filter = child<QLineEdit>(u"timeline.filter"_s);
            QTest::keyClicks(filter, text);
            QTest::keyClick(filter, Qt::Key_Return);
            settle();
        }
        FakeTimeline timeline;
        FakeFeed feed;
        FakeDesk desk;
        FixedClock clock;
        UiContext context;
        std::unique_ptr<TimelinePane> pane;
    };

private Q_SLOTS:
    void initTestCase() { Theme::instance().applyTo(*qApp); }

    void keysWalkTheListAndEnterOpens()
    {
        Stage stage;
        QSignalSpy places(stage.pane.get(), &Pane::goTo);
        TimelineView* view = stage.pane->view();
        view->setFocus();
        QTest::keyClick(view, Qt::Key_Home);
        QCOMPARE(view->currentIndex().row(), 0);
        QTest::keyClick(view, Qt::Key_Return);
        QCOMPARE(places.size(), 2);
        QCOMPARE(places[0][0].toString(), u"time %1"_s.arg(at(3, 41, 30)));
        QCOMPARE(places[1][0].toString(), u"evidence 31"_s);
        QTest::keyClick(view, Qt::Key_Down);
        QCOMPARE(view->currentIndex().row(), 1);
        QTest::keyClick(view, Qt::Key_Return);
        QCOMPARE(places.last()[0].toString(), u"entry 4790"_s);
        QTest::keyClick(view, Qt::Key_End);
        stage.settle();
        QCOMPARE(view->currentIndex().row(), stage.pane->model()->rowCount() - 1);
        QVERIFY(view->viewport()->rect().contains(view->visualRect(view->currentIndex())));
    }

    void filterNarrowsAndEscapeShowsAll()
    {
        Stage stage;
        const int all = stage.pane->model()->rowCount();
        stage.type(u"kind:change"_s);
        QCOMPARE(stage.pane->model()->rowCount(), 2);
        QVERIFY(stage.pane->view()->hasFocus()); // Enter hands the keys back to the list
        QTest::keyClick(stage.pane.get(), Qt::Key_Slash);
        QTest::keyClick(stage.child<QLineEdit>(u"timeline.filter"_s), Qt::Key_Escape);
        QTest::qWait(200);
        stage.settle();
        QCOMPARE(stage.pane->model()->rowCount(), all);
    }

    void refusedFilterSaysWhyUnderTheBar()
    {
        Stage stage;
        const int all = stage.pane->model()->rowCount();
        auto* error = stage.child<SpanLabel>(u"timeline.error"_s);
        QVERIFY(!error->isVisible());
        stage.type(u"nonsense:1"_s);
        QVERIFY(error->isVisible());
        QVERIFY2(error->text().contains(u"Use kind, actor"_s), qPrintable(error->text()));
        QCOMPARE(stage.pane->model()->rowCount(), all);
        auto* filter = stage.child<QLineEdit>(u"timeline.filter"_s);
        filter->clear();
        QTest::keyClicks(filter, u"kind:alarm"_s);
        QTest::keyClick(filter, Qt::Key_Return);
        stage.settle();
        QVERIFY(!error->isVisible());
        QCOMPARE(stage.pane->model()->rowCount(), 1);
    }

    void brushShowsOneSpan()
    {
        Stage stage;
        auto* strip = stage.child<DensityStrip>(u"timeline.density"_s);
        const int all = stage.pane->model()->rowCount();
        const int from = strip->xAt(at(3, 0)), to = strip->xAt(at(3, 15));
        QVERIFY(to - from > 10);
        QTest::mousePress(strip, Qt::LeftButton, {}, QPoint(from, 10));
        QTest::mouseMove(strip, QPoint(to, 10));
        QTest::mouseRelease(strip, Qt::LeftButton, {}, QPoint(to, 10));
        stage.settle();
        QCOMPARE(stage.pane->model()->rowCount(), 4); // report, alarm, declared, contained
        auto* range = stage.child<QPushButton>(u"timeline.range"_s);
        QVERIFY(range->isVisible());
        QTest::mouseClick(range, Qt::LeftButton);
        stage.settle();
        QVERIFY(!range->isVisible());
        QCOMPARE(stage.pane->model()->rowCount(), all);
    }

    void evidenceChipsAreClickable()
    {
        Stage stage;
        QSignalSpy places(stage.pane.get(), &Pane::goTo);
        TimelineView* view = stage.pane->view();
        const QRect chip = view->evidenceRect(stage.pane->model()->index(3), 20);
        QVERIFY(!chip.isEmpty());
        QTest::mouseClick(view->viewport(), Qt::LeftButton, {}, chip.center());
        QCOMPARE(places.size(), 1);
        QCOMPARE(places[0][0].toString(), u"evidence 20"_s);
    }

    void notesAreFiledBackDatedAndKeptWhenRefused()
    {
        Stage stage;
        stage.pane->view()->setFocus();
        QTest::keyClick(stage.pane->view(), Qt::Key_N);
        auto* note = stage.child<QLineEdit>(u"timeline.note"_s);
        QVERIFY(note->isVisible());
        QTest::keyClicks(note, u"@03:10 partner called again"_s);
        stage.desk.refuseWith(u"The disk is full."_s);
        QTest::keyClick(note, Qt::Key_Return);
        auto* error = stage.child<SpanLabel>(u"timeline.error"_s);
        QTRY_VERIFY(error->text().contains(u"disk is full"_s));
        QCOMPARE(note->text(), u"@03:10 partner called again"_s);
        stage.desk.refuseWith({});
        QTest::keyClick(note, Qt::Key_Return);
        QTRY_VERIFY(!note->isVisible());
        const auto calls = stage.desk.calls();
        QCOMPARE(calls.size(), size_t(2));
        QCOMPARE(calls[1].text, u"partner called again"_s);
        QCOMPARE(calls[1].happened, at(3, 10));
        QCOMPARE(calls[1].person, u"commander-1"_s);
        QVERIFY(!calls[1].extra.isEmpty()); // the incident it belongs to
    }

    void datedText()
    {
        QCOMPARE(parseDated(u"seen"_s, kFixtureNow, Zone::Utc)->happened, kFixtureNow);
        QCOMPARE(parseDated(u"@03:10:05 seen"_s, kFixtureNow, Zone::Utc)->happened, at(3, 10, 5));
        QCOMPARE(parseDated(u"@23:50 before midnight"_s, kFixtureNow, Zone::Utc)->happened, at(23, 50) - kDay);
        QCOMPARE(*parseMoment(u"5 min ago"_s, kFixtureNow, Zone::Utc), kFixtureNow - 5 * kMinute);
        QCOMPARE(*parseMoment({}, kFixtureNow, Zone::Utc), kFixtureNow);
        QVERIFY(!parseDated(u"@25:10 seen"_s, kFixtureNow, Zone::Utc));
        QVERIFY(!parseDated(u"@03:10"_s, kFixtureNow, Zone::Utc));
        QVERIFY(!parseDated(u"  "_s, kFixtureNow, Zone::Utc));
    }

    void followsAtTheTopAndHoldsStillBelow()
    {
        Stage stage;
        TimelineView* view = stage.pane->view();
        QVERIFY(view->following());
        auto addRows = [&stage](int first) {
            for (int i = 0; i < 3; ++i)
                stage.timeline.add(timelineEvent(
                    first + i, kFixtureNow + (first + i) * kMilli, EventKind::Alert, u"fresh %1"_s.arg(first + i), {}));
            ConsoleState state = *stage.feed.latest();
            state.eventsTip += 3;
            stage.feed.set(state);
            stage.settle();
        };
        addRows(900'000);
        QVERIFY(view->following());
        QCOMPARE(view->indexAt(QPoint(50, 5)).data().toString(), u"fresh 900002"_s);
        view->verticalScrollBar()->setValue(20);
        const QString top = view->indexAt(QPoint(50, 5)).data().toString();
        addRows(900'100);
        QCOMPARE(view->indexAt(QPoint(50, 5)).data().toString(), top);
        auto* latest = stage.child<QPushButton>(u"timeline.new"_s);
        QVERIFY(latest->isVisible());
        QCOMPARE(latest->text(), u"↑ 3 new"_s);
        QTest::mouseClick(latest, Qt::LeftButton);
        QVERIFY(view->following());
        QVERIFY(!latest->isVisible());
    }

    void goesToATimeAnotherPaneNames()
    {
        Stage stage(20'000);
        const auto rows = stage.timeline.rows();
        stage.pane->moveTo(u"time %1"_s.arg(rows[12'000].t));
        stage.settle();
        QCOMPARE(stage.pane->view()->currentIndex().data(TimelineModel::TimeRole).toLongLong(), rows[12'000].t);
        stage.pane->moveTo(u"entry 4600"_s);
        QCOMPARE(stage.pane->view()->currentIndex().data(TimelineModel::IdRole).toLongLong(), -4600);
    }

    void selectionSurvivesAFilter()
    {
        Stage stage;
        stage.pane->moveTo(u"entry 4480"_s);
        stage.type(u"kind:alarm"_s);
        QCOMPARE(stage.pane->view()->currentIndex().data(TimelineModel::IdRole).toLongLong(), -4480);
    }

    void wordsOfFigures()
    {
        QCOMPARE(grouped(1'204'188), u"1\u00A0204\u00A0188"_s);
        QCOMPARE(grouped(999), u"999"_s);
        QCOMPARE(spanText(43 * kMinute + 12 * kSecond, 47 * kMinute + 12 * kSecond), u"43–47 min"_s);
        QCOMPARE(spanText(20 * kSecond, 80 * kSecond), u"20–80 s"_s);
        QCOMPARE(spanText(-kSecond, 0), u"0 s"_s);
        QCOMPARE(percentText(.957), u"95.7\u00A0%"_s);
    }

    void picture()
    {
        Stage stage;
        QTest::keyClick(stage.pane->view(), Qt::Key_Home);
        const QString folder = qEnvironmentVariable("WF_SHOTS");
        const QImage image = stage.pane->grab().toImage();
        QVERIFY(image.width() >= 400);
        if (!folder.isEmpty()) QVERIFY(image.save(folder + u"/timeline.png"_s));
    }
};

QTEST_MAIN(TimelineTest)
#include "tst_timeline.moc"
