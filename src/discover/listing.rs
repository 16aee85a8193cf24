//! A listing page to thin entries: by the rules of a site file (`[list]`), or found without any.

use std::collections::HashSet;
use std::fmt;

use serde::de::{MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};
use url::Url;

use crate::address;
use crate::date::format::Reader;
pub use crate::dom::field::RuleError;
use crate::dom::field::{Field, FieldRule, OneOrMany};
use crate::dom::{Node, Selector};
use crate::model::{Document, Entry, Field as Part, Rung, Text};

use super::repeating;
use super::{Context, Scene};

/// Entries taken from one page.
const MAX_ENTRIES: usize = 500;

/// What a listing page gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listing {
    /// Thin entries (link, title, summary, date, picture), in the order of the page.
    pub entries: Vec<Entry>,
    /// The page that goes on with the list.
    pub next: Option<Url>,
    /// What could not be read, for the operator.
    pub problems: Vec<String>,
}

/// A `[list]` table as written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListRules {
    /// The pages to read.
    pub url: OneOrMany,
    /// The element of one entry; all below is looked for inside it. Without it the list is found.
    pub item: Option<String>,
    /// The address of the article; the first link by default.
    pub link: Option<FieldRule>,
    /// The headline; the text of the link by default.
    pub title: Option<FieldRule>,
    /// When it was published.
    pub published: Option<FieldRule>,
    /// What it is about.
    pub summary: Option<FieldRule>,
    /// The picture beside it.
    pub image: Option<FieldRule>,
    /// The page that goes on.
    pub next: Option<NextRule>,
}

/// `next = "a.next @href"` or `next = { select = "a.next @href", pages = 3 }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextRule {
    /// Where the address of the next page is.
    pub select: String,
    /// How many pages are read in all.
    pub pages: u32,
}

impl<'de> Deserialize<'de> for NextRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields, rename = "next")]
        struct Table {
            select: String,
            #[serde(default = "two")]
            pages: u32,
        }
        fn two() -> u32 {
            2
        }
        struct StringOrTable;
        impl<'de> Visitor<'de> for StringOrTable {
            type Value = NextRule;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a selector, or a table { select, pages }")
            }

            fn visit_str<E>(self, select: &str) -> Result<NextRule, E> {
                Ok(NextRule { select: select.to_owned(), pages: two() })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<NextRule, A::Error> {
                Table::deserialize(MapAccessDeserializer::new(map))
                    .map(|table| NextRule { select: table.select, pages: table.pages })
            }
        }
        deserializer.deserialize_any(StringOrTable)
    }
}

/// Compiled rules of a listing.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    item: Option<Selector>,
    link: Option<Field>,
    title: Option<Field>,
    published: Option<(Field, Reader)>,
    summary: Option<Field>,
    image: Option<Field>,
    next: Option<Field>,
    /// How many pages are read in all; 1 where the rules name no next page.
    pub pages: u32,
}

impl Rules {
    /// Whether the rules say where the entries are.
    #[must_use]
    pub fn find_items(&self) -> bool {
        self.item.is_some()
    }

    /// Compiles a `[list]` table; every problem is told at once.
    pub fn compile(rules: &ListRules) -> Result<Self, Vec<RuleError>> {
        let mut problems: Vec<RuleError> = Vec::new();
        let mut tell = |key: &str, reason: String| problems.push(RuleError { key: format!("list.{key}"), reason });
        let item = match rules.item.as_deref().map(Selector::compile).transpose() {
            Ok(item) => item,
            Err(error) => {
                tell("item", error.to_string());
                None
            }
        };
        let mut field = |key: &str, rule: Option<&FieldRule>| {
            rule.and_then(|rule| Field::compile(rule).map_err(|error| tell(key, error.to_string())).ok())
        };
        let next =
            rules.next.as_ref().map(|next| FieldRule { select: Some(next.select.clone()), ..FieldRule::default() });
        let (link, title) = (field("link", rules.link.as_ref()), field("title", rules.title.as_ref()));
        let (summary, image) = (field("summary", rules.summary.as_ref()), field("image", rules.image.as_ref()));
        let next = field("next", next.as_ref());
        let published = field("published", rules.published.as_ref());
        let reader = rules.published.as_ref().map(|rule| {
            Reader::compile(rule.format.as_deref(), rule.timezone.as_deref(), rule.locale.as_deref())
                .map_err(|error| tell("published.format", error.to_string()))
                .unwrap_or_default()
        });
        if !problems.is_empty() {
            return Err(problems);
        }
        let pages = rules.next.as_ref().map_or(1, |next| next.pages.clamp(1, 50));
        Ok(Self { item, link, title, published: published.zip(reader), summary, image, next, pages })
    }
}

