// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: OTLP spans and log records become answers and observations, by a table of attribute names. A record that
// cannot be used is rejected alone, with its reason; the others of its request are kept.
// Owner: services/ingest. Thread: pure functions, any. Attribute list: docs/design/ingest.md.
#pragma once
#include "models/domain/telemetry.h"
#include "services/wire/otlp.h"

namespace wf {

struct Normalised {
    Batch batch; ///< source "otlp"; rejected holds one reason per thing left out
    qint64 rejectedRecords = 0; ///< spans or log records of which nothing was kept, for the sender's partial success
    QString firstReason; ///< for the sender; empty when all was kept
};

/// Spans that are not a model's answer (tools, retrieval, plain HTTP) are passed over: they are not wrong, only not
/// ours.
Normalised normaliseSpans(const std::vector<OtlpSpan>& spans, Nanos seen);
/// Log records other than evaluations and feedback are passed over.
Normalised normaliseLogs(const std::vector<OtlpLog>& logs, Nanos seen);

} // namespace wf
