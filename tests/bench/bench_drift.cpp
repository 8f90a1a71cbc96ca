// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: `./dev bench drift`: are false alarms as rare as promised, how soon is a change found, do the intervals
// hold, what does an observation cost. Fixed seeds; one core; under two minutes. The table goes into
// docs/design/drift.md.
#include "services/drift/drift_engine.h"
#include <cstdio>
#include <functional>
#include <malloc.h>
#include <random>
#include <time.h>

using namespace wf;
using namespace Qt::StringLiterals;

namespace {
using Random = std::mt19937_64;
using Draw = std::function<double(Random&)>;
constexpr double kA = 1e5;
constexpr int kBaseline = 10'000;

Draw coin(double p)
{
    const auto limit = quint64(p * 0x1p64);
    return [limit](Random& r) { return double(r() < limit); };
}

Draw normal(double mean)
{
    return [mean](Random& r) { return std::normal_distribution<double>(mean, 1)(r); };
}

Draw length(double factor)
{
    return [factor](Random& r) { return std::round(factor * std::lognormal_distribution<double>(5.5, 0.6)(r)); };
}

/// Ten answers of a session share a rate drawn from a beta law: intra-class correlation rho.
Draw sessions(double p, double rho)
{
    return [=, left = 0, rate = 0.0](Random& r) mutable {
        if (left-- <= 0) {
            std::gamma_distribution<double> a(p * (1 / rho - 1)), b((1 - p) * (1 / rho - 1));
            const double x = a(r);
            rate = x / (x + b(r));
            left = 9;
        }
        return double(std::bernoulli_distribution(rate)(r));
    };
}

/// A day of 5 000 observations over which the rate swings by 30 %.
Draw wave(double p)
{
    return [=, t = 0](Random& r) mutable {
        return double(std::bernoulli_distribution(p * (1 + 0.3 * std::sin(6.283185307 * t++ / 5000)))(r));
    };
}

/// Processor time of this thread, so that what else the machine does counts less.
double seconds()
{
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return double(t.tv_sec) + double(t.tv_nsec) * 1e-9;
}

StreamDetector learned(SignalKind kind, const Draw& draw, Random& random)
{
    DetectorOptions options;
    options.kind = kind;
    StreamDetector d(options);
    for (int i = 0; i < kBaseline; ++i)
        d.learn(draw(random));
    d.arm();
    return d;
}

void falseAlarms(const char* name, SignalKind kind, const Draw& draw, int runs, int events)
{
    // Every run has a baseline of its own; alarms of one run share its error, so the interval is over runs.
    double sum = 0, squares = 0;
    const double begin = seconds();
    for (int run = 0; run < runs; ++run) {
        Random random(quint64(run) + 1000);
        StreamDetector d = learned(kind, draw, random);
        int alarms = 0;
        for (int i = 0; i < events; ++i) {
            d.add(draw(random), i);
            if (!d.alarm(kA)) continue;
            ++alarms;
            d.rearm();
        }
        sum += alarms;
        squares += double(alarms) * alarms;
    }
    const double per = kA / events, mean = sum / runs,
                 error = 1.96 * std::sqrt(std::max(0.0, squares / runs - mean * mean) / runs);
    std::printf("| %-34s | 1 | %.2f (%.2f to %.2f) | %.0f alarms in %.1e | %.0f s |\n", name, mean * per,
        std::max(0.0, mean - error) * per, (mean + error) * per, sum, double(runs) * events, seconds() - begin);
    std::fflush(stdout);
}

void delays(
    const char* name, SignalKind kind, const Draw& before, const Draw& after, double effect, double target, int runs)
{
    constexpr int unchanged = 1000, most = 10'000;
    std::vector<double> delay, onsetError;
    int effectHolds = 0, onsetHolds = 0, found = 0, early = 0;
    for (int run = 0; run < runs; ++run) {
        Random random(quint64(run) + 5000);
        StreamDetector d = learned(kind, before, random);
        for (int i = 0; i < unchanged; ++i) {
            d.add(before(random), i);
            if (!d.alarm(kA)) continue;
            ++early;
            d.rearm();
        }
        int n = 0;
        bool alarm = false;
        while (!alarm && n < most) {
            d.add(after(random), unchanged + n++);
            alarm = d.alarm(kA);
        }
        delay.push_back(n);
        if (!alarm) continue;
        ++found;
        const Finding f = d.find();
        effectHolds += f.interval.low <= effect && effect <= f.interval.high;
        onsetHolds += f.onset.low <= unchanged && unchanged <= f.onset.high;
        onsetError.push_back(std::abs(double(f.onset.at) - unchanged));
    }
    std::sort(delay.begin(), delay.end());
    std::sort(onsetError.begin(), onsetError.end());
    double mean = 0;
    for (const double x : delay)
        mean += x / double(delay.size());
    const auto at
        = [](const std::vector<double>& v, double q) { return v.empty() ? NAN : v[size_t(q * double(v.size() - 1))]; };
    std::printf("| %-26s | %.1f | %.0f | %.0f | %.0f | %.2f | %.2f | %.0f / %.0f | %d |\n", name, mean, at(delay, 0.5),
        at(delay, 0.95), target, double(effectHolds) / found, double(onsetHolds) / found, at(onsetError, 0.5),
        at(onsetError, 0.9), early);
    std::fflush(stdout);
}

void cost(const char* name, SignalKind kind, const Draw& draw)
{
    Random random(1);
    std::vector<double> values(1 << 20);
    for (double& x : values)
        x = draw(random);
    StreamDetector d = learned(kind, draw, random);
    double begin = seconds();
    for (size_t i = 0; i < values.size(); ++i)
        d.add(values[i], qint64(i));
    const double whole = (seconds() - begin) * 1e9 / double(values.size());
    begin = seconds();
    double keep = 0;
    if (kind == SignalKind::Rate) {
        RateDetector bets;
        bets.fit(d.baseline(), 0);
        for (const double x : values)
            bets.add(x);
        keep = bets.evidence();
    } else {
        NumericDetector bets;
        bets.fit(d.baseline(), 0);
        for (const double x : values)
            bets.add(x);
        keep = bets.evidence();
    }
    const double bets = (seconds() - begin) * 1e9 / double(values.size());

    constexpr int streams = 200;
    std::vector<StreamDetector> many;
    many.reserve(streams);
    const size_t before = mallinfo2().uordblks;
    for (int s = 0; s < streams; ++s) {
        many.push_back(d);
        many.back().arm();
    }
    const double bytes = double(mallinfo2().uordblks - before) / streams + double(sizeof(StreamDetector));
    std::printf("| %-26s | %.0f | %.0f | %.0f | %g |\n", name, bets, whole, bytes,
        keep > 1e9 ? -1.0 : double(sizeof(StreamDetector)));
}

void engine()
{
    class Still final : public Clock {
    public:
        Nanos now() const override { return 0; }
    } clock;
    SignalSet set;
    for (int i = 0; i < 4; ++i) {
        SignalDef def;
        def.name = u"signal-%1"_s.arg(i);
        def.feature = u"*"_s;
        def.kind = i == 0 ? SignalKind::Numeric : SignalKind::Rate;
        set.signalDefs.push_back(def);
    }
    DriftEngine drift(set, clock);
    constexpr Nanos start = 1'795'000'000 * kSecond;
    constexpr int answers = 100'000;
    drift.setBaselineUntil(start + answers / 2 * 50 * kMilli);
    Random random(3);
    const auto rate = coin(0.957);
    const auto number = length(1);
    std::vector<JoinedObservation> batch;
    for (int i = 0; i < answers; ++i) {
        JoinedObservation j;
        j.observation.feature = u"feature"_s;
        j.observation.t = j.observation.seen = start + i * 50 * kMilli;
        j.stack[Layer::Model] = u"model-%1"_s.arg(random() % 2);
        j.stack[Layer::Prompt] = u"prompt-%1"_s.arg(random() % 4);
        j.slice.route = u"route-%1"_s.arg(random() % 8);
        for (int s = 0; s < 4; ++s) {
            j.observation.seq = qint64(batch.size()) + 1;
            j.observation.signal = set.signalDefs[size_t(s)].name;
            j.observation.value = s == 0 ? number(random) : rate(random);
            batch.push_back(j);
        }
    }
    const double begin = seconds();
    const size_t alarms = drift.consume(batch).size();
    const double spent = seconds() - begin;
    const double beginSave = seconds();
    const auto state = drift.save();
    std::printf(
        "\nEngine: %.0f observations a second, each on 1 whole stream and 0 or 3 slices (%zu streams, %zu alarms); "
        "state %lld KB, saved in %.1f ms.\n",
        double(batch.size()) / spent, drift.snapshot(start).streams.size(), alarms,
        static_cast<long long>(state.size() / 1024), (seconds() - beginSave) * 1e3);
}
} // namespace

