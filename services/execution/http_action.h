// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: one step against an HTTP target: read its precondition, act once, look again when the answer is lost. Knows
// nothing of the record. Owner: services/execution. Thread: any; blocks up to the step's time-out per call.
#pragma once
#include "models/domain/proposal.h"
#include "services/base/http_client.h"
#include <functional>

namespace wf {

using HttpCaller = std::function<HttpOutcome(const HttpClientRequest&)>;

/// What the target holds at the precondition's place.
struct TargetState {
    enum class Kind { AsExpected, AlreadyThere, Other, CannotTell };
    Kind kind = Kind::CannotTell;
    QByteArray etag;
    QString value;             ///< what stands there now
    QString sentence;          ///< for a person
};

struct ActionOutcome {
    enum class Kind { Executed, Failed, Unknown };
    Kind kind = Kind::Unknown;
    int status = 0;
    QByteArray raw;            ///< the target's answer, at most 4 kB
    QString why;               ///< empty when plainly executed
};

QUrl urlOf(const HttpCall& call);
/// Reads the target. AlreadyThere when the place already holds a value that the action would set.
TargetState readTarget(const PlanStep& step, const HttpCaller& caller);
/// One attempt, guarded by If-Match when the target gave an ETag. A lost answer is followed by a look at the target,
/// never by a second attempt.
ActionOutcome actOnce(const PlanStep& step, const QString& idempotencyKey, const QByteArray& etag, const HttpCaller& caller);
/// Calls a read-only replay endpoint; answers {pass, n}.
struct ReplayResult { qint64 pass = 0, n = 0; };
Result<ReplayResult> runReplay(const HttpCall& call, const HttpCaller& caller);

} // namespace wf
