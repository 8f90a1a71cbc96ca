// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/incident_rules.h"
#include "models/domain/canonical_json.h"

namespace wf {
using namespace Qt::StringLiterals;

namespace {
const QString kEngine = u"engine"_s;

const Case* openCaseOf(const CaseFile& cases, const QString& feature)
{
    for (auto it = cases.cases.rbegin(); it != cases.cases.rend(); ++it)
        if (it->incident.isOpen() && (feature.isEmpty() || it->incident.feature == feature)) return &*it;
    return nullptr;
}

NewEntry openedEntry(const CaseFile& cases, const IncidentId& id, const QString& feature, const QString& title, int severity, const QString& cause, Nanos now)
{
    return {QLatin1StringView(kind::IncidentOpened), kEngine, id.value,
        {{u"number"_s, cases.nextNumber}, {u"feature"_s, feature}, {u"title"_s, title},
            {u"alias"_s, u"%1: wrong answers"_s.arg(featureTitle(feature))}, {u"suggested_severity"_s, severity}, {u"cause"_s, cause}},
        now};
}

QString alarmTitle(const Alarm& a, const SignalDef& def)
{
    const QString what = def.title.isEmpty() ? def.name : def.title.left(1).toLower() + def.title.mid(1);
    return u"%1: %2 %3"_s.arg(featureTitle(a.stream.feature), a.effect < 0 ? u"fewer"_s : u"more"_s, what);
}

bool allGatesPassed(const Plan& p)
{
    return p.currentStep() == int(p.steps.size());
}

struct Wanted { IncidentStatus status; QString why; };

std::optional<Wanted> wantedStatus(const Case& c)
{
    std::optional<Wanted> wanted;
    for (const auto& p : c.plans) {
        if (p.proposal.cls == RunbookClass::Contain) {
            const bool undone = p.state == PlanState::Undone;
            if (!undone && !p.steps.empty() && allGatesPassed(p) && (c.incident.status == IncidentStatus::Declared || c.incident.status == IncidentStatus::Reopened))
                wanted = {IncidentStatus::Contained, p.proposal.title};
        } else if (p.proposal.cls == RunbookClass::RestoreKnownGood || p.proposal.cls == RunbookClass::NewState) {
            if (p.state == PlanState::Running) wanted = {IncidentStatus::Mitigating, p.proposal.title};
            if (p.state == PlanState::Verifying) wanted = {IncidentStatus::Verifying, p.proposal.title};
            if (p.state == PlanState::Recovered) wanted = {IncidentStatus::Recovered, p.why};
        }
    }
    return wanted;
}
} // namespace

QString featureTitle(const QString& feature)
{
    QString s = feature;
    s.replace(u'-', u' ').replace(u'_', u' ');
    return s.isEmpty() ? u"Unknown feature"_s : s.left(1).toUpper() + s.mid(1);
}

std::vector<NewEntry> entriesForAlarm(const CaseFile& cases, const Alarm& alarm, const SignalDef& def, Nanos now)
{
    for (const auto& c : cases.cases)
        for (const auto& known : c.incident.alarms)
            if (known.id == alarm.id) return {};
    std::vector<NewEntry> out;
    IncidentId id;
    if (const Case* c = openCaseOf(cases, alarm.stream.feature)) {
        id = c->incident.id;
    } else {
        if (!alarm.stream.dimension.isEmpty()) return {};
        id = freshId<IncidentId>(now);
        out.push_back(openedEntry(cases, id, alarm.stream.feature, alarmTitle(alarm, def), def.suggestedSeverity, u"alarm "_s + alarm.id, now));
    }
    QJsonObject body = alarm.toJson();
    body[u"suggested_severity"_s] = def.suggestedSeverity;
    out.push_back({QLatin1StringView(kind::AlarmRaised), kEngine, id.value, body, now});
    return out;
}

std::vector<NewEntry> entriesForLooseReports(const CaseFile& cases, Nanos now)
{
    if (cases.looseReports.empty()) return {};
    const HumanReport& first = cases.looseReports.front();
    const QString feature = first.feature;
    return {openedEntry(cases, freshId<IncidentId>(now), feature, u"%1: people report wrong answers"_s.arg(featureTitle(feature)), 2,
        u"report %1"_s.arg(first.seq), now)};
}

std::vector<NewEntry> entriesForStatus(const Case& c, Nanos now)
{
    if (!c.incident.isOpen()) return {};
    // A signature is a declaration: whoever signed first took command, at the severity the alarm suggests.
    if (c.incident.status == IncidentStatus::Detected) {
        for (const auto& p : c.plans)
            for (const auto& d : p.decisions)
                if (d.decision.verdict == DecisionVerdict::Approve)
                    return {{QLatin1StringView(kind::IncidentDeclared), d.decision.person, c.incident.id.value,
                        {{u"severity"_s, std::max(1, c.incident.suggestedSeverity)}, {u"commander"_s, d.decision.person}}, now}};
        return {};
    }
    const auto wanted = wantedStatus(c);
    if (!wanted || wanted->status == c.incident.status || !mayFollow(c.incident.status, wanted->status)) return {};
    return {{QLatin1StringView(kind::IncidentStatus), kEngine, c.incident.id.value,
        {{u"status"_s, incidentStatusName(wanted->status)}, {u"why"_s, wanted->why}}, now}};
}

} // namespace wf
