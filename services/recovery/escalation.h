// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: mandatory escalation as a table of rules over the case file: what is due when, and what has come due. A restart
// loses nothing, because a timer is computed from the record and never kept. Owner: services/recovery. Thread: pure.
#pragma once
#include "models/domain/ports.h"

namespace wf {

/// Every running timer of the case, soonest first. Already fired ones (recorded as escalation.fired) are left out.
std::vector<LiveFigures::Timer> runningTimers(const Case& c, const Policy& policy, Nanos now);
/// When the next status update is due; 0 when nobody has declared.
Nanos nextUpdateDue(const Case& c);

} // namespace wf
