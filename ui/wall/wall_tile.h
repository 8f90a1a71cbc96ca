// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: one tile of the wall, with its own watchdog: it says STALE by itself when nobody brings it new figures.
// Owner: ui/wall. Thread: GUI.
#pragma once
#include "ui/wall/wall_content.h"
#include <QTimer>
#include <QWidget>

namespace wf {

class WallTile final : public QWidget {
    Q_OBJECT
public:
    enum class Frame { Tile, None };
    WallTile(
        const QString& objectName, const QString& accessibleName, const Clock* clock, Frame frame, QWidget* parent);
    void setText(const WallText& text);
    void setScreenHeight(int pixels);
    void setAlignment(Qt::Alignment alignment);
    /// A filled badge instead of lines (the severity).
    void setBadge(const QString& word, Role fill);
    QString text() const; ///< everything written on it
    bool stale() const { return m_staleFor > 0; }
    int heightFor(int width, int maxLines = kMostWraps) const;
    static constexpr int kMostWraps = 3;
    bool cut() const; ///< something that should stand here does not fit
    int naturalWidth() const; ///< of the longest line, unbroken
    int smallestText() const; ///< pixels; tests hold it against the screen

Q_SIGNALS:
    void staleChanged();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    struct Block {
        Spans spans;
        SpanLayout layout;
        QPointF at;
    };
    void look(); ///< the watchdog
    Spans scaled(const Spans& spans) const;
    /// maxLines: how far one line may wrap before it is cut with an ellipsis.
    std::vector<Block> blocksFor(int width, int maxLines) const;
    std::vector<Block> fitting() const; ///< wraps as far as the height allows
    double pad() const;

    const Clock* m_clock;
    Frame m_frame;
    WallText m_text;
    QString m_badge;
    Role m_badgeFill = Role::Muted;
    int m_screen = 1080;
    Qt::Alignment m_alignment = Qt::AlignLeft | Qt::AlignTop;
    Nanos m_staleFor = 0;
    QTimer m_watchdog;
};

} // namespace wf
