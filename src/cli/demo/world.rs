//! The sample world of the demo: an official site without a feed, in two languages, and three feeds.
//!
//! The pages are written from `config/demo` (embedded) and put on a shelf of their own, so that the sample site answers
//! conditional requests like a well-kept server does. [`World::advance`] lets the site publish one more article.

use std::fmt::Write;
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::dom::escape;
use crate::publish::Parcel;
use crate::serve::Shelf;

const NEWS: &str = include_str!("../../../config/demo/news.toml");
const LISTING: &str = include_str!("../../../config/demo/listing.html");
const ITEM: &str = include_str!("../../../config/demo/item.html");
const ARTICLE: &str = include_str!("../../../config/demo/article.html");
const PICTURE: &str = include_str!("../../../config/demo/picture.svg");
const GAZETTE: &str = include_str!("../../../config/demo/gazette.rss");
const LIBRARY: &str = include_str!("../../../config/demo/library.atom");
const LIBRARY_PAGE: &str = include_str!("../../../config/demo/library-page.html");
const NOTICES: &str = include_str!("../../../config/demo/notices.json");
const STYLE: &str = include_str!("../../../config/demo/style.css");

/// The zone of the sample site: its pages print local times without one.
const ZONE: &str = "Europe/Tallinn";

/// How many articles a listing shows.
const LISTED: usize = 12;

/// Titles and texts of the library's pages, which its feed only summarizes.
const LIBRARY_PAGES: [(&str, &str, i64, &[&str]); 2] = [
    (
        "reading-room",
        "Reading room open until midnight",
        9,
        &[
            "During examinations the reading room stays open until midnight, from Monday to Thursday. Two librarians are on duty; the newspaper hall closes at nine as before.",
            "Lockers are free of charge. Students who bring their own lamp may use the tables in the map corridor, where the light has been too dim for a hundred years.",
            "“Nobody has ever been sent home because of the hour, only because of the snoring,” said the head of the reading room.",
        ],
    ),
    (
        "map-collection",
        "Sea charts of three centuries, now online",
        33,
        &[
            "The library has put 1,140 sea charts online, the oldest drawn in 1702 by a pilot who had never learned to write his name but signed every shoal.",
            "Each chart was photographed in nine parts and put together by hand. The depth soundings of four centuries can now be laid over each other.",
            "The originals remain in the vault and are shown on the first Sunday of the month.",
        ],
    ),
];

#[derive(Deserialize)]
struct News {
    article: Vec<Story>,
    bulletin: Vec<Story>,
}

#[derive(Deserialize, Clone)]
struct Story {
    #[serde(default)]
    slug: String,
    #[serde(default)]
    hours: i64,
    place: String,
    credit: String,
    materials: Option<Materials>,
    en: Words,
    ru: Words,
}

#[derive(Deserialize, Clone)]
struct Materials {
    name: String,
    path: String,
}

#[derive(Deserialize, Clone)]
struct Words {
    title: String,
    lead: String,
    body: Vec<String>,
}

/// One edition of the site.
struct Language {
    code: &'static str,
    media_type: &'static str,
    words: fn(&Story) -> &Words,
    labels: &'static [(&'static str, &'static str)],
    date: fn(Timestamp, &TimeZone) -> String,
    materials: &'static str,
}

const LANGUAGES: [Language; 2] = [
    Language {
        code: "en",
        media_type: "text/html; charset=utf-8",
        words: |story| &story.en,
        labels: &[
            ("charset", "utf-8"),
            ("site", "Press Office of Lindhaven"),
            ("heading", "News"),
            ("about", "About us"),
            ("posted", "Posted:"),
            ("share", "Share this page"),
            ("more", "More news"),
        ],
        date: |moment, zone| moment.to_zoned_datetime(zone.clone()).strftime("%d.%m.%Y %H:%M:%S").to_string(),
        materials: "Based on materials of",
    },
    Language {
        code: "ru",
        media_type: "text/html; charset=windows-1251",
        words: |story| &story.ru,
        labels: &[
            ("charset", "windows-1251"),
            ("site", "Пресс-служба Линдхавена"),
            ("heading", "Новости"),
            ("about", "О нас"),
            ("posted", "Опубликовано:"),
            ("share", "Поделиться"),
            ("more", "Другие новости"),
        ],
        date: russian_date,
        materials: "По материалам",
    },
];

fn russian_date(moment: Timestamp, zone: &TimeZone) -> String {
    const MONTHS: [&str; 12] = [
        "января",
        "февраля",
        "марта",
        "апреля",
        "мая",
        "июня",
        "июля",
        "августа",
        "сентября",
        "октября",
        "ноября",
        "декабря",
    ];
    let local = moment.to_zoned_datetime(zone.clone());
    let month = usize::try_from(local.month() - 1).map_or("", |month| MONTHS[month]);
    format!("{} {month} {}", local.day(), local.strftime("%Y, %H:%M"))
}

