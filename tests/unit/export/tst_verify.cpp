// SPDX-License-Identifier: GPL-3.0-or-later
// The verifier: what holds, what is named when it does not, and that no changed byte goes unnoticed.
#include "services/export/export_incident.h"
#include "services/export/record_lines.h"
#include "services/export/verify_command.h"
#include "tests/unit/export/export_fixture.h"
#include <QJsonDocument>
#include <QProcess>
#include <QStandardPaths>
#include <QtTest>

using namespace wf;
using namespace wf::test;

namespace {
QString firstFinding(const Result<VerifyReport>& r)
{
    return !r ? r.error().sentence() : r->findings.empty() ? QString() : r->findings.front().why;
}

struct Said {
    int code;
    QString out, err;
};

Said say(const QStringList& args)
{
    Said s{};
    QTextStream out(&s.out), err(&s.err);
    s.code = verifyCommand(args, out, err);
    return s;
}
} // namespace

// Under the address sanitizer one verification costs a fifth of a second, nearly all of it in the kernel; every byte is flipped
// in the plain build.
#ifdef __SANITIZE_ADDRESS__
constexpr qsizetype kStride = 997;
#else
constexpr qsizetype kStride = 1;
#endif

class VerifyTest : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;

    RecordFixture fixture() { return RecordFixture(m_dir.filePath(u"keys"_s)); }

    QString exported(RecordFixture& f, const QString& name)
    {
        const auto folder = exportIncident(f.request(m_dir.filePath(name)), f.keys);
        return folder ? *folder : QString();
    }

    /// What an attacker with the disk does: other lines, everything else as it was.
    static void writeLines(const QString& folder, const std::vector<Entry>& entries)
    {
        QByteArray text;
        for (const Entry& e : entries)
            text += *entryLine(e) + '\n';
        QVERIFY(writeAll(folder + u"/record.jsonl"_s, text));
    }

