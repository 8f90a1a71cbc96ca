// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: verifies an export offline: every hash, the signed head, every accepted decision's signature, and that
// nothing ran without one. Owner: services/export. Thread: any; reads files only.
#pragma once
#include "models/domain/result.h"
#include <QStringList>
#include <QTextStream>

namespace wf {

struct VerifyFinding {
    qint64 seq = 0; ///< entry, 0 when it is not about one
    qint64 line = 0; ///< of record.jsonl, 0 when it is not about one
    QString why; ///< a whole sentence
};

struct VerifyReport {
    qint64 entries = 0, decisions = 0;
    QString head, siteKey; ///< hex
    bool headSigned = false; ///< checkpoint.json is there and verifies
    std::vector<VerifyFinding> findings; ///< empty: everything holds
    QStringList notChecked; ///< what could not be, whole sentences
    bool ok() const { return findings.empty(); }
};

/// A folder with record.jsonl, a record.jsonl on its own, or a record.db. siteKey: hex, from elsewhere; empty = not
/// compared.
Result<VerifyReport> verifyExport(const QString& path, const QString& siteKey = {});

/// watchfloorctl verify FOLDER|FILE [--site-key HEX|FILE] [--json]. 0 holds, 1 does not, 2 wrong arguments, 3 not
/// there.
int verifyCommand(const QStringList& args, QTextStream& out, QTextStream& err);

} // namespace wf
