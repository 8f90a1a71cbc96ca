// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/base/file_lock.h"
#include "services/base/files.h"
#include "services/base/sqlite.h"
#include "tests/support/failing_vfs.h"
#include <QTemporaryDir>
#include <QtTest>
#include <array>
#include <sys/wait.h>
#include <unistd.h>

using namespace wf;
using namespace Qt::StringLiterals;

namespace {

constexpr std::array kOne{sql::Migration{1, "rows", "CREATE TABLE rows(id INTEGER PRIMARY KEY, value)"}};
constexpr std::array kTwo{kOne[0], sql::Migration{2, "names", "CREATE TABLE names(name TEXT UNIQUE)"}};
constexpr std::array kAltered{sql::Migration{1, "rows", "CREATE TABLE rows(id INTEGER PRIMARY KEY, value, extra)"}};

qint64 scalar(sql::Database& db, const char* sql)
{
    sql::Statement row = db.prepare(sql);
    return row.step() ? row.integer(0) : -1;
}

} // namespace

class TestSqlite : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;
    QString path(const char* name) const { return m_dir.filePath(QString::fromLatin1(name)); }

private Q_SLOTS:
    void valuesComeBackAsTheyWereBound()
    {
        auto db = *sql::Database::open(path("values.db"));
        db->migrate(kOne);
        db->prepare("INSERT INTO rows VALUES(1, ?1), (2, ?2), (3, ?3), (4, ?4), (5, ?5)")
            .run(qint64(-9'007'199'254'740'993), 0.1, u"Überfluß \U0001F6F0"_s, QByteArray("\0\1\xff", 3), nullptr);
        sql::Statement rows = db->prepare("SELECT value FROM rows ORDER BY id");
        QVERIFY(rows.step());
        QCOMPARE(rows.integer(0), qint64(-9'007'199'254'740'993));
        QVERIFY(rows.step());
        QCOMPARE(rows.real(0), 0.1);
        QVERIFY(rows.step());
        QCOMPARE(rows.text(0), u"Überfluß \U0001F6F0"_s);
        QVERIFY(rows.step());
        QCOMPARE(rows.blob(0), QByteArray("\0\1\xff", 3));
        QVERIFY(rows.step());
        QVERIFY(rows.isNull(0));
        QVERIFY(!rows.step());
    }

    void nestedUseOfOneStatementTextIsSafe()
    {
        auto db = *sql::Database::open(path("nested.db"));
        db->migrate(kOne);
        db->exec("INSERT INTO rows VALUES(1, 10), (2, 20)");
        qint64 sum = 0;
        sql::Statement outer = db->prepare("SELECT value FROM rows ORDER BY id");
        while (outer.step()) {
            sql::Statement inner = db->prepare("SELECT value FROM rows ORDER BY id");
            while (inner.step())
                sum += outer.integer(0) * inner.integer(0);
        }
        QCOMPARE(sum, 900);
    }

    void aTransactionThatIsNotCommittedLeavesNothing()
    {
        auto db = *sql::Database::open(path("rollback.db"));
        db->migrate(kOne);
        {
            sql::Transaction transaction(*db, sql::Transaction::Kind::Write);
            db->exec("INSERT INTO rows VALUES(1, 1)");
        }
        QCOMPARE(scalar(*db, "SELECT count(*) FROM rows"), 0);
    }

    void migrationsRunOnceAndNewerOrAlteredSchemasAreRefused()
    {
        {
            auto db = *sql::Database::open(path("schema.db"));
            db->migrate(kOne);
            db->exec("INSERT INTO rows VALUES(7, 7)");
            db->migrate(kTwo);
            db->migrate(kTwo);
            QCOMPARE(scalar(*db, "SELECT count(*) FROM schema_migrations"), 2);
            QCOMPARE(scalar(*db, "SELECT id FROM rows"), 7);
        }
        auto db = *sql::Database::open(path("schema.db"));
        const auto newer = sql::attempt([&] { db->migrate(kOne); });
        QVERIFY(!newer);
        QCOMPARE(newer.error().fault, Fault::NewerSchema);
        QVERIFY2(newer.error().what.contains(u"newer Watchfloor"), qPrintable(newer.error().what));
        const auto altered = sql::attempt([&] { db->migrate(kAltered); });
        QVERIFY(!altered);
        QCOMPARE(altered.error().fault, Fault::NewerSchema);
        QVERIFY2(altered.error().what.contains(u"altered"), qPrintable(altered.error().what));
    }

    void aMigrationThatFailsLeavesTheOldSchema()
    {
        auto db = *sql::Database::open(path("broken.db"));
        db->migrate(kOne);
        const std::array broken{kOne[0], sql::Migration{2, "broken", "CREATE TABLE half(x); CREATE TABLE half(x)"}};
        QVERIFY(!sql::attempt([&] { db->migrate(broken); }));
        QCOMPARE(scalar(*db, "SELECT count(*) FROM sqlite_master WHERE name='half'"), 0);
        QCOMPARE(scalar(*db, "SELECT count(*) FROM schema_migrations"), 1);
    }

    void aForeignOrDamagedFileIsRefusedAndKept()
    {
        const QByteArray garbage = QByteArray("this is not a database ").repeated(400);
        QVERIFY(writeFile(path("garbage.db"), garbage));
        const auto opened = sql::Database::open(path("garbage.db"));
        QVERIFY(!opened);
        QCOMPARE(opened.error().fault, Fault::Io);
        QVERIFY2(opened.error().what.contains(u"garbage.db is damaged"), qPrintable(opened.error().what));
        QCOMPARE(*readFile(path("garbage.db")), garbage);

        auto foreign = *sql::Database::open(path("foreign.db"));
        foreign->exec("CREATE TABLE theirs(x)");
        const auto migrated = sql::attempt([&] { foreign->migrate(kOne); });
        QVERIFY(!migrated);
        QCOMPARE(migrated.error().fault, Fault::NewerSchema);
    }

    void readOnlyReadsAndRefusesToWrite()
    {
        auto writer = *sql::Database::open(path("shared.db"));
        writer->migrate(kOne);
        auto reader = *sql::Database::open(path("shared.db"), {.access = sql::Access::ReadOnly});
        const qint64 before = reader->dataVersion();
        writer->exec("INSERT INTO rows VALUES(1, 1)");
        QVERIFY(reader->dataVersion() != before);
        QCOMPARE(scalar(*reader, "SELECT count(*) FROM rows"), 1);
        const auto written = sql::attempt([&] { reader->exec("INSERT INTO rows VALUES(2, 2)"); });
        QVERIFY(!written);
        QCOMPARE(written.error().fault, Fault::ReadOnly);
        const auto missing = sql::Database::open(path("missing.db"), {.access = sql::Access::ReadOnly});
        QVERIFY(!missing);
        QCOMPARE(missing.error().fault, Fault::NotFound);
        QVERIFY(!QFile::exists(path("missing.db")));
    }

    void aReadOnlyDiskIsReadUnlessRowsWouldBeMissing()
    {
        const QString file = path("disk #1%.db"); // a name that must survive as an address
        auto writer = *sql::Database::open(file);
        writer->migrate(kOne);
        writer->exec("INSERT INTO rows VALUES(1, 1)");
        test::FailingVfs disk("read-only-disk");
        disk.mountReadOnly();
        const sql::OpenOptions options{.access = sql::Access::ReadOnly, .vfs = disk.name()};
        const auto unread = sql::Database::open(file, options);
        QVERIFY(!unread);
        QCOMPARE(unread.error().fault, Fault::ReadOnly);
        QVERIFY(unread.error().sentence().contains(u"-wal"));
        writer.reset(); // writes the log back
        const auto opened = sql::Database::open(file, options);
        QVERIFY2(opened, opened ? "" : qPrintable(opened.error().sentence()));
        QCOMPARE(scalar(**opened, "SELECT count(*) FROM rows"), 1);
    }

    void aSecondWriterIsBusy()
    {
        auto one = *sql::Database::open(path("busy.db"));
        one->migrate(kOne);
        auto two = *sql::Database::open(path("busy.db"), {.busyMs = 1});
        sql::Transaction transaction(*one, sql::Transaction::Kind::Write);
        const auto second = sql::attempt([&] { sql::Transaction(*two, sql::Transaction::Kind::Write); });
        QVERIFY(!second);
        QCOMPARE(second.error().fault, Fault::Busy);
    }

    void aFullOrBrokenDiskRefusesAndGoesOnWhenItHeals_data()
    {
        QTest::addColumn<int>("code");
        QTest::addColumn<int>("fault");
        QTest::newRow("full") << int(SQLITE_FULL) << int(Fault::DiskFull);
        QTest::newRow("input/output error") << int(SQLITE_IOERR_WRITE) << int(Fault::Io);
        QTest::newRow("read-only") << int(SQLITE_READONLY) << int(Fault::ReadOnly);
    }
    void aFullOrBrokenDiskRefusesAndGoesOnWhenItHeals()
    {
        QFETCH(int, code);
        QFETCH(int, fault);
        test::FailingVfs disk("failing-base");
        const QString file = m_dir.filePath(QString::fromLatin1(QTest::currentDataTag()).remove(u'/') + u".db"_s);
        auto db = *sql::Database::open(file, {.vfs = disk.name()});
        db->migrate(kOne);
        db->exec("INSERT INTO rows VALUES(1, 'kept')");
        for (int writes = 0; writes < 3; ++writes) {
            disk.allow(writes, code);
            const auto refused = sql::attempt([&] {
                sql::Transaction transaction(*db, sql::Transaction::Kind::Write);
                db->prepare("INSERT INTO rows VALUES(2, ?1)").run(QByteArray(40'000, 'x'));
                transaction.commit();
            });
            QVERIFY(!refused);
            QCOMPARE(int(refused.error().fault), fault);
            QCOMPARE(scalar(*db, "SELECT count(*) FROM rows"), 1);
        }
        QVERIFY(disk.failures() > 0);
        disk.heal();
        db->exec("INSERT INTO rows VALUES(3, 'after')");
        QCOMPARE(scalar(*db, "SELECT count(*) FROM rows"), 2);
        db.reset();
        auto again = *sql::Database::open(file);
        QCOMPARE(scalar(*again, "SELECT count(*) FROM rows WHERE value IN ('kept', 'after')"), 2);
    }

    void aStopEndsALongQuestion()
    {
        auto db = *sql::Database::open(path("stop.db"));
        std::stop_source source;
        sql::StopGuard guard(*db, {source.get_token()});
        source.request_stop();
        const auto endless = sql::attempt([&] {
            return scalar(*db,
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT sum(i) "
                "FROM n");
        });
        QVERIFY(!endless);
        QCOMPARE(endless.error().fault, Fault::Timeout);
    }

    void theEngineLockNamesItsHolderAndDiesWithIt()
    {
        const QString lock = path("engine.lock");
        QVERIFY(!FileLock::isHeld(lock));
        QVERIFY(!QFile::exists(lock)); // asking makes nothing
        auto mine = FileLock::take(lock);
        QVERIFY(mine);
        QVERIFY(FileLock::isHeld(lock));
        const auto second = FileLock::take(lock);
        QVERIFY(!second);
        QCOMPARE(second.error().fault, Fault::Busy);
        QVERIFY(second.error().what.contains(u"process %1 "_s.arg(::getpid())));
        mine->reset();

        int ready[2];
        QCOMPARE(::pipe(ready), 0);
        const pid_t child = ::fork();
        if (child == 0) {
            const auto held = FileLock::take(lock);
            const char byte = held ? '1' : '0';
            if (::write(ready[1], &byte, 1) == 1) ::pause();
            ::_exit(1);
        }
        char byte = '0';
        QCOMPARE(::read(ready[0], &byte, 1), 1);
        QCOMPARE(byte, '1');
        QVERIFY(!FileLock::take(lock));
        QCOMPARE(::kill(child, SIGKILL), 0);
        QCOMPARE(::waitpid(child, nullptr, 0), child);
        QVERIFY(!FileLock::isHeld(lock));
        QVERIFY(FileLock::take(lock));
    }

    void filesAreWholeOrRefused()
    {
        QVERIFY(writeFile(path("a.txt"), "one"));
        QVERIFY(writeFile(path("a.txt"), "two", FileAccess::OwnerOnly));
        QCOMPARE(*readFile(path("a.txt")), QByteArray("two"));
        QVERIFY(!(QFile::permissions(path("a.txt")) & (QFile::ReadGroup | QFile::ReadOther)));
        QCOMPARE(readFile(path("a.txt"), 2).error().fault, Fault::BadInput);
        QCOMPARE(readFile(path("none.txt")).error().fault, Fault::NotFound);
        QVERIFY(!writeFile(path("no/folder.txt"), "x"));
        QVERIFY(writeJsonFile(path("a.json"), {{u"a"_s, 1}}));
        QCOMPARE((*readJsonFile(path("a.json")))[u"a"_s].toInt(), 1);
        QCOMPARE(readJsonFile(path("a.txt")).error().fault, Fault::BadInput);
    }
};

QTEST_GUILESS_MAIN(TestSqlite)
#include "tst_sqlite.moc"
