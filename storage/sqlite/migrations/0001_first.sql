-- What Roundsman keeps, version 1. Instants are Unix milliseconds in UTC.
-- doc is the whole record as JSON; the columns beside it are what it is found by.

CREATE TABLE inbox (
  key      TEXT PRIMARY KEY NOT NULL,
  at       INTEGER NOT NULL,
  received INTEGER NOT NULL,
  payload  BLOB,
  attempts INTEGER NOT NULL,
  next     INTEGER NOT NULL,
  state    INTEGER NOT NULL, -- 0 waiting, 1 handled, 2 dead
  error    TEXT NOT NULL,
  handled  INTEGER NOT NULL
) STRICT;
CREATE INDEX inbox_waiting ON inbox (next, key) WHERE state = 0;
CREATE INDEX inbox_handled ON inbox (handled) WHERE state = 1;
CREATE INDEX inbox_dead ON inbox (key) WHERE state = 2;
CREATE INDEX inbox_dead_received ON inbox (received) WHERE state = 2;

CREATE TABLE outbox (
  id           TEXT PRIMARY KEY NOT NULL,
  chat         TEXT NOT NULL,
  version      INTEGER NOT NULL,
  not_before   INTEGER NOT NULL,
  created      INTEGER NOT NULL,
  state        TEXT NOT NULL,
  sent_version INTEGER NOT NULL,
  try_version  INTEGER NOT NULL,
  try_part     INTEGER NOT NULL,
  try_since    INTEGER NOT NULL,
  remote       TEXT NOT NULL, -- a JSON array
  attempts     INTEGER NOT NULL,
  next         INTEGER NOT NULL,
  error        TEXT NOT NULL,
  owner        TEXT NOT NULL, -- empty: nobody holds it
  until        INTEGER NOT NULL,
  claimed      INTEGER NOT NULL, -- the version that the last owner took
  body         BLOB              -- last, so that what is not due is passed over without it
) STRICT;
CREATE INDEX outbox_state ON outbox (state, created, id);
-- The first due of a chat is found, or found wanting, here alone.
CREATE INDEX outbox_pending ON outbox (chat, created, id, not_before, next, until) WHERE state = 'pending';

CREATE TABLE facts (
  id      TEXT PRIMARY KEY NOT NULL,
  rep     TEXT NOT NULL,
  team    TEXT NOT NULL,
  date    TEXT NOT NULL,
  at      INTEGER NOT NULL,
  located INTEGER NOT NULL, -- 1 while it says where a person was
  doc     TEXT NOT NULL
) STRICT;
CREATE INDEX facts_located ON facts (date) WHERE located = 1;
CREATE INDEX facts_rep ON facts (rep, date, at, id);
CREATE INDEX facts_date ON facts (date, rep, at, id);
CREATE INDEX facts_team ON facts (team, date, rep, at, id);

CREATE TABLE reps (
  id  TEXT PRIMARY KEY NOT NULL,
  doc TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE identities (
  platform TEXT NOT NULL,
  user     TEXT NOT NULL,
  rep      TEXT NOT NULL,
  PRIMARY KEY (platform, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX identities_rep ON identities (rep);
CREATE TABLE teams (
  name TEXT PRIMARY KEY NOT NULL,
  doc  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE customers (
  id    TEXT PRIMARY KEY NOT NULL,
  name  TEXT NOT NULL,
  owner TEXT NOT NULL,
  doc   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX customers_owner ON customers (owner, id);

CREATE TABLE plans (
  rep      TEXT NOT NULL,
  date     TEXT NOT NULL,
  customer TEXT NOT NULL,
  ord      INTEGER NOT NULL,
  doc      TEXT NOT NULL,
  PRIMARY KEY (rep, date, customer)
) STRICT, WITHOUT ROWID;
CREATE INDEX plans_date ON plans (date, rep, ord, customer);

CREATE TABLE holidays (
  date TEXT PRIMARY KEY NOT NULL,
  doc  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE consents (
  source TEXT PRIMARY KEY NOT NULL,
  rep    TEXT NOT NULL,
  at     INTEGER NOT NULL,
  doc    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX consents_rep ON consents (rep, at, source);

CREATE TABLE runs (
  id    TEXT PRIMARY KEY NOT NULL,
  job   TEXT NOT NULL,
  grp   TEXT NOT NULL,
  date  TEXT NOT NULL,
  due   INTEGER NOT NULL,
  at    INTEGER NOT NULL,
  late  INTEGER NOT NULL,
  state TEXT NOT NULL,
  body  BLOB
) STRICT;
CREATE INDEX runs_rendered ON runs (id) WHERE state = 'rendered';

CREATE TABLE fetches (
  id       TEXT PRIMARY KEY NOT NULL,
  rep      TEXT NOT NULL,
  date     TEXT NOT NULL,
  platform TEXT NOT NULL,
  message  TEXT NOT NULL,
  resource TEXT NOT NULL,
  file     INTEGER NOT NULL,
  name     TEXT NOT NULL,
  created  INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  next     INTEGER NOT NULL,
  owner    TEXT NOT NULL, -- empty: nobody holds it
  until    INTEGER NOT NULL,
  finished INTEGER NOT NULL
) STRICT;
CREATE INDEX fetches_open ON fetches (next, id, until) WHERE finished = 0;
CREATE INDEX fetches_finished ON fetches (created) WHERE finished = 1;
CREATE TABLE blobs (
  sha256 TEXT PRIMARY KEY NOT NULL,
  type   TEXT NOT NULL,
  at     INTEGER NOT NULL,
  data   BLOB
) STRICT;
CREATE INDEX blobs_at ON blobs (at);

CREATE TABLE imports (
  id   TEXT PRIMARY KEY NOT NULL,
  kind TEXT NOT NULL,
  at   INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  data BLOB,
  done INTEGER NOT NULL
) STRICT;
CREATE INDEX imports_pending ON imports (at, id) WHERE done = 0;
