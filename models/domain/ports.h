// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the interfaces through which services meet and through which the console sees them. app wires them.
// Owner: domain. Thread: said per port. Asynchronous ports take a stop token and a callback; the callback comes on the
// port's own thread, and the one helper that posts to the GUI lives in models/items/post.h.
#pragma once
#include "models/domain/case_file.h"
#include "models/domain/drift.h"
#include "models/domain/telemetry.h"
#include <functional>
#include <memory>
#include <stop_token>

namespace wf {

template <class T> using Reply = std::function<void(Result<T>)>;

// ---- events.db -------------------------------------------------------------------------------------------------------

/// Commits batches. store() returns when the rows are durable, so that "acknowledged" means "committed". Thread: any;
/// blocks the caller up to the group commit (20 ms or 5 000 rows) or until the queue has room.
class TelemetrySink {
public:
    virtual ~TelemetrySink() = default;
    struct Stored { qint64 stored = 0, duplicate = 0, rejected = 0; };
    virtual Result<Stored> store(Batch batch) = 0;
};

/// An observation joined to its answer, as drift consumes it.
struct JoinedObservation {
    Observation observation;
    Manifest stack;
    Slice slice;
};

/// Ordered by seq, gap-free for the reader: a restart from the last consumed seq is exact. Thread: one reader.
class ObservationFeed {
public:
    virtual ~ObservationFeed() = default;
    virtual Result<std::vector<JoinedObservation>> observationsAfter(qint64 seq, int limit) = 0;
};

/// Half-open [from, to) in answer time.
struct Window { Nanos from = 0, to = 0; };
/// dimension -> value, all must hold. Beside the dimensions of telemetry.h: "cached" yes|no, "handled_by" model|human.
/// Answers handled by people carry no signals of the model; answers(), answersBy() and commonestStack() count every
/// answer unless handled_by says otherwise.
using Where = std::map<QString, QString>;

struct SignalCount { qint64 n = 0; double sum = 0, sumSquares = 0; Nanos first = 0, last = 0; };

/// Questions about telemetry, each one SQL statement over indexed rows or roll-ups. Thread: each caller needs its own instance.
class TelemetryQueries {
public:
    virtual ~TelemetryQueries() = default;
    virtual Result<SignalCount> count(const QString& feature, const QString& signal, Window window, const Where& where = {}) = 0;
    /// value of the dimension -> counts of the signal
    virtual Result<std::map<QString, SignalCount>> countBy(const QString& feature, const QString& signal, Window window, const QString& dimension, const Where& where = {}) = 0;
    struct Answers { qint64 n = 0, people = 0, tenants = 0, errors = 0, toHuman = 0; Nanos last = 0; double meanLatencyNs = 0; };
    virtual Result<Answers> answers(const QString& feature, Window window, const Where& where = {}) = 0;
    /// share table: dimension value -> number of answers
    virtual Result<std::map<QString, qint64>> answersBy(const QString& feature, Window window, const QString& dimension, const Where& where = {}) = 0;
    /// Means per bucket, oldest first, from roll-ups; buckets without data are absent.
    struct Bucket { Nanos t = 0; qint64 n = 0; double sum = 0; };
    virtual Result<std::vector<Bucket>> series(const QString& feature, const QString& signal, Window window, Nanos bucket) = 0;
    virtual Result<std::vector<TimelineEvent>> changes(const QString& feature, Window window) = 0; ///< EventKind::Change, oldest first
    virtual Result<std::vector<SourceState>> sources() = 0;
    /// Commonest manifest in the window and its share; n = 0 when no answers.
    struct StackShare { Manifest stack; qint64 n = 0, of = 0; };
    virtual Result<StackShare> commonestStack(const QString& feature, Window window) = 0;
};

/// Named blobs beside the telemetry: "drift.state" (exact restart), "drift.snapshot", "live" (JSON, once a second).
/// Thread: put from any; get from the caller's own instance.
class StateStore {
public:
    virtual ~StateStore() = default;
    virtual Done put(const QString& name, const QByteArray& value) = 0;
    virtual Result<QByteArray> get(const QString& name) = 0; ///< Fault::NotFound when never put
};

// ---- timeline --------------------------------------------------------------------------------------------------------

/// filter language: words are full text; kind:change actor:ci feature:x incident:INC source:y loud:yes before:HH:MM
struct TimelineFilter {
    QString text;              ///< as typed
    friend bool operator==(const TimelineFilter&, const TimelineFilter&) = default;
};
/// A place between rows: everything strictly older (or newer) than (t, id).
struct TimelineKey {
    Nanos t = 0;
    qint64 id = 0;
    friend auto operator<=>(const TimelineKey&, const TimelineKey&) = default;
};
struct TimelinePage {
    std::vector<TimelineEvent> rows; ///< newest first
    bool more = false;
};
struct DensityBin { Nanos t = 0; qint64 n = 0, loud = 0; };

/// Thread: call from the GUI; replies come on a reader thread.
class TimelineSource {
public:
    virtual ~TimelineSource() = default;
    /// rows older than key (newest first)
    virtual void older(const TimelineFilter& filter, TimelineKey key, int limit, std::stop_token stop, Reply<TimelinePage> reply) = 0;
    /// rows newer than key (newest first)
    virtual void newer(const TimelineFilter& filter, TimelineKey key, int limit, std::stop_token stop, Reply<TimelinePage> reply) = 0;
    virtual void count(const TimelineFilter& filter, std::stop_token stop, Reply<qint64> reply) = 0;
    virtual void density(const TimelineFilter& filter, Window window, int bins, std::stop_token stop, Reply<std::vector<DensityBin>> reply) = 0;
};

/// Series for the chart. Thread: as TimelineSource.
struct ChartData {
    std::vector<TelemetryQueries::Bucket> buckets;
    Nanos bucket = 0;
    std::vector<TimelineEvent> marks;      ///< changes, reports, alarms, decisions, executions in the window, oldest first
};
class ChartSource {
public:
    virtual ~ChartSource() = default;
    virtual void chart(const QString& feature, const QString& signal, Window window, Nanos bucket, std::stop_token stop, Reply<ChartData> reply) = 0;
};

// ---- record.db -------------------------------------------------------------------------------------------------------

/// A row for the executor, in the same transaction as the entries that justify it. key is unique for ever.
struct OutboxRow {
    ExecutionId execution;
    ProposalId proposal;
    int step = 0;
    QString key;
};

/// The hash-chained log. append() runs under BEGIN IMMEDIATE, so any process may call it. Thread: any.
class RecordLog {
public:
    virtual ~RecordLog() = default;
    virtual Result<std::vector<Entry>> append(std::vector<NewEntry> entries, std::vector<OutboxRow> outbox = {}) = 0;
    virtual Result<std::vector<Entry>> after(qint64 seq, int limit = 5000) = 0;
    /// Rows without a finished attempt, oldest first.
    virtual Result<std::vector<OutboxRow>> openOutbox() = 0;
    virtual Done closeOutbox(const ExecutionId& execution) = 0;
    /// Cheap: has anybody written since the last call? (PRAGMA data_version)
    virtual bool changed() = 0;
};

// ---- keys ------------------------------------------------------------------------------------------------------------

/// DSSE envelope as JSON text {payload, payloadType, signatures:[{keyid, sig}]}. Thread: any; slow (Argon2id), not on the GUI thread.
class Signer {
public:
    virtual ~Signer() = default;
    virtual QStringList identities() const = 0; ///< people whose private key is in this profile
    virtual bool needsPassphrase(const QString& person) const = 0;
    virtual Result<QJsonObject> sign(const QString& person, const QString& passphrase, const QString& payloadType, const QByteArray& payload) = 0;
};
class Verifier {
public:
    virtual ~Verifier() = default;
    /// The payload when one signature verifies with this public key.
    virtual Result<QByteArray> open(const QJsonObject& envelope, const QByteArray& publicKey, const QString& payloadType) const = 0;
};

// ---- what the console shows ------------------------------------------------------------------------------------------

/// Figures that live beside the record and the drift snapshot; made by the engine once a second.
struct StackRow {
    Layer layer = Layer::Model;
    QString good, now;         ///< last good value; value(s) now with shares: "v42 58 % · v41 42 %"
    double nowShare = 0;       ///< of the commonest value now
    bool changed = false;
    QString cause;             ///< "separates bad from good at the same minutes: v42 71.4 %, v41 95.8 %"
    HypothesisState state = HypothesisState::Open;
    std::vector<int> evidence;
};
struct LiveFigures {
    Nanos at = 0;
    double harmPerMinute = -1, harmBefore = -1; ///< wrong answers a minute, -1 = not known
    double answersPerMinute = 0;
    double toHumanShare = 0;   ///< share of the feature's answers routed to people, last minute
    qint64 affected = 0, affectedLow = 0, affectedHigh = 0, affectedAnswers = 0, affectedPeople = 0;
    std::vector<SourceState> sources;
    bool infrastructureHealthy = false;
    Nanos infrastructureSeen = 0; ///< last watchdog beat, 0 = never
    std::vector<StackRow> stack;
    QString lastGoodAt;
    std::map<QString, BlastRadius> radius;      ///< proposal id -> what it would touch now
    std::map<QString, QString> feasibility;     ///< proposal id -> "880 evaluated answers a window, 44 min at this traffic"
    std::map<QString, double> gateShare;        ///< proposal id -> share reached of the running gate, 0..1
    std::map<QString, qint64> gateN;
    struct Timer { QString rule, to, what; Nanos due = 0; };
    std::vector<Timer> timers;                  ///< next escalations, soonest first
    Nanos nextUpdateDue = 0;
    bool timersGuarded = false;
    double recordsPerSecond = 0;
    QJsonObject toJson() const;
    static LiveFigures fromJson(const QJsonObject& object);
};

struct ConsoleState {
    std::shared_ptr<const CaseFile> cases;
    std::shared_ptr<const DriftSnapshot> drift;
    std::shared_ptr<const LiveFigures> live;
    std::shared_ptr<const Policy> policy;
    Nanos now = 0;             ///< the clock's time when this was made
    Nanos engineBeat = 0;      ///< last sign of life of the engine; older than 5 s = stale
    bool engineHere = false;   ///< this process is the engine; else a viewer
    bool sample = false;
    qint64 timelineCount = 0;
    qint64 eventsTip = 0;      ///< changes whenever timeline rows were added
    qint64 recordEntries = 0;
    bool chainVerified = false;
    QString problem;           ///< a designed state: engine missing, disk full, port in use … empty when fine
};

/// Latest-value mailbox. Thread: any.
class ConsoleFeed {
public:
    virtual ~ConsoleFeed() = default;
    virtual std::shared_ptr<const ConsoleState> latest() const = 0;
};

/// What a person does. The reply says only that the intent is recorded (or why not); the effect comes back through the feed.
/// Thread: call from the GUI; replies come on another thread.
class Desk {
public:
    virtual ~Desk() = default;
    struct Identity { QString person; bool demo = false; bool needsPassphrase = true; QStringList roles; };
    virtual std::vector<Identity> identities() const = 0;
    virtual void fileReport(const QString& person, const QString& text, Nanos happened, const QString& channel, Reply<qint64> reply) = 0;
    virtual void addNote(const QString& person, const IncidentId& incident, const QString& text, Nanos happened, Reply<qint64> reply) = 0;
    virtual void declare(const QString& person, const IncidentId& incident, int severity, Reply<qint64> reply) = 0;
    virtual void setStatus(const QString& person, const IncidentId& incident, IncidentStatus status, const QString& why, Reply<qint64> reply) = 0;
    virtual void queueProposal(const QString& person, const ProposalId& proposal, Reply<qint64> reply) = 0;
    struct SignRequest { QString person, role, passphrase, digestOnScreen, reason; ProposalId proposal; DecisionVerdict verdict = DecisionVerdict::Hold; };
    virtual void decide(const SignRequest& request, Reply<qint64> reply) = 0;
    virtual void ask(const QString& person, const IncidentId& incident, const QString& question, Reply<QString> reply) = 0;
    /// Writes report.md and record.jsonl into the folder; replies with the folder.
    virtual void exportIncident(const IncidentId& incident, const QString& folder, Reply<QString> reply) = 0;
};

} // namespace wf
