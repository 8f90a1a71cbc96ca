// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/base/yaml.h"
#include <QJsonObject>
#include <QTest>

using namespace wf;
using namespace Qt::StringLiterals;

class TestYaml : public QObject {
    Q_OBJECT
    static Result<YamlNode> load(const QByteArray& text) { return loadYaml(text, u"a.yaml"_s); }

private Q_SLOTS:
    void readsValues()
    {
        const auto root = load("name: support\ncount: 12\nshare: 0.75\non: true\nwait: 20m\nlist: [a, b]\nmap: {x: "
                               "1}\nquoted: \"12\"\nempty:\n");
        QVERIFY(root);
        QCOMPARE(*root->requireString("name"), u"support"_s);
        QCOMPARE(*root->requireInt("count"), 12);
        QCOMPARE(*root->requireNumber("share"), 0.75);
        QCOMPARE(*root->requireBool("on"), true);
        QCOMPARE(*root->requireDuration("wait"), 20 * kMinute);
        QCOMPARE(*root->requireStrings("list"), (QStringList{u"a"_s, u"b"_s}));
        QCOMPARE(*root->requireMap("map")->requireInt("x"), 1);
        QCOMPARE(*root->requireString("quoted"), u"12"_s);
        QVERIFY(!root->requireInt("quoted"));
        QCOMPARE(*root->optionalInt("absent", 7), 7);
        QCOMPARE(*root->optionalString("empty", u"x"_s), u"x"_s);
        QVERIFY(!root->optionalInt("name", 7));
        QCOMPARE(root->toJson().toObject().value(u"count"_s).toInt(), 12);
        QCOMPARE(root->toJson().toObject().value(u"quoted"_s).toString(), u"12"_s);
    }

    void everyErrorNamesItsPlace()
    {
        const auto root = load("a: 1\nlist:\n  - x: 1\n    y: oops\n");
        QVERIFY(root);
        QCOMPARE(root->place(), u"a.yaml:1:1"_s);
        const auto item = root->requireList("list")->front();
        QCOMPARE(item.requireInt("y").error().what, u"a.yaml:4:8: a whole number is expected here."_s);
        QCOMPARE(item.requireString("z").error().what, u"a.yaml:3:5: the key \"z\" is missing."_s);
        const Error unknown = item.onlyKeys({"x"}).error();
        QCOMPARE(unknown.fault, Fault::BadInput);
        QCOMPARE(unknown.what, u"a.yaml:4:8: the key \"y\" is not known here; allowed are: x."_s);
        QVERIFY(item.onlyKeys({"x", "y"}));
    }

    void refuses_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("says");
        QTest::newRow("duplicate key") << QByteArray("a: 1\nb: 2\na: 3\n")
                                       << u"a.yaml:3:1: the key \"a\" stands here twice"_s;
        QTest::newRow("duplicate key, quoted") << QByteArray("a: 1\n\"a\": 3\n") << u"a.yaml:2:1"_s;
        QTest::newRow("anchor") << QByteArray("a: &x 1\n") << u"anchors and aliases"_s;
        QTest::newRow("alias") << QByteArray("a: &x [1]\nb: *x\n") << u"anchors and aliases"_s;
        QTest::newRow("second document") << QByteArray("a: 1\n---\nb: 2\n") << u"a second document"_s;
        QTest::newRow("tag") << QByteArray("a: !!binary aGk=\n") << u"tags"_s;
        QTest::newRow("map as key") << QByteArray("? {a: 1}\n: 2\n") << u"a key must be"_s;
        QTest::newRow("broken") << QByteArray("a: [1, 2\n") << u"a.yaml:"_s;
        QTest::newRow("tab") << QByteArray("a:\n\tb: 1\n") << u"a.yaml:2"_s;
        QTest::newRow("not UTF-8") << QByteArray("a: \xff\xfe\n") << u"not UTF-8"_s;
        QTest::newRow("UTF-16") << QByteArray("\xff\xfe"
                                              "a\0:\0",
            6) << u"not UTF-8"_s;
        QTest::newRow("deep") << QByteArray(100, '[') + QByteArray(100, ']') << u"nested deeper"_s;
        QTest::newRow("very deep") << QByteArray(100'000, '[') << u"a.yaml"_s;
        QTest::newRow("too large") << QByteArray(2 * 1024 * 1024, '#') << u"larger than"_s;
        QTest::newRow("too many values") << "[" + QByteArray("1,").repeated(150'000) + "1]" << u"more than"_s;
    }
    void refuses()
    {
        QFETCH(QByteArray, text);
        QFETCH(QString, says);
        const auto root = load(text);
        QVERIFY(!root);
        QCOMPARE(root.error().fault, Fault::BadInput);
        QVERIFY2(root.error().what.contains(says), qPrintable(root.error().what));
    }

    void emptyFileIsNull()
    {
        const auto root = load("# only a comment\n");
        QVERIFY(root);
        QVERIFY(root->isNull());
        QVERIFY(!root->requireString("a"));
    }

    void durations()
    {
        QCOMPARE(*durationOf(u"500ms"_s), 500 * kMilli);
        QCOMPARE(*durationOf(u"1.5h"_s), 90 * kMinute);
        QCOMPARE(*durationOf(u"7d"_s), 7 * kDay);
        for (const QString& bad :
            {u""_s, u"20"_s, u"m"_s, u"-3s"_s, u"20 weeks"_s, u"1e3s"_s, u"999999999999d"_s, u"1..2s"_s})
            QVERIFY2(!durationOf(bad), qPrintable(bad));
    }
};

QTEST_GUILESS_MAIN(TestYaml)
#include "tst_yaml.moc"
