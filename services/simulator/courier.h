// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: brings parcels to the engine in order over one kept connection, and waits for it while it is away: an engine
// that is killed and started again misses nothing. What waits is bounded; what is lost beyond that is counted and said.
// Sending again is safe because the engine drops what it has seen. Owner: services/simulator.
// Thread: send() and stats() from any; one thread of its own sends.
#pragma once
#include "services/simulator/messages.h"
#include <QUrl>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace wf::sim {

class Courier {
public:
    struct Stats {
        qint64 sent = 0; ///< records acknowledged
        qint64 waiting = 0; ///< records not acknowledged yet
        qint64 refused = 0; ///< records the engine will not take however often they are sent
        qint64 lost = 0; ///< records dropped because too much waited
        bool reachable = true; ///< as of the last attempt
        QString problem; ///< of the last attempt that failed, or of the last loss
    };
    explicit Courier(const QUrl& engine, qint64 bytesLimit = 128 * 1024 * 1024);
    ~Courier(); ///< stops at once
    Courier(const Courier&) = delete;
    Courier& operator=(const Courier&) = delete;

    void start();
    void send(std::vector<Parcel> parcels);
    /// Tries to bring what waits for at most this long (real time), then ends.
    void stop(std::chrono::milliseconds grace = {});
    Stats stats() const;

private:
    void run(std::stop_token stop);
    bool deliver(const Parcel& parcel, class Line& line, std::chrono::milliseconds& pause);
    void makeRoom();

    QUrl m_engine;
    qint64 m_limit;
    mutable std::mutex m_mutex;
    std::condition_variable_any m_changed;
    std::deque<Parcel> m_queue;
    qint64 m_bytes = 0;
    Stats m_stats;
    std::jthread m_thread;
};

} // namespace wf::sim
