// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/timeline/timeline_view.h"
#include "models/items/timeline_model.h"
#include <QFontMetricsF>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <cmath>

using namespace Qt::StringLiterals;

namespace wf {

namespace {

constexpr int kPad = 7; // above and below the words
constexpr int kLeft = 14; // as every pane's words
constexpr int kTile = 20;
constexpr int kRight = 14;

struct KindLook {
    const char16_t* icon;
    Role fill;
};

KindLook lookOf(EventKind kind)
{
    switch (kind) {
    case EventKind::Alert:
        return {u"bell", Role::AccentFill};
    case EventKind::Change:
        return {u"change", Role::AccentFill};
    case EventKind::Report:
        return {u"report", Role::BadFill};
    case EventKind::Note:
        return {u"note", Role::AccentFill};
    case EventKind::Alarm:
        return {u"alarm", Role::WarnFill};
    case EventKind::Incident:
        return {u"incident", Role::BadFill};
    case EventKind::Evidence:
        return {u"evidence", Role::AgentFill};
    case EventKind::Claim:
        return {u"claim", Role::AgentFill};
    case EventKind::Hypothesis:
        return {u"hypothesis", Role::AgentFill};
    case EventKind::Proposal:
        return {u"proposal", Role::AgentFill};
    case EventKind::Decision:
        return {u"decision", Role::OkFill};
    case EventKind::Execution:
        return {u"execution", Role::OkFill};
    case EventKind::Gate:
        return {u"gate", Role::OkFill};
    case EventKind::Verification:
        return {u"verification", Role::OkFill};
    case EventKind::Escalation:
        return {u"escalation", Role::BadFill};
    case EventKind::System:
        return {u"system", Role::Button};
    case EventKind::Answer:
        return {u"answer", Role::Button};
    }
    return {u"system", Role::Button};
}

/// Red ground only for what a person must not overlook; an alarm has its own row of the strip and its own tile.
bool isLoudRow(const TimelineEvent& event)
{
    return event.loud && event.kind != EventKind::Alarm && event.kind != EventKind::Incident;
}

} // namespace

TimelineView::TimelineView(QWidget* parent)
    : QAbstractItemView(parent)
{
    setObjectName(u"timeline.list"_s);
    setAccessibleName(u"Timeline, newest first"_s);
    setSelectionMode(SingleSelection);
    setSelectionBehavior(SelectRows);
    setEditTriggers(NoEditTriggers);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFrameShape(NoFrame);
    setMouseTracking(true);
    connect(&Theme::instance(), &Theme::changed, this, [this] {
        m_heights.clear();
        updateGeometries();
        viewport()->update();
    });
}

void TimelineView::setTimeline(TimelineModel* model)
{
    m_timeline = model;
    setModel(model);
    connect(model, &QAbstractItemModel::rowsRemoved, this, [this] {
        updateGeometries();
        viewport()->update();
    });
}

void TimelineView::setZone(Zone zone)
{
    if (m_zone == zone) return;
    m_zone = zone;
    viewport()->update();
}

void TimelineView::setToday(Nanos now)
{
    if (now / kDay == m_today / kDay) return;
    m_today = now;
    viewport()->update();
}

void TimelineView::setEmptySentence(const QString& sentence)
{
    if (m_emptySentence == sentence) return;
    m_emptySentence = sentence;
    viewport()->update();
}

// ---- geometry ----

int TimelineView::textLeft() const
{
    const QFontMetricsF metrics(Theme::instance().mono(-1));
    return kLeft + int(std::ceil(metrics.horizontalAdvance(u"00:00:00"_s))) + 10 + kTile + 10;
}

int TimelineView::placeholderHeight() const
{
    const QFontMetricsF metrics(Theme::instance().text());
    return int(std::ceil(2 * metrics.height() * 1.12)) + 2 * kPad + 1;
}

TimelineView::Row TimelineView::layoutRow(const TimelineEvent* event) const
{
    Row row;
    if (!event) {
        row.height = placeholderHeight();
        return row;
    }
    row.title = {strong(event->title)};
    if (m_timeline->isLate(event->id))
        row.detail.push_back(plain(u"came %1 late · "_s.arg(ageText(event->seen - event->t)), Role::Warn));
    if (!event->detail.isEmpty()) row.detail.push_back(muted(event->detail + u"  "_s));
    const std::vector<int> cited = evidenceOf(*event);
    for (const int number : cited)
        row.detail.push_back(evidenceChip(number));
    const qreal width = viewport()->width() - textLeft() - kRight;
    row.titleLayout = layoutSpans(row.title, width, 2);
    qreal height = row.titleLayout.size.height();
    if (!row.detail.empty()) {
        row.detailLayout = layoutSpans(row.detail, width, cited.empty() ? 2 : 3); // a chip is never cut off
        height += row.detailLayout.size.height() + 1;
    }
    row.height = std::max(int(std::ceil(height)), kTile) + 2 * kPad + 1;
    return row;
}

int TimelineView::rowHeight(int row) const
{
    const TimelineEvent* event = m_timeline->peek(row);
    if (!event) return placeholderHeight();
    if (m_heightsWidth != viewport()->width() || m_heights.size() > 4096) m_heights.clear();
    m_heightsWidth = viewport()->width();
    const auto known = m_heights.constFind(event->id);
    if (known != m_heights.constEnd()) return *known;
    return *m_heights.insert(event->id, layoutRow(event).height);
}

int TimelineView::topRow() const
{
    return verticalScrollBar()->value();
}

int TimelineView::lastVisibleRow() const
{
    if (!m_timeline) return -1;
    int y = 0, row = topRow();
    for (; row < m_timeline->rowCount() && y < viewport()->height(); ++row)
        y += rowHeight(row);
    return row - 1;
}

void TimelineView::keepRead() const
{
    if (m_timeline) m_timeline->look(topRow(), lastVisibleRow());
}

QRect TimelineView::visualRect(const QModelIndex& index) const
{
    if (!index.isValid() || !m_timeline) return {};
    const int top = topRow();
    if (index.row() < top) return QRect(0, -placeholderHeight(), viewport()->width(), placeholderHeight());
    int y = 0;
    for (int row = top; row < index.row(); ++row) {
        y += rowHeight(row);
        if (y > viewport()->height()) return QRect(0, y, viewport()->width(), placeholderHeight());
    }
    return QRect(0, y, viewport()->width(), rowHeight(index.row()));
}

QModelIndex TimelineView::indexAt(const QPoint& point) const
{
    if (!m_timeline || point.y() < 0) return {};
    int y = 0;
    for (int row = topRow(); row < m_timeline->rowCount() && y < viewport()->height(); ++row) {
        y += rowHeight(row);
        if (point.y() < y) return m_timeline->index(row);
    }
    return {};
}

void TimelineView::updateGeometries()
{
    QAbstractItemView::updateGeometries();
    if (!m_timeline) return;
    const int rows = m_timeline->rowCount();
    int room = viewport()->height(), fits = 0;
    while (fits < rows && (room -= rowHeight(rows - 1 - fits)) >= 0)
        ++fits;
    QScrollBar* bar = verticalScrollBar();
    const bool atEnd = bar->maximum() > 0 && bar->value() == bar->maximum();
    bar->setRange(0, std::max(0, rows - fits));
    bar->setPageStep(std::max(1, fits));
    bar->setSingleStep(1);
    if (atEnd) bar->setValue(bar->maximum());
}

void TimelineView::scrollContentsBy(int, int)
{
    viewport()->update();
    Q_EMIT scrolled();
}

void TimelineView::scrollTo(const QModelIndex& index, ScrollHint hint)
{
    if (!index.isValid()) return;
    const QRect rect = visualRect(index);
    const int height = viewport()->height();
    if (hint == EnsureVisible && rect.top() >= 0 && rect.bottom() < height) return;
    if (hint == PositionAtTop || (hint == EnsureVisible && rect.top() < 0))
        return verticalScrollBar()->setValue(index.row());
    // Walk up from the row until the rest of the window is full.
    int room = hint == PositionAtCenter ? height / 2 : height - rowHeight(index.row()), top = index.row();
    while (top > 0 && (room -= rowHeight(top - 1)) >= 0)
        --top;
    verticalScrollBar()->setValue(top);
}

void TimelineView::reset()
{
    QAbstractItemView::reset();
    verticalScrollBar()->setValue(0);
    updateGeometries();
}

void TimelineView::dataChanged(const QModelIndex&, const QModelIndex&, const QList<int>&)
{
    updateGeometries();
    viewport()->update();
}

void TimelineView::rowsInserted(const QModelIndex& parent, int start, int end)
{
    QAbstractItemView::rowsInserted(parent, start, end);
    const int top = topRow(), count = end - start + 1;
    updateGeometries();
    if (top > 0 && start <= top) verticalScrollBar()->setValue(top + count); // what one reads must not move
    viewport()->update();
}

void TimelineView::rowsAboutToBeRemoved(const QModelIndex& parent, int start, int end)
{
    QAbstractItemView::rowsAboutToBeRemoved(parent, start, end);
    if (start < topRow()) verticalScrollBar()->setValue(topRow() - (std::min(end + 1, topRow()) - start));
}

void TimelineView::setSelection(const QRect& rect, QItemSelectionModel::SelectionFlags flags)
{
    const QModelIndex index = indexAt(rect.center());
    if (index.isValid()) selectionModel()->select(index, flags);
}

QRegion TimelineView::visualRegionForSelection(const QItemSelection& selection) const
{
    QRegion region;
    for (const QModelIndex& index : selection.indexes())
        region += visualRect(index);
    return region;
}

QModelIndex TimelineView::moveCursor(CursorAction action, Qt::KeyboardModifiers)
{
    if (!m_timeline || m_timeline->rowCount() == 0) return {};
    const int current = currentIndex().isValid() ? currentIndex().row() : -1;
    const int page = std::max(1, verticalScrollBar()->pageStep() - 1), last = m_timeline->rowCount() - 1;
    int row = current;
    switch (action) {
    case MoveUp:
    case MovePrevious:
        row = current - 1;
        break;
    case MoveDown:
    case MoveNext:
        row = current + 1;
        break;
    case MovePageUp:
        row = current - page;
        break;
    case MovePageDown:
        row = current + page;
        break;
    case MoveHome:
        row = 0;
        break;
    case MoveEnd:
        row = last;
        break;
    case MoveLeft:
    case MoveRight:
        break;
    }
    return m_timeline->index(std::clamp(row, 0, last));
}

// ---- painting and input ----

void TimelineView::paintRow(QPainter& painter, const QRect& rect, int row, const TimelineEvent* event) const
{
    const Theme& theme = Theme::instance();
    const bool selected = selectionModel() && selectionModel()->isSelected(m_timeline->index(row));
    if (event && isLoudRow(*event)) painter.fillRect(rect, ink(Role::LoudFill));
    if (selected) {
        painter.fillRect(rect, ink(Role::Selection));
        painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), ink(Role::Accent));
    } else if (event && isLoudRow(*event)) {
        painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), ink(Role::Severity1));
    }
    painter.setPen(ink(Role::Grid));
    painter.drawLine(rect.left(), rect.bottom(), rect.right(), rect.bottom());
    if (!event) {
        painter.setFont(theme.text());
        painter.setPen(ink(Role::Muted));
        painter.drawText(rect.adjusted(textLeft(), 0, -kRight, 0), Qt::AlignVCenter, u"reading…"_s);
        return;
    }
    const QFont mono = theme.mono(-1);
    const QFontMetricsF metrics(mono);
    const qreal top = rect.top() + kPad;
    painter.setFont(mono);
    painter.setPen(ink(Role::Muted));
    painter.drawText(
        QPointF(kLeft, top + (kTile + metrics.ascent() - metrics.descent()) / 2), clockText(event->t, m_zone));
    if (m_today > 0 && dayText(event->t, m_zone) != dayText(m_today, m_zone))
        painter.drawText(QPointF(kLeft, top + kTile + metrics.ascent()), dayText(event->t, m_zone));
    const KindLook look = lookOf(event->kind);
    const QRectF tile(textLeft() - 10 - kTile, top, kTile, kTile);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(
        ink(event->loud && look.fill == Role::OkFill ? Role::BadFill : look.fill)); // a failed step is not green
    painter.drawRoundedRect(tile, 4, 4);
    theme.paintIcon(painter, tile.adjusted(4, 4, -4, -4), QString::fromUtf16(look.icon), Role::Text);
    painter.setRenderHint(QPainter::Antialiasing, false);
    const Row words = layoutRow(event);
    paintSpans(painter, {qreal(textLeft()), top + 1}, words.title, words.titleLayout);
    paintSpans(
        painter, {qreal(textLeft()), top + 2 + words.titleLayout.size.height()}, words.detail, words.detailLayout);
}

