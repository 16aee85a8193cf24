//! Articles, pending pages and documents as rows, and back.

use serde::{Deserialize, Serialize};
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteRow};

use super::sql::{corrupt, get, json, micros, moment, sixteen, some_moment, to_json};
use crate::model::{
    Article, ArticleId, Attribution, Category, Content, Digest, Enclosure, Episode, Figure, Origin, Person, Place,
    Provenance, SourceId, Validators,
};
use crate::plan::{DocumentState, PendingPage};
use crate::store::Error;

/// A statement under way.
pub(super) type Query<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;

/// The columns of an article in the order of [`bind_article`].
pub(super) const ARTICLE: &str = "id, source, guid, published_id, first_seen, announced_at, withdrawn_at, revision, said, \
     dated, published, updated, link, title, details, body, text";

/// How many columns [`ARTICLE`] has.
pub(super) const ARTICLE_COLUMNS: usize = 17;

/// Selects whole articles in the order of [`article`]; a `WHERE` over `a` and `s` is to follow.
pub(super) const SELECT_ARTICLE: &str = "SELECT a.id, s.id, a.guid, a.published_id, a.first_seen, a.announced_at, \
     a.withdrawn_at, a.revision, a.said, a.published, a.updated, a.link, a.title, a.details, a.body, a.text \
     FROM articles AS a JOIN sources AS s ON s.number = a.source";

/// What of [`Content`] has no column of its own.
#[derive(Serialize)]
struct DetailsToWrite<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    lead: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: &'a Option<String>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    authors: &'a [Person],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    contributors: &'a [Person],
    #[serde(skip_serializing_if = "Option::is_none")]
    language: &'a Option<String>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    categories: &'a [Category],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    figures: &'a [Figure],
    #[serde(skip_serializing_if = "Option::is_none")]
    image: &'a Option<String>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    enclosures: &'a [Enclosure],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    attributions: &'a [Attribution],
    #[serde(skip_serializing_if = "Option::is_none")]
    dateline: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comments: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: &'a Option<Origin>,
    #[serde(skip_serializing_if = "Option::is_none")]
    episode: &'a Option<Box<Episode>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: &'a Option<Box<Place>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rights: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment_count: &'a Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comments_feed: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_reply_to: &'a Option<String>,
    #[serde(skip_serializing_if = "Provenance::is_empty")]
    provenance: &'a Provenance,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    partial: bool,
}

/// The same, read back: what is missing was empty.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Details {
    lead: Option<String>,
    summary: Option<String>,
    authors: Vec<Person>,
    contributors: Vec<Person>,
    language: Option<String>,
    categories: Vec<Category>,
    figures: Vec<Figure>,
    image: Option<String>,
    enclosures: Vec<Enclosure>,
    attributions: Vec<Attribution>,
    dateline: Option<String>,
    comments: Option<String>,
    origin: Option<Origin>,
    episode: Option<Box<Episode>>,
    place: Option<Box<Place>>,
    license: Option<String>,
    rights: Option<String>,
    comment_count: Option<u32>,
    comments_feed: Option<String>,
    in_reply_to: Option<String>,
    provenance: Provenance,
    partial: bool,
}

/// The JSON of what of `content` has no column of its own.
pub(super) fn details(content: &Content) -> Result<String, Error> {
    // Every field is named, so that a new one cannot be forgotten here.
    let Content {
        link: _,
        title: _,
        lead,
        summary,
        body: _,
        text: _,
        published: _,
        updated: _,
        authors,
        contributors,
        language,
        categories,
        figures,
        image,
        enclosures,
        attributions,
        dateline,
        comments,
        origin,
        episode,
        place,
        license,
        rights,
        comment_count,
        comments_feed,
        in_reply_to,
        provenance,
        partial,
    } = content;
    to_json(&DetailsToWrite {
        lead,
        summary,
        authors,
        contributors,
        language,
        categories,
        figures,
        image,
        enclosures,
        attributions,
        dateline,
        comments,
        origin,
        episode,
        place,
        license,
        rights,
        comment_count,
        comments_feed,
        in_reply_to,
        provenance,
        partial: *partial,
    })
}

/// Binds an article in the order of [`ARTICLE`].
pub(super) fn bind_article<'q>(
    query: Query<'q>,
    article: &Article,
    source: i64,
    published_id: &str,
) -> Result<Query<'q>, Error> {
    let content = &article.content;
    Ok(query
        .bind(article.id.as_bytes().as_slice())
        .bind(source)
        .bind(article.guid.as_str())
        .bind(published_id)
        .bind(micros(article.first_seen))
        .bind(article.announced_at.map(micros))
        .bind(article.withdrawn_at.map(micros))
        .bind(i64::from(article.revision))
        .bind(article.said.as_bytes().as_slice())
        .bind(micros(content.published.unwrap_or(article.first_seen)))
        .bind(content.published.map(micros))
        .bind(content.updated.map(micros))
        .bind(content.link.as_str())
        .bind(content.title.as_deref())
        .bind(details(content)?)
        .bind(content.body.as_str())
        .bind(content.text.as_str()))
}

