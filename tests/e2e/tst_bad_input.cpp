// SPDX-License-Identifier: GPL-3.0-or-later
// What people and machines get wrong, handed to the real program: each time a sentence, an exit code or a status that
// says so, and nothing lost.
#include "services/base/http_server.h"
#include "services/runbooks/site_config.h"
#include "tests/support/bad_luck.h"
#include <QRegularExpression>
#include <unistd.h>

using namespace wf;
using namespace wf::test;
using namespace Qt::StringLiterals;

namespace {
const QByteArray kGoodChange
    = R"({"id":"c1","time":"2026-11-21T03:41:00Z","actor":"ci-release","feature":"support-copilot","layer":"prompt","from":"v41","to":"v42","summary":"prompt v42"})";
const QByteArray kGoodReport
    = R"({"id":"r1","time":"2026-11-21T03:42:00Z","channel":"support desk","feature":"support-copilot","text":"wrong account number"})";

bool matches(const QByteArray& text, const char* pattern)
{
    return QRegularExpression(QString::fromLatin1(pattern)).match(QString::fromUtf8(text)).hasMatch();
}

void addMigrationOfTheFuture(const QString& path)
{
    auto db = sql::Database::open(path);
    (*db)
        ->prepare("INSERT INTO schema_migrations VALUES(?1, ?2, ?3)")
        .run(99, u"tables nobody knows yet"_s, QByteArray(64, '0'));
}

/// The command, run where the folder cannot be written, by whatever means this machine grants; empty when it grants
/// none.
QStringList onReadOnlyDisk(const QString& folder)
{
    const QString mounted
        = u"mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" && ! touch \"$0/probe\" 2>/dev/null && exec \"$@\""_s;
    QStringList prefix{u"--mount"_s};
    if (::geteuid() != 0) prefix = QStringList{u"--user"_s, u"--map-root-user"_s} + prefix;
    prefix += {u"sh"_s, u"-c"_s, mounted, folder};
    return run(u"unshare"_s, prefix + QStringList{u"true"_s}).code == 0 ? prefix : QStringList();
}
} // namespace

class BadInput : public QObject {
    Q_OBJECT
    std::unique_ptr<House> m_house;

private Q_SLOTS:
    void init() { m_house = std::make_unique<House>(); }
    void cleanup() { m_house.reset(); }

    void whatNobodyCanReadIsRefusedAndCounted()
    {
        Running engine;
        const QString http = m_house->start(engine);
        QVERIFY(!http.isEmpty());
        const struct {
            const char16_t* path;
            Body body;
            int status;
            const char16_t* says;
        } cases[] = {
            {u"/v1/traces", {"application/x-protobuf", "\x0a\xff\xff"}, 400, u"not a valid OTLP"},
            {u"/v1/logs", {"application/x-protobuf", "no protobuf at all"}, 400, u"not a valid OTLP"},
            {u"/v1/traces", json("{}"), 415, u"http/protobuf"},
            {u"/hooks/alertmanager", json("{\"alerts\": ["), 400, u"not valid JSON"},
            {u"/changes", json("[]"), 400, u"one JSON object"},
            {u"/changes", json("{\"id\":\"x\",\"time\":\"yesterday\"}"), 400, u"must be a time"},
            {u"/changes", {"text/plain", kGoodChange}, 415, u"application/json"},
            {u"/reports", json("{\"time\":\"2026-11-21T03:42:00Z\"}"), 400, u"\"text\""},
            {u"/v1/metrics", {"application/x-protobuf", "x"}, 404, u"/v1/traces"},
            {u"/change", json(kGoodChange), 404, u"/changes"},
        };
        for (const auto& c : cases) {
            const HttpOutcome o = post(http, QString::fromUtf16(c.path), c.body);
            const QString said = sentenceOf(o);
            QVERIFY2(
                o.status == c.status, qPrintable(QString::fromUtf16(c.path) + u' ' + QString::number(o.status) + said));
            QVERIFY2(said.contains(QString::fromUtf16(c.says)), qPrintable(said));
            QVERIFY2(notASentence(said.toUtf8()).isEmpty(), qPrintable(said));
            QVERIFY2(said.contains(u"othing"_s), qPrintable(said)); // what was kept: nothing of it
        }
        const QJsonObject counted = m_house->status()[u"sources"_s].toObject();
        const QMap<QString, int> rejected{
            {u"otlp"_s, 3}, {u"alertmanager"_s, 1}, {u"changes"_s, 3}, {u"reports"_s, 1}, {u"unknown path"_s, 2}};
        for (auto it = rejected.begin(); it != rejected.end(); ++it) {
            QCOMPARE(counted[it.key()][u"rejected"_s].toInt(), it.value());
            QCOMPARE(counted[it.key()][u"stored"_s].toInt(), 0);
            QVERIFY(counted[it.key()][u"last_seen"_s].toString().isEmpty()); // garbage is no sign of life
        }

        QCOMPARE(post(http, u"/v1/traces"_s, otlp({answerSpan(u"a1"_s, SystemClock().now())})).status, 200);
        QCOMPARE(post(http, u"/changes"_s, json(kGoodChange)).status, 200);
        QCOMPARE(post(http, u"/reports"_s, json(kGoodReport)).status, 200);
        QCOMPARE(m_house->verb({u"search"_s, u"kind:answer"_s, u"--json"_s}).lines().size(), 1);
        QCOMPARE(m_house->verb({u"search"_s, u"kind:change"_s, u"--json"_s}).lines().size(), 1);
        QVERIFY(eventually(
            [&] {
                return m_house->verb({u"search"_s, u"kind:report"_s, u"--json"_s}).lines().size() == 1;
            },
            5000));
        QVERIFY(engine.running());
        QCOMPARE(engine.end(), 0);
    }

