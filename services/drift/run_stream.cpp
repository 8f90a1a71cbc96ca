// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/drift/run_stream.h"
#include <map>

namespace wf {
using namespace Qt::StringLiterals;

namespace {
constexpr double kRareLabel = 50; ///< labels with fewer baseline rows are judged together

DetectorOptions detectorOptions(const RunOptions& o)
{
    DetectorOptions d;
    d.kind = o.kind == RunOptions::Kind::Numeric ? SignalKind::Numeric : SignalKind::Rate;
    d.minEffect = o.minEffect;
    d.onsetLevel = o.onsetLevel;
    return d;
}

QJsonValue finite(double x)
{
    return std::isfinite(x) ? QJsonValue(x) : QJsonValue();
}
} // namespace

RunStream::RunStream(QJsonObject name, const RunOptions& options)
    : m_name(std::move(name))
    , m_options(options)
    , m_detector(detectorOptions(options))
{
}

void RunStream::learn(double x)
{
    ++m_row;
    m_baseline.add(x);
    if (m_options.kind == RunOptions::Kind::Categorical)
        m_labelRows.push_back(x);
    else
        m_detector.learn(x);
}

void RunStream::arm()
{
    m_armed = true;
    if (m_options.kind != RunOptions::Kind::Categorical) {
        m_detector.arm();
        return;
    }
    std::map<int, double> counts;
    for (const double x : m_labelRows)
        ++counts[int(x)];
    int labels = 0;
    for (const auto& [label, n] : counts) {
        if (size_t(label) >= m_slot.size()) m_slot.resize(size_t(label) + 1, -1);
        if (n >= kRareLabel) m_slot[size_t(label)] = labels++;
    }
    for (int i = 0; i <= labels; ++i)
        m_perLabel.emplace_back(detectorOptions(m_options));
    for (const double x : m_labelRows)
        for (int i = 0; i <= labels; ++i)
            m_perLabel[size_t(i)].learn((m_slot[size_t(x)] < 0 ? labels : m_slot[size_t(x)]) == i);
    for (auto& detector : m_perLabel)
        detector.arm();
    m_labelRows = {};
}

std::optional<QJsonObject> RunStream::add(double x)
{
    m_current.add(x);
    const qint64 row = m_row++;
    if (m_done || m_baseline.n == 0) return {};
    if (m_options.kind == RunOptions::Kind::Categorical) return addLabel(x);
    m_detector.add(x, row);
    if (!m_detector.alarm(m_options.arl)) return {};
    auto line = alarm(m_detector.evidence(), m_detector);
    m_detector.rearm();
    return line;
}

std::optional<QJsonObject> RunStream::addLabel(double x)
{
    const int last = int(m_perLabel.size()) - 1;
    const int slot = size_t(x) < m_slot.size() && m_slot[size_t(x)] >= 0 ? m_slot[size_t(x)] : last;
    double evidence = 0;
    size_t most = 0;
    for (size_t i = 0; i < m_perLabel.size(); ++i) {
        m_perLabel[i].add(int(i) == slot, m_row - 1);
        evidence += m_perLabel[i].evidence();
        if (m_perLabel[i].evidence() > m_perLabel[most].evidence()) most = i;
    }
    // A mean of e-detectors is one: the promise holds for all labels together.
    evidence /= double(m_perLabel.size());
    if (evidence < m_options.arl || !m_perLabel[most].alarm(0)) return {};
    auto line = alarm(evidence, m_perLabel[most]);
    const auto label = std::find(m_slot.begin(), m_slot.end(), int(most));
    (*line)[u"label"_s]
        = int(most) == last || !m_labels ? QJsonValue() : QJsonValue((*m_labels)[label - m_slot.begin()]);
    for (auto& detector : m_perLabel)
        detector.rearm();
    return line;
}

std::optional<QJsonObject> RunStream::alarm(double evidence, const StreamDetector& detector)
{
    const Finding f = detector.find();
    m_done = !m_options.reset;
    return QJsonObject{{u"event"_s, u"alarm"_s}, {u"stream"_s, m_name}, {u"row"_s, m_row - 1},
        {u"evidence"_s, finite(evidence)},
        {u"effect"_s,
            QJsonObject{
                {u"estimate"_s, f.effect}, {u"low"_s, finite(f.interval.low)}, {u"high"_s, finite(f.interval.high)}}},
        {u"n"_s, qint64(f.current.n)},
        {u"onset"_s,
            QJsonObject{{u"row"_s, qint64(f.onset.at)}, {u"low_row"_s, qint64(f.onset.low)},
                {u"high_row"_s, qint64(f.onset.high)}}}};
}

double RunStream::smallestDetectable(double n) const
{
    if (m_perLabel.empty()) return m_detector.smallestDetectable(m_options.arl, n, Better::Neither);
    double worst = std::numeric_limits<double>::quiet_NaN(); // of the labels, each sharing the threshold
    for (const auto& d : m_perLabel) {
        const double one = d.smallestDetectable(m_options.arl * double(m_perLabel.size()), n, Better::Neither);
        if (!(one < worst)) worst = one;
    }
    return worst;
}

} // namespace wf
