// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: `drift run` as its contract says: on a small file of our own, and on the published LLMDrift answers where a
// checkout has them beside it.
#include "services/drift/drift_command.h"
#include <QBuffer>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>

using namespace wf;
using namespace Qt::StringLiterals;

namespace {
struct Ran {
    int code = 0;
    std::vector<QJsonObject> alarms;
    QJsonObject summary;
    QString error;
};

Ran run(const QString& line)
{
    QBuffer out, err;
    out.open(QIODevice::WriteOnly);
    err.open(QIODevice::WriteOnly);
    Ran r;
    r.code = driftRun(line.split(u' ', Qt::SkipEmptyParts), out, err);
    for (const QByteArray& text : out.data().split('\n')) {
        if (text.isEmpty()) continue;
        const QJsonObject o = QJsonDocument::fromJson(text).object();
        if (o[u"event"_s] == u"alarm"_s)
            r.alarms.push_back(o);
        else
            r.summary = o;
    }
    r.error = QString::fromUtf8(err.data());
    return r;
}

const QString kOwn = QStringLiteral(WF_SOURCE_DIR "/tests/data/drift/answers.csv");
const QString kPublished = QStringLiteral(WF_SOURCE_DIR "/../shared/data/llmdrift/answers.jsonl");
} // namespace

