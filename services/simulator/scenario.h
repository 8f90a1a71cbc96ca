// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: a simulated AI feature as data: who asks, how it behaves on which stack, who judges it and when, and what
// happens to it. Keys and meaning: docs/design/simulator.md. Owner: services/simulator. Thread: values.
#pragma once
#include "models/domain/telemetry.h"
#include <QStringList>
#include <map>
#include <optional>
#include <vector>

namespace wf::sim {

/// A choice by weight: "account: 50".
class Mix {
public:
    struct Part {
        QString name;
        double weight = 0;
    };
    Mix() = default;
    explicit Mix(std::vector<Part> parts);
    const std::vector<Part>& parts() const { return m_parts; }
    int pick(double uniform) const; ///< index for u in [0, 1)
    int indexOf(const QString& name) const;

private:
    std::vector<Part> m_parts;
    std::vector<double> m_upTo; ///< running share
};

/// How the feature behaves on one stack and route.
struct Behaviour {
    double good = 1.0; ///< share of answers the evaluator would pass
    double refused = 0.0;
    double length = 200, lengthSpread = 0.5; ///< tokens
    friend bool operator==(const Behaviour&, const Behaviour&) = default;
};

/// Rules are read in order; each that fits sets what it names, so later ones refine earlier ones.
struct BehaviourRule {
    std::map<QString, QString> when; ///< layers of the stack, "provider" (hidden), "route"
    std::optional<double> good, refused, length, lengthSpread;
};

struct Happening {
    enum class Kind {
        ChangeEvent, ///< a change is told, behaviour stays
        Rollout, ///< a layer goes to a share of the instances, which restart; told unless announce is false
        ProviderChange, ///< behaviour behind the model's name changes; nobody tells
        HumanReport,
        SilentSource, ///< evaluations | feedback | changes | watchdog: nothing arrives from then on
        EvaluatorChange, ///< the judge changes, not the feature: fails this share of the good answers
        MixChange, ///< other questions are asked
    };
    Kind kind = Kind::ChangeEvent;
    Nanos at = 0; ///< after the epoch; below 0 = in the history
    QString actor, summary, layer, from, to;
    double share = 1.0; ///< rollout: of the instances
    Nanos over = 0; ///< rollout, provider-change: from the first to the last instance
    bool announce = true;
    QString channel, text; ///< human-report
    QString source; ///< silent-source
    Nanos until = 0; ///< silent-source: heard again then; 0 = never
    double failsGood = 0; ///< evaluator-change
    Mix routes; ///< mix-change
};

struct Scenario {
    QString name, title, feature;
    quint64 seed = 1;
    double livePerSecond = 20, historyPerSecond = 1;
    Nanos history = kDay;
    int people = 10'000, instances = 10;
    Mix tenants, routes, locales;
    QStringList regions;
    Manifest stack; ///< at the start
    QString provider; ///< what really answers behind the model's name; in no telemetry
    std::vector<BehaviourRule> behaviour;
    double latency = 1.2, latencySpread = 0.4, cachedLatency = 0.06, errors = 0.001; ///< seconds; share
    struct {
        QString signal;
        double coverage = 1.0, lag = 17, lagSpread = 0.25; ///< seconds
    } evaluator;
    struct {
        double rate = 0, downWhenGood = 0, downWhenBad = 0, lag = 20;
    } feedback;
    struct {
        double share = 0; ///< of the questions are asked often enough to be kept
        int questions = 1; ///< how many of those there are, over all instances
        Nanos ttl = 15 * kMinute;
    } cache;
    struct {
        Nanos pin = 10 * kSecond, route = 5 * kSecond, purge = 2 * kSecond; ///< slowest instance
    } pickup;
    Nanos watchdog = 5 * kSecond;
    std::vector<Happening> happenings; ///< oldest first

    Behaviour behaviourOf(const Manifest& stack, const QString& provider, const QString& route) const;
};

/// Refused with file:line:column: unknown keys, wrong types, shares outside 0..1, layers and routes that do not exist.
Result<Scenario> parseScenario(const QByteArray& yaml, const QString& fileName);
/// A name ("account-numbers", from the resources) or the path of a .yaml file.
Result<Scenario> loadScenario(const QString& nameOrPath);
Result<Layer> layerFromName(const QString& name);

} // namespace wf::sim
