// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/feed.h"
#include "services/record/record_db.h"
#include "services/store/store_reader.h"
#include <QJsonDocument>
#include <chrono>

namespace wf {
using namespace Qt::StringLiterals;

/// Opened lazily and again after a failure: a viewer may start before its engine has made the files.
struct ProfileFeed::Sources {
    std::unique_ptr<RecordDb> record;
    std::unique_ptr<StoreReader> events;
    CaseFile cases;
    QByteArray driftBytes, liveBytes;
    qint64 verified = 0;
    bool chainGood = false;
};

namespace {
constexpr auto kPeriod = std::chrono::milliseconds(100);

QJsonObject parsed(const QByteArray& bytes)
{
    return QJsonDocument::fromJson(bytes).object();
}
} // namespace

ProfileFeed::ProfileFeed(Profile profile, const Clock& clock, bool engineHere, std::shared_ptr<const Policy> policy, bool sample)
    : m_profile(std::move(profile)), m_clock(clock), m_engineHere(engineHere), m_policy(std::move(policy)), m_sample(sample)
{
    auto first = std::make_shared<ConsoleState>();
    first->cases = std::make_shared<CaseFile>();
    first->drift = std::make_shared<DriftSnapshot>();
    first->live = std::make_shared<LiveFigures>();
    first->policy = m_policy;
    first->now = m_clock.now();
    first->engineHere = m_engineHere;
    first->sample = m_sample;
    m_latest = std::move(first);
    m_thread = std::jthread([this](std::stop_token stop) { loop(stop); });
}

ProfileFeed::~ProfileFeed() = default;

std::shared_ptr<const ConsoleState> ProfileFeed::latest() const
{
    const std::lock_guard lock(m_mutex);
    return m_latest;
}

void ProfileFeed::setProblem(const QString& sentence)
{
    const std::lock_guard lock(m_mutex);
    m_problem = sentence;
}

void ProfileFeed::loop(std::stop_token stop)
{
    Sources sources;
    while (!stop.stop_requested()) {
        const auto next = std::chrono::steady_clock::now() + kPeriod;
        auto fresh = build(sources, *latest());
        {
            const std::lock_guard lock(m_mutex);
            m_latest = std::move(fresh);
        }
        std::this_thread::sleep_until(next);
    }
}

std::shared_ptr<const ConsoleState> ProfileFeed::build(Sources& s, const ConsoleState& last) const
{
    auto state = std::make_shared<ConsoleState>(last);
    state->now = m_clock.now();
    {
        const std::lock_guard lock(m_mutex);
        state->problem = m_problem;
    }
    const auto note = [&](const Error& e) {
        if (state->problem.isEmpty()) state->problem = e.sentence();
    };

    if (!s.record) {
        auto opened = RecordDb::open(m_profile.record(), m_clock);
        if (!opened) {
            note(opened.error());
            return state;
        }
        s.record = std::move(*opened);
        const auto chain = s.record->verifyChain();
        s.chainGood = chain.has_value();
        if (!chain) note(chain.error());
    }
    if (s.record->changed() || s.cases.seq == 0) {
        auto entries = s.record->after(s.cases.seq);
        while (entries && !entries->empty()) {
            // What is folded is also checked against the chain, so that "verified" stays true of all that is shown.
            if (findChainBreak(*entries, s.cases.seq + 1, s.cases.seq ? s.cases.hash : chainStart())) s.chainGood = false;
            for (const auto& e : *entries) s.cases.apply(e);
            entries = s.record->after(s.cases.seq);
        }
        if (!entries) note(entries.error());
        state->cases = std::make_shared<CaseFile>(s.cases);
        state->recordEntries = s.cases.seq;
    }
    state->chainVerified = s.chainGood;

    if (!s.events) {
        auto opened = StoreReader::open(m_profile.events(), m_clock);
        if (!opened) {
            note(opened.error());
            return state;
        }
        s.events = std::move(*opened);
    }
    if (auto bytes = s.events->get(u"drift.snapshot"_s); bytes && *bytes != s.driftBytes) {
        s.driftBytes = *bytes;
        state->drift = std::make_shared<DriftSnapshot>(DriftSnapshot::fromJson(parsed(s.driftBytes)));
    }
    if (auto bytes = s.events->get(u"live"_s); bytes && *bytes != s.liveBytes) {
        s.liveBytes = *bytes;
        state->live = std::make_shared<LiveFigures>(LiveFigures::fromJson(parsed(s.liveBytes)));
        state->engineBeat = state->live->at;
    }
    if (const auto tip = s.events->eventsTip(); tip && *tip != last.eventsTip) {
        state->eventsTip = *tip;
        if (const auto count = s.events->timelineCount()) state->timelineCount = *count;
    }
    return state;
}

} // namespace wf
