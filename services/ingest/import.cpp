// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/ingest/import.h"
#include "models/domain/canonical_json.h"
#include "services/base/table_reader.h"
#include <algorithm>
#include <cmath>

namespace wf {
namespace {
using namespace Qt::StringLiterals;

constexpr size_t kAnswersPerBatch = 2000;
constexpr qsizetype kProblemsKept = 100;

bool isYes(const QString& text)
{
    return text == "1"_L1 || text == "true"_L1 || text == "yes"_L1;
}

std::optional<double> numberOf(const QString& text)
{
    if (text == "true"_L1) return 1;
    if (text == "false"_L1) return 0;
    bool ok = false;
    const double number = text.toDouble(&ok);
    return ok && std::isfinite(number) ? std::optional(number) : std::nullopt;
}

/// One good row; its signals are few, so the pair stays small enough to hold a whole file when the file must be sorted.
struct Row {
    Answer answer;
    std::vector<std::pair<int, double>> values; // index into the mapping's signals
};

/// The row as the mapping reads it; the reason when it is bad.
Result<Row> readRow(const ImportMapping& mapping, qint64 line, const ColumnText& column)
{
    Row row;
    Answer& a = row.answer;
    const QString time = mapping.time.fill(column);
    if (time.isEmpty()) return fail(Fault::BadInput, u"the time is missing"_s);
    const auto t = readTime(time, mapping.timeFormat);
    if (!t) return tl::unexpected(t.error());
    a.t = a.seen = *t; // a file does not tell when its rows became known
    a.feature = mapping.feature.fill(column);
    if (a.feature.isEmpty()) return fail(Fault::BadInput, u"the feature is missing"_s);
    a.responseId = mapping.responseId.fill(column);
    a.recipient = mapping.recipient.fill(column);
    a.error = isYes(mapping.error.fill(column));
    a.fromCache = isYes(mapping.cached.fill(column));
    a.toHuman = isYes(mapping.human.fill(column));
    if (const auto latency = numberOf(mapping.latencySeconds.fill(column)); latency && *latency >= 0 && *latency < 1e6)
        a.latencyNs = qint64(*latency * double(kSecond));
    for (const auto& [layer, text] : mapping.stack)
        a.stack[layer] = text.fill(column);
    for (const auto& [member, text] : mapping.slice)
        a.slice.*member = text.fill(column);

    QString identity = u"%1\n%2\n%3\n%4"_s.arg(mapping.name).arg(line).arg(time, a.feature);
    for (size_t i = 0; i < mapping.signalValues.size(); ++i) {
        const QString text = mapping.signalValues[i].second.fill(column);
        if (text.isEmpty()) continue;
        const auto value = numberOf(text);
        if (!value)
            return fail(Fault::BadInput,
                u"%1 is \"%2\", which is not a number"_s.arg(mapping.signalValues[i].first, text.left(60)));
        row.values.emplace_back(int(i), *value);
        identity += u'\n' + text;
    }
    const QByteArray digest = sha256(identity.toUtf8());
    a.traceId = digest.left(16);
    a.spanId = digest.mid(16, 8);
    return row;
}

class Importer {
public:
    Importer(
        const ImportMapping& mapping, TelemetrySink& sink, const std::function<void(const ImportReport&)>& progress)
        : m_mapping(mapping)
        , m_sink(sink)
        , m_progress(progress)
    {
    }

    /// Reads the table to its end; only the store's refusal stops it.
    Done read(TableReader& table, const std::vector<int>& columns)
    {
        const ColumnText column = [&](int i) -> std::optional<QString> {
            const int at = columns[size_t(i)];
            if (!table.has(at)) return {};
            const std::string_view text = table.text(at);
            return QString::fromUtf8(text.data(), qsizetype(text.size()));
        };
        for (;;) {
            const auto more = table.next();
            if (more && !*more) return finish();
            ++report.rows;
            if (!more) {
                bad(more.error());
                continue;
            }
            auto row = readRow(m_mapping, table.line(), column);
            if (!row) {
                bad(table.refuse(row.error().what));
                continue;
            }
            m_rows.push_back(std::move(*row));
            // With a step the whole file must be known before the first time is.
            if (m_mapping.step > 0 || m_rows.size() < kAnswersPerBatch) continue;
            if (const Done flushed = flush(); !flushed) return flushed;
        }
    }

