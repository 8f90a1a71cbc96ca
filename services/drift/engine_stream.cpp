// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/drift/engine_stream.h"
#include <QJsonDocument>

namespace wf {

void BucketRing::add(Nanos t, double x)
{
    const qint64 stamp = t / kWidth;
    Bucket& b = m_buckets[size_t(stamp % kBuckets)];
    if (b.stamp > stamp) return; // older than the hour
    if (b.stamp < stamp) b = {qint32(stamp), 0, 0};
    ++b.n;
    b.sum += x;
}

Figure BucketRing::over(Nanos from, Nanos to) const
{
    Figure f;
    double sum = 0;
    const qint64 first = (from + kWidth - 1) / kWidth, end = (to + kWidth - 1) / kWidth;
    for (qint64 stamp = std::max(first, end - kBuckets); stamp < end; ++stamp) {
        const Bucket& b = m_buckets[size_t(stamp % kBuckets)];
        if (b.stamp != stamp) continue;
        f.n += b.n;
        sum += b.sum;
    }
    f.mean = f.n > 0 ? sum / double(f.n) : 0;
    return f;
}

std::vector<float> BucketRing::minutes(Nanos now, int minutes) const
{
    std::vector<float> out;
    for (Nanos m = (now / kMinute - minutes + 1) * kMinute; m <= now; m += kMinute) {
        const Figure f = over(m, m + kMinute);
        out.push_back(f.n > 0 ? float(f.mean) : std::numeric_limits<float>::quiet_NaN());
    }
    return out;
}

void LagRing::add(Nanos lag)
{
    if (m_lags.size() < kKept)
        m_lags.push_back(lag);
    else
        m_lags[m_next++ % kKept] = lag;
}

Nanos LagRing::median() const
{
    if (m_lags.empty()) return 0;
    auto sorted = m_lags;
    std::nth_element(sorted.begin(), sorted.begin() + qsizetype(sorted.size() / 2), sorted.end());
    return std::max<Nanos>(0, sorted[sorted.size() / 2]);
}

void Pace::add(Nanos t)
{
    const qint64 minute = t / kMinute;
    if (minute < m_minute) return;
    if (minute > m_minute) m_count = 0;
    m_minute = minute;
    m_most = std::max(m_most, ++m_count);
}

EngineStream::EngineStream(StreamKey k, SignalDef d, const SignalSet& set)
    : key(std::move(k))
    , def(std::move(d))
    , detector({def.kind, def.minEffect, double(set.minCurrent)})
    , pending(def.kind == SignalKind::Numeric, 1)
    , filling(def.kind == SignalKind::Numeric, 2)
{
}

void EngineStream::roll(double x, Nanos t, Nanos gap, int minBaseline, bool suspect)
{
    constexpr double memory = double(7 * kDay);
    if (chunkStart == 0) chunkStart = t;
    if (t >= chunkStart + gap) {
        const qint64 chunks = (t - chunkStart) / gap;
        if (!suspect) {
            detector.baseline().decay(std::exp(-double(chunks * gap) / memory));
            detector.baseline().merge(pending);
            if (detector.armed() || detector.baseline().n() >= minBaseline) detector.arm();
        }
        const bool numeric = def.kind == SignalKind::Numeric;
        pending = suspect ? Baseline(numeric, 1) : std::move(filling);
        filling = Baseline(numeric, 2);
        chunkStart += chunks * gap;
    }
    filling.add(x);
}

void EngineStream::save(QDataStream& out) const
{
    detector.save(out);
    out << buckets << lags << pace << alarm.has_value();
    if (alarm) out << QJsonDocument(alarm->toJson()).toJson(QJsonDocument::Compact);
    out << qint64(since.n) << since.mean << since.m2 << since.low << since.high << rolling << chunkStart;
    if (rolling) out << pending << filling;
}

void EngineStream::load(QDataStream& in)
{
    detector.load(in);
    bool alarmed = false;
    qint64 n = 0;
    in >> buckets >> lags >> pace >> alarmed;
    if (alarmed) {
        QByteArray json;
        in >> json;
        alarm = Alarm::fromJson(QJsonDocument::fromJson(json).object());
    }
    in >> n >> since.mean >> since.m2 >> since.low >> since.high >> rolling >> chunkStart;
    since.n = n;
    if (rolling) in >> pending >> filling;
}

QDataStream& operator<<(QDataStream& out, const BucketRing& r)
{
    quint32 filled = 0;
    for (const auto& b : r.m_buckets)
        filled += b.n > 0;
    out << filled;
    for (const auto& b : r.m_buckets)
        if (b.n > 0) out << b.stamp << b.n << b.sum;
    return out;
}

QDataStream& operator>>(QDataStream& in, BucketRing& r)
{
    quint32 filled = 0;
    in >> filled;
    for (quint32 i = 0; i < filled && in.status() == QDataStream::Ok; ++i) {
        BucketRing::Bucket b;
        in >> b.stamp >> b.n >> b.sum;
        if (b.stamp >= 0) r.m_buckets[size_t(b.stamp % BucketRing::kBuckets)] = b;
    }
    return in;
}

QDataStream& operator<<(QDataStream& out, const LagRing& r)
{
    out << r.m_next << quint32(r.m_lags.size());
    for (Nanos lag : r.m_lags)
        out << lag;
    return out;
}

QDataStream& operator>>(QDataStream& in, LagRing& r)
{
    quint32 size = 0;
    in >> r.m_next >> size;
    if (size > LagRing::kKept) {
        in.setStatus(QDataStream::ReadCorruptData);
        return in;
    }
    r.m_lags.resize(size);
    for (Nanos& lag : r.m_lags)
        in >> lag;
    return in;
}

QDataStream& operator<<(QDataStream& out, const Pace& p)
{
    return out << p.m_minute << p.m_count << p.m_most;
}

QDataStream& operator>>(QDataStream& in, Pace& p)
{
    return in >> p.m_minute >> p.m_count >> p.m_most;
}

} // namespace wf
