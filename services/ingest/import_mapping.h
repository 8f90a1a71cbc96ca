// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: how the columns of a file become answers and observations, as a person wrote it down.
// Owner: services/ingest. Thread: values, any. Keys: docs/design/ingest.md.
#pragma once
#include "models/domain/telemetry.h"
#include <functional>
#include <optional>

namespace wf {

/// The text of a column, or nothing when the row has no such column.
using ColumnText = std::function<std::optional<QString>(const QString& column)>;

/// "{task} {model}": literal text with columns in braces.
class TextTemplate {
public:
    static Result<TextTemplate> parse(const QString& text);
    /// Empty as a whole when the row lacks one of the columns.
    QString fill(const ColumnText& column) const;

private:
    struct Piece {
        QString text;
        bool column = false;
    };
    std::vector<Piece> m_pieces;
};

struct ImportMapping {
    enum class Format { Csv, Jsonl };
    QString name;
    Format format = Format::Jsonl;
    TextTemplate time;
    QString timeFormat; ///< "rfc3339", "unix_s", "unix_ms", "unix_ns", or a date pattern read as UTC
    Nanos step = 0; ///< above 0: rows of the same stack and time follow one another by this much …
    bool shuffled = false; ///< … in an order fixed by chance once and for all, instead of the file's
    TextTemplate feature, responseId, recipient, latencySeconds, error, cached, human;
    std::vector<std::pair<Layer, TextTemplate>> stack;
    std::vector<std::pair<QString Slice::*, TextTemplate>> slice;
    std::vector<std::pair<QString, TextTemplate>> signalValues; ///< signal name -> value
};

Result<ImportMapping> loadMapping(const QByteArray& yaml, const QString& fileName);
/// The time of a row as the mapping reads it.
Result<Nanos> readTime(const QString& text, const QString& format);

} // namespace wf
