//! Stores to test and things to put into them.

use std::sync::Arc;
use std::time::Duration;

use courant::model::{
    Alias, Article, ArticleId, Attribution, Category, Chapter, ChaptersFile, Content, Digest, Element, Enclosure,
    Entry, Episode, EpisodeKind, Field, Figure, Named, Origin, Participant, Person, Place, Point, Provenance, Revision,
    Rung, Shape, ShapeKind, Soundbite, SourceId, Text, Transcript, Validators,
};
use courant::plan::{Changes, DocumentState, Edit, Health, NewArticle, PendingPage, SourceState};
use courant::store::{Claim, ClaimRequest, Due, Finished, Held, Known, Lookup, Refresh, Selection, Store, Work};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

/// A store, and the folder it lives in.
pub(crate) struct Home {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) folder: TempDir,
}

impl Home {
    /// The place to open it again.
    pub(crate) fn location(&self) -> String {
        format!("sqlite:{}", self.folder.path().join("deep/courant.db").display())
    }
}

pub(crate) async fn memory() -> Home {
    let store = courant::store::open("memory:").await.expect("memory always opens");
    Home { store, folder: tempfile::tempdir().expect("a folder") }
}

pub(crate) async fn sqlite() -> Home {
    let folder = tempfile::tempdir().expect("a folder");
    let location = format!("sqlite:{}", folder.path().join("deep/courant.db").display());
    Home { store: courant::store::open(&location).await.expect("a new file opens"), folder }
}

/// The lease of every claim here.
pub(crate) const LEASE: Duration = Duration::from_mins(5);

/// So many seconds into the test.
pub(crate) fn at(seconds: i64) -> Timestamp {
    "2024-05-01T12:00:00Z".parse::<Timestamp>().expect("a moment") + SignedDuration::from_secs(seconds)
}

pub(crate) fn id(text: &str) -> SourceId {
    text.parse().expect("a source id")
}

pub(crate) fn ids(texts: &[&str]) -> Vec<SourceId> {
    texts.iter().map(|text| id(text)).collect()
}

pub(crate) fn guid(text: &str) -> Alias {
    Alias::Guid(text.to_owned())
}

pub(crate) fn article(source: &str, key: &str) -> Article {
    let source = id(source);
    Article {
        id: ArticleId::derive(&source, key, 0),
        guid: key.to_owned(),
        published_id: format!("https://{source}.example/{key}"),
        first_seen: at(0),
        announced_at: Some(at(0)),
        withdrawn_at: None,
        revision: 1,
        said: Digest::of(key.as_bytes()),
        content: Content {
            title: Some(format!("About {key}")),
            body: format!("<p>All about {key}</p>"),
            text: format!("All about {key}"),
            published: Some(at(-60)),
            ..Content::new(format!("https://{source}.example/{key}").parse().expect("an address"))
        },
        source,
    }
}

