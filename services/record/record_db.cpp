// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/record/record_db.h"
#include "models/domain/canonical_json.h"
#include "services/record/schema.h"
#include <QJsonDocument>

using namespace Qt::StringLiterals;

namespace wf {

namespace {

constexpr int kPage = 5'000;

// Outside the transaction, so that a bad body never holds the lock other processes wait for.
Done checkBodies(const std::vector<NewEntry>& entries)
{
    for (const NewEntry& entry : entries) {
        if (entry.kind.isEmpty() || entry.actor.isEmpty())
            return fail(
                Fault::BadInput, u"An entry of the record needs a kind and an actor."_s, u"Nothing was recorded."_s);
        const auto bytes = canonicalJson(entry.body);
        if (!bytes)
            return fail(Fault::BadInput, u"The entry %1 cannot be recorded: %2"_s.arg(entry.kind, bytes.error().what),
                u"Nothing was recorded."_s, bytes.error().next);
    }
    return {};
}

} // namespace

QByteArray chainStart()
{
    return QByteArray(32, '\0');
}

std::optional<ChainBreak> findChainBreak(const std::vector<Entry>& entries, qint64 firstSeq, QByteArray previous)
{
    qint64 expected = firstSeq;
    for (const Entry& entry : entries) {
        if (entry.seq != expected)
            return ChainBreak{expected,
                u"Entry %1 of the record is missing: entry %2 stands in its place."_s.arg(expected).arg(entry.seq)};
        if (entry.previous != previous)
            return ChainBreak{
                entry.seq, u"Entry %1 of the record does not follow on the entry before it."_s.arg(entry.seq)};
        if (entry.hash.size() != 32 || entry.computeHash() != entry.hash)
            return ChainBreak{entry.seq,
                u"Entry %1 of the record was altered: its content no longer has the hash it was recorded with."_s.arg(
                    entry.seq)};
        previous = entry.hash;
        ++expected;
    }
    return std::nullopt;
}

Result<std::unique_ptr<RecordDb>> RecordDb::open(
    const QString& path, const Clock& clock, const sql::OpenOptions& options)
{
    auto db = sql::Database::open(path, options);
    if (!db) return tl::unexpected(db.error());
    return sql::attempt([&] {
        (*db)->migrate(record::kMigrations);
        return std::unique_ptr<RecordDb>(new RecordDb(std::move(*db), clock));
    });
}

Result<std::vector<Entry>> RecordDb::append(std::vector<NewEntry> entries, std::vector<OutboxRow> outbox)
{
    if (const auto checked = checkBodies(entries); !checked) return tl::unexpected(checked.error());
    const std::lock_guard lock(m_mutex);
    return sql::attempt([&] {
        sql::Transaction transaction(*m_db, sql::Transaction::Kind::Write);
        Head last = readHead();
        std::vector<Entry> stored;
        stored.reserve(entries.size());
        Nanos latest = 0;
        for (NewEntry& fresh : entries) {
            // Entries of one call keep their order on every timeline, even when the clock does not move between them.
            if (fresh.t == 0) fresh.t = latest = std::max(m_clock.now(), latest + 1);
            stored.push_back(insert(last, std::move(fresh)));
            last = {stored.back().seq, stored.back().hash};
        }
        for (const OutboxRow& row : outbox)
            insert(row, last.seq);
        transaction.commit();
        m_ownWrites = true;
        return stored;
    });
}

Entry RecordDb::insert(const Head& head, NewEntry&& fresh)
{
    Entry entry{head.seq + 1, fresh.t, std::move(fresh.kind), std::move(fresh.actor), std::move(fresh.incident),
        std::move(fresh.body), head.hash, {}};
    entry.hash = entry.computeHash();
    const auto body = canonicalJson(entry.body);
    if (!body || entry.hash.size() != 32)
        sql::raise(Fault::BadInput,
            u"The entry %1 cannot be recorded: its texts are not valid Unicode."_s.arg(entry.kind),
            u"Nothing was recorded."_s);
    m_db->prepare("INSERT INTO entries VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
        .run(entry.seq, entry.t, entry.kind, entry.actor, entry.incident,
            std::string_view(body->constData(), size_t(body->size())), entry.previous, entry.hash);
    return entry;
}

void RecordDb::insert(const OutboxRow& row, qint64 seq)
{
    sql::Statement known = m_db->prepare("SELECT 1 FROM outbox WHERE key = ?1 OR execution = ?2");
    if (known.bind(row.key, row.execution.value).step())
        sql::raise(Fault::Conflict,
            u"Step %1 of this plan is queued already: its key is in the outbox."_s.arg(row.step + 1),
            u"Nothing was recorded, and the step runs once."_s);
    m_db->prepare("INSERT INTO outbox(execution, proposal, step, key, entry) VALUES(?1, ?2, ?3, ?4, ?5)")
        .run(row.execution.value, row.proposal.value, row.step, row.key, seq);
}

Result<std::vector<Entry>> RecordDb::after(qint64 seq, int limit)
{
    const std::lock_guard lock(m_mutex);
    return sql::attempt([&] { return read(seq, limit); });
}

std::vector<Entry> RecordDb::read(qint64 after, int limit)
{
    std::vector<Entry> entries;
    sql::Statement rows = m_db->prepare(
        "SELECT seq, t, kind, actor, incident, body, previous, hash FROM entries WHERE seq > ?1 ORDER BY seq LIMIT ?2");
    rows.bind(after, limit);
    while (rows.step()) {
        Entry entry{
            rows.integer(0), rows.integer(1), rows.text(2), rows.text(3), rows.text(4), {}, rows.blob(6), rows.blob(7)};
        entry.body = QJsonDocument::fromJson(rows.blob(5)).object();
        entries.push_back(std::move(entry));
    }
    return entries;
}

Result<std::vector<OutboxRow>> RecordDb::openOutbox()
{
    const std::lock_guard lock(m_mutex);
    return sql::attempt([&] {
        std::vector<OutboxRow> open;
        sql::Statement rows
            = m_db->prepare("SELECT execution, proposal, step, key FROM outbox WHERE closed = 0 ORDER BY id");
        while (rows.step())
            open.push_back({ExecutionId{rows.text(0)}, ProposalId{rows.text(1)}, int(rows.integer(2)), rows.text(3)});
        return open;
    });
}

Done RecordDb::closeOutbox(const ExecutionId& execution)
{
    const std::lock_guard lock(m_mutex);
    return sql::attempt([&] {
        m_db->prepare("UPDATE outbox SET closed = 1 WHERE execution = ?1").run(execution.value);
        if (m_db->changes() == 0)
            sql::raise(Fault::NotFound, u"No step with the execution %1 stands in the outbox."_s.arg(execution.value));
        m_ownWrites = true;
    });
}

bool RecordDb::changed()
{
    const std::lock_guard lock(m_mutex);
    // A failing look must not read as "nothing new": the caller's next read tells the error.
    const qint64 version = sql::attempt([&] { return m_db->dataVersion(); }).value_or(m_seenVersion - 1);
    const bool news = m_ownWrites || version != m_seenVersion;
    m_ownWrites = false;
    m_seenVersion = version;
    return news;
}

RecordDb::Head RecordDb::readHead()
{
    sql::Statement row = m_db->prepare("SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 1");
    if (!row.step()) return {0, chainStart()};
    return {row.integer(0), row.blob(1)};
}

Result<RecordDb::Head> RecordDb::head()
{
    const std::lock_guard lock(m_mutex);
    return sql::attempt([&] { return readHead(); });
}

Result<qint64> RecordDb::verifyChain()
{
    Head last{0, chainStart()};
    for (;;) {
        const auto page = after(last.seq, kPage);
        if (!page) return tl::unexpected(page.error());
        if (const auto broken = findChainBreak(*page, last.seq + 1, last.hash))
            return fail(Fault::Conflict, broken->why, u"The file was left as it is."_s,
                u"Compare it with a backup or an earlier export; the entries before it are intact."_s);
        if (page->empty()) return last.seq;
        last = {page->back().seq, page->back().hash};
    }
}

} // namespace wf
