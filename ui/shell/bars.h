// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the frame around the panes: header, strip of five answers, status bar, and the veil over what is stale.
// Owner: ui/shell. Thread: GUI.
#pragma once
#include "ui/common/widgets.h"
#include "ui/shell/words.h"

class QPushButton;

namespace wf {

/// Detected ▸ Declared ▸ … ; where there is no room the steps far from the present one lose their words.
class Stepper : public QWidget {
    Q_OBJECT
public:
    explicit Stepper(QWidget* parent = nullptr);
    void set(std::vector<StepperStep> steps);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    int widthOf(const StepperStep& step, bool word) const;
    int widthOf(const std::vector<bool>& words) const;
    std::vector<bool> wordsWithin(int room) const;
    std::vector<StepperStep> m_steps;
};

class HeaderBar : public QWidget {
    Q_OBJECT
public:
    explicit HeaderBar(QWidget* parent = nullptr);
    void refresh(const ConsoleState& state, const UiContext& context);

Q_SIGNALS:
    void personClicked();
    void zoneClicked();
    void declareClicked();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    Badge* m_severity;
    ElidedLabel *m_title, *m_detail;
    QPushButton* m_declare;
    Stepper *m_stepper, *m_smallStepper;
    Chip *m_sample, *m_infrastructure, *m_behaviour, *m_person;
    SpanLabel *m_since, *m_now;
};

/// Five cells, each a quiet title over one loud figure; the one that waits for me is lit.
class AnswerStrip : public QWidget {
    Q_OBJECT
public:
    explicit AnswerStrip(QWidget* parent = nullptr);
    void refresh(const ConsoleState& state, const QString& person, Zone zone, bool stale);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    std::array<SpanLabel*, 5> m_titles, m_values;
    std::array<QWidget*, 5> m_cells;
    std::array<bool, 5> m_lit{};
};

class StatusStrip : public QWidget {
    Q_OBJECT
public:
    explicit StatusStrip(QWidget* parent = nullptr);
    void refresh(const ConsoleState& state, double speed);
    void setTrouble(const QString& sentence); ///< stays: slow interface, missing fonts; empty = none
    void countDown(); ///< once a tick
    void say(const QString& sentence); ///< for some seconds, in place of the sources

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void showWords();
    Spans joined(const QString& gap, size_t count) const;
    SpanLabel *m_words, *m_keys;
    std::vector<Spans> m_sources;
    QString m_trouble, m_said;
    int m_saidTicks = 0;
};

/// Dims what it covers and says since when; the mouse goes through.
class StaleVeil : public QWidget {
    Q_OBJECT
public:
    explicit StaleVeil(QWidget* covered);
    void set(const QString& sentence); ///< empty = fresh, hidden
    QString sentence() const { return m_sentence; }

protected:
    void paintEvent(QPaintEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QString m_sentence;
};

} // namespace wf
