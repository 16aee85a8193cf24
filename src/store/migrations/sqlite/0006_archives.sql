-- Which archive of a feed an article is in, and in which form. Page 0 = the rules of the feed passed it over.

CREATE TABLE archived (
    feed     TEXT    NOT NULL,
    article  BLOB    NOT NULL,
    page     INTEGER NOT NULL,
    place    INTEGER NOT NULL,                -- in the order they were announced
    revision INTEGER NOT NULL,
    PRIMARY KEY (feed, article)
) STRICT, WITHOUT ROWID;

CREATE INDEX archived_pages ON archived (feed, page, place) WHERE page > 0;
CREATE INDEX archived_articles ON archived (article) WHERE page > 0;

CREATE INDEX articles_withdrawn ON articles (withdrawn_at) WHERE withdrawn_at IS NOT NULL;
