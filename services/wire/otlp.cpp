// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/wire/otlp.h"
#include "collector.pb.h"
#include <google/protobuf/arena.h>
#include <limits>

namespace wf {
namespace {
namespace pb = wf::otlp;
using google::protobuf::Arena;
template <class T> using Repeated = google::protobuf::RepeatedPtrField<T>;

QString textOf(const std::string& bytes)
{
    return QString::fromUtf8(bytes.data(), qsizetype(bytes.size()));
}

QByteArray bytesOf(const std::string& bytes)
{
    return QByteArray(bytes.data(), qsizetype(bytes.size()));
}

Nanos timeOf(quint64 unixNano)
{
    return unixNano > quint64(std::numeric_limits<qint64>::max()) ? kTimeOutOfRange : Nanos(unixNano);
}

OtlpAttributes attributesOf(const Repeated<pb::KeyValue>& list);

QVariant valueOf(const pb::AnyValue& value)
{
    switch (value.value_case()) {
    case pb::AnyValue::kStringValue:
        return textOf(value.string_value());
    case pb::AnyValue::kBoolValue:
        return value.bool_value();
    case pb::AnyValue::kIntValue:
        return qlonglong(value.int_value());
    case pb::AnyValue::kDoubleValue:
        return value.double_value();
    case pb::AnyValue::kBytesValue:
        return bytesOf(value.bytes_value());
    case pb::AnyValue::kKvlistValue:
        return attributesOf(value.kvlist_value().values());
    case pb::AnyValue::kArrayValue: {
        QVariantList list;
        for (const auto& item : value.array_value().values())
            list.append(valueOf(item));
        return list;
    }
    case pb::AnyValue::VALUE_NOT_SET:
        break;
    }
    return {};
}

OtlpAttributes attributesOf(const Repeated<pb::KeyValue>& list)
{
    OtlpAttributes attributes;
    for (const auto& pair : list)
        attributes.insert(textOf(pair.key()), valueOf(pair.value()));
    return attributes;
}

void put(const OtlpAttributes& attributes, Repeated<pb::KeyValue>* list);

void put(const QVariant& value, pb::AnyValue* out)
{
    switch (value.typeId()) {
    case QMetaType::UnknownType:
        break;
    case QMetaType::Bool:
        out->set_bool_value(value.toBool());
        break;
    case QMetaType::Int:
    case QMetaType::UInt:
    case QMetaType::LongLong:
        out->set_int_value(value.toLongLong());
        break;
    case QMetaType::Float:
    case QMetaType::Double:
        out->set_double_value(value.toDouble());
        break;
    case QMetaType::QByteArray:
        out->set_bytes_value(value.toByteArray().toStdString());
        break;
    case QMetaType::QVariantMap:
        put(value.toMap(), out->mutable_kvlist_value()->mutable_values());
        break;
    case QMetaType::QStringList:
    case QMetaType::QVariantList:
        out->mutable_array_value();
        for (const QVariant& item : value.toList())
            put(item, out->mutable_array_value()->add_values());
        break;
    default:
        out->set_string_value(value.toString().toStdString());
        break;
    }
}

void put(const OtlpAttributes& attributes, Repeated<pb::KeyValue>* list)
{
    for (auto it = attributes.begin(); it != attributes.end(); ++it) {
        pb::KeyValue* pair = list->Add();
        pair->set_key(it.key().toStdString());
        put(it.value(), pair->mutable_value());
    }
}

template <class Message> Message* parse(Arena& arena, const QByteArray& body)
{
    auto* message = Arena::CreateMessage<Message>(&arena);
    return message->ParseFromArray(body.constData(), int(body.size())) ? message : nullptr;
}

tl::unexpected<Error> undecodable(const char* what)
{
    return fail(Fault::BadInput,
        QStringLiteral("The body is not a valid OTLP %1 (protobuf).").arg(QString::fromLatin1(what)),
        QStringLiteral("Nothing of it was stored."));
}

QByteArray serialised(const google::protobuf::MessageLite& message)
{
    QByteArray bytes(qsizetype(message.ByteSizeLong()), Qt::Uninitialized);
    message.SerializeToArray(bytes.data(), int(bytes.size()));
    return bytes;
}
} // namespace

Result<std::vector<OtlpSpan>> decodeTraces(const QByteArray& body)
{
    Arena arena;
    const auto* request = parse<pb::ExportTraceServiceRequest>(arena, body);
    if (!request) return undecodable("trace request");
    std::vector<OtlpSpan> spans;
    for (const auto& group : request->resource_spans()) {
        const OtlpAttributes resource = attributesOf(group.resource().attributes());
        for (const auto& scope : group.scope_spans()) {
            for (const auto& in : scope.spans()) {
                OtlpSpan& span = spans.emplace_back();
                span.resource = resource;
                span.traceId = bytesOf(in.trace_id());
                span.spanId = bytesOf(in.span_id());
                span.parentSpanId = bytesOf(in.parent_span_id());
                span.name = textOf(in.name());
                span.kind = in.kind();
                span.start = timeOf(in.start_time_unix_nano());
                span.end = timeOf(in.end_time_unix_nano());
                span.attributes = attributesOf(in.attributes());
                span.statusCode = in.status().code();
                span.statusMessage = textOf(in.status().message());
            }
        }
    }
    return spans;
}

Result<std::vector<OtlpLog>> decodeLogs(const QByteArray& body)
{
    Arena arena;
    const auto* request = parse<pb::ExportLogsServiceRequest>(arena, body);
    if (!request) return undecodable("logs request");
    std::vector<OtlpLog> logs;
    for (const auto& group : request->resource_logs()) {
        const OtlpAttributes resource = attributesOf(group.resource().attributes());
        for (const auto& scope : group.scope_logs()) {
            for (const auto& in : scope.log_records()) {
                OtlpLog& log = logs.emplace_back();
                log.resource = resource;
                log.traceId = bytesOf(in.trace_id());
                log.spanId = bytesOf(in.span_id());
                log.time = timeOf(in.time_unix_nano());
                log.observed = timeOf(in.observed_time_unix_nano());
                log.severity = in.severity_number();
                log.severityText = textOf(in.severity_text());
                log.eventName = textOf(in.event_name());
                log.body = valueOf(in.body());
                log.attributes = attributesOf(in.attributes());
            }
        }
    }
    return logs;
}

QByteArray encodeTraces(const std::vector<OtlpSpan>& spans)
{
    Arena arena;
    auto* request = Arena::CreateMessage<pb::ExportTraceServiceRequest>(&arena);
    pb::ScopeSpans* scope = nullptr;
    for (size_t i = 0; i < spans.size(); ++i) {
        const OtlpSpan& span = spans[i];
        if (!scope || span.resource != spans[i - 1].resource) {
            pb::ResourceSpans* group = request->add_resource_spans();
            put(span.resource, group->mutable_resource()->mutable_attributes());
            scope = group->add_scope_spans();
        }
        pb::Span* out = scope->add_spans();
        out->set_trace_id(span.traceId.toStdString());
        out->set_span_id(span.spanId.toStdString());
        out->set_parent_span_id(span.parentSpanId.toStdString());
        out->set_name(span.name.toStdString());
        out->set_kind(span.kind);
        out->set_start_time_unix_nano(quint64(span.start));
        out->set_end_time_unix_nano(quint64(span.end));
        put(span.attributes, out->mutable_attributes());
        if (span.statusCode != 0) out->mutable_status()->set_code(span.statusCode);
        if (!span.statusMessage.isEmpty()) out->mutable_status()->set_message(span.statusMessage.toStdString());
    }
    return serialised(*request);
}

QByteArray encodeLogs(const std::vector<OtlpLog>& logs)
{
    Arena arena;
    auto* request = Arena::CreateMessage<pb::ExportLogsServiceRequest>(&arena);
    pb::ScopeLogs* scope = nullptr;
    for (size_t i = 0; i < logs.size(); ++i) {
        const OtlpLog& log = logs[i];
        if (!scope || log.resource != logs[i - 1].resource) {
            pb::ResourceLogs* group = request->add_resource_logs();
            put(log.resource, group->mutable_resource()->mutable_attributes());
            scope = group->add_scope_logs();
        }
        pb::LogRecord* out = scope->add_log_records();
        out->set_trace_id(log.traceId.toStdString());
        out->set_span_id(log.spanId.toStdString());
        out->set_time_unix_nano(quint64(log.time));
        out->set_observed_time_unix_nano(quint64(log.observed));
        out->set_severity_number(log.severity);
        out->set_severity_text(log.severityText.toStdString());
        out->set_event_name(log.eventName.toStdString());
        if (log.body.isValid()) put(log.body, out->mutable_body());
        put(log.attributes, out->mutable_attributes());
    }
    return serialised(*request);
}

QByteArray encodeExportResponse(const OtlpExportResponse& response)
{
    pb::ExportResponse message;
    if (response.rejected != 0 || !response.message.isEmpty()) {
        message.mutable_partial_success()->set_rejected(response.rejected);
        message.mutable_partial_success()->set_error_message(response.message.toStdString());
    }
    return serialised(message);
}

Result<OtlpExportResponse> decodeExportResponse(const QByteArray& body)
{
    Arena arena;
    const auto* message = parse<pb::ExportResponse>(arena, body);
    if (!message) return undecodable("export response");
    return OtlpExportResponse{
        message->partial_success().rejected(), textOf(message->partial_success().error_message())};
}

QByteArray encodeRpcStatus(int code, const QString& message)
{
    pb::RpcStatus status;
    status.set_code(code);
    status.set_message(message.toStdString());
    return serialised(status);
}

Result<OtlpRpcStatus> decodeRpcStatus(const QByteArray& body)
{
    Arena arena;
    const auto* status = parse<pb::RpcStatus>(arena, body);
    if (!status) return undecodable("status");
    return OtlpRpcStatus{status->code(), textOf(status->message())};
}

} // namespace wf
