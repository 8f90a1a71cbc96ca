// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/simulator/world.h"
#include <algorithm>
#include <numeric>

namespace wf::sim {
using namespace Qt::StringLiterals;

namespace {
constexpr size_t kFailingKept = 2000;

/// FNV-1a: qHash may differ between processors, and a replay must not.
quint64 numberOf(const QString& text)
{
    quint64 hash = 0xcbf29ce484222325ULL;
    for (const char c : text.toUtf8())
        hash = (hash ^ quint8(c)) * 0x100000001b3ULL;
    return hash;
}
} // namespace

World::World(const Scenario& scenario, Nanos epoch, double answersPerSecond)
    : m_population(scenario, epoch)
    , m_epoch(epoch)
    , m_now(epoch)
    , m_interval(double(kSecond) / (answersPerSecond > 0 ? answersPerSecond : scenario.livePerSecond))
    , m_mix(scenario.routes)
{
    m_settings.stack = scenario.stack;
    const Stack* start = known(scenario.stack, scenario.provider);
    const int keptEach = std::max(1, scenario.cache.questions / scenario.instances);
    for (int i = 0; i < scenario.instances; ++i) {
        // Caches are warm: the feature ran long before the epoch. Ages are spread, or all would run out at once.
        Instance instance{start, 0, {}};
        Dice dice(scenario.seed, Purpose::Warmth, quint64(i));
        for (int k = 0; k < keptEach; ++k)
            instance.kept.push_back({epoch - Nanos(dice.uniform() * double(scenario.cache.ttl)), start});
        m_instances.push_back(std::move(instance));
    }
    for (size_t i = 0; i < scenario.happenings.size(); ++i)
        if (scenario.happenings[i].at >= 0) m_schedule.emplace(epoch + scenario.happenings[i].at, Happens{i});
    m_schedule.emplace(epoch, NextBeat{});
    scheduleAnswer();
}

void World::advanceTo(Nanos time)
{
    m_now = std::max(m_now, time);
    while (!m_schedule.empty() && m_schedule.begin()->first <= time) {
        const auto next = m_schedule.extract(m_schedule.begin());
        std::visit([&](const auto& event) { run(next.key(), event); }, next.mapped());
    }
}

Telemetry World::take()
{
    return std::exchange(m_out, {});
}

void World::scheduleAnswer()
{
    // Evenly spaced with jitter below the spacing: the order is the number's order, whatever the rate.
    Dice dice(m_population.scenario().seed, Purpose::Order, quint64(m_next));
    m_schedule.emplace(m_epoch + Nanos((double(m_next) + dice.uniform()) * m_interval), NextAnswer{});
}

void World::run(Nanos now, NextAnswer)
{
    Given given;
    given.number = m_next++;
    given.ended = now;
    Dice dice(m_population.scenario().seed, Purpose::Answer, quint64(given.number));
    m_population.ask(dice, m_mix, given);
    serve(now, dice, given);
    m_population.turnOut(dice, given);
    m_out.answers.push_back(given);
    if (given.judgedAt) m_schedule.emplace(given.judgedAt, given);
    if (given.thumbAt) m_schedule.emplace(given.thumbAt, Telemetry::Thumb{given.number, given.thumbAt, given.down});
    scheduleAnswer();
}

/// Which instance takes the question, and whether a person, its cache or the model answers.
void World::serve(Nanos now, Dice& dice, Given& given)
{
    const Scenario& s = m_population.scenario();
    given.instance = dice.below(s.instances);
    Instance& instance = m_instances[size_t(given.instance)];
    const bool human = dice.chance(instance.humanPercent / 100.0);
    const bool often = dice.chance(s.cache.share);
    Kept& kept = instance.kept[size_t(dice.below(int(instance.kept.size())))];
    given.human = human;
    given.stack = instance.stack;
    if (human || !often) return;
    given.cached = kept.stack && now - kept.born < s.cache.ttl;
    if (given.cached)
        given.stack = kept.stack;
    else
        kept = {now, instance.stack};
}

void World::run(Nanos now, NextBeat)
{
    if (!silent(u"watchdog"_s)) m_out.beats.push_back(now);
    m_schedule.emplace(now + m_population.scenario().watchdog, NextBeat{});
}

void World::run(Nanos now, const Given& answer)
{
    const bool good = answer.good && answer.strictness >= m_judgeFailsGood;
    if (silent(u"evaluations"_s)) return;
    m_out.judged.push_back({answer.number, now, good});
    if (good) return;
    m_failing.push_back({answer.number, answer.route});
    if (m_failing.size() > kFailingKept) m_failing.pop_front();
}

void World::run(Nanos, const Telemetry::Thumb& thumb)
{
    if (!silent(u"feedback"_s)) m_out.thumbs.push_back(thumb);
}

void World::run(Nanos now, Happens which)
{
    Happening happening = m_population.scenario().happenings[which.index];
    happening.at = now;
    happen(now, happening);
}

void World::run(Nanos, const HeardAgain& what)
{
    m_silent.removeAll(what.source);
}

void World::happen(Nanos now, const Happening& happening)
{
    using K = Happening::Kind;
    switch (happening.kind) {
    case K::Rollout: {
        const Layer layer = *layerFromName(happening.layer);
        Happening told = happening;
        told.from = m_settings.stack[layer];
        m_settings.stack[layer] = happening.to;
        ++m_settings.revision;
        // A release restarts the instances it reaches, so their caches start empty; a pin by flag restarts nothing.
        spread(now, int(layer), happening.to, happening.share, happening.over, true, false);
        if (happening.announce && !silent(u"changes"_s)) m_out.changes.push_back(told);
        break;
    }
    case K::ProviderChange:
        spread(now, kProviderField, happening.to, 1.0, happening.over, false, false);
        break;
    case K::ChangeEvent:
        if (!silent(u"changes"_s)) m_out.changes.push_back(happening);
        break;
    case K::HumanReport:
        m_out.reports.push_back(happening);
        break;
    case K::SilentSource:
        m_silent.append(happening.source);
        if (happening.until > 0) m_schedule.emplace(m_epoch + happening.until, HeardAgain{happening.source});
        break;
    case K::EvaluatorChange:
        m_judgeFailsGood = happening.failsGood;
        break;
    case K::MixChange:
        m_mix = happening.routes;
        break;
    }
}

/// Sends a value to a share of the instances: evenly over the span, or each after a random part of it.
void World::spread(
    Nanos from, int field, const QString& value, double share, Nanos over, bool emptiesCache, bool atRandom)
{
    const int ticket = m_tickets[size_t(field)] = ++m_ticket;
    Dice dice(m_population.scenario().seed, Purpose::Pickup, quint64(ticket));
    std::vector<int> order(m_instances.size());
    std::iota(order.begin(), order.end(), 0);
    for (size_t i = order.size(); i > 1; --i)
        std::swap(order[i - 1], order[size_t(dice.below(int(i)))]);
    const int reached = int(std::lround(share * double(order.size())));
    for (int k = 0; k < reached; ++k) {
        const double part = atRandom ? dice.uniform() : double(k + 1) / reached;
        m_schedule.emplace(
            from + Nanos(part * double(over)), Pickup{order[size_t(k)], field, ticket, value, emptiesCache});
    }
}

void World::run(Nanos, const Pickup& pickup)
{
    if (pickup.ticket != m_tickets[size_t(pickup.field)]) return; // overtaken by a younger setting
    Instance& instance = m_instances[size_t(pickup.instance)];
    if (pickup.field == kHumanField)
        instance.humanPercent = pickup.value.toInt();
    else
        instance.stack = stackLike(*instance.stack, pickup.field, pickup.value);
    if (pickup.emptiesCache) std::fill(instance.kept.begin(), instance.kept.end(), Kept{});
}

const Stack* World::stackLike(const Stack& base, int field, const QString& value)
{
    if (field == kProviderField) return known(base.manifest, value);
    Manifest manifest = base.manifest;
    manifest[Layer(field)] = value;
    return known(manifest, base.provider);
}

const Stack* World::known(const Manifest& manifest, const QString& provider)
{
    for (const Stack& stack : m_stacks)
        if (stack.manifest == manifest && stack.provider == provider) return &stack;
    return &m_stacks.emplace_back(m_population.stack(manifest, provider));
}

void World::act(Nanos at, const Action& action)
{
    advanceTo(at);
    at = m_now; // a clock that was set back must not act in what has already been given
    const auto& pickup = m_population.scenario().pickup;
    ++m_settings.revision;
    switch (action.kind) {
    case Action::Kind::Pin:
        m_settings.stack[action.layer] = action.value;
        spread(at, int(action.layer), action.value, 1.0, pickup.pin, false, true);
        break;
    case Action::Kind::Route:
        m_settings.humanPercent = action.humanPercent;
        spread(at, kHumanField, QString::number(action.humanPercent), 1.0, pickup.route, false, true);
        break;
    case Action::Kind::Purge:
        m_settings.stack[Layer::Cache] = action.value;
        spread(at, int(Layer::Cache), action.value, 1.0, pickup.purge, true, true);
        break;
    }
}

bool World::knows(Layer layer, const QString& value) const
{
    const Scenario& s = m_population.scenario();
    const QString name = layerName(layer);
    return s.stack[layer] == value || std::any_of(s.happenings.begin(), s.happenings.end(), [&](const Happening& h) {
        return h.layer == name && h.to == value;
    }) || std::any_of(s.behaviour.begin(), s.behaviour.end(), [&](const BehaviourRule& rule) {
        const auto it = rule.when.find(name);
        return it != rule.when.end() && it->second == value;
    });
}

World::Replayed World::replay(const QString& prompt, int count) const
{
    // On the stack that answers most questions now, with this prompt in place of its own.
    std::map<const Stack*, int> used;
    for (const Instance& instance : m_instances)
        ++used[instance.stack];
    const Stack* now = m_instances.front().stack;
    for (const Instance& instance : m_instances)
        if (used[instance.stack] > used[now]) now = instance.stack;
    Manifest manifest = now->manifest;
    manifest[Layer::Prompt] = prompt;
    const Stack asked = m_population.stack(manifest, now->provider);

    Replayed out;
    for (auto it = m_failing.rbegin(); it != m_failing.rend() && out.n < count; ++it, ++out.n) {
        Dice dice(m_population.scenario().seed ^ numberOf(prompt), Purpose::Replay, quint64(it->number));
        if (dice.chance(asked.byRoute[size_t(it->route)].good)) ++out.pass;
    }
    return out;
}

} // namespace wf::sim
