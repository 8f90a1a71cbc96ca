// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/simulator/support.h"
using namespace simtest;

namespace {
/// Runs to the end, with the given actions at their times, in steps of this many seconds.
Telemetry play(World& world, double until, double step, std::vector<std::pair<double, Action>> actions = {})
{
    size_t next = 0;
    for (double t = 0; t < until; t += step) {
        for (; next < actions.size() && actions[next].first <= t + step; ++next)
            world.act(at(actions[next].first), actions[next].second);
        world.advanceTo(at(std::min(until, t + step)));
    }
    return world.take();
}

QByteArray bytesOf(const World& world, const Telemetry& telemetry)
{
    QByteArray all;
    for (const Parcel& parcel : parcels(world.population(), world.epoch(), telemetry))
        all += parcel.path + parcel.body;
    return all;
}

Action pin(const QString& prompt)
{
    return {Action::Kind::Pin, Layer::Prompt, prompt, 0};
}
Action route(int percent)
{
    return {Action::Kind::Route, Layer::Prompt, {}, percent};
}
Action purge(const QString& generation)
{
    return {Action::Kind::Purge, Layer::Cache, generation, 0};
}

double meanLatency(const std::vector<Given>& answers, double from, double to)
{
    double sum = 0, n = 0;
    for (const Given& g : answers)
        if (uncached(g) && g.ended >= at(from) && g.ended < at(to)) sum += double(g.ended - g.started), ++n;
    return sum / n;
}
} // namespace

