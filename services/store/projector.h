// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: copies entries of the record into the timeline (id = minus their sequence), so that one key and one text
// index serve all. Restarts where it stopped; doing it twice changes nothing. Owner: store. Thread: one caller, the
// engine.
#pragma once
#include "models/domain/ports.h"

namespace wf {

class EventStore;

class Projector {
public:
    Projector(RecordLog& record, EventStore& store)
        : m_record(record)
        , m_store(store)
    {
    }
    /// Entries read since the last call, of which the timeline shows those that timelineEventOf() tells.
    Result<qint64> catchUp();

private:
    Done start();
    RecordLog& m_record;
    EventStore& m_store;
    qint64 m_seq = -1; ///< last projected; -1 = not read yet
};

} // namespace wf
