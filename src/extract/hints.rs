//! What the class, id and role of an element say about what it holds.

use std::sync::LazyLock;

use regex::Regex;

use crate::dom::{Node, Page};

/// The names of an element, lower-cased, its words parted by hyphens and its values by spaces: `RelatedPosts box` reads
/// ` related-posts box `. Names that say what it is not or has beside it (`has-sidebar`, `no-comments`) are left out.
pub(super) fn names(page: &Page, node: Node) -> String {
    let mut out = String::from(" ");
    for (key, value) in page.attributes(node) {
        if !matches!(
            key,
            "class"
                | "id"
                | "role"
                | "itemprop"
                | "data-component"
                | "data-testid"
                | "data-module"
                | "data-type"
                | "data-block"
        ) {
            continue;
        }
        for name in value.split_whitespace().take(40) {
            push_name(&mut out, name);
        }
    }
    out
}

fn push_name(out: &mut String, name: &str) {
    // Page builders call every part of a page a widget.
    let name = name.strip_prefix("elementor-widget").map_or(name, |what| what.trim_start_matches('-'));
    let start = out.len();
    let mut before = ' ';
    for c in name.chars().take(80) {
        if c.is_ascii_lowercase() || c.is_ascii_digit() {
            out.push(c);
        } else if c.is_alphanumeric() {
            if c.is_uppercase() && before.is_lowercase() {
                out.push('-');
            }
            out.extend(c.to_lowercase());
        } else {
            out.push('-');
        }
        before = c;
    }
    let written = &out[start..];
    let beside = written.contains('-') && is_beside_name(written);
    if beside {
        out.truncate(start);
    } else {
        out.push(' ');
    }
}

/// Whether one name says what the element is not, or what stands beside it.
fn is_beside_name(written: &str) -> bool {
    ["has-", "with-", "no-", "without-", "is-", "show-", "not-"].iter().any(|word| written.starts_with(word))
        || ["-has-", "-with-", "-no-", "-without-", "--label-", "node--", "wp-", "category-", "tag-"].iter().any(
            |word| {
                if word.starts_with('-') {
                    written.contains(word) && !written.starts_with("nav")
                } else {
                    written.starts_with(word) && *word != "wp-"
                }
            },
        )
}

/// Words of names under which no article text is found.
static FURNITURE: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r"[ -](?:
            related|relateds|related-?(?:posts?|articles?|stories|news|content|links|items)|recommend(?:ed|ations?|s)?|similar|popular|trending|latest
            |outbrain|taboola|zergnet|ads?|adv|advert[a-z]*|adsense|adslot|dfp|sponsor[a-z]*|banners?|billboard
            |breaking-news|news-ticker|newsticker
            |newsletters?|signup|subscri(?:be|ption|ptions|bers?)|optin|mailchimp|mc4wp|hs-form|lead-?gen
            |side-?bars?
            |cookies?|gdpr|dsgvo|consent|privacy|popup|pop-up|paywall|regwall|piano
            |footer|colophon|masthead|copyright|disclaimer
            |comments?|commentlist|comment-list|respond|disqus[a-z]*|replies|livefyre|fb-comments|pingbacks?|trackbacks?
            |tag-list|taglist|tag-cloud|post-tags|article-tags
            |author-box|authorbox|author-card|author-profile|author-info|author-bio|about-author|autor(?:en)?-?box|posted-on|post-date|entry-date|timestamp|pubdate|publish-date
            |screen-reader[a-z-]*|sr-only|visually-hidden|visuallyhidden|a11y-hidden|offscreen|skip-link|skiplink
            |more-stories|more-news|more-articles|read-more|readmore|more-on|next-up|up-next|read-next|also-read|see-also|next-post|prev-post|previous-post|post-nav|nav-links|post-navigation
            |captions?|figcaption|credits?|caption-text|wp-caption-text|photo-credit|image-credit|gallery-caption|img-caption|photocredit|bildunterschrift|image-caption|photo-caption|media-caption|picture-caption|figure-caption|video-caption
            |jp-relatedposts|sharedaddy|yarpp[a-z-]*|crp-related|nrelate|shareaholic[a-z-]*|ssba|swp|essb|heateor|jetpack-likes|catlinks|mw-editsection|navbox|mw-jump-link
        )[ -]",
    )
});

