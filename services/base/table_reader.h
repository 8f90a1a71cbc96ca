// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: rows of a CSV (RFC 4180, with a header) or JSON Lines file, streamed in constant memory. Columns are named;
// in JSON a dotted name reaches into objects ("signals.correct"). A bad row is refused as file:line: reason, and the
// reader goes on with the next one if asked. Owner: drift command, import. Thread: one.
#pragma once
#include "models/domain/result.h"
#include <QStringList>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

class QFile;

namespace wf {

class TableReader {
public:
    static constexpr size_t kMaxRow = 16u << 20; ///< a longer row is refused
    static constexpr int kMaxDepth = 64; ///< of nested JSON

    /// .jsonl, .ndjson and .json are JSON Lines; everything else is CSV, whose header is read here.
    static Result<TableReader> open(const QString& path);
    TableReader(TableReader&&) noexcept;
    TableReader& operator=(TableReader&&) noexcept;
    ~TableReader();

    /// The index to ask rows with; call before the first next(). A CSV without such a column is an error that names
    /// those it has; in JSON Lines a column may be missing from every row.
    Result<int> column(const QString& name);
    QStringList header() const { return m_header; } ///< CSV only
    bool isJson() const { return m_json; }

    /// true: a row is ready. false: the end. An error refuses one row; the next call continues behind it.
    Result<bool> next();
    /// Views live until the next next(). Missing = empty CSV field, absent key, JSON null.
    bool has(int column) const { return m_cells[size_t(column)].state != Cell::Missing; }
    /// Strings unescaped; numbers, true and false as written; objects and arrays as their JSON text.
    std::string_view text(int column) const;
    /// A finite number; true is 1, false is 0. Anything else is an error with file, line and reason.
    Result<double> number(int column) const;
    std::string_view raw() const { return std::string_view(m_buffer).substr(m_rowBegin, m_rowSize); } ///< the whole row
    qint64 line() const { return m_rowLine; } ///< of the row's first character, from 1
    Error refuse(const QString& reason) const; ///< "file:line: reason"

private:
    struct Cell {
        enum State : char { Missing, InBuffer, InScratch } state = Missing;
        size_t begin = 0, size = 0; ///< InBuffer: from the row's first byte
    };
    TableReader();
    bool fetchLine(); ///< extends the row by one line; false at the end of the file
    Result<bool> nextCsv();
    Result<bool> nextJson();
    QString splitCsv(); ///< reason, empty when fine

    std::unique_ptr<QFile> m_file;
    QString m_name;
    bool m_json = false, m_eof = false, m_tooLong = false;
    std::string m_buffer, m_scratch;
    size_t m_rowBegin = 0, m_rowSize = 0, m_next = 0; ///< m_next: first byte behind the row and its line end
    qint64 m_rowLine = 0, m_lines = 0;
    QStringList m_header;
    std::vector<Cell> m_fields; ///< CSV: all fields of the row
    std::vector<size_t> m_wanted; ///< CSV: field of each asked column
    std::vector<std::string> m_names; ///< JSON: dotted names asked for
    std::vector<Cell> m_cells;
};

} // namespace wf
