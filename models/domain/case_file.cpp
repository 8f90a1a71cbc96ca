// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/case_file.h"
#include "models/domain/canonical_json.h"

namespace wf {
using namespace Qt::StringLiterals;

namespace {
using Fold = void (*)(CaseFile&, Case*, const Entry&);

Plan* planOf(Case* c, const Entry& e)
{
    return c ? c->plan(ProposalId{e.body[u"proposal"_s].toString()}) : nullptr;
}

StepRun* stepOf(Case* c, const Entry& e)
{
    Plan* p = planOf(c, e);
    const int k = e.body[u"step"_s].toInt(-1);
    return p && k >= 0 && k < int(p->steps.size()) ? &p->steps[size_t(k)] : nullptr;
}

void openIncident(CaseFile& file, Case*, const Entry& e)
{
    Case c;
    c.incident.id = IncidentId{e.incident};
    c.incident.number = e.body[u"number"_s].toInt(file.nextNumber);
    c.incident.feature = e.body[u"feature"_s].toString();
    c.incident.title = e.body[u"title"_s].toString();
    c.incident.alias = e.body[u"alias"_s].toString();
    c.incident.suggestedSeverity = e.body[u"suggested_severity"_s].toInt();
    c.incident.opened = e.t;
    std::erase_if(file.looseReports, [&](HumanReport& r) {
        if (!r.feature.isEmpty() && r.feature != c.incident.feature) return false;
        c.reports.push_back(std::move(r));
        return true;
    });
    for (const auto* key : kHypotheses) c.hypotheses.push_back({QString::fromLatin1(key), HypothesisState::Open, {}, {}});
    file.nextNumber = std::max(file.nextNumber, c.incident.number + 1);
    file.cases.push_back(std::move(c));
}

void declare(CaseFile&, Case* c, const Entry& e)
{
    auto& i = c->incident;
    i.severity = e.body[u"severity"_s].toInt();
    if (const QString who = e.body[u"commander"_s].toString(); !who.isEmpty()) i.commander = who;
    if (const QString who = e.body[u"deputy"_s].toString(); !who.isEmpty()) i.deputy = who;
    if (const QString where = e.body[u"bridge"_s].toString(); !where.isEmpty()) i.bridge = where;
    if (!i.declared) i.declared = e.t;
    if (mayFollow(i.status, IncidentStatus::Declared) && i.status == IncidentStatus::Detected) i.status = IncidentStatus::Declared;
    c->lastUpdate = e.t;
}

void setStatus(CaseFile&, Case* c, const Entry& e)
{
    const auto to = incidentStatusFromName(e.body[u"status"_s].toString());
    if (!to || !mayFollow(c->incident.status, *to)) return;
    c->incident.status = *to;
    if (*to == IncidentStatus::Contained && !c->incident.contained) c->incident.contained = e.t;
    if (*to == IncidentStatus::Recovered) c->incident.recovered = e.t;
    if (*to == IncidentStatus::Closed) c->incident.closed = e.t;
}

void raiseAlarm(CaseFile&, Case* c, const Entry& e)
{
    Alarm a = Alarm::fromJson(e.body);
    for (const auto& known : c->incident.alarms)
        if (known.id == a.id) return;
    // The earliest onset stands; a second signal that moved later does not make the incident younger.
    if (a.onset.at && (!c->incident.onset || a.onset.at < c->incident.onset->at)) c->incident.onset = a.onset;
    if (const int sev = e.body[u"suggested_severity"_s].toInt(); sev && (!c->incident.suggestedSeverity || sev < c->incident.suggestedSeverity))
        c->incident.suggestedSeverity = sev;
    c->incident.alarms.push_back(std::move(a));
}

HumanReport reportOf(const Entry& e)
{
    return {e.body[u"text"_s].toString(), e.body[u"channel"_s].toString(), e.actor, fromJsonInt(e.body[u"happened"_s], e.t), e.t, e.seq,
        e.body[u"feature"_s].toString()};
}

/// Whoever reports need not know of incidents: the report goes to the open one of its feature, or waits for one.
void fileReport(CaseFile& file, const Entry& e)
{
    HumanReport report = reportOf(e);
    Case* home = file.find(IncidentId{e.incident});
    for (auto it = file.cases.rbegin(); !home && it != file.cases.rend(); ++it)
        if (it->incident.isOpen() && (report.feature.isEmpty() || report.feature == it->incident.feature)) home = &*it;
    (home ? home->reports : file.looseReports).push_back(std::move(report));
}

void addEvidence(CaseFile&, Case* c, const Entry& e)
{
    c->evidence.push_back(Evidence::fromJson(e.body));
}

void makeClaim(CaseFile&, Case* c, const Entry& e)
{
    Claim claim = Claim::fromJson(e.body);
    for (auto& known : c->claims) {
        if (known.id == claim.id) {
            known = std::move(claim);
            return;
        }
    }
    c->claims.push_back(std::move(claim));
}

void setHypothesis(CaseFile&, Case* c, const Entry& e)
{
    Hypothesis h = Hypothesis::fromJson(e.body);
    for (auto& known : c->hypotheses)
        if (known.key == h.key) known = h;
}

void draftProposalFold(CaseFile&, Case* c, const Entry& e)
{
    auto proposal = Proposal::fromJson(e.body[u"proposal"_s].toObject());
    if (!proposal || c->plan(proposal->id)) return;
    Plan p;
    p.steps.resize(proposal->steps.size());
    p.proposal = std::move(*proposal);
    p.digest = e.body[u"digest"_s].toString();
    p.replayGood = fromJsonInt(e.body[u"replay_good"_s]);
    p.replayN = fromJsonInt(e.body[u"replay_n"_s]);
    p.stateAt = e.t;
    c->plans.push_back(std::move(p));
}

void setPlanState(CaseFile&, Case* c, const Entry& e)
{
    Plan* p = planOf(c, e);
    const auto to = planStateFromName(e.body[u"state"_s].toString());
    if (!p || !to || !mayFollow(p->state, *to)) return;
    p->state = *to;
    p->why = e.body[u"why"_s].toString();
    p->stateAt = e.t;
    if (*to == PlanState::Approved) p->approvedAt = e.t;
}

void queueProposal(CaseFile&, Case* c, const Entry& e)
{
    Plan* p = planOf(c, e);
    if (!p || p->state != PlanState::Draft) return;
    p->state = PlanState::Proposed;
    p->queued = true;
    p->queuedAt = p->stateAt = e.t;
}

void acceptDecision(CaseFile&, Case* c, const Entry& e)
{
    Plan* p = planOf(c, e);
    auto d = Decision::fromJson(e.body[u"decision"_s].toObject());
    if (p && d) p->decisions.push_back({std::move(*d), e.t});
}

void refuseDecision(CaseFile&, Case* c, const Entry& e)
{
    if (Plan* p = planOf(c, e))
        p->refusals.push_back({e.body[u"person"_s].toString(), e.body[u"role"_s].toString(), e.body[u"reason"_s].toString(), e.t, e.body[u"nonce"_s].toString()});
}

void queueStep(CaseFile&, Case* c, const Entry& e)
{
    if (StepRun* s = stepOf(c, e)) {
        // Queued anew after a failure: the old attempt is history, and only its cost stays.
        const int attempts = s->attempts;
        *s = {};
        s->attempts = attempts;
        s->state = StepRun::State::Queued;
        s->execution = ExecutionId{e.body[u"execution"_s].toString()};
        s->key = e.body[u"key"_s].toString();
    }
}

void startAttempt(CaseFile&, Case* c, const Entry& e)
{
    if (StepRun* s = stepOf(c, e)) {
        s->state = StepRun::State::Executing;
        s->started = e.t;
        if (!e.body[u"undo"_s].toBool()) ++s->attempts;
    }
}

void finishAttempt(CaseFile&, Case* c, const Entry& e)
{
    StepRun* s = stepOf(c, e);
    if (!s) return;
    const QString outcome = e.body[u"outcome"_s].toString();
    s->state = outcome == u"executed" ? StepRun::State::Executed : outcome == u"failed" ? StepRun::State::Failed : StepRun::State::Unknown;
    s->finished = e.t;
    s->httpStatus = e.body[u"status"_s].toInt();
    s->receipt = e.body[u"receipt"_s].toString();
    s->why = e.body[u"why"_s].toString();
}

void passGate(CaseFile&, Case* c, const Entry& e)
{
    if (StepRun* s = stepOf(c, e)) {
        s->state = StepRun::State::GatePassed;
        s->gatePassed = e.t;
    }
}

void failGate(CaseFile&, Case* c, const Entry& e)
{
    if (StepRun* s = stepOf(c, e)) {
        s->state = StepRun::State::GateFailed;
        s->why = e.body[u"why"_s].toString();
    }
}

void verifyWindow(CaseFile&, Case* c, const Entry& e)
{
    if (Plan* p = planOf(c, e))
        p->windows.push_back({e.body[u"signal"_s].toString(), e.body[u"outcome"_s].toString(), e.body[u"window"_s].toInt(),
            e.body[u"of"_s].toInt(), fromJsonInt(e.body[u"good"_s]), fromJsonInt(e.body[u"n"_s]), fromDecimal(e.body[u"low"_s]),
            fromDecimal(e.body[u"high"_s]), e.t, fromJsonInt(e.body[u"from"_s]), fromJsonInt(e.body[u"to"_s])});
}

void measureHarm(CaseFile&, Case* c, const Entry& e)
{
    c->harmBefore = fromDecimal(e.body[u"per_minute_before"_s]);
    c->harmNow = fromDecimal(e.body[u"per_minute"_s]);
    c->secondsToEffect = fromDecimal(e.body[u"seconds_to_effect"_s], -1);
}

void escalate(CaseFile&, Case* c, const Entry& e)
{
    c->escalations.push_back({e.body[u"rule"_s].toString(), e.body[u"to"_s].toString(), e.body[u"why"_s].toString(), e.t});
}

void finishInvestigation(CaseFile&, Case* c, const Entry& e)
{
    ++c->investigations;
    c->lastInvestigation = e.t;
}

const QHash<QString, Fold>& folds()
{
    static const QHash<QString, Fold> table{
        {QLatin1StringView(kind::IncidentDeclared), declare}, {QLatin1StringView(kind::IncidentStatus), setStatus},
        {QLatin1StringView(kind::AlarmRaised), raiseAlarm},
        {QLatin1StringView(kind::EvidenceAdded), addEvidence}, {QLatin1StringView(kind::ClaimMade), makeClaim},
        {QLatin1StringView(kind::HypothesisSet), setHypothesis}, {QLatin1StringView(kind::InvestigationDone), finishInvestigation},
        {QLatin1StringView(kind::ProposalDrafted), draftProposalFold}, {QLatin1StringView(kind::ProposalQueued), queueProposal},
        {QLatin1StringView(kind::ProposalState), setPlanState}, {QLatin1StringView(kind::DecisionAccepted), acceptDecision},
        {QLatin1StringView(kind::DecisionRefused), refuseDecision}, {QLatin1StringView(kind::StepQueued), queueStep},
        {QLatin1StringView(kind::AttemptStarted), startAttempt}, {QLatin1StringView(kind::AttemptFinished), finishAttempt},
        {QLatin1StringView(kind::GatePassed), passGate}, {QLatin1StringView(kind::GateFailed), failGate},
        {QLatin1StringView(kind::WindowVerified), verifyWindow}, {QLatin1StringView(kind::HarmMeasured), measureHarm},
        {QLatin1StringView(kind::EscalationFired), escalate},
    };
    return table;
}
} // namespace

QString stepStateName(StepRun::State state)
{
    switch (state) {
    case StepRun::State::Waiting: return u"waiting"_s;
    case StepRun::State::Queued: return u"queued"_s;
    case StepRun::State::Executing: return u"executing"_s;
    case StepRun::State::Executed: return u"executed"_s;
    case StepRun::State::Failed: return u"failed"_s;
    case StepRun::State::Unknown: return u"unknown"_s;
    case StepRun::State::GatePassed: return u"gate passed"_s;
    case StepRun::State::GateFailed: return u"gate failed"_s;
    }
    return {};
}

std::vector<AcceptedDecision> Plan::counting() const
{
    if (state != PlanState::Held) return decisions;
    std::vector<AcceptedDecision> since;
    std::copy_if(decisions.begin(), decisions.end(), std::back_inserter(since), [this](const AcceptedDecision& d) { return d.accepted > stateAt; });
    return since;
}

int Plan::currentStep() const
{
    int k = 0;
    while (k < int(steps.size()) && steps[size_t(k)].state == StepRun::State::GatePassed) ++k;
    return k;
}

Plan* Case::plan(const ProposalId& id)
{
    for (auto& p : plans)
        if (p.proposal.id == id) return &p;
    return nullptr;
}

const Plan* Case::plan(const ProposalId& id) const
{
    return const_cast<Case*>(this)->plan(id);
}

const Evidence* Case::find(int number) const
{
    for (const auto& e : evidence)
        if (e.number == number) return &e;
    return nullptr;
}

int Case::actionsSpent() const
{
    int n = 0;
    for (const auto& p : plans)
        for (const auto& s : p.steps) n += s.attempts;
    return n;
}

qint64 Case::peopleSpent() const
{
    qint64 people = 0;
    for (const auto& p : plans)
        if (p.approvedAt && p.proposal.cls == RunbookClass::Notify) people += p.proposal.limits.people;
    return people;
}

Case* CaseFile::find(const IncidentId& id)
{
    for (auto& c : cases)
        if (c.incident.id == id) return &c;
    return nullptr;
}

const Case* CaseFile::find(const IncidentId& id) const
{
    return const_cast<CaseFile*>(this)->find(id);
}

const Case* CaseFile::current() const
{
    for (auto it = cases.rbegin(); it != cases.rend(); ++it)
        if (it->incident.isOpen()) return &*it;
    return cases.empty() ? nullptr : &cases.back();
}

void CaseFile::apply(const Entry& entry)
{
    seq = entry.seq;
    hash = entry.hash;
    if (entry.kind == QLatin1StringView(kind::RecordOpened)) profile = entry.body[u"profile"_s].toString();
    if (entry.kind == QLatin1StringView(kind::IncidentOpened)) return openIncident(*this, nullptr, entry);
    if (entry.kind == QLatin1StringView(kind::ReportFiled)) return fileReport(*this, entry);
    // Everything else belongs to an incident; an intent for one that does not exist changes nothing.
    Case* c = find(IncidentId{entry.incident});
    const Fold fold = folds().value(entry.kind);
    if (c && fold) fold(*this, c, entry);
}

} // namespace wf
