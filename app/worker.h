// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: one thread that runs what it is given, in order. Owner: app. Thread: post() from any.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace wf {

class Worker {
public:
    Worker() : m_thread([this](std::stop_token stop) { loop(stop); }) {}
    /// What was posted before is still run; what is posted after is dropped.
    ~Worker()
    {
        m_thread.request_stop();
        m_wake.notify_all();
    }
    void post(std::function<void()> task)
    {
        {
            const std::lock_guard lock(m_mutex);
            m_tasks.push_back(std::move(task));
        }
        m_wake.notify_all();
    }
    bool idle() const
    {
        const std::lock_guard lock(m_mutex);
        return m_tasks.empty() && !m_busy;
    }

private:
    void loop(std::stop_token stop)
    {
        for (;;) {
            std::function<void()> task;
            {
                std::unique_lock lock(m_mutex);
                m_busy = false;
                if (!m_wake.wait(lock, stop, [this] { return !m_tasks.empty(); }) && m_tasks.empty()) return;
                task = std::move(m_tasks.front());
                m_tasks.pop_front();
                m_busy = true;
            }
            task();
        }
    }
    mutable std::mutex m_mutex;
    std::condition_variable_any m_wake;
    std::deque<std::function<void()>> m_tasks;
    bool m_busy = false;
    std::jthread m_thread; // last: joins before the rest goes
};

} // namespace wf
