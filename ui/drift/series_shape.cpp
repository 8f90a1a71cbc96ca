// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/drift/series_shape.h"
#include <QDateTime>
#include <algorithm>
#include <array>
#include <cmath>

namespace wf {

namespace {

// Close steps, so that a point is two and a half to four pixels wide; from a minute on whole minutes, from an hour on
// whole hours.
constexpr std::array kBuckets{kSecond, 2 * kSecond, 3 * kSecond, 4 * kSecond, 5 * kSecond, 6 * kSecond, 8 * kSecond,
    10 * kSecond, 12 * kSecond, 15 * kSecond, 20 * kSecond, 30 * kSecond, 40 * kSecond, kMinute, 2 * kMinute,
    3 * kMinute, 4 * kMinute, 5 * kMinute, 6 * kMinute, 8 * kMinute, 10 * kMinute, 12 * kMinute, 15 * kMinute,
    20 * kMinute, 30 * kMinute, 40 * kMinute, kHour, 2 * kHour, 3 * kHour, 4 * kHour, 6 * kHour, 8 * kHour, 12 * kHour,
    kDay};
constexpr std::array kSpans{5 * kMinute, 10 * kMinute, 20 * kMinute, 30 * kMinute, kHour, 2 * kHour, 4 * kHour,
    8 * kHour, 12 * kHour, kDay, 2 * kDay, 7 * kDay};
constexpr std::array kTickSteps{kSecond, 5 * kSecond, 10 * kSecond, 15 * kSecond, 30 * kSecond, kMinute, 2 * kMinute,
    5 * kMinute, 10 * kMinute, 15 * kMinute, 20 * kMinute, 30 * kMinute, kHour, 2 * kHour, 3 * kHour, 4 * kHour,
    6 * kHour, 12 * kHour, kDay, 2 * kDay, 7 * kDay};
constexpr double kPixelsPerBucket = 2.5;

Nanos zoneOffset(Nanos t, Zone zone)
{
    if (zone == Zone::Utc) return 0;
    return QDateTime::fromMSecsSinceEpoch(t / kMilli).offsetFromUtc() * kSecond;
}

double roundStep(double rough)
{
    const double power = std::pow(10.0, std::floor(std::log10(rough)));
    // A tenth of slack: rather one label more than half of them.
    for (double factor : {1.0, 2.0, 5.0})
        if (factor * power >= rough * 0.9) return factor * power;
    return 10 * power;
}

} // namespace

Nanos bucketFor(Nanos span, int pixels)
{
    const double wanted = double(span) / std::max(1, pixels) * kPixelsPerBucket;
    for (Nanos bucket : kBuckets)
        if (double(bucket) >= wanted) return bucket;
    return kBuckets.back();
}

Nanos roundSpan(Nanos span)
{
    const auto at = std::lower_bound(kSpans.begin(), kSpans.end(), span);
    return at == kSpans.end() ? kSpans.back() : *at;
}

Shape shapeOf(const std::vector<TelemetryQueries::Bucket>& buckets, Nanos bucket, qint64 minimumN)
{
    Shape shape;
    if (buckets.empty() || bucket <= 0) return shape;
    qint64 total = 0;
    for (const auto& b : buckets)
        total += b.n;
    // Twenty points are a line; fewer than five observations a point are not a rate.
    shape.minimumN = std::clamp<qint64>(total / 20, 5, minimumN);

    // Without an answer for this long something is missing, given how often one came on average.
    const double perObservation
        = double(buckets.back().t + bucket - buckets.front().t) / double(std::max<qint64>(1, total));
    const Nanos gap = std::max<Nanos>(4 * bucket, Nanos(perObservation * double(shape.minimumN) * 2));

    ChartPoint open;
    double sum = 0;
    const auto close = [&](bool whole) {
        // A remnant with less than half of the minimum would be the noisiest point of the picture.
        if (open.n > 0 && (whole || open.n * 2 >= shape.minimumN)) {
            open.value = sum / double(open.n);
            shape.points.push_back(open);
        }
        open = {};
        sum = 0;
    };
    Nanos end = buckets.front().t;
    for (const auto& b : buckets) {
        if (b.n <= 0) continue;
        if (b.t - end > gap) {
            close(false);
            shape.gaps.push_back({end, b.t});
        }
        if (open.n == 0) open.from = b.t;
        open.to = b.t + bucket;
        open.n += b.n;
        sum += b.sum;
        end = open.to;
        if (open.n >= shape.minimumN) close(true);
    }
    close(shape.points.empty());
    for (const ChartPoint& p : shape.points) {
        if (p.n < shape.minimumN && shape.points.size() > 1) continue; // a remnant says nothing about the others
        const Nanos width = p.to - p.from;
        shape.shortest = shape.shortest == 0 ? width : std::min(shape.shortest, width);
        shape.longest = std::max(shape.longest, width);
    }
    return shape;
}

std::vector<ChartPoint> columnExtremes(const std::vector<ChartPoint>& points, Window window, int columns)
{
    const Nanos span = window.to - window.from;
    if (columns <= 0 || span <= 0 || points.size() <= size_t(columns) * 2) return points;
    const auto column
        = [&](const ChartPoint& p) { return std::floor(double(p.at() - window.from) / double(span) * columns); };
    std::vector<ChartPoint> out;
    out.reserve(size_t(columns) * 4);
    for (size_t i = 0; i < points.size();) {
        size_t end = i, lowest = i, highest = i;
        for (; end < points.size() && column(points[end]) == column(points[i]); ++end) {
            if (points[end].value < points[lowest].value) lowest = end;
            if (points[end].value > points[highest].value) highest = end;
        }
        std::array keep{i, lowest, highest, end - 1};
        std::sort(keep.begin(), keep.end());
        const auto last = std::unique(keep.begin(), keep.end());
        for (auto k = keep.begin(); k != last; ++k)
            out.push_back(points[*k]);
        i = end;
    }
    return out;
}

TimeTicks timeTicks(Window window, int mostLabels, Zone zone)
{
    TimeTicks ticks;
    const Nanos span = window.to - window.from;
    if (span <= 0) return ticks;
    ticks.step = kTickSteps.back();
    for (Nanos step : kTickSteps) {
        if (span / step <= std::max(1, mostLabels)) {
            ticks.step = step;
            break;
        }
    }
    // One offset for the whole window: a change of summer time inside it would otherwise tear the grid.
    const Nanos offset = zoneOffset(window.to, zone);
    const Nanos local = window.from + offset;
    Nanos first = local / ticks.step * ticks.step;
    if (first < local) first += ticks.step;
    for (Nanos t = first - offset; t <= window.to; t += ticks.step)
        ticks.at.push_back(t);
    return ticks;
}

ValueAxis valueAxis(double low, double high, bool share, int mostLabels)
{
    ValueAxis axis;
    if (!std::isfinite(low) || !std::isfinite(high) || low > high) {
        low = 0;
        high = 1;
    }
    const double least = share ? 0.15 : std::max(std::abs(high), 1e-9) * 0.10;
    const double pad = std::max(0.0, (high - low) * 0.04);
    low -= pad;
    high += pad;
    if (high - low < least) {
        const double middle = (low + high) / 2;
        low = middle - least / 2;
        high = middle + least / 2;
    }
    if (share) {
        if (high > 1) {
            low -= std::min(high - 1, std::max(0.0, least - (1 - low)));
            high = 1;
        }
        if (low < 0) {
            high = std::min(1.0, std::max(high, least));
            low = 0;
        }
    }
    axis.step = roundStep((high - low) / std::max(2, mostLabels - 1));
    // Half steps at the ends keep the line large without moving the axis at every tick.
    const double half = axis.step / 2;
    axis.low = std::floor(low / half + 1e-9) * half;
    axis.high = std::ceil(high / half - 1e-9) * half;
    if (share) {
        axis.low = std::max(0.0, axis.low);
        axis.high = std::min(1.0, axis.high);
    }
    const double shown = share ? axis.step * 100 : axis.step;
    axis.decimals = shown >= 1 ? 0 : int(std::ceil(-std::log10(shown) - 1e-9));
    return axis;
}

std::vector<LabelSeat> seatLabels(
    const std::vector<LabelWish>& wishes, double leftEdge, double rightEdge, double gap, int rows)
{
    struct Taken {
        int row;
        double left, right;
    };
    std::vector<Taken> taken;
    std::vector<LabelSeat> seats(wishes.size());
    const auto isFree = [&](int row, double left, double right) {
        return std::none_of(taken.begin(), taken.end(),
            [&](const Taken& t) { return t.row == row && left < t.right + gap && right + gap > t.left; });
    };
    for (size_t i = 0; i < wishes.size(); ++i) {
        const LabelWish& w = wishes[i];
        for (int row = 0; row < rows && seats[i].row < 0; ++row) {
            for (double left : {w.x + gap, w.x - gap - w.width}) {
                if (left < leftEdge || left + w.width > rightEdge || !isFree(row, left, left + w.width)) continue;
                seats[i] = {row, left};
                taken.push_back({row, left, left + w.width});
                break;
            }
        }
    }
    return seats;
}

} // namespace wf
