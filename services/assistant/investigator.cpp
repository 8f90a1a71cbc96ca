// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/assistant/investigator.h"
#include "models/domain/canonical_json.h"
#include "services/assistant/scene.h"
#include <QElapsedTimer>
#include <QRegularExpression>

namespace wf {
using namespace Qt::StringLiterals;
using namespace assistant;

namespace {
constexpr auto kAuthor = u"agent:offline";

/// "drift:grounded_*", "change:prompt", "report:*" against what is known.
bool symptomMatches(const QStringList& symptoms, const QStringList& facts)
{
    for (const QString& pattern : symptoms) {
        const QRegularExpression form = QRegularExpression::fromWildcard(pattern);
        if (std::any_of(facts.begin(), facts.end(), [&](const QString& f) { return form.match(f).hasMatch(); }))
            return true;
    }
    return symptoms.isEmpty();
}

QStringList factsOf(const InvestigationInput& in)
{
    QStringList facts;
    for (const Alarm& a : in.incident.alarms)
        facts << u"drift:"_s + a.stream.signal;
    for (const HumanReport& r : in.reports)
        facts << u"report:"_s + r.channel;
    return facts;
}

bool appliesTo(const Runbook& r, const QString& feature)
{
    return r.executable() && (r.features.isEmpty() || r.features.contains(feature) || r.features.contains(u"*"_s));
}

Manifest manifestOf(const std::map<Layer, std::map<QString, qint64>>& shares)
{
    Manifest m;
    for (const auto& [layer, values] : shares)
        m[layer] = dominant(values);
    return m;
}

std::vector<Proposal::EvidenceRef> refsOf(const std::vector<Evidence>& evidence)
{
    std::vector<Proposal::EvidenceRef> refs;
    for (const Evidence& e : evidence)
        refs.push_back({e.number, e.sha256});
    return refs;
}

/// The evidence a restore rests on: the alarm, and what the checked claims of the supported hypothesis cite.
std::vector<Evidence> restsOn(const Scene& s, const Candidate& cause)
{
    std::vector<Evidence> out;
    for (const Evidence& e : s.findings.evidence) {
        const bool alarm = std::find(s.alarms.begin(), s.alarms.end(), e.number) != s.alarms.end();
        const bool cited = std::find(cause.evidence.begin(), cause.evidence.end(), e.number) != cause.evidence.end();
        if (alarm || cited) out.push_back(e);
    }
    return out;
}

QString causeText(const Scene& s, const Candidate& c)
{
    const int digits = s.rate() ? 1 : 0;
    const auto level = [&](const ComparedGroup& g) {
        const QString text = QString::number(g.mean() * (s.rate() ? 100 : 1), 'f', digits);
        return s.unit().isEmpty() ? text : text + u' ' + s.unit();
    };
    if (c.state == HypothesisState::Supported && c.same)
        return u"separates bad from good in the same minutes: %1 %2, %3 %4"_s.arg(
            c.same->with.value, level(c.same->with), c.same->without.value, level(c.same->without));
    if (c.state == HypothesisState::Falsified && c.same)
        return u"does not separate them in the same minutes: %1 %2, %3 %4"_s.arg(
            c.same->with.value, level(c.same->with), c.same->without.value, level(c.same->without));
    return c.why;
}

QString shareText(const std::map<QString, qint64>& shares)
{
    std::vector<std::pair<qint64, QString>> rows;
    qint64 of = 0;
    for (const auto& [value, n] : shares) {
        if (!value.isEmpty()) rows.emplace_back(-n, shown(value));
        of += n;
    }
    std::sort(rows.begin(), rows.end());
    QStringList out;
    for (const auto& [n, value] : rows)
        if (out.size() < 3) out << u"%1 %2 %"_s.arg(value, QString::number(100.0 * double(-n) / double(of), 'f', 0));
    return out.join(u" · "_s);
}
} // namespace

namespace assistant {

void tellStack(Scene& s)
{
    for (const Layer layer : kLayers) {
        StackRow row;
        row.layer = layer;
        row.good = shown(dominant(s.goodShares[layer]));
        const QString now = shown(dominant(s.nowShares[layer], &row.nowShare));
        if (row.good.isEmpty() && now.isEmpty()) continue;
        row.now = shareText(s.nowShares[layer]);
        row.changed = !now.isEmpty() && now != row.good;
        const auto it = std::find_if(
            s.candidates.begin(), s.candidates.end(), [layer](const Candidate& c) { return c.layer == layer; });
        if (it != s.candidates.end()) {
            row.changed = row.changed || it->change != 0;
            row.state = it->state;
            row.cause = causeText(s, *it);
            row.evidence = it->evidence;
        } else if (const char* key = hypothesisOf(layer)) {
            const Hypothesis& h = s.hypothesis(key);
            row.state = h.state;
            row.evidence = h.evidence;
            row.cause
                = h.state == HypothesisState::Falsified ? (layer == Layer::Model ? h.why : u"unchanged"_s) : h.why;
        } else {
            row.cause = u"unchanged"_s;
        }
        s.findings.stack.push_back(std::move(row));
    }
}

void draftRestore(Scene& s)
{
    const Candidate* cause = guilty(s);
    if (!cause) return;
    const auto good = s.commonestStack(s.good);
    DraftContext context;
    context.incident = s.in.incident.id;
    context.feature = s.feature;
    context.good = good.n > 0 ? good.stack : manifestOf(s.goodShares);
    context.observed = manifestOf(s.nowShares);
    context.goodDay = dayText(s.good.to);
    context.targets = s.in.targets;
    context.evidence = refsOf(restsOn(s, *cause));
    context.requester = QString::fromUtf16(kAuthor);
    context.now = s.now;
    if (context.good[cause->layer].isEmpty()) {
        s.findings.notDrafted << u"No plan to restore was drafted: the last good %1 is not known."_s.arg(
            articleTitle(cause->layer));
        return;
    }
    QStringList facts = factsOf(s.in);
    facts << u"change:"_s + layerName(cause->layer);
    bool any = false;
    for (const Runbook& r : s.in.runbooks) {
        const bool fits = r.cls == RunbookClass::RestoreKnownGood && appliesTo(r, s.feature)
            && symptomMatches(r.symptoms, facts) && (r.layers.isEmpty() || r.layers.contains(layerName(cause->layer)));
        if (!fits) continue;
        any = true;
        if (auto p = draftProposal(r, context))
            s.findings.proposals.push_back(std::move(*p));
        else
            s.findings.notDrafted << p.error().sentence();
    }
    if (!any)
        s.findings.notDrafted << u"No signed runbook restores the %1 of %2."_s.arg(
            articleTitle(cause->layer), s.feature);
}

} // namespace assistant

Investigator::Investigator(TelemetryQueries& queries, const Clock& clock)
    : m_queries(queries)
    , m_clock(clock)
{
}

Findings Investigator::investigate(const InvestigationInput& input)
{
    QElapsedTimer timer;
    timer.start();
    Scene s(input, m_queries, m_clock.now());
    using Step = void (*)(Scene&);
    constexpr Step steps[] = {gatherAlarms, gatherReports, gatherManifests, gatherChanges, judgeCandidates,
        judgeQuietLayers, judgeModel, judgeInputMix, judgeAbuse, judgeMeasurement, judgeInfrastructure,
        testWhatPeopleSay, tellStack, draftRestore};
    for (const Step step : steps)
        step(s);
    s.findings.milliseconds = timer.elapsed();
    return std::move(s.findings);
}

Result<Proposal> Investigator::draftContainment(const InvestigationInput& input, const std::vector<Evidence>& known)
{
    Scene s(input, m_queries, m_clock.now());
    DraftContext context;
    context.incident = input.incident.id;
    context.feature = s.feature;
    context.good = s.commonestStack(s.good).stack;
    for (const Layer layer : kLayers)
        context.observed[layer]
            = dominant(s.answersBy({s.now - 5 * kMinute, s.now}, layerName(layer), {{u"handled_by"_s, u"model"_s}}));
    context.goodDay = dayText(s.good.to);
    context.targets = input.targets;
    context.evidence = refsOf(known);
    context.requester = QString::fromUtf16(kAuthor);
    context.now = s.now;
    const Runbook* fitting = nullptr;
    for (const Runbook& r : input.runbooks)
        if (!fitting && r.cls == RunbookClass::Contain && appliesTo(r, s.feature)
            && symptomMatches(r.symptoms, factsOf(input)))
            fitting = &r;
    if (!fitting)
        return fail(Fault::NotFound, u"No signed runbook contains %1."_s.arg(s.feature), u"Nothing was drafted."_s,
            u"Sign one of class “contain” whose symptoms match this alarm or report."_s);
    return draftProposal(*fitting, context);
}

namespace {
Where whereOf(const QJsonObject& query)
{
    Where where;
    const QJsonObject o = query[u"where"_s].toObject();
    for (auto it = o.begin(); it != o.end(); ++it)
        where[it.key()] = it.value().toString();
    return where;
}

Window windowOf(const QJsonObject& query, const QString& prefix)
{
    return {fromJsonInt(query[prefix + u"from"_s]), fromJsonInt(query[prefix + u"to"_s])};
}

/// The value named, or for "others" everything but the other group.
ComparedGroup pick(const std::map<QString, SignalCount>& by, const QString& value, const QString& not_)
{
    ComparedGroup g{value, 0, 0, 0};
    for (const auto& [v, c] : by) {
        const bool mine = value == u"others" ? v != not_ && !v.isEmpty() : shown(v) == value;
        if (!mine) continue;
        g.n += c.n;
        g.sum += c.sum;
        g.sumSquares += c.sumSquares;
    }
    return g;
}
} // namespace

std::optional<Evidence> Investigator::rerun(const Evidence& evidence)
{
    auto c = Comparison::fromJson(evidence.result);
    if (!c) return std::nullopt;
    const QJsonObject& q = evidence.query;
    const QString op = q[u"op"_s].toString(), feature = q[u"feature"_s].toString(), signal = q[u"signal"_s].toString();
    if (op == u"with_without") {
        const auto by = m_queries.countBy(feature, signal, windowOf(q, {}), q[u"dimension"_s].toString(), whereOf(q));
        if (!by) return std::nullopt;
        c->with = pick(*by, c->with.value, c->with.value);
        c->without = pick(*by, c->without.value, c->with.value);
    } else if (op == u"across") {
        const auto after = m_queries.count(feature, signal, windowOf(q, u"after_"_s), whereOf(q));
        const auto before = m_queries.count(feature, signal, windowOf(q, u"before_"_s), whereOf(q));
        if (!after || !before) return std::nullopt;
        c->with = groupOf(c->with.value, *after);
        c->without = groupOf(c->without.value, *before);
    } else {
        return std::nullopt;
    }
    Evidence fresh = evidence;
    fresh.result = c->toJson();
    fresh.at = m_clock.now();
    fresh.seal();
    return fresh;
}

} // namespace wf
