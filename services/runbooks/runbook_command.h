// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: watchfloorctl runbook check|sign. Owner: services/runbooks. Thread: main.
#pragma once
#include <QStringList>
#include <QTextStream>

namespace wf {

/// args without the program and "runbook". Exit codes: 0 fine, 1 a file is wrong or was not signed, 2 called wrongly.
///   check FILE|DIR
///   sign FILE --as KEY --profile DIR [--passphrase-fd N]     (policy.yaml is signed the same way)
int runbookCommand(const QStringList& args, QTextStream& out, QTextStream& err);

} // namespace wf