/// The sample world.
pub(crate) struct World {
    shelf: Arc<Shelf>,
    origin: String,
    started: Timestamp,
    zone: TimeZone,
    bulletins: Vec<Story>,
    /// Stories with the moment of their publication, newest first.
    stories: Vec<(Story, Timestamp)>,
    advanced: usize,
}

/// The press office finds a mistake in each bulletin whose number this divides, two bulletins later.
const CORRECTED: usize = 6;

impl World {
    /// The world as it is at `now`, with pages whose addresses begin with `origin`.
    pub(crate) fn new(origin: &str, now: Timestamp) -> Self {
        let news: News = toml::from_str(NEWS).expect("the embedded news are valid; a test reads them");
        let ago = |hours: i64| now - SignedDuration::from_hours(hours);
        let stories = news.article.into_iter().map(|story| (story.clone(), ago(story.hours))).collect();
        let zone = TimeZone::get(ZONE).expect("the zone is bundled");
        let world = Self {
            shelf: Arc::new(Shelf::of_the_moment()),
            origin: origin.to_owned(),
            started: now,
            zone,
            bulletins: news.bulletin,
            stories,
            advanced: 0,
        };
        world.put_feeds();
        world.put_site();
        world
    }

    /// What the world's server answers from.
    pub(crate) fn shelf(&self) -> Arc<Shelf> {
        Arc::clone(&self.shelf)
    }

    /// Lets the site publish one more article; gives its English title.
    pub(crate) fn advance(&mut self, now: Timestamp) -> String {
        let number = self.advanced + 1;
        let mut story = self.bulletins[self.advanced % self.bulletins.len()].clone();
        self.advanced = number;
        story.slug = format!("bulletin-{number}");
        for words in [&mut story.en, &mut story.ru] {
            words.title = words.title.replace("{n}", &number.to_string());
        }
        let title = story.en.title.clone();
        self.stories.insert(0, (story, now));
        self.put_site();
        title
    }

    /// Lets the site correct an article of before, if it has found a mistake; gives its English title.
    pub(crate) fn correct(&mut self) -> Option<String> {
        let number = self.advanced.checked_sub(2).filter(|number| *number > 0 && number % CORRECTED == 0)?;
        let slug = format!("bulletin-{number}");
        let (story, _) = self.stories.iter_mut().find(|(story, _)| story.slug == slug)?;
        story.en.title.push_str(" (corrected)");
        story.ru.title.push_str(" (исправлено)");
        let title = story.en.title.clone();
        self.put_site();
        Some(title)
    }

    fn put_site(&self) {
        for language in &LANGUAGES {
            let base = [("language", language.code), ("origin", &self.origin)];
            let labels: Vec<(&str, &str)> = language.labels.iter().copied().chain(base).collect();
            let items: String =
                self.stories.iter().take(LISTED).map(|(story, at)| self.item(language, story, *at)).collect();
            let listing = fill(LISTING, &[&labels[..], &[("items", &items)]].concat());
            self.put(&format!("{}/index.html", language.code), language, &listing);
            for (index, (story, at)) in self.stories.iter().take(LISTED).enumerate() {
                let page = self.article(language, &labels, story, *at, index);
                self.put(&format!("{}/news/{}.html", language.code, story.slug), language, &page);
            }
        }
    }

    fn item(&self, language: &Language, story: &Story, at: Timestamp) -> String {
        let date = at.to_zoned_datetime(self.zone.clone()).strftime("%d.%m.%Y").to_string();
        let link = format!("/{}/news/{}.html", language.code, story.slug);
        let title = escape(&(language.words)(story).title);
        fill(ITEM, &[("date", &date), ("link", &link), ("title", &title)])
    }

    fn article(
        &self,
        language: &Language,
        labels: &[(&str, &str)],
        story: &Story,
        at: Timestamp,
        index: usize,
    ) -> String {
        let words = (language.words)(story);
        let mut paragraphs = String::new();
        for paragraph in &words.body {
            let _ = writeln!(paragraphs, "<p>{}</p>", escape(paragraph));
        }
        let materials = story.materials.as_ref().map_or(String::new(), |materials| {
            let (text, path, name) = (language.materials, &materials.path, escape(&materials.name));
            format!("<p>{text} <a href=\"{path}\">{name}</a></p>\n")
        });
        let others = self.stories.iter().enumerate().filter(|(other, _)| *other != index).take(3);
        let items: String = others.map(|(_, (story, at))| self.item(language, story, *at)).collect();
        let picture = format!("/pictures/{}.svg", story.slug);
        let hue_and_sun = [("hue", &*hue(&story.slug)), ("sun", &*(200 + at.as_second() % 560).to_string())];
        self.put_bytes(&picture[1..], "image/svg+xml", at, fill(PICTURE, &hue_and_sun).into_bytes());
        let fields = [
            ("title", escape(&words.title)),
            ("date", (language.date)(at, &self.zone)),
            ("lead", escape(&words.lead)),
            ("paragraphs", paragraphs),
            ("picture", picture),
            ("place", escape(&story.place)),
            ("credit", escape(&story.credit)),
            ("materials", materials),
            ("items", items),
        ];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        fill(ARTICLE, &[labels, &fields[..]].concat())
    }

