// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/assistant/assistant_pane.h"
#include "models/items/post.h"
#include "ui/approvals/card_head.h"
#include "ui/approvals/plan_text.h"
#include "ui/assistant/claim_card.h"
#include "ui/assistant/evidence_drawer.h"
#include "ui/common/format.h"
#include <QKeyEvent>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QScrollArea>
#include <QScrollBar>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <set>

using namespace Qt::StringLiterals;

namespace wf {

namespace {

constexpr int kNarrow = 400;
constexpr int kAnswersKept = 5;
constexpr int kClaimsUnfolded = 3;
constexpr int kReasonLines = 4; ///< the whole reason is the tooltip
constexpr Nanos kEngineStale = 5 * kSecond;

QVBoxLayout* column(QVBoxLayout* into)
{
    auto* box = new QVBoxLayout;
    box->setSpacing(8);
    into->addLayout(box);
    return box;
}

int rankOf(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Checked:
        return 0;
    case Verdict::Unchecked:
        return 1;
    case Verdict::Stale:
        return 2;
    case Verdict::Failed:
        return 3;
    }
    return 3;
}

QString groupOf(HypothesisState state)
{
    switch (state) {
    case HypothesisState::Supported:
        return u"Supported"_s;
    case HypothesisState::Falsified:
        return u"Ruled out"_s;
    case HypothesisState::NotChecked:
        return u"Not checked"_s;
    case HypothesisState::Open:
        return u"Still open"_s;
    }
    return {};
}

Spans hypothesisSpans(const Hypothesis& h)
{
    const Role role = h.state == HypothesisState::Supported ? Role::Ok
        : h.state == HypothesisState::NotChecked            ? Role::Warn
                                                            : Role::Text;
    Spans spans{plain(hypothesisTitle(h.key), role)};
    for (const int number : h.evidence) {
        spans.push_back(plain(u" "_s));
        spans.push_back(evidenceChip(number));
    }
    if (!h.why.isEmpty()) spans.push_back(muted(u"  "_s + h.why));
    return spans;
}

} // namespace

AssistantPane::AssistantPane(UiContext& context, QWidget* parent)
    : Pane(context, parent)
    , m_header(new SectionHeader(u"Assistant"_s, this))
    , m_stack(new QStackedWidget(this))
    , m_scroll(new QScrollArea(this))
    , m_drawer(new EvidenceDrawer(this))
    , m_question(new QLineEdit(this))
    , m_said(new SpanLabel(this))
{
    setObjectName(u"assistant"_s);
    setAccessibleName(u"Assistant"_s);
    m_header->setObjectName(u"assistant.header"_s);
    auto* box = new QVBoxLayout(this);
    box->setContentsMargins(0, 0, 0, 0);
    box->setSpacing(0);
    box->addWidget(m_header);
    box->addWidget(m_stack, 1);
    m_scroll->setWidgetResizable(true);
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_scroll->setFocusPolicy(Qt::NoFocus);
    auto* page = new QWidget(m_scroll);
    m_list = new QVBoxLayout(page);
    m_list->setContentsMargins(12, 10, 12, 10);
    m_list->setSpacing(8);
    m_answers = column(m_list);
    m_empty = new SpanLabel(page);
    m_empty->setObjectName(u"assistant.empty"_s);
    m_list->addWidget(m_empty);
    m_suggestTitle = new SpanLabel(page);
    m_suggestTitle->setSpans({muted(u"Suggested plans, from signed runbooks"_s)});
    m_list->addWidget(m_suggestTitle);
    m_suggestionBox = column(m_list);
    m_claimBox = column(m_list);
    m_moreClaims = new QPushButton(page);
    m_moreClaims->setObjectName(u"assistant.moreClaims"_s);
    m_moreClaims->setProperty("kind", u"link"_s);
    m_moreClaims->setAutoDefault(false);
    m_list->addWidget(m_moreClaims, 0, Qt::AlignLeft);
    connect(m_moreClaims, &QPushButton::clicked, this, [this] {
        m_allClaims = !m_allClaims;
        showClaims(incident());
    });
    m_hypotheses = new Card(page);
    m_hypotheses->setObjectName(u"assistant.hypotheses"_s);
    m_list->addWidget(m_hypotheses);
    m_affected = new Card(page);
    m_affected->setObjectName(u"assistant.affected"_s);
    m_affectedText = new SpanLabel(m_affected);
    m_affectedText->setObjectName(u"assistant.affected.text"_s);
    m_affected->body()->addWidget(m_affectedText);
    m_list->addWidget(m_affected);
    m_list->addStretch(1);
    m_scroll->setWidget(page);
    m_stack->addWidget(m_scroll);
    m_stack->addWidget(m_drawer);
    // Both pages scroll, so the pane gives way to a decision that waits above it; what is closed must not claim room.
    m_stack->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Ignored);
    m_stack->setMinimumHeight(90);

    auto* foot = new QVBoxLayout;
    foot->setContentsMargins(12, 6, 12, 8);
    foot->setSpacing(4);
    m_said->setObjectName(u"assistant.said"_s);
    m_said->hide();
    foot->addWidget(m_said);
    m_question->setObjectName(u"assistant.question"_s);
    m_question->setAccessibleName(u"Ask the assistant"_s);
    m_question->setPlaceholderText(u"Ask, or /evidence /hypothesis /propose /note"_s);
    m_question->setMaxLength(2000);
    m_question->installEventFilter(this);
    foot->addWidget(m_question);
    box->addLayout(foot);
    connect(m_question, &QLineEdit::returnPressed, this, &AssistantPane::submit);
    connect(m_drawer, &EvidenceDrawer::closed, this, [this] {
        m_stack->setCurrentWidget(m_scroll);
        m_question->setFocus(Qt::OtherFocusReason);
    });
    showHeader();
}

