// SPDX-License-Identifier: GPL-3.0-or-later
// The timeline model against a source that answers late, out of order, and after it was told to stop.
#include "models/items/timeline_model.h"
#include "tests/support/fixture_state.h"
#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

using namespace wf;
using namespace wf::test;

namespace {

/// Ticks, as the window does, until nothing is on its way any more.
void settle(TimelineModel& model, int first = 0, int last = 30)
{
    int calm = 0;
    for (int i = 0; i < 4000 && calm < 3; ++i) {
        model.look(first, last);
        model.tick();
        QTest::qWait(1);
        calm = model.busy() ? 0 : calm + 1;
    }
    QVERIFY(!model.busy());
}

QList<qint64> ids(const TimelineModel& model)
{
    QList<qint64> result;
    for (int row = 0; row < model.rowCount(); ++row) {
        const TimelineEvent* event = model.eventAt(row);
        result << (event ? event->id : 0);
    }
    return result;
}

QList<qint64> ids(const std::vector<TimelineEvent>& rows)
{
    QList<qint64> result;
    for (const TimelineEvent& row : rows)
        result << row.id;
    return result;
}

} // namespace

class TimelineModelTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void showsAFewRows()
    {
        FakeTimeline source;
        TimelineModel model(&source);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setFilter({});
        settle(model);
        QCOMPARE(ids(model), ids(source.rows()));
        QCOMPARE(model.index(0).data().toString(), u"Step 1 of 3 executed: pin prompt v41"_s);
        QCOMPARE(model.rowOfId(902), 8);
        QCOMPARE(model.rowOfTime(at(3, 3, 30)), 6);
    }

    void everyRowOfManyIsReachableAndInOrder()
    {
        FakeTimeline source(fixtureEvents(30'000), 2);
        TimelineModel model(&source);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setFilter({});
        settle(model);
        const auto all = source.rows();
        QCOMPARE(model.rowCount(), int(all.size()));
        for (const int row : {29'999, 15'000, 700, 9'123, 22'222, 0, 511, 512, 513}) {
            settle(model, row, row);
            const TimelineEvent* event = model.eventAt(row);
            QVERIFY2(event, qPrintable(QString::number(row)));
            QCOMPARE(event->id, all[size_t(row)].id);
        }
        // The guess inside unread blocks becomes exact once they are read.
        const Nanos t = all[12'345].t;
        for (int i = 0; i < 4; ++i)
            settle(model, model.rowOfTime(t), model.rowOfTime(t));
        QCOMPARE(model.rowOfTime(t), 12'345);
    }

    void keepsABoundedNumberOfBlocks()
    {
        FakeTimeline source(fixtureEvents(60'000), 1);
        TimelineModel model(&source);
        model.setFilter({});
        settle(model);
        for (int row = 0; row < model.rowCount(); row += 400)
            settle(model, row, row + 20);
        QVERIFY2(model.keptBlocks() <= TimelineModel::kKeptBlocks, qPrintable(QString::number(model.keptBlocks())));
        settle(model, 100, 120);
        QCOMPARE(model.eventAt(100)->id, source.rows()[100].id);
    }

    void newRowsComeOnTopOneInsertATick()
    {
        FakeTimeline source(fixtureEvents(100));
        TimelineModel model(&source);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setFilter({});
        settle(model);
        QSignalSpy inserts(&model, &QAbstractItemModel::rowsInserted);
        for (int i = 0; i < 300; ++i)
            source.add(timelineEvent(900'000 + i, kFixtureNow + i * kSecond, EventKind::Alert, u"fresh"_s, {}));
        source.add(timelineEvent(-5'000, at(3, 10), EventKind::Note, u"back-dated"_s, {}));
        source.add(timelineEvent(-5'001, at(2, 50), EventKind::Note, u"back-dated further"_s, {}));
        model.touch();
        for (int i = 0; i < 400 && (inserts.isEmpty() || model.busy()); ++i) {
            const auto before = inserts.size();
            model.tick();
            QVERIFY(inserts.size() <= before + 1);
            QTest::qWait(1);
        }
        QCOMPARE(inserts.size(), 3); // three runs of rows, three ticks
        QCOMPARE(ids(model), ids(source.rows()));
    }

    void lateRowsAreBadgedOrdinaryOnesAreNot()
    {
        FakeTimeline source;
        TimelineModel model(&source);
        model.setFilter({});
        settle(model);
        TimelineEvent late = timelineEvent(950, at(3, 10), EventKind::Change, u"came late"_s, {});
        late.seen = at(3, 43);
        source.add(late);
        source.add(timelineEvent(951, at(3, 43), EventKind::Alert, u"on time"_s, {}));
        model.touch();
        settle(model);
        QVERIFY(model.isLate(950));
        QVERIFY(!model.isLate(951));
        QVERIFY(!model.isLate(902));
        QCOMPARE(ids(model), ids(source.rows()));
        QCOMPARE(model.index(model.rowOfId(950)).data(TimelineModel::LateRole).toBool(), true);
    }

    void lateRowsReachBlocksThatWereReadLongAgo()
    {
        FakeTimeline source(fixtureEvents(5'000), 2);
        TimelineModel model(&source);
        model.setFilter({});
        settle(model);
        settle(model, 3'000, 3'000);
        TimelineEvent late
            = timelineEvent(950, model.eventAt(3'000)->t + kSecond, EventKind::Change, u"came late"_s, {});
        late.seen = at(3, 43);
        source.add(late);
        model.touch();
        settle(model, 3'000, 3'000);
        QCOMPARE(model.rowOfId(950), 3'000);
        QCOMPARE(model.rowCount(), int(source.rows().size()));
    }

    void selectionStaysOnItsRow()
    {
        FakeTimeline source(fixtureEvents(2'000));
        TimelineModel model(&source);
        model.setFilter({});
        settle(model);
        const QPersistentModelIndex kept = model.index(200);
        const qint64 id = kept.data(TimelineModel::IdRole).toLongLong();
        for (int i = 0; i < 50; ++i)
            source.add(timelineEvent(900'000 + i, kFixtureNow + i * kSecond, EventKind::Alert, u"fresh"_s, {}));
        model.touch();
        settle(model);
        QCOMPARE(kept.row(), 250);
        QCOMPARE(kept.data(TimelineModel::IdRole).toLongLong(), id);
    }

    void aStaleReplyIsDropped()
    {
        FakeTimeline source(fixtureEvents(3'000), 12);
        TimelineModel model(&source);
        QSignalSpy filtered(&model, &TimelineModel::filtered);
        model.setFilter({});
        for (const QString& text : {u"kind:change"_s, u"queue"_s, u"kind:alarm"_s, u"kind:report"_s}) {
            model.setFilter({text}); // typed faster than the source answers
            model.tick();
        }
        settle(model);
        QCOMPARE(filtered.size(), 1);
        QCOMPARE(model.filter().text, u"kind:report"_s);
        QCOMPARE(ids(model), QList<qint64>{-4470});
    }

    void aRefusedFilterLeavesTheList()
    {
        FakeTimeline source(fixtureEvents(2'000));
        TimelineModel model(&source);
        model.setFilter({});
        settle(model);
        QSignalSpy refused(&model, &TimelineModel::refused);
        QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
        const int rows = model.rowCount();
        model.setFilter({u"nonsense:1"_s});
        settle(model);
        QCOMPARE(refused.size(), 1);
        QVERIFY(refused[0][0].toString().contains(u"nonsense"_s));
        QCOMPARE(resets.size(), 0);
        QCOMPARE(model.rowCount(), rows);
        settle(model, 1'500, 1'500); // unread blocks are still read with the filter that is shown
        QCOMPARE(model.eventAt(1'500)->id, source.rows()[1'500].id);
    }

    void aRangeRestrictsBothEnds()
    {
        FakeTimeline source(fixtureEvents(4'000));
        TimelineModel model(&source);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setFilter({}, {at(2, 50), at(3, 5)});
        settle(model);
        QCOMPARE(ids(model), (QList<qint64>{-4500, -4480, -4470, 902}));
        const Window wide{at(2, 40) - 6 * kHour, at(2, 40) - kHour};
        model.setFilter({}, wide);
        settle(model);
        auto expected = source.rows();
        std::erase_if(expected, [&wide](const TimelineEvent& e) { return e.t < wide.from || e.t >= wide.to; });
        QCOMPARE(model.rowCount(), int(expected.size()));
        settle(model, int(expected.size()) - 1, int(expected.size()) - 1);
        QCOMPARE(model.eventAt(model.rowCount() - 1)->id, expected.back().id);
    }

    void manyRowsOfOneInstant()
    {
        std::vector<TimelineEvent> rows;
        for (int i = 0; i < 3'000; ++i)
            rows.push_back(timelineEvent(i + 1, at(3, 0), EventKind::Alert, u"storm %1"_s.arg(i), {}));
        for (int i = 0; i < 3'000; ++i)
            rows.push_back(timelineEvent(10'000 + i, at(2, 0), EventKind::Alert, u"storm %1"_s.arg(i), {}));
        FakeTimeline source(std::move(rows), 2);
        TimelineModel model(&source);
        model.setFilter({});
        settle(model);
        QCOMPARE(model.rowCount(), 6'000);
        for (int i = 0; i < 3; ++i)
            settle(model, 4'500, 4'500);
        QVERIFY(model.eventAt(4'500));
        QCOMPARE(model.eventAt(4'500)->id, source.rows()[4'500].id);
    }

    void deathWhileWaiting()
    {
        FakeTimeline source(fixtureEvents(2'000));
        source.hold(true);
        auto model = std::make_unique<TimelineModel>(&source);
        model->setFilter({});
        model.reset();
        source.hold(false);
        QTRY_VERIFY(source.idle());
        QCoreApplication::sendPostedEvents(); // replies to nobody run here and must find nobody
        QVERIFY(source.requests() > 0);
    }

    void readsTheEvidenceOfEveryKindOfBody()
    {
        TimelineEvent event;
        event.body = {{u"evidence"_s, QJsonArray{31, 31, QJsonObject{{u"number"_s, 7}}}}};
        QCOMPARE(evidenceOf(event), (std::vector<int>{31, 7}));
        event.body = {{u"citations"_s, QJsonArray{QJsonObject{{u"evidence"_s, 22}}}}};
        QCOMPARE(evidenceOf(event), (std::vector<int>{22}));
        event.body = {{u"proposal"_s, QJsonObject{{u"evidence"_s, QJsonArray{QJsonObject{{u"number"_s, 29}}}}}}};
        QCOMPARE(evidenceOf(event), (std::vector<int>{29}));
        event.kind = EventKind::Evidence;
        event.body = {{u"number"_s, 12}};
        QCOMPARE(evidenceOf(event), (std::vector<int>{12}));
        event.kind = EventKind::Alert; // a sender's own "number" is no evidence
        QVERIFY(evidenceOf(event).empty());
    }
};

QTEST_GUILESS_MAIN(TimelineModelTest)
#include "tst_timeline_model.moc"
