// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the tables of record.db. A migration that has been released never changes: add the next number.
// Owner: record. Thread: constants.
#pragma once
#include "services/base/sqlite.h"
#include <array>

namespace wf::record {

inline constexpr std::array kMigrations{sql::Migration{1, "entries and outbox", R"sql(
CREATE TABLE entries(
    seq      INTEGER PRIMARY KEY,
    t        INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    actor    TEXT NOT NULL,
    incident TEXT NOT NULL,
    body     TEXT NOT NULL,            -- canonical JSON
    previous BLOB NOT NULL,
    hash     BLOB NOT NULL
);
-- The chain shows tampering; these only keep honest programs from mistakes.
CREATE TRIGGER entries_are_final BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'entries of the record are final'); END;
CREATE TRIGGER entries_stay BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'entries of the record are final'); END;
CREATE TABLE outbox(
    id        INTEGER PRIMARY KEY,
    execution TEXT NOT NULL UNIQUE,
    proposal  TEXT NOT NULL,
    step      INTEGER NOT NULL,
    key       TEXT NOT NULL UNIQUE,    -- for ever: closed rows stay
    entry     INTEGER NOT NULL,        -- last entry of the transaction that justifies it
    closed    INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX outbox_open ON outbox(id) WHERE closed = 0;
)sql"}};

} // namespace wf::record
