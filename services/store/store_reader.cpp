// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/store/store_reader.h"
#include "services/store/event_rows.h"
#include "services/store/rollup_buffer.h"
#include "services/store/schema.h"
#include <unordered_set>

using namespace Qt::StringLiterals;

namespace wf {

namespace {

using store::Cohort;
using store::Part;

constexpr std::array kCoarsestFirst{kHour, kMinute, kSecond};
constexpr std::array kSliceGrains{kMinute};
constexpr Nanos kRateSeconds = 10;

// n, sum, squares, first, last from the given column on; nothing when n is 0.
void add(SignalCount& to, const sql::Statement& row, int column)
{
    const qint64 n = row.integer(column);
    if (n == 0) return;
    const Nanos first = row.integer(column + 3);
    to.first = to.n ? std::min(to.first, first) : first;
    to.last = std::max(to.last, Nanos(row.integer(column + 4)));
    to.n += n;
    to.sum += row.real(column + 1);
    to.sumSquares += row.real(column + 2);
}

void checkDimensions(const QString& dimension, const Where& where)
{
    if (!dimension.isEmpty() && !store::isQueryDimension(dimension))
        throw sql::Failure{store::unknownDimension(dimension), 0};
    for (const auto& [name, value] : where)
        if (!store::isQueryDimension(name)) throw sql::Failure{store::unknownDimension(name), 0};
}

} // namespace

Result<std::unique_ptr<StoreReader>> StoreReader::open(
    const QString& path, const Clock& clock, const sql::OpenOptions& options)
{
    sql::OpenOptions reading = options;
    reading.access = sql::Access::ReadOnly;
    auto db = sql::Database::open(path, reading);
    if (!db) return tl::unexpected(db.error());
    return sql::attempt([&] {
        (*db)->migrate(store::kMigrations);
        return std::unique_ptr<StoreReader>(new StoreReader(std::move(*db), clock));
    });
}

StoreReader::StoreReader(std::unique_ptr<sql::Database> db, const Clock& clock)
    : m_db(std::move(db))
    , m_interner(*m_db)
    , m_clock(clock)
{
}

// ---- counting
// --------------------------------------------------------------------------------------------------------

StoreReader::Counts StoreReader::tally(
    const QString& feature, const QString& signal, Window window, const QString& dimension, const Where& where)
{
    checkDimensions(dimension, where);
    sql::Transaction snapshot(*m_db, sql::Transaction::Kind::Read);
    Counts counts;
    const auto featureId = m_interner.findName(feature);
    const auto signalId = m_interner.findName(signal);
    if (!featureId || !signalId) return counts;

    // Slice roll-ups know one dimension at a time.
    const bool whole = dimension.isEmpty() && where.empty();
    const QString& only = dimension.isEmpty() && !where.empty() ? where.begin()->first : dimension;
    const bool oneDimension = where.empty() || (where.size() == 1 && where.begin()->first == only);
    constexpr int kNotRolled = -1;
    const int rolled = whole || !oneDimension ? kNotRolled : store::rolledDimension(only).value_or(kNotRolled);
    const auto wanted = where.empty() ? std::nullopt : std::optional(where.begin()->second);

    std::span<const Nanos> grains;
    if (whole) grains = kCoarsestFirst;
    if (rolled != kNotRolled) grains = kSliceGrains;
    for (const Part& part : store::coverWindow(window, grains)) {
        if (part.grain == 0) {
            tallyRows(part, *featureId, *signalId, dimension, where, counts);
        } else if (whole) {
            tallyRollups(part, *featureId, *signalId, counts[QString()]);
        } else if (!dimension.isEmpty()) {
            tallySlices(part, *featureId, *signalId, rolled, wanted, counts);
        } else {
            Counts bySlice;
            tallySlices(part, *featureId, *signalId, rolled, wanted, bySlice);
            for (const auto& [value, c] : bySlice) {
                SignalCount& total = counts[QString()];
                total.first = total.n ? std::min(total.first, c.first) : c.first;
                total.last = std::max(total.last, c.last);
                total.n += c.n;
                total.sum += c.sum;
                total.sumSquares += c.sumSquares;
            }
        }
    }
    std::erase_if(counts, [](const auto& one) { return one.second.n == 0; });
    return counts;
}

void StoreReader::tallyRollups(const Part& part, int feature, int signal, SignalCount& into)
{
    sql::Statement row = m_db->prepare("SELECT sum(n), sum(sum), sum(squares), min(first), max(last) FROM rollups"
                                       " WHERE feature = ?1 AND signal = ?2 AND grain = ?3 AND t >= ?4 AND t < ?5");
    if (row.bind(feature, signal, part.grain, part.window.from, part.window.to).step()) add(into, row, 0);
}

void StoreReader::tallySlices(
    const Part& part, int feature, int signal, int dimension, const std::optional<QString>& only, Counts& into)
{
    sql::Statement row
        = m_db->prepare("SELECT value, sum(n), sum(sum), sum(squares), min(first), max(last) FROM slice_rollups"
                        " WHERE feature = ?1 AND signal = ?2 AND dimension = ?3 AND t >= ?4 AND t < ?5 GROUP BY value");
    row.bind(feature, signal, dimension, part.window.from, part.window.to);
    while (row.step()) {
        const QString& value = m_interner.nameOf(int(row.integer(0)));
        if (!only || *only == value) add(into[value], row, 1);
    }
}

void StoreReader::tallyRows(
    const Part& part, int feature, int signal, const QString& dimension, const Where& where, Counts& into)
{
    sql::Statement row = isAnswers(signal)
        ? m_db->prepare("SELECT manifest, slice, flags, count(*), count(*), count(*), min(t), max(t) FROM answers"
                        " WHERE t >= ?3 AND t < ?4 AND feature = ?1 AND ?2 GROUP BY manifest, slice, flags")
        : m_db->prepare(
            "SELECT manifest, slice, flags, count(*), sum(value), sum(value * value), min(t), max(t) FROM observations"
            " WHERE feature = ?1 AND signal = ?2 AND t >= ?3 AND t < ?4 GROUP BY manifest, slice, flags");
    row.bind(feature, signal, part.window.from, part.window.to);
    while (row.step()) {
        const Cohort cohort{int(row.integer(0)), int(row.integer(1)), int(row.integer(2))};
        if (!m_interner.matches(where, cohort)) continue;
        add(into[dimension.isEmpty() ? QString() : m_interner.valueOf(dimension, cohort)], row, 3);
    }
}

bool StoreReader::isAnswers(int signal)
{
    return m_interner.nameOf(signal) == QLatin1StringView(store::kAnswersSignal);
}

Result<SignalCount> StoreReader::count(const QString& feature, const QString& signal, Window window, const Where& where)
{
    return sql::attempt([&] {
        const Counts counts = tally(feature, signal, window, {}, where);
        return counts.empty() ? SignalCount() : counts.begin()->second;
    });
}

Result<std::map<QString, SignalCount>> StoreReader::countBy(
    const QString& feature, const QString& signal, Window window, const QString& dimension, const Where& where)
{
    return sql::attempt([&] {
        if (dimension.isEmpty()) throw sql::Failure{store::unknownDimension(dimension), 0};
        return tally(feature, signal, window, dimension, where);
    });
}

Result<std::map<QString, qint64>> StoreReader::answersBy(
    const QString& feature, Window window, const QString& dimension, const Where& where)
{
    const auto counts = countBy(feature, QString::fromLatin1(store::kAnswersSignal), window, dimension, where);
    if (!counts) return tl::unexpected(counts.error());
    std::map<QString, qint64> shares;
    for (const auto& [value, count] : *counts)
        shares.emplace(value, count.n);
    return shares;
}

Result<TelemetryQueries::Answers> StoreReader::answers(const QString& feature, Window window, const Where& where)
{
    return sql::attempt([&] {
        checkDimensions({}, where);
        Answers answers;
        const auto featureId = m_interner.findName(feature);
        if (!featureId) return answers;
        std::unordered_map<Cohort, bool, store::CohortHash> matching;
        std::unordered_set<std::string> people;
        std::unordered_set<QString> tenants;
        double latency = 0;
        sql::Statement row = m_db->prepare("SELECT manifest, slice, flags, t, latency, recipient FROM answers WHERE t "
                                           ">= ?2 AND t < ?3 AND feature = ?1");
        row.bind(*featureId, window.from, window.to);
        while (row.step()) {
            const Cohort cohort{int(row.integer(0)), int(row.integer(1)), int(row.integer(2))};
            const auto [found, fresh] = matching.try_emplace(cohort);
            if (fresh) {
                found->second = m_interner.matches(where, cohort);
                const QString& tenant = m_interner.sliceOf(cohort.slice).tenant;
                if (found->second && !tenant.isEmpty()) tenants.insert(tenant);
            }
            if (!found->second) continue;
            ++answers.n;
            answers.errors += (cohort.flags & store::kError) != 0;
            answers.toHuman += (cohort.flags & store::kHuman) != 0;
            answers.last = std::max(answers.last, Nanos(row.integer(3)));
            latency += double(row.integer(4));
            if (const std::string_view person = row.view(5); !person.empty()) people.emplace(person);
        }
        answers.people = qint64(people.size());
        answers.tenants = qint64(tenants.size());
        if (answers.n) answers.meanLatencyNs = latency / double(answers.n);
        return answers;
    });
}

Result<TelemetryQueries::StackShare> StoreReader::commonestStack(const QString& feature, Window window)
{
    return sql::attempt([&] {
        StackShare share;
        const auto featureId = m_interner.findName(feature);
        if (!featureId) return share;
        sql::Statement row
            = m_db->prepare("SELECT manifest, count(*) FROM answers WHERE t >= ?2 AND t < ?3 AND feature = ?1"
                            " GROUP BY manifest ORDER BY count(*) DESC, manifest");
        row.bind(*featureId, window.from, window.to);
        while (row.step()) {
            if (share.n == 0) {
                share.stack = m_interner.manifestOf(int(row.integer(0)));
                share.n = row.integer(1);
            }
            share.of += row.integer(1);
        }
        return share;
    });
}

// ---- series
// ----------------------------------------------------------------------------------------------------------

Result<std::vector<TelemetryQueries::Bucket>> StoreReader::series(
    const QString& feature, const QString& signal, Window window, Nanos bucket)
{
    return sql::attempt([&] {
        if (bucket <= 0) sql::raise(Fault::BadInput, u"A series needs buckets wider than nothing."_s);
        std::map<Nanos, Bucket> buckets;
        const auto featureId = m_interner.findName(feature);
        const auto signalId = m_interner.findName(signal);
        std::vector<Nanos> grains;
        for (const Nanos grain : kCoarsestFirst)
            if (bucket % grain == 0) grains.push_back(grain);

        sql::Transaction snapshot(*m_db, sql::Transaction::Kind::Read);
        for (const Part& part : featureId&& signalId ? store::coverWindow(window, grains) : std::vector<Part>()) {
            sql::Statement row = part.grain
                ? m_db->prepare("SELECT t / ?5 * ?5 AS b, sum(n), sum(sum) FROM rollups"
                                " WHERE feature = ?1 AND signal = ?2 AND t >= ?3 AND t < ?4 AND grain = ?6 GROUP BY b")
                : isAnswers(*signalId)
                ? m_db->prepare("SELECT t / ?5 * ?5 AS b, count(*), count(*) FROM answers"
                                " WHERE t >= ?3 AND t < ?4 AND feature = ?1 AND ?2 AND ?6 = 0 GROUP BY b")
                : m_db->prepare("SELECT t / ?5 * ?5 AS b, count(*), sum(value) FROM observations"
                                " WHERE feature = ?1 AND signal = ?2 AND t >= ?3 AND t < ?4 AND ?6 = 0 GROUP BY b");
            row.bind(*featureId, *signalId, part.window.from, part.window.to, bucket, part.grain);
            while (row.step()) {
                Bucket& b = buckets[row.integer(0)];
                b.t = row.integer(0);
                b.n += row.integer(1);
                b.sum += row.real(2);
            }
        }
        std::vector<Bucket> ordered;
        ordered.reserve(buckets.size());
        for (const auto& [t, b] : buckets)
            ordered.push_back(b);
        return ordered;
    });
}

// ---- events, sources, state
// ------------------------------------------------------------------------------------------

Result<std::vector<TimelineEvent>> StoreReader::changes(const QString& feature, Window window)
{
    return sql::attempt([&] {
        std::vector<TimelineEvent> events;
        sql::Statement row = m_db->prepare(std::string("SELECT ") + store::kEventColumns
            + " FROM events e WHERE e.kind = 'change' AND e.t >= ?2 AND e.t < ?3 AND (e.feature = ?1 OR e.feature = "
              "'') ORDER BY e.t, e.id");
        row.bind(feature, window.from, window.to);
        while (row.step())
            events.push_back(store::readEvent(row));
        return events;
    });
}

Result<std::vector<SourceState>> StoreReader::sources()
{
    return sql::attempt([&] {
        std::vector<SourceState> sources;
        // The running second is not over: the rate is over the ten before it.
        const qint64 now = m_clock.now() / kSecond;
        sql::Statement row = m_db->prepare("SELECT name, received, stored, duplicate, rejected, refused, last_seen,"
                                           " (SELECT coalesce(sum(n), 0) FROM source_seconds x WHERE x.name = s.name "
                                           "AND x.t >= ?1 AND x.t < ?2) FROM sources s ORDER BY name");
        row.bind(now - kRateSeconds, now);
        while (row.step())
            sources.push_back({row.text(0), row.integer(1), row.integer(2), row.integer(3), row.integer(4),
                row.integer(5), row.integer(6), double(row.integer(7)) / double(kRateSeconds)});
        return sources;
    });
}

Result<std::vector<JoinedObservation>> StoreReader::observationsAfter(qint64 seq, int limit)
{
    return sql::attempt([&] {
        std::vector<JoinedObservation> joined;
        sql::Statement row
            = m_db->prepare("SELECT seq, answer, feature, signal, source, t, seen, value, manifest, slice"
                            " FROM observations WHERE seq > ?1 ORDER BY seq LIMIT ?2");
        row.bind(seq, limit);
        while (row.step()) {
            JoinedObservation& one = joined.emplace_back();
            one.observation.seq = row.integer(0);
            one.observation.answerId = row.integer(1);
            one.observation.feature = m_interner.nameOf(int(row.integer(2)));
            one.observation.signal = m_interner.nameOf(int(row.integer(3)));
            one.observation.source = m_interner.nameOf(int(row.integer(4)));
            one.observation.t = row.integer(5);
            one.observation.seen = row.integer(6);
            one.observation.value = row.real(7);
            one.stack = m_interner.manifestOf(int(row.integer(8)));
            one.slice = m_interner.sliceOf(int(row.integer(9)));
        }
        return joined;
    });
}

Done StoreReader::put(const QString& name, const QByteArray&)
{
    return fail(Fault::ReadOnly, u"The state “%1” can be written by the engine only; this is a reader."_s.arg(name));
}

Result<QByteArray> StoreReader::get(const QString& name)
{
    return sql::attempt([&] {
        sql::Statement row = m_db->prepare("SELECT value FROM state WHERE name = ?1");
        if (!row.bind(name).step()) sql::raise(Fault::NotFound, u"No state “%1” was stored yet."_s.arg(name));
        return row.blob(0);
    });
}

Result<qint64> StoreReader::eventsTip()
{
    return sql::attempt([&] {
        // Ids of telemetry grow upwards from 1, those of the record downwards from -1.
        sql::Statement row
            = m_db->prepare("SELECT max(0, (SELECT max(id) FROM events)) - min(0, (SELECT min(id) FROM events))");
        row.step();
        return row.integer(0);
    });
}

Result<qint64> StoreReader::timelineCount()
{
    return sql::attempt([&] {
        sql::Statement row = m_db->prepare("SELECT sum(n) FROM event_minutes");
        row.step();
        return row.integer(0);
    });
}

Result<Answer> StoreReader::answer(qint64 id)
{
    return sql::attempt([&] {
        sql::Statement row = m_db->prepare("SELECT t, seen, trace, span, response, feature, manifest, slice, "
                                           "recipient, latency, flags FROM answers WHERE id = ?1");
        if (!row.bind(id).step()) sql::raise(Fault::NotFound, u"There is no answer %1 in events.db."_s.arg(id));
        const int flags = int(row.integer(10));
        return Answer{id, row.integer(0), row.integer(1), row.blob(2), row.blob(3), row.text(4),
            m_interner.nameOf(int(row.integer(5))), m_interner.manifestOf(int(row.integer(6))),
            m_interner.sliceOf(int(row.integer(7))), row.text(8), row.integer(9), (flags & store::kError) != 0,
            (flags & store::kCached) != 0, (flags & store::kHuman) != 0};
    });
}

} // namespace wf
