// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/ingest/import.h"
#include "tests/unit/ingest/fake_sink.h"
#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <set>

using namespace wf;
using namespace Qt::StringLiterals;

namespace {
const char kMapping[] = R"(name: shop
time: { value: "{when}" }
answer:
  feature: "{feature}"
  response_id: "{id}"
  recipient: "{who}"
  latency_s: "{seconds}"
  cached: "{cached}"
  stack: { model: "{model}-{version}", prompt: "{prompt}" }
  slice: { tenant: "{tenant}", locale: "de" }
signals:
  correct: "{ok}"
  words: "{words}"
)";
const char kHeader[] = "when,feature,id,who,seconds,cached,model,version,prompt,tenant,ok,words\n";

struct Shelf {
    QTemporaryDir folder;
    FakeSink sink;
    QString file(const QString& name, const QByteArray& bytes)
    {
        QFile out(folder.filePath(name));
        if (!out.open(QIODevice::WriteOnly) || out.write(bytes) != bytes.size()) qFatal("no temporary file");
        return out.fileName();
    }
    Result<ImportReport> import(const QString& path, const QByteArray& mapping = kMapping)
    {
        return importFile(path, *loadMapping(mapping, u"m.yaml"_s), sink);
    }
    std::vector<Answer> answers() const
    {
        std::vector<Answer> all;
        for (const Batch& batch : sink.batches)
            all.insert(all.end(), batch.answers.begin(), batch.answers.end());
        return all;
    }
};
} // namespace

