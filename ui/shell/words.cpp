// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/words.h"
#include "ui/common/format.h"
#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace wf {

namespace {

constexpr Nanos kEngineSilent = 5 * kSecond;
constexpr Nanos kWatchdogSilent = 20 * kSecond; // it beats every five
constexpr Nanos kSourceSilent = 5 * kMinute;

const Case* currentCase(const ConsoleState& state)
{
    return state.cases ? state.cases->current() : nullptr;
}

QString harmText(double perMinute)
{
    if (perMinute > 0 && perMinute < 0.5) return u"< 1"_s;
    return u"≈ "_s + grouped(qint64(std::lround(perMinute)));
}

Answer5 harmAnswer(const ConsoleState& state, const Case* current)
{
    Answer5 answer{u"Harm now"_s, {}, false};
    const double now = state.live ? state.live->harmPerMinute : -1;
    const double before = state.live && state.live->harmBefore >= 0 ? state.live->harmBefore
        : current                                                   ? current->harmBefore
                                                                    : -1;
    if (now >= 0) {
        answer.value = {strong(harmText(now) + u" wrong answers / min"_s, Role::Text, 2)};
        if (before > 0) answer.value.push_back(muted(u" was %1"_s.arg(grouped(qint64(std::lround(before))))));
    } else if (current) {
        answer.value = {strong(u"not known yet"_s, Role::Warn, 2), muted(u" too few answers evaluated since onset"_s)};
    } else if (!state.drift || state.drift->watched == state.drift->waiting) {
        answer.value = {strong(u"not measured"_s, Role::Text, 2), muted(u" no signal has enough data yet"_s)};
    } else {
        answer.value = {strong(u"none seen"_s, Role::Text, 2), muted(u" no drift on a signal that means harm"_s)};
    }
    return answer;
}

Answer5 containedAnswer(const ConsoleState& state, const Case* current, Zone zone)
{
    Answer5 answer{u"Contained"_s, {}, false};
    if (!current) {
        answer.value = {strong(u"—"_s, Role::Muted, 2), muted(u" no incident open"_s)};
    } else if (current->incident.contained == 0) {
        answer.value = {strong(u"not yet"_s, Role::Warn, 2)};
        const Nanos since = current->incident.declared ? current->incident.declared : current->incident.opened;
        if (since)
            answer.value.push_back(muted(u" %1 since it was %2"_s.arg(
                ageText(state.now - since), current->incident.declared ? u"declared"_s : u"detected"_s)));
    } else {
        answer.value = {strong(clockMinute(current->incident.contained, zone), Role::Ok, 2)};
        if (state.live && state.live->toHumanShare > 0)
            answer.value.push_back(
                muted(u" %1 of questions go to people"_s.arg(percentText(state.live->toHumanShare, 0))));
        else if (current->secondsToEffect >= 0)
            answer.value.push_back(
                muted(u" effect seen after %1"_s.arg(ageText(Nanos(current->secondsToEffect) * kSecond))));
    }
    return answer;
}

Answer5 waitingAnswer(const ConsoleState& state, const QString& person)
{
    const Waiting waiting = waitingFor(state, person);
    Answer5 answer{u"Waiting for you"_s, {}, waiting.toSign > 0};
    if (waiting.toSign > 0)
        answer.value = {strong(u"%1 to sign"_s.arg(waiting.toSign), Role::AccentText, 2)};
    else
        answer.value = {strong(u"nothing to sign"_s, Role::Text, 2)};
    QString rest;
    if (waiting.blocked > 0) rest += u" · %1 blocked"_s.arg(waiting.blocked);
    if (waiting.others > 0) rest += u" · %1 for others"_s.arg(waiting.others);
    if (waiting.oldest > 0) rest += u" · oldest %1"_s.arg(ageText(state.now - waiting.oldest));
    if (!rest.isEmpty()) answer.value.push_back(muted(rest));
    return answer;
}

Answer5 updateAnswer(const ConsoleState& state, const Case* current, Zone zone)
{
    Answer5 answer{u"Next status update due"_s, {}, false};
    const Nanos due = state.live ? state.live->nextUpdateDue : 0;
    if (due == 0) {
        answer.value = {strong(u"—"_s, Role::Muted, 2),
            muted(!current ? u" no incident open"_s
                           : current->incident.declared ? u" none while it is "_s + incidentStatusName(current->incident.status)
                                                        : u" once the incident is declared"_s)};
        return answer;
    }
    const bool late = due < state.now;
    answer.value = {strong(clockMinute(due, zone), late ? Role::BadText : Role::Text, 2),
        late ? plain(u" overdue by %1"_s.arg(ageText(state.now - due)), Role::BadText)
             : muted(u" in %1"_s.arg(ageText(due - state.now)))};
    if (current && current->lastUpdate)
        answer.value.push_back(muted(u" · last %1"_s.arg(clockMinute(current->lastUpdate, zone))));
    return answer;
}

Answer5 escalationAnswer(const ConsoleState& state, Zone zone)
{
    Answer5 answer{u"Next escalation"_s, {}, false};
    if (!state.live || state.live->timers.empty()) {
        answer.value = {strong(u"—"_s, Role::Muted, 2), muted(u" no timer is running"_s)};
    } else {
        const LiveFigures::Timer& timer = state.live->timers.front();
        answer.value
            = {strong(clockMinute(timer.due, zone), Role::Warn, 2), muted(u" %1 → %2"_s.arg(timer.what, timer.to))};
    }
    if (state.live && !state.live->timersGuarded && currentCase(state))
        answer.value.push_back(plain(u" · not guarded"_s, Role::BadText));
    return answer;
}

} // namespace

