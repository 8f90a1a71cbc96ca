// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: one line or paragraph of mixed text: roles, weights, figures, and evidence chips that can be clicked. The
// one way the console sets prose, in widgets (SpanLabel) and in delegates (layoutSpans, paintSpans) alike. Owner:
// ui/common. Thread: GUI.
#pragma once
#include "ui/common/theme.h"
#include <QWidget>
#include <vector>

namespace wf {

struct Span {
    QString text;
    Role role = Role::Text;
    bool bold = false, mono = false, strike = false;
    int delta = 0; ///< points over the base size
    int evidence = 0; ///< > 0: drawn as a chip "E22"; text is ignored
};
using Spans = std::vector<Span>;

inline Span plain(const QString& text, Role role = Role::Text)
{
    return {text, role, false, false, false, 0, 0};
}
inline Span muted(const QString& text)
{
    return plain(text, Role::Muted);
}
inline Span strong(const QString& text, Role role = Role::Text, int delta = 0)
{
    return {text, role, true, false, false, delta, 0};
}
inline Span figure(const QString& text, Role role = Role::Text, int delta = 0)
{
    return {text, role, false, true, false, delta, 0};
}
inline Span evidenceChip(int number, bool failed = false)
{
    return {{}, failed ? Role::BadText : Role::AccentText, false, true, failed, -1, number};
}
QString plainText(const Spans& spans);

struct SpanRun {
    QRectF rect; ///< relative to the top left of the layout
    qreal baseline = 0;
    QString text;
    size_t span = 0;
};
struct SpanLayout {
    std::vector<SpanRun> runs;
    QSizeF size;
    int lines = 0;
    bool elided = false;
    int evidenceAt(const Spans& spans, const QPointF& position) const; ///< 0 = none there
};

/// Wraps between words at width; maxLines > 0 cuts with an ellipsis. Evidence chips never break.
SpanLayout layoutSpans(const Spans& spans, qreal width, int maxLines = 0);
void paintSpans(QPainter& painter, const QPointF& topLeft, const Spans& spans, const SpanLayout& layout);
/// Rounded badge with one word or two, as "T2 you alone"; returns its rectangle. Also used to measure (painter null).
QRectF paintBadge(QPainter* painter, const QPointF& topLeft, const QString& text, Role fill, Role ink, int delta = -1);

/// Shows spans; wraps (or elides when maxLines is set), tells screen readers its plain text, and opens evidence by
/// mouse or by Tab and Enter.
class SpanLabel : public QWidget {
    Q_OBJECT
public:
    explicit SpanLabel(QWidget* parent = nullptr, int maxLines = 0);
    void setSpans(const Spans& spans); ///< cheap when nothing changed
    const Spans& spans() const { return m_spans; }
    void setMaxLines(int lines);
    void setAlignRight(bool on);
    QString text() const { return plainText(m_spans); }
    bool isElided() const { return layoutFor(width()).elided; }
    QRect evidenceRect(int number) const; ///< empty when not shown; tests click its centre
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    bool hasHeightForWidth() const override { return m_maxLines != 1; }
    int heightForWidth(int width) const override;

Q_SIGNALS:
    void evidenceClicked(int number);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool event(QEvent* event) override;

private:
    const SpanLayout& layoutFor(int width) const;
    QPointF origin() const;
    std::vector<int> shownEvidence() const;
    Spans m_spans;
    int m_maxLines;
    bool m_right = false;
    int m_focusChip = 0;
    void forget();             ///< what was measured of the last spans or fonts
    mutable SpanLayout m_layout;
    mutable int m_layoutWidth = -1;
    mutable std::vector<std::pair<int, int>> m_heights; ///< by width: nested layouts ask for the same ones over and over
    mutable QSize m_hint;
};

bool operator==(const Span& a, const Span& b);

} // namespace wf
