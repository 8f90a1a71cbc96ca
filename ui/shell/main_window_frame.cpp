// SPDX-License-Identifier: GPL-3.0-or-later
// How the window is put together. The tick and the actions: main_window_actions.cpp.
#include "ui/shell/main_window.h"
#include <QCloseEvent>
#include <QDataStream>
#include <QHBoxLayout>
#include <QIODevice>
#include <QPainter>
#include <QPushButton>
#include <QShortcut>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace wf {

namespace {

/// A pane on its own: a second screen, a second pair of eyes. Closing puts it back where it was.
class FloatingWindow : public QWidget {
public:
    FloatingWindow(Pane* pane, QSplitter* home, int index, QWidget* owner)
        : QWidget(owner, Qt::Window)
        , m_pane(pane)
        , m_home(home)
        , m_index(index)
    {
        setAttribute(Qt::WA_DeleteOnClose);
        setObjectName(u"floating."_s + pane->objectName());
        setWindowTitle(u"Watchfloor · "_s + pane->objectName());
        const QSize size = pane->size();
        auto* column = new QVBoxLayout(this);
        column->setContentsMargins(0, 0, 0, 0);
        column->addWidget(pane);
        pane->show();
        resize(size.expandedTo({480, 600}));
        auto* back = new QShortcut(QKeySequence::Close, this);
        connect(back, &QShortcut::activated, this, &QWidget::close);
    }

protected:
    void closeEvent(QCloseEvent* event) override
    {
        if (m_pane && m_home) {
            m_home->insertWidget(m_index, m_pane);
            m_pane->show();
        }
        QWidget::closeEvent(event);
    }

private:
    QPointer<Pane> m_pane;
    QPointer<QSplitter> m_home;
    int m_index;
};

} // namespace

MainWindow::MainWindow(UiContext& context, const Panes& panes, QWidget* parent)
    : QMainWindow(parent)
    , m_context(context)
    , m_header(new HeaderBar(this))
    , m_strip(new AnswerStrip(this))
    , m_status(new StatusStrip(this))
    , m_stack(new QStackedWidget(this))
{
    setObjectName(u"console"_s);
    setWindowTitle(u"Watchfloor"_s);
    setMinimumSize(1024, 640);
    auto* body = new QWidget(this);
    auto* column = new QVBoxLayout(body);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_header);
    column->addWidget(m_strip);
    column->addWidget(makeProblem());
    column->addWidget(m_stack, 1);
    column->addWidget(m_status);
    setCentralWidget(body);
    buildColumns(panes);
    m_stack->addWidget(makeStart());

    m_report = new ReportPanel(context, body);
    m_personPanel = new PersonPanel(context, body);
    m_declare = new DeclarePanel(context, body);
    m_line = new LinePanel(body);
    m_palette = new CommandPalette(m_actions, body);
    makeActions();
    m_keys = new KeysPanel(m_actions, body);
    connect(m_report, &ReportPanel::said, m_status, &StatusStrip::say);
    connect(m_declare, &DeclarePanel::said, m_status, &StatusStrip::say);
    connect(m_personPanel, &PersonPanel::chosen, this, &MainWindow::setPerson);
    connect(m_header, &HeaderBar::personClicked, m_personPanel, &PersonPanel::openFresh);
    connect(m_header, &HeaderBar::declareClicked, this, &MainWindow::declareIncident);
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));

    m_timer.setTimerType(Qt::CoarseTimer);
    m_timer.setInterval(kTickMs);
    connect(&m_timer, &QTimer::timeout, this, &MainWindow::tick);
    m_timer.start();
    if (!m_panes.isEmpty()) m_panes.first()->setFocus(Qt::OtherFocusReason);
    tick();
}

MainWindow::~MainWindow() = default;

void MainWindow::buildColumns(const Panes& panes)
{
    auto* columns = new QSplitter(Qt::Horizontal, m_stack);
    columns->setObjectName(u"columns"_s);
    columns->setHandleWidth(1);
    columns->setChildrenCollapsible(false);
    m_splitters << columns;
    static constexpr std::array kShares{21, 51, 28}; // of the width, as the eye is meant to rest
    static constexpr std::array kNarrowest{300, 440, 320};
    size_t position = 0;
    for (const QList<Pane*>& list : {panes.left, panes.middle, panes.right}) {
        auto* column = new QSplitter(Qt::Vertical, columns);
        column->setHandleWidth(1);
        column->setChildrenCollapsible(false);
        column->setMinimumWidth(kNarrowest[position]);
        m_splitters << column;
        for (Pane* pane : list) {
            column->addWidget(pane);
            m_panes << pane;
            m_veils << new StaleVeil(pane);
            connect(pane, &Pane::goTo, this, &MainWindow::goTo);
            connect(pane, &Pane::said, m_status, &StatusStrip::say);
        }
        // What waits for a person stands above what explains it, and gets more of the height.
        QList<int> heights;
        for (qsizetype i = 0; i < list.size(); ++i) {
            heights << (i == 0 ? 560 : 440);
            column->setStretchFactor(int(i), i == 0 ? 56 : 44);
        }
        column->setSizes(heights);
        columns->setStretchFactor(int(position), kShares[position]);
        ++position;
    }
    columns->setSizes({kShares[0] * 100, kShares[1] * 100, kShares[2] * 100});
    m_stack->addWidget(columns);
}

