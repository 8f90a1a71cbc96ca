// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the simulated feature itself. What it emits is a function of the scenario, the epoch and the control actions
// with their times, and of nothing else: how often or how late it is asked to advance changes nothing.
// Owner: services/simulator. Thread: one at a time (Simulator holds a lock); emitted values may be read from any
// thread.
#pragma once
#include "services/simulator/population.h"
#include <deque>
#include <map>
#include <variant>

namespace wf::sim {

/// What left the feature since the last take(), each list oldest first.
struct Telemetry {
    struct Judged {
        qint64 number = 0; ///< of the answer
        Nanos at = 0;
        bool good = true;
    };
    struct Thumb {
        qint64 number = 0;
        Nanos at = 0;
        bool down = false;
    };
    std::vector<Given> answers;
    std::vector<Judged> judged;
    std::vector<Thumb> thumbs;
    std::vector<Happening> changes, reports; ///< at = absolute time
    std::vector<Nanos> beats;
    size_t records() const { return answers.size() + judged.size() + thumbs.size() + changes.size() + reports.size(); }
};

/// What the feature is set to, as its flag service tells it. Instances follow with a delay.
struct Settings {
    Manifest stack;
    int humanPercent = 0;
    int revision = 1; ///< grows with each change
};

struct Action {
    enum class Kind { Pin, Route, Purge };
    Kind kind = Kind::Pin;
    Layer layer = Layer::Prompt; ///< Pin
    QString value; ///< Pin: version; Purge: generation
    int humanPercent = 0; ///< Route
};

class World {
public:
    /// answersPerSecond 0 = the scenario's.
    World(const Scenario& scenario, Nanos epoch, double answersPerSecond = 0);
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    void advanceTo(Nanos time);
    Telemetry take();
    /// Advances to then first, so that an action never changes what has already been given.
    void act(Nanos at, const Action& action);
    const Settings& settings() const { return m_settings; }
    bool knows(Layer layer, const QString& value) const; ///< a version the scenario names anywhere

    struct Replayed {
        int pass = 0, n = 0;
    };
    /// The newest stored failing prompts, asked again under this prompt. Changes nothing; the same question has the
    /// same answer.
    Replayed replay(const QString& prompt, int count) const;

    const Population& population() const { return m_population; }
    Nanos epoch() const { return m_epoch; }

private:
    struct Kept { ///< an answer kept by an instance: it repeats the stack it was made on
        Nanos born = 0;
        const Stack* stack = nullptr;
    };
    struct Instance {
        const Stack* stack = nullptr;
        int humanPercent = 0;
        std::vector<Kept> kept;
    };
    struct NextAnswer { };
    struct NextBeat { };
    struct Happens {
        size_t index = 0;
    };
    struct HeardAgain {
        QString source;
    };
    /// What an instance takes on. field: a layer, or one of the two below; a younger ticket makes an older one void.
    struct Pickup {
        int instance = 0, field = 0, ticket = 0;
        QString value;
        bool emptiesCache = false;
    };
    using Event = std::variant<NextAnswer, NextBeat, Happens, HeardAgain, Pickup, Given, Telemetry::Thumb>;
    static constexpr int kProviderField = int(kLayers.size()), kHumanField = kProviderField + 1,
                         kFields = kHumanField + 1;

    void run(Nanos now, NextAnswer);
    void run(Nanos now, NextBeat);
    void run(Nanos now, Happens which);
    void run(Nanos now, const HeardAgain& what);
    void run(Nanos now, const Pickup& pickup);
    void run(Nanos now, const Given& answer); ///< it is judged
    void run(Nanos now, const Telemetry::Thumb& thumb);
    void happen(Nanos now, const Happening& happening);
    void scheduleAnswer();
    void spread(
        Nanos from, int field, const QString& value, double share, Nanos over, bool emptiesCache, bool atRandom);
    void serve(Nanos now, Dice& dice, Given& given);
    const Stack* stackLike(const Stack& base, int field, const QString& value);
    const Stack* known(const Manifest& manifest, const QString& provider);
    bool silent(const QString& source) const { return m_silent.contains(source); }

    Population m_population;
    Nanos m_epoch;
    Nanos m_now; ///< advanced to
    double m_interval; ///< nanoseconds between answers
    std::deque<Stack> m_stacks; ///< a deque: its elements stay where they are
    std::vector<Instance> m_instances;
    std::multimap<Nanos, Event> m_schedule; ///< everything to come; equal times in the order they were put in
    Settings m_settings;
    std::array<int, kFields> m_tickets{};
    int m_ticket = 0;
    Mix m_mix;
    QStringList m_silent;
    double m_judgeFailsGood = 0;
    qint64 m_next = 0; ///< number of the next answer
    struct Failing {
        qint64 number = 0;
        int route = 0;
    };
    std::deque<Failing> m_failing; ///< newest last
    Telemetry m_out;
};

} // namespace wf::sim
