// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the signal table: figures, state pill with icon and word, spark line. Selecting a row chooses the chart's
// signal. Owner: ui/drift. Thread: GUI.
#pragma once
#include "models/items/signal_model.h"
#include <QTableView>

namespace wf {

/// A table that is as high as its rows, hides its least needed columns when narrow, and never scrolls sideways.
class FittedTable : public QTableView {
    Q_OBJECT
public:
    explicit FittedTable(QWidget* parent = nullptr);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    void setModel(QAbstractItemModel* model) override;

protected:
    /// widths for the columns given the room; 0 hides one.
    virtual std::vector<int> columnWidths(int room) const = 0;
    virtual int rowPixels() const;
    void resizeEvent(QResizeEvent* event) override;
    void fit();

private:
    bool m_fitting = false;
};

class SignalTable final : public FittedTable {
    Q_OBJECT
public:
    explicit SignalTable(SignalModel* model, QWidget* parent = nullptr);
    void select(const StreamKey& key);
    QFont figureFont() const; ///< a size smaller where the pane is narrow

Q_SIGNALS:
    void chosen(const wf::StreamKey& key);

protected:
    std::vector<int> columnWidths(int room) const override;
    int rowPixels() const override;
    void currentChanged(const QModelIndex& current, const QModelIndex& previous) override;

private:
    std::vector<int> naturalWidths() const;

    SignalModel* m_model;
    mutable bool m_compact = false; ///< decided with the widths
};

} // namespace wf
