// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/store/telemetry_data.h"
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QtTest>
#include <set>

using namespace wf;
using namespace wf::test;

namespace {

struct Row {
    Answer answer;
    std::optional<double> grounded, length;
};

QString dimensionOf(const Row& row, const QString& dimension)
{
    if (dimension == u"cached") return row.answer.fromCache ? u"yes"_s : u"no"_s;
    if (dimension == u"handled_by") return row.answer.toHuman ? u"human"_s : u"model"_s;
    return dimensionValue(dimension, row.answer.stack, row.answer.slice);
}

const QStringList kDimensions{u"model"_s, u"prompt"_s, u"retrieval"_s, u"tools"_s, u"route"_s, u"region"_s, u"tenant"_s,
    u"cached"_s, u"handled_by"_s, u"locale"_s, u"instance"_s, u"cache"_s};

} // namespace

// Everything the reader says must equal what a plain loop over the same rows says, for windows that line up with
// nothing.
class TestStoreReader : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;
    HandClock m_clock;
    std::vector<Row> m_rows;
    std::unique_ptr<EventStore> m_store;
    std::unique_ptr<StoreReader> m_reader;
    QRandomGenerator m_random{20261121};

    template <class T> const T& pick(const std::vector<T>& of) { return of[size_t(m_random.bounded(int(of.size())))]; }
    Nanos someTime() { return kNoon - kHour + m_random.bounded(4 * 3'600'000) * kMilli + m_random.bounded(3); }
    Window someWindow()
    {
        static const std::vector<Nanos> grains{1, kMilli, kSecond, kMinute, kHour};
        const auto align = [&](Nanos t) {
            const Nanos g = pick(grains);
            return t / g * g;
        };
        Window w{align(someTime()), align(someTime())};
        if (w.from > w.to) std::swap(w.from, w.to);
        return w;
    }
    static bool inside(const Window& w, Nanos t) { return t >= w.from && t < w.to; }

    bool matches(const Row& row, const Where& where)
    {
        return std::all_of(
            where.begin(), where.end(), [&](const auto& one) { return dimensionOf(row, one.first) == one.second; });
    }
    // The plain loop.
    std::map<QString, SignalCount> expected(
        const QString& signal, Window w, const QString& dimension, const Where& where)
    {
        std::map<QString, SignalCount> counts;
        for (const Row& row : m_rows) {
            const std::optional<double> value = signal == u"answers" ? 1.0
                : signal == kGrounded                                ? row.grounded
                                                                     : row.length;
            if (!value || !inside(w, row.answer.t) || !matches(row, where)) continue;
            SignalCount& c = counts[dimension.isEmpty() ? QString() : dimensionOf(row, dimension)];
            c.first = c.n ? std::min(c.first, row.answer.t) : row.answer.t;
            c.last = std::max(c.last, row.answer.t);
            ++c.n;
            c.sum += *value;
            c.sumSquares += *value * *value;
        }
        return counts;
    }
    static bool same(const SignalCount& a, const SignalCount& b)
    {
        return a.n == b.n && a.sum == b.sum && a.sumSquares == b.sumSquares && a.first == b.first && a.last == b.last;
    }

