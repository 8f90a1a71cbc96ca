// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/base/files.h"
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QSaveFile>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace wf {

Result<QByteArray> readFile(const QString& path, qint64 maxBytes)
{
    QFile file(path);
    if (!file.exists()) return fail(Fault::NotFound, u"There is no file %1."_s.arg(path));
    if (!file.open(QIODevice::ReadOnly))
        return fail(Fault::Io, u"The file %1 could not be opened (%2)."_s.arg(path, file.errorString()));
    // One byte more than allowed, because a pipe or a growing file tells no size.
    QByteArray bytes = file.read(maxBytes + 1);
    if (file.error() != QFileDevice::NoError)
        return fail(Fault::Io, u"The file %1 could not be read (%2)."_s.arg(path, file.errorString()));
    if (bytes.size() > maxBytes)
        return fail(Fault::BadInput,
            u"The file %1 is larger than %2 bytes, the most that is read here."_s.arg(path).arg(maxBytes));
    return bytes;
}

Result<QJsonObject> readJsonFile(const QString& path, qint64 maxBytes)
{
    const auto bytes = readFile(path, maxBytes);
    if (!bytes) return tl::unexpected(bytes.error());
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(*bytes, &error);
    if (!document.isObject())
        return fail(Fault::BadInput,
            u"The file %1 is not a JSON object (%2 at byte %3)."_s.arg(path, error.errorString()).arg(error.offset));
    return document.object();
}

Done writeFile(const QString& path, const QByteArray& bytes, FileAccess access)
{
    QSaveFile file(path);
    const auto refused = [&] {
        const Fault fault = file.error() == QFileDevice::ResourceError ? Fault::DiskFull
            : file.error() == QFileDevice::PermissionsError            ? Fault::ReadOnly
                                                                       : Fault::Io;
        return fail(fault, u"The file %1 could not be written (%2)."_s.arg(path, file.errorString()),
            QFileInfo::exists(path) ? u"The file that was there is unchanged."_s : QString(),
            u"Check the disk and the folder."_s);
    };
    if (!file.open(QIODevice::WriteOnly)) return refused();
    if (access == FileAccess::OwnerOnly) file.setPermissions(QFileDevice::ReadOwner | QFileDevice::WriteOwner);
    if (file.write(bytes) != bytes.size() || !file.flush() || ::fsync(file.handle()) != 0) return refused();
    if (!file.commit()) return refused();
    return {};
}

Done writeJsonFile(const QString& path, const QJsonObject& object, FileAccess access)
{
    return writeFile(path, QJsonDocument(object).toJson(QJsonDocument::Indented), access);
}

} // namespace wf
