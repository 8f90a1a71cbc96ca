// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/approvals/decisions_pane.h"
#include "models/items/post.h"
#include "ui/approvals/plan_card.h"
#include "ui/approvals/sign_panel.h"
#include "ui/common/format.h"
#include <QScrollArea>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace wf {

namespace {
constexpr size_t kFinishedShown = 3;
constexpr int kNarrow = 400;
constexpr int kMostOfColumn = 68; ///< percent: the assistant below keeps the rest
} // namespace

DecisionsPane::DecisionsPane(UiContext& context, QWidget* parent)
    : Pane(context, parent)
    , m_header(new SectionHeader(u"Decisions"_s, this))
    , m_scroll(new QScrollArea(this))
{
    setObjectName(u"decisions"_s);
    setAccessibleName(u"Decisions"_s);
    m_header->setObjectName(u"decisions.header"_s);
    auto* box = new QVBoxLayout(this);
    box->setContentsMargins(0, 0, 0, 0);
    box->setSpacing(0);
    box->addWidget(m_header);
    box->addWidget(m_scroll, 1);
    m_scroll->setWidgetResizable(true);
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_scroll->setFocusPolicy(Qt::NoFocus);
    auto* page = new QWidget(m_scroll);
    m_list = new QVBoxLayout(page);
    m_list->setContentsMargins(12, 10, 12, 10);
    m_list->setSpacing(8);
    m_empty = new SpanLabel(page);
    m_empty->setObjectName(u"decisions.empty"_s);
    m_more = new SpanLabel(page);
    m_list->addWidget(m_empty);
    m_list->addWidget(m_more);
    m_list->addStretch(1);
    m_scroll->setWidget(page);
}

PlanScene DecisionsPane::scene(const Case* incident) const
{
    return {&m_state, incident, m_context.person, m_context.zone};
}

void DecisionsPane::refresh(const ConsoleState& state)
{
    Seen seen{state.cases, state.live, state.policy, state.now / kSecond, m_context.person, m_context.zone};
    if (seen == m_seen) return;
    m_seen = std::move(seen);
    m_state = state;
    showAll();
}

void DecisionsPane::showAll()
{
    const Case* incident = m_state.cases ? m_state.cases->current() : nullptr;
    showHeader(incident);
    showCards(incident);
    if (m_panel) m_panel->refresh(m_state);
}

void DecisionsPane::showHeader(const Case* incident)
{
    if (!m_state.policy) return m_header->setNote(u"no policy: nobody can sign"_s, Role::Warn);
    if (!incident) return m_header->setNote(u"no incident"_s);
    const int spent = incident->actionsSpent();
    const qint64 people = incident->peopleSpent();
    const QString figures = u"%1 of %2 actions, %3 of %4 people"_s.arg(spent)
                                .arg(m_state.policy->budgetActions)
                                .arg(grouped(people), grouped(m_state.policy->budgetPeople));
    const bool used = spent >= m_state.policy->budgetActions || (people > 0 && people >= m_state.policy->budgetPeople);
    m_header->setNote(width() < kNarrow ? figures : u"budget: "_s + figures, used ? Role::Warn : Role::Muted);
}

PlanCard* DecisionsPane::cardOf(const Plan& plan)
{
    PlanCard*& card = m_cards[plan.proposal.id.value];
    if (card) return card;
    card = new PlanCard(plan, m_scroll->widget());
    const ProposalId id = plan.proposal.id;
    connect(card, &PlanCard::decide, this, [this, id](DecisionVerdict verdict) { open(id, verdict); });
    connect(
        card, &PlanCard::folded, this, &DecisionsPane::showAll, Qt::QueuedConnection); // it may come while laying out
    connect(card, &PlanCard::evidenceClicked, this, [this](int number) { Q_EMIT goTo(u"evidence %1"_s.arg(number)); });
    return card;
}

QString DecisionsPane::pendingText(const Plan& plan)
{
    const auto it = m_pending.find(plan.proposal.id.value);
    if (it == m_pending.end()) return {};
    if (plan.decisions.size() + plan.refusals.size() > it->second.rulings) {
        m_pending.erase(it);
        return {};
    }
    return it->second.entry == 0
        ? u"recording…"_s
        : u"recording… entry %1 waits for the engine's ruling"_s.arg(grouped(it->second.entry));
}

void DecisionsPane::showCards(const Case* incident)
{
    struct Shown {
        const Plan* plan;
        PlanStanding standing;
    };
    std::vector<Shown> shown;
    size_t drafts = 0;
    if (incident)
        for (const Plan& plan : incident->plans) {
            if (plan.state == PlanState::Draft || (!plan.queued && isFinal(plan.state))) {
                drafts += plan.state == PlanState::Draft;
                continue;
            }
            shown.push_back({&plan, standingOf(plan, scene(incident))});
        }
    std::stable_sort(shown.begin(), shown.end(), [](const Shown& a, const Shown& b) {
        if (a.standing.place != b.standing.place) return a.standing.place < b.standing.place;
        return a.standing.place == PlanPlace::Finished && a.plan->stateAt > b.plan->stateAt;
    });
    const auto finished = std::find_if(
        shown.begin(), shown.end(), [](const Shown& s) { return s.standing.place == PlanPlace::Finished; });
    const size_t keep = size_t(finished - shown.begin()) + kFinishedShown;
    const size_t hidden = shown.size() > keep ? shown.size() - keep : 0;
    shown.resize(shown.size() - hidden);

    std::vector<PlanCard*> order;
    for (const Shown& s : shown) {
        PlanCard* card = cardOf(*s.plan);
        const auto failure = m_failures.find(s.plan->proposal.id.value);
        card->showPlan(*s.plan, s.standing, scene(incident), pendingText(*s.plan),
            failure == m_failures.end() ? QString() : failure->second);
        order.push_back(card);
    }
    if (order != m_order) {
        for (PlanCard* card : m_order)
            m_list->removeWidget(card);
        for (size_t i = 0; i < order.size(); ++i)
            m_list->insertWidget(int(i) + 1, order[i]); // the hint stays on top
        for (size_t i = 1; i < order.size(); ++i)
            setTabOrder(order[i - 1], order[i]);
        for (const auto& [id, card] : m_cards)
            card->setVisible(std::find(order.begin(), order.end(), card) != order.end());
        m_order = std::move(order);
    }
    m_more->setVisible(hidden > 0);
    m_more->setSpans({muted(hidden == 1 ? u"1 earlier plan stands in the timeline: kind:proposal"_s
                                        : u"%1 earlier plans stand in the timeline: kind:proposal"_s.arg(hidden))});
    const bool waits = !shown.empty() && shown.front().standing.waits();
    showHint(incident, drafts, waits);
    makeRoom(waits && !shown.front().standing.roleForMe.isEmpty());
}

