// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/canonical_json.h"
#include "services/record/record_db.h"
#include "services/store/projector.h"
#include "services/store/timeline_filter.h"
#include "services/store/timeline_reader.h"
#include "tests/unit/store/telemetry_data.h"
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QtTest>
#include <future>

using namespace wf;
using namespace wf::test;

namespace {

constexpr TimelineKey kNewest{std::numeric_limits<Nanos>::max(), std::numeric_limits<qint64>::max()};
constexpr TimelineKey kOldest{0, std::numeric_limits<qint64>::min()};

// Waits for a reply of a reader thread; a reply that never comes fails the test.
template <class T, class Ask> Result<T> wait(Ask ask)
{
    auto promise = std::make_shared<std::promise<Result<T>>>();
    auto future = promise->get_future();
    ask([promise](Result<T> result) { promise->set_value(std::move(result)); });
    if (future.wait_for(std::chrono::seconds(30)) != std::future_status::ready) qFatal("no reply came");
    return future.get();
}

bool isBefore(const TimelineEvent& a, const TimelineEvent& b)
{
    return std::tie(a.t, a.id) < std::tie(b.t, b.id);
}

} // namespace

class TestTimeline : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;
    HandClock m_clock;
    QRandomGenerator m_random{42};
    std::unique_ptr<EventStore> m_store;
    std::unique_ptr<TimelineReader> m_reader;
    std::vector<TimelineEvent> m_events; ///< as stored, with ids, oldest first

    Result<TimelinePage> older(const QString& filter, TimelineKey key, int limit)
    {
        return wait<TimelinePage>(
            [&](Reply<TimelinePage> reply) { m_reader->older({filter}, key, limit, {}, std::move(reply)); });
    }
    Result<TimelinePage> newer(const QString& filter, TimelineKey key, int limit)
    {
        return wait<TimelinePage>(
            [&](Reply<TimelinePage> reply) { m_reader->newer({filter}, key, limit, {}, std::move(reply)); });
    }
    qint64 count(const QString& filter)
    {
        return *wait<qint64>([&](Reply<qint64> reply) { m_reader->count({filter}, {}, std::move(reply)); });
    }
    std::vector<DensityBin> density(const QString& filter, Window window, int bins)
    {
        return *wait<std::vector<DensityBin>>([&](Reply<std::vector<DensityBin>> reply) {
            m_reader->density({filter}, window, bins, {}, std::move(reply));
        });
    }
    // All rows of a filter by pages of random size, oldest first.
    std::vector<TimelineEvent> allOlder(const QString& filter)
    {
        std::vector<TimelineEvent> all;
        TimelineKey key = kNewest;
        for (bool more = true; more;) {
            const TimelinePage page = *older(filter, key, 1 + m_random.bounded(200));
            all.insert(all.end(), page.rows.begin(), page.rows.end());
            more = page.more;
            if (more) key = {all.back().t, all.back().id};
        }
        std::reverse(all.begin(), all.end());
        return all;
    }
    std::vector<TimelineEvent> allNewer(const QString& filter)
    {
        std::vector<TimelineEvent> all;
        TimelineKey key = kOldest;
        for (bool more = true; more;) {
            const TimelinePage page = *newer(filter, key, 1 + m_random.bounded(200));
            all.insert(all.end(), page.rows.rbegin(), page.rows.rend());
            more = page.more;
            if (more) key = {all.back().t, all.back().id};
        }
        return all;
    }
    template <class Keep> std::vector<qint64> ids(Keep keep)
    {
        std::vector<qint64> kept;
        for (const auto& e : m_events)
            if (keep(e)) kept.push_back(e.id);
        return kept;
    }
    static std::vector<qint64> idsOf(const std::vector<TimelineEvent>& events)
    {
        std::vector<qint64> all;
        for (const auto& e : events)
            all.push_back(e.id);
        return all;
    }
    template <class Keep> void check(const QString& filter, Keep keep)
    {
        const std::vector<qint64> want = ids(keep);
        QVERIFY2(idsOf(allOlder(filter)) == want, qPrintable(filter));
        QVERIFY2(idsOf(allNewer(filter)) == want, qPrintable(filter));
        QCOMPARE(count(filter), qint64(want.size()));
        const Window window{kNoon + 13 * kSecond + 7, kNoon + 55 * kMinute + 1};
        const auto bins = density(filter, window, 37);
        QCOMPARE(bins.size(), size_t(37));
        std::vector<DensityBin> expected = bins;
        for (auto& bin : expected)
            bin.n = bin.loud = 0;
        const Nanos width = bins[1].t - bins[0].t;
        for (const auto& e : m_events) {
            if (!keep(e) || e.t < window.from || e.t >= window.to) continue;
            auto& bin = expected[size_t((e.t - window.from) / width)];
            ++bin.n;
            bin.loud += e.loud;
        }
        for (size_t i = 0; i < bins.size(); ++i) {
            QCOMPARE(bins[i].n, expected[i].n);
            QCOMPARE(bins[i].loud, expected[i].loud);
        }
    }

