// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: who asks, and how one answer turns out on a given stack. The history and the live stream draw from it alike,
// so that the only difference between them is what happened to the feature. Owner: services/simulator.
// Thread: immutable after construction, any.
#pragma once
#include "services/simulator/dice.h"
#include "services/simulator/scenario.h"

namespace wf::sim {

/// One known stack and what it does on each route. Lives as long as the world that owns it; never changes.
struct Stack {
    Manifest manifest;
    QString provider; ///< hidden
    std::vector<Behaviour> byRoute;
};

/// One answer as the simulator knows it, the truth included.
struct Given {
    qint64 number = 0; ///< 0, 1, … live; -1, -2, … backwards in the history
    Nanos started = 0, ended = 0;
    const Stack* stack = nullptr;
    int instance = 0, person = 0, route = 0;
    bool cached = false, human = false, error = false, refused = false, good = true;
    int tokensIn = 0, tokensOut = 0;
    double strictness = 0; ///< how near the line a good answer is; a harsher judge fails it below its own
    Nanos judgedAt = 0, thumbAt = 0; ///< 0 = never
    bool down = false;
};

struct Ids {
    QByteArray trace, span;
    QString response;
};

class Population {
public:
    /// The epoch is mixed into the ids (and into nothing else), so that two runs in one profile do not collide.
    Population(const Scenario& scenario, Nanos epoch)
        : m_scenario(scenario)
        , m_idSeed(mixed(scenario.seed) ^ quint64(epoch))
    {
    }
    const Scenario& scenario() const { return m_scenario; }

    Ids ids(qint64 number) const;
    QString recipient(int person) const; ///< a pseudonym
    const QString& tenant(int person) const;
    const QString& locale(int person) const;
    QString instanceName(int instance) const; ///< "copilot-07"
    const QString& region(int instance) const;
    Slice slice(const Given& given) const;
    Stack stack(const Manifest& manifest, const QString& provider) const;

    /// Everything of an answer that its number, place and stack do not already say. mix = what is being asked now.
    void ask(Dice& dice, const Mix& mix, Given& given) const;
    void turnOut(Dice& dice, Given& given) const;
    Answer toAnswer(const Given& given) const; ///< seen = when it ended

private:
    Scenario m_scenario;
    quint64 m_idSeed;
};

} // namespace wf::sim
