// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: seeded traffic of one feature for the engine's tests: history at one answer a second, then live at twenty.
// Owner: drift tests. Thread: one.
#pragma once
#include "services/drift/drift_engine.h"
#include <deque>
#include <random>

namespace wf::traffic {

inline constexpr Nanos kStart = 1'795'000'000 * kSecond; ///< November 2026
inline constexpr Nanos kLive = kStart + 24 * kHour;

class FixedClock final : public Clock {
public:
    Nanos now() const override { return at; }
    Nanos at = kLive;
};

inline SignalSet signalSet()
{
    SignalSet set;
    const QString f = QStringLiteral("support-copilot");
    set.signalDefs = {
        {QStringLiteral("answer_length"), f, {}, SignalKind::Numeric, Better::Neither, QStringLiteral("tokens"), 0.3,
            0.1, false, false, 3},
        {QStringLiteral("grounded"), f, {}, SignalKind::Rate, Better::Higher, {}, 0.02, 0.02, true, true, 2},
        {QStringLiteral("refusal"), f, {}, SignalKind::Rate, Better::Lower, {}, 0.02, 0.02, false, false, 3},
        {QStringLiteral("thumbs_down"), f, {}, SignalKind::Rate, Better::Lower, {}, 0.05, 0.05, false, true, 3},
    };
    return set;
}

/// What the answers are like at a moment.
struct World {
    double good = 0.957, length = 268, refused = 0.023;
    double badPromptShare = 0; ///< answers on prompt v42: 73 % good, 405 tokens
    double evaluated = 0.86;
};

class Traffic {
public:
    explicit Traffic(quint64 seed)
        : m_random(seed)
    {
    }

    /// One answer at t: its observations, joined, in the order they would arrive (evaluations late are the caller's to
    /// add).
    void answer(
        Nanos t, const World& w, std::vector<JoinedObservation>& now, std::vector<JoinedObservation>& evaluations)
    {
        JoinedObservation j;
        j.observation.feature = QStringLiteral("support-copilot");
        j.observation.t = t;
        j.observation.seen = t + 200 * kMilli;
        const bool bad = chance(w.badPromptShare);
        j.stack[Layer::Model] = QStringLiteral("gpt-5.1-2026-09-30");
        j.stack[Layer::Prompt] = bad ? QStringLiteral("v42") : QStringLiteral("v41");
        j.slice.route = kRoutes[m_random() % 4];
        const double mean = bad ? 405 : w.length;
        const auto push = [&](auto& to, const char16_t* signal, double value, Nanos seen) {
            j.observation.signal = QString::fromUtf16(signal);
            j.observation.value = value;
            j.observation.seen = seen;
            to.push_back(j);
        };
        push(now, u"answer_length",
            std::round(std::lognormal_distribution<double>(std::log(mean) - 0.08, 0.4)(m_random)), t + 200 * kMilli);
        push(now, u"refusal", chance(w.refused), t + 200 * kMilli);
        if (chance(w.evaluated))
            push(evaluations, u"grounded", chance(bad ? 0.73 : w.good),
                t + Nanos(15 * kSecond + m_random() % 5000 * kMilli));
        if (chance(0.004)) push(evaluations, u"thumbs_down", chance(0.2), t + 30 * kSecond);
    }

    /// Feeds [from, to) at `perSecond`, evaluations with their lag, seq in the order of arrival.
    template <class WorldAt>
    std::vector<Alarm> play(DriftEngine& engine, Nanos from, Nanos to, double perSecond, WorldAt&& worldAt)
    {
        std::vector<Alarm> alarms;
        std::vector<JoinedObservation> now, fresh;
        const auto consume = [&](JoinedObservation& j) {
            j.observation.seq = ++seq;
            for (Alarm& a : engine.consume(j))
                alarms.push_back(std::move(a));
        };
        const Nanos step = Nanos(double(kSecond) / perSecond);
        for (Nanos t = from; t < to; t += step) {
            now.clear();
            fresh.clear();
            answer(t, worldAt(t), now, fresh);
            for (auto& j : fresh)
                m_due.push_back(std::move(j));
            for (auto& j : now)
                consume(j);
            while (!m_due.empty() && m_due.front().observation.seen <= t) {
                consume(m_due.front());
                m_due.pop_front();
            }
        }
        return alarms;
    }

    qint64 seq = 0;

private:
    bool chance(double p) { return std::bernoulli_distribution(p)(m_random); }
    inline static const std::array kRoutes{
        QStringLiteral("billing"), QStringLiteral("cards"), QStringLiteral("transfers"), QStringLiteral("other")};
    std::mt19937_64 m_random;
    std::deque<JoinedObservation> m_due;
};

} // namespace wf::traffic
