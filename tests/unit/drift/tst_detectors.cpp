// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the detectors keep their promise on streams that do not change, find what does, and survive a restart bit
// for bit.
#include "models/domain/stats/special.h"
#include "services/drift/stream_detector.h"
#include <QtTest>
#include <random>

using namespace wf;

namespace {
QByteArray saved(const StreamDetector& d)
{
    QByteArray bytes;
    QDataStream out(&bytes, QIODevice::WriteOnly);
    d.save(out);
    return bytes;
}

StreamDetector numericOn(std::mt19937_64& random, int n, double minEffect = 0)
{
    StreamDetector d({SignalKind::Numeric, minEffect});
    std::lognormal_distribution<double> length(5.5, 0.4);
    for (int i = 0; i < n; ++i)
        d.learn(length(random));
    d.arm();
    return d;
}
} // namespace

class TestDetectors : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void rateByHand()
    {
        // Baseline 2 of 10, z = 0 (level 0: medians of the beta law), one observation. Every bet's expected factor at
        // its own base is one: base * L1 + (1 - base) * L0 = 1, so after a single observation the evidence is the mean
        // of the factors.
        Baseline b;
        for (int i = 0; i < 10; ++i)
            b.add(i < 2);
        RateDetector d;
        d.fit(b, 0, 0);
        const double high = std::max(2.5 / 11, stats::betaQuantile(0.5, 3, 8)),
                     low = std::min(2.5 / 11, stats::betaQuantile(0.5, 2, 9));
        double expected = 0;
        for (double ratio : {1.2, 1.35, 1.5, 1.8, 2.2, 2.8, 3.8, 5.5, 9.0, 16.0, 1 / 1.2, 1 / 1.4, 1 / 1.8, 1 / 2.5,
                 1 / 4.0, 1 / 8.0}) {
            const double base = ratio > 1 ? high : low, odds = base / (1 - base) * ratio;
            expected += odds / (1 + odds) / base / 16;
        }
        d.add(1);
        QVERIFY(std::abs(d.evidence() - expected) < 1e-12);
    }

    void rateBetsAreFairOnTheirNull()
    {
        // Shiryaev-Roberts under the null: E[evidence after n] <= n. Exactly at the edge the mean of many runs is near
        // n.
        std::mt19937_64 random(21);
        Baseline b;
        for (int i = 0; i < 2000; ++i)
            b.add(i % 20 == 0);
        RateDetector d;
        d.fit(b, 0.01);
        double sum = 0;
        constexpr int runs = 20000, n = 20;
        std::bernoulli_distribution coin(0.06); // baseline .05 + minEffect .01: within what counts as unchanged
        for (int r = 0; r < runs; ++r) {
            d.reset();
            for (int i = 0; i < n; ++i)
                d.add(coin(random));
            sum += d.evidence();
        }
        QVERIFY2(sum / runs <= n * 1.05, qPrintable(QString::number(sum / runs)));
    }

    void falseAlarmsAreRarerThanPromised()
    {
        // A = 1e4 over 4e5 unchanged observations with fresh baselines of 1 000: at most 40 were promised.
        std::mt19937_64 random(22);
        int rate = 0, numeric = 0;
        for (int run = 0; run < 20; ++run) {
            std::bernoulli_distribution coin(0.05);
            StreamDetector r({SignalKind::Rate});
            for (int i = 0; i < 1000; ++i)
                r.learn(coin(random));
            r.arm();
            StreamDetector v = numericOn(random, 1000);
            std::lognormal_distribution<double> length(5.5, 0.4);
            for (int i = 0; i < 20000; ++i) {
                r.add(coin(random), i);
                if (r.alarm(1e4)) ++rate, r.rearm();
                if (i % 2) continue;
                v.add(length(random), i);
                if (v.alarm(1e4)) ++numeric, v.rearm();
            }
        }
        QVERIFY2(rate <= 40, qPrintable(QString::number(rate)));
        QVERIFY2(numeric <= 20, qPrintable(QString::number(numeric)));
    }

    void sessionsDoNotRaiseFalseAlarms()
    {
        // Ten answers of a session share a rate (intra-class correlation .15): untempered bets would alarm dozens of
        // times.
        std::mt19937_64 random(23);
        int alarms = 0;
        for (int run = 0; run < 5; ++run) {
            StreamDetector d({SignalKind::Rate});
            const auto session = [&](auto&& use) {
                constexpr double s = 1 / 0.15 - 1, p = 0.05;
                std::gamma_distribution<double> a(p * s), b((1 - p) * s);
                const double x = a(random), rate = x / (x + b(random));
                for (int i = 0; i < 10; ++i)
                    use(std::bernoulli_distribution(rate)(random));
            };
            for (int i = 0; i < 1000; ++i)
                session([&](bool x) { d.learn(x); });
            QVERIFY2(d.baseline().inflation() > 1.5, qPrintable(QString::number(d.baseline().inflation())));
            d.arm();
            for (int i = 0; i < 10000; ++i)
                session([&](bool x) {
                    d.add(x, i);
                    if (d.alarm(1e5)) ++alarms, d.rearm();
                });
        }
        QVERIFY2(alarms <= 15, qPrintable(QString::number(alarms)));
    }

    void constantsNeverAlarm()
    {
        for (const double constant : {0.0, 1.0}) {
            StreamDetector d({SignalKind::Rate});
            for (int i = 0; i < 500; ++i)
                d.learn(constant);
            d.arm();
            for (int i = 0; i < 300'000; ++i)
                d.add(constant, i);
            QCOMPARE(d.evidence(), 0.0);
            for (int i = 0; i < 12; ++i)
                d.add(1 - constant, i); // but another value in a constant stream is news
            QVERIFY(d.alarm(1e4));
        }
        StreamDetector n({SignalKind::Numeric});
        for (int i = 0; i < 500; ++i)
            n.learn(42);
        n.arm();
        for (int i = 0; i < 100'000; ++i)
            n.add(42, i);
        QCOMPARE(n.evidence(), 0.0);
        for (int i = 0; i < 12; ++i)
            n.add(43, i); // but a new value in a constant stream is news
        QVERIFY(n.alarm(1e4));
    }

    void findsWhatChanged()
    {
        std::mt19937_64 random(24);
        std::bernoulli_distribution good(0.957), bad(0.73);
        StreamDetector d({SignalKind::Rate, 0.02, 30});
        for (int i = 0; i < 50'000; ++i)
            d.learn(good(random));
        d.arm();
        int at = 0;
        for (; at < 20'000; ++at) {
            d.add(good(random), at);
            QVERIFY(!d.alarm(1e8));
        }
        for (; !d.alarm(1e8); ++at) {
            QVERIFY(at < 21'000);
            d.add(bad(random), at);
        }
        const Finding f = d.find();
        QVERIFY2(at - 20'000 < 300, qPrintable(QString::number(at)));
        QVERIFY(f.onset.low <= 20'000 && f.onset.high >= 20'000);
        QVERIFY(f.interval.low < -0.227 && f.interval.high > -0.227);
        QVERIFY(f.interval.high < -0.02);
        QVERIFY(f.effect < -0.1);
    }

    void longerAnswersAreFound()
    {
        std::mt19937_64 random(25);
        StreamDetector d = numericOn(random, 20'000, 0.2);
        std::lognormal_distribution<double> same(5.5, 0.4), longer(5.9, 0.4);
        int i = 0;
        for (; i < 10'000; ++i) {
            d.add(same(random), i);
            QVERIFY(!d.alarm(1e7));
        }
        for (; i < 10'400 && !d.alarm(1e7); ++i)
            d.add(longer(random), i);
        QVERIFY2(i < 10'200, qPrintable(QString::number(i)));
        QVERIFY(d.find().effect > 0);
        QVERIFY(std::abs(double(d.find().onset.at) - 10'000) < 40);
    }

    void shiftsTooSmallToMatterStaySilent()
    {
        std::mt19937_64 random(26);
        std::bernoulli_distribution before(0.957), after(0.947); // one point; two matter
        StreamDetector d({SignalKind::Rate, 0.02, 30});
        for (int i = 0; i < 50'000; ++i)
            d.learn(before(random));
        d.arm();
        for (int i = 0; i < 300'000; ++i) {
            d.add(after(random), i);
            QVERIFY(!d.alarm(1e4));
        }
    }

    void restartIsExact()
    {
        std::mt19937_64 random(27);
        for (const SignalKind kind : {SignalKind::Rate, SignalKind::Numeric}) {
            StreamDetector one({kind, 0, 30});
            const auto value = [&](double p) {
                return kind == SignalKind::Rate ? double(std::bernoulli_distribution(p)(random))
                                                : std::floor(std::lognormal_distribution<double>(3 * p + 3, 1)(random));
            };
            for (int i = 0; i < 3000; ++i)
                one.learn(value(0.3));
            one.arm();
            for (int i = 0; i < 500; ++i)
                one.add(value(0.3), i);
            const QByteArray bytes = saved(one);
            StreamDetector two({kind, 0, 30});
            QDataStream in(bytes);
            two.load(in);
            QVERIFY(in.status() == QDataStream::Ok && in.atEnd());
            for (int i = 500; i < 2000; ++i) {
                const double x = value(0.4);
                one.add(x, i);
                two.add(x, i);
                QCOMPARE(one.evidence(), two.evidence());
                QCOMPARE(one.alarm(1e4), two.alarm(1e4));
            }
            QCOMPARE(saved(one), saved(two));
            QVERIFY(one.alarm(1e4));
        }
    }

    void valuesOfTheWrongKindAreRefused()
    {
        const StreamDetector rate({SignalKind::Rate}), number({SignalKind::Numeric});
        for (const double x : {std::nan(""), double(INFINITY), -double(INFINITY)}) {
            QVERIFY(!rate.accepts(x));
            QVERIFY(!number.accepts(x));
        }
        QVERIFY(!rate.accepts(1.5) && !rate.accepts(-0.1) && rate.accepts(0.4));
        QVERIFY(number.accepts(-1e300));
    }

    void boundedScores()
    {
        // Scores between 0 and 1 bet linearly: a half is neither.
        std::mt19937_64 random(28);
        StreamDetector d({SignalKind::Rate});
        std::uniform_real_distribution<double> before(0.6, 1), after(0.4, 0.8);
        for (int i = 0; i < 5000; ++i)
            d.learn(before(random));
        d.arm();
        for (int i = 0; i < 20'000; ++i) {
            d.add(before(random), i);
            QVERIFY(!d.alarm(1e5));
        }
        int n = 0;
        while (n < 1000 && !d.alarm(1e5))
            d.add(after(random), 20'000 + n++);
        QVERIFY2(n < 400, qPrintable(QString::number(n)));
    }

    void smallestDetectableIsFoundHalfOfTheTime()
    {
        std::mt19937_64 random(29);
        StreamDetector d({SignalKind::Rate});
        std::bernoulli_distribution coin(0.05);
        for (int i = 0; i < 20'000; ++i)
            d.learn(coin(random));
        d.arm();
        const double shift = d.smallestDetectable(1e5, 1000, Better::Lower);
        QVERIFY2(shift > 0.02 && shift < 0.06, qPrintable(QString::number(shift)));
        const auto foundShare = [&](double by) {
            std::bernoulli_distribution worse(d.baseline().mean() + by);
            int found = 0;
            for (int run = 0; run < 200; ++run) {
                d.rearm();
                for (int i = 0; i < 1000; ++i) {
                    d.add(worse(random), i);
                    if (!d.alarm(1e5)) continue;
                    ++found;
                    break;
                }
            }
            return found;
        };
        QVERIFY(foundShare(shift) >= 90); // half of 200, and the mixture adds a little
        QVERIFY(foundShare(shift / 2) <= 60);
        StreamDetector tiny({SignalKind::Rate});
        tiny.learn(0);
        QVERIFY(std::isnan(tiny.smallestDetectable(1e5, 1000, Better::Lower))); // not armed
    }

    void ringIsBoundedAndExactInSum()
    {
        OnsetRing ring;
        double sum = 0;
        for (int i = 0; i < 20'000; ++i) {
            ring.add(i, i, i);
            sum += i;
        }
        const auto cells = ring.cells();
        QVERIFY(cells.size() <= 9 * 13);
        double total = 0;
        for (size_t i = 0; i < cells.size(); ++i) {
            total += cells[i].sum;
            if (i > 0) QCOMPARE(cells[i].from, cells[i - 1].to + 1);
        }
        QCOMPARE(total, sum);
        ring.add(5, 5, 15'000); // late: counted where it belongs
        const auto after = ring.cells();
        QCOMPARE(after.size(), cells.size());
        for (size_t i = 0; i < cells.size(); ++i)
            QCOMPARE(after[i].n, cells[i].n + (cells[i].from <= 15'000 && cells[i].to >= 15'000));
    }
};

QTEST_GUILESS_MAIN(TestDetectors)
#include "tst_detectors.moc"
