// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: a store that remembers what it was given, or refuses as told. Owner: tests/unit/ingest. Thread: any.
#pragma once
#include "models/domain/ports.h"
#include <mutex>
#include <optional>

namespace wf {

class FakeSink final : public TelemetrySink {
public:
    Result<Stored> store(Batch batch) override
    {
        const std::scoped_lock lock(m_mutex);
        ++calls;
        if (failure) return tl::unexpected(*failure);
        Stored stored{qint64(batch.size()), 0, qint64(batch.rejected.size())};
        if (knowsAll) std::swap(stored.stored, stored.duplicate);
        batches.push_back(std::move(batch));
        return stored;
    }
    std::optional<Error> failure;
    bool knowsAll = false;
    int calls = 0;
    std::vector<Batch> batches; ///< read it only when no request is under way

private:
    std::mutex m_mutex;
};

class FixedClock final : public Clock {
public:
    Nanos now() const override { return kNow; }
    static constexpr Nanos kNow = 1'795'453'800'000'000'000; // 2026-11-23T16:30:00Z
};

} // namespace wf
