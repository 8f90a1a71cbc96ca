// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: timeline events as rows: writing them with their text index and counts per minute, and reading them back.
// Owner: store. Thread: as the database it was made with.
#pragma once
#include "models/domain/telemetry.h"
#include "services/base/sqlite.h"
#include <map>

namespace wf::store {

/// Columns for readEvent(), in its order.
inline constexpr auto kEventColumns
    = "e.id, e.t, e.seen, e.kind, e.actor, e.feature, e.title, e.detail, e.incident, e.source, e.dedup, e.loud, e.body";
TimelineEvent readEvent(const sql::Statement& row);

class EventRows {
public:
    explicit EventRows(sql::Database& db)
        : m_db(db)
    {
    }
    /// False when it is there already. An event without an id gets the next one.
    bool add(const TimelineEvent& event);
    /// "INC-0042" finds the rows of the incident from then on.
    void nameIncident(const QString& incident, const QString& code);
    void flush();
    void reload();

private:
    struct Count {
        qint64 n = 0, loud = 0;
    };
    QString codeOf(const QString& incident);

    sql::Database& m_db;
    qint64 m_nextId = 1;
    std::map<std::pair<Nanos, QString>, Count> m_minutes;
    std::map<QString, QString> m_codes;
};

} // namespace wf::store
