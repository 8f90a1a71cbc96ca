// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the engine's one HTTP port: telemetry, alerts, changes, reports. What it acknowledges is committed.
// Owner: services/ingest. Thread: start() and stop() from the owner's thread; the sink and the report callback are
// called on the listener's pool threads, several at once. Paths, formats, answers: docs/design/ingest.md.
#pragma once
#include "models/domain/ports.h"
#include "services/base/http_server.h"
#include <functional>

namespace wf {

struct Normalised;

struct IngestOptions {
    QString address = QStringLiteral("127.0.0.1");
    quint16 port = 4318; ///< 0 = the system picks one
    HttpServerOptions limits; ///< address, port and refusal in here are not used
};

/// Files a report in the record: text, when it happened, channel, feature, the sender's id. Fault::Conflict says that a
/// report with this id is already on record, which is success for the sender.
using ReportCallback = std::function<Done(
    const QString& text, Nanos happened, const QString& channel, const QString& feature, const QString& id)>;

class IngestServer {
public:
    /// With a callback the report's row comes from the record, so none is stored here; without one it is.
    IngestServer(IngestOptions options, TelemetrySink& sink, const Clock& clock, ReportCallback fileReport = {});
    ~IngestServer();

    Result<quint16> start(); ///< the port; Fault::PortInUse with what to do
    void stop(); ///< refuses new requests; those under way are stored and answered
    quint16 port() const { return m_server.port(); }

private:
    struct Route;
    static const std::vector<Route>& routes();
    HttpResponse handle(const HttpRequest& request);
    HttpResponse traces(const HttpRequest& request);
    HttpResponse logs(const HttpRequest& request);
    HttpResponse alerts(const HttpRequest& request);
    HttpResponse changes(const HttpRequest& request);
    HttpResponse reports(const HttpRequest& request);
    HttpResponse health(const HttpRequest& request);
    HttpResponse storeTelemetry(const HttpRequest& request, Normalised normalised);
    HttpResponse storeBatches(std::vector<Batch> batches);
    void quarantine(const char* source, const HttpRequest& request, const Error& error);

    TelemetrySink& m_sink;
    const Clock& m_clock;
    ReportCallback m_fileReport;
    HttpServer m_server;
};

} // namespace wf
