// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/signals.h"

namespace wf {

const SignalDef* SignalSet::find(const QString& feature, const QString& signal) const
{
    const SignalDef* anyFeature = nullptr;
    for (const auto& s : signalDefs) {
        if (s.name != signal) continue;
        if (s.feature == feature) return &s;
        if (s.feature == u'*') anyFeature = &s;
    }
    return anyFeature;
}

} // namespace wf
