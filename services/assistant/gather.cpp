// SPDX-License-Identifier: GPL-3.0-or-later
// The facts, before any judgement: alarms, reports, the stack before and now, the changes near the onset.
#include "models/domain/canonical_json.h"
#include "services/assistant/scene.h"
#include <QJsonArray>

namespace wf::assistant {
using namespace Qt::StringLiterals;

namespace {
constexpr Nanos kClockSkew = 2 * kSecond; ///< between whoever told of a change and whoever timed the answers

/// How long a change of a layer may take to show in answers: an index or a cache fills, a prompt is there at once.
Nanos propagation(const QString& layer)
{
    if (layer == u"retrieval" || layer == u"cache") return kHour;
    if (layer == u"model" || layer == u"tools") return 30 * kMinute;
    return 10 * kMinute;
}

constexpr qint64 kEnough = 40'000; ///< judged answers on either side
constexpr Nanos kShortest = 5 * kMinute;

Nanos shareOf(Window w, qint64 n)
{
    return Nanos(double(w.to - w.from) * double(kEnough) / double(n));
}

std::optional<Layer> layerOf(const QString& name)
{
    for (const Layer l : kLayers)
        if (layerName(l) == name) return l;
    return std::nullopt;
}

QJsonObject figureJson(const Figure& f, bool rate)
{
    QJsonObject o{{u"n"_s, jsonInt(f.n)}};
    if (rate)
        o[u"good"_s] = jsonInt(qRound64(f.mean * double(f.n)));
    else
        o[u"sum"_s] = decimal(f.mean * double(f.n));
    return o;
}

QString plainName(const Scene& s, const QString& signal)
{
    const SignalDef* def = s.in.signalSet.find(s.feature, signal);
    return def && !def->title.isEmpty() ? outsideText(def->title, 120) : signal;
}

void gatherAlarm(Scene& s, const Alarm& a)
{
    const SignalDef* def = s.in.signalSet.find(a.stream.feature, a.stream.signal);
    const bool rate = def ? def->kind == SignalKind::Rate : s.rate();
    const QString unit = rate ? u"%"_s : def ? def->unit : QString();
    const QJsonObject result{{u"signal"_s, a.stream.signal}, {u"name"_s, plainName(s, a.stream.signal)},
        {u"alarm"_s, a.id}, {u"stream"_s, a.stream.text()}, {u"scale"_s, rate ? u"rate"_s : u"numeric"_s},
        {u"baseline"_s, figureJson(a.baseline, rate)}, {u"current"_s, figureJson(a.current, rate)},
        {u"raised"_s, jsonInt(a.raised)}, {u"crossed"_s, jsonInt(a.at)},
        {u"onset"_s,
            QJsonObject{
                {u"low"_s, jsonInt(a.onset.low)}, {u"at"_s, jsonInt(a.onset.at)}, {u"high"_s, jsonInt(a.onset.high)}}},
        {u"coverage"_s, decimal(a.coverage)}, {u"evaluator_lag"_s, jsonInt(a.evaluatorLag)}};
    const int e = s.add(u"alarm"_s, u"Drift alarm: "_s + a.stream.signal, {{u"op"_s, u"alarm"_s}, {u"alarm"_s, a.id}},
        result, {a.onset.low, std::max(a.at, a.onset.high)});
    s.alarms.push_back(e);
    s.keep(s.write(u"alarm"_s, a.id)
               .quote(e, a.stream.signal)
               .say(u" moved from "_s)
               .level(e, u"/baseline"_s, rate, unit)
               .say(u" to "_s)
               .level(e, u"/current"_s, rate, unit)
               .say(u" over "_s)
               .count(e, u"/current/n"_s)
               .say(u" evaluated answers; it began between "_s)
               .clock(e, u"/onset/low"_s)
               .say(u" and "_s)
               .clock(e, u"/onset/high"_s)
               .say(u"."_s)
               .about(a.onset.at)
               .done());
}

QJsonArray sharesJson(const std::map<QString, qint64>& shares)
{
    std::vector<std::pair<qint64, QString>> rows;
    qint64 of = 0;
    for (const auto& [value, n] : shares) {
        rows.emplace_back(n, value);
        of += n;
    }
    std::sort(rows.begin(), rows.end(),
        [](const auto& a, const auto& b) { return a.first != b.first ? a.first > b.first : a.second < b.second; });
    QJsonArray out;
    for (const auto& [n, value] : rows) {
        if (out.size() == 8) break; // a layer with more values than that is an identifier, not a version
        out.append(QJsonObject{{u"value"_s, shown(value)}, {u"n"_s, jsonInt(n)}, {u"of"_s, jsonInt(of)}});
    }
    return out;
}

int addChange(Scene& s, const TimelineEvent& event)
{
    const auto text = [&](const QString& key) { return outsideText(event.body[key].toString(), 200); };
    const QJsonObject result{{u"layer"_s, text(u"layer"_s)}, {u"from"_s, text(u"from"_s)}, {u"to"_s, text(u"to"_s)},
        {u"summary"_s, outsideText(event.title)}, {u"detail"_s, outsideText(event.detail)},
        {u"actor"_s, outsideText(event.actor, 80)}, {u"time"_s, jsonInt(event.t)},
        {u"key"_s, outsideText(event.dedupKey, 120)}};
    const auto layer = layerOf(text(u"layer"_s));
    const QString what = layer ? layerTitle(*layer) : text(u"layer"_s);
    return s.add(u"change"_s, what + u' ' + text(u"from"_s) + u" → "_s + text(u"to"_s),
        {{u"op"_s, u"change"_s}, {u"event"_s, jsonInt(event.id)}}, result, {event.t, event.t});
}

void claimChange(Scene& s, const Candidate& c)
{
    ClaimWriter w = s.write(u"change"_s, layerName(c.layer) + c.to);
    w.say(u"The "_s + articleTitle(c.layer) + u" went "_s);
    if (!c.from.isEmpty()) w.say(u"from "_s).quote(c.change, c.from).say(u" "_s);
    s.keep(
        w.say(u"to "_s).quote(c.change, c.to).say(u" at "_s).clock(c.change, u"/time"_s).say(u"."_s).about(c.t).done());
}

/// A layer whose commonest value is another than before, though no event told it.
void addUntold(Scene& s)
{
    for (const Layer layer : kLayers) {
        const QString from = dominant(s.goodShares[layer]), to = dominant(s.nowShares[layer]);
        const bool told = std::any_of(
            s.candidates.begin(), s.candidates.end(), [&](const Candidate& c) { return c.layer == layer; });
        if (told || from.isEmpty() || to.isEmpty() || from == to) continue;
        Candidate c;
        c.layer = layer;
        c.from = from;
        c.to = to;
        c.evidence = {s.manifests};
        s.candidates.push_back(std::move(c));
    }
}
} // namespace

void gatherAlarms(Scene& s)
{
    for (const Alarm& a : s.in.incident.alarms)
        gatherAlarm(s, a);
    s.before = groupOf(u"before"_s, s.count(s.def.name, s.good));
    s.since = groupOf(u"since"_s, s.count(s.def.name, s.bad));
    // The time an answer takes must not grow with the traffic; no figure here gets truer beyond this many.
    if (s.before.n > kEnough) {
        s.good.from = s.good.to - std::max(kShortest, shareOf(s.good, s.before.n));
        s.before = groupOf(u"before"_s, s.count(s.def.name, s.good));
    }
    if (s.since.n > kEnough) {
        s.bad.to = std::min(s.now, s.bad.from + std::max(kShortest, shareOf(s.bad, s.since.n)));
        s.since = groupOf(u"since"_s, s.count(s.def.name, s.bad));
    }
    const Where fresh{{u"cached"_s, u"no"_s}};
    const ComparedGroup freshBefore = groupOf(u"before"_s, s.count(s.def.name, s.good, fresh));
    const ComparedGroup freshSince = groupOf(u"since"_s, s.count(s.def.name, s.bad, fresh));
    s.freshFall
        = s.enough(freshBefore) && s.enough(freshSince) ? s.harm(freshSince.mean() - freshBefore.mean()) : s.fallSize();
    const Comparison c{s.def.name, u"time"_s, s.rate(), false, s.since, s.before};
    s.fall = s.addComparison(c, {s.good.from, s.now}, s.def.name + u" before and since the onset"_s,
        {{u"op"_s, u"across"_s}, {u"feature"_s, s.feature}, {u"signal"_s, s.def.name},
            {u"before_from"_s, jsonInt(s.good.from)}, {u"before_to"_s, jsonInt(s.good.to)},
            {u"after_from"_s, jsonInt(s.bad.from)}, {u"after_to"_s, jsonInt(s.bad.to)}});
}

void gatherReports(Scene& s)
{
    for (const HumanReport& r : s.in.reports) {
        const QString channel = outsideText(r.channel.isEmpty() ? r.actor : r.channel, 80);
        const int e
            = s.add(u"report"_s, u"Human report: "_s + channel, {{u"op"_s, u"record"_s}, {u"seq"_s, jsonInt(r.seq)}},
                {{u"text"_s, outsideText(r.text, 600)}, {u"channel"_s, channel}, {u"happened"_s, jsonInt(r.happened)}},
                {r.happened, r.happened});
        s.reports.push_back(e);
        s.keep(s.write(u"report"_s, QString::number(r.seq))
                   .say(u"A person reported it from "_s)
                   .quote(e, channel)
                   .say(u" at "_s)
                   .clock(e, u"/happened"_s)
                   .say(u"."_s)
                   .about(r.happened)
                   .done());
    }
}

void gatherManifests(Scene& s)
{
    const Window recent{std::max(s.onset.at, s.now - 5 * kMinute), s.now};
    QJsonObject layers;
    for (const Layer layer : kLayers) {
        const QString name = layerName(layer);
        s.goodShares[layer] = s.answersBy(s.good, name, {{u"handled_by"_s, u"model"_s}});
        s.nowShares[layer] = s.answersBy(recent, name, {{u"handled_by"_s, u"model"_s}});
        layers[name]
            = QJsonObject{{u"good"_s, sharesJson(s.goodShares[layer])}, {u"now"_s, sharesJson(s.nowShares[layer])}};
    }
    s.manifests = s.add(u"manifest_diff"_s, u"Behaviour stack of "_s + s.feature + u": last good and now"_s,
        {{u"op"_s, u"manifest_diff"_s}, {u"feature"_s, s.feature}, {u"good_from"_s, jsonInt(s.good.from)},
            {u"good_to"_s, jsonInt(s.good.to)}, {u"now_from"_s, jsonInt(recent.from)},
            {u"now_to"_s, jsonInt(recent.to)}},
        {{u"layers"_s, layers}}, {s.good.from, s.now});
}

void gatherChanges(Scene& s)
{
    for (const TimelineEvent& event : s.changes({s.onset.low - kHour - kClockSkew, s.onset.high + kClockSkew})) {
        const QString name = event.body[u"layer"_s].toString();
        if (event.t < s.onset.low - propagation(name) - kClockSkew) continue;
        const auto layer = layerOf(name);
        if (!layer || event.body[u"to"_s].toString().isEmpty()) {
            s.otherChanges.push_back(event);
            continue;
        }
        Candidate c;
        c.layer = *layer;
        c.from = shown(event.body[u"from"_s].toString());
        c.to = shown(event.body[u"to"_s].toString());
        c.t = event.t;
        c.change = addChange(s, event);
        c.evidence = {c.change};
        // Of two changes of one layer the later one is what served; the earlier one stays as evidence.
        std::erase_if(s.candidates, [&](const Candidate& old) { return old.layer == c.layer; });
        s.candidates.push_back(std::move(c));
        claimChange(s, s.candidates.back());
    }
    addUntold(s);
}

} // namespace wf::assistant
