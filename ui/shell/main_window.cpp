// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/main_window.h"
#include "models/items/post.h"
#include "ui/common/format.h"
#include <QCloseEvent>
#include <QDataStream>
#include <QIODevice>
#include <QPainter>
#include <QPushButton>
#include <QShortcut>
#include <QSplitter>
#include <QStackedWidget>
#include <QStandardPaths>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace wf {

namespace {

constexpr int kTickMs = 100, kSlowTickMs = 200;

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

bool nothingYet(const ConsoleState& state)
{
    const bool cases = state.cases && !state.cases->cases.empty();
    const bool watched = state.drift && state.drift->watched > 0;
    return !cases && !watched && state.timelineCount == 0;
}

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
    m_evidence = new EvidencePanel(body);
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
    static constexpr std::array kNarrowest{280, 440, 320};
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
        figure(u"http://127.0.0.1:4318"_s), plain(u" (OTLP over HTTP, protobuf)."_s)});
    say({figure(u"3  "_s, Role::AccentText), plain(u"Or write down what somebody saw: "_s), figure(u"Ctrl+N"_s),
        plain(u". One report is enough to open an incident."_s)});
    auto* play = new QPushButton(Theme::instance().icon(u"play"_s, Role::OnGo), u"Play the sample incident"_s, card);
    play->setObjectName(u"start.play"_s);
    play->setProperty("kind", u"go"_s);
    card->body()->addWidget(play, 0, Qt::AlignLeft);
    outer->addWidget(card, 0, Qt::AlignHCenter);
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

// ---- the tick
// --------------------------------------------------------------------------------------------------------

void MainWindow::tick()
{
    const double cpu = TickMeter::threadCpuMs();
    if (m_cpuBefore >= 0 && m_meter.add(cpu - m_cpuBefore))
        m_timer.setInterval(m_meter.halved() ? kSlowTickMs : kTickMs);
    m_cpuBefore = cpu;
    m_state = m_context.feed->latest();
    if (!m_state) return;
    const ConsoleState& state = *m_state;
    const double speed = m_context.clock ? m_context.clock->speed() : 1;
    const bool stale = isStale(state, speed);
    m_stack->setCurrentIndex(nothingYet(state) ? 1 : 0);
    m_header->refresh(state, m_context);
    m_strip->refresh(state, m_context.person, m_context.zone, stale);
    for (Pane* pane : m_panes)
        pane->refresh(state);
    showStale(state, stale);
    showProblem(state);
    showTrouble();
    m_status->refresh(state, speed);
    const Case* current = currentCase();
    setWindowTitle(
        current ? u"%1 %2 · Watchfloor"_s.arg(current->incident.code(), current->incident.title) : u"Watchfloor"_s);
}

void MainWindow::showStale(const ConsoleState& state, bool stale)
{
    const QString sentence = stale ? engineStaleText(state.engineBeat, state.now, m_context.zone) : QString();
    for (StaleVeil* veil : m_veils)
        veil->set(sentence);
}

void MainWindow::showProblem(const ConsoleState& state)
{
    QWidget* row = m_problem->parentWidget();
    row->setVisible(!state.problem.isEmpty());
    if (!state.problem.isEmpty()) m_problemWords->setSpans({plain(state.problem, Role::BadText)});
}

void MainWindow::showTrouble()
{
    QStringList trouble;
    if (const QString fonts = Theme::instance().missingFonts(); !fonts.isEmpty()) trouble << fonts;
    if (m_meter.halved())
        trouble << u"Busy: the screen is drawn 5 times a second instead of 10 (%1 ms of work a tick)."_s.arg(
            m_meter.statistics().meanMs, 0, 'f', 1);
    m_status->setTrouble(trouble.join(u' '));
}

const Case* MainWindow::currentCase() const
{
    return m_state && m_state->cases ? m_state->cases->current() : nullptr;
}

void MainWindow::goTo(const QString& place)
{
    const Case* current = currentCase();
    if (place.startsWith("evidence "_L1) && current) m_evidence->show(*current, place.mid(9).toInt(), m_context.zone);
    for (Pane* pane : m_panes)
        if (pane != sender()) pane->moveTo(place);
}

// ---- what a person does
// ----------------------------------------------------------------------------------------------

