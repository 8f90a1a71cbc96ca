// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/spans.h"
#include <QAccessible>
#include <QFontMetricsF>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace wf {

namespace {

constexpr qreal kChipPad = 5; // left and right of "E22"

QFont fontOf(const Span& span)
{
    QFont font
        = span.mono ? Theme::instance().mono(span.delta, span.bold) : Theme::instance().text(span.delta, span.bold);
    font.setStrikeOut(span.strike);
    return font;
}

QString chipText(const Span& span)
{
    return u'E' + QString::number(span.evidence);
}

/// Words with the blanks that follow them, so that a run can be measured and painted as one.
QStringList words(const QString& text)
{
    QStringList result;
    qsizetype start = 0;
    for (qsizetype i = 1; i < text.size(); ++i) {
        if (text[i - 1] == u' ' && text[i] != u' ') {
            result << text.mid(start, i - start);
            start = i;
        }
    }
    if (start < text.size()) result << text.mid(start);
    return result;
}

QString withoutTail(QString word)
{
    while (word.endsWith(u' '))
        word.chop(1);
    return word;
}

struct Setter {
    const Spans& spans;
    qreal width;
    int maxLines;
    SpanLayout out;
    qreal x = 0, y = 0, lineHeight = 0;
    size_t lineStart = 0;

    void closeLine()
    {
        qreal ascent = 0, descent = 0;
        for (size_t i = lineStart; i < out.runs.size(); ++i) {
            const QFontMetricsF metrics(fontOf(spans[out.runs[i].span]));
            ascent = std::max(ascent, metrics.ascent());
            descent = std::max(descent, metrics.descent());
        }
        lineHeight = std::ceil((ascent + descent) * 1.12);
        const qreal top = (lineHeight - ascent - descent) / 2;
        for (size_t i = lineStart; i < out.runs.size(); ++i) {
            out.runs[i].baseline = y + top + ascent;
            out.runs[i].rect.moveTop(y);
            out.runs[i].rect.setHeight(lineHeight);
        }
        out.size.setWidth(std::max(out.size.width(), x));
        y += lineHeight;
        out.lines++;
        x = 0;
        lineStart = out.runs.size();
    }

    bool lastLine() const { return maxLines > 0 && out.lines == maxLines - 1; }

    /// Cuts what does not fit any more; the line ends in an ellipsis.
    void cut(size_t span, const QString& text)
    {
        out.elided = true;
        const QFontMetricsF metrics(fontOf(spans[span]));
        if (spans[span].evidence == 0) {
            const QString rest = metrics.elidedText(text, Qt::ElideRight, std::max<qreal>(0, width - x));
            if (!rest.isEmpty() && rest != u"…"_s) {
                place(span, rest, metrics.horizontalAdvance(rest));
                return;
            }
        }
        while (out.runs.size() > lineStart) { // make room for the ellipsis in what is already there
            SpanRun& last = out.runs.back();
            const bool chip = spans[last.span].evidence > 0;
            const QFontMetricsF lastMetrics(fontOf(spans[last.span]));
            const qreal room = width - last.rect.left();
            const QString words = withoutTail(last.text);
            QString shorter;
            if (!chip && lastMetrics.horizontalAdvance(words + u'…') <= room)
                shorter = words + u'…';
            else if (!chip)
                shorter = lastMetrics.elidedText(words, Qt::ElideRight, room);
            if (!shorter.isEmpty() && shorter != u"…"_s) {
                last.text = shorter;
                last.rect.setWidth(lastMetrics.horizontalAdvance(shorter));
                x = last.rect.right();
                return;
            }
            x = last.rect.left();
            out.runs.pop_back();
        }
    }

    void place(size_t span, const QString& text, qreal advance)
    {
        if (!out.runs.empty() && out.runs.size() > lineStart && out.runs.back().span == span
            && spans[span].evidence == 0) {
            out.runs.back().text += text;
            out.runs.back().rect.setRight(out.runs.back().rect.right() + advance);
        } else {
            out.runs.push_back({QRectF(x, y, advance, 1), 0, text, span});
        }
        x += advance;
    }

    /// A word longer than a whole line (a URL, a digest): broken before a slash where there is one, else anywhere.
    QString placeHead(size_t s, QString word)
    {
        const QFontMetricsF metrics(fontOf(spans[s]));
        while (metrics.horizontalAdvance(withoutTail(word)) > width) {
            if (x > 0 && width - x < metrics.averageCharWidth() * 8) closeLine();
            qsizetype fits = 1;
            while (fits + 1 < word.size() && x + metrics.horizontalAdvance(word.left(fits + 1)) <= width)
                ++fits;
            if (const qsizetype slash = word.lastIndexOf(u'/', fits); slash > fits / 3 && word[slash - 1] != u'/') fits = slash;
            const QString head = word.left(fits);
            place(s, head, metrics.horizontalAdvance(head));
            closeLine();
            word = word.mid(fits);
        }
        return word;
    }