/// Reads a listing by the rules of its site; what the rules leave open is found.
#[must_use]
pub fn read(document: &Document, rules: &Rules, context: &Context) -> Listing {
    let scene = Scene::of(document, context);
    let Some(item) = &rules.item else {
        let mut listing = find_in(&scene);
        listing.next = next(&scene, rules).or(listing.next);
        return listing;
    };
    let mut listing = Listing { next: next(&scene, rules), ..Listing::default() };
    let items = scene.page.select(item, scene.page.root());
    if items.is_empty() {
        listing.problems.push("the rule for `list.item` found nothing".to_owned());
    }
    let mut seen = HashSet::new();
    let mut without_link = 0;
    for item in items.into_iter().take(MAX_ENTRIES) {
        let Some(entry) = entry(&scene, item, rules) else {
            without_link += 1;
            continue;
        };
        if seen.insert(entry.link.clone()) {
            listing.entries.push(entry);
        }
    }
    if without_link > 0 {
        listing.problems.push(format!("{without_link} items have no link"));
    }
    if let Some((_, unread)) = rules
        .published
        .as_ref()
        .map(|rule| (rule, listing.entries.iter().filter(|entry| entry.published.is_none()).count()))
        .filter(|(_, unread)| *unread > 0)
    {
        listing.problems.push(format!("{unread} of {} items have no date the rule can read", listing.entries.len()));
    }
    listing
}

/// Finds the list of a page without rules: links with text in a structure that repeats.
#[must_use]
pub fn find(document: &Document, context: &Context) -> Listing {
    find_in(&Scene::of(document, context))
}

fn find_in(scene: &Scene) -> Listing {
    let items = repeating::items(scene);
    let mut seen = HashSet::new();
    let entries = items.into_iter().filter(|entry| seen.insert(entry.link.clone())).take(MAX_ENTRIES).collect();
    Listing { entries, next: repeating::next(scene), problems: Vec::new() }
}

fn next(scene: &Scene, rules: &Rules) -> Option<Url> {
    let found = rules.next.as_ref()?.value(&scene.page, scene.page.root())?;
    let href = found.node.and_then(|node| scene.page.filled(node, "href")).map(str::to_owned).unwrap_or(found.value);
    scene.web(&href).filter(|url| Some(url) != scene.url.as_ref())
}

