// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/store/rollup_buffer.h"

namespace wf::store {

namespace {

Nanos floorTo(Nanos t, Nanos grain)
{
    return t - (t % grain + grain) % grain;
}

constexpr auto kUpsertRollup
    = "INSERT INTO rollups VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO UPDATE SET n = n + excluded.n, "
      "sum = sum + excluded.sum,"
      " squares = squares + excluded.squares, first = min(first, excluded.first), last = max(last, excluded.last)";
constexpr auto kUpsertSlice = "INSERT INTO slice_rollups VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT "
                              "DO UPDATE SET n = n + excluded.n,"
                              " sum = sum + excluded.sum, squares = squares + excluded.squares, first = min(first, "
                              "excluded.first), last = max(last, excluded.last)";

} // namespace

void RollupBuffer::Sum::add(const Sum& other)
{
    first = n ? std::min(first, other.first) : other.first;
    last = n ? std::max(last, other.last) : other.last;
    n += other.n;
    sum += other.sum;
    squares += other.squares;
}

void RollupBuffer::add(int feature, int signal, Nanos t, double value, const Cohort& cohort)
{
    const Sum one{1, value, value * value, t, t};
    m_seconds[{feature, signal, kSecond, floorTo(t, kSecond), 0}].add(one);
    const Nanos minute = floorTo(t, kMinute);
    const Values& values = valuesOf(cohort);
    for (size_t i = 0; i < values.size(); ++i)
        m_slices[{feature, signal, qint64(i), minute, values[i]}].add(one);
}

const RollupBuffer::Values& RollupBuffer::valuesOf(const Cohort& cohort)
{
    // Instances come and go; a memory of all cohorts ever seen must not grow without end.
    constexpr size_t kMostCohorts = 100'000;
    if (m_values.size() > kMostCohorts) m_values.clear();
    const auto [found, fresh] = m_values.try_emplace(cohort);
    if (fresh)
        for (size_t i = 0; i < kRolledDimensions.size(); ++i)
            found->second[i] = m_interner.name(m_interner.valueOf(QString::fromLatin1(kRolledDimensions[i]), cohort));
    return found->second;
}

RollupBuffer::Table RollupBuffer::coarser(const Table& fine, Nanos grain) const
{
    Table table;
    for (const auto& [key, sum] : fine)
        table[{key.feature, key.signal, grain, floorTo(key.t, grain), 0}].add(sum);
    return table;
}

void RollupBuffer::flush()
{
    if (m_seconds.empty()) return;
    const Table minutes = coarser(m_seconds, kMinute);
    write(m_seconds, kUpsertRollup, false);
    write(minutes, kUpsertRollup, false);
    write(coarser(minutes, kHour), kUpsertRollup, false);
    write(m_slices, kUpsertSlice, true);
    m_seconds.clear();
    m_slices.clear();
}

void RollupBuffer::write(const Table& table, const char* statement, bool slices)
{
    std::vector<const Table::value_type*> sorted;
    sorted.reserve(table.size());
    for (const auto& row : table)
        sorted.push_back(&row);
    std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
    sql::Statement upsert = m_db.prepare(statement);
    for (const auto* row : sorted) {
        const auto& [k, s] = *row;
        if (slices)
            upsert.run(k.feature, k.signal, k.part, k.t, k.value, s.n, s.sum, s.squares, s.first, s.last);
        else
            upsert.run(k.feature, k.signal, k.part, k.t, s.n, s.sum, s.squares, s.first, s.last);
    }
}

void RollupBuffer::forget()
{
    m_seconds.clear();
    m_slices.clear();
    m_values.clear();
}

} // namespace wf::store
