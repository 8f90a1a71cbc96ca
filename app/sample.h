// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: plays a sample incident: a fresh profile with the demo keys, a simulated AI feature as a process of its own, an
// engine, a day of history. Everything runs over real sockets; nothing here knows what will happen. Owner: app.
// Thread: prepare() and the destructor from the owner's; importHistory() from any one thread.
#pragma once
#include "app/engine.h"
#include <QProcess>
#include <atomic>

namespace wf {

struct SampleOptions {
    QString scenario;          ///< "account-numbers", "silent-provider", "calm"
    QString dir;               ///< empty: a new folder below Profile::samplesDir()
    double speed = 1;
    double recordsPerSecond = 0; ///< load mode; 0 = as the scenario says
    QString ctl;               ///< path of watchfloorctl, which plays the simulated feature; empty: beside this program
};

class Sample {
public:
    /// A second or less: the profile, the simulator's control API, the engine. On a folder that was played before it goes
    /// on with what is there (the same port, clock and simulator), so that a killed console can come back.
    static Result<std::unique_ptr<Sample>> prepare(const SampleOptions& options);
    ~Sample();                 ///< ends the simulator by its pid, then the engine
    /// Seconds: the day before the epoch. At once when the folder had it already.
    Done importHistory(const std::function<void(double share)>& progress = {});
    const Engine& engine() const { return *m_engine; }
    const Profile& profile() const { return m_profile; }
    qint64 simulatorPid() const { return m_simulator.processId(); }
    QString controlUrl() const { return m_control; }

private:
    Sample() = default;
    Done startSimulator(quint16 enginePort);

    SampleOptions m_options;
    Profile m_profile;
    Nanos m_epoch = 0;
    bool m_fresh = false;
    QString m_control;
    QProcess m_simulator;
    std::unique_ptr<Engine> m_engine;
};

} // namespace wf
