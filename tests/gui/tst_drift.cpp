// SPDX-License-Identifier: GPL-3.0-or-later
// The drift pane over fakes that answer late and out of order: what a person sees, clicks and types, and what must not
// be recomputed.
#include "tests/support/fixture_state.h"
#include "ui/common/widgets.h"
#include "ui/drift/drift_chart.h"
#include "ui/drift/drift_pane.h"
#include "ui/drift/signal_table.h"
#include "ui/drift/stack_table.h"
#include <QAbstractScrollArea>
#include <QApplication>
#include <QSignalSpy>
#include <QtTest>

using namespace wf;
using namespace wf::test;
using namespace Qt::StringLiterals;

namespace {

/// Pictures for people, when WF_SHOTS names a folder.
void shot(QWidget& widget, const QString& name)
{
    const QString folder = qEnvironmentVariable("WF_SHOTS");
    if (!folder.isEmpty()) widget.grab().save(folder + u'/' + name + u".png"_s);
}

/// Counts what is asked for, and fails when told to.
class WatchedChart final : public ChartSource {
public:
    FakeChart behind;
    std::atomic<int> asked = 0;
    QString failure;
    void chart(const QString& feature, const QString& signal, Window window, Nanos bucket, std::stop_token stop,
        Reply<ChartData> reply) override
    {
        ++asked;
        if (!failure.isEmpty()) return reply(fail(Fault::Io, failure, u"The record is untouched."_s));
        behind.chart(feature, signal, window, bucket, stop, std::move(reply));
    }
};

struct Room {
    FixedClock clock;
    WatchedChart source;
    UiContext context;
    std::unique_ptr<DriftPane> pane;
    explicit Room(QSize size = {980, 900})
    {
        context.chart = &source;
        context.clock = &clock;
        pane = std::make_unique<DriftPane>(context);
        pane->resize(size);
        pane->show();
    }
    DriftChart* chart() const { return pane->chart(); }
    SignalTable* table() const { return pane->findChild<SignalTable*>(u"drift.signals"_s); }
    StackTable* stack() const { return pane->findChild<StackTable*>(u"drift.stack"_s); }
    Lanes* lanes() const { return pane->findChild<Lanes*>(u"drift.lanes"_s); }
    void settle(const ConsoleState& state = fixtureState())
    {
        pane->refresh(state);
        QTRY_VERIFY(!chart()->shape().points.empty());
        QTRY_VERIFY(!chart()->events().empty());
        QTRY_VERIFY(source.behind.idle());
    }
    void wheel(double x, int steps)
    {
        auto* view = chart()->findChild<QAbstractScrollArea*>()->viewport();
        const QPointF at(x, chart()->height() / 2.0);
        QWheelEvent event(
            at, view->mapToGlobal(at), {}, {0, 120 * steps}, Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase, false);
        QApplication::sendEvent(view, &event);
    }
    Nanos timeAt(double x) const
    {
        const QRectF plot = chart()->plotRect();
        const Window w = chart()->window();
        return w.from + Nanos((x - plot.left()) / plot.width() * double(w.to - w.from));
    }
};

std::vector<TelemetryQueries::Bucket> buckets(Nanos from, Nanos bucket, const std::vector<qint64>& counts)
{
    std::vector<TelemetryQueries::Bucket> out;
    for (size_t i = 0; i < counts.size(); ++i)
        if (counts[i] > 0) out.push_back({from + Nanos(i) * bucket, counts[i], double(counts[i]) * .5});
    return out;
}

} // namespace

