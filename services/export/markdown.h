// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: text from outside inside a Markdown file: it can neither format, link, mention, nor hide. Owner:
// services/export. Thread: pure functions.
#pragma once
#include <QString>
#include <QStringList>

namespace wf {

/// One line. Markup, HTML, links, mentions and table bars are escaped; control and direction characters are spelled
/// out.
QString mdText(const QString& outside);
/// The same as a code span.
QString mdCode(const QString& outside);
/// Cells are Markdown already; a row without cells is left out.
QString mdTable(const QStringList& head, const QList<QStringList>& rows);

} // namespace wf
