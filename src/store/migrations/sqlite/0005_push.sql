-- WebSub. A subscription a source; what hubs sent, until it is read; the subscribers of our own hub.

CREATE TABLE subscriptions (
    source INTEGER NOT NULL PRIMARY KEY REFERENCES sources (number),
    token  TEXT    NOT NULL UNIQUE,
    next   INTEGER NOT NULL,
    state  TEXT    NOT NULL              -- Subscription
) STRICT;

CREATE INDEX subscriptions_next ON subscriptions (next);

CREATE TABLE inbox (
    number      INTEGER PRIMARY KEY,
    source      INTEGER NOT NULL REFERENCES sources (number),
    received_at INTEGER NOT NULL,
    media_type  TEXT,
    body        BLOB    NOT NULL
) STRICT;

CREATE INDEX inbox_of_source ON inbox (source, number);

CREATE TABLE subscribers (
    topic    TEXT    NOT NULL,
    callback TEXT    NOT NULL,
    secret   TEXT,
    until    INTEGER NOT NULL,
    due      INTEGER,                    -- null = nothing to tell
    tries    INTEGER NOT NULL,
    told     BLOB,
    PRIMARY KEY (topic, callback)
) STRICT, WITHOUT ROWID;

CREATE INDEX subscribers_due ON subscribers (due) WHERE due IS NOT NULL;
