//! An [`Entry`] to a [`Draft`]: what a document said, made into what can be held.
//!
//! Addresses become absolute and canonical, HTML becomes safe, dates keep out of the future, texts get a language. Nothing is
//! decided about news here; that is `plan`'s.

mod attached;
mod clean;
mod identity;
mod long_text;
mod media;
mod merge;
mod podcast;
mod sanitize;
mod seam;
mod tangled;

use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::dom::{escape, squash};
use crate::model::{Attribution, Category, Content, Draft, Enclosure, Entry, Figure, Origin, Person, Text, TextKind};
use crate::{address, dom, language};

pub use identity::{Identity, identities, identity_of_waiting, renamed, said_by_listing};
pub use merge::{append, merge};
pub use sanitize::sanitize;

use clean::Clean;

/// What an entry inherits from where it was read.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    /// Address of the document the entry was read from.
    pub base: Option<&'a Url>,
    /// Page of the source: the link of an entry that names none.
    pub home: &'a Url,
    /// Language of the channel or site.
    pub language: Option<&'a str>,
    /// Authors of an entry that names none and is not from elsewhere.
    pub authors: &'a [Person],
    /// The present.
    pub now: Timestamp,
}

/// Clocks of publishers are wrong, and zones are forgotten; dates further ahead than this say nothing.
const SKEW: SignedDuration = SignedDuration::from_hours(24);

/// Makes a draft of an entry. `identity` is that of the entry as its feed or listing gave it; `entry` may be completed by its
/// page. `partial` marks an entry whose page is still missing.
#[must_use]
pub fn draft(mut entry: Entry, identity: Identity, partial: bool, context: &Context) -> Draft {
    attached::take(&mut entry);
    let link = link(&entry, context);
    let own_base = entry.base.as_deref().and_then(|base| Url::parse(base).ok());
    let base = own_base.as_ref().or(context.base);
    let mut aliases = identity.aliases;
    if entry.link.is_some() && identity.has_own_address {
        let alias = crate::model::Alias::Url(address::fold(&link));
        if !aliases.contains(&alias) {
            aliases.push(alias);
        }
    }
    let (Clean { html: body, text }, summary) = texts(&entry, base);
    let named = entry.language.as_deref().and_then(language::tidy);
    let language = named.or_else(|| language::find(&text, &context.language.into_iter().collect::<Vec<_>>()));
    let inherits = entry.authors.is_empty() && entry.origin.is_none();
    let authors = if inherits { context.authors.to_vec() } else { entry.authors };
    let made = Content {
        title: entry.title.as_ref().map(plain).filter(|title| !title.is_empty()),
        lead: entry.lead.as_deref().map(squash).filter(|lead| !lead.is_empty()),
        summary,
        published: sensible(entry.published, context.now),
        updated: sensible(entry.updated, context.now),
        authors: authors.into_iter().map(|author| web_person(author, base)).collect(),
        contributors: entry.contributors.into_iter().map(|person| web_person(person, base)).collect(),
        language,
        categories: categories(entry.categories),
        figures: entry.figures.into_iter().map(|figure| absolute_figure(figure, base)).collect(),
        image: entry.image.and_then(|image| absolute(&image, base)),
        enclosures: entry.enclosures.into_iter().filter_map(|enclosure| absolute_enclosure(enclosure, base)).collect(),
        attributions: entry.attributions.into_iter().map(|line| web_attribution(line, base)).collect(),
        dateline: entry.dateline,
        comments: entry.comments.and_then(|comments| absolute(&comments, base)),
        origin: entry.origin.map(|origin| web_origin(*origin, base)),
        episode: entry.episode.and_then(|episode| podcast::episode(episode, base)),
        place: entry.place.and_then(podcast::place),
        license: entry.license.and_then(|license| absolute(&license, base)),
        rights: entry.rights.as_ref().map(plain).filter(|rights| !rights.is_empty()),
        comment_count: entry.comment_count,
        comments_feed: entry.comments_feed.and_then(|feed| absolute(&feed, base)),
        in_reply_to: entry.in_reply_to.as_deref().map(squash).filter(|what| !what.is_empty()),
        provenance: entry.provenance,
        partial,
        link,
        body,
        text,
    };
    Draft { aliases, guid: identity.guid, said: identity.said, content: made }
}

/// The canonical address of an entry; that of its source for an entry that names none.
fn link(entry: &Entry, context: &Context) -> Url {
    let named = entry.page().and_then(|link| address::resolve_web(context.base, link));
    named.map_or_else(|| context.home.clone(), |url| address::canonical(&url))
}

