// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/drift/signal_table.h"
#include "ui/common/widgets.h"
#include <QHeaderView>
#include <QPainter>
#include <QPointF>
#include <QStyledItemDelegate>
#include <cmath>
#include <numeric>

namespace wf {

using namespace Qt::StringLiterals;

namespace {

constexpr int kPad = 10;

class SignalDelegate final : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* p, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        p->save();
        if (option.state & QStyle::State_Selected) p->fillRect(option.rect, ink(Role::Selection));
        p->setPen(ink(Role::Line));
        p->drawLine(option.rect.bottomLeft(), option.rect.bottomRight());
        const QRectF box = QRectF(option.rect).adjusted(kPad, 0, -kPad / 2.0, 0);
        const int tone = index.data(SignalModel::ToneRole).toInt();
        switch (index.column()) {
        case SignalModel::SignalColumn:
            paintName(*p, box, index);
            break;
        case SignalModel::State:
            paintState(*p, box, index.data().toString(), tone);
            break;
        case SignalModel::Spark:
            paintLine(*p, box, index, tone);
            break;
        default: {
            const QString text = index.data().toString();
            p->setFont(static_cast<const SignalTable*>(parent())->figureFont());
            p->setPen(ink(text == u"—"_s || tone == SignalModel::ToneMuted ? Role::Muted : Role::Text));
            p->drawText(box, Qt::AlignLeft | Qt::AlignVCenter,
                QFontMetricsF(p->font()).elidedText(text, Qt::ElideRight, box.width()));
        }
        }
        p->restore();
    }

private:
    static void paintName(QPainter& p, const QRectF& box, const QModelIndex& index)
    {
        const QFont font = Theme::instance().text();
        const QFontMetricsF metrics(font);
        const QString unit = index.data(SignalModel::UnitRole).toString();
        const QString name = metrics.elidedText(index.data().toString(), Qt::ElideMiddle, box.width());
        p.setFont(font);
        p.setPen(ink(Role::Text));
        p.drawText(box, Qt::AlignLeft | Qt::AlignVCenter, name);
        const double used = metrics.horizontalAdvance(name + u' ');
        if (unit.isEmpty() || used + metrics.horizontalAdvance(unit) > box.width()) return;
        p.setPen(ink(Role::Muted));
        p.drawText(box.adjusted(used, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, unit);
    }

    static void paintState(QPainter& p, const QRectF& box, const QString& text, int tone)
    {
        const auto [fill, word] = tone == SignalModel::ToneBad ? std::pair(Role::BadFill, Role::BadText)
            : tone == SignalModel::ToneGood                    ? std::pair(Role::OkFill, Role::OkText)
            : tone == SignalModel::ToneStale                   ? std::pair(Role::WarnFill, Role::WarnText)
                                                               : std::pair(Role::Button, Role::Text);
        const QRectF size = paintBadge(nullptr, {}, text, fill, word, -2);
        paintBadge(&p, {box.left(), std::floor(box.center().y() - size.height() / 2)}, text, fill, word, -2);
    }

    static void paintLine(QPainter& p, const QRectF& box, const QModelIndex& index, int tone)
    {
        const auto values = index.data(SignalModel::SparkRole).value<QList<qreal>>();
        if (values.isEmpty()) return;
        std::vector<float> line(values.begin(), values.end());
        const QPointF band = index.data(SignalModel::BandRole).toPointF();
        const Role role = tone == SignalModel::ToneBad ? Role::Series2
            : tone == SignalModel::ToneGood            ? Role::Series1
                                                       : Role::Muted;
        const double high = std::min(box.height() - 8, 26.0);
        paintSpark(p, {box.left(), box.center().y() - high / 2, box.width(), high}, line, role, band.x(), band.y());
    }
};

} // namespace

// ---- the table both tables are made of
// ---------------------------------------------------------------------------------

FittedTable::FittedTable(QWidget* parent)
    : QTableView(parent)
{
    setFrameShape(QFrame::NoFrame);
    setShowGrid(false);
    setWordWrap(false);
    setTabKeyNavigation(false);
    setSelectionBehavior(QAbstractItemView::SelectRows);
    setSelectionMode(QAbstractItemView::SingleSelection);
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    verticalHeader()->hide();
    verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    verticalHeader()->setMinimumSectionSize(8);
    horizontalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    horizontalHeader()->setMinimumSectionSize(8);
    horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    horizontalHeader()->setHighlightSections(false);
    horizontalHeader()->setFont(Theme::instance().text(-2));
    connect(&Theme::instance(), &Theme::changed, this, [this] { viewport()->update(); });
}

int FittedTable::rowPixels() const
{
    return int(std::ceil(QFontMetricsF(Theme::instance().text()).height() * 1.75));
}

QSize FittedTable::sizeHint() const
{
    const int rows = model() ? model()->rowCount() : 0;
    return {400, horizontalHeader()->sizeHint().height() + rows * rowPixels() + 1};
}

