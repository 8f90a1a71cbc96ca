// SPDX-License-Identifier: GPL-3.0-or-later
// The signal table's rows and words: figures with units, states told apart, no row touched without need.
#include "models/items/signal_model.h"
#include "tests/support/fixture_state.h"
#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

using namespace wf;
using namespace wf::test;
using namespace Qt::StringLiterals;

class SignalModelTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void figuresReadAsPeopleReadThem()
    {
        SignalDef rate, tokens;
        tokens.kind = SignalKind::Numeric;
        tokens.unit = u"tokens"_s;
        QCOMPARE(countText(0), u"0"_s);
        QCOMPARE(countText(999), u"999"_s);
        QCOMPARE(countText(3383), u"3\u202F383"_s);
        QCOMPARE(countText(1'204'188), u"1\u202F204\u202F188"_s);
        QCOMPARE(countText(-3383), u"\u22123\u202F383"_s);
        QCOMPARE(shareText(.83), u"83\u202F%"_s);
        QCOMPARE(valueText(rate, .748), u"74.8\u202F%"_s);
        QCOMPARE(valueText(tokens, 398.4), u"398"_s);
        QCOMPARE(valueText(tokens, 3.14159), u"3.14"_s);
        QCOMPARE(figureText(rate, {}), u"\u2014"_s);
        QCOMPARE(shiftText(rate, -.226, true), u"\u221222.6\u202Fpts"_s);
        QCOMPARE(shiftText(rate, .226, false), u"+22.6"_s);
        QCOMPARE(shiftText(rate, -.0001, false), u"0.0"_s); // what rounds to nothing has no sign
        QCOMPARE(shiftText(tokens, 137, true), u"+137\u202Ftokens"_s);
    }

    void rowsSayEverything()
    {
        SignalModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QCOMPARE(model.rowCount(), 0);
        model.update(fixtureDrift(), u"support-copilot"_s, kFixtureNow, Zone::Utc);
        QCOMPARE(model.rowCount(), 4);
        const auto text
            = [&](int row, SignalModel::Column column) { return model.index(row, column).data().toString(); };
        QCOMPARE(text(0, SignalModel::SignalColumn), u"grounded_account_number"_s);
        QCOMPARE(text(0, SignalModel::Last5Min), u"74.8\u202F%"_s);
        QCOMPARE(text(0, SignalModel::SinceOnset), u"73.1\u202F%"_s);
        QCOMPARE(text(0, SignalModel::Baseline), u"95.7\u202F%"_s);
        QCOMPARE(text(0, SignalModel::Effect), u"\u221222.6\u202Fpts (\u221224.6 … \u221220.6)"_s);
        QCOMPARE(text(0, SignalModel::Evaluated), u"3\u202F383 · 83\u202F%"_s);
        QCOMPARE(text(0, SignalModel::State), u"▲ alarm 03:03"_s);
        QCOMPARE(text(1, SignalModel::Effect), u"+137 (+131 … +143)"_s);
        QCOMPARE(model.index(1, 0).data(SignalModel::UnitRole).toString(), u"tokens"_s);
        QCOMPARE(text(2, SignalModel::State), u"✓ in band"_s);
        QCOMPARE(text(3, SignalModel::State), u"… not enough data"_s);
        QCOMPARE(text(3, SignalModel::Effect), u"\u2014"_s);
        QCOMPARE(text(3, SignalModel::Evaluated), u"41 · 0.4\u202F%"_s);
        // Three states, three tones, three words: nobody may take one for the other.
        QCOMPARE(model.index(0, 0).data(SignalModel::ToneRole).toInt(), int(SignalModel::ToneBad));
        QCOMPARE(model.index(2, 0).data(SignalModel::ToneRole).toInt(), int(SignalModel::ToneGood));
        QCOMPARE(model.index(3, 0).data(SignalModel::ToneRole).toInt(), int(SignalModel::ToneMuted));
        QCOMPARE(model.index(0, SignalModel::Spark).data(SignalModel::SparkRole).value<QList<qreal>>().size(), 60);
        for (int column = 0; column < SignalModel::ColumnCount; ++column)
            QVERIFY(!model.headerData(column, Qt::Horizontal).toString().isEmpty());
    }

    void tooltipsTellWhatCannotBeSeen()
    {
        SignalModel model;
        model.update(fixtureDrift(), u"support-copilot"_s, kFixtureNow, Zone::Utc);
        const auto tip = [&](int row) { return model.index(row, 0).data(Qt::ToolTipRole).toString(); };
        QVERIFY2(tip(2).contains(u"Smallest detectable shift: ±0.9\u202Fpts"_s), qPrintable(tip(2)));
        QVERIFY2(tip(2).contains(u"one in 1\u202F584\u202F893"_s), qPrintable(tip(2))); // 10^6.2
        QVERIFY2(tip(3).contains(u"41 of 200 baseline answers"_s), qPrintable(tip(3)));
        QVERIFY2(tip(3).contains(u"not the same as"_s), qPrintable(tip(3)));
        QVERIFY2(tip(0).contains(u"half of them within 18 s"_s), qPrintable(tip(0)));
    }

    void slicesAreNotRows()
    {
        auto snapshot = std::make_shared<DriftSnapshot>(*fixtureDrift());
        StreamState slice = snapshot->streams[0];
        slice.key.dimension = u"tenant"_s;
        slice.key.value = u"acme"_s;
        StreamState other = snapshot->streams[2];
        other.key.feature = u"another"_s;
        snapshot->streams.insert(snapshot->streams.begin(), {slice, other});
        SignalModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.update(snapshot, u"support-copilot"_s, kFixtureNow, Zone::Utc);
        QCOMPARE(model.rowCount(), 5);
        QCOMPARE(model.stream(0)->key.feature, u"support-copilot"_s);
        QCOMPARE(model.stream(4)->key.feature, u"another"_s); // another feature comes after the incident's own
        QCOMPARE(model.rowOf(slice.key), -1);
        QCOMPARE(model.rowOf(other.key), 4);
    }

    void onlyWhatChangedIsSignalled()
    {
        SignalModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        const auto first = fixtureDrift();
        model.update(first, u"support-copilot"_s, kFixtureNow, Zone::Utc);
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged), reset(&model, &QAbstractItemModel::modelReset);
        for (int i = 0; i < 5; ++i)
            model.update(first, u"support-copilot"_s, kFixtureNow + i * kSecond, Zone::Utc);
        QCOMPARE(changed.count(), 0);
        model.update(fixtureDrift(kFixtureNow + kSecond), u"support-copilot"_s, kFixtureNow + kSecond, Zone::Utc);
        QCOMPARE(changed.count(), 1);
        QCOMPARE(reset.count(), 0); // the same rows: a selection survives
        auto fewer = std::make_shared<DriftSnapshot>(*first);
        fewer->streams.pop_back();
        model.update(fewer, u"support-copilot"_s, kFixtureNow, Zone::Utc);
        QCOMPARE(reset.count(), 1);
        QCOMPARE(model.rowCount(), 3);
        model.update(nullptr, {}, kFixtureNow, Zone::Utc);
        QCOMPARE(model.rowCount(), 0);
    }

    void oldFiguresAreNotGreen()
    {
        SignalModel model;
        const auto snapshot = fixtureDrift(); // made two seconds before now
        model.update(snapshot, u"support-copilot"_s, kFixtureNow + 8 * kSecond, Zone::Utc);
        QCOMPARE(model.index(2, SignalModel::State).data().toString(), u"✓ in band"_s);
        model.update(snapshot, u"support-copilot"_s, kFixtureNow + 21 * kSecond, Zone::Utc);
        QCOMPARE(model.index(2, SignalModel::State).data().toString(), u"? stale 23 s"_s);
        QCOMPARE(model.index(2, 0).data(SignalModel::ToneRole).toInt(), int(SignalModel::ToneStale));
        // A clock that runs fifty times as fast ages fifty times as fast.
        model.update(snapshot, u"support-copilot"_s, kFixtureNow + 21 * kSecond, Zone::Utc, 50);
        QCOMPARE(model.index(2, SignalModel::State).data().toString(), u"✓ in band"_s);
    }
};

QTEST_GUILESS_MAIN(SignalModelTest)
#include "tst_signal_model.moc"
