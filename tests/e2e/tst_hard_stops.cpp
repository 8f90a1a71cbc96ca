// SPDX-License-Identifier: GPL-3.0-or-later
// Kill -9 and a full disk, under load, on the real program: what was acknowledged is there, once; what was not is
// refused aloud and recognised when it comes again.
#include "services/record/record_db.h"
#include "tests/support/bad_luck.h"
#include <QRandomGenerator>
#include <sys/resource.h>
#include <thread>

using namespace wf;
using namespace wf::test;
using namespace Qt::StringLiterals;

namespace {
constexpr int kBatch = 40;
constexpr int kReportEvery = 8; // batches
const Nanos kStory = SystemClock().now() - kHour; // answers get their times from here on, so that a repeat is the same

/// One sender: numbered batches, each sent again until it is acknowledged, so a prefix of its numbers is acknowledged.
struct Sender {
    QString name;
    int batches = 0; ///< acknowledged
    int reports = 0; ///< acknowledged

    QString id(int number) const { return u"%1-%2"_s.arg(name).arg(number, 8, 10, QChar(u'0')); }

    HttpClientRequest batch(const QString& http) const
    {
        std::vector<OtlpSpan> spans;
        for (int i = batches * kBatch; i < (batches + 1) * kBatch; ++i)
            spans.push_back(answerSpan(id(i), kStory + i * kMilli));
        return posting(http, u"/v1/traces"_s, otlp(spans));
    }

    /// Until the engine is gone.
    void run(const QString& http)
    {
        HttpConnection connection;
        for (;;) {
            if (!connection.request(batch(http)).ok()) return;
            if (++batches % kReportEvery || batches / kReportEvery <= reports) continue;
            const QByteArray text = "{\"id\":\"" + id(reports).toUtf8()
                + "\",\"time\":\"2026-11-21T03:42:00Z\",\"feature\":\"support-copilot\",\"text\":\"wrong\"}";
            if (!connection.request(posting(http, u"/reports"_s, json(text))).ok()) return;
            ++reports;
        }
    }
};

/// What the databases must hold after any stop; empty when they do.
QString damage(const House& house, const std::vector<Sender>& senders)
{
    for (const QString& file : {house.events(), house.record()})
        if (const QString found = ask(file, "PRAGMA integrity_check"); found != u"ok") return file + u": "_s + found;
    const SystemClock clock;
    const auto record = RecordDb::open(house.record(), clock, {sql::Access::ReadOnly});
    if (!record) return record.error().sentence();
    if (const auto chain = (*record)->verifyChain(); !chain) return chain.error().sentence();

    const auto number = [](const QString& file, const QString& sql) { return ask(file, sql.toUtf8()).toLongLong(); };
    const qint64 answers = number(house.events(), u"SELECT count(*) FROM answers"_s);
    if (answers != number(house.events(), u"SELECT count(DISTINCT response) FROM answers"_s))
        return u"an answer is there twice"_s;
    if (2 * answers != number(house.events(), u"SELECT count(*) FROM observations"_s))
        return u"answers and their measures do not fit"_s;
    if (answers
        != number(house.events(),
            u"SELECT coalesce(sum(n), 0) FROM rollups WHERE grain = 1000000000 AND signal = (SELECT id FROM names WHERE text = 'answers')"_s))
        return u"the roll-ups count other answers than there are"_s;
    for (const Sender& s : senders) {
        const auto acknowledged = [&](const QString& column, int upTo) {
            return u"%1 >= '%2' AND %1 < '%3'"_s.arg(column, s.id(0), s.id(upTo));
        };
        const qint64 stored = number(
            house.events(), u"SELECT count(*) FROM answers WHERE "_s + acknowledged(u"response"_s, s.batches * kBatch));
        if (stored != s.batches * kBatch)
            return u"%1: %2 of %3 acknowledged answers are stored"_s.arg(s.name).arg(stored).arg(s.batches * kBatch);
        const QString filed = u"SELECT count(*) FROM entries WHERE kind = 'report.filed' AND "_s
            + acknowledged(u"json_extract(body, '$.report_id')"_s, s.reports);
        if (const qint64 n = number(house.record(), filed); n != s.reports)
            return u"%1: %2 of %3 acknowledged reports are on record"_s.arg(s.name).arg(n).arg(s.reports);
    }
    const QString reports
        = u"SELECT count(*) - count(DISTINCT json_extract(body, '$.report_id')) FROM entries WHERE kind = 'report.filed'"_s;
    return ask(house.record(), reports.toUtf8()) == u"0" ? QString() : u"a report is on record twice"_s;
}

void limitFiles(qint64 pid, rlim_t bytes)
{
    const rlimit limit{bytes, RLIM_INFINITY};
    if (::prlimit(pid_t(pid), RLIMIT_FSIZE, &limit, nullptr) != 0) qFatal("prlimit");
}
} // namespace

