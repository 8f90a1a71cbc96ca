// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: one stream inside the engine: its detector plus what the console shows of it. Owner: DriftEngine. Thread:
// value.
#pragma once
#include "models/domain/drift.h"
#include "services/drift/stream_detector.h"

namespace wf {

/// The last hour in buckets of ten seconds of answer time. Late answers still find their bucket.
class BucketRing {
public:
    static constexpr Nanos kWidth = 10 * kSecond;
    void add(Nanos t, double x);
    /// Buckets that begin in [from, to).
    Figure over(Nanos from, Nanos to) const;
    /// Means of the last `minutes` minutes of the clock, oldest first, the running one last; NaN without data.
    std::vector<float> minutes(Nanos now, int minutes) const;

private:
    friend QDataStream& operator<<(QDataStream& out, const BucketRing& r);
    friend QDataStream& operator>>(QDataStream& in, BucketRing& r);
    static constexpr qint64 kBuckets = 366; ///< an hour and a minute
    struct Bucket {
        qint32 stamp = 0; ///< number of the ten seconds since 1970
        quint32 n = 0;
        double sum = 0;
    };
    std::vector<Bucket> m_buckets = std::vector<Bucket>(kBuckets);
};

/// Median of the last delays between an answer and its measurement.
class LagRing {
public:
    void add(Nanos lag);
    Nanos median() const;

private:
    friend QDataStream& operator<<(QDataStream& out, const LagRing& r);
    friend QDataStream& operator>>(QDataStream& in, LagRing& r);
    static constexpr size_t kKept = 63;
    std::vector<Nanos> m_lags;
    quint32 m_next = 0;
};

/// The busiest minute so far, from which the stream's share of the false alarm budget becomes a threshold.
class Pace {
public:
    void add(Nanos t);
    double perWeek() const { return double(m_most) * 60 * 24 * 7; }

private:
    friend QDataStream& operator<<(QDataStream& out, const Pace& p);
    friend QDataStream& operator>>(QDataStream& in, Pace& p);
    qint64 m_minute = 0, m_count = 0, m_most = 0;
};

struct EngineStream {
    EngineStream(StreamKey key, SignalDef def, const SignalSet& set);

    /// A baseline that learns from the recent past: a chunk becomes baseline when the next one is full, so that there
    /// is always a gap between what is judged and what it is judged by; old chunks fade over a week.
    void roll(double x, Nanos t, Nanos gap, int minBaseline, bool suspect);
    void save(QDataStream& out) const;
    void load(QDataStream& in);

    StreamKey key;
    SignalDef def;
    StreamDetector detector;
    BucketRing buckets;
    LagRing lags;
    Pace pace;
    std::optional<Alarm> alarm;
    stats::Moments since; ///< from the alarm's onset on
    bool rolling = false;
    Baseline pending, filling;
    Nanos chunkStart = 0;
};

} // namespace wf
