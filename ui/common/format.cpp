// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/format.h"
#include <QDateTime>
#include <QRegularExpression>
#include <QTimeZone>

using namespace Qt::StringLiterals;

namespace wf {

QString grouped(qint64 number)
{
    QString digits = QString::number(std::abs(number));
    for (qsizetype i = digits.size() - 3; i > 0; i -= 3)
        digits.insert(i, QChar(0x00A0));
    return number < 0 ? u"−"_s + digits : digits;
}

QString percentText(double share, int digits)
{
    return QString::number(100 * share, 'f', digits) + QChar(0x00A0) + u'%';
}

QString spanText(Nanos shortest, Nanos longest)
{
    shortest = std::max<Nanos>(0, shortest);
    longest = std::max(shortest, longest);
    const auto unit = [](Nanos size, const char16_t* name, Nanos a, Nanos b) {
        const qint64 low = a / size, high = b / size;
        const QString word = QString::fromUtf16(name);
        return low == high ? u"%1 %2"_s.arg(low).arg(word) : u"%1–%2 %3"_s.arg(low).arg(high).arg(word);
    };
    if (longest < 2 * kMinute) return unit(kSecond, u"s", shortest, longest);
    if (longest < 3 * kHour) return unit(kMinute, u"min", shortest, longest);
    if (longest < 3 * kDay) return unit(kHour, u"h", shortest, longest);
    return unit(kDay, u"d", shortest, longest);
}

QString zoneText(Nanos t, Zone zone)
{
    if (zone == Zone::Utc) return u"UTC"_s;
    const int minutes = QDateTime::fromMSecsSinceEpoch(t / kMilli).offsetFromUtc() / 60;
    if (minutes == 0) return u"local (UTC)"_s;
    const QString sign = minutes < 0 ? u"−"_s : u"+"_s;
    const int size = std::abs(minutes);
    return size % 60 ? u"UTC%1%2:%3"_s.arg(sign).arg(size / 60).arg(size % 60, 2, 10, QLatin1Char('0'))
                     : u"UTC%1%2"_s.arg(sign).arg(size / 60);
}

Result<Nanos> parseMoment(const QString& typed, Nanos now, Zone zone)
{
    const QString trimmed = typed.trimmed();
    if (trimmed.isEmpty() || trimmed == "now"_L1) return now;
    static const QRegularExpression ago(u"^(\\d{1,4})\\s*(s|min|m|h)(?:\\s+ago)?$"_s);
    if (const auto match = ago.match(trimmed); match.hasMatch()) {
        const QString unit = match.captured(2);
        return now - match.captured(1).toLongLong() * (unit == u's' ? kSecond : unit == u'h' ? kHour : kMinute);
    }
    static const QRegularExpression clock(u"^(\\d{1,2}):(\\d{2})(?::(\\d{2}))?$"_s);
    const QRegularExpressionMatch match = clock.match(trimmed);
    const QTime time(match.captured(1).toInt(), match.captured(2).toInt(), match.captured(3).toInt());
    if (!match.hasMatch() || !time.isValid())
        return fail(Fault::BadInput, u"“%1” is not a time."_s.arg(trimmed), u"The text was kept."_s,
            u"Write 03:10, 03:10:30 or 5 min ago."_s);
    const qint64 milliseconds = now / kMilli;
    QDateTime moment = zone == Zone::Utc ? QDateTime::fromMSecsSinceEpoch(milliseconds, Qt::UTC)
                                         : QDateTime::fromMSecsSinceEpoch(milliseconds);
    moment.setTime(time);
    if (moment.toMSecsSinceEpoch() > milliseconds) moment = moment.addDays(-1);
    return moment.toMSecsSinceEpoch() * kMilli;
}

Result<DatedText> parseDated(const QString& typed, Nanos now, Zone zone)
{
    QString text = typed.trimmed();
    Nanos happened = now;
    if (text.startsWith(u'@')) {
        const qsizetype blank = text.indexOf(u' ');
        const auto moment = parseMoment(text.mid(1, blank < 0 ? -1 : blank - 1), now, zone);
        if (!moment) return tl::unexpected(moment.error());
        happened = *moment;
        text = blank < 0 ? QString() : text.mid(blank).trimmed();
    }
    if (text.isEmpty())
        return fail(Fault::BadInput, u"There is no text yet."_s, {}, u"Write what happened, then file it."_s);
    return DatedText{text, happened};
}

} // namespace wf