class TestDriftCommand : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void groupsAndOrder()
    {
        const Ran r = run(
            u"--input %1 --kind binary --value correct --order-by n --group model --baseline-rows 180 --arl 1e4 --json"_s
                .arg(kOwn));
        QCOMPARE(r.code, 0);
        QCOMPARE(r.error, QString());
        QCOMPARE(r.alarms.size(), size_t(1));
        const QJsonObject& a = r.alarms[0];
        QCOMPARE(a[u"stream"_s], (QJsonObject{{u"model"_s, u"alpha"_s}}));
        QVERIFY(a[u"row"_s].toInt() > 190 && a[u"row"_s].toInt() < 290);
        QVERIFY(a[u"evidence"_s].toDouble() >= 1e4);
        QVERIFY(a[u"effect"_s][u"estimate"_s].toDouble() < -0.1);
        QVERIFY(a[u"effect"_s][u"low"_s].toDouble() < -0.35 && a[u"effect"_s][u"high"_s].toDouble() > -0.35);
        QVERIFY(a[u"onset"_s][u"low_row"_s].toInt() <= a[u"onset"_s][u"row"_s].toInt());
        QVERIFY(
            std::abs(a[u"onset"_s][u"row"_s].toInt() - 194) < 25); // 200 of alpha's rows, less the 3 % without a value
        QVERIFY(a[u"n"_s].toInt() > 5);
        QCOMPARE(r.summary[u"rows"_s].toInt() + r.summary[u"skipped"_s].toInt(), 800);
        QVERIFY(r.summary[u"skipped"_s].toInt() > 5);
        QCOMPARE(r.summary[u"streams"_s].toInt(), 2);
        QCOMPARE(r.summary[u"alarms"_s].toInt(), 1);
        QCOMPARE(r.summary[u"baseline"_s][u"n"_s].toInt(), 360);
        QVERIFY(r.summary[u"ns_per_row"_s].toDouble() > 0);
        QVERIFY(r.summary[u"smallest_detectable_shift"_s].toDouble() > 0.02);
    }

    void baselineByConditionComesFirst()
    {
        // The file is shuffled; --baseline-where puts March first without any order.
        const Ran r = run(
            u"--input %1 --kind numeric --value tokens --where model=beta --baseline-where version=march --arl 1e5 --json"_s
                .arg(kOwn));
        QCOMPARE(r.summary[u"baseline"_s][u"n"_s].toInt(), 200);
        QCOMPARE(r.alarms.size(), size_t(1));
        QCOMPARE(r.alarms[0][u"stream"_s].toObject(), QJsonObject());
        QVERIFY(r.alarms[0][u"row"_s].toInt() >= 200 && r.alarms[0][u"row"_s].toInt() < 240);
        const Ran reset = run(
            u"--input %1 --kind numeric --value tokens --where model=beta --baseline-where version=march --arl 1e5 --after-alarm reset --json"_s
                .arg(kOwn));
        QVERIFY(reset.alarms.size() > 3);
        QCOMPARE(reset.alarms[0], r.alarms[0]);
        const Ran none = run(
            u"--input %1 --kind numeric --value tokens --where model=alpha --baseline-where version=march --arl 1e5 --json"_s
                .arg(kOwn));
        QCOMPARE(none.alarms.size(), size_t(0));
    }

    void categories()
    {
        const QString line
            = u"--input %1 --kind categorical --value tool --where model=%2 --baseline-where version=march --arl 1e4 --json"_s;
        const Ran changed = run(line.arg(kOwn, u"beta"_s));
        QCOMPARE(changed.alarms.size(), size_t(1));
        QVERIFY(changed.alarms[0][u"label"_s] == u"lookup"_s || changed.alarms[0][u"label"_s] == u"search"_s);
        QVERIFY(changed.summary[u"baseline"_s][u"mean"_s].isNull());
        QCOMPARE(run(line.arg(kOwn, u"alpha"_s)).alarms.size(), size_t(0));
    }

    void minimumEffect()
    {
        const QString line
            = u"--input %1 --kind binary --value correct --where model=alpha --baseline-where version=march --arl 1e3 --min-effect %2 --json"_s;
        QCOMPARE(run(line.arg(kOwn, u"0.05"_s)).alarms.size(), size_t(1));
        QCOMPARE(run(line.arg(kOwn, u"0.45"_s)).alarms.size(), size_t(0)); // it fell by about .35
    }

    void refusals()
    {
        QTemporaryDir dir;
        const auto file = [&](const QString& name, const QByteArray& bytes) {
            QFile f(dir.filePath(name));
            if (!f.open(QIODevice::WriteOnly) || f.write(bytes) < 0) qFatal("cannot write");
            return f.fileName();
        };
        const auto refused = [&](const QString& line, int code, const QString& part) {
            const Ran r = run(line);
            if (r.code == code && r.error.contains(part)) return true;
            qWarning() << r.code << r.error;
            return false;
        };
        const QString rest = u" --kind binary --value x --baseline-rows 1 --arl 1e3 --json"_s;
        QVERIFY(refused(u"--input "_s + file(u"a.csv"_s, "x\n1\n0\n2\n") + rest, 3,
            u"a.csv:4: x is 2, and a binary value is 0 or 1."_s));
        QVERIFY(refused(
            u"--input "_s + file(u"a.csv"_s, "x\n1\nyes\n") + rest, 3, u"a.csv:3: x is “yes”, not a finite number."_s));
        QVERIFY(refused(u"--input "_s + file(u"a.jsonl"_s, "{\"x\":1}\n{\"x\":1\n") + rest, 3, u"a.jsonl:2: "_s));
        QVERIFY(refused(u"--input "_s + file(u"a.csv"_s, "y\n1\n") + rest, 3, u"has no column “x”"_s));
        QVERIFY(refused(u"--input /nowhere.csv"_s + rest, 3, u"cannot be read"_s));
        QVERIFY(
            refused(u"--input a.csv --kind binary --value x --arl 1e3"_s, 2, u"--baseline-rows or --baseline-where"_s));
        QVERIFY(refused(u"--input a.csv --kind odd"_s, 2, u"none of binary, numeric, categorical"_s));
        QVERIFY(refused(u"--input a.csv --frobnicate 1"_s, 2, u"not an option"_s));
        QVERIFY(refused(u"--input a.csv --value"_s, 2, u"needs a value"_s));
        QVERIFY(
            refused(u"--input %1 --kind binary --value correct --baseline-where version=never --arl 1e4"_s.arg(kOwn), 3,
                u"is baseline"_s));
    }

    void publishedTable_data()
    {
        QTest::addColumn<QString>("where");
        QTest::addColumn<QString>("value");
        QTest::addColumn<QString>("baseline");
        QTest::addColumn<double>("before");
        QTest::addColumn<double>("after");
        QTest::addColumn<bool>("alarms");
        const auto prime = u"--where task=prime --where model="_s;
        QTest::newRow("GPT-4 prime") << prime + u"gpt-4"_s << u"signals.correct"_s << u"0314"_s << 84.0 << 51.1 << true;
        QTest::newRow("GPT-3.5 prime") << prime + u"gpt-3.5-turbo"_s << u"signals.correct"_s << u"0301"_s << 49.6
                                       << 76.2 << true;
    }

    void publishedTable() // Chen, Zaharia, Zou 2023
    {
        if (!QFile::exists(kPublished))
            QSKIP("The LLMDrift answers are not beside this checkout; the published table is not reproduced here.");
        QFETCH(QString, where);
        QFETCH(QString, value);
        QFETCH(QString, baseline);
        QFETCH(double, before);
        QFETCH(double, after);
        QFETCH(bool, alarms);
        const Ran r = run(u"--input %1 %2 --value %3 --kind binary --baseline-where version=%4 --arl 1e4 --json"_s.arg(
            kPublished, where, value, baseline));
        QCOMPARE(r.code, 0);
        QCOMPARE(r.summary[u"baseline"_s][u"mean"_s].toDouble(), before / 100);
        QCOMPARE(r.summary[u"current"_s][u"mean"_s].toDouble(), after / 100);
        QCOMPARE(!r.alarms.empty(), alarms);
    }

    void aSignalConstantInBothNeverAlarms()
    {
        if (!QFile::exists(kPublished)) QSKIP("The LLMDrift answers are not beside this checkout.");
        const Ran r = run(
            u"--input %1 --where task=prime model=gpt-4 --value signals.has_code_fence --kind binary --baseline-where version=0314 --arl 100 --json"_s
                .arg(kPublished));
        QCOMPARE(r.summary[u"current"_s][u"mean"_s].toDouble(), 0.0);
        QCOMPARE(r.alarms.size(), size_t(0));
    }
};

QTEST_GUILESS_MAIN(TestDriftCommand)
#include "tst_drift_command.moc"
