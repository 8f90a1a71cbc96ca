// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the timeline in SQL: pages by key, counts and densities, for events and for answers. Never an OFFSET.
// Owner: store. Thread: as the database it was made with; throws sql::Failure.
#pragma once
#include "services/store/interner.h"
#include "services/store/timeline_filter.h"

namespace wf::store {

class TimelineQueries {
public:
    explicit TimelineQueries(sql::Database& db)
        : m_db(db)
        , m_interner(db)
    {
    }

    enum class Direction { Older, Newer };
    TimelinePage page(const ParsedFilter& filter, TimelineKey key, int limit, Direction direction);
    qint64 count(const ParsedFilter& filter);
    std::vector<DensityBin> density(const ParsedFilter& filter, Window window, int bins);
    /// Changes, reports, alarms, decisions and executions of the feature (or of none), oldest first.
    std::vector<TimelineEvent> marks(const QString& feature, Window window);

private:
    /// Everything that varies between filters: where rows come from and what they must fulfil.
    struct Source {
        std::string from; ///< tables, aliased e, with their conditions up to here
        std::vector<QString> texts; ///< bound as ?1, ?2, …
    };
    Source eventsFor(const ParsedFilter& filter);
    Source answersFor(const ParsedFilter& filter);
    Source sourceFor(const ParsedFilter& filter) { return filter.answers ? answersFor(filter) : eventsFor(filter); }
    bool isCommon(const QString& match);
    TimelinePage sorted(const ParsedFilter& filter, TimelineKey key, int limit, bool older);
    TimelinePage walked(const ParsedFilter& filter, TimelineKey key, int limit, bool older);
    std::vector<TimelineKey> nextKeys(const ParsedFilter& filter, TimelineKey key, int limit, bool older);
    std::vector<bool> matching(const QString& match, const std::vector<TimelineKey>& keys);
    QString idsWith(const char* table, const QStringList& columns, const QString& word);
    void minutes(const ParsedFilter& filter, const Window& window, std::vector<DensityBin>& bins, Nanos width);
    TimelineEvent readAnswer(const sql::Statement& row);

    sql::Database& m_db;
    Interner m_interner;
};

} // namespace wf::store
