// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/approvals/plan_card.h"
#include "ui/approvals/card_head.h"
#include <QHBoxLayout>
#include <QPushButton>
#include <QResizeEvent>
#include <QStyle>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace wf {

namespace {

constexpr int kNarrow = 380; ///< below it keys take a tighter column, and only the first button looks like one

QPushButton* button(const QString& text, const char* kind, QWidget* parent)
{
    auto* b = new QPushButton(text, parent);
    if (kind) b->setProperty("kind", QLatin1StringView(kind).toString());
    b->setAutoDefault(false); // Enter must never sign
    return b;
}

QString tillText(const Plan& plan, const PlanScene& scene)
{
    return u"open till "_s + clockMinute(plan.proposal.expires, scene.zone);
}

void setKind(QPushButton* b, const QString& kind)
{
    if (b->property("kind").toString() == kind) return;
    b->setProperty("kind", kind);
    b->style()->unpolish(b); // so that the style sheet reads the property again
    b->style()->polish(b);
    b->updateGeometry();
}

Spans signatures(const Plan& plan, const PlanStanding& standing, Zone zone)
{
    QStringList words;
    for (const AcceptedDecision& d : plan.decisions) {
        const QString verb = d.decision.verdict == DecisionVerdict::Approve ? u"signed"_s
            : d.decision.verdict == DecisionVerdict::Reject                 ? u"rejected"_s
                                                                            : u"held"_s;
        QString text = u"%1 %2 %3 as %4"_s.arg(
            d.decision.person, verb, clockMinute(d.accepted, zone), roleWords(d.decision.role));
        if (!d.decision.reason.isEmpty()) text += u": “"_s + d.decision.reason + u'”';
        words << text;
    }
    Spans spans{plain(words.join(u" · "_s))};
    if (isFinal(plan.state) || standing.quorum.complete()) return spans;
    spans.push_back(muted((words.isEmpty() ? u"missing: "_s : u" · missing: "_s) + roleWords(standing.quorum.missing)));
    return spans;
}

/// Whom the policy's ladder asks, and from when, among those who could give the missing signature.
QString ladderText(const PlanStanding& standing, const PlanScene& scene)
{
    const Policy* policy = scene.state->policy.get();
    const Nanos declared = scene.incident->incident.declared;
    if (!policy || !declared) return {};
    QStringList rungs;
    for (const Policy::Rung& rung : policy->ladder) {
        const Person* who = policy->find(rung.who);
        const bool fits = who
            && std::any_of(standing.quorum.missing.begin(), standing.quorum.missing.end(), [&](const QString& slot) {
                   const QStringList roles = slot.split(u" or "_s);
                   return std::any_of(
                       roles.begin(), roles.end(), [&](const QString& r) { return who->roles.contains(r); });
               });
        if (!fits) continue;
        const Nanos due = declared + rung.after;
        rungs << (due <= scene.state->now ? rung.who : u"%1 from %2"_s.arg(rung.who, clockMinute(due, scene.zone)));
    }
    return rungs.isEmpty() ? QString() : u" · ladder: "_s + rungs.join(u", "_s);
}

} // namespace

PlanCard::PlanCard(const Plan& plan, QWidget* parent)
    : Card(parent)
    , m_id(plan.proposal.id)
    , m_runbook(plan.proposal.runbookId)
    , m_head(new CardHead(this))
{
    body()->addWidget(m_head);
    body()->addSpacing(2);
    addRuns(plan.proposal);
    m_touches = row(u"Touches"_s);
    m_rests = row(u"Rests on"_s);
    connect(m_rests->value(), &SpanLabel::evidenceClicked, this, &PlanCard::evidenceClicked);
    m_waiting = row(u"Waiting costs"_s);
    m_price = row(u"Price"_s);
    m_recovery = row(u"Recovery"_s);
    m_replay = row(u"Replay"_s);
    m_digest = row(u"Digest"_s);
    for (size_t i = 0; i < plan.proposal.steps.size(); ++i)
        m_steps.push_back(row(u"Step %1"_s.arg(i + 1)));
    m_verify = row(u"Verify"_s);
    m_signed = row(u"Signatures"_s);
    for (SpanLabel** label : {&m_blocked, &m_unblock, &m_failure, &m_refusal, &m_status}) {
        *label = new SpanLabel(this);
        body()->addWidget(*label);
    }
    addButtons();
    arrange(false);
}

