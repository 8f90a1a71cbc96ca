// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: a runbook as data. Parsed by services/runbooks, enforced outside any model. Owner: domain. Thread: values.
// Keys and meaning: docs/design/runbooks.md.
#pragma once
#include "models/domain/ids.h"
#include <QJsonObject>
#include <QStringList>
#include <limits>
#include <map>
#include <vector>

namespace wf {

enum class Tier { T0, T1, T2, T3, T4 };
QString tierName(Tier tier); ///< "T3"
Result<Tier> tierFromName(const QString& name);
enum class RunbookClass { Contain, RestoreKnownGood, NewState, Notify };
QString runbookClassName(RunbookClass c); ///< "restore_known_good"
Result<RunbookClass> runbookClassFromName(const QString& name);

struct HttpCall {
    QString target;            ///< name of a target in targets.yaml; the URL is the site's, never the runbook's
    QString base;              ///< its URL, filled in when drafted, so that people sign where the call goes
    QString method;            ///< GET, PATCH, PUT, POST, DELETE
    QString path;              ///< may hold {templates}
    QJsonObject body;
    QString expectPath;        ///< precondition: JSON pointer …
    QString expectEquals;      ///< … and the text it must equal
    bool isNull() const { return path.isEmpty(); }
};

struct Gate {
    QString attribute;         ///< dimension: "prompt", "model", "route", …
    QString equals;
    QString of = QStringLiteral("answers"); ///< "answers" (by the model), or "uncached_answers" (not served from a cache)
    double share = 0.99;       ///< share of those in the window
    Nanos window = kMinute;
    qint64 minimum = 100;      ///< fewer answers in the window: cannot tell yet
    Nanos within = 20 * kMinute;
    bool isNull() const { return attribute.isEmpty(); }
};

struct Touches {
    QString feature;
    std::map<QString, QString> where; ///< dimension -> value; what the blast radius counts
};

struct RunbookStep {
    QString id;
    QString title;             ///< "pin prompt {manifest.prompt}"
    Tier tier = Tier::T3;
    Touches touches;
    HttpCall action, precondition, undo;
    QString noUndo;            ///< why there is no undo, in words; shown on the card
    Gate gate;
    Nanos timeout = 30 * kSecond;
};

/// What may be filled into {parameters.NAME}: a documented subset of JSON Schema. Nothing else can be filled in.
struct ParameterRule {
    bool integer = false;      ///< type: integer (else string)
    qint64 minimum = std::numeric_limits<qint64>::min(), maximum = std::numeric_limits<qint64>::max();
    qint64 maxLength = 200;    ///< of a string
    QStringList allowed;       ///< enum; empty = any
    QString fallback;          ///< default
    QString format;            ///< "manifest-digest": the last good stack's; "next-generation": the cache's now, plus one
};

struct Limits {
    double shareOfFeature = 1.0;
    qint64 people = 0;         ///< 0 = reaches nobody
    qint64 tenants = 0;        ///< 0 = no ceiling
    Nanos duration = 24 * kHour;
};

struct VerifySpec {
    QStringList signalNames;
    double margin = 0.02;
    int windows = 3;
};

struct Runbook {
    QString id, version, title, owner;
    RunbookClass cls = RunbookClass::NewState;
    QStringList features, layers, symptoms;
    QStringList parameters;    ///< names that must be filled
    std::map<QString, ParameterRule> rules; ///< one per name in parameters
    Limits limits;
    double declaredWorstShare = -1; ///< -1: none declared, not approvable without telemetry
    int budgetActions = 1;
    qint64 budgetPeople = 0;
    std::vector<RunbookStep> steps;
    HttpCall replay;           ///< optional, read only: stored failing prompts against the target manifest; answers {pass, n}
    VerifySpec verify;
    Nanos escalateAfter = 10 * kMinute;
    QString escalateTo;
    QString price;             ///< what containment costs, in words: "people waiting for an agent"
    QString digest;            ///< hex SHA-256 of the file's bytes
    QString signedBy;          ///< key name, empty when the signature is missing or does not verify
    bool executable() const { return !signedBy.isEmpty(); }
    Tier tier() const;         ///< the highest of its steps
};

} // namespace wf
