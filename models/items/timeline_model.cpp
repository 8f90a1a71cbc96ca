// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/items/timeline_model.h"
#include "models/items/post.h"
#include <QJsonArray>
#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;

namespace wf {

namespace {

constexpr int kBins = 512;
constexpr int kCoarse = 2 * TimelineModel::kBlockRows; ///< a block with more rows is cut finer before it is read
constexpr int kSlack = 128; ///< rows asked for beyond what was counted
constexpr int kRetryTicks = 30;
constexpr qint64 kNoId = std::numeric_limits<qint64>::min();

TimelineKey keyBefore(Nanos to)
{
    return {to, to == TimelineModel::kEver ? std::numeric_limits<qint64>::max() : kNoId};
}

bool newerFirst(const TimelineEvent& a, const TimelineEvent& b)
{
    return TimelineKey{a.t, a.id} > TimelineKey{b.t, b.id};
}

bool sameRow(const TimelineEvent& a, const TimelineEvent& b)
{
    return a.id == b.id && a.t == b.t;
}

} // namespace

std::vector<int> evidenceOf(const TimelineEvent& event)
{
    std::vector<int> numbers;
    const auto add = [&numbers](const QJsonValue& value) {
        const int number = value.isObject() ? value[u"number"_s].toInt(value[u"evidence"_s].toInt()) : value.toInt();
        if (number > 0 && std::find(numbers.begin(), numbers.end(), number) == numbers.end()) numbers.push_back(number);
    };
    if (event.kind == EventKind::Evidence) add(event.body[u"number"_s]);
    for (const QJsonValue& list :
        {event.body[u"evidence"_s], event.body[u"citations"_s], event.body[u"proposal"_s][u"evidence"_s]})
        for (const QJsonValue& value : list.toArray())
            add(value);
    return numbers;
}

TimelineModel::TimelineModel(TimelineSource* source, QObject* parent)
    : QAbstractListModel(parent)
    , m_source(source)
{
    m_prefix.push_back(0);
}

TimelineModel::~TimelineModel()
{
    m_stop.request_stop();
}

// ---- asking ----

void TimelineModel::setFilter(const TimelineFilter& filter, Window range)
{
    m_wanted = filter;
    m_wantedRange = range;
    m_stop.request_stop();
    m_stop = std::stop_source();
    ++m_generation;
    for (Block& block : m_blocks)
        block.asked = false;
    m_restAsked = false;
    firstPage(kBlockRows);
}

void TimelineModel::firstPage(int limit)
{
    m_asking = true;
    m_source->older(m_wanted, keyBefore(m_wantedRange.to), limit, m_stop.get_token(),
        posted<TimelinePage>(this, [this, generation = m_generation, limit](Result<TimelinePage> page) {
            if (generation == m_generation) onFirstPage(std::move(page), limit);
        }));
}

std::vector<TimelineEvent> TimelineModel::within(TimelinePage page, Nanos from)
{
    std::vector<TimelineEvent> rows = std::move(page.rows);
    while (!rows.empty() && rows.back().t < from)
        rows.pop_back();
    return rows;
}

void TimelineModel::onFirstPage(Result<TimelinePage> page, int limit)
{
    m_asking = false;
    if (!page) {
        m_wanted = m_filter; // what is on screen still belongs to the old filter, and so must what is read for it
        m_wantedRange = m_range;
        m_restWait = kRetryTicks;
        Q_EMIT refused(page.error().sentence());
        return;
    }
    const bool more = page->more && !page->rows.empty() && page->rows.back().t >= m_wantedRange.from;
    std::vector<TimelineEvent> rows = within(std::move(*page), m_wantedRange.from);
    Nanos from = m_wantedRange.from;
    if (more) {
        // Blocks end between two times, so the last instant on the page, perhaps cut in half, is left to the next
        // block.
        const Nanos last = rows.back().t;
        if (rows.front().t == last) return firstPage(limit * 4);
        while (rows.back().t == last)
            rows.pop_back();
        from = last + 1;
    }
    beginResetModel();
    m_filter = m_wanted;
    m_range = m_wantedRange;
    m_late.clear();
    m_blocks.clear();
    Block newest;
    newest.serial = ++m_serial;
    newest.from = from;
    newest.to = m_range.to;
    newest.count = int(rows.size());
    newest.rows = std::move(rows);
    newest.loaded = true;
    newest.used = ++m_clock;
    m_blocks.push_back(std::move(newest));
    m_restTo = more ? from : -1;
    recount();
    m_shown = true;
    endResetModel();
    Q_EMIT filtered();
    if (more) askRest(from);
}

void TimelineModel::askRest(Nanos to)
{
    m_restAsked = true;
    m_source->density(m_filter, {m_range.from, to}, kBins, m_stop.get_token(),
        posted<std::vector<DensityBin>>(
            this, [this, generation = m_generation, to](Result<std::vector<DensityBin>> bins) {
                if (generation != m_generation || m_restTo != to) return;
                m_restAsked = false;
                if (!bins) {
                    m_restWait = kRetryTicks;
                    Q_EMIT refused(bins.error().sentence());
                    return;
                }
                Block& newest = m_blocks.back();
                std::vector<Block> parts = blocksOf(*bins, m_range.from, to);
                m_restTo = -1;
                if (parts.empty()) {
                    newest.from = m_range.from;
                    return;
                }
                Block rest; // one empty block whose finer parts are applied like any others, in a tick
                rest.serial = ++m_serial;
                rest.from = m_range.from;
                rest.to = to;
                rest.parts = std::move(parts);
                m_blocks.push_back(std::move(rest));
                recount();
            }));
}

void TimelineModel::askBlock(Block& block)
{
    block.asked = true;
    block.stale = false; // a touch while the answer is on its way makes it stale again
    const quint64 serial = block.serial;
    if (!block.loaded && !block.whole && block.count > kCoarse && block.to - block.from > kMilli) {
        m_source->density(m_filter, {block.from, block.to}, kBins, m_stop.get_token(),
            posted<std::vector<DensityBin>>(
                this, [this, generation = m_generation, serial](Result<std::vector<DensityBin>> bins) {
                    if (generation == m_generation) onParts(serial, std::move(bins));
                }));
        return;
    }
    const int limit = block.count + kSlack;
    const auto ask = [this, serial](auto self, Nanos to, int rows) -> void {
        m_source->older(m_filter, keyBefore(to), rows, m_stop.get_token(),
            posted<TimelinePage>(
                this, [this, generation = m_generation, serial, to, rows, self](Result<TimelinePage> page) {
                    if (generation != m_generation) return;
                    const Block* asked = find(serial);
                    if (asked && page && page->more && !page->rows.empty() && page->rows.back().t >= asked->from)
                        return self(
                            self, to, rows * 4); // more arrived than was counted: read to the block's end all the same
                    onRows(serial, std::move(page));
                }));
    };
    ask(ask, block.to, limit);
}

void TimelineModel::onRows(quint64 serial, Result<TimelinePage> page)
{
    Block* block = find(serial);
    if (!block) return;
    block->asked = false;
    if (!page) {
        block->wait = kRetryTicks;
        block->stale = block->loaded;
        Q_EMIT refused(page.error().sentence());
        return;
    }
    std::vector<TimelineEvent> rows = within(std::move(*page), block->from);
    // The newest block may have been cut in two meanwhile; its upper end may only be beyond what was asked.
    while (!rows.empty() && rows.front().t >= block->to && block->to != kEver)
        rows.erase(rows.begin());
    block->target = std::move(rows);
}

std::vector<TimelineModel::Block> TimelineModel::blocksOf(const std::vector<DensityBin>& bins, Nanos from, Nanos to)
{
    std::vector<Block> blocks; // newest first; every instant of [from, to) falls in one, so that late rows have a home
    Nanos upper = to;
    int count = 0;
    const auto cut = [&](Nanos lower) {
        Block block;
        block.serial = ++m_serial;
        block.from = lower;
        block.to = std::exchange(upper, lower);
        block.count = std::exchange(count, 0);
        blocks.push_back(std::move(block));
    };
    for (size_t i = bins.size(); i-- > 0;) {
        const int n = int(bins[i].n);
        if (count > 0 && n > 0 && count + n > kBlockRows) cut(std::clamp(bins[i + 1].t, from, upper));
        count += n;
    }
    if (count > 0) cut(from);
    return blocks;
}

void TimelineModel::onParts(quint64 serial, Result<std::vector<DensityBin>> bins)
{
    Block* block = find(serial);
    if (!block) return;
    block->asked = false;
    if (!bins) {
        block->wait = kRetryTicks;
        Q_EMIT refused(bins.error().sentence());
        return;
    }
    std::vector<Block> parts = blocksOf(*bins, block->from, block->to);
    block->whole = parts.size() == 1;
    if (!block->whole) block->parts = std::move(parts);
}

// ---- applying ----

void TimelineModel::touch()
{
    for (Block& block : m_blocks)
        block.stale = block.loaded;
    if (!m_blocks.empty()) m_lookedAt.insert(m_blocks.front().serial); // new rows arrive there, seen or not
}

void TimelineModel::tick()
{
    for (size_t i = 0; i < m_blocks.size(); ++i)
        if (apply(i)) break;
    splitNewest();
    forget();
    if (m_restTo >= 0 && !m_restAsked && !m_asking && --m_restWait <= 0) askRest(m_restTo);
    if (!m_shown && !m_asking && m_generation > 0 && --m_restWait <= 0) setFilter(m_wanted, m_wantedRange);
    if (m_asking) return;
    const QSet<quint64> looked = std::exchange(m_lookedAt, {});
    for (Block& block : m_blocks) {
        if (block.wait > 0) --block.wait;
        if (!looked.contains(block.serial)) continue;
        block.used = ++m_clock;
        const bool due = (!block.loaded || block.stale) && !block.target && !block.parts;
        if (due && !block.asked && block.wait == 0)
            askBlock(block);
        else if (due)
            m_lookedAt.insert(block.serial); // still wanted: looked at again in the next tick
    }
}

bool TimelineModel::apply(size_t position)
{
    if (m_blocks[position].parts) return applyParts(position);
    if (m_blocks[position].target) return applyTarget(position);
    return false;
}

/// True when rows were inserted or removed.
bool TimelineModel::applyParts(size_t position)
{
    Block& block = m_blocks[position];
    int sum = 0;
    for (const Block& part : *block.parts)
        sum += part.count;
    const int first = m_prefix[position], before = block.count;
    if (sum > before) beginInsertRows({}, first + before, first + sum - 1);
    if (sum < before) beginRemoveRows({}, first + sum, first + before - 1);
    std::vector<Block> parts = std::move(*block.parts);
    if (parts.empty()) { // everything in it is gone; the span of time must not be lost
        block.parts.reset();
        block.count = 0;
        block.loaded = true;
    } else {
        const auto place = m_blocks.erase(m_blocks.begin() + ptrdiff_t(position));
        m_blocks.insert(place, std::make_move_iterator(parts.begin()), std::make_move_iterator(parts.end()));
    }
    recount();
    if (sum > before) endInsertRows();
    if (sum < before) endRemoveRows();
    // What was looked at as one block must be looked at again as a part of it; the view repaints and so asks.
    if (sum > 0) Q_EMIT dataChanged(index(first), index(first + sum - 1));
    return sum != before;
}

bool TimelineModel::applyTarget(size_t position)
{
    Block& block = m_blocks[position];
    std::vector<TimelineEvent>& target = *block.target;
    const int first = m_prefix[position];
    if (!block.loaded) {
        const int had = block.count, has = int(target.size());
        if (has > had) beginInsertRows({}, first + had, first + has - 1);
        if (has < had) beginRemoveRows({}, first + has, first + had - 1);
        block.rows = std::move(target);
        block.count = has;
        block.loaded = true;
        block.target.reset();
        recount();
        if (has > had) endInsertRows();
        if (has < had) endRemoveRows();
        if (has > 0) Q_EMIT dataChanged(index(first), index(first + has - 1));
        return has != had;
    }
    // One contiguous difference; the rest, if any, in the next ticks.
    size_t row = 0;
    while (row < block.rows.size() && row < target.size() && sameRow(block.rows[row], target[row]))
        ++row;
    const auto ends = [](const std::vector<TimelineEvent>& rows, size_t at) { return at >= rows.size(); };
    if (ends(block.rows, row) && ends(target, row)) {
        block.target.reset();
        return false;
    }
    if (ends(target, row) || (!ends(block.rows, row) && newerFirst(block.rows[row], target[row]))) {
        size_t last = row;
        while (last < block.rows.size() && (ends(target, row) || newerFirst(block.rows[last], target[row])))
            ++last;
        beginRemoveRows({}, first + int(row), first + int(last) - 1);
        block.rows.erase(block.rows.begin() + ptrdiff_t(row), block.rows.begin() + ptrdiff_t(last));
        block.count = int(block.rows.size());
        recount();
        endRemoveRows();
        return true;
    }
    size_t last = row;
    while (last < target.size() && (ends(block.rows, row) || newerFirst(target[last], block.rows[row])))
        ++last;
    for (size_t i = row; i < last; ++i)
        noteLate(target[i], position, int(row));
    beginInsertRows({}, first + int(row), first + int(last) - 1);
    block.rows.insert(
        block.rows.begin() + ptrdiff_t(row), target.begin() + ptrdiff_t(row), target.begin() + ptrdiff_t(last));
    block.count = int(block.rows.size());
    recount();
    endInsertRows();
    return true;
}

/// Late = something newer was on screen when it came. (Arrival time alone would badge every imported row.)
void TimelineModel::noteLate(const TimelineEvent& event, size_t position, int rowInBlock)
{
    if (position == 0 && rowInBlock == 0) return;
    if (event.seen - event.t < 2 * kSecond) return; // merely committed in another order
    m_late.insert(event.id);
}

void TimelineModel::splitNewest()
{
    if (m_blocks.empty()) return;
    Block& newest = m_blocks.front();
    if (newest.count < 4 * kBlockRows || newest.target || newest.asked) return;
    size_t cut = newest.rows.size() - kBlockRows;
    while (cut < newest.rows.size() && newest.rows[cut].t == newest.rows[cut - 1].t)
        ++cut;
    if (cut >= newest.rows.size()) return;
    Block tail;
    tail.serial = ++m_serial;
    tail.from = newest.from;
    tail.to = newest.from = newest.rows[cut].t + 1;
    tail.rows.assign(
        std::make_move_iterator(newest.rows.begin() + ptrdiff_t(cut)), std::make_move_iterator(newest.rows.end()));
    tail.count = int(tail.rows.size());
    tail.loaded = true;
    tail.stale = newest.stale;
    tail.used = newest.used;
    newest.rows.resize(cut);
    newest.count = int(cut);
    m_blocks.insert(m_blocks.begin() + 1, std::move(tail));
    recount();
}

void TimelineModel::forget()
{
    int kept = keptBlocks();
    while (kept > kKeptBlocks) {
        Block* oldestUse = nullptr;
        for (size_t i = 1; i < m_blocks.size(); ++i) {
            Block& block = m_blocks[i];
            if (block.loaded && block.count > 0 && !block.target && (!oldestUse || block.used < oldestUse->used))
                oldestUse = &block;
        }
        if (!oldestUse) return;
        oldestUse->rows = {};
        oldestUse->loaded = false;
        --kept;
    }
}

// ---- looking ----

void TimelineModel::recount()
{
    m_prefix.resize(m_blocks.size() + 1);
    m_prefix[0] = 0;
    for (size_t i = 0; i < m_blocks.size(); ++i)
        m_prefix[i + 1] = m_prefix[i] + m_blocks[i].count;
}

TimelineModel::Block* TimelineModel::find(quint64 serial)
{
    const auto block
        = std::find_if(m_blocks.begin(), m_blocks.end(), [serial](const Block& b) { return b.serial == serial; });
    return block == m_blocks.end() ? nullptr : &*block;
}

size_t TimelineModel::blockOfRow(int row) const
{
    return size_t(std::upper_bound(m_prefix.begin(), m_prefix.end(), row) - m_prefix.begin() - 1);
}

int TimelineModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : m_prefix.back();
}

