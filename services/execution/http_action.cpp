// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/execution/http_action.h"
#include <QJsonArray>
#include <QJsonDocument>

namespace wf {
using namespace Qt::StringLiterals;

namespace {
constexpr qsizetype kReceiptCap = 4096;

HttpClientRequest requestFor(const HttpCall& call, Nanos timeout)
{
    HttpClientRequest r;
    r.method = call.method.toLatin1();
    r.url = urlOf(call);
    r.timeoutMs = int(std::clamp<Nanos>(timeout / kMilli, 1'000, 120'000));
    if (!call.body.isEmpty()) {
        r.body = QJsonDocument(call.body).toJson(QJsonDocument::Compact);
        r.headers["Content-Type"] = "application/json";
    }
    return r;
}

/// RFC 6901, without the ~ escapes that no precondition of ours needs; a pointer with one is refused by the runbook's reader.
QJsonValue at(const QJsonValue& root, const QString& pointer)
{
    QJsonValue v = root;
    for (const QString& part : pointer.split(u'/', Qt::SkipEmptyParts)) v = v.isArray() ? v[part.toInt()] : v[part];
    return v;
}

QString asText(const QJsonValue& v)
{
    if (v.isString()) return v.toString();
    if (v.isDouble()) return QString::number(v.toDouble(), 'g', 15);
    if (v.isBool()) return v.toBool() ? u"true"_s : u"false"_s;
    return {};
}

bool setsValue(const QJsonObject& body, const QString& value)
{
    return !value.isEmpty() && std::any_of(body.begin(), body.end(), [&](const QJsonValue& v) { return asText(v) == value; });
}
} // namespace

QUrl urlOf(const HttpCall& call)
{
    QString base = call.base;
    while (base.endsWith(u'/')) base.chop(1);
    return QUrl(base + call.path);
}

TargetState readTarget(const PlanStep& step, const HttpCaller& caller)
{
    TargetState state;
    if (step.precondition.isNull()) {
        state.sentence = u"This step names no precondition, so the target cannot be asked what it holds."_s;
        return state;
    }
    const HttpOutcome o = caller(requestFor(step.precondition, step.timeout));
    if (!o.ok()) {
        state.sentence = o.kind == HttpOutcome::Kind::Answered
            ? u"The target answered %1 when asked for its state."_s.arg(o.status)
            : u"The target could not be read: %1"_s.arg(o.sentence);
        return state;
    }
    const QJsonDocument doc = QJsonDocument::fromJson(o.body);
    const QJsonValue found = doc.isObject() ? at(doc.object(), step.precondition.expectPath) : QJsonValue(QJsonValue::Undefined);
    if (found.isUndefined()) {
        state.sentence = u"The target's answer holds nothing at %1."_s.arg(step.precondition.expectPath);
        return state;
    }
    state.etag = o.header("etag");
    state.value = asText(found);
    // Order matters: an action that sets the value it expects (a purge to the same generation) must still run.
    if (state.value == step.precondition.expectEquals)
        state.kind = TargetState::Kind::AsExpected;
    else if (setsValue(step.action.body, state.value))
        state.kind = TargetState::Kind::AlreadyThere;
    else {
        state.kind = TargetState::Kind::Other;
        state.sentence = u"The target holds “%1” at %2, not “%3” as when the plan was signed."_s.arg(
            state.value, step.precondition.expectPath, step.precondition.expectEquals);
    }
    return state;
}

ActionOutcome actOnce(const PlanStep& step, const QString& idempotencyKey, const QByteArray& etag, const HttpCaller& caller)
{
    HttpClientRequest r = requestFor(step.action, step.timeout);
    r.headers["Idempotency-Key"] = idempotencyKey.toLatin1();
    if (!etag.isEmpty()) r.headers["If-Match"] = etag;
    const HttpOutcome o = caller(r);
    ActionOutcome out;
    out.status = o.status;
    out.raw = o.body.left(kReceiptCap);
    if (o.ok()) {
        out.kind = ActionOutcome::Kind::Executed;
        return out;
    }
    if (o.kind == HttpOutcome::Kind::NotSent) {
        out.kind = ActionOutcome::Kind::Failed;
        out.why = u"Nothing reached the target: %1"_s.arg(o.sentence);
        return out;
    }
    if (o.kind == HttpOutcome::Kind::Answered && o.status >= 300 && o.status < 500) {
        out.kind = ActionOutcome::Kind::Failed;
        out.why = o.status == 412 ? u"The target was changed by somebody else in between; nothing was done."_s
                                  : u"The target refused with %1; nothing was done."_s.arg(o.status);
        return out;
    }
    // 5xx, or the answer was lost: it may have happened. Look, do not send again.
    const QString lost = o.kind == HttpOutcome::Kind::Answered ? u"The target answered %1"_s.arg(o.status) : u"The answer was lost"_s;
    const TargetState now = readTarget(step, caller);
    if (now.kind == TargetState::Kind::AlreadyThere) {
        out.kind = ActionOutcome::Kind::Executed;
        out.why = u"%1, but the target now holds “%2”: it was done."_s.arg(lost, now.value);
    } else if (now.kind == TargetState::Kind::AsExpected) {
        out.kind = ActionOutcome::Kind::Failed;
        out.why = u"%1, and the target still holds “%2”: it was not done."_s.arg(lost, now.value);
    } else {
        out.kind = ActionOutcome::Kind::Unknown;
        out.why = u"%1 and the target cannot tell whether it was done. %2"_s.arg(lost, now.sentence);
    }
    return out;
}

Result<ReplayResult> runReplay(const HttpCall& call, const HttpCaller& caller)
{
    const HttpOutcome o = caller(requestFor(call, 10 * kSecond));
    if (!o.ok())
        return fail(Fault::Io, u"The replay was not run: %1"_s.arg(o.kind == HttpOutcome::Kind::Answered ? u"the target answered %1."_s.arg(o.status) : o.sentence));
    const QJsonObject body = QJsonDocument::fromJson(o.body).object();
    const qint64 n = qint64(body[u"n"_s].toDouble(-1)), pass = qint64(body[u"pass"_s].toDouble(-1));
    if (n <= 0 || pass < 0 || pass > n) return fail(Fault::BadInput, u"The replay's answer holds no usable {pass, n}."_s);
    return ReplayResult{pass, n};
}

} // namespace wf
