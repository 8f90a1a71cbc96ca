// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the drift thread over fake ports: it consumes by seq, stores state and snapshot together, and a crash
// between any two moments loses no alarm and makes none twice under another id.
#include "services/drift/drift_worker.h"
#include "tests/unit/drift/drift_traffic.h"
#include <QJsonDocument>
#include <QtTest>

using namespace wf;
using namespace wf::traffic;
using namespace Qt::StringLiterals;

namespace {
class FakeFeed final : public ObservationFeed {
public:
    Result<std::vector<JoinedObservation>> observationsAfter(qint64 seq, int limit) override
    {
        const std::lock_guard lock(mutex);
        if (failing) return fail(Fault::Io, u"The disk is away."_s);
        std::vector<JoinedObservation> out;
        for (const auto& j : rows)
            if (j.observation.seq > seq && int(out.size()) < limit) out.push_back(j);
        return out;
    }
    std::mutex mutex;
    std::vector<JoinedObservation> rows;
    bool failing = false;
};

class FakeState final : public StateStore {
public:
    Done put(const QString& name, const QByteArray& value) override
    {
        const std::lock_guard lock(mutex);
        blobs[name] = value;
        return {};
    }
    Result<QByteArray> get(const QString& name) override
    {
        const std::lock_guard lock(mutex);
        if (!blobs.contains(name)) return fail(Fault::NotFound, u"Never put."_s);
        return blobs[name];
    }
    std::mutex mutex;
    std::map<QString, QByteArray> blobs;
};
} // namespace

class TestDriftWorker : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_feed.rows.clear();
        m_feed.failing = false;
        m_state.blobs.clear();
        m_ids.clear();
        Traffic traffic(31);
        std::vector<JoinedObservation> now, evaluations;
        for (Nanos t = kStart; t < kStart + 40 * kMinute; t += kSecond)
            traffic.answer(t, {}, now, evaluations);
        World bad;
        bad.good = 0.6;
        for (Nanos t = kLive; t < kLive + 3 * kMinute; t += 100 * kMilli)
            traffic.answer(t, bad, now, evaluations);
        m_feed.rows = evaluations;
        for (size_t i = 0; i < m_feed.rows.size(); ++i)
            m_feed.rows[i].observation.seq = qint64(i) + 1;
    }

    void alarmsOnceAndStoresBoth()
    {
        {
            DriftWorker worker(signalSet(), ports(), kLive);
            QVERIFY(worker.start().has_value());
            QVERIFY(worker.latest() != nullptr);
            QTRY_VERIFY(worker.latest()->seq == qint64(m_feed.rows.size()));
            QCOMPARE(worker.latest()->drifting, 1);
            worker.stop();
            worker.stop();
        }
        const QStringList ids = m_ids;
        QVERIFY(!ids.isEmpty());
        const auto snapshot
            = DriftSnapshot::fromJson(QJsonDocument::fromJson(m_state.blobs[u"drift.snapshot"_s]).object());
        DriftEngine engine(signalSet(), m_clock);
        QVERIFY(engine.load(m_state.blobs[u"drift.state"_s]).has_value());
        QCOMPARE(snapshot.seq, engine.seq());
        QCOMPARE(snapshot.drifting, 1);

        // A second start has nothing left to do; one whose state was lost says everything again, with the same ids.
        {
            DriftWorker worker(signalSet(), ports(), kLive);
            QVERIFY(worker.start().has_value());
            QCOMPARE(worker.latest()->seq, qint64(m_feed.rows.size()));
        }
        QCOMPARE(m_ids, ids);
        m_state.blobs.clear();
        m_ids.clear();
        {
            DriftWorker worker(signalSet(), ports(), kLive);
            QVERIFY(worker.start().has_value());
            QTRY_VERIFY(worker.latest()->seq == qint64(m_feed.rows.size()));
        }
        QCOMPARE(m_ids, ids);
    }

    void recoveryIsAppliedAndStored()
    {
        DriftWorker worker(signalSet(), ports(), kLive);
        QVERIFY(worker.start().has_value());
        QTRY_COMPARE(worker.latest()->drifting, 1);
        worker.acceptRecovery(u"support-copilot"_s, kLive + 5 * kMinute);
        QTRY_COMPARE(worker.latest()->drifting, 0);
        worker.stop();
        DriftEngine engine(signalSet(), m_clock);
        QVERIFY(engine.load(m_state.blobs[u"drift.state"_s]).has_value());
        QCOMPARE(engine.snapshot(kLive).drifting, 0);
    }

    void aFailingFeedIsToldAndSurvived()
    {
        m_feed.failing = true;
        DriftWorker worker(signalSet(), ports(), kLive);
        QVERIFY(worker.start().has_value());
        QTRY_COMPARE(worker.problem(), u"The disk is away."_s);
        {
            const std::lock_guard lock(m_feed.mutex);
            m_feed.failing = false;
        }
        QTRY_COMPARE(worker.problem(), QString());
        QTRY_VERIFY(worker.latest()->seq == qint64(m_feed.rows.size()));
    }

    void aDamagedStateIsToldAndLearnedAgain()
    {
        m_state.blobs[u"drift.state"_s] = "nonsense";
        DriftWorker worker(signalSet(), ports(), kLive);
        const Done started = worker.start();
        QVERIFY(!started && started.error().sentence().contains(u"learns again"_s));
        QTRY_VERIFY(worker.latest()->seq == qint64(m_feed.rows.size()));
    }

private:
    DriftWorker::Ports ports()
    {
        return {&m_feed, &m_state, &m_clock, [this](std::vector<Alarm> alarms) {
                    for (const Alarm& a : alarms)
                        m_ids << a.id;
                }};
    }

    FixedClock m_clock;
    FakeFeed m_feed;
    FakeState m_state;
    QStringList m_ids; ///< written on the drift thread, read after it stopped or published
};

QTEST_GUILESS_MAIN(TestDriftWorker)
#include "tst_drift_worker.moc"
