// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: POST /reports: a person outside the console (support desk, customer) says that something is wrong.
// Owner: services/ingest. Thread: pure, any. Format: docs/design/ingest.md.
#pragma once
#include "models/domain/telemetry.h"
#include <QJsonObject>

namespace wf {

struct OutsideReport {
    QString text;
    Nanos happened = 0;
    QString channel, feature;
    QString id; ///< the sender's; made from the content when it gave none, so that a repeat is recognised
};

/// Required: time, text.
Result<OutsideReport> readReport(const QJsonObject& report, Nanos seen);
/// The loud row, for an ingest that has no record to file it in.
TimelineEvent reportRow(const OutsideReport& report, Nanos seen);

} // namespace wf
