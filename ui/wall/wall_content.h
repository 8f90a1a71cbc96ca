// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: what the wall says, as a pure function of the state. Only here is decided what may be read from five metres
// by whoever walks in: no customer or tenant, no answer text, no endpoint, no note, no identity beyond a role. Owner:
// ui/wall. Thread: any.
#pragma once
#include "models/domain/ports.h"
#include "ui/common/spans.h"

namespace wf {

/// Text sizes are tenths of a per cent of the screen's height and travel in Span::delta.
enum WallSize { WallSmall = 25, WallNormal = 26, WallBeside = 32, WallKey = 50, WallTitle = 52, WallHuge = 72 };

struct WallText {
    QString title; ///< muted line on top; empty = none
    Spans corner; ///< right of the title, below it when there is no room
    std::vector<Spans> lines;
    Role border = Role::Line;
    bool hatched = false;
    Nanos madeAt = 0; ///< when the figures shown were made …
    Nanos limit = 0; ///< … and how old they may get before the tile says STALE; 0 = its ages stand in its text
};

struct WallContent {
    QString severity; ///< "SEV 1"
    Role severityFill = Role::Muted;
    WallText heading, since, chart, decisions, harm, proof, silent, footer, clock, sample;
    std::array<WallText, 3> entries;
    QString state; ///< for visitors: "mitigating"
    QString banner; ///< the engine is gone: a sentence over the whole wall; empty when it lives
};

/// incident null = calm. stream = the signal on the chart, may be null. others = open incidents beside this one.
WallContent wallContentOf(
    const ConsoleState& state, const Case* incident, const StreamState* stream, int others, Zone zone, double speed);

/// Rounded the way one says it aloud: 920 -> "900", 12 340 -> "12 000".
QString roundedText(qint64 n);

} // namespace wf
