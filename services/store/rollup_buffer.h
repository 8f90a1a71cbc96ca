// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: roll-ups of one transaction, summed in memory and written once at its end: an upsert per row would halve the
// rate. Owner: store. Thread: the writer's.
#pragma once
#include "services/store/interner.h"

namespace wf::store {

/// The pseudo-signal whose count is the number of answers.
inline constexpr auto kAnswersSignal = "answers";
/// Widths of the buckets, finest first.
inline constexpr std::array kGrains{kSecond, kMinute, kHour};

class RollupBuffer {
public:
    RollupBuffer(sql::Database& db, Interner& interner)
        : m_db(db)
        , m_interner(interner)
    {
    }
    void add(int feature, int signal, Nanos t, double value, const Cohort& cohort);
    /// Upserts everything in key order, before the commit.
    void flush();
    void forget();

private:
    struct Sum {
        qint64 n = 0;
        double sum = 0, squares = 0;
        Nanos first = 0, last = 0;
        void add(const Sum& other);
    };
    struct Key {
        int feature = 0, signal = 0;
        qint64 part = 0; ///< grain, or the dimension
        Nanos t = 0;
        int value = 0; ///< of the dimension
        friend auto operator<=>(const Key&, const Key&) = default;
    };
    struct KeyHash {
        size_t operator()(const Key& k) const { return qHashMulti(0, k.feature, k.signal, k.part, k.t, k.value); }
    };
    using Table = std::unordered_map<Key, Sum, KeyHash>;
    using Values = std::array<int, kRolledDimensions.size()>;

    const Values& valuesOf(const Cohort& cohort);
    Table coarser(const Table& fine, Nanos grain) const;
    void write(const Table& table, const char* statement, bool slices);

    sql::Database& m_db;
    Interner& m_interner;
    Table m_seconds, m_slices;
    std::unordered_map<Cohort, Values, CohortHash> m_values;
};

} // namespace wf::store
