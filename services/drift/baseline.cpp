// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/drift/baseline.h"
#include <QByteArray>
#include <cstring>

namespace wf {

double hashedUniform(quint64 seed, quint64 counter)
{
    quint64 x = seed + (counter + 1) * 0x9e3779b97f4a7c15ull; // splitmix64 (Steele, Lea, Flood 2014)
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    x ^= x >> 31;
    return (double(x >> 11) + 0.5) * 0x1p-53;
}

void BlockVariance::add(double x)
{
    m_sum += x;
    if (++m_count < kShortest) return;
    double sum = std::exchange(m_sum, 0.0);
    m_count = 0;
    for (Level& level : m_levels) {
        level.n += 1;
        const double d = sum - level.mean;
        level.mean += d / level.n;
        level.m2 += d * (sum - level.mean);
        if (!level.half) {
            level.pending = sum;
            level.half = true;
            return;
        }
        sum += level.pending;
        level.half = false;
    }
}

void BlockVariance::merge(const BlockVariance& other)
{
    for (size_t i = 0; i < m_levels.size(); ++i) {
        Level& a = m_levels[i];
        const Level& b = other.m_levels[i];
        if (b.n <= 0) continue;
        const double total = a.n + b.n, d = b.mean - a.mean;
        a.m2 += b.m2 + d * d * a.n * b.n / total;
        a.mean += d * b.n / total;
        a.n = total;
    }
}

void BlockVariance::decay(double factor)
{
    for (Level& level : m_levels) {
        level.n *= factor;
        level.m2 *= factor;
    }
}

double BlockVariance::inflation(double variance) const
{
    if (!(variance > 0)) return 1;
    double found = 1, error = 0, size = kShortest, surprise = 0;
    for (const Level& level : m_levels) {
        // The longest blocks see slow waves, for which 30 of them will do; of shorter ones a small baseline has more.
        if (level.n >= (&level == &m_levels.back() ? 30 : 60)) {
            found = level.m2 / (level.n - 1) / (size * variance);
            error = std::sqrt(2 / level.n);
            // Sums of fewer than 32 are too far from normal for this standard error.
            if (size >= 32) surprise = std::max(surprise, (found - 1) / error);
        }
        size *= 2;
    }
    // Independent observations scatter around 1 too, and tempering by mere scatter costs a tenth of the delay: the
    // excess counts as far as it is more than chance (one twentieth at one standard error, three quarters at two).
    // Where it is, it is taken half a standard error high: an inflation found too small is paid for in false alarms.
    const double s6 = std::pow(surprise, 6);
    return 1 + std::max(0.0, found * (1 + error / 2) - 1) * s6 / (20 + s6);
}

void Baseline::add(double x)
{
    m_n += 1;
    const double d = x - m_mean;
    m_mean += d / m_n;
    m_m2 += d * (x - m_mean);
    m_low = std::min(m_low, x);
    m_high = std::max(m_high, x);
    m_blocks.add(x);
    if (!m_keepsSample) return;
    if (m_sample.size() < kSample) {
        m_sample.push_back(float(x));
        return;
    }
    const auto at = size_t(hashedUniform(m_seed, m_draws++) * m_n);
    if (at < kSample) m_sample[at] = float(x);
}

void Baseline::merge(const Baseline& newer)
{
    if (newer.m_n <= 0) return;
    const double total = m_n + newer.m_n, d = newer.m_mean - m_mean;
    if (m_keepsSample) {
        // Each side keeps a share of the sample in proportion to its weight.
        const auto thin = [&](std::vector<float> sample, size_t keep) {
            while (sample.size() > keep) {
                std::swap(sample[size_t(hashedUniform(m_seed, m_draws++) * double(sample.size()))], sample.back());
                sample.pop_back();
            }
            return sample;
        };
        if (m_sample.size() + newer.m_sample.size() > kSample) m_sample = thin(m_sample, size_t(kSample * m_n / total));
        const auto added = thin(newer.m_sample, kSample - m_sample.size());
        m_sample.insert(m_sample.end(), added.begin(), added.end());
    }
    m_m2 += newer.m_m2 + d * d * m_n * newer.m_n / total;
    m_mean += d * newer.m_n / total;
    m_n = total;
    m_low = std::min(m_low, newer.m_low);
    m_high = std::max(m_high, newer.m_high);
    m_blocks.merge(newer.m_blocks);
}

void Baseline::decay(double factor)
{
    m_n *= factor;
    m_m2 *= factor;
    m_blocks.decay(factor);
}

double Baseline::inflation() const
{
    return constant() ? 1 : m_blocks.inflation(variance());
}

std::vector<float> Baseline::sortedSample() const
{
    std::vector<float> sorted = m_sample;
    std::sort(sorted.begin(), sorted.end());
    return sorted;
}

QDataStream& operator<<(QDataStream& out, const BlockVariance& b)
{
    for (const auto& l : b.m_levels)
        out << l.pending << l.half << l.n << l.mean << l.m2;
    return out << b.m_sum << qint32(b.m_count);
}

QDataStream& operator>>(QDataStream& in, BlockVariance& b)
{
    for (auto& l : b.m_levels)
        in >> l.pending >> l.half >> l.n >> l.mean >> l.m2;
    qint32 count = 0;
    in >> b.m_sum >> count;
    b.m_count = count;
    return in;
}

QDataStream& operator<<(QDataStream& out, const Baseline& b)
{
    out << b.m_n << b.m_mean << b.m_m2 << b.m_low << b.m_high << b.m_blocks << b.m_seed << b.m_draws << b.m_keepsSample;
    return out << QByteArray::fromRawData(
               reinterpret_cast<const char*>(b.m_sample.data()), qsizetype(b.m_sample.size() * sizeof(float)));
}

QDataStream& operator>>(QDataStream& in, Baseline& b)
{
    QByteArray bytes;
    in >> b.m_n >> b.m_mean >> b.m_m2 >> b.m_low >> b.m_high >> b.m_blocks >> b.m_seed >> b.m_draws >> b.m_keepsSample
        >> bytes;
    const size_t size = size_t(bytes.size()) / sizeof(float);
    if (size > Baseline::kSample) {
        in.setStatus(QDataStream::ReadCorruptData);
        return in;
    }
    b.m_sample.resize(size);
    if (size > 0) std::memcpy(b.m_sample.data(), bytes.constData(), size * sizeof(float));
    return in;
}

} // namespace wf
