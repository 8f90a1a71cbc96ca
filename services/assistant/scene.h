// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: what one investigation knows while it runs: the windows, the queries (counted), the evidence and claims so
// far. Private to services/assistant. Thread: the caller's.
#pragma once
#include "models/domain/comparison.h"
#include "services/assistant/claim_writer.h"
#include "services/assistant/investigator.h"

namespace wf::assistant {

/// A change that could explain the onset: told by a change event, or only seen in the answers' own attributes.
struct Candidate {
    Layer layer = Layer::Prompt;
    QString from, to;
    Nanos t = 0; ///< 0: no event told it
    int change = 0; ///< its evidence number, 0 when untold
    // filled by judging it
    HypothesisState state = HypothesisState::Open;
    int comparison = 0; ///< evidence number
    std::optional<Comparison> same; ///< with and without it in the same minutes
    QString why;
    std::vector<int> evidence;
};

/// How a dimension's values mixed and fared: in the good window (baseline) and since the onset.
struct MixRow {
    QString value;
    SignalCount baseline, since;
};

class Scene {
public:
    Scene(const InvestigationInput& input, TelemetryQueries& queries, Nanos now);

    // -- facts, fixed at the start
    const InvestigationInput& in;
    const Nanos now;
    const QString feature;
    SignalDef def; ///< of the signal that is followed: the alarm's, else the feature's primary
    Onset onset;
    Window good, bad; ///< before the onset's lower bound; from its most likely moment on
    ComparedGroup before, since;
    double freshFall = 0; ///< as fallSize(), of answers that did not come from a cache
    int fall = 0; ///< evidence: the signal before and since
    std::vector<int> alarms, reports;
    std::vector<Candidate> candidates;
    std::vector<TimelineEvent> otherChanges; ///< of layers outside the stack, near the onset: "evaluator"
    int manifests = 0; ///< evidence: manifest diff
    std::map<Layer, std::map<QString, qint64>> goodShares, nowShares; ///< "" = not told
    Findings findings;

    bool rate() const { return def.kind == SignalKind::Rate; }
    QString unit() const { return rate() ? QStringLiteral("%") : def.unit; }
    /// Positive = worse, in the unit of the signal.
    double harm(double difference) const;
    double fallSize() const { return harm(since.mean() - before.mean()); }
    double smallestThatMatters() const;
    bool enough(const ComparedGroup& g) const { return g.n >= in.signalSet.minCurrent; }

    // -- queries; a failed one is remembered and reads as "no data"
    SignalCount count(const QString& signal, Window w, const Where& where = {});
    std::map<QString, SignalCount> countBy(
        const QString& signal, Window w, const QString& dimension, const Where& where = {});
    TelemetryQueries::Answers answers(Window w, const Where& where = {});
    std::map<QString, qint64> answersBy(Window w, const QString& dimension, const Where& where = {});
    TelemetryQueries::StackShare commonestStack(Window w);
    std::vector<TimelineEvent> changes(Window w);
    std::vector<SourceState> sources();
    QString queryProblem; ///< the first failure, a sentence

    // -- evidence and claims
    int add(
        const QString& kind, const QString& title, const QJsonObject& query, const QJsonObject& result, Window about);
    int addComparison(const Comparison& c, Window about, const QString& title, const QJsonObject& query);
    /// subject: what the sentence is about. The same subject looked at again makes the same claim id, so the later look
    /// replaces the earlier one in the record's fold instead of standing beside it.
    ClaimWriter write(const QString& kind, const QString& subject) const
    {
        return ClaimWriter(findings.evidence, kind, in.incident.id.value + u'|' + kind + u'|' + subject);
    }
    /// Keeps the claim; its text when it was checked, else empty: a failed claim can support nothing.
    QString keep(const Claim& claim);
    Hypothesis& hypothesis(const char* key);
    void conclude(const char* key, HypothesisState state, const QString& why, std::vector<int> evidence);

private:
    template <class T> T take(Result<T> result);
    TelemetryQueries& m_queries;
};

ComparedGroup groupOf(const QString& value, const SignalCount& c);
QString dominant(const std::map<QString, qint64>& shares, double* share = nullptr);
const char* hypothesisOf(Layer layer); ///< nullptr for the cache, which is no hypothesis of its own
QString articleTitle(Layer layer); ///< "prompt", as it reads inside a sentence
/// A value of telemetry as a sentence may show it.
QString shown(const QString& value);

// The steps, in the order they run. Each adds evidence, claims, conclusions; none depends on wall time or chance.
void gatherAlarms(Scene& s);
void gatherReports(Scene& s);
void gatherManifests(Scene& s);
void gatherChanges(Scene& s);
void judgeCandidates(Scene& s);
void judgeQuietLayers(Scene& s);
void judgeModel(Scene& s);
void judgeInputMix(Scene& s);
void judgeAbuse(Scene& s);
void judgeMeasurement(Scene& s);
void judgeInfrastructure(Scene& s);
void testWhatPeopleSay(Scene& s);
void tellStack(Scene& s);
void draftRestore(Scene& s);

/// The first candidate that explains the fall: separates in the same minutes and is not bound to another.
const Candidate* guilty(const Scene& s);

} // namespace wf::assistant