const TimelineEvent* TimelineModel::eventAt(int row) const
{
    if (row < 0 || row >= m_prefix.back()) return nullptr;
    const size_t position = blockOfRow(row);
    m_lookedAt.insert(m_blocks[position].serial);
    return peek(row);
}

const TimelineEvent* TimelineModel::peek(int row) const
{
    if (row < 0 || row >= m_prefix.back()) return nullptr;
    const size_t position = blockOfRow(row);
    const Block& block = m_blocks[position];
    return block.loaded ? &block.rows[size_t(row - m_prefix[position])] : nullptr;
}

void TimelineModel::look(int first, int last) const
{
    for (int row = std::max(0, first); row <= std::min(last, rowCount() - 1);) {
        const size_t position = blockOfRow(row);
        m_lookedAt.insert(m_blocks[position].serial);
        row = m_prefix[position + 1];
    }
}

QVariant TimelineModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const TimelineEvent* event = eventAt(index.row());
    if (role == PlaceholderRole) return event == nullptr;
    if (!event) return role == Qt::DisplayRole || role == Qt::AccessibleTextRole ? QVariant(u"reading…"_s) : QVariant();
    switch (role) {
    case Qt::DisplayRole:
        return event->title;
    case Qt::ToolTipRole:
        return event->detail.isEmpty() ? event->title : event->title + u'\n' + event->detail;
    case Qt::AccessibleTextRole:
        return u"%1 %2, %3. %4"_s.arg(clockText(event->t), eventKindName(event->kind), event->title, event->detail);
    case IdRole:
        return event->id;
    case TimeRole:
        return event->t;
    case KindRole:
        return int(event->kind);
    case DetailRole:
        return event->detail;
    case LoudRole:
        return event->loud;
    case LateRole:
        return isLate(event->id);
    default:
        return {};
    }
}

