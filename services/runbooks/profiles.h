// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: makes the folder of a profile: the sample's, with its demonstration keys, or a real one. Owner:
// services/runbooks. Thread: any; a real profile's keys cost Argon2id time (half a second each).
#pragma once
#include "models/domain/result.h"
#include <map>

namespace wf {

/// Copies the sample into a folder that holds no profile yet. flagsUrl, when given, is where the simulator's control
/// API listens ("http://127.0.0.1:40123"). The unsigned examples come along: they can be read and not run. source and
/// examples are the embedded ones unless a test says otherwise.
Done createSampleProfile(const QString& dir, const QString& flagsUrl = {},
    const QString& source = QStringLiteral(":/samples/account-numbers"),
    const QString& examples = QStringLiteral(":/runbooks"));

struct NewSite {
    QString name;
    QString commander = QStringLiteral("commander-1"); ///< first person, commander and scribe; empty = no keys yet
    QString passphrase; ///< seals the site's key and the commander's; change each later by making a new key
    std::map<QString, QString> targets;
    bool quickSeal = false; ///< for tests: cheap sealing
};
/// profile.yaml, targets.yaml and signals.yaml, and with a commander also keys, site.pub and a signed policy.yaml. The
/// example runbooks are copied unsigned: the site signs what it has read. examples and starter are embedded unless a
/// test says so.
Done createSiteProfile(const QString& dir, const NewSite& site, const QString& examples = QStringLiteral(":/runbooks"),
    const QString& starter = QStringLiteral(":/signals/starter.yaml"));

} // namespace wf
