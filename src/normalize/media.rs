//! Pictures and players in a cleaned fragment: lazy ones made real, spying ones out, foreign frames turned into links.
//!
//! Works on the output of ammonia, where every tag is well formed and every attribute quoted with `"` and escaped.

use url::Url;

use crate::address;
use crate::dom::{escape, is_player};

/// Attributes of `img` that may name the picture; all but the first seven are gone afterwards.
pub(super) const IMAGE_ATTRIBUTES: &[&str] = &[
    "src",
    "srcset",
    "alt",
    "title",
    "width",
    "height",
    "sizes",
    "data-src",
    "data-srcset",
    "data-lazy-src",
    "data-lazy-srcset",
    "data-original",
    "data-original-src",
    "data-url",
    "data-hi-res-src",
    "data-full-src",
    "data-orig-file",
    "data-image",
];

/// Where the real address of a lazy picture is written, the most telling first.
const LAZY: &[&str] = &[
    "data-src",
    "data-lazy-src",
    "data-original",
    "data-original-src",
    "data-full-src",
    "data-hi-res-src",
    "data-orig-file",
    "data-url",
    "data-image",
];

/// Hosts whose pictures count readers.
const COUNTERS: &[&str] = &[
    "feeds.feedburner.com",
    "feedproxy.google.com",
    "pixel.wp.com",
    "stats.wordpress.com",
    "b.scorecardresearch.com",
    "ad.doubleclick.net",
];

/// Rewrites `img`, `source` and `iframe` tags of a cleaned fragment.
pub(super) fn make_real(html: &str, base: Option<&Url>) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    let mut last_image = String::new();
    while let Some(start) = rest.find('<') {
        out.push_str(&rest[..start]);
        let Some(end) = tag_end(&rest[start..]).map(|end| start + end) else {
            rest = &rest[start..];
            break;
        };
        let tag = &rest[start..end];
        rest = &rest[end..];
        if tag.starts_with("<img") {
            if let Some((src, image)) = image(tag, base)
                && src != last_image
            {
                out.push_str(&image);
                last_image = src;
            }
        } else if tag.starts_with("<iframe") {
            let closing = "</iframe>";
            let inside = rest.find(closing);
            rest = inside.map_or(rest, |at| &rest[at + closing.len()..]);
            out.push_str(&frame(tag));
        } else if tag.starts_with("<source") {
            out.push_str(&source(tag, base));
        } else {
            out.push_str(tag);
            if !["<a", "</a", "<picture", "</picture", "<span", "</span"].iter().any(|inline| tag.starts_with(inline)) {
                last_image.clear();
            }
        }
    }
    out.push_str(rest);
    out
}

/// Where the tag that `text` begins with ends: behind the first `>` outside of quotes.
fn tag_end(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.bytes()
        .position(|byte| {
            quoted ^= byte == b'"';
            byte == b'>' && !quoted
        })
        .map(|at| at + 1)
}

/// The attributes of a tag as ammonia writes them, values unescaped.
fn attributes(tag: &str) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    let mut rest = tag.trim_start_matches(|c: char| !c.is_whitespace());
    while let Some((name, after)) = rest.trim_start().split_once("=\"") {
        let Some((value, after)) = after.split_once('"') else { break };
        found.push((name, unescape(value)));
        rest = after;
    }
    found
}

fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&nbsp;", "\u{a0}")
        .replace("&amp;", "&")
}

/// The real address of a picture and its tag; `None` for a placeholder without one, and for a pixel that counts readers.
fn image(tag: &str, base: Option<&Url>) -> Option<(String, String)> {
    let attributes = attributes(tag);
    let get = |name: &str| {
        attributes
            .iter()
            .find(|(given, _)| *given == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.trim().is_empty())
    };
    let lazy = LAZY.iter().find_map(|name| get(name)).filter(|value| looks_like_address(value));
    let sets = ["data-srcset", "data-lazy-srcset", "srcset"];
    let largest = || sets.iter().find_map(|name| get(name).and_then(largest));
    let plain = get("src").filter(|src| !src.starts_with("data:"));
    let written = lazy.map(str::to_owned).or_else(|| plain.map(str::to_owned)).or_else(largest)?;
    let src = address::resolve_web(base, &written)?;
    let tiny = |name: &str| {
        get(name).and_then(|value| value.trim_end_matches("px").parse::<u32>().ok()).is_some_and(|size| size <= 2)
    };
    if tiny("width") || tiny("height") || src.host_str().is_some_and(|host| COUNTERS.contains(&host)) {
        return None;
    }
    let mut image = format!("<img src=\"{}\"", escape(src.as_str()));
    for name in ["alt", "title", "width", "height"] {
        if let Some((_, value)) = attributes.iter().find(|(given, _)| *given == name) {
            image.push_str(&format_args!(" {name}=\"{}\"", escape(value)).to_string());
        }
    }
    image.push('>');
    Some((src.to_string(), image))
}

fn looks_like_address(value: &str) -> bool {
    !value.starts_with("data:") && !value.contains(char::is_whitespace) && value.contains(['/', '.'])
}

/// The largest candidate of a `srcset`: by width, else by density, else the first.
fn largest(srcset: &str) -> Option<String> {
    let sized = candidates(srcset).map(|(url, size)| {
        (url, size.and_then(|size| size.trim_end_matches(['w', 'x']).parse::<f64>().ok()).unwrap_or(1.0))
    });
    sized.reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(url, _)| url.to_owned())
}

