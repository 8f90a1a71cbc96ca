// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/recovery/gate_check.h"

namespace wf {
using namespace Qt::StringLiterals;

Result<GateReading> readGate(const Gate& gate, const QString& feature, Nanos since, Nanos now, TelemetryQueries& queries)
{
    Where where;
    // Who handled an answer is a property of all answers; everything else is asked of the model's answers only, because
    // what a person wrote carries no prompt and no model.
    if (gate.attribute != u"handled_by") where[u"handled_by"_s] = u"model"_s;
    if (gate.of == u"uncached_answers") where[u"cached"_s] = u"no"_s;
    const auto counts = queries.answersBy(feature, {now - gate.window, now}, gate.attribute, where);
    if (!counts) return tl::unexpected(counts.error());
    GateReading reading;
    for (const auto& [value, n] : *counts) {
        reading.n += n;
        if (value == gate.equals) reading.good += n;
    }
    using S = GateReading::State;
    const bool late = now - since > gate.within;
    if (reading.n < gate.minimum)
        reading.state = late ? S::Late : S::CannotTell;
    else if (reading.share() >= gate.share)
        reading.state = S::Passed;
    else
        reading.state = late ? S::Late : S::Waiting;
    return reading;
}

} // namespace wf
