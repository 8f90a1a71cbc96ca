// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: builds the latest ConsoleState from the two databases, ten times a second, whether the engine is in this process
// or another. Owner: app. Thread: its own; latest() from any.
#pragma once
#include "app/profile.h"
#include "models/domain/ports.h"
#include <mutex>
#include <thread>

namespace wf {

class ProfileFeed final : public ConsoleFeed {
public:
    ProfileFeed(Profile profile, const Clock& clock, bool engineHere, std::shared_ptr<const Policy> policy, bool sample);
    ~ProfileFeed() override;
    std::shared_ptr<const ConsoleState> latest() const override;
    void setProblem(const QString& sentence); ///< a designed state on screen; empty clears it

private:
    struct Sources;
    void loop(std::stop_token stop);
    std::shared_ptr<const ConsoleState> build(Sources& sources, const ConsoleState& last) const;

    const Profile m_profile;
    const Clock& m_clock;
    const bool m_engineHere;
    const std::shared_ptr<const Policy> m_policy;
    const bool m_sample;
    mutable std::mutex m_mutex;
    std::shared_ptr<const ConsoleState> m_latest;
    QString m_problem;
    std::jthread m_thread;
};

} // namespace wf
