// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/ingest/json_body.h"
#include <QJsonDocument>
#include <QStringDecoder>

namespace wf {
namespace {
using namespace Qt::StringLiterals;

bool tooDeep(const QByteArray& body)
{
    int depth = 0;
    bool inText = false;
    for (qsizetype i = 0; i < body.size(); ++i) {
        const char c = body[i];
        if (inText) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                inText = false;
        } else if (c == '"') {
            inText = true;
        } else if (c == '{' || c == '[') {
            if (++depth > kJsonDepth) return true;
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return false;
}

QString cleaned(const QString& text, qsizetype longest, bool keepLines)
{
    QString clean;
    clean.reserve(qMin(text.size(), longest));
    for (qsizetype i = 0; i < text.size() && clean.size() < longest; ++i) {
        const QChar c = text[i];
        if (c.isHighSurrogate() && i + 1 < text.size() && text[i + 1].isLowSurrogate()) {
            clean += c;
            clean += text[++i];
        } else if (c.isSurrogate()) {
            clean += QChar(QChar::ReplacementCharacter);
        } else if (c == u'\n' && keepLines) {
            clean += c;
        } else {
            clean += c.category() == QChar::Other_Control ? QChar(u' ') : c;
        }
    }
    clean = clean.trimmed();
    return text.size() > longest ? clean + u'…' : clean;
}
} // namespace

Result<QJsonObject> readJsonObject(const QByteArray& body)
{
    if (tooDeep(body))
        return fail(Fault::BadInput, u"The JSON body is nested deeper than %1."_s.arg(kJsonDepth),
            u"Nothing of it was stored."_s);
    QJsonParseError problem;
    const QJsonDocument document = QJsonDocument::fromJson(body, &problem);
    if (problem.error != QJsonParseError::NoError) {
        return fail(Fault::BadInput,
            u"The body is not valid JSON (%1 at byte %2)."_s.arg(problem.errorString()).arg(problem.offset),
            u"Nothing of it was stored."_s);
    }
    if (!document.isObject())
        return fail(Fault::BadInput, u"The body must be one JSON object."_s, u"Nothing of it was stored."_s);
    return document.object();
}

QString textMember(const QJsonObject& object, const QString& key, qsizetype longest)
{
    return cleaned(object.value(key).toString(), longest, false);
}

QString paragraphMember(const QJsonObject& object, const QString& key, qsizetype longest)
{
    return cleaned(object.value(key).toString(), longest, true);
}

Result<QString> requiredText(const QJsonObject& object, const QString& key, qsizetype longest)
{
    const QString text = paragraphMember(object, key, longest);
    if (text.isEmpty())
        return fail(
            Fault::BadInput, u"The text \"%1\" is missing or empty."_s.arg(key), u"Nothing of it was stored."_s);
    return text;
}

Result<Nanos> requiredTime(const QJsonObject& object, const QString& key, Nanos seen)
{
    const auto t = parseIso(object.value(key).toString());
    if (!t)
        return fail(Fault::BadInput, u"\"%1\" must be a time such as 2026-11-21T03:41:00Z."_s.arg(key),
            u"Nothing of it was stored."_s);
    if (*t > seen + kDay)
        return fail(Fault::BadInput, u"\"%1\" is more than a day ahead of this machine's clock."_s.arg(key),
            u"Nothing of it was stored."_s);
    return *t;
}

} // namespace wf