void DecisionsPane::showHint(const Case* incident, size_t drafts, bool waits)
{
    Spans hint;
    if (!incident)
        hint = {strong(u"Nothing to decide."_s),
            muted(
                u" A plan appears here when an incident is open and somebody, or the assistant, puts one in the queue."_s)};
    else if (!waits && drafts > 0)
        hint = {strong(u"Nothing waits for a signature."_s),
            muted(drafts == 1
                    ? u" One plan is suggested under Assistant; put it in the queue to sign it."_s
                    : u" %1 plans are suggested under Assistant; put one in the queue to sign it."_s.arg(drafts))};
    else if (m_order.empty())
        hint = {strong(u"Nothing to decide yet."_s),
            muted(u" The containment plan comes first, within seconds of an alarm."_s)};
    m_empty->setVisible(!hint.empty());
    m_empty->setSpans(hint);
}

void DecisionsPane::makeRoom(bool firstIsMine)
{
    int wanted = 0;
    if (firstIsMine && !m_order.empty()) {
        const PlanCard* first = m_order.front();
        const int column = parentWidget() ? parentWidget()->height() : height();
        wanted = m_header->sizeHint().height() + m_list->contentsMargins().top() + first->heightForWidth(first->width())
            + m_list->spacing();
        wanted = std::min(wanted, column * kMostOfColumn / 100);
    }
    if (wanted != minimumHeight()) setMinimumHeight(wanted);
}

void DecisionsPane::open(const ProposalId& id, DecisionVerdict verdict)
{
    const Case* incident = m_state.cases ? m_state.cases->current() : nullptr;
    const Plan* plan = incident ? incident->plan(id) : nullptr;
    if (!plan || m_panel || !m_context.desk) return;
    const QPointer<QWidget> before = window()->focusWidget();
    m_failures.erase(id.value);
    m_panel = new SignPanel(m_context, *plan, verdict, window());
    m_panel->setRequestText(m_requestText);
    m_panel->refresh(m_state);
    connect(m_panel, &SignPanel::requested, this, &DecisionsPane::send);
    connect(m_panel, &SignPanel::closed, this, [this, before] {
        m_panel->deleteLater();
        m_panel = nullptr;
        if (before) before->setFocus(Qt::OtherFocusReason);
    });
}

void DecisionsPane::send(const Desk::SignRequest& request)
{
    const Case* incident = m_state.cases ? m_state.cases->current() : nullptr;
    const Plan* plan = incident ? incident->plan(request.proposal) : nullptr;
    if (!plan) return;
    const QString id = request.proposal.value;
    m_pending[id] = {plan->decisions.size() + plan->refusals.size(), 0};
    m_failures.erase(id);
    m_context.desk->decide(request, posted<qint64>(this, [this, id](const Result<qint64>& done) {
        SignPanel* panel = m_panel && m_panel->proposal().value == id ? m_panel.data() : nullptr;
        if (!done) {
            const QString sentence = done.error().sentence();
            m_pending.erase(id);
            if (panel)
                panel->showFailure(sentence);
            else
                m_failures[id] = sentence;
            Q_EMIT said(sentence);
        } else {
            // The ruling may have come back through the record before this reply did; then nothing waits any more.
            if (const auto it = m_pending.find(id); it != m_pending.end()) it->second.entry = *done;
            if (panel) Q_EMIT panel->closed();
        }
        showAll();
    }));
    showAll();
}

bool DecisionsPane::openFirst()
{
    const Case* incident = m_state.cases ? m_state.cases->current() : nullptr;
    for (const PlanCard* card : m_order) {
        const Plan* plan = incident ? incident->plan(card->proposal()) : nullptr;
        if (!plan || standingOf(*plan, scene(incident)).roleForMe.isEmpty()) continue;
        open(card->proposal(), DecisionVerdict::Approve);
        return true;
    }
    return false;
}

void DecisionsPane::moveTo(const QString& place)
{
    if (!place.startsWith("proposal "_L1)) return;
    const auto it = m_cards.find(place.mid(9));
    if (it == m_cards.end() || !it->second->isVisible()) return;
    m_scroll->ensureWidgetVisible(it->second);
    for (QWidget* w = it->second->nextInFocusChain(); w && w != it->second; w = w->nextInFocusChain())
        if (it->second->isAncestorOf(w) && w->isVisible() && (w->focusPolicy() & Qt::TabFocus))
            return w->setFocus(Qt::OtherFocusReason);
}

void DecisionsPane::resizeEvent(QResizeEvent* event)
{
    Pane::resizeEvent(event);
    if (m_state.cases) showHeader(m_state.cases->current());
}

} // namespace wf
