// SPDX-License-Identifier: GPL-3.0-or-later
// Everything that is not a layer of the stack: the users, an attacker, the measurement itself, the machines, and what
// people say about it.
#include "models/domain/canonical_json.h"
#include "models/domain/claim_text.h"
#include "models/domain/stats/intervals.h"
#include "services/assistant/scene.h"
#include <QJsonArray>
#include <QRegularExpression>
#include <cmath>

namespace wf::assistant {
using namespace Qt::StringLiterals;

namespace {
constexpr double kMixExplains = 0.5; ///< re-weighted, less than this share of the fall is left: the mix did it
constexpr double kMixIrrelevant = 0.8; ///< more than this share is left: it did not
constexpr double kSlower = 1.25; ///< mean latency by this factor: the machines moved too
constexpr double kMoreErrors = 0.02; ///< share of failed calls

std::vector<MixRow> mixOf(Scene& s, const QString& dimension)
{
    const auto before = s.countBy(s.def.name, s.good, dimension), since = s.countBy(s.def.name, s.bad, dimension);
    std::vector<MixRow> rows;
    for (const auto& [value, base] : before)
        if (const auto it = since.find(value); it != since.end() && base.n > 0 && it->second.n > 0 && !value.isEmpty())
            rows.push_back({value, base, it->second});
    std::sort(rows.begin(), rows.end(), [](const MixRow& a, const MixRow& b) {
        return a.since.n != b.since.n ? a.since.n > b.since.n : a.value < b.value;
    });
    return rows;
}

QJsonObject mixJson(const Scene& s, const QString& dimension, const std::vector<MixRow>& rows)
{
    const auto sum = [&](double v) { return s.rate() ? jsonInt(qRound64(v)) : QJsonValue(decimal(v)); };
    QJsonArray out;
    for (const MixRow& r : rows)
        out.append(QJsonObject{{u"value"_s, shown(r.value)}, {u"sum"_s, sum(r.since.sum)}, {u"n"_s, jsonInt(r.since.n)},
            {u"baseline_sum"_s, sum(r.baseline.sum)}, {u"baseline_n"_s, jsonInt(r.baseline.n)}});
    return {{u"signal"_s, s.def.name}, {u"dimension"_s, dimension}, {u"scale"_s, s.rate() ? u"rate"_s : u"numeric"_s},
        {u"rows"_s, out}};
}

double reweightedMean(const std::vector<MixRow>& rows)
{
    double sum = 0, weight = 0;
    for (const MixRow& r : rows) {
        sum += double(r.baseline.n) * r.since.sum / double(r.since.n);
        weight += double(r.baseline.n);
    }
    return weight > 0 ? sum / weight : 0;
}

double rowHarm(const Scene& s, const MixRow& r)
{
    return s.harm(r.since.sum / double(r.since.n) - r.baseline.sum / double(r.baseline.n));
}

int addMix(Scene& s, const QString& dimension, const std::vector<MixRow>& rows)
{
    return s.add(u"comparison"_s, u"%1 by %2, before and since"_s.arg(s.def.name, dimension),
        {{u"op"_s, u"mix"_s}, {u"feature"_s, s.feature}, {u"signal"_s, s.def.name}, {u"dimension"_s, dimension},
            {u"before_from"_s, jsonInt(s.good.from)}, {u"before_to"_s, jsonInt(s.good.to)},
            {u"after_from"_s, jsonInt(s.bad.from)}, {u"after_to"_s, jsonInt(s.bad.to)}},
        mixJson(s, dimension, rows), {s.good.from, s.now});
}

/// Where it hurts most: one sentence, for whoever decides what to contain.
void claimWorstSlice(Scene& s, const QString& dimension, const std::vector<MixRow>& rows, int e)
{
    int worst = -1;
    for (int i = 0; i < int(rows.size()); ++i)
        if (rows[size_t(i)].since.n >= s.in.signalSet.minCurrent
            && (worst < 0 || rowHarm(s, rows[size_t(i)]) > rowHarm(s, rows[size_t(worst)])))
            worst = i;
    if (worst < 0 || rows.size() < 2) return;
    const QString row = u"/rows/%1"_s.arg(worst);
    const QString unit = s.unit();
    const int digits = s.rate() ? 1 : 0;
    s.keep(s.write(u"slice"_s, dimension)
               .say(u"It fell most for "_s + dimension + u' ')
               .quote(e, shown(rows[size_t(worst)].value))
               .say(u": from "_s)
               .ratio(e, row + u"/baseline_sum"_s, row + u"/baseline_n"_s, unit, digits)
               .say(u" to "_s)
               .ratio(e, row + u"/sum"_s, row + u"/n"_s, unit, digits)
               .say(u" of "_s)
               .count(e, row + u"/n"_s)
               .say(u"."_s)
               .done());
}

/// A signal nobody's judgement goes into, before and since the onset.
struct Independent {
    SignalDef def;
    Comparison across;
    bool measured = false, moved = false;
};

std::vector<Independent> independentSignals(Scene& s)
{
    std::vector<Independent> out;
    for (const SignalDef& def : s.in.signalSet.signalDefs) {
        const bool ours = def.feature == s.feature || def.feature == u"*";
        if (!ours || def.sampled || def.name == s.def.name) continue;
        const bool rate = def.kind == SignalKind::Rate;
        Independent i{def,
            {def.name, u"time"_s, rate, false, groupOf(u"since"_s, s.count(def.name, s.bad)),
                groupOf(u"before"_s, s.count(def.name, s.good))},
            false, false};
        i.measured = s.enough(i.across.with) && s.enough(i.across.without);
        const Interval d = i.across.interval();
        const double variance = i.across.without.n > 1
            ? i.across.without.sumSquares / double(i.across.without.n) - std::pow(i.across.without.mean(), 2)
            : 0;
        const double matters = rate ? def.minEffect : def.minEffect * std::sqrt(std::max(0.0, variance));
        i.moved = i.measured && (d.low > 0 || d.high < 0)
            && std::abs(i.across.with.mean() - i.across.without.mean()) >= matters;
        out.push_back(std::move(i));
    }
    return out;
}

int addIndependent(Scene& s, const Independent& i)
{
    return s.addComparison(i.across, {s.good.from, s.now},
        i.def.name + u" before and since the onset, measured without the evaluator"_s,
        {{u"op"_s, u"across"_s}, {u"feature"_s, s.feature}, {u"signal"_s, i.def.name},
            {u"before_from"_s, jsonInt(s.good.from)}, {u"before_to"_s, jsonInt(s.good.to)},
            {u"after_from"_s, jsonInt(s.bad.from)}, {u"after_to"_s, jsonInt(s.bad.to)}});
}

const TimelineEvent* evaluatorChange(const Scene& s)
{
    const auto it = std::find_if(s.otherChanges.begin(), s.otherChanges.end(), [](const TimelineEvent& e) {
        const QString layer = e.body[u"layer"_s].toString();
        return layer.contains(u"evaluat"_s) || layer.contains(u"judge"_s) || layer.contains(u"measure"_s);
    });
    return it == s.otherChanges.end() ? nullptr : &*it;
}

/// Only the judged signal moved. Whether that is the judge or the answers, people have to read.
void judgeOnlyJudged(Scene& s, const std::vector<int>& flat, const QString& names)
{
    if (names.isEmpty()) {
        s.conclude("measurement", HypothesisState::NotChecked,
            u"No signal that works without the evaluator has enough data since the onset."_s, {});
        return;
    }
    std::vector<int> evidence = flat;
    const TimelineEvent* change = evaluatorChange(s);
    if (!change) {
        s.conclude("measurement", HypothesisState::Open,
            u"Only what the evaluator judges moved; %1 stayed as before. Have people read some of the answers."_s.arg(
                names),
            evidence);
        return;
    }
    const int e = s.add(u"change"_s, outsideText(change->title, 160),
        {{u"op"_s, u"change"_s}, {u"event"_s, jsonInt(change->id)}},
        {{u"layer"_s, outsideText(change->body[u"layer"_s].toString(), 80)},
            {u"to"_s, outsideText(change->body[u"to"_s].toString(), 80)}, {u"time"_s, jsonInt(change->t)}},
        {change->t, change->t});
    evidence.push_back(e);
    const QString why = s.keep(s.write(u"measurement"_s, u"evaluator"_s)
                                   .say(u"The "_s)
                                   .quote(e, outsideText(change->body[u"layer"_s].toString(), 80))
                                   .say(u" changed at "_s)
                                   .clock(e, u"/time"_s)
                                   .say(u", and nothing moved that is measured without it."_s)
                                   .done());
    s.conclude("measurement", HypothesisState::Supported, why, evidence);
}

QStringList sentencesOf(const QString& text)
{
    static const QRegularExpression ends(u"(?<=[.!?])\\s+|\\n+"_s);
    QStringList out;
    for (QString sentence : text.split(ends, Qt::SkipEmptyParts)) {
        sentence = foldSpaces(sentence);
        if (!sentence.isEmpty()) out << sentence;
    }
    return out;
}

/// The layer a sentence speaks about, by the words people use for it.
std::optional<Layer> layerSpokenOf(const QString& sentence)
{
    struct Word {
        const char16_t* pattern;
        Layer layer;
    };
    static constexpr Word words[]
        = {{u"\\b(index|retriev\\w*|embedding\\w*|knowledge base|documents?)\\b", Layer::Retrieval},
            {u"\\bprompts?\\b", Layer::Prompt}, {u"\\b(tools?|schemas?|functions?)\\b", Layer::Tools},
            {u"\\b(guardrails?|filters?)\\b", Layer::Guardrails}, {u"\\b(temperature|sampling)\\b", Layer::Sampling},
            {u"\\b(provider|model|snapshot)\\b", Layer::Model}};
    for (const Word& w : words)
        if (sentence.contains(
                QRegularExpression(QString::fromUtf16(w.pattern), QRegularExpression::CaseInsensitiveOption)))
            return w.layer;
    return std::nullopt;
}

/// The record that would have to say it: the layer's own change, else the stack before and now.
int recordOf(const Scene& s, Layer layer)
{
    for (const Candidate& c : s.candidates)
        if (c.layer == layer && c.change) return c.change;
    return s.manifests;
}
} // namespace

void judgeInputMix(Scene& s)
{
    struct Tested {
        QString dimension;
        std::vector<MixRow> rows;
        double left = 0;
    };
    std::vector<Tested> tested;
    for (const QString& dimension : {u"route"_s, u"tenant"_s, u"locale"_s}) {
        Tested t{dimension, mixOf(s, dimension), 0};
        if (t.rows.empty() || s.fallSize() <= 0) continue;
        t.left = s.harm(reweightedMean(t.rows) - s.before.mean()) / s.fallSize();
        tested.push_back(std::move(t));
    }
    if (tested.empty()) {
        s.conclude("input-mix", HypothesisState::NotChecked,
            u"No answer tells its route, tenant or locale, so the mix of users cannot be compared."_s, {});
        return;
    }
    // The dimension that takes most of the fall away decides; the first one is where the slices are shown.
    const auto least = std::min_element(
        tested.begin(), tested.end(), [](const Tested& a, const Tested& b) { return a.left < b.left; });
    const int e = addMix(s, least->dimension, least->rows);
    const int shownSlices = least == tested.begin() ? e : addMix(s, tested.front().dimension, tested.front().rows);
    claimWorstSlice(s, tested.front().dimension, tested.front().rows, shownSlices);
    const QString why = s.keep(s.write(u"input-mix"_s, u"mix"_s)
                                   .say(u"With the earlier mix of "_s + least->dimension + u" values it would be "_s)
                                   .reweighted(e, u"/rows"_s, s.rate(), s.def.unit)
                                   .say(u", against "_s)
                                   .level(s.fall, u"/with"_s, s.rate(), s.def.unit)
                                   .say(u" measured and "_s)
                                   .level(s.fall, u"/without"_s, s.rate(), s.def.unit)
                                   .say(u" before."_s)
                                   .done());
    const HypothesisState state = least->left <= kMixExplains ? HypothesisState::Supported
        : least->left >= kMixIrrelevant                       ? HypothesisState::Falsified
                                                              : HypothesisState::Open;
    s.conclude("input-mix", state, why, {e, s.fall});
}

void judgeAbuse(Scene& s)
{
    const auto rows = mixOf(s, u"tenant"_s);
    int big = 0, fell = 0;
    for (const MixRow& r : rows) {
        if (r.since.n < s.in.signalSet.minCurrent / 2 || r.baseline.n < s.in.signalSet.minCurrent / 2) continue;
        ++big;
        if (rowHarm(s, r) >= s.fallSize() / 2) ++fell;
    }
    const Candidate* cause = guilty(s);
    if (big < 3 && !cause) {
        s.conclude("abuse", HypothesisState::NotChecked,
            u"No source reports injection or abuse, and too few tenants have enough answers to see whether one of them stands out."_s,
            {});
        return;
    }
    const QString spread
        = big < 3 ? QString() : u" It fell for %1 of %2 tenants with enough answers."_s.arg(fell).arg(big);
    if (cause) {
        // An attacker's questions reach answers with and without the change alike.
        const int e = cause->comparison;
        const QString why = s.keep(s.write(u"ruled-out"_s, u"abuse"_s)
                                       .say(u"Questions of the same minutes answered on "_s)
                                       .quote(e, cause->same->without.value)
                                       .say(u" stay at "_s)
                                       .level(e, u"/without"_s, s.rate(), s.def.unit)
                                       .say(u", which an attack on the questions would not spare."_s)
                                       .done());
        s.conclude("abuse", HypothesisState::Falsified, why, {e});
    } else if (fell * 2 <= big) {
        s.conclude("abuse", HypothesisState::Open, u"The fall is concentrated."_s + spread, {});
    } else {
        s.conclude("abuse", HypothesisState::NotChecked, u"No source reports injection or abuse."_s + spread, {});
    }
}

void judgeMeasurement(Scene& s)
{
    if (!s.def.sampled) {
        s.conclude("measurement", HypothesisState::NotChecked,
            u"%1 is measured without an evaluator; nothing else measures the same."_s.arg(s.def.name), {});
        return;
    }
    std::vector<int> flat;
    QStringList names;
    for (const Independent& i : independentSignals(s)) {
        if (!i.measured) continue;
        const int e = addIndependent(s, i);
        if (!i.moved) {
            flat.push_back(e);
            names << i.def.name;
            continue;
        }
        const bool rate = i.across.rate;
        const QString why = s.keep(s.write(u"ruled-out"_s, u"measurement"_s)
                                       .quote(e, i.def.name)
                                       .say(u", which no evaluator measures, moved too: from "_s)
                                       .level(e, u"/without"_s, rate, i.def.unit)
                                       .say(u" to "_s)
                                       .level(e, u"/with"_s, rate, i.def.unit)
                                       .say(u"."_s)
                                       .done());
        s.conclude("measurement", HypothesisState::Falsified, why, {e});
        return;
    }
    if (const Candidate* cause = guilty(s)) {
        const int e = cause->comparison;
        const QString why = s.keep(s.write(u"ruled-out"_s, u"measurement"_s)
                                       .say(u"The same evaluator judged answers on "_s)
                                       .quote(e, cause->same->without.value)
                                       .say(u" in the same minutes and passed "_s)
                                       .level(e, u"/without"_s, s.rate(), s.def.unit)
                                       .say(u"."_s)
                                       .done());
        s.conclude("measurement", HypothesisState::Falsified, why, {e});
        return;
    }
    judgeOnlyJudged(s, flat, names.join(u", "_s));
}

void judgeInfrastructure(Scene& s)
{
    Where fresh{{u"cached"_s, u"no"_s}, {u"handled_by"_s, u"model"_s}};
    auto before = s.answers(s.good, fresh), since = s.answers(s.bad, fresh);
    if (before.n == 0 || since.n == 0) { // the cache is not told: then all answers are the best there is
        before = s.answers(s.good, {{u"handled_by"_s, u"model"_s}});
        since = s.answers(s.bad, {{u"handled_by"_s, u"model"_s}});
    }
    if (before.n < s.in.signalSet.minCurrent || since.n < s.in.signalSet.minCurrent) {
        s.conclude("infrastructure", HypothesisState::NotChecked,
            u"Too few calls since the onset to compare latency and errors."_s, {});
        return;
    }
    const auto json = [](const TelemetryQueries::Answers& a) {
        return QJsonObject{{u"n"_s, jsonInt(a.n)}, {u"errors"_s, jsonInt(a.errors)},
            {u"latency_ms"_s, jsonInt(qRound64(a.meanLatencyNs * double(a.n) / double(kMilli)))}};
    };
    const int e = s.add(u"series"_s, u"Latency and errors before and since the onset"_s,
        {{u"op"_s, u"answers"_s}, {u"feature"_s, s.feature}, {u"before_from"_s, jsonInt(s.good.from)},
            {u"before_to"_s, jsonInt(s.good.to)}, {u"after_from"_s, jsonInt(s.bad.from)},
            {u"after_to"_s, jsonInt(s.bad.to)}},
        {{u"before"_s, json(before)}, {u"since"_s, json(since)}}, {s.good.from, s.now});
    const bool slower = since.meanLatencyNs > before.meanLatencyNs * kSlower;
    const Interval more
        = stats::newcombeDifference(double(since.errors), double(since.n), double(before.errors), double(before.n));
    const bool flat = !slower && more.low <= 0
        && double(since.errors) / double(since.n) - double(before.errors) / double(before.n) < kMoreErrors;
    const QString why = s.keep(s.write(flat ? u"ruled-out"_s : u"infrastructure"_s, u"infrastructure"_s)
                                   .say(flat ? u"Latency and errors are flat: "_s : u"Latency or errors moved too: "_s)
                                   .ratio(e, u"/since/latency_ms"_s, u"/since/n"_s, u"ms"_s, 0)
                                   .say(u" and "_s)
                                   .percent(e, u"/since/errors"_s, u"/since/n"_s)
                                   .say(u" failed, before "_s)
                                   .ratio(e, u"/before/latency_ms"_s, u"/before/n"_s, u"ms"_s, 0)
                                   .say(u" and "_s)
                                   .percent(e, u"/before/errors"_s, u"/before/n"_s)
                                   .say(u"."_s)
                                   .done());
    s.conclude("infrastructure", flat ? HypothesisState::Falsified : HypothesisState::Open, why, {e});
}

/// What people say about a layer becomes a claim like any other: its words must stand in the record of that layer. The
/// report itself is no witness to its own truth, so it is not what is cited.
void testWhatPeopleSay(Scene& s)
{
    for (const HumanReport& r : s.in.reports) {
        for (const QString& said : sentencesOf(outsideText(r.text, 600))) {
            const auto layer = layerSpokenOf(said);
            if (!layer) continue;
            QString words = said;
            while (!words.isEmpty() && (words.back() == u'.' || words.back() == u'!' || words.back() == u'?'))
                words.chop(1);
            s.keep(s.write(u"hearsay"_s, said).say(said).cite(recordOf(s, *layer), words).done());
        }
    }
}

} // namespace wf::assistant
