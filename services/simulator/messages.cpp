// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/simulator/messages.h"
#include "services/wire/otlp.h"
#include <QJsonArray>
#include <QJsonDocument>
#include <algorithm>

namespace wf::sim {
using namespace Qt::StringLiterals;

namespace {
/// The scenario, the epoch and the offset name a happening once and for all: sent twice, it is one.
QString happeningId(const Scenario& scenario, Nanos epoch, const Happening& happening, QLatin1StringView prefix)
{
    return u"%1-%2-%3-%4"_s.arg(prefix, scenario.name).arg(epoch / kMilli).arg((happening.at - epoch) / kMilli);
}

OtlpAttributes resourceOf(const Population& population, int instance)
{
    return {{u"service.name"_s, population.scenario().feature},
        {u"service.instance.id"_s, population.instanceName(instance)},
        {u"cloud.region"_s, population.region(instance)}};
}

/// The stack as the feature tells it. Model and temperature have their own conventions and are set where they apply.
void tellStack(const Manifest& stack, OtlpAttributes& out)
{
    const std::pair<Layer, QString> names[] = {{Layer::Prompt, u"watchfloor.prompt.version"_s},
        {Layer::Retrieval, u"gen_ai.data_source.id"_s}, {Layer::Tools, u"watchfloor.tools.version"_s},
        {Layer::Guardrails, u"watchfloor.guardrails.version"_s}, {Layer::Cache, u"watchfloor.cache.generation"_s}};
    for (const auto& [layer, name] : names)
        if (!stack[layer].isEmpty()) out[name] = stack[layer];
    out[u"gen_ai.request.model"_s] = stack[Layer::Model];
    if (bool number = false; !stack[Layer::Sampling].isEmpty()) {
        const double temperature = stack[Layer::Sampling].toDouble(&number);
        out[u"gen_ai.request.temperature"_s] = number ? QVariant(temperature) : QVariant(stack[Layer::Sampling]);
    }
}

OtlpSpan spanOf(const Population& population, const Given& given)
{
    const Ids id = population.ids(given.number);
    const Slice slice = population.slice(given);
    const Manifest& stack = given.stack->manifest;
    OtlpSpan span;
    span.resource = resourceOf(population, given.instance);
    span.traceId = id.trace;
    span.spanId = id.span;
    span.name = "chat "_L1 + stack[Layer::Model];
    span.kind = 3;
    span.start = given.started;
    span.end = given.ended;
    OtlpAttributes& a = span.attributes;
    tellStack(stack, a);
    a[u"gen_ai.operation.name"_s] = u"chat"_s;
    a[u"gen_ai.provider.name"_s] = u"openai"_s;
    a[u"watchfloor.handled_by"_s] = given.human ? u"human"_s : u"model"_s;
    a[u"watchfloor.cache.hit"_s] = given.cached;
    a[u"watchfloor.tenant"_s] = slice.tenant;
    a[u"watchfloor.route"_s] = slice.route;
    a[u"watchfloor.locale"_s] = slice.locale;
    a[u"enduser.pseudo.id"_s] = population.recipient(given.person);
    if (given.error) {
        a[u"error.type"_s] = u"timeout"_s;
        span.statusCode = 2;
        span.statusMessage = u"the model did not answer in time"_s;
    } else if (!given.human) {
        a[u"gen_ai.response.id"_s] = id.response;
        a[u"gen_ai.response.model"_s] = stack[Layer::Model];
        a[u"gen_ai.response.finish_reasons"_s] = QVariantList{given.refused ? u"content_filter"_s : u"stop"_s};
        a[u"gen_ai.usage.input_tokens"_s] = qlonglong(given.tokensIn);
        a[u"gen_ai.usage.output_tokens"_s] = qlonglong(given.tokensOut);
    }
    return span;
}

OtlpLog logOf(const Population& population, qint64 number, Nanos at, const QString& from)
{
    const Ids id = population.ids(number);
    OtlpLog log;
    log.resource = {{u"service.name"_s, population.scenario().feature}, {u"service.instance.id"_s, from}};
    log.traceId = id.trace;
    log.spanId = id.span;
    log.time = log.observed = at;
    log.severity = 9;
    log.attributes[u"gen_ai.response.id"_s] = id.response;
    return log;
}

OtlpLog evaluationOf(const Population& population, const Telemetry::Judged& judged)
{
    OtlpLog log = logOf(population, judged.number, judged.at, u"evaluator-1"_s);
    log.eventName = u"gen_ai.evaluation.result"_s;
    log.attributes[u"gen_ai.evaluation.name"_s] = population.scenario().evaluator.signal;
    log.attributes[u"gen_ai.evaluation.score.value"_s] = judged.good ? 1.0 : 0.0;
    log.attributes[u"gen_ai.evaluation.score.label"_s] = judged.good ? u"pass"_s : u"fail"_s;
    return log;
}

OtlpLog feedbackOf(const Population& population, const Telemetry::Thumb& thumb)
{
    OtlpLog log = logOf(population, thumb.number, thumb.at, u"feedback-1"_s);
    log.eventName = u"watchfloor.feedback"_s;
    log.attributes[u"watchfloor.feedback.thumbs_down"_s] = qlonglong(thumb.down ? 1 : 0);
    return log;
}

Parcel jsonParcel(const QByteArray& path, const QJsonObject& body, qint64 records = 1)
{
    return {path, "application/json", QJsonDocument(body).toJson(QJsonDocument::Compact), records, false};
}

/// Full parcels of what `make` makes of each item, encoded.
template <class Item, class Make, class Encode>
void pack(const std::vector<Item>& items, size_t each, const QByteArray& path, Make make, Encode encode,
    std::vector<Parcel>& out)
{
    for (size_t from = 0; from < items.size(); from += each) {
        const size_t to = std::min(items.size(), from + each);
        std::vector<decltype(make(items[from]))> part;
        part.reserve(to - from);
        for (size_t i = from; i < to; ++i)
            part.push_back(make(items[i]));
        out.push_back({path, "application/x-protobuf", encode(part), qint64(part.size()), false});
    }
}
} // namespace

QJsonObject changeJson(const Scenario& scenario, Nanos epoch, const Happening& change)
{
    return {{u"id"_s, happeningId(scenario, epoch, change, "chg"_L1)}, {u"time"_s, isoText(change.at)},
        {u"actor"_s, change.actor}, {u"feature"_s, scenario.feature}, {u"layer"_s, change.layer},
        {u"from"_s, change.from}, {u"to"_s, change.to}, {u"summary"_s, change.summary}};
}

QJsonObject reportJson(const Scenario& scenario, Nanos epoch, const Happening& report)
{
    return {{u"id"_s, happeningId(scenario, epoch, report, "rep"_L1)}, {u"time"_s, isoText(report.at)},
        {u"channel"_s, report.channel}, {u"feature"_s, scenario.feature}, {u"text"_s, report.text}};
}

QJsonObject watchdogJson(Nanos epoch, Nanos now)
{
    const QJsonObject labels{{u"alertname"_s, u"Watchdog"_s}, {u"severity"_s, u"none"_s}};
    const QJsonObject annotations{
        {u"summary"_s, u"Always firing: the alerting chain works."_s}, {u"sent"_s, isoText(now)}};
    const QJsonObject alert{{u"status"_s, u"firing"_s}, {u"labels"_s, labels}, {u"annotations"_s, annotations},
        {u"startsAt"_s, isoText(epoch)}, {u"endsAt"_s, u"0001-01-01T00:00:00Z"_s}, {u"generatorURL"_s, QString()},
        {u"fingerprint"_s, u"5b9c7f0d1e2a3b4c"_s}};
    return {{u"version"_s, u"4"_s}, {u"groupKey"_s, u"{}:{alertname=\"Watchdog\"}"_s}, {u"truncatedAlerts"_s, 0},
        {u"status"_s, u"firing"_s}, {u"receiver"_s, u"watchfloor"_s},
        {u"groupLabels"_s, QJsonObject{{u"alertname"_s, u"Watchdog"_s}}}, {u"commonLabels"_s, labels},
        {u"commonAnnotations"_s, annotations}, {u"externalURL"_s, QString()}, {u"alerts"_s, QJsonArray{alert}}};
}

std::vector<Parcel> parcels(const Population& population, Nanos epoch, const Telemetry& telemetry, size_t recordsEach)
{
    std::vector<Parcel> out;
    // Spans of one instance side by side travel under one resource.
    std::vector<Given> answers = telemetry.answers;
    std::stable_sort(
        answers.begin(), answers.end(), [](const Given& a, const Given& b) { return a.instance < b.instance; });
    pack(
        answers, recordsEach, "/v1/traces", [&](const Given& g) { return spanOf(population, g); }, encodeTraces, out);
    pack(
        telemetry.judged, recordsEach, "/v1/logs", [&](const auto& j) { return evaluationOf(population, j); },
        encodeLogs, out);
    pack(
        telemetry.thumbs, recordsEach, "/v1/logs", [&](const auto& t) { return feedbackOf(population, t); }, encodeLogs,
        out);
    for (const Happening& change : telemetry.changes)
        out.push_back(jsonParcel("/changes", changeJson(population.scenario(), epoch, change)));
    for (const Happening& report : telemetry.reports)
        out.push_back(jsonParcel("/reports", reportJson(population.scenario(), epoch, report)));
    if (!telemetry.beats.empty()) {
        out.push_back(jsonParcel("/hooks/alertmanager", watchdogJson(epoch, telemetry.beats.back()), 0));
        out.back().perishable = true;
    }
    return out;
}

} // namespace wf::sim