    fn put(&self, path: &str, language: &Language, page: &str) {
        let bytes = if language.media_type.ends_with("1251") {
            encoding_rs::WINDOWS_1251.encode(page).0.into_owned()
        } else {
            page.as_bytes().to_vec()
        };
        self.put_bytes(path, language.media_type, Timestamp::now(), bytes);
    }

    fn put_bytes(&self, path: &str, media_type: &'static str, modified: Timestamp, bytes: Vec<u8>) {
        self.shelf.put(&Parcel::new(path, media_type, bytes), modified);
    }

    fn put_feeds(&self) {
        let feeds = [
            ("gazette.rss", "application/rss+xml", GAZETTE),
            ("library.atom", "application/atom+xml", LIBRARY),
            ("notices.json", "application/feed+json", NOTICES),
            ("style.css", "text/css; charset=utf-8", STYLE),
        ];
        for (path, media_type, template) in feeds {
            let dated = self.fill_dates(&fill(template, &[("origin", &self.origin)]));
            self.put_bytes(path, media_type, self.started, dated.into_bytes());
        }
        let picture = fill(PICTURE, &[("hue", "200"), ("sun", "300")]).into_bytes();
        self.put_bytes("pictures/7.svg", "image/svg+xml", self.started, picture);
        for (slug, title, hours, body) in LIBRARY_PAGES {
            let paragraphs: String = body.iter().map(|text| format!("<p>{}</p>\n", escape(text))).collect();
            let date = (self.started - SignedDuration::from_hours(hours)).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
            let page = fill(LIBRARY_PAGE, &[("title", title), ("date", &date), ("paragraphs", &paragraphs)]);
            self.put_bytes(
                &format!("library/{slug}.html"),
                "text/html; charset=utf-8",
                self.started,
                page.into_bytes(),
            );
        }
    }

    /// Writes `{{rfc822:H}}` and `{{rfc3339:H}}` as the moment H hours before the start.
    fn fill_dates(&self, template: &str) -> String {
        let mut filled = template.to_owned();
        for hours in 0..100 {
            let moment = self.started - SignedDuration::from_hours(hours);
            let rfc822 = moment.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
            let rfc3339 = moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
            filled = filled.replace(&format!("{{{{rfc822:{hours}}}}}"), &rfc822);
            filled = filled.replace(&format!("{{{{rfc3339:{hours}}}}}"), &rfc3339);
        }
        filled
    }
}

fn hue(slug: &str) -> String {
    (slug.bytes().map(u32::from).sum::<u32>() * 47 % 360).to_string()
}

/// Puts values into the `{{name}}` places of a template.
pub(super) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(template.to_owned(), |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world() -> World {
        World::new("http://127.0.0.1:1", "2026-03-10T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn no_place_of_a_template_is_left_open() {
        let mut world = world();
        world.advance("2026-03-10T12:05:00Z".parse().unwrap());
        for path in [
            "en/index.html",
            "ru/index.html",
            "en/news/quay-reopens.html",
            "ru/news/bulletin-1.html",
            "gazette.rss",
            "library.atom",
            "notices.json",
            "library/reading-room.html",
            "pictures/bulletin-1.svg",
        ] {
            let resource = world.shelf.get(path).unwrap_or_else(|| panic!("{path} is missing"));
            assert!(!resource.plain.windows(2).any(|pair| pair == b"{{"), "{path}");
        }
    }

    #[test]
    fn the_russian_pages_are_windows_1251() {
        let page = world().shelf.get("ru/news/night-ferry.html").unwrap();
        assert!(std::str::from_utf8(&page.plain).is_err());
        let (text, _, broken) = encoding_rs::WINDOWS_1251.decode(&page.plain);
        assert!(!broken && text.contains("Опубликовано: 9 марта 2026, 12:00"), "{text}");
    }

    #[test]
    fn the_site_corrects_a_bulletin_where_it_stands() {
        let mut world = world();
        let moment = "2026-03-10T12:05:00Z".parse().unwrap();
        let corrected: Vec<usize> = (1..=20)
            .filter(|_| {
                world.advance(moment);
                world.correct().is_some()
            })
            .collect();
        assert_eq!(corrected, [8, 14, 20]);
        let page = world.shelf.get("en/news/bulletin-18.html").unwrap();
        assert!(
            String::from_utf8_lossy(&page.plain)
                .contains("Bulletin 18: water supply restored in the old town (corrected)")
        );
    }

    #[test]
    fn the_site_gains_an_article_with_each_step() {
        let mut world = world();
        let before = world.shelf.get("en/index.html").unwrap().digest;
        let title = world.advance("2026-03-10T12:05:00Z".parse().unwrap());
        let listing = world.shelf.get("en/index.html").unwrap();
        assert_ne!(listing.digest, before);
        assert!(String::from_utf8_lossy(&listing.plain).contains(&title));
    }
}
