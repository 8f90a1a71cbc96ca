// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/drift/drift_pane.h"
#include "ui/common/widgets.h"
#include "ui/drift/drift_chart.h"
#include "ui/drift/signal_table.h"
#include "ui/drift/stack_table.h"
#include <QVBoxLayout>

namespace wf {

using namespace Qt::StringLiterals;

namespace {

constexpr Nanos kEngineStale = 5 * kSecond;
constexpr Nanos kDataStale = 15 * kSecond;

const Case* currentCase(const ConsoleState& state)
{
    return state.cases ? state.cases->current() : nullptr;
}

QString shortTitle(const QString& title)
{
    return title.size() <= 26 ? title : title.left(25).trimmed() + u'…';
}

/// What a change is called on the axis: "prompt v42". The layer found guilty by a comparison is the agent's colour.
ChartScene::Mark changeMark(const TimelineEvent& event, const LiveFigures* live, ChartWords words)
{
    const QString layer = event.body.value("layer"_L1).toString(), to = event.body.value("to"_L1).toString();
    ChartScene::Mark mark{event.t,
        !to.isEmpty()                  ? layer + u' ' + to
            : words == ChartWords::All ? shortTitle(event.title)
                                       : u"change"_s,
        Role::Muted};
    if (!live || layer.isEmpty()) return mark;
    for (const StackRow& row : live->stack)
        if (layerName(row.layer) == layer && row.state == HypothesisState::Supported) mark.role = Role::Agent;
    return mark;
}

/// "prompt v41" from the gate that proves it, without the runbook's own prose.
QString stepWords(const PlanStep& step)
{
    return step.gate.isNull() ? u"step done"_s : step.gate.attribute + u' ' + step.gate.equals;
}

void addCaseMarks(std::vector<ChartScene::Mark>& marks, const Case& c, ChartWords words)
{
    if (c.incident.contained > 0) marks.push_back({c.incident.contained, u"contained"_s, Role::Ok});
    for (const Plan& plan : c.plans) {
        // Containment is marked once, by its status above.
        if (plan.proposal.cls == RunbookClass::Contain && c.incident.contained > 0) continue;
        for (size_t i = 0; i < plan.steps.size() && i < plan.proposal.steps.size(); ++i) {
            const auto state = plan.steps[i].state;
            if (plan.steps[i].finished > 0 && state >= StepRun::State::Executed && state != StepRun::State::Failed
                && state != StepRun::State::Unknown)
                marks.push_back({plan.steps[i].finished,
                    words == ChartWords::All ? plan.proposal.steps[i].title : stepWords(plan.proposal.steps[i]),
                    Role::Ok});
        }
    }
    if (c.incident.recovered > 0) marks.push_back({c.incident.recovered, u"recovered"_s, Role::Ok});
}

Role decisionRole(EventKind kind)
{
    switch (kind) {
    case EventKind::Evidence:
    case EventKind::Claim:
    case EventKind::Hypothesis:
    case EventKind::Proposal:
        return Role::Agent;
    case EventKind::Escalation:
        return Role::Warn;
    default:
        return Role::Accent;
    }
}

std::optional<Lanes::Lane> laneOf(EventKind kind)
{
    switch (kind) {
    case EventKind::Change:
        return Lanes::Changes;
    case EventKind::Report:
        return Lanes::Reports;
    case EventKind::Evidence:
    case EventKind::Claim:
    case EventKind::Hypothesis:
    case EventKind::Proposal:
    case EventKind::Decision:
    case EventKind::Execution:
    case EventKind::Gate:
    case EventKind::Verification:
    case EventKind::Escalation:
        return Lanes::Decisions;
    default:
        return std::nullopt;
    }
}

void sayIn(QWidget* place, const QString& sentence)
{
    auto* label = new SpanLabel(place);
    label->setSpans({muted(sentence)});
    auto* box = new QVBoxLayout(place);
    box->setContentsMargins(14, 10, 14, 10);
    box->addWidget(label);
}

} // namespace

bool engineGone(const ConsoleState& state, double speed)
{
    return double(state.now - state.engineBeat) > double(kEngineStale) * std::max(1.0, speed);
}

QString staleSentence(const ConsoleState& state, double speed)
{
    const double pace = std::max(1.0, speed);
    const auto old = [&](Nanos then, Nanos limit) { return double(state.now - then) > double(limit) * pace; };
    if (engineGone(state, speed))
        return state.engineBeat <= 0
            ? u"STALE: no engine is running. What stands here is what was stored. Start watchfloor, or watchfloorctl serve."_s
            : u"STALE: no sign of the engine for %1. The picture is as of then."_s.arg(
                ageText(state.now - state.engineBeat));
    if (!state.drift || state.drift->streams.empty()) return {};
    if (old(state.drift->at, kFigureStale))
        return u"STALE: no new figures for %1. The engine lives; the figures below are old."_s.arg(
            ageText(state.now - state.drift->at));
    if (state.drift->dataUpTo > 0 && old(state.drift->dataUpTo, kDataStale))
        return u"STALE: no answer came in for %1. Check the feature's telemetry."_s.arg(
            ageText(state.now - state.drift->dataUpTo));
    return {};
}

const StreamState* leadingStream(const DriftSnapshot* drift, const Case* incident)
{
    if (!drift) return nullptr;
    const QString feature = incident ? incident->incident.feature : QString();
    const StreamState* best = nullptr;
    const auto rank = [&](const StreamState& s) {
        return (s.key.feature == feature ? 4 : 0) + (s.def.primary ? 2 : 0) + (s.state == DriftState::Alarm ? 1 : 0);
    };
    for (const StreamState& s : drift->streams)
        if (s.key.dimension.isEmpty() && (!best || rank(s) > rank(*best))) best = &s;
    return best;
}

ChartScene chartSceneOf(const ConsoleState& state, const StreamState* stream, const Case* incident,
    const std::vector<TimelineEvent>& events, double speed, ChartWords words)
{
    ChartScene scene;
    scene.trouble = staleSentence(state, speed);
    scene.veiled = !scene.trouble.isEmpty();
    if (!stream) return scene;
    scene.def = stream->def;
    scene.def.feature = stream->key.feature; // a definition may be for "*"
    scene.def.name = stream->key.signal;
    scene.baseline = stream->baseline;
    scene.band = stream->band;
    const bool ours = incident && incident->incident.feature == stream->key.feature;
    if (stream->alarm) {
        scene.onset = stream->alarm->onset;
        scene.marks.push_back({stream->alarm->at, u"alarm"_s, Role::Warn});
    } else if (ours) {
        scene.onset = incident->incident.onset;
    }
    if (stream->def.sampled && stream->evaluatorLag > 0 && state.drift->dataUpTo > 0)
        scene.unevaluatedFrom = state.drift->dataUpTo - stream->evaluatorLag;
    for (const TimelineEvent& event : events) {
        if (event.kind != EventKind::Change || (!event.feature.isEmpty() && event.feature != stream->key.feature))
            continue;
        scene.marks.push_back(changeMark(event, state.live.get(), words));
    }
    if (ours) addCaseMarks(scene.marks, *incident, words);
    const auto standing = [](const ChartScene::Mark& m) {
        return m.role == Role::Agent ? 0 : m.role == Role::Warn ? 1 : m.role == Role::Ok ? 2 : 3;
    };
    std::stable_sort(scene.marks.begin(), scene.marks.end(),
        [&](const auto& a, const auto& b) { return standing(a) < standing(b); });
    return scene;
}

DriftPane::DriftPane(UiContext& context, QWidget* parent)
    : Pane(context, parent)
    , m_header(new SectionHeader(u"Drift"_s, this))
    , m_chart(new DriftChart(context.chart, this))
    , m_lanes(new Lanes(this))
    , m_noSignals(new QWidget(this))
    , m_table(new SignalTable(&m_signals, this))
    , m_stackHeader(new SectionHeader(u"Behaviour stack: good and now"_s, this))
    , m_noStack(new QWidget(this))
    , m_stackTable(new StackTable(&m_stack, this))
{
    setObjectName(u"drift"_s);
    setAccessibleName(u"Drift and behaviour stack"_s);
    m_header->setObjectName(u"drift.header"_s);
    m_stackHeader->setObjectName(u"drift.stackHeader"_s);
    m_stackHeader->setNote(u"share of answers in the last 5 min"_s);
    m_noSignals->setObjectName(u"drift.noSignals"_s);
    m_noStack->setObjectName(u"drift.noStack"_s);
    sayIn(m_noSignals,
        u"No signal has data yet. Each one appears here with its first answer, and says “not enough data” until its baseline is large enough."_s);
    sayIn(m_noStack, u"No answer has told its model, prompt or index yet."_s);
    m_chart->setMinimumHeight(150);

    auto* box = new QVBoxLayout(this);
    box->setContentsMargins(0, 0, 0, 0);
    box->setSpacing(0);
    box->addWidget(m_header);
    box->addWidget(m_chart, 1);
    box->addWidget(m_lanes);
    box->addSpacing(4);
    box->addWidget(m_noSignals);
    box->addWidget(m_table);
    box->addWidget(m_stackHeader);
    box->addWidget(m_noStack);
    box->addWidget(m_stackTable);
    setTabOrder(m_chart, m_table);
    setTabOrder(m_table, m_stackTable);

    connect(m_chart, &DriftChart::windowChanged, this, [this] {
        alignLanes();
        showHeader(shownStream());
    });
    connect(m_chart, &DriftChart::lineChanged, this, [this] { showHeader(shownStream()); });
    connect(m_chart, &DriftChart::eventsChanged, this, &DriftPane::showAll);
    connect(m_chart, &DriftChart::timePicked, this, [this](qint64 t) { Q_EMIT goTo(u"time %1"_s.arg(t)); });
    connect(m_chart, &DriftChart::said, this, &Pane::said);
    connect(m_lanes, &Lanes::picked, this, &Pane::goTo);
    connect(m_table, &SignalTable::chosen, this, &DriftPane::choose);
    connect(m_stackTable, &StackTable::evidencePicked, this,
        [this](int number) { Q_EMIT goTo(u"evidence %1"_s.arg(number)); });
}

void DriftPane::refresh(const ConsoleState& state)
{
    if (state.live) m_beats.add(state.live->infrastructureSeen, state.live->infrastructureHealthy);
    Seen seen{state.cases, state.drift, state.live, state.now / kSecond, state.engineBeat / kSecond, state.eventsTip,
        m_context.zone, state.problem};
    if (seen == m_seen) return;
    m_seen = std::move(seen);
    m_state = state;
    showAll();
}

void DriftPane::choose(const StreamKey& key)
{
    if (m_chosen == key) return;
    m_chosen = key;
    showAll();
}

void DriftPane::moveTo(const QString& place)
{
    if (!place.startsWith("time "_L1)) return;
    bool ok = false;
    const qint64 t = place.mid(5).toLongLong(&ok);
    if (ok) m_chart->centreOn(t);
}

const StreamState* DriftPane::shownStream() const
{
    const StreamState* stream = m_chosen && m_state.drift ? m_state.drift->find(*m_chosen) : nullptr;
    return stream ? stream : leadingStream(m_state.drift.get(), currentCase(m_state));
}

void DriftPane::showAll()
{
    const Case* incident = currentCase(m_state);
    const double speed = m_context.clock ? m_context.clock->speed() : 1.0;
    const StreamState* stream = shownStream();
    m_signals.update(
        m_state.drift, incident ? incident->incident.feature : QString(), m_state.now, m_context.zone, speed);
    if (stream) {
        // Following the leading stream is not a person's choice.
        const QSignalBlocker quiet(m_table);
        m_table->select(stream->key);
    }
    const bool signalsThere = m_signals.rowCount() > 0;
    m_table->setVisible(signalsThere);
    m_noSignals->setVisible(!signalsThere);
    m_stack.update(m_state.live ? m_state.live->stack : std::vector<StackRow>{},
        m_state.live ? m_state.live->lastGoodAt : QString());
    const bool stackThere = m_stack.rowCount() > 0;
    m_stackTable->setVisible(stackThere);
    m_noStack->setVisible(!stackThere);

    m_chart->setZone(m_context.zone);
    const qint64 tip = (m_state.drift ? m_state.drift->seq : 0) * 1'000'003 + m_state.eventsTip;
    ChartScene scene = chartSceneOf(m_state, stream, incident, m_chart->events(), speed);
    if (engineGone(m_state, speed)) scene.veiled = false; // the window lays one veil over every pane
    m_chart->setScene(scene, m_state.now, tip);
    showHeader(stream);
    showLanes();
    alignLanes();
}

void DriftPane::showHeader(const StreamState* stream)
{
    if (!stream) {
        m_header->setTitle(u"Drift"_s);
        m_header->setNote(u"nothing is watched yet"_s);
        return;
    }
    m_header->setTitle(stream->key.signal);
    const Shape& shape = m_chart->shape();
    QStringList note;
    if (!m_chart->following()) note << u"not following, F to follow"_s;
    note << stream->key.feature;
    QString what = stream->def.kind == SignalKind::Rate
        ? (stream->def.sampled ? u"share of evaluated answers"_s : u"share of answers"_s)
        : u"mean %1 an answer"_s.arg(stream->def.unit.isEmpty() ? u"value"_s : stream->def.unit);
    if (!shape.points.empty())
        what += shape.shortest == shape.longest
            ? u", points of "_s + ageText(shape.shortest)
            : u", points of "_s + ageText(shape.shortest) + u" to "_s + ageText(shape.longest);
    note << what << u"baseline "_s + baselineText(*stream);
    if (stream->def.sampled) note << u"hatched: not yet evaluated"_s;
    m_header->setNote(note.join(u" · "_s), m_chart->following() ? Role::Muted : Role::Warn);
}

void DriftPane::showLanes()
{
    std::array<std::vector<Lanes::Item>, Lanes::LaneCount> items;
    for (const TimelineEvent& event : m_chart->events()) {
        const auto lane = laneOf(event.kind);
        if (!lane) continue;
        const Role role = *lane == Lanes::Changes ? changeMark(event, m_state.live.get(), ChartWords::All).role
            : *lane == Lanes::Reports             ? Role::Severity1
                                                  : decisionRole(event.kind);
        const QString place = event.id < 0 ? u"entry %1"_s.arg(-event.id) : u"time %1"_s.arg(event.t);
        items[*lane].push_back(
            {event.t, role, u"%1  %2"_s.arg(clockText(event.t, m_context.zone), event.title), place});
    }
    for (int lane = Lanes::Changes; lane < Lanes::LaneCount; ++lane)
        m_lanes->setItems(Lanes::Lane(lane), std::move(items[size_t(lane)]));
    m_lanes->setBeats(m_beats.spans(), m_state.now);
}

void DriftPane::alignLanes()
{
    const QRectF plot = m_chart->plotRect();
    m_lanes->setFrame(m_chart->window(), plot.left(), plot.right());
}

} // namespace wf
