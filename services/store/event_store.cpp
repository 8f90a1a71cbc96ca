// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/store/event_store.h"
#include "services/store/event_writer.h"
#include "services/store/schema.h"

using namespace Qt::StringLiterals;

namespace wf {

namespace {

// How often the writer looks whether an observation has waited for its answer long enough.
constexpr auto kLook = std::chrono::milliseconds(100);

// Would the same rows be refused if they came alone?
bool isFaultOfTheDisk(Fault fault)
{
    return fault == Fault::DiskFull || fault == Fault::Io || fault == Fault::ReadOnly || fault == Fault::Busy;
}

} // namespace

Result<std::unique_ptr<EventStore>> EventStore::open(
    const QString& path, const Clock& clock, const EventStoreOptions& options)
{
    auto db = sql::Database::open(path, options.database);
    if (!db) return tl::unexpected(db.error());
    sql::OpenOptions reading = options.database;
    reading.access = sql::Access::ReadOnly;
    reading.cacheKiB = 1'024;
    return sql::attempt([&] {
        (*db)->migrate(store::kMigrations);
        // Fewer, larger write-backs of the log: an import of a day would else pause every 4 MB.
        (*db)->exec("PRAGMA wal_autocheckpoint=4000");
        std::unique_ptr<EventStore> self(new EventStore(clock, options));
        self->m_db = std::move(*db);
        self->m_writer = std::make_unique<store::EventWriter>(*self->m_db, clock);
        auto readDb = sql::Database::open(path, reading);
        if (!readDb) throw sql::Failure{readDb.error()};
        self->m_readDb = std::move(*readDb);
        self->m_thread = std::thread([raw = self.get()] { raw->run(); });
        return self;
    });
}

EventStore::EventStore(const Clock& clock, const EventStoreOptions& options)
    : m_clock(clock)
    , m_options(options)
{
}

EventStore::~EventStore()
{
    {
        const std::lock_guard lock(m_mutex);
        m_closing = true;
    }
    m_work.notify_all();
    m_room.notify_all();
    if (m_thread.joinable()) m_thread.join();
}

Result<TelemetrySink::Stored> EventStore::store(Batch batch)
{
    Stored stored;
    const size_t rows = batch.size() + batch.rejected.size();
    const Done done = submit(rows, [&](store::EventWriter& writer) { stored = writer.apply(batch); });
    if (!done) {
        m_writer->refuse(batch.source, qint64(rows));
        return tl::unexpected(done.error());
    }
    return stored;
}

Done EventStore::put(const QString& name, const QByteArray& value)
{
    return submit(1, [&](store::EventWriter& writer) { writer.put(name, value); });
}

Done EventStore::project(const Projection& projection)
{
    return submit(projection.events.size() + 1, [&](store::EventWriter& writer) {
        writer.project(projection.events, projection.incidentCodes);
        writer.put(projection.stateName, projection.state);
    });
}

Result<QByteArray> EventStore::get(const QString& name)
{
    const std::lock_guard lock(m_readMutex);
    return sql::attempt([&] {
        sql::Statement row = m_readDb->prepare("SELECT value FROM state WHERE name = ?1");
        if (!row.bind(name).step()) sql::raise(Fault::NotFound, u"No state “%1” was stored yet."_s.arg(name));
        return row.blob(0);
    });
}

// ---- hand-over
// -------------------------------------------------------------------------------------------------------

Done EventStore::submit(size_t rows, std::function<void(store::EventWriter&)> apply)
{
    Job job{std::move(apply), rows, {}};
    std::unique_lock lock(m_mutex);
    const bool room = m_room.wait_for(lock, std::chrono::milliseconds(m_options.queueWaitMs),
        [&] { return m_closing || m_queuedRows < m_options.queueRows; });
    if (m_closing)
        return fail(Fault::Refused, u"The store is closing."_s, u"These rows were not stored."_s,
            u"Send them again when the engine runs."_s);
    if (!room)
        return fail(Fault::Busy, u"The store cannot keep up: %1 rows wait to be written."_s.arg(m_queuedRows),
            u"These rows were not stored."_s, u"Send them again in a moment."_s);
    m_queue.push_back(&job);
    m_queuedRows += rows;
    m_work.notify_one();
    m_finished.wait(lock, [&] { return job.outcome.has_value(); });
    return std::move(*job.outcome);
}

void EventStore::run()
{
    std::unique_lock lock(m_mutex);
    for (;;) {
        m_work.wait_for(lock, kLook, [&] { return m_closing || !m_queue.empty(); });
        if (m_queue.empty() && m_closing) return;
        const std::vector<Job*> group = takeGroup(lock);
        lock.unlock();
        commitGroup(group);
        lock.lock();
        if (!group.empty()) m_finished.notify_all();
    }
}

std::vector<EventStore::Job*> EventStore::takeGroup(std::unique_lock<std::mutex>& lock)
{
    if (m_queue.empty()) return {};
    // A caller alone is blocked until its commit: waiting for its next rows would be waiting for nothing.
    if (m_severalCallers)
        m_work.wait_for(lock, std::chrono::milliseconds(m_options.groupMs),
            [&] { return m_closing || m_queuedRows >= m_options.groupRows; });
    std::vector<Job*> group;
    size_t rows = 0;
    while (!m_queue.empty() && rows < m_options.groupRows) {
        group.push_back(m_queue.front());
        rows += m_queue.front()->rows;
        m_queue.pop_front();
    }
    m_severalCallers = group.size() > 1;
    m_queuedRows -= rows;
    m_room.notify_all();
    return group;
}

// Callers look at their outcome under the mutex only, so it is written there.
void EventStore::commitGroup(const std::vector<Job*>& group)
{
    if (group.empty() && !m_reloadNeeded && !m_writer->expiryDue()) return;
    std::vector<Done> outcomes(group.size(), commitJobs(group));
    // One caller's rows must not cost another's: alone, each is judged by itself.
    if (group.size() > 1 && !outcomes.front() && !isFaultOfTheDisk(outcomes.front().error().fault))
        for (size_t i = 0; i < group.size(); ++i)
            outcomes[i] = commitJobs(std::span(&group[i], 1));
    const std::lock_guard lock(m_mutex);
    for (size_t i = 0; i < group.size(); ++i)
        group[i]->outcome = std::move(outcomes[i]);
}

Done EventStore::commitJobs(std::span<Job* const> jobs)
{
    return sql::attempt([&] {
        if (m_reloadNeeded) m_writer->reload();
        m_reloadNeeded = false;
        sql::Transaction transaction(*m_db, sql::Transaction::Kind::Write);
        m_reloadNeeded = true; // until it is committed, what the writer remembers is not what the file holds
        for (Job* job : jobs)
            job->apply(*m_writer);
        if (m_writer->expiryDue()) m_writer->expireWaiting();
        m_writer->finish();
        transaction.commit();
        m_reloadNeeded = false;
        m_writer->committed();
    });
}

} // namespace wf