/// The candidates of a `srcset` with their width or density (HTML Living Standard §4.8.4.2.1).
fn candidates(srcset: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    srcset.split(", ").flat_map(|part| part.split(",\n")).filter_map(|candidate| {
        let mut words = candidate.split_whitespace();
        let url = words.next()?.trim_end_matches(',');
        let size = words.next().map(|size| size.trim_end_matches(','));
        (!url.is_empty() && !url.starts_with("data:")).then_some((url, size))
    })
}

/// A choice of a `picture` or player with its addresses absolute: browsers prefer it to the `img`. Nothing where it names
/// none.
fn source(tag: &str, base: Option<&Url>) -> String {
    let mut made = String::new();
    let mut is_named = false;
    for (name, value) in attributes(tag) {
        let value = match name {
            "src" => address::resolve_web(base, &value).map(String::from),
            "srcset" => {
                let absolute = candidates(&value).filter_map(|(url, size)| {
                    let url = address::resolve_web(base, url)?;
                    Some(size.map_or_else(|| url.to_string(), |size| format!("{url} {size}")))
                });
                Some(absolute.collect::<Vec<_>>().join(", ")).filter(|set| !set.is_empty())
            }
            _ => Some(value),
        };
        if let Some(value) = value {
            is_named |= matches!(name, "src" | "srcset");
            made.push_str(&format!(" {name}=\"{}\"", escape(&value)));
        }
    }
    if is_named { format!("<source{made}>") } else { String::new() }
}

/// A frame of a known player as it is, any other as a link, one without an address as nothing.
fn frame(tag: &str) -> String {
    let Some((_, src)) = attributes(tag).into_iter().find(|(name, _)| *name == "src") else { return String::new() };
    let Ok(url) = Url::parse(&src) else { return String::new() };
    let known = is_player(url.as_str());
    let shown = escape(url.as_str());
    if known { format!("<iframe src=\"{shown}\"></iframe>") } else { format!("<p><a href=\"{shown}\">{shown}</a></p>") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn real(html: &str) -> String {
        make_real(html, Some(&Url::parse("https://a.example/n/").unwrap()))
    }

    #[test]
    fn lazy_pictures_get_their_real_address() {
        let rows = [
            (
                "<img src=\"data:image/gif;base64,R0\" data-src=\"/x.jpg\" alt=\"a\">",
                "<img src=\"https://a.example/x.jpg\" alt=\"a\">",
            ),
            ("<img data-srcset=\"s.jpg 300w, l.jpg 1200w, m.jpg 600w\">", "<img src=\"https://a.example/n/l.jpg\">"),
            ("<img srcset=\"one.jpg, two.jpg 2x\">", "<img src=\"https://a.example/n/two.jpg\">"),
            (
                "<img src=\"blank.gif\" data-original=\"//cdn.example/b.png\">",
                "<img src=\"https://cdn.example/b.png\">",
            ),
            ("<img src=\"data:image/gif;base64,R0\">", ""),
            ("<img src=\"/x.jpg?a=1&amp;b=2\">", "<img src=\"https://a.example/x.jpg?a=1&amp;b=2\">"),
        ];
        for (html, wanted) in rows {
            assert_eq!(real(html), wanted, "{html}");
        }
    }

    #[test]
    fn a_picture_and_its_copy_for_readers_without_script_are_one() {
        let html = "<p><img data-src=\"/x.jpg\"><img src=\"/x.jpg\"></p>";
        assert_eq!(real(html), "<p><img src=\"https://a.example/x.jpg\"></p>");
    }

    #[test]
    fn a_picture_that_is_shown_again_elsewhere_stays() {
        for html in [
            "<tr><td><img src=\"https://a.example/x.png\"></td><td><img src=\"https://a.example/x.png\"></td></tr>",
            "<p><img src=\"https://a.example/x.png\"></p><p><img src=\"https://a.example/x.png\"></p>",
        ] {
            assert_eq!(real(html), html);
        }
    }

    #[test]
    fn choices_of_a_picture_are_absolute_or_go() {
        let rows = [
            (
                "<source srcset=\"s.webp 1x, /l.webp 2x\" type=\"image/webp\">",
                "<source srcset=\"https://a.example/n/s.webp 1x, https://a.example/l.webp 2x\" type=\"image/webp\">",
            ),
            ("<source src=\"https://a.example/v.mp4\">", "<source src=\"https://a.example/v.mp4\">"),
            ("<source srcset=\"javascript:x()\" type=\"image/webp\">", ""),
            ("<source type=\"image/webp\">", ""),
        ];
        for (html, wanted) in rows {
            assert_eq!(real(html), wanted, "{html}");
        }
    }

    #[test]
    fn what_looks_like_a_tag_inside_a_value_is_left_alone() {
        for html in
            ["<a title=\"><img src=x\">a</a>", "<a title=\"<iframe src=x>\">a</a><b title=\" onclick=x \">b</b>"]
        {
            assert_eq!(real(html), html);
        }
    }

    #[test]
    fn unfinished_markup_is_kept_as_it_is() {
        assert_eq!(real("a < b"), "a < b");
        assert_eq!(real("<p>a</p><img"), "<p>a</p><img");
    }
}
