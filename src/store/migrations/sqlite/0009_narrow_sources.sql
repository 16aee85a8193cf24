-- What changes with every request stands in narrow rows: a lease, and the times of a source. The rest of what is remembered of a
-- source is many times as long, and changes with its articles.

CREATE TABLE leases (
    source INTEGER NOT NULL PRIMARY KEY,
    lease  INTEGER NOT NULL,                  -- stays when the lease runs out, until somebody else claims
    until  INTEGER                            -- null = free
) STRICT;

INSERT INTO leases SELECT number, lease, lease_until FROM sources WHERE lease IS NOT NULL;

CREATE TABLE states (
    source INTEGER NOT NULL PRIMARY KEY,
    state  TEXT    NOT NULL                   -- SourceState, but for what `sources` has columns for
) STRICT;

INSERT INTO states SELECT number, state FROM sources;

DROP INDEX sources_due;
DROP INDEX sources_leased;
ALTER TABLE sources DROP COLUMN lease;
ALTER TABLE sources DROP COLUMN lease_until;
ALTER TABLE sources DROP COLUMN state;
ALTER TABLE sources ADD COLUMN next_due INTEGER;
ALTER TABLE sources ADD COLUMN succeeded_at INTEGER;
ALTER TABLE sources ADD COLUMN status INTEGER;
ALTER TABLE sources ADD COLUMN why TEXT;      -- null = nothing was written since these columns are there: the state says all

CREATE INDEX sources_due ON sources (due_at, id) WHERE removed = 0 AND paused = 0;
