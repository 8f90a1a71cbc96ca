// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: runs outbox rows, each exactly once: AttemptStarted is durable before anything is sent, AttemptFinished after.
// A row found started but not finished (the process died in between) is decided by looking at the target. Owner:
// services/execution. Thread: submit() from the engine's desk; the work on the executor's own thread, one row at a time.
#pragma once
#include "models/domain/ports.h"
#include "services/execution/http_action.h"
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

namespace wf {

/// Everything one run needs, by value: the executor shares no state with the engine.
struct ExecutionJob {
    OutboxRow row;
    QString incident;
    PlanStep step;
    bool startedBefore = false;             ///< an AttemptStarted without a finish is on record
    std::function<QString()> mayExecute;    ///< time-of-use check; empty = go, else the reason
};

class Executor {
public:
    Executor(RecordLog& record, const Clock& clock, HttpCaller caller = [](const HttpClientRequest& r) { return request(r); });
    ~Executor(); ///< lets the running row reach its durable point, then returns
    /// Ignored when this execution is queued, running, or was settled here before.
    void submit(ExecutionJob job);
    bool idle() const;

private:
    void loop(std::stop_token stop);
    bool run(const ExecutionJob& job); ///< false: not on record, so it may be submitted again
    bool note(const ExecutionJob& job, const char* kind, QJsonObject body);
    bool finish(const ExecutionJob& job, const ActionOutcome& outcome);

    RecordLog& m_record;
    const Clock& m_clock;
    HttpCaller m_caller;
    mutable std::mutex m_mutex;
    std::condition_variable_any m_wake;
    std::deque<ExecutionJob> m_queue;
    std::set<QString> m_known;
    bool m_busy = false;
    std::jthread m_thread; // last: joins before the rest goes
};

} // namespace wf
