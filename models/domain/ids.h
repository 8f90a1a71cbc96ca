// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: ids that cannot be mixed up. UUIDv7 (RFC 9562 section 5.7): time-ordered text. Owner: domain. Thread: any.
#pragma once
#include "models/domain/time.h"
#include <QHash>

namespace wf {

template <class Tag> struct StrongId {
    QString value;
    bool isEmpty() const { return value.isEmpty(); }
    friend bool operator==(const StrongId&, const StrongId&) = default;
    friend auto operator<=>(const StrongId& a, const StrongId& b) { return a.value.compare(b.value) <=> 0; }
    friend size_t qHash(const StrongId& id, size_t seed = 0) { return ::qHash(id.value, seed); }
};
using IncidentId = StrongId<struct IncidentTag>;
using ProposalId = StrongId<struct ProposalTag>;
using DecisionId = StrongId<struct DecisionTag>;
using ExecutionId = StrongId<struct ExecutionTag>;
using ClaimId = StrongId<struct ClaimTag>;

/// A fresh UUIDv7 in canonical lower-case text; random bits from the system generator.
QString newUuid7(Nanos now);

template <class Id> Id freshId(Nanos now) { return Id{newUuid7(now)}; }

} // namespace wf
