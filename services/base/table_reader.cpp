// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/base/table_reader.h"
#include "services/base/json_scan.h"
#include <QFile>
#include <QFileInfo>
#include <charconv>
#include <cmath>
#include <cstring>

namespace wf {
using namespace Qt::StringLiterals;

TableReader::TableReader() = default;
TableReader::TableReader(TableReader&&) noexcept = default;
TableReader& TableReader::operator=(TableReader&&) noexcept = default;
TableReader::~TableReader() = default;

Result<TableReader> TableReader::open(const QString& path)
{
    TableReader r;
    r.m_name = path;
    r.m_file = std::make_unique<QFile>(path);
    if (!r.m_file->open(QIODevice::ReadOnly))
        return fail(r.m_file->exists() ? Fault::Io : Fault::NotFound,
            u"%1 cannot be read: %2."_s.arg(path, r.m_file->errorString()), {},
            u"Check the name and who may read it."_s);
    const QString suffix = QFileInfo(path).suffix().toLower();
    r.m_json = suffix == u"jsonl" || suffix == u"ndjson" || suffix == u"json";
    if (r.m_json) return r;
    const auto header = r.nextCsv();
    if (!header) return tl::unexpected(header.error());
    if (!*header) return fail(Fault::BadInput, u"%1 is empty: a CSV file begins with a header."_s.arg(path));
    for (const Cell& c : r.m_fields) {
        const auto& from = c.state == Cell::InScratch ? r.m_scratch : r.m_buffer;
        const QString name = QString::fromUtf8(
            from.data() + c.begin + (c.state == Cell::InScratch ? 0 : r.m_rowBegin), qsizetype(c.size));
        if (r.m_header.contains(name)) return tl::unexpected(r.refuse(u"the header names “%1” twice"_s.arg(name)));
        r.m_header << name;
    }
    return r;
}

Error TableReader::refuse(const QString& reason) const
{
    return {Fault::BadInput, u"%1:%2: %3."_s.arg(m_name).arg(m_rowLine).arg(reason), {}, {}};
}

Result<int> TableReader::column(const QString& name)
{
    if (m_json) {
        if (m_names.size() >= 64) return fail(Fault::BadInput, u"At most 64 columns can be asked for at once."_s);
        m_names.push_back(name.toStdString());
    } else {
        const qsizetype at = m_header.indexOf(name);
        if (at < 0)
            return fail(Fault::BadInput, u"%1 has no column “%2”."_s.arg(m_name, name), {},
                u"It has: %1."_s.arg(m_header.join(u", "_s)));
        m_wanted.push_back(size_t(at));
    }
    m_cells.emplace_back();
    return int(m_cells.size()) - 1;
}

bool TableReader::fetchLine()
{
    size_t from = m_next;
    while (true) {
        if (const void* end
            = from < m_buffer.size() ? std::memchr(m_buffer.data() + from, '\n', m_buffer.size() - from) : nullptr) {
            const size_t at = size_t(static_cast<const char*>(end) - m_buffer.data());
            m_rowSize = at - m_rowBegin;
            m_next = at + 1;
            ++m_lines;
            return true;
        }
        from = m_buffer.size();
        if (m_eof) break;
        // Keep the row read so far, drop what lies before it. A row beyond the limit is forgotten but its end is still
        // found.
        size_t drop = m_rowBegin;
        if (m_buffer.size() - m_rowBegin > kMaxRow) {
            m_tooLong = true;
            drop = m_buffer.size();
        }
        m_buffer.erase(0, drop);
        m_next = m_next > drop ? m_next - drop : 0;
        m_rowBegin = 0;
        from = m_buffer.size();
        constexpr size_t chunk = 1u << 20;
        m_buffer.resize(from + chunk);
        const qint64 got = m_file->read(m_buffer.data() + from, qint64(chunk));
        m_buffer.resize(from + size_t(std::max<qint64>(got, 0)));
        m_eof = got <= 0;
    }
    if (m_next >= m_buffer.size()) return false;
    m_rowSize = m_buffer.size() - m_rowBegin; // a last line without its line end
    m_next = m_buffer.size();
    ++m_lines;
    return true;
}

Result<bool> TableReader::next()
{
    return m_json ? nextJson() : nextCsv();
}

Result<bool> TableReader::nextCsv()
{
    while (true) {
        m_rowBegin = m_next;
        m_rowLine = m_lines + 1;
        m_tooLong = false;
        if (!fetchLine()) return false;
        if (m_rowLine == 1 && raw().starts_with("\xef\xbb\xbf")) {
            m_rowBegin += 3;
            m_rowSize -= 3;
        }
        const bool blank = m_rowSize == 0 || (m_rowSize == 1 && m_buffer[m_rowBegin] == '\r');
        if (blank && m_header.size() != 1) continue; // with one column a blank line is an empty value
        const QString reason = m_tooLong ? QString() : splitCsv();
        if (m_tooLong) return tl::unexpected(refuse(u"the row is longer than 16 MiB"_s));
        if (!reason.isEmpty()) {
            // An open quote may have swallowed good rows: go on behind the first line of this one.
            const size_t end = m_buffer.find('\n', m_rowBegin);
            m_next = std::min(end == std::string::npos ? m_buffer.size() : end + 1, m_buffer.size());
            m_lines = m_rowLine;
            return tl::unexpected(refuse(reason));
        }
        if (!m_header.isEmpty() && qsizetype(m_fields.size()) != m_header.size())
            return tl::unexpected(
                refuse(u"%1 fields where the header has %2"_s.arg(m_fields.size()).arg(m_header.size())));
        for (size_t i = 0; i < m_wanted.size(); ++i) {
            m_cells[i] = m_fields[m_wanted[i]];
            if (m_cells[i].size == 0) m_cells[i].state = Cell::Missing;
        }
        return true;
    }
}

QString TableReader::splitCsv()
{
    m_fields.clear();
    m_scratch.clear();
    size_t at = 0;
    const auto end
        = [&] { return m_rowSize - (m_rowSize > 0 && m_buffer[m_rowBegin + m_rowSize - 1] == '\r' ? 1 : 0); };
    while (true) {
        if (at < end() && m_buffer[m_rowBegin + at] == '"') {
            const size_t scratch = m_scratch.size();
            for (++at;; ++at) {
                if (at >= m_rowSize) { // a line end inside the quotes belongs to the field
                    if (!fetchLine()) return u"a quote is never closed"_s;
                    if (m_tooLong) return {};
                    --at;
                    continue;
                }
                const char c = m_buffer[m_rowBegin + at];
                if (c != '"')
                    m_scratch += c;
                else if (at + 1 < m_rowSize && m_buffer[m_rowBegin + at + 1] == '"')
                    m_scratch += m_buffer[m_rowBegin + at++];
                else
                    break;
            }
            m_fields.push_back({Cell::InScratch, scratch, m_scratch.size() - scratch});
            if (++at < end() && m_buffer[m_rowBegin + at] != ',') return u"text behind a closing quote"_s;
        } else {
            const char* begin = m_buffer.data() + m_rowBegin + at;
            const size_t left = end() - at;
            const void* comma = std::memchr(begin, ',', left);
            const size_t size = comma ? size_t(static_cast<const char*>(comma) - begin) : left;
            if (std::memchr(begin, '"', size)) return u"a quote inside a field that is not quoted"_s;
            m_fields.push_back({Cell::InBuffer, at, size});
            at += size;
        }
        if (at >= end()) return {};
        ++at; // the comma
    }
}

Result<bool> TableReader::nextJson()
{
    while (true) {
        m_rowBegin = m_next;
        m_rowLine = m_lines + 1;
        m_tooLong = false;
        if (!fetchLine()) return false;
        if (m_tooLong) return tl::unexpected(refuse(u"the row is longer than 16 MiB"_s));
        if (raw().find_first_not_of(" \t\r") == std::string_view::npos) continue;
        for (Cell& c : m_cells)
            c.state = Cell::Missing;
        m_scratch.clear();
        std::string reason;
        const auto found = [&](size_t wanted, JsonText text) {
            Cell& cell = m_cells[wanted];
            if (text.escaped) {
                const size_t begin = m_scratch.size();
                if (!unescapeJson(text.text, m_scratch)) return false;
                cell = {Cell::InScratch, begin, m_scratch.size() - begin};
            } else {
                cell = {Cell::InBuffer, size_t(text.text.data() - m_buffer.data()) - m_rowBegin, text.text.size()};
            }
            return true;
        };
        if (!scanJsonObject(raw(), m_names, found, reason))
            return tl::unexpected(refuse(QString::fromStdString(reason)));
        return true;
    }
}

std::string_view TableReader::text(int column) const
{
    const Cell& c = m_cells[size_t(column)];
    if (c.state == Cell::Missing) return {};
    return c.state == Cell::InScratch ? std::string_view(m_scratch).substr(c.begin, c.size)
                                      : raw().substr(c.begin, c.size);
}

Result<double> TableReader::number(int column) const
{
    std::string_view t = text(column);
    while (!t.empty() && (t.front() == ' ' || t.front() == '\t'))
        t.remove_prefix(1);
    while (!t.empty() && (t.back() == ' ' || t.back() == '\t'))
        t.remove_suffix(1);
    if (t == "true") return 1.0;
    if (t == "false") return 0.0;
    double value = 0;
    const auto [end, error] = std::from_chars(t.data(), t.data() + t.size(), value);
    const QString name
        = m_json ? QString::fromStdString(m_names[size_t(column)]) : m_header[qsizetype(m_wanted[size_t(column)])];
    if (t.empty() || error != std::errc() || end != t.data() + t.size() || !std::isfinite(value))
        return tl::unexpected(refuse(u"%1 is “%2”, not a finite number"_s.arg(
            name, QString::fromUtf8(t.data(), qsizetype(std::min<size_t>(t.size(), 40))))));
    return value;
}

} // namespace wf
