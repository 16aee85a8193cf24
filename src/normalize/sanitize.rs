//! HTML from strangers, made safe to publish: ammonia decides what may stay, [`media`](super::media) makes pictures real.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};
use url::Url;

use crate::address;
use crate::dom::{self, without_floods};

use super::clean::{Clean, clean};
use super::{long_text, media, tangled};

/// Elements that carry an article, in order of name. Everything else is taken out and its text kept.
const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "audio",
    "b",
    "bdi",
    "bdo",
    "blockquote",
    "br",
    "caption",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "iframe",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "picture",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "small",
    "source",
    "span",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "track",
    "u",
    "ul",
    "var",
    "video",
    "wbr",
];

/// Elements whose content goes with them.
const WITH_CONTENT: &[&str] = &[
    "script", "style", "template", "form", "button", "select", "textarea", "object", "noembed", "title", "svg", "math",
];

/// Attributes that carry meaning, by element in order of name.
const ATTRIBUTES: &[(&str, &[&str])] = &[
    ("a", &["href", "title", "hreflang"]),
    ("abbr", &["title"]),
    ("audio", &["src", "controls", "preload"]),
    ("bdo", &["dir"]),
    ("blockquote", &["cite"]),
    ("col", &["span"]),
    ("colgroup", &["span"]),
    ("del", &["cite", "datetime"]),
    ("iframe", &["src", "title", "width", "height"]),
    ("img", media::IMAGE_ATTRIBUTES),
    ("ins", &["cite", "datetime"]),
    ("li", &["value"]),
    ("ol", &["start", "reversed", "type"]),
    ("q", &["cite"]),
    ("source", &["src", "srcset", "type", "media"]),
    ("td", &["colspan", "rowspan", "headers"]),
    ("th", &["colspan", "rowspan", "headers", "scope"]),
    ("time", &["datetime"]),
    ("track", &["src", "kind", "srclang", "label"]),
    ("video", &["src", "poster", "controls", "width", "height", "preload"]),
];

/// Attributes that every element may have.
const GENERIC: [&str; 2] = ["lang", "dir"];

/// Schemes an address in a body may have.
const SCHEMES: &[&str] = &["http", "https", "mailto", "tel", "ftp", "magnet"];

static ELEMENT_SET: LazyLock<HashSet<&'static str>> = LazyLock::new(|| ELEMENTS.iter().copied().collect());
static CONTENT_SET: LazyLock<HashSet<&'static str>> = LazyLock::new(|| WITH_CONTENT.iter().copied().collect());
static ATTRIBUTE_MAP: LazyLock<HashMap<&'static str, HashSet<&'static str>>> =
    LazyLock::new(|| ATTRIBUTES.iter().map(|(element, names)| (*element, names.iter().copied().collect())).collect());

/// Makes a fragment safe: scripts, handlers, styles, forms and tracking pixels out; addresses absolute against `base`, those
/// that cannot be made so out; lazy pictures real; embeds of known players kept, others turned into links.
#[must_use]
pub fn sanitize(html: &str, base: Option<&Url>) -> String {
    clean(html, base).map_or_else(|| the_long_way(html, base), |clean| clean.html)
}

/// [`sanitize`] with the text of what it gives.
pub(super) fn sanitize_with_text(html: &str, base: Option<&Url>) -> Clean {
    clean(html, base).unwrap_or_else(|| {
        let html = the_long_way(html, base);
        let text = dom::text(&html);
        Clean { html, text }
    })
}

/// [`sanitize`] by way of a parser and ammonia, which take any markup.
pub(super) fn the_long_way(html: &str, base: Option<&Url>) -> String {
    let mut builder = Builder::empty();
    builder
        .tags(ELEMENT_SET.clone())
        .clean_content_tags(CONTENT_SET.clone())
        .tag_attributes(ATTRIBUTE_MAP.clone())
        .generic_attributes(HashSet::from(GENERIC))
        .url_schemes(SCHEMES.iter().copied().collect())
        .link_rel(None)
        .attribute_filter(values(base.cloned()))
        .url_relative(base.map_or(UrlRelative::Deny, |base| UrlRelative::RewriteWithBase(base.clone())));
    let html = without_floods(html);
    let html = tangled::disentangle(&html, ELEMENTS, WITH_CONTENT, attributes);
    media::make_real(&builder.clean(&long_text::parted(&html)).to_string(), base)
}