class HardStops : public QObject {
    Q_OBJECT
    std::unique_ptr<House> m_house;

    /// A baseline of good answers before the epoch, then bad ones; returns when the detectors have seen the drift.
    bool bringDrift(const QString& http, Nanos epoch)
    {
        std::vector<OtlpSpan> spans;
        for (int i = 0; i < 600; ++i)
            spans.push_back(answerSpan(u"good-%1"_s.arg(i), epoch - 600 * kSecond + i * kSecond));
        for (int i = 0; i < 300; ++i)
            spans.push_back(answerSpan(u"bad-%1"_s.arg(i), epoch + i * 100 * kMilli, true));
        return post(http, u"/v1/traces"_s, otlp(spans)).ok()
            && eventually([&] { return m_house->status()[u"drift"_s][u"drifting"_s].toInt() > 0; }, 5000);
    }
    bool alarmIsOnRecord(int timeoutMs)
    {
        return eventually([&] { return m_house->incident()[u"alarms"_s].toInt() > 0; }, timeoutMs);
    }

private Q_SLOTS:
    void init() { m_house = std::make_unique<House>(); }
    void cleanup() { m_house.reset(); }

    void killedTwentyTimesUnderLoad()
    {
        std::vector<Sender> senders{{u"ada"_s}, {u"bob"_s}};
        QRandomGenerator* random = QRandomGenerator::global();
        for (int round = 0; round < 20; ++round) {
            if (round % 4 == 3) { // in the middle of its start, too
                Running early;
                early.start(u"watchfloorctl"_s, m_house->serveArgs(), QProcessEnvironment::systemEnvironment(), true);
                QThread::msleep(random->bounded(1, 60));
                early.killHard();
            }
            Running engine;
            const QString http = m_house->start(engine);
            QVERIFY2(!http.isEmpty(), "it did not start again");
            QString found = damage(*m_house, senders);
            QVERIFY2(found.isEmpty(), qPrintable(u"round %1, running: %2"_s.arg(round).arg(found)));
            {
                std::vector<std::jthread> threads;
                for (Sender& s : senders)
                    threads.emplace_back([&s, http] { s.run(http); });
                QThread::msleep(random->bounded(20, 600));
                engine.killHard();
            }
            found = damage(*m_house, senders);
            QVERIFY2(found.isEmpty(), qPrintable(u"round %1, killed: %2"_s.arg(round).arg(found)));
        }
        // Something was under way and the senders got on, else all this proves nothing.
        for (const Sender& s : senders)
            QVERIFY2(s.batches > 20 && s.reports > 0, qPrintable(u"%1: %2 batches"_s.arg(s.name).arg(s.batches)));
        Running engine;
        const QString http = m_house->start(engine);
        for (Sender& s : senders) { // what was never acknowledged is sent again and known
            QVERIFY(request(s.batch(http)).ok());
            ++s.batches;
        }
        const QString found = damage(*m_house, senders);
        QVERIFY2(found.isEmpty(), qPrintable(found));
        QVERIFY(m_house->status()[u"chain_verified"_s].toBool());
        QCOMPARE(ask(m_house->record(),
                     "SELECT count(*) FROM entries WHERE kind = 'engine.started' AND json_extract(body, "
                     "'$.after_crash') = 0"),
            u"1"_s);
    }

