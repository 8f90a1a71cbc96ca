// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: how the columns of a file become answers and observations, as a person wrote it down.
// Owner: services/ingest. Thread: values, any. Keys: docs/design/ingest.md.
#pragma once
#include "models/domain/telemetry.h"
#include <QStringList>
#include <functional>
#include <optional>

namespace wf {

/// The text of one of the mapping's columns, or nothing when the row has no such value.
using ColumnText = std::function<std::optional<QString>(int column)>;

/// "{task} {model}": literal text with columns in braces.
class TextTemplate {
public:
    /// Columns not among `columns` yet are added to it.
    static Result<TextTemplate> parse(const QString& text, QStringList& columns);
    /// Empty as a whole when the row lacks one of the columns.
    QString fill(const ColumnText& column) const;

private:
    struct Piece {
        QString text; ///< literal, when column is -1
        int column = -1;
    };
    std::vector<Piece> m_pieces;
};

struct ImportMapping {
    QString name;
    QStringList columns; ///< all that the templates name; "a.b" reaches into nested JSON
    TextTemplate time;
    QString timeFormat; ///< "rfc3339", "unix_s", "unix_ms", "unix_ns", or a date pattern read as UTC
    Nanos step = 0; ///< above 0: rows of the same feature, model and time follow one another by this much …
    bool shuffled = false; ///< … in an order fixed by chance once and for all, instead of the file's
    TextTemplate feature, responseId, recipient, latencySeconds, error, cached, human;
    std::vector<std::pair<Layer, TextTemplate>> stack;
    std::vector<std::pair<QString Slice::*, TextTemplate>> slice;
    std::vector<std::pair<QString, TextTemplate>> signalValues; ///< signal name -> value
};

Result<ImportMapping> loadMapping(const QByteArray& yaml, const QString& fileName);
/// From a file, or from a resource such as ":/samples/mappings/llmdrift.yaml".
Result<ImportMapping> readMapping(const QString& path);
/// The time of a row as the mapping reads it.
Result<Nanos> readTime(const QString& text, const QString& format);

} // namespace wf
