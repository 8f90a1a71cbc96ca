// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: small makers of telemetry for the tests of the store. Owner: tests. Thread: pure, but for the clock
// (atomic).
#pragma once
#include "services/store/event_store.h"
#include "services/store/store_reader.h"
#include <QCryptographicHash>

namespace wf::test {

using namespace Qt::StringLiterals;

inline constexpr Nanos kNoon = 1'795'262'400 * kSecond; ///< a full hour

class HandClock final : public Clock {
public:
    Nanos now() const override { return m_now; }
    void set(Nanos now) { m_now = now; }
    void advance(Nanos by) { m_now += by; }

private:
    std::atomic<Nanos> m_now{kNoon};
};

inline QByteArray idBytes(const char* what, qint64 number, int size)
{
    return QCryptographicHash::hash(what + QByteArray::number(number), QCryptographicHash::Sha256).left(size);
}

inline const QString kFeature = u"support-copilot"_s;
inline const QString kGrounded = u"grounded_account_number"_s;

inline Answer answerAt(qint64 number, Nanos t)
{
    Answer a;
    a.t = t;
    a.seen = t + 20 * kMilli;
    a.traceId = idBytes("trace", number, 16);
    a.spanId = idBytes("span", number, 8);
    a.responseId = u"resp-%1"_s.arg(number);
    a.feature = kFeature;
    a.stack[Layer::Model] = u"gpt-5.1-2026-09-30"_s;
    a.stack[Layer::Prompt] = u"v41"_s;
    a.slice = {u"tenant-1"_s, u"billing"_s, u"en"_s, u"eu-west"_s, u"pod-1"_s};
    a.recipient = u"person-%1"_s.arg(number % 7);
    a.latencyNs = 900 * kMilli;
    return a;
}

inline Observation observationOf(
    const Answer& answer, const QString& signal, double value, const QString& source = u"otlp"_s)
{
    Observation o;
    o.traceId = answer.traceId;
    o.spanId = answer.spanId;
    o.responseId = answer.responseId;
    o.signal = signal;
    o.value = value;
    o.t = answer.t + 15 * kSecond;
    o.seen = o.t;
    o.source = source;
    return o;
}

inline Batch batchOf(std::vector<Answer> answers, std::vector<Observation> observations = {})
{
    Batch batch;
    batch.source = u"otlp"_s;
    batch.answers = std::move(answers);
    batch.observations = std::move(observations);
    return batch;
}

inline std::unique_ptr<EventStore> openStore(const QString& path, const Clock& clock, EventStoreOptions options = {})
{
    options.groupMs = 1;
    auto store = EventStore::open(path, clock, options);
    if (!store) qFatal("%s", qPrintable(store.error().sentence()));
    return std::move(*store);
}

inline std::unique_ptr<StoreReader> openReader(const QString& path, const Clock& clock)
{
    auto reader = StoreReader::open(path, clock);
    if (!reader) qFatal("%s", qPrintable(reader.error().sentence()));
    return std::move(*reader);
}

} // namespace wf::test
