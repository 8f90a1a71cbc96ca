// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: what a profile's people have decided in daylight: who may sign, which signals count, where actions go, which
// runbooks are trusted. Nothing here is believed before its signature verifies against the site's pinned key.
// Owner: services/runbooks. Thread: values; load once and share as const.
#pragma once
#include "models/domain/authority.h"
#include "models/domain/signals.h"

namespace wf {

struct RunbookFile {
    QString path;
    Runbook runbook; ///< id only when the file could not be read; executable() is false whenever problem is set
    QString problem; ///< why it cannot run, one sentence; empty = trusted
};

struct SiteConfig {
    bool sample = false;
    QString name;
    QByteArray siteKey; ///< 32 bytes, from site.pub; the record's first entry must hold the same
    Policy policy; ///< nobody in it when policy.yaml is missing or does not verify
    SignalSet signalSet;
    std::vector<SourceExpectation> expectations; ///< from signals.yaml: which sources must speak
    std::map<QString, QString> targets; ///< name -> base URL without a slash at its end
    std::vector<RunbookFile> runbooks; ///< all files, the bad ones too, by file name
    QStringList problems; ///< sentences for the console; none hides what still works
    const Runbook* runbook(const QString& id) const; ///< trusted ones only
    std::vector<Runbook> trustedRunbooks() const;
};

/// Fails only when profile.yaml, signals.yaml or targets.yaml is there and wrong, or there is no profile: an engine
/// must not watch the wrong thing. All else is a problem in the list, and takes authority away instead of giving it.
Result<SiteConfig> loadSite(const QString& dir);

struct SignalsFile {
    SignalSet signalSet;
    std::vector<SourceExpectation> expectations;
};
Result<SignalsFile> parseSignals(const QByteArray& bytes, const QString& fileName);
Result<std::map<QString, QString>> parseTargets(const QByteArray& bytes, const QString& fileName);
struct PolicyFile {
    Policy policy;
    QStringList runbookSigners; ///< people whose signature on a runbook counts beside the site's
};
Result<PolicyFile> parsePolicy(const QByteArray& bytes, const QString& fileName);

/// Is this one of the keys that everybody who has Watchfloor has?
bool isDemoKey(const QByteArray& publicKey);

} // namespace wf
