// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: what the drift engine publishes. Owner: domain; written by services/drift, read by everyone. Thread: values.
#pragma once
#include "models/domain/signals.h"
#include <optional>

namespace wf {

/// Two-sided; level is the confidence, 0.99 on screen unless said.
struct Interval {
    double low = 0, high = 0, level = 0.99;
};

enum class DriftState { NotEnoughData, InBand, Alarm };
QString driftStateName(DriftState state); ///< "not enough data", "in band", "alarm"

/// One stream: a signal of a feature, whole (dimension empty) or on one slice.
struct StreamKey {
    QString feature, signal, dimension, value;
    friend bool operator==(const StreamKey&, const StreamKey&) = default;
    friend auto operator<=>(const StreamKey& a, const StreamKey& b) { return a.text().compare(b.text()) <=> 0; }
    QString text() const { return dimension.isEmpty() ? feature + u'/' + signal : feature + u'/' + signal + u'[' + dimension + u'=' + value + u']'; }
};

struct Onset {
    Nanos at = 0, low = 0, high = 0; ///< most likely moment and its interval
    double level = 0.99;
};

/// Mean over a window and how many observations stand behind it. n == 0: no figure, show a dash.
struct Figure {
    double mean = 0;
    qint64 n = 0;
};

struct Alarm {
    QString id;                ///< hash(stream, seq): a replay makes the same alarm again
    StreamKey stream;
    Nanos at = 0;              ///< time of the observation that crossed the threshold
    Nanos raised = 0;          ///< when the engine said so
    qint64 seq = 0;
    Figure baseline, current;  ///< current = from the onset estimate on
    double effect = 0;
    Interval effectInterval;
    double coverage = 0;       ///< share of answers since onset that were evaluated, 0..1
    Nanos evaluatorLag = 0;    ///< median delay between an answer and its evaluation
    Onset onset;
    double threshold = 0;      ///< A: mean observations between false alarms
    QJsonObject toJson() const;
    static Alarm fromJson(const QJsonObject& object);
};

struct StreamState {
    StreamKey key;
    SignalDef def;
    DriftState state = DriftState::NotEnoughData;
    QString why;               ///< for NotEnoughData: "41 of 200 baseline answers"
    Figure baseline;
    double baselineSd = 0;
    Interval band;             ///< where one-minute figures lie when nothing changed
    Figure last5min, sinceOnset;
    double effect = 0;         ///< sinceOnset (or last 5 min when in band) minus baseline
    Interval effectInterval;
    bool effectKnown = false;
    double evidence = 0;       ///< log10 of the e-detector value
    double threshold = 0;      ///< log10 of A
    double coverage5min = 0;   ///< share of answers evaluated in the last 5 min, 0..1
    Nanos evaluatorLag = 0;
    double smallestDetectable = 0; ///< shift found within 1 000 observations half of the time, unit of the effect
    std::optional<Alarm> alarm;    ///< set while state == Alarm
    std::vector<float> spark;      ///< last 60 one-minute means, oldest first, NaN where no data
};

struct DriftSnapshot {
    Nanos at = 0;              ///< when it was made
    qint64 seq = 0;            ///< last observation consumed
    Nanos dataUpTo = 0;        ///< time of the newest answer seen
    int watched = 0, drifting = 0, waiting = 0; ///< whole-feature streams: all, in alarm, not enough data
    std::vector<StreamState> streams;           ///< whole-feature streams first, primary signals first
    const StreamState* find(const StreamKey& key) const;
    QJsonObject toJson() const;
    static DriftSnapshot fromJson(const QJsonObject& object);
};

} // namespace wf
