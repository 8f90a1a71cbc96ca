// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: what follows from what, as pure functions from the case file to entries: when an incident opens, how its status
// follows its plans. The engine appends what these return; nobody else decides it. Owner: domain. Thread: pure.
#pragma once
#include "models/domain/case_file.h"

namespace wf {

/// "support-copilot" -> "Support copilot"
QString featureTitle(const QString& feature);

/// An alarm on a whole-feature stream opens an incident when none is open for the feature, later ones attach. A slice's
/// alarm attaches but opens nothing. Known alarms yield nothing, so a replay is harmless.
std::vector<NewEntry> entriesForAlarm(const CaseFile& cases, const Alarm& alarm, const SignalDef& def, Nanos now);
/// A human report is enough to open an incident; the fold attaches reports to the open incident of their feature.
std::vector<NewEntry> entriesForLooseReports(const CaseFile& cases, Nanos now);
/// Status changes that the plans of this case demand; at most one at a time.
std::vector<NewEntry> entriesForStatus(const Case& c, Nanos now);

} // namespace wf