const Case* AssistantPane::incident() const
{
    return m_state.cases ? m_state.cases->current() : nullptr;
}

void AssistantPane::refresh(const ConsoleState& state)
{
    const double pace = m_context.clock ? std::max(1.0, m_context.clock->speed()) : 1.0;
    Seen seen{
        state.cases, state.live, double(state.now - state.engineBeat) <= double(kEngineStale) * pace, m_context.zone};
    if (seen == m_seen) return;
    m_seen = std::move(seen);
    m_state = state;
    showAll();
}

void AssistantPane::showAll()
{
    const Case* c = incident();
    const QString id = c ? c->incident.id.value : QString();
    if (id != m_incident) { // another incident: what was opened and asked belongs to the last one
        m_incident = id;
        m_stack->setCurrentWidget(m_scroll);
    }
    showHeader();
    showEmpty(c);
    showClaims(c);
    showHypotheses(c);
    showAffected(c);
    showSuggestions(c);
}

void AssistantPane::showHeader()
{
    m_header->setNote(width() < kNarrow ? u"offline · reads only"_s
                                        : u"offline investigator · reads only · nothing leaves this machine"_s);
}

void AssistantPane::showEmpty(const Case* c)
{
    Spans text;
    if (!c) {
        text = {strong(u"Nothing to explain yet: no alarm, no report."_s),
            muted(
                u" Within seconds of either, evidence is gathered and claims stand here, each checked against the records it cites. Ctrl+N files a report."_s)};
    } else if (c->investigations == 0 && c->claims.empty()) {
        text = m_seen.engineAlive
            ? Spans{strong(u"Looking into %1."_s.arg(c->incident.code())),
                muted(u" Evidence is being gathered; the first claims follow within seconds of the alarm."_s)}
            : Spans{strong(u"%1 has not been looked into."_s.arg(c->incident.code())),
                plain(u" No engine is running, so nothing is gathered. Start watchfloor, or watchfloorctl serve."_s,
                    Role::Warn)};
    } else if (c->claims.empty()) {
        text = {strong(u"No claim could be made."_s),
            muted(u" The records that came in so far support none; what was not checked stands below."_s)};
    }
    m_empty->setVisible(!text.empty());
    m_empty->setSpans(text);
}

/// Checked first, and of those the ones that carry a supported hypothesis: they are why we think so.
std::vector<const Claim*> AssistantPane::sortedClaims(const Case& c)
{
    std::set<int> telling;
    for (const Hypothesis& h : c.hypotheses)
        if (h.state == HypothesisState::Supported) telling.insert(h.evidence.begin(), h.evidence.end());
    const auto rank = [&](const Claim* claim) {
        const bool tells = std::any_of(claim->citations.begin(), claim->citations.end(),
            [&](const Citation& cited) { return telling.contains(cited.evidence); });
        return 2 * rankOf(claim->verdict) + (tells ? 0 : 1);
    };
    std::vector<const Claim*> claims;
    for (const Claim& claim : c.claims)
        claims.push_back(&claim);
    std::stable_sort(claims.begin(), claims.end(), [&](const Claim* x, const Claim* y) { return rank(x) < rank(y); });
    return claims;
}

