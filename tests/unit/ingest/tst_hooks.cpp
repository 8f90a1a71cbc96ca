// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/ingest/alertmanager.h"
#include "services/ingest/changes.h"
#include "services/ingest/json_body.h"
#include "services/ingest/reports.h"
#include "tests/unit/ingest/fake_sink.h"
#include <QDir>
#include <QTest>

using namespace wf;
using namespace Qt::StringLiterals;

namespace {
constexpr Nanos kSeen = FixedClock::kNow;

QJsonObject json(const QByteArray& text)
{
    return *readJsonObject(text);
}

const char kMixed[]
    = R"({"version":"4","groupKey":"{}:{a=b}","status":"firing","receiver":"console","truncatedAlerts":2,
 "alerts":[
  {"status":"firing","labels":{"alertname":"LatencyHigh","feature":"support-copilot","severity":"warning"},
   "annotations":{"summary":"p99 latency 4 s","description":"eu-west-1"},
   "startsAt":"2026-11-23T16:20:00.5Z","endsAt":"0001-01-01T00:00:00Z","fingerprint":"aa"},
  {"status":"resolved","labels":{"alertname":"QueueLong"},"annotations":{},
   "startsAt":"2026-11-23T16:00:00Z","endsAt":"2026-11-23T16:25:00Z","fingerprint":"bb"},
  {"status":"firing","labels":{"alertname":"Watchdog"},"annotations":{},"startsAt":"2026-11-23T00:00:00Z","endsAt":"0001-01-01T00:00:00Z"},
  {"status":"firing","labels":{"alertname":"Broken"},"startsAt":"yesterday"},
  {"status":"sleeping","labels":{"alertname":"Odd"},"startsAt":"2026-11-23T16:00:00Z"},
  17
 ]})";
} // namespace

