// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wall/wall_content.h"
#include "models/items/signal_model.h"
#include "ui/common/format.h"
#include "ui/wall/wall_words.h"
#include <cmath>

namespace wf {

using namespace Qt::StringLiterals;

namespace {

constexpr Nanos kEngineStale = 5 * kSecond;
constexpr Nanos kWatchdogStale = 20 * kSecond; // four beats of five seconds
constexpr Nanos kStreamSilent = 20 * kSecond;
constexpr Nanos kSourceSilent = kHour; // webhooks speak only when something happens

Span big(const QString& text, WallSize size, Role role = Role::Text)
{
    return strong(text, role, size);
}
Span said(const QString& text, Role role = Role::Text, WallSize size = WallNormal)
{
    Span span = plain(text, role);
    span.delta = size;
    return span;
}
Span bold(const QString& text, Role role, WallSize size = WallNormal)
{
    return strong(text, role, size);
}

bool isWaiting(const Plan& plan)
{
    return plan.queued
        && (plan.state == PlanState::Proposed || plan.state == PlanState::PartlyApproved
            || plan.state == PlanState::Held);
}

bool isBlocked(const Plan& plan, const LiveFigures* live)
{
    if (!live) return false;
    const auto radius = live->radius.find(plan.proposal.id.value);
    return radius != live->radius.end() && !ceilingBroken(radius->second, plan.proposal).isEmpty();
}

bool isRunning(const Plan& plan)
{
    switch (plan.state) {
    case PlanState::Running:
    case PlanState::Verifying:
    case PlanState::NotRecovered:
    case PlanState::CannotTell:
    case PlanState::Worse:
    case PlanState::Recovered:
        return true;
    default:
        return false;
    }
}

/// The plan whose effect is being proved: the newest that restores something.
const Plan* provingPlan(const Case& c)
{
    for (auto plan = c.plans.rbegin(); plan != c.plans.rend(); ++plan)
        if (plan->proposal.cls != RunbookClass::Contain && plan->proposal.cls != RunbookClass::Notify
            && isRunning(*plan))
            return &*plan;
    return nullptr;
}

QString sinceText(Nanos span)
{
    return span < kMinute      ? ageText(span)
        : span < 100 * kMinute ? u"%1 min"_s.arg(span / kMinute)
                               : u"%1 h %2"_s.arg(span / kHour).arg(span % kHour / kMinute, 2, 10, QChar(u'0'));
}

void fillHeading(WallContent& w, const ConsoleState& state, const Case* c, int others, Zone zone)
{
    Spans under;
    const auto dot = [&] {
        if (!under.empty()) under.push_back(said(u" · "_s, Role::Muted));
    };
    if (!c) {
        w.severity = u"SEV –"_s;
        w.state = u"no incident open"_s;
        w.heading.lines = {{big(u"No incident open"_s, WallTitle)}};
        const DriftSnapshot* drift = state.drift.get();
        under.push_back(said(drift && drift->watched > 0
                ? u"%1 signals watched, %2 drifting, %3 without enough data"_s.arg(drift->watched)
                      .arg(drift->drifting)
                      .arg(drift->waiting)
                : u"no signal has data yet"_s,
            Role::Muted));
    } else {
        const Incident& i = c->incident;
        w.severity = i.severity > 0 ? u"SEV %1"_s.arg(i.severity) : u"SEV ?"_s;
        w.severityFill = Theme::severityRole(i.severity > 0 ? i.severity : i.suggestedSeverity);
        w.state = incidentStatusName(i.status);
        // The full title may name a customer; without an alias the number has to do.
        w.heading.lines = {{big(i.alias.isEmpty() ? u"Incident "_s + i.code() : i.alias, WallTitle)}};
        under.push_back(said(i.code(), Role::Muted));
        if (i.severity == 0) {
            dot();
            under.push_back(bold(i.suggestedSeverity > 0 ? u"not declared, SEV %1 suggested"_s.arg(i.suggestedSeverity)
                                                         : u"not declared"_s,
                Role::Warn));
        }
        if (const QString who = roleOf(i.commander, state, u"commander"_s); !who.isEmpty()) {
            dot();
            const QString room = safeRoom(i.bridge);
            under.push_back(said(room.isEmpty() ? who : who + u" in "_s + room, Role::Muted));
        }
        dot();
        under.push_back(i.contained > 0 ? bold(u"contained "_s + clockMinute(i.contained, zone), Role::Ok)
                                        : bold(u"not contained"_s, Role::Severity1));
        dot();
        QString status = w.state;
        if (const Plan* plan = provingPlan(*c); plan && plan->state == PlanState::Running && !plan->steps.empty())
            status += u", step %1 of %2"_s.arg(std::min(plan->currentStep() + 1, int(plan->steps.size())))
                          .arg(plan->steps.size());
        under.push_back(bold(status, Role::AccentText));
        if (others > 0) {
            dot();
            under.push_back(
                bold(others == 1 ? u"1 more incident open"_s : u"%1 more incidents open"_s.arg(others), Role::Warn));
        }
    }
    if (state.sample) w.sample.lines = {{bold(u"SAMPLE DATA"_s, Role::Warn, WallSmall)}};
    w.heading.lines.push_back(under);
}

void fillSince(WallContent& w, const ConsoleState& state, const Case* c, Zone zone)
{
    if (!c) {
        w.since.lines = {{figure(clockMinute(state.now, zone), Role::Text, WallHuge)},
            {said(zone == Zone::Utc ? u"UTC"_s : u"local time"_s, Role::Muted, WallSmall)}};
        return;
    }
    const Incident& i = c->incident;
    const Nanos start = i.onset ? i.onset->at : i.opened;
    w.since.lines = {{figure(sinceText(state.now - start), Role::Text, WallHuge)},
        {said(i.onset ? u"since onset (%1)"_s.arg(spanText(state.now - i.onset->high, state.now - i.onset->low))
                      : u"since detected"_s,
            Role::Muted, WallSmall)}};
}

void fillChart(WallContent& w, const StreamState* s)
{
    if (!s) {
        w.chart.title = u"Behaviour"_s;
        w.chart.lines = {{bold(u"No signal is watched yet"_s, Role::Text)}};
        return;
    }
    w.chart.lines = {{bold(s->def.title.isEmpty() ? s->key.signal : s->def.title, Role::Text)}};
    const auto value = [&](const Figure& f) {
        if (f.n == 0) return QString(u"—"_s);
        return s->def.kind == SignalKind::Rate
            ? shareText(f.mean, f.mean < 0.095 ? 1 : 0)
            : valueText(s->def, f.mean) + (s->def.unit.isEmpty() ? QString() : u' ' + s->def.unit);
    };
    const Role now = s->state == DriftState::Alarm ? Role::Severity1
        : s->state == DriftState::InBand           ? Role::Ok
                                                   : Role::Muted;
    w.chart.corner = {bold(u"last 5 min "_s, Role::Text), bold(value(s->last5min), now),
        bold(u"  normally "_s + value(s->baseline), Role::Muted)};
    if (s->state == DriftState::NotEnoughData) w.chart.corner = {bold(u"… not enough data"_s, Role::Muted)};
}

void fillDecisions(WallContent& w, const ConsoleState& state, const Case* c, Zone zone)
{
    w.decisions.title = u"Decisions"_s;
    if (!c) {
        w.decisions.lines = {{big(u"none open"_s, WallKey)}};
        return;
    }
    int waiting = 0, blocked = 0;
    const Plan* oldest = nullptr;
    for (const Plan& plan : c->plans) {
        if (!isWaiting(plan)) continue;
        if (isBlocked(plan, state.live.get())) {
            ++blocked;
            continue;
        }
        ++waiting;
        if (!oldest || plan.queuedAt < oldest->queuedAt) oldest = &plan;
    }
    Spans key{big(u"%1 to sign"_s.arg(waiting), WallKey)};
    QStringList beside;
    if (oldest)
        beside << ageText((state.now - oldest->queuedAt) / kMinute >= 1
                ? (state.now - oldest->queuedAt) / kMinute * kMinute
                : state.now - oldest->queuedAt);
    if (blocked > 0) beside << u"%1 blocked"_s.arg(blocked);
    if (!beside.isEmpty()) key.push_back(bold(u"  "_s + beside.join(u" · "_s), Role::Muted, WallBeside));
    w.decisions.lines = {key};
    if (oldest) {
        QStringList missing;
        if (state.policy)
            for (const QString& role : quorumOf(oldest->proposal, oldest->decisions, *state.policy).missing)
                missing << roleWords(role);
        Spans line{
            said(safeTitle(oldest->proposal.title, oldest->proposal) + (missing.isEmpty() ? QString() : u": "_s))};
        if (!missing.isEmpty()) line.push_back(said(missing.join(u" + "_s), Role::Muted));
        w.decisions.lines.push_back(line);
        w.decisions.border = Role::Accent;
    } else {
        w.decisions.lines.push_back(
            {said(c->plans.empty() ? u"no plan yet"_s : u"nothing waits for a signature"_s, Role::Muted)});
    }
    if (state.live && !state.live->timers.empty()) {
        const auto& timer = state.live->timers.front();
        QString what = timer.what;
        for (const Plan& plan : c->plans)
            what = safeTitle(what, plan.proposal);
        const QString to = roleWords(roleOf(timer.to, state, u"the next on the ladder"_s));
        w.decisions.lines.push_back({bold(u"▲ "_s, Role::Warn),
            said(u"%1 at %2"_s.arg(to, clockMinute(timer.due, zone)) + (what.isEmpty() ? QString() : u": "_s + what),
                Role::Warn)});
    }
}

void fillHarm(WallContent& w, const ConsoleState& state, const Case* c, bool liveIsOurs)
{
    w.harm.title = u"Harm"_s;
    const LiveFigures* live = liveIsOurs ? state.live.get() : nullptr;
    const double now = live ? live->harmPerMinute : c && !liveIsOurs && c->secondsToEffect >= 0 ? c->harmNow : -1;
    const double before = live ? live->harmBefore : c && !liveIsOurs && c->secondsToEffect >= 0 ? c->harmBefore : -1;
    if (!c) {
        w.harm.lines = {{big(u"none known"_s, WallKey)}, {said(u"counted when an incident opens"_s, Role::Muted)}};
        return;
    }
    if (now < 0) {
        w.harm.lines
            = {{big(u"not known"_s, WallKey, Role::Warn)}, {said(u"too few evaluated answers to tell"_s, Role::Muted)}};
    } else {
        Spans key{big(
            u"≈ %1 a minute"_s.arg(now > 0 && now < 1 ? QString::number(now, 'f', 1) : countText(std::llround(now))),
            WallKey)};
        if (before >= 0)
            key.push_back(bold(u"  was %1"_s.arg(countText(std::llround(before))), Role::Muted, WallBeside));
        w.harm.lines = {key};
    }
    if (live && live->affected > 0) {
        w.harm.lines.push_back(
            {said(u"about %1 of %2 answers so far"_s.arg(roundedText(live->affected), countText(live->affectedAnswers)),
                Role::Text)});
        w.harm.lines.push_back(
            {said(u"estimate, between %1 and %2"_s.arg(countText(live->affectedLow), countText(live->affectedHigh)),
                Role::Muted)});
    }
}

void fillProof(WallContent& w, const ConsoleState& state, const Case* c)
{
    w.proof.title = u"Rollback proof"_s;
    const Plan* plan = c ? provingPlan(*c) : nullptr;
    if (!plan) {
        w.proof.lines = {{big(c ? u"not started"_s : u"none running"_s, WallKey)},
            {said(c ? u"no rollback is running"_s : u"a rollback is proved here, window by window"_s, Role::Muted)}};
        return;
    }
    const QString id = plan->proposal.id.value;
    size_t step = size_t(std::max(0, plan->currentStep()));
    // When every step is done, the last gate that was set is the one that still stands for "reached the answers".
    if (step >= plan->proposal.steps.size() && !plan->proposal.steps.empty()) step = plan->proposal.steps.size() - 1;
    while (step > 0 && step < plan->proposal.steps.size() && plan->proposal.steps[step].gate.isNull())
        --step;
    if (step < plan->proposal.steps.size() && !plan->proposal.steps[step].gate.isNull()) {
        const Gate& gate = plan->proposal.steps[step].gate;
        const bool passed = step < plan->steps.size() && plan->steps[step].gatePassed > 0;
        const auto share = state.live ? state.live->gateShare.find(id) : std::map<QString, double>::const_iterator{};
        const bool known = state.live && share != state.live->gateShare.end();
        const auto n = state.live ? state.live->gateN.find(id) : std::map<QString, qint64>::const_iterator{};
        const bool reached = passed || (known && share->second >= gate.share);
        const QString of = gate.of == "uncached_answers"_L1 ? u"uncached answers"_s : u"answers"_s;
        // A person must not have to know attribute names: traffic that the model answers again is traffic given back.
        const QString what = gate.attribute == "handled_by"_L1 ? (gate.equals == "model"_L1 ? u"traffic back: "_s : u"people take "_s) : gate.equals + u" on "_s;
        Spans line{said(what),
            bold(known       ? shareText(share->second)
                    : passed ? u"≥ "_s + shareText(gate.share)
                             : u"—"_s,
                reached ? Role::Ok : Role::Warn),
            said(u" of "_s + of)};
        QString note = u" (gate %1"_s.arg(shareText(gate.share));
        if (known && n != state.live->gateN.end()) note += u", n %1"_s.arg(countText(n->second));
        line.push_back(said(note + (passed ? u", passed)"_s : u")"_s), Role::Muted));
        w.proof.lines.push_back(line);
    }
    int in = 0, unsure = 0;
    for (const VerifiedWindow& window : plan->windows) {
        in += window.outcome == "in"_L1;
        unsure += window.outcome == "cannot_tell"_L1;
    }
    const int of = plan->proposal.verify.windows;
    w.proof.lines.push_back({said(u"back in band "_s),
        bold(u"%1 of %2"_s.arg(std::min(in, of)).arg(of), in >= of ? Role::Ok : Role::Warn), said(u" windows"_s)});
    if (plan->state == PlanState::Worse || plan->state == PlanState::NotRecovered)
        w.proof.lines.push_back({bold(planStateName(plan->state), Role::Severity1)});
    else if (plan->state == PlanState::CannotTell || unsure > 0)
        w.proof.lines.push_back({bold(u"cannot tell yet: too few evaluated answers"_s, Role::Warn, WallSmall)});
    else if (plan->state == PlanState::Recovered)
        w.proof.lines.push_back({bold(u"✓ recovered, proved"_s, Role::Ok)});
}

void fillEntries(WallContent& w, const ConsoleState& state, const Case* c, Zone zone)
{
    const auto moments = c ? momentsOf(*c, state) : std::vector<Moment>{};
    for (size_t i = 0; i < w.entries.size(); ++i) {
        if (i < moments.size())
            w.entries[i].lines = {{said(clockMinute(moments[i].t, zone) + u' ', Role::Muted), said(moments[i].words)}};
        else
            w.entries[i].lines = {{said(i == 0 ? u"Nothing recorded yet"_s : QString(u"—"_s), Role::Muted)}};
    }
}

QString sourceWords(const QString& name)
{
    if (name == "otlp"_L1) return u"telemetry"_s;
    if (name == "infrastructure"_L1) return u"infrastructure watchdog"_s;
    return name.section(u':', 0, 0).replace(u'-', u' ');
}

void fillSilent(WallContent& w, const ConsoleState& state, double pace)
{
    const SourceState* worst = nullptr;
    Nanos oldest = 0;
    int silent = 0, heard = 0;
    const std::vector<SourceState> none;
    for (const SourceState& s : state.live ? state.live->sources : none) {
        if (s.lastSeen <= 0) { // one that ought to speak and never has: the longest silence there is
            ++silent;
            if (!worst || worst->lastSeen > 0) worst = &s;
            continue;
        }
        ++heard;
        const Nanos age = state.now - s.lastSeen;
        oldest = std::max(oldest, age);
        const bool stream = s.name == "otlp"_L1 || s.name == "infrastructure"_L1;
        if (double(age) <= double(stream ? kStreamSilent : kSourceSilent) * (stream ? pace : 1.0)) continue;
        ++silent;
        if (!worst || s.lastSeen < worst->lastSeen) worst = &s;
    }
    if (!worst) {
        w.silent.lines
            = {{heard > 0 ? said(u"All %1 sources heard, the quietest %2 ago"_s.arg(heard).arg(ageText(oldest)))
                          : said(u"No source heard yet"_s, Role::Muted)}};
        return;
    }
    const QString so = worst->name == "otlp"_L1 ? u"no new figures"_s
        : worst->name == "infrastructure"_L1    ? u"its health is not known"_s
                                                : u"change list incomplete"_s;
    w.silent.lines = {{bold(worst->lastSeen > 0 ? u"SILENT %1 "_s.arg(ageText(state.now - worst->lastSeen)) : u"NEVER HEARD "_s, Role::Warn),
        said(u"%1: %2"_s.arg(sourceWords(worst->name), so)),
        said(silent > 1 ? u", and %1 more"_s.arg(silent - 1) : QString(), Role::Muted)}};
    w.silent.border = Role::Warn;
    w.silent.hatched = true;
}

void fillFooter(WallContent& w, const ConsoleState& state, Zone zone, double pace)
{
    const LiveFigures* live = state.live.get();
    const Nanos beat = live ? live->infrastructureSeen : 0;
    Spans line{said(u"Infrastructure "_s, Role::Muted, WallSmall)};
    if (beat <= 0)
        line.push_back(bold(u"never heard"_s, Role::Warn, WallSmall));
    else if (double(state.now - beat) > double(kWatchdogStale) * pace)
        line.push_back(bold(u"silent "_s + ageText(state.now - beat), Role::Warn, WallSmall));
    else {
        line.push_back(live->infrastructureHealthy ? bold(u"healthy "_s, Role::Ok, WallSmall)
                                                   : bold(u"alerting "_s, Role::Severity1, WallSmall));
        line.push_back(said(ageText(state.now - beat), Role::Muted, WallSmall));
    }
    line.push_back(said(u" · Behaviour "_s, Role::Muted, WallSmall));
    if (const DriftSnapshot* d = state.drift.get(); d && d->watched > 0) {
        const bool old = double(state.now - d->at) > double(kFigureStale) * pace;
        const Role role = old          ? Role::Warn
            : d->drifting > 0          ? Role::Severity1
            : d->waiting == d->watched ? Role::Muted
                                       : Role::Ok;
        line.push_back(bold(u"%1 of %2 drifting "_s.arg(d->drifting).arg(d->watched), role, WallSmall));
        line.push_back(said(
            (old ? u"STALE "_s : QString()) + ageText(state.now - d->at), old ? Role::Warn : Role::Muted, WallSmall));
    } else {
        line.push_back(bold(u"not watched yet"_s, Role::Warn, WallSmall));
    }
    if (live && live->nextUpdateDue > 0) {
        line.push_back(said(live->nextUpdateDue < state.now ? u" · update overdue since "_s : u" · next update "_s,
            Role::Muted, WallSmall));
        line.push_back(bold(clockMinute(live->nextUpdateDue, zone),
            live->nextUpdateDue < state.now ? Role::Warn : Role::Text, WallSmall));
    }
    w.footer.lines = {line};

    const bool engine = state.engineBeat > 0 && double(state.now - state.engineBeat) <= double(kEngineStale) * pace;
    const Nanos data = state.drift ? state.drift->dataUpTo : 0;
    w.clock.lines = {
        {figure(clockText(state.now, zone) + (zone == Zone::Utc ? u" UTC "_s : u" local "_s), Role::Muted, WallSmall),
            figure(engine ? u"● "_s : u"▲ "_s, engine ? Role::Ok : Role::Severity1, WallSmall),
            figure(u"engine "_s + (state.engineBeat > 0 ? ageText(state.now - state.engineBeat) : u"never"_s)
                    + u" · data "_s + (data > 0 ? ageText(state.now - data) : u"none"_s),
                Role::Muted, WallSmall)}};
    if (!engine)
        w.banner = state.engineBeat > 0
            ? u"ENGINE GONE %1: nothing on this wall is current"_s.arg(ageText(state.now - state.engineBeat))
            : u"NO ENGINE: nothing on this wall is current"_s;
}

} // namespace

QString roundedText(qint64 n)
{
    if (n < 10) return countText(n);
    const double unit = std::pow(10.0, std::floor(std::log10(double(n))) - (n >= 1000 ? 1 : 0));
    return countText(std::llround(double(n) / unit) * std::llround(unit));
}

WallContent wallContentOf(
    const ConsoleState& state, const Case* incident, const StreamState* stream, int others, Zone zone, double speed)
{
    WallContent w;
    const double pace = std::max(1.0, speed);
    const Case* c = incident && incident->incident.isOpen() ? incident : nullptr;
    const bool liveIsOurs = c && state.cases && state.cases->current() == c;
    fillHeading(w, state, c, others, zone);
    fillSince(w, state, c, zone);
    fillChart(w, stream);
    fillDecisions(w, state, c, zone);
    fillHarm(w, state, c, liveIsOurs);
    fillProof(w, state, c);
    fillEntries(w, state, c, zone);
    fillSilent(w, state, pace);
    fillFooter(w, state, zone, pace);

    // Every tile is as old as the oldest thing it is made of.
    const auto withEngine
        = [&](Nanos at) { return state.engineBeat > 0 && at > 0 ? std::min(at, state.engineBeat) : at; };
    const Nanos live = withEngine(state.live ? state.live->at : 0),
                drift = withEngine(state.drift ? state.drift->at : 0);
    const auto watch = [](WallText& text, Nanos madeAt, Nanos limit) {
        text.madeAt = madeAt;
        text.limit = limit;
    };
    watch(w.heading, state.engineBeat, kEngineStale);
    watch(w.since, state.engineBeat, kEngineStale);
    watch(w.chart, drift, kFigureStale);
    watch(w.harm, live, kFigureStale);
    watch(w.proof, live, kFigureStale);
    watch(w.silent, live, kFigureStale);
    watch(w.decisions, state.engineBeat, kEngineStale);
    for (WallText& entry : w.entries)
        watch(entry, state.engineBeat, kEngineStale);
    watch(w.footer, state.now, kEngineStale);
    watch(w.clock, state.now, kEngineStale);
    return w;
}

} // namespace wf