void AssistantPane::showClaims(const Case* c)
{
    int checked = 0, folded = 0;
    std::vector<ClaimCard*> order;
    for (const Claim* claim : c ? sortedClaims(*c) : std::vector<const Claim*>{}) {
        // What failed is never folded away; of what holds, the most telling stands first.
        if (claim->verdict == Verdict::Checked && ++checked > kClaimsUnfolded && !m_allClaims) {
            ++folded;
            continue;
        }
        ClaimCard*& card = m_claims[claim->id.value];
        if (!card) {
            card = new ClaimCard(m_scroll->widget());
            connect(card, &ClaimCard::evidenceClicked, this, &AssistantPane::pick);
        }
        card->showClaim(*claim);
        order.push_back(card);
    }
    m_moreClaims->setVisible(folded > 0 || (m_allClaims && checked > kClaimsUnfolded));
    m_moreClaims->setText(folded == 0 ? u"Fewer checked claims"_s
            : folded == 1             ? u"1 more checked claim"_s
                                      : u"%1 more checked claims"_s.arg(folded));
    if (order == m_claimOrder) return;
    for (ClaimCard* card : m_claimOrder)
        m_claimBox->removeWidget(card);
    for (ClaimCard* card : order)
        m_claimBox->addWidget(card);
    for (size_t i = 1; i < order.size(); ++i)
        setTabOrder(order[i - 1], order[i]);
    for (const auto& [id, card] : m_claims)
        card->setVisible(std::find(order.begin(), order.end(), card) != order.end());
    m_claimOrder = std::move(order);
}

void AssistantPane::showHypotheses(const Case* c)
{
    std::vector<const Hypothesis*> shown;
    // What nobody has looked at yet says nothing; it shows once the look is done and left it open.
    if (c)
        for (const Hypothesis& h : c->hypotheses)
            if (h.state != HypothesisState::Open || c->investigations > 0) shown.push_back(&h);
    static const auto rank = [](HypothesisState s) {
        return s == HypothesisState::Supported ? 0
            : s == HypothesisState::Falsified  ? 1
            : s == HypothesisState::NotChecked ? 2
                                               : 3;
    };
    std::stable_sort(shown.begin(), shown.end(),
        [](const Hypothesis* a, const Hypothesis* b) { return rank(a->state) < rank(b->state); });
    QStringList open;
    for (const Hypothesis* h : shown)
        if (h->state == HypothesisState::Open) open << hypothesisTitle(h->key);
    std::erase_if(shown, [](const Hypothesis* h) { return h->state == HypothesisState::Open; });
    const size_t rows = shown.size() + (open.isEmpty() ? 0 : 1);
    m_hypotheses->setVisible(rows > 0);
    while (m_hypothesisRows.size() < rows) {
        auto* row = new KeyValueRow({}, {}, m_hypotheses);
        row->setKeyWidth(KeyValueRow::keyWidth(width() < kNarrow));
        row->value()->setMaxLines(kReasonLines);
        connect(row->value(), &SpanLabel::evidenceClicked, this, &AssistantPane::pick);
        m_hypotheses->body()->addWidget(row);
        m_hypothesisRows.push_back(row);
    }
    for (size_t i = 0; i < m_hypothesisRows.size(); ++i) {
        KeyValueRow* row = m_hypothesisRows[i];
        if (i < shown.size()) {
            const bool first = i == 0 || shown[i - 1]->state != shown[i]->state;
            row->setKey(first ? groupOf(shown[i]->state) : QString());
            row->setValue(hypothesisSpans(*shown[i]));
            row->setToolTip(shown[i]->why);
            row->value()->setObjectName(u"assistant.hypothesis."_s + shown[i]->key);
        } else if (i < rows) {
            row->setKey(groupOf(HypothesisState::Open));
            row->setValue({plain(open.join(u" · "_s))});
            row->setToolTip(u"Looked at, and neither supported nor ruled out"_s);
            row->value()->setObjectName(u"assistant.hypothesis.open"_s);
        }
        row->setVisible(i < rows);
    }
}

void AssistantPane::showAffected(const Case* c)
{
    const LiveFigures* live = m_state.live.get();
    const bool known = c && live && live->affectedAnswers > 0;
    m_affected->setVisible(known);
    if (!known) return;
    Spans spans{muted(u"Affected  "_s),
        strong(u"≈\u00A0"_s + grouped(live->affected) + u"\u00A0answers"_s, Role::Text, 1),
        plain(u" (%1–%2) of %3"_s.arg(
            grouped(live->affectedLow), grouped(live->affectedHigh), grouped(live->affectedAnswers)))};
    if (live->affectedPeople > 0)
        spans.push_back(plain(u", to ≈\u00A0%1\u00A0people"_s.arg(grouped(live->affectedPeople))));
    spans.push_back(muted(u" · 99\u00A0% interval, since the onset's earliest moment"_s));
    m_affectedText->setSpans(spans);
}

