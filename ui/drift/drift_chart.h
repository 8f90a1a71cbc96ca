// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the drift chart: one signal of one feature over time, with everything that explains it. The only file pair
// that includes QtCharts (the .cpp). Owner: ui/drift. Thread: GUI; data comes through ChartSource and is posted back
// here.
#pragma once
#include "ui/drift/chart_paint.h"
#include <QElapsedTimer>
#include <QTimer>
#include <QWidget>

namespace wf {

class DriftChart final : public QWidget {
    Q_OBJECT
public:
    explicit DriftChart(ChartSource* source, QWidget* parent = nullptr);
    ~DriftChart() override;

    /// tip says "there may be new data" by being another number than before. now is the right edge while following.
    void setScene(const ChartScene& scene, Nanos now, qint64 tip);
    void setZone(Zone zone);
    /// Line and label sizes for a screen read from afar: height of the smallest text in pixels; 0 = the theme's size.
    void setLarge(int textPixels);
    /// Mouse and keys; the wall takes none.
    void setInteractive(bool on);

    Window window() const { return m_window; }
    bool following() const { return m_following; }
    void setFollowing(bool on);
    void setSpan(Nanos span); ///< fixed by a person; 0 = chosen from the onset again
    void centreOn(Nanos t);
    void pan(double share); ///< of the span; positive = later
    void zoom(double factor, double around = 0.5);

    const std::vector<TimelineEvent>& events() const { return m_events; } ///< marks the source sent for the window
    const Shape& shape() const { return m_shape; }
    std::pair<QString, Role> sentence() const; ///< laid over the plot when there is no line to trust; empty when fine
    QString readout() const; ///< what the crosshair says, else the newest point: value, n, time
    int redraws() const { return m_redraws; } ///< times the line was replaced; unchanged data must not move it
    QRectF plotRect() const; ///< in this widget's coordinates; lanes align to it
    void setCrosshair(double x); ///< in this widget's coordinates; negative = none

Q_SIGNALS:
    void windowChanged();
    void eventsChanged();
    void lineChanged();
    void timePicked(qint64 t);
    void said(const QString& sentence);

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    class Plot;
    struct Request {
        QString feature, signal;
        Window window;
        Nanos bucket = 0;
        qint64 tip = -1;
        friend bool operator==(const Request& a, const Request& b)
        {
            return a.feature == b.feature && a.signal == b.signal && a.window.from == b.window.from
                && a.window.to == b.window.to && a.bucket == b.bucket && a.tip == b.tip;
        }
    };
    void follow(Nanos now);
    void setWindow(Window window);
    void ask();
    void take(quint64 generation, Result<ChartData> reply);
    void redrawLine();
    void layOut();
    int textPixels() const;
    ChartFrame frame() const;
    const ChartPoint* readPoint() const; ///< nearest to the crosshair, else the newest; null when there is none

    ChartSource* m_source;
    Plot* m_plot;
    ChartScene m_scene;
    Zone m_zone = Zone::Utc;
    Window m_window;
    Nanos m_now = 0, m_span = 0; ///< m_span 0 = automatic
    qint64 m_tip = 0;
    bool m_following = true, m_interactive = true;
    int m_large = 0;

    Request m_asked;
    quint64 m_generation = 0;
    bool m_waiting = false;
    std::stop_source m_stop;
    QElapsedTimer m_lastAsk;
    QTimer m_due; ///< holds a request back to four a second
    bool m_loaded = false;
    QString m_failure;

    std::vector<TelemetryQueries::Bucket> m_buckets;
    Nanos m_bucket = kSecond; ///< of m_buckets, not of the latest question
    std::vector<TimelineEvent> m_events;
    Shape m_shape;
    ValueAxis m_axis;
    int m_labelRows = 0; ///< kept free under the line
    int m_redraws = 0;
};

} // namespace wf
