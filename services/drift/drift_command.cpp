// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/drift/drift_command.h"
#include "services/base/table_reader.h"
#include "services/drift/run_stream.h"
#include <QIODevice>
#include <QJsonDocument>
#include <charconv>
#include <chrono>
#include <unordered_map>

namespace wf {
using namespace Qt::StringLiterals;

namespace {
struct Row {
    double value = 0;
    quint32 stream = 0;
    bool baseline = false;
};

/// A sort key: numbers before text, numbers as numbers.
struct Key {
    double number = 0;
    std::string text;
    bool isNumber = false;
    static Key of(std::string_view t)
    {
        Key k{0, std::string(t), false};
        const auto [end, error] = std::from_chars(t.data(), t.data() + t.size(), k.number);
        k.isNumber = !t.empty() && error == std::errc() && end == t.data() + t.size();
        return k;
    }
    friend bool operator<(const Key& a, const Key& b)
    {
        if (a.isNumber != b.isNumber) return a.isNumber;
        return a.isNumber ? a.number < b.number : a.text < b.text;
    }
};

class Run {
public:
    Run(const RunOptions& options, TableReader& reader, QIODevice& out)
        : m_options(options)
        , m_reader(reader)
        , m_out(out)
    {
    }

    Result<void> all()
    {
        if (const auto done = columns(); !done) return done;
        const bool streaming = m_options.orderBy.isEmpty() && m_options.baselineWhere.empty();
        while (true) {
            const auto more = m_reader.next();
            if (!more) return tl::unexpected(more.error());
            if (!*more) break;
            if (const auto done = take(); !done) return done;
            if (streaming && m_rows.size() >= 8192) flush();
        }
        if (!streaming) sort();
        flush();
        if (m_baselineN == 0)
            return fail(Fault::BadInput, u"No row of %1 is baseline."_s.arg(m_options.input), {},
                u"Check --baseline-where and --where against the file."_s);
        return {};
    }

    QJsonObject summary() const
    {
        RunStream::Sum baseline, current;
        double smallest = std::numeric_limits<double>::quiet_NaN();
        for (const auto& s : m_streams) {
            baseline.n += s->baseline().n;
            baseline.sum += s->baseline().sum;
            current.n += s->current().n;
            current.sum += s->current().sum;
            const double one = s->armed() ? s->smallestDetectable(1000) : smallest;
            if (!std::isnan(one) && !(one < smallest)) smallest = one; // what is found in every stream
        }
        const bool numbers = m_options.kind != RunOptions::Kind::Categorical;
        const auto side = [&](const RunStream::Sum& m) {
            return QJsonObject{
                {u"mean"_s, numbers && m.n > 0 ? QJsonValue(m.sum / double(m.n)) : QJsonValue()}, {u"n"_s, m.n}};
        };
        return {{u"event"_s, u"summary"_s}, {u"rows"_s, m_taken}, {u"skipped"_s, m_skipped},
            {u"streams"_s, qint64(m_streams.size())}, {u"alarms"_s, m_alarms}, {u"baseline"_s, side(baseline)},
            {u"current"_s, side(current)},
            {u"ns_per_row"_s, m_taken > 0 ? double(m_spent.count()) / double(m_taken) : 0},
            {u"smallest_detectable_shift"_s, std::isnan(smallest) ? QJsonValue() : QJsonValue(smallest)}};
    }

    void print(const QJsonObject& line)
    {
        if (m_options.json)
            m_out.write(QJsonDocument(line).toJson(QJsonDocument::Compact) + '\n');
        else
            m_out.write(sentence(line).toUtf8() + '\n');
    }

private:
    struct Condition {
        int column;
        std::string value;
    };

    Result<void> columns()
    {
        const auto add = [&](const QString& name, auto&& use) -> Result<void> {
            const auto index = m_reader.column(name);
            if (!index) return tl::unexpected(index.error());
            use(*index);
            return {};
        };
        Result<void> done = add(m_options.value, [&](int c) { m_value = c; });
        for (const auto& m : m_options.where)
            if (done) done = add(m.name, [&](int c) { m_where.push_back({c, m.value.toStdString()}); });
        for (const auto& m : m_options.baselineWhere)
            if (done) done = add(m.name, [&](int c) { m_baselineWhere.push_back({c, m.value.toStdString()}); });
        for (const auto& name : m_options.orderBy)
            if (done) done = add(name, [&](int c) { m_order.push_back(c); });
        for (const auto& name : m_options.group)
            if (done) done = add(name, [&](int c) { m_group.push_back(c); });
        return done;
    }

    bool holds(const std::vector<Condition>& conditions) const
    {
        return std::all_of(conditions.begin(), conditions.end(),
            [&](const Condition& c) { return m_reader.text(c.column) == c.value; });
    }

    Result<void> take()
    {
        if (!holds(m_where)) return {};
        if (!m_reader.has(m_value)) {
            ++m_skipped;
            return {};
        }
        Row row;
        if (m_options.kind == RunOptions::Kind::Categorical) {
            row.value = label(m_reader.text(m_value));
        } else {
            const auto x = m_reader.number(m_value);
            if (!x) return tl::unexpected(x.error());
            row.value = *x;
            if (m_options.kind == RunOptions::Kind::Binary && row.value != 0 && row.value != 1)
                return tl::unexpected(
                    m_reader.refuse(u"%1 is %2, and a binary value is 0 or 1"_s.arg(m_options.value).arg(row.value)));
        }
        ++m_taken;
        row.stream = stream();
        row.baseline = !m_baselineWhere.empty() && holds(m_baselineWhere);
        m_baselineN += row.baseline;
        m_rows.push_back(row);
        if (!m_order.empty()) {
            std::vector<Key> keys;
            for (const int c : m_order)
                keys.push_back(Key::of(m_reader.text(c)));
            m_keys.push_back(std::move(keys));
        }
        return {};
    }

