// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: special functions, intervals, equivalence, roll-ups and pyramids against published or hand-computed values.
#include "models/domain/stats/equivalence.h"
#include "models/domain/stats/intervals.h"
#include "models/domain/stats/pyramid.h"
#include "models/domain/stats/special.h"
#include <QtTest>
#include <random>

using namespace wf;
using namespace wf::stats;

namespace {
bool near(double a, double b, double tolerance)
{
    if (std::abs(a - b) <= tolerance) return true;
    qWarning("%.10g is not within %g of %.10g", a, tolerance, b);
    return false;
}

bool is(const Interval& i, double low, double high, double tolerance = 0.00005)
{
    return near(i.low, low, tolerance) && near(i.high, high, tolerance);
}

// Exact power of the equivalence test against a large baseline: sum of the binomial law over the outcomes that pass.
double power(qint64 n, double p, double margin)
{
    constexpr qint64 baselineN = 1'000'000'000;
    double sum = 0;
    for (qint64 k = 0; k <= n; ++k)
        if (equivalentRates(k, n, qint64(p * baselineN), baselineN, margin).outcome == Equivalence::In)
            sum += std::exp(std::lgamma(n + 1.0) - std::lgamma(k + 1.0) - std::lgamma(n - k + 1.0) + k * std::log(p)
                + (n - k) * std::log1p(-p));
    return sum;
}
} // namespace

