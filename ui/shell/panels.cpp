// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/panels.h"
#include "models/items/post.h"
#include "ui/common/format.h"
#include <QApplication>
#include <QComboBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QMouseEvent>
#include <QPainter>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QShortcut>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace wf {

// ---- Overlay ----

Overlay::Overlay(const QString& objectName, const QString& title, QWidget* window, int width)
    : QWidget(window)
    , m_card(new Card(this))
    , m_heading(new SpanLabel(m_card, 1))
    , m_width(width)
{
    setObjectName(objectName);
    m_card->body()->setContentsMargins(18, 14, 18, 16);
    m_card->body()->setSpacing(10);
    auto* top = new QHBoxLayout;
    top->addWidget(m_heading, 1);
    auto* close = new QPushButton(u"Esc"_s, m_card);
    close->setObjectName(objectName + u".close"_s);
    close->setAccessibleName(u"Close"_s);
    close->setProperty("kind", u"link"_s);
    top->addWidget(close);
    m_card->body()->addLayout(top);
    setHeading(title);
    connect(close, &QPushButton::clicked, this, &Overlay::close);
    auto* escape = new QShortcut(QKeySequence(Qt::Key_Escape), this);
    escape->setContext(Qt::WidgetWithChildrenShortcut);
    connect(escape, &QShortcut::activated, this, &Overlay::close);
    window->installEventFilter(this);
    hide();
}

void Overlay::setHeading(const QString& title)
{
    m_heading->setSpans({strong(title, Role::Text, 2)});
    setAccessibleName(title);
}

void Overlay::open()
{
    if (!isVisible()) m_before = QApplication::focusWidget();
    place();
    show();
    raise();
    firstFocus()->setFocus(Qt::OtherFocusReason);
}

void Overlay::close()
{
    if (!isVisible()) return;
    hide();
    if (m_before) m_before->setFocus(Qt::OtherFocusReason);
    Q_EMIT closed();
}

void Overlay::place()
{
    setGeometry(parentWidget()->rect());
    const int wide = std::min(m_width, width() - 40);
    m_card->setFixedWidth(wide);
    m_card->layout()->activate();
    int high = m_card->layout()->hasHeightForWidth() ? m_card->layout()->totalHeightForWidth(wide)
                                                     : m_card->sizeHint().height();
    high = std::min(std::max(high, m_card->minimumSizeHint().height()), height() - 80);
    m_card->resize(wide, high);
    m_card->move((width() - wide) / 2, std::max(40, height() / 8));
    if (m_card->geometry().bottom() > height() - 30) m_card->move(m_card->x(), std::max(20, height() - 30 - high));
}

void Overlay::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    QColor dim = ink(Role::Surface);
    dim.setAlphaF(0.72F);
    painter.fillRect(rect(), dim);
}

void Overlay::mousePressEvent(QMouseEvent* event)
{
    if (!m_card->geometry().contains(event->position().toPoint())) close();
}

bool Overlay::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == parentWidget() && event->type() == QEvent::Resize && isVisible()) place();
    return QWidget::eventFilter(watched, event);
}

/// Tab stays inside the card while it is open: what lies behind is dimmed and must not take keys unseen.
bool Overlay::focusNextPrevChild(bool next)
{
    QList<QWidget*> stops;
    for (QWidget* child : m_card->findChildren<QWidget*>())
        if (child->isVisible() && child->isEnabled() && (child->focusPolicy() & Qt::TabFocus) && !child->focusProxy())
            stops << child;
    if (stops.isEmpty()) return false;
    const qsizetype at = stops.indexOf(QApplication::focusWidget());
    stops[(at + (next ? 1 : stops.size() - 1) + (at < 0 && !next ? 1 : 0)) % stops.size()]->setFocus(
        next ? Qt::TabFocusReason : Qt::BacktabFocusReason);
    return true;
}

// ---- ReportPanel ----

