// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: what the assistant claims and what it is worth: checked claims, struck-out ones, hypotheses, the number of
// affected answers, suggested plans, typed questions, and evidence opened in place. Owner: ui/assistant. Thread: GUI.
#pragma once
#include "ui/common/pane.h"
#include "ui/common/widgets.h"
#include <QPointer>

class QLineEdit;
class QPushButton;
class QScrollArea;
class QStackedWidget;
class QVBoxLayout;

namespace wf {

class AnswerCard;
class CardHead;
class ClaimCard;
class EvidenceDrawer;

class AssistantPane final : public Pane {
    Q_OBJECT
public:
    explicit AssistantPane(UiContext& context, QWidget* parent = nullptr);
    void refresh(const ConsoleState& state) override;
    /// "evidence <number>" opens it in place; other places are none of this pane's business. Does not emit goTo.
    void moveTo(const QString& place);
    bool openEvidence(int number); ///< false when this incident has no such evidence
    void focusQuestion();

protected:
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    struct Seen {
        std::shared_ptr<const CaseFile> cases;
        std::shared_ptr<const LiveFigures> live;
        bool engineAlive = false;
        Zone zone = Zone::Utc;
        friend bool operator==(const Seen&, const Seen&) = default;
    };
    struct Suggestion {
        Card* card = nullptr;
        CardHead* head = nullptr;
        SpanLabel *facts = nullptr, *failure = nullptr;
        QPushButton* queue = nullptr;
        bool recording = false;
        QString sentence; ///< why the last attempt was not recorded
    };
    void showAll();
    void showHeader();
    void showEmpty(const Case* incident);
    static std::vector<const Claim*> sortedClaims(const Case& incident);
    void showClaims(const Case* incident);
    void showHypotheses(const Case* incident);
    void showAffected(const Case* incident);
    void showSuggestions(const Case* incident);
    Suggestion& suggestionOf(const Plan& plan);
    void queue(const ProposalId& id);
    void submit();
    void note(const QString& text);
    void ask(const QString& question);
    void stopOrClear();
    void pick(int number);
    const Case* incident() const;

    SectionHeader* m_header;
    QStackedWidget* m_stack;
    QScrollArea* m_scroll;
    QVBoxLayout *m_list, *m_answers, *m_claimBox, *m_suggestionBox;
    SpanLabel* m_empty;
    Card *m_hypotheses, *m_affected;
    std::vector<KeyValueRow*> m_hypothesisRows;
    SpanLabel *m_affectedText, *m_suggestTitle;
    EvidenceDrawer* m_drawer;
    QLineEdit* m_question;
    SpanLabel* m_said;
    QPushButton* m_moreClaims;
    bool m_allClaims = false;
    std::map<QString, ClaimCard*> m_claims;
    std::vector<ClaimCard*> m_claimOrder;
    std::map<QString, Suggestion> m_suggestions;
    QPointer<AnswerCard> m_waiting; ///< the question that is being answered
    QString m_incident;
    ConsoleState m_state;
    Seen m_seen;
};

} // namespace wf
