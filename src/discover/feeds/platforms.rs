//! Where the software that made a page keeps its feeds: a table of what tells the software, and the places it is known for.
//!
//! What tells is the host, the `generator` that the page names, or something in its markup that only this software writes.
//! A place is a template: `/x` of the host, `./x` below the page, `?x` the page with this query, a whole address for another
//! host; `{0}` `{1}` `{2}` are segments of the page's path, `{path}` is the path. A place whose parts are missing is left out.

use url::Url;

use crate::encoding::{self, Markup};
use crate::model::Document;

use super::links::suggested_type;
use super::{Found, List, Scene, Scope, Why};

/// Markup that is searched for signs, in bytes.
const MAX_SEARCHED: usize = 2 << 20;

/// One kind of software.
struct Platform {
    name: &'static str,
    /// Hosts it runs on; `example.com` stands for those below it, too.
    hosts: &'static [&'static str],
    /// How the `generator` of the page begins, in lower case.
    generators: &'static [&'static str],
    /// What only its pages contain, in lower case.
    marks: &'static [&'static str],
    /// Its feeds, the most likely first.
    places: &'static [&'static str],
}

/// A row that is told by its pages.
const fn told(
    name: &'static str,
    generators: &'static [&'static str],
    marks: &'static [&'static str],
    places: &'static [&'static str],
) -> Platform {
    Platform { name, hosts: &[], generators, marks, places }
}

