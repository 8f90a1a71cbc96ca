// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/simulator/scenario.h"
#include "services/base/yaml.h"
#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>
#include <algorithm>

namespace wf::sim {
using namespace Qt::StringLiterals;

Mix::Mix(std::vector<Part> parts)
    : m_parts(std::move(parts))
{
    double sum = 0;
    for (const Part& part : m_parts)
        sum += part.weight;
    double upTo = 0;
    for (const Part& part : m_parts)
        m_upTo.push_back(upTo += part.weight / sum);
}

int Mix::pick(double uniform) const
{
    const auto it = std::upper_bound(m_upTo.begin(), m_upTo.end(), uniform);
    return int(std::min<ptrdiff_t>(it - m_upTo.begin(), ptrdiff_t(m_upTo.size()) - 1));
}

int Mix::indexOf(const QString& name) const
{
    for (size_t i = 0; i < m_parts.size(); ++i)
        if (m_parts[i].name == name) return int(i);
    return -1;
}

Result<Layer> layerFromName(const QString& name)
{
    for (const Layer layer : kLayers)
        if (layerName(layer) == name) return layer;
    return fail(Fault::BadInput, u"“%1” is no layer of the behaviour stack."_s.arg(name));
}

Behaviour Scenario::behaviourOf(const Manifest& on, const QString& behind, const QString& route) const
{
    Behaviour b;
    for (const BehaviourRule& rule : behaviour) {
        const bool fits = std::all_of(rule.when.begin(), rule.when.end(), [&](const auto& condition) {
            const auto& [what, value] = condition;
            if (what == "route"_L1) return value == route;
            if (what == "provider"_L1) return value == behind;
            return value == on[*layerFromName(what)];
        });
        if (!fits) continue;
        b.good = rule.good.value_or(b.good);
        b.refused = rule.refused.value_or(b.refused);
        b.length = rule.length.value_or(b.length);
        b.lengthSpread = rule.lengthSpread.value_or(b.lengthSpread);
    }
    return b;
}

namespace {
/// Reads keys of one map and keeps the first error, so that a reader is a list of lines and not a ladder of ifs.
class Reader {
public:
    Reader(const YamlNode& map, std::initializer_list<QAnyStringView> allowed)
        : m_map(map)
    {
        if (!map.isMap())
            refuse(map, u"a map of keys is wanted here."_s);
        else
            take(map.onlyKeys(allowed));
    }
    bool failed() const { return m_error.has_value(); }
    const Error& error() const { return *m_error; }
    Done done() const { return m_error ? Done(tl::unexpected(*m_error)) : Done(); }

