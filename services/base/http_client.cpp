// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/base/http_client.h"
#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <optional>

namespace wf {
namespace {
namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = boost::asio::ip::tcp;
using Clock = std::chrono::steady_clock;

QByteArray bytesOf(beast::string_view text)
{
    return QByteArray(text.data(), qsizetype(text.size()));
}

HttpOutcome notSent(const QString& sentence)
{
    HttpOutcome outcome;
    outcome.sentence = sentence;
    return outcome;
}

HttpOutcome unknown(const QString& sentence)
{
    HttpOutcome outcome;
    outcome.kind = HttpOutcome::Kind::Unknown;
    outcome.sentence = sentence;
    return outcome;
}

bool isToken(const QByteArray& text)
{
    return !text.isEmpty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
            || (c != 0 && strchr("!#$%&'*+-.^_`|~", c));
    });
}

/// Empty when the request can be put on the wire as asked; nothing that could smuggle a second header passes.
QString whyUnsendable(const HttpClientRequest& what)
{
    if (what.url.scheme() != QLatin1String("http") || what.url.host().isEmpty())
        return QStringLiteral("\"%1\" is not an http:// URL with a host; nothing was sent.")
            .arg(what.url.toDisplayString());
    if (!isToken(what.method)) return QStringLiteral("The method of the request is not valid; nothing was sent.");
    for (const auto& [name, value] : what.headers) {
        if (!isToken(name) || value.contains('\r') || value.contains('\n') || value.contains('\0'))
            return QStringLiteral("The header \"%1\" holds characters that are not allowed; nothing was sent.")
                .arg(QString::fromLatin1(name));
    }
    return {};
}

QString hostPort(const QUrl& url)
{
    return QStringLiteral("%1:%2").arg(url.host()).arg(url.port(80));
}

http::request<http::string_body> messageOf(const HttpClientRequest& what, bool keepAlive)
{
    QByteArray target = what.url.path(QUrl::FullyEncoded).toLatin1();
    if (target.isEmpty()) target = "/";
    if (what.url.hasQuery()) target += '?' + what.url.query(QUrl::FullyEncoded).toLatin1();
    http::request<http::string_body> message;
    message.method_string(what.method.toStdString());
    message.target(target.toStdString());
    message.version(11);
    message.set(http::field::user_agent, "watchfloor");
    for (const auto& [name, value] : what.headers)
        message.set(name.toStdString(), value.toStdString());
    const QString host = what.url.host().contains(u':') ? u'[' + what.url.host() + u']' : what.url.host();
    message.set(
        http::field::host, (what.url.port() > 0 ? host + u':' + QString::number(what.url.port()) : host).toStdString());
    message.body() = what.body.toStdString();
    message.keep_alive(keepAlive);
    if (what.body.isEmpty() && what.method != "POST" && what.method != "PUT" && what.method != "PATCH") {
        message.erase(http::field::content_length);
    } else {
        message.content_length(message.body().size());
    }
    return message;
}

/// One socket and the event loop that drives it; every step runs the loop until that step is over, under one deadline.
class Wire {
public:
    bool open() const { return m_stream.has_value(); }

    void close()
    {
        m_stream.reset();
        m_buffer.clear();
    }

    HttpOutcome exchange(const HttpClientRequest& what, bool keepAlive)
    {
        const auto deadline = Clock::now() + std::chrono::milliseconds(what.timeoutMs);
        const QString endpoint = hostPort(what.url);
        if (m_stream && m_endpoint != endpoint) close();
        if (!m_stream) {
            const QString problem = connect(what.url, deadline);
            if (!problem.isEmpty()) {
                close();
                return notSent(
                    QStringLiteral("No connection to %1 (%2); nothing reached the target.").arg(endpoint, problem));
            }
            m_endpoint = endpoint;
        }
        m_stream->expires_at(deadline);
        auto message = messageOf(what, keepAlive);
        beast::error_code ec = run([&](auto done) { http::async_write(*m_stream, message, done); });
        if (ec) return lost(endpoint, ec);
        return readAnswer(what, endpoint);
    }

private:
    template <class Start> beast::error_code run(Start&& start)
    {
        beast::error_code result = net::error::operation_aborted;
        start([&](beast::error_code ec, auto&&...) { result = ec; });
        m_io.restart();
        m_io.run();
        return result;
    }

