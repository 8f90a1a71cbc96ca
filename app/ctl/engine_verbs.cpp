// SPDX-License-Identifier: GPL-3.0-or-later
// Verbs that run or look at an engine: serve, replay, status, profile.
#include "app/ctl/ctl.h"
#include "app/engine.h"
#include "app/sample.h"
#include "models/domain/canonical_json.h"
#include "services/base/file_lock.h"
#include "services/runbooks/profiles.h"
#include "services/store/store_reader.h"
#include <QJsonDocument>
#include <QThread>

namespace wf::ctl {
using namespace Qt::StringLiterals;

namespace {
Result<std::pair<QString, quint16>> addressOf(const QString& text)
{
    bool ok = false;
    const uint port = text.section(u':', -1).toUInt(&ok);
    const QString host = text.section(u':', 0, -2);
    if (!ok || port > 65535 || host.isEmpty()) return fail(Fault::BadInput, u"“%1” is not ADDRESS:PORT."_s.arg(text), {}, u"Write 127.0.0.1:4318, or 127.0.0.1:0 for any free port."_s);
    return std::pair{host, quint16(port)};
}

void waitForSignal()
{
    while (!stopRequested()) QThread::msleep(50);
}
} // namespace

int serve(const QStringList& args, const Io& io)
{
    Options o(u"serve"_s, u"Runs the engine of a profile without a window. Prints one JSON line when ready; SIGTERM ends it."_s,
        {{u"http"_s, u"Where to listen (default: as last time, else 127.0.0.1:4318)."_s, u"ADDR:PORT"_s},
            {u"epoch"_s, u"Start of scaled time, UTC nanoseconds."_s, u"NS"_s}, {u"speed"_s, u"Simulated seconds a second (default 1)."_s, u"N"_s}});
    int code;
    if (!o.parse(args, io, code)) return code;
    EngineOptions options{o.profile(), u"127.0.0.1"_s, -1, 0, 0};
    if (o.has(u"http"_s)) {
        const auto address = addressOf(o.value(u"http"_s));
        if (!address) return io.usage(address.error().sentence());
        options.address = address->first;
        options.port = address->second;
    }
    options.epoch = o.value(u"epoch"_s, u"0"_s).toLongLong();
    options.speed = o.value(u"speed"_s, u"0"_s).toDouble();
    catchSignals();
    auto engine = Engine::start(options);
    if (!engine) return io.fail(engine.error());
    io.line({{u"http"_s, (*engine)->info().http}, {u"profile"_s, o.profile().dir}, {u"pid"_s, jsonInt((*engine)->info().pid)}});
    for (const QString& p : (*engine)->problems()) io.err << p << "\n";
    io.err.flush();
    waitForSignal();
    return Ok;
}

int replay(const QStringList& args, const Io& io)
{
    Options o(u"replay"_s, u"Plays a sample incident without a window, until SIGTERM: simulated feature, engine, a day of history. Samples: account-numbers, silent-provider, calm."_s,
        {{u"speed"_s, u"Simulated seconds a second (default 1)."_s, u"N"_s}}, u"SAMPLE"_s);
    int code;
    if (!o.parse(args, io, code)) return code;
    if (o.positional().size() != 1) return io.usage(u"Name one sample: account-numbers, silent-provider or calm."_s);
    SampleOptions options;
    options.scenario = o.positional().front().section(u':', -1);
    options.dir = o.value(u"profile"_s);
    options.speed = o.value(u"speed"_s, u"1"_s).toDouble();
    if (!(options.speed > 0 && options.speed <= 200)) return io.usage(u"--speed goes from above 0 to 200."_s);
    catchSignals();
    auto sample = Sample::prepare(options);
    if (!sample) return io.fail(sample.error());
    if (auto imported = (*sample)->importHistory(); !imported) return io.fail(imported.error());
    io.line({{u"profile"_s, (*sample)->profile().dir}, {u"http"_s, (*sample)->engine().info().http}, {u"control"_s, (*sample)->controlUrl()},
        {u"simulator_pid"_s, jsonInt((*sample)->simulatorPid())}, {u"epoch"_s, jsonInt((*sample)->engine().info().epoch)}});
    waitForSignal();
    return Ok;
}

int status(const QStringList& args, const Io& io)
{
    Options o(u"status"_s, u"What a profile's engine, sources and record are at. Works while an engine runs and when none does."_s, {});
    int code;
    if (!o.parse(args, io, code)) return code;
    auto opened = open(o.profile());
    if (!opened) return io.fail(opened.error());
    auto reader = StoreReader::open(o.profile().events(), *(*opened)->clock);
    if (!reader) return io.fail(reader.error());
    const auto sources = (*reader)->sources();
    if (!sources) return io.fail(sources.error());
    const bool runs = FileLock::isHeld(o.profile().lock()); // whoever holds it is alive
    const auto chain = (*opened)->record->verifyChain();
    if (!o.json()) {
        io.out << (runs ? u"engine running, %1\n"_s.arg((*opened)->info.http) : u"no engine runs: timers are not guarded\n"_s);
        for (const auto& s : *sources)
            io.out << u"%1 received %2, stored %3, duplicate %4, rejected %5, refused %6, %7\n"_s.arg(s.name.leftJustified(16)).arg(s.received).arg(s.stored)
                          .arg(s.duplicate).arg(s.rejected).arg(s.refused).arg(s.lastSeen ? u"last seen %1 ago"_s.arg(ageText((*opened)->clock->now() - s.lastSeen)) : u"nothing usable seen yet"_s);
        for (const QString& p : (*opened)->site.problems) io.out << p << "\n";
        io.out << (chain ? u"record: %1 entries, chain verified\n"_s.arg(*chain) : chain.error().sentence() + u'\n');
        io.out.flush();
        return chain ? Ok : Failed;
    }
    QJsonObject list;
    for (const auto& s : *sources)
        list[s.name] = QJsonObject{{u"received"_s, jsonInt(s.received)}, {u"stored"_s, jsonInt(s.stored)}, {u"duplicate"_s, jsonInt(s.duplicate)},
            {u"rejected"_s, jsonInt(s.rejected)}, {u"quarantined"_s, jsonInt(s.rejected)}, {u"refused"_s, jsonInt(s.refused)},
            {u"last_seen"_s, s.lastSeen ? isoText(s.lastSeen) : QString()}, {u"per_second"_s, s.perSecond}};
    QJsonObject result{{u"engine"_s, runs}, {u"http"_s, runs ? (*opened)->info.http : QString()}, {u"sources"_s, list},
        {u"record_entries"_s, jsonInt((*opened)->cases.seq)}, {u"chain_verified"_s, chain.has_value()},
        {u"chain_problem"_s, chain ? QString() : chain.error().sentence()}, {u"problems"_s, QJsonArray::fromStringList((*opened)->site.problems)}, {u"now"_s, isoText((*opened)->clock->now())}};
    if (const auto snapshot = (*reader)->get(u"drift.snapshot"_s)) {
        const DriftSnapshot d = DriftSnapshot::fromJson(QJsonDocument::fromJson(*snapshot).object());
        QJsonArray streams;
        for (const auto& s : d.streams) {
            if (!s.key.dimension.isEmpty()) continue;
            streams.append(QJsonObject{{u"stream"_s, s.key.text()}, {u"state"_s, driftStateName(s.state)}, {u"why"_s, s.why}, {u"baseline"_s, s.baseline.mean},
                {u"baseline_n"_s, jsonInt(s.baseline.n)}, {u"last_5_min"_s, s.last5min.mean}, {u"n_5_min"_s, jsonInt(s.last5min.n)},
                {u"smallest_detectable_shift"_s, s.smallestDetectable}, {u"evidence"_s, s.evidence}, {u"threshold"_s, s.threshold}});
        }
        result[u"drift"_s] = QJsonObject{{u"at"_s, isoText(d.at)}, {u"watched"_s, d.watched}, {u"drifting"_s, d.drifting}, {u"not_enough_data"_s, d.waiting}, {u"streams"_s, streams}};
    }
    io.line(result);
    return chain ? Ok : Failed;
}

int profileVerb(const QStringList& args, const Io& io)
{
    Options o(u"profile"_s, u"profile init DIR: a profile of your own, with a site key, a commander and an example policy."_s,
        {{u"passphrase-fd"_s, u"Read the new keys' passphrase from this file descriptor."_s, u"N"_s}}, u"init DIR"_s);
    int code;
    if (!o.parse(args, io, code)) return code;
    if (o.positional().size() != 2 || o.positional()[0] != u"init") return io.usage(u"Write: watchfloorctl profile init DIR --passphrase-fd N"_s);
    const auto given = o.passphrase();
    if (!given) return io.fail(given.error());
    const QString passphrase = *given;
    if (passphrase.size() < 8) return io.usage(u"The keys need a passphrase of at least 8 characters: give --passphrase-fd N, a readable file descriptor."_s);
    if (const auto made = createSiteProfile(o.positional()[1], {u"site"_s, u"commander-1"_s, passphrase, {}}); !made) return io.fail(made.error());
    io.out << u"Made %1. Point it at your own telemetry: watchfloor --profile %1, then set OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318.\n"_s.arg(o.positional()[1]);
    io.out.flush();
    return Ok;
}

} // namespace wf::ctl
