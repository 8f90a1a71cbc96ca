// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/ingest/import_mapping.h"
#include "services/base/files.h"
#include "services/base/yaml.h"
#include <QDateTime>
#include <QFileInfo>
#include <QLocale>

namespace wf {
namespace {
using namespace Qt::StringLiterals;

/// Collects the first error of a run of reads, so that the reading itself stays a list.
class MappingReader {
public:
    MappingReader(QStringList& columns, std::optional<Error>& error)
        : m_columns(columns)
        , m_error(error)
    {
    }

    void text(const YamlNode& node, QAnyStringView key, TextTemplate& out, bool required = false)
    {
        const auto value = required ? node.requireString(key) : node.optionalString(key);
        if (!value) return note(value.error());
        if (value->isEmpty()) return;
        auto parsed = TextTemplate::parse(*value, m_columns);
        if (!parsed) return note(node.find(key)->error(parsed.error().what).value());
        out = std::move(*parsed);
    }

    void note(const Error& error)
    {
        if (!m_error) m_error = error;
    }

    void note(const Done& done)
    {
        if (!done) note(done.error());
    }

private:
    QStringList& m_columns;
    std::optional<Error>& m_error;
};

const std::vector<std::pair<QString, QString Slice::*>>& dimensions()
{
    static const std::vector<std::pair<QString, QString Slice::*>> table{{u"tenant"_s, &Slice::tenant},
        {u"route"_s, &Slice::route}, {u"locale"_s, &Slice::locale}, {u"region"_s, &Slice::region},
        {u"instance"_s, &Slice::instance}};
    return table;
}

void readTimeRule(const YamlNode& root, ImportMapping& mapping, MappingReader& read)
{
    const auto time = root.requireMap("time");
    if (!time) return read.note(time.error());
    read.note(time->onlyKeys({"value", "format", "step", "order"}));
    read.text(*time, "value", mapping.time, true);
    const auto format = time->optionalString("format", u"rfc3339"_s);
    const auto step = time->optionalDuration("step", 0);
    if (!format) return read.note(format.error());
    if (!step) return read.note(step.error());
    mapping.timeFormat = *format;
    mapping.step = *step;
    const auto order = time->optionalString("order", u"file"_s);
    if (!order) return read.note(order.error());
    mapping.shuffled = *order == "shuffled"_L1;
    if (!mapping.shuffled && *order != "file"_L1)
        read.note(time->find("order")->error(u"the order is file or shuffled."_s).value());
    if (mapping.shuffled && mapping.step == 0) read.note(time->error(u"an order needs a step, such as 1m."_s).value());
}

void readAnswerRule(const YamlNode& root, ImportMapping& mapping, MappingReader& read)
{
    const auto answer = root.requireMap("answer");
    if (!answer) return read.note(answer.error());
    read.note(answer->onlyKeys(
        {"feature", "response_id", "recipient", "latency_s", "error", "cached", "human", "stack", "slice"}));
    read.text(*answer, "feature", mapping.feature, true);
    read.text(*answer, "response_id", mapping.responseId);
    read.text(*answer, "recipient", mapping.recipient);
    read.text(*answer, "latency_s", mapping.latencySeconds);
    read.text(*answer, "error", mapping.error);
    read.text(*answer, "cached", mapping.cached);
    read.text(*answer, "human", mapping.human);
    if (const auto stack = answer->find("stack")) {
        read.note(stack->onlyKeys({"model", "prompt", "retrieval", "tools", "sampling", "guardrails", "cache"}));
        for (const Layer layer : kLayers) {
            if (stack->has(layerName(layer)))
                read.text(*stack, layerName(layer), mapping.stack.emplace_back(layer, TextTemplate()).second);
        }
    }
    if (const auto slice = answer->find("slice")) {
        read.note(slice->onlyKeys({"tenant", "route", "locale", "region", "instance"}));
        for (const auto& [name, member] : dimensions()) {
            if (slice->has(name)) read.text(*slice, name, mapping.slice.emplace_back(member, TextTemplate()).second);
        }
    }
}
} // namespace

Result<TextTemplate> TextTemplate::parse(const QString& text, QStringList& columns)
{
    TextTemplate out;
    qsizetype at = 0;
    while (at < text.size()) {
        const qsizetype open = text.indexOf(u'{', at);
        const QString literal = text.mid(at, open < 0 ? -1 : open - at);
        if (literal.contains(u'}')) return fail(Fault::BadInput, u"a \"}\" without a \"{\" before it."_s);
        if (!literal.isEmpty()) out.m_pieces.push_back({literal, -1});
        if (open < 0) break;
        const qsizetype close = text.indexOf(u'}', open);
        const QString column = close < 0 ? QString() : text.mid(open + 1, close - open - 1).trimmed();
        if (column.isEmpty() || column.contains(u'{'))
            return fail(Fault::BadInput, u"a column stands in braces, such as {model}."_s);
        if (!columns.contains(column)) columns += column;
        out.m_pieces.push_back({{}, int(columns.indexOf(column))});
        at = close + 1;
    }
    return out;
}

QString TextTemplate::fill(const ColumnText& column) const
{
    QString text;
    for (const Piece& piece : m_pieces) {
        if (piece.column < 0) {
            text += piece.text;
            continue;
        }
        const auto value = column(piece.column);
        if (!value) return {};
        text += *value;
    }
    return text.trimmed();
}

Result<ImportMapping> loadMapping(const QByteArray& yaml, const QString& fileName)
{
    const auto root = loadYaml(yaml, fileName);
    if (!root) return tl::unexpected(root.error());
    ImportMapping mapping;
    std::optional<Error> error;
    MappingReader read(mapping.columns, error);
    read.note(root->onlyKeys({"name", "time", "answer", "signals"}));
    const auto name = root->requireString("name");
    if (!name)
        read.note(name.error());
    else
        mapping.name = *name;
    readTimeRule(*root, mapping, read);
    readAnswerRule(*root, mapping, read);
    if (const auto values = root->find("signals")) {
        if (!values->isMap()) read.note(values->error(u"a map from signal to value is expected here."_s).value());
        for (const QString& signal : values->keys())
            read.text(*values, signal, mapping.signalValues.emplace_back(signal, TextTemplate()).second, true);
    }
    if (error) return tl::unexpected(*error);
    return mapping;
}

Result<ImportMapping> readMapping(const QString& path)
{
    return readFile(path).and_then(
        [&](const QByteArray& yaml) { return loadMapping(yaml, QFileInfo(path).fileName()); });
}

Result<Nanos> readTime(const QString& text, const QString& format)
{
    if (format == "rfc3339"_L1) return parseIso(text);
    static const std::pair<QString, Nanos> units[]{{u"unix_s"_s, kSecond}, {u"unix_ms"_s, kMilli}, {u"unix_ns"_s, 1}};
    for (const auto& [name, unit] : units) {
        if (format != name) continue;
        bool whole = false, any = false;
        const qint64 exact = text.toLongLong(&whole);
        const double number = text.toDouble(&any) * double(unit);
        if (whole && qAbs(number) < 9.2e18) return exact * unit;
        if (any && qAbs(number) < 9.2e18) return Nanos(number);
        return fail(Fault::BadInput, u"\"%1\" is not a number of %2"_s.arg(text, name));
    }
    QDateTime time = QLocale::c().toDateTime(text, format);
    time.setTimeSpec(Qt::UTC);
    if (!time.isValid() || time.date().year() < 1900 || time.date().year() > 2200)
        return fail(Fault::BadInput, u"\"%1\" does not read as %2"_s.arg(text, format));
    return time.toMSecsSinceEpoch() * kMilli;
}

} // namespace wf