    ImportReport report;

private:
    void bad(const Error& error)
    {
        ++report.bad;
        if (report.problems.size() < kProblemsKept) report.problems += error.what;
    }

    Done finish()
    {
        if (m_mapping.step > 0) spread();
        return flush();
    }

    /// Gives rows of the same time times of their own, and puts the file in the order of time.
    void spread()
    {
        const bool shuffled = m_mapping.shuffled;
        std::stable_sort(m_rows.begin(), m_rows.end(), [shuffled](const Row& a, const Row& b) {
            if (a.answer.t != b.answer.t) return a.answer.t < b.answer.t;
            return shuffled
                && a.answer.traceId < b.answer.traceId; // a digest: as good as chance, and the same every time
        });
        std::map<std::pair<QString, QString>, std::pair<Nanos, Nanos>>
            next; // feature, stack -> time in the file, steps so far
        for (Row& row : m_rows) {
            auto& [time, steps] = next[{row.answer.feature, row.answer.stack[Layer::Model]}];
            if (time != row.answer.t) {
                time = row.answer.t;
                steps = 0;
            }
            row.answer.t += m_mapping.step * steps++;
            row.answer.seen = row.answer.t;
        }
        std::stable_sort(
            m_rows.begin(), m_rows.end(), [](const Row& a, const Row& b) { return a.answer.t < b.answer.t; });
    }

    Done flush()
    {
        for (size_t from = 0; from < m_rows.size(); from += kAnswersPerBatch) {
            const size_t to = std::min(m_rows.size(), from + kAnswersPerBatch);
            Batch batch;
            batch.source = u"import:"_s + m_mapping.name;
            for (size_t i = from; i < to; ++i)
                hand(batch, std::move(m_rows[i]));
            const qint64 answers = qint64(batch.answers.size()), observations = qint64(batch.observations.size());
            const auto stored = m_sink.store(std::move(batch));
            if (!stored) return tl::unexpected(stored.error());
            // An answer and its observations are known or new together.
            const qint64 known
                = answers + observations > 0 ? answers * stored->duplicate / (answers + observations) : 0;
            report.duplicates += known;
            report.answers += answers - known;
            report.observations += observations;
            if (m_progress) m_progress(report);
        }
        m_rows.clear();
        return {};
    }

    void hand(Batch& batch, Row&& row)
    {
        const Answer& a = row.answer;
        for (const auto& [index, value] : row.values) {
            Observation o;
            o.traceId = a.traceId;
            o.spanId = a.spanId;
            o.responseId = a.responseId;
            o.feature = a.feature;
            o.signal = m_mapping.signalValues[size_t(index)].first;
            o.value = value;
            o.t = o.seen = a.t;
            o.source = batch.source;
            batch.observations.push_back(std::move(o));
        }
        report.first = report.first == 0 ? a.t : std::min(report.first, a.t);
        report.last = std::max(report.last, a.t);
        batch.answers.push_back(std::move(row.answer));
    }

    const ImportMapping& m_mapping;
    TelemetrySink& m_sink;
    const std::function<void(const ImportReport&)>& m_progress;
    std::vector<Row> m_rows;
};
} // namespace

Result<ImportReport> importFile(const QString& path, const ImportMapping& mapping, TelemetrySink& sink,
    const std::function<void(const ImportReport&)>& progress)
{
    auto table = TableReader::open(path);
    if (!table) return tl::unexpected(table.error());
    std::vector<int> columns;
    for (const QString& name : mapping.columns) {
        const auto index = table->column(name);
        if (!index) return tl::unexpected(index.error());
        columns.push_back(*index);
    }
    Importer importer(mapping, sink, progress);
    if (const Done done = importer.read(*table, columns); !done) {
        Error error = done.error();
        error.kept = u"%1 answers were stored before; importing the file again goes on behind them."_s.arg(
            importer.report.answers);
        return tl::unexpected(error);
    }
    const ImportReport& report = importer.report;
    if (report.rows > 0 && report.bad == report.rows) {
        return fail(Fault::BadInput,
            u"Not one of the %1 rows could be used; the first: %2"_s.arg(report.rows).arg(report.problems.value(0)),
            u"Nothing was stored."_s, u"Check that the mapping fits the file."_s);
    }
    return report;
}

} // namespace wf
