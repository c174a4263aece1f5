-- What processes share: leases, and what was used of the platforms' limits.

CREATE TABLE leases (
  name  TEXT PRIMARY KEY NOT NULL,
  owner TEXT NOT NULL,
  until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX leases_until ON leases (until);

CREATE TABLE quotas (
  key     TEXT PRIMARY KEY NOT NULL,
  version INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  data    BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX quotas_expires ON quotas (expires);
