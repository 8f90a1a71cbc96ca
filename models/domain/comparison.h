// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: behaviour with and without something, as counts; the one thing on which causal wording may rest.
// Owner: domain. Thread: values. Stored as the result of a `comparison` evidence: docs/design/claims.md.
#pragma once
#include "models/domain/drift.h"
#include <QJsonObject>

namespace wf {

struct ComparedGroup {
    QString value; ///< "v42"; for an across comparison "before" and "after"
    qint64 n = 0;
    double sum = 0, sumSquares = 0; ///< for a rate, sum is how many had the property and sumSquares is the same
    double mean() const { return n > 0 ? sum / double(n) : 0; }
};

struct Comparison {
    QString signal, dimension;
    bool rate = true;
    bool sameMinutes = false; ///< false: before and after, which can only coincide
    ComparedGroup with, without;
    Interval interval() const; ///< of with − without: Newcombe for rates, Welch for means, 99 %
    /// The interval leaves zero out. Only a comparison in the same minutes can tell a cause from a coincidence.
    bool separates() const;
    QJsonObject toJson() const;
    static std::optional<Comparison> fromJson(const QJsonObject& result);
};

} // namespace wf