void TimelineView::paintEvent(QPaintEvent*)
{
    QPainter painter(viewport());
    painter.fillRect(viewport()->rect(), ink(Role::Surface));
    if (!m_timeline) return;
    if (m_timeline->rowCount() == 0) {
        painter.setFont(Theme::instance().text());
        painter.setPen(ink(Role::Muted));
        painter.drawText(
            viewport()->rect().adjusted(kLeft, 16, -kRight, -16), Qt::AlignTop | Qt::TextWordWrap, m_emptySentence);
        return;
    }
    int y = 0;
    for (int row = topRow(); row < m_timeline->rowCount() && y < viewport()->height(); ++row) {
        const TimelineEvent* event = m_timeline->eventAt(row);
        const int height = layoutRow(event).height;
        paintRow(painter, QRect(0, y, viewport()->width(), height), row, event);
        y += height;
    }
    if (hasFocus() && currentIndex().isValid()) {
        painter.setPen(ink(Role::Accent));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(visualRect(currentIndex()).adjusted(0, 0, -1, -1));
    }
}

QRect TimelineView::evidenceRect(const QModelIndex& index, int number) const
{
    const TimelineEvent* event = m_timeline ? m_timeline->peek(index.row()) : nullptr;
    if (!event) return {};
    const Row row = layoutRow(event);
    const QPointF origin(textLeft(), visualRect(index).top() + kPad + 2 + row.titleLayout.size.height());
    for (const SpanRun& run : row.detailLayout.runs)
        if (row.detail[run.span].evidence == number) return run.rect.translated(origin).toAlignedRect();
    return {};
}

