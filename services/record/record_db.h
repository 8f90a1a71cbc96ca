// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: record.db: the hash-chained record and the executor's outbox in one small file that several processes may
// write. What append() returned is durable. Owner: record. Thread: any; calls are serialised.
#pragma once
#include "models/domain/ports.h"
#include "services/base/sqlite.h"
#include <mutex>

namespace wf {

/// Where a chain breaks: the first entry that is not what its successors commit to.
struct ChainBreak {
    qint64 seq = 0;
    QString why; ///< a whole sentence that names the entry
};
/// Checks entries that should follow on `previous` (32 zero bytes before the first entry of a record).
std::optional<ChainBreak> findChainBreak(const std::vector<Entry>& entries, qint64 firstSeq, QByteArray previous);
QByteArray chainStart();

class RecordDb final : public RecordLog {
public:
    /// Makes or migrates the file when it may write. The clock must outlive the database.
    static Result<std::unique_ptr<RecordDb>> open(
        const QString& path, const Clock& clock, const sql::OpenOptions& options = {});

    Result<std::vector<Entry>> append(std::vector<NewEntry> entries, std::vector<OutboxRow> outbox = {}) override;
    Result<std::vector<Entry>> after(qint64 seq, int limit = 5000) override;
    Result<std::vector<OutboxRow>> openOutbox() override;
    Done closeOutbox(const ExecutionId& execution) override;
    bool changed() override;

    /// Recomputes every hash. The number of entries, or a sentence that names the first bad one.
    Result<qint64> verifyChain();
    struct Head {
        qint64 seq = 0;
        QByteArray hash;
    };
    Result<Head> head();

private:
    RecordDb(std::unique_ptr<sql::Database> db, const Clock& clock)
        : m_db(std::move(db))
        , m_clock(clock)
    {
    }
    Head readHead();
    Entry insert(const Head& head, NewEntry&& fresh);
    void insert(const OutboxRow& row, qint64 seq);
    std::vector<Entry> read(qint64 after, int limit);

    std::mutex m_mutex;
    std::unique_ptr<sql::Database> m_db;
    const Clock& m_clock;
    qint64 m_seenVersion = -1;
    bool m_ownWrites = false;
};

} // namespace wf
