// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/store/timeline_filter.h"

using namespace Qt::StringLiterals;

namespace wf::store {

namespace {

struct Token {
    QString key, value; ///< key is empty for a word
};

// Splits at white space; double quotes keep words together, before or after a colon.
std::vector<Token> tokensOf(const QString& text)
{
    std::vector<Token> tokens;
    QString current, key;
    bool quoted = false, started = false;
    const auto finish = [&] {
        if (started) tokens.push_back({key, current});
        current.clear();
        key.clear();
        started = false;
    };
    for (const QChar typed : text) {
        // A control character (a pasted zero byte would end the expression) separates like a space.
        const QChar c = typed.category() == QChar::Other_Control ? QChar(u' ') : typed;
        if (c == u'"') {
            quoted = !quoted;
            started = true;
        } else if (!quoted && c.isSpace()) {
            finish();
        } else if (!quoted && c == u':' && key.isEmpty() && !current.isEmpty()
            && std::all_of(current.begin(), current.end(), [](QChar x) { return x.isLetter(); })) {
            key = std::exchange(current, {}).toLower();
        } else {
            current += c;
            started = true;
        }
        started = started || !key.isEmpty();
    }
    finish();
    return tokens;
}

Result<Nanos> momentBefore(const QString& value, Nanos now)
{
    const QStringList parts = value.split(u':');
    bool hourOk = false, minuteOk = false;
    const int hour = parts.value(0).toInt(&hourOk), minute = parts.value(1).toInt(&minuteOk);
    if (parts.size() != 2 || !hourOk || !minuteOk || hour < 0 || hour > 23 || minute < 0 || minute > 59)
        return fail(Fault::BadInput, u"“before:%1” is not a time of day."_s.arg(value), {},
            u"Write it as before:03:40 (UTC)."_s);
    const Nanos today = now / kDay * kDay + hour * kHour + minute * kMinute;
    return today > now ? today - kDay : today;
}

// The text index sees letters and digits only; what has none would match nothing at all.
bool isSearchable(const QString& text)
{
    return std::any_of(text.begin(), text.end(), [](QChar c) { return c.isLetterOrNumber() || c.isSurrogate(); });
}

QString phrase(QString text)
{
    return u'"' + text.replace(u'"', u"\"\""_s) + u'"';
}

// actor : (^ "ci" * OR ^ "deploy" *)
QString anyOf(const QString& column, const QStringList& values, bool fromStart)
{
    QStringList phrases;
    for (const QString& value : values)
        phrases.append((fromStart ? u"^ "_s : QString()) + phrase(value) + u" *"_s);
    return column + u" : ("_s + phrases.join(u" OR "_s) + u')';
}

Done addKey(ParsedFilter& filter, const Token& token, Nanos now)
{
    const auto& [key, value] = token;
    if (value.isEmpty())
        return fail(
            Fault::BadInput, u"“%1:” needs a value."_s.arg(key), {}, u"Write it without a space, like kind:change."_s);
    if (key == u"kind") {
        const auto kind = eventKindFromName(value.toLower());
        if (!kind) return tl::unexpected(kind.error());
        if (*kind == EventKind::Answer)
            filter.answers = true;
        else
            filter.kinds.append(eventKindName(*kind));
    } else if (key == u"loud") {
        if (value != u"yes" && value != u"no")
            return fail(Fault::BadInput, u"“loud:” is yes or no, not “%1”."_s.arg(value));
        filter.loud = value == u"yes";
    } else if (key == u"before") {
        const auto moment = momentBefore(value, now);
        if (!moment) return tl::unexpected(moment.error());
        filter.before = filter.before ? std::min(*filter.before, *moment) : *moment;
    } else {
        QStringList* values = key == u"actor" ? &filter.actors
            : key == u"feature"               ? &filter.features
            : key == u"incident"              ? &filter.incidents
            : key == u"source"                ? &filter.sources
                                              : nullptr;
        if (!values)
            return fail(Fault::BadInput, u"There is no filter “%1:”."_s.arg(key), {},
                u"Filters are kind, actor, feature, incident, source, loud and before; put other text with a colon in double quotes."_s);
        if (!isSearchable(value))
            return fail(Fault::BadInput, u"“%1:%2” has no letter or digit to look for."_s.arg(key, value));
        values->append(value);
    }
    return {};
}

} // namespace

Result<ParsedFilter> parseFilter(const QString& text, Nanos now)
{
    ParsedFilter filter;
    for (const Token& token : tokensOf(text)) {
        if (token.key.isEmpty()) {
            if (isSearchable(token.value)) filter.words.append(token.value);
        } else if (const auto added = addKey(filter, token, now); !added) {
            return tl::unexpected(added.error());
        }
    }
    filter.kinds.removeDuplicates();
    if (filter.answers
        && !(filter.kinds.isEmpty() && filter.actors.isEmpty() && filter.incidents.isEmpty() && filter.sources.isEmpty()
            && !filter.loud))
        return fail(Fault::BadInput, u"Answers are listed by themselves."_s, {},
            u"Beside kind:answer, use feature:, before: and words only."_s);
    return filter;
}

bool ParsedFilter::needsText() const
{
    return !words.isEmpty() || kinds.size() > 1 || !actors.isEmpty() || !features.isEmpty() || !incidents.isEmpty()
        || !sources.isEmpty() || loud.has_value();
}

QString ParsedFilter::ftsMatch() const
{
    QStringList terms;
    for (const QString& word : words)
        terms.append(anyOf(u"{text actor feature source}"_s, {word}, false));
    if (!kinds.isEmpty()) terms.append(anyOf(u"kind"_s, kinds, true));
    if (!actors.isEmpty()) terms.append(anyOf(u"actor"_s, actors, true));
    if (!features.isEmpty()) terms.append(anyOf(u"feature"_s, features, true));
    if (!incidents.isEmpty()) terms.append(anyOf(u"incident"_s, incidents, false));
    if (!sources.isEmpty()) terms.append(anyOf(u"source"_s, sources, true));
    if (loud) terms.append(u"loud : %1"_s.arg(*loud ? u"yes"_s : u"no"_s));
    return terms.join(u" AND "_s);
}

} // namespace wf::store
