// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/store/timeline_queries.h"
#include "services/store/event_rows.h"
#include <QJsonArray>
#include <QJsonDocument>

using namespace Qt::StringLiterals;

namespace wf::store {

namespace {

// Fewer matches than this are fetched and sorted; more are so dense that walking the timeline finds a page soon.
constexpr qint64 kRareMatches = 20'000;
// Rows looked at in one step of such a walk.
constexpr int kFirstStride = 2'000, kLastStride = 512'000;
// Densities of more rows than this are read from counts per minute.
constexpr qint64 kManyRows = 50'000;
constexpr int kMostRows = 5'000;
constexpr int kMostBins = 10'000;

constexpr auto kAnswerColumns
    = "e.id, e.t, e.seen, e.feature, e.manifest, e.slice, e.flags, e.latency, e.response, e.recipient";

QString like(const QString& word)
{
    QString escaped = word;
    return u'%' + escaped.replace(u'\\', u"\\\\"_s).replace(u'%', u"\\%"_s).replace(u'_', u"\\_"_s) + u'%';
}

} // namespace

// ---- where the rows come from
// ----------------------------------------------------------------------------------------

bool TimelineQueries::isCommon(const QString& match)
{
    sql::Statement row
        = m_db.prepare("SELECT count(*) FROM (SELECT 1 FROM events_fts WHERE events_fts MATCH ?1 LIMIT ?2)");
    return row.bind(match, kRareMatches).step() && row.integer(0) >= kRareMatches;
}

TimelineQueries::Source TimelineQueries::eventsFor(const ParsedFilter& filter)
{
    Source source{"events e WHERE 1", {}};
    if (filter.needsText()) {
        source.texts.push_back(filter.ftsMatch());
        // CROSS JOIN keeps the order of the tables: the planner knows nothing of how many rows match.
        source.from = "events_fts f CROSS JOIN events e ON e.id = f.rowid WHERE f.events_fts MATCH ?1";
    } else if (!filter.kinds.isEmpty()) {
        source.texts.push_back(filter.kinds.front());
        source.from += " AND e.kind = ?1";
    }
    if (filter.before) source.from += " AND e.t < " + std::to_string(*filter.before);
    return source;
}

// Numbers of the rows of a small table in which some column contains the word, as "1,2,3".
QString TimelineQueries::idsWith(const char* table, const QStringList& columns, const QString& word)
{
    QStringList tests, ids;
    for (const QString& column : columns)
        tests.append(column + u" LIKE ?1 ESCAPE '\\'"_s);
    const QString sql = u"SELECT id FROM %1 WHERE %2"_s.arg(QString::fromLatin1(table), tests.join(u" OR "_s));
    sql::Statement rows = m_db.prepare(sql.toStdString());
    rows.bind(like(word));
    while (rows.step())
        ids.append(QString::number(rows.integer(0)));
    return ids.join(u',');
}

TimelineQueries::Source TimelineQueries::answersFor(const ParsedFilter& filter)
{
    Source source{"answers e WHERE 1", {}};
    QStringList features;
    for (const QString& feature : filter.features)
        if (const auto id = m_interner.findName(feature)) features.append(QString::number(*id));
    if (!filter.features.isEmpty()) source.from += " AND e.feature IN (" + features.join(u',').toStdString() + ")";
    if (filter.before) source.from += " AND e.t < " + std::to_string(*filter.before);
    for (const QString& word : filter.words) {
        source.texts.push_back(word);
        const std::string parameter = "?" + std::to_string(source.texts.size());
        const QString manifests = idsWith("manifests",
            {u"model"_s, u"prompt"_s, u"retrieval"_s, u"tools"_s, u"sampling"_s, u"guardrails"_s, u"cache"_s}, word);
        const QString slices
            = idsWith("slices", {u"tenant"_s, u"route"_s, u"locale"_s, u"region"_s, u"instance"_s}, word);
        source.from += " AND (e.manifest IN (" + manifests.toStdString() + ") OR e.slice IN (" + slices.toStdString()
            + ") OR e.response = " + parameter + " OR e.recipient = " + parameter + ")";
    }
    return source;
}

// ---- pages
// -----------------------------------------------------------------------------------------------------------

TimelinePage TimelineQueries::page(const ParsedFilter& filter, TimelineKey key, int limit, Direction direction)
{
    limit = std::clamp(limit, 1, kMostRows);
    const bool older = direction == Direction::Older;
    const bool walk = !filter.answers && filter.needsText() && isCommon(filter.ftsMatch());
    TimelinePage page = walk ? walked(filter, key, limit + 1, older) : sorted(filter, key, limit + 1, older);
    // One more than asked tells whether there is more.
    page.more = int(page.rows.size()) > limit;
    if (page.more) page.rows.pop_back();
    if (!older) std::reverse(page.rows.begin(), page.rows.end());
    return page;
}

TimelinePage TimelineQueries::sorted(const ParsedFilter& filter, TimelineKey key, int limit, bool older)
{
    const Source source = sourceFor(filter);
    const int t = int(source.texts.size()) + 1;
    sql::Statement rows = m_db.prepare(std::string("SELECT ") + (filter.answers ? kAnswerColumns : kEventColumns)
        + " FROM " + source.from + " AND (e.t, e.id) " + (older ? "<" : ">") + " (?" + std::to_string(t) + ", ?"
        + std::to_string(t + 1) + ") ORDER BY e.t " + (older ? "DESC, e.id DESC" : "ASC, e.id ASC") + " LIMIT ?"
        + std::to_string(t + 2));
    for (size_t i = 0; i < source.texts.size(); ++i)
        rows.bindAt(int(i) + 1, source.texts[i]);
    rows.bindAt(t, key.t);
    rows.bindAt(t + 1, key.id);
    rows.bindAt(t + 2, limit);
    TimelinePage page;
    while (rows.step())
        page.rows.push_back(filter.answers ? readAnswer(rows) : readEvent(rows));
    return page;
}

// A word that stands in a large part of all rows: go along the timeline and ask the text index about many rows at once,
// and about four times as many each time, because asking costs the same for one row as for thousands.
TimelinePage TimelineQueries::walked(const ParsedFilter& filter, TimelineKey key, int limit, bool older)
{
    TimelinePage page;
    const QString match = filter.ftsMatch();
    sql::Statement row = m_db.prepare(std::string("SELECT ") + kEventColumns + " FROM events e WHERE e.id = ?1");
    for (int width = kFirstStride; int(page.rows.size()) < limit; width = std::min(4 * width, kLastStride)) {
        const std::vector<TimelineKey> keys = nextKeys(filter, key, width, older);
        if (keys.empty()) break;
        const std::vector<bool> hits = matching(match, keys);
        for (size_t i = 0; i < keys.size() && int(page.rows.size()) < limit; ++i) {
            if (!hits[i]) continue;
            row.reset();
            if (row.bind(keys[i].id).step()) page.rows.push_back(readEvent(row));
        }
        key = keys.back();
    }
    return page;
}

std::vector<TimelineKey> TimelineQueries::nextKeys(const ParsedFilter& filter, TimelineKey key, int limit, bool older)
{
    std::vector<TimelineKey> keys;
    sql::Statement rows = m_db.prepare(older
            ? "SELECT t, id FROM events WHERE (t, id) < (?1, ?2) AND t < ?4 ORDER BY t DESC, id DESC LIMIT ?3"
            : "SELECT t, id FROM events WHERE (t, id) > (?1, ?2) AND t < ?4 ORDER BY t ASC, id ASC LIMIT ?3");
    rows.bind(key.t, key.id, limit, filter.before.value_or(std::numeric_limits<Nanos>::max()));
    while (rows.step())
        keys.push_back({rows.integer(0), rows.integer(1)});
    return keys;
}

// Telemetry and the record count from zero in opposite directions, so each has a range of ids of its own.
std::vector<bool> TimelineQueries::matching(const QString& match, const std::vector<TimelineKey>& keys)
{
    std::vector<std::pair<qint64, size_t>> byId;
    byId.reserve(keys.size());
    for (size_t i = 0; i < keys.size(); ++i)
        byId.emplace_back(keys[i].id, i);
    std::sort(byId.begin(), byId.end());
    const auto firstPositive = std::lower_bound(byId.begin(), byId.end(), std::pair(qint64(0), size_t(0)));

    std::vector<bool> hits(keys.size());
    sql::Statement rows = m_db.prepare(
        "SELECT rowid FROM events_fts WHERE events_fts MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid");
    for (const auto& [begin, end] : {std::pair(byId.begin(), firstPositive), std::pair(firstPositive, byId.end())}) {
        if (begin == end) continue;
        rows.reset();
        rows.bind(match, begin->first, std::prev(end)->first);
        auto next = begin;
        while (rows.step()) {
            while (next != end && next->first < rows.integer(0))
                ++next;
            if (next == end) break;
            if (next->first == rows.integer(0)) hits[next->second] = true;
        }
    }
    return hits;
}

TimelineEvent TimelineQueries::readAnswer(const sql::Statement& row)
{
    const Cohort cohort{int(row.integer(4)), int(row.integer(5)), int(row.integer(6))};
    const Manifest& stack = m_interner.manifestOf(cohort.manifest);
    const Slice& slice = m_interner.sliceOf(cohort.slice);
    TimelineEvent event;
    event.id = row.integer(0);
    event.t = row.integer(1);
    event.seen = row.integer(2);
    event.kind = EventKind::Answer;
    event.feature = m_interner.nameOf(int(row.integer(3)));
    event.actor = cohort.flags & kHuman ? u"person"_s : slice.instance;
    event.source = u"answers"_s;
    event.title = cohort.flags & kError ? u"Failed call %1"_s.arg(row.text(8)) : u"Answer %1"_s.arg(row.text(8));
    QStringList parts;
    if (!slice.tenant.isEmpty()) parts.append(slice.tenant);
    if (!slice.route.isEmpty()) parts.append(slice.route);
    for (const Layer layer : {Layer::Model, Layer::Prompt, Layer::Retrieval})
        if (!stack[layer].isEmpty()) parts.append(stack[layer]);
    if (cohort.flags & kCached) parts.append(u"from cache"_s);
    if (cohort.flags & kHuman) parts.append(u"routed to a person"_s);
    event.detail = parts.join(u" · "_s);
    event.body = {{u"response"_s, row.text(8)}, {u"recipient"_s, row.text(9)}, {u"stack"_s, stack.toJson()},
        {u"tenant"_s, slice.tenant}, {u"route"_s, slice.route}, {u"locale"_s, slice.locale},
        {u"region"_s, slice.region}, {u"instance"_s, slice.instance}, {u"latency_ms"_s, row.integer(7) / kMilli}};
    return event;
}

// ---- counts
// ----------------------------------------------------------------------------------------------------------

qint64 TimelineQueries::count(const ParsedFilter& filter)
{
    const Source source = sourceFor(filter);
    std::string text = "SELECT count(*) FROM " + source.from;
    if (!filter.answers && !filter.before) {
        if (filter.needsText())
            text = "SELECT count(*) FROM events_fts WHERE events_fts MATCH ?1";
        else
            text = std::string("SELECT sum(n) FROM event_minutes") + (filter.kinds.isEmpty() ? "" : " WHERE kind = ?1");
    }
    sql::Statement row = m_db.prepare(text);
    for (size_t i = 0; i < source.texts.size(); ++i)
        row.bindAt(int(i) + 1, source.texts[i]);
    row.step();
    return row.integer(0);
}

std::vector<DensityBin> TimelineQueries::density(const ParsedFilter& filter, Window window, int wanted)
{
    if (window.to <= window.from || wanted < 1) return {};
    const int count = std::min(wanted, kMostBins);
    // Rounded up, so that the last bin ends at or after the window, never before it.
    const Nanos width = (window.to - window.from + count - 1) / count;
    std::vector<DensityBin> bins(static_cast<size_t>(count));
    for (size_t i = 0; i < bins.size(); ++i)
        bins[i].t = window.from + Nanos(i) * width;

    if (!filter.answers && !filter.needsText()) {
        sql::Statement total = m_db.prepare("SELECT coalesce(sum(n), 0) FROM event_minutes WHERE t >= ?1 AND t < ?2");
        if (total.bind(window.from, window.to).step() && total.integer(0) > kManyRows && width >= kMinute) {
            minutes(filter, window, bins, width);
            return bins;
        }
    }
    const Source source = sourceFor(filter);
    const int t = int(source.texts.size()) + 1;
    const std::string from = "?" + std::to_string(t), to = "?" + std::to_string(t + 1),
                      step = "?" + std::to_string(t + 2);
    sql::Statement rows = m_db.prepare("SELECT (e.t - " + from + ") / " + step + " AS bin, count(*), "
        + (filter.answers ? "0" : "sum(e.loud)") + " FROM " + source.from + " AND e.t >= " + from + " AND e.t < " + to
        + " GROUP BY bin");
    for (size_t i = 0; i < source.texts.size(); ++i)
        rows.bindAt(int(i) + 1, source.texts[i]);
    rows.bindAt(t, window.from);
    rows.bindAt(t + 1, window.to);
    rows.bindAt(t + 2, width);
    while (rows.step()) {
        DensityBin& bin = bins[size_t(rows.integer(0))];
        bin.n = rows.integer(1);
        bin.loud = rows.integer(2);
    }
    return bins;
}

// A minute belongs to the bin in which it starts: exact to a minute, which at this many rows is less than a pixel.
void TimelineQueries::minutes(
    const ParsedFilter& filter, const Window& window, std::vector<DensityBin>& bins, Nanos width)
{
    const Nanos end = filter.before ? std::min(window.to, *filter.before) : window.to;
    sql::Statement rows = m_db.prepare("SELECT t, sum(n), sum(loud) FROM event_minutes WHERE t >= ?1 AND t < ?2 AND "
                                       "(?3 = '' OR kind = ?3) GROUP BY t");
    rows.bind(window.from, end, filter.kinds.isEmpty() ? QString(u""_s) : filter.kinds.front());
    while (rows.step()) {
        DensityBin& bin = bins[size_t((rows.integer(0) - window.from) / width)];
        bin.n += rows.integer(1);
        bin.loud += rows.integer(2);
    }
}

std::vector<TimelineEvent> TimelineQueries::marks(const QString& feature, Window window)
{
    constexpr int kMostMarks = 2'000; // more than pixels of any screen; the newest stay
    std::vector<TimelineEvent> events;
    for (const EventKind kind :
        {EventKind::Change, EventKind::Report, EventKind::Alarm, EventKind::Decision, EventKind::Execution}) {
        sql::Statement rows = m_db.prepare(std::string("SELECT ") + kEventColumns
            + " FROM events e WHERE e.kind = ?1 AND e.t >= ?2 AND e.t < ?3 AND (e.feature = ?4 OR e.feature = '') "
              "ORDER BY e.t DESC, e.id DESC LIMIT ?5");
        rows.bind(eventKindName(kind), window.from, window.to, feature, kMostMarks);
        while (rows.step())
            events.push_back(readEvent(rows));
    }
    std::sort(events.begin(), events.end(),
        [](const auto& a, const auto& b) { return std::tie(a.t, a.id) < std::tie(b.t, b.id); });
    return events;
}

} // namespace wf::store