AssistantPane::Suggestion& AssistantPane::suggestionOf(const Plan& plan)
{
    Suggestion& s = m_suggestions[plan.proposal.id.value];
    if (s.card) return s;
    s.card = new Card(m_scroll->widget());
    s.head = new CardHead(s.card);
    s.facts = new SpanLabel(s.card);
    s.failure = new SpanLabel(s.card);
    s.queue = new QPushButton(u"Put in queue…"_s, s.card);
    s.queue->setAutoDefault(false);
    s.card->setObjectName(u"assistant.suggestion."_s + plan.proposal.runbookId);
    s.queue->setObjectName(u"assistant.queue."_s + plan.proposal.runbookId);
    s.failure->setObjectName(s.queue->objectName() + u".failure"_s);
    s.queue->setAccessibleName(u"Put in queue: "_s + plan.proposal.title);
    connect(s.facts, &SpanLabel::evidenceClicked, this, &AssistantPane::pick);
    connect(s.queue, &QPushButton::clicked, this, [this, id = plan.proposal.id] { queue(id); });
    for (QWidget* w : std::initializer_list<QWidget*>{s.head, s.facts, s.failure})
        s.card->body()->addWidget(w);
    s.card->body()->addWidget(s.queue, 0, Qt::AlignLeft);
    m_suggestionBox->addWidget(s.card);
    return s;
}

void AssistantPane::showSuggestions(const Case* c)
{
    const auto drafted = [c](const QString& id) {
        const Plan* plan = c ? c->plan(ProposalId{id}) : nullptr;
        return plan && plan->state == PlanState::Draft;
    };
    for (auto it = m_suggestions.begin(); it != m_suggestions.end();) {
        if (drafted(it->first)) {
            ++it;
            continue;
        }
        it->second.card->deleteLater(); // queued, expired, or of another incident
        it = m_suggestions.erase(it);
    }
    const bool any
        = c && std::any_of(c->plans.begin(), c->plans.end(), [](const Plan& p) { return p.state == PlanState::Draft; });
    m_suggestTitle->setVisible(any);
    if (!any) return;
    for (const Plan& plan : c->plans) {
        if (plan.state != PlanState::Draft) continue;
        Suggestion& s = suggestionOf(plan);
        const qsizetype steps = qsizetype(plan.proposal.steps.size());
        s.head->set(tierName(plan.proposal.tier), Role::AgentFill, Role::AgentText, plan.proposal.title);
        Spans facts{muted(steps == 1 ? u"1 step"_s : u"%1 steps"_s.arg(steps))};
        if (plan.replayN > 0) {
            facts.push_back(muted(u" · "_s));
            for (Span& span : replaySpans(plan))
                facts.push_back(span);
        }
        facts.push_back(muted(u" · rests on "_s));
        for (Span& span : restsSpans(plan, {&m_state, c, m_context.person, m_context.zone}))
            facts.push_back(span);
        s.facts->setSpans(facts);
        s.failure->setVisible(!s.sentence.isEmpty());
        s.failure->setSpans({plain(u"✗ Not recorded: "_s + s.sentence, Role::BadText)});
        s.queue->setEnabled(!s.recording);
        s.queue->setText(s.recording ? u"recording…"_s : u"Put in queue…"_s);
    }
}

void AssistantPane::queue(const ProposalId& id)
{
    const auto it = m_suggestions.find(id.value);
    if (it == m_suggestions.end() || it->second.recording || !m_context.desk) return;
    it->second.recording = true; // until the record says that it is queued
    it->second.sentence.clear();
    m_context.desk->queueProposal(
        m_context.person, id, posted<qint64>(this, [this, key = id.value](const Result<qint64>& done) {
            const auto found = m_suggestions.find(key);
            if (done || found == m_suggestions.end()) return;
            found->second.recording = false;
            found->second.sentence = done.error().sentence();
            Q_EMIT said(found->second.sentence);
            showAll();
        }));
    showAll();
}

