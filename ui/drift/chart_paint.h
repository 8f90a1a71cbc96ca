// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: everything of the drift chart that is not its line: axes, band, onset, hatching, marks, crosshair,
// sentences. Owner: ui/drift. Thread: GUI.
#pragma once
#include "ui/common/theme.h"
#include "ui/drift/series_shape.h"
#include <QRectF>

class QPainter;

namespace wf {

/// What stands on the chart beside the line. A value: handing over an equal scene costs a comparison and nothing else.
struct ChartScene {
    SignalDef def;
    Figure baseline;
    Interval band; ///< low == high: no band yet
    std::optional<Onset> onset;
    struct Mark {
        Nanos t = 0;
        QString text;
        Role role = Role::Muted;
        friend bool operator==(const Mark&, const Mark&) = default;
    };
    std::vector<Mark> marks; ///< best seats first
    Nanos unevaluatedFrom = 0; ///< hatched from here to the right edge; 0 = no hatching
    bool veiled = false; ///< what stands here is old: shown behind a veil
    QString trouble; ///< sentence laid over the plot: stale, nobody answers; empty when fine
};
bool sameScene(const ChartScene& a, const ChartScene& b);

/// Where things are: time and value to pixels.
struct ChartFrame {
    QRectF area;
    Window window;
    ValueAxis axis;
    Zone zone = Zone::Utc;
    int textPixels = 12;
    QColor ground;
    double xOf(Nanos t) const
    {
        return area.left()
            + double(t - window.from) / double(std::max<Nanos>(1, window.to - window.from)) * area.width();
    }
    Nanos timeAt(double x) const
    {
        return window.from + Nanos((x - area.left()) / std::max(1.0, area.width()) * double(window.to - window.from));
    }
    double yOf(double value) const
    {
        return area.bottom() - (value - axis.low) / std::max(1e-12, axis.high - axis.low) * area.height();
    }
};

QFont chartFont(const ChartFrame& frame, bool mono = false);
/// Diagonal lines by hand: a brush pattern has one fixed pitch and vanishes on a wall screen.
void paintHatch(QPainter& painter, const QRectF& area, double pitch, const QColor& color, double width);

void paintAxes(QPainter& painter, const ChartFrame& frame, const SignalDef& def);
/// Band, hatching and onset: under the line. now = right end of the hatching.
void paintGround(QPainter& painter, const ChartFrame& frame, const ChartScene& scene, Nanos now);
/// Covers the straight line drawn across a hole in the data: nobody measured anything there.
void paintGaps(QPainter& painter, const ChartFrame& frame, const std::vector<Window>& gaps);
void paintOnsetLabel(QPainter& painter, const ChartFrame& frame, const Onset& onset);
/// Rows of labels the marks need, as many as the area can spare: the line is kept above them.
int markRows(const ChartFrame& frame, const std::vector<ChartScene::Mark>& marks);
double markRowHeight(const ChartFrame& frame);
void paintMarks(QPainter& painter, const ChartFrame& frame, const std::vector<ChartScene::Mark>& marks);
void paintVeil(QPainter& painter, const ChartFrame& frame);
/// A line at x, a dot on the point it reads, and the reading.
void paintCrosshair(QPainter& painter, const ChartFrame& frame, double x, const ChartPoint& point, const QString& text);
void paintSentence(QPainter& painter, const ChartFrame& frame, const QString& sentence, Role role);

} // namespace wf
