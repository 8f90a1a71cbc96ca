// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the filter language of the timeline: words are full text (a word finds what begins with it, "two words" a
// phrase); kind: actor: feature: incident: source: loud: before: narrow it. One key given twice means either.
// Owner: store. Thread: pure.
#pragma once
#include "models/domain/ports.h"
#include <optional>

namespace wf::store {

struct ParsedFilter {
    QStringList words, kinds, actors, features, incidents, sources;
    std::optional<bool> loud;
    std::optional<Nanos> before; ///< strictly older than this
    bool answers = false; ///< kind:answer, which stands alone with feature:, before: and words

    /// Needs the text index: anything beyond one kind and a time.
    bool needsText() const;
    /// FTS5 expression over the columns of events_fts; only when needsText().
    QString ftsMatch() const;
};

/// before:HH:MM is the last such moment (UTC) that is not after now. Unknown keys and values are an error sentence.
Result<ParsedFilter> parseFilter(const QString& text, Nanos now);

} // namespace wf::store
