// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/runbooks/site_config.h"
#include "services/base/files.h"
#include "services/record/signing.h"
#include "services/runbooks/first_error.h"
#include "services/runbooks/runbook_file.h"
#include <QDir>
#include <QUrl>

namespace wf {
using namespace Qt::StringLiterals;

namespace {
/// A file that may be missing: nullopt then, and the caller says what that means.
Result<std::optional<QByteArray>> readIfThere(const QString& path)
{
    auto bytes = readFile(path, 1 << 20);
    if (bytes) return std::optional(std::move(*bytes));
    if (bytes.error().fault == Fault::NotFound) return std::optional<QByteArray>();
    return tl::unexpected(bytes.error());
}

SignalDef signalDef(FirstError& bad, const YamlNode& node)
{
    SignalDef d;
    bad.check(node.onlyKeys({"name", "feature", "title", "kind", "better", "unit", "min_effect", "margin", "primary",
        "sampled", "suggested_severity"}));
    d.name = bad.of(node.requireString("name"));
    d.feature = bad.of(node.requireString("feature"));
    d.title = bad.of(node.requireString("title"));
    const QString kind = bad.of(node.requireString("kind")), better = bad.of(node.requireString("better"));
    if (kind != u"rate" && kind != u"numeric")
        bad.refuse(node.find("kind").value_or(node), u"the kind of a signal is rate or numeric."_s);
    if (better != u"higher" && better != u"lower" && better != u"neither")
        bad.refuse(node.find("better").value_or(node), u"better is higher, lower or neither."_s);
    d.kind = kind == u"rate" ? SignalKind::Rate : SignalKind::Numeric;
    d.better = better == u"higher" ? Better::Higher : better == u"lower" ? Better::Lower : Better::Neither;
    d.unit = bad.of(node.optionalString("unit"));
    d.minEffect = bad.of(node.requireNumber("min_effect"));
    d.margin = bad.of(node.optionalNumber("margin", d.minEffect));
    if (!(d.minEffect > 0) || !(d.margin > 0)) bad.refuse(node, u"min_effect and margin are above 0."_s);
    if (kind == u"rate" && (d.minEffect >= 1 || d.margin >= 1))
        bad.refuse(node, u"effects of a rate are shares, below 1: 0.02 is two points."_s);
    d.primary = bad.of(node.optionalBool("primary", false));
    d.sampled = bad.of(node.optionalBool("sampled", false));
    d.suggestedSeverity = int(bad.of(node.optionalInt("suggested_severity", 2)));
    if (d.suggestedSeverity < 1 || d.suggestedSeverity > 4) bad.refuse(node, u"severities are 1 to 4."_s);
    return d;
}

SourceExpectation expectation(FirstError& bad, const YamlNode& node)
{
    SourceExpectation e;
    bad.check(node.onlyKeys({"layer", "source", "title", "silent_after"}));
    const QString layer = bad.of(node.requireString("layer"));
    const auto it = std::find_if(kLayers.begin(), kLayers.end(), [&](Layer l) { return layerName(l) == layer; });
    if (it == kLayers.end())
        bad.refuse(node, u"there is no layer “%1”."_s.arg(layer));
    else
        e.layer = *it;
    e.source = bad.of(node.requireString("source"));
    e.title = bad.of(node.optionalString("title", e.source));
    e.silentAfter = bad.of(node.requireDuration("silent_after"));
    return e;
}

Done readProfile(const QString& dir, SiteConfig& config)
{
    const QString path = dir + u"/profile.yaml"_s;
    const auto bytes = readFile(path, 64 << 10);
    if (!bytes)
        return fail(bytes.error().fault, u"There is no profile in %1: profile.yaml cannot be read."_s.arg(dir),
            u"Nothing was changed."_s, u"Start with --replay sample:account-numbers, or make a profile there first."_s);
    const auto root = loadYaml(*bytes, u"profile.yaml"_s);
    if (!root) return tl::unexpected(root.error());
    FirstError bad;
    bad.check(root->onlyKeys({"kind", "name"}));
    const QString kind = bad.of(root->requireString("kind"));
    config.name = bad.of(root->requireString("name"));
    if (kind != u"sample" && kind != u"site")
        bad.refuse(root->find("kind").value_or(*root), u"the kind is sample or site."_s);
    if (bad) return bad.error();
    config.sample = kind == u"sample";
    return {};
}

/// The pinned key, or why there is none to trust.
QString readSiteKey(const QString& dir, SiteConfig& config)
{
    const auto text = readFile(dir + u"/site.pub"_s, 4096);
    if (!text)
        return u"This profile has no site key (site.pub), so no policy and no runbook can be trusted and nothing can be signed."_s;
    const QByteArray key = QByteArray::fromHex(text->trimmed());
    if (key.size() != 32 || key.toHex() != text->trimmed().toLower())
        return u"site.pub is not an Ed25519 public key, so nothing can be trusted."_s;
    if (!config.sample && isDemoKey(key))
        return u"site.pub is the demonstration key that ships with Watchfloor; a real profile refuses it, so nothing can be signed."_s;
    config.siteKey = key;
    return {};
}

QString readPolicy(const QString& dir, SiteConfig& config, QStringList& runbookSigners)
{
    const QString path = dir + u"/policy.yaml"_s;
    const auto bytes = readFile(path, 1 << 20), signature = readFile(path + u".sig"_s, 4096);
    if (!bytes) return u"This profile has no policy.yaml, so nobody may sign."_s;
    if (!signature) return u"policy.yaml is not signed (policy.yaml.sig), so nobody may sign."_s;
    if (const auto ok = verifyDetached(*bytes, *signature, config.siteKey); !ok)
        return u"policy.yaml is not trusted, so nobody may sign. "_s + ok.error().what;
    auto file = parsePolicy(*bytes, u"policy.yaml"_s);
    if (!file) return u"policy.yaml is wrong, so nobody may sign. "_s + file.error().what;
    if (file->policy.sample != config.sample)
        return u"policy.yaml was signed for another kind of profile, so nobody may sign."_s;
    config.policy = std::move(file->policy);
    config.policy.signedBy = config.sample ? u"demo-site"_s : u"site"_s;
    runbookSigners = file->runbookSigners;
    return {};
}

QString signerOf(
    const QByteArray& bytes, const QByteArray& signature, const SiteConfig& config, const QStringList& signers)
{
    if (verifyDetached(bytes, signature, config.siteKey)) return config.policy.signedBy;
    for (const QString& who : signers) {
        const Person* p = config.policy.find(who);
        if (p && (config.sample || !p->demo) && verifyDetached(bytes, signature, p->publicKey)) return who;
    }
    return {};
}

RunbookFile readRunbook(const QString& path, const SiteConfig& config, const QStringList& signers)
{
    RunbookFile file;
    file.path = path;
    const QString name = QFileInfo(path).fileName();
    file.runbook.id = file.runbook.title = QFileInfo(path).completeBaseName();
    const auto bytes = readFile(path, 1 << 20);
    if (!bytes) {
        file.problem = bytes.error().sentence();
        return file;
    }
    auto runbook = parseRunbook(*bytes, name);
    if (!runbook) {
        file.problem = u"It cannot be read. "_s + runbook.error().what;
        return file;
    }
    file.runbook = std::move(*runbook);
    const auto signature = readFile(path + u".sig"_s, 4096);
    if (!signature)
        file.problem = u"It is not signed; it can be read and not run."_s;
    else if (config.siteKey.isEmpty() || config.policy.signedBy.isEmpty())
        file.problem = u"There is no trusted policy to check its signature with."_s;
    else if (file.runbook.signedBy = signerOf(*bytes, *signature, config, signers); file.runbook.signedBy.isEmpty())
        file.problem
            = u"Its signature does not verify: it was changed after it was signed, or signed by a key this site does not trust."_s;
    return file;
}

void readRunbooks(const QString& dir, SiteConfig& config, const QStringList& signers)
{
    const QDir folder(dir + u"/runbooks"_s);
    for (const QString& name : folder.entryList({u"*.yaml"_s, u"*.yml"_s}, QDir::Files, QDir::Name))
        config.runbooks.push_back(readRunbook(folder.filePath(name), config, signers));
    for (auto& file : config.runbooks) {
        if (!file.problem.isEmpty()) continue;
        for (const QString& name : file.runbook.verify.signalNames)
            if (std::none_of(config.signalSet.signalDefs.begin(), config.signalSet.signalDefs.end(),
                    [&](const SignalDef& d) { return d.name == name; }))
                file.problem = u"It proves recovery by the signal %1, which signals.yaml does not define."_s.arg(name);
        // Which of two would run must not depend on their file names.
        const auto same = std::count_if(config.runbooks.begin(), config.runbooks.end(), [&](const RunbookFile& other) {
            return other.runbook.id == file.runbook.id && other.runbook.executable();
        });
        if (same > 1) file.problem = u"Two signed files claim the id %1."_s.arg(file.runbook.id);
    }
    for (auto& file : config.runbooks) {
        if (file.problem.isEmpty()) continue;
        file.runbook.signedBy.clear();
        config.problems += u"Runbook %1: %2"_s.arg(file.runbook.id, file.problem);
    }
}
} // namespace

const Runbook* SiteConfig::runbook(const QString& id) const
{
    const auto it = std::find_if(runbooks.begin(), runbooks.end(),
        [&](const RunbookFile& f) { return f.runbook.id == id && f.runbook.executable(); });
    return it == runbooks.end() ? nullptr : &it->runbook;
}

std::vector<Runbook> SiteConfig::trustedRunbooks() const
{
    std::vector<Runbook> out;
    for (const auto& f : runbooks)
        if (f.runbook.executable()) out.push_back(f.runbook);
    return out;
}

Result<SignalsFile> parseSignals(const QByteArray& bytes, const QString& fileName)
{
    const auto root = loadYaml(bytes, fileName);
    if (!root) return tl::unexpected(root.error());
    FirstError bad;
    SignalsFile file;
    SignalSet& set = file.signalSet;
    bad.check(root->onlyKeys({"false_alarms_per_week", "min_baseline", "min_current", "signals", "sources"}));
    if (bad) return bad.error();
    set.falseAlarmsPerWeek = bad.of(root->optionalNumber("false_alarms_per_week", set.falseAlarmsPerWeek));
    set.minBaseline = int(bad.of(root->optionalInt("min_baseline", set.minBaseline)));
    set.minCurrent = int(bad.of(root->optionalInt("min_current", set.minCurrent)));
    if (!(set.falseAlarmsPerWeek > 0) || set.minBaseline < 2 || set.minCurrent < 2)
        bad.refuse(*root, u"the budget of false alarms is above 0, and the minima are 2 at least."_s);
    for (const auto& node : bad.of(root->requireList("signals"))) {
        SignalDef d = signalDef(bad, node);
        for (const auto& other : set.signalDefs)
            if (other.name == d.name && other.feature == d.feature)
                bad.refuse(node, u"the signal %1 of %2 stands here twice."_s.arg(d.name, d.feature));
        set.signalDefs.push_back(std::move(d));
    }
    for (const auto& node : bad.of(root->optionalList("sources")))
        file.expectations.push_back(expectation(bad, node));
    if (bad) return bad.error();
    return file;
}

Result<std::map<QString, QString>> parseTargets(const QByteArray& bytes, const QString& fileName)
{
    const auto root = loadYaml(bytes, fileName);
    if (!root) return tl::unexpected(root.error());
    std::map<QString, QString> targets;
    if (root->isNull()) return targets;
    if (!root->isMap()) return root->error(u"targets are a map from names to addresses."_s);
    for (const QString& name : root->keys()) {
        const YamlNode node = *root->find(name);
        const auto text = node.asString();
        if (!text) return tl::unexpected(text.error());
        const QUrl url(*text, QUrl::StrictMode);
        const bool web = url.scheme() == u"http" || url.scheme() == u"https";
        if (!url.isValid() || !web || url.host().isEmpty() || !url.userInfo().isEmpty() || url.hasQuery()
            || url.hasFragment())
            return node.error(
                u"“%1” is not an address of a target: http or https, a host, no password, no query."_s.arg(*text));
        targets[name] = text->endsWith(u'/') ? text->chopped(1) : *text;
    }
    return targets;
}

Result<SiteConfig> loadSite(const QString& dir)
{
    SiteConfig config;
    if (const auto done = readProfile(dir, config); !done) return tl::unexpected(done.error());
    const auto signalBytes = readIfThere(dir + u"/signals.yaml"_s), targetBytes = readIfThere(dir + u"/targets.yaml"_s);
    if (!signalBytes) return tl::unexpected(signalBytes.error());
    if (!targetBytes) return tl::unexpected(targetBytes.error());
    if (*signalBytes) {
        auto set = parseSignals(**signalBytes, u"signals.yaml"_s);
        if (!set) return tl::unexpected(set.error());
        config.signalSet = std::move(set->signalSet);
        config.expectations = std::move(set->expectations);
    } else {
        config.problems += u"This profile has no signals.yaml, so no behaviour is watched."_s;
    }
    if (*targetBytes) {
        auto targets = parseTargets(**targetBytes, u"targets.yaml"_s);
        if (!targets) return tl::unexpected(targets.error());
        config.targets = std::move(*targets);
    }
    config.policy.sample = config.sample;
    QStringList signers;
    QString why = readSiteKey(dir, config);
    if (why.isEmpty()) why = readPolicy(dir, config, signers);
    if (!why.isEmpty()) config.problems += why;
    for (const auto& p : config.policy.people)
        if (p.demo && !config.sample)
            config.problems
                += u"%1 has a demonstration key that ships with Watchfloor; a real profile refuses that signature."_s
                       .arg(p.id);
    readRunbooks(dir, config, signers);
    return config;
}

} // namespace wf
