// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/ids.h"
#include <QRandomGenerator>
#include <QUuid>

namespace wf {

QString newUuid7(Nanos now)
{
    // RFC 9562 section 5.7: 48 bits of Unix milliseconds, version 7, 74 random bits.
    const quint64 ms = quint64(std::max<Nanos>(0, now) / kMilli) & 0xffffffffffffULL;
    const quint64 a = QRandomGenerator::system()->generate64();
    const quint64 b = QRandomGenerator::system()->generate64();
    const QUuid id(uint(ms >> 16), ushort(ms & 0xffff), ushort(0x7000 | (a & 0x0fff)), uchar(0x80 | (b & 0x3f)),
        uchar(b >> 8), uchar(b >> 16), uchar(b >> 24), uchar(b >> 32), uchar(b >> 40), uchar(b >> 48), uchar(b >> 56));
    return id.toString(QUuid::WithoutBraces);
}

} // namespace wf
