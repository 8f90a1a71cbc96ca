// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/export/export_incident.h"
#include "models/domain/canonical_json.h"
#include "services/base/files.h"
#include "services/export/checkpoint.h"
#include "services/export/record_lines.h"
#include "services/export/report.h"
#include "services/record/record_db.h"
#include <QDir>

namespace wf {
using namespace Qt::StringLiterals;

namespace {
const QString kNothingWritten = u"Nothing was written."_s;

Result<QByteArray> recordText(const std::vector<Entry>& entries)
{
    QByteArray out;
    for (const Entry& e : entries) {
        const auto line = entryLine(e);
        if (!line)
            return fail(Fault::Internal,
                u"Entry %1 of the record cannot be written: %2"_s.arg(QString::number(e.seq), line.error().what),
                kNothingWritten);
        out += *line + '\n';
    }
    return out;
}

Done checkRecord(const ExportRequest& r)
{
    if (r.entries.empty() || r.entries.front().kind != QLatin1StringView(kind::RecordOpened))
        return fail(Fault::BadInput, u"The record does not begin with its opening entry, so nobody could verify it."_s,
            kNothingWritten);
    if (const auto broken = findChainBreak(r.entries, 1, chainStart()))
        return fail(Fault::Conflict, broken->why, kNothingWritten, u"Keep record.db as it is and have it looked at."_s);
    return {};
}
} // namespace

Result<QString> exportIncident(const ExportRequest& r, Signer& signer)
{
    if (const auto sound = checkRecord(r); !sound) return tl::unexpected(sound.error());
    CaseFile file;
    for (const Entry& e : r.entries)
        file.apply(e);
    const Case* c = file.find(r.incident);
    if (!c) return fail(Fault::NotFound, u"The record holds no such incident."_s, kNothingWritten);
    const auto record = recordText(r.entries);
    if (!record) return tl::unexpected(record.error());

    const QString siteKey = r.entries.front().body[u"site_key"_s].toString();
    const QByteArray report = reportOf({*c, r.entries, file.profile, siteKey, r.at}).toUtf8();
    Checkpoint head{r.incident.value, file.profile, r.entries.back().seq,
        QString::fromLatin1(r.entries.back().hash.toHex()), r.policy.digest, siteKey, r.policy.people, {}, r.at};
    const std::map<QString, QByteArray> files{
        {u"record.jsonl"_s, *record}, {u"report.md"_s, report}, {u"verify_record.py"_s, r.verifyScript}};
    for (const auto& [name, bytes] : files)
        if (!bytes.isEmpty()) head.files[name] = QString::fromLatin1(sha256(bytes).toHex());
    const auto payload = canonicalJson(head.toJson());
    if (!payload) return tl::unexpected(payload.error());
    const auto envelope = signer.sign(r.signer, r.passphrase, QString::fromUtf16(kCheckpointPayloadType), *payload);
    if (!envelope) return tl::unexpected(envelope.error());
    const auto signedHead = canonicalJson(*envelope);
    if (!signedHead) return tl::unexpected(signedHead.error());

    if (!QDir().mkpath(r.folder))
        return fail(
            Fault::Io, u"The folder %1 cannot be made."_s.arg(r.folder), kNothingWritten, u"Choose another one."_s);
    // The checkpoint goes last: an export cut short has none, or an old one that does not fit, and the verifier says
    // so.
    for (const auto& [name, bytes] : files)
        if (!bytes.isEmpty())
            if (const auto done = writeFile(r.folder + u'/' + name, bytes); !done) return tl::unexpected(done.error());
    if (const auto done = writeFile(r.folder + u"/checkpoint.json"_s, *signedHead + '\n'); !done)
        return tl::unexpected(done.error());
    return r.folder;
}

} // namespace wf
