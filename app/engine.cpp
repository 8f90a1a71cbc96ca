// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/engine.h"
#include "app/conductor.h"
#include "models/domain/canonical_json.h"
#include "services/base/file_lock.h"
#include "services/drift/drift_worker.h"
#include "services/ingest/ingest_server.h"
#include "services/record/record_db.h"
#include "services/runbooks/site_config.h"
#include "services/store/event_store.h"
#include "services/store/projector.h"
#include "services/store/store_reader.h"
#include <QCoreApplication>
#include <QDir>
#include <set>

namespace wf {
using namespace Qt::StringLiterals;

namespace {
constexpr int kDefaultPort = 4318; // OTLP/HTTP
}

// In the order of construction; destruction the other way round is the order of a clean stop.
struct Engine::Parts {
    Profile profile;
    std::unique_ptr<FileLock> lock;
    EngineInfo info;
    std::unique_ptr<Clock> clock;
    SiteConfig site;
    std::unique_ptr<RecordDb> record;
    std::unique_ptr<EventStore> store;
    std::unique_ptr<StoreReader> feed;       // the drift thread's
    std::unique_ptr<Projector> projector;
    std::unique_ptr<DriftWorker> drift;
    std::unique_ptr<Conductor> conductor;
    std::mutex reportMutex;
    std::set<QString> reportIds;             // of reports from outside: a repeat is acknowledged, not filed again
    std::unique_ptr<IngestServer> ingest;

