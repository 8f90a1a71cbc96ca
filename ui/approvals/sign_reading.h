// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the side of the sign panel that is read: every step with its call, precondition, gate and undo, the limits
// it obeys, what it rests on, its digest. Nothing that is signed is left out. Owner: ui/approvals. Thread: GUI.
#pragma once
#include "ui/approvals/plan_text.h"
#include <QScrollArea>

class QVBoxLayout;

namespace wf {

class KeyValueRow;

class SignReading : public QScrollArea {
    Q_OBJECT
public:
    SignReading(const Plan& plan, const QString& digest, Zone zone, QWidget* parent);
    void refresh(
        const PlanScene& scene); ///< the figures that live beside the plan: touches, budget, evidence, recovery

private:
    void addStep(QVBoxLayout* box, const PlanStep& step, size_t number);
    void addLimits(QVBoxLayout* box, const QString& digest, Zone zone);
    Plan m_plan;
    KeyValueRow *m_touches, *m_budget, *m_rests, *m_recovery;
};

} // namespace wf
