// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/base/gzip.h"
#include "services/base/http_client.h"
#include "services/ingest/ingest_server.h"
#include "services/wire/otlp.h"
#include "tests/unit/ingest/fake_sink.h"
#include <QJsonDocument>
#include <QRandomGenerator>
#include <QTest>
#include <atomic>
#include <cmath>
#include <thread>

using namespace wf;
using namespace Qt::StringLiterals;

namespace {
OtlpSpan answerSpan(char id)
{
    OtlpSpan s;
    s.resource = {{u"service.name"_s, u"support-copilot"_s}};
    s.traceId = QByteArray(16, id);
    s.spanId = QByteArray(8, id);
    s.start = FixedClock::kNow - 2 * kSecond;
    s.end = FixedClock::kNow - kSecond;
    s.attributes = {{u"gen_ai.operation.name"_s, u"chat"_s}, {u"gen_ai.usage.output_tokens"_s, qlonglong(268)}};
    return s;
}

OtlpLog evaluation(double score)
{
    OtlpLog log;
    log.traceId = QByteArray(16, 't');
    log.spanId = QByteArray(8, 's');
    log.time = FixedClock::kNow;
    log.eventName = u"gen_ai.evaluation.result"_s;
    log.attributes = {{u"gen_ai.evaluation.name"_s, u"grounded"_s}, {u"gen_ai.evaluation.score.value"_s, score}};
    return log;
}

const char kAlert[]
    = R"({"version":"4","groupKey":"g","alerts":[{"status":"firing","labels":{"alertname":"A"},"startsAt":"2026-11-23T16:20:00Z","fingerprint":"aa"}]})";
const char kWatchdog[] = R"({"version":"4","alerts":[{"status":"firing","labels":{"alertname":"Watchdog"}}]})";
const char kChange[]
    = R"({"id":"c","time":"2026-11-23T16:00:00Z","actor":"ci","feature":"f","layer":"prompt","from":"v41","to":"v42","summary":"s"})";
const char kReport[]
    = R"({"id":"r","time":"2026-11-23T16:01:00Z","channel":"desk","feature":"f","text":"wrong number"})";

/// The server under test and the ways to talk to it.
struct House {
    explicit House(ReportCallback report = {}, HttpServerOptions limits = {})
        : server(IngestOptions{u"127.0.0.1"_s, 0, limits}, sink, clock, std::move(report))
    {
        port = *server.start();
    }
    HttpOutcome send(const QByteArray& method, const QString& path, const QByteArray& type, const QByteArray& body)
    {
        HttpClientRequest what;
        what.method = method;
        what.url = QUrl(u"http://127.0.0.1:%1%2"_s.arg(port).arg(path));
        if (!type.isEmpty()) what.headers["Content-Type"] = type;
        what.body = body;
        return request(what);
    }
    HttpOutcome otlp(const QString& path, const QByteArray& body)
    {
        return send("POST", path, "application/x-protobuf", body);
    }
    HttpOutcome hook(const QString& path, const QByteArray& body)
    {
        return send("POST", path, "application/json; charset=utf-8", body);
    }

    FakeSink sink;
    FixedClock clock;
    IngestServer server;
    quint16 port = 0;
};
} // namespace