/// An article with something in every field.
pub(crate) fn full_article(source: &str, key: &str) -> Article {
    let mut article = article(source, key);
    article.withdrawn_at = Some(at(9));
    let content = &mut article.content;
    let some = |text: &str| Some(text.to_owned());
    content.lead = some("It opened.");
    content.summary = some("A plant.");
    content.body = "<p>“Grün” \u{1f33f} &amp; 工場\u{0}</p>".into();
    content.updated = Some(at(-30));
    content.authors = vec![Person { name: some("A. Writer"), email: some("a@b.example"), url: None }];
    content.language = some("be");
    content.categories = vec![Category { term: "plants".to_owned(), scheme: some("https://c.example"), label: None }];
    content.figures = vec![Figure { url: None, caption: some("The gate"), place: some("Minsk"), ..Figure::default() }];
    content.image = some("https://a.example/gate.jpg");
    content.enclosures = vec![Enclosure {
        url: "https://a.example/talk.mp3".to_owned(),
        media_type: some("audio/mpeg"),
        length_bytes: Some(u64::MAX),
        title: None,
        duration_seconds: Some(3723),
    }];
    let names = vec![Named { name: "The Agency".to_owned(), url: None }];
    content.attributions = vec![Attribution { text: "Based on materials of The Agency".to_owned(), names }];
    content.dateline = some("MINSK, May 1");
    content.comments = some("https://a.example/talk");
    content.origin = Some(Origin { title: some("Elsewhere"), ..Origin::default() });
    content.episode = Some(Box::new(episode()));
    let points = [(1.5, -2.25), (3.0, 4.0)].map(|(latitude, longitude)| Point { latitude, longitude });
    let shape = Some(Shape { kind: ShapeKind::Line, points: points.to_vec() });
    content.place = Some(Box::new(Place { name: some("The quay"), point: Some(points[0]), shape }));
    content.license = some("https://creativecommons.example/by/4.0/");
    content.comment_count = Some(12);
    content.comments_feed = some("https://a.example/talk/feed");
    content.in_reply_to = some("tag:a.example,2026:0");
    content.provenance = Provenance::from([(Field::Title, Rung::Rule), (Field::Body, Rung::JsonLd)]);
    content.partial = true;
    article
}

/// An episode with something in every field.
fn episode() -> Episode {
    let some = |text: &str| Some(text.to_owned());
    let child = Element { name: "podcast:valueRecipient".to_owned(), text: some("A & B"), ..Element::default() };
    Episode {
        title: some("The tide"),
        subtitle: some("High water"),
        number: Some(7),
        number_shown: some("Ch. 7"),
        season: Some(2),
        season_name: some("North"),
        kind: Some(EpisodeKind::Bonus),
        duration_seconds: Some(3723),
        explicit: Some(false),
        blocked: true,
        image: some("https://a.example/7.jpg"),
        transcripts: vec![Transcript { url: "https://a.example/7.vtt".to_owned(), ..Transcript::default() }],
        chapters: Some(ChaptersFile { url: "https://a.example/7.json".to_owned(), media_type: None }),
        marks: vec![Chapter { start_seconds: 73.125, title: some("Why"), ..Chapter::default() }],
        persons: vec![Participant { name: "Ada".to_owned(), role: some("guest"), ..Participant::default() }],
        soundbites: vec![Soundbite { start_seconds: 0.1, duration_seconds: 60.0, title: None }],
        more: vec![Element {
            name: "podcast:value".to_owned(),
            attributes: [("type".to_owned(), "lightning".to_owned())].into(),
            text: None,
            children: vec![child],
        }],
    }
}

/// An article found by its guid.
pub(crate) fn newcomer(article: Article) -> NewArticle {
    let aliases = vec![guid(&article.guid)];
    NewArticle { article, aliases }
}

/// `article` with other words, and the form they replace.
pub(crate) fn edit(article: &Article, words: &str) -> Edit {
    let mut next = article.clone();
    next.content.text = words.into();
    next.content.body = format!("<p>{words}</p>");
    next.said = Digest::of(words.as_bytes());
    next.revision += 1;
    let revision = Revision {
        revision: article.revision,
        replaced_at: at(50),
        cause: "refresh".to_owned(),
        changed: vec![Field::Body],
        before: article.content.clone(),
    };
    Edit { article: next, revision: Some(revision), aliases: Vec::new() }
}

pub(crate) fn page(key: &str, due: Timestamp) -> PendingPage {
    PendingPage {
        key: guid(key).key(),
        url: format!("https://a.example/{key}").parse().expect("an address"),
        entry: Entry { guid: Some(key.to_owned()), title: Some(Text::plain("Waiting")), ..Entry::default() },
        language: Some("en".to_owned()),
        tries: 0,
        due,
        first_seen: at(0),
        announce: courant::plan::Announce::Now,
        article: None,
        error: None,
    }
}

