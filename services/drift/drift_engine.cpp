// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/drift/drift_engine.h"
#include "models/domain/canonical_json.h"
#include <QIODevice>

namespace wf {
using namespace Qt::StringLiterals;

namespace {
/// Slices looked at beside the whole feature. A new model or prompt has no past of its own and is judged by the
/// feature's; a new route asks other questions and must earn its own.
struct Dimension {
    const char16_t* name;
    bool inheritsBaseline;
};
constexpr std::array<Dimension, 3> kDimensions{{{u"model", true}, {u"prompt", true}, {u"route", false}}};
constexpr size_t kMaxValues = 32; ///< per dimension; beyond it the value silent for longest makes room
constexpr size_t kMaxFeatures = 256;
constexpr Nanos kGap = 10 * kMinute;
constexpr double kLeastThreshold
    = 1e4; ///< a sparse stream's share of the budget would otherwise let chance through quickly
constexpr quint32 kMagic = 0x57464431; ///< "WFD1"

QString dimensionName(size_t d)
{
    return QString::fromUtf16(kDimensions[d].name);
}

const QString& sliceValue(size_t d, const JoinedObservation& j)
{
    switch (d) {
    case 0:
        return j.stack[Layer::Model];
    case 1:
        return j.stack[Layer::Prompt];
    default:
        return j.slice.route;
    }
}

QString alarmId(const StreamKey& key, qint64 seq)
{
    return QString::fromLatin1(sha256((key.text() + u'|' + QString::number(seq)).toUtf8()).toHex().left(32));
}
} // namespace

/// All signals on the same answers: the whole feature, or one value of a dimension.
struct DriftEngine::Group {
    QString dimension, value;
    std::vector<std::unique_ptr<EngineStream>>
        streams; ///< by index of the signal; null where the signal is not looked at
    Nanos newest = 0;
};

struct DriftEngine::Feature {
    QString name;
    std::vector<SignalDef> defs;
    QHash<QString, int> index;
    Group whole;
    std::array<std::map<QString, Group>, kDimensions.size()> slices;
    int alarms = 0;
    Nanos armedFrom = 0; ///< older answers belong to an incident that is over

