// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: OTLP (opentelemetry-proto 1.11.0) as plain values: spans and log records in, spans and log records out.
// Protobuf stays in otlp.cpp. Owner: services/wire. Thread: pure functions, any.
#pragma once
#include "models/domain/time.h"
#include <QByteArray>
#include <QVariantMap>
#include <vector>

namespace wf {

/// bool, qlonglong, double, QString, QByteArray, QVariantList or QVariantMap; an invalid QVariant is OTLP's empty
/// value. Text that is not UTF-8 comes with U+FFFD where it broke.
using OtlpAttributes = QVariantMap;

/// kTimeOutOfRange stands for a time that does not fit int64 nanoseconds.
inline constexpr Nanos kTimeOutOfRange = -1;

struct OtlpSpan {
    OtlpAttributes resource; ///< shared by the spans of one resource
    QByteArray traceId, spanId, parentSpanId; ///< as sent: 16 and 8 bytes when valid
    QString name;
    int kind = 0; ///< 1 internal, 2 server, 3 client, 4 producer, 5 consumer
    Nanos start = 0, end = 0;
    OtlpAttributes attributes;
    int statusCode = 0; ///< 0 unset, 1 ok, 2 error
    QString statusMessage;
};

struct OtlpLog {
    OtlpAttributes resource;
    QByteArray traceId, spanId;
    Nanos time = 0, observed = 0; ///< 0 = not told
    int severity = 0; ///< 9..12 info, 13..16 warning, 17..20 error
    QString severityText;
    QString eventName;
    QVariant body;
    OtlpAttributes attributes;
};

/// Body of POST /v1/traces and /v1/logs. Fails as a whole only when the bytes are not protobuf.
Result<std::vector<OtlpSpan>> decodeTraces(const QByteArray& body);
Result<std::vector<OtlpLog>> decodeLogs(const QByteArray& body);
/// Neighbours with the same resource travel under one.
QByteArray encodeTraces(const std::vector<OtlpSpan>& spans);
QByteArray encodeLogs(const std::vector<OtlpLog>& logs);

/// Export response, the same bytes for traces and logs; partial_success is left unset when nothing was rejected.
struct OtlpExportResponse {
    qint64 rejected = 0;
    QString message;
};
QByteArray encodeExportResponse(const OtlpExportResponse& response);
Result<OtlpExportResponse> decodeExportResponse(const QByteArray& body);

/// google.rpc.Status, the body of every OTLP error; code is a gRPC code (3 invalid argument, 8 resource exhausted, 14
/// unavailable).
QByteArray encodeRpcStatus(int code, const QString& message);
struct OtlpRpcStatus {
    int code = 0;
    QString message;
};
Result<OtlpRpcStatus> decodeRpcStatus(const QByteArray& body);

} // namespace wf
