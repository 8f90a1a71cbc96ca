// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: fakes for every port the console has. They answer late, out of order, and sometimes after they were told to
// stop, as real readers do. Owner: tests. Thread: made on the GUI thread; they reply on their own.
#pragma once
#include "tests/support/fixture_values.h"
#include <condition_variable>
#include <mutex>
#include <thread>

namespace wf::test {

class FakeFeed final : public ConsoleFeed {
public:
    FakeFeed() { set(fixtureState()); }
    explicit FakeFeed(ConsoleState state) { set(std::move(state)); }
    void set(ConsoleState state)
    {
        std::atomic_store(&m_state, std::make_shared<const ConsoleState>(std::move(state)));
    }
    std::shared_ptr<const ConsoleState> latest() const override { return std::atomic_load(&m_state); }

private:
    std::shared_ptr<const ConsoleState> m_state;
};

/// Runs jobs on its own thread after a random wait, so that replies overtake each other. hold() keeps them all back.
class LateThread {
public:
    explicit LateThread(int longestMilliseconds = 8, unsigned seed = 7)
        : m_random(seed)
        , m_longest(longestMilliseconds)
    {
        m_thread = std::thread([this] { run(); });
    }
    ~LateThread()
    {
        {
            const std::lock_guard lock(m_mutex);
            m_done = true;
        }
        m_wake.notify_all();
        m_thread.join();
    }
    void post(std::function<void()> job)
    {
        {
            const std::lock_guard lock(m_mutex);
            const auto wait = std::chrono::milliseconds(std::uniform_int_distribution<int>(0, m_longest)(m_random));
            m_jobs.emplace(std::chrono::steady_clock::now() + wait, std::move(job));
        }
        m_wake.notify_all();
    }
    void hold(bool on)
    {
        {
            const std::lock_guard lock(m_mutex);
            m_hold = on;
        }
        m_wake.notify_all();
    }
    bool idle() const
    {
        const std::lock_guard lock(m_mutex);
        return m_jobs.empty() && !m_busy;
    }

private:
    void run()
    {
        std::unique_lock lock(m_mutex);
        while (!m_done) {
            if (m_jobs.empty() || m_hold) {
                m_wake.wait(lock);
            } else if (const auto due = m_jobs.begin()->first; due > std::chrono::steady_clock::now()) {
                m_wake.wait_until(lock, due);
            } else {
                auto job = std::move(m_jobs.begin()->second);
                m_jobs.erase(m_jobs.begin());
                m_busy = true;
                lock.unlock();
                job();
                lock.lock();
                m_busy = false;
            }
        }
    }
    mutable std::mutex m_mutex;
    std::condition_variable m_wake;
    std::multimap<std::chrono::steady_clock::time_point, std::function<void()>> m_jobs;
    std::mt19937 m_random;
    int m_longest;
    bool m_done = false, m_hold = false, m_busy = false;
    std::thread m_thread;
};

/// Rows in memory; understands kind:, actor:, loud:yes and words; "nonsense:" is the error every filter bar must show.
class FakeTimeline final : public TimelineSource {
public:
    explicit FakeTimeline(std::vector<TimelineEvent> rows = fixtureEvents(), int longestMilliseconds = 8)
        : m_late(longestMilliseconds)
    {
        for (TimelineEvent& row : rows)
            add(std::move(row));
    }
    void add(TimelineEvent row)
    {
        const std::lock_guard lock(m_mutex);
        const auto place = std::lower_bound(m_rows.begin(), m_rows.end(), row, newerFirst);
        m_rows.insert(place, std::move(row));
    }
    void add(std::vector<TimelineEvent> rows)
    {
        const std::lock_guard lock(m_mutex);
        m_rows.insert(m_rows.end(), std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
        std::sort(m_rows.begin(), m_rows.end(), newerFirst);
    }
    std::vector<TimelineEvent> rows() const
    {
        const std::lock_guard lock(m_mutex);
        return m_rows;
    }
    void hold(bool on) { m_late.hold(on); }
    bool idle() const { return m_late.idle(); }
    int requests() const { return m_requests; }
    void failWith(const QString& sentence)
    {
        const std::lock_guard lock(m_mutex);
        m_failure = sentence;
    }

    void older(const TimelineFilter& filter, TimelineKey key, int limit, std::stop_token stop,
        Reply<TimelinePage> reply) override
    {
        later<TimelinePage>(stop, std::move(reply), [=, this] {
            return page(
                filter, limit,
                [key](const TimelineEvent& e) {
                    return TimelineKey{e.t, e.id} < key;
                },
                false);
        });
    }
    void newer(const TimelineFilter& filter, TimelineKey key, int limit, std::stop_token stop,
        Reply<TimelinePage> reply) override
    {
        later<TimelinePage>(stop, std::move(reply), [=, this] {
            return page(
                filter, limit,
                [key](const TimelineEvent& e) {
                    return TimelineKey{e.t, e.id} > key;
                },
                true);
        });
    }
    void count(const TimelineFilter& filter, std::stop_token stop, Reply<qint64> reply) override
    {
        later<qint64>(stop, std::move(reply), [=, this]() -> Result<qint64> {
            auto all = matching(filter);
            if (!all) return tl::unexpected(all.error());
            return qint64(all->size());
        });
    }
    void density(const TimelineFilter& filter, Window window, int bins, std::stop_token stop,
        Reply<std::vector<DensityBin>> reply) override
    {
        later<std::vector<DensityBin>>(stop, std::move(reply), [=, this]() -> Result<std::vector<DensityBin>> {
            auto all = matching(filter);
            if (!all) return tl::unexpected(all.error());
            const Nanos width = std::max<Nanos>(1, (window.to - window.from + bins - 1) / bins);
            std::vector<DensityBin> result;
            for (int i = 0; i < bins; ++i)
                result.push_back({window.from + i * width, 0, 0});
            for (const TimelineEvent& e : *all) {
                if (e.t < window.from || e.t >= window.from + width * bins) continue;
                DensityBin& bin = result[size_t((e.t - window.from) / width)];
                bin.n++;
                bin.loud += e.loud || e.kind == EventKind::Alarm ? 1 : 0;
            }
            return result;
        });
    }

private:
    static bool newerFirst(const TimelineEvent& a, const TimelineEvent& b)
    {
        return TimelineKey{a.t, a.id} > TimelineKey{b.t, b.id};
    }

    static QString kindWord(EventKind kind)
    {
        static constexpr std::array kWords{"alert", "change", "report", "note", "alarm", "incident", "evidence",
            "claim", "hypothesis", "proposal", "decision", "execution", "gate", "verification", "escalation", "system",
            "answer"};
        return QString::fromLatin1(kWords[size_t(kind)]);
    }

    Result<std::vector<TimelineEvent>> matching(const TimelineFilter& filter) const
    {
        const std::lock_guard lock(m_mutex);
        if (!m_failure.isEmpty()) return fail(Fault::Io, m_failure);
        std::vector<TimelineEvent> found;
        const QStringList words = filter.text.split(u' ', Qt::SkipEmptyParts);
        for (const QString& word : words)
            if (word.startsWith(u"nonsense:"_s))
                return fail(Fault::BadInput, u"\"nonsense\" is not something one can filter by."_s,
                    u"The list was left as it was."_s, u"Use kind, actor, feature, incident, source or loud."_s);
        for (const TimelineEvent& e : m_rows) {
            const bool all = std::all_of(words.begin(), words.end(), [&e](const QString& word) {
                if (word.startsWith(u"kind:"_s)) return kindWord(e.kind) == word.mid(5);
                if (word.startsWith(u"actor:"_s)) return e.actor.startsWith(word.mid(6));
                if (word == u"loud:yes"_s) return e.loud;
                return e.title.contains(word, Qt::CaseInsensitive) || e.detail.contains(word, Qt::CaseInsensitive);
            });
            if (all) found.push_back(e);
        }
        return found;
    }

    template <class Test>
    Result<TimelinePage> page(const TimelineFilter& filter, int limit, Test test, bool nearestIsLast) const
    {
        auto all = matching(filter);
        if (!all) return tl::unexpected(all.error());
        std::erase_if(*all, [&](const TimelineEvent& e) { return !test(e); });
        TimelinePage result;
        result.more = int(all->size()) > limit;
        if (result.more) {
            if (nearestIsLast)
                all->erase(all->begin(), all->end() - limit);
            else
                all->resize(size_t(limit));
        }
        result.rows = std::move(*all);
        return result;
    }

    template <class T, class Work> void later(std::stop_token stop, Reply<T> reply, Work work)
    {
        const int number = ++m_requests;
        m_late.post([=] {
            // Every second stopped request is answered all the same: the asker must not rely on silence.
            if (stop.stop_requested() && number % 2) return;
            reply(work());
        });
    }

    mutable std::mutex m_mutex;
    std::vector<TimelineEvent> m_rows; ///< newest first
    QString m_failure;
    std::atomic<int> m_requests = 0;
    LateThread m_late; ///< last, so that its thread ends before what it reads
};

/// The curve of the drawing: baseline until 02:58, down within three minutes, back up from 03:41:30.
class FakeChart final : public ChartSource {
public:
    explicit FakeChart(int longestMilliseconds = 8)
        : m_late(longestMilliseconds)
    {
    }
    void hold(bool on) { m_late.hold(on); }
    bool idle() const { return m_late.idle(); }

