// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/store/answer_index.h"

namespace wf::store {

namespace {

constexpr Nanos kRecentWindow = 10 * kMinute;
constexpr size_t kMostRecent = 200'000;
// How far back an evaluation may look for its answer. Each hour costs one seek.
constexpr int kHoursBack = 72;

// FNV-1a: the same on every machine and in every version, because it is stored. A clash is found out by read().
qint64 stableHash(char kind, QByteArrayView bytes)
{
    quint64 hash = 0xcbf29ce484222325ull;
    const auto mix = [&](char c) { hash = (hash ^ quint8(c)) * 0x100000001b3ull; };
    mix(kind);
    for (const char c : bytes)
        mix(c);
    return qint64(hash);
}

qint64 spanHash(const JoinKeys& keys)
{
    return stableHash('s', keys.span);
}
qint64 responseHash(const JoinKeys& keys)
{
    return stableHash('r', keys.response.toUtf8());
}

} // namespace

JoinKeys JoinKeys::of(const QByteArray& trace, const QByteArray& span, const QString& response)
{
    return {trace.size() == 16 && span.size() == 8 ? trace + span : QByteArray(), response};
}

void AnswerIndex::add(const JoinKeys& keys, const KnownAnswer& answer, Nanos now)
{
    const qint64 hour = answer.t / kHour;
    if (!keys.span.isEmpty()) {
        m_bySpan.insert(keys.span, answer);
        m_pending.push_back({hour, spanHash(keys), answer.id});
    }
    if (!keys.response.isEmpty()) {
        m_byResponse.insert(keys.response, answer);
        m_pending.push_back({hour, responseHash(keys), answer.id});
    }
    m_recent.push_back({now, keys});
}

std::optional<KnownAnswer> AnswerIndex::find(const JoinKeys& keys)
{
    if (!keys.span.isEmpty())
        if (const auto found = m_bySpan.constFind(keys.span); found != m_bySpan.constEnd()) return *found;
    if (!keys.response.isEmpty())
        if (const auto found = m_byResponse.constFind(keys.response); found != m_byResponse.constEnd()) return *found;
    return findStored(keys);
}

std::optional<KnownAnswer> AnswerIndex::findStored(const JoinKeys& keys)
{
    sql::Statement row = m_db.prepare("SELECT answer FROM answer_keys WHERE hour = ?1 AND key = ?2");
    const auto look = [&](qint64 key) -> std::optional<KnownAnswer> {
        int hoursLeft = kHoursBack;
        for (const qint64 hour : m_hours) {
            if (hoursLeft-- == 0) break;
            row.reset();
            row.bind(hour, key);
            while (row.step())
                if (auto answer = read(row.integer(0), keys)) return answer;
        }
        return std::nullopt;
    };
    if (!keys.span.isEmpty())
        if (auto answer = look(spanHash(keys))) return answer;
    return keys.response.isEmpty() ? std::nullopt : look(responseHash(keys));
}

std::optional<KnownAnswer> AnswerIndex::read(qint64 id, const JoinKeys& keys)
{
    sql::Statement row
        = m_db.prepare("SELECT t, feature, manifest, slice, flags, trace, span, response FROM answers WHERE id = ?1");
    if (!row.bind(id).step()) return std::nullopt;
    const JoinKeys stored = JoinKeys::of(row.blob(5), row.blob(6), row.text(7));
    const bool same = (!keys.span.isEmpty() && stored.span == keys.span)
        || (!keys.response.isEmpty() && stored.response == keys.response);
    if (!same) return std::nullopt;
    return KnownAnswer{
        id, row.integer(0), int(row.integer(1)), {int(row.integer(2)), int(row.integer(3)), int(row.integer(4))}};
}

void AnswerIndex::flush(Nanos now)
{
    std::sort(m_pending.begin(), m_pending.end());
    sql::Statement insert = m_db.prepare("INSERT INTO answer_keys VALUES(?1, ?2, ?3)");
    for (const Pending& p : m_pending) {
        insert.run(p.hour, p.key, p.answer);
        m_hours.insert(p.hour);
    }
    m_pending.clear();
    while (!m_recent.empty() && (m_recent.size() > kMostRecent || m_recent.front().added < now - kRecentWindow)) {
        const JoinKeys& keys = m_recent.front().keys;
        m_bySpan.remove(keys.span);
        m_byResponse.remove(keys.response);
        m_recent.pop_front();
    }
}

void AnswerIndex::reload()
{
    m_bySpan.clear();
    m_byResponse.clear();
    m_recent.clear();
    m_pending.clear();
    m_hours.clear();
    sql::Statement hours = m_db.prepare(
        "WITH RECURSIVE h(hour) AS (SELECT max(hour) FROM answer_keys UNION ALL"
        " SELECT (SELECT max(hour) FROM answer_keys WHERE hour < h.hour) FROM h WHERE h.hour IS NOT NULL)"
        " SELECT hour FROM h WHERE hour IS NOT NULL");
    while (hours.step())
        m_hours.insert(hours.integer(0));
}

} // namespace wf::store
