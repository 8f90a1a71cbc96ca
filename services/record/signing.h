// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: Ed25519 signatures: DSSE envelopes over decisions, detached ones beside policy and runbook files, and the
// folder of a profile's private keys. Owner: record. Thread: any; a key with a passphrase costs Argon2id time at each
// use.
//
// keys/<person>.key is JSON {version: 1, person, public (hex), demo, …} with either {seed (hex)} in clear for demo keys
// or {salt, nonce, ops, mem, sealed} where sealed = secretbox(seed) under Argon2id(passphrase).
#pragma once
#include "models/domain/ports.h"
#include <map>

namespace wf {

/// github.com/secure-systems-lab/dsse, protocol.md: "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body.
QByteArray dssePae(const QString& payloadType, const QByteArray& payload);
/// Names a key in an envelope: lower-case hex SHA-256 of the public key.
QString keyIdOf(const QByteArray& publicKey);

/// Demo keys are the same on every machine (the seed is a hash of the name), so whoever has the program has them.
enum class DemoKeys { Refused, Allowed };

/// What sealing a key costs; the file says what it was sealed with. Interactive is for tests and small machines.
enum class SealCost { Interactive, Moderate };

class KeyRing final : public Signer {
public:
    /// A folder that does not exist yet is an empty ring; a damaged key file is an error that names it.
    static Result<KeyRing> open(const QString& folder, DemoKeys demoKeys);
    /// Writes keys/<person>.key (owner only, never over an existing one) and returns the public key, 32 bytes.
    static Result<QByteArray> createKey(const QString& folder, const QString& person, const QString& passphrase,
        bool demo, SealCost cost = SealCost::Moderate);
    /// The public key that createKey(…, demo = true) gives this name.
    static QByteArray demoPublicKey(const QString& person);

    QStringList identities() const override;
    bool needsPassphrase(const QString& person) const override;
    Result<QJsonObject> sign(const QString& person, const QString& passphrase, const QString& payloadType,
        const QByteArray& payload) override;

    bool isDemo(const QString& person) const;
    QByteArray publicKey(const QString& person) const; ///< empty when there is none
    /// Lower-case hex signature over the bytes themselves, for a file of its own.
    Result<QByteArray> signDetached(const QString& person, const QString& passphrase, const QByteArray& bytes) const;

private:
    struct Key {
        QByteArray publicKey, seed, salt, nonce, sealed;
        qint64 ops = 0, mem = 0;
        bool demo = false;
    };
    static Result<Key> parse(const QJsonObject& object, const QString& path);
    Result<QByteArray> rawSignature(const QString& person, const QString& passphrase, const QByteArray& message) const;

    std::map<QString, Key> m_keys;
    DemoKeys m_demoKeys = DemoKeys::Refused;
};

class DsseVerifier final : public Verifier {
public:
    Result<QByteArray> open(
        const QJsonObject& envelope, const QByteArray& publicKey, const QString& payloadType) const override;
};

/// The signature text of a .sig file (hex, white space around it allowed) over the bytes of the file beside it.
Done verifyDetached(const QByteArray& bytes, const QByteArray& signatureText, const QByteArray& publicKey);
/// path + ".sig" holds the signature of path.
Done signFile(const KeyRing& keys, const QString& person, const QString& passphrase, const QString& path);
Done verifyFile(const QString& path, const QByteArray& publicKey);

} // namespace wf
