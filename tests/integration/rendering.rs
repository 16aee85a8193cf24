//! What the render loop reads and makes, and what it leaves alone.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use courant::compose::Recipe;
use courant::extract::site_rules::Rules;
use courant::fetch::HeaderMap;
use courant::model::{Alias, Article, ArticleId, Category, Content, Digest, SourceId};
use courant::pipeline::{Picking, Renderer, Subscription};
use courant::plan::{Changes, NewArticle, SourceState, health, timing};
use courant::publish::Files;
use courant::source::{Source, SourceKind};
use courant::store::{ClaimRequest, Due, Refresh, Store, memory::Memory, open};
use courant::units::limits::Limits;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

const WORDS: [&str; 5] = ["bridge", "Bridges", "quay", "BRIDGE-head", "kiln"];

fn at(minutes: i64) -> Timestamp {
    "2026-06-01T00:00:00Z".parse::<Timestamp>().expect("a moment") + SignedDuration::from_mins(minutes)
}

fn id(text: &str) -> SourceId {
    text.parse().expect("a source id")
}

fn recipe(rest: &str) -> Recipe {
    let text = format!("id = 'all'\ntitle = 'All'\nsources = ['*']\n{rest}");
    Recipe::new(toml::from_str(&text).expect(rest)).expect(rest)
}

/// An article that says one thing in its title and another in its text, by its number.
fn article(source: &str, number: usize) -> NewArticle {
    let link = format!("https://{source}.example/{number}");
    let time = at(i64::try_from(number).expect("few"));
    let article = Article {
        id: ArticleId::derive(&id(source), &link, 0),
        source: id(source),
        guid: link.clone(),
        published_id: link.clone(),
        first_seen: time,
        announced_at: Some(time),
        withdrawn_at: None,
        revision: 1,
        said: Digest::of(link.as_bytes()),
        content: Content {
            title: (!number.is_multiple_of(7)).then(|| format!("Of a {}", WORDS[number % 5])),
            body: format!("<p>A {} was opened.</p>", WORDS[number / 5 % 5]),
            text: format!("A {} was opened.", WORDS[number / 5 % 5]),
            categories: vec![Category::term(if number.is_multiple_of(3) { "Local" } else { "World" })],
            language: number.is_multiple_of(2).then(|| "en".to_owned()),
            published: Some(time),
            ..Content::new(link.parse().expect("an address"))
        },
    };
    NewArticle { article, aliases: vec![Alias::Guid(link)] }
}

/// Writes articles of a source.
async fn write(store: &dyn Store, source: &str, numbers: impl Iterator<Item = usize>) {
    let due = Due::Only { source: id(source), round: at(100_000) };
    let request = ClaimRequest { now: at(100_000), lease: Duration::from_mins(5), limit: 1, due };
    let claim = store.claim_due(&request).await.expect("claims").remove(0);
    let state = SourceState { next_due: Some(at(0)), ..SourceState::default() };
    let changes =
        Changes { new: numbers.map(|number| article(source, number)).collect(), ..Changes::state_only(state) };
    store.finish(&[Refresh { claim, changes }]).await.expect("finishes");
}

