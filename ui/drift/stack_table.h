// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: "behaviour stack: good and now", with evidence chips behind each answer to "could it be the cause?".
// Owner: ui/drift. Thread: GUI.
#pragma once
#include "models/items/stack_model.h"
#include "ui/drift/signal_table.h"

namespace wf {

class StackTable final : public FittedTable {
    Q_OBJECT
public:
    explicit StackTable(StackModel* model, QWidget* parent = nullptr);
    /// Where the chip of this evidence is, in the viewport; empty when not shown.
    QRect evidenceRect(int row, int number) const;

Q_SIGNALS:
    void evidencePicked(int number);

protected:
    std::vector<int> columnWidths(int room) const override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    int evidenceAt(const QPoint& position) const;

    StackModel* m_model;
};

} // namespace wf
