// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/runbooks/runbook_file.h"
#include "models/domain/canonical_json.h"
#include "models/domain/proposal.h"
#include "services/runbooks/first_error.h"
#include <QJsonArray>
#include <QRegularExpression>

namespace wf {
using namespace Qt::StringLiterals;

namespace {
enum class Where { Title, Text };

/// Where to point: at the key's value, else at the map it is missing from.
YamlNode at(const YamlNode& map, QAnyStringView key)
{
    return map.find(key).value_or(map);
}

class Reader {
public:
    explicit Reader(Runbook& runbook)
        : m_r(runbook)
    {
    }
    void read(const YamlNode& root);
    FirstError bad;

private:
    void parameters(const YamlNode& node);
    ParameterRule rule(const YamlNode& node);
    void limits(const YamlNode& node);
    void reactions(const YamlNode& root);
    void verify(const YamlNode& node);
    void step(const YamlNode& node);
    Touches touches(const YamlNode& node);
    HttpCall call(const YamlNode& node, const QString& inherited, bool precondition);
    QJsonValue body(const YamlNode& node);
    Gate gate(const YamlNode& node);
    QString text(const YamlNode& node, Where where = Where::Text);
    QString need(const YamlNode& map, QAnyStringView key, Where where = Where::Text);
    double share(const YamlNode& map, QAnyStringView key);
    void demands(const YamlNode& node, const RunbookStep& s);
    void classDemands(const YamlNode& root);

