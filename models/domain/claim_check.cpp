// SPDX-License-Identifier: GPL-3.0-or-later
// The citation checker. Each rule is one function that returns the reason for refusing, or nothing; checkClaim() is the
// list of rules in order. docs/design/claims.md says the same in prose.
#include "models/domain/canonical_json.h"
#include "models/domain/claim_text.h"
#include "models/domain/comparison.h"
#include "models/domain/evidence.h"
#include "models/domain/stats/intervals.h"
#include <QJsonArray>
#include <QRegularExpression>
#include <QSet>
#include <cmath>

namespace wf {
using namespace Qt::StringLiterals;

namespace {

// ---- recomputation
// ---------------------------------------------------------------------------------------------------

/// RFC 6901, with objects and arrays.
Result<QJsonValue> at(const QJsonObject& root, const QString& pointer)
{
    QJsonValue value = root;
    if (!pointer.startsWith(u'/')) return fail(Fault::BadInput, u"“%1” is not a path."_s.arg(pointer));
    for (QString key : pointer.mid(1).split(u'/')) {
        key.replace(u"~1"_s, u"/"_s).replace(u"~0"_s, u"~"_s);
        if (value.isArray()) {
            bool ok = false;
            const int i = key.toInt(&ok);
            value = ok && i >= 0 ? value.toArray().at(i) : QJsonValue(QJsonValue::Undefined);
        } else {
            value = value.isObject() ? value.toObject().value(key) : QJsonValue(QJsonValue::Undefined);
        }
        if (value.isUndefined()) return fail(Fault::NotFound, u"nothing stands at %1."_s.arg(pointer));
    }
    return value;
}

Result<double> numberAt(const QJsonObject& root, const QString& pointer)
{
    const auto value = at(root, pointer);
    if (!value) return tl::unexpected(value.error());
    const double number = fromDecimal(*value, NAN);
    if (!std::isfinite(number)) return fail(Fault::BadInput, u"%1 is not a number."_s.arg(pointer));
    return number;
}

using Numbers = std::vector<double>;
using Formula = Result<double> (*)(const Numbers&);

tl::unexpected<Error> zero()
{
    return fail(Fault::BadInput, u"it would divide by zero."_s);
}

Result<double> ratio(const Numbers& v)
{
    return v[1] == 0 ? Result<double>(zero()) : v[0] / v[1];
}

Result<double> difference(const Numbers& v)
{
    return v[1] == 0 || v[3] == 0 ? Result<double>(zero()) : v[0] / v[1] - v[2] / v[3];
}

Result<double> interval(const Numbers& v, bool high)
{
    const bool counts = v[0] >= 0 && v[2] >= 0 && v[0] <= v[1] && v[2] <= v[3];
    if (v[1] <= 0 || v[3] <= 0) return zero();
    if (!counts) return fail(Fault::BadInput, u"the paths do not hold counts."_s);
    const Interval i = stats::newcombeDifference(v[0], v[1], v[2], v[3]);
    return high ? i.high : i.low;
}

Result<double> count(const Numbers& v)
{
    return v[0] == std::floor(v[0]) ? Result<double>(v[0])
                                    : fail(Fault::BadInput, u"a count must be a whole number."_s);
}

struct FormulaRow {
    const char16_t* name;
    size_t paths;
    Formula apply;
};
constexpr FormulaRow kFormulas[] = {
    {u"ratio", 2, ratio},
    {u"difference", 4, difference},
    {u"interval_low", 4, [](const Numbers& v) { return interval(v, false); }},
    {u"interval_high", 4, [](const Numbers& v) { return interval(v, true); }},
    {u"count", 1, count},
    {u"time", 1, count},
    {u"value", 1, [](const Numbers& v) -> Result<double> { return v[0]; }},
};

/// The rate now, had the mix been the baseline's: sum of baseline_n * good / n over all rows, by the sum of baseline_n.
Result<double> reweighted(const QJsonObject& result, const QString& path)
{
    const auto rows = at(result, path);
    if (!rows) return tl::unexpected(rows.error());
    double sum = 0, weight = 0;
    for (const QJsonValue row : rows->toArray()) {
        const QJsonObject o = row.toObject();
        const double n = fromDecimal(o[u"n"_s]), w = fromDecimal(o[u"baseline_n"_s]);
        if (n <= 0 || w <= 0) return fail(Fault::BadInput, u"a row of %1 is empty."_s.arg(path));
        sum += w * fromDecimal(o[u"sum"_s]) / n;
        weight += w;
    }
    return weight > 0 ? Result<double>(sum / weight) : zero();
}

// ---- the rules
// -------------------------------------------------------------------------------------------------------

using Reason = std::optional<QString>;
using Library = std::map<int, const Evidence*>;

QString label(int number)
{
    return u"E%1"_s.arg(number);
}

double scaleOf(const QString& unit)
{
    return unit == u"%" || unit == u"points" ? 100.0 : 1.0;
}

Reason quoteStands(const Citation& c, const Evidence& e)
{
    const QStringList passages = passagesOf(e.title, e.result);
    const bool stands
        = std::any_of(passages.begin(), passages.end(), [&](const QString& p) { return standsIn(c.quote, p); });
    if (stands) return {};
    return u"%1 does not say this: “%2” stands nowhere in it."_s.arg(e.label(), foldSpaces(c.quote).left(160));
}

/// A time is compared as text in whole numbers: a double cannot hold nanoseconds.
Reason timeHolds(const FigureCitation& f, const Evidence& e)
{
    if (f.paths.size() != 1) return u"%1: a time needs one path."_s.arg(e.label());
    const auto value = at(e.result, f.paths[0]);
    if (!value) return u"%1: %2"_s.arg(e.label(), value.error().what);
    const Nanos t = fromJsonInt(*value);
    QString written = foldSpaces(f.text);
    if (written.endsWith(u" UTC")) written.chop(4);
    const QString day = dayText(t), minute = clockMinute(t), second = clockText(t);
    for (const QString& form : {minute, second, day, day + u' ' + minute, day + u' ' + second, isoText(t)})
        if (written == form) return {};
    return u"%1 says %2 %3, not %4."_s.arg(e.label(), day, second, written);
}

Reason figureHolds(const FigureCitation& f, const Evidence& e)
{
    if (f.formula == u"time") return timeHolds(f, e);
    const auto written = readNumber(f.text);
    if (!written) return u"“%1” is not one number."_s.arg(f.text.left(60));
    if (written->unit != f.unit) return u"“%1” does not carry the unit “%2”."_s.arg(f.text.left(60), f.unit.left(20));
    const double eps = 1e-9 * std::max(1.0, std::abs(written->value));
    if (!(std::abs(written->value - f.value) <= eps))
        return u"“%1” is written, but %2 is claimed."_s.arg(f.text.left(60), decimal(f.value));
    if (!(f.tolerance >= 0 && f.tolerance <= written->halfUnit + eps))
        return u"The tolerance of “%1” is wider than half of its last digit."_s.arg(f.text.left(60));
    const auto computed = recompute(f, e.result);
    if (!computed) return u"%1: “%2” cannot be recomputed, %3"_s.arg(e.label(), f.text.left(60), computed.error().what);
    const double scaled = *computed * scaleOf(f.unit);
    if (std::abs(scaled - f.value) <= f.tolerance + eps) return {};
    return u"%1 gives %2, not %3."_s.arg(e.label(), QString::number(scaled, 'g', 6), f.text.left(60));
}

Reason citationsHold(const Claim& claim, const Library& library)
{
    for (const Citation& c : claim.citations) {
        const Evidence& e = *library.at(c.evidence);
        if (c.quote.isEmpty() == !c.figure)
            return u"A citation of %1 is neither a quote nor a figure."_s.arg(e.label());
        if (const Reason r = c.figure ? figureHolds(*c.figure, e) : quoteStands(c, e)) return r;
    }
    return {};
}

QStringList longWords(const QString& text)
{
    static const QRegularExpression form(u"\\p{L}{4,}"_s, QRegularExpression::UseUnicodePropertiesOption);
    QStringList words;
    for (auto it = form.globalMatch(text); it.hasNext();)
        words << it.next().captured().toLower();
    return words;
}

/// How much of one text's words stands in the other, 0..1; 0 when it has none.
double overlap(const QStringList& of, const QStringList& in)
{
    const auto shared = std::count_if(of.begin(), of.end(), [&](const QString& w) { return in.contains(w); });
    return of.isEmpty() ? 0 : double(shared) / double(of.size());
}

/// What one citation can cover: its facts, in order, each once.
struct Cover {
    const Citation* citation;
    std::vector<Fact> facts;
    size_t next = 0;
    bool used = false;