    Group makeGroup(const QString& dimension, const QString& value, const SignalSet& set) const
    {
        Group g{dimension, value, {}, 0};
        for (const SignalDef& def : defs) {
            const bool watched = dimension.isEmpty() || def.kind == SignalKind::Rate;
            g.streams.push_back(watched
                    ? std::make_unique<EngineStream>(StreamKey{name, def.name, dimension, value}, def, set)
                    : nullptr);
        }
        return g;
    }
    int watchedPerSlice() const
    {
        return int(
            std::count_if(defs.begin(), defs.end(), [](const SignalDef& d) { return d.kind == SignalKind::Rate; }));
    }
};

template <class F> void DriftEngine::forEachGroup(F&& f, Feature& feature)
{
    f(feature.whole);
    for (auto& dimension : feature.slices)
        for (auto& [value, group] : dimension)
            f(group);
}

DriftEngine::DriftEngine(SignalSet signalSet, const Clock& clock)
    : m_set(std::move(signalSet))
    , m_clock(clock)
{
    // A signal nobody has measured yet is shown as "not enough data", not left out.
    for (const SignalDef& def : m_set.signalDefs)
        if (def.feature != u"*") feature(def.feature);
}

DriftEngine::~DriftEngine() = default;

DriftEngine::Feature* DriftEngine::feature(const QString& name)
{
    const auto found = m_features.find(name);
    if (found != m_features.end()) return found->second.get();
    if (m_features.size() >= kMaxFeatures) return nullptr;
    auto f = std::make_unique<Feature>();
    f->name = name;
    for (const SignalDef& def : m_set.signalDefs) {
        if ((def.feature != name && def.feature != u"*") || f->index.contains(def.name)) continue;
        const SignalDef* own = m_set.find(name, def.name); // the feature's own definition goes before the general one
        f->index[def.name] = int(f->defs.size());
        f->defs.push_back(own ? *own : def);
    }
    if (f->defs.empty()) return nullptr;
    f->whole = f->makeGroup({}, {}, m_set);
    m_streams += int(f->defs.size());
    return (m_features[name] = std::move(f)).get();
}

DriftEngine::Group* DriftEngine::sliceGroup(Feature& f, int dimension, const QString& value, Nanos t)
{
    auto& groups = f.slices[size_t(dimension)];
    auto found = groups.find(value);
    if (found == groups.end()) {
        if (groups.size() >= kMaxValues) {
            const auto inAlarm = [](const Group& g) {
                return std::any_of(g.streams.begin(), g.streams.end(), [](const auto& s) { return s && s->alarm; });
            };
            auto oldest = groups.end();
            for (auto it = groups.begin(); it != groups.end(); ++it)
                if (!inAlarm(it->second) && (oldest == groups.end() || it->second.newest < oldest->second.newest))
                    oldest = it;
            if (oldest == groups.end()) return nullptr;
            groups.erase(oldest);
            m_streams -= f.watchedPerSlice();
        }
        found = groups.emplace(value, f.makeGroup(dimensionName(size_t(dimension)), value, m_set)).first;
        m_streams += f.watchedPerSlice();
    }
    found->second.newest = std::max(found->second.newest, t);
    return &found->second;
}

std::vector<Alarm> DriftEngine::consume(std::span<const JoinedObservation> batch)
{
    std::vector<Alarm> alarms;
    for (const JoinedObservation& j : batch) {
        auto raised = consume(j);
        std::move(raised.begin(), raised.end(), std::back_inserter(alarms));
    }
    return alarms;
}

std::vector<Alarm> DriftEngine::consume(const JoinedObservation& joined)
{
    std::vector<Alarm> alarms;
    const Observation& o = joined.observation;
    m_seq = std::max(m_seq, o.seq);
    Feature* f = feature(o.feature);
    if (!f) {
        ++(m_set.find(o.feature, o.signal) ? m_unused.beyondLimits : m_unused.unknownSignal);
        return alarms;
    }
    const auto found = f->index.constFind(o.signal);
    if (found == f->index.constEnd()) {
        ++m_unused.unknownSignal;
        return alarms;
    }
    const int signal = *found;
    if (!f->whole.streams[size_t(signal)]->detector.accepts(o.value) || o.t <= 0) {
        ++m_unused.refused;
        return alarms;
    }
    m_dataUpTo = std::max(m_dataUpTo, o.t);
    consumeOn(*f, f->whole, signal, joined, alarms);
    f->whole.streams[size_t(signal)]->lags.add(o.seen - o.t);
    if (f->defs[size_t(signal)].kind != SignalKind::Rate) return alarms;
    for (size_t d = 0; d < kDimensions.size(); ++d) {
        const QString& value = sliceValue(d, joined);
        if (value.isEmpty()) continue;
        if (Group* group = sliceGroup(*f, int(d), value, o.t)) consumeOn(*f, *group, signal, joined, alarms);
    }
    return alarms;
}

void DriftEngine::consumeOn(
    Feature& f, Group& group, int signal, const JoinedObservation& joined, std::vector<Alarm>& alarms)
{
    EngineStream& s = *group.streams[size_t(signal)];
    const Observation& o = joined.observation;
    s.buckets.add(o.t, o.value);
    s.pace.add(o.t);
    if (s.alarm) {
        if (o.t >= s.alarm->onset.at) s.since.add(o.value);
        return;
    }
    if (o.t < m_baselineUntil) {
        // An answer of the past that is measured after the watch began changes the baseline no more.
        if (!s.detector.armed() && !s.rolling) s.detector.learn(o.value);
        return;
    }
    if (!armIfReady(f, s, signal)) s.rolling = true;
    if (s.rolling) s.roll(o.value, o.t, kGap, m_set.minBaseline, f.alarms > 0);
    if (!s.detector.armed() || o.t < f.armedFrom) return;
    s.detector.add(o.value, o.t);
    if (s.detector.alarm(threshold(s))) alarms.push_back(raise(f, group, s, o));
}

bool DriftEngine::armIfReady(Feature& f, EngineStream& s, int signal) const
{
    if (s.detector.armed()) return true;
    if (m_baselineUntil > 0 && s.detector.baseline().n() >= m_set.minBaseline) {
        s.detector.arm();
        return true;
    }
    const auto d = std::find_if(
        kDimensions.begin(), kDimensions.end(), [&](const Dimension& x) { return s.key.dimension == x.name; });
    const StreamDetector& whole = f.whole.streams[size_t(signal)]->detector;
    if (d == kDimensions.end() || !d->inheritsBaseline || !whole.armed()) return s.rolling;
    s.detector.baseline() = whole.baseline();
    s.detector.arm();
    s.rolling = m_baselineUntil == 0;
    return true;
}

double DriftEngine::threshold(const EngineStream& s) const
{
    // Each of K streams may raise budget / K false alarms a week, at the busiest pace it has shown.
    return std::max(kLeastThreshold, s.pace.perWeek() * m_streams / std::max(m_set.falseAlarmsPerWeek, 1e-6));
}

double DriftEngine::coverage(const Group& group, const EngineStream& s, Nanos from, Nanos to) const
{
    qint64 answers = 0;
    for (const auto& other : group.streams)
        if (other && !other->def.sampled) answers = std::max(answers, other->buckets.over(from, to).n);
    return answers > 0 ? std::min(1.0, double(s.buckets.over(from, to).n) / double(answers)) : 0;
}

Alarm DriftEngine::raise(Feature& f, const Group& group, EngineStream& s, const Observation& o)
{
    const Finding found = s.detector.find();
    Alarm a;
    a.id = alarmId(s.key, o.seq);
    a.stream = s.key;
    a.at = o.t;
    a.raised = m_clock.now();
    a.seq = o.seq;
    a.baseline = {s.detector.baseline().mean(), qint64(s.detector.baseline().n())};
    a.current = {found.current.mean, found.current.n};
    a.effect = found.effect;
    a.effectInterval = found.interval;
    a.evaluatorLag = f.whole.streams[size_t(f.index.value(s.def.name))]->lags.median();
    // Answers younger than the evaluator's usual delay are not missing, only not yet due.
    const Nanos due = m_dataUpTo - 2 * a.evaluatorLag;
    a.coverage = coverage(group, s, std::min<Nanos>(found.onset.at, due - kMinute), due);
    a.onset = {found.onset.at, found.onset.low, found.onset.high, s.detector.options().onsetLevel};
    a.threshold = threshold(s);
    s.alarm = a;
    s.since = found.current;
    ++f.alarms;
    return a;
}

void DriftEngine::acceptRecovery(const QString& name, Nanos t)
{
    const auto found = m_features.find(name);
    if (found == m_features.end() || t <= found->second->armedFrom) return;
    Feature& f = *found->second;
    f.armedFrom = t;
    f.alarms = 0;
    forEachGroup(
        [](Group& g) {
            for (auto& s : g.streams) {
                if (!s) continue;
                s->alarm.reset();
                s->since = {};
                s->detector.rearm();
                const bool numeric = s->def.kind == SignalKind::Numeric;
                s->pending = Baseline(numeric, 1);
                s->filling = Baseline(numeric, 2);
                s->chunkStart = 0;
            }
        },
        f);
}

StreamState DriftEngine::stateOf(const Feature& f, const Group& group, const EngineStream& s, Nanos now) const
{
    constexpr Nanos window = 5 * kMinute;
    const Baseline& baseline = s.detector.baseline();
    StreamState out;
    out.key = s.key;
    out.def = s.def;
    out.baseline = {baseline.mean(), qint64(baseline.n())};
    out.baselineSd = baseline.sd();
    out.last5min = s.buckets.over(now - window, now + BucketRing::kWidth);
    out.evaluatorLag = f.whole.streams[size_t(f.index.value(s.def.name))]->lags.median();
    const Nanos due = now - std::min(2 * out.evaluatorLag, window - kMinute);
    out.coverage5min = coverage(group, s, now - window, due);
    out.evidence = std::log10(std::max(s.detector.evidence(), 1e-3));
    out.threshold = std::log10(threshold(s));
    out.spark = s.buckets.minutes(now, 60);
    const double smallest = s.detector.smallestDetectable(threshold(s), 1000, s.def.better);
    out.smallestDetectable = std::isnan(smallest) ? 0 : smallest;

    const double current = std::min(double(out.last5min.n), s.detector.n());
    if (s.alarm) {
        out.state = DriftState::Alarm;
        out.alarm = s.alarm;
        out.sinceOnset = {s.since.mean, s.since.n};
    } else if (!s.detector.armed() && baseline.n() < m_set.minBaseline) {
        out.why = u"%1 of %2 baseline answers"_s.arg(qint64(baseline.n())).arg(m_set.minBaseline);
    } else if (current < m_set.minCurrent) {
        out.why = u"%1 of %2 answers in the last 5 min"_s.arg(qint64(current)).arg(m_set.minCurrent);
    } else {
        out.state = DriftState::InBand;
    }
    if (out.state != DriftState::NotEnoughData) {
        const double sd
            = s.def.kind == SignalKind::Rate ? std::sqrt(out.last5min.mean * (1 - out.last5min.mean)) : baseline.sd();
        const double n = double(out.last5min.n);
        const stats::Moments judged
            = s.alarm ? s.since : stats::Moments{out.last5min.n, out.last5min.mean, sd * sd * std::max(0.0, n - 1)};
        out.effectKnown = true;
        out.effect = judged.mean - baseline.mean();
        out.effectInterval = s.detector.effectInterval(judged);
    }
    // One-minute figures at the pace of the last five minutes, with the baseline's own error.
    const double perMinute = std::max(1.0, double(out.last5min.n) * double(kMinute) / double(window));
    if (baseline.n() > 0) {
        const double half = 2.5758293035489004 * out.baselineSd
            * std::sqrt(baseline.inflation() * (1 / perMinute + 1 / baseline.n()));
        out.band = {baseline.mean() - half, baseline.mean() + half, 0.99};
        if (s.def.kind == SignalKind::Rate)
            out.band = {std::max(0.0, out.band.low), std::min(1.0, out.band.high), 0.99};
    }
    return out;
}

DriftSnapshot DriftEngine::snapshot(Nanos now) const
{
    DriftSnapshot snap;
    snap.at = now;
    snap.seq = m_seq;
    snap.dataUpTo = m_dataUpTo;
    for (const auto& [name, f] : m_features)
        for (const auto& s : f->whole.streams)
            snap.streams.push_back(stateOf(*f, f->whole, *s, now));
    std::stable_partition(snap.streams.begin(), snap.streams.end(), [](const StreamState& s) { return s.def.primary; });
    snap.watched = int(snap.streams.size());
    for (const StreamState& s : snap.streams) {
        snap.drifting += s.state == DriftState::Alarm;
        snap.waiting += s.state == DriftState::NotEnoughData;
    }
    for (const auto& [name, f] : m_features)
        for (const auto& dimension : f->slices)
            for (const auto& [value, group] : dimension)
                for (const auto& s : group.streams)
                    if (s) snap.streams.push_back(stateOf(*f, group, *s, now));
    return snap;
}

QByteArray DriftEngine::save() const
{
    QByteArray bytes;
    QDataStream out(&bytes, QIODevice::WriteOnly);
    out.setVersion(QDataStream::Qt_6_4);
    out << kMagic << m_baselineUntil << m_seq << m_dataUpTo << m_unused.refused << m_unused.unknownSignal
        << m_unused.beyondLimits;
    out << quint32(m_features.size());
    const auto saveGroup = [&](const Group& g) {
        out << g.newest
            << quint32(std::count_if(g.streams.begin(), g.streams.end(), [](const auto& s) { return s != nullptr; }));
        for (const auto& s : g.streams) {
            if (!s) continue;
            QByteArray one;
            QDataStream inner(&one, QIODevice::WriteOnly);
            inner.setVersion(QDataStream::Qt_6_4);
            s->save(inner);
            out << s->def.name << qint32(s->def.kind) << one;
        }
    };
    for (const auto& [name, f] : m_features) {
        out << name << qint32(f->alarms) << f->armedFrom;
        saveGroup(f->whole);
        for (const auto& dimension : f->slices) {
            out << quint32(dimension.size());
            for (const auto& [value, group] : dimension) {
                out << value;
                saveGroup(group);
            }
        }
    }
    return bytes;
}

Done DriftEngine::load(const QByteArray& bytes)
{
    DriftEngine fresh(m_set, m_clock);
    QDataStream in(bytes);
    in.setVersion(QDataStream::Qt_6_4);
    quint32 magic = 0, features = 0;
    in >> magic;
    if (magic != kMagic)
        return fail(Fault::NewerSchema, u"The stored drift state was written by another version of Watchfloor."_s,
            u"The observations are all kept."_s,
            u"Start without it: the engine learns again from the stored observations."_s);
    in >> fresh.m_baselineUntil >> fresh.m_seq >> fresh.m_dataUpTo >> fresh.m_unused.refused
        >> fresh.m_unused.unknownSignal >> fresh.m_unused.beyondLimits >> features;
    const auto loadGroup = [&](Feature* f, Group* g) {
        Nanos newest = 0;
        quint32 count = 0;
        in >> newest >> count;
        if (g) g->newest = newest;
        for (quint32 i = 0; i < count && in.status() == QDataStream::Ok; ++i) {
            QString name;
            qint32 kind = 0;
            QByteArray one;
            in >> name >> kind >> one;
            const int signal = f ? f->index.value(name, -1) : -1;
            if (!g || signal < 0 || !g->streams[size_t(signal)] || f->defs[size_t(signal)].kind != SignalKind(kind))
                continue; // defined anew
            QDataStream inner(one);
            inner.setVersion(QDataStream::Qt_6_4);
            g->streams[size_t(signal)]->load(inner);
            if (inner.status() != QDataStream::Ok) in.setStatus(inner.status());
        }
    };
    for (quint32 i = 0; i < features && in.status() == QDataStream::Ok; ++i) {
        QString name, value;
        qint32 alarms = 0;
        Nanos armedFrom = 0;
        in >> name >> alarms >> armedFrom;
        Feature* f = fresh.feature(name);
        if (f) {
            f->alarms = alarms;
            f->armedFrom = armedFrom;
        }
        loadGroup(f, f ? &f->whole : nullptr);
        for (int d = 0; d < int(kDimensions.size()); ++d) {
            quint32 values = 0;
            in >> values;
            for (quint32 v = 0; v < values && in.status() == QDataStream::Ok; ++v) {
                in >> value;
                loadGroup(f, f ? fresh.sliceGroup(*f, d, value, 0) : nullptr);
            }
        }
    }
    if (in.status() != QDataStream::Ok || !in.atEnd())
        return fail(Fault::BadInput, u"The stored drift state is damaged."_s, u"The observations are all kept."_s,
            u"Start without it: the engine learns again from the stored observations."_s);
    m_baselineUntil = fresh.m_baselineUntil;
    m_features = std::move(fresh.m_features);
    m_streams = fresh.m_streams;
    m_seq = fresh.m_seq;
    m_dataUpTo = fresh.m_dataUpTo;
    m_unused = fresh.m_unused;
    return {};
}

} // namespace wf
