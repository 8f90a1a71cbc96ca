// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/wire/otlp.h"
#include <QFile>
#include <QRandomGenerator>
#include <QTest>

using namespace wf;
using namespace Qt::StringLiterals;

namespace {
OtlpSpan span(int i)
{
    OtlpSpan s;
    s.resource = {{u"service.name"_s, u"support-copilot"_s}};
    s.traceId = QByteArray(15, char(7)) + char(i);
    s.spanId = QByteArray(7, char(9)) + char(i);
    s.parentSpanId = QByteArray(8, char(1));
    s.name = u"chat gpt-5.1"_s;
    s.kind = 3;
    s.start = 1'795'453'778'005'000'000;
    s.end = s.start + 350 * kMilli;
    s.attributes = {{u"text"_s, u"grüße"_s}, {u"yes"_s, true}, {u"int"_s, qlonglong(-5)},
        {u"big"_s, std::numeric_limits<qlonglong>::max()}, {u"half"_s, 0.5}, {u"raw"_s, QByteArray("\0\xff", 2)},
        {u"list"_s, QVariantList{u"stop"_s, qlonglong(1)}}, {u"map"_s, QVariantMap{{u"k"_s, u"v"_s}}},
        {u"none"_s, QVariant()}};
    s.statusCode = 2;
    s.statusMessage = u"timeout"_s;
    return s;
}

OtlpLog evaluation()
{
    OtlpLog log;
    log.resource = {{u"service.name"_s, u"judge"_s}};
    log.traceId = QByteArray(16, 'a');
    log.spanId = QByteArray(8, 'b');
    log.time = 5;
    log.observed = 6;
    log.severity = 9;
    log.severityText = u"INFO"_s;
    log.eventName = u"gen_ai.evaluation.result"_s;
    log.body = u"text"_s;
    log.attributes = {{u"gen_ai.evaluation.score.value"_s, 1.0}};
    return log;
}
} // namespace

