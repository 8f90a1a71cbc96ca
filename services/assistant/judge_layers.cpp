// SPDX-License-Identifier: GPL-3.0-or-later
// Could this layer be the cause? With and without the change in the same minutes where both served; before and after it
// where it was complete before the onset; otherwise it cannot be told, and the hypothesis says so.
#include "models/domain/canonical_json.h"
#include "services/assistant/scene.h"
#include <cmath>

namespace wf::assistant {
using namespace Qt::StringLiterals;

namespace {
constexpr Nanos kAcross = 10 * kMinute; ///< looked at on each side of a change that was complete before the onset
constexpr double kWhole = 0.99; ///< share of answers from which on a value counts as "all of them"

/// The interval of the harm done by `with` against `without`, whatever direction is bad.
Interval harmInterval(const Scene& s, const Comparison& c)
{
    const Interval i = c.interval();
    const double a = s.harm(i.low), b = s.harm(i.high);
    return {std::min(a, b), std::max(a, b), i.level};
}

double harmOf(const Scene& s, const Comparison& c)
{
    return s.harm(c.with.mean() - c.without.mean());
}

/// Separates, matters, and those without it fare as before: then it accounts for the fall.
bool explains(const Scene& s, const Comparison& c)
{
    const double leftWithout = s.before.n > 0 ? s.harm(c.without.mean() - s.before.mean()) : 0;
    return c.separates() && harmInterval(s, c).low > 0 && harmOf(s, c) >= s.smallestThatMatters()
        && leftWithout <= harmOf(s, c) / 2;
}

/// So close that it can account for less than half of the fall, at 99 %.
bool cannotExplain(const Scene& s, const Comparison& c)
{
    // What is compared in the same minutes are fresh answers; a cache full of old good ones would make their fall look
    // small.
    const double fall = c.sameMinutes ? s.freshFall : s.fallSize();
    return fall > 0 && harmInterval(s, c).high < fall / 2;
}

QJsonObject withQuery(const Scene& s, const Candidate& c, const QString& without, Window w)
{
    return {{u"op"_s, u"with_without"_s}, {u"feature"_s, s.feature}, {u"signal"_s, s.def.name},
        {u"dimension"_s, layerName(c.layer)}, {u"with"_s, c.to}, {u"without"_s, without}, {u"from"_s, jsonInt(w.from)},
        {u"to"_s, jsonInt(w.to)}};
}

/// The old value where enough answers still had it, else everything that is not the new one.
ComparedGroup withoutGroup(const Scene& s, const std::map<QString, SignalCount>& by, const Candidate& c)
{
    if (const auto it = by.find(c.from); it != by.end() && !c.from.isEmpty()) {
        const ComparedGroup g = groupOf(c.from, it->second);
        if (s.enough(g)) return g;
    }
    ComparedGroup others{u"others"_s, 0, 0, 0};
    for (const auto& [value, count] : by) {
        if (value == c.to || value.isEmpty()) continue;
        others.n += count.n;
        others.sum += count.sum;
        others.sumSquares += count.sumSquares;
        if (count.n > 0 && others.n == count.n) others.value = shown(value);
    }
    if (others.n > 0 && by.size() - by.count(c.to) - by.count(QString()) > 1) others.value = u"others"_s;
    return others;
}

Claim compareClaim(Scene& s, int e, const Comparison& c, const QString& held = {})
{
    return s.write(u"comparison"_s, c.dimension + c.with.value + held)
        .say(u"In the same minutes, answers with "_s)
        .quote(e, c.with.value)
        .say(s.rate() ? u" pass "_s : u" average "_s)
        .level(e, u"/with"_s, s.rate(), s.def.unit)
        .say(u" of "_s)
        .count(e, u"/with/n"_s)
        .say(u"; with "_s)
        .quote(e, c.without.value)
        .say(u", "_s)
        .level(e, u"/without"_s, s.rate(), s.def.unit)
        .say(u" of "_s)
        .count(e, u"/without/n"_s)
        .say(u"."_s)
        .done();
}

Comparison splitBy(const Scene& s, const Candidate& c, const std::map<QString, SignalCount>& by)
{
    const auto it = by.find(c.to);
    return {s.def.name, layerName(c.layer), s.rate(), true,
        it == by.end() ? ComparedGroup{c.to, 0, 0, 0} : groupOf(c.to, it->second), withoutGroup(s, by, c)};
}

/// Both served at once: the strongest test there is without an experiment. Only fresh answers count: a cached one was
/// made earlier, under the provider and data of then, so it would pass for a straggler that stayed good.
bool judgeInSameMinutes(Scene& s, Candidate& c)
{
    const Window w{std::max(c.t, s.onset.low), s.bad.to};
    const Where fresh{{u"cached"_s, u"no"_s}};
    Comparison split = splitBy(s, c, s.countBy(s.def.name, w, layerName(c.layer), fresh));
    QJsonObject query = withQuery(s, c, split.without.value, w);
    query[u"where"_s] = QJsonObject{{u"cached"_s, u"no"_s}};
    if (!s.enough(split.with) || !s.enough(split.without)) {
        const Comparison all = splitBy(s, c, s.countBy(s.def.name, w, layerName(c.layer)));
        const bool cacheIsTold
            = split.with.n + split.without.n > 0 && all.with.n + all.without.n > split.with.n + split.without.n;
        if (!cacheIsTold) {
            split = all;
            query = withQuery(s, c, split.without.value, w);
        }
    }
    const ComparedGroup &with = split.with, &without = split.without;
    if (!s.enough(with) || !s.enough(without)) {
        c.why
            = u"In the same minutes %1 fresh answers were evaluated with %2 and %3 without; %4 of each are needed to tell them apart."_s
                  .arg(groupedText(with.n), c.to, groupedText(without.n), QString::number(s.in.signalSet.minCurrent));
        return false;
    }
    c.same = split;
    c.comparison = s.addComparison(split, w,
        u"%1 by %2 in the same minutes: %3 and %4"_s.arg(s.def.name, articleTitle(c.layer), with.value, without.value),
        query);
    c.evidence.push_back(c.comparison);
    const QString sentence = s.keep(compareClaim(s, c.comparison, *c.same));
    c.why = sentence;
    if (sentence.isEmpty())
        c.state = HypothesisState::Open;
    else if (explains(s, *c.same))
        c.state = HypothesisState::Supported;
    else if (cannotExplain(s, *c.same))
        c.state = HypothesisState::Falsified;
    else
        c.why += u" That is not enough to tell."_s;
    return c.state != HypothesisState::Open;
}

/// Complete before the onset: if it did the harm, behaviour would have moved across it.
void judgeAcross(Scene& s, Candidate& c)
{
    const Window before{c.t - kAcross, c.t}, after{c.t, std::min(s.onset.low, c.t + kAcross)};
    if (c.t <= 0 || after.to <= after.from) {
        c.why += u" It came with the onset, which is a coincidence in time and nothing more."_s;
        return;
    }
    const Comparison across{s.def.name, u"time"_s, s.rate(), false, groupOf(u"after"_s, s.count(s.def.name, after)),
        groupOf(u"before"_s, s.count(s.def.name, before))};
    if (!s.enough(across.with) || !s.enough(across.without)) {
        c.why += u" Too few were evaluated between it and the onset to compare across it."_s;
        return;
    }
    QJsonObject query{{u"op"_s, u"across"_s}, {u"feature"_s, s.feature}, {u"signal"_s, s.def.name},
        {u"before_from"_s, jsonInt(before.from)}, {u"before_to"_s, jsonInt(before.to)},
        {u"after_from"_s, jsonInt(after.from)}, {u"after_to"_s, jsonInt(after.to)}};
    c.comparison = s.addComparison(across, {before.from, after.to},
        u"%1 just before and after %2 %3"_s.arg(s.def.name, articleTitle(c.layer), c.to), query);
    c.evidence.push_back(c.comparison);
    if (!cannotExplain(s, across)) {
        c.why += u" Across it behaviour moved, but not in a way that tells it from the onset."_s;
        return;
    }
    c.why = s.keep(s.write(u"ruled-out"_s, layerName(c.layer))
                       .say(u"The "_s + articleTitle(c.layer) + u" went to "_s)
                       .quote(c.change, c.to)
                       .say(u" at "_s)
                       .clock(c.change, u"/time"_s)
                       .say(u", before the onset, with no difference across it: "_s)
                       .level(c.comparison, u"/without"_s, s.rate(), s.def.unit)
                       .say(u" of "_s)
                       .count(c.comparison, u"/without/n"_s)
                       .say(u" and "_s)
                       .level(c.comparison, u"/with"_s, s.rate(), s.def.unit)
                       .say(u" of "_s)
                       .count(c.comparison, u"/with/n"_s)
                       .say(u"."_s)
                       .about(c.t)
                       .done());
    c.state = c.why.isEmpty() ? HypothesisState::Open : HypothesisState::Falsified;
}

/// Two changes that both separate may be one: hold one fixed and look whether the other still does.
void judgeTogether(Scene& s, Candidate& a, const Candidate& b)
{
    const Window w{std::max({a.t, b.t, s.onset.low}), s.bad.to};
    const auto by = s.countBy(s.def.name, w, layerName(a.layer), {{layerName(b.layer), b.to}, {u"cached"_s, u"no"_s}});
    const Comparison held = splitBy(s, a, by);
    if (!s.enough(held.with) || !s.enough(held.without)) {
        a.state = HypothesisState::Open;
        a.why += u" It moved together with %1 %2, so the two cannot be told apart."_s.arg(articleTitle(b.layer), b.to);
        return;
    }
    QJsonObject query = withQuery(s, a, held.without.value, w);
    query[u"where"_s] = QJsonObject{{layerName(b.layer), b.to}, {u"cached"_s, u"no"_s}};
    const int e = s.addComparison(held, w,
        u"%1 by %2 while %3 is %4"_s.arg(s.def.name, articleTitle(a.layer), articleTitle(b.layer), b.to), query);
    a.evidence.push_back(e);
    if (explains(s, held)) return;
    a.state = cannotExplain(s, held) ? HypothesisState::Falsified : HypothesisState::Open;
    const QString sentence = s.keep(compareClaim(s, e, held, layerName(b.layer)));
    a.why = sentence + u" That is with %1 held at %2."_s.arg(articleTitle(b.layer), b.to);
}

void separateFromEachOther(Scene& s)
{
    std::vector<size_t> supported;
    for (size_t i = 0; i < s.candidates.size(); ++i)
        if (s.candidates[i].state == HypothesisState::Supported) supported.push_back(i);
    if (supported.size() < 2) return;
    const auto before = s.candidates; // every pair is judged on what stood before any of them was
    for (const size_t i : supported)
        for (const size_t j : supported)
            if (i != j && s.candidates[i].state == HypothesisState::Supported)
                judgeTogether(s, s.candidates[i], before[j]);
}

const SourceExpectation* expectationOf(const Scene& s, Layer layer)
{
    for (const auto& e : s.in.expectations)
        if (e.layer == layer) return &e;
    return nullptr;
}

/// Empty when the layer's source speaks, or none is expected.
QString silence(const Scene& s, Layer layer, const std::vector<SourceState>& sources)
{
    const SourceExpectation* e = expectationOf(s, layer);
    if (!e) return layer == Layer::Tools ? u"No source tells whether tool calls fail."_s : QString();
    const auto it = std::find_if(
        sources.begin(), sources.end(), [e](const SourceState& state) { return state.name == e->source; });
    const QString title = e->title.isEmpty() ? e->source : e->title;
    if (it == sources.end() || it->lastSeen == 0)
        return u"The %1 has never been heard here; the list of changes may be incomplete."_s.arg(title);
    if (s.now - it->lastSeen <= e->silentAfter) return {};
    return u"The %1 has been silent for %2; the list of changes may be incomplete."_s.arg(
        title, ageText(s.now - it->lastSeen));
}

/// Nothing of the layer changed: did the answers with the very same value fall all the same?
Candidate judgeUnchanged(Scene& s, Layer layer)
{
    Candidate c;
    c.layer = layer;
    double goodShare = 0, nowShare = 0;
    c.from = c.to = dominant(s.goodShares[layer], &goodShare);
    const QString now = dominant(s.nowShares[layer], &nowShare);
    c.evidence = {s.manifests};
    if (c.from.isEmpty() || now.isEmpty()) {
        c.state = HypothesisState::NotChecked;
        c.why = u"No answer tells its %1."_s.arg(articleTitle(layer));
        return c;
    }
    if (now != c.from || goodShare < kWhole || nowShare < kWhole) {
        c.why
            = u"Several values of the %1 were served before and since; no event tells why."_s.arg(articleTitle(layer));
        return c;
    }
    const Where same{{layerName(layer), c.from}};
    const Comparison kept{s.def.name, u"time"_s, s.rate(), false, groupOf(u"since"_s, s.count(s.def.name, s.bad, same)),
        groupOf(u"before"_s, s.count(s.def.name, s.good, same))};
    if (!s.enough(kept.with) || !s.enough(kept.without) || harmOf(s, kept) < s.fallSize() / 2) {
        c.why = u"The %1 stayed %2, but its own answers do not show the fall yet."_s.arg(
            articleTitle(layer), shown(c.from));
        return c;
    }
    const int e = s.addComparison(kept, {s.good.from, s.now},
        u"%1 before and since the onset, %2 %3 throughout"_s.arg(s.def.name, articleTitle(layer), shown(c.from)),
        {{u"op"_s, u"across"_s}, {u"feature"_s, s.feature}, {u"signal"_s, s.def.name},
            {u"where"_s, QJsonObject{{layerName(layer), c.from}}}, {u"before_from"_s, jsonInt(s.good.from)},
            {u"before_to"_s, jsonInt(s.good.to)}, {u"after_from"_s, jsonInt(s.bad.from)},
            {u"after_to"_s, jsonInt(s.bad.to)}});
    c.comparison = e;
    c.evidence.push_back(e);
    const QString pointer = u"/layers/"_s + layerName(layer);
    c.why = s.keep(s.write(u"ruled-out"_s, layerName(layer))
                       .say(u"The "_s + articleTitle(layer) + u" stayed "_s)
                       .quote(s.manifests, shown(c.from))
                       .say(u" in "_s)
                       .ratio(s.manifests, pointer + u"/now/0/n"_s, pointer + u"/now/0/of"_s, u"%"_s, 0)
                       .say(u" of answers, and its own answers fell from "_s)
                       .level(e, u"/without"_s, s.rate(), s.def.unit)
                       .say(u" to "_s)
                       .level(e, u"/with"_s, s.rate(), s.def.unit)
                       .say(u"."_s)
                       .done());
    c.state = c.why.isEmpty() ? HypothesisState::Open : HypothesisState::Falsified;
    return c;
}

/// Weakest first: one open layer keeps a hypothesis of two layers (guardrails, sampling) from being ruled out.
int weight(HypothesisState state)
{
    switch (state) {
    case HypothesisState::Supported:
        return 3;
    case HypothesisState::Open:
        return 2;
    case HypothesisState::NotChecked:
        return 1;
    case HypothesisState::Falsified:
        return 0;
    }
    return 0;
}

void settle(Scene& s, const char* key, const std::vector<Candidate>& layers)
{
    const auto it = std::max_element(layers.begin(), layers.end(),
        [](const Candidate& a, const Candidate& b) { return weight(a.state) < weight(b.state); });
    if (it != layers.end()) s.conclude(key, it->state, it->why, it->evidence);
}
} // namespace

const Candidate* guilty(const Scene& s)
{
    const auto it = std::find_if(s.candidates.begin(), s.candidates.end(),
        [](const Candidate& c) { return c.state == HypothesisState::Supported && c.same; });
    return it == s.candidates.end() ? nullptr : &*it;
}

void judgeCandidates(Scene& s)
{
    for (Candidate& c : s.candidates)
        if (!judgeInSameMinutes(s, c)) judgeAcross(s, c);
    separateFromEachOther(s);
    const Candidate* cause = guilty(s);
    if (!cause) return;
    s.keep(s.write(u"cause"_s, layerName(cause->layer))
               .say(u"The fall was caused by "_s + articleTitle(cause->layer) + u' ')
               .quote(cause->comparison, cause->same->with.value)
               .say(u": without it, on "_s)
               .quote(cause->comparison, cause->same->without.value)
               .say(u", answers stay at "_s)
               .level(cause->comparison, u"/without"_s, s.rate(), s.def.unit)
               .say(u"."_s)
               .done());
}

void judgeQuietLayers(Scene& s)
{
    const auto sources = s.sources();
    QJsonObject heard;
    for (const auto& state : sources)
        heard[outsideText(state.name, 80)] = jsonInt(state.lastSeen);
    const int e = s.add(u"sources"_s, u"Sources and when each was last heard"_s, {{u"op"_s, u"sources"_s}},
        {{u"last_seen"_s, heard}}, {s.good.from, s.now});
    std::map<QString, std::vector<Candidate>> byKey;
    for (const Layer layer : kLayers) {
        const char* key = hypothesisOf(layer);
        if (!key) continue;
        const auto it = std::find_if(
            s.candidates.begin(), s.candidates.end(), [layer](const Candidate& c) { return c.layer == layer; });
        Candidate verdict = it != s.candidates.end() ? *it
            : layer == Layer::Model                  ? Candidate{}
                                                     : judgeUnchanged(s, layer);
        if (layer == Layer::Model && it == s.candidates.end())
            continue; // judgeModel(): a name that stayed proves nothing
        // A silent source cannot be outvoted by what it did not say; only a comparison can.
        if (const QString silent = silence(s, layer, sources);
            !silent.isEmpty() && verdict.state != HypothesisState::Supported && !verdict.same) {
            verdict.state = HypothesisState::NotChecked;
            verdict.why = silent;
            verdict.evidence = {e};
        }
        byKey[QString::fromLatin1(key)].push_back(verdict);
    }
    for (const auto* key : kHypotheses)
        if (const auto it = byKey.find(QString::fromLatin1(key)); it != byKey.end()) settle(s, key, it->second);
}

/// A provider can change what answers behind an unchanged name, so the name's staying proves nothing. What can be
/// tested: the same model under another prompt or index in the same minutes, or another snapshot beside it.
void judgeModel(Scene& s)
{
    const auto own = std::find_if(
        s.candidates.begin(), s.candidates.end(), [](const Candidate& c) { return c.layer == Layer::Model; });
    if (own != s.candidates.end()) return;
    const QString model = dominant(s.nowShares[Layer::Model]);
    if (const Candidate* cause = guilty(s); cause && !model.isEmpty()) {
        const Window w{std::max(cause->t, s.onset.low), s.bad.to};
        const auto by = s.answersBy(
            w, u"model"_s, {{layerName(cause->layer), cause->same->without.value}, {u"handled_by"_s, u"model"_s}});
        double share = 0;
        if (dominant(by, &share) == model && share >= kWhole) {
            const int e = cause->comparison;
            const QString why = s.keep(s.write(u"ruled-out"_s, u"model"_s)
                                           .say(u"The same model, "_s)
                                           .quote(s.manifests, shown(model))
                                           .say(u", answers as before on "_s)
                                           .quote(e, cause->same->without.value)
                                           .say(u" in the same minutes: "_s)
                                           .level(e, u"/without"_s, s.rate(), s.def.unit)
                                           .say(u" against "_s)
                                           .level(s.fall, u"/without"_s, s.rate(), s.def.unit)
                                           .say(u" before."_s)
                                           .done());
            s.conclude("model", HypothesisState::Falsified, why, {e, s.manifests, s.fall});
            return;
        }
    }
    Candidate second;
    second.layer = Layer::Model;
    second.to = model;
    second.from = dominant(s.goodShares[Layer::Model]);
    if (!model.isEmpty() && s.nowShares[Layer::Model].size() > 1 && judgeInSameMinutes(s, second)) {
        s.candidates.push_back(second);
        s.conclude("model", second.state, second.why, second.evidence);
        return;
    }
    s.conclude("model", HypothesisState::NotChecked,
        model.isEmpty()
            ? u"No answer tells its model."_s
            : u"Cannot be separated: no second model snapshot or provider was serving in these minutes. %1 kept its name, which proves nothing."_s
                  .arg(shown(model)),
        {s.manifests});
}

} // namespace wf::assistant
