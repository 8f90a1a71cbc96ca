// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the engine of a profile: sockets, store, drift, conductor, executor, wired. One per profile (flock).
// Owner: app. Thread: start and destroy from one thread; the parts have their own.
#pragma once
#include "app/profile.h"
#include "models/domain/ports.h"
#include "services/runbooks/site_config.h"
#include <functional>
#include <memory>

namespace wf {

struct EngineOptions {
    Profile profile;
    QString address = QStringLiteral("127.0.0.1");
    int port = -1;             ///< -1: the port of the last run, else 4318; 0: any free one
    Nanos epoch = 0;           ///< 0: as in the last run, else now
    double speed = 0;          ///< 0: as in the last run, else 1
};

class Engine {
public:
    /// Fault::Busy when another engine holds the profile, PortInUse, NewerSchema, ReadOnly, DiskFull, BadInput (site files).
    static Result<std::unique_ptr<Engine>> start(const EngineOptions& options);
    ~Engine();                 ///< ingest refuses, the running attempt is recorded, writers finish
    const EngineInfo& info() const;
    const Clock& clock() const;
    TelemetrySink& sink();     ///< the store, for imports into the running engine
    const SiteConfig& site() const;
    QStringList problems() const; ///< unsigned runbooks and the like: sentences

private:
    Engine();
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

} // namespace wf