private Q_SLOTS:
    void initTestCase()
    {
        const QString path = m_dir.filePath(u"events.db"_s);
        m_store = openStore(path, m_clock);
        m_clock.set(kNoon + kHour);
        const QStringList actors{u"ci-release"_s, u"ci-nightly"_s, u"prometheus"_s, u"commander-1"_s, u"magic-ci"_s};
        const QStringList words{u"prompt"_s, u"rolled"_s, u"kb-11-22"_s, u"Überlast"_s, u"v42"_s, u"latency \"p99\""_s};
        const std::vector<EventKind> kinds{EventKind::Alert, EventKind::Change, EventKind::Report, EventKind::Note};
        Batch batch;
        for (qint64 i = 1; i <= 3'000; ++i) {
            TimelineEvent e;
            // Many rows at the same moment, and late ones.
            e.t = kNoon + m_random.bounded(600) * 6 * kSecond;
            e.seen = e.t + kSecond;
            e.kind = kinds[size_t(m_random.bounded(4))];
            e.actor = actors[m_random.bounded(5)];
            e.feature = m_random.bounded(3) ? kFeature : QString();
            e.title = words[m_random.bounded(6)] + u' ' + words[m_random.bounded(6)];
            e.detail = m_random.bounded(4) ? QString() : u"needle"_s;
            e.source = m_random.bounded(2) ? u"alertmanager"_s : u"changes"_s;
            e.dedupKey = u"k-%1"_s.arg(i);
            e.loud = m_random.bounded(10) == 0;
            e.body = {{u"layer"_s, m_random.bounded(2) ? u"promptlayer"_s : u"retrieval"_s}};
            batch.source = e.source;
            batch.events.push_back(e);
            e.id = i;
            m_events.push_back(e);
            if (i % 250 == 0) QVERIFY(m_store->store(std::exchange(batch, {})));
        }
        std::sort(m_events.begin(), m_events.end(), isBefore);
        auto reader = TimelineReader::open(path, m_clock);
        QVERIFY(reader);
        m_reader = std::move(*reader);
    }

    void pagesEqualTheFullListing()
    {
        check({}, [](const auto&) { return true; });
        check(u"kind:change"_s, [](const auto& e) { return e.kind == EventKind::Change; });
        check(u"kind:change kind:report"_s,
            [](const auto& e) { return e.kind == EventKind::Change || e.kind == EventKind::Report; });
    }

    void filtersEqualAPlainLoop()
    {
        check(u"actor:ci"_s, [](const auto& e) { return e.actor.startsWith(u"ci-"); });
        check(u"actor:ci-rel kind:alert"_s,
            [](const auto& e) { return e.actor == u"ci-release" && e.kind == EventKind::Alert; });
        check(u"feature:support-copilot loud:yes"_s, [](const auto& e) { return e.feature == kFeature && e.loud; });
        check(u"loud:no source:changes"_s, [](const auto& e) { return !e.loud && e.source == u"changes"; });
        check(u"needle"_s, [](const auto& e) { return e.detail == u"needle"; });
        check(u"kb-11"_s, [](const auto& e) { return e.title.contains(u"kb-11-22"); });
        check(u"uberl"_s, [](const auto& e) { return e.title.contains(u"Überlast"); });
        check(u"promptlayer v42"_s,
            [](const auto& e) { return e.body[u"layer"_s] == u"promptlayer"_s && e.title.contains(u"v42"); });
        check(u"\"rolled v42\""_s, [](const auto& e) { return e.title == u"rolled v42"; });
        check(u"kind:note actor:commander-1 needle source:alertmanager loud:no"_s, [](const auto& e) {
            return e.kind == EventKind::Note && e.actor == u"commander-1" && e.detail == u"needle"
                && e.source == u"alertmanager" && !e.loud;
        });
        check(u"nothinghasthisword"_s, [](const auto&) { return false; });
        check(u"— …"_s, [](const auto&) { return true; });
    }

    void beforeIsAMomentOfTheDay()
    {
        // The clock stands at 13:00; the data lies in the hour before.
        check(u"before:12:30"_s, [](const auto& e) { return e.t < kNoon + 30 * kMinute; });
        check(u"before:12:30 kind:alert"_s,
            [](const auto& e) { return e.t < kNoon + 30 * kMinute && e.kind == EventKind::Alert; });
        check(u"before:12:10 v42"_s,
            [](const auto& e) { return e.t < kNoon + 10 * kMinute && e.title.contains(u"v42"); });
        check(u"before:14:00"_s, [](const auto&) { return false; }); // yesterday's
        QCOMPARE(*store::parseFilter(u"before:00:00"_s, kNoon)->before, kNoon / kDay * kDay);
    }

    void aWrongFilterIsAnErrorSentence_data()
    {
        QTest::addColumn<QString>("filter");
        QTest::addColumn<QString>("named");
        QTest::newRow("key") << u"colour:red"_s << u"colour:"_s;
        QTest::newRow("kind") << u"kind:chnage"_s << u"chnage"_s;
        QTest::newRow("loud") << u"loud:maybe"_s << u"maybe"_s;
        QTest::newRow("before") << u"before:25:00"_s << u"25:00"_s;
        QTest::newRow("empty") << u"actor: ci"_s << u"actor:"_s;
        QTest::newRow("address") << u"http://example.com"_s << u"http:"_s;
        QTest::newRow("answers") << u"kind:answer actor:ci"_s << u"Answers"_s;
    }
    void aWrongFilterIsAnErrorSentence()
    {
        QFETCH(QString, filter);
        QFETCH(QString, named);
        const auto page = older(filter, kNewest, 10);
        QVERIFY(!page);
        QCOMPARE(page.error().fault, Fault::BadInput);
        QVERIFY2(page.error().what.contains(named), qPrintable(page.error().sentence()));
    }

    void whatATypistMayWriteNeverBreaksTheTextIndex()
    {
        const QStringList parts{u"\""_s, u"*"_s, u"("_s, u")"_s, u"AND"_s, u"OR"_s, u"NOT"_s, u"NEAR("_s, u"^"_s,
            u"-"_s, u"'"_s, u";"_s, u"{"_s, u"v42"_s, u" "_s, u"+"_s, u"\\"_s, u"%"_s, u"kind:change"_s, u"\u0000"_s,
            u"日本"_s, u"actor:\"a b\""_s, u"03:43"_s};
        for (int i = 0; i < 400; ++i) {
            QString filter;
            for (int k = m_random.bounded(8); k >= 0; --k)
                filter += parts[m_random.bounded(int(parts.size()))];
            const auto page = older(filter, kNewest, 5);
            if (!page)
                QVERIFY2(
                    page.error().fault == Fault::BadInput, qPrintable(filter + u" → "_s + page.error().sentence()));
        }
    }

    void rowsThatArriveWhileOneReadsDoNotMoveThePages()
    {
        const TimelinePage first = *older({}, kNewest, 50);
        Batch late;
        late.source = u"changes"_s;
        TimelineEvent e = m_events.front();
        e.id = 0;
        e.t = kNoon + 2 * kHour; // newer than all
        e.dedupKey = u"late-1"_s;
        late.events = {e};
        QVERIFY(m_store->store(late));
        e.id = 3'001;
        m_events.push_back(e);
        const TimelinePage second = *older({}, {first.rows.back().t, first.rows.back().id}, 50);
        QVERIFY(isBefore(second.rows.front(), first.rows.back()));
        const TimelinePage news = *newer({}, {first.rows.front().t, first.rows.front().id}, 50);
        QCOMPARE(idsOf(news.rows), (std::vector<qint64>{3'001}));
        QVERIFY(!news.more);
    }

    void answersAreListedByThemselves()
    {
        std::vector<Answer> answers;
        for (qint64 i = 0; i < 300; ++i) {
            answers.push_back(answerAt(i, kNoon + (i / 3) * kSecond));
            answers.back().slice.tenant = u"tenant-%1"_s.arg(i % 5);
            answers.back().stack[Layer::Prompt] = i % 2 ? u"v41"_s : u"v42"_s;
        }
        QVERIFY(m_store->store(batchOf(answers)));
        const auto all = allOlder(u"kind:answer"_s);
        QCOMPARE(all.size(), size_t(300));
        QVERIFY(std::is_sorted(all.begin(), all.end(), isBefore));
        QCOMPARE(idsOf(allNewer(u"kind:answer"_s)), idsOf(all));
        QCOMPARE(all.front().kind, EventKind::Answer);
        QCOMPARE(count(u"kind:answer"_s), 300);
        QCOMPARE(count(u"kind:answer tenant-3"_s), 60);
        QCOMPARE(count(u"kind:answer tenant-3 v42"_s), 30);
        QCOMPARE(count(u"kind:answer resp-17"_s), 1);
        QCOMPARE(count(u"kind:answer person-0 feature:support-copilot"_s), 43);
        QCOMPARE(count(u"kind:answer feature:other"_s), 0);
        QCOMPARE(count(u"kind:answer 100%"_s), 0);
        const auto bins = density(u"kind:answer"_s, {kNoon, kNoon + 100 * kSecond}, 10);
        for (const auto& bin : bins)
            QCOMPARE(bin.n, 30);
        QCOMPARE(count({}), qint64(m_events.size())); // hidden by default
    }

    void aWithdrawnRequestGetsNoReply()
    {
        std::stop_source stop;
        stop.request_stop();
        std::atomic<int> replies{0};
        for (int i = 0; i < 20; ++i)
            m_reader->count({}, stop.get_token(), [&](const Result<qint64>&) { ++replies; });
        for (int i = 0; i < 4; ++i)
            QVERIFY(count({}) > 0); // both readers are past them
        QCOMPARE(replies.load(), 0);
    }

    void theChartHasItsMarks()
    {
        const auto data = wait<ChartData>([&](Reply<ChartData> reply) {
            m_reader->chart(kFeature, u"answers"_s, {kNoon, kNoon + kMinute}, 10 * kSecond, {}, std::move(reply));
        });
        QVERIFY(data);
        QCOMPARE(data->buckets.size(), size_t(6));
        QCOMPARE(data->buckets.front().n, 30);
        const auto want = ids([](const auto& e) {
            return (e.kind == EventKind::Change || e.kind == EventKind::Report) && e.t < kNoon + kMinute;
        });
        QCOMPARE(idsOf(data->marks), want);
    }

    void theRecordIsShownOnTheTimeline()
    {
        auto record = *RecordDb::open(m_dir.filePath(u"record.db"_s), m_clock);
        const QString incident = u"01936c5e-0000-7000-8000-000000000001"_s;
        const auto entry = [&](const char* kind, const QJsonObject& body) {
            return NewEntry{QString::fromLatin1(kind), u"commander-2"_s, incident, body, 0};
        };
        QVERIFY(record->append({entry(kind::RecordOpened, {{u"profile"_s, u"sample"_s}}),
            entry(
                kind::IncidentOpened, {{u"number"_s, 42}, {u"title"_s, u"wrong numbers"_s}, {u"feature"_s, kFeature}}),
            entry(kind::NoteAdded, {{u"text"_s, u"zebra crossing"_s}, {u"happened"_s, jsonInt(kNoon + kMinute)}})}));
        const qint64 before = count({});
        Projector projector(*record, *m_store);
        QCOMPARE(*projector.catchUp(), 3);
        QCOMPARE(*projector.catchUp(), 0);
        QCOMPARE(count({}), before + 2); // bookkeeping stays in the record
        const TimelinePage zebra = *older(u"zebra"_s, kNewest, 10);
        QCOMPARE(idsOf(zebra.rows), (std::vector<qint64>{-3}));
        QCOMPARE(zebra.rows[0].t, kNoon + kMinute);
        QCOMPARE(zebra.rows[0].source, u"record"_s);
        QCOMPARE(count(u"incident:INC-0042"_s), 2);
        QCOMPARE(count(u"incident:INC-0042 zebra"_s), 1);
        QCOMPARE(count(u"incident:"_s + incident), 2);
        QCOMPARE(count(u"incident:INC-0043"_s), 0);

        // A projector that has forgotten everything (an older events.db) repeats itself without effect.
        QVERIFY(m_store->put(u"projector.seq"_s, "0"));
        QCOMPARE(*Projector(*record, *m_store).catchUp(), 3);
        QCOMPARE(count({}), before + 2);
        QVERIFY(record->append({entry(kind::NoteAdded, {{u"text"_s, u"next"_s}, {u"happened"_s, jsonInt(kNoon)}})}));
        QCOMPARE(*Projector(*record, *m_store).catchUp(), 1); // resumes
        QCOMPARE(count({}), before + 3);
    }

    // Beyond some number of rows other plans are taken: walking instead of sorting, counts per minute instead of rows.
    void manyRowsTakeOtherWaysToTheSameResult()
    {
        const QString path = m_dir.filePath(u"many.db"_s);
        auto store = openStore(path, m_clock);
        Batch batch;
        batch.source = u"alertmanager"_s;
        m_events.clear();
        for (qint64 i = 1; i <= 51'000; ++i) {
            TimelineEvent e;
            e.id = i;
            e.t = kNoon + m_random.bounded(3600) * kSecond;
            e.kind = i % 3 ? EventKind::Alert : EventKind::Change;
            e.title = i % 2 ? u"common"_s : u"common even"_s;
            e.loud = i % 100 == 0;
            m_events.push_back(e);
            e.id = 0;
            batch.events.push_back(std::move(e));
        }
        QVERIFY(store->store(std::move(batch)));
        std::sort(m_events.begin(), m_events.end(), isBefore);
        m_reader = *TimelineReader::open(path, m_clock);

        const auto first = [&](const QString& filter) { return idsOf((*older(filter, kNewest, 300)).rows); };
        const auto want = [&](auto keep) {
            std::vector<qint64> all = ids(keep);
            std::reverse(all.begin(), all.end());
            all.resize(300);
            return all;
        };
        QCOMPARE(first(u"common"_s), want([](const auto&) { return true; }));
        QCOMPARE(first(u"even"_s), want([](const auto& e) { return e.title.endsWith(u"even"); }));
        QCOMPARE(first(u"common loud:yes"_s), want([](const auto& e) { return e.loud; }));
        QCOMPARE(count(u"even"_s), 25'500);

        for (const QString& filter : {QString(), u"kind:change"_s, u"before:12:30"_s}) {
            const auto bins = density(filter, {kNoon, kNoon + kHour}, 30);
            std::vector<qint64> expected(30);
            for (const auto& e : m_events)
                if ((filter != u"kind:change" || e.kind == EventKind::Change)
                    && (filter != u"before:12:30" || e.t < kNoon + 30 * kMinute))
                    ++expected[size_t((e.t - kNoon) / (2 * kMinute))];
            for (size_t i = 0; i < bins.size(); ++i)
                QCOMPARE(bins[i].n, expected[i]);
        }
    }

    void closingEndsWhatIsRunning()
    {
        std::atomic<int> replies{0};
        for (int i = 0; i < 200; ++i)
            m_reader->count(TimelineFilter{u"v42"_s}, {}, [&](const Result<qint64>&) { ++replies; });
        m_reader.reset();
        const int after = replies;
        QTest::qWait(50);
        QCOMPARE(replies.load(), after);
    }
};

QTEST_GUILESS_MAIN(TestTimeline)
#include "tst_timeline.moc"