    void aFullDiskRefusesAloudAndLosesNothing()
    {
        std::vector<Sender> senders{{u"ada"_s}};
        Sender& ada = senders.front();
        const auto fill = [&](const QString& http) {
            HttpOutcome o;
            for (int i = 0; i < 3000; ++i) {
                o = request(ada.batch(http));
                if (!o.ok()) return o;
                ++ada.batches;
            }
            return o;
        };
        {
            Running engine;
            engine.inChild([] {
                const rlimit limit{1 << 20, RLIM_INFINITY};
                ::setrlimit(RLIMIT_FSIZE, &limit);
            });
            const QString http = m_house->start(engine);
            QVERIFY(!http.isEmpty());
            const HttpOutcome full = fill(http);
            QCOMPARE(full.status, 503);
            QVERIFY(full.header("retry-after").toInt() > 0);
            const QString said = sentenceOf(full);
            QVERIFY2(
                said.contains(u"Everything acknowledged before is safe"_s) && notASentence(said.toUtf8()).isEmpty(),
                qPrintable(said));
            QVERIFY(ada.batches > 0);
            QVERIFY(engine.running());
            QCOMPARE(ask(m_house->events(), "SELECT count(*) FROM answers"),
                QString::number(ada.batches * kBatch)); // none of what was refused
            QCOMPARE(
                m_house->verb({u"search"_s, u"kind:answer"_s, u"--json"_s, u"--limit"_s, u"1"_s}).lines().size(), 1);
            engine.killHard();
        }
        Running engine;
        const QString http = m_house->start(engine);
        QVERIFY(!http.isEmpty());
        QString found = damage(*m_house, senders);
        QVERIFY2(found.isEmpty(), qPrintable(found));

        // Full again while it runs, and then there is space: it goes on by itself, and says what it had to refuse.
        limitFiles(engine.pid(), rlim_t(QFileInfo(m_house->events() + u"-wal"_s).size()) + 65'536);
        QCOMPARE(fill(http).status, 503);
        limitFiles(engine.pid(), RLIM_INFINITY);
        QVERIFY(eventually([&] { return request(ada.batch(http)).ok(); }, 5000));
        ++ada.batches;
        const QJsonObject source = m_house->status()[u"sources"_s][u"otlp"_s].toObject();
        QVERIFY2(source[u"refused"_s].toInt() >= kBatch, QJsonDocument(source).toJson());
        QCOMPARE(engine.end(), 0);
        found = damage(*m_house, senders);
        QVERIFY2(found.isEmpty(), qPrintable(found));
    }

    void anAlarmWaitsForARecordThatCannotBeWritten_data()
    {
        QTest::addColumn<bool>("killed");
        QTest::newRow("until it can be written again") << false;
        QTest::newRow("over a kill -9 and a restart") << true;
    }
    void anAlarmWaitsForARecordThatCannotBeWritten()
    {
        QFETCH(bool, killed);
        const Nanos epoch = SystemClock().now() - kMinute;
        const QStringList at{u"--epoch"_s, QString::number(epoch)};
        Running engine;
        const QString http = m_house->start(engine, at);
        auto db = *sql::Database::open(m_house->record());
        std::optional<sql::Transaction> held(
            std::in_place, *db, sql::Transaction::Kind::Write); // as a stuck disk would
        QVERIFY(bringDrift(http, epoch));
        QThread::msleep(killed ? 1500 : 6500); // the detectors' state is kept; the record's patience is over
        QCOMPARE(m_house->incident()[u"alarms"_s].toInt(), 0);
        if (killed) engine.killHard();
        held.reset();
        Running second;
        if (killed) QVERIFY(!m_house->start(second, at).isEmpty());
        QVERIFY2(alarmIsOnRecord(10'000), "the alarm was lost");
        QCOMPARE(ask(m_house->record(), "SELECT count(*) FROM entries WHERE kind = 'incident.opened'"), u"1"_s);
    }
};

QTEST_GUILESS_MAIN(HardStops)
#include "tst_hard_stops.moc"
