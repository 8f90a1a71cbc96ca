// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/store/projector.h"
#include "services/store/event_store.h"

using namespace Qt::StringLiterals;

namespace wf {

namespace {

constexpr int kPage = 1'000;
const QString kStateName = u"projector.seq"_s;

} // namespace

Done Projector::start()
{
    if (m_seq >= 0) return {};
    const auto stored = m_store.get(kStateName);
    if (!stored && stored.error().fault != Fault::NotFound) return tl::unexpected(stored.error());
    m_seq = stored ? stored->toLongLong() : 0;
    return {};
}

Result<qint64> Projector::catchUp()
{
    if (const auto started = start(); !started) return tl::unexpected(started.error());
    qint64 copied = 0;
    for (;;) {
        const auto entries = m_record.after(m_seq, kPage);
        if (!entries) return tl::unexpected(entries.error());
        if (entries->empty()) return copied;
        EventStore::Projection projection;
        for (const Entry& entry : *entries) {
            if (entry.kind == QLatin1StringView(kind::IncidentOpened) && entry.body.contains(u"number"_s)) {
                Incident incident;
                incident.number = entry.body[u"number"_s].toInt();
                projection.incidentCodes.emplace_back(entry.incident, incident.code());
            }
            if (auto event = timelineEventOf(entry)) projection.events.push_back(std::move(*event));
        }
        projection.stateName = kStateName;
        projection.state = QByteArray::number(entries->back().seq);
        if (const auto done = m_store.project(projection); !done) return tl::unexpected(done.error());
        m_seq = entries->back().seq;
        copied += qint64(entries->size());
    }
}

} // namespace wf
