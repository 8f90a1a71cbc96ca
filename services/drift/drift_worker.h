// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the drift thread. Reads joined observations in the order of seq, feeds the engine, hands over alarms, and
// once a second stores state and snapshot. Death at any moment is safe: observations after the stored seq are consumed
// again and raise the same alarms with the same ids. Owner: app. Thread: public functions from any; the callback comes
// on the drift thread.
#pragma once
#include "services/drift/drift_engine.h"
#include <condition_variable>
#include <mutex>
#include <thread>

namespace wf {

class DriftWorker {
public:
    struct Ports {
        ObservationFeed* feed = nullptr; ///< used on the drift thread only
        StateStore* state = nullptr;
        const Clock* clock = nullptr;
        /// New alarms, before the state that knows them is stored: after a crash they come again, with the same ids.
        std::function<void(std::vector<Alarm>)> alarms;
    };
    /// baselineUntil: see DriftEngine::setBaselineUntil; a stored state's own value goes before it.
    DriftWorker(SignalSet signalSet, Ports ports, Nanos baselineUntil = 0);
    ~DriftWorker(); ///< stops and joins

    /// Loads "drift.state" and starts the thread. An unreadable state is told and replaced by learning again from seq
    /// 0.
    Done start();
    /// Stores once more and joins. Again: no effect.
    void stop();
    /// The newest snapshot, never null after start().
    std::shared_ptr<const DriftSnapshot> latest() const;
    /// Takes effect between two observations and is stored at once. Repeat it after a crash: an older t changes
    /// nothing.
    void acceptRecovery(const QString& feature, Nanos t);
    /// Last failure of a port, empty when the last round succeeded.
    QString problem() const;

private:
    void run(std::stop_token stop);
    bool round();
    void publish();

    Ports m_ports;
    DriftEngine m_engine;
    std::jthread m_thread;
    mutable std::mutex m_mutex; ///< guards what follows
    std::condition_variable_any m_wake;
    std::shared_ptr<const DriftSnapshot> m_latest;
    std::vector<std::pair<QString, Nanos>> m_recoveries;
    QString m_feedProblem, m_storeProblem;
};

} // namespace wf
