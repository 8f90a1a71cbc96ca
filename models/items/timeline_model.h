// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: millions of timeline rows behind a list that holds a few thousand. Newest first. Owner: items. Thread: GUI.
//
// The time line is cut into blocks, half-open in time, newest first, each with a row count; prefix sums turn a row into
// a block. Only the newest page is read at once; the rest is known by the density of the source, whose bins are cut
// finer when somebody looks at them. Rows of at most 64 blocks are kept. A reply of an older generation is dropped,
// whatever it says.
#pragma once
#include "models/domain/ports.h"
#include <QAbstractListModel>
#include <QSet>

namespace wf {

/// Numbers of the evidence an event cites, in order, without repeats.
std::vector<int> evidenceOf(const TimelineEvent& event);

class TimelineModel : public QAbstractListModel {
    Q_OBJECT
public:
    enum Roles { IdRole = Qt::UserRole + 1, TimeRole, KindRole, DetailRole, LoudRole, LateRole, PlaceholderRole };
    static constexpr int kBlockRows = 512;
    static constexpr int kKeptBlocks = 64;
    static constexpr Nanos kEver = std::numeric_limits<Nanos>::max();

    explicit TimelineModel(TimelineSource* source, QObject* parent = nullptr);
    ~TimelineModel() override;

    /// Asks for the newest page; the rows shown stay until it is there, and stay for good when the source refuses.
    void setFilter(const TimelineFilter& filter, Window range = {0, kEver});
    const TimelineFilter& filter() const { return m_filter; }
    Window range() const { return m_range; }

    /// Ten times a second: asks for what became visible or stale, and applies what came: at most one insert or remove.
    void tick();
    /// The source has more than before (ConsoleState::eventsTip changed): what is shown is read again.
    void touch();

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    /// Null while the row is not read; asking makes it come.
    const TimelineEvent* eventAt(int row) const;
    const TimelineEvent* peek(int row) const; ///< the same without making it come
    bool isLate(qint64 id) const { return m_late.contains(id); }
    void look(int first, int last) const; ///< these rows are on screen: keep them read and fresh
    int rowOfId(qint64 id) const; ///< -1 when not among the rows read
    int rowOfTime(Nanos t) const; ///< first row not newer than t; a guess inside blocks not read yet
    Nanos oldest() const; ///< time of the last row read, 0 when none
    bool busy() const; ///< a request is on its way
    int keptBlocks() const;
    bool firstPageShown() const { return m_shown; }

Q_SIGNALS:
    /// The filter asked for is what is shown now.
    void filtered();
    /// The source refused: its sentence. Rows on screen were kept.
    void refused(const QString& sentence);

private:
    struct Block {
        quint64 serial = 0;
        Nanos from = 0, to = 0;
        int count = 0;
        bool loaded = false, asked = false, stale = false;
        bool whole = false; ///< the source cannot cut it finer: read it as it is
        std::vector<TimelineEvent> rows; ///< loaded: exactly count of them
        std::optional<std::vector<TimelineEvent>> target; ///< what the source holds, not applied yet
        std::optional<std::vector<Block>> parts; ///< finer blocks, not applied yet
        quint64 used = 0;
        int wait = 0; ///< ticks until a failed request is made again
    };

    void firstPage(int limit);
    void onFirstPage(Result<TimelinePage> page, int limit);
    void askRest(Nanos to);
    void askBlock(Block& block);
    void onRows(quint64 serial, Result<TimelinePage> page);
    void onParts(quint64 serial, Result<std::vector<DensityBin>> bins);
    std::vector<Block> blocksOf(const std::vector<DensityBin>& bins, Nanos from, Nanos to);
    bool apply(size_t position);
    bool applyParts(size_t position);
    bool applyTarget(size_t position);
    void noteLate(const TimelineEvent& event, size_t position, int rowInBlock);
    void splitNewest();
    void forget();
    void recount();
    Block* find(quint64 serial);
    size_t blockOfRow(int row) const;
    static std::vector<TimelineEvent> within(TimelinePage page, Nanos from);

    TimelineSource* m_source;
    TimelineFilter m_filter, m_wanted;
    Window m_range{0, kEver}, m_wantedRange{0, kEver};
    std::vector<Block> m_blocks; ///< newest first
    std::vector<int> m_prefix; ///< rows before block i; one more than blocks
    QSet<qint64> m_late;
    std::stop_source m_stop; ///< of this generation
    quint64 m_generation = 0, m_serial = 0;
    mutable quint64 m_clock = 0;
    mutable QSet<quint64> m_lookedAt; ///< serials of blocks somebody asked rows of since the last tick
    bool m_shown = false, m_asking = false;
    Nanos m_restTo = -1; ///< >= 0: everything older than this is not counted yet
    bool m_restAsked = false;
    int m_restWait = 0; ///< ticks until a failed first page or rest is asked for again
};

} // namespace wf
