// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/execution/executor.h"
#include "models/domain/canonical_json.h"

namespace wf {
using namespace Qt::StringLiterals;

namespace {
const QString kActor = u"engine"_s;

ActionOutcome failed(const QString& why)
{
    return {ActionOutcome::Kind::Failed, 0, {}, why};
}

QString outcomeName(ActionOutcome::Kind kind)
{
    return kind == ActionOutcome::Kind::Executed ? u"executed"_s : kind == ActionOutcome::Kind::Failed ? u"failed"_s : u"unknown"_s;
}
} // namespace

Executor::Executor(RecordLog& record, const Clock& clock, HttpCaller caller)
    : m_record(record), m_clock(clock), m_caller(std::move(caller)), m_thread([this](std::stop_token stop) { loop(stop); })
{
}

Executor::~Executor()
{
    m_thread.request_stop();
    m_wake.notify_all();
}

void Executor::submit(ExecutionJob job)
{
    {
        const std::lock_guard lock(m_mutex);
        if (!m_known.insert(job.row.execution.value).second) return;
        m_queue.push_back(std::move(job));
    }
    m_wake.notify_all();
}

bool Executor::idle() const
{
    const std::lock_guard lock(m_mutex);
    return m_queue.empty() && !m_busy;
}

void Executor::loop(std::stop_token stop)
{
    while (!stop.stop_requested()) {
        ExecutionJob job;
        {
            std::unique_lock lock(m_mutex);
            if (!m_wake.wait(lock, stop, [this] { return !m_queue.empty(); })) return;
            job = std::move(m_queue.front());
            m_queue.pop_front();
            m_busy = true;
        }
        const bool settled = run(job);
        const std::lock_guard lock(m_mutex);
        m_busy = false;
        if (!settled) m_known.erase(job.row.execution.value);
    }
}

bool Executor::run(const ExecutionJob& job)
{
    const TargetState target = readTarget(job.step, m_caller);
    if (job.startedBefore) {
        // The process died between "started" and "finished". Only the target knows; nothing is sent until it has told.
        if (target.kind == TargetState::Kind::AlreadyThere)
            return finish(job, {ActionOutcome::Kind::Executed, 0, {}, u"Found done after a restart: the target holds “%1”."_s.arg(target.value)});
        if (target.kind != TargetState::Kind::AsExpected)
            return finish(job, {ActionOutcome::Kind::Unknown, 0, {}, u"The engine stopped while this ran and the target cannot tell. %1"_s.arg(target.sentence)});
    }
    if (const QString reason = job.mayExecute(); !reason.isEmpty()) return finish(job, failed(reason));
    if (target.kind == TargetState::Kind::AlreadyThere)
        return finish(job, {ActionOutcome::Kind::Executed, 0, {}, u"Nothing was sent: the target already held “%1”."_s.arg(target.value)});
    if (target.kind == TargetState::Kind::Other) return finish(job, failed(target.sentence + u" Nothing was sent."_s));
    if (target.kind == TargetState::Kind::CannotTell && !job.step.precondition.isNull()) return finish(job, failed(target.sentence + u" Nothing was sent."_s));

    const QJsonObject started{{u"execution"_s, job.row.execution.value}, {u"proposal"_s, job.row.proposal.value}, {u"step"_s, job.row.step},
        {u"key"_s, job.row.key}, {u"method"_s, job.step.action.method}, {u"url"_s, urlOf(job.step.action).toString()},
        {u"body"_s, job.step.action.body}};
    // Without a durable "started" nothing may be sent: a crash would make it look as if it never ran. The row stays open.
    if (!note(job, kind::AttemptStarted, started)) return false;
    return finish(job, actOnce(job.step, job.row.key, target.etag, m_caller));
}

bool Executor::note(const ExecutionJob& job, const char* what, QJsonObject body)
{
    const auto done = m_record.append({{QLatin1StringView(what), kActor, job.incident, std::move(body), m_clock.now()}});
    if (!done) qWarning("%s", qPrintable(u"An execution could not be recorded. "_s + done.error().sentence()));
    return done.has_value();
}

bool Executor::finish(const ExecutionJob& job, const ActionOutcome& outcome)
{
    const bool recorded = note(job, kind::AttemptFinished,
        {{u"execution"_s, job.row.execution.value}, {u"proposal"_s, job.row.proposal.value}, {u"step"_s, job.row.step},
            {u"title"_s, job.step.title}, {u"outcome"_s, outcomeName(outcome.kind)}, {u"status"_s, outcome.status},
            {u"receipt"_s, QString::fromLatin1(sha256(outcome.raw).toHex())}, {u"answer"_s, QString::fromUtf8(outcome.raw)}, {u"why"_s, outcome.why}});
    // Not recorded: the row stays open and the next start looks at the target.
    if (!recorded) return false;
    if (const auto closed = m_record.closeOutbox(job.row.execution); !closed) qWarning("%s", qPrintable(closed.error().sentence()));
    return true;
}

} // namespace wf
