// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: what each source sent and what became of it; received = stored + duplicate + rejected, refused beside it.
// Owner: store. Thread: the writer's; refuse() any.
#pragma once
#include "models/domain/ports.h"
#include "services/base/sqlite.h"
#include <mutex>

namespace wf::store {

class SourceLedger {
public:
    explicit SourceLedger(sql::Database& db)
        : m_db(db)
    {
    }
    void count(const QString& source, qint64 received, const TelemetrySink::Stored& outcome);
    /// A waiting observation turned out to be one of these after all.
    void correct(const QString& source, qint64 duplicate, qint64 rejected);
    void quarantine(const QString& source, const QString& reason, const QString& digest, Nanos now);
    /// Rows the store could not take; written as soon as it can write again.
    void refuse(const QString& source, qint64 rows);
    void flush(Nanos now);
    void forget();
    void committed();

private:
    struct Change {
        TelemetrySink::Stored outcome;
        qint64 received = 0;
        bool seen = false;
    };
    sql::Database& m_db;
    std::map<QString, Change> m_changes;
    std::mutex m_refusedMutex;
    std::map<QString, qint64> m_refused, m_refusedInFlight;
    bool m_quarantined = false;
};

} // namespace wf::store