/// A row that is told by its host.
const fn at(name: &'static str, hosts: &'static [&'static str], places: &'static [&'static str]) -> Platform {
    Platform { name, hosts, generators: &[], marks: &[], places }
}

/// Hosts first: what runs there is certain.
const PLATFORMS: &[Platform] = &[
    at(
        "YouTube",
        &["youtube.com"],
        &["/feeds/videos.xml?channel_id={channel}", "/feeds/videos.xml?playlist_id={list}"],
    ),
    at(
        "GitHub",
        &["github.com"],
        &["/{0}/{1}/releases.atom", "/{0}/{1}/commits.atom", "/{0}/{1}/tags.atom", "/{0}.atom"],
    ),
    at(
        "GitLab",
        &["gitlab.com"],
        &["/{0}/{1}/-/releases.atom", "/{0}/{1}/-/tags?format=atom", "/{0}/{1}.atom", "/{0}.atom"],
    ),
    at("Codeberg", &["codeberg.org"], &["/{0}/{1}/releases.rss", "/{0}/{1}.rss", "/{0}.rss"]),
    at("Reddit", &["reddit.com"], &["{path}/.rss", "/.rss"]),
    at("Bluesky", &["bsky.app"], &["/profile/{1}/rss"]),
    at("Tumblr", &["www.tumblr.com"], &["https://{0}.tumblr.com/rss"]),
    at("Medium", &["medium.com"], &["https://medium.com/feed/{0}", "/feed"]),
    at("Blogger", &["blogspot.com"], &["/feeds/posts/default", "/feeds/posts/default?alt=rss"]),
    at("LiveJournal", &["livejournal.com", "dreamwidth.org"], &["/data/atom", "/data/rss"]),
    at("Vimeo", &["vimeo.com"], &["/{0}/videos/rss"]),
    at("Stack Exchange", &["stackexchange.com", "stackoverflow.com"], &["/feeds", "/feeds/tag/{2}"]),
    at("Hacker News", &["news.ycombinator.com"], &["/rss"]),
    at("Micro.blog", &["micro.blog"], &["/feed.xml", "/feed.json"]),
    at("WriteFreely", &["write.as"], &["/{0}/feed/", "/feed/"]),
    at("Buttondown", &["buttondown.com", "buttondown.email"], &["/{0}/rss"]),
    told(
        "WordPress",
        &["wordpress"],
        &["/wp-content/", "/wp-includes/", "/wp-json/"],
        &["{install}feed/", "/feed/", "./feed/", "{install}?feed=rss2"],
    ),
    told(
        "Blogger",
        &["blogger"],
        &["www.blogger.com/static"],
        &["/feeds/posts/default", "/feeds/posts/default?alt=rss"],
    ),
    told("Medium", &["medium"], &["com.medium.reader", "cdn-client.medium.com"], &["/feed", "/feed/{0}"]),
    told("Tumblr", &["tumblr"], &["assets.tumblr.com"], &["/rss"]),
    told("Substack", &["substack"], &["substackcdn.com"], &["/feed"]),
    told("Ghost", &["ghost"], &["ghost-sdk", "/ghost/api/"], &["/rss/"]),
    told(
        "Drupal",
        &["drupal"],
        &["drupal-settings-json", "/sites/default/files/", "drupal.settings"],
        &["/rss.xml", "./feed", "./rss.xml"],
    ),
    told(
        "Joomla",
        &["joomla"],
        &["/media/jui/", "/media/system/js/core"],
        &["?format=feed&type=atom", "?format=feed&type=rss"],
    ),
    told(
        "TYPO3",
        &["typo3"],
        &["/typo3conf/", "/typo3temp/"],
        &["?type=9818", "/rss.xml", "./rss.xml", "/feed.xml", "?type=100"],
    ),
    told(
        "Bitrix",
        &["bitrix"],
        &["/bitrix/js/", "/bitrix/templates/", "/bitrix/cache/"],
        &["./rss/", "/rss/", "/news/rss/", "/rss.php", "/rss.xml"],
    ),
    told(
        "Discourse",
        &["discourse"],
        &["discourse-cdn", "data-discourse-setup"],
        &["{path}.rss", "/latest.rss", "/posts.rss"],
    ),
    told("Mastodon", &["mastodon"], &["id=\"mastodon\"", "id='mastodon'"], &["/{0}.rss"]),
    told("Pleroma", &["pleroma", "akkoma"], &[], &["/users/{1}/feed.atom", "/{0}.rss"]),
    told("Misskey", &["misskey"], &[], &["/{0}.atom", "/{0}.rss"]),
    told("Lemmy", &["lemmy"], &["lemmyconfig"], &["/feeds{path}.xml", "/feeds/local.xml"]),
    told(
        "PeerTube",
        &["peertube"],
        &["content=\"peertube\""],
        &["/feeds/videos.xml?videoChannelName={1}", "/feeds/videos.xml?accountName={1}", "/feeds/videos.xml"],
    ),
    told(
        "GitLab",
        &["gitlab"],
        &["content=\"gitlab\""],
        &["/{0}/{1}/-/releases.atom", "/{0}/{1}/-/tags?format=atom", "/{0}/{1}.atom"],
    ),
    told(
        "Forgejo",
        &["forgejo", "gitea"],
        &["forgejo", "powered by gitea"],
        &["/{0}/{1}/releases.rss", "/{0}/{1}.rss", "/{0}.rss"],
    ),
    told("Hugo", &["hugo"], &[], &["./index.xml", "/index.xml"]),
    told("Jekyll", &["jekyll"], &["<!-- begin jekyll seo tag"], &["/feed.xml", "/atom.xml", "./feed.xml"]),
    told("Hexo", &["hexo"], &[], &["/atom.xml", "/rss2.xml"]),
    told("Gatsby", &["gatsby"], &["id=\"___gatsby\""], &["/rss.xml", "/feed.xml"]),
    told("Eleventy", &["eleventy"], &[], &["/feed/feed.xml", "/feed.xml", "/feed/"]),
    told("Zola", &["zola"], &[], &["./atom.xml", "/atom.xml", "/rss.xml"]),
    told("Astro", &["astro"], &[], &["/rss.xml", "/feed.xml"]),
    told("Docusaurus", &["docusaurus"], &["id=\"__docusaurus\""], &["/blog/atom.xml", "/blog/rss.xml", "./atom.xml"]),
    told("Pelican", &["pelican"], &[], &["/feeds/all.atom.xml", "/feeds/atom.xml"]),
    told("Nikola", &["nikola"], &[], &["/rss.xml", "/feed.atom"]),
    told("MkDocs", &["mkdocs"], &[], &["/feed_rss_created.xml"]),
    told("Bear Blog", &["bear blog"], &["bearblog.dev"], &["/feed/", "/feed/?type=rss"]),
    told(
        "Squarespace",
        &["squarespace"],
        &["static1.squarespace.com", "assets.squarespace.com"],
        &["?format=rss", "/blog?format=rss", "/news?format=rss"],
    ),
    told("Wix", &["wix.com"], &["static.wixstatic.com", "static.parastorage.com"], &["/blog-feed.xml", "/feed.xml"]),
    told("Weebly", &["weebly"], &["editmysite.com", "cdn2.weebly"], &["./feed", "/blog/feed", "/1/feed"]),
    told(
        "Webflow",
        &["webflow"],
        &["assets.website-files.com", "data-wf-site"],
        &["./rss.xml", "/blog/rss.xml", "/post/rss.xml"],
    ),
    told("Shopify", &["shopify"], &["cdn.shopify.com", "shopify.theme"], &["/blogs/{blog}.atom", "/blogs/news.atom"]),
    told("BigCommerce", &["bigcommerce"], &["bigcommerce.com/s-"], &["/blog/rss/", "/rss.php?type=rss"]),
    told("PrestaShop", &["prestashop"], &[], &["/modules/feeder/rss.php"]),
    told("Magento", &["magento"], &["mage/cookies"], &["/blog/rss/feed", "/rss/"]),
    told("Contao", &["contao"], &[], &["/share/news.xml", "/share/blog.xml"]),
    told("Plone", &["plone"], &["++plone++", "portal_css"], &["./RSS", "./rss.xml", "./atom.xml"]),
    told("Liferay", &["liferay"], &["/o/frontend-", "liferay.themedisplay"], &["./-/blogs/rss", "./rss"]),
    told(
        "SharePoint",
        &["microsoft sharepoint"],
        &["_layouts/15/", "_layouts/"],
        &["./_layouts/15/listfeed.aspx", "/rss"],
    ),
    told("DNN", &["dotnetnuke", "dnn"], &["/desktopmodules/"], &["/rss", "./rss"]),
    told("Umbraco", &["umbraco"], &["/umbraco/"], &["./rss", "/rss"]),
    told("Sitecore", &["sitecore"], &["/sitecore/", "-/media/"], &["/rss", "./rss"]),
    told("AEM", &[], &["/etc.clientlibs/", "/content/dam/"], &["./_jcr_content.feed", "/rss.xml"]),
    told("Kirby", &["kirby"], &["/media/plugins/"], &["./feed", "/feed"]),
    told("Craft", &["craft cms"], &["craftcms"], &["/feed", "/feed.rss", "/rss"]),
    told("Textpattern", &["textpattern"], &[], &["/atom/", "/rss/"]),
    told("Serendipity", &["serendipity"], &["serendipity_"], &["/feeds/index.rss2", "/feeds/atom10.xml"]),
    told("Movable Type", &["movable type"], &["mt-static"], &["./atom.xml", "/atom.xml", "/index.xml"]),
    told(
        "TypePad",
        &["typepad", "http://www.typepad.com"],
        &["static.typepad.com"],
        &["./atom.xml", "/atom.xml", "./rss.xml"],
    ),
    told("Dotclear", &["dotclear"], &[], &["/feed/atom", "/feed/rss2", "./feed/atom"]),
    told("SPIP", &["spip"], &["spip.php"], &["/spip.php?page=backend"]),
    told("XenForo", &["xenforo"], &["xenforo", "data-app=\"public\""], &["./index.rss", "/forums/-/index.rss"]),
    told("phpBB", &["phpbb"], &["id=\"phpbb\"", "powered by phpbb"], &["./feed.php", "./app.php/feed", "/feed.php"]),
    told("vBulletin", &["vbulletin"], &["vbulletin_"], &["./external.php?type=RSS2"]),
    told("Discuz", &["discuz"], &[], &["./forum.php?mod=rss", "/forum.php?mod=rss"]),
    told("Flarum", &["flarum"], &["flarum-content", "id=\"flarum"], &["/atom", "/rss"]),
    told("DataLife Engine", &["datalife engine"], &["dle_root", "/engine/classes/"], &["/rss.xml", "./rss.xml"]),
    told("uCoz", &["ucoz"], &["ucoz.net", "/.s/src/"], &["/news/rss/", "/blog/rss/", "./rss/"]),
    told("NetCat", &["netcat"], &["/netcat_template/"], &["./rss/", "./?rss=1"]),
    told("InstantCMS", &["instantcms"], &[], &["/rss/feed/content", "/rss/news"]),
    told(
        "MediaWiki",
        &["mediawiki"],
        &["mw-head-base", "mediawiki:"],
        &[
            "{script}index.php?title=Special:RecentChanges&feed=atom",
            "{script}index.php?title=Special:NewPages&feed=atom",
        ],
    ),
    told("DokuWiki", &["dokuwiki"], &["id=\"dokuwiki__"], &["./feed.php", "/feed.php"]),
    told("Trac", &["trac"], &["trac-"], &["./timeline?format=rss"]),
    told("Redmine", &["redmine"], &["content=\"redmine\""], &["./activity.atom", "./news.atom"]),
    told("Beehiiv", &["beehiiv"], &["media.beehiiv.com"], &["/feed"]),
    told("Statamic", &["statamic"], &[], &["/feed", "/rss"]),
    told(
        "CivicPlus",
        &[],
        &["civicplus", "civicengage"],
        &["/rssfeed.aspx?modid=1&cid=all-newsflash.xml", "/rss.aspx"],
    ),
    told("ModX", &["modx"], &["/assets/components/"], &["./rss.xml", "/rss.xml", "/feed.rss"]),
];

/// What is known of a page for the table.
struct Signs<'a> {
    url: &'a Url,
    host: &'a str,
    generators: Vec<String>,
    /// The markup in lower case, for marks.
    low: String,
    /// The markup as it is, for ids.
    markup: &'a str,
    segments: Vec<String>,
    /// The folder the software is installed in, where links of it tell.
    install: Option<String>,
    script: Option<String>,
}

/// Adds the places where the software of the page keeps its feeds.
pub(super) fn places(scene: &Scene, document: &Document, found: &mut List) {
    let Some(url) = scene.url.as_ref() else { return };
    let Some(host) = url.host_str() else { return };
    let decoded = encoding::decode(&document.body, document.content_type.as_deref(), Markup::Html);
    let markup = &decoded.text[..decoded.text.floor_char_boundary(MAX_SEARCHED)];
    let page = &scene.page;
    let generators = page
        .named(page.root(), "meta")
        .filter(|meta| page.attribute(*meta, "name").is_some_and(|name| name.eq_ignore_ascii_case("generator")));
    let linked = |relation: &str| {
        let is_it = |rel: &str| rel.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case(relation));
        let link = page.named(page.root(), "link").find(|link| page.attribute(*link, "rel").is_some_and(is_it))?;
        page.filled(link, "href").and_then(|href| scene.web(href))
    };
    let signs = Signs {
        url,
        host,
        generators: generators.filter_map(|meta| page.filled(meta, "content")).map(str::to_lowercase).collect(),
        low: markup.to_ascii_lowercase(),
        markup,
        segments: url.path_segments().into_iter().flatten().filter(|s| !s.is_empty()).map(str::to_owned).collect(),
        install: linked("https://api.w.org/").and_then(|url| url.as_str().split("wp-json").next().map(str::to_owned)),
        script: linked("edituri").and_then(|url| url.as_str().split("api.php").next().map(str::to_owned)),
    };
    for platform in PLATFORMS.iter().filter(|platform| signs.tell(platform)) {
        for url in platform.places.iter().filter_map(|place| signs.resolve(place)) {
            let media_type = suggested_type(&url).map(str::to_owned);
            let why = Why::Platform(platform.name);
            found.push(Found { url, title: None, media_type, why, scope: Scope::Site });
        }
    }
}

