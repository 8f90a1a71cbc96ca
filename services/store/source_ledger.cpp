// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/store/source_ledger.h"

namespace wf::store {

namespace {

constexpr qint64 kMostQuarantined = 10'000;
constexpr Nanos kKeepSeconds = kMinute;

constexpr auto kUpsert = "INSERT INTO sources VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET"
                         " received = received + excluded.received, stored = stored + excluded.stored,"
                         " duplicate = duplicate + excluded.duplicate, rejected = rejected + excluded.rejected,"
                         " refused = refused + excluded.refused, last_seen = max(last_seen, excluded.last_seen)";

} // namespace

void SourceLedger::count(const QString& source, qint64 received, const TelemetrySink::Stored& outcome)
{
    Change& change = m_changes[source];
    change.received += received;
    change.outcome.stored += outcome.stored;
    change.outcome.duplicate += outcome.duplicate;
    change.outcome.rejected += outcome.rejected;
    // Bytes nobody could read are no sign of life: they may come from anybody, and no figure rests on them.
    change.seen = change.seen || outcome.stored + outcome.duplicate > 0;
}

void SourceLedger::correct(const QString& source, qint64 duplicate, qint64 rejected)
{
    Change& change = m_changes[source];
    change.outcome.stored -= duplicate + rejected;
    change.outcome.duplicate += duplicate;
    change.outcome.rejected += rejected;
}

void SourceLedger::quarantine(const QString& source, const QString& reason, const QString& digest, Nanos now)
{
    m_db.prepare("INSERT INTO quarantine(at, source, reason, digest) VALUES(?1, ?2, ?3, ?4)")
        .run(now, source, reason, digest);
    m_quarantined = true;
}

void SourceLedger::refuse(const QString& source, qint64 rows)
{
    const std::lock_guard lock(m_refusedMutex);
    m_refused[source] += rows;
}

void SourceLedger::flush(Nanos now)
{
    {
        const std::lock_guard lock(m_refusedMutex);
        for (const auto& [source, rows] : m_refused)
            m_refusedInFlight[source] += rows;
        m_refused.clear();
    }
    for (const auto& [source, rows] : m_refusedInFlight)
        m_changes[source];
    sql::Statement upsert = m_db.prepare(kUpsert);
    sql::Statement second
        = m_db.prepare("INSERT INTO source_seconds VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET n = n + excluded.n");
    for (const auto& [source, change] : m_changes) {
        const auto refused = m_refusedInFlight.find(source);
        upsert.run(source, change.received, change.outcome.stored, change.outcome.duplicate, change.outcome.rejected,
            refused == m_refusedInFlight.end() ? 0 : refused->second, change.seen ? now : 0);
        if (change.received > 0) second.run(now / kSecond, source, change.received);
    }
    if (!m_changes.empty()) m_db.prepare("DELETE FROM source_seconds WHERE t < ?1").run((now - kKeepSeconds) / kSecond);
    if (std::exchange(m_quarantined, false))
        m_db.prepare("DELETE FROM quarantine WHERE id <= (SELECT max(id) FROM quarantine) - ?1").run(kMostQuarantined);
    m_changes.clear();
}

void SourceLedger::committed()
{
    m_refusedInFlight.clear();
}

void SourceLedger::forget()
{
    m_changes.clear();
    m_quarantined = false;
}

} // namespace wf::store
