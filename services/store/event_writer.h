// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: what happens inside a write transaction of events.db: answers are interned and counted, observations find
// their answer or wait for it, events enter the timeline. Owner: store. Thread: the writer's.
#pragma once
#include "services/store/answer_index.h"
#include "services/store/event_rows.h"
#include "services/store/rollup_buffer.h"
#include "services/store/source_ledger.h"

namespace wf::store {

/// How long an observation waits for its answer before it counts without slice.
inline constexpr Nanos kJoinPatience = 30 * kSecond;

class EventWriter {
public:
    EventWriter(sql::Database& db, const Clock& clock);

    // Each inside the caller's transaction; finish() before its commit, committed() after, reload() after a rollback.
    TelemetrySink::Stored apply(const Batch& batch);
    void put(const QString& name, const QByteArray& value);
    void project(
        const std::vector<TimelineEvent>& events, const std::vector<std::pair<QString, QString>>& incidentCodes);
    void expireWaiting();
    void finish();
    void committed() { m_sources.committed(); }
    void reload();

    /// Is there an observation that has waited long enough?
    bool expiryDue() const
    {
        return !m_waiting.empty() && m_waiting.begin()->second.since + kJoinPatience <= m_clock.now();
    }
    void refuse(const QString& source, qint64 rows) { m_sources.refuse(source, rows); }

private:
    enum class Outcome { Stored, Duplicate, Rejected };
    struct Waiting {
        Nanos since = 0;
        JoinKeys keys;
    };

    Outcome addAnswer(const Answer& answer, Nanos now);
    Outcome addObservation(const Observation& observation, Nanos now);
    Outcome join(const Observation& observation, const KnownAnswer& answer, Nanos now);
    Outcome wait(const Observation& observation, const JoinKeys& keys, Nanos now);
    bool insert(const Observation& observation, const KnownAnswer& answer);
    void joinWaiting(const JoinKeys& keys, const KnownAnswer& answer, Nanos now);
    std::vector<qint64> waitingFor(const JoinKeys& keys) const;
    Observation readWaiting(qint64 id);
    void remember(qint64 id, Nanos since, const JoinKeys& keys);
    void release(qint64 id);

    sql::Database& m_db;
    const Clock& m_clock;
    Interner m_interner;
    RollupBuffer m_rollups;
    AnswerIndex m_answers;
    EventRows m_events;
    SourceLedger m_sources;
    qint64 m_nextAnswer = 1, m_nextSeq = 1, m_nextWaiting = 1;
    int m_answersSignal = 0;
    std::map<qint64, Waiting> m_waiting; ///< by id, so oldest first
    QMultiHash<QByteArray, qint64> m_waitingBySpan;
    QMultiHash<QString, qint64> m_waitingByResponse;
};

} // namespace wf::store
