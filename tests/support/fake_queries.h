// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: telemetry in memory behind the real port: answers and observations in vectors, every query a plain loop, so
// that what a service asks can be checked against data a test made up. Owner: tests. Thread: one.
#pragma once
#include "models/domain/ports.h"
#include <algorithm>

namespace wf::test {

class FakeQueries final : public TelemetryQueries {
public:
    std::vector<Answer> answerRows;
    std::vector<JoinedObservation> observationRows;
    std::vector<TimelineEvent> changeRows;
    std::vector<SourceState> sourceRows;
    std::optional<Error> broken; ///< every query fails with it
    int asked = 0;

    /// An answer and what was measured of it, in one go. Observations of answers given by people are not made.
    void add(Answer answer, const std::map<QString, double>& values)
    {
        answer.id = qint64(answerRows.size()) + 1;
        for (const auto& [signal, value] : values) {
            Observation o;
            o.seq = qint64(observationRows.size()) + 1;
            o.answerId = answer.id;
            o.feature = answer.feature;
            o.signal = signal;
            o.value = value;
            o.t = o.seen = answer.t;
            if (!answer.toHuman) observationRows.push_back({o, answer.stack, answer.slice});
        }
        answerRows.push_back(std::move(answer));
    }

    Result<SignalCount> count(const QString& feature, const QString& signal, Window w, const Where& where) override
    {
        if (auto problem = ask()) return tl::unexpected(*problem);
        SignalCount c;
        each(feature, signal, w, where, [&](const JoinedObservation& o) { note(c, o); });
        return c;
    }

    Result<std::map<QString, SignalCount>> countBy(
        const QString& feature, const QString& signal, Window w, const QString& dimension, const Where& where) override
    {
        if (auto problem = ask()) return tl::unexpected(*problem);
        std::map<QString, SignalCount> by;
        each(feature, signal, w, where,
            [&](const JoinedObservation& o) { note(by[valueOf(dimension, answerOf(o))], o); });
        return by;
    }

    Result<Answers> answers(const QString& feature, Window w, const Where& where) override
    {
        if (auto problem = ask()) return tl::unexpected(*problem);
        Answers a;
        std::map<QString, int> people, tenants;
        double latency = 0;
        for (const Answer& row : answerRows) {
            if (row.feature != feature || row.t < w.from || row.t >= w.to || !holds(where, row)) continue;
            ++a.n;
            a.errors += row.error;
            a.toHuman += row.toHuman;
            a.last = std::max(a.last, row.t);
            latency += double(row.latencyNs);
            if (!row.recipient.isEmpty()) ++people[row.recipient];
            if (!row.slice.tenant.isEmpty()) ++tenants[row.slice.tenant];
        }
        a.people = qint64(people.size());
        a.tenants = qint64(tenants.size());
        a.meanLatencyNs = a.n ? latency / double(a.n) : 0;
        return a;
    }

    Result<std::map<QString, qint64>> answersBy(
        const QString& feature, Window w, const QString& dimension, const Where& where) override
    {
        if (auto problem = ask()) return tl::unexpected(*problem);
        std::map<QString, qint64> by;
        for (const Answer& row : answerRows)
            if (row.feature == feature && row.t >= w.from && row.t < w.to && holds(where, row))
                ++by[valueOf(dimension, row)];
        return by;
    }

    Result<std::vector<Bucket>> series(const QString& feature, const QString& signal, Window w, Nanos bucket) override
    {
        if (auto problem = ask()) return tl::unexpected(*problem);
        std::map<Nanos, Bucket> buckets;
        each(feature, signal, w, {}, [&](const JoinedObservation& o) {
            Bucket& b = buckets[o.observation.t - o.observation.t % bucket];
            b.t = o.observation.t - o.observation.t % bucket;
            ++b.n;
            b.sum += o.observation.value;
        });
        std::vector<Bucket> out;
        for (const auto& [t, b] : buckets)
            out.push_back(b);
        return out;
    }

    Result<std::vector<TimelineEvent>> changes(const QString& feature, Window w) override
    {
        if (auto problem = ask()) return tl::unexpected(*problem);
        std::vector<TimelineEvent> out;
        for (const auto& e : changeRows)
            if ((e.feature == feature || e.feature.isEmpty()) && e.t >= w.from && e.t < w.to) out.push_back(e);
        std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.t < b.t; });
        return out;
    }

    Result<std::vector<SourceState>> sources() override
    {
        if (auto problem = ask()) return tl::unexpected(*problem);
        return sourceRows;
    }

    Result<StackShare> commonestStack(const QString& feature, Window w) override
    {
        if (auto problem = ask()) return tl::unexpected(*problem);
        std::vector<StackShare> seen;
        qint64 of = 0;
        for (const Answer& row : answerRows) {
            if (row.feature != feature || row.t < w.from || row.t >= w.to) continue;
            ++of;
            auto it = std::find_if(seen.begin(), seen.end(), [&](const StackShare& s) { return s.stack == row.stack; });
            if (it == seen.end()) it = seen.insert(seen.end(), {row.stack, 0, 0});
            ++it->n;
        }
        const auto best
            = std::max_element(seen.begin(), seen.end(), [](const auto& a, const auto& b) { return a.n < b.n; });
        if (best == seen.end()) return StackShare{};
        return StackShare{best->stack, best->n, of};
    }

private:
    std::optional<Error> ask()
    {
        ++asked;
        return broken;
    }

    const Answer& answerOf(const JoinedObservation& o) const { return answerRows[size_t(o.observation.answerId - 1)]; }

    static QString valueOf(const QString& dimension, const Answer& a)
    {
        if (dimension == QStringLiteral("cached")) return a.fromCache ? QStringLiteral("yes") : QStringLiteral("no");
        if (dimension == QStringLiteral("handled_by"))
            return a.toHuman ? QStringLiteral("human") : QStringLiteral("model");
        return dimensionValue(dimension, a.stack, a.slice);
    }

    static bool holds(const Where& where, const Answer& a)
    {
        return std::all_of(where.begin(), where.end(), [&](const auto& w) { return valueOf(w.first, a) == w.second; });
    }

    static void note(SignalCount& c, const JoinedObservation& o)
    {
        const double v = o.observation.value;
        c.first = c.n ? std::min(c.first, o.observation.t) : o.observation.t;
        c.last = std::max(c.last, o.observation.t);
        ++c.n;
        c.sum += v;
        c.sumSquares += v * v;
    }

    template <class F>
    void each(const QString& feature, const QString& signal, Window w, const Where& where, F use) const
    {
        for (const auto& o : observationRows)
            if (o.observation.feature == feature && o.observation.signal == signal && o.observation.t >= w.from
                && o.observation.t < w.to && holds(where, answerOf(o)))
                use(o);
    }
};

} // namespace wf::test
