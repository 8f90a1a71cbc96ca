// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: writes a sentence and its citations in one go, every figure computed from the evidence it cites, and hands
// it to the checker. It has no way to mark its own claim as checked. Owner: services/assistant. Thread: value.
#pragma once
#include "models/domain/evidence.h"

namespace wf {

class ClaimWriter {
public:
    /// identity: the claim's id is a hash of it.
    ClaimWriter(const std::vector<Evidence>& evidence, const QString& kind, const QString& identity);
    ClaimWriter& say(const QString& words);
    ClaimWriter& quote(int evidence, const QString& words);
    ClaimWriter& percent(int evidence, const QString& part, const QString& whole);
    /// A mean with its unit, or a percentage when the signal is a rate.
    ClaimWriter& level(int evidence, const QString& group, bool rate, const QString& unit);
    ClaimWriter& ratio(int evidence, const QString& part, const QString& whole, const QString& unit, int digits);
    ClaimWriter& count(int evidence, const QString& path);
    ClaimWriter& clock(int evidence, const QString& path);
    ClaimWriter& reweighted(int evidence, const QString& rows, bool rate, const QString& unit);
    /// Cites words the sentence does not repeat as such.
    ClaimWriter& cite(int evidence, const QString& quote);
    ClaimWriter& about(Nanos t);
    Claim done() const;

private:
    ClaimWriter& figure(int evidence, FigureCitation f, int digits);
    const Evidence* find(int evidence) const;

    const std::vector<Evidence>& m_evidence;
    Claim m_claim;
};

/// "3 146"
QString groupedText(qint64 n);
/// Text from outside, safe to store and show: one line, no control or direction characters, at most `cap` characters.
QString outsideText(const QString& text, qsizetype cap = 300);

} // namespace wf
