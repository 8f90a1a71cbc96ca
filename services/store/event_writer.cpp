// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/store/event_writer.h"

using namespace Qt::StringLiterals;

namespace wf::store {

namespace {

constexpr Nanos kKeepExpired = 10 * kMinute;

int flagsOf(const Answer& answer)
{
    return (answer.error ? kError : 0) | (answer.fromCache ? kCached : 0) | (answer.toHuman ? kHuman : 0);
}

void bindOrNull(sql::Statement& statement, int position, const QByteArray& bytes)
{
    if (bytes.isEmpty())
        statement.bindAt(position, nullptr);
    else
        statement.bindAt(position, bytes);
}

QString idText(const Observation& o)
{
    return o.spanId.isEmpty() ? o.responseId : QString::fromLatin1(o.spanId.toHex());
}

} // namespace

EventWriter::EventWriter(sql::Database& db, const Clock& clock)
    : m_db(db)
    , m_clock(clock)
    , m_interner(db)
    , m_rollups(db, m_interner)
    , m_answers(db)
    , m_events(db)
    , m_sources(db)
{
    reload();
}

TelemetrySink::Stored EventWriter::apply(const Batch& batch)
{
    const Nanos now = m_clock.now();
    TelemetrySink::Stored stored;
    const auto count = [&](Outcome outcome) {
        ++(outcome == Outcome::Stored           ? stored.stored
                : outcome == Outcome::Duplicate ? stored.duplicate
                                                : stored.rejected);
    };
    for (const Answer& answer : batch.answers)
        count(addAnswer(answer, now));
    for (const Observation& observation : batch.observations)
        count(addObservation(observation, now));
    for (const TimelineEvent& event : batch.events)
        count(m_events.add(event) ? Outcome::Stored : Outcome::Duplicate);
    for (const Batch::Rejected& rejected : batch.rejected) {
        m_sources.quarantine(batch.source, rejected.reason, rejected.digest, now);
        count(Outcome::Rejected);
    }
    TelemetrySink::Stored counted = stored;
    // A sign of life is received and kept as its time.
    if (batch.heartbeat) ++counted.stored;
    const qint64 received = counted.stored + counted.duplicate + counted.rejected;
    if (received > 0) m_sources.count(batch.source, received, counted);
    return stored;
}

EventWriter::Outcome EventWriter::addAnswer(const Answer& answer, Nanos now)
{
    const KnownAnswer known{m_nextAnswer, answer.t, m_interner.name(answer.feature),
        {m_interner.manifest(answer.stack), m_interner.slice(answer.slice), flagsOf(answer)}};
    sql::Statement insert = m_db.prepare(
        "INSERT INTO answers VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT DO NOTHING");
    insert.bind(known.id, answer.t, answer.seen, known.feature, known.cohort.manifest, known.cohort.slice,
        known.cohort.flags, answer.latencyNs);
    bindOrNull(insert, 9, answer.traceId);
    bindOrNull(insert, 10, answer.spanId);
    insert.bindAt(11, answer.responseId);
    insert.bindAt(12, answer.recipient);
    insert.step();
    if (m_db.changes() == 0) return Outcome::Duplicate;
    ++m_nextAnswer;

    if (m_answersSignal == 0) m_answersSignal = m_interner.name(QString::fromLatin1(kAnswersSignal));
    m_rollups.add(known.feature, m_answersSignal, known.t, 1, known.cohort);
    const JoinKeys keys = JoinKeys::of(answer.traceId, answer.spanId, answer.responseId);
    if (!keys.isEmpty()) {
        m_answers.add(keys, known, now);
        joinWaiting(keys, known, now);
    }
    return Outcome::Stored;
}

EventWriter::Outcome EventWriter::addObservation(const Observation& observation, Nanos now)
{
    if (!std::isfinite(observation.value) || observation.signal.isEmpty()) {
        m_sources.quarantine(
            observation.source, u"an observation without a signal or a finite value"_s, idText(observation), now);
        return Outcome::Rejected;
    }
    const JoinKeys keys = JoinKeys::of(observation.traceId, observation.spanId, observation.responseId);
    const auto answer = keys.isEmpty() ? std::nullopt : m_answers.find(keys);
    return answer ? join(observation, *answer, now) : wait(observation, keys, now);
}

EventWriter::Outcome EventWriter::join(const Observation& observation, const KnownAnswer& answer, Nanos now)
{
    if (answer.cohort.flags & kHuman) {
        m_sources.quarantine(
            observation.source, u"a measure of an answer that a person gave"_s, idText(observation), now);
        return Outcome::Rejected;
    }
    return insert(observation, answer) ? Outcome::Stored : Outcome::Duplicate;
}

bool EventWriter::insert(const Observation& o, const KnownAnswer& answer)
{
    const int signal = m_interner.name(o.signal);
    m_db.prepare("INSERT INTO observations VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO NOTHING")
        .run(m_nextSeq, answer.id, answer.feature, signal, m_interner.name(o.source), answer.t, o.seen, o.value,
            answer.cohort.manifest, answer.cohort.slice, answer.cohort.flags);
    if (m_db.changes() == 0) return false;
    ++m_nextSeq;
    m_rollups.add(answer.feature, signal, answer.t, o.value, answer.cohort);
    return true;
}

// ---- observations that wait for their answer
// -------------------------------------------------------------------------

EventWriter::Outcome EventWriter::wait(const Observation& o, const JoinKeys& keys, Nanos now)
{
    // What can never be joined differs by its arrival, else two of them would look like one.
    const QString response = keys.isEmpty() ? u"#%1"_s.arg(m_nextWaiting) : o.responseId;
    m_db.prepare(
            "INSERT INTO waiting VALUES(?1, ?2, NULL, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO NOTHING")
        .run(m_nextWaiting, now, keys.span.left(16), keys.span.mid(16), response, o.feature, o.signal, o.source, o.t,
            o.seen, o.value);
    if (m_db.changes() == 0) return Outcome::Duplicate;
    remember(m_nextWaiting++, now, keys);
    return Outcome::Stored;
}

void EventWriter::remember(qint64 id, Nanos since, const JoinKeys& keys)
{
    if (!keys.span.isEmpty()) m_waitingBySpan.insert(keys.span, id);
    if (!keys.response.isEmpty()) m_waitingByResponse.insert(keys.response, id);
    m_waiting.emplace(id, Waiting{since, keys});
}

void EventWriter::release(qint64 id)
{
    const auto found = m_waiting.find(id);
    m_waitingBySpan.remove(found->second.keys.span, id);
    m_waitingByResponse.remove(found->second.keys.response, id);
    m_waiting.erase(found);
}

std::vector<qint64> EventWriter::waitingFor(const JoinKeys& keys) const
{
    std::vector<qint64> ids;
    if (m_waiting.empty()) return ids;
    const QList<qint64> bySpan = keys.span.isEmpty() ? QList<qint64>() : m_waitingBySpan.values(keys.span);
    const QList<qint64> byResponse
        = keys.response.isEmpty() ? QList<qint64>() : m_waitingByResponse.values(keys.response);
    ids.insert(ids.end(), bySpan.begin(), bySpan.end());
    ids.insert(ids.end(), byResponse.begin(), byResponse.end());
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return ids;
}

void EventWriter::joinWaiting(const JoinKeys& keys, const KnownAnswer& answer, Nanos now)
{
    for (const qint64 id : waitingFor(keys)) {
        const Observation observation = readWaiting(id);
        const Outcome outcome = join(observation, answer, now);
        if (outcome != Outcome::Stored)
            m_sources.correct(observation.source, outcome == Outcome::Duplicate, outcome == Outcome::Rejected);
        m_db.prepare("DELETE FROM waiting WHERE id = ?1").run(id);
        release(id);
    }
}

Observation EventWriter::readWaiting(qint64 id)
{
    sql::Statement row = m_db.prepare(
        "SELECT trace, span, response, feature, signal, source, t, seen, value FROM waiting WHERE id = ?1");
    Observation o;
    if (!row.bind(id).step()) return o;
    o.traceId = row.blob(0);
    o.spanId = row.blob(1);
    o.responseId = row.text(2);
    o.feature = row.text(3);
    o.signal = row.text(4);
    o.source = row.text(5);
    o.t = row.integer(6);
    o.seen = row.integer(7);
    o.value = row.real(8);
    return o;
}

void EventWriter::expireWaiting()
{
    const Nanos now = m_clock.now();
    while (!m_waiting.empty() && m_waiting.begin()->second.since + kJoinPatience <= now) {
        const qint64 id = m_waiting.begin()->first;
        const Observation observation = readWaiting(id);
        const KnownAnswer nobody{0, observation.t, m_interner.name(observation.feature),
            {m_interner.manifest({}), m_interner.slice({}), kNoAnswer}};
        const qint64 seq = m_nextSeq;
        insert(observation, nobody);
        m_db.prepare("UPDATE waiting SET seq = ?2 WHERE id = ?1").run(id, seq);
        release(id);
    }
    m_db.prepare("DELETE FROM waiting WHERE seq IS NOT NULL AND since < ?1").run(now - kKeepExpired);
}

// ---- state, projection, transaction
// ----------------------------------------------------------------------------------

void EventWriter::put(const QString& name, const QByteArray& value)
{
    m_db.prepare("INSERT OR REPLACE INTO state VALUES(?1, ?2)").run(name, value);
}

void EventWriter::project(
    const std::vector<TimelineEvent>& events, const std::vector<std::pair<QString, QString>>& incidentCodes)
{
    for (const auto& [incident, code] : incidentCodes)
        m_events.nameIncident(incident, code);
    // Their ids fall; the text index wants them rising.
    for (auto event = events.rbegin(); event != events.rend(); ++event)
        m_events.add(*event);
}

void EventWriter::finish()
{
    const Nanos now = m_clock.now();
    m_rollups.flush();
    m_answers.flush(now);
    m_events.flush();
    m_sources.flush(now);
}

void EventWriter::reload()
{
    const auto next = [&](const char* sql) {
        sql::Statement row = m_db.prepare(sql);
        return row.step() ? row.integer(0) + 1 : 1;
    };
    m_interner.forget();
    m_rollups.forget();
    m_answers.reload();
    m_events.reload();
    m_sources.forget();
    m_answersSignal = 0;
    m_nextAnswer = next("SELECT max(id) FROM answers");
    m_nextSeq = next("SELECT max(seq) FROM observations");
    m_nextWaiting = next("SELECT max(id) FROM waiting");
    m_waiting.clear();
    m_waitingBySpan.clear();
    m_waitingByResponse.clear();
    sql::Statement rows
        = m_db.prepare("SELECT id, since, trace, span, response FROM waiting WHERE seq IS NULL ORDER BY id");
    // A clock that was set back must not keep them waiting.
    const Nanos now = m_clock.now();
    while (rows.step())
        remember(
            rows.integer(0), std::min(rows.integer(1), now), JoinKeys::of(rows.blob(2), rows.blob(3), rows.text(4)));
}

} // namespace wf::store