/// The body as safe HTML with its text, and the summary as plain text where it says something the body does not begin with.
fn texts(entry: &Entry, base: Option<&Url>) -> (Clean, Option<String>) {
    // Some podcasts say nothing of an episode but one line for a list of them.
    let subtitle = || entry.episode.as_deref().and_then(|episode| episode.subtitle.clone()).map(Text::plain);
    let subtitle = if entry.content.is_none() && entry.summary.is_none() { subtitle() } else { None };
    let Some(main) = entry.content.as_ref().or(entry.summary.as_ref()).or(subtitle.as_ref()) else {
        return (Clean::default(), None);
    };
    let body = html(main, base);
    let summary = entry.summary.as_ref().filter(|_| entry.content.is_some()).map(plain);
    (body, summary.filter(|summary| !summary.is_empty()))
}

fn html(text: &Text, base: Option<&Url>) -> Clean {
    match text.kind {
        TextKind::Html => sanitize::sanitize_with_text(&text.value, base),
        TextKind::Plain => {
            let blocks = text.value.split("\n\n").map(str::trim).filter(|block| !block.is_empty());
            let html: String = blocks.map(|block| format!("<p>{}</p>", escape(block).replace('\n', "<br>"))).collect();
            let text = dom::text(&html);
            Clean { html, text }
        }
    }
}

/// A text as one line of plain characters.
fn plain(text: &Text) -> String {
    match text.kind {
        TextKind::Plain => without_void_references(squash(&text.value)),
        // Most titles have neither markup nor references, and parsing is what costs.
        TextKind::Html if !text.value.contains(['<', '&']) => squash(&text.value),
        TextKind::Html => without_void_references(squash(&dom::text(&text.value))),
    }
}

/// The text without references to no character (`&#0`), left by what was escaped twice: readers show a sign of damage for them.
fn without_void_references(text: String) -> String {
    const VOID: &str = "&#0";
    if !text.contains(VOID) {
        return text;
    }
    let mut parts = text.split(VOID);
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // `&#039;` is an apostrophe.
        if part.starts_with(|next: char| next.is_ascii_digit()) {
            kept.push_str(VOID);
        }
        kept.push_str(part.strip_prefix(';').unwrap_or(part));
    }
    squash(&kept)
}

/// Subjects once each, as plain text: some feeds write their names with markup or character references.
fn categories(given: Vec<Category>) -> Vec<Category> {
    let bare = |text: String| {
        let is_markup = text.contains("</") || text.find('&').is_some_and(|at| text[at..].contains(';'));
        let text = if is_markup { squash(&dom::text(&text)) } else { text };
        // Markup that was escaped twice.
        if text.contains("</") { squash(&dom::text(&text)) } else { text }
    };
    let mut categories: Vec<Category> = Vec::with_capacity(given.len());
    for category in given {
        let category = Category { term: bare(category.term), label: category.label.map(bare), ..category };
        if !category.term.is_empty() && !categories.contains(&category) {
            categories.push(category);
        }
    }
    categories
}

/// A date that can be published: never in the future. A little ahead is a wrong clock and means now; far ahead is a mistake
/// and means nothing.
fn sensible(date: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    date.filter(|date| date.duration_since(now) <= SKEW).map(|date| date.min(now))
}

fn absolute(reference: &str, base: Option<&Url>) -> Option<String> {
    address::resolve_web(base, reference).map(String::from)
}

fn web_person(person: Person, base: Option<&Url>) -> Person {
    // Some give the address of a mailbox, which is as good a way to a person as a page.
    Person { url: person.url.and_then(|url| address::resolve(base, &url)).map(String::from), ..person }
}

fn web_attribution(mut line: Attribution, base: Option<&Url>) -> Attribution {
    for named in &mut line.names {
        named.url = named.url.take().and_then(|url| absolute(&url, base));
    }
    line
}

fn web_origin(origin: Origin, base: Option<&Url>) -> Origin {
    Origin {
        feed_url: origin.feed_url.and_then(|url| absolute(&url, base)),
        home: origin.home.and_then(|url| absolute(&url, base)),
        ..origin
    }
}

fn absolute_figure(figure: Figure, base: Option<&Url>) -> Figure {
    Figure { url: figure.url.and_then(|url| absolute(&url, base)), ..figure }
}

