// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the post-mortem draft of one incident as Markdown, from the record alone: what is not in the record is not
// in the report. Owner: services/export. Thread: pure function.
#pragma once
#include "models/domain/case_file.h"

namespace wf {

struct ReportSource {
    const Case& c;
    const std::vector<Entry>& entries; ///< the whole record; only this incident's entries make rows
    QString profile; ///< "sample": every page says so
    QString siteKey; ///< hex
    Nanos at = 0;
};
QString reportOf(const ReportSource& source);

} // namespace wf
