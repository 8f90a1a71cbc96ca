// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/record/signing.h"
#include "models/domain/canonical_json.h"
#include "services/base/files.h"
#include <QDir>
#include <QJsonArray>
#include <sodium.h>

using namespace Qt::StringLiterals;

namespace wf {

namespace {

constexpr qsizetype kSeedBytes = crypto_sign_SEEDBYTES;
constexpr qsizetype kPublicBytes = crypto_sign_PUBLICKEYBYTES;
constexpr qsizetype kSignatureBytes = crypto_sign_BYTES;
// A key file comes from disk: it may not make the machine hash for minutes or take all memory.
constexpr qint64 kMostOps = 16;
constexpr qint64 kMostMemory = qint64(1) << 30;

const unsigned char* bytesOf(const QByteArray& a)
{
    return reinterpret_cast<const unsigned char*>(a.constData());
}
unsigned char* bytesOf(QByteArray& a)
{
    return reinterpret_cast<unsigned char*>(a.data());
}

void startSodium()
{
    static const int started = sodium_init();
    if (started < 0) qFatal("libsodium found no source of random bytes on this machine.");
}

/// Wipes what it holds when it goes out of scope.
struct Secret {
    QByteArray bytes;
    explicit Secret(QByteArray b)
        : bytes(std::move(b))
    {
    }
    Secret(qsizetype size, char fill)
        : bytes(size, fill)
    {
    }
    Secret(Secret&&) = default;
    Secret(const Secret&) = delete;
    ~Secret()
    {
        if (!bytes.isEmpty()) sodium_memzero(bytes.data(), size_t(bytes.size()));
    }
};

QByteArray randomBytes(qsizetype n)
{
    QByteArray bytes(n, '\0');
    randombytes_buf(bytes.data(), size_t(n));
    return bytes;
}

QByteArray demoSeed(const QString& person)
{
    return sha256("watchfloor demo key: " + person.toUtf8());
}

struct Pair {
    QByteArray publicKey;
    Secret secret;
};

Pair pairOf(const QByteArray& seed)
{
    Pair pair{QByteArray(kPublicBytes, '\0'), Secret(crypto_sign_SECRETKEYBYTES, '\0')};
    crypto_sign_seed_keypair(bytesOf(pair.publicKey), bytesOf(pair.secret.bytes), bytesOf(seed));
    return pair;
}

QByteArray signWith(const QByteArray& seed, const QByteArray& message)
{
    const Pair pair = pairOf(seed);
    QByteArray signature(kSignatureBytes, '\0');
    crypto_sign_detached(
        bytesOf(signature), nullptr, bytesOf(message), size_t(message.size()), bytesOf(pair.secret.bytes));
    return signature;
}

bool verifies(const QByteArray& signature, const QByteArray& message, const QByteArray& publicKey)
{
    startSodium();
    return signature.size() == kSignatureBytes && publicKey.size() == kPublicBytes
        && crypto_sign_verify_detached(bytesOf(signature), bytesOf(message), size_t(message.size()), bytesOf(publicKey))
        == 0;
}

Result<Secret> wrappingKey(const QString& passphrase, const QByteArray& salt, qint64 ops, qint64 mem)
{
    Secret key(crypto_secretbox_KEYBYTES, '\0');
    const Secret utf8(passphrase.toUtf8());
    if (crypto_pwhash(bytesOf(key.bytes), size_t(key.bytes.size()), utf8.bytes.constData(), size_t(utf8.bytes.size()),
            bytesOf(salt), size_t(ops), size_t(mem), crypto_pwhash_ALG_ARGON2ID13)
        != 0)
        return fail(Fault::Io, u"There is not enough memory to open the key (%1 MiB are needed)."_s.arg(mem >> 20),
            u"Nothing was signed."_s);
    return key;
}

// Base64, strict: an envelope with trailing rubbish is not the envelope that was signed.
std::optional<QByteArray> fromBase64(const QJsonValue& value)
{
    if (!value.isString()) return std::nullopt;
    const auto decoded
        = QByteArray::fromBase64Encoding(value.toString().toLatin1(), QByteArray::AbortOnBase64DecodingErrors);
    if (!decoded) return std::nullopt;
    return decoded.decoded;
}

// A name becomes a file name.
bool isPersonName(const QString& person)
{
    return !person.isEmpty() && person.size() <= 64 && std::all_of(person.begin(), person.end(), [](QChar c) {
        return (c >= u'a' && c <= u'z') || (c >= u'0' && c <= u'9') || c == u'-' || c == u'_';
    });
}

} // namespace

QByteArray dssePae(const QString& payloadType, const QByteArray& payload)
{
    const QByteArray type = payloadType.toUtf8();
    return "DSSEv1 " + QByteArray::number(type.size()) + ' ' + type + ' ' + QByteArray::number(payload.size()) + ' '
        + payload;
}

QString keyIdOf(const QByteArray& publicKey)
{
    return QString::fromLatin1(sha256(publicKey).toHex());
}

// ---- KeyRing
// ---------------------------------------------------------------------------------------------------------

Result<KeyRing> KeyRing::open(const QString& folder, DemoKeys demoKeys)
{
    startSodium();
    KeyRing ring;
    ring.m_demoKeys = demoKeys;
    const QDir dir(folder);
    for (const QString& name : dir.entryList({u"*.key"_s}, QDir::Files, QDir::Name)) {
        const QString path = dir.filePath(name);
        const auto object = readJsonFile(path, 16 << 10);
        if (!object) return tl::unexpected(object.error());
        auto key = parse(*object, path);
        if (!key) return tl::unexpected(key.error());
        ring.m_keys.emplace(name.chopped(4), std::move(*key));
    }
    return ring;
}

Result<KeyRing::Key> KeyRing::parse(const QJsonObject& object, const QString& path)
{
    const auto hex = [&](const QString& member) { return QByteArray::fromHex(object[member].toString().toLatin1()); };
    Key key;
    key.demo = object[u"demo"_s].toBool();
    key.publicKey = hex(u"public"_s);
    key.seed = hex(u"seed"_s);
    key.salt = hex(u"salt"_s);
    key.nonce = hex(u"nonce"_s);
    key.sealed = hex(u"sealed"_s);
    key.ops = fromJsonInt(object[u"ops"_s]);
    key.mem = fromJsonInt(object[u"mem"_s]);
    const bool clear = key.seed.size() == kSeedBytes && key.demo;
    const bool sealed = key.seed.isEmpty() && !key.demo && key.salt.size() == qsizetype(crypto_pwhash_SALTBYTES)
        && key.nonce.size() == qsizetype(crypto_secretbox_NONCEBYTES)
        && key.sealed.size() == kSeedBytes + qsizetype(crypto_secretbox_MACBYTES) && key.ops >= 1 && key.ops <= kMostOps
        && key.mem >= qint64(crypto_pwhash_MEMLIMIT_MIN) && key.mem <= kMostMemory;
    if (object[u"version"_s].toInt() != 1 || key.publicKey.size() != kPublicBytes || (!clear && !sealed))
        return fail(Fault::BadInput, u"The key file %1 is damaged or from another program."_s.arg(path),
            u"The file was left as it is."_s, u"Restore it from a backup, or move it away and make a new key."_s);
    if (clear && pairOf(key.seed).publicKey != key.publicKey)
        return fail(Fault::BadInput, u"The key file %1 is damaged: its two halves do not belong together."_s.arg(path));
    return key;
}

Result<QByteArray> KeyRing::createKey(
    const QString& folder, const QString& person, const QString& passphrase, bool demo, SealCost cost)
{
    startSodium();
    if (!isPersonName(person))
        return fail(Fault::BadInput, u"“%1” is not a name for a key: use small letters, digits, - and _."_s.arg(person),
            u"No key was made."_s);
    if (!demo && passphrase.isEmpty())
        return fail(Fault::BadInput, u"A key needs a passphrase."_s, u"No key was made."_s,
            u"Only demo keys are stored in clear."_s);
    const QString path = QDir(folder).filePath(person + u".key"_s);
    if (QFile::exists(path))
        return fail(Fault::Conflict, u"%1 has a key already: %2."_s.arg(person, path), u"It was left as it is."_s,
            u"Move it away first if it must be replaced."_s);

    const Secret seed(demo ? demoSeed(person) : randomBytes(kSeedBytes));
    const QByteArray publicKey = pairOf(seed.bytes).publicKey;
    const auto hex = [](const QByteArray& bytes) { return QString::fromLatin1(bytes.toHex()); };
    QJsonObject object{{u"version"_s, 1}, {u"person"_s, person}, {u"public"_s, hex(publicKey)}, {u"demo"_s, demo}};
    if (demo) {
        object[u"seed"_s] = hex(seed.bytes);
    } else {
        const bool fast = cost == SealCost::Interactive;
        const qint64 ops = fast ? crypto_pwhash_OPSLIMIT_INTERACTIVE : crypto_pwhash_OPSLIMIT_MODERATE;
        const qint64 mem = fast ? crypto_pwhash_MEMLIMIT_INTERACTIVE : crypto_pwhash_MEMLIMIT_MODERATE;
        const QByteArray salt = randomBytes(crypto_pwhash_SALTBYTES);
        const QByteArray nonce = randomBytes(crypto_secretbox_NONCEBYTES);
        const auto wrapping = wrappingKey(passphrase, salt, ops, mem);
        if (!wrapping) return tl::unexpected(wrapping.error());
        QByteArray sealed(kSeedBytes + qsizetype(crypto_secretbox_MACBYTES), '\0');
        crypto_secretbox_easy(
            bytesOf(sealed), bytesOf(seed.bytes), size_t(kSeedBytes), bytesOf(nonce), bytesOf(wrapping->bytes));
        object[u"salt"_s] = hex(salt);
        object[u"nonce"_s] = hex(nonce);
        object[u"ops"_s] = jsonInt(ops);
        object[u"mem"_s] = jsonInt(mem);
        object[u"sealed"_s] = hex(sealed);
    }
    if (!QDir().mkpath(folder))
        return fail(Fault::Io, u"The folder %1 could not be made."_s.arg(folder), u"No key was made."_s);
    if (const auto written = writeJsonFile(path, object, FileAccess::OwnerOnly); !written)
        return tl::unexpected(written.error());
    return publicKey;
}

QByteArray KeyRing::demoPublicKey(const QString& person)
{
    startSodium();
    return pairOf(demoSeed(person)).publicKey;
}

QStringList KeyRing::identities() const
{
    QStringList people;
    for (const auto& [person, key] : m_keys)
        if (!key.demo || m_demoKeys == DemoKeys::Allowed) people.append(person);
    return people;
}

bool KeyRing::needsPassphrase(const QString& person) const
{
    const auto found = m_keys.find(person);
    return found == m_keys.end() || !found->second.demo;
}

bool KeyRing::isDemo(const QString& person) const
{
    const auto found = m_keys.find(person);
    return found != m_keys.end() && found->second.demo;
}

QByteArray KeyRing::publicKey(const QString& person) const
{
    const auto found = m_keys.find(person);
    return found == m_keys.end() ? QByteArray() : found->second.publicKey;
}

Result<QByteArray> KeyRing::rawSignature(
    const QString& person, const QString& passphrase, const QByteArray& message) const
{
    const auto found = m_keys.find(person);
    if (found == m_keys.end())
        return fail(Fault::NotFound, u"There is no key of %1 in this profile."_s.arg(person), u"Nothing was signed."_s,
            u"Sign on the machine that holds the key."_s);
    const Key& key = found->second;
    if (key.demo && m_demoKeys == DemoKeys::Refused)
        return fail(Fault::Refused, u"The key of %1 is a demo key, and a real profile refuses those."_s.arg(person),
            u"Nothing was signed."_s, u"Make a key with a passphrase."_s);
    if (key.demo) return signWith(key.seed, message);

    const auto wrapping = wrappingKey(passphrase, key.salt, key.ops, key.mem);
    if (!wrapping) return tl::unexpected(wrapping.error());
    Secret seed(kSeedBytes, '\0');
    const bool opened = crypto_secretbox_open_easy(bytesOf(seed.bytes), bytesOf(key.sealed), size_t(key.sealed.size()),
                            bytesOf(key.nonce), bytesOf(wrapping->bytes))
        == 0;
    if (!opened)
        return fail(Fault::Refused, u"The passphrase does not open the key of %1."_s.arg(person),
            u"Nothing was signed."_s, u"Try again."_s);
    if (pairOf(seed.bytes).publicKey != key.publicKey)
        return fail(Fault::BadInput,
            u"The key file of %1 is damaged: its two halves do not belong together."_s.arg(person),
            u"Nothing was signed."_s);
    return signWith(seed.bytes, message);
}

Result<QJsonObject> KeyRing::sign(
    const QString& person, const QString& passphrase, const QString& payloadType, const QByteArray& payload)
{
    const auto signature = rawSignature(person, passphrase, dssePae(payloadType, payload));
    if (!signature) return tl::unexpected(signature.error());
    const auto base64 = [](const QByteArray& bytes) { return QString::fromLatin1(bytes.toBase64()); };
    const QJsonObject one{{u"keyid"_s, keyIdOf(publicKey(person))}, {u"sig"_s, base64(*signature)}};
    return QJsonObject{
        {u"payload"_s, base64(payload)}, {u"payloadType"_s, payloadType}, {u"signatures"_s, QJsonArray{one}}};
}

Result<QByteArray> KeyRing::signDetached(
    const QString& person, const QString& passphrase, const QByteArray& bytes) const
{
    // Else a file could be made whose signature also counts as a signed decision.
    if (bytes.startsWith("DSSEv1 "))
        return fail(Fault::BadInput, u"The file begins like a DSSE message and cannot be signed as a file."_s,
            u"Nothing was signed."_s);
    const auto signature = rawSignature(person, passphrase, bytes);
    if (!signature) return tl::unexpected(signature.error());
    return signature->toHex();
}

// ---- verification
// ----------------------------------------------------------------------------------------------------

Result<QByteArray> DsseVerifier::open(
    const QJsonObject& envelope, const QByteArray& publicKey, const QString& payloadType) const
{
    if (envelope[u"payloadType"_s].toString() != payloadType)
        return fail(Fault::BadInput,
            u"The envelope holds “%1”, not “%2”."_s.arg(envelope[u"payloadType"_s].toString(), payloadType));
    const auto payload = fromBase64(envelope[u"payload"_s]);
    if (!payload) return fail(Fault::BadInput, u"The payload of the envelope is not base64."_s);
    const QByteArray message = dssePae(payloadType, *payload);
    // The key id is a hint only (DSSE, protocol.md): what counts is that a signature verifies with the key that is
    // asked for.
    for (const QJsonValue& one : envelope[u"signatures"_s].toArray()) {
        const auto signature = fromBase64(one[u"sig"_s]);
        if (signature && verifies(*signature, message, publicKey)) return *payload;
    }
    return fail(
        Fault::Refused, u"No signature of the envelope verifies with the key %1…."_s.arg(keyIdOf(publicKey).left(12)));
}

Done verifyDetached(const QByteArray& bytes, const QByteArray& signatureText, const QByteArray& publicKey)
{
    const QByteArray hex = signatureText.trimmed();
    const QByteArray signature = QByteArray::fromHex(hex);
    if (signature.size() != kSignatureBytes || signature.toHex() != hex.toLower())
        return fail(Fault::BadInput, u"The signature is not the 128 hexadecimal digits of an Ed25519 signature."_s);
    if (bytes.startsWith("DSSEv1 ") || !verifies(signature, bytes, publicKey))
        return fail(Fault::Refused,
            u"The signature does not verify: the file was changed after it was signed, or another key signed it."_s);
    return {};
}

Done signFile(const KeyRing& keys, const QString& person, const QString& passphrase, const QString& path)
{
    const auto bytes = readFile(path);
    if (!bytes) return tl::unexpected(bytes.error());
    const auto signature = keys.signDetached(person, passphrase, *bytes);
    if (!signature) return tl::unexpected(signature.error());
    return writeFile(path + u".sig"_s, *signature + '\n');
}

Done verifyFile(const QString& path, const QByteArray& publicKey)
{
    const auto bytes = readFile(path);
    if (!bytes) return tl::unexpected(bytes.error());
    const auto signature = readFile(path + u".sig"_s, 4096);
    if (!signature && signature.error().fault == Fault::NotFound)
        return fail(Fault::NotFound, u"%1 is not signed: there is no %1.sig."_s.arg(path), {},
            u"Sign it with a key the site trusts."_s);
    if (!signature) return tl::unexpected(signature.error());
    const auto verified = verifyDetached(*bytes, *signature, publicKey);
    if (!verified) return fail(verified.error().fault, u"%1: %2"_s.arg(path, verified.error().what));
    return {};
}

} // namespace wf