private Q_SLOTS:
    void aSoundExportHolds()
    {
        auto f = fixture();
        tellWholeStory(f);
        const QString folder = exported(f, u"sound"_s);
        const auto report = verifyExport(folder);
        QVERIFY2(report && report->ok(), qPrintable(firstFinding(report)));
        QVERIFY(report->headSigned);
        QCOMPARE(report->decisions, 2);
        QCOMPARE(report->entries, qint64(f.entries.size()));
        QVERIFY(report->notChecked.isEmpty());
    }

    /// Every byte of every file of a small export, flipped in three ways.
    void noFlippedByteGoesUnnoticed()
    {
        auto f = fixture();
        f.open();
        f.add(kind::NoteAdded, u"commander-1"_s, {{u"text"_s, u"höher"_s}, {u"happened"_s, jsonInt(kDawn)}}, 110);
        const QString folder = exported(f, u"small"_s);
        QVERIFY(verifyExport(folder)->ok());
        int flips = 0;
        for (const QString& name : {u"record.jsonl"_s, u"report.md"_s, u"checkpoint.json"_s}) {
            const QString path = folder + u'/' + name;
            const QByteArray sound = readAll(path);
            QVERIFY(sound.size() > 300);
            for (qsizetype i = 0; i < sound.size(); i += kStride) {
                for (const int mask : {0x01, 0x20, 0x80}) {
                    QVERIFY(writeByte(path, i, char(sound[i] ^ mask)));
                    const auto report = verifyExport(folder);
                    QVERIFY(writeByte(path, i, sound[i]));
                    ++flips;
                    QVERIFY2(!report || !report->ok(),
                        qPrintable(u"%1 byte %2 mask %3 went unnoticed"_s.arg(name).arg(i).arg(mask)));
                }
            }
            QCOMPARE(readAll(path), sound);
        }
        QVERIFY(flips > 5000 / kStride);
        QVERIFY(verifyExport(folder)->ok());
    }

    void theFirstBadEntryIsNamed()
    {
        auto f = fixture();
        tellWholeStory(f);
        const QString folder = exported(f, u"named"_s), path = folder + u"/record.jsonl"_s;
        const QByteArray sound = readAll(path);
        const QList<QByteArray> lines = sound.split('\n');
        for (const int number : {1, 4, 17, int(f.entries.size())}) {
            qsizetype at = 0;
            for (int i = 0; i < number - 1; ++i)
                at += lines[i].size() + 1;
            QByteArray bad = sound;
            const qsizetype actor = bad.indexOf("\"actor\":\"", at) + 9;
            bad[actor] = bad[actor] == 'x' ? 'y' : 'x';
            QVERIFY(writeAll(path, bad));
            const auto report = verifyExport(folder);
            QVERIFY(report && !report->ok());
            QCOMPARE(report->findings.front().seq, number);
            QCOMPARE(report->findings.front().line, number);
            QCOMPARE(report->findings.size(), size_t(1));
        }
    }

    void entriesCannotBeDroppedSwappedOrDoubled()
    {
        auto f = fixture();
        tellWholeStory(f);
        const QString folder = exported(f, u"order"_s);
        auto dropped = f.entries, swapped = f.entries, doubled = f.entries, cut = f.entries;
        dropped.erase(dropped.begin() + 4);
        writeLines(folder, dropped);
        QCOMPARE(verifyExport(folder)->findings.front().seq, 5);
        std::swap(swapped[4], swapped[5]);
        writeLines(folder, swapped);
        QCOMPARE(verifyExport(folder)->findings.front().seq, 5);
        doubled.insert(doubled.begin() + 4, doubled[4]);
        writeLines(folder, doubled);
        QCOMPARE(verifyExport(folder)->findings.front().seq, 6);
        // Cut off the end, the chain holds; only the signed head knows.
        cut.resize(cut.size() - 3);
        writeLines(folder, cut);
        const auto report = verifyExport(folder);
        QVERIFY2(firstFinding(report).contains(u"the record ends with entry %1"_s.arg(cut.size())),
            qPrintable(firstFinding(report)));
    }

    void aRewrittenChainIsCaughtByTheSignedHead()
    {
        auto f = fixture();
        tellWholeStory(f);
        const QString folder = exported(f, u"rewritten"_s);
        f.entries[4].body[u"severity"_s] = 4;
        f.rehash();
        writeLines(folder, f.entries);
        QVERIFY(firstFinding(verifyExport(folder)).startsWith(u"The checkpoint signs entry"_s));
        QFile::remove(folder + u"/checkpoint.json"_s);
        const auto unsignedReport = verifyExport(folder);
        QVERIFY(unsignedReport->ok() && !unsignedReport->headSigned);
        QCOMPARE(unsignedReport->notChecked.size(), 1); // and the screen says so
    }

    void aForgedSiteIsCaughtByTheKeyFromElsewhere()
    {
        auto f = fixture();
        tellWholeStory(f);
        const QString trueKey = f.entries[0].body[u"site_key"_s].toString();
        // Everything rewritten and signed by another key, entry 1 included.
        f.entries[0].body[u"site_key"_s] = QString::fromLatin1(f.keys.publicKey(u"commander-1"_s).toHex());
        f.rehash();
        auto request = f.request(m_dir.filePath(u"forged"_s));
        request.signer = u"commander-1"_s;
        QVERIFY(exportIncident(request, f.keys));
        QVERIFY(verifyExport(request.folder)->headSigned);
        const auto report = verifyExport(request.folder, trueKey);
        QVERIFY(firstFinding(report).contains(u"another site key"_s));
    }

    void aRenewedPolicyIsSaid()
    {
        auto f = fixture();
        tellWholeStory(f);
        f.policy.digest = QString(64, u'6');
        const auto report = verifyExport(exported(f, u"renewed"_s));
        QVERIFY(report && report->ok());
        QCOMPARE(report->notChecked,
            QStringList{u"The keys of the people come from a newer policy than the one entry 1 names."_s});
    }

    void aHeadSignedByAnybodyElseIsRefused()
    {
        auto f = fixture();
        f.open();
        auto request = f.request(m_dir.filePath(u"wrong-signer"_s));
        request.signer = u"commander-1"_s;
        QVERIFY(exportIncident(request, f.keys));
        QVERIFY(firstFinding(verifyExport(request.folder)).contains(u"another key than the site's"_s));
    }

    void decisionsAreCheckedAgainstTheirKeys_data()
    {
        QTest::addColumn<int>("trick");
        QTest::addColumn<QString>("why");
        QTest::newRow("signed by another key") << 0 << u"the signature of ai-owner-1 does not verify"_s;
        QTest::newRow("a role not held") << 1 << u"ai-owner-1 does not hold the role commander"_s;
        QTest::newRow("somebody unknown") << 2 << u"stranger is not in the policy"_s;
        QTest::newRow("accepted is not what was signed") << 3 << u"what was accepted is not what ai-owner-1 signed"_s;
        QTest::newRow("another plan") << 4 << u"the plan on record is not the plan that was signed"_s;
        QTest::newRow("no signed decision") << 5 << u"it names no signed decision before it"_s;
    }

    void decisionsAreCheckedAgainstTheirKeys()
    {
        QFETCH(int, trick);
        QFETCH(QString, why);
        auto f = fixture();
        f.open();
        f.draft();
        Decision d = f.decision(u"ai-owner-1"_s, u"ai-owner"_s, 210);
        if (trick == 1) d.role = u"commander"_s;
        if (trick == 2) d.person = u"stranger"_s;
        if (trick == 4) d.proposalDigest = QString(64, u'0');
        f.sign(d, trick == 0 ? u"commander-1"_s : u"ai-owner-1"_s, 210);
        if (trick == 3) {
            QJsonObject altered = f.entries.back().body[u"decision"_s].toObject();
            altered[u"reason"_s] = u"something else"_s;
            f.entries.back().body[u"decision"_s] = altered;
        }
        if (trick == 5) f.entries.back().body[u"signed_seq"_s] = 2;
        f.rehash();
        const auto report = verifyExport(exported(f, u"decision-%1"_s.arg(trick)));
        QVERIFY2(firstFinding(report).contains(why), qPrintable(firstFinding(report)));
        QCOMPARE(report->findings.front().seq, f.entries.back().seq);
    }

    void nothingMayRunWithoutAnApproval()
    {
        auto f = fixture();
        f.open();
        f.draft();
        f.runStep(210);
        const auto report = verifyExport(exported(f, u"unapproved"_s));
        QVERIFY2(firstFinding(report).contains(u"a step ran although nobody's verified signature approved its plan"_s),
            qPrintable(firstFinding(report)));
    }

    void aChangedPlanIsNamed()
    {
        auto f = fixture();
        f.open();
        f.draft();
        QJsonObject proposal = f.entries[2].body[u"proposal"_s].toObject();
        proposal[u"title"_s] = u"Something else"_s;
        f.entries[2].body[u"proposal"_s] = proposal;
        f.rehash();
        QVERIFY(firstFinding(verifyExport(exported(f, u"plan"_s)))
                    .contains(u"the plan does not have the digest it was recorded with"_s));
    }

    void theCommandSpeaksPlainly()
    {
        auto f = fixture();
        tellWholeStory(f);
        const QString folder = exported(f, u"command"_s);
        const QString key = f.entries[0].body[u"site_key"_s].toString();
        Said s = say({folder});
        QCOMPARE(s.code, 0);
        QVERIFY2(s.out.contains(u"entries, every hash recomputed"_s)
                && s.out.contains(u"2 accepted decisions were verified"_s),
            qPrintable(s.out));
        QVERIFY(writeAll(m_dir.filePath(u"site.pub"_s), key.toLatin1() + '\n'));
        QCOMPARE(say({folder, u"--site-key"_s, m_dir.filePath(u"site.pub"_s)}).code, 0);
        QCOMPARE(say({folder, u"--site-key"_s, QString(64, u'0')}).code, 1);
        QCOMPARE(say({folder, u"--site-key"_s, u"nonsense"_s}).code, 2);
        QCOMPARE(say({folder + u"/record.jsonl"_s}).code, 0);
        QCOMPARE(say({}).code, 2);
        QCOMPARE(say({u"--nonsense"_s, folder}).code, 2);
        QCOMPARE(say({u"/nowhere/at/all"_s}).code, 3);
        QCOMPARE(say({u"--help"_s}).code, 0);

        QByteArray bad = readAll(folder + u"/record.jsonl"_s);
        bad.replace("room 4", "room 5");
        QVERIFY(writeAll(folder + u"/record.jsonl"_s, bad));
        s = say({folder});
        QCOMPARE(s.code, 1);
        QCOMPARE(s.out,
            u"✗ Entry 5 of the record was altered: its content no longer has the hash it was recorded with.\n"_s);
        s = say({folder, u"--json"_s});
        QCOMPARE(s.code, 1);
        const QJsonObject o = QJsonDocument::fromJson(s.out.toUtf8()).object();
        QCOMPARE(o[u"ok"_s].toBool(true), false);
        QCOMPARE(o[u"findings"_s].toArray().at(0)[u"seq"_s].toInt(), 5);
    }

    void aDatabaseIsVerifiedToo()
    {
        const FixtureClock clock;
        const QString path = m_dir.filePath(u"record.db"_s);
        {
            auto db = RecordDb::open(path, clock);
            QVERIFY(db);
            QVERIFY((*db)->append(
                {{QLatin1StringView(kind::RecordOpened), u"engine"_s, {}, {{u"profile"_s, u"sample"_s}}, 0}}));
            QVERIFY((*db)->append({{QLatin1StringView(kind::NoteAdded), u"x"_s, {}, {{u"text"_s, u"y"_s}}, 0}}));
        }
        const auto report = verifyExport(path);
        QVERIFY2(report && report->ok(), qPrintable(firstFinding(report)));
        QCOMPARE(report->entries, 2);
        QCOMPARE(report->notChecked.size(), 1);
    }

    void theScriptAgrees()
    {
        const QString python = QStandardPaths::findExecutable(u"python3"_s);
        if (python.isEmpty()) QSKIP("python3 is not installed, so the stand-alone script was not run.");
        auto f = fixture();
        tellWholeStory(f);
        auto request = f.request(m_dir.filePath(u"script"_s));
        request.verifyScript = readAll(QStringLiteral(WF_SOURCE_DIR "/resources/export/verify_record.py"));
        QVERIFY(!request.verifyScript.isEmpty());
        QVERIFY(exportIncident(request, f.keys));
        QVERIFY(verifyExport(request.folder)->ok());
        const auto run = [&] {
            QProcess p;
            p.start(python, {u"-B"_s, request.folder + u"/verify_record.py"_s});
            if (!p.waitForFinished(60000)) return std::pair(-1, QByteArray("no answer"));
            return std::pair(p.exitCode(), p.readAllStandardOutput() + p.readAllStandardError());
        };
        auto [code, text] = run();
        QVERIFY2(code == 0, text.constData());
        const QString path = request.folder + u"/record.jsonl"_s;
        const QByteArray sound = readAll(path);
        for (qsizetype i = 7; i < sound.size(); i += sound.size() / 23) {
            QByteArray bad = sound;
            bad[i] = char(bad[i] ^ 1);
            QVERIFY(writeAll(path, bad));
            std::tie(code, text) = run();
            QVERIFY2(code == 1, (QByteArray::number(i) + ": " + text).constData());
        }
        QVERIFY(writeAll(path, sound.left(sound.lastIndexOf('\n', sound.size() - 2) + 1)));
        std::tie(code, text) = run();
        QVERIFY2(code == 1 && text.contains("as the last one"), text.constData());
        QVERIFY(writeAll(path, sound));
        QVERIFY(writeAll(request.folder + u"/report.md"_s, "another report"));
        std::tie(code, text) = run();
        QVERIFY2(code == 1 && text.contains("report.md is not the file"), text.constData());
    }

private:
    class FixtureClock final : public Clock {
    public:
        Nanos now() const override { return kDawn; }
    };
};

QTEST_GUILESS_MAIN(VerifyTest)
#include "tst_verify.moc"
