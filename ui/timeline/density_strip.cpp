// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/timeline/density_strip.h"
#include "ui/common/format.h"
#include "ui/common/theme.h"
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
constexpr int kMargin = 6, kBar = 3, kGap = 1;
}

DensityStrip::DensityStrip(QWidget* parent)
    : QWidget(parent)
{
    setObjectName(u"timeline.density"_s);
    setAccessibleName(u"Events over time. Drag to show one span only, Escape to show all."_s);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setFocusPolicy(Qt::TabFocus);
    setCursor(Qt::IBeamCursor);
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

QSize DensityStrip::sizeHint() const
{
    return {200, int(QFontMetricsF(Theme::instance().text()).height() * 2.2)};
}

int DensityStrip::binCount() const
{
    return std::max(8, (width() - 2 * kMargin) / (kBar + kGap));
}

void DensityStrip::setBins(std::vector<DensityBin> bins, Window window)
{
    m_bins = std::move(bins);
    m_window = window;
    update();
}

void DensityStrip::setOnset(Nanos from, Nanos to)
{
    m_onsetFrom = from;
    m_onsetTo = to;
}

void DensityStrip::setBrush(std::optional<Window> brush)
{
    m_brush = brush;
    update();
}

void DensityStrip::setZone(Zone zone)
{
    m_zone = zone;
}

Nanos DensityStrip::timeAt(int x) const
{
    const double share = std::clamp(double(x - kMargin) / std::max(1, width() - 2 * kMargin), 0.0, 1.0);
    return m_window.from + Nanos(share * double(m_window.to - m_window.from));
}

int DensityStrip::xAt(Nanos t) const
{
    if (m_window.to <= m_window.from) return kMargin;
    const double share = double(t - m_window.from) / double(m_window.to - m_window.from);
    return kMargin + int(std::lround(std::clamp(share, 0.0, 1.0) * (width() - 2 * kMargin)));
}

void DensityStrip::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const int floor = height() - 4;
    qint64 highest = 1;
    for (const DensityBin& bin : m_bins)
        highest = std::max(highest, bin.n);
    for (const DensityBin& bin : m_bins) {
        if (bin.n == 0) continue;
        // Square root: one event must be seen beside a storm of a thousand.
        const int tall = std::max(3, int(std::sqrt(double(bin.n) / double(highest)) * (floor - 6)));
        const bool sinceOnset = m_onsetFrom > 0 && bin.t >= m_onsetFrom && (m_onsetTo == 0 || bin.t <= m_onsetTo);
        const int x = xAt(bin.t);
        painter.fillRect(x, floor - tall, kBar, tall, ink(sinceOnset ? Role::BarLoud : Role::Bar));
        if (bin.loud > 0) painter.fillRect(x, 2, kBar, 3, ink(Role::Severity1));
    }
    std::optional<Window> brush = m_brush;
    if (m_pressed >= 0) brush = Window{timeAt(std::min(m_pressed, m_now)), timeAt(std::max(m_pressed, m_now))};
    if (brush) {
        const QRect area(QPoint(xAt(brush->from), 0), QPoint(xAt(brush->to), height() - 1));
        QColor veil = ink(Role::Accent);
        veil.setAlphaF(0.18F);
        painter.fillRect(area, veil);
        painter.fillRect(area.left(), 0, 2, height(), ink(Role::Accent));
        painter.fillRect(area.right() - 1, 0, 2, height(), ink(Role::Accent));
    }
    painter.setPen(hasFocus() ? ink(Role::Accent) : ink(Role::Line));
    painter.drawLine(0, height() - 1, width(), height() - 1);
}

void DensityStrip::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton) return;
    m_pressed = m_now = int(event->position().x());
}

void DensityStrip::mouseMoveEvent(QMouseEvent* event)
{
    m_now = int(event->position().x());
    if (m_pressed >= 0) update();
}

void DensityStrip::mouseReleaseEvent(QMouseEvent* event)
{
    if (m_pressed < 0) return;
    const int from = std::min(m_pressed, int(event->position().x())),
              to = std::max(m_pressed, int(event->position().x()));
    m_pressed = -1;
    update();
    if (to - from < 3)
        Q_EMIT cleared();
    else
        Q_EMIT brushed({timeAt(from), timeAt(to)});
}

void DensityStrip::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape)
        Q_EMIT cleared();
    else
        QWidget::keyPressEvent(event);
}

bool DensityStrip::event(QEvent* event)
{
    if (event->type() != QEvent::ToolTip) return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const Nanos t = timeAt(help->pos().x());
    auto bin
        = std::upper_bound(m_bins.begin(), m_bins.end(), t, [](Nanos time, const DensityBin& b) { return time < b.t; });
    if (bin == m_bins.begin()) return true;
    --bin;
    const bool sinceOnset = m_onsetFrom > 0 && bin->t >= m_onsetFrom;
    QToolTip::showText(help->globalPos(),
        u"%1 %2: %3 events, %4 loud%5"_s.arg(clockText(bin->t, m_zone), zoneText(bin->t, m_zone), grouped(bin->n),
            grouped(bin->loud), sinceOnset ? u", since onset"_s : QString()),
        this);
    return true;
}

} // namespace wf
