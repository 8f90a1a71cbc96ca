// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/base/http_server.h"
#include "services/base/gzip.h"
#include <QJsonDocument>
#include <QJsonObject>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <future>
#include <optional>
#include <set>
#include <thread>

namespace wf {
namespace {
namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = boost::asio::ip::tcp;

constexpr auto kLingerTime = std::chrono::seconds(2); // to read what a refused sender still has under way
constexpr size_t kBodyStep = 64 * 1024;
constexpr qint64 kLingerBytes = 8 * 1024 * 1024;

QByteArray bytesOf(beast::string_view text)
{
    return QByteArray(text.data(), qsizetype(text.size()));
}

/// "localhost:4318" -> "localhost", "[::1]:80" -> "::1"
QByteArray hostOnly(QByteArray host)
{
    host = host.trimmed().toLower();
    if (host.startsWith('[')) return host.mid(1, host.indexOf(']') - 1);
    const auto colon = host.lastIndexOf(':');
    return colon < 0 ? host : host.left(colon);
}

bool isLoopbackHost(const QByteArray& host)
{
    if (host == "localhost") return true;
    beast::error_code ec;
    const auto address = net::ip::make_address(host.toStdString(), ec);
    return !ec && address.is_loopback();
}

template <class Fields> HttpRequest headOf(const Fields& message)
{
    HttpRequest head;
    head.method = bytesOf(message.method_string());
    const QByteArray target = bytesOf(message.target());
    const auto mark = target.indexOf('?');
    head.path = mark < 0 ? target : target.left(mark);
    head.query = mark < 0 ? QByteArray() : target.mid(mark + 1);
    for (const auto& field : message) {
        auto& value = head.headers[bytesOf(field.name_string()).toLower()];
        value = value.isEmpty() ? bytesOf(field.value()) : value + ", " + bytesOf(field.value());
    }
    return head;
}

struct WireFault {
    int status;
    QString sentence;
};

/// What the parser found wrong, or nothing when the connection simply ended.
std::optional<WireFault> wireFault(const beast::error_code& ec)
{
    if (ec == http::error::body_limit)
        return WireFault{413,
            QStringLiteral(
                "The body is larger than this listener accepts; nothing of it was stored. Send smaller batches.")};
    if (ec == http::error::header_limit || ec == http::error::buffer_overflow)
        return WireFault{431, QStringLiteral("The header of the request is too large.")};
    if (ec == http::error::end_of_stream || ec == http::error::partial_message || ec == beast::error::timeout)
        return {};
    if (ec.category() == make_error_code(http::error::bad_method).category())
        return WireFault{
            400, QStringLiteral("The request is not valid HTTP/1.1 (%1).").arg(QString::fromStdString(ec.message()))};
    return {};
}
} // namespace

HttpResponse httpError(int status, const QString& sentence)
{
    HttpResponse response;
    response.status = status;
    response.body = QJsonDocument(QJsonObject{{QStringLiteral("error"), sentence}}).toJson(QJsonDocument::Compact);
    return response;
}

namespace {
class Session;
}

struct HttpServer::Impl {
    HttpServerOptions options;
    Handler handler;
    net::io_context io{1};
    tcp::acceptor acceptor{io};
    net::executor_work_guard<net::io_context::executor_type> work{io.get_executor()};
    std::unique_ptr<net::thread_pool> pool;
    std::thread thread;
    quint16 port = 0;
    bool loopback = false;
    // only on the io thread:
    std::set<std::shared_ptr<Session>> sessions;
    qint64 held = 0; // bytes of bodies, all sessions
    bool stopping = false;

    HttpResponse refuse(const HttpRequest& head, int status, const QString& sentence) const
    {
        return options.refusal ? options.refusal(head, status, sentence) : httpError(status, sentence);
    }
    void accept();
    void stopOnIoThread();
};

namespace {
/// One connection. Everything but the handler runs on the io thread, so nothing here needs a lock.
class Session : public std::enable_shared_from_this<Session> {
public:
    Session(tcp::socket socket, HttpServer::Impl& server)
        : m_stream(std::move(socket))
        , m_server(server)
        , m_buffer(server.options.headerLimit + kBodyStep)
    {
    }