ReportPanel::ReportPanel(UiContext& context, QWidget* window)
    : Overlay(u"report"_s, u"What did somebody see?"_s, window, 560)
    , m_context(context)
    , m_text(new QPlainTextEdit(card()))
    , m_happened(new QLineEdit(card()))
    , m_channel(new Choice(card()))
    , m_file(new QPushButton(u"File report   Ctrl+Enter"_s, card()))
    , m_error(new SpanLabel(card()))
{
    m_text->setObjectName(u"report.text"_s);
    m_text->setAccessibleName(u"Report, in the words it was told in"_s);
    m_text->setPlaceholderText(u"In the words it was told in. No names of customers."_s);
    m_text->setTabChangesFocus(true);
    m_text->setFixedHeight(110);
    m_happened->setObjectName(u"report.happened"_s);
    m_happened->setAccessibleName(u"When it happened"_s);
    m_happened->setPlaceholderText(u"now · 03:01 · 5 min ago"_s);
    m_channel->setObjectName(u"report.channel"_s);
    m_channel->setAccessibleName(u"How it reached us"_s);
    m_channel->addItems(
        {u"customer"_s, u"partner"_s, u"support"_s, u"colleague"_s, u"phone"_s, u"social media"_s, u"other"_s});
    m_channel->setEditable(true);
    m_file->setObjectName(u"report.file"_s);
    m_file->setProperty("kind", u"go"_s);
    m_error->setObjectName(u"report.error"_s);
    m_error->hide();

    auto* why = new SpanLabel(card());
    why->setSpans(
        {muted(u"One report is enough: it becomes evidence and may open an incident or move its onset earlier."_s)});
    card()->body()->addWidget(why);
    card()->body()->addWidget(m_text);
    auto* row = new QHBoxLayout;
    row->setSpacing(10);
    const auto labelled = [&](const QString& label, QWidget* field) {
        auto* words = new SpanLabel(card(), 1);
        words->setSpans({muted(label)});
        words->setFixedWidth(words->sizeHint().width());
        row->addWidget(words);
        row->addWidget(field, 1);
    };
    labelled(u"Happened"_s, m_happened);
    labelled(u"Came by"_s, m_channel);
    card()->body()->addLayout(row);
    card()->body()->addWidget(m_error);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_file);
    buttons->addStretch(1);
    card()->body()->addLayout(buttons);

    connect(m_file, &QPushButton::clicked, this, &ReportPanel::file);
    for (const auto& keys : {QKeySequence(Qt::CTRL | Qt::Key_Return), QKeySequence(Qt::CTRL | Qt::Key_Enter)}) {
        auto* shortcut = new QShortcut(keys, this);
        shortcut->setContext(Qt::WidgetWithChildrenShortcut);
        connect(shortcut, &QShortcut::activated, this, &ReportPanel::file);
    }
}

QWidget* ReportPanel::firstFocus()
{
    return m_text;
}

void ReportPanel::showError(const QString& sentence)
{
    m_error->setSpans({plain(sentence, Role::BadText)});
    m_error->setVisible(!sentence.isEmpty());
    if (isVisible()) open(); // the card grows or shrinks with the sentence
}

void ReportPanel::file()
{
    if (!m_file->isEnabled()) return;
    const QString text = m_text->toPlainText().trimmed();
    if (text.isEmpty()) return showError(u"There is no text yet. Write what was seen, then file it."_s);
    const auto happened = parseMoment(m_happened->text(), m_context.clock->now(), m_context.zone);
    if (!happened) return showError(happened.error().sentence());
    m_file->setEnabled(false);
    m_file->setText(u"recording…"_s);
    m_context.desk->fileReport(
        m_context.person, text, *happened, m_channel->currentText(), posted<qint64>(this, [this](Result<qint64> filed) {
            m_file->setEnabled(true);
            m_file->setText(u"File report   Ctrl+Enter"_s);
            if (!filed) return showError(filed.error().sentence()); // what was typed stays
            m_text->clear();
            m_happened->clear();
            showError({});
            close();
            Q_EMIT said(u"Report recorded as entry %1."_s.arg(*filed));
        }));
}

// ---- CommandPalette ----

namespace {

constexpr int kKeysRole = Qt::UserRole + 1;

/// Title at the left, keys at the right where the eye looks for them.
class CommandRow : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override
    {
        return {100, int(QFontMetricsF(Theme::instance().text()).height()) + 10};
    }
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        if (option.state & QStyle::State_Selected) {
            painter->fillRect(option.rect, ink(Role::Selection));
            painter->fillRect(QRect(option.rect.topLeft(), QSize(3, option.rect.height())), ink(Role::Accent));
        }
        const QRect inner = option.rect.adjusted(12, 0, -12, 0);
        painter->setFont(Theme::instance().text());
        painter->setPen(ink(Role::Text));
        painter->drawText(inner, Qt::AlignVCenter | Qt::AlignLeft, index.data().toString());
        painter->setFont(Theme::instance().mono(-1));
        painter->setPen(ink(Role::AccentText));
        painter->drawText(inner, Qt::AlignVCenter | Qt::AlignRight, index.data(kKeysRole).toString());
    }
};

} // namespace

