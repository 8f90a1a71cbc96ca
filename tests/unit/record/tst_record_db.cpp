// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/canonical_json.h"
#include "services/record/record_db.h"
#include "tests/support/failing_vfs.h"
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>
#include <signal.h>

using namespace wf;
using namespace Qt::StringLiterals;

namespace {

class FixedClock final : public Clock {
public:
    Nanos now() const override { return 1'795'200'000 * kSecond; }
};
const FixedClock kClock;

NewEntry note(const QString& text, const QString& actor = u"commander-1"_s)
{
    return {QString::fromLatin1(kind::NoteAdded), actor, {}, {{u"text"_s, text}, {u"happened"_s, jsonInt(42)}}, 0};
}

std::unique_ptr<RecordDb> openRecord(const QString& path, const sql::OpenOptions& options = {})
{
    auto record = RecordDb::open(path, kClock, options);
    if (!record) qFatal("%s", qPrintable(record.error().sentence()));
    return std::move(*record);
}

OutboxRow step(const QString& execution, int number)
{
    return {ExecutionId{execution}, ProposalId{u"p-1"_s}, number, u"p-1/%1"_s.arg(number)};
}

// The child of the tests below: appends until it has written so many entries, or for ever.
int appendAsChild(const QString& path, const QString& name, int count)
{
    auto record = openRecord(path);
    std::puts("ready");
    std::fflush(stdout);
    for (int i = 0; count < 0 || i < count; ++i)
        if (!record->append({note(u"first %1"_s.arg(i), name), note(u"second %1"_s.arg(i), name)})) return 1;
    return 0;
}

void startChild(QProcess& child, const QString& path, const QString& name, int count)
{
    child.start(QCoreApplication::applicationFilePath(), {u"--append"_s, path, name, QString::number(count)});
    QVERIFY(child.waitForReadyRead());
}

} // namespace

class TestRecordDb : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;
    QString path(const char* name) const { return m_dir.filePath(QString::fromLatin1(name)); }

    void tamper(const QString& file, const char* sql)
    {
        auto db = *sql::Database::open(file);
        db->exec("DROP TRIGGER entries_are_final; DROP TRIGGER entries_stay");
        db->exec(sql);
    }

private Q_SLOTS:
    void entriesFormOneChainFromZero()
    {
        auto record = openRecord(path("chain.db"));
        const auto stored = record->append({note(u"one"_s), note(u"two"_s)});
        QVERIFY(stored);
        QCOMPARE(stored->size(), size_t(2));
        const auto third = record->append({note(u"three"_s)});
        QVERIFY(third);
        const auto all = record->after(0);
        QVERIFY(all);
        QCOMPARE(all->size(), size_t(3));
        QCOMPARE(all->front().previous, QByteArray(32, '\0'));
        QCOMPARE(all->front().t, kClock.now());
        // The hash as the header says it, from its parts.
        const Entry& second = all->at(1);
        const QByteArray bytes
            = "{\"actor\":\"commander-1\",\"body\":{\"happened\":42,\"text\":\"two\"},\"incident\":\"\","
              "\"kind\":\"note.added\",\"seq\":2,\"t\":\"1795200000000000001\"}";
        QCOMPARE(second.hash.toHex(), sha256(all->front().hash + bytes).toHex());
        QCOMPARE(all->at(2).previous, second.hash);
        QCOMPARE(*record->verifyChain(), 3);
        QCOMPARE(record->head()->hash, all->at(2).hash);
        QCOMPARE(record->after(2)->size(), size_t(1));
        QCOMPARE(record->after(0, 2)->size(), size_t(2));
    }

    void whatCannotBeCanonicalIsRefusedWhole()
    {
        auto record = openRecord(path("fractions.db"));
        NewEntry bad = note(u"x"_s);
        bad.body[u"share"_s] = 0.5;
        const auto refused = record->append({note(u"good"_s), bad});
        QVERIFY(!refused);
        QCOMPARE(refused.error().fault, Fault::BadInput);
        QCOMPARE(record->after(0)->size(), size_t(0));
        NewEntry nobody = note(u"x"_s);
        nobody.actor.clear();
        QCOMPARE(record->append({nobody}).error().fault, Fault::BadInput);
    }

    void tamperingIsFoundWithItsSeq_data()
    {
        QTest::addColumn<QString>("sql");
        QTest::addColumn<QString>("named");
        QTest::newRow("body") << u"UPDATE entries SET body = replace(body, '17', '18') WHERE seq = 17"_s
                              << u"Entry 17 "_s;
        QTest::newRow("time") << u"UPDATE entries SET t = t + 1 WHERE seq = 5"_s << u"Entry 5 "_s;
        QTest::newRow("actor") << u"UPDATE entries SET actor = 'legal-1' WHERE seq = 1"_s << u"Entry 1 "_s;
        QTest::newRow("removed") << u"DELETE FROM entries WHERE seq = 9"_s << u"Entry 9 "_s;
        QTest::newRow("hash") << u"UPDATE entries SET hash = zeroblob(32) WHERE seq = 20"_s << u"Entry 20 "_s;
        QTest::newRow("spliced") << u"UPDATE entries SET previous = zeroblob(32) WHERE seq = 12"_s << u"Entry 12 "_s;
    }
    void tamperingIsFoundWithItsSeq()
    {
        QFETCH(QString, sql);
        QFETCH(QString, named);
        const QString file = m_dir.filePath(u"tamper-%1.db"_s.arg(QString::fromLatin1(QTest::currentDataTag())));
        {
            auto record = openRecord(file);
            for (int i = 1; i <= 20; ++i)
                QVERIFY(record->append({note(u"note %1"_s.arg(i))}));
            QCOMPARE(*record->verifyChain(), 20);
        }
        tamper(file, sql.toUtf8().constData());
        const auto verified = openRecord(file)->verifyChain();
        QVERIFY(!verified);
        QVERIFY2(verified.error().what.startsWith(named), qPrintable(verified.error().what));
    }

