//! `meta` and `link` elements: Open Graph, Dublin Core, Highwire and the plain names of HTML.

use crate::model::{Category, Person};

use super::byline;
use super::scene::{Partial, Scene, fold, plain};

/// Names of `meta` elements that give a field, the most telling first.
const TITLE: &[&str] = &[
    "og:title",
    "twitter:title",
    "citation_title",
    "dc.title",
    "dcterms.title",
    "parsely-title",
    "sailthru.title",
    "title",
    "headline",
];
const SUMMARY: &[&str] = &[
    "og:description",
    "description",
    "twitter:description",
    "dc.description",
    "dcterms.description",
    "sailthru.description",
];
const AUTHOR: &[&str] = &[
    "citation_author",
    "parsely-author",
    "sailthru.author",
    "dc.creator",
    "dcterms.creator",
    "author",
    "authors",
    "article:author",
    "article:author_name",
    "og:article:author",
    "byl",
    "cxenseparse:author",
    "twitter:data1-author",
    "shareaholic:article_author_name",
    "rbauthors",
];
const PUBLISHED: &[&str] = &[
    "article:published_time",
    "og:article:published_time",
    "article:published",
    "datepublished",
    "date_published",
    "publishdate",
    "publish_date",
    "publish-date",
    "publication_date",
    "parsely-pub-date",
    "sailthru.date",
    "dc.date.issued",
    "dcterms.issued",
    "dcterms.created",
    "dc.date.created",
    "dc.date",
    "dcterms.date",
    "citation_publication_date",
    "citation_date",
    "citation_online_date",
    "cxenseparse:recs:publishtime",
    "pubdate",
    "originalpublicationdate",
    "article_date_original",
    "og:pubdate",
    "og:published_time",
    "published_time",
    "date",
    "rnews:datepublished",
    "article.published",
    "displaydate",
    "cdate",
    "creation_date",
    "shareaholic:article_published_time",
    "dcterms.available",
    "article:post_date",
    "article:published_date",
    "article_published_time",
    "vr:published_time",
    "bt:pubdate",
    "published",
    "publish_time",
    "publishtime",
    "pub_date",
    "publication-date",
    "publicationdate",
    "cxenseparse:publishtime",
    "release_date",
    "first_published",
    "datecreated",
    "created",
];
const UPDATED: &[&str] = &[
    "article:modified_time",
    "og:updated_time",
    "og:article:modified_time",
    "article:modified",
    "datemodified",
    "date_modified",
    "lastmod",
    "last-modified",
    "modified",
    "dcterms.modified",
    "dc.date.modified",
    "revised",
    "updated_time",
    "shareaholic:article_modified_time",
];
const SITE: &[&str] =
    &["og:site_name", "application-name", "apple-mobile-web-app-title", "dc.publisher", "citation_journal_title"];
const IMAGE: &[&str] = &["og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src"];
const TERMS: &[&str] = &[
    "article:section",
    "article:tag",
    "keywords",
    "news_keywords",
    "parsely-tags",
    "parsely-section",
    "dc.subject",
    "sailthru.tags",
];

/// Reads what the head says.
pub(super) fn read(scene: &Scene) -> Partial {
    let metas = metas(scene);
    let first = |names: &[&str]| {
        names.iter().find_map(|name| metas.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()))
    };
    let moment = |names: &[&str]| {
        names
            .iter()
            .flat_map(|name| metas.iter().filter(move |(known, _)| known == name))
            .find_map(|(_, value)| scene.moment(value))
    };
    Partial {
        title: first(TITLE).and_then(|text| plain(&text)),
        summary: first(SUMMARY).and_then(|text| plain(&text)),
        authors: authors(&metas),
        published: moment(PUBLISHED),
        updated: moment(UPDATED),
        language: first(&["og:locale", "dc.language", "dcterms.language", "language"]),
        categories: categories(&metas),
        canonical: canonical(scene, &metas),
        image: first(IMAGE).and_then(|address| scene.web(&address)).map(String::from),
        site: first(SITE).and_then(|text| plain(&text)),
        paywalled: first(&["article:content_tier", "og:article:content_tier"]).and_then(|tier| paywalled(&tier)),
        ..Partial::default()
    }
}

/// Names in lower case with their values, in the order of the page.
fn metas(scene: &Scene) -> Vec<(String, String)> {
    let page = scene.page;
    page.named(page.root(), "meta")
        .take(500)
        .filter_map(|node| {
            let name = ["property", "name", "http-equiv"].iter().find_map(|key| page.filled(node, key))?;
            Some((name, page.filled(node, "content")?))
        })
        .flat_map(|(names, value)| {
            // A property may have several names; Dublin Core is written with a dot or a colon.
            names.split_whitespace().take(5).map(move |name| {
                let name = name.to_lowercase();
                let name =
                    if name.starts_with("dc:") || name.starts_with("dcterms:") { name.replace(':', ".") } else { name };
                (name, value.to_owned())
            })
        })
        .collect()
}

