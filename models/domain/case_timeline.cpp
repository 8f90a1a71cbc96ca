// SPDX-License-Identifier: GPL-3.0-or-later
// How an entry of the record reads on the timeline: one line, a second line, nothing that is bookkeeping only.
#include "models/domain/canonical_json.h"
#include "models/domain/case_file.h"

namespace wf {
using namespace Qt::StringLiterals;

namespace {
struct Line { EventKind kind; QString title, detail; bool loud = false; };
using Tell = std::optional<Line> (*)(const Entry&);

QString str(const Entry& e, const char16_t* key) { return e.body[QStringView(key)].toString(); }
QString percent(double v, int digits = 1) { return QString::number(100 * v, 'f', digits) + u" %"_s; }

QString figureText(const Alarm& a, double v) { return std::abs(a.baseline.mean) <= 1.0 ? percent(v) : QString::number(v, 'f', 0); }

std::optional<Line> alarm(const Entry& e)
{
    const Alarm a = Alarm::fromJson(e.body);
    const bool rate = std::abs(a.baseline.mean) <= 1.0;
    const QString effect = rate ? QString::number(100 * a.effect, 'f', 1) + u" points"_s : QString::number(a.effect, 'f', 0);
    const QString slice = a.stream.dimension.isEmpty() ? QString() : u", only %1 %2"_s.arg(a.stream.dimension, a.stream.value);
    return Line{EventKind::Alarm, u"Drift alarm: %1"_s.arg(a.stream.signal) + slice,
        u"%1 → %2, n = %3, effect %4, %5 of answers evaluated"_s.arg(figureText(a, a.baseline.mean), figureText(a, a.current.mean))
            .arg(a.current.n).arg(effect.startsWith(u'-') ? u"−"_s + effect.mid(1) : u"+"_s + effect, percent(a.coverage, 0)),
        true};
}

std::optional<Line> report(const Entry& e)
{
    const QString channel = str(e, u"channel");
    return Line{EventKind::Report, u"Human report: %1"_s.arg(channel.isEmpty() ? e.actor : channel), str(e, u"text"), true};
}

/// What was checked stands in the assistant's pane and in the report; the timeline tells what was struck out, and the
/// hypotheses that follow from the rest. Evidence is opened from whatever rests on it.
std::optional<Line> claim(const Entry& e)
{
    const Claim c = Claim::fromJson(e.body);
    if (c.verdict != Verdict::Failed && c.verdict != Verdict::Stale) return std::nullopt;
    return Line{EventKind::Claim, u"Struck out: %1"_s.arg(c.text), c.reason};
}

std::optional<Line> hypothesis(const Entry& e)
{
    const Hypothesis h = Hypothesis::fromJson(e.body);
    if (h.state == HypothesisState::Open) return std::nullopt;
    const QString word = h.state == HypothesisState::Falsified ? u"Ruled out"_s : h.state == HypothesisState::Supported ? u"Supported"_s : u"Not checked"_s;
    return Line{EventKind::Hypothesis, u"%1: %2"_s.arg(word, hypothesisTitle(h.key)), h.why};
}

std::optional<Line> drafted(const Entry& e)
{
    const QJsonObject p = e.body[u"proposal"_s].toObject();
    QString detail = u"digest %1"_s.arg(str(e, u"digest").left(8));
    if (const qint64 n = fromJsonInt(e.body[u"replay_n"_s]); n > 0)
        detail = u"replayed %1 failing prompts: %2 pass · "_s.arg(n).arg(percent(double(fromJsonInt(e.body[u"replay_good"_s])) / double(n), 0)) + detail;
    return Line{EventKind::Proposal, u"Agent proposes: %1"_s.arg(p[u"title"_s].toString()), detail};
}

std::optional<Line> accepted(const Entry& e)
{
    const QJsonObject d = e.body[u"decision"_s].toObject();
    const QString verb = d[u"verdict"_s].toString();
    return Line{EventKind::Decision, u"%1 by %2 as %3"_s.arg(verb == u"approve" ? u"Signed"_s : verb == u"reject" ? u"Rejected"_s : u"Held"_s,
                                         d[u"person"_s].toString(), d[u"role"_s].toString()),
        u"%1 of %2 signatures"_s.arg(e.body[u"have"_s].toInt()).arg(e.body[u"need"_s].toInt())};
}

std::optional<Line> finished(const Entry& e)
{
    const QString outcome = str(e, u"outcome");
    const QString title = u"Step %1 %2"_s.arg(e.body[u"step"_s].toInt() + 1).arg(outcome);
    const QString name = str(e, u"title");
    return Line{EventKind::Execution, name.isEmpty() ? title : title + u": "_s + name,
        outcome == u"executed" ? u"HTTP %1 · receipt %2"_s.arg(e.body[u"status"_s].toInt()).arg(str(e, u"receipt").left(8)) : str(e, u"why"), outcome != u"executed"};
}

std::optional<Line> window(const Entry& e)
{
    const QString outcome = str(e, u"outcome");
    return Line{EventKind::Verification,
        u"Window %1 of %2: %3"_s.arg(e.body[u"window"_s].toInt()).arg(e.body[u"of"_s].toInt())
            .arg(outcome == u"in" ? u"back in band"_s : outcome == u"out" ? u"out of band"_s : u"cannot tell"_s),
        u"%1: %2 of %3 evaluated answers"_s.arg(str(e, u"signal")).arg(fromJsonInt(e.body[u"good"_s])).arg(fromJsonInt(e.body[u"n"_s]))};
}

const QHash<QString, Tell>& tells()
{
    static const QHash<QString, Tell> table{
        {QLatin1StringView(kind::ReportFiled), report},
        {QLatin1StringView(kind::NoteAdded), [](const Entry& e) -> std::optional<Line> { return Line{EventKind::Note, str(e, u"text"), {}}; }},
        {QLatin1StringView(kind::QuestionAsked), [](const Entry& e) -> std::optional<Line> { return Line{EventKind::Note, u"Asked: "_s + str(e, u"text"), {}}; }},
        {QLatin1StringView(kind::IncidentOpened), [](const Entry& e) -> std::optional<Line> {
             return Line{EventKind::Incident, u"Incident detected: %1"_s.arg(str(e, u"title")), u"suggested SEV %1"_s.arg(e.body[u"suggested_severity"_s].toInt()), true}; }},
        {QLatin1StringView(kind::IncidentDeclared), [](const Entry& e) -> std::optional<Line> {
             return Line{EventKind::Incident, u"Incident declared, SEV %1"_s.arg(e.body[u"severity"_s].toInt()), u"commander %1"_s.arg(str(e, u"commander")), true}; }},
        {QLatin1StringView(kind::IncidentStatus), [](const Entry& e) -> std::optional<Line> { return Line{EventKind::Incident, u"Incident %1"_s.arg(str(e, u"status")), str(e, u"why")}; }},
        {QLatin1StringView(kind::AlarmRaised), alarm},
        {QLatin1StringView(kind::ClaimMade), claim},
        {QLatin1StringView(kind::HypothesisSet), hypothesis},
        {QLatin1StringView(kind::ProposalDrafted), drafted},
        {QLatin1StringView(kind::ProposalQueued), [](const Entry& e) -> std::optional<Line> { return Line{EventKind::Proposal, u"Put in the queue by %1"_s.arg(e.actor), str(e, u"title")}; }},
        {QLatin1StringView(kind::ProposalState), [](const Entry& e) -> std::optional<Line> { return Line{EventKind::Proposal, u"Plan %1"_s.arg(str(e, u"state")), str(e, u"why")}; }},
        {QLatin1StringView(kind::DecisionAccepted), accepted},
        {QLatin1StringView(kind::DecisionRefused), [](const Entry& e) -> std::optional<Line> {
             return Line{EventKind::Decision, u"Signature refused: %1 as %2"_s.arg(str(e, u"person"), str(e, u"role")), str(e, u"reason"), true}; }},
        {QLatin1StringView(kind::AttemptStarted), [](const Entry& e) -> std::optional<Line> {
             return Line{EventKind::Execution, u"Step %1 started"_s.arg(e.body[u"step"_s].toInt() + 1), u"%1 %2"_s.arg(str(e, u"method"), u'/' + str(e, u"url").section(u'/', 3))}; }},
        {QLatin1StringView(kind::AttemptFinished), finished},
        {QLatin1StringView(kind::GatePassed), [](const Entry& e) -> std::optional<Line> {
             return Line{EventKind::Gate, u"Gate of step %1 passed"_s.arg(e.body[u"step"_s].toInt() + 1),
                 u"%1 of %2 answers"_s.arg(fromJsonInt(e.body[u"share_good"_s])).arg(fromJsonInt(e.body[u"share_n"_s]))}; }},
        {QLatin1StringView(kind::GateFailed), [](const Entry& e) -> std::optional<Line> {
             return Line{EventKind::Gate, u"Gate of step %1 failed"_s.arg(e.body[u"step"_s].toInt() + 1), str(e, u"why"), true}; }},
        {QLatin1StringView(kind::WindowVerified), window},
        {QLatin1StringView(kind::PlanVerified), [](const Entry& e) -> std::optional<Line> { return Line{EventKind::Verification, u"Verified: %1"_s.arg(str(e, u"outcome")), str(e, u"why")}; }},
        {QLatin1StringView(kind::HarmMeasured), [](const Entry& e) -> std::optional<Line> {
             return Line{EventKind::Gate, u"Harm now %1 wrong answers a minute"_s.arg(fromDecimal(e.body[u"per_minute"_s]), 0, 'f', 0),
                 u"was %1 · effect seen after %2 s"_s.arg(fromDecimal(e.body[u"per_minute_before"_s]), 0, 'f', 0).arg(fromDecimal(e.body[u"seconds_to_effect"_s]), 0, 'f', 0)}; }},
        {QLatin1StringView(kind::EscalationFired), [](const Entry& e) -> std::optional<Line> { 
             const bool asked = str(e, u"rule").startsWith(u"ask:");
             return Line{EventKind::Escalation, (asked ? u"Asked %1 to sign"_s : u"Escalated to %1"_s).arg(str(e, u"to")), str(e, u"why"), !asked}; }},
        {QLatin1StringView(kind::IdentityUsed), [](const Entry& e) -> std::optional<Line> {
             return Line{EventKind::System, u"%1 sits at %2"_s.arg(str(e, u"person"), str(e, u"machine")), e.body[u"same_machine"_s].toBool() ? u"same machine as another signer"_s : QString()}; }},
        {QLatin1StringView(kind::EngineStarted), [](const Entry& e) -> std::optional<Line> {
             if (!e.body[u"after_crash"_s].toBool()) return std::nullopt; // a start is no event; a crash before it is
             return Line{EventKind::System, u"Engine started again"_s, u"it had been stopped without warning"_s, true}; }},
    };
    return table;
}
} // namespace

std::optional<TimelineEvent> timelineEventOf(const Entry& entry)
{
    const Tell tell = tells().value(entry.kind);
    const auto line = tell ? tell(entry) : std::nullopt;
    if (!line) return std::nullopt;
    TimelineEvent ev;
    ev.id = -entry.seq;
    ev.seen = entry.t;
    // A report or a note may be back-dated; an alarm stands where its data crossed the line.
    ev.t = fromJsonInt(entry.body[u"happened"_s], 0);
    if (!ev.t && line->kind == EventKind::Alarm) ev.t = fromJsonInt(entry.body[u"at"_s], 0);
    if (!ev.t) ev.t = entry.t;
    ev.kind = line->kind;
    ev.actor = entry.actor;
    ev.feature = entry.body[u"feature"_s].toString();
    ev.title = line->title;
    ev.detail = line->detail;
    ev.incident = entry.incident;
    ev.dedupKey = u"record:%1"_s.arg(entry.seq);
    ev.source = u"record"_s;
    ev.loud = line->loud;
    ev.body = entry.body;
    return ev;
}

} // namespace wf