    double label(std::string_view text)
    {
        const auto [at, fresh] = m_labelIndex.try_emplace(std::string(text), int(m_labels.size()));
        if (fresh) m_labels << QString::fromUtf8(text.data(), qsizetype(text.size()));
        return at->second;
    }

    quint32 stream()
    {
        m_groupText.clear();
        for (const int c : m_group) {
            m_groupText += m_reader.text(c);
            m_groupText += '\x1f';
        }
        const auto found = m_streamIndex.find(m_groupText);
        if (found != m_streamIndex.end()) return found->second;
        QJsonObject name;
        for (size_t i = 0; i < m_group.size(); ++i) {
            const auto t = m_reader.text(m_group[i]);
            name[m_options.group[qsizetype(i)]] = QString::fromUtf8(t.data(), qsizetype(t.size()));
        }
        m_streams.push_back(std::make_unique<RunStream>(name, m_options));
        m_streams.back()->setLabels(&m_labels);
        return m_streamIndex[m_groupText] = quint32(m_streams.size()) - 1;
    }

    void sort()
    {
        std::vector<size_t> order(m_rows.size());
        for (size_t i = 0; i < order.size(); ++i)
            order[i] = i;
        std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
            if (m_rows[a].baseline != m_rows[b].baseline) return m_rows[a].baseline;
            return !m_keys.empty() && m_keys[a] < m_keys[b];
        });
        std::vector<Row> sorted;
        sorted.reserve(m_rows.size());
        for (const size_t i : order)
            sorted.push_back(m_rows[i]);
        m_rows.swap(sorted);
        m_keys = {};
    }

    void flush()
    {
        const auto begin = std::chrono::steady_clock::now();
        for (const Row& row : m_rows) {
            RunStream& s = *m_streams[row.stream];
            if (row.baseline || (m_options.baselineRows > 0 && s.row() < m_options.baselineRows)) {
                m_baselineN += !row.baseline;
                s.learn(row.value);
                continue;
            }
            if (!s.armed()) s.arm();
            if (auto line = s.add(row.value)) {
                ++m_alarms;
                print(*line);
            }
        }
        m_rows.clear();
        m_spent += std::chrono::steady_clock::now() - begin;
    }

    static QString sentence(const QJsonObject& o)
    {
        if (o[u"event"_s] == u"alarm"_s) {
            const auto stream
                = QString::fromUtf8(QJsonDocument(o[u"stream"_s].toObject()).toJson(QJsonDocument::Compact));
            return u"Alarm at row %1%2: effect %3 (%4 to %5), onset at row %6 (%7 to %8)."_s
                .arg(o[u"row"_s].toInteger())
                .arg(stream == u"{}" ? QString() : u" of "_s + stream)
                .arg(o[u"effect"_s][u"estimate"_s].toDouble(), 0, 'g', 4)
                .arg(o[u"effect"_s][u"low"_s].toDouble(-INFINITY), 0, 'g', 4)
                .arg(o[u"effect"_s][u"high"_s].toDouble(INFINITY), 0, 'g', 4)
                .arg(o[u"onset"_s][u"row"_s].toInteger())
                .arg(o[u"onset"_s][u"low_row"_s].toInteger())
                .arg(o[u"onset"_s][u"high_row"_s].toInteger());
        }
        return u"%1 rows in %2 streams, %3 skipped: %4 alarms. Baseline %5 (n = %6), since then %7 (n = %8)."_s
            .arg(o[u"rows"_s].toInteger())
            .arg(o[u"streams"_s].toInteger())
            .arg(o[u"skipped"_s].toInteger())
            .arg(o[u"alarms"_s].toInteger())
            .arg(o[u"baseline"_s][u"mean"_s].toDouble(), 0, 'g', 4)
            .arg(o[u"baseline"_s][u"n"_s].toInteger())
            .arg(o[u"current"_s][u"mean"_s].toDouble(), 0, 'g', 4)
            .arg(o[u"current"_s][u"n"_s].toInteger());
    }

    const RunOptions& m_options;
    TableReader& m_reader;
    QIODevice& m_out;
    int m_value = -1;
    std::vector<Condition> m_where, m_baselineWhere;
    std::vector<int> m_order, m_group;
    std::vector<Row> m_rows;
    std::vector<std::vector<Key>> m_keys;
    std::vector<std::unique_ptr<RunStream>> m_streams;
    std::unordered_map<std::string, quint32> m_streamIndex;
    std::unordered_map<std::string, int> m_labelIndex;
    QStringList m_labels;
    std::string m_groupText;
    qint64 m_taken = 0, m_skipped = 0, m_alarms = 0, m_baselineN = 0;
    std::chrono::nanoseconds m_spent{};
};

int told(QIODevice& err, const Error& error, DriftExit code)
{
    err.write(error.sentence().toUtf8() + '\n');
    return int(code);
}
} // namespace

int driftRun(const QStringList& args, QIODevice& out, QIODevice& err)
{
    if (args.contains(u"--help"_s)) {
        out.write(kDriftRunHelp);
        return int(DriftExit::Ok);
    }
    const auto options = RunOptions::parse(args);
    if (!options) return told(err, options.error(), DriftExit::Usage);
    auto reader = TableReader::open(options->input);
    if (!reader) return told(err, reader.error(), DriftExit::BadInput);
    Run run(*options, *reader, out);
    if (const auto done = run.all(); !done) return told(err, done.error(), DriftExit::BadInput);
    run.print(run.summary());
    return int(DriftExit::Ok);
}

} // namespace wf
