// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/drift.h"
#include "models/domain/canonical_json.h"
#include <QJsonArray>
#include <limits>

namespace wf {
using namespace Qt::StringLiterals;

namespace {
QJsonObject toJson(const StreamKey& k)
{
    QJsonObject o{{u"feature"_s, k.feature}, {u"signal"_s, k.signal}};
    if (!k.dimension.isEmpty()) {
        o[u"dimension"_s] = k.dimension;
        o[u"value"_s] = k.value;
    }
    return o;
}

StreamKey streamKey(const QJsonObject& o)
{
    return {o[u"feature"_s].toString(), o[u"signal"_s].toString(), o[u"dimension"_s].toString(), o[u"value"_s].toString()};
}

QJsonObject toJson(const Figure& f)
{
    return {{u"mean"_s, decimal(f.mean)}, {u"n"_s, jsonInt(f.n)}};
}

Figure figure(const QJsonValue& v)
{
    return {fromDecimal(v[u"mean"_s]), fromJsonInt(v[u"n"_s])};
}

QJsonObject toJson(const Interval& i)
{
    return {{u"low"_s, decimal(i.low)}, {u"high"_s, decimal(i.high)}, {u"level"_s, decimal(i.level)}};
}

Interval interval(const QJsonValue& v)
{
    return {fromDecimal(v[u"low"_s]), fromDecimal(v[u"high"_s]), fromDecimal(v[u"level"_s], 0.99)};
}

QJsonObject toJson(const SignalDef& d)
{
    return {{u"name"_s, d.name}, {u"feature"_s, d.feature}, {u"title"_s, d.title}, {u"kind"_s, int(d.kind)}, {u"better"_s, int(d.better)},
        {u"unit"_s, d.unit}, {u"min_effect"_s, decimal(d.minEffect)}, {u"margin"_s, decimal(d.margin)}, {u"primary"_s, d.primary},
        {u"sampled"_s, d.sampled}, {u"suggested_severity"_s, d.suggestedSeverity}};
}

SignalDef signalDef(const QJsonObject& o)
{
    SignalDef d;
    d.name = o[u"name"_s].toString();
    d.feature = o[u"feature"_s].toString();
    d.title = o[u"title"_s].toString();
    d.kind = SignalKind(o[u"kind"_s].toInt());
    d.better = Better(o[u"better"_s].toInt());
    d.unit = o[u"unit"_s].toString();
    d.minEffect = fromDecimal(o[u"min_effect"_s], d.minEffect);
    d.margin = fromDecimal(o[u"margin"_s], d.margin);
    d.primary = o[u"primary"_s].toBool();
    d.sampled = o[u"sampled"_s].toBool();
    d.suggestedSeverity = o[u"suggested_severity"_s].toInt(2);
    return d;
}

QJsonObject toJson(const Onset& o)
{
    return {{u"at"_s, jsonInt(o.at)}, {u"low"_s, jsonInt(o.low)}, {u"high"_s, jsonInt(o.high)}, {u"level"_s, decimal(o.level)}};
}

Onset onset(const QJsonValue& v)
{
    return {fromJsonInt(v[u"at"_s]), fromJsonInt(v[u"low"_s]), fromJsonInt(v[u"high"_s]), fromDecimal(v[u"level"_s], 0.99)};
}

QJsonObject toJson(const StreamState& s)
{
    QJsonObject o{{u"key"_s, toJson(s.key)}, {u"def"_s, toJson(s.def)}, {u"state"_s, int(s.state)}, {u"why"_s, s.why},
        {u"baseline"_s, toJson(s.baseline)}, {u"baseline_sd"_s, decimal(s.baselineSd)}, {u"band"_s, toJson(s.band)},
        {u"last_5_min"_s, toJson(s.last5min)}, {u"since_onset"_s, toJson(s.sinceOnset)}, {u"effect"_s, decimal(s.effect)},
        {u"effect_interval"_s, toJson(s.effectInterval)}, {u"effect_known"_s, s.effectKnown}, {u"evidence"_s, decimal(s.evidence)},
        {u"threshold"_s, decimal(s.threshold)}, {u"coverage_5_min"_s, decimal(s.coverage5min)},
        {u"evaluator_lag"_s, jsonInt(s.evaluatorLag)}, {u"smallest_detectable"_s, decimal(s.smallestDetectable)}};
    if (s.alarm) o[u"alarm"_s] = s.alarm->toJson();
    QJsonArray spark;
    for (const float f : s.spark) spark.append(std::isfinite(f) ? QJsonValue(double(f)) : QJsonValue());
    o[u"spark"_s] = spark;
    return o;
}

StreamState streamState(const QJsonObject& o)
{
    StreamState s;
    s.key = streamKey(o[u"key"_s].toObject());
    s.def = signalDef(o[u"def"_s].toObject());
    s.state = DriftState(o[u"state"_s].toInt());
    s.why = o[u"why"_s].toString();
    s.baseline = figure(o[u"baseline"_s]);
    s.baselineSd = fromDecimal(o[u"baseline_sd"_s]);
    s.band = interval(o[u"band"_s]);
    s.last5min = figure(o[u"last_5_min"_s]);
    s.sinceOnset = figure(o[u"since_onset"_s]);
    s.effect = fromDecimal(o[u"effect"_s]);
    s.effectInterval = interval(o[u"effect_interval"_s]);
    s.effectKnown = o[u"effect_known"_s].toBool();
    s.evidence = fromDecimal(o[u"evidence"_s]);
    s.threshold = fromDecimal(o[u"threshold"_s]);
    s.coverage5min = fromDecimal(o[u"coverage_5_min"_s]);
    s.evaluatorLag = fromJsonInt(o[u"evaluator_lag"_s]);
    s.smallestDetectable = fromDecimal(o[u"smallest_detectable"_s]);
    if (o.contains(u"alarm"_s)) s.alarm = Alarm::fromJson(o[u"alarm"_s].toObject());
    for (const auto& v : o[u"spark"_s].toArray())
        s.spark.push_back(v.isDouble() ? float(v.toDouble()) : std::numeric_limits<float>::quiet_NaN());
    return s;
}
} // namespace

QString driftStateName(DriftState state)
{
    switch (state) {
    case DriftState::NotEnoughData: return u"not enough data"_s;
    case DriftState::InBand: return u"in band"_s;
    case DriftState::Alarm: return u"alarm"_s;
    }
    return {};
}

QJsonObject Alarm::toJson() const
{
    return {{u"id"_s, id}, {u"stream"_s, wf::toJson(stream)}, {u"at"_s, jsonInt(at)}, {u"raised"_s, jsonInt(raised)},
        {u"seq"_s, jsonInt(seq)}, {u"baseline"_s, wf::toJson(baseline)}, {u"current"_s, wf::toJson(current)},
        {u"effect"_s, decimal(effect)}, {u"effect_interval"_s, wf::toJson(effectInterval)}, {u"coverage"_s, decimal(coverage)},
        {u"evaluator_lag"_s, jsonInt(evaluatorLag)}, {u"onset"_s, wf::toJson(onset)}, {u"threshold"_s, decimal(threshold)}};
}

Alarm Alarm::fromJson(const QJsonObject& o)
{
    Alarm a;
    a.id = o[u"id"_s].toString();
    a.stream = streamKey(o[u"stream"_s].toObject());
    a.at = fromJsonInt(o[u"at"_s]);
    a.raised = fromJsonInt(o[u"raised"_s]);
    a.seq = fromJsonInt(o[u"seq"_s]);
    a.baseline = figure(o[u"baseline"_s]);
    a.current = figure(o[u"current"_s]);
    a.effect = fromDecimal(o[u"effect"_s]);
    a.effectInterval = interval(o[u"effect_interval"_s]);
    a.coverage = fromDecimal(o[u"coverage"_s]);
    a.evaluatorLag = fromJsonInt(o[u"evaluator_lag"_s]);
    a.onset = wf::onset(o[u"onset"_s]);
    a.threshold = fromDecimal(o[u"threshold"_s]);
    return a;
}

const StreamState* DriftSnapshot::find(const StreamKey& key) const
{
    for (const auto& s : streams)
        if (s.key == key) return &s;
    return nullptr;
}

QJsonObject DriftSnapshot::toJson() const
{
    QJsonArray list;
    for (const auto& s : streams) list.append(wf::toJson(s));
    return {{u"at"_s, jsonInt(at)}, {u"seq"_s, jsonInt(seq)}, {u"data_up_to"_s, jsonInt(dataUpTo)}, {u"watched"_s, watched},
        {u"drifting"_s, drifting}, {u"waiting"_s, waiting}, {u"streams"_s, list}};
}

DriftSnapshot DriftSnapshot::fromJson(const QJsonObject& o)
{
    DriftSnapshot s;
    s.at = fromJsonInt(o[u"at"_s]);
    s.seq = fromJsonInt(o[u"seq"_s]);
    s.dataUpTo = fromJsonInt(o[u"data_up_to"_s]);
    s.watched = o[u"watched"_s].toInt();
    s.drifting = o[u"drifting"_s].toInt();
    s.waiting = o[u"waiting"_s].toInt();
    for (const auto& v : o[u"streams"_s].toArray()) s.streams.push_back(streamState(v.toObject()));
    return s;
}

} // namespace wf
