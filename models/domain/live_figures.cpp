// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/canonical_json.h"
#include "models/domain/ports.h"
#include <QJsonArray>

namespace wf {
using namespace Qt::StringLiterals;

namespace {
QJsonObject toJson(const SourceState& s)
{
    return {{u"name"_s, s.name}, {u"received"_s, jsonInt(s.received)}, {u"stored"_s, jsonInt(s.stored)}, {u"duplicate"_s, jsonInt(s.duplicate)},
        {u"rejected"_s, jsonInt(s.rejected)}, {u"refused"_s, jsonInt(s.refused)}, {u"last_seen"_s, jsonInt(s.lastSeen)}, {u"per_second"_s, s.perSecond}};
}

SourceState sourceState(const QJsonObject& o)
{
    return {o[u"name"_s].toString(), fromJsonInt(o[u"received"_s]), fromJsonInt(o[u"stored"_s]), fromJsonInt(o[u"duplicate"_s]),
        fromJsonInt(o[u"rejected"_s]), fromJsonInt(o[u"refused"_s]), fromJsonInt(o[u"last_seen"_s]), o[u"per_second"_s].toDouble()};
}

QJsonObject toJson(const StackRow& r)
{
    QJsonArray evidence;
    for (const int e : r.evidence) evidence.append(e);
    return {{u"layer"_s, int(r.layer)}, {u"good"_s, r.good}, {u"now"_s, r.now}, {u"now_share"_s, r.nowShare}, {u"changed"_s, r.changed},
        {u"cause"_s, r.cause}, {u"state"_s, int(r.state)}, {u"evidence"_s, evidence}};
}

StackRow stackRow(const QJsonObject& o)
{
    StackRow r{Layer(o[u"layer"_s].toInt()), o[u"good"_s].toString(), o[u"now"_s].toString(), o[u"now_share"_s].toDouble(),
        o[u"changed"_s].toBool(), o[u"cause"_s].toString(), HypothesisState(o[u"state"_s].toInt()), {}};
    for (const auto& e : o[u"evidence"_s].toArray()) r.evidence.push_back(e.toInt());
    return r;
}

template <class Map, class ToJson> QJsonObject mapToJson(const Map& map, ToJson f)
{
    QJsonObject o;
    for (const auto& [key, value] : map) o[key] = f(value);
    return o;
}
} // namespace

QJsonObject LiveFigures::toJson() const
{
    QJsonArray sourceList, stackList, timerList;
    for (const auto& s : sources) sourceList.append(wf::toJson(s));
    for (const auto& r : stack) stackList.append(wf::toJson(r));
    for (const auto& t : timers)
        timerList.append(QJsonObject{{u"rule"_s, t.rule}, {u"to"_s, t.to}, {u"what"_s, t.what}, {u"due"_s, jsonInt(t.due)}});
    return {{u"at"_s, jsonInt(at)}, {u"harm_per_minute"_s, harmPerMinute}, {u"harm_before"_s, harmBefore},
        {u"answers_per_minute"_s, answersPerMinute}, {u"to_human_share"_s, toHumanShare}, {u"affected"_s, jsonInt(affected)},
        {u"affected_low"_s, jsonInt(affectedLow)}, {u"affected_high"_s, jsonInt(affectedHigh)},
        {u"affected_answers"_s, jsonInt(affectedAnswers)}, {u"affected_people"_s, jsonInt(affectedPeople)}, {u"sources"_s, sourceList},
        {u"infrastructure_healthy"_s, infrastructureHealthy}, {u"infrastructure_seen"_s, jsonInt(infrastructureSeen)},
        {u"stack"_s, stackList}, {u"last_good_at"_s, lastGoodAt},
        {u"radius"_s, mapToJson(radius, [](const BlastRadius& r) { return r.toJson(); })},
        {u"feasibility"_s, mapToJson(feasibility, [](const QString& s) { return s; })},
        {u"gate_share"_s, mapToJson(gateShare, [](double d) { return d; })},
        {u"gate_n"_s, mapToJson(gateN, [](qint64 n) { return jsonInt(n); })}, {u"timers"_s, timerList},
        {u"next_update_due"_s, jsonInt(nextUpdateDue)}, {u"timers_guarded"_s, timersGuarded}, {u"records_per_second"_s, recordsPerSecond}};
}

LiveFigures LiveFigures::fromJson(const QJsonObject& o)
{
    LiveFigures f;
    f.at = fromJsonInt(o[u"at"_s]);
    f.harmPerMinute = o[u"harm_per_minute"_s].toDouble(-1);
    f.harmBefore = o[u"harm_before"_s].toDouble(-1);
    f.answersPerMinute = o[u"answers_per_minute"_s].toDouble();
    f.toHumanShare = o[u"to_human_share"_s].toDouble();
    f.affected = fromJsonInt(o[u"affected"_s]);
    f.affectedLow = fromJsonInt(o[u"affected_low"_s]);
    f.affectedHigh = fromJsonInt(o[u"affected_high"_s]);
    f.affectedAnswers = fromJsonInt(o[u"affected_answers"_s]);
    f.affectedPeople = fromJsonInt(o[u"affected_people"_s]);
    for (const auto& v : o[u"sources"_s].toArray()) f.sources.push_back(sourceState(v.toObject()));
    f.infrastructureHealthy = o[u"infrastructure_healthy"_s].toBool();
    f.infrastructureSeen = fromJsonInt(o[u"infrastructure_seen"_s]);
    for (const auto& v : o[u"stack"_s].toArray()) f.stack.push_back(stackRow(v.toObject()));
    f.lastGoodAt = o[u"last_good_at"_s].toString();
    const auto each = [&o](const QString& name, auto use) {
        const QJsonObject map = o[name].toObject();
        for (auto it = map.begin(); it != map.end(); ++it) use(it.key(), it.value());
    };
    each(u"radius"_s, [&](const QString& k, const QJsonValue& v) { f.radius[k] = BlastRadius::fromJson(v.toObject()); });
    each(u"feasibility"_s, [&](const QString& k, const QJsonValue& v) { f.feasibility[k] = v.toString(); });
    each(u"gate_share"_s, [&](const QString& k, const QJsonValue& v) { f.gateShare[k] = v.toDouble(); });
    each(u"gate_n"_s, [&](const QString& k, const QJsonValue& v) { f.gateN[k] = fromJsonInt(v); });
    for (const auto& v : o[u"timers"_s].toArray())
        f.timers.push_back({v[u"rule"_s].toString(), v[u"to"_s].toString(), v[u"what"_s].toString(), fromJsonInt(v[u"due"_s])});
    f.nextUpdateDue = fromJsonInt(o[u"next_update_due"_s]);
    f.timersGuarded = o[u"timers_guarded"_s].toBool();
    f.recordsPerSecond = o[u"records_per_second"_s].toDouble();
    return f;
}

} // namespace wf
