// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/profile.h"
#include "models/domain/canonical_json.h"
#include <QDir>
#include <QJsonDocument>
#include <QSaveFile>
#include <QStandardPaths>
#include <QSysInfo>

namespace wf {
using namespace Qt::StringLiterals;

namespace {
QString dataDir()
{
    return QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation) + u"/watchfloor"_s;
}
} // namespace

QString Profile::defaultDir()
{
    return dataDir() + u"/default"_s;
}

QString Profile::samplesDir()
{
    return dataDir() + u"/samples"_s;
}

QJsonObject EngineInfo::toJson() const
{
    return {{u"pid"_s, jsonInt(pid)}, {u"http"_s, http}, {u"epoch"_s, jsonInt(epoch)}, {u"speed"_s, decimal(speed)},
        {u"started"_s, jsonInt(started)}, {u"version"_s, version}};
}

EngineInfo EngineInfo::fromJson(const QJsonObject& o)
{
    return {fromJsonInt(o[u"pid"_s]), o[u"http"_s].toString(), fromJsonInt(o[u"epoch"_s]), fromDecimal(o[u"speed"_s], 1),
        fromJsonInt(o[u"started"_s]), o[u"version"_s].toString()};
}

Result<EngineInfo> EngineInfo::read(const Profile& profile)
{
    QFile f(profile.file(u"engine.json"_s));
    if (!f.open(QIODevice::ReadOnly))
        return fail(Fault::NotFound, u"No engine has run on %1 yet."_s.arg(profile.dir), {}, u"Start watchfloor or watchfloorctl serve."_s);
    const auto doc = QJsonDocument::fromJson(f.readAll());
    if (!doc.isObject())
        return fail(Fault::BadInput, u"%1 is damaged."_s.arg(f.fileName()), u"The databases beside it are not touched."_s, u"Delete that file and start again."_s);
    return fromJson(doc.object());
}

Done EngineInfo::write(const Profile& profile) const
{
    QSaveFile f(profile.file(u"engine.json"_s));
    if (!f.open(QIODevice::WriteOnly) || f.write(QJsonDocument(toJson()).toJson()) < 0 || !f.commit())
        return fail(Fault::Io, u"%1 cannot be written: %2."_s.arg(f.fileName(), f.errorString()), {}, u"Check the folder's permissions and free space."_s);
    return {};
}

std::unique_ptr<Clock> EngineInfo::clock() const
{
    if (speed == 1.0) return std::make_unique<SystemClock>();
    return std::make_unique<ScaledClock>(epoch, speed);
}

QString machineName()
{
    return u"console-"_s + QString::fromLatin1(sha256(QSysInfo::machineUniqueId()).toHex().left(6));
}

} // namespace wf
