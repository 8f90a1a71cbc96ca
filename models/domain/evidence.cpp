// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/evidence.h"
#include "models/domain/canonical_json.h"
#include <QJsonArray>

namespace wf {
using namespace Qt::StringLiterals;

namespace {
template <class Enum, size_t N> Enum enumOf(const QString& name, const std::array<const char16_t*, N>& names)
{
    for (size_t i = 0; i < N; ++i)
        if (name == QStringView(names[i])) return Enum(int(i));
    return Enum(0);
}

constexpr std::array kVerdicts{u"unchecked", u"checked", u"failed", u"stale"};
constexpr std::array kHypothesisStates{u"open", u"supported", u"falsified", u"not checked"};
constexpr std::array kHypothesisTitles{u"Prompt change", u"Model or provider change", u"Retrieval or embedding change",
    u"Tool schema or tool failure", u"Guardrail or sampling change", u"Input mix shift", u"Injection or abuse",
    u"Measurement fault", u"Infrastructure"};
static_assert(kHypothesisTitles.size() == kHypotheses.size());

QJsonObject figureJson(const FigureCitation& f)
{
    QJsonArray paths;
    for (const QString& p : f.paths)
        paths.append(p);
    return {{u"formula"_s, f.formula}, {u"paths"_s, paths}, {u"value"_s, decimal(f.value)},
        {u"tolerance"_s, decimal(f.tolerance)}, {u"unit"_s, f.unit}, {u"text"_s, f.text}};
}

FigureCitation readFigure(const QJsonObject& o)
{
    FigureCitation f;
    f.formula = o[u"formula"_s].toString();
    for (const QJsonValue p : o[u"paths"_s].toArray())
        f.paths.push_back(p.toString());
    f.value = fromDecimal(o[u"value"_s]);
    f.tolerance = fromDecimal(o[u"tolerance"_s]);
    f.unit = o[u"unit"_s].toString();
    f.text = o[u"text"_s].toString();
    return f;
}

QJsonObject citationJson(const Citation& c)
{
    QJsonObject o{{u"evidence"_s, c.evidence}};
    if (!c.quote.isEmpty()) o[u"quote"_s] = c.quote;
    if (c.figure) o[u"figure"_s] = figureJson(*c.figure);
    return o;
}

Citation readCitation(const QJsonObject& o)
{
    Citation c{o[u"evidence"_s].toInt(), o[u"quote"_s].toString(), std::nullopt};
    if (o.contains(u"figure"_s)) c.figure = readFigure(o[u"figure"_s].toObject());
    return c;
}
} // namespace

QJsonObject Evidence::toJson() const
{
    return {{u"number"_s, number}, {u"kind"_s, kind}, {u"title"_s, title}, {u"query"_s, query}, {u"result"_s, result},
        {u"from"_s, jsonInt(from)}, {u"to"_s, jsonInt(to)}, {u"at"_s, jsonInt(at)}, {u"sha256"_s, sha256}};
}

Evidence Evidence::fromJson(const QJsonObject& o)
{
    Evidence e;
    e.number = o[u"number"_s].toInt();
    e.kind = o[u"kind"_s].toString();
    e.title = o[u"title"_s].toString();
    e.query = o[u"query"_s].toObject();
    e.result = o[u"result"_s].toObject();
    e.from = fromJsonInt(o[u"from"_s]);
    e.to = fromJsonInt(o[u"to"_s]);
    e.at = fromJsonInt(o[u"at"_s]);
    e.sha256 = o[u"sha256"_s].toString();
    return e;
}

QString Evidence::computeDigest() const
{
    // Evidence may come from a file or a model: what cannot be written canonically has no digest and can support
    // nothing.
    const auto bytes = canonicalJson(QJsonObject{{u"kind"_s, kind}, {u"title"_s, title}, {u"query"_s, query},
        {u"result"_s, result}, {u"from"_s, jsonInt(from)}, {u"to"_s, jsonInt(to)}});
    return bytes ? QString::fromLatin1(wf::sha256(*bytes).toHex()) : QString();
}

QString verdictName(Verdict verdict)
{
    return QString::fromUtf16(kVerdicts[size_t(verdict)]);
}

QJsonObject Claim::toJson() const
{
    QJsonArray cited;
    for (const Citation& c : citations)
        cited.append(citationJson(c));
    return {{u"id"_s, id.value}, {u"author"_s, author}, {u"kind"_s, kind}, {u"text"_s, text}, {u"citations"_s, cited},
        {u"about"_s, jsonInt(about)}, {u"verdict"_s, verdictName(verdict)}, {u"reason"_s, reason},
        {u"coincidence"_s, coincidence}};
}

Claim Claim::fromJson(const QJsonObject& o)
{
    Claim c;
    c.id = ClaimId{o[u"id"_s].toString()};
    c.author = o[u"author"_s].toString();
    c.kind = o[u"kind"_s].toString();
    c.text = o[u"text"_s].toString();
    for (const QJsonValue v : o[u"citations"_s].toArray())
        c.citations.push_back(readCitation(v.toObject()));
    c.about = fromJsonInt(o[u"about"_s]);
    c.verdict = enumOf<Verdict>(o[u"verdict"_s].toString(), kVerdicts);
    c.reason = o[u"reason"_s].toString();
    c.coincidence = o[u"coincidence"_s].toBool();
    return c;
}

QString hypothesisStateName(HypothesisState state)
{
    return QString::fromUtf16(kHypothesisStates[size_t(state)]);
}

QString hypothesisTitle(const QString& key)
{
    for (size_t i = 0; i < kHypotheses.size(); ++i)
        if (key == QLatin1StringView(kHypotheses[i])) return QString::fromUtf16(kHypothesisTitles[i]);
    return key;
}

QJsonObject Hypothesis::toJson() const
{
    QJsonArray numbers;
    for (const int n : evidence)
        numbers.append(n);
    return {{u"key"_s, key}, {u"state"_s, hypothesisStateName(state)}, {u"why"_s, why}, {u"evidence"_s, numbers}};
}

Hypothesis Hypothesis::fromJson(const QJsonObject& o)
{
    Hypothesis h;
    h.key = o[u"key"_s].toString();
    h.state = enumOf<HypothesisState>(o[u"state"_s].toString(), kHypothesisStates);
    h.why = o[u"why"_s].toString();
    for (const QJsonValue v : o[u"evidence"_s].toArray())
        h.evidence.push_back(v.toInt());
    return h;
}

} // namespace wf
