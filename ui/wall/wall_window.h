// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the wall screen: read from five metres, once a second, no input but Esc (close) and F10 (visitors).
// Owner: ui/wall. Thread: GUI.
#pragma once
#include "ui/common/pane.h"
#include "ui/wall/wall_content.h"
#include <QTimer>

namespace wf {

class DriftChart;
class WallTile;

class WallWindow final : public QWidget {
    Q_OBJECT
public:
    /// Reads context.feed once a second by itself; nobody has to call refresh().
    explicit WallWindow(UiContext& context, QWidget* parent = nullptr);
    void refresh(const ConsoleState& state);
    void tick(); ///< once a second: reads the feed; with several incidents open, moves on
    void setVisitors(bool on); ///< leaves severity, state and time
    bool visitors() const { return m_visitors; }
    DriftChart* chart() const { return m_chart; }

Q_SIGNALS:
    void closed();

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void closeEvent(QCloseEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    const Case* caseToShow(const CaseFile* cases, int* others);
    void place();
    void placeWide(int w, int h);
    void placeTall(int w, int h);
    int stackTall(int w, int h); ///< returns the height left for the chart
    void measure(int pixels);
    void placeVisitors(int w, int h);
    void placeChart();
    QRect bannerRect() const;

    UiContext& m_context;
    WallTile *m_severity, *m_heading, *m_since, *m_chartTile, *m_decisions, *m_harm, *m_proof, *m_silent, *m_footer,
        *m_clock, *m_state, *m_sample;
    std::array<WallTile*, 3> m_entries;
    DriftChart* m_chart;
    QWidget* m_banner;
    QString m_bannerText;
    QTimer m_timer;
    int m_tick = 0;
    int m_measure = 0; ///< the height text sizes are a share of
    bool m_visitors = false;
};

} // namespace wf
