// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: writes one incident's hand-over: record.jsonl (the whole chain, so that it verifies), report.md,
// checkpoint.json (its signed head) and verify_record.py. Owner: services/export. Thread: any; blocks on disk and on
// the signature.
#pragma once
#include "models/domain/ports.h"

namespace wf {

struct ExportRequest {
    IncidentId incident;
    std::vector<Entry> entries; ///< the whole record, from entry 1; refused when the chain does not hold
    Policy policy; ///< its people's keys go into the signed checkpoint, so that decisions can be verified
    QString folder; ///< made if need be; files of an earlier export in it are replaced
    QString signer, passphrase; ///< whose key signs: the site's, as entry 1 names it
    QByteArray verifyScript; ///< resources/export/verify_record.py
    Nanos at = 0;
};

/// The folder written.
Result<QString> exportIncident(const ExportRequest& request, Signer& signer);

} // namespace wf