bool isStale(const ConsoleState& state, double speed)
{
    return state.engineBeat > 0 && double(state.now - state.engineBeat) > double(kEngineSilent) * speed;
}

QString engineStaleText(Nanos beat, Nanos now, Zone zone)
{
    return u"STALE %1 · last heard %2 %3"_s.arg(ageText(now - beat), clockText(beat, zone), zoneText(beat, zone));
}

ChipWords infrastructureWords(const ConsoleState& state, double speed, bool brief)
{
    const QString name = brief ? u"Infra"_s : u"Infrastructure"_s;
    const Nanos seen = state.live ? state.live->infrastructureSeen : 0;
    if (seen == 0) return {u"info"_s, Role::Muted, Role::Line, {muted(name + u": not heard yet"_s)}, {}};
    const QString age = ageText(state.now - seen);
    if (double(state.now - seen) > double(kWatchdogSilent) * speed || isStale(state, speed))
        return {u"stale"_s, Role::Stale, Role::Stale, {strong(name + u" STALE"_s, Role::Stale)}, age};
    if (!state.live->infrastructureHealthy)
        return {u"triangle"_s, Role::Severity1, Role::Severity1, {strong(name + u" alerting"_s)}, age};
    return {u"dot"_s, Role::Ok, Role::Line, {plain(name + u" healthy"_s)}, age};
}

ChipWords behaviourWords(const ConsoleState& state, double speed, bool brief)
{
    const DriftSnapshot* drift = state.drift.get();
    if (!drift || drift->watched == 0)
        return {u"info"_s, Role::Muted, Role::Line, {muted(u"Behaviour: nothing watched yet"_s)}, {}};
    const QString age = ageText(state.now - drift->at);
    if (isStale(state, speed))
        return {u"stale"_s, Role::Stale, Role::Stale, {strong(u"Behaviour STALE"_s, Role::Stale)}, age};
    if (drift->drifting > 0)
        return {u"triangle"_s, Role::Severity1, Role::Severity1,
            {strong((brief ? u"%1 of %2 drifting"_s : u"Behaviour: %1 of %2 drifting"_s)
                        .arg(drift->drifting)
                        .arg(drift->watched))},
            age};
    if (drift->waiting == drift->watched)
        return {u"info"_s, Role::Muted, Role::Line, {plain(u"Behaviour: not enough data"_s)}, age};
    QString words = (brief ? u"%1 of %2 in band"_s : u"Behaviour: %1 of %2 in band"_s)
                        .arg(drift->watched - drift->waiting)
                        .arg(drift->watched);
    return {u"dot"_s, Role::Ok, Role::Line, {plain(words)}, age};
}

std::array<Answer5, 5> fiveAnswers(const ConsoleState& state, const QString& person, Zone zone)
{
    const Case* current = currentCase(state);
    return {harmAnswer(state, current), containedAnswer(state, current, zone), waitingAnswer(state, person),
        updateAnswer(state, current, zone), escalationAnswer(state, zone)};
}

Waiting waitingFor(const ConsoleState& state, const QString& person)
{
    Waiting waiting;
    const Case* current = currentCase(state);
    if (!current || !state.policy) return waiting;
    const Person* who = state.policy->find(person);
    for (const Plan& plan : current->plans) {
        if (!plan.queued || (plan.state != PlanState::Proposed && plan.state != PlanState::PartlyApproved)) continue;
        if (state.live) {
            const auto radius = state.live->radius.find(plan.proposal.id.value);
            if (radius != state.live->radius.end() && !ceilingBroken(radius->second, plan.proposal).isEmpty()) {
                waiting.blocked++;
                continue;
            }
        }
        const int have = quorumOf(plan.proposal, plan.decisions, *state.policy).have;
        const bool mine = who && std::any_of(who->roles.begin(), who->roles.end(), [&](const QString& role) {
            Decision decision; // would this signature bring the quorum further?
            decision.proposal = plan.proposal.id;
            decision.proposalDigest = plan.digest;
            decision.verdict = DecisionVerdict::Approve;
            decision.person = person;
            decision.role = role;
            auto with = plan.decisions;
            with.push_back({decision, state.now});
            return quorumOf(plan.proposal, with, *state.policy).have > have;
        });
        if (!mine) {
            waiting.others++;
            continue;
        }
        waiting.toSign++;
        if (plan.queuedAt && (waiting.oldest == 0 || plan.queuedAt < waiting.oldest)) waiting.oldest = plan.queuedAt;
    }
    return waiting;
}

