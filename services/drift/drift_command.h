// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: `watchfloorctl drift run`: the console's own detectors over a file. One JSON line per alarm, a summary at
// the end. Grammar: kDriftRunHelp. Owner: app. Thread: any, blocks.
#pragma once
#include <QStringList>

class QIODevice;

namespace wf {

enum class DriftExit { Ok = 0, Usage = 2, BadInput = 3 };

/// args: what follows "drift run". Alarms are an answer, not an error: the exit code is 0 with and without.
int driftRun(const QStringList& args, QIODevice& out, QIODevice& err);
extern const char* const kDriftRunHelp;

} // namespace wf
