// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/proposal.h"
#include "models/domain/canonical_json.h"
#include <QJsonArray>

namespace wf {
using namespace Qt::StringLiterals;
using S = PlanState;

namespace {
constexpr const char16_t* kStates[]
    = {u"draft", u"proposed", u"partly approved", u"approved", u"rejected", u"held", u"expired", u"voided", u"running",
        u"verifying", u"recovered", u"not recovered", u"worse", u"cannot tell", u"undone", u"closed"};
static_assert(std::size(kStates) == size_t(S::Closed) + 1);

// Where a plan may go. A hold asks everybody again; a reject stops a plan that is already running before its next step.
// A plan without a recovery to verify (containment, a notice) closes when its last gate has passed.
constexpr std::pair<S, S> kAllowed[] = {
    {S::Draft, S::Proposed},
    {S::Draft, S::Expired},
    {S::Draft, S::Voided},
    {S::Proposed, S::PartlyApproved},
    {S::Proposed, S::Approved},
    {S::Proposed, S::Rejected},
    {S::Proposed, S::Held},
    {S::Proposed, S::Expired},
    {S::Proposed, S::Voided},
    {S::PartlyApproved, S::Approved},
    {S::PartlyApproved, S::Rejected},
    {S::PartlyApproved, S::Held},
    {S::PartlyApproved, S::Expired},
    {S::PartlyApproved, S::Voided},
    {S::Approved, S::Running},
    {S::Approved, S::Rejected},
    {S::Approved, S::Held},
    {S::Approved, S::Expired},
    {S::Approved, S::Voided},
    {S::Held, S::Approved},
    {S::Held, S::Running},
    {S::Held, S::Rejected},
    {S::Held, S::Expired},
    {S::Held, S::Voided},
    {S::Held, S::Undone},
    {S::Held, S::Closed},
    {S::Running, S::Verifying},
    {S::Running, S::Held},
    {S::Running, S::Rejected},
    {S::Running, S::Voided},
    {S::Running, S::Expired},
    {S::Running, S::Worse},
    {S::Running, S::Closed},
    {S::Verifying, S::Recovered},
    {S::Verifying, S::NotRecovered},
    {S::Verifying, S::Worse},
    {S::Verifying, S::CannotTell},
    {S::Verifying, S::Closed},
    {S::Recovered, S::Closed},
    {S::NotRecovered, S::Verifying},
    {S::NotRecovered, S::Worse},
    {S::NotRecovered, S::Undone},
    {S::NotRecovered, S::Closed},
    {S::Worse, S::Undone},
    {S::Worse, S::Closed},
    {S::CannotTell, S::Verifying},
    {S::CannotTell, S::Undone},
    {S::CannotTell, S::Closed},
    {S::Undone, S::Closed},
};

QJsonObject textMap(const std::map<QString, QString>& map)
{
    QJsonObject o;
    for (const auto& [k, v] : map)
        o[k] = v;
    return o;
}

std::map<QString, QString> mapOf(const QJsonObject& o)
{
    std::map<QString, QString> map;
    for (auto it = o.begin(); it != o.end(); ++it)
        map[it.key()] = it.value().toString();
    return map;
}

QJsonArray textArray(const QStringList& list)
{
    return QJsonArray::fromStringList(list);
}

QStringList listOf(const QJsonValue& v)
{
    QStringList list;
    for (const auto& x : v.toArray())
        list += x.toString();
    return list;
}

QJsonObject callJson(const HttpCall& c)
{
    QJsonObject o{{u"target"_s, c.target}, {u"base"_s, c.base}, {u"method"_s, c.method}, {u"path"_s, c.path},
        {u"body"_s, c.body}};
    if (!c.expectPath.isEmpty()) {
        o[u"expect_path"_s] = c.expectPath;
        o[u"expect_equals"_s] = c.expectEquals;
    }
    return o;
}

HttpCall callOf(const QJsonObject& o)
{
    return {o[u"target"_s].toString(), o[u"base"_s].toString(), o[u"method"_s].toString(), o[u"path"_s].toString(),
        o[u"body"_s].toObject(), o[u"expect_path"_s].toString(), o[u"expect_equals"_s].toString()};
}

QJsonObject gateJson(const Gate& g)
{
    return {{u"attribute"_s, g.attribute}, {u"equals"_s, g.equals}, {u"of"_s, g.of}, {u"share"_s, decimal(g.share)},
        {u"window"_s, jsonInt(g.window)}, {u"minimum"_s, jsonInt(g.minimum)}, {u"within"_s, jsonInt(g.within)}};
}

Gate gateOf(const QJsonObject& o)
{
    return {o[u"attribute"_s].toString(), o[u"equals"_s].toString(), o[u"of"_s].toString(), fromDecimal(o[u"share"_s]),
        fromJsonInt(o[u"window"_s]), fromJsonInt(o[u"minimum"_s]), fromJsonInt(o[u"within"_s])};
}

QJsonObject stepJson(const PlanStep& s)
{
    QJsonObject o{{u"id"_s, s.id}, {u"title"_s, s.title}, {u"tier"_s, tierName(s.tier)},
        {u"touches"_s, QJsonObject{{u"feature"_s, s.touches.feature}, {u"where"_s, textMap(s.touches.where)}}},
        {u"action"_s, callJson(s.action)}, {u"no_undo"_s, s.noUndo}, {u"timeout"_s, jsonInt(s.timeout)}};
    if (!s.precondition.isNull()) o[u"precondition"_s] = callJson(s.precondition);
    if (!s.undo.isNull()) o[u"undo"_s] = callJson(s.undo);
    if (!s.gate.isNull()) o[u"gate"_s] = gateJson(s.gate);
    return o;
}

Result<PlanStep> stepOf(const QJsonObject& o)
{
    const auto tier = tierFromName(o[u"tier"_s].toString());
    if (!tier) return tl::unexpected(tier.error());
    PlanStep s;
    s.id = o[u"id"_s].toString();
    s.title = o[u"title"_s].toString();
    s.tier = *tier;
    s.touches = {o[u"touches"_s][u"feature"_s].toString(), mapOf(o[u"touches"_s][u"where"_s].toObject())};
    s.action = callOf(o[u"action"_s].toObject());
    s.noUndo = o[u"no_undo"_s].toString();
    s.timeout = fromJsonInt(o[u"timeout"_s]);
    if (o.contains(u"precondition"_s)) s.precondition = callOf(o[u"precondition"_s].toObject());
    if (o.contains(u"undo"_s)) s.undo = callOf(o[u"undo"_s].toObject());
    if (o.contains(u"gate"_s)) s.gate = gateOf(o[u"gate"_s].toObject());
    return s;
}

QString percent(double share)
{
    return u"%1 %"_s.arg(QString::number(share * 100, 'f', share * 100 == std::floor(share * 100) ? 0 : 1));
}
} // namespace

QString planStateName(S state)
{
    return QString::fromUtf16(kStates[size_t(state)]);
}

Result<S> planStateFromName(const QString& name)
{
    // Files and flags cannot hold a space comfortably: "cannot_tell" is the same state.
    const QString plain = QString(name).replace(u'_', u' ');
    for (size_t i = 0; i < std::size(kStates); ++i)
        if (plain == QStringView(kStates[i])) return S(i);
    return fail(Fault::BadInput, u"There is no state of a plan called “%1”."_s.arg(name));
}

bool mayFollow(S from, S to)
{
    return std::find(std::begin(kAllowed), std::end(kAllowed), std::pair{from, to}) != std::end(kAllowed);
}

bool isFinal(S state)
{
    // Nothing runs under the plan again, whatever bookkeeping ("closed") may still follow.
    return state == S::Rejected || state == S::Expired || state == S::Voided || state == S::Recovered
        || state == S::Undone || state == S::Closed;
}

QJsonObject Proposal::toJson() const
{
    QJsonArray stepArray, evidenceArray;
    for (const auto& s : steps)
        stepArray += stepJson(s);
    for (const auto& e : evidence)
        evidenceArray += QJsonObject{{u"number"_s, e.number}, {u"sha256"_s, e.sha256}};
    QJsonObject o{{u"id"_s, id.value}, {u"incident"_s, incident.value}, {u"title"_s, title}, {u"feature"_s, feature},
        {u"cls"_s, runbookClassName(cls)}, {u"tier"_s, tierName(tier)}, {u"runbook_id"_s, runbookId},
        {u"runbook_version"_s, runbookVersion}, {u"runbook_digest"_s, runbookDigest},
        {u"parameters"_s, textMap(parameters)}, {u"steps"_s, stepArray},
        {u"limits"_s,
            QJsonObject{{u"share_of_feature"_s, decimal(limits.shareOfFeature)}, {u"people"_s, jsonInt(limits.people)},
                {u"tenants"_s, jsonInt(limits.tenants)}, {u"duration"_s, jsonInt(limits.duration)}}},
        {u"declared_worst_share"_s, decimal(declaredWorstShare)},
        {u"verify"_s,
            QJsonObject{{u"signal_names"_s, textArray(verify.signalNames)}, {u"margin"_s, decimal(verify.margin)},
                {u"windows"_s, verify.windows}}},
        {u"evidence"_s, evidenceArray}, {u"requester"_s, requester}, {u"price"_s, price},
        {u"created"_s, jsonInt(created)}, {u"expires"_s, jsonInt(expires)},
        {u"escalate_after"_s, jsonInt(escalateAfter)}, {u"escalate_to"_s, escalateTo}};
    if (!replay.isNull()) o[u"replay"_s] = callJson(replay);
    return o;
}

Result<Proposal> Proposal::fromJson(const QJsonObject& o)
{
    Proposal p;
    p.id = {o[u"id"_s].toString()};
    p.incident = {o[u"incident"_s].toString()};
    p.title = o[u"title"_s].toString();
    p.feature = o[u"feature"_s].toString();
    const auto cls = runbookClassFromName(o[u"cls"_s].toString());
    if (!cls) return tl::unexpected(cls.error());
    p.cls = *cls;
    const auto tier = tierFromName(o[u"tier"_s].toString());
    if (!tier) return tl::unexpected(tier.error());
    p.tier = *tier;
    p.runbookId = o[u"runbook_id"_s].toString();
    p.runbookVersion = o[u"runbook_version"_s].toString();
    p.runbookDigest = o[u"runbook_digest"_s].toString();
    p.parameters = mapOf(o[u"parameters"_s].toObject());
    for (const auto& s : o[u"steps"_s].toArray()) {
        auto step = stepOf(s.toObject());
        if (!step) return tl::unexpected(step.error());
        p.steps.push_back(std::move(*step));
    }
    const QJsonObject limits = o[u"limits"_s].toObject();
    p.limits = {fromDecimal(limits[u"share_of_feature"_s]), fromJsonInt(limits[u"people"_s]),
        fromJsonInt(limits[u"tenants"_s]), fromJsonInt(limits[u"duration"_s])};
    p.declaredWorstShare = fromDecimal(o[u"declared_worst_share"_s], -1);
    const QJsonObject verify = o[u"verify"_s].toObject();
    p.verify = {listOf(verify[u"signal_names"_s]), fromDecimal(verify[u"margin"_s]), verify[u"windows"_s].toInt()};
    for (const auto& e : o[u"evidence"_s].toArray())
        p.evidence.push_back({e[u"number"_s].toInt(), e[u"sha256"_s].toString()});
    p.requester = o[u"requester"_s].toString();
    p.price = o[u"price"_s].toString();
    p.created = fromJsonInt(o[u"created"_s]);
    p.expires = fromJsonInt(o[u"expires"_s]);
    p.escalateAfter = fromJsonInt(o[u"escalate_after"_s]);
    p.escalateTo = o[u"escalate_to"_s].toString();
    if (o.contains(u"replay"_s)) p.replay = callOf(o[u"replay"_s].toObject());
    // What cannot be written back byte for byte was not understood, and nobody may sign what the card does not show.
    if (p.toJson() != o)
        return fail(Fault::BadInput, u"This plan holds something this version of Watchfloor does not understand."_s,
            u"The record is unchanged."_s, u"Read it with the version that wrote it."_s);
    return p;
}

QString Proposal::digest() const
{
    return digestOf(toJson());
}

QJsonObject BlastRadius::toJson() const
{
    return {{u"share"_s, decimal(share)}, {u"people"_s, jsonInt(people)}, {u"tenants"_s, jsonInt(tenants)},
        {u"answers"_s, jsonInt(answers)}, {u"per_minute"_s, decimal(perMinute)}, {u"at"_s, jsonInt(at)},
        {u"known"_s, known}};
}

BlastRadius BlastRadius::fromJson(const QJsonObject& o)
{
    return {fromDecimal(o[u"share"_s]), fromJsonInt(o[u"people"_s]), fromJsonInt(o[u"tenants"_s]),
        fromJsonInt(o[u"answers"_s]), fromDecimal(o[u"per_minute"_s]), fromJsonInt(o[u"at"_s]), o[u"known"_s].toBool()};
}

QString ceilingBroken(const BlastRadius& radius, const Proposal& proposal)
{
    const Limits& limits = proposal.limits;
    if (!radius.known) {
        if (proposal.declaredWorstShare < 0)
            return u"Telemetry cannot tell what this would touch, and the runbook declares no worst case to stand in for it."_s;
        if (limits.people > 0)
            return u"Telemetry cannot tell how many people this would reach, and it may reach %1 at most."_s.arg(
                limits.people);
    }
    const double share = radius.known ? radius.share : proposal.declaredWorstShare;
    if (!(share <= limits.shareOfFeature))
        return u"%1 %2 of %3's answers; its ceiling is %4."_s.arg(radius.known
                ? u"This would touch"_s
                : u"Telemetry cannot tell what this would touch, and the declared worst case is"_s,
            percent(share), proposal.feature, percent(limits.shareOfFeature));
    if (radius.known && limits.people > 0 && radius.people > limits.people)
        return u"This would reach %1 people; its ceiling is %2."_s.arg(radius.people).arg(limits.people);
    if (radius.known && limits.tenants > 0 && radius.tenants > limits.tenants)
        return u"This would touch %1 tenants; its ceiling is %2."_s.arg(radius.tenants).arg(limits.tenants);
    return {};
}

} // namespace wf
