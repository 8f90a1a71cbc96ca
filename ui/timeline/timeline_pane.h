// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the left column: filter, density, list, notes. Owner: ui/timeline. Thread: GUI.
#pragma once
#include "models/items/timeline_model.h"
#include "ui/common/pane.h"

class QLabel;
class QLineEdit;
class QPushButton;
class QTimer;

namespace wf {

class DensityStrip;
class SectionHeader;
class SpanLabel;
class TimelineView;

class TimelinePane : public Pane {
    Q_OBJECT
public:
    explicit TimelinePane(UiContext& context, QWidget* parent = nullptr);
    ~TimelinePane() override;
    void refresh(const ConsoleState& state) override;
    void moveTo(const QString& place) override; ///< "time <ns>", "entry <seq>"
    TimelineModel* model() { return &m_model; }
    TimelineView* view() { return m_view; }

private:
    QWidget* makeFilterRow();
    QWidget* makeNoteRow();
    void applyFilter();
    void setRange(std::optional<Window> range);
    void askDensity(const ConsoleState& state);
    void openRow(const QModelIndex& index);
    void jump();
    void beginNote();
    void fileNote();
    void showError(const QString& sentence);
    void restoreSelection();
    void showFollow();
    void showHeader(const ConsoleState& state);
    QString emptySentence(const ConsoleState& state) const;

    TimelineModel m_model;
    SectionHeader* m_header = nullptr;
    QLineEdit* m_filter = nullptr;
    QPushButton* m_noteButton = nullptr;
    QPushButton* m_rangeButton = nullptr;
    QPushButton* m_newButton = nullptr;
    SpanLabel* m_error = nullptr;
    QWidget* m_noteRow = nullptr;
    QLineEdit* m_note = nullptr;
    DensityStrip* m_strip = nullptr;
    TimelineView* m_view = nullptr;
    QTimer* m_debounce = nullptr;
    std::stop_source m_densityStop;
    quint64 m_densityGeneration = 0;
    Window m_densityWindow;
    TimelineFilter m_densityFilter;
    bool m_densityAsked = false;
    int m_densityWait = 0;
    std::optional<Window> m_range;
    IncidentId m_incident;
    Nanos m_now = 0;
    qint64 m_tip = -1, m_selected = 0;
    int m_rowsWhenLeft = 0;
    Nanos m_jump = 0;
    int m_jumpTicks = 0;
};

} // namespace wf
