// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/items/stack_model.h"

namespace wf {

using namespace Qt::StringLiterals;

namespace {

bool same(const StackRow& a, const StackRow& b)
{
    return a.layer == b.layer && a.good == b.good && a.now == b.now && a.changed == b.changed && a.cause == b.cause
        && a.state == b.state && a.evidence == b.evidence && a.nowShare == b.nowShare;
}

} // namespace

StackModel::StackModel(QObject* parent)
    : QAbstractTableModel(parent)
{
}

void StackModel::update(const std::vector<StackRow>& rows, const QString& lastGoodAt)
{
    if (lastGoodAt != m_lastGoodAt) {
        m_lastGoodAt = lastGoodAt;
        Q_EMIT headerDataChanged(Qt::Horizontal, Good, Good);
    }
    const bool sameLayers = rows.size() == m_rows.size()
        && std::equal(rows.begin(), rows.end(), m_rows.begin(),
            [](const StackRow& a, const StackRow& b) { return a.layer == b.layer; });
    if (!sameLayers) {
        beginResetModel();
        m_rows = rows;
        endResetModel();
        return;
    }
    for (size_t i = 0; i < rows.size(); ++i) {
        if (same(rows[i], m_rows[i])) continue;
        m_rows[i] = rows[i];
        Q_EMIT dataChanged(index(int(i), 0), index(int(i), ColumnCount - 1));
    }
}

int StackModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int StackModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QString StackModel::text(const StackRow& row, int column) const
{
    switch (column) {
    case LayerColumn:
        return layerTitle(row.layer);
    case Good:
        return row.good.isEmpty() ? u"not told"_s : row.good;
    case Now:
        return row.now.isEmpty() ? u"no answers in the last 5 min"_s : row.now;
    case Cause:
        if (!row.cause.isEmpty()) return row.cause;
        return row.changed      ? u"changed, not looked at yet"_s
            : row.now.isEmpty() ? QString(QChar(0x2014))
                                : u"unchanged"_s;
    default:
        return {};
    }
}

QVariant StackModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= int(m_rows.size())) return {};
    const StackRow& row = m_rows[size_t(index.row())];
    switch (role) {
    case Qt::DisplayRole:
    case Qt::AccessibleTextRole:
        return text(row, index.column());
    case Qt::ToolTipRole:
        return u"%1: %2.\nLast good: %3. Now: %4.\n%5."_s.arg(
            layerTitle(row.layer), hypothesisStateName(row.state), text(row, Good), text(row, Now), text(row, Cause));
    case EvidenceRole:
        return QVariant::fromValue(QList<int>(row.evidence.begin(), row.evidence.end()));
    case ChangedRole:
        return row.changed;
    case HypothesisRole:
        return int(row.state);
    default:
        return {};
    }
}

QVariant StackModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
    switch (section) {
    case LayerColumn:
        return u"Layer"_s;
    case Good:
        return m_lastGoodAt.isEmpty() ? u"Last good"_s : u"Last good, "_s + m_lastGoodAt;
    case Now:
        return u"Now"_s;
    case Cause:
        return u"Could it be the cause?"_s;
    default:
        return {};
    }
}

} // namespace wf
