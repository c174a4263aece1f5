-- Customers' complaints, of which those that are open are asked for.

CREATE TABLE complaints (
  id   TEXT PRIMARY KEY,
  team TEXT NOT NULL,
  due  INTEGER NOT NULL,
  open INTEGER NOT NULL,
  doc  TEXT NOT NULL
) STRICT;
CREATE INDEX complaints_open ON complaints (team, due, id) WHERE open = 1;
