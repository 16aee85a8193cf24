//! Feeds that a page names: in `link` elements, and in links for people.

use url::Url;

use crate::dom::{Node, Page};

use super::{Found, List, Scene, Why, scope};

/// The feeds that `link` elements (and links that say so) announce.
pub(super) fn announced(scene: &Scene, found: &mut List) {
    let page = &scene.page;
    let named = |name| page.named(page.root(), name);
    for link in named("link").chain(named("a")) {
        let Some(rel) = page.filled(link, "rel").map(str::to_lowercase) else { continue };
        let words: Vec<&str> = rel.split_whitespace().collect();
        let is_feed = words.iter().any(|word| matches!(*word, "feed" | "service.feed"));
        if !is_feed && !words.contains(&"alternate") || words.contains(&"stylesheet") {
            continue;
        }
        let Some(url) = page.filled(link, "href").and_then(|href| web(scene, href)) else { continue };
        let said = page.filled(link, "type").map(str::to_lowercase);
        let announces = match said.as_deref() {
            Some(said) => is_feed_type(said, &url),
            // Without a type the address must speak, and a translation of the page is none.
            None => is_feed || (page.filled(link, "hreflang").is_none() && looks_like_feed(&url)),
        };
        if !announces {
            continue;
        }
        let media_type = said
            .map(|said| said.split(';').next().unwrap_or_default().trim().to_owned())
            .filter(|said| said.contains('/'))
            .or_else(|| suggested_type(&url).map(str::to_owned));
        let title = page.filled(link, "title").map(crate::dom::squash);
        let scope = scope(scene.url.as_ref(), &url, title.as_deref());
        found.push(Found { url, title, media_type, why: Why::Announced, scope });
    }
}

/// Whether a media type, as pages write it, is that of a feed.
fn is_feed_type(said: &str, url: &Url) -> bool {
    // Other things are announced in the same manner: embedding, editing, interfaces.
    if ["oembed", "opensearch", "rsd", "wlwmanifest", "activity", "ld+json"].iter().any(|other| said.contains(other)) {
        return false;
    }
    if ["rss", "atom", "rdf", "feed+json"].iter().any(|kind| said.contains(kind)) {
        return true;
    }
    let path = url.path().to_lowercase();
    // The same type serves programming interfaces and sitemaps.
    match said.split(';').next().unwrap_or_default().trim() {
        "application/json" => path.contains("feed"),
        "text/xml" | "application/xml" | "xml" => {
            !["sitemap", "oembed", "xmlrpc", "opensearch", "manifest"].iter().any(|other| path.contains(other))
        }
        _ => false,
    }
}

/// The feeds that links of the page lead to, as far as address or wording tell.
pub(super) fn linked(scene: &Scene, found: &mut List) {
    let page = &scene.page;
    let mut by_words = Vec::new();
    for link in page.named(page.root(), "a").chain(page.named(page.root(), "area")) {
        let Some(url) = page.filled(link, "href").and_then(|href| web(scene, href)) else { continue };
        let mut url = subscribed(&url).unwrap_or(url);
        url.set_fragment(None);
        if is_for_sharing(&url) {
            continue;
        }
        let by_address = looks_like_feed(&url);
        if !by_address && !is_called_feed(page, link) || Some(&url) == scene.url.as_ref() {
            continue;
        }
        let is_small = page.end(link) - link.index() <= 200;
        let title = is_small.then(|| page.line(link)).filter(|text| !text.is_empty() && text.chars().count() <= 100);
        let own = scope(scene.url.as_ref(), &url, title.as_deref());
        // A feed of somebody else is hardly the one of this page.
        let is_own = scene.url.as_ref().is_none_or(|page| is_same_site(page, &url)) || is_feed_host(&url);
        let scope = if is_own { own } else { own.max(super::Scope::Part) };
        let media_type = suggested_type(&url).map(str::to_owned);
        let one = Found { url, title, media_type, why: Why::Linked, scope };
        if by_address { found.push(one) } else { by_words.push(one) }
    }
    by_words.into_iter().filter(|one| one.scope <= super::Scope::Site).for_each(|one| found.push(one));
}

