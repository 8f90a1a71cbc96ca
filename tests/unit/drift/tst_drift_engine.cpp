// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the engine on the sample's traffic: silent through a calm hour, alarms in the incident with honest figures,
// exact over a restart, right with late and disordered data, quiet again after an accepted recovery.
#include "tests/unit/drift/drift_traffic.h"
#include <QtTest>

using namespace wf;
using namespace wf::traffic;
using namespace Qt::StringLiterals;

namespace {
World calm(Nanos)
{
    return {};
}

World incident(Nanos t) // prompt v42 reaches 93 % of the answers between 60 and 80 s after going live
{
    World w;
    w.badPromptShare = std::clamp(double(t - kLive - 60 * kSecond) / double(20 * kSecond), 0.0, 1.0) * 0.93;
    return w;
}

const StreamKey kGrounded{u"support-copilot"_s, u"grounded"_s, {}, {}};

JoinedObservation observation(const QString& signal, double value, Nanos t, qint64 seq)
{
    JoinedObservation j;
    j.observation.feature = u"support-copilot"_s;
    j.observation.signal = signal;
    j.observation.value = value;
    j.observation.t = t;
    j.observation.seen = t + kSecond;
    j.observation.seq = seq;
    return j;
}
} // namespace

class TestDriftEngine : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        // The day of history is the same for all tests: played once, loaded from its saved state.
        DriftEngine engine(signalSet(), m_clock);
        engine.setBaselineUntil(kLive);
        Traffic traffic(1);
        QCOMPARE(traffic.play(engine, kStart, kLive, 1, calm).size(), size_t(0));
        m_seq = traffic.seq;
        m_history = engine.save();
    }

    void calmHourIsSilent()
    {
        for (const quint64 seed : {101, 102}) {
            DriftEngine engine(signalSet(), m_clock);
            QVERIFY(engine.load(m_history).has_value());
            Traffic traffic(seed);
            traffic.seq = m_seq;
            const auto alarms = traffic.play(engine, kLive, kLive + kHour, 20, calm);
            QVERIFY2(alarms.empty(), alarms.empty() ? "" : qPrintable(alarms.front().stream.text()));
            const DriftSnapshot s = engine.snapshot(kLive + kHour);
            QCOMPARE(s.watched, 4);
            QCOMPARE(s.drifting, 0);
            for (const StreamState& stream : s.streams)
                QVERIFY(stream.state != DriftState::Alarm);
        }
    }

    void beforeTheFirstAnswerNothingIsKnown()
    {
        DriftEngine engine(signalSet(), m_clock);
        const DriftSnapshot s = engine.snapshot(kLive);
        QCOMPARE(s.watched, 4);
        QCOMPARE(s.waiting, 4);
        QCOMPARE(s.streams.front().key, kGrounded); // primary first
        QCOMPARE(s.streams.front().why, u"0 of 200 baseline answers"_s);
        QVERIFY(!s.streams.front().effectKnown);
    }

    void theIncident()
    {
        DriftEngine engine(signalSet(), m_clock);
        QVERIFY(engine.load(m_history).has_value());
        Traffic traffic(2);
        traffic.seq = m_seq;
        m_clock.at = kLive + 5 * kMinute;
        QVERIFY(traffic.play(engine, kLive, kLive + 50 * kSecond, 20, incident).empty());
        const DriftSnapshot before = engine.snapshot(kLive + 50 * kSecond);
        const StreamState* thumbs = before.find({u"support-copilot"_s, u"thumbs_down"_s, {}, {}});
        QVERIFY(thumbs && thumbs->state == DriftState::NotEnoughData
            && thumbs->why.endsWith(u"of 30 answers in the last 5 min"_s));
        const StreamState* calmState = before.find(kGrounded);
        QCOMPARE(calmState->state, DriftState::InBand);
        QVERIFY(calmState->smallestDetectable > 0.02 && calmState->smallestDetectable < 0.1);
        QVERIFY(calmState->band.low < 0.957 && calmState->band.high > 0.957);

        const auto alarms = traffic.play(engine, kLive + 50 * kSecond, kLive + 3 * kMinute, 20, incident);
        const auto whole
            = std::find_if(alarms.begin(), alarms.end(), [](const Alarm& a) { return a.stream == kGrounded; });
        QVERIFY(whole != alarms.end());
        QVERIFY2(whole->at < kLive + 90 * kSecond, qPrintable(QString::number(double(whole->at - kLive) / 1e9)));
        QVERIFY(whole->onset.low <= kLive + 70 * kSecond && whole->onset.high >= kLive + 66 * kSecond);
        QVERIFY(whole->onset.low > kLive + 40 * kSecond);
        QVERIFY(whole->effectInterval.high < -0.02);
        QVERIFY(std::abs(whole->coverage - 0.86) < 0.06);
        QVERIFY(whole->evaluatorLag > 14 * kSecond && whole->evaluatorLag < 22 * kSecond);
        QVERIFY(std::abs(whole->baseline.mean - 0.957) < 0.004);
        QCOMPARE(whole->raised, m_clock.at);
        QCOMPARE(whole->id.size(), 32);
        QVERIFY(std::any_of(alarms.begin(), alarms.end(), [](const Alarm& a) { return a.stream.value == u"v42"; }));
        for (const Alarm& a : alarms)
            QVERIFY(a.stream.signal != u"refusal" && a.stream.value != u"v41");

        const DriftSnapshot s = engine.snapshot(kLive + 3 * kMinute);
        const StreamState* state = s.find(kGrounded);
        QCOMPARE(state->state, DriftState::Alarm);
        QVERIFY(s.drifting >= 2); // grounded and answer_length
        const double truth = 0.93 * 0.73 + 0.07 * 0.957 - 0.957;
        QVERIFY(state->effectInterval.low < truth && state->effectInterval.high > truth);
        QVERIFY(state->sinceOnset.n > 1000);
        QVERIFY(std::abs(state->coverage5min - 0.86) < 0.03);
        QCOMPARE(state->spark.size(), size_t(60));
        QVERIFY(std::isnan(state->spark.front()) == false); // history reached there
        QVERIFY(std::abs(state->spark.back() - 0.75) < 0.25 || std::isnan(state->spark.back()));
        QVERIFY(std::abs(state->last5min.mean - 0.84) < 0.06);
    }

    void restartAnywhereRaisesTheSameAlarms()
    {
        const auto run = [&](bool restart) {
            auto engine = std::make_unique<DriftEngine>(signalSet(), m_clock);
            if (!engine->load(m_history)) qFatal("history");
            Traffic traffic(3);
            traffic.seq = m_seq;
            QStringList ids;
            for (Nanos t = kLive; t < kLive + 3 * kMinute; t += 7 * kSecond) {
                for (const Alarm& a : traffic.play(*engine, t, t + 7 * kSecond, 20, incident))
                    ids << a.id + a.stream.text();
                if (!restart) continue;
                const QByteArray bytes = engine->save();
                engine = std::make_unique<DriftEngine>(signalSet(), m_clock);
                if (!engine->load(bytes)) qFatal("state");
                if (engine->save() != bytes) qFatal("a loaded state saves differently");
            }
            return std::pair(ids, engine->save());
        };
        const auto one = run(false), two = run(true);
        QVERIFY(one.first.size() >= 3);
        QCOMPARE(one.first, two.first);
        QCOMPARE(one.second, two.second);
    }

    void recoveryClearsAndArmsAgain()
    {
        DriftEngine engine(signalSet(), m_clock);
        QVERIFY(engine.load(m_history).has_value());
        Traffic traffic(4);
        traffic.seq = m_seq;
        QVERIFY(!traffic.play(engine, kLive, kLive + 3 * kMinute, 20, incident).empty());
        const Nanos recovered = kLive + 4 * kMinute;
        (void)traffic.play(engine, kLive + 3 * kMinute, recovered, 20, calm);
        engine.acceptRecovery(u"support-copilot"_s, recovered);
        engine.acceptRecovery(u"support-copilot"_s, recovered); // again: nothing
        QCOMPARE(engine.snapshot(recovered).drifting, 0);
        QCOMPARE(engine.snapshot(recovered).find(kGrounded)->state, DriftState::NotEnoughData);
        // Evaluations of the bad minutes that arrive late must not alarm again.
        for (int i = 0; i < 2000; ++i)
            QVERIFY(engine.consume(observation(u"grounded"_s, 0, kLive + 2 * kMinute + i, ++traffic.seq)).empty());
        QVERIFY(traffic.play(engine, recovered, recovered + 10 * kMinute, 20, calm).empty());
        QCOMPARE(engine.snapshot(recovered + 10 * kMinute).find(kGrounded)->state, DriftState::InBand);
        const auto again = traffic.play(engine, recovered + 10 * kMinute, recovered + 12 * kMinute, 20, [](Nanos) {
            World w;
            w.badPromptShare = 0.9;
            return w;
        });
        QVERIFY(std::any_of(again.begin(), again.end(), [](const Alarm& a) { return a.stream == kGrounded; }));
    }

    void disorderChangesLittle()
    {
        // The same evaluations, shuffled within a minute of arrival: alarm within the same minute, onset at the same
        // place.
        std::vector<JoinedObservation> seen;
        Traffic traffic(5);
        std::vector<JoinedObservation> now, evaluations;
        for (Nanos t = kLive; t < kLive + 4 * kMinute; t += 50 * kMilli)
            traffic.answer(t, incident(t), now, evaluations);
        std::mt19937_64 random(6);
        for (size_t from = 0; from < evaluations.size(); from += 1000)
            std::shuffle(evaluations.begin() + qsizetype(from),
                evaluations.begin() + qsizetype(std::min(from + 1000, evaluations.size())), random);
        DriftEngine engine(signalSet(), m_clock);
        QVERIFY(engine.load(m_history).has_value());
        std::vector<Alarm> alarms;
        qint64 seq = m_seq;
        for (auto& j : evaluations) {
            j.observation.seq = ++seq;
            for (Alarm& a : engine.consume(j))
                if (a.stream == kGrounded) alarms.push_back(a);
        }
        QCOMPARE(alarms.size(), size_t(1));
        QVERIFY2(std::abs(double(alarms[0].onset.at - kLive) / 1e9 - 70) < 25,
            qPrintable(QString::number(double(alarms[0].onset.at - kLive) / 1e9)));
    }

    void badValuesAreCountedNotUsed()
    {
        DriftEngine engine(signalSet(), m_clock);
        qint64 seq = 0;
        for (const double bad : {std::nan(""), double(INFINITY), 1.5, -1.0})
            (void)engine.consume(observation(u"grounded"_s, bad, kLive, ++seq));
        (void)engine.consume(observation(u"nobody_knows"_s, 1, kLive, ++seq));
        QCOMPARE(engine.unused().refused, 4);
        QCOMPARE(engine.unused().unknownSignal, 1);
        QCOMPARE(engine.seq(), 5);
        QCOMPARE(engine.snapshot(kLive).find(kGrounded)->last5min.n, 0);
    }

    void withoutHistoryTheBaselineRolls()
    {
        DriftEngine engine(signalSet(), m_clock);
        Traffic traffic(8);
        QVERIFY(traffic.play(engine, kLive, kLive + 8 * kMinute, 5, calm).empty());
        QCOMPARE(engine.snapshot(kLive + 8 * kMinute).find(kGrounded)->state, DriftState::NotEnoughData);
        QVERIFY(traffic.play(engine, kLive + 8 * kMinute, kLive + 90 * kMinute, 5, calm).empty());
        const StreamState s = *engine.snapshot(kLive + 90 * kMinute).find(kGrounded);
        QCOMPARE(s.state, DriftState::InBand);
        // Ten minutes to one and a half chunks behind: never what is being judged.
        QVERIFY2(s.baseline.n > 60 * 60 * 4 && s.baseline.n < 80 * 60 * 5, qPrintable(QString::number(s.baseline.n)));
        const auto alarms = traffic.play(engine, kLive + 90 * kMinute, kLive + 100 * kMinute, 5, [](Nanos) {
            World w;
            w.good = 0.75;
            return w;
        });
        QVERIFY(!alarms.empty());
        // What came after the alarm has not become the new normal.
        (void)traffic.play(engine, kLive + 100 * kMinute, kLive + 150 * kMinute, 5, [](Nanos) {
            World w;
            w.good = 0.75;
            return w;
        });
        QVERIFY(engine.snapshot(kLive + 150 * kMinute).find(kGrounded)->baseline.mean > 0.95);
    }

    void manySlicesAreBounded()
    {
        DriftEngine engine(signalSet(), m_clock);
        for (int i = 0; i < 5000; ++i) {
            JoinedObservation j = observation(u"refusal"_s, 0, kLive + i * kSecond, i + 1);
            j.stack[Layer::Prompt] = u"p%1"_s.arg(i);
            (void)engine.consume(j);
        }
        QVERIFY(engine.snapshot(kLive).streams.size() <= 4 + 32 * 3);
        QVERIFY(engine.save().size() < 1'000'000);
    }

    void damagedStateIsRefused()
    {
        DriftEngine engine(signalSet(), m_clock);
        const QByteArray before = engine.save();
        QVERIFY(!engine.load("nonsense").has_value());
        QVERIFY(!engine.load(m_history.left(m_history.size() / 2)).has_value());
        QVERIFY(!engine.load(m_history + "x").has_value());
        QCOMPARE(engine.save(), before);
    }

private:
    FixedClock m_clock;
    QByteArray m_history;
    qint64 m_seq = 0;
};

QTEST_GUILESS_MAIN(TestDriftEngine)
#include "tst_drift_engine.moc"
