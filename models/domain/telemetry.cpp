// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/telemetry.h"
#include "models/domain/canonical_json.h"

namespace wf {
using namespace Qt::StringLiterals;

namespace {
struct LayerText { const char16_t* name; const char16_t* title; };
constexpr LayerText kLayerTexts[] = {{u"model", u"Model"}, {u"prompt", u"Prompt"}, {u"retrieval", u"Retrieval"}, {u"tools", u"Tools"},
    {u"sampling", u"Sampling"}, {u"guardrails", u"Guardrails"}, {u"cache", u"Cache"}};
static_assert(std::size(kLayerTexts) == kLayers.size());

constexpr const char16_t* kEventKinds[] = {u"alert", u"change", u"report", u"note", u"alarm", u"incident", u"evidence", u"claim",
    u"hypothesis", u"proposal", u"decision", u"execution", u"gate", u"verification", u"escalation", u"system", u"answer"};
static_assert(std::size(kEventKinds) == size_t(EventKind::Answer) + 1);

struct SliceField { const char16_t* name; QString Slice::*field; };
constexpr SliceField kSliceFields[] = {{u"tenant", &Slice::tenant}, {u"route", &Slice::route}, {u"locale", &Slice::locale},
    {u"region", &Slice::region}, {u"instance", &Slice::instance}};
} // namespace

QString layerName(Layer layer)
{
    return QString::fromUtf16(kLayerTexts[size_t(layer)].name);
}

QString layerTitle(Layer layer)
{
    return QString::fromUtf16(kLayerTexts[size_t(layer)].title);
}

QJsonObject Manifest::toJson() const
{
    QJsonObject o;
    for (const Layer l : kLayers)
        if (!(*this)[l].isEmpty()) o[layerName(l)] = (*this)[l];
    return o;
}

Manifest Manifest::fromJson(const QJsonObject& object)
{
    Manifest m;
    for (const Layer l : kLayers) m[l] = object[layerName(l)].toString();
    return m;
}

QString Manifest::digest() const
{
    return digestOf(toJson());
}

QString dimensionValue(const QString& dimension, const Manifest& stack, const Slice& slice)
{
    for (const Layer l : kLayers)
        if (dimension == layerName(l)) return stack[l];
    for (const auto& f : kSliceFields)
        if (dimension == QStringView(f.name)) return slice.*f.field;
    return {};
}

bool isDimension(const QString& dimension)
{
    return std::any_of(kLayers.begin(), kLayers.end(), [&](Layer l) { return dimension == layerName(l); })
        || std::any_of(std::begin(kSliceFields), std::end(kSliceFields), [&](const auto& f) { return dimension == QStringView(f.name); });
}

QString eventKindName(EventKind kind)
{
    return QString::fromUtf16(kEventKinds[size_t(kind)]);
}

Result<EventKind> eventKindFromName(const QString& name)
{
    for (size_t i = 0; i < std::size(kEventKinds); ++i)
        if (name == QStringView(kEventKinds[i])) return EventKind(i);
    QStringList known;
    for (const auto* k : kEventKinds) known += QString::fromUtf16(k);
    return fail(Fault::BadInput, u"There is no kind “%1”."_s.arg(name), {}, u"Kinds are %1."_s.arg(known.join(u", "_s)));
}

} // namespace wf
