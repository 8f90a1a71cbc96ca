// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/approvals/sign_panel.h"
#include "ui/approvals/card_head.h"
#include "ui/approvals/sign_reading.h"
#include "ui/common/format.h"
#include "ui/common/widgets.h"
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPainter>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace wf {

namespace {

constexpr int kFormWidth = 330;
constexpr int kTwoColumns = 760;
constexpr int kMargin = 16;
constexpr int kInset = 18;

QString titleOf(DecisionVerdict verdict, bool stops)
{
    if (verdict == DecisionVerdict::Approve) return u"Review and sign"_s;
    if (verdict == DecisionVerdict::Hold) return u"Hold this plan"_s;
    return stops ? u"Stop this plan"_s : u"Reject this plan"_s;
}

QString actOf(DecisionVerdict verdict, bool stops)
{
    if (verdict == DecisionVerdict::Approve) return u"Sign"_s;
    if (verdict == DecisionVerdict::Hold) return u"Hold"_s;
    return stops ? u"Stop the plan"_s : u"Reject"_s;
}

QString meaningOf(DecisionVerdict verdict, bool stops)
{
    if (verdict == DecisionVerdict::Hold)
        return u"Holding keeps the plan from running until everybody signs it again."_s;
    if (verdict == DecisionVerdict::Approve) return {};
    return stops ? u"Nothing more is sent. What has run stays as it is; undoing it is a plan of its own."_s
                 : u"A rejected plan never runs. It can be drafted again."_s;
}

} // namespace

SignPanel::SignPanel(UiContext& context, const Plan& plan, DecisionVerdict verdict, QWidget* host)
    : QWidget(host)
    , m_context(context)
    , m_plan(plan)
    , m_digest(plan.proposal.digest())
    , m_verdict(verdict)
    , m_stops(
          verdict == DecisionVerdict::Reject && (plan.state == PlanState::Running || plan.state == PlanState::Approved))
    , m_identities(context.desk ? context.desk->identities() : std::vector<Desk::Identity>{})
{
    setObjectName(u"sign.panel"_s);
    setAccessibleName(titleOf(verdict, m_stops) + u": "_s + plan.proposal.title);
    setFocusPolicy(Qt::StrongFocus);
    m_box = new QWidget(this);
    auto* outer = new QVBoxLayout(m_box);
    outer->setContentsMargins(kInset, 16, kInset, 16);
    outer->setSpacing(10);
    m_head = new CardHead(m_box);
    m_head->set(tierName(plan.proposal.tier) + u' ' + titleOf(verdict, m_stops),
        verdict == DecisionVerdict::Approve ? Role::AccentFill : Role::BadFill,
        verdict == DecisionVerdict::Approve ? Role::AccentText : Role::BadText, plan.proposal.title,
        u"%1 %2, drafted by %3"_s.arg(plan.proposal.runbookId, plan.proposal.runbookVersion, plan.proposal.requester));
    outer->addWidget(m_head);
    m_columns = new QBoxLayout(QBoxLayout::LeftToRight);
    m_columns->setSpacing(18);
    m_reading = new SignReading(plan, m_digest, context.zone, m_box);
    m_columns->addWidget(m_reading, 1);
    m_columns->addWidget(makeForm());
    outer->addLayout(m_columns, 1);

    host->installEventFilter(this);
    place();
    QWidget::show();
    raise();
    (verdict == DecisionVerdict::Approve ? static_cast<QWidget*>(m_reading) : m_reason)->setFocus(Qt::OtherFocusReason);
}

void SignPanel::labelled(
    QVBoxLayout* box, const QString& text, QWidget* field, const QString& name, const QString& told)
{
    auto* label = new QLabel(text, field->parentWidget());
    label->setBuddy(field);
    field->setObjectName(name);
    field->setAccessibleName(told);
    box->addWidget(label);
    box->addWidget(field);
}

QWidget* SignPanel::makeForm()
{
    auto* form = new QWidget(m_box);
    auto* box = new QVBoxLayout(form);
    box->setContentsMargins(0, 0, 0, 0);
    box->setSpacing(6);
    m_identity = new Choice(form);
    labelled(box, u"I am"_s, m_identity, u"sign.identity"_s, u"Who signs"_s);
    m_role = new Choice(form);
    labelled(box, u"acting as"_s, m_role, u"sign.role"_s, u"In which role"_s);
    m_who = new SpanLabel(form);
    box->addWidget(m_who);
    m_reason = new QPlainTextEdit(form);
    m_reason->setPlaceholderText(u"It stands in the record and in the report."_s);
    m_reason->setTabChangesFocus(true);
    m_reason->setFixedHeight(int(QFontMetricsF(Theme::instance().text()).height()) * 3 + 14);
    labelled(box, m_verdict == DecisionVerdict::Reject ? u"Reason (needed)"_s : u"Reason"_s, m_reason, u"sign.reason"_s,
        u"Reason"_s);
    m_passphraseRow = new QWidget(form);
    auto* secret = new QVBoxLayout(m_passphraseRow);
    secret->setContentsMargins(0, 0, 0, 0);
    secret->setSpacing(6);
    m_passphrase = new QLineEdit(m_passphraseRow);
    m_passphrase->setEchoMode(QLineEdit::Password);
    labelled(secret, u"Passphrase of this key"_s, m_passphrase, u"sign.passphrase"_s, u"Passphrase of the key"_s);
    box->addWidget(m_passphraseRow);
    addWord(box, form);
    m_message = new SpanLabel(form);
    m_message->setObjectName(u"sign.message"_s);
    box->addWidget(m_message);
    box->addStretch(1);
    addButtons(box, form);
    connect(m_identity, &QComboBox::currentIndexChanged, this, &SignPanel::fillRoles);
    connect(m_role, &QComboBox::currentIndexChanged, this, &SignPanel::judge);
    connect(m_reason, &QPlainTextEdit::textChanged, this, &SignPanel::judge);
    connect(m_passphrase, &QLineEdit::textChanged, this, &SignPanel::judge);
    connect(m_word, &QLineEdit::textChanged, this, &SignPanel::judge);
    return form;
}

void SignPanel::addWord(QVBoxLayout* box, QWidget* form)
{
    const QStringList words = digestWords(m_digest);
    auto* spoken = new SpanLabel(form);
    spoken->setObjectName(u"sign.words"_s);
    spoken->setSpans({muted(u"Digest "_s), figure(m_digest.left(8)), muted(u", spoken: "_s), strong(words.join(u' '))});
    box->addWidget(spoken);
    m_word = new QLineEdit(form);
    m_word->setPlaceholderText(u"type “%1” to sign"_s.arg(words.value(0)));
    if (m_verdict == DecisionVerdict::Approve) {
        labelled(box, u"I have read what runs. Its first word is"_s, m_word, u"sign.word"_s,
            u"Confirmation word: %1"_s.arg(words.value(0)));
        return;
    }
    m_word->hide();
    auto* meaning = new SpanLabel(form);
    meaning->setSpans({muted(meaningOf(m_verdict, m_stops))});
    box->addWidget(meaning);
}

void SignPanel::addButtons(QVBoxLayout* box, QWidget* form)
{
    m_commit = new QPushButton(actOf(m_verdict, m_stops), form);
    m_commit->setObjectName(u"sign.commit"_s);
    m_commit->setProperty("kind", m_verdict == DecisionVerdict::Approve ? u"go"_s : u"bad"_s);
    m_cancel = new QPushButton(u"Close"_s, form);
    m_cancel->setObjectName(u"sign.cancel"_s);
    m_cancel->setToolTip(u"Esc; nothing is kept"_s);
    m_copy = new QPushButton(u"Copy request for a remote signer"_s, form);
    m_copy->setObjectName(u"sign.copy"_s);
    m_copy->setProperty("kind", u"link"_s);
    m_copy->hide();
    for (QPushButton* b : {m_commit, m_cancel, m_copy})
        b->setAutoDefault(false); // Enter never signs
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    row->addWidget(m_commit, 1);
    row->addWidget(m_cancel);
    box->addLayout(row);
    box->addWidget(m_copy, 0, Qt::AlignLeft);
    connect(m_commit, &QPushButton::clicked, this, &SignPanel::commit);
    connect(m_cancel, &QPushButton::clicked, this, &SignPanel::close);
    connect(m_copy, &QPushButton::clicked, this, &SignPanel::copyRequest);
}

void SignPanel::copyRequest()
{
    const QString text = m_requestText(m_plan.proposal);
    QApplication::clipboard()->setText(text);
    m_notice
        = u"Copied: %1 bytes, no secret in it. The answer comes back through watchfloorctl sign; read the six words to each other."_s
              .arg(grouped(text.toUtf8().size()));
    judge();
}

void SignPanel::setRequestText(std::function<QString(const Proposal&)> text)
{
    m_requestText = std::move(text);
    m_copy->setVisible(m_verdict == DecisionVerdict::Approve && bool(m_requestText));
}

void SignPanel::fillIdentities()
{
    int mine = -1;
    // Off by default: one console, one person. Whoever sits here cannot borrow another's key.
    const bool switching = m_state.policy && m_state.policy->identitySwitching;
    if (!switching)
        std::erase_if(m_identities, [&](const Desk::Identity& id) { return id.person != m_context.person; });
    const QSignalBlocker quiet(m_identity);
    for (const Desk::Identity& id : m_identities) {
        if (id.person == m_context.person) mine = m_identity->count();
        m_identity->addItem(id.demo ? id.person + u" · demo key"_s : id.person, id.person);
    }
    m_identity->setEnabled(m_identity->count() > 1);
    m_identity->setCurrentIndex(mine >= 0 ? mine : m_identity->count() ? 0 : -1);
    fillRoles();
}

const Desk::Identity* SignPanel::identity() const
{
    const int i = m_identity->currentIndex();
    return i >= 0 && i < int(m_identities.size()) ? &m_identities[size_t(i)] : nullptr;
}

void SignPanel::fillRoles()
{
    const QSignalBlocker quiet(m_role);
    m_role->clear();
    const Desk::Identity* who = identity();
    if (who) {
        for (const QString& role : who->roles)
            m_role->addItem(roleWords(role), role);
        PlanScene scene{&m_state, nullptr, who->person, m_context.zone};
        if (const Case* c = m_state.cases ? m_state.cases->find(m_plan.proposal.incident) : nullptr) {
            scene.incident = c;
            if (const Plan* plan = c->plan(m_plan.proposal.id))
                if (const int at = m_role->findData(standingOf(*plan, scene).roleForMe); at >= 0)
                    m_role->setCurrentIndex(at);
        }
    }
    m_role->setEnabled(m_role->count() > 1);
    m_passphraseRow->setVisible(who && who->needsPassphrase);
    m_passphrase->clear();
    const bool other = who && who->person != m_context.person;
    m_who->setSpans({muted(other ? u"Another person on this machine: the record says so."_s : QString())});
    m_who->setVisible(other);
    judge();
}

void SignPanel::refresh(const ConsoleState& state)
{
    const bool first = !m_state.cases;
    m_state = state;
    const Case* c = state.cases ? state.cases->find(m_plan.proposal.incident) : nullptr;
    if (c) m_reading->refresh({&m_state, c, m_context.person, m_context.zone});
    if (first) {
        fillIdentities();
        place(); // only now is it known how much there is to read
    } else {
        judge();
    }
}

QString SignPanel::obstacle() const
{
    const Case* c = m_state.cases ? m_state.cases->find(m_plan.proposal.incident) : nullptr;
    const Plan* plan = c ? c->plan(m_plan.proposal.id) : nullptr;
    if (!plan) return u"The record no longer holds this plan. Close it and look at the queue."_s;
    if (plan->digest != m_digest)
        return u"The plan on record is not the one on this screen. Close it, open it again and read it."_s;
    const Desk::Identity* who = identity();
    if (!who)
        return u"No key of %1 is on this machine. Ask for a signature with watchfloorctl sign."_s.arg(m_context.person);
    if (m_role->currentIndex() < 0) return u"%1 holds no role under the site's policy."_s.arg(who->person);
    if (m_verdict == DecisionVerdict::Approve) {
        const PlanStanding standing = standingOf(*plan, {&m_state, c, who->person, m_context.zone});
        if (standing.place == PlanPlace::Blocked) return standing.blocked + u' ' + standing.unblock;
        if (!standing.waits()) return u"The plan is %1 and takes no more signatures."_s.arg(planStateName(plan->state));
        if (standing.signedAt)
            return u"%1 signed this plan at %2."_s.arg(who->person, clockMinute(standing.signedAt, m_context.zone));
    } else if (isFinal(plan->state)) {
        return u"The plan is %1; there is nothing left to stop."_s.arg(planStateName(plan->state));
    }
    if (m_verdict == DecisionVerdict::Reject && m_reason->toPlainText().trimmed().isEmpty())
        return u"Say why: a reject needs a reason."_s;
    if (who->needsPassphrase && m_passphrase->text().isEmpty())
        return u"The key of %1 needs its passphrase."_s.arg(who->person);
    const QString word = digestWords(m_digest).value(0);
    if (m_verdict == DecisionVerdict::Approve && m_word->text().trimmed().compare(word, Qt::CaseInsensitive) != 0)
        return u"Type the first of the six words, “%1”, to sign."_s.arg(word);
    return {};
}

void SignPanel::judge()
{
    const QString why = obstacle();
    const bool free = !m_recording;
    m_commit->setEnabled(free && why.isEmpty());
    m_commit->setText(m_verdict == DecisionVerdict::Approve && m_role->currentIndex() >= 0
            ? u"Sign as %1"_s.arg(m_role->currentText())
            : actOf(m_verdict, m_stops));
    for (QWidget* input : std::initializer_list<QWidget*>{m_reason, m_passphrase, m_word})
        input->setEnabled(free);
    m_identity->setEnabled(free && m_identity->count() > 1);
    m_role->setEnabled(free && m_role->count() > 1);
    if (m_recording) return m_message->setSpans({plain(u"recording…"_s, Role::AccentText)});
    Spans told;
    if (!m_failure.isEmpty()) told.push_back(plain(u"✗ "_s + m_failure + u' ', Role::BadText));
    if (!m_notice.isEmpty()) told.push_back(plain(m_notice + u' ', Role::Ok));
    told.push_back(
        why.isEmpty() ? muted(u"Ready. Tab to the button, then Space; Enter does nothing."_s) : plain(why, Role::Warn));
    m_message->setSpans(told);
}

void SignPanel::commit()
{
    const Desk::Identity* who = identity();
    if (m_recording || !who || !obstacle().isEmpty()) return;
    m_failure.clear();
    Desk::SignRequest request;
    request.person = who->person;
    request.role = m_role->currentData().toString();
    request.passphrase = m_passphrase->text();
    request.digestOnScreen = m_digest;
    request.reason = m_reason->toPlainText().trimmed();
    request.proposal = m_plan.proposal.id;
    request.verdict = m_verdict;
    showRecording();
    Q_EMIT requested(request);
}

void SignPanel::showRecording()
{
    m_recording = true;
    judge();
}

void SignPanel::showFailure(const QString& sentence)
{
    m_recording = false;
    m_failure = sentence;
    m_passphrase->clear();
    m_word->clear();
    m_failure = sentence; // clearing a field judges; the sentence must outlive that
    judge();
}

void SignPanel::close()
{
    m_passphrase->clear();
    hide();
    Q_EMIT closed();
}

bool SignPanel::event(QEvent* event)
{
    // No shortcut of the window behind may fire while this is open.
    if (event->type() == QEvent::ShortcutOverride) {
        event->accept();
        return true;
    }
    // What lies behind must not be reached through the dimmed part.
    if (event->type() == QEvent::MouseButtonPress || event->type() == QEvent::MouseButtonRelease
        || event->type() == QEvent::Wheel) {
        event->accept();
        return true;
    }
    return QWidget::event(event);
}

bool SignPanel::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == parent() && event->type() == QEvent::Resize) place();
    return QWidget::eventFilter(watched, event);
}