KeyValueRow* PlanCard::row(const QString& key)
{
    auto* r = new KeyValueRow(key, {}, this);
    body()->addWidget(r);
    return r;
}

void PlanCard::addRuns(const Proposal& proposal)
{
    m_runs = new QWidget(this);
    auto* box = new QVBoxLayout(m_runs);
    box->setContentsMargins(0, 0, 0, 0);
    box->setSpacing(2);
    auto* where = new SpanLabel(m_runs);
    const qsizetype n = qsizetype(proposal.steps.size());
    where->setSpans({muted(n == 1 ? u"Exactly runs, on "_s : u"Exactly runs, %1 calls in this order, on "_s.arg(n)),
        figure(targetText(proposal), Role::Muted, -1)});
    box->addWidget(where);
    for (const PlanStep& step : proposal.steps) {
        auto* call = new SpanLabel(m_runs);
        call->setSpans(callSpans(step.action, false, -1));
        box->addWidget(call);
    }
    body()->addWidget(m_runs);
}

void PlanCard::addButtons()
{
    m_foot = new QWidget(this);
    auto* row = new QHBoxLayout(m_foot);
    row->setContentsMargins(0, 4, 0, 0);
    row->setSpacing(8);
    m_sign = button(u"Review and sign…"_s, "go", m_foot);
    m_reject = button(u"Reject…"_s, "bad", m_foot);
    m_hold = button(u"Hold…"_s, nullptr, m_foot);
    m_more = button(u"Details"_s, "link", m_foot);
    m_till = new SpanLabel(m_foot, 1);
    m_till->setAlignRight(true);
    for (QPushButton* b : {m_sign, m_reject, m_hold, m_more})
        row->addWidget(b);
    row->addStretch(1);
    row->addWidget(m_till);
    body()->addWidget(m_foot);
    connect(m_sign, &QPushButton::clicked, this, [this] { Q_EMIT decide(DecisionVerdict::Approve); });
    connect(m_reject, &QPushButton::clicked, this, [this] { Q_EMIT decide(DecisionVerdict::Reject); });
    connect(m_hold, &QPushButton::clicked, this, [this] { Q_EMIT decide(DecisionVerdict::Hold); });
    connect(m_more, &QPushButton::clicked, this, [this] {
        m_opened = !m_opened;
        Q_EMIT folded();
    });
}

void PlanCard::nameButtons(const QString& card)
{
    if (objectName() == card) return;
    setObjectName(card);
    m_sign->setObjectName(card + u".sign"_s);
    m_reject->setObjectName(card + u".reject"_s);
    m_hold->setObjectName(card + u".hold"_s);
    m_more->setObjectName(card + u".more"_s);
    m_status->setObjectName(card + u".status"_s);
    m_refusal->setObjectName(card + u".refusal"_s);
    m_failure->setObjectName(card + u".failure"_s);
    m_blocked->setObjectName(card + u".blocked"_s);
    m_touches->value()->setObjectName(card + u".touches"_s);
    m_rests->value()->setObjectName(card + u".rests"_s);
    m_verify->value()->setObjectName(card + u".verify"_s);
    for (size_t i = 0; i < m_steps.size(); ++i)
        m_steps[i]->value()->setObjectName(card + u".step.%1"_s.arg(i + 1));
}

