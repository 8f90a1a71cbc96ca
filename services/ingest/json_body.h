// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: JSON bodies of the hooks, read defensively, and the few text helpers the hooks share.
// Owner: services/ingest. Thread: pure functions, any.
#pragma once
#include "models/domain/time.h"
#include <QJsonObject>

namespace wf {

inline constexpr int kJsonDepth = 64;

/// One JSON object, nested at most kJsonDepth deep; the depth is checked before any parser sees the bytes.
Result<QJsonObject> readJsonObject(const QByteArray& body);

/// A text member made safe to show and to hash: lone surrogates and control characters replaced, cut at `longest`.
/// Empty when absent or not a text.
QString textMember(const QJsonObject& object, const QString& key, qsizetype longest = 500);
/// The same for text that may run over lines.
QString paragraphMember(const QJsonObject& object, const QString& key, qsizetype longest = 4000);
/// Refuses an empty or absent text, naming the key.
Result<QString> requiredText(const QJsonObject& object, const QString& key, qsizetype longest = 500);
/// RFC 3339 member, refused when absent, malformed, or more than a day ahead of `seen`.
Result<Nanos> requiredTime(const QJsonObject& object, const QString& key, Nanos seen);

} // namespace wf
