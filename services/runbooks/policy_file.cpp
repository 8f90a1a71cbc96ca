// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/canonical_json.h"
#include "services/record/signing.h"
#include "services/runbooks/first_error.h"
#include "services/runbooks/site_config.h"

namespace wf {
using namespace Qt::StringLiterals;

namespace {
constexpr const char* kDemoNames[]
    = {"demo-site", "commander-1", "commander-2", "ai-owner-1", "ai-owner-2", "legal-1", "comms-1", "ai-director"};
constexpr const char* kRoles[]
    = {"commander", "deputy", "ai-owner", "ai-owner-deputy", "legal", "comms", "ai-director", "scribe"};

bool isRole(const QString& name)
{
    return std::any_of(std::begin(kRoles), std::end(kRoles), [&](const char* r) { return name == QLatin1String(r); });
}

QStringList roles(FirstError& bad, const YamlNode& node, const QStringList& list)
{
    for (const QString& role : list)
        if (!isRole(role)) bad.refuse(node, u"there is no role “%1”."_s.arg(role));
    return list;
}

Person person(FirstError& bad, const YamlNode& node)
{
    Person p;
    bad.check(node.onlyKeys({"id", "roles", "key", "demo"}));
    p.id = bad.of(node.requireString("id"));
    p.roles = roles(bad, node, bad.of(node.requireStrings("roles")));
    const QString hex = bad.of(node.requireString("key"));
    p.publicKey = QByteArray::fromHex(hex.toLatin1());
    if (p.publicKey.size() != 32 || QString::fromLatin1(p.publicKey.toHex()) != hex.toLower())
        bad.refuse(node.find("key").value_or(node), u"a key is the 64 hexadecimal digits of an Ed25519 public key."_s);
    // What the file says of itself is not what makes a key a demo key.
    p.demo = bad.of(node.optionalBool("demo", false)) || isDemoKey(p.publicKey)
        || p.publicKey == KeyRing::demoPublicKey(p.id);
    return p;
}

void people(FirstError& bad, const YamlNode& root, Policy& policy)
{
    for (const auto& node : bad.of(root.requireList("people"))) {
        Person p = person(bad, node);
        for (const auto& other : policy.people) {
            if (other.id == p.id) bad.refuse(node, u"%1 stands here twice."_s.arg(p.id));
            // Two names for one key would be two people for one signature.
            if (other.publicKey == p.publicKey)
                bad.refuse(node, u"%1 has the same key as %2; one person cannot count twice."_s.arg(p.id, other.id));
        }
        policy.people.push_back(std::move(p));
    }
}

void raises(FirstError& bad, const YamlNode& root, Policy& policy)
{
    const auto node = root.find("raise");
    if (!node) return;
    for (const QString& key : node->keys()) {
        const auto tier = tierFromName(key);
        if (!tier)
            bad.refuse(*node->find(key), tier.error().sentence());
        else
            policy.raiseRoles[int(*tier)] = roles(bad, *node, bad.of(node->requireStrings(key)));
    }
    if (!node->isMap())
        bad.refuse(*node, u"raise is a map from tiers to the roles that must sign beside the usual ones."_s);
}

void ladder(FirstError& bad, const YamlNode& root, Policy& policy)
{
    for (const auto& node : bad.of(root.optionalList("ladder"))) {
        bad.check(node.onlyKeys({"who", "after"}));
        const QString who = bad.of(node.requireString("who"));
        policy.ladder.push_back({who, bad.of(node.requireDuration("after"))});
        if (!policy.find(who)) bad.refuse(node, u"the ladder ends in nobody: %1 is not among the people."_s.arg(who));
        if (policy.ladder.size() > 1 && policy.ladder.back().after < policy.ladder[policy.ladder.size() - 2].after)
            bad.refuse(node, u"a ladder goes up: this rung comes before the one above it."_s);
    }
}
} // namespace

bool isDemoKey(const QByteArray& publicKey)
{
    return std::any_of(std::begin(kDemoNames), std::end(kDemoNames),
        [&](const char* name) { return publicKey == KeyRing::demoPublicKey(QLatin1String(name)); });
}

Result<PolicyFile> parsePolicy(const QByteArray& bytes, const QString& fileName)
{
    const auto root = loadYaml(bytes, fileName);
    if (!root) return tl::unexpected(root.error());
    FirstError bad;
    PolicyFile file;
    Policy& policy = file.policy;
    bad.check(root->onlyKeys(
        {"profile", "people", "budget", "identity_switching", "deny", "raise", "ladder", "runbook_signers"}));
    if (bad) return bad.error();
    const QString profile = bad.of(root->requireString("profile"));
    if (profile != u"sample" && profile != u"site")
        bad.refuse(root->find("profile").value_or(*root), u"the profile is sample or site."_s);
    policy.sample = profile == u"sample";
    people(bad, *root, policy);
    if (const auto budget = root->find("budget")) {
        bad.check(budget->onlyKeys({"actions", "people"}));
        policy.budgetActions = int(bad.of(budget->requireInt("actions")));
        policy.budgetPeople = bad.of(budget->requireInt("people"));
        if (policy.budgetActions < 0 || policy.budgetPeople < 0) bad.refuse(*budget, u"a budget is not negative."_s);
    }
    policy.identitySwitching = bad.of(root->optionalBool("identity_switching", false));
    policy.denyPaths = bad.of(root->optionalStrings("deny"));
    if (policy.denyPaths.contains(QString()))
        bad.refuse(*root->find("deny"), u"an empty pattern would deny everything."_s);
    raises(bad, *root, policy);
    ladder(bad, *root, policy);
    file.runbookSigners = bad.of(root->optionalStrings("runbook_signers"));
    for (const QString& who : file.runbookSigners)
        if (!policy.find(who)) bad.refuse(*root->find("runbook_signers"), u"%1 is not among the people."_s.arg(who));
    if (bad) return bad.error();
    policy.digest = QString::fromLatin1(sha256(bytes).toHex());
    return file;
}

} // namespace wf
