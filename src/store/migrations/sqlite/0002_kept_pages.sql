-- Article pages as they were fetched, to be read again by other rules.

CREATE TABLE bodies (
    digest BLOB    NOT NULL PRIMARY KEY,      -- of the body as it came
    length INTEGER NOT NULL,                  -- bytes as it came
    packed BLOB    NOT NULL                   -- Brotli
) STRICT;

CREATE TABLE pages (
    article    BLOB    NOT NULL PRIMARY KEY REFERENCES articles (id),
    source     INTEGER NOT NULL REFERENCES sources (number),
    fetched_at INTEGER NOT NULL,              -- of the first part
    size       INTEGER NOT NULL,              -- packed bytes of all parts
    key        TEXT    NOT NULL,
    url        TEXT    NOT NULL,
    base       TEXT,
    language   TEXT,
    authors    TEXT    NOT NULL,              -- those of the feed that its entries inherit
    entry      TEXT    NOT NULL,             -- what the feed or listing said
    said       BLOB    NOT NULL               -- its digest
) STRICT;

CREATE INDEX pages_of_source ON pages (source, fetched_at DESC, article, size);

CREATE TABLE page_parts (
    article      BLOB    NOT NULL REFERENCES pages (article),
    part         INTEGER NOT NULL,            -- 0 = the page, then the further pages of its article
    url          TEXT    NOT NULL,
    content_type TEXT,
    fetched_at   INTEGER NOT NULL,
    body         BLOB    NOT NULL REFERENCES bodies (digest),
    PRIMARY KEY (article, part)
) STRICT;

CREATE INDEX page_parts_body ON page_parts (body);
