// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: how many events when, as bars; a drag picks a span of time. Red from the onset on, in words in the tooltip.
// Owner: ui/timeline. Thread: GUI.
#pragma once
#include "models/domain/ports.h"
#include <QWidget>

namespace wf {

class DensityStrip : public QWidget {
    Q_OBJECT
public:
    explicit DensityStrip(QWidget* parent = nullptr);
    void setBins(std::vector<DensityBin> bins, Window window);
    void setOnset(Nanos from, Nanos to); ///< 0, 0 = no incident
    void setBrush(std::optional<Window> brush);
    void setZone(Zone zone);
    int binCount() const; ///< how many bars fit
    Nanos timeAt(int x) const;
    int xAt(Nanos t) const;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {80, sizeHint().height()}; }

Q_SIGNALS:
    void brushed(Window window);
    void cleared();

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool event(QEvent* event) override;

private:
    std::vector<DensityBin> m_bins;
    Window m_window;
    Nanos m_onsetFrom = 0, m_onsetTo = 0;
    std::optional<Window> m_brush;
    Zone m_zone = Zone::Utc;
    int m_pressed = -1, m_now = -1;
};

} // namespace wf