class TestWorld : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void sameSeedSameBytes()
    {
        const std::vector<std::pair<double, Action>> actions{
            {130.25, route(75)}, {180.5, pin(u"v41"_s)}, {200, purge(u"c2"_s)}};
        const auto run = [&](quint64 seed, double step) {
            Scenario s = scenario(u"account-numbers"_s);
            s.seed = seed;
            World world(s, kEpoch);
            const Telemetry telemetry = play(world, 240, step, actions);
            return bytesOf(world, telemetry);
        };
        const QByteArray first = run(7, 0.5);
        QVERIFY(first.size() > 1'000'000);
        QVERIFY(run(7, 0.5) == first);
        QVERIFY2(run(7, 13.0) == first, "how often it is asked to advance must not matter");
        QVERIFY(run(8, 0.5) != first);
    }

    void anActionLeavesThePastAlone()
    {
        World left(scenario(u"account-numbers"_s), kEpoch), right(scenario(u"account-numbers"_s), kEpoch);
        left.act(at(100), route(75));
        right.advanceTo(at(100));
        QVERIFY(bytesOf(left, left.take()) == bytesOf(right, right.take()));
        left.advanceTo(at(110)), right.advanceTo(at(110));
        QVERIFY(bytesOf(left, left.take()) != bytesOf(right, right.take()));
    }

    void theEpochNamesIdsOnly()
    {
        World left(scenario(u"account-numbers"_s), kEpoch), right(scenario(u"account-numbers"_s), kEpoch + kHour);
        const Telemetry a = play(left, 30, 30);
        right.advanceTo(kEpoch + kHour + 30 * kSecond);
        const Telemetry b = right.take();
        QCOMPARE(a.answers.size(), b.answers.size());
        for (size_t i = 0; i < a.answers.size(); ++i) {
            QCOMPARE(a.answers[i].tokensOut, b.answers[i].tokensOut);
            QCOMPARE(a.answers[i].ended - kEpoch, b.answers[i].ended - kEpoch - kHour);
        }
        QVERIFY(left.population().ids(5).trace != right.population().ids(5).trace);
        QVERIFY(left.population().ids(5).trace != left.population().ids(6).trace);
        QVERIFY(left.population().ids(5).trace != left.population().ids(-5).trace);
    }

    void theStoryInFigures()
    {
        World world(scenario(u"account-numbers"_s), kEpoch);
        const Telemetry t = play(world, 600, 5);
        QCOMPARE(qint64(t.answers.size()), 12'000);
        WF_NEAR(share(t.answers, 0, 60, byModel, good), 0.957);
        WF_NEAR(share(t.answers, 80, 600, byModel, good), 0.73);
        WF_NEAR(share(t.answers, 80, 600, byModel, on(Layer::Prompt, u"v42"_s)), 14.0 / 15);
        const auto v42 = [](const Given& g) { return byModel(g) && g.stack->manifest[Layer::Prompt] == u"v42"_s; };
        const auto v41 = [](const Given& g) { return byModel(g) && g.stack->manifest[Layer::Prompt] == u"v41"_s; };
        WF_NEAR(share(t.answers, 80, 600, v42, good), 0.713);
        WF_NEAR(share(t.answers, 80, 600, v41, good), 0.957); // the straggler
        WF_NEAR(share(t.answers, 120, 600, byModel, [](const Given& g) { return g.cached; }), 0.60);
        // The innocent index: as bad without it as with it, and harmless while it was alone.
        const auto index = [&](const QString& name) {
            return [=](const Given& g) { return byModel(g) && g.stack->manifest[Layer::Retrieval] == name; };
        };
        WF_NEAR(share(t.answers, 20, 60, index(u"kb-11-22"_s), good), 0.957);
        QVERIFY(std::abs(share(t.answers, 80, 600, index(u"kb-11-22"_s), good).of()
                    - share(t.answers, 80, 600, index(u"kb-11-21"_s), good).of())
            < 0.05);
    }

    void nothingElseMoves()
    {
        World world(scenario(u"account-numbers"_s), kEpoch);
        const Telemetry t = play(world, 600, 5);
        const double before = meanLatency(t.answers, 0, 60), after = meanLatency(t.answers, 90, 600);
        QVERIFY2(std::abs(after / before - 1) < 0.08, qPrintable(u"%1 %2"_s.arg(before).arg(after)));
        QVERIFY(share(t.answers, 0, 600, everyOne, [](const Given& g) { return g.error; }).of() < 0.002);
        WF_NEAR(share(t.answers, 80, 600, byModel, [](const Given& g) { return g.refused; }), 0.023);
        double length = 0, n = 0;
        for (const Given& g : t.answers)
            if (byModel(g) && g.ended >= at(80)) length += g.tokensOut, ++n;
        QVERIFY2(std::abs(length / n - 405) < 15, qPrintable(QString::number(length / n)));
    }

    void theEvaluatorLagsAndCoversAPart()
    {
        World world(scenario(u"account-numbers"_s), kEpoch);
        const Telemetry t = play(world, 300, 5);
        std::vector<Nanos> lags;
        for (const Given& g : t.answers)
            if (g.judgedAt) lags.push_back(g.judgedAt - g.ended);
        std::sort(lags.begin(), lags.end());
        const double median = double(lags[lags.size() / 2]) / double(kSecond);
        QVERIFY2(median > 15 && median < 20, qPrintable(QString::number(median)));
        WF_NEAR((Share{qint64(lags.size()), qint64(t.answers.size())}), 0.86 * 0.999);
        QVERIFY(
            std::is_sorted(t.judged.begin(), t.judged.end(), [](const auto& a, const auto& b) { return a.at < b.at; }));
        // What has been judged by now are the answers of a while ago, and none twice.
        std::set<qint64> seen;
        for (const auto& judged : t.judged)
            QVERIFY(seen.insert(judged.number).second);
        QVERIFY(t.judged.back().at <= at(300));
    }

    void theTellingOfIt()
    {
        World world(scenario(u"account-numbers"_s), kEpoch);
        const Telemetry t = play(world, 120, 1);
        QCOMPARE(t.changes.size(), size_t(2));
        QCOMPARE(t.changes[0].at, at(10));
        QCOMPARE(t.changes[1].from, u"v41"_s);
        QCOMPARE(t.changes[1].to, u"v42"_s);
        QCOMPARE(t.reports.size(), size_t(1));
        QVERIFY(t.reports[0].at > at(60) && t.reports[0].at < at(80));
        QCOMPARE(t.beats.size(), size_t(25)); // 0, 5, …, 120
        const QJsonObject change = changeJson(world.population().scenario(), kEpoch, t.changes[1]);
        QCOMPARE(change.value(u"time"_s).toString(), isoText(at(60)));
        QCOMPARE(change.value(u"layer"_s).toString(), u"prompt"_s);
    }

    void routedToPeople()
    {
        World world(scenario(u"account-numbers"_s), kEpoch);
        const Telemetry t = play(world, 300, 1, {{120, route(75)}, {240, route(0)}});
        const auto human = [](const Given& g) { return g.human; };
        QCOMPARE(share(t.answers, 0, 120, everyOne, human).hits, 0);
        WF_NEAR(share(t.answers, 125, 240, everyOne, human), 0.75);
        QCOMPARE(share(t.answers, 245, 300, everyOne, human).hits, 0);
        const double onTheWay = share(t.answers, 120, 125, everyOne, human).of();
        QVERIFY(onTheWay > 0.1 && onTheWay < 0.65);
        for (const Given& g : t.answers)
            if (g.human) QVERIFY(!g.judgedAt && !g.thumbAt && !g.cached);
    }

    void cachedAnswersKeepTheOldPrompt()
    {
        World world(scenario(u"account-numbers"_s), kEpoch);
        const Telemetry t
            = play(world, 500, 1, {{120, route(75)}, {200, pin(u"v41"_s)}, {300, purge(u"c2"_s)}, {320, route(0)}});
        const Test v41 = on(Layer::Prompt, u"v41"_s);
        QVERIFY(share(t.answers, 200, 209, uncached, v41).of() < 0.99);
        QCOMPARE(share(t.answers, 210, 300, uncached, v41).of(), 1.0);
        const double stuck = share(t.answers, 210, 300, byModel, v41).of();
        QVERIFY2(stuck > 0.36 && stuck < 0.50, qPrintable(QString::number(stuck)));
        QCOMPARE(share(t.answers, 302, 500, byModel, v41).of(), 1.0);
        QCOMPARE(share(t.answers, 302, 500, byModel, on(Layer::Cache, u"c2"_s)).of(), 1.0);
        WF_NEAR(share(t.answers, 302, 500, byModel, good), 0.957);
        WF_NEAR(share(t.answers, 400, 500, byModel, [](const Given& g) { return g.cached; }), 0.59);
    }

    void withoutAPurgeTheCacheAgesOut()
    {
        World world(scenario(u"account-numbers"_s), kEpoch);
        const Telemetry t = play(world, 1500, 5, {{200, pin(u"v41"_s)}});
        QVERIFY(share(t.answers, 600, 900, byModel, on(Layer::Prompt, u"v42"_s)).of() > 0.45);
        QCOMPARE(share(t.answers, 1111, 1500, byModel, on(Layer::Prompt, u"v42"_s)).hits, 0);
    }

    void aYoungerPinOvertakesARollout()
    {
        World world(scenario(u"account-numbers"_s), kEpoch);
        const Telemetry t = play(world, 200, 1, {{65, pin(u"v41"_s)}});
        QCOMPARE(share(t.answers, 76, 200, uncached, on(Layer::Prompt, u"v42"_s)).hits, 0);
        QCOMPARE(world.settings().stack[Layer::Prompt], u"v41"_s);
    }

    void calmStaysCalm()
    {
        World world(scenario(u"calm"_s), kEpoch);
        const Telemetry t = play(world, 1800, 10);
        QCOMPARE(t.changes.size(), size_t(4));
        QCOMPARE(t.reports.size(), size_t(0));
        for (const auto& [from, to] : {std::pair{0, 180}, {180, 600}, {600, 1200}, {1200, 1800}}) {
            WF_NEAR(share(t.answers, from, to, byModel, good), 0.957);
            WF_NEAR(share(t.answers, from, to, byModel, [](const Given& g) { return g.refused; }), 0.023);
        }
        const auto always = world.population().stack(scenario(u"calm"_s).stack, u"r1"_s).byRoute;
        for (const Given& g : t.answers)
            QVERIFY(g.stack->byRoute == always);
    }

    void theProviderChangesInSilence()
    {
        World world(scenario(u"silent-provider"_s), kEpoch);
        const Telemetry t = play(world, 1800, 10);
        QCOMPARE(t.changes.size(), size_t(0));
        QCOMPARE(t.reports.size(), size_t(1));
        WF_NEAR(share(t.answers, 0, 60, byModel, good), 0.957);
        WF_NEAR(share(t.answers, 90, 900, uncached, good), 0.80);
        WF_NEAR(share(t.answers, 1000, 1800, byModel, good), 0.80); // the caches have aged out
        for (const Given& g : t.answers) {
            QCOMPARE(g.stack->manifest[Layer::Model], u"gpt-5.1"_s);
            QCOMPARE(g.stack->manifest[Layer::Prompt], u"v41"_s);
        }
    }

    void judgeMixAndSilence()
    {
        Scenario s = scenario(u"calm"_s);
        const auto add = [&](Happening::Kind kind, double seconds) -> Happening& {
            Happening& h = s.happenings.emplace_back();
            h.kind = kind;
            h.at = Nanos(seconds * double(kSecond));
            return h;
        };
        add(Happening::Kind::EvaluatorChange, 100).failsGood = 0.2;
        add(Happening::Kind::MixChange, 200).routes = Mix({{u"general"_s, 1}});
        Happening& silence = add(Happening::Kind::SilentSource, 300);
        silence.source = u"evaluations"_s;
        silence.until = 350 * kSecond;
        World world(s, kEpoch);
        const Telemetry t = play(world, 400, 1);
        const auto judged = [&](double from, double to) {
            Share out;
            for (const auto& j : t.judged)
                if (j.at >= at(from) && j.at < at(to)) ++out.n, out.hits += j.good;
            return out;
        };
        WF_NEAR(judged(0, 100), 0.957);
        WF_NEAR(judged(100, 200), 0.957 * 0.8);
        WF_NEAR(share(t.answers, 100, 200, byModel, good), 0.957); // the feature itself is as before
        QCOMPARE(share(t.answers, 200, 300, everyOne, [](const Given& g) { return g.route == 2; }).of(), 1.0);
        QCOMPARE(judged(300.001, 350).n, 0);
        QVERIFY(judged(350, 400).n > 500);
    }

    void loadRateIsKept()
    {
        World world(scenario(u"account-numbers"_s), kEpoch, 1000);
        const Telemetry t = play(world, 10, 0.1);
        QVERIFY(t.answers.size() >= 9'999 && t.answers.size() <= 10'001);
    }
};

QTEST_GUILESS_MAIN(TestWorld)
#include "tst_world.moc"
