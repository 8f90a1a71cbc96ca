// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the geometry of the drift chart as pure functions: which buckets to ask for, which points to draw, where
// ticks and labels go. Owner: ui/drift. Thread: any.
#pragma once
#include "models/domain/ports.h"

namespace wf {

/// One drawn point: the mean over [from, to) resting on n observations.
struct ChartPoint {
    Nanos from = 0, to = 0;
    double value = 0;
    qint64 n = 0;
    Nanos at() const { return from + (to - from) / 2; }
};

/// From a ladder of round spans: about one bucket per two to three pixel columns, never below a second.
Nanos bucketFor(Nanos span, int pixels);
/// The smallest round span that holds this one (5 min … 7 d): what a following window shows.
Nanos roundSpan(Nanos span);

/// Buckets -> points. Neighbours are merged until a point rests on minimumN observations, so that the noise on screen
/// is about the same everywhere; a sparse signal lowers the minimum rather than showing nothing. A merge never crosses
/// a gap.
struct Shape {
    std::vector<ChartPoint> points;
    std::vector<Window> gaps; ///< spans inside the data without one evaluated answer, long enough to be seen
    qint64 minimumN = 0; ///< what was used
    Nanos shortest = 0, longest = 0; ///< span of a point, for the note
};
inline constexpr qint64 kPointMinimum = 120;
Shape shapeOf(const std::vector<TelemetryQueries::Bucket>& buckets, Nanos bucket, qint64 minimumN = kPointMinimum);

/// At most four points a pixel column (first, lowest, highest, last, in order of time), so that no spike is lost.
/// Returns the input when it is not denser than that.
std::vector<ChartPoint> columnExtremes(const std::vector<ChartPoint>& points, Window window, int columns);

/// Round times inside the window, on the zone's own hours and days.
struct TimeTicks {
    Nanos step = 0;
    std::vector<Nanos> at;
};
TimeTicks timeTicks(Window window, int mostLabels, Zone zone);

/// A value axis that ends on round steps, holds low..high, and is never so narrow that noise looks like a cliff.
struct ValueAxis {
    double low = 0, high = 1, step = 0.1;
    int decimals = 0; ///< of the labels, in shown units (per cent for shares)
    friend bool operator==(const ValueAxis&, const ValueAxis&) = default;
};
ValueAxis valueAxis(double low, double high, bool share, int mostLabels);

/// Labels of vertical marks, standing on the axis. Each tries right then left of its line, row by row upwards; the
/// first that overlaps nothing wins, and one that fits nowhere is left out (row -1). Earlier wishes have the better
/// seats.
struct LabelWish {
    double x = 0, width = 0;
};
struct LabelSeat {
    int row = -1;
    double left = 0;
};
std::vector<LabelSeat> seatLabels(
    const std::vector<LabelWish>& wishes, double leftEdge, double rightEdge, double gap, int rows);

} // namespace wf