/// Words of the line or box that names the author.
static BYLINE: LazyLock<Regex> = LazyLock::new(|| {
    expression(r"[ -](?:by-?lines?|authors?|autor(?:en|es)?|auteurs?|avatar|gravatar|vcard|writer|profile|logo)[ -]")
});

/// Words of names for a line or a few: what holds long prose under them is called so by mistake.
static LABELS: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r"[ -](?:
            social[a-z]*|sociable|shar(?:e|es|er|ing|ebar|ethis|edaddy|e-?buttons?)|addthis|addtoany|a2a|follow(?:us)?
            |navi?|navbar|navigation|subnav|menus?|breadcrumbs?|crumbs?|pagination|pager|paging|toolbar|topbar|login|log-in|signin
            |site-header|page-header|header-bar|post-meta|entry-meta|article-meta|postmeta|entry-utility|byline|by-line|bylines|print-only|printonly|printable|noprint|no-print|hide-print
        )[ -]",
    )
});

/// Words under which text may stand as well: they count where there is little running text, or many links.
static PERHAPS: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r"[ -](?:
            teasers?|promos?|promotion|promoted|likes?|cta|rail|widgets?|modal|overlay|lightbox|legal|discussion|reply|foot
            |tags?|keywords|categories|cats|meta|metadata|meta-data|authors?|bio|contributors?|datetime|date|print|hidden|hide
            |rating|ratings|vote|votes|voting|poll|polls|quiz|survey|donat(?:e|ion)|toc|table-of-contents|ez-toc[a-z-]*|jump-links|anchor-links|contents
            |video-player|player|playlist|jwplayer|brightcove|slideshow|carousel|slider|swiper|flickity|slick
            |buttons?|btn|icons?|register|search|searchform|filters?|dropdown|tooltip|reflist|hatnote|ticker|weather|horoscope|contact|kontakt|infobox|fact-?box|box-?out|pull-?quotes?
            |cards?|links?|linklist|bar|tools?|utility|info|infos|stories|posts|list-?view|listing|archive|more|next|prev|previous|tab|tabs|feedback|helpful
        )[ -]",
    )
});

/// Words of a paragraph that sums the article up.
static LEAD: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r"[ -](?:
            lead|lede|leadin|lead-?text|intro|introtext|introduction|standfirst|dek|deck|subtitle|sub-title|sub-?head(?:line|ing)?|summary|abstract|excerpt|chapeau|chapo|vorspann|einleitung|anrei(?:ss|ß)er
            |entradilla|bajada|copete|occhiello|sommario|catenaccio|ingress|manchet|sapo|strapline|lid|zajawka|perex|description|teaser-?text|article-?teaser|anons
        )[ -]",
    )
});

/// Words of a line under the headline that belongs to it rather than to the text.
static SUBTITLE: LazyLock<Regex> = LazyLock::new(|| {
    expression(r"[ -](?:dek|deck|subtitle|sub-title|sub-?head(?:line|ing|er)?|standfirst|strapline|tagline)[ -]")
});

/// Words that say the element holds a whole article or its text, whatever else its names contain.
static ARTICLE: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r"[ -](?:
            article-*(?:body|content|text|copy|detail|main)|post-*(?:body|content|text|entry)|entry-*(?:content|body|text)|story-*(?:body|content|text|copy|main)
            |body-*(?:copy|text|content)|main-*(?:content|text|body)|news-*(?:body|content|text|detail)|content-*(?:body|text|article|main|area|inner)|page-*content|blog-*(?:content|body|post|text)|rich-*text|wysiwyg|td-post-content|single-*content|articlebody|text-*(?:body|content)|field-name-body|field--name-body|mw-parser-output|prose|markdown-body|e-content|artikel-*(?:text|body|inhalt)|texto|cuerpo|corps
        )[ -]",
    )
});