/// What publishers call the tiers: everybody's, a number of articles free, subscribers'.
fn paywalled(tier: &str) -> Option<bool> {
    match tier.trim().to_ascii_lowercase().as_str() {
        "free" => Some(false),
        "metered" | "locked" | "premium" | "paid" => Some(true),
        _ => None,
    }
}

fn authors(metas: &[(String, String)]) -> Vec<Person> {
    for wanted in AUTHOR {
        let mut found: Vec<Person> = Vec::new();
        for (_, value) in metas.iter().filter(|(name, _)| name == wanted) {
            let Some(value) = plain(value) else { continue };
            for name in byline::names(&value) {
                if !found.iter().any(|known| known.name.as_deref() == Some(&name)) {
                    found.push(Person::named(name));
                }
            }
        }
        if !found.is_empty() {
            return found;
        }
    }
    let by_label = labelled_author(metas).map(|name| byline::names(&name)).unwrap_or_default();
    by_label.into_iter().map(Person::named).collect()
}

/// WordPress and others give what a card shows as label and value: "Written by", "Ann Lee".
fn labelled_author(metas: &[(String, String)]) -> Option<String> {
    const LABELS: [&str; 14] = [
        "written by",
        "author",
        "by",
        "verfasst von",
        "geschrieben von",
        "autor",
        "écrit par",
        "auteur",
        "escrito por",
        "scritto da",
        "geschreven door",
        "skriven av",
        "napisane przez",
        "автор",
    ];
    metas.iter().find_map(|(name, label)| {
        let number = name.strip_prefix("twitter:label")?;
        LABELS.contains(&label.trim().trim_end_matches(':').to_lowercase().as_str()).then_some(())?;
        let data = format!("twitter:data{number}");
        metas.iter().find(|(name, _)| *name == data).and_then(|(_, value)| plain(value))
    })
}

fn categories(metas: &[(String, String)]) -> Vec<Category> {
    let terms = TERMS
        .iter()
        .flat_map(|wanted| metas.iter().filter(move |(name, _)| name == wanted))
        .flat_map(|(_, value)| value.split([',', ';']))
        .filter_map(plain);
    unique(terms.collect())
}

/// Each term once, however it is written; none that is a sentence.
pub(super) fn unique(terms: Vec<String>) -> Vec<Category> {
    let mut seen = Vec::new();
    let mut kept = Vec::new();
    for term in terms.into_iter().take(60) {
        let key = fold(&term);
        if key.is_empty() || term.chars().count() > 80 || seen.contains(&key) {
            continue;
        }
        seen.push(key);
        kept.push(Category::term(term));
    }
    kept
}

fn canonical(scene: &Scene, metas: &[(String, String)]) -> Option<String> {
    let declared = scene.page.declared_canonical().and_then(|address| scene.web(address));
    let graph = || metas.iter().find(|(name, _)| name == "og:url").and_then(|(_, address)| scene.web(address));
    // A canonical address that is the front page is a mistake of the template.
    let telling = |url: &url::Url| {
        !(url.path() == "/" && url.query().is_none() && scene.url.as_ref().is_some_and(|own| own.path() != "/"))
    };
    declared.filter(telling).or_else(|| graph().filter(telling)).map(|url| crate::address::canonical(&url).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_of(head: &str) -> Partial {
        let page = crate::dom::Page::parse(head);
        read(&Scene { page: &page, base: None, url: None, zone: &jiff::tz::TimeZone::UTC, language: None })
    }

    #[test]
    fn a_card_names_the_author_under_a_label() {
        let card = |label: &str| {
            format!("<meta name='twitter:label1' content='{label}'><meta name='twitter:data1' content='Ann Lee'>")
        };
        assert_eq!(read_of(&card("Verfasst von")).authors, [Person::named("Ann Lee")]);
        assert_eq!(read_of(&card("Est. reading time")).authors, []);
    }

    #[test]
    fn the_tier_says_whether_it_is_for_subscribers() {
        for (tier, wanted) in [("free", Some(false)), ("locked", Some(true)), ("metered", Some(true)), ("gold", None)] {
            let said = read_of(&format!("<meta property='article:content_tier' content='{tier}'>"));
            assert_eq!(said.paywalled, wanted, "{tier}");
        }
    }
}
