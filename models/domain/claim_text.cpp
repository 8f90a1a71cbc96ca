// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/claim_text.h"
#include "models/domain/canonical_json.h"
#include <QJsonArray>
#include <QRegularExpression>
#include <QSet>
#include <cmath>

namespace wf {
using namespace Qt::StringLiterals;

namespace {
constexpr char16_t kMinus = 0x2212;

bool isMinus(QChar c)
{
    return c == u'-' || c == QChar(kMinus) || c == QChar(0x2013);
}
bool isBlank(QChar c)
{
    return c.isSpace() || c == QChar(0x202F) || c == QChar(0x2009) || c == QChar(0x00A0);
}
bool isBody(QChar c)
{
    return c.isLetterOrNumber() || c == u'_' || c.isMark();
}
bool isDecimalDigit(QChar c)
{
    return c >= u'0' && c <= u'9';
}

/// Cardinals from two up ("one" is too often a pronoun), so that a number cannot hide as a word.
const QSet<QString>& numberWords()
{
    static const QSet<QString> words{u"zero"_s, u"two"_s, u"three"_s, u"four"_s, u"five"_s, u"six"_s, u"seven"_s,
        u"eight"_s, u"nine"_s, u"ten"_s, u"eleven"_s, u"twelve"_s, u"thirteen"_s, u"fourteen"_s, u"fifteen"_s,
        u"sixteen"_s, u"seventeen"_s, u"eighteen"_s, u"nineteen"_s, u"twenty"_s, u"thirty"_s, u"forty"_s, u"fifty"_s,
        u"sixty"_s, u"seventy"_s, u"eighty"_s, u"ninety"_s, u"hundred"_s, u"hundreds"_s, u"thousand"_s, u"thousands"_s,
        u"million"_s, u"millions"_s, u"billion"_s, u"dozen"_s, u"dozens"_s, u"half"_s, u"twice"_s, u"double"_s,
        u"doubled"_s, u"halved"_s};
    return words;
}

/// A connector keeps a run together only between two body characters: "gpt-5.1-2026-09-30", "02:57:12.5", "3,146".
bool connects(const QString& s, qsizetype i, bool numericSoFar)
{
    if (i == 0 || i + 1 >= s.size() || !isBody(s[i - 1]) || !isBody(s[i + 1])) return false;
    const QChar c = s[i];
    if (c == u'-' || c == u'.' || c == u'@' || c == u'#') return true;
    if (c == u':') return s[i - 1].isDigit() && s[i + 1].isDigit();
    if (c == u',') {
        qsizetype digits = 0;
        while (i + 1 + digits < s.size() && isDecimalDigit(s[i + 1 + digits]))
            ++digits;
        return numericSoFar && digits == 3;
    }
    return false;
}

qsizetype runEnd(const QString& s, qsizetype at)
{
    bool numeric = true;
    qsizetype i = at;
    for (; i < s.size(); ++i) {
        if (isBody(s[i]))
            numeric = numeric && isDecimalDigit(s[i]);
        else if (!connects(s, i, numeric))
            break;
    }
    return i;
}

bool isPlainNumber(const QString& run)
{
    static const QRegularExpression form(u"^[0-9]+(,[0-9]{3})*(\\.[0-9]+)?$"_s);
    return form.match(run).hasMatch();
}

/// "3 146": one to three digits, then groups of exactly three after a single blank.
qsizetype withGroups(const QString& s, qsizetype begin, qsizetype end)
{
    if (end - begin > 3 || !std::all_of(s.begin() + begin, s.begin() + end, isDecimalDigit)) return end;
    while (end + 3 < s.size() && isBlank(s[end]) && isDecimalDigit(s[end + 1])) {
        const qsizetype next = runEnd(s, end + 1);
        const QStringView group = QStringView(s).mid(end + 1, next - end - 1);
        const qsizetype point = group.indexOf(u'.');
        const QStringView whole = point < 0 ? group : group.left(point);
        if (whole.size() != 3 || !isPlainNumber(group.toString())) break;
        end = next;
        if (point >= 0) break;
    }
    return end;
}

/// Unit or month right behind a number: it belongs to the fact, so that "38 s" cannot become "38 min".
qsizetype withUnit(const QString& s, qsizetype end, QString* unit)
{
    static const QRegularExpression form(u"\\G[\\s\\x{202F}\\x{2009}\\x{00A0}]?(%|‰|(?:percent|points|points?|pts|ns|"
                                         u"ms|s|min|h|d|seconds?|minutes?|hours?|days?|"
                                         "tokens|k|M|bn|million|thousand|billion|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|"
                                         "Oct|Nov|Dec|January|February|March|April|"
                                         "June|July|August|September|October|November|December)(?![\\p{L}\\p{N}_]))"_s,
        QRegularExpression::UseUnicodePropertiesOption);
    const auto m = form.match(s, end, QRegularExpression::NormalMatch);
    if (!m.hasMatch()) return end;
    const QString word = m.captured(1);
    *unit = word == u"percent" ? u"%"_s : word == u"pts" || word == u"point" ? u"points"_s : word;
    return m.capturedEnd();
}

QString plainDigits(QStringView number)
{
    QString out;
    for (const QChar c : number)
        if (!isBlank(c) && c != u',') out += c;
    return out;
}

/// A sign belongs to a number unless it stands between two things ("02:56–03:00", "kb-11").
bool isSignAt(const QString& s, qsizetype i)
{
    const bool sign = isMinus(s[i]) || s[i] == u'+';
    if (!sign || i + 1 >= s.size() || !isDecimalDigit(s[i + 1])) return false;
    return i == 0 || isBlank(s[i - 1]) || s[i - 1] == u'(' || s[i - 1] == u'[';
}

Fact numberFact(const QString& s, qsizetype from, qsizetype begin, qsizetype end)
{
    end = withGroups(s, begin, end);
    QString text = plainDigits(QStringView(s).mid(begin, end - begin));
    if (from < begin && isMinus(s[from])) text.prepend(u'-');
    QString unit;
    end = withUnit(s, end, &unit);
    if (!unit.isEmpty()) text += u' ' + unit;
    return {from, end - from, text};
}

bool isFactRun(const QString& run)
{
    if (std::any_of(run.begin(), run.end(), [](QChar c) { return c.isNumber(); })) return true;
    return run.contains(u'_') || run.contains(u'@') || numberWords().contains(run.toLower());
}
} // namespace

std::vector<Fact> factsIn(const QString& s)
{
    std::vector<Fact> facts;
    for (qsizetype i = 0; i < s.size();) {
        if (s[i] == u'`') {
            const qsizetype close = s.indexOf(u'`', i + 1);
            if (close > i + 1) {
                facts.push_back({i + 1, close - i - 1, foldSpaces(s.mid(i + 1, close - i - 1))});
                i = close + 1;
                continue;
            }
        }
        const qsizetype from = i;
        if (isSignAt(s, i)) ++i;
        if (!isBody(s[i])) {
            ++i;
            continue;
        }
        const qsizetype end = runEnd(s, i);
        const QString run = s.mid(i, end - i);
        if (isPlainNumber(run)) {
            facts.push_back(numberFact(s, from, i, end));
        } else if (isFactRun(run)) {
            const bool word
                = !std::any_of(run.begin(), run.end(), [](QChar c) { return c.isNumber(); }) && !run.contains(u'_');
            facts.push_back({i, end - i, word ? run.toLower() : run});
        } else {
            // "ninety-five": a hyphen may hide number words inside a longer word.
            for (const QString& part : run.split(u'-'))
                if (part.size() < run.size() && numberWords().contains(part.toLower())) {
                    facts.push_back({i, end - i, run.toLower()});
                    break;
                }
            i = end;
            continue;
        }
        i = facts.back().at + facts.back().size;
    }
    return facts;
}

std::optional<NumberText> readNumber(const QString& text)
{
    const QString trimmed = foldSpaces(text);
    const auto facts = factsIn(trimmed);
    if (facts.size() != 1 || facts[0].at != 0 || facts[0].size > trimmed.size()) return std::nullopt;
    const qsizetype blank = facts[0].text.indexOf(u' ');
    const QString digits = blank < 0 ? facts[0].text : facts[0].text.left(blank);
    NumberText number;
    bool ok = false;
    number.value = digits.toDouble(&ok);
    if (!ok) return std::nullopt;
    const qsizetype point = digits.indexOf(u'.');
    number.halfUnit = 0.5 * std::pow(10.0, point < 0 ? 0.0 : -double(digits.size() - point - 1));
    number.unit = blank < 0 ? foldSpaces(trimmed.mid(facts[0].size)) : facts[0].text.mid(blank + 1);
    return number;
}

QString foldSpaces(const QString& text)
{
    QString out;
    out.reserve(text.size());
    bool gap = false;
    for (const QChar c : text) {
        if (isBlank(c) || c.category() == QChar::Other_Format || c.category() == QChar::Other_Control) {
            gap = true;
            continue;
        }
        if (gap && !out.isEmpty()) out += u' ';
        gap = false;
        out += c;
    }
    return out;
}

bool standsIn(const QString& quote, const QString& passage)
{
    const QString needle = foldSpaces(quote), hay = foldSpaces(passage);
    if (needle.isEmpty()) return false;
    const auto facts = factsIn(hay);
    const auto cuts = [&](qsizetype at) {
        if (at > 0 && at < hay.size() && isBody(hay[at - 1]) && isBody(hay[at])) return true;
        return std::any_of(facts.begin(), facts.end(), [at](const Fact& f) { return f.at < at && at < f.at + f.size; });
    };
    for (qsizetype at = hay.indexOf(needle); at >= 0; at = hay.indexOf(needle, at + 1))
        if (!cuts(at) && !cuts(at + needle.size())) return true;
    return false;
}

namespace {
void collect(const QJsonValue& value, QStringList& out)
{
    switch (value.type()) {
    case QJsonValue::String:
        out << value.toString();
        break;
    case QJsonValue::Double:
        out << QString::number(fromJsonInt(value));
        break;
    case QJsonValue::Bool:
        out << (value.toBool() ? u"true"_s : u"false"_s);
        break;
    case QJsonValue::Array:
        for (const QJsonValue item : value.toArray())
            collect(item, out);
        break;
    case QJsonValue::Object: {
        const QJsonObject o = value.toObject();
        for (auto it = o.begin(); it != o.end(); ++it) {
            out << it.key();
            collect(it.value(), out);
        }
        break;
    }
    default:
        break;
    }
}
} // namespace

QStringList passagesOf(const QString& title, const QJsonObject& result)
{
    QStringList out{title};
    collect(result, out);
    return out;
}

} // namespace wf
