// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/ids.h"
#include "models/domain/telemetry.h"
#include <QSet>
#include <QTest>

using namespace wf;
using namespace Qt::StringLiterals;

class Time : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void isoRoundTrip()
    {
        const auto t = parseIso(u"2026-11-21T03:43:12.123456789Z"_s);
        QVERIFY(t);
        QCOMPARE(*t % kSecond, 123456789);
        QCOMPARE(isoText(*t), u"2026-11-21T03:43:12.123Z"_s);
        QCOMPARE(clockText(*t), u"03:43:12"_s);
        QCOMPARE(dayText(*t), u"21 Nov"_s);
        QCOMPARE(*parseIso(u"2026-11-21T05:43:12+02:00"_s), *t - 123456789);
        QCOMPARE(isoText(-1), u"1969-12-31T23:59:59.999Z"_s);
    }

    void isoRefuses_data()
    {
        QTest::addColumn<QString>("text");
        for (const char* s : {"", "now", "2026-11-21T03:43:12", "2026-11-21", "2026-13-01T00:00:00Z", "2026-11-21T03:43:12X", "0000000000"})
            QTest::newRow(*s ? s : "empty") << QString::fromLatin1(s);
    }
    void isoRefuses()
    {
        QFETCH(QString, text);
        QVERIFY(!parseIso(text));
    }

    void ages()
    {
        QCOMPARE(ageText(-5 * kSecond), u"0 s"_s);
        QCOMPARE(ageText(8 * kSecond), u"8 s"_s);
        QCOMPARE(ageText(110 * kSecond), u"1 min 50 s"_s);
        QCOMPARE(ageText(44 * kMinute + 10 * kSecond), u"44 min"_s);
        QCOMPARE(ageText(6 * kHour), u"6 h"_s);
        QCOMPARE(ageText(3 * kDay), u"3 d"_s);
    }

    void uuid7IsOrderedAndUnique()
    {
        QString last;
        QSet<QString> all;
        for (int i = 0; i < 1000; ++i) {
            const QString id = newUuid7(Nanos(1'790'000'000) * kSecond + i * kMilli);
            QCOMPARE(id.size(), 36);
            QCOMPARE(id[14], u'7');
            QVERIFY(u"89ab"_s.contains(id[19]));
            QVERIFY(id > last);
            last = id;
            all.insert(id);
        }
        QCOMPARE(all.size(), 1000);
    }

    void scaledClockRunsFaster()
    {
        const Nanos epoch = SystemClock().now() - 10 * kSecond;
        const ScaledClock fast(epoch, 50), plain(epoch, 1);
        QVERIFY(fast.now() - epoch >= 500 * kSecond);
        QVERIFY(plain.now() - epoch < 500 * kSecond);
    }

    void namesRoundTrip()
    {
        for (int k = 0; k <= int(EventKind::Answer); ++k) QCOMPARE(int(*eventKindFromName(eventKindName(EventKind(k)))), k);
        QVERIFY(!eventKindFromName(u"nonsense"_s));
        Manifest m;
        m[Layer::Prompt] = u"v41"_s;
        QCOMPARE(Manifest::fromJson(m.toJson()), m);
        QCOMPARE(dimensionValue(u"prompt"_s, m, {}), u"v41"_s);
        QVERIFY(isDimension(u"tenant"_s) && isDimension(u"cache"_s) && !isDimension(u"colour"_s));
    }
};

QTEST_GUILESS_MAIN(Time)
#include "tst_time.moc"
