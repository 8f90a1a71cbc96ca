// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: what in a sentence can be checked. A fact is a number, time, identifier or version; the citation checker
// demands that every one of them is covered. Owner: domain. Thread: pure functions. Rules: docs/design/claims.md.
#pragma once
#include <QJsonObject>
#include <QString>
#include <QStringList>
#include <optional>
#include <vector>

namespace wf {

struct Fact {
    qsizetype at = 0, size = 0; ///< where it stands in the sentence
    QString text; ///< canonical: "3146" for "3 146", "71.4 %" for "71.4%", "-22.6 points", "21 Nov"
    friend bool operator==(const Fact&, const Fact&) = default;
};

/// Left to right. Anything that holds a digit is a fact, with the unit that follows it; so are number words ("three"),
/// words with an underscore, and what stands in backticks.
std::vector<Fact> factsIn(const QString& sentence);

/// One number with its unit, nothing else: "71.4 %", "−22.6 points", "3 146", "812 ms".
struct NumberText {
    double value = 0;
    double halfUnit = 0.5; ///< half a unit of the last written digit: the widest tolerance a figure may ask for
    QString unit;
};
std::optional<NumberText> readNumber(const QString& text);

/// Every run of white space (and invisible formatting) becomes one blank; both ends trimmed.
QString foldSpaces(const QString& text);

/// The words stand in the passage, and neither end cuts a word or a number in two ("4 %" does not stand in "71.4 %").
bool standsIn(const QString& quote, const QString& passage);

/// What a quote may be taken from: the title, and each key and each value of the result on its own.
QStringList passagesOf(const QString& title, const QJsonObject& result);

} // namespace wf