    void chart(const QString&, const QString& signal, Window window, Nanos bucket, std::stop_token stop,
        Reply<ChartData> reply) override
    {
        m_late.post([=] {
            if (stop.stop_requested()) return;
            ChartData data;
            data.bucket = bucket;
            const bool numeric = signal == u"answer_length"_s;
            for (Nanos t = window.from - window.from % bucket; t < std::min(window.to, kFixtureNow); t += bucket) {
                std::mt19937 random(unsigned(t / bucket));
                std::normal_distribution<double> jitter(0, numeric ? 5 : .012);
                double mean = t < at(2, 57, 40) ? .957
                    : t < at(3, 1)              ? .957 - .226 * double(t - at(2, 57, 40)) / double(200 * kSecond)
                    : t < at(3, 41, 30)         ? .731
                                                : .731 + .11 * double(t - at(3, 41, 30)) / double(102 * kSecond);
                if (numeric)
                    mean = t < at(2, 57, 40) ? 268 : 405;
                else if (signal != u"grounded_account_number"_s)
                    mean = .023;
                const qint64 n = 200;
                data.buckets.push_back({t, n, std::max(0.0, mean + jitter(random)) * double(n)});
            }
            for (const TimelineEvent& e : fixtureEvents())
                if (e.t >= window.from && e.t < window.to) data.marks.insert(data.marks.begin(), e);
            reply(std::move(data));
        });
    }

private:
    LateThread m_late;
};

/// Remembers what was asked and says yes, or refuses with a sentence.
class FakeDesk final : public Desk {
public:
    struct Call {
        QString what, person, text, extra;
        Nanos happened = 0;
    };
    explicit FakeDesk(int longestMilliseconds = 4)
        : m_late(longestMilliseconds)
    {
    }
    void refuseWith(const QString& sentence)
    {
        const std::lock_guard lock(m_mutex);
        m_refusal = sentence;
    }
    std::vector<Call> calls() const
    {
        const std::lock_guard lock(m_mutex);
        return m_calls;
    }
    std::vector<SignRequest> decisions() const
    {
        const std::lock_guard lock(m_mutex);
        return m_decisions;
    }
    void hold(bool on) { m_late.hold(on); }
    bool idle() const { return m_late.idle(); }

