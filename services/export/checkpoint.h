// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the signed head of an export: where the chain ends, whose keys sign decisions, and the digests of the files
// beside it. Without it a record could lose its last entries unnoticed. Owner: services/export. Thread: values.
#pragma once
#include "models/domain/authority.h"
#include "models/domain/record_entry.h"

namespace wf {

inline constexpr auto kCheckpointPayloadType = u"application/vnd.watchfloor.checkpoint+json";

struct Checkpoint {
    QString incident, profile; ///< the incident the report is about; "sample" or "site"
    qint64 seq = 0; ///< of the last entry
    QString hash; ///< its hash, hex
    QString policyDigest; ///< as entry 1 names it
    QString key; ///< hex public key that signs this; entry 1 names it as the site key
    std::vector<Person> people; ///< whose signatures count, and in which roles
    std::map<QString, QString> files; ///< name -> hex SHA-256
    Nanos at = 0;
    QJsonObject toJson() const;
    static Result<Checkpoint> fromJson(const QJsonObject& object);
};

/// "a1b2 c3d4 …" of the first 16 bytes of SHA-256 of a public key: what two people compare.
QString keyFingerprint(const QByteArray& publicKey);

} // namespace wf
