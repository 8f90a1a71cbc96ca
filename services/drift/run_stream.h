// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: one stream of `drift run`: its rows, its detector (one per label for categories), its alarms. Owner:
// drift_command. Thread: value.
#pragma once
#include "services/drift/run_options.h"
#include "services/drift/stream_detector.h"
#include <QJsonObject>

namespace wf {

class RunStream {
public:
    RunStream(QJsonObject name, const RunOptions& options);

    void learn(double x);
    /// Call once, before the first row that is not baseline.
    void arm();
    /// One row; an alarm's JSON line when this row raised one.
    std::optional<QJsonObject> add(double x);
    qint64 row() const { return m_row; } ///< of the next row
    bool armed() const { return m_armed; }
    struct Sum {
        qint64 n = 0;
        double sum = 0; ///< plain, so that 840 of 1 000 print as 0.84
        void add(double x)
        {
            ++n;
            sum += x;
        }
    };
    const Sum& baseline() const { return m_baseline; }
    const Sum& current() const { return m_current; }
    double smallestDetectable(double n) const; ///< NaN when none
    /// Categories only: what the number of a label means, for the alarm's "label".
    void setLabels(const QStringList* labels) { m_labels = labels; }

private:
    std::optional<QJsonObject> alarm(double evidence, const StreamDetector& detector);
    std::optional<QJsonObject> addLabel(double x);

    QJsonObject m_name;
    const RunOptions& m_options;
    StreamDetector m_detector;
    std::vector<StreamDetector> m_perLabel; ///< one against the rest, each; the last one is all other labels
    std::vector<double> m_labelRows; ///< baseline rows in order, until armed
    std::vector<int> m_slot; ///< label -> index in m_perLabel
    const QStringList* m_labels = nullptr;
    Sum m_baseline, m_current;
    qint64 m_row = 0;
    bool m_armed = false, m_done = false;
};

} // namespace wf
