// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: Alertmanager's webhook (version 4) becomes timeline rows, one per alert, and heartbeats.
// Owner: services/ingest. Thread: pure, any.
#pragma once
#include "models/domain/telemetry.h"
#include <QJsonObject>

namespace wf {

/// One batch of source "alertmanager" with a row per alert (and a loud row when alerts were left out of the message),
/// and, when a firing Watchdog is among the alerts, one of source "infrastructure" that is a heartbeat and nothing
/// else.
Result<std::vector<Batch>> alertmanagerBatches(const QJsonObject& payload, Nanos seen);

} // namespace wf
