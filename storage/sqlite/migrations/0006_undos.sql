-- What was there before an import or a transfer, and imports that wait for somebody's word.

CREATE TABLE undos (
  id        TEXT PRIMARY KEY,
  kind      TEXT NOT NULL,
  by        TEXT NOT NULL,
  cause     TEXT NOT NULL,
  at        INTEGER NOT NULL,
  data      BLOB,
  undone_by TEXT NOT NULL
) STRICT;
CREATE INDEX undos_at ON undos (at, id);

ALTER TABLE imports ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
