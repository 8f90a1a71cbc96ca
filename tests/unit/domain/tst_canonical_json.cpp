// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/canonical_json.h"
#include <QJsonArray>
#include <QJsonDocument>
#include <QRandomGenerator>
#include <QTest>
#include <limits>

using namespace wf;
using namespace Qt::StringLiterals;

class CanonicalJson : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void sortsByUtf16Units()
    {
        // RFC 8785 section 3.2.3: keys in UTF-16 order; the example's keys without its fractions.
        const QJsonObject o{{u"\u20ac"_s, u"Euro Sign"_s}, {u"\r"_s, u"Carriage Return"_s}, {u"\ufb33"_s, u"Hebrew"_s}, {u"1"_s, u"One"_s},
            {QString::fromUcs4(U"\U0001F600"), u"Smiley"_s}, {u"\u0080"_s, u"Control"_s}, {u"\u00f6"_s, u"Latin"_s}};
        const QByteArray expected = u"{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"\u00f6\":\"Latin\",\"\u20ac\":\"Euro Sign\",\"\U0001F600\":\"Smiley\",\"\ufb33\":\"Hebrew\"}"_s.toUtf8();
        QCOMPARE(canonicalJson(o).value(), expected);
    }

    void escapes()
    {
        QCOMPARE(canonicalJson(QJsonArray{u"\b\f\n\r\t\"\\\u0001/é"_s}).value(), QByteArray("[\"\\b\\f\\n\\r\\t\\\"\\\\\\u0001/é\"]"));
    }

    void refuses_data()
    {
        QTest::addColumn<QJsonValue>("value");
        QTest::addColumn<QString>("place");
        QTest::newRow("fraction") << QJsonValue(QJsonObject{{u"a"_s, QJsonArray{1, 0.5}}}) << u"/a/1"_s;
        QTest::newRow("beyond 2^53") << QJsonValue(QJsonObject{{u"n"_s, 9007199254740994.0}}) << u"/n"_s;
        QTest::newRow("not a number") << QJsonValue(QJsonObject{{u"n"_s, std::numeric_limits<double>::infinity()}}) << u"/n"_s;
        QTest::newRow("half a character") << QJsonValue(QJsonObject{{u"s"_s, QString(QChar(0xd800))}}) << u"/s"_s;
    }
    void refuses()
    {
        QFETCH(QJsonValue, value);
        QFETCH(QString, place);
        const auto r = canonicalJson(value);
        QVERIFY(!r);
        QVERIFY2(r.error().what.contains(place), qPrintable(r.error().what));
    }

    void integersRoundTrip()
    {
        for (const qint64 n : {qint64(0), qint64(-1), qint64(9007199254740992), qint64(1790000000123456789), std::numeric_limits<qint64>::min()}) {
            const auto bytes = canonicalJson(QJsonArray{jsonInt(n)});
            QVERIFY(bytes);
            QCOMPARE(fromJsonInt(QJsonDocument::fromJson(*bytes).array()[0]), n);
        }
    }

    void decimalsReadBackExactly()
    {
        QRandomGenerator rng(7);
        for (int i = 0; i < 2000; ++i) {
            const double d = (rng.generateDouble() - 0.5) * std::pow(10, int(rng.bounded(30)) - 15);
            QCOMPARE(fromDecimal(QJsonValue(decimal(d))), d);
        }
        QCOMPARE(decimal(std::nan("")), QString());
    }

    void keyOrderNeverMatters()
    {
        const auto a = QJsonDocument::fromJson(R"({"b":{"y":1,"x":2},"a":[1,2]})").object();
        const auto b = QJsonDocument::fromJson(R"({"a":[1,2],"b":{"x":2,"y":1}})").object();
        QCOMPARE(digestOf(a), digestOf(b));
        QVERIFY(digestOf(a) != digestOf(QJsonDocument::fromJson(R"({"a":[2,1],"b":{"x":2,"y":1}})").object()));
    }

    void sha256OfTheEmptyString()
    {
        QCOMPARE(sha256({}).toHex(), QByteArray("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    }
};

QTEST_GUILESS_MAIN(CanonicalJson)
#include "tst_canonical_json.moc"