    SpanLayout run()
    {
        for (size_t s = 0; s < spans.size(); ++s) {
            const Span& span = spans[s];
            const QFontMetricsF metrics(fontOf(span));
            const QStringList pieces = span.evidence > 0 ? QStringList{chipText(span)} : words(span.text);
            for (QString piece : pieces) {
                if (maxLines == 0 && span.evidence == 0) piece = placeHead(s, piece);
                const qreal pad = span.evidence > 0 ? 2 * kChipPad + 4 : 0;
                const qreal bare = metrics.horizontalAdvance(withoutTail(piece)) + pad;
                if (x + bare > width + 0.5 && (x > 0 || lastLine())) {
                    if (lastLine()) {
                        cut(s, piece);
                        closeLine();
                        out.size.setHeight(y);
                        return out;
                    }
                    if (x > 0) closeLine();
                }
                place(s, piece, metrics.horizontalAdvance(piece) + pad);
            }
        }
        if (out.runs.size() > lineStart || out.lines == 0) closeLine();
        out.size.setHeight(y);
        return out;
    }
};

} // namespace

bool operator==(const Span& a, const Span& b)
{
    return a.text == b.text && a.role == b.role && a.bold == b.bold && a.mono == b.mono && a.strike == b.strike
        && a.delta == b.delta && a.evidence == b.evidence;
}

QString plainText(const Spans& spans)
{
    QString text;
    for (const Span& span : spans) {
        if (span.evidence > 0) {
            if (!text.isEmpty() && !text.endsWith(u' ')) text += u' ';
            text += chipText(span) + u' ';
        } else {
            text += span.text;
        }
    }
    return text.trimmed();
}

int SpanLayout::evidenceAt(const Spans& spans, const QPointF& position) const
{
    for (const SpanRun& run : runs)
        if (spans[run.span].evidence > 0 && run.rect.contains(position)) return spans[run.span].evidence;
    return 0;
}

SpanLayout layoutSpans(const Spans& spans, qreal width, int maxLines)
{
    return Setter{spans, std::max<qreal>(width, 1), maxLines, {}}.run();
}

void paintSpans(QPainter& painter, const QPointF& topLeft, const Spans& spans, const SpanLayout& layout)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    for (const SpanRun& run : layout.runs) {
        const Span& span = spans[run.span];
        painter.setFont(fontOf(span));
        if (span.evidence > 0) {
            const QFontMetricsF metrics(painter.font());
            QRectF chip = run.rect.translated(topLeft).adjusted(2, 0, -2, 0);
            const qreal height = std::min(chip.height(), metrics.height() + 1);
            chip = QRectF(chip.left(), chip.center().y() - height / 2, chip.width(), height);
            painter.setPen(Qt::NoPen);
            painter.setBrush(ink(span.strike ? Role::BadFill : Role::EvidenceFill));
            painter.drawRoundedRect(chip, 4, 4);
            painter.setPen(ink(span.role));
            painter.drawText(chip, Qt::AlignCenter, run.text);
            continue;
        }
        painter.setPen(ink(span.role));
        painter.drawText(QPointF(topLeft.x() + run.rect.left(), topLeft.y() + run.baseline), run.text);
    }
    painter.restore();
}

QRectF paintBadge(QPainter* painter, const QPointF& topLeft, const QString& text, Role fill, Role inkRole, int delta)
{
    const QFont font = Theme::instance().text(delta, true);
    const QFontMetricsF metrics(font);
    const QRectF rect(
        topLeft, QSizeF(std::ceil(metrics.horizontalAdvance(text)) + 14, std::ceil(metrics.height()) + 3));
    if (!painter) return rect;
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush(ink(fill));
    painter->drawRoundedRect(rect, 4, 4);
    painter->setFont(font);
    painter->setPen(ink(inkRole));
    painter->drawText(rect, Qt::AlignCenter, text);
    painter->restore();
    return rect;
}

SpanLabel::SpanLabel(QWidget* parent, int maxLines)
    : QWidget(parent)
    , m_maxLines(maxLines)
{
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Preferred);
    policy.setHeightForWidth(maxLines != 1);
    setSizePolicy(policy);
    setMouseTracking(true);
    connect(&Theme::instance(), &Theme::changed, this, [this] {
        forget();
        update();
    });
}

void SpanLabel::forget()
{
    m_layoutWidth = -1;
    m_heights.clear();
    m_hint = {};
}

