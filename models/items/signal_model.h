// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the signal table as rows (one per whole-feature stream), and the one place that turns a drift figure into
// words. Owner: models/items. Thread: GUI.
#pragma once
#include "models/domain/drift.h"
#include <QAbstractTableModel>

namespace wf {

/// Figures as people read them: narrow no-break spaces, a true minus, the unit always, a dash where there is none.
QString countText(qint64 n); ///< "3 383"
QString shareText(double share, int digits = 0); ///< "83 %"
QString valueText(const SignalDef& def, double value); ///< "74.8 %", "398"
QString figureText(const SignalDef& def, const Figure& figure); ///< valueText or "—" when n = 0
QString shiftText(const SignalDef& def, double shift, bool withUnit); ///< "−22.6 pts", "+137 tokens"
QString baselineText(const StreamState& stream); ///< "95.7 %, n 73 000"

/// Drift snapshots and live figures are made once a second; one that is older than this is shown as stale, never as
/// fine.
inline constexpr Nanos kFigureStale = 10 * kSecond;

class SignalModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { SignalColumn, Last5Min, SinceOnset, Baseline, Effect, Evaluated, State, Spark, ColumnCount };
    enum Tone { ToneMuted, ToneGood, ToneBad, ToneStale };
    enum Roles {
        StreamRole = Qt::UserRole + 1, ///< StreamKey::text()
        ToneRole, ///< Tone of the state pill
        SparkRole, ///< QList<qreal>, NaN where there was no data
        BandRole, ///< QPointF(low, high) of the band, null point when there is none
        UnitRole, ///< unit shown muted behind the signal's name
    };

    explicit SignalModel(QObject* parent = nullptr);

    /// Rows of the incident's feature first, in the snapshot's order. Signals only what differs. now and speed age the
    /// rows.
    void update(std::shared_ptr<const DriftSnapshot> snapshot, const QString& feature, Nanos now, Zone zone,
        double speed = 1.0);
    const StreamState* stream(int row) const;
    int rowOf(const StreamKey& key) const; ///< -1 when not watched

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    QString text(const StreamState& stream, int column) const;
    QString toolTip(const StreamState& stream) const;
    Tone tone(const StreamState& stream) const;

    std::shared_ptr<const DriftSnapshot> m_snapshot; ///< keeps the rows alive
    std::vector<const StreamState*> m_rows;
    QString m_feature;
    Nanos m_staleFor = 0; ///< whole seconds; 0 = fresh
    Zone m_zone = Zone::Utc;
};

} // namespace wf
