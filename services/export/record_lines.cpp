// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/export/record_lines.h"
#include "models/domain/canonical_json.h"
#include <QJsonDocument>

namespace wf {
using namespace Qt::StringLiterals;

Result<QByteArray> entryLine(const Entry& entry)
{
    QJsonObject o = entry.hashed();
    o[u"previous"_s] = QString::fromLatin1(entry.previous.toHex());
    o[u"hash"_s] = QString::fromLatin1(entry.hash.toHex());
    return canonicalJson(o);
}

Result<Entry> entryFromLine(const QByteArray& line)
{
    QJsonParseError problem;
    const QJsonDocument document = QJsonDocument::fromJson(line, &problem);
    if (!document.isObject())
        return fail(Fault::BadInput, u"It is not a JSON object: %1."_s.arg(problem.errorString()));
    const QJsonObject o = document.object();
    Entry e;
    e.seq = fromJsonInt(o[u"seq"_s]);
    e.t = fromJsonInt(o[u"t"_s]);
    e.kind = o[u"kind"_s].toString();
    e.actor = o[u"actor"_s].toString();
    e.incident = o[u"incident"_s].toString();
    e.body = o[u"body"_s].toObject();
    e.previous = QByteArray::fromHex(o[u"previous"_s].toString().toLatin1());
    e.hash = QByteArray::fromHex(o[u"hash"_s].toString().toLatin1());
    // Writing it again is the strictest reader there is.
    const auto again = entryLine(e);
    if (!again || *again != line)
        return fail(Fault::BadInput, u"It is not written the one way an entry can be written."_s);
    return e;
}

} // namespace wf
