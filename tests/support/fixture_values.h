// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: one invented, consistent incident at 03:43:12 UTC, whole enough to fill every pane; the ports that serve it are in
// fixture_state.h. Owner: tests. Thread: values.
#pragma once
#include "models/domain/ports.h"
#include <QJsonArray>
#include <algorithm>
#include <cmath>
#include <random>

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

} // namespace wf::test