void AssistantPane::submit()
{
    const QString text = m_question->text().trimmed();
    if (text.isEmpty() || !m_context.desk) return;
    m_said->hide();
    if (text == u"/note"_s || text.startsWith(u"/note "_s)) return note(text.mid(5).trimmed());
    static const QRegularExpression open(u"^/evidence\\s+[Ee]?(\\d+)$"_s);
    if (const auto match = open.match(text); match.hasMatch() && openEvidence(match.captured(1).toInt()))
        return m_question->clear();
    ask(text);
}

void AssistantPane::note(const QString& text)
{
    const Nanos now = m_context.clock ? m_context.clock->now() : m_state.now;
    const auto dated = parseDated(text, now, m_context.zone);
    const auto complain = [this](const QString& sentence) {
        m_said->setSpans({plain(u"✗ "_s + sentence, Role::BadText)});
        m_said->show();
    };
    if (!dated) return complain(dated.error().sentence());
    const Case* c = incident();
    m_question->setEnabled(false);
    m_context.desk->addNote(m_context.person, c ? c->incident.id : IncidentId{}, dated->text, dated->happened,
        posted<qint64>(this, [this, complain](const Result<qint64>& done) {
            m_question->setEnabled(true);
            m_question->setFocus(Qt::OtherFocusReason);
            if (!done) return complain(done.error().sentence()); // what was typed stays in the box
            m_question->clear();
            m_said->setSpans({plain(u"✓ note recorded, entry %1"_s.arg(grouped(*done)), Role::Ok)});
            m_said->show();
        }));
}

void AssistantPane::ask(const QString& question)
{
    const Case* c = incident();
    auto* card = new AnswerCard(question, m_scroll->widget());
    m_answers->insertWidget(0, card);
    while (m_answers->count() > kAnswersKept) {
        QLayoutItem* last = m_answers->takeAt(m_answers->count() - 1);
        last->widget()->deleteLater();
        delete last;
    }
    connect(card, &AnswerCard::evidenceClicked, this, &AssistantPane::pick);
    connect(card, &AnswerCard::dismissed, card, &QObject::deleteLater);
    m_waiting = card;
    m_stack->setCurrentWidget(m_scroll);
    m_scroll->verticalScrollBar()->setValue(0);
    m_question->clear();
    m_context.desk->ask(m_context.person, c ? c->incident.id : IncidentId{}, question,
        posted<QString>(card, [this, card](const Result<QString>& answer) {
            if (m_waiting == card) m_waiting = nullptr;
            if (!answer) return card->showFailure(answer.error().sentence());
            card->showAnswer(*answer, [this](int number) { return incident() && incident()->find(number); });
        }));
}

void AssistantPane::stopOrClear()
{
    if (m_waiting) { // the answer that may still come finds its card gone
        delete m_waiting;
        m_said->setSpans({muted(u"Stopped. Nothing was changed."_s)});
        m_said->show();
    } else if (!m_question->text().isEmpty()) {
        m_question->clear();
    } else if (m_stack->currentWidget() == m_drawer) {
        m_stack->setCurrentWidget(m_scroll);
    } else {
        m_said->hide();
    }
}

void AssistantPane::pick(int number)
{
    openEvidence(number);
    Q_EMIT goTo(u"evidence %1"_s.arg(number));
}

bool AssistantPane::openEvidence(int number)
{
    const Case* c = incident();
    const Evidence* e = c ? c->find(number) : nullptr;
    if (!e) {
        Q_EMIT said(u"This incident has no evidence E%1."_s.arg(number));
        return false;
    }
    m_drawer->showEvidence(*e, m_context.zone);
    m_stack->setCurrentWidget(m_drawer);
    return true;
}

void AssistantPane::moveTo(const QString& place)
{
    if (!place.startsWith("evidence "_L1)) return;
    const int number = place.mid(9).toInt();
    if (number > 0 && !(m_stack->currentWidget() == m_drawer && m_drawer->number() == number)) openEvidence(number);
}

void AssistantPane::focusQuestion()
{
    m_question->setFocus(Qt::ShortcutFocusReason);
}

bool AssistantPane::eventFilter(QObject* watched, QEvent* event)
{
    if (watched != m_question || event->type() != QEvent::KeyPress
        || static_cast<QKeyEvent*>(event)->key() != Qt::Key_Escape)
        return Pane::eventFilter(watched, event);
    stopOrClear();
    return true;
}

void AssistantPane::resizeEvent(QResizeEvent* event)
{
    Pane::resizeEvent(event);
    showHeader();
    for (KeyValueRow* row : m_hypothesisRows)
        row->setKeyWidth(KeyValueRow::keyWidth(width() < kNarrow));
}

} // namespace wf