    void aBrokenRunbookIsSeenAndNotRun()
    {
        m_house->write(u"runbooks/broken.yaml"_s, "id: broken\nversion: 1.0.0\ntitle: [never closed\n");
        QByteArray edited = m_house->read(u"runbooks/contain-route-to-people.yaml"_s);
        m_house->write(
            u"runbooks/contain-route-to-people.yaml"_s, edited.replace("default: \"75\"", "default: \"99\""));

        const Ran checked = ctl({u"runbook"_s, u"check"_s, m_house->file(u"runbooks/broken.yaml"_s)});
        REFUSED(checked, 1);
        QVERIFY2(matches(checked.err, "broken\\.yaml:\\d+:\\d+"), checked.err);
        const Ran all = ctl({u"runbook"_s, u"check"_s, m_house->file(u"runbooks"_s)});
        QCOMPARE(all.code, 1);
        QVERIFY(all.out.count(": fine,") >= 3); // the others are told all the same

        Running engine;
        QVERIFY(!m_house->start(engine).isEmpty());
        QVERIFY(matches(m_house->sentenceOfProblem(u"Runbook broken:"_s).toUtf8(), "broken\\.yaml:\\d+:\\d+"));
        QVERIFY(m_house->sentenceOfProblem(u"contain-route-to-people"_s).contains(u"changed after it was signed"_s));
        const auto site = loadSite(m_house->dir());
        QVERIFY(site && !site->runbook(u"broken"_s) && !site->runbook(u"contain-route-to-people"_s));
        QVERIFY(site->runbook(u"restore-behaviour-stack"_s));
    }

