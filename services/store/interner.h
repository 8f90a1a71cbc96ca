// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: names, manifests and slices that rows of events.db refer to by number, kept in memory in both directions.
// Owner: store. Thread: as the database it was made with.
#pragma once
#include "models/domain/telemetry.h"
#include "services/base/sqlite.h"
#include <map>
#include <optional>

namespace wf::store {

enum Flag : int { kError = 1, kCached = 2, kHuman = 4, kNoAnswer = 8 };

/// Where an answer belongs: every dimension can be told from it.
struct Cohort {
    int manifest = 0, slice = 0, flags = 0;
    friend bool operator==(const Cohort&, const Cohort&) = default;
};
struct CohortHash {
    size_t operator()(const Cohort& c) const { return qHashMulti(0, c.manifest, c.slice, c.flags); }
};

/// Dimensions with roll-ups of their own. The position is stored: append, never reorder.
inline constexpr std::array kRolledDimensions{
    "model", "prompt", "retrieval", "tools", "route", "region", "tenant", "cached", "handled_by"};
std::optional<int> rolledDimension(const QString& dimension);
/// The dimensions of telemetry.h plus cached and handled_by.
bool isQueryDimension(const QString& dimension);
Error unknownDimension(const QString& dimension);

class Interner {
public:
    explicit Interner(sql::Database& db)
        : m_db(db)
    {
    }

    // Writer: makes what is missing, inside the caller's transaction.
    int name(const QString& text);
    int manifest(const Manifest& manifest);
    int slice(const Slice& slice);
    /// After a rollback: numbers given in that transaction are void.
    void forget();

    // Reader.
    std::optional<int> findName(const QString& text);
    const QString& nameOf(int id);
    const Manifest& manifestOf(int id);
    const Slice& sliceOf(int id);
    QString valueOf(const QString& dimension, const Cohort& cohort);
    bool matches(const std::map<QString, QString>& where, const Cohort& cohort);

private:
    struct Hash {
        size_t operator()(const Manifest& m) const { return qHashRange(m.values.begin(), m.values.end()); }
        size_t operator()(const Slice& s) const
        {
            return qHashMulti(0, s.tenant, s.route, s.locale, s.region, s.instance);
        }
    };
    sql::Database& m_db;
    QHash<QString, int> m_nameIds;
    std::unordered_map<Manifest, int, Hash> m_manifestIds;
    std::unordered_map<Slice, int, Hash> m_sliceIds;
    std::unordered_map<int, QString> m_names;
    std::unordered_map<int, Manifest> m_manifests;
    std::unordered_map<int, Slice> m_slices;
};

} // namespace wf::store
