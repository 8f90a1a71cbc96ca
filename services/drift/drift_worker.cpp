// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/drift/drift_worker.h"
#include <QJsonDocument>

namespace wf {
using namespace Qt::StringLiterals;

namespace {
constexpr int kBatch = 5000;
constexpr auto kIdle = std::chrono::milliseconds(50), kPublishEvery = std::chrono::milliseconds(1000);
} // namespace

DriftWorker::DriftWorker(SignalSet signalSet, Ports ports, Nanos baselineUntil)
    : m_ports(std::move(ports))
    , m_engine(std::move(signalSet), *m_ports.clock)
{
    m_engine.setBaselineUntil(baselineUntil);
}

DriftWorker::~DriftWorker()
{
    stop();
}

Done DriftWorker::start()
{
    Done done;
    const auto stored = m_ports.state->get(u"drift.state"_s);
    if (stored)
        done = m_engine.load(*stored);
    else if (stored.error().fault != Fault::NotFound)
        return tl::unexpected(stored.error());
    m_latest = std::make_shared<DriftSnapshot>(m_engine.snapshot(m_ports.clock->now()));
    m_thread = std::jthread([this](std::stop_token stop) { run(stop); });
    return done;
}

void DriftWorker::stop()
{
    if (!m_thread.joinable()) return;
    m_thread.request_stop();
    m_thread.join();
}

std::shared_ptr<const DriftSnapshot> DriftWorker::latest() const
{
    const std::lock_guard lock(m_mutex);
    return m_latest;
}

void DriftWorker::acceptRecovery(const QString& feature, Nanos t)
{
    const std::lock_guard lock(m_mutex);
    m_recoveries.emplace_back(feature, t);
    m_wake.notify_all();
}

QString DriftWorker::problem() const
{
    const std::lock_guard lock(m_mutex);
    return m_feedProblem.isEmpty() ? m_storeProblem : m_feedProblem;
}

void DriftWorker::run(std::stop_token stop)
{
    auto published = std::chrono::steady_clock::now();
    while (!stop.stop_requested()) {
        const bool more = round();
        std::vector<std::pair<QString, Nanos>> recoveries;
        {
            const std::lock_guard lock(m_mutex);
            recoveries.swap(m_recoveries);
        }
        for (const auto& [feature, t] : recoveries)
            m_engine.acceptRecovery(feature, t);
        const auto now = std::chrono::steady_clock::now();
        if (!recoveries.empty() || now - published >= kPublishEvery) {
            publish();
            published = now;
        }
        if (more) continue;
        std::unique_lock lock(m_mutex);
        m_wake.wait_for(lock, stop, kIdle, [&] { return !m_recoveries.empty(); });
    }
    publish();
}

bool DriftWorker::round()
{
    auto batch = m_ports.feed->observationsAfter(m_engine.seq(), kBatch);
    {
        const std::lock_guard lock(m_mutex);
        m_feedProblem = batch ? QString() : batch.error().sentence();
    }
    if (!batch || batch->empty()) return false;
    std::vector<Alarm> alarms = m_engine.consume(*batch);
    if (!alarms.empty() && m_ports.alarms) m_ports.alarms(std::move(alarms));
    return int(batch->size()) == kBatch;
}

void DriftWorker::publish()
{
    // Both blobs are of the same seq. Should the process die between the two, the snapshot shown is at most a second
    // old and the state, written first, is the one that counts.
    auto snapshot = std::make_shared<const DriftSnapshot>(m_engine.snapshot(m_ports.clock->now()));
    Done stored = m_ports.state->put(u"drift.state"_s, m_engine.save());
    if (stored)
        stored
            = m_ports.state->put(u"drift.snapshot"_s, QJsonDocument(snapshot->toJson()).toJson(QJsonDocument::Compact));
    const std::lock_guard lock(m_mutex);
    m_latest = std::move(snapshot);
    m_storeProblem = stored ? QString() : stored.error().sentence();
}

} // namespace wf
