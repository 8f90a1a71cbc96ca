// SPDX-License-Identifier: GPL-3.0-or-later
// Verbs about telemetry: import, observations, search.
#include "app/ctl/ctl.h"
#include "models/domain/canonical_json.h"
#include "services/base/file_lock.h"
#include "services/ingest/import.h"
#include "services/store/event_store.h"
#include "services/store/store_reader.h"
#include "services/store/timeline_reader.h"
#include <QDir>
#include <future>

namespace wf::ctl {
using namespace Qt::StringLiterals;

int import(const QStringList& args, const Io& io)
{
    Options o(u"import"_s, u"Brings a CSV or JSONL file into a profile, by a mapping (docs/design/ingest.md). Needs the profile for itself: no engine may run."_s,
        {{u"mapping"_s, u"YAML file: which column is what."_s, u"FILE"_s}}, u"FILE"_s);
    int code;
    if (!o.parse(args, io, code)) return code;
    if (o.positional().size() != 1 || !o.has(u"mapping"_s)) return io.usage(u"Write: watchfloorctl import FILE --mapping MAPPING.yaml --profile DIR"_s);
    const auto mapping = readMapping(o.value(u"mapping"_s));
    if (!mapping) return io.fail(mapping.error());
    QDir().mkpath(o.profile().dir);
    const auto lock = FileLock::take(o.profile().lock());
    if (!lock) return io.fail(lock.error());
    const SystemClock clock;
    auto store = EventStore::open(o.profile().events(), clock);
    if (!store) return io.fail(store.error());
    const auto report = importFile(o.positional().front(), *mapping, **store);
    if (!report) return io.fail(report.error());
    for (const QString& bad : report->problems) io.err << bad << "\n";
    io.err.flush();
    io.line({{u"rows"_s, jsonInt(report->rows)}, {u"answers"_s, jsonInt(report->answers)}, {u"duplicates"_s, jsonInt(report->duplicates)},
        {u"observations"_s, jsonInt(report->observations)}, {u"bad"_s, jsonInt(report->bad)}, {u"first"_s, isoText(report->first)}, {u"last"_s, isoText(report->last)}});
    return Ok;
}

int observations(const QStringList& args, const Io& io)
{
    Options o(u"observations"_s, u"Streams stored observations, oldest first, one JSON line each."_s,
        {{u"feature"_s, u"Only of this feature."_s, u"F"_s}, {u"signal"_s, u"Only of this signal."_s, u"S"_s}, {u"after"_s, u"Only after this seq."_s, u"SEQ"_s},
            {u"limit"_s, u"At most so many."_s, u"N"_s}});
    int code;
    if (!o.parse(args, io, code)) return code;
    const SystemClock clock;
    auto reader = StoreReader::open(o.profile().events(), clock);
    if (!reader) return io.fail(reader.error());
    qint64 seq = o.value(u"after"_s, u"0"_s).toLongLong(), left = o.value(u"limit"_s, u"9000000000000000"_s).toLongLong();
    while (left > 0) {
        const auto rows = (*reader)->observationsAfter(seq, 5000);
        if (!rows) return io.fail(rows.error());
        if (rows->empty()) break;
        for (const auto& j : *rows) {
            seq = j.observation.seq;
            if (o.has(u"feature"_s) && j.observation.feature != o.value(u"feature"_s)) continue;
            if (o.has(u"signal"_s) && j.observation.signal != o.value(u"signal"_s)) continue;
            if (left-- <= 0) break;
            io.line({{u"seq"_s, jsonInt(j.observation.seq)}, {u"answer"_s, jsonInt(j.observation.answerId)}, {u"feature"_s, j.observation.feature},
                {u"signal"_s, j.observation.signal}, {u"value"_s, j.observation.value}, {u"t"_s, isoText(j.observation.t)}, {u"seen"_s, isoText(j.observation.seen)},
                {u"source"_s, j.observation.source}, {u"stack"_s, j.stack.toJson()}, {u"route"_s, j.slice.route}, {u"tenant"_s, j.slice.tenant}});
        }
    }
    return Ok;
}

int search(const QStringList& args, const Io& io)
{
    Options o(u"search"_s, u"Searches the timeline, newest first, in the filter language of the console: words, kind:change, actor:ci, feature:x, loud:yes, before:HH:MM."_s,
        {{u"limit"_s, u"At most so many (default 50)."_s, u"N"_s}}, u"FILTER"_s);
    int code;
    if (!o.parse(args, io, code)) return code;
    const SystemClock clock;
    auto reader = TimelineReader::open(o.profile().events(), clock);
    if (!reader) return io.fail(reader.error());
    std::promise<Result<TimelinePage>> promise;
    const TimelineKey newest{std::numeric_limits<Nanos>::max(), std::numeric_limits<qint64>::max()};
    (*reader)->older({o.positional().join(u' ')}, newest, o.value(u"limit"_s, u"50"_s).toInt(), {}, [&](Result<TimelinePage> r) { promise.set_value(std::move(r)); });
    const auto page = promise.get_future().get();
    if (!page) return io.fail(page.error());
    for (const auto& e : page->rows) {
        if (o.json())
            io.line({{u"id"_s, jsonInt(e.id)}, {u"t"_s, isoText(e.t)}, {u"seen"_s, isoText(e.seen)}, {u"kind"_s, eventKindName(e.kind)}, {u"actor"_s, e.actor},
                {u"feature"_s, e.feature}, {u"title"_s, e.title}, {u"detail"_s, e.detail}, {u"incident"_s, e.incident}, {u"source"_s, e.source}, {u"loud"_s, e.loud}});
        else
            io.out << clockText(e.t) << "  " << eventKindName(e.kind).leftJustified(12) << " " << e.title << (e.detail.isEmpty() ? QString() : u" — "_s + e.detail) << "\n";
    }
    io.out.flush();
    return Ok;
}

} // namespace wf::ctl
