// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the one writer of events.db: a thread that commits what callers hand it in groups and wakes them when their
// rows are durable. A commit that fails changes nothing, tells every caller of the group why, and the next one tries
// anew. Owner: store. Thread: any; the object outlives all calls.
#pragma once
#include "models/domain/ports.h"
#include "services/base/sqlite.h"
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace wf {

namespace store {
class EventWriter;
}

struct EventStoreOptions {
    sql::OpenOptions database{.cacheKiB = 65'536};
    size_t groupRows = 5'000; ///< a group is committed when it has so many rows,
    int groupMs = 20; ///< or when its first rows have waited so long
    size_t queueRows = 50'000; ///< beyond it callers wait,
    int queueWaitMs = 10'000; ///< and are refused as Busy when it takes so long
};

class EventStore final : public TelemetrySink, public StateStore {
public:
    /// Makes or migrates the file. The clock must outlive the store.
    static Result<std::unique_ptr<EventStore>> open(
        const QString& path, const Clock& clock, const EventStoreOptions& options = {});
    /// Refuses new work, commits what is queued, and writes the log back into the file.
    ~EventStore() override;

    Result<Stored> store(Batch batch) override;
    Done put(const QString& name, const QByteArray& value) override;
    Result<QByteArray> get(const QString& name) override;

    /// Rows the record is shown by, with the state of the projection, in one transaction. Incident id -> "INC-0042".
    struct Projection {
        std::vector<TimelineEvent> events;
        std::vector<std::pair<QString, QString>> incidentCodes;
        QString stateName;
        QByteArray state;
    };
    Done project(const Projection& projection);

private:
    struct Job {
        std::function<void(store::EventWriter&)> apply;
        size_t rows = 0;
        std::optional<Done> outcome;
    };
    EventStore(const Clock& clock, const EventStoreOptions& options);
    Done submit(size_t rows, std::function<void(store::EventWriter&)> apply);
    void run();
    std::vector<Job*> takeGroup(std::unique_lock<std::mutex>& lock);
    void commitGroup(const std::vector<Job*>& group);
    Done commitJobs(std::span<Job* const> jobs);

    const Clock& m_clock;
    const EventStoreOptions m_options;
    std::unique_ptr<sql::Database> m_db; ///< writer thread only
    std::unique_ptr<store::EventWriter> m_writer; ///< writer thread only, but for refuse()
    bool m_reloadNeeded = false; ///< writer thread only

    std::mutex m_readMutex;
    std::unique_ptr<sql::Database> m_readDb; ///< under m_readMutex

    std::mutex m_mutex;
    std::condition_variable m_work, m_room, m_finished;
    std::deque<Job*> m_queue;
    size_t m_queuedRows = 0;
    bool m_severalCallers = false; ///< in the last group
    bool m_closing = false;
    std::thread m_thread;
};

} // namespace wf
