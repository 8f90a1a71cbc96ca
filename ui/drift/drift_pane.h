// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the middle of the console: chart, lanes, signal table, behaviour stack. Owner: ui/drift. Thread: GUI.
#pragma once
#include "models/items/signal_model.h"
#include "models/items/stack_model.h"
#include "ui/common/pane.h"
#include "ui/drift/chart_paint.h"
#include "ui/drift/lanes.h"

namespace wf {

class DriftChart;
class SectionHeader;
class SignalTable;
class StackTable;

/// Whether marks may carry what a sender wrote as a title; the wall shows only versions and our own words.
enum class ChartWords { All, KnownFieldsOnly };

/// The scene of one stream in one case: band, onset, marks, hatching, and the sentence when it cannot be trusted.
/// Shared with the wall. stream may be null (nothing is watched), incident may be null (calm). events = what
/// ChartSource sent.
ChartScene chartSceneOf(const ConsoleState& state, const StreamState* stream, const Case* incident,
    const std::vector<TimelineEvent>& events, double speed, ChartWords words = ChartWords::All);
/// No sign of life of the engine for longer than a pause explains.
bool engineGone(const ConsoleState& state, double speed);
/// Empty, or the sentence that says what is old and by how much.
QString staleSentence(const ConsoleState& state, double speed);
/// The signal to look at first: the primary one of the incident's feature, else the first in alarm, else the first.
const StreamState* leadingStream(const DriftSnapshot* drift, const Case* incident);

class DriftPane final : public Pane {
    Q_OBJECT
public:
    explicit DriftPane(UiContext& context, QWidget* parent = nullptr);
    void refresh(const ConsoleState& state) override;
    /// "time <ns>" centres the chart there and stops following; other places are none of this pane's business.
    void moveTo(const QString& place) override;
    DriftChart* chart() const { return m_chart; }

private:
    struct Seen {
        std::shared_ptr<const CaseFile> cases;
        std::shared_ptr<const DriftSnapshot> drift;
        std::shared_ptr<const LiveFigures> live;
        Nanos second = 0, beatSecond = 0;
        qint64 eventsTip = -1;
        Zone zone = Zone::Utc;
        QString problem;
        friend bool operator==(const Seen&, const Seen&) = default;
    };
    void choose(const StreamKey& key);
    const StreamState* shownStream() const;
    void showAll();
    void showHeader(const StreamState* stream);
    void showLanes();
    void alignLanes();

    SectionHeader* m_header;
    DriftChart* m_chart;
    Lanes* m_lanes;
    QWidget* m_noSignals;
    SignalModel m_signals;
    SignalTable* m_table;
    SectionHeader* m_stackHeader;
    QWidget* m_noStack;
    StackModel m_stack;
    StackTable* m_stackTable;

    ConsoleState m_state;
    Seen m_seen;
    std::optional<StreamKey> m_chosen; ///< by a person; empty = the leading one
    BeatLog m_beats;
};

} // namespace wf
