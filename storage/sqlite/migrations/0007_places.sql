-- Fixes are compared with the rep's latest ones and with those of the very same
-- place, while it is known. Neither question grows with the years.

CREATE INDEX facts_latest ON facts (rep, at, id) WHERE located = 1;
CREATE INDEX facts_place ON facts (json_extract(doc, '$.fix.point'), at, id) WHERE located = 1;
