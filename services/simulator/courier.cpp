// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/simulator/courier.h"
#include "services/base/http_client.h"
#include <algorithm>

namespace wf::sim {
using namespace Qt::StringLiterals;
using std::chrono::milliseconds;

namespace {
constexpr milliseconds kFirstPause{100}, kLongestPause{2000};

/// Worth another attempt: nobody there, no answer, or "not now". Anything else stays as it is however often it is sent.
bool mayWorkLater(const HttpOutcome& outcome)
{
    if (outcome.kind != HttpOutcome::Kind::Answered) return true;
    return outcome.status >= 500 || outcome.status == 429 || outcome.status == 408;
}

QString sentenceOf(const HttpOutcome& outcome, const Parcel& parcel)
{
    if (outcome.kind != HttpOutcome::Kind::Answered) return outcome.sentence;
    return u"The engine answered %1 to %2: %3"_s.arg(outcome.status)
        .arg(QString::fromLatin1(parcel.path), QString::fromUtf8(outcome.body.left(200)).simplified());
}
} // namespace

/// The connection and the pause after a failure; the sending thread's own.
class Line {
public:
    explicit Line(QUrl engine)
        : m_engine(std::move(engine))
    {
    }
    HttpOutcome post(const Parcel& parcel)
    {
        HttpClientRequest request;
        request.method = "POST";
        request.url = m_engine;
        request.url.setPath(QString::fromLatin1(parcel.path));
        request.headers["Content-Type"] = parcel.contentType;
        request.body = parcel.body;
        HttpOutcome outcome = m_connection.request(request);
        if (outcome.kind != HttpOutcome::Kind::Answered) m_connection.close();
        return outcome;
    }

private:
    QUrl m_engine;
    HttpConnection m_connection;
};

Courier::Courier(const QUrl& engine, qint64 bytesLimit)
    : m_engine(engine)
    , m_limit(bytesLimit)
{
}

Courier::~Courier()
{
    stop();
}

void Courier::start()
{
    m_thread = std::jthread([this](std::stop_token stop) { run(stop); });
}

void Courier::send(std::vector<Parcel> parcels)
{
    const std::lock_guard lock(m_mutex);
    for (Parcel& parcel : parcels) {
        // One sign of life waiting is enough, and the newest is the true one. The front may be on its way just now.
        if (parcel.perishable && m_queue.size() > 1) {
            const auto old
                = std::find_if(m_queue.begin() + 1, m_queue.end(), [](const Parcel& p) { return p.perishable; });
            if (old != m_queue.end()) {
                m_bytes -= old->body.size();
                m_queue.erase(old);
            }
        }
        m_bytes += parcel.body.size();
        m_stats.waiting += parcel.records;
        m_queue.push_back(std::move(parcel));
    }
    makeRoom();
    m_changed.notify_all();
}

/// Drops the oldest telemetry (protobuf); changes and reports are few and tell the story, so they stay.
void Courier::makeRoom()
{
    for (size_t i = 1; m_bytes > m_limit && i < m_queue.size();) {
        const Parcel& parcel = m_queue[i];
        if (!parcel.path.startsWith("/v1/")) {
            ++i;
            continue;
        }
        m_bytes -= parcel.body.size();
        m_stats.waiting -= parcel.records;
        m_stats.lost += parcel.records;
        m_queue.erase(m_queue.begin() + qsizetype(i));
        m_stats.problem
            = u"The engine was away for too long: %1 records were dropped, oldest first. Changes and reports are kept."_s
                  .arg(m_stats.lost);
    }
}

void Courier::stop(milliseconds grace)
{
    if (!m_thread.joinable()) return;
    {
        std::unique_lock lock(m_mutex);
        m_changed.wait_for(lock, grace, [this] { return m_queue.empty(); });
    }
    m_thread.request_stop();
    m_changed.notify_all();
    m_thread.join();
}

Courier::Stats Courier::stats() const
{
    const std::lock_guard lock(m_mutex);
    return m_stats;
}

void Courier::run(std::stop_token stop)
{
    Line line(m_engine);
    milliseconds pause = kFirstPause;
    while (!stop.stop_requested()) {
        Parcel parcel;
        {
            std::unique_lock lock(m_mutex);
            if (!m_changed.wait(lock, stop, [this] { return !m_queue.empty(); })) return;
            parcel = m_queue.front(); // stays in the queue until it is acknowledged
        }
        const bool finished = deliver(parcel, line, pause);
        std::unique_lock lock(m_mutex);
        if (finished) {
            m_bytes -= parcel.body.size();
            m_stats.waiting -= parcel.records;
            m_queue.pop_front();
            if (m_queue.empty()) m_changed.notify_all(); // stop() may be waiting for this
        } else {
            m_changed.wait_for(lock, stop, pause, [] { return false; });
            pause = std::min(pause * 2, kLongestPause);
        }
    }
}

/// True when this parcel is done with: delivered, refused for good, or a sign of life that would come too late.
bool Courier::deliver(const Parcel& parcel, Line& line, milliseconds& pause)
{
    const HttpOutcome outcome = line.post(parcel);
    const std::lock_guard lock(m_mutex);
    m_stats.reachable = outcome.kind == HttpOutcome::Kind::Answered;
    if (outcome.ok()) {
        pause = kFirstPause;
        m_stats.sent += parcel.records;
        return true;
    }
    m_stats.problem = sentenceOf(outcome, parcel);
    if (!mayWorkLater(outcome)) {
        m_stats.refused += parcel.records;
        return true;
    }
    return parcel.perishable;
}

} // namespace wf::sim
