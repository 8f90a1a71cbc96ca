// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/runbooks/profiles.h"
#include "services/base/files.h"
#include "services/record/signing.h"
#include "services/runbooks/site_config.h"
#include <QDir>

namespace wf {
using namespace Qt::StringLiterals;

namespace {
Done freshFolder(const QString& dir)
{
    if (QFile::exists(dir + u"/profile.yaml"_s))
        return fail(Fault::Conflict, u"There is a profile in %1 already."_s.arg(dir), u"It was left as it is."_s,
            u"Choose another folder."_s);
    if (!QDir().mkpath(dir + u"/keys"_s) || !QDir().mkpath(dir + u"/runbooks"_s))
        return fail(
            Fault::Io, u"The folder %1 could not be made."_s.arg(dir), {}, u"Choose a folder you may write to."_s);
    return {};
}

Done copy(const QString& from, const QString& to, FileAccess access = FileAccess::Everybody)
{
    const auto bytes = readFile(from);
    if (!bytes) return tl::unexpected(bytes.error());
    return writeFile(to, *bytes, access);
}

Done copyAll(
    const QString& from, const QStringList& patterns, const QString& to, FileAccess access = FileAccess::Everybody)
{
    for (const QString& name : QDir(from).entryList(patterns, QDir::Files, QDir::Name))
        if (auto done = copy(from + u'/' + name, to + u'/' + name, access); !done) return done;
    return {};
}

Done writeTargets(const QString& dir, const std::map<QString, QString>& targets)
{
    QString text = u"# Where actions go. Runbooks name a target; only this file says where it is.\n"_s;
    for (const auto& [name, url] : targets)
        text += name + u": "_s + url + u'\n';
    if (auto ok = parseTargets(text.toUtf8(), u"targets.yaml"_s); !ok) return tl::unexpected(ok.error());
    return writeFile(dir + u"/targets.yaml"_s, text.toUtf8());
}

Done firstKeys(const QString& dir, const NewSite& site)
{
    const SealCost cost = site.quickSeal ? SealCost::Interactive : SealCost::Moderate;
    const QString folder = dir + u"/keys"_s;
    const auto siteKey = KeyRing::createKey(folder, u"site"_s, site.passphrase, false, cost);
    if (!siteKey) return tl::unexpected(siteKey.error());
    const auto commander = KeyRing::createKey(folder, site.commander, site.passphrase, false, cost);
    if (!commander) return tl::unexpected(commander.error());
    const QString policy
        = u"# Who may sign. After every change: watchfloorctl runbook sign policy.yaml --as site --profile DIR\n"
          "profile: site\npeople:\n  - { id: %1, roles: [commander, scribe], key: %2 }\n"
          "budget: { actions: 6, people: 0 }\nidentity_switching: false\n"_s.arg(
              site.commander, QString::fromLatin1(commander->toHex()));
    if (auto done = writeFile(dir + u"/site.pub"_s, siteKey->toHex() + '\n'); !done) return done;
    if (auto done = writeFile(dir + u"/policy.yaml"_s, policy.toUtf8()); !done) return done;
    const auto ring = KeyRing::open(folder, DemoKeys::Refused);
    if (!ring) return tl::unexpected(ring.error());
    return signFile(*ring, u"site"_s, site.passphrase, dir + u"/policy.yaml"_s);
}
} // namespace

Done createSampleProfile(const QString& dir, const QString& flagsUrl, const QString& source, const QString& examples)
{
    if (auto done = freshFolder(dir); !done) return done;
    const QStringList top{u"policy.yaml"_s, u"policy.yaml.sig"_s, u"signals.yaml"_s, u"targets.yaml"_s, u"site.pub"_s};
    for (const QString& name : top)
        if (auto done = copy(source + u'/' + name, dir + u'/' + name); !done) return done;
    if (auto done = copyAll(source + u"/runbooks"_s, {u"*.yaml"_s, u"*.sig"_s}, dir + u"/runbooks"_s); !done)
        return done;
    if (auto done = copyAll(examples, {u"*.yaml"_s}, dir + u"/runbooks"_s); !done) return done;
    if (auto done = copyAll(source + u"/keys"_s, {u"*.key"_s}, dir + u"/keys"_s, FileAccess::OwnerOnly); !done)
        return done;
    if (!flagsUrl.isEmpty())
        if (auto done = writeTargets(dir, {{u"flags"_s, flagsUrl}, {u"notices"_s, flagsUrl}}); !done) return done;
    // Last, so that a folder with a profile.yaml is a whole profile.
    return copy(source + u"/profile.yaml"_s, dir + u"/profile.yaml"_s);
}

Done createSiteProfile(const QString& dir, const NewSite& site, const QString& examples, const QString& starter)
{
    if (auto done = freshFolder(dir); !done) return done;
    if (auto done = writeTargets(dir, site.targets); !done) return done;
    if (auto done = copy(starter, dir + u"/signals.yaml"_s); !done) return done;
    if (auto done = copyAll(examples, {u"*.yaml"_s}, dir + u"/runbooks"_s); !done) return done;
    if (!site.commander.isEmpty())
        if (auto done = firstKeys(dir, site); !done) return done;
    const QString name = QString(site.name).remove(u'"').remove(u'\\').simplified();
    return writeFile(dir + u"/profile.yaml"_s,
        u"kind: site\nname: \"%1\"\n"_s.arg(name.isEmpty() ? u"Watchfloor"_s : name).toUtf8());
}

} // namespace wf
