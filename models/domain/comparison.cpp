// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/comparison.h"
#include "models/domain/canonical_json.h"
#include "models/domain/stats/intervals.h"
#include <cmath>

namespace wf {
using namespace Qt::StringLiterals;

namespace {
QJsonObject groupJson(const ComparedGroup& g, bool rate)
{
    QJsonObject o{{u"value"_s, g.value}, {u"n"_s, jsonInt(g.n)}};
    if (rate) {
        o[u"good"_s] = jsonInt(qRound64(g.sum));
    } else {
        o[u"sum"_s] = decimal(g.sum);
        o[u"sum_squares"_s] = decimal(g.sumSquares);
    }
    return o;
}

std::optional<ComparedGroup> readGroup(const QJsonValue& json, bool rate)
{
    const QJsonObject o = json.toObject();
    ComparedGroup g{o[u"value"_s].toString(), fromJsonInt(o[u"n"_s], -1), 0, 0};
    g.sum = rate ? double(fromJsonInt(o[u"good"_s], -1)) : fromDecimal(o[u"sum"_s], NAN);
    g.sumSquares = rate ? g.sum : fromDecimal(o[u"sum_squares"_s], NAN);
    const bool sane = g.n >= 0 && std::isfinite(g.sum) && std::isfinite(g.sumSquares)
        && (!rate || (g.sum >= 0 && g.sum <= double(g.n)));
    return sane ? std::optional(g) : std::nullopt;
}
} // namespace

Interval Comparison::interval() const
{
    if (rate) return stats::newcombeDifference(with.sum, double(with.n), without.sum, double(without.n));
    return stats::welchDifference(stats::Moments::fromSums(with.n, with.sum, with.sumSquares),
        stats::Moments::fromSums(without.n, without.sum, without.sumSquares));
}

bool Comparison::separates() const
{
    if (!sameMinutes || with.n <= 0 || without.n <= 0) return false;
    const Interval i = interval();
    return i.low > 0 || i.high < 0;
}

QJsonObject Comparison::toJson() const
{
    return {{u"signal"_s, signal}, {u"dimension"_s, dimension}, {u"scale"_s, rate ? u"rate"_s : u"numeric"_s},
        {u"minutes"_s, sameMinutes ? u"same"_s : u"across"_s}, {u"with"_s, groupJson(with, rate)},
        {u"without"_s, groupJson(without, rate)}};
}

std::optional<Comparison> Comparison::fromJson(const QJsonObject& result)
{
    Comparison c;
    c.signal = result[u"signal"_s].toString();
    c.dimension = result[u"dimension"_s].toString();
    c.rate = result[u"scale"_s].toString() != u"numeric";
    c.sameMinutes = result[u"minutes"_s].toString() == u"same";
    const auto with = readGroup(result[u"with"_s], c.rate), without = readGroup(result[u"without"_s], c.rate);
    if (!with || !without) return std::nullopt;
    c.with = *with;
    c.without = *without;
    return c;
}

} // namespace wf