int TimelineView::evidenceAt(const QPoint& point) const
{
    const QModelIndex index = indexAt(point);
    const TimelineEvent* event = index.isValid() ? m_timeline->peek(index.row()) : nullptr;
    if (!event) return 0;
    for (const int number : evidenceOf(*event))
        if (evidenceRect(index, number).contains(point)) return number;
    return 0;
}

void TimelineView::mouseMoveEvent(QMouseEvent* event)
{
    viewport()->setCursor(evidenceAt(event->position().toPoint()) ? Qt::PointingHandCursor : Qt::ArrowCursor);
    QAbstractItemView::mouseMoveEvent(event);
}

void TimelineView::mouseReleaseEvent(QMouseEvent* event)
{
    QAbstractItemView::mouseReleaseEvent(event);
    if (event->button() != Qt::LeftButton) return;
    if (const int number = evidenceAt(event->position().toPoint())) Q_EMIT evidenceClicked(number);
}

void TimelineView::keyPressEvent(QKeyEvent* event)
{
    if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) && currentIndex().isValid()) {
        Q_EMIT opened(currentIndex());
        return;
    }
    // No search by typed letters here: it would walk every row. "/" and N belong to the pane.
    if (!event->text().isEmpty() && event->text()[0].isPrint()) return event->ignore();
    QAbstractItemView::keyPressEvent(event);
}

} // namespace wf
