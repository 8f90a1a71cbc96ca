// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/conductor.h"
#include "models/domain/canonical_json.h"
#include "models/domain/incident_rules.h"
#include "services/recovery/escalation.h"
#include "services/recovery/gate_check.h"
#include "services/recovery/live_measure.h"
#include "services/recovery/verify_window.h"
#include <QJsonDocument>
#include <chrono>

namespace wf {
using namespace Qt::StringLiterals;

namespace {
const QString kEngine = u"engine"_s;
const QString kAgent = u"agent:offline"_s;
constexpr auto kTick = std::chrono::milliseconds(100);
constexpr Nanos kReviewEvery = kMinute;       // authority.md: what a plan would touch is counted again every minute
constexpr Nanos kPublishEvery = kSecond;      // real time
// Evaluations lag; the first look waits for enough of them, later ones for stragglers. Clock time after the alarm.
constexpr Nanos kLooks[] = {25 * kSecond, 75 * kSecond, 4 * kMinute};

Nanos realNow()
{
    return SystemClock().now();
}

NewEntry entry(const char* kind, const QString& actor, const Case& c, QJsonObject body)
{
    return {QLatin1StringView(kind), actor, c.incident.id.value, std::move(body), 0};
}
} // namespace

/// Everything mayExecute() looks at, owned, so that it can travel to the executor's thread.
struct Conductor::Facts {
    Proposal proposal;
    std::optional<Runbook> runbook;
    Policy policy;
    ExecutionContext context;
};

Conductor::Conductor(ConductorPorts ports)
    : m_ports(std::move(ports)), m_queries(m_ports.queries()), m_desk(m_ports.site.policy), m_executor(m_ports.record, m_ports.clock)
{
}

Conductor::~Conductor()
{
    m_thread.request_stop();
    if (m_thread.joinable()) m_thread.join();
}

Done Conductor::start()
{
    if (auto folded = fold(); !folded) return folded;
    m_thread = std::jthread([this](std::stop_token stop) { loop(stop); });
    return {};
}

void Conductor::handAlarms(std::vector<Alarm> alarms)
{
    const std::lock_guard lock(m_alarmMutex);
    for (auto& a : alarms) m_alarms.push_back(std::move(a));
}

void Conductor::loop(std::stop_token stop)
{
    while (!stop.stop_requested()) {
        const auto next = std::chrono::steady_clock::now() + kTick;
        tick();
        std::this_thread::sleep_until(next);
    }
}

void Conductor::tick()
{
    m_drift = m_ports.drift();
    recordAlarms();
    if (m_ports.record.changed()) {
        if (const auto folded = fold(); !folded) qWarning("%s", qPrintable(folded.error().sentence()));
    }
    ruleOnSignatures();
    append(entriesForLooseReports(m_cases, m_ports.clock.now()));
    runOutbox();
    // By index: append() folds, and folding may move the cases.
    for (size_t i = 0; i < m_cases.cases.size(); ++i) {
        if (!m_cases.cases[i].incident.isOpen()) continue;
        const Case c = m_cases.cases[i];
        draftContainment(c);
        investigate(c);
        progress(c);
        fireTimers(c);
        append(entriesForStatus(m_cases.cases[i], m_ports.clock.now()));
    }
    if (m_ports.clock.now() >= m_reviewed + kReviewEvery) m_reviewed = m_ports.clock.now();
    if (realNow() - m_published >= kPublishEvery) publish();
}

Done Conductor::fold()
{
    bool any = false;
    for (;;) {
        auto entries = m_ports.record.after(m_cases.seq);
        if (!entries) return tl::unexpected(entries.error());
        if (entries->empty()) break;
        any = true;
        for (auto& e : *entries) {
            m_cases.apply(e);
            if (e.kind == QLatin1StringView(kind::DecisionSigned)) m_unruled.push_back(e);
            const bool ruled = e.kind == QLatin1StringView(kind::DecisionAccepted) || e.kind == QLatin1StringView(kind::DecisionRefused);
            if (ruled) std::erase_if(m_unruled, [&](const Entry& s) { return s.seq == fromJsonInt(e.body[u"signed_seq"_s]); });
        }
    }
    if (any) m_ports.projected();
    return {};
}

bool Conductor::append(std::vector<NewEntry> entries, std::vector<OutboxRow> outbox)
{
    if (entries.empty()) return true;
    if (const auto done = m_ports.record.append(std::move(entries), std::move(outbox)); !done) {
        qWarning("%s", qPrintable(u"The record did not take an entry. "_s + done.error().sentence()));
        return false;
    }
    if (const auto folded = fold(); !folded) qWarning("%s", qPrintable(folded.error().sentence()));
    return true;
}

void Conductor::recordAlarms()
{
    std::vector<Alarm> fresh;
    {
        const std::lock_guard lock(m_alarmMutex);
        fresh.swap(m_alarms);
    }
    std::vector<Alarm> unrecorded; // the detectors say it once: it waits until the record can be written again
    for (auto& a : fresh) {
        const SignalDef* def = m_ports.site.signalSet.find(a.stream.feature, a.stream.signal);
        if (!unrecorded.empty() || !append(entriesForAlarm(m_cases, a, def ? *def : SignalDef{}, m_ports.clock.now())))
            unrecorded.push_back(std::move(a));
    }
    if (!unrecorded.empty()) handAlarms(std::move(unrecorded));
}

std::shared_ptr<const Conductor::Facts> Conductor::factsFor(const Case& c, const Plan& plan)
{
    auto f = std::make_shared<Facts>();
    f->proposal = plan.proposal;
    f->policy = m_ports.site.policy;
    if (const Runbook* r = m_ports.site.runbook(plan.proposal.runbookId)) f->runbook = *r;
    auto& x = f->context;
    x.proposal = &f->proposal;
    x.digestOnRecord = plan.digest;
    x.runbook = f->runbook ? &*f->runbook : nullptr;
    x.policy = &f->policy;
    x.decisions = plan.decisions;
    x.radius = measureRadius(plan.proposal, *m_queries, m_ports.clock.now());
    x.evidence = c.evidence;
    x.claims = c.claims;
    x.actionsSpent = c.actionsSpent();
    x.peopleSpent = c.peopleSpent();
    x.state = plan.state;
    x.now = m_ports.clock.now();
    for (const auto& other : m_cases.cases) {
        if (other.incident.id == c.incident.id || !other.incident.isOpen()) continue;
        for (const auto& p : other.plans)
            if (p.state == PlanState::Running && p.proposal.feature == plan.proposal.feature) {
                x.targetLockedByOther = true;
                x.lockedBy = other.incident.code();
            }
    }
    return f;
}

void Conductor::ruleOnSignatures()
{
    // A copy: append() folds and strikes off what was ruled on.
    const auto waiting = m_unruled;
    for (const auto& e : waiting) {
        const Case* c = m_cases.find(IncidentId{e.incident});
        const Plan* plan = c ? c->plan(ProposalId{e.body[u"proposal"_s].toString()}) : nullptr;
        if (!plan) {
            append({{QLatin1StringView(kind::DecisionRefused), kEngine, e.incident,
                {{u"signed_seq"_s, jsonInt(e.seq)}, {u"person"_s, e.actor}, {u"reason"_s, u"There is no such proposal on record; nothing was decided."_s}}, 0}});
            continue;
        }
        const auto facts = factsFor(*c, *plan);
        append(m_desk.judge(e, *c, facts->context));
    }
    std::erase_if(m_unruled, [&](const Entry& s) {
        return std::any_of(waiting.begin(), waiting.end(), [&](const Entry& w) { return w.seq == s.seq; });
    });
}

void Conductor::runOutbox()
{
    // One at a time: the time-of-use check must speak of now, not of when a queue was joined.
    if (!m_executor.idle()) return;
    const auto rows = m_ports.record.openOutbox();
    if (!rows) return;
    for (const auto& row : *rows) {
        for (const auto& c : m_cases.cases) {
            const Plan* plan = c.plan(row.proposal);
            if (!plan || row.step < 0 || row.step >= int(plan->steps.size())) continue;
            const StepRun& run = plan->steps[size_t(row.step)];
            if (run.finished) { // recorded, but the process died before the row was closed
                (void)m_ports.record.closeOutbox(row.execution);
                continue;
            }
            // "Unknown" belongs to people; a held or rejected plan starts nothing.
            if (plan->state != PlanState::Approved && plan->state != PlanState::Running) continue;
            const auto facts = factsFor(c, *plan);
            m_executor.submit({row, c.incident.id.value, plan->proposal.steps[size_t(row.step)], run.state == StepRun::State::Executing,
                [facts] { return mayExecute(facts->context); }});
            return;
        }
    }
}

void Conductor::planState(const Case& c, const Plan& plan, PlanState state, const QString& why)
{
    append({entry(kind::ProposalState, kEngine, c, {{u"proposal"_s, plan.proposal.id.value}, {u"state"_s, planStateName(state)}, {u"why"_s, why}})});
}

void Conductor::progress(const Case& c)
{
    const Nanos now = m_ports.clock.now();
    for (const auto& plan : c.plans) {
        const bool waits = plan.state == PlanState::Proposed || plan.state == PlanState::PartlyApproved || plan.state == PlanState::Draft;
        if (waits && now >= m_reviewed + kReviewEvery)
            append(m_desk.review(c, plan, factsFor(c, plan)->context));
        else if (plan.state == PlanState::Approved
            && std::any_of(plan.steps.begin(), plan.steps.end(), [](const StepRun& s) { return s.started || s.finished; }))
            planState(c, plan, PlanState::Running, {});
        else if (plan.state == PlanState::Running)
            progressRunning(c, plan);
        else if (plan.state == PlanState::Closed && plan.proposal.cls == RunbookClass::Contain)
            measureEffect(c, plan);
        else if (plan.state == PlanState::Verifying)
            progressVerifying(c, plan);
    }
}

void Conductor::progressRunning(const Case& c, const Plan& plan)
{
    const Nanos now = m_ports.clock.now();
    const int k = plan.currentStep();
    if (k == int(plan.steps.size())) {
        if (plan.proposal.verify.signalNames.isEmpty())
            planState(c, plan, PlanState::Closed, u"Every step ran and passed its gate."_s);
        else
            planState(c, plan, PlanState::Verifying, {});
        return;
    }
    const StepRun& run = plan.steps[size_t(k)];
    const PlanStep& step = plan.proposal.steps[size_t(k)];
    const QJsonObject place{{u"proposal"_s, plan.proposal.id.value}, {u"step"_s, k}};
    if (run.state == StepRun::State::Waiting) {
        append(m_desk.nextStep(c, plan, factsFor(c, plan)->context));
        return;
    }
    if (run.state == StepRun::State::Failed) return planState(c, plan, PlanState::Held, u"Step %1 failed. %2"_s.arg(k + 1).arg(run.why));
    if (run.state != StepRun::State::Executed) return;

    QJsonObject passed = place;
    if (!step.gate.isNull()) {
        const auto gate = readGate(step.gate, plan.proposal.feature, run.finished, now, *m_queries);
        if (!gate) return;
        if (gate->state == GateReading::State::Late) {
            QJsonObject late = place;
            late[u"why"_s] = u"After %1 only %2 of %3 answers carry %4."_s.arg(ageText(step.gate.within)).arg(gate->good).arg(gate->n).arg(step.gate.equals);
            append({entry(kind::GateFailed, kEngine, c, late)});
            return planState(c, plan, PlanState::Held, late[u"why"_s].toString());
        }
        if (gate->state != GateReading::State::Passed) return;
        passed[u"share_good"_s] = jsonInt(gate->good);
        passed[u"share_n"_s] = jsonInt(gate->n);
    }
    append({entry(kind::GatePassed, kEngine, c, passed)});
}

const StreamState* Conductor::primaryOf(const QString& feature) const
{
    for (const auto& s : m_drift.streams)
        if (s.key.feature == feature && s.key.dimension.isEmpty() && s.def.primary) return &s;
    return nullptr;
}

void Conductor::measureEffect(const Case& c, const Plan& plan)
{
    // Once, and only when the drift is known: a containment signed on a report alone waits for the figure.
    const StreamState* s = primaryOf(c.incident.feature);
    if (c.secondsToEffect >= 0 || plan.steps.empty() || !s || s->state != DriftState::Alarm || s->sinceOnset.n == 0) return;
    const Nanos started = plan.steps.front().started, reached = plan.steps.back().gatePassed;
    const auto before = harmAt(*s, *m_queries, started), after = harmAt(*s, *m_queries, reached);
    if (!started || !before || !after) return;
    append({entry(kind::HarmMeasured, kEngine, c,
        {{u"per_minute_before"_s, decimal(*before)}, {u"per_minute"_s, decimal(*after)},
            {u"seconds_to_effect"_s, decimal(std::round(double(reached - started) / double(kSecond)))}})});
}

void Conductor::progressVerifying(const Case& c, const Plan& plan)
{
    const QString signal = plan.proposal.verify.signalNames.value(0);
    const StreamState* s = m_drift.find({plan.proposal.feature, signal, {}, {}});
    if (!s) return;
    const Nanos from = plan.windows.empty() ? plan.steps.back().gatePassed : plan.windows.back().to;
    const auto reading = readWindow(*s, plan.proposal.verify.margin, from, m_ports.clock.now(), *m_queries);
    if (!reading || !reading->closed) return;
    const VerifiedWindow w{signal, reading->outcome, int(plan.windows.size()) + 1, plan.proposal.verify.windows, reading->good, reading->n,
        reading->difference.low, reading->difference.high, 0, reading->span.from, reading->span.to};
    append({entry(kind::WindowVerified, kEngine, c,
        {{u"proposal"_s, plan.proposal.id.value}, {u"signal"_s, signal}, {u"window"_s, w.window}, {u"of"_s, w.of}, {u"outcome"_s, w.outcome},
            {u"good"_s, jsonInt(w.good)}, {u"n"_s, jsonInt(w.n)}, {u"low"_s, decimal(w.low)}, {u"high"_s, decimal(w.high)},
            {u"from"_s, jsonInt(w.from)}, {u"to"_s, jsonInt(w.to)}})});
    auto windows = plan.windows;
    windows.push_back(w);
    const QString verdict = verdictOf(windows, plan.proposal.verify.windows);
    if (verdict.isEmpty()) return;
    static const std::map<QString, std::pair<PlanState, QString>> kOutcome{
        {u"recovered"_s, {PlanState::Recovered, u"Behaviour is inside the margin of its baseline in every window asked for."_s}},
        {u"not_recovered"_s, {PlanState::NotRecovered, u"Two windows lie outside the margin. The plan holds; nothing is undone."_s}},
        {u"worse"_s, {PlanState::Worse, u"Behaviour is shown to be worse than before the plan."_s}},
        {u"cannot_tell"_s, {PlanState::CannotTell, u"Two windows could not tell. The plan holds; nothing is undone."_s}}};
    const auto& [state, why] = kOutcome.at(verdict);
    append({entry(kind::PlanVerified, kEngine, c, {{u"proposal"_s, plan.proposal.id.value}, {u"outcome"_s, verdict}, {u"why"_s, why}}),
        entry(kind::ProposalState, kEngine, c, {{u"proposal"_s, plan.proposal.id.value}, {u"state"_s, planStateName(state)}, {u"why"_s, why}})});
    if (state == PlanState::Recovered) m_ports.recovered(c.incident.feature, w.to);
    else
        append({entry(kind::EscalationFired, kEngine, c, {{u"rule"_s, u"verified:%1"_s.arg(plan.proposal.id.value)}, {u"to"_s, plan.proposal.escalateTo}, {u"why"_s, why}})});
}

InvestigationInput Conductor::inputFor(const Case& c) const
{
    InvestigationInput in;
    in.incident = c.incident;
    // A slice's alarm says again what its whole feature says; the attribution is the investigator's own business.
    if (std::any_of(c.incident.alarms.begin(), c.incident.alarms.end(), [](const Alarm& a) { return a.stream.dimension.isEmpty(); }))
        std::erase_if(in.incident.alarms, [](const Alarm& a) { return !a.stream.dimension.isEmpty(); });
    in.reports = c.reports;
    in.signalSet = m_ports.site.signalSet;
    in.runbooks = m_ports.site.trustedRunbooks();
    in.targets = m_ports.site.targets;
    in.expectations = m_ports.site.expectations;
    for (const auto& e : c.evidence) in.nextEvidence = std::max(in.nextEvidence, e.number + 1);
    return in;
}

void Conductor::draftContainment(const Case& c)
{
    const bool have = std::any_of(c.plans.begin(), c.plans.end(), [](const Plan& p) { return p.proposal.cls == RunbookClass::Contain; });
    const QString once = u"contain:"_s + c.incident.id.value;
    if (have || m_tried.contains(once) || (c.incident.alarms.empty() && c.reports.empty())) return;
    auto proposal = Investigator(*m_queries, m_ports.clock).draftContainment(inputFor(c), c.evidence);
    if (!proposal) {
        // Try again when an alarm adds what a report alone could not tell; then say why once.
        if (!c.incident.alarms.empty()) {
            m_tried.insert(once);
            append({entry(kind::NoteAdded, kAgent, c, {{u"text"_s, u"No containment was drafted. "_s + proposal.error().sentence()}})});
        }
        return;
    }
    append({entry(kind::ProposalDrafted, kAgent, c, {{u"proposal"_s, proposal->toJson()}, {u"digest"_s, proposal->digest()}}),
        entry(kind::ProposalQueued, kAgent, c, {{u"proposal"_s, proposal->id.value}, {u"title"_s, proposal->title}})});
}

void Conductor::investigate(const Case& c)
{
    if (m_investigating) return;
    std::optional<Investigation> done;
    {
        const std::lock_guard lock(m_findingsMutex);
        done.swap(m_findings);
    }
    if (done) {
        const Case* home = m_cases.find(done->incident);
        if (!home) return;
        std::vector<NewEntry> out;
        for (const auto& e : done->findings.evidence) out.push_back(entry(kind::EvidenceAdded, kAgent, *home, e.toJson()));
        for (const auto& k : done->findings.claims) out.push_back(entry(kind::ClaimMade, kAgent, *home, k.toJson()));
        for (const auto& h : done->findings.hypotheses) out.push_back(entry(kind::HypothesisSet, kAgent, *home, h.toJson()));
        for (const auto& p : done->findings.proposals) {
            const bool known = std::any_of(home->plans.begin(), home->plans.end(), [&](const Plan& q) { return q.proposal.runbookId == p.runbookId && !isFinal(q.state); });
            if (known) continue;
            const auto replay = done->replays.find(p.id.value);
            QJsonObject body{{u"proposal"_s, p.toJson()}, {u"digest"_s, p.digest()}};
            if (replay != done->replays.end()) {
                body[u"replay_good"_s] = jsonInt(replay->second.pass);
                body[u"replay_n"_s] = jsonInt(replay->second.n);
            }
            out.push_back(entry(kind::ProposalDrafted, kAgent, *home, body));
        }
        out.push_back(entry(kind::InvestigationDone, kAgent, *home,
            {{u"milliseconds"_s, jsonInt(done->findings.milliseconds)}, {u"observations"_s, jsonInt(done->findings.observations)}}));
        append(std::move(out));
        return;
    }

    // Another look is worth it while something is open, or nothing explains the fall yet.
    const auto any = [&](HypothesisState state) { return std::any_of(c.hypotheses.begin(), c.hypotheses.end(), [&](const Hypothesis& h) { return h.state == state; }); };
    const bool settled = any(HypothesisState::Supported) && !any(HypothesisState::Open);
    if (c.incident.alarms.empty() || settled || c.investigations >= int(std::size(kLooks))) return;
    if (m_ports.clock.now() < c.incident.alarms.front().raised + kLooks[c.investigations]) return;
    m_investigating = true;
    m_investigator = std::jthread([this, in = inputFor(c)] {
        const auto queries = m_ports.queries();
        Investigation result{in.incident.id, Investigator(*queries, m_ports.clock).investigate(in), {}};
        for (const auto& p : result.findings.proposals)
            if (!p.replay.isNull())
                if (const auto r = runReplay(p.replay, [](const HttpClientRequest& q) { return request(q); })) result.replays[p.id.value] = *r;
        {
            const std::lock_guard lock(m_findingsMutex);
            m_findings = std::move(result);
        }
        m_investigating = false;
    });
}

void Conductor::fireTimers(const Case& c)
{
    const Nanos now = m_ports.clock.now();
    for (const auto& t : runningTimers(c, m_ports.site.policy, now)) {
        if (t.due > now) return; // soonest first
        append({entry(kind::EscalationFired, kEngine, c, {{u"rule"_s, t.rule}, {u"to"_s, t.to}, {u"why"_s, t.what}})});
    }
}

void Conductor::publish()
{
    m_published = realNow();
    const LiveFigures f = measure({&m_cases, &m_drift, &m_ports.site.signalSet, &m_ports.site.policy, m_ports.clock.now(), m_ports.site.expectations}, *m_queries);
    const auto put = m_ports.published.put(u"live"_s, QJsonDocument(f.toJson()).toJson(QJsonDocument::Compact));
    if (!put) qWarning("%s", qPrintable(put.error().sentence()));
}

} // namespace wf