void PlanCard::showPlan(const Plan& plan, const PlanStanding& standing, const PlanScene& scene, const QString& pending,
    const QString& failure)
{
    // A runbook drafted again after an earlier plan ended must not share that one's name.
    nameButtons((standing.place == PlanPlace::Finished ? u"decisions.done."_s : u"decisions.card."_s) + m_runbook);
    const bool mine = standing.waits() && !standing.roleForMe.isEmpty();
    const bool trouble = standing.place == PlanPlace::Blocked
        || (standing.place == PlanPlace::Running && plan.state != PlanState::Approved
            && plan.state != PlanState::Running && plan.state != PlanState::Verifying);
    setState(mine ? State::Ringed : trouble ? State::Blocked : State::Normal);
    const BadgeWords badge = badgeOf(plan, standing);
    QString note;
    if (standing.place == PlanPlace::Running && plan.approvedAt)
        note = u"signed "_s + clockMinute(plan.approvedAt, scene.zone);
    if (standing.place == PlanPlace::Finished) note = clockMinute(plan.stateAt, scene.zone);
    if (standing.waits() && m_narrow == true) note = tillText(plan, scene);
    m_head->set(badge.text, badge.fill, badge.ink, plan.proposal.title, note);
    setAccessibleName(m_head->accessibleName());
    showFacts(plan, standing, scene);
    showProgress(plan, standing, scene);
    showTrouble(plan, standing, scene, failure);
    showButtons(plan, standing, scene, pending);
}

void PlanCard::showFacts(const Plan& plan, const PlanStanding& standing, const PlanScene& scene)
{
    // Why it is blocked is what matters; the rest of a blocked card unfolds on request.
    const bool waits = standing.waits(), open = waits || (standing.place == PlanPlace::Blocked && m_opened);
    m_runs->setVisible(open);
    m_touches->setVisible(open);
    m_rests->setVisible(open);
    m_waiting->setVisible(waits);
    m_price->setVisible(waits && !plan.proposal.price.isEmpty());
    m_recovery->setVisible(waits && !plan.proposal.verify.signalNames.isEmpty());
    m_replay->setVisible(waits && (plan.replayN > 0 || !plan.proposal.replay.isNull()));
    m_digest->setVisible(waits);
    const bool several = standing.quorum.need > 1 || !plan.decisions.empty();
    m_signed->setVisible(several && (open || (standing.place == PlanPlace::Finished && m_opened)));
    m_signed->setValue(signatures(plan, standing, scene.zone));
    if (!open) return;
    m_touches->setValue(touchesSpans(plan, scene));
    m_rests->setValue(restsSpans(plan, scene));
    m_waiting->setValue(waitingSpans(scene));
    m_price->setValue({plain(plan.proposal.price)});
    m_recovery->setValue({plain(recoveryText(plan, scene))});
    m_replay->setValue(replaySpans(plan));
    m_digest->setValue(digestSpans(plan.digest));
}

void PlanCard::showProgress(const Plan& plan, const PlanStanding& standing, const PlanScene& scene)
{
    const bool shown = standing.place == PlanPlace::Running || (standing.place == PlanPlace::Finished && m_opened);
    for (size_t i = 0; i < m_steps.size(); ++i) {
        m_steps[i]->setVisible(shown);
        if (shown && i < plan.steps.size()) m_steps[i]->setValue(stepSpans(plan, i, scene));
    }
    const bool verified = shown && !plan.proposal.verify.signalNames.isEmpty();
    m_verify->setVisible(verified);
    if (verified) m_verify->setValue(verifySpans(plan, scene));
}

void PlanCard::showTrouble(
    const Plan& plan, const PlanStanding& standing, const PlanScene& scene, const QString& failure)
{
    QString why = standing.blocked, next = standing.unblock;
    if (standing.place == PlanPlace::Running && state() == State::Blocked) {
        why = plan.why.isEmpty() ? u"The plan is %1."_s.arg(planStateName(plan.state)) : plan.why;
        next = plan.proposal.escalateTo.isEmpty()
            ? u"Look at the target, then draft again what is still needed."_s
            : u"%1 is asked. Look at the target, then draft again what is still needed."_s.arg(
                plan.proposal.escalateTo);
    } else if (plan.state == PlanState::Held && standing.place != PlanPlace::Running) {
        next = plan.why.isEmpty() ? u"Held: everybody is asked again."_s : u"Held: %1"_s.arg(plan.why);
    } else if (standing.place == PlanPlace::Finished && m_opened) {
        next = plan.why;
    }
    m_blocked->setVisible(!why.isEmpty());
    m_blocked->setSpans({plain(why, Role::BadText)});
    m_unblock->setVisible(!next.isEmpty());
    m_unblock->setSpans({muted(next)});
    m_refusal->setVisible(standing.refusal.has_value());
    if (standing.refusal) {
        const Refusal& r = *standing.refusal;
        const QString who = r.role.isEmpty() ? r.person : u"%1 as %2"_s.arg(r.person, roleWords(r.role));
        m_refusal->setSpans(
            {plain(u"✗ Refused %1, %2: %3"_s.arg(clockText(r.at, scene.zone), who, r.reason), Role::BadText)});
    }
    m_failure->setVisible(!failure.isEmpty());
    m_failure->setSpans({plain(u"✗ Not recorded: "_s + failure, Role::BadText)});
}