class TestOtlp : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void spansComeBackAsSent()
    {
        OtlpSpan other = span(3);
        other.resource = {{u"service.name"_s, u"other"_s}};
        const auto spans = decodeTraces(encodeTraces({span(1), span(2), other}));
        QVERIFY(spans);
        QCOMPARE(spans->size(), size_t(3));
        const OtlpSpan& a = spans->front();
        const OtlpSpan b = span(1);
        QCOMPARE(a.traceId, b.traceId);
        QCOMPARE(a.spanId, b.spanId);
        QCOMPARE(a.parentSpanId, b.parentSpanId);
        QCOMPARE(a.name, b.name);
        QCOMPARE(a.kind, b.kind);
        QCOMPARE(a.start, b.start);
        QCOMPARE(a.end, b.end);
        QCOMPARE(a.attributes, b.attributes);
        QCOMPARE(a.statusCode, 2);
        QCOMPARE(a.statusMessage, b.statusMessage);
        QCOMPARE((*spans)[1].spanId, span(2).spanId);
        QCOMPARE((*spans)[2].resource, other.resource);
    }

    void logsComeBackAsSent()
    {
        const auto logs = decodeLogs(encodeLogs({evaluation()}));
        QVERIFY(logs);
        const OtlpLog& a = logs->front();
        const OtlpLog b = evaluation();
        QCOMPARE(a.resource, b.resource);
        QCOMPARE(a.traceId, b.traceId);
        QCOMPARE(a.spanId, b.spanId);
        QCOMPARE(a.time, b.time);
        QCOMPARE(a.observed, b.observed);
        QCOMPARE(a.severity, b.severity);
        QCOMPARE(a.severityText, b.severityText);
        QCOMPARE(a.eventName, b.eventName);
        QCOMPARE(a.body, b.body);
        QCOMPARE(a.attributes, b.attributes);
    }

    /// Bytes written by hand from the specification's field numbers, so that encoder and decoder cannot be wrong
    /// together.
    void readsBytesWrittenByHand()
    {
        const QByteArray keyValue = QByteArray("\x0a\x01"
                                               "k"
                                               "\x12\x03\x0a\x01"
                                               "v",
            8); // key 1, value 2 {string 1}
        const QByteArray resource = QByteArray("\x0a\x08", 2) + keyValue; // attributes 1
        QByteArray record = QByteArray("\x09\x05\0\0\0\0\0\0\0", 9)
            + QByteArray("\x10\x09", 2) // time 1 fixed64, severity 2
            + QByteArray("\x4a\x02\xaa\xbb", 4) + QByteArray("\x52\x01\xcc", 3) // trace 9, span 10
            + QByteArray("\x59\x06\0\0\0\0\0\0\0", 9)
            + QByteArray("\x62\x01"
                         "e",
                3); // observed 11, event name 12
        const QByteArray scope = QByteArray("\x12", 1) + char(record.size()) + record; // log_records 2
        const QByteArray group = QByteArray("\x0a", 1) + char(resource.size()) + resource + QByteArray("\x12", 1)
            + char(scope.size()) + scope;
        const auto logs = decodeLogs(QByteArray("\x0a", 1) + char(group.size()) + group);
        QVERIFY(logs);
        QCOMPARE(logs->size(), size_t(1));
        QCOMPARE(logs->front().resource.value(u"k"_s).toString(), u"v"_s);
        QCOMPARE(logs->front().time, 5);
        QCOMPARE(logs->front().severity, 9);
        QCOMPARE(logs->front().traceId, QByteArray("\xaa\xbb"));
        QCOMPARE(logs->front().spanId, QByteArray("\xcc"));
        QCOMPARE(logs->front().observed, 6);
        QCOMPARE(logs->front().eventName, u"e"_s);
    }

    void invalidTextCostsItsCharactersOnly()
    {
        OtlpSpan marked = span(1);
        marked.name = u"@@@@"_s;
        QByteArray bytes = encodeTraces({marked, span(2)});
        bytes.replace("@@@@", "a\xed\xa0\x80"); // a lone surrogate, as some senders write it
        const auto spans = decodeTraces(bytes);
        QVERIFY(spans);
        QCOMPARE(spans->size(), size_t(2));
        QVERIFY((*spans)[0].name.startsWith(u'a') && (*spans)[0].name.contains(QChar::ReplacementCharacter));
    }

    void timesBeyondInt64AreMarked()
    {
        OtlpSpan s = span(1);
        s.end = -5; // as unsigned: far beyond
        QCOMPARE(decodeTraces(encodeTraces({s}))->front().end, kTimeOutOfRange);
    }

    void emptyRequestIsValid()
    {
        QVERIFY(decodeTraces({})->empty());
        QVERIFY(decodeLogs({})->empty());
    }

    void everyTruncationIsRefusedOrRead()
    {
        const QByteArray traces = encodeTraces({span(1), span(2)}), logs = encodeLogs({evaluation(), evaluation()});
        int refused = 0;
        for (qsizetype n = 0; n < traces.size(); ++n) {
            const auto spans = decodeTraces(traces.left(n));
            if (!spans) ++refused;
            QVERIFY(spans ? spans->size() < 2 : spans.error().fault == Fault::BadInput);
        }
        QCOMPARE(refused, int(traces.size()) - 1); // one resource: every cut but the empty one breaks a length
        for (qsizetype n = 0; n < logs.size(); ++n)
            (void)decodeLogs(logs.left(n));
    }

    void randomBytesNeverCrash()
    {
        QRandomGenerator random(20261123);
        const QByteArray valid = encodeTraces({span(1), span(2)});
        for (int round = 0; round < 20'000; ++round) {
            QByteArray bytes = valid;
            if (round % 2) {
                bytes.resize(random.bounded(200));
                for (char& c : bytes)
                    c = char(random.bounded(256));
            } else {
                for (int i = 0; i < 4; ++i)
                    bytes[random.bounded(int(bytes.size()))] = char(random.bounded(256));
            }
            const auto spans = decodeTraces(bytes);
            QVERIFY(spans || spans.error().fault == Fault::BadInput);
            const auto logs = decodeLogs(bytes);
            QVERIFY(logs || logs.error().fault == Fault::BadInput);
        }
    }

    void deepNestingIsRefused()
    {
        QByteArray value;
        const auto wrap = [&](char field) {
            QByteArray length;
            auto n = quint64(value.size());
            for (; n > 127; n >>= 7)
                length += char((n & 127) | 128);
            value = field + (length + char(n)) + value;
        };
        const auto nested = [&](int depth) {
            value.clear();
            for (int i = 0; i < depth; ++i) {
                wrap(0x0a); // ArrayValue.values
                wrap(0x2a); // AnyValue.array_value
            }
            wrap(0x12); // KeyValue.value
            for (int i = 0; i < 3; ++i)
                wrap(0x0a); // Resource.attributes, ResourceLogs.resource, the request
        };
        nested(10);
        QVERIFY(decodeLogs(value));
        nested(5'000);
        QVERIFY(!decodeLogs(value));
    }

    void responses()
    {
        QCOMPARE(encodeExportResponse({}), QByteArray()); // full success: partial_success must be unset
        const auto partial = decodeExportResponse(encodeExportResponse({3, u"bad score"_s}));
        QCOMPARE(partial->rejected, 3);
        QCOMPARE(partial->message, u"bad score"_s);
        const auto status = decodeRpcStatus(encodeRpcStatus(14, u"disk full"_s));
        QCOMPARE(status->code, 14);
        QCOMPARE(status->message, u"disk full"_s);
        QCOMPARE(encodeRpcStatus(3, u"x"_s), QByteArray("\x08\x03\x12\x01x"));
    }

    /// Bytes captured from the OpenTelemetry SDK for JavaScript, where a developer has them.
    void capturedFromARealSdk()
    {
        QFile traces(QStringLiteral(WF_SOURCE_DIR "/../shared/peers/samples/otlp-js0.223-traces.pb"));
        QFile logs(QStringLiteral(WF_SOURCE_DIR "/../shared/peers/samples/otlp-js0.223-logs.pb"));
        if (!traces.open(QIODevice::ReadOnly) || !logs.open(QIODevice::ReadOnly))
            QSKIP("The captured SDK requests are not beside this checkout.");
        const auto spans = decodeTraces(traces.readAll());
        const auto records = decodeLogs(logs.readAll());
        QVERIFY(spans && records);
        QVERIFY(!spans->empty() && !records->empty());
        for (const OtlpSpan& s : *spans) {
            QCOMPARE(s.traceId.size(), 16);
            QCOMPARE(s.spanId.size(), 8);
            QVERIFY(s.end >= s.start && !s.resource.isEmpty());
        }
    }
};

QTEST_GUILESS_MAIN(TestOtlp)
#include "tst_otlp.moc"
