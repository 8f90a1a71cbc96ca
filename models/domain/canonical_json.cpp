// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/canonical_json.h"
#include <QCryptographicHash>
#include <QJsonArray>
#include <cmath>

namespace wf {
using namespace Qt::StringLiterals;

namespace {
constexpr double kMaxInteger = 9007199254740992.0; // 2^53, RFC 8785 section 3.2.2.3

bool loneSurrogate(const QString& s)
{
    for (qsizetype i = 0; i < s.size(); ++i) {
        if (s[i].isHighSurrogate() && i + 1 < s.size() && s[i + 1].isLowSurrogate())
            ++i;
        else if (s[i].isSurrogate())
            return true;
    }
    return false;
}

void writeString(const QString& s, QByteArray& out)
{
    out += '"';
    for (const char c : s.toUtf8()) {
        switch (c) {
        case '"': out += "\\\""; break;
        case '\\': out += "\\\\"; break;
        case '\b': out += "\\b"; break;
        case '\f': out += "\\f"; break;
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        case '\t': out += "\\t"; break;
        default:
            if (uchar(c) < 0x20)
                out += "\\u00" + QByteArray::number(uchar(c), 16).rightJustified(2, '0');
            else
                out += c;
        }
    }
    out += '"';
}

Done write(const QJsonValue& v, const QString& path, QByteArray& out)
{
    const auto refuse = [&](const QString& why) {
        return fail(Fault::BadInput, u"The value at %1 cannot be signed: %2."_s.arg(path.isEmpty() ? u"the top"_s : path, why));
    };
    switch (v.type()) {
    case QJsonValue::Null:
    case QJsonValue::Undefined: out += "null"; return {};
    case QJsonValue::Bool: out += v.toBool() ? "true" : "false"; return {};
    case QJsonValue::Double: {
        const double d = v.toDouble();
        if (!(std::abs(d) <= kMaxInteger) || d != std::floor(d)) return refuse(u"it is not an integer within 2^53"_s);
        out += QByteArray::number(qint64(d));
        return {};
    }
    case QJsonValue::String:
        if (loneSurrogate(v.toString())) return refuse(u"it holds half a character (a lone surrogate)"_s);
        writeString(v.toString(), out);
        return {};
    case QJsonValue::Array: {
        out += '[';
        const QJsonArray a = v.toArray();
        for (qsizetype i = 0; i < a.size(); ++i) {
            if (i) out += ',';
            if (auto r = write(a[i], path + u'/' + QString::number(i), out); !r) return r;
        }
        out += ']';
        return {};
    }
    case QJsonValue::Object: {
        const QJsonObject o = v.toObject();
        QStringList keys = o.keys();
        // RFC 8785 section 3.2.3 sorts by UTF-16 code units, which is QString's own order.
        std::sort(keys.begin(), keys.end());
        out += '{';
        for (qsizetype i = 0; i < keys.size(); ++i) {
            if (loneSurrogate(keys[i])) return refuse(u"a key holds half a character (a lone surrogate)"_s);
            if (i) out += ',';
            writeString(keys[i], out);
            out += ':';
            if (auto r = write(o[keys[i]], path + u'/' + keys[i], out); !r) return r;
        }
        out += '}';
        return {};
    }
    }
    return refuse(u"its type is unknown"_s);
}
} // namespace

Result<QByteArray> canonicalJson(const QJsonValue& value)
{
    QByteArray out;
    if (auto r = write(value, {}, out); !r) return tl::unexpected(r.error());
    return out;
}

QByteArray sha256(const QByteArray& bytes)
{
    return QCryptographicHash::hash(bytes, QCryptographicHash::Sha256);
}

QString digestOf(const QJsonValue& value)
{
    const auto bytes = canonicalJson(value);
    Q_ASSERT_X(bytes.has_value(), "digestOf", bytes ? "" : qPrintable(bytes.error().what));
    return QString::fromLatin1(sha256(*bytes).toHex());
}

QString decimal(double value)
{
    return std::isfinite(value) ? QString::number(value, 'g', QLocale::FloatingPointShortest) : QString();
}

double fromDecimal(const QJsonValue& value, double fallback)
{
    if (value.isDouble()) return value.toDouble();
    bool ok = false;
    const double d = value.toString().toDouble(&ok);
    return ok ? d : fallback;
}

QJsonValue jsonInt(qint64 value)
{
    if (value >= -qint64(kMaxInteger) && value <= qint64(kMaxInteger)) return double(value);
    return QString::number(value);
}

qint64 fromJsonInt(const QJsonValue& value, qint64 fallback)
{
    if (value.isDouble()) return qint64(value.toDouble());
    bool ok = false;
    const qint64 n = value.toString().toLongLong(&ok);
    return ok ? n : fallback;
}

} // namespace wf