    void honestProgramsCannotRewriteEntries()
    {
        openRecord(path("final.db"))->append({note(u"x"_s)}).value();
        auto db = *sql::Database::open(path("final.db"));
        QVERIFY(!sql::attempt([&] { db->exec("UPDATE entries SET t = 1"); }));
        QVERIFY(!sql::attempt([&] { db->exec("DELETE FROM entries"); }));
    }

    void aKeyEntersTheOutboxOnce()
    {
        auto record = openRecord(path("outbox.db"));
        QVERIFY(record->append({note(u"a"_s)}, {step(u"e-1"_s, 0)}));
        QVERIFY(record->append({note(u"b"_s)}, {step(u"e-2"_s, 1)}));
        QCOMPARE(record->openOutbox()->size(), size_t(2));
        QCOMPARE(record->openOutbox()->front().execution.value, u"e-1"_s);

        const auto again = record->append({note(u"c"_s)}, {step(u"e-3"_s, 0)});
        QVERIFY(!again);
        QCOMPARE(again.error().fault, Fault::Conflict);
        QCOMPARE(record->after(0)->size(), size_t(2));

        QVERIFY(record->closeOutbox(ExecutionId{u"e-1"_s}));
        QCOMPARE(record->openOutbox()->size(), size_t(1));
        QVERIFY(!record->append({note(u"d"_s)}, {step(u"e-4"_s, 0)}));
        QCOMPARE(record->closeOutbox(ExecutionId{u"e-9"_s}).error().fault, Fault::NotFound);
    }

    void changedTellsOwnAndForeignWritesOnce()
    {
        auto mine = openRecord(path("changed.db"));
        auto theirs = openRecord(path("changed.db"));
        mine->changed();
        QVERIFY(!mine->changed());
        QVERIFY(mine->append({note(u"own"_s)}));
        QVERIFY(mine->changed());
        QVERIFY(!mine->changed());
        QVERIFY(theirs->append({note(u"foreign"_s)}));
        QVERIFY(mine->changed());
        QVERIFY(!mine->changed());
    }

    void severalProcessesKeepOneChain()
    {
        const QString file = path("processes.db");
        QProcess one, two;
        startChild(one, file, u"one"_s, 40);
        startChild(two, file, u"two"_s, 40);
        auto record = openRecord(file);
        for (int i = 0; i < 40; ++i)
            QVERIFY(record->append({note(u"mine"_s, u"three"_s)}));
        QVERIFY(one.waitForFinished() && two.waitForFinished());
        QCOMPARE(one.exitCode() + two.exitCode(), 0);
        QCOMPARE(*record->verifyChain(), 200);
        // What one call appended stands together.
        const auto entries = *record->after(0);
        for (size_t i = 0; i < entries.size(); ++i)
            if (entries[i].body[u"text"_s].toString().startsWith(u"first"_s)) {
                QCOMPARE(entries[i + 1].actor, entries[i].actor);
                QVERIFY(entries[i + 1].body[u"text"_s].toString().startsWith(u"second"_s));
            }
    }

    void aKilledWriterLeavesWholeAppends()
    {
        const QString file = path("killed.db");
        qint64 before = 0;
        for (int round = 0; round < 5; ++round) {
            QProcess child;
            startChild(child, file, u"victim"_s, -1);
            auto record = openRecord(file);
            QTRY_VERIFY(record->head()->seq >= before + 10);
            QCOMPARE(::kill(pid_t(child.processId()), SIGKILL), 0);
            QVERIFY(child.waitForFinished());
            const auto verified = record->verifyChain();
            QVERIFY2(verified, verified ? "" : qPrintable(verified.error().sentence()));
            QCOMPARE(*verified % 2, 0); // never half of an append
            QVERIFY(record->append({note(u"after"_s), note(u"after"_s)}));
            before = *verified + 2;
        }
    }

    void aFullDiskRefusesAndKeepsTheChain()
    {
        test::FailingVfs disk("failing-record");
        auto record = openRecord(path("full.db"), {.vfs = disk.name()});
        QVERIFY(record->append({note(u"kept"_s)}));
        disk.allow(1, SQLITE_FULL);
        const auto refused = record->append({note(QString(20'000, u'x'))}, {step(u"e-1"_s, 0)});
        QVERIFY(!refused);
        QCOMPARE(refused.error().fault, Fault::DiskFull);
        QVERIFY(refused.error().sentence().contains(u"Everything acknowledged before is safe."));
        disk.heal();
        QVERIFY(record->append({note(u"goes on"_s)}, {step(u"e-1"_s, 0)}));
        QCOMPARE(*record->verifyChain(), 2);
    }

    void aReaderOfTheRecordWritesNothing()
    {
        openRecord(path("reader.db"))->append({note(u"x"_s)}).value();
        auto reader = openRecord(path("reader.db"), {.access = sql::Access::ReadOnly});
        QCOMPARE(reader->after(0)->size(), size_t(1));
        QCOMPARE(reader->append({note(u"y"_s)}).error().fault, Fault::ReadOnly);
    }
};

int main(int argc, char** argv)
{
    QCoreApplication app(argc, argv);
    const QStringList arguments = app.arguments();
    if (arguments.value(1) == u"--append"_s) return appendAsChild(arguments[2], arguments[3], arguments[4].toInt());
    TestRecordDb test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_record_db.moc"
