// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the queue of plans: what can stop the harm, what waits for me, for others, what runs, what is blocked and
// why. Every decision goes through the sign panel and comes back through the record; nothing here is optimistic. Owner:
// ui/approvals. Thread: GUI.
#pragma once
#include "ui/approvals/plan_text.h"
#include "ui/common/pane.h"
#include <QPointer>

class QScrollArea;
class QVBoxLayout;

namespace wf {

class PlanCard;
class SectionHeader;
class SignPanel;

class DecisionsPane final : public Pane {
    Q_OBJECT
public:
    explicit DecisionsPane(UiContext& context, QWidget* parent = nullptr);
    void refresh(const ConsoleState& state) override;
    /// Text of a request that somebody elsewhere can answer; set by app.
    void setRequestText(std::function<QString(const Proposal&)> text) { m_requestText = std::move(text); }
    /// "proposal <id>" scrolls to its card and gives it the focus; other places are none of this pane's business.
    void moveTo(const QString& place);
    /// Opens the panel for the first card that waits for me; false when none does. For the palette and a key.
    bool openFirst();
    SignPanel* panel() const { return m_panel; }

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    struct Seen {
        std::shared_ptr<const CaseFile> cases;
        std::shared_ptr<const LiveFigures> live;
        std::shared_ptr<const Policy> policy;
        Nanos second = 0;
        QString person;
        Zone zone = Zone::Utc;
        friend bool operator==(const Seen&, const Seen&) = default;
    };
    /// A decision of mine on its way: told until the record rules on it.
    struct Pending {
        size_t rulings = 0; ///< decisions and refusals when it was sent
        qint64 entry = 0; ///< 0 until the intent is recorded
    };
    void showAll();
    void showHeader(const Case* incident);
    void showCards(const Case* incident);
    void showHint(const Case* incident, size_t drafts, bool waits);
    /// The first plan that waits for me is to be read and answered without scrolling, in a small window too.
    void makeRoom(bool firstIsMine);
    PlanCard* cardOf(const Plan& plan);
    void open(const ProposalId& id, DecisionVerdict verdict);
    void send(const Desk::SignRequest& request);
    QString pendingText(const Plan& plan);
    PlanScene scene(const Case* incident) const;

    SectionHeader* m_header;
    QScrollArea* m_scroll;
    QVBoxLayout* m_list;
    SpanLabel *m_empty, *m_more;
    std::map<QString, PlanCard*> m_cards; ///< by proposal id
    std::vector<PlanCard*> m_order;
    std::map<QString, Pending> m_pending;
    std::map<QString, QString> m_failures;
    QPointer<SignPanel> m_panel;
    std::function<QString(const Proposal&)> m_requestText;
    ConsoleState m_state;
    Seen m_seen;
};

} // namespace wf
