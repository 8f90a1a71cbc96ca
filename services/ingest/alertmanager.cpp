// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/ingest/alertmanager.h"
#include "models/domain/canonical_json.h"
#include "services/ingest/json_body.h"
#include <QJsonArray>
#include <QJsonDocument>

namespace wf {
namespace {
using namespace Qt::StringLiterals;

QString digestText(const QByteArray& bytes)
{
    return QString::fromLatin1(sha256(bytes).toHex());
}

QByteArray compact(const QJsonObject& object)
{
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

/// Labels and annotations are texts by contract; anything else in them is left out.
QJsonObject textsOf(const QJsonObject& object)
{
    QJsonObject texts;
    for (auto it = object.begin(); it != object.end(); ++it) {
        if (it->isString()) texts.insert(it.key(), paragraphMember(object, it.key()));
    }
    return texts;
}

/// The row of one alert; the reason when there cannot be one.
Result<TimelineEvent> rowOf(const QJsonObject& alert, const QString& groupKey, Nanos seen)
{
    const QJsonObject labels = textsOf(alert.value(u"labels"_s).toObject());
    const QJsonObject annotations = textsOf(alert.value(u"annotations"_s).toObject());
    const QString name = textMember(labels, u"alertname"_s);
    const QString status = textMember(alert, u"status"_s);
    if (labels.isEmpty()) return fail(Fault::BadInput, u"it has no labels"_s);
    if (status != "firing"_L1 && status != "resolved"_L1)
        return fail(Fault::BadInput, u"its status is neither firing nor resolved"_s);
    const bool firing = status == "firing"_L1;
    const auto begin = requiredTime(alert, u"startsAt"_s, seen);
    if (!begin) return fail(Fault::BadInput, u"its startsAt is not a usable time"_s);
    const auto end = firing ? begin : requiredTime(alert, u"endsAt"_s, seen);
    if (!end) return fail(Fault::BadInput, u"its endsAt is not a usable time"_s);

    QString fingerprint = textMember(alert, u"fingerprint"_s);
    if (fingerprint.isEmpty()) fingerprint = digestText(compact(labels));
    const QString summary = textMember(annotations, u"summary"_s);
    const QString described = textMember(annotations, u"description"_s);
    const QString what = summary.isEmpty() ? name : summary;

    TimelineEvent row;
    row.t = *end;
    row.seen = seen;
    row.kind = EventKind::Alert;
    row.actor = u"alertmanager"_s;
    row.feature = textMember(labels, u"feature"_s);
    row.title = firing ? what : u"Resolved: "_s + what;
    QStringList detail{name, textMember(labels, u"severity"_s), described};
    detail.removeAll(QString());
    if (summary.isEmpty()) detail.removeFirst();
    row.detail = detail.join(u" · "_s);
    row.source = u"alertmanager"_s;
    row.dedupKey
        = u"alertmanager|%1|%2|%3|%4"_s.arg(groupKey, fingerprint, status, alert.value(u"startsAt"_s).toString());
    row.body = QJsonObject{{u"status"_s, status}, {u"labels"_s, labels}, {u"annotations"_s, annotations},
        {u"fingerprint"_s, fingerprint}, {u"starts_at"_s, isoText(*begin)}};
    if (!firing) row.body.insert(u"ends_at"_s, isoText(*end));
    return row;
}

bool isHeartbeat(const QJsonObject& alert)
{
    return alert.value(u"status"_s).toString() == "firing"_L1
        && alert.value(u"labels"_s).toObject().value(u"alertname"_s).toString() == "Watchdog"_L1;
}

/// Alerts that max_alerts cut off never arrive, not even as resolved, so somebody must look.
TimelineEvent truncationRow(qint64 lost, const QString& groupKey, const QByteArray& payloadDigest, Nanos seen)
{
    TimelineEvent row;
    row.t = row.seen = seen;
    row.kind = EventKind::System;
    row.actor = u"alertmanager"_s;
    row.title = lost == 1 ? u"Alertmanager left 1 alert out of its message"_s
                          : u"Alertmanager left %1 alerts out of its message"_s.arg(lost);
    row.detail
        = u"They will not be shown here, firing or resolved. Raise max_alerts of the webhook, or look in Alertmanager itself."_s;
    row.source = u"alertmanager"_s;
    row.dedupKey = u"alertmanager|truncated|"_s + QString::fromLatin1(payloadDigest.toHex());
    row.loud = true;
    row.body = QJsonObject{{u"truncated_alerts"_s, lost}, {u"group_key"_s, groupKey}};
    return row;
}
} // namespace

Result<std::vector<Batch>> alertmanagerBatches(const QJsonObject& payload, Nanos seen)
{
    const QJsonValue version = payload.value(u"version"_s);
    if (!version.isUndefined() && version.toString() != "4"_L1)
        return fail(
            Fault::BadInput, u"This is not Alertmanager's webhook format version 4."_s, u"Nothing of it was stored."_s);
    if (!payload.value(u"alerts"_s).isArray())
        return fail(Fault::BadInput, u"The message holds no list of alerts."_s, u"Nothing of it was stored."_s);

    Batch alerts, beat;
    alerts.source = u"alertmanager"_s;
    beat.source = u"infrastructure"_s;
    const QString groupKey = textMember(payload, u"groupKey"_s, 2000);
    for (const QJsonValue& value : payload.value(u"alerts"_s).toArray()) {
        const QJsonObject alert = value.toObject();
        if (isHeartbeat(alert)) {
            beat.heartbeat = true;
            continue;
        }
        auto row = rowOf(alert, groupKey, seen);
        if (row)
            alerts.events.push_back(std::move(*row));
        else
            alerts.rejected.push_back(
                {u"An alert was left out: %1."_s.arg(row.error().what), digestText(compact(alert))});
    }
    const qint64 lost = payload.value(u"truncatedAlerts"_s).toInteger();
    if (lost > 0) alerts.events.push_back(truncationRow(lost, groupKey, sha256(compact(payload)), seen));

    std::vector<Batch> batches;
    if (beat.heartbeat) batches.push_back(std::move(beat));
    if (alerts.size() > 0 || !alerts.rejected.empty()) batches.push_back(std::move(alerts));
    return batches;
}

} // namespace wf