    void text(QAnyStringView key, QString& into) { set(into, m_map.optionalString(key, into)); }
    void needText(QAnyStringView key, QString& into) { set(into, m_map.requireString(key)); }
    void duration(QAnyStringView key, Nanos& into) { set(into, m_map.optionalDuration(key, into)); }
    void flag(QAnyStringView key, bool& into) { set(into, m_map.optionalBool(key, into)); }
    void texts(QAnyStringView key, QStringList& into)
    {
        set(into, m_map.requireStrings(key));
        if (!failed() && into.isEmpty()) refuse(*m_map.find(key), u"the list is empty; name at least one."_s);
    }
    void number(QAnyStringView key, double& into, double low, double high)
    {
        set(into, m_map.optionalNumber(key, into));
        range(key, into, low, high);
    }
    void number(QAnyStringView key, std::optional<double>& into, double low, double high)
    {
        if (!m_map.has(key)) return;
        set(into, m_map.requireNumber(key));
        if (into) range(key, *into, low, high);
    }
    void share(QAnyStringView key, double& into) { number(key, into, 0, 1); }
    void seconds(QAnyStringView key, double& into)
    {
        Nanos span = Nanos(into * double(kSecond));
        duration(key, span);
        into = double(span) / double(kSecond);
    }
    void whole(QAnyStringView key, int& into, int low, int high)
    {
        qint64 n = into;
        set(n, m_map.optionalInt(key, n));
        range(key, double(n), low, high);
        if (!failed()) into = int(n);
    }
    void mix(QAnyStringView key, Mix& into)
    {
        if (failed()) return;
        const auto node = m_map.requireMap(key);
        if (!node) return take(tl::unexpected(node.error()));
        std::vector<Mix::Part> parts;
        for (const QString& name : node->keys()) {
            const auto weight = node->requireNumber(name);
            if (!weight) return take(tl::unexpected(weight.error()));
            if (*weight <= 0) return refuse(*node->find(name), u"a weight must be above 0."_s);
            parts.push_back({name, *weight});
        }
        if (parts.empty()) return refuse(*node, u"name at least one, with its weight."_s);
        into = Mix(std::move(parts));
    }
    /// Another map below this one, when it is there.
    template <class Read> void section(QAnyStringView key, Read read)
    {
        if (failed()) return;
        if (const auto node = m_map.find(key)) take(read(*node));
    }
    void refuse(const YamlNode& at, const QString& sentence) { take(at.error(sentence)); }
    void take(const Done& done)
    {
        if (!done && !m_error) m_error = done.error();
    }

private:
    template <class T, class U> void set(T& into, const Result<U>& value)
    {
        if (value)
            into = *value;
        else
            take(tl::unexpected(value.error()));
    }
    void range(QAnyStringView key, double value, double low, double high)
    {
        if (failed() || (value >= low && value <= high)) return;
        const auto node = m_map.find(key);
        refuse(node ? *node : m_map,
            u"“%1” is %2; it must be between %3 and %4."_s.arg(key.toString()).arg(value).arg(low).arg(high));
    }
    const YamlNode& m_map;
    std::optional<Error> m_error;
};

Done readStack(const YamlNode& node, Manifest& stack)
{
    if (!node.isMap()) return node.error(u"the stack is a map of layer and value."_s);
    for (const QString& key : node.keys()) {
        const auto layer = layerFromName(key);
        if (!layer) return node.find(key)->error(layer.error().what);
        const auto value = node.requireString(key);
        if (!value) return tl::unexpected(value.error());
        stack[*layer] = *value;
    }
    return {};
}

Done readRule(const YamlNode& node, const Scenario& scenario, BehaviourRule& rule)
{
    Reader r(node, {"when", "good", "refused", "length", "length_spread"});
    r.number("good", rule.good, 0, 1);
    r.number("refused", rule.refused, 0, 1);
    r.number("length", rule.length, 1, 100'000);
    r.number("length_spread", rule.lengthSpread, 0, 3);
    r.section("when", [&](const YamlNode& when) -> Done {
        if (!when.isMap()) return when.error(u"“when” is a map of what must hold."_s);
        for (const QString& key : when.keys()) {
            const auto value = when.requireString(key);
            if (!value) return tl::unexpected(value.error());
            if (key == "route"_L1 && scenario.routes.indexOf(*value) < 0)
                return when.find(key)->error(u"“%1” is not among the routes."_s.arg(*value));
            if (key != "route"_L1 && key != "provider"_L1 && !layerFromName(key))
                return when.find(key)->error(u"“%1” is neither a layer, nor provider, nor route."_s.arg(key));
            rule.when[key] = *value;
        }
        return {};
    });
    return r.done();
}

struct KindName {
    Happening::Kind kind;
    QLatin1StringView name;
};
constexpr KindName kKinds[] = {
    {Happening::Kind::ChangeEvent, "change-event"_L1},
    {Happening::Kind::Rollout, "rollout"_L1},
    {Happening::Kind::ProviderChange, "provider-change"_L1},
    {Happening::Kind::HumanReport, "human-report"_L1},
    {Happening::Kind::SilentSource, "silent-source"_L1},
    {Happening::Kind::EvaluatorChange, "evaluator-change"_L1},
    {Happening::Kind::MixChange, "mix-change"_L1},
};

Done readTime(const YamlNode& node, Happening& h)
{
    if (node.has("at") == node.has("before"))
        return node.error(u"a happening has either “at” (after the start) or “before” (in the history)."_s);
    const auto span = node.requireDuration(node.has("at") ? "at" : "before");
    if (!span) return tl::unexpected(span.error());
    h.at = node.has("at") ? *span : -*span;
    if (h.at < 0 && h.kind != Happening::Kind::ChangeEvent)
        return node.find("before")->error(u"only a change-event can lie in the history."_s);
    return {};
}

Done readHappening(const YamlNode& node, const Scenario& scenario, Happening& h)
{
    if (!node.isMap()) return node.error(u"a happening is a map with “at” and “kind”."_s);
    const auto kind = node.requireString("kind");
    if (!kind) return tl::unexpected(kind.error());
    const auto known
        = std::find_if(std::begin(kKinds), std::end(kKinds), [&](const KindName& k) { return k.name == *kind; });
    if (known == std::end(kKinds)) return node.find("kind")->error(u"“%1” is no kind of happening."_s.arg(*kind));
    h.kind = known->kind;
    if (const Done done = readTime(node, h); !done) return done;
    using K = Happening::Kind;
    const auto layer = [&](Reader& r) {
        r.needText("layer", h.layer);
        if (!r.failed() && !layerFromName(h.layer)) r.refuse(*node.find("layer"), u"“%1” is no layer."_s.arg(h.layer));
    };
    switch (h.kind) {
    case K::ChangeEvent: {
        Reader r(node, {"at", "before", "kind", "actor", "layer", "from", "to", "summary"});
        layer(r), r.needText("actor", h.actor), r.needText("summary", h.summary), r.text("from", h.from),
            r.text("to", h.to);
        return r.done();
    }
    case K::Rollout: {
        Reader r(node, {"at", "kind", "actor", "layer", "to", "share", "over", "announce", "summary"});
        layer(r), r.needText("to", h.to), r.share("share", h.share), r.duration("over", h.over),
            r.flag("announce", h.announce);
        if (h.announce) r.needText("actor", h.actor), r.needText("summary", h.summary);
        return r.done();
    }
    case K::ProviderChange: {
        Reader r(node, {"at", "kind", "to", "over"});
        r.needText("to", h.to), r.duration("over", h.over);
        return r.done();
    }
    case K::HumanReport: {
        Reader r(node, {"at", "kind", "channel", "text"});
        r.needText("channel", h.channel), r.needText("text", h.text);
        return r.done();
    }
    case K::SilentSource: {
        Reader r(node, {"at", "kind", "source", "until"});
        r.needText("source", h.source), r.duration("until", h.until);
        static const QStringList sources{u"evaluations"_s, u"feedback"_s, u"changes"_s, u"watchdog"_s};
        if (!r.failed() && !sources.contains(h.source))
            r.refuse(*node.find("source"), u"“%1” is no source; they are %2."_s.arg(h.source, sources.join(u", "_s)));
        return r.done();
    }
    case K::EvaluatorChange: {
        Reader r(node, {"at", "kind", "fails_good"});
        r.share("fails_good", h.failsGood);
        return r.done();
    }
    case K::MixChange: {
        Reader r(node, {"at", "kind", "routes"});
        r.mix("routes", h.routes);
        for (const Mix::Part& part : h.routes.parts())
            if (scenario.routes.indexOf(part.name) < 0)
                r.refuse(*node.find("routes"), u"“%1” is not among the routes."_s.arg(part.name));
        return r.done();
    }
    }
    return {};
}

void readPeopleAndPlaces(Reader& r, Scenario& s)
{
    r.section("rate", [&](const YamlNode& node) {
        Reader rate(node, {"live", "history"});
        rate.number("live", s.livePerSecond, 0.01, 20'000);
        rate.number("history", s.historyPerSecond, 0.01, 100);
        return rate.done();
    });
    r.duration("history", s.history);
    r.whole("people", s.people, 1, 10'000'000);
    r.whole("instances", s.instances, 1, 1000);
    r.mix("tenants", s.tenants), r.mix("routes", s.routes), r.mix("locales", s.locales);
    r.texts("regions", s.regions);
}

void readMachinery(Reader& r, Scenario& s)
{
    r.section("latency", [&](const YamlNode& node) {
        Reader latency(node, {"mean", "spread", "cached"});
        latency.seconds("mean", s.latency), latency.number("spread", s.latencySpread, 0, 3);
        latency.seconds("cached", s.cachedLatency);
        return latency.done();
    });
    r.share("errors", s.errors);
    r.section("evaluator", [&](const YamlNode& node) {
        Reader e(node, {"signal", "coverage", "lag", "lag_spread"});
        e.needText("signal", s.evaluator.signal), e.share("coverage", s.evaluator.coverage);
        e.seconds("lag", s.evaluator.lag), e.number("lag_spread", s.evaluator.lagSpread, 0, 3);
        return e.done();
    });
    r.section("feedback", [&](const YamlNode& node) {
        Reader f(node, {"rate", "down_when_good", "down_when_bad", "lag"});
        f.share("rate", s.feedback.rate), f.share("down_when_good", s.feedback.downWhenGood);
        f.share("down_when_bad", s.feedback.downWhenBad), f.seconds("lag", s.feedback.lag);
        return f.done();
    });
    r.section("cache", [&](const YamlNode& node) {
        Reader c(node, {"share", "questions", "ttl"});
        c.share("share", s.cache.share), c.whole("questions", s.cache.questions, 1, 1'000'000),
            c.duration("ttl", s.cache.ttl);
        return c.done();
    });
    r.section("pickup", [&](const YamlNode& node) {
        Reader p(node, {"pin", "route", "purge"});
        p.duration("pin", s.pickup.pin), p.duration("route", s.pickup.route), p.duration("purge", s.pickup.purge);
        return p.done();
    });
    r.duration("watchdog", s.watchdog);
}
} // namespace

Result<Scenario> parseScenario(const QByteArray& yaml, const QString& fileName)
{
    const auto root = loadYaml(yaml, fileName);
    if (!root) return tl::unexpected(root.error());
    Scenario s;
    Reader r(*root,
        {"scenario", "title", "seed", "feature", "rate", "history", "people", "instances", "tenants", "routes",
            "locales", "regions", "stack", "provider", "behaviour", "latency", "errors", "evaluator", "feedback",
            "cache", "pickup", "watchdog", "happenings"});
    r.needText("scenario", s.name), r.needText("title", s.title), r.needText("feature", s.feature);
    int seed = 1;
    r.whole("seed", seed, 0, std::numeric_limits<int>::max());
    s.seed = quint64(seed);
    readPeopleAndPlaces(r, s);
    r.section("stack", [&](const YamlNode& node) { return readStack(node, s.stack); });
    r.text("provider", s.provider);
    readMachinery(r, s);
    if (!r.failed() && s.watchdog <= 0)
        r.refuse(*root->find("watchdog"), u"the watchdog must beat: give a span above 0."_s);
    if (r.failed()) return tl::unexpected(r.error());

    const auto rules = root->requireList("behaviour");
    if (!rules) return tl::unexpected(rules.error());
    for (const YamlNode& node : *rules)
        if (const Done done = readRule(node, s, s.behaviour.emplace_back()); !done) return tl::unexpected(done.error());
    const auto happenings = root->optionalList("happenings");
    if (!happenings) return tl::unexpected(happenings.error());
    for (const YamlNode& node : *happenings)
        if (const Done done = readHappening(node, s, s.happenings.emplace_back()); !done)
            return tl::unexpected(done.error());
    std::stable_sort(
        s.happenings.begin(), s.happenings.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
    return s;
}

Result<Scenario> loadScenario(const QString& nameOrPath)
{
    const bool isPath = nameOrPath.endsWith(".yaml"_L1) || nameOrPath.contains(u'/');
    const QString path = isPath ? nameOrPath : u":/samples/scenarios/%1.yaml"_s.arg(nameOrPath);
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) {
        const QString next = u"Name one of account-numbers, silent-provider, calm, or give the path of a .yaml file."_s;
        return fail(Fault::NotFound, u"The scenario “%1” could not be read: %2."_s.arg(nameOrPath, file.errorString()),
            {}, next);
    }
    return parseScenario(file.readAll(), isPath ? path : nameOrPath + u".yaml"_s);
}

} // namespace wf::sim
