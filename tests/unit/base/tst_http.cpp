// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/base/gzip.h"
#include "services/base/http_client.h"
#include "services/base/http_server.h"
#include <QTest>
#include <arpa/inet.h>
#include <atomic>
#include <functional>
#include <future>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

using namespace wf;
using namespace Qt::StringLiterals;

namespace {
/// A bare socket, to send what no well-behaved client would.
class RawSocket {
public:
    explicit RawSocket(quint16 port)
    {
        m_fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected = ::connect(m_fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
        const timeval patience{10, 0};
        ::setsockopt(m_fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }
    ~RawSocket() { ::close(m_fd); }
    void send(const QByteArray& bytes) { ::send(m_fd, bytes.constData(), size_t(bytes.size()), MSG_NOSIGNAL); }
    QByteArray readAll() // until the other side closes
    {
        QByteArray all;
        char chunk[4096];
        for (ssize_t n; (n = ::recv(m_fd, chunk, sizeof chunk, 0)) > 0;)
            all.append(chunk, n);
        return all;
    }
    QByteArray readUntil(const QByteArray& mark)
    {
        QByteArray all;
        char c;
        while (!all.contains(mark) && ::recv(m_fd, &c, 1, 0) == 1)
            all.append(c);
        return all;
    }
    bool connected = false;

private:
    int m_fd = -1;
};

/// Listens without HTTP, to answer wrongly on purpose. Serves one connection, then is gone.
class RawListener {
public:
    explicit RawListener(std::function<void(int fd)> serve)
    {
        m_fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::bind(m_fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
        ::listen(m_fd, 8);
        socklen_t length = sizeof address;
        ::getsockname(m_fd, reinterpret_cast<sockaddr*>(&address), &length);
        port = ntohs(address.sin_port);
        m_thread = std::thread([this, serve = std::move(serve)] {
            for (int fd; (fd = ::accept(m_fd, nullptr, nullptr)) >= 0;) {
                ++connections;
                serve(fd);
                ::close(fd);
            }
        });
    }
    ~RawListener()
    {
        ::shutdown(m_fd, SHUT_RDWR);
        m_thread.join();
        ::close(m_fd);
    }
    quint16 port = 0;
    std::atomic<int> connections = 0;

private:
    int m_fd = -1;
    std::thread m_thread;
};

HttpClientRequest to(quint16 port, const QByteArray& method, const QString& path, const QByteArray& body = {})
{
    HttpClientRequest what;
    what.method = method;
    what.url = QUrl(u"http://127.0.0.1:%1%2"_s.arg(port).arg(path));
    what.body = body;
    return what;
}

HttpResponse echo(const HttpRequest& request)
{
    HttpResponse response;
    response.contentType = "text/plain";
    response.headers["X-Path"] = request.path;
    response.headers["X-Query"] = request.query;
    response.body = request.method + ' ' + request.body;
    return response;
}

quint16 freedPort()
{
    HttpServer server({});
    const quint16 port = *server.start(echo);
    server.stop();
    return port;
}
} // namespace

class TestHttp : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void answersAndKeepsTheConnection()
    {
        HttpServer server({});
        const quint16 port = *server.start(echo);
        QCOMPARE(server.port(), port);
        const HttpOutcome one = request(to(port, "POST", u"/a/b?x=1"_s, "hello"));
        QCOMPARE(one.kind, HttpOutcome::Kind::Answered);
        QCOMPARE(one.status, 200);
        QCOMPARE(one.body, "POST hello");
        QCOMPARE(one.header("x-path"), "/a/b");
        QCOMPARE(one.header("x-query"), "x=1");
        QVERIFY(one.ok());

        RawSocket kept(port);
        for (int i = 0; i < 3; ++i) {
            kept.send("POST /k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nok");
            QVERIFY(kept.readUntil("POST ok").startsWith("HTTP/1.1 200"));
        }
        HttpConnection connection;
        for (int i = 0; i < 3; ++i)
            QVERIFY(connection.request(to(port, "GET", u"/"_s)).ok());
    }

    void pipelinedRequestsAreAnsweredInOrder()
    {
        HttpServer server({});
        RawSocket socket(*server.start(echo));
        socket.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n1"
                    "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 1\r\n\r\n2");
        const QByteArray all = socket.readAll();
        QVERIFY(all.indexOf("POST 1") > 0 && all.indexOf("POST 2") > all.indexOf("POST 1"));
    }