private Q_SLOTS:
    void initTestCase()
    {
        const QString path = m_dir.filePath(u"events.db"_s);
        m_store = openStore(path, m_clock);
        m_reader = openReader(path, m_clock);
        std::vector<Batch> batches;
        for (qint64 i = 0; i < 6'000; ++i) {
            Row row{answerAt(i, someTime()), {}, {}};
            Answer& a = row.answer;
            a.stack[Layer::Prompt] = pick<QString>({u"v41"_s, u"v42"_s});
            a.stack[Layer::Cache] = pick<QString>({u"c1"_s, u"c2"_s, QString()});
            a.slice.tenant = u"tenant-%1"_s.arg(m_random.bounded(12));
            a.slice.region = pick<QString>({u"eu-west"_s, u"us-east"_s, QString()});
            a.slice.route = pick<QString>({u"billing"_s, u"cards"_s});
            a.fromCache = m_random.bounded(4) == 0;
            a.toHuman = m_random.bounded(5) == 0;
            a.error = m_random.bounded(50) == 0;
            a.latencyNs = m_random.bounded(2'000) * kMilli;
            if (!a.toHuman && m_random.bounded(8)) row.grounded = m_random.bounded(10) ? 1 : 0;
            if (!a.toHuman) row.length = 200 + m_random.bounded(200);
            // Some observations come before their answer, some after, some with it.
            const int order = m_random.bounded(3);
            std::vector<Observation> observations;
            if (row.grounded) observations.push_back(observationOf(a, kGrounded, *row.grounded));
            if (row.length) observations.push_back(observationOf(a, u"answer_length"_s, *row.length));
            if (order == 0) batches.push_back(batchOf({}, observations));
            batches.push_back(batchOf({a}, order == 1 ? observations : std::vector<Observation>()));
            if (order == 2) batches.push_back(batchOf({}, observations));
            m_rows.push_back(std::move(row));
        }
        // In uneven batches, so that one minute is written in many transactions.
        Batch some = batchOf({});
        for (const Batch& b : batches) {
            some.answers.insert(some.answers.end(), b.answers.begin(), b.answers.end());
            some.observations.insert(some.observations.end(), b.observations.begin(), b.observations.end());
            if (m_random.bounded(100) == 0) QVERIFY(m_store->store(std::exchange(some, batchOf({}))));
        }
        QVERIFY(m_store->store(some));
    }

    void countsEqualAPlainLoop()
    {
        for (int i = 0; i < 150; ++i) {
            const Window w = someWindow();
            const QString signal = pick<QString>({u"answers"_s, kGrounded, u"answer_length"_s});
            Where where;
            for (int k = m_random.bounded(3); k > 0; --k) {
                const QString dimension = kDimensions[m_random.bounded(int(kDimensions.size()))];
                where[dimension] = dimensionOf(pick(m_rows), dimension);
            }
            const auto want = expected(signal, w, {}, where);
            const auto got = m_reader->count(kFeature, signal, w, where);
            QVERIFY(got);
            QVERIFY(same(*got, want.empty() ? SignalCount() : want.begin()->second));

            const QString by = kDimensions[m_random.bounded(int(kDimensions.size()))];
            const auto wantBy = expected(signal, w, by, where);
            const auto gotBy = m_reader->countBy(kFeature, signal, w, by, where);
            QVERIFY(gotBy);
            QCOMPARE(gotBy->size(), wantBy.size());
            for (const auto& [value, count] : wantBy)
                QVERIFY2(same(gotBy->at(value), count), qPrintable(by + u'=' + value));
        }
    }

    void answersEqualAPlainLoop()
    {
        for (int i = 0; i < 60; ++i) {
            const Window w = someWindow();
            Where where;
            if (m_random.bounded(2)) where[u"handled_by"_s] = u"model"_s;
            if (m_random.bounded(2)) where[u"prompt"_s] = u"v42"_s;
            TelemetryQueries::Answers want;
            std::set<QString> people, tenants;
            double latency = 0;
            for (const Row& row : m_rows) {
                if (!inside(w, row.answer.t) || !matches(row, where)) continue;
                ++want.n;
                want.errors += row.answer.error;
                want.toHuman += row.answer.toHuman;
                want.last = std::max(want.last, row.answer.t);
                latency += double(row.answer.latencyNs);
                people.insert(row.answer.recipient);
                tenants.insert(row.answer.slice.tenant);
            }
            const auto got = m_reader->answers(kFeature, w, where);
            QVERIFY(got);
            QCOMPARE(got->n, want.n);
            QCOMPARE(got->errors, want.errors);
            QCOMPARE(got->toHuman, want.toHuman);
            QCOMPARE(got->last, want.last);
            QCOMPARE(got->people, qint64(people.size()));
            QCOMPARE(got->tenants, qint64(tenants.size()));
            QCOMPARE(got->meanLatencyNs, want.n ? latency / double(want.n) : 0.0);
        }
    }

    void seriesEqualsAPlainLoop()
    {
        for (const Nanos bucket : {250 * kMilli, kSecond, 7 * kSecond, kMinute, 5 * kMinute, kHour}) {
            const Window w = someWindow();
            for (const QString& signal : {u"answers"_s, u"answer_length"_s}) {
                std::map<Nanos, TelemetryQueries::Bucket> want;
                for (const Row& row : m_rows) {
                    const std::optional<double> value = signal == u"answers" ? 1.0 : row.length;
                    if (!value || !inside(w, row.answer.t)) continue;
                    auto& b = want[row.answer.t / bucket * bucket];
                    ++b.n;
                    b.sum += *value;
                }
                const auto got = m_reader->series(kFeature, signal, w, bucket);
                QVERIFY(got);
                QCOMPARE(got->size(), want.size());
                auto next = want.begin();
                for (const auto& b : *got) {
                    QCOMPARE(b.t, next->first);
                    QCOMPARE(b.n, next->second.n);
                    QCOMPARE(b.sum, next->second.sum);
                    ++next;
                }
            }
        }
        QCOMPARE(m_reader->series(kFeature, kGrounded, {0, kNoon}, 0).error().fault, Fault::BadInput);
    }

    void theFeedHasNoGapsAndResumesAnywhere()
    {
        const size_t all = size_t(std::count_if(m_rows.begin(), m_rows.end(), [](const Row& r) {
            return r.grounded.has_value();
        }) + std::count_if(m_rows.begin(), m_rows.end(), [](const Row& r) { return r.length.has_value(); }));
        qint64 seq = 0;
        size_t seen = 0;
        for (;;) {
            const auto page = *m_reader->observationsAfter(seq, 1 + m_random.bounded(900));
            if (page.empty()) break;
            for (const auto& one : page)
                QCOMPARE(one.observation.seq, ++seq);
            seen += page.size();
        }
        QCOMPARE(seen, all);
    }

    void theCommonestStackIsCounted()
    {
        const Window w{kNoon, kNoon + kHour};
        std::map<QString, qint64> counts;
        qint64 of = 0;
        for (const Row& row : m_rows)
            if (inside(w, row.answer.t)) {
                ++counts[row.answer.stack.digest()];
                ++of;
            }
        qint64 most = 0;
        for (const auto& [digest, n] : counts)
            most = std::max(most, n);
        const auto share = *m_reader->commonestStack(kFeature, w);
        QCOMPARE(share.n, most);
        QCOMPARE(share.of, of);
        QCOMPARE(counts[share.stack.digest()], most);
        QCOMPARE(m_reader->commonestStack(u"nobody"_s, w)->n, 0);
    }

    void alwaysAndNeverAndNonsense()
    {
        const Window always{std::numeric_limits<Nanos>::min(), std::numeric_limits<Nanos>::max()};
        QCOMPARE(m_reader->count(kFeature, u"answers"_s, always)->n, qint64(m_rows.size()));
        QCOMPARE(m_reader->count(kFeature, u"answers"_s, {kNoon, kNoon})->n, 0);
        QCOMPARE(m_reader->count(u"nobody"_s, kGrounded, always)->n, 0);
        QCOMPARE(m_reader->countBy(kFeature, kGrounded, always, u"colour"_s).error().fault, Fault::BadInput);
        QCOMPARE(
            m_reader->count(kFeature, kGrounded, always, {{u"colour"_s, u"red"_s}}).error().fault, Fault::BadInput);
        QCOMPARE(m_reader->answers(kFeature, always, {{u"colour"_s, u"red"_s}}).error().fault, Fault::BadInput);
        QCOMPARE(m_reader->countBy(kFeature, kGrounded, always, {}).error().fault, Fault::BadInput);
        QCOMPARE(m_reader->answer(10'000'000).error().fault, Fault::NotFound);
    }

    void changesAreOfTheFeatureOrOfAll()
    {
        const auto change = [](const QString& key, const QString& feature, Nanos t) {
            TimelineEvent e;
            e.t = t;
            e.kind = EventKind::Change;
            e.feature = feature;
            e.title = key;
            e.dedupKey = key;
            e.source = u"changes"_s;
            e.body = {{u"layer"_s, u"prompt"_s}, {u"to"_s, u"v42"_s}};
            return e;
        };
        Batch batch;
        batch.source = u"changes"_s;
        batch.events = {change(u"late"_s, kFeature, kNoon + 30), change(u"mine"_s, kFeature, kNoon + 10),
            change(u"theirs"_s, u"search"_s, kNoon + 15), change(u"all"_s, {}, kNoon + 20),
            change(u"end"_s, kFeature, kNoon + 40)};
        QVERIFY(m_store->store(batch));
        const auto got = *m_reader->changes(kFeature, {kNoon, kNoon + 40});
        QStringList titles;
        for (const auto& e : got)
            titles.append(e.title);
        QCOMPARE(titles, (QStringList{u"mine"_s, u"all"_s, u"late"_s}));
        QCOMPARE(got[0].body[u"to"_s].toString(), u"v42"_s);
        const qint64 tip = *m_reader->eventsTip();
        batch.events = {change(u"again"_s, kFeature, kNoon)};
        QVERIFY(m_store->store(batch));
        QVERIFY(*m_reader->eventsTip() != tip);
    }
};

QTEST_GUILESS_MAIN(TestStoreReader)
#include "tst_store_reader.moc"
