// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/assistant/claim_writer.h"
#include "models/domain/canonical_json.h"
#include "models/domain/claim_text.h"
#include <cmath>

namespace wf {
using namespace Qt::StringLiterals;

namespace {
QString fixedText(double value, int digits, bool grouped)
{
    const QString text
        = grouped && digits == 0 ? groupedText(qRound64(value)) : QString::number(std::abs(value), 'f', digits);
    return value < 0 && !grouped ? u"−"_s + text : text;
}
} // namespace

namespace {
/// RFC 9562 section 5.8: a UUID of version 8, its bits taken from a hash.
QString idOf(const QString& identity)
{
    QByteArray bytes = sha256(identity.toUtf8()).left(16);
    bytes[6] = char((bytes[6] & 0x0F) | 0x80);
    bytes[8] = char((bytes[8] & 0x3F) | 0x80);
    QString hex = QString::fromLatin1(bytes.toHex());
    for (const int at : {8, 13, 18, 23})
        hex.insert(at, u'-');
    return hex;
}
} // namespace

QString groupedText(qint64 n)
{
    QString digits = QString::number(std::abs(n));
    for (qsizetype i = digits.size() - 3; i > 0; i -= 3)
        digits.insert(i, u' ');
    return n < 0 ? u"−"_s + digits : digits;
}

QString outsideText(const QString& text, qsizetype cap)
{
    // Through UTF-8, so that half a character cannot reach the record, which refuses it.
    const QString line = foldSpaces(QString::fromUtf8(text.left(cap * 4).toUtf8()));
    return line.size() <= cap ? line : QString::fromUtf8(line.left(cap - 1).toUtf8()) + u'…';
}

ClaimWriter::ClaimWriter(const std::vector<Evidence>& evidence, const QString& kind, const QString& identity)
    : m_evidence(evidence)
{
    m_claim.id = ClaimId{idOf(identity)};
    m_claim.author = u"agent:offline"_s;
    m_claim.kind = kind;
}

const Evidence* ClaimWriter::find(int evidence) const
{
    for (const Evidence& e : m_evidence)
        if (e.number == evidence) return &e;
    return nullptr;
}

ClaimWriter& ClaimWriter::say(const QString& words)
{
    m_claim.text += words;
    return *this;
}

ClaimWriter& ClaimWriter::quote(int evidence, const QString& words)
{
    m_claim.text += words;
    return cite(evidence, words);
}

ClaimWriter& ClaimWriter::cite(int evidence, const QString& quote)
{
    m_claim.citations.push_back({evidence, quote, std::nullopt});
    return *this;
}

ClaimWriter& ClaimWriter::about(Nanos t)
{
    m_claim.about = t;
    return *this;
}

ClaimWriter& ClaimWriter::figure(int evidence, FigureCitation f, int digits)
{
    const Evidence* e = find(evidence);
    const auto value = e ? recompute(f, e->result) : Result<double>(fail(Fault::NotFound, u"no such evidence"_s));
    // A figure that cannot be computed is written as such; the checker then strikes the sentence out.
    const double scale = f.unit == u"%" || f.unit == u"points" ? 100 : 1;
    f.text = value ? fixedText(*value * scale, digits, f.formula == u"count") : u"?"_s;
    if (!f.unit.isEmpty()) f.text += u' ' + f.unit;
    if (const auto written = readNumber(f.text)) {
        f.value = written->value;
        f.tolerance = written->halfUnit;
    }
    m_claim.text += f.text;
    m_claim.citations.push_back({evidence, {}, std::move(f)});
    return *this;
}

ClaimWriter& ClaimWriter::percent(int evidence, const QString& part, const QString& whole)
{
    return ratio(evidence, part, whole, u"%"_s, 1);
}

ClaimWriter& ClaimWriter::ratio(
    int evidence, const QString& part, const QString& whole, const QString& unit, int digits)
{
    return figure(evidence, {u"ratio"_s, {part, whole}, 0, 0, unit, {}}, digits);
}

ClaimWriter& ClaimWriter::level(int evidence, const QString& group, bool rate, const QString& unit)
{
    return rate ? percent(evidence, group + u"/good"_s, group + u"/n"_s)
                : ratio(evidence, group + u"/sum"_s, group + u"/n"_s, unit, 0);
}

ClaimWriter& ClaimWriter::count(int evidence, const QString& path)
{
    return figure(evidence, {u"count"_s, {path}, 0, 0, {}, {}}, 0);
}

ClaimWriter& ClaimWriter::reweighted(int evidence, const QString& rows, bool rate, const QString& unit)
{
    return figure(evidence, {u"reweighted"_s, {rows}, 0, 0, rate ? u"%"_s : unit, {}}, rate ? 1 : 0);
}

ClaimWriter& ClaimWriter::clock(int evidence, const QString& path)
{
    const Evidence* e = find(evidence);
    QJsonValue value = e ? QJsonValue(e->result) : QJsonValue();
    for (const QString& key : path.mid(1).split(u'/'))
        value = value.toObject()[key];
    FigureCitation f{u"time"_s, {path}, 0, 0, {}, clockText(fromJsonInt(value))};
    m_claim.text += f.text;
    m_claim.citations.push_back({evidence, {}, std::move(f)});
    return *this;
}

Claim ClaimWriter::done() const
{
    return checkClaim(m_claim, m_evidence);
}

} // namespace wf
