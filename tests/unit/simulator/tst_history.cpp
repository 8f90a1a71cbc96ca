// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/simulator/history.h"
#include "tests/unit/simulator/support.h"
using namespace simtest;

namespace {
std::vector<Batch> historyOf(const Scenario& s)
{
    std::vector<Batch> all;
    const Done done = historyBatches(s, kEpoch, [&](Batch batch) { return all.push_back(std::move(batch)), Done(); });
    if (!done) qFatal("%s", qPrintable(done.error().sentence()));
    return all;
}
} // namespace

class TestHistory : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aWholeDay()
    {
        const Scenario s = scenario(u"account-numbers"_s);
        std::set<QByteArray> traces;
        std::map<QString, Share> signalSums;
        double length = 0;
        qint64 cached = 0, events = 0;
        Nanos last = 0;
        for (const Batch& batch : historyOf(s)) {
            QVERIFY(batch.size() <= 5000);
            events += qint64(batch.events.size());
            for (const Answer& a : batch.answers) {
                QVERIFY(a.t >= last && a.t >= kEpoch - kDay && a.t < kEpoch && a.seen == a.t);
                last = a.t;
                QVERIFY(traces.insert(a.traceId).second);
                QCOMPARE(a.traceId.size(), 16);
                QCOMPARE(a.spanId.size(), 8);
                QCOMPARE(a.feature, u"support-copilot"_s);
                QCOMPARE(a.stack, s.stack);
                QVERIFY(!a.recipient.isEmpty() && !a.slice.tenant.isEmpty() && !a.toHuman);
                cached += a.fromCache;
            }
            for (const Observation& o : batch.observations) {
                QVERIFY(traces.contains(o.traceId)); // the answer came first
                QVERIFY(o.seen >= o.t && o.seen <= kEpoch);
                if (o.signal == u"answer_length"_s) length += o.value;
                Share& sum = signalSums[o.signal];
                ++sum.n, sum.hits += o.value != 0;
            }
        }
        QCOMPARE(qint64(traces.size()), 86'400);
        QCOMPARE(events, 3);
        QCOMPARE(signalSums.size(), size_t(4));
        WF_NEAR(signalSums[u"grounded_account_number"_s], 0.957);
        WF_NEAR(signalSums[u"refusal"_s], 0.023);
        WF_NEAR((Share{signalSums[u"grounded_account_number"_s].n, 86'400}), 0.86);
        WF_NEAR((Share{signalSums[u"thumbs_down"_s].n, 86'400}), s.feedback.rate);
        WF_NEAR((Share{cached, 86'400}), 0.61);
        const double mean = length / double(signalSums[u"answer_length"_s].n);
        QVERIFY2(std::abs(mean - 268) < 4, qPrintable(QString::number(mean)));
    }

    void sameSeedSameRows()
    {
        Scenario s = scenario(u"calm"_s);
        s.history = kHour;
        const auto left = historyOf(s), right = historyOf(s);
        QCOMPARE(left.size(), right.size());
        for (size_t b = 0; b < left.size(); ++b) {
            QCOMPARE(left[b].answers.size(), right[b].answers.size());
            for (size_t i = 0; i < left[b].answers.size(); ++i) {
                const Answer &l = left[b].answers[i], &r = right[b].answers[i];
                QVERIFY(l.t == r.t && l.traceId == r.traceId && l.spanId == r.spanId && l.responseId == r.responseId
                    && l.slice == r.slice && l.recipient == r.recipient && l.latencyNs == r.latencyNs);
            }
            for (size_t i = 0; i < left[b].observations.size(); ++i)
                QCOMPARE(left[b].observations[i].value, right[b].observations[i].value);
        }
        s.seed += 1;
        QVERIFY(historyOf(s)[1].answers[0].traceId != left[1].answers[0].traceId);
    }

    void changesOfTheDay()
    {
        const auto batches = historyOf(scenario(u"account-numbers"_s));
        const auto& events = batches.front().events;
        QCOMPARE(events.size(), size_t(3));
        QCOMPARE(events[0].t, kEpoch - 22 * kHour);
        for (const TimelineEvent& event : events) {
            QCOMPARE(event.kind, EventKind::Change);
            QVERIFY(!event.dedupKey.isEmpty() && !event.title.isEmpty());
            QVERIFY(layerFromName(event.body.value(u"layer"_s).toString()).has_value());
        }
    }

    void aRefusalStops()
    {
        Scenario s = scenario(u"calm"_s);
        s.history = 3 * kHour;
        int taken = 0;
        const Done done = historyBatches(s, kEpoch, [&](Batch) -> Done {
            if (++taken == 2) return fail(Fault::DiskFull, u"The disk is full."_s);
            return {};
        });
        QVERIFY(!done.has_value());
        QCOMPARE(done.error().fault, Fault::DiskFull);
        QCOMPARE(taken, 2);
    }
};

QTEST_GUILESS_MAIN(TestHistory)
#include "tst_history.moc"
