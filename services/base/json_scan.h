// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: one pass over a JSON object that checks all of it and hands out only the members asked for, by dotted name.
// For files of millions of rows, of which a run needs two or three values each. Owner: TableReader. Thread: pure
// functions.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace wf {

struct JsonText {
    std::string_view text; ///< a string without its quotes; anything else as written
    bool escaped = false; ///< a string with backslashes: unescapeJson() first
};

/// Calls found(index of the name, text) for each named member that is not null; it returns false to refuse the escape.
/// False, with the reason, when the row is not exactly one well-formed object (RFC 8259), nests deeper than 64, is not
/// UTF-8 or names a wanted member twice.
bool scanJsonObject(std::string_view row, const std::vector<std::string>& names,
    const std::function<bool(size_t, JsonText)>& found, std::string& reason);

/// Appends the unescaped text; false for a lone surrogate (nothing else can be wrong in a scanned string).
bool unescapeJson(std::string_view text, std::string& out);

} // namespace wf
