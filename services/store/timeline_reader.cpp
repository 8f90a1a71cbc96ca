// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/store/timeline_reader.h"
#include "services/store/store_reader.h"
#include "services/store/timeline_queries.h"

namespace wf {

namespace {

constexpr int kReaders = 2;

} // namespace

Result<std::unique_ptr<TimelineReader>> TimelineReader::open(
    const QString& path, const Clock& clock, const sql::OpenOptions& options)
{
    std::unique_ptr<TimelineReader> self(new TimelineReader(clock));
    for (int i = 0; i < kReaders; ++i) {
        auto reader = StoreReader::open(path, clock, options);
        if (!reader) return tl::unexpected(reader.error());
        auto worker = std::make_unique<Worker>();
        worker->reader = std::move(*reader);
        worker->timeline = std::make_unique<store::TimelineQueries>(worker->reader->database());
        self->m_workers.push_back(std::move(worker));
    }
    for (const auto& worker : self->m_workers)
        worker->thread = std::thread([raw = self.get(), w = worker.get()] { raw->run(*w); });
    return self;
}

TimelineReader::TimelineReader(const Clock& clock)
    : m_clock(clock)
{
}

TimelineReader::~TimelineReader()
{
    {
        const std::lock_guard lock(m_mutex);
        m_closing.request_stop();
        m_queue.clear();
    }
    m_work.notify_all();
    for (const auto& worker : m_workers)
        if (worker->thread.joinable()) worker->thread.join();
}

void TimelineReader::enqueue(std::stop_token stop, std::function<void(Worker&)> run)
{
    {
        const std::lock_guard lock(m_mutex);
        m_queue.push_back({std::move(stop), std::move(run)});
    }
    m_work.notify_one();
}

void TimelineReader::run(Worker& worker)
{
    std::unique_lock lock(m_mutex);
    for (;;) {
        m_work.wait(lock, [&] { return m_closing.stop_requested() || !m_queue.empty(); });
        if (m_closing.stop_requested()) return;
        const Job job = std::move(m_queue.front());
        m_queue.pop_front();
        if (job.stop.stop_requested()) continue;
        lock.unlock();
        job.run(worker);
        lock.lock();
    }
}

template <class T, class Ask>
void TimelineReader::ask(const TimelineFilter& filter, std::stop_token stop, Reply<T> reply, Ask ask)
{
    enqueue(stop, [this, text = filter.text, stop, reply = std::move(reply), ask](Worker& worker) {
        Result<T> result = sql::attempt([&] {
            auto parsed = store::parseFilter(text, m_clock.now());
            if (!parsed) throw sql::Failure{parsed.error(), 0};
            const std::stop_token closing = m_closing.get_token();
            const sql::StopGuard guard(worker.reader->database(), {stop, closing});
            return ask(worker, *parsed);
        });
        if (!stop.stop_requested() && !m_closing.stop_requested()) reply(std::move(result));
    });
}

void TimelineReader::older(
    const TimelineFilter& filter, TimelineKey key, int limit, std::stop_token stop, Reply<TimelinePage> reply)
{
    ask(filter, std::move(stop), std::move(reply), [=](Worker& worker, const store::ParsedFilter& parsed) {
        return worker.timeline->page(parsed, key, limit, store::TimelineQueries::Direction::Older);
    });
}

void TimelineReader::newer(
    const TimelineFilter& filter, TimelineKey key, int limit, std::stop_token stop, Reply<TimelinePage> reply)
{
    ask(filter, std::move(stop), std::move(reply), [=](Worker& worker, const store::ParsedFilter& parsed) {
        return worker.timeline->page(parsed, key, limit, store::TimelineQueries::Direction::Newer);
    });
}

void TimelineReader::count(const TimelineFilter& filter, std::stop_token stop, Reply<qint64> reply)
{
    ask(filter, std::move(stop), std::move(reply),
        [](Worker& worker, const store::ParsedFilter& parsed) { return worker.timeline->count(parsed); });
}

void TimelineReader::density(
    const TimelineFilter& filter, Window window, int bins, std::stop_token stop, Reply<std::vector<DensityBin>> reply)
{
    ask(filter, std::move(stop), std::move(reply), [=](Worker& worker, const store::ParsedFilter& parsed) {
        return worker.timeline->density(parsed, window, bins);
    });
}

void TimelineReader::chart(const QString& feature, const QString& signal, Window window, Nanos bucket,
    std::stop_token stop, Reply<ChartData> reply)
{
    ask({}, std::move(stop), std::move(reply), [=](Worker& worker, const store::ParsedFilter&) {
        auto buckets = worker.reader->series(feature, signal, window, bucket);
        if (!buckets) throw sql::Failure{buckets.error(), 0};
        return ChartData{std::move(*buckets), bucket, worker.timeline->marks(feature, window)};
    });
}

} // namespace wf
