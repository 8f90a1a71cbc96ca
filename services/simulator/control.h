// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the feature's flag service: reads and changes its settings, keeps count of what was really done. Compare and
// set by ETag / If-Match; a repeated Idempotency-Key gives the first answer and does not act again. Paths and bodies:
// docs/design/simulator.md. Owner: services/simulator. Thread: one at a time, together with its world.
#pragma once
#include "services/base/http_server.h"
#include "services/simulator/world.h"

namespace wf::sim {

class Control {
public:
    explicit Control(World& world);
    /// Acts at this moment of simulated time.
    HttpResponse answer(const HttpRequest& request, Nanos now);

private:
    struct First { ///< what an Idempotency-Key was first used for
        QByteArray what;
        HttpResponse response;
        QString action;
        int asked = 1;
    };
    HttpResponse settings() const;
    HttpResponse counters() const;
    HttpResponse change(const HttpRequest& request, const QString& action, Nanos now);
    HttpResponse perform(const HttpRequest& request, const QString& action, Nanos now, bool& acted);
    HttpResponse replay(const HttpRequest& request) const;
    QByteArray etag() const;

    World& m_world;
    QByteArray m_root; ///< "/features/support-copilot"
    std::map<QString, int> m_done; ///< action -> times really done
    std::map<QByteArray, First> m_keys;
    int m_conflicts = 0; ///< answered 412
    int m_repeats = 0; ///< answered from a key
    int m_replays = 0;
};

} // namespace wf::sim
