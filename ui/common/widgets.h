// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the small painted widgets every pane is made of: chip, badge, card, section header, key and value, evidence
// chip, elided label, spark line. Owner: ui/common. Thread: GUI.
#pragma once
#include "ui/common/spans.h"
#include <QAbstractButton>
#include <QComboBox>
#include <QFrame>
#include <span>

class QVBoxLayout;

namespace wf {

/// Pill with icon, word and age: "Behaviour: 2 of 38 drifting  2 s". A button, so that it can be opened by keyboard
/// too.
class Chip : public QAbstractButton {
    Q_OBJECT
public:
    explicit Chip(const QString& objectName, QWidget* parent = nullptr);
    /// iconName may be empty; age may be empty; border is Line unless something is wrong.
    void set(const QString& iconName, Role iconRole, const Spans& words, const QString& age, Role border = Role::Line);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QString m_icon, m_age;
    Role m_iconRole = Role::Muted, m_border = Role::Line;
    Spans m_words;
};

/// Small filled label: "T2 you alone", "SEV 1", "in band". large = the header's severity badge.
class Badge : public QWidget {
    Q_OBJECT
public:
    explicit Badge(QWidget* parent = nullptr, bool large = false);
    void set(const QString& text, Role fill, Role inkRole);
    QString text() const { return m_text; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    bool m_large;
    QString m_text;
    Role m_fill = Role::AccentFill, m_ink = Role::AccentText;
};

/// Rounded frame on the raised surface. Ringed = waits for me; Blocked and Failed red; Supported green; Asking amber.
class Card : public QFrame {
    Q_OBJECT
public:
    enum class State { Normal, Ringed, Blocked, Supported, Warning };
    explicit Card(QWidget* parent = nullptr);
    void setState(State state);
    State state() const { return m_state; }
    QVBoxLayout* body() const { return m_body; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    State m_state = State::Normal;
    QVBoxLayout* m_body;
};

/// "TIMELINE                                   12 418 events · UTC", with a line below.
class SectionHeader : public QWidget {
    Q_OBJECT
public:
    explicit SectionHeader(const QString& title, QWidget* parent = nullptr);
    void setTitle(const QString& title); ///< shown in upper case
    void setNote(const QString& note, Role role = Role::Muted);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;

private:
    QString m_title, m_note;
    Role m_noteRole = Role::Muted;
};

/// "Touches      40 % of this feature, ceiling 45 %": key muted in a fixed column, value wraps.
class KeyValueRow : public QWidget {
    Q_OBJECT
public:
    KeyValueRow(const QString& key, const Spans& value, QWidget* parent = nullptr);
    void setKey(const QString& key) { m_key->setSpans({muted(key)}); }
    void setValue(const Spans& value) { m_value->setSpans(value); }
    void setKeyWidth(int pixels) { m_key->setFixedWidth(pixels); }
    static int keyWidth(bool narrow); ///< the usual one, and the one of a card in a narrow pane
    SpanLabel* value() const { return m_value; }

private:
    SpanLabel* m_key;
    SpanLabel* m_value;
};

/// A combo box with an arrow in the theme's colour; nothing to choose, no arrow.
class Choice : public QComboBox {
public:
    using QComboBox::QComboBox;

protected:
    void paintEvent(QPaintEvent* event) override;
};

/// "E22", opens the evidence.
class EvidenceChip : public QAbstractButton {
    Q_OBJECT
public:
    explicit EvidenceChip(int number, QWidget* parent = nullptr);
    int number() const { return m_number; }
    void setFailed(bool failed);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    int m_number;
    bool m_failed = false;
};

/// One line, cut with an ellipsis; the whole text is the tooltip and the accessible name.
class ElidedLabel : public SpanLabel {
public:
    explicit ElidedLabel(QWidget* parent = nullptr)
        : SpanLabel(parent, 1)
    {
    }
    void setText(const QString& text, Role role = Role::Text, bool bold = false)
    {
        setSpans({bold ? strong(text, role) : plain(text, role)});
    }
};

/// Values oldest first, NaN = no data there (a gap, never a bridge); band is drawn behind when low < high.
void paintSpark(QPainter& painter, const QRectF& rect, std::span<const float> values, Role line, double bandLow = 0,
    double bandHigh = 0);
class Spark : public QWidget {
    Q_OBJECT
public:
    explicit Spark(QWidget* parent = nullptr);
    void set(std::vector<float> values, Role line, double bandLow = 0, double bandHigh = 0);
    QSize sizeHint() const override { return {98, 26}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    std::vector<float> m_values;
    Role m_line = Role::Series1;
    double m_low = 0, m_high = 0;
};

} // namespace wf