void SpanLabel::setSpans(const Spans& spans)
{
    if (spans == m_spans) return;
    m_spans = spans;
    forget();
    setAccessibleName(plainText(spans));
    setFocusPolicy(shownEvidence().empty() ? Qt::NoFocus : Qt::TabFocus);
    updateGeometry();
    update();
}

void SpanLabel::setMaxLines(int lines)
{
    if (lines == m_maxLines) return;
    m_maxLines = lines;
    forget();
    updateGeometry();
}

void SpanLabel::setAlignRight(bool on)
{
    m_right = on;
    update();
}

std::vector<int> SpanLabel::shownEvidence() const
{
    std::vector<int> numbers;
    for (const Span& span : m_spans)
        if (span.evidence > 0) numbers.push_back(span.evidence);
    return numbers;
}

const SpanLayout& SpanLabel::layoutFor(int width) const
{
    if (m_layoutWidth != width) {
        m_layout = layoutSpans(m_spans, width, m_maxLines);
        m_layoutWidth = width;
    }
    return m_layout;
}

QPointF SpanLabel::origin() const
{
    const SpanLayout& layout = layoutFor(width());
    return {m_right ? std::max<qreal>(0, width() - layout.size.width()) : 0,
        m_maxLines == 1 ? std::max<qreal>(0, (height() - layout.size.height()) / 2) : 0};
}

QRect SpanLabel::evidenceRect(int number) const
{
    for (const SpanRun& run : layoutFor(width()).runs)
        if (m_spans[run.span].evidence == number) return run.rect.translated(origin()).toAlignedRect();
    return {};
}

QSize SpanLabel::sizeHint() const
{
    if (m_hint.isValid()) return m_hint;
    const SpanLayout wide = layoutSpans(m_spans, m_maxLines == 1 ? 1e6 : 420, m_maxLines);
    m_hint = QSize(int(std::ceil(wide.size.width())) + 1, int(std::ceil(wide.size.height())));
    return m_hint;
}

QSize SpanLabel::minimumSizeHint() const
{
    return QSize(24, int(std::ceil(QFontMetricsF(Theme::instance().text()).height())));
}

int SpanLabel::heightForWidth(int width) const
{
    for (const auto& [known, height] : m_heights)
        if (known == width) return height;
    const int height = int(std::ceil(layoutSpans(m_spans, width, m_maxLines).size.height()));
    if (m_heights.size() >= 4) m_heights.erase(m_heights.begin());
    m_heights.emplace_back(width, height);
    return height;
}

void SpanLabel::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    paintSpans(painter, origin(), m_spans, layoutFor(width()));
    if (!hasFocus()) return;
    const std::vector<int> numbers = shownEvidence();
    if (numbers.empty()) return;
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(ink(Role::Accent));
    painter.drawRoundedRect(
        QRectF(evidenceRect(numbers[size_t(m_focusChip) % numbers.size()])).adjusted(1.5, 0.5, -1.5, -0.5), 4, 4);
}

void SpanLabel::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    m_layoutWidth = -1;
}

void SpanLabel::mouseMoveEvent(QMouseEvent* event)
{
    const int number = layoutFor(width()).evidenceAt(m_spans, event->position() - origin());
    setCursor(number ? Qt::PointingHandCursor : Qt::ArrowCursor);
    event->ignore();
}

void SpanLabel::mouseReleaseEvent(QMouseEvent* event)
{
    const int number = layoutFor(width()).evidenceAt(m_spans, event->position() - origin());
    if (number == 0 || event->button() != Qt::LeftButton)
        return event->ignore(); // a card underneath may want the click
    Q_EMIT evidenceClicked(number);
}

void SpanLabel::keyPressEvent(QKeyEvent* event)
{
    const std::vector<int> numbers = shownEvidence();
    if (numbers.empty()) return QWidget::keyPressEvent(event);
    const int count = int(numbers.size());
    switch (event->key()) {
    case Qt::Key_Left:
        m_focusChip = (m_focusChip + count - 1) % count;
        break;
    case Qt::Key_Right:
        m_focusChip = (m_focusChip + 1) % count;
        break;
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Space:
        Q_EMIT evidenceClicked(numbers[size_t(m_focusChip % count)]);
        return;
    default:
        return QWidget::keyPressEvent(event);
    }
    update();
}

bool SpanLabel::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int number = layoutFor(width()).evidenceAt(m_spans, help->pos() - origin());
        if (number)
            QToolTip::showText(help->globalPos(), u"Open evidence E%1"_s.arg(number), this);
        else if (layoutFor(width()).elided)
            QToolTip::showText(help->globalPos(), text(), this);
        else if (!toolTip().isEmpty())
            return QWidget::event(event);
        else
            QToolTip::hideText();
        return true;
    }
    return QWidget::event(event);
}

} // namespace wf