    void waitForMessage()
    {
        m_parser.reset();
        if (m_server.stopping) return end();
        if (m_buffer.size() > 0) return readHeader();
        m_state = State::Waiting;
        m_stream.expires_after(std::chrono::milliseconds(m_server.options.idleMs));
        m_stream.async_read_some(m_buffer.prepare(4096), [self = shared_from_this()](beast::error_code ec, size_t n) {
            if (ec) return self->end();
            self->m_buffer.commit(n);
            self->readHeader();
        });
    }

    /// Said once to a connection beyond the cap.
    void turnAway()
    {
        HttpResponse busy
            = m_server.refuse({}, 503, QStringLiteral("Too many connections are open. Nothing was stored; try again."));
        m_stream.expires_after(kLingerTime);
        respond(std::move(busy), false);
    }

    /// A message whose handler runs gets its answer; half a message was never answered, so its sender sends it again.
    void stop()
    {
        if (m_state != State::Handling && m_state != State::Writing) close();
    }

private:
    enum class State { Waiting, Reading, Handling, Writing, Lingering };
    using Parser = http::request_parser<http::string_body>;

    void readHeader()
    {
        m_state = State::Reading;
        m_parser.emplace();
        m_parser->header_limit(m_server.options.headerLimit);
        m_parser->body_limit(quint64(m_server.options.bodyLimitInflated));
        m_stream.expires_after(
            std::chrono::milliseconds(m_server.options.deadlineMs)); // the one deadline of this message
        http::async_read_header(
            m_stream, m_buffer, *m_parser, [self = shared_from_this()](beast::error_code ec, size_t) {
                if (ec) return self->readFailed(ec);
                self->headerRead();
            });
    }

    void headerRead()
    {
        const auto& head = m_parser->get();
        if (m_server.loopback && !isLoopbackHost(hostOnly(bytesOf(head[http::field::host]))))
            return refuseAndEnd(403,
                QStringLiteral("This listener is on a loopback address and answers only to localhost; the Host header "
                               "names something else."));
        if (!m_parser->is_done()) m_buffer.reserve(kBodyStep);
        const QByteArray expectation = bytesOf(head[http::field::expect]).toLower();
        if (expectation == "100-continue" && !m_parser->is_done()) return sendContinue();
        readBody();
    }

    void sendContinue()
    {
        static const std::string_view text = "HTTP/1.1 100 Continue\r\n\r\n";
        net::async_write(
            m_stream, net::buffer(text.data(), text.size()), [self = shared_from_this()](beast::error_code ec, size_t) {
                if (ec) return self->end();
                self->readBody();
            });
    }

    void readBody()
    {
        if (m_parser->is_done()) return dispatch();
        http::async_read_some(m_stream, m_buffer, *m_parser, [self = shared_from_this()](beast::error_code ec, size_t) {
            if (ec) return self->readFailed(ec);
            self->hold(qint64(self->m_parser->get().body().size()));
            if (self->m_server.held > self->m_server.options.bodiesLimit)
                return self->refuseAndEnd(
                    503, QStringLiteral("Too much is being received at once. Nothing of this was stored; try again."));
            self->readBody();
        });
    }

    /// Counts this connection's body among those of all.
    void hold(qint64 bytes)
    {
        m_server.held += bytes - m_held;
        m_held = bytes;
    }

    void readFailed(const beast::error_code& ec)
    {
        if (const auto fault = wireFault(ec)) return refuseAndEnd(fault->status, fault->sentence);
        end();
    }

    void refuseAndEnd(int status, const QString& sentence)
    {
        HttpRequest head = headOf(m_parser->get());
        respond(m_server.refuse(head, status, sentence), false);
    }