class TestDrift : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { Theme::instance().applyTo(*qApp); }

    // ---- geometry
    // -----------------------------------------------------------------------------------------------------

    void aBucketIsTwoToFourPixels()
    {
        for (const Nanos span : {30 * kMinute, kHour, 2 * kHour, 5 * kHour, 11 * kHour, kDay, 3 * kDay, 14 * kDay}) {
            for (const int pixels : {240, 640, 905, 1400, 3000}) {
                const double wide = double(bucketFor(span, pixels)) / double(span) * pixels;
                QVERIFY2(bucketFor(span, pixels) == kSecond || (wide >= 2.49 && wide <= 5.01),
                    qPrintable(QString::number(wide)));
            }
        }
        QCOMPARE(bucketFor(kSecond, 4000), kSecond); // roll-ups are never finer
    }

    void aPointRestsOnEnoughAnswers()
    {
        std::vector<qint64> counts(400);
        qint64 total = 0;
        for (size_t i = 0; i < counts.size(); ++i)
            total += counts[i] = i < 300 ? 7 : 90; // thin history, then live traffic
        const Shape shape = shapeOf(buckets(kMidnight, 5 * kSecond, counts), 5 * kSecond);
        qint64 drawn = 0;
        for (const ChartPoint& p : shape.points) {
            QVERIFY(p.n >= kPointMinimum / 2);
            QCOMPARE(p.value, .5);
            drawn += p.n;
        }
        QVERIFY(total - drawn < kPointMinimum); // only the last remnant may be missing
        QCOMPARE(shape.shortest, 10 * kSecond);
        QCOMPARE(shape.longest, 90 * kSecond);
        QVERIFY(shape.gaps.empty());
    }

    void aHoleInTheDataStaysAHole()
    {
        std::vector<qint64> counts(200, 40);
        std::fill(counts.begin() + 90, counts.begin() + 120, 0);
        const Shape shape = shapeOf(buckets(kMidnight, 5 * kSecond, counts), 5 * kSecond);
        QCOMPARE(shape.gaps.size(), size_t(1));
        QCOMPARE(shape.gaps[0].from, kMidnight + 90 * 5 * kSecond);
        QCOMPARE(shape.gaps[0].to, kMidnight + 120 * 5 * kSecond);
        for (const ChartPoint& p : shape.points)
            QVERIFY(p.to <= shape.gaps[0].from || p.from >= shape.gaps[0].to);
    }

    void aSparseSignalIsDrawnWithWhatThereIs()
    {
        std::vector<qint64> counts(720, 0);
        for (size_t i = 0; i < counts.size(); i += 25)
            counts[i] = 5;
        const Shape shape = shapeOf(buckets(kMidnight, 10 * kSecond, counts), 10 * kSecond);
        QVERIFY(shape.minimumN < kPointMinimum);
        QVERIFY(shape.points.size() >= 10);
        QVERIFY(shapeOf({}, kSecond).points.empty());
    }

    void noSpikeIsLost()
    {
        std::mt19937 random(11);
        std::normal_distribution<double> noise(.95, .01);
        std::vector<ChartPoint> points;
        for (int i = 0; i < 50'000; ++i)
            points.push_back({kMidnight + i * kSecond, kMidnight + (i + 1) * kSecond, noise(random), 100});
        points[31'337].value = .2;
        points[40'000].value = 1.0;
        const Window window{kMidnight, kMidnight + 50'000 * kSecond};
        constexpr int columns = 400;
        const auto drawn = columnExtremes(points, window, columns);
        QVERIFY(drawn.size() <= size_t(columns) * 4);
        QVERIFY(std::is_sorted(drawn.begin(), drawn.end(), [](auto& a, auto& b) { return a.from < b.from; }));
        std::map<int, std::pair<double, double>> all, kept;
        const auto note = [&](auto& map, const ChartPoint& p) {
            const auto [it, fresh] = map.try_emplace(
                int(double(p.at() - window.from) / double(window.to - window.from) * columns), p.value, p.value);
            it->second = {std::min(it->second.first, p.value), std::max(it->second.second, p.value)};
        };
        for (const auto& p : points)
            note(all, p);
        for (const auto& p : drawn)
            note(kept, p);
        QVERIFY(all == kept); // the exact lowest and highest of every column
        QCOMPARE(columnExtremes({points.begin(), points.begin() + 50}, window, columns).size(), size_t(50));
    }

    void axesHoldTheDataAndEndRound()
    {
        std::mt19937 random(3);
        std::uniform_real_distribution<double> uniform(0, 1);
        for (int i = 0; i < 2000; ++i) {
            const bool share = i % 2;
            const double scale = share ? 1 : std::pow(10.0, uniform(random) * 8 - 3);
            double low = uniform(random) * scale, high = uniform(random) * scale;
            if (low > high) std::swap(low, high);
            const ValueAxis axis = valueAxis(low, high, share, 2 + i % 5);
            QVERIFY2(axis.low <= low + 1e-9 * scale && axis.high >= high - 1e-9 * scale,
                qPrintable(u"%1..%2 in %3..%4"_s.arg(low).arg(high).arg(axis.low).arg(axis.high)));
            if (share) QVERIFY(axis.low >= 0 && axis.high <= 1 && axis.high - axis.low >= .15 - 1e-9);
            QVERIFY((axis.high - axis.low) / axis.step < 8.5);
        }
        const ValueAxis calm = valueAxis(.945, .965, true, 5);
        QVERIFY(calm.high - calm.low >= .15 - 1e-9); // noise in band must not look like a cliff
    }

    void labelsNeverOverlap()
    {
        std::mt19937 random(5);
        std::uniform_real_distribution<double> x(100, 900), wide(20, 160);
        for (int round = 0; round < 300; ++round) {
            std::vector<LabelWish> wishes(size_t(1 + round % 14));
            for (auto& w : wishes)
                w = {x(random), wide(random)};
            const auto seats = seatLabels(wishes, 100, 900, 4, 3);
            QCOMPARE(seats.size(), wishes.size());
            QCOMPARE(seats[0].row, 0); // the first wish has the best seat
            for (size_t i = 0; i < seats.size(); ++i) {
                if (seats[i].row < 0) continue;
                QVERIFY(seats[i].left >= 100 && seats[i].left + wishes[i].width <= 900);
                for (size_t k = 0; k < i; ++k)
                    if (seats[k].row == seats[i].row)
                        QVERIFY(seats[i].left >= seats[k].left + wishes[k].width
                            || seats[k].left >= seats[i].left + wishes[i].width);
            }
        }
    }

    void ticksStandOnRoundTimes()
    {
        const TimeTicks ticks = timeTicks({at(1, 43, 7), at(3, 43, 12)}, 8, Zone::Utc);
        QCOMPARE(ticks.step, 15 * kMinute);
        QCOMPARE(ticks.at.front(), at(1, 45));
        QCOMPARE(ticks.at.back(), at(3, 30));
        QVERIFY(timeTicks({at(3, 0), at(3, 0)}, 8, Zone::Utc).at.empty());
    }

    // ---- the pane
    // -----------------------------------------------------------------------------------------------------

    void pictures()
    {
        for (const QSize size : {QSize(980, 900), QSize(640, 640), QSize(1400, 1200)}) {
            Room room(size);
            ConsoleState state = fixtureState();
            for (Nanos t = at(2, 10); t < kFixtureNow - 8 * kSecond; t += 5 * kSecond) {
                if (t > at(2, 33) && t < at(2, 35)) continue;
                auto live = std::make_shared<LiveFigures>(*state.live);
                live->infrastructureSeen = t;
                state.live = live;
                room.pane->refresh(state);
            }
            room.settle();
            QTRY_VERIFY(room.chart()->shape().points.size() > 50);
            QCOMPARE(room.lanes()->infrastructureWord(), u"healthy 8 s"_s);
            shot(*room.pane, u"drift-%1x%2"_s.arg(size.width()).arg(size.height()));
        }
    }

    void theHeaderSaysWhatTheLineIs()
    {
        Room room;
        room.settle();
        QCOMPARE(room.chart()->sentence().first, QString());
        const QString read = room.chart()->readout();
        QVERIFY2(read.contains(u"%"_s) && read.contains(u"n 200"_s) && read.contains(u"UTC"_s), qPrintable(read));
        for (const char* name : {"drift.chart", "drift.signals", "drift.stack", "drift.lanes"}) {
            auto* widget = room.pane->findChild<QWidget*>(QString::fromLatin1(name));
            QVERIFY2(widget && widget->isVisible() && !widget->accessibleName().isEmpty(), name);
        }
    }

    void nothingIsRecomputedWhenNothingChanged()
    {
        Room room;
        const ConsoleState state = fixtureState();
        room.settle(state);
        const int redraws = room.chart()->redraws(), asked = room.source.asked;
        for (int i = 0; i < 20; ++i)
            room.pane->refresh(state);
        QTest::qWait(300);
        QCOMPARE(room.chart()->redraws(), redraws);
        QCOMPARE(int(room.source.asked), asked);
        // New figures, same line: it is asked for again, and left alone when it is the same.
        ConsoleState next = fixtureState();
        auto drift = std::make_shared<DriftSnapshot>(*next.drift);
        drift->seq += 20;
        next.drift = drift;
        room.pane->refresh(next);
        QTRY_VERIFY(room.source.asked > asked);
        QTRY_VERIFY(room.source.behind.idle());
        QTest::qWait(20);
        QCOMPARE(room.chart()->redraws(), redraws);
    }

    void askingIsHeldBack()
    {
        Room room;
        room.settle();
        QTest::qWait(300);
        const int before = room.source.asked;
        ConsoleState state = fixtureState();
        for (int i = 0; i < 50; ++i) {
            auto drift = std::make_shared<DriftSnapshot>(*state.drift);
            drift->seq += 1;
            state.drift = drift;
            room.pane->refresh(state);
        }
        QCOMPARE(int(room.source.asked), before + 1); // however often the tick comes
        QTRY_VERIFY(room.source.asked >= before + 2); // and the newest is not forgotten
    }

    void aLateReplyOfAnotherSignalIsDropped()
    {
        Room room;
        room.settle();
        room.source.behind.hold(true);
        const QModelIndex length = room.table()->model()->index(1, 0);
        QTest::mouseClick(room.table()->viewport(), Qt::LeftButton, {}, room.table()->visualRect(length).center());
        QVERIFY(room.chart()->shape().points.empty()); // never the old line under the new name
        QTest::qWait(300);
        QTest::mouseClick(room.table()->viewport(), Qt::LeftButton, {},
            room.table()->visualRect(room.table()->model()->index(0, 0)).center());
        QTest::qWait(300);
        QTest::mouseClick(room.table()->viewport(), Qt::LeftButton, {}, room.table()->visualRect(length).center());
        QTest::qWait(300);
        room.source.behind.hold(false);
        QTRY_VERIFY(!room.chart()->shape().points.empty());
        QTRY_VERIFY(room.source.behind.idle());
        QTest::qWait(50);
        for (const ChartPoint& p : room.chart()->shape().points)
            QVERIFY2(p.value > 100, "a share stands on the chart of a number of tokens");
    }

    void aReplyAfterTheEndHurtsNobody()
    {
        Room room;
        room.source.behind.hold(true);
        room.pane->refresh(fixtureState());
        QTRY_VERIFY(room.source.asked > 0);
        room.pane.reset();
        room.source.behind.hold(false);
        QTRY_VERIFY(room.source.behind.idle());
        QTest::qWait(20);
    }

    void aPersonsChoiceOfSignalStays()
    {
        Room room;
        room.settle();
        QSignalSpy chosen(room.table(), &SignalTable::chosen);
        QTest::mouseClick(room.table()->viewport(), Qt::LeftButton, {},
            room.table()->visualRect(room.table()->model()->index(2, 0)).center());
        QCOMPARE(chosen.count(), 1);
        auto* header = room.pane->findChild<SectionHeader*>(u"drift.header"_s);
        QTRY_VERIFY2(
            header->accessibleName().contains(u"REFUSAL"_s, Qt::CaseInsensitive), qPrintable(header->accessibleName()));
        room.pane->refresh(fixtureState(kFixtureNow + kSecond));
        QCOMPARE(room.table()->currentIndex().row(), 2);
        QVERIFY(header->accessibleName().contains(u"REFUSAL"_s, Qt::CaseInsensitive));
        QTest::keyClick(room.table(), Qt::Key_Up);
        QTRY_VERIFY(header->accessibleName().contains(u"ANSWER_LENGTH"_s, Qt::CaseInsensitive));
    }

    void keysMoveTheWindow()
    {
        Room room;
        room.settle();
        DriftChart* chart = room.chart();
        QVERIFY(chart->following());
        const Window start = chart->window();
        const Nanos span = start.to - start.from;
        QTest::keyClick(chart, Qt::Key_Left);
        QVERIFY(!chart->following());
        QCOMPARE(chart->window().from, start.from - span / 10);
        QTest::keyClick(chart, Qt::Key_Right);
        QCOMPARE(chart->window().from, start.from);
        QTest::keyClick(chart, Qt::Key_Plus);
        QCOMPARE(chart->window().to - chart->window().from, Nanos(double(span) * .8));
        QTest::keyClick(chart, Qt::Key_Minus);
        QTest::keyClick(chart, Qt::Key_Minus);
        QVERIFY(chart->window().to - chart->window().from > span);
        QTest::keyClick(chart, Qt::Key_F);
        QVERIFY(chart->following());
        QTest::keyClick(chart, Qt::Key_0);
        QCOMPARE(chart->window().to - chart->window().from, span);
    }

    void theWheelZoomsAboutThePointer()
    {
        Room room;
        room.settle();
        QTest::keyClick(room.chart(), Qt::Key_F); // a following window keeps its right edge instead
        const QRectF plot = room.chart()->plotRect();
        const double x = plot.left() + plot.width() * .3;
        const Nanos under = room.timeAt(x), span = room.chart()->window().to - room.chart()->window().from;
        room.wheel(x, 2);
        QVERIFY(room.chart()->window().to - room.chart()->window().from < span);
        QVERIFY(std::abs(room.timeAt(x) - under) < kSecond);
        room.wheel(x, -2);
        QVERIFY(std::abs(room.chart()->window().to - room.chart()->window().from - span) < kSecond);
    }

    void draggingPansAndAClickPicksATime()
    {
        Room room;
        room.settle();
        auto* view = room.chart()->findChild<QAbstractScrollArea*>()->viewport();
        const QPoint middle = room.chart()->plotRect().center().toPoint();
        QSignalSpy places(room.pane.get(), &Pane::goTo);
        const Nanos picked = room.timeAt(middle.x());
        QTest::mouseClick(view, Qt::LeftButton, {}, middle);
        QCOMPARE(places.count(), 1);
        QCOMPARE(places[0][0].toString(), u"time %1"_s.arg(picked));
        const Window before = room.chart()->window();
        QTest::mousePress(view, Qt::LeftButton, {}, middle);
        QMouseEvent move(QEvent::MouseMove, middle + QPoint(100, 0), view->mapToGlobal(middle + QPoint(100, 0)),
            Qt::NoButton, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(view, &move);
        QTest::mouseRelease(view, Qt::LeftButton, {}, middle + QPoint(100, 0));
        QCOMPARE(places.count(), 1); // a drag is not a click
        QVERIFY(!room.chart()->following());
        QVERIFY(room.chart()->window().from < before.from);
    }

    void goingToATimeCentresIt()
    {
        Room room;
        room.settle();
        room.pane->moveTo(u"time %1"_s.arg(at(2, 41)));
        const Window w = room.chart()->window();
        QVERIFY(std::abs((w.from + w.to) / 2 - at(2, 41)) < kSecond);
        QVERIFY(!room.chart()->following());
        QTRY_VERIFY(room.source.behind.idle());
        QTRY_VERIFY2(room.chart()->readout().contains(u"02:4"_s), qPrintable(room.chart()->readout()));
        room.pane->moveTo(u"evidence 12"_s);
        QCOMPARE(room.chart()->window().from, w.from);
    }

    void evidenceOpensFromTheStack()
    {
        Room room;
        room.settle();
        QSignalSpy places(room.pane.get(), &Pane::goTo);
        const QRect chip = room.stack()->evidenceRect(1, 22);
        QVERIFY(chip.isValid());
        QTest::mouseClick(room.stack()->viewport(), Qt::LeftButton, {}, chip.center());
        QCOMPARE(places.takeFirst()[0].toString(), u"evidence 22"_s);
        room.stack()->setCurrentIndex(room.stack()->model()->index(2, 0));
        QTest::keyClick(room.stack(), Qt::Key_Return);
        QCOMPARE(places.takeFirst()[0].toString(), u"evidence 23"_s);
    }

    void lanesLeadToTheRow()
    {
        Room room;
        room.settle();
        QCOMPARE(room.lanes()->items(Lanes::Changes).size(), size_t(2));
        QCOMPARE(room.lanes()->items(Lanes::Reports).size(), size_t(1));
        QCOMPARE(room.lanes()->items(Lanes::Reports)[0].role, Role::Severity1);
        QVERIFY(room.lanes()->items(Lanes::Decisions).size() >= 4);
        QSignalSpy places(room.pane.get(), &Pane::goTo);
        const QRectF plot = room.chart()->plotRect();
        const Window w = room.chart()->window();
        const double x = plot.left() + double(at(3, 1, 20) - w.from) / double(w.to - w.from) * plot.width();
        QTest::mouseClick(room.lanes(), Qt::LeftButton, {}, QPoint(int(x), int(room.lanes()->height() * .9)));
        QCOMPARE(places.count(), 1);
        QCOMPARE(places[0][0].toString(), u"entry 4470"_s);
    }

    void greenOnlyWhileTheBeatIsFresh()
    {
        BeatLog log;
        log.add(0, true);
        log.add(100 * kSecond, false); // heard, but not healthy
        QVERIFY(log.spans().empty());
        for (Nanos t = 100; t <= 200; t += 5)
            log.add(t * kSecond, true);
        log.add(200 * kSecond, true);
        for (Nanos t = 300; t <= 330; t += 5)
            log.add(t * kSecond, true);
        QCOMPARE(log.spans().size(), size_t(2));
        QCOMPARE(log.spans()[0].to, 200 * kSecond);
        QCOMPARE(log.spans()[1].from, 300 * kSecond);

        Lanes lanes;
        lanes.setBeats({}, kFixtureNow);
        QCOMPARE(lanes.infrastructureWord(), u"never heard"_s);
        lanes.setBeats({{kFixtureNow - kMinute, kFixtureNow - 4 * kSecond}}, kFixtureNow);
        QCOMPARE(lanes.infrastructureWord(), u"healthy 4 s"_s);
        lanes.setBeats({{kFixtureNow - kHour, kFixtureNow - kMinute}}, kFixtureNow);
        QCOMPARE(lanes.infrastructureWord(), u"silent 1 min"_s);
    }

    void whatIsOldSaysSo()
    {
        Room room;
        room.settle();
        ConsoleState state = fixtureState();
        state.now = kFixtureNow + 22 * kSecond;
        room.pane->refresh(state);
        QVERIFY2(room.chart()->sentence().first.startsWith(u"STALE: no sign of the engine for 23 s"_s),
            qPrintable(room.chart()->sentence().first));
        QCOMPARE(room.table()->model()->index(2, SignalModel::State).data().toString(), u"? stale 24 s"_s);
        shot(*room.pane, u"drift-stale"_s);
        state.engineBeat = state.now;
        room.pane->refresh(state);
        QVERIFY(room.chart()->sentence().first.startsWith(u"STALE: no new figures for 24 s"_s));
        auto drift = std::make_shared<DriftSnapshot>(*state.drift);
        drift->at = state.now;
        state.drift = drift;
        room.pane->refresh(state);
        QVERIFY(room.chart()->sentence().first.startsWith(u"STALE: no answer came in for 24 s"_s));
        room.pane->refresh(fixtureState(kFixtureNow + 22 * kSecond));
        QCOMPARE(room.chart()->sentence().first, QString());
    }

    void nothingYetIsADesignedState()
    {
        Room room;
        room.pane->refresh(emptyState());
        QVERIFY(room.chart()->sentence().first.startsWith(u"No signal is watched yet"_s));
        QVERIFY(!room.table()->isVisible());
        QVERIFY(room.pane->findChild<QWidget*>(u"drift.noSignals"_s)->isVisible());
        QVERIFY(room.pane->findChild<QWidget*>(u"drift.noStack"_s)->isVisible());
        shot(*room.pane, u"drift-empty"_s);
        room.source.behind.hold(true);
        room.pane->refresh(fixtureState());
        QVERIFY(room.table()->isVisible());
        QCOMPARE(room.chart()->sentence().first, u"Reading the series…"_s);
        room.source.behind.hold(false);
        QTRY_COMPARE(room.chart()->sentence().first, QString());
    }

    void aFailureIsSaidOnceAndOver()
    {
        Room room;
        room.source.failure = u"events.db cannot be read."_s;
        QSignalSpy said(room.pane.get(), &Pane::said);
        room.pane->refresh(fixtureState());
        QTRY_COMPARE(said.count(), 1);
        QCOMPARE(room.chart()->sentence().first, u"events.db cannot be read. The record is untouched."_s);
        room.source.failure.clear();
        QTest::qWait(300);
        room.pane->refresh(fixtureState(kFixtureNow + 10 * kSecond));
        QTRY_COMPARE(room.chart()->sentence().first, QString());
    }

    void marksComeFromTheRecordAndTheChanges()
    {
        const ConsoleState state = fixtureState();
        const Case* c = state.cases->current();
        const ChartScene scene = chartSceneOf(state, leadingStream(state.drift.get(), c), c, fixtureEvents(), 1);
        QStringList words;
        for (const auto& mark : scene.marks)
            words << mark.text;
        QCOMPARE(words,
            (QStringList{u"prompt v42"_s, u"alarm"_s, u"contained"_s, u"pin prompt v41"_s, u"retrieval kb-11-22"_s}));
        QCOMPARE(scene.marks[0].role, Role::Agent); // found guilty by a comparison
        QCOMPARE(scene.onset->low, at(2, 56));
        QCOMPARE(scene.unevaluatedFrom, kFixtureNow - 20 * kSecond);
        // Another feature's changes and an unwatched stream bring nothing.
        auto foreign = fixtureEvents();
        for (auto& e : foreign)
            e.feature = u"another"_s;
        QCOMPARE(chartSceneOf(state, leadingStream(state.drift.get(), c), c, foreign, 1).marks.size(), size_t(3));
        QVERIFY(chartSceneOf(emptyState(), nullptr, nullptr, {}, 1).marks.empty());
    }
};

QTEST_MAIN(TestDrift)
#include "tst_drift.moc"