class TestImport : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void csv()
    {
        Shelf shelf;
        const auto report = shelf.import(shelf.file(u"a.csv"_s,
            QByteArray(kHeader)
                + "2026-11-20T10:00:00Z,support,r1,p1,0.5,1,gpt,4,v1,acme,1,12\n"
                  "2026-11-20T10:00:01Z,support,r2,p2,,0,gpt,4,v1,\"a, b\",false,\n"));
        QVERIFY2(report, report ? "" : qPrintable(report.error().sentence()));
        QCOMPARE(report->rows, 2);
        QCOMPARE(report->answers, 2);
        QCOMPARE(report->observations, 3);
        QCOMPARE(report->bad, 0);
        QCOMPARE(isoText(report->first), u"2026-11-20T10:00:00.000Z"_s);
        QCOMPARE(isoText(report->last), u"2026-11-20T10:00:01.000Z"_s);
        const Batch& batch = shelf.sink.batches.front();
        QCOMPARE(batch.source, u"import:shop"_s);
        const Answer& a = batch.answers[0];
        QCOMPARE(a.feature, u"support"_s);
        QCOMPARE(a.responseId, u"r1"_s);
        QCOMPARE(a.recipient, u"p1"_s);
        QCOMPARE(a.latencyNs, kSecond / 2);
        QVERIFY(a.fromCache && !a.toHuman && !a.error);
        QCOMPARE(a.stack[Layer::Model], u"gpt-4"_s);
        QCOMPARE(a.stack[Layer::Prompt], u"v1"_s);
        QCOMPARE(a.slice, (Slice{u"acme"_s, {}, u"de"_s, {}, {}}));
        QCOMPARE(a.seen, a.t);
        QCOMPARE(a.traceId.size(), 16);
        QCOMPARE(a.spanId.size(), 8);
        QCOMPARE(batch.answers[1].slice.tenant, u"a, b"_s);
        QCOMPARE(batch.observations[0].signal, u"correct"_s);
        QCOMPARE(batch.observations[0].spanId, a.spanId);
        QCOMPARE(batch.observations[1].value, 12.0);
        QCOMPARE(batch.observations[2].value, 0.0);
    }

    void jsonLinesReachIntoObjects()
    {
        Shelf shelf;
        const QByteArray mapping
            = "name: j\ntime: {value: \"{t}\", format: unix_ms}\nanswer: {feature: f}\nsignals: {ok: \"{s.ok}\"}\n";
        const auto report
            = shelf.import(shelf.file(u"a.jsonl"_s, "{\"t\":1000,\"s\":{\"ok\":1}}\n{\"t\":2000,\"s\":{}}\n"), mapping);
        QVERIFY(report);
        QCOMPARE(report->answers, 2);
        QCOMPARE(report->observations, 1);
        QCOMPARE(shelf.answers().front().t, kSecond);
    }

    void badRowsAreCountedAndTheRestGoesIn()
    {
        Shelf shelf;
        const auto report = shelf.import(shelf.file(u"a.csv"_s,
            QByteArray(kHeader)
                + "2026-11-20T10:00:00Z,support,r1,p1,0.5,1,gpt,4,v1,acme,1,12\n"
                  "yesterday,support,r2,p1,0.5,1,gpt,4,v1,acme,1,12\n"
                  "2026-11-20T10:00:00Z,,r3,p1,0.5,1,gpt,4,v1,acme,1,12\n"
                  "2026-11-20T10:00:00Z,support,r4,p1,0.5,1,gpt,4,v1,acme,maybe,12\n"
                  "2026-11-20T10:00:00Z,support,r5,p1,0.5,1,gpt,4,v1,acme,nan,12\n"
                  "too,few\n"
                  "2026-11-20T10:00:00Z,support,r7,p1,0.5,1,gpt,4,v1,acme,0,12\n"));
        QVERIFY(report);
        QCOMPARE(report->rows, 7);
        QCOMPARE(report->bad, 5);
        QCOMPARE(report->answers, 2);
        QCOMPARE(report->problems.size(), 5);
        for (int i = 0; i < 5; ++i)
            QVERIFY2(report->problems[i].contains(u"a.csv:%1: "_s.arg(i + 3)), qPrintable(report->problems[i]));
        QVERIFY(report->problems[2].contains(u"correct is \"maybe\""_s));
    }

    void failsOnlyWhenNothingCanBeDone()
    {
        Shelf shelf;
        QVERIFY(!shelf.import(shelf.folder.filePath(u"absent.csv"_s)));
        const auto allBad = shelf.import(shelf.file(u"b.csv"_s, QByteArray(kHeader) + "x,support,r,p,,,g,4,v,a,1,1\n"));
        QVERIFY(!allBad);
        QVERIFY2(allBad.error().what.contains(u"b.csv:2: "_s), qPrintable(allBad.error().what));
        QVERIFY(
            !shelf.import(shelf.file(u"c.csv"_s, "when,other\n2026-11-20T10:00:00Z,1\n"))); // columns of another file
        QCOMPARE(shelf.sink.calls, 0);

        shelf.sink.failure = Error{Fault::DiskFull, u"The disk is full."_s, {}, {}};
        const auto refused = shelf.import(shelf.file(
            u"d.csv"_s, QByteArray(kHeader) + "2026-11-20T10:00:00Z,support,r1,p1,0.5,1,gpt,4,v1,acme,1,12\n"));
        QVERIFY(!refused);
        QCOMPARE(refused.error().fault, Fault::DiskFull);
        QVERIFY(!refused.error().kept.isEmpty());
    }

    void importedTwiceHasTheSameIds()
    {
        Shelf shelf;
        const QString path = shelf.file(u"a.csv"_s,
            QByteArray(kHeader)
                + QByteArray("2026-11-20T10:00:00Z,support,,p1,0.5,1,gpt,4,v1,acme,1,12\n")
                      .repeated(3)); // equal rows are three answers
        QVERIFY(shelf.import(path));
        shelf.sink.knowsAll = true;
        const auto again = shelf.import(path);
        QCOMPARE(again->answers, 0);
        QCOMPARE(again->duplicates, 3);
        const auto answers = shelf.answers();
        std::set<QByteArray> ids;
        for (const Answer& a : answers)
            ids.insert(a.traceId + a.spanId);
        QCOMPARE(answers.size(), size_t(6));
        QCOMPARE(ids.size(), size_t(3));
    }

    void stepsSpreadAndSortTheFile()
    {
        const QByteArray mapping = "name: s\ntime: {value: \"{day}\", format: yyyy-MM-dd, step: 1m%1}\nanswer: "
                                   "{feature: f, stack: {model: \"{m}\"}}\nsignals: {ok: \"{i}\"}\n";
        QByteArray rows = "day,m,i\n";
        for (int i = 0; i < 50; ++i)
            rows += "2023-06-13,new," + QByteArray::number(i) + "\n2023-03-14,old," + QByteArray::number(i) + "\n";
        for (const bool shuffled : {false, true}) {
            Shelf shelf;
            QVERIFY(shelf.import(
                shelf.file(u"a.csv"_s, rows), QByteArray(mapping).replace("%1", shuffled ? ", order: shuffled" : "")));
            const auto answers = shelf.answers();
            QCOMPARE(answers.size(), size_t(100));
            std::vector<double> values;
            for (int i = 0; i < 100; ++i) {
                QCOMPARE(answers[size_t(i)].stack[Layer::Model], i < 50 ? u"old"_s : u"new"_s);
                QCOMPARE(answers[size_t(i)].t, answers[i < 50 ? 0 : 50].t + (i % 50) * kMinute);
                values.push_back(shelf.sink.batches.front().observations[size_t(i)].value);
            }
            QCOMPARE(isoText(answers[0].t), u"2023-03-14T00:00:00.000Z"_s);
            QCOMPARE(std::is_sorted(values.begin(), values.begin() + 50), !shuffled);
        }
    }

    void times()
    {
        QCOMPARE(*readTime(u"1.5"_s, u"unix_s"_s), 1500 * kMilli);
        QCOMPARE(*readTime(u"1795453778005000001"_s, u"unix_ns"_s), 1795453778005000001);
        QCOMPARE(
            isoText(*readTime(u"07/02/2023, 21:28:40"_s, u"MM/dd/yyyy, HH:mm:ss"_s)), u"2023-07-02T21:28:40.000Z"_s);
        for (const auto& [text, format] : {std::pair{u"x"_s, u"unix_s"_s}, {u"1e300"_s, u"unix_s"_s},
                 {u"nan"_s, u"unix_s"_s}, {u"99999999999999999"_s, u"unix_s"_s}, {u"2023-13-01"_s, u"yyyy-MM-dd"_s},
                 {u"2026-11-20"_s, u"rfc3339"_s}})
            QVERIFY2(!readTime(text, format), qPrintable(text));
    }

    void badMappingsNameTheirPlace_data()
    {
        QTest::addColumn<QByteArray>("yaml");
        QTest::addColumn<QString>("says");
        const QByteArray good = "name: a\ntime: {value: \"{t}\"}\nanswer: {feature: f}\n";
        QTest::newRow("unknown key") << good + "colour: red\n" << u"m.yaml:4:9: the key \"colour\""_s;
        QTest::newRow("no name") << QByteArray("time: {value: x}\nanswer: {feature: f}\n") << u"\"name\" is missing"_s;
        QTest::newRow("no time") << QByteArray("name: a\nanswer: {feature: f}\n") << u"\"time\" is missing"_s;
        QTest::newRow("no feature") << QByteArray("name: a\ntime: {value: x}\nanswer: {}\n")
                                    << u"\"feature\" is missing"_s;
        QTest::newRow("brace") << QByteArray("name: a\ntime: {value: \"{t\"}\nanswer: {feature: f}\n")
                               << u"m.yaml:2:15: a column stands in braces"_s;
        QTest::newRow("stray brace") << QByteArray("name: a\ntime: {value: \"t}\"}\nanswer: {feature: f}\n")
                                     << u"without"_s;
        QTest::newRow("unknown layer") << QByteArray(
            "name: a\ntime: {value: x}\nanswer: {feature: f, stack: {promt: x}}\n")
                                       << u"\"promt\" is not known"_s;
        QTest::newRow("bad step") << QByteArray("name: a\ntime: {value: x, step: soon}\nanswer: {feature: f}\n")
                                  << u"not a duration"_s;
        QTest::newRow("order without step")
            << QByteArray("name: a\ntime: {value: x, order: shuffled}\nanswer: {feature: f}\n") << u"needs a step"_s;
        QTest::newRow("signals as list") << good + "signals: [a]\n" << u"m.yaml:4:10: a map"_s;
        QTest::newRow("not yaml") << QByteArray("name: [") << u"m.yaml"_s;
    }
    void badMappingsNameTheirPlace()
    {
        QFETCH(QByteArray, yaml);
        QFETCH(QString, says);
        const auto mapping = loadMapping(yaml, u"m.yaml"_s);
        QVERIFY(!mapping);
        QVERIFY2(mapping.error().what.contains(says), qPrintable(mapping.error().what));
    }

    void shippedMappingReadsTheRealAnswers()
    {
        const auto mapping = readMapping(QStringLiteral(WF_SOURCE_DIR "/resources/samples/mappings/llmdrift.yaml"));
        QVERIFY2(mapping, mapping ? "" : qPrintable(mapping.error().sentence()));
        const QString path = QStringLiteral(WF_SOURCE_DIR "/../shared/data/llmdrift/answers.jsonl");
        if (!QFile::exists(path))
            QSKIP("The answers of the March and June 2023 snapshots are not beside this checkout.");
        FakeSink sink;
        const auto report = importFile(path, *mapping, sink);
        QVERIFY2(report, report ? "" : qPrintable(report.error().sentence()));
        QCOMPARE(report->rows, 7568);
        QCOMPARE(report->bad, 0);
        QCOMPARE(report->answers, 7568);
        std::map<QByteArray, QString> models;
        std::map<QString, std::pair<double, int>> prime;
        for (const Batch& batch : sink.batches)
            for (const Answer& a : batch.answers)
                if (a.feature == "prime gpt-4"_L1) models[a.spanId] = a.stack[Layer::Model];
        for (const Batch& batch : sink.batches)
            for (const Observation& o : batch.observations)
                if (o.signal == "correct"_L1 && models.contains(o.spanId)) {
                    prime[models[o.spanId]].first += o.value;
                    ++prime[models[o.spanId]].second;
                }
        QCOMPARE(prime[u"gpt-4-0314"_s], (std::pair{840.0, 1000})); // the published 84.0 % and 51.1 %
        QCOMPARE(prime[u"gpt-4-0613"_s], (std::pair{511.0, 1000}));
    }
};

QTEST_GUILESS_MAIN(TestImport)
#include "tst_import.moc"
