// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: whole small files, with sentences when it fails. Owner: base. Thread: any.
#pragma once
#include "models/domain/result.h"
#include <QByteArray>
#include <QJsonObject>

namespace wf {

/// Fault::NotFound when there is none; refuses a file larger than maxBytes, for the readers hold it in memory.
Result<QByteArray> readFile(const QString& path, qint64 maxBytes = 16 << 20);
Result<QJsonObject> readJsonFile(const QString& path, qint64 maxBytes = 16 << 20);

enum class FileAccess { Everybody, OwnerOnly };
/// Whole or not at all: a temporary file beside it, synced, then renamed over. Makes no folders.
Done writeFile(const QString& path, const QByteArray& bytes, FileAccess access = FileAccess::Everybody);
Done writeJsonFile(const QString& path, const QJsonObject& object, FileAccess access = FileAccess::Everybody);

} // namespace wf