    bool take(const Fact& fact)
    {
        // A quote may be longer than what the sentence says of it; a figure may not.
        const size_t reach = citation->figure ? std::min(next + 1, facts.size()) : facts.size();
        for (size_t i = next; i < reach; ++i) {
            if (facts[i].text != fact.text) continue;
            next = i + 1;
            return used = true;
        }
        return false;
    }
};

bool isLabelOfCited(const Fact& fact, const Claim& claim)
{
    return std::any_of(claim.citations.begin(), claim.citations.end(),
        [&](const Citation& c) { return fact.text == label(c.evidence); });
}

/// Every number, time, identifier and version of the sentence is covered, and every citation covers something.
Reason sentenceIsCovered(const Claim& claim)
{
    std::vector<Cover> covers;
    for (const bool figures : {true, false})
        for (const Citation& c : claim.citations)
            if (c.figure.has_value() == figures)
                covers.push_back({&c, factsIn(figures ? c.figure->text : c.quote), 0, false});
    const auto facts = factsIn(claim.text);
    for (const Fact& fact : facts) {
        if (isLabelOfCited(fact, claim)) continue;
        if (std::none_of(covers.begin(), covers.end(), [&](Cover& c) { return c.take(fact); }))
            return u"No citation covers “%1”."_s.arg(claim.text.mid(fact.at, fact.size));
    }
    const QStringList said = longWords(claim.text);
    QStringList quoted;
    for (const Cover& c : covers) {
        if (c.citation->figure && c.next != c.facts.size())
            return u"The figure “%1” does not stand in the sentence."_s.arg(c.citation->figure->text.left(60));
        if (c.citation->figure) continue;
        quoted << longWords(c.citation->quote);
        if (!c.used && overlap(longWords(c.citation->quote), said) < 0.5)
            return u"The sentence makes no use of the quote “%1”."_s.arg(foldSpaces(c.citation->quote).left(80));
    }
    // A sentence without a single figure or name proves nothing unless the record says mostly the same words.
    if (facts.empty() && overlap(said, quoted) < 0.5) return u"Nothing in this sentence can be checked."_s;
    return {};
}

Reason timeIsInside(const Claim& claim, const Library& library)
{
    if (claim.about == 0) return {};
    for (const Citation& c : claim.citations) {
        const Evidence& e = *library.at(c.evidence);
        if (e.to != 0 && e.from <= claim.about && claim.about <= e.to) return {};
    }
    const Evidence& first = *library.at(claim.citations.front().evidence);
    return u"The claim is about %1 %2; %3 speaks about %4 to %5."_s.arg(
        dayText(claim.about), clockText(claim.about), first.label(), clockText(first.from), clockText(first.to));
}

bool causal(const QString& text)
{
    static const QRegularExpression form(
        u"\\b(caus(e|es|ed|ing)|because|due to|owing to|thanks to|as a result|result(s|ed)? (from|in)|led to|leads "
        u"to|responsible for|"
        "root cause|broke|breaks|triggered|triggers|to blame|culprit|guilty|explains?|made (it|answers|them)|brought about)\\b"_s,
        QRegularExpression::CaseInsensitiveOption);
    return form.match(text).hasMatch();
}

bool separatesCited(const Claim& claim, const Library& library)
{
    return std::any_of(claim.citations.begin(), claim.citations.end(), [&](const Citation& c) {
        const Evidence& e = *library.at(c.evidence);
        const auto comparison = e.kind == u"comparison" ? Comparison::fromJson(e.result) : std::nullopt;
        return comparison && comparison->separates();
    });
}

/// "I rolled back", "we have purged": an agent's deed counts with the receipt of an execution, never on its word.
Reason deedHasReceipt(const Claim& claim, const Library& library)
{
    static const QRegularExpression form(
        u"\\b(I|we|the (agent|assistant))\\b('ve)?( have| has| had| just| already| now)* (\\w+ed|rolled|put|set|sent|did|made|took|ran|undid|gave)\\b"_s,
        QRegularExpression::CaseInsensitiveOption);
    if (!claim.author.startsWith(u"agent:") || !form.match(claim.text).hasMatch()) return {};
    for (const Citation& c : claim.citations)
        if (library.at(c.evidence)->kind == u"execution") return {};
    return u"An action counts only with the receipt of its execution, and none is cited."_s;
}

QString praise(const Claim& claim)
{
    QSet<int> cited;
    int figures = 0, quotes = 0;
    for (const Citation& c : claim.citations) {
        cited.insert(c.evidence);
        ++(c.figure ? figures : quotes);
    }
    QList<int> numbers(cited.begin(), cited.end());
    std::sort(numbers.begin(), numbers.end());
    QStringList labels;
    for (const int n : numbers)
        labels << label(n);
    QStringList parts;
    if (figures) parts << (figures == 1 ? u"1 figure recomputed"_s : u"%1 figures recomputed"_s.arg(figures));
    if (quotes) parts << (quotes == 1 ? u"1 quote found"_s : u"%1 quotes found"_s.arg(quotes));
    return parts.join(u", "_s) + u" in "_s + labels.join(u", "_s);
}

Claim with(Claim claim, Verdict verdict, QString reason)
{
    claim.verdict = verdict;
    claim.reason = std::move(reason);
    return claim;
}
} // namespace

Result<double> recompute(const FigureCitation& figure, const QJsonObject& result)
{
    if (figure.formula == u"reweighted") {
        if (figure.paths.size() != 1) return fail(Fault::BadInput, u"“reweighted” needs one path."_s);
        return reweighted(result, figure.paths[0]);
    }
    for (const FormulaRow& row : kFormulas) {
        if (figure.formula != QStringView(row.name)) continue;
        if (figure.paths.size() != row.paths)
            return fail(Fault::BadInput, u"“%1” needs %2 paths."_s.arg(figure.formula, QString::number(row.paths)));
        Numbers numbers;
        for (const QString& path : figure.paths) {
            const auto n = numberAt(result, path);
            if (!n) return tl::unexpected(n.error());
            numbers.push_back(*n);
        }
        return row.apply(numbers);
    }
    return fail(Fault::BadInput, u"“%1” is not a formula."_s.arg(figure.formula.left(40)));
}

Claim checkClaim(Claim claim, const std::vector<Evidence>& evidence)
{
    claim.coincidence = false;
    if (foldSpaces(claim.text).isEmpty()) return with(std::move(claim), Verdict::Failed, u"It says nothing."_s);
    if (claim.citations.empty()) return with(std::move(claim), Verdict::Failed, u"It cites nothing."_s);
    Library library;
    for (const Evidence& e : evidence)
        library[e.number] = &e;
    for (const Citation& c : claim.citations)
        if (!library.contains(c.evidence))
            return with(
                std::move(claim), Verdict::Failed, u"This incident has no evidence %1."_s.arg(label(c.evidence)));
    for (const Citation& c : claim.citations) {
        const Evidence& e = *library.at(c.evidence);
        if (e.sha256.isEmpty() || e.sha256 != e.computeDigest())
            return with(std::move(claim), Verdict::Stale,
                u"%1 is no longer what was sealed. Gather it again and re-check."_s.arg(e.label()));
    }
    for (const auto rule : {citationsHold, timeIsInside, deedHasReceipt})
        if (Reason r = rule(claim, library)) return with(std::move(claim), Verdict::Failed, std::move(*r));
    if (Reason r = sentenceIsCovered(claim)) return with(std::move(claim), Verdict::Failed, std::move(*r));
    claim.coincidence = causal(claim.text) && !separatesCited(claim, library);
    QString reason = praise(claim);
    if (claim.coincidence) reason += u"; no comparison in the same minutes separates it, so it only coincides"_s;
    return with(std::move(claim), Verdict::Checked, std::move(reason));
}

namespace {
/// Counts grow with every late evaluation; what a reader concludes from is the ratio. More than a point, or a
/// twentieth, is news.
bool movedTooFar(const FigureCitation& f, const Evidence& fresh)
{
    if (f.formula == u"count" || f.formula == u"time") return false;
    const auto now = recompute(f, fresh.result);
    if (!now) return true;
    const double scaled = *now * scaleOf(f.unit);
    const double slack = scaleOf(f.unit) > 1 ? 1.0 : std::abs(f.value) / 20;
    return std::abs(scaled - f.value) > slack + f.tolerance;
}

QString whatLateDataBroke(const Claim& claim, const Evidence& before, const Evidence& fresh)
{
    const auto old = Comparison::fromJson(before.result), now = Comparison::fromJson(fresh.result);
    if (old.has_value() != now.has_value() || (old && old->separates() != now->separates()))
        return u"the comparison no longer tells the same."_s;
    for (const Citation& c : claim.citations) {
        if (c.evidence != fresh.number) continue;
        if (c.figure && movedTooFar(*c.figure, fresh)) return u"%1 no longer holds."_s.arg(c.figure->text);
        if (!c.figure)
            if (const Reason r = quoteStands(c, fresh)) return *r;
    }
    return {};
}
} // namespace

Claim recheckClaim(Claim claim, const std::vector<Evidence>& evidence, const Evidence& fresh)
{
    const auto before
        = std::find_if(evidence.begin(), evidence.end(), [&](const Evidence& e) { return e.number == fresh.number; });
    if (claim.verdict != Verdict::Checked || before == evidence.end()) return claim;
    const QString broken = whatLateDataBroke(claim, *before, fresh);
    const bool cites = std::any_of(
        claim.citations.begin(), claim.citations.end(), [&](const Citation& c) { return c.evidence == fresh.number; });
    if (!cites || broken.isEmpty()) return claim;
    return with(std::move(claim), Verdict::Stale, u"Late data changed %1: %2"_s.arg(fresh.label(), broken));
}

} // namespace wf
