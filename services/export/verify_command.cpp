// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/export/verify_command.h"
#include "models/domain/canonical_json.h"
#include "models/domain/case_file.h"
#include "services/base/files.h"
#include "services/export/checkpoint.h"
#include "services/export/record_lines.h"
#include "services/record/record_db.h"
#include "services/record/signing.h"
#include <QCommandLineParser>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

namespace wf {
using namespace Qt::StringLiterals;

namespace {
constexpr qint64 kLongestLine = 16 << 20;
constexpr qint64 kLargestFile = qint64(1) << 30;

/// Entries up to the first that does not hold; what comes after it proves nothing.
Result<std::vector<Entry>> readLines(const QString& path, VerifyReport& report)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return fail(Fault::NotFound, u"%1 cannot be read: %2."_s.arg(path, file.errorString()));
    std::vector<Entry> entries;
    QByteArray previous = chainStart();
    for (qint64 number = 1; !file.atEnd(); ++number) {
        QByteArray line = file.readLine(kLongestLine);
        const auto found = [&](qint64 seq, const QString& why) { report.findings.push_back({seq, number, why}); };
        if (!line.endsWith('\n')) {
            found(
                number, u"Line %1 of record.jsonl, entry %1, does not end: the file was cut or joined."_s.arg(number));
            return entries;
        }
        line.chop(1);
        auto entry = entryFromLine(line);
        if (!entry) {
            found(number,
                u"Line %1 of record.jsonl, entry %1, was altered. %2"_s.arg(
                    QString::number(number), entry.error().what));
            return entries;
        }
        if (const auto broken = findChainBreak({*entry}, number, previous)) {
            found(broken->seq, broken->why);
            return entries;
        }
        previous = entry->hash;
        entries.push_back(std::move(*entry));
    }
    if (entries.empty()) report.findings.push_back({0, 0, u"record.jsonl holds no entries."_s});
    return entries;
}

Result<std::vector<Entry>> readDatabase(const QString& path, VerifyReport& report)
{
    static const SystemClock clock;
    sql::OpenOptions options;
    options.access = sql::Access::ReadOnly;
    auto db = RecordDb::open(path, clock, options);
    if (!db) return tl::unexpected(db.error());
    std::vector<Entry> entries;
    for (qint64 seq = 0;;) {
        auto page = (*db)->after(seq);
        if (!page) return tl::unexpected(page.error());
        if (page->empty()) break;
        seq = page->back().seq;
        for (Entry& e : *page)
            entries.push_back(std::move(e));
    }
    if (const auto broken = findChainBreak(entries, 1, chainStart()))
        report.findings.push_back({broken->seq, 0, broken->why});
    return entries;
}

/// Strict base64: one spelling, so that no byte of an envelope can change unnoticed.
bool oneSpelling(const QString& base64)
{
    const QByteArray text = base64.toLatin1();
    return QByteArray::fromBase64(text).toBase64() == text;
}

Result<Checkpoint> readCheckpoint(const QString& path, const QByteArray& siteKey)
{
    const auto refuse
        = [](const QString& why) { return fail(Fault::BadInput, u"checkpoint.json does not hold: "_s + why); };
    const auto bytes = readFile(path, kLongestLine);
    if (!bytes) return tl::unexpected(bytes.error());
    const QJsonObject envelope = QJsonDocument::fromJson(*bytes).object();
    const auto again = canonicalJson(envelope);
    if (envelope.isEmpty() || !again || *again + '\n' != *bytes)
        return refuse(u"it is not written the one way a checkpoint can be written."_s);
    const QJsonArray signatures = envelope[u"signatures"_s].toArray();
    if (signatures.size() != 1 || !oneSpelling(envelope[u"payload"_s].toString())
        || !oneSpelling(signatures[0][u"sig"_s].toString()))
        return refuse(u"it does not carry exactly one plain signature."_s);
    if (signatures[0][u"keyid"_s].toString() != keyIdOf(siteKey))
        return refuse(u"it is signed with another key than the site's."_s);
    const auto payload = DsseVerifier().open(envelope, siteKey, QString::fromUtf16(kCheckpointPayloadType));
    if (!payload) return refuse(payload.error().what);
    const QJsonObject object = QJsonDocument::fromJson(*payload).object();
    auto checkpoint = Checkpoint::fromJson(object);
    if (!checkpoint) return checkpoint;
    const auto rewritten = canonicalJson(checkpoint->toJson());
    if (!rewritten || *rewritten != *payload) return refuse(u"its content is not canonical."_s);
    return checkpoint;
}

void checkHead(const Checkpoint& head, const QString& folder, const std::vector<Entry>& entries, VerifyReport& report)
{
    const auto found = [&](const QString& why) { report.findings.push_back({0, 0, why}); };
    if (!entries.empty() && (head.seq != entries.back().seq || head.hash != report.head))
        found(u"The checkpoint signs entry %1 as the last one, the record ends with entry %2."_s.arg(
            QString::number(head.seq), QString::number(entries.back().seq)));
    // A policy may have been renewed since the record began; the site key vouches for the newer one, and the reader is
    // told.
    if (!entries.empty() && head.policyDigest != entries.front().body[u"policy_digest"_s].toString())
        report.notChecked << u"The keys of the people come from a newer policy than the one entry 1 names."_s;
    for (const auto& [name, digest] : head.files) {
        if (name.contains(u'/') || name.contains(u'\\')) {
            found(u"The checkpoint names a file outside its folder."_s);
            continue;
        }
        const auto bytes = readFile(folder + u'/' + name, kLargestFile);
        if (!bytes)
            found(u"%1 is missing, and the checkpoint names it."_s.arg(name));
        else if (QString::fromLatin1(sha256(*bytes).toHex()) != digest)
            found(u"%1 is not the file that was exported."_s.arg(name));
    }
}

/// One accepted decision: signed by that person's key, in a role of theirs, over the plan as the record holds it.
QString decisionProblem(const Entry& accepted, const std::vector<Entry>& entries,
    const std::map<QString, QString>& digests, const Policy& policy)
{
    const qint64 at = fromJsonInt(accepted.body[u"signed_seq"_s]);
    if (at < 1 || at >= accepted.seq || entries[size_t(at - 1)].kind != QLatin1StringView(kind::DecisionSigned))
        return u"it names no signed decision before it."_s;
    const QJsonObject envelope = entries[size_t(at - 1)].body[u"envelope"_s].toObject();
    const auto decision = Decision::fromJson(accepted.body[u"decision"_s].toObject());
    if (!decision) return u"its decision cannot be read."_s;
    const Person* person = policy.find(decision->person);
    if (!person) return u"%1 is not in the policy."_s.arg(decision->person);
    if (!person->roles.contains(decision->role))
        return u"%1 does not hold the role %2."_s.arg(decision->person, decision->role);
    const auto payload = DsseVerifier().open(envelope, person->publicKey, QLatin1StringView(kDecisionPayloadType));
    if (!payload) return u"the signature of %1 does not verify."_s.arg(decision->person);
    const auto canonical = canonicalJson(accepted.body[u"decision"_s].toObject());
    if (!canonical || *canonical != *payload)
        return u"what was accepted is not what %1 signed."_s.arg(decision->person);
    const auto digest = digests.find(decision->proposal.value);
    if (digest == digests.end() || digest->second != decision->proposalDigest)
        return u"the plan on record is not the plan that was signed."_s;
    return {};
}

void checkDecisions(const std::vector<Entry>& entries, const Policy& policy, VerifyReport& report)
{
    std::map<QString, QString> digests; // proposal -> digest, recomputed
    std::map<QString, int> approvals;
    for (const Entry& e : entries) {
        const auto found = [&](const QString& why) {
            report.findings.push_back({e.seq, e.seq, u"Entry %1: "_s.arg(e.seq) + why});
        };
        if (e.kind == QLatin1StringView(kind::ProposalDrafted)) {
            const QJsonObject proposal = e.body[u"proposal"_s].toObject();
            const QString digest = digestOf(proposal);
            if (digest != e.body[u"digest"_s].toString())
                found(u"the plan does not have the digest it was recorded with."_s);
            digests[proposal[u"id"_s].toString()] = digest;
        } else if (e.kind == QLatin1StringView(kind::DecisionAccepted)) {
            ++report.decisions;
            if (const QString why = decisionProblem(e, entries, digests, policy); !why.isEmpty())
                found(u"a decision was accepted, but "_s + why);
            else if (e.body[u"decision"_s][u"verdict"_s].toString() == u"approve")
                ++approvals[e.body[u"decision"_s][u"proposal"_s].toString()];
        } else if (e.kind == QLatin1StringView(kind::AttemptStarted) && !approvals[e.body[u"proposal"_s].toString()]) {
            found(u"a step ran although nobody's verified signature approved its plan."_s);
        }
    }
}

QByteArray siteKeyOf(const std::vector<Entry>& entries)
{
    return entries.empty() ? QByteArray()
                           : QByteArray::fromHex(entries.front().body[u"site_key"_s].toString().toLatin1());
}

void checkSignatures(const QString& folder, const std::vector<Entry>& entries, VerifyReport& report)
{
    const QString path = folder + u"/checkpoint.json"_s;
    if (!QFileInfo::exists(path)) {
        report.notChecked
            << u"There is no checkpoint.json: entries cut off the end would not be noticed, and no signature was checked."_s;
        return;
    }
    const auto head = readCheckpoint(path, siteKeyOf(entries));
    if (!head) {
        report.findings.push_back({0, 0, head.error().what});
        return;
    }
    report.headSigned = true;
    checkHead(*head, folder, entries, report);
    Policy policy;
    policy.people = head->people;
    checkDecisions(entries, policy, report);
}

int tell(const VerifyReport& r, bool json, QTextStream& out)
{
    if (json) {
        QJsonArray findings;
        for (const auto& f : r.findings)
            findings.append(QJsonObject{{u"seq"_s, jsonInt(f.seq)}, {u"line"_s, jsonInt(f.line)}, {u"why"_s, f.why}});
        const QJsonObject o{{u"ok"_s, r.ok()}, {u"entries"_s, jsonInt(r.entries)},
            {u"decisions"_s, jsonInt(r.decisions)}, {u"head"_s, r.head}, {u"head_signed"_s, r.headSigned},
            {u"site_key"_s, r.siteKey}, {u"findings"_s, findings},
            {u"not_checked"_s, QJsonArray::fromStringList(r.notChecked)}};
        out << QString::fromUtf8(QJsonDocument(o).toJson(QJsonDocument::Compact)) << u'\n';
        return r.ok() ? 0 : 1;
    }
    for (const auto& f : r.findings)
        out << u"✗ "_s << f.why << u'\n';
    if (r.ok()) {
        out << u"✓ %1 entries, every hash recomputed; the last is %2.\n"_s.arg(
            QString::number(r.entries), r.head.left(16));
        if (r.headSigned)
            out << u"✓ The end of the record is signed by the site key, and %1 accepted %2 verified.\n"_s.arg(
                QString::number(r.decisions), r.decisions == 1 ? u"decision was"_s : u"decisions were"_s);
        out << u"  Site key %1: compare it with the one you were given in another way.\n"_s.arg(
            keyFingerprint(QByteArray::fromHex(r.siteKey.toLatin1())));
    }
    for (const QString& n : r.notChecked)
        out << u"– "_s << n << u'\n';
    return r.ok() ? 0 : 1;
}

/// Hex as typed, or the file that holds it (site.pub).
QString keyText(const QString& option)
{
    if (!QFileInfo::exists(option)) return option.trimmed().toLower();
    const auto bytes = readFile(option, 4096);
    return bytes ? QString::fromLatin1(*bytes).trimmed().toLower() : QString();
}
} // namespace

