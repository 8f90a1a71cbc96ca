// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/drift/stack_table.h"
#include "ui/common/widgets.h"
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QStyledItemDelegate>
#include <cmath>

namespace wf {

using namespace Qt::StringLiterals;

namespace {

constexpr int kPad = 10;

Role causeRole(HypothesisState state)
{
    switch (state) {
    case HypothesisState::Supported:
        return Role::Text;
    case HypothesisState::NotChecked:
        return Role::Warn;
    case HypothesisState::Falsified:
    case HypothesisState::Open:
        return Role::Muted;
    }
    return Role::Muted;
}

Spans causeSpans(const QModelIndex& index)
{
    const auto state = HypothesisState(index.data(StackModel::HypothesisRole).toInt());
    Spans spans{plain(index.data().toString() + u"  "_s, causeRole(state))};
    for (int number : index.data(StackModel::EvidenceRole).value<QList<int>>())
        spans.push_back(evidenceChip(number));
    return spans;
}

struct Placed {
    Spans spans;
    SpanLayout layout;
    QPointF topLeft;
};

/// The chips stay whole; the sentence before them is what gets cut.
Placed placeCause(const QModelIndex& index, const QRect& cell)
{
    Placed placed{causeSpans(index), {}, {}};
    const double room = cell.width() - kPad - kPad / 2.0;
    placed.layout = layoutSpans(placed.spans, 1e6, 1);
    if (placed.layout.size.width() > room) {
        const double chips = layoutSpans(Spans(placed.spans.begin() + 1, placed.spans.end()), 1e6, 1).size.width();
        const QFontMetricsF metrics(Theme::instance().text());
        placed.spans[0].text
            = metrics.elidedText(placed.spans[0].text.trimmed(), Qt::ElideRight, std::max(20.0, room - chips - 8))
            + u' ';
        placed.layout = layoutSpans(placed.spans, room, 1);
    }
    placed.topLeft = {double(cell.left() + kPad), cell.top() + (cell.height() - placed.layout.size.height()) / 2};
    return placed;
}

class StackDelegate final : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* p, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        p->save();
        const auto state = HypothesisState(index.data(StackModel::HypothesisRole).toInt());
        if (state == HypothesisState::Supported) {
            QColor agent = ink(Role::Agent);
            agent.setAlphaF(0.14f);
            p->fillRect(option.rect, agent);
        }
        if (option.state & QStyle::State_Selected && option.state & QStyle::State_HasFocus) {
            p->setPen(ink(Role::Accent));
            p->drawRect(QRect(option.rect).adjusted(0, 0, -1, -2));
        }
        p->setPen(ink(Role::Line));
        p->drawLine(option.rect.bottomLeft(), option.rect.bottomRight());
        if (index.column() == StackModel::Cause) {
            const Placed placed = placeCause(index, option.rect);
            paintSpans(*p, placed.topLeft, placed.spans, placed.layout);
        } else {
            const bool layer = index.column() == StackModel::LayerColumn;
            const bool guilty = index.column() == StackModel::Now && index.data(StackModel::ChangedRole).toBool()
                && state == HypothesisState::Supported;
            const QRectF box = QRectF(option.rect).adjusted(kPad, 0, -kPad / 2.0, 0);
            p->setFont(layer ? Theme::instance().text() : Theme::instance().mono(-1));
            p->setPen(ink(guilty ? Role::Agent : Role::Text));
            p->drawText(box, Qt::AlignLeft | Qt::AlignVCenter,
                QFontMetricsF(p->font()).elidedText(index.data().toString(), Qt::ElideRight, box.width()));
        }
        p->restore();
    }
};

} // namespace

StackTable::StackTable(StackModel* model, QWidget* parent)
    : FittedTable(parent)
    , m_model(model)
{
    setObjectName(u"drift.stack"_s);
    setAccessibleName(u"Behaviour stack: good and now"_s);
    setItemDelegate(new StackDelegate(this));
    setMouseTracking(true);
    setModel(model);
}

std::vector<int> StackTable::columnWidths(int room) const
{
    const QFontMetricsF figures(Theme::instance().mono(-1)), words(Theme::instance().text()),
        heads(Theme::instance().text(-2));
    std::vector<int> widths(StackModel::ColumnCount, 0);
    int used = 0;
    for (int c = 0; c < StackModel::Cause; ++c) {
        double widest = heads.horizontalAdvance(m_model->headerData(c, Qt::Horizontal).toString()) + 5;
        for (int r = 0; r < m_model->rowCount(); ++r) {
            const QString text = m_model->index(r, c).data().toString();
            widest = std::max(widest, (c == StackModel::LayerColumn ? words : figures).horizontalAdvance(text));
        }
        // A long list of versions must not push the cause off the pane.
        widths[size_t(c)] = std::min(
            int(std::ceil(widest)) + kPad + kPad / 2 + 12, std::max(80, room * (c == StackModel::Now ? 30 : 22) / 100));
        used += widths[size_t(c)];
    }
    widths[StackModel::Cause] = std::max(60, room - used);
    return widths;
}

int StackTable::evidenceAt(const QPoint& position) const
{
    const QModelIndex index = indexAt(position);
    if (!index.isValid() || index.column() != StackModel::Cause) return 0;
    const Placed placed = placeCause(index, visualRect(index));
    return placed.layout.evidenceAt(placed.spans, QPointF(position) - placed.topLeft);
}

QRect StackTable::evidenceRect(int row, int number) const
{
    const QModelIndex index = m_model->index(row, StackModel::Cause);
    const Placed placed = placeCause(index, visualRect(index));
    for (const SpanRun& run : placed.layout.runs)
        if (placed.spans[run.span].evidence == number) return run.rect.translated(placed.topLeft).toAlignedRect();
    return {};
}

void StackTable::mouseReleaseEvent(QMouseEvent* event)
{
    if (const int number = evidenceAt(event->pos())) Q_EMIT evidencePicked(number);
    FittedTable::mouseReleaseEvent(event);
}

void StackTable::mouseMoveEvent(QMouseEvent* event)
{
    viewport()->setCursor(evidenceAt(event->pos()) ? Qt::PointingHandCursor : Qt::ArrowCursor);
    FittedTable::mouseMoveEvent(event);
}

void StackTable::keyPressEvent(QKeyEvent* event)
{
    if (event->key() != Qt::Key_Return && event->key() != Qt::Key_Enter) return FittedTable::keyPressEvent(event);
    const auto numbers = currentIndex().data(StackModel::EvidenceRole).value<QList<int>>();
    if (!numbers.isEmpty()) Q_EMIT evidencePicked(numbers.front());
}

} // namespace wf