int TimelineModel::rowOfId(qint64 id) const
{
    for (size_t i = 0; i < m_blocks.size(); ++i)
        for (size_t r = 0; m_blocks[i].loaded && r < m_blocks[i].rows.size(); ++r)
            if (m_blocks[i].rows[r].id == id) return m_prefix[i] + int(r);
    return -1;
}

int TimelineModel::rowOfTime(Nanos t) const
{
    for (size_t i = 0; i < m_blocks.size(); ++i) {
        const Block& block = m_blocks[i];
        if (t < block.from) continue;
        if (!block.loaded) {
            const double share = block.to > block.from ? double(block.to - t) / double(block.to - block.from) : 0;
            return std::clamp(m_prefix[i] + int(share * block.count), 0, std::max(0, rowCount() - 1));
        }
        const auto row
            = std::find_if(block.rows.begin(), block.rows.end(), [t](const TimelineEvent& e) { return e.t <= t; });
        return std::clamp(m_prefix[i] + int(row - block.rows.begin()), 0, std::max(0, rowCount() - 1));
    }
    return std::max(0, rowCount() - 1);
}

Nanos TimelineModel::oldest() const
{
    for (auto block = m_blocks.rbegin(); block != m_blocks.rend(); ++block)
        if (block->loaded && !block->rows.empty()) return block->rows.back().t;
    return 0;
}

bool TimelineModel::busy() const
{
    return m_asking || m_restAsked || m_restTo >= 0
        || std::any_of(m_blocks.begin(), m_blocks.end(), [](const Block& b) { return b.asked || b.target || b.parts; });
}

int TimelineModel::keptBlocks() const
{
    return int(std::count_if(m_blocks.begin(), m_blocks.end(), [](const Block& b) { return b.loaded && b.count > 0; }));
}

} // namespace wf
