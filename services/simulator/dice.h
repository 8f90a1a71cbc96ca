// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the simulator's chance. Every answer has dice of its own, made from (seed, purpose, number), so that its
// luck depends neither on what was asked before nor on when it was computed. SplitMix64 (Steele, Lea, Flood 2014).
// Owner: services/simulator. Thread: value.
#pragma once
#include <QtGlobal>
#include <cmath>
#include <numbers>

namespace wf::sim {

/// What the dice are thrown for: streams of one seed that must not repeat each other.
enum class Purpose : quint64 { Answer = 1, History, Person, Trace, Span, Response, Order, Pickup, Warmth, Replay };

constexpr quint64 mixed(quint64 x)
{
    x += 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

class Dice {
public:
    Dice(quint64 seed, Purpose purpose, quint64 number)
        : m_state(mixed(mixed(mixed(seed) ^ quint64(purpose)) ^ number))
    {
    }
    quint64 next()
    {
        const quint64 out = mixed(m_state);
        m_state += 0x9e3779b97f4a7c15ULL;
        return out;
    }
    double uniform() { return double(next() >> 11) * 0x1p-53; } ///< [0, 1)
    bool chance(double p) { return uniform() < p; }
    int below(int n) { return int(uniform() * n); }
    double gauss()
    {
        const double u = 1.0 - uniform(), v = uniform(); // u > 0
        return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v);
    }
    /// Log-normal with this mean (not median); spread = standard deviation of the logarithm.
    double around(double mean, double spread) { return mean * std::exp(spread * gauss() - spread * spread / 2); }

private:
    quint64 m_state;
};

} // namespace wf::sim
