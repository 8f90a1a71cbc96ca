// SPDX-License-Identifier: GPL-3.0-or-later
// What is written, and how it reads: the report against a golden file. WF_ACCEPT_GOLDEN=1 accepts a new one.
#include "services/export/export_incident.h"
#include "services/export/markdown.h"
#include "services/export/record_lines.h"
#include "services/export/verify_command.h"
#include "tests/unit/export/export_fixture.h"
#include <QtTest>

using namespace wf;
using namespace wf::test;

class ExportTest : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;

private Q_SLOTS:
    void theReportReadsAsAccepted()
    {
        RecordFixture f(m_dir.filePath(u"keys"_s));
        tellWholeStory(f);
        const auto folder = exportIncident(f.request(m_dir.filePath(u"whole"_s)), f.keys);
        QVERIFY2(folder, folder ? "" : qPrintable(folder.error().sentence()));
        const QByteArray report = readAll(*folder + u"/report.md"_s);
        const QString golden = QStringLiteral(WF_SOURCE_DIR "/tests/data/export/report.golden.md");
        if (qEnvironmentVariableIsSet("WF_ACCEPT_GOLDEN")) QVERIFY(writeAll(golden, report));
        const QList<QByteArray> got = report.split('\n'), wanted = readAll(golden).split('\n');
        for (qsizetype i = 0; i < std::max(got.size(), wanted.size()); ++i)
            QVERIFY2(got.value(i) == wanted.value(i),
                ("line " + QByteArray::number(i + 1) + "\n got    " + got.value(i) + "\n wanted " + wanted.value(i))
                    .constData());
    }

    void whatFailedStandsStruckOutAndNowhereElse()
    {
        RecordFixture f(m_dir.filePath(u"keys"_s));
        tellWholeStory(f);
        const auto folder = exportIncident(f.request(m_dir.filePath(u"struck"_s)), f.keys);
        QVERIFY(folder);
        const QString report = QString::fromUtf8(readAll(*folder + u"/report.md"_s));
        QCOMPARE(report.count(u"lost 4 % of its documents.~~"_s), 1);
        const QString outside = report.section(u"## Struck out"_s, 0, 0) + report.section(u"## Hypotheses"_s, 1);
        QVERIFY(!outside.contains(u"lost 4 %"_s));
    }

    void outsideTextCannotFormatLinkOrHide_data()
    {
        QTest::addColumn<QString>("outside");
        QTest::addColumn<QString>("markdown");
        QTest::newRow("html") << u"<script>x</script>"_s << u"&lt;script&gt;x&lt;/script&gt;"_s;
        QTest::newRow("link") << u"[x](javascript:1)"_s << u"\\[x\\]\\(javascript:1\\)"_s;
        QTest::newRow("bare link") << u"http://a.example www.b.example"_s
                                   << u"http&#58;//a.example www&#46;b.example"_s;
        QTest::newRow("mention") << u"@all"_s << u"&#64;all"_s;
        QTest::newRow("table bar and line break") << u"a | b\nc"_s << u"a \\| b c"_s;
        QTest::newRow("emphasis") << u"*a* _b_ `c` ~~d~~"_s << u"\\*a\\* \\_b\\_ \\`c\\` \\~\\~d\\~\\~"_s;
        QTest::newRow("heading, list, number") << u"# a"_s << u"\\# a"_s;
        QTest::newRow("list") << u"- a"_s << u"\\- a"_s;
        QTest::newRow("numbered") << u"12. a"_s << u"12\\. a"_s;
        QTest::newRow("direction and control") << u"a\u202Eb\u0007c\u200Bd"_s << u"a⟨U+202E⟩b⟨U+0007⟩c⟨U+200B⟩d"_s;
        QTest::newRow("entity") << u"&lt;b&gt;"_s << u"&amp;lt;b&amp;gt;"_s;
        QTest::newRow("half a character") << QString(QChar(0xD800)) << u"⟨U+FFFD⟩"_s;
    }

    void outsideTextCannotFormatLinkOrHide()
    {
        QFETCH(QString, outside);
        QTEST(mdText(outside), "markdown");
    }

    void codeSpansCannotBeLeft()
    {
        QCOMPARE(mdCode(u"a`b"_s), u"`` a`b ``"_s);
        QCOMPARE(mdCode(u"a|b\n"_s), u"`a\\|b`"_s);
        QCOMPARE(mdCode({}), u"—"_s);
    }

    void linesComeBackAsTheSameEntries()
    {
        RecordFixture f(m_dir.filePath(u"keys"_s));
        tellWholeStory(f);
        for (const Entry& e : f.entries) {
            const auto line = entryLine(e);
            QVERIFY(line);
            const auto back = entryFromLine(*line);
            QVERIFY(back);
            QCOMPARE(back->hash, e.hash);
            QCOMPARE(back->computeHash(), e.hash);
        }
    }

    void otherSpellingsOfALineAreRefused()
    {
        RecordFixture f(m_dir.filePath(u"keys"_s));
        f.open();
        const QByteArray line = *entryLine(f.entries[1]);
        QVERIFY(entryFromLine(line));
        QVERIFY(!entryFromLine(line + ' '));
        QVERIFY(!entryFromLine(QByteArray(line).replace("\"seq\":2", "\"seq\":2.0")));
        QVERIFY(!entryFromLine(QByteArray(line).replace("engine", "\\u0065ngine")));
        QVERIFY(!entryFromLine(QByteArray(line).replace("{\"actor\"", "{\"actor\":\"x\",\"actor\"")));
        QVERIFY(!entryFromLine(QByteArray(line).replace("{\"actor\"", "{\"aaa\":1,\"actor\"")));
        QVERIFY(!entryFromLine("[]"));
        QVERIFY(!entryFromLine({}));
    }

    void whatCannotBeVouchedForIsNotWritten()
    {
        RecordFixture f(m_dir.filePath(u"keys"_s));
        f.open();
        const QString folder = m_dir.filePath(u"refused"_s);
        auto broken = f.request(folder);
        broken.entries[1].actor = u"somebody"_s;
        const auto refused = exportIncident(broken, f.keys);
        QVERIFY2(refused.error().what.contains(u"Entry 2"_s), qPrintable(refused.error().what));
        auto unknown = f.request(folder);
        unknown.incident = IncidentId{u"nobody"_s};
        QCOMPARE(exportIncident(unknown, f.keys).error().fault, Fault::NotFound);
        auto noKey = f.request(folder);
        noKey.signer = u"nobody"_s;
        QVERIFY(!exportIncident(noKey, f.keys));
        auto empty = f.request(folder);
        empty.entries.clear();
        QVERIFY(!exportIncident(empty, f.keys));
        QVERIFY(!QFileInfo::exists(folder));
    }

    void aSecondExportReplacesTheFirst()
    {
        RecordFixture f(m_dir.filePath(u"keys"_s));
        f.open();
        const QString folder = m_dir.filePath(u"twice"_s);
        QVERIFY(exportIncident(f.request(folder), f.keys));
        f.add(kind::NoteAdded, u"commander-1"_s, {{u"text"_s, u"more"_s}, {u"happened"_s, jsonInt(kDawn)}}, 300);
        QVERIFY(exportIncident(f.request(folder), f.keys));
        const auto report = verifyExport(folder);
        QVERIFY(report && report->ok());
        QCOMPARE(report->entries, 3);
    }
};

QTEST_GUILESS_MAIN(ExportTest)
#include "tst_export.moc"