QSize FittedTable::minimumSizeHint() const
{
    const int rows = std::min(3, model() ? model()->rowCount() : 0);
    return {240, horizontalHeader()->sizeHint().height() + rows * rowPixels() + 1};
}

void FittedTable::setModel(QAbstractItemModel* model)
{
    QTableView::setModel(model);
    const auto refit = [this] {
        fit();
        updateGeometry();
    };
    connect(model, &QAbstractItemModel::modelReset, this, refit);
    connect(model, &QAbstractItemModel::dataChanged, this, [this] { fit(); });
    connect(model, &QAbstractItemModel::headerDataChanged, this, [this] { fit(); });
    refit();
}

void FittedTable::resizeEvent(QResizeEvent* event)
{
    QTableView::resizeEvent(event);
    fit();
}

void FittedTable::fit()
{
    if (m_fitting || !model()) return;
    m_fitting = true;
    verticalHeader()->setDefaultSectionSize(rowPixels());
    const std::vector<int> widths = columnWidths(viewport()->width());
    for (int c = 0; c < int(widths.size()); ++c) {
        const bool hide = widths[size_t(c)] <= 0;
        if (isColumnHidden(c) != hide) setColumnHidden(c, hide);
        if (!hide && columnWidth(c) != widths[size_t(c)]) setColumnWidth(c, widths[size_t(c)]);
    }
    m_fitting = false;
}

// ---- signals
// -----------------------------------------------------------------------------------------------------------

SignalTable::SignalTable(SignalModel* model, QWidget* parent)
    : FittedTable(parent)
    , m_model(model)
{
    setObjectName(u"drift.signals"_s);
    setAccessibleName(u"Signals"_s);
    setItemDelegate(new SignalDelegate(this));
    setModel(model);
}

void SignalTable::select(const StreamKey& key)
{
    const int row = m_model->rowOf(key);
    if (row < 0 || row == currentIndex().row()) return;
    setCurrentIndex(m_model->index(row, 0));
}

int SignalTable::rowPixels() const
{
    return int(std::ceil(QFontMetricsF(Theme::instance().text()).height() * 1.95));
}

QFont SignalTable::figureFont() const
{
    return Theme::instance().mono(m_compact ? -2 : -1);
}

std::vector<int> SignalTable::naturalWidths() const
{
    const QFontMetricsF figures(figureFont()), words(Theme::instance().text()), heads(Theme::instance().text(-2));
    std::vector<int> widths(SignalModel::ColumnCount, 0);
    for (int c = 0; c < SignalModel::ColumnCount; ++c) {
        double widest = heads.horizontalAdvance(m_model->headerData(c, Qt::Horizontal).toString()) + 5;
        for (int r = 0; r < m_model->rowCount(); ++r) {
            const QModelIndex at = m_model->index(r, c);
            const QString text = at.data().toString();
            const double width = c == SignalModel::State
                ? paintBadge(nullptr, {}, text, Role::Button, Role::Text, -2).width()
                : c == SignalModel::Spark ? 90.0
                : c == SignalModel::SignalColumn
                ? words.horizontalAdvance(m_compact ? text : text + u' ' + at.data(SignalModel::UnitRole).toString())
                : figures.horizontalAdvance(text);
            widest = std::max(widest, width);
        }
        widths[size_t(c)] = int(std::ceil(widest)) + kPad + kPad / 2 + 2;
    }
    return widths;
}

std::vector<int> SignalTable::columnWidths(int room) const
{
    m_compact = false;
    std::vector<int> widths = naturalWidths();
    const auto total = [&] { return std::accumulate(widths.begin(), widths.end(), 0); };
    const std::array spare{SignalModel::Spark, SignalModel::Last5Min, SignalModel::Baseline};
    for (int c : spare) {
        if (total() <= room) break;
        widths[size_t(c)] = 0;
    }
    if (total() > room) {
        m_compact = true;
        widths = naturalWidths();
        for (int c : spare)
            widths[size_t(c)] = 0;
    }
    int& name = widths[SignalModel::SignalColumn];
    if (total() > room) name = std::max(90, name - (total() - room));
    // What is left over goes between the columns in equal parts, and to the spark line first, where there is one.
    int rest = room - total();
    if (rest > 0) {
        const int spark = widths[SignalModel::Spark];
        const int more = spark > 0 ? std::min(rest, 60) : 0;
        widths[SignalModel::Spark] += more;
        rest -= more;
        const int shown = int(std::count_if(widths.begin(), widths.end(), [](int w) { return w > 0; }));
        for (int& w : widths)
            if (w > 0) w += rest / shown;
        widths[SignalModel::SignalColumn] += rest % shown;
    }
    return widths;
}

void SignalTable::currentChanged(const QModelIndex& current, const QModelIndex& previous)
{
    FittedTable::currentChanged(current, previous);
    if (const StreamState* stream = m_model->stream(current.row()); stream && current.row() != previous.row())
        Q_EMIT chosen(stream->key);
}

} // namespace wf
