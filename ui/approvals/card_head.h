// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: first line of a card: badge, title, and a note at the right. The title goes below the badge when they do not
// fit beside each other, so that neither is ever cut. Owner: ui/approvals. Thread: GUI.
#pragma once
#include "ui/common/spans.h"

namespace wf {

class CardHead : public QWidget {
    Q_OBJECT
public:
    explicit CardHead(QWidget* parent = nullptr);
    void set(const QString& badge, Role fill, Role inkRole, const QString& title, const QString& note = {});
    QString badge() const { return m_badge; }
    QString title() const { return m_title; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {60, 16}; }
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    struct Frame {
        QRectF badge;
        QString badgeText; ///< cut only where the badge alone is wider than the card
        QPointF title, note;
        SpanLayout titleLayout, noteLayout;
        qreal height = 0;
    };
    Frame frame(qreal width) const;
    QString m_badge, m_title, m_note;
    Role m_fill = Role::Button, m_ink = Role::Muted;
};

} // namespace wf
