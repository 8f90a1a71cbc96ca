// SPDX-License-Identifier: GPL-3.0-or-later
// The tick, and what a person does. How the window is put together: main_window_frame.cpp.
#include "models/items/post.h"
#include "ui/common/format.h"
#include "ui/shell/main_window.h"
#include <QShortcut>
#include <QStackedWidget>
#include <QStandardPaths>

using namespace Qt::StringLiterals;

namespace wf {

namespace {

bool nothingYet(const ConsoleState& state)
{
    const bool cases = state.cases && !state.cases->cases.empty();
    const bool watched = state.drift && state.drift->watched > 0;
    return !cases && !watched && state.timelineCount == 0;
}

} // namespace

// ---- the tick ----

void MainWindow::tick()
{
    const double cpu = TickMeter::threadCpuMs();
    if (m_cpuBefore >= 0 && m_meter.add(cpu - m_cpuBefore))
        m_timer.setInterval(m_meter.halved() ? 2 * kTickMs : kTickMs);
    m_cpuBefore = cpu;
    m_state = m_context.feed->latest();
    if (!m_state) return;
    for (Pane* pane : m_panes)
        pane->refresh(*m_state);
    const ConsoleState& state = *m_state;
    Seen seen{state.cases, state.drift, state.live, state.policy, state.now / kSecond, state.engineBeat / kSecond,
        state.recordEntries, state.chainVerified, state.engineHere, state.sample, m_meter.halved(), nothingYet(state),
        state.problem, m_context.person, Theme::instance().name(), m_context.zone, width()};
    if (seen != m_seen) {
        m_seen = std::move(seen);
        showFrame(state);
    }
    m_status->countDown();
}

void MainWindow::showFrame(const ConsoleState& state)
{
    const double speed = m_context.clock ? m_context.clock->speed() : 1;
    const bool stale = isStale(state, speed);
    m_stack->setCurrentIndex(m_seen.nothing ? 1 : 0);
    m_header->refresh(state, m_context);
    m_strip->refresh(state, m_context.person, m_context.zone, stale);
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
    for (Pane* pane : m_panes)
        if (pane != sender()) pane->moveTo(place);
}

// ---- what a person does ----

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
        {u"zone"_s, u"Switch times between UTC and local"_s, u"Ctrl+U"_s,
            [this] { setZone(m_context.zone == Zone::Utc ? Zone::Local : Zone::Utc); }, {}},
        {u"declare"_s, u"Declare, or change the severity"_s, u"Ctrl+D"_s, [this] { declareIncident(); }, open},
        {u"export"_s, u"Export the incident with its proofs"_s, u"Ctrl+E"_s, [this] { exportIncident(); },
            [this] { return currentCase() != nullptr; }},
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

} // namespace wf
