// SPDX-License-Identifier: GPL-3.0-or-later
// The whole incident through watchfloorctl alone: real processes, real sockets, fifty-fold speed is left to the simulator's own
// tests; here a speed at which people's clicks still fall inside the plan's life.
#include "services/base/http_client.h"
#include "tests/support/programs.h"
#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace wf;
using namespace wf::test;
using namespace Qt::StringLiterals;

class LoopCtl : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;
    QString profile() const { return m_dir.filePath(u"profile"_s); }
    QJsonObject incident() const { return ctl({u"incident"_s, u"show"_s, u"--json"_s, u"--profile"_s, profile()}).json(); }
    QJsonObject plan(const QString& runbook) const
    {
        for (const auto& v : incident()[u"plans"_s].toArray())
            if (v[u"runbook"_s].toString() == runbook) return v.toObject();
        return {};
    }
    bool planIs(const QString& runbook, const QString& state, int timeoutMs)
    {
        const bool ok = eventually([&] { return plan(runbook)[u"state"_s].toString() == state; }, timeoutMs);
        if (!ok) qWarning() << "plan:" << QJsonDocument(plan(runbook)).toJson(QJsonDocument::Compact);
        return ok;
    }
    Ran as(const QString& person, QStringList args) const
    {
        return ctl(args + QStringList{u"--as"_s, person, u"--profile"_s, profile()});
    }
    static QJsonObject counters(const QString& control)
    {
        HttpClientRequest r;
        r.url = QUrl(control + u"/counters"_s);
        return QJsonDocument::fromJson(request(r).body).object();
    }

private Q_SLOTS:
    void theWholeLoop()
    {
        const QString contain = u"contain-route-to-people"_s, restore = u"restore-behaviour-stack"_s;
        Orphan simulator;
        Running engine;
        const QJsonObject ready = engine.start(u"watchfloorctl"_s, {u"replay"_s, u"account-numbers"_s, u"--profile"_s, profile(), u"--speed"_s, u"10"_s});
        QVERIFY2(!ready.isEmpty(), "replay did not start");
        simulator.pid = qint64(ready[u"simulator_pid"_s].toDouble());
        const QString control = ready[u"control"_s].toString();

        // Something is wrong: a human report, then the alarm, within three minutes of the story.
        QVERIFY(eventually([&] { return incident()[u"alarms"_s].toInt() > 0; }, 60'000));
        QVERIFY(incident()[u"reports"_s].toInt() > 0);
        QCOMPARE(as(u"commander-1"_s, {u"incident"_s, u"declare"_s, u"--severity"_s, u"1"_s}).code, 0);

        // Contain: one signature.
        QVERIFY(planIs(contain, u"proposed"_s, 30'000));
        const Ran nobody = as(u"ai-owner-1"_s, {u"approve"_s, contain});
        QCOMPARE(nobody.code, 1);
        QVERIFY(!nobody.json()[u"reason"_s].toString().isEmpty());
        const Ran contained = as(u"commander-1"_s, {u"approve"_s, contain, u"--reason"_s, u"stop the harm"_s});
        QVERIFY2(contained.code == 0, contained.out + contained.err);
        QVERIFY(planIs(contain, u"closed"_s, 60'000));
        QVERIFY(eventually([&] { return incident()[u"status"_s].toString() == u"contained"; }, 10'000));
        QVERIFY(eventually([&] { return incident()[u"seconds_to_effect"_s].toDouble() >= 0; }, 20'000));
        const QJsonObject after = incident();
        QVERIFY2(after[u"harm_after"_s].toDouble() < after[u"harm_before"_s].toDouble(), QJsonDocument(after).toJson().left(600));

        // Why, and the plan that follows from it.
        QVERIFY(eventually([&] { return !plan(restore).isEmpty(); }, 60'000));
        QHash<QString, QString> states;
        for (const auto& v : incident()[u"hypotheses"_s].toArray()) states[v[u"key"_s].toString()] = v[u"state"_s].toString();
        QCOMPARE(states[u"prompt"_s], u"supported"_s);
        QCOMPARE(states[u"retrieval"_s], u"falsified"_s);
        QCOMPARE(states[u"tools"_s], u"not checked"_s);
        QVERIFY(plan(restore)[u"replay_n"_s].toInt() > 0);

        // Two people. The commander cannot be both, and the wrong words are refused.
        QCOMPARE(as(u"commander-1"_s, {u"proposal"_s, u"queue"_s, restore}).code, 0);
        QVERIFY(planIs(restore, u"proposed"_s, 10'000));
        QCOMPARE(as(u"commander-1"_s, {u"approve"_s, restore}).code, 0);
        QVERIFY(planIs(restore, u"approved 1/2"_s, 5'000) || plan(restore)[u"signatures"_s].toInt() == 1);
        QCOMPARE(as(u"commander-1"_s, {u"approve"_s, restore, u"--role"_s, u"ai-owner"_s}).code, 1);
        QCOMPARE(as(u"ai-owner-2"_s, {u"sign"_s, restore, u"--words"_s, u"one two three four five six"_s}).code, 1);

        // The engine dies between the last signature and the execution.
        engine.signal(SIGSTOP);
        const Ran signedNow = as(u"ai-owner-2"_s, {u"sign"_s, restore, u"--words"_s, plan(restore)[u"words"_s].toString(), u"--wait"_s, u"1"_s});
        QCOMPARE(signedNow.code, 4);
        engine.killHard();
        QCOMPARE(counters(control)[u"actions"_s][u"prompt"_s].toInt(), 0);
        Running second;
        QVERIFY(!second.start(u"watchfloorctl"_s, {u"serve"_s, u"--profile"_s, profile()}).isEmpty());

        QVERIFY(planIs(restore, u"recovered"_s, 180'000));
        const QJsonObject done = plan(restore);
        QVERIFY(done[u"windows"_s].toArray().size() >= 3);
        const QJsonObject actions = counters(control)[u"actions"_s].toObject();
        QCOMPARE(actions[u"prompt"_s].toInt(), 1);
        QCOMPARE(actions[u"cache/purge"_s].toInt(), 1);
        QCOMPARE(actions[u"route"_s].toInt(), 2); // contained, and given back
        QVERIFY(eventually([&] { return incident()[u"status"_s].toString() == u"recovered"; }, 5'000));

        // Export, verify, and one changed byte.
        const QString out = m_dir.filePath(u"export"_s);
        QCOMPARE(ctl({u"export"_s, u"--profile"_s, profile(), u"--out"_s, out}).code, 0);
        const Ran verified = ctl({u"verify"_s, out});
        QVERIFY2(verified.code == 0, verified.out + verified.err);
        QFile record(out + u"/record.jsonl"_s);
        QVERIFY(record.open(QIODevice::ReadWrite));
        QByteArray bytes = record.readAll();
        const qsizetype at = bytes.indexOf("stop the harm");
        QVERIFY(at < 0 || bytes.size() > 0);
        const qsizetype flip = bytes.indexOf("\"kind\"", bytes.size() / 2) + 9;
        bytes[flip] = char(bytes[flip] ^ 1);
        record.seek(0);
        record.write(bytes);
        record.close();
        const Ran broken = ctl({u"verify"_s, out});
        QCOMPARE(broken.code, 1);
        QVERIFY(QString::fromUtf8(broken.out + broken.err).contains(u"entry"_s, Qt::CaseInsensitive));
        QCOMPARE(second.end(), 0);
    }
};

QTEST_GUILESS_MAIN(LoopCtl)
#include "tst_loop_ctl.moc"
