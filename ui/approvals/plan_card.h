// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: one plan in the queue, rendered from the proposal as the record holds it. The widget lives as long as the
// plan does and is updated in place, so that nothing flickers and focus stays. Owner: ui/approvals. Thread: GUI.
#pragma once
#include "ui/approvals/plan_text.h"
#include "ui/common/widgets.h"

class QPushButton;

namespace wf {

class CardHead;

class PlanCard : public Card {
    Q_OBJECT
public:
    explicit PlanCard(const Plan& plan, QWidget* parent = nullptr);
    /// pending: "recording…" while a decision of mine is on its way; failure: the sentence of one that was not
    /// recorded.
    void showPlan(const Plan& plan, const PlanStanding& standing, const PlanScene& scene, const QString& pending,
        const QString& failure);
    ProposalId proposal() const { return m_id; }

Q_SIGNALS:
    void decide(DecisionVerdict verdict);
    void evidenceClicked(int number);
    void folded(); ///< the card was opened or closed, or became narrow: show it again

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void addRuns(const Proposal& proposal);
    void addButtons();
    void nameButtons(const QString& card);
    void showFacts(const Plan& plan, const PlanStanding& standing, const PlanScene& scene);
    void showProgress(const Plan& plan, const PlanStanding& standing, const PlanScene& scene);
    void showTrouble(const Plan& plan, const PlanStanding& standing, const PlanScene& scene, const QString& failure);
    void showButtons(const Plan& plan, const PlanStanding& standing, const PlanScene& scene, const QString& pending);
    void arrange(bool narrow);
    void placeFoot(bool early);
    KeyValueRow* row(const QString& key);

    ProposalId m_id;
    QString m_runbook;
    CardHead* m_head;
    QWidget* m_runs;
    KeyValueRow *m_touches, *m_rests, *m_waiting, *m_price, *m_recovery, *m_replay, *m_digest, *m_signed;
    std::vector<KeyValueRow*> m_steps;
    KeyValueRow* m_verify;
    SpanLabel *m_blocked, *m_unblock, *m_refusal, *m_failure, *m_status;
    QWidget* m_foot;
    std::optional<bool> m_narrow;
    QPushButton *m_sign, *m_reject, *m_hold, *m_more;
    SpanLabel* m_till;
    bool m_opened = false; ///< a finished or blocked card that a person unfolded
};

} // namespace wf
