// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: `watchfloorctl import`: a file of answers goes into the store as if it had arrived.
// Owner: services/ingest. Thread: blocks the caller; the sink is called on it.
#pragma once
#include "models/domain/ports.h"
#include "services/ingest/import_mapping.h"
#include <QStringList>

namespace wf {

struct ImportReport {
    qint64 rows = 0; ///< read, bad ones too
    qint64 answers = 0; ///< newly stored
    qint64 duplicates = 0; ///< rows of an earlier import of the same file
    qint64 observations = 0; ///< sent to the store with the answers
    qint64 bad = 0; ///< left out
    QStringList problems; ///< "answers.jsonl:17: the time is missing", the first hundred
    Nanos first = 0, last = 0; ///< time of the earliest and the latest answer; 0 when there is none
};

/// Bad rows are counted and left out. Fails when the file cannot be read, the store refuses, or every row is bad; what
/// was stored before that is kept, and importing the file again stores the rest.
Result<ImportReport> importFile(const QString& path, const ImportMapping& mapping, TelemetrySink& sink,
    const std::function<void(const ImportReport&)>& progress = {});

} // namespace wf
