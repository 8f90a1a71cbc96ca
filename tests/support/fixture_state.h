// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: one invented, consistent incident at 03:43:12 UTC, whole enough to fill every pane, and fakes for every port
// the console has. The fakes answer late, out of order, and sometimes after they were told to stop, as real readers do.
// Owner: tests. Thread: state on the GUI thread; fakes reply on their own thread.
#pragma once
#include "models/domain/ports.h"
#include <QJsonArray>
#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

namespace wf::test {

using namespace Qt::StringLiterals;

inline constexpr Nanos kMidnight = 1'795'305'600 * kSecond; ///< 2026-11-22T00:00:00Z

inline Nanos at(int hour, int minute, int second = 0)
{
    return kMidnight + hour * kHour + minute * kMinute + second * kSecond;
}
inline const Nanos kFixtureNow = at(3, 43, 12);

class FixedClock final : public Clock {
public:
    explicit FixedClock(Nanos now = kFixtureNow)
        : m_now(now)
    {
    }
    Nanos now() const override { return m_now; }
    void set(Nanos now) { m_now = now; }

private:
    std::atomic<Nanos> m_now;
};

// ---- values ----

inline SignalDef signalDef(
    const QString& name, SignalKind kind, Better better, const QString& unit, const QString& title)
{
    SignalDef def;
    def.name = name;
    def.feature = u"support-copilot"_s;
    def.title = title;
    def.kind = kind;
    def.better = better;
    def.unit = unit;
    def.primary = name == u"grounded_account_number"_s;
    def.sampled = def.primary;
    def.suggestedSeverity = def.primary ? 1 : 3;
    return def;
}

inline std::vector<float> spark(double before, double after, double noise, unsigned seed)
{
    std::mt19937 random(seed);
    std::normal_distribution<double> jitter(0, noise);
    std::vector<float> values;
    for (int i = 0; i < 60; ++i)
        values.push_back(float((i < 17 ? before : after) + jitter(random)));
    return values;
}

inline StreamState stream(const SignalDef& def, double baseline, double last5, double since, qint64 n, double coverage)
{
    StreamState s;
    s.key = {def.feature, def.name, {}, {}};
    s.def = def;
    s.baseline = {baseline, 210'000};
    s.last5min = {last5, n / 10};
    s.sinceOnset = {since, n};
    s.coverage5min = coverage;
    s.evaluatorLag = def.sampled ? 18 * kSecond : 0;
    s.threshold = 6.2;
    s.state = DriftState::InBand;
    return s;
}

inline Alarm alarmOf(StreamState& s, Nanos when, Interval interval)
{
    Alarm alarm;
    alarm.id = u"alarm-"_s + s.key.signal;
    alarm.stream = s.key;
    alarm.at = alarm.raised = when;
    alarm.baseline = s.baseline;
    alarm.current = s.sinceOnset;
    alarm.effect = s.effect = s.sinceOnset.mean - s.baseline.mean;
    alarm.effectInterval = s.effectInterval = interval;
    alarm.coverage = s.coverage5min;
    alarm.evaluatorLag = s.evaluatorLag;
    alarm.onset = {at(2, 58), at(2, 56), at(3, 0), 0.99};
    s.effectKnown = true;
    s.evidence = 41;
    s.state = DriftState::Alarm;
    s.alarm = alarm;
    return alarm;
}

inline std::shared_ptr<const DriftSnapshot> fixtureDrift(Nanos now = kFixtureNow)
{
    auto snapshot = std::make_shared<DriftSnapshot>();
    snapshot->at = now - 2 * kSecond;
    snapshot->dataUpTo = now - 2 * kSecond;
    snapshot->seq = 1'204'188;
    snapshot->watched = 38;
    snapshot->drifting = 2;
    snapshot->waiting = 1;
    auto grounded = stream(signalDef(u"grounded_account_number"_s, SignalKind::Rate, Better::Higher, {},
                               u"Answers with the right account number"_s),
        .957, .748, .731, 3383, .83);
    alarmOf(grounded, at(3, 3, 4), {-.246, -.206, .99});
    grounded.band = {.942, .972, .99};
    grounded.spark = spark(.957, .731, .012, 1);
    auto length = stream(
        signalDef(u"answer_length"_s, SignalKind::Numeric, Better::Neither, u"tokens"_s, u"Length of answers"_s), 268,
        398, 405, 4076, 1);
    alarmOf(length, at(3, 2, 10), {131, 143, .99});
    length.baselineSd = 61;
    length.band = {259, 277, .99};
    length.spark = spark(268, 405, 5, 2);
    auto refusal = stream(
        signalDef(u"refusal"_s, SignalKind::Rate, Better::Lower, {}, u"Refused answers"_s), .023, .021, .022, 4076, 1);
    refusal.effect = -.001;
    refusal.effectInterval = {-.005, .004, .99};
    refusal.effectKnown = true;
    refusal.band = {.014, .032, .99};
    refusal.smallestDetectable = .009;
    refusal.spark = spark(.023, .022, .004, 3);
    auto thumbs = stream(
        signalDef(u"thumbs_down"_s, SignalKind::Rate, Better::Lower, {}, u"Thumbs down"_s), .061, 0, .098, 41, .004);
    thumbs.last5min = {};
    thumbs.state = DriftState::NotEnoughData;
    thumbs.why = u"41 of 200 baseline answers"_s;
    thumbs.spark.assign(60, std::numeric_limits<float>::quiet_NaN());
    snapshot->streams = {grounded, length, refusal, thumbs};
    return snapshot;
}

inline PlanStep step(
    const QString& id, const QString& title, Tier tier, const QString& method, const QString& path, QJsonObject body)
{
    PlanStep s;
    s.id = id;
    s.title = title;
    s.tier = tier;
    s.touches.feature = u"support-copilot"_s;
    s.action.target = u"flags"_s;
    s.action.base = u"http://127.0.0.1:7070"_s;
    s.action.method = method;
    s.action.path = path;
    s.action.body = std::move(body);
    return s;
}

inline Proposal proposal(const QString& id, const QString& title, RunbookClass cls, Tier tier, const QString& runbook)
{
    Proposal p;
    p.id = {id};
    p.incident = {u"01936000-0000-7000-8000-000000000042"_s};
    p.title = title;
    p.feature = u"support-copilot"_s;
    p.cls = cls;
    p.tier = tier;
    p.runbookId = runbook;
    p.runbookVersion = u"1.4.0"_s;
    p.runbookDigest = QString(64, u'a');
    p.requester = u"agent:offline"_s;
    p.created = at(3, 41);
    p.expires = at(4, 41);
    p.escalateTo = u"ai-director"_s;
    return p;
}

inline Plan planToSign()
{
    Plan plan;
    plan.proposal = proposal(u"01936000-0000-7000-8000-0000000000a1"_s,
        u"Give 40 % of account questions back, on v41"_s, RunbookClass::Contain, Tier::T2, u"give-traffic-back"_s);
    plan.proposal.steps = {step(u"route"_s, u"give 40 % back"_s, Tier::T2, u"PATCH"_s,
        u"/features/support-copilot/route"_s, {{u"human_percent"_s, 60}})};
    plan.proposal.steps[0].undo = plan.proposal.steps[0].action;
    plan.proposal.limits.shareOfFeature = .45;
    plan.proposal.limits.tenants = 10;
    plan.proposal.evidence = {{29, QString(64, u'e')}, {31, QString(64, u'e')}};
    plan.proposal.price = u"214 people a minute wait for an agent"_s;
    plan.digest = plan.proposal.digest();
    plan.state = PlanState::Proposed;
    plan.queued = true;
    plan.queuedAt = at(3, 41, 22);
    plan.steps.resize(1);
    return plan;
}

inline Plan planRunning()
{
    Plan plan;
    plan.proposal = proposal(u"01936000-0000-7000-8000-0000000000a2"_s, u"Restore behaviour stack of 21 Nov"_s,
        RunbookClass::RestoreKnownGood, Tier::T3, u"restore-behaviour-stack"_s);
    plan.proposal.steps = {step(u"pin-prompt"_s, u"pin prompt v41"_s, Tier::T3, u"PATCH"_s,
                               u"/features/support-copilot/prompt"_s, {{u"version"_s, u"v41"_s}}),
        step(u"purge"_s, u"purge cached answers"_s, Tier::T3, u"POST"_s, u"/features/support-copilot/cache/purge"_s,
            {{u"generation"_s, u"c2"_s}}),
        step(u"give-back"_s, u"give traffic back"_s, Tier::T2, u"PATCH"_s, u"/features/support-copilot/route"_s,
            {{u"human_percent"_s, 0}})};
    plan.proposal.steps[0].gate.attribute = u"prompt"_s;
    plan.proposal.steps[0].gate.equals = u"v41"_s;
    plan.proposal.verify.signalNames = {u"grounded_account_number"_s};
    plan.proposal.evidence = {{22, QString(64, u'e')}};
    plan.digest = plan.proposal.digest();
    plan.state = PlanState::Running;
    plan.queued = true;
    plan.queuedAt = at(3, 25);
    plan.approvedAt = plan.stateAt = at(3, 38, 12);
    for (const auto& [person, role] :
        {std::pair{u"commander-1"_s, u"commander"_s}, {u"ai-owner-2"_s, u"ai-owner-deputy"_s}}) {
        AcceptedDecision accepted;
        accepted.decision.proposal = plan.proposal.id;
        accepted.decision.proposalDigest = plan.digest;
        accepted.decision.verdict = DecisionVerdict::Approve;
        accepted.decision.person = person;
        accepted.decision.role = role;
        accepted.decision.at = accepted.accepted = at(3, 38, 12);
        plan.decisions.push_back(accepted);
    }
    plan.steps.resize(3);
    plan.steps[0].state = StepRun::State::Executed;
    plan.steps[0].started = at(3, 41, 29);
    plan.steps[0].finished = at(3, 41, 30);
    plan.steps[0].httpStatus = 200;
    plan.steps[0].receipt = u"7f3a91"_s;
    plan.replayGood = 192;
    plan.replayN = 200;
    return plan;
}

inline Plan planBlocked()
{
    Plan plan;
    plan.proposal = proposal(u"01936000-0000-7000-8000-0000000000a3"_s, u"Tell the people who got a wrong number"_s,
        RunbookClass::Notify, Tier::T4, u"customer-notice"_s);
    plan.proposal.steps = {step(u"notify"_s, u"send the notice"_s, Tier::T4, u"POST"_s, u"/notices"_s,
        {{u"text"_s, u"You may have been given a wrong account number."_s}})};
    plan.proposal.limits.people = 500;
    plan.digest = plan.proposal.digest();
    plan.state = PlanState::Proposed;
    plan.queued = true;
    plan.queuedAt = at(3, 40);
    plan.steps.resize(1);
    return plan;
}

inline Claim claim(
    int number, const QString& text, Verdict verdict, const QString& reason, int evidence, const QString& kind)
{
    Claim c;
    c.id = {u"01936000-0000-7000-8000-0000000000c%1"_s.arg(number)};
    c.author = u"agent:offline"_s;
    c.kind = kind;
    c.text = text;
    c.verdict = verdict;
    c.reason = reason;
    c.citations = {{evidence, {}, {}}};
    return c;
}

inline Case fixtureCase()
{
    Case c;
    Incident& incident = c.incident;
    incident.id = {u"01936000-0000-7000-8000-000000000042"_s};
    incident.number = 42;
    incident.feature = u"support-copilot"_s;
    incident.title = u"Support copilot quotes wrong account numbers"_s;
    incident.alias = u"Support copilot: wrong answers"_s;
    incident.status = IncidentStatus::Mitigating;
    incident.severity = incident.suggestedSeverity = 1;
    incident.commander = u"commander-1"_s;
    incident.deputy = u"commander-2"_s;
    incident.bridge = u"room 4"_s;
    incident.opened = at(3, 1, 20);
    incident.declared = at(3, 4, 30);
    incident.contained = at(3, 12, 5);
    incident.onset = Onset{at(2, 58), at(2, 56), at(3, 0), .99};
    const auto drift = fixtureDrift(); // named: a range-for keeps only the last temporary alive
    for (const StreamState& s : drift->streams)
        if (s.alarm) incident.alarms.push_back(*s.alarm);
    for (int number = 1; number <= 31; ++number) {
        Evidence e;
        e.number = number;
        e.kind = u"comparison"_s;
        e.title = u"grounded_account_number with and without prompt v42, same minutes"_s;
        e.query = {{u"feature"_s, u"support-copilot"_s}, {u"signal"_s, u"grounded_account_number"_s}};
        e.result = {{u"with"_s, QJsonObject{{u"good"_s, 2246}, {u"n"_s, 3146}}},
            {u"without"_s, QJsonObject{{u"good"_s, 227}, {u"n"_s, 237}}}};
        e.from = at(2, 56);
        e.to = at(3, 40);
        e.at = at(3, 20);
        e.sha256 = QString(64, u'e');
        c.evidence.push_back(e);
    }
    c.claims = {claim(1, u"v42 answers pass 71.4 % of 3 146 checks; the 237 still on v41 pass 95.8 %."_s,
                    Verdict::Checked, u"figures recomputed from the records"_s, 22, u"comparison"_s),
        claim(2, u"The retrieval index lost 4 % of its documents."_s, Verdict::Failed,
            u"E23 does not say this: kept off the wall and the report"_s, 23, u"change"_s)};
    for (const char* key : kHypotheses) {
        Hypothesis h;
        h.key = QString::fromLatin1(key);
        c.hypotheses.push_back(h);
    }
    c.hypotheses[0].state = HypothesisState::Supported;
    c.hypotheses[0].why = u"separates bad from good at the same minutes: v42 71.4 %, v41 95.8 %"_s;
    c.hypotheses[0].evidence = {22};
    c.hypotheses[1].state = HypothesisState::Falsified;
    c.hypotheses[1].why = u"the same snapshot answers all along"_s;
    c.hypotheses[1].evidence = {19};
    c.hypotheses[2].state = HypothesisState::Falsified;
    c.hypotheses[2].why = u"02:41, before the onset; no difference across it: 95.6 / 95.8 %"_s;
    c.hypotheses[2].evidence = {23};
    c.hypotheses[3].state = HypothesisState::NotChecked;
    c.hypotheses[3].why = u"tool registry silent 6 h, list may be incomplete"_s;
    c.hypotheses[8].state = HypothesisState::Falsified;
    c.hypotheses[8].why = u"latency and errors flat in every region"_s;
    c.hypotheses[8].evidence = {15};
    c.plans = {planRunning(), planToSign(), planBlocked()};
    c.reports = {{u"three customers saw a stranger's account"_s, u"bank partner"_s, u"partner"_s, at(3, 1),
        at(3, 1, 20), 12, u"support-copilot"_s}};
    c.investigations = 1;
    c.lastUpdate = at(3, 25);
    c.harmBefore = 54;
    c.harmNow = 5;
    c.secondsToEffect = 38;
    return c;
}

inline std::shared_ptr<const LiveFigures> fixtureLive(Nanos now = kFixtureNow)
{
    auto live = std::make_shared<LiveFigures>();
    live->at = now - kSecond;
    live->harmPerMinute = 5;
    live->harmBefore = 54;
    live->answersPerMinute = 238;
    live->toHumanShare = .9;
    live->affected = 920;
    live->affectedLow = 840;
    live->affectedHigh = 1000;
    live->affectedAnswers = 3790;
    live->affectedPeople = 640;
    const auto source = [now](const QString& name, double perSecond, Nanos age) {
        SourceState s;
        s.name = name;
        s.received = s.stored = 120'000;
        s.perSecond = perSecond;
        s.lastSeen = now - age;
        return s;
    };
    live->sources = {source(u"otlp"_s, 1240, 200 * kMilli), source(u"infrastructure"_s, .2, 8 * kSecond),
        source(u"tool registry"_s, 0, 6 * kHour)};
    live->infrastructureHealthy = true;
    live->infrastructureSeen = now - 8 * kSecond;
    live->stack = {{Layer::Model, u"gpt-5.1-2026-09-30"_s, u"gpt-5.1-2026-09-30"_s, 1, false, {},
                       HypothesisState::Falsified, {19}},
        {Layer::Prompt, u"v41"_s, u"v42 58 % · v41 42 %"_s, .58, true,
            u"separates bad from good at the same minutes: v42 71.4 %, v41 95.8 %"_s, HypothesisState::Supported, {22}},
        {Layer::Retrieval, u"kb-11-21"_s, u"kb-11-22, 100 %"_s, 1, true,
            u"02:41, before the onset; no difference across it: 95.6 / 95.8 %"_s, HypothesisState::Falsified, {23}},
        {Layer::Tools, u"7-schemas"_s, u"7-schemas"_s, 1, false,
            u"not checked: tool registry silent 6 h, list may be incomplete"_s, HypothesisState::NotChecked, {}}};
    live->lastGoodAt = u"21 Nov 03:40"_s;
    BlastRadius back;
    back.known = true;
    back.share = .4;
    back.people = 214;
    back.tenants = 6;
    back.answers = 3570;
    back.perMinute = 95;
    back.at = now - 2 * kSecond;
    live->radius[planToSign().proposal.id.value] = back;
    BlastRadius all = back;
    all.share = 1;
    live->radius[planRunning().proposal.id.value] = all;
    BlastRadius notice = back;
    notice.share = .17;
    notice.people = 640;
    live->radius[planBlocked().proposal.id.value] = notice;
    live->feasibility[planRunning().proposal.id.value] = u"880 evaluated answers a window, 44 min at this traffic"_s;
    live->gateShare[planRunning().proposal.id.value] = .42;
    live->gateN[planRunning().proposal.id.value] = 238;
    live->timers = {{u"recovery"_s, u"ai-director"_s, u"recovery not shown"_s, at(4, 12)}};
    live->nextUpdateDue = at(3, 55);
    live->timersGuarded = true;
    live->recordsPerSecond = 1240;
    return live;
}

inline std::shared_ptr<const Policy> fixturePolicy()
{
    auto policy = std::make_shared<Policy>();
    policy->sample = true;
    policy->identitySwitching = true;
    for (const auto& [id, role] : {std::pair{u"commander-1"_s, u"commander"_s}, {u"commander-2"_s, u"deputy"_s},
             {u"ai-owner-1"_s, u"ai-owner"_s}, {u"ai-owner-2"_s, u"ai-owner-deputy"_s}, {u"legal-1"_s, u"legal"_s},
             {u"comms-1"_s, u"comms"_s}, {u"ai-director"_s, u"ai-director"_s}})
        policy->people.push_back({id, {role}, QByteArray(32, 'k'), true});
    policy->digest = QString(64, u'd');
    policy->signedBy = u"demo-site"_s;
    return policy;
}

/// Everything, as in the drawing. Change the copy and hand it to FakeFeed::set().
inline ConsoleState fixtureState(Nanos now = kFixtureNow)
{
    ConsoleState state;
    auto cases = std::make_shared<CaseFile>();
    cases->cases.push_back(fixtureCase());
    cases->seq = 4812;
    cases->profile = u"sample"_s;
    cases->nextNumber = 43;
    state.cases = cases;
    state.drift = fixtureDrift(now);
    state.live = fixtureLive(now);
    state.policy = fixturePolicy();
    state.now = now;
    state.engineBeat = now - kSecond;
    state.engineHere = true;
    state.sample = true;
    state.timelineCount = 12'418;
    state.eventsTip = 12'418;
    state.recordEntries = 4812;
    state.chainVerified = true;
    return state;
}

/// No incident, nothing received: the first start.
inline ConsoleState emptyState(Nanos now = kFixtureNow)
{
    ConsoleState state;
    state.cases = std::make_shared<CaseFile>();
    state.drift = std::make_shared<DriftSnapshot>();
    state.live = std::make_shared<LiveFigures>();
    state.policy = fixturePolicy();
    state.now = now;
    state.engineBeat = now;
    state.engineHere = true;
    return state;
}

inline TimelineEvent timelineEvent(qint64 id, Nanos t, EventKind kind, const QString& title, const QString& detail,
    std::vector<int> evidence = {}, bool loud = false, const QString& actor = {})
{
    TimelineEvent e;
    e.id = id;
    e.t = t;
    e.seen = t + kSecond;
    e.kind = kind;
    e.title = title;
    e.detail = detail;
    e.loud = loud;
    e.actor = actor;
    e.feature = u"support-copilot"_s;
    e.source = id < 0 ? u"record"_s : u"otlp"_s;
    QJsonArray numbers;
    for (const int number : evidence)
        numbers.append(number);
    if (!numbers.isEmpty()) e.body[u"evidence"_s] = numbers;
    return e;
}

/// The ten rows of the drawing, newest first; generatedRows adds alerts before them, ten seconds apart.
inline std::vector<TimelineEvent> fixtureEvents(int generatedRows = 0)
{
    std::vector<TimelineEvent> rows{
        timelineEvent(-4810, at(3, 41, 30), EventKind::Execution, u"Step 1 of 3 executed: pin prompt v41"_s,
            u"receipt 7f3a…"_s, {31}, false, u"engine"_s),
        timelineEvent(-4790, at(3, 38, 12), EventKind::Decision, u"Plan signed: commander-1, ai-owner-2"_s,
            u"3 steps, ≤ 100 % of this feature · digest 9c41 d0…"_s, {}, false, u"commander-1"_s),
        timelineEvent(-4700, at(3, 24, 50), EventKind::Proposal, u"Agent proposes: restore stack of 21 Nov"_s,
            u"replayed 200 failing prompts on v41: 96 % pass"_s, {29}, false, u"agent:offline"_s),
        timelineEvent(-4660, at(3, 21, 44), EventKind::Hypothesis, u"Ruled out: provider changed the model"_s,
            u"same drop on pinned snapshot and alias"_s, {19, 20}, false, u"agent:offline"_s),
        timelineEvent(-4600, at(3, 12, 5), EventKind::Execution, u"Contained: account questions to people"_s,
            u"tier 2, commander-1 alone · effect in 38 s"_s, {17}, false, u"commander-1"_s),
        timelineEvent(-4500, at(3, 4, 30), EventKind::Incident, u"Incident declared, SEV 1"_s,
            u"paged ai-owner-2, legal-1; deputy commander-2"_s, {}, false, u"commander-1"_s),
        timelineEvent(-4480, at(3, 3, 4), EventKind::Alarm, u"Drift alarm: grounded_account_number"_s,
            u"95.7 % → 80.1 %, n = 790, effect −15.6 pts"_s, {12}, false, u"drift"_s),
        timelineEvent(-4470, at(3, 1, 20), EventKind::Report, u"External report: bank partner"_s,
            u"three customers saw a stranger's account"_s, {}, true, u"partner"_s),
        timelineEvent(902, at(2, 57, 40), EventKind::Change, u"Prompt support-copilot v41 → v42"_s,
            u"ci-release · reached 93 % of answers by 03:00"_s, {7}, false, u"ci-release"_s),
        timelineEvent(901, at(2, 41), EventKind::Change, u"Retrieval index rebuilt 2026-11-22"_s,
            u"nightly job, 2.1 M documents"_s, {5}, false, u"ci-nightly"_s)};
    const auto told = [](TimelineEvent& e, const QString& layer, const QString& from, const QString& to) {
        e.body[u"layer"_s] = layer;
        e.body[u"from"_s] = from;
        e.body[u"to"_s] = to;
    };
    told(rows[8], u"prompt"_s, u"v41"_s, u"v42"_s);
    told(rows[9], u"retrieval"_s, u"kb-11-21"_s, u"kb-11-22"_s);
    for (int i = 0; i < generatedRows; ++i)
        rows.push_back(timelineEvent(800'000 - i, at(2, 40) - Nanos(i) * 10 * kSecond,
            i % 7 ? EventKind::Alert : EventKind::System, u"Alert resolved: queue depth %1"_s.arg(i),
            u"alertmanager, region eu-%1"_s.arg(i % 3), {}, false, u"alertmanager"_s));
    return rows;
}

// ---- ports ----

class FakeFeed final : public ConsoleFeed {
public:
    FakeFeed() { set(fixtureState()); }
    explicit FakeFeed(ConsoleState state) { set(std::move(state)); }
    void set(ConsoleState state)
    {
        std::atomic_store(&m_state, std::make_shared<const ConsoleState>(std::move(state)));
    }
    std::shared_ptr<const ConsoleState> latest() const override { return std::atomic_load(&m_state); }

private:
    std::shared_ptr<const ConsoleState> m_state;
};

/// Runs jobs on its own thread after a random wait, so that replies overtake each other. hold() keeps them all back.
class LateThread {
public:
    explicit LateThread(int longestMilliseconds = 8, unsigned seed = 7)
        : m_random(seed)
        , m_longest(longestMilliseconds)
    {
        m_thread = std::thread([this] { run(); });
    }
    ~LateThread()
    {
        {
            const std::lock_guard lock(m_mutex);
            m_done = true;
        }
        m_wake.notify_all();
        m_thread.join();
    }
    void post(std::function<void()> job)
    {
        {
            const std::lock_guard lock(m_mutex);
            const auto wait = std::chrono::milliseconds(std::uniform_int_distribution<int>(0, m_longest)(m_random));
            m_jobs.emplace(std::chrono::steady_clock::now() + wait, std::move(job));
        }
        m_wake.notify_all();
    }
    void hold(bool on)
    {
        {
            const std::lock_guard lock(m_mutex);
            m_hold = on;
        }
        m_wake.notify_all();
    }
    bool idle() const
    {
        const std::lock_guard lock(m_mutex);
        return m_jobs.empty() && !m_busy;
    }

private:
    void run()
    {
        std::unique_lock lock(m_mutex);
        while (!m_done) {
            if (m_jobs.empty() || m_hold) {
                m_wake.wait(lock);
            } else if (const auto due = m_jobs.begin()->first; due > std::chrono::steady_clock::now()) {
                m_wake.wait_until(lock, due);
            } else {
                auto job = std::move(m_jobs.begin()->second);
                m_jobs.erase(m_jobs.begin());
                m_busy = true;
                lock.unlock();
                job();
                lock.lock();
                m_busy = false;
            }
        }
    }
    mutable std::mutex m_mutex;
    std::condition_variable m_wake;
    std::multimap<std::chrono::steady_clock::time_point, std::function<void()>> m_jobs;
    std::mt19937 m_random;
    int m_longest;
    bool m_done = false, m_hold = false, m_busy = false;
    std::thread m_thread;
};

/// Rows in memory; understands kind:, actor:, loud:yes and words; "nonsense:" is the error every filter bar must show.
class FakeTimeline final : public TimelineSource {
public:
    explicit FakeTimeline(std::vector<TimelineEvent> rows = fixtureEvents(), int longestMilliseconds = 8)
        : m_late(longestMilliseconds)
    {
        for (TimelineEvent& row : rows)
            add(std::move(row));
    }
    void add(TimelineEvent row)
    {
        const std::lock_guard lock(m_mutex);
        const auto place = std::lower_bound(m_rows.begin(), m_rows.end(), row, newerFirst);
        m_rows.insert(place, std::move(row));
    }
    void add(std::vector<TimelineEvent> rows)
    {
        const std::lock_guard lock(m_mutex);
        m_rows.insert(m_rows.end(), std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
        std::sort(m_rows.begin(), m_rows.end(), newerFirst);
    }
    std::vector<TimelineEvent> rows() const
    {
        const std::lock_guard lock(m_mutex);
        return m_rows;
    }
    void hold(bool on) { m_late.hold(on); }
    bool idle() const { return m_late.idle(); }
    int requests() const { return m_requests; }
    void failWith(const QString& sentence)
    {
        const std::lock_guard lock(m_mutex);
        m_failure = sentence;
    }

    void older(const TimelineFilter& filter, TimelineKey key, int limit, std::stop_token stop,
        Reply<TimelinePage> reply) override
    {
        later<TimelinePage>(stop, std::move(reply), [=, this] {
            return page(
                filter, limit,
                [key](const TimelineEvent& e) {
                    return TimelineKey{e.t, e.id} < key;
                },
                false);
        });
    }
    void newer(const TimelineFilter& filter, TimelineKey key, int limit, std::stop_token stop,
        Reply<TimelinePage> reply) override
    {
        later<TimelinePage>(stop, std::move(reply), [=, this] {
            return page(
                filter, limit,
                [key](const TimelineEvent& e) {
                    return TimelineKey{e.t, e.id} > key;
                },
                true);
        });
    }
    void count(const TimelineFilter& filter, std::stop_token stop, Reply<qint64> reply) override
    {
        later<qint64>(stop, std::move(reply), [=, this]() -> Result<qint64> {
            auto all = matching(filter);
            if (!all) return tl::unexpected(all.error());
            return qint64(all->size());
        });
    }
    void density(const TimelineFilter& filter, Window window, int bins, std::stop_token stop,
        Reply<std::vector<DensityBin>> reply) override
    {
        later<std::vector<DensityBin>>(stop, std::move(reply), [=, this]() -> Result<std::vector<DensityBin>> {
            auto all = matching(filter);
            if (!all) return tl::unexpected(all.error());
            const Nanos width = std::max<Nanos>(1, (window.to - window.from + bins - 1) / bins);
            std::vector<DensityBin> result;
            for (int i = 0; i < bins; ++i)
                result.push_back({window.from + i * width, 0, 0});
            for (const TimelineEvent& e : *all) {
                if (e.t < window.from || e.t >= window.from + width * bins) continue;
                DensityBin& bin = result[size_t((e.t - window.from) / width)];
                bin.n++;
                bin.loud += e.loud || e.kind == EventKind::Alarm ? 1 : 0;
            }
            return result;
        });
    }

private:
    static bool newerFirst(const TimelineEvent& a, const TimelineEvent& b)
    {
        return TimelineKey{a.t, a.id} > TimelineKey{b.t, b.id};
    }

    static QString kindWord(EventKind kind)
    {
        static constexpr std::array kWords{"alert", "change", "report", "note", "alarm", "incident", "evidence",
            "claim", "hypothesis", "proposal", "decision", "execution", "gate", "verification", "escalation", "system",
            "answer"};
        return QString::fromLatin1(kWords[size_t(kind)]);
    }

    Result<std::vector<TimelineEvent>> matching(const TimelineFilter& filter) const
    {
        const std::lock_guard lock(m_mutex);
        if (!m_failure.isEmpty()) return fail(Fault::Io, m_failure);
        std::vector<TimelineEvent> found;
        const QStringList words = filter.text.split(u' ', Qt::SkipEmptyParts);
        for (const QString& word : words)
            if (word.startsWith(u"nonsense:"_s))
                return fail(Fault::BadInput, u"\"nonsense\" is not something one can filter by."_s,
                    u"The list was left as it was."_s, u"Use kind, actor, feature, incident, source or loud."_s);
        for (const TimelineEvent& e : m_rows) {
            const bool all = std::all_of(words.begin(), words.end(), [&e](const QString& word) {
                if (word.startsWith(u"kind:"_s)) return kindWord(e.kind) == word.mid(5);
                if (word.startsWith(u"actor:"_s)) return e.actor.startsWith(word.mid(6));
                if (word == u"loud:yes"_s) return e.loud;
                return e.title.contains(word, Qt::CaseInsensitive) || e.detail.contains(word, Qt::CaseInsensitive);
            });
            if (all) found.push_back(e);
        }
        return found;
    }

    template <class Test>
    Result<TimelinePage> page(const TimelineFilter& filter, int limit, Test test, bool nearestIsLast) const
    {
        auto all = matching(filter);
        if (!all) return tl::unexpected(all.error());
        std::erase_if(*all, [&](const TimelineEvent& e) { return !test(e); });
        TimelinePage result;
        result.more = int(all->size()) > limit;
        if (result.more) {
            if (nearestIsLast)
                all->erase(all->begin(), all->end() - limit);
            else
                all->resize(size_t(limit));
        }
        result.rows = std::move(*all);
        return result;
    }

    template <class T, class Work> void later(std::stop_token stop, Reply<T> reply, Work work)
    {
        const int number = ++m_requests;
        m_late.post([=] {
            // Every second stopped request is answered all the same: the asker must not rely on silence.
            if (stop.stop_requested() && number % 2) return;
            reply(work());
        });
    }

    mutable std::mutex m_mutex;
    std::vector<TimelineEvent> m_rows; ///< newest first
    QString m_failure;
    std::atomic<int> m_requests = 0;
    LateThread m_late; ///< last, so that its thread ends before what it reads
};

/// The curve of the drawing: baseline until 02:58, down within three minutes, back up from 03:41:30.
class FakeChart final : public ChartSource {
public:
    explicit FakeChart(int longestMilliseconds = 8)
        : m_late(longestMilliseconds)
    {
    }
    void hold(bool on) { m_late.hold(on); }
    bool idle() const { return m_late.idle(); }

    void chart(const QString&, const QString& signal, Window window, Nanos bucket, std::stop_token stop,
        Reply<ChartData> reply) override
    {
        m_late.post([=] {
            if (stop.stop_requested()) return;
            ChartData data;
            data.bucket = bucket;
            const bool numeric = signal == u"answer_length"_s;
            for (Nanos t = window.from - window.from % bucket; t < std::min(window.to, kFixtureNow); t += bucket) {
                std::mt19937 random(unsigned(t / bucket));
                std::normal_distribution<double> jitter(0, numeric ? 5 : .012);
                double mean = t < at(2, 57, 40) ? .957
                    : t < at(3, 1)              ? .957 - .226 * double(t - at(2, 57, 40)) / double(200 * kSecond)
                    : t < at(3, 41, 30)         ? .731
                                                : .731 + .11 * double(t - at(3, 41, 30)) / double(102 * kSecond);
                if (numeric)
                    mean = t < at(2, 57, 40) ? 268 : 405;
                else if (signal != u"grounded_account_number"_s)
                    mean = .023;
                const qint64 n = 200;
                data.buckets.push_back({t, n, std::max(0.0, mean + jitter(random)) * double(n)});
            }
            for (const TimelineEvent& e : fixtureEvents())
                if (e.t >= window.from && e.t < window.to) data.marks.insert(data.marks.begin(), e);
            reply(std::move(data));
        });
    }

private:
    LateThread m_late;
};

/// Remembers what was asked and says yes, or refuses with a sentence.
class FakeDesk final : public Desk {
public:
    struct Call {
        QString what, person, text, extra;
        Nanos happened = 0;
    };
    explicit FakeDesk(int longestMilliseconds = 4)
        : m_late(longestMilliseconds)
    {
    }
    void refuseWith(const QString& sentence)
    {
        const std::lock_guard lock(m_mutex);
        m_refusal = sentence;
    }
    std::vector<Call> calls() const
    {
        const std::lock_guard lock(m_mutex);
        return m_calls;
    }
    std::vector<SignRequest> decisions() const
    {
        const std::lock_guard lock(m_mutex);
        return m_decisions;
    }
    void hold(bool on) { m_late.hold(on); }
    bool idle() const { return m_late.idle(); }

    std::vector<Identity> identities() const override
    {
        return {{u"commander-1"_s, true, false, {u"commander"_s}}, {u"ai-owner-1"_s, true, false, {u"ai-owner"_s}},
            {u"ai-owner-2"_s, true, false, {u"ai-owner-deputy"_s}}};
    }
    void fileReport(const QString& person, const QString& text, Nanos happened, const QString& channel,
        Reply<qint64> reply) override
    {
        answer({u"report"_s, person, text, channel, happened}, std::move(reply), qint64(4813));
    }
    void addNote(const QString& person, const IncidentId& incident, const QString& text, Nanos happened,
        Reply<qint64> reply) override
    {
        answer({u"note"_s, person, text, incident.value, happened}, std::move(reply), qint64(4814));
    }
    void declare(const QString& person, const IncidentId& incident, int severity, Reply<qint64> reply) override
    {
        answer({u"declare"_s, person, QString::number(severity), incident.value, 0}, std::move(reply), qint64(4815));
    }
    void setStatus(const QString& person, const IncidentId& incident, IncidentStatus, const QString& why,
        Reply<qint64> reply) override
    {
        answer({u"status"_s, person, why, incident.value, 0}, std::move(reply), qint64(4816));
    }
    void queueProposal(const QString& person, const ProposalId& proposal, Reply<qint64> reply) override
    {
        answer({u"queue"_s, person, proposal.value, {}, 0}, std::move(reply), qint64(4817));
    }
    void decide(const SignRequest& request, Reply<qint64> reply) override
    {
        {
            const std::lock_guard lock(m_mutex);
            m_decisions.push_back(request);
        }
        answer({u"decide"_s, request.person, request.proposal.value, request.role, 0}, std::move(reply), qint64(4818));
    }
    void ask(const QString& person, const IncidentId& incident, const QString& question, Reply<QString> reply) override
    {
        answer({u"ask"_s, person, question, incident.value, 0}, std::move(reply), u"E12 and E22 hold the figures."_s);
    }
    void exportIncident(const IncidentId& incident, const QString& folder, Reply<QString> reply) override
    {
        answer({u"export"_s, {}, folder, incident.value, 0}, std::move(reply), folder);
    }

private:
    template <class T> void answer(Call call, Reply<T> reply, T value)
    {
        QString refusal;
        {
            const std::lock_guard lock(m_mutex);
            m_calls.push_back(std::move(call));
            refusal = m_refusal;
        }
        m_late.post([=] {
            if (refusal.isEmpty())
                reply(value);
            else
                reply(fail(Fault::Refused, refusal));
        });
    }
    mutable std::mutex m_mutex;
    std::vector<Call> m_calls;
    std::vector<SignRequest> m_decisions;
    QString m_refusal;
    LateThread m_late;
};

} // namespace wf::test
