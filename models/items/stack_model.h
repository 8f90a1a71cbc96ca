// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the behaviour stack as rows: last good beside now, and whether that layer could be the cause.
// Owner: models/items. Thread: GUI.
#pragma once
#include "models/domain/ports.h"
#include <QAbstractTableModel>

namespace wf {

class StackModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { LayerColumn, Good, Now, Cause, ColumnCount };
    enum Roles {
        EvidenceRole = Qt::UserRole + 1, ///< QList<int>: evidence numbers, to be shown as chips
        ChangedRole, ///< bool: now differs from last good
        HypothesisRole, ///< int(HypothesisState)
    };

    explicit StackModel(QObject* parent = nullptr);

    void update(const std::vector<StackRow>& rows, const QString& lastGoodAt);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    QString text(const StackRow& row, int column) const;

    std::vector<StackRow> m_rows;
    QString m_lastGoodAt;
};

} // namespace wf
