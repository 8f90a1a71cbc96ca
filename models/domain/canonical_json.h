// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the bytes that are hashed and signed. RFC 8785 (JSON canonicalisation), restricted to null, booleans,
// integers within +-2^53 and strings, so that no two writers can disagree on a number. A fraction travels as a decimal
// string made by decimal(). Owner: domain. Thread: any.
#pragma once
#include "models/domain/result.h"
#include <QJsonObject>
#include <QJsonValue>

namespace wf {

/// Refuses fractions, integers beyond 2^53 and lone surrogates, naming the path ("/plan/0/limit").
Result<QByteArray> canonicalJson(const QJsonValue& value);
/// SHA-256 of the bytes, 32 bytes.
QByteArray sha256(const QByteArray& bytes);
/// Lower-case hex SHA-256 of the canonical bytes. The value must be canonical (asserted).
QString digestOf(const QJsonValue& value);

/// Shortest decimal text that reads back to the same double ("0.957"); "" for NaN and infinities.
QString decimal(double value);
/// Reads decimal() text, JSON numbers too; fallback when neither.
double fromDecimal(const QJsonValue& value, double fallback = 0);
/// int64 as JSON: a number within +-2^53, else a string. Times in nanoseconds are beyond 2^53, so they are strings.
QJsonValue jsonInt(qint64 value);
qint64 fromJsonInt(const QJsonValue& value, qint64 fallback = 0);

} // namespace wf