    void dispatch()
    {
        if (m_server.stopping) return end();
        m_state = State::Handling;
        m_stream.expires_never(); // the handler takes its time; writing gets a deadline of its own
        auto message = std::make_shared<http::request<http::string_body>>(m_parser->release());
        net::post(*m_server.pool, [self = shared_from_this(), message] {
            const bool keepAlive = message->keep_alive();
            const bool headOnly = message->method() == http::verb::head;
            auto response = std::make_shared<HttpResponse>(self->answer(*message));
            if (headOnly) response->body.clear();
            net::post(self->m_server.io, [self, response, keepAlive] {
                self->respond(std::move(*response), keepAlive && !self->m_server.stopping);
            });
        });
    }

    /// On a pool thread.
    HttpResponse answer(http::request<http::string_body>& message) const
    {
        HttpRequest request = headOf(message);
        const QByteArray encoding = request.header("content-encoding").trimmed().toLower();
        request.body = QByteArray(message.body().data(), qsizetype(message.body().size()));
        message.body() = {};
        if (encoding == "gzip" || encoding == "x-gzip") {
            auto plain = gunzip(request.body, {m_server.options.bodyLimitInflated, m_server.options.inflateRatio});
            request.body.clear();
            if (!plain) {
                const int status = plain.error().fault == InflateFault::TooLarge ? 413 : 400;
                return m_server.refuse(
                    request, status, plain.error().sentence + QStringLiteral(" Nothing of it was stored."));
            }
            request.body = std::move(*plain);
        } else if (!encoding.isEmpty() && encoding != "identity") {
            return m_server.refuse(
                request, 415, QStringLiteral("Content-Encoding must be gzip or absent; nothing was stored."));
        }
        try {
            return m_server.handler(request);
        } catch (const std::exception& e) {
            qWarning("http: a handler threw: %s", e.what());
            return m_server.refuse(
                request, 500, QStringLiteral("The request failed inside the program; nothing was acknowledged."));
        }
    }

    void respond(HttpResponse response, bool keepAlive)
    {
        m_state = State::Writing;
        hold(0);
        if (response.status == 503) response.headers.try_emplace("Retry-After", "1");
        m_response.emplace(http::status(response.status), 11);
        m_response->set(http::field::content_type, response.contentType.toStdString());
        for (const auto& [name, value] : response.headers)
            m_response->set(name.toStdString(), value.toStdString());
        m_response->body() = response.body.toStdString();
        m_response->keep_alive(keepAlive);
        m_response->prepare_payload();
        m_stream.expires_after(std::chrono::milliseconds(m_server.options.deadlineMs));
        http::async_write(m_stream, *m_response, [self = shared_from_this(), keepAlive](beast::error_code ec, size_t) {
            self->m_response.reset();
            if (ec) return self->end();
            if (keepAlive) return self->waitForMessage();
            self->linger();
        });
    }

    /// A close with unread bytes in the socket would reset the connection and could take the answer with it.
    void linger()
    {
        beast::error_code ec;
        m_stream.socket().shutdown(tcp::socket::shutdown_send, ec);
        m_state = State::Lingering;
        m_stream.expires_after(kLingerTime);
        m_buffer.clear();
        drain();
    }

    void drain()
    {
        m_stream.async_read_some(
            m_buffer.prepare(16 * 1024), [self = shared_from_this()](beast::error_code ec, size_t n) {
                self->m_drained += qint64(n);
                if (ec || self->m_drained > kLingerBytes || self->m_server.stopping) return self->end();
                self->drain();
            });
    }

    void end()
    {
        close();
        hold(0);
        m_server.sessions.erase(shared_from_this());
    }

    void close()
    {
        beast::error_code ec;
        m_stream.socket().close(ec);
    }

