// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/approvals/card_head.h"
#include <QFontMetricsF>
#include <QPainter>
#include <cmath>

using namespace Qt::StringLiterals;

namespace wf {

namespace {
constexpr qreal kGap = 8;
constexpr qreal kBadgePad = 16;
} // namespace

CardHead::CardHead(QWidget* parent)
    : QWidget(parent)
{
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Preferred);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    connect(&Theme::instance(), &Theme::changed, this, [this] { update(); });
}

void CardHead::set(const QString& badge, Role fill, Role inkRole, const QString& title, const QString& note)
{
    if (badge == m_badge && fill == m_fill && inkRole == m_ink && title == m_title && note == m_note) return;
    m_badge = badge;
    m_fill = fill;
    m_ink = inkRole;
    m_title = title;
    m_note = note;
    setAccessibleName(note.isEmpty() ? badge + u": "_s + title : badge + u": "_s + title + u", "_s + note);
    updateGeometry();
    update();
}

CardHead::Frame CardHead::frame(qreal width) const
{
    Frame f;
    f.badge = paintBadge(nullptr, {}, m_badge, m_fill, m_ink);
    f.badgeText = m_badge;
    if (f.badge.width() > width) {
        f.badgeText
            = QFontMetricsF(Theme::instance().text(-1, true)).elidedText(m_badge, Qt::ElideRight, width - kBadgePad);
        f.badge = paintBadge(nullptr, {}, f.badgeText, m_fill, m_ink);
    }
    const Spans title{strong(m_title)}, note{muted(m_note)};
    const qreal noteWidth = m_note.isEmpty() ? 0 : layoutSpans(note, 1e6, 1).size.width() + kGap;
    const qreal oneLine = layoutSpans(title, 1e6, 1).size.width();
    f.noteLayout = layoutSpans(note, 1e6, 1);
    f.note = {width - f.noteLayout.size.width(), 0};
    const bool beside = f.badge.width() + kGap + oneLine + noteWidth <= width;
    if (beside) {
        f.titleLayout = layoutSpans(title, oneLine + 1, 1);
        f.title = {f.badge.width() + kGap, std::max<qreal>(0, (f.badge.height() - f.titleLayout.size.height()) / 2)};
        f.note.setY(f.title.y());
        f.height = std::max(f.badge.height(), f.titleLayout.size.height());
        return f;
    }
    f.titleLayout = layoutSpans(title, width);
    f.note.setY(std::max<qreal>(0, (f.badge.height() - f.noteLayout.size.height()) / 2));
    const bool noteFits = f.badge.width() + noteWidth <= width;
    f.title = {0, f.badge.height() + 4};
    f.height = f.title.y() + f.titleLayout.size.height();
    if (!noteFits && !m_note.isEmpty()) {
        f.note = {0, f.height};
        f.height += f.noteLayout.size.height();
    }
    return f;
}

QSize CardHead::sizeHint() const
{
    return {200, heightForWidth(400)};
}

int CardHead::heightForWidth(int width) const
{
    return int(std::ceil(frame(width).height));
}

void CardHead::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const Frame f = frame(width());
    paintBadge(&painter, f.badge.topLeft(), f.badgeText, m_fill, m_ink);
    paintSpans(painter, f.title, {strong(m_title)}, f.titleLayout);
    if (!m_note.isEmpty()) paintSpans(painter, f.note, {muted(m_note)}, f.noteLayout);
}

} // namespace wf
