// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/time.h"
#include <QDateTime>
#include <QRegularExpression>
#include <QTimeZone>
#include <chrono>

namespace wf {
using namespace Qt::StringLiterals;

namespace {
QDateTime dateTime(Nanos t, Zone zone)
{
    // Floor, so that times before 1970 do not round up into the next millisecond.
    qint64 ms = t / kMilli;
    if (t % kMilli < 0) --ms;
    const QDateTime utc = QDateTime::fromMSecsSinceEpoch(ms, Qt::UTC);
    return zone == Zone::Utc ? utc : utc.toLocalTime();
}

Nanos realNow()
{
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}
} // namespace

QString clockText(Nanos t, Zone zone)
{
    return dateTime(t, zone).toString(u"HH:mm:ss"_s);
}

QString clockMinute(Nanos t, Zone zone)
{
    return dateTime(t, zone).toString(u"HH:mm"_s);
}

QString dayText(Nanos t, Zone zone)
{
    return QLocale::c().toString(dateTime(t, zone), u"d MMM"_s);
}

QString isoText(Nanos t)
{
    return dateTime(t, Zone::Utc).toString(u"yyyy-MM-ddTHH:mm:ss.zzzZ"_s);
}

QString ageText(Nanos span)
{
    const qint64 s = std::max<Nanos>(0, span) / kSecond;
    if (s < 60) return u"%1 s"_s.arg(s);
    if (s < 600) return s % 60 ? u"%1 min %2 s"_s.arg(s / 60).arg(s % 60) : u"%1 min"_s.arg(s / 60);
    if (s < 3600) return u"%1 min"_s.arg(s / 60);
    if (s < 86400) return u"%1 h"_s.arg(s / 3600);
    return u"%1 d"_s.arg(s / 86400);
}

Result<Nanos> parseIso(const QString& text)
{
    // RFC 3339 section 5.6; QDateTime alone accepts times without a zone, which would silently mean local time here.
    static const QRegularExpression form(
        u"^(\\d{4}-\\d{2}-\\d{2})[Tt ](\\d{2}:\\d{2}:\\d{2})(?:\\.(\\d{1,9})\\d*)?([Zz]|[+-]\\d{2}:\\d{2})$"_s);
    const auto m = form.match(text);
    if (!m.hasMatch())
        return fail(Fault::BadInput, u"“%1” is not a time with a zone."_s.arg(text.left(60)), {},
            u"Write it like 2026-11-21T03:43:12Z."_s);
    const QString zone = m.captured(4).toUpper();
    const QDateTime whole = QDateTime::fromString(m.captured(1) + u'T' + m.captured(2) + zone, Qt::ISODate);
    if (!whole.isValid())
        return fail(Fault::BadInput, u"“%1” is not a date and time that exists."_s.arg(text.left(60)));
    const QString fraction = m.captured(3).leftJustified(9, u'0');
    return whole.toSecsSinceEpoch() * kSecond + fraction.toLongLong();
}

Nanos SystemClock::now() const
{
    return realNow();
}

Nanos ScaledClock::now() const
{
    const Nanos real = realNow() - m_epoch;
    return m_speed == 1.0 ? m_epoch + real : m_epoch + Nanos(double(real) * m_speed);
}

} // namespace wf
