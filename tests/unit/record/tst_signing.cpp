// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/base/files.h"
#include "services/record/signing.h"
#include <QJsonArray>
#include <QTemporaryDir>
#include <QtTest>
#include <sodium.h>

using namespace wf;
using namespace Qt::StringLiterals;

namespace {

const QString kType = QString::fromLatin1(kDecisionPayloadType);

KeyRing openRing(const QString& folder, DemoKeys demo = DemoKeys::Allowed)
{
    auto ring = KeyRing::open(folder, demo);
    if (!ring) qFatal("%s", qPrintable(ring.error().sentence()));
    return std::move(*ring);
}

} // namespace

class TestSigning : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // dsse/protocol.md, "Test Vectors": PAE("http://example.com/HelloWorld", "hello world")
    void preAuthenticationEncodingIsTheOneOfTheSpecification()
    {
        QCOMPARE(dssePae(u"http://example.com/HelloWorld"_s, "hello world"),
            QByteArray("DSSEv1 29 http://example.com/HelloWorld 11 hello world"));
        // Lengths count bytes, not characters.
        QCOMPARE(dssePae(u"é"_s, QByteArray("\0 1", 3)), QByteArray("DSSEv1 2 \xc3\xa9 3 \0 1", 17));
        QCOMPARE(dssePae({}, {}), QByteArray("DSSEv1 0  0 "));
    }

    // RFC 8032 section 7.1, test 2, through a detached signature of ours.
    void signaturesAreEd25519()
    {
        const QByteArray publicKey
            = QByteArray::fromHex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
        const QByteArray signature = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                                     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
        QVERIFY(verifyDetached("\x72", signature, publicKey));
        QVERIFY(verifyDetached("\x72", " " + signature.toUpper() + "\n", publicKey));
        QVERIFY(!verifyDetached("\x73", signature, publicKey));
        QVERIFY(!verifyDetached("\x72", signature.chopped(2), publicKey));
        QVERIFY(!verifyDetached("\x72", signature + "zz", publicKey));
    }

    void envelopesHaveTheStructureOfTheSpecificationAndRoundTrip()
    {
        QTemporaryDir dir;
        const QByteArray publicKey = *KeyRing::createKey(dir.path(), u"commander-1"_s, {}, true);
        KeyRing ring = openRing(dir.path());
        const QJsonObject envelope = *ring.sign(u"commander-1"_s, {}, kType, "{\"a\":1}");
        QCOMPARE(envelope.keys(), (QStringList{u"payload"_s, u"payloadType"_s, u"signatures"_s}));
        QCOMPARE(QByteArray::fromBase64(envelope[u"payload"_s].toString().toLatin1()), QByteArray("{\"a\":1}"));
        const QJsonObject one = envelope[u"signatures"_s][0].toObject();
        QCOMPARE(one[u"keyid"_s].toString(), keyIdOf(publicKey));
        // Checked with libsodium directly, not with our own verifier.
        const QByteArray signature = QByteArray::fromBase64(one[u"sig"_s].toString().toLatin1());
        const QByteArray message = dssePae(kType, "{\"a\":1}");
        const auto raw = [](const QByteArray& b) { return reinterpret_cast<const unsigned char*>(b.constData()); };
        QCOMPARE(crypto_sign_verify_detached(raw(signature), raw(message), size_t(message.size()), raw(publicKey)), 0);
        QCOMPARE(*DsseVerifier().open(envelope, publicKey, kType), QByteArray("{\"a\":1}"));
    }

    void everyChangeOfAnEnvelopeIsRefused()
    {
        QTemporaryDir dir;
        const QByteArray publicKey = *KeyRing::createKey(dir.path(), u"commander-1"_s, {}, true);
        const QByteArray otherKey = *KeyRing::createKey(dir.path(), u"legal-1"_s, {}, true);
        const QJsonObject good = *openRing(dir.path()).sign(u"commander-1"_s, {}, kType, "payload");
        const DsseVerifier verifier;
        QVERIFY(verifier.open(good, publicKey, kType));
        QCOMPARE(verifier.open(good, otherKey, kType).error().fault, Fault::Refused);
        QVERIFY(!verifier.open(good, publicKey, u"application/other"_s));
        QVERIFY(!verifier.open(good, {}, kType));
        const auto with = [&](const QString& member, const QJsonValue& value) {
            QJsonObject changed = good;
            changed[member] = value;
            return verifier.open(changed, publicKey, changed[u"payloadType"_s].toString());
        };
        QVERIFY(!with(u"payload"_s, QString::fromLatin1(QByteArray("payloae").toBase64())));
        QVERIFY(!with(u"payload"_s, good[u"payload"_s].toString() + u"!"_s));
        QVERIFY(!with(u"payloadType"_s, u"application/other"_s));
        QVERIFY(!with(u"signatures"_s, QJsonArray()));
        QVERIFY(!with(u"signatures"_s, 7));
        // Two signatures: one that verifies is enough, and the key id is only a hint.
        QJsonObject second = good[u"signatures"_s][0].toObject();
        second[u"keyid"_s] = u"anything"_s;
        QVERIFY(with(u"signatures"_s, QJsonArray{QJsonObject{{u"sig"_s, u"AAAA"_s}}, second}));
    }

    void aSealedKeyOpensWithItsPassphraseOnly()
    {
        QTemporaryDir dir;
        const QString person = u"ai-owner-1"_s;
        const QByteArray publicKey
            = *KeyRing::createKey(dir.path(), person, u"correct horse"_s, false, SealCost::Interactive);
        const QString path = dir.filePath(u"ai-owner-1.key"_s);
        QVERIFY(!(QFile::permissions(path) & (QFile::ReadGroup | QFile::ReadOther)));
        KeyRing ring = openRing(dir.path(), DemoKeys::Refused);
        QCOMPARE(ring.identities(), QStringList{person});
        QVERIFY(ring.needsPassphrase(person));
        QCOMPARE(ring.publicKey(person), publicKey);
        const auto wrong = ring.sign(person, u"correct horsf"_s, kType, "x");
        QVERIFY(!wrong);
        QCOMPARE(wrong.error().fault, Fault::Refused);
        QVERIFY(!ring.sign(person, {}, kType, "x"));
        const auto right = ring.sign(person, u"correct horse"_s, kType, "x");
        QVERIFY(right);
        QVERIFY(DsseVerifier().open(*right, publicKey, kType));
        QVERIFY(!readFile(path)->contains("seed"));
    }

    void keysAreNotOverwrittenNorMadeWithoutPassphraseNorUnderOddNames()
    {
        QTemporaryDir dir;
        QVERIFY(KeyRing::createKey(dir.path(), u"legal-1"_s, {}, true));
        const QByteArray before = *readFile(dir.filePath(u"legal-1.key"_s));
        QCOMPARE(KeyRing::createKey(dir.path(), u"legal-1"_s, {}, true).error().fault, Fault::Conflict);
        QCOMPARE(*readFile(dir.filePath(u"legal-1.key"_s)), before);
        QVERIFY(!KeyRing::createKey(dir.path(), u"comms-1"_s, {}, false));
        QVERIFY(!KeyRing::createKey(dir.path(), u"../legal-2"_s, {}, true));
        QVERIFY(!KeyRing::createKey(dir.path(), {}, {}, true));
    }

    void demoKeysAreTheSameEverywhereAndRefusedInARealProfile()
    {
        QTemporaryDir one, two;
        const QByteArray publicKey = *KeyRing::createKey(one.path(), u"commander-1"_s, {}, true);
        QCOMPARE(*KeyRing::createKey(two.path(), u"commander-1"_s, {}, true), publicKey);
        QCOMPARE(KeyRing::demoPublicKey(u"commander-1"_s), publicKey);
        QVERIFY(KeyRing::demoPublicKey(u"commander-2"_s) != publicKey);
        KeyRing real = openRing(one.path(), DemoKeys::Refused);
        QVERIFY(real.identities().isEmpty());
        QCOMPARE(real.sign(u"commander-1"_s, {}, kType, "x").error().fault, Fault::Refused);
        QCOMPARE(real.sign(u"nobody"_s, {}, kType, "x").error().fault, Fault::NotFound);
    }

    void aDamagedKeyFileIsNamed()
    {
        QTemporaryDir dir;
        QVERIFY(KeyRing::createKey(dir.path(), u"legal-1"_s, {}, true));
        const QString path = dir.filePath(u"legal-1.key"_s);
        QJsonObject object = *readJsonFile(path);
        object[u"public"_s] = QString(64, u'0');
        QVERIFY(writeJsonFile(path, object));
        const auto opened = KeyRing::open(dir.path(), DemoKeys::Allowed);
        QVERIFY(!opened);
        QVERIFY(opened.error().what.contains(path));
        object.remove(u"demo"_s); // a seed in clear counts for demo keys only
        QVERIFY(writeJsonFile(path, object));
        QVERIFY(!KeyRing::open(dir.path(), DemoKeys::Allowed));
    }

    void filesAreSignedBesideThemselves()
    {
        QTemporaryDir dir;
        const QByteArray publicKey = *KeyRing::createKey(dir.path(), u"demo-site"_s, {}, true);
        const KeyRing ring = openRing(dir.path());
        const QString file = dir.filePath(u"policy.yaml"_s);
        QVERIFY(writeFile(file, "people: []\n"));
        QCOMPARE(verifyFile(file, publicKey).error().fault, Fault::NotFound);
        QVERIFY(signFile(ring, u"demo-site"_s, {}, file));
        QCOMPARE(readFile(file + u".sig"_s)->size(), 129);
        QVERIFY(verifyFile(file, publicKey));
        QVERIFY(!verifyFile(file, KeyRing::demoPublicKey(u"legal-1"_s)));
        QVERIFY(writeFile(file, "people: [] \n"));
        QCOMPARE(verifyFile(file, publicKey).error().fault, Fault::Refused);
        // A file can never pass for a signed decision.
        QVERIFY(writeFile(file, dssePae(kType, "{}")));
        QVERIFY(!signFile(ring, u"demo-site"_s, {}, file));
    }
};

QTEST_GUILESS_MAIN(TestSigning)
#include "tst_signing.moc"