    beast::tcp_stream m_stream;
    HttpServer::Impl& m_server; // outlives every session: HttpServer::stop() joins the io thread first
    beast::flat_buffer m_buffer;
    std::optional<Parser> m_parser;
    std::optional<http::response<http::string_body>> m_response;
    qint64 m_drained = 0, m_held = 0;
    State m_state = State::Waiting;
};
} // namespace

void HttpServer::Impl::accept()
{
    acceptor.async_accept([this](beast::error_code ec, tcp::socket socket) {
        if (stopping || ec == net::error::operation_aborted) return;
        if (!ec) {
            socket.set_option(tcp::no_delay(true), ec);
            const bool full = int(sessions.size()) >= options.maxConnections;
            // Beyond twice the cap even saying so costs too much.
            if (int(sessions.size()) < 2 * options.maxConnections) {
                const auto session = *sessions.insert(std::make_shared<Session>(std::move(socket), *this)).first;
                full ? session->turnAway() : session->waitForMessage();
            }
        } else {
            // Out of file descriptors, most likely: give the open connections a moment instead of spinning.
            auto timer = std::make_shared<net::steady_timer>(io, std::chrono::milliseconds(50));
            timer->async_wait([this, timer](beast::error_code) {
                if (!stopping) accept();
            });
            return;
        }
        accept();
    });
}

void HttpServer::Impl::stopOnIoThread()
{
    stopping = true;
    beast::error_code ec;
    acceptor.close(ec);
    for (const auto& session : sessions)
        session->stop();
}

HttpServer::HttpServer(HttpServerOptions options)
    : m_options(std::move(options))
{
}

HttpServer::~HttpServer()
{
    stop();
}

Result<quint16> HttpServer::start(Handler handler)
{
    if (m_impl) return fail(Fault::Conflict, QStringLiteral("The listener is already running."));
    const QString address
        = m_options.address == QLatin1String("localhost") ? QStringLiteral("127.0.0.1") : m_options.address;
    beast::error_code ec;
    const auto ip = net::ip::make_address(address.toStdString(), ec);
    if (ec) {
        return fail(Fault::BadInput,
            QStringLiteral("\"%1\" is not an address this machine can listen on.").arg(m_options.address), {},
            QStringLiteral("Give a numeric address such as 127.0.0.1."));
    }
    auto impl = std::make_unique<Impl>();
    impl->options = m_options;
    impl->handler = std::move(handler);
    impl->loopback = ip.is_loopback();
    const tcp::endpoint endpoint(ip, m_options.port);
    impl->acceptor.open(endpoint.protocol(), ec);
    if (!ec) impl->acceptor.set_option(net::socket_base::reuse_address(true), ec);
    if (!ec) impl->acceptor.bind(endpoint, ec);
    if (!ec) impl->acceptor.listen(net::socket_base::max_listen_connections, ec);
    if (ec == net::error::address_in_use) {
        return fail(Fault::PortInUse,
            QStringLiteral("Port %1 on %2 is already in use by another program.").arg(m_options.port).arg(address),
            QStringLiteral("Nothing is received until this is solved; everything stored so far is kept."),
            QStringLiteral("Stop the other program (\"ss -ltnp sport = :%1\" names it) or choose another port.")
                .arg(m_options.port));
    }
    if (ec) {
        return fail(Fault::Io,
            QStringLiteral("Could not listen on %1 port %2: %3.")
                .arg(address)
                .arg(m_options.port)
                .arg(QString::fromStdString(ec.message())),
            {}, QStringLiteral("Choose an address of this machine and a port above 1023."));
    }
    impl->port = impl->acceptor.local_endpoint().port();
    impl->pool = std::make_unique<net::thread_pool>(size_t(qMax(1, m_options.threads)));
    impl->accept();
    impl->thread = std::thread([impl = impl.get()] { impl->io.run(); });
    m_impl = std::move(impl);
    return m_impl->port;
}

void HttpServer::stop()
{
    if (!m_impl) return;
    std::promise<void> refused;
    net::post(m_impl->io, [&] {
        m_impl->stopOnIoThread();
        refused.set_value();
    });
    refused.get_future().wait(); // from here on nothing new reaches the pool
    m_impl->pool->join(); // running handlers finish; their answers are written by the io thread
    m_impl->work.reset(); // run() returns when the last session has ended; each has a deadline
    m_impl->thread.join();
    m_impl.reset();
}

quint16 HttpServer::port() const
{
    return m_impl ? m_impl->port : 0;
}

} // namespace wf
