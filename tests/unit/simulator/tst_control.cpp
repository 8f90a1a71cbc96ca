// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/simulator/control.h"
#include "tests/unit/simulator/support.h"
#include <QJsonDocument>
using namespace simtest;

namespace {
const QByteArray kFeature = "/features/support-copilot";

struct Desk {
    World world{scenario(u"account-numbers"_s), kEpoch};
    Control control{world};
    HttpResponse call(const QByteArray& method, const QByteArray& path, const QByteArray& body = {},
        std::map<QByteArray, QByteArray> headers = {}, double seconds = 200)
    {
        return control.answer({method, path, {}, std::move(headers), body}, simtest::at(seconds));
    }
    QJsonObject get(const QByteArray& path) { return QJsonDocument::fromJson(call("GET", path).body).object(); }
    int done(const QString& action) { return get("/counters").value(u"actions"_s).toObject().value(action).toInt(-1); }
};

QJsonObject bodyOf(const HttpResponse& response)
{
    return QJsonDocument::fromJson(response.body).object();
}
} // namespace

class TestControl : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void settingsAndTheirTag()
    {
        Desk desk;
        desk.world.advanceTo(at(200));
        const HttpResponse first = desk.call("GET", kFeature);
        QCOMPARE(first.status, 200);
        QVERIFY(!first.headers.at("ETag").isEmpty());
        QCOMPARE(bodyOf(first),
            (QJsonObject{{u"prompt"_s, u"v42"_s}, {u"model"_s, u"gpt-5.1-2026-09-30"_s}, {u"index"_s, u"kb-11-22"_s},
                {u"human_percent"_s, 0}, {u"cache_generation"_s, u"c1"_s}}));
        QCOMPARE(desk.call("GET", kFeature).headers, first.headers);
        const HttpResponse pinned = desk.call("PATCH", kFeature + "/prompt", R"({"version":"v41"})");
        QCOMPARE(pinned.status, 200);
        QCOMPARE(bodyOf(pinned).value(u"prompt"_s).toString(), u"v41"_s);
        QVERIFY(pinned.headers.at("ETag") != first.headers.at("ETag"));
    }

    void everyActionActsAndIsCounted()
    {
        Desk desk;
        QCOMPARE(desk.call("PATCH", kFeature + "/prompt", R"({"version":"v41"})").status, 200);
        QCOMPARE(desk.call("PATCH", kFeature + "/index", R"({"version":"kb-11-21"})").status, 200);
        QCOMPARE(desk.call("PATCH", kFeature + "/model", R"({"version":"gpt-5.1-2026-09-30"})").status, 200);
        QCOMPARE(desk.call("PATCH", kFeature + "/route", R"({"human_percent":75})").status, 200);
        QCOMPARE(desk.call("POST", kFeature + "/cache/purge", R"({"generation":"c2"})").status, 200);
        QCOMPARE(desk.get(kFeature),
            (QJsonObject{{u"prompt"_s, u"v41"_s}, {u"model"_s, u"gpt-5.1-2026-09-30"_s}, {u"index"_s, u"kb-11-21"_s},
                {u"human_percent"_s, 75}, {u"cache_generation"_s, u"c2"_s}}));
        for (const char* action : {"prompt", "index", "model", "route", "cache/purge"})
            QCOMPARE(desk.done(QString::fromLatin1(action)), 1);
    }

    void aRepeatedKeyActsOnce()
    {
        Desk desk;
        const auto send = [&](double seconds) {
            return desk.call(
                "PATCH", kFeature + "/route", R"({"human_percent":75})", {{"idempotency-key", "k-1"}}, seconds);
        };
        const HttpResponse first = send(200);
        desk.call("PATCH", kFeature + "/route", R"({"human_percent":0})", {{"idempotency-key", "k-2"}}, 210);
        const HttpResponse again = send(220);
        QCOMPARE(again.status, 200);
        QCOMPARE(again.body, first.body);
        QCOMPARE(desk.get(kFeature).value(u"human_percent"_s).toInt(), 0); // the repeat did not act
        QCOMPARE(desk.done(u"route"_s), 2);
        const QJsonObject key = desk.get("/counters").value(u"keys"_s).toObject().value(u"k-1"_s).toObject();
        QCOMPARE(key, (QJsonObject{{u"action"_s, u"route"_s}, {u"done"_s, 1}, {u"asked"_s, 2}}));
        // The same key for something else is a mistake of the caller, not a repeat.
        QCOMPARE(
            desk.call("PATCH", kFeature + "/route", R"({"human_percent":50})", {{"idempotency-key", "k-1"}}).status,
            422);
        QCOMPARE(desk.done(u"route"_s), 2);
    }

    void compareAndSet()
    {
        Desk desk;
        desk.world.advanceTo(at(200));
        const QByteArray tag = desk.call("GET", kFeature).headers.at("ETag");
        const std::map<QByteArray, QByteArray> headers{{"if-match", tag}, {"idempotency-key", "k-1"}};
        QCOMPARE(desk.call("PATCH", kFeature + "/route", R"({"human_percent":10})").status, 200); // somebody else
        const HttpResponse stale = desk.call("PATCH", kFeature + "/prompt", R"({"version":"v41"})", headers);
        QCOMPARE(stale.status, 412);
        QVERIFY(bodyOf(stale).value(u"error"_s).toString().contains(u"Nothing was changed"_s));
        QCOMPARE(desk.done(u"prompt"_s), 0);
        QCOMPARE(desk.get(kFeature).value(u"prompt"_s).toString(), u"v42"_s);
        // A refused call does not use up its key: it may come again with the tag of now.
        const QByteArray fresh = desk.call("GET", kFeature).headers.at("ETag");
        QCOMPARE(desk.call("PATCH", kFeature + "/prompt", R"({"version":"v41"})",
                         {{"if-match", fresh}, {"idempotency-key", "k-1"}})
                     .status,
            200);
        QCOMPARE(desk.done(u"prompt"_s), 1);
    }

    void aRolloutChangesTheTag()
    {
        Desk desk;
        desk.world.advanceTo(at(50));
        const QByteArray before = desk.call("GET", kFeature).headers.at("ETag");
        // The tag is of the moment of the call: the rollout at 60 s lies between.
        QCOMPARE(
            desk.call("PATCH", kFeature + "/prompt", R"({"version":"v41"})", {{"if-match", before}}, 61).status, 412);
    }

    void refusals_data()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<QByteArray>("path");
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<int>("status");
        const auto row = [](const char* name, const QByteArray& method, const QByteArray& path, const QByteArray& body,
                             int status) { QTest::newRow(name) << method << path << body << status; };
        row("unknown path", "GET", "/features", {}, 404);
        row("other feature", "PATCH", "/features/other/prompt", R"({"version":"v41"})", 404);
        row("unknown action", "PATCH", kFeature + "/colour", "{}", 404);
        row("path behind an action", "PATCH", kFeature + "/prompt/x", "{}", 404);
        row("wrong method", "POST", kFeature + "/prompt", R"({"version":"v41"})", 405);
        row("delete", "DELETE", kFeature, {}, 405);
        row("not JSON", "PATCH", kFeature + "/prompt", R"({"version":)", 400);
        row("empty", "PATCH", kFeature + "/prompt", {}, 400);
        row("not an object", "PATCH", kFeature + "/prompt", "[1]", 400);
        row("no version", "PATCH", kFeature + "/prompt", R"({"ver":"v41"})", 400);
        row("version a number", "PATCH", kFeature + "/prompt", R"({"version":41})", 400);
        row("unknown version", "PATCH", kFeature + "/prompt", R"({"version":"v99"})", 422);
        row("a prompt is no model", "PATCH", kFeature + "/model", R"({"version":"v41"})", 422);
        row("percent too high", "PATCH", kFeature + "/route", R"({"human_percent":101})", 400);
        row("percent below", "PATCH", kFeature + "/route", R"({"human_percent":-1})", 400);
        row("half a percent", "PATCH", kFeature + "/route", R"({"human_percent":12.5})", 400);
        row("percent as text", "PATCH", kFeature + "/route", R"({"human_percent":"75"})", 400);
        row("percent true", "PATCH", kFeature + "/route", R"({"human_percent":true})", 400);
        row("no generation", "POST", kFeature + "/cache/purge", "{}", 400);
        row("replay unknown", "POST", kFeature + "/replay", R"({"prompt":"v99","count":5})", 422);
        row("replay none", "POST", kFeature + "/replay", R"({"prompt":"v41","count":0})", 400);
    }

    void refusals()
    {
        QFETCH(QByteArray, method);
        QFETCH(QByteArray, path);
        QFETCH(QByteArray, body);
        QFETCH(int, status);
        Desk desk;
        desk.world.advanceTo(at(200));
        const QByteArray before = desk.call("GET", kFeature).headers.at("ETag");
        const HttpResponse response = desk.call(method, path, body);
        QCOMPARE(response.status, status);
        QVERIFY(bodyOf(response).value(u"error"_s).toString().size() > 20);
        QCOMPARE(desk.call("GET", kFeature).headers.at("ETag"), before);
        for (const QJsonValue& times : desk.get("/counters").value(u"actions"_s).toObject())
            QCOMPARE(times.toInt(), 0);
    }

    void replayIsReadOnlyAndRepeats()
    {
        Desk desk;
        desk.world.advanceTo(at(300));
        const QByteArray before = desk.call("GET", kFeature).headers.at("ETag");
        const auto ask = [&](const char* prompt) {
            const QJsonObject body{{u"prompt"_s, QString::fromLatin1(prompt)}, {u"count"_s, 200}};
            return bodyOf(desk.call("POST", kFeature + "/replay", QJsonDocument(body).toJson(), {}, 300));
        };
        const QJsonObject good = ask("v41"), bad = ask("v42");
        QCOMPARE(good.value(u"n"_s).toInt(), 200);
        WF_NEAR((Share{good.value(u"pass"_s).toInt(), 200}), 0.957);
        WF_NEAR((Share{bad.value(u"pass"_s).toInt(), 200}), 0.69); // the failing ones are more often about accounts
        QCOMPARE(ask("v41"), good);
        QCOMPARE(desk.call("GET", kFeature).headers.at("ETag"), before);
        QCOMPARE(desk.get("/counters").value(u"replays"_s).toInt(), 3);
        World untouched(scenario(u"account-numbers"_s), kEpoch);
        desk.world.take();
        untouched.advanceTo(at(300)), untouched.take();
        desk.world.advanceTo(at(310)), untouched.advanceTo(at(310));
        const Telemetry a = desk.world.take(), b = untouched.take();
        QCOMPARE(parcels(desk.world.population(), kEpoch, a).front().body,
            parcels(untouched.population(), kEpoch, b).front().body);
    }

    void replayBeforeAnythingFailed()
    {
        Desk desk;
        const QJsonObject none
            = bodyOf(desk.call("POST", kFeature + "/replay", R"({"prompt":"v41","count":200})", {}, 1));
        QCOMPARE(none.value(u"n"_s).toInt(-1), 0); // says so; nothing is made up
    }
};

QTEST_GUILESS_MAIN(TestControl)
#include "tst_control.moc"
