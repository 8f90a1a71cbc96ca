// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: one stream from its baseline to its alarm: learn, arm, add, ask. Used by the engine (at = time) and by
// `drift run` (at = row). Owner: drift engine. Thread: value, one at a time.
#pragma once
#include "models/domain/drift.h"
#include "services/drift/numeric_detector.h"
#include "services/drift/onset_ring.h"
#include "services/drift/rate_detector.h"
#include <variant>

namespace wf {

struct DetectorOptions {
    SignalKind kind = SignalKind::Rate;
    double minEffect = 0; ///< share for rates, baseline standard deviations for numeric; 0 = any shift matters
    double minCurrent = 1; ///< observations before an alarm may be raised
    double z = 1; ///< standard errors of the baseline that count as unchanged
    double onsetLevel = 0.99;
};

/// What a stream has to say about its present.
struct Finding {
    stats::OnsetEstimate onset;
    stats::Moments current; ///< from the onset on
    double effect = 0;
    Interval interval; ///< a confidence sequence, level 0.99
};

class StreamDetector {
public:
    explicit StreamDetector(DetectorOptions options, quint64 seed = 0);

    const DetectorOptions& options() const { return m_options; }
    /// Is this a value of the kind at all? Rates lie in [0, 1]; nothing is infinite or NaN.
    bool accepts(double x) const
    {
        return std::isfinite(x) && (m_options.kind != SignalKind::Rate || (x >= 0 && x <= 1));
    }
    void learn(double x) { m_baseline.add(x); }
    const Baseline& baseline() const { return m_baseline; }
    Baseline& baseline() { return m_baseline; }
    /// Places the bets on the baseline as it is now. Again after the baseline grew: the evidence so far stays valid,
    /// because each bet rests on the past only.
    void arm();
    bool armed() const { return m_armed; }
    void add(double x, qint64 at);
    double n() const { return m_n; } ///< since armed or re-armed
    double evidence() const;
    /// Evidence of at least `threshold`, enough observations, and a shift whose interval excludes those too small to
    /// matter.
    bool alarm(double threshold);
    Finding find() const;
    /// current - baseline with the interval that holds at every moment.
    Interval effectInterval(const stats::Moments& current) const;
    /// In the unit of the effect; NaN when no shift is found within n observations.
    double smallestDetectable(double threshold, double n, Better better) const;
    /// Forgets evidence and past, keeps the baseline.
    void rearm();

    void save(QDataStream& out) const;
    void load(QDataStream& in);

private:
    DetectorOptions m_options;
    Baseline m_baseline;
    std::variant<RateDetector, NumericDetector> m_bets;
    OnsetRing m_ring;
    double m_n = 0;
    double m_askAgainAt = 0; ///< evidence is there but the shift is too small to matter: next look
    bool m_armed = false;
};

} // namespace wf
