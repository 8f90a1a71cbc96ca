// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the list of the timeline. Rows are as high as their words need and only those on screen are ever measured,
// so a million rows cost what twelve do; the scroll bar counts rows. Owner: ui/timeline. Thread: GUI.
#pragma once
#include "models/domain/time.h"
#include "ui/common/spans.h"
#include <QAbstractItemView>
#include <QHash>

namespace wf {

class TimelineModel;
struct TimelineEvent;

class TimelineView : public QAbstractItemView {
    Q_OBJECT
public:
    explicit TimelineView(QWidget* parent = nullptr);
    void setTimeline(TimelineModel* model);
    void setZone(Zone zone);
    void setToday(Nanos now); ///< rows of another day say which
    bool following() const { return topRow() == 0; } ///< new rows push the older ones down
    int topRow() const;
    int lastVisibleRow() const;
    void keepRead() const; ///< tells the model what is on screen
    void setEmptySentence(const QString& sentence);
    QRect evidenceRect(const QModelIndex& index, int number) const; ///< in the viewport; tests click its centre

    QRect visualRect(const QModelIndex& index) const override;
    void scrollTo(const QModelIndex& index, ScrollHint hint = EnsureVisible) override;
    QModelIndex indexAt(const QPoint& point) const override;
    void reset() override;

Q_SIGNALS:
    void evidenceClicked(int number);
    void opened(const QModelIndex& index); ///< Enter or a double click
    void scrolled();

protected:
    QModelIndex moveCursor(CursorAction action, Qt::KeyboardModifiers modifiers) override;
    int horizontalOffset() const override { return 0; }
    int verticalOffset() const override { return 0; }
    bool isIndexHidden(const QModelIndex&) const override { return false; }
    void setSelection(const QRect& rect, QItemSelectionModel::SelectionFlags flags) override;
    QRegion visualRegionForSelection(const QItemSelection& selection) const override;
    void updateGeometries() override;
    void scrollContentsBy(int dx, int dy) override;
    void paintEvent(QPaintEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    /// Not the base class's: that one asks where every changed row lies, and a jump changes twenty thousand.
    void dataChanged(const QModelIndex& topLeft, const QModelIndex& bottomRight, const QList<int>& roles) override;
    void rowsInserted(const QModelIndex& parent, int start, int end) override;
    void rowsAboutToBeRemoved(const QModelIndex& parent, int start, int end) override;

private:
    struct Row {
        Spans title, detail;
        SpanLayout titleLayout, detailLayout;
        int height = 0;
    };
    Row layoutRow(const TimelineEvent* event) const;
    int rowHeight(int row) const;
    int textLeft() const;
    int placeholderHeight() const;
    void paintRow(QPainter& painter, const QRect& rect, int row, const TimelineEvent* event) const;
    int evidenceAt(const QPoint& point) const;

    TimelineModel* m_timeline = nullptr;
    Zone m_zone = Zone::Utc;
    Nanos m_today = 0;
    QString m_emptySentence;
    mutable QHash<qint64, int> m_heights; ///< by event id, at m_heightsWidth
    mutable int m_heightsWidth = 0;
};

} // namespace wf
