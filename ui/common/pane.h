// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: what every pane gets and must do. Owner: ui/common. Thread: GUI.
#pragma once
#include "models/domain/ports.h"
#include <QWidget>

namespace wf {

/// Everything a pane may touch. Pointers outlive the window. person is who sits here now.
struct UiContext {
    ConsoleFeed* feed = nullptr;
    TimelineSource* timeline = nullptr;
    ChartSource* chart = nullptr;
    Desk* desk = nullptr;
    const Clock* clock = nullptr;
    QString person; ///< "commander-1"; changed through Shell::setPerson
    Zone zone = Zone::Utc;
};

/// A pane repaints from the latest state; it holds no truth of its own. refresh() is called on every tick (10 Hz) and
/// must return at once when nothing it shows has changed.
class Pane : public QWidget {
    Q_OBJECT
public:
    explicit Pane(UiContext& context, QWidget* parent = nullptr)
        : QWidget(parent)
        , m_context(context)
    {
    }
    virtual void refresh(const ConsoleState& state) = 0;
    /// Somebody asked for a place (see goTo): show it if it is yours, else do nothing.
    virtual void moveTo(const QString& place) { Q_UNUSED(place); }

Q_SIGNALS:
    /// "evidence 12", "proposal <id>", "time <ns>", "entry <seq>": the shell moves every pane to it.
    void goTo(const QString& place);
    /// one line for the status bar, e.g. an error's sentence
    void said(const QString& sentence);

protected:
    UiContext& m_context;
};

} // namespace wf
