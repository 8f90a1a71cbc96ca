// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: an incident and the statuses it may pass through; the transition table is data. Owner: domain. Thread: values.
#pragma once
#include "models/domain/drift.h"
#include "models/domain/ids.h"

namespace wf {

enum class IncidentStatus { Detected, Declared, Contained, Mitigating, Verifying, Recovered, Remediating, Closed, FalseAlarm, Merged, Reopened };
QString incidentStatusName(IncidentStatus status); ///< "detected", … "false alarm"
Result<IncidentStatus> incidentStatusFromName(const QString& name);
bool mayFollow(IncidentStatus from, IncidentStatus to);

struct Incident {
    IncidentId id;
    int number = 0;            ///< INC-0042
    QString feature;
    QString title;             ///< "Support copilot quotes wrong account numbers"
    QString alias;             ///< for the wall, no customer names: "Support copilot: wrong answers"
    IncidentStatus status = IncidentStatus::Detected;
    int severity = 0;          ///< 0 = nobody declared one yet
    int suggestedSeverity = 0;
    QString commander, deputy, bridge;
    Nanos opened = 0, declared = 0, contained = 0, recovered = 0, closed = 0;
    std::optional<Onset> onset;
    std::vector<Alarm> alarms;
    bool isOpen() const { return status != IncidentStatus::Closed && status != IncidentStatus::FalseAlarm && status != IncidentStatus::Merged; }
    QString code() const { return QStringLiteral("INC-%1").arg(number, 4, 10, QLatin1Char('0')); }
};

} // namespace wf
