// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: confidence sequences hold at every moment, onset intervals hold their level; both by fixed-seed simulation
// with bounds far outside Monte Carlo error, and pinned by hand where a value can be computed by hand.
#include "models/domain/stats/onset.h"
#include "models/domain/stats/sequence.h"
#include "models/domain/stats/special.h"
#include <QtTest>
#include <random>

using namespace wf;
using namespace wf::stats;

class TestStatsSequences : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void rateByHand()
    {
        // n = 1, one success: mixture = B(3/2, 1/2) / B(1/2, 1/2) = 1/2, so p is rejected when (1/2) / p > 100: below
        // .005.
        const Interval i = rateSequence(1, 1, 0.99);
        QVERIFY(std::abs(i.low - 0.005) < 1e-12);
        QCOMPARE(i.high, 1.0);
        QCOMPARE(rateSequence(0, 0).high, 1.0);
        // Halving the information widens the interval.
        QVERIFY(rateSequence(90, 100, 0.99, 2).low < rateSequence(90, 100, 0.99).low);
    }

    void rateHoldsAtEveryMoment()
    {
        std::mt19937_64 random(11);
        int broken = 0, brokenFixed = 0;
        for (int run = 0; run < 400; ++run) {
            std::bernoulli_distribution coin(0.957);
            int s = 0;
            bool out = false, outFixed = false;
            for (int n = 1; n <= 1500; ++n) {
                s += coin(random);
                if (n % 5) continue;
                const Interval i = rateSequence(s, n, 0.9);
                out |= i.low > 0.957 || i.high < 0.957;
                const double half = 1.645 * std::sqrt(0.957 * 0.043 / n);
                outFixed |= std::abs(double(s) / n - 0.957) > half;
            }
            broken += out;
            brokenFixed += outFixed;
        }
        QVERIFY2(broken <= 40, qPrintable(QString::number(broken))); // promised: at most 10 %
        QVERIFY(brokenFixed > 200); // what a 90 % interval for one look does instead
    }

    void meanHoldsAtEveryMoment()
    {
        std::mt19937_64 random(12);
        std::lognormal_distribution<double> length(5.5, 0.5);
        const double truth = std::exp(5.5 + 0.125);
        int broken = 0;
        for (int run = 0; run < 300; ++run) {
            double n = 0, mean = 0, m2 = 0;
            bool out = false;
            for (int k = 0; k < 2000; ++k) {
                const double x = length(random), d = x - mean;
                mean += d / ++n;
                m2 += d * (x - mean);
                if (n < 30) continue; // asymptotic: judged from 30 on, where alarms begin
                const Interval i = meanSequence(mean, std::sqrt(m2 / (n - 1)), n, 0.9);
                out |= i.low > truth || i.high < truth;
            }
            broken += out;
        }
        QVERIFY2(broken <= 30, qPrintable(QString::number(broken)));
        QVERIFY(std::isinf(meanSequence(1, 1, 1).low));
    }

    void onsetByHand()
    {
        // Gaussian, sd 1: four 0s, then four 2s. The sum of the last 4 is 8: 64 / (2 * 4) = 8; of the last 5: 64 / 10
        // = 6.4; of the last 3: 36 / 6 = 6; of the last 6: 64 / 12 = 5.33; of the last 2: 4.
        std::vector<OnsetCell> cells;
        for (int i = 0; i < 8; ++i)
            cells.push_back({1, i < 4 ? 0.0 : 2.0, i * 10, i * 10});
        const auto e = estimateOnset(cells, {0, 1, 1, 0}, 2.5);
        QCOMPARE(e.at, 40);
        QVERIFY(std::abs(e.logRatio - 8) < 1e-12);
        QCOMPARE(e.low, 30);
        QCOMPARE(e.high, 50);
        // The wrong direction finds nothing; twice the inflation halves the ratio and so widens the interval.
        QCOMPARE(estimateOnset(cells, {0, 1, 1, -1}, 2.5).logRatio, 0.0);
        QCOMPARE(estimateOnset(cells, {0, 1, 2, 0}, 2.5).low, 0); // all 8: 64/16/2 = 2, within 2.5 of 64/8/2 = 4
        QVERIFY(std::abs(onsetDrop(0.9025) - 2.9957) < 0.0001); // (1 - 1/20)^2
        QCOMPARE(estimateOnset({}, {0, 1, 1, 0}, 3).at, 0);
    }

    void onsetHoldsItsLevel()
    {
        std::mt19937_64 random(13);
        int covered = 0;
        constexpr int runs = 400;
        for (int run = 0; run < runs; ++run) {
            std::vector<OnsetCell> cells;
            for (int i = 0; i < 400; ++i)
                cells.push_back({1, double(std::bernoulli_distribution(i < 300 ? 0.05 : 0.25)(random)), i, i});
            const auto e = estimateOnset(cells, {0.05, 0, 1, 0}, onsetDrop(0.9));
            covered += e.low <= 300 && e.high >= 300;
        }
        QVERIFY2(covered >= runs * 0.9, qPrintable(QString::number(covered)));
    }
};

QTEST_GUILESS_MAIN(TestStatsSequences)
#include "tst_stats_sequences.moc"