    std::vector<Identity> identities() const override
    {
        return {{u"commander-1"_s, true, false, {u"commander"_s}}, {u"ai-owner-1"_s, true, false, {u"ai-owner"_s}},
            {u"ai-owner-2"_s, true, false, {u"ai-owner-deputy"_s}}};
    }
    void fileReport(const QString& person, const QString& text, Nanos happened, const QString& channel,
        Reply<qint64> reply) override
    {
        answer({u"report"_s, person, text, channel, happened}, std::move(reply), qint64(4813));
    }
    void addNote(const QString& person, const IncidentId& incident, const QString& text, Nanos happened,
        Reply<qint64> reply) override
    {
        answer({u"note"_s, person, text, incident.value, happened}, std::move(reply), qint64(4814));
    }
    void declare(const QString& person, const IncidentId& incident, int severity, Reply<qint64> reply) override
    {
        answer({u"declare"_s, person, QString::number(severity), incident.value, 0}, std::move(reply), qint64(4815));
    }
    void setStatus(const QString& person, const IncidentId& incident, IncidentStatus, const QString& why,
        Reply<qint64> reply) override
    {
        answer({u"status"_s, person, why, incident.value, 0}, std::move(reply), qint64(4816));
    }
    void queueProposal(const QString& person, const ProposalId& proposal, Reply<qint64> reply) override
    {
        answer({u"queue"_s, person, proposal.value, {}, 0}, std::move(reply), qint64(4817));
    }
    void decide(const SignRequest& request, Reply<qint64> reply) override
    {
        {
            const std::lock_guard lock(m_mutex);
            m_decisions.push_back(request);
        }
        answer({u"decide"_s, request.person, request.proposal.value, request.role, 0}, std::move(reply), qint64(4818));
    }
    void ask(const QString& person, const IncidentId& incident, const QString& question, Reply<QString> reply) override
    {
        answer({u"ask"_s, person, question, incident.value, 0}, std::move(reply), u"E12 and E22 hold the figures."_s);
    }
    void exportIncident(const IncidentId& incident, const QString& folder, Reply<QString> reply) override
    {
        answer({u"export"_s, {}, folder, incident.value, 0}, std::move(reply), folder);
    }

private:
    template <class T> void answer(Call call, Reply<T> reply, T value)
    {
        QString refusal;
        {
            const std::lock_guard lock(m_mutex);
            m_calls.push_back(std::move(call));
            refusal = m_refusal;
        }
        m_late.post([=] {
            if (refusal.isEmpty())
                reply(value);
            else
                reply(fail(Fault::Refused, refusal));
        });
    }
    mutable std::mutex m_mutex;
    std::vector<Call> m_calls;
    std::vector<SignRequest> m_decisions;
    QString m_refusal;
    LateThread m_late;
};

} // namespace wf::test
