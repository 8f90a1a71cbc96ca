// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/ingest/changes.h"
#include "models/domain/canonical_json.h"
#include "services/ingest/json_body.h"
#include <QJsonDocument>

namespace wf {
using namespace Qt::StringLiterals;

Result<Batch> changeBatch(const QJsonObject& change, Nanos seen)
{
    const auto time = requiredTime(change, u"time"_s, seen);
    if (!time) return tl::unexpected(time.error());
    const auto feature = requiredText(change, u"feature"_s);
    if (!feature) return tl::unexpected(feature.error());
    const auto layer = requiredText(change, u"layer"_s, 64);
    if (!layer) return tl::unexpected(layer.error());

    const QString from = textMember(change, u"from"_s), to = textMember(change, u"to"_s);
    const QString summary = textMember(change, u"summary"_s), actor = textMember(change, u"actor"_s);
    const QString step = from.isEmpty() && to.isEmpty()
        ? *layer
        : u"%1 %2 → %3"_s.arg(*layer, from.isEmpty() ? u"?"_s : from, to.isEmpty() ? u"?"_s : to);
    const QString id = textMember(change, u"id"_s);

    TimelineEvent row;
    row.t = *time;
    row.seen = seen;
    row.kind = EventKind::Change;
    row.actor = actor.isEmpty() ? u"unknown"_s : actor;
    row.feature = *feature;
    row.title = summary.isEmpty() ? step : summary;
    row.detail = summary.isEmpty() ? QString() : step;
    row.source = u"changes"_s;
    row.dedupKey = u"changes|"_s
        + (id.isEmpty() ? QString::fromLatin1(sha256(QJsonDocument(change).toJson(QJsonDocument::Compact)).toHex())
                        : id);
    row.body = QJsonObject{{u"layer"_s, *layer}, {u"from"_s, from}, {u"to"_s, to}, {u"feature"_s, *feature}};

    Batch batch;
    batch.source = u"changes"_s;
    batch.events.push_back(std::move(row));
    return batch;
}

} // namespace wf
