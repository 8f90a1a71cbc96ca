// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: what goes over the wire for what the world emitted: OTLP/HTTP protobuf for answers, evaluations and
// feedback, JSON for changes, reports and the watchdog. Owner: services/simulator. Thread: any.
#pragma once
#include "services/simulator/world.h"
#include <QJsonObject>

namespace wf::sim {

/// One request to the engine.
struct Parcel {
    QByteArray path, contentType, body;
    qint64 records = 0;
    bool perishable = false; ///< a sign of life: worthless when late, never sent again
};

QJsonObject changeJson(const Scenario& scenario, Nanos epoch, const Happening& change);
QJsonObject reportJson(const Scenario& scenario, Nanos epoch, const Happening& report);
/// Alertmanager webhook, version 4, with the alert that always fires.
QJsonObject watchdogJson(Nanos epoch, Nanos now);

/// Requests in the order they must go out; at most this many records each.
std::vector<Parcel> parcels(
    const Population& population, Nanos epoch, const Telemetry& telemetry, size_t recordsEach = 2000);

} // namespace wf::sim