/// An article from a row of [`SELECT_ARTICLE`].
pub(super) fn article(row: &SqliteRow) -> Result<Article, Error> {
    let id = ArticleId::from_bytes(sixteen(get(row, 0, "article")?, "article")?);
    let what = format!("article {id}");
    let what = what.as_str();
    let details: Details = json(get(row, 13, what)?, what)?;
    Ok(Article {
        id,
        source: source(get(row, 1, what)?)?,
        guid: get(row, 2, what)?,
        published_id: get(row, 3, what)?,
        first_seen: moment(get(row, 4, what)?, what)?,
        announced_at: some_moment(get(row, 5, what)?, what)?,
        withdrawn_at: some_moment(get(row, 6, what)?, what)?,
        revision: get(row, 7, what)?,
        said: Digest::from_bytes(sixteen(get(row, 8, what)?, what)?),
        content: Content {
            link: url(get(row, 11, what)?, what)?,
            title: get(row, 12, what)?,
            lead: details.lead,
            summary: details.summary,
            body: get(row, 14, what)?,
            text: get(row, 15, what)?,
            published: some_moment(get(row, 9, what)?, what)?,
            updated: some_moment(get(row, 10, what)?, what)?,
            authors: details.authors,
            contributors: details.contributors,
            language: details.language,
            categories: details.categories,
            figures: details.figures,
            image: details.image,
            enclosures: details.enclosures,
            attributions: details.attributions,
            dateline: details.dateline,
            comments: details.comments,
            origin: details.origin,
            episode: details.episode,
            place: details.place,
            license: details.license,
            rights: details.rights,
            comment_count: details.comment_count,
            comments_feed: details.comments_feed,
            in_reply_to: details.in_reply_to,
            provenance: details.provenance,
            partial: details.partial,
        },
    })
}

/// Selects whole pending pages in the order of [`page`], with the source and its number behind; a `WHERE` is to follow.
pub(super) const SELECT_PAGE: &str = "SELECT p.key, p.due, p.tries, p.first_seen, p.announce, p.article, p.url, \
     p.language, p.error, p.entry, p.source, s.id FROM pending AS p JOIN sources AS s ON s.number = p.source";

/// A pending page from a row of [`SELECT_PAGE`].
pub(super) fn page(row: &SqliteRow) -> Result<PendingPage, Error> {
    let key: String = get(row, 0, "pending page")?;
    let what = format!("pending page `{key}`");
    let what = what.as_str();
    let article: Option<&[u8]> = get(row, 5, what)?;
    Ok(PendingPage {
        due: moment(get(row, 1, what)?, what)?,
        tries: get(row, 2, what)?,
        first_seen: moment(get(row, 3, what)?, what)?,
        announce: json(get(row, 4, what)?, what)?,
        article: article.map(|id| sixteen(id, what).map(ArticleId::from_bytes)).transpose()?,
        url: url(get(row, 6, what)?, what)?,
        language: get(row, 7, what)?,
        error: get(row, 8, what)?,
        entry: json(get(row, 9, what)?, what)?,
        key,
    })
}

/// Selects documents in the order of [`document`], with the number of the source behind; a `WHERE` is to follow.
pub(super) const SELECT_DOCUMENT: &str = "SELECT url, etag, last_modified, digest, fetched_at, source FROM documents";

/// A document from a row of [`SELECT_DOCUMENT`].
pub(super) fn document(row: &SqliteRow) -> Result<DocumentState, Error> {
    let address: &str = get(row, 0, "document")?;
    let what = format!("document `{address}`");
    let what = what.as_str();
    let digest: Option<&[u8]> = get(row, 3, what)?;
    Ok(DocumentState {
        url: url(address, what)?,
        validators: Validators { etag: get(row, 1, what)?, last_modified: get(row, 2, what)? },
        digest: digest.map(|digest| sixteen(digest, what).map(Digest::from_bytes)).transpose()?,
        fetched_at: moment(get(row, 4, what)?, what)?,
    })
}

/// A source id from the store.
pub(super) fn source(text: &str) -> Result<SourceId, Error> {
    text.parse().map_err(|cause| corrupt("source", cause))
}

fn url(text: &str, what: &str) -> Result<url::Url, Error> {
    text.parse().map_err(|cause| corrupt(what, cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_article_does_not_say_takes_no_room() {
        let plain = Content::new("https://a.example/".parse().unwrap());
        assert_eq!(details(&plain).unwrap(), "{}");
    }

    #[test]
    fn rows_written_before_a_field_was_known_are_read() {
        let details: Details = json(r#"{"lead":"It opened.","comments":"https://a.example/c"}"#, "a row").unwrap();
        assert_eq!((details.lead.as_deref(), details.episode, details.comment_count), (Some("It opened."), None, None));
    }
}