#[tokio::test]
async fn what_is_read_at_a_glance_first_is_what_the_rules_take_of_everything() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = open(&format!("sqlite:{}", folder.path().join("a.db").display())).await.expect("opens");
    let stores: [Arc<dyn Store>; 2] = [Arc::new(Memory::default()), file];
    for store in stores {
        store.sync_sources(&[id("a"), id("b"), id("c")], at(0)).await.expect("takes the sources");
        for (source, first) in [("a", 0), ("b", 300), ("c", 100)] {
            write(&*store, source, first..first + 400).await;
        }
        let all = courant::store::Selection {
            sources: Some(vec![id("a"), id("b")]),
            limit: 2000,
            ..courant::store::Selection::default()
        };
        let everything = store.articles(&all).await.expect("selects");
        for rules in [
            "keep = [{ any = ['bridge'] }]",
            "keep = [{ any = ['kiln', 'quay'], language = ['en'] }]",
            "keep = [{ all = ['bridge', 'of a'] }, { category = ['local'] }]",
            "keep = [{ any = ['bridge head'] }]\ndrop = [{ text = 'quay' }]",
            "drop = [{ title = '^Of' }]",
            "drop = [{ url = '[0-4]$' }, { source = ['b'], max_words = 3 }]",
            "keep = [{ not = { any = ['bridge'] } }]",
            "keep = [{ any = ['nothing like it'] }]",
            "keep = [{ age = '3d' }]",
        ] {
            for items in [1, 10, 900] {
                let recipe = recipe(&format!("limit = {{ items = {items} }}\n{rules}"));
                let now = at(60 * 24 * 3);
                let wanted: Vec<&Article> =
                    everything.iter().filter(|article| recipe.takes(article, now)).take(items).collect();
                let mut picking = Picking::new(&*store, &recipe, vec![id("a"), id("b")], now);
                let mut picked = Vec::new();
                while picked.len() < items && !picking.is_done() {
                    picked.extend(picking.next().await.expect("reads"));
                }
                assert!(picked.iter().eq(wanted), "{items} of {rules}");
            }
        }
        store.close().await;
    }
}

#[tokio::test]
async fn a_feed_that_is_as_it_was_is_not_made_again() {
    let store = Arc::new(Memory::default());
    store.sync_sources(&[id("a")], at(0)).await.expect("takes the source");
    write(&*store, "a", 0..20).await;
    let source = Source {
        id: id("a"),
        name: None,
        home: None,
        tags: Vec::new(),
        language: None,
        zone: TimeZone::UTC,
        kind: SourceKind::Feed { url: "https://a.example/feed".parse().expect("an address") },
        rules: Rules::default(),
        full_text: false,
        first: 10,
    };
    let subscription = Subscription {
        source,
        site: None,
        timing: timing::Timing::default(),
        health: health::Settings::default(),
        headers: HeaderMap::new(),
        retention: Limits::default(),
        access: None,
    };
    let folder = tempfile::tempdir().expect("a folder");
    let made = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&made);
    let renderer = Renderer {
        store: Arc::clone(&store) as Arc<dyn Store>,
        recipes: vec![recipe("formats = ['rss', 'atom']\ndrop = [{ any = ['kiln'] }]")],
        subscriptions: Arc::new([(id("a"), Arc::new(subscription))].into()),
        publisher: Some(Arc::new(Files::open(folder.path()).expect("writable"))),
        sink: Arc::new(move |parcel, _| {
            if parcel.path.starts_with("all") {
                count.fetch_add(1, Ordering::Relaxed);
            }
        }),
        title: "News".to_owned(),
        base_url: "https://news.example/".parse().expect("an address"),
        views: false,
        hubs: Vec::new(),
        news: Arc::default(),
        clock: Arc::new(|| at(50)),
        listings: Mutex::default(),
        shown: Mutex::default(),
    };
    let changed = [id("a")].into();
    let made_by = async |changed| {
        let before = made.load(Ordering::Relaxed);
        let rendered = renderer.render(changed).await.expect("renders");
        (made.load(Ordering::Relaxed) - before, rendered.written.iter().filter(|path| path.starts_with("all")).count())
    };
    assert_eq!(made_by(None).await, (3, 3), "two formats and a page");
    assert_eq!(made_by(None).await, (0, 0), "everything again");
    write(&*store, "a", 24..25).await;
    assert_eq!(made_by(Some(&changed)).await, (0, 0), "what its rules leave out changes nothing");
    std::fs::remove_file(folder.path().join("all.rss")).expect("there");
    assert_eq!(made_by(None).await, (3, 1), "what somebody took away comes back");
    write(&*store, "a", 25..27).await;
    assert_eq!(made_by(Some(&changed)).await, (3, 3), "a new article");
    let renderer = Renderer { views: true, ..renderer };
    let before = made.load(Ordering::Relaxed);
    for times in [3, 6] {
        renderer.render(None).await.expect("renders");
        assert_eq!(
            made.load(Ordering::Relaxed) - before,
            times,
            "views look beyond the feed: they are drawn anew each time"
        );
    }
}
