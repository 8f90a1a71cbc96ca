// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/drift/chart_paint.h"
#include "models/items/signal_model.h"
#include <QFontMetricsF>
#include <QPainter>
#include <cmath>

namespace wf {

using namespace Qt::StringLiterals;

namespace {

constexpr int kLabelRows = 3;
constexpr double kLabelShare = 0.34; // of the plot's height, at most

QRectF column(const ChartFrame& f, Nanos from, Nanos to)
{
    const double left = std::clamp(f.xOf(from), f.area.left(), f.area.right());
    const double right = std::clamp(f.xOf(to), f.area.left(), f.area.right());
    return {left, f.area.top(), right - left, f.area.height()};
}

void paintTimeLabels(QPainter& p, const ChartFrame& f, const QFontMetricsF& metrics)
{
    const double widest = metrics.horizontalAdvance(u"00:00:00"_s) * 1.6;
    const TimeTicks ticks = timeTicks(f.window, int(f.area.width() / widest), f.zone);
    double freeFrom = 0;
    for (Nanos t : ticks.at) {
        const QString label = ticks.step >= kDay ? dayText(t, f.zone)
            : ticks.step < kMinute               ? clockText(t, f.zone)
                                                 : clockMinute(t, f.zone);
        const double width = metrics.horizontalAdvance(label);
        const double left = std::min(f.xOf(t) - width / 2, f.area.right() + metrics.height() - width);
        if (left < freeFrom) continue;
        p.drawText(QPointF(left, f.area.bottom() + metrics.height() * 0.6 + metrics.ascent()), label);
        freeFrom = left + width + metrics.height() * 0.5;
    }
}

struct SeatedMarks {
    std::vector<LabelWish> wishes;
    std::vector<const ChartScene::Mark*> seen;
    std::vector<LabelSeat> seats;
};

SeatedMarks seatMarks(const ChartFrame& f, const std::vector<ChartScene::Mark>& marks)
{
    const QFontMetricsF metrics(chartFont(f));
    SeatedMarks out;
    for (const auto& mark : marks) {
        const double at = f.xOf(mark.t);
        if (at < f.area.left() || at > f.area.right()) continue;
        out.seen.push_back(&mark);
        out.wishes.push_back({at, metrics.horizontalAdvance(mark.text)});
    }
    const int rows = std::clamp(int(f.area.height() * kLabelShare / markRowHeight(f)), 1, kLabelRows);
    out.seats = seatLabels(out.wishes, f.area.left(), f.area.right(), f.textPixels * 0.32, rows);
    return out;
}

} // namespace

bool sameScene(const ChartScene& a, const ChartScene& b)
{
    const auto ends = [](const std::optional<Onset>& o) {
        return o ? std::array{o->low, o->high, o->at} : std::array<Nanos, 3>{};
    };
    return a.def.name == b.def.name && a.def.feature == b.def.feature && a.baseline.mean == b.baseline.mean
        && a.baseline.n == b.baseline.n && a.band.low == b.band.low && a.band.high == b.band.high
        && ends(a.onset) == ends(b.onset) && a.marks == b.marks && a.unevaluatedFrom == b.unevaluatedFrom
        && a.veiled == b.veiled && a.trouble == b.trouble;
}

QFont chartFont(const ChartFrame& frame, bool mono)
{
    QFont font = mono ? Theme::instance().mono() : Theme::instance().text();
    font.setPixelSize(frame.textPixels);
    return font;
}

void paintHatch(QPainter& p, const QRectF& area, double pitch, const QColor& color, double width)
{
    if (area.width() <= 0) return;
    QList<QLineF> lines;
    // The pitch is anchored to the plane, not to the area, so that a growing area does not make the hatching crawl.
    const double first = std::floor((area.left() - area.height()) / pitch) * pitch;
    for (double x = first; x < area.right(); x += pitch)
        lines.append(QLineF(x, area.bottom(), x + area.height(), area.top()));
    p.save();
    p.setClipRect(area);
    p.setRenderHint(QPainter::Antialiasing, true);
    p.setPen(QPen(color, width));
    p.drawLines(lines);
    p.restore();
}

void paintAxes(QPainter& p, const ChartFrame& f, const SignalDef& def)
{
    const QFont font = chartFont(f);
    const QFontMetricsF metrics(font);
    p.setFont(font);
    p.setPen(ink(Role::Muted));
    const bool share = def.kind == SignalKind::Rate;
    const double inset = metrics.height() * 0.55;
    QList<QLineF> grid;
    const double first = std::ceil(f.axis.low / f.axis.step - 1e-6) * f.axis.step;
    for (int i = 0; first + i * f.axis.step <= f.axis.high + f.axis.step * 1e-6; ++i) {
        const double value = first + i * f.axis.step;
        const double at = std::round(f.yOf(value)) + 0.5;
        grid.append(QLineF(f.area.left(), at, f.area.right(), at));
        const QString label = share ? shareText(value, f.axis.decimals) : QString::number(value, 'f', f.axis.decimals);
        p.drawText(QRectF(0, at - metrics.height(), f.area.left() - inset, metrics.height() * 2),
            Qt::AlignRight | Qt::AlignVCenter, label);
    }
    if (!share && !def.unit.isEmpty())
        p.drawText(QRectF(0, 0, f.area.left() - inset, f.area.top() - metrics.height() * 0.3),
            Qt::AlignRight | Qt::AlignBottom, def.unit);
    paintTimeLabels(p, f, metrics);
    p.setPen(QPen(ink(Role::Grid), std::max(1.0, f.textPixels / 16.0)));
    p.drawLines(grid);
}

void paintGround(QPainter& p, const ChartFrame& f, const ChartScene& scene, Nanos now)
{
    if (scene.band.high > scene.band.low) {
        const double top = std::max(f.area.top(), f.yOf(scene.band.high)),
                     bottom = std::min(f.area.bottom(), f.yOf(scene.band.low));
        if (bottom > top) p.fillRect(QRectF(f.area.left(), top, f.area.width(), bottom - top), ink(Role::Band));
    }
    if (scene.onset && f.xOf(scene.onset->high) > f.area.left() && f.xOf(scene.onset->low) < f.area.right()) {
        QRectF interval = column(f, scene.onset->low, scene.onset->high);
        // An interval of seconds in a window of hours must still be seen.
        if (interval.width() < 3) interval.adjust(-1.5, 0, 1.5, 0);
        QColor red = ink(Role::Severity1);
        red.setAlphaF(0.24f);
        p.fillRect(interval, red);
    }
    if (scene.unevaluatedFrom > 0 && now > scene.unevaluatedFrom)
        paintHatch(p, column(f, scene.unevaluatedFrom, now), f.textPixels * 0.62, ink(Role::Line),
            std::max(1.0, f.textPixels / 11.0));
}

void paintGaps(QPainter& p, const ChartFrame& f, const std::vector<Window>& gaps)
{
    const QFont font = chartFont(f);
    for (const Window& gap : gaps) {
        const QRectF hole = column(f, gap.from, gap.to);
        if (hole.width() < 2) continue;
        p.fillRect(hole, f.ground);
        paintHatch(p, hole, f.textPixels * 1.3, ink(Role::Line), 1);
        if (QFontMetricsF(font).horizontalAdvance(u"no data"_s) + 8 > hole.width()) continue;
        p.setFont(font);
        p.setPen(ink(Role::Muted));
        p.drawText(hole, Qt::AlignCenter, u"no data"_s);
    }
}

void paintOnsetLabel(QPainter& p, const ChartFrame& f, const Onset& onset)
{
    if (f.xOf(onset.high) < f.area.left() || f.xOf(onset.low) > f.area.right()) return;
    // Both ends in the same minute would read as no interval at all.
    const bool seconds = onset.high - onset.low < 2 * kMinute;
    const auto text = [&](Nanos t) { return seconds ? clockText(t, f.zone) : clockMinute(t, f.zone); };
    const QString label = u"onset %1–%2 (%3)"_s.arg(text(onset.low), text(onset.high), shareText(onset.level));
    const QFont font = chartFont(f);
    const QFontMetricsF metrics(font);
    const double width = metrics.horizontalAdvance(label);
    const double middle = (f.xOf(onset.low) + f.xOf(onset.high)) / 2;
    const double left = std::clamp(middle - width / 2, f.area.left(), std::max(f.area.left(), f.area.right() - width));
    p.setFont(font);
    p.setPen(ink(Role::Severity1));
    p.drawText(QPointF(left, f.area.top() - metrics.height() * 0.4), label);
}

double markRowHeight(const ChartFrame& f)
{
    return QFontMetricsF(chartFont(f)).height() * 1.08;
}

int markRows(const ChartFrame& f, const std::vector<ChartScene::Mark>& marks)
{
    int rows = 0;
    for (const LabelSeat& seat : seatMarks(f, marks).seats)
        rows = std::max(rows, seat.row + 1);
    return rows;
}

void paintMarks(QPainter& p, const ChartFrame& f, const std::vector<ChartScene::Mark>& marks)
{
    const QFont font = chartFont(f);
    const QFontMetricsF metrics(font);
    const double dot = f.textPixels * 0.36, row = markRowHeight(f), base = f.area.bottom();
    const auto [wishes, seen, seats] = seatMarks(f, marks);
    p.setRenderHint(QPainter::Antialiasing, false);
    for (size_t i = 0; i < seen.size(); ++i) {
        QPen pen(ink(seen[i]->role), std::max(1.0, std::round(f.textPixels / 12.0)));
        pen.setDashPattern({2, 2.4});
        pen.setCapStyle(Qt::FlatCap);
        p.setPen(pen);
        p.drawLine(QPointF(wishes[i].x, f.area.top()), QPointF(wishes[i].x, base));
    }
    p.setRenderHint(QPainter::Antialiasing, true);
    // A veil under each word, so that no line runs through a label.
    QColor veil = f.ground;
    veil.setAlphaF(0.75f);
    p.setFont(font);
    for (size_t i = 0; i < seen.size(); ++i) {
        if (seats[i].row < 0) continue;
        const QRectF box(seats[i].left, base - dot - row * (seats[i].row + 1), wishes[i].width, metrics.height());
        p.fillRect(box, veil);
        p.setPen(ink(seen[i]->role));
        p.drawText(QPointF(box.left(), box.top() + metrics.ascent()), seen[i]->text);
    }
    p.setPen(Qt::NoPen);
    for (size_t i = 0; i < seen.size(); ++i) {
        p.setBrush(ink(seen[i]->role));
        p.drawEllipse(QPointF(wishes[i].x, base), dot, dot);
    }
}

void paintVeil(QPainter& p, const ChartFrame& f)
{
    QColor veil = f.ground;
    veil.setAlphaF(0.5f);
    p.fillRect(f.area.adjusted(0, 0, f.textPixels, 0), veil);
    QColor stripe = ink(Role::Stale);
    stripe.setAlphaF(0.13f);
    paintHatch(p, f.area, f.textPixels * 1.8, stripe, std::max(1.0, f.textPixels / 7.0));
}

void paintCrosshair(QPainter& p, const ChartFrame& f, double x, const ChartPoint& point, const QString& text)
{
    if (x < f.area.left() || x > f.area.right()) return;
    p.setRenderHint(QPainter::Antialiasing, false);
    p.setPen(QPen(ink(Role::Muted), 1));
    p.drawLine(QPointF(x, f.area.top()), QPointF(x, f.area.bottom()));
    p.setRenderHint(QPainter::Antialiasing, true);
    const double dot = f.textPixels * 0.3;
    if (const QPointF at(f.xOf(point.at()), f.yOf(point.value)); f.area.contains(at)) {
        p.setBrush(ink(Role::Series1));
        p.setPen(QPen(ink(Role::Text), 1));
        p.drawEllipse(at, dot, dot);
    }
    const QFont font = chartFont(f, true);
    const QFontMetricsF metrics(font);
    const double width = metrics.horizontalAdvance(text) + metrics.height();
    const bool onLeft = x + width + 8 > f.area.right();
    const QRectF box(
        onLeft ? std::max(f.area.left(), x - width - 8) : x + 8, f.area.top() + 4, width, metrics.height() * 1.5);
    p.setPen(ink(Role::Line));
    p.setBrush(ink(Role::Raised));
    p.drawRoundedRect(box, 4, 4);
    p.setPen(ink(Role::Text));
    p.setFont(font);
    p.drawText(box, Qt::AlignCenter, text);
}

void paintSentence(QPainter& p, const ChartFrame& f, const QString& sentence, Role role)
{
    const QFont font = chartFont(f);
    const QFontMetricsF metrics(font);
    const double pad = metrics.height() * 0.7;
    QRectF text = metrics.boundingRect(QRectF(0, 0, std::max(40.0, f.area.width() - 4 * pad), f.area.height()),
        Qt::AlignCenter | Qt::TextWordWrap, sentence);
    text.moveCenter(f.area.center());
    p.setRenderHint(QPainter::Antialiasing, true);
    p.setPen(ink(Role::Line));
    p.setBrush(ink(Role::Raised));
    p.drawRoundedRect(text.adjusted(-pad, -pad / 2, pad, pad / 2), 5, 5);
    p.setFont(font);
    p.setPen(ink(role));
    p.drawText(text.adjusted(-2, 0, 2, 0), Qt::AlignCenter | Qt::TextWordWrap, sentence);
}

} // namespace wf
