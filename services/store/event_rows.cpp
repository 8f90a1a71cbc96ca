// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/store/event_rows.h"
#include <QJsonArray>
#include <QJsonDocument>

using namespace Qt::StringLiterals;

namespace wf::store {

namespace {

// A sender's body may be large; what a person searches for stands at its start.
constexpr qsizetype kMostBodyText = 4'096;

void appendTexts(const QJsonValue& value, QString& out)
{
    if (out.size() > kMostBodyText) return;
    if (value.isString()) {
        out += u' ';
        out += QStringView(value.toString()).left(kMostBodyText);
    } else if (value.isArray()) {
        for (const QJsonValue& one : value.toArray())
            appendTexts(one, out);
    } else if (value.isObject()) {
        for (const QJsonValue& one : value.toObject())
            appendTexts(one, out);
    }
}

} // namespace

TimelineEvent readEvent(const sql::Statement& row)
{
    TimelineEvent event;
    event.id = row.integer(0);
    event.t = row.integer(1);
    event.seen = row.integer(2);
    event.kind = eventKindFromName(row.text(3)).value_or(EventKind::System);
    event.actor = row.text(4);
    event.feature = row.text(5);
    event.title = row.text(6);
    event.detail = row.text(7);
    event.incident = row.text(8);
    event.source = row.text(9);
    event.dedupKey = row.text(10);
    event.loud = row.integer(11) != 0;
    event.body = QJsonDocument::fromJson(row.blob(12)).object();
    return event;
}

bool EventRows::add(const TimelineEvent& event)
{
    const qint64 id = event.id != 0 ? event.id : m_nextId;
    const QString kind = eventKindName(event.kind);
    const QByteArray body = QJsonDocument(event.body).toJson(QJsonDocument::Compact);
    m_db.prepare(
            "INSERT INTO events(id, t, seen, kind, actor, feature, title, detail, incident, source, dedup, loud, body)"
            " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) ON CONFLICT DO NOTHING")
        .run(id, event.t, event.seen, kind, event.actor, event.feature, event.title, event.detail, event.incident,
            event.source, event.dedupKey, event.loud, std::string_view(body.constData(), size_t(body.size())));
    if (m_db.changes() == 0) return false;
    m_nextId = std::max(m_nextId, id + 1);

    QString text = event.title + u' ' + event.detail;
    appendTexts(event.body, text);
    m_db.prepare("INSERT INTO events_fts(rowid, text, kind, actor, feature, incident, source, loud) VALUES(?1, ?2, ?3, "
                 "?4, ?5, ?6, ?7, ?8)")
        .run(id, text, kind, event.actor, event.feature, QString(codeOf(event.incident) + u' ' + event.incident),
            event.source, event.loud ? u"yes"_s : u"no"_s);

    Count& minute = m_minutes[{event.t - event.t % kMinute, kind}];
    ++minute.n;
    minute.loud += event.loud;
    return true;
}

void EventRows::nameIncident(const QString& incident, const QString& code)
{
    m_db.prepare("INSERT OR REPLACE INTO incident_codes VALUES(?1, ?2)").run(incident, code);
    m_codes[incident] = code;
}

QString EventRows::codeOf(const QString& incident)
{
    if (incident.isEmpty()) return {};
    const auto found = m_codes.find(incident);
    return found == m_codes.end() ? QString() : found->second;
}

void EventRows::flush()
{
    sql::Statement upsert = m_db.prepare("INSERT INTO event_minutes VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET n "
                                         "= n + excluded.n, loud = loud + excluded.loud");
    for (const auto& [key, count] : m_minutes)
        upsert.run(key.first, key.second, count.n, count.loud);
    m_minutes.clear();
}

void EventRows::reload()
{
    m_minutes.clear();
    m_codes.clear();
    sql::Statement codes = m_db.prepare("SELECT incident, code FROM incident_codes");
    while (codes.step())
        m_codes.emplace(codes.text(0), codes.text(1));
    sql::Statement last = m_db.prepare("SELECT max(id) FROM events");
    m_nextId = last.step() ? std::max(last.integer(0), qint64(0)) + 1 : 1;
}

} // namespace wf::store
