// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the options of `drift run`, parsed and checked. Owner: drift_command. Thread: value.
#pragma once
#include "models/domain/result.h"
#include <QStringList>
#include <vector>

namespace wf {

struct RunOptions {
    enum class Kind { Binary, Numeric, Categorical };
    struct Match {
        QString name, value;
    };
    QString input, value;
    Kind kind = Kind::Binary;
    std::vector<Match> where, baselineWhere;
    QStringList orderBy, group;
    qint64 baselineRows = 0; ///< 0: --baseline-where is used
    double arl = 0, minEffect = 0, onsetLevel = 0.99;
    bool reset = false; ///< after an alarm: go on against the same baseline; else the stream is done
    bool json = false;

    static Result<RunOptions> parse(const QStringList& args);
};

} // namespace wf
