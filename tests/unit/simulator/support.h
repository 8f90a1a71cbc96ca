// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: what the simulator's tests share: scenarios from the source tree, and counting over emitted answers.
#pragma once
#include "services/simulator/messages.h"
#include <QFile>
#include <QtTest>
#include <functional>
#include <set>

namespace simtest {
using namespace wf;
using namespace wf::sim;
using namespace Qt::StringLiterals;

inline constexpr Nanos kEpoch = 1'795'230'000 * kSecond;

inline Scenario scenario(const QString& name)
{
    const auto loaded = loadScenario(QStringLiteral(WF_SOURCE_DIR "/resources/samples/scenarios/") + name + u".yaml"_s);
    if (!loaded) qFatal("%s", qPrintable(loaded.error().sentence()));
    return *loaded;
}

inline Nanos at(double seconds)
{
    return kEpoch + Nanos(seconds * double(kSecond));
}

struct Share {
    qint64 hits = 0, n = 0;
    double of() const { return n ? double(hits) / double(n) : -1; }
};

using Test = std::function<bool(const Given&)>;
/// Among the answers of [from, to) that are in, how many hit.
inline Share share(const std::vector<Given>& answers, double from, double to, const Test& in, const Test& hit)
{
    Share s;
    for (const Given& g : answers)
        if (g.ended >= at(from) && g.ended < at(to) && in(g)) ++s.n, s.hits += hit(g);
    return s;
}
inline bool everyOne(const Given&)
{
    return true;
}
inline bool byModel(const Given& g)
{
    return !g.human && !g.error;
}
inline bool uncached(const Given& g)
{
    return byModel(g) && !g.cached;
}
inline bool good(const Given& g)
{
    return g.good;
}
inline Test on(Layer layer, const QString& value)
{
    return [=](const Given& g) { return g.stack->manifest[layer] == value; };
}

/// Within four standard errors (and a floor): fails by chance less than once in ten thousand, and the seed is fixed.
#define WF_NEAR(share_, expected)                                                                                      \
    do {                                                                                                               \
        const auto s_ = (share_);                                                                                      \
        const double e_ = (expected),                                                                                  \
                     tolerance_ = std::max(0.002, 4 * std::sqrt(e_ * (1 - e_) / double(std::max<qint64>(1, s_.n))));   \
        QVERIFY2(s_.n > 0 && std::abs(s_.of() - e_) <= tolerance_,                                                     \
            qPrintable(                                                                                                \
                u"%1 of %2 = %3, expected %4 +- %5"_s.arg(s_.hits).arg(s_.n).arg(s_.of()).arg(e_).arg(tolerance_)));   \
    } while (false)

} // namespace simtest
