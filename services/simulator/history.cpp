// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/simulator/history.h"
#include "services/simulator/messages.h"
#include <algorithm>

namespace wf::sim {
using namespace Qt::StringLiterals;

namespace {
Observation observation(const Answer& answer, const QString& signal, double value, Nanos seen)
{
    Observation o;
    o.traceId = answer.traceId;
    o.spanId = answer.spanId;
    o.responseId = answer.responseId;
    o.feature = answer.feature;
    o.signal = signal;
    o.value = value;
    o.t = answer.t;
    o.seen = seen;
    o.source = u"otlp"_s;
    return o;
}

void observe(
    const Scenario& scenario, const Given& given, const Answer& answer, Nanos epoch, std::vector<Observation>& out)
{
    if (given.error) return;
    out.push_back(observation(answer, u"answer_length"_s, given.tokensOut, answer.seen));
    out.push_back(observation(answer, u"refusal"_s, given.refused ? 1 : 0, answer.seen));
    if (given.judgedAt && given.judgedAt <= epoch)
        out.push_back(observation(answer, scenario.evaluator.signal, given.good ? 1 : 0, given.judgedAt));
    if (given.thumbAt && given.thumbAt <= epoch)
        out.push_back(observation(answer, u"thumbs_down"_s, given.down ? 1 : 0, given.thumbAt));
}

/// The row the engine makes of a POST /changes with the same content, its key included: told twice, it is one row.
TimelineEvent changeEvent(const Scenario& scenario, Nanos epoch, const Happening& change)
{
    const QJsonObject told = changeJson(scenario, epoch, change);
    TimelineEvent event;
    event.t = event.seen = change.at;
    event.kind = EventKind::Change;
    event.actor = change.actor;
    event.feature = scenario.feature;
    event.title = change.summary;
    event.detail = u"%1 %2 → %3"_s.arg(change.layer, change.from, change.to);
    event.dedupKey = "changes|"_L1 + told.value(u"id"_s).toString();
    event.source = u"changes"_s;
    event.body = {
        {u"layer"_s, change.layer}, {u"from"_s, change.from}, {u"to"_s, change.to}, {u"feature"_s, scenario.feature}};
    return event;
}

Given drawn(const Population& population, const Stack& stack, qint64 number, Nanos epoch)
{
    const Scenario& s = population.scenario();
    Dice dice(s.seed, Purpose::History, quint64(number));
    Given given;
    given.number = number;
    given.stack = &stack;
    given.ended = epoch + Nanos((double(number) + dice.uniform()) * double(kSecond) / s.historyPerSecond);
    population.ask(dice, s.routes, given);
    given.instance = dice.below(s.instances);
    given.cached = dice.chance(s.cache.share);
    population.turnOut(dice, given);
    return given;
}
} // namespace

Done historyBatches(const Scenario& scenario, Nanos epoch, const std::function<Done(Batch)>& take, int rows)
{
    const Population population(scenario, epoch);
    const Stack stack = population.stack(scenario.stack, scenario.provider);
    const auto fresh = [] {
        Batch batch;
        batch.source = u"otlp"_s;
        return batch;
    };

    Batch told = fresh();
    told.source = u"changes"_s;
    for (size_t i = 0; i < scenario.happenings.size(); ++i)
        if (Happening h = scenario.happenings[i]; h.at < 0 && -h.at <= scenario.history) {
            h.at += epoch;
            told.events.push_back(changeEvent(scenario, epoch, h));
        }
    if (!told.events.empty())
        if (const Done done = take(std::move(told)); !done) return done;

    Batch batch = fresh();
    const auto first = -qint64(double(scenario.history) / double(kSecond) * scenario.historyPerSecond);
    for (qint64 number = first; number < 0; ++number) {
        const Given given = drawn(population, stack, number, epoch);
        Answer answer = population.toAnswer(given);
        observe(scenario, given, answer, epoch, batch.observations);
        batch.answers.push_back(std::move(answer));
        if (int(batch.size()) + 5 <= rows && number + 1 < 0) continue;
        // As they would have arrived: what the evaluator said came later than the answer.
        std::stable_sort(batch.observations.begin(), batch.observations.end(),
            [](const Observation& a, const Observation& b) { return a.seen < b.seen; });
        if (const Done done = take(std::exchange(batch, fresh())); !done) return done;
    }
    return {};
}

} // namespace wf::sim
