// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the tables of events.db. A migration that has been released never changes: add the next number.
// Owner: store. Thread: constants.
#pragma once
#include "services/base/sqlite.h"
#include <array>

namespace wf::store {

inline constexpr std::array kMigrations{sql::Migration{1, "telemetry", R"sql(
-- What rows refer to by number.
CREATE TABLE names(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE manifests(id INTEGER PRIMARY KEY,
    model TEXT NOT NULL, prompt TEXT NOT NULL, retrieval TEXT NOT NULL, tools TEXT NOT NULL, sampling TEXT NOT NULL,
    guardrails TEXT NOT NULL, cache TEXT NOT NULL);
CREATE TABLE slices(id INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL, route TEXT NOT NULL, locale TEXT NOT NULL, region TEXT NOT NULL, instance TEXT NOT NULL);

CREATE TABLE answers(
    id       INTEGER PRIMARY KEY,
    t        INTEGER NOT NULL,
    seen     INTEGER NOT NULL,
    feature  INTEGER NOT NULL,
    manifest INTEGER NOT NULL,
    slice    INTEGER NOT NULL,
    flags    INTEGER NOT NULL,
    latency  INTEGER NOT NULL,
    trace BLOB, span BLOB,             -- null when not told
    response TEXT NOT NULL, recipient TEXT NOT NULL);
-- Finds duplicates. By (t, span), because the end of the index stays in memory; (trace, span) would write all over it.
CREATE UNIQUE INDEX answers_time ON answers(t, span);
-- Finds the answer of a late evaluation. By hour first, for the same reason: one hour is small, old hours only read.
CREATE TABLE answer_keys(hour INTEGER, key INTEGER, answer INTEGER, PRIMARY KEY(hour, key, answer)) WITHOUT ROWID;

CREATE TABLE observations(
    seq      INTEGER PRIMARY KEY,      -- order of consumption by drift
    answer   INTEGER NOT NULL,         -- 0 = the answer never came
    feature  INTEGER NOT NULL,
    signal   INTEGER NOT NULL,
    source   INTEGER NOT NULL,
    t        INTEGER NOT NULL,         -- of the answer
    seen     INTEGER NOT NULL,
    value    REAL NOT NULL,
    manifest INTEGER NOT NULL, slice INTEGER NOT NULL, flags INTEGER NOT NULL); -- of the answer
CREATE UNIQUE INDEX observations_once ON observations(answer, signal, source) WHERE answer > 0;
CREATE INDEX observations_time ON observations(feature, signal, t);

-- Observations whose answer has not come. seq is set when the wait is over; the row stays a while to find duplicates.
CREATE TABLE waiting(
    id       INTEGER PRIMARY KEY,
    since    INTEGER NOT NULL,
    seq      INTEGER,
    trace BLOB NOT NULL, span BLOB NOT NULL, response TEXT NOT NULL,
    feature TEXT NOT NULL, signal TEXT NOT NULL, source TEXT NOT NULL,
    t INTEGER NOT NULL, seen INTEGER NOT NULL, value REAL NOT NULL,
    UNIQUE(trace, span, response, signal, source));
CREATE INDEX waiting_since ON waiting(since);

-- first and last are times of answers. grain is the width of the bucket in nanoseconds.
CREATE TABLE rollups(feature INTEGER, signal INTEGER, grain INTEGER, t INTEGER,
    n INTEGER NOT NULL, sum REAL NOT NULL, squares REAL NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    PRIMARY KEY(feature, signal, grain, t)) WITHOUT ROWID;
CREATE TABLE slice_rollups(feature INTEGER, signal INTEGER, dimension INTEGER, t INTEGER, value INTEGER,
    n INTEGER NOT NULL, sum REAL NOT NULL, squares REAL NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    PRIMARY KEY(feature, signal, dimension, t, value)) WITHOUT ROWID;
)sql"},
    sql::Migration{2, "timeline, sources, state", R"sql(
CREATE TABLE events(
    id INTEGER PRIMARY KEY,            -- negative: minus the sequence of an entry of the record
    t INTEGER NOT NULL, seen INTEGER NOT NULL,
    kind TEXT NOT NULL, actor TEXT NOT NULL, feature TEXT NOT NULL, title TEXT NOT NULL, detail TEXT NOT NULL,
    incident TEXT NOT NULL, source TEXT NOT NULL, dedup TEXT NOT NULL, loud INTEGER NOT NULL, body TEXT NOT NULL);
CREATE UNIQUE INDEX events_once ON events(source, dedup) WHERE dedup <> '';
CREATE INDEX events_time ON events(t, id);
CREATE INDEX events_kind ON events(kind, t, id);
-- Kind, actor and so on are columns of the text index, so that a filter is one intersection inside it.
CREATE VIRTUAL TABLE events_fts USING fts5(text, kind, actor, feature, incident, source, loud, content='',
    tokenize='unicode61 remove_diacritics 2');
CREATE TABLE event_minutes(t INTEGER, kind TEXT, n INTEGER NOT NULL, loud INTEGER NOT NULL, PRIMARY KEY(t, kind)) WITHOUT ROWID;
CREATE TABLE incident_codes(incident TEXT PRIMARY KEY, code TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE sources(name TEXT PRIMARY KEY, received INTEGER NOT NULL, stored INTEGER NOT NULL, duplicate INTEGER NOT NULL,
    rejected INTEGER NOT NULL, refused INTEGER NOT NULL, last_seen INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE source_seconds(t INTEGER, name TEXT, n INTEGER NOT NULL, PRIMARY KEY(t, name)) WITHOUT ROWID;
CREATE TABLE quarantine(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, source TEXT NOT NULL, reason TEXT NOT NULL, digest TEXT NOT NULL);
CREATE TABLE state(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
)sql"}};

} // namespace wf::store