fn absolute_enclosure(enclosure: Enclosure, base: Option<&Url>) -> Option<Enclosure> {
    let url = address::resolve(base, &enclosure.url).map(String::from)?;
    Some(Enclosure { url, ..enclosure })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Episode;

    const NOW: &str = "2026-03-10T12:00:00Z";

    fn made(entry: Entry) -> Draft {
        made_by(entry, &[])
    }

    fn made_by(entry: Entry, authors: &[Person]) -> Draft {
        let (base, home) =
            (Url::parse("https://a.example/feed.xml").unwrap(), Url::parse("https://a.example/").unwrap());
        let context = Context { base: Some(&base), home: &home, language: None, authors, now: NOW.parse().unwrap() };
        let identity = identities(std::slice::from_ref(&entry), Some(&base), &home).remove(0);
        draft(entry, identity, false, &context)
    }

    #[test]
    fn an_entry_without_an_author_has_that_of_its_feed_unless_it_is_from_elsewhere() {
        let feed = [Person::named("Ann Lee")];
        let named = Entry { authors: vec![Person::named("Bo Ek")], ..Entry::default() };
        let copied = Entry { origin: Some(Box::default()), ..Entry::default() };
        assert_eq!(made_by(Entry::default(), &feed).content.authors, feed);
        assert_eq!(made_by(named.clone(), &feed).content.authors, named.authors);
        assert_eq!(made_by(copied, &feed).content.authors, []);
    }

    #[test]
    fn dates_keep_out_of_the_future() {
        let rows = [
            ("2026-03-10T11:00:00Z", Some("2026-03-10T11:00:00Z")),
            ("2026-03-10T15:00:00Z", Some(NOW)),
            ("2027-01-01T00:00:00Z", None),
        ];
        for (given, wanted) in rows {
            let draft = made(Entry { published: given.parse().ok(), ..Entry::default() });
            assert_eq!(draft.content.published, wanted.map(|date| date.parse().unwrap()), "{given}");
        }
    }

    #[test]
    fn titles_are_plain_text_on_one_line() {
        let rows = [
            (Text::html("Fish &amp; chips:\n <em>new</em> prices"), Some("Fish & chips: new prices")),
            (Text::plain("a < b & c"), Some("a < b & c")),
            (Text::html(" <p></p> "), None),
            (Text::html("Low &amp;#0; water &amp;#0"), Some("Low water")),
            (Text::html("It&amp;#039;s low"), Some("It&#039;s low")),
        ];
        for (title, wanted) in rows {
            assert_eq!(made(Entry { title: Some(title), ..Entry::default() }).content.title.as_deref(), wanted);
        }
    }

    #[test]
    fn a_link_is_absolute_and_clean_and_its_absence_falls_back_to_the_source() {
        let link = |link: Option<&str>| {
            let draft = made(Entry { link: link.map(str::to_owned), ..Entry::default() });
            (draft.content.link.to_string(), draft.aliases.iter().any(|alias| alias.key().starts_with("url:")))
        };
        assert_eq!(link(Some("/x?utm_source=rss&p=1")), ("https://a.example/x?p=1".to_owned(), true));
        assert_eq!(link(None), ("https://a.example/".to_owned(), false));
        assert_eq!(link(Some("/")), ("https://a.example/".to_owned(), false));
    }

    #[test]
    fn one_line_about_an_episode_is_better_than_nothing() {
        let episode = Episode { subtitle: Some("High & low water".to_owned()), ..Episode::default() };
        let entry = Entry { episode: Some(Box::new(episode)), ..Entry::default() };
        assert_eq!(made(entry.clone()).content.body, "<p>High &amp; low water</p>");
        let told = Entry { summary: Some(Text::plain("All about it")), ..entry };
        assert_eq!(made(told).content.body, "<p>All about it</p>");
    }

    #[test]
    fn subjects_are_plain_text_and_stand_once() {
        let given =
            ["Caf&#233;s", "&lt;p&gt;Trade&lt;/p&gt;", "<b>Trade</b>", "Trade", "R&D", "</i>"].map(Category::term);
        let draft = made(Entry { categories: given.to_vec(), ..Entry::default() });
        let terms: Vec<&str> = draft.content.categories.iter().map(|category| category.term.as_str()).collect();
        assert_eq!(terms, ["Cafés", "Trade", "R&D"]);
    }

    #[test]
    fn plain_text_content_becomes_paragraphs() {
        let draft = made(Entry { content: Some(Text::plain("One <b>\nline\n\nTwo")), ..Entry::default() });
        assert_eq!(draft.content.body, "<p>One &lt;b&gt;<br>line</p><p>Two</p>");
        assert_eq!(draft.content.text, "One <b>\nline\nTwo");
    }
}