/// The page as a folder: `/news/` for `/news` and `/news/`, `/` for `/index.html`.
pub(super) fn folder(page: &Url) -> Url {
    let mut folder = page.clone();
    folder.set_query(None);
    folder.set_fragment(None);
    let path = page.path();
    let is_file = path.rsplit('/').next().is_some_and(|last| last.contains('.'));
    if !path.ends_with('/') && !is_file {
        folder.set_path(&format!("{path}/"));
    }
    folder.join(".").unwrap_or(folder)
}

impl Signs<'_> {
    fn tell(&self, platform: &Platform) -> bool {
        let below =
            |known: &str| self.host.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        platform.hosts.iter().any(|known| below(known))
            || self.generators.iter().any(|named| platform.generators.iter().any(|known| named.starts_with(known)))
            || platform.marks.iter().any(|mark| memchr::memmem::find(self.low.as_bytes(), mark.as_bytes()).is_some())
    }

    /// The address a place means on this page.
    fn resolve(&self, place: &str) -> Option<Url> {
        let filled = self.fill(place)?;
        if let Some(query) = filled.strip_prefix('?') {
            let mut url = self.url.clone();
            url.set_fragment(None);
            url.set_query(Some(query));
            return Some(url);
        }
        let base = if filled.starts_with("./") { folder(self.url) } else { self.url.clone() };
        base.join(&filled).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
    }

    fn fill(&self, place: &str) -> Option<String> {
        let mut filled = String::new();
        let mut rest = place;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}')?;
            filled.push_str(before);
            filled.push_str(&self.value(name)?);
            rest = after;
        }
        filled.push_str(rest);
        Some(filled)
    }

    fn value(&self, name: &str) -> Option<String> {
        match name {
            "path" => Some(self.url.path().trim_end_matches('/').to_owned()),
            "install" => self.install.clone(),
            "script" => self.script.clone().or_else(|| Some("/".to_owned())),
            "channel" => self.channel(),
            "list" => self.url.query_pairs().find(|(name, _)| name == "list").map(|(_, list)| list.into_owned()),
            "blog" => self.after("/blogs/"),
            number => self.segments.get(number.parse::<usize>().ok()?).cloned(),
        }
    }

    /// The id of a YouTube channel: in the address, else in the page.
    fn channel(&self) -> Option<String> {
        let named = self.segments.iter().skip_while(|segment| *segment != "channel").nth(1).cloned();
        let marks = ["\"externalId\":\"", "\"channelId\":\"", "itemprop=\"identifier\" content=\"", "/channel/"];
        let id = named.or_else(|| marks.iter().find_map(|mark| self.word_after(mark)))?;
        id.starts_with("UC").then_some(id)
    }

    /// The segment after this one, in the address of the page, else in its links.
    fn after(&self, mark: &str) -> Option<String> {
        let own = self.url.path().split_once(mark).and_then(|(_, rest)| word(rest));
        own.or_else(|| self.word_after(mark))
    }

    fn word_after(&self, mark: &str) -> Option<String> {
        let at = memchr::memmem::find(self.markup.as_bytes(), mark.as_bytes())?;
        word(self.markup.get(at + mark.len()..)?)
    }
}