    QString connect(const QUrl& url, Clock::time_point deadline)
    {
        std::vector<tcp::endpoint> endpoints;
        beast::error_code ec;
        const std::string host = url.host().toStdString();
        const quint16 port = quint16(url.port(80));
        const auto literal = net::ip::make_address(host, ec);
        if (!ec) {
            endpoints.emplace_back(literal, port);
        } else {
            for (const auto& entry : tcp::resolver(m_io).resolve(host, std::to_string(port), ec))
                endpoints.push_back(entry.endpoint());
            if (ec) return QString::fromStdString(ec.message());
        }
        for (const auto& endpoint : endpoints) {
            m_stream.emplace(m_io);
            m_stream->expires_at(deadline);
            ec = run([&](auto done) { m_stream->async_connect(endpoint, done); });
            if (!ec) break;
        }
        if (ec) return QString::fromStdString(ec.message());
        m_stream->socket().set_option(tcp::no_delay(true), ec);
        return {};
    }

    HttpOutcome readAnswer(const HttpClientRequest& what, const QString& endpoint)
    {
        for (;;) {
            http::response_parser<http::string_body> parser;
            parser.body_limit(quint64(what.answerLimit));
            parser.skip(what.method == "HEAD");
            const beast::error_code ec = run([&](auto done) { http::async_read(*m_stream, m_buffer, parser, done); });
            if (ec == http::error::body_limit) {
                close();
                return unknown(QStringLiteral("%1 answered with status %2 and a body beyond the limit of %3 bytes; the "
                                              "answer was not read to its end.")
                                   .arg(endpoint)
                                   .arg(parser.get().result_int())
                                   .arg(what.answerLimit));
            }
            if (ec) return lost(endpoint, ec);
            const auto& message = parser.get();
            if (message.result_int() / 100 == 1) continue; // an interim answer, the real one follows
            HttpOutcome outcome;
            outcome.kind = HttpOutcome::Kind::Answered;
            outcome.status = int(message.result_int());
            outcome.body = QByteArray(message.body().data(), qsizetype(message.body().size()));
            for (const auto& field : message)
                outcome.headers[bytesOf(field.name_string()).toLower()] = bytesOf(field.value());
            if (!message.keep_alive()) close();
            return outcome;
        }
    }

    HttpOutcome lost(const QString& endpoint, const beast::error_code& ec)
    {
        close();
        const QString why = ec == beast::error::timeout ? QStringLiteral("no complete answer in time")
                                                        : QString::fromStdString(ec.message());
        return unknown(
            QStringLiteral("%1 was reached but did not answer completely (%2); it may have acted.").arg(endpoint, why));
    }

    net::io_context m_io;
    std::optional<beast::tcp_stream> m_stream;
    beast::flat_buffer m_buffer;
    QString m_endpoint;
};

HttpOutcome guarded(Wire& wire, const HttpClientRequest& what, bool keepAlive)
{
    const QString problem = whyUnsendable(what);
    if (!problem.isEmpty()) return notSent(problem);
    try {
        return wire.exchange(what, keepAlive);
    } catch (const std::exception& e) {
        wire.close();
        return unknown(QStringLiteral("The call to %1 failed inside the program (%2); it may have reached the target.")
                           .arg(hostPort(what.url), QString::fromUtf8(e.what())));
    }
}
} // namespace

HttpOutcome request(const HttpClientRequest& what)
{
    Wire wire;
    return guarded(wire, what, false);
}

struct HttpConnection::Impl {
    Wire wire;
};

HttpConnection::HttpConnection()
    : m_impl(std::make_unique<Impl>())
{
}
HttpConnection::~HttpConnection() = default;
HttpConnection::HttpConnection(HttpConnection&&) noexcept = default;
HttpConnection& HttpConnection::operator=(HttpConnection&&) noexcept = default;

HttpOutcome HttpConnection::request(const HttpClientRequest& what)
{
    return guarded(m_impl->wire, what, true);
}

void HttpConnection::close()
{
    m_impl->wire.close();
}

} // namespace wf
