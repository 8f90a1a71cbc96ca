// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: is behaviour back? One verification window after another, each an equivalence test against the baseline with the
// n it needs. Owner: services/recovery. Thread: pure over a TelemetryQueries instance of the caller.
#pragma once
#include "models/domain/ports.h"

namespace wf {

struct WindowReading {
    bool closed = false;       ///< false: still collecting, nothing may be concluded
    QString outcome;           ///< when closed: "in", "out", "worse", "cannot_tell"
    Window span;               ///< answer times
    qint64 good = 0, n = 0, required = 0;
    Interval difference;       ///< to the baseline
};

/// Shortest window, and how often a window that cannot tell is prolonged by its required n before it closes so.
inline constexpr Nanos kShortestWindow = kMinute;
inline constexpr int kProlong = 3;
inline constexpr Nanos kLongestWindow = 30 * kMinute;

/// Evaluated answers that one window needs for 90 % power; -1 when the baseline is too small ever to tell.
qint64 requiredEvaluated(const StreamState& stream, double margin);
/// "1 090 evaluated answers a window, 61 s at this traffic"; empty when the plan verifies nothing.
QString feasibilityText(const Proposal& proposal, const DriftSnapshot& drift, const SignalSet& signalSet);
/// Reads the window that began at `from`. Late evaluations are waited for by the stream's measured lag.
Result<WindowReading> readWindow(const StreamState& stream, double margin, Nanos from, Nanos now, TelemetryQueries& queries);

/// What the windows so far say about the plan; empty while more are needed.
/// "recovered" when `windows` are in; "worse" at the first worse one; "not_recovered" / "cannot_tell" after two such.
QString verdictOf(const std::vector<VerifiedWindow>& windows, int needed);

} // namespace wf
