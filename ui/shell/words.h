// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: what the header, the strip of five answers and the status bar say, as values made from the state, so that it
// can be tested without a window. Owner: ui/shell. Thread: GUI.
#pragma once
#include "ui/common/pane.h"
#include "ui/common/spans.h"

namespace wf {

struct ChipWords {
    QString icon;
    Role iconRole = Role::Muted, border = Role::Line;
    Spans words;
    QString age;
};

/// Everything here is older than it looks when the engine is silent: 5 s of the clock's time.
bool isStale(const ConsoleState& state, double speed);
QString engineStaleText(Nanos beat, Nanos now, Zone zone);

ChipWords infrastructureWords(const ConsoleState& state, double speed, bool brief = false);
ChipWords behaviourWords(const ConsoleState& state, double speed, bool brief = false);

struct Answer5 {
    QString title;
    Spans value;
    bool waiting = false; ///< lit: something waits for the person who looks
};
/// Harm now · contained · waiting for you · next status update · next escalation.
std::array<Answer5, 5> fiveAnswers(const ConsoleState& state, const QString& person, Zone zone);

struct Waiting {
    int toSign = 0, blocked = 0, others = 0;
    Nanos oldest = 0; ///< when the oldest of toSign was queued, 0 = none
};
/// Plans of the current incident: those this person's signature would bring further, those a ceiling blocks, the rest.
Waiting waitingFor(const ConsoleState& state, const QString& person);

/// "43–47 min", frozen once recovered; empty without an onset.
QString sinceOnsetText(const Incident& incident, Nanos now);
/// One group a source or fact, most telling first where two compete; the bar drops the last ones when there is no room.
std::vector<Spans> statusWords(const ConsoleState& state, double speed);

struct StepperStep {
    QString word;
    enum class State { Done, Skipped, Now, Ahead } state = State::Ahead;
};
std::vector<StepperStep> stepperSteps(const Incident& incident);

} // namespace wf