int main()
{
    std::printf("Threshold A = 1e5, baseline of 1e4 observations learned anew in every run, no minimum effect.\n\n");
    std::printf("| null stream | promised per 1e5 | measured (95 %% Monte Carlo) | | took |\n|---|---|---|---|---|\n");
    falseAlarms("rate .05", SignalKind::Rate, coin(0.05), 300, 200'000);
    falseAlarms("numeric N(0, 1)", SignalKind::Numeric, normal(0), 80, 100'000);
    falseAlarms("numeric log-normal, whole numbers", SignalKind::Numeric, length(1), 80, 100'000);
    falseAlarms("rate .05, sessions, ICC .05", SignalKind::Rate, sessions(0.05, 0.05), 100, 200'000);
    falseAlarms("rate .05, sessions, ICC .15", SignalKind::Rate, sessions(0.05, 0.15), 100, 200'000);
    falseAlarms("rate .05, daily wave +-30 %", SignalKind::Rate, wave(0.05), 100, 200'000);
    falseAlarms("rate, never varies", SignalKind::Rate, coin(0), 10, 1'000'000);

    std::printf("\n| change | mean delay | median | 95 %% | target (mean) | effect interval holds (.99) | onset "
                "interval holds (.99) | "
                "onset error median / 90 %% | early alarms |\n|---|---|---|---|---|---|---|---|---|\n");
    delays("pass .95 -> .90", SignalKind::Rate, coin(0.05), coin(0.10), 0.05, 420, 300);
    delays("pass .95 -> .80", SignalKind::Rate, coin(0.05), coin(0.20), 0.15, 66, 300);
    delays("pass .95 -> .60", SignalKind::Rate, coin(0.05), coin(0.40), 0.35, 21, 300);
    delays("mean + .25 sd", SignalKind::Numeric, normal(0), normal(0.25), 0.25, 285, 300);
    delays("mean + .5 sd", SignalKind::Numeric, normal(0), normal(0.5), 0.5, 85, 300);
    delays("mean + 1 sd", SignalKind::Numeric, normal(0), normal(1), 1, 25, 300);
    const double mean = std::exp(5.5 + 0.18);
    delays("length x 1.25 (log sd .6)", SignalKind::Numeric, length(1), length(1.25), 0.25 * mean, 320, 300);

    std::printf("\n| detector | ns, bets alone | ns, with the onset ring | bytes a stream | of which fixed "
                "|\n|---|---|---|---|---|\n");
    cost("rate", SignalKind::Rate, coin(0.05));
    cost("numeric", SignalKind::Numeric, length(1));
    engine();
    return 0;
}
