-- What reps are to bring in a month, and their fixed weekly routes.

CREATE TABLE targets (
  month TEXT NOT NULL,
  rep   TEXT NOT NULL,
  doc   TEXT NOT NULL,
  PRIMARY KEY (month, rep)
) STRICT, WITHOUT ROWID;

CREATE TABLE routes (
  rep TEXT PRIMARY KEY NOT NULL,
  doc TEXT NOT NULL
) STRICT, WITHOUT ROWID;