CommandPalette::CommandPalette(const std::vector<Action>& actions, QWidget* window)
    : Overlay(u"palette"_s, u"Commands"_s, window, 560)
    , m_actions(actions)
    , m_search(new QLineEdit(card()))
    , m_list(new QListWidget(card()))
    , m_none(new SpanLabel(card()))
{
    m_search->setObjectName(u"palette.search"_s);
    m_search->setAccessibleName(u"Search commands"_s);
    m_search->setPlaceholderText(u"Type a part of what you want to do"_s);
    m_list->setObjectName(u"palette.list"_s);
    m_list->setAccessibleName(u"Commands"_s);
    m_list->setFixedHeight(430);
    m_list->setItemDelegate(new CommandRow(m_list));
    m_list->setFocusPolicy(Qt::NoFocus);
    m_none->setSpans({muted(u"No command has these words. Clear them to see all."_s)});
    card()->body()->addWidget(m_search);
    card()->body()->addWidget(m_list);
    card()->body()->addWidget(m_none);
    m_search->installEventFilter(this);
    connect(m_search, &QLineEdit::textChanged, this, &CommandPalette::narrow);
    connect(m_search, &QLineEdit::returnPressed, this, &CommandPalette::runCurrent);
    connect(m_list, &QListWidget::itemClicked, this, &CommandPalette::runCurrent);
}

QWidget* CommandPalette::firstFocus()
{
    return m_search;
}

void CommandPalette::openFresh()
{
    m_search->clear();
    narrow();
    open();
}

void CommandPalette::narrow()
{
    m_list->clear();
    const QStringList words = m_search->text().split(u' ', Qt::SkipEmptyParts);
    for (size_t i = 0; i < m_actions.size(); ++i) {
        const Action& action = m_actions[i];
        const bool fits = std::all_of(words.begin(), words.end(),
            [&action](const QString& word) { return action.title.contains(word, Qt::CaseInsensitive); });
        if (!fits || (action.offered && !action.offered())) continue;
        auto* item = new QListWidgetItem(action.title, m_list);
        item->setData(Qt::UserRole, int(i));
        item->setData(kKeysRole, action.keys);
    }
    m_list->setCurrentRow(0);
    m_none->setVisible(m_list->count() == 0);
}

void CommandPalette::runCurrent()
{
    const QListWidgetItem* item = m_list->currentItem();
    if (!item) return;
    const Action& action = m_actions[size_t(item->data(Qt::UserRole).toInt())];
    close(); // first, so that what the action opens gets the keys
    action.run();
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_search && event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if (key == Qt::Key_Up || key == Qt::Key_Down || key == Qt::Key_PageUp || key == Qt::Key_PageDown) {
            QApplication::sendEvent(m_list, event);
            return true;
        }
    }
    return Overlay::eventFilter(watched, event);
}

// ---- KeysPanel ----

KeysPanel::KeysPanel(const std::vector<Action>& actions, QWidget* window)
    : Overlay(u"keys"_s, u"Keys"_s, window, 900)
{
    std::vector<std::pair<QString, QString>> rows;
    for (const Action& action : actions)
        if (!action.keys.isEmpty()) rows.emplace_back(action.keys, action.title);
    rows.insert(rows.end(),
        {{u"/"_s, u"Filter the timeline"_s}, {u"N"_s, u"Note, in the timeline"_s},
            {u"Up, Down, Home, End"_s, u"Walk a list"_s}, {u"Enter"_s, u"Open what is selected"_s},
            {u"Tab"_s, u"Next thing to act on"_s}, {u"Esc"_s, u"Close, or go back"_s}});
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(14);
    grid->setVerticalSpacing(7);
    const size_t half = (rows.size() + 1) / 2;
    for (size_t i = 0; i < rows.size(); ++i) {
        auto* keys = new SpanLabel(card(), 1);
        keys->setSpans({figure(rows[i].first, Role::AccentText)});
        keys->setFixedWidth(i < half ? 130 : 170);
        auto* words = new SpanLabel(card(), 1);
        words->setSpans({plain(rows[i].second)});
        grid->addWidget(keys, int(i % half), i < half ? 0 : 2);
        grid->addWidget(words, int(i % half), i < half ? 1 : 3);
    }
    grid->setColumnStretch(1, 1);
    grid->setColumnStretch(3, 1);
    card()->body()->addLayout(grid);
    card()->setFocusPolicy(Qt::StrongFocus);
}

// ---- PersonPanel ----

PersonPanel::PersonPanel(UiContext& context, QWidget* window)
    : Overlay(u"person"_s, u"Who acts at this console?"_s, window, 460)
    , m_context(context)
{
}

