// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/ingest/normalise.h"
#include "models/domain/canonical_json.h"
#include <algorithm>
#include <cmath>
#include <optional>

namespace wf {
namespace {
using namespace Qt::StringLiterals;

constexpr qsizetype kLongestName = 512; // a dimension's value is a name; a longer one is content that lost its way
constexpr Nanos kFarAhead = kDay;

// ---- the table: attribute names of each field, the first one present wins; span attributes before resource attributes
// --

struct TextField {
    void (*set)(Answer&, const QString&);
    std::vector<QString> names;
};

const std::vector<TextField>& textFields()
{
    static const std::vector<TextField> fields{
        {[](Answer& a, const QString& v) { a.feature = v; }, {u"service.name"_s}},
        {[](Answer& a, const QString& v) { a.responseId = v; }, {u"gen_ai.response.id"_s}},
        {[](Answer& a, const QString& v) { a.stack[Layer::Model] = v; },
            {u"gen_ai.response.model"_s, u"gen_ai.request.model"_s}},
        {[](Answer& a, const QString& v) { a.stack[Layer::Prompt] = v; },
            {u"watchfloor.prompt.version"_s, u"gen_ai.prompt.name"_s}},
        {[](Answer& a, const QString& v) { a.stack[Layer::Retrieval] = v; }, {u"gen_ai.data_source.id"_s}},
        {[](Answer& a, const QString& v) { a.stack[Layer::Tools] = v; }, {u"watchfloor.tools.version"_s}},
        {[](Answer& a, const QString& v) { a.stack[Layer::Sampling] = v; }, {u"gen_ai.request.temperature"_s}},
        {[](Answer& a, const QString& v) { a.stack[Layer::Guardrails] = v; }, {u"watchfloor.guardrails.version"_s}},
        {[](Answer& a, const QString& v) { a.stack[Layer::Cache] = v; }, {u"watchfloor.cache.generation"_s}},
        {[](Answer& a, const QString& v) { a.slice.tenant = v; }, {u"watchfloor.tenant"_s}},
        {[](Answer& a, const QString& v) { a.slice.route = v; }, {u"watchfloor.route"_s}},
        {[](Answer& a, const QString& v) { a.slice.locale = v; }, {u"watchfloor.locale"_s}},
        {[](Answer& a, const QString& v) { a.slice.region = v; }, {u"cloud.region"_s}},
        {[](Answer& a, const QString& v) { a.slice.instance = v; }, {u"service.instance.id"_s}},
        {[](Answer& a, const QString& v) { a.recipient = v; }, {u"enduser.pseudo.id"_s}},
        {[](Answer& a, const QString& v) { a.toHuman = v == "human"_L1; }, {u"watchfloor.handled_by"_s}},
        {[](Answer& a, const QString& v) { a.fromCache = v == "true"_L1; }, {u"watchfloor.cache.hit"_s}},
    };
    return fields;
}

// The second names are those of semantic conventions before 1.27.
const QStringList kOutputTokens{u"gen_ai.usage.output_tokens"_s, u"gen_ai.usage.completion_tokens"_s};
const QStringList kRefusals{u"content_filter"_s, u"refusal"_s};
/// Operations that answer nobody by themselves; all others that name themselves are answers.
const QStringList kNotAnAnswer{
    u"embeddings"_s, u"retrieval"_s, u"execute_tool"_s, u"create_agent"_s, u"invoke_agent"_s, u"invoke_workflow"_s};

struct MeasuredEvent {
    QString event;
    QString signalFrom; ///< attribute that names the signal; empty: `signal` is fixed
    QString signal;
    QString value;
};
const std::vector<MeasuredEvent>& measuredEvents()
{
    static const std::vector<MeasuredEvent> events{
        {u"gen_ai.evaluation.result"_s, u"gen_ai.evaluation.name"_s, {}, u"gen_ai.evaluation.score.value"_s},
        {u"watchfloor.feedback"_s, {}, u"thumbs_down"_s, u"watchfloor.feedback.thumbs_down"_s},
    };
    return events;
}

// ---- reading values
// ----------------------------------------------------------------------------------------------------

QString textOf(const QVariant& value)
{
    switch (value.typeId()) {
    case QMetaType::QString:
        return value.toString();
    case QMetaType::Bool:
        return value.toBool() ? u"true"_s : u"false"_s;
    case QMetaType::LongLong:
        return QString::number(value.toLongLong());
    case QMetaType::Double:
        return decimal(value.toDouble());
    default:
        return {};
    }
}

/// Finite number, from a number or a boolean; text is not a number here.
std::optional<double> numberOf(const QVariant& value)
{
    const int type = value.typeId();
    if (type != QMetaType::Bool && type != QMetaType::LongLong && type != QMetaType::Double) return {};
    const double number = value.toDouble();
    return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

bool isId(const QByteArray& id, qsizetype length)
{
    return id.size() == length && id.count('\0') < length;
}

QString timeProblem(Nanos t, Nanos seen)
{
    if (t == kTimeOutOfRange) return u"its time is out of range"_s;
    if (t > seen + kFarAhead) return u"its time is more than a day ahead of this machine's clock"_s;
    return {};
}

struct Reader {
    const OtlpAttributes& own;
    const OtlpAttributes& resource;
    QVariant get(const QString& name) const
    {
        const auto it = own.find(name);
        return it != own.end() ? *it : resource.value(name);
    }
};

/// Fills the answer from the table; the name of the attribute whose value is too long, or nothing.
QString readFields(Answer& answer, const Reader& reader)
{
    for (const TextField& field : textFields()) {
        for (const QString& name : field.names) {
            const QString text = textOf(reader.get(name));
            if (text.isEmpty()) continue;
            if (text.size() > kLongestName) return name;
            field.set(answer, text);
            break;
        }
    }
    return {};
}

void reject(Normalised& out, const QString& reason, const QByteArray& record, bool whole)
{
    if (out.firstReason.isEmpty()) out.firstReason = reason;
    if (whole) ++out.rejectedRecords;
    out.batch.rejected.push_back({reason, QString::fromLatin1(sha256(record).toHex())});
}

// ---- spans
// -------------------------------------------------------------------------------------------------------------

/// Empty when the span can be stored as an answer.
QString readAnswer(Answer& answer, const OtlpSpan& span, Nanos seen)
{
    if (!isId(span.traceId, 16) || !isId(span.spanId, 8)) return u"it has no valid trace and span id"_s;
    if (span.end == 0) return u"it has no end time"_s;
    if (const QString problem = timeProblem(span.end, seen); !problem.isEmpty()) return problem;
    if (span.start == kTimeOutOfRange || (span.start != 0 && span.start > span.end))
        return u"it ends before it begins"_s;
    answer.t = span.end;
    answer.seen = seen;
    answer.traceId = span.traceId;
    answer.spanId = span.spanId;
    answer.latencyNs = span.start == 0 ? 0 : span.end - span.start;
    answer.error = span.statusCode == 2;
    if (const QString name = readFields(answer, {span.attributes, span.resource}); !name.isEmpty())
        return u"the value of %1 is longer than %2 characters"_s.arg(name).arg(kLongestName);
    if (answer.feature.isEmpty()) return u"service.name, which names the feature, is missing"_s;
    return {};
}

Observation observationOf(const Answer& answer, const QString& signal, double value)
{
    Observation o;
    o.traceId = answer.traceId;
    o.spanId = answer.spanId;
    o.responseId = answer.responseId;
    o.feature = answer.feature;
    o.signal = signal;
    o.value = value;
    o.t = answer.t;
    o.seen = answer.seen;
    o.source = u"otlp"_s;
    return o;
}

void measureSpan(Normalised& out, const Answer& answer, const OtlpSpan& span)
{
    const Reader reader{span.attributes, span.resource};
    for (const QString& name : kOutputTokens) {
        const QVariant tokens = reader.get(name);
        if (!tokens.isValid()) continue;
        const auto number = numberOf(tokens);
        if (number && *number >= 0) {
            out.batch.observations.push_back(observationOf(answer, u"answer_length"_s, *number));
        } else {
            reject(out, u"A span's %1 is not a number; the answer itself was kept."_s.arg(name), encodeTraces({span}),
                false);
        }
        break;
    }
    const QVariant reasons = reader.get(u"gen_ai.response.finish_reasons"_s);
    if (!reasons.isValid()) return; // not told why it ended: neither a refusal nor proof of none
    const QStringList words = reasons.toStringList();
    const bool refused
        = std::any_of(words.begin(), words.end(), [](const QString& word) { return kRefusals.contains(word); });
    out.batch.observations.push_back(observationOf(answer, u"refusal"_s, refused ? 1 : 0));
}

// ---- log records
// -------------------------------------------------------------------------------------------------------

/// Empty when the record can be stored as an observation.
QString readObservation(Observation& o, const OtlpLog& log, const MeasuredEvent& event, Nanos seen)
{
    o.source = u"otlp"_s;
    o.seen = seen;
    o.t = log.time != 0 ? log.time : log.observed != 0 ? log.observed : seen;
    if (const QString problem = timeProblem(o.t, seen); !problem.isEmpty()) return problem;
    o.signal = event.signalFrom.isEmpty() ? event.signal : textOf(log.attributes.value(event.signalFrom));
    if (o.signal.isEmpty()) return u"%1 is missing"_s.arg(event.signalFrom);
    if (o.signal.size() > kLongestName)
        return u"the value of %1 is longer than %2 characters"_s.arg(event.signalFrom).arg(kLongestName);
    const auto value = numberOf(log.attributes.value(event.value));
    if (!value) return u"%1 is missing or not a finite number"_s.arg(event.value);
    o.value = *value;
    if (isId(log.traceId, 16) && isId(log.spanId, 8)) {
        o.traceId = log.traceId;
        o.spanId = log.spanId;
    }
    o.responseId = textOf(log.attributes.value(u"gen_ai.response.id"_s)).left(kLongestName);
    if (o.traceId.isEmpty() && o.responseId.isEmpty())
        return u"it names no answer: neither trace and span id nor gen_ai.response.id"_s;
    return {};
}

const MeasuredEvent* measuredEvent(const OtlpLog& log)
{
    // Senders from before LogRecord.event_name put the name among the attributes.
    const QString name = !log.eventName.isEmpty() ? log.eventName : textOf(log.attributes.value(u"event.name"_s));
    for (const MeasuredEvent& event : measuredEvents()) {
        if (event.event == name) return &event;
    }
    return nullptr;
}
} // namespace

Normalised normaliseSpans(const std::vector<OtlpSpan>& spans, Nanos seen)
{
    Normalised out;
    out.batch.source = u"otlp"_s;
    for (const OtlpSpan& span : spans) {
        const QString operation = textOf(span.attributes.value(u"gen_ai.operation.name"_s));
        if (operation.isEmpty() || kNotAnAnswer.contains(operation)) continue;
        Answer answer;
        if (const QString problem = readAnswer(answer, span, seen); !problem.isEmpty()) {
            reject(out, u"A span was left out: %1."_s.arg(problem), encodeTraces({span}), true);
            continue;
        }
        // A failed call gave no answer to measure, and what a person answered says nothing about the model.
        if (!answer.error && !answer.toHuman) measureSpan(out, answer, span);
        out.batch.answers.push_back(std::move(answer));
    }
    return out;
}

Normalised normaliseLogs(const std::vector<OtlpLog>& logs, Nanos seen)
{
    Normalised out;
    out.batch.source = u"otlp"_s;
    for (const OtlpLog& log : logs) {
        const MeasuredEvent* event = measuredEvent(log);
        if (!event) continue;
        Observation observation;
        if (const QString problem = readObservation(observation, log, *event, seen); !problem.isEmpty()) {
            reject(out, u"A %1 record was left out: %2."_s.arg(event->event, problem), encodeLogs({log}), true);
            continue;
        }
        out.batch.observations.push_back(std::move(observation));
    }
    return out;
}

} // namespace wf
