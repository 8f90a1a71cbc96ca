// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/assistant/scene.h"
#include "models/domain/canonical_json.h"
#include "models/domain/claim_text.h"
#include <cmath>

namespace wf::assistant {
using namespace Qt::StringLiterals;

namespace {
constexpr Nanos kReportLooksBack = 15 * kMinute; ///< without an alarm, the onset lies somewhere before the first report

const Alarm* leadingAlarm(const InvestigationInput& in)
{
    const Alarm* best = nullptr;
    for (const Alarm& a : in.incident.alarms) {
        const SignalDef* def = in.signalSet.find(a.stream.feature, a.stream.signal);
        const bool primary = def && def->primary && a.stream.dimension.isEmpty();
        if (!best || primary) best = &a;
        if (primary) break;
    }
    return best;
}

SignalDef leadingSignal(const InvestigationInput& in, const Alarm* alarm)
{
    if (alarm)
        if (const SignalDef* def = in.signalSet.find(alarm->stream.feature, alarm->stream.signal)) return *def;
    for (const SignalDef& def : in.signalSet.signalDefs)
        if (def.primary && (def.feature == in.incident.feature || def.feature == u"*")) return def;
    SignalDef bare;
    if (alarm) {
        bare.name = alarm->stream.signal;
        bare.kind = alarm->baseline.mean >= 0 && alarm->baseline.mean <= 1 ? SignalKind::Rate : SignalKind::Numeric;
        bare.better = alarm->effect < 0 ? Better::Higher : Better::Lower;
    }
    return bare;
}

Onset likelyOnset(const InvestigationInput& in, const Alarm* alarm, Nanos now)
{
    Onset onset = alarm ? alarm->onset : in.incident.onset.value_or(Onset{});
    for (const HumanReport& r : in.reports) {
        if (r.happened <= 0 || r.happened > now) continue;
        if (!onset.at) onset = {r.happened, r.happened - kReportLooksBack, r.happened, 0.99};
        // A person who saw it earlier widens the interval; the most likely moment stays the data's.
        onset.low = std::min(onset.low, r.happened);
    }
    if (!onset.at) onset = {in.incident.opened, in.incident.opened - kReportLooksBack, in.incident.opened, 0.99};
    return onset;
}
} // namespace

ComparedGroup groupOf(const QString& value, const SignalCount& c)
{
    return {outsideText(value, 120), c.n, c.sum, c.sumSquares};
}

QString dominant(const std::map<QString, qint64>& shares, double* share)
{
    QString best;
    qint64 n = 0, of = 0;
    for (const auto& [value, count] : shares) {
        of += count;
        if (count > n) {
            n = count;
            best = value;
        }
    }
    if (share) *share = of > 0 ? double(n) / double(of) : 0;
    return best;
}

const char* hypothesisOf(Layer layer)
{
    switch (layer) {
    case Layer::Model:
        return "model";
    case Layer::Prompt:
        return "prompt";
    case Layer::Retrieval:
        return "retrieval";
    case Layer::Tools:
        return "tools";
    case Layer::Sampling:
    case Layer::Guardrails:
        return "guardrails";
    case Layer::Cache:
        return nullptr;
    }
    return nullptr;
}

QString articleTitle(Layer layer)
{
    return layer == Layer::Retrieval ? u"retrieval index"_s
        : layer == Layer::Tools      ? u"tool set"_s
                                     : layerTitle(layer).toLower();
}

QString shown(const QString& value)
{
    return outsideText(value, 120);
}

Scene::Scene(const InvestigationInput& input, TelemetryQueries& queries, Nanos t)
    : in(input)
    , now(t)
    , feature(input.incident.feature)
    , m_queries(queries)
{
    const Alarm* alarm = leadingAlarm(in);
    def = leadingSignal(in, alarm);
    onset = likelyOnset(in, alarm, now);
    good = in.lastGood.to > in.lastGood.from ? in.lastGood : Window{onset.low - kHour, onset.low};
    bad = {onset.at, now};
    for (const auto* key : kHypotheses)
        findings.hypotheses.push_back({QString::fromLatin1(key), HypothesisState::Open, {}, {}});
}

double Scene::harm(double difference) const
{
    if (def.better == Better::Higher) return -difference;
    if (def.better == Better::Lower) return difference;
    const bool up = since.n == 0 || since.mean() >= before.mean();
    return up ? difference : -difference;
}

double Scene::smallestThatMatters() const
{
    if (rate() || before.n < 2) return def.minEffect;
    const double variance = before.sumSquares / double(before.n) - before.mean() * before.mean();
    return def.minEffect * std::sqrt(std::max(0.0, variance));
}

template <class T> T Scene::take(Result<T> result)
{
    ++findings.queries;
    if (result) return std::move(*result);
    if (queryProblem.isEmpty()) queryProblem = result.error().sentence();
    return {};
}

SignalCount Scene::count(const QString& signal, Window w, const Where& where)
{
    SignalCount c = take(m_queries.count(feature, signal, w, where));
    findings.observations += c.n;
    return c;
}

std::map<QString, SignalCount> Scene::countBy(
    const QString& signal, Window w, const QString& dimension, const Where& where)
{
    auto counts = take(m_queries.countBy(feature, signal, w, dimension, where));
    for (const auto& [value, c] : counts)
        findings.observations += c.n;
    return counts;
}

TelemetryQueries::Answers Scene::answers(Window w, const Where& where)
{
    return take(m_queries.answers(feature, w, where));
}

std::map<QString, qint64> Scene::answersBy(Window w, const QString& dimension, const Where& where)
{
    return take(m_queries.answersBy(feature, w, dimension, where));
}

TelemetryQueries::StackShare Scene::commonestStack(Window w)
{
    return take(m_queries.commonestStack(feature, w));
}

std::vector<TimelineEvent> Scene::changes(Window w)
{
    return take(m_queries.changes(feature, w));
}

std::vector<SourceState> Scene::sources()
{
    return take(m_queries.sources());
}

int Scene::add(
    const QString& kind, const QString& title, const QJsonObject& query, const QJsonObject& result, Window about)
{
    Evidence e;
    e.number = in.nextEvidence + int(findings.evidence.size());
    e.kind = kind;
    e.title = title;
    e.query = query;
    e.result = result;
    e.from = about.from;
    e.to = about.to;
    e.at = now;
    e.seal();
    findings.evidence.push_back(std::move(e));
    return findings.evidence.back().number;
}

int Scene::addComparison(const Comparison& c, Window about, const QString& title, const QJsonObject& query)
{
    return add(u"comparison"_s, title, query, c.toJson(), about);
}

QString Scene::keep(const Claim& claim)
{
    findings.claims.push_back(claim);
    return claim.verdict == Verdict::Checked ? claim.text : QString();
}

Hypothesis& Scene::hypothesis(const char* key)
{
    const auto it = std::find_if(findings.hypotheses.begin(), findings.hypotheses.end(),
        [key](const Hypothesis& h) { return h.key == QLatin1StringView(key); });
    Q_ASSERT(it != findings.hypotheses.end());
    return *it;
}

void Scene::conclude(const char* key, HypothesisState state, const QString& why, std::vector<int> evidence)
{
    Hypothesis& h = hypothesis(key);
    const bool decided = state == HypothesisState::Supported || state == HypothesisState::Falsified;
    // A verdict rests on a checked sentence; without one the question stays open.
    h.state = decided && why.isEmpty() ? HypothesisState::Open : state;
    h.why = why.isEmpty() ? u"Its claim did not stand up to the record, so nothing is concluded."_s : why;
    h.evidence = std::move(evidence);
    if (!queryProblem.isEmpty() && h.state != HypothesisState::Supported) {
        h.state = HypothesisState::NotChecked;
        h.why = u"Telemetry could not be read: "_s + queryProblem;
    }
}

} // namespace wf::assistant
