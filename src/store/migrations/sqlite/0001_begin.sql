-- Times are microseconds since 1970 in UTC. Lists and what is never asked for alone are JSON.
-- Source rows are never deleted, so that `number` names a source for ever.

CREATE TABLE sources (
    number       INTEGER PRIMARY KEY,
    id           TEXT    NOT NULL UNIQUE,
    due_at       INTEGER NOT NULL,            -- later of next_due and not_before; the largest integer = never
    not_before   INTEGER,
    attempted_at INTEGER,
    gone         INTEGER NOT NULL DEFAULT 0,
    paused       INTEGER NOT NULL DEFAULT 0,
    removed      INTEGER NOT NULL DEFAULT 0,
    lease        INTEGER,                     -- stays when the lease runs out, until somebody else claims
    lease_until  INTEGER,                     -- null = free
    articles     INTEGER NOT NULL DEFAULT 0,  -- how many are held
    state        TEXT    NOT NULL             -- SourceState
) STRICT;

CREATE INDEX sources_due ON sources (due_at, id) WHERE removed = 0 AND paused = 0 AND lease_until IS NULL;
CREATE INDEX sources_leased ON sources (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX sources_removed ON sources (number) WHERE removed = 1;

CREATE TABLE documents (
    source        INTEGER NOT NULL REFERENCES sources (number),
    url           TEXT    NOT NULL,
    etag          TEXT,
    last_modified TEXT,
    digest        BLOB,
    fetched_at    INTEGER NOT NULL,
    body          BLOB,                       -- kept for evidence where asked for; null otherwise
    PRIMARY KEY (source, url)
) STRICT;

CREATE TABLE articles (
    id           BLOB    NOT NULL UNIQUE,
    source       INTEGER NOT NULL REFERENCES sources (number),
    guid         TEXT    NOT NULL,
    published_id TEXT    NOT NULL UNIQUE,
    first_seen   INTEGER NOT NULL,
    announced_at INTEGER,                     -- null = held silently
    withdrawn_at INTEGER,
    revision     INTEGER NOT NULL,
    said         BLOB    NOT NULL,
    dated        INTEGER NOT NULL,            -- published, else first_seen
    published    INTEGER,
    updated      INTEGER,
    link         TEXT    NOT NULL,
    title        TEXT,
    details      TEXT    NOT NULL,            -- the rest of Content
    body         TEXT    NOT NULL,
    text         TEXT    NOT NULL
) STRICT;

-- Feeds of many sources walk the first, feeds of few take the newest of each source from the second. `withdrawn_at` is always
-- null here: it spares SQLite the look into the table that it takes to see that.
CREATE INDEX articles_announced ON articles (announced_at DESC, id, source, withdrawn_at)
    WHERE announced_at IS NOT NULL AND withdrawn_at IS NULL;
CREATE INDEX articles_of_source ON articles (source, announced_at DESC, id, withdrawn_at)
    WHERE announced_at IS NOT NULL AND withdrawn_at IS NULL;
CREATE INDEX articles_dated ON articles (source, dated);

CREATE TABLE aliases (
    source  INTEGER NOT NULL REFERENCES sources (number),
    digest  BLOB    NOT NULL,                 -- of key: short, whatever length strangers give their guids
    article BLOB    NOT NULL REFERENCES articles (id),
    key     TEXT    NOT NULL,
    PRIMARY KEY (source, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE revisions (
    article     BLOB    NOT NULL REFERENCES articles (id),
    revision    INTEGER NOT NULL,
    replaced_at INTEGER NOT NULL,
    cause       TEXT    NOT NULL,
    changed     TEXT    NOT NULL,
    before      TEXT    NOT NULL,
    PRIMARY KEY (article, revision)
) STRICT;

CREATE TABLE pending (
    source      INTEGER NOT NULL REFERENCES sources (number),
    digest      BLOB    NOT NULL,             -- of key
    key         TEXT    NOT NULL,
    due         INTEGER NOT NULL,
    tries       INTEGER NOT NULL,
    first_seen  INTEGER NOT NULL,
    announce    TEXT    NOT NULL,             -- JSON: silent, now, own-date
    article     BLOB,
    lease       INTEGER,
    lease_until INTEGER,
    url         TEXT    NOT NULL,
    language    TEXT,
    error       TEXT,
    entry       TEXT    NOT NULL,
    PRIMARY KEY (source, digest)
) STRICT;

CREATE INDEX pending_due ON pending (due) WHERE lease_until IS NULL;
CREATE INDEX pending_leased ON pending (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX pending_busy ON pending (source) WHERE lease_until IS NOT NULL;
CREATE INDEX pending_of_source ON pending (source, due);

CREATE TABLE hosts (
    host      TEXT    NOT NULL PRIMARY KEY,
    next_slot INTEGER,
    robots    TEXT,
    robots_at INTEGER
) STRICT;

CREATE TABLE counters (
    name  TEXT    NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT;

INSERT INTO counters (name, value) VALUES ('lease', 0), ('probe', 0);
