// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: painted lanes on the chart's time axis: infrastructure, changes, agent and decisions, reports.
// Owner: ui/drift. Thread: GUI.
#pragma once
#include "models/domain/ports.h"
#include "ui/common/theme.h"
#include <QWidget>

namespace wf {

/// Times at which the watchdog beat was seen fresh, merged into spans; what nobody saw stays a gap. Bounded.
class BeatLog {
public:
    static constexpr Nanos kFresh = 20 * kSecond; ///< four beats of five seconds
    /// seen = time of the last beat (0 = never), healthy = the source itself says so.
    void add(Nanos seen, bool healthy);
    const std::vector<Window>& spans() const { return m_spans; }

private:
    std::vector<Window> m_spans; ///< oldest first; a span ends at its last beat
};

class Lanes final : public QWidget {
    Q_OBJECT
public:
    struct Item {
        Nanos t = 0;
        Role role = Role::Muted;
        QString text; ///< tooltip
        QString place; ///< for goTo
        friend bool operator==(const Item&, const Item&) = default;
    };
    enum Lane { Infrastructure, Changes, Decisions, Reports, LaneCount };

    explicit Lanes(QWidget* parent = nullptr);
    void setFrame(Window window, double left, double right); ///< pixels of the chart's plot in this widget
    void setItems(Lane lane, std::vector<Item> items); ///< oldest first
    void setBeats(const std::vector<Window>& spans, Nanos now);
    QString infrastructureWord() const { return m_word; } ///< "healthy 8 s", "silent 1 min", "never heard"
    const std::vector<Item>& items(Lane lane) const { return m_items[lane]; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

Q_SIGNALS:
    void picked(const QString& place);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    bool event(QEvent* event) override;

private:
    double xOf(Nanos t) const;
    int rowHeight() const;
    void paintInfrastructure(QPainter& painter, const QRectF& row);
    const Item* itemAt(const QPointF& position) const;

    Window m_window;
    double m_left = 0, m_right = 1;
    std::array<std::vector<Item>, LaneCount> m_items;
    std::vector<Window> m_beats;
    Nanos m_now = 0;
    QString m_word = QStringLiteral("never heard");
    Role m_wordRole = Role::Muted;
};

} // namespace wf
