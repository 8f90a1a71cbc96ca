// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: what may be said on a screen that visitors read: people as roles, plans without whom they touch, rooms
// without links, entries in our own words. Owner: ui/wall. Thread: any.
#pragma once
#include "models/domain/ports.h"

namespace wf {

/// "ai-director" as people say it.
QString roleWords(QString role);
/// A person is named on the wall only by an id that is nothing but a role and a number; else by the role.
QString roleOf(const QString& person, const ConsoleState& state, const QString& fallback);
/// Titles come from runbooks and may name whom they touch; that never leaves the console.
QString safeTitle(QString title, const Proposal& proposal);
/// A room is shown; a link or an address is not.
QString safeRoom(const QString& bridge);

/// One line of the last entries, from the record's own facts: no text that a person or a sender typed.
struct Moment {
    Nanos t = 0;
    QString words;
};
/// Newest first.
std::vector<Moment> momentsOf(const Case& incident, const ConsoleState& state);

} // namespace wf
