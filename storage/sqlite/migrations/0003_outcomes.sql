-- What reps' days came to: digests of their plans and facts.

CREATE TABLE outcomes (
  rep   TEXT NOT NULL,
  date  TEXT NOT NULL,
  team  TEXT NOT NULL,
  facts INTEGER NOT NULL,
  doc   TEXT NOT NULL,
  PRIMARY KEY (rep, date)
) STRICT;
CREATE INDEX outcomes_date ON outcomes (date, rep);
CREATE INDEX outcomes_team ON outcomes (team, date, rep);

-- The customers of an outcome's calls, each once; verified is 1 if one of its
-- calls was. In this order the last verified one is the first row after a date,
-- and is found without the others.
CREATE TABLE outcome_calls (
  customer TEXT NOT NULL,
  verified INTEGER NOT NULL,
  date     TEXT NOT NULL,
  rep      TEXT NOT NULL,
  PRIMARY KEY (customer, verified, date DESC, rep)
) STRICT, WITHOUT ROWID;
