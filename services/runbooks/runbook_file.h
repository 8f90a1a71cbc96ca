// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: a runbook's YAML read strictly into a Runbook. What is wrong is refused at file:line:column before anyone
// can meet it at night. Owner: services/runbooks. Thread: pure functions, any. Keys and rules: docs/design/runbooks.md.
#pragma once
#include "models/domain/result.h"
#include "models/domain/runbook.h"

namespace wf {

/// The runbook with its digest, not yet with a signature. fileName is for messages only.
Result<Runbook> parseRunbook(const QByteArray& bytes, const QString& fileName);

} // namespace wf
