// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/export/checkpoint.h"
#include "models/domain/canonical_json.h"
#include <QJsonArray>

namespace wf {
using namespace Qt::StringLiterals;

QJsonObject Checkpoint::toJson() const
{
    QJsonArray persons;
    for (const Person& p : people)
        persons.append(QJsonObject{{u"id"_s, p.id}, {u"roles"_s, QJsonArray::fromStringList(p.roles)},
            {u"key"_s, QString::fromLatin1(p.publicKey.toHex())}, {u"demo"_s, p.demo}});
    QJsonObject digests;
    for (const auto& [name, digest] : files)
        digests[name] = digest;
    return {{u"version"_s, 1}, {u"incident"_s, incident}, {u"profile"_s, profile}, {u"seq"_s, jsonInt(seq)},
        {u"hash"_s, hash}, {u"policy_digest"_s, policyDigest}, {u"key"_s, key}, {u"people"_s, persons},
        {u"files"_s, digests}, {u"at"_s, jsonInt(at)}};
}

Result<Checkpoint> Checkpoint::fromJson(const QJsonObject& o)
{
    if (o[u"version"_s].toInt() != 1)
        return fail(Fault::NewerSchema, u"The checkpoint was written by a newer Watchfloor."_s, {},
            u"Verify it with that version."_s);
    Checkpoint c;
    c.incident = o[u"incident"_s].toString();
    c.profile = o[u"profile"_s].toString();
    c.seq = fromJsonInt(o[u"seq"_s]);
    c.hash = o[u"hash"_s].toString();
    c.policyDigest = o[u"policy_digest"_s].toString();
    c.key = o[u"key"_s].toString();
    for (const QJsonValue v : o[u"people"_s].toArray()) {
        Person p;
        p.id = v[u"id"_s].toString();
        for (const QJsonValue r : v[u"roles"_s].toArray())
            p.roles << r.toString();
        p.publicKey = QByteArray::fromHex(v[u"key"_s].toString().toLatin1());
        p.demo = v[u"demo"_s].toBool();
        c.people.push_back(std::move(p));
    }
    const QJsonObject digests = o[u"files"_s].toObject();
    for (auto it = digests.begin(); it != digests.end(); ++it)
        c.files[it.key()] = it.value().toString();
    c.at = fromJsonInt(o[u"at"_s]);
    return c;
}

QString keyFingerprint(const QByteArray& publicKey)
{
    const QString hex = QString::fromLatin1(sha256(publicKey).left(16).toHex());
    QStringList groups;
    for (qsizetype i = 0; i < hex.size(); i += 4)
        groups << hex.mid(i, 4);
    return groups.join(u' ');
}

} // namespace wf
