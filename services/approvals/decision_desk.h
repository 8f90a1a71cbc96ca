// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: rules on signatures. What a person signed becomes an accepted or a refused decision, and a complete quorum
// becomes an approved plan with its first step in the outbox: entries and rows of one ruling belong into one append.
// Nothing else makes an execution. Holds no state: all it knows is the record. Owner: services/approvals. Thread: the
// engine's one loop.
#pragma once
#include "models/domain/ports.h"

namespace wf {

struct Ruling {
    std::vector<NewEntry> entries;
    std::vector<OutboxRow> outbox;
    bool isEmpty() const { return entries.empty() && outbox.empty(); }
};

class DecisionDesk {
public:
    /// Public keys come from the policy. verifier: DSSE with Ed25519 unless a test says otherwise.
    explicit DecisionDesk(Policy policy, std::shared_ptr<const Verifier> verifier = {});

    /// One decision.signed entry of this case. facts as of now, for the plan the entry names; its decisions are the
    /// desk's own business (Plan::counting()). Always answers with a decision.accepted or a decision.refused.
    Ruling judge(const Entry& signedEntry, const Case& c, const ExecutionContext& facts) const;

    /// Of a running plan whose gates so far have passed: the next step, or the plan held with the reason. Empty when
    /// there is nothing to queue.
    Ruling nextStep(const Case& c, const Plan& plan, const ExecutionContext& facts) const;

    /// Once a minute for plans that wait: expired when their life is over; voided when somebody has signed and a
    /// ceiling or the evidence would now break. Empty when all is well. A plan nobody signed keeps its place: it may
    /// shrink again.
    Ruling review(const Case& c, const Plan& plan, const ExecutionContext& facts) const;

private:
    struct Hearing;
    QString hear(Hearing& h) const;
    void accept(Hearing& h, Ruling& ruling) const;

    Policy m_policy;
    std::shared_ptr<const Verifier> m_verifier;
};

/// The name under which a target recognises a step of a plan; round tells a repetition people asked for apart ("" at
/// first).
QString idempotencyKey(const QString& planDigest, int step, const QString& round = {});

} // namespace wf