class TestHooks : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void alertmanagerMixed()
    {
        const auto batches = alertmanagerBatches(json(kMixed), kSeen);
        QVERIFY(batches);
        QCOMPARE(batches->size(), size_t(2));
        const Batch& beat = batches->front();
        QCOMPARE(beat.source, u"infrastructure"_s);
        QVERIFY(beat.heartbeat && beat.size() == 0);

        const Batch& alerts = batches->back();
        QCOMPARE(alerts.source, u"alertmanager"_s);
        QVERIFY(!alerts.heartbeat);
        QCOMPARE(alerts.events.size(), size_t(3));
        QCOMPARE(alerts.rejected.size(), size_t(3));

        const TimelineEvent& firing = alerts.events[0];
        QCOMPARE(firing.kind, EventKind::Alert);
        QCOMPARE(firing.title, u"p99 latency 4 s"_s);
        QCOMPARE(firing.detail, u"LatencyHigh · warning · eu-west-1"_s);
        QCOMPARE(firing.feature, u"support-copilot"_s);
        QCOMPARE(isoText(firing.t), u"2026-11-23T16:20:00.500Z"_s);
        QCOMPARE(firing.seen, kSeen);
        const TimelineEvent& resolved = alerts.events[1];
        QCOMPARE(resolved.title, u"Resolved: QueueLong"_s);
        QCOMPARE(isoText(resolved.t), u"2026-11-23T16:25:00.000Z"_s);
        QVERIFY(firing.dedupKey != resolved.dedupKey);

        const TimelineEvent& truncated = alerts.events[2];
        QCOMPARE(truncated.kind, EventKind::System);
        QVERIFY(truncated.loud);
        QVERIFY(truncated.title.contains(u"2 alerts"_s));
    }

    void sameMessageAgainHasTheSameKeys()
    {
        const auto first = alertmanagerBatches(json(kMixed), kSeen),
                   again = alertmanagerBatches(json(kMixed), kSeen + kMinute);
        for (size_t i = 0; i < first->back().events.size(); ++i)
            QCOMPARE(again->back().events[i].dedupKey, first->back().events[i].dedupKey);
    }

    void watchdogAloneMakesNoRow()
    {
        const auto batches = alertmanagerBatches(
            json(R"({"version":"4","alerts":[{"status":"firing","labels":{"alertname":"Watchdog"}}]})"), kSeen);
        QCOMPARE(batches->size(), size_t(1));
        QVERIFY(batches->front().heartbeat);
        // A resolved watchdog is the opposite of a sign of life.
        const auto ended
            = alertmanagerBatches(json(R"({"alerts":[{"status":"resolved","labels":{"alertname":"Watchdog"},
            "startsAt":"2026-11-23T16:00:00Z","endsAt":"2026-11-23T16:25:00Z"}]})"),
                kSeen);
        QCOMPARE(ended->size(), size_t(1));
        QVERIFY(!ended->front().heartbeat);
        QCOMPARE(ended->front().events.size(), size_t(1));
    }

    void alertmanagerRefusals()
    {
        QVERIFY(!alertmanagerBatches(json(R"({"version":"1","alerts":[]})"), kSeen));
        QVERIFY(!alertmanagerBatches(json(R"({"version":"4"})"), kSeen));
        QVERIFY(alertmanagerBatches(json(R"({"version":"4","alerts":[]})"), kSeen)->empty());
    }

    void capturedFromARealAlertmanager()
    {
        const QDir samples(QStringLiteral(WF_SOURCE_DIR "/../shared/peers/samples"));
        const QStringList names = samples.entryList({u"alertmanager-v4-*.json"_s});
        if (names.isEmpty()) QSKIP("The captured Alertmanager messages are not beside this checkout.");
        for (const QString& name : names) {
            QFile file(samples.filePath(name));
            QVERIFY(file.open(QIODevice::ReadOnly));
            const QJsonObject payload = json(file.readAll()).value(u"body"_s).toObject();
            const auto batches = alertmanagerBatches(payload, kSeen + kHour);
            QVERIFY2(batches, qPrintable(name));
            QVERIFY2(batches->back().rejected.empty(), qPrintable(name));
            QVERIFY(batches->back().events.size() > 0);
        }
    }

    void change()
    {
        const auto batch = changeBatch(
            json(R"({"id":"rel-7","time":"2026-11-23T16:00:00Z","actor":"ci-release","feature":"support-copilot",
            "layer":"prompt","from":"v41","to":"v42","summary":"prompt v42 rolls out","secret":"x"})"),
            kSeen);
        QVERIFY(batch);
        QCOMPARE(batch->source, u"changes"_s);
        const TimelineEvent& row = batch->events.front();
        QCOMPARE(row.kind, EventKind::Change);
        QCOMPARE(row.actor, u"ci-release"_s);
        QCOMPARE(row.title, u"prompt v42 rolls out"_s);
        QCOMPARE(row.detail, u"prompt v41 → v42"_s);
        QCOMPARE(row.dedupKey, u"changes|rel-7"_s);
        QCOMPARE(row.body,
            (QJsonObject{{u"layer"_s, u"prompt"_s}, {u"from"_s, u"v41"_s}, {u"to"_s, u"v42"_s},
                {u"feature"_s, u"support-copilot"_s}}));
    }

    void changeWithLittle()
    {
        const QJsonObject small = json(R"({"time":"2026-11-23T16:00:00Z","feature":"f","layer":"model","to":"m2"})");
        const auto one = changeBatch(small, kSeen), two = changeBatch(small, kSeen + kMinute);
        QCOMPARE(one->events.front().title, u"model ? → m2"_s);
        QCOMPARE(one->events.front().dedupKey, two->events.front().dedupKey);
        for (const char* bad :
            {R"({"feature":"f","layer":"model"})", R"({"time":"2026-11-23","feature":"f","layer":"model"})",
                R"({"time":"2026-11-23T16:00:00Z","layer":"model"})",
                R"({"time":"2026-11-23T16:00:00Z","feature":"f"})",
                R"({"time":"2031-11-23T16:00:00Z","feature":"f","layer":"model"})"})
            QVERIFY2(!changeBatch(json(bad), kSeen), bad);
    }

    void report()
    {
        const QJsonObject sent = json(
            R"({"id":"t-1","time":"2026-11-23T16:01:00Z","channel":"support desk","feature":"support-copilot","text":"Wrong account number\nfor two callers"})");
        const auto read = readReport(sent, kSeen);
        QVERIFY(read);
        const TimelineEvent row = reportRow(*read, kSeen);
        QCOMPARE(row.kind, EventKind::Report);
        QVERIFY(row.loud);
        QCOMPARE(row.title, u"Wrong account number"_s);
        QCOMPARE(row.detail, u"for two callers"_s);
        QCOMPARE(row.actor, u"support desk"_s);
        QCOMPARE(row.dedupKey, u"reports|t-1"_s);
        QVERIFY(!readReport(json(R"({"time":"2026-11-23T16:01:00Z"})"), kSeen));
        QVERIFY(!readReport(json(R"({"text":"x"})"), kSeen));
    }

    void jsonIsReadDefensively()
    {
        QVERIFY(readJsonObject(R"({"a":")" + QByteArray(200, '[') + R"("})")); // brackets inside a text are not depth
        QVERIFY(readJsonObject("{\"a\":" + QByteArray(63, '[') + QByteArray(63, ']') + "}"));
        const auto deep = readJsonObject("{\"a\":" + QByteArray(64, '[') + QByteArray(64, ']') + "}");
        QVERIFY(!deep && deep.error().what.contains(u"deeper than 64"_s));
        QVERIFY(!readJsonObject("{\"a\":" + QByteArray(1'000'000, '[')));
        for (const char* bad : {"", "{", "[]", "17", "{\"a\":}", "{'a':1}", "\xff\xfe"})
            QVERIFY2(!readJsonObject(bad), bad);
        const QJsonObject odd = json(R"({"t":"a\ud800b\u0000c\nd","n":5})");
        QCOMPARE(textMember(odd, u"t"_s),
            u"a\xfffd"
            u"b c d"_s);
        QCOMPARE(paragraphMember(odd, u"t"_s),
            u"a\xfffd"
            u"b c\nd"_s);
        QCOMPARE(textMember(odd, u"t"_s, 1), u"a…"_s);
        QVERIFY(textMember(odd, u"n"_s).isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestHooks)
#include "tst_hooks.moc"
