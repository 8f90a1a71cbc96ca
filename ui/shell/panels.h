// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: what opens inside the window instead of a dialog: report, commands, keys, identity, declare.
// Nothing here is modal: the panes go on behind. Owner: ui/shell. Thread: GUI.
#pragma once
#include "ui/common/pane.h"
#include "ui/common/widgets.h"
#include <QPointer>
#include <functional>

class QComboBox;
class QLineEdit;
class QListWidget;
class QPlainTextEdit;
class QPushButton;

namespace wf {

/// A card over the dimmed window. Esc or a click beside it closes; the card keeps what was typed.
class Overlay : public QWidget {
    Q_OBJECT
public:
    Overlay(const QString& objectName, const QString& title, QWidget* window, int width);
    void open();
    void close();
    bool isOpen() const { return isVisible(); }

Q_SIGNALS:
    void closed();

protected:
    Card* card() const { return m_card; }
    virtual QWidget* firstFocus() { return m_card; }
    void setHeading(const QString& title);
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;
    bool focusNextPrevChild(bool next) override;

private:
    void place();
    Card* m_card;
    SpanLabel* m_heading;
    int m_width;
    QPointer<QWidget> m_before;
};

class ReportPanel : public Overlay {
    Q_OBJECT
public:
    ReportPanel(UiContext& context, QWidget* window);
Q_SIGNALS:
    void said(const QString& sentence);

protected:
    QWidget* firstFocus() override;

private:
    void file();
    void showError(const QString& sentence);
    UiContext& m_context;
    QPlainTextEdit* m_text;
    QLineEdit* m_happened;
    QComboBox* m_channel;
    QPushButton* m_file;
    SpanLabel* m_error;
};

struct Action {
    QString id, title, keys; ///< keys: as QKeySequence reads them; empty = palette only
    std::function<void()> run;
    std::function<bool()> offered; ///< empty = always
};

class CommandPalette : public Overlay {
    Q_OBJECT
public:
    CommandPalette(const std::vector<Action>& actions, QWidget* window);
    void openFresh();

protected:
    QWidget* firstFocus() override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void narrow();
    void runCurrent();
    const std::vector<Action>& m_actions;
    QLineEdit* m_search;
    QListWidget* m_list;
    SpanLabel* m_none;
};

/// Every key, from the same table as the palette, and what the panes add.
class KeysPanel : public Overlay {
    Q_OBJECT
public:
    KeysPanel(const std::vector<Action>& actions, QWidget* window);
};

class PersonPanel : public Overlay {
    Q_OBJECT
public:
    PersonPanel(UiContext& context, QWidget* window);
    void openFresh();
Q_SIGNALS:
    void chosen(const QString& person);

private:
    UiContext& m_context;
    QWidget* m_list = nullptr;
};

class DeclarePanel : public Overlay {
    Q_OBJECT
public:
    DeclarePanel(UiContext& context, QWidget* window);
    void openFor(const Incident& incident);
Q_SIGNALS:
    void said(const QString& sentence);

protected:
    QWidget* firstFocus() override;

private:
    UiContext& m_context;
    IncidentId m_incident;
    int m_suggested = 0;
    std::array<QPushButton*, 4> m_buttons;
    SpanLabel* m_error;
};

/// One line of words and Enter: the reason of a status change.
class LinePanel : public Overlay {
    Q_OBJECT
public:
    explicit LinePanel(QWidget* window);
    void ask(const QString& title, const QString& placeholder, std::function<void(const QString&)> then);

protected:
    QWidget* firstFocus() override;

private:
    QLineEdit* m_line;
    std::function<void(const QString&)> m_then;
};

} // namespace wf
