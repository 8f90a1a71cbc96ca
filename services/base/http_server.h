// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the one HTTP/1.1 listener: bounded in size, time and number before a handler sees anything. Boost.Beast
// stays in http_server.cpp. Owner: services/base. Thread: start() and stop() from the owner's thread; the handler runs
// on pool threads, several at once, and may block.
#pragma once
#include "models/domain/result.h"
#include <QByteArray>
#include <functional>
#include <map>
#include <memory>

namespace wf {

struct HttpRequest {
    QByteArray method; ///< "POST"
    QByteArray path; ///< as sent, without the query; not percent-decoded
    QByteArray query; ///< behind the '?', may be empty
    std::map<QByteArray, QByteArray> headers; ///< names in lower case; a repeated header is joined by ", "
    QByteArray body; ///< whole and already inflated
    QByteArray header(const char* lowerCaseName) const
    {
        const auto it = headers.find(QByteArray::fromRawData(lowerCaseName, qstrlen(lowerCaseName)));
        return it == headers.end() ? QByteArray() : it->second;
    }
};

struct HttpResponse {
    int status = 200;
    QByteArray contentType = "application/json";
    std::map<QByteArray, QByteArray> headers; ///< beside Content-Type and Content-Length
    QByteArray body;
};

/// {"error": sentence} with this status.
HttpResponse httpError(int status, const QString& sentence);

struct HttpServerOptions {
    QString address = QStringLiteral("127.0.0.1");
    quint16 port = 0; ///< 0 = the system picks one
    qint64 bodyLimitInflated = 64 * 1024 * 1024; ///< after decompression; also the limit on the wire
    qint64 bodiesLimit = 256 * 1024 * 1024; ///< bodies of all connections together, as sent; beyond it 503
    int inflateRatio = 250; ///< inflated : sent, looked at beyond the first MiB
    quint32 headerLimit = 16 * 1024;
    int deadlineMs = 15'000; ///< for the whole message, from its first byte to its last
    int idleMs = 60'000; ///< between two messages of a kept connection
    int maxConnections = 256;
    int threads = 8; ///< handlers at once
    /// Shapes what the listener itself refuses (400, 403, 408, 413, 415, 431, 503); the body of `head` is empty.
    /// Default: httpError().
    std::function<HttpResponse(const HttpRequest& head, int status, const QString& sentence)> refusal;
};

/// Kept connections, gzip bodies, TCP_NODELAY. On a loopback address the Host header must name a loopback host, so that
/// a web page cannot reach the listener by re-binding a name. Beyond maxConnections: 503 with Retry-After, then closed.
class HttpServer {
public:
    using Handler = std::function<HttpResponse(const HttpRequest&)>;
    explicit HttpServer(HttpServerOptions options);
    ~HttpServer(); ///< stops
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// The port it listens on. Fault::PortInUse, BadInput (address), Io.
    Result<quint16> start(Handler handler);
    /// Refuses new messages, lets running handlers finish and their answers go out, then returns.
    void stop();
    quint16 port() const; ///< 0 when not listening

    struct Impl; ///< defined in the .cpp, for its own use

private:
    HttpServerOptions m_options;
    std::unique_ptr<Impl> m_impl;
};

} // namespace wf
