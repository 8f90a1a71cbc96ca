// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: every signal of every feature, whole and by model, prompt and route, compared with its baseline after each
// observation. One false alarm budget for the site is shared over all streams. Owner: app, through DriftWorker.
// Thread: one at a time. Methods and guarantees: docs/design/drift.md.
#pragma once
#include "models/domain/ports.h"
#include "services/drift/engine_stream.h"
#include <span>

namespace wf {

class DriftEngine {
public:
    /// The clock is used for Alarm::raised only; everything else follows the observations, so a replay is exact.
    DriftEngine(SignalSet signalSet, const Clock& clock);
    ~DriftEngine();

    /// Answers before t are the baseline, which is then kept. 0 (the default) = a rolling baseline: the past week up to
    /// ten minutes ago, without what arrived while the feature was in alarm.
    void setBaselineUntil(Nanos t) { m_baselineUntil = t; }
    Nanos baselineUntil() const { return m_baselineUntil; }

    /// Alarms this raised; each stream raises one and is then quiet until its feature's recovery is accepted.
    std::vector<Alarm> consume(const JoinedObservation& joined);
    std::vector<Alarm> consume(std::span<const JoinedObservation> batch);

    /// Clears the feature's alarms and arms it again for answers from t on. A second call with an older t does nothing.
    void acceptRecovery(const QString& feature, Nanos t);

    DriftSnapshot snapshot(Nanos now) const;
    qint64 seq() const { return m_seq; }
    /// What arrived and was not used, since the engine was made: not a value of its kind; no such signal; too many
    /// features.
    struct Unused {
        qint64 refused = 0, unknownSignal = 0, beyondLimits = 0;
    };
    const Unused& unused() const { return m_unused; }

    /// Everything, bit for bit: an engine that loads this raises the same alarms as one that never stopped.
    QByteArray save() const;
    /// On an error the engine is as it was.
    Done load(const QByteArray& bytes);

private:
    struct Group;
    struct Feature;
    Feature* feature(const QString& name);
    void consumeOn(Feature& f, Group& group, int signal, const JoinedObservation& joined, std::vector<Alarm>& alarms);
    Group* sliceGroup(Feature& f, int dimension, const QString& value, Nanos t);
    bool armIfReady(Feature& f, EngineStream& s, int signal) const;
    double threshold(const EngineStream& s) const;
    double coverage(const Group& group, const EngineStream& s, Nanos from, Nanos to) const;
    Alarm raise(Feature& f, const Group& group, EngineStream& s, const Observation& o);
    StreamState stateOf(const Feature& f, const Group& group, const EngineStream& s, Nanos now) const;
    template <class F> static void forEachGroup(F&& f, Feature& feature);

    SignalSet m_set;
    const Clock& m_clock;
    Nanos m_baselineUntil = 0;
    std::map<QString, std::unique_ptr<Feature>> m_features;
    int m_streams = 0;
    qint64 m_seq = 0;
    Nanos m_dataUpTo = 0;
    Unused m_unused;
};

} // namespace wf