/// What begins a text, as far as it can be an id.
fn word(text: &str) -> Option<String> {
    let word: String =
        text.chars().take(80).take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
    (!word.is_empty()).then_some(word)
}

#[cfg(test)]
mod tests {
    use crate::discover::Context;

    use super::super::find;
    use super::*;

    fn found(address: &str, markup: &str) -> Vec<(String, Why)> {
        let document = Document { url: Url::parse(address).ok(), content_type: None, body: markup.to_owned().into() };
        find(&document, &Context::default()).into_iter().map(|found| (found.url.into(), found.why)).collect()
    }

    /// Address, markup, the software they tell, and its first place.
    const PAGES: &[(&str, &str, &str, &str)] = &[
        (
            "https://x.example/news/",
            "<meta name=Generator content='WordPress 6.9'>",
            "WordPress",
            "https://x.example/feed/",
        ),
        (
            "https://x.example/a/",
            "<link rel='https://api.w.org/' href=/blog/wp-json/><img src=/blog/wp-content/x.png>",
            "WordPress",
            "https://x.example/blog/feed/",
        ),
        ("https://ann.blogspot.com/", "", "Blogger", "https://ann.blogspot.com/feeds/posts/default"),
        ("https://medium.com/@ann", "", "Medium", "https://medium.com/feed/@ann"),
        ("https://www.tumblr.com/ann", "", "Tumblr", "https://ann.tumblr.com/rss"),
        (
            "https://x.example/",
            "<script src=https://substackcdn.com/x.js></script>",
            "Substack",
            "https://x.example/feed",
        ),
        ("https://x.example/", "<meta name=Generator content='Ghost 5.1'>", "Ghost", "https://x.example/rss/"),
        (
            "https://x.example/news",
            "<meta name=Generator content='Drupal 11 (https://www.drupal.org)'>",
            "Drupal",
            "https://x.example/rss.xml",
        ),
        (
            "https://x.example/news?start=5",
            "<meta name=Generator content='Joomla! - Open Source Content Management'>",
            "Joomla",
            "https://x.example/news?format=feed&type=atom",
        ),
        (
            "https://x.example/news/",
            "<meta name=Generator content='TYPO3 CMS'>",
            "TYPO3",
            "https://x.example/news/?type=9818",
        ),
        (
            "https://x.example/press/",
            "<script src=/bitrix/js/main/core.js></script>",
            "Bitrix",
            "https://x.example/press/rss/",
        ),
        (
            "https://x.example/c/help/5",
            "<meta name=Generator content='Discourse 3.4'>",
            "Discourse",
            "https://x.example/c/help/5.rss",
        ),
        ("https://x.example/@ann", "<div id=\"mastodon\"></div>", "Mastodon", "https://x.example/@ann.rss"),
        (
            "https://www.youtube.com/@ann",
            "<script>{\"externalId\":\"UCabc_1-2\"}</script>",
            "YouTube",
            "https://www.youtube.com/feeds/videos.xml?channel_id=UCabc_1-2",
        ),
        (
            "https://www.youtube.com/channel/UCxyz/videos",
            "",
            "YouTube",
            "https://www.youtube.com/feeds/videos.xml?channel_id=UCxyz",
        ),
        (
            "https://www.youtube.com/playlist?list=PL12",
            "",
            "YouTube",
            "https://www.youtube.com/feeds/videos.xml?playlist_id=PL12",
        ),
        ("https://github.com/ann/bees", "", "GitHub", "https://github.com/ann/bees/releases.atom"),
        ("https://github.com/ann", "", "GitHub", "https://github.com/ann.atom"),
        ("https://gitlab.com/ann/bees", "", "GitLab", "https://gitlab.com/ann/bees/-/releases.atom"),
        ("https://www.reddit.com/r/bees/", "", "Reddit", "https://www.reddit.com/r/bees/.rss"),
        ("https://bsky.app/profile/ann.example", "", "Bluesky", "https://bsky.app/profile/ann.example/rss"),
        (
            "https://x.example/c/bees",
            "<meta property=og:platform content=\"PeerTube\">",
            "PeerTube",
            "https://x.example/feeds/videos.xml?videoChannelName=bees",
        ),
        (
            "https://x.example/posts/",
            "<meta name=Generator content='Hugo 0.140'>",
            "Hugo",
            "https://x.example/posts/index.xml",
        ),
        ("https://x.example/", "<meta name=Generator content='Jekyll v4.3'>", "Jekyll", "https://x.example/feed.xml"),
        (
            "https://x.example/journal",
            "<img src=https://static1.squarespace.com/x.png>",
            "Squarespace",
            "https://x.example/journal?format=rss",
        ),
        (
            "https://x.example/",
            "<meta name=Generator content='Wix.com Website Builder'>",
            "Wix",
            "https://x.example/blog-feed.xml",
        ),
        ("https://x.example/blog", "<link href=//cdn2.editmysite.com/x.css>", "Weebly", "https://x.example/blog/feed"),
        (
            "https://x.example/",
            "<img src=//cdn.shopify.com/x.png><a href=/blogs/journal/one>One</a>",
            "Shopify",
            "https://x.example/blogs/journal.atom",
        ),
        (
            "https://x.example/wiki/Main",
            "<meta name=Generator content='MediaWiki 1.45'><link rel=EditURI href=/w/api.php?action=rsd>",
            "MediaWiki",
            "https://x.example/w/index.php?title=Special:RecentChanges&feed=atom",
        ),
        (
            "https://x.example/",
            "<meta name=Generator content='DataLife Engine (http://dle.example)'>",
            "DataLife Engine",
            "https://x.example/rss.xml",
        ),
    ];