    Done openFiles(const EngineOptions& options);
    Done openDatabases();
    Done beginRecord();
    Done recordStart(bool afterCrash);
    Done startParts(const EngineOptions& options, const EngineInfo& last);
    Done loadReportIds();
    Done fileOutsideReport(const QString& text, Nanos happened, const QString& channel, const QString& feature, const QString& id);
};

Engine::Engine() : m_parts(std::make_unique<Parts>()) {}

Engine::~Engine()
{
    Parts& p = *m_parts;
    if (p.ingest) p.ingest->stop();
    if (p.drift) p.drift->stop();
    p.conductor.reset();
    // Only of a run that came to listen: a failed start must not overwrite the port and the crash of the run before it.
    if (!p.info.http.isEmpty()) {
        p.info.pid = 0; // a clean stop; the rest is kept for the next start
        (void)p.info.write(p.profile);
    }
}

const EngineInfo& Engine::info() const
{
    return m_parts->info;
}

const Clock& Engine::clock() const
{
    return *m_parts->clock;
}

TelemetrySink& Engine::sink()
{
    return *m_parts->store;
}

const SiteConfig& Engine::site() const
{
    return m_parts->site;
}

QStringList Engine::problems() const
{
    return m_parts->site.problems;
}

Done Engine::Parts::openFiles(const EngineOptions& options)
{
    profile = options.profile;
    auto taken = FileLock::take(profile.lock());
    if (!taken) return tl::unexpected(taken.error());
    lock = std::move(*taken);
    auto loaded = loadSite(profile.dir);
    if (!loaded) return tl::unexpected(loaded.error());
    site = std::move(*loaded);
    return {};
}

// Both before a word is written to either: a file this program may not write must find the other one as it was.
Done Engine::Parts::openDatabases()
{
    auto opened = RecordDb::open(profile.record(), *clock);
    if (!opened) return tl::unexpected(opened.error());
    record = std::move(*opened);
    auto events = EventStore::open(profile.events(), *clock);
    if (!events) return tl::unexpected(events.error());
    store = std::move(*events);
    return {};
}

Done Engine::Parts::beginRecord()
{
    const auto first = record->after(0, 1);
    if (!first) return tl::unexpected(first.error());
    const QString siteKey = QString::fromLatin1(site.siteKey.toHex());
    if (!first->empty()) {
        // The watch goes on over a broken record, loudly: an incident is no moment to go blind.
        if (const auto chain = record->verifyChain(); !chain) site.problems += chain.error().sentence();
        if (first->front().body[u"site_key"_s].toString() == siteKey) return {};
        return fail(Fault::Refused, u"This record was opened under another site key than site.pub holds now."_s,
            u"Nothing was changed."_s, u"Put the old site.pub back, or start a new profile."_s);
    }
    const auto done = record->append({{QLatin1StringView(kind::RecordOpened), u"engine"_s, {},
        {{u"profile"_s, site.sample ? u"sample"_s : u"site"_s}, {u"site_key"_s, siteKey}, {u"policy_digest"_s, site.policy.digest}}, clock->now()}});
    if (!done) return tl::unexpected(done.error());
    return {};
}

Done Engine::Parts::recordStart(bool afterCrash)
{
    const auto done = record->append({{QLatin1StringView(kind::EngineStarted), u"engine"_s, {},
        {{u"version"_s, QCoreApplication::applicationVersion()}, {u"after_crash"_s, afterCrash}}, clock->now()}});
    if (!done) return tl::unexpected(done.error());
    return {};
}

Done Engine::Parts::fileOutsideReport(const QString& text, Nanos happened, const QString& channel, const QString& feature, const QString& id)
{
    const std::lock_guard lock(reportMutex);
    if (reportIds.contains(id)) return fail(Fault::Conflict, u"This report is already on record."_s);
    const auto done = record->append({{QLatin1StringView(kind::ReportFiled), channel.isEmpty() ? u"outside"_s : channel, {},
        {{u"text"_s, text}, {u"happened"_s, jsonInt(happened)}, {u"channel"_s, channel}, {u"feature"_s, feature}, {u"report_id"_s, id}}, clock->now()}});
    if (!done) return tl::unexpected(done.error());
    reportIds.insert(id);
    return {};
}

Done Engine::Parts::loadReportIds()
{
    for (qint64 seq = 0;;) {
        const auto entries = record->after(seq);
        if (!entries) return tl::unexpected(entries.error());
        if (entries->empty()) return {};
        for (const auto& e : *entries)
            if (const QString id = e.body[u"report_id"_s].toString(); e.kind == QLatin1StringView(kind::ReportFiled) && !id.isEmpty()) reportIds.insert(id);
        seq = entries->back().seq;
    }
}

Done Engine::Parts::startParts(const EngineOptions& options, const EngineInfo& last)
{
    auto reader = StoreReader::open(profile.events(), *clock);
    if (!reader) return tl::unexpected(reader.error());
    feed = std::move(*reader);
    projector = std::make_unique<Projector>(*record, *store);

    DriftWorker::Ports ports;
    ports.feed = feed.get();
    ports.state = store.get();
    ports.clock = clock.get();
    ports.alarms = [this](std::vector<Alarm> alarms) { if (conductor) conductor->handAlarms(std::move(alarms)); };
    // A sample's history is its baseline; a site's baseline rolls.
    drift = std::make_unique<DriftWorker>(site.signalSet, std::move(ports), site.sample ? info.epoch : 0);

    conductor = std::make_unique<Conductor>(ConductorPorts{*record, *store,
        [this]() -> std::unique_ptr<TelemetryQueries> {
            auto fresh = StoreReader::open(profile.events(), *clock);
            return fresh ? std::move(*fresh) : nullptr;
        },
        [this] { const auto s = drift->latest(); return s ? *s : DriftSnapshot{}; },
        [this](const QString& feature, Nanos t) { drift->acceptRecovery(feature, t); },
        [this] { if (const auto done = projector->catchUp(); !done) qWarning("%s", qPrintable(done.error().sentence())); }, site, *clock});
    if (auto started = conductor->start(); !started) return started;
    if (auto started = drift->start(); !started) return started;
    // A process may have died after the detectors kept an alarm and before the record did; a known one is dropped.
    std::vector<Alarm> standing;
    for (const auto& s : drift->latest()->streams)
        if (s.alarm) standing.push_back(*s.alarm);
    conductor->handAlarms(std::move(standing));

    IngestOptions in;
    in.address = options.address;
    in.port = quint16(options.port >= 0 ? options.port : last.port() ? last.port() : kDefaultPort);
    ingest = std::make_unique<IngestServer>(in, *store, *clock,
        [this](const QString& text, Nanos happened, const QString& channel, const QString& feature, const QString& id) {
            return fileOutsideReport(text, happened, channel, feature, id);
        });
    const auto port = ingest->start();
    if (!port) return tl::unexpected(port.error());
    info.http = u"%1:%2"_s.arg(options.address).arg(*port);
    return info.write(profile);
}

Result<std::unique_ptr<Engine>> Engine::start(const EngineOptions& options)
{
    std::unique_ptr<Engine> engine(new Engine);
    Parts& p = *engine->m_parts;
    if (!QDir().mkpath(options.profile.dir))
        return fail(Fault::Io, u"The profile folder %1 cannot be made."_s.arg(options.profile.dir), {}, u"Check the path and its permissions."_s);
    if (auto done = p.openFiles(options); !done) return tl::unexpected(done.error());
    const EngineInfo last = EngineInfo::read(options.profile).value_or(EngineInfo{});
    const Nanos real = SystemClock().now();
    p.info = {QCoreApplication::applicationPid(), {}, options.epoch ? options.epoch : last.epoch ? last.epoch : real,
        options.speed > 0 ? options.speed : last.speed, real, QCoreApplication::applicationVersion()};
    p.clock = p.info.clock();
    if (auto done = p.openDatabases(); !done) return tl::unexpected(done.error());
    if (auto done = p.beginRecord(); !done) return tl::unexpected(done.error());
    if (auto done = p.loadReportIds(); !done) return tl::unexpected(done.error());
    if (auto done = p.startParts(options, last); !done) return tl::unexpected(done.error());
    if (auto done = p.recordStart(last.pid != 0); !done) return tl::unexpected(done.error());
    return engine;
}

} // namespace wf
