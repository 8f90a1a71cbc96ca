// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the engine's one loop over the record: fold what was appended, let the services rule on it, append what follows.
// It holds no state that the record does not hold, so a restart at any instant goes on where it was. Owner: app (engine).
// Thread: its own; handAlarms() from the drift thread.
#pragma once
#include "models/domain/ports.h"
#include "services/approvals/decision_desk.h"
#include "services/assistant/investigator.h"
#include "services/execution/executor.h"
#include "services/runbooks/site_config.h"
#include <mutex>
#include <thread>

namespace wf {

struct ConductorPorts {
    RecordLog& record;
    StateStore& published;                 ///< events.db: "live"
    std::function<std::unique_ptr<TelemetryQueries>()> queries; ///< a fresh instance for the calling thread
    std::function<DriftSnapshot()> drift;  ///< latest snapshot
    std::function<void(const QString& feature, Nanos t)> recovered; ///< re-arms the detectors
    std::function<void()> projected;       ///< new entries: copy them to the timeline
    const SiteConfig& site;
    const Clock& clock;
};

class Conductor {
public:
    explicit Conductor(ConductorPorts ports);
    ~Conductor(); ///< the running attempt reaches its durable point first
    Done start();
    /// From the drift thread. Kept until recorded; a known alarm is dropped.
    void handAlarms(std::vector<Alarm> alarms);

private:
    void loop(std::stop_token stop);
    void tick();
    Done fold();
    bool append(std::vector<NewEntry> entries, std::vector<OutboxRow> outbox = {}); ///< false: the record did not take it
    bool append(const Ruling& ruling) { return append(ruling.entries, ruling.outbox); }
    void ruleOnSignatures();
    void recordAlarms();
    void runOutbox();
    void progress(const Case& c);
    void progressRunning(const Case& c, const Plan& plan);
    void progressVerifying(const Case& c, const Plan& plan);
    void measureEffect(const Case& c, const Plan& plan);
    void draftContainment(const Case& c);
    void investigate(const Case& c);
    void fireTimers(const Case& c);
    void publish();
    struct Facts;
    std::shared_ptr<const Facts> factsFor(const Case& c, const Plan& plan);
    InvestigationInput inputFor(const Case& c) const;
    const StreamState* primaryOf(const QString& feature) const;
    void planState(const Case& c, const Plan& plan, PlanState state, const QString& why);

    ConductorPorts m_ports;
    CaseFile m_cases;
    std::vector<Entry> m_unruled;          ///< decision.signed entries nobody has ruled on yet
    DriftSnapshot m_drift;
    std::unique_ptr<TelemetryQueries> m_queries;
    std::mutex m_alarmMutex;
    std::vector<Alarm> m_alarms;
    std::set<QString> m_tried;             ///< drafts that were refused in this run: not tried every tick
    Nanos m_reviewed = 0;                  ///< when waiting plans were last held against their ceilings
    Nanos m_published = 0;                 ///< real time of the last publication
    DecisionDesk m_desk;
    Executor m_executor;

    struct Investigation { IncidentId incident; Findings findings; std::map<QString, ReplayResult> replays; };
    std::mutex m_findingsMutex;
    std::optional<Investigation> m_findings;
    std::atomic<bool> m_investigating = false;
    std::jthread m_investigator;
    std::jthread m_thread;
};

} // namespace wf