    #[test]
    fn software_is_told_by_host_generator_or_markup_and_gives_its_places() {
        for (address, markup, name, wanted) in PAGES {
            let found = found(address, markup);
            let first = found.iter().find(|(_, why)| *why == Why::Platform(name));
            assert_eq!(first.map(|(url, _)| url.as_str()), Some(*wanted), "{address} {markup}: {found:?}");
        }
    }

    #[test]
    fn a_plain_page_tells_no_software() {
        let plain =
            "<html><head><title>Town</title></head><body><h1>Town</h1><p>We write about WordPress and hugo.</p>";
        assert_eq!(found("https://notgithub.com/a/b", plain), []);
        assert_eq!(found("https://x.example/", ""), []);
    }

    #[test]
    fn every_place_of_the_table_can_be_resolved() {
        let url = Url::parse("https://x.example/a/b/c?list=1").expect("valid");
        let signs = Signs {
            url: &url,
            host: "x.example",
            generators: Vec::new(),
            low: String::new(),
            markup: "/channel/UC1 /blogs/news",
            segments: ["a", "b", "c"].map(str::to_owned).to_vec(),
            install: Some("https://x.example/".to_owned()),
            script: None,
        };
        for platform in PLATFORMS {
            assert!(!platform.places.is_empty(), "{}", platform.name);
            assert!(platform.hosts.len() + platform.generators.len() + platform.marks.len() > 0, "{}", platform.name);
            assert!(platform.marks.iter().all(|mark| *mark == mark.to_lowercase()), "{}", platform.name);
            for place in platform.places {
                assert!(signs.resolve(place).is_some(), "{}: {place}", platform.name);
            }
        }
    }
}
