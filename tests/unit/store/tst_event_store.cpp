// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/base/files.h"
#include "tests/support/failing_vfs.h"
#include "tests/unit/store/telemetry_data.h"
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>
#include <signal.h>

using namespace wf;
using namespace wf::test;

namespace {

// The child of the kill test: says the number of every answer that was acknowledged.
int storeAsChild(const QString& path)
{
    HandClock clock;
    auto store = openStore(path, clock);
    for (qint64 i = 0;; ++i) {
        const Answer a = answerAt(i, kNoon + i * kMilli);
        if (!store->store(batchOf({a}, {observationOf(a, kGrounded, 1)}))) return 1;
        std::printf("%lld\n", static_cast<long long>(i));
        std::fflush(stdout);
    }
}

} // namespace

class TestEventStore : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;
    HandClock m_clock;
    QString file() const { return m_dir.filePath(QString::fromLatin1(QTest::currentTestFunction()) + u".db"_s); }

    std::vector<JoinedObservation> feed(StoreReader& reader, qint64 after = 0)
    {
        return *reader.observationsAfter(after, 1000);
    }

private Q_SLOTS:
    void init() { m_clock.set(kNoon); }

    void anEvaluationAfterItsAnswerIsJoinedAtOnce()
    {
        auto store = openStore(file(), m_clock);
        auto reader = openReader(file(), m_clock);
        const Answer a = answerAt(1, kNoon);
        const auto stored = store->store(batchOf({a}));
        QVERIFY(stored);
        QCOMPARE(stored->stored, 1);
        QVERIFY(store->store(batchOf({}, {observationOf(a, kGrounded, 1)})));
        const auto joined = feed(*reader);
        QCOMPARE(joined.size(), size_t(1));
        QCOMPARE(joined[0].observation.seq, 1);
        QCOMPARE(joined[0].observation.t, a.t); // the time of the answer, not of the evaluation
        QCOMPARE(joined[0].observation.feature, kFeature);
        QVERIFY(joined[0].stack == a.stack);
        QVERIFY(joined[0].slice == a.slice);
        const Answer read = *reader->answer(joined[0].observation.answerId);
        QCOMPARE(read.spanId, a.spanId);
        QCOMPARE(read.recipient, a.recipient);
    }

    void anEvaluationBeforeItsAnswerWaitsForIt()
    {
        auto store = openStore(file(), m_clock);
        auto reader = openReader(file(), m_clock);
        const Answer one = answerAt(1, kNoon), two = answerAt(2, kNoon);
        Observation byResponse = observationOf(two, kGrounded, 0);
        byResponse.traceId.clear();
        byResponse.spanId.clear();
        QVERIFY(store->store(batchOf({}, {observationOf(one, kGrounded, 1), byResponse})));
        QCOMPARE(feed(*reader).size(), size_t(0));
        m_clock.advance(29 * kSecond);
        QVERIFY(store->store(batchOf({one, two})));
        const auto joined = feed(*reader);
        QCOMPARE(joined.size(), size_t(2));
        QCOMPARE(joined[0].observation.value + joined[1].observation.value, 1.0);
        QVERIFY(joined[0].slice == one.slice && joined[1].slice == two.slice);
    }

    void anEvaluationWithoutAnswerCountsAfterThirtySecondsWithoutSlice()
    {
        auto store = openStore(file(), m_clock);
        auto reader = openReader(file(), m_clock);
        Observation lonely = observationOf(answerAt(1, kNoon), kGrounded, 1);
        lonely.feature = kFeature;
        Observation keyless = lonely;
        keyless.traceId.clear();
        keyless.spanId.clear();
        keyless.responseId.clear();
        QVERIFY(store->store(batchOf({}, {lonely, keyless, keyless})));
        m_clock.advance(29 * kSecond);
        QTest::qWait(250); // several looks of the writer
        QCOMPARE(feed(*reader).size(), size_t(0));
        m_clock.advance(2 * kSecond);
        QTRY_COMPARE(feed(*reader).size(), size_t(3));
        const auto joined = feed(*reader);
        QCOMPARE(joined[0].observation.answerId, 0);
        QCOMPARE(joined[0].observation.feature, kFeature);
        QVERIFY(joined[0].slice == Slice() && joined[0].stack == Manifest());
        // A copy of it that comes later is a duplicate, and its answer no longer changes it.
        QCOMPARE(store->store(batchOf({}, {lonely}))->duplicate, 1);
        QVERIFY(store->store(batchOf({answerAt(1, kNoon)})));
        QCOMPARE(feed(*reader).size(), size_t(3));
        const auto by = *reader->countBy(kFeature, kGrounded, {kNoon, kNoon + kHour}, u"tenant"_s);
        QCOMPARE(by.at(QString()).n, 3);
    }

    void waitingSurvivesARestart()
    {
        const Answer a = answerAt(1, kNoon), b = answerAt(2, kNoon);
        {
            auto store = openStore(file(), m_clock);
            QVERIFY(store->store(batchOf({}, {observationOf(a, kGrounded, 1), observationOf(b, kGrounded, 0)})));
        }
        auto store = openStore(file(), m_clock);
        auto reader = openReader(file(), m_clock);
        QVERIFY(store->store(batchOf({a})));
        QCOMPARE(feed(*reader).size(), size_t(1));
        m_clock.advance(31 * kSecond);
        QTRY_COMPARE(feed(*reader).size(), size_t(2));
        QCOMPARE(feed(*reader)[1].observation.answerId, 0);
    }

    void oldAnswersAreFoundInTheFile()
    {
        const Answer a = answerAt(1, kNoon), b = answerAt(2, kNoon + 2 * kHour);
        {
            QVERIFY(openStore(file(), m_clock)->store(batchOf({a, b})));
        }
        m_clock.advance(3 * kHour);
        auto store = openStore(file(), m_clock); // remembers nothing
        auto reader = openReader(file(), m_clock);
        Observation byResponse = observationOf(b, kGrounded, 0);
        byResponse.traceId.clear();
        QVERIFY(store->store(batchOf({}, {observationOf(a, kGrounded, 1), byResponse})));
        const auto joined = feed(*reader);
        QCOMPARE(joined.size(), size_t(2));
        QCOMPARE(joined[0].observation.t, a.t);
        QCOMPARE(joined[1].observation.t, b.t);
    }

    void whatIsSentAgainCountsOnce()
    {
        const Answer a = answerAt(1, kNoon);
        const Batch batch = batchOf({a}, {observationOf(a, kGrounded, 1), observationOf(a, u"refusal"_s, 0)});
        auto store = openStore(file(), m_clock);
        QCOMPARE(store->store(batch)->stored, 3);
        QCOMPARE(store->store(batch)->duplicate, 3);
        store.reset(); // an acknowledgement lost with the engine: the sender sends again to the next one
        store = openStore(file(), m_clock);
        QCOMPARE(store->store(batch)->duplicate, 3);
        // Another judge of the same answer is not a duplicate.
        QCOMPARE(store->store(batchOf({}, {observationOf(a, kGrounded, 0, u"second-judge"_s)}))->stored, 1);

        Batch early = batchOf({}, {observationOf(answerAt(2, kNoon), kGrounded, 1)});
        QCOMPARE(store->store(early)->stored, 1);
        QCOMPARE(store->store(early)->duplicate, 1);

        Batch change;
        change.source = u"changes"_s;
        TimelineEvent event;
        event.t = kNoon;
        event.kind = EventKind::Change;
        event.source = u"changes"_s;
        event.dedupKey = u"c-1"_s;
        change.events = {event, event};
        const auto outcome = store->store(change);
        QCOMPARE(outcome->stored, 1);
        QCOMPARE(outcome->duplicate, 1);

        auto reader = openReader(file(), m_clock);
        QCOMPARE(reader->answers(kFeature, {kNoon, kNoon + 1})->n, 1);
        QCOMPARE(reader->count(kFeature, kGrounded, {kNoon, kNoon + 1})->n, 2);
        const auto sources = *reader->sources();
        QCOMPARE(sources.size(), size_t(2));
        for (const SourceState& s : sources)
            QCOMPARE(s.received, s.stored + s.duplicate + s.rejected);
        QCOMPARE(*reader->timelineCount(), 1);
    }

    void whatCannotBeMeasuredIsQuarantinedNotDropped()
    {
        auto store = openStore(file(), m_clock);
        auto reader = openReader(file(), m_clock);
        Answer human = answerAt(1, kNoon);
        human.toHuman = true;
        Batch batch = batchOf({human, answerAt(2, kNoon)},
            {observationOf(human, kGrounded, 1), observationOf(answerAt(2, kNoon), kGrounded, std::nan(""))});
        batch.rejected.push_back({u"no time"_s, u"digest"_s});
        const auto stored = store->store(batch);
        QCOMPARE(stored->stored, 2);
        QCOMPARE(stored->rejected, 3);
        sql::Statement rows = reader->database().prepare("SELECT count(*) FROM quarantine");
        QVERIFY(rows.step());
        QCOMPARE(rows.integer(0), 3);
        QCOMPARE(reader->sources()->front().rejected, 3);
    }

    void aHeartbeatIsASignOfLifeAndNoRow()
    {
        auto store = openStore(file(), m_clock);
        auto reader = openReader(file(), m_clock);
        Batch beat;
        beat.source = u"infrastructure"_s;
        beat.heartbeat = true;
        QCOMPARE(store->store(beat)->stored, 0);
        m_clock.advance(5 * kSecond);
        QVERIFY(store->store(beat));
        const auto sources = *reader->sources();
        QCOMPARE(sources.size(), size_t(1));
        QCOMPARE(sources[0].name, u"infrastructure"_s);
        QCOMPARE(sources[0].lastSeen, m_clock.now());
        QCOMPARE(*reader->timelineCount(), 0);
    }

    void rateIsOverTheLastTenSeconds()
    {
        auto store = openStore(file(), m_clock);
        auto reader = openReader(file(), m_clock);
        for (int i = 0; i < 40; ++i) {
            QVERIFY(store->store(batchOf({answerAt(2 * i, m_clock.now()), answerAt(2 * i + 1, m_clock.now())})));
            m_clock.advance(kSecond);
        }
        QCOMPARE(reader->sources()->front().perSecond, 2.0);
        m_clock.advance(20 * kSecond);
        QCOMPARE(reader->sources()->front().perSecond, 0.0);
    }

    void stateIsKept()
    {
        const QByteArray value("\0binary\xff", 8);
        {
            auto store = openStore(file(), m_clock);
            QCOMPARE(store->get(u"drift.state"_s).error().fault, Fault::NotFound);
            QVERIFY(store->put(u"drift.state"_s, "old"));
            QVERIFY(store->put(u"drift.state"_s, value));
            QCOMPARE(*store->get(u"drift.state"_s), value);
        }
        auto store = openStore(file(), m_clock);
        auto reader = openReader(file(), m_clock);
        QCOMPARE(*reader->get(u"drift.state"_s), value);
        QCOMPARE(reader->put(u"x"_s, "y").error().fault, Fault::ReadOnly);
    }

    void manyCallersAreCommittedTogetherAndAllAcknowledged()
    {
        auto store = openStore(file(), m_clock);
        std::atomic<int> stored{0};
        {
            std::vector<std::jthread> callers;
            for (int c = 0; c < 8; ++c)
                callers.emplace_back([&, c] {
                    for (int i = 0; i < 50; ++i)
                        stored += int(store->store(batchOf({answerAt(c * 1000 + i, kNoon + i)}))->stored);
                });
        }
        QCOMPARE(stored.load(), 400);
        QCOMPARE(openReader(file(), m_clock)->answers(kFeature, {kNoon, kNoon + kSecond})->n, 400);
    }

    void afterAFullDiskNothingAcknowledgedIsLostAndItGoesOn_data()
    {
        QTest::addColumn<int>("code");
        QTest::addColumn<int>("fault");
        QTest::newRow("full") << int(SQLITE_FULL) << int(Fault::DiskFull);
        QTest::newRow("error") << int(SQLITE_IOERR_WRITE) << int(Fault::Io);
        QTest::newRow("readonly") << int(SQLITE_READONLY) << int(Fault::ReadOnly);
    }
    void afterAFullDiskNothingAcknowledgedIsLostAndItGoesOn()
    {
        QFETCH(int, code);
        QFETCH(int, fault);
        FailingVfs disk("failing-store");
        EventStoreOptions options;
        options.database.vfs = disk.name();
        const QString path = m_dir.filePath(QString::fromLatin1(QTest::currentDataTag()) + u".db"_s);
        auto store = openStore(path, m_clock, options);
        auto reader = openReader(path, m_clock);
        qint64 acknowledged = 0, refused = 0;
        for (qint64 i = 0; i < 60; ++i) {
            if (i % 10 == 4) disk.allow(int(i % 7), code);
            if (i % 10 == 9) disk.heal();
            Answer a = answerAt(i, kNoon + i * kSecond);
            a.slice.tenant = u"tenant-%1"_s.arg(i); // new names in transactions that fail
            const auto stored = store->store(batchOf({a}, {observationOf(a, kGrounded, 1)}));
            if (stored) {
                acknowledged += stored->stored;
            } else {
                refused += 2;
                QCOMPARE(int(stored.error().fault), fault);
                QVERIFY(stored.error().sentence().contains(u"Everything acknowledged before is safe."));
            }
        }
        QVERIFY(refused > 0 && acknowledged > 0);
        disk.heal();
        const Answer last = answerAt(100, kNoon + 100 * kSecond);
        QCOMPARE(store->store(batchOf({last}))->stored, 1);
        const Window all{kNoon, kNoon + kHour};
        QCOMPARE(reader->answers(kFeature, all)->n + reader->count(kFeature, kGrounded, all)->n, acknowledged + 1);
        // Names, roll-ups and rows agree after all those rollbacks.
        const auto tenants = *reader->answersBy(kFeature, all, u"tenant"_s);
        qint64 sum = 0;
        for (const auto& [tenant, n] : tenants)
            sum += n;
        QCOMPARE(sum, acknowledged / 2 + 1);
        QCOMPARE(reader->sources()->front().refused, refused);
    }

    void closingFinishesWhatWasQueuedAndTheFileIsWhole()
    {
        {
            auto store = openStore(file(), m_clock);
            for (int i = 0; i < 20; ++i)
                QVERIFY(store->store(batchOf({answerAt(i, kNoon + i)})));
        }
        QVERIFY(!QFile::exists(file() + u"-wal"_s)); // written back
        QCOMPARE(openReader(file(), m_clock)->answers(kFeature, {kNoon, kNoon + 20})->n, 20);
    }

    void newerAndDamagedFilesAreRefusedWithASentence()
    {
        {
            openStore(file(), m_clock);
        }
        {
            auto db = *sql::Database::open(file());
            db->exec("INSERT INTO schema_migrations VALUES(3, 'from the future', x'00')");
        }
        const auto newer = EventStore::open(file(), m_clock);
        QVERIFY(!newer);
        QCOMPARE(newer.error().fault, Fault::NewerSchema);
        QVERIFY(newer.error().sentence().contains(u"newer Watchfloor"));
        QCOMPARE(StoreReader::open(file(), m_clock).error().fault, Fault::NewerSchema);

        QFile damaged(file());
        QVERIFY(damaged.open(QIODevice::ReadWrite));
        QVERIFY(damaged.write(QByteArray(8192, 'x')) == 8192);
        damaged.close();
        const auto refused = EventStore::open(file(), m_clock);
        QVERIFY(!refused);
        QCOMPARE(refused.error().fault, Fault::Io);
        QVERIFY(refused.error().sentence().contains(u"damaged"));
    }

    void afterKillNineEverythingAcknowledgedIsThere()
    {
        qint64 before = 0;
        for (int round = 0; round < 3; ++round) {
            const QString path = m_dir.filePath(u"killed-%1.db"_s.arg(round));
            QProcess child;
            child.start(QCoreApplication::applicationFilePath(), {u"--store"_s, path});
            QByteArray said;
            QTRY_VERIFY2(
                (child.waitForReadyRead(10), said += child.readAll(), said.count('\n') > 20), "the child stores");
            QCOMPARE(::kill(pid_t(child.processId()), SIGKILL), 0);
            QVERIFY(child.waitForFinished());
            said += child.readAll();
            const qint64 acknowledged = said.count('\n');
            auto store = openStore(path, m_clock);
            auto reader = openReader(path, m_clock);
            const Window all{kNoon, kNoon + kHour};
            const qint64 answers = reader->answers(kFeature, all)->n;
            QVERIFY(answers >= acknowledged && answers <= acknowledged + 1);
            QCOMPARE(reader->count(kFeature, kGrounded, all)->n, answers); // whole batches
            QCOMPARE(qint64(feed(*reader).size()), std::min<qint64>(answers, 1000));
            QCOMPARE(store->store(batchOf({answerAt(900'000, kNoon)}))->stored, 1);
            before += acknowledged;
        }
        QVERIFY(before > 60);
    }
};

int main(int argc, char** argv)
{
    QCoreApplication app(argc, argv);
    const QStringList arguments = app.arguments();
    if (arguments.value(1) == u"--store"_s) return storeAsChild(arguments[2]);
    TestEventStore test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_event_store.moc"
