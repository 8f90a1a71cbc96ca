// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the console's window: header, five answers, three columns of panes, status bar, and the one tick that drives
// them. Panes come from outside; the shell knows only what Pane promises. Owner: ui/shell. Thread: GUI.
#pragma once
#include "ui/common/pane.h"
#include "ui/shell/bars.h"
#include "ui/shell/panels.h"
#include "ui/shell/tick_meter.h"
#include <QMainWindow>
#include <QTimer>

class QSplitter;
class QStackedWidget;

namespace wf {

/// Top to bottom in each column. The window takes them.
struct Panes {
    QList<Pane*> left, middle, right;
};

class MainWindow : public QMainWindow {
    Q_OBJECT
public:
    /// context outlives the window; its person and zone are changed here and nowhere else.
    MainWindow(UiContext& context, const Panes& panes, QWidget* parent = nullptr);
    ~MainWindow() override;

    TickStatistics tickStatistics() const { return m_meter.statistics(); }
    void setPerson(const QString& person);
    void setZone(Zone zone);
    void say(const QString& sentence) { m_status->say(sentence); }
    /// Where the columns stand; for the profile to keep.
    QByteArray layoutState() const;
    bool restoreLayout(const QByteArray& state);

public Q_SLOTS:
    void tick();
    void goTo(const QString& place);

Q_SIGNALS:
    void playSample();
    void wallRequested();
    void personChanged(const QString& person);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    /// What the frame's words are made of; while it is the same, they are.
    struct Seen {
        std::shared_ptr<const CaseFile> cases;
        std::shared_ptr<const DriftSnapshot> drift;
        std::shared_ptr<const LiveFigures> live;
        std::shared_ptr<const Policy> policy;
        Nanos second = 0, beat = 0;
        qint64 recordEntries = 0;
        bool chainVerified = false, here = false, sample = false, halved = false, nothing = false;
        QString problem, person, theme;
        Zone zone = Zone::Utc;
        int width = 0;
        friend bool operator==(const Seen&, const Seen&) = default;
    };
    static constexpr int kTickMs = 100;
    void buildColumns(const Panes& panes);
    QWidget* makeStart();
    QWidget* makeProblem();
    void makeActions();
    void showFrame(const ConsoleState& state);
    void showStale(const ConsoleState& state, bool stale);
    void showProblem(const ConsoleState& state);
    void showTrouble();
    void floatPane(int number);
    void declareIncident();
    void changeStatus(IncidentStatus status);
    void exportIncident();
    const Case* currentCase() const;

    UiContext& m_context;
    QList<Pane*> m_panes;
    QList<StaleVeil*> m_veils;
    QList<QSplitter*> m_splitters;
    std::vector<Action> m_actions;
    std::shared_ptr<const ConsoleState> m_state;
    HeaderBar* m_header;
    AnswerStrip* m_strip;
    StatusStrip* m_status;
    QStackedWidget* m_stack;
    Card* m_problem = nullptr;
    SpanLabel* m_problemWords = nullptr;
    ReportPanel* m_report;
    CommandPalette* m_palette;
    KeysPanel* m_keys = nullptr;
    PersonPanel* m_personPanel;
    DeclarePanel* m_declare;
    LinePanel* m_line;
    Seen m_seen;
    QTimer m_timer;
    TickMeter m_meter;
    double m_cpuBefore = -1;
};

} // namespace wf
