// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wall/wall_tile.h"
#include "ui/drift/chart_paint.h"
#include <QPainter>
#include <QScreen>
#include <cmath>

namespace wf {

using namespace Qt::StringLiterals;

namespace {

/// Large letters carry their own air above and below; set solid they leave room for one line more.
double advanceOf(const SpanLayout& layout, double screen)
{
    const double line = layout.size.height() / std::max(1, layout.lines);
    return layout.size.height() - (line > screen * 0.05 ? line * 0.10 : 0);
}

bool sameText(const WallText& a, const WallText& b)
{
    return a.title == b.title && a.corner == b.corner && a.lines == b.lines && a.border == b.border
        && a.hatched == b.hatched;
}

} // namespace

WallTile::WallTile(
    const QString& objectName, const QString& accessibleName, const Clock* clock, Frame frame, QWidget* parent)
    : QWidget(parent)
    , m_clock(clock)
    , m_frame(frame)
{
    setObjectName(objectName);
    setAccessibleName(accessibleName);
    setFocusPolicy(Qt::NoFocus);
    connect(&m_watchdog, &QTimer::timeout, this, &WallTile::look);
    m_watchdog.start(1000);
    connect(&Theme::instance(), &Theme::changed, this, [this] { update(); });
}

void WallTile::setText(const WallText& text)
{
    const bool changed = !sameText(text, m_text);
    m_text = text;
    if (changed) {
        setAccessibleDescription(this->text());
        update();
    }
    look();
}

void WallTile::setScreenHeight(int pixels)
{
    if (pixels == m_screen) return;
    m_screen = pixels;
    update();
}

void WallTile::setAlignment(Qt::Alignment alignment)
{
    m_alignment = alignment;
    update();
}

void WallTile::setBadge(const QString& word, Role fill)
{
    if (word == m_badge && fill == m_badgeFill) return;
    m_badge = word;
    m_badgeFill = fill;
    setAccessibleDescription(word);
    update();
}

QString WallTile::text() const
{
    QStringList all;
    if (!m_badge.isEmpty()) all << m_badge;
    if (!m_text.title.isEmpty()) all << m_text.title;
    if (!m_text.corner.empty()) all << plainText(m_text.corner);
    for (const Spans& line : m_text.lines)
        all << plainText(line);
    if (stale()) all << u"STALE "_s + ageText(m_staleFor);
    return all.join(u'\n');
}

void WallTile::look()
{
    const double pace = m_clock ? std::max(1.0, m_clock->speed()) : 1.0;
    // Never made is not old: such a tile says in words that there is nothing yet.
    const Nanos age = m_clock && m_text.limit > 0 && m_text.madeAt > 0 ? m_clock->now() - m_text.madeAt : 0;
    const Nanos staleFor = double(age) > double(m_text.limit) * pace ? std::max(kSecond, age / kSecond * kSecond) : 0;
    if (staleFor == m_staleFor) return;
    const bool turned = (staleFor > 0) != (m_staleFor > 0);
    m_staleFor = staleFor;
    update();
    if (turned) Q_EMIT staleChanged();
}

Spans WallTile::scaled(const Spans& spans) const
{
    // Span::delta is points over the base; the wall thinks in shares of the screen's height.
    const QFont base = Theme::instance().text();
    const double perPoint = logicalDpiY() / 72.0;
    Spans out = spans;
    for (Span& span : out) {
        const double pixels = m_screen * (span.delta > 0 ? span.delta : int(WallNormal)) / 1000.0;
        span.delta = int(std::ceil(pixels / perPoint - base.pointSizeF()));
    }
    return out;
}

double WallTile::pad() const
{
    return m_frame == Frame::None ? 0 : m_screen * 0.020;
}

std::vector<WallTile::Block> WallTile::blocksFor(int width, int maxLines) const
{
    std::vector<Block> blocks;
    const double room = std::max(10.0, width - 2 * pad());
    double y = m_frame == Frame::None ? 0 : m_screen * 0.010;
    const auto add = [&](const Spans& spans) {
        if (spans.empty()) return;
        Block block{scaled(spans), {}, {}};
        block.layout = layoutSpans(block.spans, room, maxLines);
        double x = pad();
        if (m_alignment & Qt::AlignRight)
            x = width - pad() - block.layout.size.width();
        else if (m_alignment & Qt::AlignHCenter)
            x = (width - block.layout.size.width()) / 2;
        block.at = {x, y};
        y += advanceOf(block.layout, m_screen);
        blocks.push_back(std::move(block));
    };
    if (!m_text.title.isEmpty()) {
        Span title = muted(m_text.title);
        title.delta = WallSmall;
        add({title});
    }
    for (size_t i = 0; i < m_text.lines.size(); ++i) {
        add(m_text.lines[i]);
        if (i > 0 || m_text.corner.empty()) continue;
        Block corner{scaled(m_text.corner), {}, {}};
        corner.layout = layoutSpans(corner.spans, room, maxLines);
        const Block& first = blocks.back();
        const double gap = m_screen * 0.02;
        if (first.layout.lines == 1 && corner.layout.lines == 1
            && first.layout.size.width() + corner.layout.size.width() + gap <= room) {
            corner.at = {width - pad() - corner.layout.size.width(), first.at.y()};
            blocks.push_back(std::move(corner));
        } else {
            add(m_text.corner);
        }
    }
    return blocks;
}

std::vector<WallTile::Block> WallTile::fitting() const
{
    // Rather a shorter sentence than a missing one: first let lines wrap less, only then leave the last out.
    std::vector<Block> blocks;
    for (int wraps = kMostWraps; wraps >= 1; --wraps) {
        blocks = blocksFor(width(), wraps);
        if (blocks.empty() || blocks.back().at.y() + blocks.back().layout.size.height() <= height()) return blocks;
    }
    while (blocks.size() > 1 && blocks.back().at.y() + blocks.back().layout.size.height() > height() * 1.04)
        blocks.pop_back();
    return blocks;
}

int WallTile::heightFor(int width, int maxLines) const
{
    double bottom = 0;
    for (const Block& block : blocksFor(width, maxLines))
        bottom = std::max(bottom, block.at.y() + block.layout.size.height());
    return int(std::ceil(bottom + (m_frame == Frame::None ? 0 : m_screen * 0.010)));
}

bool WallTile::cut() const
{
    const auto shown = fitting();
    const size_t wanted = (m_text.title.isEmpty() ? 0 : 1) + m_text.lines.size()
        + (m_text.corner.empty() || m_text.lines.empty() ? 0 : 1);
    return shown.size() < wanted
        || std::any_of(shown.begin(), shown.end(), [](const Block& b) { return b.layout.elided; });
}

int WallTile::naturalWidth() const
{
    double widest = 0;
    for (const Spans& line : m_text.lines)
        widest = std::max(widest, layoutSpans(scaled(line), 1e6, 1).size.width());
    return int(std::ceil(widest + 2 * pad())) + 2;
}

int WallTile::smallestText() const
{
    int smallest = m_screen;
    for (const Block& block : fitting())
        for (const Span& span : block.spans)
            smallest = std::min(smallest, QFontInfo(Theme::instance().text(span.delta)).pixelSize());
    return smallest;
}

void WallTile::paintEvent(QPaintEvent*)
{
    QPainter p(this);
    p.setRenderHint(QPainter::Antialiasing);
    const double radius = m_screen * 0.011, line = std::max(1.0, m_screen / 700.0);
    const QRectF frame = QRectF(rect()).adjusted(line, line, -line, -line);
    if (!m_badge.isEmpty()) {
        p.setPen(Qt::NoPen);
        p.setBrush(ink(stale() ? Role::Muted : m_badgeFill));
        p.drawRoundedRect(frame, radius, radius);
        QFont font = Theme::instance().text(0, true);
        font.setPixelSize(std::max(1, int(frame.height() * 0.58)));
        // The badge keeps its place; a longer word gets a smaller hand.
        const double room = frame.width() * 0.86, wide = QFontMetricsF(font).horizontalAdvance(m_badge);
        if (wide > room)
            font.setPixelSize(std::max(int(std::ceil(m_screen * 0.025)), int(font.pixelSize() * room / wide)));
        p.setFont(font);
        p.setPen(ink(m_badgeFill == Role::Muted || stale() ? Role::Surface : Role::OnSeverity));
        p.drawText(frame, Qt::AlignCenter, m_badge);
        return;
    }
    if (m_frame == Frame::Tile) {
        p.setPen(QPen(ink(stale() ? Role::Stale : m_text.border), line));
        p.setBrush(ink(Role::Raised));
        p.drawRoundedRect(frame, radius, radius);
        if (m_text.hatched || stale()) {
            QColor stripe = ink(Role::WarnFill);
            stripe.setAlphaF(stale() ? 0.9f : 0.7f);
            paintHatch(p, frame.adjusted(line * 2, line * 2, -line * 2, -line * 2), m_screen * 0.022, stripe,
                m_screen * 0.009);
        }
    }
    // What is old stays readable, but nobody takes it for now.
    p.setOpacity(stale() ? 0.45 : 1.0);
    auto blocks = fitting();
    // On a bare tile the badge takes the place of the last line, on a framed one it has a corner.
    const bool replaces = stale() && m_frame == Frame::None && m_alignment & Qt::AlignRight && blocks.size() > 1;
    if (replaces) blocks.pop_back();
    for (const Block& block : blocks)
        paintSpans(p, block.at, block.spans, block.layout);
    p.setOpacity(1.0);
    if (!stale()) return;
    QFont font = Theme::instance().text(0, true);
    font.setPixelSize(int(std::ceil(m_screen * 0.026)));
    const QFontMetricsF metrics(font);
    const QString word = u"STALE "_s + ageText(m_staleFor);
    const QSizeF size(metrics.horizontalAdvance(word) + metrics.height() * 0.8, metrics.height() * 1.15);
    const QRectF badge(QPointF(width() - size.width() - line * 2 - (m_frame == Frame::Tile ? m_screen * 0.008 : 0),
                           m_frame == Frame::Tile ? m_screen * 0.010
                               : replaces         ? height() - size.height()
                                                  : m_screen * 0.012),
        size);
    p.setPen(Qt::NoPen);
    p.setBrush(ink(Role::Stale));
    p.drawRoundedRect(badge, radius / 2, radius / 2);
    p.setFont(font);
    p.setPen(ink(Role::Surface));
    p.drawText(badge, Qt::AlignCenter, word);
}

} // namespace wf