QString sinceOnsetText(const Incident& incident, Nanos now)
{
    if (!incident.onset) return {};
    const Nanos end = incident.recovered ? incident.recovered : now;
    return spanText(end - incident.onset->high, end - incident.onset->low);
}

std::vector<Spans> statusWords(const ConsoleState& state, double speed)
{
    std::vector<Spans> words;
    const auto add = [&words](const QString& mark, const QString& text, Role role) {
        words.push_back({plain(mark + text, role)});
    };
    if (!state.engineHere) add(u"● "_s, u"viewer: the engine runs in another process"_s, Role::AccentText);
    if (isStale(state, speed))
        add(u"▲ "_s, u"engine silent %1, nothing on screen is newer"_s.arg(ageText(state.now - state.engineBeat)),
            Role::Stale);
    if (state.live) {
        for (const SourceState& source : state.live->sources) {
            const Nanos age = state.now - source.lastSeen;
            if (source.lastSeen == 0) {
                add(u"▲ "_s, u"%1 never heard"_s.arg(QString(source.name).replace(u'-', u' ')), Role::Warn);
                continue;
            }
            if (double(age) > double(kSourceSilent) * speed) {
                add(u"▲ "_s, u"%1 silent %2"_s.arg(source.name, ageText(age)), Role::Warn);
                continue;
            }
            const QString rate = source.perSecond >= 0.5
                ? u" %1 records/s ·"_s.arg(grouped(qint64(std::lround(source.perSecond))))
                : QString();
            const QString fresh = age < kSecond
                ? u"%1 s"_s.arg(double(std::max<Nanos>(age, 0)) / double(kSecond), 0, 'f', 1)
                : ageText(age);
            add(u"● "_s, u"%1%2 %3"_s.arg(source.name, rate, fresh), Role::Muted);
        }
    }
    if (state.drift) {
        const auto sampled = std::find_if(state.drift->streams.begin(), state.drift->streams.end(),
            [](const StreamState& s) { return s.def.sampled && s.key.dimension.isEmpty(); });
        if (sampled != state.drift->streams.end())
            add(u"● "_s,
                u"evaluator: %1 behind, %2 of answers"_s.arg(
                    ageText(sampled->evaluatorLag), percentText(sampled->coverage5min, 0)),
                Role::Muted);
    }
    if (state.live && state.live->at > 0) {
        if (state.live->timersGuarded && !isStale(state, speed))
            add(u"● "_s, u"timers guarded"_s, Role::Muted);
        else
            add(u"▲ "_s, u"timers are not guarded"_s, Role::Warn);
    }
    if (state.recordEntries > 0)
        add(state.chainVerified ? u"● "_s : u"▲ "_s,
            u"record %1 entries, chain %2"_s.arg(
                grouped(state.recordEntries), state.chainVerified ? u"verified"_s : u"not verified yet"_s),
            state.chainVerified ? Role::Muted : Role::Warn);
    return words;
}

std::vector<StepperStep> stepperSteps(const Incident& incident)
{
    using S = IncidentStatus;
    using State = StepperStep::State;
    if (incident.status == S::FalseAlarm || incident.status == S::Merged)
        return {{incidentStatusName(incident.status), State::Now}};
    const S status = incident.status == S::Reopened ? S::Declared : incident.status;
    std::vector<StepperStep> steps;
    for (const S step :
        {S::Detected, S::Declared, S::Contained, S::Mitigating, S::Verifying, S::Recovered, S::Closed}) {
        // The ledger is worked off between recovered and closed; it takes the place of the step before it.
        const S shown = step == S::Recovered && status == S::Remediating ? S::Remediating : step;
        QString word
            = incident.status == S::Reopened && step == S::Declared ? u"reopened"_s : incidentStatusName(shown);
        word[0] = word[0].toUpper();
        State state = int(shown) < int(status) ? State::Done : shown == status ? State::Now : State::Ahead;
        if (state == State::Done && step == S::Contained && incident.contained == 0) state = State::Skipped;
        steps.push_back({word, state});
    }
    return steps;
}

} // namespace wf
