// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/canonical_json.h"
#include "models/domain/proposal.h"
#include <QJsonArray>
#include <QRegularExpression>

namespace wf {
using namespace Qt::StringLiterals;

namespace {
constexpr Nanos kProposalLife = 60 * kMinute;

const QRegularExpression& placeholder()
{
    static const QRegularExpression form(u"\\{([^{}]*)\\}"_s);
    return form;
}

/// The first refusal met; every later fill is skipped, so a draft needs one check at its end.
struct Filler {
    const Runbook& runbook;
    const DraftContext& context;
    std::map<QString, QString> values;
    QString problem;

    void refuse(const QString& what)
    {
        if (problem.isEmpty()) problem = what;
    }
    QString value(const QString& name);
    QString text(const QString& pattern);
    QString path(const QString& pattern);
    QJsonValue json(const QJsonValue& pattern);
    HttpCall call(const HttpCall& pattern);
    void parameters();
};

QString layerValue(const Manifest& stack, const QString& layer)
{
    return dimensionValue(layer, stack, {});
}

QString Filler::value(const QString& name)
{
    QString v, source;
    if (name == u"feature") {
        v = context.feature;
        source = u"nobody named the feature"_s;
    } else if (name == u"good.day") {
        v = context.goodDay;
        source = u"the day of the last good stack is not known"_s;
    } else if (name.startsWith(u"manifest.")) {
        v = layerValue(context.good, name.mid(9));
        source = u"the last good stack does not tell its %1"_s.arg(name.mid(9));
    } else if (name.startsWith(u"observed.")) {
        v = layerValue(context.observed, name.mid(9));
        source = u"the stack running now does not tell its %1"_s.arg(name.mid(9));
    } else if (const auto it = values.find(name.mid(11)); name.startsWith(u"parameters.") && it != values.end()) {
        v = it->second;
        source = u"the parameter is empty"_s;
    }
    if (!isTemplateName(name, runbook.parameters))
        refuse(u"The runbook %1 uses {%2}, which is not a name a template may use."_s.arg(runbook.id, name));
    else if (v.isEmpty())
        refuse(u"The runbook %1 needs {%2}, but %3."_s.arg(
            runbook.id, name, source.isEmpty() ? u"it was not given"_s : source));
    // Telemetry is written by others: a value that looks like a template, or holds control characters, never reaches a
    // plan.
    for (const QChar c : v)
        if (c == u'{' || c == u'}' || c.category() == QChar::Other_Control)
            refuse(u"The value for {%1} holds characters that cannot stand in a plan."_s.arg(name));
    return v;
}

QString Filler::text(const QString& pattern)
{
    QString out;
    qsizetype from = 0;
    for (auto it = placeholder().globalMatch(pattern); it.hasNext();) {
        const auto m = it.next();
        out += QStringView(pattern).mid(from, m.capturedStart() - from);
        out += value(m.captured(1));
        from = m.capturedEnd();
    }
    return out + pattern.mid(from);
}

QString Filler::path(const QString& pattern)
{
    static const QRegularExpression plain(u"^[A-Za-z0-9._:@-]{1,200}$"_s);
    for (const QString& name : templateNames(pattern)) {
        const QString v = value(name);
        if (problem.isEmpty() && (!plain.match(v).hasMatch() || v.contains(u"..")))
            refuse(u"The value “%1” for {%2} cannot stand in an address."_s.arg(v.left(60), name));
    }
    return text(pattern);
}

QJsonValue Filler::json(const QJsonValue& pattern)
{
    if (pattern.isObject()) {
        QJsonObject out;
        const QJsonObject o = pattern.toObject();
        for (auto it = o.begin(); it != o.end(); ++it)
            out[it.key()] = json(it.value());
        return out;
    }
    if (pattern.isArray()) {
        QJsonArray out;
        for (const auto& v : pattern.toArray())
            out += json(v);
        return out;
    }
    if (!pattern.isString()) return pattern;
    const QString s = pattern.toString();
    const QStringList names = templateNames(s);
    // A value that is one integer parameter and nothing else travels as a number: {"human_percent": 75}.
    if (names.size() == 1 && s == u'{' + names[0] + u'}' && names[0].startsWith(u"parameters.")) {
        const auto rule = runbook.rules.find(names[0].mid(11));
        if (rule != runbook.rules.end() && rule->second.integer) return jsonInt(value(names[0]).toLongLong());
    }
    return text(s);
}

HttpCall Filler::call(const HttpCall& pattern)
{
    if (pattern.isNull()) return {};
    HttpCall c = pattern;
    const auto target = context.targets.find(pattern.target);
    if (target == context.targets.end() || target->second.isEmpty())
        refuse(u"The runbook %1 acts on the target “%2”, which targets.yaml does not name."_s.arg(
            runbook.id, pattern.target));
    else
        c.base = target->second;
    c.path = path(pattern.path);
    c.body = json(pattern.body).toObject();
    c.expectEquals = text(pattern.expectEquals);
    return c;
}

QString nextGeneration(const QString& now)
{
    static const QRegularExpression form(u"^(.*?)(\\d{1,9})$"_s);
    const auto m = form.match(now);
    return m.hasMatch() ? m.captured(1) + QString::number(m.captured(2).toLongLong() + 1) : QString();
}

QString ruleBroken(const ParameterRule& rule, const QString& v)
{
    if (rule.integer) {
        bool ok = false;
        const qint64 n = v.toLongLong(&ok);
        if (!ok || QString::number(n) != v) return u"it must be a whole number"_s;
        if (n < rule.minimum) return u"the least allowed is %1"_s.arg(rule.minimum);
        if (n > rule.maximum) return u"the most allowed is %1"_s.arg(rule.maximum);
    } else if (v.size() > rule.maxLength) {
        return u"it is longer than %1 characters"_s.arg(rule.maxLength);
    }
    if (!rule.allowed.isEmpty() && !rule.allowed.contains(v))
        return u"allowed are %1"_s.arg(rule.allowed.join(u", "_s));
    return {};
}

void Filler::parameters()
{
    for (const auto& [name, v] : context.parameters)
        if (!runbook.parameters.contains(name))
            refuse(u"The runbook %1 has no parameter “%2”."_s.arg(runbook.id, name));
    for (const QString& name : runbook.parameters) {
        const auto rule = runbook.rules.find(name);
        const ParameterRule r = rule == runbook.rules.end() ? ParameterRule{} : rule->second;
        const auto given = context.parameters.find(name);
        QString v = given != context.parameters.end() ? given->second : r.fallback;
        if (given == context.parameters.end() && r.format == u"manifest-digest") v = context.good.digest();
        if (given == context.parameters.end() && r.format == u"next-generation")
            v = nextGeneration(context.observed[Layer::Cache]);
        if (v.isEmpty())
            return refuse(u"The runbook %1 needs the parameter “%2”, and nothing fills it."_s.arg(runbook.id, name));
        if (const QString broken = ruleBroken(r, v); !broken.isEmpty())
            return refuse(u"The parameter “%1” cannot be “%2”: %3."_s.arg(name, v.left(60), broken));
        values[name] = v;
    }
}

PlanStep filledStep(Filler& f, const RunbookStep& s)
{
    PlanStep p{s.id, f.text(s.title), s.tier, {f.text(s.touches.feature), {}}, f.call(s.action), f.call(s.precondition),
        f.call(s.undo), s.noUndo, s.gate, s.timeout};
    for (const auto& [dimension, v] : s.touches.where)
        p.touches.where[dimension] = f.text(v);
    p.gate.equals = f.text(s.gate.equals);
    return p;
}

// ---- the way back: is this plan that runbook, filled in? ----

/// The pattern with what the plan itself fixes filled in, and wildcards where telemetry spoke.
QRegularExpression shapeOf(const QString& pattern, const Proposal& p, const QString& wildcard)
{
    QString form;
    qsizetype from = 0;
    for (auto it = placeholder().globalMatch(pattern); it.hasNext();) {
        const auto m = it.next();
        form += QRegularExpression::escape(pattern.mid(from, m.capturedStart() - from));
        const QString name = m.captured(1);
        const auto parameter = p.parameters.find(name.mid(11));
        if (name == u"feature")
            form += QRegularExpression::escape(p.feature);
        else if (name.startsWith(u"parameters.") && parameter != p.parameters.end())
            form += QRegularExpression::escape(parameter->second);
        else
            form += wildcard;
        from = m.capturedEnd();
    }
    return QRegularExpression(
        QRegularExpression::anchoredPattern(form + QRegularExpression::escape(pattern.mid(from))));
}

bool fits(const QString& pattern, const QString& text, const Proposal& p, bool address = false)
{
    return shapeOf(pattern, p, address ? u"[A-Za-z0-9._:@-]+"_s : u"[^{}\\x00-\\x1f]+"_s).match(text).hasMatch();
}

bool fits(const QJsonValue& pattern, const QJsonValue& v, const Proposal& p)
{
    if (pattern.isObject()) {
        const QJsonObject a = pattern.toObject(), b = v.toObject();
        if (!v.isObject() || a.keys() != b.keys()) return false;
        for (auto it = a.begin(); it != a.end(); ++it)
            if (!fits(it.value(), b[it.key()], p)) return false;
        return true;
    }
    if (pattern.isArray()) {
        const QJsonArray a = pattern.toArray(), b = v.toArray();
        if (!v.isArray() || a.size() != b.size()) return false;
        for (qsizetype i = 0; i < a.size(); ++i)
            if (!fits(a[i], b[i], p)) return false;
        return true;
    }
    if (!pattern.isString()) return pattern == v;
    const QString text = v.isDouble() ? QString::number(fromJsonInt(v)) : v.toString();
    return (v.isString() || v.isDouble()) && fits(pattern.toString(), text, p);
}

bool fits(const HttpCall& a, const HttpCall& b, const Proposal& p)
{
    if (a.isNull() || b.isNull()) return a.isNull() && b.isNull();
    return a.target == b.target && a.method == b.method && fits(a.path, b.path, p, true)
        && fits(QJsonValue(a.body), b.body, p) && a.expectPath == b.expectPath
        && fits(a.expectEquals, b.expectEquals, p);
}

bool fits(const Gate& a, const Gate& b, const Proposal& p)
{
    return a.attribute == b.attribute && fits(a.equals, b.equals, p) && a.of == b.of && b.share == a.share
        && b.window == a.window && b.minimum == a.minimum && b.within == a.within;
}

bool fits(const Touches& a, const Touches& b, const Proposal& p)
{
    if (!fits(a.feature, b.feature, p) || a.where.size() != b.where.size()) return false;
    return std::equal(a.where.begin(), a.where.end(), b.where.begin(),
        [&](const auto& x, const auto& y) { return x.first == y.first && fits(x.second, y.second, p); });
}

bool limitsAbove(const Proposal& p, const Runbook& r)
{
    const Limits &a = p.limits, &b = r.limits;
    return a.shareOfFeature > b.shareOfFeature || a.people > b.people
        || (b.tenants > 0 && (a.tenants <= 0 || a.tenants > b.tenants)) || (b.people > 0 && a.people <= 0)
        || a.duration > b.duration || p.declaredWorstShare != r.declaredWorstShare;
}
} // namespace

QStringList templateNames(const QString& text)
{
    QStringList names;
    for (auto it = placeholder().globalMatch(text); it.hasNext();)
        names += it.next().captured(1);
    return names;
}

bool isTemplateName(const QString& name, const QStringList& parameters)
{
    if (name == u"feature" || name == u"good.day") return true;
    if (name.startsWith(u"parameters.")) return parameters.contains(name.mid(11));
    const bool stack = name.startsWith(u"manifest.") || name.startsWith(u"observed.");
    return stack && std::any_of(kLayers.begin(), kLayers.end(), [&](Layer l) { return name.mid(9) == layerName(l); });
}

Result<Proposal> draftProposal(const Runbook& runbook, const DraftContext& context)
{
    if (!runbook.executable())
        return fail(Fault::Refused,
            u"The runbook %1 is not signed by a key this site trusts, so no plan can be made from it."_s.arg(
                runbook.id));
    if (runbook.steps.empty()) return fail(Fault::BadInput, u"The runbook %1 has no steps."_s.arg(runbook.id));
    Filler f{runbook, context, {}, {}};
    f.parameters();
    Proposal p;
    p.id = freshId<ProposalId>(context.now);
    p.incident = context.incident;
    p.title = f.text(runbook.title);
    p.feature = context.feature;
    p.cls = runbook.cls;
    p.tier = runbook.tier();
    p.runbookId = runbook.id;
    p.runbookVersion = runbook.version;
    p.runbookDigest = runbook.digest;
    p.parameters = f.values;
    for (const auto& s : runbook.steps)
        p.steps.push_back(filledStep(f, s));
    p.replay = f.call(runbook.replay);
    p.limits = runbook.limits;
    p.declaredWorstShare = runbook.declaredWorstShare;
    p.verify = runbook.verify;
    p.evidence = context.evidence;
    p.requester = context.requester;
    p.price = runbook.price;
    p.created = context.now;
    p.expires = context.now + kProposalLife;
    p.escalateAfter = runbook.escalateAfter;
    p.escalateTo = runbook.escalateTo;
    if (!runbook.features.isEmpty() && !runbook.features.contains(context.feature))
        f.refuse(u"The runbook %1 does not apply to %2."_s.arg(runbook.id, context.feature));
    if (!f.problem.isEmpty()) return fail(Fault::Refused, f.problem, u"No plan was drafted."_s);
    if (auto bytes = canonicalJson(p.toJson()); !bytes) return tl::unexpected(bytes.error());
    return p;
}

QString departureFrom(const Runbook& runbook, const Proposal& p)
{
    if (runbook.steps.size() != p.steps.size()) return u"The plan has other steps than its runbook."_s;
    if (limitsAbove(p, runbook)) return u"The plan's ceilings are above those of its runbook."_s;
    if (p.tier < runbook.tier()) return u"The plan asks for fewer signatures than its runbook."_s;
    if (!fits(runbook.title, p.title, p)) return u"The plan's title is not its runbook's."_s;
    if (p.cls != runbook.cls) return u"The plan is of another class than its runbook."_s;
    if (!fits(runbook.replay, p.replay, p)) return u"The plan replays something its runbook does not."_s;
    if (p.verify.signalNames != runbook.verify.signalNames || p.verify.margin > runbook.verify.margin
        || p.verify.windows < runbook.verify.windows)
        return u"The plan would prove its recovery by less than its runbook asks."_s;
    for (size_t i = 0; i < p.steps.size(); ++i) {
        const auto& a = runbook.steps[i];
        const auto& b = p.steps[i];
        const bool same = a.id == b.id && a.tier <= b.tier && fits(a.title, b.title, p) && fits(a.touches, b.touches, p)
            && fits(a.action, b.action, p) && fits(a.precondition, b.precondition, p) && fits(a.undo, b.undo, p)
            && fits(a.gate, b.gate, p) && a.timeout == b.timeout && a.noUndo == b.noUndo;
        if (!same) return u"Step %1 of the plan is not the runbook's step “%2”."_s.arg(i + 1).arg(a.id);
    }
    return {};
}

} // namespace wf