    void chunkedAndContinue()
    {
        HttpServer server({});
        RawSocket socket(*server.start(echo));
        socket.send("POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nTransfer-Encoding: "
                    "chunked\r\nConnection: close\r\n\r\n");
        QVERIFY(socket.readUntil("\r\n\r\n").startsWith("HTTP/1.1 100"));
        socket.send("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
        QVERIFY(socket.readAll().endsWith("POST abcde"));
    }

    void portInUseNamesThePort()
    {
        HttpServer first({});
        const quint16 port = *first.start(echo);
        HttpServerOptions options;
        options.port = port;
        HttpServer second(options);
        const auto refused = second.start(echo);
        QVERIFY(!refused);
        QCOMPARE(refused.error().fault, Fault::PortInUse);
        QVERIFY2(refused.error().sentence().contains(u"Port %1 on 127.0.0.1 is already in use"_s.arg(port)),
            qPrintable(refused.error().sentence()));
        QVERIFY(!refused.error().next.isEmpty());
        first.stop();
        QVERIFY(second.start(echo)); // free again
    }

    void badAddressIsRefused()
    {
        HttpServerOptions options;
        options.address = u"not-an-address"_s;
        HttpServer server(options);
        QCOMPARE(server.start(echo).error().fault, Fault::BadInput);
    }

    void gzipBodies()
    {
        HttpServerOptions options;
        options.bodyLimitInflated = 4 * 1024 * 1024;
        HttpServer server(options);
        const quint16 port = *server.start(echo);
        auto what = to(port, "POST", u"/"_s, gzip("hello hello hello"));
        what.headers["Content-Encoding"] = "gzip";
        QCOMPARE(request(what).body, "POST hello hello hello");

        what.body = gzip("x").left(12);
        QCOMPARE(request(what).status, 400);
        what.body = gzip("x") + "trailing";
        QCOMPARE(request(what).status, 400);
        what.body = "not gzip at all";
        QCOMPARE(request(what).status, 400);
        what.body = gzip(QByteArray(300 * 1024 * 1024, 'a')); // the bomb: 300 KiB that become 300 MiB
        QVERIFY(what.body.size() < options.bodyLimitInflated);
        QCOMPARE(request(what).status, 413);
        what.body = gzip(QByteArray(3 * 1024 * 1024, 'a')); // below the limit, beyond the ratio
        QCOMPARE(request(what).status, 413);
        what.headers["Content-Encoding"] = "br";
        QCOMPARE(request(what).status, 415);
    }

    void limitsOnTheWire()
    {
        HttpServerOptions options;
        options.bodyLimitInflated = 1000;
        options.headerLimit = 2000;
        HttpServer server(options);
        const quint16 port = *server.start(echo);
        QCOMPARE(request(to(port, "POST", u"/"_s, QByteArray(1001, 'x'))).status, 413);
        QCOMPARE(request(to(port, "POST", u"/"_s, QByteArray(3'000'000, 'x'))).status,
            413); // the answer survives the unread rest
        QCOMPARE(request(to(port, "POST", u"/"_s, QByteArray(1000, 'x'))).status, 200);
        auto what = to(port, "GET", u"/"_s);
        what.headers["X-Long"] = QByteArray(3000, 'x');
        QCOMPARE(request(what).status, 431);
        RawSocket chunked(port);
        chunked.send("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
            + QByteArray("400\r\n" + QByteArray(1024, 'x') + "\r\n").repeated(4));
        QVERIFY(chunked.readAll().startsWith("HTTP/1.1 413"));
    }

    void malformedRequestsAreRefused_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("no HTTP") << QByteArray("hello\r\n\r\n");
        QTest::newRow("negative length") << QByteArray(
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n");
        QTest::newRow("two lengths") << QByteArray(
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab");
        QTest::newRow("length and chunks") << QByteArray(
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
        QTest::newRow("header without colon") << QByteArray("GET / HTTP/1.1\r\nHost localhost\r\n\r\n");
    }
    void malformedRequestsAreRefused()
    {
        QFETCH(QByteArray, bytes);
        HttpServer server({});
        RawSocket socket(*server.start(echo));
        socket.send(bytes);
        QVERIFY(socket.readAll().startsWith("HTTP/1.1 400"));
    }

    void hostMustBeLoopback()
    {
        HttpServer server({});
        const quint16 port = *server.start(echo);
        for (const QByteArray& host : {QByteArray("evil.example"), QByteArray("192.168.1.4:4318"), QByteArray("")}) {
            RawSocket socket(port);
            socket.send("GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
            QVERIFY2(socket.readAll().startsWith("HTTP/1.1 403"), host.constData());
        }
        for (const QByteArray& host : {QByteArray("localhost:1"), QByteArray("127.0.0.1"), QByteArray("[::1]:4318")}) {
            RawSocket socket(port);
            socket.send("GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
            QVERIFY2(socket.readAll().startsWith("HTTP/1.1 200"), host.constData());
        }
    }

    void drippingSenderIsClosed()
    {
        HttpServerOptions options;
        options.deadlineMs = 300;
        HttpServer server(options);
        const quint16 port = *server.start(echo);
        RawSocket slow(port);
        slow.send("POST / HTTP/1.1\r\nHost: localhost\r\n");
        std::atomic<bool> closed = false;
        std::thread drip([&] {
            while (
                !closed) { // each byte alone would restart a time-out per read; the deadline is for the whole message
                slow.send("X");
                std::this_thread::sleep_for(std::chrono::milliseconds(20));
            }
        });
        const QByteArray answer = slow.readAll();
        closed = true;
        drip.join();
        QVERIFY(!answer.startsWith("HTTP/1.1 2"));
        QVERIFY(request(to(port, "GET", u"/"_s)).ok()); // others were served all along
    }

    void connectionCapSaysSo()
    {
        HttpServerOptions options;
        options.maxConnections = 2;
        HttpServer server(options);
        const quint16 port = *server.start(echo);
        RawSocket a(port), b(port);
        for (RawSocket* socket : {&a, &b}) {
            socket->send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx");
            socket->readUntil("POST x");
        }
        const HttpOutcome third = request(to(port, "GET", u"/"_s));
        QCOMPARE(third.status, 503);
        QCOMPARE(third.header("retry-after"), "1");
    }

    void bodiesTogetherAreBounded()
    {
        HttpServerOptions options;
        options.bodiesLimit = 100'000;
        HttpServer server(options);
        std::promise<void> entered, release;
        std::atomic<int> calls = 0;
        const quint16 port = *server.start([&](const HttpRequest& r) {
            if (++calls == 1) {
                entered.set_value();
                release.get_future().wait();
            }
            return echo(r);
        });
        auto first = std::async(
            std::launch::async, [&] { return request(to(port, "POST", u"/"_s, QByteArray(90'000, 'x'))); });
        entered.get_future().wait();
        const HttpOutcome second = request(to(port, "POST", u"/"_s, QByteArray(50'000, 'x')));
        QCOMPARE(second.status, 503);
        QCOMPARE(second.header("retry-after"), "1");
        QVERIFY(request(to(port, "POST", u"/"_s, QByteArray(5'000, 'x'))).ok());
        release.set_value();
        QVERIFY(first.get().ok());
        QVERIFY(request(to(port, "POST", u"/"_s, QByteArray(50'000, 'x'))).ok());
    }

    void refusalsTakeTheOwnersShape()
    {
        HttpServerOptions options;
        options.bodyLimitInflated = 10;
        options.refusal = [](const HttpRequest& head, int status, const QString& sentence) {
            HttpResponse response;
            response.status = status;
            response.contentType = "text/x-own";
            response.body = head.path + ' ' + sentence.toUtf8();
            return response;
        };
        HttpServer server(options);
        const HttpOutcome outcome = request(to(*server.start(echo), "POST", u"/v1/logs"_s, QByteArray(11, 'x')));
        QCOMPARE(outcome.status, 413);
        QVERIFY(outcome.body.startsWith("/v1/logs The body is larger"));
    }

    void throwingHandlerIsA500()
    {
        HttpServer server({});
        const quint16 port = *server.start([](const HttpRequest&) -> HttpResponse { throw std::runtime_error("x"); });
        QTest::ignoreMessage(QtWarningMsg, "http: a handler threw: x");
        QCOMPARE(request(to(port, "GET", u"/"_s)).status, 500);
    }

    void stopLetsARunningHandlerAnswer()
    {
        std::promise<void> entered, release;
        HttpServer server({});
        const quint16 port = *server.start([&](const HttpRequest& r) {
            entered.set_value();
            release.get_future().wait();
            return echo(r);
        });
        auto outcome = std::async(std::launch::async, [&] { return request(to(port, "POST", u"/"_s, "kept")); });
        entered.get_future().wait();
        auto stopped = std::async(std::launch::async, [&] { server.stop(); });
        release.set_value();
        QCOMPARE(outcome.get().body, "POST kept");
        stopped.get();
        QCOMPARE(request(to(port, "GET", u"/"_s)).kind, HttpOutcome::Kind::NotSent);
    }

    void handlersRunSideBySide()
    {
        HttpServer server({});
        std::atomic<int> inside = 0;
        std::promise<void> both;
        auto shared = both.get_future().share();
        const quint16 port = *server.start([&](const HttpRequest& r) {
            if (++inside == 2) both.set_value();
            shared.wait();
            return echo(r);
        });
        auto a = std::async(std::launch::async, [&] { return request(to(port, "GET", u"/"_s)); });
        auto b = std::async(std::launch::async, [&] { return request(to(port, "GET", u"/"_s)); });
        QVERIFY(a.get().ok());
        QVERIFY(b.get().ok());
    }

    // ---- the client ----

    void refusedConnectionIsNotSent()
    {
        const HttpOutcome outcome = request(to(freedPort(), "POST", u"/"_s, "x"));
        QCOMPARE(outcome.kind, HttpOutcome::Kind::NotSent);
        QVERIFY(outcome.sentence.contains(u"nothing reached the target"_s));
    }

    void nothingIsSentForBadRequests()
    {
        HttpClientRequest what;
        what.url = QUrl(u"https://127.0.0.1/"_s);
        QCOMPARE(request(what).kind, HttpOutcome::Kind::NotSent);
        what.url = QUrl(u"http://127.0.0.1:1/"_s);
        what.headers["X-A"] = "a\r\nX-B: b";
        QVERIFY(request(what).sentence.contains(u"X-A"_s));
        what.headers.clear();
        what.method = "GET / HTTP/1.1\r\n";
        QVERIFY(request(what).sentence.contains(u"method"_s));
    }

    void closedWithoutAnswerIsUnknownAndOnlyTriedOnce()
    {
        RawListener listener([](int fd) {
            char c[4096];
            (void)!::recv(fd, c, sizeof c, 0);
        });
        QCOMPARE(request(to(listener.port, "POST", u"/"_s, "x")).kind, HttpOutcome::Kind::Unknown);
        QCOMPARE(listener.connections.load(), 1);
    }

    void cutAnswerIsUnknown()
    {
        RawListener listener([](int fd) {
            char c[4096];
            (void)!::recv(fd, c, sizeof c, 0);
            const QByteArray half = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf";
            ::send(fd, half.constData(), size_t(half.size()), MSG_NOSIGNAL);
        });
        QCOMPARE(request(to(listener.port, "POST", u"/"_s, "x")).kind, HttpOutcome::Kind::Unknown);
    }

    void noAnswerInTimeIsUnknown()
    {
        std::promise<void> done;
        auto waiting = done.get_future().share();
        RawListener listener([waiting](int) { waiting.wait(); });
        auto what = to(listener.port, "POST", u"/"_s, "x");
        what.timeoutMs = 150;
        const HttpOutcome outcome = request(what);
        done.set_value();
        QCOMPARE(outcome.kind, HttpOutcome::Kind::Unknown);
        QVERIFY(outcome.sentence.contains(u"may have acted"_s));
    }

    void redirectsAreNotFollowed()
    {
        std::atomic<int> calls = 0;
        HttpServer server({});
        quint16 port = 0;
        port = *server.start([&](const HttpRequest&) {
            ++calls;
            HttpResponse response;
            response.status = 307;
            response.headers["Location"] = "/again";
            return response;
        });
        const HttpOutcome outcome = request(to(port, "POST", u"/"_s, "x"));
        QCOMPARE(outcome.kind, HttpOutcome::Kind::Answered);
        QCOMPARE(outcome.status, 307);
        QCOMPARE(calls.load(), 1);
    }

    void answerLimit()
    {
        HttpServer server({});
        const quint16 port = *server.start([](const HttpRequest&) {
            HttpResponse response;
            response.body = QByteArray(5000, 'x');
            return response;
        });
        auto what = to(port, "GET", u"/"_s);
        what.answerLimit = 4999;
        QCOMPARE(request(what).kind, HttpOutcome::Kind::Unknown);
        what.answerLimit = 5000;
        QVERIFY(request(what).ok());
    }

    void keptConnectionComesBackAfterARestart()
    {
        HttpConnection connection;
        HttpServerOptions options;
        auto server = std::make_unique<HttpServer>(options);
        options.port = *server->start(echo);
        QVERIFY(connection.request(to(options.port, "GET", u"/"_s)).ok());
        server->stop();
        QVERIFY(!connection.request(to(options.port, "GET", u"/"_s)).ok());
        server = std::make_unique<HttpServer>(options);
        QVERIFY(server->start(echo));
        QVERIFY(connection.request(to(options.port, "GET", u"/"_s)).ok());
    }
};

QTEST_GUILESS_MAIN(TestHttp)
#include "tst_http.moc"
