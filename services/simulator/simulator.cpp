// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/simulator/simulator.h"
#include <QJsonDocument>

namespace wf::sim {
using namespace Qt::StringLiterals;

namespace {
constexpr std::chrono::milliseconds kTick{100}, kGrace{2000};

SimulatorOptions settled(SimulatorOptions options)
{
    if (options.epoch == 0) options.epoch = SystemClock().now();
    if (options.seed) options.scenario.seed = *options.seed;
    return options;
}

/// Records are answers plus what is said about them later.
double answersPerSecond(const SimulatorOptions& options)
{
    return options.recordsPerSecond / (1 + options.scenario.evaluator.coverage + options.scenario.feedback.rate);
}

HttpServerOptions serverOptions(const SimulatorOptions& options)
{
    HttpServerOptions server;
    server.address = options.controlAddress;
    server.port = options.controlPort;
    server.bodyLimitInflated = 1024 * 1024;
    server.threads = 2;
    return server;
}
} // namespace

Simulator::Simulator(SimulatorOptions options)
    : m_options(settled(std::move(options)))
    , m_clock(m_options.epoch, m_options.speed)
    , m_world(m_options.scenario, m_options.epoch, answersPerSecond(m_options))
    , m_control(m_world)
    , m_courier(m_options.engine)
    , m_server(serverOptions(m_options))
{
}

Simulator::~Simulator()
{
    stop();
}

Done Simulator::start()
{
    const auto port = m_server.start([this](const HttpRequest& request) { return answer(request); });
    if (!port) return tl::unexpected(port.error());
    if (!m_options.engine.isEmpty()) m_courier.start();
    m_pump = std::jthread([this](std::stop_token stop) { pump(stop); });
    return {};
}

void Simulator::stop()
{
    if (m_pump.joinable()) {
        m_pump.request_stop();
        m_pump.join();
    }
    m_server.stop();
    m_courier.stop(kGrace);
}

QUrl Simulator::controlUrl() const
{
    QUrl url;
    url.setScheme(u"http"_s);
    url.setHost(m_options.controlAddress);
    url.setPort(m_server.port());
    return url;
}

HttpResponse Simulator::answer(const HttpRequest& request)
{
    if (request.path == "/healthz" && request.method == "GET") return health();
    const std::lock_guard lock(m_mutex);
    return m_control.answer(request, m_clock.now());
}

HttpResponse Simulator::health() const
{
    const Courier::Stats s = m_courier.stats();
    const QJsonObject body{{u"status"_s, u"ok"_s}, {u"scenario"_s, m_options.scenario.name},
        {u"simulated_seconds"_s, qint64((m_clock.now() - m_options.epoch) / kSecond)}, {u"records_sent"_s, s.sent},
        {u"records_waiting"_s, s.waiting}, {u"records_refused"_s, s.refused}, {u"records_lost"_s, s.lost},
        {u"engine_reachable"_s, s.reachable}, {u"problem"_s, s.problem}};
    HttpResponse response;
    response.body = QJsonDocument(body).toJson(QJsonDocument::Compact);
    return response;
}

void Simulator::pump(std::stop_token stop)
{
    std::mutex sleeping;
    std::condition_variable_any wake;
    const Nanos end = m_options.maxSimulatedSeconds > 0
        ? m_options.epoch + Nanos(m_options.maxSimulatedSeconds * double(kSecond))
        : std::numeric_limits<Nanos>::max();
    while (!stop.stop_requested() && !m_finished) {
        const Nanos now = std::min(m_clock.now(), end);
        Telemetry telemetry;
        {
            const std::lock_guard lock(m_mutex);
            m_world.advanceTo(now);
            telemetry = m_world.take();
        }
        if (!m_options.engine.isEmpty()) m_courier.send(parcels(m_world.population(), m_world.epoch(), telemetry));
        m_finished = now == end;
        std::unique_lock lock(sleeping);
        wake.wait_for(lock, stop, kTick, [] { return false; });
    }
}

} // namespace wf::sim