/// An address of the web, also where it is written for feed readers (`feed://…`, `feed:https://…`).
fn web(scene: &Scene, href: &str) -> Option<Url> {
    for scheme in ["feed:", "itpc:", "pcast:", "rss:"] {
        let Some(rest) =
            href.get(..scheme.len()).filter(|start| start.eq_ignore_ascii_case(scheme)).and(href.get(scheme.len()..))
        else {
            continue;
        };
        let rest = if rest.starts_with("//") { format!("https:{rest}") } else { rest.to_owned() };
        return scene.web(&rest);
    }
    scene.web(href)
}

/// The feed that a button of a feed reader is for.
fn subscribed(url: &Url) -> Option<Url> {
    const READERS: [&str; 9] = [
        "feedly.com",
        "inoreader.com",
        "newsblur.com",
        "netvibes.com",
        "subtome.com",
        "bazqux.com",
        "theoldreader.com",
        "my.yahoo.com",
        "commafeed.com",
    ];
    let host = url.host_str()?;
    if !READERS.iter().any(|reader| host == *reader || host.ends_with(&format!(".{reader}"))) {
        return None;
    }
    let named = url.query_pairs().map(|(_, value)| value.into_owned());
    let decoded = percent_decoded(url.as_str().get(8..)?);
    let inside = decoded.find("http").and_then(|at| decoded.get(at..)).map(str::to_owned);
    named.chain(inside).find_map(|text| Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https")))
}

fn percent_decoded(text: &str) -> String {
    // A pair whose name is the text: what decodes forms decodes this.
    url::form_urlencoded::parse(text.replace(['&', '='], "%26").as_bytes())
        .map(|(name, _)| name.into_owned())
        .next()
        .unwrap_or_default()
}

/// Whether an address looks like that of a feed.
pub(super) fn looks_like_feed(url: &Url) -> bool {
    let path = url.path().to_lowercase();
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let last = segments.last().copied().unwrap_or_default();
    let (stem, ending) = last.rsplit_once('.').unwrap_or((last, ""));
    let is_word = |text: &str| {
        text.split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| matches!(word, "rss" | "rss2" | "feed" | "feeds" | "atom" | "rdf" | "rssfeed"))
    };
    let by_path = match ending {
        // `feed-management` is an article.
        "" => matches!(last, "rss" | "rss2" | "feed" | "feeds" | "atom" | "rdf" | "rssfeed" | "rss-feed" | "rss_feed"),
        "rss" | "atom" | "rdf" => true,
        "xml" => is_word(stem) || stem == "index" || segments.iter().any(|segment| is_word(segment)),
        "json" => stem == "feed" || segments.iter().any(|segment| matches!(*segment, "feed" | "feeds")),
        "php" | "aspx" | "ashx" | "asp" | "cgi" | "pl" | "jsp" => is_word(stem),
        _ => false,
    };
    let by_query = url.query().unwrap_or_default().to_lowercase().split('&').any(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let is_feed = matches!(value, "rss" | "rss2" | "atom" | "feed" | "rdf");
        (matches!(name, "feed" | "format" | "type" | "alt" | "output" | "mod" | "do" | "view" | "tempskin") && is_feed)
            || matches!(name, "rss" | "atom")
    });
    by_path || by_query
}

/// Whether a link leads to where things are shared: `facebook.com/dialog/feed` is none.
fn is_for_sharing(url: &Url) -> bool {
    const HOSTS: [&str; 10] = [
        "facebook.com",
        "twitter.com",
        "x.com",
        "linkedin.com",
        "pinterest.com",
        "instagram.com",
        "whatsapp.com",
        "t.me",
        "telegram.me",
        "vk.com",
    ];
    url.host_str().is_some_and(|host| HOSTS.iter().any(|known| host == *known || host.ends_with(&format!(".{known}"))))
}