class TestIngestServer : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void telemetryIsStoredThenAcknowledged()
    {
        House house;
        const HttpOutcome spans = house.otlp(u"/v1/traces"_s, encodeTraces({answerSpan('a'), answerSpan('b')}));
        QCOMPARE(spans.status, 200);
        QCOMPARE(spans.header("content-type"), "application/x-protobuf");
        QCOMPARE(spans.body, QByteArray()); // full success
        const HttpOutcome logs = house.otlp(u"/v1/logs"_s, encodeLogs({evaluation(1)}));
        QCOMPARE(logs.status, 200);
        QCOMPARE(house.sink.batches.size(), size_t(2));
        QCOMPARE(house.sink.batches[0].source, u"otlp"_s);
        QCOMPARE(house.sink.batches[0].answers.size(), size_t(2));
        QCOMPARE(house.sink.batches[0].observations.size(), size_t(2));
        QCOMPARE(house.sink.batches[1].observations.front().signal, u"grounded"_s);
        QCOMPARE(house.sink.batches[1].observations.front().spanId, QByteArray(8, 's'));
    }

    void gzipIsAccepted()
    {
        House house;
        HttpClientRequest what;
        what.method = "POST";
        what.url = QUrl(u"http://127.0.0.1:%1/v1/traces"_s.arg(house.port));
        what.headers = {{"Content-Type", "application/x-protobuf"}, {"Content-Encoding", "gzip"}};
        what.body = gzip(encodeTraces({answerSpan('a')}));
        QCOMPARE(request(what).status, 200);
        QCOMPARE(house.sink.batches.front().answers.size(), size_t(1));
        what.body = gzip(QByteArray(100 * 1024 * 1024, '\0'));
        const HttpOutcome bomb = request(what);
        QCOMPARE(bomb.status, 413);
        QCOMPARE(decodeRpcStatus(bomb.body)->code, 8);
        QCOMPARE(house.sink.batches.size(), size_t(1));
    }

    void aNaNScoreCostsOnlyItself()
    {
        House house;
        const HttpOutcome outcome
            = house.otlp(u"/v1/logs"_s, encodeLogs({evaluation(1), evaluation(std::nan("")), evaluation(0)}));
        QCOMPARE(outcome.status, 200);
        const auto partial = decodeExportResponse(outcome.body);
        QCOMPARE(partial->rejected, 1);
        QVERIFY(partial->message.contains(u"not a finite number"_s));
        QCOMPARE(house.sink.batches.front().observations.size(), size_t(2));
        QCOMPARE(house.sink.batches.front().rejected.size(), size_t(1));
    }

    void emptyAndForeignRequestsAreSignsOfLife()
    {
        House house;
        OtlpSpan plain = answerSpan('a');
        plain.attributes.clear();
        QCOMPARE(house.otlp(u"/v1/traces"_s, {}).status, 200);
        QCOMPARE(house.otlp(u"/v1/traces"_s, encodeTraces({plain})).body, QByteArray());
        for (const Batch& batch : house.sink.batches)
            QVERIFY(batch.heartbeat && batch.size() == 0);
        QCOMPARE(house.sink.batches.size(), size_t(2));
    }

    void brokenProtobufIsA400AndCounted()
    {
        House house;
        const HttpOutcome outcome = house.otlp(u"/v1/traces"_s, "\x0a\xff\xff");
        QCOMPARE(outcome.status, 400);
        QCOMPARE(outcome.header("content-type"), "application/x-protobuf");
        const auto status = decodeRpcStatus(outcome.body);
        QCOMPARE(status->code, 3);
        QVERIFY(status->message.contains(u"not a valid OTLP"_s));
        QCOMPARE(house.sink.batches.front().rejected.size(), size_t(1));
        QCOMPARE(house.sink.batches.front().source, u"otlp"_s);
    }

    void noBytesBreakIt()
    {
        House house;
        HttpConnection connection;
        HttpClientRequest what;
        what.method = "POST";
        what.headers["Content-Type"] = "application/x-protobuf";
        QRandomGenerator random(7);
        const QByteArray valid = encodeTraces({answerSpan('a'), answerSpan('b')});
        for (qsizetype n = 0; n <= valid.size(); ++n) {
            what.url = QUrl(u"http://127.0.0.1:%1/v1/%2"_s.arg(house.port).arg(n % 2 ? u"traces"_s : u"logs"_s));
            what.body = valid.left(n);
            HttpOutcome outcome = connection.request(what);
            QVERIFY2(outcome.status == 200 || outcome.status == 400, qPrintable(outcome.sentence));
            what.body = valid;
            for (int i = 0; i < 3; ++i)
                what.body[random.bounded(int(what.body.size()))] = char(random.bounded(256));
            outcome = connection.request(what);
            QVERIFY2(outcome.status == 200 || outcome.status == 400, qPrintable(outcome.sentence));
        }
    }

    void wrongPathMethodAndType()
    {
        House house;
        QCOMPARE(house.otlp(u"/v1/metrics"_s, {}).status, 404);
        QCOMPARE(house.otlp(u"/v1development/profiles"_s, {}).status, 404);
        QCOMPARE(house.hook(u"/nothing"_s, "{}").status, 404);
        const HttpOutcome get = house.send("GET", u"/v1/traces"_s, {}, {});
        QCOMPARE(get.status, 405);
        QCOMPARE(get.header("allow"), "POST");
        QCOMPARE(house.send("POST", u"/healthz"_s, {}, "x").status, 405);
        QCOMPARE(house.send("OPTIONS", u"/changes"_s, {}, {}).status, 405); // no browser is let in
        QCOMPARE(house.send("POST", u"/v1/traces"_s, "text/plain", {}).status, 415);
        QCOMPARE(house.send("POST", u"/changes"_s, "text/plain", kChange).status, 415);
        const HttpOutcome json = house.send("POST", u"/v1/traces"_s, "application/json", "{}");
        QCOMPARE(json.status, 415);
        QCOMPARE(json.header("content-type"), "application/json");
        QVERIFY(
            QJsonDocument::fromJson(json.body).object().value(u"message"_s).toString().contains(u"http/protobuf"_s));
        // Counted for those who look here, not only told to the sender.
        QStringList counted;
        for (const Batch& batch : house.sink.batches) {
            QCOMPARE(batch.size(), size_t(0));
            QCOMPARE(batch.rejected.size(), size_t(1));
            counted += batch.source;
        }
        const QStringList expected{
            u"unknown path"_s, u"unknown path"_s, u"unknown path"_s, u"otlp"_s, u"changes"_s, u"otlp"_s};
        QCOMPARE(counted, expected);
    }

    void health()
    {
        House house;
        const HttpOutcome outcome = house.send("GET", u"/healthz"_s, {}, {});
        QCOMPARE(outcome.status, 200);
        QCOMPARE(QJsonDocument::fromJson(outcome.body).object().value(u"status"_s).toString(), u"ok"_s);
    }

    void hooks()
    {
        House house;
        QCOMPARE(house.hook(u"/hooks/alertmanager"_s, kAlert).status, 200);
        QCOMPARE(house.hook(u"/hooks/alertmanager"_s, kWatchdog).status, 200);
        QCOMPARE(house.hook(u"/changes"_s, kChange).status, 200);
        const HttpOutcome report = house.hook(u"/reports"_s, kReport);
        QCOMPARE(report.status, 200);
        QCOMPARE(QJsonDocument::fromJson(report.body).object().value(u"stored"_s).toInt(), 1);
        QStringList sources;
        for (const Batch& batch : house.sink.batches)
            sources += batch.source;
        QCOMPARE(sources, (QStringList{u"alertmanager"_s, u"infrastructure"_s, u"changes"_s, u"reports"_s}));
        QVERIFY(house.sink.batches[1].heartbeat);
        QVERIFY(house.sink.batches[1].events.empty());
        QVERIFY(house.sink.batches[3].events.front().loud);

        QCOMPARE(house.hook(u"/changes"_s, "{\"a\":" + QByteArray(100, '[') + QByteArray(100, ']') + "}").status, 400);
        QCOMPARE(house.hook(u"/changes"_s, "{}").status, 400);
        QCOMPARE(house.hook(u"/hooks/alertmanager"_s, "nonsense").status, 400);
        QCOMPARE(house.sink.batches.back().rejected.size(), size_t(1));
    }

    void reportsAreFiledOnceInTheRecord()
    {
        QStringList filed;
        std::optional<Error> failure;
        House house([&](const QString& text, Nanos happened, const QString& channel, const QString& feature,
                        const QString& id) -> Done {
            if (failure) return tl::unexpected(*failure);
            filed = {text, isoText(happened), channel, feature, id};
            return {};
        });
        QCOMPARE(house.hook(u"/reports"_s, kReport).status, 200);
        QCOMPARE(filed, (QStringList{u"wrong number"_s, u"2026-11-23T16:01:00.000Z"_s, u"desk"_s, u"f"_s, u"r"_s}));
        QCOMPARE(house.sink.batches.size(), size_t(1));
        QCOMPARE(house.sink.batches.front().source, u"reports"_s);
        QVERIFY(house.sink.batches.front().events.empty()); // its row comes from the record

        failure = Error{Fault::Conflict, u"known"_s, {}, {}};
        const HttpOutcome again = house.hook(u"/reports"_s, kReport);
        QCOMPARE(again.status, 200);
        QCOMPARE(QJsonDocument::fromJson(again.body).object().value(u"duplicate"_s).toInt(), 1);

        failure = Error{Fault::DiskFull, u"The disk is full."_s, {}, {}};
        QCOMPARE(house.hook(u"/reports"_s, kReport).status, 503);
    }

    void nothingIsAcknowledgedThatWasNotStored_data()
    {
        QTest::addColumn<Fault>("fault");
        QTest::addColumn<int>("status");
        QTest::newRow("disk full") << Fault::DiskFull << 503;
        QTest::newRow("io") << Fault::Io << 503;
        QTest::newRow("busy") << Fault::Busy << 503;
        QTest::newRow("read only") << Fault::ReadOnly << 503;
        QTest::newRow("internal") << Fault::Internal << 503;
        QTest::newRow("bad input") << Fault::BadInput << 400;
    }
    void nothingIsAcknowledgedThatWasNotStored()
    {
        QFETCH(Fault, fault);
        QFETCH(int, status);
        House house;
        house.sink.failure = Error{fault, u"The store said no."_s, {}, u"Try again."_s};
        const HttpOutcome otlp = house.otlp(u"/v1/traces"_s, encodeTraces({answerSpan('a')}));
        QCOMPARE(otlp.status, status);
        QCOMPARE(decodeRpcStatus(otlp.body)->message, u"The store said no. Try again."_s);
        for (const auto& [path, body] : {std::pair{u"/hooks/alertmanager"_s, kAlert},
                 {u"/hooks/alertmanager"_s, kWatchdog}, {u"/changes"_s, kChange}, {u"/reports"_s, kReport}}) {
            const HttpOutcome hook = house.hook(path, body);
            QCOMPARE(hook.status, status);
            QCOMPARE(hook.header("retry-after").isEmpty(), status == 400);
            QVERIFY(QJsonDocument::fromJson(hook.body)
                        .object()
                        .value(u"error"_s)
                        .toString()
                        .startsWith(u"The store said no."_s));
        }
        QCOMPARE(otlp.header("retry-after").isEmpty(), status == 400);
        QCOMPARE(house.sink.calls, 5);
        QVERIFY(house.sink.batches.empty());
    }

    void portInUse()
    {
        House house;
        IngestServer second(IngestOptions{u"127.0.0.1"_s, house.port, {}}, house.sink, house.clock);
        const auto refused = second.start();
        QVERIFY(!refused);
        QCOMPARE(refused.error().fault, Fault::PortInUse);
        QVERIFY(refused.error().sentence().contains(QString::number(house.port)));
    }

    void manySendersAtOnce()
    {
        House house;
        std::vector<std::thread> senders;
        std::atomic<int> acknowledged = 0;
        for (int sender = 0; sender < 8; ++sender) {
            senders.emplace_back([&house, &acknowledged, sender] {
                HttpConnection connection;
                HttpClientRequest what;
                what.method = "POST";
                what.url = QUrl(u"http://127.0.0.1:%1/v1/traces"_s.arg(house.port));
                what.headers["Content-Type"] = "application/x-protobuf";
                for (int i = 0; i < 50; ++i) {
                    OtlpSpan s = answerSpan(char('a' + sender));
                    s.spanId = QByteArray(7, 'x') + char(i + 1);
                    what.body = encodeTraces({s});
                    if (connection.request(what).ok()) ++acknowledged;
                }
            });
        }
        for (std::thread& sender : senders)
            sender.join();
        QCOMPARE(acknowledged.load(), 400);
        QCOMPARE(house.sink.batches.size(), size_t(400));
    }
};

QTEST_GUILESS_MAIN(TestIngestServer)
#include "tst_ingest_server.moc"
