// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wall/wall_words.h"

namespace wf {

using namespace Qt::StringLiterals;

QString roleWords(QString role)
{
    role.replace(u'-', u' ');
    if (role.startsWith("ai "_L1)) role.replace(0, 2, u"AI"_s);
    return role;
}

QString roleOf(const QString& person, const ConsoleState& state, const QString& fallback)
{
    if (person.isEmpty()) return {};
    static const QStringList roles{u"commander"_s, u"deputy"_s, u"ai-owner"_s, u"ai-owner-deputy"_s, u"legal"_s,
        u"comms"_s, u"ai-director"_s, u"scribe"_s};
    for (const QString& role : roles)
        if (person == role || (person.startsWith(role + u'-') && person.mid(role.size() + 1).toInt() > 0))
            return person;
    const Person* found = state.policy ? state.policy->find(person) : nullptr;
    return found && !found->roles.isEmpty() ? found->roles.front() : fallback;
}

QString safeTitle(QString title, const Proposal& p)
{
    const auto hide = [&](const QString& value) {
        if (value.size() > 1) title.replace(value, u"one customer"_s, Qt::CaseInsensitive);
    };
    for (const PlanStep& step : p.steps)
        for (const auto& [dimension, value] : step.touches.where)
            if (dimension == "tenant"_L1 || dimension == "recipient"_L1) hide(value);
    for (const auto& [name, value] : p.parameters)
        if (name.contains("tenant"_L1) || name.contains("customer"_L1) || name.contains("recipient"_L1)) hide(value);
    return title;
}

QString safeRoom(const QString& bridge)
{
    return bridge.contains(u':') || bridge.contains(u'@') || bridge.contains(u'/') ? QString() : bridge;
}

std::vector<Moment> momentsOf(const Case& c, const ConsoleState& state)
{
    std::vector<Moment> moments;
    const auto add = [&](Nanos t, const QString& words) {
        if (t > 0) moments.push_back({t, words});
    };
    const Incident& i = c.incident;
    add(i.opened, u"Incident detected"_s);
    if (i.severity > 0) add(i.declared, u"Declared, SEV %1"_s.arg(i.severity));
    add(i.contained, u"Contained"_s);
    add(i.recovered, u"Recovered"_s);
    for (const Alarm& alarm : i.alarms)
        add(alarm.raised > 0 ? alarm.raised : alarm.at, u"Drift alarm: "_s + alarm.stream.signal);
    for (const HumanReport& report : c.reports)
        add(report.filed, u"A person reported wrong answers"_s);
    for (const Hypothesis& h : c.hypotheses) {
        if (h.state != HypothesisState::Falsified && h.state != HypothesisState::Supported) continue;
        Nanos when = 0;
        for (int number : h.evidence)
            if (const Evidence* e = c.find(number)) when = std::max(when, e->at);
        add(when,
            (h.state == HypothesisState::Falsified ? u"Ruled out: "_s : u"Supported: "_s) + hypothesisTitle(h.key));
    }
    for (const Plan& plan : c.plans) {
        if (plan.approvedAt > 0) {
            QStringList roles;
            for (const AcceptedDecision& d : plan.decisions)
                if (d.decision.verdict == DecisionVerdict::Approve) roles << roleWords(d.decision.role);
            add(plan.approvedAt, u"Signed: "_s + roles.join(u" + "_s));
        }
        for (size_t s = 0; s < plan.steps.size() && s < plan.proposal.steps.size(); ++s) {
            const QString title = safeTitle(plan.proposal.steps[s].title, plan.proposal);
            const StepRun& run = plan.steps[s];
            if (run.gatePassed > 0) add(run.gatePassed, u"Gate passed: "_s + title);
            if (run.state == StepRun::State::Failed || run.state == StepRun::State::GateFailed)
                add(run.finished, u"Step %1 failed: "_s.arg(s + 1) + title);
            else if (run.state == StepRun::State::Unknown)
                add(run.finished, u"Step %1, outcome unknown: "_s.arg(s + 1) + title);
            else if (run.finished > 0)
                add(run.finished, u"Step %1 executed: "_s.arg(s + 1) + title);
        }
        for (const VerifiedWindow& window : plan.windows)
            add(window.at,
                u"Window %1 of %2: %3"_s.arg(window.window)
                    .arg(window.of)
                    .arg(window.outcome == "in"_L1       ? u"back in band"_s
                            : window.outcome == "out"_L1 ? u"still out of band"_s
                                                         : u"cannot tell"_s));
    }
    for (const Escalation& e : c.escalations)
        add(e.at, u"Escalated to "_s + roleOf(e.to, state, u"the next on the ladder"_s));
    std::stable_sort(moments.begin(), moments.end(), [](const Moment& a, const Moment& b) { return a.t > b.t; });
    return moments;
}

} // namespace wf
