// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: asking for a signature in plain text, and making one. Owner: services/approvals. Thread: any; a key with a
// passphrase costs Argon2id time, so not the GUI thread.
#pragma once
#include "models/domain/ports.h"

namespace wf {

inline constexpr qsizetype kSignRequestBytes = 2048;

/// What a signer who is not at the console gets to read, by chat, mail or phone: at most 2 kB of UTF-8, with the six
/// words. Long plans are shortened by whole lines, and say so; the digest covers all of it all the same.
QString signRequestText(const Proposal& proposal);

/// The decision.signed entry for this decision: gives it an id and a one-time number, signs its canonical bytes as the
/// person. decision.proposalDigest is what was on screen.
Result<NewEntry> signedDecision(Signer& keys, const QString& passphrase, Decision decision, const IncidentId& incident);

} // namespace wf
