// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/export/markdown.h"

namespace wf {
using namespace Qt::StringLiterals;

namespace {
/// A blank for white space, the code point for what would act or hide.
QString visible(const QString& text)
{
    QString out;
    for (const char32_t c : text.toUcs4()) {
        const QChar::Category category = QChar::category(c);
        if (c == U'\n' || c == U'\r' || c == U'\t' || category == QChar::Separator_Line
            || category == QChar::Separator_Paragraph)
            out += u' ';
        else if (category == QChar::Other_Control || category == QChar::Other_Format
            || category == QChar::Other_Surrogate || c == 0xFFFD)
            out += u"⟨U+%1⟩"_s.arg(QString::number(c, 16).toUpper().rightJustified(4, u'0'));
        else
            out += QString::fromUcs4(&c, 1);
    }
    return out.simplified();
}
} // namespace

QString mdText(const QString& outside)
{
    QString out;
    for (const QChar c : visible(outside)) {
        switch (c.unicode()) {
        case u'&':
            out += u"&amp;";
            break;
        case u'<':
            out += u"&lt;";
            break;
        case u'>':
            out += u"&gt;";
            break;
        case u'@':
            out += u"&#64;";
            break; // mentions and mail addresses
        case u'\\':
        case u'`':
        case u'*':
        case u'_':
        case u'{':
        case u'}':
        case u'[':
        case u']':
        case u'(':
        case u')':
        case u'#':
        case u'!':
        case u'|':
        case u'~':
        case u'$':
            out += u'\\';
            out += c;
            break;
        default:
            out += c;
        }
    }
    // Renderers turn bare addresses into links; the reader sees the same characters.
    out.replace(u"://"_s, u"&#58;//"_s);
    out.replace(u"www."_s, u"www&#46;"_s, Qt::CaseInsensitive);
    // What would begin a list or a rule when it stands first.
    if (!out.isEmpty() && (out[0] == u'-' || out[0] == u'+' || out[0] == u'=')) out.prepend(u'\\');
    qsizetype digits = 0;
    while (digits < out.size() && out[digits].isDigit())
        ++digits;
    const bool item = digits > 0 && digits < out.size() && out[digits] == u'.'
        && (digits + 1 == out.size() || out[digits + 1] == u' ');
    if (item) out.insert(digits, u'\\');
    return out;
}

QString mdCode(const QString& outside)
{
    QString text = visible(outside);
    if (text.isEmpty()) return u"—"_s;
    // A fence longer than any run of backticks inside; bars would end a table cell even in code.
    qsizetype longest = 0, run = 0;
    for (const QChar c : text) {
        run = c == u'`' ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    const QString fence(longest + 1, u'`');
    const QString pad = longest > 0 ? u" "_s : QString();
    return fence + pad + text.replace(u'|', u"\\|"_s) + pad + fence;
}

QString mdTable(const QStringList& head, const QList<QStringList>& rows)
{
    QString out = u"| "_s + head.join(u" | "_s) + u" |\n|"_s + QString(u"---|"_s).repeated(head.size()) + u'\n';
    for (const QStringList& row : rows)
        if (!row.isEmpty()) out += u"| "_s + row.join(u" | "_s) + u" |\n"_s;
    return out;
}

} // namespace wf
