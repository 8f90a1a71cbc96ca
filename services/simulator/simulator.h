// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: a simulated AI feature as a running thing: its world on the scaled clock, its telemetry posted to an engine,
// its control API on a port of its own. Owner: services/simulator. Thread: start() and stop() from the owner's; the
// rest any.
#pragma once
#include "services/base/http_server.h"
#include "services/simulator/control.h"
#include "services/simulator/courier.h"
#include <QTextStream>
#include <QUrl>

namespace wf::sim {

struct SimulatorOptions {
    Scenario scenario; ///< loadScenario("account-numbers")
    std::optional<quint64> seed; ///< in place of the scenario's
    QUrl engine; ///< "http://127.0.0.1:4318"; empty = nothing is sent, the control API alone
    QString controlAddress = QStringLiteral("127.0.0.1");
    quint16 controlPort = 0; ///< 0 = the system picks one
    Nanos epoch = 0; ///< 0 = now. Must equal the engine's
    double speed = 1.0; ///< must equal the engine's
    double recordsPerSecond = 0; ///< load mode: answers and evaluations together; 0 = the scenario's rate
    double maxSimulatedSeconds = 0; ///< 0 = until stop()
    double orphanSeconds = 0;  ///< of real time without an engine, then simulateMain() ends; 0 = never
};

class Simulator {
public:
    explicit Simulator(SimulatorOptions options);
    ~Simulator(); ///< stops
    Simulator(const Simulator&) = delete;
    Simulator& operator=(const Simulator&) = delete;

    Done start(); ///< Fault::PortInUse when the control port is taken
    /// Brings what waits for at most two seconds, then ends.
    void stop();
    quint16 controlPort() const { return m_server.port(); }
    QUrl controlUrl() const;
    Nanos epoch() const { return m_options.epoch; }
    bool finished() const { return m_finished; } ///< maxSimulatedSeconds have passed
    Courier::Stats stats() const { return m_courier.stats(); }

private:
    HttpResponse answer(const HttpRequest& request);
    HttpResponse health() const;
    void pump(std::stop_token stop);

    SimulatorOptions m_options;
    ScaledClock m_clock;
    std::mutex m_mutex; ///< world and control
    World m_world;
    Control m_control;
    Courier m_courier;
    HttpServer m_server;
    std::atomic<bool> m_finished = false;
    std::jthread m_pump;
};

/// The verb `simulate`. One line of JSON on out when ready: {"control", "engine", "epoch", "scenario", "speed"}.
/// Ends on SIGTERM or SIGINT, or after --for. 0 = ran, 1 = could not start, 2 = wrong arguments.
int simulateMain(const QStringList& args, QTextStream& out, QTextStream& err);

} // namespace wf::sim
