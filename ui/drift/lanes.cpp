// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/drift/lanes.h"
#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <cmath>

namespace wf {

using namespace Qt::StringLiterals;

namespace {

constexpr size_t kMostSpans = 4096;
const std::array kNames{u"infrastructure"_s, u"changes"_s, u"agent and decisions"_s, u"reports"_s};

bool sameWindows(const std::vector<Window>& a, const std::vector<Window>& b)
{
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](const Window& x, const Window& y) {
        return x.from == y.from && x.to == y.to;
    });
}

} // namespace

void BeatLog::add(Nanos seen, bool healthy)
{
    if (seen <= 0 || !healthy) return;
    if (!m_spans.empty() && seen <= m_spans.back().to) return;
    if (!m_spans.empty() && seen - m_spans.back().to <= kFresh) {
        m_spans.back().to = seen;
        return;
    }
    m_spans.push_back({seen, seen});
    if (m_spans.size() > kMostSpans) m_spans.erase(m_spans.begin(), m_spans.begin() + kMostSpans / 2);
}

Lanes::Lanes(QWidget* parent)
    : QWidget(parent)
{
    setObjectName(u"drift.lanes"_s);
    setAccessibleName(u"Lanes under the chart"_s);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setMouseTracking(true);
    connect(&Theme::instance(), &Theme::changed, this, [this] { update(); });
}

int Lanes::rowHeight() const
{
    return int(std::ceil(QFontMetricsF(Theme::instance().text(-1)).height() * 1.25));
}

QSize Lanes::sizeHint() const
{
    return {320, rowHeight() * LaneCount + 4};
}

double Lanes::xOf(Nanos t) const
{
    return m_left
        + double(t - m_window.from) / double(std::max<Nanos>(1, m_window.to - m_window.from)) * (m_right - m_left);
}

void Lanes::setFrame(Window window, double left, double right)
{
    if (window.from == m_window.from && window.to == m_window.to && left == m_left && right == m_right) return;
    m_window = window;
    m_left = left;
    m_right = right;
    update();
}

void Lanes::setItems(Lane lane, std::vector<Item> items)
{
    if (items == m_items[lane]) return;
    m_items[lane] = std::move(items);
    QStringList counts;
    for (int i = Changes; i < LaneCount; ++i)
        counts << u"%1 %2"_s.arg(m_items[size_t(i)].size()).arg(kNames[size_t(i)]);
    setAccessibleDescription(u"infrastructure %1; %2"_s.arg(m_word, counts.join(u"; "_s)));
    update();
}

void Lanes::setBeats(const std::vector<Window>& spans, Nanos now)
{
    const Nanos age = spans.empty() ? 0 : now - spans.back().to;
    const bool fresh = !spans.empty() && age <= BeatLog::kFresh;
    const QString word = spans.empty() ? u"never heard"_s : (fresh ? u"healthy "_s : u"silent "_s) + ageText(age);
    // The bar moves by pixels of minutes; the word by seconds. Either is a reason to paint, nothing else is.
    if (word == m_word && sameWindows(spans, m_beats)) return;
    m_beats = spans;
    m_now = now;
    m_word = word;
    m_wordRole = fresh ? Role::OkText : spans.empty() ? Role::Muted : Role::Stale;
    update();
}

void Lanes::paintInfrastructure(QPainter& p, const QRectF& row)
{
    const QRectF track(m_left, row.top() + row.height() * 0.16, m_right - m_left, row.height() * 0.68);
    p.fillRect(track, ink(Role::Grid)); // not watched: grey, never green
    for (size_t i = 0; i < m_beats.size(); ++i) {
        // The last span reaches to now only while its beat is fresh.
        const bool last = i + 1 == m_beats.size();
        const Nanos end
            = last && m_now - m_beats[i].to <= BeatLog::kFresh ? std::max(m_now, m_beats[i].to) : m_beats[i].to;
        const double left = std::clamp(xOf(m_beats[i].from), m_left, m_right),
                     right = std::clamp(xOf(end), m_left, m_right);
        if (xOf(end) < m_left || xOf(m_beats[i].from) > m_right) continue;
        p.fillRect(QRectF(left, track.top(), std::max(2.0, right - left), track.height()), ink(Role::OkFill));
    }
}

void Lanes::paintEvent(QPaintEvent*)
{
    QPainter p(this);
    const QFont font = Theme::instance().text(-1);
    const QFontMetricsF metrics(font);
    p.setFont(font);
    p.fillRect(rect(), palette().color(QPalette::Window));
    const double h = rowHeight(), size = std::round(h * 0.46);
    QList<QLineF> rules;
    for (int lane = 0; lane < LaneCount; ++lane) {
        const QRectF row(0, lane * h + 2, width(), h);
        if (lane == Infrastructure)
            paintInfrastructure(p, row);
        else
            rules.append(QLineF(m_left, std::floor(row.top()) + 0.5, m_right, std::floor(row.top()) + 0.5));
    }
    p.setPen(ink(Role::Line));
    p.drawLines(rules);
    for (int lane = 0; lane < LaneCount; ++lane) {
        const double top = lane * h + 2;
        const QPointF at(m_left + 4, top + (h + metrics.ascent() - metrics.descent()) / 2);
        p.setPen(ink(lane == Infrastructure ? Role::Text : Role::Muted));
        p.drawText(at, kNames[size_t(lane)]);
        if (lane == Infrastructure) {
            p.setPen(ink(m_wordRole));
            p.drawText(at + QPointF(metrics.horizontalAdvance(kNames[0] + u"  "_s), 0), m_word);
        }
        for (const Item& item : m_items[size_t(lane)]) {
            const double x = xOf(item.t);
            if (x < m_left - size || x > m_right + size) continue;
            p.fillRect(QRectF(std::round(x - size / 2), std::round(top + (h - size) / 2), size, size), ink(item.role));
        }
    }
}

const Lanes::Item* Lanes::itemAt(const QPointF& position) const
{
    const int lane = int((position.y() - 2) / rowHeight());
    if (lane < 0 || lane >= LaneCount) return nullptr;
    const Item* best = nullptr;
    double nearest = 8;
    for (const Item& item : m_items[size_t(lane)]) {
        const double distance = std::abs(xOf(item.t) - position.x());
        if (distance > nearest) continue;
        nearest = distance;
        best = &item;
    }
    return best;
}

void Lanes::mouseReleaseEvent(QMouseEvent* event)
{
    if (const Item* item = itemAt(event->position())) Q_EMIT picked(item->place);
}

bool Lanes::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        auto* help = static_cast<QHelpEvent*>(event);
        const Item* item = itemAt(help->pos());
        const bool infrastructure = !item && help->pos().y() < rowHeight();
        QToolTip::showText(help->globalPos(),
            item ? item->text
                : infrastructure
                ? u"Green only where this console saw a fresh watchdog beat; grey is not watched, not healthy."_s
                : QString(),
            this);
        return true;
    }
    return QWidget::event(event);
}

} // namespace wf