pub(crate) fn document(address: &str, tag: &str) -> DocumentState {
    DocumentState {
        url: address.parse().expect("an address"),
        validators: Validators { etag: Some(tag.to_owned()), last_modified: Some("Wed, 01 May 2024".to_owned()) },
        digest: Some(Digest::of(tag.as_bytes())),
        fetched_at: at(1),
    }
}

/// The state of a source that was read at `now` and is to be asked again at `next_due`.
pub(crate) fn asked(now: Timestamp, next_due: Timestamp) -> SourceState {
    SourceState {
        next_due: Some(next_due),
        health: Health::Ok,
        attempted_at: Some(now),
        succeeded_at: Some(now),
        ..SourceState::default()
    }
}

/// Nothing but the state.
pub(crate) fn quiet() -> Changes {
    Changes::state_only(asked(at(0), at(3600)))
}

/// New articles, and nothing else of note.
pub(crate) fn news(articles: impl IntoIterator<Item = Article>) -> Changes {
    Changes { new: articles.into_iter().map(newcomer).collect(), ..quiet() }
}

pub(crate) async fn claim(store: &dyn Store, now: Timestamp, limit: usize) -> Vec<Claim> {
    let request = ClaimRequest { now, lease: LEASE, limit, due: Due::ByTime };
    store.claim_due(&request).await.expect("claims")
}

/// The claim on a source, whether or not it is due: taken long before anything else in the tests is.
pub(crate) async fn claim_source(store: &dyn Store, source: &str) -> Claim {
    store.wake(&id(source), at(-1_000_000)).await.expect("wakes");
    let claims = claim(store, at(-1_000_000), 9).await;
    assert_eq!(names(&claims), [source]);
    claims.into_iter().next().expect("one")
}

pub(crate) fn is_page(claim: &Claim) -> bool {
    matches!(claim.work, Work::Page(_))
}

/// What was claimed, in words: `source` or `source/key`.
pub(crate) fn names(claims: &[Claim]) -> Vec<String> {
    let name = |claim: &Claim| match &claim.work {
        Work::Source { .. } => claim.source.to_string(),
        Work::Page(page) => format!("{}/{}", claim.source, page.key),
    };
    claims.iter().map(name).collect()
}

pub(crate) fn state_of(claim: &Claim) -> &SourceState {
    match &claim.work {
        Work::Source { state, .. } => state,
        Work::Page(_) => panic!("a page has no state"),
    }
}

pub(crate) async fn finish(store: &dyn Store, claim: Claim, changes: Changes) -> Finished {
    store.finish(&[Refresh { claim, changes }]).await.expect("finishes")[0]
}

/// Claims the source and writes the changes.
pub(crate) async fn write(store: &dyn Store, source: &str, changes: Changes) -> usize {
    let claim = claim_source(store, source).await;
    match finish(store, claim, changes).await {
        Finished::Written { new } => new,
        Finished::Lost => panic!("the lease was just taken"),
    }
}

/// A store with these sources.
pub(crate) async fn with_sources(store: &dyn Store, sources: &[&str]) {
    store.sync_sources(&ids(sources), at(0)).await.expect("takes the sources");
}

pub(crate) async fn known(store: &dyn Store, source: &str, lookups: &[Lookup]) -> Known {
    store.known(&id(source), lookups).await.expect("answers")
}

/// What is held of an entry with this guid that says what `article` said when it came in.
pub(crate) async fn held(store: &dyn Store, source: &str, key: &str) -> Held {
    let lookup = Lookup { aliases: vec![guid(key)], said: Digest::of(key.as_bytes()) };
    known(store, source, &[lookup]).await.entries.remove(0)
}

/// Guids of the chosen articles, in order.
pub(crate) async fn guids(store: &dyn Store, selection: &Selection) -> Vec<String> {
    let articles = store.articles(selection).await.expect("selects");
    articles.into_iter().map(|article| article.guid).collect()
}

pub(crate) async fn load(store: &dyn Store, article: &Article) -> Article {
    store.article(article.id).await.expect("reads").expect("it is held")
}
