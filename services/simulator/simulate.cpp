// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/simulator/simulator.h"
#include <QJsonDocument>
#include <chrono>
#include <csignal>

namespace wf::sim {
using namespace Qt::StringLiterals;

namespace {
constexpr auto kUsage = R"(watchfloorctl simulate: plays a simulated AI feature against a running engine.
  --scenario NAME|FILE   account-numbers (default), silent-provider, calm, or a .yaml file
  --engine URL           where the telemetry goes (default http://127.0.0.1:4318; none = nowhere)
  --control HOST:PORT    where the control API listens (default 127.0.0.1:0, port 0 = a free one)
  --epoch TIME           start of the story, RFC 3339 or nanoseconds since 1970 (default now; must equal the engine's)
  --speed N              simulated seconds per second (default 1; must equal the engine's)
  --seed N               other answers, same story
  --rate N               load: this many records a second in place of the scenario's rate
  --for SECONDS          ends after this much simulated time
  --orphan SECONDS       ends after this much real time without an engine (default: never)
Exit codes: 0 ran, 1 could not start, 2 wrong arguments.
)";

tl::unexpected<Error> wrong(const QString& what)
{
    return fail(Fault::BadInput, what, u"Nothing was started."_s, u"See watchfloorctl simulate --help."_s);
}

Result<double> numberOf(const QString& option, const QString& text, double low, double high)
{
    bool ok = false;
    const double n = text.toDouble(&ok);
    if (ok && n >= low && n <= high) return n;
    return wrong(u"%1 must be a number from %2 to %3, not “%4”."_s.arg(option).arg(low).arg(high).arg(text));
}

Result<Nanos> epochOf(const QString& text)
{
    bool ok = false;
    const Nanos nanos = text.toLongLong(&ok);
    return ok && nanos > 0 ? Result<Nanos>(nanos) : parseIso(text);
}

Done readControl(const QString& text, SimulatorOptions& options)
{
    const QUrl url(u"http://"_s + text);
    if (!url.isValid() || url.host().isEmpty()) return wrong(u"--control must be HOST:PORT, not “%1”."_s.arg(text));
    options.controlAddress = url.host();
    options.controlPort = quint16(url.port(0));
    return {};
}

template <class T, class U> Done put(Result<T> value, U& into)
{
    if (!value) return tl::unexpected(value.error());
    into = U(*value);
    return {};
}

Done readOption(const QString& name, const QString& value, SimulatorOptions& options, QString& scenario)
{
    if (name == "--scenario"_L1) return scenario = value, Done();
    if (name == "--control"_L1) return readControl(value, options);
    if (name == "--epoch"_L1) return put(epochOf(value), options.epoch);
    if (name == "--speed"_L1) return put(numberOf(name, value, 0.01, 1000), options.speed);
    if (name == "--rate"_L1) return put(numberOf(name, value, 0.1, 100'000), options.recordsPerSecond);
    if (name == "--for"_L1) return put(numberOf(name, value, 0.1, 1e9), options.maxSimulatedSeconds);
    if (name == "--orphan"_L1) return put(numberOf(name, value, 1, 1e6), options.orphanSeconds);
    if (name == "--seed"_L1) {
        double seed = 0;
        const Done done = put(numberOf(name, value, 0, 2147483647), seed);
        options.seed = quint64(seed);
        return done;
    }
    if (name == "--engine"_L1) {
        options.engine = value == "none"_L1 ? QUrl() : QUrl(value);
        if (value == "none"_L1 || (options.engine.scheme() == "http"_L1 && !options.engine.host().isEmpty())) return {};
        return wrong(u"--engine must be an http URL or none, not “%1”."_s.arg(value));
    }
    return wrong(u"There is no option %1."_s.arg(name));
}

Result<SimulatorOptions> optionsOf(const QStringList& args)
{
    SimulatorOptions options;
    options.engine = QUrl(u"http://127.0.0.1:4318"_s);
    QString scenario = u"account-numbers"_s;
    for (qsizetype i = 0; i < args.size(); i += 2) {
        if (i + 1 == args.size()) return wrong(u"%1 needs a value."_s.arg(args[i]));
        if (const Done done = readOption(args[i], args[i + 1], options, scenario); !done)
            return tl::unexpected(done.error());
    }
    auto loaded = loadScenario(scenario);
    if (!loaded) return tl::unexpected(loaded.error());
    options.scenario = std::move(*loaded);
    return options;
}

/// Says once what went wrong on the way to the engine, and once that it is over.
void sayTrouble(const Courier::Stats& stats, QString& said, QTextStream& err)
{
    const QString trouble = stats.reachable && !stats.lost && !stats.refused ? QString() : stats.problem;
    if (trouble == said) return;
    said = trouble;
    err << (trouble.isEmpty() ? u"The engine takes telemetry again."_s : trouble) << Qt::endl;
}
} // namespace

int simulateMain(const QStringList& args, QTextStream& out, QTextStream& err)
{
    if (args.contains("--help"_L1)) {
        out << kUsage << Qt::flush;
        return 0;
    }
    const auto options = optionsOf(args);
    if (!options) {
        err << options.error().sentence() << Qt::endl;
        return 2;
    }
    // Blocked before any thread starts, so that all inherit it and only the wait below takes them.
    sigset_t ends, before;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, &before);

    int status = 0;
    {
        Simulator simulator(*options);
        if (const Done done = simulator.start(); !done) {
            err << done.error().sentence() << Qt::endl;
            status = 1;
        } else {
            const QJsonObject ready{{u"control"_s, simulator.controlUrl().toString()},
                {u"engine"_s, options->engine.toString()}, {u"epoch"_s, QString::number(simulator.epoch())},
                {u"scenario"_s, options->scenario.name}, {u"speed"_s, options->speed}};
            out << QJsonDocument(ready).toJson(QJsonDocument::Compact) << Qt::endl;
            QString said;
            const timespec moment{0, 200'000'000};
            auto heard = std::chrono::steady_clock::now();
            const std::chrono::duration<double> patience(options->orphanSeconds);
            while (sigtimedwait(&ends, nullptr, &moment) < 0 && !simulator.finished()) {
                sayTrouble(simulator.stats(), said, err);
                const auto now = std::chrono::steady_clock::now();
                if (simulator.stats().reachable) heard = now;
                // The console that started this was killed and nobody came back: do not play to an empty house for ever.
                if (options->orphanSeconds > 0 && now - heard > patience) break;
            }
            simulator.stop();
            sayTrouble(simulator.stats(), said, err);
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return status;
}

} // namespace wf::sim