    Runbook& m_r;
};

QString Reader::text(const YamlNode& node, Where where)
{
    const QString s = bad.of(node.asString());
    static const QRegularExpression placeholder(u"\\{[^{}]*\\}"_s);
    QString rest = s;
    if (rest.remove(placeholder).contains(u'{') || rest.contains(u'}'))
        bad.refuse(node, u"a brace stands here without its partner."_s);
    for (const QString& name : templateNames(s)) {
        if (!isTemplateName(name, m_r.parameters))
            bad.refuse(node,
                u"the template {%1} does not exist; there are feature, manifest.LAYER, observed.LAYER and the parameters of this runbook."_s
                    .arg(name));
        else if (name == u"good.day" && where != Where::Title)
            bad.refuse(node, u"the template {good.day} stands in titles only."_s);
    }
    return s;
}

QString Reader::need(const YamlNode& map, QAnyStringView key, Where where)
{
    bad.of(map.requireString(key));
    const auto node = map.find(key);
    return node ? text(*node, where) : QString();
}

double Reader::share(const YamlNode& map, QAnyStringView key)
{
    const double s = bad.of(map.requireNumber(key));
    if (!(s > 0 && s <= 1)) bad.refuse(at(map, key), u"a share is above 0 and at most 1."_s);
    return s;
}

ParameterRule Reader::rule(const YamlNode& node)
{
    ParameterRule rule;
    bad.check(node.onlyKeys({"type", "minimum", "maximum", "max_length", "enum", "default", "format", "description"}));
    const QString type = bad.of(node.requireString("type"));
    if (type != u"string" && type != u"integer") bad.refuse(node, u"the type of a parameter is string or integer."_s);
    rule.integer = type == u"integer";
    rule.minimum = bad.of(node.optionalInt("minimum", rule.minimum));
    rule.maximum = bad.of(node.optionalInt("maximum", rule.maximum));
    rule.maxLength = bad.of(node.optionalInt("max_length", rule.maxLength));
    rule.allowed = bad.of(node.optionalStrings("enum"));
    rule.fallback = bad.of(node.optionalString("default"));
    rule.format = bad.of(node.optionalString("format"));
    if (!rule.format.isEmpty() && rule.format != u"manifest-digest" && rule.format != u"next-generation")
        bad.refuse(at(node, "format"), u"the format is manifest-digest or next-generation."_s);
    return rule;
}

void Reader::parameters(const YamlNode& node)
{
    static const QRegularExpression name(u"^[a-z][a-z0-9_]{0,63}$"_s);
    if (!node.isMap()) return bad.refuse(node, u"parameters are a map from names to their rules."_s);
    for (const QString& key : node.keys()) {
        if (!name.match(key).hasMatch())
            bad.refuse(at(node, key), u"“%1” is not a name for a parameter: small letters, digits and _."_s.arg(key));
        m_r.parameters += key;
        m_r.rules[key] = rule(*node.find(key));
    }
}

void Reader::limits(const YamlNode& node)
{
    bad.check(node.onlyKeys({"share_of_feature", "people", "tenants", "duration"}));
    m_r.limits.shareOfFeature = share(node, "share_of_feature");
    m_r.limits.people = bad.of(node.optionalInt("people", 0));
    m_r.limits.tenants = bad.of(node.optionalInt("tenants", 0));
    m_r.limits.duration = bad.of(node.requireDuration("duration"));
    if (m_r.limits.people < 0 || m_r.limits.tenants < 0) bad.refuse(node, u"a ceiling is not negative."_s);
}

void Reader::verify(const YamlNode& node)
{
    bad.check(node.onlyKeys({"signals", "equivalence_margin", "windows"}));
    m_r.verify.signalNames = bad.of(node.requireStrings("signals"));
    m_r.verify.margin = bad.of(node.requireNumber("equivalence_margin"));
    m_r.verify.windows = int(bad.of(node.requireInt("windows")));
    if (m_r.verify.signalNames.isEmpty()) bad.refuse(node, u"at least one signal must prove the recovery."_s);
    if (!(m_r.verify.margin > 0)) bad.refuse(at(node, "equivalence_margin"), u"the margin must be above 0."_s);
    if (m_r.verify.windows < 1 || m_r.verify.windows > 100)
        bad.refuse(at(node, "windows"), u"between 1 and 100 windows."_s);
}

QJsonValue Reader::body(const YamlNode& node)
{
    if (node.isMap()) {
        QJsonObject o;
        for (const QString& key : node.keys())
            o[key] = body(*node.find(key));
        return o;
    }
    if (node.isSequence()) {
        QJsonArray a;
        for (const auto& item : node.items())
            a += body(item);
        return a;
    }
    const QJsonValue v = node.toJson();
    if (v.isString()) return text(node);
    if (auto ok = canonicalJson(v); !ok)
        bad.refuse(node, u"a number that is signed must be whole; write it as a text."_s);
    return v;
}

HttpCall Reader::call(const YamlNode& node, const QString& inherited, bool precondition)
{
    HttpCall c;
    if (precondition)
        bad.check(node.onlyKeys({"kind", "target", "method", "path", "expect"}));
    else
        bad.check(node.onlyKeys({"kind", "target", "method", "path", "body"}));
    if (const QString kind = bad.of(node.requireString("kind")); kind != u"http")
        bad.refuse(at(node, "kind"), u"this version runs actions of kind http only."_s);
    c.target
        = inherited.isEmpty() ? bad.of(node.requireString("target")) : bad.of(node.optionalString("target", inherited));
    c.method = bad.of(node.requireString("method"));
    static const QStringList methods{u"GET"_s, u"POST"_s, u"PUT"_s, u"PATCH"_s, u"DELETE"_s};
    if (!methods.contains(c.method))
        bad.refuse(at(node, "method"), u"the method is one of %1."_s.arg(methods.join(u", "_s)));
    c.path = need(node, "path");
    if (!c.path.startsWith(u'/') || c.path.contains(u"//") || c.path.contains(u"..") || c.path.contains(u'?')
        || c.path.contains(u'#') || c.path.contains(u' '))
        bad.refuse(at(node, "path"), u"a path begins with / and holds no .., //, ?, # or space."_s);
    if (const auto b = node.find("body")) {
        if (!b->isMap()) bad.refuse(*b, u"the body is a map; it is sent as JSON."_s);
        c.body = body(*b).toObject();
    }
    if (!precondition) return c;
    if (c.method != u"GET") bad.refuse(at(node, "method"), u"a precondition only looks: its method is GET."_s);
    const YamlNode expect = bad.of(node.requireMap("expect"));
    if (expect.isMap()) {
        bad.check(expect.onlyKeys({"json", "equals"}));
        c.expectPath = bad.of(expect.requireString("json"));
        c.expectEquals = need(expect, "equals");
        if (!c.expectPath.startsWith(u'/'))
            bad.refuse(expect, u"json is a pointer into the answer, such as /prompt."_s);
    }
    return c;
}

Touches Reader::touches(const YamlNode& node)
{
    Touches t;
    bad.check(node.onlyKeys({"feature", "where"}));
    t.feature = need(node, "feature");
    if (const auto where = node.find("where")) {
        if (!where->isMap()) bad.refuse(*where, u"where is a map from dimensions to values."_s);
        for (const QString& key : where->keys()) {
            if (!isDimension(key) && key != u"handled_by" && key != u"cached")
                bad.refuse(at(*where, key), u"there is no dimension “%1”."_s.arg(key));
            t.where[key] = text(*where->find(key));
        }
    }
    return t;
}

Gate Reader::gate(const YamlNode& node)
{
    Gate g;
    bad.check(node.onlyKeys({"kind", "attribute", "equals", "share", "of", "window", "minimum", "within"}));
    if (bad.of(node.requireString("kind")) != u"telemetry") bad.refuse(node, u"the kind of a gate is telemetry."_s);
    g.attribute = bad.of(node.requireString("attribute"));
    if (!isDimension(g.attribute) && g.attribute != u"handled_by")
        bad.refuse(at(node, "attribute"), u"there is no dimension “%1”."_s.arg(g.attribute));
    g.equals = need(node, "equals");
    g.share = share(node, "share");
    g.of = bad.of(node.optionalString("of", g.of));
    if (g.of != u"answers" && g.of != u"uncached_answers")
        bad.refuse(at(node, "of"), u"of is answers or uncached_answers."_s);
    g.window = bad.of(node.requireDuration("window"));
    g.minimum = bad.of(node.requireInt("minimum"));
    g.within = bad.of(node.requireDuration("within"));
    if (g.window < kSecond || g.within < g.window)
        bad.refuse(node, u"the window is at least 1 s and fits into “within”."_s);
    if (g.minimum < 1) bad.refuse(at(node, "minimum"), u"a gate needs at least one answer."_s);
    return g;
}

/// What a step must have, by what it does and by the class of its runbook.
void Reader::demands(const YamlNode& node, const RunbookStep& s)
{
    const bool changes = s.action.method != u"GET";
    const bool notice = m_r.cls == RunbookClass::Notify;
    Tier least = changes ? Tier::T2 : Tier::T0;
    if (s.action.method == u"DELETE") least = Tier::T3;
    if (notice) least = Tier::T4;
    const YamlNode tier = at(node, "tier");
    if (s.tier < least)
        bad.refuse(tier,
            u"%1 is below what this action demands: %2."_s.arg(tierName(s.tier),
                notice                             ? u"it reaches people, which is T4"_s
                    : s.action.method == u"DELETE" ? u"what is deleted is hard to bring back, which is T3"_s
                                                   : u"it changes production, which is T2"_s));
    if (!changes || notice) return;
    if (s.gate.isNull())
        bad.refuse(node, u"the step “%1” needs a gate: how would anyone know that it reached the answers?"_s.arg(s.id));
    if (s.precondition.isNull())
        bad.refuse(node, u"the step “%1” needs a precondition to look at its target first."_s.arg(s.id));
    if (s.undo.isNull() && s.noUndo.isEmpty())
        bad.refuse(node, u"the step “%1” needs an undo, or no_undo with the reason there is none."_s.arg(s.id));
    if (s.undo.isNull() && m_r.cls == RunbookClass::Contain)
        bad.refuse(node, u"containment must be undoable: the step “%1” needs an undo."_s.arg(s.id));
    if (s.undo.isNull() && s.tier < Tier::T3) bad.refuse(tier, u"what cannot be undone is T3 at least."_s);
}

void Reader::step(const YamlNode& node)
{
    RunbookStep s;
    bad.check(node.onlyKeys(
        {"id", "title", "tier", "touches", "action", "precondition", "gate", "undo", "no_undo", "timeout"}));
    s.id = bad.of(node.requireString("id"));
    s.title = need(node, "title", Where::Title);
    const qint64 tier = bad.of(node.requireInt("tier"));
    if (tier < 0 || tier > 4) bad.refuse(at(node, "tier"), u"tiers are 0 to 4."_s);
    s.tier = Tier(std::clamp<qint64>(tier, 0, 4));
    if (const auto t = bad.of(node.requireMap("touches")); t.isMap()) s.touches = touches(t);
    if (const auto a = bad.of(node.requireMap("action")); a.isMap()) s.action = call(a, {}, false);
    if (const auto p = node.find("precondition")) s.precondition = call(*p, s.action.target, true);
    if (const auto u = node.find("undo")) s.undo = call(*u, s.action.target, false);
    if (const auto g = node.find("gate")) s.gate = gate(*g);
    s.noUndo = bad.of(node.optionalString("no_undo"));
    if (!s.noUndo.isEmpty() && !s.undo.isNull())
        bad.refuse(at(node, "no_undo"), u"a step has an undo or a reason for having none, not both."_s);
    s.timeout = bad.of(node.optionalDuration("timeout", s.timeout));
    if (s.timeout < kSecond || s.timeout > 10 * kMinute)
        bad.refuse(at(node, "timeout"), u"a time-out is between 1 s and 10 min."_s);
    for (const auto& other : m_r.steps)
        if (other.id == s.id) bad.refuse(at(node, "id"), u"there are two steps “%1”."_s.arg(s.id));
    demands(node, s);
    m_r.steps.push_back(std::move(s));
}

void Reader::reactions(const YamlNode& root)
{
    // One right answer each: a rollback is not undone because it has not worked yet, and doubt never acts.
    const std::pair<const char*, QString> fixed[] = {{"on_worse", u"undo_and_escalate"_s},
        {"on_not_recovered", u"hold_and_escalate"_s}, {"on_cannot_tell", u"hold_and_escalate"_s}};
    for (const auto& [key, only] : fixed)
        if (bad.of(root.optionalString(key, only)) != only)
            bad.refuse(at(root, key), u"%1 is always %2."_s.arg(QLatin1String(key), only));
    const YamlNode escalation = bad.of(root.requireMap("escalation"));
    if (!escalation.isMap()) return;
    bad.check(escalation.onlyKeys({"after", "to", "channel"}));
    m_r.escalateAfter = bad.of(escalation.requireDuration("after"));
    m_r.escalateTo = bad.of(escalation.requireString("to"));
    bad.of(escalation.optionalString("channel"));
}

void Reader::classDemands(const YamlNode& root)
{
    const bool restoring = m_r.cls == RunbookClass::RestoreKnownGood || m_r.cls == RunbookClass::NewState;
    if (restoring && m_r.tier() < Tier::T3)
        bad.refuse(
            at(root, "class"), u"%1 is T3 at least: one of its steps must say so."_s.arg(runbookClassName(m_r.cls)));
    if (restoring && m_r.verify.signalNames.isEmpty())
        bad.refuse(root, u"the key “verify_recovery” is missing: how is the recovery proved?"_s);
    if (m_r.cls == RunbookClass::Notify && m_r.limits.people < 1)
        bad.refuse(at(root, "limits"), u"a notice needs a ceiling of people."_s);
}

void Reader::read(const YamlNode& root)
{
    bad.check(root.onlyKeys({"id", "version", "title", "owner", "class", "applies_to", "symptoms", "parameters",
        "limits", "declared_worst_case", "budget_cost", "steps", "replay", "verify_recovery", "on_worse",
        "on_not_recovered", "on_cannot_tell", "escalation", "price"}));
    if (bad) return;
    m_r.id = bad.of(root.requireString("id"));
    static const QRegularExpression id(u"^[a-z0-9][a-z0-9-]{0,63}$"_s);
    if (!id.match(m_r.id).hasMatch()) bad.refuse(at(root, "id"), u"an id is made of small letters, digits and -."_s);
    m_r.version = bad.of(root.requireString("version"));
    m_r.owner = bad.of(root.requireString("owner"));
    const auto cls = runbookClassFromName(bad.of(root.requireString("class")));
    if (cls)
        m_r.cls = *cls;
    else
        bad.refuse(at(root, "class"), cls.error().sentence());
    if (const auto p = root.find("parameters")) parameters(*p);
    m_r.title = need(root, "title", Where::Title);
    if (const auto a = bad.of(root.requireMap("applies_to")); a.isMap()) {
        bad.check(a.onlyKeys({"features", "layers"}));
        m_r.features = bad.of(a.optionalStrings("features"));
        m_r.layers = bad.of(a.optionalStrings("layers"));
    }
    m_r.symptoms = bad.of(root.optionalStrings("symptoms"));
    m_r.price = bad.of(root.optionalString("price"));
    if (const auto l = bad.of(root.requireMap("limits")); l.isMap()) limits(l);
    if (const auto w = root.find("declared_worst_case")) {
        bad.check(w->onlyKeys({"share_of_feature"}));
        m_r.declaredWorstShare = share(*w, "share_of_feature");
    }
    if (const auto b = root.find("budget_cost")) {
        bad.check(b->onlyKeys({"actions", "people"}));
        m_r.budgetActions = int(bad.of(b->requireInt("actions")));
        m_r.budgetPeople = bad.of(b->optionalInt("people", 0));
    }
    const auto steps = bad.of(root.requireList("steps"));
    if (steps.empty() || steps.size() > 20) bad.refuse(at(root, "steps"), u"a runbook has 1 to 20 steps."_s);
    for (const auto& s : steps)
        if (!bad) step(s);
    if (const auto replay = root.find("replay")) m_r.replay = call(*replay, {}, false);
    if (const auto v = root.find("verify_recovery")) verify(*v);
    reactions(root);
    if (!bad) classDemands(root);
}
} // namespace

Result<Runbook> parseRunbook(const QByteArray& bytes, const QString& fileName)
{
    const auto root = loadYaml(bytes, fileName);
    if (!root) return tl::unexpected(root.error());
    Runbook r;
    Reader reader(r);
    reader.read(*root);
    if (reader.bad) return reader.bad.error();
    r.digest = QString::fromLatin1(sha256(bytes).toHex());
    return r;
}

} // namespace wf
