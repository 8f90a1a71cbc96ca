// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/recovery/live_measure.h"
#include "services/recovery/escalation.h"
#include "services/recovery/gate_check.h"
#include "services/recovery/verify_window.h"

namespace wf {
using namespace Qt::StringLiterals;

namespace {
constexpr Nanos kRadiusWindow = 15 * kMinute;
constexpr Nanos kRateWindow = 20 * kSecond; // short, so that containment shows within seconds
constexpr Nanos kWatchdogFresh = 20 * kSecond;
const QString kModel = u"model"_s;

const StreamState* primaryStream(const DriftSnapshot& drift, const QString& feature)
{
    const StreamState* best = nullptr;
    for (const auto& s : drift.streams) {
        if (s.key.feature != feature || !s.key.dimension.isEmpty()) continue;
        if (s.def.primary) return &s;
        if (!best && s.def.kind == SignalKind::Rate && s.def.better != Better::Neither) best = &s;
    }
    return best;
}

/// Share of answers that are worse than at baseline; the sign follows the signal's direction. 0..1.
double worseBy(const StreamState& s, double mean)
{
    const double d = s.baseline.mean - mean;
    return std::max(0.0, s.def.better == Better::Lower ? -d : d);
}

Nanos evaluatedUpTo(const StreamState& s, Nanos now)
{
    return now - std::max<Nanos>(s.evaluatorLag, kSecond);
}

void measureAffected(LiveFigures& f, const Case& c, const StreamState& s, TelemetryQueries& q, Nanos now)
{
    if (!c.incident.onset) return;
    const Window w{c.incident.onset->low, c.incident.recovered ? c.incident.recovered : now};
    const auto given = q.answers(c.incident.feature, w, {{u"handled_by"_s, kModel}});
    const auto seen = q.count(c.incident.feature, s.key.signal, w);
    if (!given || !seen || seen->n == 0) return;
    const double mean = seen->sum / double(seen->n);
    const double half = 2.576 * std::sqrt(std::max(mean * (1 - mean), 1e-4) / double(seen->n)); // 99 %, normal, n in the hundreds and more
    const auto excess = [&](double m) { return qint64(std::llround(worseBy(s, m) * double(given->n))); };
    f.affectedAnswers = given->n;
    f.affectedPeople = given->people;
    f.affected = excess(mean);
    f.affectedLow = std::min(excess(mean - half), excess(mean + half));
    f.affectedHigh = std::max(excess(mean - half), excess(mean + half));
}

QString sharesText(const std::map<QString, qint64>& counts, double& topShare, QString& top)
{
    std::vector<std::pair<qint64, QString>> sorted;
    qint64 total = 0;
    for (const auto& [value, n] : counts) {
        total += n;
        sorted.push_back({n, value.isEmpty() ? u"not told"_s : value});
    }
    std::sort(sorted.rbegin(), sorted.rend());
    if (!total) return {};
    top = sorted.front().second;
    topShare = double(sorted.front().first) / double(total);
    QStringList parts;
    for (size_t i = 0; i < std::min<size_t>(sorted.size(), 3); ++i) {
        const double share = double(sorted[i].first) / double(total);
        if (i && share < 0.005) break;
        parts += u"%1 %2 %"_s.arg(sorted[i].second).arg(100 * share, 0, 'f', 0);
    }
    return parts.join(u" · "_s);
}

void measureStack(LiveFigures& f, const Case* c, const QString& feature, TelemetryQueries& q, Nanos now)
{
    const Nanos goodEnd = c && c->incident.onset ? c->incident.onset->low : now - 5 * kMinute;
    const auto good = q.commonestStack(feature, {goodEnd - 10 * kMinute, goodEnd});
    const bool haveGood = good && good->n > 0;
    if (haveGood) f.lastGoodAt = dayText(goodEnd) + u' ' + clockMinute(goodEnd);
    // The hypothesis that speaks for a layer carries what is known about it as a cause.
    static const std::map<Layer, QString> kHypothesisOf{{Layer::Model, u"model"_s}, {Layer::Prompt, u"prompt"_s},
        {Layer::Retrieval, u"retrieval"_s}, {Layer::Tools, u"tools"_s}, {Layer::Sampling, u"guardrails"_s}, {Layer::Guardrails, u"guardrails"_s}};
    for (const Layer layer : kLayers) {
        const auto counts = q.answersBy(feature, {now - kMinute, now}, layerName(layer), {{u"handled_by"_s, kModel}});
        if (!counts) continue;
        StackRow row;
        row.layer = layer;
        row.good = haveGood ? good->stack[layer] : QString();
        QString top;
        row.now = sharesText(*counts, row.nowShare, top);
        if (row.good.isEmpty() && (top.isEmpty() || top == u"not told")) continue; // nobody tells this layer
        row.changed = !row.good.isEmpty() && (top != row.good || row.nowShare < 0.995);
        if (const auto h = kHypothesisOf.find(layer); c && h != kHypothesisOf.end())
            for (const auto& known : c->hypotheses)
                if (known.key == h->second) {
                    row.cause = known.why;
                    row.state = known.state;
                    row.evidence = known.evidence;
                }
        f.stack.push_back(std::move(row));
    }
}

void measurePlans(LiveFigures& f, const Case& c, const MeasureInput& in, TelemetryQueries& q)
{
    for (const auto& p : c.plans) {
        if (isFinal(p.state)) continue;
        const QString id = p.proposal.id.value;
        f.radius[id] = measureRadius(p.proposal, q, in.now);
        if (const QString text = feasibilityText(p.proposal, *in.drift, *in.signalSet); !text.isEmpty()) f.feasibility[id] = text;
        if (p.state != PlanState::Running) continue;
        const int k = p.currentStep();
        if (k >= int(p.steps.size()) || p.proposal.steps[size_t(k)].gate.isNull()) continue;
        if (const auto g = readGate(p.proposal.steps[size_t(k)].gate, p.proposal.feature, p.steps[size_t(k)].finished, in.now, q)) {
            f.gateShare[id] = g->share();
            f.gateN[id] = g->n;
        }
    }
}

void measureSources(LiveFigures& f, TelemetryQueries& q, const std::vector<SourceExpectation>& expectations, Nanos now)
{
    if (auto sources = q.sources()) f.sources = std::move(*sources);
    // A source that ought to speak and never has is shown too: silence is a fact.
    for (const auto& e : expectations)
        if (std::none_of(f.sources.begin(), f.sources.end(), [&](const SourceState& s) { return s.name == e.source; }))
            f.sources.push_back({e.source, 0, 0, 0, 0, 0, 0, 0});
    for (const auto& s : f.sources) {
        if (s.name == u"infrastructure") f.infrastructureSeen = s.lastSeen;
        f.recordsPerSecond += s.perSecond;
    }
    f.infrastructureHealthy = f.infrastructureSeen && now - f.infrastructureSeen < kWatchdogFresh;
}
} // namespace

BlastRadius measureRadius(const Proposal& proposal, TelemetryQueries& queries, Nanos now)
{
    const Window w{now - kRadiusWindow, now};
    BlastRadius widest;
    widest.at = now;
    for (const auto& step : proposal.steps) {
        const auto touched = queries.answers(step.touches.feature.isEmpty() ? proposal.feature : step.touches.feature, w, step.touches.where);
        if (!touched) return BlastRadius{0, 0, 0, 0, 0, now, false};
        if (touched->n < widest.answers) continue;
        widest.answers = touched->n;
        widest.people = touched->people;
        widest.tenants = touched->tenants;
    }
    // Counted last: what arrives between two questions may make the share smaller than it is, never larger than the whole.
    const auto all = queries.answers(proposal.feature, w);
    // No answer for a minute means that telemetry is gone, not that nobody would be touched.
    widest.known = all && all->n > 0 && now - all->last <= kMinute;
    if (!widest.known) return BlastRadius{0, 0, 0, 0, 0, now, false};
    widest.share = double(widest.answers) / double(all->n);
    const auto rate = queries.answers(proposal.feature, {now - kMinute, now});
    widest.perMinute = rate ? double(rate->n) * widest.share : 0;
    return widest;
}

double harmPerMinute(const StreamState& s, TelemetryQueries& q, Nanos now)
{
    if (s.baseline.n == 0) return -1;
    const Nanos upTo = evaluatedUpTo(s, now);
    const auto seen = q.count(s.key.feature, s.key.signal, {upTo - kMinute, upTo});
    const auto given = q.answers(s.key.feature, {now - kRateWindow, now}, {{u"handled_by"_s, kModel}});
    if (!seen || !given || seen->n < 20) return -1;
    const double perMinute = double(given->n) * double(kMinute) / double(kRateWindow);
    return worseBy(s, seen->sum / double(seen->n)) * perMinute;
}

std::optional<double> harmAt(const StreamState& s, TelemetryQueries& q, Nanos moment)
{
    const auto given = q.answers(s.key.feature, {moment - kRateWindow, moment}, {{u"handled_by"_s, kModel}});
    if (!given) return std::nullopt;
    return worseBy(s, s.sinceOnset.mean) * double(given->n) * double(kMinute) / double(kRateWindow);
}

LiveFigures measure(const MeasureInput& in, TelemetryQueries& q)
{
    LiveFigures f;
    f.at = in.now;
    f.timersGuarded = true;
    measureSources(f, q, in.expectations, in.now);
    const Case* c = in.cases->current();
    QString feature = c ? c->incident.feature : QString();
    if (feature.isEmpty() && !in.drift->streams.empty()) feature = in.drift->streams.front().key.feature;
    if (feature.isEmpty()) return f;

    if (const auto all = q.answers(feature, {in.now - kMinute, in.now}); all && all->n) {
        f.answersPerMinute = double(all->n);
        f.toHumanShare = double(all->toHuman) / double(all->n);
    }
    measureStack(f, c, feature, q, in.now);
    const StreamState* primary = primaryStream(*in.drift, feature);
    if (primary) {
        // In band and nobody says otherwise: what is left of the minute is noise, not harm.
        const bool calm = primary->state == DriftState::InBand && !(c && c->incident.isOpen());
        f.harmPerMinute = calm ? 0 : primary->state == DriftState::NotEnoughData && !(c && c->incident.isOpen()) ? -1 : harmPerMinute(*primary, q, in.now);
    }
    if (!c) return f;
    if (primary) measureAffected(f, *c, *primary, q, in.now);
    f.harmBefore = c->harmBefore > 0 ? c->harmBefore : -1;
    measurePlans(f, *c, in, q);
    f.timers = runningTimers(*c, *in.policy, in.now);
    f.nextUpdateDue = nextUpdateDue(*c);
    return f;
}

} // namespace wf
