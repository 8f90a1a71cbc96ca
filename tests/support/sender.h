// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: what a sender posts to a real engine, and what its databases hold afterwards, looked at from outside.
// Owner: tests. Thread: post() any; the rest one.
#pragma once
#include "services/base/http_client.h"
#include "services/base/sqlite.h"
#include "services/wire/otlp.h"
#include <QCryptographicHash>
#include <QJsonDocument>
#include <QJsonObject>

namespace wf::test {

/// One answer of the sample's feature with two measures, length and refusal; the number makes its ids.
inline OtlpSpan answerSpan(const QString& id, Nanos end, bool refused = false)
{
    using namespace Qt::StringLiterals;
    const QByteArray digest = QCryptographicHash::hash(id.toUtf8(), QCryptographicHash::Sha256);
    OtlpSpan s;
    s.resource = {{u"service.name"_s, u"support-copilot"_s}};
    s.traceId = digest.left(16);
    s.spanId = digest.mid(16, 8);
    s.end = end;
    s.start = end - 800 * kMilli;
    s.attributes = {{u"gen_ai.operation.name"_s, u"chat"_s}, {u"gen_ai.response.id"_s, id},
        {u"gen_ai.usage.output_tokens"_s, qlonglong(268)},
        {u"gen_ai.response.finish_reasons"_s, QVariantList{refused ? u"content_filter"_s : u"stop"_s}}};
    return s;
}

struct Body {
    QByteArray type, bytes;
};
inline Body otlp(const std::vector<OtlpSpan>& spans)
{
    return {"application/x-protobuf", encodeTraces(spans)};
}
inline Body json(const QByteArray& text)
{
    return {"application/json", text};
}

/// http as the engine tells it: "127.0.0.1:40123".
inline HttpClientRequest posting(const QString& http, const QString& path, const Body& body)
{
    HttpClientRequest r;
    r.method = "POST";
    r.url = QUrl(QStringLiteral("http://") + http + path);
    r.headers["Content-Type"] = body.type;
    r.body = body.bytes;
    return r;
}
inline HttpOutcome post(const QString& http, const QString& path, const Body& body)
{
    return request(posting(http, path, body));
}

/// The sentence of a refusal, whichever form the path answers in.
inline QString sentenceOf(const HttpOutcome& o)
{
    if (o.header("content-type") == "application/x-protobuf") {
        const auto status = decodeRpcStatus(o.body);
        return status ? status->message : QString();
    }
    const QJsonObject object = QJsonDocument::fromJson(o.body).object();
    return object.value(object.contains(QStringLiteral("error")) ? QStringLiteral("error") : QStringLiteral("message"))
        .toString();
}

/// First column of the first row, asked of a database that others may be writing; the error's sentence when it refuses.
inline QString ask(const QString& database, const char* sql)
{
    auto db = sql::Database::open(database, {sql::Access::ReadOnly});
    if (!db) return db.error().sentence();
    const auto value = sql::attempt([&] {
        sql::Statement row = (*db)->prepare(sql);
        return row.step() ? row.text(0) : QString();
    });
    return value ? *value : value.error().sentence();
}

} // namespace wf::test
