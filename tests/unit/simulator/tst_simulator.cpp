// SPDX-License-Identifier: GPL-3.0-or-later
// The simulator as a running thing, over real sockets, against a listener that stands in for the engine.
#include "services/base/http_client.h"
#include "services/simulator/simulator.h"
#include "services/wire/otlp.h"
#include "tests/unit/simulator/support.h"
#include <QJsonDocument>
#include <csignal>
using namespace simtest;

namespace {
/// Keeps what arrives. status: what it answers to telemetry.
class Engine {
public:
    explicit Engine(quint16 port = 0)
    {
        HttpServerOptions options;
        options.port = port;
        m_server = std::make_unique<HttpServer>(options);
        const auto started = m_server->start([this](const HttpRequest& request) { return take(request); });
        if (!started) qFatal("%s", qPrintable(started.error().sentence()));
    }
    ~Engine() { m_server->stop(); }
    QUrl url() const { return QUrl(u"http://127.0.0.1:%1"_s.arg(m_server->port())); }
    quint16 port() const { return m_server->port(); }
    template <class F> auto with(F f) const
    {
        const std::lock_guard lock(m_mutex);
        return f();
    }
    int spans() const
    {
        return with([this] { return int(m_spans.size()); });
    }
    int beats() const
    {
        return with([this] { return m_beats; });
    }
    std::vector<OtlpSpan> m_spans;
    std::vector<OtlpLog> m_logs;
    std::vector<QJsonObject> m_changes, m_reports;
    std::atomic<int> m_status = 200;
    int m_beats = 0, m_bad = 0;

private:
    HttpResponse take(const HttpRequest& request)
    {
        const std::lock_guard lock(m_mutex);
        if (m_status != 200) return httpError(m_status, u"Not now."_s);
        const auto object = [&] { return QJsonDocument::fromJson(request.body).object(); };
        if (request.path == "/v1/traces") {
            const auto spans = decodeTraces(request.body);
            if (!spans) return ++m_bad, httpError(400, u"bad"_s);
            m_spans.insert(m_spans.end(), spans->begin(), spans->end());
        } else if (request.path == "/v1/logs") {
            const auto logs = decodeLogs(request.body);
            if (!logs) return ++m_bad, httpError(400, u"bad"_s);
            m_logs.insert(m_logs.end(), logs->begin(), logs->end());
        } else if (request.path == "/changes")
            m_changes.push_back(object());
        else if (request.path == "/reports")
            m_reports.push_back(object());
        else if (request.path == "/hooks/alertmanager")
            ++m_beats;
        else
            ++m_bad;
        return {};
    }
    mutable std::mutex m_mutex;
    std::unique_ptr<HttpServer> m_server;
};

SimulatorOptions options(const QUrl& engine, double simulatedSeconds)
{
    SimulatorOptions o;
    o.scenario = scenario(u"account-numbers"_s);
    o.engine = engine;
    o.speed = 50;
    o.maxSimulatedSeconds = simulatedSeconds;
    return o;
}

/// What the world itself says was given, to compare with what arrived.
size_t answersIn(double seconds)
{
    World world(scenario(u"account-numbers"_s), kEpoch);
    world.advanceTo(at(seconds));
    return world.take().answers.size();
}

HttpOutcome call(const QUrl& base, const QString& path, const QByteArray& method = "GET", const QByteArray& body = {},
    std::map<QByteArray, QByteArray> headers = {})
{
    HttpClientRequest request;
    request.method = method;
    request.url = base;
    request.url.setPath(path);
    request.body = body;
    request.headers = std::move(headers);
    return wf::request(request);
}
} // namespace

