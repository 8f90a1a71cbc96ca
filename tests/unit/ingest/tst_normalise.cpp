// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/ingest/normalise.h"
#include "tests/unit/ingest/fake_sink.h"
#include <QFile>
#include <QTest>
#include <cmath>
#include <functional>

using namespace wf;
using namespace Qt::StringLiterals;

namespace {
constexpr Nanos kSeen = FixedClock::kNow;

OtlpSpan answerSpan()
{
    OtlpSpan s;
    s.resource = {{u"service.name"_s, u"support-copilot"_s}, {u"service.instance.id"_s, u"pod-1"_s},
        {u"cloud.region"_s, u"eu-west-1"_s}};
    s.traceId = QByteArray(16, 't');
    s.spanId = QByteArray(8, 's');
    s.start = kSeen - 2 * kSecond;
    s.end = kSeen - kSecond;
    s.attributes = {
        {u"gen_ai.operation.name"_s, u"chat"_s},
        {u"gen_ai.request.model"_s, u"gpt-5.1"_s},
        {u"gen_ai.response.model"_s, u"gpt-5.1-2026-09-30"_s},
        {u"gen_ai.response.id"_s, u"resp-1"_s},
        {u"gen_ai.request.temperature"_s, 0.2},
        {u"gen_ai.data_source.id"_s, u"kb-11-22"_s},
        {u"gen_ai.usage.output_tokens"_s, qlonglong(268)},
        {u"gen_ai.response.finish_reasons"_s, QVariantList{u"stop"_s}},
        {u"watchfloor.prompt.version"_s, u"v42"_s},
        {u"watchfloor.tools.version"_s, u"7-schemas"_s},
        {u"watchfloor.guardrails.version"_s, u"g3"_s},
        {u"watchfloor.cache.generation"_s, u"c1"_s},
        {u"watchfloor.cache.hit"_s, true},
        {u"watchfloor.handled_by"_s, u"model"_s},
        {u"watchfloor.tenant"_s, u"acme"_s},
        {u"watchfloor.route"_s, u"billing"_s},
        {u"watchfloor.locale"_s, u"de"_s},
        {u"enduser.pseudo.id"_s, u"u-17"_s},
    };
    return s;
}

OtlpLog evaluation(const QVariant& score = 1.0)
{
    OtlpLog log;
    log.traceId = QByteArray(16, 't');
    log.spanId = QByteArray(8, 's');
    log.time = kSeen - kSecond;
    log.eventName = u"gen_ai.evaluation.result"_s;
    log.attributes = {{u"gen_ai.evaluation.name"_s, u"grounded_account_number"_s},
        {u"gen_ai.evaluation.score.value"_s, score}, {u"gen_ai.response.id"_s, u"resp-1"_s}};
    return log;
}

std::map<QString, double> measured(const Batch& batch)
{
    std::map<QString, double> values;
    for (const Observation& o : batch.observations)
        values[o.signal] = o.value;
    return values;
}
} // namespace

