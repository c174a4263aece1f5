-- What photos look like. b0 to b3 are the quarters of d, from its lowest bits.

CREATE TABLE prints (
  photo  TEXT PRIMARY KEY NOT NULL,
  sha256 TEXT NOT NULL,
  d      INTEGER NOT NULL,
  p      INTEGER NOT NULL,
  rep    TEXT NOT NULL,
  at     INTEGER NOT NULL,
  b0     INTEGER NOT NULL,
  b1     INTEGER NOT NULL,
  b2     INTEGER NOT NULL,
  b3     INTEGER NOT NULL
) STRICT;
CREATE INDEX prints_at ON prints (at);
CREATE INDEX prints_sha256 ON prints (sha256, at, photo);
CREATE INDEX prints_b0 ON prints (b0, at, photo);
CREATE INDEX prints_b1 ON prints (b1, at, photo);
CREATE INDEX prints_b2 ON prints (b2, at, photo);
CREATE INDEX prints_b3 ON prints (b3, at, photo);