class TestStats : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void normal()
    {
        QVERIFY(near(normalCdf(0), 0.5, 1e-16));
        QVERIFY(near(normalCdf(1.959963984540054), 0.975, 1e-15));
        QVERIFY(near(normalQuantile(0.975), 1.959963984540054, 1e-14));
        QVERIFY(near(normalQuantile(0.25), -0.6744897501960817, 1e-15)); // AS 241's own check values
        QVERIFY(near(normalQuantile(0.001), -3.090232306167814, 1e-14));
        QVERIFY(near(normalQuantile(1e-20), -9.262340089798408, 1e-12));
        for (double p = 1e-12; p < 1; p = p * 1.7 + 1e-13)
            QVERIFY(near(normalCdf(normalQuantile(p)) / p, 1, 1e-12));
        QVERIFY(std::isinf(normalQuantile(0)) && std::isinf(normalQuantile(1)));
    }

    void beta()
    {
        QVERIFY(near(betaCdf(0.5, 2, 3), 11.0 / 16, 1e-14)); // 1 - P(Bin(4, 1/2) <= 1) = 11/16
        QVERIFY(near(betaCdf(0.3, 1, 1), 0.3, 1e-15));
        QVERIFY(near(betaCdf(0.2, 1, 7), 1 - std::pow(0.8, 7), 1e-14));
        QVERIFY(near(betaQuantile(0.05, 1, 20), 1 - std::pow(0.95, 1.0 / 20), 1e-14));
        QVERIFY(
            near(betaCdf(betaQuantile(0.01, 86400 * 0.957, 86400 * 0.043), 86400 * 0.957, 86400 * 0.043), 0.01, 1e-9));
        QCOMPARE(betaQuantile(0.3, 0, 5), 0.0);
        QCOMPARE(betaQuantile(0.3, 5, 0), 1.0);
        QVERIFY(near(studentQuantile(0.975, 10), 2.228138852, 1e-8)); // printed tables
        QVERIFY(near(studentQuantile(0.995, 1), 63.65674116, 1e-6));
        QVERIFY(near(studentQuantile(0.05, 4), -2.131846786, 1e-8));
        QVERIFY(near(studentCdf(2.228138852, 10), 0.975, 1e-9));
    }

    void oneProportion() // Newcombe 1998, Statistics in Medicine 17:857, table I
    {
        QVERIFY(is(wilson(81, 263, 0.95), 0.2553, 0.3662));
        QVERIFY(is(wilson(15, 148, 0.95), 0.0624, 0.1605));
        QVERIFY(is(wilson(0, 20, 0.95), 0, 0.1611));
        QVERIFY(is(wilson(1, 29, 0.95), 0.0061, 0.1718));
        QVERIFY(is(clopperPearson(81, 263, 0.95), 0.2527, 0.3676));
        QVERIFY(is(clopperPearson(15, 148, 0.95), 0.0578, 0.1617));
        QVERIFY(is(clopperPearson(0, 20, 0.95), 0, 0.1684));
        QVERIFY(is(clopperPearson(1, 29, 0.95), 0.0009, 0.1776));
        QVERIFY(is(wilson(0, 0), 0, 1));
        QVERIFY(is(clopperPearson(20, 20, 0.95), 1 - 0.1684, 1));
    }

    void twoProportions() // Newcombe 1998, Statistics in Medicine 17:873, table II, method 10
    {
        QVERIFY(is(newcombeDifference(56, 70, 48, 80, 0.95), 0.0524, 0.3339));
        QVERIFY(is(newcombeDifference(9, 10, 3, 10, 0.95), 0.1705, 0.8090));
        QVERIFY(is(newcombeDifference(6, 7, 2, 7, 0.95), 0.0582, 0.8062));
        QVERIFY(is(newcombeDifference(5, 56, 0, 29, 0.95), -0.0381, 0.1926));
        QVERIFY(is(newcombeDifference(0, 10, 0, 20, 0.95), -0.1611, 0.2775));
        QVERIFY(is(newcombeDifference(10, 10, 0, 20, 0.95), 0.6791, 1));
    }

    void welch()
    {
        // By hand: 1..5 has mean 3, variance 2.5; 2, 4, 6, 8 has mean 5, variance 20/3. SE^2 = .5 + 5/3 = 13/6,
        // degrees = (13/6)^2 / (.25/4 + (25/9)/3) = 4.75 (to 2 places), difference -2, half width t(.975, 4.7494)
        // sqrt(13/6).
        Moments one, two;
        for (double x : {1, 2, 3, 4, 5})
            one.add(x);
        for (double x : {2, 4, 6, 8})
            two.add(x);
        const double v = 13.0 / 6, degrees = v * v / (0.0625 + 25.0 / 27);
        QVERIFY(near(degrees, 4.7494, 0.0005));
        const double half = studentQuantile(0.975, degrees) * std::sqrt(v);
        QVERIFY(is(welchDifference(one, two, 0.95), -2 - half, -2 + half, 1e-12));
        QVERIFY(near(half, 3.845, 0.005)); // t between 2.571 (5) and 2.776 (4)
        QVERIFY(std::isinf(welchDifference(Moments{}, two).low));
    }

    void momentsMerge()
    {
        std::mt19937_64 random(7);
        std::normal_distribution<double> normal(1e6, 3);
        Moments whole, parts[3];
        for (int i = 0; i < 3000; ++i) {
            const double x = normal(random);
            whole.add(x);
            parts[i / 1000].add(x);
        }
        Moments left = parts[0], right = parts[1];
        left.merge(parts[1]);
        left.merge(parts[2]);
        right.merge(parts[2]);
        Moments other = parts[0];
        other.merge(right);
        for (const Moments& m : {left, other}) {
            QCOMPARE(m.n, whole.n);
            QVERIFY(near(m.mean, whole.mean, 1e-8));
            QVERIFY(near(m.variance() / whole.variance(), 1, 1e-9));
            QCOMPARE(m.low, whole.low);
            QCOMPARE(m.high, whole.high);
        }
        const Moments sums = Moments::fromSums(4, 20, 120); // 2, 4, 6, 8
        QVERIFY(near(sums.variance(), 20.0 / 3, 1e-12));
    }

    void equivalence()
    {
        // Baseline 95.7 % of 86 400. A window of 1 200 at 95.7 % proves it; 200 cannot tell; 73 % is out.
        QCOMPARE(equivalentRates(1148, 1200, 82685, 86400, 0.02).outcome, Equivalence::In);
        QCOMPARE(equivalentRates(191, 200, 82685, 86400, 0.02).outcome, Equivalence::CannotTell);
        QCOMPARE(equivalentRates(876, 1200, 82685, 86400, 0.02).outcome, Equivalence::Out);
        QCOMPARE(equivalentRates(0, 0, 82685, 86400, 0.02).outcome, Equivalence::CannotTell);
        QCOMPARE(equivalenceName(Equivalence::CannotTell), QStringLiteral("cannot_tell"));

        const Moments baseline = Moments::fromSums(10000, 268e4, 10000 * (268.0 * 268 + 120 * 120));
        const Moments same = Moments::fromSums(2000, 2000 * 270.0, 2000 * (270.0 * 270 + 120 * 120));
        const Moments longer = Moments::fromSums(2000, 2000 * 405.0, 2000 * (405.0 * 405 + 180 * 180));
        QCOMPARE(equivalentMeans(same, baseline, 12).outcome, Equivalence::In);
        QCOMPARE(equivalentMeans(same, baseline, 5).outcome, Equivalence::CannotTell);
        QCOMPARE(equivalentMeans(longer, baseline, 12).outcome, Equivalence::Out);
    }

    void requiredN()
    {
        // The textbook's normal approximation says .957 * .043 * (1.6449 + 1.6449)^2 / .02^2 = 1113.4; exactly it is a
        // little more.
        const qint64 n = requiredPerWindow(0.957, 0.02);
        QVERIFY2(n >= 1114 && n <= 1230, qPrintable(QString::number(n)));
        QVERIFY(requiredPerWindow(0.957, 0.02, 0.9, 0.05, 86400) > n);
        QCOMPARE(requiredPerWindow(0.957, 0.02, 0.9, 0.05, 1000),
            -1); // a baseline of 1 000 is smaller than the window it would need
        // What it promises, summed outcome by outcome: power .90 at n, and clearly less at half of n.
        const double promised = power(n, 0.957, 0.02);
        QVERIFY2(promised >= 0.9 && promised < 0.925, qPrintable(QString::number(promised)));
        QVERIFY(power(n / 2, 0.957, 0.02) < 0.65);
        QCOMPARE(requiredPerWindowMean(120, 12), 1083); // 14400 * 10.822 / 144 = 1082.2
        QVERIFY(requiredPerWindow(1.0, 0.02) >= 133); // Wilson's lower bound of n/n passes .98 only from n = 133 on
        QVERIFY(equivalentRates(132, 132, 1'000'000, 1'000'000, 0.02).outcome != Equivalence::In);
    }

    void pyramid()
    {
        std::mt19937 random(3);
        MinMaxPyramid pyramid;
        std::vector<double> raw;
        for (int i = 0; i < 1000; ++i) {
            raw.push_back(random() % 10 == 0 ? std::nan("") : double(random() % 1000));
            pyramid.append(raw.back());
        }
        raw[777] = -5;
        pyramid.set(777, -5);
        const auto brute = [&](size_t a, size_t b) {
            Range r{std::nan(""), std::nan("")};
            for (size_t i = a; i < b; ++i) {
                if (std::isnan(raw[i])) continue;
                r = r.empty() ? Range{raw[i], raw[i]} : Range{std::min(r.low, raw[i]), std::max(r.high, raw[i])};
            }
            return r;
        };
        for (int k = 0; k < 2000; ++k) {
            size_t a = random() % 1001, b = random() % 1001;
            if (a > b) std::swap(a, b);
            const Range got = pyramid.range(a, b), want = brute(a, b);
            QCOMPARE(got.empty(), want.empty());
            if (!want.empty()) QVERIFY(got.low == want.low && got.high == want.high);
        }
        // A single spike survives whatever the number of columns, and fewer windows than columns still fill all
        // columns.
        for (size_t columns : {1, 7, 100, 640}) {
            double low = 1e9;
            for (const Range& r : pyramid.columns(0, 1000, columns))
                low = r.empty() ? low : std::min(low, r.low);
            QCOMPARE(low, -5.0);
        }
        QCOMPARE(pyramid.columns(700, 710, 40).size(), size_t(40));
        QVERIFY(MinMaxPyramid{}.range(0, 5).empty());
    }
};

QTEST_GUILESS_MAIN(TestStats)
#include "tst_stats.moc"
