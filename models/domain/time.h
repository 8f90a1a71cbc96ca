// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: times are int64 UTC nanoseconds since 1970 everywhere; text only at the edges. Owner: domain. Thread: any.
#pragma once
#include "models/domain/result.h"

namespace wf {

using Nanos = qint64;
inline constexpr Nanos kMilli = 1'000'000;
inline constexpr Nanos kSecond = 1'000 * kMilli;
inline constexpr Nanos kMinute = 60 * kSecond;
inline constexpr Nanos kHour = 60 * kMinute;
inline constexpr Nanos kDay = 24 * kHour;

enum class Zone { Utc, Local };

QString clockText(Nanos t, Zone zone = Zone::Utc);        ///< "03:43:12"
QString clockMinute(Nanos t, Zone zone = Zone::Utc);      ///< "03:43"
QString dayText(Nanos t, Zone zone = Zone::Utc);          ///< "21 Nov"
QString isoText(Nanos t);                                 ///< "2026-11-21T03:43:12.123Z", milliseconds, always UTC
QString ageText(Nanos span);                              ///< "8 s", "1 min 50 s", "6 h", "3 d"; negative spans read as "0 s"
Result<Nanos> parseIso(const QString& text);              ///< RFC 3339 with zone; refuses anything else with the reason

/// The one source of "now". speed is simulated seconds per real second (1 outside tests); life times, gates and timers
/// are in the clock's time. Thread: any, implementations are immutable or atomic.
class Clock {
public:
    virtual ~Clock() = default;
    virtual Nanos now() const = 0;
    virtual double speed() const { return 1.0; }
};

class SystemClock final : public Clock {
public:
    Nanos now() const override;
};

/// now = epoch + (real - epoch) * speed. The simulator and the engine are given the same pair, so they agree over processes.
class ScaledClock final : public Clock {
public:
    ScaledClock(Nanos epoch, double speed) : m_epoch(epoch), m_speed(speed) {}
    Nanos now() const override;
    double speed() const override { return m_speed; }

private:
    Nanos m_epoch;
    double m_speed;
};

} // namespace wf