/// Words of the text of one article and nothing else: the strongest of [`ARTICLE`].
static TEXT: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r"[ -](?:
            article-*(?:body|text|copy|content)|articlebody|post-*(?:body|content|text)|entry-*(?:content|body|text)|story-*(?:body|text|copy|content)
            |news-*(?:body|text|content)|body-*(?:copy|text)|td-post-content|mw-parser-output|blog-*(?:post-)?(?:content|body|text)|field-name-body|field--name-body|markdown-body|e-content|artikel-?(?:text|body|inhalt)|single-*(?:post-)?content|post-single-content
        )[ -]",
    )
});

static COMMENTS: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r"[ -](?:comments?|commentlist|comments-area|respond|disqus[a-z-]*|livefyre|fb-comments|replies|kommentare?|comentarios?|commentaires?|pingbacks?|trackbacks?|reader-comments)[ -]",
    )
});

static BESIDE: LazyLock<Regex> = LazyLock::new(|| {
    expression(r"[ -](?:footer|side-?bar|related|recommended|recommendations|most-read|popular|trending)[ -]")
});

fn expression(pattern: &str) -> Regex {
    Regex::new(&format!("(?x){}", pattern.replace("[ -]", r"[\ \-]")))
        .expect("the built-in hints are valid expressions")
}

/// Whether the names speak of furniture: navigation, advertising, sharing, comments and the like.
pub(super) fn furniture(names: &str) -> bool {
    FURNITURE.is_match(names)
}

/// Whether the names speak of a line of labels: navigation, sharing, bylines.
pub(super) fn labels(names: &str) -> bool {
    LABELS.is_match(names)
}

/// Whether the names speak of who wrote it.
pub(super) fn byline(names: &str) -> bool {
    BYLINE.is_match(names)
}

/// Whether the names may speak of furniture, and as well of text.
pub(super) fn perhaps_furniture(names: &str) -> bool {
    PERHAPS.is_match(names)
}

/// Whether the names speak of a paragraph that sums the article up.
pub(super) fn lead(names: &str) -> bool {
    LEAD.is_match(names)
}

/// Whether the names call the element a heading.
pub(super) fn heading(names: &str) -> bool {
    names.contains("heading") && !names.contains("subheading")
}

/// Whether the names speak of a line under the headline.
pub(super) fn subtitle(names: &str) -> bool {
    SUBTITLE.is_match(names)
}

/// Whether the names speak of an article or the main part of a page.
pub(super) fn article(names: &str) -> bool {
    ARTICLE.is_match(names)
}

/// Whether the names speak of the running text of an article.
pub(super) fn running_text(names: &str) -> bool {
    TEXT.is_match(names)
}

/// Whether the names call the element a headline.
pub(super) fn headline(names: &str) -> bool {
    const TITLES: [&str; 6] = ["article-title", "post-title", "entry-title", "news-title", "page-title", "story-title"];
    let ends = |name: &str, known: &str| {
        name.strip_suffix(known).is_some_and(|before| before.is_empty() || before.ends_with('-'))
    };
    (names.contains("title ") || names.contains("headline "))
        && names.split(' ').any(|name| ends(name, "headline") || TITLES.iter().any(|known| ends(name, known)))
}

/// Whether the names speak of what stands beside or below an article.
pub(super) fn beside(names: &str) -> bool {
    BESIDE.is_match(names) && !running_text(names)
}

/// Whether the names speak of what readers wrote under it.
pub(super) fn comments(names: &str) -> bool {
    COMMENTS.is_match(names)
}