/// Whether the words or the picture of a link say that it is a feed.
fn is_called_feed(page: &Page, link: Node) -> bool {
    if page.end(link) - link.index() > 40 {
        return false;
    }
    let says = |text: &str| {
        let text = text.to_lowercase();
        let is_short = text.chars().count() <= 40;
        let is_whole = matches!(text.trim(), "feed" | "feeds" | "atom" | "atom feed" | "web feed" | "xml" | "xml feed");
        is_short && (is_whole || text.split(|c: char| !c.is_alphanumeric()).any(|word| word == "rss"))
    };
    let signs = |node: Node| {
        let said = ["title", "aria-label", "alt"].iter().filter_map(|name| page.filled(node, name)).any(says);
        said || page.attribute(node, "class").is_some_and(|class| {
            class.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word.eq_ignore_ascii_case("rss"))
        })
    };
    says(&page.line(link)) || page.inside(link).any(signs)
}

/// Whether two addresses are of one site, as far as names tell: `blog.x.example` and `www.x.example`.
fn is_same_site(page: &Url, url: &Url) -> bool {
    let (Some(page), Some(url)) = (page.host_str(), url.host_str()) else { return false };
    let own = page.strip_prefix("www.").unwrap_or(page);
    let other = url.strip_prefix("www.").unwrap_or(url);
    own == other || own.ends_with(&format!(".{other}")) || other.ends_with(&format!(".{own}"))
}

/// Hosts that keep the feeds of others.
fn is_feed_host(url: &Url) -> bool {
    const HOSTS: [&str; 8] = [
        "feedburner.com",
        "feedproxy.google.com",
        "feedblitz.com",
        "feedpress.me",
        "feeds.buzzsprout.com",
        "anchor.fm",
        "libsyn.com",
        "megaphone.fm",
    ];
    url.host_str().is_some_and(|host| HOSTS.iter().any(|known| host == *known || host.ends_with(&format!(".{known}"))))
}

