// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/runbook.h"

namespace wf {
using namespace Qt::StringLiterals;

namespace {
constexpr const char16_t* kTiers[] = {u"T0", u"T1", u"T2", u"T3", u"T4"};
static_assert(std::size(kTiers) == size_t(Tier::T4) + 1);
constexpr const char16_t* kClasses[] = {u"contain", u"restore_known_good", u"new_state", u"notify"};
static_assert(std::size(kClasses) == size_t(RunbookClass::Notify) + 1);
} // namespace

QString tierName(Tier tier)
{
    return QString::fromUtf16(kTiers[size_t(tier)]);
}

Result<Tier> tierFromName(const QString& name)
{
    for (size_t i = 0; i < std::size(kTiers); ++i)
        if (name == QStringView(kTiers[i])) return Tier(i);
    return fail(Fault::BadInput, u"There is no tier “%1”."_s.arg(name), {}, u"Tiers are T0 to T4."_s);
}

QString runbookClassName(RunbookClass c)
{
    return QString::fromUtf16(kClasses[size_t(c)]);
}

Result<RunbookClass> runbookClassFromName(const QString& name)
{
    for (size_t i = 0; i < std::size(kClasses); ++i)
        if (name == QStringView(kClasses[i])) return RunbookClass(i);
    return fail(Fault::BadInput, u"There is no class of runbook “%1”."_s.arg(name), {},
        u"Classes are contain, restore_known_good, new_state and notify."_s);
}

Tier Runbook::tier() const
{
    // A notice reaches people whatever its single step says of itself.
    Tier highest = cls == RunbookClass::Notify ? Tier::T4 : Tier::T0;
    for (const auto& step : steps)
        highest = std::max(highest, step.tier);
    return highest;
}

} // namespace wf
