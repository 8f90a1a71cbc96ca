// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/record_entry.h"
#include "models/domain/canonical_json.h"

using namespace Qt::StringLiterals;

namespace wf {

QJsonObject Entry::hashed() const
{
    return {{u"seq"_s, jsonInt(seq)}, {u"t"_s, jsonInt(t)}, {u"kind"_s, kind}, {u"actor"_s, actor},
        {u"incident"_s, incident}, {u"body"_s, body}};
}

// A body that has no canonical bytes has no hash: empty, which equals no stored hash.
QByteArray Entry::computeHash() const
{
    const auto bytes = canonicalJson(hashed());
    return bytes ? sha256(previous + *bytes) : QByteArray();
}

} // namespace wf
