-- What articles of several sources that tell one story are found by, and the stories.

CREATE TABLE story_keys (
    day     INTEGER NOT NULL,                 -- days since 1970: what is past is dropped as one range
    key     INTEGER NOT NULL,                 -- a small hash of words in a row
    article BLOB    NOT NULL,
    PRIMARY KEY (day, key, article)
) STRICT, WITHOUT ROWID;

CREATE TABLE stories (
    article BLOB    NOT NULL PRIMARY KEY,     -- in one story at most
    story   BLOB    NOT NULL                  -- the article that told it first
) STRICT, WITHOUT ROWID;
