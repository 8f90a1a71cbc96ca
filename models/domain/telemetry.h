// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: what arrives. An answer is one output of an AI feature; an observation is one measure of one answer; a timeline
// event is anything else with a time. Owner: domain. Thread: values.
#pragma once
#include "models/domain/time.h"
#include <QByteArray>
#include <QJsonObject>
#include <array>
#include <vector>

namespace wf {

/// Layers of the behaviour stack, top of the table first. Names on the wire and in filters: layerName().
enum class Layer { Model, Prompt, Retrieval, Tools, Sampling, Guardrails, Cache };
inline constexpr std::array kLayers{Layer::Model, Layer::Prompt, Layer::Retrieval, Layer::Tools, Layer::Sampling, Layer::Guardrails, Layer::Cache};
QString layerName(Layer layer);                       ///< "model", "prompt", "retrieval", "tools", …
QString layerTitle(Layer layer);                      ///< "Model", "Prompt", "Retrieval", …

/// The behaviour stack of one answer; an empty string means "not told".
struct Manifest {
    std::array<QString, kLayers.size()> values;
    QString& operator[](Layer l) { return values[size_t(l)]; }
    const QString& operator[](Layer l) const { return values[size_t(l)]; }
    friend bool operator==(const Manifest&, const Manifest&) = default;
    QJsonObject toJson() const;
    static Manifest fromJson(const QJsonObject& object);
    QString digest() const; ///< hex SHA-256 of the canonical object
};

/// Where an answer was given. Every field may be empty ("unknown").
struct Slice {
    QString tenant, route, locale, region, instance;
    friend bool operator==(const Slice&, const Slice&) = default;
};

/// Dimensions a slice query may name: the layers of the stack plus tenant, route, locale, region, instance.
QString dimensionValue(const QString& dimension, const Manifest& stack, const Slice& slice);
bool isDimension(const QString& dimension);

struct Answer {
    qint64 id = 0;             ///< events.db id, 0 until stored
    Nanos t = 0;               ///< end of the span: when the answer was delivered
    Nanos seen = 0;            ///< when it arrived here
    QByteArray traceId;        ///< 16 bytes or empty
    QByteArray spanId;         ///< 8 bytes or empty
    QString responseId;
    QString feature;
    Manifest stack;
    Slice slice;
    QString recipient;         ///< pseudonym, never a name
    qint64 latencyNs = 0;
    bool error = false;        ///< the call failed (infrastructure), no answer was given
    bool fromCache = false;
    bool toHuman = false;      ///< routed to a person: not an answer of the feature's model
};

/// One measure of one answer. value: 0/1 for rates (1 = the named property holds), the number itself for numeric signals.
struct Observation {
    qint64 seq = 0;            ///< order of consumption by drift, given when joined; 0 before
    qint64 answerId = 0;       ///< 0 while not joined
    QByteArray traceId, spanId;
    QString responseId;        ///< second key of the join
    QString feature;           ///< may be empty until joined
    QString signal;
    double value = 0;          ///< finite, checked at the door
    Nanos t = 0;               ///< time of the ANSWER once joined; of the evaluation before
    Nanos seen = 0;
    QString source;            ///< "otlp", "import:…"
};

/// Kinds of timeline events, closed set; text in filters is eventKindName().
enum class EventKind { Alert, Change, Report, Note, Alarm, Incident, Evidence, Claim, Hypothesis, Proposal, Decision, Execution, Gate, Verification, Escalation, System, Answer };
QString eventKindName(EventKind kind);
Result<EventKind> eventKindFromName(const QString& name);

struct TimelineEvent {
    qint64 id = 0;             ///< events.db id; record projections have id = -(record sequence)
    Nanos t = 0, seen = 0;
    EventKind kind = EventKind::Note;
    QString actor;             ///< a role or a system: "ci-release", "commander-1"
    QString feature;
    QString title;             ///< one line
    QString detail;            ///< second line, may be empty
    QString incident;          ///< IncidentId text or empty
    QString dedupKey;          ///< the format's own key; a second event with the same key is a duplicate
    QString source;            ///< "alertmanager", "changes", "reports", "record"
    bool loud = false;         ///< external reports, escalations
    QJsonObject body;          ///< what the sender said, redacted; changes: {layer, from, to, feature}
};

/// What one request carried, after decoding. Committed whole or not at all.
struct Batch {
    QString source;
    std::vector<Answer> answers;
    std::vector<Observation> observations;
    std::vector<TimelineEvent> events;
    struct Rejected { QString reason; QString digest; };
    std::vector<Rejected> rejected;
    bool heartbeat = false;    ///< the source said "I am alive" and nothing else (watchdog)
    size_t size() const { return answers.size() + observations.size() + events.size(); }
};

/// Health of one source, as counted by the store. All counts are since the profile was made.
struct SourceState {
    QString name;
    qint64 received = 0, stored = 0, duplicate = 0, rejected = 0, refused = 0;
    Nanos lastSeen = 0;
    double perSecond = 0;      ///< over the last 10 s
};

} // namespace wf
