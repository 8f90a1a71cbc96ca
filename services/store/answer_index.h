// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: finds the answer of an observation: in memory for the recent ones, in answer_keys for the rest.
// Owner: store. Thread: the writer's.
#pragma once
#include "services/store/interner.h"
#include <deque>
#include <set>

namespace wf::store {

/// The two keys of the join. Empty when the ids are not there or not of the lengths of W3C Trace Context.
struct JoinKeys {
    QByteArray span; ///< trace id and span id, 24 bytes
    QString response;
    static JoinKeys of(const QByteArray& trace, const QByteArray& span, const QString& response);
    bool isEmpty() const { return span.isEmpty() && response.isEmpty(); }
};

/// What an observation takes over from its answer.
struct KnownAnswer {
    qint64 id = 0;
    Nanos t = 0;
    int feature = 0;
    Cohort cohort;
};

class AnswerIndex {
public:
    explicit AnswerIndex(sql::Database& db)
        : m_db(db)
    {
    }
    void add(const JoinKeys& keys, const KnownAnswer& answer, Nanos now);
    std::optional<KnownAnswer> find(const JoinKeys& keys);
    /// Writes the keys of this transaction, before the commit.
    void flush(Nanos now);
    /// After a rollback or at the start: back to what the database holds.
    void reload();

private:
    struct Pending {
        qint64 hour = 0, key = 0, answer = 0;
        friend auto operator<=>(const Pending&, const Pending&) = default;
    };
    struct Recent {
        Nanos added = 0;
        JoinKeys keys;
    };
    std::optional<KnownAnswer> findStored(const JoinKeys& keys);
    std::optional<KnownAnswer> read(qint64 id, const JoinKeys& keys);

    sql::Database& m_db;
    QHash<QByteArray, KnownAnswer> m_bySpan;
    QHash<QString, KnownAnswer> m_byResponse;
    std::deque<Recent> m_recent;
    std::vector<Pending> m_pending;
    std::set<qint64, std::greater<>> m_hours; ///< with stored answers, newest first
};

} // namespace wf::store