void SignPanel::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape) close();
    event->accept(); // every other key ends here too
}

void SignPanel::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    QColor dim = ink(Role::Surface);
    dim.setAlphaF(0.78F);
    painter.fillRect(rect(), dim);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(ink(Role::Accent), 1));
    painter.setBrush(ink(Role::Surface));
    painter.drawRoundedRect(QRectF(m_box->geometry()).adjusted(0.5, 0.5, -0.5, -0.5), 10, 10);
}

bool SignPanel::focusNextPrevChild(bool next)
{
    const QWidget* first = this;
    QWidget* w = focusWidget() ? focusWidget() : this;
    for (int i = 0; i < 200; ++i) {
        w = next ? w->nextInFocusChain() : w->previousInFocusChain();
        if (w == first) continue; // round once more, from the panel itself
        const bool ours = isAncestorOf(w) && w->isVisible() && w->isEnabled() && (w->focusPolicy() & Qt::TabFocus);
        if (!ours) continue;
        w->setFocus(next ? Qt::TabFocusReason : Qt::BacktabFocusReason);
        return true;
    }
    return true; // nothing to go to: stay, never leave
}

void SignPanel::place()
{
    const QSize host = parentWidget()->size();
    resize(host);
    move(0, 0);
    const int width = std::min(host.width() - 2 * kMargin, 1100);
    const bool two = width >= kTwoColumns;
    QWidget* form = m_columns->itemAt(1)->widget();
    m_columns->setDirection(two ? QBoxLayout::LeftToRight : QBoxLayout::TopToBottom);
    form->setFixedWidth(two ? kFormWidth : width - 2 * kInset);
    // As tall as what is to be read, with room for a sentence of two or three lines beside it; the rest scrolls.
    const int reading = m_reading->widget()->heightForWidth(
        two ? width - 2 * kInset - kFormWidth - m_columns->spacing() : width - 2 * kInset);
    const int asked = form->heightForWidth(form->maximumWidth()) + 80;
    const int wanted = (two ? std::max(reading, asked) : reading + asked) + m_head->heightForWidth(width) + 60;
    const int height = std::min(host.height() - 2 * kMargin, std::clamp(wanted, 420, 900));
    m_box->setGeometry((host.width() - width) / 2, (host.height() - height) / 2, width, height);
    update();
}

} // namespace wf
