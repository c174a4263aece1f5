-- What is to be erased of people, and that it was.

CREATE TABLE erasures (
  id      TEXT PRIMARY KEY NOT NULL,
  rep     TEXT NOT NULL,
  state   TEXT NOT NULL,
  at      INTEGER NOT NULL,
  due     INTEGER NOT NULL,
  version INTEGER NOT NULL,
  data    BLOB
) STRICT;
CREATE INDEX erasures_open ON erasures (at, id) WHERE state <> 'done';
CREATE INDEX acts_at ON acts (at, id);
