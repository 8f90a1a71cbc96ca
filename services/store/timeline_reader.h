// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the timeline and the chart for the console, answered by two reader threads with connections of their own.
// Owner: store. Thread: call from any; replies come on a reader thread. A request whose stop was asked for gets no
// reply.
#pragma once
#include "models/domain/ports.h"
#include "services/base/sqlite.h"
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace wf {

namespace store {
class TimelineQueries;
struct ParsedFilter;
} // namespace store
class StoreReader;

class TimelineReader final : public TimelineSource, public ChartSource {
public:
    /// The clock (for before:HH:MM) must outlive the reader. Fault::NotFound before the engine made the file.
    static Result<std::unique_ptr<TimelineReader>> open(
        const QString& path, const Clock& clock, const sql::OpenOptions& options = {});
    /// Ends what is running and forgets what is queued; no reply comes after it.
    ~TimelineReader() override;

    void older(const TimelineFilter& filter, TimelineKey key, int limit, std::stop_token stop,
        Reply<TimelinePage> reply) override;
    void newer(const TimelineFilter& filter, TimelineKey key, int limit, std::stop_token stop,
        Reply<TimelinePage> reply) override;
    void count(const TimelineFilter& filter, std::stop_token stop, Reply<qint64> reply) override;
    void density(const TimelineFilter& filter, Window window, int bins, std::stop_token stop,
        Reply<std::vector<DensityBin>> reply) override;
    void chart(const QString& feature, const QString& signal, Window window, Nanos bucket, std::stop_token stop,
        Reply<ChartData> reply) override;

private:
    struct Worker {
        std::unique_ptr<StoreReader> reader;
        std::unique_ptr<store::TimelineQueries> timeline;
        std::thread thread;
    };
    struct Job {
        std::stop_token stop;
        std::function<void(Worker&)> run;
    };
    explicit TimelineReader(const Clock& clock);
    template <class T, class Ask> void ask(const TimelineFilter& filter, std::stop_token stop, Reply<T> reply, Ask ask);
    void enqueue(std::stop_token stop, std::function<void(Worker&)> run);
    void run(Worker& worker);

    const Clock& m_clock;
    std::mutex m_mutex;
    std::condition_variable m_work;
    std::deque<Job> m_queue;
    std::stop_source m_closing;
    std::vector<std::unique_ptr<Worker>> m_workers;
};

} // namespace wf