    void wrongSettingsStopTheStartAtTheirPlace_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("place");
        QTest::newRow("signals: a typing error")
            << u"signals.yaml"_s << QByteArray("signals:\n  - name: x\n    knid: rate\n")
            << QByteArray("signals.yaml:3:");
        QTest::newRow("signals: no YAML")
            << u"signals.yaml"_s << QByteArray("signals: [\n") << QByteArray("signals.yaml:2:1");
        QTest::newRow("targets: no address")
            << u"targets.yaml"_s << QByteArray("flags: http://127.0.0.1:1\nnotices: ftp://x/\n")
            << QByteArray("targets.yaml:2:10");
        QTest::newRow("targets: nonsense")
            << u"targets.yaml"_s << QByteArray("\x01\x02nonsense") << QByteArray("targets.yaml:1:1");
        QTest::newRow("profile: an unknown kind")
            << u"profile.yaml"_s << QByteArray("kind: toy\nname: x\n") << QByteArray("profile.yaml:1:7");
    }
    void wrongSettingsStopTheStartAtTheirPlace()
    {
        QFETCH(QString, name);
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, place);
        const QByteArray good = m_house->read(name);
        m_house->write(name, text);
        REFUSED(ctl(m_house->serveArgs()), 1, place);
        QCOMPARE(m_house->read(name), text); // nobody "repairs" what a person wrote
        QVERIFY(!QFile::exists(m_house->record()));
        m_house->write(name, good);
        Running engine;
        QVERIFY(!m_house->start(engine).isEmpty());
    }

    void underAPolicyNobodySignedNobodySigns()
    {
        const QString contain = u"contain-route-to-people"_s;
        {
            Running engine;
            const QString http = m_house->start(engine);
            QCOMPARE(post(http, u"/reports"_s, json(kGoodReport)).status, 200);
            QVERIFY(eventually([&] { return !m_house->incident()[u"plans"_s].toArray().isEmpty(); }, 10'000));
        }
        const QByteArray good = m_house->read(u"policy.yaml"_s);
        m_house->write(u"policy.yaml"_s, good + "# one remark nobody signed\n");
        {
            Running engine;
            QVERIFY(!m_house->start(engine).isEmpty());
            const QString said = m_house->sentenceOfProblem(u"policy.yaml is not trusted"_s);
            QVERIFY2(said.contains(u"nobody may sign"_s), qPrintable(said));
            REFUSED(m_house->verb({u"approve"_s, contain, u"--as"_s, u"commander-1"_s}), 1, "Nothing was signed");
            REFUSED(
                m_house->verb({u"incident"_s, u"declare"_s, u"--as"_s, u"commander-1"_s}), 1, "Nothing was recorded");
            QCOMPARE(m_house->incident()[u"plans"_s].toArray().size(), 1); // the plan waits
        }
        m_house->write(u"policy.yaml"_s, good);
        Running engine;
        QVERIFY(!m_house->start(engine).isEmpty());
        const Ran signedNow
            = m_house->verb({u"reject"_s, contain, u"--as"_s, u"commander-1"_s, u"--reason"_s, u"a drill"_s});
        QVERIFY2(signedNow.code == 0, signedNow.out + signedNow.err);
    }

    void badRowsOfAFileAreNamedAndTheRestIsStored_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<int>("badLine");
        QTest::newRow("csv") << u"answers.csv"_s
                             << QByteArray("at,model,good\n2026-11-20T10:00:00Z,m,1\n2026-11-20T10:01:00Z,m,"
                                           "maybe\nyesterday,m,1\n2026-11-20T10:02:00Z,m,0\n2026-11-20T10:03:00Z,\"m\n")
                             << 3;
        QTest::newRow("jsonl") << u"answers.jsonl"_s
                               << QByteArray("{\"at\":\"2026-11-20T10:00:00Z\",\"model\":\"m\",\"good\":1}\n{\"at\":"
                                             "\"2026-11-20T10:01:00Z\",\n{\"model\":\"m\",\"good\":1}\n"
                                             "{\"at\":\"2026-11-20T10:02:00Z\",\"model\":\"m\",\"good\":0}\n{\"at\":"
                                             "\"2026-11-20T10:03:00Z\",\"good\":{}}\n")
                               << 2;
    }
    void badRowsOfAFileAreNamedAndTheRestIsStored()
    {
        QFETCH(QString, name);
        QFETCH(QByteArray, text);
        QFETCH(int, badLine);
        m_house->write(name, text);
        m_house->write(u"map.yaml"_s,
            "name: old\ntime: { value: \"{at}\" }\nanswer: { feature: support, stack: { model: \"{model}\" } "
            "}\nsignals: { good: \"{good}\" }\n");
        const auto import = [&](const QString& mapping) {
            return m_house->verb({u"import"_s, m_house->file(name), u"--mapping"_s, m_house->file(mapping)});
        };

        const Ran ran = import(u"map.yaml"_s);
        QVERIFY2(ran.code == 0, ran.err);
        QCOMPARE(ran.json()[u"rows"_s].toInt(), 5);
        QCOMPARE(ran.json()[u"bad"_s].toInt(), 3);
        QCOMPARE(ran.json()[u"answers"_s].toInt(), 2);
        const QByteArrayList named = ran.err.trimmed().split('\n');
        QCOMPARE(named.size(), 3);
        for (const QByteArray& line : named)
            QVERIFY2(matches(line, "answers\\.(csv|jsonl):\\d+: \\S.+"), line);
        QVERIFY2(named.first().contains(name.toUtf8() + ':' + QByteArray::number(badLine) + ':'), named.first());
        QCOMPARE(m_house->verb({u"observations"_s}).lines().size(), 2);

        const Ran again = import(u"map.yaml"_s);
        QCOMPARE(again.json()[u"duplicates"_s].toInt(), 2);
        QCOMPARE(again.json()[u"answers"_s].toInt(), 0);

        m_house->write(u"typo.yaml"_s, "name: old\ntime: { value: \"{at\" }\nanswer: { feature: support }\n");
        REFUSED(import(u"typo.yaml"_s), 1, "typo.yaml:2:16");
        m_house->write(u"nothing.yaml"_s, "name: old\ntime: { value: \"{when}\" }\nanswer: { feature: support }\n");
        REFUSED(import(u"nothing.yaml"_s), 1, name.endsWith(u"csv"_s) ? "when" : "Not one of the 5 rows");
        REFUSED(import(u"absent.yaml"_s), 3, "absent.yaml");
        QCOMPARE(m_house->verb({u"observations"_s}).lines().size(), 2);
    }

    void driftRunNamesTheRowItCannotRead()
    {
        m_house->write(u"x.csv"_s, "value\n1\n0\nabc\n1\n");
        const auto drift = [&](const QString& file, const QString& column) {
            return ctl({u"drift"_s, u"run"_s, u"--input"_s, m_house->file(file), u"--value"_s, column, u"--kind"_s,
                u"binary"_s, u"--arl"_s, u"1000"_s, u"--baseline-rows"_s, u"2"_s});
        };
        const Ran ran = drift(u"x.csv"_s, u"value"_s);
        REFUSED(ran, 3, "x.csv:4:", "abc"); // its own codes: 3 is a file it cannot use
        QVERIFY(!ran.out.contains("summary")); // no figure over half a file
        REFUSED(drift(u"x.csv"_s, u"score"_s), 3, "score", "value");
        REFUSED(drift(u"absent.csv"_s, u"value"_s), 3, "absent.csv");
    }

    void aNewerFileIsLeftAsItIs_data()
    {
        QTest::addColumn<QString>("newer");
        QTest::addColumn<QStringList>("reader");
        QTest::newRow("record.db") << u"record.db"_s << QStringList{u"status"_s};
        QTest::newRow("events.db") << u"events.db"_s << QStringList{u"search"_s, u"kind:change"_s};
    }
    void aNewerFileIsLeftAsItIs()
    {
        QFETCH(QString, newer);
        QFETCH(QStringList, reader);
        {
            Running engine;
            QVERIFY(!m_house->start(engine).isEmpty());
        }
        addMigrationOfTheFuture(m_house->file(newer));
        const QStringList files{u"record.db"_s, u"events.db"_s, u"engine.json"_s};
        QByteArrayList before;
        for (const QString& f : files)
            before += m_house->read(f);
        REFUSED(ctl(m_house->serveArgs()), 1, newer.toUtf8(), "newer Watchfloor", "left as it is");
        REFUSED(m_house->verb(reader), 1, newer.toUtf8(), "newer Watchfloor");
        for (qsizetype i = 0; i < files.size(); ++i)
            QVERIFY2(m_house->read(files[i]) == before[i], qPrintable(files[i]));
    }

    void aPortInUseIsNamed()
    {
        QString last;
        {
            Running engine;
            last = m_house->start(engine);
        }
        const QString entries = ask(m_house->record(), "SELECT count(*) FROM entries");
        HttpServer other{HttpServerOptions{}};
        const auto port = other.start([](const HttpRequest&) { return HttpResponse{}; });
        QVERIFY(port);
        const QByteArray number = QByteArray::number(*port);
        REFUSED(ctl(m_house->serveArgs(u"127.0.0.1:"_s + QString::fromLatin1(number))), 1, "Port " + number, "in use",
            "choose another port");
        // An engine that never listened leaves no trace, and the next one finds its old port.
        QCOMPARE(ask(m_house->record(), "SELECT count(*) FROM entries"), entries);
        Running engine;
        const QJsonObject ready = engine.start(u"watchfloorctl"_s, {u"serve"_s, u"--profile"_s, m_house->dir()});
        QCOMPARE(ready[u"http"_s].toString(), last);
    }

    void aSecondEngineIsTurnedAway()
    {
        Running engine;
        const QString http = m_house->start(engine);
        for (int i = 0; i < 3; ++i) {
            REFUSED(
                ctl(m_house->serveArgs()), 1, "process " + QByteArray::number(engine.pid()) + ' ', "already running");
            const QJsonObject status = m_house->status();
            QVERIFY(status[u"engine"_s].toBool());
            QCOMPARE(status[u"http"_s].toString(), http);
            QCOMPARE(post(http, u"/v1/traces"_s, otlp({answerSpan(u"a%1"_s.arg(i), SystemClock().now())})).status, 200);
        }
        REFUSED(m_house->verb({u"import"_s, m_house->file(u"signals.yaml"_s), u"--mapping"_s,
                    QStringLiteral(WF_SOURCE_DIR "/resources/samples/mappings/llmdrift.yaml")}),
            1, "already running");
        QCOMPARE(ask(m_house->events(), "SELECT count(*) FROM answers"), u"3"_s);
        QCOMPARE(engine.end(), 0);
        QVERIFY(!m_house->status()[u"engine"_s].toBool());
    }

    void aReadOnlyDiskIsReadAndNotServed()
    {
        Running engine;
        const QString http = m_house->start(engine);
        QCOMPARE(post(http, u"/changes"_s, json(kGoodChange)).status, 200);
        QCOMPARE(engine.end(), 0);
        const QStringList prefix = onReadOnlyDisk(m_house->dir());
        if (prefix.isEmpty())
            QSKIP("This machine lets no test mount a folder read-only (unshare is refused); tst_sqlite covers the "
                  "layer below.");
        const auto there = [&](const QStringList& args) {
            return run(u"unshare"_s,
                prefix + QStringList{program(u"watchfloorctl"_s)} + args + QStringList{u"--profile"_s, m_house->dir()});
        };
        const Ran status = there({u"status"_s, u"--json"_s});
        QVERIFY2(status.code == 0, status.err);
        QVERIFY(status.json()[u"chain_verified"_s].toBool());
        QVERIFY(!status.json()[u"engine"_s].toBool());
        const Ran found = there({u"search"_s, u"kind:change"_s, u"--json"_s});
        QVERIFY2(found.code == 0, found.err);
        QCOMPARE(found.lines().size(), 1);
        REFUSED(there({u"serve"_s, u"--http"_s, u"127.0.0.1:0"_s}), 1, "ead-only", "Nothing was changed");
        REFUSED(there({u"incident"_s, u"report"_s, u"wrong"_s, u"--as"_s, u"commander-1"_s}), 1, "ead-only");

        // Not closed cleanly: the newest rows are still in the log beside the file, and must not be missing without a
        // word.
        Running killed;
        QCOMPARE(
            post(m_house->start(killed), u"/changes"_s, json(QByteArray(kGoodChange).replace("c1", "c2"))).status, 200);
        killed.killHard();
        QCOMPARE(there({u"search"_s, u"kind:change"_s, u"--json"_s}).lines().size(), 2);
        QVERIFY(there({u"status"_s, u"--json"_s}).json()[u"chain_verified"_s].toBool());
        QVERIFY(QFile::remove(m_house->events() + u"-shm"_s));
        REFUSED(there({u"search"_s, u"kind:change"_s}), 1, "not closed cleanly", "Copy the profile folder");
    }

    void aTamperedRecordIsNamedByItsEntry()
    {
        const QString out = m_house->root() + u"/export"_s;
        {
            Running engine;
            const QString http = m_house->start(engine);
            QCOMPARE(post(http, u"/reports"_s, json(kGoodReport)).status, 200);
            QVERIFY(eventually([&] { return !m_house->incident().isEmpty(); }, 10'000));
            const Ran exported = m_house->verb({u"export"_s, u"--out"_s, out});
            QVERIFY2(exported.code == 0, exported.err);
        }
        QCOMPARE(ctl({u"verify"_s, out}).code, 0);
        QCOMPARE(ctl({u"verify"_s, m_house->record()}).code, 0);
        QCOMPARE(m_house->verb({u"status"_s}).code, 0);

        const QByteArray seq = ask(m_house->record(), "SELECT seq FROM entries WHERE kind = 'report.filed'").toUtf8();
        const auto flip = [](const QString& path) {
            QFile f(path);
            if (!f.open(QIODevice::ReadWrite)) return false;
            const qsizetype at = f.readAll().indexOf("wrong account number");
            return at >= 0 && f.seek(at) && f.write("W", 1) == 1;
        };
        QVERIFY(flip(m_house->record()));
        const Ran status = m_house->verb({u"status"_s, u"--json"_s});
        QCOMPARE(status.code, 1);
        QVERIFY(!status.json()[u"chain_verified"_s].toBool());
        QVERIFY2(status.json()[u"chain_problem"_s].toString().contains(u"Entry %1 "_s.arg(QString::fromLatin1(seq))),
            status.out);
        REFUSED(m_house->verb({u"status"_s}), 1, "Entry " + seq + " of the record was altered");
        REFUSED(ctl({u"verify"_s, m_house->record()}), 1, "Entry " + seq + ' ');
        REFUSED(m_house->verb({u"export"_s, u"--out"_s, m_house->root() + u"/second"_s}), 1, "Entry " + seq + ' ');
        QVERIFY(flip(out + u"/record.jsonl"_s));
        const Ran verified = ctl({u"verify"_s, out});
        QCOMPARE(verified.code, 1);
        QVERIFY2(verified.out.toLower().contains("entry " + seq), verified.out);
    }
};

QTEST_GUILESS_MAIN(BadInput)
#include "tst_bad_input.moc"
