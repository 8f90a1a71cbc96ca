// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: which behaviour measures exist and when a shift matters. Read from signals.yaml. Owner: domain. Thread: values.
#pragma once
#include "models/domain/telemetry.h"

namespace wf {

enum class SignalKind { Rate, Numeric };
enum class Better { Higher, Lower, Neither };

struct SignalDef {
    QString name;              ///< "grounded_account_number"
    QString feature;           ///< "support-copilot"; "*" = any
    QString title;             ///< for the wall: "Answers with the right account number"
    SignalKind kind = SignalKind::Rate;
    Better better = Better::Higher;
    QString unit;              ///< "tokens", "" for rates (shown in %)
    double minEffect = 0.02;   ///< smallest shift that matters: share for rates, baseline standard deviations for numeric
    double margin = 0.02;      ///< equivalence margin of recovery, same unit as minEffect
    bool primary = false;      ///< its drift means harm; harm per minute is counted on it
    bool sampled = false;      ///< only a part of the answers is evaluated (lag and coverage matter)
    int suggestedSeverity = 2; ///< 1..4, suggested when it alarms
};

/// A source that has to speak before a layer can be ruled out; silent for longer, the layer is "not checked".
struct SourceExpectation {
    Layer layer = Layer::Tools;
    QString source;            ///< name as in TelemetryQueries::sources()
    QString title;             ///< as people say it: "tool registry"
    Nanos silentAfter = kHour;
};

struct SignalSet {
    std::vector<SignalDef> signalDefs;
    double falseAlarmsPerWeek = 1.0;  ///< budget for the whole site, shared over all streams
    int minBaseline = 200;            ///< fewer baseline observations: "not enough data"
    int minCurrent = 30;              ///< fewer current observations: "not enough data"
    const SignalDef* find(const QString& feature, const QString& signal) const;
};

} // namespace wf