class TestSimulator : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theStoryArrives()
    {
        Engine engine;
        Simulator simulator(options(engine.url(), 120));
        QVERIFY(simulator.start().has_value());
        QTRY_VERIFY_WITH_TIMEOUT(simulator.finished(), 30'000);
        simulator.stop();
        QCOMPARE(engine.spans(), int(answersIn(120)));
        QCOMPARE(engine.m_bad, 0);
        QCOMPARE(engine.m_changes.size(), size_t(2));
        QCOMPARE(engine.m_reports.size(), size_t(1));
        QVERIFY(engine.beats() > 5);
        QCOMPARE(simulator.stats().waiting, 0);
        QCOMPARE(engine.m_reports[0].value(u"feature"_s).toString(), u"support-copilot"_s);
        const QJsonObject change = engine.m_changes[1];
        for (const char* key : {"id", "time", "actor", "feature", "layer", "from", "to", "summary"})
            QVERIFY2(!change.value(QLatin1StringView(key)).toString().isEmpty(), key);
        QCOMPARE(parseIso(change.value(u"time"_s).toString()).value_or(0) / kMilli,
            (simulator.epoch() + 60 * kSecond) / kMilli);
    }

    void attributesAsAgreed()
    {
        Engine engine;
        Simulator simulator(options(engine.url(), 40));
        QVERIFY(simulator.start().has_value());
        QTRY_VERIFY_WITH_TIMEOUT(simulator.finished(), 30'000);
        simulator.stop();
        QVERIFY(!engine.m_spans.empty() && !engine.m_logs.empty());
        std::set<QByteArray> spanIds;
        for (const OtlpSpan& span : engine.m_spans) {
            spanIds.insert(span.spanId);
            QCOMPARE(span.resource.value(u"service.name"_s).toString(), u"support-copilot"_s);
            QVERIFY(span.resource.value(u"service.instance.id"_s).toString().startsWith(u"copilot-"_s));
            QVERIFY(span.end >= span.start);
            const OtlpAttributes& a = span.attributes;
            QCOMPARE(a.value(u"gen_ai.operation.name"_s).toString(), u"chat"_s);
            QCOMPARE(a.value(u"watchfloor.prompt.version"_s).toString(), u"v41"_s);
            QCOMPARE(a.value(u"watchfloor.cache.generation"_s).toString(), u"c1"_s);
            QCOMPARE(a.value(u"watchfloor.handled_by"_s).toString(), u"model"_s);
            QCOMPARE(a.value(u"gen_ai.request.temperature"_s).toDouble(), 0.2);
            for (const char* name : {"gen_ai.data_source.id", "watchfloor.tools.version",
                     "watchfloor.guardrails.version", "watchfloor.cache.hit", "watchfloor.tenant", "watchfloor.route",
                     "watchfloor.locale", "enduser.pseudo.id"})
                QVERIFY2(a.contains(QLatin1StringView(name)), name);
            if (span.statusCode == 2) continue;
            QCOMPARE(a.value(u"gen_ai.response.model"_s).toString(), u"gpt-5.1-2026-09-30"_s);
            QVERIFY(a.value(u"gen_ai.usage.output_tokens"_s).toLongLong() > 0);
            QCOMPARE(a.value(u"gen_ai.response.finish_reasons"_s).toList().size(), 1);
        }
        for (const OtlpLog& log : engine.m_logs) {
            QVERIFY2(spanIds.contains(log.spanId), "a judgement came before its answer");
            QVERIFY(!log.attributes.value(u"gen_ai.response.id"_s).toString().isEmpty());
            if (log.eventName == u"gen_ai.evaluation.result"_s) {
                QCOMPARE(log.attributes.value(u"gen_ai.evaluation.name"_s).toString(), u"grounded_account_number"_s);
                const double score = log.attributes.value(u"gen_ai.evaluation.score.value"_s).toDouble();
                QVERIFY(score == 0 || score == 1);
            } else
                QCOMPARE(log.eventName, u"watchfloor.feedback"_s);
        }
    }

    void anEngineThatComesBackMissesNothing()
    {
        auto engine = std::make_unique<Engine>();
        const quint16 port = engine->port();
        Simulator simulator(options(engine->url(), 150));
        QVERIFY(simulator.start().has_value());
        QTRY_VERIFY_WITH_TIMEOUT(engine->spans() > 100, 20'000);
        std::map<QByteArray, int> seen;
        std::set<QString> told;
        const auto count = [&](Engine& e) {
            e.with([&] {
                for (const OtlpSpan& span : e.m_spans)
                    ++seen[span.traceId];
                for (const QJsonObject& change : e.m_changes)
                    told.insert(change.value(u"id"_s).toString());
                for (const QJsonObject& report : e.m_reports)
                    told.insert(report.value(u"id"_s).toString());
            });
        };
        engine->m_status = 503;
        QTRY_VERIFY_WITH_TIMEOUT(simulator.stats().waiting > 200, 20'000);
        count(*engine);
        engine.reset();
        QTRY_VERIFY_WITH_TIMEOUT(!simulator.stats().reachable, 20'000);
        QVERIFY(!simulator.stats().problem.isEmpty());
        Engine again(port);
        QTRY_VERIFY_WITH_TIMEOUT(simulator.finished() && simulator.stats().waiting == 0, 40'000);
        simulator.stop();
        count(again);
        QCOMPARE(seen.size(), answersIn(150));
        QCOMPARE(simulator.stats().lost, 0);
        QCOMPARE(told.size(), size_t(3)); // two changes and the report
    }

    void whatIsRefusedForGoodIsNotSentForEver()
    {
        Engine engine;
        engine.m_status = 413;
        Simulator simulator(options(engine.url(), 30));
        QVERIFY(simulator.start().has_value());
        QTRY_VERIFY_WITH_TIMEOUT(simulator.finished() && simulator.stats().waiting == 0, 30'000);
        QVERIFY(simulator.stats().refused >= qint64(answersIn(30)));
        QVERIFY(simulator.stats().problem.contains(u"413"_s));
    }

    void whatWaitsIsBounded()
    {
        World world(scenario(u"account-numbers"_s), kEpoch);
        Courier courier(QUrl(u"http://127.0.0.1:1"_s), 300'000); // not started: everything waits
        for (int t = 10; t <= 90; t += 2) {
            world.advanceTo(at(t));
            courier.send(parcels(world.population(), kEpoch, world.take()));
        }
        const Courier::Stats stats = courier.stats();
        QVERIFY(stats.lost > 0 && stats.waiting > 0);
        QVERIFY(stats.problem.contains(QString::number(stats.lost)));
    }

    void theControlApiOverTheSocket()
    {
        Simulator simulator(options({}, 0));
        QVERIFY(simulator.start().has_value());
        const QUrl base = simulator.controlUrl();
        const HttpOutcome got = call(base, u"/features/support-copilot"_s);
        QCOMPARE(got.status, 200);
        QVERIFY(!got.header("etag").isEmpty());
        const std::map<QByteArray, QByteArray> key{{"Idempotency-Key", "once"}};
        for (int i = 0; i < 3; ++i)
            QCOMPARE(
                call(base, u"/features/support-copilot/route"_s, "PATCH", R"({"human_percent":75})", key).status, 200);
        QCOMPARE(call(base, u"/features/support-copilot/prompt"_s, "PATCH", R"({"version":"v41"})",
                     {{"If-Match", "\"999\""}})
                     .status,
            412);
        QCOMPARE(call(base, u"/nothing"_s).status, 404);
        const QJsonObject counters = QJsonDocument::fromJson(call(base, u"/counters"_s).body).object();
        QCOMPARE(counters.value(u"actions"_s).toObject().value(u"route"_s).toInt(), 1);
        QCOMPARE(counters.value(u"keys"_s).toObject().value(u"once"_s).toObject().value(u"asked"_s).toInt(), 3);
        QCOMPARE(counters.value(u"conflicts"_s).toInt(), 1);
        const QJsonObject health = QJsonDocument::fromJson(call(base, u"/healthz"_s).body).object();
        QCOMPARE(health.value(u"status"_s).toString(), u"ok"_s);
        QCOMPARE(health.value(u"scenario"_s).toString(), u"account-numbers"_s);
    }

    void aTakenPortIsSaid()
    {
        Engine other;
        SimulatorOptions o = options({}, 0);
        o.controlPort = other.port();
        Simulator simulator(std::move(o));
        const Done done = simulator.start();
        QVERIFY(!done.has_value());
        QCOMPARE(done.error().fault, Fault::PortInUse);
    }

    void theVerb_data()
    {
        QTest::addColumn<QStringList>("args");
        QTest::addColumn<int>("status");
        const QString file = QStringLiteral(WF_SOURCE_DIR "/resources/samples/scenarios/calm.yaml");
        QTest::newRow("runs and ends") << QStringList{u"--scenario"_s, file, u"--engine"_s, u"none"_s, u"--for"_s,
            u"5"_s, u"--speed"_s, u"50"_s}
                                       << 0;
        QTest::newRow("unknown option") << QStringList{u"--colour"_s, u"red"_s} << 2;
        QTest::newRow("no value") << QStringList{u"--speed"_s} << 2;
        QTest::newRow("bad speed") << QStringList{u"--speed"_s, u"fast"_s} << 2;
        QTest::newRow("bad epoch") << QStringList{u"--epoch"_s, u"yesterday"_s} << 2;
        QTest::newRow("bad engine") << QStringList{u"--engine"_s, u"ftp://x"_s} << 2;
        QTest::newRow("no such file") << QStringList{u"--scenario"_s, u"./none.yaml"_s} << 2;
        QTest::newRow("help") << QStringList{u"--help"_s} << 0;
    }
    void theVerb()
    {
        QFETCH(QStringList, args);
        QFETCH(int, status);
        QString out, err;
        QTextStream outStream(&out), errStream(&err);
        QCOMPARE(simulateMain(args, outStream, errStream), status);
        QCOMPARE(err.isEmpty(), status == 0);
        if (status || args.contains(u"--help"_s)) return;
        QCOMPARE(out.count(u'\n'), 1);
        const QJsonObject ready = QJsonDocument::fromJson(out.toUtf8()).object();
        QVERIFY(ready.value(u"control"_s).toString().startsWith(u"http://127.0.0.1:"_s));
        QVERIFY(ready.value(u"epoch"_s).toString().toLongLong() > 0);
    }

    void theVerbEndsOnSigterm()
    {
        const QString file = QStringLiteral(WF_SOURCE_DIR "/resources/samples/scenarios/calm.yaml");
        QString out, err;
        QTextStream outStream(&out), errStream(&err);
        // Sent to this very thread once it waits: pending while blocked, so it cannot come too early either.
        sigset_t ends;
        sigemptyset(&ends);
        sigaddset(&ends, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &ends, nullptr);
        pthread_kill(pthread_self(), SIGTERM);
        QCOMPARE(simulateMain({u"--scenario"_s, file, u"--engine"_s, u"none"_s}, outStream, errStream), 0);
        pthread_sigmask(SIG_UNBLOCK, &ends, nullptr);
    }
};

QTEST_GUILESS_MAIN(TestSimulator)
#include "tst_simulator.moc"