/// The media type that the end of an address suggests.
pub(super) fn suggested_type(url: &Url) -> Option<&'static str> {
    let path = url.path().to_lowercase();
    let told = format!(
        "{} {}",
        path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default(),
        url.query().unwrap_or_default()
    );
    [
        ("atom", "application/atom+xml"),
        ("rss", "application/rss+xml"),
        ("rdf", "application/rdf+xml"),
        (".json", "application/feed+json"),
    ]
    .into_iter()
    .find(|(word, _)| told.contains(word))
    .map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use crate::discover::Context;
    use crate::model::Document;

    use super::super::{Scope, find};
    use super::*;

    fn found(markup: &str) -> Vec<String> {
        let url = Url::parse("https://x.example/blog/").ok();
        let document = Document { url, content_type: None, body: markup.to_owned().into() };
        find(&document, &Context::default()).into_iter().map(|found| found.url.into()).collect()
    }

    #[test]
    fn announcements_are_read_however_they_are_written() {
        let rows = [
            ("rel=alternate type=application/rss+xml href=f", Some("https://x.example/blog/f")),
            ("rel='ALTERNATE home' type='Application/RSS+XML; charset=utf-8' href=/f", Some("https://x.example/f")),
            ("rel=alternate type=application/feed+json href=//y.example/f", Some("https://y.example/f")),
            ("rel=alternate type=text/rss href=/f", Some("https://x.example/f")),
            ("rel=alternate type=application/x.atom+xml href=/f", Some("https://x.example/f")),
            ("rel=alternate type=rss href=/f", Some("https://x.example/f")),
            ("rel=alternate type=text/xml href=/news.xml", Some("https://x.example/news.xml")),
            ("rel=alternate type=application/xml href=/news", Some("https://x.example/news")),
            ("rel=alternate type=application/json href=/feed.json", Some("https://x.example/feed.json")),
            ("rel=feed href=/updates", Some("https://x.example/updates")),
            ("rel=alternate href=/index.xml", Some("https://x.example/index.xml")),
            ("rel=alternate type=application/rss+xml href=feed://x.example/f", Some("https://x.example/f")),
            ("rel=alternate type=application/rss+xml href=feed:http://x.example/f", Some("http://x.example/f")),
            ("rel=alternate type=application/rss+xml href=' /f '", Some("https://x.example/f")),
            ("rel=alternate type=application/rss+xml href=javascript:alert(1)", None),
            ("rel=alternate type=application/rss+xml href=''", None),
            ("rel=alternate hreflang=de href=/de/feed", None),
            ("rel=alternate type=application/json+oembed href=/oembed?format=rss", None),
            ("rel=alternate type=text/xml+oembed href=/oembed", None),
            ("rel=alternate type=application/xml href=/sitemap.xml", None),
            ("rel=alternate type=application/activity+json href=/users/ann", None),
            ("rel='alternate stylesheet' type=text/xml href=/feed", None),
            ("rel=alternate media=handheld href=/m/", None),
            ("rel=stylesheet type=text/css href=/rss.css", None),
        ];
        for (attributes, wanted) in rows {
            assert_eq!(found(&format!("<link {attributes}>")).first().map(String::as_str), wanted, "{attributes}");
        }
        let based = "<base href=https://b.example/x/><link rel=alternate type=application/rss+xml href=f>";
        assert_eq!(found(based), ["https://b.example/x/f"]);
    }

    #[test]
    fn links_to_feeds_are_told_by_address_or_words() {
        let rows = [
            ("<a href=/news_rss.xml>News</a>", true),
            ("<a href=/rss/news.xml>News</a>", true),
            ("<a href=/rssfeed.php?id=4>News</a>", true),
            ("<a href='/?feed=atom'>x</a>", true),
            ("<a href='/index.php?format=feed&type=rss'>x</a>", true),
            ("<a href=/export/17>RSS 2.0</a>", true),
            ("<a href=/export/17><img src=r.gif alt=RSS></a>", true),
            ("<a href=/export/17><i class='fa fa-rss'></i></a>", true),
            ("<a href=/export/17 title='RSS-лента'></a>", true),
            ("<a href=/feedback>Feedback</a>", false),
            ("<a href=/feed-management>Feed management</a>", false),
            ("<a href='#rss'>RSS</a>", false),
            ("<a href='https://www.facebook.com/dialog/feed?link=x'>Share</a>", false),
            ("<a href=/why-we-love-rss-and-what-became-of-it-in-the-end>Read</a>", false),
            ("<a href=/atoms>Atomic energy</a>", false),
            ("<a href=/feed.css>x</a>", false),
            ("<a href=mailto:rss@x.example>RSS</a>", false),
        ];
        for (markup, wanted) in rows {
            assert_eq!(!found(markup).is_empty(), wanted, "{markup}");
        }
    }

    #[test]
    fn a_button_of_a_reader_leads_to_the_feed_it_is_for() {
        let rows = [
            "https://feedly.com/i/subscription/feed/https://x.example/f.rss",
            "https://feedly.com/i/subscription/feed%2Fhttps%3A%2F%2Fx.example%2Ff.rss",
            "https://www.newsblur.com/?url=https%3A%2F%2Fx.example%2Ff.rss",
        ];
        for href in rows {
            assert_eq!(found(&format!("<a href='{href}'>+</a>")), ["https://x.example/f.rss"], "{href}");
        }
    }

    #[test]
    fn feeds_of_other_sites_come_after_own_ones() {
        let markup = "<a href=https://other.example/feed>Ann's feed</a><a href=/rss.xml>RSS</a><a href=https://feeds.feedburner.com/x/rss>RSS</a>";
        assert_eq!(
            found(markup),
            ["https://x.example/rss.xml", "https://feeds.feedburner.com/x/rss", "https://other.example/feed"]
        );
        let document = Document { url: Url::parse("https://x.example/").ok(), content_type: None, body: markup.into() };
        assert_eq!(find(&document, &Context::default())[2].scope, Scope::Part);
    }
}
