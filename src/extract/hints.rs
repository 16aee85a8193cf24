//! What the class, id and role of an element say about what it holds.

use std::sync::LazyLock;

use regex::Regex;

use crate::dom::{Node, Page};

/// The names of an element, lower-cased, its words parted by hyphens and its values by spaces: `RelatedPosts box` reads
/// ` related-posts box `.
pub(super) fn names(page: &Page, node: Node) -> String {
    let mut out = String::from(" ");
    for (key, value) in page.attributes(node) {
        if !matches!(key, "class" | "id" | "role" | "itemprop" | "data-component" | "data-testid" | "data-module" | "aria-label" | "data-type" | "data-block")
        {
            continue;
        }
        let mut before = ' ';
        for c in value.chars().take(300) {
            match c {
                c if c.is_whitespace() => out.push(' '),
                c if c.is_alphanumeric() => {
                    if c.is_uppercase() && before.is_lowercase() {
                        out.push('-');
                    }
                    out.extend(c.to_lowercase());
                }
                _ => out.push('-'),
            }
            before = c;
        }
        out.push(' ');
    }
    out
}

/// Words of names under which no article text is found.
static FURNITURE: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r"[ -](?:
            related|relateds|recommend(?:ed|ations?|s)?|similar|popular|trending|latest|teasers?|promos?|promotion|promoted
            |outbrain|taboola|zergnet|ads?|adv|advert[a-z]*|adsense|adslot|dfp|sponsor[a-z]*|banners?|billboard
            |social[a-z]*|sociable|shar(?:e|es|er|ing|ebar|ethis|edaddy)|addthis|addtoany|a2a|follow(?:us)?|likes?
            |newsletters?|signup|subscri(?:be|ption|ptions|bers?)|optin|mailchimp|mc4wp|hs-form|lead-?gen|cta
            |side-?bars?|rail|widgets?|navi?|navbar|navigation|subnav|menus?|breadcrumbs?|crumbs?|pagination|pager|paging|toolbar|topbar
            |cookies?|gdpr|consent|privacy|modal|popup|pop-up|overlay|lightbox|paywall|regwall|piano
            |foot(?:er)?|colophon|masthead|site-header|page-header|header-bar|copyright|disclaimer|legal
            |comments?|commentlist|comment-list|respond|disqus[a-z]*|discussion|replies|reply|livefyre|fb-comments|pingbacks?|trackbacks?
            |tags?|tag-list|taglist|tag-cloud|keywords|categories|cats|post-meta|entry-meta|article-meta|meta|metadata|meta-data|postmeta|entry-utility|byline|by-line|bylines
            |authors?|author-box|authorbox|author-info|author-bio|bio|about-author|contributors?|posted-on|post-date|entry-date|timestamp|dateline-meta|pubdate|publish-date|datetime|date
            |print|printable|noprint|no-print|hide-print|screen-reader[a-z-]*|sr-only|visually-hidden|visuallyhidden|hidden|a11y-hidden|offscreen|skip-link|skiplink
            |rating|ratings|vote|votes|voting|poll|polls|quiz|survey|donat(?:e|ion)
            |toc|table-of-contents|ez-toc[a-z-]*|jump-links|anchor-links
            |more-stories|more-news|more-articles|read-more|readmore|more-on|next-up|up-next|read-next|also-read|see-also|next-post|prev-post|previous-post|post-nav|nav-links|post-navigation
            |caption|captions|wp-caption-text|credits?|photo-credit|image-credit|figcaption|gallery-caption|img-caption|photocredit|bildunterschrift
            |video-player|player|playlist|jwplayer|brightcove|podcast-player|audio-player|slideshow|carousel|slider|swiper|flickity|slick
            |buttons?|btn|icons?|login|log-in|signin|register|search|searchform|filters?|dropdown|tooltip|accordion-nav
            |infobox-nav|navbox|catlinks|mw-editsection|reflist|hatnote|vcard-nav|factbox-nav|stock-ticker|ticker|weather|horoscope
            |jp-relatedposts|sharedaddy|yarpp[a-z-]*|crp-related|wp-block-latest[a-z-]*|nrelate|shareaholic[a-z-]*|ssba|swp|essb|heateor|jetpack-likes
        )[ -]",
    )
});

/// Words that say the element holds a whole article or its text, whatever else its names contain.
static ARTICLE: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r"[ -](?:
            article-?-?(?:body|content|text|copy|detail|main)|post-?-?(?:body|content|text|entry)|entry-?-?(?:content|body|text)|story-?-?(?:body|content|text|copy|main)
            |body-?-?(?:copy|text|content)|main-?-?(?:content|text|body)|news-?-?(?:body|content|text|detail)|content-?-?(?:body|text|article|main|area|inner)|page-?-?content|blog-?-?(?:content|body|post|text)|rich-?-?text|wysiwyg|td-post-content|single-?-?content|articlebody|text-?-?(?:body|content)|field-name-body|field--name-body|mw-parser-output|prose|markdown-body|e-content|artikel-?(?:text|body|inhalt)|texto|cuerpo|corps
        )[ -]",
    )
});

/// Words of the text of one article and nothing else: the strongest of [`ARTICLE`].
static TEXT: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r"[ -](?:
            article-?-?(?:body|text|copy|content)|articlebody|post-?-?(?:body|content|text)|entry-?-?(?:content|body|text)|story-?-?(?:body|text|copy|content)
            |news-?-?(?:body|text|content)|body-?-?(?:copy|text)|td-post-content|mw-parser-output|blog-?-?(?:post-)?(?:content|body|text)|field-name-body|field--name-body|markdown-body|e-content|artikel-?(?:text|body|inhalt)|single-?-?(?:post-)?content|post-single-content
        )[ -]",
    )
});

static COMMENTS: LazyLock<Regex> = LazyLock::new(|| {
    expression(r"[ -](?:comments?|commentlist|comments-area|respond|disqus[a-z-]*|livefyre|fb-comments|replies|kommentare?|comentarios?|commentaires?|pingbacks?|trackbacks?|reader-comments)[ -]")
});

fn expression(pattern: &str) -> Regex {
    Regex::new(&format!("(?x){}", pattern.replace("[ -]", r"[\ \-]"))).expect("the built-in hints are valid expressions")
}

/// Whether the names speak of furniture: navigation, advertising, sharing, comments and the like.
pub(super) fn furniture(names: &str) -> bool {
    FURNITURE.is_match(names)
}

/// Whether the names speak of an article or the main part of a page.
pub(super) fn article(names: &str) -> bool {
    ARTICLE.is_match(names)
}

/// Whether the names speak of the running text of an article.
pub(super) fn running_text(names: &str) -> bool {
    TEXT.is_match(names)
}

/// Whether the names speak of what readers wrote under it.
pub(super) fn comments(names: &str) -> bool {
    COMMENTS.is_match(names)
}
