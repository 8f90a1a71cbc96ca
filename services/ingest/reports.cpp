// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/ingest/reports.h"
#include "models/domain/canonical_json.h"
#include "services/ingest/json_body.h"
#include <QJsonDocument>

namespace wf {
using namespace Qt::StringLiterals;

Result<OutsideReport> readReport(const QJsonObject& report, Nanos seen)
{
    const auto time = requiredTime(report, u"time"_s, seen);
    if (!time) return tl::unexpected(time.error());
    const auto text = requiredText(report, u"text"_s, 4000);
    if (!text) return tl::unexpected(text.error());
    OutsideReport out{
        *text, *time, textMember(report, u"channel"_s), textMember(report, u"feature"_s), textMember(report, u"id"_s)};
    if (out.channel.isEmpty()) out.channel = u"outside"_s;
    if (out.id.isEmpty())
        out.id = QString::fromLatin1(sha256(QJsonDocument(report).toJson(QJsonDocument::Compact)).toHex());
    return out;
}

TimelineEvent reportRow(const OutsideReport& report, Nanos seen)
{
    TimelineEvent row;
    row.t = report.happened;
    row.seen = seen;
    row.kind = EventKind::Report;
    row.actor = report.channel;
    row.feature = report.feature;
    row.title = report.text.section(u'\n', 0, 0);
    row.detail = report.text.section(u'\n', 1).trimmed();
    row.source = u"reports"_s;
    row.dedupKey = u"reports|"_s + report.id;
    row.loud = true;
    row.body = QJsonObject{{u"text"_s, report.text}, {u"channel"_s, report.channel}, {u"id"_s, report.id}};
    return row;
}

} // namespace wf
