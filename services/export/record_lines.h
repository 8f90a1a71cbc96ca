// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the record as text, one entry a line: canonical JSON of the hashed object plus its two hashes, so that the
// bytes of a line are determined by its content. Owner: services/export. Thread: pure functions.
#pragma once
#include "models/domain/record_entry.h"

namespace wf {

/// Without the newline. An entry whose body is not canonical has no line (an error that names it).
Result<QByteArray> entryLine(const Entry& entry);
/// Refuses whatever entryLine() would not have written byte for byte: other spellings, duplicate keys, unknown keys.
Result<Entry> entryFromLine(const QByteArray& line);

} // namespace wf
