// SPDX-License-Identifier: GPL-3.0-or-later
// The behaviour stack as rows: good beside now, and what each cause is worth.
#include "models/items/stack_model.h"
#include "tests/support/fixture_state.h"
#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

using namespace wf;
using namespace wf::test;
using namespace Qt::StringLiterals;

class StackModelTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void rowsSayGoodNowAndCause()
    {
        StackModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        const auto live = fixtureLive();
        model.update(live->stack, live->lastGoodAt);
        QCOMPARE(model.rowCount(), 4);
        QCOMPARE(model.headerData(StackModel::Good, Qt::Horizontal).toString(), u"Last good, 21 Nov 03:40"_s);
        const auto text
            = [&](int row, StackModel::Column column) { return model.index(row, column).data().toString(); };
        QCOMPARE(text(1, StackModel::LayerColumn), u"Prompt"_s);
        QCOMPARE(text(1, StackModel::Good), u"v41"_s);
        QCOMPARE(text(1, StackModel::Now), u"v42 58 % · v41 42 %"_s);
        QVERIFY(text(1, StackModel::Cause).startsWith(u"separates bad from good"_s));
        QCOMPARE(model.index(1, 0).data(StackModel::EvidenceRole).value<QList<int>>(), QList<int>{22});
        QCOMPARE(model.index(1, 0).data(StackModel::HypothesisRole).toInt(), int(HypothesisState::Supported));
        QVERIFY(model.index(1, 0).data(StackModel::ChangedRole).toBool());
        QCOMPARE(text(0, StackModel::Cause), u"unchanged"_s);
    }

    void whatIsNotKnownIsSaid()
    {
        StackModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        StackRow silent{Layer::Tools, {}, {}, 0, false, {}, HypothesisState::Open, {}};
        StackRow changed{Layer::Cache, u"c1"_s, u"c2 100 %"_s, 1, true, {}, HypothesisState::Open, {}};
        model.update({silent, changed}, {});
        QCOMPARE(model.headerData(StackModel::Good, Qt::Horizontal).toString(), u"Last good"_s);
        QCOMPARE(model.index(0, StackModel::Good).data().toString(), u"not told"_s);
        QCOMPARE(model.index(0, StackModel::Now).data().toString(), u"no answers in the last 5 min"_s);
        QCOMPARE(model.index(0, StackModel::Cause).data().toString(), u"\u2014"_s); // unknown is never "unchanged"
        QCOMPARE(model.index(1, StackModel::Cause).data().toString(), u"changed, not looked at yet"_s);
    }

    void onlyTheChangedRowIsSignalled()
    {
        StackModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        auto rows = fixtureLive()->stack;
        model.update(rows, {});
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged), reset(&model, &QAbstractItemModel::modelReset);
        model.update(rows, {});
        QCOMPARE(changed.count(), 0);
        rows[1].now = u"v41 97 % · v42 3 %"_s;
        model.update(rows, {});
        QCOMPARE(changed.count(), 1);
        QCOMPARE(changed[0][0].toModelIndex().row(), 1);
        QCOMPARE(changed[0][1].toModelIndex().row(), 1);
        rows.pop_back();
        model.update(rows, {});
        QCOMPARE(reset.count(), 1);
    }
};

QTEST_GUILESS_MAIN(StackModelTest)
#include "tst_stack_model.moc"