void PlanCard::showButtons(
    const Plan& plan, const PlanStanding& standing, const PlanScene& scene, const QString& pending)
{
    QString status;
    if (!pending.isEmpty())
        status = pending;
    else if (standing.waits() && standing.signedAt)
        status = u"signed %1, waiting for %2"_s.arg(
                     clockMinute(standing.signedAt, scene.zone), roleWords(standing.quorum.missing))
            + ladderText(standing, scene);
    else if (standing.waits() && standing.roleForMe.isEmpty())
        status = u"waiting for %1"_s.arg(roleWords(standing.quorum.missing)) + ladderText(standing, scene);
    m_status->setVisible(!status.isEmpty());
    m_status->setSpans({plain(status, Role::AccentText)});

    const bool idle = pending.isEmpty();
    // Once I have signed there is nothing to press; whoever has not may still read, sign as somebody else, or stop it.
    const bool live = idle && standing.waits() && !standing.signedAt;
    const bool running = idle && standing.place == PlanPlace::Running
        && (plan.state == PlanState::Approved || plan.state == PlanState::Running);
    const bool blocked = idle && standing.place == PlanPlace::Blocked && plan.state != PlanState::Draft;
    const bool mine = !standing.roleForMe.isEmpty();
    m_sign->setVisible(live);
    m_sign->setText(mine ? u"Review and sign…"_s : u"Review…"_s);
    setKind(m_sign, mine ? u"go"_s : QString());
    m_reject->setVisible(live || running || blocked);
    m_reject->setText(running ? u"Stop…"_s : u"Reject…"_s);
    m_hold->setVisible(live && plan.state != PlanState::Held);
    m_more->setVisible(standing.place == PlanPlace::Finished || standing.place == PlanPlace::Blocked);
    m_more->setText(m_opened ? u"Less"_s : u"Details"_s);
    m_sign->setAccessibleName(m_sign->text() + u' ' + plan.proposal.title);
    m_reject->setAccessibleName(m_reject->text() + u' ' + plan.proposal.title);
    m_hold->setAccessibleName(m_hold->text() + u' ' + plan.proposal.title);
    placeFoot(live && mine && m_narrow == true);
    m_till->setVisible(standing.waits() && m_narrow != true);
    m_till->setSpans({muted(tillText(plan, scene))});
    m_foot->setVisible(live || running || standing.waits() || m_more->isVisibleTo(m_foot));
}

/// In a narrow pane the act comes right after what runs, touches and rests; the smaller print follows it.
void PlanCard::placeFoot(bool early)
{
    const int at = early ? body()->indexOf(m_rests) + 1 : body()->count() - 1;
    if (body()->indexOf(m_foot) == at) return;
    body()->removeWidget(m_foot);
    body()->insertWidget(early ? body()->indexOf(m_rests) + 1 : body()->count(), m_foot);
}

void PlanCard::arrange(bool narrow)
{
    if (m_narrow == narrow) return;
    m_narrow = narrow;
    setKind(m_reject, narrow ? u"link"_s : u"bad"_s);
    setKind(m_hold, narrow ? u"link"_s : QString());
    for (KeyValueRow* r : findChildren<KeyValueRow*>())
        r->setKeyWidth(KeyValueRow::keyWidth(narrow));
}

void PlanCard::resizeEvent(QResizeEvent* event)
{
    Card::resizeEvent(event);
    const bool narrow = event->size().width() < kNarrow;
    if (m_narrow == narrow) return;
    arrange(narrow);
    Q_EMIT folded(); // the closing time moves between head and foot
}

} // namespace wf
