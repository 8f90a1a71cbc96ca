// SPDX-License-Identifier: GPL-3.0-or-later
// The quiet ones: an hour of calm rings nothing; a silent provider change ends in honest hypotheses.
#include "tests/support/programs.h"
#include <QTemporaryDir>
#include <QTest>

using namespace wf::test;
using namespace Qt::StringLiterals;

class Scenarios : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void anHourOfCalmRaisesNoAlarm()
    {
        QTemporaryDir dir;
        Running engine;
        const QJsonObject ready = engine.start(u"watchfloorctl"_s, {u"replay"_s, u"calm"_s, u"--profile"_s, dir.filePath(u"p"_s), u"--speed"_s, u"50"_s});
        QVERIFY(!ready.isEmpty());
        const qint64 hourEnds = ready[u"epoch"_s].toString().toLongLong() / 1'000'000 + 3600'000;
        QJsonObject status;
        QVERIFY(eventually([&] {
            status = ctl({u"status"_s, u"--json"_s, u"--profile"_s, dir.filePath(u"p"_s)}).json();
            return QDateTime::fromString(status[u"now"_s].toString(), Qt::ISODateWithMs).toMSecsSinceEpoch() > hourEnds;
        }, 180'000));
        QVERIFY(ctl({u"incident"_s, u"list"_s, u"--profile"_s, dir.filePath(u"p"_s)}).lines().isEmpty());
        QCOMPARE(status[u"drift"_s][u"drifting"_s].toInt(), 0);
        // It was quiet because it looked, not because nothing arrived.
        QVERIFY(status[u"sources"_s][u"otlp"_s][u"stored"_s].toDouble() > 100'000);
        bool notEnough = false;
        for (const auto& s : status[u"drift"_s][u"streams"_s].toArray()) {
            if (s[u"state"_s].toString() == u"not enough data") notEnough = true;
            if (s[u"stream"_s].toString().endsWith(u"grounded_account_number"_s)) QVERIFY(s[u"smallest_detectable_shift"_s].toDouble() > 0);
        }
        QVERIFY(notEnough);
    }

    void aSilentProviderChangeEndsHonestly()
    {
        QTemporaryDir dir;
        const QString profile = dir.filePath(u"p"_s);
        Running engine;
        QVERIFY(!engine.start(u"watchfloorctl"_s, {u"replay"_s, u"silent-provider"_s, u"--profile"_s, profile, u"--speed"_s, u"20"_s}).isEmpty());
        QJsonObject incident;
        const auto look = [&] { incident = ctl({u"incident"_s, u"show"_s, u"--json"_s, u"--profile"_s, profile}).json(); };
        QVERIFY(eventually([&] { look(); return incident[u"alarms"_s].toInt() > 0; }, 90'000));
        // Every look is waited for: a plan must not follow from the second or the third either.
        QVERIFY(eventually([&] { look(); return incident[u"investigations"_s].toInt() >= 3; }, 90'000));
        for (const auto& h : incident[u"hypotheses"_s].toArray()) {
            QVERIFY2(h[u"state"_s].toString() != u"supported", qPrintable(h[u"key"_s].toString()));
            QVERIFY2(h[u"state"_s].toString() == u"open" || !h[u"why"_s].toString().isEmpty(), qPrintable(h[u"key"_s].toString()));
        }
        for (const auto& p : incident[u"plans"_s].toArray()) QCOMPARE(p[u"class"_s].toString(), u"contain"_s);
    }
};

QTEST_GUILESS_MAIN(Scenarios)
#include "tst_scenarios.moc"
