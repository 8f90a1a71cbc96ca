// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/simulator/support.h"
using namespace simtest;

namespace {
QByteArray text(const QString& name)
{
    QFile file(QStringLiteral(WF_SOURCE_DIR "/resources/samples/scenarios/") + name + u".yaml"_s);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}
} // namespace

class TestScenario : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void shippedOnesRead_data()
    {
        QTest::addColumn<QString>("name");
        QTest::newRow("sample") << u"account-numbers"_s;
        QTest::newRow("silent") << u"silent-provider"_s;
        QTest::newRow("calm") << u"calm"_s;
    }
    void shippedOnesRead()
    {
        QFETCH(QString, name);
        const auto s = parseScenario(text(name), name + u".yaml"_s);
        QVERIFY2(s.has_value(), s ? "" : qPrintable(s.error().sentence()));
        QCOMPARE(s->name, name);
        QCOMPARE(s->feature, u"support-copilot"_s);
        QCOMPARE(s->livePerSecond, 20.0);
        QCOMPARE(s->history, kDay);
        for (const Layer layer : kLayers)
            QVERIFY2(!s->stack[layer].isEmpty(), qPrintable(layerName(layer)));
        QVERIFY(std::is_sorted(
            s->happenings.begin(), s->happenings.end(), [](const auto& a, const auto& b) { return a.at < b.at; }));
        QVERIFY(s->happenings.front().at < 0);
        // Over all routes, what the story promises.
        double good = 0, weight = 0;
        for (const auto& route : s->routes.parts()) {
            good += route.weight * s->behaviourOf(s->stack, s->provider, route.name).good;
            weight += route.weight;
        }
        QVERIFY(std::abs(good / weight - 0.957) < 0.0006);
    }

    void laterRulesRefine()
    {
        const Scenario s = scenario(u"account-numbers"_s);
        Manifest bad = s.stack;
        bad[Layer::Prompt] = u"v42"_s;
        const Behaviour b = s.behaviourOf(bad, u"r1"_s, u"account"_s);
        QCOMPARE(b.good, 0.64);
        QCOMPARE(b.length, 415.0);
        QCOMPARE(b.refused, 0.023); // from the first rule
    }

    void badOnesAreRefusedWithTheirPlace_data()
    {
        QTest::addColumn<QByteArray>("from");
        QTest::addColumn<QByteArray>("to");
        QTest::addColumn<QString>("says");
        const auto row = [](const char* name, const char* from, const char* to, const char* says) {
            QTest::newRow(name) << QByteArray(from) << QByteArray(to) << QString::fromUtf8(says);
        };
        row("unknown key", "errors: 0.001", "eerors: 0.001", "eerors");
        row("duplicate key", "errors: 0.001", "errors: 0.001\nerrors: 0.002", "errors");
        row("share above one", "coverage: 0.86", "coverage: 1.2", "coverage");
        row("not a number", "errors: 0.001", "errors: often", "a number");
        row("not a span", "ttl: 15m", "ttl: 15 minutes", "15 minutes");
        row("no layer", "layer: retrieval\n", "layer: retreival\n", "retreival");
        row("unknown route", "route: billing }, good: 0.962", "route: biling }, good: 0.962", "biling");
        row("unknown condition", "when: { prompt: v42 }", "when: { promt: v42 }", "promt");
        row("unknown kind", "kind: rollout\n    actor: ci-release", "kind: roll-out\n    actor: ci-release",
            "roll-out");
        row("no time", "  - at: 10s\n    kind: rollout", "  - kind: rollout", "at");
        row("both times", "  - at: 10s\n", "  - at: 10s\n    before: 5s\n", "before");
        row("rollout in the past", "  - at: 10s\n", "  - before: 10s\n", "history");
        row("weight nought", "fir: 7", "fir: 0", "weight");
        row("no behaviour", "behaviour:", "behavior:", "behavior");
        row("stack layer", "  prompt: v41\n", "  promt: v41\n", "promt");
        row("no watchdog", "watchdog: 5s", "watchdog: 0s", "watchdog");
        row("no regions", "regions: [eu-central-1, eu-west-1, us-east-1]", "regions: []", "empty");
        row("people as text", "people: 30000", "people: many", "whole number");
        row("not YAML", "cache: { share", "cache: { [share", "");
    }
    void badOnesAreRefusedWithTheirPlace()
    {
        QFETCH(QByteArray, from);
        QFETCH(QByteArray, to);
        QFETCH(QString, says);
        QByteArray yaml = text(u"account-numbers"_s);
        QVERIFY(yaml.contains(from));
        yaml.replace(yaml.indexOf(from), from.size(), to);
        const auto s = parseScenario(yaml, u"mine.yaml"_s);
        QVERIFY(!s.has_value());
        static const QRegularExpression place(u"^mine\\.yaml:\\d+:\\d+"_s);
        QVERIFY2(place.match(s.error().what).hasMatch(), qPrintable(s.error().what));
        QVERIFY2(s.error().sentence().contains(says), qPrintable(s.error().sentence()));
    }

    void thePlaceIsTheRightOne()
    {
        const auto s = parseScenario("scenario: x\ntitle: y\nfeature: z\nerrors: 2\n", u"mine.yaml"_s);
        QVERIFY(!s.has_value());
        QVERIFY2(s.error().what.startsWith(u"mine.yaml:"_s), qPrintable(s.error().what));
        const QByteArray yaml = text(u"account-numbers"_s).replace("errors: 0.001", "errors: 2");
        const auto line = yaml.left(yaml.indexOf("errors: 2")).count('\n') + 1;
        const auto t = parseScenario(yaml, u"mine.yaml"_s);
        QVERIFY2(t.error().what.startsWith(u"mine.yaml:%1:9"_s.arg(line)), qPrintable(t.error().what));
    }

    void aMissingOneIsSaid()
    {
        const auto s = loadScenario(u"no-such"_s);
        QVERIFY(!s.has_value());
        QCOMPARE(s.error().fault, Fault::NotFound);
        QVERIFY(s.error().sentence().contains(u"account-numbers"_s));
    }

    void weightsArePicked()
    {
        const Mix mix({{u"a"_s, 1}, {u"b"_s, 3}});
        QCOMPARE(mix.pick(0.0), 0);
        QCOMPARE(mix.pick(0.2499), 0);
        QCOMPARE(mix.pick(0.25), 1);
        QCOMPARE(mix.pick(0.999999999), 1);
        QCOMPARE(mix.indexOf(u"c"_s), -1);
    }
};

QTEST_GUILESS_MAIN(TestScenario)
#include "tst_scenario.moc"
