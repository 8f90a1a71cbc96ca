// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: figures as words, the same everywhere: "12 418", "95.7 %", "43–47 min". Owner: ui/common. Thread: any.
#pragma once
#include "models/domain/time.h"

namespace wf {

QString grouped(qint64 number); ///< "12 418", with no-break spaces
QString percentText(double share, int digits = 1); ///< .957 -> "95.7 %"
QString spanText(Nanos shortest, Nanos longest); ///< "43–47 min", "20–80 s", "1 h 5 min – 1 h 9 min"
QString zoneText(Nanos t, Zone zone); ///< "UTC", or the local zone's offset, "UTC+2"
/// When something happened: "03:10", "03:10:30", "5 min ago" ("5 min", "90 s", "2 h"); empty means now. A clock time is
/// read in zone; one that lies ahead of now means yesterday.
Result<Nanos> parseMoment(const QString& typed, Nanos now, Zone zone);
/// "@03:10 text", or "text", which happened now.
struct DatedText {
    QString text;
    Nanos happened = 0;
};
Result<DatedText> parseDated(const QString& typed, Nanos now, Zone zone);

} // namespace wf