Result<VerifyReport> verifyExport(const QString& path, const QString& siteKey)
{
    const QFileInfo info(path);
    if (!info.exists()) return fail(Fault::NotFound, u"There is nothing at %1."_s.arg(path));
    VerifyReport report;
    const bool database = info.isFile() && path.endsWith(u".db"_s);
    const auto entries = info.isDir() ? readLines(path + u"/record.jsonl"_s, report)
        : database                    ? readDatabase(path, report)
                                      : readLines(path, report);
    if (!entries) return tl::unexpected(entries.error());
    report.entries = qint64(entries->size());
    if (!entries->empty()) report.head = QString::fromLatin1(entries->back().hash.toHex());
    report.siteKey = QString::fromLatin1(siteKeyOf(*entries).toHex());
    if (!report.findings.empty()) return report; // names the first bad entry; the rest rests on it
    if (!siteKey.isEmpty() && siteKey != report.siteKey)
        report.findings.push_back({1, 1, u"Entry 1 names another site key than the one you gave."_s});
    if (database)
        report.notChecked
            << u"A database has no checkpoint beside it; export the incident to have its signatures checked."_s;
    else
        checkSignatures(info.isDir() ? path : info.absolutePath(), *entries, report);
    return report;
}

int verifyCommand(const QStringList& args, QTextStream& out, QTextStream& err)
{
    QCommandLineParser parser;
    parser.addPositionalArgument(u"path"_s, u"Folder of an export, its record.jsonl, or a record.db."_s);
    parser.addOption({u"json"_s, u"One line of JSON."_s});
    parser.addOption({u"site-key"_s, u"The site's public key as you got it elsewhere."_s, u"HEX|FILE"_s});
    parser.addOption({u"help"_s, u"This text."_s});
    const bool parsed = parser.parse(QStringList{u"watchfloorctl verify"_s} + args);
    if (parsed && parser.isSet(u"help"_s)) {
        out << parser.helpText();
        return 0;
    }
    if (!parsed || parser.positionalArguments().size() != 1) {
        err << (parsed ? u"Say what to verify: a folder, a record.jsonl or a record.db."_s : parser.errorText())
            << u'\n';
        return 2;
    }
    const QString siteKey = parser.isSet(u"site-key"_s) ? keyText(parser.value(u"site-key"_s)) : QString();
    if (parser.isSet(u"site-key"_s) && QByteArray::fromHex(siteKey.toLatin1()).size() != 32) {
        err << u"The site key must be 64 hexadecimal digits, or a file that holds them.\n"_s;
        return 2;
    }
    const auto report = verifyExport(parser.positionalArguments().constFirst(), siteKey);
    if (!report) {
        err << report.error().sentence() << u'\n';
        return report.error().fault == Fault::NotFound ? 3 : 1;
    }
    return tell(*report, parser.isSet(u"json"_s), out);
}

} // namespace wf