/// What becomes of the values of attributes: long ones go, and where a quotation is from is an address too, which ammonia does
/// not look at.
fn values(base: Option<Url>) -> impl for<'v> Fn(&str, &str, &'v str) -> Option<Cow<'v, str>> + Send + Sync + 'static {
    move |_, name, value| match name {
        _ if value.len() > long_text::MAX_TEXT_BYTES => None,
        "cite" => address::resolve(base.as_ref(), value).map(|url| Cow::Owned(url.into())),
        _ => Some(Cow::Borrowed(value)),
    }
}

/// Whether an element stays.
pub(super) fn is_kept_element(name: &str) -> bool {
    ELEMENTS.binary_search(&name).is_ok()
}

/// Whether an attribute of an element that stays may stay.
pub(super) fn is_kept_attribute(element: &str, name: &str) -> bool {
    let own = ATTRIBUTES.binary_search_by(|(known, _)| (*known).cmp(element));
    GENERIC.contains(&name) || own.is_ok_and(|at| ATTRIBUTES[at].1.contains(&name))
}

/// Whether an address with this scheme may stay.
pub(super) fn is_kept_scheme(scheme: &str) -> bool {
    SCHEMES.contains(&scheme)
}

/// The attributes that an element may keep.
fn attributes(name: &str) -> Vec<&'static str> {
    let own = ATTRIBUTES.iter().filter(|(element, _)| *element == name).flat_map(|(_, names)| *names);
    own.copied().chain(GENERIC).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(html: &str) -> String {
        sanitize(html, Some(&Url::parse("https://a.example/news/1.html").unwrap()))
    }

    #[test]
    fn what_runs_or_spies_is_taken_out() {
        let rows = [
            ("<p onclick=\"x()\" style=\"color:red\">a</p><script>evil()</script>", "<p>a</p>"),
            ("<a href=\"javascript:x()\">a</a>", "<a>a</a>"),
            (
                "<q cite=\"javascript:x()\">a</q><q cite=\"b\">c</q>",
                "<q>a</q><q cite=\"https://a.example/news/b\">c</q>",
            ),
            ("<form><input><p>a</p></form>", ""),
            ("<p>a<img src=\"http://t.example/p.gif\" width=\"1\" height=\"1\"></p>", "<p>a</p>"),
            ("<style>p{}</style><p>a<!-- hidden --></p>", "<p>a</p>"),
            ("<svg><script>x</script></svg><p>a", "<p>a</p>"),
            (
                "<iframe src=\"https://ads.example/frame\"></iframe>",
                "<p><a href=\"https://ads.example/frame\">https://ads.example/frame</a></p>",
            ),
        ];
        for (html, wanted) in rows {
            assert_eq!(clean(html), wanted, "{html}");
        }
    }

    #[test]
    fn the_lists_are_in_order_of_name() {
        assert!(ELEMENTS.is_sorted() && ATTRIBUTES.is_sorted_by_key(|(element, _)| *element));
    }

    #[test]
    fn what_carries_the_article_stays() {
        for html in [
            "<h2>Head</h2><ul><li>a</li></ul><blockquote>b</blockquote>",
            "<figure><img src=\"https://a.example/x.jpg\" alt=\"x\"><figcaption>c</figcaption></figure>",
            "<audio src=\"https://a.example/x.mp3\" controls=\"\"></audio>",
            "<table><tbody><tr><td colspan=\"2\">a</td></tr></tbody></table>",
            "<iframe src=\"https://www.youtube.com/embed/x1\"></iframe>",
        ] {
            assert_eq!(clean(html), html);
        }
    }

    #[test]
    fn addresses_become_absolute_or_go() {
        assert_eq!(clean("<a href=\"../x\">a</a>"), "<a href=\"https://a.example/x\">a</a>");
        assert_eq!(sanitize("<a href=\"/x\">a</a>", None), "<a>a</a>");
    }
}