void PersonPanel::openFresh()
{
    delete m_list;
    m_list = new QWidget(card());
    auto* column = new QVBoxLayout(m_list);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(6);
    const auto identities = m_context.desk->identities();
    const auto state = m_context.feed->latest();
    const bool several = state && state->policy && state->policy->identitySwitching;
    auto* why = new SpanLabel(m_list);
    if (identities.empty())
        why->setSpans({muted(
            u"No key lies in this profile's keys folder, so nobody can sign here. Reading and reporting work all the same."_s)});
    else if (several)
        why->setSpans({muted(u"Two signatures from one machine are recorded as such."_s)});
    else
        why->setSpans({muted(u"This site's policy allows one identity a console; the others sign from their own."_s)});
    column->addWidget(why);
    for (const Desk::Identity& identity : identities) {
        QString words = identity.person + u"  ·  "_s + identity.roles.join(u", "_s);
        if (identity.demo) words += u"  ·  demo"_s;
        if (identity.person == m_context.person) words += u"  ·  now"_s;
        auto* button = new QPushButton(words, m_list);
        button->setObjectName(u"person."_s + identity.person);
        button->setEnabled(several || m_context.person.isEmpty() || identity.person == m_context.person);
        const QString person = identity.person;
        connect(button, &QPushButton::clicked, this, [this, person] {
            close();
            Q_EMIT chosen(person);
        });
        column->addWidget(button);
    }
    card()->body()->addWidget(m_list);
    open();
    if (auto* first = m_list->findChild<QPushButton*>()) first->setFocus();
}

// ---- DeclarePanel ----

DeclarePanel::DeclarePanel(UiContext& context, QWidget* window)
    : Overlay(u"declare"_s, u"Declare the incident"_s, window, 520)
    , m_context(context)
    , m_error(new SpanLabel(card()))
{
    static constexpr std::array kMeaning{"people are being harmed now", "harm is likely, or many are hit",
        "limited, a workaround exists", "to be looked at in daylight"};
    auto* why = new SpanLabel(card());
    why->setSpans({muted(u"You become its commander. Co-signers are paged and the timers start."_s)});
    card()->body()->addWidget(why);
    for (int severity = 1; severity <= 4; ++severity) {
        auto* button = new QPushButton(card());
        button->setObjectName(u"declare.sev%1"_s.arg(severity));
        button->setText(u"SEV %1   %2"_s.arg(severity).arg(QLatin1StringView(kMeaning[size_t(severity - 1)])));
        m_buttons[size_t(severity - 1)] = button;
        card()->body()->addWidget(button);
        connect(button, &QPushButton::clicked, this, [this, severity] {
            m_context.desk->declare(
                m_context.person, m_incident, severity, posted<qint64>(this, [this](Result<qint64> done) {
                    m_error->setVisible(!done);
                    if (!done) {
                        m_error->setSpans({plain(done.error().sentence(), Role::BadText)});
                        return;
                    }
                    close();
                    Q_EMIT said(u"Declaration recorded as entry %1."_s.arg(*done));
                }));
        });
    }
    m_error->setObjectName(u"declare.error"_s);
    m_error->hide();
    card()->body()->addWidget(m_error);
}

void DeclarePanel::openFor(const Incident& incident)
{
    m_incident = incident.id;
    m_suggested = incident.suggestedSeverity;
    setHeading(u"Declare %1"_s.arg(incident.code()));
    for (int i = 0; i < 4; ++i) {
        QString words = m_buttons[size_t(i)]->text();
        words.remove(u"  (suggested)"_s);
        m_buttons[size_t(i)]->setText(i + 1 == m_suggested ? words + u"  (suggested)"_s : words);
    }
    open();
}

QWidget* DeclarePanel::firstFocus()
{
    return m_buttons[size_t(std::clamp(m_suggested, 1, 4) - 1)];
}

// ---- LinePanel ----

LinePanel::LinePanel(QWidget* window)
    : Overlay(u"line"_s, {}, window, 520)
    , m_line(new QLineEdit(card()))
{
    m_line->setObjectName(u"line.text"_s);
    m_line->setAccessibleName(u"Reason"_s);
    card()->body()->addWidget(m_line);
    connect(m_line, &QLineEdit::returnPressed, this, [this] {
        const QString text = m_line->text().trimmed();
        if (text.isEmpty()) return;
        close();
        m_then(text);
    });
}

void LinePanel::ask(const QString& title, const QString& placeholder, std::function<void(const QString&)> then)
{
    setHeading(title);
    m_line->clear();
    m_line->setPlaceholderText(placeholder);
    m_line->setAccessibleName(placeholder);
    m_then = std::move(then);
    open();
}

QWidget* LinePanel::firstFocus()
{
    return m_line;
}

} // namespace wf
