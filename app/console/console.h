// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: everything the console's window needs, wired for one profile: an engine when the profile is free, else a viewer of
// whoever runs it; when neither can be, a window that says why. Owner: app. Thread: GUI.
#pragma once
#include "app/desk_port.h"
#include "app/engine.h"
#include "app/feed.h"
#include "app/sample.h"
#include "services/store/timeline_reader.h"
#include "ui/common/pane.h"

namespace wf {

class MainWindow;
class WallWindow;

struct ConsoleOptions {
    QString profile;           ///< empty: the user's own
    QString sample;            ///< scenario to play; empty: none
    double speed = 1;
    double recordsPerSecond = 0;
    QString person;            ///< empty: the first commander whose key is here
};

class Console {
public:
    static std::unique_ptr<Console> open(const ConsoleOptions& options);
    ~Console();
    UiContext& context() { return m_context; }
    std::unique_ptr<MainWindow> makeWindow();
    std::unique_ptr<WallWindow> makeWall();
    QString problem() const { return m_problem; }
    const Sample* sample() const { return m_sample.get(); }

private:
    Console() = default;
    void startEngine(const ConsoleOptions& options);
    void wire(const ConsoleOptions& options);

    Profile m_profile;
    QString m_problem;
    std::unique_ptr<Sample> m_sample;  ///< owns the engine when a sample is played
    std::unique_ptr<Engine> m_engine;
    std::unique_ptr<Clock> m_ownClock; ///< a viewer's, or when there is no engine
    const Clock* m_clock = nullptr;
    std::shared_ptr<const Policy> m_policy;
    std::unique_ptr<ProfileFeed> m_feed;
    std::unique_ptr<TimelineSource> m_timeline;
    ChartSource* m_chart = nullptr;
    std::unique_ptr<Desk> m_desk;
    UiContext m_context;
};

} // namespace wf
