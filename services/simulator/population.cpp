// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/simulator/population.h"
#include <algorithm>

namespace wf::sim {
using namespace Qt::StringLiterals;

namespace {
QByteArray bytesOf(Dice dice, qsizetype n)
{
    QByteArray out;
    for (quint64 word = 0; out.size() < n; out.append(char(word & 0xff)), word >>= 8)
        if (out.size() % 8 == 0) word = dice.next();
    return out;
}
} // namespace

Ids Population::ids(qint64 number) const
{
    const auto dice = [&](Purpose purpose) { return Dice(m_idSeed, purpose, quint64(number)); };
    Ids out;
    out.trace = bytesOf(dice(Purpose::Trace), 16);
    out.span = bytesOf(dice(Purpose::Span), 8);
    out.response = "resp_"_L1 + QString::fromLatin1(bytesOf(dice(Purpose::Response), 12).toHex());
    return out;
}

QString Population::recipient(int person) const
{
    return "u-"_L1 + QString::fromLatin1(bytesOf(Dice(m_scenario.seed, Purpose::Person, quint64(person)), 6).toHex());
}

const QString& Population::tenant(int person) const
{
    // The second draw of the person: the first made the pseudonym, which must not tell the tenant.
    Dice dice(m_scenario.seed, Purpose::Person, quint64(person));
    dice.next();
    return m_scenario.tenants.parts()[size_t(m_scenario.tenants.pick(dice.uniform()))].name;
}

const QString& Population::locale(int person) const
{
    Dice dice(m_scenario.seed, Purpose::Person, quint64(person));
    dice.next(), dice.next();
    return m_scenario.locales.parts()[size_t(m_scenario.locales.pick(dice.uniform()))].name;
}

QString Population::instanceName(int instance) const
{
    return u"copilot-%1"_s.arg(instance + 1, 2, 10, QLatin1Char('0'));
}

const QString& Population::region(int instance) const
{
    return m_scenario.regions[instance % m_scenario.regions.size()];
}

Slice Population::slice(const Given& given) const
{
    return {tenant(given.person), m_scenario.routes.parts()[size_t(given.route)].name, locale(given.person),
        region(given.instance), instanceName(given.instance)};
}

Stack Population::stack(const Manifest& manifest, const QString& provider) const
{
    Stack out{manifest, provider, {}};
    for (const Mix::Part& route : m_scenario.routes.parts())
        out.byRoute.push_back(m_scenario.behaviourOf(manifest, provider, route.name));
    return out;
}

void Population::ask(Dice& dice, const Mix& mix, Given& given) const
{
    given.person = dice.below(m_scenario.people);
    given.route = m_scenario.routes.indexOf(mix.parts()[size_t(mix.pick(dice.uniform()))].name);
    given.tokensIn = std::max(8, int(dice.around(420, 0.4)));
}

void Population::turnOut(Dice& dice, Given& given) const
{
    const Scenario& s = m_scenario;
    const auto seconds = [](double value) { return Nanos(value * double(kSecond)); };
    if (given.human) {
        // The span of a hand-over: the question goes to a queue, no model runs.
        given.started = given.ended - seconds(dice.around(s.cachedLatency, s.latencySpread));
        return;
    }
    given.started = given.ended - seconds(dice.around(given.cached ? s.cachedLatency : s.latency, s.latencySpread));
    given.error = !given.cached && dice.chance(s.errors);
    if (given.error) return;

    const Behaviour& b = given.stack->byRoute[size_t(given.route)];
    given.refused = dice.chance(b.refused);
    given.tokensOut = std::max(1, int(std::lround(dice.around(b.length, b.lengthSpread))));
    given.good = dice.chance(b.good);
    given.strictness = dice.uniform();
    if (dice.chance(s.evaluator.coverage)) {
        const double lag = dice.around(s.evaluator.lag, s.evaluator.lagSpread);
        given.judgedAt = given.ended + seconds(std::clamp(lag, s.evaluator.lag / 3, s.evaluator.lag * 3));
    }
    if (dice.chance(s.feedback.rate)) {
        given.thumbAt = given.ended + seconds(std::min(dice.around(s.feedback.lag, 0.7), s.feedback.lag * 6));
        given.down = dice.chance(given.good ? s.feedback.downWhenGood : s.feedback.downWhenBad);
    }
}

Answer Population::toAnswer(const Given& given) const
{
    const Ids id = ids(given.number);
    Answer a;
    a.t = a.seen = given.ended;
    a.traceId = id.trace;
    a.spanId = id.span;
    a.responseId = given.human || given.error ? QString() : id.response;
    a.feature = m_scenario.feature;
    a.stack = given.stack->manifest;
    a.slice = slice(given);
    a.recipient = recipient(given.person);
    a.latencyNs = given.ended - given.started;
    a.error = given.error;
    a.fromCache = given.cached;
    a.toHuman = given.human;
    return a;
}

} // namespace wf::sim
