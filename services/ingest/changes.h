// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: POST /changes: one change of the behaviour stack, as told by whoever makes it (a release job, a person).
// Owner: services/ingest. Thread: pure, any. Format: docs/design/ingest.md.
#pragma once
#include "models/domain/telemetry.h"
#include <QJsonObject>

namespace wf {

/// A batch of source "changes" with one row. Required: time, feature, layer.
Result<Batch> changeBatch(const QJsonObject& change, Nanos seen);

} // namespace wf
