// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: did a step reach what serves users? Counted from answers, never from instances. Owner: services/recovery.
// Thread: pure over a TelemetryQueries instance of the caller.
#pragma once
#include "models/domain/ports.h"

namespace wf {

struct GateReading {
    enum class State { CannotTell, Waiting, Passed, Late };
    State state = State::CannotTell;
    qint64 good = 0, n = 0;
    double share() const { return n ? double(good) / double(n) : 0; }
};

/// Reads one gate at a moment; since = when the step was executed (its time limit counts from there).
Result<GateReading> readGate(const Gate& gate, const QString& feature, Nanos since, Nanos now, TelemetryQueries& queries);

} // namespace wf
