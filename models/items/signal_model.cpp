// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/items/signal_model.h"
#include <QPointF>
#include <cmath>

namespace wf {

using namespace Qt::StringLiterals;

namespace {

constexpr QChar kThin{0x202F};
constexpr QChar kMinus{0x2212};
constexpr QChar kDash{0x2014};

QString signless(double value, int digits)
{
    return QString::number(std::abs(value), 'f', digits);
}

QString withSign(double value, int digits)
{
    const QString figure = signless(value, digits);
    // A shift that rounds to nothing has no sign.
    if (figure.toDouble() == 0) return figure;
    return (value < 0 ? QString(kMinus) : u"+"_s) + figure;
}

int numericDigits(double value)
{
    return std::abs(value) >= 100 ? 0 : std::abs(value) >= 10 ? 1 : 2;
}

const QStringList kHeads{u"Signal"_s, u"Last 5 min"_s, u"Since onset"_s, u"Baseline"_s, u"Effect (99 %)"_s,
    u"n · evaluated"_s, u"State"_s, u"Last hour"_s};

} // namespace

QString countText(qint64 n)
{
    QString text = QString::number(std::abs(n));
    for (qsizetype at = text.size() - 3; at > 0; at -= 3)
        text.insert(at, kThin);
    return n < 0 ? kMinus + text : text;
}

QString shareText(double share, int digits)
{
    const QString figure = signless(share * 100, digits);
    return (share < 0 && figure.toDouble() != 0 ? QString(kMinus) : QString()) + figure + kThin + u'%';
}

QString valueText(const SignalDef& def, double value)
{
    if (def.kind == SignalKind::Rate) return shareText(value, 1);
    return (value < 0 ? QString(kMinus) : QString()) + signless(value, numericDigits(value));
}

QString figureText(const SignalDef& def, const Figure& figure)
{
    return figure.n == 0 ? QString(kDash) : valueText(def, figure.mean);
}

QString shiftText(const SignalDef& def, double shift, bool withUnit)
{
    if (def.kind == SignalKind::Rate) return withSign(shift * 100, 1) + (withUnit ? kThin + u"pts"_s : QString());
    return withSign(shift, numericDigits(shift)) + (withUnit && !def.unit.isEmpty() ? kThin + def.unit : QString());
}

QString baselineText(const StreamState& stream)
{
    if (stream.baseline.n == 0) return u"no baseline yet"_s;
    const QString unit = stream.def.unit.isEmpty() ? QString() : kThin + stream.def.unit;
    return u"%1%2, n %3"_s.arg(figureText(stream.def, stream.baseline), unit, countText(stream.baseline.n));
}

SignalModel::SignalModel(QObject* parent)
    : QAbstractTableModel(parent)
{
}

void SignalModel::update(
    std::shared_ptr<const DriftSnapshot> snapshot, const QString& feature, Nanos now, Zone zone, double speed)
{
    const Nanos age = snapshot ? now - snapshot->at : 0;
    const Nanos staleFor = double(age) > double(kFigureStale) * std::max(1.0, speed) ? age / kSecond * kSecond : 0;
    if (snapshot == m_snapshot && staleFor == m_staleFor && zone == m_zone && feature == m_feature) return;

    std::vector<const StreamState*> rows, others;
    if (snapshot) {
        for (const StreamState& s : snapshot->streams) {
            if (!s.key.dimension.isEmpty()) continue;
            (feature.isEmpty() || s.key.feature == feature ? rows : others).push_back(&s);
        }
    }
    rows.insert(rows.end(), others.begin(), others.end());
    const bool sameRows = rows.size() == m_rows.size()
        && std::equal(rows.begin(), rows.end(), m_rows.begin(), [](auto* a, auto* b) { return a->key == b->key; });
    const auto take = [&] {
        m_snapshot.swap(snapshot); // the old rows stay alive in snapshot until this function returns
        m_rows.swap(rows);
        m_staleFor = staleFor;
        m_zone = zone;
        m_feature = feature;
    };
    if (!sameRows) {
        beginResetModel();
        take();
        endResetModel();
        return;
    }
    take();
    if (!m_rows.empty()) Q_EMIT dataChanged(index(0, 0), index(int(m_rows.size()) - 1, ColumnCount - 1));
}

const StreamState* SignalModel::stream(int row) const
{
    return row >= 0 && row < int(m_rows.size()) ? m_rows[size_t(row)] : nullptr;
}

int SignalModel::rowOf(const StreamKey& key) const
{
    for (size_t i = 0; i < m_rows.size(); ++i)
        if (m_rows[i]->key == key) return int(i);
    return -1;
}

int SignalModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int SignalModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QString SignalModel::text(const StreamState& s, int column) const
{
    switch (column) {
    case SignalColumn:
        return s.key.signal;
    case Last5Min:
        return figureText(s.def, s.last5min);
    case SinceOnset:
        return figureText(s.def, s.sinceOnset);
    case Baseline:
        return figureText(s.def, s.baseline);
    case Effect:
        if (!s.effectKnown) return QString(kDash);
        return u"%1 (%2 … %3)"_s.arg(shiftText(s.def, s.effect, s.def.kind == SignalKind::Rate),
            shiftText(s.def, s.effectInterval.low, false), shiftText(s.def, s.effectInterval.high, false));
    case Evaluated: {
        const Figure& shown = s.sinceOnset.n > 0 ? s.sinceOnset : s.last5min;
        return u"%1 · %2"_s.arg(countText(shown.n), shareText(s.coverage5min, s.coverage5min < 0.095 ? 1 : 0));
    }
    case State:
        if (m_staleFor > 0) return u"? stale "_s + ageText(m_staleFor);
        switch (s.state) {
        case DriftState::NotEnoughData:
            return u"… not enough data"_s;
        case DriftState::InBand:
            return u"✓ in band"_s;
        case DriftState::Alarm:
            return s.alarm ? u"▲ alarm "_s + clockMinute(s.alarm->at, m_zone) : u"▲ alarm"_s;
        }
        break;
    default:
        break;
    }
    return {};
}

QString SignalModel::toolTip(const StreamState& s) const
{
    QStringList lines{s.def.title.isEmpty() ? s.key.text() : s.def.title};
    if (s.state == DriftState::NotEnoughData)
        lines << u"Not enough data: %1. This is not the same as “no drift”."_s.arg(
            s.why.isEmpty() ? u"no baseline yet"_s : s.why);
    else if (s.state == DriftState::InBand)
        lines << u"No drift found with the data so far; shifts smaller than the one below may go unseen."_s;
    if (s.smallestDetectable > 0)
        lines << u"Smallest detectable shift: %1 (found within 1 000 observations half of the time)."_s.arg(
            u'±' + shiftText(s.def, s.smallestDetectable, true).remove(u'+'));
    if (s.threshold > 0)
        lines << u"False-alarm budget: at most one in %1 observations on average; evidence now 10^%2 of 10^%3."_s.arg(
            countText(qint64(std::llround(std::pow(10.0, std::min(s.threshold, 15.0))))),
            QString::number(s.evidence, 'f', 1), QString::number(s.threshold, 'f', 1));
    if (s.def.sampled)
        lines << u"%1 of the answers of the last 5 min are evaluated, half of them within %2."_s.arg(
            shareText(s.coverage5min, 0), ageText(s.evaluatorLag));
    lines << u"Baseline: "_s + baselineText(s) + u'.';
    return lines.join(u'\n');
}

SignalModel::Tone SignalModel::tone(const StreamState& s) const
{
    if (m_staleFor > 0) return ToneStale;
    return s.state == DriftState::Alarm ? ToneBad : s.state == DriftState::InBand ? ToneGood : ToneMuted;
}

QVariant SignalModel::data(const QModelIndex& index, int role) const
{
    const StreamState* s = index.isValid() ? stream(index.row()) : nullptr;
    if (!s) return {};
    switch (role) {
    case Qt::DisplayRole:
        return text(*s, index.column());
    case Qt::ToolTipRole:
        return toolTip(*s);
    case Qt::AccessibleTextRole:
        return index.column() == Spark ? u"last hour of %1"_s.arg(s->key.signal) : text(*s, index.column());
    case StreamRole:
        return s->key.text();
    case ToneRole:
        return int(tone(*s));
    case UnitRole:
        return s->def.unit;
    case BandRole:
        return s->band.high > s->band.low ? QVariant(QPointF(s->band.low, s->band.high)) : QVariant();
    case SparkRole:
        return QVariant::fromValue(QList<qreal>(s->spark.begin(), s->spark.end()));
    default:
        return {};
    }
}

QVariant SignalModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount) return {};
    if (role == Qt::DisplayRole) return kHeads[section];
    return {};
}

} // namespace wf
