// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: a plan in words, for its card and for the panel on which it is signed: where it stands in the queue, what it
// runs, touches, rests on and waits for. Pure functions over the console's state. Owner: ui/approvals. Thread: GUI.
#pragma once
#include "models/domain/ports.h"
#include "ui/common/spans.h"

namespace wf {

/// What a function below needs beside the plan.
struct PlanScene {
    const ConsoleState* state = nullptr;
    const Case* incident = nullptr;
    QString person;
    Zone zone = Zone::Utc;
};

/// Where a card stands; the order is the order on screen.
enum class PlanPlace { Contain, ForMe, ForOthers, Running, Blocked, Finished };

struct PlanStanding {
    PlanPlace place = PlanPlace::Finished;
    Quorum quorum;
    QString roleForMe; ///< a role of mine whose signature is missing; empty when I have nothing to sign
    Nanos signedAt = 0; ///< my approval that counts, 0 when there is none
    QString blocked, unblock; ///< why nobody can sign it, and what would change that
    std::optional<Refusal> refusal; ///< the newest one, while nothing was accepted after it
    bool waits() const { return place <= PlanPlace::ForOthers; }
};
PlanStanding standingOf(const Plan& plan, const PlanScene& scene);

/// "AI owner", "legal or comms": a missing slot as the policy names it, deputies left out where their principal is
/// named.
QString roleWords(const QString& slot);
QString roleWords(const QStringList& slots);

struct BadgeWords {
    QString text;
    Role fill = Role::Button, ink = Role::Muted;
};
BadgeWords badgeOf(const Plan& plan, const PlanStanding& standing);

QString bodyText(const HttpCall& call); ///< compact JSON, empty without a body
Spans callSpans(const HttpCall& call, bool withBase, int delta = 0); ///< "PATCH /features/x/prompt {"version":"v41"}"
QString targetText(const Proposal& proposal); ///< "flags, http://127.0.0.1:7070"
Spans touchesSpans(const Plan& plan, const PlanScene& scene);
Spans restsSpans(const Plan& plan, const PlanScene& scene);
Spans waitingSpans(const PlanScene& scene);
Spans replaySpans(const Plan& plan);
Spans digestSpans(const QString& digest);
QString gateText(
    const Gate& gate); ///< "99 % of answers have prompt v41 (last 1 min, 100 answers or more, within 20 min)"
QString ceilingText(const Proposal& proposal);
QString budgetText(const Plan& plan, const PlanScene& scene);
QString recoveryText(const Plan& plan, const PlanScene& scene);
Spans stepSpans(const Plan& plan, size_t index, const PlanScene& scene);
Spans verifySpans(const Plan& plan, const PlanScene& scene);

} // namespace wf
