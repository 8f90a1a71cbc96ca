// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/recovery/escalation.h"

namespace wf {
using namespace Qt::StringLiterals;
using Timer = LiveFigures::Timer;
using Timers = std::vector<Timer>;

namespace {
constexpr Nanos kNoCommander = 5 * kMinute;
constexpr Nanos kUnknownExecution = 2 * kMinute;
// Minutes between status updates by severity 1..4.
constexpr Nanos kUpdateEvery[] = {30 * kMinute, 60 * kMinute, 4 * kHour, 24 * kHour};

bool waitsForSignature(const Plan& p)
{
    return p.state == PlanState::Proposed || p.state == PlanState::PartlyApproved;
}

void noCommander(const Case& c, const Policy&, Timers& out)
{
    if (c.incident.commander.isEmpty() && c.incident.suggestedSeverity <= 2)
        out.push_back({u"no-commander"_s, u"ai-director"_s, u"nobody has taken command"_s, c.incident.opened + kNoCommander});
}

/// Can this rung of the ladder give a signature that the plan still lacks?
bool canHelp(const Plan& plan, const Policy& policy, const QString& who)
{
    const Person* person = policy.find(who);
    if (!person) return false;
    const QStringList missing = quorumOf(plan.proposal, plan.counting(), policy).missing;
    return std::any_of(missing.begin(), missing.end(), [&](const QString& roles) {
        const QStringList alternatives = roles.split(u" or "_s);
        return std::any_of(person->roles.begin(), person->roles.end(), [&](const QString& r) { return alternatives.contains(r); });
    });
}

void lateSignature(const Case& c, const Policy& policy, Timers& out)
{
    for (const auto& p : c.plans) {
        if (!waitsForSignature(p)) continue;
        for (const auto& rung : policy.ladder) {
            if (!canHelp(p, policy, rung.who)) continue;
            // The first rung is asked at once; only the later ones mean that somebody did not answer.
            const bool first = rung.after == 0;
            out.push_back({u"%1:%2:%3"_s.arg(first ? u"ask"_s : u"signature"_s, p.proposal.id.value, rung.who), rung.who,
                first ? p.proposal.title : u"signature is late: %1"_s.arg(p.proposal.title), p.queuedAt + rung.after});
        }
    }
}

void notRecovered(const Case& c, const Policy&, Timers& out)
{
    for (const auto& p : c.plans) {
        const bool runs = p.state == PlanState::Running || p.state == PlanState::Verifying;
        if (runs && !p.proposal.verify.signalNames.isEmpty() && !p.proposal.escalateTo.isEmpty())
            out.push_back({u"not-recovered:%1"_s.arg(p.proposal.id.value), p.proposal.escalateTo, u"recovery not shown"_s, p.approvedAt + p.proposal.escalateAfter});
    }
}

void unknownExecution(const Case& c, const Policy&, Timers& out)
{
    for (const auto& p : c.plans)
        for (const auto& s : p.steps)
            if (s.state == StepRun::State::Unknown)
                out.push_back({u"unknown:%1"_s.arg(s.execution.value), u"ai-director"_s, u"nobody knows whether a step ran: %1"_s.arg(p.proposal.title), s.finished + kUnknownExecution});
}

void updateOverdue(const Case& c, const Policy&, Timers& out)
{
    if (const Nanos due = nextUpdateDue(c)) out.push_back({u"update:%1"_s.arg(due), u"comms"_s, u"status update overdue"_s, due});
}

constexpr void (*kRules[])(const Case&, const Policy&, Timers&) = {noCommander, lateSignature, notRecovered, unknownExecution, updateOverdue};
} // namespace

Nanos nextUpdateDue(const Case& c)
{
    const int sev = c.incident.severity;
    if (sev < 1 || sev > 4 || !c.incident.isOpen() || c.incident.status == IncidentStatus::Recovered) return 0;
    return c.lastUpdate + kUpdateEvery[sev - 1];
}

Timers runningTimers(const Case& c, const Policy& policy, Nanos)
{
    if (!c.incident.isOpen()) return {};
    Timers all;
    for (const auto rule : kRules) rule(c, policy, all);
    std::erase_if(all, [&](const Timer& t) {
        return std::any_of(c.escalations.begin(), c.escalations.end(), [&](const Escalation& e) { return e.rule == t.rule; });
    });
    std::sort(all.begin(), all.end(), [](const Timer& a, const Timer& b) { return a.due < b.due; });
    return all;
}

} // namespace wf
