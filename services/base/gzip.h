// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: gzip (RFC 1952) with limits: exactly one whole member, never more than the caller allows.
// Owner: services/base. Thread: any.
#pragma once
#include "models/domain/result.h"
#include <QByteArray>

namespace wf {

struct InflateLimits {
    qint64 bytes = 64 * 1024 * 1024;
    int ratio = 250; ///< inflated : compressed, looked at beyond the first MiB
};

enum class InflateFault { TooLarge, Malformed };
struct InflateError {
    InflateFault fault = InflateFault::Malformed;
    QString sentence;
};

tl::expected<QByteArray, InflateError> gunzip(const QByteArray& compressed, const InflateLimits& limits);
QByteArray gzip(const QByteArray& plain);

} // namespace wf
