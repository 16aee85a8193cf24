-- An article that retention dropped stays as a row without content, so that its names and published id are taken for ever.

ALTER TABLE articles ADD COLUMN dropped_at INTEGER;
ALTER TABLE articles ADD COLUMN size INTEGER GENERATED ALWAYS AS (length(CAST(body AS BLOB)) + length(CAST(text AS BLOB))) VIRTUAL;

-- What retention asks of a source is answered from here: what is beyond its age, its number, its bytes.
DROP INDEX articles_dated;
CREATE INDEX articles_dated ON articles (source, dated, id, dropped_at, size);