QWidget* MainWindow::makeStart()
{
    auto* page = new QWidget(m_stack);
    page->setObjectName(u"start"_s);
    auto* outer = new QVBoxLayout(page);
    outer->addStretch(2);
    auto* middle = new QHBoxLayout; // stretches, not an alignment: only so the card is as high as its words need
    outer->addLayout(middle);
    auto* card = new Card(page);
    card->setFixedWidth(640);
    card->body()->setContentsMargins(28, 24, 28, 26);
    card->body()->setSpacing(14);
    const auto say = [card](const Spans& spans) {
        auto* words = new SpanLabel(card);
        words->setSpans(spans);
        card->body()->addWidget(words);
    };
    say({strong(u"Nothing has arrived yet"_s, Role::Text, 4)});
    say({figure(u"1  "_s, Role::AccentText),
        plain(u"Press the button below: ten minutes of a real incident, from real processes on this machine."_s)});
    say({figure(u"2  "_s, Role::AccentText), plain(u"Or point your OpenTelemetry exporter at "_s),
        figure(u"http://127.0.0.1:4318"_s), plain(u" (OTLP/HTTP)."_s)});
    say({figure(u"3  "_s, Role::AccentText), plain(u"Or write down what somebody saw: "_s), figure(u"Ctrl+N"_s),
        plain(u". One report is enough to open an incident."_s)});
    auto* play = new QPushButton(Theme::instance().icon(u"play"_s, Role::OnGo), u"Play the sample incident"_s, card);
    play->setObjectName(u"start.play"_s);
    play->setProperty("kind", u"go"_s);
    card->body()->addWidget(play, 0, Qt::AlignLeft);
    middle->addStretch(1);
    middle->addWidget(card);
    middle->addStretch(1);
    outer->addStretch(3);
    connect(play, &QPushButton::clicked, this, &MainWindow::playSample);
    return page;
}

QWidget* MainWindow::makeProblem()
{
    auto* row = new QWidget(this);
    auto* line = new QVBoxLayout(row);
    line->setContentsMargins(14, 10, 14, 10);
    m_problem = new Card(row);
    m_problem->setObjectName(u"problem"_s);
    m_problem->setState(Card::State::Blocked);
    m_problemWords = new SpanLabel(m_problem);
    m_problemWords->setObjectName(u"problem.words"_s);
    m_problem->body()->addWidget(m_problemWords);
    line->addWidget(m_problem);
    row->hide();
    return row;
}

void MainWindow::floatPane(int number)
{
    Pane* pane = m_panes.value(number);
    auto* home = pane ? qobject_cast<QSplitter*>(pane->parentWidget()) : nullptr;
    if (!home) { // already out: the same key brings it back
        if (pane && pane->window() != this) pane->window()->close();
        return;
    }
    auto* window = new FloatingWindow(pane, home, home->indexOf(pane), this);
    for (int i = 0; i < m_panes.size(); ++i) { // its keys must work from the floating window too
        auto* focus = new QShortcut(QKeySequence(u"Ctrl+Shift+%1"_s.arg(i + 1)), window);
        connect(focus, &QShortcut::activated, this, [this, i] { floatPane(i); });
    }
    window->show();
}

QByteArray MainWindow::layoutState() const
{
    QByteArray bytes;
    QDataStream stream(&bytes, QIODevice::WriteOnly);
    stream << qint32(m_splitters.size()) << saveGeometry();
    for (const QSplitter* splitter : m_splitters)
        stream << splitter->saveState();
    return bytes;
}

bool MainWindow::restoreLayout(const QByteArray& state)
{
    QDataStream stream(state);
    qint32 count = 0;
    QByteArray bytes;
    stream >> count >> bytes;
    if (stream.status() != QDataStream::Ok || count != m_splitters.size())
        return false; // of another version: as it comes
    restoreGeometry(bytes);
    for (QSplitter* splitter : m_splitters) {
        stream >> bytes;
        splitter->restoreState(bytes);
    }
    return stream.status() == QDataStream::Ok;
}

void MainWindow::paintEvent(QPaintEvent*)
{
    QPainter(this).fillRect(rect(), ink(Role::Surface));
}

} // namespace wf