class TestNormalise : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aSpanBecomesAnAnswer()
    {
        const Normalised out = normaliseSpans({answerSpan()}, kSeen);
        QCOMPARE(out.batch.source, u"otlp"_s);
        QCOMPARE(out.batch.answers.size(), size_t(1));
        const Answer& a = out.batch.answers.front();
        QCOMPARE(a.t, kSeen - kSecond);
        QCOMPARE(a.seen, kSeen);
        QCOMPARE(a.latencyNs, kSecond);
        QCOMPARE(a.traceId, QByteArray(16, 't'));
        QCOMPARE(a.spanId, QByteArray(8, 's'));
        QCOMPARE(a.responseId, u"resp-1"_s);
        QCOMPARE(a.feature, u"support-copilot"_s);
        const std::array<QString, 7> stack{
            u"gpt-5.1-2026-09-30"_s, u"v42"_s, u"kb-11-22"_s, u"7-schemas"_s, u"0.2"_s, u"g3"_s, u"c1"_s};
        for (const Layer layer : kLayers)
            QCOMPARE(a.stack[layer], stack[size_t(layer)]);
        QCOMPARE(a.slice, (Slice{u"acme"_s, u"billing"_s, u"de"_s, u"eu-west-1"_s, u"pod-1"_s}));
        QCOMPARE(a.recipient, u"u-17"_s);
        QVERIFY(a.fromCache && !a.toHuman && !a.error);
        QCOMPARE(measured(out.batch), (std::map<QString, double>{{u"answer_length"_s, 268}, {u"refusal"_s, 0}}));
        for (const Observation& o : out.batch.observations) {
            QCOMPARE(o.traceId, a.traceId);
            QCOMPARE(o.spanId, a.spanId);
            QCOMPARE(o.responseId, a.responseId);
            QCOMPARE(o.t, a.t);
        }
        QVERIFY(out.firstReason.isEmpty());
    }

    void olderNamesAreFallbacks()
    {
        OtlpSpan s = answerSpan();
        s.attributes.remove(u"gen_ai.response.model"_s);
        s.attributes.remove(u"gen_ai.usage.output_tokens"_s);
        s.attributes.insert(u"gen_ai.usage.completion_tokens"_s, qlonglong(11));
        const Normalised out = normaliseSpans({s}, kSeen);
        QCOMPARE(out.batch.answers.front().stack[Layer::Model], u"gpt-5.1"_s);
        QCOMPARE(measured(out.batch)[u"answer_length"_s], 11.0);

        OtlpLog log = evaluation();
        log.attributes.insert(u"event.name"_s, log.eventName);
        log.eventName.clear();
        QCOMPARE(normaliseLogs({log}, kSeen).batch.observations.size(), size_t(1));
    }

    void refusals()
    {
        for (const QString& word : {u"content_filter"_s, u"refusal"_s}) {
            OtlpSpan s = answerSpan();
            s.attributes[u"gen_ai.response.finish_reasons"_s] = QVariantList{u"stop"_s, word};
            QCOMPARE(measured(normaliseSpans({s}, kSeen).batch)[u"refusal"_s], 1.0);
            s.attributes[u"gen_ai.response.finish_reasons"_s] = word;
            QCOMPARE(measured(normaliseSpans({s}, kSeen).batch)[u"refusal"_s], 1.0);
        }
    }

    void peopleAndFailedCallsAreNotMeasured()
    {
        OtlpSpan human = answerSpan();
        human.attributes[u"watchfloor.handled_by"_s] = u"human"_s;
        OtlpSpan failed = answerSpan();
        failed.statusCode = 2;
        const Normalised out = normaliseSpans({human, failed}, kSeen);
        QCOMPARE(out.batch.answers.size(), size_t(2));
        QVERIFY(out.batch.answers[0].toHuman);
        QVERIFY(out.batch.answers[1].error);
        QVERIFY(out.batch.observations.empty());
    }

    void otherSpansAndLogsArePassedOver()
    {
        OtlpSpan plain = answerSpan(), tool = answerSpan();
        plain.attributes.remove(u"gen_ai.operation.name"_s);
        tool.attributes[u"gen_ai.operation.name"_s] = u"execute_tool"_s;
        const Normalised spans = normaliseSpans({plain, tool}, kSeen);
        QCOMPARE(spans.batch.size(), size_t(0));
        QCOMPARE(spans.rejectedRecords, 0);
        OtlpLog other = evaluation();
        other.eventName = u"something.else"_s;
        const Normalised logs = normaliseLogs({other}, kSeen);
        QCOMPARE(logs.batch.size(), size_t(0));
        QCOMPARE(logs.rejectedRecords, 0);
    }

    void badSpansAreRejectedOneByOne_data()
    {
        QTest::addColumn<std::function<void(OtlpSpan&)>>("spoil");
        QTest::addColumn<QString>("says");
        using Spoil = std::function<void(OtlpSpan&)>;
        QTest::newRow("no trace id") << Spoil([](OtlpSpan& s) { s.traceId.clear(); }) << u"trace and span id"_s;
        QTest::newRow("short span id") << Spoil([](OtlpSpan& s) { s.spanId.chop(1); }) << u"trace and span id"_s;
        QTest::newRow("zero trace id") << Spoil([](OtlpSpan& s) { s.traceId = QByteArray(16, '\0'); })
                                       << u"trace and span id"_s;
        QTest::newRow("no end") << Spoil([](OtlpSpan& s) { s.end = 0; }) << u"no end time"_s;
        QTest::newRow("end out of range") << Spoil([](OtlpSpan& s) { s.end = kTimeOutOfRange; }) << u"out of range"_s;
        QTest::newRow("far ahead") << Spoil([](OtlpSpan& s) { s.end = kSeen + 2 * kDay; }) << u"ahead"_s;
        QTest::newRow("backwards") << Spoil([](OtlpSpan& s) { s.start = s.end + 1; }) << u"ends before it begins"_s;
        QTest::newRow("no feature") << Spoil([](OtlpSpan& s) { s.resource.clear(); }) << u"service.name"_s;
        QTest::newRow("content as name") << Spoil([](OtlpSpan& s) {
            s.attributes[u"watchfloor.tenant"_s] = QString(5000, u'x');
        }) << u"watchfloor.tenant"_s;
    }
    void badSpansAreRejectedOneByOne()
    {
        QFETCH(std::function<void(OtlpSpan&)>, spoil);
        QFETCH(QString, says);
        OtlpSpan bad = answerSpan();
        spoil(bad);
        const Normalised out = normaliseSpans({answerSpan(), bad, answerSpan()}, kSeen);
        QCOMPARE(out.batch.answers.size(), size_t(2));
        QCOMPARE(out.rejectedRecords, 1);
        QCOMPARE(out.batch.rejected.size(), size_t(1));
        QVERIFY2(out.firstReason.contains(says), qPrintable(out.firstReason));
        QCOMPARE(out.batch.rejected.front().digest.size(), 64);
    }

    void badTokenCountCostsOnlyItself()
    {
        for (const QVariant& bad :
            {QVariant(std::nan("")), QVariant(u"many"_s), QVariant(qlonglong(-1)), QVariant(1.0 / 0.0)}) {
            OtlpSpan s = answerSpan();
            s.attributes[u"gen_ai.usage.output_tokens"_s] = bad;
            const Normalised out = normaliseSpans({s}, kSeen);
            QCOMPARE(out.batch.answers.size(), size_t(1));
            QCOMPARE(out.rejectedRecords, 0);
            QCOMPARE(out.batch.rejected.size(), size_t(1));
            QVERIFY(!measured(out.batch).contains(u"answer_length"_s));
        }
    }

    void evaluationsKeepTheirJoinKeys()
    {
        OtlpLog byId = evaluation(qlonglong(0));
        byId.traceId.clear();
        byId.spanId.clear();
        OtlpLog bySpan = evaluation(true);
        bySpan.attributes.remove(u"gen_ai.response.id"_s);
        OtlpLog untimed = evaluation(0.25);
        untimed.time = 0;
        untimed.observed = kSeen - 5;
        const Normalised out = normaliseLogs({evaluation(), byId, bySpan, untimed}, kSeen);
        QCOMPARE(out.rejectedRecords, 0);
        const auto& o = out.batch.observations;
        QCOMPARE(o.size(), size_t(4));
        QCOMPARE(o[0].signal, u"grounded_account_number"_s);
        QCOMPARE(o[0].value, 1.0);
        QCOMPARE(o[0].traceId, QByteArray(16, 't'));
        QCOMPARE(o[0].spanId, QByteArray(8, 's'));
        QCOMPARE(o[0].responseId, u"resp-1"_s);
        QCOMPARE(o[0].t, kSeen - kSecond);
        QCOMPARE(o[0].source, u"otlp"_s);
        QVERIFY(o[0].feature.isEmpty()); // the answer knows; the evaluator's own service name is not the feature
        QVERIFY(o[1].traceId.isEmpty());
        QCOMPARE(o[1].responseId, u"resp-1"_s);
        QCOMPARE(o[1].value, 0.0);
        QVERIFY(o[2].responseId.isEmpty());
        QCOMPARE(o[2].value, 1.0);
        QCOMPARE(o[3].t, kSeen - 5);
    }

    void badEvaluationsAreRejectedOneByOne()
    {
        OtlpLog nameless = evaluation(), lost = evaluation();
        nameless.attributes.remove(u"gen_ai.evaluation.name"_s);
        lost.traceId.clear();
        lost.attributes.remove(u"gen_ai.response.id"_s);
        const Normalised out = normaliseLogs({evaluation(std::nan("")), evaluation(), evaluation(1.0 / 0.0),
                                                 evaluation(u"0.5"_s), evaluation(QVariant()), nameless, lost},
            kSeen);
        QCOMPARE(out.batch.observations.size(), size_t(1));
        QCOMPARE(out.rejectedRecords, 6);
        QVERIFY(out.firstReason.contains(u"gen_ai.evaluation.score.value is missing or not a finite number"_s));
        QVERIFY(out.batch.rejected.back().reason.contains(u"names no answer"_s));
    }

    void feedback()
    {
        OtlpLog log = evaluation();
        log.eventName = u"watchfloor.feedback"_s;
        log.attributes = {{u"watchfloor.feedback.thumbs_down"_s, qlonglong(1)}};
        const Normalised out = normaliseLogs({log}, kSeen);
        QCOMPARE(measured(out.batch), (std::map<QString, double>{{u"thumbs_down"_s, 1}}));
        QCOMPARE(out.batch.observations.front().spanId, log.spanId);
    }

    void capturedFromARealSdk()
    {
        QFile traces(QStringLiteral(WF_SOURCE_DIR "/../shared/peers/samples/otlp-js0.223-traces.pb"));
        QFile logs(QStringLiteral(WF_SOURCE_DIR "/../shared/peers/samples/otlp-js0.223-logs.pb"));
        if (!traces.open(QIODevice::ReadOnly) || !logs.open(QIODevice::ReadOnly))
            QSKIP("The captured SDK requests are not beside this checkout.");
        const Normalised spans = normaliseSpans(*decodeTraces(traces.readAll()), kSeen);
        const Normalised records = normaliseLogs(*decodeLogs(logs.readAll()), kSeen);
        QVERIFY(!spans.batch.answers.empty());
        QVERIFY(!records.batch.observations.empty());
        QVERIFY2(spans.firstReason.isEmpty(), qPrintable(spans.firstReason));
        QVERIFY2(records.firstReason.isEmpty(), qPrintable(records.firstReason));
    }
};

QTEST_GUILESS_MAIN(TestNormalise)
#include "tst_normalise.moc"
