// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: questions to events.db over a read-only connection of its own. Where roll-ups do not line up with the
// window, the edges are counted from finer ones and from rows, in the same snapshot, so that every answer is exact.
// Owner: store. Thread: one; each thread opens its own.
#pragma once
#include "models/domain/ports.h"
#include "services/store/interner.h"
#include "services/store/window_cover.h"

namespace wf {

class StoreReader final : public TelemetryQueries, public ObservationFeed, public StateStore {
public:
    /// The clock (for "rows a second") must outlive the reader. Fault::NotFound before the engine made the file.
    static Result<std::unique_ptr<StoreReader>> open(
        const QString& path, const Clock& clock, const sql::OpenOptions& options = {});

    // TelemetryQueries. "answers" is a signal too: its count is the number of answers. A dimension that was not told
    // has the value "".
    Result<SignalCount> count(
        const QString& feature, const QString& signal, Window window, const Where& where = {}) override;
    Result<std::map<QString, SignalCount>> countBy(const QString& feature, const QString& signal, Window window,
        const QString& dimension, const Where& where = {}) override;
    /// Failed calls are in n and in errors.
    Result<Answers> answers(const QString& feature, Window window, const Where& where = {}) override;
    Result<std::map<QString, qint64>> answersBy(
        const QString& feature, Window window, const QString& dimension, const Where& where = {}) override;
    /// Buckets start at multiples of their width since 1970; the first and the last hold only what lies in the window.
    Result<std::vector<Bucket>> series(
        const QString& feature, const QString& signal, Window window, Nanos bucket) override;
    /// Changes that name no feature concern every feature.
    Result<std::vector<TimelineEvent>> changes(const QString& feature, Window window) override;
    Result<std::vector<SourceState>> sources() override;
    Result<StackShare> commonestStack(const QString& feature, Window window) override;

    /// ObservationFeed. Trace and response ids are left empty; answerId leads to them.
    Result<std::vector<JoinedObservation>> observationsAfter(qint64 seq, int limit) override;

    // StateStore: get only, put is refused.
    Done put(const QString& name, const QByteArray& value) override;
    Result<QByteArray> get(const QString& name) override;

    /// Changes whenever timeline rows were added, by the engine of any process.
    Result<qint64> eventsTip();
    Result<qint64> timelineCount();
    /// One answer by its id, for citations and the ledger. Fault::NotFound when there is none.
    Result<Answer> answer(qint64 id);

    sql::Database& database() { return *m_db; }

private:
    using Counts = std::map<QString, SignalCount>;
    explicit StoreReader(std::unique_ptr<sql::Database> db, const Clock& clock);
    /// The one counting machine: value of the dimension ("" = none asked) -> counts.
    Counts tally(
        const QString& feature, const QString& signal, Window window, const QString& dimension, const Where& where);
    void tallyRollups(const store::Part& part, int feature, int signal, SignalCount& into);
    void tallySlices(const store::Part& part, int feature, int signal, int dimension,
        const std::optional<QString>& only, Counts& into);
    void tallyRows(
        const store::Part& part, int feature, int signal, const QString& dimension, const Where& where, Counts& into);
    bool isAnswers(int signal);

    std::unique_ptr<sql::Database> m_db;
    store::Interner m_interner;
    const Clock& m_clock;
};

} // namespace wf
