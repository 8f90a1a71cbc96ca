// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: where a profile's files lie, and what the running engine says of itself beside them. Owner: app. Thread: values.
#pragma once
#include "models/domain/time.h"
#include <QJsonObject>

namespace wf {

struct Profile {
    QString dir;
    QString file(const QString& name) const { return dir + u'/' + name; }
    QString record() const { return file(QStringLiteral("record.db")); }
    QString events() const { return file(QStringLiteral("events.db")); }
    QString lock() const { return file(QStringLiteral("engine.lock")); }
    QString keys() const { return file(QStringLiteral("keys")); }
    /// The user's own profile: $XDG_DATA_HOME/watchfloor/default.
    static QString defaultDir();
    static QString samplesDir(); ///< where played samples lie, one folder a run
};

/// engine.json: written when an engine starts; kept when it dies, so that the next start binds the same port and keeps the
/// same clock.
struct EngineInfo {
    qint64 pid = 0;
    QString http;              ///< "127.0.0.1:4318"
    Nanos epoch = 0;
    double speed = 1;
    Nanos started = 0;
    QString version;
    quint16 port() const { return quint16(http.section(u':', -1).toUInt()); }
    QJsonObject toJson() const;
    static EngineInfo fromJson(const QJsonObject& object);
    static Result<EngineInfo> read(const Profile& profile); ///< Fault::NotFound before the first start
    Done write(const Profile& profile) const;
    std::unique_ptr<Clock> clock() const;
};

QString machineName(); ///< "console-" + a short hash of the machine id: two roles from one machine are recorded as such

} // namespace wf
