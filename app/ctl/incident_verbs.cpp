// SPDX-License-Identifier: GPL-3.0-or-later
// Verbs about an incident: incident, proposal, execute, export.
#include "app/ctl/ctl.h"
#include "app/desk_port.h"
#include "models/domain/canonical_json.h"
#include "services/approvals/sign_request.h"
#include <QJsonDocument>
#include <future>

namespace wf::ctl {
using namespace Qt::StringLiterals;

namespace {
Error noIncident()
{
    return {Fault::NotFound, u"There is no such incident in this profile."_s, {}, u"watchfloorctl incident list shows them."_s};
}

QJsonObject brief(const Case& c)
{
    const Incident& i = c.incident;
    return {{u"id"_s, i.id.value}, {u"code"_s, i.code()}, {u"title"_s, i.title}, {u"feature"_s, i.feature}, {u"status"_s, incidentStatusName(i.status)},
        {u"severity"_s, i.severity}, {u"suggested_severity"_s, i.suggestedSeverity}, {u"commander"_s, i.commander}, {u"opened"_s, isoText(i.opened)},
        {u"investigations"_s, c.investigations}, {u"alarms"_s, int(i.alarms.size())}, {u"reports"_s, int(c.reports.size())}};
}

QJsonObject planJson(const Plan& p, const Policy& policy)
{
    const Quorum q = quorumOf(p.proposal, p.decisions, policy);
    QJsonArray steps, windows, refusals;
    for (size_t k = 0; k < p.steps.size(); ++k)
        steps.append(QJsonObject{{u"id"_s, p.proposal.steps[k].id}, {u"title"_s, p.proposal.steps[k].title}, {u"state"_s, stepStateName(p.steps[k].state)},
            {u"why"_s, p.steps[k].why}});
    for (const auto& w : p.windows) windows.append(QJsonObject{{u"outcome"_s, w.outcome}, {u"good"_s, jsonInt(w.good)}, {u"n"_s, jsonInt(w.n)}});
    for (const auto& r : p.refusals) refusals.append(QJsonObject{{u"person"_s, r.person}, {u"reason"_s, r.reason}});
    return {{u"id"_s, p.proposal.id.value}, {u"title"_s, p.proposal.title}, {u"runbook"_s, p.proposal.runbookId}, {u"tier"_s, tierName(p.proposal.tier)},
        {u"class"_s, runbookClassName(p.proposal.cls)}, {u"state"_s, planStateName(p.state)}, {u"why"_s, p.why}, {u"digest"_s, p.digest},
        {u"words"_s, digestWords(p.digest).join(u' ')}, {u"signatures"_s, q.have}, {u"needed"_s, q.need}, {u"missing"_s, QJsonArray::fromStringList(q.missing)},
        {u"steps"_s, steps}, {u"windows"_s, windows}, {u"refusals"_s, refusals}, {u"replay_good"_s, jsonInt(p.replayGood)}, {u"replay_n"_s, jsonInt(p.replayN)}};
}

QJsonObject whole(const Case& c, const Policy& policy)
{
    QJsonObject o = brief(c);
    QJsonArray plans, hypotheses, claims, evidence;
    for (const auto& p : c.plans) plans.append(planJson(p, policy));
    for (const auto& h : c.hypotheses) hypotheses.append(QJsonObject{{u"key"_s, h.key}, {u"state"_s, hypothesisStateName(h.state)}, {u"why"_s, h.why}});
    for (const auto& k : c.claims) claims.append(QJsonObject{{u"text"_s, k.text}, {u"verdict"_s, verdictName(k.verdict)}, {u"reason"_s, k.reason}});
    for (const auto& e : c.evidence) evidence.append(QJsonObject{{u"label"_s, e.label()}, {u"kind"_s, e.kind}, {u"title"_s, e.title}, {u"result"_s, e.result}});
    if (c.incident.onset)
        o[u"onset"_s] = QJsonObject{{u"at"_s, isoText(c.incident.onset->at)}, {u"low"_s, isoText(c.incident.onset->low)}, {u"high"_s, isoText(c.incident.onset->high)}};
    o[u"plans"_s] = plans;
    o[u"hypotheses"_s] = hypotheses;
    o[u"claims"_s] = claims;
    o[u"evidence"_s] = evidence;
    o[u"harm_before"_s] = c.harmBefore;
    o[u"harm_after"_s] = c.harmNow;
    o[u"seconds_to_effect"_s] = c.secondsToEffect;
    return o;
}

/// Runs one desk call and waits for its reply: the command line has nothing else to do.
template <class T, class F> Result<T> await(F&& call)
{
    std::promise<Result<T>> promise;
    auto future = promise.get_future();
    call([&promise](Result<T> r) { promise.set_value(std::move(r)); });
    return future.get();
}

int told(const Io& io, const Result<qint64>& seq)
{
    if (!seq) return io.fail(seq.error());
    io.line({{u"recorded"_s, jsonInt(*seq)}});
    return Ok;
}

int show(const Opened& opened, const Options& o, const Io& io, const Case& c)
{
    if (o.json()) {
        io.line(whole(c, opened.site.policy));
        return Ok;
    }
    io.out << c.incident.code() << "  SEV " << c.incident.severity << "  " << incidentStatusName(c.incident.status) << "  " << c.incident.title << "\n";
    for (const auto& h : c.hypotheses) io.out << "  " << hypothesisTitle(h.key) << ": " << hypothesisStateName(h.state) << ". " << h.why << "\n";
    for (const auto& p : c.plans) io.out << "  [" << tierName(p.proposal.tier) << "] " << p.proposal.title << ": " << planStateName(p.state) << " " << p.proposal.id.value << "\n";
    io.out.flush();
    return Ok;
}
} // namespace

int incident(const QStringList& args, const Io& io)
{
    Options o(u"incident"_s, u"list | show [INC] | declare [INC] | status STATUS | report TEXT | note TEXT | ask TEXT"_s,
        {{u"as"_s, u"Who does it."_s, u"PERSON"_s}, {u"severity"_s, u"1 to 4, for declare."_s, u"N"_s}, {u"incident"_s, u"Which one (default: the current one)."_s, u"INC"_s},
            {u"channel"_s, u"Where a report came from."_s, u"TEXT"_s}, {u"why"_s, u"Reason, for status."_s, u"TEXT"_s}},
        u"ACTION"_s);
    int code;
    if (!o.parse(args, io, code)) return code;
    const QString action = o.positional().value(0), rest = o.positional().mid(1).join(u' ');
    auto opened = open(o.profile());
    if (!opened) return io.fail(opened.error());
    Opened& p = **opened;
    if (action == u"list") {
        for (const auto& c : p.cases.cases) io.line(brief(c));
        return Ok;
    }
    const Case* c = p.caseOf(action == u"show" || action == u"declare" ? (rest.isEmpty() ? o.value(u"incident"_s) : rest) : o.value(u"incident"_s));
    if (action == u"show") return c ? show(p, o, io, *c) : io.fail(noIncident());
    const QString person = o.value(u"as"_s);
    if (!p.site.policy.find(person)) return io.fail({Fault::Refused, u"“%1” is nobody the policy knows."_s.arg(person), u"Nothing was recorded."_s, u"Give --as PERSON."_s});
    auto desk = DeskPort::open(p.profile, *p.clock, std::make_shared<Policy>(p.site.policy));
    if (!desk) return io.fail(desk.error());
    Desk& d = **desk;
    if (action == u"report") return told(io, await<qint64>([&](auto r) { d.fileReport(person, rest, 0, o.value(u"channel"_s), r); }));
    if (!c) return io.fail(noIncident());
    const IncidentId id = c->incident.id;
    if (action == u"declare") return told(io, await<qint64>([&](auto r) { d.declare(person, id, o.value(u"severity"_s, u"1"_s).toInt(), r); }));
    if (action == u"note") return told(io, await<qint64>([&](auto r) { d.addNote(person, id, rest, 0, r); }));
    if (action == u"status") {
        const auto to = incidentStatusFromName(rest);
        if (!to) return io.fail(to.error());
        return told(io, await<qint64>([&](auto r) { d.setStatus(person, id, *to, o.value(u"why"_s), r); }));
    }
    if (action == u"ask") {
        const auto said = await<QString>([&](auto r) { d.ask(person, id, rest, r); });
        if (!said) return io.fail(said.error());
        io.out << *said << "\n";
        io.out.flush();
        return Ok;
    }
    return io.usage(u"incident knows list, show, declare, status, report, note and ask."_s);
}

int proposal(const QStringList& args, const Io& io)
{
    Options o(u"proposal"_s, u"list | show ID | queue ID | request ID (text for the second signer)"_s, {{u"as"_s, u"Who does it."_s, u"PERSON"_s}}, u"ACTION"_s);
    int code;
    if (!o.parse(args, io, code)) return code;
    auto opened = open(o.profile());
    if (!opened) return io.fail(opened.error());
    Opened& p = **opened;
    const QString action = o.positional().value(0);
    if (action == u"list") {
        for (const auto& c : p.cases.cases)
            for (const auto& plan : c.plans) io.line(planJson(plan, p.site.policy));
        return Ok;
    }
    const Plan* plan = p.planOf(o.positional().value(1));
    if (!plan) return io.fail({Fault::NotFound, u"There is no such proposal."_s, {}, u"watchfloorctl proposal list shows them."_s});
    if (action == u"show") {
        QJsonObject all = planJson(*plan, p.site.policy);
        all[u"proposal"_s] = plan->proposal.toJson();
        io.line(all);
        return Ok;
    }
    if (action == u"request") {
        io.out << signRequestText(plan->proposal) << "\n";
        io.out.flush();
        return Ok;
    }
    if (action == u"queue") {
        auto desk = DeskPort::open(p.profile, *p.clock, std::make_shared<Policy>(p.site.policy));
        if (!desk) return io.fail(desk.error());
        if (!p.site.policy.find(o.value(u"as"_s))) return io.usage(u"Give --as PERSON: whoever puts it in the queue is recorded."_s);
        return told(io, await<qint64>([&](auto r) { (*desk)->queueProposal(o.value(u"as"_s), plan->proposal.id, r); }));
    }
    return io.usage(u"proposal knows list, show, queue and request."_s);
}

int execute(const QStringList& args, const Io& io)
{
    Options o(u"execute"_s, u"execute list: every step that was queued, with its outcome and receipt. Only the engine executes."_s, {}, u"list"_s);
    int code;
    if (!o.parse(args, io, code)) return code;
    if (o.positional().value(0) != u"list") return io.usage(u"Write: watchfloorctl execute list"_s);
    auto opened = open(o.profile());
    if (!opened) return io.fail(opened.error());
    for (const auto& c : (*opened)->cases.cases)
        for (const auto& p : c.plans)
            for (size_t k = 0; k < p.steps.size(); ++k) {
                const StepRun& s = p.steps[k];
                if (s.state == StepRun::State::Waiting) continue;
                io.line({{u"proposal"_s, p.proposal.id.value}, {u"step"_s, int(k)}, {u"title"_s, p.proposal.steps[k].title}, {u"state"_s, stepStateName(s.state)},
                    {u"execution"_s, s.execution.value}, {u"key"_s, s.key}, {u"http_status"_s, s.httpStatus}, {u"receipt"_s, s.receipt}, {u"why"_s, s.why}});
            }
    return Ok;
}

int exportVerb(const QStringList& args, const Io& io)
{
    Options o(u"export"_s, u"Writes report.md, record.jsonl and checkpoint.json of an incident into a folder."_s,
        {{u"incident"_s, u"Which one (default: the current one)."_s, u"INC"_s}, {u"out"_s, u"The folder."_s, u"DIR"_s},
            {u"passphrase-fd"_s, u"Read the site key's passphrase from this file descriptor."_s, u"N"_s}});
    int code;
    if (!o.parse(args, io, code)) return code;
    if (!o.has(u"out"_s)) return io.usage(u"Give --out DIR."_s);
    auto opened = open(o.profile());
    if (!opened) return io.fail(opened.error());
    Opened& p = **opened;
    const Case* c = p.caseOf(o.value(u"incident"_s));
    if (!c) return io.fail(noIncident());
    auto desk = DeskPort::open(p.profile, *p.clock, std::make_shared<Policy>(p.site.policy));
    if (!desk) return io.fail(desk.error());
    const auto passphrase = o.passphrase();
    if (!passphrase) return io.fail(passphrase.error());
    const auto folder = await<QString>([&](auto r) { (*desk)->exportSigned(c->incident.id, o.value(u"out"_s), *passphrase, r); });
    if (!folder) return io.fail(folder.error());
    io.line({{u"folder"_s, *folder}});
    return Ok;
}

} // namespace wf::ctl
