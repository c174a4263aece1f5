-- The record: blocks, and what each fact and each act needs to be sealed. A salt
-- lies beside what it is for, and goes with it.

ALTER TABLE facts ADD COLUMN salt BLOB;
ALTER TABLE facts ADD COLUMN place_salt BLOB;
ALTER TABLE facts ADD COLUMN block INTEGER NOT NULL DEFAULT 0; -- 0: none yet
UPDATE facts SET salt = randomblob(16), place_salt = CASE located WHEN 1 THEN randomblob(16) END;
CREATE INDEX facts_unsealed ON facts (at, id) WHERE block = 0;

CREATE TABLE acts (
  id    TEXT PRIMARY KEY NOT NULL,
  about TEXT NOT NULL,
  at    INTEGER NOT NULL,
  salt  BLOB NOT NULL,
  block INTEGER NOT NULL,
  doc   TEXT NOT NULL
) STRICT;
CREATE INDEX acts_about ON acts (about, at, id);
CREATE INDEX acts_unsealed ON acts (at, id) WHERE block = 0;

CREATE TABLE blocks (
  number INTEGER PRIMARY KEY NOT NULL,
  doc    TEXT NOT NULL
) STRICT;
