// SPDX-License-Identifier: GPL-3.0-or-later
// Sections are functions that return their Markdown, empty when there is nothing to say. Failed and stale claims appear
// in one place only, struck out; nothing rests on them.
#include "services/export/report.h"
#include "models/domain/canonical_json.h"
#include "models/domain/comparison.h"
#include "services/export/checkpoint.h"
#include "services/export/markdown.h"
#include <QJsonDocument>
#include <cmath>

namespace wf {
using namespace Qt::StringLiterals;

namespace {
/// Read years later, perhaps: the whole date.
QString when(Nanos t)
{
    return t ? isoText(t).left(10) + u' ' + clockText(t) : u"—"_s;
}
QString orDash(const QString& text)
{
    return text.isEmpty() ? u"—"_s : text;
}
QString percent(double share, int digits = 1)
{
    return QString::number(100 * share, 'f', digits) + u" %"_s;
}

QString section(const QString& title, const QString& body)
{
    return body.isEmpty() ? QString() : u"\n## "_s + title + u"\n\n"_s + body;
}

QString words(const QString& digest)
{
    return digestWords(digest).join(u" "_s);
}

bool isLive(const Claim& k)
{
    return k.verdict == Verdict::Checked;
}

QString claimText(const Claim& k)
{
    return mdText(k.text)
        + (k.coincidence ? u" *(coincides only: no comparison in the same minutes separates it)*"_s : QString());
}

QString citedLabels(const Claim& k)
{
    QStringList labels;
    for (const Citation& c : k.citations)
        if (const QString l = u"E%1"_s.arg(c.evidence); !labels.contains(l)) labels << l;
    return labels.join(u", "_s);
}

QString head(const ReportSource& s)
{
    const Incident& i = s.c.incident;
    QString out = u"# %1: %2\n\n"_s.arg(i.code(), mdText(i.title));
    if (s.profile == u"sample")
        out += u"**SAMPLE DATA.** Everything below was played by the simulator and signed with demo keys.\n\n"_s;
    QList<QStringList> rows{{u"Status"_s, incidentStatusName(i.status)},
        {u"Severity"_s, i.severity ? u"SEV %1"_s.arg(i.severity) : u"none declared"_s},
        {u"Feature"_s, mdText(i.feature)}, {u"Commander"_s, orDash(mdText(i.commander))},
        {u"Deputy"_s, orDash(mdText(i.deputy))}};
    if (i.onset)
        rows << QStringList{u"Onset (%1)"_s.arg(percent(i.onset->level, 0)),
            u"%1 – %2"_s.arg(when(i.onset->low), clockText(i.onset->high))};
    rows << QStringList{u"Opened"_s, when(i.opened)} << QStringList{u"Declared"_s, when(i.declared)}
         << QStringList{u"Contained"_s, when(i.contained)} << QStringList{u"Recovered"_s, when(i.recovered)}
         << QStringList{u"Closed"_s, when(i.closed)} << QStringList{u"Report made"_s, when(s.at)};
    return out + mdTable({u"All times are UTC"_s, QString()}, rows);
}

QString summary(const ReportSource& s)
{
    QStringList lines;
    // The order a reader needs: why, how it was seen, where it hurt.
    for (const auto& kind : {u"cause"_s, u"alarm"_s, u"comparison"_s, u"slice"_s})
        for (const Claim& k : s.c.claims)
            if (k.kind == kind && isLive(k)) lines << u"- "_s + claimText(k) + u" ["_s + citedLabels(k) + u']';
    if (std::none_of(
            s.c.claims.begin(), s.c.claims.end(), [](const Claim& k) { return k.kind == u"cause" && isLive(k); }))
        lines.prepend(u"- No cause is established."_s);
    const Incident& i = s.c.incident;
    if (i.contained && i.opened) lines << u"- Contained %1 after it was opened."_s.arg(ageText(i.contained - i.opened));
    if (i.recovered)
        lines << u"- Recovery was shown %1 after it was opened."_s.arg(ageText(i.recovered - i.opened));
    else
        lines << u"- Recovery has not been shown."_s;
    return lines.join(u'\n') + u'\n';
}

QString impact(const ReportSource& s)
{
    QStringList lines;
    if (s.c.secondsToEffect >= 0)
        lines << u"- Wrong answers a minute: %1 before containment, %2 after; the effect was seen after %3 s."_s.arg(
            QString::number(s.c.harmBefore, 'f', 0), QString::number(s.c.harmNow, 'f', 0),
            QString::number(s.c.secondsToEffect, 'f', 0));
    for (const Alarm& a : s.c.incident.alarms) {
        const bool rate = std::abs(a.baseline.mean) <= 1.0;
        const auto level = [&](double v) { return rate ? percent(v) : QString::number(v, 'f', 0); };
        lines << u"- %1: %2 before, %3 at the alarm, over %4 evaluated answers (%5 of all)."_s.arg(
            mdText(a.stream.signal), level(a.baseline.mean), level(a.current.mean), QString::number(a.current.n),
            percent(a.coverage, 0));
    }
    for (const HumanReport& r : s.c.reports)
        lines << u"- Reported by %1 at %2: “%3”"_s.arg(
            mdText(r.channel.isEmpty() ? r.actor : r.channel), when(r.happened), mdText(r.text));
    if (lines.isEmpty()) return u"No figure about harm is in the record.\n"_s;
    return lines.join(u'\n') + u'\n';
}

/// Evidence, claims and hypotheses have sections of their own; a change stands at its own time, not when it was found.
bool makesRow(const Entry& e)
{
    return e.kind != QLatin1StringView(kind::EvidenceAdded) && e.kind != QLatin1StringView(kind::ClaimMade)
        && e.kind != QLatin1StringView(kind::HypothesisSet);
}

QString timeline(const ReportSource& s)
{
    struct Row {
        Nanos t;
        qint64 order;
        QStringList cells;
    };
    std::vector<Row> rows;
    for (const Entry& e : s.entries) {
        if (e.incident != s.c.incident.id.value || !makesRow(e)) continue;
        const auto ev = timelineEventOf(e);
        if (!ev) continue;
        const QString late = ev->seen - ev->t > kMinute ? u" *(filed %1)*"_s.arg(clockText(ev->seen)) : QString();
        rows.push_back({ev->t, e.seq, {when(ev->t), mdText(ev->title) + late, mdText(ev->detail), mdText(ev->actor)}});
    }
    QStringList changes;
    for (const Evidence& e : s.c.evidence) {
        const QString key = e.result[u"key"_s].toString() + e.title + QString::number(e.from);
        if (e.kind != u"change" || changes.contains(key)) continue; // a second look finds it again
        changes << key;
        rows.push_back({e.from, 0,
            {when(e.from), u"Change: "_s + mdText(e.title) + u" ["_s + e.label() + u']',
                mdText(e.result[u"summary"_s].toString()), mdText(e.result[u"actor"_s].toString())}});
    }
    std::stable_sort(rows.begin(), rows.end(),
        [](const Row& a, const Row& b) { return a.t != b.t ? a.t < b.t : a.order < b.order; });
    QList<QStringList> cells;
    for (const Row& r : rows)
        cells << r.cells;
    return cells.isEmpty() ? QString() : mdTable({u"Time"_s, u"What"_s, u"Detail"_s, u"By"_s}, cells);
}

QString claims(const ReportSource& s)
{
    QStringList lines;
    for (const Claim& k : s.c.claims)
        if (isLive(k)) lines << u"- %1 [%2] — %3"_s.arg(claimText(k), citedLabels(k), mdText(k.reason));
    return lines.isEmpty() ? QString() : lines.join(u'\n') + u'\n';
}

QString struckOut(const ReportSource& s)
{
    QStringList lines;
    for (const Claim& k : s.c.claims)
        if (k.verdict == Verdict::Failed || k.verdict == Verdict::Stale)
            lines << u"- ~~%1~~ — %2: %3"_s.arg(mdText(k.text), verdictName(k.verdict), mdText(k.reason));
    return lines.isEmpty() ? QString()
                           : u"These did not stand up to the record. Nothing in this report rests on them.\n\n"_s
            + lines.join(u'\n') + u'\n';
}

QString hypotheses(const ReportSource& s)
{
    QList<QStringList> rows;
    for (const Hypothesis& h : s.c.hypotheses) {
        QStringList labels;
        for (const int n : h.evidence)
            labels << u"E%1"_s.arg(n);
        rows << QStringList{hypothesisTitle(h.key), hypothesisStateName(h.state),
            mdText(h.why.isEmpty() ? u"Nobody has looked at it."_s : h.why), orDash(labels.join(u", "_s))};
    }
    return rows.isEmpty() ? QString() : mdTable({u"Could it be"_s, u"Answer"_s, u"Why"_s, u"Evidence"_s}, rows);
}

QString evidence(const ReportSource& s)
{
    QList<QStringList> rows;
    for (const Evidence& e : s.c.evidence)
        rows << QStringList{
            e.label(), mdText(e.title), e.kind, when(e.from) + u" – "_s + clockText(e.to), mdCode(e.sha256.left(16))};
    return rows.isEmpty()
        ? QString()
        : u"Each is a snapshot in the record with the counts every figure above was computed from.\n\n"_s
            + mdTable({u"No."_s, u"What"_s, u"Kind"_s, u"About"_s, u"SHA-256"_s}, rows);
}

QString callText(const HttpCall& call)
{
    const auto body = canonicalJson(call.body);
    return call.method + u' ' + call.base + call.path
        + (call.body.isEmpty() || !body ? QString() : u' ' + QString::fromUtf8(*body));
}

QString planSteps(const Plan& p)
{
    QList<QStringList> rows;
    for (size_t k = 0; k < p.proposal.steps.size(); ++k) {
        const PlanStep& step = p.proposal.steps[k];
        const StepRun run = k < p.steps.size() ? p.steps[k] : StepRun{};
        QString state = stepStateName(run.state);
        if (run.httpStatus) state += u", HTTP %1"_s.arg(run.httpStatus);
        if (!run.why.isEmpty()) state += u": "_s + mdText(run.why);
        rows << QStringList{QString::number(k + 1), mdText(step.title), tierName(step.tier),
            mdCode(callText(step.action)), state, when(run.started), when(run.finished), when(run.gatePassed),
            run.receipt.isEmpty() ? u"—"_s : mdCode(run.receipt.left(64))};
    }
    return mdTable({u"Step"_s, u"What"_s, u"Tier"_s, u"Exactly"_s, u"State"_s, u"Started"_s, u"Finished"_s,
                       u"Gate passed"_s, u"Receipt"_s},
        rows);
}

QString planSignatures(const Plan& p)
{
    QList<QStringList> rows;
    for (const AcceptedDecision& d : p.decisions)
        rows << QStringList{mdText(d.decision.person), mdText(d.decision.role), decisionVerdictName(d.decision.verdict),
            when(d.decision.at), orDash(mdText(d.decision.machine)), orDash(mdText(d.decision.reason))};
    QString out = rows.isEmpty()
        ? u"Nobody signed it.\n"_s
        : mdTable({u"Signed by"_s, u"As"_s, u"Verdict"_s, u"At"_s, u"On"_s, u"Reason"_s}, rows);
    for (const Refusal& r : p.refusals)
        out += u"\n- Refused: %1 as %2 at %3. %4\n"_s.arg(
            mdText(r.person), mdText(r.role), when(r.at), mdText(r.reason));
    return out;
}

QString planWindows(const Plan& p)
{
    QList<QStringList> rows;
    for (const VerifiedWindow& w : p.windows)
        rows << QStringList{u"%1 of %2"_s.arg(w.window).arg(w.of), mdText(w.signal),
            w.outcome == u"in"        ? u"back in band"_s
                : w.outcome == u"out" ? u"out of band"_s
                                      : u"cannot tell"_s,
            QString::number(w.good), QString::number(w.n),
            u"%1 … %2"_s.arg(QString::number(w.low, 'f', 4), QString::number(w.high, 'f', 4)), when(w.at)};
    return rows.isEmpty() ? QString()
                          : u'\n'
            + mdTable({u"Window"_s, u"Signal"_s, u"Outcome"_s, u"Good"_s, u"Evaluated"_s, u"Difference to baseline"_s,
                          u"At"_s},
                rows);
}

QString decisions(const ReportSource& s)
{
    QString out;
    for (const Plan& p : s.c.plans) {
        const Proposal& q = p.proposal;
        out += u"### %1\n\n"_s.arg(mdText(q.title));
        out += u"%1, %2. Runbook %3 %4. Drafted by %5.\n\n"_s.arg(tierName(q.tier), planStateName(p.state),
            mdText(q.runbookId), mdText(q.runbookVersion), mdText(q.requester));
        out += u"Digest %1 — **%2**\n\n"_s.arg(mdCode(p.digest), words(p.digest));
        out += u"Ceilings: %1 of this feature, %2 people, %3 tenants, %4.\n\n"_s.arg(
            percent(q.limits.shareOfFeature, 0), q.limits.people ? QString::number(q.limits.people) : u"no"_s,
            q.limits.tenants ? QString::number(q.limits.tenants) : u"any number of"_s, ageText(q.limits.duration));
        if (p.replayN)
            out += u"Replay before signing: %1 of %2 failing prompts passed.\n\n"_s.arg(p.replayGood).arg(p.replayN);
        if (!p.why.isEmpty()) out += mdText(p.why) + u"\n\n"_s;
        out += planSteps(p) + u'\n' + planSignatures(p) + planWindows(p) + u'\n';
    }
    return out;
}

QString escalations(const ReportSource& s)
{
    QStringList lines;
    for (const Escalation& e : s.c.escalations)
        lines << u"- %1 to %2: %3"_s.arg(when(e.at), mdText(e.to), mdText(e.why));
    return lines.isEmpty() ? QString() : lines.join(u'\n') + u'\n';
}

QString notChecked(const ReportSource& s)
{
    QStringList lines;
    for (const Hypothesis& h : s.c.hypotheses)
        if (h.state == HypothesisState::NotChecked || h.state == HypothesisState::Open)
            lines << u"- %1 (%2): %3"_s.arg(hypothesisTitle(h.key), hypothesisStateName(h.state),
                mdText(h.why.isEmpty() ? u"nobody has looked at it."_s : h.why));
    for (const Plan& p : s.c.plans) {
        const bool ran = std::any_of(p.steps.begin(), p.steps.end(), [](const StepRun& r) { return r.started != 0; });
        if (ran && p.windows.empty() && !p.proposal.verify.signalNames.isEmpty())
            lines << u"- Whether “%1” had its effect was not measured."_s.arg(mdText(p.proposal.title));
        for (const StepRun& r : p.steps)
            if (r.state == StepRun::State::Unknown)
                lines << u"- What a step of “%1” did is unknown: no answer came back."_s.arg(mdText(p.proposal.title));
    }
    for (const Alarm& a : s.c.incident.alarms)
        if (a.coverage > 0 && a.coverage < 0.995)
            lines << u"- %1 of the answers behind %2 were not evaluated."_s.arg(
                percent(1 - a.coverage, 0), mdText(a.stream.signal));
    return lines.isEmpty() ? u"Every hypothesis has an answer.\n"_s : lines.join(u'\n') + u'\n';
}

QString proof(const ReportSource& s)
{
    const Entry last = s.entries.empty() ? Entry{} : s.entries.back();
    return u"This report was made from a record of %1 entries. `record.jsonl` holds all of them; each commits to the "
           u"one before it.\n\n"
           "- Head: entry %2, hash %3\n- Site key: %4\n\nCheck it with `watchfloorctl verify .` or, without "
           "Watchfloor, `python3 verify_record.py .` "
           "(chain and files; signatures need Watchfloor or any Ed25519 tool). Compare the site key with the one you were given in another way.\n"_s
               .arg(QString::number(s.entries.size()), QString::number(last.seq),
                   mdCode(QString::fromLatin1(last.hash.toHex())),
                   mdCode(keyFingerprint(QByteArray::fromHex(s.siteKey.toLatin1()))));
}
} // namespace

QString reportOf(const ReportSource& s)
{
    return head(s) + section(u"Summary"_s, summary(s)) + section(u"Impact"_s, impact(s))
        + section(u"Timeline"_s, timeline(s)) + section(u"What is claimed, checked against the evidence"_s, claims(s))
        + section(u"Struck out"_s, struckOut(s)) + section(u"Hypotheses"_s, hypotheses(s))
        + section(u"Decisions and executions"_s, decisions(s)) + section(u"Escalations"_s, escalations(s))
        + section(u"What was not checked"_s, notChecked(s)) + section(u"Evidence"_s, evidence(s))
        + section(u"Proof"_s, proof(s));
}

} // namespace wf
