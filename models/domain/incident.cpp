// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/incident.h"

namespace wf {
using namespace Qt::StringLiterals;
using S = IncidentStatus;

namespace {
constexpr const char16_t* kNames[] = {u"detected", u"declared", u"contained", u"mitigating", u"verifying", u"recovered",
    u"remediating", u"closed", u"false alarm", u"merged", u"reopened"};
static_assert(std::size(kNames) == size_t(S::Reopened) + 1);

// One row per status: where it may go. A mitigation may fall back (not recovered), and harm may need containing at any time.
constexpr std::pair<S, S> kAllowed[] = {
    {S::Detected, S::Declared}, {S::Detected, S::FalseAlarm}, {S::Detected, S::Merged},
    {S::Declared, S::Contained}, {S::Declared, S::Mitigating}, {S::Declared, S::FalseAlarm}, {S::Declared, S::Merged},
    {S::Contained, S::Mitigating}, {S::Contained, S::Declared}, {S::Contained, S::FalseAlarm}, {S::Contained, S::Merged},
    {S::Mitigating, S::Verifying}, {S::Mitigating, S::Contained}, {S::Mitigating, S::Declared}, {S::Mitigating, S::Merged},
    {S::Verifying, S::Recovered}, {S::Verifying, S::Mitigating}, {S::Verifying, S::Contained}, {S::Verifying, S::Declared},
    {S::Recovered, S::Remediating}, {S::Recovered, S::Closed}, {S::Recovered, S::Reopened},
    {S::Remediating, S::Closed}, {S::Remediating, S::Reopened},
    {S::Closed, S::Reopened}, {S::FalseAlarm, S::Reopened},
    {S::Reopened, S::Declared}, {S::Reopened, S::Contained}, {S::Reopened, S::Mitigating}, {S::Reopened, S::FalseAlarm}, {S::Reopened, S::Merged},
};
} // namespace

QString incidentStatusName(S status)
{
    return QString::fromUtf16(kNames[size_t(status)]);
}

Result<S> incidentStatusFromName(const QString& name)
{
    for (size_t i = 0; i < std::size(kNames); ++i)
        if (name == QStringView(kNames[i])) return S(i);
    return fail(Fault::BadInput, u"There is no incident status “%1”."_s.arg(name));
}

bool mayFollow(S from, S to)
{
    return std::find(std::begin(kAllowed), std::end(kAllowed), std::pair{from, to}) != std::end(kAllowed);
}

} // namespace wf