fn entry(scene: &Scene, item: Node, rules: &Rules) -> Option<Entry> {
    let page = &scene.page;
    let anchor = || {
        std::iter::once(item)
            .chain(page.inside(item).skip(1))
            .find(|node| page.name(*node) == "a" && page.filled(*node, "href").is_some())
    };
    let link = match &rules.link {
        Some(field) => field.value(page, item).and_then(|found| {
            scene
                .web(&found.value)
                .or_else(|| found.node.and_then(|node| page.filled(node, "href")).and_then(|href| scene.web(href)))
        }),
        None => anchor().and_then(|node| page.filled(node, "href")).and_then(|href| scene.web(href)),
    }?;
    let title = match &rules.title {
        Some(field) => field.value(page, item).map(|found| found.value),
        None => anchor().map(|node| page.line(node)).filter(|text| !text.is_empty()),
    };
    let mut entry =
        Entry { link: Some(address::canonical(&link).into()), title: title.map(Text::plain), ..Entry::default() };
    entry.published = rules.published.as_ref().and_then(|(field, reader)| {
        let found = field.value(page, item)?;
        reader.read(&found.value, scene.zone, scene.language.as_deref()).map(|moment| moment.at)
    });
    entry.summary =
        rules.summary.as_ref().and_then(|field| field.value(page, item)).map(|found| Text::plain(found.value));
    entry.image = rules
        .image
        .as_ref()
        .and_then(|field| field.picture(page, item))
        .and_then(|image| scene.web(&image))
        .map(String::from);
    for (part, present) in [
        (Part::Canonical, true),
        (Part::Title, entry.title.is_some()),
        (Part::Published, entry.published.is_some()),
        (Part::Image, entry.image.is_some()),
    ] {
        if present {
            entry.provenance.insert(part, Rung::Rule);
        }
    }
    Some(entry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    const PAGE: &str = "<nav><a href=/a>Home</a><a href=/b>Contacts of the office</a></nav>
        <ul class=news><li><span class=d>13.06.2023 16:29</span><a href='/n/1?utm_source=x'>The bridge at Lakeside opens in the spring</a><p>It took two years to build the bridge over the river.</p><img data-src=/1.jpg></li>
        <li><span class=d>12.06.2023 09:00</span><a href=/n/2>Four firms have signed the contract for the works</a><p>The contract was signed at the town hall on Monday.</p></li>
        <li><span class=d>soon</span><a href=/n/3>The Mayor has visited the new school in the valley</a></li><li>no link</li></ul><a class=next href=?page=2>Next</a>";

    fn document() -> Document {
        Document { url: Url::parse("https://x.example/news/").ok(), content_type: None, body: PAGE.into() }
    }

    fn context() -> Context {
        Context { zone: TimeZone::get("Europe/Minsk").expect("bundled"), ..Context::default() }
    }

    #[test]
    fn a_listing_is_read_by_its_rules() {
        let rules: ListRules = toml::from_str(
            "url = 'https://x.example/news/'\nitem = 'ul.news li'\nlink = 'a @href'\ntitle = 'a'\nsummary = 'p'\nimage = 'img'\npublished = { select = '.d', format = '%d.%m.%Y %H:%M' }\nnext = { select = 'a.next @href', pages = 3 }",
        )
        .expect("rules");
        let rules = Rules::compile(&rules).expect("valid");
        let listing = read(&document(), &rules, &context());
        assert_eq!(listing.entries.len(), 3);
        let first = &listing.entries[0];
        assert_eq!(first.link.as_deref(), Some("https://x.example/n/1"));
        assert_eq!(first.published.map(|at| at.to_string()).as_deref(), Some("2023-06-13T13:29:00Z"));
        assert_eq!(first.image.as_deref(), Some("https://x.example/1.jpg"));
        assert_eq!(listing.next.map(String::from).as_deref(), Some("https://x.example/news/?page=2"));
        assert_eq!(listing.problems, ["1 items have no link", "1 of 3 items have no date the rule can read"]);
        assert_eq!(rules.pages, 3);
    }

    #[test]
    fn a_listing_is_found_without_rules() {
        let listing = find(&document(), &context());
        let links: Vec<_> = listing.entries.iter().filter_map(|entry| entry.link.as_deref()).collect();
        assert_eq!(links, ["https://x.example/n/1", "https://x.example/n/2", "https://x.example/n/3"]);
        let first = &listing.entries[0];
        assert_eq!(
            first.title.as_ref().map(|title| title.value.as_str()),
            Some("The bridge at Lakeside opens in the spring")
        );
        assert_eq!(first.published.map(|at| at.to_string()).as_deref(), Some("2023-06-13T13:29:00Z"));
        assert_eq!(
            first.summary.as_ref().map(|summary| summary.value.as_str()),
            Some("It took two years to build the bridge over the river.")
        );
        assert_eq!(listing.next.map(String::from).as_deref(), Some("https://x.example/news/?page=2"));
    }

    #[test]
    fn a_page_without_a_list_gives_none() {
        let menu: String = (1..=30)
            .map(|n| format!("<li><a href=/d/{n}>The department number {n} of the town hall</a></li>"))
            .collect();
        let short: String = (1..=30).map(|n| format!("<a href=/tag/t{n}>tag{n}</a> ")).collect();
        for markup in [
            format!("<nav><ul>{menu}</ul></nav><p>Welcome to our town.</p>"),
            format!("<p>Welcome.</p><footer><ul>{menu}</ul></footer>"),
            format!("<p>Welcome.</p><div>{short}</div>"),
            "<p>Nothing <a href=/a>here</a> and <a href=/b>there</a>.</p>".to_owned(),
            String::new(),
        ] {
            let document = Document { body: markup.clone().into(), ..document() };
            assert_eq!(find(&document, &context()).entries, [], "{markup}");
        }
    }

    #[test]
    fn the_press_listing_gives_the_same_with_rules_and_without() {
        #[derive(Deserialize)]
        struct SiteFile {
            list: ListRules,
        }
        let site: SiteFile = toml::from_str(include_str!("../../tests/fixtures/pages/press/site.toml")).expect("TOML");
        let rules = Rules::compile(&site.list).expect("valid");
        let document = Document {
            url: Url::parse("https://press.example.org/en/").ok(),
            content_type: None,
            body: include_str!("../../tests/fixtures/pages/press/list.html").into(),
        };
        for listing in [read(&document, &rules, &context()), find(&document, &context())] {
            let seen: Vec<_> = listing
                .entries
                .iter()
                .map(|entry| {
                    (
                        entry.link.as_deref().unwrap_or_default(),
                        entry.published.map(|at| at.to_string()).unwrap_or_default(),
                    )
                })
                .collect();
            let wanted = [
                ("https://press.example.org/en/bridge.html", "2023-06-12T21:00:00Z".to_owned()),
                ("https://press.example.org/en/school.html", "2023-06-04T21:00:00Z".to_owned()),
                ("https://press.example.org/en/most.html", "2023-05-27T21:00:00Z".to_owned()),
            ];
            assert_eq!(seen, wanted);
            assert!(listing.entries.iter().all(|entry| entry.title.is_some() && entry.summary.is_some()));
            assert_eq!(listing.entries[0].image.as_deref(), Some("https://press.example.org/i/bridge-small.jpg"));
            assert_eq!(listing.next.map(String::from).as_deref(), Some("https://press.example.org/en/?page=2"));
        }
    }

    #[test]
    fn wrong_rules_are_told_with_their_keys() {
        let rules: ListRules =
            toml::from_str("item = 'li..'\npublished = { select = 'time', format = '%d' }").expect("TOML");
        let keys: Vec<String> = Rules::compile(&rules).expect_err("wrong").into_iter().map(|error| error.key).collect();
        assert_eq!(keys, ["list.item", "list.published.format"]);
    }
}
