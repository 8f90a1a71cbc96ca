// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: HTTP calls whose effect matters: one attempt, no redirects, no retries, and an honest word on whether the
// target can have seen it. Boost.Beast stays in http_client.cpp. Owner: services/base. Thread: request() blocks the
// caller; the free function may be called from any thread, an HttpConnection from one at a time.
#pragma once
#include "models/domain/result.h"
#include <QByteArray>
#include <QUrl>
#include <map>
#include <memory>

namespace wf {

struct HttpClientRequest {
    QByteArray method = "GET";
    QUrl url; ///< http only
    std::map<QByteArray, QByteArray> headers; ///< Host, Content-Length, Connection are made here
    QByteArray body;
    int timeoutMs = 10'000; ///< connect, send and answer together, real time
    qint64 answerLimit = 4 * 1024 * 1024;
};

struct HttpOutcome {
    enum class Kind {
        Answered, ///< a complete answer came; status says what it was, 3xx and 5xx too
        NotSent, ///< no connection: nothing reached the target
        Unknown ///< connected, but no complete answer: the target may have acted
    };
    Kind kind = Kind::NotSent;
    int status = 0; ///< 0 unless Answered
    std::map<QByteArray, QByteArray> headers; ///< names in lower case
    QByteArray body;
    QString sentence; ///< what happened, when not Answered
    bool ok() const { return kind == Kind::Answered && status >= 200 && status < 300; }
    QByteArray header(const char* lowerCaseName) const
    {
        const auto it = headers.find(QByteArray::fromRawData(lowerCaseName, qstrlen(lowerCaseName)));
        return it == headers.end() ? QByteArray() : it->second;
    }
};

/// One attempt on a fresh connection.
HttpOutcome request(const HttpClientRequest& what);

/// Keeps one connection to one host between calls, for posting telemetry (which is de-duplicated by the receiver),
/// never for actions. Still one attempt a call: when a kept connection turns out to be dead, the outcome is Unknown and
/// the next call connects afresh.
class HttpConnection {
public:
    HttpConnection();
    ~HttpConnection();
    HttpConnection(HttpConnection&&) noexcept;
    HttpConnection& operator=(HttpConnection&&) noexcept;
    HttpOutcome request(const HttpClientRequest& what);
    void close();

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace wf
