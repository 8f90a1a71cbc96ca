// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/ingest/ingest_server.h"
#include "models/domain/canonical_json.h"
#include "services/ingest/alertmanager.h"
#include "services/ingest/changes.h"
#include "services/ingest/json_body.h"
#include "services/ingest/normalise.h"
#include "services/ingest/reports.h"
#include <QJsonDocument>

namespace wf {
namespace {
using namespace Qt::StringLiterals;

constexpr char kProtobuf[] = "application/x-protobuf";
constexpr char kJson[] = "application/json";

/// gRPC's number for an HTTP status, for google.rpc.Status.
int rpcCode(int status)
{
    switch (status) {
    case 400:
    case 415:
    case 431:
        return 3; // invalid argument
    case 403:
        return 7; // permission denied
    case 404:
    case 405:
        return 12; // unimplemented
    case 413:
        return 8; // resource exhausted
    case 503:
        return 14; // unavailable
    default:
        return 13; // internal
    }
}

bool isOtlp(const QByteArray& path)
{
    return path.startsWith("/v1/");
}

QByteArray mediaType(const HttpRequest& request)
{
    const QByteArray type = request.header("content-type");
    return type.left(type.indexOf(';') < 0 ? type.size() : type.indexOf(';')).trimmed().toLower();
}

/// OTLP senders are owed a google.rpc.Status in the type they sent; all others read {"error": …}.
HttpResponse refusal(const HttpRequest& request, int status, const QString& sentence)
{
    if (!isOtlp(request.path)) return httpError(status, sentence);
    HttpResponse response;
    response.status = status;
    if (mediaType(request) == kJson) {
        response.body = QJsonDocument(QJsonObject{{u"code"_s, rpcCode(status)}, {u"message"_s, sentence}})
                            .toJson(QJsonDocument::Compact);
    } else {
        response.contentType = kProtobuf;
        response.body = encodeRpcStatus(rpcCode(status), sentence);
    }
    return response;
}

/// Only what is the sender's fault is a 4xx: those are never sent again. Everything else may pass, so it is a 503,
/// which exporters and Alertmanager retry (they give up on 429 and most 5xx).
HttpResponse faultAnswer(const HttpRequest& request, const Error& error)
{
    switch (error.fault) {
    case Fault::BadInput:
        return refusal(request, 400, error.sentence());
    case Fault::Refused:
        return refusal(request, 403, error.sentence());
    default:
        break;
    }
    HttpResponse response = refusal(request, 503, error.sentence());
    response.headers["Retry-After"] = error.fault == Fault::Busy ? "1" : "5";
    return response;
}

HttpResponse jsonAnswer(const QJsonObject& object)
{
    HttpResponse response;
    response.body = QJsonDocument(object).toJson(QJsonDocument::Compact);
    return response;
}

HttpServerOptions serverOptions(const IngestOptions& options)
{
    HttpServerOptions server = options.limits;
    server.address = options.address;
    server.port = options.port;
    server.refusal = refusal;
    return server;
}

} // namespace

struct IngestServer::Route {
    QByteArray path, method, contentType;
    const char* source; ///< counts what was sent here and could not be taken
    HttpResponse (IngestServer::*serve)(const HttpRequest&);
};

const std::vector<IngestServer::Route>& IngestServer::routes()
{
    static const std::vector<Route> table{
        {"/v1/traces", "POST", kProtobuf, "otlp", &IngestServer::traces},
        {"/v1/logs", "POST", kProtobuf, "otlp", &IngestServer::logs},
        {"/hooks/alertmanager", "POST", kJson, "alertmanager", &IngestServer::alerts},
        {"/changes", "POST", kJson, "changes", &IngestServer::changes},
        {"/reports", "POST", kJson, "reports", &IngestServer::reports},
        {"/healthz", "GET", {}, nullptr, &IngestServer::health},
    };
    return table;
}

IngestServer::IngestServer(IngestOptions options, TelemetrySink& sink, const Clock& clock, ReportCallback fileReport)
    : m_sink(sink)
    , m_clock(clock)
    , m_fileReport(std::move(fileReport))
    , m_server(serverOptions(options))
{
}

IngestServer::~IngestServer() = default;

Result<quint16> IngestServer::start()
{
    return m_server.start([this](const HttpRequest& request) { return handle(request); });
}

void IngestServer::stop()
{
    m_server.stop();
}

HttpResponse IngestServer::handle(const HttpRequest& request)
{
    const Route* route = nullptr;
    for (const Route& candidate : routes()) {
        if (candidate.path == request.path) route = &candidate;
    }
    if (!route) {
        const QString sentence
            = u"Nothing is received at this path and nothing was stored. Paths: /v1/traces, /v1/logs, /hooks/alertmanager, /changes, /reports."_s;
        // Somebody sends what nobody takes: that is a mistake to be seen here too. A browser that looks is not.
        if (request.method == "POST") quarantine("unknown path", request, {Fault::NotFound, sentence, {}, {}});
        return refusal(request, 404, sentence);
    }
    if (request.method != route->method) {
        HttpResponse response
            = refusal(request, 405, u"Only %1 is understood at this path."_s.arg(QString::fromLatin1(route->method)));
        response.headers["Allow"] = route->method;
        return response;
    }
    // A web page can send any body to this machine unasked, but not with these types: its browser would have to ask
    // first.
    if (const QByteArray type = mediaType(request); !route->contentType.isEmpty() && type != route->contentType) {
        const QString sentence = isOtlp(request.path) && type == kJson
            ? u"OTLP as JSON is not understood yet; nothing was stored. Set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf."_s
            : u"The Content-Type must be %1; nothing was stored."_s.arg(QString::fromLatin1(route->contentType));
        quarantine(route->source, request, {Fault::BadInput, sentence, {}, {}});
        return refusal(request, 415, sentence);
    }
    return (this->*route->serve)(request);
}

// ---- telemetry
// ---------------------------------------------------------------------------------------------------------

HttpResponse IngestServer::traces(const HttpRequest& request)
{
    const auto spans = decodeTraces(request.body);
    if (!spans) {
        quarantine("otlp", request, spans.error());
        return faultAnswer(request, spans.error());
    }
    return storeTelemetry(request, normaliseSpans(*spans, m_clock.now()));
}

HttpResponse IngestServer::logs(const HttpRequest& request)
{
    const auto records = decodeLogs(request.body);
    if (!records) {
        quarantine("otlp", request, records.error());
        return faultAnswer(request, records.error());
    }
    return storeTelemetry(request, normaliseLogs(*records, m_clock.now()));
}

HttpResponse IngestServer::storeTelemetry(const HttpRequest& request, Normalised normalised)
{
    // A request without anything for us still says that its sender is alive.
    normalised.batch.heartbeat = normalised.batch.size() == 0 && normalised.batch.rejected.empty();
    const auto stored = m_sink.store(std::move(normalised.batch));
    if (!stored) return faultAnswer(request, stored.error());
    HttpResponse response;
    response.contentType = kProtobuf;
    response.body = encodeExportResponse({normalised.rejectedRecords, normalised.firstReason});
    return response;
}

// ---- hooks
// -------------------------------------------------------------------------------------------------------------

HttpResponse IngestServer::alerts(const HttpRequest& request)
{
    auto batches = readJsonObject(request.body).and_then([&](const QJsonObject& payload) {
        return alertmanagerBatches(payload, m_clock.now());
    });
    if (!batches) {
        quarantine("alertmanager", request, batches.error());
        return faultAnswer(request, batches.error());
    }
    return storeBatches(std::move(*batches));
}

HttpResponse IngestServer::changes(const HttpRequest& request)
{
    auto batch = readJsonObject(request.body).and_then([&](const QJsonObject& change) {
        return changeBatch(change, m_clock.now());
    });
    if (!batch) {
        quarantine("changes", request, batch.error());
        return faultAnswer(request, batch.error());
    }
    return storeBatches({std::move(*batch)});
}

HttpResponse IngestServer::reports(const HttpRequest& request)
{
    const Nanos seen = m_clock.now();
    const auto report
        = readJsonObject(request.body).and_then([&](const QJsonObject& object) { return readReport(object, seen); });
    if (!report) {
        quarantine("reports", request, report.error());
        return faultAnswer(request, report.error());
    }
    Batch batch;
    batch.source = u"reports"_s;
    if (!m_fileReport) {
        batch.events.push_back(reportRow(*report, seen));
        return storeBatches({std::move(batch)});
    }
    const Done filed = m_fileReport(report->text, report->happened, report->channel, report->feature, report->id);
    const bool known = !filed && filed.error().fault == Fault::Conflict;
    if (!filed && !known) return faultAnswer(request, filed.error());
    // On record from here on; the source's sign of life is worth trying, not worth a refusal.
    batch.heartbeat = true;
    (void)m_sink.store(std::move(batch));
    return jsonAnswer({{u"stored"_s, known ? 0 : 1}, {u"duplicate"_s, known ? 1 : 0}, {u"rejected"_s, 0}});
}

HttpResponse IngestServer::health(const HttpRequest&)
{
    return jsonAnswer({{u"status"_s, u"ok"_s}, {u"time"_s, isoText(m_clock.now())}});
}

HttpResponse IngestServer::storeBatches(std::vector<Batch> batches)
{
    qint64 kept = 0, known = 0, rejected = 0;
    for (Batch& batch : batches) {
        rejected += qint64(batch.rejected.size());
        const auto stored = m_sink.store(std::move(batch));
        // An earlier batch of the message may be in already; its rows are recognised when the sender tries again.
        if (!stored) return faultAnswer({}, stored.error());
        kept += stored->stored;
        known += stored->duplicate;
    }
    return jsonAnswer({{u"stored"_s, kept}, {u"duplicate"_s, known}, {u"rejected"_s, rejected}});
}

/// A body nobody can read is counted and kept by its digest. The sender gets its 400 whether or not that works.
void IngestServer::quarantine(const char* source, const HttpRequest& request, const Error& error)
{
    Batch batch;
    batch.source = QString::fromLatin1(source);
    batch.rejected.push_back({error.what, QString::fromLatin1(sha256(request.body).toHex())});
    (void)m_sink.store(std::move(batch));
}

} // namespace wf
