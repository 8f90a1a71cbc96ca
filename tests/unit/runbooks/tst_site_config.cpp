// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/base/files.h"
#include "services/record/signing.h"
#include "services/runbooks/profiles.h"
#include "services/runbooks/runbook_command.h"
#include "services/runbooks/site_config.h"
#include <QDir>
#include <QTemporaryDir>
#include <QtTest>
#include <unistd.h>

using namespace wf;
using namespace Qt::StringLiterals;

namespace {
const QString kResources = QStringLiteral(WF_SOURCE_DIR "/resources");

struct SampleFolder {
    QTemporaryDir root;
    QString dir = root.path() + u"/p"_s;
    SampleFolder()
    {
        const auto done = createSampleProfile(
            dir, u"http://127.0.0.1:40123/"_s, kResources + u"/samples/account-numbers"_s, kResources + u"/runbooks"_s);
        if (!done) qFatal("%s", qPrintable(done.error().sentence()));
    }
    QByteArray read(const QString& name) const { return *readFile(dir + u'/' + name); }
    void write(const QString& name, const QByteArray& bytes) const { QVERIFY(writeFile(dir + u'/' + name, bytes)); }
};

NewSite newSite()
{
    NewSite site;
    site.name = u"Night \"shift\""_s;
    site.commander = u"ada"_s;
    site.passphrase = u"correct horse"_s;
    site.targets = {{u"flags"_s, u"https://flags.example"_s}};
    site.quickSeal = true;
    return site;
}

Done makeSite(const QString& dir, const NewSite& site = newSite())
{
    return createSiteProfile(dir, site, kResources + u"/runbooks"_s, kResources + u"/signals/starter.yaml"_s);
}

int run(const QStringList& args, QString* said = nullptr)
{
    QString out, err;
    QTextStream o(&out), e(&err);
    const int code = runbookCommand(args, o, e);
    o.flush();
    e.flush();
    if (said) *said = out + err;
    return code;
}

bool says(const QStringList& problems, const QString& words)
{
    return problems.join(u'\n').contains(words);
}
} // namespace

class SiteConfigTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void sampleIsWholeAndTrusted()
    {
        const SampleFolder sample;
        const auto c = loadSite(sample.dir);
        QVERIFY2(c, c ? "" : qPrintable(c.error().sentence()));
        QVERIFY(c->sample && c->policy.sample);
        QCOMPARE(c->siteKey, KeyRing::demoPublicKey(u"demo-site"_s));
        QCOMPARE(c->policy.signedBy, u"demo-site"_s);
        QCOMPARE(c->policy.people.size(), size_t(7));
        for (const auto& p : c->policy.people) {
            QVERIFY(p.demo);
            QCOMPARE(p.publicKey, KeyRing::demoPublicKey(p.id));
        }
        QCOMPARE(c->policy.find(u"commander-2"_s)->roles, QStringList{u"deputy"_s});
        QCOMPARE(c->policy.ladder.size(), size_t(3));
        QCOMPARE(c->targets.at(u"flags"_s), u"http://127.0.0.1:40123"_s);
        QCOMPARE(c->signalSet.signalDefs.size(), size_t(4));
        QVERIFY(c->signalSet.signalDefs[0].primary);
        QCOMPARE(c->expectations.size(), size_t(1));
        QCOMPARE(c->expectations[0].source, u"tool-registry"_s);
        for (const QString& id :
            {u"contain-route-to-people"_s, u"restore-behaviour-stack"_s, u"notify-affected-customers"_s})
            QVERIFY2(c->runbook(id), qPrintable(c->problems.join(u'\n')));
        QCOMPARE(c->trustedRunbooks().size(), size_t(3));
        // The unsigned example is there to be read, with the reason it does not run; and it is the only problem.
        QVERIFY(!c->runbook(u"disable-tool"_s));
        QCOMPARE(c->problems, QStringList{u"Runbook disable-tool: It is not signed; it can be read and not run."_s});
        QCOMPARE(c->runbooks.size(), size_t(4));
        const auto ring = KeyRing::open(sample.dir + u"/keys"_s, DemoKeys::Allowed);
        QVERIFY(ring);
        QCOMPARE(ring->identities().size(), 8);
        QCOMPARE(QFile::permissions(sample.dir + u"/keys/commander-1.key"_s) & (QFile::ReadGroup | QFile::ReadOther),
            QFile::Permissions());
        QVERIFY(!createSampleProfile(sample.dir));
    }

    void changedRunbookDoesNotRun()
    {
        const SampleFolder sample;
        const QString name = u"runbooks/restore-behaviour-stack.yaml"_s;
        sample.write(name, sample.read(name).replace("share_of_feature: 1.0", "share_of_feature: 0.9"));
        const auto c = loadSite(sample.dir);
        QVERIFY(c);
        QVERIFY(!c->runbook(u"restore-behaviour-stack"_s));
        QVERIFY(c->runbook(u"contain-route-to-people"_s));
        QVERIFY(says(c->problems, u"restore-behaviour-stack: Its signature does not verify"_s));
    }

    void brokenRunbookStaysVisibleWithItsPlace()
    {
        const SampleFolder sample;
        sample.write(u"runbooks/mine.yaml"_s, "id: mine\nhack: 1\n");
        const auto c = loadSite(sample.dir);
        QVERIFY(says(c->problems, u"Runbook mine: It cannot be read. mine.yaml:2:7"_s));
        QCOMPARE(c->trustedRunbooks().size(), size_t(3));
    }

    void twoFilesOneId()
    {
        const SampleFolder sample;
        for (const QString& end : {u".yaml"_s, u".yaml.sig"_s})
            sample.write(u"runbooks/a-copy"_s + end, sample.read(u"runbooks/restore-behaviour-stack"_s + end));
        const auto c = loadSite(sample.dir);
        QVERIFY(!c->runbook(u"restore-behaviour-stack"_s));
        QVERIFY(says(c->problems, u"Two signed files claim the id"_s));
    }

    void recoverySignalMustExist()
    {
        const SampleFolder sample;
        sample.write(u"signals.yaml"_s,
            sample.read(u"signals.yaml"_s).replace("name: grounded_account_number", "name: something_else"));
        const auto c = loadSite(sample.dir);
        QVERIFY(!c->runbook(u"restore-behaviour-stack"_s));
        QVERIFY(says(c->problems, u"signals.yaml does not define"_s));
    }

    void changedPolicyTakesAuthorityAway()
    {
        const SampleFolder sample;
        sample.write(
            u"policy.yaml"_s, sample.read(u"policy.yaml"_s).replace("roles: [deputy]", "roles: [deputy, ai-owner]"));
        auto c = loadSite(sample.dir);
        QVERIFY(c);
        QVERIFY(c->policy.people.empty());
        QVERIFY(c->trustedRunbooks().empty());
        QVERIFY(says(c->problems, u"policy.yaml is not trusted, so nobody may sign"_s));
        QVERIFY(QFile::remove(sample.dir + u"/policy.yaml.sig"_s));
        c = loadSite(sample.dir);
        QVERIFY(says(c->problems, u"policy.yaml is not signed"_s));
        QVERIFY(QFile::remove(sample.dir + u"/site.pub"_s));
        c = loadSite(sample.dir);
        QVERIFY(c->siteKey.isEmpty() && c->policy.people.empty());
    }

    void demoKeysAreRefusedInASiteProfile()
    {
        // The sample's files under another name: the pinned key is everybody's key.
        const SampleFolder sample;
        sample.write(u"profile.yaml"_s, "kind: site\nname: Pretend\n");
        auto c = loadSite(sample.dir);
        QVERIFY(c);
        QVERIFY(c->siteKey.isEmpty() && c->policy.people.empty() && c->trustedRunbooks().empty());
        QVERIFY(says(c->problems, u"demonstration key"_s));

        // A real site that put a demo key into its own signed policy, under another name and without saying so.
        QTemporaryDir root;
        const QString dir = root.path() + u"/p"_s;
        QVERIFY(makeSite(dir));
        QByteArray policy = *readFile(dir + u"/policy.yaml"_s);
        policy.replace("budget:",
            "  - { id: eve, roles: [ai-owner], key: " + KeyRing::demoPublicKey(u"legal-1"_s).toHex() + " }\nbudget:");
        QVERIFY(writeFile(dir + u"/policy.yaml"_s, policy));
        const auto ring = KeyRing::open(dir + u"/keys"_s, DemoKeys::Refused);
        QVERIFY(signFile(*ring, u"site"_s, u"correct horse"_s, dir + u"/policy.yaml"_s));
        c = loadSite(dir);
        QVERIFY(c);
        QVERIFY(c->policy.find(u"eve"_s)->demo);
        QVERIFY(!c->policy.find(u"ada"_s)->demo);
        QVERIFY(says(c->problems, u"eve has a demonstration key"_s));
    }

    void policyOfAnotherKindOfProfile()
    {
        QTemporaryDir root;
        const QString dir = root.path() + u"/p"_s;
        QVERIFY(makeSite(dir));
        QVERIFY(writeFile(dir + u"/profile.yaml"_s, "kind: sample\nname: x\n")); // would let demo keys in
        const auto c = loadSite(dir);
        QVERIFY(c->policy.people.empty());
        QVERIFY(says(c->problems, u"another kind of profile"_s));
    }

    void realProfile()
    {
        QTemporaryDir root;
        const QString dir = root.path() + u"/p"_s;
        const auto made = makeSite(dir);
        QVERIFY2(made, made ? "" : qPrintable(made.error().sentence()));
        const auto c = loadSite(dir);
        QVERIFY2(c, c ? "" : qPrintable(c.error().sentence()));
        QVERIFY(!c->sample);
        QCOMPARE(c->name, u"Night shift"_s);
        QCOMPARE(c->policy.find(u"ada"_s)->roles, (QStringList{u"commander"_s, u"scribe"_s}));
        QVERIFY(!c->policy.identitySwitching);
        QCOMPARE(c->signalSet.signalDefs.size(), size_t(3));
        QVERIFY(!c->runbooks.empty() && c->trustedRunbooks().empty());
        QVERIFY(makeSite(dir).error().what.contains(u"already"_s));

        NewSite watchOnly = newSite();
        watchOnly.commander.clear();
        QVERIFY(makeSite(root.path() + u"/watch"_s, watchOnly));
        const auto w = loadSite(root.path() + u"/watch"_s);
        QVERIFY(w && w->policy.people.empty());
        QVERIFY(says(w->problems, u"no site key"_s));
    }

    void policyMistakes_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("says");
        const QByteArray key = QByteArray(64, '7'), other = QByteArray(64, '8');
        const auto one = [&](const QByteArray& extra) {
            return "profile: site\npeople:\n  - { id: a, roles: [commander], key: \"" + key + "\" }\n" + extra;
        };
        QTest::newRow("same key twice") << one("  - { id: b, roles: [ai-owner], key: \"" + key + "\" }\n")
                                        << u"p.yaml:4:5: b has the same key as a; one person cannot count twice."_s;
        QTest::newRow("same id") << one("  - { id: a, roles: [ai-owner], key: \"" + other + "\" }\n")
                                 << u"p.yaml:4:5: a stands here twice."_s;
        QTest::newRow("role") << one("  - { id: b, roles: [king], key: \"" + other + "\" }\n") << u"no role “king”"_s;
        QTest::newRow("key") << one("  - { id: b, roles: [legal], key: abc }\n") << u"p.yaml:4:35: a key is the 64"_s;
        QTest::newRow("lower") << one("quorum: 1\n") << u"\"quorum\" is not known"_s;
        QTest::newRow("ladder to nobody") << one("ladder:\n  - { who: ghost, after: 5m }\n") << u"ends in nobody"_s;
        QTest::newRow("ladder down") << one("ladder:\n  - { who: a, after: 5m }\n  - { who: a, after: 1m }\n")
                                     << u"goes up"_s;
        QTest::newRow("raise") << one("raise: { T9: [legal] }\n") << u"no tier “T9”"_s;
        QTest::newRow("deny all") << one("deny: [\"\"]\n") << u"would deny everything"_s;
        QTest::newRow("kind") << QByteArray("profile: prod\npeople: []\n")
                              << u"p.yaml:1:10: the profile is sample or site."_s;
    }
    void policyMistakes()
    {
        QFETCH(QByteArray, text);
        QFETCH(QString, says);
        const auto p = parsePolicy(text, u"p.yaml"_s);
        QVERIFY(!p);
        QVERIFY2(p.error().what.contains(says), qPrintable(p.error().what));
    }

    void policyRaises()
    {
        const auto p = parsePolicy("profile: site\npeople:\n  - { id: a, roles: [commander], key: "
                + QByteArray(64, 'a') + " }\nraise: { T2: [legal] }\n",
            u"p.yaml"_s);
        QVERIFY2(p, p ? "" : qPrintable(p.error().sentence()));
        QCOMPARE(p->policy.raiseRoles.at(2), QStringList{u"legal"_s});
    }

    void targetsAndSignals()
    {
        QVERIFY(parseTargets("", u"t"_s)->empty());
        QCOMPARE(parseTargets("a: https://x.example/base/\n", u"t"_s)->at(u"a"_s), u"https://x.example/base"_s);
        for (const char* bad :
            {"a: ftp://x", "a: http://user:pw@x", "a: http://x?q=1", "a: file:///etc/passwd", "a: x", "[1]", "a: {}"})
            QVERIFY2(!parseTargets(bad, u"t"_s), bad);
        QVERIFY(parseTargets("a: http://x\nb: nonsense\n", u"t.yaml"_s).error().what.startsWith(u"t.yaml:2:4:"_s));
        const QByteArray head
            = "signals:\n  - { name: a, feature: f, title: t, kind: rate, better: higher, min_effect: ";
        QVERIFY(parseSignals(head + "0.02 }\n", u"s"_s));
        QVERIFY(!parseSignals(head + "2 }\n", u"s"_s));
        QVERIFY(!parseSignals(head + "0 }\n", u"s"_s));
        QVERIFY(!parseSignals(head + "0.02, suggested_severity: 5 }\n", u"s"_s));
        QVERIFY(!parseSignals(
            head + "0.02 }\n  - { name: a, feature: f, title: t, kind: rate, better: higher, min_effect: 0.1 }\n",
            u"s"_s));
        QTemporaryDir root;
        QVERIFY(loadSite(root.path()).error().what.contains(u"no profile"_s));
    }

    void command()
    {
        QTemporaryDir root;
        const QString dir = root.path() + u"/p"_s, file = dir + u"/runbooks/disable-tool.yaml"_s;
        QVERIFY(makeSite(dir));
        QString said;
        QCOMPARE(run({u"check"_s, dir + u"/runbooks"_s}, &said), 0);
        QVERIFY2(said.contains(u"disable-tool 1.0.0, T2, 1 step(s), not signed yet"_s), qPrintable(said));
        QCOMPARE(run({u"sign"_s, file, u"--as"_s, u"site"_s, u"--profile"_s, dir}, &said), 1);
        QVERIFY2(said.contains(u"--passphrase-fd"_s), qPrintable(said));
        const auto signWith = [&](const QByteArray& passphrase) {
            int ends[2];
            if (pipe(ends) != 0 || write(ends[1], passphrase.constData(), size_t(passphrase.size())) < 0) return -1;
            close(ends[1]);
            const int code = run({u"sign"_s, file, u"--as"_s, u"site"_s, u"--profile"_s, dir, u"--passphrase-fd"_s,
                                     QString::number(ends[0])},
                &said);
            close(ends[0]);
            return code;
        };
        QCOMPARE(signWith("wrong\n"), 1);
        QVERIFY(!loadSite(dir)->runbook(u"disable-tool"_s));
        QCOMPARE(signWith("correct horse\n"), 0);
        QVERIFY(loadSite(dir)->runbook(u"disable-tool"_s));
        QVERIFY(writeFile(file, "id: x\n"));
        QCOMPARE(run({u"check"_s, file}, &said), 1);
        QVERIFY2(said.contains(u"disable-tool.yaml:1:1"_s), qPrintable(said));
        QCOMPARE(signWith("correct horse\n"), 1); // what cannot be read is not signed
        QCOMPARE(run({u"sign"_s, file}, &said), 2);
        QCOMPARE(run({u"frobnicate"_s}, &said), 2);
        QCOMPARE(run({u"check"_s, root.path()}, &said), 1);
        QCOMPARE(run({u"check"_s, file, u"--nonsense"_s}, &said), 2);
        QVERIFY(said.contains(u"Usage"_s));
    }
};
QTEST_GUILESS_MAIN(SiteConfigTest)
#include "tst_site_config.moc"