void MainWindow::makeActions()
{
    const auto open = [this] {
        const Case* c = currentCase();
        return c && c->incident.isOpen();
    };
    m_actions = {
        {u"report"_s, u"File what somebody saw"_s, u"Ctrl+N"_s, [this] { m_report->open(); }, {}},
        {u"commands"_s, u"All commands"_s, u"Ctrl+K"_s, [this] { m_palette->openFresh(); }, {}},
        {u"keys"_s, u"Show the keys"_s, u"F1"_s, [this] { m_keys->open(); }, {}},
        {u"wall"_s, u"Wall on another screen"_s, u"F11"_s, [this] { Q_EMIT wallRequested(); }, {}},
        {u"person"_s, u"Act as somebody else"_s, u"Ctrl+I"_s, [this] { m_personPanel->openFresh(); }, {}},
        {u"zone"_s, u"Switch all times between UTC and local"_s, u"Ctrl+U"_s,
            [this] { setZone(m_context.zone == Zone::Utc ? Zone::Local : Zone::Utc); }, {}},
        {u"declare"_s, u"Declare the incident or change its severity"_s, u"Ctrl+D"_s, [this] { declareIncident(); },
            open},
        {u"export"_s, u"Export the incident: report and record, with proofs"_s, u"Ctrl+E"_s,
            [this] { exportIncident(); }, [this] { return currentCase() != nullptr; }},
    };
    for (int i = 0; i < m_panes.size(); ++i) {
        const QString name = m_panes[i]->objectName();
        m_actions.push_back({u"focus%1"_s.arg(i + 1), u"Go to the %1"_s.arg(name), u"Ctrl+%1"_s.arg(i + 1),
            [this, i] { m_panes[i]->setFocus(Qt::ShortcutFocusReason); }, {}});
    }
    for (int i = 0; i < m_panes.size(); ++i) {
        const QString name = m_panes[i]->objectName();
        m_actions.push_back({u"float%1"_s.arg(i + 1), u"Float the %1 in its own window"_s.arg(name),
            u"Ctrl+Shift+%1"_s.arg(i + 1), [this, i] { floatPane(i); }, {}});
    }
    using S = IncidentStatus;
    for (const S status : {S::Contained, S::Mitigating, S::Verifying, S::Recovered, S::Remediating, S::Closed,
             S::FalseAlarm, S::Reopened}) {
        m_actions.push_back({u"status."_s + incidentStatusName(status),
            u"Mark the incident %1…"_s.arg(incidentStatusName(status)), {}, [this, status] { changeStatus(status); },
            [this, status] {
                const Case* c = currentCase();
                return c && mayFollow(c->incident.status, status);
            }});
    }
    for (const QString& name : {u"dark"_s, u"light"_s})
        m_actions.push_back({u"theme."_s + name, u"Use the %1 theme"_s.arg(name), {},
            [name] { Theme::instance().load(name); }, [name] { return Theme::instance().name() != name; }});
    for (const Action& action : m_actions) {
        if (action.keys.isEmpty()) continue;
        auto* shortcut = new QShortcut(QKeySequence(action.keys), this);
        connect(shortcut, &QShortcut::activated, this, [run = action.run, offered = action.offered] {
            if (!offered || offered()) run();
        });
    }
}

void MainWindow::setPerson(const QString& person)
{
    if (m_context.person == person) return;
    m_context.person = person;
    Q_EMIT personChanged(person);
    tick();
}

void MainWindow::setZone(Zone zone)
{
    m_context.zone = zone;
    tick();
}

void MainWindow::declareIncident()
{
    if (const Case* current = currentCase()) m_declare->openFor(current->incident);
}

void MainWindow::changeStatus(IncidentStatus status)
{
    const Case* current = currentCase();
    if (!current) return;
    const IncidentId id = current->incident.id;
    m_line->ask(u"Mark %1 %2"_s.arg(current->incident.code(), incidentStatusName(status)),
        u"Why? It stands in the record. Enter records it."_s, [this, id, status](const QString& why) {
            m_context.desk->setStatus(
                m_context.person, id, status, why, posted<qint64>(this, [this](Result<qint64> done) {
                    say(done ? u"Recorded as entry %1."_s.arg(*done) : done.error().sentence());
                }));
        });
}

void MainWindow::exportIncident()
{
    const Case* current = currentCase();
    if (!current) return;
    const QString folder = QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation) + u"/watchfloor-"_s
        + current->incident.code();
    say(u"Exporting to %1…"_s.arg(folder));
    m_context.desk->exportIncident(current->incident.id, folder, posted<QString>(this, [this](Result<QString> done) {
        say(done ? u"Exported to %1. Anybody can check it: watchfloorctl verify %1"_s.arg(*done)
                 : done.error().sentence());
    }));
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
